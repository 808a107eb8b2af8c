"""What one can ask of a trained network: fields against an independent gradient, cuts against the uncut network."""

import numpy as np
import pytest
import torch
from torch import nn

from unet_edu import arithmetic, interpret
from unet_edu.data import cells
from unet_edu.models import OneLevelUNet, UNet
from unet_edu.registration import averaging


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(3)
    return UNet(base_width=4, depth=2).eval()


@pytest.fixture(scope="module")
def image():
    return cells.tissue(60, seed=5).image


# -------------------------------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize("stage", ["d0.relu2", "d2.relu2", "up0", "u0.relu2", "output"])
def test_a_field_lies_in_the_receptive_field_and_fills_it_where_nothing_is_hidden(stage):
    """With average poolings and equal weights, every pixel that can matter does."""
    clear = averaging(UNet(base_width=2, depth=2)).float()
    for layer in clear.modules():  # one class that does not cancel the other, channels that differ
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.weight.data *= torch.rand(layer.weight.shape, generator=torch.Generator().manual_seed(0)) + 0.5
    power, centre = interpret.fields(clear, np.ones((1, 60, 60), np.float32), [stage])[stage]
    columns = np.flatnonzero(power.sum(0) > 0)
    if stage == "output":
        place = arithmetic.output_size(60, 2) // 2
        assert centre == place + arithmetic.border(2)
        assert (columns[0], columns[-1] + 1) == arithmetic.receptive_field(place, 2)
    else:
        assert centre == (columns[0] + columns[-1]) / 2


def test_the_power_of_a_stage_is_on_average_the_sum_over_its_channels(net, image):
    x = interpret.normalised(net, image[None]).requires_grad_()
    middle = net.d0(x)[0, :, 28, 28]
    truth = sum(torch.autograd.grad(one, x, retain_graph=True)[0][0, 0].square() for one in middle).numpy()
    found = np.mean(
        [interpret.fields(net, image[None], ["d0.relu2"], seed)["d0.relu2"][0] for seed in range(300)], axis=0
    )
    np.testing.assert_allclose(found.sum(), truth.sum(), rtol=0.1)


def test_field_at_is_the_slope_of_the_answer(net, image):
    gradient = interpret.field_at(net, image, 3, 8)
    row, column = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)

    def answer(change):
        moved = image.astype(np.float64)
        moved[row, column] += change
        x = torch.as_tensor(moved, dtype=torch.float64)[None, None]
        scores = net.double()(x)[0, :, 3, 8]
        return float((scores[1] - scores[0]).detach())

    slope = (answer(1e-6) - answer(-1e-6)) / 2e-6
    net.float()
    assert slope == pytest.approx(gradient[row, column], rel=1e-3)


def test_the_side_of_a_square():
    power = np.zeros((9, 9))
    power[4, 4], power[4, 6], power[0, 0] = 90, 6, 4
    assert interpret.side_of(power, 4, 0.90) == 1
    assert interpret.side_of(power, 4, 0.95) == 5
    assert interpret.side_of(power, (4, 4), 0.99) == 9
    assert interpret.side_of(np.ones((4, 4)), 1.5, 0.25) == 2


def test_covering_what_a_pixel_cannot_see_changes_nothing_and_the_pixel_itself_does(net):
    image = cells.tissue(92, seed=5).image
    moved = interpret.occlusion(net, image, (10, 40), side=6, step=6, reach=5)
    assert moved.shape == (11, 11)
    seen = [arithmetic.receptive_field(at, 2) for at in (10, 40)]
    for i, j in np.ndindex(moved.shape):
        top, left = (at + 20 - 3 + 6 * (k - 5) for at, k in ((10, i), (40, j)))
        if top >= seen[0].stop or top + 6 <= seen[0].start or left >= seen[1].stop or left + 6 <= seen[1].start:
            assert abs(moved[i, j]) < 1e-5
    assert abs(moved[5, 5]) > 1e-3


# ------------------------------------------------------------------------------------------------------------ channels


def silenced(net, silent):
    """The network with channels whose ReLU never fires: their biases are far below zero."""
    for name, channels in silent.items():
        maker, _ = interpret.neighbours(net, name)
        net.get_submodule(maker).bias.data[channels] = -1e4
    return net


SILENT = {"d0.relu1": [1], "d0.relu2": [0, 3], "d1.relu2": [5], "d2.relu1": [2], "d2.relu2": [0, 9], "u1.relu1": [4],
          "u1.relu2": [7], "u0.relu2": [2]}  # fmt: skip


def test_a_silenced_stage_hands_on_zeros_and_speaks_again_afterwards(net, image):
    x = interpret.normalised(net, image[None])
    with torch.no_grad():
        before = net(x)
        with interpret.silenced(net, "d2.relu2", "skip1", "skip0"):
            assert net(x).flatten(2).std(-1).max() < 1e-6  # only biases get through
        assert torch.equal(net(x), before)
    with pytest.raises(AttributeError), interpret.silenced(net, "d0.relu1", "d9"):
        pass
    assert not net.d0.relu1._forward_hooks


def test_firing_finds_the_silent_channels(image):
    torch.manual_seed(0)
    net = silenced(UNet(base_width=4, depth=2).eval(), SILENT)
    shares = interpret.firing(net, [image, image[::-1]])
    assert list(shares) == [name for name, layer in net.named_modules() if isinstance(layer, nn.ReLU)]
    assert all(share.min() >= 0 and share.max() <= 1 for share in shares.values())
    for name, channels in SILENT.items():
        assert (shares[name][channels] == 0).all()
    assert 0.2 < shares["d0.relu1"].mean() < 0.8


def test_cutting_out_silent_channels_changes_nothing_but_the_size(image):
    torch.manual_seed(0)
    net = silenced(UNet(base_width=4, depth=2).eval(), SILENT)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    slim = interpret.without_channels(net, SILENT)
    x = interpret.normalised(net, image[None])
    with torch.no_grad():
        assert torch.allclose(slim(x), net(x), atol=1e-4, rtol=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert slim.d2.conv2.weight.shape == (14, 15, 3, 3)
    assert slim.u0.conv1.weight.shape == (4, 2 + 4, 3, 3)
    assert slim.up1.weight.shape[:2] == (14, 8)
    count = [sum(p.numel() for p in one.parameters()) for one in (net, slim)]
    assert count[1] < count[0]


def test_cutting_out_what_speaks_is_silencing_it(net, image):
    slim = interpret.without_channels(net, {"d1.relu2": [0, 5]})

    def off(module, inputs, output):
        output = output.clone()
        output[:, [0, 5]] = 0
        return output

    x = interpret.normalised(net, image[None])
    handle = net.d1.relu2.register_forward_hook(off)
    with torch.no_grad():
        truth = net(x)
        handle.remove()
        assert torch.allclose(slim(x), truth, atol=1e-5)
        assert not torch.allclose(slim(x), net(x), atol=1e-3)


def test_what_cannot_be_cut_is_told(net):
    with pytest.raises(TypeError, match="OneLevelUNet"):
        interpret.without_channels(OneLevelUNet(), {})
    with pytest.raises(ValueError, match="leave one"):
        interpret.without_channels(net, {"d0.relu1": range(4)})
    with pytest.raises(ValueError, match="d0.relu1"):
        interpret.without_channels(net, {"up0": [1]})
