"""Count the multiply-adds by which a network classifies one window."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw one convolution, none, sizes that are odd before a pooling, kernels of one pixel; N4 comes first."""

    def between(low, high):
        return int(rng.integers(low, high))

    odd = 4 * between(5, 9) + 2 + 3 + 3  # odd before the second pooling
    return [
        Case((95, (4, 5, 4, 4), 48, 200, 2), "N4"),
        Case((2 * between(6, 10) + 2, (3,), between(3, 6), between(7, 12), 2), "one convolution"),
        Case((odd, (4, 5), between(3, 6), between(7, 12), 3), "an odd size before a pooling", 2),
        Case((between(40, 60), (5, 3, 2), between(3, 9), between(10, 20), between(4, 7)), "kernels of three sizes", 2),
        Case((between(20, 30), (1, 3), between(3, 6), between(7, 12), 1), "a kernel of one pixel, one class"),
        Case((between(8, 12), (), 9, between(7, 12), 2), "no convolution: two layers on the pixels"),
    ]


def oracle(args, params):
    """Lay out all windows that each layer reads; each of their values is multiplied once for each map."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    size, kernels, maps, hidden, classes = args
    image, total = np.zeros((1, size, size), dtype=bool), 0
    for kernel in kernels:
        windows = sliding_window_view(image, (kernel, kernel), axis=(1, 2))  # (channels, H, W, kernel, kernel)
        total += windows.size * maps
        pairs = sliding_window_view(np.zeros(windows.shape[1:3], dtype=bool), (2, 2))[::2, ::2]
        image = np.broadcast_to(False, (maps, *pairs.shape[:2]))
    return total + image.size * hidden + hidden * classes


def mistakes(args, params):
    """Yield what comes of other channels and sizes, of layers that are left out, of biases."""
    size, kernels, maps, hidden, classes = args
    right = oracle(args, params)
    last, _ = _met(size, kernels)
    yield _cost(*args, inward=lambda channels: 1), "from the second convolution on there is more than one channel"
    yield _cost(*args, inward=lambda channels: maps), "the first convolution sees a single channel, the grey values"
    yield _cost(*args, pool=lambda side: side), "the poolings are missing"
    yield _cost(*args, pool=lambda side: -(-side // 2)), "an odd size is rounded up; this pooling rounds down"
    yield _cost(*args, pool=lambda side: side / 2), "a pooling gives no half values: an odd size is rounded down"
    yield _cost(*args, valid=lambda side, kernel: side), "the convolutions are valid: each makes its map smaller"
    yield _cost(*args, valid=lambda side, kernel: side - kernel), "a valid convolution loses less than its kernel"
    yield (
        _cost(*args, valid=lambda side, kernel: side - kernel + 1, counted="before"),
        "a convolution computes as many values as come out of it, not as go in",
    )
    yield _cost(*args, counted="pooled"), "a convolution computes its values before the pooling takes some away"
    yield _cost(*args, area=lambda side: side), "a map has height and width"
    yield _cost(*args, weights=lambda kernel: kernel), "a kernel has height and width"
    yield right - hidden * classes, "the last layer is missing, the one with the classes"
    yield right - hidden * classes + classes, "the last layer takes all the hidden values for each class"
    channels = maps if kernels else 1
    yield (
        right - last**2 * channels * hidden + channels * hidden,
        "the layer behind the last pooling takes all places of every map, not one value a map",
    )
    yield (
        right - last**2 * channels * hidden + last**2 * hidden,
        "the layer behind the last pooling takes the values of every map",
    )
    yield right - last**2 * channels * hidden, "the layer with the hidden outputs is missing"
    yield right - last**2 * channels * hidden - hidden * classes, "the two layers at the end are missing"
    biases = sum(side**2 for side in _met(size, kernels)[1]) * maps
    yield right + biases + hidden + classes, "it counts the biases, too; they multiply nothing"
    yield 2 * right, "a multiplication and its addition count as one"


def _met(size, kernels) -> tuple[int, list[int]]:
    """Return the side of the last map, and that of each convolution's."""
    found = []
    for kernel in kernels:
        found.append(size - kernel + 1)
        size = found[-1] // 2
    return size, found


def _cost(
    size,
    kernels,
    maps,
    hidden,
    classes,
    inward=lambda channels: channels,
    pool=lambda side: side // 2,
    valid=lambda side, kernel: side - kernel + 1,
    area=lambda side: side**2,
    weights=lambda kernel: kernel**2,
    counted="after",
):
    """Return the multiply-adds with one step done otherwise."""
    channels, total = 1, 0
    for kernel in kernels:
        before, size = size, valid(size, kernel)
        side = {"after": size, "before": before, "pooled": pool(size)}[counted]
        total += area(side) * maps * inward(channels) * weights(kernel)
        size, channels = pool(size), maps
    return total + area(size) * channels * hidden + hidden * classes


EXERCISE = telling(
    Exercise(
        id="window.cost",
        chapter="01_sliding_window",
        name="window_cost",
        points=3,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        forbids=("unet_edu.models", "unet_edu.figures"),
    ),
    {
        3: ("an odd size is rounded up", "a pooling gives no half"),
        4: ("an odd size is rounded up", "a pooling gives no half"),
    },
)
