"""The weight map of the U-Net paper: how much each pixel counts in the loss.

    cell │ b a c k g r o u n d │ cell      w = w_c + w0 · exp(−(d1 + d2)² / 2σ²)
         ◄─ d1 ─► x ◄─── d2 ───►           w0 = 10, σ = 5 pixels
    ─────────────┬─────────────────────
    class balance, w_c                     each class weighs the same in all
    border term, w0 · exp(…)               up to 9.2 between cells that nearly touch, next to nothing 15 pixels apart

Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015, section 3,
equation (2). d1 and d2 are the distances to the nearest and to the second nearest cell, both exact: a gap of g pixels
between two straight borders has d1 + d2 = g + 1 all over.

Where the paper is silent: what w_c adds up to (here its mean over the image is 1, so that w0 = 10 means ten average
pixels) and what the second term is inside cells (here 0: the map is there to keep the background between cells open).
The paper makes that background by morphological operations where cells touch, and does not say by which: ``parted``
opens a gap of two pixels. The labels of ``cells`` and ``isbi2012`` bring a gap along, those of ``nuclei`` do not.
"""

from collections import OrderedDict
from hashlib import blake2b
from math import isfinite, log, sqrt
from numbers import Real

import numpy as np
from scipy import ndimage

from unet_edu.labels import as_whole, check_numbers, two_valued

NEGLIGIBLE = 1e-9  # border terms below this are left out; beside w_c of about 1, float32 cannot hold them anyway
CACHE_BYTES = 2**27  # 128 MB of border terms are kept: 128 slices of 512 × 512

_cache: OrderedDict[bytes, np.ndarray] = OrderedDict()


def weight_map(labels, w0=10.0, sigma=5.0, class_balance=True):
    """Return how much each pixel counts in the loss: class balance plus border term, equation (2).

    labels: whole numbers ``(H, W)``, 0 = background: either instances, 1…n, or a mask of 0 and one other number, such
    as 1 or 255, whose 4-connected components are the cells.
    w0: the border term's largest value, 0 or more. sigma: σ, pixels, more than 0.
    class_balance: True: balance the two classes of this map; False: w_c = 1; or two weights (background, cell), as
    ``class_weights`` computes them for a whole training set.
    Returns float32 ``(H, W)``. Raises TypeError or ValueError for anything else, also for a mask that was blurred by
    JPEG or by interpolation; warns where one number stands for many pieces, as it does in a map of classes.
    """
    labels = _check_labels(labels)
    if class_balance is True:
        balance = class_weights([labels])
    else:
        balance = (1, 1) if class_balance is False else _check_pair(class_balance)
    w_c = np.where(labels > 0, np.float32(balance[1]), np.float32(balance[0]))
    return w_c + border_term(labels, w0, sigma)


def class_weights(labels):
    """Return the weights (background, cell) with which both classes count the same over all label maps together.

    labels: a sequence of label maps or instances, as for ``weight_map``. The mean weight of a pixel is 1: a class that
    holds the share p of all pixels weighs 1 / 2p. With one class only, both weigh 1.
    """
    labels = [_check_labels(one) for one in labels]
    if not labels:
        raise ValueError("class weights of no label map at all; give at least one")
    pixels = sum(one.size for one in labels)
    cell = sum(int(np.count_nonzero(one)) for one in labels)
    if cell in (0, pixels):
        return 1.0, 1.0
    return pixels / (2 * (pixels - cell)), pixels / (2 * cell)


