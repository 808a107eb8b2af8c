"""How good is a segmentation? Scores and errors, each of which punishes something else and forgives the rest.

    iou, dice, pixel_error     pixel by pixel: one hole in a membrane is one pixel
    v_rand, v_info             cell by cell: one hole in a membrane makes one cell of two
    rand_error                 cell by cell, and broad borders count as well
    warping_error              after bending the truth towards the proposal: splits and mergers, which no bending mends
    instances                  a module of its own: numbered cells, matched one to one; each counts the same
    calibration                a module of its own: whether probabilities are frequencies

V_Rand and V_Info, the final measures of the ISBI 2012 challenge, at each threshold 0.0, 0.1 … 1.0; the best counts:

    label        ──► 4-connected regions ─────────────► true cells ──┐
                                                                     ├──► overlap, inside true cells ──► split, merge
    probability > threshold ──► watershed: 1-px borders ──► segments ┘

Labels are 1 inside a cell, 0 on membrane. All values are those of the challenge's own code, a plugin of Fiji, but for
V_Info where there is one true cell (`info_parts`); what the challenge did not have carries another name. The challenge:
Arganda-Carreras et al., Crowdsourcing the creation of image segmentation algorithms for connectomics, Frontiers in
Neuroanatomy 9:142 (2015).
"""

from dataclasses import dataclass
from itertools import accumulate
from math import fsum, log
from typing import NamedTuple

import numpy as np

from unet_edu.greys import bit_depth
from unet_edu.labels import BLURRED, TOPS, as_whole, blurred, check_numbers, check_sharp, two_valued
from unet_edu.thinning import regions, thin
from unet_edu.warping import bend, splits_and_mergers

# Those of the challenge. Its code adds 0.1 ten times in double precision, so the last is 0.9999999999999999: a pixel of
# exactly 1 is above all of them.
THRESHOLDS = tuple(accumulate([0.0] + [0.1] * 10))
FIRST_THRESHOLDS = THRESHOLDS[:10]  # those of its first three measures
SCORER = "challenge"  # in records: scores are by this module, held against the challenge's own code

# ------------------------------------------------------------------------------------------ pixel by pixel


def share_of_wrong_pixels(label, proposal, threshold=None):
    """Return the share of pixels whose class is wrong: 0 (perfect) to 1.

    Punishes every wrong pixel alike: a border drawn one pixel too broad everywhere costs much. Forgives what matters
    most: a hole of one pixel in a membrane joins two cells and costs one pixel. The challenge's `pixel_error` is
    another number.
    label, proposal: whole numbers ``(H, W)`` or a stack ``(S, H, W)``, any classes; 255 beside nothing but 0 is white
    in a mask. threshold: where it is given, the proposal is a probability of cell instead, and cut there. Raises
    TypeError or ValueError, also for a mask that was blurred by JPEG or interpolation, and for one beside classes.
    """
    if threshold is not None:
        label = _cells(label, "label")
        proposal = _cut(label, proposal, threshold)
    label, proposal = _class_maps(label, proposal)
    return float(np.mean(label != proposal))


def iou(label, proposal, cls=None):
    """Return intersection over union of one class (the Jaccard index): 0 to 1 (perfect).

    Punishes missed and invented pixels relative to the size of the class: for a rare class each pixel weighs more.
    Forgives merged and split cells, as all pixel measures do. IoU = Dice / (2 - Dice): both rank alike.
    label, proposal: whole numbers ``(H, W)`` or ``(S, H, W)``; 255 beside nothing but 0 is white in a mask. cls: the
    class; None: 1, or the number that both maps hold besides 0. Raises TypeError for other kinds of array, ValueError
    for shapes that differ, where neither map holds the class (then it is 0/0), for masks that were blurred by JPEG or
    interpolation, and for maps that do not belong together.
    Source: Jaccard 1912; for segmentation Everingham et al., The PASCAL VOC challenge, IJCV 88 (2010).
    """
    both, either = _class_overlap(label, proposal, cls)
    return both / either


