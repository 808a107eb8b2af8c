"""Answers to the exercise inside.loudest: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def answered(kernel, patch):
    return patch, float((patch * kernel).sum())


@right()
def by_signs(kernel, low=0.0, high=1.0):
    kernel = np.asarray(kernel)
    patch = (low + high) / 2 + np.sign(kernel) * (high - low) / 2
    return [patch, np.vdot(patch, kernel)]


@right()
def pixel_by_pixel(kernel, low=0.0, high=1.0):
    patch, answer = np.empty(kernel.shape), 0
    for place, weight in np.ndenumerate(kernel):
        patch[place] = high if weight > 0 else low if weight < 0 else 0.5 * (low + high)
        answer += weight * patch[place]
    return patch, answer


@wrong("not in the middle of the range")
def zeros_low(kernel, low=0.0, high=1.0):
    return answered(kernel, np.where(kernel > 0, high, low))


@wrong("not in the middle of the range")
def zeros_stay(kernel, low=0.0, high=1.0):
    return answered(kernel, np.where(kernel > 0, high, np.where(kernel < 0, low, 0.0)))


@wrong("not in the middle of the range")
def half_the_width(kernel, low=0.0, high=1.0):
    return answered(kernel, np.select([kernel > 0, kernel < 0], [high, low], (high - low) / 2))


@wrong("low and high make no difference here")
def always_from_0_to_1(kernel, low=0.0, high=1.0):
    return by_signs(kernel)


@wrong("this is the patch alone")
def patch_alone(kernel, low=0.0, high=1.0):
    return by_signs(kernel, low, high)[0]


@wrong("this is the answer alone")
def answer_alone(kernel, low=0.0, high=1.0):
    return by_signs(kernel, low, high)[1]


@wrong("in the wrong order")
def answer_first(kernel, low=0.0, high=1.0):
    return tuple(reversed(by_signs(kernel, low, high)))


@wrong("answers lowest")
def quietest(kernel, low=0.0, high=1.0):
    return answered(kernel, by_signs(-kernel, low, high)[0])


@wrong("this is the filter itself")
def copy_of_the_filter(kernel, low=0.0, high=1.0):
    return answered(kernel, kernel / np.linalg.norm(kernel) if kernel.any() else kernel.astype(float))


@wrong("this is the filter itself")
def stretched(kernel, low=0.0, high=1.0):
    spread = np.ptp(kernel) or 1
    return answered(kernel, low + (high - low) * (kernel - kernel.min()) / spread)


@wrong("what does a weight below zero do")
def all_bright(kernel, low=0.0, high=1.0):
    return answered(kernel, np.full(kernel.shape, float(high)))


@wrong("made as integers")
def of_its_type(kernel, low=0.0, high=1.0):
    patch = np.empty_like(kernel)
    patch[...] = by_signs(kernel, low, high)[0]
    return answered(kernel, patch)


@wrong("not have the shape of the filter")
def in_a_row(kernel, low=0.0, high=1.0):
    patch, answer = by_signs(kernel, low, high)
    return patch.ravel(), answer


@wrong("not a mean")
def mean_answer(kernel, low=0.0, high=1.0):
    patch, _ = by_signs(kernel, low, high)
    return patch, float((patch * kernel).mean())


@wrong("weights below zero count as positive")
def absolute_answer(kernel, low=0.0, high=1.0):
    patch, _ = by_signs(kernel, low, high)
    return patch, float((patch * abs(kernel)).sum())
