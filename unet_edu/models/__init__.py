"""The networks of the book, one file for each paper, one class for each network.

    sliding window (Cireşan et al. 2012) ─▶ FCN (Long et al. 2015) ─▶ U-Net (Ronneberger et al. 2015) ─▶ variants
    SlidingWindowNet                        FCN32s, FCN16s, FCN8s     UNet, OneLevelUNet                 PaddedUNet
                                                                                                        SubpixelUNet
                                                                                                        ArticleUNet

All take float images (N, C, H, W) and raise ValueError for a size that they cannot take. `batch_norm` is for training
them; `variants` take one part of a `UNet` away, for comparison. What became of U-Net later is in `unet3d`, `unetpp` and
`ddpm`, for the last chapter.
"""

from unet_edu.models.article import ArticleUNet
from unet_edu.models.fcn import FCN8s, FCN16s, FCN32s
from unet_edu.models.one_level import OneLevelUNet
from unet_edu.models.padded import PaddedUNet
from unet_edu.models.sliding_window import SlidingWindowNet
from unet_edu.models.subpixel import SubpixelUNet
from unet_edu.models.unet import UNet

__all__ = [
    "ArticleUNet",
    "FCN8s",
    "FCN16s",
    "FCN32s",
    "OneLevelUNet",
    "PaddedUNet",
    "SlidingWindowNet",
    "SubpixelUNet",
    "UNet",
]
