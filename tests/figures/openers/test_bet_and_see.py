"""BetAndSee: the runs of the record, and where a bet comes among them."""

import json

import numpy as np
import pytest

from unet_edu import results
from unet_edu.experiments.runs import rows, values
from unet_edu.figures import BetAndSee
from unet_edu.figures.openers.bet_and_see import runs

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_every_run_of_the_record_is_a_dot():
    made, record = BetAndSee(), rows(results.read("ablation"))
    assert made.names == list(record)
    assert made.names[0] == "U-Net"
    for name, scores in zip(made.names, made.scores, strict=True):
        assert scores == pytest.approx(values(record[name]), abs=1e-4)


def test_a_bet_has_its_place_from_below(node):
    scores = BetAndSee().scores
    found = node(BetAndSee, f"{READ} console.log(JSON.stringify(figure.ranks(given)));", json.dumps(scores))
    means = [np.mean(one) for one in scores]
    assert found[0] == 0
    assert [found[at] for at in 1 + np.argsort(means[1:])] == list(range(1, len(scores)))


def test_a_link_bets_on_what_there_is():
    assert BetAndSee().legal["bet"] == {"least": 0, "most": len(runs()) - 1}
