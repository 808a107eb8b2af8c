"""unet_edu.plots.skips: what the crop keeps, what a wrong crop shifts, and where the evidence lies."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle
from plotkit import PALETTE, colours, texts
from scipy import ndimage

from unet_edu import arithmetic
from unet_edu.plots import skips


@pytest.mark.parametrize("size", [188, 236])
def test_the_frames_hold_what_the_crop_keeps(size):
    plan = arithmetic.plan(size)
    maps = {f"skip{level.index}.before": torch.rand(1, 3, level.skip, level.skip) for level in plan.levels[:-1]}
    fig, facts = skips.kept_by_the_crop(maps, plan)
    assert facts["crops"] == "4, 16, 40, 88"
    assert facts["output"] == arithmetic.output_size(size)
    assert len(fig.axes) == 4
    for level, axes in zip(plan.levels[:-1], fig.axes, strict=True):
        (frame,) = axes.findobj(lambda artist: isinstance(artist, Rectangle) and not artist.get_fill())
        skip, kept = level.skip, level.skip - 2 * (88, 40, 16, 4)[level.index]
        assert (frame.get_width(), frame.get_height()) == (kept, kept)
        assert frame.get_xy() == ((skip - kept) / 2 - 0.5,) * 2
        assert axes.get_title() == f"level {level.index}: {skip} → {kept}"
        assert f"{kept} of {skip} pixels" in facts["kept"]
    assert colours(fig) <= PALETTE


def test_the_channel_that_is_shown_is_the_one_with_the_largest_spread():
    plan = arithmetic.plan(188)
    maps = {f"skip{level.index}.before": torch.rand(1, 3, level.skip, level.skip) for level in plan.levels[:-1]}
    maps["skip2.before"][:, 1] *= 5
    fig, _ = skips.kept_by_the_crop(maps, plan)
    np.testing.assert_array_equal(fig.axes[2].images[0].get_array(), maps["skip2.before"][0, 1])


def test_blocks_lose_membrane_and_regions():
    label = np.array([[1, 0, 1, 1], [1, 0, 1, 1], [1, 0, 0, 0], [1, 0, 1, 1]], dtype=np.uint8)  # three regions
    coarse = np.ones((4, 4), dtype=np.uint8)
    coarse[2, 2] = 0
    fig, facts = skips.labels_in_blocks({1: label, 2: coarse}, window=3)
    assert facts == {"cells": 3, "cells_2": 1, "gone_2": pytest.approx(100 * 5 / 6)}
    assert [axes.get_title() for axes in fig.axes] == ["the label", "blocks of 2"]
    np.testing.assert_array_equal(fig.axes[1].images[0].get_array(), coarse[:3, :3])


def test_the_centre_crop_is_grey_and_the_others_are_not():
    scene = np.random.default_rng(0).random((60, 60))
    fig, facts = skips.overlays(scene, ndimage.gaussian_filter(scene, 2)[10:50, 10:50], level=1)
    assert facts == {"centre": 10, "four_off": 8, "corner_off": 20}
    far = [np.ptp(axes.images[0].get_array(), axis=-1).mean() for axes in fig.axes]
    assert far[0] < 1e-6
    assert min(far[1:]) > 0.05
    assert [axes.get_title() for axes in fig.axes] == [
        "left crop 10: shift 0 px",
        "left crop 6: shift -8 px",
        "left crop 0: shift -20 px",
    ]


def test_a_shift_counts_in_pixels_of_the_image():
    scene = np.random.default_rng(0).random((60, 60))
    _, facts = skips.overlays(scene, scene[10:50, 10:50], level=3)
    assert facts["four_off"] == 4 * 2**3


def rounded_down(size):
    """By arithmetic of the package, one layer after the other: output, and shift of each level in input pixels."""
    right, sides, shifts = arithmetic.plan(572).crops, [], {}
    for _ in range(4):
        sides.append(arithmetic.conv_out(arithmetic.conv_out(size)))
        size = arithmetic.pool_out(sides[-1])
    size = arithmetic.conv_out(arithmetic.conv_out(size))
    for level in (3, 2, 1, 0):
        size = arithmetic.up_out(size)
        shifts[level] = ((sides[level] - size) // 2 - right[level]) * 2**level
        size = arithmetic.conv_out(arithmetic.conv_out(size))
    return size, shifts


def test_shifts_by_size():
    table = {size: rounded_down(size) for size in range(556, 573)}
    fig, facts = skips.shifts_by_size(table, 570)
    (axes,) = fig.axes
    assert (facts["out_570"], facts["lost_570"]) == (table[570][0], 388 - table[570][0])
    assert facts["shift_570"] == facts["worst"] == "4, 6, 7", "nothing between is further off than 570"
    heights = {bar.get_height() for bar in axes.containers[0]}
    assert max(heights) == 7
    assert [bar.get_height() for bar in axes.containers[3]] == [0] * 17, "level 3 is never shifted"
    assert not any(container[0].get_height() or container[-1].get_height() for container in axes.containers)
    assert facts["begins"].startswith("level 0 from 558 on, by up to 7 pixels, level 1 from ")
    assert "level 3" not in facts["begins"]
    assert [f"level {level}" for level in range(4)] == [text.get_text() for text in axes.get_legend().get_texts()]
    assert colours(fig) <= PALETTE


def test_misregistration():
    inner = np.zeros(4)
    article = {path: np.linspace(far, -far / 2, 10) for far, path in enumerate(("deep", "skip4", "skip3", "skip2"), 3)}
    article["skip1"] = np.full(10, 0.25)
    paper = {path: inner + off for path, off in zip(("deep", "a", "b", "c", "d"), (0, 0.1, -0.41, 0, 0), strict=True)}
    fig, facts = skips.misregistration({"the paper's": paper, "the article's": article}, 10)
    assert facts == {
        "deep_left": 3,
        "deep_right": 1.5,
        "skip4_left": 4,
        "skip1_left": 0.25,
        "paper_worst": pytest.approx(0.5),  # 0.41, rounded up
    }
    left, right = fig.axes
    assert [len(axes.lines) for axes in fig.axes] == [5, 5]
    np.testing.assert_array_equal(left.lines[0].get_xdata(), [3, 4, 5, 6])  # in the middle of the image
    np.testing.assert_array_equal(right.lines[0].get_xdata(), np.arange(10))
    assert len({(line.get_color(), str(line.get_linestyle())) for line in right.lines}) == 5
    assert {"the paper's network", "the article's network", "skip4"} <= set(texts(fig))
    assert colours(fig) <= PALETTE
