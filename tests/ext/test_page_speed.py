"""What stands between a slow line and the first line of text: one style sheet, and scripts that wait."""

import re

import pytest
from bookkit import FRONT_MATTER, FixtureBook
from bs4 import BeautifulSoup

from _ext import page_speed

OPTIONS = "const DOCUMENTATION_OPTIONS = {};\n"
HEAD = """<html><head>
    <link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />
    <link rel="stylesheet" type="text/css" href="../_static/book.css?v=2" />
    <link rel="preload" as="script" href="../_static/scripts/bootstrap.js" />
    <script src="../_static/documentation_options.js?v=3"></script>
    <script src="../_static/doctools.js"></script>
    <script>let here = "stays";</script>
    <script type="application/vnd.jupyter.widget-state+json">{"long": "state"}</script>
    <script defer="defer" src="../_static/mathjax.js"></script>
    <link rel="next" href="02_next.html" />
</head>"""
PAGE = HEAD + "<body><p>Text.</p>\n<script defer src='../_static/theme.js'></script></body></html>"


def test_a_page_asks_for_one_sheet_and_its_scripts_come_after_the_text():
    page = page_speed.lightened(PAGE, OPTIONS, "all.css?v=9")
    head, _, body = page.partition("</head>")
    assert re.findall(r'<link href="([^"]+)" rel="stylesheet"', head) == ["../_static/all.css?v=9"]
    assert "preload" not in page
    assert head.index(page_speed.THEMES) < head.index("all.css"), "before pictures are fetched"
    assert page.count(page_speed.THEMES) == 1
    assert "src=" not in head
    assert "widget-state" not in head
    assert OPTIONS in head
    assert head.index(OPTIONS) < head.index('"stays"')
    assert 'rel="next"' in head
    order = ["<p>Text.", "theme.js", "doctools.js", '{"long": "state"}', "mathjax.js", "</body>"]
    places = [body.index(part) for part in order]
    assert places == sorted(places)
    scripts = re.findall(r"<script[^>]*src=[^>]*>", body)
    assert all(" defer" in script for script in scripts)


def test_what_is_changed_stays_and_follows_a_new_sheet():
    once = page_speed.lightened(PAGE, OPTIONS, "book-styles.css?v=1")
    assert page_speed.lightened(once, OPTIONS, "book-styles.css?v=1") == once
    assert page_speed.lightened(once, OPTIONS, "book-styles.css?v=2") == once.replace("v=1", "v=2")


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("a.css", "b { color: red }", "b { color: red }"),
        ("styles/a.css", "b { src: url(../fonts/f.woff) }", "b { src: url(fonts/f.woff) }"),
        ("styles/a.css", 'b { src: url("x.png") }', 'b { src: url("styles/x.png") }'),
        (
            "styles/a.css",
            "b { src: url('data:a/png;base64,A/=') }",
            "b { src: url('data:a/png;base64,A/=') }",
        ),
        ("styles/a.css", "b { src: url(#mask) }", "b { src: url(#mask) }"),
        ("styles/a.css", '@charset "UTF-8";b { top: 0 }', "b { top: 0 }"),
        ("styles/a.css", '@import "../base.css";\nc { top: 0 }', "i { src: url(pic.png) }\nc { top: 0 }"),
    ],
)
def test_a_sheet_reads_the_same_from_the_folder_above(tmp_path, name, text, wanted):
    (tmp_path / "styles").mkdir()
    (tmp_path / "base.css").write_text("i { src: url(pic.png) }")
    (tmp_path / name).write_text(text)
    assert page_speed.part(tmp_path, name) == wanted


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    page = FRONT_MATTER + "# One\n\n```{code-cell} ipython3\n1 + 1\n```\n"
    book = FixtureBook(tmp_path_factory.mktemp("paint") / "b", {"index": "# Front\n\n$x^2$\n", "01_one": page})
    done = book.build()
    assert done.returncode == 0, done.log[-3000:]
    return book


def pages(book):
    found = [book.html() / name for name in ("book/index.html", "book/01_one.html", "search.html", "genindex.html")]
    return {path.stem: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in found}


def sheet(book):
    return (book.html() / "_static" / page_speed.SHEET).read_text("utf-8")


def test_every_page_of_a_book_is_so(book):
    for name, page in pages(book).items():
        assert len(page.select("link[rel=stylesheet]")) == 1, name
        assert page.select("head script[src]") == [], name
        assert all(script.has_attr("defer") for script in page.select("script[src]")), name
        assert bool(page.select("script[src*=searchindex]")) == (name == "search"), name
    own = (book.root / "book" / "_static" / "book.css").read_text("utf-8")
    assert own in sheet(book)
    assert "@import" not in sheet(book)
    for address in re.findall(r"url\(([^\"')#:]+)\)", sheet(book)):
        assert (book.html() / "_static" / address).is_file(), address


def test_a_later_build_takes_a_changed_sheet_to_every_page(book):
    """Also to those that are not written anew."""
    own = book.root / "book" / "_static" / "book.css"
    own.write_text(own.read_text("utf-8") + "\n.new-rule { top: 0 }\n", "utf-8")
    page = book.page("01_one")
    page.write_text(page.read_text("utf-8") + "\nMore text.\n", "utf-8")
    assert book.build().returncode == 0
    assert ".new-rule" in sheet(book)
    assert "More text." in pages(book)["01_one"].get_text()
    hrefs = {page.select("link[rel=stylesheet]")[0]["href"].rpartition("/")[2] for page in pages(book).values()}
    assert len(hrefs) == 1
