"""ReceptiveField: the script's intervals against the package's, over all sizes and depths; its gradients."""

import json

import numpy as np
import pytest
import torch
import traitlets
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_edu import arithmetic, checkpoints
from unet_edu.data import cells
from unet_edu.figures import ReceptiveField
from unet_edu.figures.receptive_field import IMAGES, PIXEL, TILE, every_gradient, gradients, square_of

READ = 'import { readFileSync } from "node:fs"; const given = JSON.parse(readFileSync(0, "utf-8"));'


def as_lists(intervals):
    return {name: list(interval) for name, interval in intervals.items()}


@given(st.integers(1, 5), st.data())
def test_a_footprint_ends_in_the_receptive_field(depth, data):
    stage = data.draw(st.sampled_from(arithmetic.stages(depth)))
    position = data.draw(st.integers(0, 400))
    found = arithmetic.footprints(position, depth, stage)
    assert found["input"] == arithmetic.receptive_field(position, depth, stage)
    assert found[stage] == (position, position + 1)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(0, 6), st.data())
def test_a_pixel_reaches_what_sees_it(depth, further, data):
    """`spread` is the converse of `footprints`: for the output exactly, for an inner stage's map as far as it goes."""
    size = arithmetic.valid_sizes(depth)[further]
    pixel = data.draw(st.integers(0, size - 1))
    stage = data.draw(st.sampled_from(["output", *arithmetic.stages(depth)]))
    reached = arithmetic.spread(pixel, size, depth).get(stage, arithmetic.Interval(0, 0))
    length = arithmetic.output_size(size, depth) if stage == "output" else reached.stop
    seen = [arithmetic.footprints(position, depth, stage)["input"] for position in range(length)]
    assert list(range(*reached)) == [at for at, (start, stop) in enumerate(seen) if start <= pixel < stop]


def test_footprints_and_spread_refuse_what_is_not_there():
    with pytest.raises(ValueError, match="no stage 'd9'"):
        arithmetic.footprints(0, 4, "d9")
    with pytest.raises(ValueError, match="0 to 187"):
        arithmetic.spread(188, 188)
    with pytest.raises(arithmetic.SizeError):
        arithmetic.spread(0, 570)


@pytest.mark.parametrize("depth", range(1, 6))
def test_the_script_knows_every_footprint(node, depth):
    """All stages, and output positions over two periods."""
    cases = [(position, stage) for stage in arithmetic.stages(depth) for position in (0, 1, 3, 4, 30)]
    cases += [(position, "output") for position in range(2 * 2**depth)]
    code = f"{READ} console.log(JSON.stringify(given.map(([p, s]) => figure.footprints(p, {depth}, s))))"
    for (position, stage), found in zip(cases, node(ReceptiveField, code, json.dumps(cases)), strict=True):
        assert found == as_lists(arithmetic.footprints(position, depth, stage)), (position, stage)


@pytest.mark.parametrize("depth", range(1, 6))
def test_the_script_knows_which_sizes_are_legal(node, depth):
    """Of all sizes 1 … 1100: the same ones, the same output, the same neighbours."""
    code = f"""const all = Array.from({{ length: 1100 }}, (_, at) => at + 1);
    const told = (n) => [figure.lengths(n, {depth})?.output ?? null, figure.nearestValid(n, {depth})];
    console.log(JSON.stringify(all.map(told)))"""
    for size, (output, near) in enumerate(node(ReceptiveField, code), start=1):
        legal = arithmetic.is_valid(size, depth)
        assert output == (arithmetic.output_size(size, depth) if legal else None)
        if not legal:
            assert near == list(arithmetic.nearest_valid(size, depth))


