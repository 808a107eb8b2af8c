"""Live figures: the script against the package over the whole range, the state, the poster, the notebook."""

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

from unet_edu import arithmetic, figures
from unet_edu.figures.base import LIVE_FIGURE_MIME, LiveFigure, pack
from unet_edu.plots import style

FIGURES = [getattr(figures, name) for name in figures.__all__]
every_figure = pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.__name__)


# --- every figure ------------------------------------------------------------------------------------


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


@every_figure
def test_a_notebook_with_the_figure_runs_and_keeps_its_state(figure):
    """What JupyterLab, and the build of the book, get from the kernel."""
    name = figure.__name__
    source = f"from unet_edu.figures import {name}\nfirst = {name}()\nfirst"
    cells = [nbformat.v4.new_code_cell(source), nbformat.v4.new_code_cell("first")]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "P"}})
    NotebookClient(notebook, timeout=120).execute()
    mime = "application/vnd.jupyter.widget-view+json"
    first, second = (cell.outputs[0].data[mime]["model_id"] for cell in notebook.cells)
    assert first == second, "one figure, shown twice"
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"][first]["state"]
    assert state["_esm"] == figure._esm
    assert state["caption"] == figure().caption


# --- CropLadder --------------------------------------------------------------------------------------


PRINT_PLANS = """
import { readFileSync } from "node:fs";
const cases = JSON.parse(readFileSync(0, "utf-8"));
console.log(JSON.stringify(cases.map((given) => [figure.plan(...given), figure.nearest(...given)])));
"""


def package_says(size, depth, kernel, padding):
    """What the figure must show: [levels, output, fault, nearest], by the package alone."""
    layers = depth, kernel, padding
    try:
        fault = arithmetic.first_fault(size, *layers)
    except ValueError as error:
        return [None, None, ["padding", size, str(error)], None]
    around = list(arithmetic.nearest_valid(size, *layers))
    if fault:
        return [None, None, list(fault), around]
    plan = arithmetic.plan(size, *layers)
    levels = [[list(level.down), level.crop, list(level.up) if level.up else None] for level in plan.levels]
    return [levels, plan.output_size, None, around]


def figure_says(plan, around):
    fault = plan["fault"] and [plan["fault"][key] for key in ("stage", "size", "words")]
    levels = None if fault else [[level["down"], level.get("crop"), level.get("up")] for level in plan["levels"]]
    return [levels, plan["output"], fault, around]


@pytest.mark.parametrize(
    ("sizes", "layers"),
    [
        (range(1, 1101), [(3, 0)]),
        (range(1, 1101, 7), [(kernel, padding) for kernel in range(1, 8) for padding in range(4)]),
    ],
    ids=["the paper's layers", "all layers"],
)
def test_the_ladder_shows_what_the_package_computes(node, sizes, layers):
    cases = [[size, depth, *layer] for size in sizes for depth in range(1, 6) for layer in layers]
    found = node(figures.CropLadder, PRINT_PLANS, json.dumps(cases))
    assert len(found) == len(cases)
    wrong = [
        case
        for case, (plan, around) in zip(cases, found, strict=True)
        if figure_says(plan, around) != package_says(*case)
    ]
    assert wrong[:5] == []


def test_the_script_keeps_to_the_limits_of_python(node):
    from unet_edu.figures.crop_ladder import LIMITS

    module = type("Limits", (), {"_esm": figures.CropLadder._esm + "\nexport { LIMITS };"})
    assert node(module, "console.log(JSON.stringify(figure.LIMITS))") == {
        key: list(value) for key, value in LIMITS.items()
    }


def test_the_ladder_refuses_what_it_cannot_draw():
    for values in ({"size": 0}, {"size": 1101}, {"depth": 0}, {"depth": 6}, {"kernel": 8}, {"padding": -1}):
        (name, value), *_ = values.items()
        with pytest.raises(traitlets.TraitError, match=f"{name} must be .* not {value}"):
            figures.CropLadder(**values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["572 pixels go in and 388 come out", "88, 40, 16, 4 pixels per side"]),
        ({"size": 570}, ["572 pixels go in", "570 pixels are not legal: pool2 would meet the odd size 279"]),
        ({"size": 1}, ["188 pixels go in and 4 come out", "1 pixels are not legal"]),
        ({"padding": 1, "size": 512}, ["512 pixels go in and 512 come out", "0, 0, 0, 0 pixels per side"]),
        ({"padding": 3}, ["Padding 3 would make maps grow"]),
    ],
)
def test_the_poster_of_the_ladder_says_what_it_shows(values, words):
    import matplotlib.pyplot as plt

    fig, alt = figures.CropLadder(**values).poster()
    plt.close(fig)
    for part in words:
        assert part in alt


def test_the_base_class_is_what_all_figures_stand_on():
    assert all(issubclass(figure, LiveFigure) for figure in FIGURES)
