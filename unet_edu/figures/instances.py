"""From a network's probability to nuclei with numbers: pieces of the mask, and pieces cut at their waists.

    probability ──► threshold ──┬─► pieces that hang together        nuclei that touch are one
                                └─► distance ──► seeds ──► watershed      cut at the waist, perhaps once too often

A trained network's probabilities come with the figure. What is made of them is computed in the page, as
`unet_edu.separation` does it, and counted as `unet_edu.metrics.instances` counts; a test holds the two together.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import traitlets

from unet_edu import checkpoints
from unet_edu.data import nuclei
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.greys import grey_of
from unet_edu.metrics import instances
from unet_edu.predict import predict
from unet_edu.separation import by_distance, components

SIDE = 160  # pixels of every scene
NETWORK = "unet8-nuclei"
SCENES = {  # group, number of the validation image, top, left
    "nuclei": ("fluorescence", 7, 352, 0),
    "crowd": ("fluorescence", 5, 192, 0),
    "stained": ("stained", 3, 80, 0),
}
LIMITS = {"threshold": (5, 95), "apart": (1, 20)}


class Instances(LiveFigure):
    """Cut a probability at a threshold, part what touches, and count which nuclei were merged and which were split.

    scene: bright "nuclei", a "crowd" of them, or "stained" ones; validation images, which the network did not learn.
    threshold: percent from which a pixel is inside, 5 to 95. apart: pixels between two seeds of the watershed, 1 to 20.
    show: "verdict", the colour of a segment says whether it is right; or "numbers", each has a colour of its own.
    Raises TraitError for anything else.
    """

    scripts = ("cells.js", "distances.js", "separation.js")

    kept = ("scene", "threshold", "apart", "show")

    scene = traitlets.Enum(tuple(SCENES), "nuclei").tag(sync=True)
    threshold = integer(50, LIMITS["threshold"])
    apart = integer(5, LIMITS["apart"])
    show = traitlets.Enum(("verdict", "numbers"), "verdict").tag(sync=True)
    maps = traitlets.Bytes().tag(sync=True)
    caption = traitlets.Unicode(
        "Real nuclei and what a trained network makes of them. First: pieces of the mask that hang together. Second: "
        "the same mask, flooded from seeds (dots) until the floods meet. White lines: the nuclei as a person drew them."
    ).tag(sync=True)

    def __init__(self, scene="nuclei", **more):
        super().__init__(scene=scene, maps=packed(), **more)

    @property
    def segments(self):
        """Return what the figure counts: {"pieces": int32 (160, 160), "watershed": the same}."""
        inside = measured(self.scene).probability >= 2.55 * self.threshold
        return {"pieces": components(inside), "watershed": by_distance(inside, apart=self.apart)}

    def poster(self):
        """Draw the image and both divisions of it, with what is merged and what is split."""
        import matplotlib.pyplot as plt

        from unet_edu.plots.style import ON_IMAGE

        image, _, truth = measured(self.scene)
        fig, axes = plt.subplots(1, 3, figsize=(9.6, 3.5))
        told = []
        for panel, (name, found) in zip(axes, {"image": None, **self.segments}.items(), strict=True):
            panel.imshow(image, cmap="gray", vmin=0, vmax=255)
            panel.contour(truth > 0, [0.5], colors=[ON_IMAGE], linewidths=0.7)
            title = f"{len(np.unique(truth)) - 1} nuclei"
            if found is not None:
                errors, f1 = instances.merged_and_split(truth, found), instances.match(truth, found).f1
                panel.imshow(np.ma.masked_equal(found * 7 % 20, 0), cmap="tab20", alpha=0.6, interpolation="nearest")
                title = f"{name}: {errors.merged} merged, {errors.split} split"
                told.append(
                    f"{name}: {found.max()} segments, {errors.merged} merged, {errors.split} split, F1 {f1:.2f}"
                )
            panel.set_title(title, fontsize=10)
            panel.axis("off")
        alt = (
            f"A micrograph of {len(np.unique(truth)) - 1} nuclei, and two ways to number what a network calls inside "
            f"from {self.threshold} percent on. {'; '.join(told)}; seeds are at least {self.apart} pixels apart."
        )
        return fig, alt


class Measured(NamedTuple):
    """A scene: image uint8, probability uint8 (255 = 1) and true numbers uint8, each (160, 160)."""

    image: np.ndarray
    probability: np.ndarray
    truth: np.ndarray


@cache
def measured(scene):
    """Return the ``Measured`` of a scene; the network runs once over the whole crop that comes with the package."""
    group, number, top, left = SCENES[scene]
    (sample,) = nuclei.load(group, "validation", whole=False, numbers=[number])
    part = np.s_[top : top + SIDE, left : left + SIDE]
    grey = grey_of(sample.image)
    stretched = nuclei.stretched(grey)
    probability = predict(checkpoints.load(NETWORK), stretched, progress=False)[1]
    numbers = np.unique(sample.instances[part], return_inverse=True)[1].reshape(SIDE, SIDE)
    if sample.instances[part].min():
        numbers += 1
    bytes_of = [np.round(255 * one[part]).astype(np.uint8) for one in (stretched, probability)]
    return Measured(*bytes_of, numbers.astype(np.uint8))


@cache
def packed():
    """Return image, probability and truth of every scene, packed one after the other."""
    return pack(np.stack([plane for scene in SCENES for plane in measured(scene)]))
