"""unet_edu.plots.augmentation: counts of slices, changes of a window, the border term, what bending adds, mergers."""

import re

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle
from plotkit import PALETTE, colours, greys, texts
from recordkit import SCALING
from scipy import ndimage

from unet_edu import results
from unet_edu.data import Sample, cells, nuclei
from unet_edu.data.augment import draw, warp
from unet_edu.data.weightmap import parted
from unet_edu.metrics import v_rand
from unet_edu.models import UNet
from unet_edu.plots import augmentation, style
from unet_edu.predict import predict

# --- counts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "estimate"), [(1, 1), (86, 86), (264, 260), (1_050, 1_000), (98_765, 99_000)])
def test_estimates_have_two_digits(count, estimate):
    assert augmentation.two_digits(count) == estimate


def test_counts_in_words():
    assert augmentation.in_words(30) == "30"
    assert augmentation.in_words(augmentation.IMAGENET) == "1,281,167"
    assert augmentation.in_words(1_234) == "about 1,200"
    assert augmentation.in_words([1_234, 56_789]) == "1,200 to 57,000"


def test_neighbours_meet_where_they_grow():
    row = np.zeros((5, 30), dtype=int)
    row[:, 2:6], row[:, 12:16], row[:, 22:26] = 1, 2, 3
    assert augmentation.neighbours(row) == 2
    ring = np.kron([[1, 2], [4, 3]], np.pad(np.ones((8, 8), dtype=int), 1))
    assert augmentation.neighbours(ring) == 4


def test_what_a_block_is_worth():
    """Independent pixels are worth themselves; slices that repeat each other are worth one."""
    labels = np.random.default_rng(0).random((9, 512, 512)) < 0.7
    alone, in_depth = augmentation.block_worth(labels.astype(float))
    assert alone == pytest.approx(4096, rel=0.2)
    assert in_depth == pytest.approx(9 * 4096, rel=0.5)
    alone, in_depth = augmentation.block_worth(np.repeat(labels[:1], 9, axis=0).astype(float))
    assert in_depth == pytest.approx(alone, rel=0.2)


@pytest.fixture(scope="module")
def slice_():
    return cells.tissue(512, seed=3)


def test_seven_counts(slice_):
    turned = [
        Sample(slice_.image, np.ascontiguousarray(np.rot90(part, turns)), None, "")
        for part in (slice_.label, slice_.label.T)
        for turns in range(4)
    ]
    fig, facts = augmentation.seven_counts([slice_, *turned])
    (axes,) = fig.axes
    assert facts["pixels"] == 30 * 512**2
    assert facts["imagenets"] == pytest.approx(6.14, abs=0.01)
    assert facts["millions"] == pytest.approx(7.86, abs=0.01)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert len(names) == 8
    assert [label.get_color() for label in axes.get_yticklabels()].count(style.SKIP) == 1
    assert "fields of view (188 px) side by side" in names
    at = {name: axes.lines[3 * place + 2].get_xdata() for place, name in enumerate(names)}
    assert list(at["cross-sections of cells"]) == [pytest.approx(30 * slice_.instances.max())] * 2
    assert tuple(map(augmentation.two_digits, at["independent labels"])) == (facts["low"], facts["high"])
    assert facts["borders"] == augmentation.two_digits(at["borders between two cells"][0])
    for name in names:
        assert f"{name}: " in facts["counts"]
    assert colours(fig) <= PALETTE


# --- changes -----------------------------------------------------------------------------------------


def test_eight_changes(slice_):
    torch.manual_seed(0)
    net = UNet(base_width=1).eval()
    fig, facts = augmentation.eight_changes(slice_, net)
    assert [axes.get_title(loc="left")[0] for axes in fig.axes] == list("ABCDEFGH")
    image, label = slice_.image[150:354, 150:354], slice_.label[150:354, 150:354]
    shown = {axes.get_title(loc="left")[3:]: axes.images[0].get_array() for axes in fig.axes}
    np.testing.assert_allclose(shown["negative"], 1 - image, atol=1e-6)
    np.testing.assert_allclose(shown["flipped"], image[:, ::-1], atol=1e-5)

    def score(picture):
        return v_rand(label, predict(net, picture, average8=False, progress=False)[1]).score

    assert facts["as_it_is"] == pytest.approx(score(image), abs=1e-3)
    assert facts["negative"] == pytest.approx(score(1 - image), abs=1e-3)
    line = fig.axes[0].images[1].get_array()
    assert {tuple(colour) for colour in line[line[..., 3] > 0]} == {tuple(line[line[..., 3] > 0][0])}, "one colour"


