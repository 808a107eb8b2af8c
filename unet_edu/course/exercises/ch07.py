"""The exercises of the chapter on augmentation and the weight map.

A cohort's border term may have another σ than the paper's (`augment.widest_gap`).
"""

import itertools
import math

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, is_map, judge_value, recognising
from unet_edu.course.outcome import Case, Raised, Verdict

CHAPTER = "07_augmentation"


# ------------------------------------------------------------------------------------------------ augment.widest_gap


def gap_cases(rng, params):
    """The question of the prompt, a gap drawn at random, other heights, none at all, nothing to ask for."""
    sigma = params["sigma"]
    gap, w0 = int(rng.integers(3, 12)), float(rng.integers(20, 60))

    def between(gap, w0):  # a term that is reached with this gap and not with the next; far from either
        return math.sqrt(_term(gap, w0, sigma) * _term(gap + 1, w0, sigma))

    return [
        Case((1.0,), "a term of at least 1"),
        Case((between(gap, 10.0),), "another term", 2),
        Case((between(gap + 2, w0), w0), "a larger w0", 2),
        Case((between(1, w0), w0), "a term that is seldom reached"),
        Case((between(0, 10.0),), "less than w0, and no gap reaches it"),
        Case((w0 + 1, w0), "more than w0"),
        Case((-1.0,), "a term below 0"),
    ]


def _term(gap, w0, sigma) -> float:
    return w0 * math.exp(-((gap + 1) ** 2) / (2 * sigma**2))


def widest_gap(args, params):
    """Draw rows with two cells, look at the two distances of each pixel between them, and keep the widest that does."""
    least, w0 = args if len(args) == 2 else (*args, 10.0)
    if least <= 0:
        return Raised("ValueError")
    widest = 0
    for gap in range(1, 60):
        d1, d2 = 1, gap  # of the pixel next to one of the cells
        if w0 * math.exp(-((d1 + d2) ** 2) / (2 * params["sigma"] ** 2)) >= least:
            widest = gap
    return widest


def gap_mistakes(args, params):
    """The sum of the distances, the exponent, rounding, the end of a loop, what there is when there is none."""
    least, w0 = args if len(args) == 2 else (*args, 10.0)
    sigma = params["sigma"]
    right = widest_gap(args, params)
    if isinstance(right, Raised):
        for nothing in (0, -1, None, math.inf):
            yield nothing, "every gap reaches that: this is a case for a ValueError"
        yield Raised("ZeroDivisionError"), "every gap reaches that: this is a case for a ValueError"
        return
    reach = sigma * math.sqrt(2 * math.log(w0 / least)) if w0 > least else -math.inf

    def floored(sum_of_distances):
        return max(0, math.floor(sum_of_distances)) if sum_of_distances > -math.inf else 0

    if sigma != 5:
        yield widest_gap(args, {"sigma": 5}), "it is right for another σ"
    yield (
        floored(reach),
        "a gap too wide: the sum of both distances is more than the gap, from centre to centre (or is it rounded up?)",
    )
    yield floored(reach - 2), "the sum of both distances is a pixel more than the gap, not more than that"
    yield right + 1, "this is the first gap that no longer reaches it"
    yield floored(reach / 2), "both distances count, which is not twice the gap"
    yield floored(reach / math.sqrt(2) - 1), "the exponent is divided by twice σ², not by σ²"
    if reach > 0:
        yield floored(reach**2 - 1), "the sum of the distances is squared in the exponent"
        yield floored(reach * math.sqrt(sigma) / sigma - 1), "σ is squared in the exponent"
        yield reach - 1, "a gap has whole pixels: the widest that still reaches it"
    if len(args) == 2:
        yield widest_gap((least, 10.0), params), "w0 makes no difference here"
    if right == 0:
        for nothing in (None, -1):
            yield nothing, "where no gap reaches it, the answer is 0"
        yield (
            Raised("ValueError"),
            "more than w0 is reached by no gap, which is an answer (0), no error: is it a logarithm that complains?",
        )


# ----------------------------------------------------------------------------------------------------- augment.worth


def worth_cases(rng, params):
    """Square maps, others, some that leave a rest on both axes, a single one; several kinds of numbers."""

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


