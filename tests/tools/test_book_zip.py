"""The site as one file, to be read without a network."""

import subprocess
import sys
import zipfile

import pytest
from bookkit import ROOT

from tools.book_zip import make


@pytest.fixture
def site(tmp_path):
    """A site of three files."""
    site = tmp_path / "html"
    (site / "book").mkdir(parents=True)
    (site / "index.html").write_text("<a href='book/über.html'>in</a>", "utf-8")
    (site / "book" / "über.html").write_text("here", "utf-8")
    (site / ".buildinfo").write_text("of this machine")
    return site


def test_it_holds_the_site_below_one_folder(site, tmp_path):
    assert make(site, tmp_path / "a-book.zip") == 2
    with zipfile.ZipFile(tmp_path / "a-book.zip") as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["a-book/book/über.html", "a-book/index.html"]
        assert archive.read("a-book/book/über.html") == b"here"


def test_the_same_site_gives_the_same_file(site, tmp_path):
    make(site, tmp_path / "book.zip")
    first = (tmp_path / "book.zip").read_bytes()
    (site / "index.html").touch()
    make(site, tmp_path / "book.zip")
    assert (tmp_path / "book.zip").read_bytes() == first


def test_without_a_site_it_says_what_to_type(tmp_path):
    command = [sys.executable, ROOT / "tools" / "book_zip.py", tmp_path / "nothing", tmp_path / "book.zip"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "make book" in done.stderr
    assert not (tmp_path / "book.zip").exists()


def test_what_readers_wrote_into_notebooks_is_not_in_it(site, tmp_path):
    notebooks = site / "notebooks"
    (notebooks / ".ipynb_checkpoints").mkdir(parents=True)
    for name in ("a.ipynb", "a.yours.ipynb", "a.yours-2.ipynb", ".ipynb_checkpoints/a-checkpoint.ipynb"):
        (notebooks / name).write_text("{}")
    make(site, tmp_path / "book.zip")
    with zipfile.ZipFile(tmp_path / "book.zip") as archive:
        assert [name for name in archive.namelist() if "notebooks" in name] == ["book/notebooks/a.ipynb"]
