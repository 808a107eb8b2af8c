"""What a map of whole numbers is: a mask, classes, numbered cells, or a mask that was blurred by its file's format.

    values 0 and k                            mask
    255 beside 0 … classes - 1                classes; 255 marks pixels that nobody labelled ("void")
    0 … n, each number in one piece           cells with numbers ("instances")
    few numbers, each in many pieces          classes
    all values, those in between in lines     a mask that was stored as JPEG, or resized with interpolation

A map does not say which it is, so this is guessed from its values, to choose the words of errors and warnings, and the
line of code that helps.
"""

import warnings

import numpy as np

VOID = 255  # how Pascal VOC and many after it mark pixels without a label
TOPS = (255, 65535)  # white, of 8 and of 16 bits
SMALLEST = 400  # pixels; of less, nothing is guessed
MOST_CLASSES = 64  # a map of more numbers holds cells
SOLID = 0.25  # a blurred mask has less of its values in between in squares of 2 × 2 equal pixels


def two_valued(label):
    """Return the value k of a map that holds k > 0 and besides nothing but 0; None for any other map."""
    high = label.max()
    return int(high) if high > 0 and not ((label != 0) & (label != high)).any() else None


def blurred(label) -> bool:
    """Return whether a map looks like a mask after JPEG, or after it was resized with interpolation.

    Its values between black and white form lines along borders, and nearly no area. label: whole numbers (H, W) or
    (S, H, W).
    """
    high = int(label.max())
    if high < 4 or label.size < SMALLEST or two_valued(label) is not None:
        return False
    black, white = label <= 0.1 * high, label >= 0.9 * high
    if not black.any() or not white.any() or black.sum() + white.sum() < label.size / 2:
        return False
    equal = np.zeros(label.shape, bool)  # part of a square of 2 × 2 equal pixels
    right, below = label[..., :, :-1] == label[..., :, 1:], label[..., :-1, :] == label[..., 1:, :]
    square = right[..., :-1, :] & right[..., 1:, :] & below[..., :, :-1]
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            equal[..., rows, columns] |= square
    exact = (label > 0) & (label < high)
    lines = any(one.any() and equal[one].mean() < SOLID for one in (exact, ~black & ~white))
    values = len(np.unique(label[exact]))
    if not lines or values < 3:
        return False
    parts = pieces(np.where(exact, label, 0))
    return parts >= 2 * values or (values >= 8 and exact.sum() < 2 * parts)  # no slivers of a few cells


def pieces(label) -> int:
    """Return how many 4-connected pieces of equal numbers a map has, 0 left out. label: (H, W) or (S, H, W)."""
    from skimage.measure import label as numbered

    return sum(int(numbered(one, connectivity=1, background=0).max()) for one in label.reshape(-1, *label.shape[-2:]))


def as_whole(label, name="label") -> str:
    """Return the expression that makes a map of whole numbers of a map of floats, by its values; it calls it `name`."""
    values = np.unique(label[np.isfinite(label)])
    if not values.size or (values == np.rint(values)).all():
        return f"{name}.astype(int)"
    if values.size == 2 and values[0] == 0:
        return f"({name} > 0).astype(int)"
    if values[-1] <= 1 and values.size > 2 and np.allclose(values * 255, np.rint(values * 255), atol=1e-3):
        numbers = np.rint(np.nan_to_num(label) * 255).astype(int)
        if not blurred(numbers) and pieces(numbers) < 2 * values.size:
            return f"numpy.rint({name} * 255).astype(int)"  # as matplotlib reads numbers from an 8-bit file
    return f"({name} > {0.5 if values[-1] <= 1 else float(values[-1]) / 2:g}).astype(int)"


def remedy(label, classes=2) -> str:
    """Return what to do with a map that holds other values than 0 … classes - 1, by its values: words with code."""
    found = np.unique(label)
    high, k = int(found[-1]), two_valued(label)
    if high < classes and found[0] < 0 or set(found[found >= classes].tolist()) == {VOID} and k is None:
        unknown = "label < 0" if found[0] < 0 else f"label == {VOID}"
        known = "label >= 0" if found[0] < 0 else f"label != {VOID}"
        return (
            f"{found[0] if found[0] < 0 else VOID} usually marks pixels that nobody labelled; they get a class and no "
            f"weight: the label `numpy.where({unknown}, 0, label)`, its weight map `({known}).astype('float32')`"
        )
    if k in TOPS and classes == 2:
        return f"`(label > {k // 2}).astype(numpy.uint8)`"
    if k is not None and classes == 2:
        return f"a mask is `(label > 0).astype(numpy.uint8)`; for classes take `num_classes={k + 1}`"
    if blurred(label):
        return f"{BLURRED} `(label > {high // 2}).astype(numpy.uint8)`, and keep masks as PNG or TIFF"
    if found[0] >= 0 and pieces(label) < 2 * (len(found) - 1):
        return (
            "they look like numbers of cells: the label is `(label > 0).astype(numpy.uint8)`, and the numbers go into "
            f"the weight map, `weight_map(label)`; for classes take `num_classes={high + 1}`"
        )
    return f"for these classes take `num_classes={high + 1}`"


BLURRED = (
    "a mask that was stored as JPEG, or resized with interpolation, holds values in between. Cut it in the middle:"
)


def check_sharp(label, name="label"):
    """Raise ValueError where a map is a mask after JPEG or interpolation, with the line that cuts it."""
    if blurred(label):
        raise ValueError(f"{name}: {BLURRED} `({name} > {int(label.max()) // 2}).astype('uint8')`, and keep it as PNG")


def check_numbers(label, name="label"):
    """Raise ValueError where a map cannot hold numbers of cells, warn where it seems to hold classes or a mask."""
    if label.size < SMALLEST or label.max() <= 0:
        return
    check_sharp(label, name)
    numbers = len(np.unique(label[label > 0]))
    if numbers <= MOST_CLASSES and (parts := pieces(label)) >= 2 * numbers:
        warnings.warn(
            f"{name} holds {numbers} number{'s' * (numbers > 1)} in {parts} separate pieces, and all pieces of a "
            f"number count as one cell. If it is a mask or a map of classes, give each piece a number of its own: "
            f"`skimage.measure.label({name}, connectivity=1)`",
            stacklevel=4,
        )
