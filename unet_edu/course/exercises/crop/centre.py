"""Cut a map to a height and a width, from its centre."""

from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, coded, displaced, is_map, judge_value, recognising, silent, telling, then
from unet_edu.course.outcome import Case, Raised

SILENT = "right, but its ValueError has no message: name what does not fit"


def cases(rng, params):
    """Even differences first, then what has no centre, then what a hard-coded crop would get wrong."""

    def between(low, high):
        return int(rng.integers(low, high))

    height, width = between(3, 7), between(8, 12)
    rows, columns = 2 * between(1, 4), 2 * between(4, 7)
    square = between(4, 9)
    tall, wide = between(5, 9), between(5, 9)
    labels = 2 * between(1, 4)
    odd, small = "an odd difference has no centre", "a map that is too small has nothing to cut"
    return [
        Case((coded(1, 2, square + 4, square + 4), square, square), "a square map, two pixels from every side"),
        Case((coded(2, 3, height + rows, width + columns), height, width), "not square: more columns cut than rows", 2),
        Case((coded(1, 1, tall, wide), tall, wide), "a map that has the size already"),
        Case((coded(labels + 5, 7, dtype="int64"), 5, 7), "a label map: two axes, integers, rows cut alone"),
        Case((coded(1, 2, height + 3, width + 2), height, width), "an odd difference of rows", why=odd),
        Case((coded(1, 2, height + 2, width + 1), height, width), "an odd difference of columns", why=odd),
        Case((coded(1, 2, tall, wide), tall + 2, wide), "a map with too few rows", why=small),
        Case((coded(1, 2, tall + 2, wide), tall, wide + 4), "a map with too few columns, but enough rows", why=small),
    ]


def oracle(args, params):
    """Take one row or column off each end until it fits."""
    x, height, width = args
    rows, columns = list(range(x.shape[-2])), list(range(x.shape[-1]))
    for left, wanted in ((rows, height), (columns, width)):
        while len(left) > wanted:
            del left[0]
            del left[-1:]
        if len(left) != wanted:
            return Raised("ValueError")
    return x[..., rows, :][..., columns]


def mistakes(args, params):
    """What is often written instead."""
    x, height, width = args
    rows, columns = x.shape[-2] - height, x.shape[-1] - width
    if min(rows, columns) < 0 or rows % 2 or columns % 2:
        return
    yield Raised("ValueError"), "it raises ValueError for a map that can be cut: is the test too strict?"
    yield x[..., :height, :width], "it is cut from the top left corner, not from the centre"
    yield x[..., rows:, columns:], "it is cut from the bottom right corner, not from the centre"
    yield x, "the map comes back as it was: nothing is cut"
    top, left = rows // 2, columns // 2
    yield x[..., left : left + height, top : top + width], "rows and columns are mixed up in where it begins"
    if height <= x.shape[-1] and width <= x.shape[-2]:
        across, down = (x.shape[-2] - width) // 2, (x.shape[-1] - height) // 2
        yield x[..., across : across + width, down : down + height], "height and width are swapped"
    yield x[..., rows : rows + height, columns : columns + width], "it is cut as much on one side as on two: halve it"
    yield x[..., top:-top, left:-left], "where nothing is to be cut nothing is left: a slice that ends at -0 is empty"
    yield x[..., top:, left:], "it is cut at the top and on the left alone"


def placed(args, got, wanted, params):
    """Compare the maps; where the values differ, name the place in the map that they come from."""
    x, _, _ = args
    verdict = judge_value(args, got, wanted, params)
    if isinstance(got, Raised) and got.is_a("IndexError") and x.ndim != 4:
        words = f"it stops with IndexError on a map of {x.ndim} axes: cut the last two, however many there are"
        return replace(verdict, message=words)
    if is_map(got) and is_map(wanted) and verdict.kind == "value":
        return replace(verdict, message=displaced(got, wanted, x) or verdict.message)
    return verdict


def picture(args, got):
    """The pixels of the map, and a frame around those that the answer cuts out."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from unet_edu.plots.style import SKIP

    x, came = as_array(args[0]), as_array(got)
    first, part = x.reshape(-1, *x.shape[-2:])[0], came.reshape(-1, *came.shape[-2:])[0]
    row, column = divmod(int(part.flat[0]), 100)
    figure = Figure(figsize=(3, 0.4 + 3 * first.shape[0] / first.shape[1]), layout="constrained")
    axes = figure.subplots()
    axes.imshow((first + first // 100) % 2, cmap="Greys", vmax=4)
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), part.shape[1], part.shape[0], fill=False, lw=3, edgecolor=SKIP))
    axes.set(xticks=[], yticks=[], title="what yours cuts out")
    return figure


EXERCISE = telling(
    Exercise(
        id="crop.centre",
        chapter="05_skips",
        name="centre_crop",
        points=3,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, then(placed, (silent, SILENT))),
        forbids=("unet_edu.models",),
        needs=("import torch",),
        picture=picture,
    ),
    {2: ("height and width are swapped",)},
)
