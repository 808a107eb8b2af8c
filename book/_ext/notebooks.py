"""Every chapter, the results and the FAQ as a notebook: written by the build that writes the page, never committed.

    reader       <html>/notebooks/NN_name.ipynb          stubs, folded solutions; what "run in Colab" opens
    student      <build>/notebooks/student/...           stubs alone (in the course edition: <html>/notebooks/...)
    instructor   <build>/notebooks/instructor/...        exercise cells as in the source; outside <html>: not published

Text comes from the resolved page (numbers, citations and references as printed), code from the source. Beside the
notebooks lies the wheel that their first cell installs: ``<html>/wheels/``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin

import nbformat
from docutils import nodes
from exercise_cells import SOLUTION_TAG, STUB_TAG, exercises, render_for_page, split_exercises
from markdown_writer import MarkdownWriter, UnknownNode
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from sphinx.util import logging
from sphinx.util.display import status_iterator

logger = logging.getLogger(__name__)

EDITIONS = ("reader", "student", "instructor")

SETUP = """\
#@title Set-up: run this first
# Installs the book's package where it is missing (on Colab, say) and changes nothing else.
import importlib.util

WHEEL = "{wheel}"
if importlib.util.find_spec("unet_edu") is None:
    if "://" not in WHEEL:
        raise ModuleNotFoundError("This copy of the book does not know its own address (html.baseurl in _config.yml): "
                                  f"install the wheel from its wheels/ folder by hand, pip install {{WHEEL}}")
    %pip install -q {{WHEEL}}
from unet_edu import device

