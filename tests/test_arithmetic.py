"""The integers of `unet_edu.arithmetic` against torch, against brute force, and against reference values."""

import itertools
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from unet_edu import arithmetic
from unet_edu.arithmetic import (
    Grid,
    Interval,
    Level,
    SizeError,
    border,
    check_size,
    conv_out,
    fcn_crops,
    fcn_sizes,
    first_fault,
    grid_step,
    is_valid,
    layer_table,
    nearest_valid,
    output_size,
    plan,
    pool_out,
    receptive_field,
    stages,
    tile_plan,
    unet_macs,
    up_out,
    valid_sizes,
)

always = settings(derandomize=True, deadline=None)
DEPTHS = range(6)
MAIN_LEGAL = [188, 204, 220, 236, 252, 268, 284, 300, 316, 332]


def walk(size, depth):
    """Return the output size of a U-Net layer by layer, or None: written without `unet_edu.arithmetic`."""
    for _ in range(depth):
        size -= 4
        if size <= 0 or size % 2:
            return None
        size //= 2
    for level in range(depth + 1):
        size = size - 4 if level == 0 else 2 * size - 4
        if size <= 0:
            return None
    return size


# ---------------------------------------------------------------------------------------------------- the size rules

# Illegal values on purpose: where torch refuses, so must we.
sizes = st.integers(1, 24)
layers = {"kernel": st.integers(0, 5), "stride": st.integers(0, 4), "padding": st.integers(-1, 3)}


def same_as_torch(ours, torchs):
    try:
        expected = torchs().shape[-1]
    except RuntimeError:
        expected = 0
    if expected == 0:  # some backends of torch return an empty map where others raise
        with pytest.raises(ValueError, match=r"must be|legal size"):
            ours()
    else:
        assert ours() == expected


@settings(always, max_examples=600)
@given(size=sizes, dilation=st.integers(0, 3), **layers)
def test_conv_out_is_torchs(size, kernel, stride, padding, dilation):
    x, weight = torch.zeros(1, 1, size, size), torch.zeros(1, 1, kernel, kernel)
    same_as_torch(
        lambda: conv_out(size, kernel, stride, padding, dilation),
        lambda: F.conv2d(x, weight, stride=stride, padding=padding, dilation=dilation),
    )


