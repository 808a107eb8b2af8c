"""The article's variant: sizes, parameters and costs of the reference table, and where it stops running."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from unet_edu.activations import capture
from unet_edu.models import ArticleUNet
from unet_edu.models.article import map_sizes

# input: enc1 … enc4 after the pool, centre before and after its up-convolution, dec4, dec3, dec2, dec1
TABLE = {
    572: (282, 137, 65, 29, 25, 50, 92, 176, 344, 340),
    571: (282, 137, 65, 29, 25, 50, 92, 176, 344, 340),
    573: (283, 138, 65, 29, 25, 50, 92, 176, 344, 340),
    512: (252, 122, 57, 25, 21, 42, 76, 144, 280, 276),
    388: (190, 91, 42, 17, 13, 26, 44, 80, 152, 148),
    257: (125, 59, 26, 9, 5, 10, 12, 16, 24, 20),
    256: (124, 58, 25, 9, 5, 10, 12, 16, 24, 20),
    255: (124, 58, 25, 9, 5, 10, 12, 16, 24, 20),
    233: (113, 53, 23, 8, 4, 8, 8, 8, 8, 4),
}
STAGES = ("enc1", "enc2", "enc3", "enc4", "center.drop", "center", "dec4", "dec3", "dec2", "dec1")
LAST_LAYER = {"center": "center.up_relu", "dec1": "dec1.relu2"} | {f"enc{i}": f"enc{i}.pool" for i in range(1, 5)}


def narrow():
    return ArticleUNet(2, base_width=1).eval()


def paper_size():
    with torch.device("meta"):
        return ArticleUNet(2)


@pytest.mark.parametrize("size", TABLE)
def test_map_sizes(size):
    maps = capture(narrow(), torch.randn(1, 3, size, size))
    found = tuple(
        maps[LAST_LAYER.get(stage, stage if "." in stage else f"{stage}.up_relu")].shape[-1] for stage in STAGES
    )
    assert found == TABLE[size]
    assert maps["final"].shape == (1, 2, found[-1], found[-1])
    assert maps["output"].shape == (1, 2, size, size)
    expected = dict(zip(STAGES, TABLE[size], strict=True))
    del expected["center.drop"]
    assert map_sizes(size) == expected


def test_skips_are_taken_after_the_pool_and_resized():
    maps = capture(narrow(), torch.randn(1, 3, 572, 572))
    sizes = [(maps[f"skip{i}.before"].shape[-1], maps[f"skip{i}.after"].shape[-1]) for i in (1, 2, 3, 4)]
    assert sizes == [(282, 344), (137, 176), (65, 92), (29, 50)]
    assert torch.equal(maps["skip2.before"], maps["enc2.pool"])
    before, after = maps["skip4.before"], maps["skip4.after"]
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):  # align_corners
        torch.testing.assert_close(before[..., *corner], after[..., *corner])


def test_the_first_convolutions_take_four_pixels_each():
    """572 → 568 → 564 → 282, not the 572 → 570 → 568 → 284 of the paper."""
    maps = capture(narrow(), torch.randn(1, 3, 572, 572))
    assert [maps[f"enc1.{layer}"].shape[-1] for layer in ("conv1", "conv2", "pool")] == [568, 564, 282]


def test_parameters_and_cost():
    network = paper_size()
    assert sum(parameter.numel() for parameter in network.parameters()) == 31_031_810
    with FlopCounterMode(display=False) as counter:
        assert network(torch.empty(1, 3, 572, 572, device="meta")).shape == (1, 2, 572, 572)
    assert counter.get_total_flops() / 2e9 == pytest.approx(126.1, abs=0.06)


def test_agrees_with_a_second_implementation():
    network = ArticleUNet(5, base_width=2).double().eval()
    weights = network.state_dict()
    image = torch.randn(2, 3, 240, 251, dtype=torch.float64)

    def layers(stage, x, dilation=1, up=True):
        for name in ("conv1", "conv2"):
            x = F.relu(
                F.conv2d(x, weights[f"{stage}.{name}.weight"], weights[f"{stage}.{name}.bias"], dilation=dilation)
            )
        if up:
            x = F.relu(F.conv_transpose2d(x, weights[f"{stage}.up.weight"], weights[f"{stage}.up.bias"], stride=2))
        return x

    def stretched(x, like):
        return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=True)

    def pooled(stage, x):
        return F.max_pool2d(layers(stage, x, 2, up=False), 2, ceil_mode=True)

    enc1 = pooled("enc1", image)
    enc2 = pooled("enc2", enc1)
    enc3 = pooled("enc3", enc2)
    enc4 = pooled("enc4", enc3)
    x = layers("center", enc4)
    x = layers("dec4", torch.cat((x, stretched(enc4, x)), 1))
    x = layers("dec3", torch.cat((x, stretched(enc3, x)), 1))
    x = layers("dec2", torch.cat((x, stretched(enc2, x)), 1))
    x = layers("dec1", torch.cat((x, stretched(enc1, x)), 1), up=False)
    x = stretched(F.conv2d(x, weights["final.weight"], weights["final.bias"]), image)
    torch.testing.assert_close(network(image), x, rtol=1e-12, atol=1e-12)


def test_dropout_and_initialisation_are_the_articles():
    network = ArticleUNet(2, base_width=8)
    names = [name for name, module in network.named_modules() if isinstance(module, nn.Dropout)]
    assert names == ["enc4.drop", "center.drop"]
    order = list(dict(network.enc4.named_children()))
    assert order == ["conv1", "relu1", "conv2", "relu2", "drop", "pool"]
    assert network.enc1.conv1.bias.any(), "PyTorch's default draws biases too"
    bound = 1 / (32 * 9) ** 0.5  # drawn uniformly up to 1 / sqrt(incoming nodes), here 32 channels of 3×3
    assert 0.99 * bound < network.enc4.conv1.weight.abs().max().item() <= bound * 1.000001


@pytest.mark.parametrize("size", [232, 231, 100, 9, 1])
def test_small_inputs_are_refused_with_the_reason(size):
    for shape, axis in (((1, 3, size, 240), "height"), ((1, 3, 240, size), "width")):
        with pytest.raises(ValueError, match=rf"{axis} {size} is too small.*whose kernel spans.*runs is 233"):
            narrow()(torch.empty(shape))


def test_at_232_a_map_of_2_pixels_meets_a_kernel_of_3():
    with pytest.raises(ValueError, match=r"a map of 2 pixels would meet dec3\.conv2, whose kernel spans 3"):
        map_sizes(232)


def test_every_size_from_233_on_runs():
    with torch.device("meta"):
        network = ArticleUNet(2, base_width=1)
    for size in (*range(233, 270), *range(270, 1200, 31), 1199):
        assert network(torch.empty(1, 3, size, 1432 - size, device="meta")).shape == (1, 2, size, 1432 - size)
    assert all(map_sizes(size)["dec1"] >= 4 for size in range(233, 1200))


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (torch.zeros(1, 1, 240, 240), ValueError, "in_channels=3, not 1"),
        (torch.zeros(3, 240, 240), ValueError, "four axes"),
        (torch.zeros(1, 3, 240, 240, dtype=torch.int64), TypeError, "int64"),
    ],
)
def test_other_tensors_are_refused(image, error, words):
    with pytest.raises(error, match=words):
        narrow()(image)


def test_options_are_ints_of_at_least_1():
    with pytest.raises(ValueError, match="num_classes must be at least 1"):
        ArticleUNet(0)
    with pytest.raises(TypeError, match="base_width must be an int"):
        ArticleUNet(2, base_width=0.5)


def test_compiles_without_a_graph_break():
    torch._dynamo.reset()
    network = narrow()
    compiled = torch.compile(network, fullgraph=True, backend="eager", dynamic=False)
    for shape in ((1, 3, 233, 233), (1, 3, 240, 251)):
        image = torch.randn(shape)
        assert torch.equal(compiled(image), network(image))


def test_runs_on(device):
    network = narrow().to(device)
    assert network(torch.randn(1, 3, 233, 240, device=device)).shape == (1, 2, 233, 240)
