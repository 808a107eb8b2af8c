"""The cases on which `stardist.matching` was run once, and its values: `stardist.json`.

nuclei: crops of the package and proposals made of them. small: pairs of 10 × 10 pixels, a digit or letter a pixel.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from unet_edu.data import nuclei

SIDE = 10


@cache
def values():
    """Return what the file holds."""
    return json.loads((Path(__file__).parent / "stardist.json").read_text(encoding="utf-8"))


def proposals():
    """Return {name: (truth, proposal)} of the nuclei."""
    found = {}
    for group, split in (("fluorescence", "validation"), ("stained", "train")):
        for sample in nuclei.load(group, split, whole=False):
            truth = sample.instances
            cells, number = truth > 0, sample.name.split(",")[2].split()[-1]
            moved = {
                "components": ndimage.label(cells, np.ones((3, 3)))[0],
                "eroded, then components": ndimage.label(ndimage.binary_erosion(cells, iterations=2))[0],
                "grown": ndimage.grey_dilation(truth, size=(5, 5)),
                "moved": np.roll(truth, (3, -2), (0, 1)),
                "cut along every eighth row": np.where(np.arange(len(truth))[:, None] % 8 == 7, 0, truth),
            }
            found |= {f"{group} {split} {number}, {how}": (truth, proposal) for how, proposal in moved.items()}
    return found


def small():
    """Return (truth, proposal) of each small pair."""
    return [
        tuple(np.array([int(p, 36) for p in text]).reshape(SIDE, SIDE) for text in one) for one in values()["small"]
    ]
