"""Answers to the exercise window.balanced: three right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong


def halves(label, count):
    if count % 2:
        raise ValueError("an odd number")
    half = count // 2
    if min(np.sum(label == 0), np.sum(label == 1)) < half:
        raise ValueError("too few pixels")
    return half


@right()
def by_flat_indices(label, count, rng):
    half = halves(label, count)
    flat = [rng.permutation(np.flatnonzero(label == kind))[:half] for kind in (1, 0)]
    return np.stack(np.unravel_index(rng.permutation(np.concatenate(flat)), label.shape), axis=1)


@right()
def by_waiting(label, count, rng):
    half = halves(label, count)
    found = {0: set(), 1: set()}
    while min(map(len, found.values())) < half:
        row, column = (int(rng.integers(side)) for side in label.shape)
        kind = found[int(label[row, column])]
        if len(kind) < half:
            kind.add((row, column))
    return [list(place) for kind in found.values() for place in kind]


@right()
def as_a_tensor(label, count, rng):
    half = halves(label, count)
    order = rng.random(label.shape)
    ranks = [np.argsort(np.where(label == kind, order, 2), axis=None)[:half] for kind in (0, 1)]
    return torch.tensor([divmod(int(place), label.shape[1]) for place in np.concatenate(ranks)])


@wrong("this is a case for a ValueError")
def rounding_down(label, count, rng):
    return by_flat_indices(label, count - count % 2, rng)


@wrong("too few pixels: this is a case for a ValueError")
def what_there_is(label, count, rng):
    if count % 2:
        raise ValueError("odd")
    return np.concatenate([rng.permutation(np.argwhere(label == kind))[: count // 2] for kind in (0, 1)])


@wrong("a pixel comes twice: all must be different")
def with_replacement(label, count, rng):
    half = halves(label, count)
    places = [np.argwhere(label == kind) for kind in (0, 1)]
    return np.concatenate([each[rng.choice(len(each), half)] for each in places])


@wrong("not half of them")
def as_they_come(label, count, rng):
    halves(label, count)
    return rng.permutation(np.argwhere(label >= 0))[:count]


@wrong("is one of the classes lost?")
def membrane_alone(label, count, rng):
    half = halves(label, count)
    return rng.permutation(np.argwhere(label == 0))[:half]


@wrong("places of each class; half of")
def not_halved(label, count, rng):
    halves(label, count)
    places = [np.argwhere(label == kind) for kind in (0, 1)]
    return np.concatenate([each[rng.choice(len(each), count, replace=False)] for each in places])


@wrong("rows and columns are mixed up")
def column_first(label, count, rng):
    return by_flat_indices(label, count, rng)[:, ::-1]


@wrong("a row of the array is wanted for each place")
def two_rows(label, count, rng):
    return by_flat_indices(label, count, rng).T


@wrong("counted through the map")
def flat(label, count, rng):
    return by_flat_indices(label, count, rng) @ [label.shape[1], 1]


@wrong("do all random numbers come from rng?")
def global_chance(label, count, rng):
    halves(label, count)
    return by_flat_indices(label, count, np.random.default_rng())


@wrong("does it use rng?")
def own_generator(label, count, rng):
    return by_flat_indices(label, count, np.random.default_rng(0))


@wrong("does it use rng?")
def the_first_ones(label, count, rng):
    half = halves(label, count)
    return np.concatenate([np.argwhere(label == kind)[:half] for kind in (0, 1)])


@wrong("some pixels are never drawn")
def top_of_the_map(label, count, rng):
    half = halves(label, count)
    places = [np.argwhere(label == kind) for kind in (0, 1)]
    return np.concatenate([rng.permutation(each[: max(half, len(each) - 4)])[:half] for each in places])


@wrong("far more often than others")
def anchored(label, count, rng):
    half = halves(label, count)
    places = [np.argwhere(label == kind) for kind in (0, 1)]
    return np.concatenate([[each[0], *rng.permutation(each[1:])[: half - 1]] for each in places])


@wrong("is the test too strict?")
def too_strict(label, count, rng):
    if min(np.sum(label == 0), np.sum(label == 1)) <= count // 2:
        raise ValueError("too few")
    return by_flat_indices(label, count, rng)


@wrong("rows and columns are whole numbers")
def floats(label, count, rng):
    return by_flat_indices(label, count, rng).astype(float)
