"""Batch, instance or group normalisation after each convolution: which numbers a map is measured by.

    maps (N, C, H, W)          mean and variance are taken over         in eval mode
    "batch"                    N, H, W    a channel of all tiles        a running mean of those of training
    "instance"                    H, W    a channel of one tile         as in training, of the map that is there
    "group"                C/4 at a time  some channels of one tile     as in training
    "none"                     –                                        –

With one tile a step, batch and instance normalisation are the same in training, and differ in eval mode alone. Instance
and group normalisation look at the whole map: what such a network gives for a pixel depends on where the tile ends, so
that tiles no longer give what one pass over the whole image gives.

Ioffe and Szegedy: Batch Normalization, ICML 2015. Ulyanov, Vedaldi, Lempitsky: Instance Normalization, arXiv
1607.08022. Wu and He: Group Normalization, ECCV 2018.
"""

from contextlib import contextmanager

import torch
from torch import nn

from unet_edu.models.batch_norm import insert_batch_norm

KINDS = ("batch", "instance", "group", "none")
GROUPS = 4  # of channels; the paper of group normalisation has 32, and a narrow network only 8 channels


def insert_normalisation(net, kind):
    """Put a normalisation between each `nn.Conv2d` of `net` and the ReLU right after it; return `net`.

    net: as for `unet_edu.models.batch_norm.insert_batch_norm`; changed in place. kind: one of KINDS. Each has a factor
    and a summand a channel, which begin at 1 and 0. Raises ValueError for another kind, and where channels do not
    divide by GROUPS.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, not {kind!r}")
    if kind == "none":
        return net
    insert_batch_norm(net)
    for pair in [pair for pair in net.modules() if isinstance(getattr(pair, "norm", None), nn.BatchNorm2d)]:
        channels = pair.norm.num_features
        if kind == "group" and channels % GROUPS:
            nearest = GROUPS * max(1, round(channels / GROUPS))
            raise ValueError(f"{channels} channels do not divide by {GROUPS} groups; the nearest that do: {nearest}")
        if kind == "instance":
            pair.norm = nn.InstanceNorm2d(channels, affine=True)
        elif kind == "group":
            pair.norm = nn.GroupNorm(GROUPS, channels)
    return net


def batch_norms(net):
    """Return the batch normalisations of a network, in its order."""
    return [part for part in net.modules() if isinstance(part, nn.BatchNorm2d)]


@contextmanager
def own_statistics(net):
    """Let batch normalisation measure the maps that are there, in eval mode too: ``with own_statistics(net): …``."""
    kept = [(norm, norm.running_mean, norm.running_var) for norm in batch_norms(net)]
    for norm, *_ in kept:
        norm.running_mean = norm.running_var = None
    try:
        yield net
    finally:
        for norm, mean, variance in kept:
            norm.running_mean, norm.running_var = mean, variance


def measure_again(net, tiles):
    """Set the running statistics to the plain mean over batches of tiles; return `net`, in eval mode.

    tiles: tensors ``(N, C, H, W)``, normalised as the network's input is. The running mean of training forgets: with
    PyTorch's momentum of 0.1, a batch counts a tenth less with each one that follows.
    """
    norms = batch_norms(net)
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # PyTorch's word for a plain mean
    net.eval()
    for norm in norms:
        norm.train()
    with torch.no_grad():
        for tile in tiles:
            net(tile)
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
    return net.eval()
