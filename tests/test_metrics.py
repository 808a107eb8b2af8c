"""Metrics: hand-made cases, scikit-image where it counts the same, laws that hold for all segmentations."""

import itertools
import time

import numpy as np
import pytest
import scorerkit
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage
from skimage.metrics import adapted_rand_error, contingency_table, variation_of_information
from skimage.segmentation import watershed

from unet_edu import metrics
from unet_edu.data import cells, isbi2012
from unet_edu.metrics import instances

BELOW_ONE = metrics.THRESHOLDS[:-1]
EIGHT = np.ones((3, 3), int)
every = settings(derandomize=True, deadline=None, max_examples=60)

sides = arrays.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=12)
maps = arrays.arrays(np.uint8, sides, elements=st.integers(0, 1))
partitions = sides.flatmap(
    lambda shape: st.tuples(*[arrays.arrays(np.int32, shape, elements=st.integers(1, 5))] * 2)  # no border anywhere
)
segmentations = sides.flatmap(
    lambda shape: st.tuples(*[arrays.arrays(np.int32, shape, elements=st.integers(0, 4))] * 2)  # 0 = border
)
pairs_of_maps = sides.flatmap(
    lambda shape: st.tuples(*[arrays.arrays(np.uint8, shape, elements=st.integers(0, 1))] * 2)
)


def grid(border):
    """4 × 4 cells on 200 × 200 pixels, with borders of so many pixels around rows and columns 50, 100, 150."""
    cells_ = np.ones((200, 200), np.uint8)
    for middle in (50, 100, 150):
        start = middle - border // 2
        cells_[start : start + border] = 0
        cells_[:, start : start + border] = 0
    return cells_


def pixels(*rows):
    """A map from rows of "#" (cell) and "." (membrane)."""
    return np.array([[pixel == "#" for pixel in row] for row in rows]).astype(np.uint8)


# ------------------------------------------------------------------------------------------ what the book shows


@pytest.mark.parametrize(
    ("border", "pixel", "skimage", "unthinned"),
    [(1, 0, 1, 1), (5, 0.115, 0.793, 0.876), (11, 0.273, 0.433, 0.685)],
)
def test_broad_borders_cost_pixels_but_no_cell(border, pixel, skimage, unthinned):
    """Reference values."""
    truth, proposal = grid(1), grid(border)
    assert metrics.share_of_wrong_pixels(truth, proposal) == pytest.approx(pixel, abs=5e-4)
    apart = adapted_rand_error(metrics.regions(truth), metrics.regions(proposal), ignore_labels=(0,))[0]
    assert 1 - apart == pytest.approx(skimage, abs=5e-4)
    assert 1 - metrics.rand_error(truth, proposal) == pytest.approx(unthinned, abs=5e-4)
    assert metrics.v_rand(truth, proposal).score == 1
    assert metrics.v_info(truth, proposal).score == 1
    assert metrics.warping_error(truth, proposal) == metrics.classic_warping_error(truth, proposal) == 0


def test_a_hole_of_one_pixel_costs_two_cells():
    """Reference values: the smallest pixel error there is, and V_Rand falls to .939."""
    truth = grid(1)
    proposal = truth.copy()
    proposal[50, 25] = 1
    assert metrics.share_of_wrong_pixels(truth, proposal) == 0.000025
    curve = metrics.v_rand(truth, proposal)
    assert curve.score == pytest.approx(0.939, abs=5e-4)
    assert curve.split == 1
    assert curve.merge == pytest.approx(0.8849, abs=5e-5)
    assert metrics.v_info(truth, proposal).merge < 1
    assert metrics.warping_error(truth, proposal) == metrics.classic_warping_error(truth, proposal) == 0.000025


# ------------------------------------------------------------------------------------------ the challenge's program


def test_small_pairs_score_as_the_challenges_program_scores_them():
    """All 300, to nine digits. V_Info where there is one true cell is ours, see below."""
    for number, (label, prediction, _, told) in enumerate(scorerkit.pairs()):
        rand, info = metrics.challenge_scores(label, prediction, thresholds=(0.5,))
        assert (rand.score, rand.split, rand.merge) == pytest.approx(
            (told["v_rand"], told["split"], told["merge"]), abs=1e-9
        ), number
        if metrics.regions(label).max() > 1:
            assert info.score == pytest.approx(told["v_info"], abs=1e-9), number
        assert metrics.rand_error(label, prediction) == pytest.approx(1 - told["not_thinned"], abs=1e-9), number
        assert metrics.share_of_wrong_pixels(label, prediction) * label.size == told["wrong"], number
        assert round(metrics.classic_warping_error(label, prediction) * label.size, 9) == told["classic"], number
        assert round(metrics.warping_error(label, prediction) * label.size, 9) == told["splits_and_mergers"], number


