"""unet_edu.plots.fcn: tents, the staircase, errors by distance, and the crops, against networks that run."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from plotkit import PALETTE, bars, colours, pictures, words

from unet_edu import arithmetic
from unet_edu.data import Sample
from unet_edu.models import FCN8s, FCN16s, FCN32s
from unet_edu.plots import fcn
from unet_edu.plots.style import DOWN, WRONG

NETWORKS = {32: FCN32s, 16: FCN16s, 8: FCN8s}
FIRST = {32: 12.5, 16: -11.5, 8: -7.5}
PLACES = {"pool3": -95.5, "upscore_pool4": -23.5, "pool4": -91.5, "upscore2": -11.5, "score_fr": 12.5}


def tents(size, stride):
    pixels, middles = np.arange(size)[:, None], np.arange(FIRST[stride], size + stride, stride)
    return np.clip(1 - abs(pixels - middles) / stride, 0, None)


def row_with_membranes(*places, width=4, size=512):
    row = np.ones(size)
    for place in places:
        row[place : place + width] = 0
    return row


def rings(*shares):
    """Percentages of wrong pixels in 30 rings: those given, then none."""
    return np.array([*shares, *[0.0] * (30 - len(shares))])


BY_DISTANCE = {"FCN-32s": rings(40, 30, 9, 12), "FCN-8s": rings(20, 5), "U-Net": rings(8)}
TENTS = {32: rings(40, 20, 15), 16: rings(10), 8: rings(3)}


def test_only_colours_of_the_palette():
    figures = [
        fcn.sums_of_tents(row_with_membranes(200), tents, FIRST)[0],
        fcn.staircase(),
        fcn.wrong_by_distance(BY_DISTANCE, TENTS)[0],
        fcn.first_values(PLACES),
    ]
    assert set().union(*map(colours, figures)) <= PALETTE


def test_the_answers_are_cut_to_one_piece_and_named():
    rng = np.random.default_rng(0)
    image, label, one, other = rng.random((4, 40, 40))
    fig = fcn.answers(Sample(image, label, None, "a drawing"), {"one": one, "other": other}, slice(5, 25))
    titled = [axes.get_title() for axes in fig.axes if axes.images]
    assert titled == ["image", "label", "one", "other"]
    for shown, whole in zip(pictures(fig), (image, label, one, other), strict=True):
        np.testing.assert_array_equal(shown, whole[5:25, 5:25])
    assert {image.get_clim() for axes in fig.axes for image in axes.images} == {(0, 1)}, "one scale for all"


@pytest.mark.parametrize("width", [3, 6])
def test_the_sum_of_tents_is_the_closest_one(width):
    row = row_with_membranes(150, 190, 300, width=width)
    fig, facts = fcn.sums_of_tents(row, tents, FIRST)
    assert facts == {"membrane_width": width}
    assert [axes.get_title(loc="left") for axes in fig.axes] == [f"tents {s} pixels apart" for s in (32, 16, 8)]
    errors = []
    for axes, stride in zip(fig.axes, (32, 16, 8), strict=True):
        (total,) = [line.get_ydata() for line in axes.lines if line.get_linewidth() == 2.2]
        left = row - total
        np.testing.assert_allclose(tents(512, stride).T @ left, 0, atol=1e-9)  # nothing is left that a tent could add
        errors.append(np.square(left).sum())
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("size", [500, 400])
def test_the_staircase_has_the_sizes_of_networks_that_run(size):
    said = words(fcn.staircase(size))
    painted = {}
    with torch.device("meta"):
        for stride, kind in NETWORKS.items():
            net = kind(num_classes=2, in_channels=1, width=1, hidden=1).eval()
            last = getattr(net, {32: "upscore", 16: "upscore16", 8: "upscore8"}[stride])
            last.register_forward_hook(lambda _, __, out, s=stride: painted.__setitem__(s, out.shape[-1]))
            assert net(torch.empty(1, 1, size, size, device="meta")).shape[-1] == size
    crops = {32: 19, 16: 27, 8: 31}
    for stride in NETWORKS:
        assert f"× {stride}: {painted[stride]}\ncrop {crops[stride]}" in said
        assert f"FCN-{stride}s" in said
    assert said.count(str(size)) == 4, "the image and three outputs"
    assert {"scores, crop 5", "scores, crop 9"} <= set(said)


def test_where_a_network_is_unsure():
    fig, facts = fcn.wrong_by_distance(BY_DISTANCE, TENTS)
    assert {key: facts[f"unsure_{key}"] for key in ("FCN_32s", "FCN_8s", "U_Net", 32, 16, 8)} == {
        "FCN_32s": 4,  # the third ring is better, the fourth is not
        "FCN_8s": 1,
        "U_Net": 0,
        32: 3,
        16: 1,
        8: 0,
    }
    assert (facts["touching_FCN_32s"], facts["touching_U_Net"]) == (40, 8)
    left, right = fig.axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == list(BY_DISTANCE)
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["32 pixels apart", "8 pixels apart"]
    np.testing.assert_array_equal(left.lines[1].get_ydata(), BY_DISTANCE["FCN-8s"][:20])


def test_the_scores_stand_beside_the_errors_of_this_image():
    files = {"FCN-32s": "fcn32s-isbi", "U-Net": "unet8-isbi"}
    errors, unsure = {"FCN-32s": 20.0, "U-Net": 8.0}, {"FCN-32s": 7, "U-Net": 1}
    (head, rows), facts = fcn.scores_beside(files, errors, {32: 15.0, 16: 9.0, 8: 5.0}, unsure)
    assert all(len(row) == len(head) for row in rows)
    assert [row[0] for row in rows] == list(files)
    assert [row[3:] for row in rows] == [["20.0", "15.0", "7"], ["8.0", "–", "1"]]
    assert facts["share_32"] == 75
    assert facts["wrong_U_Net"] == 8
    assert rows[1][2].startswith(f"{facts['rand_U_Net']:.3f} ± ")
    assert facts["steps_fcn"] > 0
    assert facts["steps_unet"] > 0


def test_what_hangs_over():
    facts = fcn.hanging_over(500)
    assert facts["painted_32"] == 500 + 19 + facts["right_32"]
    assert facts["even_32"] == (facts["painted_32"] - 500) // 2
    over = [arithmetic.fcn_sizes(size)["upscore"] - size - 19 for size in range(1000, 1640)]
    assert (facts["right_least"], facts["right_most"]) == (min(over), max(over))
    assert facts["even_once"] == round(len(over) / over.count(19))


@pytest.mark.parametrize("ceil", [True, False])
def test_a_size_fits_where_the_network_takes_it(ceil):
    for padding in (81, 90, 100):
        for size in (1, 20, 33, 150, 311, 500):
            try:
                arithmetic.fcn_sizes(size, padding=padding, ceil=ceil)
            except ValueError:
                taken = False
            else:
                taken = True
            assert fcn.fits(size, padding, ceil) == taken, (size, padding)


def test_a_hundred_is_the_next_round_padding():
    facts = fcn.paddings(below=601)
    assert all(fcn.fits(size, facts["always"]) for size in range(1, 601))
    assert not all(fcn.fits(size, facts["always"] - 1) for size in range(1, 601))
    assert not fcn.fits(facts["misfits_81"], 81)
    assert all(fcn.fits(size, 81) for size in range(facts["misfits_81"] + 1, 601))
    refused = sum(not fcn.fits(size, ceil=False) for size in range(1, 601))
    assert facts["refused"] == pytest.approx(refused / 6)
    canvas = np.pad(np.ones((500, 500)), 100)[1:-1, 1:-1]  # the middles of the first windows
    assert facts["zeros"] == pytest.approx(100 * np.mean(canvas == 0))


def test_cropped_values_are_crossed_or_hatched_and_the_next_one_is_in_line():
    fig = fcn.first_values(PLACES)
    (axes,) = fig.axes
    crossed = [line.get_xdata() for line in axes.lines if line.get_marker() == "x"]
    assert [len(places) for places in crossed] == [9, 5]
    kept = [line.get_xdata() for line in axes.lines if line.get_marker() == "o"]
    assert [places[0] for places in kept] == [-23.5, -23.5, -11.5, -11.5, 12.5]
    assert {to_hex(line.get_color()) for line in axes.lines if line.get_marker() == "x"} == {WRONG}
    assert to_hex(axes.lines[0].get_color()) == DOWN
    hatched = [(patch.get_x() + 0.5, patch.get_width()) for patch in axes.patches if patch.get_hatch()]
    assert hatched == [(-31, 31), (-27, 27), (-19, 19)]
    assert {"−23.5", "−11.5", "12.5", "crop 31"} <= set(words(fig))
    assert len(bars(axes)) == 7
