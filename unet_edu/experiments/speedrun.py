"""One run of the race against the clock, to watch: `make speedrun`, a minute or two on two cores.

    python -m unet_edu.experiments.speedrun             a bar over the steps, the seconds, a picture in _build/
    python -m unet_edu.experiments.speedrun --quick     a tiny network on drawn tissue, to see that it works

Five such runs, on record, are what the page *Results* shows: `unet_edu.experiments.time_to_score`.
"""

import argparse
import sys
from pathlib import Path

import torch

from unet_edu.device import best_device, describe
from unet_edu.experiments import time_to_score
from unet_edu.experiments.trial import cell_probability, run, slices
from unet_edu.metrics import v_rand
from unet_edu.plots.shared import image_row

PICTURE = Path("_build") / "speedrun.png"


def main(arguments=None):
    """Run the command line; return the entry that a record would keep."""
    parser = argparse.ArgumentParser(prog="python -m unet_edu.experiments.speedrun", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tiny network on drawn tissue: does it work?")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", help="cpu, cuda, mps (default: the best one that works)")
    parser.add_argument("--picture", type=Path, default=PICTURE, help=f"where the picture goes (default: {PICTURE})")
    options = parser.parse_args(arguments)
    device = best_device() if options.device is None else torch.device(options.device)
    trial = time_to_score.trials(options.quick, device.type)[0]
    print(f"{trial.row}, {trial.recipe.steps} steps on {describe(device)}")
    net, entry = run(trial, options.seed, device, progress=sys.stderr.isatty())

    for step, seconds, value in entry["training"]["score"]:
        print(f"step {step:4}, {seconds:5.1f} s: V_Rand {value:.4f}")
    taken = time_to_score.seconds_to_target(entry)
    print(f"V_Rand {time_to_score.TARGET:.3f} " + ("was not reached" if taken is None else f"after {taken:.0f} s"))
    sample = slices(trial.data, "validation")[0]
    probability = cell_probability(net, sample.image, trial.curve_average8)
    found = v_rand(sample.label, probability)
    titles = [sample.name, f"probability of cell, V_Rand {found.score:.3f}", "as a person drew it"]
    figure = image_row([sample.image, probability, sample.label], titles, limits=(0, 1), figsize=(9, 3.3))
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(options.picture, dpi=120)
    print(f"The picture is {options.picture}")
    return entry


if __name__ == "__main__":
    main()
