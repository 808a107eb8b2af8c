"""From pixels that are inside a cell to cells with numbers.

    inside (H, W) ──► components     pieces that hang together: touching cells stay one
                  └─► by_distance    pieces cut at their waists: distance to the background ──► seeds ──► watershed

    otsu(image) ──► inside           two classes of grey, without any network; with `by_distance`, what a user of
                                     scikit-image would try first

Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9:62–66 (1979); the watershed: Beucher and Lantuéjoul (1979).
"""

import numpy as np
from scipy import ndimage

from unet_edu.greys import grey_of

SMALLEST = 20  # pixels; smaller pieces are specks


def components(inside, smallest=SMALLEST):
    """Return 4-connected pieces, numbered 1…n, int32 ``(H, W)``; pieces below `smallest` pixels are left out.

    inside: truth values, or 0 and 1, ``(H, W)``. Raises TypeError or ValueError for anything else.
    """
    return _without_specks(ndimage.label(_inside(inside))[0], smallest)


def by_distance(inside, smoothing=1.0, apart=5, smallest=SMALLEST):
    """Return pieces cut at their waists, numbered 1…n, int32 ``(H, W)``.

    Seeds are the peaks of the distance to the background, smoothed with a Gaussian of standard deviation `smoothing`
    pixels; of two that are not more than `apart` pixels away from each other the higher one is left. From them a
    watershed floods the pieces. Round cells that touch are parted; a long one may be cut.
    inside, smallest and errors as in `components`.
    """
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    pieces = ndimage.label(_inside(inside))[0]
    depth = ndimage.distance_transform_edt(pieces > 0)
    if smoothing:
        depth = ndimage.gaussian_filter(depth, smoothing)
    peaks = peak_local_max(depth, min_distance=apart, labels=pieces, exclude_border=False)
    seeds = np.zeros(pieces.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return _without_specks(watershed(-depth, seeds, mask=pieces > 0), smallest)


def otsu(image, dark=False, smoothing=1.0):
    """Return which pixels are brighter than Otsu's threshold, bool ``(H, W)``. dark: darker, instead.

    image: ``(H, W)``, or ``(3, H, W)``, of which the mean is taken; it is smoothed first, as in `by_distance`.
    Raises ValueError for another shape. An image of one value has no such pixel.
    """
    from skimage.filters import threshold_otsu

    grey = np.asarray(image, np.float64)
    if grey.ndim == 3 and len(grey) == 3:
        grey = grey_of(grey)
    if grey.ndim != 2 or grey.size == 0:
        raise ValueError(f"image is (H, W) or (3, H, W) with at least one pixel, not {grey.shape}")
    grey = ndimage.gaussian_filter(-grey if dark else grey, smoothing) if smoothing else (-grey if dark else grey)
    if grey.min() == grey.max():
        return np.zeros(grey.shape, bool)
    return grey > threshold_otsu(grey)


def _inside(inside):
    inside = np.asarray(inside)
    if inside.dtype.kind not in "bui":
        raise TypeError(f"inside holds truth values, not {inside.dtype}; for example probability > 0.5")
    if inside.ndim != 2 or inside.size == 0 or inside.min() < 0 or inside.max() > 1:
        raise ValueError(f"inside is a map (H, W) of 0 and 1, not {inside.shape} from {inside.min()} to {inside.max()}")
    return inside.astype(bool)


def _without_specks(pieces, smallest):
    """Numbered pieces without the small ones, numbered anew."""
    sizes = np.bincount(pieces.ravel())
    kept = sizes >= smallest
    kept[0] = False
    number = np.cumsum(kept) * kept
    return number[pieces].astype(np.int32)
