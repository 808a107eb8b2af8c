"""What most code under the name U-Net builds today: every convolution padded, nothing cropped. It is not the paper's.

    512 ▶ d0 512 ───────── skip0 ─────────▶ u0 512 ▶ score 512
             ▼ pool1                        ▲ up0
        256 ▶ d1 256 ───── skip1 ─────▶ u1 256
                 ▼ pool2                ▲ up1
            128 ▶ d2 128 ─ skip2 ─▶ u2 128
                     ▼ pool3        ▲ up2
                 64 ▶ d3 64  skip3  ▶ u3 64
                         ▼ pool4    ▲ up3
                      32 ▶ d4 32 ───┘

One ring of zeros around each map before each 3×3 convolution keeps the size, so that logits and image are equally large
and skip maps fit as they are. The price: in the outermost 94 pixels, a logit depends on zeros that no camera has seen.
Layers, names and weights are those of `unet_edu.models.UNet`, and so are the logits where no zeros are in sight.
"""

import torch
from torch import nn

from unet_edu.models.checks import check_count, check_images
from unet_edu.models.unet import DROPOUT, CenterCrop, conv_pair, init_gaussian


class PaddedUNet(nn.Module):
    """The paper's network with padding 1 in each 3×3 convolution: the result is as large as the image.

    in_channels, num_classes, base_width, depth: as for `UNet`; the state dict of one fits the other.
    Raises TypeError or ValueError where one of them is not an int ≥ 1.
    """

    def __init__(self, in_channels=1, num_classes=2, base_width=64, depth=4):
        super().__init__()
        check_count(in_channels=in_channels, num_classes=num_classes, base_width=base_width, depth=depth)
        self.in_channels = in_channels
        self.num_classes = num_classes
        self.base_width = base_width
        self.depth = depth
        width = [in_channels, *(base_width * 2**level for level in range(depth + 1))]  # 1, 64, 128, 256, 512, 1024

        for level in range(depth + 1):
            if level > 0:
                self.add_module(f"pool{level}", nn.MaxPool2d(2))
            self.add_module(f"d{level}", conv_pair(width[level], width[level + 1], padding=1))
            if level >= max(1, depth - 1):  # as in `UNet`
                self.add_module(f"drop{level}", nn.Dropout(DROPOUT))
        for level in reversed(range(depth)):
            self.add_module(f"up{level}", nn.ConvTranspose2d(width[level + 2], width[level + 1], 2, stride=2))
            self.add_module(f"skip{level}", CenterCrop())  # both maps are equally large: it cuts nothing off
            self.add_module(f"u{level}", conv_pair(2 * width[level + 1], width[level + 1], padding=1))
        self.score = nn.Conv2d(base_width, num_classes, 1)
        init_gaussian(self)

    def forward(self, images):
        """Return the logits (N, num_classes, H, W) of images (N, in_channels, H, W).

        H and W must be multiples of 2^depth, 16 for depth 4, since a pooling would drop the last pixel of an odd size.
        Raises TypeError or ValueError, before it computes anything, for another tensor; it names the nearest sizes.
        """
        check_images(images, self.in_channels)
        check_multiple(images.shape[-2], 2**self.depth, "height")
        check_multiple(images.shape[-1], 2**self.depth, "width")

        x = images  # (N, in_channels, 512, 512)
        skips = []
        for level in range(self.depth + 1):
            if level > 0:
                skips.append(x)
                x = getattr(self, f"pool{level}")(x)  # 256, 128, 64, 32
            x = getattr(self, f"d{level}")(x)  # (N, 64, 512, 512), 256, 128, 64, (N, 1024, 32, 32)
            if hasattr(self, f"drop{level}"):
                x = getattr(self, f"drop{level}")(x)
        for level in reversed(range(self.depth)):
            up = getattr(self, f"up{level}")(x)  # (N, 512, 64, 64), 128, 256, (N, 64, 512, 512)
            skip = getattr(self, f"skip{level}")(skips.pop(), up)
            x = getattr(self, f"u{level}")(torch.cat([skip, up], dim=1))  # the same
        return self.score(x)  # (N, num_classes, 512, 512)


def check_multiple(size, step, name, why="a pooling would meet an odd size"):
    """Raise ValueError unless size is a positive multiple of step; the message gives the nearest ones."""
    if size < 1 or size % step:
        below, above = size // step * step, (size // step + 1) * step
        nearest = f"{below} and {above}" if below else f"{above}"
        raise ValueError(
            f"{name} {size} is no multiple of {step}, and {why}. The nearest legal {name}: {nearest}; crop the image, "
            "or mirror it beyond its border and crop the result"
        )
