"""Pictures of the chapter on augmentation and the weight map (``book/07_augmentation.md``), and their numbers."""

from __future__ import annotations

import numpy as np

from unet_edu.comparisons import sound
from unet_edu.plots import shared
from unet_edu.plots.style import (
    DOWN,
    DOWN_AREA,
    EXTRA,
    GRID,
    MUTED,
    ON_IMAGE,
    ON_IMAGE_MARK,
    PAPER,
    SKIP,
    UP_AREA,
    WRONG,
)

SLICES, PIXELS = 30, 512**2  # of the challenge, and of each of its slices
IMAGENET = 1_281_167  # training images of ILSVRC, one label each
RIM = "#101010"  # around what is white on a micrograph, and on light greys: the same on both pages

# --- what is counted ---------------------------------------------------------------------------------


def seven_counts(samples):
    """Draw thirty slices counted in seven ways, beside the labels of ImageNet, on a logarithmic axis.

    samples: nine samples of 512 × 512 pixels, whose counts are scaled to thirty slices; pairs of neighbours are counted
    in the first three.
    Returns (figure, facts): ``pixels``, also as a multiple of ImageNet's labels, ``imagenets``, and in ``millions``;
    ``low`` and ``high``, independent labels; ``borders`` between two cells; ``counts``, all of them in words.
    """
    import matplotlib.pyplot as plt

    counts = _counts(samples)
    lines = [*counts[:-1], ("for comparison: ImageNet's labels", IMAGENET), counts[-1]]
    fig, axes = plt.subplots(figsize=(7.6, 3.7))
    for place, (_, count) in enumerate(lines):
        low, high = count if isinstance(count, list) else (count, count)
        colour, marker = (SKIP, "s") if count == IMAGENET else (DOWN, "o")
        axes.plot([0.7, low], [place, place], color=GRID, lw=1.2, zorder=1)
        axes.plot([low, high], [place, place], color=colour, lw=5, solid_capstyle="round")
        axes.plot([low, high], [place, place], marker, ms=8, color=colour)
        axes.annotate(in_words(count), (high, place), (9, 0), textcoords="offset points", va="center", fontsize=10.5)
    axes.set(xscale="log", xlim=(0.7, 3e8), ylim=(7.6, -0.6))
    axes.set_yticks(range(8), [name for name, _ in lines], fontsize=10.5)
    axes.get_yticklabels()[6].set_color(SKIP)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([1, 1e2, 1e4, 1e6], ["1", "100", "10,000", "1 million"])
    axes.set_xticks([], minor=True)
    axes.spines["left"].set_visible(False)
    counted = dict(counts)
    low, high = map(two_digits, counted["independent labels"])
    return fig, {
        "pixels": SLICES * PIXELS,
        "imagenets": SLICES * PIXELS / IMAGENET,
        "millions": SLICES * PIXELS / 1e6,
        "low": low,
        "high": high,
        "borders": two_digits(counted["borders between two cells"]),
        "counts": "; ".join(f"{name}: {in_words(count)}" for name, count in lines),
    }


def _counts(samples):
    """Return the seven counts, a list of (name, number or [low, high])."""
    from unet_edu.arithmetic import receptive_field
    from unet_edu.data.weightmap import cells_of

    numbered = [cells_of(one.label) for one in samples]
    stack = np.stack([one.label for one in samples]).astype(float)
    alone, in_depth = block_worth(stack)
    field = receptive_field(0).width
    return [
        ("animals", 1),
        ("slices", SLICES),
        (f"fields of view ({field} px) side by side", SLICES * PIXELS / field**2),
        ("cross-sections of cells", SLICES * np.mean([one.max() for one in numbered])),
        ("independent labels", sorted([SLICES * 64 * alone, SLICES / len(stack) * 64 * in_depth])),
        ("borders between two cells", SLICES * np.mean([neighbours(one) for one in numbered[:3]])),
        ("labelled pixels", SLICES * PIXELS),
    ]


def block_worth(stack):
    """Return how many independent pixels a block of 64 × 64 is worth, and a column of such blocks through all slices.

    stack: labels of 0 and 1, float (N, 512, 512).
    """
    blocks = stack.reshape(len(stack), 8, 64, 8, 64).mean((2, 4))
    one_pixel = stack.mean() * (1 - stack.mean())
    return one_pixel / blocks.var(ddof=1), one_pixel / blocks.mean(0).var(ddof=1)


