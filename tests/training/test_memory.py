"""What a step keeps, counted without doing it, against what a step keeps that is done."""

from functools import partial

import pytest
import torch

from unet_edu.models import UNet
from unet_edu.models.fcn import num_parameters
from unet_edu.training.memory import step_bytes


def kept(net, tile, batch):
    """Return the bytes of the maps that a real forward pass keeps, by the addresses of their storages."""
    own, held = {parameter.data_ptr() for parameter in net.parameters()}, {}

    def keep(tensor):
        held[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = net(torch.rand(batch, 1, tile, tile))
    assert result.requires_grad
    return sum(one.untyped_storage().nbytes() for place, one in held.items() if place not in own)


@pytest.mark.parametrize(("width", "depth", "tile", "batch"), [(4, 2, 92, 1), (3, 1, 60, 2)])
def test_counted_is_what_a_real_pass_keeps(width, depth, tile, batch):
    build = partial(UNet, base_width=width, depth=depth)
    found = step_bytes(build, tile, batch)
    net = build()
    assert found.maps == pytest.approx(kept(net, tile, batch), rel=1e-3)
    assert found.weights == 3 * 4 * num_parameters(net)
    assert step_bytes(build, tile, batch, optimizer="adamw").weights == 4 * 4 * num_parameters(net)
    assert found.total == found.maps + found.weights


def test_checkpointing_and_sixteen_bits_keep_less():
    count = partial(step_bytes, partial(UNet, base_width=8), 188)
    plain, again, short, both = (
        count(dtype=dtype, checkpointing=checkpointing).maps
        for dtype in ("float32", "bfloat16")
        for checkpointing in (False, True)
    )
    assert both < short < 0.8 * plain  # weights have a copy in 16 bits
    assert both < again < plain
    assert count(dtype="float16").maps == short
    assert count(batch=2).maps == pytest.approx(2 * plain, rel=0.01)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="dtype must be 'float32', 'bfloat16' or 'float16', not 'int8'"):
        step_bytes(UNet, 188, dtype="int8")
    with pytest.raises(ValueError, match="one of 'sgd', 'adamw', not 'adam'"):
        step_bytes(UNet, 188, optimizer="adam")
