"""What a grader needs of an assignment, in one file, ``bundle.zip``. It holds the cohort's secret: never publish it.

    bundle.json           format, version of unet_edu, cohort with its secret, exercises with parameters, points, stubs
    references/ID.py      the solutions, of the chapters and of the instructor's own exercises
    private/*.py          the modules of the instructor's own exercises

A zip of text, read and written here alone. `Bundle.read` imports the private modules, which are the instructor's own.
"""

import hashlib
import io
import json
import os
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unet_edu import __version__
from unet_edu.course import registry, values
from unet_edu.course.assignment import own_exercises
from unet_edu.course.assignment.cohort import Cohort
from unet_edu.course.exercise import Exercise
from unet_edu.course.outcome import Case
from unet_edu.course.registry import UnknownExercise
from unet_edu.files import written_whole

FORMAT = 1
LARGEST = 50 * 2**20  # bytes of one file in a bundle
EPOCH = (1980, 1, 1, 0, 0, 0)  # of all that is in the zip: the same assignment gives the same file


class BundleError(ValueError):
    """A file that is no bundle, or none that can be used here; the message is the reason."""


class BundleWarning(UserWarning):
    """A bundle of another version."""


@dataclass(frozen=True)
class Task:
    """One exercise of an assignment."""

    exercise: Exercise
    params: Mapping[str, Any]  # of the cohort, all of them
    points: float
    chapter: str  # the notebook that it stands in: "05_skips"
    stub: str  # the cell as it was handed out
    reference: str  # the cell's solution
    private: bool = False  # an instructor's own

    @property
    def id(self) -> str:
        """The exercise's."""
        return self.exercise.id


@dataclass(frozen=True)
class Bundle:
    """An assignment, with all that the grader needs."""

    cohort: Cohort
    title: str  # "05_skips"
    exercises: tuple[Task, ...]
    modules: Mapping[str, str] = field(default_factory=dict, repr=False)  # of private exercises: file name, source
    notebooks: tuple[str, ...] = ()  # that were handed out, names of files
    format: int = FORMAT
    made_with: str = __version__
    raw: bytes = field(default=b"", repr=False, compare=False)  # the file that it was read from

    def task(self, id: str) -> Task:
        """Return the exercise called `id`. Raises KeyError with the ids that there are."""
        for task in self.exercises:
            if task.id == id:
                return task
        ids = ", ".join(task.id for task in self.exercises)
        raise UnknownExercise(f"{id!r} is not in this assignment; it has {ids}")

    def hidden_cases(self, task: Task) -> list[Case]:
        """Return the cases that answers to `task` are graded on."""
        return self.cohort.hidden_cases(task.exercise, task.params)

    @property
    def digest(self) -> str:
        """SHA-256 of the file, 64 hexadecimal digits."""
        return hashlib.sha256(self.raw or self._zipped()).hexdigest()

    def write(self, path) -> None:
        """Write the file, whole or not at all, for its owner alone (mode 0600)."""
        with written_whole(path) as partial:
            partial.touch(0o600)
            os.chmod(partial, 0o600)
            partial.write_bytes(self._zipped())

    @classmethod
    def read(cls, path) -> "Bundle":
        """Read a bundle, and register its private exercises.

        Raises:
            BundleError: no bundle, one of a newer format, or one with an exercise that this version does not have.
            OSError: for a file that cannot be read.
        """
        raw = Path(path).read_bytes()
        try:
            files = _unzipped(raw)
            described = described_in(files, path)
            return cls._of(described, files, raw, path)
        except _GARBLED as error:
            raise _no_bundle(error, path) from error

    @classmethod
    def _of(cls, described, files, raw, path):
        version = described["made_with"]
        if version != __version__:
            words = f"{path}: made with unet_edu {version}; this is {__version__}, whose exercises may differ"
            warnings.warn(words, BundleWarning, stacklevel=3)
        modules = {name.removeprefix("private/"): text for name, text in files.items() if name.startswith("private/")}
        try:
            own_exercises.register(modules)
        except own_exercises.PrivateError as error:
            raise BundleError(f"{path}: {error}") from error
        tasks = []
        for each in described["exercises"]:
            try:
                exercise = registry.find(each["id"])
            except UnknownExercise:
                words = f"{path}: unet_edu {__version__} does not know the exercise {each['id']!r}"
                raise BundleError(f"{words}; the bundle was made with {version}") from None
            params = values.decode(each["params"])
            if set(params) != set(exercise.book):
                words = f"{path}: the exercise {each['id']!r} has other parameters in unet_edu {__version__}"
                raise BundleError(f"{words} than in {version}, with which the bundle was made: use that version")
            reference = files[f"references/{each['id']}.py"]
            task = Task(exercise, params, each["points"], each["chapter"], each["stub"], reference, each["private"])
            tasks.append(task)
        return cls(
            Cohort(described["cohort"]["name"], described["cohort"]["secret"]),
            described["title"],
            tuple(tasks),
            modules,
            tuple(described["notebooks"]),
            described["format"],
            version,
            raw,
        )

    def _zipped(self) -> bytes:
        """Return the file's bytes; the same for the same assignment."""
        described = {
            "format": self.format,
            "made_with": self.made_with,
            "title": self.title,
            "cohort": {"name": self.cohort.name, "secret": self.cohort.secret},
            "exercises": [
                {
                    "id": task.id,
                    "chapter": task.chapter,
                    "points": task.points,
                    "params": values.encode(dict(task.params)),
                    "stub": task.stub,
                    "private": task.private,
                }
                for task in self.exercises
            ],
            "notebooks": list(self.notebooks),
        }
        files = {"bundle.json": json.dumps(described, indent=1, ensure_ascii=False)}
        files |= {f"references/{task.id}.py": task.reference for task in self.exercises}
        files |= {f"private/{name}": text for name, text in sorted(self.modules.items())}
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, text.encode())
        return made.getvalue()


def _unzipped(raw: bytes) -> dict[str, str]:
    """Return the text files of a bundle by name; nothing is written to disk."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        found = archive.infolist()
        if any(info.file_size > LARGEST for info in found):
            raise ValueError("too large")
        return {info.filename: archive.read(info).decode("utf-8") for info in found}


# what reading something that is no bundle may raise
_GARBLED = (KeyError, TypeError, ValueError, AttributeError, EOFError, NotImplementedError, RuntimeError, zlib.error)
_GARBLED += (zipfile.BadZipFile,)


def described_in(files: Mapping[str, str], path) -> dict:
    """Return bundle.json. Raises BundleError for a newer format."""
    described = json.loads(files["bundle.json"])
    if described["format"] > FORMAT:
        words = f"{path}: made with unet_edu {described['made_with']}, in a format that {__version__} cannot read"
        raise BundleError(f"{words}: upgrade unet_edu")
    return described


def peek(path) -> dict:
    """Return bundle.json of a bundle, without looking at the exercises. Raises BundleError."""
    try:
        return described_in(_unzipped(Path(path).read_bytes()), path)
    except _GARBLED as error:
        raise _no_bundle(error, path) from error


def _no_bundle(error, path) -> Exception:
    """Return the error itself, where its message fits; else a BundleError."""
    if isinstance(error, BundleError):
        return error
    return BundleError(f"{path} is not a bundle that `unet-edu course release` made")
