"""Answers to the exercise window.dense: four right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch.nn import functional


def every_pool(row, conv, pool=2):
    maps = functional.relu(conv(row.reshape(1, 1, -1)))
    return functional.max_pool1d(maps, pool, stride=1)


@right()
def by_slices(row, conv, decide):
    pooled = every_pool(row, conv)[0]
    count = pooled.shape[-1] - 2
    first, second = decide.weight[:, 0::2], decide.weight[:, 1::2]
    return first @ pooled[:, :count] + second @ pooled[:, 2:] + decide.bias[:, None]


@right()
def by_the_linear_layer(row, conv, decide):
    maps = conv(row[None, None])
    pairs = torch.maximum(maps[..., :-1], maps[..., 1:]).clamp(min=0)
    together = torch.stack([pairs[..., :-2], pairs[..., 2:]], dim=2).flatten(1, 2)
    return decide(together.transpose(1, 2))[0].T


@right()
def by_two_rows(row, conv, decide):
    """Even and odd pooled rows apart, woven together at the end."""
    maps = conv(row[None, None]).relu()[0]
    count = maps.shape[-1] - 3
    scores = row.new_zeros(len(decide.bias), count)
    for shift in range(min(2, count)):
        pooled = functional.max_pool1d(maps[:, shift:], 2)
        part = functional.conv1d(pooled, decide.weight.view(len(decide.bias), -1, 2), decide.bias)
        scores[:, shift::2] = part
    return scores


def dense(row, conv, decide, pool, feet):
    weight = decide.weight.unflatten(1, (-1, 2))
    return functional.conv1d(every_pool(row, conv, pool), weight, decide.bias, dilation=feet)[0]


@right(pool=3, more=5)
def pooling_three(row, conv, decide):
    return dense(row, conv, decide, 3, 3)


@wrong("here a pooling takes more", pool=3, more=5)
def last_years_network(row, conv, decide):
    return dense(row, conv, decide, 2, 2)


@wrong("here the pooled values have another distance", pool=4, more=7)
def last_years_feet(row, conv, decide):
    return dense(row, conv, decide, 4, 2)


@wrong("are not neighbours")
def undilated(row, conv, decide):
    return dense(row, conv, decide, 2, 1)


@wrong("the pooling takes its own steps here")
def own_steps(row, conv, decide):
    maps = functional.max_pool1d(conv(row[None, None]).relu(), 2)
    return functional.conv1d(maps, decide.weight.unflatten(1, (-1, 2)), decide.bias)[0]


@wrong("the ReLU is missing")
def linear(row, conv, decide):
    maps = functional.max_pool1d(conv(row[None, None]), 2, stride=1)
    return functional.conv1d(maps, decide.weight.unflatten(1, (-1, 2)), decide.bias, dilation=2)[0]


@wrong("the pooling is missing")
def never_pooled(row, conv, decide):
    maps = conv(row[None, None]).relu()
    return functional.conv1d(maps, decide.weight.unflatten(1, (-1, 2)), decide.bias, dilation=2)[0]


@wrong("the bias of `decide` is missing")
def unbiased(row, conv, decide):
    return by_slices(row, conv, decide) - decide.bias[:, None]


@wrong("takes them channel by channel")
def place_by_place(row, conv, decide):
    weight = decide.weight.unflatten(1, (2, -1)).transpose(1, 2)
    return functional.conv1d(every_pool(row, conv), weight, decide.bias, dilation=2)[0]


@wrong("a convolution flips nothing")
def flipped(row, conv, decide):
    weight = decide.weight.unflatten(1, (-1, 2)).flip(2)
    return functional.conv1d(every_pool(row, conv), weight, decide.bias, dilation=2)[0]


@wrong("the axes are swapped: classes first")
def windows_first(row, conv, decide):
    return by_slices(row, conv, decide).T


@wrong("an axis too many")
def still_in_its_batch(row, conv, decide):
    return by_slices(row, conv, decide)[None]


@wrong("the last window is missing")
def one_window_short(row, conv, decide):
    return by_slices(row, conv, decide)[:, :-1]


@wrong("without a softmax")
def probabilities(row, conv, decide):
    return by_slices(row, conv, decide).softmax(0)


@wrong("again for each window")
def one_by_one(row, conv, decide):
    width = conv.kernel_size[0] + 3
    windows = row.unfold(0, width, 1)[:, None]
    return decide(functional.max_pool1d(conv(windows).relu(), 2).flatten(1)).T


@wrong("again for each window")
def in_a_loop(row, conv, decide):
    width, scores = conv.kernel_size[0] + 3, []
    for first in range(len(row) - width + 1):
        maps = conv(row[None, None, first : first + width]).relu()
        scores.append(decide(functional.max_pool1d(maps, 2).flatten(1))[0])
    return torch.stack(scores, dim=1)
