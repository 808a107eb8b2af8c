"""Answers to the exercise ablate.luckiest: two right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


@right()
def trial_by_trial(rows, seeds, rng, trials=2000):
    leads = []
    for _ in range(trials):
        baseline = rng.standard_normal(seeds).mean()
        leads.append(max(rng.standard_normal((rows, seeds)).mean(1)) - baseline)
    return sum(leads) / trials


@right()
def means_at_once(rows, seeds, rng, trials=2000):
    means = rng.normal(scale=seeds**-0.5, size=(trials, rows + 1))
    return np.mean(means[:, :-1].max(axis=1) - means[:, -1])


@wrong("the lead of single runs")
def single_runs(rows, seeds, rng, trials=2000):
    return means_at_once(rows, 1, rng, trials)


@wrong("the root of n, not by n")
def by_n(rows, seeds, rng, trials=2000):
    return means_at_once(rows, 1, rng, trials) / seeds


@wrong("the best of all runs")
def best_run(rows, seeds, rng, trials=2000):
    runs = rng.normal(size=(trials, rows + 1, seeds))
    return float((runs[:, 1:].max((1, 2)) - runs[:, 0].mean(1)).mean())


@wrong("one row too many")
def one_more(rows, seeds, rng, trials=2000):
    return means_at_once(rows + 1, seeds, rng, trials)


@wrong("the unluckiest row")
def unluckiest(rows, seeds, rng, trials=2000):
    return -means_at_once(rows, seeds, rng, trials)


@wrong("a row like any other")
def mean_row(rows, seeds, rng, trials=2000):
    means = rng.normal(size=(trials, rows + 1, seeds)).mean(2)
    return float((means[:, 1:].mean(1) - means[:, 0]).mean())


@wrong("does all chance come from rng?")
def own_chance(rows, seeds, rng, trials=2000):
    return means_at_once(rows, seeds, np.random.default_rng(), trials)
