"""Pictures of the chapter on convolution arithmetic: rows of pixels, the sizes of the maps, footprints.

Functions return the figure and its facts, a dict of the numbers that the chapter prints.
"""

from __future__ import annotations

import numpy as np

from unet_edu import arithmetic
from unet_edu.plots.style import DOWN, DOWN_AREA, GRID, MUTED, SKIP, SKIP_AREA, UP, UP_AREA, WRONG, WRONG_AREA


def funnel(plan):
    """Draw which part of the input each map covers, from the input (top) to the output (bottom).

    A 3×3 convolution on level L takes 2^L input pixels from each side; pooling, up-convolution and crop take none of
    what is left to their path.

    plan: of :func:`unet_edu.arithmetic.plan`. Returns the figure and its facts, in pixels of the input: ``output``;
    ``lost``, of both sides together, ``lost_per_side``, and ``lost_deep``, what the two deepest levels take of both.
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
    for row, (name, margin, edge, fill) in enumerate(rows):
        axes.barh(row, plan.size - 2 * margin, left=margin, height=0.72, facecolor=fill, edgecolor=edge, lw=0.9)
        axes.text(-0.012 * plan.size, row, name, ha="right", va="center", fontsize=8.5)
        axes.text(plan.size / 2, row, str(plan.size - 2 * margin), ha="center", va="center", fontsize=8.5)
    axes.set(xlim=(0, plan.size), ylim=(len(rows) - 0.4, -0.6), yticks=[], xlabel="input pixel")
    axes.spines["left"].set_visible(False)
    deep = 2 * (4 * 2 ** (plan.depth - 1) + 2 * 2**plan.depth)
    return fig, {"output": plan.size - 2 * lost, "lost": 2 * lost, "lost_per_side": lost, "lost_deep": deep}


# --- a row of pixels -------------------------------------------------------------------------------


def padding_stride_dilation(size: int = 10, kernel: int = 3):
    """Draw the convolution of one row three times: with padding 1, with stride 2 and with dilation 2.

    Returns the figure and its facts, the pixels that are left: ``padded``, ``strided``, ``dilated``.
    """
    import matplotlib.pyplot as plt

    cases = {
        "padded": ("same: padding 1", {"padding": 1}),
        "strided": ("stride 2", {"stride": 2}),
        "dilated": ("dilation 2", {"dilation": 2}),
    }
    facts = {name: arithmetic.conv_out(size, kernel, **options) for name, (_, options) in cases.items()}
    fig, panels = plt.subplots(3, 1, figsize=(8, 6.6))
    for axes, (name, (title, options)) in zip(panels, cases.items(), strict=True):
        _conv_row(axes, size, kernel=kernel, **options)
        axes.set_title(f"{title}: {facts[name]} pixels", loc="left", fontsize=10)
    fig.tight_layout()
    return fig, facts


def pooling(even: int = 8):
    """Draw the 2×2 pooling of a row of ``even`` pixels and of one pixel more.

    Returns the figure and its facts, the pixels that are left of the odd row: ``pool_floor``, and ``pool_ceil`` where
    the last window may hang over the end.
    """
    import matplotlib.pyplot as plt

    fig, panels = plt.subplots(1, 2, figsize=(10, 2.3))
    for axes, size in zip(panels, (even, even + 1), strict=True):
        _conv_row(axes, size, kernel=2, stride=2)
        axes.set_title(f"{size} pixels → {arithmetic.pool_out(size)}", fontsize=10)
    odd = even + 1
    return fig, {"pool_floor": arithmetic.pool_out(odd), "pool_ceil": arithmetic.pool_out(odd, ceil=True)}


def transposed_convolution(size: int = 5, kernels: tuple[int, ...] = (2, 3), stride: int = 2):
    """Draw the transposed convolution of one row, a panel for each kernel.

    Below each stands how many input pixels reach each output pixel; where the numbers differ, the output gets a
    checkerboard. Returns the figure and its facts: ``counts``, the numbers of the last kernel as a text.
    """
    import matplotlib.pyplot as plt

    fig, panels = plt.subplots(1, len(kernels), figsize=(5 * len(kernels), 2.6), squeeze=False)
    for axes, kernel in zip(panels[0], kernels, strict=True):
        counts = _up_row(axes, size, kernel, stride)
        pixels = arithmetic.up_out(size, kernel, stride)
        axes.set_title(f"kernel {kernel}, stride {stride}: {pixels} pixels", fontsize=10)
    return fig, {"counts": ", ".join(map(str, counts))}


def _conv_row(axes, size: int, kernel: int = 3, stride: int = 1, padding: int = 0, dilation: int = 1) -> None:
    """Draw a convolution (or pooling) on one row of pixels: input below, output above, first and last window as fans.

    Zero-padding is drawn dashed, and input pixels that no window touches are crossed out.
    """
    out = arithmetic.conv_out(size, kernel, stride, padding, dilation)
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


def _up_row(axes, size: int, kernel: int = 2, stride: int = 2) -> list[int]:
    """Draw a transposed convolution on one row: input above, below it how many input pixels reach each output pixel.

    Returns those numbers.
    """
    out = arithmetic.up_out(size, kernel, stride)
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
    """Take the axes' lines away, and make both units equal."""
    axes.set(xlim=xlim, ylim=ylim, aspect="equal")
    axes.axis("off")


# --- legal sizes ------------------------------------------------------------------------------------


