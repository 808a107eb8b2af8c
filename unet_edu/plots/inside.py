"""Pictures of the chapter *Looking inside*: what a trained U-Net looks at, and what its bottleneck holds.

bottleneck, filters, fields_by_stage      what it decides, what the first layer likes, how far each stage looks
asked_pixels, probes, detectors           single pixels, what can be read off, channels that light up on membranes
"""

import itertools

import numpy as np
import torch
from scipy import ndimage
from scipy.stats import rankdata
from skimage.morphology import skeletonize

from unet_edu import arithmetic, interpret
from unet_edu.activations import capture
from unet_edu.models import UNet
from unet_edu.plots.shared import image_row
from unet_edu.plots.style import DOWN, GRID, INK, MUTED, ON_IMAGE_MARK, SKIP
from unet_edu.predict import predict
from unet_edu.results import busiest_window
from unet_edu.threads import one_thread

NETWORKS = {"cells": "unet8-cells", "isbi": "unet8-isbi"}  # the end of a fact's name: the network


def _minus(text):
    """Return a number's text with a minus sign that is as long as a plus."""
    return text.replace("-", "−")


def _no_frame(axes):
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


# ----------------------------------------------------------------------------------------- with the bottleneck, without


def with_and_without(net, image, stage="d4.relu2"):
    """Return the probability of a cell as the network gives it, and with one stage silenced: two arrays (H, W)."""
    with_it = predict(net, image)[1]
    with interpret.silenced(net, stage):
        return with_it, predict(net, image)[1]


def changes(label, with_it, without):
    """Return facts of the labels that change without the bottleneck, in percent.

    label: true cells, (H, W). with_it, without: probabilities of a cell, (H, W).
    facts: changed (of all labels); of the changed ones, right (before) and to_membrane (afterwards).
    """
    moved, right = _changed(label, with_it, without)
    shares = {"changed": moved, "right": right[moved], "to_membrane": (without < 0.5)[moved]}
    return {name: 100 * float(mask.mean()) for name, mask in shares.items()}


def _changed(label, with_it, without):
    """Return where the label changes, and where it was right before: two masks (H, W)."""
    return (with_it >= 0.5) != (without >= 0.5), (with_it >= 0.5) == (label == 1)


def weights_at_the_bottom(base_width=8):
    """Return how many percent of a U-Net's weights the bottleneck and the up-convolution out of it hold."""
    layers = {layer.name: layer.parameters for layer in arithmetic.layer_table(572, base_width)}
    return 100 * sum(layers[name] for name in ("d4.conv1", "d4.conv2", "up3")) / sum(layers.values())


def bottleneck(sample, with_it, without, side=288):
    """Draw where the label changes without the bottleneck, beside the image and both answers; return (figure, facts).

    sample: with image and label, (H, W). with_it, without: probabilities of a cell, (H, W).
    side: of the square that is shown, where most labels change for the worse, in pixels. facts: as `changes`.
    """
    moved, right = _changed(sample.label, with_it, without)
    top, left = busiest_window(moved & right, side)
    window = slice(top, top + side), slice(left, left + side)
    marked = np.repeat(0.35 + 0.65 * sample.image[..., None], 3, axis=2)
    marked[ndimage.binary_dilation(moved & ~right)] = (0.70, 0.35, 0.0)
    marked[ndimage.binary_dilation(moved & right)] = (0.0, 0.45, 0.81)
    fig = image_row(
        [picture[window] for picture in (sample.image, marked, with_it, without)],
        ["image", "what the bottleneck decides", "cell? with the bottleneck", "cell? without it"],
        figsize=(7.2, 7.5),
        limits=(0, 1),
        columns=2,
    )
    return fig, changes(sample.label, with_it, without)


# -------------------------------------------------------------------------------------------------- filters and fields


