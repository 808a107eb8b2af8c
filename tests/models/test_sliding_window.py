"""The sliding-window network: its counts, its errors, and that `predict` is what its definition says."""

import time

import numpy as np
import pytest
import torch

from unet_edu.arithmetic import unet_macs
from unet_edu.models import sliding_window
from unet_edu.models.sliding_window import SlidingWindowNet, mirrored


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return SlidingWindowNet()


def test_parameters_and_cost(net):
    assert sum(p.numel() for p in net.parameters()) == 219_290
    assert net.macs_per_window == 121_464_592
    whole = 512 * 512 * net.macs_per_window
    assert whole / 1e12 == pytest.approx(31.84, abs=0.005)
    assert round(whole / unet_macs(700)) == 129  # times the one U-Net pass that does the same


def test_cost_is_what_torch_counts(net):
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        wide = SlidingWindowNet(in_channels=3, num_classes=5)
        with FlopCounterMode(display=False) as counter:
            assert wide(torch.empty(1, 3, 95, 95)).shape == (1, 5)
    assert counter.get_total_flops() == 2 * wide.macs_per_window


def test_sizes_of_the_maps(net):
    sizes = []
    handles = [
        getattr(net, name).register_forward_hook(lambda module, inputs, output: sizes.append(output.shape[-1]))
        for name in ("conv1", "pool1", "conv2", "pool2", "conv3", "pool3", "conv4", "pool4", "fc5", "score")
    ]
    assert net(torch.zeros(2, 1, 95, 95)).shape == (2, 2)
    for handle in handles:
        handle.remove()
    assert sizes == [92, 46, 42, 21, 18, 9, 6, 3, 200, 2]


def test_weights_keep_the_signal_alive(net):
    image = torch.randn(8, 1, 95, 95)
    assert 0.1 < net(image).std() < 10


