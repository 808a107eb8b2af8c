"""The picture of the page on how to use the book: all chapters as stations of a way in the shape of a U."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from unet_edu import arithmetic
from unet_edu.data import example_network, membranes, words
from unet_edu.plots import shared
from unet_edu.plots.style import DOWN, GRID, INK, MUTED, ON_IMAGE_MARK, PAPER, UP, WRONG

DETAIL = slice(150, 310)  # rows and columns of the image that the small pictures show


@dataclass(frozen=True)
class Layout:
    """Where the stations stand on the page; lengths in inches, letters in points."""

    width: float
    top: float  # height of the page
    side: float  # of a station's picture
    pitch: float  # from one station down to the next
    gap: float  # between a picture and its words
    title: float  # letters of a station's name
    words: float  # letters of what it shows
    floor: float = 0.06  # of the lowest picture
    left: float = 0.05

    @property
    def middle(self):
        """The left edge of the lowest picture."""
        return (self.width - self.side) / 2

    @property
    def right(self):
        """The left edge of the pictures on the right side."""
        return self.width - self.side - self.left

    @property
    def rows(self):
        """The lower edges of the pictures, from above."""
        return [self.top - self.side - self.floor - self.pitch * row for row in range(7)]


WIDE = Layout(width=5.8, top=7.8, side=0.8, pitch=0.93, gap=0.12, title=10.5, words=9.5)
NARROW = Layout(width=3.9, top=6.3, side=0.56, pitch=0.75, gap=0.07, title=8.6, words=8.2)  # for phones


@dataclass(frozen=True)
class Station:
    """A chapter: its name, what it shows, a function that draws that into axes, and the numbers in it."""

    title: str
    words: str
    draw: Callable
    facts: dict = field(default_factory=dict)


def story(sample, plan):
    """Draw the book as a way in the shape of a U, a station a chapter, each with a small picture.

    sample: the image, 512 pixels. plan: of :func:`unet_edu.arithmetic.plan`, the network of the paper.
    Returns the figure, the same one for a phone, and their facts: ``size``, ``output``, ``parameters`` and ``crops`` (a
    text) of the network; ``slower``, the work of a window for each pixel, as a multiple of U-Net's; ``beside``, how far
    the article's network looks beside a pixel; ``rand_first``, ``rand_last``, V_Rand at the beginning and the end of
    training; ``tiles`` of a whole slice; ``wrong_pixels`` that join two cells, and the V_Rand that they leave,
    ``rand_joined``; ``runs`` of the ablation; ``counted`` nuclei of the last station.
    """
    maps = _maps_of_a_trained_network(sample.image)
    down = [
        _wanted(sample),
        _sliding_window(sample),
        _fully_convolutional(),
        _arithmetic(plan),
        _blocks(plan),
        _skips(plan, maps),
        _reading(plan),
    ]
    up = [  # from below
        _training(),
        _prediction(sample),
        _scoring(sample),
        _ablation(),
        _inside(maps),
        _after(),
        _own_images(),
    ]
    bottom = _thirty_images(sample)
    facts = {"size": plan.size, "output": plan.output_size}
    for station in (*down, *up):
        facts |= station.facts
    return *(_drawn(layout, down, bottom, up) for layout in (WIDE, NARROW)), facts


def _drawn(layout, down, bottom, up):
    """The figure of one layout: the stations of the left side from above, the lowest, those of the right from below."""
    import matplotlib.pyplot as plt

    fig = plt.figure(figsize=(layout.width, layout.top))
    page = fig.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, layout.width), ylim=(0, layout.top))
    page.axis("off")
    _draw_way(page, layout)
    stations = [(layout.left, y, station, DOWN) for y, station in zip(layout.rows, down, strict=True)]
    stations.append((layout.middle, layout.floor, bottom, INK))
    stations += [(layout.right, y, station, UP) for y, station in zip(layout.rows[::-1], up, strict=True)]
    for x, y, station, colour in stations:
        _draw_station(page, layout, x, y, station, colour)
    return fig


PAGES = (
    "00_how_to_use", "01_sliding_window", "02_fcn", "03_arithmetic", "04_blocks", "05_skips", "06_reading",
    "07_augmentation", "08_training", "09_prediction", "10_scoring", "11_ablation", "12_inside", "13_after",
    "14_own_images",
)  # fmt: skip


def doors(fig):
    """Return where the little pictures of `story` lead, as `unet_edu.book.show` takes its links."""
    page, *pictures = fig.axes
    titles = [text.get_text() for text in page.texts if text.get_fontweight() == "bold"]
    return {axes: (f"{to}.html", name) for axes, to, name in zip(pictures, PAGES, titles, strict=True)}


# --- the page ---------------------------------------------------------------------------------------


def _draw_way(page, layout):
    """Draw the way: down, along the bottom, up; between the pictures, since a transparent page would show it there."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    half, last, bend = layout.side / 2, layout.rows[-1], 0.7 * layout.side
    start, end, floor = layout.left + half, layout.right + half, layout.floor + half
    before, after = layout.middle, layout.middle + layout.side
    for x, colour in ((start, DOWN), (end, UP)):
        for above, below in itertools.pairwise(layout.rows):
            page.plot([x, x], [above, below + layout.side], color=colour, lw=3)
    corner = [Path.MOVETO, Path.LINETO, Path.CURVE3, Path.CURVE3, Path.LINETO]
    to_the_floor = [(start, last), (start, floor + bend), (start, floor), (start + bend, floor), (before, floor)]
    from_the_floor = [(after, floor), (end - bend, floor), (end, floor), (end, floor + bend), (end, last)]
    for colour, points in ((DOWN, to_the_floor), (UP, from_the_floor)):
        path, head = Path(points, corner[: len(points)]), "-|>,head_length=7,head_width=4.5"
        page.add_patch(FancyArrowPatch(path=path, arrowstyle=head, mutation_scale=1, lw=3, color=colour))


