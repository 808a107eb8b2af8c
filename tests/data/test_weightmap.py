"""The weight map against its definition, written out by brute force, and against the values of the formula."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from unet_edu.data import cells, nuclei, weightmap
from unet_edu.data.weightmap import (
    border_term,
    cells_of,
    class_weight_map,
    class_weights,
    class_weights_of,
    parted,
    two_distances,
    weight_map,
)


def two_cells(gap, height=40, width=12):
    """Two cells with straight borders, `gap` pixels of background between them."""
    instances = np.zeros((height, 2 * width + gap), np.int32)
    instances[:, :width] = 1
    instances[:, width + gap :] = 2
    return instances


# ------------------------------------------------------------------------------------------ the formula

# w0 · exp(−(gap + 1)² / 2σ²) with w0 = 10, σ = 5
GAPS = [(1, 9.23), (2, 8.35), (3, 7.26), (5, 4.87), (7, 2.78), (10, 0.89), (15, 0.06), (20, 0.001)]


@pytest.mark.parametrize(("gap", "value"), GAPS)
def test_a_straight_gap_has_one_value_all_over(gap, value):
    term = border_term(two_cells(gap))
    between = term[:, 12 : 12 + gap]
    assert np.ptp(between) < 1e-6
    assert float(between[0, 0]) == pytest.approx(value, abs=0.0006 if gap == 20 else 0.005)


def test_the_distances_across_a_gap():
    d1, d2 = two_distances(two_cells(3))
    assert d1[7, 11:16].tolist() == [0, 1, 2, 1, 0]
    assert d2[7, 11:16].tolist() == [4, 3, 2, 3, 4]


def test_the_second_distance_is_to_another_cell_not_to_another_pixel_of_the_nearest():
    instances = np.zeros((5, 30), int)
    instances[:, [2, 6]] = 1  # one cell in two pieces
    instances[:, 26] = 2
    d1, d2 = two_distances(instances)
    assert (d1[2, 4], d2[2, 4]) == (2, 22)
    assert border_term(instances)[2, 4] < 1e-3


def test_the_border_term_is_for_background_alone():
    instances = two_cells(2)
    assert (border_term(instances)[instances > 0] == 0).all()


def test_w0_and_sigma_are_the_height_and_the_width():
    near, far = two_cells(1), two_cells(9)
    assert border_term(near, w0=20) == pytest.approx(2 * border_term(near), rel=1e-6)
    assert border_term(far, sigma=10)[0, 15] == pytest.approx(border_term(two_cells(4), sigma=5)[0, 13], rel=1e-6)


# ------------------------------------------------------------------------------------------ the definition


def by_definition(instances):
    """d1 and d2 of each pixel, from the distances to all pixels of all cells."""
    points = np.argwhere(np.ones_like(instances))
    distances = [
        np.sqrt(((points[:, None] - np.argwhere(instances == number)) ** 2).sum(2)).min(1)
        for number in np.unique(instances[instances > 0])
    ]
    ranked = np.sort([*distances, np.full(len(points), np.inf), np.full(len(points), np.inf)], axis=0)
    return ranked[0].reshape(instances.shape), ranked[1].reshape(instances.shape)


maps = arrays(
    np.int32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14),
    elements=st.sampled_from([0, 0, 0, 0, 1, 2, 3, 9]),
    fill=st.just(0),
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(maps)
def test_distances_are_exact(instances):
    for found, expected in zip(two_distances(instances), by_definition(instances), strict=True):
        assert np.array_equal(found, expected)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(maps, st.sampled_from([0.4, 1.0, 2.0, 5.0]), st.sampled_from([0.0, 1.0, 10.0]))
def test_the_map_is_the_definition(instances, sigma, w0):
    """With σ = 0.4 only the nearest three pixels matter: what is skipped as far away is skipped rightly."""
    mask = len(np.unique(instances[instances > 0])) == 1  # 0 and one other number, whichever: its pieces are the cells
    d1, d2 = by_definition(ndimage.label(instances)[0] if mask else instances)
    expected = np.where(instances == 0, w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2)), 0)
    assert np.abs(border_term(instances, w0, sigma) - expected).max() < 2e-6
    whole = weight_map(instances, w0, sigma)
    assert whole.dtype == np.float32
    assert whole.shape == instances.shape
    assert np.isfinite(whole).all()
    assert (whole > 0).all()


def test_a_drawn_slice_agrees_with_distances_followed_without_end():
    instances = cells.tissue(160, 3).instances
    d1, d2 = two_distances(instances)
    expected = np.where(instances == 0, 10 * np.exp(-((d1 + d2) ** 2) / 50), 0)
    assert np.abs(border_term(instances) - expected).max() < 2e-6


# ------------------------------------------------------------------------------------------ cells and classes


def test_a_label_of_zeros_and_ones_means_its_components():
    label = np.zeros((9, 9), np.uint8)
    label[:4, :4] = label[4:, 4:] = 1  # they meet at a corner
    assert cells_of(label).max() == 2
    assert np.array_equal(border_term(label), border_term(cells_of(label)))
    assert border_term(label)[3, 4] == pytest.approx(10 * np.exp(-4 / 50), rel=1e-6)
    assert np.array_equal(weight_map(label), weight_map(label.astype(bool)))
    for k in (2, 7, 255):
        assert np.array_equal(weight_map(label * np.uint8(k)), weight_map(label)), "a mask of 0 and any other number"


def test_the_label_of_drawn_cells_gives_the_map_of_their_instances():
    sample = cells.round_cells(200, 1)
    assert np.array_equal(weight_map(sample.label), weight_map(sample.instances))


@pytest.mark.parametrize("label", [np.zeros((20, 30), int), np.ones((20, 30), int), np.eye(1, dtype=int)])
def test_fewer_than_two_cells_have_no_border_term(label):
    assert not border_term(label).any()
    assert (weight_map(label) == 1).all()


def test_one_cell_leaves_the_class_balance():
    label = np.zeros((10, 10), np.uint8)
    label[2:4, 2:7] = 1  # 10 of 100 pixels
    assert np.allclose(weight_map(label), np.where(label > 0, 5, 100 / 180))


def test_both_classes_weigh_the_same_in_all_and_a_pixel_1_on_average():
    label = cells.tissue(128, 2).label
    w_c = weight_map(label, w0=0)
    assert w_c[label == 0].sum() == pytest.approx(w_c[label == 1].sum(), rel=1e-4)
    assert w_c.mean() == pytest.approx(1, rel=1e-4)


def test_classes_are_balanced_over_a_training_set():
    label = np.zeros((4, 5), int)
    label[0] = 1
    background, cell = class_weights([label, np.zeros((4, 5), int), np.ones((2, 5), int)])  # 15 of 50 are cells
    assert (background, cell) == pytest.approx((50 / 70, 50 / 30))
    given_weights = weight_map(label, class_balance=(background, cell))
    assert np.allclose(given_weights, np.where(label > 0, 50 / 30, 50 / 70))


def test_without_balance_the_border_term_stands_on_1():
    instances = two_cells(2)
    assert np.allclose(weight_map(instances, class_balance=False), 1 + border_term(instances))


# ------------------------------------------------------------------------------------------ speed and memory


def test_a_slice_of_a_hundred_cells_takes_far_less_than_a_distance_map_a_cell():
    """A second on two quiet cores would be sixty distance maps; a ratio, since a busy machine slows both alike."""
    instances = cells.tissue(512, 0).instances
    assert instances.max() > 100
    mapping, weighing = [], []
    for _ in range(3):
        weightmap._cache.clear()
        started = time.process_time()
        ndimage.distance_transform_edt(instances == 0)
        between = time.process_time()
        weight_map(instances)
        mapping.append(between - started)
        weighing.append(time.process_time() - between)
    assert min(weighing) / min(mapping) < 30, (weighing, mapping)


def test_the_same_slice_again_is_not_computed_again(monkeypatch):
    instances = cells.tissue(128, 0).instances
    weightmap._cache.clear()
    first = weight_map(instances)
    monkeypatch.setattr(weightmap.ndimage, "distance_transform_edt", None)
    assert np.array_equal(first, weight_map(instances.copy()))


def test_what_the_caller_does_to_a_map_stays_with_the_caller():
    instances = two_cells(4)
    weightmap._cache.clear()
    first = border_term(instances)
    expected = first.copy()
    first[:] = -1
    again = border_term(instances)
    assert np.array_equal(again, expected)
    again[:] = -1
    assert np.array_equal(border_term(instances), expected)


def test_another_question_gets_another_answer():
    """Not the remembered one: what is remembered belongs to one content, one shape, one w0 and one sigma."""
    instances = two_cells(4, height=14, width=12)  # 14 × 28
    questions = [
        (instances, 10, 5),
        (instances, 20, 5),
        (instances, 10, 6),
        (instances.T, 10, 5),
        (instances.reshape(28, 14), 10, 5),
        (np.where(np.arange(28) == 12, 1, instances), 10, 5),
    ]
    answers = [border_term(*question) for question in questions]
    assert len({(answer.shape, answer.tobytes()) for answer in answers}) == len(questions)
    weightmap._cache.clear()
    assert np.array_equal(border_term(*questions[-1]), answers[-1])


def test_memory_is_bounded(monkeypatch):
    weightmap._cache.clear()
    monkeypatch.setattr(weightmap, "CACHE_BYTES", 3 * 4 * 100)
    for size in range(5):
        border_term(np.eye(10, k=size, dtype=int))
    assert len(weightmap._cache) == 3


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: weight_map(np.zeros((4, 4))), TypeError, "whole numbers.*float64"),
        (lambda: weight_map(np.zeros((1, 4, 4), int)), ValueError, r"\(H, W\).*\(1, 4, 4\)"),
        (lambda: weight_map(np.zeros((0, 4), int)), ValueError, "at least one pixel"),
        (lambda: weight_map(np.full((4, 4), -1)), ValueError, "nearest legal label is 0"),
        (lambda: weight_map(np.eye(4, dtype=int), sigma=0), ValueError, "sigma is finite and more than 0, not 0"),
        (lambda: weight_map(np.eye(4, dtype=int), sigma=float("nan")), ValueError, "sigma is finite"),
        (lambda: weight_map(np.eye(4, dtype=int), w0=-1), ValueError, "w0 is finite and 0 or more"),
        (lambda: weight_map(np.eye(4, dtype=int), w0="10"), TypeError, "w0 is a number"),
        (lambda: weight_map(np.eye(4, dtype=int), class_balance=(1, 2, 3)), TypeError, "class_balance is True, False"),
        (lambda: weight_map(np.eye(4, dtype=int), class_balance=(1, -2)), ValueError, "class weight is finite and 0"),
        (lambda: class_weights([]), ValueError, "at least one"),
    ],
)
def test_errors_say_what_is_wrong(call, error, says):
    with pytest.raises(error, match=says):
        call()


# ------------------------------------------------------------------------------------------ cells that touch


def test_cells_that_touch_are_parted_by_two_pixels():
    row = np.array([[1, 1, 1, 2, 2, 2, 0, 3, 3, 0]] * 4)
    assert parted(row).tolist() == [[1, 1, 0, 0, 2, 2, 0, 3, 3, 0]] * 4
    corner = np.zeros((6, 6), int)
    corner[:3, :3], corner[3:, 3:] = 1, 2
    assert np.argwhere(parted(corner) != corner).tolist() == [[2, 2], [3, 3]]
    assert parted(np.array([[1, 2, 1]])).tolist() == [[0, 0, 0]]
    assert parted(row).dtype == np.int32


def test_parted_cells_do_not_touch_and_nothing_else_changes():
    for sample in nuclei.load("stained", "train", whole=False):
        found = parted(sample.instances)
        assert np.array_equal(parted(found), found)
        assert np.array_equal(found[found > 0], sample.instances[found > 0])
        touching = [
            (sample.instances != np.roll(sample.instances, (down, right), (0, 1)))
            & (np.roll(sample.instances, (down, right), (0, 1)) > 0)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
        ]
        lost = (sample.instances > 0) & (found == 0)
        inner = np.s_[1:-1, 1:-1]  # where np.roll does not come around
        assert np.array_equal(lost[inner], (np.any(touching, axis=0) & (sample.instances > 0))[inner])


def test_without_a_gap_touching_cells_have_no_border_term():
    row = np.array([[1] * 10 + [2] * 10] * 10)
    assert border_term(row).max() == 0
    assert border_term(parted(row)).max() == pytest.approx(10 * np.exp(-9 / 50), rel=1e-6)


# --- several classes, and pixels without a label -----------------------------------------------------


def test_weights_of_several_classes_make_all_count_the_same():
    one, other = np.zeros((10, 10), int), np.zeros((10, 10), int)
    one[:3], one[3:4] = 1, 2
    other[:1] = 1
    weights = class_weights_of([one, other], 3)
    shares = np.array([150, 40, 10]) / 200
    assert weights == pytest.approx(1 / (3 * shares))
    assert (weights * shares).sum() == pytest.approx(1)
    roots = class_weights_of([one, other], 3, power=0.5)
    assert roots[2] / roots[0] == pytest.approx(np.sqrt(15))
    assert (roots * shares).sum() == pytest.approx(1)
    assert class_weights_of([one], 3, power=0) == pytest.approx([1, 1, 1])


def test_with_two_classes_they_are_the_paper_s_balance():
    label = cells.tissue(96, 0).label
    assert class_weights_of([label], 2) == pytest.approx(class_weights([label]))


def test_a_class_without_a_pixel_weighs_nothing_and_void_counts_nowhere():
    label = np.zeros((4, 4), int)
    label[0] = 1
    assert class_weights_of([label], 3) == pytest.approx([2 / 3, 2, 0])
    label[1:3] = 255
    assert class_weights_of([label], 3, void=255) == pytest.approx([1, 1, 0])


def two_kinds():
    """Return classes and numbers of a row of cells: one of class 1, two of class 2, gaps of 2 pixels."""
    numbers = np.tile(np.repeat([1, 0, 2, 0, 3], [4, 2, 4, 2, 4]), (5, 1))
    return np.array([0, 1, 2, 2])[numbers], numbers


def test_the_border_term_of_several_classes_goes_by_numbers():
    classes, numbers = two_kinds()
    weights = np.array([0.5, 1.0, 3.0])
    found = class_weight_map(classes, numbers, weights)
    assert found == pytest.approx(weights[classes] + border_term(numbers))
    assert found[:, 4:6] == pytest.approx(found[:, 10:12])  # the same gap, whatever the classes beside it


def test_a_map_of_classes_in_place_of_numbers_loses_the_gap_between_two_of_one_class():
    classes, numbers = two_kinds()
    right, wrong = border_term(numbers), border_term(classes)
    assert right[2, 10:12].min() > 8  # a gap of two pixels: 10 exp(-9/50)
    assert wrong[2, 10:12].max() < 3  # the second nearest is class 1, beyond the whole cell
    assert wrong[2, 4:6] == pytest.approx(right[2, 4:6])


def test_pixels_without_a_label_weigh_nothing():
    classes, numbers = two_kinds()
    partial = classes.copy()
    partial[:, 8:] = 255
    found = class_weight_map(partial, numbers, [1, 1, 1], void=255)
    assert (found[:, 8:] == 0).all()
    assert found[:, :8] == pytest.approx(class_weight_map(classes, numbers, [1, 1, 1])[:, :8])
    # as a cell of its own, the unlabelled part would open a gap that nobody saw
    spoilt = np.where(partial == 255, 4, np.where(numbers == 1, 1, 0))
    assert border_term(spoilt)[2, 6] > border_term(np.where(numbers == 1, 1, 0))[2, 6] + 3


def test_wrong_classes():
    classes, numbers = two_kinds()
    with pytest.raises(ValueError, match="classes are 0 … 1, but the map holds 0, 1, 2"):
        class_weight_map(classes, numbers, [1, 1])
    with pytest.raises(ValueError, match="one shape"):
        class_weight_map(classes, numbers[1:], [1, 1, 1])
    with pytest.raises(ValueError, match="at least one"):
        class_weights_of([], 2)
    with pytest.raises(ValueError, match="every pixel is 255"):
        class_weights_of([np.full((2, 2), 255)], 2, void=255)
    with pytest.raises(ValueError, match="power"):
        class_weights_of([classes], 3, power=-1)