def neighbours(instances):
    """Return how many pairs of cells meet, when every cell is grown until it meets the others.

    instances: numbered cells (H, W), 0 = background.
    """
    from scipy import ndimage

    nearest = ndimage.distance_transform_edt(instances == 0, return_distances=False, return_indices=True)
    grown = instances[tuple(nearest)]
    sides = np.concatenate([[grown[1:].ravel(), grown[:-1].ravel()], [grown[:, 1:].ravel(), grown[:, :-1].ravel()]], 1)
    return len(np.unique(np.sort(sides[:, sides[0] != sides[1]], axis=0), axis=1).T)


def two_digits(count):
    """Return an estimate as exact as it deserves, an int: its first two digits, then zeros."""
    digits = 10 ** max(0, int(np.log10(count)) - 1)
    return int(round(count / digits) * digits)


def in_words(count):
    """Return a count as text: exact where it is known, two digits where it is an estimate, a list as a range."""
    if isinstance(count, list):
        return " to ".join(f"{two_digits(one):,}" for one in count)
    return f"{round(count):,}" if count in (1, SLICES, SLICES * PIXELS, IMAGENET) else f"about {two_digits(count):,}"


# --- what may change ---------------------------------------------------------------------------------


def eight_changes(sample, net, side=204):
    """Draw one window of a slice, changed in eight ways, with the membranes of its label as lines.

    net: scores the windows. side: of the window, pixels, one that the network takes.
    Returns (figure, facts): V_Rand of the unchanged window, ``as_it_is``, the lowest of the changes A to E,
    ``kind_low``, and that of the ``negative``.
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import to_rgba
    from skimage.morphology import skeletonize

    from unet_edu.metrics import v_rand
    from unet_edu.predict import predict

    def judged(picture, label):
        return v_rand(label, predict(net, picture, average8=False, progress=False)[1]).score

    unchanged, windows = changes(sample, side)
    as_it_is = judged(*unchanged)
    scores = {name[0]: judged(*pair) for name, pair in windows.items()}
    fig, panels = plt.subplots(2, 4, figsize=(8.6, 5))
    for axes, (name, (picture, label)) in zip(panels.flat, windows.items(), strict=True):
        line = np.zeros((side, side, 4))
        line[skeletonize(label == 0)] = to_rgba(ON_IMAGE_MARK)
        axes.imshow(picture, vmin=0, vmax=1)
        axes.imshow(line)
        axes.set_title(name, fontsize=11, loc="left")
        axes.axis("off")
    fig.subplots_adjust(left=0, right=1, top=0.95, bottom=0, wspace=0.03, hspace=0.14)
    kind_low = min(scores[letter] for letter in "ABCDE")
    return fig, {"as_it_is": as_it_is, "kind_low": kind_low, "negative": scores["F"]}


def changes(sample, side=204):
    """Return a window of a slice, (picture, label), and {name: (picture, label)} of the same, changed in eight ways.

    side: of the window, pixels. Pictures are float32, labels uint8.
    """
    import torch
    from scipy import ndimage

    from unet_edu.data.augment import Draw, warp

    image, label = torch.tensor(sample.image)[None, None], torch.tensor(sample.label).long()[None]
    at, nowhere, unturned = torch.tensor([[150.0, 150.0]]), torch.zeros(1, 2, 3, 3), torch.zeros(1).double()
    still = Draw(at, unturned, torch.zeros(1, 2).bool(), nowhere, None)
    nodes = torch.randn(1, 2, 3, 3, generator=torch.Generator().manual_seed(5))
    fold = torch.zeros(1, 2, 3, 3)
    fold[0, 1] = torch.tensor([[90.0, -50.0, 30.0], [100.0, -60.0, 40.0], [85.0, -50.0, 30.0]])

    def seen(move, change=lambda picture: picture):
        picture, moved = warp(image, label, move, (side, side))
        return change(picture[0, 0].numpy()).astype(np.float32), moved[0].numpy().astype(np.uint8)

    return seen(still), {
        "A  turned": seen(still._replace(angle=torch.tensor([35.0]).double())),
        "B  flipped": seen(still._replace(flip=torch.tensor([[False, True]]))),
        "C  over the edge": seen(still._replace(origin=torch.tensor([[-50.0, -60.0]]))),
        "D  other greys": seen(still._replace(greys=torch.tensor([[1.25, 0.8, 0.1]]))),
        "E  bent": seen(still._replace(nodes=10 * nodes)),
        "F  negative": seen(still, lambda picture: 1 - picture),
        "G  folded": seen(still._replace(nodes=fold)),
        "H  out of focus": seen(still, lambda picture: ndimage.gaussian_filter(picture, 4)),
    }


# --- bending -----------------------------------------------------------------------------------------


def bent_row(greys, truth, where, nodes):
    """Draw a row of pixels and below it the bent row, with arrows to the places that its pixels look at.

    greys, truth: grey values and labels (1 = cell) of the row. where: the place that each pixel of the bent row looks
    at. nodes: (place, displacement) of each node.
    Returns (figure, facts): ``no_class``, what is read between two labels at place 2; ``was`` and ``now``, membrane
    pixels of the row and of the bent row; ``left_at``, where those of the bent row lie, in words.
    """
    import matplotlib.pyplot as plt

    count = len(greys)
    fig, axes = plt.subplots(figsize=(8, 3.5))

    def cell_row(y, values, texts):
        for x, (value, text) in enumerate(zip(values, texts, strict=True)):
            axes.add_patch(plt.Rectangle((x - 0.46, y), 0.92, 0.8, facecolor=str(value), edgecolor=MUTED, lw=0.9))
            colour = RIM if value > 0.5 else ON_IMAGE
            axes.text(x, y + 0.4, text, ha="center", va="center", fontsize=10, color=colour)

    new_greys = np.interp(where, range(count), greys)
    new_truth = truth[where.round().astype(int)]
    words = {1: "cell", 0: "mem."}
    cell_row(3, greys, [str(x) for x in range(count)])
    cell_row(0.6, new_greys, [f"{grey:.2f}" for grey in new_greys])
    cell_row(-0.4, 0.15 + 0.75 * new_truth, [words[value] for value in new_truth])
    for x, spot in enumerate(where):
        colour, width = (DOWN, 1.2) if truth[round(spot)] else (SKIP, 2)
        style = {"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (spot, 2.98), (x, 1.42), arrowprops=style)
    for x, far in nodes:
        axes.plot([x], [4.06], "v", ms=8, color=EXTRA)
        axes.text(x, 4.3, f"node: {far}", ha="center", va="bottom", fontsize=10, color=EXTRA)
    for y, text in ((3.4, "image"), (1.0, "bent image"), (0.0, "bent label")):
        axes.text(-0.75, y, text, ha="right", va="center", fontsize=10)
    axes.set(xlim=(-2.3, count - 0.4), ylim=(-0.5, 4.8))
    axes.axis("off")
    return fig, {
        "no_class": float(np.interp(where, range(count), truth)[2]),
        "was": int((truth == 0).sum()),
        "now": int((new_truth == 0).sum()),
        "left_at": ", ".join(map(str, np.flatnonzero(new_truth == 0))),
    }


def bent_tile(sample, move, size=572):
    """Draw a tile with the arrows that bend it, where it looks, what it sees, and its label. Returns the figure.

    move: `unet_edu.data.augment.Draw` of one tile, which lies 30 pixels beyond the image on each side and does not
    turn. size: of the tile, pixels.
    """
    import matplotlib.pyplot as plt
    import torch
    from matplotlib.patheffects import withStroke

    from unet_edu.data.augment import displacements, warp

    image, label = torch.tensor(sample.image)[None, None], torch.tensor(sample.label).long()[None]
    tile, tile_label = (part[0].numpy() for part in warp(image, label, move, (size, size)))
    bent = displacements(move.nodes, (size, size))[0].numpy()
    around = np.pad(0.6 * sample.image, 110, mode="reflect")
    around[110:-110, 110:-110] = sample.image
    rows, columns = np.mgrid[:size, :size].astype(float)
    last, low, high = size - 1, -80, size + 79  # of the part of the image that the upper panels show
    fig, panels = plt.subplots(2, 2, figsize=(7.6, 8))

    def lattice(axes, down=0, right=0, fine=True):
        """Lines of the tile, straight or where they look; the thick ones meet at the nodes."""
        for at in np.linspace(0, last, 13 if fine else 3).astype(int):
            for line in ((at, slice(None)), (slice(None), at)):
                x, y = (columns + right)[line], (rows + down)[line]
                axes.plot(x, y, color=ON_IMAGE_MARK, lw=1.5 if at in (0, last // 2, last) else 0.5)

    for axes in panels[0]:
        axes.imshow(around, extent=(low - 0.5, high + 0.5, high + 0.5, low - 0.5), vmin=0, vmax=1)
    lattice(panels[0, 0])
    lattice(panels[0, 1], *bent)
    rim = [withStroke(linewidth=4.5, foreground=RIM)]
    style = {"arrowstyle": "-|>", "color": ON_IMAGE, "lw": 2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14}
    for y in range(3):
        for x in range(3):
            start, arrow = np.array([x, y]) * last / 2, move.nodes[0, :, y, x].numpy()[::-1]
            panels[0, 0].annotate("", start + 5 * arrow, start, arrowprops=style | {"path_effects": rim})
            panels[0, 1].plot(*(start + arrow), "o", ms=6.5, mfc=ON_IMAGE, mec=RIM, mew=1.5)
    panels[1, 0].imshow(tile[0], vmin=0, vmax=1)
    panels[1, 1].imshow(tile_label, vmin=0, vmax=1)
    lattice(panels[1, 0], fine=False)
    titles = (
        "the tile and its nine arrows, five times as long",
        "where it looks",
        "what it sees, pulled straight",
        "the label, bent alike",
    )
    for axes, title in zip(panels.flat, titles, strict=True):
        near, far = (low, high) if axes in panels[0] else (-4, size + 3)
        axes.set_title(title, fontsize=10.5, fontweight="normal")
        axes.set(xlim=(near, far), ylim=(far, near))
        axes.axis("off")
    fig.subplots_adjust(left=0, right=1, top=0.96, bottom=0, wspace=0.03, hspace=0.1)
    return fig


# --- the weight map ----------------------------------------------------------------------------------


def border_by_gap(widths=(1, 3, 7, 0), w0=10.0, sigma=5.0):
    """Draw rows of two cells with the border term in the gap between them, and the term against the gap.

    widths: of the gaps that are drawn, pixels. w0, sigma (pixels): of the term.
    Returns (figure, facts): the term for gaps of 1, 3, 7 and 15 pixels, ``term_1`` and so on; ``above_half``, the
    widest gap whose term exceeds half of ``w0``.
    """
    import matplotlib.pyplot as plt

    from unet_edu.data.weightmap import border_term

    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.1), width_ratios=[1.6, 1])
    for place, gap in enumerate(widths):
        y, start = -1.35 * place, 6 - gap // 2
        term = w0 * np.exp(-((gap + 1) ** 2) / (2 * sigma**2))
        for x in range(13):
            inside = start <= x < start + gap
            first = x < start if gap else x < 6
            face = PAPER if inside else DOWN_AREA if first else UP_AREA
            left.add_patch(plt.Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, facecolor=face, edgecolor=MUTED, lw=0.8))
            if inside:
                left.text(x, y, f"{term:.1f}", ha="center", va="center", fontsize=9)
        left.text(-0.9, y, f"gap {gap}", ha="right", va="center", fontsize=10)
        if gap == 0:
            remark = "no gap: no pixel to carry the weight"
            left.text(6, y - 0.95, remark, ha="center", va="top", fontsize=9.5, color=WRONG)
    left.set(xlim=(-2.6, 12.6), ylim=(round(-1.35 * len(widths) - 0.4, 2), 0.6), aspect="equal")
    left.axis("off")

    gaps = np.arange(1, 21)
    rows = [np.array([[1] * 3 + [0] * gap + [2] * 3]) for gap in gaps]
    terms = np.array([border_term(row, w0, sigma)[0, 3] for row in rows])
    right.vlines(gaps, 0, terms, color=DOWN_AREA, lw=5)
    right.plot(gaps, terms, "o", ms=5.5, color=DOWN)
    right.axhline(w0 / 2, color=MUTED, lw=1, ls=(0, (2, 2)))
    right.text(20.3, w0 / 2 + 0.15, "half of $w_0$", ha="right", va="bottom", fontsize=9.5, color=MUTED)
    right.set(xlabel="gap between two cells, pixels", ylabel="border term", ylim=(0, w0), xlim=(0.2, 20.8))
    right.set_xticks([1, 5, 10, 15, 20])
    fig.tight_layout(w_pad=1.2)
    facts = {f"term_{gap}": float(terms[gap - 1]) for gap in (1, 3, 7, 15)}
    return fig, facts | {"above_half": int((terms > w0 / 2).sum())}


def touching_nuclei(sample, where=(144, 128), side=128):
    """Draw a part of an image of nuclei with its weight map, for the label as it is and for the parted one.

    sample: one of `unet_edu.data.nuclei`, grey. where: (top, left) of the part. side: pixels.
    Returns (figure, facts): ``numbered`` nuclei in the part and ``pieces`` of its label, that is, of connected nuclei;
    ``term_touching`` and ``term_parted``, the mean border term, both where the gap is opened; ``gap_pixels``, how many
    pixels that takes, percent of the nuclei's.
    """
    import matplotlib.pyplot as plt

    from unet_edu.data.weightmap import border_term, cells_of, parted, weight_map

    part = tuple(slice(start, start + side) for start in where)
    numbers, image = sample.instances[part], sample.image[part]
    apart = parted(sample.instances)[part]
    gap = (numbers > 0) & (apart == 0)
    pieces = cells_of((numbers > 0).astype(int))
    fig, axes = plt.subplots(1, 3, figsize=(9.2, 3.3), layout="constrained")
    axes[0].imshow(image, cmap="gray", vmin=0, vmax=np.percentile(image, 99.5))
    for number in np.unique(numbers[numbers > 0]):
        axes[0].contour(numbers == number, [0.5], colors=[ON_IMAGE_MARK], linewidths=0.9)
    titles = ("image, and the nuclei's outlines", "weights, label as it is", "weights, nuclei parted")
    for place, cells in ((1, pieces), (2, apart)):
        shown = axes[place].imshow(weight_map(cells), cmap="magma", vmin=0, vmax=12)
    for place, title in enumerate(titles):
        axes[place].set_title(title, fontsize=10)
        axes[place].set(xticks=[], yticks=[])
    fig.colorbar(shown, ax=axes[1:], label="weight of a pixel", shrink=0.85)
    facts = {
        "numbered": len(np.unique(numbers)) - 1,
        "pieces": int(pieces.max()),
        "term_touching": float(border_term(pieces)[gap].mean()),
        "term_parted": float(border_term(apart)[gap].mean()),
        "gap_pixels": 100 * float(gap.sum() / (numbers > 0).sum()),
    }
    return fig, facts


KINDS = ("every pixel 1", "class balance", "with border term")


def weight_shares(slice_, nuclei):
    """Return (head, rows, facts): where the total weight lies in two pictures, for three kinds of weight.

    slice_, nuclei: numbered cells (H, W), 0 = background. A border is thin where its term exceeds half of w₀.
    ``head`` and ``rows`` are for `unet_edu.book.table`. Facts, all of the slice but the first two: ``nuclei_before``,
    ``nuclei_after``, percent of the weight on thin borders; ``wc_background`` and ``wc_cell``, class weights, and their
    ratio ``balance_ratio``; ``ratio_mean`` and ``ratio_cell``, what a gap of one pixel counts by the two scales of the
    text; ``some_term``, percent of the background whose term exceeds 1; ``membrane_weight``, its mean weight by a
    cell's.
    """
    from unet_edu.data.weightmap import border_term, class_weights

    found = {"slice": _shares(slice_), "nuclei": _shares(nuclei)}
    head = ["what a pixel counts", *(f"{name}, {part}" for name in found for part in ("cells", "broad", "thin"))]
    lines = zip(KINDS, *found.values(), strict=True)
    rows = [[kind, *(f"{share:.1f} %" for shares in both for share in shares)] for kind, *both in lines]

    (background, cell), term = class_weights([slice_]), border_term(slice_)
    narrow, membrane = 10 * np.exp(-4 / 50), slice_ == 0
    facts = {
        "nuclei_before": found["nuclei"][0][2],
        "nuclei_after": found["nuclei"][2][2],
        "wc_background": background,
        "wc_cell": cell,
        "balance_ratio": background / cell,
        "ratio_mean": 1 + narrow / background,
        "ratio_cell": 1 + narrow * cell / background,
        "some_term": 100 * float((term > 1).sum() / membrane.sum()),
        "membrane_weight": float((background + term[membrane]).mean() / cell),
    }
    return head, rows, facts


def _shares(instances):
    """Return for each of `KINDS` the percentages of the total weight: cells, other background, thin borders."""
    from unet_edu.data.weightmap import border_term, class_weights

    term = border_term(instances)
    balance = np.where(instances == 0, *class_weights([instances]))
    parts = (instances > 0, (instances == 0) & (term <= 5), term > 5)
    weights = (np.ones_like(term), balance, balance + term)
    return [[100 * (weight * part).sum() / weight.sum() for part in parts] for weight in weights]


# --- does it replace data? ---------------------------------------------------------------------------


def bending_by_slices(record):
    """Draw V_Rand against the number of training slices, with and without bending, and what bending adds to each seed.

    record: of the experiment ``data_scaling``; its rows with the first slices.
    Runs that failed are crosses on the left, and in no mean and no gain.
    Returns (figure, facts): ``fewest`` and ``most`` slices; their mean scores with bending, ``…_mean``, and those of
    all numbers of slices in words, ``all_means``; what bending adds, with interval and p, ``bend_few`` and
    ``bend_most``, and the first less the second, ``bend_more``; the ``tiles`` of a run; the training loss at the end of
    these rows, ``loss_few`` and ``loss_most``; in words the mean ``gains``, and which runs failed, ``failed_text``.
    """
    from unet_edu import results

    kinds = [results.scaling_entries(record, bent) for bent in (True, False)]
    fig, gains = _by_slices(kinds, ("bent", "not bent"), "what bending adds, seed by seed")
    return fig, _bending_facts(record, gains)


def spreading_by_slices(record):
    """Draw V_Rand against the number of training slices, the first ones and as many that lie spread over the stack.

    record: of the experiment ``data_scaling``; its rows with bending. On the right what spreading adds to each seed.
    Returns (figure, facts): ``spread_means`` and ``first_means``, the mean scores of all numbers of slices in words;
    ``spread_gains``, the mean gains in words; ``spread_all``, what spreading adds over all numbers of slices together,
    with interval and p: the gains of a seed, averaged over the numbers, make one pair; ``fewest_spread`` and
    ``most_spread`` slices, and ``more``, what the most have above the fewest, likewise.
    """
    from unet_edu import results
    from unet_edu.experiments.runs import by_seed

    spread, first = (results.scaling_entries(record, True, apart) for apart in (True, False))
    first = {count: entries for count, entries in first.items() if count in spread}
    fig, gains = _by_slices([spread, first], ("spread", "the first"), "what spreading adds, seed by seed")
    seeds = set.intersection(*(set(found) for found in gains.values()))
    mean = {seed: float(np.mean([found[seed] for found in gains.values()])) for seed in seeds}
    together = results.judge({"": (mean, dict.fromkeys(mean, 0.0))}, {"": ()})[""]
    fewest, most = min(spread), max(spread)
    more = results.judge({"": tuple(sound(by_seed(spread[count])) for count in (most, fewest))}, {"": ()})[""]
    return fig, {
        "fewest_spread": fewest,
        "most_spread": most,
        "more": _worth(more),
        "spread_means": _means(spread),
        "first_means": _means(first),
        "spread_gains": _in_words(gains),
        "spread_all": _worth(together),
    }


def _by_slices(kinds, names, title):
    """Two kinds of rows, each {number of slices: its runs}: their scores, and the first's less the second's by seed.

    Returns (figure, {number of slices: {seed: gain}}). names: of the kinds. title: of the gains. Runs that failed are
    crosses, in no mean and no gain.
    """
    import matplotlib.pyplot as plt

    from unet_edu.experiments.runs import by_seed

    kinds = [{count: by_seed(entries) for count, entries in kind.items()} for kind in kinds]
    these, others = ({count: sound(scores) for count, scores in kind.items()} for kind in kinds)
    counts = sorted({*these} & {*others})
    gains = {
        count: {seed: these[count][seed] - score for seed, score in others[count].items() if seed in these[count]}
        for count in counts
    }
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.9))
    shared.by_slices(left, kinds, names)
    shared.towards_one(left, "y", [score for kind in kinds for scores in kind.values() for score in scores.values()])
    left.set_title("V_Rand", fontsize=10.5, loc="left")
    right.axhline(0, color=MUTED, lw=1)
    for count, found in gains.items():
        right.plot([count] * len(found), [*found.values()], "o", ms=5.5, mfc="none", mec=EXTRA, mew=1.2)
        right.plot([count / 1.13, count * 1.13], [np.mean([*found.values()])] * 2, color=EXTRA, lw=2.6)
    widest = 1.15 * max(abs(value) for found in gains.values() for value in found.values())
    right.set(ylim=(-widest, widest))
    right.set_title(title, fontsize=10.5, loc="left")
    shared.numbers_of_slices(right, counts)
    fig.tight_layout(w_pad=1.6)
    return fig, gains


def _means(kind):
    """The mean V_Rand by number of slices in words; runs that failed are in none."""
    from unet_edu import results
    from unet_edu.experiments.runs import kept, values

    return results.listed([f"{np.mean(values(kept(entries))):.3f} with {count}" for count, entries in kind.items()])


def _worth(judgement):
    from unet_edu import results

    return results.worth(judgement, 3) if judgement else "not known (too few paired runs)"


def _in_words(gains):
    return "; ".join(f"{count}: mean {np.mean([*found.values()]):+.3f}" for count, found in gains.items())


def _bending_facts(record, gains):
    from unet_edu import results
    from unet_edu.experiments.runs import kept, values

    counts = list(gains)
    fewest, most = counts[0], counts[-1]
    recipe = next(iter(record["trials"].values()))["recipe"]
    judged = results.judge_scaling(record)
    more = results.judge({"": (gains[fewest], gains[most])}, {"": ()})[""]
    bent, plain = (results.scaling_entries(record, elastic) for elastic in (True, False))
    means = {count: np.mean(values(kept(bent[count]))) for count in counts}

    def loss(count):
        """Return the mean training loss at the end of all runs with so many slices."""
        return np.mean([np.mean(entry["training"]["loss"][-5:]) for entry in bent[count] + plain[count]])

    return {
        "fewest": fewest,
        "most": most,
        "fewest_mean": means[fewest],
        "most_mean": means[most],
        "all_means": _means(bent),
        "bend_few": _worth(judged[f"{fewest}"]),
        "bend_most": _worth(judged[f"{most}"]),
        "bend_more": _worth(more),
        "failed_text": results.failed_text(record),
        "tiles": recipe["steps"] * recipe["batch"],
        "loss_few": loss(fewest),
        "loss_most": loss(most),
        "gains": _in_words(gains),
    }


# --- does the map part touching cells? ---------------------------------------------------------------


def mergers(record):
    """Draw how many nuclei are lost in mergers, without the weight map and with it: a line joins the runs of a seed.

    record: of the experiment ``nuclei``. A panel for each group of images; the dotted line is what needs no training.
    Returns (figure, facts): ``lines``, how many there are in each panel, in words.
    """
    import matplotlib.pyplot as plt

    from unet_edu import results

    groups = results.nuclei.groups(record)
    fig, panels = plt.subplots(1, len(groups), figsize=(7.6, 3.5), squeeze=False)
    lines = []
    for axes, group in zip(panels[0], groups, strict=True):
        found = {
            row: results.nuclei.scores_of(entries, "merged")
            for row, entries in results.nuclei.rows_of(record, group).items()
        }
        without, whole = (found.get(row, {}) for row in ("no weight map", results.nuclei.FIRST))
        seeds = sorted({*without} & {*whole})
        for seed in seeds:
            axes.plot([0, 1], [without[seed], whole[seed]], "o-", color=EXTRA, lw=1.1, ms=5.5, mfc=PAPER, mew=1.2)
        if seeds:
            means = [np.mean([row[seed] for seed in seeds]) for row in (without, whole)]
            axes.plot([0, 1], means, color=EXTRA, lw=3.2)
        for count in found.get(results.nuclei.BASELINE, {}).values():
            axes.axhline(count, color=MUTED, lw=1.2, ls=":")
            beside = {"textcoords": "offset points", "ha": "center", "fontsize": 9.5, "color": MUTED}
            beside |= {"bbox": {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}, "zorder": 3}
            axes.annotate("Otsu's threshold", (0.5, count), (0, 3), **beside)
        axes.set_title(f"{group}, {results.nuclei.count(record, group):,} nuclei", fontsize=10.5, loc="left")
        axes.set(xlim=(-0.35, 1.35), ylim=(0, 1.12 * axes.dataLim.y1))
        axes.set_xticks([0, 1], ["without the map", "with it"])
        lines.append(f"{len(seeds)} on {group} images")
    panels[0][0].set_ylabel("nuclei lost in mergers")
    fig.tight_layout(w_pad=1.6)
    return fig, {"lines": " and ".join(lines)}
