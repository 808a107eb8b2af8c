"""TrainingReplay: a recorded training run, step by step: what the network predicts, the loss, the scores.

    experiments/replay.py ─▶ unet_edu/records/replay-cpu.json ─▶ pack_record ─▶ traits: pictures, curves, scores

Nothing is computed here: a frame and its scores come from the record.
"""

from __future__ import annotations

from functools import cache
from math import inf
from typing import NamedTuple

import numpy as np
import traitlets

from unet_edu.experiments.replay import TOP, unpacked, watched
from unet_edu.experiments.runs import rows
from unet_edu.figures.base import LiveFigure, pack
from unet_edu.metrics import regions
from unet_edu.plots.style import DOWN, SKIP
from unet_edu.results import read
from unet_edu.training.recipe import Recipe, learning_rate

KEPT = ("steps", "v_rand", "best", "share_of_wrong_pixels")  # of each frame


class TrainingReplay(LiveFigure):
    """A prediction while the network learns, with loss and scores beside it. ``TrainingReplay()`` shows our own runs.

    run: a row of the record; None: the first. frame: 0 (before the first step) and up, a short run's last for all
    beyond it; None: in a page it opens before the first step and plays, once, when it is seen.
    show: "probability", "cells" or "mistakes".
    record: what ``python -m unet_edu.experiments.replay --output FILE`` wrote, as ``json.load`` reads it; None: the one
    that comes with the package. Raises TraitError for anything else.
    """

    scripts = ("cells.js",)
    kept = ("run", "frame", "show")

    run = traitlets.Unicode().tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    plays = traitlets.Bool(False).tag(sync=True)
    show = traitlets.Enum(("probability", "cells", "mistakes"), "probability").tag(sync=True)
    maps = traitlets.Bytes().tag(sync=True)
    frames = traitlets.Bytes().tag(sync=True)
    curves = traitlets.Bytes().tag(sync=True)
    facts = traitlets.Dict().tag(sync=True)
    caption = traitlets.Unicode(
        "A U-Net while it learns, seen on an image that it is not trained on. Drag over the pictures and curves, or "
        "let it play. V_Rand is that of this image, at the moment's own best threshold."
    ).tag(sync=True)

    def __init__(self, run=None, frame=None, *, record=None, **more):
        state = shipped() if record is None else pack_record(record)
        last = max(len(facts["steps"]) for facts in state.facts.values()) - 1
        super().__init__(facts=state.facts, maps=state.maps, frames=state.frames, curves=state.curves, **more)
        self.pictures = state.pictures
        self.run = next(iter(self.facts)) if run is None else run
        self.frame = last if frame is None else frame  # the poster shows how it ends
        self.plays = frame is None

    def legal_values(self):
        """Return the rules of `LiveFigure.legal_values`; the runs and frames are those that there are."""
        most = max((len(facts["steps"]) for facts in self.facts.values()), default=1) - 1
        return super().legal_values() | {"run": {"of": list(self.facts)}, "frame": {"least": 0, "most": most}}

    @traitlets.validate("run")
    def _known(self, proposal):
        if proposal.value not in self.facts:
            raise traitlets.TraitError(f"run must be one of {', '.join(map(repr, self.facts))}, not {proposal.value!r}")
        return proposal.value

    @traitlets.validate("frame")
    def _in_range(self, proposal):
        last = max((len(facts["steps"]) for facts in self.facts.values()), default=1) - 1
        if not 0 <= proposal.value <= last:
            raise traitlets.TraitError(f"frame must be 0 to {last}, not {proposal.value}")
        return proposal.value

    def poster(self):
        """Draw up to six frames of the run, the last of them the chosen one, and how the two scores went."""
        import matplotlib.pyplot as plt

        facts = self.facts[self.run]
        steps = facts["steps"]
        pictures = self.pictures[self.run]
        now = min(self.frame, len(steps) - 1)
        chosen = sorted(set(np.linspace(0, now, 6).round().astype(int).tolist()))
        fig = plt.figure(figsize=(9, 4.2), layout="constrained")
        top, bottom = fig.subfigures(2, 1, height_ratios=[1.1, 1])
        for panel, at in zip(np.ravel(top.subplots(1, len(chosen))), chosen, strict=True):
            panel.imshow(pictures[at], cmap="gray", vmin=0, vmax=TOP)
            panel.set_title(after(steps[at]), fontsize=9)
            panel.axis("off")
        axes = bottom.subplots()
        axes.plot(facts["v_rand"], "o-", markersize=4, color=DOWN, label="V_Rand (1 is perfect)")
        axes.plot(
            facts["share_of_wrong_pixels"],
            "s-",
            markersize=3.5,
            color=SKIP,
            label="share of wrong pixels (0 is perfect)",
        )
        marked = sorted({*range(0, len(steps), 4), len(steps) - 1})
        axes.set_xticks(marked, [f"{steps[at]:,}" for at in marked])
        axes.set(xlabel="steps of training", ylim=(0, 1.02))
        axes.legend(fontsize=8, frameon=False, loc="center right")
        ends = [f"{facts[score][at]:.3f}" for score in ("v_rand", "share_of_wrong_pixels") for at in (0, now)]
        alt = (
            f"What a U-Net predicts for one image while it is trained by {self.run}: the probability of cell "
            f"{', '.join(after(steps[at]) for at in chosen)}, and two curves over the steps. From the first picture to "
            f"the last V_Rand goes from {ends[0]} to {ends[1]}, the share of wrong pixels from {ends[2]} to {ends[3]}."
        )
        return fig, alt


