"""The network in JavaScript against PyTorch, every map of it; and the kernel's side of FeatureMaps."""

import copy
import gzip
import itertools
import json

import numpy as np
import pytest
import torch
from torch import nn

from unet_edu import checkpoints
from unet_edu.data import cells
from unet_edu.figures.base import HERE
from unet_edu.figures.stages import StagedNetwork
from unet_edu.predict import normalisation

FILES = ("engine.js", "wasm.js", "kernels.js", "unet_simd.js")
ENGINE = type("Engine", (), {"_esm": "\n".join((HERE / name).read_text("utf-8") for name in FILES)})
READ = """
import { readFileSync, writeFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf-8"));
const file = readFileSync(given.weights);
const network = figure.readNetwork(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
network.padding = given.padding;
const image = Float32Array.from(given.image);
const code = figure.kernelModule(false); // without the multiply-add that this Node may not have
const bytes = (stages, map) => Buffer.concat(stages.flatMap(({ name, channels }) =>
  Array.from({ length: channels }, (_, channel) => Buffer.from(map(name, channel).buffer))));
"""
PLAIN = """
let counted = 0;
const maps = figure.unet(image, given.size, network, given.off, (count) => (counted = count));
const told = Object.entries(maps).map(([name, { channels, size }]) => [name, channels, size]);
writeFileSync("maps", Buffer.concat(Object.values(maps).map(({ data }) => Buffer.from(data.buffer))));
const small = figure.thumbnails(maps["d1.relu2"], 40);
const held = figure.statistics(maps["d1.relu2"].data);
const filters = ["d0.relu1", "u1.relu1", "up2", "score", "pool1"].map((name) => {
  const found = figure.filtersOf(network.tensors, name, 1, 5);
  return found && { ...found, strongest: found.strongest.map(({ input, weights }) => [input, [...weights]]) };
});
small.greys = [...small.greys];
console.log(JSON.stringify({ told, counted, depth: network.depth, small, held, filters }));
"""
SIMD = """
const simd = figure.simdUnet(network, code, given.size);
const first = await simd.run(image, given.before);
const changed = await simd.run(image, given.off);
const told = simd.stages.map(({ name, channels, size }) => [name, channels, size]);
writeFileSync("maps", bytes(simd.stages, simd.map));
console.log(JSON.stringify({ told, first, changed }));
"""
TEAM = """
const workers = given.workers;
const team = Array.from({ length: workers }, (_, me) => figure.simdUnet(network, code, given.size, me, workers));
const met = new Map(); // at each shared stage all wait for all
const exchange = (stage) => new Promise((resolve) => {
  const here = met.get(stage.name) ?? [];
  met.set(stage.name, here);
  here.push(resolve);
  if (here.length < workers) return;
  met.delete(stage.name);
  team.forEach((to, me) => team.forEach((from, other) => {
    const [needs, rows] = [to.needs[stage.name], from.rows[stage.name]];
    const [first, end] = [Math.max(needs[0], rows[0]), Math.min(needs[1], rows[1])];
    if (me !== other && first < end) to.paste(stage.name, first, end, from.cut(stage.name, first, end));
  }));
  for (const go of here) go();
});
for (const off of [given.before, given.off]) await Promise.all(team.map((each) => each.run(image, off, exchange)));
for (const { name, kind } of team[0].order) {
  if (kind === "skip") continue;
  for (const { rows, cut } of team.slice(1)) team[0].paste(name, ...rows[name], cut(name, ...rows[name]));
}
const told = team[0].stages.map(({ name, channels, size }) => [name, channels, size]);
writeFileSync("maps", bytes(team[0].stages, team[0].map));
console.log(JSON.stringify({ told, rows: team.map(({ rows }) => rows) }));
"""


@pytest.fixture
def in_the_page(node, tmp_path):
    """Function that runs a shipped network in Node by one of the scripts: what it told, {name: float32 (C, H, W)}."""

    def run(name, image, off=(), script=PLAIN, padding=0, before=(), workers=1):
        given = {
            "weights": str(checkpoints.FOLDER / f"{name}.safetensors"), "padding": padding, "workers": workers,
            "image": image.ravel().tolist(), "size": len(image), "off": list(off), "before": list(before),
        }  # fmt: skip
        told = node(ENGINE, READ + script, json.dumps(given))
        data, maps = np.fromfile(tmp_path / "maps", np.float32), {}
        for stage, channels, size in told["told"]:
            maps[stage], data = data[: channels * size**2].reshape(channels, size, size), data[channels * size**2 :]
        assert data.size == 0
        return told, maps

    return run


def assert_alike(found, wanted):
    """max |a - b| / max |b| of each map ≤ 1e-4; same names, same order."""
    assert list(found) == list(wanted)
    for stage, values in found.items():
        assert np.abs(values - wanted[stage]).max() <= 1e-4 * np.abs(wanted[stage]).max(), stage


def padded_maps(net, image):
    """Every map of a network whose 3×3 convolutions are padded, so that no crop takes anything away, by PyTorch."""
    net = copy.deepcopy(net)
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
            module.padding = (1, 1)
    mean, std = normalisation(net)
    x = (torch.as_tensor(image, dtype=torch.float32)[None, None] - mean) / std
    maps, skips = {"input": x}, []

    def pair(block, x):
        for number in (1, 2):
            x = maps[f"{block}.relu{number}"] = getattr(net, block)[2 * number - 2](x).relu()
        return x

    with torch.inference_mode():
        for level in range(net.depth + 1):
            if level:
                x = maps[f"pool{level}"] = nn.functional.max_pool2d(x, 2)
            skips.append(x := pair(f"d{level}", x))
        for level in reversed(range(net.depth)):
            up = maps[f"up{level}"] = getattr(net, f"up{level}")(x)
            maps[f"skip{level}.after"] = skips[level]
            x = pair(f"u{level}", torch.cat([skips[level], up], 1))
        maps["score"] = net.score(x)
        maps["output"] = maps["score"].softmax(1)
    return {name: value[0].numpy() for name, value in maps.items()}


