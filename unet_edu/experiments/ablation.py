"""What each part of U-Net buys: take one away, train as before, score.

    python -m unet_edu.experiments.ablation             every row with eight seeds: hours on a CPU, minutes on a GPU
    python -m unet_edu.experiments.ablation --quick     small networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.ablation --record    keep the results in unet_edu/records/, go on where they end

    4×4 pixels to 16 channels ─▶ valid U-Net of two poolings, width 32 ─▶ a logit for each pixel and class

That is the lower three levels of a U-Net of base width 8, which learns in a minute what the whole one needs an hour
for. All rows are trained on the same slices with the same optimiser and number of steps. They learn from the same
pixels: the middle WINDOW of a tile that is cut and bent once for all, whatever border a network loses of it. What else
a row does not share is in its `Trial.differs`: other networks than U-Net have no such lower half, and work on single
pixels. "U-Net, all five levels" is there for these to be compared with, and the sliding window gets as many windows a
step as its multiply-adds pay for. All but one row are trained with batch normalisation, folded away afterwards.
"""

from dataclasses import replace
from functools import partial

from unet_edu.arithmetic import unet_macs
from unet_edu.experiments.checkpoints import SMALL_FCN
from unet_edu.experiments.runs import main
from unet_edu.experiments.trial import Trial, changed
from unet_edu.models import (
    ArticleUNet,
    FCN8s,
    FCN16s,
    FCN32s,
    PaddedUNet,
    SlidingWindowNet,
    UNet,
    variants,
)
from unet_edu.models.sliding_window import WINDOW as SEEN
from unet_edu.models.subpixel import Subpixel
from unet_edu.training import RECIPES

FACTOR = 4
CHANNELS = {"in_channels": FACTOR**2, "num_classes": 2 * FACTOR**2, "depth": 2}  # of the network in between
BASE_WIDTH = 8  # of the U-Net with all levels; two levels further down there are four times as many channels
STEPS = 600
WINDOW = 192  # pixels a side, in the middle of a tile, that all learn from
TILE = 352  # pixels a side: the smallest legal one of which the first row labels the window
WHOLE_TILE = 380  # likewise, of the U-Net with all levels
SAME_TILE = 256  # of networks that label all of it
SINGLE = "works on single pixels"
SEEDS = 8


def lower(change=None, network=UNet, width=FACTOR * BASE_WIDTH):
    """Return the lower levels of a fresh U-Net on blocks of FACTOR² pixels; change: a function of `models.variants`."""
    return Subpixel(FACTOR, changed(change, network, base_width=width, **CHANNELS))


def trials(quick=False, device_type="cpu"):
    """Return the rows, the U-Net that the others are compared with first."""
    width, changes = (1, {"steps": 2, "batch": 1}) if quick else (BASE_WIDTH, {"steps": STEPS})
    window, tile, whole_tile, same_tile = (16, 176, 204, 240) if quick else (WINDOW, TILE, WHOLE_TILE, SAME_TILE)
    recipe = replace(RECIPES["one-cycle"], tile=tile, **changes)
    macs = recipe.batch * unet_macs(whole_tile, base_width=width)
    whole, same = replace(recipe, tile=whole_tile), replace(recipe, tile=same_tile)
    windows = max(1, macs // SlidingWindowNet().macs_per_window)
    one = Trial(
        "U-Net",
        partial(lower, width=FACTOR * width),
        recipe,
        data="small cells" if quick else "isbi2012",
        elastic=8.0,  # the paper's 10 pixels are for tiles of 572: a smaller tile would be bent more
        weight_map=True,
        batch_norm=True,
        average8=not quick,
        cut=max(whole_tile, same_tile),
        window=window,
        focus=1.0,  # without it, networks fail on slices that are sharper than those they learned from: `sharpness`
    )

    def row(name, change=None, **values):
        build = partial(lower, change, width=FACTOR * width) if change else one.build
        return replace(one, **{"row": name, "build": build, **values})

    def single(name, build, **values):
        return row(name, build=build, **{"differs": SINGLE, **values})

    return [
        one,
        row("without skips", variants.without_skips),
        row("skips after the pool", variants.with_pooled_skips),
        row("skips resized, not cropped", variants.with_resized_skips),
        row("dilation 2 on the way down", variants.with_dilation),
        row("padded, no crop", build=partial(lower, network=PaddedUNet, width=FACTOR * width)),
        row("without dropout", variants.without_dropout),
        row("no elastic deformation", elastic=0.0),
        row("no weight map", weight_map=False),
        row("no batch normalisation", batch_norm=False),
        single("U-Net, all five levels", partial(UNet, base_width=width), recipe=whole),
        single("FCN-8s", partial(FCN8s, **SMALL_FCN), recipe=same),
        single("FCN-16s", partial(FCN16s, **SMALL_FCN), recipe=same),
        single("FCN-32s", partial(FCN32s, **SMALL_FCN), recipe=same),
        single("the article's variant", partial(ArticleUNet, 2, base_width=width), recipe=same),
        single(
            "sliding window",
            SlidingWindowNet,
            recipe=replace(recipe, tile=SEEN, batch=windows),
            cut=0,
            window=0,
            differs=f"{SINGLE}, and learns from {windows:,} single ones a step",
        ),
    ]


if __name__ == "__main__":
    main("ablation", __doc__.split("\n")[0], trials, seeds=SEEDS)
