"""The exercises of the chapter on what came after U-Net.

A cohort's networks may have another number of convolutions a block (`after.share`), or another kernel
(`after.residual`).
"""

import itertools
import math
from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, is_map, judge_value, noise, recognising, run_by_shape, weights
from unet_edu.course.outcome import Case, Raised

CHAPTER = "13_after"


# ------------------------------------------------------------------------------------------------------- after.share


def share_cases(rng, params):
    """A square, a volume with unequal sides, a row; sizes that are not legal, for each reason."""
    convs = params["convs"]

    def legal(depth):
        """A legal size at which something comes out, and a little more."""
        step = 2**depth
        size = _loss(depth, convs) + int(rng.integers(2, 5)) * step
        while _follow(size, depth, convs) is None:
            size += 1
        return size

    first = 572
    while _follow(first, 4, convs) is None:
        first += 1
    deep, volume, few = [legal(4) for _ in range(2)], [legal(3) for _ in range(3)], legal(2)
    nothing = next(size for size in itertools.count(2, 2) if _walk(size, 1, convs) == 0)
    small = nothing - 2 * int(rng.integers(1, 3))
    return [
        Case(((first, first),), "a square near that of the paper, depth not given"),
        Case(((deep[0] + 32, deep[1]), 4), "two axes of different sizes", 2),
        Case((tuple(volume), 3), "a volume", 2),
        Case(([few], 2), "a row, less deep"),
        Case(((legal(1), legal(1), legal(1)), 1), "a volume, one pooling"),
        Case(((volume[0], volume[1] + 1), 3), "an odd size on the second axis", 2),
        Case(((few + 2, few), 2), "an even size that is not legal"),
        Case(((legal(1), nothing), 1), "a size from which nothing comes out"),
        Case(((small, small), 1), "sizes that are too small, though each pooling meets an even one"),
    ]


def _loss(depth, convs) -> int:
    """What the convolutions take from the size in all: two pixels each, more further down."""
    return 2 * convs * (sum(2**level for level in range(depth)) * 2 + 2**depth)


def _walk(size, depth, convs) -> int | None:
    """Down and up again, layer by layer: the size that comes out; None where a pooling meets an odd one."""
    for _ in range(depth):
        for _ in range(convs):
            size -= 2
        if size % 2:
            return None
        size //= 2
    for level in range(depth + 1):
        if level > 0:
            size *= 2
        for _ in range(convs):
            size -= 2
    return size


def _follow(size, depth, convs) -> int | None:
    """The size that comes out of a legal size, None for another."""
    out = _walk(size, depth, convs)
    return out if out is not None and out > 0 else None


def share_out(args, params):
    """Count the values that come out and those that go in."""
    sizes, depth = args if len(args) == 2 else (*args, 4)
    out = [_follow(size, depth, params["convs"]) for size in sizes]
    return Raised("ValueError") if None in out else math.prod(out) / math.prod(sizes)


