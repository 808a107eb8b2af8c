"""Answers to the exercise training.curve: two right ones, and the known wrong ones."""

import math

import numpy as np
import torch
from answerkit import right, wrong


def reading(losses, unseen, baseline, tail=10, stuck=95, rise=10):
    if not losses:
        raise ValueError("nothing to read")
    last = losses[len(losses) - max(1, len(losses) * tail // 100) :]
    late = sum(last) / len(last)
    if any(math.isnan(loss) or math.isinf(loss) for loss in losses) or late > 2 * baseline:
        return "diverged"
    if late > stuck * baseline / 100:
        return "stuck"
    return "overfit" if unseen and unseen[-1] > min(unseen) * (100 + rise) / 100 else "learning"


@right()
def in_order(losses, unseen, baseline):
    return reading(losses, unseen, baseline)


@right()
def by_a_table(losses, unseen, baseline):
    losses, unseen = torch.tensor(losses, dtype=torch.float64), torch.tensor(unseen, dtype=torch.float64)
    if losses.numel() == 0:
        raise ValueError
    late = losses.flip(0)[: max(len(losses) // 10, 1)].mean()
    found = {
        "diverged": not losses.isfinite().all() or late / baseline > 2,
        "stuck": late / baseline > 0.95,
        "overfit": unseen.numel() > 0 and unseen[-1] / unseen.min() > 1.1,
        "learning": True,
    }
    return next(name for name, true in found.items() if true)


@right(tail=25, stuck=80, rise=30)
def other_thresholds(losses, unseen, baseline):
    return reading(losses, unseen, baseline, 25, 80, 30)


@wrong("the thresholds of the book", tail=25, stuck=80, rise=30)
def as_in_the_book(losses, unseen, baseline):
    return reading(losses, unseen, baseline)


@wrong("the part of the losses that is late is that of the book", tail=40, stuck=80, rise=30)
def late_as_in_the_book(losses, unseen, baseline):
    return reading(losses, unseen, baseline, 10, 80, 30)


def read(
    losses,
    unseen,
    baseline,
    late=None,
    asked=None,
    is_finite=math.isfinite,
    twice=2,
    stuck=0.95,
    rise=1.1,
    first="stuck",
):
    if len(losses) == 0:
        raise ValueError("no losses")
    late = np.mean(losses[-max(1, len(losses) // 10) :]) if late is None else late
    if not all(is_finite(loss) for loss in (losses if asked is None else asked)) or late > twice * baseline:
        return "diverged"
    is_overfit = len(unseen) > 0 and unseen[-1] > rise * min(unseen)
    if first == "overfit" and is_overfit:
        return "overfit"
    if late > stuck * baseline:
        return "stuck"
    return "overfit" if is_overfit else "learning"


@wrong("late is the mean of all losses")
def mean_of_all(losses, unseen, baseline):
    return read(losses, unseen, baseline, np.mean(losses) if losses else None)


@wrong("the last loss alone")
def last_one(losses, unseen, baseline):
    return read(losses, unseen, baseline, losses[-1] if losses else None)


@wrong("the mean of the first losses")
def first_ones(losses, unseen, baseline):
    return read(losses, unseen, baseline, np.mean(losses[: max(1, len(losses) // 10)]) if losses else None)


@wrong("the mean of fewer losses")
def a_twentieth(losses, unseen, baseline):
    return read(losses, unseen, baseline, np.mean(losses[-max(1, len(losses) // 20) :]) if losses else None)


@wrong("a slice from -0 takes everything")
def from_minus_nought(losses, unseen, baseline):
    return read(losses, unseen, baseline, np.mean(losses[-(len(losses) // 10) :]) if losses else None)


@wrong("no comparison with NaN is true")
def not_asked(losses, unseen, baseline):
    return read(losses, unseen, baseline, asked=())


@wrong("test all losses")
def last_ones_asked(losses, unseen, baseline):
    return read(losses, unseen, baseline, asked=losses[-max(1, len(losses) // 10) :])


@wrong("and not for NaN alone")
def nan_alone(losses, unseen, baseline):
    return read(losses, unseen, baseline, is_finite=lambda loss: not math.isnan(loss))


@wrong("the unseen loss is tested too early")
def overfit_first(losses, unseen, baseline):
    return read(losses, unseen, baseline, first="overfit")


@wrong("the mark is twice as high")
def above_is_diverged(losses, unseen, baseline):
    return read(losses, unseen, baseline, twice=1)


@wrong("gets the same word as one that stands at it")
def never_far(losses, unseen, baseline):
    return read(losses, unseen, baseline, twice=math.inf)


@wrong("has not passed it yet")
def at_the_baseline(losses, unseen, baseline):
    return read(losses, unseen, baseline, stuck=1)


@wrong("any rise of the unseen loss")
def any_rise(losses, unseen, baseline):
    return read(losses, unseen, baseline, rise=1)


@wrong("compared with its first value")
def against_the_first(losses, unseen, baseline):
    return read(losses, unseen and [unseen[0], unseen[-1]], baseline)


@wrong("the highest unseen loss counts here")
def highest_counts(losses, unseen, baseline):
    return read(losses, unseen and [min(unseen), max(unseen)], baseline)


@wrong("compared with the training's")
def against_the_training(losses, unseen, baseline):
    if not losses:
        raise ValueError("no losses")
    late = np.mean(losses[-max(1, len(losses) // 10) :])
    return read(losses, unseen and [float(late), max(unseen[-1], late)], baseline)


@wrong("the unseen losses make no difference")
def unseen_unseen(losses, unseen, baseline):
    return read(losses, [], baseline)


@wrong("the run cannot be overfit")
def never_empty(losses, unseen, baseline):
    if not losses:
        raise ValueError("no losses")
    lowest = min(unseen)
    return read(losses, unseen, baseline) if lowest > 0 else "learning"


@wrong("without losses there is nothing to read")
def empty_is_young(losses, unseen, baseline):
    return read(losses, unseen, baseline) if losses else "learning"


@wrong("small letters")
def capitals(losses, unseen, baseline):
    return read(losses, unseen, baseline).capitalize()


@wrong("none of the four words")
def own_words(losses, unseen, baseline):
    return {"overfit": "overfitting"}.get(read(losses, unseen, baseline), "fine")