def _patches(rng, shape):
    """Maps of 0 and 1 in patches some pixels wide, with ones at the end of both axes."""
    import numpy as np
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(rng.standard_normal(shape), (0, 2, 2))
    labels = (smooth > np.quantile(smooth, 0.35)).astype(float)
    labels[:, -1:] = labels[:, :, -1:] = 1
    return labels


def independent_pixels(args, params):
    """Block by block, with the textbook's sums."""
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


def worth_mistakes(args, params):
    """n instead of n - 1, a spread instead of a variance, other pixels, blocks that are no blocks."""
    import numpy as np

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
            "the variance is divided by n, not by n - 1: NumPy does so unless told otherwise",
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


# ------------------------------------------------------------------------------------------------- augment.bend_row


def bend_cases(rng, params):
    """The chapter's row, an even shift, both mirrors, far beyond, three pixels, whole numbers, nothing to bend."""
    import numpy as np

    def row(n):
        return np.round(rng.random(n), 3)

    def some(low, high):
        return float(np.round(rng.uniform(low, high), 2))

    n = 2 * int(rng.integers(5, 9)) + 1
    whole = rng.integers(0, 256, n)
    return [
        Case((row(9), [0.0, 2.0, 0.0]), "the nodes of the chapter"),
        Case((row(n), [0.0, some(1, 2), some(-2, -1)]), "a look to the right, then to the left", 2),
        Case((row(n), [some(-3.5, -2.5), 0.0, some(2.5, 3.5)]), "places beyond both ends", 2),
        Case((row(n), [-3.0, -3.0, -3.0]), "a look three pixels to the left from everywhere"),
        Case((row(n), [some(-2.8, -2.2) * n, 0.0, some(2.2, 2.8) * n]), "places far beyond the ends"),
        Case((row(3), [some(0.2, 0.8), some(-0.8, -0.2), some(0.2, 0.8)]), "three pixels, as many nodes"),
        Case((whole, [some(0.5, 1.5), some(-0.8, -0.2), 0.0]), "greys that are whole numbers"),
        Case((row(n), [0.0, 0.0, 0.0]), "no displacement at all"),
    ]


def bend_row(args, params):
    """Pixel by pixel; a place beyond an end is taken back as often as it takes."""
    import numpy as np

    row, nodes = args
    last = len(row) - 1
    bent = []
    for x in range(last + 1):
        left, right = (nodes[0], nodes[1]) if x <= last / 2 else (nodes[1], nodes[2])
        along = (x % (last / 2)) / (last / 2) if x < last else 1.0
        place = x + (1 - along) * left + along * right
        if x == last // 2:
            place = x + nodes[1]
        while not 0 <= place <= last:
            place = -place if place < 0 else 2 * last - place
        below = min(math.floor(place), last - 1)
        part = place - below
        bent.append((1 - part) * float(row[below]) + part * float(row[below + 1]))
    return np.array(bent)


def bend_mistakes(args, params):
    """The sign, the ends, what is read in between, the nodes."""
    import numpy as np

    row, nodes = np.asarray(args[0], dtype=float), np.asarray(args[1], dtype=float)
    last = len(row) - 1
    x = np.arange(last + 1)
    along = np.interp(x, [0, last / 2, last], nodes)

    def mirrored(place, last=last, low=0):
        span = last - low
        place = np.abs(place - low) % (2 * span)
        return low + np.where(place > span, 2 * span - place, place)

    def read(place):
        return np.interp(place, x, row)

    place = x + along
    yield read(mirrored(x - along)), "it looks to the other side: a positive displacement looks to the right"
    yield read(place), "beyond the ends the last grey is repeated; places there are mirrored"
    yield read(place % (last + 1)), "beyond one end it goes on at the other; places there are mirrored"
    yield read(place % last), "beyond one end it goes on at the other; places there are mirrored"
    yield (
        np.interp(mirrored(place, last + 0.5, -0.5), x, row),
        "the mirror stands behind the last pixel, which is seen twice; it stands on its centre",
    )
    once = np.abs(place)
    yield (
        read(np.where(once > last, 2 * last - once, once)),
        "a place far beyond is mirrored once; it may take more often",
    )
    yield read(np.clip(np.abs(place), 0, last)), "the mirror at the right end is missing"
    yield read(np.where(place > last, 2 * last - place, place)), "the mirror at the left end is missing"
    near = mirrored(place)
    yield row[near.round().astype(int)], "it takes the nearest grey; greys are read in between"
    yield row[near.astype(int)], "it takes the grey of the pixel to the left; greys are read in between"
    rounded = np.trunc(read(near))
    if np.array_equal(row, np.trunc(row)):
        for kind in ("int64", "float64"):
            yield rounded.astype(kind), "greys in between are cut off: the bent row holds floats"
    yield (
        read(mirrored(x + _cubic(nodes, last + 1))),
        "displacements are interpolated by a cubic, as in the chapter; here linearly",
    )
    yield (
        read(mirrored(x + np.interp(x, [0, (last + 1) / 2, last + 1], nodes))),
        "the nodes lie on the first, the middle and the last pixel, which are not 0, n/2 and n",
    )
    yield (
        read(mirrored(x + np.interp(x, [0, 1, 2], nodes))),
        "the nodes lie on the first, the middle and the last pixel",
    )
    yield read(mirrored(x + np.interp(x, [0, last / 2, last], nodes[::-1]))), "the nodes are taken from right to left"
    yield read(mirrored(x + nodes[1])), "all pixels move as the middle one does"
    order = np.argsort(place, kind="stable")
    yield (
        np.interp(x, place[order], row[order]),
        "it says where each pixel goes; the displacements say where each one looks",
    )
    yield along, "these are the displacements, not the greys"
    yield place, "these are the places, not the greys there"


