"""``{executed-pages}``: which pages were executed, when, and how long that took; a table, in the order of the book.

myst-nb keeps the figures; its own table names files and marks success by a picture that not every font has. A page that
fails stops the build, so that every line here is a page that ran to its end.
"""

from __future__ import annotations

from datetime import datetime

from docutils import nodes
from myst_nb.ext import execution_tables
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

HEAD = ("page", "executed", "seconds")


class executed_pages(nodes.General, nodes.Element):
    """Stands for the table until all pages are executed."""


class ExecutedPages(SphinxDirective):
    """``{executed-pages}``, without content."""

    def run(self):
        # myst-nb writes a page with this mark anew whenever another one was executed
        NbMetadataCollector.set_doc_data(self.env, self.env.docname, execution_tables.METADATA_KEY, True)
        return [executed_pages()]


def in_order(app):
    """Return the names of the pages as the table of contents has them."""
    names = [app.config.root_doc]
    for parent in names:  # grows while it is walked
        names += [name for name in app.env.toctree_includes.get(parent, []) if name not in names]
    return names


def fill(app, doctree, docname):
    """Put the table in place of its mark."""
    for mark in list(doctree.findall(executed_pages)):
        data = NbMetadataCollector.get_doc_data(app.env)
        rows, total = [], 0.0
        for name in in_order(app):
            ran = data.get(name, {}).get("exec_data")
            if ran and ran["runtime"] is not None:
                title = app.env.titles[name].astext()
                link = make_refnode(app.builder, docname, name, None, nodes.Text(title))
                when = datetime.fromtimestamp(ran["mtime"]).strftime("%Y-%m-%d %H:%M")
                rows.append([link, nodes.Text(when), nodes.Text(f"{ran['runtime']:.1f}")])
                total += ran["runtime"]
        rows.append([nodes.Text("all pages"), nodes.Text(""), nodes.Text(f"{total:.1f}")])
        mark.replace_self(table(HEAD, rows))


def table(head, rows):
    """Return a table; its entries are inline nodes."""
    whole = nodes.table(classes=["colwidths-auto"])
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", _row([nodes.Text(word) for word in head]))
    group += nodes.tbody("", *map(_row, rows))
    whole += group
    return whole


def _row(cells):
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def setup(app):
    app.add_node(executed_pages)
    app.add_directive("executed-pages", ExecutedPages)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
