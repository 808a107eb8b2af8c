"""The paper's network against a second implementation, the reference numbers, and the arithmetic."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from unet_edu import arithmetic
from unet_edu.activations import capture
from unet_edu.models import OneLevelUNet, UNet
from unet_edu.models.unet import CenterCrop

PAPER_SIZES = (188, 204, 220, 236, 252, 268, 284, 300, 316, 380, 444, 508, 556, 572, 588, 700, 1020)


def on_meta(network, *arguments, **options):
    """Build a network without memory for its weights: shapes and counts only."""
    with torch.device("meta"):
        return network(*arguments, **options)


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


# ------------------------------------------------------------------------------------- a second implementation


def reference(weights, x, depth, level=0):
    """U-Net by recursion on plain functions, from a state_dict: one call for each level, without dropout."""

    def convolve(name, x, kernel_function=F.conv2d, **options):
        return kernel_function(x, weights[f"{name}.weight"], weights[f"{name}.bias"], **options)

    def twice(stage, x):
        return F.relu(convolve(f"{stage}.conv2", F.relu(convolve(f"{stage}.conv1", x))))

    x = twice(f"d{level}", x)
    if level < depth:
        below = reference(weights, F.max_pool2d(x, 2), depth, level + 1)
        up = convolve(f"up{level}", below, F.conv_transpose2d, stride=2)
        border_y, border_x = (x.shape[2] - up.shape[2]) // 2, (x.shape[3] - up.shape[3]) // 2
        x = F.pad(x, (-border_x, -border_x, -border_y, -border_y))  # negative padding cuts
        x = twice(f"u{level}", torch.cat((x, up), 1))
    return convolve("score", x) if level == 0 else x


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_agrees_with_a_second_implementation(depth, device):
    network = UNet(in_channels=2, num_classes=3, base_width=4, depth=depth).to(device, torch.float64).eval()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)  # biases too, which start at zero
    first, second, third = arithmetic.valid_sizes(depth)[:3]
    for height, width in ((first, first), (second, third), (third, first)):
        image = torch.randn(2, 2, height, width, device=device, dtype=torch.float64)
        ours, theirs = network(image), reference(network.state_dict(), image, depth)
        assert ours.shape == (2, 3, arithmetic.output_size(height, depth), arithmetic.output_size(width, depth))
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9 * theirs.abs().max().item())


def test_order_of_the_joined_maps_is_skip_then_up():
    """Figure 1 shows the copied map on the left; weights that hear the left half alone must not hear the deep path."""
    network = UNet(base_width=4, depth=1).eval()
    image = torch.randn(1, 1, 20, 20)
    with torch.no_grad():
        network.u0.conv1.weight[:, 4:] = 0
        before = network(image)
        network.up0.weight *= -3
        assert torch.equal(before, network(image))


# --------------------------------------------------------------------------------------------- reference numbers


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 31_030_658),
        ({"base_width": 32}, 7_759_554),
        ({"base_width": 16}, 1_940_834),
        ({"base_width": 8}, 485_682),
        ({"in_channels": 3}, 31_031_810),
        ({"num_classes": 1}, 31_030_593),
        ({"in_channels": 3, "num_classes": 21}, 31_033_045),
    ],
)
def test_parameters(options, count):
    assert parameters(on_meta(UNet, **options)) == count


def test_the_papers_layers():
    network = on_meta(UNet)
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]
    assert len(layers) == 23, "'In total the network has 23 convolutional layers'"
    assert sum(layer.weight.numel() for layer in layers) == 31_023_808
    assert sum(layer.bias.numel() for layer in layers) == 6_850
    assert network.d4.conv1.weight.shape == (1024, 512, 3, 3)
    assert network.up3.weight.shape == (1024, 512, 2, 2)
    assert network.u3.conv1.weight.shape == (512, 1024, 3, 3)
    assert network.score.weight.shape == (2, 64, 1, 1)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert not any(getattr(module, "inplace", False) for module in network.modules()), "maps looked at stay true"
    assert (network.base_width, network.depth) == (64, 4)


def test_layers_and_costs_are_those_of_the_arithmetic():
    """Every row of `layer_table`: weights, biases, map size."""
    network = on_meta(UNet)
    maps = capture(network.eval(), torch.empty(1, 1, 572, 444, device="meta"))
    for row in arithmetic.layer_table((572, 444)):
        assert maps[row.name].shape == (1, row.out_channels, *row.output), row.name
        layer = network.get_submodule(row.name)
        assert sum(p.numel() for p in layer.parameters()) == row.parameters, row.name


@pytest.mark.parametrize("size", PAPER_SIZES)
def test_the_output_is_184_smaller(size):
    network = on_meta(UNet)
    assert network(torch.empty(1, 1, size, size, device="meta")).shape == (1, 2, size - 184, size - 184)


def test_output_sizes_of_the_paper_and_of_a_512_image():
    for size, out in ((572, 388), (188, 4), (700, 516)):
        assert on_meta(UNet)(torch.empty(1, 1, size, 572, device="meta")).shape == (1, 2, out, 388)


@pytest.mark.parametrize(("size", "gigamacs"), [(572, 150.428), (188, 6.10), (700, 246.63)])
def test_costs(size, gigamacs):
    network = on_meta(UNet)
    with FlopCounterMode(display=False) as counter:
        network(torch.empty(1, 1, size, size, device="meta"))
    assert counter.get_total_flops() == 2 * arithmetic.unet_macs(size)
    assert counter.get_total_flops() / 2e9 == pytest.approx(gigamacs, abs=0.006)


@pytest.mark.parametrize(("base_width", "gigamacs"), [(32, 37.66), (16, 9.44)])
def test_costs_of_narrow_networks(base_width, gigamacs):
    network = on_meta(UNet, base_width=base_width)
    with FlopCounterMode(display=False) as counter:
        network(torch.empty(1, 1, 572, 572, device="meta"))
    assert counter.get_total_flops() / 2e9 == pytest.approx(gigamacs, abs=0.006)


def test_skip_maps_and_crops_at_572():
    maps = capture(on_meta(UNet).eval(), torch.empty(1, 1, 572, 572, device="meta"))
    sizes = [(maps[f"skip{level}.before"].shape[-1], maps[f"skip{level}.after"].shape[-1]) for level in range(4)]
    assert sizes == [(568, 392), (280, 200), (136, 104), (64, 56)]
    assert [(before - after) // 2 for before, after in sizes] == [88, 40, 16, 4]


# ------------------------------------------------------------------------------------------------------- dropout


@pytest.mark.parametrize(("depth", "names"), [(1, ["drop1"]), (2, ["drop1", "drop2"]), (4, ["drop3", "drop4"])])
def test_dropout_stands_at_the_end_of_the_contracting_path(depth, names):
    network = on_meta(UNet, base_width=1, depth=depth)
    assert [name for name, module in network.named_modules() if isinstance(module, nn.Dropout)] == names
    assert all(network.get_submodule(name).p == 0.5 for name in names)


def test_dropout_acts_in_training_and_reaches_the_skip_of_its_level():
    network, image = UNet(base_width=4, depth=2), torch.randn(1, 1, 44, 44)
    first, second = network(image), network(image)
    assert not torch.equal(first, second)
    maps = capture(network, image)
    dropped, kept = maps["drop1"] == 0, maps["d1.relu2"] > 0
    assert 0.4 < (dropped & kept).sum() / kept.sum() < 0.6
    assert torch.equal(maps["skip1.before"], maps["drop1"])
    assert torch.equal(maps["skip0.before"], maps["d0.relu2"])
    network.eval()
    assert torch.equal(network(image), network(image))


# ------------------------------------------------------------------------------------------------ initialisation


def test_weights_are_drawn_with_the_papers_n():
    """std = sqrt(2 / incoming nodes), to within the noise of the draw; kaiming's fan-in is off by sqrt(2) at `up`."""
    network = UNet(base_width=32)
    for name, layer in network.named_modules():
        if isinstance(layer, nn.ConvTranspose2d):
            incoming = layer.in_channels
        elif isinstance(layer, nn.Conv2d):
            incoming = layer.in_channels * layer.weight.shape[2] ** 2
        else:
            continue
        ratio = layer.weight.std().item() / (2 / incoming) ** 0.5
        assert abs(ratio - 1) < 4 / (2 * layer.weight.numel()) ** 0.5, name  # four standard errors
        assert abs(layer.weight.mean().item()) < 4 * (2 / incoming / layer.weight.numel()) ** 0.5, name
        assert not layer.bias.any(), name


