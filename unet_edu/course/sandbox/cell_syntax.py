"""The Python in a notebook's cell, and why a cell cannot be read, in words.

    %%time                a cell magic around Python leaves what it is around; %%bash and its like leave nothing
    files = !ls           IPython's own transformer makes calls of `get_ipython` of these, each on its line;
    np.pad?               in here they do nothing
    %time x = f(1)        is x = f(1)

Text is made of text, and nothing is run. Needs IPython where a cell is no plain Python.
"""

import ast
import functools
import re
import sys
import unicodedata

# cell magics whose text is not run by the notebook's own Python; what is around any other is read
OTHER_TEXT = re.compile(
    "!|R|bash|bigquery|cmd|cython|file|html|javascript|js|julia|latex|markdown|perl|pypy|python[23]?|ruby|script|sh"
    "|shell|sql|svg|sx|system|writefile",
    re.I,
)
LINE_OF_PYTHON = ("time", "prun")  # line magics that run a statement in the notebook
QUOTES = {**dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‘’‚‛´", "'")}
DASHES = "‐‑‒–—―−"

_TYPED = r"^\s*(?:async\s+)?(?:def|class|type)\s+\w+\s*\["
_NEWER = (
    # (the version that reads it, what the line looks like, what Python says of it before, what it is)
    ((3, 13), _TYPED + r"[^\]]*=", "", "a default of a type parameter needs"),
    ((3, 12), _TYPED, "", "type parameters in brackets need"),
    ((3, 12), r"^\s*type\s+[^\W\d]\w*\s*=(?!=)", "", "a type statement needs"),
    ((3, 12), "", "f-string expression part cannot include", "such an f-string needs"),
    ((3, 12), r"\b[rR]?[fF][rR]?(['\"])(?:(?!\1).)*(?<!\{)\{(?!\{)[^{}]*\1", "", "the same quotes in an f-string need"),
    ((3, 14), r"^\s*except\*?\s+[\w.]+(?:\s*,\s*[\w.]+)+\s*:", "", "several errors without brackets need"),
    ((3, 14), r"(?<![\w'\"])(?:[tT][rR]?|[rR][tT])['\"]", "", "a template string needs"),
    ((3, 15), r"^\s*lazy\s+(?:import|from)\b", "", "a lazy import needs"),
    ((3, 15), r"\*", "unpacking cannot be used in", "unpacking in a comprehension needs"),
)


def parse(source: str) -> ast.Module:
    """Parse a notebook's cell.

    Raises SyntaxError (IndentationError and TabError are such), with the line numbers of the cell.
    """
    try:
        return _parsed(source)
    except SyntaxError:
        pass
    text = python(source)
    try:
        tree = _parsed(text)
    except SyntaxError as error:
        raise explained(error, source) from None
    return _Lines().visit(tree)


def _parsed(text):
    try:
        return ast.parse(text)
    except (RecursionError, MemoryError):
        raise SyntaxError("nested too deeply") from None
    except ValueError as error:  # a null byte
        raise SyntaxError(str(error)) from None


def python(source: str) -> str:
    """Return a cell without the notebook's own syntax, with as many lines.

    Raises SyntaxError where the cell's text is not for Python (``%%bash``).
    """
    lines = source.split("\n")
    for place, line in enumerate(lines):
        found = re.match(r"\s*%%(!|\w+)(?!\?)(?:\s|$)", line)
        if found and OTHER_TEXT.fullmatch(found[1]):
            raise SyntaxError(f"it begins with %%{found[1]}: its text is not run as Python", ("", place + 1, 1, line))
        if found:
            lines[place] = ""
        elif line.strip():
            break
    return "\n" * place + _transformer()().transform_cell("\n".join(lines[place:]))


@functools.cache
def _transformer():
    """Return IPython's transformer, changed to keep every line where it is."""
    from IPython.core.inputtransformer2 import TransformerManager

    class Steady(TransformerManager):
        def do_one_token_transform(self, lines):
            changed, made = super().do_one_token_transform(lines)
            if len(made) < len(lines):  # several lines have become one
                same = next((n for n, (a, b) in enumerate(zip(lines, made, strict=False)) if a != b), len(made) - 1)
                made = [*made[: same + 1], *["\n"] * (len(lines) - len(made)), *made[same + 1 :]]
            return changed, made

        def do_token_transforms(self, lines):
            try:
                return super().do_token_transforms(lines)
            except RuntimeError:  # after 500
                raise SyntaxError("it has too many lines for the notebook itself (%, !, ?)") from None

    return Steady


class _Lines(ast.NodeTransformer):
    """Puts the statement of ``%time x = f(1)`` in place of the call that IPython makes of it."""

    def visit_Expr(self, node):
        """Return the statements, or the node itself."""
        match node.value:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr="run_line_magic"),
                args=[ast.Constant(value=name), ast.Constant(value=str(text))],
            ) if name in LINE_OF_PYTHON:
                try:
                    body = parse(text.strip()).body
                except (SyntaxError, RecursionError):
                    return node
                for each in body:
                    ast.increment_lineno(each, node.lineno - 1)
                return body or node
        return node


# ------------------------------------------------------------------------------------------------------------ in words


def explained(error: SyntaxError, source: str) -> SyntaxError:
    """Return an error of Python's with words for what can be named: a character, the syntax of a newer Python."""
    lines = source.split("\n")
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    said = error.msg or "invalid syntax"
    found = re.match(r"invalid (?:non-printable )?character .*?U\+([0-9A-F]{4,6})", said)
    error.msg = (_character(chr(int(found[1], 16))) if found else newer(said, line)) or said
    return error


def newer(said: str, line: str) -> str:
    """Return words for a line that a newer Python can read, as far as it can be seen; else an empty text."""
    for version, looks, says, what in _NEWER:
        if version > sys.version_info[:2] and says in said and re.search(looks, line):
            ours = ".".join(map(str, sys.version_info[:2]))
            return f"{what} Python {version[0]}.{version[1]}, and answers are graded with Python {ours}"
    return ""


def _character(which: str) -> str:
    code = f"U+{ord(which):04X}"
    if which in QUOTES:
        return f"a curly quotation mark ({which}, {code}): Python wants a straight one ({QUOTES[which]})"
    if which in DASHES:
        return f"a dash ({which}, {code}): Python wants the minus sign of the keyboard (-)"
    if unicodedata.category(which) == "Zs":
        kind = "no-break space" if "<noBreak>" in unicodedata.decomposition(which) else "space of another kind"
        return f"a {kind} ({code}): Python wants a plain space"
    if unicodedata.category(which) == "Cf":
        return f"an invisible character ({unicodedata.name(which, 'without a name').lower()}, {code}): delete it"
    return ""
