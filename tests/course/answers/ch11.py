"""Answers to the exercises of the chapter on the ablation: two right ones each, and the known wrong ones."""

import statistics

import numpy as np
import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional

# ---------------------------------------------------------------------------------------------------- ablate.verdict


def said(change, limit):
    return "none" if abs(change) <= limit else "higher" if change > 0 else "lower"


def spread(these, others):
    free = len(these) + len(others) - 2
    return np.sqrt(((len(these) - 1) * np.var(these, ddof=1) + (len(others) - 1) * np.var(others, ddof=1)) / free)


def enough(these, others):
    return len(these) > 1 and len(others) > 1


@right("ablate.verdict")
def with_numpy(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 2 * spread(these, others))


@right("ablate.verdict")
def with_residuals(these, others):
    if len(these) < 2 or len(others) < 2:
        return "too few"
    means = [sum(each) / len(each) for each in (these, others)]
    squares = sum((score - mean) ** 2 for each, mean in zip((these, others), means, strict=True) for score in each)
    change = means[0] - means[1]
    if change**2 * (len(these) + len(others) - 2) > 4 * squares:
        return "higher" if change > 0 else "lower"
    return "none"


@right("ablate.verdict", limit=3)
def with_three(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 3 * spread(these, others))


@wrong("ablate.verdict", "two standard deviations", limit=3)
def last_years(these, others):
    return with_numpy(these, others)


@wrong("ablate.verdict", "higher and lower are mixed up")
def mixed_up(these, others):
    return {"higher": "lower", "lower": "higher"}.get(with_numpy(these, others), with_numpy(these, others))


@wrong("ablate.verdict", "a change downwards is a change, too")
def upwards_alone(these, others):
    found = with_numpy(these, others)
    return "none" if found == "lower" else found


@wrong("ablate.verdict", "it is n − 1")
def with_n(these, others):
    if not enough(these, others):
        return "too few"
    squares = np.var(these) * len(these) + np.var(others) * len(others)
    return said(np.mean(these) - np.mean(others), 2 * np.sqrt(squares / (len(these) + len(others))))


@wrong("ablate.verdict", "the error of the means")
def with_the_error(these, others):
    if not enough(these, others):
        return "too few"
    error = spread(these, others) * np.sqrt(1 / len(these) + 1 / len(others))
    return said(np.mean(these) - np.mean(others), 2 * error)


@wrong("ablate.verdict", "the two deviations are added")
def added(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 2 * (np.std(these, ddof=1) + np.std(others, ddof=1)))


@wrong("ablate.verdict", "put into one list")
def of_one_list(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 2 * np.std([*these, *others], ddof=1))


@wrong("ablate.verdict", "the plain mean of the two variances")
def plain_mean_of_variances(these, others):
    if not enough(these, others):
        return "too few"
    mean = (statistics.variance(these) + statistics.variance(others)) / 2
    return said(np.mean(these) - np.mean(others), 2 * np.sqrt(mean))


@wrong("ablate.verdict", "any change is called one")
def any_change(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 0)


@wrong("ablate.verdict", "not even that there is no difference")
def none_of_few(these, others):
    return with_numpy(these, others) if enough(these, others) else "none"


# ----------------------------------------------------------------------------------------------------- ablate.paired


@right("ablate.paired")
def with_statistics(these, others):
    differences = [one - other for one, other in zip(these, others, strict=True)]
    return statistics.mean(differences), statistics.stdev(differences)


@right("ablate.paired")
def by_hand(these, others):
    differences = np.array(these) - np.array(others)
    mean = differences.sum() / len(differences)
    return mean, np.sqrt(((differences - mean) ** 2).sum() / (len(differences) - 1))


@wrong("ablate.paired", "the sign of the mean is wrong")
def the_other_way(these, others):
    return with_statistics(others, these)


@wrong("ablate.paired", "n − 1, not n")
def numpy_s_own(these, others):
    differences = np.subtract(these, others)
    return differences.mean(), differences.std()


@wrong("ablate.paired", "this is the variance")
def variance(these, others):
    mean, deviation = with_statistics(these, others)
    return mean, deviation**2


@wrong("ablate.paired", "this is the error of the mean")
def standard_error(these, others):
    mean, deviation = with_statistics(these, others)
    return mean, deviation / len(these) ** 0.5


@wrong("ablate.paired", "this is the pooled deviation")
def not_paired(these, others):
    return np.mean(these) - np.mean(others), spread(these, others)


@wrong("ablate.paired", "have lost their sign")
def distances(these, others):
    differences = np.abs(np.subtract(these, others))
    return differences.mean(), differences.std(ddof=1)


# --------------------------------------------------------------------------------------------------- ablate.luckiest


@right("ablate.luckiest")
def trial_by_trial(rows, seeds, rng, trials=2000):
    leads = []
    for _ in range(trials):
        baseline = rng.standard_normal(seeds).mean()
        leads.append(max(rng.standard_normal((rows, seeds)).mean(1)) - baseline)
    return sum(leads) / trials