def test_small_stacks_score_as_the_challenges_program_scores_them():
    """Probabilities of 8 bits, several on a threshold; of some the last threshold is the best."""
    wins = 0
    for number, (label, probability, told) in enumerate(scorerkit.stacks()):
        rand, info = metrics.challenge_scores(label, probability)
        wins += rand.best == 10
        assert (rand.score, info.score) == pytest.approx((told["v_rand"], told["v_info"]), abs=1e-9), number
        for error in (metrics.pixel_error, metrics.rand_error, metrics.warping_error):
            found = metrics.lowest_error(error, label, probability).error
            assert found == pytest.approx(told[error.__name__], abs=1e-9), (number, error.__name__)
        pooled = metrics.pooled_v_rand(label, probability, (0.2, 0.4, 0.6))
        classic = metrics.lowest_error(metrics.classic_warping_error, label, probability, (0.2, 0.4, 0.6))
        assert metrics.v_rand(label, probability, (0.2, 0.4, 0.6)).scores == pytest.approx(told["v_rand_at"], abs=1e-9)
        assert pooled.scores == pytest.approx(told["pooled_v_rand_at"], abs=1e-9), number
        assert classic.errors == pytest.approx(told["classic_warping_error_at"], abs=1e-9), number
    assert wins >= 3


@pytest.mark.skipif(isbi2012.find() is None, reason="needs the real slices")
@pytest.mark.parametrize("name", scorerkit.values()["slices"])
def test_real_slices_score_as_the_challenges_program_scores_them(name):
    label, probability, told = scorerkit.slice_cases(isbi2012.load("train"))[name]

    def errors(error):
        return metrics.lowest_error(error, label, probability, metrics.THRESHOLDS).errors

    rand, info = metrics.challenge_scores(label, probability)
    assert rand.scores == pytest.approx(told["vrand_macro"], abs=1e-9)
    assert info.scores == pytest.approx(told["vinfo"], abs=1e-9)
    assert errors(metrics.rand_error) == pytest.approx(1 - np.array(told["rand_f_nothin"]), abs=1e-9)
    assert errors(metrics.share_of_wrong_pixels) == pytest.approx(told["pixel_error"], abs=1e-9)
    assert errors(metrics.pixel_error) == pytest.approx(1 - np.array(told["pixel_f"]), abs=1e-9)
    if "warping" in told:
        assert errors(metrics.classic_warping_error) == pytest.approx(told["warping"], abs=1e-9)


WALL = np.ones((12, 12), np.uint8)  # two cells
WALL[:, 6] = 0


@pytest.mark.parametrize(("column", "rand", "info"), [(5, 1, 1), (7, 0.921150, 0.752450)])
def test_in_a_wall_of_two_pixels_the_right_one_is_the_dam(column, rand, info):
    prediction = WALL.copy()
    prediction[:, column] = 0
    found = metrics.challenge_scores(WALL, prediction)
    assert (found.v_rand.score, found.v_info.score) == pytest.approx((rand, info), abs=5e-7)


def test_at_the_last_threshold_pixels_of_1_are_cells():
    curve = metrics.v_rand(WALL, np.where(WALL, 1.0, 0.95))
    assert (curve.score, curve.best, curve.threshold) == (1, 10, 0.9999999999999999)
    assert max(curve.scores[:10]) == pytest.approx(0.670330, abs=5e-7)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_probabilities_of_32_bits_are_compared_in_64(kind):
    """The float32 of 0.2 is above 0.2; a float64 is rounded to float32 first, as the file would."""
    curve = metrics.v_rand(WALL, np.where(WALL, 0.2, 0.15).astype(kind))
    assert (curve.score, curve.threshold) == (1, 0.2)


def test_a_stack_scores_the_mean_of_its_slices():
    small = np.zeros((12, 12), np.uint8)
    small[1:5, 1:3] = small[1:5, 4:6] = 1
    joined = small.copy()
    joined[1:5, 3] = 1
    label, prediction = np.stack([WALL, small]), np.stack([WALL, joined])
    assert metrics.v_rand(label, prediction).score == pytest.approx(0.833333, abs=5e-7)
    assert metrics.pooled_v_rand(label, prediction).score == pytest.approx(0.992870, abs=5e-7)


def test_v_info_of_one_true_cell_is_ours():
    """The program gives 0 there, even to the truth itself."""
    told = [case for case in scorerkit.pairs() if metrics.regions(case[0]).max() == 1]
    assert told
    assert [case[3]["v_info"] for case in told] == pytest.approx([0] * len(told), abs=1e-12)
    assert metrics.v_info(np.ones((4, 4), np.uint8), np.ones((4, 4))).score == 1


