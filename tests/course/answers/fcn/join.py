"""Answers to the exercise fcn.join: three right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional


class Mix(nn.Module):
    """One 1 × 1 convolution of both maps, begun as `begin` says: a matrix (channels, 2 channels)."""

    bias = True

    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 1, bias=self.bias)
        with torch.no_grad():
            self.mix.weight.copy_(self.begin(channels)[..., None, None])
            if self.bias:
                self.mix.bias.zero_()

    def begin(self, channels):
        return torch.eye(channels).repeat(1, 2)

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))


@right()
class SkipFirst(Mix):
    def forward(self, up, skip):
        return self.mix(torch.cat([skip, up], dim=1))


@right()
class WithoutBias(Mix):
    bias = False


@right()
class BareWeight(nn.Module):
    def __init__(self, channels):
        super().__init__()
        kernel = torch.zeros(channels, 2 * channels, 1, 1)
        for channel in range(channels):
            kernel[channel, channel] = kernel[channel, channels + channel] = 1
        self.kernel, self.offset = nn.Parameter(kernel), nn.Parameter(torch.zeros(channels))

    def forward(self, up, skip):
        return functional.conv2d(torch.cat((up, skip), 1), self.kernel, self.offset)


@wrong("what are its initial weights?")
class AsPyTorchBegins(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))


@wrong("what is its bias?")
class BiasLeft(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 1)
        self.mix.weight.data = torch.eye(channels).repeat(1, 2)[..., None, None]

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))


@wrong("returns the first map")
class FirstHalf(Mix):
    def begin(self, channels):
        return torch.eye(channels, 2 * channels)


@wrong("returns the mean")
class Mean(Mix):
    def begin(self, channels):
        return torch.eye(channels).repeat(1, 2) / 2


@wrong("all classes are added up")
class AllOnes(Mix):
    def begin(self, channels):
        return torch.ones(channels, 2 * channels)


@wrong("neighbouring channels are added")
class Neighbours(Mix):
    def begin(self, channels):
        return torch.eye(channels).repeat_interleave(2, dim=1)


@wrong("zeros: all its weights are zero")
class Silent(Mix):
    def begin(self, channels):
        return torch.zeros(channels, 2 * channels)


@wrong("a ReLU behind it")
class Rectified(Mix):
    def forward(self, up, skip):
        return super().forward(up, skip).relu()


@wrong("it has no weights")
class JustTheSum(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, up, skip):
        return up + skip


@wrong("more than one convolution")
class TwoConvolutions(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a, self.b = nn.Conv2d(channels, channels, 1), nn.Conv2d(channels, channels, 1)
        for layer in (self.a, self.b):
            nn.init.dirac_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, up, skip):
        return self.a(up) + self.b(skip)


@wrong("larger than 1 × 1")
class ThreeByThree(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.mix.weight.data.zero_()
        self.mix.weight.data[..., 1, 1] = torch.eye(channels).repeat(1, 2)
        nn.init.zeros_(self.mix.bias)

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))


@wrong("not every class sees all channels")
class Grouped(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 1, groups=channels)
        nn.init.ones_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)

    def forward(self, up, skip):
        return self.mix(torch.stack([up, skip], dim=2).flatten(1, 2))


@wrong("its weights cannot learn")
class Frozen(Mix):
    def __init__(self, channels):
        super().__init__(channels)
        self.requires_grad_(False)


@wrong("it still returns the sum")
class BegunAnewEachTime(Mix):
    def forward(self, up, skip):
        self.mix.weight.data = self.begin(up.shape[1])[..., None, None]
        self.mix.bias.data.zero_()
        return super().forward(up, skip)


@wrong("the sum is still in it")
class Residual(Mix):
    def begin(self, channels):
        return torch.zeros(channels, 2 * channels)

    def forward(self, up, skip):
        return up + skip + super().forward(up, skip)


@wrong("do its channels fit?")
class HalfTheChannels(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))
