"""Where training starts, and how fast it goes: a short try of each start at each rate, the best loss of all is taken.

    scratch        weights drawn anew, width and depth as planned           rates 2e-3, 5e-3, 1.25e-2
    unet8-nuclei   shipped weights: the one whose loss is lower untrained   rates 5e-4, 2e-3
    unet8-cells, unet8-isbi

Shipped networks saw one channel. For colours their first convolution is repeated and divided, so that at the start they
see the mean of the colours, and may learn to tell them apart.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import distributed

from unet_edu import checkpoints
from unet_edu.arithmetic import border, nearest_valid
from unet_edu.models import UNet
from unet_edu.models.batch_norm import insert_batch_norm
from unet_edu.predict import predict

SCRATCH = "scratch"
SHIPPED = ("unet8-nuclei", "unet8-cells", "unet8-isbi")
RATES = {SCRATCH: (2e-3, 5e-3, 1.25e-2)}  # others: FINE
FINE = (5e-4, 2e-3)
USEFUL = 64  # pixels that a tile should label, where a network has another depth than planned
VIEW = 256  # pixels a side, at most, of the part of an image that a loss is measured on
VIEWS = 6  # images, at most


class Try(NamedTuple):
    """A short try. start: its name; rate: the highest learning rate; loss: of validation, after it."""

    start: str
    rate: float
    loss: float


def network(start, channels, classes, width, depth, seed=0):
    """Return a fresh network to start from, a `UNet`.

    start: SCRATCH, for weights drawn from `seed`, with batch normalisation for training; or one of SHIPPED, which has
    a width and a depth of its own, and two classes.
    """
    if start == SCRATCH:
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            return insert_batch_norm(UNet(channels, classes, width, depth))
    shipped = checkpoints.load(start)
    net = UNet(channels, shipped.num_classes, shipped.base_width, shipped.depth)
    state = shipped.state_dict()
    first = "d0.conv1.weight"
    state[first] = state[first].repeat(1, channels, 1, 1) / channels
    net.load_state_dict(state)
    return net


def recipe_for(net, recipe, rate, steps, smallest):
    """Return a recipe for a network: its tile is legal for the network's depth, and no larger than images are.

    smallest: the smallest side of all pieces, pixels. The batch is one that the processes of torchrun can share.
    """
    processes = distributed.get_world_size() if distributed.is_initialized() else 1
    edge = border(net.depth)
    most = min(max(recipe.tile, 2 * edge + USEFUL), smallest + 2 * edge)
    below, above = nearest_valid(most, net.depth)
    tile = above if below is None else below
    batch = recipe.batch + -recipe.batch % processes
    return replace(recipe, tile=tile, batch=batch, learning_rate=rate, steps=steps)


def views(samples):
    """Return the samples' central parts that losses are measured on: a few, of at most 256 × 256 pixels."""
    chosen = [samples[int(place)] for place in np.linspace(0, len(samples) - 1, min(VIEWS, len(samples)))]
    found = []
    for sample in chosen:
        where = tuple(
            slice((side - min(side, VIEW)) // 2, (side - min(side, VIEW)) // 2 + min(side, VIEW))
            for side in sample.label.shape
        )
        found.append(sample._replace(image=sample.image[(..., *where)], label=sample.label[where]))
    return found


def loss_on(net, samples, device=None):
    """Return the cross entropy of a network on samples, every class counting the same; lower is better."""
    logs, counts = {}, {}
    for sample in samples:
        found = predict(net, sample.image, progress=False, device=device)
        right = np.take_along_axis(found, sample.label[None].astype(int), axis=0)[0]
        for number in np.unique(sample.label).tolist():
            inside = sample.label == number
            logs[number] = logs.get(number, 0.0) - float(np.log(np.maximum(right[inside], 1e-7)).sum())
            counts[number] = counts.get(number, 0) + int(inside.sum())
    return float(np.mean([logs[number] / counts[number] for number in logs]))


def nearest_shipped(channels, validation, normalisation, device=None):
    """Return (name, loss) of the shipped network whose loss on validation images is the lowest, untrained.

    normalisation: (mean, std) of the training images.
    """
    losses = {}
    for name in SHIPPED:
        net = network(name, channels, 2, 0, 0)
        net.normalisation = normalisation
        losses[name] = loss_on(net, validation, device)
    best = min(losses, key=losses.get)
    return best, losses[best]
