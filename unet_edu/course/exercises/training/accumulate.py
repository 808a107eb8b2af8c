"""Compute the gradients of a batch tile by tile."""

import math
from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.exercises.training._shared import draw_labels, draw_weights
from unet_edu.course.judging import judge_value, noise, recognising, set_weights_by_shape
from unet_edu.course.outcome import Case

SEED = 8


def cases(rng, params):
    """Draw weights that add up alike and not, old gradients, a tile without weight, a single tile."""

    def case(classes, count, says, points=1, old=True, alike=False, empty=False):
        height, width = int(rng.integers(5, 8)), int(rng.integers(7, 10))
        tiles = noise((count, 1, height + 2, width + 2), int(rng.integers(1 << 30)))
        weights = draw_weights(rng, count, height, width)
        if alike:
            weights = weights / weights.sum((1, 2), keepdim=True)
        if empty:
            weights[count // 2] = 0
        return Case(((classes, old), tiles, draw_labels(rng, count, classes, height, width), weights), says, points)

    return [
        case(2, 3, "a new network, weights that add up alike", old=False, alike=True),
        case(2, 3, "gradients of the step before, weights that add up alike", alike=True),
        case(2, int(rng.integers(2, 5)), "weights that add up to more from tile to tile", 2, old=False),
        case(3, 4, "three classes, gradients of the step before", 2),
        case(2, 3, "a tile whose weights are all 0", empty=True),
        case(2, 1, "a single tile"),
    ]


def oracle(args, params):
    """Compute loss and gradients of the whole batch at once."""
    import torch
    from torch.nn.functional import cross_entropy

    network, tiles, labels, weights = prepare(args, params)
    loss = (weights * cross_entropy(network(tiles), labels, reduction="none")).sum() / weights.sum()
    return {"loss": loss.item(), "gradients": list(torch.autograd.grad(loss, list(network.parameters())))}


def mistakes(args, params):
    """Yield old gradients, other divisions, and the last tile alone."""
    import torch
    from torch.nn.functional import cross_entropy

    (_, old), *_ = args
    network, tiles, labels, weights = prepare(args, params)
    parameters = list(network.parameters())
    parts, plain = [], []  # of each tile: (loss, gradients), not divided; with weights and without
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        for found, factor in ((parts, weight), (plain, torch.ones_like(weight))):
            loss = (factor * cross_entropy(network(tile[None]), label[None], reduction="none")[0]).sum()
            found.append((loss.item(), torch.autograd.grad(loss, parameters)))
    total, own = weights.sum().item(), weights.sum((1, 2)).tolist()

    def together(parts, divisors):
        return {
            "loss": sum(loss / by if by else math.nan for (loss, _), by in zip(parts, divisors, strict=True)),
            "gradients": [
                sum(each / by for each, by in zip(layer, divisors, strict=True))
                for layer in zip(*(gradients for _, gradients in parts), strict=True)
            ],
        }

    count, pixels = len(parts), weights.numel()
    right = together(parts, [total] * count)
    if old:
        kept = [each + 0.25 for each in right["gradients"]]
        yield {**right, "gradients": kept}, "the gradients of the step before are still in it"
    each = "each tile is divided by its own weights; a tile with more weight should count for more"
    yield together(parts, own), f"{each}, and the tiles are added up"
    yield together(parts, [count * by for by in own]), each
    yield {**together(parts, own), "gradients": right["gradients"]}, f"{each}: the gradients are right, the loss is not"
    mean = {"loss": together(parts, [count * by for by in own])["loss"], "gradients": right["gradients"]}
    yield mean, f"{each}: the gradients are right, the loss is not"
    if count > 1:
        alone = together(parts[-1:], [total])
        yield (
            {**right, "gradients": alone["gradients"]},
            "only the gradients of the last tile are left: they are thrown away on the way",
        )
        yield {**right, "loss": alone["loss"]}, "the gradients are right, but the loss is that of the last tile"
        yield alone, "only the last tile is left of loss and gradients"
        mean = {"loss": right["loss"] / count, "gradients": right["gradients"]}
        yield mean, "the gradients are right, but the loss is a mean over the tiles of what is a part of a mean already"
        yield (
            together(parts, [total * count] * count),
            "it is divided by the weights of all tiles, and by their number besides",
        )
    yield together(parts, [1.0] * count), "it is a sum: divide by the weights"
    yield (
        {**right, "loss": right["loss"] * total},
        "the gradients are right, but the loss is not divided by the weights",
    )
    yield together(parts, [pixels] * count), "it is divided by the number of pixels, not by the sum of the weights"
    yield (
        together(parts, [pixels / count] * count),
        "each tile is divided by the number of its pixels, not by the weights of all",
    )
    yield together(plain, [pixels] * count), "the weights make no difference here"
    yield together(plain, [pixels / count] * count), "the weights make no difference here, and the tiles are added up"


def result_then_use(args, got, wanted, params):
    """Compare loss and gradients, then look at how they were computed."""
    if not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    verdict = recognising(mistakes)(args, {key: got[key] for key in wanted}, wanted, params)
    words = ""
    if any(gradient is None for gradient in got["gradients"]):
        words = "some parameters have no gradient: is backward called, and nothing thrown away after it?"
    elif not got["same"]:
        words = "it changes the weights: only gradients are wanted, no step"
    elif verdict.passed and "together" in got["notes"]:
        words = "the result is right, but several tiles pass at once: the memory holds one"
    elif verdict.passed and "kept" in got["notes"]:
        words = "the result is right, but every tile's maps are kept until the end: go back before the next tile comes"
    elif verdict.passed and got["graph"]:
        words = "the result is right, but the loss is a tensor that keeps its graph; a float is wanted"
    return replace(verdict, passed=False, kind=verdict.kind or "value", message=words) if words else verdict


def probe(answer, args, params):
    """Return the loss, the gradients, and how the network was used."""
    import torch

    network, *batch = args
    before = [parameter.detach().clone() for parameter in network.parameters()]
    loss = answer(network, *batch)
    same = all(torch.equal(was, now) for was, now in zip(before, network.parameters(), strict=True))
    return {
        "loss": loss,
        "gradients": [parameter.grad for parameter in network.parameters()],
        "notes": sorted(network.notes),
        "same": same,
        "graph": isinstance(loss, torch.Tensor) and loss.requires_grad,
    }


def prepare(args, params):
    """Return a network that records how it is used, with old gradients or without, and the batch."""
    import torch
    from torch import nn

    (classes, old), *batch = args

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(1, 4, 3), nn.Conv2d(4, classes, 1)
            self.waiting, self.notes = 0, set()

        def forward(self, x):
            if len(x) > 1:
                self.notes.add("together")
            logits = self.second(self.first(x).relu())
            if logits.requires_grad:
                if self.waiting:
                    self.notes.add("kept")
                self.waiting += 1
                logits.register_hook(self.came_back)
            return logits

        def came_back(self, gradient):
            self.waiting -= 1

    network = set_weights_by_shape(Network(), SEED)
    for parameter in network.parameters() if old else ():
        parameter.grad = torch.full_like(parameter, 0.25)
    return network, *batch


EXERCISE = Exercise(
    id="training.accumulate",
    chapter="08_training",
    name="accumulate",
    points=5,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=result_then_use,
    prepare=prepare,
    probe=probe,
    needs=("import torch", "from torch.nn.functional import cross_entropy"),
)
