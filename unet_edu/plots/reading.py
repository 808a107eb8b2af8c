"""Pictures of the chapter on reading someone else's U-Net (``book/06_reading.md``), and counts for its prose."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np

from unet_edu.plots.style import (
    GRID,
    INK,
    MUTED,
    ON_IMAGE_MARK,
    SKIP,
    SKIP_AREA,
    UP,
    UP_AREA,
    WRONG_AREA,
)

FCN_FIRST, FCN_SECOND, CVPR = date(2014, 11, 14), date(2015, 3, 8), date(2015, 6, 7)  # arXiv:1411.4038
UNET_FIRST, MICCAI = date(2015, 5, 18), date(2015, 10, 5)  # arXiv:1505.04597
CROSS = "#c1121f"  # on a micrograph and on yellow: the same on both pages
IN_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

# --- one card, two networks --------------------------------------------------------------------------


def discs_by_path(size=572, gap=112, radius=30):
    """Draw a card of 25 discs as it arrives at the output of two networks through three of their paths.

    Rings mark where the discs were, dotted where a network does not answer. The first network is `UNet`, the second
    `ArticleUNet`; all weights of a layer are equal, so that nothing but the geometry is left.
    size: side of the card. gap: between the centres of neighbouring discs. radius: of a disc. All in pixels.
    Returns (figure, facts): ``deep_first`` and ``deep_last``, the first and the last column that the second network's
    deep path shows; ``seen_discs``, how many of a row of five discs have their centre between them.
    """
    import matplotlib.pyplot as plt

    middle = (size - 1) / 2
    places = [(gap * row, gap * column) for row in range(-2, 3) for column in range(-2, 3)]
    fig, panels = plt.subplots(2, 3, figsize=(8.4, 5.9))
    for axes, title in zip(panels[0], ("finest skip", "coarsest skip", "deep path"), strict=True):
        axes.set_title(title)
    for line, (network, answers) in zip(panels, _answers(_card(size, places, radius)).items(), strict=True):
        for axes, answer in zip(line, answers, strict=True):
            inset = (size - len(answer)) / 2
            inside = (inset - 0.5, size - inset - 0.5)
            axes.imshow(answer, extent=(*inside, *reversed(inside)), vmin=answer.min(), vmax=answer.max())
            for row, column in places:
                seen = max(abs(row), abs(column)) + radius < len(answer) / 2
                style = {"edgecolor": ON_IMAGE_MARK, "lw": 1.3} if seen else {"edgecolor": MUTED, "lw": 0.8, "ls": ":"}
                axes.add_patch(plt.Circle((middle + column, middle + row), radius, fill=False, **style))
            axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), xticks=[], yticks=[])
            axes.spines[:].set(visible=True, color=GRID)
        line[0].set_ylabel(network, fontsize=11, fontweight="bold")
    fig.tight_layout()
    first, last = deep_columns(size)
    seen = sum(first <= middle + gap * step <= last for step in range(-2, 3))
    return fig, {"seen_discs": seen, "deep_first": first, "deep_last": last}


def _card(size, places, radius):
    """Return an image (size, size): discs of 1 on 0 at ``places``, rows and columns from the middle."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    card = np.zeros((size, size))
    for row, column in places:
        card[np.hypot(rows - row, columns - column) < radius] = 1
    return card


def _answers(card):
    """Return {name of a network: what arrives by its finest skip, by its coarsest and by its deep path}, arrays."""
    import torch

    from unet_edu.models import ArticleUNet, UNet
    from unet_edu.registration import by_path

    card = torch.tensor(card)[None, None]
    found = {
        "the first": by_path(UNet(base_width=1), card, ["skip0", "skip3", "deep"]),
        "the second": by_path(ArticleUNet(2, base_width=1), card.expand(1, 3, -1, -1), ["skip1", "skip4", "deep"]),
    }
    return {name: [answer[0, 0].numpy() for answer in paths.values()] for name, paths in found.items()}


def deep_columns(size=572):
    """Return the first and the last input column that the deep path of `ArticleUNet` shows at its output, floats."""
    from unet_edu.arithmetic import Grid
    from unet_edu.models.article import map_sizes

    grid = Grid()
    for _ in range(4):
        grid = grid.conv(dilation=2).conv(dilation=2).pool()
    for _ in range(4):
        grid = grid.conv().conv().up()
    return _shown_by(grid.conv().conv(), map_sizes(size)["dec1"])


