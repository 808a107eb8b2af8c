"""The pictures that Playground learns from: twelve to train on and one, the last, that no step ever sees.

    nuclei    three crops of each of the four real images of touching nuclei that come with the package, and one of a
              validation image (BBBC038, public domain)
    tissue    drawn by `unet_edu.data.cells.tissue`, thirteen seeds

They travel in a page, so greys are kept in 51 steps, from 0 to what all but a thousandth of the pixels stay below.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from unet_edu.data import cells, nuclei
from unet_edu.data.weightmap import border_term, parted
from unet_edu.figures.base import pack

SIDE = 128  # pixels
TRAINING = 12
GREYS = 50  # the brightest
TERMS = 15  # the largest border term, 10
W0 = 10.0
STRIDE = 32  # pixels between the places that are tried for a crop
VALIDATION_SEED = 1000  # drawn like those for validation elsewhere in the package


class Pictures(NamedTuple):
    """Thirteen pictures of one kind, uint8 (13, 128, 128) each; the last is for validation."""

    images: np.ndarray  # greys, 0 to 50
    instances: np.ndarray  # cells by number, 0 between them
    border: np.ndarray  # the border term of the weight map in fifteenths of its largest value, 10

    def packed(self):
        """Return all three, one after the other, compressed."""
        return pack(np.concatenate(self))


@cache
def pictures(kind):
    """Return the `Pictures` of a kind, "nuclei" or "tissue". Raises ValueError for another."""
    if kind not in KINDS:
        raise ValueError(f"pictures are of {' or '.join(map(repr, KINDS))}, not {kind!r}")
    parts = KINDS[kind]()
    images, instances = (np.stack(part) for part in zip(*parts, strict=True))
    border = np.stack([np.round(border_term(one, w0=W0) * (TERMS / W0)) for one in instances])
    return Pictures(images.astype(np.uint8), instances.astype(np.uint8), border.astype(np.uint8))


def _nuclei():
    """Twelve crops for training and one for validation, (greys, instances) each."""
    training = [crop for sample in nuclei.load(whole=False) for crop in _crowded(sample, 3)]
    return training + _crowded(nuclei.load(split="validation", whole=False)[0], 1)


def _crowded(sample, count):
    """The crops with the most nuclei, none over another."""
    limit = sample.image.shape[0] - SIDE
    places = [(top, left) for top in range(0, limit + 1, STRIDE) for left in range(0, limit + 1, STRIDE)]
    places.sort(key=lambda place: -len(np.unique(_at(sample.instances, place))))
    chosen = []
    for top, left in places:
        apart = all(max(abs(top - other), abs(left - further)) >= SIDE for other, further in chosen)
        if len(chosen) < count and apart:
            chosen.append((top, left))
    numbers = parted(sample.instances)
    return [(_greys(_at(sample.image, place), sample.image), _numbered(_at(numbers, place))) for place in chosen]


def _at(array, place):
    return array[place[0] : place[0] + SIDE, place[1] : place[1] + SIDE]


def _tissue():
    samples = [cells.tissue(SIDE, seed) for seed in (*range(TRAINING), VALIDATION_SEED)]
    return [(_greys(sample.image, sample.image), _numbered(sample.instances)) for sample in samples]


def _greys(image, whole):
    return np.round(GREYS * np.clip(image / np.quantile(whole, 0.999), 0, 1))


def _numbered(instances):
    """The same cells, numbered 1…n without gaps."""
    return np.unique(np.concatenate([[0], instances.ravel()]), return_inverse=True)[1][1:].reshape(instances.shape)


KINDS = {"nuclei": _nuclei, "tissue": _tissue}
