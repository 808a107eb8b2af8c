"""Answers to the exercise augment.open_gap: two right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong
from scipy import ndimage


def opened(instances, near, order=1, running=False):
    """Each cell less what is near the others."""
    result = instances.copy()
    for cell in np.unique(instances[instances > 0])[::order]:
        read = result if running else instances
        others = (read > 0) & (read != cell)
        if others.any():
            result[(read == cell) & near(others)] = 0
    return result


def checked(reach):
    if reach < 0:
        raise ValueError(f"reach must be 0 or more, not {reach}")


def distance(others):
    return ndimage.distance_transform_edt(~others)


@right()
def by_shifting(instances, reach=1.0):
    checked(reach)
    far = int(reach)
    wide = np.pad(instances, far)
    result = instances.copy()
    height, width = instances.shape
    for down in range(-far, far + 1):
        for across in range(-far, far + 1):
            if down**2 + across**2 <= reach**2:
                there = wide[far + down :, far + across :][:height, :width]
                result[(there > 0) & (instances > 0) & (there != instances)] = 0
    return result


@right()
def by_dilation(instances, reach=1.0):
    checked(reach)
    steps = np.arange(-int(reach), int(reach) + 1)
    ball = steps[:, None] ** 2 + steps**2 <= reach**2
    return opened(instances, lambda others: ndimage.binary_dilation(others, ball))


@wrong("nothing is opened")
def untouched(instances, reach=1.0):
    checked(reach)
    return instances


@wrong("a pixel at a distance of `reach` counts, too")
def less_than(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: distance(others) < reach)


@wrong("a step to a corner is longer")
def squares(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: ndimage.binary_dilation(others, np.ones([2 * int(reach) + 1] * 2)))


@wrong("not steps along rows and columns")
def steps(instances, reach=1.0):
    checked(reach)
    return opened(
        instances, lambda others: ndimage.binary_dilation(others, iterations=int(reach)) if reach >= 1 else others
    )


@wrong("where an image is changed while it is read")
def while_reading(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: distance(others) <= reach, running=True)


@wrong("where an image is changed while it is read")
def in_place(instances, reach=1.0):
    checked(reach)
    for cell in np.unique(instances[instances > 0]):
        others = (instances > 0) & (instances != cell)
        if others.any():
            instances[(instances == cell) & (distance(others) <= reach)] = 0
    return instances


@wrong("one of two cells is cut, the other stays")
def later_ones(instances, reach=1.0):
    checked(reach)
    result = instances.copy()
    for cell in np.unique(instances[instances > 0]):
        others = (instances > 0) & (instances < cell)
        if others.any():
            result[(instances == cell) & (distance(others) <= reach)] = 0
    return result


@wrong("cut back all around")
def eroded(instances, reach=1.0):
    checked(reach)
    result = np.zeros_like(instances)
    for cell in np.unique(instances[instances > 0]):
        whole = instances == cell
        result[ndimage.binary_erosion(whole, iterations=int(reach)) if reach >= 1 else whole] = cell
    return result


@wrong("it is the other cells that count")
def from_the_background(instances, reach=1.0):
    checked(reach)
    return np.where(ndimage.distance_transform_edt(instances > 0) <= reach, 0, instances)


@wrong("the numbers of the cells are lost")
def a_mask(instances, reach=1.0):
    return (by_dilation(instances, reach) > 0).astype(int)


@wrong("each keeps its number")
def numbered_anew(instances, reach=1.0):
    return ndimage.label(by_dilation(instances, reach))[0]


@wrong("it is twice as far")
def twice(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: distance(others) <= 2 * reach)


@wrong("each side is cut by all of it")
def halved(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: distance(others) <= reach / 2)


@wrong("a negative reach reaches nowhere")
def unchecked(instances, reach=1.0):
    return opened(instances, lambda others: distance(others) <= reach)


@wrong("to what is its distance measured?")
def nobody_else(instances, reach=1.0):
    checked(reach)
    result = instances.copy()
    for cell in np.unique(instances[instances > 0]):
        others = (instances > 0) & (instances != cell)
        far = distance(others) if others.any() else np.zeros(instances.shape)
        result[(instances == cell) & (far <= reach)] = 0
    return result


@wrong("floats (float64) where integers are wanted")
def in_floats(instances, reach=1.0):
    return by_dilation(instances, reach).astype(float)
