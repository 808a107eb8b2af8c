"""A forward pass, live: a small U-Net looks at one part of a picture after the other, map by map.

    picture ─▶ window of 124 px ─▶ d0 ── skip0 ──▶ u0 ─▶ 84 px: nucleus or not
                                    d1 ── skip1 ──▶ u1
                                         d2

The network is trained when the figure is made, for some seconds, on the pictures of `Playground`; the one that is shown
is not among them. It has 29,000 weights instead of 31 million, so that a page holds it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import traitlets
from safetensors.torch import save

from unet_edu import arithmetic
from unet_edu.activations import capture
from unet_edu.data import nuclei
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.figures.learner import Run
from unet_edu.figures.playground_presets import DEFAULTS

DEPTH, WIDTH, STEPS, SEED = 2, 8, 120, 1
WINDOW = 124  # legal for two poolings; 84 pixels come out
SIDE = 252  # of the picture
STRIDE = 20  # pixels between the places that are tried for it
SKIPS = ("skip0", "skip1")
SHOWN = ("d0.relu2", "d1.relu2", "d2.relu2", "u1.relu2", "u0.relu2")


class ForwardPass(LiveFigure):
    """Watch a window of a picture go through a U-Net; move the window, cut a skip.

    x, y: upper left corner of the window, 0 to 128. off: the skips that are cut, of "skip0" and "skip1". walking:
    whether the window goes on by itself. Raises TraitError for anything else.
    """

    scripts = ("engine.js",)

    kept = ("x", "y", "off")

    x = integer(64, (0, SIDE - WINDOW))
    y = integer(64, (0, SIDE - WINDOW))
    off = traitlets.List(traitlets.Enum(SKIPS), maxlen=len(SKIPS)).tag(sync=True)
    walking = traitlets.Bool(True).tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    caption = traitlets.Unicode(
        "A U-Net at work in this page: every map is computed while you look. What the skips carry across is where "
        "things are; cut them, and the answer loses its edges."
    ).tag(sync=True)

    def __init__(self, **more):
        greys = np.round(255 * picture()).astype(np.uint8)
        super().__init__(image=pack(greys), weights=trained()[1], **more)

    @property
    def maps(self):
        """The maps of the window, {name: (C, H, W)} as `capture` names them, "output" as probabilities; none cut."""
        net = trained()[0]
        mean, std = net.normalisation
        seen = picture()[self.y : self.y + WINDOW, self.x : self.x + WINDOW]
        found = capture(net, torch.tensor((seen - mean) / std)[None, None])
        found["output"] = found["output"].softmax(1)
        return {name: value[0].numpy() for name, value in found.items()}

    def poster(self):
        """Draw the window, the busiest channel of each block, and the answer."""
        import matplotlib.pyplot as plt

        found = self.maps
        answer = found["output"][1]
        fig, axes = plt.subplots(1, len(SHOWN) + 2, figsize=(9.5, 1.9))
        axes[0].imshow(picture()[self.y : self.y + WINDOW, self.x : self.x + WINDOW], cmap="gray")
        axes[0].set_title(f"{WINDOW} px", fontsize=9)
        for panel, name in zip(axes[1:], SHOWN, strict=False):
            panel.imshow(max(found[name], key=np.std), cmap="gray")
            panel.set_title(f"{name.split('.')[0]}: {found[name].shape[-1]} px", fontsize=9)
        axes[-1].imshow(answer, cmap="gray", vmin=0, vmax=1)
        axes[-1].set_title(f"{len(answer)} px", fontsize=9)
        for panel in axes:
            panel.axis("off")
        alt = (
            f"A window of {WINDOW} × {WINDOW} pixels with bright nuclei, one map from each block of a U-Net with two "
            f"poolings, and its answer of {len(answer)} × {len(answer)} pixels, white where it takes a pixel for "
            f"nucleus: {(answer > 0.5).mean():.0%} of them."
        )
        return fig, alt


@cache
def picture():
    """Return the picture, float32 (252, 252) in [0, 1]: the most crowded part of a validation image of nuclei."""
    sample = nuclei.load(split="validation", whole=False)[0]
    limit = sample.image.shape[0] - SIDE
    places = [(top, left) for top in range(0, limit + 1, STRIDE) for left in range(0, limit + 1, STRIDE)]
    parts = {at: (slice(at[0], at[0] + SIDE), slice(at[1], at[1] + SIDE)) for at in places}
    best = max(places, key=lambda at: len(np.unique(sample.instances[parts[at]])))
    whole = np.clip(sample.image / np.quantile(sample.image, 0.999), 0, 1)
    return whole[parts[best]].astype(np.float32)


@cache
def trained():
    """Return (network, its file as safetensors, half precision), after 120 steps of `Playground`'s defaults."""
    before = torch.get_rng_state()
    config = DEFAULTS | {"depth": DEPTH, "width": WIDTH, "skips": ["crop"] * DEPTH, "steps": STEPS, "seed": SEED}
    run = Run(config | {"momentum": 0.9, "decay": 0.01}, "cpu")
    for _ in range(STEPS):
        run.step()
    torch.set_rng_state(before)
    net = run.net.eval().half().float()  # the precision that the page gets
    net.normalisation = (run.mean.item(), run.std.item())
    header = {"normalisation": str(list(net.normalisation)), "arguments": f'{{"depth": {DEPTH}}}'}
    return net, save({name: value.half().contiguous() for name, value in net.state_dict().items()}, metadata=header)


def answer_size():
    """Return how many pixels a side come out of a window."""
    return arithmetic.output_size(WINDOW, depth=DEPTH)