def dice(label, proposal, cls=None):
    """Return the Dice coefficient of one class, twice the intersection over the sum of sizes: 0 to 1 (perfect).

    The F-score of the pixels: harmonic mean of precision and recall. Punishes and forgives what `iou` does, a large
    overlap more kindly. Arguments and errors as in `iou`. Source: Dice, Ecology 26 (1945).
    """
    both, either = _class_overlap(label, proposal, cls)
    return 2 * both / (both + either)


# ------------------------------------------------------------------------------------------ cell by cell


class Parts(NamedTuple):
    """How well segments agree with true cells. All from 0 to 1 (perfect).

    split: low where true cells are cut in pieces. merge: low where segments hold several true cells.
    score: what is ranked, from both.
    """

    score: float
    split: float
    merge: float


@dataclass(frozen=True)
class Curve:
    """Scores at each threshold; `score`, `threshold`, `split` and `merge` are those of the best, the first if several.

    thresholds, scores, splits, merges: one float for each threshold; scores as in `Parts`.
    """

    thresholds: tuple
    scores: tuple
    splits: tuple
    merges: tuple

    @property
    def best(self):
        """Position of the best threshold."""
        return self.scores.index(max(self.scores))

    @property
    def score(self):
        """The best score, 0 to 1: the one that counts."""
        return self.scores[self.best]

    @property
    def threshold(self):
        """The threshold that gives it."""
        return self.thresholds[self.best]

    @property
    def split(self):
        """How free of splits it is there, 0 to 1."""
        return self.splits[self.best]

    @property
    def merge(self):
        """How free of mergers it is there, 0 to 1."""
        return self.merges[self.best]


class ChallengeScores(NamedTuple):
    """Both curves of the challenge, from one watershed a threshold."""

    v_rand: Curve
    v_info: Curve


def challenge_scores(label, probability, thresholds=THRESHOLDS, thinning=True):
    """Return V_Rand and V_Info at each threshold (``ChallengeScores``), as the ISBI 2012 challenge scores.

    label: truth, 0 or 1, ``(H, W)`` or a stack ``(S, H, W)``; true cells are its 4-connected regions.
    probability: of being inside a cell, in [0, 1], same shape (``predict(...)[1]``); a map of 0 and 1 will do. It is
    rounded to float32, as in the files that the challenge took.
    thresholds: in [0, 1]. A pixel is taken for a cell where its probability is above the threshold, compared in double
    precision. Nothing is above 1.0; the challenge's last threshold is a little less (`THRESHOLDS`).
    thinning: whether `thin` makes all borders one pixel wide first, as the challenge's final measures have it.
    A stack has one threshold for all slices; its scores and their parts are the means of the slices'.

    Raises TypeError or ValueError for other shapes and values, NaN, and a truth without any cell.
    Source: `rand_parts`, `info_parts`; the behaviour of Fiji's plugin Trainable_Segmentation as the organisers call it
    for "the final official metrics" (imagej.net, "Segmentation evaluation after border thinning - Script").
    """
    thresholds = _levels(thresholds)
    rand, info = [], []
    for overlaps in _overlaps(label, probability, thresholds, thinning):
        rand.append(_mean(_rand([one]) for one in overlaps))
        info.append(_mean(_info(one) for one in overlaps))
    return ChallengeScores(_curve(thresholds, rand), _curve(thresholds, info))


def v_rand(label, probability, thresholds=THRESHOLDS, thinning=True):
    """Return V_Rand at each threshold (``Curve``); ``.score`` is the challenge's number, 0 to 1 (perfect).

    Punishes merged and split cells by the number of pixel pairs that change sides: by the square of the size, so that
    one merger of two large cells outweighs many small ones. Forgives where exactly a border runs, how broad it is
    (with thinning), and all that happens outside true cells. Arguments, errors and source: `challenge_scores`.
    """
    return challenge_scores(label, probability, thresholds, thinning).v_rand


