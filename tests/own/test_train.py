"""A whole training run on small images: what it says, what its file holds, and that it goes on where it was."""

import json
from dataclasses import fields

import numpy as np
import pytest
import torch
from ownkit import discs

from unet_edu.models import UNet
from unet_edu.own import plan as planning
from unet_edu.own import start as starting
from unet_edu.own import train as module
from unet_edu.own.plan import Plan
from unet_edu.own.score import score
from unet_edu.own.segment import instances, read, segment
from unet_edu.own.train import train
from unet_edu.training import History

LOSSES = {("scratch", 2e-3): 0.4, ("scratch", 5e-3): 0.3, ("scratch", 1.25e-2): 0.5}


@pytest.fixture
def quick(monkeypatch):
    """Short tries are not run: their losses are LOSSES, their pace a twentieth of a second a step; clocks stand."""

    def tried(data, plan, survey, name, rate, steps, clock, seed, device):
        asked.append((name, rate, steps))
        return LOSSES.get((name, rate), 1.0), 0.05

    asked = []
    monkeypatch.setattr(module, "tried", tried)
    monkeypatch.setattr(planning, "WIDTH", 4)
    return asked


def run(path, samples=None, minutes=0.06, **options):
    samples = [discs(64, seed=seed, name=f"{seed}.png") for seed in range(5)] if samples is None else samples
    options = {"starts": ["scratch"], "say": lambda line: None, "device": "cpu", "progress": False} | options
    return train(samples, path, minutes, clock=lambda: 0.0, **options)


def test_a_network_is_trained_and_its_file_finds_discs_that_it_never_saw(tmp_path, quick):
    said = []
    made = run(tmp_path / "net.safetensors", say=said.append, scaling=(0, 255, "8 bits"), preview=tmp_path / "seen.png")
    new = discs(80, seed=99)
    found = score(new.instances, instances(segment(tmp_path / "net.safetensors", new.image), **made.cut()))
    assert found.f1 > 0.9
    assert (made.net.scaling, made.classes, made.pixel) == ((0.0, 255.0), 2, 1)
    assert isinstance(made.net, UNet)
    assert 0 < made.threshold < 1
    assert made.scores["f1"] > 0.9
    assert said == made.lines, "what was said is in the file"
    (tries,) = [place for place, line in enumerate(said) if line.startswith("short tries of learning rates begin: ")]
    assert said[tries - 1].startswith("recipe: ")  # a line stands before the longest silence
    assert said[tries + 1].startswith(("shipped weights: ", "short tries from "))
    for name in [field.name for field in fields(Plan)]:
        assert any(line.startswith(f"{name}: ") for line in said)
    for word in ("objects", "touching", "split", "short tries from scratch", "start", "training", "threshold"):
        assert any(line.startswith(word) for line in said), word
    assert any("Otsu and watershed there" in line for line in said)
    assert not (tmp_path / "net.run").exists()
    assert (tmp_path / "seen.png").stat().st_size > 100


def test_the_time_is_shared_among_tries_and_the_run(tmp_path, quick):
    said = []
    run(tmp_path / "net.safetensors", minutes=0.05, say=said.append)
    assert [one[:2] for one in quick if one[2] > 4] == list(LOSSES)
    assert {steps for *_, steps in quick if steps > 4} == {12}
    (line,) = [line for line in said if line.startswith("start: ")]
    assert "start: scratch, learning rate 0.005" in line
    assert f"{int(0.92 * 3 / 0.05)} steps" in line


@pytest.mark.parametrize(("progress", "shows"), [(None, True), (False, False)])
def test_a_notebook_gets_a_picture_unless_it_wants_no_progress(tmp_path, quick, monkeypatch, progress, shows):
    drawn = []
    monkeypatch.setattr("unet_edu.training.loop.notebook_preview", lambda: lambda step, *_: drawn.append(step))
    run(tmp_path / "net.safetensors", say=lambda line: None, progress=progress)
    assert bool(drawn) == shows


def test_an_interrupted_run_goes_on_and_ends_as_if_nothing_had_happened(tmp_path, quick, monkeypatch):
    whole = run(tmp_path / "whole.safetensors")
    looks = []

    def interrupted(*args, **options):
        looks.append(1)
        if len(looks) == 4:
            raise KeyboardInterrupt
        return look(*args, **options)

    look = module.look
    with monkeypatch.context() as patch:
        patch.setattr(module, "look", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "net.safetensors")
    assert json.loads((tmp_path / "net.run" / "choice.json").read_text("utf-8"))["rate"] == 5e-3
    with pytest.raises(ValueError, match="interrupted run with other images"):
        run(tmp_path / "net.safetensors", seed=1)
    quick.clear()
    said = []
    again = run(tmp_path / "net.safetensors", say=said.append)
    assert quick == [], "nothing is tried again"
    assert any("goes on from" in line for line in said)
    for name, tensor in whole.net.state_dict().items():
        assert torch.equal(tensor, again.net.state_dict()[name]), name
    assert (again.threshold, again.apart, again.scores) == (whole.threshold, whole.apart, whole.scores)


