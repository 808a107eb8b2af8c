"""What `make book` and `make book-course` do, on a small book of the same machinery (bookkit.FixtureBook)."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import pytest
from bookkit import BIN, FRONT_MATTER, ROOT, FixtureBook, all_text, exercise_cell

COUNT = """\
```{code-cell} ipython3
:tags: [remove-cell]
import os

def count(what):
    with open(os.environ.get("UNET_TEST_COUNTS", os.devnull), "a") as file:
        print(what, file=file)

count("PAGE")
```
"""

# random words that stand, or come out, between the markers; none of them may leave the reader's edition
KINDS = ("code", "string", "comment", "docstring", "printed", "output", "widget", "glued", "ladder")
TOKENS = {kind: f"zq{secrets.token_hex(8)}" for kind in KINDS}
SECRETS = f'''\
class Answer:
    """What a student writes."""

    ### BEGIN SOLUTION
    def {TOKENS["code"]}(self):
        """The {TOKENS["docstring"]} of the solution."""
        return "{TOKENS["string"]}"  # {TOKENS["comment"]}

    count("the solution ran")
    print("{TOKENS["printed"][::-1]}"[::-1])
    from IPython.display import HTML, display
    display(HTML('<p title="{TOKENS["output"]}"></p>'))
    import ipywidgets
    from myst_nb import glue
    display(ipywidgets.Text("{TOKENS["widget"]}"))
    glue("glued", "{TOKENS["glued"]}", display=False)
    ### END SOLUTION


count("the exercise cell ran")'''

LADDER = f'''\
def crops(depth, kernel=3):
    """Crop of every skip, for @convs@ convolutions a block."""
    ### BEGIN SOLUTION
    {TOKENS["ladder"]} = @convs@ * (kernel - 1) // 2
    found = [2 * {TOKENS["ladder"]}]
    while len(found) < depth:
        found.append(2 * (found[-1] + 2 * {TOKENS["ladder"]}))
    return tuple(reversed(found))
    ### END SOLUTION'''
HINTS = """\
````{hints} crop.ladder
- Begin at the bottom, with {param}`crop.ladder.convs` convolutions.
- One number a level.
- A sketch:
  ```python
  side = @convs@ * ...
  ```
````
"""

INDEX = "# A small book\n\nText.\n"

FIRST = (
    FRONT_MATTER
    + """\
# First chapter

The network has {glue:text}`params:,d` parameters, {glue:text}`share:.1f` per cent of them below; see
{numref}`fig-line`, {cite:t}`someone2015` and {doc}`02_second`.

"""
    + COUNT.replace("PAGE", "first")
    + """
```{code-cell} ipython3
:tags: [hide-input]
# Draw the line
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from unet_edu.plots import style
from unet_edu.book import glue, show

glue("params", 31_030_658)
glue("share", 94.123)
fig, axes = plt.subplots(figsize=(2, 1))
axes.plot([1, 2], [3, 4], color=style.INK)
show(fig, alt='A line from "three" to four.', caption="It rises by <1 & >0.", name="fig-line")
```

```{exercise} The crops
:label: crop.ladder

For blocks of {param}`crop.ladder.convs` convolutions, `@convs@` in code.
```

"""
    + HINTS
    + "\n"
    + exercise_cell("crop.ladder", LADDER)
)

SECOND = (
    FRONT_MATTER
    + "# Second chapter\n\n"
    + COUNT.replace("PAGE", "second")
    + "\n```{exercise} Find the answer\n:label: answer.find\nWrite a class.\n```\n\n"
    + exercise_cell("answer.find", SECRETS)
    + "\nThe end.\n"
)

PAGES = {
    "index": INDEX,
    "01_first": FIRST,
    "02_second": SECOND,
    "references": "# References\n\n```{bibliography}\n```\n",
}


class Counted:
    """A book whose cells write down that they ran."""

    def __init__(self, root: Path, counts: Path, **more):
        self.book, self.counts = FixtureBook(root, PAGES, **more), counts

    def build(self, edition="reader", **environment):
        """Build; returns what happened and what ran."""
        self.counts.write_text("")
        own = {"PYTHONPATH": str(self.book.root), "UNET_TEST_COUNTS": str(self.counts)}  # the package of its own
        done = self.book.build(edition, **own, **environment)
        return done, self.counts.read_text().splitlines()


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """The reader's edition, built once, in a folder with a space and letters beyond ASCII."""
    folder = tmp_path_factory.mktemp("build")
    counted = Counted(folder / "mein Büch λ", folder / "counts", package=True)
    counted.first, counted.ran = counted.build()
    return counted


