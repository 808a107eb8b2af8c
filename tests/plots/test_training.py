"""unet_edu.plots.training: losses with their baselines, valleys, and what recorded runs are said to show."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from plotkit import PALETTE, colours, texts
from torch.nn.functional import cross_entropy

from unet_edu.data import cells
from unet_edu.metrics import share_of_wrong_pixels, v_rand
from unet_edu.plots import style, training
from unet_edu.training.loop import History


@pytest.mark.parametrize("share", [0.02, 0.22, 0.5])
def test_the_baseline_is_the_loss_of_one_grey(share):
    labels = torch.arange(1000) >= 1000 * share
    logits = torch.tensor([share, 1 - share]).log().expand(1000, 2)
    assert training.entropy(share) == pytest.approx(cross_entropy(logits, labels.long()).item(), abs=1e-5)
    assert training.entropy(0.5) == pytest.approx(np.log(2))


def test_two_networks_with_one_loss():
    first = {"steps": [0, 2, 4], "loss": [0.9, 0.7, 0.1, 0.1]}
    other = {"steps": [0, 1000, 1234], "loss": [5.0] * 100 + [0.5] * 100}
    facts = training.same_loss(first, other, steps=2)
    assert facts == {"few": 2, "many": 1234, "few_loss": pytest.approx(0.8), "many_loss": 0.5}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def twice(lead):
    """The loss with two softmaxes: the second one sees shares, whose difference is 2 s − 1."""
    return np.log(1 + np.exp(1 - 2 * sigmoid(lead)))


@pytest.mark.parametrize("at", [-4.0, 1.0])
def test_softmax_twice(at):
    fig, facts = training.softmax_twice(lead=8, at=at)
    assert facts["floor"] == pytest.approx(np.log(1 + 1 / np.e))
    assert facts["once_pull"] == pytest.approx(sigmoid(-at), abs=1e-4)
    assert facts["twice_pull"] == pytest.approx((twice(at - 1e-4) - twice(at + 1e-4)) / 2e-4, abs=1e-4)
    loss, pull = fig.axes
    leads = np.linspace(-8, 8, 321)
    np.testing.assert_allclose(loss.lines[0].get_ydata(), np.log1p(np.exp(-leads)), atol=1e-5)
    np.testing.assert_allclose(loss.lines[1].get_ydata(), twice(leads), atol=1e-5)
    assert max(pull.lines[1].get_ydata()) < 0.5 < 0.99 < max(pull.lines[0].get_ydata())
    assert [axes.get_title() for axes in fig.axes] == ["loss of the pixel", "how hard it pulls"]
    for axes in fig.axes:
        names = {text.get_text(): text.get_color() for text in axes.texts}
        assert (names["once"], names["twice"]) == (style.DOWN, style.SKIP), "a name has the colour of its line"
    assert "0.313" in texts(loss)
    assert colours(fig) <= PALETTE


def roll(rate, steps, momentum=0.0):
    """Heavy ball down x²/2 by PyTorch's own optimiser."""
    x = torch.tensor(1.0, dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=rate, momentum=momentum)
    path = [1.0]
    for _ in range(steps):
        x.grad = x.detach().clone()
        optimizer.step()
        path.append(x.item())
    return np.array(path)


def test_three_valleys_and_three_momenta():
    fig, facts = training.valley(roll, rate=0.001, steps=700)
    *valleys, ways = [axes for part in fig.subfigs for axes in part.axes]
    assert [axes.get_title() for axes in valleys] == [
        "rate 0.2: creeps",
        "rate 1.9: overshoots",
        "rate 2.1: climbs out",
    ]
    for axes, rate in zip(valleys, (0.2, 1.9, 2.1), strict=True):
        np.testing.assert_allclose(axes.lines[1].get_xdata(), (1 - rate) ** np.arange(7))
        assert (axes.lines[1].get_color() == style.WRONG) == (rate > 2)
    assert facts["slow_end"] == pytest.approx(0.999**700)
    heavy = ways.lines[2].get_ydata()
    assert heavy[facts["arrives"]] < 0 <= heavy[facts["arrives"] - 1]
    assert facts["deepest"] == -min(heavy)
    # the swings shrink by the root of the momentum a step
    assert 0.99 ** (facts["halved"] / 2) == pytest.approx(0.5)
    assert facts["hundred_ago"] == pytest.approx(0.366, abs=0.001)
    assert {"no momentum", "momentum 0.9", "momentum 0.99"} <= {text.get_text() for text in ways.texts}
    assert ways.get_xlabel() == "steps, rate 0.001"
    assert colours(fig) <= PALETTE


