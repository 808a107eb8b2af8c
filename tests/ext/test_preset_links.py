"""Links to presets of Playground: what the address says is the preset, and a wrong one fails the build."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from bookkit import FixtureBook
from bs4 import BeautifulSoup

from _ext import preset_links
from _ext.preset_links import address
from unet_edu.figures import Playground
from unet_edu.figures.base import rule_of
from unet_edu.figures.playground_presets import DEFAULTS, PRESETS, RIVALS


def in_javascript(value):
    """Return a value as JavaScript's String writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def legal(text, rule):
    """Return the value of a text as legalValue of base.js does; None where it is not allowed."""
    if "of" in rule:
        return {in_javascript(one): one for one in rule["of"]}.get(text)
    if "each" in rule:
        return [legal(one, rule["each"]) for one in text.split(",")]
    return int(text)


@pytest.mark.parametrize("preset", PRESETS)
def test_an_address_holds_its_preset(preset):
    page, _, state = address(preset).partition("#fig-playground:")
    assert page == "08_training.html"
    made, traits = Playground(preset), Playground.class_traits()
    told = {}
    for pair in state.split("&"):
        key, text = pair.split("=")
        told[key] = legal(unquote(text), rule_of(traits[key]))
    assert told.pop("preset") == preset
    assert {key: told.get(key, DEFAULTS[key]) for key in DEFAULTS} == {key: getattr(made, key) for key in DEFAULTS}


def test_a_rival_is_in_the_address():
    for rival in RIVALS:
        assert unquote(address("works", rival)).endswith(f"preset=works&rival={rival}")


def test_a_page_with_such_a_link_costs_no_torch():
    """Three seconds of each build, when a sentence is changed."""
    code = "import sys; from _ext.preset_links import address; address('nan'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(preset_links.__file__).parents[1]).returncode == 0


@pytest.mark.parametrize("wrong", [("nothing", ""), ("works", "nobody")])
def test_what_is_not_there_is_refused(wrong):
    with pytest.raises(ValueError, match="there is no preset"):
        address(*wrong)


def test_the_role_is_a_link_and_a_wrong_one_fails(tmp_path):
    good = "# Front\n\nWatch {preset}`it fail <nan>`.\n\n(fig-playground)=\n\n## Here\n\nText.\n"
    book = FixtureBook(tmp_path / "good", {"index": good}, package=True)
    done = book.build()
    assert done.returncode == 0, done.log[-2000:]
    page = BeautifulSoup((book.html() / "book" / "index.html").read_text("utf-8"), "html.parser")
    (link,) = [tag for tag in page.select("article a") if tag.text == "it fail"]
    assert link["href"] == address("nan")
    bad = FixtureBook(tmp_path / "bad", {"index": good.replace("<nan>", "<nun>")}, package=True).build()
    assert bad.returncode != 0
    assert "there is no preset 'nun'" in bad.log
