"""One form of docstring: a function's begins with what it does, a class's or a property's with what it is."""

import ast

import pytest
from bookkit import ROOT

PACKAGE = ROOT / "unet_edu"
EXEMPT = ("course/exercises/",)  # whose cases, oracle and mistakes are described, not named

# fmt: off
VERBS = [
    "Add", "Build", "Choose", "Classify", "Close", "Compress", "Count", "Cut", "Describe", "Draw", "End", "Execute",
    "Fold", "Follow", "Give", "Grade", "Import", "Interpolate", "Judge", "Leave", "Let", "Lock", "Make", "Merge",
    "Number", "Paint", "Parse", "Print", "Put", "Raise", "Read", "Replace", "Return", "Round", "Run", "Set", "Show",
    "Silence", "Spread", "Squeeze", "Store", "Take", "Throw", "Train", "Try", "Wait", "Write", "Yield",
]
# fmt: on
NO_NAMES = ("This", "It", "Here", "There", "We", "You")  # how the name of a thing does not begin


def parts(node, public=True):
    """Yield the public functions, properties and classes of a module or a class."""
    for one in node.body:
        if isinstance(one, ast.ClassDef | ast.FunctionDef) and not one.name.startswith("_"):
            yield one
            if isinstance(one, ast.ClassDef):
                yield from parts(one)


def is_property(node):
    names = {getattr(one, "id", getattr(one, "attr", "")) for one in getattr(node, "decorator_list", ())}
    return bool(names & {"property", "cached_property"})


MODULES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if not path.relative_to(PACKAGE).as_posix().startswith(EXEMPT) and path.name != "__main__.py"
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_docstring_begins_with_a_verb_or_names_the_thing(path):
    wrong = []
    for node in parts(ast.parse(path.read_text("utf-8"))):
        first = (ast.get_docstring(node) or "–").split()[0].rstrip(",:")
        function = isinstance(node, ast.FunctionDef) and not is_property(node)
        if (first not in VERBS) if function else (first in NO_NAMES):
            wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {first} …")
    assert not wrong, "\n".join(wrong)


def test_the_list_has_no_verb_that_nothing_begins_with():
    text = "".join(path.read_text("utf-8") for path in MODULES)
    assert [verb for verb in VERBS if f'"""{verb}' not in text] == []
