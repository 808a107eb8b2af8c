"""What the chapters' folded solutions say in answer to questions of their prompts, and do beyond the cases."""

import numpy as np
import pytest
import torch
from bookkit import ROOT
from scipy import ndimage
from torch import nn

from _ext.exercise_cells import exercises as cells_of
from unet_edu import metrics
from unet_edu.course.registry import find
from unet_edu.data import cells, nuclei
from unet_edu.models import UNet

pytestmark = pytest.mark.usefixtures("one_thread")


def solution(id, **names):
    """Run the solution of an exercise's cell, with the book's values; return its definition and its source."""
    exercise = find(id)
    path = ROOT / "book" / f"{exercise.chapter}.md"
    source = cells_of(path.read_text("utf-8"), path.name)[id].solution
    for line in exercise.needs:
        exec(line, names)
    exec(source, names)
    return names[exercise.name], source


def test_a_network_trained_on_half_and_half_is_put_right_by_its_odds():
    """Of two classes that overlap, seen half and half; then the odds times (membrane / cell) are the true ones."""
    _, source = solution("window.balanced")
    assert "(pixels of membrane) / (pixels of cell)" in source
    shares = {"membrane": 0.2, "cell": 0.8}
    grey = np.linspace(-3, 3, 13)
    density = {"membrane": np.exp(-((grey + 1) ** 2) / 2), "cell": np.exp(-((grey - 1) ** 2) / 2)}
    balanced = density["membrane"] / density["cell"]  # odds that a network learns from half and half
    true = shares["membrane"] * density["membrane"] / (shares["cell"] * density["cell"])
    np.testing.assert_allclose(balanced * shares["membrane"] / shares["cell"], true)
    assert (balanced > true).all(), "it says membrane too often"


def test_no_pixel_has_the_value_of_its_score_but_between_equal_ones():
    paint_tents, source = solution("fcn.paint")
    assert "None" in source
    for stride in (2, 3, 4, 5):
        scores = [3.0, 7.0, 20.0, -4.0]
        row = paint_tents(scores, stride)
        for number, score in enumerate(scores):
            assert score not in np.round(row[number * stride : (number + 2) * stride], 9)
        assert np.allclose(paint_tents([4.0, 4.0], stride)[stride : 2 * stride], 4)


def test_the_share_of_independent_pixels_falls():
    independent_pixels, source = solution("augment.worth")
    assert "The share falls" in source
    labels = np.stack([cells.tissue(512, seed).label for seed in range(1000, 1004)])
    worth = [independent_pixels(labels, side) for side in (8, 16, 32, 64)]
    shares = [pixels / side**2 for pixels, side in zip(worth, (8, 16, 32, 64), strict=True)]
    assert shares == sorted(shares, reverse=True)
    assert all(1.5 < after / before < 2.5 for before, after in zip(worth, worth[1:], strict=False)), "about twice"


@pytest.mark.parametrize("reach", [1, 2, 3, 2.5])
def test_how_wide_the_opened_gap_is(reach):
    open_gap, source = solution("augment.open_gap", ndimage=ndimage)
    assert "2 * reach - 1" in source
    rows = int(reach)
    for apart, wanted in ((0, 2 * rows), (1, 2 * rows - 1)):
        instances = np.tile(np.repeat([1, 0, 2], [8, apart, 8]), (5, 1))
        assert (open_gap(instances, reach)[2] == 0).sum() == wanted


def test_the_mode_of_every_part_is_left_as_it_was():
    gives_shares, _ = solution("training.softmax")
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Softmax(1))
    network.train()
    network[1].eval()  # frozen
    assert gives_shares(network, torch.rand(2, 1, 8, 8))
    assert [part.training for part in network.modules()] == [True, True, False, True]


def test_seams_remain_behind_mirrors():
    with_mirrors, source = solution("predict.mirror_padding")
    assert "The seams remain" in source
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1)).eval()
    mirrored, image = with_mirrors(network), torch.rand(1, 1, 16, 32)
    with torch.no_grad():
        whole, left = mirrored(image), mirrored(image[..., :16])
        off = (left - whole[..., :16]).abs().amax((0, 1, 2))
    assert (off[-2:] > 1e-3).all()
    assert off[:-2].max() < 1e-6


def test_own_thresholds_never_lose():
    own_and_shared, source = solution("score.threshold")
    assert "never larger" in source
    rng = np.random.default_rng(0)
    pairs = [own_and_shared(rng.random((4, 11))) for _ in range(200)]
    assert all(own >= shared for own, shared in pairs)


def test_which_predictions_need_how_many_clicks():
    from unet_edu.plots.scoring import truth_and_predictions

    clicks, source = solution("score.clicks")
    assert "A, C and E need no click, D needs 1 and B needs 2" in source
    truth, predictions = truth_and_predictions()
    found = {name: sum(clicks(metrics.regions(truth), metrics.thin(one))) for name, one in predictions.items()}
    assert found == {"A": 0, "B": 2, "C": 0, "D": 1, "E": 0}


