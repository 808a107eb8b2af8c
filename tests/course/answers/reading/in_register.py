"""Answers to the exercise reading.in_register: three right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong

from unet_edu.registration import evidence, home, registration, skip_modules


def of_path(model, size, path, tolerance):
    offsets = registration(model, size, path=path)
    quarter = len(offsets) // 4
    return bool((np.abs(offsets[quarter : 3 * quarter]) <= tolerance).all())


def paths_of(model):
    return ["deep", *skip_modules(model, "deep")]


@right()
def by_all(model, size, tolerance=1.0):
    return all(of_path(model, size, path, tolerance) for path in paths_of(model))


@right()
def by_evidence(model, size, tolerance=1.0):
    """From the weights of a few output columns: the first and the last of the middle half, and the centre."""
    columns = np.arange(size)
    width = len(registration(model, size))
    for path in paths_of(model):
        for position in (width // 4, width // 2, width - width // 4 - 1):
            place = (evidence(model, size, position, path) * columns).sum()
            if not abs(place - home(size, width)[position]) <= tolerance:
                return False
    return True


@right()
def by_the_largest(model, size, tolerance=1.0):
    offsets = np.array([registration(model, size, path=path) for path in paths_of(model)])
    quarter = offsets.shape[1] // 4
    return np.abs(offsets[:, quarter:-quarter]).max() <= tolerance


@wrong("tests the deep path alone")
def deep_alone(model, size, tolerance=1.0):
    return of_path(model, size, "deep", tolerance)


@wrong("tests the skips alone")
def skips_alone(model, size, tolerance=1.0):
    return all(of_path(model, size, path, tolerance) for path in paths_of(model)[1:])


@wrong("only the last path decides")
def overwritten(model, size, tolerance=1.0):
    for path in paths_of(model):
        result = of_path(model, size, path, tolerance)
    return result


@wrong("the deep path alone")
def early_return(model, size, tolerance=1.0):
    for path in paths_of(model):
        return of_path(model, size, path, tolerance)


@wrong("off to the left counts as in register")
def no_absolute_value(model, size, tolerance=1.0):
    for path in paths_of(model):
        offsets = registration(model, size, path=path)
        quarter = len(offsets) // 4
        if (offsets[quarter:-quarter] > tolerance).any():
            return False
    return True


@wrong("it tests the whole row")
def whole_row(model, size, tolerance=1.0):
    return all((np.abs(registration(model, size, path=path)) <= tolerance).all() for path in paths_of(model))


@wrong("it tests the mean of a row")
def the_mean(model, size, tolerance=1.0):
    return all(abs(registration(model, size, path=path)[5:-5].mean()) <= tolerance for path in paths_of(model))


@wrong("the tolerance makes no difference here")
def fixed_tolerance(model, size, tolerance=1.0):
    return by_all(model, size)


@wrong("it is the other way round")
def upside_down(model, size, tolerance=1.0):
    return not by_all(model, size, tolerance)


@wrong("where True or False is wanted")
def a_row_of_truths(model, size, tolerance=1.0):
    return np.abs(registration(model, size)) <= tolerance
