"""SlidingWindow: what is counted against windows that are really visited, and against the network."""

import json

import numpy as np
import pytest
import torch
import traitlets

from unet_edu.figures import SlidingWindow
from unet_edu.figures.sliding_window import layers, visits, work
from unet_edu.models import SlidingWindowNet

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'
CASES = [(8, 0), (8, 1), (8, 8), (8, 13), (8, 64), (20, 137), (33, 33 * 33), (128, 5000)]


@pytest.mark.parametrize(("side", "windows"), CASES[:6])
def test_every_window_is_counted_one_by_one(side, windows):
    for name, size, step, _ in layers():
        counted = np.zeros((side + step * (size - 1),) * 2, int)
        for window in range(windows):
            row, column = divmod(window, side)
            reach = step * (size - 1) + 1
            counted[row : row + reach : step, column : column + reach : step] += 1
        np.testing.assert_array_equal(visits(side, windows, name), counted)


def test_the_script_counts_as_python_does(node):
    code = f"""{READ}
    const counted = (...given) => [[...figure.visits(...given)], figure.different(...given)];
    console.log(JSON.stringify(given.map(([side, windows]) => [
        figure.work(side, windows),
        figure.layers().map((layer) => counted(side, windows, layer)),
    ])))"""
    for (side, windows), (done, told) in zip(CASES, node(SlidingWindow, code, json.dumps(CASES)), strict=True):
        assert (done["patchwise"], done["dense"]) == work(side, windows)
        for (name, *_), (counts, different) in zip(layers(), told, strict=True):
            wanted = visits(side, windows, name)
            np.testing.assert_array_equal(np.reshape(counts, wanted.shape), wanted)
            assert different == (wanted > 0).sum()


def test_the_work_is_that_of_the_network():
    """`predict` and `dense` count while they compute, and say the same of every pixel."""
    torch.manual_seed(0)
    net = SlidingWindowNet().eval()
    image = torch.rand(9, 9)
    one_by_one, at_once = net.predict(image), net.dense(image)
    assert work(9, 81) == (one_by_one.macs, at_once.macs)
    assert torch.allclose(one_by_one.probabilities, at_once.probabilities, atol=1e-5)


def test_the_poster_and_the_limits():
    fig, alt = SlidingWindow(side=32, done=100).poster()
    patchwise, dense = work(32, 1024)
    assert f"{patchwise / dense:.0f} times fewer" in alt
    assert len(fig.axes) == 4
    for values in ({"side": 7}, {"side": 129}, {"done": -1}, {"layer": "conv5"}):
        with pytest.raises(traitlets.TraitError):
            SlidingWindow(**values)