def test_membrane_everywhere_neither_splits_nor_merges():
    assert metrics.warping_error(WALL, 0 * WALL) == 0
    assert metrics.classic_warping_error(WALL, 0 * WALL) == 2 / 144, "two cells are lost"


# ------------------------------------------------------------------------------------------ pixels


def test_pixel_measures_by_hand():
    truth = pixels("##..", "##..")
    proposal = pixels(".###", ".#..")
    assert metrics.share_of_wrong_pixels(truth, proposal) == 4 / 8
    assert metrics.pixel_error(truth, proposal) == 1 - 4 / 8
    assert metrics.iou(truth, proposal) == 2 / 6
    assert metrics.dice(truth, proposal) == 2 * 2 / (4 + 4)
    assert metrics.iou(truth, proposal, cls=0) == 2 / 6


def test_pixel_measures_take_many_classes():
    truth, proposal = np.array([[0, 1, 2, 20]]), np.array([[0, 2, 2, 20]])
    assert metrics.share_of_wrong_pixels(truth, proposal) == 0.25
    assert [metrics.iou(truth, proposal, cls) for cls in (0, 1, 2, 20)] == [1, 0, 0.5, 1]


@every
@given(pairs_of_maps)
def test_iou_and_dice_tell_the_same(maps_):
    assume(np.any(maps_))
    iou, dice = metrics.iou(*maps_), metrics.dice(*maps_)
    assert 0 <= iou <= dice <= 1
    assert iou == pytest.approx(dice / (2 - dice))
    assert iou == metrics.iou(*maps_[::-1])
    assert 0 <= metrics.share_of_wrong_pixels(*maps_) <= 1
    if np.any(maps_[0]):
        assert metrics.pixel_error(*maps_) == 1 - dice


# ------------------------------------------------------------------------------------------ cells: by hand


TWO_CELLS = np.array([[1, 1, 1, 1, 0, 2, 2, 2, 2]])


@pytest.mark.parametrize(
    ("segments", "rand", "info"),
    [
        # Σp², Σt² and Σs² in pixels: 32 of 32 and 32; nothing is lost
        ([[5, 5, 5, 5, 0, 3, 3, 3, 3]], (1, 1, 1), (1, 1, 1)),
        ([[300, 300, 300, 300, 0, 44, 44, 44, 44]], (1, 1, 1), (1, 1, 1)),
        # merged, border and all: 32 of 32 and 64; the one segment tells nothing
        ([[1, 1, 1, 1, 1, 1, 1, 1, 1]], (64 / 96, 1, 1 / 2), (0, 1, 0)),
        # halved: 16 of 32 and 16; H(S) = 2 bits, H(T) = I = 1 bit
        ([[1, 1, 2, 2, 0, 3, 3, 4, 4]], (32 / 48, 1 / 2, 1), (2 / 3, 1 / 2, 1)),
        # one pixel of a cell is border: 9 + 1 + 16 of 32 and 26
        ([[1, 1, 1, 0, 0, 2, 2, 2, 2]], (52 / 58, 26 / 32, 1), None),
        # nothing but border: 8 of 32 and 8; H(S) = 3 bits
        ([[0, 0, 0, 0, 1, 0, 0, 0, 0]], (16 / 40, 1 / 4, 1), (2 / 4, 1 / 3, 1)),
    ],
)
def test_split_and_merge_by_hand(segments, rand, info):
    assert metrics.rand_parts(TWO_CELLS, np.array(segments)) == pytest.approx(rand)
    if info:
        assert metrics.info_parts(TWO_CELLS, np.array(segments)) == pytest.approx(info)


def test_one_true_cell():
    """Nothing can be merged where there is one cell."""
    one = np.ones((2, 4), int)
    assert metrics.info_parts(one, one) == (1, 1, 1)
    assert metrics.info_parts(one, np.array([[1, 1, 2, 2]] * 2)) == (0, 0, 1)


def test_thresholds_by_hand():
    """The border has 0.5 at its gap: at thresholds below, two cells are one; from 0.9 on the second cell is missed."""
    label = pixels("##.##", "##.##")
    probability = np.array([[0.9, 0.9, 0.2, 0.8, 0.8], [0.9, 0.9, 0.5, 0.8, 0.8]])
    curve = metrics.v_rand(label, probability)
    merged = 64 / 96
    assert curve.thresholds == metrics.THRESHOLDS == tuple(scorerkit.values()["thresholds"])
    assert curve.scores == pytest.approx((merged,) * 5 + (1,) * 4 + (merged,) * 2)  # a lone cell grows over the image
    assert (curve.score, curve.threshold, curve.split, curve.merge) == (1, 0.5, 1, 1)
    assert curve.merges == pytest.approx((0.5,) * 5 + (1,) * 4 + (0.5,) * 2)
    unthinned = metrics.v_rand(label, probability, thresholds=(0.85,), thinning=False)
    assert unthinned.score == pytest.approx(2 * (16 + 4) / (32 + 20))


