"""unet_edu.plots.sliding_window: two windows, the album's mistakes, and pooling that is made once."""

import numpy as np
import pytest
import torch
from plotkit import PALETTE, colours, words

from unet_edu import arithmetic
from unet_edu.activations import capture
from unet_edu.data import Sample, cells
from unet_edu.models import SlidingWindowNet
from unet_edu.models.sliding_window import WINDOW
from unet_edu.plots import sliding_window as plots

RNG = np.random.default_rng(0)
WIDTHS = (1, 9, 25, 49)
WRONG = {width: torch.tensor(RNG.random(400) < 0.5 - width / 100).float() for width in WIDTHS}
AWAY = torch.tensor(RNG.uniform(1, 9, 400))
TRUTH = torch.tensor(RNG.random(400) < 0.75).int()
PACKED = {64: [0.5, 0.3], 256: [0.3, 0.3], 1024: [0.25, 0.21], 4096: [0.2, 0.1]}
SPREAD = {64: [0.24, 0.22], 256: [0.2, 0.2], 1024: [0.18, 0.18], 4096: [0.16, 0.16]}


@pytest.fixture(scope="module")
def tissue():
    return cells.tissue(256, seed=1)


def test_only_colours_of_the_palette(tissue):
    figures = [
        plots.mistakes_by_width(WRONG, AWAY, TRUTH)[0],
        plots.neighbours_or_anywhere(PACKED, SPREAD)[0],
        plots.every_second([3, 1, 4, 1, 5, 9, 2, 6]),
    ]
    assert set().union(*map(colours, figures)) <= PALETTE


def test_the_border_is_straight_and_none_is_nearer_to_the_centre():
    label = np.zeros((60, 60), np.uint8)
    label[5:55, 5:20] = 1  # cell, with a straight right edge far from the centre
    label[20:40, 10:26] = 1  # and one that is nearer
    row, column = plots.straight_border(label, margin=5)
    assert column == 25
    assert label[row, column] == 1
    assert label[row, column + 1] == 0
    assert label[row - 3 : row + 4, column - 3 : column + 1].all()
    assert not label[row - 3 : row + 4, column + 1 : column + 4].any()
    assert abs(row - 30) <= 1


def test_both_windows_lie_in_the_image(tissue):
    half = WINDOW // 2
    row, column = plots.straight_border(tissue.label)
    assert half <= row < 256 - half
    assert half <= column < 256 - half - 1


def test_distance_from_a_border():
    label = np.zeros((9, 9), np.uint8)
    label[:, 4:] = 1
    assert plots.distance_from_border(label)[3].tolist() == [4, 3, 2, 1, 1, 2, 3, 4, 5]


def test_mistakes_are_counted_near_and_far():
    fig, facts = plots.mistakes_by_width(WRONG, AWAY, TRUTH)
    for name, places in {"near": AWAY <= 2, "all": AWAY > 0, "far": AWAY > 4}.items():
        curve = [100 * float(wrong[places].sum() / places.sum()) for wrong in WRONG.values()]
        assert facts[f"least_{name}"] == pytest.approx(min(curve))
        assert facts[f"best_{name}"] == WIDTHS[curve.index(min(curve))]
        ends = [facts[f"{end}_{name}"] for end in ("narrowest", "wide", "widest")]
        assert ends == pytest.approx([curve[0], curve[2], curve[3]])
        assert any(np.allclose(line.get_ydata(), curve) for line in fig.axes[0].lines if len(line.get_xdata()) == 4)
    assert facts["widest"] == 49
    share = float((TRUTH == 0).sum()) / 400
    assert facts["membrane"] == pytest.approx(100 * share)
    assert facts["membrane_far"] == pytest.approx(100 * float((TRUTH[AWAY > 4] == 0).float().mean()))
    ink = torch.rand(200_000) < share, torch.rand(200_000) < share
    assert facts["guess"] == pytest.approx(100 * float((ink[0] != ink[1]).float().mean()), abs=0.6)
    assert {"all", "1", "9", "25", "49"} <= set(words(fig))


def test_neighbours_are_beaten_by_few_from_anywhere():
    fig, facts = plots.neighbours_or_anywhere(PACKED, SPREAD)
    assert (facts["few"], facts["most"]) == (64, 4096)
    assert facts["spread_few"] == pytest.approx(23)
    assert facts["spread_most"] == pytest.approx(16)
    assert facts["packed_most"] == pytest.approx(15)
    assert (facts["beaten"], facts["square"], facts["packed_beaten"]) == (1024, 32, pytest.approx(23))
    points = [line for line in fig.axes[0].lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_xdata()) for line in points) == 16, "a point for each try"
    assert "4,096" in words(fig)


