"""Pictures of the chapter on fully convolutional networks: sums of tents, the staircase, errors near edges, crops.

Functions return the figure and, where there are any, its facts: a dict of the numbers that the chapter prints.
"""

from __future__ import annotations

import numpy as np

from unet_edu import arithmetic
from unet_edu.plots import shared
from unet_edu.plots.style import (
    DOWN,
    DOWN_AREA,
    EXTRA,
    EXTRA_AREA,
    GRID,
    MUTED,
    SKIP,
    UP,
    UP_AREA,
    WRONG,
)

STRIDES = {"FCN-32s": 32, "FCN-16s": 16, "FCN-8s": 8}
COLOURS = {"FCN-32s": WRONG, "FCN-16s": SKIP, "FCN-8s": DOWN, "U-Net": UP}
STYLES = {"FCN-32s": "-", "FCN-16s": "--", "FCN-8s": "-.", "U-Net": ":"}


def answers(sample, probabilities, part: slice = slice(144, 368)):
    """Draw a piece of an image, its label, and the probability of "cell" that each network gives to each pixel.

    probabilities: arrays ``(H, W)`` by the name of the network. part: rows and columns. Returns the figure.
    """
    whole = {"image": sample.image, "label": sample.label} | probabilities
    parts = [values[part, part] for values in whole.values()]
    return shared.image_row(parts, list(whole), columns=3, figsize=(7.8, 5.6), limits=(0, 1))


def sums_of_tents(row, tents, first, shown: tuple[int, int] = (128, 384)):
    """Draw a row of a label and the sums of tents that are closest to it, a panel for each stride 32, 16 and 8.

    row: ``(W,)``, 1 is cell. tents: a function of W and a stride that returns the tents ``(W, number)``. first: for
    each stride the place of the first tent. shown: the pixels between which the row is drawn.
    Returns the figure and its facts: ``membrane_width``, the median width of a membrane in the row, in pixels.
    """
    import matplotlib.pyplot as plt

    fig, panels = plt.subplots(3, 1, figsize=(8.4, 5.4), sharex=True)
    pixels = np.arange(len(row))
    for axes, (name, stride) in zip(panels, STRIDES.items(), strict=True):
        colour, columns = COLOURS[name], tents(len(row), stride)
        heights = np.linalg.lstsq(columns, row, rcond=None)[0]
        axes.fill_between(pixels, 0, 1, where=row == 0, step="mid", color=GRID, lw=0)
        axes.plot(np.where(columns > 0, columns * heights, np.nan), color=colour, lw=0.9, alpha=0.6)
        axes.axhline(0, color=MUTED, lw=0.6, zorder=0)
        axes.plot(columns @ heights, color=colour, lw=2.2)
        axes.plot(np.arange(first[stride], len(row) + stride, stride), heights, "o", color=colour, ms=4)
        axes.set(xlim=shown, ylim=(-0.45, 1.5), yticks=(0, 1))
        axes.set_title(f"tents {stride} pixels apart", loc="left", fontsize=10.5)
    panels[-1].set_xlabel("pixel of the row (grey: membrane)")
    fig.tight_layout()
    widths = np.diff(np.flatnonzero(np.diff(np.pad(row == 0, 1).astype(int))))[::2]
    return fig, {"membrane_width": float(np.median(widths))}


# --- the staircase ----------------------------------------------------------------------------------


def staircase(size: int = 500):
    """Draw FCN-32s, FCN-16s and FCN-8s in one drawing, with the size of each map.

    size: of the image in pixels. Returns the figure.
    """
    import matplotlib.pyplot as plt

    sizes = {stride: arithmetic.fcn_sizes(size, stride) for stride in STRIDES.values()}
    fig, axes = plt.subplots(figsize=(8.6, 4.9))
    draw = _Staircase(axes)
    draw.way_down(size, sizes[8])
    draw.ways_up(size, sizes)
    draw.levels()
    axes.set(xlim=(-1.15, 9.6), ylim=(-5.45, 0.95))
    axes.axis("off")
    fig.tight_layout(pad=0.2)
    return fig


