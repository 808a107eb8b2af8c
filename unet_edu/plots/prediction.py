"""Pictures of the chapter *Prediction on images of any size*: what cutting an image into tiles does to the answer."""

import numpy as np
import torch

from unet_edu import arithmetic
from unet_edu.figures.overlap_tile import predicted, tiling
from unet_edu.metrics import v_rand
from unet_edu.metrics.calibration import calibration_error
from unet_edu.plots.shared import image_row
from unet_edu.plots.style import DOWN, DOWN_AREA, INK, MUTED, ON_IMAGE, SKIP, UP, UP_AREA, WRONG, WRONG_AREA
from unet_edu.predict import pass_bytes

GIB = 2**30


def three_cuts(net, padded_net, image, squares=4):
    """Draw an image, and what three ways to cut it change in its labels; return (figure, facts).

    A: tiles of 572, outputs edge to edge. B: `squares` × `squares` squares for the padded network. C: tiles of 572 on
    the grid of 16. Each is compared with one pass of the same network.
    net, padded_net: a `UNet` and a `PaddedUNet` of the same weights, in eval mode. image: (512, 512) in [0, 1].
    facts: largest_a, largest_b, largest_c, the largest difference of a probability.
    """
    mean, std = net.normalisation
    one_pass = predicted(net, image, tiling(700, "edge"))
    by_paper, on_grid = (predicted(net, image, tiling(572, apart)) for apart in ("edge", "grid"))
    pixels = torch.tensor((image - mean) / std).float()
    side = len(image) // squares
    parts = pixels.reshape(squares, side, squares, side).swapaxes(1, 2).reshape(squares**2, 1, side, side)
    with torch.inference_mode():
        padded_pass = padded_net(pixels[None, None]).softmax(1)[0, 1].numpy()
        cut = padded_net(parts).softmax(1)[:, 1].reshape(squares, squares, side, side)
    cut = cut.swapaxes(1, 2).reshape(image.shape).numpy()
    gaps = [abs(by_paper - one_pass), abs(cut - padded_pass), abs(on_grid - one_pass)]
    fig = image_row([image, *gaps], ["the image", "A", "B", "C"], limits=(0, 1), figsize=(7.2, 7.4), columns=2)
    for axes in fig.axes[1:]:
        axes.images[0].set(cmap="magma", clim=(0, 0.25))
        axes.title.set(fontsize=13, fontweight="bold")
    return fig, {f"largest_{name}": float(gap.max()) for name, gap in zip("abc", gaps, strict=True)}


