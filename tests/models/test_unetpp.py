"""UNet++: as many parameters as its paper counts; of depth 1 it is a padded U-Net."""

import pytest
import torch

from unet_edu.models import PaddedUNet, UNet
from unet_edu.models.fcn import num_parameters
from unet_edu.models.unetpp import UNetPlusPlus


def on_meta(network, **arguments):
    with torch.device("meta"):
        return network(**arguments)


def test_unetpp_has_the_papers_parameters():
    """Table 3 of the paper: 7.76M for U-Net and 9.04M for UNet++, both of width 32."""
    assert round(num_parameters(on_meta(UNet, base_width=32)) / 1e6, 2) == 7.76
    assert round(num_parameters(on_meta(UNetPlusPlus)) / 1e6, 2) == 9.04
    assert sum(name.startswith("node") and "." not in name for name, _ in on_meta(UNetPlusPlus).named_modules()) == 15


def test_unetpp_of_depth_1_is_a_padded_u_net():
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
