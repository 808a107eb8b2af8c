"""The paper's U-Net as a file that ONNX runtimes read, written without the package onnx: for `tools/bench_page.py`.

    net ─▶ a node for each step, a tensor for each weight ─▶ protocol-buffer messages ─▶ bytes

Source of the field numbers: onnx/onnx.proto of ONNX 1.17 (IR version 8), operator set 17.
"""

from __future__ import annotations

import numpy as np

FLOAT, INT64 = 1, 7  # TensorProto.DataType
INT, INTS = 2, 7  # AttributeProto.AttributeType


def varint(value: int) -> bytes:
    """Return a whole number of 0 or more as a protocol buffer writes it, seven bits a byte."""
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(*fields) -> bytes:
    """Return the bytes of a message: of (number, value) for each field, an int, a str or bytes."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            content = value.encode() if isinstance(value, str) else bytes(value)
            out += varint(number << 3 | 2) + varint(len(content)) + content
    return out


def tensor(name: str, values) -> bytes:
    """Return a TensorProto of a float32 or int64 array."""
    kind = INT64 if values.dtype == np.int64 else FLOAT
    dims = [(1, int(length)) for length in values.shape]
    return message(*dims, (2, kind), (8, name), (9, np.ascontiguousarray(values).tobytes()))


def node(operator: str, inputs, output: str, **attributes) -> bytes:
    """Return a NodeProto with one output; attributes are lists of whole numbers."""
    lists = [
        (5, message((1, name), *[(8, value) for value in values], (20, INTS))) for name, values in attributes.items()
    ]
    return message(*[(1, name) for name in inputs], (2, output), (3, output), (4, operator), *lists)


def value_info(name: str, shape) -> bytes:
    """Return a ValueInfoProto of a float32 tensor."""
    dims = message(*[(1, message((1, length))) for length in shape])
    return message((1, name), (2, message((1, message((1, FLOAT), (2, dims))))))


def unet_bytes(net, size: int) -> bytes:
    """Return a `UNet` in eval mode as an ONNX model: "x" (1, 1, size, size), normalised, to "score", the logits."""
    weights = {name: value.detach().float().numpy() for name, value in net.state_dict().items()}
    nodes, initial = [], [tensor(name, value) for name, value in weights.items()]
    side = {"x": size}

    def step(operator, inputs, output, length, **attributes):
        nodes.append(node(operator, inputs, output, **attributes))
        side[output] = length
        return output

    def pair(block, last):
        for number in (1, 2):
            name = f"{block}.conv{number}"
            step("Conv", [last, f"{name}.weight", f"{name}.bias"], name, side[last] - 2, kernel_shape=[3, 3])
            last = step("Relu", [name], f"{block}.relu{number}", side[name])
        return last

    def cut(last, length, output):
        edge = (side[last] - length) // 2
        for name, values in {"from": [edge, edge], "to": [edge + length] * 2, "axes": [2, 3]}.items():
            initial.append(tensor(f"{output}.{name}", np.array(values, np.int64)))
        return step("Slice", [last, *(f"{output}.{name}" for name in ("from", "to", "axes"))], output, length)

    last = "x"
    for level in range(net.depth + 1):
        if level:
            last = step("MaxPool", [last], f"pool{level}", side[last] // 2, kernel_shape=[2, 2], strides=[2, 2])
        last = pair(f"d{level}", last)
    for level in reversed(range(net.depth)):
        up = f"up{level}"
        parts = [last, f"{up}.weight", f"{up}.bias"]
        step("ConvTranspose", parts, up, 2 * side[last], kernel_shape=[2, 2], strides=[2, 2])
        skip = cut(f"d{level}.relu2", side[up], f"skip{level}")
        joined = f"joined{level}"
        nodes.append(
            message((1, skip), (1, up), (2, joined), (4, "Concat"), (5, message((1, "axis"), (3, 1), (20, 2))))
        )
        side[joined] = side[up]
        last = pair(f"u{level}", joined)
    step("Conv", [last, "score.weight", "score.bias"], "score", side[last], kernel_shape=[1, 1])
    out = value_info("score", [1, net.num_classes, side["score"], side["score"]])
    graph = message(
        *[(1, each) for each in nodes], (2, "U-Net"), *[(5, each) for each in initial],
        (11, value_info("x", [1, net.in_channels, size, size])), (12, out),
    )  # fmt: skip
    return message((1, 8), (7, graph), (8, message((1, ""), (2, 17))))