def v_info(label, probability, thresholds=THRESHOLDS, thinning=True):
    """Return V_Info at each threshold (``Curve``); ``.score`` is the challenge's number, 0 to 1 (perfect).

    Punishes merged and split cells by the information they cost, about in proportion to their size: small cells weigh
    more than in V_Rand. Forgives what V_Rand does. Arguments, errors and source: `challenge_scores`.
    """
    return challenge_scores(label, probability, thresholds, thinning).v_info


def pooled_v_rand(label, probability, thresholds=THRESHOLDS, thinning=True):
    """Return V_Rand of a stack with the pixel pairs of all slices counted together (``Curve``), 0 to 1 (perfect).

    A slice of large cells then weighs more than one of small cells; the challenge's `v_rand` takes the mean of the
    slices. For one slice both are the same. Arguments and errors as in `challenge_scores`.
    """
    thresholds = _levels(thresholds)
    return _curve(thresholds, [_rand(overlaps) for overlaps in _overlaps(label, probability, thresholds, thinning)])


def rand_parts(truth, segments):
    """Return how well segments agree with true cells, by pairs of pixels (``Parts``).

    split: of the pixel pairs in one true cell, the share in one segment. merge: of the pairs in one segment, the share
    in one true cell. score = Σp² / (½ Σs² + ½ Σt²), their harmonic mean, with p, s and t the shares of pixels in each
    overlap, segment and true cell; a pixel also pairs with itself. Only pixels of true cells count; those that are
    border in the proposal are segments of one pixel.
    truth, segments: whole numbers of one shape; 0 = border, any other number = a cell; which number plays no part.
    Raises TypeError or ValueError, also for a blurred mask; warns where one number stands for many pieces, as it does
    in a mask or a map of classes. Source: Arganda-Carreras et al. 2015, V^Rand with α = ½.
    """
    return _rand([overlap(*_numbered(truth, segments))])


def info_parts(truth, segments):
    """Return how well segments agree with true cells, by information (``Parts``).

    split: of the information in a pixel's segment, the share about its true cell, I/H(S). merge: of the information
    about its true cell, the share that its segment holds, I/H(T). score = 2I / (H(S) + H(T)), their harmonic mean,
    with I the mutual information and H the entropies. Pixels and arguments as in `rand_parts`.
    Where H is 0, nothing can be split (or merged) and the part is 1. Here the package differs from the challenge's code
    on purpose: for a truth of one cell, found as one segment, that gives 0, as if it were the worst of all.
    Source: Arganda-Carreras et al. 2015, V^Info.
    """
    return _info(overlap(*_numbered(truth, segments)))


def v_rand_with_hole(label):
    """Return what V_Rand would be if one membrane pixel of a perfect proposal were missing, float64 ``(H, W)``.

    The proposal is the truth itself with borders one pixel wide (`thin`), which scores 1. Each border pixel holds what
    the score would be with this pixel called a cell: it then joins the segments that meet there. NaN elsewhere.
    Joined cells of s and t pixels leave 1 / (1 + st / Σ sizes²): a hole costs by the product of what it joins.
    label: truth, 0 or 1, ``(H, W)``. Raises TypeError or ValueError, also for a truth without any cell.
    """
    label = _cells(label, "label")
    if label.ndim != 2:
        raise ValueError(f"label is one slice (H, W), not {label.shape}")
    if not label.any():
        raise ValueError("label has no cell: no pixel is 1, so there is nothing to score")
    sizes = np.bincount(regions(label).ravel()).astype(float)
    sizes[0] = 0
    segments = thin(label)
    border = segments == 0
    padded = np.pad(segments, 1)
    beside = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    around = np.sort(np.stack([side[border] for side in beside]), axis=0)
    joined = sizes[np.where(np.diff(around, axis=0, prepend=-1) > 0, around, 0)]  # each segment once
    products = (joined.sum(axis=0) ** 2 - (joined**2).sum(axis=0)) / 2
    result = np.full(label.shape, np.nan)
    result[border] = 1 / (1 + products / np.sum(sizes**2))
    return result


