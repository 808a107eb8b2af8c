"""How many seconds of training until V_Rand on the validation slices is 0.970?

    python -m unet_edu.experiments.speedrun             five seeds
    python -m unet_edu.experiments.speedrun --quick     tiny networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.speedrun --record    keep the results in book/results/, go on where they end
    make speedrun                                       the same on two CPU cores, one seed, nothing kept

The clock runs while the network is trained, from the images in main memory on: transfer to the device, augmentation,
steps; a GPU is waited for before it is read. It stands still for the scores, taken some times during a run, each of
predictions averaged over 8 views. Nothing is compiled. What a device does once, such as loading its libraries, is part
of the first step and counted.
"""

import statistics
from dataclasses import replace
from functools import partial

from unet_edu.experiments.checkpoints import unet
from unet_edu.experiments.runs import as_text, main
from unet_edu.experiments.trial import Trial
from unet_edu.training import RECIPES

TARGET = 0.970  # mean over the validation slices, each at its best threshold
POINTS = 8  # scores in a run


def trials(quick=False, device_type="cpu"):
    """Return the one row."""
    recipe = replace(RECIPES["one-cycle"], steps=3200)
    row = Trial(
        "U-Net, base width 8",
        partial(unet, 8),
        recipe,
        elastic=6.0,
        weight_map=True,
        batch_norm=True,
        curve=recipe.steps // POINTS,
        curve_average8=True,
    )
    if quick:
        tiny = replace(recipe, steps=4, batch=1, tile=188)
        row = replace(row, build=partial(unet, 2), recipe=tiny, data="small cells", curve=2, average8=False)
    return [row]


def seconds_to_target(entry, target=TARGET):
    """Return the seconds of training after which a run scored at least the target; None where it never did."""
    return next((seconds for _, seconds, value in entry["training"]["score"] if value >= target), None)


def text(record):
    """Return the table, and the median over the runs of the seconds to the target."""
    lines = [as_text(record)]
    for row in record["trials"]:
        runs = [entry for entry in record["runs"] if entry["row"] == row]
        taken = [seconds_to_target(entry) for entry in runs]
        reached = [seconds for seconds in taken if seconds is not None]
        told = f"{row}: {len(reached)} of {len(runs)} runs came to V_Rand {TARGET:.3f}"
        if 2 * len(reached) > len(runs):  # a run that never came counts as longer than all others
            middle = statistics.median_high([seconds if seconds is not None else float("inf") for seconds in taken])
            told += f"; median {middle:.0f} s"
        lines.append(told)
    return "\n".join(lines)


if __name__ == "__main__":
    main("speedrun", __doc__.split("\n")[0], trials, text=text)
