"""What every page owes to a reader who cannot see it, or not well.

Every image must carry alt text: one without is a warning, and warnings fail the build.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)


def check_alt_text(app, doctree):
    """Warn of every image without alt text (run on each page when it is read)."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt", "").strip():
            logger.warning(
                "image %s has no alt text: draw it with unet_edu.book.show(fig, alt=..., caption=...) or give :alt:",
                image["uri"],
                location=image,
                type="unet_edu",
                subtype="alt",
            )


def mend_bibliography(app, pagename, templatename, context, doctree):
    """Give the entries of the reference list the role that their list asks for; docutils writes one ARIA forbids."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app):
    app.connect("doctree-read", check_alt_text)
    app.connect("html-page-context", mend_bibliography)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
