"""The built book in headless Chromium, with the network cut."""

import functools
import gzip
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from bookkit import ROOT, Quiet, served
from browserkit import settled
from livekit import write_page
from playwright.sync_api import expect, sync_playwright

from tools.book_pdf import find_chromium
from tools.book_zip import make

expect.set_options(timeout=60_000)  # on a busy machine
SITE = ROOT / "_build" / "html"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
CHAPTERS = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
PAGES = [f"{name}.html" for name in CHAPTERS] + ["search.html", "genindex.html"]


def pytest_generate_tests(metafunc):
    """`name`: every page of the book; `chapter`: every page with text; `origin`, `theme`: both kinds.

    Tests of the same page follow each other (that is what the scope does), so that `look` opens it once.
    """
    kinds = {
        "name": PAGES,
        "chapter": [f"{name}.html" for name in CHAPTERS],
        "origin": ["file", "http"],
        "theme": ["light", "dark"],
    }
    for kind, values in kinds.items():
        if kind in metafunc.fixturenames:
            metafunc.parametrize(kind, values, scope="module")


@pytest.fixture(scope="session")
def site():
    if not (SITE / "index.html").is_file():
        pytest.fail("there is no book in _build/html: type 'make book' first")
    return SITE


LEFT = "net::ERR_ABORTED"
BELOW = "/books/u-net/"  # a project's pages do not live at the root of their host
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".ipynb"}


class Pages(Quiet):
    """Serves the site below a sub-path, and text compressed, as GitHub Pages does."""

    protocol_version = "HTTP/1.1"

    def translate_path(self, path):
        if not path.startswith(BELOW):
            return str(Path(self.directory, "no-such-file"))
        return super().translate_path(path.removeprefix(BELOW.rstrip("/")))

    def do_GET(self):
        path = Path(self.translate_path(self.path.partition("?")[0]))
        if path.suffix not in COMPRESSED or not path.is_file():
            return super().do_GET()
        body = compressed(path, path.stat().st_mtime)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@functools.cache
def compressed(path, changed):
    return gzip.compress(path.read_bytes())


@pytest.fixture(scope="session")
def addresses(site, tmp_path_factory):
    """Where the site lives: ``file``; ``http``, served from a thread, on this machine alone; ``zip``, unpacked."""
    folder = tmp_path_factory.mktemp("un zip für alle")
    make(site, folder / "book.zip")
    with zipfile.ZipFile(folder / "book.zip") as archive:
        archive.extractall(folder)
    with served(site, Pages) as server:
        yield {
            "file": site.as_uri(),
            "http": f"{server}{BELOW.rstrip('/')}",
            "zip": (folder / "book").as_uri(),
        }


@pytest.fixture(scope="session")
def chromium():
    try:
        path = find_chromium()
    except FileNotFoundError as error:
        pytest.fail(f"these tests drive Chromium: {error}")
    # no name resolves: what a route does not catch (a DNS look-ahead, say) leads nowhere either
    options = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-background-networking"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that is open, and what it did."""

    page: object
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def opener(chromium, addresses):
    """Function that opens a page and waits until it is drawn; who calls it closes its context."""

    def open_page(name, origin="http", theme="light", width=1280, query="", settle=True) -> Visit:
        context = chromium.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
        base = addresses[origin]
        done = Visit(context.new_page())

        def allow(route):
            if route.request.url.startswith((base, "data:", "blob:")):
                route.continue_()
            else:
                done.outside.append(route.request.url)
                route.abort()

        context.route("**/*", allow)
        done.page.on(
            "console",
            lambda message: (
                done.complaints.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        done.page.on("pageerror", lambda error: done.complaints.append(f"exception: {error}"))
        done.page.on(
            "requestfailed",
            lambda request: (
                done.complaints.append(f"failed: {request.url}")
                if request.failure != LEFT  # a reader who leaves while an icon still comes is no fault
                else None
            ),
        )
        done.page.on("websocket", lambda socket: done.outside.append(socket.url))
        done.page.goto(f"{base}/{name}{query}", wait_until="load")
        if settle:
            settled(done.page)
        return done

    return open_page


@pytest.fixture
def visit(opener):
    """Function that opens a page of its own: visit("book/index.html", origin="http", theme="dark")."""
    visits = []

    def open_page(*name, **options) -> Visit:
        visits.append(opener(*name, **options))
        return visits[-1]

    yield open_page
    for each in visits:
        each.page.context.close()


@pytest.fixture(scope="module")
def look(opener):
    """As `visit`, for tests that leave a page as it was: one that was looked at last is not opened again."""
    last = {}

    def open_page(name, origin="http", theme="light") -> Visit:
        key = (name, origin, theme)
        if key not in last:
            for each in last.values():
                each.page.context.close()
            last.clear()
            last[key] = opener(name, origin, theme)
        return last[key]

    yield open_page
    for each in last.values():
        each.page.context.close()


@pytest.fixture
def small_page(chromium, tmp_path):
    """Function that shows figures on a page of their own, from disk; returns the page and what it complained about."""
    contexts = []

    def show(figures, theme="light", width=800, mend=lambda text: text):
        address = write_page(tmp_path / "page.html", figures, theme)
        path = tmp_path / "page.html"
        path.write_text(mend(path.read_text("utf-8")), encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page, complaints

    yield show
    for context in contexts:
        context.close()
