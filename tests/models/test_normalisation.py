"""Normalisations: what each measures, what eval mode changes, and what tiles do to them."""

from functools import partial

import numpy as np
import pytest
import torch

from unet_edu.models import UNet
from unet_edu.models.batch_norm import fold_batch_norm
from unet_edu.models.normalisation import KINDS, batch_norms, insert_normalisation, measure_again, own_statistics
from unet_edu.predict import predict


def built(kind, seed=0):
    torch.manual_seed(seed)
    return insert_normalisation(UNet(base_width=4, depth=2), kind)


def first_maps(net, tiles):
    """Return what comes after the first normalisation."""
    seen = []
    handle = net.d0.conv1.register_forward_hook(lambda part, given, result: seen.append(result.detach()))
    with torch.no_grad():
        net(tiles)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize(
    ("kind", "over"), [("batch", (0, 2, 3)), ("instance", (2, 3)), ("group", (2, 3)), ("none", None)]
)
def test_what_is_measured_has_mean_0_and_variance_1(kind, over):
    tiles = torch.rand(3, 1, 60, 60) * torch.tensor([1.0, 2.0, 5.0])[:, None, None, None]
    found = first_maps(built(kind).train(), tiles)
    if over is None:
        assert found.mean((0, 2, 3)).abs().max() > 0.1
        return
    assert found.mean(over).abs().max() < 1e-4  # groups of four here are single channels
    assert (found.var(over, correction=0) - 1).abs().max() < 0.01
    apart = found.mean((2, 3)).abs().max() > 0.1
    assert apart == (kind == "batch"), "of one tile alone"


def test_one_seed_gives_the_same_convolutions():
    nets = [built(kind).state_dict() for kind in KINDS]
    for name, value in nets[-1].items():
        place, _, part = name.rpartition(".")
        for other in nets[:-1]:
            assert torch.equal(other.get(name, other.get(f"{place}.conv.{part}")), value)


def test_with_one_tile_batch_and_instance_differ_in_eval_mode_alone():
    tile = torch.rand(1, 1, 60, 60) * 3 + 1
    batch, instance = (built(kind) for kind in ("batch", "instance"))
    with torch.no_grad():
        torch.testing.assert_close(batch.drop2.eval() and _dry(batch)(tile), _dry(instance)(tile), rtol=1e-3, atol=1e-4)
        assert (batch.eval()(tile) - instance.eval()(tile)).abs().max() > 0.1
        with own_statistics(batch):
            torch.testing.assert_close(batch(tile), instance(tile), rtol=1e-3, atol=1e-4)
        assert all(norm.running_mean is not None for norm in batch_norms(batch))
        assert (batch(tile) - instance(tile)).abs().max() > 0.1


def _dry(net):
    """Return a network in train mode, without dropout."""
    net.train()
    for part in net.modules():
        if isinstance(part, torch.nn.Dropout):
            part.eval()
    return net


def test_measured_again_is_the_plain_mean_of_the_tiles():
    net = built("batch").eval()
    tiles = [torch.rand(1, 1, 60, 60) * scale for scale in (1, 2, 6)]
    conv, norm = net.d0.conv1.conv, net.d0.conv1.norm
    momentum = norm.momentum
    assert measure_again(net, tiles) is net
    with torch.no_grad():
        maps = [conv(tile) for tile in tiles]
    wanted = torch.stack([one.mean((0, 2, 3)) for one in maps]).mean(0)
    torch.testing.assert_close(norm.running_mean, wanted)
    variances = torch.stack([one.var((0, 2, 3)) for one in maps]).mean(0)
    torch.testing.assert_close(norm.running_var, variances)
    assert (norm.momentum, net.training) == (momentum, False)


@pytest.mark.parametrize("kind", KINDS)
def test_tiles_give_what_one_pass_gives_unless_a_map_measures_itself(kind):
    image = np.random.default_rng(0).random((150, 130)).astype(np.float32)
    image[:70] *= 0.2  # dark above, bright below
    net = built(kind).eval()
    whole, tiles = (predict(net, image, max_memory=bytes_, progress=False) for bytes_ in (2**31, 2**21))
    apart = np.abs(whole - tiles).max()
    assert apart < 1e-4 if kind in ("batch", "none") else apart > 1e-2


@pytest.mark.parametrize("kind", ["instance", "group"])
def test_what_measures_itself_cannot_be_folded(kind):
    with pytest.raises(ValueError, match="measures every map anew"):
        fold_batch_norm(built(kind))


def test_wrong_arguments():
    with pytest.raises(ValueError, match="one of 'batch', 'instance', 'group', 'none', not 'layer'"):
        insert_normalisation(UNet(base_width=4, depth=1), "layer")
    with pytest.raises(ValueError, match="6 channels do not divide by 4 groups; the nearest that do: 8"):
        insert_normalisation(UNet(base_width=6, depth=1), "group")
    assert partial(insert_normalisation, kind="none")(UNet(base_width=3, depth=1)).base_width == 3
