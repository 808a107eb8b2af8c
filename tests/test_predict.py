"""Prediction in tiles: equal to one pass, whatever the size of image and memory; what it costs; what it refuses."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from unet_edu import predict as module
from unet_edu.arithmetic import border, nearest_valid, plan, tile_plan, unet_macs
from unet_edu.models import ArticleUNet, FCN8s, FCN32s, OneLevelUNet, PaddedUNet, SlidingWindowNet, UNet
from unet_edu.predict import TileCover, cheapest, dry_run_bytes, pass_bytes, predict

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = torch.device("cpu")


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def network(depth=2, base_width=3, in_channels=1, num_classes=2, seed=0):
    torch.manual_seed(seed)
    return UNet(in_channels, num_classes, base_width, depth).eval()


def memory_for(net, *size):
    """The least max_memory that allows tiles of that size, one for a square."""
    size = size * 2 if len(size) == 1 else size
    return pass_bytes(size, net.base_width, net.in_channels, net.num_classes, net.depth)


def in_one_pass(net, image):
    """The same by numpy's own mirroring and a single pass: numpy reflects small images again and again too."""
    height, width = image.shape[-2:]
    edge = border(net.depth)
    bottom, right = (nearest_valid(side + 2 * edge, net.depth)[1] - side - edge for side in (height, width))
    image = image.reshape(-1, height, width)
    padded = np.pad(image, ((0, 0), (edge, bottom), (edge, right)), mode="reflect")
    with torch.no_grad():
        result = net(torch.from_numpy(padded)[None]).softmax(dim=1)[0, :, :height, :width]
    return result.numpy()


def tiles_of(net, image, max_memory):
    return TileCover(net, (net.in_channels, *image.shape[-2:]), max_memory, CPU).pieces


# ------------------------------------------------------------------------------------------------ equal to one pass


@settings(max_examples=25, derandomize=True, deadline=None)
@given(height=st.integers(1, 90), width=st.integers(1, 90), depth=st.integers(1, 2), extra=st.integers(0, 40))
def test_tiles_say_what_one_pass_says_for_any_size(height, width, depth, extra):
    net = network(depth)
    image = drawn(height, width)
    smallest = memory_for(net, plan_size(depth, extra))
    found = predict(net, image, max_memory=smallest)
    assert found.shape == (2, height, width)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, in_one_pass(net, image), rtol=0, atol=1e-5)


def plan_size(depth, extra=0):
    """A small legal tile whose output holds a step of the grid."""
    return nearest_valid(2 * border(depth) + 2**depth + extra, depth)[1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (300, 333)])
def test_the_paper_s_depth(shape):
    net = network(depth=4, base_width=2)
    image = drawn(*shape)
    limit = memory_for(net, 300)
    assert len(tiles_of(net, image, limit)) == (1 if max(shape) < 117 else 9)
    np.testing.assert_allclose(predict(net, image, max_memory=limit), in_one_pass(net, image), rtol=0, atol=1e-5)


def test_seams_do_not_show_and_a_plan_off_the_grid_differs():
    """The control: edge to edge, 388 apart instead of 384, the second tile pools over other pixels."""
    net = network(depth=4, base_width=4)
    image = drawn(20, 420)
    whole = in_one_pass(net, image)
    mirrored = np.pad(image, ((92, 100), (92, 500)), mode="reflect")

    def tile(first):
        with torch.no_grad():
            return net(torch.from_numpy(mirrored[None, None, :204, first : first + 572])).softmax(1)[0].numpy()

    seam = slice(388, 420)
    np.testing.assert_allclose(tile(384)[:, :20, 4:36], whole[:, :, seam], rtol=0, atol=1e-5)
    assert np.abs(tile(388)[:, :20, :32] - whole[:, :, seam]).max() > 1e-2

    limit = memory_for(net, 220, 412)
    assert len(tiles_of(net, image, limit)) == 2
    np.testing.assert_allclose(predict(net, image, max_memory=limit), whole, rtol=0, atol=1e-5)


