"""A U-Net on every n-th pixel: nothing is thrown away, each pixel keeps its place, and the work is a fraction."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_edu import checkpoints
from unet_edu.models import PaddedUNet, SubpixelUNet
from unet_edu.predict import predict


@settings(max_examples=20, derandomize=True, deadline=None)
@given(factor=st.integers(1, 5), rows=st.integers(1, 4), columns=st.integers(1, 4), depth=st.integers(1, 3))
def test_every_pixel_keeps_its_place_and_gets_logits_of_its_own(factor, rows, columns, depth):
    net = SubpixelUNet(factor, base_width=1, depth=depth).eval()
    image = torch.rand(1, 1, rows * factor * 2**depth, columns * factor * 2**depth)
    assert torch.equal(net[2](net[0](image)), image)  # without the network in between
    with torch.no_grad():
        assert net(image).shape == (1, 2, *image.shape[2:])


def test_with_factor_one_it_is_the_padded_network():
    torch.manual_seed(0)
    net = SubpixelUNet(1, base_width=2, depth=1).eval()
    torch.manual_seed(0)
    plain = PaddedUNet(base_width=2, depth=1).eval()
    image = torch.rand(1, 1, 8, 12)
    assert torch.equal(net(image), plain(image))


@pytest.mark.parametrize("size", [(72, 64), (64, 40)])
def test_a_size_that_does_not_fit_is_refused_with_the_nearest(size):
    net = SubpixelUNet(4, base_width=2, depth=3).eval()
    with pytest.raises(ValueError, match="multiple of 32") as refused:
        net(torch.rand(1, 1, *size))
    nearest = 64 if size[0] == 72 else 32
    assert f"{nearest} and" in str(refused.value)
    assert net(torch.rand(1, 1, nearest, nearest)).shape == (1, 2, nearest, nearest)


def test_it_refuses_colours_and_senseless_arguments():
    with pytest.raises(ValueError, match="channel"):
        SubpixelUNet(2, base_width=2, depth=1)(torch.rand(1, 3, 8, 8))
    with pytest.raises(ValueError, match="factor"):
        SubpixelUNet(0)


def test_it_can_be_kept_in_a_file_and_predicts_whole_images(tmp_path):
    torch.manual_seed(0)
    net = SubpixelUNet(4, base_width=2, depth=2).eval()
    facts = dict.fromkeys(("data", "seed", "recipe", "commit", "scores"))
    kept, metadata = checkpoints.read(checkpoints.save(tmp_path / "a.safetensors", net, facts))
    assert metadata["arguments"] == {"factor": 4, "base_width": 2, "depth": 2}
    image = torch.rand(48, 64).numpy()
    assert predict(kept, image).shape == (2, 48, 64)
    torch.testing.assert_close(kept[1].score.weight, net[1].score.weight.half().float())
