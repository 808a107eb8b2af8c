"""Fully convolutional networks of Long, Shelhamer and Darrell (CVPR 2015, arXiv 1411.4038), sections 3 and 4.

VGG16 without its classifier computes coarse scores; transposed convolutions bring them to the image's size, and the
finer networks add scores of earlier layers on the way up. Map sizes for an image of 500 × 500 pixels:

    image 500 ▶ conv1 698 ▶ pool1 349 ▶ pool2 175 ▶ pool3 88 ▶ pool4 44 ▶ pool5 22 ▶ fc6 16 ▶ fc7 16 ▶ score_fr 16
    FCN-32s    score_fr 16 ▶ upscore 544 ▶ score: crop to 500
    FCN-16s    score_fr 16 ▶ upscore2 34 ▶ fuse_pool4 ▶ upscore16 560 ▶ score: crop to 500
                 pool4 44 ▶ score_pool4 ▶ crop to 34 ▲
    FCN-8s     … fuse_pool4 34 ▶ upscore_pool4 70 ▶ fuse_pool3 ▶ upscore8 568 ▶ score: crop to 500
                       pool3 88 ▶ score_pool3 ▶ crop to 70 ▲

Layers bear the names of the authors' reference network (github.com/shelhamer/fcn.berkeleyvision.org). The paper starts
from VGG16 trained on ImageNet; those weights are not part of this project, the body is drawn from a Gaussian instead.
"""

import torch
from torch import nn

from unet_edu.arithmetic import fcn_crops
from unet_edu.models.checks import check_count, check_images

PADDING = 100  # of conv1_1: it makes every image of 1 px or more legal, and the crops take it away again
CROPS = fcn_crops(PADDING)  # where on each map the image begins: derived from the grids of the layers, not typed

# The body: per block the channels in multiples of `width`, and how many 3×3 convolutions stand before its pooling
# (Simonyan and Zisserman 2015, table 1, column D).
VGG16 = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))
CLASSIFIER = 64  # fc6 and fc7, likewise: 64 · 64 = 4096 channels


class FCN32s(nn.Module):
    """FCN-32s: the coarsest scores, enlarged 32 times in one step.

    num_classes: channels of the result (the paper: 21).  in_channels: channels of the image (the paper: 3).
    width: channels of the first block (the paper: 64); a small one has the same geometry.
    hidden: channels of fc6 and fc7; None means 64 · width (the paper: 4096). They hold nine tenths of all weights, so
        a small network needs fewer of them to have a body of any width: 32 beside a width of 6, for example.

    Raises TypeError or ValueError where one of them is not an int ≥ 1.
    """

    def __init__(self, num_classes=21, in_channels=3, width=64, hidden=None):
        super().__init__()
        check_count(num_classes=num_classes, in_channels=in_channels, width=width)
        self.in_channels = in_channels
        add_body(self, in_channels, width, hidden)
        self.score_fr = score_layer(self.fc7.out_channels, num_classes)
        self.upscore = bilinear_upsampling(num_classes, stride=32, learned=False)
        (crop,) = CROPS.fcn32s
        self.score = Crop(crop)

    def forward(self, images):
        """Return the logits (N, num_classes, H, W) of images (N, in_channels, H, W), H and W at least 1."""
        _, _, fc7 = run_body(self, images)
        up = self.upscore(self.score_fr(fc7))  # 16 → 544
        return self.score(up, images)  # 500


