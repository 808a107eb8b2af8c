"""Deep supervision: heads are there in training alone, each scored where its map lies."""

from dataclasses import replace

import pytest
import torch

from unet_edu.data import cells
from unet_edu.models import UNet
from unet_edu.training import RECIPES, fit
from unet_edu.training.deep_supervision import deeply_supervised
from unet_edu.training.loop import centre
from unet_edu.training.losses import cross_entropy


def small():
    torch.manual_seed(0)
    return UNet(base_width=2, depth=3)


def test_the_loss_is_that_of_the_output_and_a_share_of_each_head_s():
    net, tiles = small().eval(), torch.rand(2, 1, 124, 124)
    labels = torch.randint(2, (2, 36, 36))
    weights = torch.rand(2, 36, 36)
    with deeply_supervised(net) as loss:
        found = loss(net(tiles), labels, weights)
        maps = {}
        for level in (1, 2):
            net.stage("u", level).register_forward_hook(lambda part, given, out, level=level: maps.update({level: out}))
        logits = net(tiles)
        wanted = cross_entropy(logits, labels, weights)
        for level in (1, 2):
            head = net.heads[f"level{level}"](maps[level])
            assert 36 <= head.shape[-1] * 2**level <= 36 + 2**level * 4
            enlarged = torch.nn.functional.interpolate(head, scale_factor=2**level, mode="bilinear")
            wanted = wanted + cross_entropy(centre(enlarged, 36), labels, weights) / 2**level
        torch.testing.assert_close(found, wanted)


def test_a_head_is_scored_where_its_map_lies():
    """Pixel (4, 5) of a map of 12 has its middle at 17.5 and 21.5 of 48 enlarged ones, and 6 less in a cut of 36."""
    net, kept = small().eval(), []

    def keep(logits, labels, weights):
        kept.append(logits[0, 1].detach())
        return cross_entropy(logits, labels, weights)

    spot = torch.zeros(1, 8, 12, 12)
    spot[..., 4, 5] = 1
    net.u2.register_forward_hook(lambda *_: spot)
    with deeply_supervised(net, levels=(2,), loss=keep) as loss:
        torch.nn.init.ones_(net.heads["level2"].weight)
        loss(net(torch.rand(1, 1, 124, 124)), torch.zeros(1, 36, 36, dtype=torch.long), torch.ones(1, 36, 36))
    _, bright = kept
    rows, columns = (torch.arange(36.0) * bright.sum(axis) / bright.sum() for axis in (1, 0))
    assert (rows.sum().item(), columns.sum().item()) == pytest.approx((4.5 * 4 - 0.5 - 6, 5.5 * 4 - 0.5 - 6))


def test_afterwards_the_network_is_the_one_that_it_was():
    net = small()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with deeply_supervised(net):
        assert set(net.state_dict()) - set(before) == {
            f"heads.level{level}.{part}" for level in (1, 2) for part in ("weight", "bias")
        }
    assert list(net.state_dict()) == list(before)
    assert not any(part._forward_hooks for part in net.modules())
    try:
        with deeply_supervised(net):
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert list(net.state_dict()) == list(before)


def test_fit_trains_the_heads_and_the_network_gets_their_gradient():
    recipe = replace(RECIPES["one-cycle"], steps=2, batch=1, tile=124)
    nets = []
    for heads in (False, True):
        net = small()
        if heads:
            with deeply_supervised(net) as loss:
                before = net.heads["level2"].weight.clone()
                fit(net, [cells.tissue(128, 0)], recipe, loss=loss, device="cpu")
                assert not torch.equal(net.heads["level2"].weight, before)
        else:
            fit(net, [cells.tissue(128, 0)], recipe, loss=cross_entropy, device="cpu")
        nets.append(net)
    assert not torch.equal(nets[0].d0.conv1.weight, nets[1].d0.conv1.weight)
    assert torch.isfinite(nets[1](torch.rand(1, 1, 124, 124))).all()


def test_levels_without_a_head():
    for level in (0, 3):
        wanted = f"levels are 1 to 2 in a network of depth 3, not {level}"
        with pytest.raises(ValueError, match=wanted), deeply_supervised(small(), levels=(level,)):
            pass