def test_no_cell_found_is_one_segment_when_thinned():
    """The inverted map is flat: one basin."""
    label = pixels("##.##")
    parts = metrics.v_rand(label, np.zeros(label.shape))
    assert (parts.split, parts.merge) == (1, 0.5)
    assert metrics.v_rand(label, np.zeros(label.shape), thinning=False).merge == 1


def test_only_true_cells_count():
    label = pixels("##...##")
    for proposal in (pixels("##...##"), pixels("##.#.##"), pixels("###.###")):
        assert metrics.v_rand(label, proposal, thinning=False).score == 1


def test_a_stack_has_one_threshold():
    """Each slice has a perfect threshold of its own, but both have none. The scores are means of the slices'."""
    label = np.stack([pixels("##.##"), pixels("####.####"[2:7])])
    low, high = label * 0.3, label * 0.1 + 0.5
    probability = np.stack([low[0], high[1]])
    curves = metrics.challenge_scores(label, probability)
    assert [metrics.v_rand(*one).score for one in zip(label, probability, strict=True)] == [1, 1]
    assert curves.v_rand.score == pytest.approx((1 + 2 * 8 / (8 + 16)) / 2)
    assert (curves.v_rand.split, curves.v_rand.merge) == (1, 0.75)
    assert metrics.pooled_v_rand(label, probability).score == pytest.approx(2 * (8 + 8) / (16 + 8 + 16))
    assert curves.v_info.score == 0.5
    assert metrics.v_rand(label[:1], probability[:1]) == metrics.v_rand(label[0], probability[0])
    assert metrics.pooled_v_rand(label[0], probability[0]) == metrics.v_rand(label[0], probability[0])


# ------------------------------------------------------------------------------------------ cells: scikit-image


def alone(truth, segments):
    """The segments, with a number of its own for each border pixel: what scikit-image needs to count as we do."""
    return np.where(segments > 0, segments, 1000 + np.arange(segments.size).reshape(segments.shape))


@every
@given(segmentations)
def test_rand_is_that_of_scikit_image_but_for_pixels_paired_with_themselves(pair):
    truth, segments = pair
    assume(np.any(truth))
    own = alone(truth, segments)
    n = np.sum(truth > 0)
    table = contingency_table(truth, own, ignore_labels=(0,), normalize=False, sparse_type="array")
    both = table.data @ table.data
    score, split, merge = metrics.rand_parts(truth, segments)
    assert score == pytest.approx(2 * both / (both / split + both / merge))
    if both > n:
        error, split_pairs, merge_pairs = adapted_rand_error(truth, own, ignore_labels=(0,))
        assert merge_pairs == pytest.approx((both - n) / (both / merge - n))
        assert split_pairs == pytest.approx((both - n) / (both / split - n))
        assert 1 - error == pytest.approx((both - n) / ((both / merge + both / split) / 2 - n))


@every
@given(segmentations)
def test_info_is_that_of_scikit_image(pair):
    truth, segments = pair
    assume(len(np.unique(truth[truth > 0])) > 1)
    own = alone(truth, segments)
    splits, mergers = variation_of_information(truth, own, ignore_labels=(0,))  # H(S|T), H(T|S)
    of_cells = sum(variation_of_information(truth, np.ones_like(truth), ignore_labels=(0,)))  # H(T)
    mutual = of_cells - mergers
    score, split, merge = metrics.info_parts(truth, segments)
    assert merge == pytest.approx(mutual / of_cells, abs=1e-9)
    assert split == pytest.approx(mutual / (mutual + splits) if mutual + splits > 1e-9 else 1, abs=1e-9)
    assert score == pytest.approx(2 * mutual / (of_cells + mutual + splits), abs=1e-9)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(segmentations.filter(lambda pair: np.any(pair[0])))
def test_rand_counts_pairs(pair):
    """All pairs of pixels, one by one, each pixel with itself too."""
    inside = [(t, s) for t, s in zip(pair[0].ravel(), pair[1].ravel(), strict=True) if t > 0]
    together = [0, 0, 0]
    for (i, (t, s)), (j, (u, v)) in itertools.product(enumerate(inside), repeat=2):
        same = np.array([t == u, i == j or s == v > 0])
        together += np.array([same.all(), *same])
    both, in_cells, in_segments = together
    assert metrics.rand_parts(*pair) == pytest.approx(
        (2 * both / (in_cells + in_segments), both / in_cells, both / in_segments)
    )


