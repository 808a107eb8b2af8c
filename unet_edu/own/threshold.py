"""Which threshold, and how far seeds lie apart: chosen on images that did not train. And what Otsu does there.

probabilities of validation images ──► thresholds × {pieces, watershed} ──► mean F1 ──► the best of them
Otsu's threshold on grey values    ──► the same watershed              ──► mean F1, to compare with
"""

from functools import partial
from itertools import product
from math import pi
from typing import NamedTuple

import numpy as np

from unet_edu.metrics import instances as matching
from unet_edu.own.segment import SMOOTHING, instances
from unet_edu.own.survey import objects_of
from unet_edu.separation import SMALLEST, by_distance, components, otsu

THRESHOLDS = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
SHARES = (0.2, 0.35, 0.5)  # of a diameter, how far seeds lie apart
BLURS = (1.0, 2.0)  # of the grey image before Otsu's threshold, pixels
FIXED_ON = 6  # images, at most
SIDE = 768  # pixels a side of an image that are looked at, at most


class Cut(NamedTuple):
    """Arguments of `unet_edu.own.segment.instances`, and the mean F1 on the images that they were chosen on."""

    threshold: float
    apart: int | None
    smoothing: float
    smallest: int
    f1: float


def chosen(samples):
    """Return the samples that thresholds are chosen on: a few, spread evenly, none larger than 768 × 768 pixels."""
    found = [samples[int(place)] for place in np.linspace(0, len(samples) - 1, min(FIXED_ON, len(samples)))]
    return [
        one._replace(
            image=one.image[..., :SIDE, :SIDE],
            label=one.label[:SIDE, :SIDE],
            instances=None if one.instances is None else one.instances[:SIDE, :SIDE],
        )
        for one in found
    ]


def speck(survey):
    """Return the pixels below which an object is a speck: a circle of half the diameter of the smallest tenth."""
    return max(SMALLEST, round(pi * (survey.diameters[0] / 4) ** 2))


def distances(diameter):
    """Return the choices of `apart`: None, for no watershed, and shares of a diameter, pixels."""
    return [None, *dict.fromkeys(max(round(share * diameter), 2) for share in SHARES)]


def fix(samples, probabilities, survey) -> Cut:
    """Return the best `Cut` for probabilities (H, W) of samples: first the threshold, then how far seeds lie apart."""
    truths, smallest = [objects_of(sample) for sample in samples], speck(survey)
    apart = distances(survey.diameter)

    def mean_f1(threshold, distance):
        make = partial(instances, threshold=threshold, apart=distance, smoothing=SMOOTHING, smallest=smallest)
        return f1(truths, [make(probability) for probability in probabilities])

    first = {pair: mean_f1(*pair) for pair in product(THRESHOLDS, (None, apart[len(apart) // 2]))}
    threshold, _ = middle(first)
    second = {distance: mean_f1(threshold, distance) for distance in apart}
    distance = max(second, key=second.get)
    return Cut(threshold, distance, SMOOTHING, smallest, second[distance])


def otsu_f1(samples, survey):
    """Return the mean F1 of Otsu's threshold with the same watershed, at the best of its settings."""
    truths, smallest, best = [objects_of(sample) for sample in samples], speck(survey), 0.0
    for blur, distance in product(BLURS, distances(survey.diameter)):
        found = []
        for sample in samples:
            inside = otsu(
                sample.image if sample.image.ndim == 2 or len(sample.image) == 3 else sample.image[0], survey.dark, blur
            )
            cut = (
                components(inside, smallest) if distance is None else by_distance(inside, SMOOTHING, distance, smallest)
            )
            found.append(cut)
        best = max(best, f1(truths, found))
    return best


def middle(table):
    """Return the key with the largest value; of several that are alike, the middle one."""
    best = [key for key, value in table.items() if np.isclose(value, max(table.values()))]
    return best[len(best) // 2]


def f1(truths, found):
    """Return the mean F1 at IoU 0.5 of maps of numbers."""
    return float(np.mean([matching.match(*pair).f1 for pair in zip(truths, found, strict=True)]))
