"""Answers to the exercises of the chapter on fully convolutional networks: right and wrong."""

import math

import numpy as np
import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional

# ---------------------------------------------------------------------------------------------------------- fcn.side


def some(count):
    if count < 1:
        raise ValueError("no score is left")
    return count


@right("fcn.side")
def in_one_step(size, padding=100, ceil=True):
    first = size + 2 * padding - 2
    return some((math.ceil(first / 32) if ceil else math.floor(first / 32)) - 6)


@right("fcn.side")
def with_layers(size, padding=100, ceil=True):
    try:
        x = functional.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, 3), padding=padding)
        for _ in range(5):
            x = functional.max_pool1d(x, 2, ceil_mode=ceil)
        return x.unfold(2, 7, 1).shape[2]
    except RuntimeError as error:
        raise ValueError("too small") from error


def walk(size, padding, ceil=True, window=7, pools=5, taken=2):
    size = size + 2 * padding - taken
    for _ in range(pools):
        size = (size + 1) // 2 if ceil else size // 2
    return size - window + 1


@right("fcn.side", kernel=9)
def with_a_window_of_nine(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, 9))


@wrong("fcn.side", "right for a window of seven values", kernel=5)
def last_years_window(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil))


@wrong("fcn.side", "fewer values than it takes")
def fc6_forgotten(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, 1))


@wrong("fcn.side", "one place more")
def window_too_wide(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, 8))


@wrong("fcn.side", "on both sides")
def padded_once(size, padding=100, ceil=True):
    return some(walk(size + padding, 0, ceil))


@wrong("fcn.side", "the padding makes no difference here")
def unpadded(size, padding=100, ceil=True):
    return some(walk(size, 0, ceil))


@wrong("fcn.side", "always the same here")
def hundred_always(size, padding=100, ceil=True):
    return some(walk(size, 100, ceil))


@wrong("fcn.side", "the first convolution takes pixels away")
def first_convolution_forgotten(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, taken=0))


@wrong("fcn.side", "a pixel from both ends")
def one_pixel_of_two(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, taken=1))


@wrong("fcn.side", "it rounds up, whatever `ceil` says")
def always_up(size, padding=100, ceil=True):
    return some(walk(size, padding, True))


@wrong("fcn.side", "the wrong way round")
def the_other_way(size, padding=100, ceil=True):
    return some(walk(size, padding, not ceil))


@wrong("fcn.side", "it rounds down, whatever `ceil` says")
def always_down(size, padding=100, ceil=True):
    return some(walk(size, padding, False))


@wrong("fcn.side", "a pooling is missing")
def four_poolings(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, pools=4))


@wrong("fcn.side", "it is not rounded")
def with_fractions(size, padding=100, ceil=True):
    return some((size + 2 * padding - 2) / 32 - 6)


@wrong("fcn.side", "rounded to the nearest")
def nearest(size, padding=100, ceil=True):
    return some(round((size + 2 * padding - 2) / 32) - 6)


@wrong("fcn.side", "where no score is left it returns a number")
def without_an_error(size, padding=100, ceil=True):
    return walk(size, padding, ceil)


@wrong("fcn.side", "where no score is left it returns a number")
def nought(size, padding=100, ceil=True):
    return max(walk(size, padding, ceil), 0)


@wrong("fcn.side", "is the test too strict?")
def one_is_not_enough(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil) - 1) + 1


# --------------------------------------------------------------------------------------------------------- fcn.paint


@right("fcn.paint")
def by_neighbours(scores, stride):
    """Every pixel asks the score on its left and the one on its right."""
    between = [0.0, *scores, 0.0]
    row = []
    for left, right_ in zip(between, between[1:], strict=False):
        row += [left + (right_ - left) * (2 * step + 1) / (2 * stride) for step in range(stride)]
    return row


