"""assignment/bundle.py and own_exercises.py: what a grader needs, in a file; an instructor's own exercises within."""

import hashlib
import json
import os
import stat
import sys
import textwrap
import zipfile

import pytest

from unet_edu import __version__
from unet_edu.course import evaluate, registry, values
from unet_edu.course.assignment import own_exercises
from unet_edu.course.assignment.bundle import FORMAT, Bundle, BundleError, BundleWarning, Task
from unet_edu.course.assignment.cohort import Cohort
from unet_edu.course.registry import find
from unet_edu.course.sandbox.sandbox import Sandbox, why_unavailable

SECRET = "5ec7e7" * 11
OWN = textwrap.dedent('''
    """An exercise of my own."""

    from unet_edu.course.exercise import Case, Exercise

    FACTOR = 3


    def probe(answer, args, params):
        """Seen beside the student's code."""
        return FACTOR * answer(*args)


    EXERCISES = (
        Exercise(
            id="own.twice", chapter="mine", name="twice", points=2, minutes=5,
            cases=lambda rng, params: [Case((int(rng.integers(100)),), "a number")],
            oracle=None, probe=probe, book={"times": 2}, params=lambda rng: {"times": 5},
        ),
    )
''')


@pytest.fixture(autouse=True)
def _forget():
    yield
    registry.forget("own.twice", "own.other", "crop.centre")


def bundle(**changes):
    ladder = find("crop.ladder")
    task = Task(ladder, {"convs": 3}, 4, "05_skips", "def crops(): ...", "def crops(depth):\n    return 'ß'\n")
    given = {"cohort": Cohort("autumn 2027", SECRET), "title": "05_skips", "exercises": (task,)} | changes
    return Bundle(**given)


def with_own():
    (own,) = own_exercises.register({"mine.py": OWN})
    task = Task(own, {"times": 5}, 2, "mine", "stub", "def twice(x):\n    return 5 * x\n", True)
    return bundle(exercises=(*bundle().exercises, task), modules={"mine.py": OWN}, notebooks=("mine.ipynb",))


