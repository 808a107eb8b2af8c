"""Pictures that several chapters share."""

from __future__ import annotations

import numpy as np

from unet_edu.comparisons import failed, sound
from unet_edu.plots.style import DOWN, ON_IMAGE_MARK, SKIP, WRONG


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


def by_slices(axes, kinds, names):
    """Draw V_Rand against the number of training slices: of each kind of rows a mark a run and a line of means.

    kinds: two at most, each {number of slices: {seed: score}}.  names: of the kinds. Runs that failed are crosses, and
    in no mean.
    """
    looks = ((DOWN, "o", "-", 1.04), (SKIP, "s", "--", 0.96))
    for kind, name, (colour, marker, style, aside) in zip(kinds, names, looks, strict=False):
        places, means = [count * aside for count in kind], []
        for place, scores in zip(places, kind.values(), strict=True):
            good, broken = ([*part(scores).values()] for part in (sound, failed))
            axes.plot([place] * len(good), good, marker, ms=5.5, mfc="none", mec=colour, mew=1.1)
            axes.plot([place] * len(broken), broken, "x", ms=6.5, color=WRONG, mew=1.6)
            means.append(np.mean(good))
        axes.plot(places, means, color=colour, ls=style, lw=2, marker=marker, ms=4, label=name)
    axes.legend(loc="lower right", fontsize=9.5, handlelength=3)
    numbers_of_slices(axes, sorted({count for kind in kinds for count in kind}))


def numbers_of_slices(axes, counts):
    """Let the horizontal axis be numbers of training slices, logarithmic, labelled with those that there are."""
    axes.set(xscale="log", xlabel="training slices", xlim=(counts[0] / 1.3, counts[-1] * 1.3))
    axes.set_xticks(counts, map(str, counts))
    axes.set_xticks([], minor=True)


TICKS = (0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)


def nines(score):
    """Return how many nines a score begins with, so to speak: 1 for 0.9, 2 for 0.99. Elementwise, at most 6."""
    return -np.log10(np.clip(1 - score, 1e-6, None))


def below_one(count):
    """Return the score that begins with so many nines: what `nines` is undone by."""
    return 1 - 10.0**-count


def towards_one(axes, which, scores):
    """Let an axis of V_Rand widen towards 1, where the differences are, and label it. scores: those that it shows."""
    axis = getattr(axes, f"{which}axis")
    low, high = nines(np.array([min(scores), max(scores)]))
    margin = 0.05 * (high - low) + 0.01
    getattr(axes, f"set_{which}scale")("function", functions=(nines, below_one))
    getattr(axes, f"set_{which}lim")(below_one(low - margin), below_one(high + margin))
    ticks, last = [], -np.inf
    for tick in TICKS:
        if low - margin <= nines(tick) <= high + margin and nines(tick) - last > 0.12 * (high - low):
            ticks, last = [*ticks, tick], nines(tick)
    axis.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)
