"""Small images with bright discs, and a small network, for the tests of your own images."""

import numpy as np
import torch

from unet_edu.data import Sample
from unet_edu.models import UNet
from unet_edu.own.segment import Trained

KEPT = {"classes": 2, "threshold": 0.5, "apart": 7, "smoothing": 1.0, "smallest": 20}


def discs(size=96, radius=6, step=24, seed=0, name="discs", touching=False, channels=1):
    """Return a sample of bright discs on a dark, noisy ground; with `touching`, in pairs that adjoin."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    numbers = np.zeros((size, size), np.int32)
    centres = [(r, c) for r in range(step // 2, size, step) for c in range(step // 2, size - radius, step)]
    for r, c in centres:
        for shift in (0, 2 * radius) if touching else (0,):
            inside = (rows - r) ** 2 + (columns - c - shift) ** 2 <= radius**2
            numbers[inside & (numbers == 0)] = numbers.max() + 1
    image = np.clip(0.2 + 0.5 * (numbers > 0) + rng.normal(0, 0.05, numbers.shape), 0, 1).astype(np.float32)
    image = image if channels == 1 else np.stack([image] * channels)
    return Sample(image, (numbers > 0).astype(np.uint8), numbers, name)


def mask_only(sample):
    """Return a sample without its numbers."""
    return sample._replace(instances=None)


def trained(greys="set", pixel=1, channels=1, classes=2, scaling=None):
    """Return a small network with random weights, as `train` would have kept it."""
    torch.manual_seed(0)
    net = UNet(channels, classes, base_width=2, depth=2).eval()
    net.normalisation = (0.4, 0.2)
    net.scaling = scaling
    return Trained(net=net, greys=greys, pixel=pixel, lines=[], scores={}, **KEPT | {"classes": classes})
