"""What a training step keeps in memory, counted without doing it.

    forward pass ─▶ every map that the backward pass will need is kept      grows with pixels, batch and width
                    weights, their gradients, the optimiser's means         grow with the square of the width

`step_bytes(build, tile)` passes tensors without content through the network (PyTorch's fake tensors), so that a step
which needs gigabytes is counted in a second. Not counted: what a convolution needs while it computes, and what the
allocator holds beside what is in use.
"""

from functools import partial
from typing import NamedTuple

import torch
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.utils.checkpoint import checkpoint

OPTIMIZER = {"sgd": 1, "adamw": 2}  # numbers that an optimiser keeps for each weight: momentum; two means
FULL = "float32"


class StepBytes(NamedTuple):
    """Bytes that wait for the backward pass. maps: of the forward pass. weights: with gradients and optimiser."""

    maps: int
    weights: int

    @property
    def total(self):
        """Both together, bytes."""
        return self.maps + self.weights


def step_bytes(build, tile, batch=1, dtype="float32", checkpointing=False, optimizer="sgd"):
    """Return the `StepBytes` of a training step.

    build: called without arguments, returns the network, such as `functools.partial(UNet, base_width=64)`; anything
    that takes (N, C, H, W). tile: pixels a side. dtype: "float32", or of mixed precision "bfloat16" or "float16": maps
    are then kept in 16 bits, with a copy of the weights in 16 bits, and the weights themselves in 32. checkpointing:
    each pair of convolutions keeps its input alone, and is computed again on the way back. optimizer: "sgd", with
    momentum, or "adamw". Raises ValueError for another dtype or optimizer.
    """
    if dtype not in (FULL, "bfloat16", "float16"):
        raise ValueError(f"dtype must be 'float32', 'bfloat16' or 'float16', not {dtype!r}")
    if optimizer not in OPTIMIZER:
        raise ValueError(f"optimizer must be one of {', '.join(map(repr, OPTIMIZER))}, not {optimizer!r}")
    seen = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        seen[storage._cdata] = storage  # held, so that no other gets its number
        return tensor

    with FakeTensorMode():
        net = build().train()
        pairs = [part for part in net.modules() if isinstance(getattr(part, "conv2", None), nn.Conv2d)]
        for pair in pairs if checkpointing else ():
            pair.forward = partial(checkpoint, pair.forward, use_reentrant=True)
        tiles = torch.empty(batch, getattr(net, "in_channels", 1), tile, tile, requires_grad=checkpointing)
        own = {parameter.untyped_storage()._cdata for parameter in net.parameters()}
        mixed = torch.autocast("cpu", getattr(torch, dtype), enabled=dtype != FULL)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept), mixed:
            net(tiles)
        maps = sum(storage.nbytes() for place, storage in seen.items() if place not in own)
        weights = sum(4 * parameter.numel() for parameter in net.parameters())
    return StepBytes(maps, (2 + OPTIMIZER[optimizer]) * weights)
