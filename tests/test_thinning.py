"""Thinning: dam for dam as the challenge's program makes it, and a plain queue as a second way to compute it."""

from collections import deque

import numpy as np
import pytest
import scorerkit
from scipy import ndimage

from unet_edu.data import cells
from unet_edu.thinning import regions, thin


def by_queue(found):
    """Return the segments of a map by the queue itself, one pixel after the other."""
    segments, dam, waiting = regions(found), -1, -2
    height, width = segments.shape

    def beside(row, column):
        """Return the neighbours inside the map: left, up, right, down."""
        around = ((row, column - 1), (row - 1, column), (row, column + 1), (row + 1, column))
        return [(r, c) for r, c in around if 0 <= r < height and 0 <= c < width]

    columns_first = ((row, column) for column in range(width) for row in range(height))
    queue = deque(p for p in columns_first if not segments[p] and any(segments[q] > 0 for q in beside(*p)))
    for place in queue:
        segments[place] = waiting
    while queue:
        place = queue.popleft()
        seen = set()
        for other in beside(*place):
            if segments[other] == 0:
                segments[other] = waiting
                queue.append(other)
            elif segments[other] > 0:
                seen.add(segments[other])
        segments[place] = seen.pop() if len(seen) == 1 else dam
    return np.maximum(segments, 0)


def test_dams_are_those_of_the_challenges_program():
    """Of all small pairs: the same dams, and what lies between them is one segment each."""
    cases = scorerkit.pairs()
    assert len(cases) == 300
    for number, (_, prediction, dams, _) in enumerate(cases):
        segments = thin(prediction)
        assert np.array_equal(segments == 0, dams == 1), number
        between, count = ndimage.label(dams == 0)
        assert len(set(zip(between.ravel(), segments.ravel(), strict=True)) - {(0, 0)}) == count == segments.max()


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8, 0.95, 1])
def test_a_wave_at_a_time_is_the_queue(share):
    rng = np.random.default_rng(round(100 * share))
    for shape in ((1, 1), (1, 9), (7, 1), (20, 31), (40, 33)):
        for _ in range(12):
            found = rng.random(shape) < share
            if found.any():
                assert np.array_equal(thin(found), by_queue(found))


def test_a_wave_at_a_time_is_the_queue_on_tissue():
    label = cells.tissue(128, 0).label
    blurred = ndimage.gaussian_filter(label.astype(float), 2)
    for threshold in (0.3, 0.6, 0.8, 0.95):
        assert np.array_equal(thin(blurred > threshold), by_queue(blurred > threshold))


@pytest.mark.parametrize("wide", range(1, 9))
def test_in_a_wall_the_dam_is_the_middle_or_the_right_or_lower_of_two(wide):
    found = np.ones((5, 20), np.uint8)
    found[:, 6 : 6 + wide] = 0
    for segments in (thin(found), thin(found.T).T):
        assert np.array_equal(np.unique(np.argwhere(segments == 0)[:, 1]), [6 + wide // 2])
        assert segments[0, 0] != segments[0, -1]


def test_the_result_can_be_written_to_and_has_the_type_of_regions():
    segments = thin(np.array([[1, 0, 1]]))
    segments[0, 1] = 7
    assert (segments.dtype, segments.flags["C_CONTIGUOUS"]) == (np.int32, True)
    assert thin(np.zeros((2, 3))).tolist() == [[1, 1, 1]] * 2