class Overlap(NamedTuple):
    """Pixels of true cells, counted. Arrays of whole numbers, in no particular order.

    both: for each true cell and segment that meet. truth: for each true cell. segments: for each segment, inside true
    cells. singles: how many pixels of true cells are border in the proposal.
    """

    both: np.ndarray
    truth: np.ndarray
    segments: np.ndarray
    singles: int


def overlap(truth, segments):
    """Return the ``Overlap`` of true cells and segments; arguments and errors as in `rand_parts`."""
    truth, segments = _two_maps(truth, segments, ("truth", "segments"))
    if max(truth.max(), segments.max()) >= 2**31:
        raise ValueError(f"cells are numbered up to {2**31 - 1}; number them anew")
    inside = truth > 0
    if not inside.any():
        raise ValueError("truth has no cell: every pixel is 0, so there is nothing to score; leave it out")
    cell, segment = truth[inside].astype(np.int64), segments[inside].astype(np.int64)
    found = segment > 0
    pairs = (cell[found] << 32) + segment[found]
    return Overlap(_sizes(pairs), _sizes(cell), _sizes(segment[found]), int(np.sum(~found)))


# ------------------------------------------------------------------------------------------ the first three errors


def pixel_error(label, probability, threshold=0.5):
    """Return the challenge's pixel error, 1 - F-score of the class cell: 0 (perfect) to 1.

    That is 1 - `dice`. Punishes wrong pixels beside the pixels of cell: where cells are large, a missing membrane is
    cheap. Forgives what `share_of_wrong_pixels` does.
    label: 0 or 1, ``(H, W)`` or a stack ``(S, H, W)``, whose pixels are counted together. probability: of cell, in
    [0, 1], or 0 and 1. threshold: cell is what is above it. Errors as in `challenge_scores`.
    Source: one of the challenge's first three measures, at the best of ten thresholds (`lowest_error`). Its page names
    a second reading, "or squared Euclidean distance", which for maps of 0 and 1 is the share of wrong pixels.
    """
    label = _cells(label, "label")
    _cells_in(label)
    return 1 - dice(label, _cut(label, probability, threshold))


def rand_error(label, probability, threshold=0.5):
    """Return 1 - V_Rand of a proposal as it is, borders not thinned: 0 (perfect) to 1.

    Punishes merged and split cells, and broad borders too: each border pixel inside a true cell is a segment of its
    own. For that the challenge gave it up. Forgives all that happens outside true cells.
    Arguments and errors as in `pixel_error`; the pairs of all slices of a stack are counted together.
    Source: the challenge's first foreground-restricted Rand error. The U-Net paper's Table 1 prints the one at the best
    threshold: `lowest_error`.
    What Rand counted (1971), the share of pixel pairs on which two segmentations disagree, is another number; and
    ``skimage.metrics.adapted_rand_error`` takes all border pixels of the proposal for one segment.
    """
    return 1 - pooled_v_rand(label, probability, (threshold,), thinning=False).score


def warping_error(label, probability, threshold=0.5):
    """Return the challenge's warping error: the share of pixels that split or merge cells, 0 (perfect) to 1.

    The truth is bent towards the proposal as far as its topology allows (`warp`), and of what is still wrong only
    splits and mergers are counted: "minimum splits and mergers". Punishes a gap in a membrane by the length that is
    missing, a false border across a cell by one pixel. Forgives any width of a border, a shift of about its width, and
    also holes, specks, lost and invented cells: a proposal that is membrane everywhere may have no error at all.
    Arguments and errors as in `pixel_error`. Source: `warp`, `unet_edu.warping.splits_and_mergers`.
    """
    return _after_bending(label, probability, threshold, splits_and_mergers)