def _shown_by(grid, count):
    """Return the first and the last input pixel on which the values of a map of ``count`` pixels are centred."""
    return float(grid(0)), float(grid(count - 1))


def same_weights():
    """Return facts: the ``parameters`` and ``tensors`` that both networks have, for a colour image and two classes.

    Raises:
        ValueError: the shapes of the two networks, in their order, are not the same.
    """
    import torch

    from unet_edu.models import ArticleUNet, UNet

    with torch.device("meta"):
        article, paper = ([tuple(p.shape) for p in net.parameters()] for net in (ArticleUNet(2), UNet(in_channels=3)))
    if article != paper:
        raise ValueError("the article's class and the paper's network do not have the same weights")
    return {"parameters": sum(int(np.prod(shape)) for shape in paper), "tensors": len(paper)}


# --- the toy -----------------------------------------------------------------------------------------


def toy_row(fine, up, size=20):
    """Draw the two maps that a network of one level joins, for a row of ``size`` pixels, joined wrongly and rightly.

    fine, up: the `unet_edu.arithmetic.Grid` of the skip map and of the map that comes up.
    Returns (figure, facts): the input column that the first value of each map shows, ``fine_0`` and ``up_0``, the
    last of ``fine``, ``fine_last``; ``room``, the zeros to add, and ``right``, how many of them go to the left.
    """
    import matplotlib.pyplot as plt

    from unet_edu.arithmetic import plan

    level = plan(size, depth=1).levels[0]
    fine_size, up_size = level.skip, level.up[0]
    room, right = fine_size - up_size, fine.crop_onto(up)
    numbers = [up(index) for index in range(up_size)]
    lines = [
        ("fine", [fine(index) for index in range(fine_size)], SKIP_AREA),
        ("up, as line four has it", numbers + [None] * room, WRONG_AREA),
        ("up, in its place", [None] * right + numbers + [None] * (room - right), UP_AREA),
    ]
    fig, axes = plt.subplots(figsize=(6.6, 2.7))
    for height, (name, boxes, fill) in zip((3.6, 1.8, 0), lines, strict=True):
        for place, number in enumerate(boxes):
            zero = number is None
            style = {"facecolor": "none", "linestyle": (0, (2, 2))} if zero else {"facecolor": fill}
            axes.add_patch(plt.Rectangle((place, height), 1, 1, edgecolor=MUTED, lw=0.9, **style))
            text, colour = ("0", MUTED) if zero else (str(number), INK)
            axes.text(place + 0.5, height + 0.47, text, ha="center", va="center", fontsize=10, color=colour)
        axes.text(0, height + 1.12, name, ha="left", va="bottom", fontsize=10)
    axes.set(xlim=(-0.1, fine_size + 0.1), ylim=(-0.1, 5.4), aspect="equal")
    axes.axis("off")
    facts = {"fine_0": int(fine(0)), "fine_last": int(fine(fine_size - 1)), "up_0": int(up(0))}
    return fig, facts | {"room": room, "right": right}


# --- the article's class -----------------------------------------------------------------------------


def article_sizes(sizes, size=572):
    """Return facts on the sizes of the article's maps beside those of the paper's network.

    sizes: {name of a map of `ArticleUNet`: side}, captured for an input of ``size`` pixels.
    ``code_`` and ``text_``: after the first two convolutions and after the pooling, in the class and in the text.
    ``sizes_…``: what each stage leaves. ``odd_…``: the odd maps that a pooling meets. ``stretch…``: input by scores,
    ``_undilated`` as it would be without dilation. ``smallest``: the least input that the class takes. ``field_…``:
    pixels that a value at the bottom sees.
    """
    from unet_edu.arithmetic import plan

    whole = plan(size)
    facts = {
        "code_conv": sizes["enc1.conv2"],
        "code_pool": sizes["enc1.pool"],
        "text_conv": whole.levels[0].skip,
        "text_pool": whole.levels[0].pooled,
        "scores": sizes["final"],
        "stretch": size / sizes["final"],
        "stretch_undilated": size / whole.output_size,
        "sizes_enc": ", ".join(str(sizes[f"enc{n}.pool"]) for n in (1, 2, 3, 4)),
        "sizes_center": sizes["center.up"],
        "sizes_dec": ", ".join(str(sizes[f"dec{n}.up"]) for n in (4, 3, 2)),
        "sizes_dec1": sizes["dec1.conv2"],
    }
    meets = {f"odd_{n}": sizes[f"enc{n}.conv2"] for n in (1, 2, 3, 4)}
    facts |= {name: side for name, side in meets.items() if side % 2}
    return facts | {"smallest": smallest(), "field_paper": bottom_field(1), "field_article": bottom_field(2)}