@settings(always, max_examples=1000)
@given(size=sizes, dilation=st.integers(0, 3), ceil=st.booleans(), no_stride=st.booleans(), **layers)
def test_pool_out_is_torchs(size, kernel, stride, padding, dilation, ceil, no_stride):
    # How much padding a dilated pooling may have differs between versions of torch.
    assume(dilation <= 1 or padding <= kernel // 2)
    stride = None if no_stride else stride
    x = torch.zeros(1, 1, size, size)
    same_as_torch(
        lambda: pool_out(size, kernel, stride, padding, dilation, ceil),
        lambda: F.max_pool2d(x, kernel, stride, padding, dilation, ceil_mode=ceil),
    )


@settings(always, max_examples=600)
@given(
    size=sizes, dilation=st.integers(1, 3), output_padding=st.integers(-1, 3), **layers
)  # torch lets dilation 0 pass
def test_up_out_is_torchs(size, kernel, stride, padding, output_padding, dilation):
    x, weight = torch.zeros(1, 1, size, size), torch.zeros(1, 1, kernel, kernel)
    same_as_torch(
        lambda: up_out(size, kernel, stride, padding, output_padding, dilation),
        lambda: F.conv_transpose2d(x, weight, None, stride, padding, output_padding, dilation=dilation),
    )


@settings(always, max_examples=300)
@given(size=sizes, kernel=st.integers(1, 9), stride=st.integers(1, 4), padding=st.integers(0, 6), ceil=st.booleans())
def test_the_smallest_legal_size_of_a_message_is_legal_and_the_smallest(size, kernel, stride, padding, ceil):
    for rule in (
        lambda n: conv_out(n, kernel, stride, padding),
        lambda n: pool_out(n, kernel, stride, min(padding, kernel // 2), ceil=ceil),
        lambda n: up_out(n, kernel, stride, padding),
    ):
        try:
            rule(size)
        except SizeError as error:
            named = int(str(error).rsplit(" ", 1)[1])
            assert rule(named) >= 1
            with pytest.raises(SizeError):
                rule(named - 1)


def test_rounding_up_never_starts_a_window_past_the_edge():
    assert [pool_out(5, 2), pool_out(5, 2, ceil=True)] == [2, 3]
    assert pool_out(3, 1, 3, ceil=True) == 1  # a second window would start at pixel 3, outside


@pytest.mark.parametrize("rule", [conv_out, pool_out, up_out])
def test_a_layer_refuses_what_is_no_positive_integer(rule):
    for size in (0, -3):
        with pytest.raises(SizeError, match=f"size must be at least 1, not {size}"):
            rule(size)
    with pytest.raises(TypeError, match=r"size must be an integer, not 5\.0 \(float\): write 5"):
        rule(5.0)
    with pytest.raises(TypeError, match="kernel must be an integer"):
        rule(9, kernel="3")
    with pytest.raises(ValueError, match="stride must be at least 1, not -1"):
        rule(9, stride=-1)


# ---------------------------------------------------------------------------------------------- the plan of a U-Net


def test_the_papers_plan():
    paper = plan(572)
    assert paper.output_size == 388
    assert paper.crops == (88, 40, 16, 4)
    assert [level.down for level in paper.levels] == [
        (572, 570, 568),
        (284, 282, 280),
        (140, 138, 136),
        (68, 66, 64),
        (32, 30, 28),
    ]
    assert [level.up for level in paper.levels] == [
        (392, 390, 388),
        (200, 198, 196),
        (104, 102, 100),
        (56, 54, 52),
        None,
    ]
    assert [(level.skip, level.cropped) for level in paper.levels[:-1]] == [
        (568, 392),
        (280, 200),
        (136, 104),
        (64, 56),
    ]
    assert [level.pooled for level in paper.levels] == [284, 140, 68, 32, None]
    assert paper.levels[4] == Level(4, (32, 30, 28))
    assert str(paper).splitlines()[0] == "level 0: 572 → 570 → 568  | crop 88 |  392 → 390 → 388"


@pytest.mark.parametrize("depth", DEPTHS)
def test_closed_forms_are_the_layers_for_all_sizes_up_to_2000(depth):
    outputs = {size: walk(size, depth) for size in range(1, 2001)}
    legal = [size for size, output in outputs.items() if output is not None]
    assert valid_sizes(depth, 1, 2000) == legal
    assert legal == [size for size in outputs if is_valid(size, depth)]
    for size in legal:
        each = plan(size, depth)
        bottleneck = each.levels[-1].down[0]
        assert each.output_size == output_size(size, depth) == outputs[size] == size - (12 * 2**depth - 8)
        assert size == 2**depth * bottleneck + 4 * (2**depth - 1)
        assert each.crops == tuple(6 * 2**j - 8 for j in range(depth, 0, -1))
        assert size - 2 * border(depth) == outputs[size]
        for level in each.levels[:-1]:
            assert level.skip - 2 * level.crop == level.cropped == level.up[0]
            assert 2 * level.pooled == level.skip == level.down[2]
    for size in outputs:
        below, above = nearest_valid(size, depth)
        assert below == max((other for other in legal if other <= size), default=None)
        assert above == min((other for other in legal if other >= size), default=above)
        if outputs[size] is None:
            with pytest.raises(SizeError):
                plan(size, depth)


def walk_with(size, depth, kernel, padding):
    """Output of a U-Net with other convolutions; None where a layer refuses or a pooling would round."""
    try:
        for _ in range(depth):
            size = conv_out(conv_out(size, kernel, padding=padding), kernel, padding=padding)
            if size % 2:
                return None
            size = pool_out(size)
        size = conv_out(conv_out(size, kernel, padding=padding), kernel, padding=padding)
        for _ in range(depth):
            size = conv_out(conv_out(up_out(size), kernel, padding=padding), kernel, padding=padding)
    except SizeError:
        return None
    return size


@pytest.mark.parametrize("kernel", range(1, 8))
def test_other_kernels_and_paddings_are_their_layers_too(kernel):
    for padding, depth in itertools.product(range((kernel - 1) // 2 + 1), range(4)):
        args = depth, kernel, padding
        outputs = {size: walk_with(size, *args) for size in range(1, 400)}
        legal = [size for size, output in outputs.items() if output is not None]
        assert valid_sizes(depth, 1, 399, kernel, padding) == legal
        for size in legal[:6]:
            each = plan(size, *args)
            assert each.output_size == output_size(size, *args) == outputs[size]
            assert size - 2 * border(*args) == outputs[size]
            assert first_fault(size, *args) is None
            for level in each.levels[:-1]:
                assert level.skip - 2 * level.crop == level.cropped == level.up[0]
        for size in set(outputs) - set(legal):
            assert first_fault(size, *args)
    with pytest.raises(ValueError, match=f"makes maps grow: .* at most {(kernel - 1) // 2}"):
        plan(572, 2, kernel, (kernel + 1) // 2)


def test_a_fault_says_where():
    assert first_fault(570)[:2] == ("pool2", 279)
    assert first_fault(100)[:2] == ("pool4", 5)
    assert first_fault(172)[:2] == ("u2", 4)  # the bottom leaves 3 of 7: 6 ▶ 2, doubled 4, one too few
    assert first_fault(60)[:2] == ("d3", 4)
    assert first_fault(572) is None


@pytest.mark.parametrize(
    ("depth", "smallest", "output"), [(0, 5, 1), (1, 18, 2), (2, 44, 4), (3, 92, 4), (4, 188, 4), (5, 380, 4)]
)
def test_smallest_size_of_each_depth(depth, smallest, output):
    assert valid_sizes(depth)[0] == smallest
    assert output_size(smallest, depth) == output


def test_the_papers_sizes():
    assert valid_sizes()[:10] == MAIN_LEGAL
    pairs = {380: 196, 444: 260, 508: 324, 556: 372, 572: 388, 588: 404, 700: 516, 1020: 836}
    assert {size: output_size(size) for size in pairs} == pairs
    assert 512 not in [output_size(size) for size in valid_sizes(high=2000)]
    assert valid_sizes(low=572, high=588) == [572, 588]
    assert valid_sizes(low=573, high=587) == []
    assert (border(), grid_step()) == (92, 16)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (570, ["pool2 would meet the odd size 279", "nearest legal sizes: 556 and 572"]),
        (512, ["pool3 would meet the odd size 121", "nearest legal sizes: 508 and 524"]),
        (172, ["expansive path would run out of pixels", "smallest legal size: 188"]),
        (187, ["pool1 would meet the odd size 183", "smallest legal size: 188"]),
        (100, ["pool4 would meet the odd size 5", "smallest legal size: 188"]),
        (0, ["level 0 would get 0 pixels", "smallest legal size: 188"]),
        (-3, ["level 0 would get 0 pixels", "smallest legal size: 188"]),
    ],
)
def test_size_errors_name_the_fault_the_rule_and_the_nearest_sizes(size, words):
    for check in (check_size, plan, output_size, unet_macs, lambda n: tile_plan(512, tile_sizes=[n])):
        with pytest.raises(SizeError) as caught:
            check(size)
        for word in [f"size {size}", "16·b + 60 with b ≥ 8", *words]:
            assert word in str(caught.value)


def test_size_errors_of_other_depths_and_names():
    with pytest.raises(SizeError, match=r"^height 45: .* 4·b \+ 12 with b ≥ 8.* nearest legal sizes: 44 and 48"):
        check_size(45, 2, "height")
    with pytest.raises(SizeError, match="depth 0 takes 5 pixels or more; smallest legal size: 5"):
        check_size(4, 0)
    for depth in DEPTHS:
        smallest = valid_sizes(depth)[0]
        with pytest.raises(ValueError, match=f"smallest legal size: {smallest}"):
            check_size(smallest - 1, depth)


@pytest.mark.parametrize("value", [570.0, True, "572", None, np.float64(572), [572]])
def test_sizes_that_are_no_integers(value):
    for check in (check_size, plan, nearest_valid, is_valid, output_size):
        with pytest.raises(TypeError, match="size must be an integer"):
            check(value)


def test_type_errors_say_what_to_write():
    with pytest.raises(TypeError, match=r"570\.0 \(float\): write 570"):
        check_size(570.0)
    with pytest.raises(TypeError, match=r"'572' \(str\): write 572"):
        check_size("572")
    with pytest.raises(TypeError, match="depth must be an integer"):
        plan(572, 4.0)


def test_depth_is_checked():
    for depth in (-1, 572):
        with pytest.raises(ValueError, match="depth"):
            plan(572, depth)


def test_numpy_integers_are_integers():
    assert plan(np.int64(572), np.int32(4)) == plan(572)
    assert type(plan(np.int64(572)).output_size) is int
    assert nearest_valid(np.uint8(200)) == (188, 204)
    assert unet_macs(np.array([188, 204])[0]) == unet_macs(188)


def test_nearest_valid_far_below():
    assert nearest_valid(-(10**6)) == (None, 188)
    assert nearest_valid(570) == (556, 572)
    assert nearest_valid(572) == (572, 572)


# --------------------------------------------------------------------------------------------------- receptive fields


def dependencies(size, depth, only=None):
    """Return {stage: which value depends on which input pixel}, layer by layer; `only` cuts all other branches."""
    dep = {}

    def conv(before):
        return before[:-2] | before[1:-1] | before[2:]

    def pair(path, before):
        dep[f"{path}.conv1"] = dep[f"{path}.relu1"] = conv(before)
        dep[f"{path}.conv2"] = dep[f"{path}.relu2"] = conv(dep[f"{path}.conv1"])
        return dep[f"{path}.conv2"]

    x, skips = np.eye(size, dtype=bool), []
    for level in range(depth + 1):
        if level:
            skips.append(x)
            x = dep[f"pool{level}"] = x[0::2] | x[1::2]
        x = pair(f"d{level}", x)
    for level in reversed(range(depth)):
        x = dep[f"up{level}"] = np.repeat(x, 2, axis=0)
        skip = skips.pop()
        cut = (len(skip) - len(x)) // 2
        skip = dep[f"skip{level}"] = skip[cut : cut + len(x)]
        if only is not None:
            x, skip = (0 * x > 0, skip) if only == f"skip{level}" else (x, 0 * skip > 0)
        x = pair(f"u{level}", x | skip)
    dep["score"] = dep["output"] = x
    return dep


def intervals(dependency):
    """Return the interval of each row of `dependency`; fails where the pixels of a row are not one interval."""
    found = []
    for row in dependency:
        pixels = np.flatnonzero(row)
        assert len(pixels) == pixels[-1] - pixels[0] + 1
        found.append(Interval(int(pixels[0]), int(pixels[-1]) + 1))
    return found


@pytest.mark.parametrize(("size", "depth"), [(7, 0), (26, 1), (60, 2), (108, 3), (236, 4)])
def test_receptive_fields_of_all_stages_are_the_dependencies(size, depth):
    dep = dependencies(size, depth)
    assert set(stages(depth)) - set(dep) == {f"drop{level}" for level in (depth - 1, depth) if level > 0}
    for stage, dependency in dep.items():
        assert [receptive_field(i, depth, stage) for i in range(len(dependency))] == intervals(dependency), stage


@pytest.mark.parametrize("through", ["skip0", "skip1", "skip2", "skip3", "bottleneck"])
def test_receptive_fields_through_one_branch_are_the_dependencies(through):
    dependency = dependencies(236, 4, only=through)["output"]
    assert [receptive_field(i, through=through) for i in range(len(dependency))] == intervals(dependency)


def test_receptive_fields_reference_values():
    widths = {
        "d0.conv2": 5, "pool1": 6, "d1.conv2": 14, "pool2": 16, "d2.conv2": 32, "pool3": 36, "d3.conv2": 68,
        "pool4": 76, "d4.conv2": 140, "d4.relu2": 140, "drop4": 140, "skip3": 68, "skip0": 5,
    }  # fmt: skip
    for stage, width in widths.items():
        assert {receptive_field(i, stage=stage).width for i in range(20)} == {width}, stage
    assert receptive_field(1, stage="d4.conv2").start - receptive_field(0, stage="d4.conv2").start == 16
    fields = [receptive_field(i) for i in range(388)]
    assert [field.width for field in fields] == [188 if i % 16 < 4 else 204 for i in range(388)]
    assert [sum(field.width == width for field in fields) for width in (188, 204)] == [100, 288]
    assert (fields[0].start, fields[387].stop) == (0, 572)
    # The centre of an output pixel's view is input pixel i + 92, and it never lies in the middle.
    assert {i + 92 - field.start for i, field in enumerate(fields)} == set(range(92, 108))
    assert {field.stop - 1 - (i + 92) for i, field in enumerate(fields)} == set(range(92, 108))
    branches = [{receptive_field(i, through=f"skip{level}").width for i in range(64)} for level in range(4)]
    assert branches == [{9}, {26}, {60}, {124, 132}]
    assert receptive_field(0, stage="skip0") == (88, 93)


def test_receptive_field_errors():
    with pytest.raises(ValueError, match="position must be at least 0, not -1"):
        receptive_field(-1)
    with pytest.raises(TypeError, match="position must be an integer"):
        receptive_field(1.5)
    with pytest.raises(ValueError, match="no stage 'd5.conv1'; it has d0.conv1"):
        receptive_field(0, stage="d5.conv1")
    with pytest.raises(ValueError, match="no path from the input to u2.conv1 leads through skip1"):
        receptive_field(0, stage="u2.conv1", through="skip1")
    with pytest.raises(ValueError, match="no stage 'skip4'"):
        receptive_field(0, through="skip4")


def small_unet(x, depth, weights, pool):
    """Return the output of a one-channel U-Net without biases; `weights` yields the 3×3 and 2×2 kernels."""

    def pair(x):
        return torch.relu(F.conv2d(torch.relu(F.conv2d(x, next(weights))), next(weights)))

    skips = []
    for level in range(depth + 1):
        if level:
            skips.append(x)
            x = pool(x, 2)
        x = pair(x)
    for _ in range(depth):
        x = F.conv_transpose2d(x, next(weights)[..., :2, :2], stride=2)
        skip = skips.pop()
        cut = [(large - small) // 2 for large, small in zip(skip.shape[-2:], x.shape[-2:], strict=True)]
        x = pair(x + skip[..., cut[0] : cut[0] + x.shape[-2], cut[1] : cut[1] + x.shape[-1]])
    return x


@pytest.mark.parametrize(("size", "depth"), [(26, 1), (60, 2)])
def test_receptive_field_is_where_the_gradient_is(size, depth):
    x = torch.rand(1, 1, size, size, dtype=torch.float64, requires_grad=True)
    weights = iter(lambda: torch.full((1, 1, 3, 3), 0.1, dtype=torch.float64), None)
    output = small_unet(x, depth, weights, F.avg_pool2d)
    assert output.shape[-1] == output_size(size, depth)
    for i in range(output.shape[-1]):
        (gradient,) = torch.autograd.grad(output[0, 0, i, i], x, retain_graph=True)
        seen = [torch.nonzero(gradient[0, 0].sum(axis)).flatten() for axis in (0, 1)]
        expected = receptive_field(i, depth)
        assert all((int(s[0]), int(s[-1]) + 1, len(s)) == (*expected, expected.width) for s in seen)


# --------------------------------------------------------------------------------------------------------------- cost

# name: (weight shape out × in × k × k as its product, weights + biases, channels @ size, 10⁹ MACs at 572)
TABLE = """
d0.conv1 576 640 64@570 0.187
d0.conv2 36864 36928 64@568 11.893
pool1 0 0 64@284 0
d1.conv1 73728 73856 128@282 5.863
d1.conv2 147456 147584 128@280 11.561
pool2 0 0 128@140 0
d2.conv1 294912 295168 256@138 5.616
d2.conv2 589824 590080 256@136 10.909
pool3 0 0 256@68 0
d3.conv1 1179648 1180160 512@66 5.139
d3.conv2 2359296 2359808 512@64 9.664
pool4 0 0 512@32 0
d4.conv1 4718592 4719616 1024@30 4.247
d4.conv2 9437184 9438208 1024@28 7.399
up3 2097152 2097664 512@56 1.644
u3.conv1 4718592 4719104 512@54 13.759
u3.conv2 2359296 2359808 512@52 6.380
up2 524288 524544 256@104 1.418
u2.conv1 1179648 1179904 256@102 12.273
u2.conv2 589824 590080 256@100 5.898
up1 131072 131200 128@200 1.311
u1.conv1 294912 295040 128@198 11.562
u1.conv2 147456 147584 128@196 5.665
up0 32768 32832 64@392 1.259
u0.conv1 73728 73792 64@390 11.214
u0.conv2 36864 36928 64@388 5.550
score 128 130 2@388 0.019
"""


def test_layer_table_of_the_paper():
    rows = layer_table()
    expected = [line.split() for line in TABLE.split("\n") if line]
    assert len(rows) == len(expected) == 23 + 4
    for row, (name, weights, parameters, shape, giga) in zip(rows, expected, strict=True):
        assert (row.name, row.weights, row.parameters) == (name, int(weights), int(parameters))
        assert f"{row.out_channels}@{row.output[0]}" == shape
        assert row.output[0] == row.output[1]
        assert round(row.macs / 1e9, 3) == float(giga)
    assert sum(row.weights for row in rows) == 31_023_808
    assert sum(row.biases for row in rows) == 6_850


@pytest.mark.parametrize(
    ("channels", "classes", "width", "parameters"),
    [(1, 2, 64, 31_030_658), (1, 2, 32, 7_759_554), (1, 2, 16, 1_940_834), (1, 2, 8, 485_682),
     (3, 2, 64, 31_031_810), (1, 1, 64, 31_030_593), (3, 21, 64, 31_033_045)],
)  # fmt: skip
def test_parameters(channels, classes, width, parameters):
    rows = layer_table(188, width, channels, classes)
    assert sum(row.parameters for row in rows) == parameters


def test_macs_reference_values():
    assert round(unet_macs(572) / 1e9, 3) == 150.428
    assert round(2 * unet_macs(572) / 1e9, 3) == 300.857
    assert round(unet_macs(572, 32) / 1e9, 2) == 37.66
    assert round(unet_macs(572, 16) / 1e9, 2) == 9.44
    assert round(unet_macs(188) / 1e9, 2) == 6.10
    assert round(unet_macs(700) / 1e9, 2) == 246.63
    assert round(128**2 * unet_macs(188) / 1e9) == 99_916  # 512×512 pixels by tiles of 4


@pytest.mark.parametrize(
    ("shape", "width", "channels", "classes", "depth"), [((44, 60), 2, 3, 5, 2), ((92, 124), 1, 1, 2, 3)]
)
def test_macs_and_sizes_are_those_of_the_layers_themselves(shape, width, channels, classes, depth):
    rows = layer_table(shape, width, channels, classes, depth)
    x = torch.zeros(1, channels, *shape)
    for row in rows:
        # An up-convolution's and a concatenation's input are told from the table; sizes come from torch.
        if row.name.startswith("u") and row.name.endswith("conv1"):
            x = torch.cat([x, x], 1)
        assert x.shape[1] == row.in_channels
        if row.name.startswith("pool"):
            x, macs = F.max_pool2d(x, row.kernel), 0
        elif row.name.startswith("up"):
            weight = torch.zeros(row.in_channels, row.out_channels, row.kernel, row.kernel)
            macs, x = x[0, 0].numel() * weight.numel(), F.conv_transpose2d(x, weight, stride=2)
        else:
            weight = torch.zeros(row.out_channels, row.in_channels, row.kernel, row.kernel)
            x = F.conv2d(x, weight)
            macs = x[0, 0].numel() * weight.numel()
            assert row.weights == weight.numel()
        assert tuple(x.shape[1:]) == (row.out_channels, *row.output)
        assert row.macs == macs
    assert unet_macs(shape, width, channels, classes, depth) == sum(row.macs for row in rows)
    assert unet_macs(shape, width, channels, classes, depth) == unet_macs(shape[::-1], width, channels, classes, depth)


def test_cost_errors():
    with pytest.raises(ValueError, match="base_width must be at least 1, not 0"):
        unet_macs(572, 0)
    with pytest.raises(ValueError, match="one int or"):
        unet_macs((572, 572, 1))
    with pytest.raises(SizeError, match="size 571"):
        unet_macs((572, 571))
    with pytest.raises(TypeError, match="size must be an integer"):
        unet_macs((572, 572.0))


# -------------------------------------------------------------------------------------------------------------- tiles


def test_the_papers_tile_plans():
    plans = tile_plan(512)
    texts = [str(each) for each in plans]
    wanted = [
        "1 × 700 → 516, 246.6 GMAC",
        "4 × 444 → 260, 313.1 GMAC",
        "9 × 380 → 196, 460.9 GMAC",
        "4 × 572 → 388, 601.7 GMAC",
    ]
    places = [texts.index(text) for text in wanted]
    assert places == sorted(places)
    assert places[:2] == [0, 1]
    assert [str(each) for each in tile_plan(512, tile_sizes=(572, 380, 444, 700))] == wanted
    assert {each.tile for each in plans} == set(valid_sizes(low=204, high=700))
    first = plans[0]
    assert (first.stride, first.counts, first.pad, first.padded) == (512, (1, 1), ((92, 96), (92, 96)), (700, 700))
    four = plans[1]
    assert (four.output, four.stride, four.counts, four.tiles) == (260, 256, (2, 2), 4)
    assert four.origins() == [(0, 0), (0, 256), (256, 0), (256, 256)]
    assert tile_plan(512, tile_sizes=[572])[0].stride == 384  # not 388, which would leave the grid


image_sides = st.one_of(st.integers(1, 700), st.sampled_from([1, 2, 3, 4, 5, 16, 511, 513, 5000, 20_001]))


@settings(always, max_examples=60)
@given(height=image_sides, width=image_sides, depth=st.integers(0, 5), extra=st.lists(st.integers(0, 40), max_size=3))
def test_every_plan_covers_the_image_on_the_grid(height, width, depth, extra):
    sizes = [valid_sizes(depth, high=20_000)[4 + i] for i in extra] or None
    if sizes is None and max(height, width) > 700:
        sizes = valid_sizes(depth, high=2_000)[8::5]
    plans = tile_plan((height, width), depth, base_width=8, tile_sizes=sizes)
    assert [each.macs for each in plans] == sorted(each.macs for each in plans)
    for each in plans:
        assert each.output == output_size(each.tile, depth)
        assert each.macs == each.tiles * unet_macs(each.tile, 8, depth=depth)
        assert each.tiles == 1 or each.stride % 2**depth == 0
        for axis, side in enumerate((height, width)):
            starts = sorted({origin[axis] for origin in each.origins()})
            assert starts == [n * each.stride for n in range(each.counts[axis])]
            assert each.tiles == 1 or 0 < each.stride <= each.output  # no gap between outputs
            assert starts[-1] + each.output >= side  # to the end
            assert len(starts) == 1 or starts[-2] + each.output < side  # and no tile in vain
            before, after = each.pad[axis]
            assert before == border(depth)
            assert each.padded[axis] == before + side + after == starts[-1] + each.tile


@settings(always, max_examples=25)
@given(height=st.integers(1, 60), width=st.integers(1, 60), depth=st.integers(0, 3))
def test_the_pieces_of_every_plan_fill_the_image(height, width, depth):
    for each in tile_plan((height, width), depth, base_width=1):
        written = np.zeros((height, width), int)
        padded = np.zeros(each.padded, bool)
        for source, kept, target in each.pieces():
            assert padded[source].shape == (each.tile, each.tile)
            assert np.zeros((each.output, each.output))[kept].shape == written[target].shape
            written[target] += 1
        assert written.min() == 1


@pytest.mark.parametrize(
    ("image", "depth", "tiles"), [((40, 23), 3, (100, 108, 116)), ((33, 50), 2, (44, 52, 64)), ((9, 9), 1, (18,))]
)
def test_tiles_give_what_one_pass_gives(image, depth, tiles):
    rng = np.random.default_rng(0)
    picture = rng.random(image)
    kernels = torch.from_numpy(rng.normal(0.5, 1, size=(40, 1, 1, 3, 3)))

    def network(pixels):
        return small_unet(torch.from_numpy(pixels)[None, None], depth, iter(kernels), F.max_pool2d)[0, 0].numpy()

    def run(each):
        padded, result = np.pad(picture, each.pad, mode="reflect"), np.full(image, np.nan)
        for source, kept, target in each.pieces():
            result[target] = network(np.ascontiguousarray(padded[source]))[kept]
        return result

    whole = run(next(each for each in tile_plan(image, depth) if each.tiles == 1))
    assert whole.std() > 0
    for each in tile_plan(image, depth, tile_sizes=tiles):
        assert each.tiles > 1
        np.testing.assert_allclose(run(each), whole, rtol=1e-9, atol=1e-9 * np.abs(whole).max())


def test_tile_plan_bounds():
    assert str(tile_plan(1)[0]) == "1 × 188 → 4, 6.1 GMAC"
    assert tile_plan(1)[0].pad == ((92, 95), (92, 95))
    assert tile_plan(512, max_tile=500)[0].tile == 444
    assert max(each.tile for each in tile_plan(512, max_tile=500)) == 492
    assert tile_plan((300, 900))[0].counts[1] > tile_plan((300, 900))[0].counts[0]
    assert tile_plan(512, tile_sizes=[1020])[0].padded == (1020, 1020)
    assert str(tile_plan(1, base_width=8)[0]).endswith("MMAC")


def test_tile_plan_errors():
    for sizes in ([188], []):
        with pytest.raises(SizeError, match="on the grid of 16: .* the smallest tile is 204"):
            tile_plan(512, tile_sizes=sizes)
    with pytest.raises(SizeError, match="the smallest tile is 204"):
        tile_plan(512, max_tile=203)
    with pytest.raises(SizeError, match="tile size 570: .*nearest legal sizes: 556 and 572"):
        tile_plan(512, tile_sizes=[572, 570])
    for image in (0, (512, -1)):
        with pytest.raises(SizeError, match="image size must be at least 1"):
            tile_plan(image)
    with pytest.raises(TypeError, match="image size must be an integer"):
        tile_plan(512.0)


# -------------------------------------------------------------------------------------------------------- index grids


def test_grid_of_fcn():
    # With padding 100 the first layer's value p sits at p - 99, and fc6's value r at 32r + 12.5.
    score = Grid().conv(padding=100)
    assert score == Grid(1, -99)
    for _ in range(5):
        score = score.pool()
    score = score.conv(kernel=7)
    assert score == Grid(32, Fraction(25, 2))
    assert score(3) == Fraction(217, 2)


@settings(always, max_examples=100)
@given(kernel=st.integers(1, 6), stride=st.integers(1, 5), padding=st.integers(0, 4), dilation=st.integers(1, 3))
def test_grid_is_the_centre_of_mass_of_what_a_layer_uses(kernel, stride, padding, dilation):
    size, index = 40, 5  # far enough from the edges for padding not to matter
    x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    weight = torch.ones(1, 1, kernel, dtype=torch.float64)
    y = F.conv1d(x, weight, stride=stride, padding=padding, dilation=dilation)
    (used,) = torch.autograd.grad(y[0, 0, index], x)
    centre = float((used[0, 0] * torch.arange(size)).sum() / used.sum())
    assert centre == float(Grid().conv(kernel, stride, padding, dilation)(index))
    up = Grid().conv(kernel, stride, padding, dilation).up(kernel, stride, padding, dilation)
    assert up == Grid()  # there and back


def test_grid_crops():
    assert Grid(2, 1).crop(3) == Grid(2, 7)
    assert Grid(2, 1).crop_onto(Grid(2, 7)) == 3
    assert Grid().pool().up() == Grid()
    for other in (Grid(2, 2), Grid(2, -1), Grid(4, 7)):
        with pytest.raises(ValueError, match="no crop brings"):
            Grid(2, 1).crop_onto(other)
    with pytest.raises(ValueError, match="stride of a grid"):
        Grid(0, 1)


def test_fcn_crops():
    assert fcn_crops() == ((19,), (5, 27), (5, 9, 31))
    assert fcn_crops().fcn8s == (5, 9, 31)
    for padding in range(81, 200):
        crops = fcn_crops(padding)
        assert crops.fcn32s == (padding - 81,)
        assert crops.fcn16s == (5, padding - 73)
        assert crops.fcn8s == (5, 9, padding - 69)
    with pytest.raises(SizeError, match="the smallest legal padding is 81"):
        fcn_crops(80)


def test_fcn_sizes_at_500():
    common = {"conv1": 698, "pool1": 349, "pool2": 175, "pool3": 88, "pool4": 44, "pool5": 22, "fc6": 16}
    assert fcn_sizes(500) == common | {"upscore": 544, "score": 500}
    assert fcn_sizes(500, 16) == common | {"upscore2": 34, "upscore": 560, "score": 500}
    assert fcn_sizes(500, 8) == common | {"upscore2": 34, "upscore_pool4": 70, "upscore": 568, "score": 500}


def works(size, stride, padding, ceil):
    crops = getattr(fcn_crops(padding), f"fcn{stride}s")
    try:
        return bool(arithmetic._fcn_walk(size, stride, padding, ceil, crops))
    except SizeError:
        return False


@pytest.mark.parametrize("stride", [32, 16, 8])
@pytest.mark.parametrize(("padding", "first"), [(100, 1), (97, 1), (96, 3), (82, 31), (81, 33)])
def test_with_poolings_that_round_up_fcn_takes_every_size_from_some_size_on(stride, padding, first):
    assert [size for size in range(1, 1500) if works(size, stride, padding, True)] == list(range(first, 1500))


def test_with_poolings_that_round_down_fcn_fails_for_many_sizes():
    failing = {
        stride: {size for size in range(1, 1500) if not works(size, stride, 100, False)} for stride in (32, 16, 8)
    }
    assert len(failing[32]) == 577
    assert {375, 500} <= failing[32]
    assert max(failing[8]) == 25
    assert failing[8] < failing[16] < failing[32]


def test_fcn_size_errors():
    with pytest.raises(SizeError, match=r"nearest legal sizes: 493 and 506; .*ceil=True"):
        fcn_sizes(500, ceil=False)
    with pytest.raises(SizeError, match="size 3 with padding 81: .*smallest legal size: 33"):
        fcn_sizes(3, padding=81)
    with pytest.raises(SizeError, match="smallest legal size: 1"):
        fcn_sizes(0)
    with pytest.raises(ValueError, match="the stride 32, 16 or 8, not 4"):
        fcn_sizes(500, 4)


# ------------------------------------------------------------------------------------------------------------ imports


def test_arithmetic_loads_no_torch_and_no_numpy():
    code = "import sys, unet_edu.arithmetic; sys.exit(any(name in sys.modules for name in ('torch', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_check_size_can_be_traced_by_torch_compile():
    def shrink(x):
        check_size(x.shape[-2], name="height")
        check_size(x.shape[-1], name="width")
        return x[..., 92:-92, 92:-92]

    traced = torch.compile(shrink, fullgraph=True, backend="eager")
    for height, width in ((188, 188), (204, 188), (220, 236)):
        assert traced(torch.zeros(1, 1, height, width)).shape[-2:] == (height - 184, width - 184)
