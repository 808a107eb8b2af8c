"""Cells drawn from a seed: what the book shows and trains on where there are no real images. Any size, no network.

    tissue(size, seed)        like nervous tissue in the electron microscope: cells fill the plane, dark membranes
    round_cells(size, seed)   like a culture dish in the light microscope: round cells that touch, thin gaps between

    _shapes     darts ──► ellipses ──► owner of each pixel ──► label, instances       whole numbers: exact everywhere
    _painting                                  └──► greys, organelles, membranes ──► image       floats, 256 grey levels

The same kind, size and seed give the same labels everywhere, bit for bit, and images that agree within one grey level.
A larger image is not a larger window on the same tissue, but its tissue has the same character.
"""

from operator import index

import numpy as np

from unet_edu.data import _painting, _shapes
from unet_edu.data._shapes import RHO2, SUB, Recipe
from unet_edu.data.sample import Sample

MAX_SIZE = 4096  # pixels; memory grows with the area, about 100 bytes a pixel

# Set beside the slices of the ISBI 2012 data (4 nm a pixel): a few large profiles and fibres, bundles of thin neurites
# in between. Large kinds come first; small kinds fill what is left.
TISSUE = (
    Recipe(14, (45, 88), crowd=(-(2**15), 4000), stretch=100, lobed=60),
    Recipe(9, (11, 24), crowd=(-(2**15), 7000), fibre=True),
    Recipe(70, (24, 46), crowd=(-(2**15), 10000), stretch=140, lobed=55),
    Recipe(120, (15, 26), crowd=(-(2**15), 14000), stretch=160, lobed=45),
    Recipe(300, (10, 16), stretch=160, lobed=20),
    Recipe(130, (6, 10), crowd=(4000, 2**15), stretch=120),
)
DISH = (
    Recipe(90, (24, 36), crowd=(-7000, 2**15), stretch=30, room=60),
    Recipe(150, (16, 26), crowd=(-9000, 2**15), stretch=35, room=60),
    Recipe(6, (16, 26), stretch=20),
)


def tissue(size=512, seed=0):
    """Draw tissue as the electron microscope shows it.

    size: pixels, one whole number or (height, width), each 1 to 4096. seed: a whole number, 0 or larger.
    Returns a ``Sample``: image float32 ``(H, W)`` in [0, 1]; label uint8 ``(H, W)``, 1 = inside a cell, 0 = membrane
    (about 23 % of the pixels); instances int32 ``(H, W)``, one number for each connected profile.
    Raises TypeError or ValueError for any other size or seed.
    """
    h, w = check_size(size)
    seed = check_seed(seed)
    ellipses = _shapes.throw(_shapes.stream(seed, 1), h, w, TISSUE)
    X, Y = _shapes.bend(_shapes.stream(seed, 2), h, w, ((110, 20), (45, 9), (24, 7), (12, 2)))
    owner, _ = _shapes.grow(ellipses, X, Y)
    border2 = _shapes.distance2(_shapes.borders(owner))

    rng = _shapes.stream(seed, 3)
    half = 33 + (_shapes.smooth(rng, h, w, 9) >> 11) + (_shapes.smooth(rng, h, w, 40) >> 11)  # 1/16 pixel
    half += np.maximum(_shapes.smooth(rng, h, w, 36) - 12_500, 0) // 90  # cut at a slant, a membrane looks broad
    beyond = border2.astype(np.int32) * SUB**2
    core = beyond > (half + 4 * SUB) ** 2  # grown again by four pixels, it leaves sharp corners to the membrane
    inside = (beyond > half * half) & (_shapes.distance2(core) <= 20)
    instances = _shapes.number(inside, smallest=32)

    corner = ~inside & (beyond > (half + SUB // 2) ** 2)
    image = _painting.tissue(_shapes.stream(seed, 4), ellipses, X, Y, owner, border2, half, corner)
    return Sample(image, (instances > 0).astype(np.uint8), instances, f"drawn tissue, seed {seed}")


def round_cells(size=512, seed=0):
    """Draw touching round cells as differential interference contrast (DIC) shows them.

    size: pixels, one whole number or (height, width), each 1 to 4096. seed: a whole number, 0 or larger.
    Returns a ``Sample``: image float32 ``(H, W)`` in [0, 1]; label uint8 ``(H, W)``, 1 = inside a cell, 0 = background,
    also in a gap of about two pixels where cells touch; instances int32 ``(H, W)``, one number for each connected cell.
    Raises TypeError or ValueError for any other size or seed.
    """
    h, w = check_size(size)
    seed = check_seed(seed)
    ellipses = _shapes.throw(_shapes.stream(seed, 5), h, w, DISH)
    X, Y = _shapes.bend(_shapes.stream(seed, 6), h, w, ((60, 8), (24, 3)))
    owner, rho2 = _shapes.grow(ellipses, X, Y, reach=RHO2)
    gap = _shapes.touching(owner)
    instances = _shapes.number((owner > 0) & ~gap, smallest=60)
    image = _painting.dish(_shapes.stream(seed, 7), ellipses, X, Y, owner, rho2, gap)
    return Sample(image, (instances > 0).astype(np.uint8), instances, f"drawn round cells, seed {seed}")


def check_size(size, largest=MAX_SIZE):
    """Return (height, width) in pixels; raise TypeError or ValueError."""
    try:
        h, w = (_whole(n) for n in size) if isinstance(size, (tuple, list)) else (_whole(size),) * 2
    except (TypeError, ValueError):
        raise TypeError(
            f"size is a whole number of pixels or a pair (height, width) of them, not {size!r}; "
            "for example `size=512` or `size=(480, 500)`"
        ) from None
    for n in (h, w):
        if not 1 <= n <= largest:
            nearest = min(max(n, 1), largest)
            raise ValueError(f"size is 1 to {largest} pixels a side, not {n}; the nearest legal size is {nearest}")
    return h, w


def check_seed(seed, name="seed"):
    """Return the seed as a Python int; raise TypeError or ValueError."""
    try:
        seed = _whole(seed)
    except TypeError:
        raise TypeError(f"{name} is a whole number, 0 or larger, not {seed!r}; for example `{name}=0`") from None
    if seed < 0:
        raise ValueError(f"{name} is 0 or larger, not {seed}; the nearest legal {name} is 0")
    return seed


def _whole(n):
    if isinstance(n, (bool, np.bool_)):
        raise TypeError
    return index(n)