@pytest.mark.parametrize("name", ["unet8-cells", "unet8-isbi", "unet8-nuclei"])
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
    """With parts switched off, too; in plain JavaScript and on the kernels, by one worker and by several."""
    image = cells.tissue(size, seed=3).image
    network = StagedNetwork(checkpoints.load(name), "cpu")
    stages, _ = network.run(image, off)
    wanted = {stage: value.numpy() for stage, value in network.maps.items()}
    told, plain = in_the_page(name, image, off)
    assert [tuple(stage) for stage in told["told"]] == stages
    assert told["counted"] == len(stages) == 7 * told["depth"] + 5
    assert_alike(plain, wanted)
    _, simd = in_the_page(name, image, off, SIMD)
    assert_alike(simd, wanted)
    assert_alike(simd, plain)
    for workers in (2, 3, 4):
        _, shared = in_the_page(name, image, off, TEAM, before=["u2.relu2", "d1.relu1:3"], workers=workers)
        assert_alike(shared, wanted)


@pytest.mark.parametrize("size", [96, 112])
def test_padded_convolutions_are_those_of_pytorch(in_the_page, size):
    image = cells.tissue(size, seed=5).image
    wanted = padded_maps(checkpoints.load("unet8-cells"), image)
    for script in (PLAIN, SIMD):
        _, maps = in_the_page("unet8-cells", image, script=script, padding=1)
        assert_alike(maps, wanted)


def test_only_what_lies_behind_a_silenced_part_is_computed_again(in_the_page):
    image = cells.tissue(188, seed=4).image
    told, before = in_the_page("unet8-cells", image, ["skip2"], SIMD)
    names = [name for name, _, _ in told["told"]]
    assert told["first"] == names
    behind = [name for name in names[names.index("u2.relu1") :] if not name.startswith("skip")]
    assert told["changed"] == ["skip2.after", *behind]
    told, _ = in_the_page("unet8-cells", image, ["skip2"], SIMD, before=["skip2"])
    assert told["changed"] == []
    told, after = in_the_page("unet8-cells", image, [], SIMD, before=["d1.relu2:4", "skip2"])
    assert "d1.relu1" not in told["changed"]
    assert told["changed"][0] == "d1.relu2"
    assert "skip0.after" not in told["changed"]
    assert {"skip1.after", "pool2", "output"} <= set(told["changed"])
    assert not before["skip2.after"].any()
    assert after["skip2.after"].any()


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_workers_share_the_rows(in_the_page, workers):
    """All rows of every map are computed; the busiest worker has little more than its share."""
    image = cells.tissue(268, seed=4).image
    told, _ = in_the_page("unet8-cells", image, script=TEAM, workers=workers)
    sizes = {name: (channels, size) for name, channels, size in told["told"]}
    for name, (_, size) in sizes.items():
        rows = sorted(each[name] for each in told["rows"])
        assert rows[0][0] == 0 or name.startswith("skip")
        assert all(end >= first for (_, end), (first, _) in itertools.pairwise(rows)), name
        assert rows[-1][1] == size or name.startswith(("skip", "input"))
    costs = {name: channels**2 * size for name, (channels, size) in sizes.items() if "relu" in name}
    busiest = max(sum(cost * (rows[name][1] - rows[name][0]) for name, cost in costs.items()) for rows in told["rows"])
    whole = sum(cost * sizes[name][1] for name, cost in costs.items())
    assert busiest / whole < {2: 0.6, 3: 0.55, 4: 0.5}[workers]


def test_the_kernels_are_light():
    """What they add to a page, compressed, and the module that they become."""
    scripts = "".join((HERE / name).read_text("utf-8") for name in (*FILES[1:], "network_worker.js"))
    assert len(gzip.compress(scripts.encode())) <= 30_000


def test_the_module_is_small(node):
    lengths, ours, none = node(
        ENGINE,
        """
        const lengths = [true, false].map((relaxed) => figure.kernelModule(relaxed).length);
        const ours = WebAssembly.validate(figure.kernelsHere());
        WebAssembly.validate = () => false;
        console.log(JSON.stringify([lengths, ours, figure.kernelsHere()]));
        """,
    )
    assert max(lengths) < 8_000
    assert ours
    assert none is None, "without SIMD plain JavaScript computes"


def test_thumbnails_and_filters_are_the_same_on_both_sides(in_the_page):
    image = cells.tissue(188, seed=4).image
    network = StagedNetwork(checkpoints.load("unet8-cells"), "cpu")
    network.run(image)
    told, _ = in_the_page("unet8-cells", image)
    values = network.maps["d1.relu2"].numpy()
    held = told["held"]
    assert [held[key] for key in ("low", "high", "mean", "zeros")] == pytest.approx(
        [values.min(), values.max(), values.mean(), (values == 0).mean()], rel=1e-4
    )
    bins, _ = np.histogram(values, 32)
    assert np.abs(np.array(held["bins"]) - bins).max() <= 1e-3 * values.size
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
