"""What an exercise is: how answers are observed, replies judged, exercises found."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from unet_edu.course import registry
from unet_edu.course.deadline import OutOfTime
from unet_edu.course.evaluate import agree, decide, observe, outcome_of
from unet_edu.course.exercise import Exercise, generator
from unet_edu.course.judging import coded, displaced, judge_value, set_weights_by_shape
from unet_edu.course.outcome import SAID, Case, NotPlainData, Raised, Verdict, line_of
from unet_edu.course.registry import UnknownExercise

DOUBLE = Exercise(
    id="test.double",
    chapter="99_test",
    name="double",
    points=2,
    minutes=1,
    cases=lambda rng, params: [Case((int(rng.integers(1, 9)),), "a number")],
    oracle=lambda args, params: args[0] * params["times"],
    book={"times": 2},
    params=lambda rng: {"times": int(rng.integers(3, 9))},
)
PARAMS = DOUBLE.settings()


def said_of(answer, args=(4,), exercise=DOUBLE, wanted=None):
    """Verdict of one answer; the reply travels as JSON, as it does to the grader."""
    wanted = exercise.oracle(args, PARAMS) if wanted is None else wanted
    reply = json.loads(json.dumps(observe(exercise, answer, args, PARAMS)))
    return decide(exercise, Case(args), reply, wanted, PARAMS)


def raising(error):
    def answer(*args):
        raise error

    return answer


# --- observing ------------------------------------------------------------------------------------------------------


def test_a_right_answer():
    assert said_of(lambda x: 2 * x) == Verdict(True)


@pytest.mark.parametrize("number", [np.int64(8), np.uint8(8), torch.tensor(8), np.array(8)], ids=repr)
def test_numbers_of_numpy_and_torch_count(number):
    assert said_of(lambda x: number).passed


class Sly:
    def __eq__(self, other):
        return True

    __hash__ = None


class SlyInt(int):
    def __eq__(self, other):
        return True

    __hash__ = None


class SlyTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True


class Hostile(BaseException):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (lambda x: Sly(), "type", "an object of class Sly"),
        (lambda x: SlyInt(9), "value", "returns 9"),
        (lambda x: torch.zeros(3).as_subclass(SlyTensor), "type", "a tensor"),
        (lambda x: True, "type", "a truth value"),
        (lambda x: 8.0, "type", "divide with //"),
        (lambda x: float("nan"), "value", "NaN"),
        (lambda x: float("inf"), "value", "division by zero"),
        (lambda x: "8", "type", "a text"),
        (lambda x: None, "type", "end in a return"),
        (lambda x: [8], "type", "a list"),
        (lambda x: print, "type", "a function"),
        (lambda x: (yield 8), "type", "a generator"),
        (lambda x: 10**6000, "value", "a very large integer"),
        (raising(ZeroDivisionError("by zero")), "error", "stops with ZeroDivisionError: by zero"),
        (raising(SystemExit(0)), "error", "leaves Python"),
        (raising(Hostile()), "error", "stops with Hostile"),
        (raising(NotImplementedError()), "missing", "not written yet"),
        (lambda: 8, "error", "TypeError"),
        (Sly, "error", "TypeError"),
    ],
)
def test_what_is_seen_in_a_wrong_answer(answer, kind, words):
    verdict = said_of(answer)
    assert not verdict.passed
    assert verdict.kind == kind
    assert words in verdict.message


def test_an_error_is_placed_in_the_students_own_lines():
    def answer(x):
        y = x + 1
        return y / 0

    assert "(line 3 of answer)" in said_of(answer).message


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OutOfTime(1)], ids=repr)
def test_an_interruption_passes_through(error):
    with pytest.raises(type(error)):
        observe(DOUBLE, raising(error), (4,), PARAMS)


def test_an_answer_works_on_a_copy_of_its_arguments():
    args = (torch.arange(3.0),)
    exercise = dataclasses.replace(DOUBLE, oracle=lambda args, params: args[0] * 2)
    verdict = said_of(lambda x: x.mul_(2), args, exercise)
    assert torch.equal(args[0], torch.arange(3.0))
    assert verdict.passed
    assert "changes its argument in place" in verdict.message
    assert said_of(lambda x: x.mul_(0), args, exercise).message == "the shape is right, but it holds nothing but zeros"


def test_a_view_that_is_changed_later_is_what_it_was():
    base = torch.arange(3.0)
    reply = observe(DOUBLE, lambda x: base[1:], (1,), PARAMS)
    base.zero_()
    assert torch.equal(outcome_of(reply), torch.tensor([1.0, 2.0]))


def test_prepare_makes_arguments_where_the_answer_runs():
    exercise = dataclasses.replace(
        DOUBLE,
        prepare=lambda args, params: (set_weights_by_shape(torch.nn.Linear(*args), 1),),
        oracle=lambda args, params: args[0] * args[1],
    )
    assert said_of(lambda layer: layer.weight.numel(), (3, 5), exercise).passed


def test_a_wanted_error():
    wanted = Raised("ValueError")
    assert said_of(raising(ValueError("no")), wanted=wanted).passed
    assert said_of(raising(type("Own", (ValueError,), {})()), wanted=wanted).passed
    verdict = said_of(raising(RuntimeError("no")), wanted=wanted)
    assert "stops with RuntimeError (no); this is a case for a ValueError" in verdict.message
    assert "returns 3; this is a case for a ValueError" in said_of(lambda x: 3, wanted=wanted).message


# --- judging --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        {},
        None,
        3,
        [],
        {"value": {"pickle": "x"}},
        {"raised": 3},
        {"raised": "E", "said": "", "kinds": "no", "where": ""},
    ]
    + [{"odd": 3}, {"value": 8, "changed": "all"}, {"value": {"tensor": ["float32", [2**40], ""]}}],
)
def test_any_reply_is_judged(reply):
    assert isinstance(decide(DOUBLE, Case((4,)), reply, 8, PARAMS), Verdict)


def test_a_judge_that_fails_is_no_way_to_pass():
    def judge(args, got, wanted, params):
        raise RuntimeError

    verdict = said_of(lambda x: 8, exercise=dataclasses.replace(DOUBLE, judge=judge))
    assert (verdict.passed, verdict.kind) == (False, "type")


def test_outcomes():
    assert outcome_of({"odd": "a range"}) == NotPlainData("a range")
    assert outcome_of(observe(DOUBLE, raising(KeyError("k")), (1,), PARAMS)).is_a("LookupError")


RAMP = coded(2, 5, 7)
FLAT = torch.linspace(-1, 1.3, 35).reshape(5, 7) ** 3


@pytest.mark.parametrize(
    ("got", "wanted", "words"),
    [
        (RAMP.flip(-1), RAMP, "left and right are swapped"),
        (RAMP.flip(-2), RAMP, "top and bottom are swapped"),
        (RAMP.flip(-2, -1), RAMP, "half a turn"),
        (RAMP[:, :5, :5].mT, RAMP[:, :5, :5], "rows and columns are swapped"),
        (RAMP.mT, RAMP, "height and width are swapped"),
        (RAMP.flip(0), RAMP, "channels are in another order"),
        (-FLAT, FLAT, "wrong sign"),
        (FLAT.relu(), FLAT, "a ReLU too many"),
        (FLAT, FLAT.relu(), "is a ReLU missing"),
        (FLAT + 1, FLAT, "off by the same amount"),
        (3 * FLAT, FLAT, "off by the same factor"),
        (0 * FLAT, FLAT, "nothing but zeros"),
        (FLAT.roll(1, 0), FLAT, "shifted by one row"),
        (FLAT.roll((2, -1), (0, 1)), FLAT, "shifted by two rows and one column"),
        (FLAT.clone().index_fill_(0, torch.tensor([2]), 5.0), FLAT, "20% of the values are wrong"),
        (FLAT.where(FLAT > 0, torch.nan), FLAT, "holds NaN (not a number) in"),
        (FLAT[None], FLAT, "more axes"),
        (FLAT[:-1], FLAT, "(height: one too few)"),
        (FLAT[:, :0], FLAT, "which is empty"),
        (RAMP[:1], RAMP, "(channels: one too few)"),
        (FLAT.numpy(), FLAT, "an array where a tensor is wanted"),
        (FLAT, FLAT.numpy(), "a tensor where an array is wanted"),
        (FLAT.half(), FLAT, "half precision"),
        (FLAT.bfloat16(), FLAT, "half precision"),
        (FLAT > 0, FLAT, "truth values (bool) where floats are wanted"),
        (FLAT.tolist(), FLAT, "a list where a tensor is wanted"),
        ([3, 2, 1], [1, 2, 3], "reverse order"),
        ([2, 3, 1], [1, 2, 3], "another order"),
        ([2, 3, 4], [1, 2, 3], "off by the same amount"),
        ([2, 4, 6], (1, 2, 3), "off by the same factor"),
        ([1, 2, 5], [1, 2, 3], "wrong at position 2"),
        ([0, 1, 5], [1, 5, 7], "one place too late"),
        ([1, 2], [1, 2, 3], "too few"),
        ([1, "2", 3], [1, 2, 3], "at position 1 (counted from 0): it returns a text"),
        ({"a": 1}, {"a": 1, "b": 2}, "lacks 'b'"),
        ({"a": 1, "b": 3}, {"a": 1, "b": 2}, "at 'b': it returns 3, which is off by one"),
        (-4, 4, "wrong sign"),
        (8, 4, "twice as much"),
        (2.5, 3, "where is it rounded"),
        (0.1, 0.2, "half of what it is"),
        (1, True, "an integer, 1, where True or False is wanted"),
        (" a  b", "a b", "spaces"),
        ("Pool", "pool", "capital"),
        (3, None, "nothing to return"),
    ],
)
def test_words_for_what_differs(got, wanted, words):
    verdict = judge_value((), got, wanted, {})
    assert not verdict.passed
    assert words in verdict.message


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        ([1, 2], (1, 2)),
        (FLAT.double(), FLAT),
        (FLAT + 1e-6, FLAT),
        (0.1 + 0.2, 0.3),
        (3, 3.0),
        (np.bool_(True), True),
        (torch.tensor(True), True),
        (np.float32(0.1), 0.1),
        (torch.tensor([1, 2], dtype=torch.int32), torch.tensor([1, 2])),
        (torch.tensor([torch.nan, 1]), torch.tensor([torch.nan, 1])),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
        ({"b": 1, "a": (2,)}, {"a": [2], "b": 1}),
        (None, None),
        (float("nan"), float("nan")),
    ],
)
def test_what_counts_as_equal(got, wanted):
    assert judge_value((), got, wanted, {}).passed


def test_the_mistake_is_named_that_explains_most():
    """In one case two mistakes lead to what came; the others tell which of them it is."""
    first = Verdict(False, "A", "value", (("A", True), ("B", True)))
    second = Verdict(False, "B", "value", (("A", False), ("B", True)))
    right = Verdict(True, clues=(("A", True), ("B", True)))
    other = Verdict(False, "own words", "value", (("A", False),))
    assert [verdict.message for verdict in agree([first, second, right, other])] == ["B", "B", "", "own words"]
    assert [verdict.message for verdict in agree([first])] == ["A"]
    assert agree([]) == []


def test_weights_depend_on_shape_alone():
    class One(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = torch.nn.Conv2d(1, 2, 3), torch.nn.Conv2d(2, 2, 3)

    class Other(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = torch.nn.Conv2d(2, 2, 3), torch.nn.Conv2d(1, 2, 3)

    one, other = (set_weights_by_shape(make(), 7) for make in (One, Other))
    assert torch.equal(one.a.weight, other.first.weight)
    assert torch.equal(one.b.weight, other.last.weight)
    assert not torch.equal(one.a.weight, set_weights_by_shape(One(), 8).a.weight)


def test_a_coded_map_tells_places():
    assert coded(2, 3, 5, 7)[1, 2, 4, 6] == 10_000 * 5 + 406
    assert displaced(RAMP[:, 1:4], RAMP[:, 2:5], RAMP).startswith("the shape is right, but the values are shifted by")


# --- parameters and the registry ------------------------------------------------------------------------------------


def test_settings():
    assert DOUBLE.settings() == {"times": 2}
    assert DOUBLE.settings({"times": 3}) == {"times": 3}
    with pytest.raises(ValueError, match="no parameter 'kernel': it has times"):
        DOUBLE.settings({"kernel": 3})


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(UnknownExercise) as caught:
        registry.find("crop.center")
    assert str(caught.value).startswith("there is no exercise 'crop.center'; the nearest are crop.centre")
    with pytest.raises(KeyError):
        registry.find(None)


def test_exercises_of_a_chapter():
    ids = [exercise.id for exercise in registry.all_of("05_skips")]
    assert ids == ["crop.centre", "crop.ladder", "crop.shift", "crop.blame"]
    with pytest.raises(UnknownExercise, match="05_skips"):
        registry.all_of("99_nothing")


def test_an_instructors_own_exercises():
    registry.register(DOUBLE)
    try:
        assert registry.find("test.double") is DOUBLE
        with pytest.raises(ValueError, match="already"):
            registry.register(DOUBLE)
    finally:
        registry.forget("test.double")
    with pytest.raises(UnknownExercise):
        registry.find("test.double")


def test_ids_and_names_are_unique():
    for field in ("id", "name"):
        found = [getattr(exercise, field) for exercise in registry.everything()]
        assert len(found) == len(set(found))


def test_a_generator_is_made_of_any_seed():
    one, other = (generator("a", 1).integers(1 << 30, size=4).tolist() for _ in range(2))
    assert one == other
    assert one != generator("a1").integers(1 << 30, size=4).tolist()


def test_what_an_error_says_is_one_line_of_a_length():
    assert line_of(ValueError("two\n  lines\tof it")) == "two lines of it"
    assert line_of("abc" * SAID) == ("abc" * SAID)[:SAID]
    assert line_of(KeyError("abc"), 3) == "'ab"
    assert line_of(ValueError(" \n")) == "ValueError"
