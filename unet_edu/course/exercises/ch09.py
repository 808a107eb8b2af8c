"""The exercises of the chapter on prediction.

A cohort's network may have another number of poolings than the paper's, and so another grid (`predict.tiles`).
"""

import math
from dataclasses import replace

import numpy as np

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, noise, recognising, set_weights_by_shape
from unet_edu.course.outcome import Case, Raised, Verdict

CHAPTER = "09_prediction"
SEED = 9


# ---------------------------------------------------------------------------------------------------- predict.mirror


def mirror_cases(rng, params):
    """In the row, beyond either end, far away, rows of two pixels and of one, no row."""
    size = int(rng.integers(5, 15))
    far = int(rng.integers(20, 60)) * 2 * (size - 1)
    step = int(rng.integers(1, size - 2))
    return [
        Case((int(rng.integers(1, size - 1)), size), "a place in the row"),
        Case((-step, size), "a little before the row"),
        Case((size - 1 + step, size), "a little behind the row"),
        Case((size - 1, size), "the last pixel"),
        Case((far + size - 1 + step, size), "far behind the row", 2),
        Case((-far - size + 1 - step, size), "far before the row", 2),
        Case((int(rng.choice([-3, 5, 7, -9])), 2), "a row of two pixels"),
        Case((int(rng.integers(3, 40)), 1), "a row of a single pixel"),
        Case((2, 0), "a row without pixels"),
    ]


def behind_the_mirror(args, params):
    """Walk there from the first pixel, and turn round at each mirror."""
    place, size = args
    if size < 1:
        return Raised("ValueError")
    pixel, direction = 0, 1
    for _ in range(abs(place) if size > 1 else 0):
        if not 0 <= pixel + direction < size:
            direction = -direction
        pixel += direction
    return pixel


def mirror_mistakes(args, params):
    """Mirrors beside the pixels, one reflection only, a row that begins anew, a row that ends."""
    place, size = args
    if size < 1:
        return
    if size == 1:
        yield Raised("ZeroDivisionError"), "a row of a single pixel has mirrors no pixel apart: it divides by zero"
        yield Raised("ValueError"), "a row of a single pixel is a row: something is seen at every place"
        yield place, "a row of a single pixel has only that to show"
    index = place % (2 * size)
    yield min(index, 2 * size - 1 - index), "the pixel at the end is seen twice: the mirror stands in it, not behind it"
    if size > 1:
        for period in (2 * size, 2 * size - 1):
            index = place % period
            yield min(index, period - index), "there and back again is shorter: neither end is passed twice"
        once = abs(place)
        once = 2 * (size - 1) - once if once >= size else once
        yield once, "it is mirrored once; far away there are reflections of reflections"
        yield max(once, 0), "it is mirrored once; far away there are reflections of reflections"
        yield place % (2 * (size - 1)), "it comes back after there and back again, but does not turn round on the way"
        index = int(math.fmod(place, 2 * (size - 1)))
        yield min(index, 2 * (size - 1) - index), "a remainder of a negative place is negative here"
        for turned in (size - 1 - abs(size - 1 - abs(place)), size - 1 - abs(size - 1 - place)):
            yield turned, "it is mirrored once; far away there are reflections of reflections"
        right = behind_the_mirror(args, params)
        yield size - 1 - right, "it counts from the other end"
    yield place % size, "the row begins anew at its end; behind a mirror it runs backwards"
    yield min(max(place, 0), size - 1), "the last pixel goes on and on; behind a mirror the row runs backwards"
    yield 0, "the first pixel is seen everywhere"
    yield abs(place), "it knows the mirror in the first pixel only"
    yield place, "beyond the row there is nothing but the mirror's image, and this is no pixel of the row"


def judge_mirror(args, got, wanted, params):
    """Whether there is such a pixel at all."""
    verdict = _judge_mirror(args, got, wanted, params)
    if isinstance(wanted, Raised) and not isinstance(got, Raised):
        return replace(
            verdict, message="in a row without pixels nothing is to be seen: this is a case for a ValueError"
        )
    unknown = not any(fits for _, fits in verdict.clues)
    if verdict.kind == "value" and unknown and isinstance(got, int) and not 0 <= got < args[1]:
        return replace(verdict, message=f"there is no pixel {got} in the row")
    return verdict


