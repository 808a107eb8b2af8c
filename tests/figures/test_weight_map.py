"""WeightMap: the script's cells, distances and weights against the package's, the state, the poster."""

import json

import numpy as np
import pytest
import traitlets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from unet_edu.data import nuclei
from unet_edu.data.weightmap import cells_of, parted, two_distances, weight_map
from unet_edu.figures import WeightMap
from unet_edu.figures import weight_map as figure_module
from unet_edu.figures.weight_map import LIMITS, RADII, SCENES, SIDE, START, TOP, discs, nearest_two

SETTINGS = [(10, 5, True), (10, 5, False), (0, 1, True), (15, 15, True), (3, 1, False), (7, 9, True)]
READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def script_weights(node, cases):
    """weigh() of the script for (label, w0, sigma, balance), float64 (n, 128, 128)."""
    text = json.dumps([[label.ravel().tolist(), *settings] for label, *settings in cases])
    code = f"{READ} console.log(JSON.stringify(given.map((one) => [...figure.weigh(...one)])));"
    return np.array(node(WeightMap, code, text)).reshape(-1, SIDE, SIDE)


@pytest.mark.parametrize("scene", SCENES)
def test_the_figure_weighs_as_the_package_does(node, scene):
    label = WeightMap(scene).label
    found = script_weights(node, [(label, *setting) for setting in SETTINGS])
    for setting, weights in zip(SETTINGS, found, strict=True):
        wanted = weight_map(label, *setting)
        np.testing.assert_allclose(weights, wanted, rtol=0, atol=1e-5, err_msg=str(setting))
    assert weight_map(label).max() > (9 if scene in ("gap", "three", "dish") else 1)


def test_the_discs_at_every_distance(node):
    """The script draws them itself; touching, they are one cell, and no border term is left."""
    gaps = range(LIMITS["gap"][0], LIMITS["gap"][1] + 1)
    drawn = node(WeightMap, f"console.log(JSON.stringify({list(gaps)}.map((gap) => [...figure.discs(gap)])))")
    labels = [discs(gap) for gap in gaps]
    np.testing.assert_array_equal(np.array(drawn).reshape(-1, SIDE, SIDE), labels)
    found = script_weights(node, [(label, 10, 5, True) for label in labels[::4]])
    for label, weights in zip(labels[::4], found, strict=True):
        np.testing.assert_allclose(weights, weight_map(label), rtol=0, atol=1e-5)
    for gap, label in zip(gaps, labels, strict=True):
        assert cells_of(label).max() == (2 if gap else 1)
        row = np.flatnonzero(label[SIDE // 2])
        assert np.diff(row).max() == gap + 1
    assert np.unique(weight_map(labels[0])).size == 2


def test_the_ends_of_the_map(node):
    """No cell, nothing but cell, one pixel, a single cell: as the package has it."""
    empty = np.zeros((SIDE, SIDE), np.uint8)
    dot, corners = empty.copy(), empty.copy()
    dot[5, 7] = 1
    corners[0, 0] = corners[-1, -1] = corners[20, 20] = corners[21, 21] = 1  # the last two meet at a corner only
    cases = [(label, *setting) for label in (empty, empty + 1, dot, corners) for setting in SETTINGS[:3]]
    for case, weights in zip(cases, script_weights(node, cases), strict=True):
        np.testing.assert_allclose(weights, weight_map(*case), rtol=0, atol=1e-5)


def test_distances_are_exact_on_any_label(node):
    """Random labels of any shape, against SciPy's distance maps."""
    labels = []

    @settings(max_examples=60, deadline=None)
    @given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.integers(0, 1)))
    def collect(label):
        labels.append(label)

    collect()
    rng = np.random.default_rng(0)
    labels += [(rng.random((40, 33)) < share).astype(np.uint8) for share in (0.004, 0.02, 0.1, 0.4, 0.6)]
    code = f"""{READ} console.log(JSON.stringify(given.map(([label, width, height]) => {{
        const {{ instances, count }} = figure.cellsOf(label, width, height);
        const {{ d1, d2 }} = figure.twoDistances(instances, width, height);
        const text = (values) => [...values].map((value) => (value === Infinity ? -1 : value));
        return [[...instances], count, text(d1), text(d2)];
    }})));"""
    text = json.dumps([[label.ravel().tolist(), label.shape[1], label.shape[0]] for label in labels])
    for label, (instances, count, *found) in zip(labels, node(WeightMap, code, text), strict=True):
        wanted = cells_of(label)
        assert count == wanted.max()
        np.testing.assert_array_equal(np.reshape(instances, label.shape), wanted)
        for mine, theirs in zip(found, two_distances(wanted), strict=True):
            expected = np.where(np.isinf(theirs), -1, theirs)
            np.testing.assert_allclose(np.reshape(mine, label.shape), expected, rtol=1e-14)


