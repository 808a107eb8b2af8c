"""FeatureMaps: what its script computes beside the network, the state, what it refuses, and its kernel."""

import json

import numpy as np
import pytest
import traitlets
from torch import nn

from unet_edu import checkpoints
from unet_edu.arithmetic import SizeError
from unet_edu.data import cells, nuclei
from unet_edu.figures import FeatureMaps
from unet_edu.figures.feature_maps import SAMPLE, SAMPLES, SIDE, WINDOW, sample_image
from unet_edu.models import UNet

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_the_script_cuts_and_covers_the_window_as_python_does(node):
    figure = FeatureMaps(x=20, y=100)
    greys = np.round(255 * cells.tissue(SIDE, seed=3).image).astype(int)
    for cover in ([], [10, 30, 50], [240, 250, 60]):
        figure.cover = cover
        code = f"{READ} console.log(JSON.stringify([...figure.windowOf(given, {SIDE}, 20, 100, {WINDOW}, {cover})]))"
        found = np.array(node(FeatureMaps, code, json.dumps(greys.ravel().tolist()))).reshape(WINDOW, WINDOW)
        np.testing.assert_allclose(found, figure.seen, atol=1e-6)
        assert (np.abs(figure.seen - greys[100:368, 20:288] / 255) > 1e-3).any() == bool(cover)


def test_the_script_knows_what_feeds_a_stage(node):
    """As PyTorch has it: the channels of the feeding stages are those that the layer reads."""
    net = checkpoints.load("unet8-cells")
    figure = FeatureMaps()
    stages, _ = figure.staged.run(figure.seen)
    channels = {name: count for name, count, _ in stages}
    names = json.dumps(list(channels))
    feeds = node(FeatureMaps, f"{READ} console.log(JSON.stringify(given.map((name) => figure.feeds(name, 4))))", names)
    modules = dict(net.named_modules())
    for name, sources in zip(channels, feeds, strict=True):
        layer = modules.get(name.replace("relu", "conv"))
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            assert sum(channels[source] for source in sources) == layer.in_channels, name
        elif name != "input":
            assert [channels[source] for source in sources] == [channels[name]], name
    assert feeds[0] == []


def test_the_script_compares_two_predictions(node):
    rng = np.random.default_rng(0)
    whole, now, truth = rng.random(500), rng.random(500), rng.integers(0, 2, 500)
    text = json.dumps([whole.tolist(), now.tolist(), truth.tolist()])
    found = node(FeatureMaps, f"{READ} console.log(JSON.stringify(figure.compare(...given)))", text)
    before, after = whole >= 0.5, now >= 0.5
    assert found == pytest.approx(
        {"changed": (before != after).mean(), "whole": (before != truth).mean(), "now": (after != truth).mean()}
    )


@pytest.mark.parametrize(
    ("width", "height", "answer"),
    [
        (268, 268, 1),
        (1024, 700, 1),
        (4000, 3000, 0.256),
        (268, 5000, "too long and thin"),
        (267, 900, "267 × 900 pixels; the network needs at least 268"),
        (1, 1, "at least 268"),
        (12000, 9000, 1024 / 12000),
        (3000, 400, 0.67),
    ],
)
def test_a_picture_is_made_to_fit_or_refused(node, width, height, answer):
    code = f"let it; try {{ it = figure.fitting({width}, {height}, 268) }} catch (e) {{ it = e.message }}"
    found = node(FeatureMaps, f"{code} console.log(JSON.stringify(it))")
    if isinstance(answer, str):
        assert answer in found
    else:
        assert found == pytest.approx(answer)
        assert min(width, height) * found >= 268 - 1e-9


def test_what_is_wrong_is_refused_with_a_reason():
    image = cells.tissue(300, seed=1).image
    for wrong, words in [
        (np.stack([image] * 3), "shape"),
        (image * 255, "divide by 255"),
        (image[:200], "at least 268"),
        (image * np.nan, "0 to 1"),
    ]:
        with pytest.raises(ValueError, match=words):
            FeatureMaps(image=wrong)
    for values in ({"x": -1}, {"channel": -1}, {"cover": [1, 2]}, {"cover": [-1, 0, 5]}, {"tool": "axe"}):
        with pytest.raises(traitlets.TraitError):
            FeatureMaps(**values)
    with pytest.raises(SizeError, match="268"):
        FeatureMaps(size=270)
    with pytest.raises(traitlets.TraitError, match="'size' trait .* not be less than 16, but a value of 8"):
        FeatureMaps().size = 8
    figure = FeatureMaps(image=image)
    assert (figure.width, figure.height, len(figure.truth)) == (300, 300, 0)


