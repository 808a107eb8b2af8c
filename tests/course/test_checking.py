"""`check`: what a student reads. It never raises, never gives the answer away, and always ends."""

import dataclasses
import subprocess
import sys
import threading
import time

import pytest
import torch

from unet_edu.course import check, checking
from unet_edu.course.exercise import Exercise
from unet_edu.course.outcome import Case
from unet_edu.course.registry import find, forget, register


def centre_crop(x, height, width):
    top, left = x.shape[-2] - height, x.shape[-1] - width
    if min(top, left) < 0 or top % 2 or left % 2:
        raise ValueError("no centre")
    top, left = top // 2, left // 2
    return x[..., top : top + height, left : left + width]


@pytest.fixture
def said(capsys):
    """Function that runs check and returns what it prints."""

    def run(*args, **options):
        assert check(*args, **options) is None
        out = capsys.readouterr()
        assert not out.err
        return out.out

    return run


@pytest.fixture
def twice():
    """A small exercise of a class, known for one test."""
    exercise = Exercise(
        id="test.twice",
        chapter="99_test",
        name="Twice",
        points=1,
        minutes=1,
        cases=lambda rng, params: [Case((3,), "three"), Case((4,), "four")],
        oracle=lambda args, params: 2 * args[0],
        probe=lambda answer, args, params: answer()(*args),
    )
    register(exercise)
    yield exercise
    forget(exercise.id)


def test_a_right_answer(said):
    out = said("crop.centre", centre_crop)
    assert "✓ passed" in out
    assert "not yet" not in out
    assert out.endswith("8 of 8 cases, 3 of 3 points on these; a course tries others\n")


def test_a_wrong_answer_is_told_which_mistake_is_seen(said):
    out = said("crop.centre", lambda x, height, width: x[..., :height, :width])
    assert "✗ not yet   a square map" in out
    assert "it is cut from the top left corner, not from the centre" in out
    assert "centre_crop(tensor of 1×2×" in out


def test_the_same_words_are_not_said_twice_in_a_row(said):
    out = said("crop.shift", lambda level, left, depth=4: left)
    lines = [line.strip() for line in out.splitlines()]
    assert all(one != other for one, other in zip(lines, lines[1:], strict=False))


def test_lines_are_short(said):
    for answer in (centre_crop, lambda x, height, width: x.no_such_thing(height), lambda x: "x" * 300):
        assert max(map(len, said("crop.centre", answer).splitlines())) <= 100


def test_each_case_keeps_its_own_reason(said):
    """A corner crop does not raise either: both mistakes are named, each at its cases."""
    out = said("crop.centre", lambda x, height, width: x[..., :height, :width])
    assert "an odd difference has no centre: this is a case for a ValueError" in out
    assert "a map that is too small has nothing to cut" in out


def test_an_object_of_the_students_class_is_called_with_the_last_argument(said):
    class DoubleConv(torch.nn.Identity):
        pass

    assert "DoubleConv(1, 4)(tensor of 1×1×9×9)" in said("blocks.double_conv", DoubleConv)


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("crop.ladder", "crops(4)"),
        ("fcn.join", "Joined(2)(tensor of 1×2×5×5, tensor of 1×2×5×5)"),
        ("reading.mend", "InPlace()(tensor of 1×2×8×8, tensor of 1×3×12×12)"),
        ("augment.layer", "Bend(2.0, 305)(tensor of 1×1×24×24, tensor of 1×24×24)"),
        ("ablate.silence", "Silent('off')(tensor of 1×2×9×13, tensor of 1×2×5×9)"),
        ("window.balanced", "balanced_places(array of 5×10, 24, np.random.default_rng(800211901))"),
        ("ablate.luckiest", "luckiest(1, 3, np.random.default_rng(641123384), 4000)"),
        ("inside.forget", "forgotten(a network, 1, a generator)"),
    ],
)
def test_a_call_is_shown_as_it_is_made(id, words):
    exercise = find(id)
    params = exercise.settings()
    assert checking.called(exercise, checking.public_cases(exercise, params)[0], params) == words


def test_a_call_that_cannot_be_prepared_is_shown_as_its_case_has_it(said, twice):
    exercise = dataclasses.replace(twice, prepare=lambda args, params: 1 / 0)
    assert checking.called(exercise, Case((3,)), {}) == "Twice()(3)"


def test_another_name_is_noted(said):
    def my_crop(x, height, width):
        return centre_crop(x, height, width)

    assert "this one is called my_crop; when it is handed in, it must be called centre_crop" in said(
        "crop.centre", my_crop
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("crop.center", centre_crop), "the nearest are crop.centre"),
        ((3, centre_crop), "there is no exercise '3'"),
        ((None,), "there is no exercise 'None'"),
        (([], {}), "there is no exercise"),
        (("crop.centre",), 'hand over the function centre_crop as well: check("crop.centre", centre_crop)'),
        (("crop.centre", None), "hand over the function centre_crop"),
        (("crop.centre", "centre_crop"), "without quotation marks"),
        (("crop.centre", "crop.shift"), "without quotation marks"),
        (("crop.centre", torch.zeros(2, 2)), "without brackets after it; this is tensor of 2×2"),
        (("crop.centre", 3), "without brackets after it; this is 3"),
        (("crop.centre", type("centre_crop", (), {})), "a function is asked for, and this is the class centre_crop"),
        ((centre_crop, "crop.centre"), "8 of 8 cases"),
    ],
)
def test_what_cannot_be_an_answer(args, words, said):
    assert words in said(*args)


