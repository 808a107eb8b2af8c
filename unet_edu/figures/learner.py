"""The kernel's side of Playground: the network, the run and the answers, in PyTorch.

    build      the network of learning.js, layer by layer
    Run        a run of playground_run.js: step, look, maps
    Trainer    replies to the messages of kernelTrainer in playground_worker.js

Tests hold the gradients and losses of both sides against each other.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy

from unet_edu.activations import capture
from unet_edu.arithmetic import first_fault
from unet_edu.data.augment import augment, mirror
from unet_edu.device import best_device, name_and_memory
from unet_edu.figures.playground_pictures import GREYS, SIDE, TERMS, TRAINING, W0, pictures
from unet_edu.figures.training_replay import fates
from unet_edu.metrics import regions, v_rand
from unet_edu.models import PaddedUNet, UNet
from unet_edu.models.article import ResizedSkip
from unet_edu.models.unet import CenterCrop, conv_pair, init_gaussian
from unet_edu.models.variants import NoSkip, PooledSkip
from unet_edu.training.recipe import Recipe, learning_rate, make_optimizer

SKIPS = {"crop": CenterCrop, "resize": ResizedSkip, "pool": PooledSkip, "none": NoSkip}


class FlatNet(nn.Module):
    """A U-Net of depth 0: two 3×3 convolutions and a score, no pooling and nothing to join."""

    depth = 0

    def __init__(self, base_width=8, padding=0):
        super().__init__()
        self.d0 = conv_pair(1, base_width, padding)
        self.score = nn.Conv2d(base_width, 2, 1)
        init_gaussian(self)

    def forward(self, images):
        """Return the logits (N, 2, H - 4, W - 4) of images (N, 1, H, W); with padding 1 they are as large."""
        return self.score(self.d0(images))


def build(*, depth, width, skips, padding=0, dropout=0.0):
    """Return the network that these switches describe, with the paper's first weights.

    depth: poolings, 0 to 3.  width: channels of level 0.  skips: for each level a key of `SKIPS`.  padding: 0 or 1.
    dropout: the probability of each dropout layer. Raises ValueError for another kind or number of skips.
    """
    unknown = [kind for kind in skips if kind not in SKIPS]
    if unknown or len(skips) != depth:
        raise ValueError(f"skips must be {depth} of {', '.join(map(repr, SKIPS))}, not {list(skips)!r}")
    if depth == 0:
        return FlatNet(width, padding)
    net = (PaddedUNet if padding else UNet)(base_width=width, depth=depth)
    for level, kind in enumerate(skips):
        setattr(net, f"skip{level}", SKIPS[kind]())
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = dropout
    return net


TILES = {0: (92, 64), 1: (92, 64), 2: (92, 64), 3: (124, 64)}  # by depth: valid, padded; as in playground_run.js
BATCH = 2
SIGMA = 3.0  # of the nodes' displacements, pixels
THUMBNAIL = 44


def draw_weights(net, kind):
    """Draw the first weights: "paper", "pytorch" (what its layers draw), "zero" or "large" (the paper's, ten times)."""
    init_gaussian(net)
    for layer in net.modules():
        if not hasattr(layer, "reset_parameters"):
            continue
        if kind == "pytorch":
            layer.reset_parameters()
        elif kind in ("zero", "large"):
            with torch.no_grad():
                layer.weight.mul_(0.0 if kind == "zero" else 10.0)


def loss_of(kind, logits, label, weight):
    """Return the loss of a batch as lossOf in learning.js has it. logits: (N, 2, h, w); label, weight: (N, h, w)."""
    if kind == "dice":
        p, truth = logits.softmax(1)[:, 1], label.float()
        both, each = (p * truth).sum((1, 2)), (p + truth).sum((1, 2))
        return (1 - (2 * both + 1) / (each + 1)).mean()
    total = (weight * cross_entropy(logits, label, reduction="none")).sum()
    if kind == "sum":
        return total
    return (-total if kind == "upside-down" else total) / weight.sum().clamp_min(1e-6)


class Run:
    """A run of Playground in PyTorch, ready to start; config: as makeRun in playground_run.js takes it.

    device: None: the best one. The random numbers are PyTorch's, so the same seed is another run than in the page.
    """

    def __init__(self, config, device=None):
        self.config = config
        self.device = best_device() if not device else torch.device(device)
        torch.manual_seed(config["seed"])
        network = {key: config[key] for key in ("depth", "width", "skips", "padding", "dropout")}
        self.net = build(**network)
        draw_weights(self.net, config["start"])
        self.net.to(self.device)
        whole = pictures(config["data"])
        count = min(config["images"], TRAINING)
        images = torch.from_numpy(whole.images).float() / GREYS
        self.mean, self.std = images[:count].mean(), images[:count].std(correction=0)
        labels = torch.from_numpy((whole.instances > 0).astype(np.int64))
        share = labels[:count].float().mean()
        balance = torch.where(labels > 0, 0.5 / share, 0.5 / (1 - share))
        weights = torch.from_numpy(whole.border).float() * (W0 / TERMS) + balance
        if not config["weighted"]:
            weights = torch.ones_like(weights)
        self.data = [part[:count].to(self.device) for part in (images[:, None], labels, weights)]
        self.image, self.label = images[-1], labels[-1].numpy()
        self.size = TILES[config["depth"]][config["padding"]]
        self.answer = self.size - self.border()
        self.recipe = Recipe(
            config["steps"], BATCH, self.size, config["optimiser"], config["rate"], config["schedule"],
            config["momentum"], config["decay"], math.inf if config["clip"] is None else config["clip"],
        )  # fmt: skip
        self.optimizer = make_optimizer(self.recipe, list(self.net.parameters()))
        self.generator = torch.Generator().manual_seed(config["seed"])
        self.order, self.done = [], 0

    def border(self):
        """Return how many pixels a side the network takes away, both sides together."""
        return 0 if self.config["padding"] else 12 * 2 ** self.config["depth"] - 8

    def step(self):
        """Take a step; return {step, loss, rate}, the loss before it."""
        count = len(self.data[0])
        while len(self.order) < BATCH:
            self.order += torch.randperm(count, generator=self.generator).tolist()
        chosen, self.order = self.order[:BATCH], self.order[BATCH:]
        still = {"sigma": 0.0} if self.config["augment"] == "turns" else {}
        if self.config["augment"] == "none":
            still = {"sigma": 0.0, "rotation": 0.0, "flip": False}
        margin = (self.size - self.answer) // 2
        images, labels, weights = (part[chosen] for part in self.data)
        how = {"sigma": SIGMA, "shift": 0, "grey": 0.0} | still
        tiles, labels, weights = augment(
            images, labels, weights=weights, generator=self.generator, size=self.size, margin=margin, **how
        )
        inner = slice(margin, self.size - margin)
        rate = learning_rate(self.recipe, self.done)
        logits = self.net.train()((tiles - self.mean) / self.std)
        loss = loss_of(self.config["loss"], logits, labels[:, inner, inner], weights[:, inner, inner])
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), self.recipe.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.done += 1
        return {"step": self.done, "loss": loss.item(), "rate": rate}

    def covering(self):
        """Return the smallest input whose output covers the picture: its side, and what is too much on each side."""
        size = SIDE
        while True:
            answer = size - self.border()
            legal = self.config["padding"] or not self.config["depth"] or not first_fault(size, self.config["depth"])
            if answer >= SIDE and (answer - SIDE) % 2 == 0 and legal:
                return size, (answer - SIDE) // 2
            size += 1

    def maps(self):
        """Return the maps of the validation picture, mirrored at its border, {stage: (C, H, W)}; "output": logits."""
        size, _ = self.covering()
        line = mirror(torch.arange(size) - (size - SIDE) // 2, SIDE)
        tile = self.image[line[:, None], line][None, None].to(self.device)
        found = capture(self.net.eval(), (tile - self.mean) / self.std)
        return {name: value[0] for name, value in found.items() if value.ndim == 4}

    def look(self, maps=None):
        """Return what the validation picture shows now, as look() of playground_run.js."""
        _, off = self.covering()
        logits = (maps or self.maps())["output"].float().cpu()[:, off : off + SIDE, off : off + SIDE]
        probability = logits.softmax(0)[1].nan_to_num(0.0).numpy()
        best = v_rand(self.label, probability)
        truth, cells = regions(self.label), probability > 0.5
        found = fates(truth, regions(cells))
        loss = cross_entropy(logits[None], torch.from_numpy(self.label)[None]).item()
        return {
            "step": self.done, "probability": probability,
            "vRand": float(best.score), "threshold": float(best.threshold),
            "wrong": float((cells != self.label).mean()), "alone": found.alone, "together": found.together,
            "broken": found.broken, "loss": loss,
        }  # fmt: skip


class Trainer:
    """Runs by the front end's names for them; device: as for `Run`."""

    def __init__(self, device=None):
        self.device = device
        self.runs = {}

    def answer(self, question):
        """Return the reply to a message of kernelTrainer: (content, buffers); to an error, too.

        question: {id, number, stage} with {config} to start a run, and until: the step that is to be reached. Buffers
        where the reply holds a look: the probability, float32, and the maps' greys, uint8.
        """
        head = {"type": "trained", "id": question["id"], "number": question["number"]}
        try:
            content, arrays = self._train(question)
        except Exception as error:  # whatever PyTorch may raise on a reader's device
            content, arrays = {"steps": [], "error": f"{type(error).__name__}: {error}"}, []
        return head | content, [np.ascontiguousarray(array).tobytes() for array in arrays]

    def _train(self, question):
        name = question["id"]
        if "config" in question:
            self.runs[name] = Run(question["config"], self.device)
        run, steps, ended = self.runs[name], [], ""
        while run.done < question["until"] and not ended:
            steps.append(run.step())
            if not math.isfinite(steps[-1]["loss"]):
                ended = "nan"
                steps[-1]["loss"] = None  # JSON knows no NaN
        content = {"steps": steps, "ended": ended, "where": name_and_memory(run.device)[0]}
        if not ("config" in question or question.get("look") or ended):
            return content, []
        found = run.maps()
        look = run.look(found)
        probability = look.pop("probability")
        stages = shown(found)
        stage = question["stage"] if question["stage"] in stages else list(stages)[-2]
        maps = found[stages[stage]].float().nan_to_num(0.0)
        side = min(THUMBNAIL, maps.shape[-1])
        small = adaptive_avg_pool2d(maps, side)
        low, high = small.amin((1, 2), keepdim=True), small.amax((1, 2), keepdim=True)
        greys = ((small - low) * (255 / (high - low).clamp_min(1e-30))).round().byte().cpu().numpy()
        about = {"name": stage, "side": side, "channels": len(maps), "size": maps.shape[-1], "stages": list(stages)}
        finite = look if math.isfinite(look["loss"]) else look | {"loss": None}
        return content | {"look": finite, "maps": about}, [probability.astype(np.float32), greys]


def shown(maps):
    """Return what the front end calls the maps of `capture` and what they are called there: {stage: name}."""
    names = {}
    for name in maps:
        stage = name.removesuffix(".after")
        if stage.endswith((".relu1", ".relu2")) or stage.startswith(("skip", "up")) and "." not in stage:
            names[stage] = name
    return names | {"score": "output"}