def _draw_station(page, layout, x, y, station, colour):
    width, top, side = layout.width, layout.top, layout.side
    axes = page.figure.add_axes((x / width, y / top, side / width, side / top), zorder=2, facecolor=PAPER)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=colour, lw=1.6)
    line = 1.44 * layout.title / 72  # of the title
    at, under, to = {
        layout.left: (x + side + layout.gap, y + side - 0.06, "left"),
        layout.middle: (x + side / 2, y + side + 0.25 + line, "center"),
        layout.right: (x - layout.gap, y + side - 0.06, "right"),
    }[x]
    page.text(at, under, station.title, ha=to, va="top", fontsize=layout.title, fontweight="bold")
    told = {"fontsize": layout.words, "color": MUTED, "linespacing": 1.15}
    page.text(at, under - line, station.words, ha=to, va="top", **told)
    station.draw(axes)


def _picture(axes, values, low=None, high=None, cmap="gray"):
    axes.imshow(values, cmap=cmap, vmin=low, vmax=high, interpolation="antialiased")


def _frame(axes, top, left, side, lw=1.4):
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((left - 0.5, top - 0.5), side, side, fill=False, ec=ON_IMAGE_MARK, lw=lw))


def _silhouette(axes, heights):
    """Draw the maps after the 18 convolutions of a network as bars, as high as the maps are large."""
    axes.bar(range(len(heights)), heights, width=0.75, color=[DOWN] * 10 + [UP] * 8)
    axes.set(xlim=(-1, len(heights)), ylim=(0, 1.12 * max(heights)))


def _maps_of_a_trained_network(image):
    """Return the maps of U-Net of base width 8 for the image, mirrored at its border, by their names."""
    import torch

    from unet_edu import checkpoints
    from unet_edu.activations import capture
    from unet_edu.predict import normalisation

    unet = checkpoints.load(example_network())
    mean, std = normalisation(unet)
    tile = np.pad(image, 30, mode="reflect")
    return capture(unet, (torch.tensor(tile)[None, None] - mean) / std)


# --- the stations, in the order of the chapters --------------------------------------------------------


def _wanted(sample):
    image, label = sample.image[DETAIL, DETAIL], sample.label[DETAIL, DETAIL]
    upper = np.add.outer(np.arange(len(image)), np.arange(len(image))) < len(image)

    def draw(axes):
        _picture(axes, np.where(upper, (image - image.min()) / np.ptp(image), label))

    _, inside, between = words(sample)
    return Station("Wanted", f"for every pixel:\n{inside} or {between}?", draw)


