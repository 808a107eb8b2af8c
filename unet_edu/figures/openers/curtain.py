"""Two pictures, one behind the other, and a curtain between them; what they are depends on the chapter.

"fcn": the answers of FCN-32s and of U-Net to the same tissue. "parts": a map of the first level of a U-Net and one of
the deepest. "skips": an answer with the skip connections, and without. "bent": tissue, and the same tissue bent.
"loss": two networks with nearly the same loss. "bottom": an answer with the bottleneck, and without. "threshold":
stained nuclei by Otsu's threshold and by a network.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import traitlets

from unet_edu import checkpoints, interpret, results
from unet_edu.activations import capture
from unet_edu.data import cells, nuclei
from unet_edu.data.augment import draw, warp
from unet_edu.experiments.replay import probabilities, unpacked
from unet_edu.figures import fcn_fusion
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.greys import grey_of
from unet_edu.predict import predict
from unet_edu.separation import otsu

SIDE, SEED, NETWORK = 160, 21, "unet8-cells"
SIGMA = 10.0  # pixels that the nodes of the bent tissue are moved by
SAME_LOSS = 10  # steps after which the first of two networks has the loss that the second keeps


class Topic(NamedTuple):
    """What a chapter asks: two names, a question, its answers {key: words}, the right key, and what follows."""

    names: tuple[str, str]
    question: str
    answers: dict[str, str]
    right: str
    told: str
    pictures: Callable  # () → two arrays (H, W) in [0, 1]
    of: str = "drawn tissue"


def _tissue():
    return cells.tissue(SIDE, seed=SEED)


def _fcn():
    _, _, coarse, *_, fine = fcn_fusion.measured().maps  # after the image and its label
    return coarse / 255, fine / 255


def _parts():
    net = checkpoints.load(NETWORK).eval()
    maps = capture(net, interpret.normalised(net, np.pad(_tissue().image, 94, mode="reflect")[None]))
    chosen = [max(maps[name][0].numpy(), key=np.std) for name in ("d0.relu2", "d4.relu2")]
    first, deep = ((one - one.min()) / np.ptp(one) for one in chosen)
    edge = (len(first) - SIDE) // 2
    start, side = (len(deep) - SIDE // 16) // 2, SIDE // 16
    blocks = np.kron(deep[start : start + side, start : start + side], np.ones((16, 16)))
    return first[edge : edge + SIDE, edge : edge + SIDE], blocks


def _without(*stages):
    net = checkpoints.load(NETWORK)
    whole = predict(net, _tissue().image, progress=False)[1]
    with interpret.silenced(net, *stages):
        return whole, predict(net, _tissue().image, progress=False)[1]


def _skips():
    return _without("skip0", "skip1", "skip2", "skip3")


def _bottom():
    return _without("d4.relu2")


def _bent():
    sample = _tissue()
    image, label = torch.tensor(sample.image)[None, None], torch.tensor(sample.label.astype(np.int64))[None]
    still = {"rotation": 0, "flip": False, "shift": 0, "grey": 0}
    drawn = draw(1, (SIDE,) * 2, (SIDE,) * 2, generator=torch.Generator().manual_seed(SEED), sigma=SIGMA, **still)
    return sample.image, warp(image, label, drawn, (SIDE,) * 2)[0][0, 0].numpy()


def _loss():
    first, hasty = (entry["frames"] for entry in results.read("replay")["runs"][:2])
    at = min(range(len(first["steps"])), key=lambda one: abs(first["steps"][one] - SAME_LOSS))
    return probabilities(unpacked(first)[at]), probabilities(unpacked(hasty)[-1])


def stained():
    """Return the sample of "threshold": stained nuclei that no network was trained on."""
    return nuclei.load("stained", "validation", whole=False)[0]


def _threshold():
    sample = stained()
    net = checkpoints.load("unet8-nuclei")
    probability = predict(net, nuclei.stretched(grey_of(sample.image)), progress=False)[1]
    return [one[:SIDE, :SIDE] for one in (otsu(sample.image, dark=True).astype(float), probability)]


TOPICS = {
    "fcn": Topic(
        ("FCN-32s", "U-Net"),
        "Which one sees farther around each pixel?",
        {"first": "the left one", "second": "the right one"},
        "first",
        "FCN-32s makes each score of 404 × 404 pixels, U-Net of about 190. To see far is not to draw finely.",
        _fcn,
    ),
    "parts": Topic(
        ("level 0", "level 4"),
        "Where would you look for the edge of a cell?",
        {"first": "in the left map", "second": "in the right map"},
        "first",
        "A pixel of level 4 stands for 16 × 16 of the image. It can know what is there, and hardly where.",
        _parts,
    ),
    "skips": Topic(
        ("with its skips", "without"),
        "Without the skips, what is left of the edges?",
        {"most": "most of them", "few": "few of them"},
        "few",
        "This network was trained with its skips, and leans on them. What comes from below has lost the edges.",
        _skips,
    ),
    "bent": Topic(
        ("an image", "bent"),
        "Is the right one still tissue?",
        {"yes": "yes", "no": "no"},
        "yes",
        "Tissue has no right shape: a bent slice is another slice, and its label map is bent with it.",
        _bent,
    ),
    "loss": Topic(
        ("network A", "network B"),
        "The losses are nearly the same. Which one will find membranes?",
        {"first": "A", "second": "B"},
        "first",
        "A has begun to tell places apart. B says one grey everywhere, and keeps its loss for ever.",
        _loss,
    ),
    "bottom": Topic(
        ("with its bottleneck", "without"),
        "The bottleneck falls silent. Of the labels change",
        {"few": "less than a quarter", "many": "more"},
        "few",
        "",
        _bottom,
    ),
    "threshold": Topic(
        ("a threshold", "U-Net"),
        "Which one calls fewer pixels wrongly?",
        {"first": "the threshold on the greys", "second": "the network"},
        "second",
        "Not all that is dark is a nucleus, and not all of a nucleus is dark: a threshold sees one pixel at a time.",
        _threshold,
        "stained nuclei",
    ),
}


class Curtain(LiveFigure):
    """Draw a curtain between two pictures, and answer a question about them.

    topic: which pictures, a key of `TOPICS`. at: where the curtain is, in percent of the width. guess: one of the
    answers' keys, or "". show: "both" or where they "differ". Raises TraitError for anything else.
    """

    colour_maps = ("magma",)

    kept = ("at", "guess", "show")

    topic = traitlets.Enum(tuple(TOPICS), "skips").tag(sync=True)
    at = integer(50, (0, 100))
    guess = traitlets.Enum(("", "first", "second", "most", "few", "many", "yes", "no"), "").tag(sync=True)
    show = traitlets.Enum(("both", "differ"), "both").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    side = traitlets.Int().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)

    def __init__(self, topic="skips", **more):
        if topic not in TOPICS:
            raise traitlets.TraitError(f"topic must be one of {', '.join(map(repr, TOPICS))}, not {topic!r}")
        what = TOPICS[topic]
        first, second = shown(topic)
        told = what.told or f"{100 * changed(topic):.0f} % of the labels change, and the pictures look much alike."
        words = what._asdict() | {"told": told}
        del words["pictures"]
        caption = (
            f"Left of the curtain: {what.names[0]}; right of it: {what.names[1]}. Both are of the same {what.of}; "
            "pull the curtain from side to side."
        )
        greys = np.round(63 * np.stack([first, second])) * (255 / 63)  # 64 of them do, and weigh less
        packed = pack(np.round(greys).astype(np.uint8))
        super().__init__(topic=topic, words=words, side=len(first), pictures=packed, **({"caption": caption} | more))

    def legal_values(self):
        """Return the rules of `LiveFigure.legal_values`; a guess is one of the topic's answers."""
        return super().legal_values() | {"guess": {"of": ["", *TOPICS[self.topic].answers]}}

    def poster(self):
        """Draw both pictures side by side."""
        import matplotlib.pyplot as plt

        fig, axes = plt.subplots(1, 2, figsize=(4.4, 2.5))
        for panel, picture, title in zip(axes, shown(self.topic), TOPICS[self.topic].names, strict=True):
            panel.imshow(picture, cmap="gray", vmin=0, vmax=1)
            panel.set_title(title, fontsize=9)
            panel.axis("off")
        first, second = shown(self.topic)
        alt = (
            f"Two pictures of the same {TOPICS[self.topic].of}, {len(first)} pixels a side: "
            f"{TOPICS[self.topic].names[0]}, and {TOPICS[self.topic].names[1]}. Their greys differ by "
            f"{100 * np.abs(first - second).mean():.0f} percent on average. {TOPICS[self.topic].question}"
        )
        return fig, alt


@cache
def shown(topic):
    """Return the two pictures of a topic, float (H, W) in [0, 1]. Raises KeyError for a topic that is not known."""
    return TOPICS[topic].pictures()


def changed(topic):
    """Return at which share of the pixels the one picture is above one half and the other is not."""
    first, second = shown(topic)
    return float(((first > 0.5) != (second > 0.5)).mean())