@right("fcn.paint")
def by_transposed_convolution(scores, stride):
    if not scores:
        return [0.0] * stride
    rise = (np.arange(stride) + 0.5) / stride
    brush = torch.tensor(np.concatenate([rise, rise[::-1]]))
    painted = functional.conv_transpose1d(
        torch.tensor([[scores]], dtype=torch.float64), brush[None, None], stride=stride
    )
    return painted.flatten().tolist()


def brushed(scores, stride, brush, length=None):
    row = [0.0] * (stride * (len(scores) + 1) if length is None else length)
    for number, score in enumerate(scores):
        for tap, weight in enumerate(brush):
            if number * stride + tap < len(row):
                row[number * stride + tap] += weight * score
    return row


def tent(stride):
    return [1 - abs(tap - stride + 0.5) / stride for tap in range(2 * stride)]


@wrong("fcn.paint", "paints over what was there")
def painting_over(scores, stride):
    row = [0.0] * (stride * (len(scores) + 1))
    for number, score in enumerate(scores):
        for tap, weight in enumerate(tent(stride)):
            row[number * stride + tap] = weight * score
    return row


@wrong("fcn.paint", "its middle lies between two of its pixels")
def middle_on_a_pixel(scores, stride):
    return brushed(scores, stride, [1 - abs(tap - stride) / stride for tap in range(2 * stride)])


@wrong("fcn.paint", "the brush is too strong")
def strongest_is_one(scores, stride):
    return brushed(scores, stride, [weight / max(tent(stride)) for weight in tent(stride)])


@wrong("fcn.paint", "the brush is too weak")
def sum_is_one(scores, stride):
    return brushed(scores, stride, [weight / stride for weight in tent(stride)])


@wrong("fcn.paint", "equally strong everywhere")
def box(scores, stride):
    return brushed(scores, stride, [1.0] * (2 * stride))


@wrong("fcn.paint", "its own stretch alone")
def nearest_score(scores, stride):
    return brushed(scores, stride, [1.0] * stride)


@wrong("fcn.paint", "falls off too slowly")
def half_slope(scores, stride):
    return brushed(scores, stride, [1 - abs(tap - stride + 0.5) / (2 * stride) for tap in range(2 * stride)])


@wrong("fcn.paint", "grows from left to right")
def ramp(scores, stride):
    return brushed(scores, stride, [(tap + 0.5) / stride for tap in range(2 * stride)])


@wrong("fcn.paint", "the row is too short")
def row_too_short(scores, stride):
    return brushed(scores, stride, tent(stride), stride * len(scores))


@wrong("fcn.paint", "the row is too long")
def row_too_long(scores, stride):
    return brushed(scores, stride, tent(stride), stride * (len(scores) + 2))


@wrong("fcn.paint", "the whole row is shifted")
def first_score_at_the_edge(scores, stride):
    whole = [0.0] * stride + by_neighbours(scores, stride)
    shift = stride + (stride + 1) // 2
    return (whole + [0.0] * stride)[shift : shift + stride * (len(scores) + 1)]


@wrong("fcn.paint", "rounded to whole numbers")
def whole_numbers(scores, stride):
    return brushed(scores, stride, [int(weight) for weight in tent(stride)])


@wrong("fcn.paint", "an array")
def as_an_array(scores, stride):
    return np.array(by_neighbours(scores, stride))


@wrong("fcn.paint", "it stops with IndexError")
def list_of_the_wrong_length(scores, stride):
    row = [0.0] * (stride * len(scores))
    for number, score in enumerate(scores):
        for tap, weight in enumerate(tent(stride)):
            row[number * stride + tap] += weight * score
    return row


# ---------------------------------------------------------------------------------------------------------- fcn.crop


def reached(crop):
    if crop < 0:
        raise ValueError("the paint does not reach the first pixel")
    return crop


@right("fcn.crop")
def closed_form(padding, poolings=5, kernel=7):
    return reached(padding - 1 - (kernel - 2) * 2 ** (poolings - 1))


