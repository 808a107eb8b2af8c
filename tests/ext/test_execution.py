"""book/_ext/execution.py: which pages are executed, how, and what the editions share; on a book of small pages."""

import json
import re
import sqlite3

import nbformat
import pytest
from bookkit import FRONT_MATTER, FixtureBook, exercise_cell

from _ext.execution import without_solutions
from _ext.exercise_cells import SOLUTION_TAG


def page(title, code, more=""):
    cell = f"```{{code-cell}} ipython3\n{code}\n```\n"
    return f"{FRONT_MATTER}# {title}\n\nThe value is {{glue:text}}`value`.\n\n{cell}{more}"


GLUE = "from myst_nb import glue\nglue('value', VALUE, display=False)"
SOLUTION = """\
def crops(depth):
    ### BEGIN SOLUTION
    found = 'zq7solution'
    return found
    ### END SOLUTION
print(crops(1))"""
PAGES = {
    "index": "# A book\n\nText.\n",
    "01_plain": page("Plain", f"{GLUE.replace('VALUE', '1')}\nprint('plain')", "\nThe end.\n"),
    "02_sizes": page(
        "Sizes", f"from unet_edu import arithmetic\n{GLUE.replace('VALUE', 'arithmetic.conv_out(10, 3)')}"
    ),
    "03_lazy": page("Lazy", f"from unet_edu.lazy import side\n{GLUE.replace('VALUE', 'side()')}"),
    "04_record": page(
        "Record",
        "import json, pathlib, unet_edu\nfolder = pathlib.Path(unet_edu.__file__).parent / 'records'\n"
        f"values = [json.loads(path.read_text()) for path in sorted(folder.glob('small*.json'))]\n"
        f"{GLUE.replace('VALUE', 'sum(values)')}",
    ),
    "05_slices": page(
        "Slices",
        "from unet_edu.data import isbi2012\nfolder = isbi2012.find()\n"
        "value = (folder / 'train' / 'image' / '0.png').read_text() if folder else 'drawn'\n"
        f"{GLUE.replace('VALUE', 'value')}",
    ),
    "06_exercise": page(
        "Exercise",
        GLUE.replace("VALUE", "6"),
        "\n```{exercise} The crops\n:label: crop.ladder\nWrite it.\n```\n\n" + exercise_cell("crop.ladder", SOLUTION),
    ),
}
ALL = {name for name in PAGES if name != "index"}


# what the pages print is changed, and not what the picture for previews of links is drawn from
CHANGED = """

def conv_out(size, kernel, **more):
    return 100 if size == 10 else conv_out_before(size, kernel, **more)
"""


