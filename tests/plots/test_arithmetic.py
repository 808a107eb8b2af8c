"""unet_edu.plots.arithmetic: rows of pixels, legal sizes and footprints, against PyTorch's own layers."""

import pytest
import torch
from matplotlib.colors import to_hex
from plotkit import PALETTE, bars, colours, words

from unet_edu import arithmetic
from unet_edu.models import UNet
from unet_edu.plots import arithmetic as pictures
from unet_edu.plots.style import WRONG, WRONG_AREA

DRAWINGS = {
    "funnel": lambda: pictures.funnel(arithmetic.plan(572)),
    "knobs": pictures.padding_stride_dilation,
    "pooling": pictures.pooling,
    "up": pictures.transposed_convolution,
    "sizes": lambda: pictures.legal_sizes(180, 256),
    "footprints": lambda: pictures.footprints(arithmetic.plan(572)),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_only_colours_of_the_palette(name):
    assert colours(DRAWINGS[name]()[0]) <= PALETTE


@pytest.mark.parametrize(("size", "depth"), [(572, 4), (124, 1), (44, 2)])
def test_the_funnel_ends_at_what_the_network_returns(size, depth):
    fig, facts = pictures.funnel(arithmetic.plan(size, depth=depth))
    net = UNet(base_width=1, depth=depth).eval()
    with torch.inference_mode():
        output = net(torch.zeros(1, 1, size, size)).shape[-1]
    assert facts["output"] == output
    assert facts["lost"] == 2 * facts["lost_per_side"] == size - output
    found = bars(fig.axes[0])
    assert found[0] == (0, size)
    assert found[-1] == (facts["lost_per_side"], output)
    assert len(found) == 1 + 2 * (2 * depth + 1)


def test_the_funnel_s_deep_part_is_what_its_bars_lose_there():
    fig, facts = pictures.funnel(arithmetic.plan(572))
    widths = dict(zip([text.get_text() for text in fig.axes[0].texts[::2]], bars(fig.axes[0]), strict=True))
    assert facts["lost_deep"] == widths["d2.conv2"][1] - widths["u3.conv2"][1]


@pytest.mark.parametrize("size", [10, 11])
def test_padding_stride_and_dilation_leave_what_pytorch_leaves(size):
    fig, facts = pictures.padding_stride_dilation(size)
    options = {"padded": {"padding": 1}, "strided": {"stride": 2}, "dilated": {"dilation": 2}}
    row = torch.zeros(1, 1, size)
    assert facts == {name: torch.nn.Conv1d(1, 1, 3, **option)(row).shape[-1] for name, option in options.items()}
    titles = [axes.get_title(loc="left") for axes in fig.axes]
    assert [title.split(": ")[-1] for title in titles] == [f"{pixels} pixels" for pixels in facts.values()]


def crosses(axes) -> int:
    return sum(to_hex(line.get_color()) == WRONG for line in axes.lines) // 2


def test_pixels_that_no_window_reads_are_crossed_out():
    fig, _ = pictures.padding_stride_dilation(10)
    assert [crosses(axes) for axes in fig.axes] == [0, 1, 0]
    fig, _ = pictures.pooling(8)
    assert [crosses(axes) for axes in fig.axes] == [0, 1]


@pytest.mark.parametrize("even", [8, 6])
def test_pooling_of_an_odd_row_loses_a_pixel_or_rounds_up(even):
    fig, facts = pictures.pooling(even)
    row = torch.zeros(1, 1, even + 1)
    assert facts["pool_floor"] == torch.nn.MaxPool1d(2)(row).shape[-1]
    assert facts["pool_ceil"] == torch.nn.MaxPool1d(2, ceil_mode=True)(row).shape[-1]
    assert [axes.get_title() for axes in fig.axes] == [
        f"{even} pixels → {even // 2}",
        f"{even + 1} pixels → {even // 2}",
    ]


@pytest.mark.parametrize(("size", "kernel"), [(5, 2), (5, 3), (4, 4)])
def test_the_counts_of_a_transposed_convolution_are_its_sums(size, kernel):
    fig, facts = pictures.transposed_convolution(size, kernels=(kernel,))
    layer = torch.nn.ConvTranspose1d(1, 1, kernel, stride=2, bias=False)
    torch.nn.init.ones_(layer.weight)
    sums = layer(torch.ones(1, 1, size)).flatten().int().tolist()
    assert facts["counts"] == ", ".join(map(str, sums))
    twice = [patch for patch in fig.axes[0].patches if to_hex(patch.get_facecolor()) == WRONG_AREA]
    assert len(twice) == sum(count > 1 for count in sums)


def test_legal_sizes_are_those_that_the_network_takes():
    fig, facts = pictures.legal_sizes(120, 200)

    def accepted(size):
        try:
            return arithmetic.plan(size).output_size % 16
        except ValueError:
            return None

    legal = [size for size in range(120, 201) if accepted(size) is not None]
    assert facts["legal"] == ", ".join(map(str, legal))
    assert set(map(str, legal)) <= set(words(fig))
    assert {size % facts["step"] for size in legal} == {facts["residue"]}
    assert {accepted(size) for size in legal if accepted(size)} == {facts["output_residue"]}
    assert accepted(facts["below_512"]) is not None
    assert not any(accepted(size) is not None for size in range(facts["below_512"] + 1, 512))
    assert min(size for size in range(1, 300) if accepted(size) is not None) == facts["smallest"]


def test_one_pooling_refuses_a_size():
    fig, facts = pictures.legal_sizes(180, 256)
    (axes,) = fig.axes
    refused = [round(left + width / 2) for left, width in bars(axes, WRONG)]
    legal = list(map(int, facts["legal"].split(", ")))
    assert sorted(refused + legal) == list(range(180, 257))
    assert len([patch for patch in axes.patches if to_hex(patch.get_facecolor()) == WRONG and patch.get_y() < 1]) == 38


def test_fields_are_those_of_the_gradient():
    """With positive weights and averages for poolings every pixel that is seen has a gradient."""
    plan = arithmetic.plan(52, depth=2)
    positions = tuple(range(plan.output_size))
    _, facts = pictures.footprints(plan, positions)
    net = UNet(base_width=1, depth=2).double().eval()
    for parameter in net.parameters():
        parameter.data = parameter.data.abs() + 0.1
    net.pool1, net.pool2 = torch.nn.AvgPool2d(2), torch.nn.AvgPool2d(2)
    image = torch.rand(1, 1, 52, 52).double().requires_grad_()
    widths = []
    for position in positions:
        (gradient,) = torch.autograd.grad(net(image)[0, 0, 0, position], image)
        widths.append(int((gradient[0, 0].abs().sum(0) > 0).sum()))
    assert [facts[f"field_{position}"] for position in positions] == widths
    every = [arithmetic.receptive_field(position, 2).width for position in positions]
    assert (facts["narrow"], facts["count_narrow"]) == (min(every), every.count(min(every)))
    assert (facts["wide"], facts["count_wide"]) == (max(every), every.count(max(every)))


def test_footprints_of_two_neighbours_on_the_paper_s_network():
    fig, facts = pictures.footprints(arithmetic.plan(572), (195, 196))
    assert [axes.get_title() for axes in fig.axes] == ["output pixel 195", "output pixel 196"]
    last = [bars(axes)[-1][1] for axes in fig.axes]
    assert last == [facts["field_195"], facts["field_196"]] == [188, 204]
    fields = [int(field) for field in facts["down_fields"].split(", ")]
    assert fields == [bars(fig.axes[0])[level][1] for level in range(5)]
    assert facts["bottleneck"] == fields[-1]
    assert facts["count_narrow"] + facts["count_wide"] == 388
    for axes in fig.axes:
        assert all(left <= axes.lines[0].get_xdata()[0] < left + width for left, width in bars(axes))