class _Staircase:
    """The axes of the drawing: one unit down is a pooling, ``X`` to the right."""

    LEVEL = {2**number: -number for number in range(6)}  # of the maps whose values stand so many pixels apart
    X = 0.78

    def __init__(self, axes):
        self.axes = axes

    def box(self, x, y, text, edge, fill, width=0.86):
        from matplotlib.patches import Rectangle

        self.axes.text(x, y, text, ha="center", va="center", fontsize=10, zorder=3)
        place = (x - width / 2, y - 0.3)
        self.axes.add_patch(Rectangle(place, width, 0.6, facecolor=fill, edgecolor=edge, lw=1.3, zorder=2))

    def arrow(self, start, end, colour, dashed=False):
        style = {"arrowstyle": "-|>", "color": colour, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}
        self.axes.annotate("", end, start, arrowprops=style | ({"linestyle": (0, (4, 2))} if dashed else {}))

    def way_down(self, size, sizes):
        maps = [size, *(sizes[f"pool{number}"] for number in range(1, 5)), sizes["fc6"]]
        names = ["image", "pool1", "pool2", "pool3", "pool4", "scores of fc7"]
        for number, (name, pixels) in enumerate(zip(names, maps, strict=True)):
            x, y = number * self.X, -number
            self.box(x, y, pixels, DOWN, DOWN_AREA)
            self.axes.text(x - 0.5, y, name, ha="right", va="center", fontsize=9.5)
            if number:
                self.arrow((x - self.X + 0.2, y + 1 - 0.3), (x - 0.2, y + 0.3), DOWN)

    def ways_up(self, size, sizes):
        crops = arithmetic.fcn_crops()
        steps = [
            (6.0, 16, sizes[16]["upscore2"], crops.fcn16s[0], 0.44),
            (7.9, 8, sizes[8]["upscore_pool4"], crops.fcn8s[1], 0.58),
        ]
        before = 5 * self.X, self.LEVEL[32]
        for x, stride, pixels, crop, half in steps:
            y = self.LEVEL[stride]
            self.box(x, y, f"{pixels} + {pixels}", UP, UP_AREA, 1.15)
            self.arrow((before[0] + half, before[1] + 0.1), (x - 0.25, y - 0.3), UP)
            self.arrow((-y * self.X + 0.43, y), (x - 0.58, y), SKIP, dashed=True)
            self.axes.text(4.08, y + 0.08, f"scores, crop {crop}", color=SKIP, fontsize=9.5, va="bottom")
            before = x, y
        last_crops = {32: crops.fcn32s[-1], 16: crops.fcn16s[-1], 8: crops.fcn8s[-1]}
        for x, stride in ((5 * self.X, 32), (6.0, 16), (7.9, 8)):
            self.box(x, 0, size, EXTRA, EXTRA_AREA)
            self.axes.text(x, 0.42, f"FCN-{stride}s", ha="center", va="bottom", fontsize=10.5, fontweight="bold")
            self.arrow((x, self.LEVEL[stride] + 0.3), (x, -0.3), EXTRA)
            words = f"× {stride}: {sizes[stride]['upscore']}\ncrop {last_crops[stride]}"
            self.axes.text(x + 0.1, -1.5, words, color=EXTRA, fontsize=9.5, va="center")

    def levels(self):
        for stride, y in self.LEVEL.items():
            self.axes.plot([-y * self.X, 9.6], [y, y], color=GRID, lw=0.8, zorder=0)
            words = f"{stride} px" if stride > 1 else "1 px apart"
            self.axes.text(9.6, y + 0.04, words, color=MUTED, fontsize=9, ha="right", va="bottom")


# --- errors near edges ------------------------------------------------------------------------------