@pytest.fixture(scope="module")
def course(reader):
    """The course edition of the same checkout, as `make book-course` builds it."""
    done, ran = reader.build("course")
    assert done.returncode == 0, done.log
    return reader.book.html("course"), ran


# --- a book that builds ------------------------------------------------------------------------------


def test_builds_without_a_warning_in_a_path_with_space_and_umlaut(reader):
    assert reader.first.warnings == []
    assert reader.first.returncode == 0, reader.first.log
    assert (reader.book.html() / "index.html").is_file()


def test_the_stub_is_not_run_and_the_solution_is(reader):
    assert sorted(reader.ran) == ["first", "second", "the exercise cell ran", "the solution ran"]


def test_prose_prints_computed_numbers(reader):
    page = re.sub(r"<[^>]+>", "", (reader.book.html() / "book" / "01_first.html").read_text("utf-8"))
    assert "The network has 31,030,658 parameters, 94.1 per cent of them below; see Figure 1" in re.sub(
        r"\s+", " ", page
    )


def test_the_page_shows_one_picture_for_each_theme_with_words(reader):
    from bs4 import BeautifulSoup

    page = BeautifulSoup((reader.book.html() / "book" / "01_first.html").read_text("utf-8"), "html.parser")
    (figure,) = page.select("figure.unet-figure")
    light, dark = figure.select("img")
    assert "only-light" in light["class"]
    assert "only-dark" in dark["class"]
    assert light["src"] != dark["src"]
    assert light["alt"] == dark["alt"] == 'A line from "three" to four.'
    for image in (light, dark):
        assert (reader.book.html() / "book" / image["src"]).is_file()
    assert figure.figcaption.get_text().strip().startswith("Figure 1")
    assert "It rises by <1 & >0." in figure.figcaption.get_text()


def test_the_page_folds_the_solution_below_the_stub(reader):
    from bs4 import BeautifulSoup

    page = BeautifulSoup((reader.book.html() / "book" / "02_second.html").read_text("utf-8"), "html.parser")
    (stub,) = page.select(".exercise-stub")
    assert not page.select(".exercise-worth"), "nobody knows what it is worth"
    assert "raise NotImplementedError()" in stub.get_text()
    (solution,) = page.select(".tag_exercise-solution")
    assert stub.sourceline < solution.sourceline
    details = solution.select("details")
    assert details
    assert not any(part.has_attr("open") for part in details)
    assert "Show the solution" in details[0].summary.get_text()
    assert TOKENS["code"] in solution.get_text()
    outside = page.get_text()
    assert outside.count(TOKENS["code"]) == solution.get_text().count(TOKENS["code"])


def test_the_page_says_what_an_exercise_is_worth_and_folds_its_hints(reader):
    from bs4 import BeautifulSoup

    page = BeautifulSoup((reader.book.html() / "book" / "01_first.html").read_text("utf-8"), "html.parser")
    (prompt,) = page.select(".exercise")
    assert "For blocks of 2 convolutions, 2 in code." in prompt.get_text()
    assert prompt.select_one(".exercise-worth").get_text() == "4 points, about 15 minutes"
    boxes = page.select(".exercise-hints details")
    titles = [box.summary.get_text().strip() for box in boxes]
    assert titles == ["Hint 1: the idea", "Hint 2: the shape", "Hint 3: a sketch"]
    assert not any(box.has_attr("open") for box in boxes)
    assert "Begin at the bottom, with 2 convolutions." in boxes[0].get_text()
    assert "side = 2 * ..." in boxes[2].select_one(".highlight").get_text()
    (stub,) = page.select(".exercise-stub")
    assert "Crop of every skip, for 2 convolutions a block." in stub.get_text()
    assert prompt.sourceline < boxes[0].sourceline < stub.sourceline


