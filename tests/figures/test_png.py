"""png.js: pictures of 16 bits are read as they are, and what is written other programs read."""

import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from unet_edu.figures import FeatureMaps

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def written(values, kinds, colour=0):
    """A PNG file of 16 bits whose lines take the filters `kinds` in turn; values: (H, W) or (H, W, channels)."""
    rows = values.astype(">u2").reshape(len(values), -1).view(np.uint8).astype(int)
    pixel = 2 * (values.shape[2] if values.ndim == 3 else 1)
    lines = []
    for y, row in enumerate(rows):
        kind = kinds[y % len(kinds)]
        above = rows[y - 1] if y else np.zeros_like(row)
        left, corner = (np.concatenate([np.zeros(pixel, int), one[:-pixel]]) for one in (row, above))
        guess = left + above - corner
        near = np.abs(np.stack([guess - left, guess - above, guess - corner]))
        paeth = np.where((near[0] <= near[1]) & (near[0] <= near[2]), left, np.where(near[1] <= near[2], above, corner))
        taken = [np.zeros_like(row), left, above, (left + above) // 2, paeth][kind]
        lines.append(bytes([kind]) + ((row - taken) % 256).astype(np.uint8).tobytes())
    height, width = values.shape[:2]

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    packed = zlib.compress(b"".join(lines))
    parts = [chunk(b"IDAT", packed[:40]), chunk(b"IDAT", packed[40:])]
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(parts) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kinds", [[0], [1], [2], [3], [4], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("colour", [0, 2, 4, 6])
def test_16_bits_are_read_whatever_the_filter(node, kinds, colour):
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    values = np.random.default_rng(colour).integers(0, 4096, (11, 17, channels))
    data = written(values, kinds, colour)
    if channels == 1:
        np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(data))), values[..., 0])
    wanted = values[..., 0] if channels < 3 else np.floor(values[..., :3] @ [0.299, 0.587, 0.114] + 0.5)
    code = f"""{READ} const bytes = Uint8Array.from(given);
        const {{ width, height, values }} = await figure.readPng16(bytes);
        console.log(JSON.stringify([figure.pngHeader(bytes), width, height, [...values]]))"""
    header, width, height, found = node(FeatureMaps, code, json.dumps(list(data)))
    assert header == {"width": 17, "height": 11, "bits": 16, "type": colour, "interlaced": False}
    assert (width, height) == (17, 11)
    np.testing.assert_array_equal(np.reshape(found, (11, 17)), wanted)


def test_what_is_no_png_has_no_header(node):
    assert node(FeatureMaps, "console.log(JSON.stringify(figure.pngHeader(new Uint8Array(50))))") is None


@pytest.mark.parametrize(("channels", "kind"), [(1, "Uint8Array"), (1, "Uint16Array"), (3, "Uint8Array")])
def test_what_is_written_pillow_reads(node, channels, kind):
    values = np.random.default_rng(1).integers(0, 256 if kind == "Uint8Array" else 65536, (9, 14, channels))
    code = f"""{READ} const data = {kind}.from(given);
        const blob = await figure.writePng({{ width: 14, height: 9, channels: {channels}, data }});
        console.log(JSON.stringify([blob.type, ...new Uint8Array(await blob.arrayBuffer())]))"""
    kind, *data = node(FeatureMaps, code, json.dumps(values.ravel().tolist()))
    assert kind == "image/png"
    found = Image.open(io.BytesIO(bytes(data)))
    found.load()
    np.testing.assert_array_equal(np.array(found).reshape(values.shape), values)