def class_weights_of(labels, num_classes, void=None, power=1.0):
    """Return one weight a class, float64 ``(num_classes,)``, for any number of classes: (1 / share) ** power.

    labels: a sequence of class maps, whole numbers ``(H, W)``, 0 … num_classes - 1. void: a number that marks pixels
    without a label; they count nowhere. power: 1: all classes count the same over all maps together; 1/2: a rare class
    counts more than its pixels, and less than all others; 0: every pixel counts 1. The mean weight of a labelled pixel
    is 1. A class without a pixel weighs 0. With two classes and power 1 these are ``class_weights``.
    Raises ValueError for no map, for other numbers in it, for no labelled pixel, and for a power below 0.
    """
    labels = [np.asarray(one) for one in labels]
    if not labels:
        raise ValueError("class weights of no label map at all; give at least one")
    _check_number(power, "power", least=0)
    pixels = sum(_class_counts(one, num_classes, void) for one in labels)
    if not pixels.any():
        raise ValueError(f"every pixel is {void}, without a label: class weights need labelled ones")
    shares = pixels / pixels.sum()
    weights = np.where(pixels > 0, np.where(pixels > 0, shares, 1) ** -float(power), 0)
    return weights / (weights * shares).sum()


def class_weight_map(classes, instances, weights, void=None, w0=10.0, sigma=5.0):
    """Return how much each pixel counts where there are several classes: its class's weight plus the border term.

    classes: whole numbers ``(H, W)``, 0 = background. instances: numbers of cells ``(H, W)``, as for ``weight_map``;
    the map of classes cannot stand for them, since two cells of one class would share a number. weights: one a class,
    as ``class_weights_of`` computes them. void: a number in `classes` that marks pixels that nobody labelled; they
    weigh 0. A cell of `instances` that lies there holds gaps open all the same.
    Returns float32 ``(H, W)``. Raises ValueError where shapes differ or a class has no weight.
    """
    classes, instances = np.asarray(classes), np.asarray(instances)
    if classes.shape != instances.shape:
        raise ValueError(f"classes and instances have one shape, not {classes.shape} and {instances.shape}")
    weights = np.asarray(weights, np.float32)
    _class_counts(classes, len(weights), void)
    known = np.ones(classes.shape, bool) if void is None else classes != void
    of_class = weights[np.where(known, classes, 0)]
    return np.where(known, of_class + border_term(instances, w0, sigma), 0).astype(np.float32)


def _class_counts(classes, num_classes, void):
    known = classes if void is None else classes[classes != void]
    if known.size and (known.min() < 0 or known.max() >= num_classes):
        found = ", ".join(map(str, np.unique(known)[:8]))
        raise ValueError(
            f"classes are 0 … {num_classes - 1}, but the map holds {found}: for pixels that nobody labelled give their "
            "number as void, or take more classes"
        )
    return np.bincount(known.ravel().astype(int), minlength=num_classes)


def border_term(labels, w0=10.0, sigma=5.0):
    """Return the second term of equation (2), w0 · exp(−(d1 + d2)² / 2σ²), on the background; 0 inside cells.

    Arguments as for ``weight_map``. Returns float32 ``(H, W)``, all 0 where there are fewer than two cells.
    Computed once: for the same content again, the result comes from memory.
    """
    instances = cells_of(labels)
    _check_number(w0, "w0", least=0)
    _check_number(sigma, "sigma", above=0)
    content = blake2b(repr((instances.shape, float(w0), float(sigma))).encode(), digest_size=16)
    content.update(np.ascontiguousarray(instances))
    key = content.digest()
    if key in _cache:
        _cache.move_to_end(key)
        return _cache[key].copy()

    reach = sigma * sqrt(2 * log(max(w0 / NEGLIGIBLE, 1)))  # a second cell beyond it changes nothing
    d1, d2 = two_distances(instances, reach)
    term = np.where(instances == 0, w0 * np.exp(-(((d1 + d2) / sigma) ** 2) / 2), 0).astype(np.float32)
    _cache[key] = term
    while sum(kept.nbytes for kept in _cache.values()) > CACHE_BYTES:
        _cache.popitem(last=False)
    return term.copy()


