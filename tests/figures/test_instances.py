"""Instances: the script's pieces, watershed and counts against the package's; the state; the poster."""

import json

import numpy as np
import pytest
import traitlets
from scipy import ndimage

from unet_edu.data import nuclei
from unet_edu.figures import Instances
from unet_edu.figures.instances import LIMITS, SCENES, SIDE, measured
from unet_edu.metrics import instances
from unet_edu.separation import SMALLEST, by_distance, components

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'
ENDS = [(threshold, apart) for threshold in (5, 20, 50, 77, 95) for apart in (1, 2, 5, 7, 10, 20)]


def separated(node, scene, settings):
    """What separate() of the script makes of a scene: [{"pieces": …, "watershed": …}] for each setting."""
    _, probability, truth = measured(scene)
    code = f"""{READ} const [probability, truth, settings] = given;
        console.log(JSON.stringify(settings.map((setting) => {{
            const maps = [probability, truth].map((one) => Uint8Array.from(one));
            const {{ pieces, watershed }} = figure.separate(...maps, ...setting);
            return [pieces, watershed].map((one) => ({{ ...one, numbers: [...one.numbers] }}));
        }})))"""
    return node(Instances, code, json.dumps([probability.ravel().tolist(), truth.ravel().tolist(), settings]))


@pytest.mark.parametrize("scene", SCENES)
def test_the_figure_separates_and_counts_as_the_package_does(node, scene):
    """Pixel by pixel, at thresholds and distances from end to end of their sliders."""
    truth = measured(scene).truth
    seen = set()
    for (threshold, apart), found in zip(ENDS, separated(node, scene, ENDS), strict=True):
        wanted = Instances(scene, threshold=threshold, apart=apart).segments
        for one, (name, numbers) in zip(found, wanted.items(), strict=True):
            np.testing.assert_array_equal(
                np.reshape(one["numbers"], (SIDE, SIDE)), numbers, err_msg=f"{name} at {threshold}, {apart}"
            )
            matching, errors = instances.match(truth, numbers), instances.merged_and_split(truth, numbers)
            assert (one["found"], one["invented"], one["missed"]) == (matching.tp, matching.fp, matching.fn)
            assert (one["merged"], one["split"]) == errors
            assert one["f1"] == pytest.approx(matching.f1)
            assert one["count"] == numbers.max()
            assert one["area"] == pytest.approx((numbers > 0).sum() / max(numbers.max(), 1))
            seen |= {(name, errors.merged > 0, errors.split > 0)}
    assert len(seen) >= 4, "the scene has mergers and splits to show"


def test_any_map_is_separated_as_in_python(node):
    """Noise, blobs, thin lines, flat pieces, one pixel, nothing: with and without small pieces."""
    rng = np.random.default_rng(3)
    maps = [np.zeros((9, 7), int), np.eye(8, dtype=int), np.pad(np.ones((1, 1), int), 4)]
    maps += [np.pad(np.ones(shape, int), 3) for shape in ((1, 2), (2, 2), (1, 9), (3, 3), (12, 5), (20, 20))]
    for sigma in (0, 1, 2.5):
        field = ndimage.gaussian_filter(rng.normal(size=(48, 61)), sigma)
        maps += [(field > np.quantile(field, part)).astype(int) for part in (0.4, 0.7)]
    cases = [(one, apart, smallest) for one in maps for apart in (1, 2, 4, 9) for smallest in (1, SMALLEST)]
    code = f"""{READ} console.log(JSON.stringify(given.map(([inside, width, height, apart, smallest]) =>
        [figure.components(inside, width, height, smallest), figure.byDistance(inside, width, height, apart, smallest)]
            .map(({{ numbers, count }}) => ({{ numbers: [...numbers], count }})))))"""
    text = json.dumps([[m.ravel().tolist(), m.shape[1], m.shape[0], apart, least] for m, apart, least in cases])
    for (one, apart, smallest), found in zip(cases, node(Instances, code, text), strict=True):
        wanted = components(one, smallest), by_distance(one, apart=apart, smallest=smallest)
        for mine, theirs in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(np.reshape(mine["numbers"], one.shape), theirs, err_msg=f"{one}, {apart}")
            assert mine["count"] == theirs.max()


