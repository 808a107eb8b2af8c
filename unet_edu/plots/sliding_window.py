"""Pictures of the chapter on the sliding window: a border, the album's mistakes, the pooling that is made once.

Functions return the figure and, where there are any, its facts: a dict of the numbers that the chapter prints.
"""

from __future__ import annotations

import numpy as np

from unet_edu.models.sliding_window import HIDDEN, KERNELS, MAPS, WINDOW
from unet_edu.plots import shared
from unet_edu.plots.style import DOWN, DOWN_AREA, INK, MUTED, SKIP, SKIP_AREA

NEAR, FAR = 2, 4  # pixels from a border: at most, and more than


# --- a place at a border ------------------------------------------------------------------------------------


def straight_border(label, margin: int = WINDOW // 2, reach: int = 3) -> tuple[int, int]:
    """Return the place nearest to the centre of those that `shared.straight_borders` finds: (row, column)."""
    places = shared.straight_borders(label, margin, reach)
    row, column = places[np.hypot(*(places - np.array(label.shape) / 2).T).argmin()].tolist()
    return row, column


# --- the album --------------------------------------------------------------------------------------


def distance_from_border(label):
    """Return each pixel's distance from the nearest pixel of the other class, in pixels, ``(H, W)``."""
    from scipy import ndimage

    return np.maximum(ndimage.distance_transform_edt(label), ndimage.distance_transform_edt(1 - label))


def mistakes_by_width(wrong, away, truth, wide: int = 25):
    """Draw the share of wrong answers by the width of the window: near borders, far from them, and of all pixels.

    wrong: for each width which of the answers ``(N,)`` are wrong, 0 or 1. away: distance of each pixel from a border.
    truth: each pixel's label. Returns the figure and its facts, in percent of the answers, for each KIND of ``near``,
    ``all`` and ``far``: ``best_KIND`` width, ``least_KIND`` there, ``narrowest_KIND``, ``wide_KIND`` (at ``wide``) and
    ``widest_KIND``. Besides ``widest``, the largest width; ``membrane`` and ``membrane_far``, the share of membrane;
    ``guess``, what random answers of the same shares get wrong.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FixedLocator, NullFormatter

    parts = {
        "near": (away <= NEAR, SKIP, "-", "o", f"at most {NEAR} pixels\nfrom a border"),
        "all": (away > 0, INK, "--", "s", "all"),
        "far": (away > FAR, DOWN, "-", "^", f"more than {FAR}\npixels away"),
    }
    widths, facts = list(wrong), {}
    fig, axes = plt.subplots(figsize=(6.6, 3.5))
    for name, (chosen, colour, style, marker, words) in parts.items():
        curve = [100 * float(wrong[width][chosen].mean()) for width in widths]
        best = widths[int(np.argmin(curve))]
        axes.plot(widths, curve, color=colour, ls=style, marker=marker, ms=5, lw=2)
        axes.text(widths[-1] * 1.1, curve[-1], words, color=colour, va="center", fontsize=10)
        axes.plot(best, min(curve), marker, ms=12, mfc="none", mec=colour, mew=1.6)
        facts |= {f"best_{name}": best, f"least_{name}": min(curve), f"narrowest_{name}": curve[0]}
        facts |= {f"wide_{name}": curve[widths.index(wide)], f"widest_{name}": curve[-1]}
    axes.set(xscale="log", xlabel="width of the window, pixels", ylabel="wrong answers, %", ylim=(0, None))
    axes.xaxis.set_major_locator(FixedLocator(widths))
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    share, far = (float((labels == 0).float().mean()) for labels in (truth, truth[away > FAR]))
    shares = {"membrane": 100 * share, "membrane_far": 100 * far, "guess": 200 * share * (1 - share)}
    return fig, facts | {"widest": widths[-1]} | shares


def neighbours_or_anywhere(packed, spread):
    """Draw the wrong answers of albums of windows from one square, and from anywhere, by the number of windows.

    packed, spread: for each number of windows the shares that were wrong, one for each try; the same numbers in both.
    Returns the figure and its facts, in percent: ``few`` and ``most`` windows; ``spread_few``, ``spread_most`` and
    ``packed_most``, what these get wrong on average; ``beaten``, the largest number of neighbours that do no better
    than few windows from anywhere, ``packed_beaten`` what they get wrong, ``square`` the side of their square.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FixedLocator

    counts = list(spread)
    fig, axes = plt.subplots(figsize=(6.6, 3.5))
    for tries, colour, marker, style, shift, lift, words in (
        (packed, SKIP, "o", "--", 0.94, 4, "neighbours,\nfrom one square"),
        (spread, DOWN, "^", "-", 1.06, -4, "from anywhere\nin the slice"),
    ):
        for count, values in tries.items():
            points = [100 * value for value in values]
            axes.plot([count * shift] * len(values), points, marker, color=colour, ms=4.5, alpha=0.55, mew=0)
        means = [100 * np.mean(values) for values in tries.values()]
        axes.plot(np.array(counts) * shift, means, color=colour, lw=2, ls=style)
        axes.text(counts[-1] * 1.25, means[-1] + lift, words, color=colour, va="center", fontsize=10)
    highest = max(max(values) for values in packed.values())
    axes.set(xscale="log", xlabel="windows in the album", ylabel="wrong answers, %", ylim=(0, min(62, 110 * highest)))
    axes.xaxis.set_major_locator(FixedLocator(counts))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.minorticks_off()
    few, most = counts[0], counts[-1]
    beaten = max((count for count in counts if np.mean(packed[count]) >= np.mean(spread[few])), default=few)
    return fig, {
        "few": few,
        "most": most,
        "spread_few": 100 * float(np.mean(spread[few])),
        "spread_most": 100 * float(np.mean(spread[most])),
        "packed_most": 100 * float(np.mean(packed[most])),
        "beaten": beaten,
        "square": int(beaten**0.5),
        "packed_beaten": 100 * float(np.mean(packed[beaten])),
    }


# --- the network ------------------------------------------------------------------------------------


def neighbours_apart(network, sample, windows, rng, count: int = 32) -> dict[str, float]:
    """Return how much windows one pixel apart differ, relative to windows from different places.

    network: :class:`unet_edu.models.SlidingWindowNet`. windows: a function of an image, a width and places ``(N, 2)``
    that returns the windows ``(N, width²)``. rng: chooses ``count`` places. ``apart_pixels`` is the ratio of the grey
    values for pairs on either side of a border, ``apart_pool4`` that of what the last pooling returns; ``same_pixels``
    and ``same_pool4`` are the control, pairs with no border between them.
    """
    import torch

    def ratios(pairs, rng):
        some = rng.permutation(len(pairs))[:count]
        left = torch.tensor(pairs[some])
        places = left, left + torch.tensor([0, 1])
        one, other = (windows(sample.image, WINDOW, at).unflatten(1, (1, WINDOW, WINDOW)) for at in places)
        for name, layer in [("pixels", torch.nn.Identity()), *network.named_children()]:
            one, other = layer(one), layer(other)
            partners, strangers = one - other, one - one.roll(1, 0)
            yield name, float(partners.flatten(1).norm(dim=1).mean() / strangers.flatten(1).norm(dim=1).mean())

    border = sample.label[:, 1:] != sample.label[:, :-1]
    facts, draws = {}, {"apart": (border, rng), "same": (~border, rng.spawn(1)[0])}
    with torch.no_grad():
        for kind, (where, chooses) in draws.items():
            found = dict(ratios(np.argwhere(where), chooses))
            facts |= {f"{kind}_{name}": found[name] for name in ("pixels", "pool4")}
    return facts


def one_grid(size: int = 512) -> tuple[int, int]:
    """Return the answers per side, and the multiply-adds, of one pass of N4 with its own poolings.

    size: of the image in pixels; its border is mirrored, so that it has a window for each pixel. Of the maps that lie
    interleaved in :meth:`unet_edu.models.SlidingWindowNet.dense` one is left.
    """
    side, channels, macs = size + WINDOW - 1, 1, 0
    for kernel in KERNELS:
        side = side - kernel + 1
        macs += side**2 * MAPS * channels * kernel**2
        side, channels = side // 2, MAPS
    side -= 2
    return side, macs + side**2 * (9 * MAPS * HIDDEN + HIDDEN * 2)


def every_second(numbers):
    """Draw the largest of every two neighbouring pixels, and which of them the windows of four pixels read.

    numbers: the pixels of a row. Returns the figure.
    """
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(7.4, 3.5))
    looks = ((DOWN_AREA, DOWN, "-"), (SKIP_AREA, SKIP, (0, (3, 2))))  # of even places, of odd ones

    def cell(x, y, text, fill, edge, width=0.8):
        axes.add_patch(plt.Rectangle((x - width / 2, y), width, 0.8, facecolor=fill, edgecolor=edge, lw=1.4, zorder=3))
        axes.text(x, y + 0.4, text, ha="center", va="center", fontsize=10.5, zorder=4)

    for at, number in enumerate(numbers):
        cell(at, 0, str(number), "none", MUTED, width=0.92)
    for at, pair in enumerate(zip(numbers[:-1], numbers[1:], strict=True)):
        fill, edge, style = looks[at % 2]
        for pixel in (at, at + 1):
            axes.plot([pixel, at + 0.5], [0.8, 1.7], color=edge, lw=1.1, ls=style, zorder=1)
        cell(at + 0.5, 1.7, str(max(pair)), fill, edge)
    for first in range(len(numbers) - 3):
        fill, edge, style = looks[first % 2]
        for at in (first, first + 2):
            axes.plot([at + 0.5, first + 1.5], [2.5, 3.4], color=edge, lw=1.6, ls=style, zorder=1)
        cell(first + 1.5, 3.4, f"w{first}", fill, edge)
    for y, words in ((0.4, "pixels"), (2.1, "every pair,\npooled once"), (3.8, "windows of\nfour pixels")):
        axes.text(-0.9, y, words, ha="right", va="center", fontsize=10, color=MUTED)
    axes.set(xlim=(-2.9, len(numbers) - 0.4), ylim=(-0.1, 4.3))
    axes.set_aspect("equal")
    axes.axis("off")
    fig.tight_layout()
    return fig
