"""Every chapter, the results and the FAQ as a notebook: written by the build that writes the page, never committed.

    reader       <html>/notebooks/NN_name.ipynb          stubs, folded solutions; what "run in Colab" opens
    source       <build>/notebooks/source/...            what the others are made of, and what ``release`` takes
    student      <build>/notebooks/student/...           stubs alone (in the course edition: <html>/notebooks/...)
    instructor   <build>/notebooks/instructor/...        exercise cells as in the source; outside <html>: not published

Text comes from the resolved page (numbers, citations and references as printed), code from the source. This file makes
the source notebook of a page; `unet_edu.course.editions` makes the others of it. Beside the notebooks lies the wheel
that their set-up cell installs: ``<html>/wheels/``.

A notebook that somebody has changed since a build wrote it is kept as ``NAME.yours.ipynb`` beside the new one.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import urljoin

import nbformat
from docutils import nodes
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.util import logging
from sphinx.util.display import status_iterator

from _ext import chapter_times
from _ext.build_lock import cache_folder
from _ext.chapter_header import NOT_SET
from _ext.chapter_times import PROBE
from _ext.exercise_cells import SOLUTION_TAG, STUB_TAG, exercises, render_for_page, split_exercises
from _ext.markdown_writer import MarkdownWriter, UnknownNode
from unet_edu.course.assignment import editions
from unet_edu.course.assignment.editions import cell_id, code_cell, text_cell
from unet_edu.files import free_name, written_whole

logger = logging.getLogger(__name__)

MAKE = {
    "reader": editions.reader,
    "source": lambda notebook: notebook,
    "student": editions.student,
    "instructor": editions.instructor,
}

WRITTEN = ".unet_notebooks"  # beside <html>: the hashes of the notebooks that the last build wrote
FOLDED = {
    "cellView": "form",
    "jupyter": {"source_hidden": True},
}  # in Colab, where the first line is the title; in Jupyter

SETUP = """\
#@title Set-up: run this first
# Installs the book's package where it is missing (on Colab, say) and changes nothing else.
import importlib.util
import re
import timeit

WHEEL, NEEDED = "{wheel}", "{version}"
if importlib.util.find_spec("unet_edu") is None:
    if "://" not in WHEEL:
        raise ModuleNotFoundError("This copy of the book does not know its own address (html.baseurl in _config.yml): "
                                  f"install the wheel from its wheels/ folder by hand, pip install {{WHEEL}}")
    %pip install -q {{WHEEL}}
import unet_edu
from unet_edu import device

has, needs = ([int(part) for part in re.findall("[0-9]+", text)] for text in (unet_edu.__version__, NEEDED))
if has < needs:
    print(f"Version {{unet_edu.__version__}} of unet_edu is installed, and this notebook was made for {{NEEDED}}. Type")
    print(f"    %pip install --upgrade {{WHEEL}}")
    print("in a cell of its own and run it, then restart the kernel (Colab: Runtime > Restart session).")
print(device.describe()){expected}"""

# of a page that no record knows, the time alone is told
TOOK = """
print("Where this book was built, this notebook took {seconds} seconds.")"""
EXPECTED = """