def test_a_neuron_of_level_0_hears_576_nodes():
    """The paper's own example: a 3×3 convolution over 64 channels."""
    weight = UNet(depth=1).d0.conv2.weight
    assert weight.std().item() == pytest.approx((2 / 576) ** 0.5, rel=0.02)


def test_activations_grow_little_on_the_way_down_and_up():
    """Reference values of one draw: mean squares 1.9 at the first layer, 17.7 at the bottleneck, 41 at the end.

    PyTorch's default initialisation gives 5e-5 at the bottleneck, `kaiming_normal_` 4 at the end.
    """
    maps = capture(UNet().eval(), torch.randn(1, 1, 188, 188))
    square = {name: maps[name].square().mean().item() for name in ("d0.conv1", "d4.conv2", "u0.conv2")}
    assert 1.4 < square["d0.conv1"] < 2.6
    assert 9 < square["d4.conv2"] < 32
    assert 12 < square["u0.conv2"] < 90


# ------------------------------------------------------------------------------------------------------ geometry


def field(network, height, width, row, column):
    """Which (rows, columns) of the image an output pixel depends on: every weight positive, means for maxima."""
    network = copy.deepcopy(network).double().eval()
    for parameter in network.parameters():
        nn.init.constant_(parameter, 1 / parameter[0].numel() if parameter.ndim > 1 else 0.0)
    for level in range(1, network.depth + 1):
        setattr(network, f"pool{level}", nn.AvgPool2d(2))
    image = torch.ones(1, 1, height, width, dtype=torch.float64, requires_grad=True)
    network(image)[0, 0, row, column].backward()
    rows, columns = (image.grad[0, 0].sum(axis).nonzero().flatten() for axis in (1, 0))
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


