"""Train a network on samples: ``fit(model, data, recipe)``.

    loop      fit: the steps, one after another; what happened is a History
    recipe    the numbers of a run: RECIPES["paper"], RECIPES["one-cycle"]
    losses    Dice, focal loss and sums, for fit's loss=; deep_supervision: heads while a network is trained
    memory    what a step keeps, counted without doing it
    checks    what can be wrong with data, found before the first step
    state     a run on disk, to resume it
    preview   the picture in notebooks

``python -m unet_edu.experiments.train`` is the same from the command line, in one process or several.
"""

from unet_edu.training.loop import History, fit
from unet_edu.training.recipe import RECIPES, Recipe

__all__ = ["RECIPES", "History", "Recipe", "fit"]