def _cubic(nodes, n):
    """The displacements as the package makes them."""
    import torch

    from unet_edu.data.augment import displacements

    rows = torch.tensor(nodes, dtype=torch.float32).expand(1, 2, 3, 3)
    return displacements(rows, (3, n))[0, 1, 0].double().numpy()


def bend_picture(args, got):
    """The row, and the bent row as it came."""
    from matplotlib.figure import Figure

    row, came = as_array(args[0]), as_array(got)
    figure = Figure(figsize=(4.6, 1.9), layout="constrained")
    for axes, greys, title in zip(figure.subplots(2, 1), (row, came), ("the row", "yours, bent"), strict=True):
        axes.imshow(greys[None], cmap="gray", vmin=row.min(), vmax=row.max(), aspect="auto")
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=9, loc="left")
    return figure


# ------------------------------------------------------------------------------------------------- augment.open_gap


def open_cases(rng, params):
    """Straight borders that touch and nearly touch; drawn cells with several reaches; edges; one cell; no reach."""
    import numpy as np

    straight = np.zeros((4, 10), dtype=int)
    straight[:, :5], straight[:, 5:] = 3, 7
    apart = straight.copy()
    apart[:, 5] = 0
    alone = np.zeros((5, 7), dtype=int)
    alone[1:4, :5] = 4
    return [
        Case((straight,), "two straight borders that touch, no reach given"),
        Case((apart, 2.0), "two that are one pixel apart"),
        Case((_drawn_cells(rng), 1.5), "drawn cells, a reach between 1 and 2", 2),
        Case((_drawn_cells(rng), 2.5), "drawn cells, a larger reach", 2),
        Case((_drawn_cells(rng), 2.0), "drawn cells, a reach of whole pixels", 2),
        Case((alone, 2.0), "a cell without neighbours"),
        Case((_drawn_cells(rng), 0.0), "a reach of nothing"),
        Case((straight, -1.0), "a negative reach"),
    ]