@pytest.mark.parametrize("r", [-0.5, 0.2, 0.8])
def test_when_runs_of_one_seed_scatter_less_than_runs_of_two(r):
    """It said "where r exceeds one half": beside a single run, and two runs are compared."""
    paired, source = solution("ablate.paired")
    assert "Smaller where r > 0" in source
    both = np.random.default_rng(0).multivariate_normal([0, 0], [[1, r], [r, 1]], 4000)
    _, scatter = paired(both[:, 0], both[:, 1])
    _, unpaired = paired(both[:, 0], np.roll(both[:, 1], 1))
    assert scatter**2 == pytest.approx(2 * (1 - r), rel=0.1)
    assert unpaired**2 == pytest.approx(2, rel=0.1)
    assert (scatter < unpaired) == (r > 0)


def test_who_reads_the_two_channels():
    wasted, source = solution("inside.wasted")
    assert "[(9, 1024)]" in source
    assert "[(9, 256), (9, 128)]" in source
    with torch.device("meta"):
        layers = dict(UNet().named_modules())

    def readers(*names):
        return [(layers[name].weight[0, 0].numel(), layers[name].out_channels) for name in names]

    assert layers["d4.conv2"].in_channels == layers["d4.conv1"].out_channels
    assert readers("d4.conv2") == [(9, 1024)]
    assert layers["u1.conv1"].in_channels == 2 * layers["d1.conv2"].out_channels, "the skip and what comes up"
    assert readers("d2.conv1", "u1.conv1") == [(9, 256), (9, 128)]
    assert wasted(512, readers("d4.conv2")) == 9 * 512 + 1 + 9 * 1024


def test_a_measured_highest_value_is_no_proof():
    never_fires, source = solution("inside.never")
    assert "is a sample, too" in source
    weight, bias = np.array([[[1.0]]]), -0.5
    assert never_fires(weight, bias, [0.4]), "by what was measured"
    assert not never_fires(weight, bias, [1.0]), "by what can be"


def test_a_probe_of_other_images_targets_finds_nothing():
    left_out_r2, source = solution("inside.probe")
    assert "Shuffled: 0 or less" in source
    rng = np.random.default_rng(0)
    features = [rng.normal(size=(200, 4)) for _ in range(6)]
    targets = [each @ [1.0, 2.0, 0.0, -1.0] for each in features]
    assert left_out_r2(features, targets) > 0.99
    assert left_out_r2(features, targets[1:] + targets[:1]) < 0.05


def test_a_process_without_weight_counts_nothing_even_as_nan():
    merged, _ = solution("after.merge")
    np.testing.assert_array_equal(merged(np.array([[np.nan], [6.0]]), np.array([0.0, 3.0])), [6])


def test_numbers_that_folds_give_are_what_the_solutions_return():
    side, source = solution("fcn.side")
    assert side(1000) == 39 - find("fcn.side").book["kernel"]
    assert f"39 - {find('fcn.side').book['kernel']} scores" in source
    convs = find("arithmetic.block_out").book["convs"]
    block_out, source = solution("arithmetic.block_out")
    assert f"572 - 2 * {convs} with kernel 3" in source
    assert (block_out(572, 3), block_out(572, 5)) == ((572 - 2 * convs) // 2, (572 - 4 * convs) // 2) == (284, 282)
    added, source = solution("reading.added")
    assert "18 * 64 + 19 * (64 + 1)" in source
    assert added(3, 21) == 18 * 64 + 19 * (64 + 1) == 2387
    widest_gap, source = solution("augment.widest_gap")
    assert "2 · 5² · ln 10" in source
    assert widest_gap(1, 10) == int(np.sqrt(2 * 5**2 * np.log(10))) - 1
    memory_length, source = solution("training.memory")
    assert "0.9: 7 gradients, 0.99: 69" in source
    assert (memory_length(0.9), memory_length(0.99)) == (7, 69)
    assert solution("predict.mirror")[0](-17, 1) == 0
    assert solution("score.dice")[0](0.5) == pytest.approx(2 / 3)


def test_two_scores_of_cells_that_ran_together_two_by_two():
    mask_and_cells, source = solution("score.hidden")
    assert "F1 0" in source
    mask, cells_f1 = mask_and_cells([300] * 20, [[2 * pair, 2 * pair + 1] for pair in range(10)])
    assert (mask, cells_f1) == (6000 / (6000 + 10 * find("score.hidden").book["bridge"]), 0)


def test_weights_that_make_a_blend_a_crop():
    blended, source = solution("after.blend")
    assert "as wide as the overlap" in source
    tiles = np.arange(14.0).reshape(2, 7)
    row = blended(tiles, [0, 3], 10, np.array([0, 0, 1, 1, 1, 0, 0]))
    np.testing.assert_array_equal(row[2:8], [2, 3, 4, 9, 10, 11])
    assert np.isnan(row[[0, 1, 8, 9]]).all()


def test_how_many_touching_nuclei_are_lost_in_mergers():
    lost_in_mergers, source = solution("score.lost")
    assert "40 of its 142 nuclei" in source
    dish = nuclei.load("fluorescence", "validation", whole=False)[0]
    assert len(np.unique(dish.instances)) - 1 == 142
    assert lost_in_mergers(dish.instances, metrics.regions(dish.label)) == 40
