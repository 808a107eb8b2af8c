"""What holds for every live figure: the root, the styles, the state, the notebook."""

import base64
import json
import re
import subprocess
import sys
import zlib

import nbformat
import numpy as np
import pytest
import traitlets
from bookkit import ROOT
from ipywidgets.embed import dependency_state
from nbclient import NotebookClient
from PIL import ImageColor

from unet_edu import figures
from unet_edu.figures import base
from unet_edu.figures.base import LIVE_FIGURE_MIME, LiveFigure, pack
from unet_edu.plots import style

FIGURES = [getattr(figures, name) for name in figures.__all__]
every_figure = pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.__name__)


@every_figure
def test_a_figure_shows_itself_with_its_defaults(figure):
    """The mimebundle holds the widget, and for viewers without scripts a poster with alt text and caption."""
    made = figure(name="fig-x")
    data, _ = made._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == made.model_id
    poster = data[LIVE_FIGURE_MIME]
    assert poster["model_id"] == made.model_id
    assert poster["name"] == "fig-x"
    assert poster["alt"] == data["text/plain"]
    assert len(poster["alt"]) > 60
    assert len(poster["caption"]) > 40
    assert poster["alt"] != poster["caption"]
    assert poster["light"] != poster["dark"]
    assert base64.b64decode(poster["light"]["data"])
    assert "<img alt=" in data["text/html"]


@every_figure
def test_the_root_carries_the_name_of_the_figure(figure):
    assert re.search(rf'^export default liveFigure\("{figure.__name__}", ', figure._esm, re.M)


@every_figure
def test_the_script_needs_nothing_from_elsewhere(figure):
    text = figure._esm.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest", text, re.M)


@every_figure
def test_the_state_that_a_page_needs_is_small(figure):
    made = figure()
    state = dependency_state([made], drop_defaults=False)
    assert len(state) < 10, "other figures are counted too"
    assert len(zlib.compress(json.dumps(state).encode())) <= 400_000


@every_figure
def test_python_answers_when_it_is_asked_whether_it_listens(figure, monkeypatch):
    made, sent = figure(), []
    monkeypatch.setattr(made, "send", sent.append)
    made._handle_custom_msg({"type": "something else"}, [])
    assert sent == []
    made._handle_custom_msg({"type": "ping"}, [])
    assert sent == [{"type": "pong"}]


def test_a_wrong_name_says_which_figures_there_are():
    with pytest.raises(AttributeError, match=r"no 'CropLader'; it has .*CropLadder"):
        figures.CropLader  # noqa: B018


def test_importing_the_figures_is_light():
    code = "import sys, unet_edu.figures; print([m for m in ('anywidget', 'torch', 'matplotlib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_the_styles_have_the_colours_of_the_plots():
    css = (ROOT / "unet_edu" / "figures" / "base.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#\w+);", block)) for block in re.findall(r"\{([^{}]*--ink:[^{}]*)\}", css)
    )
    names = {name: name.upper().replace("-", "_") for name in light}
    assert {"ink", "down", "up", "skip", "wrong", "down-area", "skip-area"} <= set(light)
    assert light == {name: getattr(style, constant) for name, constant in names.items()}
    assert dark == {name: style.DARK[getattr(style, constant)] for name, constant in names.items()}
    assert all(ImageColor.getrgb(colour) for colour in dark.values())


def test_packed_arrays_unpack_in_the_script(node):
    array = np.arange(1000, dtype=np.float32)
    text = base64.b64encode(pack(array)).decode()
    module = type("Unpacks", (), {"_esm": figures.CropLadder._esm + "\nexport { unpack };"})
    script = """
    const packed = Uint8Array.from(atob(process.argv[2] ?? TEXT), (letter) => letter.charCodeAt(0));
    const found = [packed, packed.buffer, new DataView(packed.buffer)].map((bytes) => figure.unpack(bytes));
    console.log(JSON.stringify((await Promise.all(found)).map((buffer) => [...new Float32Array(buffer)])));
    """.replace("process.argv[2] ?? TEXT", json.dumps(text))
    assert node(module, script) == [array.tolist()] * 3


@pytest.fixture(scope="module")
def executed():
    """A notebook that shows every figure twice, executed in one kernel: {name: (its two outputs, its state)}."""
    names = [figure.__name__ for figure in FIGURES]
    sources = [
        source
        for name in names
        for source in (f"from unet_edu.figures import {name}\nfirst = {name}()\nfirst", "first")
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "P"}})
    NotebookClient(notebook, timeout=600, startup_timeout=600).execute()
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    shown = [cell.outputs[0].data["application/vnd.jupyter.widget-view+json"]["model_id"] for cell in notebook.cells]
    return {
        name: (first, second, states[first]["state"])
        for name, first, second in zip(names, shown[::2], shown[1::2], strict=True)
    }


@pytest.mark.slow  # all figures are made once more, in a kernel: a minute
@every_figure
def test_a_notebook_with_the_figure_runs_and_keeps_its_state(figure, executed):
    """What JupyterLab, and the build of the book, get from the kernel."""
    first, second, state = executed[figure.__name__]
    assert first == second, "one figure, shown twice"
    assert state["_esm"] == figure._esm
    assert state["caption"] == figure().caption


def test_the_base_class_is_what_all_figures_stand_on():
    assert all(issubclass(figure, LiveFigure) for figure in FIGURES)