_judge_mirror = recognising(mirror_mistakes)


# ----------------------------------------------------------------------------------------------------- predict.tiles


def tiles_cases(rng, params):
    """Tiles that fit and that hang over, one more pixel than a tile answers, the smallest tile, illegal tiles."""
    depth = params["depth"]
    grid, lost = arithmetic.grid_step(depth), 2 * arithmetic.border(depth)
    legal = arithmetic.valid_sizes(depth, high=lost + 45 * grid)
    smallest, usual = legal[0], legal[int(rng.integers(15, 25))]
    other = legal[int(rng.integers(2, 6))]  # so many small ones that edge to edge fewer would do
    apart = (other - lost) // grid * grid
    many = int(rng.integers(25, 40))
    few, step = int(rng.integers(2, 5)), (usual - lost) // grid * grid
    wrong = usual + int(rng.integers(1, grid))
    small = int(rng.choice(range(grid - 4, lost + 1, grid)))  # has the right remainder
    exactly = other - lost + (many - 1) * apart
    return [
        Case((512, legal[25]), "512 pixels, a large tile"),
        Case((few * step + usual - lost - 1, usual), "a side that is answered with one pixel to spare", 2),
        Case((exactly, other), "a long side that is answered without a pixel to spare", 3),
        Case((exactly + 1, other), "one pixel more than that", 2),
        Case((usual - lost, usual), "as many pixels as one tile answers"),
        Case((usual - lost + 1, usual), "one pixel more than one tile answers"),
        Case((2, smallest), "the smallest tile, a very short side"),
        Case((usual, wrong), "a tile that is no legal size"),
        Case((3, small), "a tile that is too small"),
        Case((smallest - lost + 9, smallest), "the smallest tile, a longer side", 2),
    ]


def tiles_along(args, params):
    """Lay tile after tile until the side is answered."""
    side, tile = args
    depth = params["depth"]
    if not arithmetic.is_valid(tile, depth):
        return Raised("ValueError")
    answered = arithmetic.output_size(tile, depth)
    step = next((apart for apart in range(answered, 0, -1) if apart % arithmetic.grid_step(depth) == 0), None)
    first, count = 0, 1
    while first + answered < side:
        if step is None:
            return Raised("ValueError")
        first, count = first + step, count + 1
    return count