def legal_with_dilation(size, dilation, poolings=4):
    """Return the nearest sizes at which no pooling of a dilated contracting path has to round: below and above `size`.

    Two valid 3×3 convolutions with that dilation stand before each of the ``poolings``; sizes in pixels. Facts:
    ``legal_below``, the largest such size up to ``size``, and ``legal_above``, the smallest one beyond it.
    """

    def rounds(side):
        for _ in range(poolings):
            side -= 4 * dilation
            if side < 2 or side % 2:
                return True
            side //= 2
        return False

    below = next(side for side in range(size, 0, -1) if not rounds(side))
    return {"legal_below": below, "legal_above": next(side for side in range(size + 1, 2 * size) if not rounds(side))}


def smallest():
    """Return the side of the smallest image that `ArticleUNet` takes, pixels."""
    from unet_edu.models.article import map_sizes

    for size in range(1, 572):
        try:
            map_sizes(size)
        except ValueError:
            continue
        return size


def bottom_field(dilation):
    """Return how many pixels a value at the bottom sees on a row: four levels with a dilation, then two layers."""
    width, step = 1, 1
    for _ in range(4):
        width, step = width + 2 * 2 * dilation * step + step, 2 * step
    return width + 2 * 2 * step


def paper_pairs(size=572):
    """Return for each join of the paper's network, finest first, which columns its two partners show.

    A triple each: the size of the maps, (first, last) column of the skip, (first, last) of the map that comes up.
    """
    from unet_edu.arithmetic import Grid, plan

    levels = plan(size).levels
    grid, skips, pairs = Grid(), [], []
    for level in range(4):
        grid = grid.conv().conv()
        skips.append(grid.crop(levels[level].crop))
        grid = grid.pool()
    for level in (3, 2, 1, 0):
        grid = grid.conv().conv().up()
        count = levels[level].cropped
        pairs.append((f"{count}", _shown_by(skips[level], count), _shown_by(grid, count)))
    return pairs[::-1]


def article_pairs(size=572):
    """Return the same for the article's class, whose skips are resized: the first entry names both sizes."""
    from unet_edu.arithmetic import Grid
    from unet_edu.models.article import map_sizes

    sizes = map_sizes(size)
    grid, skips, pairs = Grid(), [], []
    for _ in range(4):
        grid = grid.conv(dilation=2).conv(dilation=2).pool()
        skips.append(grid)
    for level, stage in ((4, "center"), (3, "dec4"), (2, "dec3"), (1, "dec2")):
        grid = grid.conv().conv().up()
        skip, count = sizes[f"enc{level}"], sizes[stage]
        pairs.append((f"{skip} → {count}", _shown_by(skips[level - 1], skip), _shown_by(grid, count)))
    return pairs[::-1]


