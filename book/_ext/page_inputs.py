"""What the cells of a page read while they ran, and whether it is still the same.

    r, w, l entries of `record_reads`  ─ Inputs.of ─▶  {"how": …, "slices": …, "files": {…}, "folders": {…}}
                                                                     │
    a later build                      ◀─ Inputs.changed ────────────┘

Of the book's own: its package (modules, records, weights, scripts of figures), the real slices, and other files of the
checkout. What else a page reads came with the pinned packages, so that the pins stand for it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from pathlib import Path

import unet_edu
from unet_edu.data import isbi2012

PINS = ("requirements.txt", "constraints.txt")
HOW = ("kernels.py", "record_reads.py")  # beside this file: how pages are executed
NOT_SOURCE = ("_build", ".git", ".venv")


class Inputs:
    """The inputs of pages as they are now. Each file is read once, unless it changes meanwhile.

    root: the checkout whose pins and pages are meant.
    how: a digest of the pins, of Python's version and of how pages are executed.
    """

    def __init__(self, root: Path):
        self.root = root
        # the first place that holds a path names it: no path of this machine is kept
        self.places = {
            "package": Path(unet_edu.__file__).resolve().parent,
            "slices": isbi2012.folder().resolve(),
            "source": root.resolve(),
        }
        self.loader = self._name(Path(isbi2012.__file__))  # a page that imports it may look for the real slices
        self._digests: dict[tuple, str] = {}
        # now, since this process has read them, too
        paths = [*(root / name for name in PINS), *(Path(__file__).with_name(name) for name in HOW)]
        self.how = digest_of(sys.version, *map(self._digest, paths))

    def of(self, log: bytes, started: float) -> dict | None:
        """Return the inputs of a page from the entries of `record_reads`; None where they are not certain.

        started: seconds since the epoch. A file that was written after it may not be the one that was read.
        """
        files, folders, written = {}, {}, set()
        for entry in log.split(b"\0")[:-1]:
            if entry == b"!":
                return None
            kind, path = entry[:1], Path(os.fsdecode(entry[1:]))
            if kind == b"r" and path.parent.name == "__pycache__":
                try:
                    path = Path(importlib.util.source_from_cache(path))
                except ValueError:  # of another program
                    continue
            name = self._name(path)
            if name is None or name in written:
                continue
            if kind == b"w":
                written.add(name)
            elif kind == b"l":
                folders[name] = "all"
            else:
                files[name] = self._digest(path)
                if path.is_file():
                    if path.stat().st_ctime > started - 0.1:
                        return None
                    if path.suffix != ".py":  # another record, another style sheet beside it may count as well
                        folders.setdefault(self._name(path.parent), "no modules")
        return {
            "how": self.how,
            "slices": self.slices() if self.loader in files else None,
            "files": dict(sorted(files.items())),
            "folders": {name: [kind, self._listing(name, kind)] for name, kind in sorted(folders.items())},
        }

    def changed(self, inputs: dict | None) -> str | None:
        """Return what is different now, in words, or None. inputs: of an earlier build; None: they are not known."""
        if not inputs:
            return "what it reads is not known"
        if inputs["how"] != self.how:
            return "pins, Python or how pages are executed"
        if inputs["slices"] and inputs["slices"] != self.slices():
            return "the real slices found"
        for name, digest in inputs["files"].items():
            if self._digest(self._path(name)) != digest:
                return name
        for name, (kind, listing) in inputs["folders"].items():
            if self._listing(name, kind) != listing:
                return f"the files in {name}"
        return None

    def slices(self) -> str:
        """Return a digest of which real slices are there. Raises ValueError when UNET_EDU_DATA is a relative path."""
        folder = isbi2012.folder()
        return digest_of(*(file.path for file in isbi2012.manifest() if (folder / file.path).is_file()))

    def _name(self, path: Path) -> str | None:
        """Return "package/figures/base.js" and the like; None for a path that is not of the book."""
        path = path.resolve()
        for name, place in self.places.items():
            if path.is_relative_to(place):
                rest = path.relative_to(place).parts
                outside = name == "source" and ((rest and rest[0] in NOT_SOURCE) or path.is_relative_to(sys.prefix))
                return None if outside or "__pycache__" in rest else "/".join((name, *rest))
        return None

    def _path(self, name: str) -> Path:
        place, _, rest = name.partition("/")
        return self.places[place] / rest

    def _digest(self, path: Path) -> str:
        """Return a digest of a file, "" where there is none."""
        try:
            now = path.stat()
            key = (path, now.st_mtime_ns, now.st_ctime_ns, now.st_size)
            if key not in self._digests:
                self._digests[key] = hashlib.sha256(path.read_bytes()).hexdigest()
            return self._digests[key]
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return ""

    def _listing(self, name: str, kind: str) -> str:
        """Return a digest of the names in a folder; kind: "all" of them, or "no modules"."""
        folder = self._path(name)
        names = os.listdir(folder) if folder.is_dir() else []
        names = [each for each in names if not each.startswith(".") and each != "__pycache__"]
        if kind == "no modules":
            names = [each for each in names if not each.endswith(".py") and not (folder / each).is_dir()]
        return digest_of(*sorted(names))


def digest_of(*parts: str) -> str:
    """Return one digest of several strings."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def digest_of_files(root: Path, *patterns: str) -> str:
    """Return a digest of names and contents of all files below `root` that match one of the patterns."""
    paths = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    names = sorted((path.relative_to(root).as_posix(), path) for path in paths if "__pycache__" not in path.parts)
    return digest_of(*(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}" for name, path in names))