def test_without_any_neighbours_beaten_the_smallest_album_stands():
    _, facts = plots.neighbours_or_anywhere({64: [0.1], 256: [0.1]}, {64: [0.4], 256: [0.3]})
    assert facts["beaten"] == 64


def windows(image, width, places):
    """The windows, cut one by one."""
    half = width // 2
    image = torch.tensor(np.pad(image, half, mode="reflect"))
    return torch.stack([image[y : y + width, x : x + width].flatten() for y, x in places.tolist()])


def test_pairs_on_either_side_of_a_border_are_compared_with_strangers(tissue):
    torch.manual_seed(0)
    network = SlidingWindowNet().eval()
    facts = plots.neighbours_apart(network, tissue, windows, np.random.default_rng(3), count=6)
    assert set(facts) == {"apart_pixels", "apart_pool4", "same_pixels", "same_pool4"}
    assert 0 < facts["apart_pixels"] < 1

    rows, columns = np.nonzero(tissue.label[:, 1:] != tissue.label[:, :-1])
    some = np.random.default_rng(3).permutation(len(rows))[:6]
    padded = np.pad(tissue.image, WINDOW // 2, mode="reflect")
    ones, others = (
        [padded[y : y + WINDOW, x + step : x + step + WINDOW] for y, x in zip(rows[some], columns[some], strict=True)]
        for step in (0, 1)
    )

    def apart(ones, others):
        partners = np.mean([np.linalg.norm(one - other) for one, other in zip(ones, others, strict=True)])
        return partners / np.mean([np.linalg.norm(one - ones[number - 1]) for number, one in enumerate(ones)])

    assert facts["apart_pixels"] == pytest.approx(apart(ones, others), rel=1e-4)
    pool4 = [capture(network, torch.tensor(np.stack(each))[:, None])["pool4"].numpy() for each in (ones, others)]
    assert facts["apart_pool4"] == pytest.approx(apart(*pool4), rel=1e-4)


def test_pairs_without_a_border_differ_as_much():
    """The control: in noise a border that nothing shows changes nothing, and a pair is a shift by one pixel."""
    torch.manual_seed(0)
    network = SlidingWindowNet().eval()
    rng = np.random.default_rng(0)
    label = np.ones((200, 200), int)
    label[:, 100:] = 0
    sample = Sample(rng.random((200, 200)).astype(np.float32), label, None, "noise with a border that nothing shows")
    facts = plots.neighbours_apart(network, sample, windows, np.random.default_rng(3), count=40)
    assert facts["same_pixels"] == pytest.approx(facts["apart_pixels"], rel=0.02)
    assert facts["same_pool4"] == pytest.approx(facts["apart_pool4"], rel=0.1)


def test_one_grid_is_the_network_run_once_over_the_image():
    network = SlidingWindowNet().eval()
    size = 130
    side, macs = plots.one_grid(size)
    image = torch.zeros(1, 1, size + WINDOW - 1, size + WINDOW - 1)
    counted = 0
    with torch.inference_mode():
        for name, layer in network.named_children():
            if name == "flatten":
                break
            before, image = image, layer(image)
            if name.startswith("conv"):
                counted += image[0].numel() * before.shape[1] * layer.kernel_size[0] ** 2
    assert side == image.shape[-1] - 2  # fc5 is a window of 3 × 3
    assert macs == counted + side**2 * (network.fc5.weight.numel() + network.score.weight.numel())
    assert plots.one_grid(1) == (1, network.macs_per_window)
    assert arithmetic.unet_macs(700) > plots.one_grid(512)[1]


def test_every_second_pair_belongs_to_a_window():
    numbers = [3, 1, 4, 1, 5, 9, 2, 6]
    fig = plots.every_second(numbers)
    said = words(fig)
    pairs = torch.nn.functional.max_pool1d(torch.tensor([numbers]).float(), 2, stride=1).int().flatten().tolist()
    assert said[:15] == [*map(str, numbers), *map(str, pairs)]
    assert said[15:20] == ["w0", "w1", "w2", "w3", "w4"]
    assert len(fig.axes) == 1
    read = [line for line in fig.axes[0].lines if line.get_linewidth() == 1.6]
    for line in read:
        (start, window), even = line.get_xdata(), line.get_linestyle() == "-"
        assert int(start) % 2 == int(window - 1.5) % 2 == (not even), "even windows read even pairs, with full lines"
    assert len(read) == 10