@right("ablate.luckiest")
def means_at_once(rows, seeds, rng, trials=2000):
    means = rng.normal(scale=seeds**-0.5, size=(trials, rows + 1))
    return np.mean(means[:, :-1].max(axis=1) - means[:, -1])


@wrong("ablate.luckiest", "the lead of single runs")
def single_runs(rows, seeds, rng, trials=2000):
    return means_at_once(rows, 1, rng, trials)


@wrong("ablate.luckiest", "the root of n, not by n")
def by_n(rows, seeds, rng, trials=2000):
    return means_at_once(rows, 1, rng, trials) / seeds


@wrong("ablate.luckiest", "the best of all runs")
def best_run(rows, seeds, rng, trials=2000):
    runs = rng.normal(size=(trials, rows + 1, seeds))
    return float((runs[:, 1:].max((1, 2)) - runs[:, 0].mean(1)).mean())


@wrong("ablate.luckiest", "one row too many")
def one_more(rows, seeds, rng, trials=2000):
    return means_at_once(rows + 1, seeds, rng, trials)


@wrong("ablate.luckiest", "the unluckiest row")
def unluckiest(rows, seeds, rng, trials=2000):
    return -means_at_once(rows, seeds, rng, trials)


@wrong("ablate.luckiest", "a row like any other")
def mean_row(rows, seeds, rng, trials=2000):
    means = rng.normal(size=(trials, rows + 1, seeds)).mean(2)
    return float((means[:, 1:].mean(1) - means[:, 0]).mean())


@wrong("ablate.luckiest", "does all chance come from rng?")
def own_chance(rows, seeds, rng, trials=2000):
    return means_at_once(rows, seeds, np.random.default_rng(), trials)


# ---------------------------------------------------------------------------------------------------- ablate.silence


def known(level):
    if level not in ("on", "off"):
        raise ValueError("on or off")
    return level


def centre(skip, up):
    rows, columns = ((a - b) // 2 for a, b in zip(skip.shape[-2:], up.shape[-2:], strict=True))
    return functional.pad(skip, (-columns, -columns, -rows, -rows))


class Base(nn.Module):
    """Knows its level."""

    def __init__(self, level):
        super().__init__()
        self.level = known(level)


@right("ablate.silence")
class ByPadding(Base):
    def forward(self, skip, up):
        cut = centre(skip, up)
        return cut if self.level == "on" else torch.zeros(cut.shape)


@right("ablate.silence")
class ByFactor(nn.Module):
    def __init__(self, level):
        super().__init__()
        self.factor = {"on": 1.0, "off": 0.0}.get(level)
        if self.factor is None:
            raise ValueError(level)

    def forward(self, skip, up):
        (h, w), (height, width) = up.shape[-2:], skip.shape[-2:]
        skip = skip.narrow(-2, (height - h) // 2, h).narrow(-1, (width - w) // 2, w)
        return self.factor * skip


@wrong("ablate.silence", "are the two levels the wrong way round?")
class WrongWay(Base):
    def forward(self, skip, up):
        return centre(skip, up) if self.level == "off" else torch.zeros_like(up)


@wrong("ablate.silence", "the zeros are as large as the skip map")
class ZerosOfTheSkip(Base):
    def forward(self, skip, up):
        return centre(skip, up) if self.level == "on" else torch.zeros_like(skip)


@wrong("ablate.silence", "it must be cut to the size")
class Uncut(Base):
    def forward(self, skip, up):
        return skip if self.level == "on" else torch.zeros_like(up)


@wrong("ablate.silence", "from the top left corner")
class Corner(Base):
    def forward(self, skip, up):
        return skip[..., : up.shape[-2], : up.shape[-1]] if self.level == "on" else torch.zeros_like(up)


@wrong("ablate.silence", "wanted is what stands in for the skip map")
class TheOther(Base):
    def forward(self, skip, up):
        return up if self.level == "on" else torch.zeros_like(up)


@wrong("ablate.silence", "a slice that ends at -0 is empty")
class MinusZero(Base):
    def forward(self, skip, up):
        rows, columns = ((a - b) // 2 for a, b in zip(skip.shape[-2:], up.shape[-2:], strict=True))
        return skip[..., rows:-rows, columns:-columns] if self.level == "on" else torch.zeros_like(up)


@wrong("ablate.silence", "as if it were one")
class AnyLevel(nn.Module):
    def __init__(self, level):
        super().__init__()
        self.level = level

    def forward(self, skip, up):
        return torch.zeros_like(up) if self.level == "off" else centre(skip, up)


@wrong("ablate.silence", "it is no nn.Module")
class NoModule:
    def __init__(self, level):
        self.level = known(level)

    def __call__(self, skip, up):
        return torch.zeros_like(up) if self.level == "off" else centre(skip, up)
