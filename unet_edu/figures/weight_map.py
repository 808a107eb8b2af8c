"""The weight map of the paper on cells that nearly touch: how much each pixel counts in the loss, and why.

    cell │ b a c k g r o u n d │ cell      w = w_c + w0 · exp(−(d1 + d2)² / 2σ²)
         ◄─ d1 ─► x ◄─── d2 ───►           equation (2) of Ronneberger et al. (2015)

The script measures both distances in the page, exactly, and a test holds its map against `unet_edu.data.weightmap`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import traitlets

from unet_edu.data import cells, nuclei
from unet_edu.data.weightmap import cells_of, parted, weight_map
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.greys import grey_of

SIDE = 128  # pixels of every scene
SCENES = (
    "discs",
    "gap",
    "three",
    "one",
    "tissue",
    "dish",
    "nuclei",
    "stained",
)  # the script draws the first, whose gap may change
IMAGES = ("tissue", "dish", "nuclei", "stained")  # scenes that have an image
NUCLEI = {"nuclei": ("fluorescence", 7, 144, 128), "stained": ("stained", 10, 32, 0)}  # group, number, top, left
RADII = (28, 22)  # of the two discs
LIMITS = {"gap": (0, 24), "w0": (0, 15), "sigma": (1, 15), "x": (0, SIDE - 1), "y": (0, SIDE - 1)}
START = {"discs": (70, 60), "gap": (61, 40), "three": (63, 63), "one": (30, 40), "tissue": (65, 63), "dish": (70, 50)}
START |= {"nuclei": (66, 79), "stained": (69, 40)}
TOP = 12  # the weight of the brightest colour


class WeightMap(LiveFigure):
    """Point at a pixel and see d1, d2 and the formula of its weight; change w0, σ and the class balance.

    scene: "discs" (two discs, `gap` pixels apart), "gap" (one that widens), "three" cells meeting, "one" cell alone,
    drawn "tissue" or a drawn "dish" of round cells, real "nuclei" that touch, or "stained" ones; 128 × 128 pixels each.
    The labels of the nuclei are `parted`: a gap of two pixels where they touch.
    gap: 0 to 24 pixels of background between the discs. w0: 0 to 15. sigma: 1 to 15 pixels. balance: whether both
    classes count the same. x, y: the pixel that is pointed at. show: "weights" or "cells". tool: what the pointer does,
    "look", or draw "cell" or "background". drawn: what was drawn, 2·(128·y + x) + 1 for each pixel made cell, without
    the 1 for background, in order.
    Raises TraitError for anything else.
    """

    scripts = ("distances.js",)
    colour_maps = ("magma",)

    kept = ("scene", "gap", "w0", "sigma", "balance", "x", "y", "show", "tool", "drawn")

    scene = traitlets.Enum(SCENES, "discs").tag(sync=True)
    gap = integer(3, LIMITS["gap"])
    w0 = integer(10, LIMITS["w0"])
    sigma = integer(5, LIMITS["sigma"])
    balance = traitlets.Bool(True).tag(sync=True)
    x = integer(0, LIMITS["x"])
    y = integer(0, LIMITS["y"])
    show = traitlets.Enum(("weights", "cells"), "weights").tag(sync=True)
    tool = traitlets.Enum(("look", "cell", "background"), "look").tag(sync=True)
    drawn = traitlets.List(traitlets.Int()).tag(sync=True)
    labels = traitlets.Bytes().tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)
    caption = traitlets.Unicode(
        "How much each pixel counts in the loss of the paper. Between two cells the weight rises as the gap narrows; "
        "the two lines are the distances to the nearest and to the second nearest cell."
    ).tag(sync=True)

    def __init__(self, scene="discs", gap=3, w0=10, sigma=5, balance=True, **more):
        packed = {"labels": _packed(SCENES), "images": _packed(IMAGES)}
        place = dict(zip("xy", START.get(scene, (0, 0)), strict=True))  # where there is something to see
        values = {"scene": scene, "gap": gap, "w0": w0, "sigma": sigma, "balance": balance}
        super().__init__(**values, **packed, **(place | more))

    def legal_values(self):
        """Return the rules of `LiveFigure.legal_values`; what is drawn are codes of pixels of the map."""
        drawn = super().legal_values()["drawn"] | {"each": {"least": 0, "most": 2 * SIDE**2 - 1}}
        return super().legal_values() | {"drawn": drawn}

    @traitlets.validate("drawn")
    def _on_the_map(self, proposal):
        wrong = [code for code in proposal.value if not 0 <= code < 2 * SIDE**2]
        if wrong:
            raise traitlets.TraitError(f"what is drawn must be codes 0 to {2 * SIDE**2 - 1}, not {wrong[0]}")
        return proposal.value

    @property
    def label(self):
        """The label of the scene, with what was drawn: uint8 (128, 128), 1 = cell."""
        label = (discs(self.gap) if self.scene == "discs" else _scene(self.scene)[0]).copy()
        for code in self.drawn:
            label.flat[code // 2] = code % 2
        return label

    @property
    def weights(self):
        """What the figure shows: float32 (128, 128)."""
        return weight_map(self.label, self.w0, self.sigma, self.balance)

    def poster(self):
        """Draw the map, and a table of its numbers at the pixel that is pointed at."""
        weights, ends = self.weights, nearest_two(self.label, self.x, self.y)
        instances = cells_of(self.label)
        count = int(instances.max())
        alt = (
            f"Heat map of the weights of {SIDE} × {SIDE} pixels with {count} cell{'s' * (count != 1)}, w0 = {self.w0} "
            f"and σ = {self.sigma} pixels. The weights reach from {weights.min():.2f} to {weights.max():.2f}. "
        )
        if instances[self.y, self.x]:
            alt += f"The marked pixel lies in a cell: its weight is {weights[self.y, self.x]:.2f}, its class's."
        elif len(ends) < 2:
            alt += "There are no two cells to lie between: the weights are those of the classes alone."
        else:
            d1, d2 = (distance for _, distance in ends)
            alt += (
                f"From the marked pixel it is {d1:.2f} pixels to the nearest cell and {d2:.2f} to the second nearest: "
                f"its weight is {weights[self.y, self.x]:.2f}."
            )
        return _draw(self.label, weights, (self.x, self.y), [end for end, _ in ends]), alt


def discs(gap):
    """Draw two discs with `gap` pixels of background between them: uint8 (128, 128)."""
    y, x = np.mgrid[:SIDE, :SIDE]
    apart = sum(RADII) + 1 + gap
    left = 41 - gap // 2
    label = np.zeros((SIDE, SIDE), np.uint8)
    for centre, radius in zip((left, left + apart), RADII, strict=True):
        label[(x - centre) ** 2 + (y - SIDE // 2) ** 2 <= radius**2] = 1
    return label


def nearest_two(label, x, y):
    """Return ((x, y), distance) of the nearest pixel of the nearest cell and of the second nearest, where there are."""
    instances = cells_of(label)
    rows, columns = np.nonzero(instances)
    squares = (rows - y) ** 2 + (columns - x) ** 2
    found = {}
    for at in np.argsort(squares, kind="stable"):
        found.setdefault(
            instances[rows[at], columns[at]], ((int(columns[at]), int(rows[at])), float(squares[at] ** 0.5))
        )
        if len(found) == 2:
            break
    return list(found.values())


@cache
def _scene(name):
    """Label uint8 (128, 128) and image float32 (128, 128), or None, of a scene; not of the discs."""
    y, x = np.mgrid[:SIDE, :SIDE]
    if name == "tissue":
        sample = cells.tissue(SIDE, seed=6)
        return sample.label, sample.image
    if name == "dish":
        sample = cells.round_cells(SIDE, seed=9)
        return sample.label, sample.image
    if name in NUCLEI:
        group, number, top, left = NUCLEI[name]
        (sample,) = nuclei.load(group, "train", whole=False, numbers=[number])
        part = np.s_[..., top : top + SIDE, left : left + SIDE]
        grey = grey_of(sample.image[part])
        return (parted(sample.instances)[part] > 0).astype(np.uint8), grey / grey.max()
    if name == "gap":
        left = np.round(56 + 5 * np.sin(y / 15))
        return ((x < left) | (x > left + y // 6)).astype(np.uint8), None
    across, down = x - 63.5, y - 63.5
    angle, radius = np.arctan2(down, across), np.hypot(across, down)
    if name == "one":
        return (radius < 30 + 5 * np.sin(3 * angle) + 2 * np.sin(5 * angle + 1)).astype(np.uint8), None
    label = radius < 56 + 3 * np.sin(4 * angle + 0.6)
    for turn in (-90, 30, 150):  # degrees: the gaps between three cells
        ahead, aside = (across * np.cos(a) + down * np.sin(a) for a in np.radians((turn, turn + 90)))
        label &= (ahead < 0) | (abs(aside + 3 * np.sin(ahead / 12)) > 1.5)
    return label.astype(np.uint8), None


@cache
def _packed(names):
    """The labels of all scenes, or the images of those that have one (0 … 255), packed one after the other."""
    if names == IMAGES:
        return pack(np.stack([np.round(255 * _scene(name)[1]).astype(np.uint8) for name in names]))
    return pack(np.stack([np.zeros((SIDE, SIDE), np.uint8), *(_scene(name)[0] for name in names[1:])]))


def _draw(label, weights, place, ends):
    """The weights as heat map with the lines from `place` to `ends`, a matplotlib figure."""
    import matplotlib.pyplot as plt
    from matplotlib.patheffects import withStroke

    from unet_edu.plots.style import ON_IMAGE, ON_IMAGE_MARK

    fig, axes = plt.subplots(figsize=(5.6, 4.6))
    shown = axes.imshow(weights, cmap="magma", vmin=0, vmax=TOP)
    axes.contour(label, [0.5], colors=[ON_IMAGE], linewidths=0.8)
    dark = [withStroke(linewidth=4, foreground="#1b1020")]
    for number, (end, style) in enumerate(zip(ends, ("-", (0, (2.5, 1.5))), strict=False), start=1):
        axes.plot(*zip(place, end, strict=True), color=ON_IMAGE_MARK, lw=2, ls=style, path_effects=dark)
        axes.annotate(f"$d_{number}$", end, (4, 6), textcoords="offset points", color=ON_IMAGE_MARK, path_effects=dark)
    axes.plot(*place, "o", ms=6, mfc="none", mec=ON_IMAGE, path_effects=dark)
    axes.axis("off")
    fig.colorbar(shown, ax=axes, label="weight of a pixel", shrink=0.9)
    return fig