def _drawn_cells(rng):
    """Cells with numbers far apart that share borders, corners and the edge of the image, and some background."""
    import numpy as np

    height, width = int(rng.integers(11, 14)), int(rng.integers(15, 19))
    rows, columns = np.mgrid[:height, :width]
    centres = [(2, 3), (height - 3, 4), (4, width // 2 + 1), (height - 2, width - 5), (2, width - 2)]
    centres = [(y + rng.uniform(-1, 1), x + rng.uniform(-1, 1)) for y, x in centres]
    far = np.array([np.hypot(rows - y, columns - x) for y, x in centres])
    numbers = rng.choice(np.arange(2, 40), len(centres), replace=False)
    return np.where(far.min(0) < 5.2, numbers[far.argmin(0)], 0)


def open_gap(args, params):
    """Every pixel of a cell against every pixel of every other cell."""
    import numpy as np

    instances, reach = args if len(args) == 2 else (*args, 1.0)
    if reach < 0:
        return Raised("ValueError")
    opened = instances.copy()
    places = np.argwhere(instances > 0)
    whose = instances[tuple(places.T)]
    for place, number in zip(places, whose, strict=True):
        others = places[whose != number]
        if len(others) and (((others - place) ** 2).sum(1) <= reach**2 + 1e-9).any():
            opened[tuple(place)] = 0
    return opened


def open_mistakes(args, params):
    """Erosion, other distances, less or equal, one side alone, changed while it is read."""
    import numpy as np
    from scipy import ndimage

    instances, reach = args if len(args) == 2 else (*args, 1.0)
    if reach < 0:
        yield instances, "a negative reach reaches nowhere: this is a case for a ValueError"
        return
    numbers = np.unique(instances[instances > 0])

    def opening(near, order=1, running=False, keep=lambda number, others: others):
        opened = instances.copy()
        for number in numbers[::order]:
            read = opened if running else instances
            others = keep(number, (read > 0) & (read != number))
            if others.any():
                opened[(read == number) & near(others)] = 0
        return opened

    def straight(others):
        return ndimage.distance_transform_edt(~others) <= reach

    yield instances, "nothing is opened: the image comes back as it was"
    yield (
        opening(lambda others: ndimage.distance_transform_edt(~others) < reach),
        "a pixel at a distance of `reach` counts, too",
    )
    yield (
        opening(lambda others: ndimage.distance_transform_cdt(~others, "chessboard") <= reach),
        "a step to a corner is longer than one to the side: distances are straight lines",
    )
    yield (
        opening(lambda others: ndimage.distance_transform_cdt(~others, "taxicab") <= reach),
        "distances are straight lines, not steps along rows and columns",
    )
    one_side = "one of two cells is cut, the other stays, as where an image is changed while it is read: cut them both"
    for order in (1, -1):
        yield opening(straight, order, running=True), one_side
    yield opening(straight, keep=lambda number, others: others & (instances > number)), one_side
    yield opening(straight, keep=lambda number, others: others & (instances < number)), one_side
    for border in (0, 1):
        eroded = np.zeros_like(instances)
        for number in numbers:
            cell = instances == number
            steps = max(1, int(reach))
            kept = ndimage.binary_erosion(cell, iterations=steps, border_value=border) if reach else cell
            eroded[kept] = number
        yield eroded, "cells are cut back all around; only where another cell is near is anything cut"
        ball = np.hypot(*np.mgrid[-int(reach) : int(reach) + 1, -int(reach) : int(reach) + 1]) <= reach
        balled = np.zeros_like(instances)
        for number in numbers:
            balled[ndimage.binary_erosion(instances == number, ball, border_value=border)] = number
        yield balled, "cells are cut back all around; only where another cell is near is anything cut"
    yield (
        np.where(ndimage.distance_transform_edt(instances > 0) <= reach, 0, instances),
        "what is near the background is cut; it is the other cells that count",
    )
    opened = opening(straight)
    yield (opened > 0).astype(int), "the numbers of the cells are lost"
    yield opened > 0, "the numbers of the cells are lost"
    yield ndimage.label(opened)[0], "the cells are numbered anew; each keeps its number"
    wide = opening(lambda others: ndimage.distance_transform_edt(~others) <= 2 * reach)
    yield wide, "it is twice as far"
    half = opening(lambda others: ndimage.distance_transform_edt(~others) <= reach / 2)
    yield half, "`reach` is halved; each side is cut by all of it"
    if not ((instances > 0) & (instances != numbers[0])).any():
        yield np.zeros_like(instances), "a cell without neighbours stays whole: to what is its distance measured?"
        yield Raised("ValueError"), "a cell without neighbours is no error; it stays as it is"


def open_picture(args, got):
    """The cells before, and as they came."""
    import numpy as np
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 2.1), layout="constrained")
    numbers = np.unique(args[0])
    for axes, cells, title in zip(figure.subplots(1, 2), (args[0], as_array(got)), ("the cells", "yours"), strict=True):
        axes.imshow(np.searchsorted(numbers, cells), cmap="viridis", vmin=0, vmax=len(numbers) - 1)
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=9)
    return figure


# ---------------------------------------------------------------------------------------------------- augment.layer


