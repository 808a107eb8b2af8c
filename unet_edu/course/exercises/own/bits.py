"""Scale the images of a set by the bits that their values fill."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case, Raised

DEPTHS = (8, 10, 12, 14, 16)


def cases(rng, params):
    """Depths of cameras in files of 16 bits, a dim image beside a bright one, the largest values there are, below 0."""
    import numpy as np

    def image(least, most, shape=(4, 5)):
        values = rng.integers(0, least, shape)
        values.flat[int(rng.integers(values.size))] = int(rng.integers(least, most + 1))
        return values.astype(np.uint16)

    deep = image(5000, 16000)
    return [
        Case(([image(1100, 4000), image(1100, 4000)],), "12 bits in files of 16", 2),
        Case(([image(100, 250), image(1100, 4000), image(20, 60)],), "a dim image beside brighter ones", 2),
        Case(([image(100, 250).astype(np.uint8)],), "8 bits"),
        Case(([deep, image(100, 250, (2, 7))],), "14 bits, images of two sizes"),
        Case(([np.array([[0, 1023]], np.uint16)],), "the largest value of 10 bits"),
        Case(([np.array([[7, 1024]], np.uint16)],), "one more than that"),
        Case(([image(20000, 60000)],), "16 bits"),
        Case(([image(100, 250).astype(np.int16) - 300],), "values below zero"),
    ]


def oracle(args, params):
    """Value by value, with the bits of the largest one counted by its binary digits."""
    import numpy as np

    (images,) = args
    values = [[int(value) for value in image.ravel()] for image in images]
    if min(map(min, values)) < 0:
        return Raised("ValueError")
    digits = max(max(one) for one in values).bit_length()
    top = 2 ** next(depth for depth in DEPTHS if depth >= digits) - 1
    return [
        np.array([value / top for value in one]).reshape(image.shape) for one, image in zip(values, images, strict=True)
    ]


def mistakes(args, params):
    """By the type, by each image's own largest value, one too many."""
    import numpy as np

    (images,) = args
    if isinstance(oracle(args, params), Raised):
        yield [image / 255 for image in images], "values below zero: this is a case for a ValueError"
        return
    most = max(int(image.max()) for image in images)
    top = 2 ** next(depth for depth in DEPTHS if depth >= most.bit_length()) - 1
    yield Raised("ValueError"), "it raises ValueError for values that a file can hold: is the test too strict?"
    yield (
        [image / np.iinfo(image.dtype).max for image in images],
        "it asks how much the type can hold, not what is there",
    )
    yield [image / 65535 for image in images], "it divides by 65535, whatever the values fill"
    yield [image / 255 for image in images], "it divides by 255, whatever the values fill"
    own = [2 ** next(depth for depth in DEPTHS if depth >= int(image.max()).bit_length()) - 1 for image in images]
    each = [image / one for image, one in zip(images, own, strict=True)]
    yield each, "each image is scaled by its own bits: one scaling belongs to the whole set"
    bright = [image / max(int(image.max()), 1) for image in images]
    yield bright, "each image is scaled by its own largest value: one scaling belongs to the whole set"
    yield [image / most for image in images], "it divides by the largest value that came, not by the largest that fits"
    yield [image / (top + 1) for image in images], "the largest number of b bits is 2^b − 1"
    yield (
        [image / (2 ** most.bit_length() - 1) for image in images],
        "no camera has so many bits: the depths are 8, 10, 12, 14 and 16",
    )
    yield [image // top for image in images], "whole numbers are divided without a remainder"


EXERCISE = Exercise(
    id="own.bits",
    chapter="14_own_images",
    name="scaled_set",
    points=3,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    forbids=("unet_edu.greys", "unet_edu.data"),
    needs=("import numpy as np",),
)