def join_spans(size=572):
    """Draw which part of the input the two partners of each join show, in the paper's network and in the article's.

    size: of the input, pixels. Returns (figure, facts): columns of the finest join, ``paper_first`` and ``paper_last``
    of the paper's network, ``skip_first``, ``skip_last``, ``up_first`` and ``up_last`` of the article's, as texts, and
    the size of its maps, ``joined_size``; the middle of what its deep path shows and of the image, ``centre_…``.
    """
    import matplotlib.pyplot as plt

    from unet_edu.models.article import map_sizes

    drawn = {"the paper's network": paper_pairs(size), "the article's class": article_pairs(size)}
    fig, panels = plt.subplots(2, 1, figsize=(6.8, 5.6), sharex=True)
    for axes, (title, pairs) in zip(panels, drawn.items(), strict=True):
        for row, (_, skip, deep) in enumerate(pairs):
            bars = (-0.19, skip, SKIP_AREA, SKIP), (0.19, deep, UP_AREA, UP)
            for offset, (start, stop), fill, edge in bars:
                axes.barh(row + offset, stop - start, left=start, height=0.34, facecolor=fill, edgecolor=edge, lw=1)
                middle, text = (start + stop) / 2, f"{start:g} – {stop:g}"
                axes.text(middle, row + offset, text, ha="center", va="center", fontsize=9)
        axes.set(xlim=(0, size - 1), ylim=(3.6, -0.6))
        axes.set_title(title, loc="left")
        axes.set_yticks(range(4), [label for label, *_ in pairs])
        axes.tick_params(axis="y", length=0)
    panels[1].set_xlabel("input pixel")
    fig.supylabel("size of the maps that are joined", fontsize=10)
    legend = ("orange: the skip", SKIP), ("green: the map that comes up", UP)
    for axes, (text, colour) in zip(panels, legend, strict=True):
        axes.text(1, 1.04, text, color=colour, transform=axes.transAxes, fontsize=10, ha="right", va="bottom")
    fig.tight_layout(h_pad=1.2)

    paper, article = (pairs[0] for pairs in drawn.values())
    names = ("paper_first", "paper_last", "skip_first", "skip_last", "up_first", "up_last")
    facts = {name: f"{place:g}" for name, place in zip(names, (*paper[2], *article[1], *article[2]), strict=True)}
    facts |= {"joined_size": map_sizes(size)["dec2"], "centre_image": (size - 1) / 2}
    return fig, facts | {"centre_deep": sum(deep_columns(size)) / 2}


# --- two trained networks ----------------------------------------------------------------------------


def looking(tile, networks, spots=(102, 286, 470), half=90):
    """Draw an image twice, with crosses at output pixels and the smallest areas that hold half of what decides there.

    tile: (H, W), grey values from 0 to 1. networks: {title: network}, two of them, the paper's and the article's.
    spots: rows and columns of the crosses, pixels of the image, the second in its middle. half: half the side of the
    window around a cross in which its gradient is looked at.
    Returns (figure, facts), in pixels: ``pull_paper`` (rounded) and ``pull_article``, how far the evidence of the outer
    crosses lies nearer to the middle; ``pull_deep`` and ``pull_skip1``, by how much those paths of an `ArticleUNet` are
    off at the first of ``spots`` by geometry alone.
    """
    import matplotlib.pyplot as plt
    from scipy import ndimage

    from unet_edu.models import ArticleUNet
    from unet_edu.registration import registration

    size, around = len(tile), np.arange(-half, half + 1)
    gradients = {title: gradient(net, tile, spots) for title, net in networks.items()}
    fig, panels = plt.subplots(1, 2, figsize=(8.6, 4.6))
    for axes, (title, power) in zip(panels, gradients.items(), strict=True):
        axes.imshow(tile, alpha=0.6, vmin=0, vmax=1)
        for row, column, part in _windows(power, spots, half):
            part = ndimage.gaussian_filter(part, 3)
            ordered = np.sort(part, axis=None)[::-1]
            level = ordered[np.searchsorted(ordered.cumsum(), part.sum() / 2)]  # the smallest area with half of it
            levels = [level, part.max()]
            axes.contourf(column + around, row + around, part, levels=levels, colors=[ON_IMAGE_MARK], alpha=0.75)
            axes.plot(column, row, "+", color=CROSS, ms=15, mew=2)
        axes.set(xlim=(40, size - 40), ylim=(size - 40, 40), title=title)
        axes.axis("off")
    fig.tight_layout()
    paper, article = (pulled_in(power, spots, half) for power in gradients.values())
    net, low = ArticleUNet(2, base_width=1), (smallest(), size)
    deep, finest = (float(registration(net, low, [spots[0]], path)[0]) for path in ("deep", "skip1"))
    return fig, {"pull_paper": round(paper), "pull_article": article, "pull_deep": deep, "pull_skip1": finest}


