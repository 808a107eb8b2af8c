"""RowOfTen: what comes out is what PyTorch's valid convolution leaves."""

import json

import numpy as np
import pytest
import torch

from unet_edu.figures import RowOfTen
from unet_edu.figures.openers.row_of_ten import VALUES

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_the_means_are_pytorch_s(node):
    kernels = list(range(1, 8))
    code = f"{READ} console.log(JSON.stringify(given.kernels.map((one) => figure.means(given.values, one))));"
    found = node(RowOfTen, code, json.dumps({"values": VALUES, "kernels": kernels}))
    row = torch.tensor(VALUES, dtype=torch.float32)[None, None]
    for kernel, means in zip(kernels, found, strict=True):
        wanted = torch.nn.functional.conv1d(row, torch.full((1, 1, kernel), 1 / kernel))[0, 0].numpy()
        np.testing.assert_allclose(means, wanted, rtol=1e-5)
        assert RowOfTen(kernel=kernel).out == len(means)


@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_the_poster_counts_what_comes_out(kernel):
    _, alt = RowOfTen(kernel=kernel).poster()
    assert f"{11 - kernel} values" in alt
