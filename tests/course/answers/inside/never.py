"""Answers to the exercise inside.never: right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong


@right()
def by_the_worst_input(weight, bias, highest):
    worst = np.where(weight > 0, np.reshape(highest, (-1, 1, 1)), 0)
    return (worst * weight).sum() + bias <= 0


@right()
def by_tensors(weight, bias, highest):
    weight, highest = torch.as_tensor(weight), torch.as_tensor(highest)
    return (torch.einsum("chw,c->", weight.relu(), highest) + bias).item() <= 0


@wrong("it tries all inputs at their highest")
def all_at_their_highest(weight, bias, highest):
    return bool((weight * highest[:, None, None]).sum() + bias <= 0)


@wrong("weights of one channel are added up first")
def channel_by_channel(weight, bias, highest):
    return bool((weight.sum((1, 2)).clip(min=0) * highest).sum() + bias <= 0)


@wrong("the bias makes no difference")
def without_bias(weight, bias, highest):
    return bool((weight.clip(min=0) * highest[:, None, None]).sum() <= 0)


@wrong("a sum of exactly zero does not fire")
def below_zero(weight, bias, highest):
    return bool((weight.clip(min=0) * highest[:, None, None]).sum() + bias < 0)


@wrong("the highest values make no difference")
def inputs_up_to_one(weight, bias, highest):
    return bool(weight.clip(min=0).sum() + bias <= 0)


@wrong("a highest value of its own")
def one_highest(weight, bias, highest):
    return bool(weight.clip(min=0).sum() * highest.max() + bias <= 0)


@wrong("a weight below zero brings nothing")
def strength(weight, bias, highest):
    return bool((abs(weight).sum((1, 2)) * highest).sum() + bias <= 0)


@wrong("it tests the bias alone")
def bias_alone(weight, bias, highest):
    return bias <= 0


@wrong("the other way round")
def may_fire(weight, bias, highest):
    return not by_the_worst_input(weight, bias, highest)


@wrong("samples need not hold the input")
def by_samples(weight, bias, highest):
    inputs = np.random.default_rng(5).uniform(size=(500, *weight.shape)) * highest[:, None, None]
    return bool((np.tensordot(inputs, weight, 3) + bias <= 0).all())


@wrong("True or False is wanted")
def the_bound(weight, bias, highest):
    return float((weight.clip(min=0) * highest[:, None, None]).sum() + bias)