@pytest.mark.parametrize(("depth", "size"), [(1, 18), (2, 60), (3, 100), (4, 188), (4, 572), (5, 412)])
def test_the_script_spreads_a_pixel_as_the_package_does(node, depth, size):
    pixels = list(range(0, size, max(size // 60, 1)))
    code = f"{READ} console.log(JSON.stringify(given.map((p) => figure.spread(p, {size}, {depth}))))"
    for pixel, found in zip(pixels, node(ReceptiveField, code, json.dumps(pixels)), strict=True):
        assert found == as_lists(arithmetic.spread(pixel, size, depth)), pixel


def test_the_gradient_is_that_of_the_network_and_its_square_that_of_the_script(node):
    """Recomputed here pixel by pixel of the output; nothing outside of what can be seen has any."""
    trained, random = gradients()
    net = checkpoints.load("unet8-cells")
    mean, std = net.normalisation
    total = torch.zeros(TILE, TILE)
    for seed in range(IMAGES):
        x = ((torch.tensor(cells.tissue(TILE, seed=seed).image)[None, None] - mean) / std).requires_grad_()
        scores = net(x)[0, :, PIXEL, PIXEL]
        (scores[1] - scores[0]).backward()
        total += x.grad[0, 0].abs()
    seen = slice(*arithmetic.receptive_field(PIXEL))
    assert total[seen, seen].sum() == pytest.approx(total.sum().item())
    wanted = (total / total.max()).sqrt()[seen, seen].numpy() * 255
    assert np.abs(trained - wanted).max() <= 1
    for strength in (trained, random):
        code = f"""{READ} console.log(JSON.stringify([50, 80, 95, 99].map(
            (share) => figure.squareOf(given, {len(strength)}, share))))"""
        sides = node(ReceptiveField, code, json.dumps(strength.ravel().tolist()))
        assert sides == [square_of(strength, share) for share in (50, 80, 95, 99)]
        assert sides == sorted(sides)


def test_the_poster_and_the_limits():
    figure = ReceptiveField(position=195)
    fig, alt = figure.poster()
    assert "made of 188 input pixels" in alt
    assert len(fig.axes) == 3
    assert len(figure.maps) < 100_000
    for values in ({"size": 0}, {"depth": 6}, {"position": -1}, {"share": 100}, {"direction": "sideways"}):
        with pytest.raises(traitlets.TraitError):
            ReceptiveField(**values)


def test_there_is_a_gradient_for_every_depth_and_width_of_the_field():
    listed, others = every_gradient()
    widths = {(one["depth"], one["side"] * one["scale"]) for one in listed}
    wanted = {
        (depth, arithmetic.receptive_field(2 * 2**depth + phase, depth).width)
        for depth in range(1, 6)
        for phase in range(2**depth)
    }
    assert widths == wanted
    assert [one["weights"] for one in listed if one["depth"] == 4] == ["trained", "random"] * 2
    assert sum(one["side"] ** 2 for one in listed[2:]) == others.size
    assert len(ReceptiveField().others) < 120_000
    at = 0
    for one in listed[2:]:
        strength = others[at : at + one["side"] ** 2].reshape(one["side"], -1)
        at += one["side"] ** 2
        middle = one["pixel"] + arithmetic.border(one["depth"])
        middle = (middle - arithmetic.receptive_field(one["pixel"], one["depth"]).start) // one["scale"]
        near = strength[middle - 4 : middle + 5, middle - 4 : middle + 5]
        assert near.mean() > 2 * strength.mean() or one["side"] < 20


def test_a_place_is_kept_by_the_script(node):
    """From any value to its place and back: the same value; from any pixel to a value: the one whose cell it is in."""
    code = """
    const { placeOf, valueAt, lengths } = figure, out = [];
    for (const [size, depth] of [[572, 4], [268, 4], [140, 3], [92, 2], [1084, 5]]) {
      for (const [stage, length] of Object.entries(lengths(size, depth))) {
        for (let at = 0; at < length; at += 1) {
          const place = placeOf(at, stage, size, depth);
          if (valueAt(place, stage, size, depth) !== at) out.push([size, stage, at]);
        }
      }
    }
    console.log(JSON.stringify([out, placeOf(196, "output", 572, 4), valueAt(294.5, "d4.relu2", 572, 4)]));
    """
    lost, place, value = node(ReceptiveField, code)
    assert lost == []
    assert place == 92 + 196.5
    assert value == 14
