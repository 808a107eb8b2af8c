"""Every link and every file that the built pages name, followed on disk."""

import re
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

pytestmark = pytest.mark.browser


@cache
def parsed(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@cache
def anchors(path):
    page = parsed(path)
    return {tag.get("id") for tag in page.find_all(id=True)} | {tag.get("name") for tag in page.find_all("a")}


def pages(site):
    return [path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts]


def test_every_link_inside_the_book_leads_somewhere(site):
    dead = []
    for path in pages(site):
        for tag, attribute in [("a", "href"), ("img", "src"), ("script", "src"), ("link", "href")]:
            for element in parsed(path).find_all(tag, **{attribute: True}):
                url = urlsplit(element[attribute])
                if url.scheme or url.netloc:
                    continue
                target = (path.parent / unquote(url.path)).resolve() if url.path else path
                if target.is_dir():
                    target /= "index.html"
                anchor = unquote(url.fragment).partition(":")[0]  # what follows is the state of a figure
                missing_anchor = anchor and target.suffix == ".html" and anchor not in anchors(target)
                if not target.is_file() or (missing_anchor and tag == "a"):
                    dead.append((path.name, element[attribute]))
    assert dead == []


def test_pages_load_nothing_from_other_hosts(site):
    """Links may lead out; scripts, styles, pictures and fonts come from the site."""
    loaded = []
    for path in pages(site):
        for element in parsed(path).find_all(["img", "script", "iframe", "source", "video", "link"]):
            address = element.get("src") or element.get("href") or ""
            is_metadata = element.name == "link" and set(element.get("rel", [])) <= {"canonical", "license", "author"}
            if re.match(r"(?:https?:)?//", address) and not is_metadata:
                loaded.append((path.name, address))
    for path in [*site.rglob("*.css"), *(site / "_static").glob("*.css")]:
        loaded += [
            (path.name, url) for url in re.findall(r"url\(['\"]?((?:https?:)?//[^)'\"]+)", path.read_text("utf-8"))
        ]
    assert loaded == []


def test_links_that_lead_out_are_https(site):
    plain = {
        link["href"]
        for path in pages(site)
        for link in parsed(path).select(".bd-article a[href^='http:']")
        if "localhost" not in link["href"]
    }
    assert plain == set()


def test_a_notebook_lies_beside_every_chapter(site):
    chapters = list((site / "book").glob("[0-9][0-9]_*.html"))
    assert chapters
    for path in chapters:
        links = [link["href"] for link in parsed(path).find_all("a", href=re.compile(r"\.ipynb$"))]
        assert any(link.endswith(f"notebooks/{path.stem}.ipynb") for link in links)


def test_no_page_keeps_an_unresolved_role(site):
    for path in pages(site):
        article = BeautifulSoup(str(parsed(path).select_one(".bd-article") or ""), "html.parser")
        for code in article.find_all(["pre", "code", "script"]):
            code.decompose()
        assert re.findall(r"\{\w+(?::\w+)?\}`|:::|\bNameError\b", article.get_text()) == [], path.name