def classic_warping_error(label, probability, threshold=0.5):
    """Return the share of pixels that stay wrong when the truth bends towards the proposal: 0 (perfect) to 1.

    Punishes all changes of topology: what `warping_error` does, a missing cell by one pixel, and an invented cell or
    hole by its area. Forgives any width of a border, and a shift of about its width at most: only wrong pixels bend, so
    the old place and the new one must meet. A line of one pixel may stand one pixel off; at two it counts as missing
    here and invented there. Arguments and errors as in `pixel_error`. `warp` bends.
    Source: Jain et al., Boundary learning by optimization with topological constraints, CVPR 2010.
    """
    return _after_bending(label, probability, threshold, np.not_equal)


def warp(label, probability, threshold=0.5):
    """Return the truth, bent towards the proposal without a change of topology: uint8 like label.

    One pixel after another takes the proposal's value if that joins, cuts, makes and removes neither cell nor hole
    (a simple point; cells are 4-connected, membrane is 8-connected, and so is what lies outside of the image), until
    none can. Where it still differs from the proposal, the proposal has another topology. Jain et al. ask for the best
    of all such deformations; this is a greedy one, in the challenge's order: the pixel whose probability is furthest
    from the threshold first, of equals the leftmost, then the uppermost. So a map of 0 and 1 is bent to in another
    order at another threshold. Arguments and errors as in `pixel_error`.
    """
    label = _cells(label, "label")
    probability = _probability(probability, label.shape)
    (threshold,) = _levels(threshold)
    certainty = np.abs(probability - threshold).astype(np.float32)
    maps = label, probability > threshold, certainty
    return bend(*maps) if label.ndim == 2 else np.stack([bend(*one) for one in zip(*maps, strict=True)])


def _after_bending(label, probability, threshold, wrong):
    """Share of pixels that are wrong by a rule, a function of (bent label, proposal)."""
    bent, proposal = warp(label, probability, threshold), _cut(_cells(label, "label"), probability, threshold)
    if bent.ndim == 2:
        return float(np.mean(wrong(bent, proposal)))
    return float(np.mean([wrong(*maps) for maps in zip(bent, proposal, strict=True)]))


# ------------------------------------------------------------------------------------------ thresholds


@dataclass(frozen=True)
class ErrorCurve:
    """Errors at each threshold; `error` and `threshold` are those of the lowest error."""

    thresholds: tuple
    errors: tuple

    @property
    def error(self):
        """The lowest error: the one that counts."""
        return min(self.errors)

    @property
    def threshold(self):
        """The (first) threshold that gives it."""
        return self.thresholds[self.errors.index(self.error)]


def lowest_error(error, label, probability, thresholds=FIRST_THRESHOLDS):
    """Return an error at each threshold (``ErrorCurve``), as the challenge scored at first: the lowest counts.

    error: `pixel_error`, `rand_error`, `warping_error`, `classic_warping_error`, `share_of_wrong_pixels` or any
    function of (label, probability, threshold).
    label, probability: as in `challenge_scores`, with the same errors. thresholds: in [0, 1]; the challenge's first
    measures had ten, 0.0, 0.1 … 0.9.
    """
    label = _cells(label, "label")
    probability = _probability(probability, label.shape)
    thresholds = _levels(thresholds)
    return ErrorCurve(thresholds, tuple(error(label, probability, threshold) for threshold in thresholds))


# ------------------------------------------------------------------------------------------ sums


def _overlaps(label, probability, thresholds, thinning):
    """Yield for each threshold the overlaps of the slices."""
    label = _cells(label, "label")
    probability = _probability(probability, label.shape)
    _cells_in(label)
    slices = label.reshape(-1, *label.shape[-2:])
    proposals = probability.reshape(slices.shape)
    truths = [regions(cells) for cells in slices]
    segment = thin if thinning else regions
    for threshold in thresholds:
        yield [overlap(truth, segment(one > threshold)) for truth, one in zip(truths, proposals, strict=True)]