def wrong_by_distance(networks, tents, reach: int = 20):
    """Draw the wrong pixels by their distance from an edge: of trained networks, and of the best sums of tents.

    networks: for each network the percentages in the rings 1, 2, … pixels from an edge. tents: likewise for each
    stride. reach: the last ring that is drawn.
    Returns the figure and its facts. For each network, ``-`` of its name written ``_``: ``unsure_NAME``, the last ring
    in which one pixel in ten is wrong, ``touching_NAME``, the percentage in the first. For each stride
    ``unsure_STRIDE``.
    """
    import matplotlib.pyplot as plt

    at = np.arange(reach) + 0.5
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.7), sharey=True)
    for name, shares in networks.items():
        look = {"color": COLOURS[name], "ls": STYLES[name], "lw": 2.3}
        left.plot(at, shares[:reach], label=name, **look)
        if name in STRIDES:
            right.plot(at, tents[STRIDES[name]][:reach], label=f"{STRIDES[name]} pixels apart", **look)
    for axes, title in ((left, "four trained networks"), (right, "the truth, told in tents")):
        axes.axhline(10, color=MUTED, lw=0.8)
        axes.text(reach, 10.6, "one in ten", color=MUTED, fontsize=9, ha="right", va="bottom")
        axes.set(xlim=(0, reach), ylim=(0, 55), xticks=range(0, reach + 1, 5))
        axes.set_xlabel("distance from the nearest true edge, pixels")
        axes.set_title(title, loc="left", fontsize=11)
        axes.legend(fontsize=9.5, handlelength=3)
    left.set_ylabel("wrong pixels, %")
    fig.tight_layout(w_pad=2)
    facts = {}
    for name, shares in networks.items():
        key = name.replace("-", "_")
        facts |= {f"unsure_{key}": _unsure(shares[:reach]), f"touching_{key}": float(shares[0])}
    return fig, facts | {f"unsure_{stride}": _unsure(shares[:reach]) for stride, shares in tents.items()}


def _unsure(shares) -> int:
    """Return the last ring, from 1, in which at least 10 percent are wrong; 0 where there is none."""
    return int(np.flatnonzero(np.asarray(shares) >= 10).max(initial=-1) + 1)


def scores_beside(files, errors, tent_errors, unsure):
    """Return the table of the networks, and its facts: the scores of the records beside the errors on one image.

    files: for each network the name of its shipped file. errors: its wrong pixels in percent. tent_errors: for each
    stride what the best sum of tents gets wrong. unsure: for each network the last ring of doubt, in pixels.
    The first is ``(head, rows)`` of texts for :func:`unet_edu.book.table`. The facts: ``steps_fcn``, ``steps_unet`` of
    training; for each network ``rand_NAME``, V_Rand, and ``wrong_NAME``; ``share_STRIDE``, the tents' error in percent
    of the network's.
    """
    from unet_edu import results

    shipped = {network.name: network for network in results.shipped()}
    rows, facts = [], {}
    for name, file in files.items():
        key, metadata, tents = name.replace("-", "_"), shipped[file].metadata, tent_errors.get(STRIDES.get(name))
        scores, steps = metadata["scores"], metadata["recipe"]["recipe"]["steps"]
        rand = f"{scores['mean']['v_rand']:.3f} ± {scores['sd']['v_rand']:.3f}"
        tent_error = "–" if tents is None else f"{tents:.1f}"
        weights = f"{shipped[file].parameters:,}"
        rows.append([name, weights, rand, f"{errors[name]:.1f}", tent_error, str(unsure[name])])
        facts |= {f"rand_{key}": scores["mean"]["v_rand"], f"wrong_{key}": errors[name]}
        facts["steps_unet" if tents is None else "steps_fcn"] = steps
        if tents is not None:
            facts[f"share_{STRIDES[name]}"] = 100 * (tents / errors[name])
    return (["network", "parameters", "V_Rand", "wrong, %", "its tents, %", "unsure, px"], rows), facts


# --- crops ------------------------------------------------------------------------------------------


def hanging_over(size: int = 500) -> dict[str, int]:
    """Return what the FCNs paint beyond the image, in pixels.

    ``painted_32``: what FCN-32s paints for an image of ``size`` pixels; ``even_32``, ``even_8``: the crop if both sides
    lost the same; ``right_32``: what hangs over on the right; ``right_least`` and ``right_most`` of all sizes;
    ``even_once``: for one size in so many an even cut is right.
    """
    painted = {stride: arithmetic.fcn_sizes(size, stride)["upscore"] for stride in (32, 8)}
    left = arithmetic.fcn_crops().fcn32s[0]
    spare = [arithmetic.fcn_sizes(other)["upscore"] - other for other in range(1, 321)]  # after 32 sizes it repeats
    return {
        "painted_32": painted[32],
        "even_32": (painted[32] - size) // 2,
        "even_8": (painted[8] - size) // 2,
        "right_32": painted[32] - size - left,
        "right_least": min(spare) - left,
        "right_most": max(spare) - left,
        "even_once": round(len(spare) / spare.count(2 * left)),
    }


