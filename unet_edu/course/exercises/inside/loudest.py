"""Find the patch to which a filter responds most."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """A row and a range of its own; weights of zero; integers; many axes; a range below zero; nothing but zeros."""
    import numpy as np

    def weights(*shape):
        return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 2, shape)

    row, square, deep = weights(5), weights(3, 3), weights(2, 3, 3)
    row[int(rng.integers(5))] = square[int(rng.integers(3)), int(rng.integers(3))] = 0
    deep[:, 1, 1] = 0
    whole = rng.permutation(np.array([-2, -1, 0, 0, 1, 3]))
    low, width = float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.3, 0.5))
    below = -float(rng.uniform(3, 5))
    return [
        Case((np.array([1, -2, 1]),), "the filter of the chapter, from 0 to 1"),
        Case((weights(3, 3), low, low + width), "3×3 weights, none of them zero, another range"),
        Case((row, -1.0, low), "a weight of zero in a row", 2),
        Case((square, low, low + width), "a weight of zero in a square", 2),
        Case((whole, low, low + width), "weights that are integers"),
        Case((deep, below, below + 2), "two channels, and a range below zero"),
        Case((np.zeros((2, 3)), low, low + width), "nothing but weights of zero"),
    ]


def oracle(args, params):
    """Try both ends of the range and its middle at every pixel, the middle first."""
    import numpy as np

    kernel, low, high = _ranged(args)
    tried = np.array([(low + high) / 2, low, high])
    best = (tried * kernel[..., None]).argmax(-1)
    patch = tried[best]
    return patch, float(sum(a * b for a, b in zip(patch.flat, kernel.flat, strict=True)))


def _ranged(args):
    kernel, low, high = (*args, 0.0, 1.0)[:3] if len(args) == 1 else args
    return as_array(kernel).astype(float), low, high


def mistakes(args, params):
    """Zeros, the range, the copy of the filter that is loudest at a fixed strength, what is returned."""
    import numpy as np

    kernel, low, high = _ranged(args)
    right, answer = oracle(args, params)
    zero, middle = kernel == 0, (low + high) / 2

    def heard(patch):
        return patch, float((patch * kernel).sum())

    for filled in (low, high, 0.0, high / 2, (high - low) / 2):
        words = "where a weight is zero the pixel is not in the middle of the range"
        yield heard(np.where(zero, filled, right)), words
    yield right, "this is the patch alone; the answer of the filter is wanted besides"
    yield (answer, right), "patch and answer are in the wrong order"
    yield answer, "this is the answer alone; the patch is wanted besides"
    yield oracle((kernel,), params), "low and high make no difference here"
    yield oracle((-kernel, low, high), params)[0], "this is the patch at which the filter answers lowest"
    yield heard(oracle((-kernel, low, high), params)[0]), "this is the patch at which the filter answers lowest"
    strength = np.linalg.norm(kernel)
    copies = [kernel, kernel / (strength or 1), np.clip(kernel, low, high)]
    if np.ptp(kernel):
        copies.append(low + (high - low) * (kernel - kernel.min()) / np.ptp(kernel))
    for copy in copies:
        yield heard(copy), "this is the filter itself; where each pixel may be chosen freely, another patch is louder"
    yield heard(np.full_like(kernel, high)), "it is bright everywhere: what does a weight below zero do to the answer?"
    yield heard(np.full_like(kernel, middle)), "the patch is the same everywhere, whatever the weights"
    flat = right.ravel()
    if flat.shape != right.shape:
        yield (flat, answer), "the patch does not have the shape of the filter"
    truncated = right.astype(int).astype(float)
    yield heard(truncated), "the patch was made as integers, which cuts its values off"
    yield heard(truncated.astype(int)), "the patch was made as integers, which cuts its values off"
    yield (right, answer / kernel.size), "the patch is right, the answer is a sum, not a mean"
    yield (right, float(np.abs(kernel).sum())), "the patch is right, but its answer is not the sum of the weights alone"
    yield (
        (right, float((right * np.abs(kernel)).sum())),
        "the patch is right, but in its answer weights below zero count as positive",
    )


def picture(args, got):
    """The filter, and the patch that the answer takes for the loudest."""
    import numpy as np
    from matplotlib.figure import Figure

    kernel, low, high = _ranged(args)
    figure = Figure(figsize=(4, 2), layout="constrained")
    pairs = zip(figure.subplots(1, 2), (kernel, as_array(got[0])), ("filter", "your patch"), strict=True)
    for axes, values, title in pairs:
        image = values.reshape(-1, *values.shape[-2:])[0] if values.ndim > 1 else values[None]
        reach = np.abs(kernel).max() or 1
        limits = (-reach, reach) if title == "filter" else (low, high)
        axes.imshow(image, cmap="gray", vmin=limits[0], vmax=limits[1])
        axes.set(xticks=[], yticks=[], title=title)
    return figure


EXERCISE = telling(
    Exercise(
        id="inside.loudest",
        chapter="12_inside",
        name="loudest_patch",
        points=3,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        needs=("import numpy as np",),
        picture=picture,
    ),
    {1: ("this is the filter itself",), 2: ("the patch is right",)},
)