class FCN16s(nn.Module):
    """FCN-16s: the coarse scores doubled and joined with those of pool4, then enlarged 16 times.

    Arguments and errors as for `FCN32s`.
    """

    def __init__(self, num_classes=21, in_channels=3, width=64, hidden=None):
        super().__init__()
        check_count(num_classes=num_classes, in_channels=in_channels, width=width)
        self.in_channels = in_channels
        crop_pool4, crop = CROPS.fcn16s
        add_body(self, in_channels, width, hidden)
        self.score_fr = score_layer(self.fc7.out_channels, num_classes)
        self.upscore2 = bilinear_upsampling(num_classes, stride=2, learned=True)
        self.score_pool4 = score_layer(8 * width, num_classes)
        self.score_pool4c = Crop(crop_pool4, is_skip=True)
        self.fuse_pool4 = Sum()
        self.upscore16 = bilinear_upsampling(num_classes, stride=16, learned=False)
        self.score = Crop(crop)

    def forward(self, images):
        """Return the logits (N, num_classes, H, W) of images (N, in_channels, H, W), H and W at least 1."""
        _, pool4, fc7 = run_body(self, images)
        up = self.upscore2(self.score_fr(fc7))  # 16 → 34
        fused = self.fuse_pool4(up, self.score_pool4c(self.score_pool4(pool4), up))
        return self.score(self.upscore16(fused), images)  # 34 → 560 → 500


class FCN8s(nn.Module):
    """FCN-8s: doubled twice, joined with the scores of pool4, then of pool3, then enlarged 8 times.

    Arguments and errors as for `FCN32s`.
    """

    def __init__(self, num_classes=21, in_channels=3, width=64, hidden=None):
        super().__init__()
        check_count(num_classes=num_classes, in_channels=in_channels, width=width)
        self.in_channels = in_channels
        crop_pool4, crop_pool3, crop = CROPS.fcn8s
        add_body(self, in_channels, width, hidden)
        self.score_fr = score_layer(self.fc7.out_channels, num_classes)
        self.upscore2 = bilinear_upsampling(num_classes, stride=2, learned=True)
        self.score_pool4 = score_layer(8 * width, num_classes)
        self.score_pool4c = Crop(crop_pool4, is_skip=True)
        self.fuse_pool4 = Sum()
        self.upscore_pool4 = bilinear_upsampling(num_classes, stride=2, learned=True)
        self.score_pool3 = score_layer(4 * width, num_classes)
        self.score_pool3c = Crop(crop_pool3, is_skip=True)
        self.fuse_pool3 = Sum()
        self.upscore8 = bilinear_upsampling(num_classes, stride=8, learned=False)
        self.score = Crop(crop)

    def forward(self, images):
        """Return the logits (N, num_classes, H, W) of images (N, in_channels, H, W), H and W at least 1."""
        pool3, pool4, fc7 = run_body(self, images)
        up = self.upscore2(self.score_fr(fc7))  # 16 → 34
        fused = self.fuse_pool4(up, self.score_pool4c(self.score_pool4(pool4), up))
        up = self.upscore_pool4(fused)  # 34 → 70
        fused = self.fuse_pool3(up, self.score_pool3c(self.score_pool3(pool3), up))
        return self.score(self.upscore8(fused), images)  # 70 → 568 → 500


def add_body(network, in_channels, width, hidden):
    """Add VGG16's convolutions, with the classifier's two hidden layers as convolutions fc6 and fc7."""
    hidden = CLASSIFIER * width if hidden is None else hidden
    check_count(hidden=hidden)
    channels = in_channels
    for block, (multiple, convolutions) in enumerate(VGG16, start=1):
        for number in range(1, convolutions + 1):
            padding = PADDING if block == number == 1 else 1
            network.add_module(f"conv{block}_{number}", conv(channels, multiple * width, 3, padding))
            network.add_module(f"relu{block}_{number}", nn.ReLU())
            channels = multiple * width
        # Caffe rounds pooled sizes up. Rounded down, the last crop would not fit at many sizes, VOC's 500 × 375 too.
        network.add_module(f"pool{block}", nn.MaxPool2d(2, ceil_mode=True))
    for name, kernel in (("6", 7), ("7", 1)):
        network.add_module(f"fc{name}", conv(channels, hidden, kernel))
        network.add_module(f"relu{name}", nn.ReLU())
        # Single units are dropped, as in Caffe; Dropout2d, which some ports have, drops whole maps.
        network.add_module(f"drop{name}", nn.Dropout(0.5))
        channels = hidden


