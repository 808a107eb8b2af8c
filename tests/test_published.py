"""The site as `publish.yml` leaves it, on a plain web server, below a sub-path: what a reader gets there."""

import re
import shutil
import subprocess
import sys
import urllib.request
from urllib.error import HTTPError
from urllib.parse import urldefrag

import nbformat
import pytest
from bookkit import BIN, CHAPTERS, ROOT, served, tracked_files

from tools import colab_check

pytestmark = pytest.mark.slow

REPOSITORY = "https://github.com/someone/u-net"
CHAPTER = "04_blocks"  # loads a trained network, shows a live figure


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A folder, and the address of a server that serves it."""
    folder = tmp_path_factory.mktemp("host")
    with served(folder) as address:
        yield folder, address


@pytest.fixture(scope="module")
def published(host, tmp_path_factory):
    """The address of the book, built for it; what its chapters print is taken over from the last `make book`."""
    folder, server = host
    address = f"{server}/books/u-net/"
    checkout = tmp_path_factory.mktemp("checkout") / "u-net"
    for path in tracked_files():
        target = checkout / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copytree(ROOT / "_build" / ".jupyter_cache", checkout / "_build" / ".jupyter_cache")
    config = checkout / "_config.yml"
    text = config.read_text("utf-8").replace('baseurl: ""', f'baseurl: "{address}"')
    config.write_text(f"{text}\nrepository:\n  url: {REPOSITORY}\n", encoding="utf-8")
    done = subprocess.run(
        [BIN / "jupyter-book", "build", ".", "-W", "--keep-going"],
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    shutil.copytree(checkout / "_build" / "html", folder / "books" / "u-net")
    return address


def get(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        return answer.read()


def test_a_notebook_is_downloaded_installs_the_wheel_of_its_site_and_runs(published, tmp_path):
    """With Colab's versions; the first cell adds the wheel and what it needs, and changes nothing that is there."""
    python = colab_check.environment(sys.executable)
    before = colab_check.freeze(python)
    assert "unet-edu" not in before
    page = get(f"{published}book/{CHAPTER}.html").decode()
    (link,) = set(re.findall(r'href="\.\./(notebooks/[^"]+\.ipynb)"', page))
    notebook = tmp_path / f"{CHAPTER}.ipynb"
    notebook.write_bytes(get(published + link))
    row = colab_check.run(notebook, python, cut=[])
    assert row["error"] == ""
    after = colab_check.freeze(python)
    assert set(after) - set(before) == colab_check.MAY_BE_ADDED
    assert {name: version for name, version in after.items() if name in before} == before


def test_every_chapter_opens_in_colab_from_the_published_branch(published):
    for chapter in CHAPTERS:
        page = get(f"{published}book/{chapter.stem}.html").decode()
        wanted = f"https://colab.research.google.com/github/someone/u-net/blob/gh-pages/notebooks/{chapter.stem}.ipynb"
        assert f'href="{wanted}"' in page, chapter.stem
        assert "Open this chapter in Colab" in page


def test_every_link_of_the_notebooks_into_the_site_leads_somewhere(published):
    """To a page, a picture or a wheel that is there; a link to a place on a page, to an anchor that is there.

    What follows a colon is the state of a live figure.
    """
    dead, pages = set(), {}
    for chapter in CHAPTERS:
        notebook = nbformat.reads(get(f"{published}notebooks/{chapter.stem}.ipynb").decode(), as_version=4)
        text = "\n".join(cell.source for cell in notebook.cells)
        links = set(re.findall(re.escape(published) + r"[^\s)>\"'\]]*", text))
        assert any(link.endswith(".whl") for link in links), "the first cell names the wheel"
        for link in links:
            address, anchor = urldefrag(link)
            try:
                if address not in pages:
                    pages[address] = get(address).decode("utf-8", "replace")
            except HTTPError:
                dead.add((chapter.stem, link))
                continue
            if anchor and f'id="{anchor.partition(":")[0]}"' not in pages[address]:
                dead.add((chapter.stem, link))
    assert dead == set()


def test_pages_lead_to_the_repository_and_name_their_own_address(published):
    page = get(f"{published}book/{CHAPTER}.html").decode()
    assert f"{REPOSITORY}/issues/new?title=" in page
    assert f'<link rel="canonical" href="{published}book/{CHAPTER}.html"' in page
