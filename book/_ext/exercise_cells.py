"""Exercises on the page: one ``code-cell`` in the source, a stub and a folded solution in print.

The cells are read by `unet_edu.course.source`, which says how one is written. When the source of a page is read, the
reader's edition turns a cell into the stub (shown, not run) and the solution (folded, run). The course edition
(``UNET_BOOK_EDITION=course``, see ``make book-course``) keeps the stub alone and publishes no page sources.

    {param}`crop.ladder.convs`    the book's value of a parameter that a cohort may change

    ````{hints} crop.ladder       three list items, shown as three folded boxes
    - The idea.
    - The shape or the size.
    - A sketch, with the decisive step left open.
    ````

Points and minutes are printed under each prompt, as the exercise's definition in `unet_edu.course.exercises` has them.
"""

from __future__ import annotations

import os
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx_design.shared import create_component
from sphinx_exercise.nodes import is_exercise_node

from unet_edu.course.assignment import source as cells
from unet_edu.course.assignment.source import BEGIN, END, Cell, ExerciseError, exercises, parse_cell, split_exercises
from unet_edu.course.registry import UnknownExercise, find
from unet_edu.files import written_whole

__all__ = ["BEGIN", "END", "Cell", "ExerciseError", "exercises", "parse_cell", "split_exercises"]

STUB_TAG, SOLUTION_TAG = "exercise-stub", "exercise-solution"
HINTS = ("Hint 1: the idea", "Hint 2: the shape", "Hint 3: a sketch")

logger = logging.getLogger(__name__)


# --- cells -------------------------------------------------------------------------------------------


def render_for_page(exercise: Cell, fence: str, with_solution: bool) -> str:
    """MyST source of the stub and, in the reader's edition, of the folded solution."""
    stub = (
        f"{fence}{{code-block}} python\n:class: {STUB_TAG}\n:name: stub-{exercise.grade_id}\n{exercise.stub}\n{fence}"
    )
    if not with_solution:
        return stub
    header = yaml.safe_dump(
        {
            "tags": ["hide-cell", SOLUTION_TAG],
            "mystnb": {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"},
            **exercise.metadata,
        },
        sort_keys=False,
    )
    return f"{stub}\n\n{fence}{{code-cell}} ipython3\n---\n{header}---\n{exercise.solution}\n{fence}"


def is_course_edition() -> bool:
    """Whether this build is the course edition; of two legal values, so that a typo cannot publish solutions."""
    edition = os.environ.get("UNET_BOOK_EDITION", "reader")
    if edition not in ("reader", "course"):
        raise ExerciseError(f"UNET_BOOK_EDITION={edition!r}: choose 'reader' or 'course'")
    return edition == "course"


def on_source_read(app, docname, source):
    """Split the exercise cells of one page."""
    with_solution = not app.config.unet_course_edition
    where = app.env.doc2path(docname, base=False)
    try:
        source[0] = split_exercises(source[0], where, lambda ex, fence: render_for_page(ex, fence, with_solution))
    except ExerciseError as error:
        raise ExtensionError(str(error)) from error


def on_config_inited(app, config):
    """The course edition copies no page sources: they are the chapters as written, solutions included."""
    config.unet_course_edition = is_course_edition()
    if config.unet_course_edition:
        config.html_copy_source = False
        config.html_show_sourcelink = False


def on_builder_inited(app):
    """The course edition refuses a folder with pages of the reader's edition: what is not written anew would stay."""
    outdir = Path(app.outdir)
    mark = outdir.parent / f".unet_edition_{outdir.name}"
    edition = "course" if app.config.unet_course_edition else "reader"
    last = mark.read_text() if mark.exists() else "unknown"
    if edition == "course" and last != "course" and next(outdir.rglob("*.html"), None):
        raise ExerciseError(f"{outdir} holds another edition, solutions included: build with 'make book-course'")
    if last != edition:
        with written_whole(mark) as partial:
            partial.write_text(edition)


# --- prompts, hints, numbers -------------------------------------------------------------------------


class Param(SphinxRole):
    """``{param}`topic.slug.name```: the book's value of a parameter of an exercise."""

    def run(self):
        id, _, name = self.text.rpartition(".")
        values = cells.book_values(id)
        if name not in values:
            has = f"has {', '.join(sorted(values))}" if values else "has none, or there is no such exercise"
            logger.warning("{param}`%s`: %s %s", self.text, id or "it", has, location=self.get_location())
            return [nodes.inline(self.rawtext, self.rawtext)], []
        return [nodes.inline(self.rawtext, str(values[name]), unfilled=cells.in_text(id, name))], []


class Hints(SphinxDirective):
    """``{hints} topic.slug``: three list items, each in a folded box of its own."""

    has_content = True
    required_arguments = 1

    def run(self):
        content = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, content)
        lists = [child for child in content.children if not isinstance(child, nodes.comment | nodes.system_message)]
        items = lists[0].children if len(lists) == 1 and isinstance(lists[0], nodes.bullet_list) else []
        if len(items) != len(HINTS):
            raise self.error(
                f"{{hints}} {self.arguments[0]}: want a list of three items: the idea, the shape, a sketch"
            )
        boxes = map(self._folded, HINTS, items)
        return [create_component("hints", ["exercise-hints"], children=boxes, exercise=self.arguments[0])]

    def _folded(self, title, item):
        """As sphinx-design's ``{dropdown}`` makes it."""
        look = {"title_classes": [], "body_classes": [], "container_classes": ["exercise-hint"]}
        kind = {"type": "dropdown", "opened": False, "has_title": True, "icon": None, "chevron": None}
        box = create_component("dropdown", **kind, **look)
        self.set_source_info(box)
        box += nodes.rubric(title, title)
        box += item.children
        return box


