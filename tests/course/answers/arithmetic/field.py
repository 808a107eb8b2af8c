"""Answers to the exercise arithmetic.field: two right ones, and the known wrong ones."""

from answerkit import right, wrong


@right()
def backwards(layers):
    width = 1
    for kernel, stride in layers[::-1]:
        width = width * stride + kernel - stride
    return width


@right()
def by_reaching(layers):
    seen = {0}
    for kernel, stride in reversed(layers):
        seen = {stride * place + tap for place in (min(seen), max(seen)) for tap in (0, kernel - 1)}
    return max(seen) - min(seen) + 1


@wrong("the strides make no difference here")
def without_strides(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


@wrong("adds the kernels")
def kernels(layers):
    return sum(kernel for kernel, _ in layers)


@wrong("one pixel sees itself")
def from_nothing(layers):
    return backwards(layers) - 1


@wrong("a layer's own stride counts for the layers after it")
def stride_too_early(layers):
    width, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        width += (kernel - 1) * jump
    return width


@wrong("from the wrong end")
def from_the_wrong_end(layers):
    return backwards(layers[::-1])


@wrong("it multiplies the kernels")
def product(layers):
    found = 1
    for kernel, _ in layers:
        found *= kernel
    return found


@wrong("only the layer's own stride counts here")
def own_stride(layers):
    return 1 + sum((kernel - 1) * stride for kernel, stride in layers)


@wrong("only the stride of the layer before counts here")
def last_stride(layers):
    width, before = 1, 1
    for kernel, stride in layers:
        width += (kernel - 1) * before
        before = stride
    return width


@wrong("strides are added here")
def added(layers):
    width, total = 1, 0
    for kernel, stride in layers:
        width += (kernel - 1) * (total or 1)
        total += stride if stride > 1 else 0
    return width