@pytest.mark.parametrize("shape", [(5, 7), (1, 1), (1, 3), (60, 2)])
def test_predict_is_the_net_on_windows_cut_by_hand(net, shape):
    image = np.random.default_rng(1).random(shape)
    found = net.predict(image, batch_size=13)
    assert found.probabilities.shape == (2, *shape)
    assert found.probabilities.dtype == torch.float32
    assert torch.allclose(found.probabilities.sum(0), torch.ones(shape), atol=1e-6)
    padded = np.pad(image, 47, mode="reflect")
    for row, column in {(0, 0), (shape[0] - 1, shape[1] - 1), (shape[0] // 2, shape[1] // 3)}:
        window = torch.tensor(padded[row : row + 95, column : column + 95], dtype=torch.float32)
        assert window[47, 47] == pytest.approx(image[row, column])
        by_hand = net(window[None, None]).softmax(1)[0]
        assert torch.allclose(found.probabilities[:, row, column], by_hand, atol=1e-5)


def test_predict_tells_what_it_cost(net):
    start = time.perf_counter()
    found = net.predict(torch.zeros(3, 4))
    assert 0 < found.seconds <= time.perf_counter() - start
    assert found.patches == 12
    assert found.macs == 12 * 121_464_592


def test_predict_takes_channels_and_keeps_the_network_as_it_was(net):
    torch.manual_seed(1)
    color = SlidingWindowNet(in_channels=3, num_classes=4).train()
    found = color.predict(np.random.default_rng(2).random((3, 2, 5)).astype("float32"), progress=True)
    assert found.probabilities.shape == (4, 2, 5)
    assert not found.probabilities.requires_grad
    assert color.training
    assert color.conv1.weight.requires_grad
    alone = net.predict(torch.ones(2, 2)).probabilities
    with_channel = net.predict(torch.ones(1, 2, 2)).probabilities
    assert torch.equal(alone, with_channel)


def test_predict_cuts_no_more_windows_at_a_time_than_asked(net):
    batches = []
    handle = net.register_forward_pre_hook(lambda module, inputs: batches.append(len(inputs[0])))
    net.predict(torch.zeros(4, 5), batch_size=8)
    handle.remove()
    assert batches == [8, 8, 4]


# ------------------------------------------------------------------------------------------ all windows in one pass


@pytest.mark.parametrize("shape", [(9, 7), (1, 1), (1, 3), (18, 2)])
def test_dense_says_what_predict_says(net, shape):
    image = np.random.default_rng(4).random(shape)
    start = time.perf_counter()
    found = net.dense(image)
    assert 0 < found.seconds <= time.perf_counter() - start
    wanted = net.predict(image)
    assert found.probabilities.dtype == torch.float32
    assert found.probabilities.shape == (2, *shape)
    assert torch.allclose(found.probabilities, wanted.probabilities, rtol=0, atol=1e-5)
    assert wanted.probabilities.max() - wanted.probabilities.min() > 1e-3
    assert found.patches == wanted.patches


def test_dense_takes_channels_and_keeps_the_network_as_it_was(net):
    torch.manual_seed(1)
    color = SlidingWindowNet(in_channels=3, num_classes=4).train()
    image = np.random.default_rng(5).random((3, 2, 5)).astype("float32")
    found = color.dense(image).probabilities
    assert torch.allclose(found, color.predict(image).probabilities, rtol=0, atol=1e-5)
    assert not found.requires_grad
    assert color.training
    assert color.conv2.dilation == (1, 1)
    with pytest.raises(ValueError, match=r"\(1, H, W\), not \(3, 4, 4\)"):
        net.dense(torch.zeros(3, 4, 4))


def test_dense_in_bands_says_the_same(net, monkeypatch):
    image = np.random.default_rng(6).random((11, 8))
    whole = net.dense(image)
    monkeypatch.setattr(sliding_window, "BAND", 3 * 8)
    monkeypatch.setattr(sliding_window, "MIN_ROWS", 1)
    bands = net.dense(image)
    assert torch.allclose(bands.probabilities, whole.probabilities, rtol=0, atol=1e-5)
    assert bands.macs > 2 * whole.macs
    monkeypatch.setattr(sliding_window, "MIN_ROWS", 11)
    assert net.dense(image).macs == whole.macs


def test_what_dense_costs(net):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        macs = net.dense(torch.zeros(3, 4)).macs
    assert counter.get_total_flops() == 2 * macs
    # A sum of layers of (H + some)·(W + some) values, so pixel·H·W + edge·(H + W) + rest.
    small, row = net.dense(torch.zeros(2, 3)).macs, net.dense(torch.zeros(3, 3)).macs
    pixel = macs - row - net.dense(torch.zeros(2, 4)).macs + small
    edge = row - small - 3 * pixel
    rest = small - 2 * 3 * pixel - (2 + 3) * edge
    assert pixel == 218_896
    assert round(net.macs_per_window / pixel) == 555
    assert round(512**2 * net.macs_per_window / (512**2 * pixel + 1024 * edge + rest)) == 475


# ------------------------------------------------------------------------------------------------------- and the rest


@pytest.mark.parametrize("size", [1, 2, 3, 47, 48, 200])
def test_mirroring_is_numpys(size):
    axis = np.arange(size)
    assert np.array_equal(mirrored(size, 47).numpy(), np.pad(axis, 47, mode="reflect"))


def test_wrong_windows_are_refused_with_the_rule(net):
    with pytest.raises(ValueError, match=r"exactly 95 × 95 pixels, not 96 × 95.*predict"):
        net(torch.zeros(1, 1, 96, 95))
    with pytest.raises(ValueError, match="in_channels=1, not 3"):
        net(torch.zeros(1, 3, 95, 95))
    with pytest.raises(ValueError, match="four axes"):
        net(torch.zeros(95, 95))


def test_wrong_images_are_refused_with_the_rule(net):
    with pytest.raises(TypeError, match="divide grey values of 0 … 255 by 255"):
        net.predict(np.zeros((4, 4), dtype="uint8"))
    with pytest.raises(ValueError, match=r"\(1, H, W\), not \(3, 4, 4\)"):
        net.predict(torch.zeros(3, 4, 4))
    with pytest.raises(ValueError, match="at least one pixel"):
        net.predict(torch.zeros(0, 4))
    with pytest.raises(ValueError, match="batch_size must be at least 1, not 0"):
        net.predict(torch.zeros(4, 4), batch_size=0)
    with pytest.raises(ValueError, match="num_classes must be at least 1"):
        SlidingWindowNet(num_classes=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_predict_on_the_gpu_is_that_of_the_cpu(net):
    image = np.random.default_rng(3).random((9, 11))
    here = net.predict(image).probabilities
    try:
        there = net.cuda().predict(image).probabilities
    finally:
        net.cpu()
    assert there.device.type == "cpu"
    assert torch.allclose(here, there, atol=1e-2)
