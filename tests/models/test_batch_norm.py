"""Batch normalisation that comes and goes: what is left is the plain network, and says the same."""

import pytest
import torch
from torch import nn

from unet_edu.models import ArticleUNet, FCN8s, OneLevelUNet, SlidingWindowNet, UNet
from unet_edu.models.batch_norm import fold_batch_norm, insert_batch_norm

BUILDERS = {  # network, an input, and how many of its convolutions have a ReLU right after them
    "UNet": (lambda: UNet(base_width=2, depth=2), (3, 1, 60, 52), 10),
    "OneLevelUNet": (lambda: OneLevelUNet(base_width=2), (3, 1, 36, 40), 6),
    "FCN8s": (lambda: FCN8s(2, 1, width=1, hidden=3), (2, 1, 40, 50), 15),
    "ArticleUNet": (lambda: ArticleUNet(2, base_width=1), (2, 3, 233, 233), 18),
    "SlidingWindowNet": (lambda: SlidingWindowNet(), (3, 1, 95, 95), 4),
}


def layout(net):
    """Return what a checkpoint of the network looks like."""
    return [(name, tensor.shape, tensor.dtype) for name, tensor in net.state_dict().items()]


def trained(net, shape):
    """Take a few steps, so that the weights and the statistics of the normalisations are no longer those of a start."""
    for name, part in net.named_modules():
        if name.startswith("score") and isinstance(part, nn.Conv2d):
            nn.init.normal_(part.weight)  # those of an FCN start at zero, and nothing would be learned from one step
    optimiser = torch.optim.SGD(net.parameters(), lr=0.02)
    net.train()
    for _ in range(3):
        optimiser.zero_grad()
        net(2 * torch.rand(shape) + 1).square().mean().backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
    return net


@pytest.mark.parametrize("kind", BUILDERS)
def test_what_is_folded_is_the_plain_network_and_says_the_same(kind):
    build, shape, convolutions = BUILDERS[kind]
    torch.manual_seed(0)
    plain = build()
    net = insert_batch_norm(build())
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == convolutions
    trained(net, shape).eval()
    assert all(norm.running_mean.abs().max() > 1e-3 and (norm.running_var - 1).abs().max() > 1e-3 for norm in norms)
    image = torch.rand(shape)
    with torch.no_grad():
        before = net(image)
        assert fold_batch_norm(net) is net
        after = net(image)
    assert before.std() > 0
    assert (after - before).abs().max() < 1e-5 * before.abs().max()
    assert layout(net) == layout(plain)
    assert [type(module) for module in net.modules()] == [type(module) for module in plain.modules()]
    assert [name for name, _ in net.named_modules()] == [name for name, _ in plain.named_modules()]
    assert [p.requires_grad for p in net.parameters()] == [p.requires_grad for p in plain.parameters()]
    plain.load_state_dict(net.state_dict())
    assert torch.equal(plain.eval()(image), after)


def test_a_normalised_layer_hands_on_maps_of_mean_0_and_deviation_1():
    torch.manual_seed(0)
    net = insert_batch_norm(UNet(base_width=2, depth=1))
    maps = []
    net.u0.conv1.register_forward_hook(lambda module, inputs, output: maps.append(output.detach()))
    net(50 * torch.rand(4, 1, 44, 44) - 3)
    assert maps[0].mean((0, 2, 3)) == pytest.approx([0, 0], abs=1e-5)
    assert maps[0].std((0, 2, 3)) == pytest.approx([1, 1], abs=1e-2)


def test_before_training_nothing_changes_in_eval_mode():
    torch.manual_seed(0)
    net = UNet(base_width=2, depth=2).eval()
    image = torch.rand(1, 1, 60, 60)
    before = net(image)
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    assert insert_batch_norm(net) is net
    assert torch.equal(torch.rand(1), wanted)  # no random number was drawn
    assert not any(module.training for module in net.modules())
    assert torch.allclose(net(image), before, rtol=1e-3, atol=1e-3 * before.abs().max().item())


def test_what_has_no_normalisation_keeps_its_weights():
    net = UNet(base_width=1, depth=1)
    before = [parameter.clone() for parameter in net.parameters()]
    assert not fold_batch_norm(net).training
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


def test_types_are_kept():
    net = insert_batch_norm(UNet(base_width=1, depth=1).double())
    assert {parameter.dtype for parameter in net.parameters()} == {torch.float64}
    assert {parameter.dtype for parameter in fold_batch_norm(net).parameters()} == {torch.float64}


def test_where_it_makes_no_sense_it_says_so():
    net = insert_batch_norm(UNet(base_width=1, depth=1))
    with pytest.raises(ValueError, match="UNet has batch normalisations already: fold_batch_norm"):
        insert_batch_norm(net)
    insert_batch_norm(fold_batch_norm(net))
    with pytest.raises(ValueError, match="Sequential has no Conv2d with a ReLU right after it"):
        insert_batch_norm(nn.Sequential(nn.Conv2d(1, 1, 1), nn.Tanh(), nn.ReLU()))
