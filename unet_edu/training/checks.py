"""What can be wrong with the data of a training run: each error names the sample and the remedy."""

import warnings

import numpy as np
import torch
from torch import nn

from unet_edu.data.sample import Sample
from unet_edu.greys import NARROW, filled, scaled_by
from unet_edu.labels import as_whole, remedy
from unet_edu.predict import last_step

FLOATS = (np.float16, np.float32, np.float64)
PAIRS = "`[Sample(image, label) for image, label in zip(images, labels)]`"


def as_samples(data, name="data"):
    """Return a list of Samples; pairs (image, label) become some. Raise TypeError for anything else.

    name: of the argument, for the message, which holds the line that helps.
    """
    if isinstance(data, np.ndarray | torch.Tensor | Sample) or not hasattr(data, "__iter__"):
        kind = f"an array {tuple(data.shape)}" if hasattr(data, "shape") else f"a {type(data).__name__}"
        one = f"; of one sample `[{name}]`" if isinstance(data, Sample) else ""
        raise TypeError(f"{name} is a list of Samples, an image and its label each, not {kind}: {PAIRS}{one}")
    samples = []
    for place, one in enumerate(data):
        if isinstance(one, tuple | list) and not isinstance(one, Sample) and len(one) == 2:
            one = Sample(*one, name=f"{name}[{place}]")
        if not isinstance(one, Sample):
            raise TypeError(
                f"{name}[{place}] is a {type(one).__name__}, not a Sample, an image with its label: {PAIRS}"
            )
        samples.append(one)
    return samples


def check_image(sample, first):
    """Raise ValueError or TypeError, with the sample's name and what to do, for an image that cannot be trained on."""
    image, name = sample.image, sample.name
    if not isinstance(image, np.ndarray):
        code = "; `image.numpy()` makes one" if isinstance(image, torch.Tensor) else ""
        raise TypeError(f"{name}: the image must be a numpy array of float32, not {type(image).__name__}{code}")
    if image.dtype != np.float32:
        code = "image.astype('float32')"
        if image.size and image.dtype.kind in "iu" or image.dtype.kind == "f" and image.size and image.max() > 1:
            code = f"({scaled_by(image)[1]}).astype('float32')"
        raise TypeError(f"{name}: the image must be a numpy array of float32, not {image.dtype}: take `{code}`")
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ValueError(f"{name}: the image must be (H, W) or (C, H, W), with at least one pixel, not {image.shape}")
    if image.ndim == 3 and np.shape(sample.label) == image.shape[:2] != image.shape[1:]:
        code = "numpy.ascontiguousarray(image.transpose(2, 0, 1))"
        raise ValueError(f"{name}: the image must be (C, H, W), not {image.shape}: channels come first, `{code}`")
    if not np.isfinite(image).all():
        raise ValueError(
            f"{name}: the image holds NaN or infinity: repair it, `numpy.nan_to_num(image)`, or leave it out"
        )
    if image.min() < 0 or image.max() > 1:
        code = scaled_by(image)[1]
        fix = f"divide it by {code.removeprefix('image / ')}" if code.startswith("image / ") else "scale it"
        fix += f", `({code}).astype('float32')`, all images alike"
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
            f"`numpy.repeat(image.reshape(1, *image.shape[-2:]), {wanted}, axis=0)`"
            if channels == 1
            else f"a network of `in_channels={channels}`"
        )
        has = f"the image has {channels} channel{'s' * (channels > 1)}"
        raise ValueError(f"{sample.name}: {has}, but the network takes {wanted}: use {fix}")
    empty = torch.zeros(1, channels, size, size, device=device)
    try:
        with torch.no_grad():
            logits = model.eval()(empty.contiguous(memory_format=torch.channels_last))
            shape = logits.shape
    except ValueError as error:  # a network of this package names the sizes that it takes
        raise ValueError(f"the recipe's tile of {size} pixels does not suit the network: {error}") from error
    window = shape[-1] if len(shape) == 4 else 1
    if len(shape) not in (2, 4) or shape[-2:] != (window, window) and len(shape) == 4 or (size - window) % 2:
        raise ValueError(
            f"for tiles of {size} the network gives {tuple(shape)}: no square (N, classes, h, h) in its centre"
        )
    if shape[1] == 1:
        raise ValueError(
            f"{type(model).__name__} has one class, and the softmax of one is 1 everywhere: nothing is learned. "
            "Background is a class, too; take `num_classes=2`"
        )
    if logits.min() >= 0 and logits.max() <= 1 and (last := last_step(model, empty)):
        raise ValueError(
            f"{type(model).__name__} ends in a {last}, and the loss applies a softmax itself: let it end in "
            "logits, one step earlier"
        )
    return window, shape[1]


