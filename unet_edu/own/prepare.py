"""Images as the network sees them: greys and pixel size as planned, labels with gaps, pieces of one size.

    Sample ──► greys over [0, 1] ──► n × n pixels become one ──► objects that adjoin are parted ──► pieces of one size

The first two steps are those of prediction, too (`unet_edu.own.segment`).
"""

from itertools import product
from math import ceil

import numpy as np

from unet_edu.data import Sample
from unet_edu.data.weightmap import border_term, class_weights, parted
from unet_edu.own.survey import objects_of, stretched


def prepared(sample, greys, pixel, part=True):
    """Return a sample as the network learns it: image float32, label uint8, instances int32.

    greys, pixel: as decided in a `unet_edu.own.plan.Plan`. part: whether objects that adjoin get a gap in between.
    """
    image = stretched(sample.image) if greys == "own" else np.asarray(sample.image, np.float32)
    label, numbers = np.asarray(sample.label), objects_of(sample)
    if pixel != 1:
        image, label, numbers = shrunk(image, pixel), picked(label, pixel), picked(numbers, pixel)
    if part:
        numbers = parted(numbers)
        label = np.where(numbers > 0, label, 0)
    return Sample(image, label.astype(np.uint8), numbers.astype(np.int32), sample.name)


def shrunk(image, pixel):
    """Return an image (…, H, W), float32, in which one pixel is the mean of pixel × pixel; of 0.5, four for each.

    Where a side is no multiple, its last pixel is repeated.
    """
    image = np.asarray(image)
    if pixel == 1:
        return np.asarray(image, np.float32)
    if pixel < 1:
        times = round(1 / pixel)
        return np.asarray(image, np.float32).repeat(times, axis=-2).repeat(times, axis=-1)
    *rest, height, width = image.shape
    more = [(0, 0)] * len(rest) + [(0, -side % pixel) for side in (height, width)]
    image = np.pad(image, more, mode="edge") if any(after for _, after in more) else image
    height, width = (side // pixel for side in image.shape[-2:])
    return image.reshape(*rest, height, pixel, width, pixel).mean(axis=(-3, -1), dtype=np.float32)


def picked(numbers, pixel):
    """Return a map of whole numbers (H, W) at the size that `shrunk` gives: the middle one of pixel × pixel."""
    if pixel < 1:
        return shrunk(numbers, pixel).astype(numbers.dtype)
    rows, columns = (np.minimum(np.arange(ceil(side / pixel)) * pixel + pixel // 2, side - 1) for side in numbers.shape)
    return numbers[rows[:, None], columns]


def grown(probability, pixel, shape):
    """Return probabilities (…, h, w) at the size `shape` of the image again, interpolated linearly."""
    if pixel == 1:
        return probability
    if pixel < 1:
        times = round(1 / pixel)
        return shrunk(probability, times)[..., : shape[0], : shape[1]]
    for axis, side in ((-2, shape[0]), (-1, shape[1])):
        probability = between(probability, (np.arange(side) - (pixel - 1) / 2) / pixel, axis)
    return probability


def between(values, places, axis):
    """Return values at fractional places along an axis, interpolated linearly; beyond the ends, those of the ends."""
    places = np.clip(places, 0, values.shape[axis] - 1)
    first = np.minimum(places.astype(int), max(values.shape[axis] - 2, 0))
    second = np.minimum(first + 1, values.shape[axis] - 1)
    share = (places - first).astype(np.float32)
    share = share.reshape([-1 if place == axis % values.ndim else 1 for place in range(values.ndim)])
    return values.take(first, axis) * (1 - share) + values.take(second, axis) * share


def pieces(samples, size=None):
    """Return samples of one size, (height, width): each image is cut into as few overlapping pieces as cover it.

    size: default: the smallest height and the smallest width of all images.
    """
    heights, widths = zip(*(sample.label.shape for sample in samples), strict=True)
    size = (min(heights), min(widths)) if size is None else size
    found = []
    for sample in samples:
        starts = [
            np.linspace(0, side - part, ceil(side / part)).round().astype(int) if side > part else [0]
            for side, part in zip(sample.label.shape, size, strict=True)
        ]
        for top, left in product(*starts):
            image, label, numbers = (
                np.ascontiguousarray(one[..., top : top + size[0], left : left + size[1]]) for one in sample[:3]
            )
            alone = len(starts[0]) == len(starts[1]) == 1
            found.append(Sample(image, label, numbers, sample.name if alone else f"{sample.name}, at {top}, {left}"))
    return found


def weights_of(samples, with_border):
    """Return what each pixel counts, a map (H, W) for each sample: classes alike in all, perhaps the border term."""
    classes = max(int(sample.label.max()) for sample in samples) + 1
    if classes <= 2:
        balance = np.array(class_weights([sample.label for sample in samples]), np.float32)
    else:
        counts = sum(np.bincount(sample.label.ravel(), minlength=classes) for sample in samples)
        balance = (counts.sum() / (classes * np.maximum(counts, 1))).astype(np.float32)
    return [balance[one.label] + (border_term(one.instances) if with_border else 0) for one in samples]
