"""Answers to the exercise reading.mend: three right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional


class Enlarging(nn.Module):
    """What the answers are made of."""

    is_skip = True

    def enlarged(self, skip):
        return functional.interpolate(skip, scale_factor=2)

    def rest(self, skip, like):
        return [2 * a - b for a, b in zip(skip.shape[2:], like.shape[2:], strict=True)]

    def checked(self, rest):
        if min(rest) < 0 or any(each % 2 for each in rest):
            raise ValueError(f"cannot cut {rest} evenly")

    def forward(self, skip, like):
        rows, columns = self.rest(skip, like)
        self.checked((rows, columns))
        return self.cut(self.enlarged(skip), like, rows // 2, columns // 2)

    def cut(self, fine, like, top, left):
        return fine[..., top : top + like.shape[2], left : left + like.shape[3]]


@right()
class ByRepeating(Enlarging):
    def enlarged(self, skip):
        return skip.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


@right()
class ByMeans(Enlarging):
    """Pixels of the enlarged map lie a quarter of a pixel beside those that they come from."""

    def enlarged(self, skip):
        return functional.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=False)


@right()
class ByPadding(nn.Module):
    is_skip = True

    def forward(self, skip, like):
        fine = torch.kron(skip, torch.ones(2, 2, dtype=skip.dtype))
        down, right = like.shape[-2] - fine.shape[-2], like.shape[-1] - fine.shape[-1]
        if down > 0 or right > 0 or down % 2 or right % 2:
            raise ValueError("no centre")
        return functional.pad(fine, (right // 2, right // 2, down // 2, down // 2))


@wrong("resized to the other map's size, as before")
class ResizedAsBefore(nn.Module):
    is_skip = True

    def forward(self, skip, like):
        return functional.interpolate(skip, like.shape[2:], mode="bilinear", align_corners=True)


@wrong("resized to the other map's size, as before")
class ResizedToTheNearest(nn.Module):
    is_skip = True

    def forward(self, skip, like):
        return functional.interpolate(skip, like.shape[2:])


@wrong("from the top left corner")
class FromTheCorner(Enlarging):
    def cut(self, fine, like, top, left):
        return super().cut(fine, like, 0, 0)


@wrong("shifted by one row and one column")
class OneOff(Enlarging):
    def cut(self, fine, like, top, left):
        return super().cut(fine, like, max(top - 1, 0), max(left - 1, 0))


@wrong("where it begins")
class MixedUp(Enlarging):
    def cut(self, fine, like, top, left):
        return super().cut(fine, like, left, top)


@wrong("a slice up to -0 is empty")
class MinusNothing(Enlarging):
    def cut(self, fine, like, top, left):
        return fine[..., top:-top, left:-left]


@wrong("enlarged, but not cut to fit")
class Uncut(Enlarging):
    def cut(self, fine, like, top, left):
        return fine


@wrong("each of its pixels must become 2×2")
class Tiled(Enlarging):
    def enlarged(self, skip):
        return skip.repeat(1, 1, 2, 2)


@wrong("which stretches the map")
class CornersAligned(Enlarging):
    def enlarged(self, skip):
        return functional.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=True)


@wrong("there are zeros between the pixels")
class Unpooled(Enlarging):
    def enlarged(self, skip):
        fine = skip.new_zeros(*skip.shape[:2], 2 * skip.shape[2], 2 * skip.shape[3])
        fine[..., ::2, ::2] = skip
        return fine


@wrong("an odd rest cannot be cut evenly")
class Rounding(Enlarging):
    def checked(self, rest):
        if min(rest) < 0:
            raise ValueError("too small")


@wrong("a map that is too small has nothing to cut")
class Growing(Enlarging):
    def checked(self, rest):
        if any(each % 2 for each in rest):
            raise ValueError("odd")

    def cut(self, fine, like, top, left):
        return functional.pad(fine, (-left, -left, -top, -top))


@wrong("is the test too strict?")
class TooStrict(Enlarging):
    def checked(self, rest):
        if min(rest) <= 0 or any(each % 2 for each in rest):
            raise ValueError("nothing to cut")


@wrong("lacks is_skip = True")
class Unmarked(ByRepeating):
    is_skip = False


@wrong("None: does every way through it end in a return?")
class ReturnForgotten(Enlarging):
    def forward(self, skip, like):
        super().forward(skip, like)
