"""From coarse to fine: FCN-32s, 16s, 8s and U-Net on the same image, and what each fusion adds.

fc7 ─────────────▶ 32s        the coarse scores, enlarged 32 times
 └─▶ + pool4 ────▶ 16s        scores of a finer map added, enlarged 16 times
       └─▶ + pool3 ▶ 8s       and of a finer one still, enlarged 8 times
U-Net                         no sums of scores: maps side by side, at every level, and convolutions after each
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import traitlets

from unet_edu import checkpoints
from unet_edu.activations import capture
from unet_edu.data import cells
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.metrics import v_rand
from unet_edu.predict import normalisation, predict

SIDE, SEED = 192, 5  # of the drawn tissue
NETWORKS = {"32s": "fcn32s-isbi", "16s": "fcn16s-isbi", "8s": "fcn8s-isbi", "unet": "unet8-isbi"}
SUMS = {  # network: what is added, as its stages are named
    "16s": [("upscore2", "score_pool4c.after", "fuse_pool4")],
    "8s": [("upscore2", "score_pool4c.after", "fuse_pool4"), ("upscore_pool4", "score_pool3c.after", "fuse_pool3")],
}
LIMITS = {"cut": (5, 95), "curtain": (0, 100)}


class FcnFusion(LiveFigure):
    """Step from FCN-32s to U-Net and see which pixels each step changed, and which of them became right.

    step: "32s", "16s", "8s" or "unet". own: whether each network is cut at its own best probability; else all of them
    at `cut`, the probability in percent from which a pixel is called cell, 5 to 95.
    curtain: how much of the picture, in percent from the left, shows the step before. show: "probability", "labels" or
    "changes". Raises TraitError for anything else.
    """

    colour_maps = ("RdBu_r",)

    kept = ("step", "own", "cut", "curtain", "show")

    step = traitlets.Enum(tuple(NETWORKS), "16s").tag(sync=True)
    own = traitlets.Bool(True).tag(sync=True)
    cut = integer(50, LIMITS["cut"])
    curtain = integer(50, LIMITS["curtain"])
    show = traitlets.Enum(("probability", "labels", "changes"), "probability").tag(sync=True)
    maps = traitlets.Bytes().tag(sync=True)
    sums = traitlets.Bytes().tag(sync=True)
    facts = traitlets.Dict().tag(sync=True)
    caption = traitlets.Unicode(
        "Four networks on the same tissue. Left of the curtain the step before, right of it the step that is chosen; "
        "beside it the scores whose sum it is, red where they favour cell."
    ).tag(sync=True)

    def __init__(self, step="16s", **more):
        found = measured()
        super().__init__(step=step, maps=pack(found.maps), sums=pack(found.sums), facts=found.facts, **more)

    def cut_of(self, name):
        """Return the percentage from which a network's pixels are called cell."""
        return self.facts[name]["cut"] if self.own else self.cut

    def poster(self):
        """Draw the image and the four predictions, with the share of labels that are wrong."""
        import matplotlib.pyplot as plt

        image, truth, *probabilities = measured().maps
        fig, axes = plt.subplots(1, 5, figsize=(10, 2.4))
        axes[0].imshow(image, cmap="gray")
        axes[0].set_title("image", fontsize=9)
        wrong = {}
        for panel, name, probability in zip(axes[1:], NETWORKS, probabilities, strict=True):
            wrong[name] = wrong_at(probability, truth, self.cut_of(name))
            panel.imshow(probability, cmap="gray", vmin=0, vmax=255)
            panel.set_title(f"{words(name)}: {wrong[name]:.0%} wrong", fontsize=9)
        for panel in axes:
            panel.axis("off")
        shares = ", ".join(f"{words(name)} {share:.0%}" for name, share in wrong.items())
        alt = (
            "Drawn tissue, and the probability of cell that four networks give it: blurred patches from FCN-32s, "
            "coarse membranes from FCN-16s, finer ones from FCN-8s, thin closed ones from U-Net. Labels that are "
            f"wrong, cut at {'the best percentage of each' if self.own else f'{self.cut} percent'}: {shares}."
        )
        return fig, alt


class Measured(NamedTuple):
    """What the networks predict for one image."""

    maps: np.ndarray  # uint8 (6, 192, 192): image, truth (0, 1), and a probability of cell for each network
    sums: np.ndarray  # int8, one map after the other: cell's score less membrane's, of every map that is added
    facts: dict  # V_Rand, best cut, parameters and the shapes of the sums, for each network


@cache
def measured():
    """Run the four networks once."""
    sample = cells.tissue(SIDE, seed=SEED)
    maps, sums, facts = [np.round(255 * sample.image), sample.label], [], {}
    for name, file in NETWORKS.items():
        net = checkpoints.load(file)
        probability = predict(net, sample.image, progress=False)[1]
        maps.append(np.round(255 * probability))
        facts[name] = {
            "v_rand": round(float(v_rand(sample.label, probability).score), 4),
            "cut": best_cut(maps[-1], sample.label),
            "parameters": sum(weights.numel() for weights in net.parameters()),
            "sums": [],
        }
        if name in SUMS:
            mean, std = normalisation(net)
            stages = capture(net, (torch.from_numpy(sample.image)[None, None] - mean) / std)
            for parts in SUMS[name]:
                scores = [(stages[part][0, 1] - stages[part][0, 0]).numpy() for part in parts]
                most = float(max(np.abs(score).max() for score in scores))
                facts[name]["sums"].append({"names": list(parts), "side": scores[0].shape[0], "most": most})
                sums += [np.round(127 / most * score).astype(np.int8).ravel() for score in scores]
    return Measured(np.stack(maps).astype(np.uint8), np.concatenate(sums), facts)


def wrong_at(probability, truth, cut):
    """Return the share of labels that are wrong where a pixel is called cell from `cut` percent on.

    probability: (H, W), 255 is certainty. truth: (H, W) of 0 and 1.
    """
    return float(((probability >= 2.55 * cut) != truth).mean())


def best_cut(probability, truth):
    """Return the percentage at which the fewest labels are wrong, the lowest of several; as in `wrong_at`."""
    return min(range(LIMITS["cut"][0], LIMITS["cut"][1] + 1), key=lambda cut: wrong_at(probability, truth, cut))


def words(name):
    """Return a network's name in words."""
    return "U-Net" if name == "unet" else f"FCN-{name}"
