"""unet_edu.plots.blocks: the U to scale, maps, shares of weights and work, lost labels, the power of first weights."""

import base64
import re

import matplotlib as mpl
import numpy as np
import pytest
import torch
from plotkit import PALETTE, bars, colours, pictures, words

from unet_edu import arithmetic, book, letters
from unet_edu.activations import capture
from unet_edu.models import OneLevelUNet, UNet
from unet_edu.plots import blocks
from unet_edu.plots.style import use_style

LAYERS = arithmetic.layer_table(572)


@pytest.fixture(scope="module")
def power():
    """Power after each of four layers, (seeds, layers), for the three ways and one that is not drawn."""
    rng = np.random.default_rng(0)
    return {way: rng.uniform(0.1, 9, (3, 4)).tolist() for way in ("he", "kaiming", "default", "nobias")}


NAMES = ["d0.conv1", "d4.conv2", "u0.conv2", "score"]


def test_only_colours_of_the_palette(power):
    figures = [
        blocks.unet_drawing(arithmetic.plan(572)),
        blocks.layer_bars(LAYERS)[0],
        blocks.power_by_layer(NAMES, power)[0],
    ]
    assert set().union(*map(colours, figures)) <= PALETTE


@pytest.mark.parametrize(("size", "depth", "width"), [(572, 4, 64), (124, 1, 8), (44, 2, 16)])
def test_the_drawing_names_the_size_and_the_channels_of_every_map(size, depth, width):
    fig = blocks.unet_drawing(arithmetic.plan(size, depth=depth), base_width=width)
    said = words(fig)
    with torch.device("meta"):
        maps = capture(UNet(base_width=width, depth=depth).eval(), torch.empty(1, 1, size, size, device="meta"))
    for name in [name for name in maps if "conv" in name or name == "score"]:
        channels, side = maps[name].shape[1:3]
        assert {str(channels), str(side)} <= set(said), name
    crops = [word for word in said if word.startswith("crop ")]
    assert crops == [f"crop {crop}" for crop in reversed(arithmetic.plan(size, depth=depth).crops)]


def test_the_drawing_is_to_scale():
    plan = arithmetic.plan(572)
    (axes,) = blocks.unet_drawing(plan).axes
    heights = sorted(patch.get_height() for patch in axes.patches if hasattr(patch, "get_height"))
    sizes = [size for level in plan.levels for size in level.down]
    sizes += [size for level in plan.levels if level.up for size in (*level.up, level.cropped)] + [plan.output_size]
    np.testing.assert_allclose(heights, np.sort(sizes) * heights[-1] / 572)


def test_the_busiest_channel_of_each_map_is_shown():
    torch.manual_seed(0)
    maps = capture(OneLevelUNet(base_width=4).eval(), torch.rand(1, 1, 44, 44))
    names = ("input", "d1.relu2", "u0.relu2")
    fig, facts = blocks.some_maps(maps, names)
    assert [axes.get_title() for axes in fig.axes] == [f"{name}, {maps[name].shape[-1]} px" for name in names]
    assert facts == {"coarse": min(maps[name].shape[-1] for name in names)}
    for name, shown in zip(names, pictures(fig), strict=True):
        spread = [float(channel.std()) for channel in maps[name][0]]
        np.testing.assert_array_equal(shown, maps[name][0, int(np.argmax(spread))])


def test_shares_are_those_of_the_network_s_own_parameters():
    fig, facts = blocks.layer_bars(LAYERS)
    with torch.device("meta"):
        net = UNet()
    counts = {name.rsplit(".", 1)[0]: 0 for name, _ in net.named_parameters()}
    for name, values in net.named_parameters():
        counts[name.rsplit(".", 1)[0]] += values.numel()
    whole = sum(counts.values())
    shares = {name: 100 * count / whole for name, count in counts.items()}
    left, right = fig.axes
    assert [label.get_text() for label in right.get_yticklabels()] == [row.name for row in LAYERS if row.parameters]
    np.testing.assert_allclose(
        [width for _, width in bars(left)], [shares[row.name] for row in LAYERS if row.name in shares]
    )
    assert sum(width for _, width in bars(right)) == pytest.approx(100)
    assert facts["heaviest_parameters"] == pytest.approx(max(shares.values()))
    deep = ("d4", "d3", "u3", "up3")
    assert facts["deep_parameters"] == pytest.approx(sum(shares[name] for name in shares if name.split(".")[0] in deep))
    top = ("d0", "u0", "up0", "score")
    assert facts["top_parameters"] == pytest.approx(sum(shares[name] for name in shares if name.split(".")[0] in top))


def test_shares_of_the_work():
    _, facts = blocks.layer_bars(LAYERS)
    macs = {row.name: 100 * row.macs / arithmetic.unet_macs(572) for row in LAYERS}
    assert facts["heaviest_macs"] == pytest.approx(macs["d4.conv2"])
    for part, stages in {"deep": ("d4", "d3", "u3", "up3"), "top": ("d0", "u0", "up0", "score")}.items():
        expected = sum(share for name, share in macs.items() if name.split(".")[0] in stages)
        assert facts[f"{part}_macs"] == pytest.approx(expected)


class Switchboard:
    """A network of 100 labels in which each part stands for some of them."""

    PARTS = {"skip0": 3, "skip1": 20, "skip2": 10, "skip3": 1, "d4.relu2": 5}

    def run(self, window, off=()):
        self.scores = np.ones(100)
        at = 0
        for part, count in self.PARTS.items():
            if part in off:
                self.scores[at : at + count] = 0.2
            at += count

    def map(self, name, channel):
        assert (name, channel) == ("output", 1)
        return self.scores


def test_lost_labels_are_counted_for_each_part():
    assert blocks.labels_lost(Switchboard(), window=None) == {
        "most": "skip1",
        "lost_most": 20,
        "lost_top": 3,
        "lost_bottom": 5,
        "lost_all": 34,
    }


def test_power_is_the_geometric_mean_of_the_seeds(power):
    fig, facts = blocks.power_by_layer(NAMES, power)
    (axes,) = fig.axes
    means = {way: np.prod(values, axis=0) ** (1 / 3) for way, values in power.items()}
    drawn = [line.get_ydata() for line in axes.lines[:3]]
    np.testing.assert_allclose(drawn, [means[way] for way in ("he", "kaiming", "default")])
    assert set(blocks.WAYS.values()) <= set(words(fig))
    for way, mean in means.items():
        found = [facts[f"{way}_{word}"] for word in ("bottom", "last", "end")]
        assert found == pytest.approx([mean[1], mean[2], mean[3]])
    assert axes.lines[3].get_xdata()[0] == 1, "the grey line marks the bottleneck"


def test_the_letters_of_the_network_can_be_read_on_a_desktop_and_on_a_phone():
    """In the file itself: the smallest font, as a share of the width, times the pixels that the picture gets."""
    with mpl.rc_context():
        use_style()
        fig = blocks.unet_drawing(arithmetic.plan(572))
        letters.raise_letters(fig)
    phone = letters.width_on_a_phone(fig)
    svg = base64.b64decode(book.render_light_and_dark(fig)[0]["data"]).decode()
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    share = min(100 * float(scale) for scale in re.findall(r"scale\(([\d.]+) -[\d.]+\)", svg)) / width
    assert share * letters.COLUMN >= letters.LEAST
    assert share * phone >= letters.LEAST_ON_A_PHONE