def test_changed_labels_move_with_the_picture_and_stay_labels(slice_):
    (image, label), windows = augmentation.changes(slice_, 204)
    assert all(set(np.unique(moved)) == {0, 1} for _, moved in windows.values())
    for name in ("D  other greys", "F  negative", "H  out of focus"):
        np.testing.assert_array_equal(windows[name][1], label)
    np.testing.assert_array_equal(windows["B  flipped"][1], label[:, ::-1])
    assert windows["H  out of focus"][0].std() < image.std()


def test_a_bent_row():
    greys_, truth = np.array([0.8, 0.7, 0.75, 0.2, 0.25, 0.8]), np.array([1, 1, 1, 0, 0, 1])
    where = np.array([0, 1.5, 2.8, 3.4, 4.7, 5])
    fig, facts = augmentation.bent_row(greys_, truth, where, nodes=((0, 0), (2, 0.8)))
    (axes,) = fig.axes
    assert facts == {"no_class": pytest.approx(0.2), "was": 2, "now": 2, "left_at": "2, 3"}
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None) is not None]
    assert [(arrow.xyann[0], arrow.xy[0]) for arrow in arrows] == list(enumerate(where))
    drawn = [arrow.arrow_patch.get_edgecolor() for arrow in arrows]
    assert len({drawn[2], drawn[3]}) == 1
    assert drawn[2] not in (drawn[0], drawn[1], drawn[4])
    said = texts(fig)
    assert said.count("mem.") == 2
    assert {"0.22", "node: 0.8", "bent label"} <= set(said)  # 0.22: between 0.20 at place 3 and 0.25 at place 4
    assert colours(fig) - greys(colours(fig)) <= PALETTE


def a_move(sigma):
    moved = draw(
        1, (512, 512), (572, 572), generator=torch.Generator().manual_seed(1), margin=92, sigma=sigma,
        rotation=0, flip=False, shift=0, grey=0,
    )  # fmt: skip
    return moved._replace(origin=torch.tensor([[-30.0, -30.0]]))


def test_a_bent_tile(slice_):
    move = a_move(10)
    fig = augmentation.bent_tile(slice_, move)
    assert len(fig.axes) == 4
    assert fig.axes[0].get_title() == "the tile and its nine arrows, five times as long"
    starts = [text.xyann for text in fig.axes[0].texts if getattr(text, "arrow_patch", None) is not None]
    assert len(starts) == 9
    knots = [line.get_xydata()[0] for line in fig.axes[1].lines if line.get_marker() == "o"]
    moved = np.array(knots) - np.array(starts)
    np.testing.assert_allclose(moved, move.nodes[0].numpy()[::-1].transpose(1, 2, 0).reshape(9, 2), atol=1e-4)
    image, label = torch.tensor(slice_.image)[None, None], torch.tensor(slice_.label).long()[None]
    seen, bent = warp(image, label, move, (572, 572))
    np.testing.assert_array_equal(fig.axes[2].images[0].get_array(), seen[0, 0])
    np.testing.assert_array_equal(fig.axes[3].images[0].get_array(), bent[0])
    assert colours(fig) <= PALETTE | {augmentation.RIM}


def test_an_unbent_tile_looks_straight_ahead(slice_):
    fig = augmentation.bent_tile(slice_, a_move(0))
    for straight, bent in zip(fig.axes[0].lines, fig.axes[1].lines, strict=False):
        np.testing.assert_allclose(straight.get_xydata(), bent.get_xydata(), atol=1e-4)
    np.testing.assert_allclose(fig.axes[2].images[0].get_array()[30:-30, 30:-30], slice_.image, atol=1e-5)


# --- the weight map ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("w0", "sigma"), [(10.0, 5.0), (4.0, 2.0)])
def test_the_border_term_by_gap(w0, sigma):
    fig, facts = augmentation.border_by_gap(widths=(1, 3, 0), w0=w0, sigma=sigma)
    rows, curve = fig.axes

    def term(gap):
        return w0 * np.exp(-((gap + 1) ** 2) / (2 * sigma**2))

    for gap in (1, 3, 7, 15):
        assert facts[f"term_{gap}"] == pytest.approx(term(gap), rel=1e-4, abs=1e-6)
    assert facts["above_half"] == sum(term(gap) > w0 / 2 for gap in range(1, 21))
    said = texts(rows)
    assert said.count(f"{term(3):.1f}") == 3
    assert said.count(f"{term(1):.1f}") == 1
    assert {"gap 0", "no gap: no pixel to carry the weight"} <= set(said)
    assert len(rows.findobj(Rectangle)) - 1 == 3 * 13
    np.testing.assert_allclose(curve.lines[0].get_ydata(), [term(gap) for gap in range(1, 21)], rtol=1e-4, atol=1e-6)
    assert colours(fig) <= PALETTE


