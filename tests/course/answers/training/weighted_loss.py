"""Answers to the exercise training.weighted_loss: three right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch.nn.functional import cross_entropy, log_softmax, one_hot


def check_weights(weights):
    if (weights < 0).any():
        raise ValueError("a weight below 0")
    if not weights.any():
        raise ValueError("nothing counts")


def minus_log_share(logits, labels):
    above = logits - logits.amax(1, keepdim=True)
    logs = above - above.exp().sum(1, keepdim=True).log()
    return -logs.gather(1, labels.unsqueeze(1)).squeeze(1)


@right()
def by_the_largest_logit(logits, labels, weights):
    check_weights(weights)
    return (minus_log_share(logits, labels) * weights).sum() / weights.sum()


@right()
def by_one_hot(logits, labels, weights):
    check_weights(weights)
    truth = one_hot(labels, logits.shape[1]).movedim(-1, 1)
    losses = logits.logsumexp(1) - (truth * logits).sum(1)
    return torch.sum(losses * (weights / weights.sum()))


@right()
def pixel_after_pixel(logits, labels, weights):
    if min(weights.flatten()) < 0 or sum(weights.flatten()) == 0:
        raise ValueError("weights")
    total = 0
    for pixel, label, weight in zip(
        logits.movedim(1, -1).reshape(-1, logits.shape[1]), labels.flatten(), weights.flatten(), strict=True
    ):
        others = pixel - pixel[label]
        total = total + weight * torch.logsumexp(others, 0)
    return total / weights.sum()


@wrong("divided by the number of pixels")
def mean_over_pixels(logits, labels, weights):
    check_weights(weights)
    return (minus_log_share(logits, labels) * weights).mean()


@wrong("it is the sum over all pixels")
def as_in_the_paper(logits, labels, weights):
    check_weights(weights)
    return (minus_log_share(logits, labels) * weights).sum()


@wrong("the weights make no difference here")
def without_weights(logits, labels, weights):
    check_weights(weights)
    return minus_log_share(logits, labels).mean()


@wrong("each image is divided by its own weights")
def image_by_image(logits, labels, weights):
    check_weights(weights)
    return ((minus_log_share(logits, labels) * weights).sum((1, 2)) / weights.sum((1, 2))).mean()


@wrong("at logits of ±1000 it is NaN")
def exponentials(logits, labels, weights):
    check_weights(weights)
    shares = logits.exp() / logits.exp().sum(1, keepdim=True)
    return -(weights * shares.gather(1, labels[:, None])[:, 0].log()).sum() / weights.sum()


@wrong("a share that is rounded to 0 has no logarithm")
def logarithm_of_softmax(logits, labels, weights):
    check_weights(weights)
    losses = -logits.softmax(1).gather(1, labels[:, None])[:, 0].log()
    return (weights * losses).sum() / weights.sum()


@wrong("it is cut off")
def a_small_number_added(logits, labels, weights):
    check_weights(weights)
    losses = -(logits.softmax(1).gather(1, labels[:, None])[:, 0] + 1e-12).log()
    return (weights * losses).sum() / weights.sum()


@wrong("the shares are made along another axis")
def along_the_rows(logits, labels, weights):
    check_weights(weights)
    logs = logits - logits.logsumexp(2, keepdim=True)
    return -(weights * logs.gather(1, labels[:, None])[:, 0]).sum() / weights.sum()


@wrong("the logarithm is missing")
def share_of_the_truth(logits, labels, weights):
    check_weights(weights)
    return -(weights * logits.softmax(1).gather(1, labels[:, None])[:, 0]).sum() / weights.sum()


@wrong("there are two softmaxes")
def softmax_twice(logits, labels, weights):
    return by_the_largest_logit(logits.softmax(1), labels, weights)


@wrong("is there a softmax?")
def logits_alone(logits, labels, weights):
    check_weights(weights)
    return -(weights * logits.gather(1, labels[:, None])[:, 0]).sum() / weights.sum()


@wrong("it adds up the losses of all classes")
def all_classes(logits, labels, weights):
    check_weights(weights)
    return (weights[:, None] * (logits.logsumexp(1, keepdim=True) - logits)).sum() / weights.sum()


@wrong("the two classes are swapped")
def other_class(logits, labels, weights):
    return by_the_largest_logit(logits, (logits.shape[1] - 1) - labels, weights)


@wrong("it has the wrong sign")
def plus(logits, labels, weights):
    return -by_the_largest_logit(logits, labels, weights)


@wrong("PyTorch's own function found it")
def with_log_softmax(logits, labels, weights):
    check_weights(weights)
    return -(weights * log_softmax(logits, 1).gather(1, labels[:, None])[:, 0]).sum() / weights.sum()


@wrong("PyTorch's own function found it")
def with_cross_entropy(logits, labels, weights):
    check_weights(weights)
    return (weights * cross_entropy(logits, labels, reduction="none")).sum() / weights.sum()


@wrong("no gradient comes through")
def a_number(logits, labels, weights):
    return by_the_largest_logit(logits, labels, weights).item()


@wrong("is a part of it detached?")
def partly_detached(logits, labels, weights):
    check_weights(weights)
    losses = logits.logsumexp(1).detach() - logits.gather(1, labels[:, None])[:, 0]
    return (weights * losses).sum() / weights.sum()


@wrong("a weight below 0 pays for mistakes")
def any_weights(logits, labels, weights):
    return (minus_log_share(logits, labels) * weights).sum() / weights.sum()


@wrong("with weights of 0 alone nothing counts")
def nothing_weighs_nothing(logits, labels, weights):
    if (weights < 0).any():
        raise ValueError("a weight below 0")
    return (minus_log_share(logits, labels) * weights).sum() / weights.sum().clamp_min(1e-6)