def _rand(overlaps):
    """V_Rand and its parts, pairs of several overlaps counted together: whole numbers, so that perfect is exactly 1."""
    both = sum(int(np.sum(o.both**2)) + o.singles for o in overlaps)
    in_cells = sum(int(np.sum(o.truth**2)) for o in overlaps)
    in_segments = sum(int(np.sum(o.segments**2)) + o.singles for o in overlaps)
    return Parts(2 * both / (in_cells + in_segments), both / in_cells, both / in_segments)


def _info(counted):
    """V_Info and its parts, of one overlap."""
    n = int(np.sum(counted.truth))
    of_cells = _entropy(counted.truth, 0, n)
    of_segments = _entropy(counted.segments, counted.singles, n)
    mutual = of_cells + of_segments - _entropy(counted.both, counted.singles, n)
    split, merge, score = (
        min(max(mutual / known, 0.0), 1.0) if known > 0 else 1.0
        for known in (of_segments, of_cells, (of_cells + of_segments) / 2)
    )
    return Parts(score, split, merge)


def _entropy(sizes, singles, n):
    """Entropy in nats of parts of so many pixels each and so many single ones; the order of parts changes no bit."""
    return fsum(sizes / n * np.log(n / sizes)) + singles / n * log(n)


def _sizes(numbers):
    return np.unique(numbers, return_counts=True)[1]


def _mean(parts):
    return Parts(*np.mean(list(parts), axis=0).tolist())


def _curve(thresholds, parts):
    return Curve(thresholds, *(tuple(values) for values in zip(*parts, strict=True)))


def _class_overlap(label, proposal, cls):
    """Pixels of a class in both maps, and in either."""
    tops = {two_valued(_whole(label, "label")), two_valued(_whole(proposal, "proposal"))} & set(TOPS)
    label, proposal = _class_maps(label, proposal)
    if cls is None:
        cls = _only_class(label, proposal)
    elif cls in tops:
        cls = 1
    both = int(np.sum((label == cls) & (proposal == cls)))
    either = int(np.sum((label == cls) | (proposal == cls)))
    if either == 0:
        found = ", ".join(map(str, np.union1d(label, proposal)[:8]))
        raise ValueError(f"neither label nor proposal holds class {cls!r}: 0/0; the classes here are {found}")
    return both, either


# ------------------------------------------------------------------------------------------ mistakes


def _whole(array, name):
    """Any map of whole numbers, 0 or larger, as an array; raises TypeError or ValueError."""
    array = np.asarray(array)
    if array.dtype == bool:
        array = array.astype(np.uint8)
    if array.dtype.kind not in "iu":
        code = f"; make one of it with `{as_whole(array, name)}`" if array.dtype.kind == "f" else ""
        raise TypeError(f"{name} holds whole numbers, not {array.dtype}{code}")
    if array.ndim not in (2, 3) or array.size == 0:
        raise ValueError(f"{name} is (H, W) or a stack (S, H, W) with at least one pixel, not {array.shape}")
    if array.min() < 0:
        raise ValueError(f"{name} is 0 or larger, not {array.min()}")
    return array


def _cells_in(label):
    """Raise ValueError where a slice has no cell."""
    for number, cells in enumerate(label.reshape(-1, *label.shape[-2:])):
        if not cells.any():
            where = "label" if label.ndim == 2 else f"slice {number} of label"
            raise ValueError(f"{where} has no cell: no pixel is 1, so there is nothing to score; leave it out")


def _cells(array, name):
    """A map of 0 and 1 as uint8."""
    array = _whole(array, name)
    if array.max() > 1:
        k, hint = two_valued(array), f"`({name} > 0).astype('uint8')`"
        if k in TOPS:
            hint = f"`{name} // {k}`"
        elif blurred(array):
            hint = f"{BLURRED} `({name} > {array.max() // 2}).astype('uint8')`"
        elif k is None:
            hint = (
                f"numbered cells, which may touch, are scored by `rand_parts({name}, thin(probability > 0.5))`, and "
                f"one of several classes by `({name} == 1).astype('uint8')`"
            )
        raise ValueError(f"{name} is 1 inside a cell and 0 elsewhere, but holds {array.max()}; {hint}")
    return array.astype(np.uint8)


