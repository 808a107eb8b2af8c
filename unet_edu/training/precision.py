"""Is a step quicker in bfloat16? Found out by doing some: processors differ by more than their names say.

    network, recipe ─▶ the same step in float32 and in bfloat16, in turns ─▶ seconds of each ─▶ the quicker one

Processors without units for bfloat16 convert each number back and forth: there a step may take many times as long.
"""

import copy
import statistics
import time

import torch
from torch.nn.functional import cross_entropy

from unet_edu.device import synchronize

TURNS = 3  # steps timed in each, after one that warms up


def seconds_of_a_step(net, recipe, device) -> dict[str, float]:
    """Return {"float32": seconds, "bfloat16": seconds} of a forward and a backward pass over one batch, medians.

    net: a network (N, C, H, W) → logits of a centre, such as UNet; it stays as it is.  recipe: a `Recipe`, of which
    batch and tile count.  device: a torch.device or its name. The tiles are drawn; no weight is changed.
    """
    device = torch.device(device)
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        net = copy.deepcopy(net).to(device, memory_format=torch.channels_last).train()
        tiles = torch.randn(recipe.batch, net.in_channels, recipe.tile, recipe.tile, device=device)
        tiles = tiles.contiguous(memory_format=torch.channels_last)
        taken = {False: [], True: []}
        for _ in range(1 + TURNS):
            for bf16, seconds in taken.items():
                start = time.perf_counter()
                with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                    logits = net(tiles)
                label = torch.zeros(len(tiles), *logits.shape[2:], dtype=torch.long, device=device)
                cross_entropy(logits.float(), label).backward()
                synchronize(device)
                seconds.append(time.perf_counter() - start)
    return {name: statistics.median(taken[bf16][1:]) for bf16, name in ((False, "float32"), (True, "bfloat16"))}
