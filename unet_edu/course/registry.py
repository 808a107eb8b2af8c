"""Find exercises by id: the book's, one file each in `exercises`, and an instructor's own."""

import difflib
import functools
import importlib
import pkgutil

from unet_edu.course import exercises
from unet_edu.course.exercise import Exercise

_private: dict[str, Exercise] = {}  # an instructor's own


class UnknownExercise(KeyError):
    """No exercise of that id; the message names the nearest ones."""

    def __str__(self):
        return self.args[0]


def find(id: str) -> Exercise:
    """Return the exercise called `id`. Raises UnknownExercise, which names the nearest ids."""
    known = {exercise.id: exercise for exercise in everything()}
    if isinstance(id, str) and id in known:
        return known[id]
    near = difflib.get_close_matches(str(id), known, n=3, cutoff=0.4) or sorted(known)[:3]
    raise UnknownExercise(f"there is no exercise {str(id)[:60]!r}; the nearest are {', '.join(near)}")


def everything() -> list[Exercise]:
    """Return all exercises: the book's, chapter by chapter, then an instructor's own."""
    return [*_of_the_book(), *_private.values()]


def all_of(chapter: str) -> list[Exercise]:
    """Return the exercises of a chapter, "05_skips". Raises UnknownExercise for a chapter without any."""
    found = [exercise for exercise in everything() if exercise.chapter == chapter]
    if not found:
        chapters = sorted({exercise.chapter for exercise in everything()})
        raise UnknownExercise(f"there are no exercises of chapter {chapter!r}; there are some of {', '.join(chapters)}")
    return found


def register(*exercises: Exercise) -> None:
    """Add an instructor's own exercises. Raises ValueError for an id that is taken."""
    for exercise in exercises:
        if any(known.id == exercise.id for known in everything()):
            raise ValueError(f"there is an exercise {exercise.id!r} already")
        _private[exercise.id] = exercise


def is_private(id: str) -> bool:
    """Return whether an exercise was added by `register`."""
    return id in _private


def forget(*ids: str) -> None:
    """Take back what `register` added."""
    for id in ids:
        _private.pop(id, None)


@functools.cache
def _of_the_book() -> tuple[Exercise, ...]:
    """Return ``EXERCISE`` of each file that the ``ORDER`` of a topic names, chapter by chapter."""
    found = []
    for topic in pkgutil.iter_modules(exercises.__path__, f"{exercises.__name__}."):
        if topic.ispkg:
            order = importlib.import_module(topic.name).ORDER
            found += [importlib.import_module(f"{topic.name}.{slug}").EXERCISE for slug in order]
    return tuple(sorted(found, key=lambda exercise: exercise.chapter))
