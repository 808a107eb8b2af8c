"""unet_edu.metrics.calibration: the expected calibration error by hand, by a loop, and its two ways to group."""

import numpy as np
import pytest

from unet_edu.metrics.calibration import BINS, calibration_error, of_equal_width


def test_four_pixels_by_hand():
    sure, right = np.array([0.55, 0.55, 0.95, 0.95]), np.array([True, False, True, True])
    assert calibration_error(sure, right) == pytest.approx((2 * 0.05 + 2 * 0.05) / 4)
    assert calibration_error(np.ones(3), np.ones(3, bool)) == 0


def test_groups_of_one_s_own():
    """Six pixels at 0.8, half of them right, and four at 0.6, all right: 0.6 · 0.3 over, 0.4 · 0.4 under."""
    sure, right = np.array([0.8] * 6 + [0.6] * 4), np.array([True, False] * 3 + [True] * 4)
    assert calibration_error(sure, right, (sure < 0.7).astype(int)) == pytest.approx(0.6 * 0.3 + 0.4 * 0.4)
    assert calibration_error(sure, right, np.zeros(10, int)) == pytest.approx(0.72 - 0.7), "opposite gaps cancel"


def test_a_loop_over_the_groups_computes_the_same():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, (3, 40, 50))
    right = rng.random(sure.shape) < sure**2
    group = of_equal_width(sure)
    assert np.array_equal(np.unique(group), np.arange(BINS))
    inside = [group == number for number in range(BINS)]
    assert all(np.ptp(sure[pixels]) <= 0.5 / BINS for pixels in inside)
    gaps = [abs(sure[pixels].mean() - right[pixels].mean()) * pixels.mean() for pixels in inside]
    assert calibration_error(sure, right) == pytest.approx(sum(gaps))


def test_the_ends_belong_to_the_outer_groups():
    assert of_equal_width([0.5, 1.0]).tolist() == [0, BINS - 1]


@pytest.mark.parametrize(
    ("sure", "right", "groups"), [([0.7], [True, True], None), ([], [], None), ([0.7], [1], [0, 0])]
)
def test_arrays_that_do_not_belong_together_are_refused(sure, right, groups):
    with pytest.raises(ValueError, match="for every pixel"):
        calibration_error(np.array(sure), np.array(right), groups)