def test_what_is_said_of_recorded_runs():
    label = np.array([[0, 1, 1, 1], [1, 1, 1, 1]])  # all is cell: 12.5 % wrong
    first = {
        "steps": [0, 10, 20, 30, 40],
        "share_of_wrong_pixels": [0.5, 0.10, 0.125, 0.11, 0.05],
        "v_rand": [0.2, 0.96, 0.9, 0.97, 0.98],
        "loss": [1.0],
    }
    hasty = {"steps": [0, 5, 9], "loss": [0.7, 123.0, 0.5]}
    frames = np.zeros((3, 2, 2))
    frames[0, 0, 0] = 1
    paper = {"steps": [0, 7, 14, 21], "v_rand": [0.3, 0.9, 0.6, 0.7]}
    facts = training.recorded_runs(first, hasty, paper, frames, label)
    assert facts["nothing"] == 12.5
    assert (facts["clearly"], facts["clearly_rand"]) == (30, 0.97), "it passes at 10, but not for good"
    assert (facts["good"], facts["good_rand"], facts["good_error"]) == (30, 0.97, 11.0)
    assert (facts["start_rand"], facts["end_rand"], facts["end_error"]) == (0.2, 0.98, 5.0)
    assert (facts["grey_from"], facts["hasty_loss"]) == (5, 123.0)
    assert [facts[f"paper_{name}"] for name in ("from", "to", "before", "after", "end")] == [7, 14, 0.9, 0.6, 0.7]


def test_own_run():
    sample = cells.tissue(96, seed=1)
    rng = np.random.default_rng(0)
    before, after = rng.normal(0.5, 0.01, (96, 96)), np.clip(sample.label + rng.normal(0, 0.1, (96, 96)), 0, 1)
    fig, facts = training.own_run(sample, before, after, window=slice(20, 60))
    assert facts["rand_after"] == v_rand(sample.label, after).score
    assert facts["rand_after"] > facts["rand_before"]
    assert facts["error_before"] == pytest.approx(100 * ((before >= 0.5) != sample.label).mean())
    wrong = share_of_wrong_pixels(sample.label, (after >= 0.5).astype(np.uint8))
    assert facts["error_after"] == pytest.approx(100 * wrong)
    assert facts["young"] == pytest.approx(0.01, rel=0.1)
    assert [axes.get_title() for axes in fig.axes] == [
        "the image",
        f"before: V_Rand {facts['rand_before']:.2f}",
        f"after: V_Rand {facts['rand_after']:.2f}",
        "the label",
    ]
    for axes, whole in zip(fig.axes, (sample.image, before, after, sample.label), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), whole[20:60, 20:60])


@pytest.mark.parametrize("kernel", [10, 20])
def test_the_curve_of_a_run(kernel):
    loss = np.linspace(1, 0.1, 100)
    history = History(loss=list(loss), learning_rate=[1e-3] * 100, validation_loss=[[20, 0.9], [100, 0.2]])
    fig, facts = training.loss_curve(history, 0.5, 1e-3, kernel)
    axes, rates = fig.axes
    means = {step: loss[step - kernel : step].mean() for step in range(kernel, 101)}
    assert facts["begins"] == 1
    assert facts["passed"] == min(step for step, mean in means.items() if mean < 0.5)
    assert facts["ends"] == pytest.approx(means[100])
    np.testing.assert_allclose(axes.lines[1].get_xydata(), list(means.items()))
    np.testing.assert_array_equal(axes.lines[2].get_xydata(), [[20, 0.9], [100, 0.2]])
    marks = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert marks["knows nothing"] == pytest.approx(np.log(2))
    assert marks["knows the share"] == 0.5
    assert f"mean of {kernel} steps" in marks
    assert (rates.get_ylabel(), rates.get_xlabel()) == ("rate", "step")
    assert colours(fig) <= PALETTE


