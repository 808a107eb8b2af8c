"""What a page is called in tabs and previews: title, description, picture, icon; one viewport tag."""

import re

import pytest
from bookkit import FRONT_MATTER, FixtureBook
from bs4 import BeautifulSoup
from PIL import Image

from _ext import page_head

PAGE = """<html><head>
    <meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <title>Training &#8212; The book</title>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
</head><body><p>Menu of the page, which is quite a long text about nothing.</p><article>
<p class="chapter-opening">You need something that takes a while to say here.</p>
<p>Short.</p><p>What does a <b>network</b> learn, and when &lt; where does it stop to learn
(Ronneberger et al., 2015)?</p></article></body></html>"""


def test_a_page_gets_one_of_each():
    page = page_head.headed(PAGE, "book/08.html", "The book", "https://example.org/u/")
    soup = BeautifulSoup(page, "html.parser")
    assert [tag["content"] for tag in soup.select("meta[name=viewport]")] == ["width=device-width, initial-scale=1.0"]
    assert [tag.text for tag in soup.select("title")] == ["Training — The book"]
    words = "What does a network learn, and when < where does it stop to learn?"
    assert soup.select_one("meta[name=description]")["content"] == words
    told = {tag["property"]: tag["content"] for tag in soup.select("meta[property]")}
    assert told["og:title"] == "Training — The book"
    assert told["og:description"] == words
    assert told["og:image"] == "https://example.org/u/_static/u-net-card.png"
    assert told["og:url"] == "https://example.org/u/book/08.html"
    assert soup.select_one("link[rel=icon]")["href"] == "../_static/u-net-icon.svg"
    assert page_head.headed(page, "book/08.html", "The book") == page


def test_without_an_address_the_picture_is_beside_the_page():
    soup = BeautifulSoup(page_head.headed(PAGE, "book/08.html", "The book"), "html.parser")
    assert soup.select_one("meta[property='og:image']")["content"] == "../_static/u-net-card.png"
    assert not soup.select("meta[property='og:url']")


@pytest.mark.parametrize(
    ("own", "wanted"),
    [("The book &#8212; The book", "The book"), ("A &lt; B — The book", "A < B — The book"), ("", "The book")],
)
def test_the_name_of_the_book_stands_in_a_title_once(own, wanted):
    assert page_head.title(f"<title>{own}</title>", "The book") == wanted


def test_a_long_description_ends_at_a_word():
    words = page_head.description(f"<article><p>{'some words ' * 40}</p></article>")
    assert len(words) <= page_head.LONGEST
    assert words.endswith(("some…", "words…"))


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    first = "# A small book\n\nThis page is about nothing at all, at some length, to be described.\n"
    formula = f"{FRONT_MATTER}\n# One\n\nA formula: $x^2$, and some more words after it.\n"
    book = FixtureBook(tmp_path_factory.mktemp("head") / "b", {"index": first, "01_one": formula})
    done = book.build()
    assert done.returncode == 0, done.log[-3000:]
    return book


def test_every_page_that_is_built_has_its_head(book):
    pages = [path for path in book.html().rglob("*.html") if "_static" not in path.parts]
    assert len(pages) >= 4
    for path in pages:
        soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        assert len(soup.select("meta[name=viewport]")) == 1, path
        assert soup.select_one("title").text.strip()
        assert soup.select_one("meta[property='og:title']")
        icon = (path.parent / soup.select_one("link[rel=icon]")["href"]).resolve()
        assert icon.read_text("utf-8").startswith("<svg")
        with Image.open((path.parent / soup.select_one("meta[property='og:image']")["content"]).resolve()) as picture:
            assert picture.size == (1200, 630)


def test_the_root_leads_to_the_first_page_and_describes_it(book):
    text = (book.html() / "index.html").read_text("utf-8")
    assert re.search(r'http-equiv="Refresh" content="0; url=book/index\.html"', text)
    assert 'content="This page is about nothing at all' in text


def test_mathjax_comes_only_where_there_is_a_formula(book):
    pages = {name: (book.html() / "book" / f"{name}.html").read_text("utf-8") for name in ("index", "01_one")}
    assert "vendor/mathjax" not in pages["index"]
    assert pages["01_one"].count("vendor/mathjax") == 1
    assert pages["01_one"].index("vendor/mathjax") > pages["01_one"].index("doctools.js")
