"""Which range an image's values fill, and how they come to lie in [0, 1].

    largest value    255 ──► 8 bit     1023 ──► 10     4095 ──► 12     16383 ──► 14     65535 ──► 16
    the scaling      (value - low) / (high - low), the same two numbers for all images of a set

The type of an array shows how much it can hold, not what it holds: many cameras write 12 bits into files of 16. So
depths are found from the values.
"""

from math import isfinite
from numbers import Real

import numpy as np

DEPTHS = (8, 10, 12, 14, 16, 32)  # bits of cameras and files
NARROW = 0.2  # of [0, 1]: images that fill less are drowned by changes of grey of ± 0.1


def bit_depth(largest) -> int:
    """Return the smallest usual number of bits that hold a grey value: 8, 10, 12, 14, 16 or 32.

    Raises ValueError where it is negative or does not fit into 32 bits.
    """
    if not 0 <= largest < 2 ** DEPTHS[-1]:
        raise ValueError(f"a grey value is 0 to {2 ** DEPTHS[-1] - 1}, not {largest}; the nearest is 0 or that")
    return next(bits for bits in DEPTHS if largest < 2**bits)


def scaled_by(image) -> tuple[str, str]:
    """Return what an array of numbers seems to hold, and the expression that brings `image` into [0, 1].

    Both follow from its values. image: at least one pixel, no NaN.
    """
    low, high = (float(value) for value in (image.min(), image.max()))
    whole = image.dtype.kind in "iu"
    if whole and low >= 0 and high <= 1:
        return "0 and 1", "image * 1.0"
    if low < 0 or (high > 1.5 and not isfinite(high)) or high >= 2 ** DEPTHS[-1]:
        if not whole and low >= -1 and high - low > 1 and high <= 1:
            return "-1 … 1", "(image + 1) / 2"
        if not whole and (not isfinite(high - low) or (low >= -0.25 and high <= 1.25)):
            return "values a little beyond [0, 1]", "numpy.clip(image, 0, 1)"
        if low == high:
            return f"{low:g} everywhere", "numpy.clip(image, 0, 1)"
        return f"{low:g} … {high:g}", f"(image - {low!r}) / {high - low!r}"
    if not whole and high <= 1.5:
        return "values a little beyond [0, 1]", "numpy.clip(image, 0, 1)"
    top = 2 ** bit_depth(high) - 1
    return f"grey values of 0 … {top}", f"image / {top}"


def filled(images) -> tuple[float, float]:
    """Return the range (low, high) that the values of several images fill, a thousandth left out at each end."""
    found = [np.quantile(np.asarray(image, np.float32), (0.001, 0.999)) for image in images]
    return float(min(low for low, _ in found)), float(max(high for _, high in found))


def grey_of(image):
    """Return the grey values (H, W) of an image (H, W) or (C, H, W), an array: the mean of its channels."""
    return image if image.ndim == 2 else image.mean(axis=0)


def check_scale(scale) -> tuple[float, float]:
    """Return a scaling as (low, high); one number is high. Raises TypeError or ValueError for anything else."""
    pair = (0, scale) if isinstance(scale, Real) and not isinstance(scale, bool) else scale
    try:
        low, high = (float(value) for value in pair)
    except (TypeError, ValueError):
        raise TypeError(f"a scale is the value of white, such as 255, or (black, white), not {scale!r}") from None
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError(f"a scale is (black, white), both finite and black below white, not {scale!r}")
    return low, high