def on_doctree_read(app, doctree):
    """Put parameters into the code of prompts and hints; print points and minutes under each prompt that is known."""
    for hints in doctree.findall(lambda node: isinstance(node, nodes.container) and "exercise" in node):
        fill_code(hints, hints["exercise"])
    for prompt in doctree.findall(is_exercise_node):
        fill_code(prompt, prompt["label"])
        try:
            exercise = find(prompt["label"])
        except UnknownExercise:
            continue
        prompt += nodes.paragraph("", worth(exercise), classes=["exercise-worth"])


def fill_code(node, id):
    """In code, where there are no roles, ``@name@`` stands for a parameter, as in the exercise's cell."""
    values = cells.book_values(id)
    for code in node.findall(lambda part: isinstance(part, nodes.literal | nodes.literal_block)):
        text = code.astext()
        try:
            shown = cells.fill(text, values, id)
        except ExerciseError as error:
            logger.warning("%s", error, location=code)
            continue
        if shown != text:
            code["unfilled"] = cells.fill(text, {name: cells.in_text(id, name) for name in values}, id)
            code.rawsource, code.children = shown, [nodes.Text(shown)]  # a block is highlighted if they are the same


def worth(exercise) -> str:
    """Points and minutes of an exercise, in words."""
    points = f"{exercise.points} point{'s' * (exercise.points != 1)}"
    return f"{points}, about {exercise.minutes} minute{'s' * (exercise.minutes != 1)}"


def cut_shown_files(app, doctree):
    """In the course edition a file of exercises that a page shows is shown without its solutions, too."""
    if app.config.unet_course_edition:
        for block in doctree.findall(nodes.literal_block):
            if BEGIN in block.astext():
                block.rawsource = cells.cut(block.astext())
                block.children = [nodes.Text(block.rawsource)]


def setup(app):
    # "env": a build folder that changes its edition re-reads every page
    app.add_config_value("unet_course_edition", False, "env")
    app.connect("config-inited", on_config_inited)
    app.connect("builder-inited", on_builder_inited)
    app.connect("source-read", on_source_read)
    app.connect("doctree-read", on_doctree_read)
    app.connect("doctree-read", cut_shown_files)
    app.add_role("param", Param())
    app.add_directive("hints", Hints)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