def run_body(network, images):
    """Return the maps after pool3, pool4 and fc7: for 500 × 500 images 88 × 88, 44 × 44 and 16 × 16."""
    check_images(images, network.in_channels)
    if 0 in images.shape[2:]:
        raise ValueError(f"height and width must be at least 1, not {tuple(images.shape[2:])}")
    x, pools = images, {}
    for block, (_, convolutions) in enumerate(VGG16, start=1):
        for number in range(1, convolutions + 1):
            x = getattr(network, f"conv{block}_{number}")(x)  # 698, then as after the pooling
            x = getattr(network, f"relu{block}_{number}")(x)
        pools[block] = x = getattr(network, f"pool{block}")(x)  # 349, 175, 88, 44, 22
    x = network.drop6(network.relu6(network.fc6(x)))  # 16
    x = network.drop7(network.relu7(network.fc7(x)))
    return pools[3], pools[4], x


def conv(in_channels, out_channels, kernel, padding=0):
    """Return a convolution drawn as U-Net's are: standard deviation sqrt(2/N), N = incoming nodes; zero biases."""
    layer = nn.Conv2d(in_channels, out_channels, kernel, padding=padding)
    nn.init.normal_(layer.weight, std=(2 / (in_channels * kernel**2)) ** 0.5)
    nn.init.zeros_(layer.bias)
    return layer


def score_layer(in_channels, num_classes):
    """Return a 1×1 convolution that starts at zero: a new network favours no class, a new skip adds nothing (4.2)."""
    layer = nn.Conv2d(in_channels, num_classes, 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def bilinear_upsampling(channels, stride, learned):
    """Return a transposed convolution of kernel 2·stride, without bias, that starts as bilinear interpolation.

    The paper keeps the last upsampling fixed and learns those in the middle (section 4.3); the authors' later code
    keeps all of them fixed. We follow the paper: a fixed one has `requires_grad` False.

    Each class has its own kernel, and the kernels between classes are zero. They are stored all the same, as in the
    reference network, since the learned ones may become something else: upscore holds 21 · 21 · 64 · 64 = 1,806,336
    numbers for 21 classes, of which `groups=21` would keep 86,016.
    """
    layer = nn.ConvTranspose2d(channels, channels, 2 * stride, stride, bias=False)
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        for channel in range(channels):
            layer.weight[channel, channel] = bilinear_kernel(stride)
    return layer.requires_grad_(learned)


def bilinear_kernel(stride):
    """Return the kernel (2·stride, 2·stride) that enlarges `stride` times by bilinear interpolation; sum: stride².

    It falls off linearly from its middle, which lies between two pixels: 1/4, 3/4, 3/4, 1/4 per axis for stride 2.
    Raises TypeError or ValueError where stride is not an int ≥ 1.
    """
    check_count(stride=stride)
    from_middle = torch.arange(2 * stride) - (2 * stride - 1) / 2
    weights = 1 - from_middle.abs() / stride
    return torch.outer(weights, weights)


class Crop(nn.Module):
    """Cut a window out of a map, `offset` pixels from its top and from its left."""

    def __init__(self, offset, is_skip=False):
        super().__init__()
        self.offset = offset
        self.is_skip = is_skip  # the mark by which `unet_edu.activations` finds a skip connection

    def forward(self, x, like):
        """Return x (N, C, H, W) as (N, C, h, w), where like is (N, any, h, w)."""
        height, width = like.shape[-2:]
        return x[..., self.offset : self.offset + height, self.offset : self.offset + width]


class Sum(nn.Module):
    """Add two maps: a module, so that the place where paths meet has its name from the paper."""

    def forward(self, up, skip):
        """Return up + skip, both (N, C, H, W)."""
        return up + skip


def num_parameters(network):
    """Return how many weights and biases an FCN has, the upsampling kernels apart: 134,346,581 for FCN-32s.

    This is how the paper counts ("134M" in table 1). `network` may lie on the meta device.
    """
    return sum(weights.numel() for name, weights in network.named_parameters() if not name.startswith("upscore"))
