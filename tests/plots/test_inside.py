"""unet_edu.plots.inside: facts against small cases, against networks changed by hand, and against counting."""

import copy
import itertools

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from plotkit import PALETTE, colours, pictures, words

from unet_edu import arithmetic, interpret
from unet_edu.activations import capture
from unet_edu.data import Sample, cells
from unet_edu.models import UNet
from unet_edu.plots import inside
from unet_edu.plots.style import DOWN, GRID, INK, MUTED, SKIP
from unet_edu.predict import predict

pytestmark = pytest.mark.usefixtures("one_thread")
STAGES = [f"d{level}.relu2" for level in range(5)] + [f"u{level}.relu2" for level in (3, 2, 1, 0)]


def network(base_width=8, seed=0):
    torch.manual_seed(seed)
    return UNet(base_width=base_width).eval()


def drawing(size=512, seed=0):
    """A slice of square cells, darker at their membranes."""
    label = np.ones((size, size), np.uint8)
    label[::40] = label[1::40] = label[2::40] = 0
    label[:, ::40] = label[:, 1::40] = label[:, 2::40] = 0
    noise = np.random.default_rng(seed).random((size, size)) * 0.2
    return Sample((0.3 + 0.4 * label + noise).astype(np.float32), label, None, "squares")


# --- with the bottleneck and without ------------------------------------------------------------------


def test_a_silenced_stage_is_one_whose_weights_are_zero():
    net, image = network(2), drawing(40).image
    zeroed = copy.deepcopy(net)
    torch.nn.init.zeros_(zeroed.d4.conv2.weight)
    torch.nn.init.zeros_(zeroed.d4.conv2.bias)
    with_it, without = inside.with_and_without(net, image)
    np.testing.assert_array_equal(with_it, predict(net, image)[1])
    np.testing.assert_allclose(without, predict(zeroed, image)[1], atol=1e-6)
    assert abs(with_it - without).max() > 1e-4


def test_changes_are_counted():
    label = np.array([[1, 1, 1, 0, 0, 1, 1, 1, 1, 1]])
    before = np.array([[0.9, 0.9, 0.2, 0.1, 0.8, 0.9, 0.9, 0.9, 0.9, 0.5]])
    after = np.array([[0.1, 0.9, 0.9, 0.1, 0.1, 0.2, 0.9, 0.9, 0.9, 0.5]])
    assert inside.changes(label, before, after) == {"changed": 40, "right": 50, "to_membrane": 75}


@pytest.mark.parametrize("base_width", [8, 64])
def test_weights_at_the_bottom_are_those_of_the_network(base_width):
    with torch.device("meta"):
        net = UNet(base_width=base_width)
    bottom = sum(p.numel() for layer in (net.d4, net.up3) for p in layer.parameters())
    assert inside.weights_at_the_bottom(base_width) == pytest.approx(
        100 * bottom / sum(p.numel() for p in net.parameters())
    )


def test_the_window_shows_the_changes_in_their_colours():
    sample = drawing(100)
    with_it, without = sample.label * 0.8 + 0.1, sample.label * 0.8 + 0.1
    without[60:64, 70:74] = 0.1  # was right, inside a cell
    with_it[60:64, 66:69] = 0.1  # was wrong
    fig, facts = inside.bottleneck(sample, with_it, without, side=30)
    assert facts == inside.changes(sample.label, with_it, without)
    assert [axes.get_title() for axes in fig.axes] == [
        "image", "what the bottleneck decides", "cell? with the bottleneck", "cell? without it"
    ]  # fmt: skip
    image, marked, before, after = pictures(fig)
    assert {picture.shape[:2] for picture in (image, marked, before, after)} == {(30, 30)}
    changed = (before >= 0.5) != (after >= 0.5)
    blue, orange = (np.isclose(marked, colour).all(-1) for colour in ((0.0, 0.45, 0.81), (0.70, 0.35, 0.0)))
    assert blue.any()
    assert (blue | orange)[changed].all()
    assert blue[changed & (before >= 0.5)].all()


# --- filters and fields -------------------------------------------------------------------------------


