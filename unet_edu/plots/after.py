"""Pictures of the chapter *After U-Net*: what became of its parts in later networks."""

import numpy as np

from unet_edu import arithmetic
from unet_edu.plots.style import (
    DOWN,
    DOWN_AREA,
    EXTRA,
    EXTRA_AREA,
    GRID,
    MUTED,
    SKIP,
    SKIP_AREA,
    UP,
    UP_AREA,
    WRONG,
)

PARTS = ("the crop", "the skip", "the way up")
# name, year, what became of each part, in words and as a letter: kept, changed, dropped
FAMILY = (
    ("U-Net", 2015, "cut from the centre", "one a level, joined", "2×2 up-convolution", "kkk"),
    ("3D U-Net", 2016, "cut from the centre", "one a level, joined", "2×2×2 up-convolution", "kkk"),
    ("V-Net", 2016, "padded", "one a level, joined", "2×2×2 up-convolution", "dkk"),
    ("Attention U-Net", 2018, "padded", "weakened by a gate", "interpolation", "dcd"),
    ("UNet++", 2018, "padded", "through further nodes", "2×2 up-convolution", "dck"),
    ("DDPM", 2020, "padded", "three a size, joined", "four copies, 3×3 conv.", "dcd"),
    ("nnU-Net", 2021, "padded, weighted", "one a level, joined", "2×2 up-convolution", "ckk"),
    ("latent diffusion", 2022, "padded", "three a size, joined", "four copies, 3×3 conv.", "dcd"),
)
FATES = {"k": ("kept", UP_AREA, UP), "c": ("changed", SKIP_AREA, SKIP), "d": ("dropped", GRID, MUTED)}


def family(networks=FAMILY):
    """Draw a table of networks and of what became of three parts of U-Net in each; return (figure, facts).

    networks: as FAMILY. facts: networks (how many) and kept, a sentence for each part, a text.
    """
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(7.4, 4.4))
    for row, (name, year, *parts, fates) in enumerate(networks):
        axes.text(-0.03, row, f"{name}", ha="right", va="center", fontsize=10.5)
        axes.text(0.0, row - 0.02, f"{year}", ha="left", va="center", fontsize=9, color=MUTED)
        for column, (words, fate) in enumerate(zip(parts, fates, strict=True)):
            _, fill, edge = FATES[fate]
            style = {"linestyle": (0, (3, 2))} if fate == "d" else {}
            axes.add_patch(
                plt.Rectangle((0.3 + column, row - 0.4), 0.96, 0.8, facecolor=fill, edgecolor=edge, lw=1, **style)
            )
            axes.text(0.78 + column, row, words, ha="center", va="center", fontsize=9)
    for column, title in enumerate(PARTS):
        axes.text(0.78 + column, -0.75, title, ha="center", fontsize=11, fontweight="bold")
    end = len(networks)
    for at, (word, fill, edge) in enumerate(FATES.values()):
        axes.add_patch(plt.Rectangle((0.3 + 0.75 * at, end - 0.25), 0.12, 0.35, facecolor=fill, edgecolor=edge, lw=1))
        axes.text(0.46 + 0.75 * at, end - 0.07, word, va="center", fontsize=9.5)
    axes.set(xlim=(-0.85, 3.3), ylim=(end + 0.2, -1.1))
    axes.axis("off")
    fig.subplots_adjust(left=0, right=1, top=1, bottom=0)
    kept = [sum(fates[at] == "k" for *_, fates in networks) for at in range(len(PARTS))]
    words = [f"{title}: unchanged in {count} of {end}." for title, count in zip(PARTS, kept, strict=True)]
    return fig, {"networks": end, "kept": " ".join(words)}


def cube_shares(size=132, depth=3):
    """Draw which part of a row, a square and a cube a valid U-Net answers for, by size; return (figure, facts).

    size: the one to mark. depth: of the U-Net.
    facts: border_3 (pixels a side), out_132 (what comes out of a row of `size`), cube (percent of a cube of `size`),
    half_cube (the first size of which half comes out) and half_voxels (of that cube, in millions).
    """
    import matplotlib.pyplot as plt

    def share(side, dims):
        """Return what comes out, 0 to 1."""
        return (arithmetic.output_size(side, depth) / side) ** dims

    sizes = arithmetic.valid_sizes(depth, 92, 580)
    fig, axes = plt.subplots(figsize=(8.2, 3.2))
    looks = ((1, DOWN, "-", "a row"), (2, UP, "--", "a square"), (3, SKIP, "-.", "a cube"))
    for dims, colour, line, label in looks:
        shares = [100 * share(side, dims) for side in sizes]
        axes.plot(sizes, shares, color=colour, ls=line, lw=2)
        axes.annotate(
            label, (sizes[-1], shares[-1]), xytext=(6, 0), textcoords="offset points", color=colour, va="center"
        )
        axes.plot([size], [100 * share(size, dims)], "o", color=colour, ms=6)
    axes.axvline(size, color=GRID, zorder=0)
    axes.annotate(f"{size}, the 3D U-Net", (size + 4, 92), fontsize=9.5, color=MUTED)
    axes.set(xlabel="input size along each axis", ylabel="% that comes out", ylim=(0, 100), xlim=(80, 585))
    half = next(side for side in sizes if share(side, 3) >= 0.5)
    return fig, {
        "border_3": arithmetic.border(depth),
        "out_132": arithmetic.output_size(size, depth),
        "cube": 100 * share(size, 3),
        "half_cube": half,
        "half_voxels": half**3 / 1e6,
    }


