"""TrainingReplay: it shows what the record holds, the scores are those of the pictures, and its script counts alike."""

import json

import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis.extra.numpy import arrays

from unet_edu import results
from unet_edu.experiments import replay
from unet_edu.figures import TrainingReplay
from unet_edu.figures.training_replay import Fates, fates, shipped
from unet_edu.metrics import regions, share_of_wrong_pixels, v_rand

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


@pytest.fixture(scope="module")
def record():
    found = results.read("replay")
    assert found is not None
    return found


def test_the_scores_are_those_of_the_pictures(record):
    """Computed anew for some frames of every run: V_Rand, its threshold, the share of wrong pixels."""
    label = replay.watched().label
    for entry in record["runs"]:
        pictures, frames = replay.unpacked(entry["frames"]), entry["frames"]
        for at in (0, 7, len(pictures) - 1):
            curve = v_rand(label, replay.probabilities(pictures[at]))
            assert frames["v_rand"][at] == pytest.approx(curve.score, abs=1e-4)
            assert curve.scores[frames["best"][at]] == curve.score
            wrong = share_of_wrong_pixels(label, (pictures[at] > 5).astype(np.uint8))
            assert frames["share_of_wrong_pixels"][at] == pytest.approx(wrong, abs=1e-4)


def test_levels_lose_nothing_that_v_rand_counts():
    label = replay.watched().label
    probability = np.random.default_rng(0).random(label.shape).astype(np.float32)
    probability = np.where(label == 1, probability**0.3, probability)
    probability[:2, :5] = [0.0, 0.1, 0.5, 0.9, 1.0], [np.float32(0.3), 0.2, 0.7, 0.6, 0.4]
    whole = v_rand(label, probability)
    kept = v_rand(label, replay.probabilities(replay.levels(probability)))
    assert kept.scores == whole.scores


def test_the_runs_say_what_the_page_says_of_them(record):
    """The recipe that works ends well, ten times its rate at once ends with one grey all over."""
    first, hasty, paper = record["runs"]
    assert first["frames"]["v_rand"][-1] > 0.9 > first["frames"]["v_rand"][0]
    assert len(np.unique(replay.unpacked(hasty["frames"])[-1])) == 1
    assert paper["frames"]["v_rand"][-1] > 0.8
    beginnings = [replay.unpacked(entry["frames"])[0] for entry in record["runs"]]
    for other in beginnings[1:]:  # the same first weights
        np.testing.assert_array_equal(other, beginnings[0])
    assert len({tuple(entry["frames"]["steps"]) for entry in record["runs"]}) == 1


def test_what_is_packed_is_what_the_record_holds(record):
    figure = TrainingReplay()
    assert list(figure.facts) == [entry["row"] for entry in record["runs"]]
    for entry in record["runs"]:
        np.testing.assert_array_equal(figure.pictures[entry["row"]], replay.unpacked(entry["frames"]))
        assert figure.facts[entry["row"]]["v_rand"] == entry["frames"]["v_rand"]
    assert len(figure.maps) + len(figure.frames) + len(figure.curves) < 380_000
    assert figure.frame == len(record["runs"][0]["frames"]["steps"]) - 1


def test_hand_made_fates():
    truth = regions(np.array([[1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1]]))
    segments = np.array([[1, 1, 1, 1, 1, 0, 2, 2, 3, 3, 0, 0]])
    assert fates(truth, segments) == Fates(alone=0, together=2, broken=2)  # half of a cell is not more than half
    assert fates(truth, np.array([[1, 1, 0, 2, 0, 0, 3, 3, 3, 0, 0, 4]])) == Fates(alone=3, together=0, broken=1)
    assert fates(truth, truth) == Fates(alone=4, together=0, broken=0)
    assert fates(truth, np.zeros_like(truth)) == Fates(alone=0, together=0, broken=4)


@given(arrays(bool, (9, 11)), arrays(bool, (9, 11)))
def test_every_cell_has_one_fate(cells, found):
    truth = regions(cells)
    facts = fates(truth, regions(found))
    assert sum(facts) == truth.max()
    assert min(facts) >= 0


def test_the_script_finds_and_counts_cells_as_python_does(node):
    truth = regions(replay.watched().label)
    cases = []
    for run, pictures in shipped().pictures.items():
        for at in (0, 5, 11, 17, 22):
            cases.append((pictures[at], shipped().facts[run]["best"][at]))
    text = json.dumps({"truth": truth.ravel().tolist(), "cases": [[p.ravel().tolist(), k] for p, k in cases]})
    code = f"""{READ} const truth = Uint8Array.from(given.truth);
        console.log(JSON.stringify(given.cases.map(([levels, cut]) => {{
            const found = figure.regions(levels.map((level) => level > cut), {replay.SIDE}, {replay.SIDE});
            const {{ alone, together, broken, most }} = figure.fates(truth, found.numbers);
            return [alone, together, broken, found.count, [...found.numbers], [...most]];
        }})))"""
    for (picture, cut), (alone, together, broken, count, numbers, most) in zip(
        cases, node(TrainingReplay, code, text), strict=True
    ):
        wanted = regions(picture > cut)
        assert (alone, together, broken) == fates(truth, wanted)
        assert count == wanted.max()
        np.testing.assert_array_equal(np.reshape(numbers, wanted.shape), wanted)  # numbered in the same order, too
        for segment in range(1, min(count, 30) + 1):
            inside = np.bincount(truth[wanted == segment], minlength=2)[1:]
            assert dict(most).get(segment, 0) == (inside.argmax() + 1 if inside.any() else 0)


def test_what_is_wrong_is_refused():
    for values in ({"run": "yesterday's recipe"}, {"frame": -1}, {"frame": 999}, {"show": "all"}):
        with pytest.raises(traitlets.TraitError):
            TrainingReplay(**values)
    with pytest.raises(ValueError, match="replay"):
        TrainingReplay(record={"experiment": "isbi", "runs": []})


def test_the_poster_tells_the_scores(record):
    figure = TrainingReplay(run="the paper's recipe", frame=10)
    fig, alt = figure.poster()
    frames = record["runs"][2]["frames"]
    assert f"{frames['v_rand'][10]:.3f}" in alt
    assert f"after {frames['steps'][10]:,} steps" in alt
    assert len(fig.subfigs[0].axes) == 6


def test_a_record_of_ones_own(tmp_path):
    """A short run of a reader is shown as ours are."""
    path = tmp_path / "mine.json"
    replay_quick(path)
    figure = TrainingReplay(record=json.loads(path.read_text("utf-8")), frame=0)
    assert [len(facts["steps"]) for facts in figure.facts.values()] == [7, 7, 7]  # every step of six, and the start
    assert "before the first step" in figure.poster()[1]


def replay_quick(path):
    replay.main(
        "replay",
        "",
        replay.trials,
        seeds=1,
        work=replay.entry_with_frames,
        text=replay.text,
        arguments=["--quick", "--output", str(path), "--device", "cpu"],
    )
