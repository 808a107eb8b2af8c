"""Answers to the exercise after.residual: right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional


@right()
class CroppedAfter(nn.Module):
    """The straight way is cut after its convolution, and each layer has a name of its own."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.beside = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.block = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3), nn.ReLU(), nn.Conv2d(out_channels, out_channels, 3)
        )

    def forward(self, x):
        return functional.relu(self.block(x) + self.beside(x)[:, :, 2:-2, 2:-2])


@right()
class NegativePadding(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3)
        self.straight = nn.Conv2d(in_channels, out_channels, 1, padding=-2 + 2, bias=False)

    def forward(self, x):
        change = self.conv2(self.conv1(x).clamp(min=0))
        change += functional.pad(self.straight(x), (-2, -2, -2, -2))
        return change.clamp(min=0)


@right(kernel=5, border=8)
class OfACohort(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 5)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 5)
        self.straight = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x):
        change = self.conv2(self.conv1(x).relu())
        return (change + self.straight(x[..., 4:-4, 4:-4])).relu()


class Pair(nn.Module):
    """What the wrong ones are made of."""

    options, bias = {}, False

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, **self.options)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, **self.options)
        self.straight = nn.Conv2d(in_channels, out_channels, 1, bias=self.bias)

    def change(self, x):
        return self.conv2(self.conv1(x).relu())

    def beside(self, x):
        return self.straight(x[..., 2:-2, 2:-2])

    def forward(self, x):
        return (self.change(x) + self.beside(x)).relu()


@wrong("the ReLU after the sum is missing")
class NoLastRelu(Pair):
    def forward(self, x):
        return self.change(x) + self.beside(x)


@wrong("not after the second convolution")
class ReluBeforeTheSum(Pair):
    def forward(self, x):
        return self.change(x).relu() + self.beside(x)


@wrong("a ReLU after the second convolution, before the sum")
class ReluTwice(Pair):
    def change(self, x):
        return super().change(x).relu()


@wrong("the ReLU between the two convolutions is missing")
class NoReluBetween(Pair):
    def change(self, x):
        return self.conv2(self.conv1(x))


@wrong("a ReLU on the straight way")
class ReluBeside(Pair):
    def beside(self, x):
        return super().beside(x).relu()


@wrong("nothing comes through the straight way")
class Forgotten(Pair):
    def forward(self, x):
        return self.change(x).relu()


@wrong("cut from the top left corner")
class Corner(Pair):
    def beside(self, x):
        return self.straight(x[..., :-4, :-4])


@wrong("the straight way is resized")
class Resized(Pair):
    def forward(self, x):
        change = self.change(x)
        return (change + functional.interpolate(self.straight(x), change.shape[2:], mode="bilinear")).relu()


@wrong("the straight way has a bias")
class Biased(Pair):
    bias = True


@wrong("it pads the convolutions")
class Padded(Pair):
    options = {"padding": 1}

    def beside(self, x):
        return self.straight(x)


@wrong("not equally large where they are added")
class Uncut(Pair):
    def beside(self, x):
        return self.straight(x)


@wrong("not equally large where they are added")
class CutForOne(Pair):
    def beside(self, x):
        return self.straight(x[..., 1:-1, 1:-1])


@wrong("joined as channels")
class Joined(Pair):
    def forward(self, x):
        return torch.cat([self.change(x), self.beside(x)], dim=1).relu()


@wrong("it has other weights than two convolutions and a straight way")
class More(Pair):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.unused = nn.BatchNorm2d(out_channels)


@wrong("it is right for a kernel of three pixels", kernel=7, border=12)
class OfTheBook(Pair):
    pass
