"""Answers to the exercise predict.mirror_padding: two right ones, and the known wrong ones."""

import copy

from answerkit import right, wrong
from torch import nn
from torch.nn import functional


@right()
def by_another_mode(network):
    found = copy.deepcopy(network)
    for layer in found.modules():
        if type(layer) is nn.Conv2d:
            layer.padding_mode = "reflect"
    return found


class Mirrored(nn.Module):
    """A convolution that does not pad, behind a layer that mirrors."""

    def __init__(self, layer, mode="reflect"):
        super().__init__()
        down, across = layer.padding if layer.padding != "same" else [side // 2 for side in layer.kernel_size]
        self.pads, self.mode, self.layer = (across, across, down, down), mode, layer
        layer.padding = (0, 0)

    def forward(self, x):
        return self.layer(functional.pad(x, self.pads, mode=self.mode))


def replaced(network, mode="reflect"):
    for name, layer in network.named_children():
        if isinstance(layer, nn.Conv2d):
            setattr(network, name, Mirrored(layer, mode))
        else:
            replaced(layer, mode)
    return network


@right()
def by_other_layers(network):
    return replaced(copy.deepcopy(network))


def changed(network, choose=lambda name, layer: True, mode="reflect"):
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d) and choose(name, layer):
            layer.padding_mode = mode
    return network


@wrong("there are zeros still")
def nothing_changed(network):
    return copy.deepcopy(network)


@wrong("the last pixel is repeated")
def replicated(network):
    return changed(copy.deepcopy(network), mode="replicate")


@wrong("begin anew at their ends")
def circular(network):
    return changed(copy.deepcopy(network), mode="circular")


@wrong("some convolutions sit deeper")
def children_alone(network):
    return changed(copy.deepcopy(network), lambda name, layer: "." not in name and name[0] not in "du")


@wrong("paddings other than 1")
def those_of_one(network):
    return changed(copy.deepcopy(network), lambda name, layer: layer.padding == (1, 1))


@wrong("is a padding, too")
def words_overlooked(network):
    return changed(copy.deepcopy(network), lambda name, layer: layer.padding != "same")


@wrong("every convolution mirrors by one pixel")
def always_by_one(network):
    network = copy.deepcopy(network)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and any(layer.padding):
            layer.register_forward_pre_hook(lambda layer, x: functional.pad(x[0], (1, 1, 1, 1), mode="reflect"))
            layer.padding = (0, 0)
    return network


@wrong("it returns the network itself")
def in_place(network):
    return changed(network)


@wrong("a copy shares nothing")
def shallow(network):
    return changed(copy.copy(network))


@wrong("has the network's own weights")
def shared_weights(network):
    found = copy.deepcopy(network)
    for parent, mine in zip(network.modules(), found.modules(), strict=True):
        for name, parameter in parent.named_parameters(recurse=False):
            setattr(mine, name, parameter)
    return changed(found)


@wrong("an up-convolution, which has no mirrors")
def everything_that_pads(network):
    network = copy.deepcopy(network)
    for layer in network.modules():
        if hasattr(layer, "padding_mode"):
            layer.padding_mode = "reflect"
    return network


@wrong("the copy is wanted")
def return_forgotten(network):
    changed(copy.deepcopy(network))