def filters(net, images, count=300):
    """Draw the filters of the first layer, and below each the patches it answers loudest; return (figure, facts).

    images: arrays (H, W), of which every second patch in both directions is tried. count: patches of which the mean is
    drawn, less the mean of all patches.
    facts: alike_low, alike_median, alike_high, correlations of a filter and its mean patch.
    """
    import matplotlib.pyplot as plt

    weight = net.d0.conv1.weight.detach()[:, 0].numpy()
    windows = np.lib.stride_tricks.sliding_window_view
    offered = np.concatenate([windows(image, (3, 3))[::2, ::2].reshape(-1, 9) for image in images])
    mean = offered.mean(0)
    fig, panels = plt.subplots(2, len(weight), figsize=(8.4, 2.5))
    alike = []
    for (above, below), one in zip(panels.T, weight, strict=True):
        best = offered[np.argsort(offered @ one.ravel())[-count:]].mean(0) - mean
        alike.append(float(np.corrcoef(best, one.ravel())[0, 1]))
        for axes, picture in ((above, one), (below, best.reshape(3, 3))):
            reach = np.abs(picture).max()
            axes.imshow(picture, cmap="gray", vmin=-reach, vmax=reach)
            _no_frame(axes)
        below.set_xlabel(f"{alike[-1]:+.2f}", fontsize=9)
    panels[0, 0].set_ylabel("filter", fontsize=9.5)
    panels[1, 0].set_ylabel("liked best", fontsize=9.5)
    fig.tight_layout(pad=0.3)
    return fig, {"alike_low": min(alike), "alike_median": float(np.median(alike)), "alike_high": max(alike)}


