"""The integers of a U-Net: sizes, crops, legal inputs, receptive fields, costs, tiles and index grids. No torch.

Everything here follows from three size rules, for one axis of a map:

    convolution     n ▶ (n + 2·padding - reach) // stride + 1        reach = dilation·(kernel - 1) + 1
    pooling         the same, or with the division rounded up (`ceil`)
    up-convolution  n ▶ stride·(n - 1) + reach - 2·padding + output_padding

The U-Net of Ronneberger, Fischer and Brox (2015) uses them with kernels 3, 2 and 2 and no padding. Each convolution
loses two pixels, so the size at the end is not the size at the start:

    572 ▶ 570 ▶ 568 ──────── crop 88 per side ────────▶ 392 ▶ 390 ▶ 388
                 ▼ half                            double ▲
                284 ▶ 282 ▶ 280 ── crop 40 ──▶ 200 ▶ 198 ▶ 196 ...

Sizes, positions and intervals are pixels of one axis: axes do not influence each other. Costs are multiply-adds (MACs).
"""

import functools
import itertools
import operator
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

MAX_DEPTH = 16  # a U-Net of this depth needs 786,428 pixels; a larger number is a slip, such as plan(4, 572)


class SizeError(ValueError):
    """A size that a layer or a network cannot take. The message names the rule and the nearest legal sizes."""


# ---------------------------------------------------------------------------------------------------- the size rules


def conv_out(size, kernel=3, stride=1, padding=0, dilation=1) -> int:
    """Return how many pixels a convolution leaves of `size`, as `torch.nn.Conv2d` does.

    Raises SizeError where the kernel does not fit, ValueError for a parameter out of range, TypeError for non-integers.
    """
    size, kernel, stride, padding, dilation = _layer(size, kernel, stride, padding, dilation)
    reach = dilation * (kernel - 1) + 1
    if size + 2 * padding < reach:
        raise SizeError(
            f"a convolution that reaches over {reach} pixels does not fit into {size} + 2·{padding}: "
            f"the smallest legal size is {reach - 2 * padding}"
        )
    return (size + 2 * padding - reach) // stride + 1


def pool_out(size, kernel=2, stride=None, padding=0, dilation=1, ceil=False) -> int:
    """Return how many pixels a max pooling leaves of `size`, as `torch.nn.MaxPool2d` does.

    `stride` is `kernel` if None. With `ceil`, a last window that hangs over the edge counts too, if it starts inside
    the map or its left padding.
    Errors as in `conv_out`; besides, `padding` may be no more than half of `kernel`.
    """
    stride = kernel if stride is None else stride
    size, kernel, stride, padding, dilation = _layer(size, kernel, stride, padding, dilation)
    if padding > kernel // 2:
        raise ValueError(f"the padding of a pooling must be at most kernel // 2 = {kernel // 2}, not {padding}")
    reach = dilation * (kernel - 1) + 1
    room = size + 2 * padding - reach + (stride - 1 if ceil else 0)
    if room < 0:
        raise SizeError(
            f"a pooling that reaches over {reach} pixels does not fit into {size} + 2·{padding}: "
            f"the smallest legal size is {size - room}"
        )
    count = room // stride + 1
    if ceil and (count - 1) * stride >= size + padding:
        count -= 1
    return count


def up_out(size, kernel=2, stride=2, padding=0, output_padding=0, dilation=1) -> int:
    """Return how many pixels an up-convolution makes of `size`, as `torch.nn.ConvTranspose2d` does.

    Errors as in `conv_out`; besides, `output_padding` must be smaller than `stride` or smaller than `dilation`.
    """
    size, kernel, stride, padding, dilation = _layer(size, kernel, stride, padding, dilation)
    output_padding = _integer(output_padding, "output_padding", low=0)
    if output_padding >= max(stride, dilation):
        most = max(stride, dilation) - 1  # more would be whole steps, which `size` should have
        raise ValueError(f"output_padding must be less than stride or dilation, at most {most}, not {output_padding}")
    made = dilation * (kernel - 1) + 1 + output_padding - 2 * padding
    if stride * (size - 1) + made < 1:
        raise SizeError(
            f"this up-convolution cuts away all that it makes of {size} pixels (2·{padding} of padding): "
            f"the smallest legal size is {1 - (made - 1) // stride}"
        )
    return stride * (size - 1) + made


