"""Labels with known mistakes: as many as asked for, of the kind asked for, and none where none is asked for."""

import numpy as np
import pytest

from unet_edu.data import cells, label_noise


@pytest.fixture(scope="module")
def numbered():
    return cells.tissue(256, 0).instances


def test_a_share_of_the_pixels_is_flipped():
    label = np.zeros((200, 200), np.uint8)
    label[:80] = 1
    found = label_noise.flipped(label, 0.2, np.random.default_rng(0))
    assert found.dtype == label.dtype
    assert set(np.unique(found)) == {0, 1}
    for part in (slice(80), slice(80, None)):
        assert np.mean(found[part] != label[part]) == pytest.approx(0.2, abs=0.02)
    assert np.array_equal(label_noise.flipped(label, 0, np.random.default_rng(0)), label)
    assert np.array_equal(label_noise.flipped(label, 1, np.random.default_rng(0)), 1 - label)


def test_each_cell_moves_by_as_many_pixels_in_a_direction_of_its_own():
    instances = np.zeros((90, 90), int)
    for number, (row, column) in enumerate(((20, 20), (20, 60), (60, 20), (60, 60)), start=1):
        instances[row : row + 7, column : column + 5] = number
    found = label_noise.shifted(instances, 6.0, np.random.default_rng(3))
    steps = []
    for number in range(1, 5):
        before, after = (np.argwhere(one == number) for one in (instances, found))
        assert len(after) == 35
        step = (after - before)[0]
        assert np.array_equal(after - before, np.tile(step, (35, 1)))
        steps.append(tuple(step.tolist()))
        assert np.hypot(*step) == pytest.approx(6, abs=0.75)
    assert len(set(steps)) == 4
    assert np.array_equal(label_noise.shifted(instances, 0, np.random.default_rng(0)), instances)


def test_what_leaves_the_image_is_lost(numbered):
    found = label_noise.shifted(numbered, 400.0, np.random.default_rng(0))
    assert found.max() == 0


def test_cells_are_dropped_whole_and_what_is_missing_is_known(numbered):
    kept = label_noise.dropped(numbered, 0.3, np.random.default_rng(0))
    before, after = set(np.unique(numbered)), set(np.unique(kept))
    assert after < before
    assert 1 - (len(after) - 1) / (len(before) - 1) == pytest.approx(0.3, abs=0.15)
    for number in after - {0}:
        assert np.array_equal(kept == number, numbered == number)
    missing = label_noise.swallowed(numbered, kept)
    assert np.array_equal(missing, np.isin(numbered, list(before - after)))
    assert np.array_equal(label_noise.dropped(numbered, 0, np.random.default_rng(0)), numbered)
    assert label_noise.dropped(numbered, 1, np.random.default_rng(0)).max() == 0


def test_the_same_generator_gives_the_same_mistakes(numbered):
    for noise, source, amount in (
        (label_noise.flipped, (numbered > 0).astype(np.uint8), 0.2),
        (label_noise.shifted, numbered, 3.0),
        (label_noise.dropped, numbered, 0.3),
    ):
        one, other = (noise(source, amount, np.random.default_rng(5)) for _ in range(2))
        assert np.array_equal(one, other)
        assert not np.array_equal(one, noise(source, amount, np.random.default_rng(6)))


def test_wrong_arguments(numbered):
    rng = np.random.default_rng(0)
    for noise in (label_noise.flipped, label_noise.dropped):
        with pytest.raises(ValueError, match="share must be 0 to 1, not 1.5; the nearest legal value is 1"):
            noise(numbered, 1.5, rng)
    with pytest.raises(ValueError, match="pixels must be 0 or more, not -1"):
        label_noise.shifted(numbered, -1, rng)
