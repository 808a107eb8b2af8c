"""Building where something is wrong gives a book or a clear error, never a broken page.

A book of two pages; one takes `unet_edu.data.example()` and shows it. It carries the package with it, whose list of
real slices names four stand-ins, so that nothing here depends on whether this machine has the real ones.
"""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from bookkit import BIN, FRONT_MATTER, ROOT, Build, FixtureBook

BUILD = [str(BIN / "jupyter-book"), "build", ".", "-W", "--keep-going"]

PAGE = (
    FRONT_MATTER
    + """\
# Tissue

The picture is {glue:text}`what`.

```{code-cell} ipython3
import os
import matplotlib.pyplot as plt
from unet_edu.book import glue, show
from unet_edu.data import example

with open(os.environ.get("UNET_TEST_COUNTS", os.devnull), "a") as file:
    file.write("x")
sample = example(0, 64)
glue("what", sample.name)
fig, axes = plt.subplots(figsize=(1, 1))
axes.imshow(sample.image)
show(fig, alt="Grey tissue with darker borders.", caption=f"This is {sample.name}.", name="fig-tissue")
```
"""
)
PAGES = {"index": "# A small book\n\nText.\n", "01_tissue": PAGE}

# an extension that stops the build as a power cut would: at an event, with files half written
HALT = """\
import os
import time
from pathlib import Path


def setup(app):
    event, number, torn = os.environ.get("UNET_TEST_HALT", "builder-inited 0 ").split(" ", 2)

    def halt(app, *more):
        if int(number) and (event != "html-page-context" or more[0] == "book/index"):
            for path in Path(app.outdir).parent.glob(torn):
                os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), int(number))
            time.sleep(60)

    app.connect(event, halt, priority=450)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
"""


