"""Does augmentation replace data? Fewer training slices, with and without elastic deformation.

    python -m unet_edu.experiments.data_scaling             1, 2, 4, 9 and 18 slices, five seeds
    python -m unet_edu.experiments.data_scaling --quick     small networks on drawn tissue, to see that it works
    python -m unet_edu.experiments.data_scaling --record    keep the results in unet_edu/records/, go on where they end

The network and the training are those of the ablation's first row: the same number of steps, however few the slices.
Turns, flips, shifts and grey values vary in all rows.
"""

from dataclasses import replace

from unet_edu.experiments import ablation
from unet_edu.experiments.runs import main

SLICES = (1, 2, 4, 9, 18)


def trials(quick=False, device_type="cpu"):
    """Return the rows: for each number of slices one with and one without elastic deformation."""
    one = ablation.trials(quick, device_type)[0]
    counted = [(count, f"{count} slice" if count == 1 else f"{count} slices") for count in SLICES]
    elastic = [replace(one, row=f"{name}, elastic", samples=count) for count, name in counted]
    return elastic + [replace(one, row=name, samples=count, elastic=0.0) for count, name in counted]


if __name__ == "__main__":
    main("data_scaling", __doc__.split("\n")[0], trials)
