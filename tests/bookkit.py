"""What several test files need: where things are, and a small book of their own to build.

``FixtureBook`` is a copy of this book's machinery (``_config.yml``, ``book/_ext``, ``book/_static``) around other
pages. It is built by the command of the Makefile, in a folder of the test's.
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
EXTENSIONS = ROOT / "book" / "_ext"
# the pages with a notebook
CHAPTERS = [*sorted((ROOT / "book").glob("[0-9][0-9]_*.md")), ROOT / "book" / "results.md", ROOT / "book" / "faq.md"]
BIN = Path(sys.executable).parent

for folder in (ROOT, ROOT / "book"):  # for `tools` and for `_ext`
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

FRONT_MATTER = """\
---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3, language: python}
---
"""


def exercise_cell(grade_id: str, source: str, fence: str = "```") -> str:
    """A code-cell in nbgrader's format, as a chapter holds it."""
    nbgrader = f"{{grade: false, grade_id: {grade_id}, locked: false, schema_version: 3, solution: true, task: false}}"
    return f"{fence}{{code-cell}} ipython3\n---\nnbgrader: {nbgrader}\n---\n{source}\n{fence}\n"


def tracked_files() -> list[Path]:
    """The files that git tracks here, as absolute paths."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A plain web server for files, that says nothing."""

    def log_message(self, *args):
        pass


@contextmanager
def served(folder: Path, handler=Quiet):
    """The address of a web server for `folder`, in a thread, on this machine alone."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Build:
    """What one run of the build command did."""

    returncode: int
    log: str

    @property
    def warnings(self) -> list[str]:
        """What the build complains about; not what a kernel's sockets log on a busy machine (ERROR:tornado…)."""
        return re.findall(r"^.*\b(?:WARNING|ERROR): .*$", self.log, re.M)

    @property
    def executed(self) -> list[str]:
        """The pages whose cells ran in this build (not those that came from the cache)."""
        return re.findall(r"(\w+)\.md: .*Executed notebook in", self.log)


class FixtureBook:
    """A book in ``root`` with the given pages (name → text); the first one is the root page.

    ``package`` copies the real package into it; ``baseurl`` says where the site lives.
    """

    def __init__(self, root: Path, pages: dict[str, str], package: bool = False, baseurl: str = ""):
        self.root = root
        (root / "book").mkdir(parents=True)
        config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
        config["html"]["baseurl"] = baseurl
        (root / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        shutil.copytree(EXTENSIONS, root / "book" / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
        (root / "book" / "references.bib").write_text(
            "@article{someone2015, author={Someone, A. and Other, B.}, title={A title}, journal={J}, year={2015}}\n"
        )
        for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.txt", "constraints.txt"):
            shutil.copy(ROOT / name, root)
        if package:
            shutil.copytree(ROOT / "unet_edu", root / "unet_edu", ignore=shutil.ignore_patterns("__pycache__"))
        else:  # the wheel of a book whose package is one empty module
            (root / "unet_edu").mkdir()
            (root / "unet_edu" / "__init__.py").write_text('"""Stands in for the package."""\n')
        names = list(pages)
        toc = {"format": "jb-book", "root": f"book/{names[0]}"}
        if names[1:]:
            toc["chapters"] = [{"file": f"book/{name}"} for name in names[1:]]
        (root / "_toc.yml").write_text(yaml.safe_dump(toc))
        for name, text in pages.items():
            self.page(name).write_text(text, encoding="utf-8")

    def page(self, name: str) -> Path:
        return self.root / "book" / f"{name}.md"

    def build(self, edition: str = "reader", **environment: str) -> Build:
        """Build as the Makefile does (``make book`` or, for ``edition="course"``, ``make book-course``)."""
        command = [str(BIN / "jupyter-book"), "build", ".", "-W", "--keep-going"]
        env = {**os.environ, "UNET_BOOK_EDITION": edition, "NO_COLOR": "1", **environment}
        if edition == "course":
            command += ["--path-output", "_build/course"]
        done = subprocess.run(
            command, cwd=self.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900
        )
        return Build(done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout))

    def html(self, edition: str = "reader") -> Path:
        return self.root / ("_build/course/_build/html" if edition == "course" else "_build/html")


def all_text(folder: Path) -> dict[str, bytes]:
    """Every published byte below ``folder``: files as they are, archives and compressed inventories unpacked."""
    import zlib

    found: dict[str, bytes] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        found[str(path.relative_to(folder))] = data
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                found |= {f"{path.name}!{name}": archive.read(name) for name in archive.namelist()}
        if path.name == "objects.inv":
            found[f"{path.name}!unpacked"] = zlib.decompress(data.split(b"\n", 4)[4])
    return found