def share_mistakes(args, params):
    """Half of the border, other ways to put axes together, conditions that are not asked for."""
    sizes, depth = args if len(args) == 2 else (*args, 4)
    convs = params["convs"]
    if convs != 2:
        yield share_out(args, {"convs": 2}), "it is right for blocks of two convolutions"
    loss = _loss(depth, convs)
    odd = any(_walk(size, depth, convs) is None for size in sizes)
    closed = math.prod((size - loss) / size for size in sizes)
    if isinstance(share_out(args, params), Raised):
        why = "a pooling meets an odd size" if odd else "nothing comes out"
        yield closed, f"{why} on one of the axes: this is a case for a ValueError"
        yield 0.0, f"{why} on one of the axes: this is a case for a ValueError"
        rounded = math.prod(max(_rounding(size, depth, convs), 0) / size for size in sizes)
        yield rounded, f"{why} on one of the axes: this is a case for a ValueError"
        first = (sizes[0] - loss) / sizes[0]
        yield first ** len(sizes), "only the first axis counts here"
        return
    shares = [(size - loss) / size for size in sizes]
    yield Raised("ValueError"), "it raises ValueError for sizes that are legal: is the test too strict?"
    if len(shares) > 1:
        yield shares[0], "it is the share of the first axis alone"
        yield shares[-1], "it is the share of the last axis alone"
        yield shares[0] ** len(shares), "only the first axis counts here"
        yield sum(shares) / len(shares), "it is the mean over the axes; pixels are counted, and the axes multiply"
        yield sum(shares), "the shares of the axes are added; pixels are counted, and the axes multiply"
        yield min(shares), "it is the smallest share of an axis; pixels are counted, and the axes multiply"
    yield shares, "these are the shares of the axes; one for all pixels together is wanted"
    yield tuple(shares), "these are the shares of the axes; one for all pixels together is wanted"
    yield 1 - closed, "it is the share that is lost"
    yield 100 * closed, "it is in percent; wanted is a number between 0 and 1"
    yield 1 / closed, "it is upside down: what comes out, over what goes in"
    yield math.prod(size - loss for size in sizes), "it is how many values come out; their share is wanted"
    yield math.prod((size - loss / 2) / size for size in sizes), "the border is lost on one side alone; there are two"
    if depth != 4 and min(sizes) > _loss(4, convs):
        yield math.prod((size - _loss(4, convs)) / size for size in sizes), "the depth makes no difference here"
    down = 2 * convs * (2 ** (depth + 1) - 1)
    yield (
        math.prod((size - down) / size for size in sizes),
        "only the way down is counted; the way up takes pixels, too",
    )


def _rounding(size, depth, convs) -> int:
    """What would come out if each pooling dropped a last pixel."""
    for _ in range(depth):
        size = (size - 2 * convs) // 2
    for _ in range(depth):
        size = 2 * (size - 2 * convs)
    return size - 2 * convs


def judge_share(args, got, wanted, params):
    """Say for which reason an error is wanted."""
    verdict = judge_value(args, got, wanted, params)
    if isinstance(wanted, Raised) and verdict.passed and not got.said.strip():
        return replace(verdict, message="right, but its ValueError says nothing: tell which size is not legal")
    return verdict


def other_convs(rng) -> dict:
    """Another number of convolutions a block than the book's two, and a legal size for depth 4."""
    convs = int(rng.choice([1, 3]))
    return {"convs": convs, "size": next(size for size in itertools.count(565) if _follow(size, 4, convs))}


# ------------------------------------------------------------------------------------------------------- after.nodes


def nodes_cases(rng, params):
    """Depths from one pooling on."""
    large = sorted(rng.choice(range(5, 12), 2, replace=False).tolist())
    return [
        Case((4,), "the depth of the paper", 2),
        Case((2,), "the smallest depth that has one"),
        Case((1,), "one pooling: it is a U-Net"),
        Case((3,), "depth 3"),
        Case((large[0],), "a deeper network"),
        Case((large[1],), "deeper still", 2),
    ]


def new_nodes(args, params):
    """Draw the arrows of the network, take away what U-Net has, count what reaches each."""
    (depth,) = args
    nodes = [(level, column) for column in range(depth + 1) for level in range(depth + 1) if level + column <= depth]
    arrows = [
        (start, end)
        for start, end in itertools.product(nodes, nodes)
        if (start[0] == end[0] and start[1] < end[1]) or (end[1] > 0 and start == (end[0] + 1, end[1] - 1))
    ]
    unet = {(level, 0) for level in range(depth + 1)} | {(level, depth - level) for level in range(depth + 1)}
    return [(*node, sum(end == node for _, end in arrows)) for node in sorted(set(nodes) - unet)]