@right("fcn.crop")
def with_floats(padding, poolings=5, kernel=7):
    place, step = 1.0 - padding, 1
    for _ in range(poolings):
        place, step = place + step / 2, 2 * step
    place += step * (kernel // 2) - (step - 0.5)
    if place > 0:
        raise ValueError("too late")
    return int(-place)


@right("fcn.crop")
def by_indices(padding, poolings=5, kernel=7):
    """Which pixels of the padded image make the first score, and where their middle lies."""
    values = kernel
    for _ in range(poolings):
        values *= 2
    pixels = values + 2  # from the first of the padding on; the first score's middle is the middle of these
    painted_from = pixels // 2 - 2**poolings - padding  # half of the brush to the left of it
    return reached(-painted_from)


def crop(padding, poolings=5, kernel=7, first=3, pooled=1.0, window=1.0, brush=None):
    stride = 2**poolings
    place = (first - 1) / 2 - padding + pooled * (stride - 1) / 2 + window * (kernel - 1) / 2 * stride
    place -= (2 * stride - 1) / 2 if brush is None else brush(stride)
    if place > 0:
        raise ValueError("too late")
    return int(-place) if place == int(place) else -place


@right("fcn.crop", first=5)
def after_a_larger_convolution(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, 5)


@wrong("fcn.crop", "right for a first convolution of three pixels", first=7)
def last_years_crop(padding, poolings=5, kernel=7):
    return closed_form(padding, poolings, kernel)


@wrong("fcn.crop", "the body makes no difference here")
def fcn32s_always(padding, poolings=5, kernel=7):
    return reached(padding - 81)


@wrong("fcn.crop", "number of poolings makes no difference")
def five_always(padding, poolings=5, kernel=7):
    return closed_form(padding, 5, kernel)


@wrong("fcn.crop", "window of the fully connected layer makes no difference")
def seven_always(padding, poolings=5, kernel=7):
    return closed_form(padding, poolings, 7)


@wrong("fcn.crop", "its middle is not its first pixel")
def first_convolution_forgotten_here(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, 1)


@wrong("fcn.crop", "not at its end")
def end_of_the_first_window(padding, poolings=5, kernel=7):
    return crop(padding - 2, poolings, kernel, 1)


@wrong("fcn.crop", "the poolings move the first value, too")
def poolings_forgotten(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, pooled=0)


@wrong("fcn.crop", "by half a step")
def whole_steps(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, pooled=2)


@wrong("fcn.crop", "the steps grow")
def half_a_pixel_each(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, pooled=poolings / (2**poolings - 1))


@wrong("fcn.crop", "window of the fully connected layer moves the first value")
def fc6_forgotten_here(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, window=0)


@wrong("fcn.crop", "as long as the stride, not a pixel")
def steps_of_one_pixel(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, window=1 / 2**poolings)


@wrong("fcn.crop", "half a stride too little")
def half_the_window(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, window=kernel / (kernel - 1) if kernel > 1 else 1)


@wrong("fcn.crop", "reaches to the left of its score")
def brush_forgotten(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, brush=lambda stride: 0)


@wrong("fcn.crop", "half a stride too little")
def narrow_brush(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, brush=lambda stride: (stride - 1) / 2)


@wrong("fcn.crop", "between two pixels")
def brush_rounded(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, brush=lambda stride: stride)


@wrong("fcn.crop", "mind the sign")
def place_of_the_paint(padding, poolings=5, kernel=7):
    return -crop(padding, poolings, kernel)


@wrong("fcn.crop", "a number below zero")
def never_too_late(padding, poolings=5, kernel=7):
    return padding - 1 - (kernel - 2) * 2 ** (poolings - 1)


@wrong("fcn.crop", "the right number, but a float")
def a_float(padding, poolings=5, kernel=7):
    return float(closed_form(padding, poolings, kernel))


@wrong("fcn.crop", "is the test too strict?")
def nothing_to_cut(padding, poolings=5, kernel=7):
    return reached(closed_form(padding, poolings, kernel) - 1) + 1


# -------------------------------------------------------------------------------------------------------- fcn.stitch


@right("fcn.stitch")
def by_stacking(coarse, row, stride):
    """All parts filled up to one length, laid beside each other, and read across."""
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    count = sum(part.shape[-1] for part in parts)
    longest = parts[0].shape[-1]
    parts = [functional.pad(part, (0, longest - part.shape[-1])) for part in parts]
    return torch.stack(parts, dim=-1).flatten(-2)[..., :count]


@right("fcn.stitch")
def by_a_list(coarse, row, stride):
    places = {}
    for shift in range(stride):
        for number, column in enumerate(coarse(row[:, :, shift:]).unbind(2)):
            places[shift + number * stride] = column
    return torch.stack([places[place] for place in range(len(places))], dim=2)


@right("fcn.stitch")
def pixel_after_pixel(coarse, row, stride):
    found = []
    for first in range(row.shape[-1]):
        try:
            found.append(coarse(row[..., first:])[..., :1])
        except RuntimeError:
            break
    return torch.cat(found, dim=-1)


def weave(parts):
    count = max(part.shape[-1] for part in parts)
    columns = [part[..., i] for i in range(count) for part in parts if i < part.shape[-1]]
    return torch.stack(columns, dim=-1)


@wrong("fcn.stitch", "one after the other, shift by shift")
def concatenated(coarse, row, stride):
    return torch.cat([coarse(row[..., shift:]) for shift in range(stride)], dim=-1)


@wrong("fcn.stitch", "the scores of one pass")
def one_pass(coarse, row, stride):
    return coarse(row)


@wrong("fcn.stitch", "scores of one pass are repeated")
def repeated(coarse, row, stride):
    count = sum(coarse(row[..., shift:]).shape[-1] for shift in range(stride))
    return coarse(row).repeat_interleave(stride, dim=-1)[..., :count]


@wrong("fcn.stitch", "the shifts come in the wrong order")
def backwards(coarse, row, stride):
    return weave([coarse(row[..., shift:]) for shift in reversed(range(stride))])


@wrong("fcn.stitch", "with no pixel taken off")
def from_one(coarse, row, stride):
    return weave([coarse(row[..., shift % stride :]) for shift in range(1, stride + 1)])


@wrong("fcn.stitch", "windows at the end are missing")
def cut_to_the_shortest(coarse, row, stride):
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    shortest = min(part.shape[-1] for part in parts)
    return torch.stack([part[..., :shortest] for part in parts], dim=-1).flatten(-2)


@wrong("fcn.stitch", "too many at the end")
def filled_up(coarse, row, stride):
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    whole = parts[0].new_zeros(*parts[0].shape[:-1], stride * parts[0].shape[-1])
    for shift, part in enumerate(parts):
        whole[..., shift::stride][..., : part.shape[-1]] = part
    return whole


@wrong("fcn.stitch", "a shift is missing")
def one_shift_short(coarse, row, stride):
    return weave([coarse(row[..., shift:]) for shift in range(max(stride - 1, 1))])


@wrong("fcn.stitch", "the row is rolled")
def rolled(coarse, row, stride):
    return weave([coarse(row.roll(-shift, -1)) for shift in range(stride)])


@wrong("fcn.stitch", "filled up with zeros")
def zeros_behind(coarse, row, stride):
    return weave([coarse(functional.pad(row[..., shift:], (0, shift))) for shift in range(stride)])


@wrong("fcn.stitch", "taken off at the left?")
def other_end(coarse, row, stride):
    return weave([coarse(row[..., : row.shape[-1] - shift]) for shift in range(stride)])


@wrong("fcn.stitch", "one shift too many")
def one_shift_more(coarse, row, stride):
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    try:
        return weave([*parts, coarse(row[..., stride:])])
    except RuntimeError:  # nothing is left of the row
        return weave(parts)


@wrong("fcn.stitch", "the axes are swapped")
def classes_last(coarse, row, stride):
    return by_a_list(coarse, row, stride).transpose(1, 2)


# ---------------------------------------------------------------------------------------------------------- fcn.join


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


@right("fcn.join")
class SkipFirst(Mix):
    def forward(self, up, skip):
        return self.mix(torch.cat([skip, up], dim=1))


@right("fcn.join")
class WithoutBias(Mix):
    bias = False


@right("fcn.join")
class BareWeight(nn.Module):
    def __init__(self, channels):
        super().__init__()
        kernel = torch.zeros(channels, 2 * channels, 1, 1)
        for channel in range(channels):
            kernel[channel, channel] = kernel[channel, channels + channel] = 1
        self.kernel, self.offset = nn.Parameter(kernel), nn.Parameter(torch.zeros(channels))

    def forward(self, up, skip):
        return functional.conv2d(torch.cat((up, skip), 1), self.kernel, self.offset)


@wrong("fcn.join", "what are its weights before training?")
class AsPyTorchBegins(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))


