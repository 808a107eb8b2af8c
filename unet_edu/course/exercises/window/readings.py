"""Count for each pixel of a row the windows that contain it."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw a long row, windows of more than half of a row and of all of it, one pixel, windows that do not fit."""
    step = params["step"]
    width = int(rng.integers(3, 6))
    long = width + step * int(rng.integers(9, 15))
    wide = int(rng.integers(7, 10))
    size = int(rng.integers(5, 9))
    return [
        Case((long, width), "a small window on a long row", 2),
        Case((wide + step * int(rng.integers(2, 4)), wide), "a window of more than half of the row", 2),
        Case((2 * width + int(rng.integers(1, 3)), width), "a row a little longer than two windows"),
        Case((size, 1), "a window of one pixel"),
        Case((size, size), "a window as long as the row"),
        Case((size, size + 1), "a window that is one pixel too long", 0.5),
        Case((size, 3 * size), "a window that is far too long", 0.5),
    ]


def oracle(args, params):
    """Mark where windows begin, and convolve the marks with a window of ones."""
    import numpy as np

    size, width = args
    if width > size:
        return Raised("ValueError")
    begins = np.zeros(size - width + 1, dtype=np.int64)
    begins[:: params["step"]] = 1
    return np.convolve(begins, np.ones(width, dtype=np.int64)).tolist()


def mistakes(args, params):
    """Yield what comes of a window more or less, of one that hangs over, of a rule for long rows alone."""
    size, width = args
    step = params["step"]
    if width > size:
        return
    places = range(size)
    if width == size:
        yield Raised("ValueError"), "it raises ValueError for a window that just fits: is the test too strict?"
    if step != 1:
        yield oracle(args, {"step": 1}), "its window moves on by one pixel; the wanted step is longer"
    yield [width] * size, "it is the same for every pixel; windows that stay inside reach the ends less often"
    yield _read(size, width, range(0, size - width, step)), "the last window is missing: how many places does it have?"
    yield _read(size, width + 1, range(0, size - width + 1, step)), "each window is one pixel too wide"
    yield _read(size, width - 1, range(0, size - width + 1, step)), "each window is one pixel too narrow"
    yield _read(size, width, range(0, size, step)), "windows hang over the end of the row; they stay inside"
    yield (
        _read(size, width, range(-(width // 2), size - width // 2, step)),
        "windows hang over both ends of the row; they stay inside",
    )
    yield (
        [min(i + 1, size - i) for i in places],
        "towards the middle it grows too far; no pixel is in more windows than a window has pixels",
    )
    yield (
        [min(i + 1, width, size - i) for i in places],
        "it is not right where the window is wider than half of the row: there are fewer windows than it has pixels",
    )
    yield (
        [int(i % step == 0 and i <= size - width) for i in places],
        "it counts the windows that begin at each pixel, not those that contain it",
    )


def _read(size, width, begins) -> list[int]:
    """Return how often each pixel is in one of the windows that begin at `begins`, whether they hang over or not."""
    return [sum(first <= pixel < first + width for first in begins) for pixel in range(size)]


def other_step(rng) -> dict:
    """Draw a step larger than the book's single pixel."""
    return {"step": int(rng.choice([2, 3]))}


EXERCISE = Exercise(
    id="window.readings",
    chapter="01_sliding_window",
    name="readings",
    points=2,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=other_step,
    book={"step": 1},
)