def test_the_network_of_one_level():
    torch.manual_seed(0)
    net = OneLevelUNet(base_width=4).eval()
    image = drawn(61, 40)
    limit = memory_for(net, 40)
    assert len(tiles_of(net, image, limit)) > 4
    np.testing.assert_allclose(predict(net, image, max_memory=limit), in_one_pass(net, image), rtol=0, atol=1e-5)


def test_channels_and_classes():
    net = network(in_channels=3, num_classes=5)
    image = drawn(3, 50, 71)
    found = predict(net, image, max_memory=memory_for(net, 60))
    np.testing.assert_allclose(found, in_one_pass(net, image), rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-5)


def test_a_large_image_in_many_tiles():
    net = network(depth=4, base_width=2)
    image = drawn(2000, 1500)
    few = predict(net, image)
    limit = memory_for(net, 700)
    assert len(tiles_of(net, image, limit)) >= 8
    np.testing.assert_allclose(predict(net, image, max_memory=limit), few, rtol=0, atol=1e-5)


@pytest.mark.parametrize("make", [UNet, PaddedUNet])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_cpu_computes_with_channels_last_and_the_network_keeps_its_order(make, channels):
    torch.manual_seed(0)
    net = make(in_channels=channels, base_width=3, depth=2).eval()
    image, orders = drawn(channels, 64, 96), []
    weights = {name: value.stride() for name, value in net.named_parameters()}

    def note(layer, given, made):
        if made.device == CPU:  # not the run without values, which finds the memory
            orders.append(made.is_contiguous(memory_format=torch.channels_last))

    hooks = [
        layer.register_forward_hook(note)
        for layer in net.modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.MaxPool2d)
    ]
    found = predict(net, image)
    for hook in hooks:
        hook.remove()
    assert len(orders) == len(hooks)
    assert all(orders)
    assert {name: value.stride() for name, value in net.named_parameters()} == weights
    if make is UNet:
        wanted = in_one_pass(net, image)
    else:
        with torch.no_grad():
            wanted = net(torch.from_numpy(image)[None]).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_network_that_depends_on_the_order_of_numbers_gets_them_as_ever():
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3, padding=1)

        def forward(self, images):
            images.view(len(images), -1)  # fails where channels come last
            return self.conv(images)

    assert predict(Flat(), drawn(3, 20, 30)).shape == (2, 20, 30)


def test_tensors_memory_maps_and_other_floats(tmp_path):
    net = network()
    image = drawn(40, 50)
    wanted = predict(net, image)
    stored = np.memmap(tmp_path / "image.raw", np.float32, "w+", shape=image.shape)
    stored[:] = image
    assert np.array_equal(predict(net, stored), wanted)
    assert np.array_equal(predict(net, torch.from_numpy(image).requires_grad_()), wanted)
    assert np.array_equal(predict(net, image.astype(np.float64)), wanted)
    assert np.array_equal(predict(net, image[::-1].copy()[::-1]), wanted)  # a view that runs backwards
    np.testing.assert_allclose(predict(net, torch.from_numpy(image).bfloat16()), wanted, atol=0.05)


# ------------------------------------------------------------------------------------------------ the cheapest plan


def test_a_slice_in_one_pass_of_700_or_four_of_444():
    paper = on_meta(UNet)
    pieces, largest = cheapest(paper, (512, 512), module.MAX_MEMORY)
    assert (len(pieces), largest) == (1, (700, 700))
    pieces, largest = cheapest(paper, (512, 512), pass_bytes((572, 572)))
    assert (len(pieces), largest) == (4, (444, 444))


def on_meta(kind, **options):
    with torch.device("meta"):
        return kind(**options).eval()


def cost(pieces, net):
    sizes = [module.input_size(piece) for piece in pieces]
    return sum(unet_macs(size, net.base_width, net.in_channels, net.num_classes, net.depth) for size in sizes)


