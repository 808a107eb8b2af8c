"""What each part of U-Net buys: take one away, train as before, score.

    python -m unet_edu.experiments.ablation             every row with five seeds: hours on a CPU, minutes on a GPU
    python -m unet_edu.experiments.ablation --quick     small networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.ablation --record    keep the results in unet_edu/records/, go on where they end

All rows are trained on the same slices with the same optimiser and number of steps, on as many tiles of the same size.
A network that loses no border is scored on all of a tile, the others on its middle: that is part of what they are. The
sliding window gets as many windows a step as the U-Net's multiply-adds pay for. All but the last row are trained with
batch normalisation, folded away afterwards: without it, a budget this small hardly starts to learn.
"""

from dataclasses import replace
from functools import partial

from unet_edu.arithmetic import unet_macs
from unet_edu.experiments.checkpoints import SMALL_FCN
from unet_edu.experiments.runs import main
from unet_edu.experiments.trial import Trial, changed
from unet_edu.models import ArticleUNet, FCN8s, FCN16s, FCN32s, PaddedUNet, SlidingWindowNet, variants
from unet_edu.models.sliding_window import WINDOW
from unet_edu.training import RECIPES

BASE_WIDTH = 8
STEPS = 600


def trials(quick=False, device_type="cpu"):
    """Return the rows, the U-Net that the others are compared with first."""
    width, changes = (2, {"steps": 2, "batch": 1, "tile": 236}) if quick else (BASE_WIDTH, {"steps": STEPS})
    recipe = replace(RECIPES["one-cycle"], **changes)
    even = replace(recipe, tile=-(-recipe.tile // 16) * 16)  # 304: the padded network halves its maps four times
    macs = recipe.batch * unet_macs(recipe.tile, base_width=width)
    sliding = replace(recipe, tile=WINDOW, batch=max(1, macs // SlidingWindowNet().macs_per_window))
    one = Trial(
        "U-Net",
        partial(changed, base_width=width),
        recipe,
        data="small cells" if quick else "isbi2012",
        elastic=6.0,  # the paper's 10 pixels are for tiles of 572: a smaller tile would be bent more
        weight_map=True,
        batch_norm=True,
        average8=False,
    )

    def row(name, change=None, **values):
        build = partial(changed, change, base_width=width) if change else one.build
        return replace(one, **{"row": name, "build": build, **values})

    return [
        one,
        row("without skips", variants.without_skips),
        row("skips after the pool", variants.with_pooled_skips),
        row("skips resized, not cropped", variants.with_resized_skips),
        row("dilation 2 on the way down", variants.with_dilation),
        row("padded, no crop", build=partial(PaddedUNet, base_width=width), recipe=even),
        row("without dropout", variants.without_dropout),
        row("no elastic deformation", elastic=0.0),
        row("no weight map", weight_map=False),
        row("FCN-8s", build=partial(FCN8s, **SMALL_FCN)),
        row("FCN-16s", build=partial(FCN16s, **SMALL_FCN)),
        row("FCN-32s", build=partial(FCN32s, **SMALL_FCN)),
        row("the article's variant", build=partial(ArticleUNet, 2, base_width=width)),
        row("sliding window", build=SlidingWindowNet, recipe=sliding),
        row("no batch normalisation", batch_norm=False),
    ]


if __name__ == "__main__":
    main("ablation", __doc__.split("\n")[0], trials)
