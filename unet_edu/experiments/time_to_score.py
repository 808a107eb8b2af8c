"""How many seconds of training until V_Rand on the validation slices is 0.970?

    python -m unet_edu.experiments.time_to_score              five seeds
    python -m unet_edu.experiments.time_to_score --quick      tiny networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.time_to_score --record     go on where the record in unet_edu/records/ ends
    make speedrun                                             one run to watch, with a picture: `speedrun`

The clock runs while the network is trained, from the images in main memory on: transfer to the device, augmentation,
steps; a GPU is waited for before it is read. It stands still for the scores, taken some times during a run, each of
predictions averaged over 8 views. Nothing is compiled. What a device does once, such as loading its libraries, is part
of the first step and counted.
"""

import math
import statistics
from dataclasses import replace
from functools import partial

from unet_edu.experiments.runs import as_text, main, rows
from unet_edu.experiments.trial import Trial
from unet_edu.models import SubpixelUNet
from unet_edu.training import RECIPES

TARGET = 0.970  # mean over the validation slices, each at its best threshold
POINTS = 8  # scores in a run
STEPS = 720  # of today's row


def trials(quick=False, device_type="cpu"):
    """Return two rows: the network and training of today's race, and those of the first, to compare with."""
    recipe = RECIPES["one-cycle"]
    first = Trial(
        "U-Net at half resolution, base width 16",
        SubpixelUNet,
        replace(recipe, steps=2400, tile=256),
        elastic=8.0,
        weight_map=True,
        batch_norm=True,
        curve=2400 // POINTS,
        curve_average8=True,
    )
    today = replace(
        first,
        row="U-Net at a quarter of the resolution, base width 32",
        build=partial(SubpixelUNet, factor=4, base_width=32, depth=3),
        recipe=replace(first.recipe, steps=STEPS),
        elastic=6.0,
        curve=STEPS // POINTS,
        timed=True,
    )
    if quick:
        small = {"data": "small cells", "curve": 2, "average8": False}
        tiny = replace(recipe, steps=4, batch=1, tile=64)
        return [
            replace(today, build=partial(SubpixelUNet, factor=4, base_width=2, depth=2), recipe=tiny, **small),
            replace(first, build=partial(SubpixelUNet, base_width=2), recipe=tiny, **small),
        ]
    return [today, first]


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
        sentence = f"{row}: {came} of {len(runs)} runs came to V_Rand {TARGET:.3f}"
        lines.append(sentence if middle is None else f"{sentence}; median {middle:.0f} s")
    return "\n".join(lines)


if __name__ == "__main__":
    main("time_to_score", __doc__.split("\n")[0], trials, text=text)