@wrong("fcn.join", "what of its bias?")
class BiasLeft(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 1)
        self.mix.weight.data = torch.eye(channels).repeat(1, 2)[..., None, None]

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))


@wrong("fcn.join", "says what the first map says")
class FirstHalf(Mix):
    def begin(self, channels):
        return torch.eye(channels, 2 * channels)


@wrong("fcn.join", "says the mean")
class Mean(Mix):
    def begin(self, channels):
        return torch.eye(channels).repeat(1, 2) / 2


@wrong("fcn.join", "all classes are added up")
class AllOnes(Mix):
    def begin(self, channels):
        return torch.ones(channels, 2 * channels)


@wrong("fcn.join", "neighbouring channels are added")
class Neighbours(Mix):
    def begin(self, channels):
        return torch.eye(channels).repeat_interleave(2, dim=1)


@wrong("fcn.join", "nothing: all its weights are zero")
class Silent(Mix):
    def begin(self, channels):
        return torch.zeros(channels, 2 * channels)


@wrong("fcn.join", "a ReLU behind it")
class Rectified(Mix):
    def forward(self, up, skip):
        return super().forward(up, skip).relu()


@wrong("fcn.join", "it has no weights")
class JustTheSum(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, up, skip):
        return up + skip


@wrong("fcn.join", "more than one convolution")
class TwoConvolutions(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a, self.b = nn.Conv2d(channels, channels, 1), nn.Conv2d(channels, channels, 1)
        for layer in (self.a, self.b):
            nn.init.dirac_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, up, skip):
        return self.a(up) + self.b(skip)