def test_a_window_larger_than_the_drawn_tissue_gets_larger_tissue():
    figure = FeatureMaps(UNet(base_width=2).eval(), size=572)
    assert (figure.width, figure.height, figure.x, figure.y) == (572, 572, 0, 0)
    stages, _ = figure.staged.run(figure.seen)
    assert stages[-1] == ("output", 2, 388)
    assert (FeatureMaps().x, FeatureMaps().y) == (76, 76)
    assert (FeatureMaps(size=188, x=3).x, FeatureMaps(size=188).y) == (3, (SIDE - 188) // 2)


def test_what_a_front_end_sends_is_taken():
    """Bytes arrive as memoryviews; the reader's own picture among them."""
    figure, other = FeatureMaps(), FeatureMaps(image=cells.tissue(300, seed=1).image, x=0, y=0)
    figure.set_state(
        {"image": memoryview(other.image), "truth": memoryview(b""), "height": 300, "width": 300, "x": 0, "y": 0}
    )
    np.testing.assert_array_equal(figure.seen, other.seen)


def test_the_kernel_answers_for_any_network(monkeypatch):
    """A network of the reader's own, at a size of its own: what it sends is what the network computes."""
    sent = []
    figure = FeatureMaps(UNet(base_width=4, depth=2).eval(), size=124)
    monkeypatch.setattr(figure, "send", lambda content, buffers=None: sent.append((content, buffers)))
    figure._answer(figure, {"type": "run", "id": "1", "size": 124, "off": ["skip1"]}, [figure.seen.tobytes()])
    figure._answer(figure, {"type": "map", "id": "2", "name": "u0.relu2", "channel": 3}, [])
    figure._answer(figure, {"type": "ping"}, [])
    (run, _), (answer, (data,)), (pong, _) = sent
    assert run["output"] == {"channels": 2, "size": 84}
    assert "CPU" in run["where"] or run["where"]
    assert run["ms"] > 0
    assert (answer["id"], answer["size"]) == ("2", 84)
    np.testing.assert_array_equal(np.frombuffer(data, np.float32).reshape(84, 84), figure.staged.map("u0.relu2", 3))
    assert pong == {"type": "pong"}
    assert figure.network == "UNet"


def test_the_poster_tells_what_is_off():
    fig, alt = FeatureMaps(off=["skip2"]).poster()
    assert "84 × 84" in alt
    assert "Switched off: skip2" in alt
    assert len([axes for axes in fig.axes if axes.images]) == 7


@pytest.mark.parametrize("name", ["nuclei", "stained"])
def test_real_nuclei_come_along(name):
    figure = FeatureMaps(image=name)
    assert (figure.width, figure.height, figure.truth) == (SAMPLE, SAMPLE, b"")
    assert figure.image == getattr(FeatureMaps(), name), "the page can put in the same bytes"
    group, number = SAMPLES[name]
    (sample,) = nuclei.load(group, "train", whole=False, numbers=[number])
    grey = sample.image if sample.image.ndim == 2 else sample.image.mean(axis=0)
    start = max(SAMPLE - len(grey), 0) // 2
    shown = sample_image(name)[start:, start:][: min(len(grey), SAMPLE), : min(len(grey), SAMPLE)]
    assert np.corrcoef(shown.ravel(), grey[:SAMPLE, :SAMPLE].ravel())[0, 1] > 0.97
    assert (shown.min(), shown.max()) == (0, 1)
    assert figure.seen.shape == (268, 268)


def test_the_nuclei_are_as_large_in_the_script(node):
    found = node(
        type("Sizes", (), {"_esm": f"{FeatureMaps._esm}\nexport const all = [SAMPLE, Object.keys(SAMPLES)];"}),
        "console.log(JSON.stringify(figure.all))",
    )
    assert found == [SAMPLE, list(SAMPLES)]


def test_an_image_that_there_is_not():
    with pytest.raises(ValueError, match="no image 'tissues'; take 'nuclei' or 'stained'"):
        FeatureMaps(image="tissues")
