"""The notebook's own syntax is read as IPython reads it, nothing is run, and what cannot be read has words."""

import ast
import builtins
import os
import subprocess
import sys

import pytest

from unet_edu.course.sandbox import cell_syntax
from unet_edu.course.sandbox.cell_syntax import parse, python

OURS = ".".join(map(str, sys.version_info[:2]))
READ = {
    # name: (a cell, its statements with their lines, as far as they are no calls of `get_ipython`)
    "a continuation line of Black's below %%time": (
        "%%time\ndef f(n):\n    return (\n        n\n% 32\n    )\n",
        [(2, "def f(n):\n    return n % 32")],
    ),
    "a continuation by a backslash": ("%%time\nx = 70 \\\n% 32\ny = 1", [(2, "x = 70 % 32"), (4, "y = 1")]),
    "%%capture": ("%%capture out\nx = 1", [(2, "x = 1")]),
    "%%timeit": ("%%timeit -n 3\nx = 1", [(2, "x = 1")]),
    "a magic of somebody's own": ("%%pyinstrument\nx = 1", [(2, "x = 1")]),
    "two cell magics, and line magics in what they are around": (
        "\n%%capture\n%%time\n%matplotlib inline\nx = 1\n!ls\ny = 2",
        [(5, "x = 1"), (7, "y = 2")],
    ),
    "%%time below a remark": ("# mine\n%%time\nx = 1", [(3, "x = 1")]),
    "help": ("np.pad?\nx = 1", [(2, "x = 1")]),
    "help with source": ("x = 1\nf??", [(1, "x = 1")]),
    "help before a name": ("?np.pad\nx = 1", [(2, "x = 1")]),
    "a command over two lines": ("!pip install a \\\n    b\nx = 1", [(3, "x = 1")]),
    "a magic over two lines": ("%pip install a \\\n    b\nx = 1", [(3, "x = 1")]),
    "what a command prints": ("files = !ls\nx = 1", [(1, "files = get_ipython().getoutput('ls')"), (2, "x = 1")]),
    "what a magic returns": (
        "t = %timeit -o f(1)\nx = 1",
        [(1, "t = get_ipython().run_line_magic('timeit', '-o f(1)')"), (2, "x = 1")],
    ),
    "%time of a statement": ("\n%time x = f(1)", [(2, "x = f(1)")]),
    "%time of %time": ("%time %time x = f(1)", [(1, "x = f(1)")]),
    "%time of nothing": ("%time\nx = 1", [(2, "x = 1")]),
    "an indented magic": (
        "if True:\n    %matplotlib inline\n    x = 1",
        [(1, "if True:\n    get_ipython().run_line_magic('matplotlib', 'inline')\n    x = 1")],
    ),
    "an indented %time": ("for k in range(2):\n    %time x = k", [(1, "for k in range(2):\n    x = k")]),
    "a cell that is indented as a whole": ("  x = 1\n  y = 2", [(1, "x = 1"), (2, "y = 2")]),
    "prompts": (">>> x = 1\n>>> y = 2", [(1, "x = 1"), (2, "y = 2")]),
    "a percent sign in a text": ('x = """\n%time\n"""\n!ls', [(1, "x = '\\n%time\\n'")]),
    "nothing": ("", []),
    "blank lines": ("\n \n", []),
    "%%time alone": ("%%time", []),
}


@pytest.mark.parametrize("name", READ)
def test_what_stands_in_a_cell(name):
    source, wanted = READ[name]
    found = [(node.lineno, ast.unparse(node)) for node in parse(source).body]
    assert [(line, text) for line, text in found if not text.startswith("get_ipython()")] == wanted
    assert len(python(source).split("\n")) >= len(source.rstrip("\n").split("\n"))


@pytest.mark.parametrize("magic", ["bash", "html", "HTML", "writefile first.py", "javascript", "script perl", "!"])
def test_a_cell_of_another_language_holds_no_python(magic):
    with pytest.raises(
        SyntaxError, match=f"it begins with %%{magic.split()[0]}: its text is not run as Python"
    ) as error:
        parse(f"\n%%{magic}\nx = 1")
    assert error.value.lineno == 2


def test_nothing_is_run(monkeypatch, tmp_path):
    cell = (
        f"%%time\n!touch {tmp_path}/a\nx = !touch {tmp_path}/b\n%time open('{tmp_path}/c', 'w')\n"
        f"%run {tmp_path}/d.py\n%%writefile {tmp_path}/e\nprint?\n%alias_magic t time\nopen('{tmp_path}/f', 'w')"
    )
    parse("%time 1")  # imports the transformer
    for module, names in ((builtins, ("exec", "eval", "print")), (os, ("system",)), (subprocess, ("Popen",))):
        for each in names:
            monkeypatch.setattr(module, each, lambda *a, **k: pytest.fail("run"))
    assert len(parse(cell).body) == 8
    assert list(tmp_path.iterdir()) == []


