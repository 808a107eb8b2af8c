"""The U-Net of Ronneberger, Fischer and Brox (MICCAI 2015), figure 1, sizes for an input of 572 pixels.

    572 ▶ d0 568 ─────────── skip0: crop to 392 ───────────▶ u0 388 ▶ score 388
             ▼ pool1                                         ▲ up0
        284 ▶ d1 280 ─────── skip1: crop to 200 ───────▶ u1 196
                 ▼ pool2                                 ▲ up1
            140 ▶ d2 136 ─── skip2: crop to 104 ───▶ u2 100
                     ▼ pool3                         ▲ up2
                 68 ▶ d3 64 ── skip3: crop to 56 ──▶ u3 52
                         ▼ pool4                     ▲ up3
                      32 ▶ d4 28 ────────────────────┘

d, u: two valid 3×3 convolutions, each with a ReLU.  pool: 2×2 max-pooling.  up: 2×2 up-convolution, half the channels.
Each level down has twice the channels: 64, 128, 256, 512, 1024.
"""

from collections import OrderedDict

import torch
from torch import nn

from unet_edu.arithmetic import check_size
from unet_edu.models.checks import check_count, check_images

DROPOUT = 0.5  # the paper says "drop-out layers", no probability; 0.5 is what ports of the authors' Caffe release use


class UNet(nn.Module):
    """The paper's network: contracting path, expansive path, a cropped skip connection at each level.

    in_channels: channels of the image (the paper: 1).  num_classes: channels of the result (the paper: 2).
    base_width: channels of level 0, doubled at each level down (the paper: 64).
    depth: number of poolings, at least 1 (the paper: 4).

    Raises TypeError or ValueError where one of them is not an int ≥ 1.
    """

    def __init__(self, in_channels=1, num_classes=2, base_width=64, depth=4):
        super().__init__()
        check_count(in_channels=in_channels, num_classes=num_classes, base_width=base_width, depth=depth)
        self.in_channels = in_channels
        self.num_classes = num_classes
        self.base_width = base_width
        self.depth = depth
        # "Drop-out layers at the end of the contracting path": the paper gives no place. As the authors' release is
        # reported to have it: after the last ReLU of the two deepest levels, before the skip of level depth - 1
        # leaves it. Level 0 is where the path begins, so a network of depth 1 drops out in level 1 only.
        self.dropout_levels = range(max(1, depth - 1), depth + 1)
        width = [base_width * 2**level for level in range(depth + 1)]

        for level in range(depth + 1):
            if level > 0:
                self.add_module(f"pool{level}", nn.MaxPool2d(2))
            self.add_module(f"d{level}", conv_pair(width[level - 1] if level > 0 else in_channels, width[level]))
            if level in self.dropout_levels:
                self.add_module(f"drop{level}", nn.Dropout(DROPOUT))
        for level in reversed(range(depth)):
            # No ReLU after it: the paper names ReLU only for the 3×3 convolutions (the release has one here too).
            self.add_module(f"up{level}", nn.ConvTranspose2d(width[level + 1], width[level], 2, stride=2))
            self.add_module(f"skip{level}", CenterCrop())
            self.add_module(f"u{level}", conv_pair(2 * width[level], width[level]))
        self.score = nn.Conv2d(base_width, num_classes, 1)
        init_gaussian(self)

    def forward(self, images):
        """Return the logits (N, num_classes, H - b, W - b) of images (N, in_channels, H, W), b = 12·2^depth - 8.

        For depth 4, b = 184: logit [i, j] belongs to image pixel [i + 92, j + 92]. H and W may differ.
        Raises TypeError or ValueError, before it computes anything, for a tensor of another kind or shape and for
        a height or width at which a pooling would meet an odd size (`unet_edu.arithmetic.valid_sizes` lists the
        legal ones).
        """
        check_images(images, self.in_channels)
        check_size(images.shape[-2], self.depth, "height")
        check_size(images.shape[-1], self.depth, "width")

        x = images  # (N, in_channels, 572, 572)
        skips = []
        for level in range(self.depth + 1):
            if level > 0:
                skips.append(x)
                x = self.stage("pool", level)(x)  # 284, 140, 68, 32
            x = self.stage("d", level)(x)  # (N, 64, 568, 568), (N, 128, 280, 280), … (N, 1024, 28, 28)
            if level in self.dropout_levels:
                x = self.stage("drop", level)(x)
        for level in reversed(range(self.depth)):
            up = self.stage("up", level)(x)  # (N, 512, 56, 56), 104, 200, (N, 64, 392, 392)
            skip = self.stage("skip", level)(skips.pop(), up)  # the same shape
            x = self.stage("u", level)(torch.cat([skip, up], dim=1))  # (N, 512, 52, 52), 100, 196, (N, 64, 388, 388)
        return self.score(x)  # (N, num_classes, 388, 388)

    def stage(self, kind, level):
        """Return the module of that kind and level: stage("d", 0) is `d0`."""
        return getattr(self, f"{kind}{level}")


class CenterCrop(nn.Module):
    """Cut the centre out of a skip map, as large as the map that it will be joined to."""

    is_skip = True  # the mark by which `unet_edu.activations` finds a skip connection

    def forward(self, skip, like):
        """Return the centre (N, C, h, w) of skip (N, C, H, W), where like is (N, any, h, w).

        Raises ValueError where there is no such centre: H - h or W - w is negative or odd.
        """
        height, width = like.shape[-2:]
        rows, columns = skip.shape[-2] - height, skip.shape[-1] - width  # both sides together
        if rows < 0 or columns < 0 or rows % 2 or columns % 2:
            raise ValueError(
                f"a map of {tuple(skip.shape[-2:])} pixels has no centre of {(height, width)}: "
                "the difference must be even and not negative on both axes"
            )
        return skip[..., rows // 2 : rows // 2 + height, columns // 2 : columns // 2 + width]


def conv_pair(in_channels, out_channels, padding=0):
    """Return two 3×3 convolutions, each with a ReLU: (N, in, H, W) to (N, out, H - 4, W - 4), valid as in the paper.

    padding: zeros that each puts around its map; the paper has none, and with 1 the size stays as it is.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(in_channels, out_channels, 3, padding=padding),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(out_channels, out_channels, 3, padding=padding),
            relu2=nn.ReLU(),
        )
    )


def init_gaussian(network):
    """Draw each weight from a Gaussian of standard deviation sqrt(2/N), N = incoming nodes of one neuron (section 3).

    The paper does not mention biases; zero, as in He et al. (2015), from whom the rule is taken.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            incoming = layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]  # the paper: 64 · 9 = 576
        elif isinstance(layer, nn.ConvTranspose2d):
            # With kernel = stride no two windows overlap, so one input pixel makes an output pixel, over all channels.
            # `nn.init.kaiming_normal_` would count out_channels · 4 here, and draw too little by sqrt(2).
            incoming = layer.in_channels
        else:
            continue
        nn.init.normal_(layer.weight, std=(2 / incoming) ** 0.5)
        nn.init.zeros_(layer.bias)