@pytest.mark.parametrize("size", [(512, 512), (600, 100), (1000, 1400), (1, 1)])
def test_never_dearer_than_the_best_plan_of_square_tiles(size):
    net = on_meta(UNet, base_width=8)
    pieces, _ = cheapest(net, size, 2**40)
    assert cost(pieces, net) <= tile_plan(size, base_width=8)[0].macs
    if size == (600, 100):  # one tile no longer than the image needs
        assert [module.input_size(piece) for piece in pieces] == [(796, 284)]


@settings(max_examples=30, derandomize=True, deadline=None)
@given(height=st.integers(1, 3000), width=st.integers(1, 3000), tile=st.sampled_from([204, 300, 572, 1020]))
def test_targets_cover_each_pixel_once_and_inputs_are_legal(height, width, tile):
    net = on_meta(UNet, base_width=8)
    limit = pass_bytes((tile, tile), 8)
    pieces, _ = cheapest(net, (height, width), limit)
    counted = np.zeros((height, width), np.uint8)
    for piece in pieces:
        counted[piece.target] += 1
        sizes = [plan(side, 4).output_size for side in module.input_size(piece)]  # raises where one is illegal
        for kept, target, source, output in zip(piece.kept, piece.target, piece.source, sizes, strict=True):
            assert kept.start == 0
            assert kept.stop == target.stop - target.start <= output
            assert source.start == target.start
            assert source.start % 16 == 0
        assert pass_bytes(module.input_size(piece), 8) <= limit
    assert (counted == 1).all()


# ------------------------------------------------------------------------------------------------------------ memory


@pytest.mark.parametrize(
    ("net", "size"),
    [
        (UNet(base_width=8), (572, 572)),
        (UNet(base_width=4), (188, 700)),
        (UNet(base_width=16, in_channels=3, depth=2), (92, 60)),
        (OneLevelUNet(), (36, 50)),
    ],
)
def test_the_estimate_counts_what_is_alive_in_a_real_pass(net, size):
    """Once by arithmetic, once by following every tensor of a run without values."""
    found = pass_bytes(size, net.base_width, net.in_channels, net.num_classes, net.depth)
    assert found == dry_run_bytes(net.eval(), (1, net.in_channels, *size))


def test_the_worst_moment_by_hand():
    """The paper's tile: skip map, map below, up-convolved, joined and two convolved maps at the top, in numbers."""
    skip, below, up, joined = 64 * 568**2, 128 * 196**2, 64 * 392**2, 128 * 392**2
    first, second = 64 * 390**2, 64 * 388**2
    conv1 = skip + below + up + 2 * joined + 2 * first  # what a convolution reads and writes counts twice
    conv2 = skip + below + up + joined + 2 * first + 2 * second
    assert conv1 > conv2
    assert pass_bytes((572, 572)) == int(2.25 * 4 * conv1)


