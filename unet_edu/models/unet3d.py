"""The 3D U-Net of Çiçek, Abdulkadir, Lienkamp, Brox and Ronneberger (MICCAI 2016), sizes along an axis of 132 voxels.

    132 ▶ d0 128 ─────────── skip0: crop to 48 ─────────▶ u0 44 ▶ score 44
             ▼ pool1                                       ▲ up0
         64 ▶ d1 60 ─────── skip1: crop to 28 ──────▶ u1 24
                 ▼ pool2                               ▲ up1
             30 ▶ d2 26 ─── skip2: crop to 18 ──▶ u2 14
                     ▼ pool3                       ▲ up2
                 13 ▶ d3 9 ─────────────────────────┘

The plan, the crop and the up-convolution are those of the flat network; every window has one axis more. New: batch
normalisation before each ReLU, and the channels double before a pooling instead of after it, "to avoid bottlenecks".
"""

from collections import OrderedDict

import torch
from torch import nn

from unet_edu.arithmetic import check_size
from unet_edu.models.checks import check_count


class UNet3D(nn.Module):
    """in_channels, num_classes: as in the paper, 3 each. base_width: channels of the first convolution (the paper: 32).

    depth: number of poolings (the paper: 3). Raises TypeError or ValueError where one of them is not an int ≥ 1.
    """

    def __init__(self, in_channels=3, num_classes=3, base_width=32, depth=3):
        super().__init__()
        check_count(in_channels=in_channels, num_classes=num_classes, base_width=base_width, depth=depth)
        self.in_channels, self.depth = in_channels, depth
        width = [base_width * 2**level for level in range(depth + 2)]  # 32, 64, 128, 256, 512

        for level in range(depth + 1):
            if level > 0:
                self.add_module(f"pool{level}", nn.MaxPool3d(2))
            reads = width[level] if level > 0 else in_channels
            self.add_module(f"d{level}", conv_pair(reads, width[level], width[level + 1]))
        for level in reversed(range(depth)):
            self.add_module(f"up{level}", nn.ConvTranspose3d(width[level + 2], width[level + 2], 2, 2, bias=False))
            joined = width[level + 1] + width[level + 2]
            self.add_module(f"u{level}", conv_pair(joined, width[level + 1], width[level + 1]))
        self.score = nn.Conv3d(width[1], num_classes, 1)

    def forward(self, volumes):
        """Return the logits (N, num_classes, D - b, H - b, W - b) of volumes (N, in_channels, D, H, W), b = 88.

        Each axis must be legal for this depth (`unet_edu.arithmetic.valid_sizes`), or it raises ValueError.
        """
        if volumes.ndim != 5 or volumes.shape[1] != self.in_channels:
            raise ValueError(f"the network takes (N, {self.in_channels}, D, H, W), not {tuple(volumes.shape)}")
        for name, size in zip(("depth", "height", "width"), volumes.shape[2:], strict=True):
            check_size(size, self.depth, name)
        x, skips = volumes, []
        for level in range(self.depth + 1):
            if level > 0:
                skips.append(x)
                x = getattr(self, f"pool{level}")(x)
            x = getattr(self, f"d{level}")(x)
        for level in reversed(range(self.depth)):
            up = getattr(self, f"up{level}")(x)
            x = getattr(self, f"u{level}")(torch.cat([centre(skips.pop(), up.shape), up], dim=1))
        return self.score(x)


def conv_pair(reads, between, makes):
    """Return two valid 3×3×3 convolutions, each with a batch normalisation and a ReLU.

    The paper counts 19,069,955 parameters in total. Beside the weights that is one number for each channel that a
    convolution makes, and none for the up-convolutions: so biases here, and normalisations that bring no numbers.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv3d(reads, between, 3),
            norm1=nn.BatchNorm3d(between, affine=False),
            relu1=nn.ReLU(),
            conv2=nn.Conv3d(between, makes, 3),
            norm2=nn.BatchNorm3d(makes, affine=False),
            relu2=nn.ReLU(),
        )
    )


def centre(skip, shape):
    """Return the centre of a skip map (N, C, D, H, W), as large as the map that it will be joined to."""
    cuts = [slice((a - b) // 2, (a + b) // 2) for a, b in zip(skip.shape[2:], shape[2:], strict=True)]
    return skip[:, :, *cuts]