def mirrored_row(size=12, tile=22, depth=1):
    """Draw a row of pixels between two mirrors, and below it the tiles that answer it; return (figure, facts).

    size, tile: pixels of the row and of a tile. depth: of the U-Net.
    facts: margin_1 (what the network loses at either end), answers_1 (what a tile answers), reads_to (the last pixel
    that the first tile reads).
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    margin, answers = arithmetic.border(depth), arithmetic.output_size(tile, depth)
    longer = np.pad(np.arange(size), margin, mode="reflect")
    starts = range(0, size, answers)
    fig, axes = plt.subplots(figsize=(8.6, 2.7))
    for place in range(-margin, size + margin):
        inside = 0 <= place < size
        fill = DOWN_AREA if inside else "none"
        style = {} if inside else {"linestyle": (0, (2, 2))}
        axes.add_patch(Rectangle((place, 0), 1, 1, facecolor=fill, edgecolor=MUTED, lw=0.9, **style))
        colour = INK if inside else MUTED
        axes.text(place + 0.5, 0.5, str(longer[place + margin]), ha="center", va="center", fontsize=9.5, color=colour)
    for number, first in enumerate(starts):
        y = -1.5 - 1.9 * number
        axes.add_patch(Rectangle((first - margin, y), tile, 0.9, facecolor=DOWN_AREA, edgecolor=DOWN, lw=1.2))
        axes.add_patch(Rectangle((first, y), answers, 0.9, facecolor=UP_AREA, edgecolor=UP, lw=1.6))
        axes.text(first + answers / 2, y + 0.42, "answers", ha="center", va="center", fontsize=9.5)
        for side in (first - margin / 2, first + answers + margin / 2):
            axes.text(side, y + 0.42, "reads", ha="center", va="center", fontsize=9.5)
    bottom = 0.3 - 1.9 * len(starts)
    for x in (*starts, starts[-1] + answers):
        axes.plot([x, x], [bottom, 1.25], color=UP, lw=1, ls=(0, (4, 3)), zorder=0)
    arrow = {"arrowstyle": "-|>", "color": SKIP}
    for x in (0.5, size - 0.5):
        axes.annotate("mirror", (x, 1.05), (x, 1.95), ha="center", fontsize=9.5, arrowprops=arrow, color=SKIP)
    axes.set(xlim=(-margin - 0.2, size + margin + 0.2), ylim=(bottom - 0.2, 2.5), aspect="equal")
    axes.axis("off")
    return fig, {"margin_1": margin, "answers_1": answers, "reads_to": tile - margin - 1}


def plan_on_image(image, plan, marked=(1, 2)):
    """Draw a plan's tiles on the mirrored image; of one of them also what it reads. Return the figure.

    image: (H, W) in [0, 1]. plan: an `arithmetic.TilePlan` of that image. marked: (row, column) of the tile, from 0.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    height, width = image.shape
    margin = (plan.tile - plan.output) // 2
    (top, bottom), (left, right) = plan.pad
    mirrored = np.pad(image, plan.pad, mode="reflect")
    extent = (-left, width + right, height + bottom, -top)
    veil = np.full((*mirrored.shape, 4), (1.0, 1.0, 1.0, 0.55))
    veil[top : top + height, left : left + width, 3] = 0
    fig, axes = plt.subplots(figsize=(7.4, 5.6))
    axes.imshow(mirrored, extent=extent, vmin=0, vmax=1)
    axes.imshow(veil, extent=extent)
    for origin in plan.origins():
        for line in ({"ec": "#101418", "lw": 1.1, "alpha": 0.6}, {"ec": ON_IMAGE, "lw": 1.1, "ls": (0, (4, 3))}):
            axes.add_patch(Rectangle(origin[::-1], plan.output, plan.output, fill=False, **line))
    row, column = (number * plan.stride for number in marked)
    axes.add_patch(Rectangle((column - margin, row - margin), plan.tile, plan.tile, fill=False, ec=DOWN, lw=3))
    axes.add_patch(Rectangle((column, row), plan.output, plan.output, fill=False, ec=UP, lw=3))
    box = {"facecolor": "#101418", "edgecolor": "none", "pad": 2.5}
    label = {"fontsize": 10.5, "color": ON_IMAGE, "va": "top", "bbox": box}
    axes.text(column - margin + 7, row - margin + 7, f"reads {plan.tile}", **label)
    axes.text(column + 7, row + 7, f"answers {plan.output}", **label)
    axes.axis("off")
    return fig


def comb(windows, step=16):
    """Draw how many labels of a window change when the tile is moved under it; return (figure, facts).

    windows: probabilities (H, W), the window's labels when its tile begins 0, 1, 2, … pixels earlier.
    step: the shifts that change nothing are its multiples.
    facts, labels in percent: comb_one (moved by 1), comb_fours (mean of 4, 8, 12), comb_mean, comb_low and comb_high
    (over all shifts off the step); comb_largest (of a probability).
    """
    import matplotlib.pyplot as plt

    first, shifts = windows[0], range(len(windows))
    changed = [100 * float(((window > 0.5) != (first > 0.5)).mean()) for window in windows]
    others, zeros = [shift for shift in shifts if shift % step], [shift for shift in shifts if shift % step == 0]
    fig, axes = plt.subplots(figsize=(8.4, 3.2))
    axes.vlines(others, 0, [changed[shift] for shift in others], color=DOWN, lw=5)
    axes.plot(zeros, [changed[shift] for shift in zeros], "o", color=SKIP, ms=9, clip_on=False, zorder=3)
    style = {"textcoords": "offset points", "ha": "center", "fontsize": 12, "color": SKIP, "fontweight": "bold"}
    for shift in zeros:
        axes.annotate(f"{changed[shift]:.2g}", (shift, 0), (0, 9), **style)
    axes.set(xlabel="the tile was moved by, pixels", ylabel="labels that change, %", xlim=(-1, 33), ylim=(0, None))
    axes.set_xticks(range(0, len(windows), 4))
    return fig, {
        "comb_one": changed[1],
        "comb_fours": float(np.mean([changed[shift] for shift in (4, 8, 12)])),
        "comb_mean": float(np.mean([changed[shift] for shift in others])),
        "comb_low": min(changed[shift] for shift in others),
        "comb_high": max(changed[shift] for shift in others),
        "comb_largest": float(max(abs(window - first).max() for window in windows)),
    }