# ------------------------------------------------------------------------------------------ cells: laws


parts_of = pytest.mark.parametrize("parts", [metrics.rand_parts, metrics.info_parts])


@parts_of
@every
@given(segmentations.filter(lambda pair: np.any(pair[0])))
def test_parts_are_between_0_and_1(parts, pair):
    score, split, merge = parts(*pair)
    assert 0 <= min(split, merge) <= score + 1e-12
    assert score <= max(split, merge) + 1e-12 <= 1 + 1e-12
    assert max(score, split, merge) <= 1
    if split + merge > 0:
        assert score == pytest.approx(2 * split * merge / (split + merge), abs=1e-9)


@parts_of
@every
@given(segmentations.filter(lambda pair: np.any(pair[0])), st.permutations(range(1, 5)), st.permutations([7, 1, 90, 4]))
def test_numbers_of_cells_play_no_part(parts, pair, new_truth, new_segments):
    truth, segments = pair
    renumbered = np.array([0, *new_truth])[truth], np.array([0, *new_segments])[segments]
    assert parts(*renumbered) == parts(truth, segments)


@parts_of
@every
@given(partitions)
def test_truth_and_proposal_change_places_as_split_and_merge_do(parts, pair):
    """Where neither has borders. With borders they do not: those of the truth are left out, the proposal's count."""
    score, split, merge = parts(*pair)
    assert parts(*pair[::-1]) == pytest.approx((score, merge, split))


@parts_of
@every
@given(partitions)
def test_cutting_cells_is_no_merger_and_joining_them_no_split(parts, pair):
    truth, other = pair
    pieces = truth * 10 + other
    assert parts(truth, pieces).merge == pytest.approx(1)
    assert parts(pieces, truth).split == pytest.approx(1)


@parts_of
@every
@given(segmentations.filter(lambda pair: np.any(pair[0])))
def test_truth_against_itself_is_perfect(parts, pair):
    assert parts(pair[0], pair[0]) == (1, 1, 1)


@every
@given(maps.filter(np.any))
def test_a_hole_costs_what_the_challenge_would_take(label):
    found = metrics.v_rand_with_hole(label)
    segments = metrics.thin(label)
    assert np.array_equal(np.isnan(found), segments > 0)
    for place in zip(*np.nonzero(segments == 0), strict=True):
        proposal = (segments > 0).astype(np.uint8)
        proposal[place] = 1
        told = metrics.rand_parts(metrics.regions(label), metrics.regions(proposal)).score
        assert found[place] == pytest.approx(told, abs=1e-12)


def test_a_hole_by_hand():
    label = grid(1)[1:, 1:]  # sixteen cells of 49 × 49 pixels
    found = metrics.v_rand_with_hole(label)
    assert found[20, 49] == 16 / 17
    assert found[49, 49] == 1, "beside a crossing are borders only"
    with pytest.raises(ValueError, match="one slice"):
        metrics.v_rand_with_hole(label[None])
    with pytest.raises(ValueError, match="no cell"):
        metrics.v_rand_with_hole(0 * label)


@every
@given(maps.filter(np.any), st.integers(0, 3))
def test_the_truth_is_perfect_whatever_its_borders(label, broader):
    """Borders of any width, drawn by hand or at random, in all cells that are left of the label."""
    label = ndimage.binary_erosion(label, iterations=broader) if broader else label
    assume(np.any(label))
    for curve in metrics.challenge_scores(label, label):
        assert curve.scores[:-1] == (1,) * len(BELOW_ONE)
    assert metrics.rand_error(label, label) == 0


@every
@given(pairs_of_maps)
def test_challenge_scores_are_between_0_and_1(maps_):
    assume(np.any(maps_[0]))
    for thinning in (True, False):
        for curve in metrics.challenge_scores(*maps_, thresholds=(0.5,), thinning=thinning):
            assert 0 <= curve.score <= 1
            assert 0 <= curve.split <= 1
            assert 0 <= curve.merge <= 1


@every
@given(maps)
def test_thin_keeps_cells_apart_and_in_place(cells_):
    """As many segments as regions, each grown around its region, none touching another."""
    segments, found = metrics.thin(cells_), metrics.regions(cells_)
    if not np.any(cells_):
        assert np.all(segments == 1)
        return
    assert np.array_equal(segments[found > 0], found[found > 0])
    assert np.array_equal(metrics.regions(segments > 0) > 0, segments > 0)
    assert metrics.regions(segments > 0).max() == found.max()
    for one, next_one in ((segments[1:], segments[:-1]), (segments[:, 1:], segments[:, :-1])):
        assert not np.any((one != next_one) & (one > 0) & (next_one > 0))


