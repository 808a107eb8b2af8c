"""What one can measure in a trained U-Net beside its prediction: where it looks, and which channels are ever active.

    fields(net, images, stages)       how strongly one value of each stage depends on each input pixel
    field_at(net, image, row, column) the same for one pixel of the output and one image
    side_of(power, centre)            the smallest square that holds 95 % of it
    occlusion(net, image, position)   how far an answer moves while a square covers one part after another

    with silenced(net, "d4.relu2"):   a stage hands on zeros
    firing(net, images)               how often each channel behind a ReLU is above zero
    without_channels(net, silent)     the same network with channels cut out of its weights

Afterwards the network is as it was.
"""

import copy
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from unet_edu.activations import capture
from unet_edu.arithmetic import border, receptive_field
from unet_edu.models import UNet
from unet_edu.predict import normalisation

BATCH = 8  # covered pictures at a time: with channels last, half the time of 16 and channels first

# ------------------------------------------------------------------------------------------------------ where it looks


def fields(net, images, stages, seed=0):
    """Return {stage: (power (H, W), centre)}: how strongly one value in the middle of a stage depends on each pixel.

    net: a `UNet` in eval mode. images: (N, H, W) in [0, 1], of a legal size, H = W.
    stages: names of its modules ("d2.relu2", "up1"), or "output": the difference of the two classes' logits.
    power: mean over the images of the squared gradient, float64. Of the channels of a stage it is the sum: each image's
    channels are added up with signs drawn from `seed`, so that what is mixed cancels on average and the powers add.
    centre: the middle of the value's receptive field on each axis, in pixels, often a half; of "output" the pixel's
    own place.
    """
    x = normalised(net, images).requires_grad_()
    maps, handles = {}, []
    for name in stages:
        layer = net.score if name == "output" else net.get_submodule(name)
        handles.append(layer.register_forward_hook(lambda _, inputs, made, name=name: maps.update({name: made})))
    try:
        net(x)
    finally:
        for handle in handles:
            handle.remove()
    draw, found = torch.Generator().manual_seed(seed), {}
    for name in stages:
        place = maps[name].shape[-1] // 2
        values = maps[name][..., place, place]  # (N, C)
        if name == "output":
            signs, centre = torch.tensor([-1, 1]), place + border(net.depth)
        else:
            signs, seen = (
                2 * torch.randint(2, values.shape, generator=draw) - 1,
                receptive_field(place, net.depth, name),
            )
            centre = (seen.start + seen.stop - 1) / 2
        (gradient,) = torch.autograd.grad((signs * values).sum(), x, retain_graph=True)
        found[name] = gradient.double().square().mean((0, 1)).numpy(), centre
    return found


def field_at(net, image, row, column):
    """Return the gradient (H, W) of an output pixel's answer for one image: of the logit of class 1 less that of 0.

    net: in eval mode. image: (H, W) in [0, 1], of a size that the network takes.
    """
    x = normalised(net, np.asarray(image)[None]).requires_grad_()
    scores = net(x)[0, :, row, column]
    (gradient,) = torch.autograd.grad(scores[1] - scores[0], x)
    return gradient[0, 0].numpy()


def side_of(power, centre, share=0.95):
    """Return the side of the smallest square around `centre` that holds a share of the power, in pixels.

    power: (H, W), nowhere negative. centre: a number, or (row, column); halves give even sides.
    """
    at = (centre, centre) if np.ndim(centre) == 0 else centre
    rows, columns = (np.abs(np.arange(length) - middle) for length, middle in zip(power.shape, at, strict=True))
    away = np.maximum(rows[:, None], columns[None]).ravel()
    order = np.argsort(away, kind="stable")
    sums = np.cumsum(power.ravel()[order])
    enough = np.searchsorted(sums, share * sums[-1])
    return int(2 * away[order[enough]] + 1)


