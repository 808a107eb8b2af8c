"""The exercises of the chapter on the skip connections and their crop.

A cohort's networks may have another kernel than the book's 3×3 (`crop.shift`, `crop.blame`) and another number of
convolutions a block (`crop.ladder`).
"""

import itertools
from dataclasses import replace

from unet_edu import arithmetic

from ..exercise import Case, Exercise, Raised, Verdict
from ._judging import as_array, coded, displaced, is_map, judge_value, knowing

CHAPTER = "05_skips"
DEEPEST = 6


# ------------------------------------------------------------------------------------------------------- crop.centre


def centre_cases(rng, params):
    """Even differences first, then what has no centre, then what a hard-coded crop would get wrong."""

    def between(low, high):
        return int(rng.integers(low, high))

    height, width = between(3, 7), between(8, 12)
    rows, columns = 2 * between(1, 4), 2 * between(4, 7)
    square = between(4, 9)
    tall, wide = between(5, 9), between(5, 9)
    labels = 2 * between(1, 4)
    return [
        Case((coded(1, 2, square + 4, square + 4), square, square), "a square map, two pixels from every side"),
        Case((coded(2, 3, height + rows, width + columns), height, width), "not square: more columns cut than rows", 2),
        Case((coded(1, 1, tall, wide), tall, wide), "a map that has the size already"),
        Case((coded(labels + 5, 7, dtype="int64"), 5, 7), "a label map: two axes, integers, rows cut alone"),
        Case((coded(1, 2, height + 3, width + 2), height, width), "an odd difference of rows"),
        Case((coded(1, 2, height + 2, width + 1), height, width), "an odd difference of columns"),
        Case((coded(1, 2, tall, wide), tall + 2, wide), "a map with too few rows"),
        Case((coded(1, 2, tall + 2, wide), tall, wide + 4), "a map with too few columns, but enough rows"),
    ]


def centre(args, params):
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


def centre_mistakes(args, params):
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


def judge_coded(args, got, wanted, params):
    """Say where in the map the values come from, or why there is none to come."""
    x, height, width = args
    verdict = judge_value(args, got, wanted, params)
    if isinstance(wanted, Raised) and not isinstance(got, Raised):
        small = height > x.shape[-2] or width > x.shape[-1]
        why = "a map that is too small has nothing to cut" if small else "an odd difference has no centre"
        return replace(verdict, message=f"{why}: this is a case for a ValueError")
    if isinstance(wanted, Raised) and verdict.passed and not got.said.strip():
        return replace(verdict, message="right, but its ValueError says nothing: tell what does not fit")
    if isinstance(got, Raised) and got.is_a("IndexError") and x.ndim != 4:
        words = f"it stops with IndexError on a map of {x.ndim} axes: cut the last two, however many there are"
        return replace(verdict, message=words)
    if is_map(got) and is_map(wanted) and verdict.kind == "value":
        return replace(verdict, message=displaced(got, wanted, x) or verdict.message)
    return verdict


