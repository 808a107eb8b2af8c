"""The FCNs: counts, sizes and crops of the reference network, and that every output pixel lies on its image pixel."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from unet_edu.activations import capture
from unet_edu.arithmetic import fcn_sizes
from unet_edu.models.fcn import (
    FCN8s,
    FCN16s,
    FCN32s,
    bilinear_kernel,
    bilinear_upsampling,
    num_parameters,
)

NETWORKS = {32: FCN32s, 16: FCN16s, 8: FCN8s}
every_network = pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda each: each.__name__)


def on_meta(network, **arguments):
    """Build a network that has shapes and no numbers."""
    with torch.device("meta"):
        return network(**arguments)


def map_sizes(net, height, width):
    """Return {layer: (height, width) of its output} for an image on the meta device."""
    sizes = {}
    handles = [
        module.register_forward_hook(lambda _, inputs, output, name=name: sizes.update({name: tuple(output.shape[2:])}))
        for name, module in net.named_modules()
    ]
    net(torch.empty(1, net.in_channels, height, width, device="meta"))
    for handle in handles:
        handle.remove()
    return sizes


# ------------------------------------------------------------------------------------------------------------ counts


@pytest.mark.parametrize(
    ("network", "count"), [(FCN32s, 134_346_581), (FCN16s, 134_357_354), (FCN8s, 134_362_751)], ids=["32s", "16s", "8s"]
)
def test_parameters_at_full_width(network, count):
    net = on_meta(network)
    assert num_parameters(net) == count
    body = {name: weights.numel() for name, weights in net.named_parameters() if name.startswith(("conv", "fc"))}
    assert sum(number for name, number in body.items() if name.startswith("conv")) == 14_714_688
    assert sum(number for name, number in body.items() if name.startswith("fc6")) == 102_764_544
    assert sum(number for name, number in body.items() if name.startswith("fc7")) == 16_781_312


@every_network
def test_a_small_network_has_few_hidden_channels_and_the_same_geometry(network):
    small, plain = (on_meta(network, num_classes=2, in_channels=1, width=6, hidden=hidden) for hidden in (32, None))
    assert (small.fc6.out_channels, small.fc7.out_channels) == (32, 32)
    assert (plain.fc6.out_channels, plain.fc7.out_channels) == (64 * 6, 64 * 6)
    assert num_parameters(small) < 250_000 < num_parameters(plain)
    assert map_sizes(small, 500, 375) == map_sizes(plain, 500, 375)
    for name, module in small.named_modules():
        if not name.startswith(("fc", "score_fr")) and name:
            same = plain.get_submodule(name)
            assert [p.shape for p in module.parameters()] == [p.shape for p in same.parameters()], name


def test_upsampling_kernels_are_stored_as_in_the_reference():
    net = on_meta(FCN32s)
    assert net.upscore.weight.numel() == 1_806_336
    assert sum(p.numel() for p in net.parameters()) == 134_346_581 + 1_806_336


def test_cost_at_500():
    net = on_meta(FCN32s)
    counter = FlopCounterMode(display=False)
    with counter:
        net(torch.empty(1, 3, 500, 500, device="meta"))
    macs = {name: sum(flops.values()) / 2e9 for name, flops in counter.get_flop_counts().items()}
    convolutions = sum(number for name, number in macs.items() if name.startswith("FCN32s.conv"))
    assert convolutions == pytest.approx(150.3, abs=0.05)
    assert macs["Global"] - macs["FCN32s.upscore"] == pytest.approx(180.9, abs=0.05)


# ------------------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (FCN32s, {"upscore": 544}),
        (FCN16s, {"upscore2": 34, "score_pool4": 44, "score_pool4c": 34, "upscore16": 560}),
        (FCN8s, {"upscore2": 34, "score_pool4c": 34, "upscore_pool4": 70, "score_pool3c": 70, "upscore8": 568}),
    ],
    ids=["32s", "16s", "8s"],
)
def test_sizes_at_500(network, expected):
    sizes = map_sizes(on_meta(network, width=1), 500, 500)
    body = {"conv1_1": 698, "conv1_2": 698, "pool1": 349, "pool2": 175, "pool3": 88, "pool4": 44, "pool5": 22}
    body |= {"fc6": 16, "fc7": 16, "score_fr": 16, "score": 500}
    for name, size in (body | expected).items():
        assert sizes[name] == (size, size), name


@every_network
@settings(max_examples=30, derandomize=True, deadline=None)
@given(height=st.integers(1, 1500), width=st.integers(1, 1500))
def test_the_result_has_the_image_size_whatever_it_is(network, height, width):
    assert map_sizes(on_meta(network, width=1), height, width)["score"] == (height, width)


@every_network
@pytest.mark.parametrize("first", [1, 101, 484])
def test_no_size_is_left_out_from_1_pixel_on(network, first):
    net = on_meta(network, width=1, in_channels=1, num_classes=1)
    for size in range(first, first + 33):  # more than a whole period of 32
        assert net(torch.empty(1, 1, size, 1, device="meta")).shape == (1, 1, size, 1)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(stride=st.sampled_from([32, 16, 8]), height=st.integers(1, 900), width=st.integers(1, 900))
def test_arithmetic_and_network_agree_on_every_map(stride, height, width):
    sizes = map_sizes(on_meta(NETWORKS[stride], width=1), height, width)
    rows, columns = fcn_sizes(height, stride), fcn_sizes(width, stride)
    names = {"conv1": "conv1_1", "upscore": {32: "upscore", 16: "upscore16", 8: "upscore8"}[stride]}
    for name in rows:
        assert sizes[names.get(name, name)] == (rows[name], columns[name]), name


def test_rounding_pools_down_would_fail_at_500():
    net = on_meta(FCN32s, width=1)
    for block in range(1, 6):
        setattr(net, f"pool{block}", nn.MaxPool2d(2))
    assert net(torch.empty(1, 3, 500, 500, device="meta")).shape[-1] < 500


# --------------------------------------------------------------------------------------------------------- alignment


def averaging(network):
    """Return a network of one channel whose every layer takes plain means: its result is linear in the image."""
    net = network(num_classes=1, in_channels=1, width=1).to(torch.float64).eval()
    for name, module in list(net.named_modules()):
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
        elif isinstance(module, nn.MaxPool2d):
            setattr(net, name, nn.AvgPool2d(2, ceil_mode=True))
    return net


def evidence(net, size, pixel):
    """Return where the evidence of an output pixel is centred, (row, column), and the map of its weights."""
    image = torch.ones(1, 1, size, size, dtype=torch.float64, requires_grad=True)
    net(image)[0, 0, pixel[0], pixel[1]].backward()
    weight = image.grad[0, 0]
    position = torch.arange(size, dtype=torch.float64)
    return tuple((weight.sum(axis) * position).sum().item() / weight.sum().item() for axis in (1, 0)), weight


PATHS = {  # the score layers of which one at a time speaks; their skip's crop, and how many pixels one step of it means
    FCN32s: {"score_fr": None},
    FCN16s: {"score_fr": None, "score_pool4": ("score_pool4c", 16)},
    FCN8s: {"score_fr": None, "score_pool4": ("score_pool4c", 16), "score_pool3": ("score_pool3c", 8)},
}
PIXELS = [(240, 233), (229, 246)]  # in the middle of 480 pixels, where no border is in sight


@pytest.mark.parametrize(
    ("network", "path"),
    [(network, path) for network, paths in PATHS.items() for path in paths],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_evidence_is_centred_on_the_pixel_itself(network, path):
    net = averaging(network)
    for other in PATHS[network]:
        if other != path:
            nn.init.zeros_(net.get_submodule(other).weight)
    for pixel in PIXELS:
        assert evidence(net, 480, pixel)[0] == pytest.approx(pixel, abs=1e-6)

    right = net.score.offset
    for wrong in (right - 1, right + 1):
        net.score.offset = wrong
        expected = [place + wrong - right for place in PIXELS[0]]
        assert evidence(net, 480, PIXELS[0])[0] == pytest.approx(expected, abs=1e-6)
    net.score.offset = right

    if PATHS[network][path]:
        crop, step = PATHS[network][path]
        net.get_submodule(crop).offset += 1
        assert evidence(net, 480, PIXELS[0])[0] == pytest.approx([place + step for place in PIXELS[0]], abs=1e-6)


def test_crops_of_the_reference():
    crops = [
        [module.offset for module in on_meta(network, width=1).modules() if hasattr(module, "offset")]
        for network in (FCN32s, FCN16s, FCN8s)
    ]
    assert crops == [[19], [5, 27], [5, 9, 31]]


def test_a_score_sees_404_pixels_and_steps_by_32():
    net = averaging(FCN32s)
    maps = {}
    net.fc7.register_forward_hook(lambda module, inputs, output: maps.update(fc7=output))
    image = torch.ones(1, 1, 500, 500, dtype=torch.float64, requires_grad=True)
    net(image)
    seen = []
    for index in (7, 8):
        (weight,) = torch.autograd.grad(maps["fc7"][0, 0, 7, index], image, retain_graph=True)
        columns = weight[0, 0].sum(0).nonzero().ravel()
        seen.append((columns.min().item(), columns.max().item()))
    (start, stop), (next_start, next_stop) = seen
    assert stop - start + 1 == 404
    assert (next_start - start, next_stop - stop) == (32, 32)
    assert (start + stop) / 2 == 32 * 7 + 12.5


# -------------------------------------------------------------------------------------------------------- upsampling


@pytest.mark.parametrize("stride", [2, 8, 16, 32])
def test_bilinear_upsampling_continues_a_ramp_exactly(stride):
    assert bilinear_kernel(stride).sum() == stride**2
    layer = bilinear_upsampling(2, stride, learned=False).to(torch.float64)
    ramp = torch.arange(6.0, dtype=torch.float64).expand(6, 6)
    coarse = torch.stack([ramp, ramp.T + 100])[None]
    fine = layer(coarse).detach()[0]  # (2, 7·stride, 7·stride)
    inside = slice(stride, -stride)
    # fine pixel u lies at the coarse coordinate (u - (kernel - 1) / 2) / stride
    place = (torch.arange(7 * stride, dtype=torch.float64) - (2 * stride - 1) / 2) / stride
    assert torch.allclose(fine[0, inside, inside], place[inside].expand(5 * stride, -1), atol=1e-12)
    assert torch.allclose(fine[1, inside, inside], place[inside, None].expand(-1, 5 * stride) + 100, atol=1e-12)


def test_bilinear_kernel_of_stride_2_by_hand():
    axis = torch.tensor([0.25, 0.75, 0.75, 0.25])
    assert torch.equal(bilinear_kernel(2), axis[:, None] * axis)
    with pytest.raises(ValueError, match="stride must be at least 1, not 0"):
        bilinear_kernel(0)


def test_the_last_upsampling_is_fixed_and_the_others_learn():
    learns = {name: p.requires_grad for name, p in on_meta(FCN8s, width=1).named_parameters() if "upscore" in name}
    assert learns == {"upscore2.weight": True, "upscore_pool4.weight": True, "upscore8.weight": False}
    assert not on_meta(FCN16s, width=1).upscore16.weight.requires_grad
    assert not on_meta(FCN32s, width=1).upscore.weight.requires_grad


# ------------------------------------------------------------------------------------------------------- start, use


@every_network
def test_a_new_network_favours_no_class_and_can_learn(network):
    torch.manual_seed(0)
    net = network(num_classes=3, in_channels=1, width=2)
    logits = net(torch.rand(2, 1, 33, 50))
    assert logits.shape == (2, 3, 33, 50)
    assert torch.count_nonzero(logits) == 0
    labels = torch.randint(3, (2, 33, 50))
    nn.functional.cross_entropy(logits, labels).backward()
    scores = [module for name, module in net.named_modules() if name.startswith("score_") and name[-1] != "c"]
    assert scores
    assert all(module.weight.grad.abs().sum() > 0 for module in scores)


def test_the_body_keeps_the_signal_alive():
    torch.manual_seed(0)
    net = FCN32s(in_channels=3, width=8).eval()
    seen = {}
    net.fc7.register_forward_hook(lambda module, inputs, output: seen.update(fc7=output))
    net(torch.randn(1, 3, 64, 64))
    assert 0.05 < seen["fc7"].std() < 20


def test_dropout_drops_single_units():
    torch.manual_seed(0)
    net = FCN32s(width=1)
    assert {type(module) for name, module in net.named_modules() if name.startswith("drop")} == {nn.Dropout}
    assert (net.drop6.p, net.drop7.p) == (0.5, 0.5)


def test_every_stage_can_be_looked_at_under_the_papers_names():
    maps = capture(FCN8s(num_classes=2, width=1).eval(), torch.rand(1, 3, 40, 40))
    paths_meet = ["upscore2", "score_pool4", "score_pool4c.before", "score_pool4c.after", "fuse_pool4"]
    assert [name for name in maps if name in paths_meet] == paths_meet
    assert maps["score_pool4c.after"].shape == maps["upscore2"].shape
    assert torch.equal(maps["score"], maps["output"])


@every_network
def test_traces_without_a_break(network):
    net = network(num_classes=2, in_channels=1, width=1).eval()
    nn.init.ones_(net.score_fr.weight)
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    image = torch.rand(1, 1, 20, 31)
    assert torch.equal(compiled(image), net(image))


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (torch.zeros(3, 20, 20), ValueError, "four axes"),
        (torch.zeros(1, 1, 20, 20), ValueError, "in_channels=3, not 1"),
        (torch.zeros(1, 3, 20, 20, dtype=torch.uint8), TypeError, "floating-point"),
        (torch.zeros(1, 3, 0, 20), ValueError, "at least 1"),
    ],
    ids=["axes", "channels", "integers", "empty"],
)
def test_wrong_images_are_refused(image, error, message):
    with pytest.raises(error, match=message):
        FCN8s(width=1)(image)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="width must be at least 1, not 0"):
        FCN8s(width=0)
    with pytest.raises(TypeError, match="num_classes must be an int"):
        FCN16s(num_classes=2.0)
    with pytest.raises(ValueError, match="hidden must be at least 1, not 0"):
        FCN32s(width=1, hidden=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@every_network
def test_the_gpu_agrees_with_the_cpu(network):
    torch.manual_seed(0)
    net = network(num_classes=2, in_channels=1, width=2).eval()
    nn.init.normal_(net.score_fr.weight)
    image = torch.rand(1, 1, 61, 40)
    with torch.no_grad():
        here = net(image)
        there = net.cuda()(image.cuda()).cpu()
    assert torch.allclose(here, there, atol=1e-2 * here.abs().max().item())
