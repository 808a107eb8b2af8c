"""unet_edu.plots.prediction: what cutting changes, against networks that run and against counting by hand."""

import functools

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from plotkit import PALETTE, colours, pictures, words

from unet_edu import arithmetic, checkpoints
from unet_edu.data import example
from unet_edu.metrics import v_rand
from unet_edu.models import PaddedUNet
from unet_edu.plots import prediction
from unet_edu.plots.style import DOWN, SKIP, UP
from unet_edu.predict import pass_bytes

DARK_ON_IMAGES = "#101418"  # rims and boxes on a micrograph


@functools.cache
def costs():
    return prediction.tile_costs(512)


def test_only_colours_of_the_palette():
    plan = arithmetic.tile_plan((300, 417), tile_sizes=[316])[0]
    figures = [
        prediction.mirrored_row()[0],
        prediction.plan_on_image(np.ones((300, 417)), plan),
        prediction.comb(windows(33))[0],
        prediction.zero_seams(*seams())[0],
        costs()[0],
    ]
    assert set().union(*map(colours, figures)) <= PALETTE | {DARK_ON_IMAGES}


# --- three ways to cut --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three_cuts():
    torch.set_num_threads(1)
    net = checkpoints.load("unet8-cells").to(memory_format=torch.channels_last)
    padded = PaddedUNet(base_width=8).eval()
    padded.load_state_dict(net.state_dict())
    image = example(size=512).image
    return net, padded, image, prediction.three_cuts(net, padded, image)


def test_the_plan_on_the_grid_leaves_no_trace(three_cuts):
    *_, (fig, facts) = three_cuts
    assert facts["largest_c"] < 1e-4 < 0.05 < min(facts["largest_a"], facts["largest_b"])
    assert [axes.get_title() for axes in fig.axes] == ["the image", "A", "B", "C"]


def test_the_squares_are_those_of_a_padded_network(three_cuts):
    """One of them, cut by hand."""
    net, padded, image, (fig, facts) = three_cuts
    mean, std = net.normalisation
    with torch.inference_mode():
        whole, part = (padded(torch.tensor((seen - mean) / std)[None, None].float()).softmax(1)[0, 1].numpy()
                       for seen in (image, image[128:256, 256:384]))  # fmt: skip
    shown = pictures(fig)[2]
    np.testing.assert_allclose(shown[128:256, 256:384], abs(part - whole[128:256, 256:384]), atol=1e-4)
    assert facts["largest_b"] == pytest.approx(shown.max())


# --- the row and the plan -----------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "tile", "tiles"), [(12, 22, 2), (10, 26, 1), (18, 22, 3)])
def test_the_row_shows_its_mirror_images_and_its_tiles(size, tile, tiles):
    fig, facts = prediction.mirrored_row(size, tile)
    margin = facts["margin_1"]
    assert facts == {"margin_1": 8, "answers_1": tile - 16, "reads_to": tile - 9}
    said = words(fig)
    assert said[: size + 2 * margin] == [str(pixel) for pixel in np.pad(np.arange(size), margin, mode="reflect")]
    assert (said.count("answers"), said.count("reads"), said.count("mirror")) == (tiles, 2 * tiles, 2)
    green = [patch for patch in fig.axes[0].patches if to_hex(patch.get_edgecolor()) == UP]
    assert [(patch.get_x(), patch.get_width()) for patch in green] == [
        (n * (tile - 16), tile - 16) for n in range(tiles)
    ]


