"""Write a skip connection that enlarges and cuts, in register."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, coded, is_map, judge_value, part, recognising, unless
from unet_edu.course.outcome import Case, Raised, Verdict

UNMARKED = "it lacks is_skip = True, the package's mark of a skip connection"


def cases(rng, params):
    """Draw maps with something to cut, more of it on one axis, nothing; doubles; then what cannot be cut evenly."""
    import torch

    height, width = int(rng.integers(5, 8)), int(rng.integers(9, 12))
    rows, columns = 2 * int(rng.integers(1, 3)), 2 * int(rng.integers(3, 5))
    side = int(rng.integers(4, 8))
    odd, small = "an odd rest cannot be cut evenly", "a map that is too small has nothing to cut"

    def case(shape, down, right, says, points=1, dtype="float32", why=""):
        like = torch.zeros(
            shape[0], shape[1] + 1, 2 * shape[2] - down, 2 * shape[3] - right, dtype=getattr(torch, dtype)
        )
        return Case(((coded(*shape, dtype=dtype), like),), says, points, why)

    return [
        case((1, 2, side + 2, side + 2), 4, 4, "a square map"),
        case((2, 3, height, width), rows, columns, "not square, more columns to cut than rows", 2),
        case((1, 1, height, width), 0, 0, "a map that fits once it is enlarged"),
        case((1, 2, height, width), rows, 0, "rows to cut alone", dtype="float64"),
        case((1, 2, height, width), 3, 2, "an odd number of rows to cut", why=odd),
        case((1, 2, height, width), 2, 1, "an odd number of columns to cut", why=odd),
        case((1, 2, height, width), -2, 2, "a map that is too small", why=small),
    ]


def probe(answer, args, params):
    """Make it and call it; return what comes out, and its mark."""
    import torch

    module = answer()
    with torch.no_grad():
        return {"output": module(*args[0]), "is_skip": getattr(module, "is_skip", None) is True}


def oracle(args, params):
    """Take each row and each column twice, then one off each end until it fits."""
    skip, like = args[0]
    rows = [row for row in range(skip.shape[2]) for _ in range(2)]
    columns = [column for column in range(skip.shape[3]) for _ in range(2)]
    for left, wanted in ((rows, like.shape[2]), (columns, like.shape[3])):
        while len(left) > wanted:
            del left[0]
            del left[-1:]
        if len(left) != wanted:
            return Raised("ValueError")
    return {"output": skip[..., rows, :][..., columns], "is_skip": True}


def judge_place(args, got, wanted, params):
    """Pass what lies in place, however it was made finer: from a mean over any 2×2 pixels its place follows."""
    import numpy as np

    verdict = judge_value(args, got, wanted, params)
    if verdict.passed or isinstance(wanted, Raised) or not is_map(got) or verdict.kind != "value":
        return verdict
    skip = args[0][0]
    top, left = (2 * skip.shape[2] - got.shape[2]) // 2, (2 * skip.shape[3] - got.shape[3]) // 2
    rows, columns = np.arange(got.shape[2]) + top, np.arange(got.shape[3]) + left  # of the enlarged map
    first = as_array(skip)[..., :1, :1].astype(float)
    place = first + 100 * (rows[:, None] - 0.5) / 2 + (columns - 0.5) / 2
    off = as_array(got).astype(float) - place
    off = (off[..., 1:, 1:] + off[..., :-1, 1:] + off[..., 1:, :-1] + off[..., :-1, :-1]) / 4
    inner = off[..., max(0, 3 - top) : off.shape[-2] - max(0, 3 - top), max(0, 3 - left) :]
    inner = inner[..., : inner.shape[-1] - max(0, 3 - left)]  # near the ends there is nothing beyond to interpolate to
    return Verdict(True) if inner.size and np.abs(inner).max() < 0.05 else verdict


def mistakes(args, params):
    """Yield what is resized as before, cut elsewhere, enlarged in another way."""
    import torch
    from torch.nn import functional

    skip, like = args[0]
    height, width = like.shape[2:]
    rows, columns = 2 * skip.shape[2] - height, 2 * skip.shape[3] - width
    resized = "it is resized to the other map's size, as before: twice as large, then cut"
    for options in ({"mode": "bilinear", "align_corners": True}, {"mode": "bilinear"}, {}):
        if (rows, columns) != (0, 0):
            yield functional.interpolate(skip, (height, width), **options), resized
    if min(rows, columns) < 0 or rows % 2 or columns % 2:
        return
    yield Raised("ValueError"), "it raises ValueError for a map that can be cut: is the test too strict?"
    fine = functional.interpolate(skip, scale_factor=2)
    top, left = rows // 2, columns // 2

    def cut(x, top=top, left=left):
        return x[..., top : top + height, left : left + width]

    yield cut(fine, 0, 0), "it is cut from the top left corner, not from the centre"
    yield cut(fine, rows, columns), "it is cut from the bottom right corner, not from the centre"
    yield fine, "it is enlarged, but not cut to fit"
    yield (
        fine[..., top:-top, left:-left],
        "where nothing is to be cut nothing is left: a slice up to -0 is empty",
    )
    yield cut(fine, left, top), "rows and columns are mixed up in where it begins"
    yield cut(skip.repeat(1, 1, 2, 2)), "the whole map is repeated; each of its pixels must become 2×2"
    yield (
        cut(functional.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=True)),
        "it is enlarged corner pixel on corner pixel (align_corners=True), which stretches the map",
    )
    spread = torch.zeros_like(fine)
    spread[..., ::2, ::2] = skip
    yield cut(spread), "there are zeros between the pixels: each of them must become 2×2"
    down, right = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    if min(down, right) >= 0:
        yield skip[..., down : down + height, right : right + width], "it is cut, but not made finer before"


def unmarked(args, got, wanted, params) -> bool:
    """Return whether the module lacks the mark of a skip connection."""
    return not isinstance(got, Raised) and got["is_skip"] is not True


def picture(args, got):
    """Draw which column of the skip map each column of the answer shows, and where that column belongs."""
    from matplotlib.figure import Figure

    from unet_edu.plots.style import MUTED, SKIP

    skip, came = args[0][0], as_array(got["output"])
    middle = came.reshape(-1, *came.shape[-2:])[0, came.shape[-2] // 2] % 100
    left = (2 * skip.shape[3] - came.shape[-1]) / 2
    figure = Figure(figsize=(4.2, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(came.shape[-1]), 2 * middle + 0.5 - left, "o-", ms=4, color=SKIP, label="where it comes from")
    axes.plot([0, came.shape[-1] - 1], [0, came.shape[-1] - 1], color=MUTED, lw=1, label="in register")
    axes.set(xlabel="column of what yours returns", ylabel="the same, in place")
    axes.legend(fontsize=8)
    return figure


EXERCISE = Exercise(
    id="reading.mend",
    chapter="06_reading",
    name="InPlace",
    points=4,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=unless(part("output", recognising(mistakes, judge_place)), (unmarked, UNMARKED)),
    probe=probe,
    needs=("import torch", "from torch import nn", "from torch.nn import functional as F"),
    picture=picture,
)
