"""The images that chapters show: real slices where they are found; otherwise real nuclei, or drawn tissue.

    index        0     1 2 3           4 5 6                    7 8 9                  … 16 17
    slice        0     1 2 3           4 5 6                    7 8 9                  … 16 17
    nuclei of    4     7 18 1          7 18 1, turned by 90°    7 18 1, by 180°        … 7 18, mirrored and turned

Crops of four training images of `nuclei` come with the package; the one that is shown as 0 is shown as no other index,
so that whoever trains on the others can score on it.
"""

from typing import NamedTuple

import numpy as np

from unet_edu.data.sample import Sample

FIRST, OTHERS = 4, (7, 18, 1)  # numbers of training images of `nuclei`, group "fluorescence"


def example(index=0, size=None):
    """Return the image that chapters show: a training slice of ISBI 2012 where it is found, real nuclei otherwise.

    index: which one, 0 to 17: the slice, or one of four pictures of nuclei, as it is or turned (see above). size:
    pixels, one whole number or (height, width), 1 to 512: the middle of the image; default: all 512 × 512.
    Returns a ``Sample``; its name says which of the two it is. Of nuclei, greys are stretched
    (`unet_edu.data.nuclei.stretched`) and touching ones are parted (`unet_edu.data.weightmap.parted`), so that the
    label holds each nucleus as a piece of its own. Raises TypeError or ValueError for other values, and
    FileNotFoundError where some slices are found, but not this one.
    """
    return _slice_or(_nuclei, index, size)


def membranes(index=0, size=None):
    """Return an image of membranes: a training slice of ISBI 2012 where it is found, drawn tissue otherwise.

    For pages that need cells which fill the plane, or whose borders must be known exactly, as they are of a drawing.
    index: 0 to 17: the slice, or the seed of the drawing. size, result and errors as for ``example``.
    """
    from unet_edu.data import cells

    return _slice_or(lambda index: cells.tissue(512, seed=index), index, size)


def example_network():
    """Return the name of a shipped network that was trained on images like those of ``example``."""
    from unet_edu.data import isbi2012

    return "unet8-isbi" if isbi2012.find() else "unet8-nuclei"


def _slice_or(instead, index, size):
    """The middle of a training slice; where none is found, of what `instead` gives for the index."""
    from unet_edu.data import cells, isbi2012

    index = cells.check_seed(index, name="index")
    if index not in isbi2012.SPLITS["train"]:
        raise ValueError(f"index is 0 to 17, a training slice, not {index}; the nearest legal index is 17")
    h, w = (512, 512) if size is None else cells.check_size(size, largest=512)
    root = isbi2012.find()
    sample = isbi2012.load("train", root=root, slices=[index])[0] if root else instead(index)
    return _middle(sample, h, w)


class Words(NamedTuple):
    """What an image shows, and what its labels 1 and 0 are, for a text about it."""

    shows: str
    inside: str
    between: str


def words(sample):
    """Return the ``Words`` for a sample of this package: tissue with its membranes, or nuclei on their background."""
    nuclei = sample.name.startswith("BBBC038")
    return Words("nuclei", "nucleus", "background") if nuclei else Words("tissue", "cell", "membrane")


def why_drawn(sample):
    """Return a sentence for a caption, with a blank before it: why a page draws its tissue; "" where it does not."""
    if not sample.name.startswith("drawn"):
        return ""
    return (
        " Drawn, and not real nuclei: this page needs membranes that fill the plane, and a truth that is known exactly."
    )


def _nuclei(index):
    """Real nuclei: the first picture, or one of the other three, turned and mirrored as the index says."""
    from unet_edu.data import nuclei
    from unet_edu.data.weightmap import parted

    view, place = divmod(index - 1, len(OTHERS)) if index else (0, 0)
    number = OTHERS[place] if index else FIRST
    (sample,) = nuclei.load("fluorescence", "train", whole=False, numbers=[number])
    turns, mirrored = view % 4, view >= 4

    def seen(part):
        return np.ascontiguousarray(np.rot90(part[:, ::-1] if mirrored else part, turns))

    words = ([", mirrored"] if mirrored else []) + ([f", turned by {90 * turns}°"] if turns else [])
    instances = _numbered(seen(parted(sample.instances)))
    label = (instances > 0).astype(np.uint8)
    greys = np.round(255 * nuclei.stretched(sample.image)) / np.float32(255)
    return Sample(seen(greys), label, instances, sample.name + "".join(words))


def unseen(index=18, size=None):
    """Return an image on which no network of the package was trained: a validation slice, or drawn tissue.

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
    """Return the middle h × w pixels, with the cells that are left numbered anew."""
    top, left = (sample.image.shape[0] - h) // 2, (sample.image.shape[1] - w) // 2
    image, label, instances = (
        None if part is None else part[top : top + h, left : left + w].copy() for part in sample[:3]
    )
    return Sample(image, label, None if instances is None else _numbered(instances), sample.name)


def _numbered(instances):
    """Cells numbered anew, 1…n, int32."""
    numbers = np.unique(instances[instances > 0])
    return np.where(instances > 0, np.searchsorted(numbers, instances) + 1, 0).astype(np.int32)