def _sliding_window(sample):
    from unet_edu.models import SlidingWindowNet

    slower = 512**2 * SlidingWindowNet().macs_per_window / arithmetic.unet_macs(700)

    def draw(axes):
        _picture(axes, sample.image[DETAIL, DETAIL])
        for step in range(4):
            _frame(axes, 8 + 14 * step, 6 + 18 * step, 95)

    return Station("Sliding window", f"a pass for each pixel:\n{slower:.0f} times the work", draw, {"slower": slower})


def _fully_convolutional():
    from unet_edu import checkpoints
    from unet_edu.predict import predict

    around = slice(DETAIL.start - 80, DETAIL.stop + 80)
    image = membranes().image[around, around]  # there is no such network for nuclei
    coarse = predict(checkpoints.load("fcn32s-isbi"), image, progress=False)[1]

    def draw(axes):
        _picture(axes, coarse[80:-80, 80:-80], 0, 1)

    return Station("Fully convolutional", "one pass, a score\nevery 32 pixels", draw)


def _levels():
    """Return the level of each of the 18 convolutions of a network with four poolings."""
    return [*(number // 2 for number in range(10)), *((17 - number) // 2 for number in range(10, 18))]


def _arithmetic(plan):
    covered = plan.size - 2 * np.cumsum([0, *(2**level for level in _levels())])

    def draw(axes):
        colours = [DOWN] * 11 + [UP] * 8
        axes.barh(range(len(covered)), covered, left=(plan.size - covered) / 2, height=0.72, color=colours)
        axes.set(xlim=(-40, plan.size + 40), ylim=(len(covered), -1))

    return Station("Arithmetic", f"{plan.size} pixels in,\n{plan.output_size} out", draw)


def _blocks(plan):
    parameters = sum(layer.parameters for layer in arithmetic.layer_table(plan.size))
    sizes = [size for level in plan.levels for size in level.down[1:]]
    sizes += [size for level in reversed(plan.levels[:-1]) for size in level.up[1:]]

    def draw(axes):
        _silhouette(axes, sizes)

    return Station("Block by block", f"{parameters:,}\nweights", draw, {"parameters": parameters})


def _skips(plan, maps):
    crops = ", ".join(map(str, reversed(plan.crops)))
    level, skip = plan.levels[2], shared.busiest(maps["skip2.before"])

    def draw(axes):
        _picture(axes, skip, 0, np.percentile(skip, 99))
        _frame(axes, level.crop, level.crop, level.cropped, 1.8)

    return Station("Skips", f"{crops} pixels\ncut from each side", draw, {"crops": crops})


def _reading(plan):
    from unet_edu.models import ArticleUNet
    from unet_edu.registration import registration

    offsets = registration(ArticleUNet(2, base_width=1), plan.size)
    beside = float(np.abs(offsets).max())

    def draw(axes):
        axes.axhline(0, color=GRID, lw=1)
        axes.plot(offsets, color=WRONG, lw=2)
        axes.set(xlim=(-30, plan.size + 30), ylim=(-170, 170))

    told = f"looks like U-Net; looks\n{beside:.0f} pixels beside"
    return Station("Reading code", told, draw, {"beside": beside})


def _thirty_images(sample):
    from unet_edu.data.weightmap import weight_map

    def draw(axes):
        _picture(axes, weight_map(sample.label)[DETAIL, DETAIL], cmap="magma")

    return Station("Thirty images", "bent anew each time, weighed at borders", draw)


def _training():
    from unet_edu import results

    run = results.read("replay")["runs"][0]["frames"]
    first, last = run["v_rand"][0], run["v_rand"][-1]

    def draw(axes):
        axes.plot(np.sqrt(run["steps"]), run["v_rand"], color=UP, lw=2)
        axes.set(ylim=(0, 1.08))

    told = f"V_Rand {first:.2f} to {last:.2f}\nin {run['steps'][-1]:,} steps"
    return Station("Training", told, draw, {"rand_first": first, "rand_last": last})


def _prediction(sample):
    plans = (plan for plan in arithmetic.tile_plan(512) if plan.tiles > 1)
    tiles = min(plans, key=lambda plan: plan.macs)

    def draw(axes):
        _picture(axes, np.pad(sample.image, tiles.pad, mode="reflect"))
        for top, left in tiles.origins():
            _frame(axes, top, left, tiles.tile, 1.2)

    told = f"{tiles.tiles} tiles of {tiles.tile}\npixels, and no seam"
    return Station("Any size", told, draw, {"tiles": tiles.tiles})


def thinnest_wall(label, part: tuple[int, int] = (160, 352), thick: int = 8):
    """Return where a gap of one row would join the largest cells: (row, first column, column after the last).

    label: ``(H, W)``, 1 is cell. Candidates are walls of at most ``thick`` pixels between different cells, in every
    second row of ``part`` and in its columns; where the smaller of the two cells is largest, there is the gap.
    """
    from scipy import ndimage

    low, high = part
    cells = ndimage.label(label)[0]
    area = np.bincount(cells.ravel())
    gaps = []
    for row in range(low, high, 2):
        edges = np.flatnonzero(np.diff(label[row].astype(int)))
        for end, start in zip(edges[:-1], edges[1:], strict=True):
            one, other = cells[row, end], cells[row, start + 1]
            between = low < end < start < high and start - end <= thick
            if one and other and one != other and between:
                gaps.append((min(area[one], area[other]), row, int(end) + 1, int(start) + 1))
    return max(gaps)[1:]


def _scoring(sample):
    from scipy import ndimage

    from unet_edu.metrics import v_rand

    row, first, last = thinnest_wall(sample.label)
    opened = sample.label.copy()
    opened[row, first:last] = 1
    joined = ndimage.label(opened)[0]
    spilt = joined == joined[row, first]
    rand = v_rand(sample.label, opened).score

    def draw(axes):
        orange = (0.98, 0.67, 0.34)
        whole = np.where(spilt[..., None], orange, sample.label[..., None])
        _picture(axes, whole[row - 80 : row + 80, first - 80 : first + 80])

    facts = {"wrong_pixels": last - first, "rand_joined": rand}
    return Station("Scoring", f"{last - first} wrong pixels,\nV_Rand {rand:.2f}", draw, facts)


def _ablation():
    from unet_edu import results
    from unet_edu.experiments.runs import rows, values

    changed = rows(results.read("ablation"))
    means = {name: float(np.mean(values(entries))) for name, entries in changed.items()}
    runs = sum(len(entries) for entries in changed.values())

    def draw(axes):
        axes.plot(list(means.values()), range(len(means)), "o", color=UP, ms=3.2)
        axes.axvline(means["U-Net"], color=MUTED, lw=1, ls=(0, (2, 2)))
        axes.set(ylim=(len(means), -1))
        axes.margins(x=0.12)

    return Station("What each part buys", f"{len(means) - 1} changes,\n{runs} runs", draw, {"runs": runs})


def _inside(maps):
    channels = maps["u1.relu2"].shape[1]

    def draw(axes):
        _picture(axes, shared.busiest(maps["u1.relu2"]), cmap="magma")

    return Station("Looking inside", f"what one of {channels}\nchannels has to say", draw)


def _after():
    def draw(axes):
        _silhouette(axes, [512 // 2**level for level in _levels()])

    return Station("After U-Net", "padded today:\n512 in, 512 out", draw)


def _own_images():
    from unet_edu.figures.instances import SIDE as side
    from unet_edu.figures.instances import measured
    from unet_edu.separation import by_distance

    scene = measured("crowd")
    numbers = by_distance(scene.probability > 127, apart=7)
    counted = int(numbers.max())

    def draw(axes):
        _picture(axes, scene.image)
        shown = np.ma.masked_equal(numbers * 7 % 20, 0)
        axes.imshow(
            shown, cmap="tab20", alpha=0.6, interpolation="nearest", extent=(-0.5, side - 0.5, side - 0.5, -0.5)
        )

    return Station("Your own images", f"from the file to\n{counted} numbered nuclei", draw, {"counted": counted})
