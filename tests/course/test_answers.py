"""Every known answer to every exercise: the right ones pass, the wrong ones get the words that were made for them.

Besides, for each exercise: the chapter's stub scores nothing, its solution everything, and no message gives the answer.
"""

import functools
import re

import pytest
import torch
from answerkit import all_answers
from bookkit import ROOT

from _ext.exercise_cells import exercises as cells_of
from unet_edu.course import check, values
from unet_edu.course.checking import public_cases
from unet_edu.course.evaluate import agree, decide, observe, outcome_of
from unet_edu.course.exercise import generator
from unet_edu.course.outcome import Raised
from unet_edu.course.registry import everything, find

pytestmark = pytest.mark.usefixtures("one_thread")
EXERCISES = everything()
RIGHT = [answer for answer in all_answers() if not answer.words]
WRONG = [answer for answer in all_answers() if answer.words]
SEEDS = range(3)


def cases(exercise, params):
    """The public cases, then those of some seeds."""
    yield public_cases(exercise, params)
    for seed in SEEDS:
        yield exercise.cases(generator("hidden", seed, exercise.id), params)


def verdicts(exercise, answer, some, params):
    found = []
    torch.manual_seed(0)  # for answers that draw
    for case in some:
        wanted = exercise.oracle(values.copy(case.args), params)
        reply = observe(exercise, answer, case.args, params)
        found.append((case, wanted, reply, decide(exercise, case, reply, wanted, params)))
    agreed = agree([verdict for *_, verdict in found])
    return [(*rest, verdict) for (*rest, _), verdict in zip(found, agreed, strict=True)]


@functools.cache
def public_verdicts(answer):
    """Of a known answer on the public cases, with the values of its cohort; kept for all tests."""
    exercise = find(answer.id)
    params = exercise.settings(dict(answer.params))
    return verdicts(exercise, answer.answer, public_cases(exercise, params), params)


def hidden_verdicts(answer):
    """Of a known answer on the cases of some seeds, one list a seed."""
    exercise = find(answer.id)
    params = exercise.settings(dict(answer.params))
    for seed in SEEDS:
        yield verdicts(exercise, answer.answer, exercise.cases(generator("hidden", seed, exercise.id), params), params)


def of_chapter(exercise, which):
    """Run the exercise's cell of the chapter, `stub` or `solution`, after what it needs; return the definition."""
    path = ROOT / "book" / f"{exercise.chapter}.md"
    cell = cells_of(path.read_text("utf-8"), path.name)[exercise.id]
    names = {}
    for line in exercise.needs:
        exec(line, names)
    exec(getattr(cell, which), names)
    return names[exercise.name]


def named(answer):
    return f"{answer.id}-{answer.label}"


def by_id(exercise):
    return exercise.id


def tells(message: str, wanted, case, reply) -> bool:
    """Whether a message names what was wanted, if that stands neither in the question nor in what came."""
    shown = {values.brief(wanted)}
    if isinstance(wanted, bool) or wanted is None or isinstance(wanted, Raised):
        return False  # two ways only: to say that one is wrong is to say the other; None and errors are words
    came = repr(outcome_of(reply)) if "value" in reply else reply.get("said", "") + reply.get("where", "")
    allowed = set(re.findall(r"-?\d+", case.says + came + " ".join(values.brief(arg) for arg in case.args)))
    if isinstance(wanted, int):
        return bool(({str(wanted)} - allowed) & set(re.findall(r"-?\d+", message)))
    return any(text in message for text in shown if len(text) > 2 and text not in came and "tensor" not in text)


# --- the answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", RIGHT, ids=named)
def test_a_right_answer_passes(answer):
    for judged in (public_verdicts(answer), *hidden_verdicts(answer)):
        for case, _, _, verdict in judged:
            assert verdict.passed, f"{case.says}: {verdict.message}"


@pytest.mark.parametrize("answer", WRONG, ids=named)
def test_a_wrong_answer_gets_the_words_made_for_it(answer):
    for judged in (public_verdicts(answer), *hidden_verdicts(answer)):
        seen = [verdict for *_, verdict in judged]
        assert not all(verdict.passed for verdict in seen)
        messages = [verdict.message for verdict in seen if not verdict.passed]
        assert any(answer.words in message for message in messages), messages
        assert all(verdict.kind for verdict in seen if not verdict.passed)


