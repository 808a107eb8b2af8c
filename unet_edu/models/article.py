"""A popular simplification of U-Net: the network of the article that this book grew from. It is not the paper's.

    572 ▶ enc1 282 ────────── skip1: resize to 344 ─────────▶ dec1 340 ▶ final 340 ▶ resize to 572
               ▼                                               ▲
           enc2 137 ───────── skip2: resize to 176 ────────▶ dec2 344
                 ▼                                             ▲
              enc3 65 ─────── skip3: resize to 92 ───────▶ dec3 176
                   ▼                                          ▲
                 enc4 29 ──── skip4: resize to 50 ────▶ dec4 92
                      ▼                                  ▲
                    center 50 ───────────────────────────┘

enc: two 3×3 convolutions of dilation 2, a 2×2 max-pooling that rounds up.  center, dec: two 3×3 convolutions, a 2×2
up-convolution (dec1: none).  ReLU after each.  The number is the size of the map that a stage hands on.

Where it leaves the paper: dilation 2 in the encoder; pooling that rounds up; the skip taken after the pooling, one
level coarser, resized instead of cropped, and joined on the right of the other map; ReLU after the up-convolution;
the logits stretched to the input's size; an RGB input; PyTorch's default initialisation. A resize hides every mismatch
of sizes, so from 233 pixels on nothing fails, and maps are joined out of register (`unet_edu.registration`).

The network is bodokaiser/piwise's `UNet` (https://github.com/bodokaiser/piwise, BSD-3-Clause, © 2017 Bodo Kaiser) with
the dilation that the article added, written anew here.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.functional import interpolate

from unet_edu.arithmetic import conv_out, pool_out, up_out
from unet_edu.models.checks import check_count, check_images

LEVELS = 4
DILATION = 2  # of the encoder's convolutions alone: each takes 4 pixels from the map, not 2


class ArticleUNet(nn.Module):
    """The article's variant: any input of at least 233 × 233 pixels gives logits of the input's own size.

    num_classes: channels of the result.  base_width: channels of enc1, doubled at each level down; the article's is
    64, a narrow one has the same geometry.  The input has 3 channels. Raises TypeError or ValueError where one of the
    two is not an int ≥ 1.
    """

    in_channels = 3

    def __init__(self, num_classes, base_width=64):
        super().__init__()
        check_count(num_classes=num_classes, base_width=base_width)
        self.num_classes = num_classes
        self.base_width = base_width
        width = [self.in_channels, *(base_width * 2**level for level in range(LEVELS))]  # 3, 64, 128, 256, 512

        for level in range(1, LEVELS + 1):
            dropout = {"drop": nn.Dropout(0.5)} if level == LEVELS else {}
            pool = nn.MaxPool2d(2, ceil_mode=True)
            self.add_module(f"enc{level}", block(width[level - 1], width[level], DILATION, **dropout, pool=pool))
        deepest = width[LEVELS]
        self.center = block(deepest, 2 * deepest, drop=nn.Dropout(0.5), **up(2 * deepest, deepest))
        for level in range(LEVELS, 0, -1):
            self.add_module(f"skip{level}", ResizedSkip())
            climb = up(width[level], width[level - 1]) if level > 1 else {}
            self.add_module(f"dec{level}", block(2 * width[level], width[level], **climb))
        self.final = nn.Conv2d(base_width, num_classes, 1)

    def forward(self, images):
        """Return the logits (N, num_classes, H, W) of images (N, 3, H, W).

        Raises ValueError where H or W is below 233, TypeError or ValueError for a tensor of another kind or shape.
        """
        check_images(images, self.in_channels)
        map_sizes(images.shape[-2], "height")
        map_sizes(images.shape[-1], "width")

        x = images  # (N, 3, 572, 572)
        skips = []
        for level in range(1, LEVELS + 1):
            x = getattr(self, f"enc{level}")(x)  # (N, 64, 282, 282), 137, 65, (N, 512, 29, 29)
            skips.append(x)
        x = self.center(x)  # (N, 512, 50, 50)
        for level in range(LEVELS, 0, -1):
            skip = getattr(self, f"skip{level}")(skips.pop(), x)
            x = torch.cat([x, skip], dim=1)  # (N, 1024, 50, 50), 92, 176, (N, 128, 344, 344)
            x = getattr(self, f"dec{level}")(x)  # (N, 256, 92, 92), 176, 344, (N, 64, 340, 340)
        return resize(self.final(x), images)  # (N, num_classes, 572, 572)


class ResizedSkip(nn.Module):
    """Stretch or shrink a skip map to the size of the map that it will be joined to."""

    is_skip = True  # the mark by which `unet_edu.activations` finds a skip connection

    def forward(self, skip, like):
        """Return skip (N, C, H, W) as (N, C, h, w), where like is (N, any, h, w)."""
        return resize(skip, like)


def resize(x, like):
    """Return x (N, C, H, W) as (N, C, h, w), bilinear, corner pixel on corner pixel as the article has it."""
    return interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=True)


def block(in_channels, out_channels, dilation=1, **more):
    """Return two valid 3×3 convolutions with ReLU, then the layers of `more`, by their names."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(in_channels, out_channels, 3, dilation=dilation),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(out_channels, out_channels, 3, dilation=dilation),
            relu2=nn.ReLU(),
            **more,
        )
    )


def up(in_channels, out_channels):
    """Return the layers that double the size, by name: (N, in, H, W) to (N, out, 2H, 2W)."""
    return {"up": nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2), "up_relu": nn.ReLU()}


def map_sizes(size, name="size"):
    """Return the size of the map that each stage hands on, {"enc1": 282, …, "dec1": 340} for 572, along one axis.

    Raises ValueError where a map is smaller than the kernel that comes next; the message gives the smallest legal size.
    """
    sizes, misfit = walk(size)
    if misfit is None:
        return sizes
    legal = size + 1
    while walk(legal)[1] is not None:
        legal += 1
    layer, pixels, span = misfit
    raise ValueError(
        f"{name} {size} is too small for ArticleUNet: a map of {pixels} pixels would meet {layer}, "
        f"whose kernel spans {span}. The smallest {name} that runs is {legal}"
    )


def walk(size):
    """Follow one axis down and up: (sizes by stage, None), or up to the first misfit (layer, map size, kernel span)."""
    sizes = {}
    for stage in ("enc1", "enc2", "enc3", "enc4", "center", "dec4", "dec3", "dec2", "dec1"):
        dilation = DILATION if stage.startswith("enc") else 1
        span = 1 + 2 * dilation
        for layer in ("conv1", "conv2"):
            if size < span:
                return sizes, (f"{stage}.{layer}", size, span)
            size = conv_out(size, kernel=3, dilation=dilation)
        if stage.startswith("enc"):
            size = pool_out(size, ceil=True)
        elif stage != "dec1":
            size = up_out(size)
        sizes[stage] = size
    return sizes, None