def test_thin_borders_are_one_pixel_wide():
    assert np.array_equal(metrics.thin(grid(11)) == 0, grid(1) == 0)
    loose_end = pixels("#####", "#..##", "#####")
    assert np.all(metrics.thin(loose_end) == 1)


def test_thin_is_the_watershed_of_scikit_image_but_for_ties():
    sample = cells.tissue(256, 0)
    truth = metrics.regions(sample.label)
    blur = ndimage.gaussian_filter(sample.label.astype(float), 2)
    blur += ndimage.gaussian_filter(np.random.default_rng(0).normal(0, 0.8, blur.shape), 2)
    for threshold in (0.5, 0.7, 0.8):
        found = blur > threshold
        flooded = watershed(~found, markers=metrics.regions(found), connectivity=1, watershed_line=True)
        segments = metrics.thin(found)
        assert np.mean((segments != flooded) & (segments > 0) & (flooded > 0)) < 1e-3
        assert np.mean(segments == 0) == pytest.approx(np.mean(flooded == 0), rel=0.01)
        assert metrics.rand_parts(truth, segments) == pytest.approx(metrics.rand_parts(truth, flooded), abs=5e-4)
        assert metrics.info_parts(truth, segments) == pytest.approx(metrics.info_parts(truth, flooded), abs=5e-4)


# ------------------------------------------------------------------------------------------ warping


@pytest.mark.parametrize(
    ("truth", "proposal", "wrong"),
    [
        # the border moves and broadens: free
        (("##.##", "##.##"), ("#.###", "#.###"), 0),
        (("##.##", "##.##"), ("#...#", "#...#"), 0),
        # but a line of one pixel bends one pixel far: at two it is missing here and invented there
        (("##.####", "##.####"), ("####.##", "####.##"), 3),
        # a gap costs the length that is missing
        (("##.##", "##.##", "##.##"), ("##.##", "#####", "##.##"), 1),
        (("##.##", "##.##", "##.##"), ("#####", "#####", "#####"), 3),
        # a false border costs one pixel, however long
        (("#####", "#####", "#####"), ("##.##", "##.##", "##.##"), 1),
        # a missing cell costs one pixel, however large
        (("###..", "###..", "....."), (".....", ".....", "....."), 1),
        # an invented cell and an invented hole cost all their pixels
        ((".....", ".....", "....."), (".....", ".###.", "....."), 3),
        (("#####", "#####", "#####"), ("#####", "#..##", "#####"), 2),
        # two corners of cells that touch are two cells
        (("#.", ".#"), ("##", ".#"), 1),
    ],
)
def test_classic_warping_error_by_hand(truth, proposal, wrong):
    truth, proposal = pixels(*truth), pixels(*proposal)
    assert metrics.classic_warping_error(truth, proposal) == wrong / truth.size


def topology(cells_):
    """Number of cells, 4-connected, and of membranes, 8-connected, the outside of the image being one of them."""
    around = np.pad(cells_, 1)
    return metrics.regions(around).max(), ndimage.label(around == 0, EIGHT)[1]


@every
@given(pairs_of_maps)
def test_warping_keeps_the_topology(maps_):
    label, proposal = maps_
    bent = metrics.warp(label, proposal)
    assert topology(bent) == topology(label)
    assert np.all((bent == label) | (bent == proposal))
    left = metrics.classic_warping_error(label, proposal)
    assert metrics.warping_error(label, proposal) <= left <= metrics.share_of_wrong_pixels(label, proposal)
    if topology(label) != topology(proposal):
        assert left > 0
    assert metrics.classic_warping_error(label, label) == 0


def deformations(label):
    """All maps that simple points, one after another, make of a label; by counting regions."""
    reached, new = {label.tobytes()}, [label]
    while new:
        cells_ = new.pop()
        for place in np.ndindex(cells_.shape):
            other = cells_.copy()
            other[place] ^= 1
            if other.tobytes() not in reached and topology(other) == topology(cells_):
                reached.add(other.tobytes())
                new.append(other)
    return [np.frombuffer(cells_, np.uint8).reshape(label.shape) for cells_ in reached]


def test_warping_is_close_to_the_best_of_all_deformations():
    """On images so small that all deformations can be tried, greed is never below the best and mostly as good."""
    rng = np.random.default_rng(0)
    greedy, best = [], []
    for _ in range(12):
        label, proposal = rng.integers(0, 2, (2, 3, 3), dtype=np.uint8)
        greedy.append(np.sum(metrics.warp(label, proposal) != proposal))
        best.append(min(np.sum(cells_ != proposal) for cells_ in deformations(label)))
    assert np.all(np.array(greedy) >= best)
    assert np.mean(np.array(greedy) == best) > 0.6