def gradient(net, tile, spots):
    """Return how strongly the answers at the spots together depend on each pixel, float64 (H, W): one pass back."""
    import torch

    from unet_edu.predict import normalisation

    mean, std = normalisation(net)
    image = ((torch.tensor(tile)[None, None] - mean) / std).float().expand(1, net.in_channels, -1, -1)
    image = image.clone().requires_grad_()
    logits = net(image)
    inset = (len(tile) - logits.shape[-1]) // 2
    answer = logits[0, 1] - logits[0, 0]
    sum(answer[row - inset, column - inset] for row in spots for column in spots).backward()
    return image.grad.abs().sum((0, 1)).double().numpy()


def pulled_in(power, spots, half):
    """Return by how many pixels the evidence of the outer spots lies nearer to the middle, on average over both axes.

    power: (H, W), from `gradient`. spots, half: as in `looking`; a row or column in the middle does not count.
    """
    from scipy import ndimage

    pulls = []
    for row, column, part in _windows(power, spots, half):
        for place, found in zip((row, column), ndimage.center_of_mass(part), strict=True):
            if place != spots[1]:
                pulls.append(float(np.sign(spots[1] - place) * (found - half)))
    return float(np.mean(pulls))


def _windows(power, spots, half):
    """Yield row, column and surroundings of each spot."""
    for row in spots:
        for column in spots:
            yield row, column, power[row - half : row + half + 1, column - half : column + half + 1]


# --- nineteen statements -----------------------------------------------------------------------------


def tally(verdicts):
    """Return facts: how often each verdict was given, in words; spaces in its name become underscores."""
    return {f"tally_{verdict.replace(' ', '_')}": IN_WORDS[count] for verdict, count in Counter(verdicts).items()}


def layer_facts(size=572):
    """Return facts on layers.

    ``fcn_field``: pixels that a score of FCN sees. Of U-Net ``bottom_share``: percent of the parameters at the bottom;
    ``convs_up``: the 3×3 convolutions of the expansive path.
    """
    from unet_edu.arithmetic import layer_table

    field, step = 1, 1
    for layers in (2, 2, 3, 3, 3):  # VGG16: 3×3 convolutions on each level, then a pooling
        field, step = field + 2 * layers * step + step, 2 * step
    layers = layer_table(size)
    bottom = sum(layer.parameters for layer in layers if layer.name.startswith("d4"))
    return {
        "fcn_field": field + 6 * step,  # the 7×7 convolution that was a fully connected layer
        "bottom_share": 100 * bottom / sum(layer.parameters for layer in layers),
        "convs_up": sum(layer.name.startswith("u") and ".conv" in layer.name for layer in layers),
    }


def dates():
    """Draw when FCN (above) and U-Net (below) appeared, with three ways of counting the time in between.

    Returns (figure, facts): ``days_second``, from FCN's second version to U-Net.
    """
    import matplotlib.pyplot as plt

    days = (UNET_FIRST - FCN_SECOND).days
    events = [
        (FCN_FIRST, 1, "FCN on arXiv", SKIP),
        (FCN_SECOND, 1, "second version", SKIP),
        (CVPR, 1, "CVPR", SKIP),
        (UNET_FIRST, -1, "U-Net on arXiv", UP),
        (MICCAI, -1, "MICCAI", UP),
    ]
    spans = [
        (-0.98, FCN_FIRST, UNET_FIRST, "six months"),
        (-0.24, FCN_SECOND, UNET_FIRST, f"{days} days"),
        (0.24, CVPR, MICCAI, "four months"),
    ]
    fig, axes = plt.subplots(figsize=(7, 3.1))
    axes.axhline(0, color=MUTED, lw=1)
    for day, side, words, colour in events:
        text, va = f"{words}\n{day:%B %Y}", "bottom" if side > 0 else "top"
        axes.plot([day, day], [0, 0.3 * side], color=colour, lw=1.6)
        axes.plot(day, 0.3 * side, "o" if side > 0 else "s", color=colour, ms=7)
        axes.text(day, 0.42 * side, text, ha="center", va=va, fontsize=9.5, color=colour)
    for height, start, stop, words in spans:
        axes.annotate("", (stop, height), (start, height), arrowprops={"arrowstyle": "<->", "color": INK, "lw": 1})
        axes.text(start + (stop - start) / 2, height + 0.03, words, ha="center", va="bottom", fontsize=9.5)
    axes.set(xlim=(date(2014, 9, 20), date(2015, 11, 20)), ylim=(-1.1, 1), yticks=[])
    axes.axis("off")
    return fig, {"days_second": days}