def check_label(sample, classes, window, tile):
    """Raise ValueError or TypeError, with the sample's name and what to do, for a label that cannot be learnt from."""
    label, name, size = sample.label, sample.name, sample.image.shape[-2:]
    if label is None:
        raise ValueError(f"{name}: it has no label: leave it out, predict it instead")
    if not isinstance(label, np.ndarray) or label.dtype.kind not in "ui":
        kind = getattr(label, "dtype", type(label).__name__)
        code = f"{as_whole(label)}" if getattr(label, "dtype", None) in FLOATS else "numpy.asarray(label).astype(int)"
        raise TypeError(f"{name}: the label must be an array of whole numbers, not {kind}: `{code}`")
    if label.shape != size:
        raise ValueError(f"{name}: the label is {label.shape}, but the image {size}: give each pixel one class")
    if label.min() < 0 or label.max() >= classes:
        found = ", ".join(map(str, np.unique(label)[:8]))
        raise ValueError(f"{name}: labels must be 0 … {classes - 1}, but it holds {found}: {remedy(label, classes)}")
    if min(size) < window:
        fix = "a smaller tile, or larger images (unet_edu.arithmetic.valid_sizes lists the tiles that U-Net takes)"
        raise ValueError(f"{name}: {size} pixels, but a tile of {tile} is scored on {window} × {window}: take {fix}")


def check_set(data):
    """Raise ValueError where a whole training set holds one class only; warn where its images are nearly one grey.

    An image without any cell is a valid example of background; a set of nothing but such teaches nothing.
    """
    first = data[0].label.flat[0]
    if all((sample.label == first).all() for sample in data):
        raise ValueError(
            f"all {len(data)} labels are class {first} all over, nothing to learn: add a sample with another class"
        )
    low, high = filled([sample.image for sample in data])
    if high - low < NARROW:
        code = f"numpy.clip((image - {low:.6g}) / {high - low:.6g}, 0, 1).astype('float32')"
        why = ""
        if low >= 0 and max(float(sample.image.max()) for sample in data) * 65535 <= 4095.5:
            code, why = "(image * (65535 / 4095)).astype('float32')", "; they look like 12 bits divided by 65535"
        warnings.warn(
            f"the images fill only {low:.3f} … {high:.3f} of [0, 1], and augmentation changes greys by about "
            f"0.1{why}: scale all images alike, `{code}`, and those to be predicted as well",
            stacklevel=3,
        )


def check_rate(recipe, model):
    """Give a warning where AdamW's rate is large beside the weights of a network without normalisation.

    AdamW moves each weight by up to the rate in a step, whatever the gradient is. A wide layer's weights are small, by
    the initialisation sqrt(2/N): at a rate of half of that, they are drawn anew every other step.
    """
    norms = nn.modules.batchnorm._BatchNorm | nn.GroupNorm | nn.LayerNorm | nn.modules.instancenorm._InstanceNorm
    layers = [part for part in model.modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)]
    if recipe.optimizer != "adamw" or not layers or any(isinstance(part, norms) for part in model.modules()):
        return
    smallest = min(float(layer.weight.detach().std(correction=0)) for layer in layers)
    if smallest > 0 and recipe.learning_rate > smallest / 2:
        rate = float(f"{smallest / 50:.0e}")
        warnings.warn(
            f"a learning rate of {recipe.learning_rate:g} is large for this network: its widest layer has weights of "
            f"about {smallest:.2g}, and no batch normalisation holds its maps. RECIPES['one-cycle'] was tried with "
            f"base width 8; take `dataclasses.replace(recipe, learning_rate={rate:g})`, or train with "
            "`unet_edu.models.batch_norm.insert_batch_norm(model)`",
            stacklevel=3,
        )


def check_weights(weights, data):
    """Return what each pixel counts, a tensor (samples, H, W), 1 for weights=None; raise ValueError as above."""
    if weights is not None and (isinstance(weights, bool | str) or not hasattr(weights, "__len__")):
        raise TypeError(
            f"weights are maps, one for each sample, or None, not {weights!r}: "
            "`[weight_map(sample.label) for sample in data]`"
        )
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