def test_a_filter_s_best_patches_are_found_and_compared():
    net = network()
    image = np.random.default_rng(0).random((60, 60)).astype(np.float32)
    fig, facts = inside.filters(net, [image], count=20)
    patches = np.array([image[r : r + 3, c : c + 3].ravel() for r in range(0, 58, 2) for c in range(0, 58, 2)])
    alike = []
    for weight in net.d0.conv1.weight.detach()[:, 0].numpy():
        loudest = sorted(patches, key=lambda patch: (patch * weight.ravel()).sum())[-20:]
        alike.append(np.corrcoef(np.mean(loudest, 0) - patches.mean(0), weight.ravel())[0, 1])
    assert facts["alike_low"] == pytest.approx(min(alike), abs=1e-4)
    assert facts["alike_high"] == pytest.approx(max(alike), abs=1e-4)
    assert facts["alike_median"] == pytest.approx(np.median(alike), abs=1e-4)
    assert [f"{value:+.2f}" for value in alike] == [axes.get_xlabel() for axes in fig.axes[8:]]
    np.testing.assert_array_equal(pictures(fig)[3], net.d0.conv1.weight.detach()[3, 0].numpy())


def test_exact_fields_hold_all_that_a_value_depends_on():
    net = network()
    stages = ["d0.relu2", "d4.relu2", "output"]
    sides = inside.exact_fields(net, stages)
    assert sides[:2] == [5, 140]
    found = interpret.fields(net, np.random.default_rng(0).random((1, 204, 204)), stages)
    for stage, side in zip(stages, sides, strict=True):
        power, _ = found[stage]
        rows = np.flatnonzero(power.any(1))
        assert rows[-1] - rows[0] + 1 <= side, stage


@pytest.mark.parametrize("width", [1, 3, 5])
def test_the_thickness_of_straight_membranes(width):
    label = np.ones((400, 60), np.uint8)
    label[:, 20 : 20 + width] = 0
    assert inside.thickness(label) == pytest.approx(width, rel=0.03)


def test_the_lines_are_the_numbers_and_the_facts_their_ends():
    stages = [*STAGES, "output"]
    can = list(range(20, 120, 10))
    sides = {"random": list(range(10)), "unet8-cells": list(range(1, 11)), "unet8-isbi": list(range(30, 40))}
    fig, facts = inside.fields_by_stage(stages, can, sides)
    assert (facts["first_can"], facts["deep_can"], facts["out_can"]) == (20, 60, 110)
    assert [facts[f"deep_{key}"] for key in ("random", "cells", "isbi")] == [4, 5, 34]
    assert [facts[f"out_{key}"] for key in ("random", "cells", "isbi")] == [9, 10, 39]
    lines = {
        to_hex(line.get_color()): list(line.get_ydata()) for line in fig.axes[0].lines if len(line.get_ydata()) == 10
    }
    assert lines == {INK: can, MUTED: sides["random"], DOWN: sides["unet8-cells"], SKIP: sides["unet8-isbi"]}
    heights = [text.get_position()[1] for text in fig.axes[0].texts if text.get_text() != "bottleneck"]
    assert all(abs(one - other) >= 14 for one, other in itertools.combinations(heights, 2)), "no label lies on another"
    assert {"d4", "output", "bottleneck"} <= set(words(fig))
    assert colours(fig) <= PALETTE


# --- single pixels ------------------------------------------------------------------------------------


def test_the_three_spots_are_what_they_are_called():
    label = np.ones((300, 300), np.uint8)
    label[150:152] = 0
    with_it = np.where(label == 1, 0.9, 0.2)
    with_it[150, 120] = 0.01
    with_it[10, 10] = 0.001  # a surer one, too near to the border
    without = with_it.copy()
    without[170:174, 140:144] = 0.1
    spots, odds = inside.three_spots(label, with_it, without)
    assert spots["membrane"] == (150, 120)
    assert 170 <= spots["rim"][0] < 174
    assert 140 <= spots["rim"][1] < 144
    row, column = spots["deep inside"]
    assert row in (102, 197), "as far from the membrane as the margin allows"
    assert 102 <= column < 198
    assert odds["odds_membrane"] == odds["odds_membrane_without"] == f"−{np.log(99):.1f}"
    assert (odds["odds_rim"], odds["odds_rim_without"]) == (f"+{np.log(9):.1f}", f"−{np.log(9):.1f}")


