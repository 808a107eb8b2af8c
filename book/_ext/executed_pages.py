"""What ran, for the page *Status*: tables in the order of the book.

    {executed-pages}    which pages were executed, when, and how long that took
    {colab-check}       the notebooks with Colab's versions, as `make colab-check` last found them

myst-nb keeps the figures; its own table names files and marks success by a picture that not every font has. A page that
fails stops the build, so that every line here is a page that ran to its end.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from docutils import nodes
from myst_nb.ext import execution_tables
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

HEAD = ("page", "executed", "seconds")
COLAB_HEAD = ("notebook", "seconds", "foretold", "GiB", "result")
COLAB_RECORD = Path("_build") / "colab" / "record.json"  # of tools/colab_check.py


class executed_pages(nodes.General, nodes.Element):
    """Stands for the table until all pages are executed."""


class ExecutedPages(SphinxDirective):
    """``{executed-pages}``, without content."""

    def run(self):
        # myst-nb writes a page with this mark anew whenever another one was executed
        NbMetadataCollector.set_doc_data(self.env, self.env.docname, execution_tables.METADATA_KEY, True)
        return [executed_pages()]


class ColabCheck(SphinxDirective):
    """``{colab-check}``, without content."""

    def run(self):
        path = Path(self.env.srcdir) / COLAB_RECORD
        NbMetadataCollector.set_doc_data(self.env, self.env.docname, "colab_record", made_at(path))
        if not path.is_file():
            words = "Not run where this page was built; `make colab-check` does it, and the next build shows it here."
            return self.parse_text_to_nodes(words)
        record = json.loads(path.read_text("utf-8"))
        versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
        network = "the network cut" if record["network_cut"] else "the network not cut"
        words = (
            f"Run on {record['made'].replace('T', ' ')} with the versions that Colab published on {record['list_of']}: "
            f"Python {record['python']}, {versions}; {record['device']}; {record['machine']}. The first cell took "
            f"{record['install_seconds']:.0f} seconds and changed nothing that was there. Each notebook ran in a "
            f"process of its own, from an empty folder, with {network}. Foretold is what its first cell said, before "
            "anything else had run."
        )
        rows = []
        for row in record["rows"]:
            told = str(row.get("expected") or "–")
            entries = [row["notebook"], f"{row['seconds']:.0f}", told, f"{row.get('gib', 0):.2f}"]
            rows.append([nodes.Text(entry) for entry in (*entries, "failed" if row["error"] else "passed")])
        return [nodes.paragraph("", words), table(COLAB_HEAD, rows)]


def made_at(path: Path) -> float:
    """When a file was last written; 0 if it is not there."""
    return path.stat().st_mtime if path.is_file() else 0.0


def pages_with_another_record(app, env, added, changed, removed):
    """Have the pages read anew that show the record of the notebooks in Colab, when it is another one."""
    now = made_at(Path(app.srcdir) / COLAB_RECORD)
    return [
        name for name, data in NbMetadataCollector.get_doc_data(env).items() if data.get("colab_record", now) != now
    ]


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
    app.add_directive("colab-check", ColabCheck)
    app.connect("env-get-outdated", pages_with_another_record)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
