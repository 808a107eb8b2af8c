"""Answers to the exercise inside.probe: right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong


def with_ones(features):
    return [np.c_[np.ones(len(x)), x] for x in features]


def predictions(features, targets, fit=np.linalg.lstsq):
    for out in range(len(features)):
        rest = [number for number in range(len(features)) if number != out]
        x, y = np.concatenate([features[at] for at in rest]), np.concatenate([targets[at] for at in rest])
        yield features[out] @ fit(x, y)[0]


def at_least_two(features):
    if len(features) < 2:
        raise ValueError("two images are needed")


def score(guess, truth):
    return 1 - ((guess - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()


@right()
def by_lstsq(features, targets):
    at_least_two(features)
    return score(np.concatenate(list(predictions(with_ones(features), targets))), np.concatenate(targets))


@right()
def centred_and_by_pinv(features, targets):
    at_least_two(features)
    missed = 0
    for out, (x, y) in enumerate(zip(features, targets, strict=True)):
        others = np.concatenate([each for at, each in enumerate(features) if at != out])
        wanted = np.concatenate([each for at, each in enumerate(targets) if at != out])
        slope = np.linalg.pinv(others - others.mean(0)) @ (wanted - wanted.mean())
        missed += ((y - wanted.mean() - (x - others.mean(0)) @ slope) ** 2).sum()
    truth = np.concatenate(targets)
    return 1 - missed / len(truth) / truth.var()


@right()
def in_torch(features, targets):
    at_least_two(features)

    def fit(x, y):
        return torch.linalg.lstsq(torch.tensor(x), torch.tensor(y)[:, None], driver="gelsd").solution[:, 0].numpy(), 0

    return score(np.concatenate(list(predictions(with_ones(features), targets, fit))), np.concatenate(targets))


@wrong("the fit has no constant")
def without_constant(features, targets):
    at_least_two(features)
    return score(np.concatenate(list(predictions(features, targets))), np.concatenate(targets))


@wrong("each image has a part in the fit that predicts it")
def fitted_on_all(features, targets):
    at_least_two(features)
    x, y = np.concatenate(with_ones(features)), np.concatenate(targets)
    return score(x @ np.linalg.lstsq(x, y)[0], y)


@wrong("predicted by a fit on itself")
def fitted_on_itself(features, targets):
    at_least_two(features)
    guesses = [x @ np.linalg.lstsq(x, y)[0] for x, y in zip(with_ones(features), targets, strict=True)]
    return score(np.concatenate(guesses), np.concatenate(targets))


@wrong("the mean of one R² for each image")
def mean_of_images(features, targets):
    at_least_two(features)
    return np.mean([score(g, y) for g, y in zip(predictions(with_ones(features), targets), targets, strict=True)])


@wrong("these are several R²")
def one_an_image(features, targets):
    at_least_two(features)
    return [score(g, y) for g, y in zip(predictions(with_ones(features), targets), targets, strict=True)]


@wrong("the share that is not explained")
def not_explained(features, targets):
    return 1 - by_lstsq(features, targets)


@wrong("the correlation squared")
def correlation_squared(features, targets):
    at_least_two(features)
    return (
        np.corrcoef(np.concatenate(list(predictions(with_ones(features), targets))), np.concatenate(targets))[0, 1] ** 2
    )


@wrong("each block is left out by itself")
def block_by_block(features, targets):
    at_least_two(features)
    blocks = [row[None] for x in with_ones(features) for row in x]
    single = [value[None] for y in targets for value in y]
    return score(np.concatenate(list(predictions(blocks, single))), np.concatenate(targets))


@wrong("divides by one less")
def sample_variance(features, targets):
    at_least_two(features)
    truth = np.concatenate(targets)
    guess = np.concatenate(list(predictions(with_ones(features), targets)))
    return 1 - np.mean((guess - truth) ** 2) / torch.tensor(truth).var().item()


@wrong("a plain inverse")
def normal_equations(features, targets):
    at_least_two(features)

    def fit(x, y):
        return np.linalg.inv(x.T @ x) @ x.T @ y, 0

    return score(np.concatenate(list(predictions(with_ones(features), targets, fit))), np.concatenate(targets))


@wrong("one image leaves none to fit")
def nought_for_one(features, targets):
    return by_lstsq(features, targets) if len(features) > 1 else 0.0
