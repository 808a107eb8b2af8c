"""FcnFusion: what it carries is what the networks say, and what its script counts is what Python counts."""

import json

import numpy as np
import pytest
import torch
import traitlets

from unet_edu import checkpoints
from unet_edu.data import cells
from unet_edu.figures import FcnFusion
from unet_edu.figures.fcn_fusion import LIMITS, NETWORKS, SEED, SIDE, best_cut, measured, wrong_at
from unet_edu.metrics import v_rand
from unet_edu.predict import predict

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_the_predictions_are_those_of_the_shipped_networks():
    sample = cells.tissue(SIDE, seed=SEED)
    image, truth, *probabilities = measured().maps
    np.testing.assert_array_equal(image, np.round(255 * sample.image))
    np.testing.assert_array_equal(truth, sample.label)
    for name, found in zip(NETWORKS, probabilities, strict=True):
        wanted = predict(checkpoints.load(NETWORKS[name]), sample.image)[1]
        assert np.abs(found / 255 - wanted).max() <= 0.5 / 255 + 1e-6
        assert measured().facts[name]["v_rand"] == pytest.approx(v_rand(sample.label, wanted).score, abs=1e-4)


def test_the_scores_that_are_shown_add_up():
    """first + second = sum, for each of the three fusions, as far as 8 bits go."""
    at, fusions = 0, 0
    for facts in measured().facts.values():
        for one in facts["sums"]:
            area = one["side"] ** 2
            first, second, both = (measured().sums[at + part * area :][:area].astype(int) for part in range(3))
            assert np.abs(first + second - both).max() <= 2
            assert max(np.abs(part).max() for part in (first, second, both)) == 127
            at, fusions = at + 3 * area, fusions + 1
    assert (at, fusions) == (measured().sums.size, 3)


def test_without_its_fusions_fcn8s_says_less():
    """The skip scores matter: silenced, the prediction changes, so the figure shows something that works."""
    net = checkpoints.load("fcn8s-isbi")
    image = cells.tissue(SIDE, seed=SEED).image
    whole = predict(net, image)[1]
    for layer in (net.score_pool3, net.score_pool4):
        torch.nn.init.zeros_(layer.weight)
    assert np.abs(predict(net, image)[1] - whole).max() > 0.3


def test_the_script_counts_what_changed_as_python_does(node):
    truth, *probabilities = measured().maps[1:]
    cases = [(None, probabilities[0], 50)]
    cases += [(probabilities[at], probabilities[at + 1], cut) for at in range(3) for cut in (5, 37, 50, 95)]
    text = json.dumps(
        [[before is not None and before.ravel().tolist(), now.ravel().tolist(), truth.ravel().tolist(), cut]
         for before, now, cut in cases]
    )  # fmt: skip
    code = f"{READ} console.log(JSON.stringify(given.map((one) => ({{ ...figure.changes(...one), codes: 0 }}))))"
    for (before, now, cut), found in zip(cases, node(FcnFusion, code, text), strict=True):
        after = now >= 2.55 * cut
        first = after if before is None else before >= 2.55 * cut
        moved, wrong = after != first, after != truth
        wanted = {"changed": moved, "right": moved & ~wrong, "wrong": moved & wrong, "wrongNow": wrong}
        assert found == pytest.approx({name: value.mean() for name, value in wanted.items()} | {"codes": 0})


def test_each_network_has_its_own_best_cut():
    truth, *probabilities = measured().maps[1:]
    for name, probability in zip(NETWORKS, probabilities, strict=True):
        cut = measured().facts[name]["cut"]
        every = [wrong_at(probability, truth, other) for other in range(LIMITS["cut"][0], LIMITS["cut"][1] + 1)]
        assert wrong_at(probability, truth, cut) == min(every)
        assert cut == best_cut(probability, truth) == LIMITS["cut"][0] + every.index(min(every))
    figure = FcnFusion()
    assert [figure.cut_of(name) for name in NETWORKS] == [measured().facts[name]["cut"] for name in NETWORKS]
    assert FcnFusion(own=False, cut=37).cut_of("8s") == 37
    assert best_cut(np.array([[0, 255]]), np.array([[0, 1]])) == LIMITS["cut"][0]


def test_the_script_cuts_each_of_two_networks_at_its_own(node):
    truth, *probabilities = measured().maps[1:]
    given = json.dumps([probabilities[2].ravel().tolist(), probabilities[3].ravel().tolist(), truth.ravel().tolist()])
    code = f"{READ} console.log(JSON.stringify({{ ...figure.changes(...given, 30, 70), codes: 0 }}))"
    found = node(FcnFusion, code, given)
    before, now = probabilities[2] >= 2.55 * 70, probabilities[3] >= 2.55 * 30
    assert found["changed"] == pytest.approx((before != now).mean())
    assert found["right"] == pytest.approx(((before != now) & (now == truth)).mean())


def test_the_state_is_small_and_what_is_wrong_is_refused():
    figure = FcnFusion()
    assert len(figure.maps) + len(figure.sums) < 200_000
    fig, alt = figure.poster()
    assert len(fig.axes) == 5
    assert "FCN-8s" in alt
    for values in ({"step": "4s"}, {"cut": 4}, {"curtain": 101}, {"show": "all"}):
        with pytest.raises(traitlets.TraitError):
            FcnFusion(**values)