# ---------------------------------------------------------------------------------------------- the plan of a U-Net


@dataclass(frozen=True)
class Level:
    """The sizes of one level. What the bottleneck (the last level) does not have is None."""

    index: int  # 0 is the top
    down: tuple[int, int, int]  # contracting path: entering, after conv1, after conv2
    pooled: int | None = None  # what goes to the level below
    skip: int | None = None  # the skip map before its crop
    crop: int | None = None  # cut off the skip map, per side
    cropped: int | None = None  # the skip map after its crop, equal to up[0]
    up: tuple[int, int, int] | None = None  # expansive path: after the up-convolution, after conv1, after conv2


@dataclass(frozen=True)
class Plan:
    """Every size in a U-Net for one input size. `print(plan)` shows it a level a line."""

    size: int
    depth: int
    levels: tuple[Level, ...]  # top to bottom; the last is the bottleneck
    output_size: int

    @property
    def crops(self) -> tuple[int, ...]:
        """The crop per side of every skip connection, top to bottom: (88, 40, 16, 4) for depth 4."""
        return tuple(level.crop for level in self.levels[:-1])

    def __str__(self) -> str:
        lines = []
        for level in self.levels:
            line = f"level {level.index}: " + " → ".join(map(str, level.down))
            if level.up is not None:
                line += f"  | crop {level.crop} |  " + " → ".join(map(str, level.up))
            lines.append(line)
        return "\n".join(lines)


def plan(size, depth=4, kernel=3, padding=0) -> Plan:
    """Return every size in a U-Net of `depth` poolings, from `size` input pixels to `.output_size`.

    `kernel` and `padding` are those of the convolutions, two a level; the paper has 3 and 0.
    Raises SizeError for a size that the network cannot take (see `check_size`), ValueError for a padding that makes
    maps grow: then the skip map would be smaller than the map it is joined to.
    """
    check_size(size, depth, kernel=kernel, padding=padding)
    size, depth = _integer(size, "size"), _depth(depth)

    entering, going_down = size, []
    for _ in range(depth + 1):
        conv1 = conv_out(entering, kernel, padding=padding)
        going_down.append((entering, conv1, conv_out(conv1, kernel, padding=padding)))
        if len(going_down) <= depth:
            entering = pool_out(going_down[-1][-1])

    levels = [Level(depth, going_down[depth])]
    reached = going_down[depth][-1]
    for index in reversed(range(depth)):
        skip, joined = going_down[index][-1], up_out(reached)
        conv1 = conv_out(joined, kernel, padding=padding)
        reached = conv_out(conv1, kernel, padding=padding)
        crop = (skip - joined) // 2  # no half pixels: skip and joined are both even
        levels.append(Level(index, going_down[index], pool_out(skip), skip, crop, joined, (joined, conv1, reached)))
    return Plan(size, depth, tuple(reversed(levels)), reached)


def output_size(size, depth=4, kernel=3, padding=0) -> int:
    """Return the output size of a U-Net for `size` input pixels: 388 for 572. Raises SizeError as `plan` does."""
    check_size(size, depth, kernel=kernel, padding=padding)
    return _integer(size, "size") - 2 * border(depth, kernel, padding)


# ------------------------------------------------------------------------------------------------------- legal sizes
# Closed forms, to be quick. The tests compare them with the rules above, layer by layer.


def grid_step(depth=4) -> int:
    """Return 2^depth: by how many pixels legal sizes differ, and by how many an image may shift with its output.

    Only a shift by a multiple of it moves every pooling window onto pooling windows: 16 pixels for depth 4.
    """
    return 2 ** _depth(depth)


def border(depth=4, kernel=3, padding=0) -> int:
    """Return how many pixels the output is smaller per side: 6·2^depth - 4, which is 92 for depth 4.

    For convolutions that lose r pixels each, r·(3·2^depth - 2).
    """
    return _loss(kernel, padding) * (3 * grid_step(depth) - 2)


def valid_sizes(depth=4, low=1, high=1100, kernel=3, padding=0) -> list[int]:
    """Return all legal input sizes from `low` to `high`, both included.

    A size is legal if every 2×2 pooling meets an even size and at least one output pixel is left:
    2^depth·b + 4·(2^depth - 1) for a bottleneck that b pixels enter; 188, 204, 220, … for depth 4.
    """
    low, high = _integer(low, "low"), _integer(high, "high")
    first = nearest_valid(low, depth, kernel, padding)[1]
    return list(range(first, high + 1, grid_step(depth)))


