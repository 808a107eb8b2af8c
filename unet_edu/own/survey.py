"""What the images of a set hold, in numbers: `survey(samples)`. The plan of a training run follows from them.

    labels ──► objects ──► diameters, how many touch          images ──► sizes, channels, ranges of grey
           └─► share of each class

A label is a mask, whose 4-connected pieces are the objects, or comes with numbers (`instances`).
"""

from collections import Counter
from dataclasses import dataclass
from math import pi

import numpy as np
from scipy import ndimage

from unet_edu.greys import grey_of
from unet_edu.separation import SMALLEST

NEAR = 4  # pixels of background: objects with at most so many between them nearly touch
LOW, HIGH = 0.5, 99.5  # percentiles: the range of an image's greys, without single pixels
EVERY = 2**18  # pixels of an image that are looked at for its greys, at most about so many


@dataclass(frozen=True)
class Survey:
    """What the images of a set hold. `print(survey)` shows it in lines.

    images: how many.  channels: of each.  sizes: {(height, width): images of that size}, pixels.
    objects: how many, in all labels together; of several classes, pieces of one class.
    diameters: (10th percentile, median, 90th percentile) of the diameters of circles as large as the objects, pixels;
    pieces below 20 pixels are left out. None where there is no object.
    touching: share of the objects, 0 to 1, that have another one at most 4 pixels away.
    adjoining: share of the objects that have another one right beside them, with no background in between.
    numbered: whether the labels came with numbers of objects.
    shares: of each class, background first, its share of all pixels.
    greys: (low, high) of each image, the percentiles 0.5 and 99.5 of its values, all channels together.
    dark: whether objects are darker than what lies around them, in most images.
    names: of the images, in their order.
    """

    images: int
    channels: int
    sizes: dict
    objects: int
    diameters: tuple | None
    touching: float
    adjoining: float
    numbered: bool
    shares: tuple
    greys: tuple
    dark: bool
    names: tuple

    @property
    def diameter(self):
        """The median diameter, pixels; None where there is no object."""
        return None if self.diameters is None else self.diameters[1]

    @property
    def smallest(self):
        """The smallest height or width of all images, pixels."""
        return min(min(size) for size in self.sizes)

    @property
    def classes(self):
        """How many classes there are, background included, at least 2."""
        return len(self.shares)

    @property
    def contrast(self):
        """How many times larger the range of grey of the image with most contrast is than of that with least."""
        spans = [high - low for low, high in self.greys]
        return max(spans) / max(min(spans), 1e-6)

    def lines(self):
        """Return what was found as a list of lines."""
        sizes = ", ".join(f"{count} of {height} × {width}" for (height, width), count in self.sizes.items())
        found = [f"images: {sizes} pixels, {self.channels} channel{'s' * (self.channels > 1)}"]
        if self.diameters is None:
            found.append("objects: none")
        else:
            low, middle, high = self.diameters
            found.append(
                f"objects: {self.objects}, diameter {middle:.0f} pixels (the middle 80 % from {low:.0f} to {high:.0f})"
            )
            touching = f"touching: {self.touching:.0%} of the objects have another one within {NEAR} pixels"
            found.append(touching if self.numbered else f"{touching}; pieces of a mask that hang together count as one")
        shares = ", ".join(f"{number} {share:.1%}" for number, share in enumerate(self.shares))
        found.append(
            f"classes: {shares} of the pixels; objects are {'darker' if self.dark else 'brighter'} than the rest"
        )
        lows, highs = zip(*self.greys, strict=True)
        found.append(
            f"grey values: {min(lows):.2f} … {max(highs):.2f} of 0 … 1; contrast differs {self.contrast:.1f}-fold"
        )
        return found

    def __str__(self):
        return "\n".join(self.lines())