def tiles_mistakes(args, params):
    """Edge to edge, input for output, the last one forgotten, another depth."""
    side, tile = args
    right = tiles_along(args, params)
    depth = params["depth"]
    grid, lost = arithmetic.grid_step(depth), 2 * arithmetic.border(depth)
    answered = tile - lost
    if depth != BOOK_TILES["depth"]:
        yield tiles_along(args, BOOK_TILES), "it is right for the paper's four poolings"
    if isinstance(right, Raised):
        return
    if side <= answered:
        yield Raised("ValueError"), "it raises ValueError where a single tile is enough"
        yield Raised("ZeroDivisionError"), "it divides by zero where a single tile is enough"
    apart = answered // grid * grid

    def up(number, by):
        return -(-number // by)

    yield up(side, answered), "the tiles stand edge to edge: is that on the grid?"
    yield up(side, tile), "a tile reads more than it answers; the answers have to cover the side"
    if tile > side:
        yield 1, "a tile reads more than it answers; the answers have to cover the side"
    if apart:
        yield up(side, apart), "the last tile answers more than one step"
        yield 1 + up(side, apart), "the first tile answers more than nothing: what is left for the others?"
        yield side // apart, "it is rounded down: the rest of the side needs a tile, too"
        yield side // answered, "the tiles stand edge to edge, and the rest of the side has none"
        if side > answered:
            yield 1 + (side - answered) // apart, "it is rounded down: the rest of the side needs a tile, too"
            yield (side - answered) // apart, "it is rounded down, and the first tile is not counted"
            yield up(side - answered, apart), "the first tile is not counted"
            yield 2 + (side - answered) // apart, "where tiles fit exactly one more is counted"
        yield 1 + up(side - answered, apart), "a side shorter than what one tile answers needs one, too"
        half = tile - lost // 2
        near = half // grid * grid
        yield (1 if side <= half else 1 + up(side - half, near)), "a tile loses the border on both sides"
        wide = up(answered, grid) * grid
        yield (1 if side <= answered else 1 + up(side - answered, wide)), "the step is rounded up: pixels are left out"
        yield (1 if side <= answered else 1 + up(side - answered, grid)), "they stand closer than the grid makes them"
    yield right**2, "that is the number for a square; asked is that along a side"


def judge_tiles(args, got, wanted, params):
    """Why a tile is not allowed."""
    verdict = _judge_tiles(args, got, wanted, params)
    if not isinstance(wanted, Raised) or any(fits for _, fits in verdict.clues):
        return verdict
    if arithmetic.is_valid(args[1], params["depth"]):
        if isinstance(got, Raised) and got.is_a("ZeroDivisionError"):
            words = "the step is 0 here, and it divides by it: this is a case for a ValueError"
            return replace(verdict, message=words)
        why = "one such tile is not enough, and the next may begin no earlier than where the grid allows"
    elif args[1] <= 2 * arithmetic.border(params["depth"]):
        why = "of such a tile nothing is left to answer"
    else:
        why = "some pooling would meet an odd size in such a tile"
    return verdict if isinstance(got, Raised) else replace(verdict, message=f"{why}: this is a case for a ValueError")


BOOK_TILES = {"depth": 4, "grid": 16}
_judge_tiles = recognising(tiles_mistakes)


def other_depth(rng) -> dict:
    """Another number of poolings, and the grid that comes of it."""
    depth = int(rng.choice([3, 5]))
    return {"depth": depth, "grid": arithmetic.grid_step(depth)}


# ------------------------------------------------------------------------------------------------------- predict.row


def row_cases(rng, params):
    """One tile and several, answers that are no multiple of the step, rows shorter than a margin, a step of one."""

    def case(length, margin, step, answers, says, points=1):
        row = rng.normal(size=length).round(3)
        return Case(("respond", row, answers + 2 * margin, margin, step), says, points)

    step, margin = int(rng.choice([2, 4])), int(rng.integers(3, 6))
    whole = 3 * step
    more = int(rng.integers(1, step))
    return [
        case(12, 8, 2, 6, "the row of the chapter, two tiles"),
        case(whole, margin, step, whole, "one tile is enough, to the pixel"),
        case(whole * 4 + 1, margin, step, whole, "several tiles, and one pixel for another"),
        case(whole * 4 - 1, margin, step, whole + more, "answers that are no multiple of the step", 2),
        case(int(rng.integers(20, 40)), margin + 1, 1, 5, "a step of 1"),
        case(int(rng.integers(2, 4)), 7, step, whole, "a row shorter than the margin", 2),
        case(1, 3, 2, 4, "a row of a single value"),
        case(20, margin, 4, int(rng.integers(1, 4)), "a tile that answers less than a step"),
    ]


def as_row(args, params):
    """The function of tiles, whose every answer depends on its place on the grid, as after a pooling; and the rest."""
    _, row, tile, margin, step = args
    weights = kernels(margin, step)

    def respond(values):
        values = np.asarray(values, dtype=float)
        if values.shape != (tile,):
            shape = "×".join(map(str, values.shape)) or "a single number"
            raise RuntimeError(f"respond takes rows of {tile} values, not {shape}")
        windows = np.lib.stride_tricks.sliding_window_view(values, 2 * margin + 1)
        return np.array([window @ weights[place % step] for place, window in enumerate(windows)])

    return respond, row, tile, margin, step


def kernels(margin, step):
    """Weights (step, 2·margin + 1): what is seen around a pixel, for each place on the grid."""
    return np.cos(np.arange(step)[:, None] * 3.1 + np.arange(2 * margin + 1) * (1.3 + 0.4 * np.arange(step)[:, None]))


def row_probe(answer, args, params):
    """Its answer, a list or a tuple as an array."""
    got = answer(*args)
    return np.asarray(got, dtype=float) if isinstance(got, list | tuple) else got


def respond_in_tiles(args, params):
    """Pixel by pixel, without tiles."""
    _, row, tile, margin, step = args
    if tile - 2 * margin < step:
        return Raised("ValueError")
    weights = kernels(margin, step)
    return np.array(
        [
            sum(
                row[behind_the_mirror((place + offset - margin, len(row)), {})] * weights[place % step, offset]
                for offset in range(2 * margin + 1)
            )
            for place in range(len(row))
        ]
    )


def row_mistakes(args, params):
    """Other steps, other rows beyond the ends, each tile with its own mirror, too many values."""
    _, row, tile, margin, step = args
    answers, length = tile - 2 * margin, len(row)
    if answers < step:
        return
    respond = as_row(args, params)[0]
    apart = answers // step * step

    def tiled(longer, apart):
        parts = [respond(longer[at : at + tile])[:apart] for at in range(0, length, apart)]
        return np.concatenate(parts)[:length]

    def padded(mode):
        return np.pad(row, (margin, margin + 2 * tile), mode=mode)

    mirrored = padded("reflect")
    yield tiled(mirrored, answers), "the tiles stand edge to edge; they have to begin a multiple of the step apart"
    yield tiled(padded("constant"), apart), "beyond the ends there are zeros; the row is to be mirrored"
    yield (
        tiled(padded("symmetric"), apart),
        "the values at the ends are repeated: the mirrors stand in them, not behind",
    )
    yield tiled(padded("edge"), apart), "the values at the ends go on and on; the row is to be mirrored"
    yield tiled(padded("wrap"), apart), "the row begins anew beyond its ends; it is to be mirrored"
    if length >= answers:
        last = tiled(mirrored, apart).copy()
        at = length - answers
        last[at:] = respond(mirrored[at : at + tile])
        yield last, "the last tile is moved back to end with the row, and no longer stands on the grid"
        if length % answers:
            last = tiled(mirrored, answers).copy()
            last[at:] = respond(mirrored[at : at + tile])
            yield last, "the last tile is moved back to end with the row, and no longer stands on the grid"
    pieces = []
    for at in range(0, length, apart):
        piece = np.pad(row[at : at + apart], (margin, margin), mode="reflect")
        piece = np.pad(piece, (0, max(tile - len(piece), 0)), mode="reflect")[:tile]
        pieces.append(respond(piece)[:apart])
    yield np.concatenate(pieces)[:length], "each tile is mirrored at its own ends; mirror the row, once"
    for off in (1, -1):
        if margin + off >= 0:
            other = np.pad(row, (margin + off, margin + 2 * tile), mode="reflect")
            yield tiled(other, apart), "the first tile begins a value beside where it should"
    right = tiled(mirrored, apart)
    count = -(-length // apart)
    whole = [respond(mirrored[at * apart : at * apart + tile]) for at in range(count)]
    if count * apart != length:
        yield np.concatenate([each[:apart] for each in whole]), "it is longer than the row: cut off what hangs over"
    if apart != answers and count > 1:
        yield np.concatenate(whole), "the answers of neighbouring tiles overlap, and some pixels have two"
        yield np.concatenate(whole)[:length], "the answers of neighbouring tiles overlap, and some pixels have two"
    if length > answers:
        yield right[: (length - answers) // apart * apart + answers], "the last pixels have no answer"
        yield right[: length // apart * apart], "the last pixels have no answer"
        yield np.where(np.arange(length) < length // apart * apart, right, 0.0), "the last pixels have no answer"
    yield right[margin : length - margin], "the pixels at the ends have no answer: mirror the row by the margin"


def judge_row(args, got, wanted, params):
    """What is given to the function of tiles; tiles that answer too little."""
    verdict = _judge_row(args, got, wanted, params)
    if isinstance(got, Raised) and "respond takes rows of" in got.said:
        took = "" if isinstance(wanted, Raised) else f": {got.said}"
        return replace(verdict, message=f"it gives respond a tile that is none{took}")
    if isinstance(wanted, Raised) and not isinstance(got, Raised):
        words = "the next tile can only begin a whole step further, where this one has no more answers: a ValueError"
        return replace(verdict, message=words)
    return verdict


_judge_row = recognising(row_mistakes)


# ----------------------------------------------------------------------------------------------------- predict.views


def views_cases(rng, params):
    """Labellers with and without a sense of direction; images that are square, tall, wide, a single row."""

    def image(height, width):
        return rng.uniform(0, 1, (height, width)).round(3).astype("float32")

    side, short, long = (int(rng.integers(low, high)) for low, high in ((4, 7), (3, 5), (6, 9)))
    return [
        Case(("without direction", image(side, side)), "a labeller that says the same of all views"),
        Case(("looks left", image(side, side)), "a square image", 2),
        Case(("looks left", image(short, long)), "an image that is wider than tall", 2),
        Case(("counts rows", image(long, short)), "an image that is taller than wide", 2),
        Case(
            ("looks aside", image(side, side + 1)),
            "a labeller that knows a left-handed view from a right-handed one",
            2,
        ),
        Case(("looks left", image(1, long)), "a single row"),
    ]


def as_labeller(args, params):
    """A function from (H, W) to (H, W) of some kind, and the image."""
    kind, image = args

    def labeller(view):
        view = np.asarray(view, dtype="float32")
        if view.ndim != 2:
            raise RuntimeError(f"labeller takes images of two axes, not of {view.ndim}")
        return label(view, kind)

    return labeller, image


def label(view, kind):
    """What a labeller of some kind says of a view (H, W), both float32."""
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


def over_eight_views(args, params):
    """The eight as all choices of three: rows reversed, columns reversed, axes exchanged; each is undone backwards."""
    labeller, image = as_labeller(args, params)
    total = np.zeros(image.shape)
    for down in (1, -1):
        for across in (1, -1):
            flipped = image[::down, ::across]
            total += labeller(flipped)[::down, ::across]
            total += labeller(flipped.T).T[::down, ::across]
    return (total / 8).astype("float32")


def views_mistakes(args, params):
    """Fewer views, views that are not brought back or brought back the wrong way, another average."""
    labeller, image = as_labeller(args, params)
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
    yield np.median(every, axis=0).astype("float32"), "it is the median; the mean is asked for"
    yield np.max(every, axis=0), "it is the highest of the eight; the mean is asked for"
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


def _brought_back(found, turn, flipped, first):
    """Undo a flip and a turn (by `turn` quarters, as np.rot90 counts), as is right if `first` was done first."""
    found = found[:, ::-1] if flipped and first == "turn" else found
    found = np.rot90(found, turn)
    return found[:, ::-1] if flipped and first == "flip" else found


def judge_views(args, got, wanted, params):
    """Images that are not square; too many axes."""
    verdict = _judge_views(args, got, wanted, params)
    height, width = args[1].shape
    if height != width and isinstance(got, Raised) and "shape" in got.said:
        words = (
            "its answers for an image that is not square do not fit onto each other: is each brought back all the way?"
        )
        return replace(verdict, message=words)
    return verdict


_judge_views = recognising(views_mistakes)


def views_picture(args, got):
    """The image, what the labeller says of it as it is, and the answer's mean."""
    from matplotlib.figure import Figure

    labeller, image = as_labeller(args, {})
    figure = Figure(figsize=(6, 2.4), layout="constrained")
    titles = ("the image", "the labeller, of the image as it is", "yours, of all views")
    for axes, each, title in zip(figure.subplots(1, 3), (image, labeller(image), got), titles, strict=True):
        axes.imshow(each, cmap="Greys_r")
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=9)
    return figure


# -------------------------------------------------------------------------------------------- predict.mirror_padding


def padding_cases(rng, params):
    """Other paddings than 1, strides, dilation, convolutions within convolutions' boxes, those that do not pad."""

    def case(layers, says, points=1, batch=1):
        height, width = 2 * int(rng.integers(5, 8)), 2 * int(rng.integers(8, 11))
        return Case((layers, noise((batch, 1, height, width), int(rng.integers(1 << 30)))), says, points)

    wide = int(rng.integers(3, 6))
    return [
        case((("conv", 1, 2, 3, {"padding": 1}),), "a single padded convolution"),
        case((("conv", 1, wide, 3, {"padding": 1}), ("relu",), ("conv", wide, 2, 1, {})), "a 1×1 convolution after it"),
        case((("conv", 1, 3, 5, {"padding": 2}), ("relu",), ("conv", 3, 2, 7, {"padding": 3})), "larger kernels", 2),
        case((("conv", 1, 3, (3, 5), {"padding": (1, 2)}), ("conv", 3, 2, (3, 1), {"padding": (1, 0)})),
             "kernels that are not square", 2),
        case((("box", ("box", ("conv", 1, 3, 3, {"padding": "same"}), ("relu",)), ("conv", 3, 2, 3, {"padding": 1})),),
             "layers within layers, one with the word \"same\"", 2),
        case((("conv", 1, 4, 3, {"padding": 2, "dilation": 2}), ("conv", 4, 2, 3, {"padding": 1, "stride": 2})),
             "a dilation and a stride, two images", batch=2),
        case((("conv", 1, 3, 3, {}), ("relu",), ("conv", 3, 2, 3, {"padding": 1})), "a convolution that does not pad"),
        case(("PaddedUNet", 2, 1), "a small padded U-Net, up-convolution and all", 2),
    ]  # fmt: skip


def as_padded(args, params):
    """The network that a case describes, weights by shape, and an image."""
    return built(args[0]), args[1]


def built(layers):
    """The package's padded U-Net of some width and depth, or layers in a row, some of them in boxes of their own."""
    from torch import nn

    if layers[0] == "PaddedUNet":
        from unet_edu.models import PaddedUNet

        return set_weights_by_shape(PaddedUNet(base_width=layers[1], depth=layers[2]), SEED).eval()

    def made(kind, *rest):
        if kind == "conv":
            *sizes, options = rest
            return nn.Conv2d(*sizes, **options)
        return nn.ReLU() if kind == "relu" else nn.Sequential(*(made(*each) for each in rest))

    return set_weights_by_shape(made("box", *layers), SEED).eval()


def padding_probe(answer, args, params):
    """What the copy says, and whether the network that was handed in is as it was, and a network of its own."""
    import torch

    network, image = args
    with torch.no_grad():
        before = network(image)
        changed = answer(network)
        if not isinstance(changed, torch.nn.Module):
            return changed
        after = network(image)
        output = changed(image)
        apart = {each.data_ptr() for each in network.parameters()}.isdisjoint(
            each.data_ptr() for each in changed.parameters()
        )
    return {"output": output, "same": changed is network, "kept": torch.equal(before, after), "apart": apart}


def with_mirrors(args, params):
    """Mirror what comes before each convolution, and let none of them pad."""
    layers, image = args
    return {"output": _output(layers, image, "reflect"), "same": False, "kept": True, "apart": True}


def _output(layers, image, mode, chosen=lambda name, layer: True, amount=None):
    """What a network says whose (chosen) convolutions pad by another mode, or all by the same amount of pixels."""
    import torch
    from torch.nn import functional

    network = built(layers)

    def widths(layer):
        if layer.padding == "same":
            return [gap * (side - 1) // 2 for gap, side in zip(layer.dilation, layer.kernel_size, strict=True)]
        return list(layer.padding)

    def before(pads):
        return lambda layer, inputs: functional.pad(inputs[0], pads, mode=mode)

    for name, layer in network.named_modules():
        if isinstance(layer, torch.nn.Conv2d) and chosen(name, layer) and any(widths(layer)):
            down, across = [amount] * 2 if amount else widths(layer)
            layer.padding = (0, 0)
            layer.register_forward_pre_hook(before([across, across, down, down]))
    with torch.no_grad():
        return network(image)


def padding_mistakes(args, params):
    """Other modes, some convolutions only, the image alone."""
    layers, image = args

    def output(*more, **options):
        return _output(layers, image, *more, **options)

    yield output("constant"), "nothing has changed: there are zeros still"
    yield output("replicate"), "the last pixel is repeated; a mirror shows those before it"
    yield output("circular"), "the maps begin anew at their ends; they are to be mirrored"
    if layers[0] != "PaddedUNet":
        top = {str(number) for number in range(len(layers))}
        yield (
            output("reflect", lambda name, layer: name in top),
            "only the layers on top are changed; some convolutions sit deeper",
        )
        first = [name for name, layer in built(layers).named_modules() if type(layer).__name__ == "Conv2d"][0]
        yield output("reflect", lambda name, layer: name == first), "only the first convolution mirrors"
        yield output("reflect", lambda name, layer: layer.padding != "same"), 'the word "same" is a padding, too'
        yield (
            output("reflect", lambda name, layer: layer.padding == (1, 1)),
            "paddings other than 1 are left as they are",
        )
        yield (
            output("reflect", lambda name, layer: layer.padding != "same" and layer.padding[0] == layer.padding[1]),
            "paddings that are not alike in both directions are left as they are",
        )
        yield output("reflect", amount=1), "every convolution mirrors by one pixel; some padded by more"
    else:
        yield output("reflect", lambda name, layer: "d0" in name or "u0" in name), "only the top level mirrors"


def judge_padding(args, got, wanted, params):
    """What becomes of the network itself, then what the copy says."""
    if not isinstance(got, dict):
        verdict = judge_value(args, got, wanted, params)
        if isinstance(got, Raised) and "ConvTranspose" in got.said:
            words = "it stops at an up-convolution, which knows no mirrors: it is none of the padded convolutions"
            return replace(verdict, message=words)
        if got is None:
            return replace(verdict, message="it returns None: the copy is asked for")
        return verdict
    if got["same"]:
        return Verdict(False, "it returns the network itself, changed; a copy is asked for", "value")
    if not got["kept"]:
        return Verdict(False, "the network itself says something else now: a copy shares nothing", "value")
    verdict = _judge_padding(args, got["output"], wanted["output"], params)
    if verdict.passed and not got["apart"]:
        return Verdict(
            False, "the copy says what it should, but has the network's own weights, which it would train", "value"
        )
    return verdict


_judge_padding = recognising(padding_mistakes)


EXERCISES = (
    Exercise(
        id="predict.mirror",
        chapter=CHAPTER,
        name="behind_the_mirror",
        points=2,
        minutes=10,
        cases=mirror_cases,
        oracle=behind_the_mirror,
        judge=judge_mirror,
        forbids=("unet_edu.models.sliding_window", "unet_edu.predict"),
    ),
    Exercise(
        id="predict.tiles",
        chapter=CHAPTER,
        name="tiles_along",
        points=3,
        minutes=15,
        cases=tiles_cases,
        oracle=tiles_along,
        judge=judge_tiles,
        params=other_depth,
        book=BOOK_TILES,
        forbids=("unet_edu.arithmetic", "unet_edu.predict"),
    ),
    Exercise(
        id="predict.row",
        chapter=CHAPTER,
        name="respond_in_tiles",
        points=4,
        minutes=20,
        cases=row_cases,
        oracle=respond_in_tiles,
        judge=judge_row,
        prepare=as_row,
        probe=row_probe,
        needs=("import numpy as np",),
    ),
    Exercise(
        id="predict.views",
        chapter=CHAPTER,
        name="over_eight_views",
        points=3,
        minutes=15,
        cases=views_cases,
        oracle=over_eight_views,
        judge=judge_views,
        prepare=as_labeller,
        picture=views_picture,
        forbids=("unet_edu.predict",),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="predict.mirror_padding",
        chapter=CHAPTER,
        name="with_mirrors",
        points=4,
        minutes=20,
        cases=padding_cases,
        oracle=with_mirrors,
        judge=judge_padding,
        prepare=as_padded,
        probe=padding_probe,
        needs=("import torch",),
    ),
)
