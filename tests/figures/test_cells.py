"""cells.js: the cells of a prediction, counted in the page as the package counts them."""

import json

import numpy as np
import pytest
from scipy import ndimage

from unet_edu.data import cells
from unet_edu.figures import FeatureMaps
from unet_edu.figures.training_replay import fates
from unet_edu.metrics import rand_parts, v_rand
from unet_edu.metrics.instances import merged_and_split
from unet_edu.thinning import regions, thin

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'
SHAPES = [(1, 1), (1, 7), (9, 1), (40, 61), (84, 84)]


def maps():
    """Cells of every kind: noise, blobs, none, nothing but cells, drawn tissue with gaps in its membranes."""
    rng = np.random.default_rng(5)
    found = [np.zeros((6, 5), int), np.ones((6, 5), int)]
    for shape in SHAPES:
        found += [(rng.random(shape) < part).astype(int) for part in (0.2, 0.5, 0.8)]
        found += [(ndimage.gaussian_filter(rng.normal(size=shape), 2) > 0).astype(int)]
    tissue = cells.tissue((84, 90), seed=1).label.astype(int)
    return [*found, tissue, tissue | (rng.random(tissue.shape) < 0.1)]


def in_the_script(node, name, given):
    code = f"{READ} console.log(JSON.stringify(given.map((one) => figure.{name}(...one))))"
    return node(FeatureMaps, code, json.dumps(given))


@pytest.mark.parametrize("name", ["regions", "thin"])
def test_regions_and_thin_borders_are_those_of_the_package(node, name):
    given = maps()
    code = f"""{READ} console.log(JSON.stringify(given.map(([cells, width, height]) => {{
        const {{ numbers, count }} = figure.{name}(cells, width, height);
        return {{ numbers: [...numbers], count }};
    }})))"""
    text = json.dumps([[one.ravel().tolist(), one.shape[1], one.shape[0]] for one in given])
    for one, found in zip(given, node(FeatureMaps, code, text), strict=True):
        wanted = {"regions": regions, "thin": thin}[name](one)
        np.testing.assert_array_equal(np.reshape(found["numbers"], one.shape), wanted)
        assert found["count"] == wanted.max()


def test_cells_merged_and_split_and_v_rand_are_those_of_the_package(node):
    rng = np.random.default_rng(6)
    pairs = []
    for seed in range(6):
        truth = cells.tissue(84, seed=seed).label.astype(int)
        blurred = ndimage.gaussian_filter(truth + rng.normal(scale=0.6, size=truth.shape), 1.2)
        pairs += [(truth, (blurred > cut).astype(int)) for cut in (0.4, 0.6, 0.8)]
    given = [[truth.ravel().tolist(), found.ravel().tolist(), 84, 84] for truth, found in pairs]
    counted = set()
    for (truth, found), scores in zip(pairs, in_the_script(node, "scoreCells", given), strict=True):
        wanted = merged_and_split(regions(truth), thin(found))
        assert (scores["merged"], scores["split"]) == (wanted.merged, wanted.split)
        assert scores["score"] == pytest.approx(rand_parts(regions(truth), thin(found)).score, abs=1e-12)
        assert scores["score"] == pytest.approx(v_rand(truth, found.astype(float), (0.5,)).score, abs=1e-12)
        assert scores["cells"] == regions(truth).max()
        counted.add((wanted.merged > 0, wanted.split > 0))
    assert (True, True) in counted or {(True, False), (False, True)} <= counted


def test_fates_of_cells_are_those_of_the_package(node):
    pairs = [(regions(one), regions(ndimage.median_filter(one, 3))) for one in maps() if one.size > 1]
    code = f"""{READ} console.log(JSON.stringify(given.map((pair) => {{
        const found = figure.fates(...pair);
        return {{ ...found, most: [...found.most] }};
    }})))"""
    text = json.dumps([[truth.ravel().tolist(), found.ravel().tolist()] for truth, found in pairs])
    for (truth, segments), found in zip(pairs, node(FeatureMaps, code, text), strict=True):
        wanted = fates(truth, segments)
        assert (found["alone"], found["together"], found["broken"]) == tuple(wanted)
        for segment, cell in found["most"]:
            sizes = np.bincount(truth[segments == segment], minlength=2)
            assert sizes[cell] == sizes[1:].max()


def test_the_best_v_rand_over_the_thresholds_is_that_of_the_package(node):
    rng = np.random.default_rng(2)
    pairs = []
    for seed, (height, width) in enumerate([(24, 31), (17, 17), (40, 25), (12, 12)]):
        label = cells.tissue((44, 44), seed=seed).label[:height, :width] > 0
        pairs.append((label, np.clip(label * 0.6 + 0.5 * rng.random(label.shape), 0, 1).astype(np.float32)))
    pairs.append((pairs[0][0], np.zeros_like(pairs[0][1])))  # no cell found: one segment
    given = [
        [regions(label).ravel().tolist(), one.ravel().tolist(), one.shape[1], one.shape[0]] for label, one in pairs
    ]
    for (label, probability), best in zip(pairs, in_the_script(node, "bestRand", given), strict=True):
        curve = v_rand(label, probability)
        assert best["score"] == pytest.approx(curve.score, abs=1e-12)
        assert best["threshold"] == pytest.approx(curve.threshold, abs=1e-12)