def exact_fields(net, stages, side=204):
    """Return the side of the exact receptive field of a value in the middle of each stage, for an input of `side`."""
    maps = capture(net, torch.zeros(1, 1, side, side))
    return [arithmetic.receptive_field(maps[stage].shape[-1] // 2, stage=stage).width for stage in stages]


def thickness(label):
    """Return the mean thickness of the membranes (0 in a label (H, W)), in pixels: their area by their length."""
    membrane = label == 0
    return float(membrane.sum() / skeletonize(membrane).sum())


def fields_by_stage(stages, can, sides):
    """Draw how far a value of each stage can look and how far it does look; return (figure, facts).

    stages: names, from the first to "output". can: exact receptive fields, as `exact_fields`. sides: {"random",
    "unet8-cells", "unet8-isbi": the squares that hold 95 % of the gradient's power}, all in pixels, in order of stages.
    facts: at the bottleneck and at the output, deep_… and out_… of can, cells, isbi, random; first_can.
    """
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(8.4, 3.9))
    lines = (
        ("can matter", can, INK, "-", ""),
        ("random weights", sides["random"], MUTED, "--", "s"),
        ("drawn tissue", sides["unet8-cells"], DOWN, "-", "o"),
        ("ISBI slices", sides["unet8-isbi"], SKIP, "-", "^"),
    )
    for _, numbers, colour, style, marker in lines:
        axes.plot(numbers, color=colour, ls=style, marker=marker, ms=5, lw=1.8)
    places = []
    for label, numbers, colour, *_ in sorted(lines, key=lambda line: line[1][-1]):
        places.append(max(numbers[-1], places[-1] + 14 if places else 0))
        axes.annotate(label, (9.15, places[-1]), color=colour, va="center", fontsize=9.5, annotation_clip=False)
    deepest = stages.index("d4.relu2")
    axes.axvline(deepest, color=GRID, zorder=0)
    axes.annotate("bottleneck", (deepest, 208), ha="center", color=MUTED, fontsize=9)
    axes.set(ylabel="side, input pixels", xlim=(-0.3, len(stages) - 0.95), ylim=(0, 215))
    axes.set_xticks(range(len(stages)), [stage.replace(".relu2", "") for stage in stages])
    fig.subplots_adjust(right=0.84)
    told = {"can": can, "random": sides["random"], **{key: sides[name] for key, name in NETWORKS.items()}}
    facts = {f"deep_{key}": numbers[deepest] for key, numbers in told.items()}
    return fig, facts | {f"out_{key}": numbers[-1] for key, numbers in told.items()} | {"first_can": can[0]}


# -------------------------------------------------------------------------------------------------------- single pixels


def three_spots(label, with_it, without, margin=102):
    """Choose three pixels to look at: a sure membrane, the rim that changes most, the one deepest in a cell.

    label: true cells, (H, W). with_it, without: probabilities of a cell, (H, W).
    margin: no nearer to the border of the image, in pixels.
    Return ({"membrane", "rim", "deep inside": (row, column)}, facts). facts: log-odds of a cell as texts, of the
    membrane odds_membrane and odds_membrane_without, of the rim odds_rim and odds_rim_without.
    """
    odds = [np.log(p.clip(1e-6, 1 - 1e-6) / (1 - p).clip(1e-6, 1)) for p in (with_it, without)]
    inner = np.zeros(label.shape, bool)
    inner[margin:-margin, margin:-margin] = True
    on_rim = inner & (label == 1) & (odds[0] > 0)
    shift = ndimage.gaussian_filter(np.where(on_rim & (odds[1] < 0), odds[0] - odds[1], 0), 2)
    surest = np.where(inner & (label == 0), odds[0], np.inf).argmin()
    rim = np.where(on_rim, shift, -1).argmax()
    deepest = np.where(inner, ndimage.distance_transform_edt(label), -1).argmax()
    spots = {"membrane": surest, "rim": rim, "deep inside": deepest}
    spots = {name: np.unravel_index(at, inner.shape) for name, at in spots.items()}
    texts = {}
    for name in ("membrane", "rim"):
        for end, values in zip(("", "_without"), odds, strict=True):
            texts[f"odds_{name}{end}"] = _minus(f"{values[spots[name]]:+.1f}")
    return spots, texts


def asked_pixels(asked, step=14, reach=5):
    """Draw what the answers at some pixels depend on: image, gradient, a covered square; return (figure, facts).

    asked: {name: (crop around the pixel (204, 204), gradient (204, 204), moves (2 · reach + 1, 2 · reach + 1))}, as
    `interpret.field_at` and `interpret.occlusion` return them. step: of the square's way, in pixels.
    facts: wide_membrane, wide_rim, wide_inside, the squares that hold 95 % of the gradient's power, in pixels.
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import to_rgb

    fig, panels = plt.subplots(len(asked), 3, figsize=(7.4, 7.6))
    facts, low, high = {}, 12, 192
    view, extent = slice(low, high), (low, high, high, low)
    for line, (name, (crop, gradient, covered)) in zip(panels, asked.items(), strict=True):
        middle = len(crop) // 2
        width = interpret.side_of(gradient**2, middle)
        facts[f"wide_{name.split()[-1]}"] = width
        line[0].imshow(crop[view, view], extent=extent, vmin=0, vmax=1)
        line[0].plot([middle], [middle], "+", color=ON_IMAGE_MARK, ms=15, mew=2.2)
        line[1].imshow(np.sqrt(np.abs(gradient))[view, view], extent=extent, cmap="magma")
        most = np.abs(covered).max()
        edge = middle - step * (reach + 0.5), middle + step * (reach + 0.5)
        line[2].imshow(crop, extent=(0, len(crop), len(crop), 0), vmin=-0.6, vmax=1)
        paint = np.where(covered[..., None] < 0, to_rgb(SKIP), to_rgb(DOWN))
        strength = np.minimum(1, np.abs(covered) / most)[..., None]
        line[2].imshow(np.concatenate([paint, 0.85 * strength], axis=2), extent=(*edge, *edge[::-1]))
        line[2].set(xlim=(low, high), ylim=(high, low))
        line[0].set_ylabel(name, fontsize=10.5)
        line[1].set_xlabel(f"95 % in {width} pixels", fontsize=9)
        line[2].set_xlabel(f"moves by up to {most:.1f}", fontsize=9)
        for axes in line:
            _no_frame(axes)
    for axes, title in zip(panels[0], ("the pixel asked", "gradient", "a covered square"), strict=True):
        axes.set_title(title, fontsize=10)
    fig.tight_layout(pad=0.4)
    return fig, facts


def lab_corner(label, with_it, without, side=84):
    """Return (x, y) at which the live figure opens: where the bottleneck decides most labels inside cells, in pixels.

    label: true cells, (H, W). with_it, without: probabilities of a cell, (H, W). side: of what the figure answers.
    """
    margin = arithmetic.border()
    rims = _changed(label, with_it, without)[0] & (label == 1)
    inner = np.zeros_like(rims)
    inner[margin:-margin, margin:-margin] = rims[margin:-margin, margin:-margin]
    most = min(label.shape) - side - 2 * margin
    top, left = (min(max(int(at) - margin, 0), most) for at in busiest_window(inner, side))
    return left, top


# --------------------------------------------------------------------------------------- what can be read off a map

BLOCKS, SIDE = 28, 16  # blocks of 16 pixels on each axis, one for each value of the bottleneck of 572 pixels
FIRST = 62  # the first block's first pixel: the middle of the first receptive field
TARGETS = {  # what is read off, as (image, label) of 572 pixels give it, for each block
    "mean grey": lambda image, label: block_means(image),
    "distance to the nearest membrane": lambda image, label: block_means(ndimage.distance_transform_edt(label)),
    "share of membrane": lambda image, label: block_means(1.0 - label),
    "… in its upper left quarter": lambda image, label: block_means(1.0 - label, SIDE // 2),
    "row in the image (control)": lambda image, label: block_means(np.mgrid[:572, :572][0] / 572.0),
}
LABELS = (
    "mean grey",
    "distance to the\nnearest membrane",
    "share of\nmembrane",
    "… in its upper\nleft quarter",
    "row in the image\n(control)",
)
SOURCES = ("pixels, 9 × 9 blocks", "random bottleneck", "trained bottleneck", "trained, one level up")


def block_means(picture, side=SIDE):
    """Return the means of the 28 × 28 blocks of 16 pixels, or of their upper left corners of `side` pixels: (784,)."""
    end = FIRST + BLOCKS * SIDE
    blocks = picture[FIRST:end, FIRST:end].reshape(BLOCKS, SIDE, BLOCKS, SIDE)
    return blocks[:, :side, :, :side].mean((1, 3)).ravel()


def neighbourhood(picture):
    """Return the means of the 9 × 9 blocks around each block: (784, 81)."""
    count = BLOCKS + 8
    wide = np.pad(picture, 2, mode="reflect")[: count * SIDE, : count * SIDE]
    wide = wide.reshape(count, SIDE, count, SIDE).mean((1, 3))
    return np.lib.stride_tricks.sliding_window_view(wide, (9, 9)).reshape(BLOCKS**2, 81)


def deep_values(net, image):
    """Return the four values of level 3 over each block, (784, 256), and the one of the bottleneck, (784, 128)."""
    x = interpret.normalised(net, image[None])
    with torch.no_grad():
        for level in range(5):
            x = net.stage("d", level)(net.stage("pool", level)(x) if level else x)
            if level == 3:
                above = x[0, :, 4:60, 4:60].reshape(64, BLOCKS, 2, BLOCKS, 2).permute(1, 3, 0, 2, 4)
    return above.reshape(BLOCKS**2, 256).numpy(), x[0].flatten(1).T.numpy()


def read_off(net, random, samples, r_squared):
    """Return {target: [R² for each of SOURCES]}: what a linear fit reads off each source.

    net, random: a trained `UNet` of base width 8 and one with random weights, in eval mode.
    samples: with image and label, (512, 512). r_squared: takes lists with an entry for each image, features
    (blocks, channels) and targets (blocks,).
    """
    features, targets = {source: [] for source in SOURCES}, {target: [] for target in TARGETS}
    for sample in samples:
        image, label = (np.pad(part, 30, mode="reflect") for part in (sample.image, sample.label))
        for target, of in TARGETS.items():
            targets[target].append(of(image, label))
        level_3, trained = deep_values(net, image)
        made = neighbourhood(image), deep_values(random, image)[1], trained, level_3
        for source, values in zip(SOURCES, made, strict=True):
            features[source].append(values)
    return {target: [r_squared(features[source], wanted) for source in SOURCES] for target, wanted in targets.items()}


def probes(found):
    """Draw what can be read off four sources, a panel for each network; return (figure, facts).

    found: {network: as `read_off` returns it}, of "unet8-cells" and "unet8-isbi".
    facts: R² as texts, named by target, source and network, as grey_trained_isbi (targets grey, far, share, where, row;
    sources random, trained, up); told, the brightness and the distance of each network in words.
    """
    import matplotlib.pyplot as plt

    fig, panels = plt.subplots(1, len(found), figsize=(7.6, 3.9), sharey=True)
    looks = ((MUTED, "none", "x"), (INK, "none", "s"), (SKIP, SKIP, "o"), (DOWN, DOWN, "D"))
    for source, (label, (colour, fill, mark)) in enumerate(zip(SOURCES, looks, strict=True)):
        for axes, values in zip(panels, found.values(), strict=True):
            numbers = [max(scores[source], -0.12) for scores in values.values()]
            style = {"mfc": fill, "ms": 7.5, "mew": 1.7, "ls": "", "zorder": 3}
            axes.plot(numbers, range(len(numbers)), mark, color=colour, label=label, **style)
    for axes, name in zip(panels, found, strict=True):
        axes.set(title=name, xlim=(-0.16, 1.03), ylim=(4.5, -0.5), xlabel="R², on three other images")
        axes.set_yticks(range(len(LABELS)), LABELS)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", lw=0.8)
        axes.axvline(0, color=MUTED, lw=0.8)
    panels[0].legend(ncols=2, fontsize=10, loc="upper left", bbox_to_anchor=(-0.3, -0.2), handletextpad=0.2)
    fig.subplots_adjust(wspace=0.08)
    facts, words = {}, []
    for key, name in NETWORKS.items():
        for short, scores in zip(("grey", "far", "share", "where", "row"), found[name].values(), strict=True):
            for source, score in zip(("random", "trained", "up"), scores[1:], strict=True):
                facts[f"{short}_{source}_{key}"] = _minus(f"{score:.2f}")
    for name, (grey, far, *_) in ((name, list(values.values())) for name, values in found.items()):
        words.append(
            f"{name}: grey {grey[1]:.2f} from random weights and {grey[2]:.2f} from trained ones, distance "
            f"{far[1]:.2f} and {far[2]:.2f}"
        )
    return fig, facts | {"told": "; ".join(words)}


# ------------------------------------------------------------------------------------------ what lights up on membranes


def ordered(values, membrane):
    """Return how often a membrane pixel lies above a cell pixel, 0 to 1, for each row of values.

    values: (…, pixels). membrane: a mask (pixels,).
    """
    ranks = rankdata(values, axis=-1)
    ones, zeros = membrane.sum(), (~membrane).sum()
    return (ranks[..., membrane].sum(-1) - ones * (ones + 1) / 2) / (ones * zeros)


def best_channels(net, inputs, membranes, places, stages):
    """Return for each stage how well its channel that does best on one image orders pixels of a second: 0 to 1.

    inputs: the two images as the network takes them, (1, 1, H, W). membranes: of both, masks (pixels,).
    places: rows and columns of the pixels, (pixels, 2). stages: names, of levels 0 to 4.
    """
    maps, scores = [capture(net, x) for x in inputs], []
    for stage in stages:
        level = int(stage[1])
        lies = [sum(arithmetic.receptive_field(i, stage=stage)) / 2 - 0.5 - i * 2**level for i in range(16)]
        at = np.rint((places - np.mean(lies)) / 2**level).astype(int)
        values = [part[stage][0].numpy()[:, at[:, 0], at[:, 1]] for part in maps]
        first, then = (ordered(value, membrane) - 0.5 for value, membrane in zip(values, membranes, strict=True))
        best = np.abs(first).argmax()
        scores.append(float(0.5 + np.sign(first[best]) * then[best]))
    return scores


def detectors(net, samples, stages, seeds=5, pixels=3000):
    """Draw how well the best single channel of each stage orders membrane and cell pixels; return (figure, facts).

    net: a trained `UNet` of base width 8. samples: two, with image and label (512, 512); the channel is chosen on the
    first and tested on the second. stages: names, from "d0.relu2" to "u0.relu2". seeds: how many networks with random
    weights stand beside it. pixels: how many are compared.
    facts: raw (the grey value itself); at the first and the last stage, trained_top, trained_end, and of the median of
    the random networks random_top, random_end.
    """
    import matplotlib.pyplot as plt

    middle = slice(106, 406)
    places = np.random.default_rng(0).integers(100, 200, size=(pixels, 2))
    crops = [sample.image[middle, middle] for sample in samples]
    membranes = [sample.label[middle, middle][tuple(places.T)] == 0 for sample in samples]
    inputs = [interpret.normalised(net, crop[None]) for crop in crops]
    raw = float(ordered(-crops[1][tuple(places.T)], membranes[1]))
    untrained = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        untrained.append(best_channels(UNet(base_width=8).eval(), inputs, membranes, places, stages))
    trained, median = best_channels(net, inputs, membranes, places, stages), np.median(untrained, axis=0)
    fig, axes = plt.subplots(figsize=(8.4, 3.3))
    for scores in untrained:
        axes.plot(scores, color=GRID, lw=1, zorder=0)
    end = len(stages) - 0.85
    for label, scores, colour, mark, line in (
        ("trained", trained, SKIP, "^", "-"),
        ("random weights", median, MUTED, "s", "--"),
    ):
        axes.plot(scores, marker=mark, ms=5.5, lw=1.8, color=colour, ls=line)
        axes.annotate(label, (end, scores[-1]), color=colour, va="center", fontsize=9.5, annotation_clip=False)
    axes.axhline(raw, color=INK, lw=1)
    axes.annotate("the grey value itself", (end, raw), va="center", fontsize=9.5, annotation_clip=False)
    axes.axhline(0.5, color=GRID, lw=1, zorder=0)
    axes.set(ylabel="pairs in the right order", xlim=(-0.3, len(stages) - 0.95), ylim=(0.42, 1.02))
    axes.set_xticks(range(len(stages)), [stage.replace(".relu2", "") for stage in stages])
    fig.subplots_adjust(right=0.8)
    facts = {"raw": raw, "random_top": float(median[0]), "random_end": float(median[-1])}
    return fig, facts | {"trained_top": trained[0], "trained_end": trained[-1]}


# --------------------------------------------------------------------------------------------------- the laboratory


LINE = 5  # pixels that a drawn line is wide: about a membrane


@one_thread()  # small passes, and many: two threads mostly wait for each other
def lab_answers(lab, body=40, side=24):
    """Return facts of three experiments with the live figure, which is left as it was.

    lab: `unet_edu.figures.FeatureMaps`. body, side: of the squares that cover the middle of the darkest body and, one
    place after another, what lies outside the part that is labelled; pixels.
    facts: lab_hidden, percent of the labels that need the bottleneck and change when the middle is covered; lab_reach,
    how many pixels a square may be away and still change a label; lab_margin, how many the receptive field allows;
    lab_dark and lab_light, percent of a drawn line that is called membrane, darker and lighter than its ground.
    """

    def cells(image, off=()):
        lab.staged.run(image, off)
        return lab.staged.map("output", 1) >= 0.5

    def covered(top, left, square):
        image = seen.copy()
        image[top : top + square, left : left + square] = seen.mean()
        return cells(image)

    seen = lab.seen.copy()
    whole = cells(seen)
    rim = whole & ~cells(seen, ("d4.relu2",))
    margin, end = (len(seen) - len(whole)) // 2, (len(seen) + len(whole)) // 2
    grey = ndimage.uniform_filter(seen, 2 * body)[margin : end + body, margin : end + body]  # a body and what is around
    middle = np.add(np.unravel_index(grey.argmin(), grey.shape), margin - body // 2)
    places = itertools.product(range(0, len(seen) - side + 1, side), repeat=2)
    away = {place: max(margin - side - min(place), max(place) - end) for place in places}
    farthest = sorted((place for place in away if away[place] > 0), key=away.get, reverse=True)
    reach = next((away[place] for place in farthest if np.any(covered(*place, side) != whole)), 0)
    lines = {}
    for name, change in (("lab_dark", -0.25), ("lab_light", 0.25)):
        drawn = np.full_like(seen, seen.mean())
        drawn[:, len(seen) // 2 : len(seen) // 2 + LINE] += change
        start = len(whole) // 2
        lines[name] = 100 * float(np.mean(~cells(drawn)[:, start : start + LINE]))
    hidden = 100 * float(np.mean(~covered(*middle, body)[rim]))
    return {"lab_hidden": hidden, "lab_reach": reach, "lab_margin": margin, **lines}
