"""Playground: its pictures, its tiles and scores, what each preset comes to, and the kernel's side."""

import json
import math
import zlib

import numpy as np
import pytest
import traitlets

from unet_edu.data import nuclei
from unet_edu.figures import Playground
from unet_edu.figures.learner import Run, Trainer
from unet_edu.figures.playground_pictures import GREYS, KINDS, SIDE, TERMS, TRAINING, W0, pictures
from unet_edu.figures.playground_presets import DEFAULTS, PRESETS, RIVALS
from unet_edu.figures.training_replay import fates
from unet_edu.metrics import regions, v_rand

pytestmark = pytest.mark.usefixtures("one_thread")
READ = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf-8"));
"""
MADE = """
const bytes = readFileSync("pictures"), third = bytes.length / 3;
const part = (at) => Uint8Array.from(bytes.subarray(at * third, (at + 1) * third));
const pictures = {
  side: given.side, images: Float32Array.from(part(0), (grey) => grey / given.greys), instances: part(1),
  border: Float32Array.from(part(2), (term) => term * given.terms),
};
const code = figure.learningKernels();
"""
RUN = """
const runs = given.configs.map((config) => {
  if (given.blank) pictures.images.fill(0, 12 * given.side ** 2);
  const run = figure.makeRun(config, pictures, code);
  const look = () => {
    const { probability, ...rest } = run.look();
    const mean = probability.reduce((sum, one) => sum + one, 0) / probability.length;
    const spread = Math.sqrt(probability.reduce((sum, one) => sum + (one - mean) ** 2, 0) / probability.length);
    return { ...rest, mean, spread };
  };
  const before = look(), losses = [];
  while (losses.length < given.steps && losses.every(Number.isFinite)) losses.push(run.step().loss);
  const { parameters, stages } = run;
  return { before, losses: losses.map(String), after: look(), parameters, stages, size: run.map("score").size };
});
console.log(JSON.stringify(runs));
"""
TILES = """
const side = 40, area = side * side;
const image = Float32Array.from({ length: area }, (_, at) => at);
const label = Uint8Array.from({ length: area }, (_, at) => (at % side > 20 ? 1 : 0));
const weight = Float32Array.from({ length: area }, (_, at) => 1 + (at % side));
const cut = (augment, seed) => figure.cutTile({ image, label, weight },
  { side, size: 32, answer: 20, augment, random: figure.randomFrom(seed), bends: figure.bending(32) });