def test_asked_pixels_show_how_far_they_look_and_where_they_move():
    crop = np.full((204, 204), 0.5)
    asked = {}
    for name, reach in (("membrane", 0), ("rim", 10), ("deep inside", 40)):
        gradient = np.zeros((204, 204))
        gradient[102 - reach : 103 + reach, 102 - reach : 103 + reach] = 1
        moves = np.zeros((11, 11))
        moves[5, 5], moves[0, 0] = -2.0 - reach, 1.0
        asked[name] = crop, gradient, moves
    fig, facts = inside.asked_pixels(asked)
    assert facts["wide_membrane"] == 1
    assert facts["wide_rim"] in (19, 21)
    assert facts["wide_inside"] in (77, 79, 81)
    assert len(fig.axes) == 9
    said = words(fig)
    assert {"the pixel asked", "gradient", "a covered square", *asked} <= set(said)
    assert {"moves by up to 2.0", "moves by up to 12.0", "moves by up to 42.0"} <= set(said)
    for paint in [picture for picture in pictures(fig) if picture.shape == (11, 11, 4)]:
        assert to_hex(paint[5, 5, :3]) == SKIP, "towards membrane"
        assert to_hex(paint[0, 0, :3]) == DOWN, "towards cell"
        assert paint[5, 5, 3] == pytest.approx(0.85)


def test_the_laboratory_opens_where_the_bottleneck_decides():
    label = np.ones((512, 512), np.uint8)
    before, after = np.full((512, 512), 0.9), np.full((512, 512), 0.9)
    after[300:320, 200:220] = 0.1
    x, y = inside.lab_corner(label, before, after)
    for start, first, last in ((x, 200, 219), (y, 300, 319)):
        assert 0 <= start <= 244
        assert start + 92 <= first
        assert last < start + 92 + 84
    after[:80, :80] = 0.1
    assert inside.lab_corner(label, before, after) == (x, y), "what the figure cannot answer does not count"


# --- what can be read off -----------------------------------------------------------------------------


def test_blocks_lie_in_the_middles_of_the_bottleneck_s_fields():
    field = arithmetic.receptive_field(0, stage="d4.relu2")
    assert field.start + (field.width - inside.SIDE) // 2 == inside.FIRST
    picture = np.add.outer(np.arange(572.0), 1000 * np.arange(572.0))
    means = inside.block_means(picture).reshape(28, 28)
    assert means[2, 3] == pytest.approx(picture[94:110, 110:126].mean())
    assert inside.block_means(picture, 8).reshape(28, 28)[2, 3] == pytest.approx(picture[94:102, 110:118].mean())
    around = inside.neighbourhood(picture).reshape(28, 28, 9, 9)
    assert around.shape == (28, 28, 9, 9)
    assert around[2, 3, 4, 4] == pytest.approx(means[2, 3], abs=4 * 1001), (
        "the middle one is the block, but for 4 pixels"
    )


def test_values_over_a_block_are_those_of_the_maps():
    net, image = network(), np.pad(drawing().image, 30, mode="reflect")
    level_3, deepest = inside.deep_values(net, image)
    maps = capture(net, interpret.normalised(net, image[None]))
    bottom, above = maps["d4.relu2"][0].numpy(), maps["d3.relu2"][0].numpy()
    block = 5 * 28 + 9
    np.testing.assert_allclose(deepest[block], bottom[:, 5, 9], rtol=1e-4, atol=1e-5)
    square = above[:, 4 + 10 : 4 + 12, 4 + 18 : 4 + 20]
    np.testing.assert_allclose(level_3[block].reshape(64, 2, 2), square, rtol=1e-4, atol=1e-5)


def test_features_and_targets_come_image_by_image():
    taken = []

    def r_squared(features, target):
        taken.append(([part.shape for part in features], [part.shape for part in target]))
        return len(taken)

    net = network()
    found = inside.read_off(net, net, [drawing(seed=0), drawing(seed=1)], r_squared)
    assert list(found) == list(inside.TARGETS)
    assert found["mean grey"] == [1, 2, 3, 4]
    assert [features[0][1] for features, _ in taken[:4]] == [81, 128, 128, 256]
    assert all(len(features) == 2 and features[0][0] == 784 for features, _ in taken)
    assert all(target == [(784,), (784,)] for _, target in taken)


def found_scores():
    numbers = itertools.count()
    return {name: {target: [next(numbers) / 100 - 0.2 for _ in inside.SOURCES] for target in inside.TARGETS}
            for name in ("unet8-cells", "unet8-isbi")}  # fmt: skip