def is_valid(size, depth=4, kernel=3, padding=0) -> bool:
    """Return whether a U-Net of `depth` poolings takes `size` pixels. Raises TypeError for a non-integer."""
    smallest = _smallest(depth, _loss(kernel, padding))
    size = _integer(size, "size")
    return size >= smallest and (size - smallest) % grid_step(depth) == 0


def nearest_valid(size, depth=4, kernel=3, padding=0) -> tuple[int | None, int]:
    """Return the nearest legal sizes (at most `size`, at least `size`): (556, 572) for 570 and (572, 572) for 572.

    The first is None below the smallest legal size.
    """
    smallest, step = _smallest(depth, _loss(kernel, padding)), grid_step(depth)
    size = _integer(size, "size")
    if size < smallest:
        return None, smallest
    below = size - (size - smallest) % step
    return below, below if below == size else below + step


def check_size(size, depth=4, name="size", kernel=3, padding=0) -> None:
    """Raise SizeError unless a U-Net of `depth` poolings takes `size` pixels; TypeError for a non-integer.

    `name` is what the message calls the size, such as "height".
    """
    size = _integer(size, name)
    if is_valid(size, depth, kernel, padding):
        return
    loss, step = _loss(kernel, padding), grid_step(depth)
    smallest, more = _smallest(depth, loss), 2 * loss * (step - 1)
    rule = f"{step}·b + {more} with b ≥ {(smallest - more) // step}, where every pooling meets an even size"
    below, above = nearest_valid(size, depth, kernel, padding)
    raise SizeError(
        f"{name} {size}: {first_fault(size, depth, kernel, padding).words}. "
        f"A U-Net of depth {depth} takes {rule if depth > 0 else f'{smallest} pixels or more'}; "
        + (f"smallest legal size: {above}" if below is None else f"nearest legal sizes: {below} and {above}")
    )


def _loss(kernel, padding) -> int:
    """Return how many pixels one convolution of a U-Net loses: 2 for the paper's."""
    kernel, padding = _integer(kernel, "kernel", low=1), _integer(padding, "padding", low=0)
    if 2 * padding > kernel - 1:
        raise ValueError(
            f"padding {padding} makes maps grow: a {kernel}×{kernel} convolution of a U-Net takes at most "
            f"{(kernel - 1) // 2}"
        )
    return kernel - 1 - 2 * padding


def _smallest(depth, loss) -> int:
    """Return the smallest legal size, for which the output, 2^depth·(b - 4·loss) + 2·loss, is still greater than 0."""
    step = grid_step(depth)
    b = 4 * loss - (2 * loss - 1) // step
    return step * b + 2 * loss * (step - 1)


class Fault(NamedTuple):
    """Where an illegal size goes wrong first. As a string: the same in words."""

    stage: str  # "pool2", or the block of two convolutions that runs out of pixels: "d4" going down, "u2" coming up
    size: int  # that arrives there
    words: str

    def __str__(self) -> str:
        return self.words


def first_fault(size, depth=4, kernel=3, padding=0) -> Fault | None:
    """Return where an illegal size goes wrong first, None for a legal one. Errors as in `plan`, but no SizeError."""
    size, depth, lost = _integer(size, "size"), _depth(depth), 2 * _loss(kernel, padding)  # of two convolutions
    for level in range(depth + 1):
        if size < lost + 1:
            needed = f"two {kernel}×{kernel} convolutions need {lost + 1}"
            return Fault(f"d{level}", size, f"level {level} would get {max(size, 0)} pixels, and {needed}")
        size -= lost
        if level < depth:
            if size % 2:
                return Fault(f"pool{level + 1}", size, f"pool{level + 1} would meet the odd size {size}")
            size //= 2
    for level in reversed(range(depth)):
        if 2 * size < lost + 1:
            words = f"the expansive path would run out of pixels on level {level}, which gets {2 * size}"
            return Fault(f"u{level}", 2 * size, words)
        size = 2 * size - lost
    return None


# --------------------------------------------------------------------------------------------------- receptive fields


class Interval(NamedTuple):
    """The pixels start, start + 1, …, stop - 1 of one axis."""

    start: int
    stop: int

    @property
    def width(self) -> int:
        """How many pixels there are."""
        return self.stop - self.start


