"""The variants of the ablation: the one part that each changes, and that nothing else differs."""

import numpy as np
import pytest
import torch
from torch import nn

from unet_edu.activations import capture
from unet_edu.arithmetic import plan, receptive_field
from unet_edu.models import ArticleUNet, OneLevelUNet, UNet, variants
from unet_edu.models.batch_norm import fold_batch_norm, insert_batch_norm
from unet_edu.registration import evidence, registration

VARIANTS = {
    function.__name__: function
    for function in (
        variants.without_skips,
        variants.with_pooled_skips,
        variants.with_resized_skips,
        variants.with_dilation,
        variants.without_dropout,
    )
}
every_variant = pytest.mark.parametrize("change", VARIANTS.values(), ids=VARIANTS)


def small(seed=0, **arguments):
    torch.manual_seed(seed)
    return UNet(**{"base_width": 2, "depth": 2, **arguments})


@every_variant
def test_weights_names_and_sizes_are_those_of_the_plain_network(change):
    plain, net = small(), small()
    net.eval()
    drawn = torch.get_rng_state()
    assert change(net) is net
    assert torch.equal(torch.get_rng_state(), drawn)
    assert not any(module.training for module in net.modules())
    assert list(net.state_dict()) == list(plain.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), plain.parameters(), strict=True))
    image = torch.rand(1, 1, 60, 76)
    maps, plain_maps = capture(net, image), capture(plain.eval(), image)
    names = [name for name in maps if name.partition(".")[2] != "pool"]
    assert names == list(plain_maps)
    assert all(maps[name].shape == plain_maps[name].shape for name in names)
    assert torch.equal(maps["output"], plain_maps["output"]) == (change is variants.without_dropout)


@every_variant
def test_the_papers_depth_keeps_its_border_of_92(change):
    with torch.device("meta"):
        net = change(UNet(base_width=1))
        assert net(torch.empty(1, 1, 188, 236)).shape == (1, 2, 4, 52)


@every_variant
def test_batch_normalisation_goes_in_before_or_after(change):
    first = change(insert_batch_norm(variants.without_dropout(small())))
    second = insert_batch_norm(change(variants.without_dropout(small())))
    image = torch.rand(2, 1, 44, 44)
    assert torch.equal(first(image), second(image))
    assert list(first.state_dict()) == list(second.state_dict())
    after = first.eval()(image)
    folded = fold_batch_norm(first)
    assert list(folded.state_dict()) == list(small().state_dict())
    assert torch.allclose(folded(image), after, atol=1e-5 * after.abs().max().item())


# ------------------------------------------------------------------------------------------------------------- skips


def test_without_skips_nothing_comes_through():
    net = variants.without_skips(small())
    maps = capture(net.eval(), torch.rand(1, 1, 60, 60))
    for level in range(2):
        assert maps[f"skip{level}.before"].abs().sum() > 0
        assert torch.count_nonzero(maps[f"skip{level}.after"]) == 0
    net(torch.rand(1, 1, 60, 60)).sum().backward()
    for level in range(2):
        gradient = net.stage("u", level).conv1.weight.grad
        half = gradient.shape[1] // 2
        assert torch.count_nonzero(gradient[:, :half]) == 0
        assert torch.count_nonzero(gradient[:, half:]) > 0


def test_pooled_skips_are_maxima_of_blocks_in_the_right_place():
    maps = capture(variants.with_pooled_skips(small()).eval(), torch.rand(1, 1, 60, 60))
    for level in range(2):
        before, after = maps[f"skip{level}.before"], maps[f"skip{level}.after"]
        crop = plan(60, depth=2).levels[level].crop
        centre = before[..., crop : crop + after.shape[2], crop : crop + after.shape[3]]
        blocks = after.unfold(2, 2, 2).unfold(3, 2, 2)  # (1, C, h / 2, w / 2, 2, 2)
        wanted = centre.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5))
        assert torch.equal(blocks, wanted[..., None, None].expand_as(blocks))
        assert not torch.equal(after, centre)


def test_pooled_skips_are_in_register_and_resized_ones_are_not():
    size = 60
    level = plan(size, depth=2).levels[0]
    pooled = registration(variants.with_pooled_skips(small(base_width=1)), size, path="skip0")
    assert np.abs(pooled).max() < 0.5
    resized = registration(variants.with_resized_skips(small(base_width=1)), size, path="skip0")
    # Column i of the output is column i + 2 of the joined map, which the resize reads at (i + 2) · 55 / 23.
    joined = np.arange(len(resized)) + 2
    wanted = joined * (level.skip - 1) / (level.cropped - 1) - level.crop - joined
    inner = slice(2, -2)  # next to the border a mean over three columns is no longer that of a straight line
    assert resized[inner] == pytest.approx(wanted[inner], abs=1e-6)
    assert wanted[0] < -10


# ---------------------------------------------------------------------------------------------------------- dilation


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("position", [48, 49, 50, 51])
def test_dilation_widens_the_receptive_field_on_the_way_down(dilation, position):
    """Two convolutions a level, each 2 · (dilation - 1) pixels of that level wider: 4 + 8 + 16 for levels 0, 1, 2."""
    net = variants.with_dilation(small(base_width=1), dilation)
    seen = np.flatnonzero(evidence(net, 140, position))
    plain = receptive_field(position, depth=2, through="bottleneck")
    assert seen[-1] - seen[0] + 1 == plain.width + (dilation - 1) * (4 + 8 + 16)
    assert seen[0] + seen[-1] == plain.start + plain.stop - 1


def test_dilation_stays_on_the_way_down_and_keeps_one_set_of_weights():
    net = small()
    first = net.d0.conv1.weight
    variants.with_dilation(net)
    assert net.d0.conv1.weight is first
    found = {name: m.dilation for name, m in net.named_modules() if isinstance(m, nn.Conv2d)}
    assert {name for name, dilation in found.items() if dilation == (2, 2)} == {
        f"d{level}.conv{number}" for level in range(3) for number in (1, 2)
    }


def test_dilation_of_1_is_the_plain_network():
    image = torch.rand(1, 1, 44, 44)
    assert torch.equal(variants.with_dilation(small(), 1).eval()(image), small().eval()(image))


def test_the_border_of_a_dilated_map_is_mirrored():
    net = variants.with_dilation(small(in_channels=1)).double()
    image = torch.rand(1, 1, 20, 24, dtype=torch.float64)
    mirrored = nn.functional.pad(image, (1, 1, 1, 1), mode="reflect")
    by_hand = nn.functional.conv2d(mirrored, net.d0.conv1.weight, net.d0.conv1.bias, dilation=2)
    assert torch.allclose(net.d0.conv1(image), by_hand)


# ---------------------------------------------------------------------------------------------------- dropout, errors


def test_without_dropout_training_draws_nothing():
    image = torch.rand(1, 1, 60, 60)
    assert not torch.equal(small().train()(image), small().eval()(image))
    net = variants.without_dropout(small())
    assert torch.equal(net.train()(image), net.eval()(image))


@every_variant
def test_other_networks_are_refused(change):
    for net in (OneLevelUNet(), ArticleUNet(2, base_width=1), nn.Conv2d(1, 1, 1)):
        with pytest.raises(TypeError, match=f"only a UNet .* not {type(net).__name__}"):
            change(net)


def test_a_dilation_that_is_none_is_refused():
    with pytest.raises(ValueError, match="dilation must be at least 1, not 0"):
        variants.with_dilation(small(), 0)
