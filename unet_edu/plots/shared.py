"""Pictures that several chapters share."""

from __future__ import annotations

import numpy as np

from unet_edu.plots.style import (
    DOWN,
    DOWN_AREA,
    EXTRA,
    EXTRA_AREA,
    GRID,
    INK,
    MUTED,
    ON_IMAGE_MARK,
    SKIP,
    SKIP_AREA,
    UP,
    UP_AREA,
    WRONG,
    WRONG_AREA,
)

# --- a row of pixels -------------------------------------------------------------------------------


def conv_row(axes, size: int, kernel: int = 3, stride: int = 1, padding: int = 0, dilation: int = 1) -> None:
    """Draw a convolution (or pooling) on one row of pixels: input below, output above, first and last window as fans.

    Zero-padding is drawn dashed, and input pixels that no window touches are crossed out.
    """
    from unet_edu.arithmetic import conv_out

    out = conv_out(size, kernel, stride, padding, dilation)
    first = [index * stride - padding for index in range(out)]  # leftmost input pixel of each window
    touched = {start + tap * dilation for start in first for tap in range(kernel)}
    reach = dilation * (kernel - 1)
    for pixel in range(-padding, size + padding):
        _cell(axes, pixel, 0, DOWN_AREA if 0 <= pixel < size else "none", dashed=not 0 <= pixel < size)
        if pixel not in touched:
            axes.plot([pixel + 0.2, pixel + 0.8], [0.2, 0.8], color=WRONG, lw=1.5)
            axes.plot([pixel + 0.2, pixel + 0.8], [0.8, 0.2], color=WRONG, lw=1.5)
    for index, start in enumerate(first):
        x = start + reach / 2
        _cell(axes, x, 2.2, UP_AREA)
        axes.text(x + 0.5, 2.7, str(index), ha="center", va="center", fontsize=8.5)
        if index in (0, out - 1):
            for tap in range(kernel):
                pixel = start + tap * dilation
                corners = [(pixel + 0.06, 1), (pixel + 0.94, 1), (x + 0.7, 2.2), (x + 0.3, 2.2)]
                _area(axes, corners, SKIP_AREA)
    for pixel in range(size):
        axes.text(pixel + 0.5, 0.5, str(pixel), ha="center", va="center", fontsize=8.5)
    _bare(axes, (-padding - 0.3, size + padding + 0.3), (-0.2, 3.4))


def up_row(axes, size: int, kernel: int = 2, stride: int = 2) -> list[int]:
    """Draw a transposed convolution on one row: input above, below it how many input pixels reach each output pixel.

    Returns those numbers; where they differ, the output gets a checkerboard.
    """
    from unet_edu.arithmetic import up_out

    out = up_out(size, kernel, stride)
    counts = [sum(index * stride <= pixel < index * stride + kernel for index in range(size)) for pixel in range(out)]
    for pixel, count in enumerate(counts):
        _cell(axes, pixel, 0, (UP_AREA, UP_AREA, WRONG_AREA)[min(count, 2)])
        axes.text(pixel + 0.5, 0.5, str(count), ha="center", va="center", fontsize=8.5)
    for index in range(size):
        x = index * stride + kernel / 2 - 0.5
        _cell(axes, x, 2.2, DOWN_AREA)
        axes.text(x + 0.5, 2.7, str(index), ha="center", va="center", fontsize=8.5)
        left, right = index * stride + 0.06, index * stride + kernel - 0.06
        _area(axes, [(left, 1), (right, 1), (x + 0.8, 2.2), (x + 0.2, 2.2)], SKIP_AREA)
    _bare(axes, (-0.3, out + 0.3), (-0.2, 3.4))
    return counts


def _cell(axes, x, y, fill, dashed=False):
    from matplotlib.patches import Rectangle

    style = {"linestyle": (0, (2, 2))} if dashed else {}
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor=fill, edgecolor=MUTED, lw=0.9, zorder=2, **style))


def _area(axes, corners, fill):
    from matplotlib.patches import Polygon

    axes.add_patch(Polygon(corners, facecolor=fill, edgecolor="none", alpha=0.75, zorder=1))


def _bare(axes, xlim, ylim):
    """No axes, equal units: for drawings."""
    axes.set(xlim=xlim, ylim=ylim, aspect="equal")
    axes.axis("off")


# --- the U ------------------------------------------------------------------------------------------


