"""The code cells of a notebook that somebody handed in, whatever has happened to it on the way.

A cell that has become Markdown or raw, and was code, is among them: it has an exercise's id, or begins like a program.

Reads Jupyter's formats 3 and 4, with a byte order mark, in UTF-16, with the wrong ending. Parses JSON and nothing else:
what students wrote is neither compiled nor run here.
"""

import codecs
import json
import re
from dataclasses import dataclass

from unet_edu.course.assignment.source import exercise_id

LARGEST = 50 * 2**20  # bytes of a notebook
BRACKETS, COMMAS = 400_000, 5_000_000  # in one: what is made of it is kept small as well
CODE = 2**20  # characters of all its code cells
PROGRAM = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:@|%|(?:async\s+)?def\s|class\s|import\s|from\s)")  # how a text begins
DEFINES = re.compile(r"^(?:async\s+)?(?:def|class)\s+\w+.*:", re.M)
KINDS = {b"%PDF": "a PDF", b"PK\x03\x04": "a zip", b"\x89PNG": "an image", b"\xff\xd8\xff": "an image"}


class Unreadable(ValueError):
    """What was handed in cannot be read; the message is the reason, as a part of a sentence."""


@dataclass(frozen=True)
class Cell:
    """One code cell."""

    place: int  # among the code cells, counted from 0
    source: str
    grade_id: str = ""  # in nbgrader's metadata; often lost
    is_text: bool = False  # it has become Markdown or raw


def cells_of(data: bytes) -> list[Cell]:
    """Return the code cells of a notebook. Raises Unreadable."""
    notebook = _parsed(data)
    found = notebook.get("cells")
    if found is None and isinstance(notebook.get("worksheets"), list):  # format 3
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        found = [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    if not isinstance(found, list):
        raise Unreadable("it is no notebook: it has no cells")
    cells = []
    for cell in found:
        if isinstance(cell, dict) and (cell.get("cell_type") == "code" or _was_code(cell)):
            cells.append(Cell(len(cells), _source(cell), _grade_id(cell), cell.get("cell_type") != "code"))
    if sum(len(cell.source) for cell in cells) > CODE:
        raise Unreadable(f"its code is longer than {CODE:,} characters")
    return cells


def _parsed(data):
    if not data.strip(b" \t\r\n\0"):
        raise Unreadable("the file is empty")
    for start, kind in KINDS.items():
        if data.startswith(start):
            raise Unreadable(f"it is {kind}, not a notebook")
    if data.count(b"[") + data.count(b"{") > BRACKETS or data.count(b",") > COMMAS:
        raise Unreadable("it is too large to be a notebook")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    else:
        text = data.decode("utf-8-sig", "replace")
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(_broken(text, error)) from None
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("it is no notebook: nested too deeply, or with a number too long") from None
    if not isinstance(notebook, dict):
        raise Unreadable("it is no notebook")
    return notebook


def _broken(text, error) -> str:
    start = text.lstrip()[:200]
    if start.startswith("<"):
        return "it is a web page, not a notebook"
    if not start.startswith("{"):
        return "it is a text, not a notebook"
    if error.pos >= len(text.rstrip()) or not text.rstrip().endswith("}"):
        return "it is cut off: the end of the file is missing"
    if re.search(r"^(<{7}|={7}|>{7})( |$)", text, re.M):
        return "it holds the marks of a merge of two versions (<<<<<<<)"
    return f"it is broken at line {error.lineno} of the file"


def _was_code(cell) -> bool:
    """Return whether a text is a code cell of which somebody changed the kind."""
    if cell.get("cell_type") not in ("markdown", "raw"):
        return False
    source = _source(cell)
    return bool(_grade_id(cell)) or bool(PROGRAM.match(source) and DEFINES.search(source))


def _source(cell) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return ""
    # lone surrogates cannot be written in UTF-8, and lines may end in Windows's way
    return source.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def _grade_id(cell) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return exercise_id(grade_id) if isinstance(grade_id, str) else ""
