"""From a network's file and an image to a probability, to numbered objects, and to a table of their areas.

    segment(file, image)        image, greys and pixel size as in training ──► network ──► probability (H, W)
    instances(probability, …)   threshold ──► pieces ──► cut at their waists ──► specks left out ──► numbers (H, W)
    effects(probability, …)     what that does to touching objects, counted
    areas(numbers)              number, place, area, diameter of each object

The watershed is that of `unet_edu.separation.by_distance`: seeds are the peaks of the distance to the background.
"""

from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from unet_edu.separation import SMALLEST, by_distance, components

APART, SMOOTHING = 7, 1.0  # of the watershed, pixels: as of the experiments on nuclei


def instances(probability, threshold=0.5, *, apart=APART, smoothing=SMOOTHING, smallest=SMALLEST):
    """Return objects with numbers 1…n, int32 ``(H, W)``; 0 is background.

    probability: ``(H, W)`` in [0, 1], of being inside an object. threshold: inside is what lies above it.
    apart: pixels; of two seeds that are not farther from each other one is left, so a larger number cuts less. None:
    no watershed, every connected piece is one object. smoothing: standard deviation of the Gaussian that smooths the
    distance map, pixels. smallest: pixels; smaller objects are left out.
    Raises TypeError or ValueError for anything else.
    """
    inside = above(probability, threshold)
    if apart is None:
        return components(inside, smallest)
    return by_distance(inside, smoothing, apart, smallest)


class Effects(NamedTuple):
    """What `instances` did. pieces: connected pieces above the threshold, specks left out, and how many of them the
    watershed cut, into how many parts; specks: pieces and parts too small, left out. As a string: in a sentence."""

    pieces: int
    cut: int
    parts: int
    specks: int
    smallest: int

    def __str__(self):
        cut = f"the watershed cut {self.cut} of them into {self.parts}" if self.cut else "none was cut"
        return f"{self.pieces} connected pieces; {cut}; {self.specks} smaller than {self.smallest} pixels were left out"


def effects(probability, threshold=0.5, *, apart=APART, smoothing=SMOOTHING, smallest=SMALLEST) -> Effects:
    """Return what `instances` does to pieces that hang together (``Effects``). Arguments and errors as there."""
    inside = above(probability, threshold)
    pieces, count = ndimage.label(inside)
    numbers = instances(probability, threshold, apart=apart, smoothing=smoothing, smallest=1)
    sizes = np.bincount(numbers.ravel())
    parts_of = np.zeros(count + 1, int)  # of each piece, how many parts are large enough
    _, first = np.unique(numbers, return_index=True)
    for number, place in enumerate(first):
        if number and sizes[number] >= smallest:
            parts_of[pieces.ravel()[place]] += 1
    specks = int((sizes[1:] < smallest).sum())
    several = parts_of > 1
    return Effects(int((parts_of > 0).sum()), int(several.sum()), int(parts_of[several].sum()), specks, smallest)


class Area(NamedTuple):
    """A line of the table. number: of the object; row, column: its centre; area: pixels; diameter: of a circle as large."""

    number: int
    row: float
    column: float
    area: int
    diameter: float


def areas(numbers):
    """Return a list of ``Area``, one for each object of a map of numbers ``(H, W)``, in their order."""
    numbers = np.asarray(numbers)
    sizes = np.bincount(numbers.ravel())
    present = np.flatnonzero(sizes[1:]) + 1
    centres = ndimage.center_of_mass(numbers > 0, numbers, present)
    return [
        Area(int(number), round(float(row), 1), round(float(column), 1), int(sizes[number]), diameter(sizes[number]))
        for number, (row, column) in zip(present, centres, strict=True)
    ]


def diameter(area):
    """Return the diameter of a circle of that area, to a tenth."""
    return round(2 * sqrt(float(area) / pi), 1)


def segment(net_file, image, **options):
    """Return the probability of being inside an object, float32 ``(H, W)``; of more classes ``(classes, H, W)``.

    net_file: a file that `unet_edu.own.train.train` wrote, or what `read` made of it. image: ``(H, W)`` or
    ``(C, H, W)``, grey values as the file holds them, or floats in [0, 1].
    """
    raise NotImplementedError


def above(probability, threshold):
    """Return which pixels of a probability map lie above a threshold; raise TypeError or ValueError for a misfit."""
    probability = np.asarray(probability)
    if probability.ndim != 2 or probability.dtype.kind != "f":
        hint = ": of (2, H, W) take [1]" if probability.ndim == 3 else ""
        raise ValueError(f"probability is floats (H, W), not {probability.dtype} {probability.shape}{hint}")
    if not (probability.min() >= 0 and probability.max() <= 1):
        raise ValueError(f"probability lies in [0, 1], not {probability.min():g} … {probability.max():g}")
    if not 0 <= threshold < 1:
        raise ValueError(
            f"the threshold lies in [0, 1), not {threshold}; the nearest is {0 if threshold < 0 else 0.99}"
        )
    return probability > threshold