def nodes_mistakes(args, params):
    """A map forgotten or counted twice, nodes of U-Net, another order."""
    (depth,) = args
    wanted = new_nodes(args, params)
    if not wanted:
        yield [(0, 1, 2)], "with one pooling there is no room inside: it is a U-Net"
    left = [(level, 0, 1) for level in range(depth + 1)]
    right = [(level, depth - level, depth - level + 1) for level in range(depth)]
    yield sorted(wanted + right), "the last node of each level is in U-Net, too"
    yield sorted(wanted + left), "the first node of each level is in U-Net, too"
    yield sorted(wanted + left[:-1]), "the first node of each level is in U-Net, too"
    yield sorted(wanted + left + right), "these are all nodes; wanted are those that U-Net does not have"
    yield [(level, column, column) for level, column, _ in wanted], "the map that comes up from below is missing"
    yield (
        [(level, column, 2) for level, column, _ in wanted],
        "a node hears all nodes to its left, not the nearest alone",
    )
    yield [(level, column, column + 2) for level, column, _ in wanted], "one map too many is counted for each node"
    yield [(level, column) for level, column, _ in wanted], "how many maps each node hears is missing"
    yield len(wanted), "it is how many nodes there are; wanted is the list of them"
    yield sorted((column, level, maps) for level, column, maps in wanted), "level and column are swapped"
    yield [(column, level, maps) for level, column, maps in wanted], "level and column are swapped"
    across = sorted(wanted, key=lambda node: (node[1], node[0]))
    yield across, "the right nodes, but column by column: sorted, they go level by level"
    yield wanted[::-1], "the right nodes, but not sorted"
    yield new_nodes((depth + 1,), params), "it is right for one pooling more: depth counts poolings, not levels"
    if depth > 1:
        yield new_nodes((depth - 1,), params), "it is right for one pooling less: depth counts poolings"
    yield [(level + 1, column, maps) for level, column, maps in wanted], "levels are counted from 0"
    square = [(level, column, column + 1) for level in range(depth) for column in range(1, depth)]
    yield square, "these nodes fill a square; deeper levels have fewer"


# ------------------------------------------------------------------------------------------------------- after.blend


def blend_cases(rng, params):
    """One tile, overlaps of two and three, a gap, a crop, integers, tiles in any order."""
    import numpy as np

    def bell(size):
        return np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / (0.25 * size)) ** 2)

    def tiles(count, size):
        return rng.normal(size=(count, size)).round(3)

    size = 2 * int(rng.integers(3, 6))
    half = size // 2
    gap = int(rng.integers(1, 4))
    lean = np.linspace(1, 3, size)
    crop = np.ones(size)
    crop[[0, 1, -1]] = 0
    whole = rng.integers(1, 200, (2, size))
    return [
        Case((tiles(1, size), [0], size, bell(size)), "one tile as long as the row"),
        Case((tiles(2, size), [0, half], size + half, bell(size)), "two tiles that overlap by half", 2),
        Case((tiles(2, size), [0, half], size + half, lean), "weights that are not symmetric", 2),
        Case((tiles(4, size), [half, 2, 0, half + 1], size + half + 1, bell(size)), "four tiles, not in order", 2),
        Case(
            (tiles(2, size), [1, size + 1 + gap], 2 * size + 3 + gap, bell(size)), "gaps between tiles and at the ends"
        ),
        Case((tiles(3, size), [0, size - 3, 2 * size - 6], 3 * size - 6, crop), "weights of one and zero"),
        Case((whole, [0, half], size + half, np.arange(1, size + 1)), "integers, tiles and weights"),
        Case((tiles(3, size), [2, 2, 2], size + 4, lean), "three tiles at the same place"),
    ]


def blend(args, params):
    """Pixel by pixel: collect what lies there."""
    import numpy as np

    tiles, starts, length, weight = args
    row = []
    for place in range(length):
        lying = [
            (tile[place - start], weight[place - start])
            for tile, start in zip(tiles, starts, strict=True)
            if 0 <= place - start < len(tile)
        ]
        total = math.fsum(count for _, count in lying)
        row.append(math.fsum(value * count for value, count in lying) / total if total else math.nan)
    return np.array(row)


