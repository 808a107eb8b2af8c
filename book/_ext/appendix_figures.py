"""Figures of the appendices are numbered A.1, A.2, … through all of them.

Sphinx gives pages without a chapter's number one series of whole numbers: "Figure 4" of the results would read like
a reference to chapter 4. Pages before the chapters keep theirs. All other numbers are left alone.
"""

from __future__ import annotations

PART, LETTER, KIND = "Appendices", "A", "figure"  # the part's caption in _toc.yml; what its figures are called by


def pages_of(site_map) -> list[str]:
    """Return the names of the pages of the part, in the order of `_toc.yml`; none where there is no such part."""
    return [str(page) for part in site_map.root.subtrees if part.caption == PART for page in part.items]


def lettered(numbers: dict, pages: list[str]) -> list[str]:
    """Number the figures of these pages by letter, in place; return the pages that have some.

    numbers: Sphinx's ``env.toc_fignumbers``, {page: {kind: {id: number as a tuple}}}; within a page the order stays.
    """
    found, count = [], 0
    for page in pages:
        figures = numbers.get(page, {}).get(KIND, {})
        for id in sorted(figures, key=figures.get):
            count += 1
            figures[id] = (LETTER, count)
        found += [page] if figures else []
    return found


def number(app, env):
    """Give the letters, after Sphinx has given its numbers."""
    return lettered(env.toc_fignumbers, pages_of(env.external_site_map))


def setup(app):
    app.connect("env-get-updated", number, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
