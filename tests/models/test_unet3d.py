"""3D U-Net: as many parameters as its paper counts, sizes as the arithmetic has them."""

import pytest
import torch

from unet_edu import arithmetic
from unet_edu.models.fcn import num_parameters
from unet_edu.models.unet3d import UNet3D


def test_the_3d_network_has_the_papers_parameters_and_sizes():
    with torch.device("meta"):
        net = UNet3D()
    assert num_parameters(net) == 19_069_955
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
