"""From a network's file and an image to a probability, to numbered objects, and to a table of their areas.

    segment(file, image)        image, greys and pixel size as in training ──► network ──► probability (H, W)
    instances(probability, …)   threshold ──► pieces ──► cut at their waists ──► specks left out ──► numbers (H, W)
    effects(probability, …)     what that does to touching objects, counted
    areas(numbers)              number, place, area, diameter of each object

The watershed is that of `unet_edu.separation.by_distance`: seeds are the peaks of the distance to the background.
"""

from dataclasses import dataclass
from math import pi, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from unet_edu import checkpoints
from unet_edu.arithmetic import border
from unet_edu.own.prepare import grown, shrunk
from unet_edu.own.survey import grey_range
from unet_edu.predict import MAX_MEMORY, predict
from unet_edu.separation import SMALLEST, by_distance, components

APART, SMOOTHING = 7, 1.0  # of the watershed, pixels: as of the experiments on nuclei
OWN = "own"  # the entry of a network's file that holds what is not in the network
BAND = 2**24  # pixels of an image that are computed at a time


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
    """What `instances` did to pieces that hang together. As a string: in a sentence.

    pieces: connected pieces above the threshold, without specks.  cut: how many of them the watershed cut, into how
    many parts (parts).  specks: pieces and parts of fewer pixels than `smallest`, which were left out.
    """

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
    """A line of the table. number: of the object; row, column: its centre; area: pixels; diameter: of such a circle."""

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


# ---------------------------------------------------------------------------------------------------------- networks


@dataclass(frozen=True)
class Trained:
    """A network with what belongs to it, as its file holds it.

    net: it carries `normalisation` and `scaling`.  greys, pixel: as decided in the `Plan`.  classes: how many.
    threshold, apart, smoothing, smallest: for `instances`, fixed on images that did not train; threshold is None where
    there are more classes than two.  lines: what was found and decided in training.  scores: on these images.
    """

    net: object
    greys: str
    pixel: float
    classes: int
    threshold: float | None
    apart: int | None
    smoothing: float
    smallest: int
    lines: list
    scores: dict

    def cut(self):
        """Return the arguments of `instances`, a dict."""
        return {key: getattr(self, key) for key in ("threshold", "apart", "smoothing", "smallest")}


def read(net_file) -> Trained:
    """Return the network of a file that `unet_edu.own.train.train` wrote, with all that belongs to it (``Trained``).

    Raises FileNotFoundError, or ValueError for a damaged file and for one without thresholds and pixel size.
    """
    if isinstance(net_file, Trained):
        return net_file
    if not Path(net_file).is_file():
        raise FileNotFoundError(f"there is no network {net_file}: `unet-edu train` makes one")
    net, metadata = checkpoints.read(net_file)
    if OWN not in metadata:
        raise ValueError(
            f"{net_file} holds a network, but no threshold and pixel size: `unet-edu train` did not write it; take "
            "`unet_edu.predict.predict`"
        )
    return Trained(net=net, scores=metadata["scores"], **metadata[OWN])


def segment(net_file, image, *, scale=None, max_memory=MAX_MEMORY, device=None, progress=None, out=None):
    """Return the probability of being inside an object, float32 ``(H, W)``; of more classes ``(classes, H, W)``.

    net_file: a file that `unet_edu.own.train.train` wrote, or what `read` made of it. image: ``(H, W)`` or
    ``(C, H, W)`` of any size, also a memory map: grey values as files hold them, or floats in [0, 1].
    scale: (low, high), the values that become 0 and 1; None: as in training. Where that was each image by its own
    greys, they are found anew. out: an array of the result's shape to write into, such as a memory map.
    max_memory, device, progress: as of `unet_edu.predict.predict`. A large image is computed in bands of rows that are
    equal to the whole, but for rounding.
    Raises TypeError or ValueError for an image that `predict` does not take, or an `out` of another shape.
    """
    trained = read(net_file)
    image = np.asarray(image)
    image = image[None] if image.ndim == 2 else image
    if image.ndim != 3 or 0 in image.shape:
        raise ValueError(f"the image must be (H, W) or (C, H, W) with at least one pixel, not {image.shape}")
    if trained.greys == "own" and scale is None:
        low, high = grey_range(image)
        scale = (low, max(high, low + 1e-6))
    elif scale is None and (image.dtype.kind in "iub" or image.max() > 1 or image.min() < 0):
        scale = getattr(trained.net, "scaling", None)
    if image.dtype.kind == "b":
        image = image.astype(np.uint8)
    height, width = image.shape[1:]
    shape = (height, width) if trained.classes == 2 else (trained.classes, height, width)
    result = np.empty(shape, np.float32) if out is None else out
    if result.shape != shape:
        raise ValueError(f"out must be {shape}, not {result.shape}")
    for wanted, context in bands(height, width, trained.net.depth, trained.pixel):
        part = shrunk(image[:, context], trained.pixel) if trained.pixel != 1 else image[:, context]
        found = predict(trained.net, part, scale=scale, max_memory=max_memory, device=device, progress=progress)
        found = found[1] if trained.classes == 2 else found
        found = grown(found, trained.pixel, (context.stop - context.start, width))
        first = wanted.start - context.start
        result[..., wanted, :] = found[..., first : first + wanted.stop - wanted.start, :]
    return result


def bands(height, width, depth, pixel=1, most=BAND):
    """Yield (wanted, context): slices of rows to write, and those to read for them. One band for a usual image.

    most: pixels of a band, at most about so many. Bands begin on the network's grid, and `context` is as much wider as
    the network sees: the result is that of the whole image.
    """
    step = max(round(pixel * 2**depth), 1)
    rows = max(most // width // step, 1) * step
    around = -(-int(pixel * (border(depth) + 2**depth + 1)) // step) * step
    for first in range(0, height, rows):
        last = min(first + rows, height)
        yield slice(first, last), slice(max(first - around, 0), min(last + around, height))


# ---------------------------------------------------------------------------------------------------------- arguments


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
