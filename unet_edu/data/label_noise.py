"""Labels with known mistakes: what a careless annotator leaves, to measure what it costs.

    flipped    single pixels have the wrong class, anywhere
    shifted    each cell lies some pixels beside its place, in a direction of its own
    dropped    some cells are not there at all
    swallowed  the cells that `dropped` leaves out, as a mask: give these pixels weight 0

Single wrong pixels cancel out over many tiles. Outlines beside their place blur, and missing cells are wrong in one
direction alone. All take numbered cells or masks, change nothing in place, and follow from the generator.
"""

import numpy as np
from scipy import ndimage


def flipped(label, share, rng):
    """Return a mask in which a share of the pixels has the other class. label: 0 and 1 ``(H, W)``. share: 0 to 1.

    rng: a ``numpy.random.Generator``. Raises ValueError for a share outside 0 to 1.
    """
    _check_share(share)
    label = np.asarray(label)
    return np.where(rng.random(label.shape) < share, 1 - label, label).astype(label.dtype)


def shifted(instances, pixels, rng):
    """Return numbered cells, each moved by `pixels` in a direction of its own, rounded to whole pixels.

    instances: whole numbers ``(H, W)``, 0 = background. pixels: 0 or more. What leaves the image is lost; where two
    cells come to lie on one pixel, the later number has it. Raises ValueError for pixels below 0.
    """
    if pixels < 0:
        raise ValueError(f"pixels must be 0 or more, not {pixels}")
    instances = np.asarray(instances)
    moved = np.zeros_like(instances)
    for number, box in enumerate(ndimage.find_objects(instances), start=1):
        if box is None:
            continue
        angle = rng.uniform(0, 2 * np.pi)
        step = np.rint(pixels * np.array([np.sin(angle), np.cos(angle)])).astype(int)
        rows, columns = np.nonzero(instances[box] == number)
        rows, columns = rows + box[0].start + step[0], columns + box[1].start + step[1]
        inside = (rows >= 0) & (rows < instances.shape[0]) & (columns >= 0) & (columns < instances.shape[1])
        moved[rows[inside], columns[inside]] = number
    return moved


def dropped(instances, share, rng):
    """Return numbered cells without a share of them, drawn one by one: a cell stays with probability 1 - share.

    instances: whole numbers ``(H, W)``, 0 = background. Raises ValueError for a share outside 0 to 1.
    """
    _check_share(share)
    instances = np.asarray(instances)
    numbers = np.unique(instances[instances > 0])
    gone = numbers[rng.random(numbers.size) < share]
    return np.where(np.isin(instances, gone), 0, instances)


def swallowed(instances, kept):
    """Return a bool mask ``(H, W)`` of the pixels of cells that are in `instances` and not in `kept`."""
    return (np.asarray(instances) > 0) & (np.asarray(kept) == 0)


def _check_share(share):
    if not 0 <= share <= 1:
        raise ValueError(f"share must be 0 to 1, not {share}; the nearest legal value is {min(max(share, 0), 1)}")