def changed(path, **changes):
    """Change bundle.json of a bundle."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    described = json.loads(files["bundle.json"])
    files["bundle.json"] = json.dumps(described | changes).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


# --- written and read -------------------------------------------------------------------------------------------------


def test_what_is_written_is_read(tmp_path):
    written = with_own()
    written.write(tmp_path / "bundle.zip")
    registry.forget("own.twice")
    read = Bundle.read(tmp_path / "bundle.zip")
    assert (read.cohort, read.cohort.secret, read.title) == (written.cohort, SECRET, "05_skips")
    assert [task.id for task in read.exercises] == ["crop.ladder", "own.twice"]
    for one, other in zip(written.exercises, read.exercises, strict=True):
        for part in ("params", "points", "chapter", "stub", "reference", "private"):
            assert getattr(one, part) == getattr(other, part)
    assert (read.modules, read.notebooks) == (written.modules, written.notebooks)
    assert (read.format, read.made_with) == (FORMAT, __version__)


def test_the_file_is_for_its_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        bundle().write(tmp_path / "bundle.zip")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "bundle.zip").stat().st_mode) == 0o600


def test_the_digest_is_that_of_the_file_and_the_same_for_the_same_assignment(tmp_path):
    path = tmp_path / "bundle.zip"
    bundle().write(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert bundle().digest == Bundle.read(path).digest == digest
    assert bundle(title="another").digest != digest


def test_a_bundle_read_keeps_the_digest_of_its_file(tmp_path):
    path = tmp_path / "bundle.zip"
    bundle().write(path)
    changed(path, title="05_skips")  # the same, packed otherwise
    assert Bundle.read(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_secret_is_not_shown():
    assert SECRET not in repr(with_own())


def test_the_file_holds_no_cases_and_nothing_that_can_be_run_by_reading_it(tmp_path):
    with_own().write(tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        names = archive.namelist()
    assert names == ["bundle.json", "references/crop.ladder.py", "references/own.twice.py", "private/mine.py"]


def test_one_task_by_its_id():
    assert bundle().task("crop.ladder").params == {"convs": 3}
    with pytest.raises(registry.UnknownExercise, match=r"'crop\.centre' is not in this assignment.*crop\.ladder"):
        bundle().task("crop.centre")


def test_hidden_cases_are_those_of_the_cohort_with_the_task_s_parameters():
    one = bundle()
    (task,) = one.exercises
    wanted = one.cohort.hidden_cases(task.exercise, {"convs": 3})
    assert values.dumps([case.args for case in one.hidden_cases(task)]) == values.dumps([case.args for case in wanted])


# --- what is no bundle, or none for here ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"", b"not a zip", b"PK\x03\x04 and then nothing", b"{}"], ids=["empty", "text", "cut", "json"]
)
def test_what_is_no_bundle(tmp_path, data):
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(BundleError, match=r"x\.zip is not a bundle"):
        Bundle.read(tmp_path / "x.zip")


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"format": 1}', '{"format": "x"}', "not json"])
def test_a_zip_that_is_no_bundle(tmp_path, text):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("bundle.json", text)
    with pytest.raises(BundleError, match=r"x\.zip is not a bundle"):
        Bundle.read(tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr("notebook.ipynb", text)
    with pytest.raises(BundleError, match="not a bundle"):
        Bundle.read(tmp_path / "y.zip")


def test_a_bundle_with_a_garbled_byte(tmp_path):
    path = tmp_path / "bundle.zip"
    bundle().write(path)
    data = bytearray(path.read_bytes())
    data[60] ^= 255
    path.write_bytes(data)
    with pytest.raises(BundleError, match="not a bundle"):
        Bundle.read(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        Bundle.read(tmp_path / "bundle.zip")


def test_a_newer_format(tmp_path):
    path = tmp_path / "bundle.zip"
    bundle().write(path)
    changed(path, format=FORMAT + 1, made_with="9.0")
    with pytest.raises(BundleError, match=r"unet_edu 9\.0.*upgrade"):
        Bundle.read(path)


def test_another_version_warns_and_goes_on(tmp_path):
    path = tmp_path / "bundle.zip"
    bundle().write(path)
    changed(path, made_with="0.0.1")
    with pytest.warns(BundleWarning, match=rf"0\.0\.1.*{__version__}"):
        assert Bundle.read(path).made_with == "0.0.1"


def test_an_exercise_that_this_version_does_not_know(tmp_path):
    path = tmp_path / "bundle.zip"
    with_own().write(path)
    described = json.loads(zipfile.ZipFile(path).read("bundle.json"))
    described["exercises"][0]["id"] = "crop.gone"
    changed(path, exercises=described["exercises"])
    with pytest.raises(BundleError, match=r"does not know the exercise 'crop\.gone'"):
        Bundle.read(path)


def test_an_exercise_whose_parameters_have_changed(tmp_path):
    path = tmp_path / "bundle.zip"
    task = bundle().exercises[0]
    bundle(exercises=(Task(task.exercise, {"depth": 3}, 4, "05_skips", "", ""),)).write(path)
    with pytest.raises(BundleError, match=r"'crop\.ladder' has other parameters"):
        Bundle.read(path)


# --- an instructor's own exercises ------------------------------------------------------------------------------------


def test_private_exercises_are_known_after_reading_and_may_be_read_again(tmp_path):
    with_own().write(tmp_path / "bundle.zip")
    registry.forget("own.twice")
    with pytest.raises(registry.UnknownExercise):
        find("own.twice")
    for _ in range(2):
        read = Bundle.read(tmp_path / "bundle.zip")
        assert find("own.twice") is read.task("own.twice").exercise
        assert registry.is_private("own.twice")


def test_the_folder_of_private_modules_cannot_be_read_by_others():
    (own,) = own_exercises.register({"mine.py": OWN})
    file = sys.modules[own.probe.__module__].__file__
    assert stat.S_IMODE(os.stat(os.path.dirname(file)).st_mode) == 0o700


def test_a_private_exercise_runs_in_the_sandbox_and_needs_no_oracle(tmp_path):
    with_own().write(tmp_path / "bundle.zip")
    task = Bundle.read(tmp_path / "bundle.zip").task("own.twice")
    unsafe = bool(why_unavailable())
    with pytest.warns() if unsafe else _nothing(), Sandbox(unsafe=unsafe) as sandbox:
        done = sandbox.run(cells=[task.reference], exercise_id=task.exercise, args=[(7,)], params=task.params)
    assert evaluate.outcome_of(done.outcomes[0]) == 3 * 5 * 7


def _nothing():
    import contextlib

    return contextlib.nullcontext()


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"mine.py": "x = 1"}, "mine.py: want EXERCISE"),
        ({"mine.py": "EXERCISES = (1,)"}, "mine.py: want EXERCISE"),
        ({"mine.py": "def f(:"}, "mine.py cannot be imported: SyntaxError"),
        ({"mine.py": "import no_such_module"}, "mine.py cannot be imported: ModuleNotFoundError"),
        ({"my exercises.py": OWN}, "called like a module"),
        ({"../mine.py": OWN}, "called like a module"),
        ({"mine.py": OWN.replace("own.twice", "crop.centre")}, "'crop.centre', as one of the book"),
        ({"a.py": OWN, "b.py": OWN}, "there is an exercise 'own.twice' already"),
    ],
)
def test_private_modules_that_cannot_be_used(modules, message):
    with pytest.raises(own_exercises.PrivateError, match=message):
        own_exercises.register(modules)
    assert find("crop.centre").chapter == "05_skips"


def test_a_bundle_with_a_private_module_that_cannot_be_used(tmp_path):
    path = tmp_path / "bundle.zip"
    bundle(modules={"mine.py": "x = 1"}).write(path)
    with pytest.raises(BundleError, match=r"bundle\.zip: mine\.py: want EXERCISE"):
        Bundle.read(path)
