"""The line under a chapter's title: how long it takes, what it needs to know, where to say what is wrong.

    ```{opening}
    You need [the sizes](03_arithmetic.md) and [the blocks](04_blocks.md).
    ```

The minutes are counted on the page itself, without its exercises. A notebook that a GPU was seen to speed up says how
much (`chapter_times`). The feedback link opens an issue with the page's name
where ``repository.url`` is set in ``_config.yml``; where it is not, it leads to the place that says so.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from _ext import chapter_times

WORDS_A_MINUTE = 200
CODE_LINES_A_MINUTE = 20
PICTURE_MINUTES, LIVE_FIGURE_MINUTES = 0.3, 2.0
ROUNDED_TO = 5
NOT_SET = "https://github.com/executablebooks/jupyter-book"  # Jupyter Book's own, where repository.url is left out
FEEDBACK_PAGE, FEEDBACK_PLACE = "book/00_how_to_use", "feedback"


class minutes(nodes.Inline, nodes.TextElement):
    """Stands for the reading time until the whole page is read."""


class feedback(nodes.Inline, nodes.TextElement):
    """Stands for the feedback link until all pages are known."""


class Opening(SphinxDirective):
    """``{opening}``: one paragraph, said in the page's own words."""

    has_content = True

    def run(self):
        container = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, container)
        paragraph = next(container.findall(nodes.paragraph), nodes.paragraph())
        if not paragraph.astext().strip():
            raise self.error("{opening} is empty: say what a reader needs to know before this page")
        said = nodes.paragraph(classes=["chapter-opening"])
        said += [minutes(), nodes.Text(" "), *paragraph.children, nodes.Text(" "), feedback()]
        return [said]


def reading_minutes(tree) -> int:
    """Return how long a page takes to read, in minutes: its words, its lines of code, its pictures; no exercises."""
    words = lines = pictures = live = 0

    def count(node):
        nonlocal words, lines, pictures, live
        if isinstance(node, nodes.section) and "exercises" in node["ids"]:
            return
        if isinstance(node, nodes.literal_block):
            lines += len(node.astext().splitlines())
        elif isinstance(node, nodes.figure):
            live += "live-figure-frame" in node["classes"]
            pictures += 1
        elif isinstance(node, nodes.Text):
            words += len(node.astext().split())
        else:
            for child in node.children:
                count(child)

    count(tree)
    taken = words / WORDS_A_MINUTE + lines / CODE_LINES_A_MINUTE + PICTURE_MINUTES * pictures
    taken += LIVE_FIGURE_MINUTES * live
    return max(1, round(taken / ROUNDED_TO)) * ROUNDED_TO


def count_minutes(app, doctree):
    """Put in the minutes, once the page is read."""
    for mark in list(doctree.findall(minutes)):
        words = f"{reading_minutes(doctree)} minutes."
        gain = chapter_times.gain(chapter_times.read(Path(app.srcdir)), Path(app.env.docname).name)
        if gain:
            words += f" On a GPU ({gain.gpu}) its notebook ran {gain.times:.1f} times as fast as without."
        mark.replace_self(nodes.Text(words))


def link_feedback(app, doctree, docname):
    """Put in the link, once all pages are known."""
    for mark in list(doctree.findall(feedback)):
        words = "Something wrong or unclear? Tell us."
        source = app.config.html_theme_options.get("repository_url", "")
        if source and source != NOT_SET:
            page = docname.split("/")[-1]
            address = f"{source.rstrip('/')}/issues/new?title={quote(page + ': ')}"
            link = nodes.reference("", words, refuri=address, internal=False)
        elif FEEDBACK_PAGE in app.env.found_docs:
            link = make_refnode(app.builder, docname, FEEDBACK_PAGE, FEEDBACK_PLACE, nodes.Text(words))
        else:
            link = nodes.inline()
        mark.replace_self(link)


def setup(app):
    app.add_node(minutes)
    app.add_node(feedback)
    app.add_directive("opening", Opening)
    app.connect("doctree-read", count_minutes)
    app.connect("doctree-resolved", link_feedback)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
