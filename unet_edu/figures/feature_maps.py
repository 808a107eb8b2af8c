"""Look inside a U-Net while it works: every map, every filter, and what the prediction loses without them.

    image ─▶ window of 268 px ─▶ the network, in the page or on the kernel ─▶ 84 px of prediction
                                        │
                                 every stage ─▶ every channel ─▶ the filters that feed it

Without a kernel the page runs a shipped network itself (`sources.js`); with one, `stages.py` runs any network.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import traitlets

from unet_edu import checkpoints
from unet_edu.arithmetic import check_size
from unet_edu.data import cells, nuclei
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.greys import grey_of

SIDE, SEED = 420, 3  # of the drawn tissue that is there at first
WINDOW = 268  # what the network of the page sees at once: legal, and 84 pixels come out
SAMPLE = 300  # pixels a side of the nuclei that a reader can choose instead
SAMPLES = {"nuclei": ("fluorescence", 5), "stained": ("stained", 3)}  # group, number: of validation
TRAINED = {  # what the shipped networks that run in a page were trained on
    "unet8-cells": "trained on drawn tissue",
    "unet8-isbi": "trained on the slices of ISBI 2012",
    "unet8-nuclei": "trained on real nuclei",
}
SMALLEST, LARGEST = 16, 1100  # window, with a kernel
ON_POSTER = ("d0.relu2", "d2.relu2", "d4.relu2", "u2.relu2", "u0.relu2")  # on the poster


def _bytes(value, widget):
    """Return what the front end sends, a memoryview, as bytes."""
    return bytes(value)


class FeatureMaps(LiveFigure):
    """Choose a stage and a channel of a U-Net; switch parts off; cover a part of the image; put in your own image.

    model: an `nn.Module` in eval mode that takes (1, 1, H, W); it needs a kernel, and runs there. None: the shipped
    network `weights`, one of `TRAINED`, which runs in the page where there is no kernel.
    image: (H, W), grey values in [0, 1], at least `size` pixels a side; None: drawn tissue, whose labels are known.
        "nuclei" or "stained": real nuclei, 300 × 300 pixels. A reader can choose them in the page as well, unless an
            array is given here: they would make the page heavier.
    size: side of the window that the network sees, in pixels; for U-Nets a legal one. x, y: its upper left corner, in
    the middle of the image unless given.
    stage, channel: what is shown large. off: what is off, "skip2", a stage "d3.relu2", a channel "d3.relu2:17".
    cover: [x, y, side] in the window, a square of it that is covered with its mean; [] for none.
    pixel: [x, y] of the pixel of that channel which is written out; [] for the middle one.
    show: how the prediction is drawn, "membranes", "probability" or "changes". view: of what, "window" or "whole".
    zoom: how many times the whole picture is enlarged, 1, 2, 4, 8 or 16. curtain: where before ends and now begins,
    in percent. bet: a skip. sample: which picture is in. invert: black becomes white. contrast: whether a reader's own
    picture is spread from its 0.5th to its 99.5th percentile.
    Raises ValueError for another image, SizeError for a size that is not legal for the shipped network, TraitError for
    anything else out of range.
    """

    scripts = (
        "engine.js",
        "wasm.js",
        "kernels.js",
        "unet_simd.js",
        "network_worker.js",
        "sources.js",
        "arithmetic.js",
        "wiring.js",
        "cells.js",
        "worker.js",
        "png.js",
        "feature_maps_file.js",
        "feature_maps_image.js",
        "feature_maps_run.js",
        "feature_maps_answer.js",
        "feature_maps_bet.js",
        "feature_maps_whole.js",
        "feature_maps_u.js",
        "feature_maps_channels.js",
        "feature_maps_pixel.js",
    )
    colour_maps = ("RdBu_r",)

    kept = (
        "weights",
        "sample",
        "x",
        "y",
        "stage",
        "channel",
        "pixel",
        "off",
        "cover",
        "tool",
        "show",
        "view",
        "zoom",
        "curtain",
        "bet",
        "invert",
        "contrast",
    )

    weights = traitlets.Enum(tuple(TRAINED), "unet8-cells").tag(sync=True)
    trained = traitlets.Dict(TRAINED).tag(sync=True)
    network = traitlets.Unicode().tag(sync=True)
    image = traitlets.Bytes().tag(sync=True, from_json=_bytes)
    truth = traitlets.Bytes().tag(sync=True, from_json=_bytes)
    nuclei = traitlets.Bytes().tag(sync=True)
    stained = traitlets.Bytes().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    size = integer(WINDOW, (SMALLEST, LARGEST))
    x = traitlets.Int(min=0).tag(sync=True)
    y = traitlets.Int(min=0).tag(sync=True)
    stage = traitlets.Unicode("d1.relu2").tag(sync=True)
    channel = traitlets.Int(0, min=0).tag(sync=True)
    pixel = traitlets.List(traitlets.Int(min=0)).tag(sync=True)
    off = traitlets.List(traitlets.Unicode()).tag(sync=True)
    cover = traitlets.List(traitlets.Int()).tag(sync=True)
    tool = traitlets.Enum(("window", "cover"), "window").tag(sync=True)
    show = traitlets.Enum(("membranes", "probability", "changes"), "membranes").tag(sync=True)
    view = traitlets.Enum(("window", "whole"), "window").tag(sync=True)
    zoom = integer(1, (1, 16))
    curtain = integer(50, (0, 100))
    bet = traitlets.Unicode().tag(sync=True)
    sample = traitlets.Enum(("first", "own", *SAMPLES), "first").tag(sync=True)
    invert = traitlets.Bool(False).tag(sync=True)
    contrast = traitlets.Bool(True).tag(sync=True)
    caption = traitlets.Unicode(
        "Inside a trained U-Net. Every box is a map of the network, every tile of the large panel one of its channels. "
        "Blue is the contracting path, green the expansive path, orange what the skip connections carry across."
    ).tag(sync=True)

    def __init__(self, model=None, image=None, weights="unet8-cells", **more):
        self._model, self._network = model, None
        size, given = more.get("size", WINDOW), image is not None and not isinstance(image, str)
        if model is None:
            check_size(size)
        if image is None:
            sample = _tissue(max(SIDE, size))
            image, truth = sample.image, pack(sample.label)
        else:
            image, truth = checked(sample_image(image) if isinstance(image, str) else image, size), b""
        height, width = image.shape
        values = {"image": _grey(image), "truth": truth, "height": height, "width": width}
        values |= {"x": max(width - size, 0) // 2, "y": max(height - size, 0) // 2}
        words = type(model).__name__ if model is not None else f"U-Net of base width 8, {TRAINED.get(weights)}"
        samples = {name: _grey(sample_image(name)) for name in SAMPLES} if not given else {}
        super().__init__(weights=weights, network=words, **samples, **(values | more))

    def legal_values(self):
        """Return the rules of `LiveFigure.legal_values`; a reader's own picture is in no link."""
        rules = {"sample": {"of": ["first", *SAMPLES]}, "zoom": {"of": [1, 2, 4, 8, 16]}}
        for key, count in {"cover": 3, "pixel": 2}.items():
            each = {"least": 0, "most": LARGEST * 4}
            rules[key] = {"any": [{"each": each, "least": some, "most": some} for some in (0, count)]}
        return super().legal_values() | rules

    @traitlets.observe("weights")
    def _other_weights(self, change):
        if getattr(self, "_model", None) is None:
            self._network = None

    @traitlets.validate("cover")
    def _a_square(self, proposal):
        if len(proposal.value) not in (0, 3) or min(proposal.value, default=0) < 0:
            raise traitlets.TraitError(f"cover must be [] or [x, y, side], none below 0, not {proposal.value}")
        return proposal.value

    @property
    def staged(self):
        """The network as the kernel runs it, a `StagedNetwork`, made at its first use."""
        from unet_edu.figures.stages import StagedNetwork

        if self._network is None:
            self._network = StagedNetwork(checkpoints.load(self.weights) if self._model is None else self._model)
        return self._network

    def _answer(self, widget, content, buffers):
        if content.get("type") in ("run", "map", "patch", "thumbnails", "filters"):
            answer, arrays = self.staged.answer(content, buffers)
            self.send(answer, arrays)
        else:
            super()._answer(widget, content, buffers)

    @property
    def seen(self):
        """What the network sees: the window of the image, covered where it is covered, float32 (size, size)."""
        import zlib

        greys = np.frombuffer(zlib.decompress(self.image), np.uint8).reshape(self.height, self.width)
        greys = 255 - greys if self.invert else greys
        window = greys[self.y : self.y + self.size, self.x : self.x + self.size] / np.float32(255)
        if self.cover:
            x, y, side = self.cover
            window[y : y + side, x : x + side] = window.mean()
        return window

    def poster(self):
        """Draw the window, some maps on the way, and the prediction."""
        network = self.staged
        stages, _ = network.run(self.seen, self.off)
        names = [name for name in ON_POSTER if name in network.maps] or [stages[len(stages) // 2][0]]
        pictures = [self.seen]
        titles = [f"input, {self.size} px"]
        for name in names:
            greys, _, busiest = network.thumbnails(name, LARGEST)
            pictures.append(greys[busiest])
            titles.append(f"{name}, {greys.shape[-1]} px")
        output = network.map("output", -1)
        off = f" Switched off: {', '.join(self.off)}." if self.off else ""
        alt = (
            f"{self.network}: a window of {self.size} × {self.size} pixels, one channel each of the stages "
            f"{', '.join(names)}, and the prediction of {output.shape[0]} × {output.shape[1]} pixels, of which the "
            f"network calls {(output >= 0.5).mean():.0%} cell.{off}"
        )
        return _draw([*pictures, output], [*titles, f"cell? {output.shape[-1]} px"]), alt


def checked(image, size):
    """Return the image as float32 (H, W) in [0, 1]; raise ValueError where it is none, or smaller than the window."""
    image = np.asarray(image, dtype=np.float32)
    if image.ndim != 2:
        raise ValueError(f"the image must be grey, of shape (H, W), not {image.shape}")
    if not np.isfinite(image).all() or image.min() < 0 or image.max() > 1:
        raise ValueError(f"grey values must lie in 0 to 1, not in {image.min():g} to {image.max():g}; divide by 255?")
    if min(image.shape) < size:
        raise ValueError(f"the image has {image.shape[0]} × {image.shape[1]} pixels; each side needs at least {size}")
    return image


@cache
def sample_image(name):
    """Return real nuclei, grey, float32 (300, 300) in [0, 1]: "nuclei" in fluorescence, or "stained" ones.

    No shipped network was trained on them. Stretched from black to white; the stained crop, 256 pixels a side, is
    mirrored at its border. Raises ValueError for another name.
    """
    if name not in SAMPLES:
        raise ValueError(f"there is no image {name!r}; take {' or '.join(map(repr, SAMPLES))}, or an array (H, W)")
    group, number = SAMPLES[name]
    (sample,) = nuclei.load(group, "validation", whole=False, numbers=[number])
    grey = grey_of(sample.image)[:SAMPLE, :SAMPLE]
    before = [(SAMPLE - side) // 2 for side in grey.shape]
    sides = [(start, SAMPLE - side - start) for start, side in zip(before, grey.shape, strict=True)]
    low, high = np.percentile(grey, (0.5, 99.5))
    return np.pad(np.clip((grey - low) / (high - low), 0, 1), sides, mode="reflect").astype(np.float32)


@cache
def _tissue(side):
    return cells.tissue(side, seed=SEED)


def _grey(image):
    """Return an image (H, W) in [0, 1] as packed bytes."""
    return pack(np.round(255 * np.asarray(image)).astype(np.uint8))


def _draw(pictures, titles):
    import matplotlib.pyplot as plt

    columns = (len(pictures) + 1) // 2
    fig, axes = plt.subplots(2, columns, figsize=(1.9 * columns, 4.4))
    for panel, picture, title in zip(axes.flat, pictures, titles, strict=False):
        panel.imshow(picture, cmap="gray")
        panel.set_title(title, fontsize=9)
    for panel in axes.flat:
        panel.axis("off")
    fig.tight_layout()
    return fig