def centre_picture(args, got):
    """The pixels of the map, and a frame around those that the answer cuts out."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from unet_edu import plots

    x, came = as_array(args[0]), as_array(got)
    first, part = x.reshape(-1, *x.shape[-2:])[0], came.reshape(-1, *came.shape[-2:])[0]
    row, column = divmod(int(part.flat[0]), 100)
    figure = Figure(figsize=(3, 0.4 + 3 * first.shape[0] / first.shape[1]), layout="constrained")
    axes = figure.subplots()
    axes.imshow((first + first // 100) % 2, cmap="Greys", vmax=4)
    axes.add_patch(
        Rectangle((column - 0.5, row - 0.5), part.shape[1], part.shape[0], fill=False, lw=3, edgecolor=plots.SKIP)
    )
    axes.set(xticks=[], yticks=[], title="what yours cuts out")
    return figure


# ------------------------------------------------------------------------------------------------------- crop.ladder


def ladder_cases(rng, params):
    """The network of the text, other kernels, other depths, one level, a kernel that takes nothing."""
    deep = int(rng.integers(5, DEEPEST + 1))
    kernel = int(rng.choice([5, 7, 9]))
    return [
        Case((4,), "the paper's depth and kernel"),
        Case((4, kernel), "the same depth, a larger kernel", 2),
        Case((1, 3), "one level"),
        Case((deep, 3), "a deeper network"),
        Case((int(rng.integers(2, 4)), int(rng.choice([11, 13]))), "less deep, and a much larger kernel", 2),
        Case((3, 1), "a kernel of one pixel"),
    ]


def ladder(args, params):
    """Look for a size whose poolings all come out even; send it down and up, and lay the maps on each other."""
    depth, kernel = args if len(args) == 2 else (*args, 3)
    eaten = params["convs"] * (kernel - 1)
    for size in itertools.count(2 ** (depth + 2) * (eaten + 1)):
        skips = []
        for _ in range(depth):
            skips.append(size - eaten)
            size = (size - eaten) / 2
        if size == int(size):
            break
    crops = []
    for skip in reversed(skips):
        size = 2 * (size - eaten)
        crops.append(int(skip - size) // 2)
    return tuple(reversed(crops))


def ladder_mistakes(args, params):
    """What comes of a step that is left out or done twice."""
    depth, kernel = args if len(args) == 2 else (*args, 3)
    convs = params["convs"]
    wanted = ladder((depth, kernel), params)
    side = (kernel - 1) / 2
    if convs != 2:
        yield ladder((depth, kernel), {"convs": 2}), "it is right for blocks of two convolutions"
    yield wanted[::-1], "the right values from the bottom up; wanted is top to bottom"
    yield tuple(2 * crop for crop in wanted), "this is what is cut off in all; wanted is what is cut off each side"
    yield (
        tuple(crop // 2 for crop in wanted),
        "every value is half of what it is: count all convolutions of a block, and an up-convolution doubles",
    )
    if kernel != 3:
        yield ladder((depth, 3), params), "the kernel makes no difference here; a larger one eats more"
    for bottom, step, words in (
        (
            convs,
            convs,
            "on the way only the convolutions of one side are counted: there are some going down and some up",
        ),
        (2 * convs, 2 * convs, "the bottom has no second block: there the detour is one block of convolutions"),
    ):
        yield _ladder(depth, 2 * bottom * side, 2 * step * side), words
    yield (
        _ladder(depth, 2 * convs * kernel, 4 * convs * kernel),
        "a convolution does not eat as much as its kernel is wide",
    )
    yield (
        _ladder(depth, 2 * convs * (kernel // 2 + 1), 4 * convs * (kernel // 2 + 1)),
        "each convolution eats one too many",
    )
    yield _ladder(depth, convs * side, 2 * convs * side, 1), "what is lost below is not doubled on the way up"
    yield (
        _ladder(depth, 2 * convs * side, 2 * convs * side, 1, 2 * convs * side),
        ("what is lost below is not doubled on the way up"),
    )
    yield wanted[1:], "one level is missing: is the top one in it?"
    yield (
        _ladder(depth + 1, 2 * convs * side, 4 * convs * side),
        "one level too many: the bottom has no skip connection",
    )


def _ladder(depth, bottom, step, factor=2, more=0):
    found = [bottom]
    while len(found) < depth:
        found.append(factor * found[-1] + step + more)
    return tuple(int(crop) if crop == int(crop) else crop for crop in reversed(found))


# -------------------------------------------------------------------------------------------------------- crop.shift


def shift_cases(rng, params):
    """The right crop, one pixel off on several levels, the corner, another depth."""
    right = _crops(4, params)
    level = int(rng.integers(1, 3))
    off = int(rng.integers(2, 5))
    depth = int(rng.integers(5, DEEPEST + 1))
    deep = int(rng.integers(1, 4))
    return [
        Case((0, right[0]), "the right crop of the top level"),
        Case((3, right[3]), "the right crop of the deepest level"),
        Case((0, right[0] + off), "some pixels too many on the top level"),
        Case((level, right[level] - off), "some pixels too few on a deeper level", 2),
        Case((level, 0), "a crop from the corner", 2),
        Case((deep, _crops(depth, params)[deep] + 1, depth), "one pixel too many in a deeper network", 2),
    ]


def shift(args, params):
    """Compare where a value of the skip map and the value of the deep map that it is joined to sit in the image."""
    level, left, depth = args if len(args) == 3 else (*args, 4)
    skip, deep = _grids(depth, params["kernel"])[level]
    return int(skip.crop(left).offset - deep.offset)


def shift_mistakes(args, params):
    """What comes of a forgotten factor, a sign, a level counted from the wrong end."""
    level, left, depth = args if len(args) == 3 else (*args, 4)
    right = _crops(depth, params)[level]
    yield left - right, "it counts pixels of that level, not of the image"
    if left > right:
        yield (right - left) * 2**level, "the sign is wrong: more cut on the left shows what lies further right"
    elif left < right:
        yield (
            (right - left) * 2**level,
            "this crop is too small, so the skip shows what lies further left: mind the sign",
        )
    yield (left - right) * 2 ** (level + 1), "it is twice too much: level 0 has the image's own pixels"
    yield (left - right) * 2**level / 2, "it is half of what it is"
    yield (
        (left - right) * 2 ** (depth - level),
        "the factor counts levels from the bottom; pixels grow from the top down",
    )
    yield left * 2**level, "it is the crop itself in pixels of the image: how much would be right?"
    yield (left - 2 * right) * 2**level, "it takes what is cut off in all for what is cut off on the left"
    if depth != 4 and level < 4:
        yield (
            (left - _crops(4, params)[level]) * 2**level,
            "the depth makes no difference here; a deeper network crops more",
        )
    if params["kernel"] != 3:
        yield (left - _crops(depth, {"kernel": 3})[level]) * 2**level, "it is right for a kernel of three pixels"


def _crops(depth, params) -> tuple[int, ...]:
    kernel = params["kernel"]
    return arithmetic.plan(arithmetic.valid_sizes(depth, high=20_000, kernel=kernel)[0], depth, kernel).crops


def _grids(depth, kernel):
    """(skip map, deep map) of every level, as index grids."""
    grid, skips, pairs = arithmetic.Grid(), [], []
    for _ in range(depth):
        grid = grid.conv(kernel).conv(kernel)
        skips.append(grid)
        grid = grid.pool()
    for skip in reversed(skips):
        grid = grid.conv(kernel).conv(kernel).up()
        pairs.append((skip, grid))
    return pairs[::-1]


def other_kernel(rng) -> dict:
    """Another kernel than the book's three pixels."""
    return {"kernel": int(rng.choice([5, 7]))}


