"""The pictures of the chapter on one's own images: their facts against numbers that are known."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from unet_edu.plots import own_images as pictures


def test_the_way_counts_objects_and_unsure_pixels():
    numbers = np.zeros((20, 30), int)
    numbers[1:4, 1:5], numbers[10:15, 2:8], numbers[10:18, 20:30] = 1, 2, 4  # 12, 30 and 80 pixels; 3 is missing
    probability = np.zeros((20, 30))
    probability[0] = 0.5
    fig, facts = pictures.way(np.zeros((3, 20, 30)), probability, numbers)
    plt.close(fig)
    assert facts == {"way_objects": 3, "way_middle": 30.0, "way_unsure": pytest.approx(5.0)}


def test_a_drawn_block_is_alike_in_all_directions():
    """A step of 48 nm, in the plane or to the next section: exp(−48²/4·100²), as Gaussian structures have."""
    block = pictures.volume(160, 40, pixel=4, thickness=48)
    expected = np.exp(-(48**2) / (4 * pictures.GRAIN**2))
    in_plane = (block[:, :, :-12] * block[:, :, 12:]).mean()
    assert pictures.alike(block)[0] == pytest.approx(expected, abs=0.03)
    assert in_plane == pytest.approx(expected, abs=0.03)


def test_sections_that_are_thicker_are_less_alike():
    fig, facts = pictures.sections()
    (axes,) = fig.axes
    lines = {line.get_linestyle(): line.get_ydata() for line in axes.get_lines()[:3]}
    plt.close(fig)
    assert all(lines[":"][at] > lines["-"][at] > lines["--"][at] for at in range(3))
    assert facts["alike_next"] == lines["-"][0]
    assert facts["alike_third"] == lines["-"][2]
    assert all(value >= 0.05 for value in lines["-"][: facts["gap"]])
    assert lines["-"][facts["gap"]] < 0.05
