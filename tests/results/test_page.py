"""The page *Results*, with and without records."""

import json
import re

import matplotlib.pyplot as plt
import pytest
from bookkit import ROOT
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from recordkit import ABLATION, SCALING, record, write

from unet_edu import book, results
from unet_edu.plots import style

PAGE = ROOT / "book" / "results.md"


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


def run_page(monkeypatch):
    """Run the page's cells here; return what it glued, and the words of its figures and tables."""
    glued, words = {}, []
    monkeypatch.setattr(book, "glue", glued.__setitem__)
    monkeypatch.setattr(book, "show", lambda fig, **texts: (style.recolour(fig, style.DARK), words.append(texts)))
    monkeypatch.setattr(book, "table", lambda head, rows, caption: words.append({"caption": caption, "rows": rows}))
    cells = read_myst_markdown_notebook(PAGE.read_text("utf-8"), MdParserConfig(), path=str(PAGE)).cells
    names = {}
    with plt.rc_context():
        for cell in cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, "results.md", "exec"), names)
    return glued, words


def unprinted(glued):
    """Names that the text prints and no cell has glued."""
    printed = re.findall(r"\{glue:text\}`([^`:]+)", PAGE.read_text("utf-8"))
    return set(printed) - set(glued)


def test_the_page_without_a_record_says_what_to_run(folder, monkeypatch):
    glued, words = run_page(monkeypatch)
    assert unprinted(glued) == set()
    assert words == []
    for name in ("isbi", "time_to_score", "ablation", "data_scaling", "network_times"):
        assert f"unet_edu.experiments.{name} --record" in glued[f"{name}_origin"]


def test_the_page_with_every_record_shows_them_all(shipped, monkeypatch):
    write(shipped, "ablation-cpu", ABLATION)
    write(shipped, "data_scaling-cpu", SCALING)
    write(shipped, "isbi-cpu", record({"a": [0.9, 0.91], "b": []}, "isbi"))
    write(shipped, "time_to_score-cpu", record({"a": [0.9, 0.91]}, "time_to_score"))
    write(
        shipped, "network_times-cpu", json.loads((ROOT / "unet_edu" / "records" / "network_times-cpu.json").read_text())
    )
    monkeypatch.setattr(results, "usable", lambda networks: [networks[0]._replace(name="tiny")] * 2)
    glued, words = run_page(monkeypatch)
    assert unprinted(glued) == set()
    captions = " ".join(one["caption"] for one in words)
    for phrase in (
        "The worst of the six",
        "The best of the six",
        "The same 160",
        "Loss (mean",
        "one mark a run",
        "Circles",
    ):
        assert phrase in captions
    assert sum("alt" in one for one in words) == 8
    assert "Not run yet: none" in captions
    assert "tiny" in str(words)
