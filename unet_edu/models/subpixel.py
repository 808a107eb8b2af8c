"""A network at a lower resolution: pixels become channels before it, and channels pixels after it.

    (N, 1, 512, 512) ▶ 4×4 pixels to 16 channels ▶ (N, 16, 128, 128) ▶ U-Net ▶ (N, 32, 128, 128) ▶ (N, 2, 512, 512)

No pixel is thrown away: each place of the smaller map holds all those that it stands for, and the last layer gives each
of them a logit of its own. With factor 4 a map has a sixteenth of the pixels, so that a network four times as wide
costs what the narrow one did, and it looks four times as far.

Source of the rearrangement: Shi et al., CVPR 2016 (arXiv 1609.05158), there after the network; here on both sides.
"""

from torch import nn

from unet_edu.models.checks import check_count, check_images
from unet_edu.models.padded import PaddedUNet, check_multiple


class Subpixel(nn.Sequential):
    """A network on every factor-th pixel of a grey image.

    factor: pixels a side that become channels, at least 1.
    inside: a network that takes factor² channels and returns factor² times as many as there are classes; its border, if
        any, is lost factor-fold. It refuses sizes that it cannot take, in units of factor pixels.
    poolings: how often a padded network inside halves its maps: H and W are then multiples of factor · 2^poolings.

    Images (N, 1, H, W), H and W multiples of factor, to logits (N, classes, h, w) of their centre.
    Raises TypeError or ValueError where factor is not an int ≥ 1, and for images of another kind or size.
    """

    in_channels = 1

    def __init__(self, factor, inside, poolings=0):
        check_count(factor=factor)
        super().__init__(nn.PixelUnshuffle(factor), inside, nn.PixelShuffle(factor))
        self.factor = factor
        self.step = factor * 2**poolings

    def forward(self, images):
        """Return the logits (N, classes, h, w) of images (N, 1, H, W)."""
        check_images(images, self.in_channels)
        why = "pixels would be left over" if self.step == self.factor else "a pooling would meet an odd size"
        for name, size in zip(("height", "width"), images.shape[-2:], strict=True):
            check_multiple(size, self.step, name, why)
        return super().forward(images)


class SubpixelUNet(Subpixel):
    """A `PaddedUNet` on every factor-th pixel of a grey image, for two classes.

    factor: as for `Subpixel`.  base_width, depth: of the U-Net in between.

    Images (N, 1, H, W), H and W multiples of factor · 2^depth, to logits (N, 2, H, W).
    Raises TypeError or ValueError where an argument is not an int ≥ 1, and for images of other sizes.
    """

    def __init__(self, factor=2, base_width=16, depth=4):
        check_count(factor=factor, base_width=base_width, depth=depth)
        channels = {"in_channels": factor**2, "num_classes": 2 * factor**2}
        super().__init__(factor, PaddedUNet(base_width=base_width, depth=depth, **channels), poolings=depth)