@pytest.mark.parametrize("scene", SCENES)
def test_the_lines_end_where_the_cells_begin(node, scene):
    label = WeightMap(scene).label
    instances = cells_of(label)
    places = [(x, y) for x in range(3, SIDE, 31) for y in range(5, SIDE, 31)]
    code = f"{READ} console.log(JSON.stringify(given[1].map((place) => figure.nearestTwo(given[0], place, {SIDE}))));"
    found = node(WeightMap, code, json.dumps([instances.ravel().tolist(), places]))
    d1, d2 = two_distances(instances)
    for (x, y), ends in zip(places, found, strict=True):
        wanted = nearest_two(label, x, y)
        assert [((end["x"], end["y"]), pytest.approx(end["distance"])) for end in ends] == wanted
        distances = [distance for _, distance in wanted]
        assert distances == pytest.approx([d for d in (d1[y, x], d2[y, x]) if np.isfinite(d)])


def test_what_is_drawn_opens_and_closes_gaps():
    """Three pixels of cell across the gap, and the two discs are one; erased again, they are two."""
    figure = WeightMap(gap=3)
    row = SIDE // 2
    gap = [x for x in range(SIDE // 4, 3 * SIDE // 4) if not figure.label[row, x]]
    assert len(gap) == 3
    at = [row * SIDE + x for x in gap]
    figure.drawn = [2 * one + 1 for one in at]
    assert cells_of(figure.label).max() == 1
    assert figure.weights.max() < 3
    figure.drawn = [*figure.drawn, *(2 * one for one in at)]
    np.testing.assert_array_equal(figure.label, discs(3))


def test_the_script_keeps_to_the_constants_of_python(node):
    names = "{ SIDE, TOP, RADII, LIMITS, START, scenes: Object.keys(SCENES), IMAGES }"
    module = type("Constants", (), {"_esm": f"{WeightMap._esm}\nexport const all = {names};"})
    found = node(module, "console.log(JSON.stringify(figure.all))")
    assert (found["SIDE"], found["TOP"], tuple(found["RADII"])) == (SIDE, TOP, RADII)
    assert tuple(found["scenes"]) == SCENES
    assert found["IMAGES"] == ["tissue", "dish", "nuclei", "stained"]
    assert found["LIMITS"] == {key: list(LIMITS[key]) for key in found["LIMITS"]}
    assert {scene: (place["x"], place["y"]) for scene, place in found["START"].items()} == START


@pytest.mark.parametrize("scene", SCENES)
def test_the_marked_pixel_begins_in_the_background(scene):
    figure = WeightMap(scene)
    assert not figure.label[figure.y, figure.x]
    assert (figure.x, figure.y) == START[scene]


def test_the_figure_refuses_what_it_cannot_show():
    for name, value, nearest in [("w0", 16, 15), ("sigma", 0, 1), ("gap", -1, 0), ("x", SIDE, SIDE - 1), ("y", -1, 0)]:
        words = f"'{name}' trait .* should not be (less|greater) than {nearest}, but a value of {value} was"
        with pytest.raises(traitlets.TraitError, match=words):
            WeightMap(**{name: value})
    with pytest.raises(traitlets.TraitError, match="scene"):
        WeightMap("none")
    with pytest.raises(traitlets.TraitError, match=f"codes 0 to {2 * SIDE**2 - 1}, not {2 * SIDE**2}"):
        WeightMap(drawn=[5, 2 * SIDE**2])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"gap": 3, "x": 70, "y": 64}, ["2 cells", "w0 = 10", "2.00 pixels to the nearest cell", "to the second"]),
        ({"scene": "one"}, ["1 cell,", "no two cells"]),
        ({"x": 41, "y": 64}, ["lies in a cell"]),
        ({"scene": "tissue", "balance": False, "w0": 0}, ["from 1.00 to 1.00"]),
    ],
)
def test_the_poster_says_what_it_shows(values, words):
    import matplotlib.pyplot as plt

    fig, alt = WeightMap(**values).poster()
    plt.close(fig)
    for part in words:
        assert part in alt, alt


@pytest.mark.parametrize("scene", ["nuclei", "stained"])
def test_nuclei_that_touch_are_cells_of_their_own(scene):
    """As the data has them they are one; parted, the term is high where they touch, as at the marked pixel."""
    group, number, top, left = figure_module.NUCLEI[scene]
    (sample,) = nuclei.load(group, "train", whole=False, numbers=[number])
    numbers = sample.instances[top : top + SIDE, left : left + SIDE]
    figure = WeightMap(scene)
    touching = cells_of((numbers > 0).astype(int)).max()
    apart = parted(sample.instances)[top : top + SIDE, left : left + SIDE]
    assert cells_of(figure.label).max() == len(np.unique(apart)) - 1
    assert cells_of(figure.label).max() >= touching + 8
    assert figure.weights[figure.y, figure.x] > 8
    assert not (figure.label & (numbers == 0)).any()