def stages(depth=4) -> tuple[str, ...]:
    """Return the names of all stages of a U-Net in the order of computation: "d0.conv1", …, "score", "output"."""
    return tuple(_wiring(_depth(depth)))


def receptive_field(position, depth=4, stage="output", through=None) -> Interval:
    """Return the interval of input pixels that the value at `position` of a stage's map depends on, along one axis.

    Exact, and independent of the size of the input. An output pixel of depth 4 sees 188 pixels where position mod 16
    is 0 … 3 and 204 elsewhere. `stage` is one of `stages(depth)`; "skip2" is the skip map after its crop.
    `through` counts only the paths that pass that stage, such as "skip2"; "bottleneck" means the deepest level.

    Raises ValueError for a negative position, an unknown stage, or where no path leads through `through`.
    """
    wiring = _wiring(_depth(depth))
    position = _integer(position, "position", low=0)
    through = f"d{depth}.conv1" if through == "bottleneck" else through
    for name in (stage, through):
        if name is not None and name not in wiring:
            raise ValueError(f"a U-Net of depth {depth} has no stage {name!r}; it has {', '.join(wiring)}")

    def trace(name, start, stop, passed):
        """Return the input intervals of the values start … stop - 1 of a stage, one for each path."""
        passed = passed or through is None or name == through
        if name == "input":
            return [Interval(start, stop)] if passed else []
        window, sources = wiring[name]
        start = start * window.stride // window.up + window.shift
        stop = (stop - 1) * window.stride // window.up + window.shift + window.kernel
        return [interval for source in sources for interval in trace(source, start, stop, passed)]

    found = trace(stage, position, position + 1, False)
    if not found:
        raise ValueError(f"no path from the input to {stage} leads through {through}")
    return Interval(min(interval.start for interval in found), max(interval.stop for interval in found))


def footprints(position, depth=4, stage="output") -> dict[str, Interval]:
    """Return {stage: the interval of its values that the value at `position` of `stage` depends on}, one axis.

    From "input" on, in the order of computation, for all stages on the way; of several paths the hull. What it says of
    "input" is `receptive_field`. Raises ValueError as that does.
    """
    wiring = _wiring(_depth(depth))
    position = _integer(position, "position", low=0)
    if stage not in wiring:
        raise ValueError(f"a U-Net of depth {depth} has no stage {stage!r}; it has {', '.join(wiring)}")
    found = {stage: Interval(position, position + 1)}
    for name in reversed(wiring):
        if name not in found:
            continue
        window, sources = wiring[name]
        start = found[name].start * window.stride // window.up + window.shift
        stop = (found[name].stop - 1) * window.stride // window.up + window.shift + window.kernel
        for source in sources:
            before = found.get(source, Interval(start, stop))
            found[source] = Interval(min(before.start, start), max(before.stop, stop))
    return {name: found[name] for name in ("input", *wiring) if name in found}


