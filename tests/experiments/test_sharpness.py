"""What the normalisations of a network hold, what they see on other images, and what measuring them anew brings."""

import pytest
import torch

from unet_edu.data import Sample, cells
from unet_edu.data.augment import Draw, warp
from unet_edu.experiments import sharpness
from unet_edu.models import UNet
from unet_edu.models.batch_norm import insert_batch_norm

SIZE = 188
LAYERS = [
    f"{block}.conv{place}" for block in ("d0", "d1", "d2", "d3", "d4", "u3", "u2", "u1", "u0") for place in (1, 2)
]


@pytest.fixture(scope="module")
def samples():
    return [cells.tissue(240, seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def net(samples):
    torch.manual_seed(0)
    net = insert_batch_norm(UNet(base_width=2))
    net.normalisation = (0.5, 0.2)
    return sharpness.remeasured(net, samples, SIZE)


def sharper(sample):
    """Return a sample with twice its fine detail."""
    images, labels = torch.tensor(sample.image)[None, None], torch.tensor(sample.label)[None]
    still = Draw(torch.zeros(1, 2), torch.zeros(1), torch.zeros(1, 2).bool(), torch.zeros(1, 2, 3, 3), None)
    image, _ = warp(images, labels, still._replace(focus=torch.ones(1)), sample.label.shape)
    return Sample(image[0, 0].numpy(), *sample[1:])


def test_a_network_measured_on_images_is_not_shifted_on_them(net, samples):
    found = sharpness.shift(net, samples, SIZE)
    assert list(found) == LAYERS
    assert found["d0.conv1"] == pytest.approx({"mean": 0, "sd": 1}, abs=1e-4)
    for layer in found.values():  # while they are measured, tiles are normalised one by one
        assert layer["mean"] < 0.3
        assert 0.7 < layer["sd"] < 1.3


def test_sharper_images_shift_what_the_first_layer_sees(net, samples):
    found = sharpness.shift(net, [sharper(sample) for sample in samples], SIZE)
    assert found["d0.conv1"]["sd"] > 1.05
    assert found["d0.conv1"]["mean"] < 0.05, "as bright as before"
    assert found["d1.conv1"]["mean"] > 0.05, "what was a spread is a mean behind the first ReLU"


def test_only_the_layers_that_are_named_are_measured_anew(net, samples):
    others = [sharper(sample) for sample in samples]
    before = {name: value.clone() for name, value in net.state_dict().items()}
    anew = sharpness.remeasured(net, others, SIZE, ("d0", "d1"))
    for name, module in sharpness.normalisations(anew).items():
        same = torch.equal(module.running_var, sharpness.normalisations(net)[name].running_var)
        assert same == (not name.startswith(("d0", "d1"))), name
    assert not any(module.training for module in anew.modules())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items()), "the network is a copy"
    assert sharpness.shift(anew, others, SIZE)["d0.conv1"] == pytest.approx({"mean": 0, "sd": 1}, abs=1e-4)


def test_dropout_drops_nothing_while_statistics_are_measured(net, samples):
    one, other = (sharpness.remeasured(net, samples, SIZE) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_the_diagnosis_of_a_run_is_in_its_entry(monkeypatch):
    drawn = {"train": tuple(cells.tissue(240, seed) for seed in range(3)), "validation": (cells.tissue(240, 7),)}
    monkeypatch.setattr("unet_edu.experiments.trial.slices", lambda data, split: drawn[split])
    plain, varied = sharpness.trials(quick=True)
    assert varied.settings() == plain.settings() | {"focus": sharpness.FOCUS}
    entry = sharpness.entry_of(plain, 0, "cpu", None, None)
    found = entry["training"]["statistics"]
    assert set(found["shift"]) == {"train", "validation"}
    assert list(found["shift"]["train"]) == LAYERS
    assert all(0 <= value <= 1 for value in found["repaired"].values())
    record = {"trials": {plain.row: plain.settings()}, "runs": [entry]}
    assert f"all {found['repaired']['all']:.3f}" in sharpness.text(record)
