"""Answers to the exercise training.softmax: three right ones, and the known wrong ones."""

import copy

import numpy as np
import torch
from answerkit import right, wrong


def are_shares(said):
    return bool((said >= 0).all()) and bool(((said.sum(dim=1) - 1).abs() < 1e-4).all())


def ask(network, tiles):
    training = network.training
    network.eval()
    with torch.no_grad():
        said = network(tiles)
    network.train(training)
    return said


@right()
def asked_quietly(network, tiles):
    return are_shares(ask(network, tiles))


@right()
def a_copy_is_asked(network, tiles):
    said = copy.deepcopy(network).eval()(tiles).detach().numpy()
    return said.min() >= 0 and np.allclose(said.sum(axis=1), 1, rtol=0, atol=1e-4)


@right()
def with_a_tensor(network, tiles):
    said = ask(network, tiles)
    return torch.all(said >= 0) & torch.isclose(said.sum(1), torch.tensor(1.0), atol=1e-4, rtol=0).all()


@wrong("in the mode that the network is in")
def in_any_mode(network, tiles):
    with torch.no_grad():
        return are_shares(network(tiles))


@wrong("if some are negative")
def sums_alone(network, tiles):
    return bool((ask(network, tiles).sum(1) - 1).abs().max() < 1e-4)


@wrong("not negative are no shares")
def signs_alone(network, tiles):
    return bool(ask(network, tiles).min() >= 0)


@wrong("numbers between 0 and 1 are no shares")
def range_alone(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and said.max() <= 1)


@wrong("floats add up to it but for rounding")
def exactly_one(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and (said.sum(1) == 1).all())


@wrong("the classes are axis 1")
def along_the_height(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and (said.sum(2) - 1).abs().max() < 1e-4)


@wrong("the mean of the sums")
def mean_of_sums(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and abs(said.sum(1).mean() - 1) < 1e-4)


@wrong("is an absolute value missing?")
def without_abs(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and (said.sum(1) - 1).max() < 1e-4)


@wrong("not 1 to within 1e-4")
def generous(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and (said.sum(1) - 1).abs().max() < 0.01)


@wrong("it leaves the network in eval mode")
def left_in_eval(network, tiles):
    with torch.no_grad():
        return are_shares(network.eval()(tiles))


@wrong("it leaves the network in training mode")
def left_in_training(network, tiles):
    with torch.no_grad():
        said = network.eval()(tiles)
    network.train()
    return are_shares(said)


@wrong("has lost its gradients")
def gradients_thrown_away(network, tiles):
    network.zero_grad()
    return are_shares(ask(network, tiles))


@wrong("no gradients are computed any more")
def gradients_switched_off(network, tiles):
    torch.set_grad_enabled(False)
    return are_shares(ask(network, tiles))


@wrong("no gradients are computed any more")
def frozen(network, tiles):
    return are_shares(ask(network.requires_grad_(False), tiles))


@wrong("where True or False is wanted")
def each_pixel(network, tiles):
    return (ask(network, tiles).sum(1) - 1).abs() < 1e-4
