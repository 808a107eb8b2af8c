"""The U-Net as an ONNX file, read back by the rules of protocol buffers."""

import numpy as np
import pytest

from tools.onnx_unet import message, unet_bytes, varint
from unet_edu import arithmetic
from unet_edu.models import UNet


def read_varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """[(number, value)] of a message; nested messages stay bytes."""
    found, at = [], 0
    while at < len(data):
        key, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        found.append((key >> 3, value))
    return found


def those(data, number):
    return [value for found, value in fields(data) if found == number]


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**40 + 5])
def test_whole_numbers_are_read_back(value):
    assert read_varint(varint(value), 0) == (value, len(varint(value)))


def test_a_message_is_read_back():
    inner = message((1, "é"), (2, 7))
    assert fields(message((3, inner), (4, 1000), (5, b""))) == [(3, inner), (4, 1000), (5, b"")]
    assert fields(inner) == [(1, "é".encode()), (2, 7)]


@pytest.mark.parametrize(("depth", "size"), [(4, 188), (2, 60), (1, 20)])
def test_it_holds_the_steps_and_the_weights(depth, size):
    net = UNet(base_width=4, depth=depth).eval()
    model = unet_bytes(net, size)
    (graph,) = those(model, 7)
    operators = [those(node, 4)[0].decode() for node in those(graph, 1)]
    block = ["Conv", "Relu"] * 2
    down = block + (["MaxPool", *block] * depth)
    up = ["ConvTranspose", "Slice", "Concat", *block] * depth
    assert operators == [*down, *up, "Conv"]
    tensors = {those(one, 8)[0].decode(): one for one in those(graph, 5)}
    for name, weights in net.state_dict().items():
        assert those(tensors[name], 1) == list(weights.shape)
        np.testing.assert_array_equal(np.frombuffer(those(tensors[name], 9)[0], np.float32), weights.numpy().ravel())
    known = {"x", *tensors}
    for node in those(graph, 1):
        assert {name.decode() for name in those(node, 1)} <= known, "each step reads what was there before"
        known |= {name.decode() for name in those(node, 2)}
    (out,) = those(graph, 12)
    shape = those(those(those(those(out, 2)[0], 1)[0], 2)[0], 1)
    assert [those(one, 1)[0] for one in shape] == [1, 2, *[arithmetic.output_size(size, depth)] * 2]
    assert those(those(model, 8)[0], 2) == [17]