def _class_maps(label, proposal):
    """Two maps of classes; masks of 0 and 255 as maps of 0 and 1."""
    label, proposal = _two_maps(label, proposal)
    check_sharp(label, "label")
    check_sharp(proposal, "proposal")
    white = [two_valued(one) in TOPS for one in (label, proposal)]
    if not any(white):
        return label, proposal
    for is_white, one, name, other in (
        (white[0], label, "label", "proposal"),
        (white[1], proposal, "proposal", "label"),
    ):
        if not is_white and one.max() > 1:
            found = ", ".join(map(str, np.unique(one)[:8]))
            raise ValueError(
                f"{other} is a mask of 0 and white, but {name} holds {found}: they do not belong together; where "
                f"everything but 0 is cell, take `({name} > 0).astype('uint8')`"
            )
    return (label > 0).astype(np.uint8), (proposal > 0).astype(np.uint8)


def _only_class(label, proposal):
    """The class to be scored where none is named: 1, or the only number that masks hold besides 0."""
    numbers = [two_valued(one) for one in (label, proposal)]
    known = {number for number, one in zip(numbers, (label, proposal), strict=True) if number or one.any()}
    if None in known or not known:
        return 1
    if len(known) > 1:
        raise ValueError(
            f"label holds 0 and {numbers[0]}, proposal 0 and {numbers[1]}: as classes, name the one that is scored, "
            f"`cls={numbers[0]}`; as masks take `(label > 0).astype('uint8')` and `(proposal > 0).astype('uint8')`"
        )
    return known.pop()


def _two_maps(label, proposal, names=("label", "proposal")):
    label, proposal = _whole(label, names[0]), _whole(proposal, names[1])
    _same_shape(label, proposal, names[1], names[0])
    return label, proposal


def _numbered(truth, segments):
    """Two maps of numbered cells, after a look whether they can be that."""
    truth, segments = _two_maps(truth, segments, ("truth", "segments"))
    check_numbers(truth, "truth")
    check_numbers(segments, "segments")
    return truth, segments


def _same_shape(label, proposal, name, label_name="label"):
    if proposal.shape == label.shape:
        return
    hint = ""
    if proposal.ndim == 3 and proposal.shape[1:] == label.shape:
        hint = f"; of (num_classes, H, W) take one class, for example `{name}[1]`"
    raise ValueError(f"{name} has the shape of {label_name}, {label.shape}, not {proposal.shape}{hint}")


def _probability(array, shape):
    """A map of numbers in [0, 1], float64, each that of a float32: the challenge took 32-bit images."""
    array = np.asarray(array)
    if array.dtype == bool:
        array = array.astype(np.uint8)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"probability holds numbers in [0, 1], not {array.dtype}")
    _same_shape(np.empty(shape, bool), array, "probability")
    if np.isnan(array).any():
        raise ValueError(f"probability is NaN at {int(np.isnan(array).sum())} pixels; the network has diverged")
    if array.min() < 0 or array.max() > 1:
        whole = array.min() >= 0 and (array == np.rint(array)).all()
        hint = "take the softmax of logits"
        if whole:
            bits = bit_depth(int(array.max()))
            hint = f"divide an {bits}-bit image by {2**bits - 1}, `probability / {2**bits - 1}`"
        raise ValueError(f"probability lies in [0, 1], not in [{array.min()}, {array.max()}]; {hint}")
    return array.astype(np.float32).astype(np.float64)


def _cut(label, probability, threshold):
    """A probability as a map of 0 and 1."""
    (threshold,) = _levels(threshold)
    return (_probability(probability, label.shape) > threshold).astype(np.uint8)


def _levels(thresholds):
    levels = tuple(float(threshold) for threshold in np.atleast_1d(thresholds))
    if not levels or not all(0 <= level <= 1 for level in levels):
        raise ValueError(f"thresholds are one or more numbers in [0, 1], not {levels}; the default is 0.0, 0.1 … 1.0")
    return levels