class Packed(NamedTuple):
    """A record as the figure wants it. The three that are packed hold one row of the record after the other."""

    pictures: dict  # of each row uint8 (frames, side, side): how many thresholds are exceeded
    facts: dict  # of each row: steps, scores of each frame, the recipe in words
    maps: bytes  # uint8 (2, side, side): grey values; true cells by number, 0 between them
    frames: bytes  # uint8: the pictures
    curves: bytes  # float32: the loss of each step, then its learning rate


@cache
def shipped():
    """Return the record that comes with the package, packed once."""
    record = read("replay")
    if record is None:
        raise FileNotFoundError("no run is recorded: python -m unet_edu.experiments.replay --record makes the record")
    return pack_record(record)


def pack_record(record):
    """Return the first run of each of a record's rows, `Packed`.

    Raises ValueError for another experiment's record, and for one of another image.
    """
    if record.get("experiment") != "replay":
        raise ValueError(f"the record must be one of the experiment 'replay', not {record.get('experiment')!r}")
    sample = watched()
    entries = {row: found[0] for row, found in rows(record).items() if found}
    sides = {entry["frames"]["side"] for entry in entries.values()}
    if sides != {sample.label.shape[0]}:
        wanted = sample.label.shape[0]
        raise ValueError(f"frames of {sides} pixels a side, but the image has {wanted}: record them anew")
    pictures, facts, curves = {}, {}, []
    for row, entry in entries.items():
        settings = record["trials"][row]["recipe"]
        recipe = Recipe(**settings | {"clip": inf if settings["clip"] is None else settings["clip"]})
        loss = entry["training"]["loss"]
        curves += [*loss, *(learning_rate(recipe, step) for step in range(len(loss)))]
        pictures[row] = unpacked(entry["frames"])
        facts[row] = {key: entry["frames"][key] for key in KEPT} | {"recipe": in_words(recipe)}
    maps = np.stack([np.round(255 * sample.image), regions(sample.label)]).astype(np.uint8)
    every = np.concatenate(list(pictures.values()))
    return Packed(pictures, facts, pack(maps), pack(every), pack(np.array(curves, np.float32)))


class Fates(NamedTuple):
    """What became of the true cells: how many there are of each kind."""

    alone: int  # more than half of it lies in a segment that holds no other cell
    together: int  # more than half of it lies in a segment that holds other cells, too
    broken: int  # no segment has more than half of it


def fates(truth, segments):
    """Return the `Fates` of true cells among segments, both whole numbers (H, W), 0 for none.

    A segment holds a cell of which it has more than half. The front end counts the same.
    """
    most = int(segments.max()) + 1
    both = np.bincount(truth.ravel() * most + segments.ravel(), minlength=(int(truth.max()) + 1) * most)
    both = both.reshape(-1, most)[1:]  # a row for each true cell
    holder = np.hstack([both[:, :1] * 0, both[:, 1:]]).argmax(axis=1)  # which has most of it; 0: none has any
    is_held = 2 * both[range(len(both)), holder] > both.sum(axis=1)
    is_held &= holder > 0
    crowd = np.bincount(holder[is_held], minlength=most)[holder]
    alone = int((is_held & (crowd == 1)).sum())
    return Fates(alone, int(is_held.sum()) - alone, int((~is_held).sum()))


def in_words(recipe):
    """Return what a recipe is, in words."""
    rate = f"{recipe.learning_rate:g}"
    course = f"{rate} throughout" if recipe.schedule == "constant" else f"up to {rate} and down again"
    how = {"sgd": f"SGD with momentum {recipe.momentum:g}", "adamw": "AdamW"}[recipe.optimizer]
    tiles = "1 tile" if recipe.batch == 1 else f"{recipe.batch} tiles"
    return f"{how}, learning rate {course}; {tiles} of {recipe.tile} × {recipe.tile} pixels a step"


def after(steps):
    """Return when a frame was taken, in words."""
    if not steps:
        return "before the first step"
    return "after 1 step" if steps == 1 else f"after {steps:,} steps"
