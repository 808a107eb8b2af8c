"""The U-Net of Ho, Jain and Abbeel's diffusion model (DDPM, NeurIPS 2020), for images of 32 pixels:

    noisy 32 ▶ conv ▶ block ▶ block ▶ half 16 ▶ block ▶ block ▶ half 8 ▶ …   every arrow leaves a skip map: twelve
                                                                       ▼ 4
    noise 32 ◀ conv ◀ 3 blocks ◀ double 32 ◀ 3 blocks ◀ double 16 ◀ …        every block takes one of them back

A block is residual: two 3×3 convolutions with group normalisation, and between them the time embedding, made of how
noisy the image is, is added. At one of the sizes every pixel also looks at every other (self-attention). Everything is
padded. Built after the paper's appendix B.
"""

import math

import torch
from torch import nn
from torch.nn.functional import interpolate, scaled_dot_product_attention, silu

from unet_edu.models.checks import check_count, check_images
from unet_edu.models.padded import check_multiple

GROUPS = 32  # of the normalisation, at most


class DiffusionUNet(nn.Module):
    """The network that predicts the noise in an image; defaults are those of the paper for CIFAR-10.

    channels: of the image. base_width: channels at full size. factors: how many times as many at each size, the first
    for full size. blocks: at each size on the way down; one more on the way up. size: side of the image; attention: of
    the map at which every pixel looks at every other. Raises TypeError or ValueError for what is no count.
    """

    def __init__(self, channels=3, base_width=128, factors=(1, 2, 2, 2), blocks=2, attention=16, size=32):
        super().__init__()
        check_count(channels=channels, base_width=base_width, blocks=blocks, size=size)
        self.channels, self.base_width, self.depth = channels, base_width, len(factors) - 1
        wide = 4 * base_width  # the width of the time embedding
        self.time_embedding = nn.Sequential(nn.Linear(base_width, wide), nn.SiLU(), nn.Linear(wide, wide))
        self.first = nn.Conv2d(channels, base_width, 3, padding=1)

        now, skips = base_width, [base_width]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, factor in enumerate(factors):
            for _ in range(blocks):
                self.down.append(Block(now, factor * base_width, wide, size >> level == attention))
                now = factor * base_width
                skips.append(now)
            if level < self.depth:
                self.down.append(nn.Conv2d(now, now, 3, stride=2, padding=1))
                skips.append(now)
        self.middle = nn.ModuleList([Block(now, now, wide, True), Block(now, now, wide, False)])
        self.skip_channels = tuple(skips)
        for level, factor in reversed(list(enumerate(factors))):
            for _ in range(blocks + 1):
                makes = factor * base_width
                self.up.append(Block(now + skips.pop(), makes, wide, size >> level == attention))
                now = makes
            if level > 0:
                self.up.append(nn.Conv2d(now, now, 3, padding=1))
        self.norm, self.last = norm(now), nn.Conv2d(now, channels, 3, padding=1)

    def forward(self, images, steps):
        """Return the predicted noise, (N, channels, H, W), in images of that shape; steps: (N,), how noisy each is.

        Raises ValueError unless H and W are multiples of 2 for each halving.
        """
        check_images(images, self.channels)
        check_multiple(images.shape[-2], 2**self.depth, "height")
        check_multiple(images.shape[-1], 2**self.depth, "width")
        embedding = self.time_embedding(sinusoids(steps, self.base_width))
        x = self.first(images)
        skips = [x]
        for layer in self.down:
            x = layer(x, embedding) if isinstance(layer, Block) else layer(x)
            skips.append(x)
        for block in self.middle:
            x = block(x, embedding)
        for layer in self.up:
            if isinstance(layer, Block):
                x = layer(torch.cat([x, skips.pop()], dim=1), embedding)
            else:
                x = layer(interpolate(x, scale_factor=2))  # each pixel four times, then a convolution
        return self.last(silu(self.norm(x)))


class Block(nn.Module):
    """Two convolutions beside a shortcut, the time embedding added between them; perhaps attention afterwards."""

    def __init__(self, reads, makes, wide, attention):
        super().__init__()
        self.norm1, self.conv1 = norm(reads), nn.Conv2d(reads, makes, 3, padding=1)
        self.time_embedding = nn.Linear(wide, makes)
        self.norm2, self.conv2 = norm(makes), nn.Conv2d(makes, makes, 3, padding=1)
        self.shortcut = nn.Conv2d(reads, makes, 1) if reads != makes else nn.Identity()
        self.attention = Attention(makes) if attention else nn.Identity()

    def forward(self, x, embedding):
        """Return (N, makes, H, W) of x (N, reads, H, W) and the time embedding (N, wide)."""
        inner = self.conv1(silu(self.norm1(x))) + self.time_embedding(silu(embedding))[:, :, None, None]
        return self.attention(self.shortcut(x) + self.conv2(silu(self.norm2(inner))))


class Attention(nn.Module):
    """Self-attention of one head: each pixel takes the values of all pixels, weighed by how well key and query fit."""

    def __init__(self, width):
        super().__init__()
        self.norm, self.qkv, self.out = norm(width), nn.Conv2d(width, 3 * width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x):
        """Return a map of the shape of x, (N, width, H, W)."""
        query, key, value = self.qkv(self.norm(x)).flatten(2).transpose(1, 2).chunk(3, dim=-1)  # (N, H·W, width)
        taken = scaled_dot_product_attention(query, key, value)
        return x + self.out(taken.transpose(1, 2).reshape(x.shape))


def norm(width):
    """Return a group normalisation. A group of a single channel would take out all that the time embedding adds."""
    return nn.GroupNorm(math.gcd(GROUPS, max(width // 4, 1)), width)


def sinusoids(steps, width):
    """Return waves of many lengths at the time `steps` (N,): (N, width), as transformers mark positions."""
    half = width // 2
    rates = torch.exp(-math.log(10_000) * torch.arange(half, device=steps.device) / max(half - 1, 1))
    angles = steps.float()[:, None] * rates
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    return nn.functional.pad(waves, (0, width - 2 * half))
