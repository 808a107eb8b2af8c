"""Compute the sizes on the way down, with dilated convolutions and poolings that round up."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw odd maps, the smallest size that runs and the one below it; the paper's and the article's come first."""
    convs = params["convs"]
    size, other = int(rng.integers(300, 500)), 2 * int(rng.integers(250, 400)) + 1
    dilation = int(rng.integers(2, 5))
    least = _smallest_way(convs, dilation)
    return [
        Case((572,), "the paper's size, no dilation given"),
        Case((572, 2), "the article's dilation"),
        Case((size, 1), "another size"),
        Case((other, 3), "an odd size, a larger dilation", 2),
        Case((least, dilation), "the smallest size that runs"),
        Case((least - 1, dilation), "a size that is too small, which shows late", 2),
        Case((2 * dilation, dilation), "a size that is too small for the first kernel"),
    ]


def oracle(args, params):
    """Send a row of zeros through layers of PyTorch and note how long it is."""
    import torch
    from torch.nn import functional

    size, dilation = args if len(args) == 2 else (*args, 1)
    row, kernel, found = torch.zeros(1, 1, size), torch.ones(1, 1, 3), []
    try:
        for _ in range(4):
            for _ in range(params["convs"]):
                row = functional.conv1d(row, kernel, dilation=dilation)
            row = functional.max_pool1d(row, 2, ceil_mode=True)
            found.append(row.shape[-1])
    except RuntimeError:
        return Raised("ValueError")
    return found


def _smallest_way(convs, dilation) -> int:
    size = 1
    while isinstance(oracle((size, dilation), {"convs": convs}), Raised):
        size += 1
    return size


def _walked(size, eaten, ceil=True, levels=4) -> list[int]:
    """Return the sizes after the poolings where each level takes `eaten` pixels, even if nothing is left."""
    found = []
    for _ in range(levels):
        size = (size - eaten + ceil) // 2
        found.append(size)
    return found


def mistakes(args, params):
    """Yield what comes of rounding, dilation, number of convolutions, what is returned, a test too strict or late."""
    size, dilation = args if len(args) == 2 else (*args, 1)
    convs = params["convs"]
    right = oracle(args, params)
    eaten = 2 * convs * dilation
    if isinstance(right, Raised):
        yield _walked(size, eaten), "a kernel that is larger than its map does not fit: this is a case for a ValueError"
        yield Raised("RuntimeError"), "PyTorch's own error is a RuntimeError; here a ValueError is wanted"
        met = _met(size, convs, dilation)
        yield met, "where a map is too small it stops early without an error: this is a case for a ValueError"
        return
    yield Raised("ValueError"), "it raises ValueError for a size that runs: a map of one pixel is still a map"
    if convs != 2:
        yield (
            _walked(size, 4 * dilation),
            "it is right for another number of convolutions a level",
        )
    yield _walked(size, eaten, ceil=False), "the poolings round down here; these round up"
    if dilation != 1:
        yield _walked(size, 2 * convs), "the dilation makes no difference here"
        yield (
            _walked(size, convs * (dilation + 1)),
            "a kernel of three spans two steps, each as wide as the dilation",
        )
    if convs == 2:  # half of the convolutions, or of what each eats
        words = (
            "too few pixels are taken: each of the two convolutions takes a pixel from either side, times the dilation"
        )
    else:
        words = "a kernel of three takes a pixel from either side, times the dilation"
    yield _walked(size, convs * dilation), words
    yield _walked(size, convs * (2 * dilation + 1)), "a convolution takes fewer pixels than its kernel spans"
    if convs > 1:
        yield _walked(size, 2 * dilation), "there are more convolutions a level than one"
    yield _walked(size, 0), "the convolutions take pixels, too"
    yield _walked(size, eaten, levels=5), "one level too many: there are four poolings"
    yield _walked(size, eaten, levels=3), "one level is missing: there are four poolings"
    yield [size, *right[:-1]], "the first number is that of the image; wanted are those after the poolings"
    yield [each - eaten for each in (size, *right[:-1])], "these are the sizes before the poolings"
    yield right[::-1], "the right values from the bottom up; wanted is top to bottom"
    yield [-(-each // 2) - eaten for each in (size, *right[:-1])], "the pooling comes after the convolutions"


def _met(size, convs, dilation) -> list[int]:
    """Return the sizes after the poolings up to where a kernel does not fit."""
    found = []
    for _ in range(4):
        size -= 2 * convs * dilation
        if size < 1:
            break
        size = (size + 1) // 2
        found.append(size)
    return found


def other_convs(rng) -> dict:
    """Draw another number of convolutions a level; with 1 and with 4 some dilation gives the article's sizes, too."""
    return {"convs": int(rng.choice([1, 4]))}


EXERCISE = telling(
    Exercise(
        id="reading.way_down",
        chapter="06_reading",
        name="way_down",
        points=3,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        params=other_convs,
        book={"convs": 2},
        forbids=("unet_edu.arithmetic", "unet_edu.models.article"),
    ),
    {2: ("the poolings round down",)},
)