print(device.describe())"""


def write_notebooks(app, exception):
    """Write all notebooks, once the pages are done."""
    if exception is not None or app.builder.name != "html":
        return
    chapters = [name for name in sorted(app.env.found_docs) if _is_chapter(app, name)]
    setup_source = _setup_source(app, _wheel_name(app))
    outdir = Path(app.outdir)
    if app.config.unet_course_edition:
        folders = {"student": outdir / "notebooks"}
    else:
        private = outdir.parent / "notebooks"
        folders = {"reader": outdir / "notebooks", "student": private / "student", "instructor": private / "instructor"}
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)  # no notebook of a chapter that is gone
        folder.mkdir(parents=True)
    for docname in status_iterator(chapters, "writing notebooks... ", "darkgreen", len(chapters), app.verbosity):
        pieces = _read_page(app, docname)
        for edition, folder in folders.items():
            notebook = assemble(pieces, Path(docname).name, edition, setup_source)
            nbformat.write(notebook, folder / f"{Path(docname).name}.ipynb")


def _is_chapter(app, docname: str) -> bool:
    path = Path(app.env.doc2path(docname))
    return bool(re.match(r"\d\d_|results\.|faq\.", path.name)) and is_myst_markdown_notebook(path.read_text("utf-8"))


# --- the page, taken apart ---------------------------------------------------------------------------


def _read_page(app, docname: str) -> list[tuple]:
    """The chapter in page order: ``("text", markdown)``, ``("code", source, tags)``, ``("exercise", Exercise)``."""
    path = Path(app.env.doc2path(docname))
    text = path.read_text("utf-8")
    with_solution = not app.config.unet_course_edition
    page_text = split_exercises(
        text, path.name, lambda exercise, fence: render_for_page(exercise, fence, with_solution)
    )
    cells = read_myst_markdown_notebook(page_text, app.env.myst_config, path=path).cells
    writer = MarkdownWriter(_link_function(app, docname), _number_function(app, docname))
    walker = _Walker(writer, cells, exercises(text, path.name))
    try:
        walker.walk(app.env.get_and_resolve_doctree(docname, app.builder), 0)
    except UnknownNode as error:
        logger.warning("notebook of %s: %s", docname, error, type="unet_edu", subtype="notebook")
    return walker.finish() + _references(app, docname)


def _references(app, docname: str) -> list[tuple]:
    """The works that the page cites, as a last piece of text: a notebook has no page of references beside it."""
    domain = app.env.get_domain("cite")
    cited = {target.key for ref in domain.citation_refs if ref.docname == docname for target in ref.targets}
    works = [citation.formatted_entry.text.render_as("text") for citation in domain.citations if citation.key in cited]
    lines = "\n".join(f"- {MarkdownWriter().inline_Text(nodes.Text(work))}" for work in works)
    return [("text", f"## References\n\n{lines}")] if works else []


class _Walker:
    """Goes through the sections of a page and cuts them into pieces at code cells and headings."""

    def __init__(self, writer: MarkdownWriter, cells, exercises_by_id):
        self.writer, self.cells, self.exercises = writer, cells, exercises_by_id
        self.pieces: list[tuple] = []
        self.text: list[str] = []
        self.next_cell = 0

    def walk(self, node, depth):
        for child in node.children:
            if isinstance(child, nodes.section):
                self.flush()
                self.walk(child, depth + 1)
            elif isinstance(child, nodes.container) and child.get("nb_element") == "cell_code":
                self.code_cells(upto=child["cell_index"])
                for figure in child.findall(nodes.figure):  # numbered by the page; the cell's own output cannot know it
                    self.text.append(f"*{self.writer.number(figure)}, above.*")
            elif isinstance(child, nodes.literal_block) and STUB_TAG in child.get("classes", ()):
                self.flush()
                self.pieces.append(("exercise", self.exercise(child)))
            else:
                self.text.append(self.writer.block(child, depth))

    def exercise(self, node):
        wanted = {name.removeprefix("stub-") for name in node["names"]}
        return next(exercise for grade_id, exercise in self.exercises.items() if grade_id in wanted)

    def code_cells(self, upto: int):
        """Emit the code cells up to the one that the page shows here (some show nothing on the page)."""
        for cell in self.cells[self.next_cell : upto + 1]:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "code" and SOLUTION_TAG not in tags:
                self.flush()
                self.pieces.append(("code", cell.source, tags))
        self.next_cell = max(self.next_cell, upto + 1)

    def flush(self):
        text = "\n\n".join(part for part in self.text if part.strip())
        if text:
            self.pieces.append(("text", text))
        self.text = []

    def finish(self):
        self.code_cells(upto=len(self.cells) - 1)
        self.flush()
        return self.pieces


def _link_function(app, docname: str):
    """Absolute URLs of what the page refers to; ``None`` for all of them while ``html.baseurl`` is unset."""
    base = app.config.html_baseurl

    def link(node):
        if not base:
            return None
        page = urljoin(base.rstrip("/") + "/", app.builder.get_target_uri(docname))
        if isinstance(node, nodes.image):
            return urljoin(base.rstrip("/") + "/", f"_images/{Path(node['uri']).name}")
        return urljoin(page, node["refuri"]) if node.get("refuri") else f"{page}#{node['refid']}"

    return link


def _number_function(app, docname: str):
    """What the text calls a figure or table of the page ("Figure 2"); ``""`` for one without number."""
    standard, numbers = app.env.get_domain("std"), app.env.toc_fignumbers.get(docname, {})

    def number(node):
        kind = standard.get_enumerable_node_type(node)
        found = [numbers.get(kind, {}).get(one) for one in node["ids"] if one in numbers.get(kind, {})]
        return app.config.numfig_format[kind] % ".".join(map(str, found[0])) if found else ""

    return number


# --- the notebook, put together ----------------------------------------------------------------------


def assemble(pieces: list[tuple], stem: str, edition: str, setup_source: str) -> nbformat.NotebookNode:
    """One edition: ``reader`` folds the solutions, ``student`` has none, ``instructor`` keeps the cells as written."""
    if edition not in EDITIONS:
        raise ValueError(f"edition {edition!r}: choose one of {', '.join(EDITIONS)}")
    cells = [_code(setup_source, _cell_id(stem, "setup"), {"cellView": "form"})]
    for number, piece in enumerate(pieces, start=1):
        kind, content = piece[0], piece[1]
        if kind == "text":
            cells.append(nbformat.v4.new_markdown_cell(content, id=_cell_id(stem, "text", str(number))))
        elif kind == "code":
            cells.append(_page_code(content, piece[2], _cell_id(stem, "code", str(number))))
        else:
            cells += _exercise_cells(content, stem, edition)
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "colab": {"provenance": [], "toc_visible": True},
    }
    nbformat.validate(notebook)
    return notebook


def _cell_id(*parts: str) -> str:
    """Joined, and short enough for the format; two long names that begin alike stay two."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", "-".join(parts))
    return name if len(name) <= 64 else f"{name[:55]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _code(source: str, cell_id: str, metadata: dict | None = None):
    return nbformat.v4.new_code_cell(source, id=cell_id, metadata=metadata or {})