def occlusion(net, image, position, side=16, step=8, reach=8):
    """Return how far the answer at one output pixel moves while a square covers one part of the image after another.

    net: a `UNet` in eval mode. image: (H, W) in [0, 1], of a legal size. position: (row, column) in the output.
    side, step: of the square and of its way, in pixels; it covers with the mean of the image.
    reach: steps to each side of the output pixel, so that 2 · reach + 1 squares make a row; outside the image there is
    nothing to cover.
    Returns float (2 · reach + 1, 2 · reach + 1): the logit of class 1 less that of class 0, covered less uncovered.
    """
    image = np.asarray(image)
    starts = [[at + border(net.depth) - side // 2 + step * k for k in range(-reach, reach + 1)] for at in position]
    pictures = [image]
    for top in starts[0]:
        for left in starts[1]:
            covered = image.copy()
            covered[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = image.mean()
            pictures.append(covered)
    batches = [np.stack(pictures[at : at + BATCH]) for at in range(0, len(pictures), BATCH)]
    quick = copy.deepcopy(net).to(memory_format=torch.channels_last)
    with torch.no_grad():
        parts = [quick(normalised(net, one).contiguous(memory_format=torch.channels_last)) for one in batches]
    scores = torch.cat(parts)[..., position[0], position[1]]
    answers = (scores[:, 1] - scores[:, 0]).numpy()
    return (answers[1:] - answers[0]).reshape(len(starts[0]), len(starts[1]))


def normalised(net, images):
    """Return images (N, H, W) in [0, 1] as what the network takes, a float tensor (N, 1, H, W)."""
    mean, std = normalisation(net)
    return (torch.as_tensor(np.ascontiguousarray(images, dtype=np.float32))[:, None] - mean) / std


# -------------------------------------------------------------------------------------------- which channels are active


@contextmanager
def silenced(net, *stages):
    """Silence modules: within `with silenced(net, "d4.relu2", "skip1"):` these modules of any network output zeros."""
    handles = []
    try:
        for name in stages:
            handles.append(
                net.get_submodule(name).register_forward_hook(lambda _, inputs, made: torch.zeros_like(made))
            )
        yield net
    finally:
        for handle in handles:
            handle.remove()


def firing(net, images):
    """Return {name of a ReLU: (C,)}: the share of all pixels of all images at which each channel is above zero.

    net: in eval mode, takes (1, 1, H, W). images: arrays (H, W) in [0, 1], of equal size.
    A channel at 0.0 was silent everywhere on all of them; on other images it may be active.
    """
    names = [name for name, layer in net.named_modules() if isinstance(layer, nn.ReLU)]
    shares = dict.fromkeys(names, 0.0)
    for image in images:
        maps = capture(net, normalised(net, np.asarray(image)[None]))
        for name in names:
            shares[name] = shares[name] + (maps[name][0] > 0).double().mean((1, 2)).numpy() / len(images)
    return shares


def without_channels(net, silent):
    """Return a copy of a `UNet` without some channels: the weights that make them and those that read them are cut out.

    silent: {name of a ReLU, such as "d4.relu2": numbers of channels}. Where these are zero, the copy predicts what the
    network predicts, but for rounding. Raises TypeError for another network, ValueError for an unknown name or where no
    channel would be left.
    """
    if not isinstance(net, UNet):
        raise TypeError(
            f"only the channels of a UNet can be followed to what reads them, not those of {type(net).__name__}"
        )
    slim = copy.deepcopy(net)
    for name, channels in silent.items():
        maker, readers = neighbours(net, name)
        gone = sorted(set(map(int, channels)))
        if len(gone) == slim.get_submodule(maker).out_channels:
            raise ValueError(f"{name} has {len(gone)} channels, and all of them would go: leave one")
        cut(slim.get_submodule(maker), gone, outputs=True)
        for reader in readers:
            cut(slim.get_submodule(reader), gone, outputs=False)
    return slim


def neighbours(net, relu):
    """Return the names of the layer that makes a ReLU's channels and of those that read them; ValueError for no ReLU.

    u{level}.conv1 reads the skip map first, so that a channel's number is the same for all of its readers.
    """
    if not isinstance(dict(net.named_modules()).get(relu), nn.ReLU):
        raise ValueError(f"there is no ReLU {relu!r}: they are called d0.relu1, d0.relu2, …, u0.relu2")
    block, number = relu.split(".relu")
    path, level = block[0], int(block[1:])
    if number == "1":
        return f"{block}.conv1", [f"{block}.conv2"]
    if path == "d" and level < net.depth:
        return f"{block}.conv2", [f"d{level + 1}.conv1", f"u{level}.conv1"]
    return f"{block}.conv2", [f"up{level - 1}" if level > 0 else "score"]


def cut(layer, gone, outputs):
    """Cut channels out of a convolution or up-convolution, of what it makes or of what it reads."""
    up = isinstance(layer, nn.ConvTranspose2d)
    axis = int(outputs) if up else int(not outputs)  # weights are (out, in, …), of an up-convolution (in, out, …)
    count = layer.out_channels if outputs else layer.in_channels
    keep = torch.tensor([channel for channel in range(count) if channel not in set(gone)])
    layer.weight = nn.Parameter(layer.weight.detach().index_select(axis, keep))
    if outputs:
        layer.out_channels = len(keep)
        layer.bias = nn.Parameter(layer.bias.detach()[keep])
    else:
        layer.in_channels = len(keep)
