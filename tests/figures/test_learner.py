"""Learning in JavaScript against PyTorch: every gradient, and the losses of whole runs."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from unet_edu.figures.base import HERE
from unet_edu.figures.learner import SKIPS, build
from unet_edu.training.recipe import RECIPES, Recipe, learning_rate, make_optimizer

pytestmark = pytest.mark.usefixtures("one_thread")
FILES = ("engine.js", "learning.js", "wasm.js", "kernels.js", "learning_kernels.js", "learning_simd.js")
ENGINE = type("Engine", (), {"_esm": "\n".join((HERE / name).read_text("utf-8") for name in FILES)})
LEARN = """
import { readFileSync, writeFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf-8"));
const { network, recipe, steps, start, batch: many } = given;
const make = given.engine === "plain" ? figure.plainLearner : figure.simdLearner;
const learner = make(network, figure.learningModule?.(false));
const random = figure.randomFrom(5), drawn = [];
const drops = () => {
  drawn.push(random());
  return drawn.at(-1);
};
const answer = figure.answerSize(network), pixels = network.size ** 2, area = answer ** 2;
const [tiles, labels, weights] = ["tiles", "labels", "weights"].map((name) => {
  const bytes = readFileSync(name);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
});
figure.drawWeights(start, learner.table, learner.parameters, figure.randomFrom(given.seed));
learner.refresh();
writeFileSync("parameters", Buffer.from(Float32Array.from(learner.parameters).buffer));
const update = figure.makeOptimiser(recipe, learner.parameters.length);
const all = tiles.length / pixels, told = [];
for (let step = 0; step < steps; step += 1) {
  const batch = Array.from({ length: many }, (_, place) => {
    const at = (step * many + place) % all;
    const part = (array, length) => array.subarray(at * length, (at + 1) * length);
    return { tile: part(tiles, pixels), label: Uint8Array.from(part(labels, area)), weight: part(weights, area) };
  });
  told.push(figure.trainingStep(learner, update, batch, recipe, step, network.dropout ? drops : null));
}
writeFileSync("gradient", Buffer.from(Float32Array.from(learner.gradient).buffer));
writeFileSync("drawn", Buffer.from(Float64Array.from(drawn).buffer));
console.log(JSON.stringify({ told, table: learner.table }));
"""
SIZES = {(0, 0): 24, (1, 0): 28, (2, 0): 60, (3, 0): 100, (0, 1): 16, (1, 1): 20, (2, 1): 28, (3, 1): 32}
NETWORKS = {
    "depth 2": {"depth": 2, "width": 8},
    "depth 0": {"depth": 0, "width": 6},
    "depth 1, width 2": {"depth": 1, "width": 2},
    "depth 3, width 5": {"depth": 3, "width": 5},
    "width 16": {"depth": 1, "width": 16},
    "no skips": {"depth": 2, "width": 4, "skips": ["none", "none"]},
    "skip 1 only": {"depth": 2, "width": 4, "skips": ["none", "crop"]},
    "skip 0 only": {"depth": 2, "width": 4, "skips": ["crop", "none"]},
    "after the pool": {"depth": 2, "width": 4, "skips": ["pool", "pool"]},
    "resized": {"depth": 2, "width": 4, "skips": ["resize", "resize"]},
    "padded": {"depth": 2, "width": 4, "padding": 1},
    "padded, after the pool": {"depth": 2, "width": 4, "padding": 1, "skips": ["pool", "crop"]},
    "padded, depth 0": {"depth": 0, "width": 8, "padding": 1},
    "dropout": {"depth": 2, "width": 4, "dropout": 0.5},
    "padded, dropout": {"depth": 3, "width": 3, "dropout": 0.25, "padding": 1},
}
ONCE = Recipe(1, 2, 92, "sgd", 1e-9, "constant", momentum=0.0)


class Dropped(nn.Module):
    """Dropout by numbers that are given."""

    def __init__(self, numbers, p):
        super().__init__()
        self.numbers, self.p = numbers, p

    def forward(self, x):
        keep = [[next(self.numbers) >= self.p for _ in range(one.numel())] for one in x]
        return x * torch.tensor(keep).reshape(x.shape) / (1 - self.p)


def spec(network):
    """A network of `NETWORKS` with everything that it leaves out, and the size of its tiles."""
    whole = {"padding": 0, "dropout": 0.0, "skips": ["crop"] * network["depth"], **network}
    return whole, SIZES[whole["depth"], whole["padding"]]


def tiles_for(net, size, count):
    """Tiles with a pattern, labels that follow from it, weights; some pixels alike, so that poolings meet ties."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:size, :size]
    tiles = np.stack([np.sin((x + 3 * k) / (2 + k % 3)) * np.cos((y - k) / 3) for k in range(count)])
    tiles = np.maximum(tiles + 0.3 * rng.standard_normal(tiles.shape), -0.2).astype(np.float32)
    with torch.no_grad():
        side = net.eval()(torch.zeros(1, 1, size, size)).shape[-1]
    edge = (size - side) // 2
    inner = tiles[:, edge : edge + side, edge : edge + side]
    weights = rng.uniform(0.5, 3, inner.shape).astype(np.float32)
    return tiles, (inner > 0.1).astype(np.float32), weights


def loss_of(kind, logits, label, weight):
    """The three losses as PyTorch has them."""
    if kind == "dice":
        p = logits.softmax(1)[:, 1]
        return (1 - (2 * (p * label).sum((1, 2)) + 1) / (p.sum((1, 2)) + label.sum((1, 2)) + 1)).mean()
    loss = (weight * cross_entropy(logits, label, reduction="none")).sum() / weight.sum()
    return -loss if kind == "upside-down" else loss


@pytest.fixture
def compare(node, tmp_path):
    """Function that runs both: (losses here and there, gradients of the last step here and there by name)."""

    def run(network, recipe, engine, start="paper", loss="cross-entropy", count=6, batch=2, seed=1):
        whole, size = spec(network)
        net = build(**whole)
        for name, array in zip(("tiles", "labels", "weights"), tiles_for(net, size, count), strict=True):
            array.tofile(tmp_path / name)
        tiles, labels, weights = tiles_for(net, size, count)
        given = {
            "network": whole | {"size": size}, "steps": recipe.steps, "start": start, "batch": batch, "seed": seed,
            "engine": engine,
            "recipe": {
                "optimiser": recipe.optimizer, "momentum": recipe.momentum, "decay": recipe.weight_decay,
                "clip": recipe.clip if np.isfinite(recipe.clip) else None, "rate": recipe.learning_rate,
                "schedule": recipe.schedule, "steps": recipe.steps, "loss": loss,
            },
        }  # fmt: skip
        told = node(ENGINE, LEARN, json.dumps(given))
        flat = torch.from_numpy(np.fromfile(tmp_path / "parameters", np.float32))
        names = [name for name, _ in net.named_parameters()]
        assert [entry["name"] for entry in told["table"]] == names
        nn.utils.vector_to_parameters(flat, net.parameters())
        drawn = iter(np.fromfile(tmp_path / "drawn", np.float64).tolist())
        for name, layer in list(net.named_modules()):
            if isinstance(layer, nn.Dropout) and layer.p:
                setattr(net, name, Dropped(drawn, layer.p))
        optimizer, losses = make_optimizer(recipe, list(net.parameters())), []
        for step in range(recipe.steps):
            chosen = [(step * batch + place) % count for place in range(batch)]
            optimizer.zero_grad()
            total = 0
            parts = [[index] for index in chosen] if whole["dropout"] else [chosen]  # a tile after the other draws
            logits = torch.cat([net.train()(torch.from_numpy(tiles[part])[:, None]) for part in parts])
            label, weight = torch.from_numpy(labels[chosen]).long(), torch.from_numpy(weights[chosen])
            total = loss_of(loss, logits, label, weight)
            total.backward()
            losses.append(total.item())
            torch.nn.utils.clip_grad_norm_(net.parameters(), recipe.clip)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, step)
            optimizer.step()
        assert next(drawn, None) is None
        found, here = np.fromfile(tmp_path / "gradient", np.float32), {}
        for entry in told["table"]:
            here[entry["name"]] = found[entry["at"] : entry["at"] + entry["length"]].reshape(entry["shape"])
        there = {name: value.grad.numpy() for name, value in net.named_parameters()}
        return [step["loss"] for step in told["told"]], losses, here, there

    return run


