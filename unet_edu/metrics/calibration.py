"""Are probabilities frequencies? Of all pixels with a probability of 90 %, nine in ten should be right.

probability of the predicted class ──► groups of pixels ──► mean probability less share of right pixels, each
                                                                    │
                                   mean of its size over all pixels ◀─┘  the expected calibration error
"""

import numpy as np

BINS = 10  # groups of equal width


def calibration_error(sure, right, groups=None):
    """Return the expected calibration error, 0 (perfect) to 1: how far confidence is from accuracy, in the mean.

    Punishes a network that is too sure, and one that is too cautious, alike. Forgives wrong pixels, as long as the
    network says how often it will be wrong; and gaps of both signs within one group, which cancel each other.
    sure: probabilities of the predicted class, any shape. right: bool, of the same shape, whether that class is the
    true one. groups: of the same shape, the number of each pixel's group from 0 on; None: `of_equal_width`. Raises
    ValueError for shapes that differ and for no pixels.
    Source: Naeini, Cooper and Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015.
    """
    sure, right = np.asarray(sure), np.asarray(right)
    groups = of_equal_width(sure) if groups is None else np.asarray(groups)
    if not sure.shape == right.shape == groups.shape or sure.size == 0:
        shapes = f"sure {sure.shape}, right {right.shape}, groups {groups.shape}"
        raise ValueError(f"{shapes}: give one of each for every pixel, and at least one pixel")
    gaps = np.bincount(groups.ravel(), (sure - right).ravel())  # of each group, times its number of pixels
    return float(np.abs(gaps).sum() / sure.size)


def of_equal_width(sure, bins=BINS):
    """Return the number of each pixel's group, of ``bins`` between the probabilities 1/2 and 1; two classes."""
    return np.minimum(((np.asarray(sure) - 0.5) * 2 * bins).astype(int), bins - 1)
