"""assignment/cohort.py: all that a class is asked is drawn from its secret, and cannot be told without."""

import hashlib
import hmac

import pytest
from bookkit import ROOT

from unet_edu.course import values
from unet_edu.course.assignment import source
from unet_edu.course.assignment.cohort import Cohort
from unet_edu.course.checking import public_cases
from unet_edu.course.evaluate import decide, observe
from unet_edu.course.registry import everything, find

ONE, TWO = Cohort("autumn", "1" * 64), Cohort("spring", "2" * 64)
CHANGED = [exercise for exercise in everything() if exercise.book]


def args(cases):
    return values.dumps([case.args for case in cases])


def test_a_new_cohort_has_a_new_secret():
    first, second = Cohort.new("autumn"), Cohort.new("autumn")
    assert first.secret != second.secret
    assert len(bytes.fromhex(first.secret)) == 32


def test_the_secret_is_not_shown():
    cohort = Cohort.new("autumn")
    for text in (repr(cohort), str(cohort), f"{[cohort]}"):
        assert cohort.secret not in text
        assert "autumn" in text


def test_the_seed_is_an_hmac_of_the_exercise_s_id():
    wanted = hmac.new(b"1" * 64, b"crop.centre", hashlib.sha256).hexdigest()
    assert ONE.seed("crop.centre") == wanted
    assert len({cohort.seed(id) for cohort in (ONE, TWO) for id in ("crop.centre", "crop.ladder")}) == 4


def test_the_name_draws_nothing():
    """A typo in it may be mended."""
    assert Cohort("autumm", ONE.secret).seed("crop.centre") == ONE.seed("crop.centre")


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_cohort_has_a_name(name):
    with pytest.raises(ValueError, match="name"):
        Cohort(name, "1" * 64)


@pytest.mark.parametrize("secret", ["", "short", None])
def test_a_secret_is_long(secret):
    with pytest.raises(ValueError, match="secret"):
        Cohort("autumn", secret)


def test_parameters_are_the_book_s_but_for_those_that_change():
    blame = find("crop.blame")
    params = ONE.params(blame)
    assert set(params) == set(blame.book)
    assert params == ONE.params(blame)
    assert ONE.params(find("crop.centre")) == {}


@pytest.mark.parametrize("exercise", CHANGED, ids=lambda exercise: exercise.id)
def test_cohorts_have_other_parameters_than_the_book_and_each_other(exercise):
    drawn = [Cohort("c", f"{number:064}").params(exercise) for number in range(12)]
    assert all(params != exercise.settings() for params in drawn)
    assert len({values.dumps(params) for params in drawn}) > 1


def test_hidden_cases_are_those_of_the_cohort():
    centre = find("crop.centre")
    again = Cohort("autumn", "1" * 64)
    assert args(ONE.hidden_cases(centre)) == args(again.hidden_cases(centre))
    assert args(ONE.hidden_cases(centre)) != args(TWO.hidden_cases(centre))
    assert args(ONE.hidden_cases(centre)) != args(public_cases(centre, {}))
    assert args(ONE.hidden_cases(centre, draw=1)) != args(ONE.hidden_cases(centre))


def test_hidden_cases_may_be_drawn_for_given_parameters():
    blame = find("crop.blame")
    assert args(ONE.hidden_cases(blame, blame.settings())) != args(ONE.hidden_cases(blame))


def test_at_least_ten_exercises_of_the_book_are_changed_by_a_cohort():
    assert len(CHANGED) >= 10


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("exercise", CHANGED, ids=lambda exercise: exercise.id)
def test_the_chapter_s_solution_is_right_for_every_cohort(exercise):
    path = ROOT / "book" / f"{exercise.chapter}.md"
    cell = source.exercises(path.read_text("utf-8"), path.name)[exercise.id]
    tried = set()
    for number in range(12):
        cohort = Cohort("c", f"{number:064}")
        params = cohort.params(exercise)
        if values.dumps(params) in tried:
            continue
        tried.add(values.dumps(params))
        names = {}
        for line in exercise.needs:
            exec(line, names)
        exec(cell.with_values(params).solution, names)
        for case in public_cases(exercise, params) + cohort.hidden_cases(exercise):
            wanted = exercise.oracle(values.copy(case.args), params)
            reply = observe(exercise, names[exercise.name], case.args, params)
            verdict = decide(exercise, case, reply, wanted, params)
            assert verdict.passed, (params, case.says, verdict.message)