def survey(samples) -> Survey:
    """Return what the images and labels of a set hold (``Survey``).

    samples: a list of `unet_edu.data.Sample` with labels, images of any sizes, all with as many channels.
    Raises ValueError for an empty list, a sample without a label, a label of another size, differing channels.
    """
    samples = list(samples)
    if not samples:
        raise ValueError("there is no image to look at: give at least one Sample with a label")
    channels = channels_of(samples[0])
    sizes, diameters, shares, greys = Counter(), [], Counter(), []
    objects = near = beside = darker = 0
    for sample in samples:
        if sample.label is None:
            raise ValueError(f"{sample.name}: it has no label: leave it out, or label it")
        if np.shape(sample.label) != sample.image.shape[-2:]:
            raise ValueError(
                f"{sample.name}: the label is {np.shape(sample.label)}, but the image {sample.image.shape[-2:]}"
            )
        if channels_of(sample) != channels:
            raise ValueError(
                f"{sample.name}: {channels_of(sample)} channels, but {samples[0].name} has {channels}: load all files "
                "of a set together, by unet_edu.data.files.load"
            )
        sizes[sample.label.shape] += 1
        shares.update(dict(enumerate(np.bincount(np.ravel(sample.label)).tolist())))
        greys.append(grey_range(sample.image))
        inside = np.asarray(sample.label) > 0
        if 0 < inside.sum() < inside.size:
            grey = grey_of(sample.image)
            darker += 1 if grey[inside].mean() < grey[~inside].mean() else -1
        numbers = objects_of(sample)
        areas = np.bincount(numbers.ravel())
        kept = np.flatnonzero(areas[1:] >= SMALLEST) + 1
        diameters += (2 * np.sqrt(areas[kept] / pi)).tolist()
        objects += len(kept)
        near += len(np.intersect1d(kept, neighbours(numbers, NEAR)))
        beside += len(np.intersect1d(kept, neighbours(numbers, 0)))
    pixels = sum(shares.values())
    return Survey(
        images=len(samples),
        channels=channels,
        sizes=dict(sizes),
        objects=objects,
        diameters=tuple(float(one) for one in np.percentile(diameters, (10, 50, 90))) if diameters else None,
        touching=near / max(objects, 1),
        adjoining=beside / max(objects, 1),
        numbered=any(sample.instances is not None for sample in samples),
        shares=tuple(shares[number] / pixels for number in range(max(max(shares) + 1, 2))),
        greys=tuple(greys),
        dark=darker > 0,
        names=tuple(sample.name for sample in samples),
    )


def channels_of(sample):
    """Return how many channels the image of a sample has."""
    return 1 if sample.image.ndim == 2 else len(sample.image)


def objects_of(sample):
    """Return the objects of a sample with numbers, int ``(H, W)``: its instances, else the pieces of its classes."""
    if sample.instances is not None:
        return np.asarray(sample.instances)
    label, found = np.asarray(sample.label), np.zeros(np.shape(sample.label), np.int32)
    for number in np.unique(label[label > 0]):
        pieces, count = ndimage.label(label == number)
        found[pieces > 0] = pieces[pieces > 0] + found.max()
    return found


def neighbours(numbers, gap):
    """Return the numbers of the objects that have another one at most `gap` pixels of background away, sorted.

    numbers: whole numbers ``(H, W)``, 0 = background. Distances count along rows, columns and diagonals alike.
    """
    size = 2 * (gap + 1) + 1
    highest = ndimage.maximum_filter(numbers, size, mode="nearest")
    lowest = ndimage.minimum_filter(np.where(numbers > 0, numbers, numbers.max()), size, mode="nearest")
    other = (numbers > 0) & ((highest != numbers) | (lowest != numbers))
    return np.unique(numbers[other])


def stretched(image):
    """Return an image (C, H, W) or (H, W), float32 in [0, 1], stretched over its own `grey_range`."""
    low, high = grey_range(image)
    return np.clip((np.asarray(image, np.float32) - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def grey_range(image):
    """Return (low, high) of an image: the percentiles 0.5 and 99.5 of its values, all channels together."""
    step = max(int((image.size / EVERY) ** 0.5), 1)
    low, high = np.percentile(np.asarray(image[..., ::step, ::step]), (LOW, HIGH))
    return float(low), float(high)