@pytest.mark.parametrize("answer", WRONG, ids=named)
def test_no_message_gives_the_answer(answer):
    for case, wanted, reply, verdict in public_verdicts(answer):
        assert verdict.passed or not tells(verdict.message, wanted, case, reply), verdict.message


@pytest.mark.parametrize("answer", all_answers(), ids=named)
def test_check_prints_and_returns_nothing(answer, capsys):
    assert check(answer.id, answer.answer, cohort=dict(answer.params)) is None
    out = capsys.readouterr().out
    assert out.startswith(answer.id)
    assert ("not yet" in out) == bool(answer.words)
    assert "check itself" not in out
    assert " ".join(answer.words.split()) in " ".join(out.split())


# --- the exercises ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_an_exercise_has_answers(exercise):
    assert len([answer for answer in RIGHT if answer.id == exercise.id]) >= 2
    assert len([answer for answer in WRONG if answer.id == exercise.id]) >= 3


def test_every_answer_is_to_an_exercise():
    assert {answer.id for answer in all_answers()} <= {exercise.id for exercise in EXERCISES}


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_the_solution_of_the_chapter_passes(exercise):
    solution, params = of_chapter(exercise, "solution"), exercise.settings()
    for some in cases(exercise, params):
        for case, _, _, verdict in verdicts(exercise, solution, some, params):
            assert verdict.passed, f"{case.says}: {verdict.message}"
            assert not verdict.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_the_stub_scores_nothing(exercise, capsys):
    stub, params = of_chapter(exercise, "stub"), exercise.settings()
    for some in cases(exercise, params):
        for *_, verdict in verdicts(exercise, stub, some, params):
            assert (verdict.passed, verdict.kind) == (False, "missing")
    check(exercise.id, stub)
    assert "not written yet" in capsys.readouterr().out


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_cases_are_new_for_each_seed_and_the_same_for_the_same(exercise):
    def drawn(seed):
        return values.dumps([case.args for case in exercise.cases(generator(seed), exercise.settings())])

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(6)}) > 1


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_a_case_says_what_it_tries(exercise):
    for case in public_cases(exercise, exercise.settings()):
        assert case.says
        assert case.points > 0
        assert values.copy(case.args) is not case.args


@pytest.mark.parametrize("exercise", [each for each in EXERCISES if each.book], ids=by_id)
def test_last_years_answer_is_wrong_this_year(exercise):
    """The chapter's own solution solves the book's exercise, not that of a cohort with other parameters."""
    solution = of_chapter(exercise, "solution")
    for seed in SEEDS:
        params = exercise.settings(exercise.params(generator(seed)))
        assert params != exercise.settings()
        some = exercise.cases(generator("cohort", seed), params)
        assert not all(verdict.passed for *_, verdict in verdicts(exercise, solution, some, params))


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_its_parts_are_filled_in(exercise):
    assert (ROOT / "book" / f"{exercise.chapter}.md").is_file()
    assert exercise.points > 0
    assert exercise.minutes > 0
    assert all(name.startswith("unet_edu.") for name in exercise.forbids)


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_id)
def test_its_id_is_its_path(exercise):
    folder = ROOT / "unet_edu" / "course" / "exercises"
    path = folder.joinpath(*exercise.id.split(".")).with_suffix(".py")
    assert path.is_file()
    assert f'id="{exercise.id}"' in path.read_text("utf-8")


def test_a_topic_lists_each_of_its_files_and_no_other():
    folder = ROOT / "unet_edu" / "course" / "exercises"
    listed = [exercise.id for exercise in EXERCISES]
    assert sorted(listed) == sorted(f"{path.parent.name}.{path.stem}" for path in folder.glob("*/[!_]*.py"))
    assert len(set(listed)) == len(listed)


def test_the_exercises_stand_in_the_order_of_the_book():
    """As `unet-edu course exercises` prints them: chapter by chapter, each chapter's as its page has them."""
    in_the_book = [
        id
        for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.md"))
        for id in cells_of(path.read_text("utf-8"), path.name)
    ]
    assert [exercise.id for exercise in EXERCISES] == in_the_book
