"""Pictures of the chapter that builds U-Net block by block: the network, its maps, its costs, its initial weights.

Functions return the figure and, where there are any, its facts: a dict of the numbers that the chapter prints.
"""

from __future__ import annotations

import numpy as np

from unet_edu.plots import shared
from unet_edu.plots.style import (
    DOWN,
    DOWN_AREA,
    EXTRA,
    EXTRA_AREA,
    GRID,
    INK,
    MUTED,
    SKIP,
    SKIP_AREA,
    UP,
    UP_AREA,
)


def unet_drawing(plan, base_width: int = 64, in_channels: int = 1, num_classes: int = 2):
    """Draw the whole network for one input size, to scale: heights are sizes, widths grow with the channels.

    plan: of :func:`unet_edu.arithmetic.plan`. Returns the figure.
    """
    import matplotlib.pyplot as plt

    depth, scale, gap = plan.depth, 2.1 / plan.size, 0.64
    channels = [base_width * 2**level for level in range(depth + 1)]
    tops = [0.0]
    for level in plan.levels[:-1]:
        tops.append(tops[-1] - max(level.down[0] * scale, 0.25) - 0.72)
    fig, axes = plt.subplots()

    def thickness(count):
        return 0.07 + 0.03 * np.log2(max(count, 1))

    def box(x, level, size, count, path, label=None, label_x=None):
        """Draw one map, centred on x, with its channels above and its size below; return its left and right edge."""
        label = str(count) if label is None else label
        fill, edge = {
            "down": (DOWN_AREA, DOWN),
            "up": (UP_AREA, UP),
            "skip": (SKIP_AREA, SKIP),
            "score": (EXTRA_AREA, EXTRA),
        }[path]
        height, width = size * scale, thickness(count)
        axes.add_patch(
            plt.Rectangle((x - width / 2, tops[level] - height), width, height, facecolor=fill, edgecolor=edge, lw=1.2)
        )
        if label:
            axes.text(label_x or x, tops[level] + 0.05, label, ha="center", va="bottom", fontsize=9.5)
            axes.text(
                label_x or x, tops[level] - height - 0.05, str(size), ha="center", va="top", fontsize=9.5, color=MUTED
            )
        return x - width / 2, x + width / 2

    def arrow(start, end, colour, dashed=False):
        style = {"linestyle": (0, (4, 2))} if dashed else {}
        axes.annotate(
            "",
            end,
            start,
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.2, "shrinkA": 0, "shrinkB": 0, **style},
        )

    def convolve(x, edge, level, sizes, path, middle):
        """Draw the convolutions to the right; return the centre and the right edge of the last map."""
        for size in sizes:
            x += gap
            left, right = box(x, level, size, channels[level], path)
            arrow((edge, middle), (left, middle), INK)
            edge = right
        return x, edge

    ends = []  # right edge and centre of the last map of each level of the contracting path
    x = 0.0
    for level, sizes in enumerate(plan.levels):
        count = in_channels if level == 0 else channels[level - 1]
        _, edge = box(x, level, sizes.down[0], count, "down")
        x, edge = convolve(x, edge, level, sizes.down[1:], "down", tops[level] - sizes.down[2] * scale / 2)
        ends.append((x, edge))
        if level < depth:
            arrow((x, tops[level] - sizes.down[2] * scale - 0.21), (x, tops[level + 1] + 0.23), DOWN)
    for level in reversed(range(depth)):
        sizes, below = plan.levels[level], tops[level + 1]
        arrow((x, below + 0.23), (x, tops[level] - sizes.up[0] * scale - 0.21), UP)
        half = thickness(channels[level]) / 2
        skip_left, _ = box(x - half, level, sizes.cropped, channels[level], "skip", label="")
        joined = str(2 * channels[level])
        _, edge = box(x + half, level, sizes.up[0], channels[level], "up", label=joined, label_x=x)
        y = tops[level] - min(0.16, sizes.cropped * scale / 2)
        arrow((ends[level][1], y), (skip_left, y), SKIP, dashed=True)
        axes.text(
            (ends[level][1] + skip_left) / 2,
            y + 0.04,
            f"crop {sizes.crop}",
            ha="center",
            va="bottom",
            fontsize=8.5,
            color=SKIP,
        )
        x, edge = convolve(x, edge, level, sizes.up[1:], "up", tops[level] - sizes.up[2] * scale / 2)
    middle = tops[0] - plan.output_size * scale / 2
    left, _ = box(x + gap, 0, plan.output_size, num_classes, "score")
    arrow((edge, middle), (left, middle), EXTRA)

    legend = [
        ("3×3 convolution and ReLU", INK),
        ("2×2 max-pool", DOWN),
        ("2×2 up-convolution", UP),
        ("copy and crop", SKIP),
        ("1×1 convolution", EXTRA),
    ]
    for text, colour in legend:
        axes.plot([], [], color=colour, lw=1.6, ls=(0, (4, 2)) if colour == SKIP else "-", label=text)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3 if depth > 2 else 2, fontsize=8.5, handlelength=2.2
    )
    right, bottom, top = x + gap + 0.3, tops[depth] - max(plan.levels[depth].down[0] * scale, 0.25) - 0.25, 0.3
    axes.set(xlim=(-0.3, right), ylim=(bottom, top), position=(0, 0, 1, 1))
    axes.axis("off")
    fig.set_size_inches(0.78 * (right + 0.3), 0.78 * (top - bottom))  # so that labels fit between maps at any depth
    return fig


