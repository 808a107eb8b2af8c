"""`capture` sees what the network does, and leaves it as it was."""

import pytest
import torch
from torch import nn

from unet_edu import arithmetic
from unet_edu.activations import capture
from unet_edu.models import ArticleUNet, OneLevelUNet, UNet


def hooks(model):
    return sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks) + len(module._backward_hooks)
        for module in model.modules()
    )


def test_every_stage_in_the_order_of_computation(device):
    model = UNet(base_width=2).to(device).eval()
    image = torch.randn(1, 1, 188, 204, device=device)
    maps = capture(model, image)
    names = ["input"]
    for name in arithmetic.stages():  # "skip3" stands there for the map after the crop
        names += [f"{name}.before", f"{name}.after"] if name.startswith("skip") else [name]
    assert list(maps) == names
    assert all(values.device.type == device.type for values in maps.values())


def test_the_maps_are_those_of_a_plain_pass():
    model = UNet(base_width=2).eval()
    image = torch.randn(2, 1, 188, 188)
    maps = capture(model, image)
    assert torch.equal(maps["input"], image)
    assert torch.equal(maps["output"], model(image))
    assert torch.equal(maps["d0.relu2"], model.d0(image))
    assert torch.equal(maps["pool1"], nn.functional.max_pool2d(maps["skip0.before"], 2))
    assert torch.equal(maps["d0.relu1"], maps["d0.conv1"].clamp(min=0))
    assert maps["d0.conv1"].min() < 0, "the ReLU after it must not work in place"


def test_skip_maps_before_and_after_the_crop():
    maps = capture(UNet(base_width=1).eval(), torch.randn(1, 1, 188, 572))
    for level, rows, columns in ((0, (184, 8), (568, 392)), (3, (16, 8), (64, 56))):
        before, after = maps[f"skip{level}.before"], maps[f"skip{level}.after"]
        assert (before.shape[2], after.shape[2]) == rows
        assert (before.shape[3], after.shape[3]) == columns
        crop = (88, 40, 16, 4)[level]
        assert torch.equal(after, before[..., crop:-crop, crop:-crop])


def test_nothing_about_the_model_changes():
    model = nn.Sequential(UNet(base_width=1, depth=1), nn.BatchNorm2d(2), nn.Dropout(0.5))
    model[0].eval()
    modes = [module.training for module in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    image = torch.randn(2, 1, 20, 20, requires_grad=True)
    maps = capture(model, image)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items()), "running means too"
    assert hooks(model) == 0
    assert image.grad is None
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(values.requires_grad for values in maps.values())
    assert torch.is_grad_enabled()


def test_foreign_hooks_stay():
    model = OneLevelUNet()
    calls = []
    model.d0.conv1.register_forward_hook(lambda *call: calls.append(1))
    capture(model, torch.randn(1, 1, 18, 18))
    assert calls == [1]
    assert hooks(model) == 1


def test_hooks_go_also_when_forward_raises():
    model = UNet(base_width=1, depth=2)
    with pytest.raises(arithmetic.SizeError):
        capture(model, torch.randn(1, 1, 45, 44))
    assert hooks(model) == 0

    class Stops(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm2d(1)

        def forward(self, x):
            self.norm(x)
            raise KeyError("half way")

    model = Stops()
    with pytest.raises(KeyError, match="half way"):
        capture(model, torch.randn(2, 1, 4, 4))
    assert hooks(model) == 0
    assert model.norm.running_mean.item() == 0


def test_layers_that_work_in_place_do_not_spoil_earlier_maps():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True))
    image = torch.randn(1, 1, 8, 8)
    maps = capture(model, image)
    assert torch.equal(maps["0"], model[0](image))
    assert maps["0"].min() < 0
    assert torch.equal(maps["1"], maps["0"].clamp(min=0))


def test_a_layer_that_is_called_again_gets_another_name():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu = nn.Conv2d(1, 1, 1), nn.ReLU()

        def forward(self, x):
            return self.relu(self.conv(self.relu(self.conv(self.relu(x)))))

    maps = capture(Twice(), torch.randn(1, 1, 2, 2))
    assert list(maps) == ["input", "relu", "conv", "relu#2", "conv#2", "relu#3", "output"]
    assert torch.equal(maps["relu#3"], maps["output"])


def test_other_networks():
    maps = capture(ArticleUNet(2, base_width=1).eval(), torch.randn(1, 3, 233, 233))
    assert [name for name in maps if name.startswith("skip")] == [
        f"skip{level}.{when}" for level in (4, 3, 2, 1) for when in ("before", "after")
    ]
    assert list(capture(nn.ReLU(), torch.ones(3))) == ["input", "output"]


def test_compiled_networks_are_looked_into_as_well():
    torch._dynamo.reset()
    model = OneLevelUNet()
    compiled = torch.compile(model, backend="eager")
    image = torch.randn(1, 1, 18, 18)
    compiled(image)
    assert list(capture(compiled, image)) == list(capture(model, image))