def test_colours_sizes_that_differ_and_large_objects_are_taken(tmp_path, quick):
    samples = [discs(size, radius=38, step=100, channels=3, name=f"{size}.png") for size in (200, 210, 300, 200, 260)]
    made = run(tmp_path / "net.safetensors", samples, minutes=0.02)
    assert made.pixel == 2
    assert made.net.in_channels == 3
    assert segment(made, discs(101, channels=3).image).shape == (101, 101)


def test_of_three_classes_there_is_no_threshold(tmp_path, quick):
    samples = []
    for seed in range(4):
        one = discs(64, seed=seed, name=f"{seed}.png")
        samples.append(one._replace(label=np.where(one.instances > 2, 2 * one.label, one.label), instances=None))
    made = run(tmp_path / "net.safetensors", samples, minutes=0.02, starts=None)
    assert (made.classes, made.threshold) == (3, None)
    assert 0 <= made.scores["iou"] <= 1
    assert segment(made, samples[0].image).shape == (3, 64, 64)


def test_shipped_weights_are_tried_beside_scratch(tmp_path, quick, monkeypatch):
    monkeypatch.setitem(LOSSES, ("unet8-nuclei", 2e-3), 0.1)
    monkeypatch.setattr(starting, "nearest_shipped", lambda *args: ("unet8-nuclei", 0.2))
    said = []
    samples = [discs(64, radius=10, step=32, seed=seed, name=f"{seed}.png") for seed in range(3)]
    made = run(tmp_path / "net.safetensors", samples, minutes=0.01, starts=None, say=said.append)
    assert any(line.startswith("shipped weights: unet8-nuclei is nearest") for line in said)
    assert any(line.startswith("start: unet8-nuclei, learning rate 0.002") for line in said)
    assert made.net.base_width == 8
    assert list(dict.fromkeys(name for name, *_ in quick)) == ["scratch", "unet8-nuclei"]


def test_a_short_try_gives_a_loss_and_a_pace(monkeypatch):
    monkeypatch.setattr(planning, "WIDTH", 2)
    samples = [discs(64, seed=seed) for seed in range(3)]
    survey = module.make_survey(samples)
    plan = module.make_plan(survey)
    data = module.ready(module.make_split(samples), plan, survey)
    ticks = iter(range(100))
    loss, pace = module.tried(data, plan, survey, "scratch", 5e-3, 4, lambda: next(ticks), 0, "cpu")
    assert pace == 0.25
    assert 0 < loss < 5
    untrained = starting.network("scratch", 1, 2, 2, plan.depth.value)
    assert module.timed(lambda: untrained, lambda: next(ticks)) == 1


def test_a_run_ends_where_several_looks_bring_nothing_better():
    def history(*losses):
        return History(score=[[step, loss] for step, loss in enumerate(losses)])

    assert not module.patience_ended(history(3, 2, 2.1, 2.2, 2.3, 2.4))
    assert module.patience_ended(history(3, 2, 2.1, 2.2, 2.3, 2.4, 2.5))
    assert not module.patience_ended(history(1.0))


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("net.pt", {}, ValueError, "ends in .safetensors, not 'net.pt': take .*net.safetensors"),
        ("there.safetensors", {}, FileExistsError, "there already"),
        ("net.safetensors", {"minutes": 0}, ValueError, "more than 0, not 0"),
        ("net.safetensors", {"minutes": "ten"}, TypeError, "a number, such as 10"),
        (
            "net.safetensors",
            {"starts": ["vgg"]},
            ValueError,
            "scratch, unet8-nuclei, unet8-cells, unet8-isbi, not 'vgg'",
        ),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path, name, options, error, words):
    (tmp_path / "there.safetensors").write_text("x")
    with pytest.raises(error, match=words):
        run(tmp_path / name, **options)
    assert not (tmp_path / "net.run").exists()


def test_the_file_is_read_as_it_was_returned(tmp_path, quick):
    made = run(tmp_path / "net.safetensors", minutes=0.02)
    again = read(tmp_path / "net.safetensors")
    assert (again.cut(), again.lines) == (made.cut(), made.lines)
