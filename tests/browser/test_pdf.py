"""The book on paper: `make pdf`, on the built site."""

import re
import subprocess
import sys
import unicodedata

import pytest
import yaml
from bookkit import ROOT
from bs4 import BeautifulSoup
from pypdf import PdfReader

from tools.book_pdf import parts

pytestmark = pytest.mark.browser

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
MARK = "Show the solution"


@pytest.fixture(scope="module")
def book(site):
    """[(title, page of the site)] of the whole book, in order."""
    return [entry for _, entries in parts(TOC, site) for entry in entries]


@pytest.fixture(scope="module")
def printed(site, tmp_path_factory):
    """The PDF as the command makes it: in a process of its own, for this one has a Chromium open."""
    file = tmp_path_factory.mktemp("pdf") / "book.pdf"
    command = [sys.executable, ROOT / "tools" / "book_pdf.py", site, file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    reader = PdfReader(file)
    assert f"{len(reader.pages)} pages" in done.stdout
    assert [path.name for path in file.parent.iterdir()] == ["book.pdf"]
    return reader


def outline(reader):
    """{title: number of its sheet, from 0} of the leaves of the outline, in order."""
    found = {}

    def walk(items):
        for item in items:
            if isinstance(item, list):
                walk(item)
            else:
                found[item.title] = reader.get_destination_page_number(item)

    walk(reader.outline)
    return found


def squeezed(text):
    """Without spaces, and with a ligature as its letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_every_page_of_the_book_is_in_it_in_order(printed, book):
    places = outline(printed)
    starts = [places[title] for title, _ in book]
    assert starts == sorted(starts)
    for title, _ in book:
        words = re.sub(r"^\d+\. ", "", title)
        assert squeezed(words) in squeezed(printed.pages[places[title]].extract_text()), title


def test_the_contents_name_the_sheets_that_carry_these_numbers(printed, book):
    places = outline(printed)
    first = min(places.values())
    index = squeezed("".join(page.extract_text() for page in printed.pages[1:first]))
    for title, _ in book:
        number = places[title] + 1
        assert f"{squeezed(title)}{number}" in index, title
        assert printed.pages[places[title]].extract_text().split()[-1] == str(number)


def test_links_lead_inside_or_to_the_open_web(printed):
    addresses, inside = [], 0
    for page in printed.pages:
        for link in page.get("/Annots") or []:
            link = link.get_object()
            addresses.append(str(link.get("/A", {}).get("/URI", "https://")))
            inside += "/Dest" in link
    assert [address for address in addresses if not address.startswith(("https://", "mailto:"))] == []
    assert inside > len(printed.pages) / 4


def test_solutions_stay_out_and_pictures_stay_in(printed, book, site):
    text = "".join(page.extract_text() for page in printed.pages)
    assert MARK not in text
    assert "raise NotImplementedError()" in text
    whole = squeezed(text)
    for title, path in book:
        for figure in BeautifulSoup(path.read_text("utf-8"), "html.parser").select("figure figcaption .caption-text"):
            words = squeezed(figure.get_text())[:40]
            assert words in whole, f"{title}: {words}"


def test_a_page_that_is_not_built_is_named(site):
    toc = {"root": "book/index", "parts": [{"caption": "P", "chapters": [{"file": "book/99_nowhere"}]}]}
    with pytest.raises(FileNotFoundError, match=r"99_nowhere.*make book"):
        parts(toc, site)