def test_without_a_row_that_has_no_gap_there_is_no_remark():
    fig, _ = augmentation.border_by_gap(widths=(2,))
    assert not any("no gap" in text for text in texts(fig))


def test_nuclei_that_touch_have_a_weight_between_them_once_they_are_parted():
    (sample,) = nuclei.load("fluorescence", "train", whole=False, numbers=[7])
    fig, facts = augmentation.touching_nuclei(sample)
    numbers = sample.instances[144:272, 128:256]
    assert facts["numbered"] == len(set(numbers.ravel().tolist()) - {0})
    assert facts["pieces"] == ndimage.label(numbers > 0)[1] < facts["numbered"] - 5
    assert facts["term_touching"] == 0
    assert facts["term_parted"] > 7
    assert 0 < facts["gap_pixels"] < 10
    image, before, after = (axes.images[0].get_array() for axes in fig.axes[:3])
    np.testing.assert_array_equal(image, sample.image[144:272, 128:256])
    gap = (numbers > 0) & (parted(sample.instances)[144:272, 128:256] == 0)
    assert before[gap].max() < 1.5
    assert np.median(after[gap]) > 8


def test_where_the_weight_lies():
    picture = np.zeros((20, 40), dtype=int)
    picture[:, :18], picture[:, 19:30] = 1, 2  # a gap of one pixel, and a broad margin on one side
    head, rows, facts = augmentation.weight_shares(picture, picture)
    assert head[1:] == [f"{name}, {part}" for name in ("slice", "nuclei") for part in ("cells", "broad", "thin")]
    assert [row[0] for row in rows] == list(augmentation.KINDS)
    assert rows[0][1:4] == rows[0][4:] == ["72.5 %", "25.0 %", "2.5 %"]
    assert rows[1][1] == "50.0 %"
    for row in rows:
        assert sum(float(share.removesuffix(" %")) for share in row[1:4]) == pytest.approx(100, abs=0.2)
    assert facts["nuclei_before"] == pytest.approx(2.5)
    assert facts["nuclei_after"] > facts["nuclei_before"]
    assert facts["wc_cell"] == pytest.approx(0.5 / 0.725)
    assert facts["wc_background"] == pytest.approx(0.5 / 0.275)
    assert facts["balance_ratio"] == pytest.approx(0.725 / 0.275)
    one_pixel = facts["wc_background"] + 10 * np.exp(-4 / 50)
    assert facts["ratio_mean"] * facts["wc_background"] == pytest.approx(one_pixel)
    # scaled so that a cell's pixel weighs 1, with the term as it is
    whole = facts["balance_ratio"] + 10 * np.exp(-4 / 50)
    assert facts["ratio_cell"] * facts["balance_ratio"] == pytest.approx(whole)


# --- what bending adds -------------------------------------------------------------------------------

TRUTH = {(1, True): [0.80, 0.90], (1, False): [0.70, 0.95], (4, True): [0.92, 0.96], (4, False): [0.93, 0.91]}


def entry(row, seed, score, last_loss):
    scores = {"mean": {"v_rand": score}, "stack": {"v_rand": score, "share_of_wrong_pixels": 1 - score}}
    return {"row": row, "seed": seed, "scores": scores, "training": {"loss": [9.0] * 3 + [last_loss] * 5}}


def a_record(scores=TRUTH):
    names = {key: f"{key[0]} slices{', elastic' * key[1]}" for key in scores}
    recipe = {"steps": 600, "batch": 2}
    trials = {name: {"samples": key[0], "elastic": 6.0 * key[1], "recipe": recipe} for key, name in names.items()}
    runs = [
        entry(name, seed, score, 0.1 * key[0]) for key, name in names.items() for seed, score in enumerate(scores[key])
    ]
    return {"experiment": "data_scaling", "trials": trials, "runs": runs}