def blend_mistakes(args, params):
    """A sum for a mean, a mean without weights, one tile over the other, another value where nothing counts."""
    import numpy as np

    tiles, starts, length, weight = args
    right = blend(args, params)
    sums, counts, covers = np.zeros((3, length))
    last, first, best = (np.full(length, np.nan) for _ in range(3))
    strongest = np.zeros(length)
    for tile, start in zip(tiles, starts, strict=True):
        here = np.s_[start : start + len(tile)]
        sums[here] += weight * tile
        counts[here] += weight
        covers[here] += 1
        last[here] = tile
        first[here] = np.where(np.isnan(first[here]), tile, first[here])
        best[here] = np.where(weight > strongest[here], tile, best[here])
        strongest[here] = np.maximum(strongest[here], weight)
    with np.errstate(all="ignore"):
        yield sums, "it is the weighted sum; divide by the weights that lie there"
        yield np.where(counts > 0, sums, np.nan), "it is the weighted sum; divide by the weights that lie there"
        plain = np.nansum([_laid(tile, start, length) for tile, start in zip(tiles, starts, strict=True)], axis=0)
        for mean in (plain / covers, np.nan_to_num(plain / covers)):
            yield mean, "the weights make no difference here: it is a plain mean"
        for mean in (sums / covers, np.nan_to_num(sums / covers)):
            yield mean, "it divides by the number of tiles; divide by the weights that lie there"
        yield sums / np.sum(weight), "it divides by the weights of a whole tile, not by those that lie there"
        for one, words in ((last, "the last tile overwrites those before it"), (first, "only the first tile is kept")):
            yield one, f"{words}; where tiles overlap a mean is wanted"
            yield np.nan_to_num(one), f"{words}; where tiles overlap a mean is wanted"
        yield best, "only the tile that counts most is kept; where tiles overlap a mean is wanted"
        yield np.nan_to_num(right), "where nothing counts it is 0, as if that had been predicted; NaN is wanted"
        for tiny in (1e-6, 1e-8, 1e-12):
            yield sums / (counts + tiny), "where nothing counts it is 0, as if that had been predicted; NaN is wanted"
            yield sums / np.maximum(counts, tiny), "where nothing counts it is 0, not NaN"
        yield np.where(counts > 0, right, np.inf), "where nothing counts it is infinite; NaN is wanted"
        yield right[~np.isnan(right)], "pixels where nothing counts are left out; the row keeps its length"
        turned = blend((tiles, starts, length, weight[::-1]), params)
        yield turned, "the weights are turned around"
        yield (
            blend((tiles, sorted(starts), length, weight), params),
            "the starts are sorted, but not the tiles with them",
        )
        yield np.trunc(right), "the values are cut to integers: is the row made of them?"


def _laid(tile, start, length):
    """The tile in a row of NaN."""
    import numpy as np

    row = np.full(length, np.nan)
    row[start : start + len(tile)] = tile
    return row


def judge_row(args, got, wanted, params):
    """Say where in the row it is wrong: at the overlaps, where nothing counts, or everywhere."""
    import numpy as np

    verdict = judge_value(args, got, wanted, params)
    if verdict.kind != "value" or not is_map(got) or as_array(got).shape != wanted.shape:
        return verdict
    tiles, starts, length, weight = args
    came = as_array(got)
    covers = np.sum([~np.isnan(_laid(tile, start, length)) for tile, start in zip(tiles, starts, strict=True)], axis=0)
    wrong = ~np.isclose(came, wanted, rtol=1e-4, atol=1e-6, equal_nan=True)
    if not wrong[~np.isnan(wanted)].any():
        return replace(verdict, message="it is right but where nothing counts: NaN is wanted there")
    if np.isnan(came[~np.isnan(wanted)]).any():
        return replace(verdict, message="it is NaN where something counts")
    if not wrong[covers < 2].any():
        return replace(verdict, message="it is right where one tile lies, and wrong where several do")
    return verdict


def blend_picture(args, got):
    """Where the tiles lie, and the row that the answer makes of them."""
    from matplotlib.figure import Figure

    from unet_edu import plots

    tiles, starts, length, weight = args
    figure = Figure(figsize=(5, 2.6), layout="constrained")
    axes = figure.subplots()
    for tile, start in zip(tiles, starts, strict=True):
        places = range(start, start + len(tile))
        axes.plot(places, tile, color=plots.MUTED, lw=1, zorder=1)
        axes.scatter(places, tile, s=40 * weight / weight.max(), color=plots.DOWN, zorder=2)
    axes.plot(range(length), as_array(got), "o-", color=plots.SKIP, ms=4, lw=1.5, zorder=3)
    axes.set(xlabel="pixel", title="tiles (a large dot counts much), and your row")
    return figure


