"""One run of an experiment: train a network from a seed, score it on the validation slices.

    Trial(row, build, recipe, …)      what is trained, and how: a row of a table; perhaps in two phases
      + seed ─▶ run ─▶ {"row", "seed", "made", "parameters", "training", "scores"}: an entry of a record

The seed draws the first weights, the tiles and the dropout. Slices 0–17 are for training and 18–23 for validation; the
held-out slices are never touched.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, partial
from math import isinf
from pathlib import Path

import numpy as np
import torch
from torch import nn

from unet_edu.arithmetic import border, nearest_valid
from unet_edu.checkpoints import read, rounded, save
from unet_edu.data import Sample, cells, isbi2012
from unet_edu.data.augment import augment, mirror
from unet_edu.data.weightmap import class_weights, weight_map
from unet_edu.experiments.record import made, shortened
from unet_edu.metrics import (
    SCORER,
    challenge_scores,
    lowest_error,
    pixel_error,
    pooled_v_rand,
    rand_error,
    share_of_wrong_pixels,
    v_rand,
    warping_error,
)
from unet_edu.models import SlidingWindowNet, UNet
from unet_edu.models.batch_norm import fold_batch_norm, insert_batch_norm
from unet_edu.models.fcn import num_parameters
from unet_edu.models.subpixel import Subpixel
from unet_edu.predict import VIEWS, dihedral, normalisation, predict
from unet_edu.training import Recipe, fit
from unet_edu.training.loop import centre
from unet_edu.training.precision import seconds_of_a_step

LATER = ("cut", "window", "spread", "focus", "differs", "timed")  # settings that the first records do not have
CURVE = 50  # points of a loss curve that are kept, each the mean of its steps
DRAWN = {"cells": 512, "small cells": 256}  # pixels a side


@dataclass(frozen=True)
class Tuning:
    """A second phase of training: from the first one's weights, with batch normalisation folded away."""

    recipe: Recipe
    elastic: float = 10.0  # as in `Trial`
    membrane: float = 1.0  # how much more a pixel of membrane counts than class balance gives it


@dataclass(frozen=True)
class Trial:
    """A network and how it is trained. Two trials with the same values are the same experiment."""

    row: str  # its name in the table
    build: Callable[[], nn.Module]
    recipe: Recipe
    data: str = "isbi2012"  # or "cells", "small cells": drawn tissue of 512² and of 256² pixels
    samples: int = 18  # training slices, the first of 18
    elastic: float = 10.0  # standard deviation of the elastic deformation's displacements, pixels; 0: none
    weight_map: bool = False  # the paper's; otherwise all pixels count alike
    batch_norm: bool = False  # while training; folded into the convolutions afterwards
    average8: bool = True  # the final score is that of predictions averaged over the 8 ways to turn and flip
    curve: int = 0  # score every so many steps; 0: at the end only
    curve_average8: bool = False  # whether these scores are of averaged predictions, too
    tuning: Tuning | None = None  # a second phase, if any
    cut: int = 0  # pixels a side that are cut from a slice and bent; the network takes the middle. 0: its tile
    window: int = 0  # pixels a side, in the middle of a tile, that it learns from. 0: all that it labels
    spread: bool = False  # the training slices lie evenly over the 18, instead of being the first
    focus: float = 0.0  # by how much sharpness varies, as of `unet_edu.data.augment.augment`
    timed: bool = False  # in bfloat16 where a step is quicker in it, found by timing; False: on GPUs that have it
    differs: str = ""  # what else than its network this row does not share with the first, in words

    def settings(self):
        """Return everything but the network and the name as plain JSON; no limit to a gradient is null.

        What came later and is not used is left out, so that a record made before it can go on.
        """
        facts = {key: value for key, value in asdict(self).items() if key not in ("row", "build")}
        facts = {key: value for key, value in facts.items() if value or key not in LATER}
        for recipe in [facts["recipe"]] + ([facts["tuning"]["recipe"]] if self.tuning else []):
            recipe["clip"] = None if isinf(recipe["clip"]) else recipe["clip"]
        return facts


def changed(change=None, network=UNet, **arguments):
    """Return a fresh U-Net, or `network`, changed by a function of `unet_edu.models.variants`."""
    net = network(**arguments)
    return change(net) if change else net


@cache
def slices(data, split):
    """Return the samples of a split, "train" or "validation": a tuple, read or drawn once."""
    if data == "isbi2012":
        return tuple(isbi2012.load(split))
    seeds = range(18) if split == "train" else range(1000, 1006 if data == "cells" else 1002)
    return tuple(cells.tissue(DRAWN[data], seed) for seed in seeds)


