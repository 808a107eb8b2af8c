"""The values of the challenge's own program that tests hold the package against: `challenge_scorer.json`.

pairs: 300 pairs of label and prediction of 12 × 12 pixels, at threshold 0.5. stacks: of two slices each, at all
thresholds. slices: predictions of real slices that can be made again; the slices themselves are not in the repository.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from scipy import ndimage

SIDE = 12
MEASURES = ("v_rand", "split", "merge", "v_info", "not_thinned", "wrong", "classic", "splits_and_mergers")


@cache
def values():
    """Return what the file holds."""
    return json.loads((Path(__file__).parent / "challenge_scorer.json").read_text(encoding="utf-8"))


def bits(text):
    """Return a map of 0 and 1 from its hexadecimal digits."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8))[: SIDE**2].reshape(SIDE, SIDE)


def pairs():
    """Return (label, prediction, where dams are, the program's values) of each small pair."""
    return [(*map(bits, pair[:3]), dict(zip(MEASURES, pair[3:], strict=True))) for pair in values()["pairs"]]


def stacks():
    """Return (labels, probabilities, the program's values) of each small stack."""
    found = []
    for stack in values()["stacks"]:
        levels = np.frombuffer(bytes.fromhex(stack["probability"]), np.uint8).reshape(-1, SIDE, SIDE)
        found.append(
            (np.stack([bits(one) for one in stack["label"]]), levels.astype(np.float32) / np.float32(255), stack)
        )
    return found


def slice_cases(samples):
    """Return {name: (label, prediction, the program's values)} of the real slices. samples: those for training."""
    labels = {number: samples[number].label for number in (2, 7)}
    images = {number: np.round(samples[number].image * 255).astype(np.uint8) for number in (2, 7)}
    cells = labels[2]

    def smooth(image):
        """Return an image as a prediction: blurred, from 0 to 1."""
        blurred = ndimage.gaussian_filter(image / 255, 2)
        return np.clip((blurred - blurred.min()) / (blurred.max() - blurred.min()), 0, 1).astype(np.float32)

    predictions = {
        "blur_2": np.clip(ndimage.gaussian_filter(cells.astype(float), 2), 0, 1),
        "shift2_2": ndimage.shift(cells, (2, 2), order=0, mode="nearest"),
        "dil3_2": 1 - ndimage.binary_dilation(1 - cells, iterations=3),
        "smooth_2": smooth(images[2]),
        "smooth_7": smooth(images[7]),
        "inverted_2": 1 - smooth(images[2]),
        "raw_2": images[2].astype(np.float32) / 255,
        "truth_2": cells,
        "ones_2": np.ones(cells.shape),
        "zeros_2": np.zeros(cells.shape),
    }
    kept = values()["slices"]
    assert predictions.keys() == kept.keys()
    return {name: (labels[int(name[-1])], found, kept[name]) for name, found in predictions.items()}