class SmallBook(FixtureBook):
    """The two pages, the package and the extension that stops the build; builds with the package of its own."""

    def __init__(self, root: Path):
        super().__init__(root, PAGES, package=True)
        (root / "book" / "_ext" / "halt.py").write_text(HALT)
        config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
        config["sphinx"]["config"]["extensions"].append("_ext.halt")
        (root / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.counts = root.parent / f"{root.name}.counts"
        self.data = root.parent / f"{root.name} data"
        self.stand_ins()

    def stand_ins(self):
        """Four training slices of noise, listed by the package of this book in place of the real ones."""
        from PIL import Image

        random, self.slices = np.random.default_rng(0), {}
        with open(self.root / "unet_edu" / "data" / "isbi2012.csv", "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["path", "split", "upstream_path", "bytes", "sha256"])
            for number in range(4):
                for kind in ("image", "label"):
                    picture = io.BytesIO()
                    Image.fromarray(random.integers(0, 256, (512, 512), dtype=np.uint8)).save(picture, "png")
                    path, content = f"train/{kind}/{number}.png", picture.getvalue()
                    rows.writerow([path, "train", path, len(content), hashlib.sha256(content).hexdigest()])
                    self.slices[path] = content

    def put(self, *numbers: int) -> None:
        """Have these slices, and no others, in the data folder."""
        shutil.rmtree(self.data, ignore_errors=True)
        for path, content in self.slices.items():
            if int(Path(path).stem) in numbers:
                (self.data / "isbi2012" / path).parent.mkdir(parents=True, exist_ok=True)
                (self.data / "isbi2012" / path).write_bytes(content)

    def environment(self, **more: str) -> dict:
        return {"PYTHONPATH": str(self.root), "UNET_TEST_COUNTS": str(self.counts), **more}

    def build(self, edition: str = "reader", **more: str) -> Build:
        return super().build(edition, **self.environment(**more))

    def start(self, edition: str = "reader", before=(), **more: str) -> subprocess.Popen:
        """Begin to build, in a process group of its own; `before` are words of a command that runs the build."""
        command = [*before, *BUILD, *(["--path-output", "_build/course"] if edition == "course" else [])]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={**os.environ, "NO_COLOR": "1", "UNET_BOOK_EDITION": edition, **self.environment(**more)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def text(self) -> str:
        """The page, as a reader sees it."""
        page = (self.html() / "book" / "01_tissue.html").read_text("utf-8")
        assert page.rstrip().endswith("</html>")
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))

    @property
    def runs(self) -> int:
        """How often the page was executed."""
        return self.counts.stat().st_size if self.counts.exists() else 0


def site(html: Path) -> dict[str, bytes]:
    """Every file of a built book; of the wheel, its members: their times are those of the build.

    Addresses of style sheets go without their version, which Sphinx leaves out where it writes the sheet only now, and
    notebooks without what was measured: another execution takes another time.
    """
    found = {str(path.relative_to(html)): path.read_bytes() for path in html.rglob("*") if path.is_file()}
    found |= {name: re.sub(rb"\?v=\w+", b"", text) for name, text in found.items() if name.endswith(".html")}
    measured = rb"TOOK, PYTHON, SPEED, SHARE = [^\\\\\n]+|took \d+ seconds"
    found |= {name: re.sub(measured, b"", text) for name, text in found.items() if name.endswith(".ipynb")}
    for name in [name for name in found if name.endswith(".whl")]:
        with zipfile.ZipFile(io.BytesIO(found.pop(name))) as wheel:
            found |= {f"{name}!{member}": wheel.read(member) for member in wheel.namelist()}
    return found


def assert_whole(book: SmallBook, like: dict[str, bytes]) -> None:
    """The site of `book` is, file by file, the one of a build that nothing disturbed."""
    now = site(book.html())
    assert sorted(now) == sorted(like)
    assert [name for name in like if now[name] != like[name]] == []


@pytest.fixture(autouse=True, scope="module")
def _nothing_found_by_chance(tmp_path_factory):
    """No data of this machine, neither named nor in its cache folder."""
    monkeypatch = pytest.MonkeyPatch()
    for name in ("UNET_EDU_DATA", "UNET_BOOK_EDITION", "MAKEFLAGS", "MAKELEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "empty cache"))
    yield
    monkeypatch.undo()


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """One checkout for all tests of the data."""
    return SmallBook(tmp_path_factory.mktemp("data") / "book")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Another, for tests that leave it as they find it: built. With the site that it has."""
    book = SmallBook(tmp_path_factory.mktemp("whole") / "book")
    return book, built(book)


def built(book: SmallBook, **more: str) -> dict[str, bytes]:
    """Build without disturbance; returns the site."""
    done = book.build(**more)
    assert (done.returncode, done.warnings) == (0, []), done.log
    return site(book.html())


# --- the data ----------------------------------------------------------------------------------------


@pytest.mark.weekly
def test_without_data_the_page_shows_real_nuclei_and_the_build_says_why(book):
    undisturbed = built(book)
    assert "The picture is BBBC038, fluorescence, training image 4" in book.text
    assert "This is BBBC038, fluorescence, training image 4" in book.text
    runs = book.runs
    nowhere = book.root / "nowhere"
    for variable, says in [
        ("", f"real nuclei; no slice of ISBI 2012 in {os.environ['XDG_CACHE_HOME']}"),
        (str(nowhere), f"UNET_EDU_DATA is '{nowhere}', and that folder holds no folder isbi2012, for there is no such"),
    ]:
        done = book.build(UNET_EDU_DATA=variable)
        assert done.returncode == 0, done.log
        assert says in done.log
        assert_whole(book, undisturbed)
    assert book.runs == runs, "the data found are the same: none"


def test_a_relative_path_is_refused_before_anything_is_built(book):
    done = book.build(UNET_EDU_DATA="my data")
    assert done.returncode != 0
    assert "Configuration error:\nUNET_EDU_DATA is 'my data', a relative path" in done.log
    assert f"use the absolute path, seen from here '{book.root / 'my data'}'" in done.log
    assert "reading sources" not in done.log


@pytest.mark.weekly
def test_half_of_the_slices_are_enough_for_a_page_that_needs_no_others(book):
    book.put(0, 1)
    done = book.build(UNET_EDU_DATA=str(book.data))
    assert done.returncode == 0, done.log
    assert f"images of the chapters: ISBI 2012, 4 of its 8 files in {book.data / 'isbi2012'}" in done.log
    assert "The picture is ISBI 2012, training slice 0" in book.text


@pytest.mark.weekly
def test_a_page_that_needs_the_other_half_fails_and_says_what_is_missing(book):
    book.put(2, 3)
    done = book.build(UNET_EDU_DATA=str(book.data))
    assert done.returncode != 0
    assert "01_tissue.md" in done.log
    where = book.data / "isbi2012"
    assert f"2 of 2 files of the ISBI 2012 data are not in {where}: train/image/0.png, train/label/0.png." in done.log
    assert "To fetch them: isbi2012.load('train', download=True)" in done.log


@pytest.mark.weekly
def test_a_damaged_slice_fails_the_page_that_shows_it_and_the_right_one_mends_it(book):
    book.put(0, 1, 2, 3)
    damaged = book.data / "isbi2012" / "train" / "image" / "0.png"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    done = book.build(UNET_EDU_DATA=str(book.data))
    assert done.returncode != 0
    assert "01_tissue.md" in done.log
    assert f"{damaged} is damaged or another file" in done.log
    assert "Move it away and fetch it again by isbi2012.load('train', download=True)" in done.log
    book.put(0, 1, 2, 3)
    built(book, UNET_EDU_DATA=str(book.data))
    assert "The picture is ISBI 2012, training slice 0" in book.text


@pytest.mark.weekly
def test_data_that_may_not_be_written_are_read_and_left_alone(book):
    book.put(0, 1, 2)
    mounted = ()
    if not why_no_mounts():  # root may write where others may not, but not here
        mounted = in_namespace(f"mount --bind '{book.data}' '{book.data}' && mount -o remount,ro,bind '{book.data}'")
    paths = [book.data, *book.data.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in paths}
    runs = book.runs
    build = book.start(before=mounted, UNET_EDU_DATA=str(book.data))
    log, _ = build.communicate(timeout=300)
    after = {path: (path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in [book.data, *book.data.rglob("*")]}
    for path in paths:
        path.chmod(0o755)
    assert build.returncode == 0, log
    assert "The picture is ISBI 2012, training slice 0" in book.text
    assert book.runs == runs + 1
    assert after == before


# --- an interrupted build ----------------------------------------------------------------------------


@pytest.mark.weekly
@pytest.mark.parametrize(
    ("event", "number", "torn"),
    [
        ("doctree-read", signal.SIGKILL, "jupyter_execute/**/*.webp"),
        ("doctree-read", signal.SIGKILL, ".jupyter_cache/executed/*/base.ipynb"),
        ("html-page-context", signal.SIGINT, "html/book/*.html"),
        ("build-finished", signal.SIGKILL, "html/wheels/*.whl"),
    ],
    ids=["picture", "outputs", "page", "wheel"],
)
def test_the_next_build_repairs_what_an_interrupted_one_left_half_written(whole, event, number, torn):
    book, undisturbed = whole
    runs = book.runs
    os.utime(book.page("01_tissue"))  # read and written again, with the same content
    done = book.build(UNET_TEST_HALT=f"{event} {int(number)} {torn}")
    assert done.returncode != 0
    assert "build succeeded" not in done.log
    done = book.build()
    assert done.returncode == 0, done.log
    assert "the last build did not finish: every page is written anew" in done.log
    assert_whole(book, undisturbed)
    assert book.runs == runs + torn.startswith(".jupyter_cache"), "what can still be read is not computed again"
    assert not list((book.root / "_build").glob("*unfinished*")), "once is enough"


@pytest.mark.weekly
def test_ctrl_c_while_a_cell_runs_ends_the_kernel_too(whole):
    book, undisturbed = whole
    page = book.page("01_tissue")
    text = page.read_text("utf-8")
    pid = book.root.parent / "pid"
    endless = f"open({str(pid)!r}, 'w').write(str(os.getpid()) + ' ')\nimport time; time.sleep(200)\n"
    page.write_text(text.replace("sample =", f"{endless}sample ="), encoding="utf-8")
    build = book.start()
    wait_for(lambda: pid.exists() and pid.read_text().endswith(" "))
    kernel = int(pid.read_text())
    os.killpg(build.pid, signal.SIGINT)  # as a terminal does
    build.communicate(timeout=60)
    assert build.returncode != 0
    wait_for(lambda: not alive(kernel), seconds=20)
    page.write_text(text, encoding="utf-8")
    done = book.build()
    assert done.returncode == 0, done.log
    assert_whole(book, undisturbed)


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# --- no room -----------------------------------------------------------------------------------------


def why_no_mounts() -> str:
    """Why nothing can be mounted here, in a namespace of its own; an empty string where it can."""
    if not shutil.which("unshare"):
        return "there is no unshare here"
    done = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    return done.stderr.strip()


def in_namespace(script: str) -> list[str]:
    """Words before a command: after `script`, which may mount, where nothing outside sees it."""
    return ["unshare", "-rm", "sh", "-c", f'{script} && exec "$@"', "sh"]


@pytest.mark.weekly
def test_a_full_disk_is_named_and_with_room_the_next_build_makes_the_book(whole, tmp_path):
    """_build is a small disk that gets larger: full while a page runs, full while pages are written, large enough;
    then full again while the book is built anew, and large enough again.
    """
    if why_no_mounts():
        pytest.skip(f"no small disk can be mounted: {why_no_mounts()}")
    book = SmallBook(tmp_path / "book")
    (book.root / "_build").mkdir()
    grow, keep = "mount -o remount,size={} _build", "cp -r _build/html ../{}"
    steps = [
        grow.format("80k"),
        '"$@"; echo "=== $?"',
        grow.format("2m"),
        '"$@"; echo "=== $?"',
        grow.format("200m"),
        '"$@"; echo "=== $?"',
        keep.format("first"),
        "echo 'print(1)' > cell; sed -i '/^import os$/r cell' book/01_tissue.md",
        'mount -o remount,size="$(du -sk _build | cut -f1)k" _build',
        '"$@"; echo "=== $?"',
        grow.format("200m"),
        '"$@"; echo "=== $?"',
        keep.format("second"),
    ]
    build = book.start(before=["unshare", "-rm", "sh", "-c", "; ".join(["mount -t tmpfs none _build", *steps]), "sh"])
    log, _ = build.communicate(timeout=300)
    parts = re.split(r"^=== (\d+)$", re.sub(r"\x1b\[[0-9;]*m", "", log), flags=re.M)
    logs = [(said, int(code)) for said, code in zip(parts[:-1:2], parts[1::2], strict=True)]
    assert [code == 0 for _, code in logs] == [False, False, True, False, True], log
    for said, code in logs:
        named = f"No space left:\n{book.html()} could not be written to the end"
        assert (named in said) == (code != 0), said
        assert ("Make room and build again" in said) == (code != 0)
    _, undisturbed = whole
    first, second = site(tmp_path / "first"), site(tmp_path / "second")
    assert first == undisturbed
    page, notebook = "book/01_tissue.html", "notebooks/01_tissue.ipynb"
    assert second.keys() == first.keys()
    others = {"_sources/book/01_tissue.md", "searchindex.js"}
    assert {name for name in first if second[name] != first[name]} == {page, notebook, *others}
    assert second[page].rstrip().endswith(b"</html>")
    assert "print(1)" in json.dumps(json.loads(second[notebook]))


@pytest.mark.weekly
def test_a_limit_on_what_may_be_written_fails_the_build_and_the_next_one_repairs_it(whole):
    """As a quota does; for want of one, a limit on the size of a file."""
    book, undisturbed = whole
    shutil.rmtree(book.html())
    build = book.start(before=["sh", "-c", 'ulimit -f 600 && exec "$@"', "sh"])  # blocks of 512 bytes
    log, _ = build.communicate(timeout=300)
    assert build.returncode != 0
    assert "File too large" in log
    assert "build succeeded" not in log
    done = book.build()
    assert done.returncode == 0, done.log
    assert_whole(book, undisturbed)


# --- two at once -------------------------------------------------------------------------------------


@pytest.mark.weekly
def test_builds_at_once_wait_for_each_other(whole, tmp_path):
    """Two of the reader's edition, in the same folder, and one of the course edition, which has its own."""
    book = SmallBook(tmp_path / "book")
    builds = [book.start(), book.start(), book.start("course")]
    logs = [None] * len(builds)

    def collect(index):
        logs[index], _ = builds[index].communicate(timeout=300)

    threads = [threading.Thread(target=collect, args=(index,)) for index in range(len(builds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [build.returncode for build in builds] == [0, 0, 0], "\n\n".join(logs)
    said = [
        re.findall(r"process (\S+) is building in (.*): waiting until it is done \(Ctrl-C gives up\)", log)
        for log in logs
    ]
    (waited,) = [index for index in (0, 1) if said[index]]
    ((process, where),) = said[waited]
    assert process in (str(builds[1 - waited].pid), "?"), "? when it has only just begun"
    assert where == str(book.root / "_build")
    assert said[2] == []
    assert book.runs == 1, "once for both editions"
    assert_whole(book, whole[1])


# --- paths -------------------------------------------------------------------------------------------

# what pip writes for a command of a package, into a folder with a space in its name
COMMAND = """
import sys
from pip._vendor.distlib.scripts import ScriptMaker
maker = ScriptMaker(None, sys.argv[1])
maker.variants = {""}
maker.make("jupyter-book = jupyter_book.cli.main:main")
"""


@pytest.mark.weekly
def test_make_in_a_path_with_spaces_and_letters_beyond_ascii(tmp_path):
    """Checkout and environment there; the environment lends its packages from this one and installs the checkout."""
    book = SmallBook(tmp_path / "Ünï códe λ" / "mein Büch")
    shutil.copy(ROOT / "Makefile", book.root)
    python = tmp_path / "Ünï códe λ" / "my python" / "python3"
    python.parent.mkdir()
    python.symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    bin = book.root / ".venv" / "bin"
    subprocess.run([python, "-m", "venv", "--without-pip", book.root / ".venv"], check=True)
    (packages,) = (book.root / ".venv").glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("platlib") + "\n", encoding="utf-8")
    quiet = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", "."]
    subprocess.run([bin / "python", *quiet], check=True, cwd=book.root)
    subprocess.run([bin / "python", "-c", COMMAND, bin], check=True)
    (book.root / ".venv" / ".installed").touch()
    page = book.page("01_tissue")
    where = "import unet_edu\nglue('where', unet_edu.__file__)\n```\n\nThe package is {glue:text}`where`.\n"
    text = page.read_text("utf-8")
    assert text.endswith("```\n")
    page.write_text(text.removesuffix("```\n") + where, encoding="utf-8")
    done = subprocess.run(
        ["make", "book", f"PYTHON={python}"],
        cwd=book.root,
        env={**os.environ, "LC_ALL": "C"},  # where names beyond ASCII are hardest
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"The package is {book.root / 'unet_edu' / '__init__.py'}." in book.text
    done = subprocess.run(
        ["make", "-n", "book", f"PYTHON={python}", "VENV=other"],
        cwd=book.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f'"{python}" -m venv --clear other' in done.stdout


# --- other versions of Python ------------------------------------------------------------------------

OTHER = ["3.12", "3.13"]


def interpreter(version: str) -> str:
    """A Python of this version, from the path or from where pyenv keeps its own; skips where there is none."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in [shutil.which(f"python{version}"), *sorted(kept.glob(f"{version}*/bin/python{version}"))]:
        if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
            return str(found)
    pytest.skip(f"there is no python{version} here")


def run_by(python: str, code: str, *options: str) -> str:
    done = subprocess.run(
        [python, "-B", *options, "-c", code, str(ROOT)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


COMPILE = """
import pathlib, sys
paths = sorted(pathlib.Path(sys.argv[1], "unet_edu").rglob("*.py"))
for path in paths:
    compile(path.read_bytes(), path, "exec")
print(len(paths))
"""
IMPORT = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
for path in sorted((root / "unet_edu").rglob("*.py")):
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name.split(".")[0] in {"unet_edu", *sys.stdlib_module_names}:
            raise
    else:
        print(name)
"""
ARITHMETIC = """
from unet_edu import arithmetic as a

def said(function, *arguments, **more):
    try:
        return function(*arguments, **more)
    except ValueError as error:
        return f"{type(error).__name__}: {error}"

for size in range(1, 700, 3):
    print(size, said(a.plan, size), said(a.conv_out, size, 3, 2, 1), said(a.pool_out, size, 3, 2, ceil=True))
    print(said(a.check_size, size), said(a.nearest_valid, size), said(a.first_fault, size))
print(a.layer_table(), a.unet_macs(572), a.receptive_field(194), a.fcn_crops(), a.fcn_sizes(500))
print(a.tile_plan(512), a.border(), a.valid_sizes())
"""


@pytest.mark.parametrize("version", OTHER)
def test_every_module_compiles_without_a_warning(version):
    assert int(run_by(interpreter(version), COMPILE)) == len(list((ROOT / "unet_edu").rglob("*.py")))


@pytest.mark.parametrize("version", OTHER)
def test_what_needs_nothing_but_python_imports_by_itself(version):
    imported = run_by(interpreter(version), IMPORT).split()
    modules = [
        "arithmetic",
        "book",
        "files",
        "course.checking",
        "course.cli",
        "course.submissions.notebook",
        "course.sandbox.sandbox",
    ]
    assert {"unet_edu", *(f"unet_edu.{name}" for name in modules)} <= set(imported)


@pytest.mark.parametrize("version", OTHER)
def test_the_arithmetic_is_the_same(version):
    here = run_by(sys.executable, ARITHMETIC)
    assert "388" in here
    assert run_by(interpreter(version), ARITHMETIC) == here


# what these need, and tests of modules that need no more than that
WITHOUT_TORCH = ["numpy", "scipy", "matplotlib", "scikit-image", "pooch", "tqdm", "pytest", "hypothesis", "PyYAML"]
TESTS = ["test_files", "test_cells", "test_isbi2012", "test_weightmap", "test_metrics", "test_plots"]
TESTS += ["course/assignment/test_source", "course/submissions/test_collect", "course/test_deadline"]


def environment_of(version: str) -> Path:
    """An environment of that Python with the pins of what is not torch; kept in _build until one changes."""
    python, folder = interpreter(version), ROOT / "_build" / f"python{version}"
    pins = "".join((ROOT / name).read_text("utf-8") for name in ("requirements.txt", "constraints.txt"))
    wanted = [re.search(rf"^{name}==\S+", pins, re.M | re.I)[0] for name in WITHOUT_TORCH]
    stamp = folder / "made-from"
    if not (stamp.is_file() and stamp.read_text() == "\n".join(wanted)):
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*install, *wanted], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{', '.join(wanted)} cannot be installed for Python {version}: {done.stderr[-300:]}")
        stamp.write_text("\n".join(wanted))
    return folder


@pytest.mark.weekly
@pytest.mark.parametrize("version", OTHER)
def test_what_needs_no_torch_passes_its_tests(version, tmp_path):
    folder = environment_of(version)
    tests = [str(ROOT / "tests" / f"{name}.py") for name in TESTS]
    options = [
        "--noconftest",
        "-p",
        "no:cacheprovider",
        "-q",
        "--rootdir",
        str(ROOT),
        "-c",
        str(ROOT / "pyproject.toml"),
    ]
    done = subprocess.run(
        [folder / "bin" / "python", "-B", "-m", "pytest", *options, *tests],
        cwd=tmp_path,  # where hypothesis keeps its notes
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 500
