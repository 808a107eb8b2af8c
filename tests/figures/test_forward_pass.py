"""ForwardPass: the page computes what PyTorch computes, map by map."""

import base64
import json
import zlib

import numpy as np
import pytest
import traitlets

from unet_edu import arithmetic
from unet_edu.figures import ForwardPass
from unet_edu.figures.forward_pass import DEPTH, SIDE, SKIPS, WINDOW, answer_size, picture, trained

pytestmark = pytest.mark.usefixtures("one_thread")
READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'
RUN = f"""{READ}
const file = Uint8Array.from(atob(given.weights), (letter) => letter.charCodeAt(0));
const network = figure.readNetwork(file.buffer);
const found = {{}};
for (const [name, map] of figure.stages(Float32Array.from(given.image), given.size, network, given.off)) found[name] =
[map.size, [...map.data]]; console.log(JSON.stringify(found));
"""


def in_the_page(node, made, off=()):
    seen = picture()[made.y : made.y + WINDOW, made.x : made.x + WINDOW]
    given = {"weights": base64.b64encode(made.weights).decode(), "image": seen.ravel().tolist(), "size": WINDOW}
    found = node(ForwardPass, RUN, json.dumps(given | {"off": list(off)}))
    return {name: np.reshape(values, (-1, size, size)) for name, (size, values) in found.items()}


def test_every_map_is_pytorch_s(node):
    made = ForwardPass(x=40, y=100)
    wanted, found = made.maps, in_the_page(node, made)
    assert list(found)[0] == "input"
    assert list(found)[-1] == "output"
    for name, map in found.items():
        theirs = wanted.get(f"{name}.after", wanted.get(name)) if name != "input" else None
        if theirs is not None:
            np.testing.assert_allclose(map, theirs, atol=1e-3 * max(1, np.abs(theirs).max()))
    assert sum(name in wanted for name in found) >= 10
    assert found["output"].shape == (2, answer_size(), answer_size())


def test_a_cut_skip_is_zero_and_changes_the_answer(node):
    made = ForwardPass()
    whole, cut = in_the_page(node, made), in_the_page(node, made, SKIPS)
    assert cut["skip0"].max() == cut["skip1"].max() == 0 < whole["skip0"].max()
    np.testing.assert_array_equal(cut["d2.relu2"], whole["d2.relu2"])
    assert ((whole["output"][1] > 0.5) != (cut["output"][1] > 0.5)).mean() > 0.02


def test_the_network_has_learnt_and_has_not_seen_the_picture():
    answer = ForwardPass().maps["output"][1]
    seen = picture()[64 + 20 : 64 + 20 + len(answer), 64 + 20 : 64 + 20 + len(answer)]
    assert 0.05 < (answer > 0.5).mean() < 0.7
    assert seen[answer > 0.5].mean() > 2 * seen[answer < 0.5].mean()
    assert len(trained()[1]) < 80_000
    assert arithmetic.output_size(WINDOW, depth=DEPTH) == answer_size() == 84


def test_the_walk_stays_inside(node):
    places = node(ForwardPass, "console.log(JSON.stringify([...Array(40).keys()].map(figure.walk)));")
    assert all(0 <= value <= SIDE - WINDOW for place in places for value in place)
    assert len(set(map(tuple, places))) == 9


def test_the_picture_travels_whole():
    made = ForwardPass()
    assert len(zlib.decompress(made.image)) == SIDE**2
    with pytest.raises(traitlets.TraitError):
        ForwardPass(x=SIDE)
    with pytest.raises(traitlets.TraitError):
        ForwardPass(off=["skip2"])
