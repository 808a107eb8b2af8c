"""Answers to the exercise training.accumulate: two right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch.nn.functional import cross_entropy


def pixel_losses(network, tile, label):
    return cross_entropy(network(tile.unsqueeze(0)), label.unsqueeze(0), reduction="none").squeeze(0)


@right()
def tile_after_tile(network, tiles, labels, weights):
    network.zero_grad()
    shares = weights / weights.sum()
    return sum(part_of(network, *each) for each in zip(tiles, labels, shares, strict=True))


def part_of(network, tile, label, share):
    loss = (pixel_losses(network, tile, label) * share).sum()
    loss.backward()
    return loss.item()


@right()
def divided_at_the_end(network, tiles, labels, weights):
    parameters = list(network.parameters())
    sums, loss = [torch.zeros_like(parameter) for parameter in parameters], 0.0
    for number in range(len(tiles)):
        part = (weights[number] * pixel_losses(network, tiles[number], labels[number])).sum()
        for total, gradient in zip(sums, torch.autograd.grad(part, parameters), strict=True):
            total += gradient
        loss += part.item()
    for parameter, total in zip(parameters, sums, strict=True):
        parameter.grad = total / weights.sum()
    return loss / weights.sum().item()


def accumulated(network, tiles, labels, weights, by, fresh=True, factor=1.0):
    """What most wrong ones are: each tile's sum divided by something."""
    if fresh:
        network.zero_grad()
    losses = []
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        loss = (weight * pixel_losses(network, tile, label)).sum() / by(weight)
        loss.backward()
        losses.append(loss.item())
    return factor * sum(losses)


@wrong("the gradients of the step before are still in it")
def never_emptied(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: weights.sum(), fresh=False)


@wrong("each tile is divided by its own weights")
def own_weights(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: weight.sum())


@wrong("each tile is divided by its own weights")
def mean_of_means(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: len(tiles) * weight.sum())


@wrong("only the gradients of the last tile are left")
def emptied_for_each(network, tiles, labels, weights):
    loss = 0.0
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        network.zero_grad()
        part = (weight * pixel_losses(network, tile, label)).sum() / weights.sum()
        part.backward()
        loss += part.item()
    return loss


@wrong("the loss is that of the last tile")
def last_loss(network, tiles, labels, weights):
    network.zero_grad()
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        part = (weight * pixel_losses(network, tile, label)).sum() / weights.sum()
        part.backward()
    return part.item()


@wrong("a part of a mean already")
def mean_of_parts(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: weights.sum(), factor=1 / len(tiles))


@wrong("and by their number besides")
def divided_twice(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: len(tiles) * weights.sum())


@wrong("it is a sum: divide by the weights")
def a_sum(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: 1)


@wrong("by the number of pixels, not by the sum of the weights")
def by_pixels(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: weights.numel())


@wrong("the weights make no difference here")
def weightless(network, tiles, labels, weights):
    return tile_after_tile(network, tiles, labels, torch.ones_like(weights))


@wrong("several tiles pass at once")
def all_at_once(network, tiles, labels, weights):
    network.zero_grad()
    loss = (weights * cross_entropy(network(tiles), labels, reduction="none")).sum() / weights.sum()
    loss.backward()
    return loss.item()


@wrong("every tile's maps are kept until the end")
def back_at_the_end(network, tiles, labels, weights):
    network.zero_grad()
    parts = [(w * pixel_losses(network, t, y)).sum() for t, y, w in zip(tiles, labels, weights, strict=True)]
    loss = torch.stack(parts).sum() / weights.sum()
    loss.backward()
    return loss.item()


@wrong("keeps its graph")
def with_its_graph(network, tiles, labels, weights):
    network.zero_grad()
    whole = 0
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        loss = (weight * pixel_losses(network, tile, label)).sum() / weights.sum()
        loss.backward()
        whole = whole + loss
    return whole


@wrong("some parameters have no gradient")
def no_backward(network, tiles, labels, weights):
    network.zero_grad()
    with torch.no_grad():
        parts = [(w * pixel_losses(network, t, y)).sum() for t, y, w in zip(tiles, labels, weights, strict=True)]
    return (sum(parts) / weights.sum()).item()


@wrong("it changes the weights")
def and_a_step(network, tiles, labels, weights):
    loss = tile_after_tile(network, tiles, labels, weights)
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    return loss
