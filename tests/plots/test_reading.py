"""unet_edu.plots.reading: what two networks with the same weights show, and the numbers of the chapter's tables."""

from datetime import date

import numpy as np
import pytest
import torch
from matplotlib.patches import Circle, Rectangle
from plotkit import PALETTE, colours, texts

from unet_edu import arithmetic
from unet_edu.activations import capture
from unet_edu.models import ArticleUNet, UNet
from unet_edu.models.article import map_sizes
from unet_edu.plots import reading, style
from unet_edu.registration import registration


def test_the_weights_are_those_of_the_layer_table():
    layers = [layer for layer in arithmetic.layer_table(572, in_channels=3) if layer.parameters]
    facts = reading.same_weights()
    assert facts == {"parameters": sum(layer.parameters for layer in layers), "tensors": 2 * len(layers)}


def test_other_weights_are_refused(monkeypatch):
    monkeypatch.setattr("unet_edu.models.ArticleUNet", lambda _: UNet(in_channels=3, base_width=8))
    with pytest.raises(ValueError, match="same weights"):
        reading.same_weights()


def test_rings_are_dotted_where_a_network_does_not_answer():
    fig, facts = reading.discs_by_path(size=380, gap=74, radius=20)
    assert len(fig.axes) == 6
    output = arithmetic.output_size(380)
    places = [74 * step for step in range(-2, 3)]
    inside = sum(max(abs(row), abs(column)) + 20 < output / 2 for row in places for column in places)
    for number, axes in enumerate(fig.axes):
        rings = axes.findobj(Circle)
        seen = [ring for ring in rings if ring.get_linestyle() == "solid"]
        assert len(rings) == 25
        assert len(seen) == (inside if number < 3 else 25)
        low, high = axes.images[0].get_extent()[:2]
        assert high - low == (output if number < 3 else 380)
    assert {"the first", "the second", "finest skip", "coarsest skip", "deep path"} <= set(texts(fig))
    shown = [facts["deep_first"] <= 189.5 + place <= facts["deep_last"] for place in places]
    assert facts["seen_discs"] == sum(shown)
    assert colours(fig) <= PALETTE


def test_the_deep_columns_are_where_the_evidence_lies():
    """At its edges the last resize repeats the first and the last value of the deep path."""
    first, last = registration(ArticleUNet(2, base_width=1), (240, 572), [0, 571], "deep") + [0, 571]
    assert reading.deep_columns(572) == pytest.approx((first, last), abs=1)


def boxes(axes, y):
    """The numbers in the row of boxes at a height, by place."""
    return {
        int(text.get_position()[0]): text.get_text()
        for text in axes.texts
        if abs(text.get_position()[1] - y - 0.47) < 1e-6
    }


def test_the_toy_s_rows():
    fine = arithmetic.Grid().conv().conv()
    fig, facts = reading.toy_row(fine, fine.pool().conv().conv().up(), size=20)
    (axes,) = fig.axes
    above, wrong, mended = (boxes(axes, height) for height in (3.6, 1.8, 0))
    assert len(axes.findobj(Rectangle)) - 1 == 3 * len(above) == 3 * 16
    assert facts == {"fine_0": 2, "fine_last": 17, "up_0": 6, "room": 8, "right": 4}
    shown = {place: number for place, number in mended.items() if number != "0"}
    assert shown == {place: above[place] for place in range(4, 12)}, "in its place each column stands under its like"
    assert [wrong[place] for place in range(16)] == [above[place] for place in range(4, 12)] + ["0"] * 8
    assert colours(fig) <= PALETTE


def test_sizes_of_the_article_s_maps():
    with torch.device("meta"):
        maps = capture(ArticleUNet(2).eval(), torch.empty(1, 3, 572, 572))
    facts = reading.article_sizes({name: made.shape[-1] for name, made in maps.items()}, 572)
    sizes = map_sizes(572)
    assert (facts["code_conv"], facts["text_conv"], facts["text_pool"]) == (564, 568, 284)
    assert facts["sizes_enc"] == ", ".join(str(sizes[f"enc{n}"]) for n in (1, 2, 3, 4))
    assert facts["sizes_dec"] == ", ".join(str(sizes[f"dec{n}"]) for n in (4, 3, 2))
    assert facts["stretch"] == 572 / facts["scores"]
    assert facts["stretch_undilated"] == 572 / 388
    assert [name for name in facts if name.startswith("odd_")] == ["odd_3", "odd_4"]
    assert facts["field_paper"] == arithmetic.receptive_field(0, stage="d4.conv2").width


def test_sizes_at_which_a_dilated_path_rounds_nothing():
    """By the class itself, whose poolings round up, and by the rule of the paper's network for dilation 1."""
    facts = reading.legal_with_dilation(572, 2)
    assert facts == {"legal_below": 568, "legal_above": 584}
    with torch.device("meta"):
        net = ArticleUNet(2, base_width=1).eval()
        for side in range(560, 590):
            maps = capture(net, torch.empty(1, 3, side, side))
            odd = any(maps[f"enc{n}.conv2"].shape[-1] % 2 for n in (1, 2, 3, 4))
            assert odd == (side not in facts.values()), side
    assert reading.legal_with_dilation(570, 1) == {"legal_below": 556, "legal_above": 572}