def layer_cases(rng, params):
    """One image; several, not square, in colour; a strong bend; none; a sigma that there is not."""
    import torch

    def case(sigma, shape, says, points=1):
        n, channels, height, width = shape
        generator = torch.Generator().manual_seed(int(rng.integers(1 << 30)))
        images = torch.rand(shape, generator=generator)
        labels = torch.randint(0, 5, (n, height, width), generator=generator)
        return Case((sigma, int(rng.integers(1000)), (images, labels)), says, points)

    height, width = int(rng.integers(18, 22)), int(rng.integers(25, 32))
    return [
        case(2.0, (1, 1, 24, 24), "one square image"),
        case(1.5, (3, 2, height, width), "three images that are not square, two channels", 2),
        case(float(rng.integers(5, 9)), (2, 1, width, height), "a strong bend, far beyond the edges", 2),
        case(0.0, (2, 1, 20, 22), "a standard deviation of nothing"),
        case(-1.0, (1, 1, 20, 20), "a negative sigma"),
    ]


def layer_probe(answer, args, params):
    """Two calls while it trains, one in `eval()`; meanwhile the common random numbers go their own way."""
    import torch

    sigma, seed, (images, labels) = args
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        module = answer(sigma, seed)
        torch.manual_seed(987)
        module.train()
        trained = [tuple(module(images, labels)) for _ in range(2)]
        module.eval()
        return {"train": trained, "eval": tuple(module(images, labels))}


def bend_layer(args, params):
    """The package's displacements, and SciPy to look the pixels up."""
    import numpy as np
    import torch
    from scipy import ndimage

    from unet_edu.data.augment import displacements

    sigma, seed, (images, labels) = args
    if sigma < 0:
        return Raised("ValueError")
    size = tuple(images.shape[2:])
    here = np.mgrid[: size[0], : size[1]]
    last = np.array(size)[:, None, None] - 1
    calls = []
    for nodes in _nodes(sigma, seed, len(images)):
        tiles, moved = np.empty(images.shape, np.float32), np.empty(labels.shape, np.int64)
        for number, bend in enumerate(displacements(nodes, size).double().numpy()):
            place = last - np.abs(np.mod(here + bend, 2 * last) - last)  # there and back again
            for picture, out in zip(images[number].double().numpy(), tiles[number], strict=True):
                out[:] = ndimage.map_coordinates(picture, place, order=1)
            moved[number] = labels[number].numpy()[tuple(np.rint(place).astype(int))]
        calls.append((torch.tensor(tiles), torch.tensor(moved)))
    return {"train": calls, "eval": (images, labels)}


def _nodes(sigma, seed, n, calls=2):
    import torch

    generator = torch.Generator().manual_seed(seed)
    return [sigma * torch.randn(n, 2, 3, 3, generator=generator) for _ in range(calls)]


def _bent(images, labels, nodes, label_nodes=None):
    """Both bent by the package; the labels by other nodes where there are some."""
    import torch

    from unet_edu.data.augment import Draw, warp

    n, size = len(images), tuple(images.shape[2:])
    still = torch.zeros(n, 2), torch.zeros(n).double(), torch.zeros(n, 2).bool()
    found = warp(images, labels, Draw(*still, nodes, None), size)
    if label_nodes is not None:
        return found[0], warp(images, labels, Draw(*still, label_nodes, None), size)[1]
    return found


def _bent_in_between(images, labels, nodes):
    tiles, _ = _bent(images, labels, nodes)
    between, _ = _bent(labels[:, None].float(), labels, nodes)
    return tiles, between[:, 0].to(labels.dtype)