@wrong("fcn.join", "larger than 1 × 1")
class ThreeByThree(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.mix.weight.data.zero_()
        self.mix.weight.data[..., 1, 1] = torch.eye(channels).repeat(1, 2)
        nn.init.zeros_(self.mix.bias)

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))


@wrong("fcn.join", "not every class sees all channels")
class Grouped(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 1, groups=channels)
        nn.init.ones_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)

    def forward(self, up, skip):
        return self.mix(torch.stack([up, skip], dim=2).flatten(1, 2))


@wrong("fcn.join", "kept from learning")
class Frozen(Mix):
    def __init__(self, channels):
        super().__init__(channels)
        self.requires_grad_(False)


@wrong("fcn.join", "it still says the sum")
class BegunAnewEachTime(Mix):
    def forward(self, up, skip):
        self.mix.weight.data = self.begin(up.shape[1])[..., None, None]
        self.mix.bias.data.zero_()
        return super().forward(up, skip)


@wrong("fcn.join", "the sum is still in it")
class Residual(Mix):
    def begin(self, channels):
        return torch.zeros(channels, 2 * channels)

    def forward(self, up, skip):
        return up + skip + super().forward(up, skip)


@wrong("fcn.join", "do its channels fit?")
class HalfTheChannels(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, up, skip):
        return self.mix(torch.cat([up, skip], dim=1))
