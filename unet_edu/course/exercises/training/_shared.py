"""Label maps and weight maps drawn at random."""

import numpy as np


def draw_labels(rng, images, classes, height, width):
    """Return label maps (N, H, W), an int64 tensor in which every class occurs."""
    import torch

    labels = rng.integers(0, classes, (images, height, width))
    labels.flat[:classes] = np.arange(classes)
    return torch.tensor(labels)


def draw_weights(rng, images, height, width, zeros=0):
    """Return weight maps (N, H, W), a float32 tensor: larger from image to image, `zeros` of them 0."""
    import torch

    weights = rng.uniform(0.2, 5, (images, height, width)) * np.arange(1, images + 1).reshape(-1, 1, 1)
    weights.flat[rng.permutation(weights.size)[:zeros]] = 0
    return torch.tensor(weights.astype("float32"))