def test_a_class_is_wanted(said, twice):
    class Twice:
        def __call__(self, x):
            return 2 * x

    assert "2 of 2 cases" in said("test.twice", Twice)
    assert "this is one Twice, already made" in said("test.twice", Twice())
    assert "hand over the class Twice itself; this is a function" in said("test.twice", lambda x: x)


def test_a_stub_is_not_written_yet(said):
    def centre_crop(x, height, width):
        # YOUR CODE HERE
        raise NotImplementedError()

    assert said("crop.centre", centre_crop) == "crop.centre · centre_crop\n  not written yet: 0 cases passed\n"


# --- time, output, mischief -----------------------------------------------------------------------------------------


def endless(*args):
    while True:
        pass


def test_a_loop_without_end_is_stopped(said):
    start = time.monotonic()
    out = said("crop.ladder", endless, seconds=0.2)
    assert time.monotonic() - start < 300, "on a busy machine, too"
    assert "stopped after 0.2 seconds: does a loop ever end?" in out
    assert "the rest were not tried" in out


def test_a_loop_is_stopped_on_another_thread(said, capsys):
    thread = threading.Thread(target=check, args=("crop.ladder", endless), kwargs={"seconds": 0.2})
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    out = " ".join(capsys.readouterr().out.split())
    assert "Outside the main thread code is watched line by line" in out


def test_a_long_call_is_told_from_a_loop():
    text = checking._out_of_time(checking.deadline.OutOfTime(1), 1, 7.2)
    assert "It took 7: one long call into compiled code cannot be stopped" in text


def test_what_an_answer_prints_is_kept_short(said):
    def blame(size):
        print("size", size)
        sys.stderr.write("beside\n")
        for _ in range(20_000):
            print("flood" * 20)
        return 7

    out = said("crop.blame", blame)
    assert "your code printed:\n  | size" in out
    assert "  | beside" in out
    assert len(out) < 3000


def test_a_right_answer_may_print(said):
    def blame(size):
        print("looking")
        return next((n for n in range(1, 5) if (size - 60) % 2**n), None)

    assert "looking" not in said("crop.blame", blame)


class Nasty:
    """Raises wherever it is touched."""

    def __getattribute__(self, name):
        raise RuntimeError(name)

    def __call__(self, *args):
        return self

    def __eq__(self, other):
        return True

    __hash__ = None


class End(BaseException):
    pass


def leaving(*args):
    raise SystemExit


def ending(*args):
    raise End


@pytest.mark.parametrize(
    "answer",
    [
        "a nasty one",
        lambda *args: Nasty(),
        leaving,
        ending,
        lambda *args: endless,
        lambda: 0,
        print,
        len,
        int,
        type,
        check,
    ],
)
@pytest.mark.parametrize("id", ["crop.centre", "crop.blame"])
def test_nothing_is_raised_and_nothing_passes(id, answer, said):
    out = said(id, Nasty() if answer == "a nasty one" else answer, seconds=2)
    assert out
    assert " points on these; a course" not in out


def test_the_keyboard_interrupts():
    def interrupted(*args):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("crop.blame", interrupted)


def test_torch_is_left_as_it_was(said):
    def meddling(x, height, width):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        return centre_crop(x, height, width)

    said("crop.centre", meddling)
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("seconds", [0, -1, "ten", None, float("nan"), True])
def test_seconds_are_a_number(seconds, said):
    assert "seconds: give a number" in said("crop.blame", endless, seconds=seconds)


def test_check_itself_failing_is_not_the_students_fault(said, monkeypatch):
    monkeypatch.setattr(checking, "_try_all", lambda *args: 1 / 0)
    assert "check itself has failed here, which is not your fault (ZeroDivisionError)" in said(
        "crop.centre", centre_crop
    )


# --- cohorts, consoles, pictures ------------------------------------------------------------------------------------


def test_a_cohorts_parameters(said):
    def shift(level, left, depth=4):
        return (left - 2 * (6 * 2 ** (depth - level) - 8)) * 2**level

    assert "kernel = 5" in said("crop.shift", shift, cohort={"kernel": 5})
    assert "6 of 6 cases" in said("crop.shift", shift, cohort={"kernel": 5})
    assert "6 of 6 cases" not in said("crop.shift", shift)
    assert "has no parameter 'width': it has kernel" in said("crop.shift", shift, cohort={"width": 5})
    assert "cohort: give a dictionary" in said("crop.shift", shift, cohort=5)


def test_a_console_without_signs():
    code = (
        "from unet_edu.course import check; check('crop.blame', lambda size: 1);"
        "check('crop.centre', lambda x, h, w: x[..., :h, :w])"
    )
    options = {"capture_output": True, "text": True, "env": {"PYTHONIOENCODING": "ascii"}}
    done = subprocess.run([sys.executable, "-c", code], **options)
    assert (done.returncode, done.stderr) == (0, "")
    assert "passed" in done.stdout
    assert "tensor of 1x2x" in done.stdout


def test_a_picture_in_a_notebook(said, monkeypatch):
    import IPython
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: type("Shell", (), {"kernel": 1})())
    monkeypatch.setattr(IPython.display, "display", shown.append)
    said("crop.centre", centre_crop)
    assert not shown
    said("crop.centre", lambda x, height, width: x[..., :height, :width])
    (picture,) = shown
    assert picture.data.startswith(b"\x89PNG")


def test_no_picture_elsewhere(said, monkeypatch):
    import IPython.display

    monkeypatch.setattr(IPython.display, "display", lambda figure: pytest.fail("a picture without a notebook"))
    said("crop.centre", lambda x, height, width: x[..., :height, :width])


def test_the_public_cases_are_always_the_same(said):
    assert said("crop.blame", lambda size: 1) == said("crop.blame", lambda size: 1)