def _page_code(source: str, tags: list[str], cell_id: str):
    """A code cell of the page; what the page hides is folded, by a title line in Colab, by metadata in JupyterLab."""
    if not {"remove-input", "hide-input", "hide-cell"} & set(tags):
        return _code(source, cell_id)
    title = re.match(r"# (.+)\n", source)
    source = (
        f"#@title {title[1]}\n{source[title.end() :]}" if title else f"#@title Code of the figure or numbers\n{source}"
    )
    return _code(source, cell_id, {"cellView": "form", "jupyter": {"source_hidden": True}})


def _exercise_cells(exercise, stem: str, edition: str) -> list:
    cell_id = _cell_id(stem, exercise.grade_id)
    if edition == "instructor":
        return [_code(exercise.source, cell_id, exercise.metadata)]
    cells = [_code(exercise.stub, cell_id, exercise.metadata)]
    if edition == "reader":
        writer = MarkdownWriter()
        folded = writer.block_details("Show the solution", writer.block_code(exercise.solution, "python"))
        cells.append(nbformat.v4.new_markdown_cell(folded, id=_cell_id(stem, exercise.grade_id, "solution")))
    return cells


# --- the wheel ---------------------------------------------------------------------------------------


def _wheel_name(app) -> str:
    """Build the package's wheel into the site (when the package changed) and return its file name."""
    folder = Path(app.outdir) / "wheels"
    found = sorted(folder.glob("unet_edu-*.whl"))
    if app.unet_stale or not found:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        build_wheel(Path(app.srcdir), folder)
        found = sorted(folder.glob("unet_edu-*.whl"))
    return found[0].name


def build_wheel(root: Path, folder: Path) -> None:
    """``pip wheel`` from a clean copy: no leftover of an earlier build gets in, none is left in the checkout."""
    with tempfile.TemporaryDirectory() as clean:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(root / name, clean)
        shutil.copytree(root / "unet_edu", Path(clean) / "unet_edu", ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "-w", str(folder.resolve()), clean], check=True, stdout=subprocess.DEVNULL)


def _setup_source(app, wheel: str) -> str:
    base = app.config.html_baseurl
    address = urljoin(base.rstrip("/") + "/", f"wheels/{wheel}") if base else wheel
    return SETUP.format(wheel=address)


def add_notebook_button(app, pagename, templatename, context, doctree):
    """In the bar above a chapter: its notebook, from the same site."""
    if doctree is not None and _is_chapter(app, pagename):
        url = f"{context['pathto']('notebooks', 1)}/{Path(pagename).name}.ipynb"
        context["header_buttons"].insert(
            0,
            {
                "type": "link",
                "url": url,
                "icon": "fas fa-download",
                "tooltip": "Download this chapter as a notebook",
                "label": "download-notebook-button",
            },
        )


def setup(app):
    app.setup_extension("execution_stamp")
    app.setup_extension("exercise_cells")
    # before execution_stamp marks the build as complete (sphinx calls equal priorities in order of connection)
    app.connect("build-finished", write_notebooks, priority=400)
    app.connect("html-page-context", add_notebook_button, priority=502)  # after the theme's own buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
