"""Which precision is quicker is measured on a step of the network itself, and leaves it as it was."""

from dataclasses import replace

import torch

from unet_edu.models import PaddedUNet
from unet_edu.training import RECIPES
from unet_edu.training.precision import TURNS, seconds_of_a_step


def test_both_precisions_are_timed_on_the_network_itself(monkeypatch):
    net = PaddedUNet(base_width=2, depth=1)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    seen = []
    monkeypatch.setattr(PaddedUNet, "forward", note(PaddedUNet.forward, seen))
    recipe = replace(RECIPES["one-cycle"], batch=3, tile=32)
    torch.manual_seed(5)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    seconds = seconds_of_a_step(net, recipe, "cpu")
    assert torch.equal(torch.rand(1), drawn)  # the caller's random numbers stay as they were
    assert seconds.keys() == {"float32", "bfloat16"}
    assert min(seconds.values()) > 0
    assert seen == [((3, 1, 32, 32), torch.float32), ((3, 1, 32, 32), torch.bfloat16)] * (1 + TURNS)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def note(forward, seen):
    """Return a forward pass that notes the shape of what comes and the precision of what it returns."""

    def noting(self, images):
        logits = forward(self, images)
        seen.append((tuple(images.shape), logits.dtype))
        return logits

    return noting
