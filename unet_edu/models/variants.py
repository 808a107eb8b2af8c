"""One part of U-Net taken away or changed, everything else as it was: what an ablation compares.

    net = without_skips(UNet())

    without_skips        skip ─ ✗ ─ zeros ─▶ joined              the expansive path reads the level below alone
    with_pooled_skips    skip ▶ pool ▶ enlarge ▶ crop ▶ joined   in register, but what pooling loses is lost
    with_resized_skips   skip ▶ resize ▶ joined                  the whole map squeezed in: out of register
    with_dilation        d0 … d4 look farther, and mirror their maps' borders, so that all sizes stay
    without_dropout      every unit counts in training too

Each changes a `UNet` in place and returns it. Names, weights, number of parameters and all sizes stay: two such
networks with one state dict differ in the one part alone. What resized skips and dilation compute depends on where the
map ends, since they stretch or mirror it: tiles then do not give quite what one large pass would give.

All work before or after `unet_edu.models.batch_norm.insert_batch_norm`. Raises TypeError for what is no `UNet`.
"""

import torch
from torch import nn
from torch.nn.functional import interpolate

from unet_edu.models.article import ResizedSkip
from unet_edu.models.checks import check_count
from unet_edu.models.unet import CenterCrop, UNet


def without_skips(net):
    """Replace each skip connection by zeros: half of what u{level}.conv1 reads is silent."""
    return replace_skips(net, NoSkip)


def with_pooled_skips(net):
    """Take each skip map after the pooling instead of before it, enlarged again so that it can be joined."""
    return replace_skips(net, PooledSkip)


def with_resized_skips(net):
    """Squeeze each whole skip map to the size where it is joined, instead of cutting out the centre.

    The centres of both maps lie on each other; towards the border the skip map's content is shifted inwards, in level 0
    of an input of 572 pixels by up to 88.
    """
    return replace_skips(net, ResizedSkip)


def with_dilation(net, dilation=2):
    """Spread the kernels of the contracting path: `dilation` pixels between the pixels that a 3×3 kernel reads.

    Such a convolution takes 2·dilation pixels; the map is mirrored by dilation - 1 at each side first, so that it still
    takes 2. Raises TypeError or ValueError where dilation is not an int ≥ 1.
    """
    check_unet(net)
    check_count(dilation=dilation)
    blocks = [net.stage("d", level) for level in range(net.depth + 1)]
    for parent in [part for block in blocks for part in block.modules()]:
        for name, conv in parent.named_children():
            if isinstance(conv, nn.Conv2d):
                setattr(parent, name, dilated(conv, dilation))
    return net


def without_dropout(net):
    """Let the dropout layers drop nothing."""
    check_unet(net)
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    return net


class NoSkip(nn.Module):
    """A skip connection that passes zeros on."""

    is_skip = True  # the mark by which `unet_edu.activations` finds a skip connection

    def forward(self, skip, like):
        """Return zeros of the shape of like, (N, C, h, w)."""
        return torch.zeros_like(like)


class PooledSkip(CenterCrop):
    """A skip connection that leaves after the pooling: each 2×2 pixels of the skip map are their maximum."""

    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(2)

    def forward(self, skip, like):
        """Return the centre (N, C, h, w) of skip (N, C, H, W) in blocks of 2×2 pixels, where like is (N, any, h, w).

        H and W must be even, as the poolings of `UNet` require anyway; other errors as in `CenterCrop`.
        """
        return super().forward(interpolate(self.pool(skip), scale_factor=2), like)


def replace_skips(net, kind):
    """Put a fresh skip module of a kind in the place of each that there is; return net."""
    check_unet(net)
    for level in range(net.depth):
        setattr(net, f"skip{level}", kind().train(net.training))
    return net


def dilated(conv, dilation):
    """Return a 3×3 convolution that reads farther and takes 2 pixels all the same; it shares the weights of conv."""
    with torch.device("meta"):  # no memory and no random numbers for weights that are replaced at once
        wide = nn.Conv2d(
            conv.in_channels, conv.out_channels, 3, dilation=dilation, padding=dilation - 1, padding_mode="reflect"
        )
    wide.weight, wide.bias = conv.weight, conv.bias
    return wide.train(conv.training)


def check_unet(net):
    """Raise TypeError unless net is a `UNet`."""
    if not isinstance(net, UNet):
        raise TypeError(f"only a UNet has these parts to take away, not {type(net).__name__}: give a `UNet`")
