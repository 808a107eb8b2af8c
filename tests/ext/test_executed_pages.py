"""The page *Status* shows what `make colab-check` found, from the next build on."""

import json

from bookkit import FixtureBook
from bs4 import BeautifulSoup

RECORD = {
    "made": "2026-11-25T14:00",
    "list_of": "2026-08-19",
    "install_seconds": 2.4,
    "network_cut": True,
    "machine": "Linux on x86_64",
    "python": "3.11.7",
    "versions": {"torch": "2.13.0", "ipywidgets": "7.7.1"},
    "device": "CPU, 50 GFLOP/s",
    "rows": [
        {"notebook": "01_sizes", "seconds": 12.3, "gib": 0.8, "gpu_gib": 0.0, "expected": 10, "error": ""},
        {"notebook": "02_more", "seconds": 3.0, "error": "a cell raised ValueError"},
    ],
}


def article(book):
    return BeautifulSoup((book.html() / "book" / "status.html").read_text("utf-8"), "html.parser").find("article")


def test_the_record_is_shown_from_the_next_build_on(tmp_path):
    book = FixtureBook(tmp_path, {"index": "# Home\n", "status": "# Status\n\n```{colab-check}\n```\n"})
    assert book.build().returncode == 0
    assert "Not run where this page was built" in article(book).get_text()
    assert article(book).find("table") is None

    path = tmp_path / "_build" / "colab" / "record.json"
    path.parent.mkdir()
    path.write_text(json.dumps(RECORD), "utf-8")
    assert book.build().returncode == 0
    text = " ".join(article(book).get_text(" ").split())
    assert "torch 2.13.0, ipywidgets 7.7.1" in text
    assert "published on 2026-08-19" in text
    rows = [[cell.get_text(strip=True) for cell in row.find_all("td")] for row in article(book).find_all("tr")[1:]]
    assert rows == [["01_sizes", "12", "10", "0.80", "passed"], ["02_more", "3", "–", "0.00", "failed"]]

    assert "no targets are out of date" in book.build().log
