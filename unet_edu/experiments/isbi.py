"""The paper's network on the paper's data: four scores, and how they grow with the seconds of training.

    python -m unet_edu.experiments.isbi             five seeds a row
    python -m unet_edu.experiments.isbi --quick     tiny networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.isbi --record    keep the results in unet_edu/records/, go on where they end

On a GPU the paper's network has its 64 channels on level 0. On a CPU a step of it takes many seconds: there its rows
have 8, with the same layers, and are marked so. There both recipes see the same number of tiles: a step of the paper's
takes one, and one of today's four.

On one thread of a processor with bf16 units: OMP_NUM_THREADS=1 python -m unet_edu.experiments.isbi --record --bf16
"""

from dataclasses import replace
from functools import partial

from unet_edu.experiments.runs import main
from unet_edu.experiments.trial import Trial
from unet_edu.models import UNet
from unet_edu.training import RECIPES

POINTS = 8  # of the curve of V_Rand


def trials(quick=False, device_type="cpu"):
    """Return the rows: the paper's recipe, then ours on the same network and on the best small one."""
    width = 64 if device_type == "cuda" else 8
    paper, ours = RECIPES["paper"], RECIPES["one-cycle"]
    if device_type != "cuda":
        paper = replace(paper, steps=ours.batch * ours.steps // paper.batch)
    small = {}
    if quick:
        width, small = 2, {"data": "small cells", "average8": False}
        paper, ours = (replace(recipe, steps=8, batch=1, tile=188) for recipe in (paper, ours))

    def row(name, base_width, recipe, **values):
        build = partial(UNet, base_width=base_width)
        return Trial(name, build, recipe, weight_map=True, curve=recipe.steps // POINTS, **values, **small)

    today = {"elastic": 6.0, "batch_norm": True}
    rows = [
        row(f"base width {width}, the paper's recipe", width, paper),
        row(f"base width {width}, today's recipe", width, ours, **today),
    ]
    return rows if device_type != "cuda" else [*rows, row("base width 16, today's recipe", 16, ours, **today)]


if __name__ == "__main__":
    main("isbi", __doc__.split("\n")[0], trials)
