"""The smallest U-Net: one pooling, one skip connection, every layer written out. Sizes for an input of 36 pixels.

    36 ▶ d0 32 ── skip0: crop to 24 ─▶ u0 20 ▶ score 20
          ▼ pool1                up0 ▲
       16 ▶ d1 12 ───────────────────┘

It is `UNet(depth=1)` with the same names, and without dropout, so weights move from one to the other.
"""

from collections import OrderedDict

import torch
from torch import nn

from unet_edu.arithmetic import check_size
from unet_edu.models.checks import check_count, check_images
from unet_edu.models.unet import CenterCrop, init_gaussian


class OneLevelUNet(nn.Module):
    """A U-Net of one level, fixed: the one to read first.

    in_channels, num_classes, base_width (channels of level 0; level 1 has twice as many): ints ≥ 1, or it raises
    TypeError or ValueError.
    """

    depth = 1

    def __init__(self, in_channels=1, num_classes=2, base_width=8):
        super().__init__()
        check_count(in_channels=in_channels, num_classes=num_classes, base_width=base_width)
        self.in_channels, self.num_classes, self.base_width = in_channels, num_classes, base_width
        fine, coarse = base_width, 2 * base_width

        self.d0 = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(in_channels, fine, 3),
                relu1=nn.ReLU(),
                conv2=nn.Conv2d(fine, fine, 3),
                relu2=nn.ReLU(),
            )
        )
        self.pool1 = nn.MaxPool2d(2)
        self.d1 = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(fine, coarse, 3),
                relu1=nn.ReLU(),
                conv2=nn.Conv2d(coarse, coarse, 3),
                relu2=nn.ReLU(),
            )
        )
        self.up0 = nn.ConvTranspose2d(coarse, fine, 2, stride=2)
        self.skip0 = CenterCrop()
        self.u0 = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(2 * fine, fine, 3),
                relu1=nn.ReLU(),
                conv2=nn.Conv2d(fine, fine, 3),
                relu2=nn.ReLU(),
            )
        )
        self.score = nn.Conv2d(fine, num_classes, 1)
        init_gaussian(self)

    def forward(self, images):
        """Return the logits (N, num_classes, H - 16, W - 16) of images (N, in_channels, H, W).

        H and W must be even and at least 18; ValueError otherwise, TypeError for what is no floating tensor.
        """
        check_images(images, self.in_channels)
        check_size(images.shape[-2], self.depth, "height")
        check_size(images.shape[-1], self.depth, "width")

        skip = self.d0(images)  # (N, fine, 32, 32) of 36 × 36
        deep = self.d1(self.pool1(skip))  # (N, coarse, 12, 12)
        up = self.up0(deep)  # (N, fine, 24, 24)
        skip = self.skip0(skip, up)  # (N, fine, 24, 24)
        joined = torch.cat([skip, up], dim=1)  # (N, 2 * fine, 24, 24)
        return self.score(self.u0(joined))  # (N, num_classes, 20, 20)
