"""The same tiles by other means: that they are the same tiles, and give the same probabilities. Never their times."""

import numpy as np
import pytest
import torch

from unet_edu.experiments import runtime_times
from unet_edu.experiments.prediction_times import Case
from unet_edu.models import UNet
from unet_edu.predict import TileCover, predict

pytestmark = pytest.mark.usefixtures("one_thread")


def test_each_row_gives_the_same_probabilities_and_ratios_are_to_predict():
    found = runtime_times.measure(quick=True, rounds=2)
    (table,) = found["tables"]
    assert [row["name"] for row in table["rows"]] == ["predict", "channels first", "onnxruntime"]
    assert (table["image"], table["base_width"], table["tiles"]) == ([64, 64], 4, 1)
    first = table["rows"][0]
    assert (first["ratio"], first["difference"]) == (1, 0)
    for row in table["rows"]:
        assert row["agrees"]
        assert row["difference"] <= 1e-5
        assert len(row["seconds"]["rounds"]) == 2
        assert row["ratio"] == row["seconds"]["median"] / first["seconds"]["median"]
    assert max(row["difference"] for row in table["rows"]) > 0
    text = runtime_times.as_text(found)
    assert len(text.splitlines()) == 4
    assert "64 × 64 pixels, base width 4, 1 tile " in text


def test_several_tiles_are_put_together():
    torch.manual_seed(0)
    net = UNet(base_width=2, depth=2).eval()
    image = np.random.default_rng(0).random((150, 190), np.float32)
    cover = TileCover(net, (1, *image.shape), 2**21, torch.device("cpu"))
    assert len(cover.pieces) > 1
    found = runtime_times.by_tiles(cover, runtime_times.with_channels_first(net), image)
    np.testing.assert_allclose(found, predict(net, image), atol=1e-5)


def test_the_cases_are_the_challenge_s_slices():
    assert runtime_times.cases(quick=False) == [Case(512, 16), Case(512, 64)]
