"""The images that chapters show: real slices where they are found, drawn tissue otherwise."""

import numpy as np

from unet_edu.data.sample import Sample


def example(index=0, size=None):
    """The image that chapters show: a training slice of ISBI 2012 where the data is found, drawn tissue otherwise.

    index: which one, 0 to 17: the slice, or the seed of the drawing. size: pixels, one whole number or (height, width),
    1 to 512: the middle of the image; default: all 512 × 512.
    Returns a ``Sample``; its name says which of the two it is. Raises TypeError or ValueError for other values, and
    FileNotFoundError where some slices are found, but not this one.
    """
    from unet_edu.data import cells, isbi2012

    index = cells.check_seed(index, name="index")
    if index not in isbi2012.SPLITS["train"]:
        raise ValueError(f"index is 0 to 17, a training slice, not {index}; the nearest legal index is 17")
    h, w = (512, 512) if size is None else cells.check_size(size, largest=512)
    root = isbi2012.find()
    sample = isbi2012.load("train", root=root, slices=[index])[0] if root else cells.tissue(512, seed=index)
    return _middle(sample, h, w)


def unseen(index=18, size=None):
    """An image that no network of the package was trained on: a validation slice of ISBI 2012, drawn tissue otherwise.

    index: which slice, 18 to 23; where it is not found, the drawing has the seed 1000 + index - 18, one of those that
    the networks that learned drawn tissue were validated on. size: as for ``example``.
    Returns a ``Sample``; its name says which of the two it is. Raises TypeError or ValueError for other values.
    """
    from unet_edu.data import cells, isbi2012

    slices = isbi2012.SPLITS["validation"]
    index = cells.check_seed(index, name="index")
    if index not in slices:
        nearest = min(max(index, slices[0]), slices[-1])
        raise ValueError(f"index is 18 to 23, a validation slice, not {index}; the nearest legal index is {nearest}")
    h, w = (512, 512) if size is None else cells.check_size(size, largest=512)
    try:
        (sample,) = isbi2012.load("validation", slices=[index])
    except FileNotFoundError:  # also where only the training slices were fetched
        sample = cells.tissue(512, seed=1000 + index - slices[0])
    return _middle(sample, h, w)


def _middle(sample, h, w):
    """The middle h × w pixels, with the cells that are left numbered anew."""
    top, left = (sample.image.shape[0] - h) // 2, (sample.image.shape[1] - w) // 2
    image, label, instances = (
        None if part is None else part[top : top + h, left : left + w].copy() for part in sample[:3]
    )
    if instances is not None:
        numbers = np.unique(instances[instances > 0])
        instances = np.where(instances > 0, np.searchsorted(numbers, instances) + 1, 0).astype(np.int32)
    return Sample(image, label, instances, sample.name)
