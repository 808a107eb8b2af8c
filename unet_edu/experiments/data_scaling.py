"""Does augmentation replace data? Fewer training slices, with and without elastic deformation.

    python -m unet_edu.experiments.data_scaling             1, 2, 4, 9 and 18 slices, eight seeds
    python -m unet_edu.experiments.data_scaling --quick     small networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.data_scaling --record    keep the results in unet_edu/records/, go on where they end

    slices 0 1 2 3 4 5 6 7 8 9 … 17 | 18 … 23 validation
           x x x x                      the first four: neighbours of each other, far from the validation slices
           x         x       x    x   four, spread over the stack: unlike each other, one of them near

The network and the training are those of the ablation's first row: the same number of steps, however few the slices.
Turns, flips, shifts, grey values and sharpness vary in all rows. Rows of slices that are *spread* tell more data from
nearer data. Rows with all eighteen slices are rows of the ablation, too: what its record has of them is not run again.
"""

import json
from dataclasses import replace

from unet_edu.experiments import ablation, runs
from unet_edu.experiments.record import machine_kind, results_dir

SLICES = (1, 2, 4, 9, 18)


def trials(quick=False, device_type="cpu"):
    """Return the rows: for each number of slices with and without elastic deformation, the first ones and spread."""
    one = ablation.trials(quick, device_type)[0]
    found = []
    for bent in (True, False):
        for spread in (False, True):
            for count in SLICES:
                if spread and count == SLICES[-1]:
                    continue  # all of them
                words = [f"{count} slice" if count == 1 else f"{count} slices"]
                words += ["spread"] * spread + ["elastic"] * bent
                elastic = one.elastic if bent else 0.0
                found.append(replace(one, row=", ".join(words), samples=count, spread=spread, elastic=elastic))
    return found


def entry_of(trial, seed, device, bf16, path):
    """Return the record's entry of one run; where the ablation has it, that one, under the name of this row."""
    rows, settings = ablation.trials(), trial.settings()
    same = [row.row for row in rows if row.build is rows[0].build and row.settings() == settings]
    record = results_dir() / f"ablation-{machine_kind(device)}.json"
    there = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {"trials": {}, "runs": []}
    for entry in there["runs"]:
        row = entry["row"]
        if (entry["seed"], entry["made"]["bf16"]) == (seed, bf16) and row in same and there["trials"][row] == settings:
            return entry | {"row": trial.row}
    return runs.entry_of(trial, seed, device, bf16, path)


if __name__ == "__main__":
    runs.main("data_scaling", __doc__.split("\n")[0], trials, seeds=ablation.SEEDS, work=entry_of)
