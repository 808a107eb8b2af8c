"""How long a multiply-add takes on a CPU, by the size of the tile: large tiles fall out of its caches.

    base width 16, one thread of an EPYC:   tile             284   476   668   860  1244
                                            ns a MAC        0.041 0.038 0.030 0.043 0.055
                                            s a megapixel     5.7   2.6   1.8   2.4   2.9

By multiply-adds alone the best tile is the largest one, since a small one computes more of its neighbours again. For a
large image a few tiles are timed first, in seconds of the processor, so that other work beside it does not count.
"""

import math
import time
from dataclasses import dataclass

import numpy as np
import torch

from unet_edu.arithmetic import border, nearest_valid, unet_macs

FIRST, STEP = 3, 1.4  # the smallest tile that is timed, in borders, and by how much the next is larger
SHARE = 16  # the largest tile that is timed for an image has at most one in so many of its pixels
FEWEST = 3  # with fewer sizes to compare, nothing is timed
SLOWER = 1.15  # times the best, for a pixel of the result: larger tiles are not timed then


@dataclass(frozen=True)
class Pace:
    """What was timed. sizes: of tiles in pixels, ascending.  rates: the seconds of a multiply-add in each."""

    sizes: tuple
    rates: tuple

    def seconds(self, height, width, macs):
        """Return the seconds of a pass over a tile, by its multiply-adds; between the areas timed, linear in their log.

        Nothing is known of tiles larger than the last of `sizes`.
        """
        return macs * float(np.interp(math.log(height * width), 2 * np.log(self.sizes), self.rates))


def pace(net, pixels, fits):
    """Return the `Pace` of a U-Net on the CPU for an image of so many pixels; None where it is too small to pay.

    net: with the attributes of `UNet`.  fits: called as fits((size, size)), whether such a tile fits into memory.
    What was timed is kept, for networks of the same widths and as many threads.
    """
    size, sizes = FIRST * border(net.depth), []
    while size**2 <= pixels / SHARE:
        legal = nearest_valid(int(size), net.depth)[1]
        if fits((legal, legal)):
            sizes.append(legal)
        size *= STEP
    if len(sizes) < FEWEST:
        return None
    like = next(net.parameters())
    kind = net.depth, net.base_width, net.in_channels, net.num_classes
    key = (type(net), *kind, like.dtype, torch.get_num_threads(), *sizes)
    if key not in _timed:
        _timed[key] = measure(net, sizes)
    return _timed[key]


_timed = {}


def measure(net, sizes, clock=time.process_time):
    """Return the `Pace` of a network over tiles of ascending sizes, up to the first that is clearly slower."""
    dtype, rates, best = next(net.parameters()).dtype, [], math.inf
    with torch.inference_mode():
        for size in sizes:
            tile = channels_last(torch.zeros(1, net.in_channels, size, size, dtype=dtype))
            if not rates:
                net(tile)  # what is done once is not counted
            start = clock()
            net(tile)
            seconds = clock() - start
            rates.append(seconds / unet_macs(size, net.base_width, net.in_channels, net.num_classes, net.depth))
            each = seconds / (size - 2 * border(net.depth)) ** 2
            best = min(best, each)
            if each > SLOWER * best:
                break
    return Pace(tuple(sizes[: len(rates)]), tuple(rates))


def channels_last(tiles):
    """Return tiles (N, C, H, W) on a CPU with their numbers in the order in which it computes a U-Net fastest.

    Each layer hands the order on, so that the weights stay as they are; the result differs by rounding. Tiles on
    another device are returned as they are.
    """
    if tiles.device.type != "cpu":
        return tiles
    # `contiguous(memory_format=…)` leaves tiles of one channel as they are: their numbers lie alike in both orders.
    return torch.empty_like(tiles, memory_format=torch.channels_last).copy_(tiles)
