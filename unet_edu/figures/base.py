"""What all live figures share on the Python side.

                     ┌ crop_ladder.py   traits = the state, checked; a poster drawn from them
    one figure  =    ┤
                     └ crop_ladder.js   everything that is seen; computes only what the package computes too

A front end gets one script: ``base.js``, others that the figure names, and the figure's own; and the styles of
``base.css`` followed by the figure's own, ``crop_ladder.css``, where it has any. It is the same text in the built page,
where ``book/_static/live-figures.js`` plays the host, in JupyterLab and in Colab.
"""

from __future__ import annotations

import html
import inspect
import itertools
import json
import zlib
from base64 import b64encode
from pathlib import Path

import anywidget
import traitlets

from unet_edu.book import LIVE_FIGURE_MIME, render_light_and_dark

HERE = Path(__file__).parent
LONGEST = 4096  # values of a list in a link
LINE = 22  # pixels of a line of text in a figure
PICTURE = '<img alt="{alt}" style="max-width:100%;background:#fff;padding:6px" src="data:{mime};base64,{data}">'


def integer(value, limits):
    """Make a synchronised trait of a whole number, `value` at first, from limits[0] to limits[1], both included."""
    return traitlets.Int(value, min=limits[0], max=limits[1]).tag(sync=True)


class LiveFigure(anywidget.AnyWidget):
    """A figure of the class's own name.

    A subclass has traits with ``sync=True``, a script beside its module, a caption and a :meth:`poster`.
    ``name`` is the label under which the text of a page refers to the figure (``{numref}`name```).
    """

    scripts = ()  # files beside this one that the figure's script builds on
    colour_maps = ()  # of matplotlib, that the script paints with: "magma" is the constant MAGMA there

    kept = ()  # traits that the page's address keeps, so that a link leads to what was seen

    caption = traitlets.Unicode().tag(sync=True)
    legal = traitlets.Dict().tag(sync=True)

    def __init__(self, *, name: str | None = None, **traits):
        super().__init__(**traits)
        self.name = name
        self.legal = self.legal_values()
        self.on_msg(self._answer)

    def __init_subclass__(cls, **kwargs):
        if not isinstance(getattr(cls, "_esm", None), traitlets.TraitType):  # else the class that add_traits derives
            script = Path(inspect.getfile(cls)).with_suffix(".js")
            styles = [HERE / "base.css", script.with_suffix(".css")]
            before = [(HERE / name).read_text("utf-8") for name in ("base.js", *cls.scripts)]
            cls._esm = "\n".join([*before, colour_tables(cls.colour_maps), script.read_text("utf-8")])
            cls._css = "\n".join(path.read_text("utf-8") for path in styles if path.exists())
        super().__init_subclass__(**kwargs)

    def legal_values(self):
        """Return for each of `kept` what `legalValue` of base.js may take from a link: a rule as `rule_of` makes it."""
        return {key: rule_of(self.traits()[key]) for key in self.kept}

    def poster(self):
        """Return (matplotlib figure, alt text) for the present values: what is seen where no script runs."""
        raise NotImplementedError

    def _answer(self, _, content, buffers):
        """Reply to the front end that a kernel runs; only then does it offer what needs one."""
        if content.get("type") == "ping":
            self.send({"type": "pong"})

    def _repr_mimebundle_(self, **kwargs):
        """The widget, and its poster for pages, PDF and viewers without scripts."""
        import matplotlib.pyplot as plt

        data, metadata = super()._repr_mimebundle_(**kwargs)
        fig, alt = self.poster()
        light, dark = render_light_and_dark(fig)
        plt.close(fig)
        data["text/plain"] = alt
        data[LIVE_FIGURE_MIME] = {
            "model_id": self.model_id, "light": light, "dark": dark,
            "alt": alt, "caption": self.caption, "name": self.name, "height": height_of(type(self).__name__),
        }  # fmt: skip
        if not metadata:  # Colab, which sets some, runs the widget; every other viewer takes the first that it can show
            picture = PICTURE.format(alt=html.escape(alt), **light)
            words = html.escape(self.caption)
            data["text/html"] = f'<figure style="margin:1em 0">{picture}<figcaption>{words}</figcaption></figure>'
        return data, metadata

    _ipython_display_ = None  # of ipywidgets 7, which would leave the poster out


def rule_of(trait):
    """Return what values a trait allows, as plain data.

    {"of": values}, {"least": number or None, "most": number or None} of a whole number, {"each": rule, "least": length,
    "most": length} of a list, {"any": rules}, or {"word": True} for letters, digits and .:-_. Raises TypeError for a
    trait of another kind.
    """
    if isinstance(trait, traitlets.Bool):
        return {"of": [False, True]}
    if isinstance(trait, traitlets.Enum):
        return {"of": list(trait.values)}
    if isinstance(trait, traitlets.Int):
        return {"least": trait.min, "most": trait.max}
    if isinstance(trait, traitlets.List):
        return {"each": rule_of(trait._trait), "least": trait._minlen, "most": min(trait._maxlen, LONGEST)}
    if isinstance(trait, traitlets.Union):
        return {"any": [rule_of(one) for one in trait.trait_types]}
    if isinstance(trait, traitlets.Unicode):
        return {"word": True}
    raise TypeError(f"no rule for {type(trait).__name__}: the address keeps numbers, words, choices and lists of them")


def height_of(kind):
    """Return how high a figure of this class stands on a page, as a CSS length that depends on its width, 100cqi.

    "0px" for a class that was never measured. Between two widths of ``heights.json``, which ``make figure-heights``
    writes, it is the greater of their heights and a line of text, which may come anywhere between them.
    """
    points = json.loads((HERE / "heights.json").read_text("utf-8")).get(kind)
    if points is None:
        return "0px"
    steps = [(low, max(here, there) + LINE) for (low, here), (_, there) in itertools.pairwise(points)]
    parts = [f"{steps[0][1]}px"]
    for (_, before), (width, height) in itertools.pairwise(steps):
        if height != before:
            parts.append(f"{height - before} * clamp(0px, 100cqi - {width - 1}px, 1px)")
    return f"calc({' + '.join(parts)})"


def colour_tables(names):
    """Return the script that defines matplotlib's colour maps of these names as tables for ``paint`` of base.js."""
    if not names:
        return ""
    import matplotlib

    lines = []
    for name in names:
        table = matplotlib.colormaps[name](range(256), bytes=True)[:, :3]
        lines.append(
            f'const {name.upper()} = Uint8Array.from(atob("{b64encode(table.tobytes()).decode()}"), '
            "(letter) => letter.charCodeAt(0));"
        )
    return "\n".join(lines)


def pack(array) -> bytes:
    """Compress the bytes of a NumPy array for a ``Bytes`` trait; ``unpack`` of base.js expands them."""
    return zlib.compress(array.tobytes(), 9)