MEASURE = """
import sys, torch, numpy as np
from unet_edu.models import UNet
from unet_edu.predict import predict, pass_bytes
torch.set_num_threads(1)
base, tile, size = (int(word) for word in sys.argv[1:])
def peak():
    lines = dict(line.split(":") for line in open("/proc/self/status"))
    return [int(lines[name].split()[0]) * 1024 for name in ("VmHWM", "VmRSS")]
net = UNet(base_width=base).eval()
image = np.random.default_rng(0).random((size, size), dtype=np.float32)
limit = pass_bytes((tile, tile), base)
predict(net, image[:10, :10])  # what the first call loads does not count
open("/proc/self/clear_refs", "w").write("5")
before = peak()[1]
result = predict(net, image, max_memory=limit, progress=False)
print(peak()[0] - before - result.nbytes, limit)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from Linux's /proc")
@pytest.mark.parametrize(("base", "tile", "size"), [(8, 1020, 836), (16, 700, 700), (8, 572, 2000)])
def test_the_memory_of_a_real_run_stays_within_the_bound(base, tile, size):
    command = [sys.executable, "-c", MEASURE, *map(str, (base, tile, size))]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        if "clear_refs" in error.stderr:
            pytest.skip("the system does not let a process reset its peak")
        raise
    taken, limit = map(int, run.stdout.split())
    assert 0.1 * limit < taken <= limit


def test_too_little_memory_tells_the_least_that_does():
    net = network()
    image = drawn(200, 200)
    with pytest.raises(ValueError, match="smallest legal max_memory is") as raised:
        predict(net, image, max_memory=1000)
    least = int(str(raised.value).split()[-1])
    assert len(tiles_of(net, image, least)) > 1
    with pytest.raises(ValueError, match=f"smallest legal max_memory is {least}"):
        cheapest(net, (200, 200), least - 1)
    predict(net, drawn(50, 50), max_memory=least)


@pytest.mark.parametrize("wrong", [None, "1 GiB", True])
def test_memory_is_a_number(wrong):
    with pytest.raises(TypeError, match="number of bytes"):
        predict(network(), drawn(9, 9), max_memory=wrong)


@pytest.mark.parametrize("wrong", [0, -5, float("nan"), float("inf")])
def test_memory_is_positive(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        predict(network(), drawn(9, 9), max_memory=wrong)


def test_a_gpu_gets_as_many_tiles_of_one_size_as_memory_allows():
    net = network()
    image = drawn(1, 100, 130)
    limit = 3 * memory_for(net, 60)
    at_once = TileCover(net, image.shape, limit, torch.device("cuda"))
    at_once.pieces, at_once.at_once = cheapest(net, (100, 130), memory_for(net, 60))[0], 3
    found = np.zeros((2, 100, 130), np.float32)
    lengths = []
    for pieces in at_once.batches():
        lengths.append(len(pieces))
        tiles = np.stack([at_once.cut(image, piece) for piece in pieces])  # raises where sizes differ
        for each, piece in zip(module.probabilities(net, tiles, limit, CPU), pieces, strict=True):
            found[:, *piece.target] = each[:, *piece.kept]
    sizes = [module.input_size(piece) for piece in at_once.pieces]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 1
    assert len(lengths) == sum(-(-sizes.count(size) // 3) for size in set(sizes))  # no pass has tiles to spare
    np.testing.assert_allclose(found, in_one_pass(net, image[0]), rtol=0, atol=1e-5)
    assert TileCover(net, (1, 20, 20), limit, torch.device("cuda")).at_once == limit // memory_for(net, 60)
    assert TileCover(net, (1, 20, 20), limit, CPU).at_once == 1


# ------------------------------------------------------------------------------------------------ eight-fold average


def test_the_eight_views_are_all_different_and_averaged_back():
    net = network()
    image = drawn(23, 37)
    views, results = [], []
    for mirrored in (False, True):
        for turns in range(4):
            view = np.rot90(image, turns)
            view = view[:, ::-1] if mirrored else view
            views.append(view.tobytes() + bytes(view.shape))
            result = predict(net, view.copy())
            result = result[:, :, ::-1] if mirrored else result
            results.append(np.rot90(result, -turns, axes=(1, 2)))
    assert len(set(views)) == 8
    found = predict(net, image, average8=True)
    np.testing.assert_allclose(found, np.mean(results, axis=0), atol=1e-6)
    assert np.abs(found - predict(net, image)).max() > 1e-3


def test_the_average_turns_with_the_image_also_in_tiles():
    net = network()
    image = drawn(70, 41)
    limit = memory_for(net, 64)
    assert len(tiles_of(net, image, limit)) > 1
    found = predict(net, image, average8=True, max_memory=limit)
    turned = predict(net, np.rot90(image), average8=True, max_memory=limit)
    np.testing.assert_allclose(turned, np.rot90(found, axes=(1, 2)), atol=1e-6)
    np.testing.assert_allclose(found, predict(net, image, average8=True), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-5)


# ------------------------------------------------------------------------------------------------ other networks


@pytest.mark.parametrize(("net", "channels"), [(FCN8s(3, width=2), 3), (FCN32s(2, 1, width=2), 1)])
def test_a_network_of_its_input_s_size_gets_the_whole_image(net, channels):
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.1)
    image = drawn(channels, 40, 33)
    with torch.no_grad():
        wanted = net.eval()(torch.from_numpy(image)[None]).softmax(dim=1)[0].numpy()
    assert np.array_equal(predict(net, image), wanted)


def test_the_article_s_variant_gets_the_whole_image():
    net = ArticleUNet(2, base_width=2)
    image = drawn(3, 233, 240)
    with torch.no_grad():
        wanted = net.eval()(torch.from_numpy(image)[None]).softmax(dim=1)[0].numpy()
    assert np.array_equal(predict(net, image), wanted)
    with pytest.raises(ValueError, match="too small for ArticleUNet"):
        predict(net, image[:, :100])


class Padded(nn.Module):
    """A network of no kind that the package knows."""

    def __init__(self, padding=1, value_dependent=False):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=padding)
        self.norm = nn.BatchNorm2d(2)
        self.value_dependent = value_dependent

    def forward(self, images):
        if self.value_dependent and images.max() > 2:
            return images
        return self.norm(self.conv(images))


@pytest.mark.parametrize("value_dependent", [False, True])
def test_any_other_network(value_dependent):
    net = Padded(value_dependent=value_dependent)
    found = predict(net, drawn(12, 15), average8=True)
    assert found.shape == (2, 12, 15)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-6)


def test_a_whole_image_that_does_not_fit_is_refused_before_it_is_computed():
    net = FCN32s(2, 1, width=2)
    image = drawn(60, 60)
    with pytest.raises(ValueError, match="allow `max_memory=") as raised:
        predict(net, image, max_memory=2**20)
    needed = int(str(raised.value).split("max_memory=")[1].split("`")[0])
    assert predict(net, image, max_memory=needed).shape == (2, 60, 60)
    with pytest.raises(ValueError, match="takes about"):
        predict(net, image, max_memory=needed - 1)


def test_output_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"Padded should make logits \(1, classes, 9, 9\)"):
        predict(Padded(padding=0), drawn(9, 9))
    net = Padded()
    net.depth, net.base_width, net.in_channels, net.num_classes = 1, 2, 1, 2  # promises valid convolutions
    with pytest.raises(ValueError, match="depth 1 and valid convolutions"):
        predict(net, drawn(9, 9))


def test_the_sliding_window_gets_a_window_for_each_pixel():
    torch.manual_seed(0)
    net = SlidingWindowNet().eval()
    image = drawn(4, 5)
    assert np.array_equal(predict(net, image), net.predict(image).probabilities.numpy())


@pytest.mark.parametrize("network", [UNet, PaddedUNet])
def test_a_network_of_one_channel_gets_a_sigmoid(network):
    torch.manual_seed(0)
    net = network(1, 1, base_width=3, depth=2).eval()
    nn.init.normal_(net.score.weight)
    two = network(1, 2, base_width=3, depth=2).eval()
    two.load_state_dict(net.state_dict() | {"score.weight": torch.zeros(2, 3, 1, 1), "score.bias": torch.zeros(2)})
    with torch.no_grad():
        two.score.weight[1] = net.score.weight[0]  # the softmax of (0, x) is the sigmoid of x
    image = drawn(32, 48)
    found = predict(net, image)
    assert found.shape == (1, 32, 48)
    assert found.std() > 0.01
    np.testing.assert_allclose(found[0], predict(two, image)[1], atol=1e-6)


class EndsIn(nn.Module):
    """A network with a last step of its own behind its logits."""

    def __init__(self, last, classes=2):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.last = nn.Conv2d(1, classes, 3, padding=1), last

    def forward(self, images):
        return self.last(5 * self.conv(images))


@pytest.mark.parametrize(
    ("last", "classes", "name"),
    [
        (nn.Softmax(dim=1), 2, "softmax"),
        (lambda x: torch.softmax(x, 1), 3, "softmax"),
        (lambda x: x.softmax(1)[:, :, :, :], 2, "softmax"),
        (nn.Sigmoid(), 1, "sigmoid"),
        (lambda x: x.sigmoid_(), 1, "sigmoid"),
        (torch.sigmoid, 2, "sigmoid"),
    ],
)
def test_what_is_a_probability_already_stays_as_it_is(last, classes, name):
    net, image = EndsIn(last, classes), drawn(20, 20)
    with torch.no_grad():
        wanted = net(torch.from_numpy(image)[None, None])[0].numpy()
    with pytest.warns(UserWarning, match=f"EndsIn ends in a {name}"):
        found = predict(net, image)
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("last", [nn.Identity(), lambda x: x.clamp(0, 1), lambda x: 0 * x + 0.5])
def test_logits_that_happen_to_lie_in_0_to_1_are_logits(last, recwarn):
    net, image = EndsIn(last), drawn(20, 20)
    with torch.no_grad():
        wanted = net(torch.from_numpy(image)[None, None]).softmax(1)[0].numpy()
    assert np.array_equal(predict(net, image), wanted)
    assert not recwarn.list


def test_networks_that_are_wrapped():
    net, image = network(), drawn(40, 40)
    assert np.array_equal(predict(nn.DataParallel(net), image), predict(net, image))
    assert len(TileCover(net, (1, 40, 40), memory_for(net, 60), CPU).pieces) > 1


# ------------------------------------------------------------------------------------------------ scaling


@pytest.mark.parametrize(("top", "dtype"), [(255, np.uint8), (4095, np.uint16), (65535, np.uint16), (4095, np.int32)])
def test_whole_numbers_are_scaled_tile_by_tile(top, dtype, tmp_path):
    net = network()
    stored = np.rint(drawn(70, 50) * top).astype(dtype)
    wanted = predict(net, stored / top, max_memory=memory_for(net, 60))
    mapped = np.memmap(tmp_path / "image.raw", dtype, "w+", shape=stored.shape)
    mapped[:] = stored
    found = predict(net, mapped, scale=top, max_memory=memory_for(net, 60))
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    net.scaling = (0, top)
    assert np.array_equal(predict(net, mapped, max_memory=memory_for(net, 60)), found)
    np.testing.assert_allclose(predict(net, stored / top, max_memory=memory_for(net, 60)), wanted, atol=1e-6)


def test_two_values_become_0_and_1_and_the_rest_is_cut_off():
    net, image = network(), np.arange(900).reshape(30, 30)
    wanted = predict(net, np.clip((image - 100) / 500, 0, 1))
    np.testing.assert_allclose(predict(net, image, scale=(100, 600)), wanted, atol=1e-6)


@pytest.mark.parametrize("scale", ["white", True, (1, 2, 3), (5, 5), (0, np.inf), 0, -3])
def test_a_scale_that_is_none(scale):
    with pytest.raises((TypeError, ValueError), match="a scale is"):
        predict(network(), drawn(9, 9), scale=scale)


def test_images_that_were_scaled_in_another_way_are_noticed(recwarn):
    net, image = network(), drawn(30, 30)
    net.normalisation = (0.5, 0.29)
    predict(net, image)
    predict(net, 0 * image)
    assert not recwarn.list
    with pytest.warns(UserWarning, match=r"fills 0.000 … 0.062 of \[0, 1\].*4095"):
        predict(net, image * 4095 / 65535)


# ------------------------------------------------------------------------------------------------ state and settings


def test_modes_device_and_weights_stay_as_they_were():
    net = network().train()
    net.d0.eval()
    modes = [part.training for part in net.modules()]
    weights = {name: value.clone() for name, value in net.state_dict().items()}
    first = predict(net, drawn(20, 20))
    assert np.array_equal(first, predict(net, drawn(20, 20)))  # no dropout
    assert [part.training for part in net.modules()] == modes
    assert all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())


def test_modes_come_back_after_an_error():
    net = network().train()
    with torch.no_grad():
        net.score.bias[0] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        predict(net, drawn(20, 20))
    assert all(part.training for part in net.modules())


def test_batch_norm_learns_nothing():
    net = Padded().train()
    predict(net, drawn(12, 15))
    assert net.norm.num_batches_tracked == 0


def test_normalisation_is_the_network_s_own():
    net = network()
    image = drawn(30, 30)
    with_none = predict(net, image)
    net.normalisation = (0.5, 0.25)
    found = predict(net, image)
    np.testing.assert_allclose(found, in_one_pass(net, (image - 0.5) / 0.25), atol=1e-5)
    assert np.abs(found - with_none).max() > 1e-3


@pytest.mark.parametrize("wrong", [(0.5,), (0, 0), (0, -1), (float("nan"), 1), "no", 3])
def test_normalisation_that_is_none(wrong):
    net = network()
    net.normalisation = wrong
    with pytest.raises(ValueError, match=r"normalisation is .*\(mean, std\)"):
        predict(net, drawn(9, 9))


def test_a_network_of_double_precision():
    net = network()
    image = drawn(30, 30)
    single = predict(net, image)
    assert np.abs(predict(net.double(), image) - single).max() < 1e-5
    assert next(net.parameters()).dtype == torch.float64


def test_progress(capsys):
    predict(network(), drawn(30, 30))
    predict(network(), drawn(30, 30), progress=False)
    assert capsys.readouterr().err == ""
    predict(network(), drawn(30, 30), progress=True, average8=True)
    assert "8/8" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["gpu", "cuda:99", 3.5])
def test_a_device_that_is_not_there(wrong):
    net = network().train()
    with pytest.raises(ValueError, match="no device .* computes where the network is: on cpu"):
        predict(net, drawn(9, 9), device=wrong)
    assert net.training


@pytest.mark.gpu
@pytest.mark.parametrize("average8", [False, True])
def test_on_a_gpu_and_back(average8):
    net = network(depth=4, base_width=4)
    image = drawn(700, 500)
    wanted = predict(net, image, average8=average8)
    found = predict(net, image, max_memory=4 * memory_for(net, 300), average8=average8, device="cuda")
    np.testing.assert_allclose(found, wanted, atol=1e-2)  # TF32 keeps about three digits
    assert {parameter.device.type for parameter in net.parameters()} == {"cpu"}


# ------------------------------------------------------------------------------------------------ what it refuses


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.full((9, 9), 200, np.uint8), TypeError, "divide grey values of 0 … 255 by 255"),
        (np.full((9, 9), 40000, np.uint16), TypeError, "by 65535"),
        (np.full((9, 9), 4000, np.uint16), TypeError, "by 4095"),
        (np.full((9, 9), 200, np.uint16), TypeError, "divide grey values of 0 … 255 by 255"),
        (np.full((9, 9), 40000, np.int32), TypeError, "by 65535"),
        (np.full((9, 9), 4000.0), ValueError, "divide it by 4095"),
        (np.ones((9, 9), bool), TypeError, "astype"),
        (np.full((9, 9), "a"), TypeError, "floats"),
        (np.full((9, 9), 200.0), ValueError, "divide it by 255"),
        (np.full((9, 9), -0.1), ValueError, "clip"),
        (np.full((9, 9), np.nan), ValueError, "NaN"),
        (np.full((9, 9), np.inf), ValueError, "clip"),
        (np.zeros((0, 9)), ValueError, "at least one pixel"),
        (np.zeros(9), ValueError, r"must be \(H, W\) or \(1, H, W\)"),
        (np.zeros((1, 1, 9, 9)), ValueError, "one image at a time"),
        (np.zeros((2, 9, 9)), ValueError, "1 channels"),
        (np.zeros((9, 9, 1)), ValueError, "channels come first"),
    ],
)
def test_images_that_are_none(image, error, message):
    with pytest.raises(error, match=message):
        predict(network(), image)


def test_one_bad_pixel_is_found():
    image = drawn(50, 50)
    image[49, 3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        predict(network(), image)


def test_a_grey_image_for_a_network_of_three_channels():
    image = drawn(9, 9)
    with pytest.raises(ValueError, match="numpy.stack") as raised:
        predict(network(in_channels=3), image)
    assert "* 3" in str(raised.value)
    assert predict(network(in_channels=3), np.stack([image] * 3)).shape == (2, 9, 9)
