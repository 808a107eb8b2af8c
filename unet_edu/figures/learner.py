"""The network of Playground in PyTorch: what learning.js computes in a page, layer by layer.

A network is a dict as in learning.js: depth, width, skips (a kind for each level), padding, dropout.
"""

from torch import nn

from unet_edu.models import PaddedUNet, UNet
from unet_edu.models.article import ResizedSkip
from unet_edu.models.unet import CenterCrop, conv_pair, init_gaussian
from unet_edu.models.variants import NoSkip, PooledSkip

SKIPS = {"crop": CenterCrop, "resize": ResizedSkip, "pool": PooledSkip, "none": NoSkip}


class FlatNet(nn.Module):
    """A U-Net of depth 0: two 3×3 convolutions and a score, no pooling and nothing to join."""

    depth = 0

    def __init__(self, base_width=8, padding=0):
        super().__init__()
        self.d0 = conv_pair(1, base_width, padding)
        self.score = nn.Conv2d(base_width, 2, 1)
        init_gaussian(self)

    def forward(self, images):
        """Return the logits (N, 2, H - 4, W - 4) of images (N, 1, H, W); with padding 1 they are as large."""
        return self.score(self.d0(images))


def build(*, depth, width, skips, padding=0, dropout=0.0):
    """Return the network that these switches describe, with the paper's first weights.

    depth: poolings, 0 to 3.  width: channels of level 0.  skips: for each level a key of `SKIPS`.  padding: 0 or 1.
    dropout: the probability of each dropout layer. Raises ValueError for another kind or number of skips.
    """
    unknown = [kind for kind in skips if kind not in SKIPS]
    if unknown or len(skips) != depth:
        raise ValueError(f"skips must be {depth} of {', '.join(map(repr, SKIPS))}, not {list(skips)!r}")
    if depth == 0:
        return FlatNet(width, padding)
    net = (PaddedUNet if padding else UNet)(base_width=width, depth=depth)
    for level, kind in enumerate(skips):
        setattr(net, f"skip{level}", SKIPS[kind]())
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = dropout
    return net