# ------------------------------------------------------------------------------------------------------- after.merge


def merge_cases(rng, params):
    """Equal and unequal totals, one of zero, one process; totals that cannot be."""
    import numpy as np

    def case(totals, says, points=1, parameters=None):
        gradients = rng.normal(size=(len(totals), parameters or int(rng.integers(4, 8)))).round(3)
        return Case((gradients, np.array(totals)), says, points)

    def quarters(count):
        return (rng.choice(np.arange(2, 40), count, replace=False) / 4).tolist()

    two, three = quarters(2), quarters(3)
    return [
        case([1.5, 1.5], "two processes whose weights are equal"),
        case(two, "two processes whose weights differ", 2),
        case(quarters(4), "four processes, as many parameters", 2, parameters=4),
        case([0.0, *two], "a process whose tiles count nothing", 2),
        case(quarters(1), "one process alone"),
        case(rng.permutation([1, 2, 3]).tolist(), "totals that are integers"),
        case([three[0], -three[1], three[2]], "a total below zero"),
        case([0.0, 0.0], "totals that are all zero"),
    ]


def merged(args, params):
    """Repeat each gradient as often as its total has quarters, and take the plain mean."""
    import numpy as np

    gradients, totals = args
    if (totals < 0).any() or not totals.any():
        return Raised("ValueError")
    return np.repeat(gradients, np.rint(4 * totals).astype(int), axis=0).mean(0)


def merge_mistakes(args, params):
    """Other means, and sums."""
    import numpy as np

    gradients, totals = args
    if isinstance(merged(args, params), Raised):
        why = "a total below zero" if (totals < 0).any() else "totals that are all zero"
        with np.errstate(all="ignore"):
            yield totals @ gradients / totals.sum(), f"{why}: this is a case for a ValueError"
        yield np.zeros(gradients.shape[1]), f"{why}: this is a case for a ValueError"
        yield gradients.mean(0), f"{why}: this is a case for a ValueError"
        return
    right = totals @ gradients / totals.sum()
    yield Raised("ValueError"), "it raises ValueError for totals that can be: is the test too strict?"
    yield gradients.mean(0), "it is the plain mean: a process whose tiles count more is to count more"
    yield gradients.sum(0), "it is the plain sum of the gradients"
    yield totals @ gradients, "it is the weighted sum; divide by the weight of all"
    yield totals @ gradients / len(totals), "it divides by the number of processes, not by the weight of all"
    with np.errstate(all="ignore"):
        inverse = 1 / totals
        yield inverse @ gradients / inverse.sum(), "a process with a larger total counts less here"
        yield (gradients / totals[:, None]).sum(0), "gradients are divided by their totals; each is a mean already"
        yield (gradients / totals[:, None]).mean(0), "gradients are divided by their totals; each is a mean already"
        yield (gradients / totals[:, None]).sum(0) / totals.sum(), "gradients are divided by their totals"
    if len(set(gradients.shape)) == 1:
        yield gradients @ totals / totals.sum(), "processes and parameters are mixed up: sum over the processes"
    yield totals[:, None] * gradients / totals.sum(), "the parts are right, but not added up"
    squares = totals**2
    yield squares @ gradients / squares.sum(), "totals count twice"
    shares = np.exp(totals - totals.max())
    yield shares @ gradients / shares.sum(), "this is a softmax of the totals; their shares are wanted"
    counted = totals > 0
    yield gradients[counted].mean(0), "it is the plain mean: a process whose tiles count more is to count more"
    yield gradients[totals.argmax()], "it is the gradient of one process alone"
    yield gradients[0], "it is the gradient of one process alone"
    yield right.sum(), "the gradient is added up over the parameters"


def judge_merge(args, got, wanted, params):
    """Known mistakes; an error of NumPy's own; a remark where a right error says nothing."""
    verdict = _judge_merged(args, got, wanted, params)
    if isinstance(got, Raised) and any(word in got.said for word in ("mismatch", "broadcast", "aligned")):
        words = "the shapes do not fit: gradients are (processes, parameters), totals (processes,)"
        return replace(verdict, passed=False, message=words, kind="error")
    if isinstance(wanted, Raised) and verdict.passed and not got.said.strip():
        return replace(verdict, message="right, but its ValueError says nothing: tell what is wrong with the totals")
    return verdict


