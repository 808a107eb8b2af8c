"""The padded network: the paper's layers and weights, the image's size, and zeros at the border."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from unet_edu.activations import capture
from unet_edu.arithmetic import border
from unet_edu.models import PaddedUNet, UNet
from unet_edu.pace import channels_last
from unet_edu.predict import predict
from unet_edu.registration import registration


def on_meta(network, **arguments):
    with torch.device("meta"):
        return network(**arguments)


def test_layers_and_parameters_are_the_papers():
    padded, plain = on_meta(PaddedUNet), on_meta(UNet)
    assert sum(parameter.numel() for parameter in padded.parameters()) == 31_030_658
    assert [name for name, _ in padded.named_modules()] == [name for name, _ in plain.named_modules()]
    assert [type(module) for module in padded.modules()][1:] == [type(module) for module in plain.modules()][1:]
    dropped = [[name for name, part in net.named_modules() if isinstance(part, nn.Dropout)] for net in (padded, plain)]
    assert dropped[0] == dropped[1] == ["drop3", "drop4"]
    torch.manual_seed(0)
    padded = PaddedUNet(base_width=4, depth=1)
    torch.manual_seed(0)
    plain = UNet(base_width=4, depth=1)
    assert all(torch.equal(a, b) for a, b in zip(padded.parameters(), plain.parameters(), strict=True))


@settings(max_examples=20, derandomize=True, deadline=None)
@given(rows=st.integers(1, 12), columns=st.integers(1, 12), depth=st.integers(1, 4))
def test_the_result_is_as_large_as_the_image(rows, columns, depth):
    net = on_meta(PaddedUNet, in_channels=3, num_classes=5, base_width=1, depth=depth)
    size = (rows * 2**depth, columns * 2**depth)
    assert net(torch.empty(2, 3, *size, device="meta")).shape == (2, 5, *size)


def test_skips_are_joined_whole():
    maps = capture(PaddedUNet(base_width=1, depth=2).eval(), torch.rand(1, 1, 12, 16))
    for level in range(2):
        assert torch.equal(maps[f"skip{level}.before"], maps[f"skip{level}.after"])
        assert maps[f"skip{level}.after"].shape == maps[f"up{level}"].shape
    assert torch.equal(maps["skip0.before"], maps["d0.relu2"])


def test_far_from_the_border_it_says_what_the_paper_s_network_says():
    """The valid network's poolings begin 2 pixels later, so it gets the image from pixel 2 on."""
    torch.manual_seed(0)
    padded = PaddedUNet(base_width=2, depth=2).double().eval()
    valid = UNet(base_width=2, depth=2).double().eval()
    valid.load_state_dict(padded.state_dict())
    image = torch.rand(1, 1, 96, 112, dtype=torch.float64)
    edge = 2 + border(2)
    with torch.no_grad():
        whole, middle = padded(image), valid(image[..., 2:-2, 2:-2])
    assert torch.allclose(whole[..., edge:-edge, edge:-edge], middle, rtol=0, atol=1e-12)
    with torch.no_grad():  # one pixel further out, zeros are in sight: in a larger image other values stand there
        larger = padded(nn.functional.pad(image, (4, 4, 4, 4), mode="reflect"))[..., 4:-4, 4:-4]
    changed = (larger - whole).abs().amax((0, 1)) > 1e-12
    rows, columns = changed[:, edge:-edge].any(dim=1), changed[edge:-edge].any(dim=0)
    assert rows.nonzero().ravel().tolist() == [*range(edge), *range(96 - edge, 96)]
    assert columns.nonzero().ravel().tolist() == [*range(edge), *range(112 - edge, 112)]


def test_its_maps_are_in_register():
    net = PaddedUNet(base_width=1, depth=2)
    positions = range(40, 56)  # whole periods of 4, where no border is in sight
    assert registration(net, 96, positions).mean() == pytest.approx(0, abs=1e-6)
    for path in ("skip0", "skip1"):
        assert registration(net, 96, positions, path=path).mean() == pytest.approx(0, abs=1e-6)


def test_predict_gives_it_the_whole_image_in_one_pass():
    torch.manual_seed(0)
    net = PaddedUNet(base_width=2, depth=2)
    image = np.random.default_rng(0).random((40, 52), dtype=np.float32)
    found = predict(net, image)
    with torch.no_grad():
        wanted = net.eval()(channels_last(torch.from_numpy(image)[None, None])).softmax(1)[0]
    assert np.array_equal(found, wanted.numpy())
    with pytest.raises(ValueError, match="width 51 is no multiple of 4"):
        predict(net, image[:, :51])
    with pytest.raises(ValueError, match=r"one pass of PaddedUNet .* allow `max_memory="):
        predict(net, image, max_memory=1000)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 1, 570, 64), r"height 570 is no multiple of 16.* nearest legal height: 560 and 576; crop"),
        ((1, 1, 64, 15), r"width 15 is no multiple of 16.* nearest legal width: 16; crop"),
        ((1, 1, 0, 16), r"height 0 .*: 16; crop"),
        ((1, 3, 64, 64), "in_channels=1, not 3"),
        ((64, 64), "four axes"),
    ],
)
def test_wrong_images_are_refused_with_the_rule(shape, message):
    with pytest.raises(ValueError, match=message):
        on_meta(PaddedUNet, base_width=1)(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("option", ["in_channels", "num_classes", "base_width", "depth"])
def test_options_are_ints_of_at_least_1(option):
    with pytest.raises(ValueError, match=f"{option} must be at least 1, not 0"):
        PaddedUNet(**{option: 0})
    with pytest.raises(TypeError, match=f"{option} must be an int"):
        PaddedUNet(**{option: 1.0})


def test_traces_without_a_break():
    net = PaddedUNet(base_width=1, depth=2).eval()
    image = torch.rand(1, 1, 12, 16)
    assert torch.equal(torch.compile(net, fullgraph=True, backend="eager")(image), net(image))