ERRORS = {
    # a cell: (the class of the error, what it says, its line)
    "def f(x)\n    return 1": (SyntaxError, "expected ':'", 1),
    "def f(x):\nreturn 1": (IndentationError, "expected an indented block after function definition on line 1", 2),
    "if 1:\n\tx = 1\n        y = 2": (TabError, "inconsistent use of tabs and spaces in indentation", 3),
    "%%time\n\n!ls\nx = )": (SyntaxError, "unmatched ')'", 4),
    "!pip install a \\\n  b\nx = )": (SyntaxError, "unmatched ')'", 3),
    "x =\u00a01": (SyntaxError, "a no-break space (U+00A0): Python wants a plain space", 1),
    "x =\u202f1": (SyntaxError, "a no-break space (U+202F): Python wants a plain space", 1),
    "x =\u30001": (SyntaxError, "a space of another kind (U+3000): Python wants a plain space", 1),
    "y = 1\nx = “a”": (SyntaxError, 'a curly quotation mark (“, U+201C): Python wants a straight one (")', 2),
    "x = ‘a’": (SyntaxError, "a curly quotation mark (‘, U+2018): Python wants a straight one (')", 1),
    "x = 3 – 2": (SyntaxError, "a dash (–, U+2013): Python wants the minus sign of the keyboard (-)", 1),
    "x = 1\u200b": (SyntaxError, "an invisible character (zero width space, U+200B): delete it", 1),
    "x = 3 × 2": (SyntaxError, "invalid character '×' (U+00D7)", 1),
    "(" * 300: (SyntaxError, "too many nested parentheses", 1),
    "-" * 9_000 + "1": (SyntaxError, "nested too deeply", None),
    "x\0= 1": (SyntaxError, "source code string cannot contain null bytes", None),
    "%ls\n" * 600: (SyntaxError, "it has too many lines for the notebook itself (%, !, ?)", None),
}


@pytest.mark.parametrize("source", ERRORS, ids=lambda source: repr(source[:30]))
def test_why_a_cell_cannot_be_read(source):
    kind, said, line = ERRORS[source]
    with pytest.raises(SyntaxError) as error:
        parse(source)
    assert (type(error.value), error.value.msg, error.value.lineno) == (kind, said, line)


NEWER = {
    # a line that Python of that version can read: (the version, what Python 3.11 says of it, words)
    "type Row = list[int]": ("3.12", "invalid syntax", "a type statement"),
    "def f[T](x): pass": ("3.12", "expected '('", "type parameters"),
    "class A[T]: pass": ("3.12", "invalid syntax", "type parameters"),
    "x = f'{d['a']}'": ("3.12", "f-string: unmatched '['", "the same quotes in an f-string"),
    "x = f\"{'\\n'.join(a)}\"": ("3.12", "f-string expression part cannot include a backslash", "such an f-string"),
    "def f[T = int](x): pass": ("3.13", "expected '('", "a default of a type parameter"),
    "except ValueError, TypeError:": ("3.14", "multiple exception types must be parenthesized", "several errors"),
    "x = t'{y}'": ("3.14", "invalid syntax", "a template string"),
    "lazy import torch": ("3.15", "invalid syntax", "a lazy import"),
    "x = [*row for row in rows]": ("3.15", "iterable unpacking cannot be used in comprehension", "unpacking"),
}


@pytest.mark.parametrize("line", NEWER)
@pytest.mark.parametrize("running", [(3, 11), (3, 12), (3, 13), (3, 14), (3, 15)])
def test_the_version_that_reads_it_is_named(line, running, monkeypatch):
    version, said, words = NEWER[line]
    monkeypatch.setattr(cell_syntax.sys, "version_info", running)
    ours = ".".join(map(str, running))
    found = cell_syntax.newer(said, line)
    if tuple(map(int, version.split("."))) <= running:
        assert found == ""
    else:
        assert found.startswith(words)
        assert found.endswith(f"Python {version}, and answers are graded with Python {ours}")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="these can be read here")
@pytest.mark.parametrize("line", [line for line in NEWER if not line.startswith("except")])
def test_a_cell_for_a_newer_python_says_so(line):
    with pytest.raises(
        SyntaxError, match=rf"Python {NEWER[line][0]}, and answers are graded with Python {OURS}"
    ) as error:
        parse(f"\n{line}")
    assert error.value.lineno == 2


@pytest.mark.parametrize(
    "line", ["def f(x)", "type(x) = 1", "x = f'{a}' + )", "x = '{' f'{{'+)", "x = [a b]", "print 'a'", "rt = 'a' 'b' c"]
)
def test_no_other_mistake_is_taken_for_a_newer_python(line):
    with pytest.raises(SyntaxError) as error:
        parse(line)
    assert "graded with" not in error.value.msg
