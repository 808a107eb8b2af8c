"""How many seconds of training until V_Rand on the validation slices is 0.970?

    python -m unet_edu.experiments.time_to_score              five seeds
    python -m unet_edu.experiments.time_to_score --quick      tiny networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.time_to_score --record     go on where the record in unet_edu/records/ ends
    make speedrun                                             the same on two CPU cores, one seed, nothing kept

The clock runs while the network is trained, from the images in main memory on: transfer to the device, augmentation,
steps; a GPU is waited for before it is read. It stands still for the scores, taken some times during a run, each of
predictions averaged over 8 views. Nothing is compiled. What a device does once, such as loading its libraries, is part
of the first step and counted.
"""

import math
import statistics
from dataclasses import replace
from functools import partial

from torch import nn

from unet_edu.experiments.runs import as_text, main, rows
from unet_edu.experiments.trial import Trial
from unet_edu.models import PaddedUNet
from unet_edu.training import RECIPES

TARGET = 0.970  # mean over the validation slices, each at its best threshold
POINTS = 8  # scores in a run


class HalfResolutionUNet(nn.Sequential):
    """A padded U-Net that works on every second pixel: 2×2 pixels become 4 channels before it, and 2×2 pixels after it.

    Maps have a quarter of the pixels, so that twice the width costs what the width did, and reach twice as far.
    Images (N, 1, H, W), H and W multiples of 32, to logits (N, 2, H, W). ValueError for other sizes, from `PaddedUNet`.
    Source of the rearrangement: Shi et al., CVPR 2016 (arXiv 1609.05158).
    """

    in_channels = 1

    def __init__(self, base_width=16):
        super().__init__(
            nn.PixelUnshuffle(2), PaddedUNet(in_channels=4, num_classes=8, base_width=base_width), nn.PixelShuffle(2)
        )


def trials(quick=False, device_type="cpu"):
    """Return the one row."""
    recipe = replace(RECIPES["one-cycle"], steps=2400, tile=256)
    row = Trial(
        "U-Net at half resolution, base width 16",
        HalfResolutionUNet,
        recipe,
        elastic=8.0,
        weight_map=True,
        batch_norm=True,
        curve=recipe.steps // POINTS,
        curve_average8=True,
    )
    if quick:
        tiny = replace(recipe, steps=4, batch=1, tile=64)
        row = replace(
            row,
            build=partial(HalfResolutionUNet, base_width=2),
            recipe=tiny,
            data="small cells",
            curve=2,
            average8=False,
        )
    return [row]


def seconds_to_target(entry, target=TARGET):
    """Return the seconds of training after which a run scored at least the target; None where it never did."""
    return next((seconds for _, seconds, value in entry["training"]["score"] if value >= target), None)


def reached(record, target=TARGET):
    """Return (seconds of each run in order of seeds, their median): None for a run that never scored `target`.

    A run that never did counts as longer than all others; where that makes the median infinite, or there is no run, it
    is None.
    """
    taken = [seconds_to_target(entry, target) for entry in record["runs"]]
    middle = statistics.median_high([math.inf if seconds is None else seconds for seconds in taken] or [math.inf])
    return taken, None if middle == math.inf else middle


def text(record):
    """Return the table, and the median over the runs of the seconds to the target."""
    lines = [as_text(record)]
    for row, runs in rows(record).items():
        taken, middle = reached({"runs": runs})
        came = sum(seconds is not None for seconds in taken)
        told = f"{row}: {came} of {len(runs)} runs came to V_Rand {TARGET:.3f}"
        lines.append(told if middle is None else f"{told}; median {middle:.0f} s")
    return "\n".join(lines)


if __name__ == "__main__":
    main("time_to_score", __doc__.split("\n")[0], trials, text=text)