def layer_mistakes(args, params):
    """When it bends, where its numbers come from, whether both are bent alike."""
    import torch

    sigma, seed, (images, labels) = args
    still, n = (images, labels), len(images)

    def calls(found, at_last=still):
        return {"train": list(found), "eval": at_last}

    def bent(some):
        return [_bent(images, labels, nodes) for nodes in some]

    first, second, third, fourth = _nodes(sigma, seed, n, 4)
    right = bent((first, second))
    if sigma < 0:
        yield calls(right), "there is no negative standard deviation: this is a case for a ValueError"
        return
    yield calls(right, *bent([third])), "it bends in eval(), too: ask `self.training`"
    yield calls([still, still], right[0]), "it is the other way round: it bends while it trains"
    yield calls([still, still]), "it never bends"
    again = "each call bends alike: the generator is seeded once, when it is made"
    yield calls([right[0]] * 2), again
    yield calls([right[0]] * 2, right[0]), again
    pairs = ((first, second), (third, fourth))
    apart = [_bent(images, labels, *pair) for pair in pairs]
    yield calls(apart), "image and label are bent by different nodes, and no longer fit"
    yield calls((tiles, labels) for tiles, _ in right), "the label stays where it was"
    yield calls((images, moved) for _, moved in right), "the image stays where it was"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(987)
        common = [sigma * torch.randn(n, 2, 3, 3) for _ in range(2)]
    yield calls(bent(common)), "the nodes come from random numbers that all share, not from a generator of its own"
    alike = (nodes.expand(n, -1, -1, -1) for nodes in _nodes(sigma, seed, 1))
    yield calls(bent(alike)), "all images of a call are bent alike; each has nodes of its own"
    for factor, words in (
        (1, "`sigma` makes no difference here"),
        (sigma**2, "`sigma` is the standard deviation, not its root"),
        (sigma**0.5, "`sigma` is the standard deviation, not the variance"),
    ):
        yield calls(bent(_nodes(factor, seed, n))), words
    yield calls(bent((first.flip(1), second.flip(1)))), "rows and columns of the displacements are swapped"
    yield calls(bent((-first, -second))), "it looks to the other side"
    yield (
        calls(bent(_nodes_of_draw(sigma, seed, images))),
        "other random numbers are drawn first: the nodes are the only ones of a call",
    )
    yield (
        calls(_bent_in_between(images, labels, nodes) for nodes in (first, second)),
        "labels are read in between pixels, which makes classes that are not there",
    )


def _nodes_of_draw(sigma, seed, images):
    import torch

    from unet_edu.data.augment import draw

    generator, size = torch.Generator().manual_seed(seed), tuple(images.shape[2:])
    return [draw(len(images), size, size, generator=generator, sigma=sigma).nodes for _ in range(2)]


def judge_layer(args, got, wanted, params):
    """Where nothing is known: which of the calls it is, and whether image or label."""
    verdict = judge_value(args, got, wanted, params)
    if verdict.passed or isinstance(wanted, Raised) or not isinstance(got, dict):
        return verdict
    calls = zip((*got["train"], got["eval"]), (*wanted["train"], wanted["eval"]), strict=True)
    for name, (came, right) in zip(("the first call", "the second call", "the call in eval()"), calls, strict=True):
        if not isinstance(came, tuple) or len(came) != 2 or not all(map(is_map, came)):
            return Verdict(False, f"{name} does not return two tensors, images and labels", "type")
        for what, one, other in zip(("images", "labels"), came, right, strict=True):
            said = judge_value(args, one, other, params)
            if not said.passed:
                return Verdict(False, f"{name}, {what}: {said.message}", said.kind)
    return verdict


EXERCISES = (
    Exercise(
        id="augment.widest_gap",
        chapter=CHAPTER,
        name="widest_gap",
        points=3,
        minutes=10,
        cases=gap_cases,
        oracle=widest_gap,
        judge=recognising(gap_mistakes),
        params=lambda rng: {"sigma": int(rng.choice([3, 4, 7, 8]))},
        book={"sigma": 5},
        needs=("import numpy as np",),
    ),
    Exercise(
        id="augment.worth",
        chapter=CHAPTER,
        name="independent_pixels",
        points=3,
        minutes=15,
        cases=worth_cases,
        oracle=independent_pixels,
        judge=recognising(worth_mistakes),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="augment.bend_row",
        chapter=CHAPTER,
        name="bend_row",
        points=4,
        minutes=20,
        cases=bend_cases,
        oracle=bend_row,
        judge=recognising(bend_mistakes),
        needs=("import numpy as np",),
        picture=bend_picture,
    ),
    Exercise(
        id="augment.open_gap",
        chapter=CHAPTER,
        name="open_gap",
        points=4,
        minutes=20,
        cases=open_cases,
        oracle=open_gap,
        judge=recognising(open_mistakes),
        needs=("import numpy as np", "from scipy import ndimage"),
        picture=open_picture,
    ),
    Exercise(
        id="augment.layer",
        chapter=CHAPTER,
        name="Bend",
        points=5,
        minutes=25,
        cases=layer_cases,
        oracle=bend_layer,
        judge=recognising(layer_mistakes, judge_layer),
        probe=layer_probe,
        needs=("import torch", "from torch import nn", "from unet_edu.data.augment import Draw, draw, warp"),
    ),
)