def test_the_plan_s_tiles_cover_the_image():
    plan = arithmetic.tile_plan((300, 417), tile_sizes=[316])[0]
    fig = prediction.plan_on_image(np.ones((300, 417)), plan, marked=(2, 3))
    (axes,) = fig.axes
    squares = {to_hex(patch.get_edgecolor()): patch for patch in axes.patches}
    assert len(axes.patches) == 2 * plan.tiles + 2
    assert squares[UP].get_xy() == (3 * plan.stride, 2 * plan.stride)
    reads, answers = squares[DOWN], squares[UP]
    assert reads.get_width() - answers.get_width() == 2 * arithmetic.border()
    assert answers.get_x() - reads.get_x() == arithmetic.border()
    assert {"reads 316", "answers 132"} <= set(words(fig))
    covered = np.zeros((300, 417), bool)
    for patch in axes.patches:
        if patch.get_width() == plan.output:
            column, row = map(int, patch.get_xy())
            covered[row : row + plan.output, column : column + plan.output] = True
    assert covered.all()


# --- the comb and the seams ---------------------------------------------------------------------------


def windows(count, step=16):
    """Windows of 100 pixels, of which the shift's remainder by `step` is the number of labels that change."""
    found = []
    for shift in range(count):
        window = np.full((10, 10), 0.9)
        window.ravel()[: shift % step] = 0.2
        found.append(window)
    return found


def test_the_comb_has_its_teeth_where_labels_change():
    fig, facts = prediction.comb(windows(33))
    assert facts["comb_one"] == 1
    assert facts["comb_fours"] == 8
    assert facts["comb_mean"] == 8
    assert (facts["comb_low"], facts["comb_high"]) == (1, 15)
    assert facts["comb_largest"] == pytest.approx(0.7)
    (axes,) = fig.axes
    teeth = {segment[1][0]: segment[1][1] for segment in axes.collections[0].get_segments()}
    assert teeth == pytest.approx({shift: shift % 16 for shift in range(33) if shift % 16})
    assert words(fig).count("0") >= 3
    (dots,) = [line for line in axes.lines if to_hex(line.get_color()) == SKIP]
    assert list(dots.get_xdata()) == [0, 16, 32]


def seams(size=512, side=128):
    """A label, one pass, and the same with all labels changed in two pixels beside each cut, and in one corner."""
    label = np.ones((size, size), np.uint8)
    label[:, 50::100] = 0
    whole = np.where(label == 1, 0.9, 0.1)
    cut = whole.copy()
    for place in range(side, size, side):
        cut[place - 2 : place + 2] = 1 - whole[place - 2 : place + 2]
    cut[256:300, 256:300] = 1 - whole[256:300, 256:300]
    return label, whole, cut


def test_labels_that_change_are_counted_by_distance():
    label, whole, cut = seams()
    fig, facts = prediction.zero_seams(label, whole, cut, side=128)
    wrong = (whole > 0.5) != (cut > 0.5)
    assert facts["lost_0"] == pytest.approx(100 * wrong.mean())
    away = np.array([[min(row % 128, 127 - row % 128, column % 128, 127 - column % 128) for column in range(512)]
                     for row in range(512)])  # fmt: skip
    by_distance = [100 * wrong[away == distance].mean() for distance in range(64)]
    assert facts["edge_pixel"] == pytest.approx(by_distance[0])
    assert facts["by_eight"] == pytest.approx(by_distance[8])
    assert by_distance[facts["half_distance"]] < by_distance[0] / 2 <= by_distance[facts["half_distance"] - 1]
    assert by_distance[facts["farthest"]] > 0 == sum(by_distance[facts["farthest"] + 1 :])
    assert facts["tiles_score"] == v_rand(label, cut).score < facts["whole_score"] == 1
    assert fig.axes[2].lines[0].get_ydata() == pytest.approx(by_distance)


def test_the_corner_that_is_shown_is_the_worst():
    label, whole, cut = seams()
    fig, facts = prediction.zero_seams(label, whole, cut, side=128)
    wrong = (whole > 0.5) != (cut > 0.5)
    assert facts["corner_pixels"] == 96**2
    assert facts["corner_changed"] == wrong[208:304, 208:304].sum()
    left, middle = pictures(fig)
    np.testing.assert_array_equal(left, whole[208:304, 208:304] > 0.5)
    np.testing.assert_array_equal(middle, cut[208:304, 208:304] > 0.5)


