"""OnePixel: all five scores of the page are those of unet_edu.metrics, whatever is painted."""

import json

import numpy as np
import pytest
import traitlets

from unet_edu.figures import OnePixel
from unet_edu.figures.openers.one_pixel import BEGINS, CELL, LINES, SIDE, starting

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'
RUN = f"""{READ}
console.log(JSON.stringify(given.map(([begin, flips]) => {{
  const found = figure.starting(begin);
  for (const at of flips) found[at] ^= 1;
  return [[...found], figure.scores(found)];
}})));
"""


def test_the_page_scores_as_python_does(node):
    rng = np.random.default_rng(0)
    cases = [(begin, []) for begin in BEGINS]
    cases += [(begin, rng.choice(SIDE**2, count, replace=False).tolist()) for begin in BEGINS for count in (1, 7, 40)]
    cases += [("truth", [row * SIDE + LINES[1] for row in range(CELL)])]
    for (begin, flips), (labels, scores) in zip(cases, node(OnePixel, RUN, json.dumps(cases)), strict=True):
        made = OnePixel(begin=begin, flips=flips)
        np.testing.assert_array_equal(np.reshape(labels, (SIDE, SIDE)), made.prediction)
        assert scores == pytest.approx(made.scores(), abs=1e-9)


def test_one_pixel_of_a_border_costs_v_rand_and_hardly_a_pixel():
    gap, truth = OnePixel(begin="gap").scores(), OnePixel().scores()
    assert truth == {"wrong": 0, "iou": 1, "dice": 1, "vRand": 1, "mend": 0}
    assert gap["wrong"] == 1 / SIDE**2
    assert gap["iou"] > 0.999 > 0.95 > gap["vRand"]
    assert gap["mend"] == 1


def test_broad_borders_cost_pixels_and_no_v_rand():
    broad = OnePixel(begin="broad").scores()
    assert broad["wrong"] > 0.1
    assert broad["vRand"] == 1


def test_what_is_not_there_is_refused():
    with pytest.raises(KeyError):
        starting("nothing")
    with pytest.raises(traitlets.TraitError):
        OnePixel(flips=[SIDE**2])