@pytest.mark.parametrize(
    ("depth", "size", "positions"),
    [(1, 24, range(8)), (2, 56, range(16)), (4, 220, (0, 3, 4, 17, 35))],
)
def test_receptive_fields_are_those_of_the_arithmetic(depth, size, positions):
    network = UNet(base_width=1, depth=depth)
    for position in positions:
        other = positions[-1 - position % 2]
        rows, columns = field(network, size, size, other, position)
        assert columns == tuple(arithmetic.receptive_field(position, depth))
        assert rows == tuple(arithmetic.receptive_field(other, depth))


def test_an_output_pixel_sees_188_or_204_pixels():
    network = UNet(base_width=1)
    widths = [columns[1] - columns[0] for _, columns in (field(network, 188 + 16, 220, 0, i) for i in (0, 3, 4, 15))]
    assert widths == [188, 188, 204, 204]


def test_shifts_by_16_pixels_move_the_output_along_and_shifts_by_8_do_not():
    network = UNet(base_width=4).double().eval()
    image = torch.randn(1, 1, 204, 220, dtype=torch.float64)
    with torch.no_grad():
        whole = network(image)  # 20 × 36
        torch.testing.assert_close(network(image[..., 16:]), whole[..., 16:], rtol=0, atol=1e-12)
        torch.testing.assert_close(network(image[..., 16:, :]), whole[..., 16:, :], rtol=0, atol=1e-12)
        half_way = network(image[..., 8:-8])
    assert (half_way - whole[..., 8:-8]).std() > 0.1 * whole.std()


# ------------------------------------------------------------------------------------------------- illegal input


@given(height=st.integers(1, 240), width=st.integers(1, 240), depth=st.integers(1, 4))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_a_size_runs_exactly_where_the_arithmetic_says(height, width, depth):
    network = on_meta(UNet, base_width=1, depth=depth)
    image = torch.empty(1, 1, height, width, device="meta")
    if arithmetic.is_valid(height, depth) and arithmetic.is_valid(width, depth):
        expected = (1, 2, arithmetic.output_size(height, depth), arithmetic.output_size(width, depth))
        assert network(image).shape == expected
    else:
        with pytest.raises(ValueError, match="legal size"):
            network(image)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 1, 570, 572), ("height 570", "556", "572")),
        ((1, 1, 572, 512), ("width 512", "508", "524")),
        ((1, 1, 187, 188), ("height 187", "188")),
        ((1, 3, 572, 572), ("in_channels=1", "not 3")),
        ((1, 572, 572), ("four axes", "images[None]")),
        ((572, 572), ("four axes", "images[None, None]")),
    ],
)
def test_errors_name_what_is_wrong_and_what_is_right(shape, words):
    network = on_meta(UNet)
    network.d0.register_forward_hook(lambda *call: pytest.fail("computed before it checked"))
    with pytest.raises(ValueError, match=".") as error:
        network(torch.empty(shape, device="meta"))
    assert all(word in str(error.value) for word in words), str(error.value)


