"""OverlapTile: the plans, costs and seams of the script against the package, and against tiles that are really cut."""

import json

import numpy as np
import pytest
import traitlets

from unet_edu import arithmetic, checkpoints
from unet_edu.data import cells
from unet_edu.figures import OverlapTile
from unet_edu.figures.overlap_tile import BLOCK, NETWORK, SEED, SIDE, difference, measured, phases, predicted, tiling

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'
PLANS = [
    (tile, stride) for tile in (188, 204, 380, 444, 572, 700, 1020) for stride in ("edge", "grid", 4, 100, 388, 2000)
]


def test_the_script_makes_the_plans_of_the_package(node):
    """Tiles, strides, costs of all legal sizes; illegal ones are none."""
    cases = PLANS + [(tile, "grid") for tile in range(1, 1101)]
    code = f"{READ} console.log(JSON.stringify(given.map(([tile, stride]) => figure.tiling(tile, stride))))"
    for (tile, stride), found in zip(cases, node(OverlapTile, code, json.dumps(cases)), strict=True):
        if not arithmetic.is_valid(tile):
            assert found is None
            continue
        plan = tiling(tile, stride)
        told = [found[key] for key in ("tile", "output", "apart", "count", "padded", "macs")]
        assert told == [tile, plan.output, plan.stride, plan.counts[0], plan.padded[0], plan.macs]
        if stride == "grid" and plan.output >= arithmetic.grid_step():
            assert plan == arithmetic.tile_plan(SIDE, tile_sizes=[tile])[0], "the package's own plan"


def test_the_script_finds_the_same_seams(node):
    found = measured()
    data = [found.differences.ravel().tolist(), found.changes.ravel().tolist()]
    code = f"""{READ} console.log(JSON.stringify(given.plans.map(([tile, stride]) => {{
        const plan = figure.tiling(tile, stride);
        const {{ blocks, largest, changed }} = figure.difference(plan, ...given.data);
        return [[...figure.phases(plan)], [...blocks], largest, changed, [...figure.counts(plan)]];
    }})))"""
    plans = PLANS[::2]
    told = node(OverlapTile, code, json.dumps({"plans": plans, "data": data}))
    for (tile, stride), (phase, blocks, most, changed, counts) in zip(plans, told, strict=True):
        plan = tiling(tile, stride)
        np.testing.assert_array_equal(phase, phases(plan))
        largest, share, wanted = difference(plan)
        np.testing.assert_allclose(np.array(blocks) * found.peak / 255, wanted.ravel(), atol=1e-9)
        assert (most * found.peak / 255, changed) == pytest.approx((largest, share))
        covered = np.zeros((SIDE, SIDE), int)
        for row, column in plan.origins():
            covered[row : row + plan.output, column : column + plan.output] += 1
        np.testing.assert_array_equal(counts, covered[::BLOCK, ::BLOCK].ravel())


@pytest.mark.parametrize(("tile", "stride"), [(572, "edge"), (572, "grid"), (444, 196), (380, "edge")])
def test_the_seams_are_those_of_tiles_that_are_really_cut(tile, stride):
    """What the phase maps promise is what the network says when its tiles are put together."""
    net = checkpoints.load(NETWORK)
    image = cells.tissue(SIDE, seed=SEED).image
    plan = tiling(tile, stride)
    gap = np.abs(predicted(net, image, plan) - predicted(net, image, tiling(700, "edge")))
    largest, _, blocks = difference(plan)
    assert gap.max() == pytest.approx(largest, abs=measured().peak / 255 + 1e-4)
    each = gap.reshape(SIDE // BLOCK, BLOCK, SIDE // BLOCK, BLOCK).max((1, 3))
    assert np.abs(each - blocks).max() <= measured().peak / 255 + 1e-4
    assert (largest == 0) == (plan.stride % arithmetic.grid_step() == 0)


def test_the_state_is_small_and_what_is_wrong_is_refused():
    figure = OverlapTile()
    assert sum(len(getattr(figure, name)) for name in ("image", "differences", "changes", "strip")) < 300_000
    assert figure.rounding < 1e-5
    fig, alt = figure.poster()
    assert "388 is no multiple of 16" in alt
    assert len(fig.axes) == 2
    assert "predicts what it predicts in one pass" in OverlapTile(stride="grid").poster()[1]
    assert "is not legal" in OverlapTile(570).poster()[1]
    for values in ({"tile": 0}, {"tile": 1101}, {"stride": 6}, {"stride": "far"}, {"row": -1}, {"show": "no"}):
        with pytest.raises(traitlets.TraitError):
            OverlapTile(**values)
