"""The overlap-tile strategy: a large image in tiles, what they cost, and where they leave a seam.

    image, mirrored beyond its border       two tiles, and what each pooling lumps together

    ┌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┐                       ├────┼────┼────┼──┊                  stride 388 = 24·16 + 4
    ╎ ┌───────┬┄┄┄┐ ╎                                         ┊┼────┼────┼────┤  four pixels off: a seam
    ╎ │  388  ┊   ┊ ╎
    ╎ └───────┴┄┄┄┘ ╎                       ├────┼────┼────┼──┊                  stride 384 = 24·16
    └╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┘                                      ├──┊─┼────┼────┼────  one grid: no seam

What is predicted for a pixel depends on where its tile begins, but only modulo 2^depth: a shift by 16 pixels moves the
poolings of the paper's network onto themselves. So one large pass for each of the 16 phases that tiles with a stride of
a multiple of 4 can have is enough for the prediction of every such plan.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import traitlets

from unet_edu import arithmetic, checkpoints
from unet_edu.arithmetic import TilePlan, border, check_size, grid_step, unet_macs
from unet_edu.data import cells
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.models.sliding_window import mirrored

SIDE = 512  # pixels of the image, as the slices that the network was made for
SEED = 5  # of the tissue
NETWORK = "unet8-cells"
STEP = 4  # strides are multiples of it: legal outputs are, too, so that tiles can lie edge to edge
PHASES = tuple(range(0, grid_step(), STEP))  # where on the grid of 16 a tile may begin
BLOCK = 4  # pixels; differences are kept as the largest of each 4 × 4, and no seam cuts through one
STRIP = 32  # rows that are kept pixel by pixel, to be looked at closely
LIMITS = {"tile": (1, 1100), "row": (0, SIDE // STEP - 1), "column": (0, SIDE // STEP - 1)}
DATA = ("image", "differences", "changes", "strip")


class OverlapTile(LiveFigure):
    """Cover an image of 512 × 512 pixels with tiles of the paper's network, and see the seams of a trained one.

    tile: side of the input tile, 1 to 1100 pixels; an illegal one is explained. stride: "edge" (output beside output),
    "grid" (the largest multiple of 16 within the output) or a multiple of 4 pixels; one larger than the output counts
    as the output. row, column: the tile that is looked at. show: "difference" to one pass, "count" of predictions, or
    the "image" alone. Raises TraitError for anything else.
    """

    scripts = ("arithmetic.js",)
    colour_maps = ("magma",)

    kept = ("tile", "stride", "row", "column", "show")

    tile = integer(572, LIMITS["tile"])
    stride = traitlets.Union([traitlets.Int(), traitlets.Enum(("edge", "grid"))], default_value="edge").tag(sync=True)
    row = integer(0, LIMITS["row"])
    column = integer(1, LIMITS["column"])
    show = traitlets.Enum(("difference", "count", "image"), "difference").tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    differences = traitlets.Bytes().tag(sync=True)
    changes = traitlets.Bytes().tag(sync=True)
    strip = traitlets.Bytes().tag(sync=True)
    strip_top = traitlets.Int().tag(sync=True)
    peak = traitlets.Float().tag(sync=True)
    rounding = traitlets.Float().tag(sync=True)
    caption = traitlets.Unicode(
        "An image in tiles. Blue: what the chosen tile reads, mirrored where the image ends; green: what it predicts. "
        "Bright (root): where a trained network predicts something else than in one pass over the whole image."
    ).tag(sync=True)

    def __init__(self, tile=572, stride="edge", **more):
        found = measured()
        packed = {name: found.packed[name] for name in DATA}
        numbers = {"strip_top": found.strip_top, "peak": found.peak, "rounding": found.rounding}
        super().__init__(tile=tile, stride=stride, **packed, **numbers, **more)

    def legal_values(self):
        """Return the rules of `LiveFigure.legal_values`; a stride in pixels is a multiple of `STEP`."""
        strides = {"any": [{"of": ["edge", "grid"]}, {"least": STEP, "most": LIMITS["tile"][1], "step": STEP}]}
        return super().legal_values() | {"stride": strides}

    @traitlets.validate("stride")
    def _on_the_raster(self, proposal):
        value = proposal.value
        if not isinstance(value, str) and (value < STEP or value % STEP):
            below = max(value // STEP * STEP, STEP)
            raise traitlets.TraitError(
                f"stride must be a multiple of {STEP}, 'edge' or 'grid', not {value}; the nearest are {below} and "
                f"{below + STEP}"
            )
        return value

    @property
    def plan(self):
        """The `TilePlan` of what is shown. Raises SizeError for an illegal tile."""
        return tiling(self.tile, self.stride)

    def poster(self):
        """Draw the plan on the mirrored image; for an illegal tile that of the nearest legal one, and why."""
        below, above = arithmetic.nearest_valid(self.tile)
        plan = tiling(above if below is None or above - self.tile < self.tile - below else below, self.stride)
        largest, changed, blocks = difference(plan)
        alt = (
            f"An image of {SIDE} × {SIDE} pixels, mirrored beyond its border, with {plan.tiles} tile"
            f"{'s' * (plan.tiles != 1)} of {plan.tile} pixels that predict {plan.output} each, {plan.stride} apart: "
            f"{plan.macs / 1e9:,.1f} GMAC. "
        )
        if largest:
            alt += (
                f"A trained network's probabilities differ from those of one pass by up to {largest:.2f}, and the "
                f"label of {changed:.2%} of the pixels changes: {plan.stride} is no multiple of {grid_step()}."
            )
        else:
            alt += "A trained network predicts what it predicts in one pass."
        if fault := arithmetic.first_fault(self.tile):
            alt += f" A tile of {self.tile} pixels is not legal: {fault}."
        return _draw(plan, blocks), alt


def tiling(tile, stride, side=SIDE):
    """Return the `TilePlan` that covers a square image of `side` pixels with tiles `stride` apart.

    As those of `arithmetic.tile_plan`, but for any stride: "edge", "grid" or pixels. Raises SizeError for an illegal
    tile.
    """
    check_size(tile, name="tile size")
    output = tile - 2 * border()
    apart = {"edge": output, "grid": output // grid_step() * grid_step() or output}.get(stride, stride)
    apart = min(apart, output)
    count = 1 if side <= output else 1 - (output - side) // apart
    pad = (border(), (count - 1) * apart + tile - side - border())
    macs = count**2 * unet_macs(tile)
    return TilePlan((side, side), tile, output, apart, (count, count), (pad, pad), macs)


def phases(plan):
    """Return for each block along one axis of the image which of PHASES the tile has that predicts it, int (128,)."""
    first = np.arange(0, plan.image[0], BLOCK)
    tile = np.minimum(first // plan.stride, plan.counts[0] - 1)
    return tile * plan.stride % grid_step() // STEP


def difference(plan):
    """Return how the probabilities with a plan differ from those of one pass over all.

    That is (largest difference, share of the pixels whose label changes, largest difference in each 4 × 4 block,
    float (128, 128)).
    """
    found = measured()
    axis = phases(plan)
    at = (axis[:, None] * len(PHASES) + axis, *np.indices((len(axis), len(axis))))
    blocks = found.differences[at] * (found.peak / 255)
    return float(blocks.max()), float(found.changes[at].sum() / SIDE**2), blocks


class Measured(NamedTuple):
    """What one trained network computes of one image, for every phase of a tile."""

    differences: np.ndarray  # uint8 (16, 128, 128): to one pass, the largest of each block, 255 = peak
    changes: np.ndarray  # uint8 (16, 128, 128): how many pixels of each block change their label
    peak: float  # the largest difference of all
    rounding: float  # the largest difference that real tiles on the grid make
    strip_top: int  # the first of the rows that are kept pixel by pixel
    packed: dict[str, bytes]


@cache
def measured():
    """Run the network once for each phase; some seconds, once a process."""
    net = checkpoints.load(NETWORK).to(memory_format=torch.channels_last)
    image = cells.tissue(SIDE, seed=SEED).image
    whole = predicted(net, image, tiling(700, "edge"))
    every = [whole]
    for number in range(1, len(PHASES) ** 2):
        first = [PHASES[part] - grid_step() for part in divmod(number, len(PHASES))]
        every.append(passed(net, image, first, 716)[:, -first[0] : SIDE - first[0], -first[1] : SIDE - first[1]][1])
    every = np.stack(every)
    gaps = abs(every - whole)
    peak = float(gaps.max())
    blocks = (len(every), SIDE // BLOCK, BLOCK, SIDE // BLOCK, BLOCK)
    differences = np.ceil(gaps.reshape(blocks).max((2, 4)) * (255 / peak)).astype(np.uint8)
    changes = ((every > 0.5) != (whole > 0.5)).reshape(blocks).sum((2, 4)).astype(np.uint8)

    # The rows where the seam of the paper's own tiles, right of column 388, is seen best.
    seam = gaps[PHASES.index(388 % grid_step()), :, 388 : 388 + STRIP].sum(1)
    top = int(np.convolve(seam, np.ones(STRIP), "valid").argmax()) // BLOCK * BLOCK
    strip = np.round(255 * every[:, top : top + STRIP]).astype(np.uint8)
    half = np.round(255 * image.reshape(SIDE // 2, 2, SIDE // 2, 2).mean((1, 3))).astype(np.uint8)
    packed = {
        "image": half,
        "differences": differences,
        "changes": changes,
        "strip": np.concatenate([strip[:1], strip[1:] - strip[:1]]),  # modulo 256: small numbers, that pack well
    }
    return Measured(
        differences, changes, peak, float(abs(predicted(net, image, tiling(572, "grid")) - whole).max()), top,
        {name: pack(array) for name, array in packed.items()},
    )  # fmt: skip


def passed(net, image, first, size):
    """Return the probabilities (2, h, h) of one pass over `size` pixels, whose output begins at (row, column)."""
    beyond = size  # far enough for every start
    index = mirrored(image.shape[0], beyond).numpy()
    rows, columns = (index[beyond + start - border() : beyond + start - border() + size] for start in first)
    mean, std = net.normalisation
    tile = torch.from_numpy(image[np.ix_(rows, columns)])[None, None]
    with torch.inference_mode():
        return net(((tile - mean) / std).contiguous(memory_format=torch.channels_last))[0].softmax(0).numpy()


def predicted(net, image, plan):
    """Return the probability of a cell, float32 (H, W), with a plan whose tiles really are cut out and put together."""
    found = np.empty(plan.image, np.float32)
    for origin, piece in zip(plan.origins(), plan.pieces(), strict=True):
        found[piece.target] = passed(net, image, origin, plan.tile)[1][piece.kept]
    return found


def _draw(plan, blocks):
    """The plan on the mirrored image, with the differences inside it, a matplotlib figure."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    from unet_edu.plots.style import DOWN, ON_IMAGE, UP

    image = cells.tissue(SIDE, seed=SEED).image
    edge, after = plan.pad[0]
    index = mirrored(SIDE, max(edge, after, 0)).numpy()[max(edge, after, 0) - edge :][: plan.padded[0]]
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 4.2))
    extent = (-edge, SIDE + after, SIDE + after, -edge)
    left.imshow(image[np.ix_(index, index)], extent=extent, vmin=-0.4, vmax=1.2)
    left.add_patch(Rectangle((0, 0), SIDE, SIDE, fill=False, ec=ON_IMAGE, lw=1))
    start = plan.origins()[min(1, plan.tiles - 1)][::-1]
    left.add_patch(Rectangle((start[0] - edge, start[1] - edge), plan.tile, plan.tile, fill=False, ec=DOWN, lw=2.5))
    left.add_patch(Rectangle(start, plan.output, plan.output, fill=False, ec=UP, lw=2.5))
    left.set_title(f"{plan.tiles} × {plan.tile} → {plan.output}, stride {plan.stride}")
    right.imshow(blocks, cmap="magma", vmin=0, vmax=measured().peak, extent=(0, SIDE, SIDE, 0))
    for number in range(1, plan.counts[0]):
        for line in (right.axvline, right.axhline):
            line(number * plan.stride, color=ON_IMAGE, lw=0.8, ls=(0, (3, 3)))
    right.set_title(f"difference to one pass: up to {blocks.max():.2f}")
    for axes in (left, right):
        axes.axis("off")
    return fig
