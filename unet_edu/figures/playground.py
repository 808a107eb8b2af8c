"""Playground: a U-Net that learns before the reader's eyes, in the page or on the kernel.

    playground.js ── playground_worker.js ┬ a worker: playground_run.js, learning_simd.js      no kernel
                                          ├ messages: Runs of learner.py                        Playground(device=…)
                                          └ a recording: the run of the poster                  where neither can be

`playground_presets` holds what one click sets, and what may run beside it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import traitlets

from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.figures.learner import Run, Trainer
from unet_edu.figures.playground_pictures import GREYS, KINDS, SIDE, TERMS, W0, pictures
from unet_edu.figures.playground_presets import DEFAULTS, PRESETS, RIVALS

CHOICES = {
    "data": tuple(KINDS), "images": (1, 12), "augment": ("none", "turns", "elastic"), "weighted": (False, True),
    "depth": (0, 1, 2, 3), "width": (2, 4, 8, 12, 16), "padding": (0, 1),
    "start": ("paper", "pytorch", "zero", "large"),
    "dropout": (0.0, 0.25, 0.5), "loss": ("cross-entropy", "dice", "sum", "upside-down"), "optimiser": ("adamw", "sgd"),
    "rate": (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1, 10), "schedule": ("one-cycle", "constant"), "clip": (0, 1),
}  # fmt: skip
SKIPS = ("crop", "resize", "pool", "none")


class Playground(LiveFigure):
    """A U-Net that learns while the reader watches; ``Playground()`` needs no kernel once it stands in a page.

    preset: a key of `playground_presets.PRESETS`. rival: what runs beside it, a key of its `RIVALS`, or "". seed: of
    first weights, tiles and dropout, 0 to 9999. device: None: the page computes; else a torch device's name, "" for the
    best one: where a kernel runs, it computes there. switches: values of `DEFAULTS`, instead of the preset's; each must
    be one of `CHOICES`, skips a list of three kinds of `SKIPS`, steps 1 to 3000. Raises TraitError for anything else.
    """

    scripts = (
        "engine.js", "learning.js", "wasm.js", "kernels.js", "learning_kernels.js", "learning_simd.js", "cells.js",
        "playground_run.js", "playground_worker.js",
    )  # fmt: skip

    kept = (*DEFAULTS, "seed", "preset", "rival", "stage")

    data = traitlets.Enum(CHOICES["data"], DEFAULTS["data"]).tag(sync=True)
    images = traitlets.Enum(CHOICES["images"], DEFAULTS["images"]).tag(sync=True)
    augment = traitlets.Enum(CHOICES["augment"], DEFAULTS["augment"]).tag(sync=True)
    weighted = traitlets.Bool(DEFAULTS["weighted"]).tag(sync=True)
    depth = traitlets.Enum(CHOICES["depth"], DEFAULTS["depth"]).tag(sync=True)
    width = traitlets.Enum(CHOICES["width"], DEFAULTS["width"]).tag(sync=True)
    padding = traitlets.Enum(CHOICES["padding"], DEFAULTS["padding"]).tag(sync=True)
    skips = traitlets.List(traitlets.Enum(SKIPS), DEFAULTS["skips"], minlen=3, maxlen=3).tag(sync=True)
    start = traitlets.Enum(CHOICES["start"], DEFAULTS["start"]).tag(sync=True)
    dropout = traitlets.Enum(CHOICES["dropout"], DEFAULTS["dropout"]).tag(sync=True)
    loss = traitlets.Enum(CHOICES["loss"], DEFAULTS["loss"]).tag(sync=True)
    optimiser = traitlets.Enum(CHOICES["optimiser"], DEFAULTS["optimiser"]).tag(sync=True)
    rate = traitlets.Enum(CHOICES["rate"], DEFAULTS["rate"]).tag(sync=True)
    schedule = traitlets.Enum(CHOICES["schedule"], DEFAULTS["schedule"]).tag(sync=True)
    clip = traitlets.Enum(CHOICES["clip"], DEFAULTS["clip"]).tag(sync=True)
    steps = integer(DEFAULTS["steps"], (1, 3000))
    seed = integer(1, (0, 9999))
    preset = traitlets.Enum(("", *PRESETS), "works").tag(sync=True)
    rival = traitlets.Enum(("", *RIVALS), "").tag(sync=True)
    bet = traitlets.Enum(("", "first", "second", "even"), "").tag(sync=True)
    stage = traitlets.Unicode().tag(sync=True)  # whose maps are shown; "" is the last one
    device = traitlets.Unicode(allow_none=True, default_value=None).tag(sync=True)
    defaults = traitlets.Dict(DEFAULTS).tag(sync=True)
    presets = traitlets.Dict(PRESETS).tag(sync=True)
    rivals = traitlets.Dict(RIVALS).tag(sync=True)
    scales = traitlets.Dict({"side": SIDE, "greys": GREYS, "terms": W0 / TERMS}).tag(sync=True)
    nuclei = traitlets.Bytes().tag(sync=True)
    tissue = traitlets.Bytes().tag(sync=True)
    record = traitlets.Dict().tag(sync=True)  # config, losses, rates, looks of `recorded`: played without an engine
    frames = traitlets.Bytes().tag(sync=True)  # its pictures: uint8 (looks, 128, 128), 0 to SHADES
    caption = traitlets.Unicode(
        "A U-Net that learns, from its first step, in this page. White is what it takes for a cell, in a picture that "
        "it is never trained on. Switch something off and play again."
    ).tag(sync=True)

    def __init__(self, preset="works", rival="", seed=1, device=None, **switches):
        if preset not in PRESETS:
            raise traitlets.TraitError(f"preset must be one of {', '.join(map(repr, PRESETS))}, not {preset!r}")
        packed = {kind: pictures(kind).packed() for kind in KINDS}
        more = DEFAULTS | PRESETS[preset]["changes"] | switches
        shown = "" if set(switches) & set(DEFAULTS) else preset
        super().__init__(preset=shown, rival=rival, seed=seed, device=device, **more, **packed)
        self.trainer = Trainer(device)

    def config(self):
        """Return the switches as a dict, as `learner.Run` and makeRun of playground_run.js take them."""
        values = {key: getattr(self, key) for key in (*DEFAULTS, "seed")}
        decay = 0.01 if self.optimiser == "adamw" else 0.0
        return values | {
            "skips": self.skips[: self.depth], "clip": self.clip or None, "momentum": 0.9, "decay": decay,
        }  # fmt: skip

    def _answer(self, widget, content, buffers):
        super()._answer(widget, content, buffers)
        if content.get("type") == "train":
            reply, arrays = self.trainer.answer(content)
            self.send(reply, arrays)

    def poster(self):
        """Draw what a run of this config comes to in PyTorch: the picture, three predictions, loss and V_Rand.

        The run is kept in `record` and `frames`: the page plays it where the browser cannot compute.
        """
        import matplotlib.pyplot as plt

        looks, steps = recorded(repr(self.config()))
        shades = np.stack([np.round(look["probability"] * SHADES) for look in looks]).astype(np.uint8)
        self.record = {
            "config": self.config(), "shades": SHADES,
            "losses": [finite(step["loss"], 4) for step in steps], "rates": [finite(step["rate"], 4) for step in steps],
            "looks": [{key: finite(look[key], 4) for key in look if key != "probability"} for look in looks],
        }  # fmt: skip
        self.frames = pack(shades)
        frames = [look for look in looks if look["step"] in POSTER_STEPS]
        losses = [step["loss"] for step in steps]
        sample = pictures(self.data)
        fig = plt.figure(figsize=(9, 4.2), layout="constrained")
        top, bottom = fig.subfigures(2, 1, height_ratios=[1.25, 1])
        first, *rest = top.subplots(1, len(frames) + 1)
        first.imshow(sample.images[-1], cmap="gray")
        first.contour(sample.instances[-1] > 0, [0.5], colors="orange", linewidths=0.7)
        first.set_title("unseen picture", fontsize=9)
        for panel, look in zip(rest, frames, strict=True):
            panel.imshow(look["probability"], cmap="gray", vmin=0, vmax=1)
            panel.set_title(f"step {look['step']}: V_Rand {look['vRand']:.2f}", fontsize=9)
        for panel in (first, *rest):
            panel.axis("off")
        axes = bottom.subplots()
        axes.plot(range(1, len(losses) + 1), losses, linewidth=1)
        axes.set(xlabel="steps", ylabel="loss", xlim=(0, len(losses)))
        end = frames[-1]
        when = ", ".join(str(look["step"]) for look in frames)
        alt = (
            f"A U-Net of depth {self.depth} and width {self.width} while it learns. Beside a picture that it is not "
            f"trained on, its prediction after {when} steps. In the end V_Rand is {end['vRand']:.3f}, "
            f"{100 * end['wrong']:.1f} % of the pixels are wrong, and the loss of the last step is {losses[-1]:.3g}."
        )
        return fig, alt


STEPS, BETWEEN = 60, 5  # of the run of a poster: it is made wherever a figure is shown, in seconds
POSTER_STEPS = (0, 15, STEPS)
SHADES = 15  # white


def finite(number, digits):
    """Return a number with so many digits, or None where it is not finite: JSON knows no NaN."""
    return float(f"{number:.{digits}g}") if np.isfinite(number) else None


@cache
def recorded(config):
    """Return (looks of `Run` every few steps, its steps) of a config, given as its repr: a string can be cached.

    A run whose loss is no number ends there.
    """
    import ast

    run = Run(ast.literal_eval(config) | {"steps": STEPS}, "cpu")
    looks, steps = [run.look()], []
    while run.done < STEPS and (not steps or np.isfinite(steps[-1]["loss"])):
        steps.append(run.step())
        if run.done % BETWEEN == 0:
            looks.append(run.look())
    if looks[-1]["step"] < run.done:
        looks.append(run.look())
    return looks, steps
