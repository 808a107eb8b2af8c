"""CubeOut: shares of rows, squares and cubes, in the page as in Python, over the whole range."""

import json

import pytest

from unet_edu import arithmetic
from unet_edu.figures import CubeOut
from unet_edu.figures.openers.cube_out import LIMITS

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_the_page_knows_the_shares(node):
    cases = [(size, axes) for size in range(LIMITS[0], LIMITS[1] + 1) for axes in (1, 2, 3)]
    code = f"{READ} console.log(JSON.stringify(given.map(([size, axes]) => figure.comesOut(size, axes))));"
    for (size, axes), found in zip(cases, node(CubeOut, code, json.dumps(cases)), strict=True):
        made = CubeOut(size=size, axes=axes)
        assert found["size"] == made.legal_size >= size
        assert found["output"] == arithmetic.output_size(made.legal_size, depth=3)
        assert found["share"] == pytest.approx(made.share())


def test_of_the_cube_of_the_paper_one_part_in_27_comes_out():
    assert CubeOut().legal_size == 132
    assert CubeOut().share(3) == pytest.approx(1 / 27)
