"""What one value of a U-Net sees of the input, what one input pixel reaches, and how much of that counts.

input   ▁▁▁▁▁▇▇▇▇▇▇▇▇▇▁▁▁▁▁      the footprint: which values can matter, exactly (`arithmetic.footprints`)
d1        ▁▁▁▁▇▇▇▇▁▁▁▁
output       ▁▁▇▁▁               the gradient of trained weights: which ones do (`gradients`)
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import traitlets

from unet_edu import arithmetic, checkpoints
from unet_edu.data import cells
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.models import UNet

LIMITS = {"size": (1, 1100), "depth": (1, 5), "share": (50, 99)}
WEIGHTS = ("trained", "random")
NETWORK = "unet8-cells"
DEPTH = 4  # of the paper's network, and of the trained one
PIXEL = 40  # the output pixel, on both axes, whose gradient is taken: one that sees 204 pixels
TILE, IMAGES = 268, 8
FEW = 2  # images for networks that are not trained and not the paper's
LARGE = 256  # pixels; a gradient over more is kept at half of its resolution


class ReceptiveField(LiveFigure):
    """Point at a value of any stage: every value that it is made of. Or at an input pixel: every value that it reaches.

    size: input pixels, 1 to 1100; an illegal size is explained. depth: 1 to 5. stage: where the value stands, one of
    `arithmetic.stages(depth)` or "input". position: its number along the axis, from 0. direction: "sees" or "reaches"
    (from the input). weights: whose gradient is shown, "trained" or "random". share: percent of the gradient's power
    that the marked square holds, 50 to 99. Raises TraitError for anything else out of range.
    The gradient is that of the output pixel at the same place; there are trained weights for depth 4 only.
    """

    scripts = ("arithmetic.js", "wiring.js")
    colour_maps = ("magma",)

    kept = ("size", "depth", "stage", "position", "direction", "weights", "share")

    size = integer(572, LIMITS["size"])
    depth = integer(4, LIMITS["depth"])
    stage = traitlets.Unicode("output").tag(sync=True)
    position = traitlets.Int(196, min=0).tag(sync=True)
    direction = traitlets.Enum(("sees", "reaches"), "sees").tag(sync=True)
    weights = traitlets.Enum(WEIGHTS, "trained").tag(sync=True)
    share = integer(95, LIMITS["share"])
    maps = traitlets.Bytes().tag(sync=True)
    side = traitlets.Int().tag(sync=True)
    others = traitlets.Bytes().tag(sync=True)
    pictures = traitlets.List(traitlets.Dict()).tag(sync=True)
    caption = traitlets.Unicode(
        "Above, one axis of a U-Net, every map to scale and where it lies over the input: what the marked value is "
        "made of, or what the marked pixel reaches. Below, the gradient of the output pixel there over what it can see."
    ).tag(sync=True)

    def __init__(self, size=572, depth=4, stage="output", position=196, **more):
        maps = gradients()
        listed, others = every_gradient()
        data = {"maps": pack(maps), "side": maps.shape[-1], "pictures": listed, "others": pack(others)}
        super().__init__(size=size, depth=depth, stage=stage, position=position, **data, **more)

    def poster(self):
        """Draw the footprint stage by stage, and both gradients with the square of `share` percent of each."""
        depth = self.depth
        stage = self.stage if self.stage in arithmetic.stages(depth) else "output"
        found = arithmetic.footprints(self.position, depth, stage)
        width = found["input"].width
        sides = [square_of(one, self.share) for one in gradients()]
        alt = (
            f"Bars, one for each stage of a U-Net of depth {depth}: value {self.position} of {stage} is made of "
            f"{width} input pixels along each axis. Two heat maps of the gradient of an output pixel over the "
            f"{self.side} × {self.side} pixels that it can see: {self.share} percent of the power lie in a square of "
            f"{sides[0]} pixels with trained weights, of {sides[1]} with random ones."
        )
        return _draw(found, sides), alt


@cache
def gradients(depth=DEPTH, pixel=PIXEL):
    """Return how strongly an output pixel depends on each input pixel that it can see: uint8 (k, side, side).

    pixel: its number, on both axes. Returned is the root of the mean absolute gradient, 255 = the largest; for
    trained and for random weights, k = 2, for another depth than 4 for random ones alone, k = 1. It is that of the
    difference of the two classes' scores, averaged over eight drawn images, for another depth over two (Luo et al.,
    2016, average so too).
    """
    torch_state = torch.get_rng_state()
    torch.manual_seed(0)
    random = UNet(base_width=8, depth=depth).eval()
    torch.set_rng_state(torch_state)
    trained = checkpoints.load(NETWORK)
    mean, std = trained.normalisation
    seen = slice(*arithmetic.receptive_field(pixel, depth))
    tile = TILE if depth == DEPTH else arithmetic.nearest_valid(2 * arithmetic.border(depth) + pixel + 1, depth)[1]
    images = np.stack([cells.tissue(tile, seed=seed).image for seed in range(IMAGES if depth == DEPTH else FEW)])[
        :, None
    ]
    found = []
    for net in (trained, random) if depth == DEPTH else (random,):
        x = ((torch.from_numpy(images) - mean) / std).requires_grad_()
        scores = net(x)[:, :, pixel, pixel]
        (gradient,) = torch.autograd.grad((scores[:, 1] - scores[:, 0]).sum(), x)
        strength = gradient.abs().mean((0, 1)).sqrt()
        found.append((strength[seen, seen] * (255 / strength.max())).round().byte().numpy())
    return np.stack(found)


@cache
def every_gradient():
    """Return (what is listed, uint8 (n,)): a gradient for each depth and width of the field, beside `gradients()`.

    Listed: {depth, weights, pixel, side, scale} of each, those of `gradients()` first; the numbers of the others lie
    one after the other. side: of the picture, in pixels of `scale` × `scale` of the input. An output pixel sees one of
    two squares, by its position modulo 2^depth; in the first quarter of each period it is the narrow one.
    """
    listed, numbers = [], []
    for depth in range(LIMITS["depth"][0], LIMITS["depth"][1] + 1):
        step = 2**depth
        for pixel in (5 * step // 2, 2 * step):
            width = arithmetic.receptive_field(pixel, depth).width
            if any(one["depth"] == depth and one["side"] * one["scale"] == width for one in listed):
                continue  # all output pixels of this depth see squares of one size
            maps = gradients(depth, pixel)
            scale = 2 if width > LARGE else 1
            half = maps.reshape(len(maps), width // scale, scale, width // scale, scale)
            half = half.mean((2, 4)).round().astype(np.uint8)
            of = {"depth": depth, "pixel": pixel, "side": half.shape[-1], "scale": scale}
            listed += [of | {"weights": name} for name in WEIGHTS[-len(maps) :]]
            if (depth, pixel) != (DEPTH, PIXEL):
                numbers.append(half.ravel())
    listed.sort(key=lambda one: (one["depth"], one["pixel"]) != (DEPTH, PIXEL))
    return listed, np.concatenate(numbers)


def square_of(strength, share):
    """Return the side of the smallest square around the output pixel that holds `share` percent of the power.

    strength: uint8 (204, 204), as `gradients` returns one; its fourth power is the square of the gradient.
    """
    middle = PIXEL + arithmetic.border() - arithmetic.receptive_field(PIXEL).start
    power = strength.astype(float) ** 4
    for reach in range(len(power)):
        rows = slice(max(middle - reach, 0), middle + reach + 1)
        if power[rows, rows].sum() >= share / 100 * power.sum():
            return 2 * reach + 1
    return len(power)


def _draw(found, sides):
    """The footprint as bars and both gradients, a matplotlib figure."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    from unet_edu.plots.style import DOWN, ON_IMAGE_MARK, UP

    fig, (rows, *panels) = plt.subplots(1, 3, figsize=(9.4, 3.4), width_ratios=(1.5, 1, 1))
    names = [name for name in found if name.endswith("relu2") or name in ("input", "output")]
    for at, name in enumerate(names):
        colour = UP if name[0] in "uo" else DOWN
        rows.barh(at, found[name].width, left=found[name].start, color=colour, height=0.6)
        rows.annotate(f" {found[name].width}", (found[name].stop, at), va="center", fontsize=8)
    rows.set_yticks(range(len(names)), names)
    rows.invert_yaxis()
    rows.set_xlabel("numbers of the values, each in its own map")
    middle = PIXEL + arithmetic.border() - arithmetic.receptive_field(PIXEL).start
    for panel, strength, name, side in zip(panels, gradients(), WEIGHTS, sides, strict=True):
        panel.imshow(strength, cmap="magma")
        corner = middle - side / 2
        panel.add_patch(Rectangle((corner, corner), side, side, fill=False, ec=ON_IMAGE_MARK, lw=1.5))
        panel.set_title(f"{name} weights", fontsize=10)
        panel.axis("off")
    fig.tight_layout()
    return fig
