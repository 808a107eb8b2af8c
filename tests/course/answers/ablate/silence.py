"""Answers to the exercise ablate.silence: two right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional


def known(level):
    if level not in ("on", "off"):
        raise ValueError("on or off")
    return level


def centre(skip, up):
    rows, columns = ((a - b) // 2 for a, b in zip(skip.shape[-2:], up.shape[-2:], strict=True))
    return functional.pad(skip, (-columns, -columns, -rows, -rows))


class Base(nn.Module):
    """Hold the level."""

    def __init__(self, level):
        super().__init__()
        self.level = known(level)


@right()
class ByPadding(Base):
    def forward(self, skip, up):
        cut = centre(skip, up)
        return cut if self.level == "on" else torch.zeros(cut.shape)


@right()
class ByFactor(nn.Module):
    def __init__(self, level):
        super().__init__()
        self.factor = {"on": 1.0, "off": 0.0}.get(level)
        if self.factor is None:
            raise ValueError(level)

    def forward(self, skip, up):
        (h, w), (height, width) = up.shape[-2:], skip.shape[-2:]
        skip = skip.narrow(-2, (height - h) // 2, h).narrow(-1, (width - w) // 2, w)
        return self.factor * skip


@wrong("are the two levels the wrong way round?")
class WrongWay(Base):
    def forward(self, skip, up):
        return centre(skip, up) if self.level == "off" else torch.zeros_like(up)


@wrong("the zeros are as large as the skip map")
class ZerosOfTheSkip(Base):
    def forward(self, skip, up):
        return centre(skip, up) if self.level == "on" else torch.zeros_like(skip)


@wrong("it must be cut to the size")
class Uncut(Base):
    def forward(self, skip, up):
        return skip if self.level == "on" else torch.zeros_like(up)


@wrong("from the top left corner")
class Corner(Base):
    def forward(self, skip, up):
        return skip[..., : up.shape[-2], : up.shape[-1]] if self.level == "on" else torch.zeros_like(up)


@wrong("wanted is what stands in for the skip map")
class TheOther(Base):
    def forward(self, skip, up):
        return up if self.level == "on" else torch.zeros_like(up)


@wrong("a slice that ends at -0 is empty")
class MinusZero(Base):
    def forward(self, skip, up):
        rows, columns = ((a - b) // 2 for a, b in zip(skip.shape[-2:], up.shape[-2:], strict=True))
        return skip[..., rows:-rows, columns:-columns] if self.level == "on" else torch.zeros_like(up)


@wrong("as if it were one")
class AnyLevel(nn.Module):
    def __init__(self, level):
        super().__init__()
        self.level = level

    def forward(self, skip, up):
        return torch.zeros_like(up) if self.level == "off" else centre(skip, up)


@wrong("it is no nn.Module")
class NoModule:
    def __init__(self, level):
        self.level = known(level)

    def __call__(self, skip, up):
        return torch.zeros_like(up) if self.level == "off" else centre(skip, up)
