"""Compute how many independent pixels a block of a label map is worth."""

import itertools

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw square maps, others, some with a rest on both axes, a single one; values of several types."""

    def case(shape, side, says, points=1, dtype="float64"):
        return Case((_patches(rng, shape).astype(dtype), side), says, points)

    rest, side = int(rng.integers(1, 4)), int(rng.integers(5, 8))
    return [
        case((3, 24, 24), 8, "three square maps, blocks of 8"),
        case((2, 3 * side, 5 * side), side, "maps that are not square", 2),
        case((2, 3 * side + rest, 4 * side + rest + 1), side, "a rest on both axes", 2, "int64"),
        case((1, 20, 30), 10, "a single map, six blocks", 1, "uint8"),
        case((4, 9, 12), 1, "blocks of one pixel", 1, "int64"),
    ]


def oracle(args, params):
    """Compute the mean of block after block, then the textbook's sums."""
    labels, side = args
    blocks = []
    for one in labels.tolist():
        for row in range(0, len(one) - side + 1, side):
            for column in range(0, len(one[0]) - side + 1, side):
                inside = [one[row + i][column + j] for i, j in itertools.product(range(side), repeat=2)]
                blocks.append(sum(inside) / side**2)
    share = sum(blocks) / len(blocks)
    variance = sum((block - share) ** 2 for block in blocks) / (len(blocks) - 1)
    return share * (1 - share) / variance


def mistakes(args, params):
    """Yield n instead of n - 1, a deviation instead of a variance, the share of other pixels, and other blocks."""
    labels, side = np.asarray(args[0], dtype=float), args[1]
    n, rows, columns = len(labels), labels.shape[1] // side, labels.shape[2] // side
    whole = labels[:, : rows * side, : columns * side]
    grid = whole.reshape(n, rows, side, columns, side)
    means = grid.mean((2, 4))
    p, every = whole.mean(), labels.mean()
    right = float(p * (1 - p) / means.var(ddof=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        yield (
            p * (1 - p) / means.var(),
            "the variance is divided by n, not by n - 1: NumPy does so by default",
        )
        yield p * (1 - p) / means.std(ddof=1), "the standard deviation is taken for the variance"
        yield p * (1 - p) / means.std(), "the standard deviation is taken for the variance"
        if every != p:
            words = "p is the share among the pixels in whole blocks; here the rest counts, too"
            yield every * (1 - every) / means.var(ddof=1), words
            last = labels[:, labels.shape[1] - rows * side :, labels.shape[2] - columns * side :]
            q, ends = last.mean(), last.reshape(n, rows, side, columns, side).mean((2, 4))
            yield q * (1 - q) / ends.var(ddof=1), "blocks are counted from the first pixel on; the rest is at the end"
        yield p / means.var(ddof=1), "one pixel has the variance p(1 - p), not p"
        yield p * (1 - p), "that is the variance of one pixel; it is to be compared with that of the blocks"
        yield (
            means.var(ddof=1) / (p * (1 - p)),
            "it is upside down: the more the blocks scatter, the less they are worth",
        )
        yield right / side**2, "that is the share of pixels that are independent; wanted is their number"
        yield right * side**2, "it is not multiplied by the pixels of a block: their number is what comes out"
        yield right * means.size, "that is what all blocks together are worth; wanted is one of them"
        yield p * (1 - p) / side**2 / means.var(ddof=1), "the variance of one pixel is p(1 - p), of one"
        yield whole.var() / means.mean(0).var(ddof=1), "the maps are averaged over each other; each of them has blocks"
        yield p * (1 - p) / grid.mean((2, 3)).var(ddof=1), "the axes are mixed up: these are no blocks of neighbours"
        yield (
            p * (1 - p) / grid.mean((1, 3)).var(ddof=1),
            "the mean is taken over the blocks, not over the pixels in one",
        )
        yield p * (1 - p) / whole.reshape(-1, side * side).mean(1).var(ddof=1), "these are runs of pixels, no blocks"
        yield (
            p * (1 - p) / whole.mean((1, 2)).var(ddof=1) if n > 1 else 0.0,
            "the maps are compared, not blocks in them",
        )
        sums = grid.sum((2, 4))
        yield p * (1 - p) / sums.var(ddof=1), "the sums of the blocks are compared, not their means"


def _patches(rng, shape):
    """Return maps (N, H, W) of 0 and 1 in patches some pixels wide, with ones at the end of both axes."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(rng.standard_normal(shape), (0, 2, 2))
    labels = (smooth > np.quantile(smooth, 0.35)).astype(float)
    labels[:, -1:] = labels[:, :, -1:] = 1
    return labels


EXERCISE = telling(
    Exercise(
        id="augment.worth",
        chapter="07_augmentation",
        name="independent_pixels",
        points=3,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        needs=("import numpy as np",),
    ),
    {1: ("the maps are compared",), 2: ("the maps are compared",), 3: ("these are runs",)},
)
