"""Choices: what each row is trained with, how it is scored, and that --quick works."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from unet_edu.data import label_noise
from unet_edu.data.sample import Sample
from unet_edu.experiments import choices, runs
from unet_edu.metrics import iou


def rows():
    return {row.row: row for row in choices.trials(quick=True)}


def test_each_row_changes_one_thing():
    every = choices.trials()
    found = {row.row: row for row in every}
    assert len(found) == len(every) == 20
    for row in every[1:]:
        reference = found[choices.CLASSES if row.row.startswith(f"{choices.CLASSES},") else choices.FIRST]
        before, after = reference.settings(), row.settings()
        assert len({key for key in after if after[key] != before[key]}) == 1, row.row
    assert {row.normalisation for row in every} == {"batch", "instance", "group", "none"}
    assert {row.loss for row in every} == set(choices.LOSSES)


def test_the_same_seed_gives_the_same_first_weights_and_images():
    one, other = (replace(rows()[name], recipe=replace(rows()[name].recipe, steps=1, learning_rate=1e-12))
                  for name in (choices.FIRST, "instance normalisation"))  # fmt: skip
    first, second = (choices.trained(row, 3)[0] for row in (one, other))
    torch.testing.assert_close(first.d0.conv1.conv.weight, second.d0.conv1.conv.weight)
    assert first.normalisation == second.normalisation


def test_contact_is_what_lies_near_two_cells():
    numbers = np.zeros((12, 20), np.int32)
    numbers[:, 2:9], numbers[:, 9:15] = 1, 2
    found = choices.contact(numbers)
    assert np.flatnonzero(found[6]).tolist() == [7, 8, 9, 10]
    numbers[:, 9:13] = 0
    assert not choices.contact(numbers).any()  # four pixels apart


def test_three_classes_and_their_weights():
    row = rows()[f"{choices.CLASSES}, weights"]
    samples, weights = choices.labelled(row, "train")
    assert {int(value) for one in samples for value in np.unique(one.label)} == {0, 1, 2}
    totals = [sum(weight[one.label == k].sum() for one, weight in zip(samples, weights, strict=True)) for k in range(3)]
    assert totals == pytest.approx([totals[0]] * 3, rel=1e-3)
    assert choices.labelled(rows()[choices.CLASSES], "train")[1] is None


def test_noise_is_in_the_labels_of_training_alone_and_what_is_left_out_has_no_weight():
    clean = choices.labelled(rows()[choices.FIRST], "train")[0]
    for name, row in rows().items():
        if not row.noise:
            continue
        noisy, weights = choices.labelled(row, "train", seed=1)
        again, other = (choices.labelled(row, "train", seed=seed)[0] for seed in (1, 2))
        assert all(np.array_equal(a.label, b.label) for a, b in zip(noisy, again, strict=True))
        assert not all(np.array_equal(a.label, b.label) for a, b in zip(noisy, other, strict=True))
        spoilt = choices.labelled(row, "validation", seed=1)[0]
        true = choices.labelled(rows()[choices.FIRST], "validation")[0]
        assert all(np.array_equal(a.label, b.label) for a, b in zip(spoilt, true, strict=True))
        gone = [(a.label > 0) & (b.label == 0) for a, b in zip(clean, noisy, strict=True)]
        left = np.concatenate([weight[missing] for weight, missing in zip(weights, gone, strict=True)])
        assert (left == 0).all() if "left out" in name else (left == 1).all()
    missing = label_noise.swallowed(clean[0].instances, np.zeros_like(clean[0].instances))
    assert np.array_equal(missing, clean[0].label > 0)


def two_cells():
    numbers = np.zeros((20, 30), np.int32)
    numbers[5:15, 3:13], numbers[5:15, 16:26] = 1, 2
    return Sample(np.zeros((20, 30), np.float32), (numbers > 0).astype(np.uint8), numbers, "drawn")


def test_scores_of_a_known_probability():
    sample = two_cells()
    inside = np.where(sample.label, 0.9, 0.2)
    found = choices.two_classes([sample], [np.stack([1 - inside, inside])])
    share = sample.label.mean()
    assert (found["iou"], found["f1"], found["merged"]) == (1, 1, 0)
    assert found["log_loss"] == pytest.approx(-share * np.log(0.9) - (1 - share) * np.log(0.8))
    assert found["sure"] == pytest.approx(share * 0.9 + (1 - share) * 0.8 - 1)
    assert found["calibration"] == pytest.approx(-found["sure"])
    bridged = inside.copy()
    bridged[10, 13:16] = 0.7
    found = choices.two_classes([sample], [np.stack([1 - bridged, bridged])])
    assert (found["f1"], found["merged"]) == (0, 1)
    assert found["iou"] == iou(sample.label, (bridged > 0.5).astype(np.uint8))


def test_scores_of_three_known_classes():
    sample = two_cells()
    label = sample.label.copy()
    label[5:15, 13:16] = 2
    sample = sample._replace(label=label)
    found = label.copy()
    found[5:10, 13:16] = 0  # half of the contact is missed
    found[0, 0] = 2
    probabilities = np.stack([found == k for k in range(3)]).astype(np.float32)
    scores = choices.three_classes([sample], [probabilities])
    assert scores["recall"] == 0.5
    assert scores["precision"] == pytest.approx(15 / 16)
    assert scores["contact"] == pytest.approx(15 / 31)
    assert (scores["there"], scores["found"]) == (30 / 600, 16 / 600)
    assert (scores["f1"], scores["merged"]) == (1, 0)


def test_a_quick_run_scores_its_rows_and_an_ensemble_is_a_mean(tmp_path):
    wanted = [rows()[name] for name in (choices.FIRST, f"{choices.CLASSES}, Dice", "deep supervision", "ensemble")]
    record = runs.complete(tmp_path / "choices.json", "choices", wanted, 1, device="cpu", work=choices.entry_of)
    first, three, _, ensemble = record["runs"]
    assert set(first["scores"]) == {"scorer", "average8", "mean", "tiles", "views", "own", "again"}
    assert first["scores"]["tiles"]["probability"] == 0
    assert "contact" in three["scores"]["mean"]
    assert ensemble["parameters"] == choices.MEMBERS * first["parameters"]
    row = rows()[choices.FIRST]
    nets = [choices.trained(row, choices.APART * place)[0] for place in range(choices.MEMBERS)]
    assert nets[0] is choices.trained(row, 0)[0]
    assert ensemble["scores"]["mean"] == choices.scores(nets, rows()["ensemble"])["mean"]
    lines = choices.as_text(record).split("\n")
    assert all(any(line.startswith(row.row) for line in lines) for row in wanted)
