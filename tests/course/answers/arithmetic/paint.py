"""Answers to the exercise arithmetic.paint: two right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong


@right()
def by_torch(size, kernel, stride):
    one = torch.nn.functional.conv_transpose1d(torch.ones(1, 1, size), torch.ones(1, 1, kernel), stride=stride)
    return [int(count) for count in one.flatten()]


@right()
def by_asking_each(size, kernel, stride):
    places = range(stride * (size - 1) + kernel)
    return tuple(np.int64(sum(0 <= place - stride * pixel < kernel for pixel in range(size))) for place in places)


@wrong("kernel and stride are mixed up")
def mixed_up(size, kernel, stride):
    return by_torch(size, stride, kernel)


@wrong("the stride makes no difference here")
def without_stride(size, kernel, stride):
    return by_torch(size, kernel, 1)


@wrong("they add up")
def painted_once(size, kernel, stride):
    return [min(count, 1) for count in by_torch(size, kernel, stride)]


@wrong("no stride")
def one_stride_more(size, kernel, stride):
    return by_torch(size, kernel, stride) + [0] * (stride - 1)


@wrong("the kernel hangs over, too")
def stride_times_size(size, kernel, stride):
    return (by_torch(size, kernel, stride) + [0] * stride)[: stride * size]


@wrong("there are gaps")
def without_gaps(size, kernel, stride):
    return [max(count, 1) for count in by_torch(size, kernel, stride)]


@wrong("only those that reach this place")
def the_kernel(size, kernel, stride):
    return [kernel for _ in by_torch(size, kernel, stride)]


@wrong("towards the ends fewer reach")
def without_ends(size, kernel, stride):
    return [-(-kernel // stride) for _ in by_torch(size, kernel, stride)]


@wrong("one place too far")
def too_far(size, kernel, stride):
    places = range(stride * (size - 1) + kernel)
    return [sum(0 <= place - stride * pixel <= kernel for pixel in range(size)) for place in places]


@wrong("where a list or a tuple is wanted")
def a_tensor(size, kernel, stride):
    return torch.tensor(by_torch(size, kernel, stride))
