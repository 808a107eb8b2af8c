"""book/_ext/page_inputs.py and record_reads.py: what a page read, and whether it is still the same."""

import os
import subprocess
import sys
import time

import pytest
from bookkit import EXTENSIONS

from _ext.page_inputs import HOW, Inputs, digest_of_files

PINS = {"requirements.txt": "torch==1\n", "constraints.txt": "six==1\n"}
PACKAGE = {
    "__init__.py": "",
    "sizes.py": "SIDE = 388\n",
    "lazy.py": "def side():\n    from pack.sizes import SIDE\n    return SIDE\n",
    "alone.py": "X = 1\n",
    "records/speed.json": "{}",
    "figures/ladder.js": "export default 1",
    "figures/__init__.py": "",
    "exercises/__init__.py": "import pkgutil\nNAMES = [each.name for each in pkgutil.iter_modules(__path__)]\n",
    "exercises/crop.py": "",
}


class Book:
    """A checkout with a package `pack`, slices beside it, and what a program that runs there reads."""

    def __init__(self, root, slices):
        self.root, self.slices = root, slices
        for name, text in PINS.items():
            self.write(name, text)
        for name, text in PACKAGE.items():
            self.write(f"pack/{name}", text)
        (root / "book").mkdir()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        long_ago = time.time() - 1000
        os.utime(path, (long_ago, long_ago))

    def inputs(self):
        """As a new build would see them."""
        made = Inputs(self.root)
        made.places = {"package": self.root / "pack", "slices": self.slices, "source": self.root}
        made.loader = "package/lazy.py"
        return made

    def run(self, code, since=None):
        """Run a program in the folder of the pages; return the inputs that are kept of it."""
        log = self.root.parent / "reads"
        log.write_bytes(b"")
        recorder = EXTENSIONS / "record_reads.py"
        start = f"exec(compile(open({str(recorder)!r}).read(), 'recorder', 'exec'))\n"
        env = {**os.environ, "UNET_READS": str(log), "PYTHONPATH": str(self.root)}
        subprocess.run([sys.executable, "-c", start + code], cwd=self.root / "book", env=env, check=True)
        return self.inputs().of(log.read_bytes(), time.time() + 60 if since is None else since)


@pytest.fixture
def book(tmp_path, monkeypatch):
    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "isbi2012").mkdir(parents=True)
    return Book(tmp_path / "a bük", tmp_path / "data" / "isbi2012")


def test_what_is_imported_is_read_also_within_functions(book):
    code = "from pack import lazy\nlazy.side()"
    for _ in range(2):  # from the source, then from __pycache__
        files = book.run(code)["files"]
        assert list(files) == ["package/__init__.py", "package/lazy.py", "package/sizes.py"]
    assert list(book.run("from pack import lazy")["files"]) == ["package/__init__.py", "package/lazy.py"]


RECORD = "open('../pack/records/speed.json').read()"
FIGURE = "import pathlib; pathlib.Path('../pack/figures/ladder.js').read_text()"
SLICE = (
    "from pack import lazy\nimport os\nopen(os.environ['UNET_EDU_DATA'] + '/isbi2012/train/image/0.png', 'rb').read()"
)
MISSING = "try:\n    open('../pack/records/new.json')\nexcept FileNotFoundError:\n    pass"
GLOB = "import pathlib; list(pathlib.Path('../pack/records').glob('*.json'))"


