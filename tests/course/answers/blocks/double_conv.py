"""Answers to the exercise blocks.double_conv: three right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional


@right()
class BySequential(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3),
            nn.ReLU(inplace=True),
        )


@right()
class SecondFirst(nn.Module):
    """Layers made in another order, under other names, and a ReLU that is written as a maximum."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.last = nn.Conv2d(out_channels, out_channels, kernel_size=(3, 3))
        self.begin = nn.Conv2d(in_channels, out_channels, kernel_size=(3, 3), padding=0)

    def forward(self, x):
        return self.last(self.begin(x).clamp(min=0)).clamp(min=0)


@right()
class BareParameters(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.offsets = nn.ParameterList([nn.Parameter(torch.zeros(out_channels)) for _ in range(2)])
        shapes = (out_channels, in_channels, 3, 3), (out_channels, out_channels, 3, 3)
        self.kernels = nn.ParameterList([nn.Parameter(torch.zeros(shape)) for shape in shapes])

    def forward(self, x):
        for kernel, offset in zip(self.kernels, self.offsets, strict=True):
            x = functional.relu(functional.conv2d(x, kernel, offset))
        return x


class Block(nn.Module):
    """What the wrong ones are made of."""

    options = {}

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.one = nn.Conv2d(in_channels, out_channels, 3, **self.options)
        self.two = nn.Conv2d(out_channels, out_channels, 3, **self.options)

    def forward(self, x):
        return self.two(self.one(x).relu()).relu()


@wrong("the ReLU after the second convolution is missing")
class LastReluMissing(Block):
    def forward(self, x):
        return self.two(self.one(x).relu())


@wrong("the ReLU between the two convolutions is missing")
class FirstReluMissing(Block):
    def forward(self, x):
        return self.two(self.one(x)).relu()


@wrong("there is no ReLU")
class NoRelu(Block):
    def forward(self, x):
        return self.two(self.one(x))


@wrong("it pads")
class Padded(Block):
    options = {"padding": 1}


@wrong("the biases are missing")
class NoBias(Block):
    options = {"bias": False}


@wrong("the second convolution changes the number of channels here")
class LateChange(Block):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.one = nn.Conv2d(in_channels, in_channels, 3)
        self.two = nn.Conv2d(in_channels, out_channels, 3)


@wrong("there is one convolution; a block has two")
class OneConvolution(Block):
    def forward(self, x):
        return self.one(x).relu()


@wrong("one convolution and no ReLU")
class OneLayer(Block):
    def forward(self, x):
        return self.one(x)


@wrong("the pooling is not part of the block")
class Pooled(Block):
    def forward(self, x):
        return functional.max_pool2d(super().forward(x), 2) if min(x.shape[2:]) > 5 else super().forward(x)


@wrong("it has other weights than two convolutions")
class MoreWeights(Block):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.unused = nn.Linear(2, 2)


@wrong("returns None")
class ReturnForgotten(Block):
    def forward(self, x):
        self.two(self.one(x).relu()).relu()


@wrong("stops with AttributeError")
class SuperForgotten(nn.Module):
    def __init__(self, in_channels, out_channels):
        self.one = nn.Conv2d(in_channels, out_channels, 3)


@wrong("half precision")
class Half(Block):
    def forward(self, x):
        return super().forward(x).half()