def unet_drawing(plan, base_width: int = 64, in_channels: int = 1, num_classes: int = 2):
    """The whole network for one input size, to scale: a map's height is its size, its width grows with its channels.

    ``plan`` comes from :func:`unet_edu.arithmetic.plan`. Returns the figure.
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
        """One map, centred on x, with its channels above and its size below; returns its left and right edge."""
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
        """Two convolutions to the right; returns the centre and the right edge of the last map."""
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
        loc="upper center", bbox_to_anchor=(0.5, 0), ncols=5 if depth > 2 else 2, fontsize=8.5, handlelength=2.2
    )
    right, bottom, top = x + gap + 0.3, tops[depth] - max(plan.levels[depth].down[0] * scale, 0.25) - 0.25, 0.3
    axes.set(xlim=(-0.3, right), ylim=(bottom, top), position=(0, 0, 1, 1))
    axes.axis("off")
    fig.set_size_inches(0.78 * (right + 0.3), 0.78 * (top - bottom))  # so that labels fit between maps at any depth
    return fig


def funnel(plan):
    """Which part of the input each map covers, from the input (top) to the output (bottom). Returns the figure.

    A 3×3 convolution on level L takes 2^L input pixels from each side; pooling, up-convolution and crop take none of
    what is left to their path.
    """
    import matplotlib.pyplot as plt

    rows = [("input", 0, DOWN, DOWN_AREA)]
    lost = 0
    for level in (*range(plan.depth + 1), *reversed(range(plan.depth))):
        down = len(rows) <= 2 * (plan.depth + 1)
        for number in (1, 2):
            lost += 2**level
            rows.append(
                (f"{'d' if down else 'u'}{level}.conv{number}", lost, *((DOWN, DOWN_AREA) if down else (UP, UP_AREA)))
            )
    fig, axes = plt.subplots(figsize=(8, 0.235 * len(rows) + 0.6))
    for row, (name, lost, edge, fill) in enumerate(rows):
        axes.barh(row, plan.size - 2 * lost, left=lost, height=0.72, facecolor=fill, edgecolor=edge, lw=0.9)
        axes.text(-0.012 * plan.size, row, name, ha="right", va="center", fontsize=8.5)
        axes.text(plan.size / 2, row, str(plan.size - 2 * lost), ha="center", va="center", fontsize=8.5)
    axes.set(xlim=(0, plan.size), ylim=(len(rows) - 0.4, -0.6), yticks=[], xlabel="input pixel")
    axes.spines["left"].set_visible(False)
    return fig


def size_faults(low: int, high: int, depth: int = 4):
    """For each input size from ``low`` to ``high``: which poolings would meet an odd size. Returns the figure."""
    import matplotlib.pyplot as plt

    from unet_edu.arithmetic import is_valid

    fig, axes = plt.subplots(figsize=(8.6, 0.34 * (depth + 1) + 0.9))
    for size in range(low, high + 1):
        entering, broken = size, False
        for pool in range(depth):
            entering -= 4
            odd = not broken and entering % 2 == 1
            fill = WRONG if odd else (GRID if broken else DOWN_AREA)
            axes.add_patch(plt.Rectangle((size - 0.44, pool + 0.1), 0.88, 0.8, facecolor=fill, edgecolor="none"))
            broken, entering = broken or odd, entering // 2
        if is_valid(size, depth):
            axes.add_patch(plt.Rectangle((size - 0.44, depth + 0.1), 0.88, 0.8, facecolor=UP, edgecolor="none"))
            axes.text(size, depth + 1.05, str(size), ha="center", va="top", fontsize=8.5)
    axes.set(xlim=(low - 0.7, high + 0.7), ylim=(depth + 1.7, 0), xticks=[])
    axes.set_yticks(np.arange(depth + 1) + 0.5, [*(f"pool{pool + 1}" for pool in range(depth)), "legal"])
    axes.set_xlabel("input size")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return fig


def footprints(positions, stages, depth: int = 4):
    """The exact input interval that each stage's value over an output position sees, for several ``positions``.

    One panel a position; in it one bar a stage, with its width. Inner stages are taken at the value that lies under the
    output pixel. Returns the figure.
    """
    import matplotlib.pyplot as plt

    from unet_edu.arithmetic import border, receptive_field

    fig, panels = plt.subplots(1, len(positions), figsize=(8.8, 0.28 * len(stages) + 1.1), sharey=True, squeeze=False)
    for axes, position in zip(panels[0], positions, strict=True):
        centre = position + border(depth)
        for row, stage in enumerate(stages):
            interval = receptive_field(_under(centre, stage, depth, position), depth, stage)
            up = stage.startswith(("u", "score", "output"))
            axes.barh(
                row,
                interval.width,
                left=interval.start,
                height=0.7,
                facecolor=UP_AREA if up else DOWN_AREA,
                edgecolor=UP if up else DOWN,
            )
            axes.text(interval.stop + 4, row, str(interval.width), ha="left", va="center", fontsize=9)
        axes.axvline(centre + 0.5, color=SKIP, lw=1.2, linestyle=(0, (4, 2)))
        widest = receptive_field(position, depth)
        axes.set(xlim=(widest.start - 6, widest.stop + 28), ylim=(len(stages) - 0.4, -0.6))
        axes.set(xlabel="input pixel", title=f"output pixel {position}")
        axes.set_yticks(range(len(stages)), stages)
        axes.tick_params(axis="y", length=0)
    return fig


def _under(centre: int, stage: str, depth: int, position: int) -> int:
    """Index of the value of ``stage`` whose interval is centred nearest to input pixel ``centre``."""
    from unet_edu.arithmetic import receptive_field

    if stage in ("output", "score"):
        return position
    index, best = 0, None
    while True:
        interval = receptive_field(index, depth, stage)
        distance = abs((interval.start + interval.stop - 1) / 2 - centre)
        if best is not None and distance > best:
            return index - 1
        index, best = index + 1, distance


# --- maps and micrographs ---------------------------------------------------------------------------


def busiest(maps):
    """The channel with the largest spread, an array ``(H, W)``, of captured maps ``(1, C, H, W)``: the one to show."""
    return maps[0][maps[0].flatten(1).std(1).argmax()].numpy()


def image_row(images, titles, frames=None, figsize=None, cmap="gray", limits=(None, None), columns=None):
    """Pictures with titles, in rows of ``columns`` (``None``: all in one row).

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


# --- weights and work --------------------------------------------------------------------------------


def layer_bars(rows):
    """Share of the parameters (to the left) and of the multiply-adds (to the right) that each layer holds.

    rows: the layers of :func:`unet_edu.arithmetic.layer_table`; poolings are left out. Returns the figure.
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
        axes.set(title=title, ylim=(len(rows) - 0.4, -0.6))
        axes.tick_params(axis="both", length=0)
        axes.set_xticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
    left.invert_xaxis()
    left.tick_params(axis="y", left=False, labelleft=False)
    right.set_yticks(range(len(rows)), [share[0] for share in shares], fontsize=8.5)
    right.tick_params(axis="y", labelleft=True, pad=4)
    fig.subplots_adjust(wspace=0.22)
    return fig
