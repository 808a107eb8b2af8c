"""Average the answers over the eight views of an image."""

from dataclasses import replace

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, recognising
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw labellers with and without a sense of direction, and images: square, tall, wide, a single row."""

    def image(height, width):
        return rng.uniform(0, 1, (height, width)).round(3).astype("float32")

    side, short, long = (int(rng.integers(low, high)) for low, high in ((4, 7), (3, 5), (6, 9)))
    return [
        Case(("without direction", image(side, side)), "a labeller whose output is the same for all views"),
        Case(("looks left", image(side, side)), "a square image", 2),
        Case(("looks left", image(short, long)), "an image that is wider than tall", 2),
        Case(("counts rows", image(long, short)), "an image that is taller than wide", 2),
        Case(
            ("looks aside", image(side, side + 1)),
            "a labeller that separates a left-handed view from a right-handed one",
            2,
        ),
        Case(("looks left", image(1, long)), "a single row"),
    ]


def oracle(args, params):
    """Choose the eight views by reversed rows, reversed columns and exchanged axes, and undo the three backwards."""
    labeller, image = prepare(args, params)
    total = np.zeros(image.shape)
    for down in (1, -1):
        for across in (1, -1):
            flipped = image[::down, ::across]
            total += labeller(flipped)[::down, ::across]
            total += labeller(flipped.T).T[::down, ::across]
    return (total / 8).astype("float32")


def mistakes(args, params):
    """Yield fewer views, views that are not brought back or the wrong way, and other averages."""
    labeller, image = prepare(args, params)
    square = image.shape[0] == image.shape[1]

    def views(turns=range(4), flips=(False, True), back=True, first="turn"):
        for flip in flips:
            for turn in turns:
                view = np.rot90(image[:, ::-1] if flip and first == "flip" else image, turn)
                view = view[:, ::-1] if flip and first == "turn" else view
                found = labeller(view)
                yield _brought_back(found, -turn, flip, first) if back else found

    every = list(views())
    yield labeller(image), "that is one view: the image as it is"
    yield np.mean(list(views(flips=(False,))), axis=0), "that are the four turns; none is flipped"
    yield np.mean(list(views(turns=(0, 2))), axis=0), "the quarter turns are missing"
    yield (
        np.mean(every[:4] + every[4:5], axis=0),
        "there are four turns and one flip; a flipped image can be turned, too",
    )
    sides = [labeller(image), labeller(image[:, ::-1])[:, ::-1], labeller(image[::-1])[::-1]]
    yield np.mean(sides, axis=0), "there are three views: where are the turns?"
    yield np.mean([*every[:4], *sides[1:]], axis=0), "there are six views: a flipped image can be turned, too"
    yield (
        np.mean([*every[:4], *sides], axis=0),
        "there are six views, the first one twice: a flipped image can be turned, too",
    )
    yield np.mean(every[1:], axis=0), "the image as it is counts as one of the eight"
    yield np.sum(every, axis=0), "it is the sum; divide by the number of views"
    yield np.median(every, axis=0).astype("float32"), "it is the median; the mean is wanted"
    yield np.max(every, axis=0), "it is the highest of the eight; the mean is wanted"
    if square:
        yield np.mean(list(views(back=False)), axis=0), "the answers are not brought back to where the pixels came from"
    on = "the answers are turned on in the same direction; they have to be turned back"
    unflipped = "the flipped views are not flipped back"
    order = "turn and flip are undone in the order in which they were done: what was done last is undone first"
    for first, other in (("turn", "flip"), ("flip", "turn")):
        seen = list(views(back=False, first=first))
        for turned, flipped, undone, words in (
            (1, True, first, on),
            (-1, False, first, unflipped),
            (1, False, first, unflipped),
            (-1, True, other, order),
        ):
            found = [
                _brought_back(each, turned * (number % 4), flipped and number > 3, undone)
                for number, each in enumerate(seen)
            ]
            yield np.mean(found, axis=0), words


def fitting(args, got, wanted, params):
    """Compare the images; note answers that do not fit onto each other where an image is not square."""
    verdict = judge_value(args, got, wanted, params)
    height, width = args[1].shape
    if height != width and isinstance(got, Raised) and "shape" in got.said:
        beside = "its answers for an image that is not square do not fit onto each other"
        return replace(verdict, message=f"{beside}: is each brought back all the way?")
    return verdict


def prepare(args, params):
    """Return a function from (H, W) to (H, W) of some kind, and the image."""
    kind, image = args

    def labeller(view):
        view = np.asarray(view, dtype="float32")
        if view.ndim != 2:
            raise RuntimeError(f"labeller takes images of two axes, not of {view.ndim}")
        return _label(view, kind)

    return labeller, image


def picture(args, got):
    """Draw the image, the labeller's answer to it, and the mean that the answer returned."""
    from matplotlib.figure import Figure

    labeller, image = prepare(args, {})
    figure = Figure(figsize=(6, 2.4), layout="constrained")
    titles = ("the image", "the labeller, of the image as it is", "yours, of all views")
    for axes, each, title in zip(figure.subplots(1, 3), (image, labeller(image), got), titles, strict=True):
        axes.imshow(each, cmap="Greys_r")
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=9)
    return figure


def _label(view, kind):
    """Return the answer of a labeller of some kind to a view (H, W), both float32."""
    rows, columns = np.indices(view.shape, dtype="float32")
    beside = np.pad(view, 1)[1:-1, :-2]
    above = np.pad(view, 1)[:-2, 1:-1]
    if kind == "looks left":
        return (2 * view - beside) ** 2
    if kind == "counts rows":
        return view * (1 + rows) + 0.1 * columns
    if kind == "looks aside":
        return (view + 2 * beside + 3 * above) ** 2 * (1 + rows) * (1 + 2 * columns)
    return np.sqrt(view)


def _brought_back(found, turn, flipped, first):
    """Undo a flip and a turn (by `turn` quarters, as np.rot90 counts), as is right if `first` was done first."""
    found = found[:, ::-1] if flipped and first == "turn" else found
    found = np.rot90(found, turn)
    return found[:, ::-1] if flipped and first == "flip" else found


EXERCISE = Exercise(
    id="predict.views",
    chapter="09_prediction",
    name="over_eight_views",
    points=3,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes, fitting),
    prepare=prepare,
    picture=picture,
    forbids=("unet_edu.predict",),
    needs=("import numpy as np",),
)
