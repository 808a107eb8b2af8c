"""TwoWindows: neighbours on both sides of a border, and windows that the page cuts as Python does."""

import json

import numpy as np

from unet_edu.figures import TwoWindows
from unet_edu.figures.openers import two_windows

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_each_pair_is_a_cell_and_a_membrane_side_by_side():
    made = TwoWindows()
    label = two_windows._tissue().label
    assert len(made.places) == two_windows.PAIRS
    assert {which for *_, which in made.places} == {"left", "right"}, "who always says the same is not always right"
    for row, left, right, which in made.places:
        assert abs(left - right) == 1
        middles = {"left": label[row, left], "right": label[row, right]}
        assert middles.pop(which) == 0, "a membrane"
        assert list(middles.values()) == [1]
        assert all(two_windows.HALF <= at < two_windows.SIDE - two_windows.HALF for at in (row, left, right))


def test_the_page_cuts_the_window_around_its_place(node):
    image = np.arange(two_windows.SIDE**2) % 251
    code = (
        f"{READ} console.log(JSON.stringify(given.places.map((at) => [...figure.windowAround(given.image, ...at)])));"
    )
    places = [(50, 60, 1), (100, 90, 47), (47, 208, 47)]
    found = node(TwoWindows, code, json.dumps({"image": image.tolist(), "places": places}))
    whole = image.reshape(two_windows.SIDE, -1)
    for (row, column, half), values in zip(places, found, strict=True):
        wanted = whole[row - half : row + half + 1, column - half : column + half + 1]
        np.testing.assert_array_equal(np.reshape(values, wanted.shape), wanted)