def fits(size: int, padding: int = 100, ceil: bool = True) -> bool:
    """Return whether FCN-32s with that padding paints every pixel of an image; ``ceil``: poolings round up."""
    values = size + 2 * padding - 2
    for _ in range(5):
        values = -(-values // 2) if ceil else values // 2
    return values > 6 and 32 * (values - 7) + 64 >= size + padding - 81


def paddings(below: int = 1500) -> dict[str, float]:
    """Return which paddings FCN-32s can do with, for images of fewer than ``below`` pixels.

    ``always``: the least padding with which it takes every image; ``misfits_81``: the largest image that it cannot take
    with a padding of 81; ``refused``: percentage of the sizes that do not fit where poolings round down; ``zeros``:
    percentage of zeros in the first map of an image of 500 pixels.
    """
    sizes = range(1, below)
    return {
        "always": next(padding for padding in range(81, 101) if all(fits(size, padding) for size in sizes)),
        "misfits_81": max(size for size in sizes if not fits(size, 81)),
        "refused": 100 * float(np.mean([not fits(size, ceil=False) for size in sizes])),
        "zeros": 100 * (1 - 500**2 / (500 + 198) ** 2),
    }


def first_values(first, end: int = 62):
    """Draw where the values of each map sit along the image, and what is cropped.

    first: for each map of an FCN-8s the place of its first value, in pixels. end: the last pixel that is drawn.
    Returns the figure.
    """
    import matplotlib.pyplot as plt

    crops = arithmetic.fcn_crops()
    rows = [  # height, name, place of the first value, stride, crop
        (0, "pool3", first["pool3"], 8, crops.fcn8s[1]),
        (-0.65, "upscore_pool4", first["upscore_pool4"], 8, 0),
        (-2, "pool4", first["pool4"], 16, crops.fcn16s[0]),
        (-2.65, "upscore2", first["upscore2"], 16, 0),
        (-4, "scores of fc7", first["score_fr"], 32, 0),
        (-5.5, "painted by 8s", -crops.fcn8s[-1], 1, crops.fcn8s[-1]),
        (-6.5, "painted by 16s", -crops.fcn16s[-1], 1, crops.fcn16s[-1]),
        (-7.5, "painted by 32s", -crops.fcn32s[-1], 1, crops.fcn32s[-1]),
        (-8.5, "image", 0, 1, 0),
    ]
    fig, axes = plt.subplots(figsize=(8.6, 4.4))
    for y, name, start, stride, crop in rows:
        axes.text(-103, y, name, ha="right", va="center", fontsize=9.5)
        if stride > 1:
            _dots(axes, y, np.arange(start, end, stride), crop)
        else:
            _bar(axes, y, start, end, crop)
    axes.axvline(-0.5, color=MUTED, lw=1, ls=(0, (3, 3)), zorder=0)
    axes.set(xlim=(-102, end), ylim=(-9.1, 0.75), yticks=[], xlabel="place in the image, pixels")
    axes.spines["left"].set_visible(False)
    fig.tight_layout()
    return fig


def _dots(axes, y, places, crop):
    """Draw the values of a map; those that are cropped are crosses."""
    axes.plot(places[crop:], [y] * len(places[crop:]), "o", color=DOWN if crop else UP, ms=6)
    if crop:
        axes.plot(places[:crop], [y] * crop, "x", color=WRONG, ms=6, mew=1.6)
        axes.text(places[:crop].mean(), y + 0.25, f"crop {crop}", color=WRONG, ha="center", fontsize=9.5)
        axes.plot([places[crop]] * 2, [y - 0.12, y - 0.53], color=MUTED, lw=1.2)
    else:
        axes.text(places[0], y - 0.47, f"{places[0]:g}".replace("-", "−"), ha="center", fontsize=9)


def _bar(axes, y, start, end, crop):
    """Draw a map that has a value for each pixel; what is cropped is hatched."""
    fill = EXTRA_AREA if crop else DOWN_AREA
    axes.barh(y, end - start - crop + 4, left=start + crop - 0.5, height=0.5, color=fill)
    if crop:
        axes.barh(y, crop, left=start - 0.5, height=0.5, facecolor="none", edgecolor=WRONG, hatch="////", lw=0.8)
        axes.text(start - 2, y, f"crop {crop}", color=WRONG, ha="right", va="center", fontsize=9.5)
