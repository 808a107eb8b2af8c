"""Judges made of judges."""

import pytest
import torch

from unet_edu.course import values
from unet_edu.course.evaluate import decide
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import (
    explaining,
    judge_value,
    layers_of,
    part,
    recognising,
    set_weights_by_shape,
    silent,
    then,
    unet_layers,
    unless,
)
from unet_edu.course.outcome import Case, Raised, Verdict
from unet_edu.models.one_level import OneLevelUNet
from unet_edu.models.unet import UNet

ERROR = Raised("ValueError", "too small", ("ValueError", "Exception"))


def doubled(args, params):
    yield 2 * args[0], "it is twice as much"


def test_then_adds_the_first_remark_that_holds_to_a_right_answer_alone():
    judge = then(judge_value, (silent, "no word"), (lambda *_: True, "another remark"))
    assert judge((), Raised("ValueError"), ERROR, {}) == Verdict(True, "no word")
    assert judge((), 1, 1, {}) == Verdict(True, "another remark")
    assert judge((), 2, 1, {}) == judge_value((), 2, 1, {})


def test_unless_does_not_pass_a_right_value():
    odd, large = (lambda args, got, *_: got % 2 == 1), (lambda args, got, *_: got > 10)
    judge = unless(judge_value, (odd, "it is odd"), (large, "it is large"))
    assert judge((), 11, 11, {}) == Verdict(False, "it is odd", "value")
    assert judge((), 12, 12, {}) == Verdict(False, "it is large", "value")
    assert judge((), 2, 2, {}) == Verdict(True)
    assert judge((), 11, 12, {}) == judge_value((), 11, 12, {})


def test_unless_keeps_the_clues():
    judge = unless(recognising(doubled), (lambda *_: True, "but"))
    assert judge((3,), 3, 3, {}).clues == (("it is twice as much", False),)


def test_part_compares_one_entry():
    judge = part("sum", recognising(doubled))
    wanted = {"sum": 3, "calls": 1}
    assert judge((3,), {"sum": 3, "calls": 7}, wanted, {}).passed
    assert judge((3,), {"sum": 6, "calls": 1}, wanted, {}).message == "it is twice as much"
    assert judge((3,), ERROR, wanted, {}).message == "it stops with ValueError: too small"


def test_part_leaves_the_words_to_the_case_where_an_error_is_wanted():
    judge = part("sum", recognising(doubled))
    exercise = Exercise(id="test.part", chapter="", name="", points=1, minutes=1, cases=None, judge=judge)

    def judged(came):
        reply = {"value": values.encode(came)}
        return decide(exercise, Case((3,), why="three is small"), reply, Raised("ValueError"), {}).message

    assert judged({"sum": 3}) == "three is small: this is a case for a ValueError"
    assert judged({"sum": 6}) == "it is twice as much"


def test_explaining_has_words_for_a_known_error():
    judge = explaining(judge_value, ("small", "is it cut?"), ("too", "is it too much?"))
    assert judge((), ERROR, 3, {}) == Verdict(False, "is it cut?", "error")
    assert judge((), Raised("ValueError", "odd"), 3, {}) == judge_value((), Raised("ValueError", "odd"), 3, {})
    assert judge((), ERROR, ERROR, {}).passed


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(("channels", "classes", "width"), [(1, 2, 4), (3, 5, 6)])
def test_the_layers_of_a_u_net_are_those_of_the_package_s_own_without_its_modules(depth, channels, classes, width):
    network = OneLevelUNet(channels, classes, width) if depth == 1 else UNet(channels, classes, width, depth)
    ours, theirs = unet_layers(channels, classes, width, depth, 7), layers_of(network, 7)
    assert [name for name, _ in ours.named_children()] == [name for name, _ in theirs.named_children()]
    pairs = list(zip(ours.modules(), theirs.modules(), strict=True))
    assert all(type(a) is type(b) or "Crop" in type(a).__name__ for a, b in pairs[1:])
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    assert all(torch.equal(value, state[name]) for name, value in ours.state_dict().items())
    assert not any(type(layer).__module__.startswith("unet_edu.models") for layer in ours.modules())
    skip, like = torch.arange(2 * 11 * 12.0).view(1, 2, 11, 12), torch.zeros(1, 2, 5, 4)
    assert torch.equal(ours.skip0(skip, like), theirs.skip0(skip, like))
    assert not any(layer.training for layer in ours.modules())
    with pytest.raises(RuntimeError, match="layer by layer"):
        ours(torch.zeros(1, channels, 36, 36))


def test_the_layers_run_one_after_the_other_are_the_network():
    layers, network = unet_layers(1, 2, 4, 1, 7), set_weights_by_shape(OneLevelUNet(1, 2, 4), 7).eval()
    image = torch.randn(1, 1, 36, 38)
    with torch.no_grad():
        fine = layers.d0(image)
        coarse = layers.up0(layers.d1(layers.pool1(fine)))
        out = layers.score(layers.u0(torch.cat([layers.skip0(fine, coarse), coarse], 1)))
        assert torch.equal(out, network(image))