def spread(position, size, depth=4) -> dict[str, Interval]:
    """Return {stage: the interval of its values that the input pixel at `position` can alter}, one axis.

    The converse of `footprints`. A stage that the pixel does not reach is left out.

    Raises ValueError for a position outside the input, and SizeError for an illegal size.
    """
    check_size(size, _depth(depth))
    position = _integer(position, "position", low=0)
    if position >= size:
        raise ValueError(f"an input of {size} pixels has the positions 0 to {size - 1}, not {position}")
    lengths, found = {"input": size}, {"input": Interval(position, position + 1)}
    for name, (window, sources) in _wiring(depth).items():
        if name.startswith("skip"):
            lengths[name] = lengths[name.replace("skip", "up")]
        else:
            source = lengths[sources[-1]]
            lengths[name] = (source - window.kernel) * window.up // window.stride + (window.up if window.up > 1 else 1)
        reached = [found[source] for source in sources if source in found]
        if not reached:
            continue
        low = min(one.start for one in reached) - window.shift - window.kernel + 1
        high = max(one.stop for one in reached) - 1 - window.shift
        start = max(-(-low * window.up // window.stride), 0)
        stop = min((high * window.up + window.up - 1) // window.stride + 1, lengths[name])
        if start < stop:
            found[name] = Interval(start, stop)
    return found


class _Window(NamedTuple):
    """Value i of a stage is made of `kernel` values of its source, from number i·stride // up + shift on."""

    kernel: int = 1
    stride: int = 1
    up: int = 1
    shift: int = 0


@functools.cache
def _wiring(depth) -> dict[str, tuple[_Window, tuple[str, ...]]]:
    """Return {stage: (its window, its sources)} in the order of computation."""
    wiring = {}

    def chain(source, *steps):
        """Add one stage after the other, the first of them on `source`; return the name of the last."""
        for name, window in steps:
            wiring[name] = window, (source,)
            source = name
        return source

    def pair(path):
        return [(f"{path}.{name}{n}", _Window(kernel)) for n in (1, 2) for name, kernel in (("conv", 3), ("relu", 1))]

    last, leaving = "input", []  # leaving: the stages where skip connections start, top to bottom
    for level in range(depth + 1):
        if level > 0:
            leaving.append(last)
            last = chain(last, (f"pool{level}", _Window(kernel=2, stride=2)))
        last = chain(last, *pair(f"d{level}"))
        if level >= max(1, depth - 1):  # drop-out at the end of the contracting path, where `models.UNet` has it
            last = chain(last, (f"drop{level}", _Window()))
    for level in reversed(range(depth)):
        # Kernel 2 and stride 2 do not overlap: each value is made of one.
        up = chain(last, (f"up{level}", _Window(up=2)))
        skip = chain(leaving[level], (f"skip{level}", _Window(shift=border(depth - level) - 4)))
        last = chain(up, *pair(f"u{level}"))
        wiring[f"u{level}.conv1"] = _Window(kernel=3), (skip, up)
    chain(last, ("score", _Window()), ("output", _Window()))
    return wiring


# --------------------------------------------------------------------------------------------------------------- cost


class LayerRow(NamedTuple):
    """One layer with weights, or one pooling, of a U-Net."""

    name: str
    in_channels: int
    out_channels: int
    kernel: int  # k of k×k
    weights: int
    biases: int
    output: tuple[int, int]  # height, width
    macs: int  # multiply-adds; torch's FlopCounterMode counts two operations for each

    @property
    def parameters(self) -> int:
        """Weights and biases together."""
        return self.weights + self.biases


def layer_table(size=572, base_width=64, in_channels=1, num_classes=2, depth=4) -> list[LayerRow]:
    """Return all layers of a U-Net with their parameters, output sizes and costs; `size` is one int or (height, width).

    For the paper's network the parameters add up to 31,030,658. Raises SizeError as `plan` does.
    """
    plans = [plan(side, depth) for side in _pair(size, "size")]
    base_width = _integer(base_width, "base_width", low=1)
    in_channels = _integer(in_channels, "in_channels", low=1)
    num_classes = _integer(num_classes, "num_classes", low=1)
    rows = []

    def row(name, coming, going, kernel, sizes, taps):
        weights = 0 if name.startswith("pool") else coming * going * kernel**2
        biases = going if weights else 0
        macs = sizes[0] * sizes[1] * coming * going * taps  # taps: the pixels that one output pixel is made of
        rows.append(LayerRow(name, coming, going, kernel, weights, biases, tuple(sizes), macs))

    def pair(path, coming, going, level, side):  # side: "down" or "up", a field of Level
        for number in (1, 2):
            sizes = [getattr(each.levels[level], side)[number] for each in plans]
            row(f"{path}{level}.conv{number}", coming if number == 1 else going, going, 3, sizes, 9)

    coming = in_channels
    for level in range(depth + 1):
        width = base_width * 2**level
        if level > 0:
            row(f"pool{level}", coming, coming, 2, [each.levels[level - 1].pooled for each in plans], 0)
        pair("d", coming, width, level, "down")
        coming = width
    for level in reversed(range(depth)):
        width = base_width * 2**level
        row(f"up{level}", 2 * width, width, 2, [each.levels[level].up[0] for each in plans], 1)
        pair("u", 2 * width, width, level, "up")  # width channels of the skip, width of the up-convolution
    row("score", base_width, num_classes, 1, [each.output_size for each in plans], 1)
    return rows


def unet_macs(size, base_width=64, in_channels=1, num_classes=2, depth=4) -> int:
    """Return the multiply-adds of one forward pass over `size`, one int or (height, width): 150.4·10⁹ for 572."""
    return sum(row.macs for row in layer_table(size, base_width, in_channels, num_classes, depth))


# -------------------------------------------------------------------------------------------------------------- tiles


class Piece(NamedTuple):
    """What one tile does, in slices (rows, columns): result[target] = network(padded[source])[kept]."""

    source: tuple[slice, slice]
    kept: tuple[slice, slice]
    target: tuple[slice, slice]


@dataclass(frozen=True)
class TilePlan:
    """An overlap-tile plan: how to cover an image with equal square tiles, and what that costs.

    Pad the image by mirroring, `numpy.pad(image, plan.pad, mode="reflect")`; give each tile of it to the network and
    write the tile's output to its place in `pieces()`. All tiles lie on the network's grid of 2^depth pixels, so that
    where outputs overlap they are equal, and equal to those of one pass over the whole padded image.
    """

    image: tuple[int, int]  # height, width
    tile: int  # side of an input tile
    output: int  # side of its output
    stride: int  # from one tile to the next, a multiple of 2^depth
    counts: tuple[int, int]  # rows of tiles, columns of tiles
    pad: tuple[tuple[int, int], tuple[int, int]]  # (top, bottom), (left, right)
    macs: int  # of all tiles together

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return self.counts[0] * self.counts[1]

    @property
    def padded(self) -> tuple[int, int]:
        """Height and width of the padded image."""
        return tuple(side + before + after for side, (before, after) in zip(self.image, self.pad, strict=True))

    def origins(self) -> list[tuple[int, int]]:
        """Return the (row, column) where each tile begins, row by row.

        In the padded image the input tile begins there; in the image, the tile's output.
        """
        rows, columns = self.counts
        return [(row * self.stride, column * self.stride) for row in range(rows) for column in range(columns)]

    def pieces(self) -> Iterator[Piece]:
        """Yield for each tile what to read and where to write; outputs are cut where the image ends."""
        for origin in self.origins():
            ends = [min(first + self.output, side) for first, side in zip(origin, self.image, strict=True)]
            yield Piece(
                source=tuple(slice(first, first + self.tile) for first in origin),
                kept=tuple(slice(0, end - first) for first, end in zip(origin, ends, strict=True)),
                target=tuple(slice(first, end) for first, end in zip(origin, ends, strict=True)),
            )

    def __str__(self) -> str:
        unit, name = (1e9, "GMAC") if self.macs >= 1e8 else (1e6, "MMAC")
        return f"{self.tiles:,} × {self.tile} → {self.output}, {self.macs / unit:,.1f} {name}"


def tile_plan(
    image_size, depth=4, base_width=64, in_channels=1, num_classes=2, tile_sizes=None, max_tile=None
) -> list[TilePlan]:
    """Return the plans that cover an image with square tiles (Ronneberger et al. 2015, figure 2), cheapest first.

    image_size: an int ≥ 1 or (height, width).  tile_sizes: the input tiles to consider; if None, all legal sizes up to
    the one that covers the image in one piece.  max_tile: the largest tile to consider, for want of memory.
    The other arguments describe the network, as in `unet_macs`.

    Tiles stand `stride` apart, the largest multiple of 2^depth that their outputs span: for depth 4, 572 → 388 stands
    384 apart, and 188 → 4 is too small to tile with. Raises SizeError for an illegal tile size, or where nothing is
    left to choose from.
    """
    image = tuple(_integer(side, "image size", low=1, error=SizeError) for side in _pair(image_size, "image size"))
    step, edge = grid_step(depth), border(depth)
    covering = nearest_valid(max(image) + 2 * edge, depth)[1]
    if tile_sizes is None:
        tile_sizes = valid_sizes(depth, high=covering)
    for tile in tile_sizes:
        check_size(tile, depth, "tile size")
    tile_sizes = sorted({_integer(tile, "tile size") for tile in tile_sizes})
    if max_tile is not None:
        max_tile = _integer(max_tile, "max_tile")
        tile_sizes = [tile for tile in tile_sizes if tile <= max_tile]

    plans = []
    for tile in tile_sizes:
        output = tile - 2 * edge
        stride = output // step * step
        if stride == 0 and output < max(image):
            continue  # the output holds less than one step of the grid
        # The first tile covers `output` pixels, each other one `stride` more.
        counts = tuple(1 if side <= output else 1 - (output - side) // stride for side in image)
        pad = tuple(
            (edge, (count - 1) * stride + tile - side - edge) for count, side in zip(counts, image, strict=True)
        )
        macs = counts[0] * counts[1] * unet_macs(tile, base_width, in_channels, num_classes, depth)
        plans.append(TilePlan(image, tile, output, stride, counts, pad, macs))
    if not plans:
        smallest = next(tile for tile in valid_sizes(depth, high=covering) if tile - 2 * edge >= min(step, max(image)))
        raise SizeError(
            f"no tile to cover {image[0]}×{image[1]} pixels on the grid of {step}: "
            f"a tile's output must hold {step} pixels or the whole image, so the smallest tile is {smallest}"
        )
    return sorted(plans, key=lambda each: (each.macs, each.tiles))


# -------------------------------------------------------------------------------------------------------- index grids


@dataclass(frozen=True)
class Grid:
    """Where the values of a map sit in the image: value i at the coordinate stride·i + offset, exactly.

    The image is Grid(1, 0). Each method returns the grid of the map after that layer.
    """

    stride: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)

    def __post_init__(self):
        object.__setattr__(self, "stride", Fraction(self.stride))
        object.__setattr__(self, "offset", Fraction(self.offset))
        if self.stride <= 0:
            raise ValueError(f"the stride of a grid must be greater than 0, not {self.stride}")

    def __call__(self, index) -> Fraction:
        """Return the image coordinate of value `index`."""
        return self.stride * index + self.offset

    def conv(self, kernel=3, stride=1, padding=0, dilation=1) -> "Grid":
        """Return the grid after a convolution: each value sits in the middle of its window."""
        return Grid(self.stride * stride, self(Fraction(dilation * (kernel - 1), 2) - padding))

    def pool(self, kernel=2, stride=None, padding=0, dilation=1) -> "Grid":
        """Return the grid after a pooling; `stride` is `kernel` if None."""
        return self.conv(kernel, kernel if stride is None else stride, padding, dilation)

    def up(self, kernel=2, stride=2, padding=0, dilation=1) -> "Grid":
        """Return the grid after an up-convolution, which undoes the convolution of the same parameters."""
        return Grid(self.stride / stride, self((padding - Fraction(dilation * (kernel - 1), 2)) / stride))

    def crop(self, count) -> "Grid":
        """Return the grid after the first `count` values are cut off."""
        return Grid(self.stride, self(count))

    def crop_onto(self, other) -> int:
        """Return how many values to cut off here, so that value 0 sits where value 0 of `other` does.

        Raises ValueError where strides differ, or where that is not a whole number ≥ 0.
        """
        count = (other.offset - self.offset) / self.stride
        if self.stride != other.stride or count.denominator != 1 or count < 0:
            raise ValueError(f"no crop brings {self} onto {other}: it would have to cut off {count} values")
        return int(count)


class FCNCrops(NamedTuple):
    """The offsets of the crops of each FCN, in the order of computation; the last one crops to the image."""

    fcn32s: tuple[int]  # final
    fcn16s: tuple[int, int]  # score_pool4, final
    fcn8s: tuple[int, int, int]  # score_pool4, score_pool3, final


def fcn_crops(padding=100) -> FCNCrops:
    """Return how many values the FCNs of Long et al. (2015) must crop at the left, for a first layer of that padding.

    Derived from where the values sit (`Grid`); a crop fits if it puts the two maps on the same coordinates. Raises
    SizeError for a padding too small to cover the image: then the final crop would be negative.
    """
    padding = _integer(padding, "padding", low=0)
    image = Grid()
    map_ = image.conv(padding=padding)  # conv1_1; the other 3×3 convolutions have padding 1 and move nothing
    pools = []
    for _ in range(5):
        map_ = map_.pool()
        pools.append(map_)
    score = map_.conv(kernel=7)  # fc6; fc7 and the score layers are 1×1
    spare = score.up(64, 32).offset
    if spare > 0:
        raise SizeError(
            f"padding {padding}: the scores would begin {spare} px inside the image, for fc6 eats 6·32 of them; "
            f"the smallest legal padding is {padding + spare}"
        )
    upscore2 = score.up(4, 2)
    upscore_pool4 = upscore2.up(4, 2)
    return FCNCrops(
        fcn32s=(score.up(64, 32).crop_onto(image),),
        fcn16s=(pools[3].crop_onto(upscore2), upscore2.up(32, 16).crop_onto(image)),
        fcn8s=(
            pools[3].crop_onto(upscore2),
            pools[2].crop_onto(upscore_pool4),
            upscore_pool4.up(16, 8).crop_onto(image),
        ),
    )


def fcn_sizes(size, stride=32, padding=100, ceil=True) -> dict[str, int]:
    """Return the sizes in FCN-32s, FCN-16s or FCN-8s (`stride` 32, 16 or 8) for `size` image pixels, layer by layer.

    `ceil`: poolings round up, as in Caffe. Raises SizeError where a layer or a crop does not fit, ValueError for
    another stride.
    """
    if stride not in (32, 16, 8):
        raise ValueError(f"an FCN has the stride 32, 16 or 8, not {stride!r}")
    size = _integer(size, "size")
    crops = getattr(fcn_crops(padding), f"fcn{stride}s")

    def fits(other):
        try:
            return bool(_fcn_walk(other, stride, padding, ceil, crops))
        except SizeError:
            return False

    try:
        return _fcn_walk(size, stride, padding, ceil, crops)
    except SizeError as fault:
        below = next((other for other in range(size - 1, 0, -1) if fits(other)), None)
        above = next(other for other in itertools.count(max(size + 1, 1)) if fits(other))
        nearest = f"smallest legal size: {above}" if below is None else f"nearest legal sizes: {below} and {above}"
        advice = "" if ceil else "; with poolings that round up (ceil=True) fewer sizes fail"
        raise SizeError(f"size {size} with padding {padding}: {fault}; {nearest}{advice}") from None


def _fcn_walk(size, stride, padding, ceil, crops) -> dict[str, int]:
    sizes = {"conv1": conv_out(size, padding=padding)}
    reached = sizes["conv1"]
    for number in range(1, 6):
        reached = sizes[f"pool{number}"] = pool_out(reached, ceil=ceil)
    reached = sizes["fc6"] = conv_out(reached, kernel=7)
    wanted = []  # of each crop: from what, how many
    if stride <= 16:
        reached = sizes["upscore2"] = up_out(reached, kernel=4, stride=2)
        wanted.append(("pool4", reached))
    if stride == 8:
        reached = sizes["upscore_pool4"] = up_out(reached, kernel=4, stride=2)
        wanted.append(("pool3", reached))
    sizes["upscore"] = up_out(reached, kernel=2 * stride, stride=stride)
    wanted.append(("upscore", size))
    for (name, count), offset in zip(wanted, crops, strict=True):
        if offset + count > sizes[name]:
            raise SizeError(f"a crop of {count} from {offset} on does not fit into the {sizes[name]} of {name}")
    sizes["score"] = size
    return sizes


# ------------------------------------------------------------------------------------------------- checking arguments


def _integer(value, name, low=None, error=ValueError) -> int:
    """Return `value` as an int; raise TypeError if it is none, `error` if it is below `low`."""
    # Python's own needs no conversion, which torch.compile could not trace; in torch.export a SymInt stands for sizes
    if type(value) is not int and type(value).__name__ != "SymInt":
        try:
            value = operator.index(None if isinstance(value, bool) else value)
        except TypeError:
            kind = type(value).__name__
            raise TypeError(f"{name} must be an integer, not {value!r} ({kind}){_remedy(value)}") from None
    if low is not None and value < low:
        raise error(f"{name} must be at least {low}, not {value}")
    return value


def _remedy(value) -> str:
    """Return what to write instead, where that is plain."""
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        return ""
    return f": write {whole}" if isinstance(value, bool | str) or whole == value else ""


def _depth(depth) -> int:
    depth = _integer(depth, "depth", low=0)
    if depth > MAX_DEPTH:
        raise ValueError(f"depth counts poolings, 0 to {MAX_DEPTH}; the paper has 4, not {depth}")
    return depth


def _pair(size, name) -> tuple[int, int]:
    """Return (height, width) of one int or of a pair."""
    pair = size if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2:
        raise ValueError(f"{name} must be one int or (height, width), not {size!r}")
    return tuple(_integer(side, name) for side in pair)


def _layer(size, kernel, stride, padding, dilation) -> tuple[int, ...]:
    """Return the arguments of a layer as ints, checked as far as all layers have the same rules."""
    return (
        _integer(size, "size", low=1, error=SizeError),
        _integer(kernel, "kernel", low=1),
        _integer(stride, "stride", low=1),
        _integer(padding, "padding", low=0),
        _integer(dilation, "dilation", low=1),
    )
