"""The numbers of a training run, and why they are what they are.

    RECIPES["paper"]       what the paper says, and a choice, marked as such, where it is silent
    RECIPES["one-cycle"]   what is usual today

"one-cycle" goes with narrow networks (base width 8) and with batch normalisation. The paper's network of full width
wants "paper", or "one-cycle" with a learning rate of 3e-4; `fit` warns of a rate that is too high for a network.
Papers are cited where a number comes from one; a number without a source is our choice.
"""

import math
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Recipe:
    """The numbers of a run. `dataclasses.replace(RECIPES["one-cycle"], steps=100)` changes some of them.

    steps: how many steps.  batch: tiles in a step, over all processes together.  tile: pixels a side that go into the
    network.  optimizer: "adamw" or "sgd".  learning_rate: the highest; for AdamW well below the size of the smallest
    weights, or the run diverges.  schedule: "one-cycle" (up for 30 % of the steps, then down to almost 0) or
    "constant".  momentum: AdamW: of the mean gradient.  weight_decay: by how much, times the rate, weights shrink in a
    step.  clip: the longest gradient, as a Euclidean norm; a longer one is shortened to it.
    """

    steps: int
    batch: int
    tile: int
    optimizer: str
    learning_rate: float
    schedule: str
    momentum: float
    weight_decay: float = 0.0
    clip: float = math.inf

    def __post_init__(self):
        for name in ("steps", "batch", "tile"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise ValueError(f"{name} must be an int, at least 1, not {getattr(self, name)!r}")
        for name, known in (("optimizer", ("adamw", "sgd")), ("schedule", ("one-cycle", "constant"))):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be {' or '.join(map(repr, known))}, not {getattr(self, name)!r}")
        if not (0 < self.learning_rate < math.inf and 0 <= self.momentum < 1 and self.weight_decay >= 0 < self.clip):
            raise ValueError(f"learning_rate and clip must be above 0, momentum in [0, 1), weight_decay ≥ 0: {self}")


RECIPES = {
    # Section 3 of the paper: SGD, one image a step, momentum 0.99; tiles as in figure 1. It is silent on the learning
    # rate, the number of steps and weight decay: 1e-3, 4000 and none are our choice. With momentum 0.99 a gradient acts
    # a hundredfold, so that 1e-3 is 0.1 in all, of a loss that is a mean over pixels. Clipping is ours, too: the first
    # gradients from Gaussian weights are long, and momentum 0.99 would remember them for hundreds of steps.
    "paper": Recipe(4000, 1, 572, "sgd", learning_rate=1e-3, schedule="constant", momentum=0.99, clip=1.0),
    # Today's habits: AdamW (Loshchilov and Hutter 2019), one cycle of the learning rate (Smith and Topin 2018), four
    # tiles a step. Tried on the validation slices with base width 8 and batch normalisation, 400 steps each: a rate of
    # 1e-2 against 2e-2, 300 against 380 pixels in the same time. For tiles of 300 pixels take augment's sigma=6.
    "one-cycle": Recipe(1600, 4, 300, "adamw", 1e-2, "one-cycle", momentum=0.9, weight_decay=1e-2, clip=1.0),
}


def make_optimizer(recipe, parameters):
    """Return the recipe's optimiser; its learning rate is set step by step."""
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(parameters, betas=(recipe.momentum, 0.999), weight_decay=recipe.weight_decay)


def learning_rate(recipe, step):
    """Return the learning rate of a step; "one-cycle": cosine from 1/25 up to the highest, cosine down to 1/10,000."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    top = 0.3 * recipe.steps
    low, part = (1 / 25, 1 - step / top) if step < top else (1e-4, (step - top) / (recipe.steps - top))
    return recipe.learning_rate * (low + (1 - low) * (1 + math.cos(math.pi * part)) / 2)