@pytest.mark.parametrize(
    ("code", "name", "text", "why"),
    [
        ("import pack.lazy as l; l.side()", "pack/sizes.py", "SIDE = 1", "package/sizes.py"),
        ("import pack.lazy as l; l.side()", "pack/alone.py", "X = 2", None),
        ("import pack.alone", "pack/another.py", "", None),
        ("import pack.alone", "pack/records/new.json", "{}", None),
        ("import pack.alone", "requirements.txt", "torch==2", "pins, Python or how pages are executed"),
        ("import pack.alone", "constraints.txt", "six==2", "pins, Python or how pages are executed"),
        ("import pack.alone", "README.md", "new", None),
        ("import pack.alone", "book/02_other.md", "new", None),
        ("import pack.alone", "book/_ext/accessibility.py", "new", None),
        (RECORD, "pack/records/speed.json", "[]", "package/records/speed.json"),
        (RECORD, "pack/records/new.json", "[]", "the files in package/records"),
        (MISSING, "pack/records/new.json", "[]", "package/records/new.json"),
        (GLOB, "pack/records/new.json", "[]", "the files in package/records"),
        (FIGURE, "pack/figures/ladder.js", "export default 2", "package/figures/ladder.js"),
        (FIGURE, "pack/figures/ladder.css", "", "the files in package/figures"),
        (FIGURE, "pack/figures/another.py", "", None),
        ("import pack.exercises", "pack/exercises/new.py", "", "the files in package/exercises"),
        ("import pack.exercises", "pack/exercises/crop.py", "X = 1", None),
        ("open('table.csv')", "book/table.csv", "2", "source/book/table.csv"),
    ],
)
def test_a_change_counts_for_the_pages_that_read_it_alone(book, code, name, text, why):
    book.write("book/table.csv", "1")
    kept = book.run(code)
    assert book.inputs().changed(kept) is None
    book.write(name, text)
    assert book.inputs().changed(kept) == why


def test_a_file_that_is_gone_has_changed(book):
    kept = book.run(RECORD)
    (book.root / "pack" / "records" / "speed.json").unlink()
    assert book.inputs().changed(kept) == "package/records/speed.json"


def test_slices_that_appear_change_or_vanish_count_for_pages_that_may_look_for_them(book):
    path = book.slices / "train" / "image" / "0.png"

    def put(content):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    looking, other = book.run("import pack.lazy"), book.run("import pack.alone")
    put(b"one")
    assert book.inputs().changed(looking) == "the real slices found"
    assert book.inputs().changed(other) is None
    reading = book.run(SLICE)
    assert "slices/train/image/0.png" in reading["files"]
    put(b"two")
    assert book.inputs().changed(reading) == "slices/train/image/0.png"
    path.unlink()
    assert book.inputs().changed(reading) == "the real slices found"


def test_inputs_are_the_same_in_another_place(book, tmp_path, monkeypatch):
    """A copy of the checkout may use the outputs; no path of this machine is kept."""
    book.write("book/table.csv", "1")
    kept = book.run(f"{RECORD}\nopen('table.csv')\nimport pack.lazy")
    assert str(tmp_path) not in str(kept)
    other = book.root.rename(tmp_path / "elsewhere")
    book.root = other
    assert book.inputs().changed(kept) is None


def test_what_was_changed_while_the_page_ran_is_not_trusted(book):
    assert book.run(RECORD, since=time.time() - 60) is None
    assert book.inputs().changed(None) == "what it reads is not known"


def test_what_a_page_writes_itself_is_not_read(book):
    code = "open('own.txt', 'w').write('1')\nopen('own.txt').read()"
    kept = book.run(code)
    assert kept["files"] == {}
    book.write("book/own.txt", "2")
    assert book.inputs().changed(kept) is None


def test_an_entry_that_could_not_be_written_makes_all_of_them_uncertain(book):
    assert book.inputs().of(b"!\0", time.time()) is None


def test_what_is_not_of_the_book_comes_with_the_pins(book):
    code = f"import json, email\nopen({__file__!r})\nopen('/dev/null')\nimport os\nos.listdir('/')"
    kept = book.run(code)
    assert kept["files"] == kept["folders"] == {}


def test_how_pages_are_executed_counts():
    assert all((EXTENSIONS / name).is_file() for name in HOW)


def test_files_are_digested_with_their_names(tmp_path):
    """Text that moves from file to file is a change; what Python compiles is none."""
    one, two = tmp_path / "a.py", tmp_path / "b.py"
    one.write_text("xy")
    two.write_text("")
    before = digest_of_files(tmp_path, "**/*")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    assert digest_of_files(tmp_path, "**/*") == before
    one.write_text("x")
    two.write_text("y")
    assert digest_of_files(tmp_path, "**/*") != before
    assert digest_of_files(tmp_path, "*.md") == digest_of_files(tmp_path / "nothing", "*.md")
