"""Figures of the appendices have numbers of their own, which no chapter's can be taken for."""

import yaml
from bookkit import ROOT
from sphinx_external_toc.parsing import parse_toc_data

from _ext import appendix_figures


def test_the_pages_are_those_of_the_part():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    (part,) = [part for part in toc["parts"] if part["caption"] == "Appendices"]
    site_map = parse_toc_data(toc)
    assert appendix_figures.pages_of(site_map) == [entry["file"] for entry in part["chapters"]]
    assert "book/results" in appendix_figures.pages_of(site_map)
    assert appendix_figures.pages_of(parse_toc_data({"root": "index"})) == []


def test_figures_are_lettered_through_all_appendices_and_nothing_else_is():
    numbers = {
        "index": {"figure": {"fig-task": (1,)}},
        "two": {"figure": {"fig-a": (2, 1), "fig-b": (2, 2)}},
        "results": {"figure": {"second": (3,), "first": (2,), "tenth": (10,)}, "code-block": {"file": (1,)}},
        "faq": {},
        "notation": {"figure": {"palette": (11,)}},
    }
    assert appendix_figures.lettered(numbers, ["results", "faq", "missing", "notation"]) == ["results", "notation"]
    assert numbers["results"]["figure"] == {"first": ("A", 1), "second": ("A", 2), "tenth": ("A", 3)}
    assert numbers["results"]["code-block"] == {"file": (1,)}
    assert numbers["notation"]["figure"] == {"palette": ("A", 4)}
    assert numbers["index"]["figure"] == {"fig-task": (1,)}
    assert numbers["two"]["figure"] == {"fig-a": (2, 1), "fig-b": (2, 2)}
    assert ".".join(map(str, numbers["notation"]["figure"]["palette"])) == "A.4"


def test_the_book_uses_it():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert "_ext.appendix_figures" in config["sphinx"]["config"]["extensions"]
