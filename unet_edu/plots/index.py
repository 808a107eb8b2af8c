"""The picture of the first page: an image goes into the network, a label map comes out."""

from __future__ import annotations

import numpy as np

from unet_edu import arithmetic
from unet_edu.data import words
from unet_edu.plots import shared


def task(sample, size: int = 572):
    """Draw the tile that goes in, with the frame of the pixels that are labelled, and beside it their label.

    sample: an image smaller than ``size``, the side of the tile; its border is mirrored. Returns the figure and its
    facts, in pixels: ``size``, ``output`` and ``margin``, what is mirrored on each side.

    Raises:
        ValueError: ``size`` is no legal size of the network.
    """
    output = arithmetic.plan(size).output_size
    margin, border = (size - len(sample.image)) // 2, arithmetic.border()
    tile, label = (np.pad(values, margin, mode="reflect") for values in (sample.image, sample.label.astype(float)))
    core = slice(border, border + output)
    _, inside, between = words(sample)
    fig = shared.image_row(
        [tile, label[core, core]],
        [f"in: {size} × {size} pixels", f"out: {output} × {output}, {inside} or {between}"],
        [(border, border, output, output), None],
        figsize=(7.2, 4),
    )
    return fig, {"size": size, "output": output, "margin": margin}
