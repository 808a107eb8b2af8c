"""SeamComb: nothing changes at multiples of 16 and something at all other shifts; the page shows what PyTorch
computed."""

import json
import zlib

import numpy as np
import pytest

from unet_edu.figures import SeamComb
from unet_edu.figures.openers.seam_comb import MOST, SIDE, windows

pytestmark = pytest.mark.usefixtures("one_thread")
READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def test_three_teeth_are_missing():
    changed = SeamComb().changed
    assert [shift for shift, share in enumerate(changed) if share == 0] == [0, 16, 32]
    assert np.allclose(changed[1:16], changed[17:32], atol=0.15), "the second half is the first once more"
    np.testing.assert_allclose(windows()[16], windows()[0], atol=1e-4)


def test_the_page_shows_the_changes_of_the_maps(node):
    packed = np.frombuffer(zlib.decompress(SeamComb().maps), np.uint8)
    assert packed.size == (MOST + 1) * SIDE**2
    code = f"{READ} console.log(JSON.stringify([1, 16, 23].map((shift) => [...figure.changes(given, shift)])));"
    for shift, found in zip((1, 16, 23), node(SeamComb, code, json.dumps(packed.tolist())), strict=True):
        wanted = np.abs(windows()[shift] - windows()[0])
        np.testing.assert_allclose(np.reshape(found, wanted.shape), wanted, atol=1 / 255 + 1e-6)
