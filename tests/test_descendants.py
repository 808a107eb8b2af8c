"""The networks after U-Net: as many parameters as their papers tell, sizes as the arithmetic has them."""

import pytest
import torch

from unet_edu import arithmetic
from unet_edu.models import UNet
from unet_edu.models.ddpm import DiffusionUNet, sinusoids
from unet_edu.models.unet3d import UNet3D
from unet_edu.models.unetpp import UNetPlusPlus


def on_meta(network, **arguments):
    with torch.device("meta"):
        return network(**arguments)


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


# ------------------------------------------------------------------------------------------------------------- 3D U-Net


def test_the_3d_network_has_the_papers_parameters_and_sizes():
    net = on_meta(UNet3D)
    assert parameters(net) == 19_069_955
    volume = torch.empty(1, 3, 132, 132, 116, device="meta")
    assert net(volume).shape == (1, 3, 44, 44, 28)
    assert arithmetic.plan(132, 3).output_size == 44


def test_the_3d_network_computes():
    torch.manual_seed(0)
    net = UNet3D(in_channels=1, num_classes=2, base_width=1, depth=1).eval()
    volume = torch.rand(1, 1, 20, 18, 22)
    with torch.no_grad():
        scores = net(volume)
        assert scores.shape == (1, 2, 4, 2, 6)
        part = net(volume[..., 2:])  # the grid of one pooling is 2 voxels wide
        assert torch.allclose(part, scores[..., 2:], atol=1e-6)
    with pytest.raises(ValueError, match="width"):
        net(torch.rand(1, 1, 20, 20, 19))
    with pytest.raises(ValueError, match="not"):
        net(torch.rand(1, 2, 20, 20, 20))


# --------------------------------------------------------------------------------------------------------------- UNet++


def test_unetpp_has_the_papers_parameters():
    """Table 3 of the paper: 7.76M for U-Net and 9.04M for UNet++, both of width 32."""
    assert round(parameters(on_meta(UNet, base_width=32)) / 1e6, 2) == 7.76
    assert round(parameters(on_meta(UNetPlusPlus)) / 1e6, 2) == 9.04
    assert sum(name.startswith("node") and "." not in name for name, _ in on_meta(UNetPlusPlus).named_modules()) == 15


def test_unetpp_of_depth_1_is_a_padded_u_net():
    from unet_edu.models import PaddedUNet

    torch.manual_seed(0)
    plus = UNetPlusPlus(base_width=4, depth=1).eval()
    plain = PaddedUNet(base_width=4, depth=1).eval()
    names = {"node0_0": "d0", "node1_0": "d1", "up0_1": "up0", "node0_1": "u0", "score1": "score"}
    state = {}
    for name, value in plus.state_dict().items():
        module, rest = name.split(".", 1)
        state[f"{names[module]}.{rest}"] = value
    plain.load_state_dict(state)
    images = torch.rand(2, 1, 12, 16)
    with torch.no_grad():
        assert torch.allclose(plus(images), plain(images), atol=1e-6)


def test_unetpp_scores_each_node_of_the_top_row_when_supervised():
    net = UNetPlusPlus(base_width=2, depth=3, supervised=True).eval()
    with torch.no_grad():
        scores = net(torch.rand(1, 1, 16, 24))
    assert [tuple(score.shape) for score in scores] == [(1, 2, 16, 24)] * 3
    with pytest.raises(ValueError, match="multiple"):
        net(torch.rand(1, 1, 20, 24))


# ------------------------------------------------------------------------------------------------------------ diffusion


def test_the_diffusion_network_has_the_papers_parameters():
    """Appendix B: 35.7 million for CIFAR-10."""
    net = on_meta(DiffusionUNet)
    assert round(parameters(net) / 1e6, 1) == 35.7
    assert len(net.skip_channels) == 12


def test_the_diffusion_network_returns_what_it_was_given_in_size_and_heeds_the_clock():
    torch.manual_seed(0)
    net = DiffusionUNet(channels=1, base_width=8, factors=(1, 2), attention=8, size=16).eval()
    images = torch.randn(2, 1, 16, 24)
    with torch.no_grad():
        early, late = net(images, torch.tensor([1, 1])), net(images, torch.tensor([900, 900]))
        assert early.shape == images.shape
        assert not torch.allclose(early, late, atol=1e-4)
        assert torch.allclose(net(images[1:], torch.tensor([1])), early[1:], atol=1e-5)
    with pytest.raises(ValueError, match="multiple"):
        net(torch.randn(1, 1, 17, 16), torch.tensor([1]))


def test_sinusoids_tell_steps_apart():
    waves = sinusoids(torch.arange(1000), 16)
    assert waves.shape == (1000, 16)
    assert torch.cdist(waves, waves).fill_diagonal_(1).min() > 1e-3
