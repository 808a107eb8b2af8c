"""unet_edu.plots.after: the family, the cube, the nodes of UNet++ and four networks that see noise."""

import itertools

import numpy as np
import pytest
import torch
from matplotlib.patches import Circle
from plotkit import PALETTE, colours, words

from unet_edu.arithmetic import output_size
from unet_edu.models.unetpp import UNetPlusPlus
from unet_edu.plots import after
from unet_edu.plots.style import DOWN, EXTRA, SKIP, UP, WRONG

RUNS = {
    "all": np.linspace(1, 0.2, 40),
    "finest": np.linspace(1, 0.3, 40),
    "others": np.full(40, 0.8),
    "none": np.ones(40),
}


def test_only_colours_of_the_palette():
    figures = after.family()[0], after.cube_shares()[0], after.nested_nodes()[0], after.noise_curves(RUNS)[0]
    assert set().union(*map(colours, figures)) <= PALETTE


def test_the_family_is_counted_as_it_is_drawn():
    fig, facts = after.family()
    said = words(fig)
    for name, year, *parts, _ in after.FAMILY:
        assert {name, str(year), *parts} <= set(said)
    assert facts["networks"] == 8
    assert (
        facts["kept"]
        == "the crop: unchanged in 2 of 8. the skip: unchanged in 4 of 8. the way up: unchanged in 5 of 8."
    )


def test_the_skip_is_never_dropped():
    """The caption says so."""
    assert all(fates[1] in "kc" for *_, fates in after.FAMILY)


def test_the_family_can_be_shorter():
    fig, facts = after.family(after.FAMILY[:2])
    assert facts["kept"].count("2 of 2") == 3
    assert "nnU-Net" not in words(fig)


@pytest.mark.parametrize("size", [132, 188])
def test_what_comes_out_of_a_cube(size):
    fig, facts = after.cube_shares(size)
    out = output_size(size, 3)
    assert facts["out_132"] == out == size - 2 * facts["border_3"]
    assert facts["cube"] == pytest.approx(100 * out**3 / size**3)
    half = facts["half_cube"]
    assert output_size(half, 3) ** 3 * 2 >= half**3
    assert output_size(half - 8, 3) ** 3 * 2 < (half - 8) ** 3
    assert facts["half_voxels"] == half**3 / 1e6
    (axes,) = fig.axes
    marks = [line.get_ydata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert marks == pytest.approx([100 * (out / size) ** dims for dims in (1, 2, 3)])
    assert {"a row", "a square", "a cube", f"{size}, the 3D U-Net"} <= set(words(fig))


@pytest.mark.parametrize("depth", [2, 4])
def test_the_nodes_are_those_of_unetpp(depth):
    fig, facts = after.nested_nodes(depth)
    circles = [patch for patch in fig.axes[0].patches if isinstance(patch, Circle)]
    assert len(circles) == facts["nodes"] == (depth + 1) * (depth + 2) // 2
    assert (
        facts["extra_nodes"] == sum(patch.get_linestyle() != "-" for patch in circles) == facts["nodes"] - 2 * depth - 1
    )
    names = [
        f"{level},{column}"
        for level, column in itertools.product(range(depth + 1), repeat=2)
        if level + column <= depth
    ]
    assert sorted(words(fig)) == sorted(names)


def test_the_network_of_the_package_has_as_many_nodes():
    with torch.device("meta"):
        net = UNetPlusPlus(base_width=2)
    first = [
        name
        for name, layer in net.named_modules()
        if isinstance(layer, torch.nn.Conv2d) and layer.kernel_size == (3, 3)
    ]
    assert len(first) == 2 * after.nested_nodes(4)[1]["nodes"], "two convolutions a node"


def test_the_losses_end_where_the_facts_say():
    fig, facts = after.noise_curves(RUNS)
    assert list(facts) == ["noise_all", "noise_top", "noise_deep", "noise_none"]
    assert list(facts.values()) == pytest.approx([np.mean(losses[-20:]) for losses in RUNS.values()])
    (axes,) = fig.axes
    lines = {line.get_color(): line for line in axes.lines if len(line.get_xdata()) > 2}
    for colour, losses in zip((DOWN, SKIP, EXTRA, WRONG), RUNS.values(), strict=True):
        steps, smooth = lines[colour].get_data()
        assert smooth == pytest.approx([np.mean(losses[at : at + 5]) for at in range(36)])
        assert (steps[0], steps[-1]) == (3, 38), "a mean of five steps stands at the third of them"
    assert set(RUNS) <= set(words(fig))
    assert UP not in lines