def test_warping_a_stack_is_warping_slices():
    stack = np.stack([pixels("##.##"), pixels("#####")])
    proposal = np.stack([pixels("#.###"), pixels("##.##")])
    assert metrics.warping_error(stack, proposal) == 1 / 10
    assert metrics.warp(stack, proposal).dtype == np.uint8


def test_lowest_error_over_thresholds():
    label = pixels("##.##")
    curve = metrics.lowest_error(metrics.share_of_wrong_pixels, label, np.array([[0.9, 0.35, 0.25, 0.9, 0.9]]))
    assert (curve.error, curve.threshold) == (0, metrics.THRESHOLDS[3])
    assert curve.errors[0] == 1 / 5
    assert curve.errors[-1] == 4 / 5
    assert curve.thresholds == metrics.THRESHOLDS[:10], "the challenge's first measures had ten"
    assert (
        metrics.lowest_error(lambda label, probability, threshold: threshold, label, label, (0.5, 0.25)).error == 0.25
    )


# ------------------------------------------------------------------------------------------ size and speed


def test_a_threshold_of_a_slice_takes_no_longer_than_sorting_its_pixels_a_few_times():
    """A seventh of a second on two quiet cores is six of them; a ratio, since a busy machine slows both alike."""
    sample = cells.tissue(512, 0)
    blur = ndimage.gaussian_filter(sample.label.astype(float), 2)
    noise = np.random.default_rng(0).normal(0, 0.1, blur.shape)
    numbers = np.random.default_rng(1).random(blur.size)
    sorting, scoring = [], []
    for _ in range(3):
        start = time.process_time()  # the processor's time: other programs do not count
        np.argsort(numbers, kind="stable")
        between = time.process_time()
        curve = metrics.v_rand(sample.label, np.clip(blur + noise, 0, 1))
        sorting.append(between - start)
        scoring.append((time.process_time() - between) / len(curve.thresholds))
    assert min(scoring) / min(sorting) < 6, (scoring, sorting)


def test_large_numbers_of_cells_and_pixels_do_not_overflow():
    truth = np.ones((2048, 2048), np.int32) * (2**31 - 1)
    segments = truth - np.arange(2048, dtype=np.int32) % 2
    assert metrics.rand_parts(truth, segments) == pytest.approx((2 / 3, 1 / 2, 1))


# ------------------------------------------------------------------------------------------ mistakes


LABEL = pixels("##.##", "##.##")
HALF = np.full(LABEL.shape, 0.5)


@pytest.mark.parametrize("score", [metrics.v_rand, metrics.v_info, metrics.challenge_scores])
@pytest.mark.parametrize(
    ("label", "probability", "error", "says"),
    [
        (LABEL * 0, HALF, ValueError, "label has no cell"),
        (LABEL * 255, HALF, ValueError, "label // 255"),
        (LABEL * 3, HALF, ValueError, r"label > 0"),
        (LABEL / 1.0, HALF, TypeError, "label holds whole numbers, not float64"),
        (LABEL[0], HALF[0], ValueError, r"\(H, W\) or a stack"),
        (LABEL[:0], HALF[:0], ValueError, "at least one pixel"),
        (LABEL, HALF[:1], ValueError, r"shape of label, \(2, 5\), not \(1, 5\)"),
        (LABEL, np.stack([HALF, HALF]), ValueError, r"probability\[1\]"),
        (LABEL, HALF * np.nan, ValueError, "NaN at 10 pixels"),
        (LABEL, HALF * 3, ValueError, r"not in \[1\.5, 1\.5\]"),
        (LABEL, HALF - 1, ValueError, "softmax"),
        (LABEL, LABEL * 255, ValueError, "divide an 8-bit image by 255"),
        (LABEL, HALF * 1j, TypeError, "not complex128"),
        (np.stack([LABEL, LABEL * 0]), np.stack([HALF, HALF]), ValueError, "slice 1 of label has no cell"),
    ],
)
def test_wrong_maps_are_refused(score, label, probability, error, says):
    with pytest.raises(error, match=says):
        score(label, probability)


@pytest.mark.parametrize("thresholds", [(), (0.5, 1.1), (-0.1,), (np.nan,)])
def test_wrong_thresholds_are_refused(thresholds):
    with pytest.raises(ValueError, match=r"thresholds are one or more numbers in \[0, 1\]"):
        metrics.v_rand(LABEL, HALF, thresholds)


@pytest.mark.parametrize("measure", [metrics.share_of_wrong_pixels, metrics.iou, metrics.dice])
def test_maps_of_other_kinds_are_refused(measure):
    with pytest.raises(TypeError, match=r"proposal holds whole numbers, not float64; .*> 0\.5"):
        measure(LABEL, HALF)
    with pytest.raises(ValueError, match="shape of label"):
        measure(LABEL, LABEL[:1])
    with pytest.raises(ValueError, match="0 or larger, not -1"):
        measure(LABEL, LABEL.astype(int) - 1)


