"""Answers to the exercise arithmetic.block_out: three right ones, and the known wrong ones."""

from answerkit import right, wrong


@right()
def in_one_go(size, kernel=3):
    return (size - 2 * kernel + 2) // 2


@right()
def by_windows(size, kernel=3):
    for _ in range(2):
        size = len([start for start in range(size) if start + kernel <= size])
    return len(range(0, size - 1, 2))


@right(convs=3)
def three_convolutions(size, kernel=3):
    return (size - 3 * (kernel - 1)) // 2


@wrong("for a block of two convolutions", convs=3)
def last_years(size, kernel=3):
    return in_one_go(size, kernel)


@wrong("one convolution alone")
def one_convolution(size, kernel=3):
    return (size - kernel + 1) // 2


@wrong("the pooling is missing")
def no_pooling(size, kernel=3):
    return size - 2 * kernel + 2


@wrong("without padding each takes some pixels")
def padded(size, kernel=3):
    return size // 2


@wrong("rounded up")
def rounding_up(size, kernel=3):
    return (size - 2 * kernel + 3) // 2


@wrong("the pooling comes first")
def pooling_first(size, kernel=3):
    return size // 2 - 2 * (kernel - 1)


@wrong("there is no half pixel")
def half_pixels(size, kernel=3):
    return (size - 2 * kernel + 2) / 2


@wrong("one pixel too many")
def whole_kernels(size, kernel=3):
    return (size - 2 * kernel) // 2


@wrong("on one side")
def one_side(size, kernel=3):
    return (size - 2 * (kernel // 2)) // 2


@wrong("takes an odd number away")
def for_odd_kernels(size, kernel=3):
    return (size - 4 * (kernel // 2)) // 2


@wrong("the kernel makes no difference here")
def three_always(size, kernel=3):
    return (size - 4) // 2