def test_the_smallest_image():
    net, side = ArticleUNet(2, base_width=1), reading.smallest()
    assert net(torch.zeros(1, 3, side, side)).shape[-1] == side
    with pytest.raises(ValueError, match=str(side - 1)):
        net(torch.zeros(1, 3, side - 1, side - 1))


def test_partners_of_a_join():
    fig, facts = reading.join_spans(572)
    for axes, pairs in zip(fig.axes, (reading.paper_pairs(), reading.article_pairs()), strict=True):
        bars = axes.patches
        assert len(bars) == 8
        drawn = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
        assert drawn == [pytest.approx(span) for _, *spans in pairs for span in spans]
    assert all(skip == deep for _, skip, deep in reading.paper_pairs())
    assert all(skip[0] < deep[0] and skip[1] > deep[1] for _, skip, deep in reading.article_pairs())
    kept = arithmetic.receptive_field(88, stage="d0.conv2")  # the first value of the finest skip that is not cut away
    assert facts["paper_first"] == f"{(kept.start + kept.stop - 1) / 2:g}"
    assert facts["centre_image"] == 285.5
    assert facts["centre_deep"] == sum(reading.deep_columns(572)) / 2
    assert facts["joined_size"] == map_sizes(572)["dec2"]
    assert f"{facts['up_first']} – {facts['up_last']}" in texts(fig.axes[1])
    assert colours(fig) <= PALETTE


SPOTS, HALF = (50, 120, 190), 30


def blobs(pull):
    """Evidence around nine spots, each `pull` pixels nearer to the middle than its spot."""
    power = np.zeros((241, 241))
    for row in SPOTS:
        for column in SPOTS:
            power[tuple(int(place + pull * np.sign(120 - place)) for place in (row, column))] = 1
    return power


@pytest.mark.parametrize("pull", [-3, 0, 7])
def test_how_far_evidence_is_pulled_inwards(pull):
    assert reading.pulled_in(blobs(pull), SPOTS, HALF) == pytest.approx(pull)


def test_the_gradient_is_that_of_the_answers():
    """A network that copies its input and is normalised: the answer depends on the pixel under the spot alone."""

    class Copy(torch.nn.Module):
        in_channels, normalisation = 1, (0.5, 0.25)

        def forward(self, image):
            return torch.cat([-image, 2 * image], 1)[..., 4:-4, 4:-4]

    power = reading.gradient(Copy(), np.random.default_rng(0).random((241, 241)), SPOTS)
    assert {tuple(map(int, place)) for place in np.argwhere(power)} == {
        (row, column) for row in SPOTS for column in SPOTS
    }
    np.testing.assert_allclose(power[power > 0], 3)


def test_where_two_networks_look():
    tile = np.random.default_rng(0).random((236, 236))
    torch.manual_seed(0)
    networks = {"one": UNet(base_width=1).eval(), "other": ArticleUNet(2, base_width=1).eval()}
    spots = (112, 118, 124)
    fig, facts = reading.looking(tile, networks, spots, half=20)
    assert [axes.get_title() for axes in fig.axes] == ["one", "other"]
    for axes in fig.axes:
        assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines] == [
            (column, row) for row in spots for column in spots
        ]
    article = ArticleUNet(2, base_width=1)
    for path, name in (("deep", "pull_deep"), ("skip1", "pull_skip1")):
        assert facts[name] == pytest.approx(registration(article, 236, [112], path)[0], abs=1e-6)
    power = reading.gradient(networks["other"], tile, spots)
    assert facts["pull_article"] == reading.pulled_in(power, spots, 20)
    assert colours(fig) <= PALETTE | {reading.CROSS}


def test_verdicts_are_counted_in_words():
    assert reading.tally(["true", "wrong", "true", "cannot be checked"]) == {
        "tally_true": "two",
        "tally_wrong": "one",
        "tally_cannot_be_checked": "one",
    }


def test_facts_on_layers():
    net = UNet()
    bottom = sum(weights.numel() for name, weights in net.named_parameters() if name.startswith("d4"))
    facts = reading.layer_facts()
    assert facts["fcn_field"] == 404  # Long et al. 2015, table 1
    assert facts["bottom_share"] == pytest.approx(100 * bottom / sum(weights.numel() for weights in net.parameters()))
    assert facts["convs_up"] == 8


def test_dates_on_a_line():
    fig, facts = reading.dates()
    assert facts == {"days_second": (date(2015, 5, 18) - date(2015, 3, 8)).days}
    said = texts(fig)
    assert {"six months", f"{facts['days_second']} days", "four months"} <= set(said)
    above = {text.get_text(): text.get_position()[1] > 0 for text in fig.axes[0].texts}
    assert above["FCN on arXiv\nNovember 2014"]
    assert not above["U-Net on arXiv\nMay 2015"]
    assert colours(fig) <= PALETTE
    assert {style.SKIP, style.UP} <= colours(fig)