def nested_nodes(depth=4):
    """Draw the nodes of UNet++ and which of them hears which; return (figure, facts).

    facts: nodes, and extra_nodes, those that U-Net does not have.
    """
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(6.6, 3.7))
    nodes = [(level, column) for level in range(depth + 1) for column in range(depth + 1 - level)]
    place = {(level, column): (level + 2 * column, -level) for level, column in nodes}
    extra = [(level, column) for level, column in nodes if column > 0 and level + column < depth]

    def arrow(start, end, colour, lw=1.1, **style):
        axes.annotate("", start, end, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": lw, **style})

    bent = {"ls": (0, (4, 2)), "connectionstyle": "arc3,rad=-0.22"}
    for (level, column), (x, y) in place.items():
        inner = (level, column) in extra
        for other in range(column):
            left = place[level, other][0]
            if other == column - 1:
                arrow((x - 0.32, y), (left + 0.32, y), SKIP)
            elif column - other == 2 or (level, column, other) == (0, depth, 0):
                arrow((x - 0.2, y + 0.26), (left + 0.2, y + 0.26), SKIP, lw=0.9, **bent)
        if column:
            below = place[level + 1, column - 1]
            arrow((x - 0.2, y - 0.25), (below[0] + 0.2, below[1] + 0.25), UP)
        if level and not column:
            arrow((x - 0.22, y + 0.25), (x - 0.78, y + 0.75), DOWN)
        fill, edge = (EXTRA_AREA, EXTRA) if inner else (UP_AREA, UP) if column else (DOWN_AREA, DOWN)
        line = (0, (3, 1.5)) if inner else "-"
        axes.add_patch(plt.Circle((x, y), 0.3, facecolor=fill, edgecolor=edge, lw=1.3, zorder=3, ls=line))
        axes.text(x, y, f"{level},{column}", ha="center", va="center", fontsize=9, zorder=4)
    axes.set(xlim=(-0.6, 2 * depth + 0.6), ylim=(-depth - 0.5, 1.0), aspect="equal")
    axes.axis("off")
    return fig, {"nodes": len(nodes), "extra_nodes": len(extra)}


def noise_curves(runs, width=5, last=20):
    """Draw the losses of networks that learn to see noise; return (figure, facts).

    runs: {which skips it has: its loss at each step}, four of them: all, the finest alone, all but the finest, none.
    width: steps of which the mean is drawn. last: steps of which the facts are the mean.
    facts: noise_all, noise_top, noise_deep, noise_none, in the order of runs.
    """
    import matplotlib.pyplot as plt

    ends = {name: float(np.mean(losses[-last:])) for name, losses in runs.items()}
    steps = max(map(len, runs.values()))
    looks = dict(zip(runs, ((DOWN, "-"), (SKIP, "--"), (EXTRA, "-."), (WRONG, ":")), strict=True))
    fig, axes = plt.subplots(figsize=(8.2, 3.2))
    spots = []
    for name in sorted(runs, key=ends.get):
        colour, line = looks[name]
        smooth = np.convolve(runs[name], np.ones(width) / width, "valid")
        axes.plot(np.arange(len(smooth)) + (width + 1) // 2, smooth, color=colour, ls=line, lw=2.2)
        spots.append(max(smooth[-1], spots[-1] + 0.1 if spots else 0))
        axes.annotate(name, (steps + 1, spots[-1]), color=colour, va="center", fontsize=10, annotation_clip=False)
    axes.axhline(1, color=GRID, zorder=0)
    axes.set(xlabel="step", ylabel="loss", xlim=(0, steps), ylim=(0, 1.35))
    fig.subplots_adjust(right=0.83)
    return fig, dict(zip(("noise_all", "noise_top", "noise_deep", "noise_none"), ends.values(), strict=True))