const listed = (one) => Object.fromEntries(Object.entries(one).map(([name, values]) => [name, [...values]]));
const none = [1, 2, 3].map((seed) => listed(cut("none", seed)));
const [turns, elastic] = ["turns", "elastic"].map((how) => listed(cut(how, 4)));
console.log(JSON.stringify({ none, turns, elastic, bends: figure.bending(9) }));
"""


@pytest.fixture
def in_the_page(node, tmp_path):
    """Function that runs configs in Node on pictures of a kind, so many steps: what came of each."""

    def run(configs, steps, kind="nuclei", blank=False):
        np.concatenate(pictures(kind)).tofile(tmp_path / "pictures")
        given = {"configs": configs, "steps": steps, "side": SIDE, "blank": blank, "greys": GREYS, "terms": W0 / TERMS}
        return node(Playground, READ + MADE + RUN, json.dumps(given))

    return run


def test_tiles_lie_on_the_picture_and_turn_with_their_labels(node):
    cut = node(Playground, READ + TILES, "{}")
    for one in cut["none"]:  # a window of the picture, mirrored around it
        tile, label = np.array(one["tile"]).reshape(32, 32), np.array(one["label"]).reshape(20, 20)
        inner = tile[6:-6, 6:-6]
        top, left = divmod(int(inner[0, 0]), 40)
        assert 0 <= top <= 20
        assert 0 <= left <= 20
        whole = np.arange(1600.0).reshape(40, 40)
        np.testing.assert_array_equal(tile, np.pad(whole, 6, mode="reflect")[top : top + 32, left : left + 32])
        np.testing.assert_array_equal(label, np.arange(left, left + 20)[None] % 40 > np.full((20, 1), 20))
        np.testing.assert_array_equal(one["weight"], (inner % 40 + 1).ravel())
    for how in ("turns", "elastic"):
        weight, label = np.array(cut[how]["weight"]), np.array(cut[how]["label"])
        column = weight - 1  # what was looked at, moved along
        sure = np.abs(column - 20.5) > 1
        np.testing.assert_array_equal(label[sure], column[sure] > 20.5)
        assert 0 < label.mean() < 1
    assert cut["turns"]["tile"] != cut["elastic"]["tile"]
    np.testing.assert_allclose(np.sum(cut["bends"], 1), 1)
    np.testing.assert_allclose([cut["bends"][at] for at in (0, 4, 8)], np.eye(3), atol=1e-12)


def test_the_pictures_are_real_ones_and_light():
    assert sum(len(pictures(kind).packed()) for kind in KINDS) <= 250_000
    for kind in KINDS:
        images, instances, border = pictures(kind)
        assert images.shape == instances.shape == border.shape == (TRAINING + 1, SIDE, SIDE)
        assert images.max() == GREYS
        assert all(one.max() >= 5 and set(np.unique(one)) == set(range(one.max() + 1)) for one in instances)
        assert border.max() in range(8, 16)
        assert not border[instances > 0].any()
        assert len({image.tobytes() for image in images}) == TRAINING + 1
    sources = nuclei.load(split="validation", whole=False)[0].image
    watched = pictures("nuclei").images[-1]
    brightest = np.quantile(sources, 0.999)
    places = [(y, x) for y in range(0, 385, 32) for x in range(0, 385, 32)]
    there = [
        np.abs(np.clip(sources[y : y + SIDE, x : x + SIDE] / brightest, 0, 1) * GREYS - watched).max()
        for y, x in places
    ]
    assert min(there) <= 0.51, "the last picture is a part of an image of the validation split"
    with pytest.raises(ValueError, match="pictures are of 'nuclei' or 'tissue', not 'brains'"):
        pictures("brains")


OUTCOMES = {  # what is seen after some steps: from a run's first look, losses and last look
    "works": lambda before, losses, after: after["vRand"] > 0.75 > before["vRand"] and after["wrong"] < 0.1,
    "one class": lambda before, losses, after: 0.05 < after["mean"] < 0.4 and after["spread"] < 1e-6,
    "grey": lambda before, losses, after: after["spread"] < 1e-6 and after["alone"] == 0,
    "nan": lambda before, losses, after: math.isnan(losses[-1]) and len(losses) < 10,
    "by heart": lambda before, losses, after: after["loss"] > 4 * sum(losses[-20:]) / 20,
    "jumps": lambda before, losses, after: max(losses[1:]) > 4 * losses[0],
    "merged": lambda before, losses, after: after["wrong"] < 0.12 and after["together"] >= 10,
    "blurred": lambda before, losses, after: 0.06 < after["wrong"] < 0.25 and after["vRand"] > 0.7,
    "beside": lambda before, losses, after: after["wrong"] < 0.25 and after["vRand"] > 0.6,
    "huge": lambda before, losses, after: losses[0] > 1000 and any(loss > 1e6 for loss in losses),
    "upside down": lambda before, losses, after: losses[-1] < -1000 and after["wrong"] > 0.5 and after["alone"] == 0,
    "large": lambda before, losses, after: losses[0] > 1e9 and losses[-1] > 1e6,
}  # fmt: skip


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_comes_to_what_it_is_named_for(in_the_page, preset):
    """It learns, it does not, it ends in NaN: on the engine of the page, some steps from the start."""
    assert set(OUTCOMES) == set(PRESETS)
    (run,) = in_the_page([Playground(preset).config()], {"works": 100, "by heart": 200}.get(preset, 50))
    losses = [float(loss) for loss in run["losses"]]
    assert OUTCOMES[preset](run["before"], losses, run["after"]), (losses[:3], losses[-3:], run["before"], run["after"])


def test_no_step_sees_the_validation_picture(in_the_page):
    config = Playground().config()
    (one,), (other,) = in_the_page([config], 3), in_the_page([config], 3, blank=True)
    assert one["losses"] == other["losses"]
    assert one["after"]["vRand"] != other["after"]["vRand"]


def test_the_same_seed_is_the_same_run_and_another_seed_another(in_the_page):
    configs = [Playground(seed=seed, width=2, data="tissue").config() for seed in (3, 3, 4)]
    first, again, other = (run["losses"] for run in in_the_page(configs, 3, "tissue"))
    assert first == again
    assert first != other


def test_both_sides_have_the_same_networks(in_the_page):
    """Sizes, numbers of parameters and names of stages: every depth, with padding and without."""
    configs = [Playground(depth=depth, padding=padding, width=2).config() for depth in range(4) for padding in (0, 1)]
    for config, there in zip(configs, in_the_page(configs, 1), strict=True):
        run = Run(config, "cpu")
        assert sum(value.numel() for value in run.net.parameters()) == there["parameters"]
        assert run.maps()["output"].shape[-1] == there["size"]
        reply, _ = Trainer("cpu").answer({"id": "a", "number": 1, "stage": "", "config": config, "until": 0})
        assert sorted(reply["maps"]["stages"]) == sorted(there["stages"])
        assert len(there["losses"]) == 1


def test_the_kernel_trains_and_answers():
    trainer = Trainer("cpu")
    config = Playground(width=2).config()
    head = {"id": "x", "number": 4, "stage": "u1.relu2"}
    told, (probability, greys) = trainer.answer(head | {"config": config, "until": 0})
    assert (told["type"], told["id"], told["number"], told["steps"]) == ("trained", "x", 4, [])
    assert told["maps"]["stages"][-1] == "score"
    told, nothing = trainer.answer(head | {"until": 3})
    assert [step["step"] for step in told["steps"]] == [1, 2, 3]
    assert nothing == []
    told, (probability, greys) = trainer.answer(head | {"until": 4, "look": True})
    found = np.frombuffer(probability, np.float32).reshape(SIDE, SIDE)
    label = (pictures("nuclei").instances[-1] > 0).astype(np.uint8)
    assert told["look"]["vRand"] == pytest.approx(v_rand(label, found).score)
    assert told["look"]["wrong"] == pytest.approx(((found > 0.5) != label).mean())
    assert (told["look"]["alone"], told["look"]["together"], told["look"]["broken"]) == tuple(
        fates(regions(label), regions(found > 0.5))
    )
    assert told["maps"]["name"] == "u1.relu2"
    assert len(greys) == told["maps"]["channels"] * told["maps"]["side"] ** 2
    told, arrays = trainer.answer({"id": "unknown", "number": 1, "stage": "", "until": 3})
    assert told["error"].startswith("KeyError")
    assert arrays == []


def test_a_kernel_s_run_that_ends_in_nan_is_told_as_json():
    config = Playground("nan", width=2).config()
    trainer = Trainer("cpu")
    trainer.answer({"id": "x", "number": 1, "stage": "", "config": config, "until": 0})
    told, _ = trainer.answer({"id": "x", "number": 1, "stage": "", "until": 60})
    assert told["ended"] == "nan"
    assert told["steps"][-1]["loss"] is None
    json.dumps(told, allow_nan=False)


def test_the_kernel_learns(device):
    run = Run(Playground(steps=40).config(), device)
    before = run.look()
    losses = [run.step()["loss"] for _ in range(40)]
    after = run.look()
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    assert after["vRand"] > before["vRand"]
    assert after["wrong"] < 0.15


def test_what_is_unknown_is_refused():
    with pytest.raises(traitlets.TraitError, match="preset must be one of 'works'"):
        Playground("wroks")
    for wrong in ({"depth": 4}, {"width": 5}, {"skips": ["crop"]}, {"rate": 0.5}, {"seed": -1}, {"rival": "me"}):
        with pytest.raises(traitlets.TraitError):
            Playground(**wrong)
    figure = Playground("merged", width=8)
    assert figure.preset == "", "a preset with another switch is the reader's own"
    assert figure.weighted is False
    assert all(set(preset["changes"]) <= set(DEFAULTS) for preset in PRESETS.values())
    assert all(set(changes) <= set(DEFAULTS) for changes in RIVALS.values())


def test_the_poster_shows_a_run(monkeypatch):
    from unet_edu.figures import playground

    monkeypatch.setattr(playground, "POSTER_STEPS", (0, 2, 4))
    monkeypatch.setattr(playground, "STEPS", 4)
    monkeypatch.setattr(playground, "BETWEEN", 2)
    figure = Playground(width=2, seed=77)
    fig, alt = figure.poster()
    assert len(fig.axes) == 5
    assert "prediction after 0, 2, 4 steps" in alt
    looks, steps = playground.recorded(repr(figure.config()))
    assert figure.record["config"] == figure.config()
    assert figure.record["losses"] == [float(f"{step['loss']:.4g}") for step in steps]
    assert [look["step"] for look in figure.record["looks"]] == [0, 2, 4]
    assert figure.record["looks"][-1]["vRand"] == pytest.approx(looks[-1]["vRand"], rel=1e-3)
    frames = np.frombuffer(zlib.decompress(figure.frames), np.uint8).reshape(3, SIDE, SIDE) / playground.SHADES
    assert np.abs(frames - [look["probability"] for look in looks]).max() <= 0.5 / playground.SHADES + 1e-6


def test_a_recorded_run_that_ends_in_nan_ends_there():
    from unet_edu.figures import playground

    figure = Playground("nan", width=2)
    _, steps = playground.recorded(repr(figure.config()))
    assert len(steps) < playground.STEPS
    assert math.isnan(steps[-1]["loss"])
    figure.poster()
    assert figure.record["losses"][-1] is None
    assert figure.record["looks"][-1]["step"] == len(steps)
    json.dumps(figure.record, allow_nan=False)


def test_a_recorded_run_is_light():
    figure = Playground()
    figure.poster()
    assert len(figure.frames) + len(json.dumps(figure.record)) <= 60_000
    assert figure.record["looks"][-1]["vRand"] > 0.5 > figure.record["looks"][0]["vRand"]
