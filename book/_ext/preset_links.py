"""``{preset}`words <by heart>```: a link to the figure `Playground` as one of its presets sets it.

A rival may stand behind it, ``<works|without skips>``. What a link says is in its address, as the figure itself writes
it; the figure takes from it what is legal.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from unet_edu.figures.playground_presets import DEFAULTS, PRESETS, RIVALS

PAGE, FIGURE = "08_training.html", "fig-playground"


def written(value) -> str:
    """Return a value as the address has it: as JavaScript writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(written, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def address(preset: str, rival: str = "") -> str:
    """Return the address of a preset. Raises ValueError where there is no such preset or rival."""
    if preset not in PRESETS or rival not in ("", *RIVALS):
        raise ValueError(f"there is no preset {preset!r} with the rival {rival!r}; presets: {', '.join(PRESETS)}")
    changes = {key: value for key, value in PRESETS[preset]["changes"].items() if value != DEFAULTS[key]}
    state = changes | {"preset": preset} | ({"rival": rival} if rival else {})
    pairs = "&".join(f"{key}={quote(written(value), safe=',')}" for key, value in state.items())
    return f"{PAGE}#{FIGURE}:{pairs}"


class Preset(SphinxRole):
    """The role: words, and in angle brackets a preset, or a preset and a rival."""

    def run(self):
        found = re.fullmatch(r"(.+?)\s*<([^<>|]+)(?:\|([^<>]+))?>", self.text, re.S)
        try:
            if not found:
                raise ValueError(f"{self.text!r} is not of the form: words <preset>")
            link = nodes.reference("", found[1], refuri=address(found[2], found[3] or ""), internal=True)
        except ValueError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [link], []


def setup(app):
    app.add_role("preset", Preset())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
