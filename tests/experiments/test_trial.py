"""One run of an experiment: what its entry holds, what its recipe changes, how it is scored."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from unet_edu.data import cells
from unet_edu.data.augment import augment
from unet_edu.experiments import trial
from unet_edu.experiments.record import shortened
from unet_edu.experiments.trial import Trial, Tuning, cell_probability, fitting, run, scores
from unet_edu.metrics import (
    challenge_scores,
    lowest_error,
    pixel_error,
    pooled_v_rand,
    share_of_wrong_pixels,
    warping_error,
)
from unet_edu.models import ArticleUNet, FCN8s, PaddedUNet, SlidingWindowNet, UNet
from unet_edu.predict import predict
from unet_edu.training import Recipe
from unet_edu.training.loop import centre

TINY = Recipe(2, 1, 188, "adamw", 1e-3, "one-cycle", momentum=0.9)
SMALL = Trial("tiny", partial(UNet, base_width=1), TINY, data="small cells", samples=2, average8=False)


@pytest.fixture(autouse=True)
def small_slices(monkeypatch):
    """Two drawn slices of 64² for validation: scores in no time."""
    drawn = {"train": tuple(cells.tissue(64, seed) for seed in range(2))}
    drawn["validation"] = tuple(cells.tissue(64, seed) for seed in (7, 8))
    monkeypatch.setattr(trial, "slices", lambda data, split: drawn[split])
    return drawn


def test_an_entry_tells_what_it_takes_to_believe_it(small_slices):
    net, entry = run(replace(SMALL, curve=1), 3, "cpu")
    json.dumps(entry, allow_nan=False)
    assert entry["row"] == "tiny"
    assert entry["seed"] == entry["made"]["seed"] == 3
    assert {"machine", "versions", "git", "date", "bf16"} <= set(entry["made"])
    assert entry["parameters"] == sum(parameter.numel() for parameter in net.parameters())
    assert entry["training"]["steps"] == [1, 2]
    assert len(entry["training"]["loss"]) == 2
    assert [step for step, _, _ in entry["training"]["score"]] == [1, 2]
    assert entry["training"]["score"][-1][1] == entry["training"]["seconds"] > 0
    # without averaging, the last point of the curve is the final score
    assert entry["training"]["score"][-1][2] == entry["scores"]["mean"]["v_rand"]
    assert entry["scores"] == shortened(scores(net, small_slices["validation"], average8=False))


def test_a_seed_decides_a_run_and_another_seed_makes_another():
    losses = [run(SMALL, seed, "cpu")[1]["training"]["loss"] for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


def test_batch_norm_is_gone_after_training_and_changes_it():
    net, entry = run(replace(SMALL, batch_norm=True), 0, "cpu")
    assert list(net.state_dict()) == list(UNet(base_width=1).state_dict())
    assert entry["training"]["loss"][1] != run(SMALL, 0, "cpu")[1]["training"]["loss"][1]


def test_the_weight_map_and_elastic_deformation_reach_the_training():
    plain = run(SMALL, 0, "cpu")[1]["training"]["loss"]
    assert run(replace(SMALL, weight_map=True), 0, "cpu")[1]["training"]["loss"] != plain
    assert run(replace(SMALL, elastic=0.0), 0, "cpu")[1]["training"]["loss"] != plain


def test_a_second_phase_goes_on_from_the_first(tmp_path):
    """Without batch normalisation, from weights rounded to float16, whether the file in between is there or not."""
    tuned = replace(SMALL, batch_norm=True, tuning=Tuning(replace(TINY, steps=1), elastic=0.0))
    between = tmp_path / "between.safetensors"
    net, entry = run(tuned, 0, "cpu", between=between)
    first = entry["training"]["first_phase"]
    assert first["loss"] == run(replace(SMALL, batch_norm=True), 0, "cpu")[1]["training"]["loss"]
    assert len(entry["training"]["loss"]) == 1
    assert entry["training"]["seconds"] > first["seconds"]
    resumed, again = run(tuned, 0, "cpu", between=between)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), resumed.parameters(), strict=True))
    assert again["training"]["first_phase"] == first
    assert again["scores"] == entry["scores"] == run(tuned, 0, "cpu")[1]["scores"]
    with pytest.raises(ValueError, match="another trial or seed"):
        run(tuned, 1, "cpu", between=between)


def test_a_membrane_that_counts_more_weighs_more_where_there_is_membrane(small_slices):
    train = small_slices["train"]
    for sample, plain, more in zip(train, trial.weight_maps(train), trial.weight_maps(train, 3.0), strict=True):
        cell = sample.label == 1
        assert np.array_equal(plain[cell], more[cell])
        assert np.ptp((more - plain)[~cell]) < 1e-5 < (more - plain)[~cell].min()


def test_finish_makes_the_network_that_is_scored():
    def black(net):
        torch.nn.init.zeros_(net.score.weight)
        net.score.bias.data = torch.tensor([9.0, -9.0])
        return net

    net, entry = run(SMALL, 0, "cpu", finish=black)
    assert not net.score.weight.any()
    cell = np.mean([sample.label for sample in trial.slices("", "validation")])
    assert entry["scores"]["stack"]["share_of_wrong_pixels"] == pytest.approx(
        min(cell, 1 - cell)
    )  # all cell, or no cell at all


def test_scores_are_those_of_the_metrics(small_slices):
    torch.manual_seed(0)
    net = UNet(base_width=1).eval()
    validation = small_slices["validation"]
    found = [predict(net, sample.image, average8=True)[1] for sample in validation]
    told = scores(net, validation, average8=True)
    each = [challenge_scores(sample.label, cell).v_rand.score for sample, cell in zip(validation, found, strict=True)]
    assert [one["v_rand"] for one in told["slices"]] == each
    assert told["mean"]["v_rand"] == pytest.approx(sum(each) / 2)
    assert told["sd"]["v_rand"] == pytest.approx(abs(each[0] - each[1]) / 2**0.5)
    labels = np.stack([sample.label for sample in validation])
    together = challenge_scores(labels, np.stack(found))
    assert (told["stack"]["v_rand"], told["stack"]["v_info"]) == (together.v_rand.score, together.v_info.score)
    assert told["scorer"] == "challenge"
    assert told["stack"]["pooled_v_rand"] == pooled_v_rand(labels, np.stack(found)).score
    wrong = [share_of_wrong_pixels(labels, (np.stack(found) > tenth / 10).astype(np.uint8)) for tenth in range(10)]
    assert told["stack"]["share_of_wrong_pixels"] == min(wrong)
    for error in (pixel_error, warping_error):
        assert told["stack"][error.__name__] == lowest_error(error, labels, np.stack(found)).error


def test_a_sliding_window_is_averaged_over_the_same_views_as_others():
    torch.manual_seed(0)
    net = SlidingWindowNet().eval()
    net.normalisation = (0.4, 0.2)
    image = cells.tissue((8, 9), 0).image
    assert np.allclose(cell_probability(net, image, False), predict(net, image)[1], atol=1e-5)
    assert np.allclose(cell_probability(net, image, True), predict(net, image, average8=True)[1], atol=1e-5)


def test_a_network_of_colours_gets_three_equal_channels():
    sample = cells.tissue(32, 0)
    assert fitting(sample, UNet(base_width=1)) is sample
    three = fitting(sample, ArticleUNet(2, base_width=1))
    assert three.image.shape == (3, 32, 32)
    assert (three.image == sample.image).all()
    assert three.label is sample.label


def batch(trial_, net, seed=5):
    """Return the tiles, labels and weights that a network of a row gets in one step, labels cut to what it labels."""
    sample = cells.tissue(400, 3)
    images, labels = torch.tensor(sample.image)[None, None], torch.tensor(sample.label).long()[None]
    size = trial_.recipe.tile
    window = net(torch.zeros(1, 1, size, size)).shape[-1]
    generator = torch.Generator().manual_seed(seed)
    given = {"generator": generator, "size": size, "margin": (size - window) // 2, "weights": torch.ones(1, 400, 400)}
    cut_tiles, cut_labels, weights = trial.tiles(trial_, trial_.elastic, images, labels, **given)
    assert cut_tiles.shape[-1] == cut_labels.shape[-1] == size
    return cut_tiles, centre(cut_labels, window), centre(weights, window)


def test_networks_that_lose_different_borders_learn_from_the_same_pixels():
    """The rows of the ablation did not: 304 pixels for 300, other places, 6.9 times as many labels."""
    shared = replace(SMALL, cut=256, window=20)
    rows = [
        (replace(shared, recipe=replace(TINY, tile=tile)), build().eval())
        for tile, build in (
            (204, partial(UNet, base_width=1)),
            (208, partial(PaddedUNet, base_width=1)),
            (204, partial(FCN8s, num_classes=2, in_channels=1, width=1, hidden=1)),
        )
    ]
    first, *others = (batch(*row) for row in rows)
    assert first[2].sum() == 20**2
    for other in others:
        for one, two in zip(first, other, strict=True):
            assert torch.equal(centre(one, 20), centre(two, 20))
        assert other[2].sum() == 20**2, "no pixel counts that the others do not have"
    # what the network sees around it is the same, too: no tile is bent by its own size
    assert torch.equal(first[0], centre(others[0][0], 204))


def test_without_a_shared_cut_tiles_are_those_of_augment():
    sample = cells.tissue(240, 3)
    images, labels = torch.tensor(sample.image)[None, None], torch.tensor(sample.label).long()[None]
    weights = torch.rand(1, 240, 240, generator=torch.Generator().manual_seed(0))

    def drawn(function, **more):
        generator = torch.Generator().manual_seed(1)
        return function(images, labels, generator=generator, size=188, margin=92, weights=weights, **more)

    *same, counted = drawn(partial(trial.tiles, SMALL, 4.0))
    *wanted, all_weights = drawn(augment, sigma=4.0)
    assert all(torch.equal(one, two) for one, two in zip(same, wanted, strict=True))
    assert torch.equal(centre(counted, 4), centre(all_weights, 4))
    assert counted.count_nonzero() == centre(counted, 4).count_nonzero()


@pytest.mark.parametrize(
    ("count", "spread", "places"),
    [(2, False, [0, 1]), (1, False, [0]), (1, True, [9]), (2, True, [0, 17]), (4, True, [0, 5, 11, 17])],
)
def test_training_slices_are_the_first_or_spread_over_the_stack(count, spread, places):
    assert trial.chosen(tuple(range(18)), count, spread) == tuple(places)
    assert trial.chosen(tuple(range(18)), 18, spread) == tuple(range(18))


def test_settings_that_are_not_used_are_not_in_a_record():
    assert not {"cut", "window", "spread", "differs"} & set(SMALL.settings())
    assert replace(SMALL, cut=256, spread=True).settings() == SMALL.settings() | {"cut": 256, "spread": True}
