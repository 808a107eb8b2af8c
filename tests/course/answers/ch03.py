"""Answers to the exercises of the chapter on arithmetic: two right ones each, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong

# ----------------------------------------------------------------------------------------------- arithmetic.block_out


@right("arithmetic.block_out")
def in_one_go(size, kernel=3):
    return (size - 2 * kernel + 2) // 2


@right("arithmetic.block_out")
def by_windows(size, kernel=3):
    for _ in range(2):
        size = len([start for start in range(size) if start + kernel <= size])
    return len(range(0, size - 1, 2))


@right("arithmetic.block_out", convs=3)
def three_convolutions(size, kernel=3):
    return (size - 3 * (kernel - 1)) // 2


@wrong("arithmetic.block_out", "for a block of two convolutions", convs=3)
def last_years(size, kernel=3):
    return in_one_go(size, kernel)


@wrong("arithmetic.block_out", "one convolution alone")
def one_convolution(size, kernel=3):
    return (size - kernel + 1) // 2


@wrong("arithmetic.block_out", "the pooling is missing")
def no_pooling(size, kernel=3):
    return size - 2 * kernel + 2


@wrong("arithmetic.block_out", "without padding each takes some pixels")
def padded(size, kernel=3):
    return size // 2


@wrong("arithmetic.block_out", "rounded up")
def rounding_up(size, kernel=3):
    return (size - 2 * kernel + 3) // 2


@wrong("arithmetic.block_out", "the pooling comes first")
def pooling_first(size, kernel=3):
    return size // 2 - 2 * (kernel - 1)


@wrong("arithmetic.block_out", "there is no half pixel")
def half_pixels(size, kernel=3):
    return (size - 2 * kernel + 2) / 2


@wrong("arithmetic.block_out", "one pixel too many")
def whole_kernels(size, kernel=3):
    return (size - 2 * kernel) // 2


@wrong("arithmetic.block_out", "on one side")
def one_side(size, kernel=3):
    return (size - 2 * (kernel // 2)) // 2


@wrong("arithmetic.block_out", "takes an odd number away")
def for_odd_kernels(size, kernel=3):
    return (size - 4 * (kernel // 2)) // 2


@wrong("arithmetic.block_out", "the kernel makes no difference here")
def three_always(size, kernel=3):
    return (size - 4) // 2


# ----------------------------------------------------------------------------------------------- arithmetic.is_legal


@right("arithmetic.is_legal")
def by_recursion(size, depth):
    def after(size, depth):
        size -= 4
        if depth == 0 or size <= 0:
            return size
        if size % 2:
            return -1
        below = after(size // 2, depth - 1)
        return 2 * below - 4 if below > 0 else -1

    return after(size, depth) > 0


@right("arithmetic.is_legal")
def by_remainder(size, depth):
    taken = 4 * (2**depth - 1)
    return np.bool_((size - taken) % 2**depth == 0 and size > 12 * 2**depth - 8)


def met(size, depth):
    found = []
    for _ in range(depth):
        found.append(size - 4)
        size = (size - 4) // 2
    return found


def left_over(size, depth):
    for _ in range(depth):
        size = (size - 4) / 2
    size -= 4
    for _ in range(depth):
        size = 2 * size - 4
    return size


def all_even(sizes):
    return all(size % 2 == 0 for size in sizes)


@wrong("arithmetic.is_legal", "not whether anything comes out in the end")
def no_end(size, depth):
    return all_even(met(size, depth))


@wrong("arithmetic.is_legal", "from which no pixel comes out is not legal")
def not_negative(size, depth):
    return all_even(met(size, depth)) and left_over(size, depth) >= 0


@wrong("arithmetic.is_legal", "only the way down is watched")
def way_down_alone(size, depth):
    return all_even(met(size, depth)) and met(size, depth)[-1] > 0


@wrong("arithmetic.is_legal", "not whether each pooling meets an even size")
def end_alone(size, depth):
    return left_over(size, depth) > 0


@wrong("arithmetic.is_legal", "but not those below it")
def first_pooling_alone(size, depth):
    return size % 2 == 0 and left_over(size, depth) > 0


@wrong("arithmetic.is_legal", "is not all")
def as_if_padded(size, depth):
    return size % 2**depth == 0


@wrong("arithmetic.is_legal", "the depth makes no difference")
def four_always(size, depth):
    return by_recursion(size, 4)


@wrong("arithmetic.is_legal", "the last pooling is not watched")
def all_but_the_last(size, depth):
    return all_even(met(size, depth)[:-1]) and left_over(size, depth) > 0


@wrong("arithmetic.is_legal", "every size legal")
def generous(size, depth):
    return True


@wrong("arithmetic.is_legal", "no size legal")
def strict(size, depth):
    return False


@wrong("arithmetic.is_legal", "end in a return")
def only_yes(size, depth):
    if by_recursion(size, depth):
        return True


@wrong("arithmetic.is_legal", "where True or False is wanted")
def in_numbers(size, depth):
    return int(by_recursion(size, depth))


# ------------------------------------------------------------------------------------------------- arithmetic.paint


@right("arithmetic.paint")
def by_torch(size, kernel, stride):
    one = torch.nn.functional.conv_transpose1d(torch.ones(1, 1, size), torch.ones(1, 1, kernel), stride=stride)
    return [int(count) for count in one.flatten()]


@right("arithmetic.paint")
def by_asking_each(size, kernel, stride):
    places = range(stride * (size - 1) + kernel)
    return tuple(np.int64(sum(0 <= place - stride * pixel < kernel for pixel in range(size))) for place in places)


@wrong("arithmetic.paint", "kernel and stride are mixed up")
def mixed_up(size, kernel, stride):
    return by_torch(size, stride, kernel)


@wrong("arithmetic.paint", "the stride makes no difference here")
def without_stride(size, kernel, stride):
    return by_torch(size, kernel, 1)


@wrong("arithmetic.paint", "they add up")
def painted_once(size, kernel, stride):
    return [min(count, 1) for count in by_torch(size, kernel, stride)]


@wrong("arithmetic.paint", "no stride")
def one_stride_more(size, kernel, stride):
    return by_torch(size, kernel, stride) + [0] * (stride - 1)


@wrong("arithmetic.paint", "the kernel hangs over, too")
def stride_times_size(size, kernel, stride):
    return (by_torch(size, kernel, stride) + [0] * stride)[: stride * size]


@wrong("arithmetic.paint", "there are gaps")
def without_gaps(size, kernel, stride):
    return [max(count, 1) for count in by_torch(size, kernel, stride)]


@wrong("arithmetic.paint", "only those that reach this place")
def the_kernel(size, kernel, stride):
    return [kernel for _ in by_torch(size, kernel, stride)]


@wrong("arithmetic.paint", "towards the ends fewer reach")
def without_ends(size, kernel, stride):
    return [-(-kernel // stride) for _ in by_torch(size, kernel, stride)]


@wrong("arithmetic.paint", "one place too far")
def too_far(size, kernel, stride):
    places = range(stride * (size - 1) + kernel)
    return [sum(0 <= place - stride * pixel <= kernel for pixel in range(size)) for place in places]


@wrong("arithmetic.paint", "where a list or a tuple is wanted")
def a_tensor(size, kernel, stride):
    return torch.tensor(by_torch(size, kernel, stride))


# ------------------------------------------------------------------------------------------------- arithmetic.field


@right("arithmetic.field")
def backwards(layers):
    width = 1
    for kernel, stride in layers[::-1]:
        width = width * stride + kernel - stride
    return width


@right("arithmetic.field")
def by_reaching(layers):
    seen = {0}
    for kernel, stride in reversed(layers):
        seen = {stride * place + tap for place in (min(seen), max(seen)) for tap in (0, kernel - 1)}
    return max(seen) - min(seen) + 1


@wrong("arithmetic.field", "the strides make no difference here")
def without_strides(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


@wrong("arithmetic.field", "adds the kernels up")
def kernels(layers):
    return sum(kernel for kernel, _ in layers)


@wrong("arithmetic.field", "one pixel sees itself")
def from_nothing(layers):
    return backwards(layers) - 1


@wrong("arithmetic.field", "a layer's own stride counts for the layers after it")
def stride_too_early(layers):
    width, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        width += (kernel - 1) * jump
    return width


@wrong("arithmetic.field", "from the wrong end")
def from_the_wrong_end(layers):
    return backwards(layers[::-1])


@wrong("arithmetic.field", "it multiplies the kernels")
def product(layers):
    found = 1
    for kernel, _ in layers:
        found *= kernel
    return found


@wrong("arithmetic.field", "only the layer's own stride counts here")
def own_stride(layers):
    return 1 + sum((kernel - 1) * stride for kernel, stride in layers)


@wrong("arithmetic.field", "only the stride of the layer before counts here")
def last_stride(layers):
    width, before = 1, 1
    for kernel, stride in layers:
        width += (kernel - 1) * before
        before = stride
    return width


@wrong("arithmetic.field", "strides are added here")
def added(layers):
    width, total = 1, 0
    for kernel, stride in layers:
        width += (kernel - 1) * (total or 1)
        total += stride if stride > 1 else 0
    return width
