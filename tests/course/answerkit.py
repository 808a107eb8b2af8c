"""Answers to the exercises, right and wrong, collected by decorators: those to crop.centre in answers/crop/centre.py.

    @right()
    def by_narrow(x, height, width): ...

    @wrong("from the top left corner")         words of the message that was made for this mistake
    def from_the_corner(x, height, width): ...

A function or class is named after what it does; when it is tried it bears the name that the exercise asks for.
"""

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ANSWERS = Path(__file__).parent / "answers"


@dataclass(frozen=True)
class Answer:
    """One answer."""

    id: str  # of the exercise
    label: str  # the function's own name
    answer: object
    words: str = ""  # of the message, for a wrong one
    params: tuple = ()  # for which cohort: pairs of name and value, () for the book's


_collected: list[Answer] = []
_reading: list[str] = []  # the ids of the files that have been read


def right(**params):
    """Note a right answer; `params` where it is right for a cohort other than the book."""
    return _collector("", params)


def wrong(words, **params):
    """Note a wrong answer, and words of the message that it must get."""
    assert words
    return _collector(words, params)


def _collector(words, params):
    def collect(answer):
        _collected.append(Answer(_reading[-1], answer.__name__, answer, words, tuple(params.items())))
        return answer

    return collect


@cache
def all_answers() -> tuple[Answer, ...]:
    """Every answer in answers/, in the order of the files."""
    for path in sorted(ANSWERS.glob("*/*.py")):
        _reading.append(f"{path.parent.name}.{path.stem}")
        spec = importlib.util.spec_from_file_location(f"answers_{path.parent.name}_{path.stem}", path)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return tuple(_collected)