def test_a_segment_is_coloured_by_what_it_holds(node):
    """One that holds two nuclei is merged, even where it covers one of them well; halves of a nucleus are neither."""
    truth = np.zeros((12, 30), int)
    truth[2:10, 1:9], truth[2:5, 9:11], truth[2:10, 14:20], truth[2:10, 24:29] = 1, 2, 3, 4
    segments = np.zeros_like(truth)
    segments[2:10, 1:11], segments[2:10, 14:17], segments[2:10, 17:20], segments[2:10, 24:29] = 1, 2, 3, 4
    code = f"{READ} console.log(JSON.stringify(figure.judge(...given)))"
    found = node(Instances, code, json.dumps([truth.ravel().tolist(), segments.ravel().tolist()]))
    assert found["verdicts"] == {"1": "merged", "2": "other", "3": "other", "4": "found"}
    assert (found["merged"], found["split"]) == instances.merged_and_split(truth, segments) == (1, 1)


def test_the_script_keeps_to_the_constants_of_python(node):
    names = "{ SIDE, LIMITS, FIRST, scenes: Object.keys(SCENES), SMALLEST }"
    module = type("Constants", (), {"_esm": f"{Instances._esm}\nexport const all = {names};"})
    found = node(module, "console.log(JSON.stringify(figure.all))")
    first = Instances()
    assert found == {
        "SIDE": SIDE,
        "LIMITS": {key: list(ends) for key, ends in LIMITS.items()},
        "FIRST": {"threshold": first.threshold, "apart": first.apart},
        "scenes": list(SCENES),
        "SMALLEST": SMALLEST,
    }


@pytest.mark.parametrize("scene", SCENES)
def test_the_scenes_are_validation_images_as_they_come(scene):
    group, number, top, left = SCENES[scene]
    (sample,) = nuclei.load(group, "validation", whole=False, numbers=[number])
    image, probability, truth = measured(scene)
    part = sample.instances[top : top + SIDE, left : left + SIDE]
    assert image.shape == probability.shape == truth.shape == (SIDE, SIDE)
    np.testing.assert_array_equal(truth > 0, part > 0)
    assert len(np.unique(truth)) == len(np.unique(part))
    assert ((probability > 127) == (truth > 0)).mean() > 0.85


def test_the_figure_refuses_what_it_cannot_show():
    for name, value, nearest in [("threshold", 4, 5), ("threshold", 96, 95), ("apart", 0, 1), ("apart", 21, 20)]:
        words = f"'{name}' trait .* should not be (less|greater) than {nearest}, but a value of {value} was"
        with pytest.raises(traitlets.TraitError, match=words):
            Instances(**{name: value})
    with pytest.raises(traitlets.TraitError, match="scene"):
        Instances("cells")


def test_a_link_may_hold_what_the_traits_allow():
    assert Instances().legal == {
        "scene": {"of": list(SCENES)},
        "threshold": {"least": 5, "most": 95},
        "apart": {"least": 1, "most": 20},
        "show": {"of": ["verdict", "numbers"]},
    }


@pytest.mark.parametrize("scene", SCENES)
def test_the_poster_counts_what_the_package_counts(scene):
    import matplotlib.pyplot as plt

    figure = Instances(scene, apart=3)
    fig, alt = figure.poster()
    plt.close(fig)
    truth = measured(scene).truth
    for name, found in figure.segments.items():
        errors = instances.merged_and_split(truth, found)
        assert f"{name}: {found.max()} segments, {errors.merged} merged, {errors.split} split" in alt