# -------------------------------------------------------------------------------------------------------- crop.blame


def blame_cases(rng, params):
    """A legal size, and a size for each of the poolings that may drop a pixel."""
    low = _smallest(params["kernel"])
    by_pooling = {}
    for size in rng.permutation(range(low, low + 400)).tolist():
        by_pooling.setdefault(blame((size,), params), size)
    cases = [
        Case((low,), "the smallest legal size"),
        Case((by_pooling[None],), "a legal size", 2),
    ]
    ordinal = (
        "an odd size",
        "an even size that is not legal",
        "a size that goes far",
        "a size that goes further still",
    )
    cases += [Case((by_pooling[number],), ordinal[number - 1]) for number in (1, 2, 3, 4)]
    return cases


def blame(args, params):
    """Ask the package for the first fault."""
    fault = arithmetic.first_fault(args[0], kernel=params["kernel"])
    return None if fault is None else int(fault.stage.removeprefix("pool"))


def blame_mistakes(args, params):
    """What comes of poolings counted from 0, of convolutions forgotten, of a test at the wrong place."""
    size, eaten = args[0], 2 * (params["kernel"] - 1)
    if params["kernel"] != 3:
        yield _first_odd(_walk(size, 4)), "it is right for a kernel of three pixels"
    number = blame(args, params)
    if number is not None:
        yield number - 1, "the poolings are counted from nought; the first is number one"
        yield _walk(size, eaten)[number - 1], "it returns the size that is met, not the number of the pooling"
        yield True, "it says that there is one, not which"
    else:
        for nothing in (0, False, -1):
            yield nothing, "it returns something for a legal size, for which there is nothing to blame: None"
        yield 5, "it blames a fifth pooling; there are four"
    yield _first_odd(_walk(size, 0)), "the convolutions before each pooling eat pixels, too"
    yield _first_odd(_walk(size, eaten // 2)), "there are two convolutions before each pooling"
    yield _first_odd(_walk(size, eaten), last=True), "it names the last pooling that drops a pixel, not the first"
    yield _first_odd([size]), "only the size of the image is looked at; the maps below must be even, too"


def judge_number(args, got, wanted, params):
    """None, where there is something to blame, need not be a forgotten return."""
    verdict = judge_value(args, got, wanted, params)
    if got is None and not verdict.passed:
        return Verdict(False, "it finds nothing to blame, but a pooling drops a pixel: follow all four", "value")
    return verdict


def _walk(size, eaten) -> list[int]:
    """The sizes that the four poolings meet."""
    met = []
    for _ in range(4):
        met.append(size - eaten)
        size = (size - eaten) // 2
    return met


def _first_odd(met, last=False) -> int | None:
    odd = [number for number, size in enumerate(met, 1) if size % 2]
    return None if not odd else odd[-1] if last else odd[0]


def _smallest(kernel) -> int:
    return arithmetic.valid_sizes(4, high=2_000, kernel=kernel)[0]


def other_kernel_and_smallest(rng) -> dict:
    """Another kernel, and the smallest size that a network with it takes."""
    kernel = int(rng.choice([2, 4, 5]))
    return {"kernel": kernel, "smallest": _smallest(kernel)}


EXERCISES = (
    Exercise(
        id="crop.centre",
        chapter=CHAPTER,
        name="centre_crop",
        points=3,
        minutes=10,
        cases=centre_cases,
        oracle=centre,
        judge=knowing(centre_mistakes, judge_coded),
        needs=("import torch",),
        picture=centre_picture,
    ),
    Exercise(
        id="crop.ladder",
        chapter=CHAPTER,
        name="crops",
        points=4,
        minutes=15,
        cases=ladder_cases,
        oracle=ladder,
        judge=knowing(ladder_mistakes),
        params=lambda rng: {"convs": int(rng.choice([1, 3]))},
        book={"convs": 2},
        forbids=("unet_edu.arithmetic",),
    ),
    Exercise(
        id="crop.shift",
        chapter=CHAPTER,
        name="shift",
        points=4,
        minutes=15,
        cases=shift_cases,
        oracle=shift,
        judge=knowing(shift_mistakes),
        params=other_kernel,
        book={"kernel": 3},
        forbids=("unet_edu.arithmetic", "unet_edu.registration"),
    ),
    Exercise(
        id="crop.blame",
        chapter=CHAPTER,
        name="blame",
        points=3,
        minutes=15,
        cases=blame_cases,
        oracle=blame,
        judge=knowing(blame_mistakes, judge_number),
        params=other_kernel_and_smallest,
        book={"kernel": 3, "smallest": 188},
        forbids=("unet_edu.arithmetic",),
    ),
)