def test_what_bending_adds_seed_by_seed():
    fig, facts = augmentation.bending_by_slices(a_record())
    left, right = fig.axes
    assert (facts["fewest"], facts["most"], facts["tiles"]) == (1, 4, 1200)
    assert facts["fewest_mean"] == pytest.approx(0.85)
    assert facts["most_mean"] == pytest.approx(0.94)
    assert facts["bend_few"].startswith("+0.025, 95 % interval")
    assert facts["bend_most"].startswith("+0.020, 95 % interval")
    assert facts["gains"] == "1: mean +0.025; 4: mean +0.020"
    assert facts["loss_few"] == pytest.approx(0.1)
    assert facts["loss_most"] == pytest.approx(0.4)
    assert facts["all_means"] == "0.850 with 1 and 0.940 with 4"
    assert facts["bend_more"].startswith("+0.005, 95 % interval"), "the one less the other, by seed"
    assert facts["failed_text"] == results.failed_text(a_record())
    drawn = sorted(y for line in left.lines if line.get_linestyle() == "None" for y in line.get_ydata())
    assert drawn == pytest.approx(sorted(score for scores in TRUTH.values() for score in scores))
    gains = sorted(y for line in right.lines if line.get_linestyle() == "None" for y in line.get_ydata())
    assert gains == pytest.approx([-0.05, -0.01, 0.05, 0.1])
    assert sum(right.get_ylim()) == pytest.approx(0), "zero is in the middle"
    assert [label.get_text() for label in left.get_xticklabels()] == ["1", "4"]
    assert colours(fig) <= PALETTE


def test_a_seed_without_a_partner_does_not_count_as_a_gain():
    record = a_record({key: [*scores, 0.9] for key, scores in TRUTH.items()})
    record["runs"] = [run for run in record["runs"] if (run["row"], run["seed"]) != ("1 slices, elastic", 0)]
    _, facts = augmentation.bending_by_slices(record)
    assert facts["bend_few"].startswith("−0.025, ")  # of seeds 1 and 2


def test_what_spreading_adds_seed_by_seed():
    fig, facts = augmentation.spreading_by_slices(SCALING)
    left, right = fig.axes
    drawn = sorted(y for line in left.lines if line.get_linestyle() == "None" for y in line.get_ydata())
    assert drawn == [0.8, 0.82, 0.84, 0.866], "four slices are not there spread"
    gains = sorted(y for line in right.lines if line.get_linestyle() == "None" for y in line.get_ydata())
    assert gains == pytest.approx([0.04, 0.046])
    assert (facts["first_means"], facts["spread_means"]) == ("0.810 with 1", "0.853 with 1")
    assert facts["spread_gains"] == "1: mean +0.043"
    assert facts["spread_all"].startswith("+0.043, 95 % interval")
    assert facts["spread_all"].count("2 pairs") == 1
    assert (facts["fewest_spread"], facts["most_spread"]) == (1, 1)
    assert colours(fig) <= PALETTE


def test_more_slices_count_and_nearer_ones_are_open_as_the_chapter_has_it():
    _, facts = augmentation.spreading_by_slices(results.read("data_scaling"))
    low, high = re.search(r"interval (\S+) to (\S+),", facts["more"]).groups()
    assert low.startswith("+")
    assert high.startswith("+")
    low, high = re.search(r"interval (\S+) to (\S+),", facts["spread_all"]).groups()
    assert low.startswith("−")
    assert high.startswith("+")
    by_pixels = results.judge_spreading(results.read("data_scaling"), "stack", "share_of_wrong_pixels")
    assert {one.word for one in by_pixels.values()} == {"lower"}


# --- does the map part touching cells? ---------------------------------------------------------------


def merged(row, seed, count):
    together = {"components_f1": 0.9, "components_merged": count}
    return {"row": row, "seed": seed, "scores": {"all": together, "images": [{"nuclei": 1200}]}}


def test_mergers_without_the_map_and_with_it():
    counts = {"no weight map": [70, 80, 75], "U-Net": [50, 52], "Otsu and watershed": [163]}
    runs = [merged(f"stained: {row}", seed, count) for row, found in counts.items() for seed, count in enumerate(found)]
    fig, facts = augmentation.mergers({"trials": dict.fromkeys(run["row"] for run in runs), "runs": runs})
    (axes,) = fig.axes
    assert facts == {"lines": "2 on stained images"}, "the third seed has no partner"
    pairs = [tuple(line.get_ydata()) for line in axes.lines if line.get_marker() == "o"]
    assert pairs == [(70, 50), (80, 52)]
    (mean,) = (line for line in axes.lines if line.get_marker() == "None" and line.get_linestyle() == "-")
    assert tuple(mean.get_ydata()) == (75, 51)
    assert 163 in {float(np.ravel(line.get_ydata())[0]) for line in axes.lines if line.get_linestyle() == ":"}
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] > 163
    assert axes.get_title("left") == "stained, 1,200 nuclei"
    assert colours(fig) <= PALETTE