def test_the_room_for_a_figure_is_a_length_that_steps_with_its_width():
    """At every measured width, and between two of them, it is at least what either of them takes."""
    points = json.loads((base.HERE / "heights.json").read_text("utf-8"))
    assert sorted(points) == sorted(figures.__all__)
    for kind, measured in points.items():
        words = base.height_of(kind)
        first = int(re.match(r"calc\((\d+)px", words)[1])
        steps = [(int(at), int(by)) for by, at in re.findall(r"(-?\d+) \* clamp\(0px, 100cqi - (\d+)px, 1px\)", words)]
        for width, height in measured[:-1]:
            room = first + sum(by for at, by in steps if width >= at + 1)
            assert height + base.LINE <= room <= height + 700, (kind, width)
    assert base.height_of("Unmeasured") == "0px"


@every_figure
def test_the_address_keeps_what_a_reader_chooses(figure):
    """Each key is a synchronised trait with a rule; none holds the data of the figure."""
    made = figure()
    assert set(made.legal) == set(made.kept)
    assert len(made.kept) >= 3
    for key, rule in made.legal.items():
        assert made.trait_metadata(key, "sync"), key
        assert set(rule) & {"of", "least", "each", "any", "word"}, key
        assert not isinstance(getattr(made, key), bytes)


def in_javascript(value):
    """Return a value as JavaScript's String writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


@every_figure
def test_what_a_link_may_say_is_what_python_takes(figure, node):
    """Values at and beyond each limit: base.js takes a text if, and only if, the trait takes the value."""
    made = figure()
    tried = []
    for key, rule in made.legal.items():
        if "of" in rule:
            tried += [(key, in_javascript(one), one) for one in rule["of"]]
            tried.append((key, "no such choice", "no such choice"))
        elif "each" not in rule and "word" not in rule:
            ends = [rule, *rule.get("any", [])]
            numbers = [one[end] for one in ends for end in ("least", "most") if one.get(end) is not None]
            for number in {*numbers, *(limit - 1 for limit in numbers), *(limit + 1 for limit in numbers)}:
                tried.append((key, str(number), number))
            tried += [(key, text, None) for text in ("1.5", "x", "1e3", " 7", "--1")]
            empty = any(one.get("each") and one["least"] == 0 for one in ends)
            tried.append((key, "", [] if empty else None))
    code = """import { readFileSync } from "node:fs"; const [tried, legal] = JSON.parse(readFileSync(0, "utf-8"));
        console.log(JSON.stringify(tried.map(([key, text]) => figure.legalValue(text, legal[key]) ?? null)))"""
    text = json.dumps([[one[:2] for one in tried], made.legal])
    for (key, words, value), found in zip(tried, node(figure, code, text), strict=True):
        taken = value is not None
        try:
            setattr(made, key, value)
        except traitlets.TraitError:
            taken = False
        if key == "zoom" and value not in (1, 2, 4, 8, 16):
            taken = False  # a link holds what the buttons lead to
        assert (found is not None) is taken, (key, words)
        if taken:
            assert found == value


def test_a_state_is_written_into_an_address_and_read_back(node):
    states = [
        ["fig-lab", {"off": "skip2,d3.relu2:17", "x": "12", "own": "true"}],
        ["CropLadder", {"size": "700"}],
        ["fig-x", {}],
    ]
    code = """import { readFileSync } from "node:fs"; const states = JSON.parse(readFileSync(0, "utf-8"));
        const address = figure.writeAddress(states);
        const odd = ["", "#fig-lab", "#%", "#a:b=%E0%A4%A", "#:x=1", "#a:x", "#a:x=1;;b"].map(figure.readAddress);
        console.log(JSON.stringify([address, figure.readAddress(address), odd, figure.writeAddress([])]))"""
    address, found, odd, empty = node(figures.CropLadder, code, json.dumps(states))
    assert address == "#fig-lab:off=skip2,d3.relu2:17&x=12&own=true;CropLadder:size=700;fig-x:"
    assert found == states
    assert odd == [[], [], [], [["a", {"b": ""}]], [], [["a", {}]], [["a", {"x": "1"}]]]
    assert empty == ""


def test_lists_and_words_of_a_link_are_checked(node):
    rule = base.rule_of(figures.Upsampling.class_traits()["two"])
    cases = [
        ("1,2,3,4", rule, [1, 2, 3, 4]),
        ("1,2,3", rule, None),
        ("1,2,3,4,5", rule, None),
        ("1,2,3,201", rule, None),
        ("", base.rule_of(figures.FeatureMaps.class_traits()["off"]), []),
        ("skip2,d3.relu2:17", {"each": {"word": True}, "least": 0, "most": 9}, ["skip2", "d3.relu2:17"]),
        ("<img>", {"word": True}, None),
        ("x" * 41, {"word": True}, None),
    ]
    code = """import { readFileSync } from "node:fs"; const cases = JSON.parse(readFileSync(0, "utf-8"));
        console.log(JSON.stringify(cases.map(([text, rule]) => figure.legalValue(text, rule) ?? null)))"""
    assert node(figures.CropLadder, code, json.dumps(cases)) == [wanted for *_, wanted in cases]


def test_a_trait_of_another_kind_has_no_rule():
    with pytest.raises(TypeError, match="no rule for Bytes"):
        base.rule_of(traitlets.Bytes())