def test_the_wheel_of_the_site_is_the_package_and_nothing_else(reader):
    (wheel,) = (reader.book.html() / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        info = next(name for name in archive.namelist() if name.endswith("METADATA"))
        assert "Name: unet-edu" in archive.read(info).decode()
    package = reader.book.root / "unet_edu"
    wanted = {
        path
        for pattern in ("*.py", "*.csv", "*.zip", "*.js", "*.css", "*.safetensors", "*.json")
        for path in package.rglob(pattern)
    }
    assert sorted(names) == sorted(path.relative_to(reader.book.root).as_posix() for path in wanted)
    assert {"unet_edu/__init__.py", "unet_edu/arithmetic.py", "unet_edu/models/unet.py"} <= set(names)
    records = {f"unet_edu/records/{path.name}" for path in (ROOT / "unet_edu" / "records").glob("*.json")}
    assert records, "the records of the experiments lie in unet_edu/records"
    assert records <= set(names)


def test_the_build_leaves_nothing_in_the_checkout(reader):
    """`pip wheel` in the checkout would leave build/ and *.egg-info, of which a later wheel picks old modules up."""
    assert sorted(path.name for path in reader.book.root.iterdir()) == sorted(
        ["LICENSE", "README.md", "_build", "_config.yml", "_toc.yml", "book", "constraints.txt", "pyproject.toml"]
        + ["requirements.txt", "unet_edu"]
    )


# --- the course edition ------------------------------------------------------------------------------


def test_no_trace_of_a_solution_in_the_course_edition(course):
    """In code, strings, comments, docstrings and outputs; looked for in HTML, search index, notebooks, wheel, all."""
    html, _ = course
    found = {
        (kind, name)
        for name, data in all_text(html).items()
        for kind, token in TOKENS.items()
        if token.encode() in data
    }
    assert found == set()
    assert not (html / "_sources").exists()
    assert marked(all_text(html)) == []


def marked(texts):
    """Where markers of solutions stand, other than in the module that reads them."""
    holding = [name for name, data in texts.items() if b"BEGIN SOLUTION" in data or b"END SOLUTION" in data]
    return [name for name in holding if not name.endswith(".whl!unet_edu/course/assignment/source.py")]


def test_the_same_tokens_are_found_in_the_reader_s_edition(reader):
    """Else the test above would prove nothing."""
    page = b"".join((reader.book.html() / "book" / f"{name}.html").read_bytes() for name in ("01_first", "02_second"))
    assert [kind for kind, token in TOKENS.items() if token.encode() not in page] == []
    assert TOKENS["code"].encode() in (reader.book.html() / "searchindex.js").read_bytes() + page
    assert TOKENS["code"].encode() in (reader.book.html() / "notebooks" / "02_second.ipynb").read_bytes()


def test_a_file_of_exercises_is_shown_without_its_solutions_in_the_course_edition(tmp_path):
    """The page for instructors shows one whole; students read the same site."""
    index = "# Home\n\n```{literalinclude} own/mine.md\n:language: md\n```\n"
    book = FixtureBook(tmp_path, {"index": index})
    (tmp_path / "book" / "own").mkdir()
    token = "zq4shown"
    cell = exercise_cell("own.mine", f"def mine():\n    ### BEGIN SOLUTION\n    {token}\n    ### END SOLUTION")
    (tmp_path / "book" / "own" / "mine.md").write_text(f"# Mine\n\n{cell}", "utf-8")
    for edition, count in (("reader", 1), ("course", 0)):
        done = book.build(edition)
        assert done.returncode == 0, done.log
        page = (book.html(edition) / "book" / "index.html").read_text("utf-8")
        assert page.count(token) == count
        assert "def" in page
    texts = all_text(book.html("course"))
    assert [name for name, data in texts.items() if token.encode() in data] == marked(texts) == []
    assert "YOUR CODE HERE" in page


def test_the_course_edition_runs_nothing_that_the_reader_s_has_run_and_keeps_the_stub(course):
    html, ran = course
    assert ran == []
    page = (html / "book" / "02_second.html").read_text("utf-8")
    assert "NotImplementedError" in page
    assert "YOUR CODE HERE" in page
    assert "Show the solution" not in page


def test_the_course_edition_publishes_student_notebooks_only(course):
    html, _ = course
    assert sorted(path.name for path in (html / "notebooks").rglob("*.ipynb")) == ["01_first.ipynb", "02_second.ipynb"]
    notebook = json.loads((html / "notebooks" / "02_second.ipynb").read_text("utf-8"))
    assert "YOUR CODE HERE" in json.dumps(notebook)


def test_instructor_and_student_notebooks_stay_outside_the_reader_s_site(reader):
    html = reader.book.html()
    assert sorted(path.parent.name for path in reader.book.root.rglob("02_second.ipynb") if html in path.parents) == [
        "notebooks"
    ]
    private = html.parent / "notebooks"
    for edition in ("instructor", "source"):
        assert b"BEGIN SOLUTION" in (private / edition / "02_second.ipynb").read_bytes()
    student = b"".join(path.read_bytes() for path in (private / "student").iterdir())
    assert not [kind for kind, token in TOKENS.items() if token.encode() in student]


def test_an_assignment_is_released_from_what_the_build_wrote(reader, tmp_path):
    from unet_edu.course.assignment.cohort import Cohort
    from unet_edu.course.assignment.release import ReleaseError, release

    done = release(["01_first"], tmp_path / "out", cohort=Cohort("c", "5" * 64), book=reader.book.root)
    convs = done.bundle.task("crop.ladder").params["convs"]
    assert convs != 2
    (path,) = done.student
    text = path.read_text("utf-8")
    assert f"For blocks of {convs} convolutions, `{convs}` in code." in text
    assert f"Begin at the bottom, with {convs} convolutions." in text
    assert f"side = {convs} * ..." in text
    assert f"for {convs} convolutions a block" in text
    assert f"cohort={{'convs': {convs}}}" in text
    assert TOKENS["ladder"] not in text
    assert TOKENS["ladder"] in done.instructor[0].read_text("utf-8")
    with pytest.raises(ReleaseError, match=r"no exercise 'answer\.find'"):
        release(["02_second"], tmp_path / "new", cohort="c", book=reader.book.root)


def test_the_course_edition_refuses_the_reader_s_folder(reader):
    """There the page sources and notebooks of the reader's edition would be published with it."""
    done = subprocess.run(
        [BIN / "jupyter-book", "build", ".", "-W", "--keep-going"],
        cwd=reader.book.root,
        env={**os.environ, "UNET_BOOK_EDITION": "course"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "make book-course" in done.stdout + done.stderr


# --- what a second build does ------------------------------------------------------------------------


def test_nothing_runs_when_nothing_changed(reader):
    before = {path: path.read_bytes() for path in reader.book.html().rglob("*.html")}
    (wheel,) = (reader.book.html() / "wheels").iterdir()
    made = wheel.stat().st_mtime_ns
    done, ran = reader.build()
    assert done.returncode == 0
    assert ran == done.executed == []
    assert "updating environment: 0 added, 0 changed, 0 removed" in done.log
    assert "no targets are out of date" in done.log
    assert wheel.stat().st_mtime_ns == made
    assert {path: path.read_bytes() for path in reader.book.html().rglob("*.html")} == before


def test_a_change_of_prose_runs_nothing(reader):
    page = reader.book.page("02_second")
    page.write_text(page.read_text("utf-8").replace("The end.", "The very end."), encoding="utf-8")
    done, ran = reader.build()
    assert (done.returncode, ran, done.executed) == (0, [], [])
    assert "The very end." in (reader.book.html() / "book" / "02_second.html").read_text("utf-8")
    assert "The very end." in (reader.book.html() / "notebooks" / "02_second.ipynb").read_text("utf-8")


def test_a_change_of_the_bibliography_changes_the_notebooks_that_cite(reader):
    references = reader.book.root / "book" / "references.bib"
    references.write_text(references.read_text("utf-8").replace("A title", "Another title"), encoding="utf-8")
    done, ran = reader.build()
    assert (done.returncode, ran) == (0, [])
    assert "Another title" in (reader.book.html() / "notebooks" / "01_first.ipynb").read_text("utf-8")


def test_a_change_of_the_package_runs_the_page_that_reads_it_and_renews_the_wheel(reader):
    module = reader.book.root / "unet_edu" / "book.py"
    module.write_text(module.read_text("utf-8") + "\nNEW = 1\n", encoding="utf-8")
    done, ran = reader.build()
    assert done.returncode == 0
    assert ran == ["first"]
    (wheel,) = (reader.book.html() / "wheels").iterdir()
    assert b"NEW = 1" in zipfile.ZipFile(wheel).read("unet_edu/book.py")
    assert reader.build()[1] == []


# --- a book that must not build ----------------------------------------------------------------------


def small_book(root, **pages):
    return FixtureBook(
        root, {"index": "# Small\n\nText.\n", **{f"0{n}_{k}": v for n, (k, v) in enumerate(pages.items(), 1)}}
    )


def cell(code, options=""):
    return f"```{{code-cell}} ipython3\n{options}{code}\n```\n"


def test_a_build_with_warnings_fails_until_they_are_gone(tmp_path):
    """Sphinx does not repeat warnings of pages that have not changed: the second run must not look green."""
    counts = tmp_path / "counts"
    page = (
        FRONT_MATTER
        + "# Page\n\n{glue:text}`nobody`\n\n{numref}`fig-nowhere`\n\n"
        + cell(f"open({str(counts)!r}, 'a').write('x')")
        + "\n"
        + cell(
            "import matplotlib\nmatplotlib.use('module://matplotlib_inline.backend_inline')\n"
            "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
        )
        + "\n![](logo.png)\n"
    )
    book = small_book(tmp_path / "book of warnings", page=page)
    shutil.copy(Path(matplotlib.get_data_path()) / "images" / "matplotlib.png", book.root / "book" / "logo.png")
    logs = []
    for _ in range(2):
        done = book.build()
        assert done.returncode != 0
        logs.append("\n".join(sorted(set(done.warnings))))
        assert "logo.png has no alt text: draw it with unet_edu.book.show" in done.log
        assert len(re.findall(r"image \S+ has no alt text", done.log)) >= 2, "the figure of plt.show() too"
        assert "nobody" in done.log
        assert "fig-nowhere" in done.log
    assert logs[0] == logs[1]
    assert counts.read_text() == "x", "reading the page again does not run it again"
    book.page("01_page").write_text(FRONT_MATTER + "# Page\n\nAll is well.\n")
    assert book.build().returncode == 0


def test_a_cell_that_raises_stops_the_build_and_says_where(tmp_path):
    book = small_book(tmp_path / "b", page=FRONT_MATTER + "# Page\n\n" + cell("x = 1 / 0"))
    done = book.build()
    assert done.returncode != 0
    assert "01_page" in done.log
    assert "ZeroDivisionError" in done.log
    assert book.build().returncode != 0


def test_a_broken_exercise_stops_the_build_in_either_edition(tmp_path):
    page = FRONT_MATTER + "# Page\n\n" + exercise_cell("a.b", "def f():\n    ### BEGIN SOLUTION\n    return 1")
    book = small_book(tmp_path / "b", page=page)
    for edition in ("reader", "course"):
        done = book.build(edition)
        assert done.returncode != 0
        assert "01_page.md: exercise cell 'a.b' needs" in done.log
        assert not list(book.html(edition).rglob("01_page.html"))


def test_parameters_and_hints_that_are_written_wrongly_fail_the_build(tmp_path):
    page = """
{param}`crop.ladder.kernel` {param}`crop.nobody.kernel` {param}`convs`

```{exercise} The crops
:label: crop.ladder
Set `@kernel@`, not `a @ b`.
```

````{hints} crop.ladder
- One.
- Two.
````

````{hints} crop.ladder
- One.
- Two.
- Three: `@side@`.
````
"""
    done = small_book(tmp_path / "b", page=FRONT_MATTER + "# Page\n" + page).build()
    assert done.returncode != 0
    for words in (
        "{param}`crop.ladder.kernel`: crop.ladder has convs",
        "{param}`crop.nobody.kernel`: crop.nobody has none, or there is no such exercise",
        "{param}`convs`: it has none",
        "exercise crop.ladder has no parameter 'kernel': it has convs",
        "exercise crop.ladder has no parameter 'side': it has convs",
        "{hints} crop.ladder: want a list of three items: the idea, the shape, a sketch",
    ):
        assert words in done.log
    assert len(done.warnings) == 6


def test_a_misspelt_edition_stops_the_build(tmp_path):
    done = small_book(tmp_path / "b").build(UNET_BOOK_EDITION="Course")
    assert done.returncode != 0
    assert "choose 'reader' or 'course'" in done.log


def test_an_interrupted_build_starts_over(tmp_path):
    """Pages are; the outputs of what ran to its end before the interruption are kept."""
    counts = tmp_path / "counts"
    count = cell(f"open({str(counts)!r}, 'a').write('x')")
    slow = FRONT_MATTER + "# Slow\n\n" + cell("import time; time.sleep(60)")
    book = small_book(tmp_path / "b", quick=FRONT_MATTER + "# Quick\n\n" + count, slow=slow)
    process = subprocess.Popen(
        [BIN / "jupyter-book", "build", ".", "-W", "--keep-going"],
        cwd=book.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in process.stdout:
        if "Executed notebook" in line:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    process.wait()
    assert counts.read_text() == "x"
    book.page("02_slow").write_text(FRONT_MATTER + "# Slow\n\n" + cell("1 + 1"))
    done = book.build()
    assert done.returncode == 0, done.log
    assert "every page is written anew" in done.log
    assert done.executed == ["02_slow"]
    assert counts.read_text() == "x"
    assert book.build().executed == []
    assert counts.read_text() == "x"


# --- from a fresh clone ------------------------------------------------------------------------------


@dataclass
class Clone:
    """What somebody has who clones the last commit and types `make book`, in an environment that the Makefile makes."""

    folder: Path
    env: dict
    planted: int = 0  # solutions with the token

    def make(self, target):
        command = ["make", target, f"PYTHON={Path(sys.base_prefix) / 'bin' / 'python3'}"]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "timeout": 1800}
        done = subprocess.run(command, cwd=self.folder, env=self.env, **options)
        done.stdout = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)  # its colours
        return done


TOKEN = "zq9planted4"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone with a token in every solution of every chapter, for the tests below; its chapters are executed once."""
    folder = tmp_path_factory.mktemp("clone") / "a path with spaces" / "u-net"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    inherited = ("VIRTUAL_ENV", "PYTHONPATH", "UNET_EDU_DATA", "UNET_BOOK_EDITION", "MAKEFLAGS", "MAKELEVEL")
    env = {name: value for name, value in os.environ.items() if name not in inherited}
    env["PATH"] = os.pathsep.join(part for part in env["PATH"].split(os.pathsep) if Path(part) != BIN)
    made = Clone(folder, env)
    for chapter in (folder / "book").glob("[0-9][0-9]_*.md"):
        text, number = re.subn(
            r"^( *)(### BEGIN SOLUTION)$", rf"\1\2\n\1# {TOKEN}", chapter.read_text("utf-8"), flags=re.M
        )
        chapter.write_text(text, encoding="utf-8")
        made.planted += number
    author = ["-c", "user.name=A Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *author, "commit", "--quiet", "-am", "A token in every solution"], cwd=folder, check=True)
    yield made
    shutil.rmtree(folder)  # its environment is more than a gigabyte


@pytest.mark.slow
def test_fresh_clone(clone):
    """What the README promises: clone, `make book`, open the page. The second `make book` executes nothing."""
    done = clone.make("book")
    assert done.returncode == 0, done.stdout[-5000:]
    assert "build succeeded." in done.stdout, "with no warning, that is"
    assert (clone.folder / "_build" / "html" / "index.html").is_file()
    assert "_build/html/index.html" in done.stdout.splitlines()[-1]
    done = clone.make("book")
    assert done.returncode == 0
    assert "updating environment: 0 added, 0 changed, 0 removed" in done.stdout
    assert "Executed notebook" not in done.stdout
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone.folder, capture_output=True, text=True).stdout
    assert status == "", "building changes no tracked file and leaves none behind"


@pytest.mark.slow
def test_no_trace_of_the_book_s_own_solutions_in_its_course_edition(clone):
    """The real pages build without the solutions, from what the reader's edition has executed."""
    assert clone.planted >= 62
    for target in ("book", "book-course"):
        done = clone.make(target)
        assert done.returncode == 0, done.stdout[-5000:]
    assert "Executed notebook" not in done.stdout
    build = clone.folder / "_build"
    holding = [name for name, data in all_text(build / "html").items() if TOKEN.encode() in data]
    assert len([name for name in holding if name.startswith("book/")]) >= 1, "the reader's edition has them"
    course = all_text(build / "course" / "_build" / "html")
    assert [name for name, data in course.items() if TOKEN.encode() in data] == marked(course) == []

    from unet_edu.course.assignment.release import release
    from unet_edu.course.registry import everything

    chapters = sorted({exercise.chapter for exercise in everything()})
    done = release(chapters, clone.folder / "out", cohort="all", book=clone.folder)
    assert [task.id for task in done.bundle.exercises if TOKEN not in task.reference] == []
    for path in (*done.student, *(build / "notebooks" / "student").iterdir()):
        assert TOKEN not in path.read_text("utf-8")
