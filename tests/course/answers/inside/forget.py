"""Answers to the exercise inside.forget: right ones, and the known wrong ones."""

import copy

import torch
from answerkit import right, wrong
from torch import nn


def layers_of(net):
    return [layer for layer in net.modules() if hasattr(layer, "weight")]


def last(layers, count):
    return layers[len(layers) - count :]


@right()
def from_the_first(net, count, generator):
    net = copy.deepcopy(net)
    with torch.no_grad():
        for layer in last(layers_of(net), count):
            layer.weight.normal_(0, layer.weight.std().item(), generator=generator)
            layer.bias.zero_()
    return net


@right()
def by_state(net, count, generator):
    twin, state = copy.deepcopy(net), {key: value.clone() for key, value in net.state_dict().items()}
    names = [name for name, part in net.named_modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)][::-1]
    for name in names[:count]:
        old = state[f"{name}.weight"]
        flat = torch.randn(old.numel(), generator=generator, dtype=torch.float64)
        state[f"{name}.weight"] = (flat * old.double().square().mean().sqrt()).float().reshape(old.shape)
        state[f"{name}.bias"] *= 0
    twin.load_state_dict(state)
    return twin


class Forgetting:
    """What the wrong ones are made of: each changes one step."""

    def layers(self, net, count):
        return last(layers_of(net), count)

    def drawn(self, weight, generator):
        return torch.randn(weight.shape, generator=generator) * weight.std()

    def bias(self, bias, generator):
        return torch.zeros_like(bias)

    def copied(self, net):
        return copy.deepcopy(net)

    def __call__(self, net, count, generator):
        net = self.copied(net)
        with torch.no_grad():
            for layer in self.layers(net, count):
                layer.weight.copy_(self.drawn(layer.weight, generator))
                layer.bias.copy_(self.bias(layer.bias, generator))
        return net


def forgetting(words, **steps):
    """Note a wrong answer whose `steps` are not as they should be."""
    (name,) = steps
    made = type("Wrong", (Forgetting,), {name: staticmethod(steps[name])})()

    def forgotten(net, count, generator):
        return made(net, count, generator)

    forgotten.__name__ = f"{name}_{words.replace(' ', '_')[:30]}"
    wrong(words)(forgotten)


forgetting("a copy is wanted that shares nothing", copied=lambda net: net)
forgetting("a copy is wanted that shares nothing", copied=copy.copy)
forgetting("a slice that begins at -0", layers=lambda net, count: layers_of(net)[-count:])
forgetting("begin at the last", layers=lambda net, count: layers_of(net)[:count])
forgetting("one layer too many", layers=lambda net, count: last(layers_of(net), count + 1))
forgetting("it forgets one layer alone", layers=lambda net, count: last(layers_of(net), count)[:1])
forgetting(
    "they count as layers",
    layers=lambda net, count: (
        last([each for each in net.modules() if isinstance(each, nn.Conv2d)], count) if count < 12 else layers_of(net)
    ),
)
forgetting(
    "they are to be drawn anew",
    layers=lambda net, count: [each for each in last(layers_of(net), count) if isinstance(each, nn.Conv2d)],
)
forgetting("are the weights drawn with it", drawn=lambda weight, generator: torch.randn_like(weight) * weight.std())
forgetting(
    "another generator makes no difference",
    drawn=lambda weight, generator: (
        torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)) * weight.std()
    ),
)
forgetting(
    "is the generator set back",
    drawn=lambda weight, generator: (
        torch.randn(weight.shape, generator=generator.manual_seed(generator.initial_seed())) * weight.std()
    ),
)
forgetting(
    "the old ones in another order",
    drawn=lambda weight, generator: weight.flatten()[torch.randperm(weight.numel(), generator=generator)].reshape(
        weight.shape
    ),
)
forgetting(
    "a standard deviation of one", drawn=lambda weight, generator: torch.randn(weight.shape, generator=generator)
)
forgetting(
    "scaled with the variance",
    drawn=lambda weight, generator: torch.randn(weight.shape, generator=generator) * weight.var(),
)
forgetting(
    "not as large as the layer's weights were",
    drawn=lambda weight, generator: torch.randn(weight.shape, generator=generator) * (2 / weight[0].numel()) ** 0.5,
)
forgetting(
    "noise is added to the old weights",
    drawn=lambda weight, generator: weight + torch.randn(weight.shape, generator=generator) * weight.std(),
)
forgetting(
    "not drawn from a Gaussian",
    drawn=lambda weight, generator: (torch.rand(weight.shape, generator=generator) - 0.5) * 12**0.5 * weight.std(),
)
forgetting("the biases are as before", bias=lambda bias, generator: bias)
forgetting("the biases are not zero", bias=lambda bias, generator: torch.randn(bias.shape, generator=generator))


@wrong("it returns None where a network is wanted")
def nothing_returned(net, count, generator):
    from_the_first(net, count, generator)


@wrong("biases change in layers that are not to be forgotten")
def all_biases(net, count, generator):
    net = from_the_first(net, count, generator)
    with torch.no_grad():
        for layer in layers_of(net):
            layer.bias.zero_()
    return net
