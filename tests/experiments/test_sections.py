"""How alike sections are, and as how many they count."""

import json

import numpy as np
import pytest

from unet_edu import results
from unet_edu.data.sample import Sample
from unet_edu.experiments import sections


def stack(count, rho, side=200):
    """Return slices whose pixels are an autoregressive process of first order along the stack."""
    rng = np.random.default_rng(0)
    value = rng.standard_normal((side, side))
    found = []
    for _ in range(count):
        found.append(Sample(value.astype(np.float32), (value > 0).astype(np.uint8), None, "drawn"))
        value = rho * value + np.sqrt(1 - rho**2) * rng.standard_normal((side, side))
    return found


def test_likeness_of_a_known_stack():
    found = sections.likeness(stack(8, 0.6), farthest=4)
    assert [one["apart"] for one in found] == [1, 2, 3, 4]
    assert [one["pairs"] for one in found] == [7, 6, 5, 4]
    for one in found:
        rho = 0.6 ** one["apart"]
        assert one["images"] == pytest.approx(rho, abs=0.01)
        assert one["labels"] == pytest.approx(2 / np.pi * np.arcsin(rho), abs=0.01)  # of signs: Sheppard's formula
        assert one["wrong"] == pytest.approx(np.arccos(rho) / np.pi, abs=0.01)


def test_as_many_as_count():
    assert sections.effective(6, []) == 6
    assert sections.effective(6, [0] * 20) == 6
    assert sections.effective(6, [1] * 20) == pytest.approx(1)
    assert sections.effective(2, [0.5]) == pytest.approx(2 / 1.5)
    assert sections.effective(1, [0.9]) == 1
    with pytest.raises(ValueError, match="at least 1, not 0"):
        sections.effective(0, [])


def test_the_variance_of_a_mean_is_that_of_as_many_independent_ones():
    """Against a simulation: means of six neighbours with correlations 0.5, 0.25, …"""
    means = np.mean([one.image for one in stack(6, 0.5, side=400)], axis=0)
    wanted = 1 / sections.effective(6, [0.5**apart for apart in range(1, 6)])
    assert means.var() == pytest.approx(wanted, rel=0.02)


def test_a_quick_run(tmp_path, capsys):
    path = tmp_path / "sections.json"
    record = sections.main(["--quick", "--output", str(path)])
    assert json.loads(path.read_text("utf-8")) == record
    assert record["slices"] == 4
    assert all(abs(one["images"]) < 0.2 for one in record["apart"]), "drawn tissue has no neighbours"
    assert "apart 1" in capsys.readouterr().out


def test_the_record_shows_neighbours_that_are_alike():
    record = results.read("sections")
    assert record["slices"] == 24
    labels = [one["labels"] for one in record["apart"]]
    assert labels[0] > 0.1 > labels[2] > labels[7]
    wrong = [one["wrong"] for one in record["apart"]]
    assert wrong[0] < min(wrong[1:])
