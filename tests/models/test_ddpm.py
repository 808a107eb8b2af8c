"""The diffusion U-Net: as many parameters as its paper counts, sizes, the time embedding."""

import pytest
import torch

from unet_edu.models.ddpm import DiffusionUNet, sinusoids
from unet_edu.models.fcn import num_parameters


def test_the_diffusion_network_has_the_papers_parameters():
    """Appendix B: 35.7 million for CIFAR-10."""
    with torch.device("meta"):
        net = DiffusionUNet()
    assert round(num_parameters(net) / 1e6, 1) == 35.7
    assert len(net.skip_channels) == 12


def test_the_diffusion_network_keeps_the_size_and_depends_on_the_step():
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


def test_sinusoids_differ_from_step_to_step():
    waves = sinusoids(torch.arange(1000), 16)
    assert waves.shape == (1000, 16)
    assert torch.cdist(waves, waves).fill_diagonal_(1).min() > 1e-3
