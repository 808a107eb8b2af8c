"""The network in JavaScript against PyTorch, every map of it; and the kernel's side of FeatureMaps."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from unet_edu import checkpoints
from unet_edu.data import cells
from unet_edu.figures.base import HERE
from unet_edu.figures.stages import StagedNetwork

ENGINE = type("Engine", (), {"_esm": (HERE / "engine.js").read_text("utf-8")})
RUN = """
import { readFileSync, writeFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf-8"));
const file = readFileSync(given.weights);
const network = figure.readNetwork(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
const image = Float32Array.from(given.image);
let counted = 0;
const maps = figure.unet(image, given.size, network, given.off, (count) => (counted = count));
const told = Object.entries(maps).map(([name, { channels, size }]) => [name, channels, size]);
writeFileSync("maps", Buffer.concat(Object.values(maps).map(({ data }) => Buffer.from(data.buffer))));
const small = figure.thumbnails(maps["d1.relu2"], 40);
const filters = ["d0.relu1", "u1.relu1", "up2", "score", "pool1"].map((name) => {
  const found = figure.filtersOf(network.tensors, name, 1, 5);
  return found && { ...found, strongest: found.strongest.map(({ input, weights }) => [input, [...weights]]) };
});
small.greys = [...small.greys];
console.log(JSON.stringify({ told, counted, depth: network.depth, small, filters }));
"""


@pytest.fixture
def in_the_page(node, tmp_path):
    """Function that runs a shipped network in Node: what the script told, and {name: float32 (C, H, W)}."""

    def run(name, image, off=()):
        given = {
            "weights": str(checkpoints.FOLDER / f"{name}.safetensors"),
            "image": image.ravel().tolist(), "size": len(image), "off": list(off),
        }  # fmt: skip
        told = node(ENGINE, RUN, json.dumps(given))
        data, maps = np.fromfile(tmp_path / "maps", np.float32), {}
        for stage, channels, size in told["told"]:
            maps[stage], data = data[: channels * size**2].reshape(channels, size, size), data[channels * size**2 :]
        assert data.size == 0
        return told, maps

    return run


@pytest.mark.parametrize("name", ["unet8-cells", "unet8-isbi"])
@pytest.mark.parametrize(
    ("size", "off"),
    [
        (268, ()),
        (188, ("skip0",)),
        (220, ("skip1", "skip3", "d4.relu2")),
        (188, ("d2.relu2:5", "u1.relu1:15", "up0:0", "pool3")),
    ],
)
def test_every_map_in_the_page_is_that_of_pytorch(in_the_page, name, size, off):
    """max |a - b| / max |b| of each map ≤ 1e-4, with parts switched off too; same names, same order."""
    image = cells.tissue(size, seed=3).image
    network = StagedNetwork(checkpoints.load(name), "cpu")
    stages, _ = network.run(image, off)
    told, maps = in_the_page(name, image, off)
    assert [tuple(stage) for stage in told["told"]] == stages
    assert told["counted"] == len(stages) == 7 * told["depth"] + 5
    for stage, found in maps.items():
        wanted = network.maps[stage].numpy()
        assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max(), stage


def test_thumbnails_and_filters_are_the_same_on_both_sides(in_the_page):
    image = cells.tissue(188, seed=4).image
    network = StagedNetwork(checkpoints.load("unet8-cells"), "cpu")
    network.run(image)
    told, _ = in_the_page("unet8-cells", image)
    greys, flat, busiest = network.thumbnails("d1.relu2", 40)
    found = np.array(told["small"]["greys"]).reshape(greys.shape)
    assert np.abs(found - greys.astype(int)).max() <= 1
    assert (told["small"]["flat"], told["small"]["busiest"]) == (flat, busiest)
    for name, script in zip(["d0.relu1", "u1.relu1", "up2", "score", "pool1"], told["filters"], strict=True):
        answer = network.filters(name, 1, 5)
        assert (answer is None) == (script is None) == (name == "pool1")
        if answer:
            inputs, kernel, bias, order, weights = answer
            assert (inputs, kernel) == (script["inputs"], script["kernel"])
            assert script["bias"] == pytest.approx(bias)
            assert [one for one, _ in script["strongest"]] == order
            np.testing.assert_allclose([values for _, values in script["strongest"]], weights.reshape(len(order), -1))


def test_what_is_switched_off_is_zero_and_the_rest_is_computed_from_that():
    image = cells.tissue(188, seed=4).image
    network = StagedNetwork(checkpoints.load("unet8-cells"), "cpu")
    network.run(image)
    whole = {name: value.clone() for name, value in network.maps.items()}
    network.run(image, ["skip1", "d0.relu2:3"])
    assert not network.maps["skip1.after"].any()
    assert not network.maps["d0.relu2"][3].any()
    assert torch.equal(network.maps["d0.relu2"][2], whole["d0.relu2"][2])
    assert not torch.equal(network.maps["d1.relu2"], whole["d1.relu2"])
    network.run(image)
    assert all(torch.equal(network.maps[name], value) for name, value in whole.items()), "no hook is left behind"


def test_any_network_can_be_looked_into(device):
    net = nn.Sequential(nn.Conv2d(1, 3, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(3, 1, 1))
    network = StagedNetwork(net, device)
    stages, milliseconds = network.run(np.random.default_rng(0).random((41, 41), np.float32))
    assert stages == [("input", 1, 41), ("0", 3, 37), ("1", 3, 37), ("2", 3, 18), ("3", 1, 18), ("output", 1, 18)]
    assert milliseconds > 0
    assert network.map("output", 0).max() <= 1
    assert network.filters("0", 2, 9)[4].shape == (1, 5, 5)
    assert network.filters("1", 0, 9) is None


def test_questions_are_answered_and_mistakes_explained():
    network = StagedNetwork(checkpoints.load("unet8-cells"), "cpu")
    image = cells.tissue(188, seed=4).image.astype(np.float32)

    def ask(buffers=(), **question):
        return network.answer({"id": "7", **question}, list(buffers))

    told, (output,) = ask([image.tobytes()], type="run", size=188, off=[])
    assert told["id"] == "7"
    assert [told["stages"][-1][key] for key in ("name", "channels", "size")] == ["output", 2, 4]
    np.testing.assert_array_equal(np.frombuffer(output, np.float32).reshape(2, 4, 4), network.maps["output"].numpy())
    told, (data,) = ask(type="map", name="u0.relu2", channel=2)
    np.testing.assert_array_equal(np.frombuffer(data, np.float32).reshape(told["size"], -1), network.map("u0.relu2", 2))
    told, (greys,) = ask(type="thumbnails", name="d4.relu2", side=64)
    assert len(greys) == 128 * told["side"] ** 2
    told, (weights,) = ask(type="filters", name="u3.relu1", channel=0, most=12)
    assert (told["inputs"], len(told["strongest"]), len(weights)) == (128, 12, 12 * 9 * 4)
    assert ask(type="filters", name="input", channel=0, most=12)[0]["kernel"] == 0

    for question, words in [
        ({"type": "map", "name": "d3.rely2", "channel": 0}, "did you mean 'd3.relu2'"),
        ({"type": "map", "name": "d3.relu2", "channel": 64}, "out of bounds"),
        ({"type": "run", "size": 187, "off": []}, "reshape"),
    ]:
        told, arrays = ask([image.tobytes()], **question)
        assert (told["type"], told["id"], arrays) == ("error", "7", [])
        assert words in told["message"]
    for part, words in [("skip9", "did you mean 'skip"), ("up3:64", "up3 has the channels 0 to 63")]:
        told, _ = ask([image.tobytes()], type="run", size=188, off=[part])
        assert words in told["message"]
    told, _ = ask([np.zeros((190, 190), np.float32).tobytes()], type="run", size=190, off=[])
    assert "188" in told["message"], "the network's own words, with the nearest legal size"