def run(
    trial, seed, device, bf16=None, finish=None, between=None, samples=None, scored=None, watch=None, progress=False
):
    """Train and score; return (net, entry): the network in eval mode, and what a record keeps of it, plain JSON.

    device: a torch.device or its name.  bf16: compute in bfloat16 where it does no harm; None: on GPUs that have it.
    finish: called with the trained network, returns the one to score, such as `unet_edu.checkpoints.rounded`.
    between: of a trial with a second phase, a file (.safetensors) for the network after the first, its weights rounded
        to float16 in any case; where it exists, the run goes on from there.
    samples: called as samples(trial.data, "train" or "validation"), returns the images; default: `slices`.
    scored: called as scored(net, trial), returns the scores, plain JSON; default: `scores` on the validation images.
    watch: called as watch(net, training images, validation images) after each phase, before its normalisations are
        folded away; returns what the record keeps of it, a dict of plain JSON.
    progress: show a bar over the steps.
    """
    head = made(device, seed) | {"bf16": bf16}  # first: the load of the machine before the run is what matters
    torch.manual_seed(seed)
    net = trial.build()
    if trial.timed and bf16 is None:
        head["seconds_of_a_step"] = seconds = seconds_of_a_step(net, trial.recipe, device)
        head["bf16"] = bf16 = seconds["bfloat16"] < seconds["float32"]
    samples = samples or slices
    train = [fitting(sample, net) for sample in chosen(samples(trial.data, "train"), trial.samples, trial.spread)]
    validation = [fitting(sample, net) for sample in samples(trial.data, "validation")]

    def trained(recipe, elastic, membrane=1.0):
        """Train `net` in place, and return what a record keeps of it."""
        history = fit(
            net,
            train,
            recipe,
            weights=weight_maps(train, membrane) if trial.weight_map else None,
            augment=partial(tiles, trial, elastic),
            seed=seed,
            device=device,
            bf16=bf16,
            every=trial.curve or recipe.steps,
            score=(lambda net: mean_v_rand(net, validation, trial.curve_average8)) if trial.curve else None,
            progress=progress,
        )
        watched = watch(net, train, validation) if watch else {}
        fold_batch_norm(net)
        return course(history) | watched

    if between and Path(between).exists():
        loaded, metadata = read(between)
        if metadata["recipe"] != trial.settings() or metadata["seed"] != seed:
            raise ValueError(f"{between} is of another trial or seed: move it away to start anew")
        net.load_state_dict(loaded.state_dict())
        training = metadata["training"]
    else:
        if trial.batch_norm:
            insert_batch_norm(net)
        training = trained(trial.recipe, trial.elastic) | ({"made": head} if trial.tuning else {})
        if between:
            facts = {"data": trial.data, "seed": seed, "recipe": trial.settings(), "scores": None, "training": training}
            save(between, net, facts | {"commit": head["git"]["commit"]})
    if trial.tuning:
        net.load_state_dict(rounded(net).state_dict())
        first = training
        training = trained(trial.tuning.recipe, trial.tuning.elastic, trial.tuning.membrane)
        training |= {"seconds": first["seconds"] + training["seconds"], "first_phase": first}
    net = finish(net) if finish else net
    entry = {"row": trial.row, "seed": seed, "made": head, "parameters": num_parameters(net), "training": training}
    found = scored(net, trial) if scored else scores(net, validation, trial.average8)
    return net, shortened(entry | {"scores": found})