def test_the_curve_needs_nothing_but_three_lists():
    history = SimpleNamespace(loss=[0.5] * 40, learning_rate=[1.0] * 40, validation_loss=[[40, 0.5]])
    fig, _ = training.loss_curve(history, 0.6, 1.0)
    assert len(fig.axes) == 2


def run_of_two_slices(seed, v_rand, loss, seen):
    """An entry of the record ``sharpness``; seen: the spread in the first layer and the shift behind it, validation."""
    spread, moved = seen
    shift = {
        "train": {"d0.conv1": {"mean": 0.0, "sd": 1.0}, "d0.conv2": {"mean": 0.1, "sd": 1.0}},
        "validation": {"d0.conv1": {"mean": 0.0, "sd": spread}, "d0.conv2": {"mean": moved, "sd": 0.9}},
    }
    repaired = {"d0": 0.7, "d0 d1": 0.8, "all": 0.9}
    training_ = {"loss": [1.0, loss], "statistics": {"shift": shift, "repaired": repaired}}
    return {"seed": seed, "training": training_, "scores": {"mean": {"v_rand": v_rand}}}


def test_a_run_that_failed_is_drawn_beside_the_one_that_did_not():
    plain = [(0, 0.85, 0.25, (1.1, 0.2)), (1, 0.3, 0.26, (1.25, 0.4)), (2, 0.9, 0.27, (1.2, 0.1))]
    varied = [(0, 0.88, 0.3, (1, 0)), (1, 0.9, 0.3, (1, 0)), (2, 0.86, 0.3, (1, 0))]
    entries = [run_of_two_slices(*one) | {"row": row} for row, ones in (("a", plain), ("b", varied)) for one in ones]
    fig, facts = training.broken_run({"trials": {"a": {}, "b": {}}, "runs": entries})
    left, right = fig.axes
    assert [list(line.get_ydata()) for line in left.lines[1:]] == [[1.0, 1.0], [1.25, 0.9]]
    assert [list(line.get_ydata()) for line in right.lines] == [[0.85, 0.3, 0.9], [0.88, 0.9, 0.86], [0.3, 0.9]]
    assert (facts["seed"], facts["broken"], facts["varied"], facts["runs"]) == (1, 0.3, 0.9, 3)
    assert (facts["loss"], facts["loss_low"], facts["loss_high"]) == (0.26, 0.25, 0.27)
    assert (facts["edges"], facts["moved"], facts["at_home"]) == (1.25, 0.4, 0.1)
    assert (facts["one_level"], facts["two_levels"], facts["all_levels"]) == (0.7, 0.8, 0.9)
    assert (facts["edges_low"], facts["edges_high"], facts["moved_low"], facts["moved_high"]) == (1.1, 1.2, 0.1, 0.2)
    assert (facts["sound_low"], facts["sound_high"], facts["plain_median"]) == (0.85, 0.9, 0.85)
    assert (facts["repaired_low"], facts["repaired_high"]) == (0.9, 0.9)
    assert (facts["higher"], facts["sound_gain"]) == (2, pytest.approx((0.03 - 0.04) / 2))
    assert colours(fig) <= PALETTE


def test_an_untrained_network_loses_ln_2_only_where_its_last_layer_is_small():
    """The page said "about ln 2"; with the paper's initial weights it is from less than that to several units."""
    facts = training.untrained(cells.tissue(204, seed=1002))
    assert facts["count"] == 12
    assert facts["most"] > 2 * np.log(2)
    assert facts["most"] / facts["least"] > 3
    assert facts["calm_least"] == pytest.approx(np.log(2), abs=0.05)
    assert facts["calm_most"] == pytest.approx(np.log(2), abs=0.05)
