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
        (16, 16, 1),
        (256, 256, 1),
        (4096, 4096, 1),
        (5000, 3000, 0.8192),
        (12000, 9000, 4096 / 12000),
        (15, 900, "15 × 900 pixels; the network needs at least 16"),
        (1, 1, "at least 16"),
        (17, 5000, "too long and thin"),
        (20, 5000, 0.8192),
    ],
)
def test_a_picture_is_made_to_fit_or_refused(node, width, height, answer):
    code = f"let it; try {{ it = figure.fitting({width}, {height}) }} catch (e) {{ it = e.message }}"
    found = node(FeatureMaps, f"{code} console.log(JSON.stringify(it))")
    if isinstance(answer, str):
        assert answer in found
    else:
        assert found == pytest.approx(answer)
        assert min(width, height) * found >= 16
        assert max(width, height) * found <= 4096


def test_the_tiles_of_the_page_are_exact(node):
    """They cover the picture once, on the grid of the poolings, mirrored as numpy mirrors."""
    for width, height, side in [(420, 420, 84), (84, 84, 84), (85, 300, 100), (1000, 30, 420), (16, 16, 84)]:
        tiles = node(FeatureMaps, f"console.log(JSON.stringify(figure.tilesOf({width}, {height}, {side}, 16)))")
        covered = np.zeros((height, width), int)
        for tile in tiles:
            assert tile["left"] % 16 == tile["top"] % 16 == 0
            assert max(tile["width"], tile["height"]) <= side
            covered[tile["top"] :, tile["left"] :][: tile["height"], : tile["width"]] += 1
        assert (covered == 1).all()
    found = node(FeatureMaps, "console.log(JSON.stringify([...Array(60)].map((_, at) => figure.mirrored(at - 25, 7))))")
    assert found == np.pad(np.arange(7), (25, 28), mode="reflect").tolist()
    assert node(FeatureMaps, "console.log(JSON.stringify(figure.mirrored(-3, 1)))") == 0
    sizes = "[[420, 420], [84, 84], [4096, 4096]]"
    cheap = f"console.log(JSON.stringify({sizes}.map((s) => figure.cheapestTile(...s, 184, 16))))"
    assert node(FeatureMaps, cheap) == [604, 268, 604]


def test_greys_are_spread_between_percentiles(node):
    values = np.random.default_rng(0).integers(0, 4096, 5000)
    code = f"""{READ} const limits = figure.contrastLimits(Uint16Array.from(given));
        console.log(JSON.stringify([limits, [...figure.asGreys(given, limits)]]))"""
    limits, greys = node(FeatureMaps, code, json.dumps(values.tolist()))
    low, high = np.percentile(values, (0.5, 99.5), method="nearest")
    assert limits == pytest.approx([low, high], abs=2)
    wanted = np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1) * 255
    assert np.abs(greys - wanted).max() <= 0.5 + 1e-9


def test_a_picture_that_is_scaled_down_keeps_its_means(node):
    values = np.random.default_rng(0).integers(0, 256, (20, 8192))
    code = f"""{READ} const {{ width, height, values, was }} =
            figure.shrunk({{ width: 8192, height: 40, values: [...given, ...given] }});
        console.log(JSON.stringify([width, height, was, [...values]]))"""
    width, height, was, found = node(FeatureMaps, code, json.dumps(values.ravel().tolist()))
    assert (width, height, was) == (4096, 20, [8192, 40])
    twice = np.concatenate([values, values])
    np.testing.assert_allclose(
        np.reshape(found, (20, 4096)), twice.reshape(20, 2, 4096, 2).mean((1, 3)), atol=0.5 + 1e-9
    )


def test_the_bet_is_won_by_cells_before_pixels(node):
    def cost(merged, split, wrong):
        before = {"merged": 1, "split": 1, "wrong": 0.1}
        return {"changed": 0.5, "before": before, "now": {"merged": merged, "split": split, "wrong": wrong}}

    def worst(**tried):
        return node(FeatureMaps, f"console.log(JSON.stringify(figure.worstOf({json.dumps(list(tried.items()))})))")

    assert worst(skip0=cost(1, 1, 0.9), skip1=cost(1, 2, 0.1)) == "skip1"
    assert worst(skip0=cost(1, 1, 0.2), skip1=cost(1, 1, 0.3)) == "skip1"
    assert worst(skip0=cost(1, 1, 0.1), skip1=cost(0, 1, 0.05)) is None


def test_a_pixel_is_written_out_as_a_convolution(node):
    rng = np.random.default_rng(0)
    patches, weights = rng.normal(size=(5, 9)), rng.normal(size=(5, 9))
    given = [patches.ravel().tolist(), [{"input": at, "weights": list(one)} for at, one in enumerate(weights)]]
    code = f"""{READ} const [patches, filters] = given;
        const {{ sum, value, terms }} = figure.writtenOut(Float64Array.from(patches), filters, 0.5, true);
        console.log(JSON.stringify([sum, value, terms.map((term) => [term.input, term.sum])]))"""
    total, value, terms = node(FeatureMaps, code, json.dumps(given))
    sums = (patches * weights).sum(1)
    assert total == pytest.approx(sums.sum() + 0.5)
    assert value == pytest.approx(max(total, 0))
    assert [at for at, _ in terms] == np.argsort(-np.abs(sums)).tolist()
    assert [one for _, one in terms] == pytest.approx(sorted(sums, key=abs, reverse=True))


def test_every_network_of_the_page_can_be_chosen():
    for name, words in FeatureMaps().trained.items():
        assert FeatureMaps(weights=name).network == f"U-Net of base width 8, {words}"
        assert checkpoints.load(name).base_width == 8
    with pytest.raises(traitlets.TraitError, match="unet8-nuclei"):
        FeatureMaps(weights="unet16-isbi")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_network_for_nuclei_finds_those_of_the_samples(name):
    figure = FeatureMaps(image=name, weights="unet8-nuclei")
    group, number = SAMPLES[name]
    (sample,) = nuclei.load(group, "validation", whole=False, numbers=[number])
    before = max(SAMPLE - sample.label.shape[0], 0) // 2
    truth = np.pad(sample.label, [(before, max(SAMPLE - side - before, 0)) for side in sample.label.shape], "reflect")
    figure.staged.run(figure.seen)
    left, top = figure.x + 92, figure.y + 92
    found = figure.staged.map("output", 1) >= 0.5
    assert np.mean(found != truth[top : top + 84, left : left + 84]) < 0.1


def test_inverted_and_with_other_weights(monkeypatch):
    figure, other = FeatureMaps(), FeatureMaps(invert=True)
    np.testing.assert_allclose(other.seen, 1 - figure.seen, atol=1e-6)
    first = figure.staged
    assert figure.staged is first
    figure.weights = "unet8-isbi"
    assert figure.staged is not first
    own = FeatureMaps(UNet(base_width=2).eval())
    kept = own.staged
    own.weights = "unet8-isbi"
    assert own.staged is kept


def test_the_kernel_hands_a_patch_over():
    figure = FeatureMaps()
    figure.staged.run(figure.seen)
    content, (data,) = figure.staged.answer(
        {"type": "patch", "id": "7", "name": "d1.relu2", "x": 5, "y": 9, "side": 3}, []
    )
    assert content["id"] == "7"
    found = np.frombuffer(data, np.float32).reshape(16, 3, 3)
    for channel in (0, 15):
        np.testing.assert_array_equal(found[channel], figure.staged.map("d1.relu2", channel)[9:12, 5:8])


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
    (sample,) = nuclei.load(group, "validation", whole=False, numbers=[number])
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
