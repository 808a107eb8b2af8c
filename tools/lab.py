"""JupyterLab on copies of the book's notebooks: ``python tools/lab.py [OPTION ...]`` (``make lab``).

    _build/html/notebooks/05_skips.ipynb ─▶ work/05_skips.ipynb        yours: no command ever writes over your work
                                         ─▶ work/05_skips.new.ipynb    a newer edition, beside a copy that you changed

A copy that nobody has changed is replaced by the newer edition. Options are handed on to JupyterLab.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from unet_edu.files import free_name, written_whole

ROOT = Path(__file__).resolve().parents[1]
BUILT, WORK, PINS = ROOT / "_build" / "html" / "notebooks", ROOT / "work", ROOT / "tools" / "jupyterlab.txt"
RECORD = ".copied.json"  # in WORK: of each file, the content that was copied


def copy_notebooks(built: Path, work: Path) -> tuple[list[Path], dict[Path, Path]]:
    """Copy the notebooks of `built` that `work` does not have yet, and those of which there is a newer edition.

    Returns:
        What was copied under its own name; and the copies that somebody has changed, path → path of the newer edition.

    Raises:
        FileNotFoundError: where `built` holds no notebook.
    """
    found = sorted(path for path in built.glob("*.ipynb") if "." not in path.stem)  # without NAME.yours.ipynb
    if not found:
        raise FileNotFoundError(f"there are no notebooks in {built} yet: type 'make book' first")
    work.mkdir(exist_ok=True)
    record = work / RECORD
    known = json.loads(record.read_text("utf-8")) if record.exists() else {}
    copied, newer = [], {}
    for source in found:
        copy, edition = work / source.name, content(source)
        offered = [name for name, (stem, _) in known.items() if stem == source.stem]
        if copy.exists() and (content(copy) == edition or any(known[name][1] == edition for name in offered)):
            continue  # there, or handed out before, whatever became of it
        untouched = [
            work / name for name in offered if (work / name).exists() and content(work / name) == known[name][1]
        ]
        if not copy.exists() or copy in untouched:
            target = copy
            copied.append(copy)
        else:
            target = untouched[-1] if untouched else free_name(copy, "new")
            newer[copy] = target
        with written_whole(target) as part:
            shutil.copyfile(source, part)
        known[target.name] = (source.stem, edition)
        with written_whole(record) as part:
            part.write_text(json.dumps(known, indent=1), "utf-8")
    return copied, newer


def content(path: Path) -> str:
    """Return a hash of what a reader sees of a notebook; of one that cannot be read, of its bytes.

    The set-up cell does not count: it tells the speed of the machine that built the book, and Jupyter's own details of
    the kernel do not count either.
    """
    text = path.read_bytes()
    try:
        notebook = nbformat.reads(text.decode("utf-8"), as_version=4)
        cells = [
            (cell.cell_type, cell.source, cell.get("outputs", []), cell.get("attachments", {}))
            for cell in notebook.cells
            if cell.get("id") != f"{notebook.metadata['unet_edu']['notebook']}-setup"
        ]
        text = json.dumps(cells, sort_keys=True).encode()
    except Exception:  # no notebook, or none of this book
        pass
    return hashlib.sha256(text).hexdigest()


def main(options: list[str]) -> int:
    """Copy what is to be copied, say so, and run JupyterLab until it is ended; return its exit status."""
    try:
        copied, newer = copy_notebooks(BUILT, WORK)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if copied:
        print(f"Copied into {WORK}: {', '.join(path.stem for path in copied)}")
    for copy, new in newer.items():
        print(
            f"There is a newer edition of {copy.name}. You have changed yours, which stays; the new one is {new.name}."
        )
    if importlib.util.find_spec("jupyterlab") is None:
        print(f"JupyterLab is missing. Type:\n    {sys.executable} -m pip install -r {PINS}", file=sys.stderr)
        return 1
    print(f"The notebooks are in {WORK}. What you write there stays: no build touches that folder.", flush=True)
    try:
        return subprocess.call([sys.executable, "-m", "jupyterlab", *options], cwd=WORK)
    except KeyboardInterrupt:  # Ctrl-C has ended JupyterLab, too
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