def test_only_floating_tensors_are_taken():
    network = UNet(base_width=1)
    image = torch.zeros(1, 1, 188, 188, dtype=torch.uint8)
    with pytest.raises(TypeError, match="uint8: divide .* `images / 255`"):
        network(image)
    assert network(image / 255).shape == (1, 2, 4, 4)
    with pytest.raises(TypeError, match="ndarray"):
        network(image.numpy())


@pytest.mark.parametrize("option", ["in_channels", "num_classes", "base_width", "depth"])
def test_options_are_ints_of_at_least_1(option):
    with pytest.raises(ValueError, match=f"{option} must be at least 1, not 0"):
        UNet(**{option: 0})
    for value in (1.0, "4", True, None):
        with pytest.raises(TypeError, match=f"{option} must be an int"):
            UNet(**{option: value})


def test_crop_takes_the_centre_and_refuses_where_there_is_none():
    ramp = torch.arange(49.0).reshape(1, 1, 7, 7)
    crop = CenterCrop()
    assert crop(ramp, torch.empty(1, 5, 3, 5)).flatten()[[0, -1]].tolist() == [15, 33]
    assert torch.equal(crop(ramp, ramp), ramp)
    for like in ((4, 5), (5, 6), (9, 7)):
        with pytest.raises(ValueError, match="no centre"):
            crop(ramp, torch.empty(1, 1, *like))


# --------------------------------------------------------------------------------------------- as part of PyTorch


@pytest.mark.parametrize("dynamic", [None, False, True])
def test_compiles_without_a_graph_break(dynamic):
    torch._dynamo.reset()
    network = UNet(base_width=2, depth=2).eval()
    compiled = torch.compile(network, fullgraph=True, backend="eager", dynamic=dynamic)
    for height, width in ((44, 44), (48, 60), (44, 52)):
        image = torch.randn(1, 1, height, width)
        assert torch.equal(compiled(image), network(image))
    with pytest.raises(RuntimeError, match="nearest legal sizes: 44 and 48"):  # PyTorch's error around ours
        compiled(torch.randn(1, 1, 46, 44))


def test_compiled_with_breaks_allowed_raises_the_same_error():
    torch._dynamo.reset()
    compiled = torch.compile(UNet(base_width=1, depth=1).eval(), backend="eager")
    with pytest.raises(arithmetic.SizeError, match="height 19"):
        compiled(torch.randn(1, 1, 19, 18))


def test_state_dict_is_all_there_is_to_it():
    network, other = UNet(base_width=2, depth=3), UNet(base_width=2, depth=3)
    image = torch.randn(1, 1, 92, 108)
    other.load_state_dict(network.state_dict())
    assert torch.equal(network.eval()(image), other.eval()(image))
    assert len(network.state_dict()) == 2 * len(
        [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]
    )


def test_every_weight_learns():
    network = UNet(base_width=4, depth=2).eval()
    network(torch.randn(1, 1, 48, 48)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


@pytest.mark.gpu
def test_half_precision_on_cuda():
    network = UNet(base_width=8).cuda().eval()
    image = torch.randn(1, 1, 188, 204, device="cuda")
    with torch.no_grad(), torch.autocast("cuda", dtype=torch.bfloat16):
        assert network(image).shape == (1, 2, 4, 20)


# ------------------------------------------------------------------------------------------------- the first one


def test_one_level_network_is_the_papers_at_depth_1():
    small, full = OneLevelUNet(), UNet(base_width=8, depth=1).eval()
    full.load_state_dict(small.state_dict())  # the same names and shapes
    for height, width in ((18, 18), (36, 24)):
        image = torch.randn(2, 1, height, width)
        assert torch.equal(small(image), full(image))
        assert small(image).shape == (2, 2, height - 16, width - 16)


def test_one_level_network_is_drawn_as_the_papers():
    torch.manual_seed(3)
    small = OneLevelUNet(3, 5, 4)
    assert small.up0.weight.std().item() == pytest.approx((2 / 8) ** 0.5, rel=0.2)
    assert not small.d0.conv1.bias.any()
    assert small(torch.randn(1, 3, 18, 20)).shape == (1, 5, 2, 4)


@pytest.mark.parametrize(("height", "width", "words"), [(19, 18, "height 19"), (18, 16, "width 16.*smallest.*18")])
def test_one_level_network_names_the_nearest_sizes(height, width, words):
    with pytest.raises(ValueError, match=words):
        OneLevelUNet()(torch.randn(1, 1, height, width))
