"""Pictures of the chapter on skip connections and their crop (``book/05_skips.md``)."""

from __future__ import annotations

import numpy as np

from unet_edu.plots import shared
from unet_edu.plots.style import DOWN, EXTRA, INK, SKIP, UP


def kept_by_the_crop(maps, plan):
    """Draw the map of each skip connection, its busiest channel, with a frame around what the crop keeps.

    maps: of one image, as `unet_edu.activations.capture` returns them. plan: `unet_edu.arithmetic.plan` of its size.
    Returns (figure, facts): the ``crops`` from the bottom up, ``output`` (pixels), ``kept``, the sizes in words.
    """
    before = [shared.busiest(maps[f"skip{level}.before"]) for level in range(plan.depth)]
    levels = plan.levels[:-1]
    frames = [(level.crop, level.crop, level.cropped, level.cropped) for level in levels]
    titles = [f"level {level.index}: {level.skip} → {level.cropped}" for level in levels]
    facts = {
        "crops": ", ".join(map(str, reversed(plan.crops))),
        "output": plan.output_size,
        "kept": ", ".join(f"{level.cropped} of {level.skip} pixels" for level in levels),
    }
    return shared.image_row(before, titles, frames), facts


def labels_in_blocks(maps, window=256):
    """Draw a label map as it is and with one answer a block, for several sizes of block.

    maps: {side of a block in pixels: label map (H, W), 0 = membrane and 1 = cell}; side 1 is the label itself.
    window: side of the part that is shown, from the upper left corner.
    Returns (figure, facts): the number of separate regions of the label, ``cells``, and for each other side
    ``cells_SIDE``, and ``gone_SIDE``, the percentage of the membrane that has become cell.
    """
    from scipy import ndimage

    facts = {}
    for side, found in maps.items():
        regions = ndimage.label(found)[1]
        membrane = maps[1][: found.shape[0], : found.shape[1]] == 0
        facts |= {"cells": regions} if side == 1 else {
            f"cells_{side}": regions, f"gone_{side}": float(100 * found[membrane].mean())
        }  # fmt: skip
    titles = ["the label" if side == 1 else f"blocks of {side}" for side in maps]
    return shared.image_row([found[:window, :window] for found in maps.values()], titles, limits=(0, 1)), facts


def overlays(skip, deep, level=1):
    """Draw a skip map (orange) and the deep map (blue) of ``level`` on each other, joined with three crops.

    The crops are the centre's, one that is four pixels smaller, and none. Where the maps agree, the picture is grey.
    skip: (H, W), blurred here until it is as soft as the deep map. deep: (h, w), not larger.
    Returns (figure, facts): ``centre``, the right crop in pixels of the level; ``four_off`` and ``corner_off``, how far
    the other two shift the skip map, in pixels of the image.
    """
    from scipy import ndimage

    size = deep.shape[-1]
    centre = (skip.shape[-1] - size) // 2

    def part(crop, blur):
        return ndimage.gaussian_filter(skip, blur)[crop : crop + size, crop : crop + size]

    def alike(blur):
        return np.corrcoef(part(centre, blur).flat, deep.flatten())[0, 1]

    blur = max(np.arange(1, 6, 0.25), key=alike)
    crops = (centre, centre - 4, 0)
    shifts = [(crop - centre) * 2**level for crop in crops]
    pictures = []
    for crop in crops:
        orange, blue = (np.clip((m - m.mean()) / m.std() / 5 + 0.5, 0, 1) for m in (part(crop, blur), deep))
        pictures.append(np.stack([orange, (orange + blue) / 2, blue], axis=-1))
    titles = [f"left crop {crop}: shift {shift} px" for crop, shift in zip(crops, shifts, strict=True)]
    facts = {"centre": centre, "four_off": -shifts[1], "corner_off": -shifts[2]}
    return shared.image_row(pictures, titles), facts


def shifts_by_size(table, size):
    """Draw how far the skip map of each level lies beside the deep map, for a range of input sizes.

    table: {input size: (output size, {level: shift in input pixels})}, ascending; its last size is a legal one.
    size: the input size whose numbers are facts.
    Returns (figure, facts): for ``size`` ``out_SIZE`` (pixels), ``lost_SIZE`` (pixels less than at the last size) and
    ``shift_SIZE``, the shifts from level 2 up; ``worst``, the largest shifts in the same form; ``begins``, for each
    level that is shifted the first size and the largest shift, in words.
    """
    import matplotlib.pyplot as plt

    sizes = list(table)
    fig, axes = plt.subplots(figsize=(8.6, 3.2))
    for level, colour in enumerate((DOWN, UP, SKIP, EXTRA)):
        places = [one + (level - 1.5) * 0.19 for one in sizes]
        axes.bar(places, [table[one][1][level] for one in sizes], width=0.18, color=colour, label=f"level {level}")
    axes.set(xlabel="input size", ylabel="shift, input pixels")
    axes.set_xticks(sizes)
    axes.legend(ncols=4, loc="upper left", fontsize=9)

    output, shifts = table[size]
    worst = {level: max(table[one][1][level] for one in sizes) for level in sorted(shifts)}
    first = {level: min(one for one in sizes if table[one][1][level]) for level in worst if worst[level]}
    return fig, {
        f"out_{size}": output,
        f"lost_{size}": table[sizes[-1]][0] - output,
        f"shift_{size}": ", ".join(f"{shifts[level]}" for level in (2, 1, 0)),
        "worst": ", ".join(f"{worst[level]}" for level in (2, 1, 0)),
        "begins": ", ".join(f"level {level} from {first[level]} on, by up to {worst[level]} pixels" for level in first),
    }


def misregistration(offsets, size):
    """Draw for each network how far from an output pixel the centre of its evidence lies, a line a path.

    offsets: {name of a network: {path: offsets of its output pixels}}, in pixels, first the paper's, then the
    article's; as `unet_edu.registration.registration` returns them. size: of the input, pixels.
    Returns (figure, facts), in pixels: ``deep_left`` and ``deep_right``, how far inwards the article's deep path looks
    at the two edges; ``skip4_left`` and ``skip1_left`` of its skips; ``paper_worst``, rounded up to a tenth.
    """
    import matplotlib.pyplot as plt

    fig, panels = plt.subplots(1, 2, figsize=(8.8, 3.8), sharey=True)
    colours, styles = (INK, DOWN, UP, SKIP, EXTRA), ("-", "--", "-.", ":", (0, (1, 1)))
    for axes, (title, by_path) in zip(panels, offsets.items(), strict=True):
        for (path, values), colour, style in zip(by_path.items(), colours, styles, strict=True):
            inset = (size - len(values)) / 2
            axes.plot(np.arange(len(values)) + inset, values, color=colour, ls=style, lw=2, label=path)
        axes.set(title=f"{title} network", xlabel="position in the image, pixels", xlim=(0, size - 1))
        axes.legend(fontsize=9)
    panels[0].set_ylabel("evidence lies to the right by, pixels")
    fig.tight_layout()
    paper, article = offsets.values()
    return fig, {
        "deep_left": float(article["deep"][0]),
        "deep_right": float(-article["deep"][-1]),
        "skip4_left": float(article["skip4"][0]),
        "skip1_left": float(article["skip1"][0]),
        "paper_worst": float(np.ceil(10 * max(np.abs(values).max() for values in paper.values())) / 10),
    }