def zero_seams(label, one_pass, in_squares, side=128, reach=48):
    """Draw what a padded network makes of squares without margins, at a corner and by distance; return (figure, facts).

    label: true cells, (H, W). one_pass, in_squares: probabilities (H, W), of the image whole and of its squares of
    `side` pixels. reach: pixels shown to each side of the corner of squares where most labels change.
    facts: edge_pixel and lost_0 (labels that change, in percent: at the cut, in all), half_distance (pixels until that
    has halved), by_eight (percent, 8 pixels from the cut), farthest (pixel at which labels still change),
    corner_changed and corner_pixels (of the part shown), tiles_score and whole_score (V_Rand).
    """
    import matplotlib.pyplot as plt

    count = len(label) // side
    wrong = (in_squares > 0.5) != (one_pass > 0.5)
    to_edge = np.minimum(np.arange(side), np.arange(side)[::-1])
    to_edge = np.tile(np.minimum(to_edge[:, None], to_edge), (count, count))
    by_distance = [100 * float(wrong[to_edge == away].mean()) for away in range(side // 2)]
    corners = [(side * row, side * column) for row in range(1, count) for column in range(1, count)]
    windows = [tuple(slice(at - reach, at + reach) for at in corner) for corner in corners]
    here = max(windows, key=lambda window: wrong[window].sum())
    fig, panels = plt.subplots(1, 3, figsize=(8.8, 3.0), width_ratios=(1, 1, 1.1), layout="constrained")
    for axes, found, title in zip(panels, (one_pass, in_squares), ("one pass", "cut along the lines"), strict=False):
        axes.imshow(found[here] > 0.5, vmin=0, vmax=1)
        axes.set_title(title, fontweight="normal", fontsize=10)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(True)
    for line in (panels[1].axvline, panels[1].axhline):
        line(reach - 0.5, color=WRONG, lw=1.2, ls=(0, (4, 3)))
    panels[2].fill_between(range(side // 2), by_distance, color=WRONG_AREA, lw=0)
    panels[2].plot(by_distance, color=WRONG, lw=2)
    panels[2].set(xlabel="pixels to the nearest cut", ylabel="labels that change, %")
    panels[2].set(xlim=(0, side // 2 - 1), ylim=(0, None))
    return fig, {
        "edge_pixel": by_distance[0],
        "half_distance": next(away for away, value in enumerate(by_distance) if value < by_distance[0] / 2),
        "by_eight": by_distance[8],
        "farthest": max(away for away, value in enumerate(by_distance) if value > 0),
        "lost_0": 100 * float(wrong.mean()),
        "corner_changed": int(wrong[here].sum()),
        "corner_pixels": int(wrong[here].size),
        "tiles_score": v_rand(label, in_squares).score,
        "whole_score": v_rand(label, one_pass).score,
    }


def cheapest_work(side, largest=None):
    """Return the multiply-adds of the paper's network, in millions, for each pixel of a square image.

    side: of the image, pixels. largest: the largest tile that may be used; None for any.
    """
    return arithmetic.tile_plan(int(side), max_tile=largest)[0].macs / side**2 / 1e6


def largest_tile(limit):
    """Return the largest legal tile whose pass takes no more than `limit` bytes."""
    return max(size for size in arithmetic.valid_sizes(4, high=1200) if pass_bytes((size, size)) <= limit)


def tile_costs(size=512, most=1.25e12):
    """Draw work against memory for all plans of a square image, and the cheapest plan for any size.

    size: of the image, pixels. most: plans of more multiply-adds are left out.
    Return (figure, facts). facts: off_scale (how many plans are left out); against one tile of 700, ratio_444 and
    ratio_572 (work of four tiles), memory_444 (percent); per_pixel_64 and per_pixel_4096 (MMAC for each pixel).
    """
    import matplotlib.pyplot as plt

    every = sorted(arithmetic.tile_plan(size), key=lambda plan: plan.tile)
    shown = [plan for plan in every if plan.macs < most]
    by_tile = {plan.tile: plan for plan in shown}
    memory = {tile: pass_bytes((tile, tile)) / GIB for tile in by_tile}
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.5), width_ratios=(1.15, 1))
    for count in sorted({plan.tiles for plan in shown}):
        same = [plan for plan in shown if plan.tiles == count]
        spots = [(memory[plan.tile], plan.macs / 1e9) for plan in same]
        left.plot(*zip(*spots, strict=True), "o-", color=DOWN, ms=4.5, lw=1.4)
        if count > 1:
            left.annotate(f"{count}", spots[-1], (0, 6), textcoords="offset points", ha="center", fontsize=9)
    style = {"textcoords": "offset points", "fontsize": 9.5, "color": SKIP, "fontweight": "bold"}
    for tile, offset, align in ((444, (0, -16), "center"), (572, (8, -9), "left"), (700, (0, -16), "center")):
        spot = memory[tile], by_tile[tile].macs / 1e9
        left.plot(*([value] for value in spot), "o", color=SKIP, ms=7)
        left.annotate(f"{by_tile[tile].tiles} × {tile}", spot, offset, ha=align, **style)
    left.set(xlabel="memory of a pass, GiB", ylabel="work, GMAC", ylim=(0, 1150), xscale="log", xlim=(0.11, 1.7))
    left.set_title(f"{size} pixels, all plans")
    left.set_xticks([1 / 8, 1 / 4, 1 / 2, 1], ["0.125", "0.25", "0.5", "1"])
    left.minorticks_off()
    sides = np.unique(np.geomspace(64, 4096, 60).round().astype(int))
    for name, largest, colour, line, up in (
        ("no limit", None, INK, ":", -5),
        ("2 GiB", largest_tile(2 * GIB), DOWN, "-", 4),
        ("½ GiB", largest_tile(GIB / 2), SKIP, "--", 6),
    ):
        values = [cheapest_work(side, largest) for side in sides]
        style = {"textcoords": "offset points", "va": "center", "fontsize": 9.5, "color": colour}
        right.plot(sides, values, color=colour, ls=line, lw=1.8)
        right.annotate(name, (sides[-1], values[-1]), (5, up), **style)
    right.set(xscale="log", xlabel="side of the image, pixels", ylabel="MMAC per pixel of the image", ylim=(0, None))
    right.set_title("the cheapest plan")
    right.set_xticks([64, 256, 1024, 4096], ["64", "256", "1024", "4096"])
    right.minorticks_off()
    fig.tight_layout(w_pad=1.5)
    return fig, {
        "off_scale": len(every) - len(shown),
        "ratio_444": by_tile[444].macs / by_tile[700].macs,
        "ratio_572": by_tile[572].macs / by_tile[700].macs,
        "memory_444": 100 * memory[444] / memory[700],
        "per_pixel_64": cheapest_work(64),
        "per_pixel_4096": cheapest_work(4096),
    }


def huge_image(side=8192, limit=2 * GIB):
    """Return facts of a square image that is too large for one pass.

    side: of the image, pixels. limit: bytes that a pass may take.
    facts: huge_memory (GiB of a single pass), huge_tiles and huge_tile (how many of which size fit), huge_more (work
    in percent more than in one pass).
    """
    whole = arithmetic.tile_plan(side)[0]
    parts = arithmetic.tile_plan(side, max_tile=largest_tile(limit))[0]
    return {
        "huge_memory": pass_bytes((whole.tile, whole.tile)) / GIB,
        "huge_tiles": parts.tiles,
        "huge_tile": parts.tile,
        "huge_more": 100 * (parts.macs / whole.macs - 1),
    }


def trust(sure, right, groups, views, label):
    """Return facts of how often probabilities are right, and of pixels on which views of an image disagree.

    sure: (H, W), the probability of the predicted class. right: (H, W), whether it is the true one. groups: masks
    (H, W), each pixel in one of them. views: (views, H, W), probabilities of class 1. label: (H, W) of 0 and 1.
    facts: leans, "overconfident" or "underconfident"; calibration_error, percent, by these groups; wrong_split and
    wrong_agreed, percent of pixels at which the mean of the views is wrong, where they disagree and where they agree.
    """
    votes = np.sum(np.asarray(views) > 0.5, axis=0)
    agreed = (votes == 0) | (votes == len(views))
    wrong = (np.mean(views, axis=0) > 0.5) != label
    return {
        "leans": "overconfident" if np.mean(sure) > np.mean(right) else "underconfident",
        "calibration_error": 100 * calibration_error(sure, right, np.argmax(groups, axis=0)),
        "wrong_split": 100 * float(wrong[~agreed].mean()) if not agreed.all() else 0.0,
        "wrong_agreed": 100 * float(wrong[agreed].mean()) if agreed.any() else 0.0,
    }