# --- costs --------------------------------------------------------------------------------------------


def test_costs_are_those_of_the_plans():
    fig, facts = costs()
    work = {plan.tile: plan.macs for plan in arithmetic.tile_plan(512)}
    assert facts["ratio_444"] == work[444] / work[700]
    assert facts["ratio_572"] == work[572] / work[700]
    assert facts["memory_444"] == pytest.approx(100 * pass_bytes((444, 444)) / pass_bytes((700, 700)))
    assert facts["off_scale"] == sum(macs >= 1.25e12 for macs in work.values())
    left, right = fig.axes
    points = sum(len(line.get_xdata()) for line in left.lines if to_hex(line.get_color()) == DOWN)
    assert points == len(work) - facts["off_scale"]
    assert {"4 × 444", "4 × 572", "1 × 700"} <= {text.get_text() for text in left.texts}
    assert [text.get_text() for text in right.texts] == ["no limit", "2 GiB", "½ GiB"]


def test_less_memory_never_makes_a_plan_cheaper():
    *_, right = costs()[0].axes
    free, two, half = (np.array(line.get_ydata()) for line in right.lines)
    assert (free <= two).all()
    assert (two <= half).all()


def test_a_huge_image_fits_into_the_memory_that_it_is_given():
    facts = prediction.huge_image(8192)
    assert facts["huge_memory"] > 2
    assert pass_bytes((facts["huge_tile"],) * 2) <= 2**31
    outputs = facts["huge_tile"] - 2 * arithmetic.border()
    assert facts["huge_tiles"] * outputs**2 >= 8192**2
    assert 0 < facts["huge_more"] < 100


# --- how far to trust a probability -------------------------------------------------------------------


def test_the_calibration_error_is_that_of_two_groups_by_hand():
    """Six pixels at 0.8, half of them right, and four at 0.6, all right: 0.6 · 0.3 over, 0.4 · 0.4 under."""
    sure = np.array([[0.8] * 6 + [0.6] * 4])
    right = np.array([[True, False] * 3 + [True] * 4])
    groups = [sure > 0.7, sure < 0.7, sure > 0.9]
    facts = prediction.trust(sure, right, groups, np.zeros((8, 1, 10)), np.zeros((1, 10)))
    assert facts["calibration_error"] == pytest.approx(100 * (0.6 * 0.3 + 0.4 * 0.4))
    assert facts["leans"] == "overconfident"
    assert (
        prediction.trust(sure, ~right, [sure > 0], np.zeros((8, 1, 10)), np.ones((1, 10)))["leans"] == "overconfident"
    )
    assert (
        prediction.trust(sure, right | True, groups, np.zeros((8, 1, 10)), np.ones((1, 10)))["leans"]
        == "underconfident"
    )


def test_probabilities_that_are_frequencies_have_no_calibration_error():
    sure = np.full((1, 10), 0.8)
    right = np.arange(10)[None] < 8
    facts = prediction.trust(sure, right, [sure > 0], np.zeros((8, 1, 10)), np.zeros((1, 10)))
    assert facts["calibration_error"] == pytest.approx(0, abs=1e-9)


def test_views_are_counted_where_they_agree_and_where_not():
    """Four pixels: all eight for class 1, all against, seven to one, one to seven; truth 1 1 1 1."""
    views = np.full((8, 1, 4), 0.9)
    views[:, :, 1] = 0.1
    views[0, :, 2] = 0.1
    views[1:, :, 3] = 0.1
    sure = np.full((1, 4), 0.9)
    facts = prediction.trust(sure, sure > 0, [sure > 0], views, np.ones((1, 4)))
    assert (facts["wrong_agreed"], facts["wrong_split"]) == (50, 50)
    facts = prediction.trust(sure, sure > 0, [sure > 0], views[:, :, :2], np.ones((1, 2)))
    assert (facts["wrong_agreed"], facts["wrong_split"]) == (50, 0)