def some_maps(maps, names=("input", "d0.relu2", "d1.relu2", "up0", "skip0.after", "u0.relu2")):
    """Draw the busiest channel of some maps of a one-level network.

    maps: of :func:`unet_edu.activations.capture`, by name. Returns the figure and its facts: ``coarse``, the pixels of
    the smallest map.
    """
    channels = [shared.busiest(maps[name]) for name in names]
    titles = [f"{name}, {channel.shape[0]} px" for name, channel in zip(names, channels, strict=True)]
    fig = shared.image_row(channels, titles, columns=3, figsize=(7.6, 5.4))
    return fig, {"coarse": min(channel.shape[0] for channel in channels)}


def layer_bars(rows):
    """Draw the share of the parameters (to the left) and of the multiply-adds (to the right) that each layer holds.

    rows: the layers of :func:`unet_edu.arithmetic.layer_table`; poolings are left out. Returns the figure and its
    facts, shares in percent of the parameters and (``_macs``) of the multiply-adds: ``deep_parameters``, ``deep_macs``,
    of the two deepest levels and the up-convolution between them; ``top_parameters``, ``top_macs``, of the top level
    and its up-convolution; ``heaviest_parameters``, ``heaviest_macs``, of the layer with most parameters.
    """
    import matplotlib.pyplot as plt

    rows = [row for row in rows if row.parameters]
    shares = [(row.name, row.parameters, row.macs) for row in rows]
    total = [sum(share[which] for share in shares) / 100 for which in (1, 2)]
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 0.235 * len(rows) + 0.7), sharey=True)
    for axes, which, title in ((left, 1, "parameters, %"), (right, 2, "multiply-adds, %")):
        for place, share in enumerate(shares):
            up = share[0].startswith("u")
            value = share[which] / total[which - 1]
            colours = {"facecolor": UP_AREA, "edgecolor": UP} if up else {"facecolor": DOWN_AREA, "edgecolor": DOWN}
            axes.barh(place, value, height=0.74, lw=0.9, **colours)
            label_left = which == 1
            axes.annotate(
                f"{value:.1f}",
                (value, place),
                xytext=(-4 if label_left else 4, 0),
                textcoords="offset points",
                ha="right" if label_left else "left",
                va="center",
                fontsize=8,
                color=MUTED,
            )
        axes.set(title=title, ylim=(len(rows) - 0.4, -0.6), xmargin=0.2)  # the longest bar has its number beside it
        axes.tick_params(axis="both", length=0)
        axes.set_xticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
    left.invert_xaxis()
    left.tick_params(axis="y", left=False, labelleft=False)
    right.set_yticks(range(len(rows)), [share[0] for share in shares], fontsize=8.5)
    right.tick_params(axis="y", labelleft=True, pad=4)
    fig.subplots_adjust(wspace=0.22)
    return fig, _shares_of_levels(shares)


