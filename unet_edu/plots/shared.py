"""Pictures that several chapters share."""

from __future__ import annotations

import numpy as np

from unet_edu.plots.style import ON_IMAGE_MARK


def straight_borders(label, margin, reach):
    """Return all places where a straight piece of membrane begins, (row, column) in the order of reading, int (N, 2).

    There the column and those to its left are cell, those to its right membrane, for ``reach`` pixels in each
    direction. A place and its right neighbour lie at least ``margin`` pixels from the edge of ``label`` ``(H, W)``.
    """
    around = np.lib.stride_tricks.sliding_window_view(label, (2 * reach + 1,) * 2)
    straight = around[..., : reach + 1].all((2, 3)) & ~around[..., reach + 1 :].any((2, 3))
    places = np.argwhere(straight) + reach
    return places[np.all((places >= margin) & (places < np.array(label.shape) - margin - 1), axis=1)]


def busiest(maps):
    """Return the channel with the largest spread, ``(H, W)``, of captured maps ``(1, C, H, W)``: the one to show."""
    return maps[0][maps[0].flatten(1).std(1).argmax()].numpy()


def image_row(images, titles, frames=None, figsize=None, cmap="gray", limits=(None, None), columns=None):
    """Draw pictures with titles, in rows of ``columns`` (``None``: all in one row).

    images: arrays ``(H, W)``. frames: for each ``(top, left, height, width)`` to outline, or ``None``. limits: the
    values shown black and white; ``None`` means each picture's own least and largest. Returns the figure.
    """
    import matplotlib.pyplot as plt

    count, columns = len(images), columns or len(images)
    fig, panels = plt.subplots(
        -(-count // columns), columns, figsize=figsize or (8.4, 8.4 / columns + 0.4), squeeze=False
    )
    for axes in panels.flat:
        axes.axis("off")
    for axes, image, title, frame in zip(panels.flat, images, titles, frames or [None] * count, strict=False):
        axes.imshow(image, cmap=cmap, vmin=limits[0], vmax=limits[1])
        axes.set_title(title, fontsize=9.5, fontweight="normal")
        if frame is not None:
            top, left, height, width = frame
            axes.add_patch(
                plt.Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=ON_IMAGE_MARK, lw=1.8)
            )
    fig.tight_layout(w_pad=0.6)
    return fig


TICKS = (0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)


def towards_one(axes, which, scores):
    """Let an axis of V_Rand widen towards 1, where the differences are, and label it. scores: those that it shows."""
    axis = getattr(axes, f"{which}axis")
    forward, back = (lambda x: -np.log10(np.clip(1 - x, 1e-6, None))), (lambda y: 1 - 10.0**-y)
    low, high = forward(np.array([min(scores), max(scores)]))
    margin = 0.05 * (high - low) + 0.01
    getattr(axes, f"set_{which}scale")("function", functions=(forward, back))
    getattr(axes, f"set_{which}lim")(back(low - margin), back(high + margin))
    ticks, last = [], -np.inf
    for tick in TICKS:
        if low - margin <= forward(tick) <= high + margin and forward(tick) - last > 0.12 * (high - low):
            ticks, last = [*ticks, tick], forward(tick)
    axis.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)