def test_probes_are_drawn_and_named():
    found = found_scores()
    fig, facts = inside.probes(found)
    assert [axes.get_title() for axes in fig.axes] == list(found)
    assert facts["grey_random_cells"] == "−0.19"
    assert facts["row_up_isbi"] == "0.19"
    assert len(facts) == 2 * 5 * 3 + 1
    assert (
        "unet8-cells: grey -0.19 from random weights and -0.18 from trained ones, distance -0.15 and -0.14"
        in facts["told"]
    )
    for axes, scores in zip(fig.axes, found.values(), strict=True):
        drawn = [list(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 5]
        expected = [[max(values[source], -0.12) for values in scores.values()] for source in range(4)]
        assert drawn == pytest.approx(np.array(expected))
    assert [text.get_text() for text in fig.axes[0].get_legend().get_texts()] == list(inside.SOURCES)
    assert colours(fig) <= PALETTE


# --- what lights up on membranes ----------------------------------------------------------------------


def test_pairs_in_order_are_counted():
    rng = np.random.default_rng(0)
    values, membrane = rng.integers(0, 6, (3, 40)), rng.random(40) < 0.4
    expected = [
        np.mean([(one > other) + 0.5 * (one == other) for one in row[membrane] for other in row[~membrane]])
        for row in values
    ]
    assert inside.ordered(values, membrane) == pytest.approx(expected)


def test_the_best_channel_is_chosen_on_the_first_image_and_tested_on_the_second():
    net, rng = network(), np.random.default_rng(0)
    samples = drawing(300, 1), drawing(300, 2)
    inputs = [interpret.normalised(net, sample.image[None]) for sample in samples]
    places = rng.integers(100, 200, size=(300, 2))
    membranes = [sample.label[tuple(places.T)] == 0 for sample in samples]
    (score,) = inside.best_channels(net, inputs, membranes, places, ["d0.relu2"])
    channels = []
    for x, membrane in zip(inputs, membranes, strict=True):
        values = capture(net, x)["d0.relu2"][0].numpy()[:, places[:, 0] - 2, places[:, 1] - 2]  # two convolutions
        channels.append(inside.ordered(values, membrane))
    best = np.argmax(abs(channels[0] - 0.5))
    assert score == pytest.approx(channels[1][best] if channels[0][best] > 0.5 else 1 - channels[1][best])


def test_detectors_show_the_trained_one_the_random_ones_and_the_grey_value():
    net, stages = network(seed=7), ["d0.relu2", "d1.relu2", "u0.relu2"]
    samples = drawing(seed=1), drawing(seed=2)
    fig, facts = inside.detectors(net, samples, stages, seeds=2, pixels=400)
    (axes,) = fig.axes
    lines = {}
    for line in axes.lines:
        lines.setdefault(to_hex(line.get_color()), []).append(list(line.get_ydata()))
    thin = [line for line in lines[GRID] if len(line) == 3]
    assert len(thin) == 2
    (trained,), (median,) = lines[SKIP], lines[MUTED]
    assert median == pytest.approx(np.median(thin, axis=0))
    assert (facts["trained_top"], facts["trained_end"]) == (trained[0], trained[-1])
    assert (facts["random_top"], facts["random_end"]) == pytest.approx((median[0], median[-1]))
    assert facts["raw"] > 0.95, "membranes of this drawing are dark"
    assert {"trained", "random weights", "the grey value itself", "d0", "u0"} <= set(words(fig))
    assert colours(fig) <= PALETTE


# --- the laboratory -----------------------------------------------------------------------------------


def test_the_answers_of_the_laboratory_are_those_of_the_figure():
    """One square by hand: the figure's own cover, at the place that was the farthest to change a label."""
    from unet_edu.figures import FeatureMaps

    image = cells.tissue(512, 1000).image
    lab = FeatureMaps(image=image, weights="unet8-isbi", x=233, y=244, stage="d4.relu2")
    before = lab.seen.copy()
    facts = inside.lab_answers(lab)
    assert np.array_equal(lab.seen, before)
    lab.staged.run(lab.seen)
    whole = lab.staged.map("output", 1) >= 0.5
    margin = (len(before) - len(whole)) // 2
    assert facts["lab_margin"] == margin
    assert 0 < facts["lab_reach"] < margin
    assert 0 <= facts["lab_hidden"] < 10, "the page says: it can do without the middle"
    assert facts["lab_dark"] > 90
    assert facts["lab_light"] < 10
    lab.cover = [0, 0, 24]
    lab.staged.run(lab.seen)
    assert np.array_equal(lab.staged.map("output", 1) >= 0.5, whole), "the corner is too far away"