# Where the book was built: seconds that this notebook took, and a bit of Python; FLOP/s, and what goes with them.
TOOK, PYTHON, SPEED, SHARE = {seconds}, {python:.2g}, {speed:.2g}, {share:.2f}
python = min(timeit.repeat("{probe}", number=1, repeat=9))
here = TOOK * ((1 - SHARE) * python / PYTHON + SHARE * SPEED / device.flops(device.best_device()))
print(f"This notebook took {{TOOK}} seconds where the book was built; "
      f"expect about {{max(5, 5 * round(here / 5))}} here.")"""


def write_notebooks(app, exception):
    """Write all notebooks, once the pages are done."""
    if exception is not None or app.builder.name != "html":
        return
    chapters = [name for name in sorted(app.env.found_docs) if _is_chapter(app, name)]
    wheel = _wheel_name(app)
    outdir = Path(app.outdir)
    if app.config.unet_course_edition:
        folders = {"student": outdir / "notebooks"}
    else:
        private = outdir.parent / "notebooks"
        folders = {edition: private / edition for edition in MAKE} | {"reader": outdir / "notebooks"}
    texts = {}
    for docname in status_iterator(chapters, "writing notebooks... ", "darkgreen", len(chapters), app.verbosity):
        made = made_notebooks(app, docname, wheel, folders)
        for edition, folder in folders.items():
            texts[folder / f"{Path(docname).name}.ipynb"] = made[edition]
    for path, kept in replace_notebooks(texts, outdir.parent / WRITTEN).items():
        logger.info("%s was changed since it was built: that version is kept as %s", path, kept.name)


def replace_notebooks(texts: dict[Path, str], record: Path) -> dict[Path, Path]:
    """Write notebooks, path → text, and remove those of earlier builds; keep every one that is not as a build left it.

    Args:
        record: file of the hashes of what builds wrote. It holds the new ones before the first is written, so a build
            that is broken off takes none of its own for somebody's work.

    Returns:
        Of each notebook that was changed and had to give way, path → the path under which it is kept.
    """
    known = set(record.read_text("utf-8").split()) if record.exists() else None
    made = {_hash(text.encode()) for text in texts.values()}
    with written_whole(record) as part:
        part.write_text("\n".join(sorted(made | (known or set()))), "utf-8")
    kept = {}
    for folder in sorted({path.parent for path in texts}):
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.ipynb")):
            if _as_built(path, known):
                if path not in texts:  # of a chapter that is gone
                    path.unlink()
            elif path in texts and _hash(path.read_bytes()) not in made:
                kept[path] = path.rename(free_name(path, "yours"))
    for path, text in texts.items():
        with written_whole(path) as part:
            part.write_bytes(text.encode())
    with written_whole(record) as part:
        part.write_text("\n".join(sorted(made)), "utf-8")
    return kept


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _as_built(path: Path, known: set[str] | None) -> bool:
    """Whether a build wrote the notebook as it is; without hashes, whether no kernel has left its traces in it."""
    if known is not None:
        return _hash(path.read_bytes()) in known
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:  # of a file that is no notebook
        return False
    unused = all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    return unused and notebook.metadata.get("language_info") == {"name": "python"}


def made_notebooks(app, docname: str, wheel: str, editions) -> dict[str, str]:
    """Return the notebooks of a page, edition → text: those of the last build if Sphinx has not written the page.

    A page is written anew whenever something that it shows has changed. The set-up cell is compared, and the list of
    references, since they are not on the page.
    """
    setup = _setup_source(app, docname, wheel)
    works = [Path(app.srcdir, name).read_bytes() for name in app.config.bibtex_bibfiles]
    key = hashlib.sha256(repr((setup, works, sorted(editions), nbformat.__version__)).encode()).hexdigest()
    file = Path(app.doctreedir) / f"{docname}.notebooks.json"
    if file.exists() and docname not in app.unet_written:
        known = json.loads(file.read_text("utf-8"))
        if known["key"] == key:
            return known["texts"]
    stem = Path(docname).name
    source, texts = assemble(_read_page(app, docname), stem, setup), {}
    for edition in editions:
        notebook = MAKE[edition](source)
        nbformat.validate(notebook)
        texts[edition] = nbformat.writes(notebook) + "\n"
    with written_whole(file) as part:
        part.write_text(json.dumps({"key": key, "texts": texts}), "utf-8")
    return texts


def note_written(app, pagename, templatename, context, doctree):
    """Note that Sphinx writes a page in this build."""
    app.unet_written.add(pagename)


def begin(app):
    app.unet_written = set()


def _is_chapter(app, docname: str) -> bool:
    path = Path(app.env.doc2path(docname))
    return bool(re.match(r"\d\d_|results\.|faq\.", path.name)) and is_myst_markdown_notebook(path.read_text("utf-8"))


# --- the page, taken apart ---------------------------------------------------------------------------


def _read_page(app, docname: str) -> list[tuple]:
    """The chapter in page order: ``("text", markdown)``, ``("code", source, metadata)``, ``("exercise", Cell)``."""
    path = Path(app.env.doc2path(docname))
    text = path.read_text("utf-8")
    with_solution = not app.config.unet_course_edition
    page_text = split_exercises(
        text, path.name, lambda exercise, fence: render_for_page(exercise, fence, with_solution)
    )
    cells = read_myst_markdown_notebook(page_text, app.env.myst_config, path=path).cells
    writer = MarkdownWriter(_link_function(app, docname), _number_function(app, docname), unfilled=True)
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
            if cell.cell_type == "code" and SOLUTION_TAG not in cell.metadata.get("tags", []):
                self.flush()
                self.pieces.append(("code", cell.source, cell.metadata))
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
    """What the text calls a figure, table or exercise of the page ("Figure 2"); ``""`` for one without number."""
    standard, numbers = app.env.get_domain("std"), app.env.toc_fignumbers.get(docname, {})

    def number(node):
        kind = standard.get_enumerable_node_type(node)
        found = [numbers.get(kind, {}).get(one) for one in node["ids"] if one in numbers.get(kind, {})]
        return app.config.numfig_format[kind] % ".".join(map(str, found[0])) if found else ""

    return number


# --- the notebook, put together ----------------------------------------------------------------------


def assemble(pieces: list[tuple], stem: str, setup_source: str) -> nbformat.NotebookNode:
    """The source notebook: exercise cells as in the chapter, parameters unfilled."""
    cells = [code_cell(setup_source, cell_id(stem, "setup"), FOLDED)]
    for number, piece in enumerate(pieces, start=1):
        kind, content = piece[0], piece[1]
        if kind == "text":
            cells.append(text_cell(content, cell_id(stem, "text", str(number))))
        elif kind == "code":
            cells.append(_page_code(content, piece[2], cell_id(stem, "code", str(number))))
        else:
            cells.append(code_cell(content.source, cell_id(stem, content.grade_id), content.metadata))
    return editions.new_notebook(cells, stem)


def _page_code(source: str, metadata, id: str):
    """A code cell of the page; what the page hides is folded, by a title line in Colab, by metadata in JupyterLab.

    The title is what the page prints where a reader unfolds the cell, else the cell's first comment.
    """
    if not {"remove-input", "remove-cell", "hide-input", "hide-cell"} & set(metadata.get("tags", [])):
        return code_cell(source, id)
    comment = re.match(r"# (.+)\n", source)
    title = comment[1] if comment else "Code of the figure or numbers"
    title = metadata.get("mystnb", {}).get("code_prompt_show", title)
    return code_cell(f"#@title {title}\n{source[comment.end() :] if comment else source}", id, FOLDED)


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
    """``pip wheel`` from a clean copy: no leftover of an earlier build gets in, none is left in the checkout.

    The same package gives the same file, byte for byte: its dates are those of 1980. It is packed as small as Deflate
    can, since every notebook loads it.
    """
    with tempfile.TemporaryDirectory() as clean, tempfile.TemporaryDirectory() as made:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(root / name, clean)
        shutil.copytree(root / "unet_edu", Path(clean) / "unet_edu", ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
        env = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
        subprocess.run([*command, "-w", made, clean], check=True, stdout=subprocess.DEVNULL, env=env)
        (wheel,) = Path(made).glob("*.whl")
        with zipfile.ZipFile(wheel) as loose, zipfile.ZipFile(folder / wheel.name, "w") as tight:
            for entry in loose.infolist():
                tight.writestr(entry, loose.read(entry), zipfile.ZIP_DEFLATED, compresslevel=9)


def _setup_source(app, docname: str, wheel: str) -> str:
    base = app.config.html_baseurl
    address = urljoin(base.rstrip("/") + "/", f"wheels/{wheel}") if base else wheel
    return SETUP.format(wheel=address, version=wheel.split("-")[1], expected=_expected(app, docname))


def _expected(app, docname: str) -> str:
    """The lines that say how long the notebook will take, as far as that is known.

    Seconds are told in steps of five, so that notebooks do not change with each build.
    """
    ran = NbMetadataCollector.get_doc_data(app.env)[docname].get("exec_data")
    if not ran or ran["runtime"] is None:
        return ""
    seconds = 5 * max(1, math.ceil(ran["runtime"] / 5))
    share = chapter_times.convolving(chapter_times.read(Path(app.srcdir)), Path(docname).name)
    if share is None:
        return TOOK.format(seconds=seconds)
    python, speed = chapter_times.speeds(cache_folder(app).with_name(chapter_times.SPEEDS), PROBE)
    return EXPECTED.format(seconds=seconds, python=python, speed=speed, share=share, probe=PROBE)


COLAB = "https://colab.research.google.com/github"
TOLD = "book/00_how_to_use", "open-in-colab"  # where a copy of the book says what it must be told


def colab_address(repository: str, name: str) -> str | None:
    """Where Colab opens a notebook of the branch that the site is published on; None without a GitHub repository."""
    place = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", repository or "")
    known = place and repository.rstrip("/") != NOT_SET
    return f"{COLAB}/{place[1]}/blob/gh-pages/notebooks/{name}.ipynb" if known else None


def add_notebook_buttons(app, pagename, templatename, context, doctree):
    """In the bar above a chapter: its notebook in Colab, and to take along."""
    if doctree is None or not _is_chapter(app, pagename):
        return
    name = Path(pagename).name
    address = colab_address(app.config.html_theme_options.get("repository_url", ""), name)
    tooltip = "Open this chapter in Colab"
    if address is None:
        page, place = TOLD
        tooltip += ": how this copy of the book learns its address"
        here = "" if page == pagename else context["pathto"](page)
        address = f"{here}#{place}" if page in app.env.found_docs else None
    download = f"{context['pathto']('notebooks', 1)}/{name}.ipynb"
    buttons = [("download", "fas fa-download", "Download this chapter as a notebook", download)]
    if address:
        buttons.insert(0, ("colab", "fas fa-play", tooltip, address))
    context["header_buttons"][:0] = [
        {"type": "link", "url": url, "icon": icon, "tooltip": words, "label": f"{label}-notebook-button"}
        for label, icon, words, url in buttons
    ]


def setup(app):
    app.setup_extension("_ext.execution")
    app.setup_extension("_ext.exercise_cells")
    # before `execution` marks the build as complete (sphinx calls equal priorities in order of connection)
    app.connect("build-finished", write_notebooks, priority=400)
    app.connect("builder-inited", begin)
    app.connect("html-page-context", note_written)
    app.connect("html-page-context", add_notebook_buttons, priority=502)  # after the theme's own buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
