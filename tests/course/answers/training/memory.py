"""Answers to the exercise training.memory: three right ones, and the known wrong ones."""

import math

import numpy as np
from answerkit import right, wrong


def check_shares(momentum, share):
    if not 0 <= momentum < 1:
        raise ValueError("momentum lies in [0, 1)")
    if not 0 < share < 1:
        raise ValueError("share lies in (0, 1)")


@right()
def by_logarithms(momentum, share=0.5):
    check_shares(momentum, share)
    if momentum == 0:
        return 1
    return math.ceil(math.log(1 - share) / math.log(momentum) - 1e-9)


@right()
def by_running_sum(momentum, share=0.5):
    check_shares(momentum, share)
    weights = momentum ** np.arange(10_000)
    return int(np.argmax(weights.cumsum() * (1 - momentum) >= share - 1e-9)) + 1


@right()
def by_adding_up(momentum, share=0.5):
    check_shares(momentum, share)
    carried, weight, count = 0.0, 1 - momentum, 0
    while carried < share - 1e-12:
        carried, weight, count = carried + weight, weight * momentum, count + 1
    return count


@wrong("is there a logarithm of 0?")
def logarithm_of_nothing(momentum, share=0.5):
    check_shares(momentum, share)
    return math.ceil(math.log(1 - share) / math.log(momentum) - 1e-9)


@wrong("the share makes no difference here")
def always_half(momentum, share=0.5):
    check_shares(momentum, share)
    return by_logarithms(momentum)


@wrong("a single gradient weighs as little as the share")
def until_one_is_small(momentum, share=0.5):
    check_shares(momentum, share)
    count = 0
    while momentum**count > share + 1e-12:
        count += 1
    return max(count, 1)


@wrong("do not add up to one")
def not_divided(momentum, share=0.5):
    check_shares(momentum, share)
    carried, count = 0.0, 0
    while carried < share:
        carried, count = carried + momentum**count, count + 1
    return count


@wrong("one gradient too few")
def rounded_down(momentum, share=0.5):
    check_shares(momentum, share)
    return math.floor(math.log(1 - share) / math.log(momentum) + 1e-9) if momentum else 1


@wrong("exactly the share is enough")
def more_than_the_share(momentum, share=0.5):
    check_shares(momentum, share)
    count = 0
    while 1 - momentum**count <= share:
        count += 1
    return count


@wrong("one gradient too many")
def one_more(momentum, share=0.5):
    return by_logarithms(momentum, share) + 1


@wrong("so many gradients there are not")
def not_rounded(momentum, share=0.5):
    check_shares(momentum, share)
    return math.log(1 - share) / math.log(momentum) if momentum else 1


@wrong("that is what all gradients weigh")
def all_of_them(momentum, share=0.5):
    check_shares(momentum, share)
    return round(1 / (1 - momentum))


@wrong("as if they weighed as much as the newest")
def share_of_all_of_them(momentum, share=0.5):
    check_shares(momentum, share)
    return math.ceil(share / (1 - momentum) - 1e-9)


@wrong("no gradient is ever forgotten")
def nothing_refused(momentum, share=0.5):
    if momentum >= 1 or not 0 < share < 1:
        return 0
    return by_logarithms(abs(momentum), share)


@wrong("infinitely many carry")
def any_share(momentum, share=0.5):
    if not 0 <= momentum < 1:
        raise ValueError("momentum lies in [0, 1)")
    return by_logarithms(momentum, share) if 0 < share < 1 else 0


@wrong("the right number, but a float")
def as_a_float(momentum, share=0.5):
    return float(by_logarithms(momentum, share))