def chosen(samples, count, spread=False):
    """Return `count` samples: the first, or spread evenly from the first to the last (one alone: the middle one)."""
    if not spread:
        return samples[:count]
    places = np.linspace(0, len(samples) - 1, count) if count > 1 else [len(samples) // 2]
    return tuple(samples[int(place)] for place in places)


def tiles(trial, elastic, images, labels, *, generator, size, margin, weights):
    """Return augmented tiles of `size`, labels and weights, cut alike for all networks that share `cut` and `window`.

    A tile of `trial.cut` pixels is placed by its window, and bent; the network's own tile is its middle. Weights are 0
    outside the window, whatever the network labels there. So networks that lose different borders learn from the same
    pixels under the same deformation. Arguments as of `unet_edu.data.augment.augment`, which the rest is left to.
    """
    cut, window = trial.cut or size, trial.window or size - 2 * margin
    varied = {"margin": (cut - window) // 2, "sigma": elastic, "focus": trial.focus}
    drawn = augment(images, labels, generator=generator, size=cut, weights=weights, **varied)
    images, labels, weights = (centre(maps, size) for maps in drawn)
    inside = torch.zeros_like(weights)
    centre(inside, window).fill_(1)
    return images, labels, weights * inside


def weight_maps(samples, membrane=1.0):
    """Return the paper's weight map of each sample, classes balanced over all; membrane: times that class's weight."""
    labels = [sample.label if sample.instances is None else sample.instances for sample in samples]
    background, cell = class_weights(labels)
    return [weight_map(label, class_balance=(background * membrane, cell)) for label in labels]


def course(history):
    """Return what a record keeps of a `History`: CURVE points of the loss, each the mean of its steps; every score.

    The curve has four digits for a loss and three for a time: it is drawn, and the wheel holds all records. Where there
    is no score on the way, nothing is drawn over time, and only the seconds of all are kept.
    """
    steps = len(history.loss)
    parts = np.array_split(np.arange(steps), min(CURVE, steps))
    found = {
        "seconds": history.seconds[-1],
        "steps": [int(part[-1]) + 1 for part in parts],
        "loss": [float(f"{np.mean([history.loss[step] for step in part]):.4g}") for part in parts],
        "score": [[step, history.seconds[step - 1], value] for step, value in history.score],
    }
    if history.score:
        found["seconds_at"] = [float(f"{history.seconds[part[-1]]:.3g}") for part in parts]
    return found


def fitting(sample, net):
    """Return a grey sample with as many channels as the network takes: (H, W), or (C, H, W) for colours.

    A sample in colour is returned as it is.
    """
    if net.in_channels == 1 or sample.image.ndim == 3:
        return sample
    return Sample(np.repeat(sample.image[None], net.in_channels, axis=0), *sample[1:])


def cell_probability(net, image, average8):
    """Return the probability (H, W) of being inside a cell.

    A sliding window is computed for all windows at once; a `Subpixel` network that loses a border in one pass over the
    mirrored image; all others by `predict`.
    """
    views = VIEWS if average8 else VIEWS[:1]
    if isinstance(net, SlidingWindowNet):
        mean, std = normalisation(net)
        found = np.zeros((1, *image.shape), np.float32)
        for view in views:
            there = dihedral(found, view)  # what is added to this view of it is in the result
            there += net.dense((dihedral(image[None], view) - mean) / std).probabilities[1].numpy() / len(views)
        return found[0]
    if isinstance(net, Subpixel) and isinstance(net[1], UNet):
        step, depth = net.factor, net[1].depth
        size = step * nearest_valid(-(-max(image.shape) // step) + 2 * border(depth), depth)[1]
        before = step * border(depth)
        rows, columns = (mirror(torch.arange(size) - before, side).numpy() for side in image.shape)
        found = predict(Whole(net, before), image[rows[:, None], columns], average8=average8, progress=False)[1]
        return found[before : before + image.shape[0], before : before + image.shape[1]]
    return predict(net, image, average8=average8, progress=False)[1]


class Whole(nn.Module):
    """A network that loses a border, with zeros in its place: as large as the image, for `predict` to take whole."""

    def __init__(self, net, border):
        super().__init__()
        self.net, self.border, self.in_channels = net, border, net.in_channels
        self.normalisation = normalisation(net)

    def forward(self, images):
        """Return the logits (N, classes, H, W) of images (N, C, H, W)."""
        return nn.functional.pad(self.net(images), [self.border] * 4)


def mean_v_rand(net, validation, average8=False):
    """Return the mean V_Rand of a network over labelled slices, each at its own best threshold."""
    found = [cell_probability(net, sample.image, average8) for sample in validation]
    return float(np.mean([v_rand(one.label, cells).score for one, cells in zip(validation, found, strict=True)]))


def scores(net, validation, average8=False):
    """Return the challenge's scores of a network on labelled slices, plain JSON.

    "scorer": which measures they are by (`unet_edu.metrics.SCORER`).
    "slices": each slice at its own best threshold, "mean" and "sd" over them (n - 1 in the denominator).
    "stack": one threshold for all slices, as the challenge scores a stack, "v_rand" and "v_info" the mean of the slices
    there; "pooled_v_rand", the pairs of all slices counted together; the challenge's first three errors and the share
    of wrong pixels, each at the threshold that is best for it.
    """
    labels = np.stack([sample.label for sample in validation])
    found = np.stack([cell_probability(net, sample.image, average8) for sample in validation])
    each = []
    for sample, probability in zip(validation, found, strict=True):
        rand, info = challenge_scores(sample.label, probability)
        each.append({"name": sample.name, "v_rand": rand.score, "threshold": rand.threshold, "v_info": info.score})
    rand, info = challenge_scores(labels, found)
    values = {key: [one[key] for one in each] for key in ("v_rand", "v_info")}
    errors = (pixel_error, rand_error, warping_error, share_of_wrong_pixels)
    return {
        "scorer": SCORER,
        "average8": average8,
        "slices": each,
        "mean": {key: float(np.mean(value)) for key, value in values.items()},
        "sd": {key: float(np.std(value, ddof=1)) for key, value in values.items()},
        "stack": {
            "v_rand": rand.score,
            "threshold": rand.threshold,
            "v_info": info.score,
            "pooled_v_rand": pooled_v_rand(labels, found).score,
            **{error.__name__: lowest_error(error, labels, found).error for error in errors},
        },
    }