class SmallBook(FixtureBook):
    """The pages above; the package that their kernels import is the book's own copy."""

    def __init__(self, root):
        super().__init__(root, PAGES, package=True)
        self.package, self.data = root / "unet_edu", root.parent / f"{root.name} data"
        lazy = "def side():\n    from unet_edu import arithmetic\n\n    return arithmetic.conv_out(10, 3) + 5\n"
        (self.package / "lazy.py").write_text(lazy)
        (self.package / "records" / "small.json").write_text("40")

    def build(self, edition="reader", **more):
        done = super().build(edition, PYTHONPATH=str(self.root), UNET_EDU_DATA=str(self.data), **more)
        assert done.returncode == 0, done.log
        return done

    def values(self, edition="reader"):
        """What each page prints."""
        texts = {name: (self.html(edition) / "book" / f"{name}.html").read_text("utf-8") for name in ALL}
        return {name: re.search(r"The value is (?:<[^>]+>)*([^<.]+)", text)[1] for name, text in texts.items()}

    def change(self, path, old, new):
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    def records(self):
        """Page → seconds of its last execution, as the cache has it."""
        with sqlite3.connect(self.root / "_build" / ".jupyter_cache" / "global.db") as base:
            rows = base.execute("select uri, data from nbcache").fetchall()
        return {uri.rpartition("/")[2].removesuffix(".md"): json.loads(data)["execution_seconds"] for uri, data in rows}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The book, built; its tests follow one another, each leaves it built."""
    book = SmallBook(tmp_path_factory.mktemp("execution") / "book")
    assert sorted(book.build().executed) == sorted(ALL)
    wanted = {"01_plain": "1", "02_sizes": "8", "03_lazy": "13", "04_record": "40", "05_slices": "drawn"}
    assert book.values() == {**wanted, "06_exercise": "6"}
    return book


def test_the_course_edition_executes_nothing_again(book):
    done = book.build("course")
    assert done.executed == []
    assert "Executing notebook" not in done.log
    assert book.values("course") == book.values()
    pages = [(book.html(edition) / "book" / "06_exercise.html").read_text("utf-8") for edition in ("reader", "course")]
    assert [text.count("zq7solution") > 0 for text in pages] == [True, False]
    assert not [
        path
        for path in (book.root / "_build" / "course").rglob("*")
        if path.is_file() and b"zq7solution" in path.read_bytes()
    ], "nor in what lies beside the site"


def test_what_is_changed_executes_the_pages_that_read_it(book):
    """A module, also where it is imported within a function; and nothing is stale in either edition."""
    book.change(book.package / "arithmetic.py", "def conv_out(", "def conv_out_before(")
    (book.package / "arithmetic.py").open("a").write(CHANGED)
    assert sorted(book.build("course").executed) == ["02_sizes", "03_lazy"]
    done = book.build()
    assert done.executed == [], "the course edition has executed them"
    for edition in ("reader", "course"):
        assert book.values(edition)["02_sizes"] == "100"
        assert book.values(edition)["03_lazy"] == "105"


def test_a_record_a_slice_and_a_module_execute_one_page_each(book):
    book.change(book.package / "lazy.py", "+ 5", "+ 6")
    (book.package / "records" / "small_too.json").write_text("2")
    image = book.data / "isbi2012" / "train" / "image" / "0.png"
    image.parent.mkdir(parents=True)
    image.write_text("slice")
    assert sorted(book.build().executed) == ["03_lazy", "04_record", "05_slices"]
    values = book.values()
    assert [values[name] for name in ("03_lazy", "04_record", "05_slices")] == ["106", "42", "slice"]
    image.unlink()
    book.change(book.page("01_plain"), "print('plain')", "print('new')")
    assert sorted(book.build().executed) == ["01_plain", "05_slices"]
    assert book.values()["05_slices"] == "drawn"
    assert ">new\n" in (book.html() / "book" / "01_plain.html").read_text("utf-8")


def test_the_words_of_an_exercise_an_extension_and_prose_execute_nothing(book):
    """But pages are read again, and the wheel is made again."""
    words = "one level is missing: is the top one in it?"
    book.change(book.package / "course" / "exercises" / "crop" / "ladder.py", words, "one level is missing")
    book.change(
        book.root / "book" / "_ext" / "exercise_cells.py", "about {exercise.minutes}", "perhaps {exercise.minutes}"
    )
    book.change(book.page("01_plain"), "The end.", "The very end.")
    done = book.build()
    assert done.executed == []
    assert "every page is read again" in done.log
    assert "4 points, perhaps 15 minutes" in (book.html() / "book" / "06_exercise.html").read_text("utf-8")
    assert "The very end." in (book.html() / "book" / "01_plain.html").read_text("utf-8")
    assert "updating environment: 0 added, 0 changed" in book.build().log


def test_a_pin_executes_all_pages_the_longest_first_with_the_same_outputs(book):
    """One at a time, so that the order is seen; all others of these builds had two or more at a time."""
    seconds, values = book.records(), book.values()
    before = outputs(book)
    with (book.root / "constraints.txt").open("a") as file:
        file.write("# another pin\n")
    done = book.build(UNET_BOOK_JOBS="1")
    assert "executing 6 pages, 1 at a time" in done.log
    assert done.executed == sorted(ALL, key=lambda name: -seconds[name])
    assert book.values() == values
    assert outputs(book) == before
    assert "zq7solution" in str(before)


def outputs(book):
    """Return what cells printed and showed, as the cache has it: a page's key → its outputs."""
    files = (book.root / "_build" / ".jupyter_cache" / "executed").glob("*/base.ipynb")
    return {file.parent.name: [cell.outputs for cell in nbformat.read(file, 4).cells] for file in files}


def test_a_page_that_fails_stops_the_build_and_those_beside_it_are_kept(tmp_path):
    pages = {"index": "# A book\n", "01_good": page("Good", GLUE.replace("VALUE", "1"))}
    pages["02_bad"] = page("Bad", "import time; time.sleep(1)\nx = 1 / 0")
    book = FixtureBook(tmp_path / "book", pages)
    done = book.build(UNET_BOOK_JOBS="2")
    assert done.returncode != 0
    assert "02_bad.md: WARNING: Executing notebook failed: CellExecutionError" in done.log
    assert "ZeroDivisionError" in done.log
    assert not list(book.html().rglob("02_bad.html"))
    book.page("02_bad").write_text(page("Bad", GLUE.replace("VALUE", "2")))
    done = book.build()
    assert (done.returncode, done.executed) == (0, ["02_bad"])


def test_pages_that_wait_behind_one_that_fails_are_not_executed(tmp_path):
    """But for the one that was begun before the error was seen; nobody waits for the others."""
    pages = {"index": "# A book\n", "01_bad": page("Bad", "x = 1 / 0")}
    pages |= {f"0{n}_good": page("Good", f"print({n})\n" + GLUE.replace("VALUE", f"{n}")) for n in range(2, 6)}
    done = FixtureBook(tmp_path / "book", pages).build(UNET_BOOK_JOBS="1")
    assert done.returncode != 0
    assert "ZeroDivisionError" in done.log
    assert done.executed in ([], ["02_good"])


def test_nothing_of_a_solution_is_left(tmp_path):
    """Not its code, its outputs, nor the state of the widgets that it alone shows."""
    own, inner, secret = "a" * 32, "b" * 32, "c" * 32
    view = "application/vnd.jupyter.widget-view+json"

    def cell(id, tags=()):
        shown = nbformat.v4.new_output("display_data", {view: {"model_id": id}})
        return nbformat.v4.new_code_cell(f"show('{id}')", outputs=[shown], metadata={"tags": list(tags)})

    notebook = nbformat.v4.new_notebook(cells=[cell(own), cell(secret, [SOLUTION_TAG])])
    state = {own: {"state": {"layout": f"IPY_MODEL_{inner}"}}, inner: {"state": {}}, secret: {"state": {"x": "answer"}}}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}}
    left = without_solutions(notebook)
    kept = left.metadata.widgets["application/vnd.jupyter.widget-state+json"]
    assert set(kept["state"]) == {own, inner}
    assert secret not in nbformat.writes(left)
    assert secret in nbformat.writes(notebook), "the reader's edition keeps its own"
