"""What learning looks like: what a network predicts for one image, again and again while it is trained.

    python -m unet_edu.experiments.replay             three recipes, one seed
    python -m unet_edu.experiments.replay --quick     tiny networks and a few steps, to see that it works
    python -m unet_edu.experiments.replay --record    keep the results in unet_edu/records/, go on where they end

The tissue is drawn, for the pictures are kept. A frame holds for each pixel how many of the challenge's thresholds its
probability of cell exceeds, a whole number of 0 to 11: coarse to look at, and exactly what V_Rand counts.
Frames follow one another quickly at first and slowly in the end. The loss is kept for every step.
"""

import base64
import lzma
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from unet_edu.data import cells
from unet_edu.data.augment import augment
from unet_edu.experiments.checkpoints import unet
from unet_edu.experiments.costs import aligned
from unet_edu.experiments.record import made
from unet_edu.experiments.runs import main, rows
from unet_edu.experiments.trial import Trial, fitting, scores, slices
from unet_edu.metrics import SCORER, THRESHOLDS, share_of_wrong_pixels, v_rand
from unet_edu.models.fcn import num_parameters
from unet_edu.predict import predict
from unet_edu.training import RECIPES, fit

SIDE, SEED = 160, 1000  # of the image that is watched: drawn like those for validation, and none of those for training
FRAMES = 24
STEPS = 1200
TOP = len(THRESHOLDS) - 1  # the last threshold, in tenths; a probability of exactly 1 exceeds it, too
HALF = THRESHOLDS.index(0.5)


def watched():
    """Return the Sample that the frames show."""
    return cells.tissue(SIDE, SEED)


def trials(quick=False, device_type="cpu"):
    """Return the rows: a recipe that works, the same with ten times the learning rate from the start, the paper's."""
    today = replace(RECIPES["one-cycle"], steps=STEPS, batch=2, learning_rate=5e-3)
    paper = replace(RECIPES["paper"], steps=STEPS)
    width, data = 8, "cells"
    if quick:
        width, data = 2, "small cells"
        today, paper = (replace(recipe, steps=6, batch=1, tile=188) for recipe in (today, paper))
    hasty = replace(today, learning_rate=10 * today.learning_rate, schedule="constant")
    build = partial(unet, width)
    first = Trial("today's recipe", build, today, data=data, elastic=6.0, average8=False)
    return [
        first,
        replace(first, row="ten times the rate at once", recipe=hasty),
        replace(first, row="the paper's recipe", recipe=paper, elastic=10.0),
    ]


def frame_steps(steps, frames=FRAMES):
    """Return after how many steps a frame is taken: 0, 1, … steps, ever further apart, at most `frames` of them."""
    return [0, *np.unique(np.round(np.geomspace(1, steps, frames - 1)).astype(int)).tolist()]


def levels(probability):
    """Return how many of the challenge's thresholds each probability exceeds: uint8 of the same shape, 0 to 11."""
    exact = np.asarray(probability, np.float32).astype(float)  # compared as `challenge_scores` does
    return sum((exact > threshold).astype(np.uint8) for threshold in THRESHOLDS)


def entry_with_frames(trial, seed, device, bf16, path):
    """Train, and take a frame now and then; return the record's entry, with the frames and the loss of every step."""
    head = made(device, seed) | {"bf16": bf16}
    torch.manual_seed(seed)
    net = trial.build()
    train = [fitting(sample, net) for sample in slices(trial.data, "train")[: trial.samples]]
    grey = np.stack([sample.image for sample in train])
    net.normalisation = float(grey.mean(dtype=float)), float(grey.std(dtype=float))  # as `fit` will set it
    sample = watched()
    due = frame_steps(trial.recipe.steps)
    taken, done = [], 0

    def watch(net):
        """Take a frame if one is due after the steps that are done."""
        if done == due[len(taken)]:
            taken.append(levels(predict(net, sample.image, progress=False)[1]))

    def after_step(net):
        nonlocal done
        done += 1
        watch(net)
        return 0.0  # `fit` notes it as the score of the step; none is wanted

    watch(net.to(device).eval())
    history = fit(
        net,
        train,
        trial.recipe,
        augment=partial(augment, sigma=trial.elastic),
        seed=seed,
        device=device,
        bf16=bf16,
        every=1,
        score=after_step,
        progress=False,
    )
    training = {"seconds": history.seconds[-1], "loss": [float(f"{loss:.4g}") for loss in history.loss]}
    frames = {"steps": due, "side": SIDE, "levels": packed(np.stack(taken))} | scored(sample.label, taken)
    entry = {"row": trial.row, "seed": seed, "made": head, "parameters": num_parameters(net), "training": training}
    validation = [fitting(sample, net) for sample in slices(trial.data, "validation")]
    return entry | {"frames": frames, "scores": scores(net, validation, trial.average8)}


def probabilities(picture):
    """Return a probability that exceeds as many thresholds as a picture says: the middle of its tenth, or 0, or 1."""
    return np.clip((picture - 0.5) / TOP, 0, 1)


def scored(label, pictures):
    """Return the scores of each frame: V_Rand at its best threshold, which of the eleven it is, wrong pixels at 0.5.

    "scorer": which measures they are by (`unet_edu.metrics.SCORER`).
    """
    curves = [v_rand(label, probabilities(picture)) for picture in pictures]
    return {
        "scorer": SCORER,
        "v_rand": [round(float(curve.score), 4) for curve in curves],
        "best": [curve.best for curve in curves],
        "share_of_wrong_pixels": [
            round(share_of_wrong_pixels(label, (picture > HALF).astype(np.uint8)), 4) for picture in pictures
        ],
    }


def packed(taken):
    """Return frames, uint8 (frames, side, side), as text for JSON."""
    return base64.b64encode(lzma.compress(taken.tobytes(), preset=9)).decode()


def unpacked(frames):
    """Return an entry's frames, uint8 (frames, side, side): how many thresholds are exceeded."""
    taken = np.frombuffer(lzma.decompress(base64.b64decode(frames["levels"])), np.uint8)
    return taken.reshape(len(frames["steps"]), frames["side"], frames["side"])


def text(record):
    """Return the loss and the scores in the end as a table of text."""
    lines = [("row", "steps", "seconds", "loss", "V_Rand", "wrong pixels")]
    for row, runs in rows(record).items():
        for entry in runs:
            loss, found = entry["training"]["loss"], entry["scores"]
            trained = f"{entry['training']['seconds']:.0f}", f"{np.mean(loss[-20:]):.3f}"
            scored = f"{found['mean']['v_rand']:.4f}", f"{found['stack']['share_of_wrong_pixels']:.4f}"
            lines.append((row, str(len(loss)), *trained, *scored))
    return aligned(lines, left=1)


if __name__ == "__main__":
    main("replay", __doc__.split("\n")[0], trials, seeds=1, work=entry_with_frames, text=text)
