"""Checks that every network makes before it computes: errors that name the remedy."""

import torch

from unet_edu.greys import bit_depth


def check_images(images, channels):
    """Raise unless `images` is a floating tensor of shape (N, channels, H, W): TypeError or ValueError."""
    if not isinstance(images, torch.Tensor):
        raise TypeError(f"the network takes a torch tensor (N, {channels}, H, W), not {type(images).__name__}")
    shape = tuple(images.shape)
    if images.ndim != 4:
        hint = {2: "; add both with images[None, None]", 3: "; add the batch axis with images[None]"}.get(
            len(shape), ""
        )
        raise ValueError(f"the network takes four axes (N, {channels}, H, W), not {len(shape)}: shape {shape}{hint}")
    if shape[1] != channels:
        raise ValueError(f"the network was built for in_channels={channels}, not {shape[1]}: shape {shape}")
    if not images.dtype.is_floating_point:
        raise TypeError(f"the network takes floating-point images, not {images.dtype}: {division(images, 'images')}")


def division(images, name):
    """Return what makes floats in [0, 1] of a tensor of whole numbers, by its values: words with code."""
    low, high = (0, 0) if images.numel() == 0 or images.is_complex() else (int(images.min()), int(images.max()))
    if low < 0 or high == 1:
        return f"convert with `{name}.float()`"
    top = 2 ** bit_depth(high) - 1
    return f"divide grey values of 0 … {top} by {top}, `{name} / {top}`"


def check_count(**counts):
    """Raise TypeError unless every keyword is an int, ValueError unless it is at least 1."""
    for name, count in counts.items():
        if not isinstance(count, int) or isinstance(count, bool):
            raise TypeError(f"{name} must be an int, not {type(count).__name__}")
        if count < 1:
            raise ValueError(f"{name} must be at least 1, not {count}")