def legal_sizes(low: int = 180, high: int = 256, depth: int = 4):
    """Draw for each input size from ``low`` to ``high`` which poolings would meet an odd size.

    Returns the figure and its facts: ``low``, ``high``; ``legal``, the legal sizes between them as a text; ``step``,
    from one to the next; ``smallest`` of all; ``residue`` of a legal size and ``output_residue`` of an output, divided
    by the step; ``below_512``, the nearest legal size below 512.
    """
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(8.6, 0.34 * (depth + 1) + 0.9))

    def mark(size, row, colour):
        axes.add_patch(plt.Rectangle((size - 0.44, row + 0.1), 0.88, 0.8, facecolor=colour, edgecolor="none"))

    for size in range(low, high + 1):
        entering, broken = size, False
        for pool in range(depth):
            entering -= 4
            odd = not broken and entering % 2 == 1
            mark(size, pool, WRONG if odd else (GRID if broken else DOWN_AREA))
            broken, entering = broken or odd, entering // 2
        if arithmetic.is_valid(size, depth):
            mark(size, depth, UP)
            axes.text(size, depth + 1.05, str(size), ha="center", va="top", fontsize=8.5)
    axes.set(xlim=(low - 0.7, high + 0.7), ylim=(depth + 1.7, 0), xticks=[])
    axes.set_yticks(np.arange(depth + 1) + 0.5, [*(f"pool{pool + 1}" for pool in range(depth)), "legal"])
    axes.set_xlabel("input size")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return fig, {"low": low, "high": high, **_about_legal_sizes(low, high, depth)}


def _about_legal_sizes(low, high, depth):
    step = arithmetic.grid_step(depth)
    every = arithmetic.valid_sizes(depth, 1, 1100)
    (output_residue,) = {arithmetic.output_size(size, depth) % step for size in every}
    return {
        "legal": ", ".join(map(str, arithmetic.valid_sizes(depth, low, high))),
        "step": step,
        "smallest": every[0],
        "residue": every[0] % step,
        "below_512": arithmetic.nearest_valid(512, depth)[0],
        "output_residue": output_residue,
    }


# --- what one pixel sees ----------------------------------------------------------------------------


def footprints(plan, positions: tuple[int, ...] = (195, 196)):
    """Draw the exact input interval that each stage's value over an output position sees, for several ``positions``.

    One panel a position; in it one bar a stage, with its width. Inner stages are taken at the value that lies under the
    output pixel.

    plan: of :func:`unet_edu.arithmetic.plan`. Returns the figure and its facts, in pixels of the input: ``narrow`` and
    ``wide``, the receptive fields that output pixels have, and of how many, ``count_narrow`` and ``count_wide``;
    ``bottleneck``, the field of one of its values; ``worst_offset``, the farthest that the middle of a field lies from
    its pixel; ``down_fields``, the fields of the contracting path as a text; ``field_POSITION`` for each position.
    """
    import matplotlib.pyplot as plt

    depth = plan.depth
    down = [f"d{level}.conv2" for level in range(depth + 1)]
    stages = [*down, *(f"u{level}.conv2" for level in reversed(range(depth))), "output"]
    fig, panels = plt.subplots(1, len(positions), figsize=(8.8, 0.28 * len(stages) + 1.1), sharey=True, squeeze=False)
    for axes, position in zip(panels[0], positions, strict=True):
        centre = position + arithmetic.border(depth)
        for row, stage in enumerate(stages):
            interval = arithmetic.receptive_field(_under(centre, stage, depth, position), depth, stage)
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
        widest = arithmetic.receptive_field(position, depth)
        axes.set(xlim=(widest.start - 6, widest.stop + 28), ylim=(len(stages) - 0.4, -0.6))
        axes.set(xlabel="input pixel", title=f"output pixel {position}")
        axes.set_yticks(range(len(stages)), stages)
        axes.tick_params(axis="y", length=0)
    widths = {f"field_{position}": arithmetic.receptive_field(position, depth).width for position in positions}
    return fig, _about_fields(plan) | {"down_fields": ", ".join(str(_width(stage, depth)) for stage in down)} | widths


def _width(stage: str, depth: int) -> int:
    """Return the receptive field of the first value of a stage of the contracting path, in pixels of the input."""
    return arithmetic.receptive_field(0, depth, stage).width


def _about_fields(plan):
    fields = [arithmetic.receptive_field(position, plan.depth) for position in range(plan.output_size)]
    widths = [field.width for field in fields]
    narrow, wide = min(widths), max(widths)
    centres = [(field.start + field.stop - 1) / 2 - arithmetic.border(plan.depth) for field in fields]
    return {
        "narrow": narrow,
        "wide": wide,
        "count_narrow": widths.count(narrow),
        "count_wide": widths.count(wide),
        "bottleneck": _width(f"d{plan.depth}.conv2", plan.depth),
        "worst_offset": max(abs(centre - position) for position, centre in enumerate(centres)),
    }


def _under(centre: int, stage: str, depth: int, position: int) -> int:
    """Return the index of the value of ``stage`` whose interval is centred nearest to input pixel ``centre``."""
    if stage in ("output", "score"):
        return position
    index, best = 0, None
    while True:
        interval = arithmetic.receptive_field(index, depth, stage)
        distance = abs((interval.start + interval.stop - 1) / 2 - centre)
        if best is not None and distance > best:
            return index - 1
        index, best = index + 1, distance
