"""Upsampling: the script's four ways against PyTorch's, the claims of its texts, and the limits."""

import json

import numpy as np
import pytest
import torch
import traitlets
from torch.nn import functional

from unet_edu.figures import Upsampling
from unet_edu.figures.upsampling import LINEAR, METHODS, SIDE, trained, upsampled

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


@pytest.mark.parametrize("method", METHODS)
def test_the_script_upsamples_as_pytorch_does(node, method):
    rng = np.random.default_rng(0)
    kernel = 3 if method == "three" else 2
    cases = [(rng.random((side, side)), rng.normal(size=kernel**2)) for side in (1, 2, SIDE, 9) for _ in range(5)]
    text = json.dumps([[coarse.ravel().tolist(), len(coarse), method, weights.tolist()] for coarse, weights in cases])
    found = node(
        Upsampling, f"{READ} console.log(JSON.stringify(given.map((one) => [...figure.upsample(...one)])))", text
    )
    for (coarse, weights), fine in zip(cases, found, strict=True):
        wanted = upsampled(coarse, method, weights)
        np.testing.assert_allclose(np.reshape(fine, wanted.shape), wanted, atol=1e-5)


def test_the_script_counts_the_windows(node):
    code = "console.log(JSON.stringify([12, 13].map((n, at) => Array.from({ length: n * n }, (_, i) => "
    code += f"figure.parts(['two', 'three'][at], {SIDE}, i % n, Math.floor(i / n), new Array(9).fill(1)).length))))"
    for kernel, counts in zip((2, 3), node(Upsampling, code), strict=True):
        ones = torch.ones(1, 1, SIDE, SIDE), torch.ones(1, 1, kernel, kernel)
        wanted = functional.conv_transpose2d(*ones, stride=2)[0, 0]
        np.testing.assert_array_equal(np.reshape(counts, wanted.shape), wanted)
        assert set(counts) == ({1} if kernel == 2 else {1, 2, 4})


def test_what_the_texts_claim():
    """Equal 2×2 weights are nearest; the linear 3×3 ones are bilinear with aligned corners, the outer ring apart."""
    coarse = np.random.default_rng(1).random((SIDE, SIDE))
    np.testing.assert_allclose(upsampled(coarse, "two", [1] * 4), upsampled(coarse, "nearest", []))
    x = torch.tensor(coarse, dtype=torch.float32)[None, None]
    aligned = functional.interpolate(x, size=2 * SIDE - 1, mode="bilinear", align_corners=True)[0, 0]
    linear = upsampled(coarse, "three", np.array(LINEAR) / 100)
    np.testing.assert_allclose(linear[1:-1, 1:-1], aligned, atol=1e-6)
    inside = upsampled(np.eye(3)[1][:, None] * np.eye(3)[1], "bilinear", [])
    assert sorted({round(16 * value) for value in inside.ravel().tolist()}) == [0, 1, 3, 9]
    assert len(set(trained())) > 1, "a trained kernel has weights of its own"


def test_the_figure_holds_what_python_computes_and_refuses_the_rest():
    figure = Upsampling("two", two=[100, 0, 0, 0])
    assert figure.fine.shape == (12, 12)
    assert figure.fine[1::2].max() == 0
    assert Upsampling().fine.shape == (13, 13)
    fig, alt = figure.poster()
    assert len(fig.axes) == 5
    assert "13 pixels wide" in alt
    for wrong in ({"method": "cubic"}, {"coarse": [0] * 35}, {"coarse": [101] * 36}, {"three": [300] * 9}, {"x": 13}):
        with pytest.raises(traitlets.TraitError):
            Upsampling(**wrong)