def two_distances(instances, reach=np.inf):
    """Return d1 and d2: Euclidean distances, pixels, from each pixel to the nearest and the second nearest cell.

    instances: whole numbers ``(H, W)``, 0 = background, 1…n. Distances run between pixel centres: a pixel beside a cell
    has d = 1, one inside has d1 = 0. reach: pixels; distances up to it are exact, larger ones may come out as infinite,
    as they do where there is no such cell.
    Returns two arrays float64 ``(H, W)``, d1 ≤ d2.
    """
    instances = _check_labels(instances)
    numbers, compact = np.unique(instances, return_inverse=True)
    compact = compact.reshape(instances.shape) + int(numbers[0] > 0)  # 0 stays background, also where there is none
    margin = int(min(np.ceil(reach), max(instances.shape)))
    d1, d2 = np.full((2, *instances.shape), np.inf)
    for number, box in enumerate(ndimage.find_objects(compact), start=1):
        # A cell matters in its box and `reach` around: that much of the image is enough.
        near = tuple(slice(max(side.start - margin, 0), side.stop + margin) for side in box)
        d = ndimage.distance_transform_edt(compact[near] != number)
        d2[near] = np.minimum(d2[near], np.maximum(d1[near], d))
        d1[near] = np.minimum(d1[near], d)
    return d1, d2


def parted(instances):
    """Return instances in which no two cells touch, int32 ``(H, W)``: pixels beside another cell become background.

    instances: whole numbers ``(H, W)``, 0 = background, 1…n. Cells that touch, also at a corner, end up two pixels
    apart, each a pixel smaller on that side; a cell that is nothing but such pixels is lost. Without it the border term
    is 0 where cells touch: there is no background between them.
    """
    instances = _check_labels(instances).astype(np.int32)
    highest = ndimage.maximum_filter(instances, 3, mode="nearest")
    lowest = ndimage.minimum_filter(np.where(instances > 0, instances, instances.max()), 3, mode="nearest")
    alone = (highest == instances) & (lowest == instances)
    return np.where(alone, instances, 0)


def cells_of(labels):
    """Return instances int64 ``(H, W)``, 0 = background: `labels`, or the components of a mask of 0 and one number.

    Components are 4-connected: even the thinnest diagonal membrane separates, and cells that meet at a corner are two.
    Raises ValueError and warns as `weight_map` does.
    """
    labels = _check_labels(labels)
    if labels.max() <= 1 or two_valued(labels) is not None:
        return ndimage.label(labels)[0].astype(np.int64)
    check_numbers(labels, "labels")
    return labels.astype(np.int64)


def _check_labels(labels):
    """The labels as an array; raises TypeError or ValueError unless they are whole numbers ≥ 0 of shape (H, W)."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "bui":
        code = f"; convert with `{as_whole(labels, 'labels')}`" if labels.dtype.kind == "f" else ""
        raise TypeError(f"labels are whole numbers, 0 = background, not {labels.dtype}{code}")
    if labels.ndim != 2 or labels.size == 0:
        raise ValueError(f"labels are one map (H, W) of at least one pixel, not an array of shape {labels.shape}")
    if labels.min() < 0:
        raise ValueError(f"labels are 0 = background, 1…n = cells, not {labels.min()}; the nearest legal label is 0")
    return labels


def _check_number(value, name, least=None, above=None):
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} is a number, not {value!r}; the paper's are `w0=10, sigma=5`")
    if not isfinite(value) or (least is not None and value < least) or (above is not None and value <= above):
        rule = f"{least} or more" if above is None else f"more than {above}"
        raise ValueError(f"{name} is finite and {rule}, not {value}; the paper's are `w0=10, sigma=5`")


def _check_pair(pair):
    try:
        background, cell = pair
    except (TypeError, ValueError):
        raise TypeError(
            f"class_balance is True, False or two weights (background, cell), not {pair!r}; see class_weights"
        ) from None
    for value, name in ((background, "the background's class weight"), (cell, "the cells' class weight")):
        _check_number(value, name, least=0)
    return background, cell