_judge_merged = recognising(merge_mistakes)


# ---------------------------------------------------------------------------------------------------- after.residual

SEED = 13


def residual_cases(rng, params):
    """Not square, more and fewer channels out than in, two images, the smallest size."""
    least = 2 * (params["kernel"] - 1) + 1

    def case(inward, outward, batch, height, width, says, points=1):
        return Case((inward, outward, noise((batch, inward, height, width), int(rng.integers(1 << 30)))), says, points)

    height, width = least + int(rng.integers(3, 6)), least + int(rng.integers(7, 11))
    return [
        case(1, 4, 1, least + 4, least + 4, "one channel in, four out"),
        case(3, 5, 1, height, width, "an input that is not square", 2),
        case(6, 2, 2, width, height, "fewer channels out than in, two images", 2),
        case(2, 3, 1, least, least + 2, "the smallest height that there can be"),
    ]


def residual_probe(answer, args, params):
    """Make the module, set its weights by their shapes, run it; with its output come the shapes of all weights."""
    return run_by_shape(answer, args, SEED)


def residual(args, params):
    """Put the straight way into the kernel: one pixel in the middle of a large one."""
    import torch
    from torch.nn import functional

    inward, outward, x = args
    shapes = _shapes(inward, outward, params["kernel"])
    wide = 2 * params["kernel"] - 1
    middle = torch.zeros(outward, inward, wide, wide)
    middle[:, :, wide // 2, wide // 2] = weights((outward, inward, 1, 1), SEED)[:, :, 0, 0]
    output = (_change(x, shapes) + functional.conv2d(x, middle)).relu()
    return {"output": output, "weights": sorted([*shapes, (outward, inward, 1, 1)])}


def _shapes(inward, outward, kernel) -> list[tuple]:
    return [(outward, inward, kernel, kernel), (outward,), (outward, outward, kernel, kernel), (outward,)]


def _change(x, shapes, relus=(True, False), padding=0, bias=True):
    """The two convolutions."""
    from torch.nn import functional

    for (kernel, offset), relu in zip((shapes[:2], shapes[2:]), relus, strict=True):
        x = functional.conv2d(x, weights(kernel, SEED), weights(offset, SEED) if bias else None, padding=padding)
        x = x.relu() if relu else x
    return x


def residual_mistakes(args, params):
    """ReLUs, the crop, the straight way, what is done with the two."""
    import torch
    from torch.nn import functional

    inward, outward, x = args
    kernel = params["kernel"]
    shapes, border = _shapes(inward, outward, kernel), kernel - 1
    if kernel != 3 and min(x.shape[2:]) > 4:
        yield residual(args, {"kernel": 3})["output"], "it is right for a kernel of three pixels"
    one = weights((outward, inward, 1, 1), SEED)
    change = _change(x, shapes)
    height, width = change.shape[2:]
    way = functional.conv2d(x, one)
    straight = way[..., border : border + height, border : border + width]
    yield change + straight, "the ReLU after the sum is missing"
    yield change.relu() + straight, "the ReLU comes after the sum, not after the second convolution"
    yield (change.relu() + straight).relu(), "there is a ReLU after the second convolution, before the sum"
    yield (_change(x, shapes, (False, False)) + straight).relu(), "the ReLU between the two convolutions is missing"
    yield _change(x, shapes, (False, False)) + straight, "there is no ReLU"
    yield change.relu(), "nothing comes through the straight way"
    yield straight.relu(), "nothing comes through the two convolutions"
    yield (change + straight.relu()).relu(), "there is a ReLU on the straight way: it is to be straight"
    yield (change * straight).relu(), "the two ways are multiplied; they are to be added"
    yield (change - straight).relu(), "the straight way is taken away; it is to be added"
    yield (
        (change + way[..., :height, :width]).relu(),
        "the straight way is cut from the top left corner, not the centre",
    )
    corner = way[..., -height:, -width:]
    yield (change + corner).relu(), "the straight way is cut from the bottom right corner, not from the centre"
    offset = weights((outward,), SEED)[:, None, None]
    yield (change + straight + offset).relu(), "the straight way has a bias; it is to have none"
    yield (_change(x, shapes, bias=False) + straight).relu(), "the two convolutions have lost their biases"
    for mode in ("bilinear", "nearest"):
        for small in (_resized(way, (height, width), mode), functional.conv2d(_resized(x, (height, width), mode), one)):
            yield (change + small).relu(), "the straight way is resized to fit; then its pixels lie elsewhere"
    yield (
        (change + functional.adaptive_avg_pool2d(way, (height, width))).relu(),
        "the straight way is resized to fit; then its pixels lie elsewhere",
    )
    padded = _change(x, shapes, padding=kernel // 2)
    yield (padded + way).relu(), "it pads the convolutions, so that nothing has to be cut; they are to be valid"
    filled = functional.pad(change, (border, border, border, border))
    yield (filled + way).relu(), "what the convolutions return is padded to fit; cut the straight way instead"
    for joined in ((change, straight), (straight, change)):
        both = torch.cat(joined, 1)
        yield both.relu(), "the two ways are joined as channels; they are to be added"
        yield both, "the two ways are joined as channels; they are to be added"


def _resized(x, size, mode):
    from torch.nn import functional

    return functional.interpolate(x, size, mode=mode)


def judge_residual(args, got, wanted, params):
    """Known mistakes in what comes out; two ways that do not fit; then whether it has other weights."""
    if isinstance(got, Raised) and "must match the size of tensor" in got.said:
        words = "the two ways are not equally large where they are added: how much does the straight one have to lose?"
        return replace(judge_value(args, got, wanted, params), message=words)
    if not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    verdict = _judge_output(args, got.get("output"), wanted["output"], params)
    if verdict.passed and got.get("weights") != wanted["weights"]:
        words = "what comes out is right, but it has other weights than two convolutions and a straight way"
        return replace(verdict, passed=False, message=words, kind="value")
    return verdict


_judge_output = recognising(residual_mistakes)


def other_kernel(rng) -> dict:
    """Another kernel than the book's three pixels, and what two such convolutions take from a side."""
    kernel = int(rng.choice([5, 7]))
    return {"kernel": kernel, "border": 2 * (kernel - 1)}


EXERCISES = (
    Exercise(
        id="after.share",
        chapter=CHAPTER,
        name="share_out",
        points=3,
        minutes=15,
        cases=share_cases,
        oracle=share_out,
        judge=recognising(share_mistakes, judge_share),
        params=other_convs,
        book={"convs": 2, "size": 572},
        forbids=("unet_edu.arithmetic",),
    ),
    Exercise(
        id="after.nodes",
        chapter=CHAPTER,
        name="new_nodes",
        points=3,
        minutes=10,
        cases=nodes_cases,
        oracle=new_nodes,
        judge=recognising(nodes_mistakes),
        forbids=("unet_edu.models.unetpp",),
    ),
    Exercise(
        id="after.blend",
        chapter=CHAPTER,
        name="blended",
        points=4,
        minutes=20,
        cases=blend_cases,
        oracle=blend,
        judge=recognising(blend_mistakes, judge_row),
        needs=("import numpy as np",),
        picture=blend_picture,
    ),
    Exercise(
        id="after.merge",
        chapter=CHAPTER,
        name="merged",
        points=3,
        minutes=15,
        cases=merge_cases,
        oracle=merged,
        judge=judge_merge,
        needs=("import numpy as np",),
    ),
    Exercise(
        id="after.residual",
        chapter=CHAPTER,
        name="ResidualPair",
        points=4,
        minutes=15,
        cases=residual_cases,
        oracle=residual,
        judge=judge_residual,
        probe=residual_probe,
        params=other_kernel,
        book={"kernel": 3, "border": 4},
        forbids=("unet_edu.models",),
        needs=("import torch", "from torch import nn"),
    ),
)
