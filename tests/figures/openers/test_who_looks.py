"""WhoLooks: the paper's network looks at its place, the article's beside it; the page measures it as Python does."""

import json

import numpy as np
import pytest

from unet_edu.figures import WhoLooks
from unet_edu.figures.openers.who_looks import BORDER, LIMITS, looks
from unet_edu.models import ArticleUNet, UNet
from unet_edu.registration import registration

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_one_looks_at_the_place_and_the_other_beside_it():
    places = np.arange(LIMITS[0], LIMITS[1] + 1)
    b, a = (np.abs(np.array(looks()[name]) - places) for name in "BA")
    assert b.max() <= 8, "the grid of 16 pixels, no more"
    assert a.max() > 50


@pytest.mark.parametrize("column", [BORDER, 200, 479])
def test_the_places_are_those_of_registration(column):
    beside = registration(ArticleUNet(2, base_width=1), 572, [column])[0]
    assert looks()["A"][column - BORDER] == pytest.approx(column + beside, abs=0.06)
    valid = registration(UNet(base_width=1), 572, [column - BORDER])[0]
    assert looks()["B"][column - BORDER] == pytest.approx(column + valid, abs=0.06)


def test_the_page_measures_the_distance(node):
    code = f"{READ} console.log(JSON.stringify(given.places.map((at) => figure.lookedAt(given.columns, ...at))));"
    places = [(92, 92), (200, 300), (479, 286)]
    for found, (x, y) in zip(
        node(WhoLooks, code, json.dumps({"columns": looks()["A"], "places": places})), places, strict=True
    ):
        at = [looks()["A"][place - BORDER] for place in (x, y)]
        assert found["at"] == at
        assert found["apart"] == pytest.approx(np.hypot(at[0] - x, at[1] - y))