@pytest.mark.parametrize(
    "error",
    [metrics.pixel_error, metrics.rand_error, metrics.warping_error, metrics.classic_warping_error, metrics.warp],
)
def test_errors_take_a_probability_or_a_map_of_0_and_1(error):
    with pytest.raises(ValueError, match="divide an 8-bit image by 255"):
        error(LABEL, LABEL * 255)
    with pytest.raises(ValueError, match="label // 255"):
        error(LABEL * 255, LABEL)
    with pytest.raises(ValueError, match="shape of label"):
        error(LABEL, LABEL[:1])
    with pytest.raises(TypeError, match="not complex128"):
        error(LABEL, HALF * 1j)
    with pytest.raises(ValueError, match="thresholds are one or more numbers"):
        error(LABEL, LABEL, threshold=1.5)
    above, below = error(LABEL, HALF, threshold=0.4), error(LABEL, HALF, threshold=0.6)
    assert np.array_equal(above, error(LABEL, LABEL | 1))
    assert np.array_equal(below, error(LABEL, LABEL * 0))


@pytest.mark.parametrize("error", [metrics.pixel_error, metrics.rand_error])
def test_errors_by_pixels_and_pairs_need_a_cell(error):
    with pytest.raises(ValueError, match="slice 1 of label has no cell"):
        error(np.stack([LABEL, LABEL * 0]), np.stack([LABEL, LABEL]))


@pytest.mark.parametrize("measure", [metrics.iou, metrics.dice])
def test_a_class_that_is_nowhere_has_no_score(measure):
    with pytest.raises(ValueError, match="class 7: 0/0; the classes here are 0, 1"):
        measure(LABEL, LABEL, cls=7)


@pytest.mark.parametrize(("label", "proposal"), [(255, 1), (1, 255), (255, 255), (65535, 1), (255, 65535)])
def test_white_is_a_mask_in_any_file(label, proposal):
    maps_ = LABEL.astype(np.uint16) * label, LABEL.astype(np.uint16) * proposal
    assert metrics.iou(*maps_) == metrics.dice(*maps_) == metrics.iou(*maps_, cls=1) == metrics.iou(*maps_, cls=0) == 1
    assert metrics.share_of_wrong_pixels(*maps_) == 0
    half = maps_[0], np.where(np.arange(5) < 1, maps_[1], 0)
    assert metrics.iou(*half) == metrics.iou(LABEL, half[1] > 0)
    assert metrics.share_of_wrong_pixels(*half) == metrics.share_of_wrong_pixels(LABEL, half[1] > 0) > 0


def test_masks_of_one_other_number():
    assert metrics.iou(LABEL * 7, LABEL * 7) == metrics.dice(LABEL * 7, LABEL * 7) == 1
    assert metrics.iou(LABEL * 7, LABEL * 0) == 0
    assert metrics.iou(LABEL * 7, LABEL, cls=7) == 0, "a class that is named is that class"


@pytest.mark.parametrize("measure", [metrics.rand_parts, metrics.info_parts, instances.match])
def test_a_mask_in_place_of_numbers_is_noticed(measure, recwarn):
    numbers = metrics.regions(grid(1)[1:, 1:])
    measure(numbers, numbers)
    assert not recwarn.list
    with pytest.warns(UserWarning, match="truth holds 1 number in 16 separate pieces"):
        measure((numbers > 0) * 255, numbers)
    with pytest.warns(UserWarning, match="2 numbers in 16 separate pieces"):
        measure(numbers, np.where(numbers > 0, 1 + numbers % 2, 0))


@pytest.mark.parametrize("parts", [metrics.rand_parts, metrics.info_parts])
def test_parts_need_a_cell_and_small_numbers(parts):
    with pytest.raises(ValueError, match="truth has no cell"):
        parts(LABEL * 0, LABEL)
    with pytest.raises(ValueError, match="segments has the shape of truth"):
        parts(LABEL, LABEL[:1])
    with pytest.raises(ValueError, match="numbered up to 2147483647"):
        parts(LABEL, LABEL.astype(np.int64) * 2**31)


def test_bool_maps_and_tensors_will_do():
    torch = pytest.importorskip("torch")
    assert metrics.v_rand(LABEL > 0, LABEL > 0).score == 1
    assert metrics.iou(LABEL > 0, LABEL) == 1
    assert metrics.v_rand(torch.as_tensor(LABEL), torch.as_tensor(LABEL).float()).score == 1