@pytest.mark.parametrize("engine", ["plain", "simd"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_every_parameter_is_that_of_autograd(compare, name, engine):
    here, there, found, wanted = compare(NETWORKS[name], ONCE, engine)
    assert here == pytest.approx(there, rel=1e-5)
    for parameter, gradient in wanted.items():
        assert np.abs(found[parameter] - gradient).max() <= 1e-4 * np.abs(gradient).max(), parameter


@pytest.mark.parametrize("engine", ["plain", "simd"])
def test_the_gradient_of_dice_is_that_of_autograd(compare, engine):
    here, there, found, wanted = compare(NETWORKS["depth 1, width 2"], ONCE, engine, loss="dice")
    assert here == pytest.approx(there, rel=1e-5)
    for parameter, gradient in wanted.items():
        assert np.abs(found[parameter] - gradient).max() <= 1e-4 * np.abs(gradient).max(), parameter


RUNS = [(name, {}) for name in NETWORKS] + [
    ("depth 2", {"start": "pytorch"}),
    ("depth 2", {"start": "zero"}),
    ("depth 1, width 2", {"loss": "dice"}),
    ("depth 1, width 2", {"loss": "upside-down", "steps": 20}),
    ("depth 2", {"optimizer": "sgd", "momentum": 0.99, "learning_rate": 1e-3, "schedule": "constant"}),
    ("no skips", {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 1e-2, "learning_rate": 3e-3}),
    ("depth 1, width 2", {"engine": "plain"}),
    ("depth 2", {"start": "large", "learning_rate": 1e-4}),
]


@pytest.mark.parametrize(("name", "changes"), RUNS)
def test_fifty_steps_have_the_losses_of_pytorch(compare, name, changes):
    """From the same weights, on the same tiles, with each switch of the figure."""
    changes = {"steps": 50, "learning_rate": 1e-3, **changes}
    how = {key: changes.pop(key) for key in ("start", "loss", "engine") if key in changes}
    recipe = Recipe(**{**dataclasses.asdict(RECIPES["one-cycle"]), "batch": 2, "tile": 92, **changes})
    here, there, _, _ = compare(NETWORKS[name], recipe, how.pop("engine", "simd"), **how)
    assert len(here) == changes["steps"]
    assert here == pytest.approx(there, rel=1e-3, abs=1e-6)
    if how.get("start") == "zero":
        assert len(set(np.round(here, 6))) > 1, "the biases of the scores learn, and nothing else"
        assert here[-1] > 0.3


def test_a_network_of_unknown_skips_is_refused():
    assert sorted(SKIPS) == ["crop", "none", "pool", "resize"]
    with pytest.raises(ValueError, match="skips must be 2 of 'crop', 'resize', 'pool', 'none', not"):
        build(depth=2, width=8, skips=["crop", "cut"])
    with pytest.raises(ValueError, match="skips must be 1 of"):
        build(depth=1, width=8, skips=["crop", "crop"])
