"""What can be wrong with the data of a training run: each error names the sample and the remedy."""

import numpy as np
import torch


def check_image(sample, first):
    """Raise ValueError or TypeError, with the sample's name and what to do, for an image that cannot be trained on."""
    image, name = sample.image, sample.name
    if not isinstance(image, np.ndarray) or image.dtype != np.float32:
        kind = getattr(image, "dtype", type(image).__name__)
        fix = "image.astype(numpy.float32), after a division by 255 where it holds grey values of 0 … 255"
        raise TypeError(f"{name}: the image must be a numpy array of float32, not {kind}: take {fix}")
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ValueError(f"{name}: the image must be (H, W) or (C, H, W), with at least one pixel, not {image.shape}")
    if not np.isfinite(image).all():
        raise ValueError(f"{name}: the image holds NaN or infinity: repair it (numpy.nan_to_num) or leave it out")
    if image.min() < 0 or image.max() > 1:
        fix = "divide it by 255" if 1 < image.max() <= 255 and image.min() >= 0 else "scale it"
        raise ValueError(f"{name}: grey values must be in [0, 1], not {image.min():.4g} … {image.max():.4g}: {fix}")
    if image.min() == image.max():
        raise ValueError(f"{name}: the image is one grey value all over, {image.min():.4g}: leave it out, or repair it")
    if image.shape != first.image.shape:
        fix = "cut all to one size (validation too)"
        raise ValueError(f"{name}: {image.shape} is not the shape of {first.name}, {first.image.shape}: {fix}")


def output_window(model, sample, size, device):
    """Return the side of the output for tiles of that size, and the number of classes, by trying with an empty tile."""
    channels = 1 if sample.image.ndim == 2 else len(sample.image)
    wanted = getattr(model, "in_channels", channels)
    if wanted != channels:
        fix = (
            f"numpy.repeat(image[None], {wanted}, axis=0)" if channels == 1 else f"a network of in_channels={channels}"
        )
        raise ValueError(f"{sample.name}: {channels} channel(s), but the network takes {wanted}: use {fix}")
    empty = torch.zeros(1, channels, size, size, device=device)
    try:
        with torch.no_grad():
            shape = model.eval()(empty.contiguous(memory_format=torch.channels_last)).shape
    except ValueError as error:  # a network of this package names the sizes that it takes
        raise ValueError(f"the recipe's tile of {size} pixels does not suit the network: {error}") from error
    window = shape[-1] if len(shape) == 4 else 1
    if len(shape) not in (2, 4) or shape[-2:] != (window, window) and len(shape) == 4 or (size - window) % 2:
        raise ValueError(
            f"for tiles of {size} the network gives {tuple(shape)}: no square (N, classes, h, h) in its centre"
        )
    return window, shape[1]


def check_label(sample, classes, window, tile):
    """Raise ValueError or TypeError, with the sample's name and what to do, for a label that cannot be learnt from."""
    label, name, size = sample.label, sample.name, sample.image.shape[-2:]
    if label is None:
        raise ValueError(f"{name}: it has no label: leave it out, predict it instead")
    if not isinstance(label, np.ndarray) or label.dtype.kind not in "ui":
        kind = getattr(label, "dtype", type(label).__name__)
        raise TypeError(f"{name}: the label must be an array of whole numbers, not {kind}: label.astype(numpy.uint8)")
    if label.shape != size:
        raise ValueError(f"{name}: the label is {label.shape}, but the image {size}: give each pixel one class")
    if label.min() < 0 or label.max() >= classes:
        found = ", ".join(map(str, np.unique(label)[:8]))
        fix = "(label > 127).astype(numpy.uint8)" if label.max() == 255 and classes == 2 else "number the classes anew"
        raise ValueError(f"{name}: labels must be 0 … {classes - 1}, but it holds {found}: {fix}, or num_classes=")
    if not label.any():
        raise ValueError(f"{name}: the label is all background (class 0), nothing to learn: leave it out, or repair it")
    if min(size) < window:
        fix = "a smaller tile, or larger images (unet_edu.arithmetic.valid_sizes lists the tiles that U-Net takes)"
        raise ValueError(f"{name}: {size} pixels, but a tile of {tile} is scored on {window} × {window}: take {fix}")


def check_weights(weights, data):
    """Return what each pixel counts, a tensor (samples, H, W), 1 for weights=None; raise ValueError as above."""
    if weights is None:
        return torch.ones(len(data), *data[0].label.shape)
    if len(weights) != len(data):
        raise ValueError(f"{len(weights)} weight maps for {len(data)} training samples: give one for each")
    for sample, weight in zip(data, weights, strict=True):
        shape, wanted = np.shape(weight), sample.label.shape
        if shape != wanted or not np.isfinite(weight).all() or np.min(weight) < 0 or not np.any(weight):
            rule = f"{wanted}, finite, nowhere below 0 and somewhere above"
            raise ValueError(f"{sample.name}: its weight map, {shape}, must be {rule}: make it with data.weightmap")
    return torch.stack([torch.tensor(weight).float() for weight in weights])
