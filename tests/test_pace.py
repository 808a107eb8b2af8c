"""Plans for large images follow the seconds of their tiles, and the result does not depend on the plan."""

import numpy as np
import pytest
import torch

from unet_edu import pace
from unet_edu.arithmetic import tile_plan, unet_macs
from unet_edu.models import UNet
from unet_edu.predict import TileCover, cheapest, input_size, predict

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def nothing_timed(monkeypatch):
    monkeypatch.setattr(pace, "_timed", {})


@pytest.fixture
def net():
    torch.manual_seed(0)
    return UNet(base_width=1, depth=2).eval()


class Clock:
    """Returns times at which the passes over tiles begin and end: so many seconds each."""

    def __init__(self, *seconds):
        self.times = [time for at, one in enumerate(seconds) for time in (100.0 * at, 100.0 * at + one)]

    def __call__(self):
        return self.times.pop(0)


def of(net, size):
    return unet_macs(size, net.base_width, net.in_channels, net.num_classes, net.depth)


def test_rates_are_seconds_by_multiply_adds_and_it_stops_at_the_first_slow_size(net):
    sizes = [60, 84, 116, 164]
    outputs = [(size - 40) ** 2 for size in sizes]
    clock = Clock(*(each * pixels for each, pixels in zip((3, 2, 2.2, 2.4), outputs, strict=True)))
    found = pace.measure(net, sizes, clock)
    assert found.sizes == (60, 84, 116, 164)  # 2.4 is more than 1.15 times 2: the last one
    assert found.rates[1] == pytest.approx(2 * outputs[1] / of(net, 84))
    clock = Clock(*(each * pixels for each, pixels in zip((2, 2.4), outputs, strict=False)))
    assert pace.measure(net, sizes, clock).sizes == (60, 84)
    assert clock.times == []


def test_between_sizes_it_is_linear_in_the_logarithm_of_the_area():
    found = pace.Pace((100, 200), (2.0, 4.0))
    assert found.seconds(100, 100, 10) == pytest.approx(20)
    assert found.seconds(100, 200, 10) == pytest.approx(30)  # half way between 100² and 200²
    assert found.seconds(200, 200, 10) == pytest.approx(40)


def test_a_small_image_is_not_worth_timing(net, monkeypatch):
    monkeypatch.setattr(pace, "measure", lambda *_: pytest.fail("nothing is to be timed"))
    assert pace.pace(net, 200 * 200, lambda size: True) is None
    assert pace.pace(net, 2000 * 2000, lambda size: False) is None  # nothing fits into memory


def test_it_is_timed_once_for_networks_of_one_kind(net, monkeypatch):
    calls = []
    monkeypatch.setattr(pace, "measure", lambda net, sizes: calls.append(sizes) or pace.Pace(tuple(sizes), (1.0,)))
    for _ in range(2):
        pace.pace(net, 1000 * 1000, lambda size: True)
    assert len(calls) == 1
    assert max(calls[0]) ** 2 <= 1000 * 1000 / pace.SHARE
    pace.pace(UNet(base_width=2, depth=2), 1000 * 1000, lambda size: True)
    assert len(calls) == 2


def test_the_plan_follows_the_seconds_and_the_result_does_not(net, monkeypatch):
    image = np.random.default_rng(0).random((700, 900), np.float32)
    largest_first = tile_plan(image.shape, net.depth, net.base_width)[0].tile
    results, tiles = [], []
    for rates in ((1.0, 1.0, 1.0), (1.0, 9.0, 9.0)):
        monkeypatch.setattr(pace, "_timed", {})
        monkeypatch.setattr(pace, "measure", lambda net, sizes, rates=rates: pace.Pace(tuple(sizes[:3]), rates))
        cover = TileCover(net, (1, *image.shape), 2**31, CPU)
        tiles.append(max(input_size(cover.pieces[0])))
        net.normalisation = (0.5, 0.3)
        results.append(predict(net, image, progress=False))
    assert tiles[1] < tiles[0] < largest_first
    assert np.abs(results[0] - results[1]).max() < 1e-5


def test_what_is_timed_is_what_predict_computes():
    net, orders = UNet(base_width=2, depth=2).eval(), []
    net.d2.register_forward_hook(lambda layer, given, made: orders.append(given[0].stride()[1]))
    pace.measure(net, [60, 84], Clock(1, 1))
    predict(net, np.random.default_rng(0).random((100, 100), np.float32))
    assert orders == [1] * 4  # one to warm up, two timed, one of predict: channels lie side by side


def test_without_a_pace_the_fewest_multiply_adds_count(net):
    pieces, _ = cheapest(net, (100, 120), 2**31)
    assert len(pieces) == 1