def _shares_of_levels(shares) -> dict[str, float]:
    bottom = max(int(name[1]) for name, *_ in shares if name[0] == "d")
    heaviest = max(shares, key=lambda share: share[1])[0]
    deep = (f"d{bottom}", f"up{bottom - 1}", f"u{bottom - 1}", f"d{bottom - 1}")
    chosen = {
        "deep": [name for name, *_ in shares if name.split(".")[0] in deep],
        "top": [name for name, *_ in shares if name.split(".")[0] in ("d0", "up0", "u0", "score")],
        "heaviest": [heaviest],
    }
    facts = {}
    for part, names in chosen.items():
        for which, kind in ((1, "parameters"), (2, "macs")):
            own = sum(share[which] for share in shares if share[0] in names)
            facts[f"{part}_{kind}"] = 100 * own / sum(share[which] for share in shares)
    return facts


def labels_lost(network, window, bottom: str = "d4.relu2") -> dict:
    """Return which share of the labels changes when a part of a network is switched off, in percent.

    network: a ``StagedNetwork`` of :mod:`unet_edu.figures.stages` with four skip connections. window: its image.
    ``most`` is the skip connection, or the ``bottom``, that the network misses most, ``lost_most`` its share;
    ``lost_top`` the share of the top skip connection, ``lost_bottom`` that of the bottom, ``lost_all`` of all skips.
    """

    def labels(*off):
        network.run(window, off)
        return network.map("output", 1) >= 0.5

    def changed(*off):
        return 100 * float(np.mean(labels(*off) != whole))

    whole = labels()
    skips = [f"skip{level}" for level in range(4)]
    lost = {part: changed(part) for part in (*skips, bottom)}
    most = max(lost, key=lost.get)
    return {
        "most": most,
        "lost_most": lost[most],
        "lost_top": lost["skip0"],
        "lost_bottom": lost[bottom],
        "lost_all": changed(*skips),
    }


WAYS = {"he": "the paper's rule", "kaiming": "kaiming_normal_", "default": "PyTorch's default"}


def power_by_layer(names, powers, bottom: str = "d4.conv2"):
    """Draw the mean square of what leaves each layer, a curve for each of the three ways to start, ``WAYS``.

    names: the layers, in order. powers: for each way, and for others that are not drawn, the values ``(seeds,
    layers)``; a curve is their geometric mean. bottom: the layer that the grey line marks.
    Returns the figure and its facts, for each way the power at the bottom, ``WAY_bottom``, at the last but one layer,
    ``WAY_last``, and at the last, ``WAY_end``.
    """
    import matplotlib.pyplot as plt

    at = list(names).index(bottom)
    means = {way: np.exp(np.mean(np.log(values), axis=0)) for way, values in powers.items()}
    fig, axes = plt.subplots(figsize=(8.6, 3.8))
    for (way, label), colour, marker in zip(WAYS.items(), (DOWN, UP, SKIP), "os^", strict=True):
        axes.semilogy(names, means[way], color=colour, marker=marker, ms=4, lw=1.6)
        place = {"xy": (len(names) - 1, means[way][-1]), "xytext": (8, 0), "textcoords": "offset points"}
        axes.annotate(label, **place, color=colour, va="center")
    axes.axvline(at, color=GRID, zorder=0)
    axes.set(ylabel="mean square of the output", xlim=(-0.5, len(names) + 3.4))
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=8.5)
    places = {"bottom": at, "last": -2, "end": -1}
    facts = {f"{way}_{word}": float(mean[place]) for way, mean in means.items() for word, place in places.items()}
    return fig, facts
