"""Files in folders and zips, zips within zips: found without unpacking, read up to a size.

Nothing is written, no link is followed: the names in a zip are labels here, never places.
"""

import contextlib
import io
import lzma
import os
import re
import stat
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from unet_edu.course.outcome import line_of
from unet_edu.course.submissions.notebook import Unreadable

ZIPPED = 200 * 2**20  # bytes of a zip within the export
ENTRIES = 20_000  # of one zip
DEPTH = 3  # of zips within each other
OPEN = 32  # zips kept open
SHORT = 80  # characters of what an error says
KEPT_OPEN = 20  # entries that a zip has at least to be kept open

IGNORED = {"__macosx", ".ds_store", ".ipynb_checkpoints", "thumbs.db", "desktop.ini", "submission_metadata.yml"}
IGNORED |= {"timestamp.txt", "submission_secret.txt"}  # nbgrader's, beside each submission
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError)
BROKEN += (RuntimeError, NotImplementedError, KeyError, IndexError)  # encrypted, an unknown compression


class Zips:
    """The zips of the export that are open, by path."""

    def __init__(self):
        self._open, self._lock = {}, threading.Lock()

    def at(self, path) -> tuple[zipfile.ZipFile, bool]:
        """Return a zip, and whether the caller must close it."""
        with self._lock:
            if path in self._open:
                return self._open[path], False
            opened = zipfile.ZipFile(path)
            if len(opened.filelist) < KEPT_OPEN or len(self._open) >= OPEN:
                return opened, True
            self._open[path] = opened
            return opened, False

    def close(self):
        """Close all zips."""
        with self._lock:
            for opened in self._open.values():
                opened.close()
            self._open = {}


@dataclass(frozen=True)
class Place:
    """Where the bytes of a file are: on disk, or in a zip, by its number there, or in a zip in a zip."""

    zips: Zips
    path: Path
    steps: tuple[int, ...] = ()

    def within(self, number) -> "Place":
        """Return the place of an entry, by its number, of the zip at this place."""
        return replace(self, steps=(*self.steps, number))

    def read(self, most) -> bytes:
        """Return at most `most` bytes. Raises Unreadable for more, and for what cannot be read."""
        if not self.steps:
            return _read_file(self.path, most)
        try:
            opened, mine = self.zips.at(self.path)
        except BROKEN as error:
            raise Unreadable(f"the zip cannot be read ({line_of(error, SHORT)})") from None
        try:
            for step in self.steps[:-1]:
                inner = zipfile.ZipFile(io.BytesIO(_read_entry(opened, step, ZIPPED)))
                if mine:
                    opened.close()
                opened, mine = inner, True
            return _read_entry(opened, self.steps[-1], most)
        except BROKEN as error:
            if isinstance(error, Unreadable):
                raise
            raise Unreadable(f"the zip is damaged ({line_of(error, SHORT)})") from None
        finally:
            if mine:
                opened.close()


def _read_file(path, most) -> bytes:
    # not to be fooled by what is put in the place of a file meanwhile: no link, no pipe
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unreadable("it is no file")
            return _bounded(file, most)
    except OSError as error:
        raise Unreadable(f"the file cannot be read ({error.strerror})") from None


def _read_entry(opened, number, most) -> bytes:
    info = opened.filelist[number]
    if info.flag_bits & 1:
        raise Unreadable("it is in a zip with a password")
    with opened.open(info) as file:
        return _bounded(file, most)


def _bounded(file, most) -> bytes:
    data = file.read(most + 1)  # the size in the zip's own list may be wrong
    if len(data) > most:
        raise Unreadable(f"it is larger than {most // 2**20} MB")
    return data


@dataclass(frozen=True)
class Found:
    """A file, where its bytes are, and when it was last changed."""

    place: Place
    parts: tuple[str, ...]
    time: datetime | None


def file_time(seconds) -> datetime | None:
    """Return a time of the file system, seconds, on the clock here; None for none."""
    try:
        return datetime.fromtimestamp(int(seconds))
    except (ValueError, OverflowError, OSError):
        return None


def in_folder(top, zips, skipped) -> Iterator[Found]:
    """Yield the files below a folder, and those in its zips; note what is skipped."""
    handed_in = [each for each in os.listdir(top) if not is_noise((each,))]
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in [name for name in folders if os.path.islink(os.path.join(folder, name))]:
            parts = _readable(Path(folder, name).relative_to(top).parts)
            skipped.append(("/".join(parts), "a link, which is not followed"))
        for name in sorted(files):
            path = Path(folder, name)
            parts = tuple(_readable(path.relative_to(top).parts))
            info = path.lstat()
            if not stat.S_ISREG(info.st_mode):
                skipped.append(("/".join(parts), "a link, which is not followed, or no file"))
            elif name.lower().endswith(".zip") and not is_noise(parts):
                is_all = handed_in == [name]  # the export itself, in a folder
                time = file_time(info.st_mtime)
                yield from in_zip(Place(zips, path), parts, zips, skipped, 1, dated=is_all, time=time)
            else:
                yield Found(Place(zips, path), parts, file_time(info.st_mtime))


def in_zip(place, above, zips, skipped, depth, export=False, dated=False, time=None) -> Iterator[Found]:
    """Return the files in a zip, and in the zips in there.

    export: it is the platform's, not a student's. dated: so are the dates in it. What a student's zip says of its files
    is the student's word: they have the `time` of the zip itself.
    """
    try:
        opened, mine = _opened(place, zips, export)
    except BROKEN as error:  # it is listed as a file that somebody handed in, and found unreadable again
        yield Found(place, above or (place.path.name,), None)
        skipped.append(("/".join(above), f"a zip that cannot be opened: {line_of(error, SHORT)}"))
        return
    try:
        infos = list(enumerate(opened.filelist))
    finally:
        if mine:
            opened.close()
    if len(infos) > ENTRIES:
        skipped.append(("/".join(above) or place.path.name, f"a zip of more than {ENTRIES:,} files: the rest is left"))
    for number, info in infos[:ENTRIES]:
        parts = (*above, *_labels(info))
        if info.is_dir() or len(parts) == len(above):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            skipped.append(("/".join(parts), "a link, which is not followed"))
        elif parts[-1].lower().endswith(".zip") and not is_noise(parts):
            if depth < DEPTH:
                whole = _zip_time(info) if dated else time
                yield from in_zip(place.within(number), parts, zips, skipped, depth + 1, time=whole)
            else:
                skipped.append(("/".join(parts), f"a zip in a zip, {DEPTH} deep"))
        else:
            yield Found(place.within(number), parts, _zip_time(info) if dated else time)


def _opened(place, zips, export) -> tuple[zipfile.ZipFile, bool]:
    if not place.steps:
        if not export and place.path.stat().st_size > ZIPPED:
            raise Unreadable(f"it is larger than {ZIPPED // 2**20} MB")
        return zips.at(place.path)
    data = place.read(ZIPPED)
    if data.count(b"PK\x01\x02") > 2 * ENTRIES:
        raise Unreadable(f"more than {ENTRIES:,} files")
    return zipfile.ZipFile(io.BytesIO(data)), True


def _labels(info) -> list[str]:
    """Return the folders and the name of an entry, as labels: no "..", no drive, nothing that moves the cursor."""
    name = info.filename
    if not info.flag_bits & 0x800:  # many write UTF-8 without the flag for it
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = _readable(re.split(r"[/\\]+", name))
    return [part for part in parts if part not in ("", ".", "..") and not re.fullmatch(r"[A-Za-z]:", part)]


def _readable(parts) -> list[str]:
    """Return names as they are compared and shown: in one Unicode form, without what moves the cursor."""
    shown = (unicodedata.normalize("NFC", part) for part in parts)
    return ["".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in part) for part in shown]


def _zip_time(info) -> datetime | None:
    try:
        time = datetime(*info.date_time)
    except (ValueError, TypeError):
        return None
    return time if time.year > 1980 else None


def is_noise(parts) -> bool:
    """Return whether a file is one that systems and editors leave behind."""
    return any(part.lower() in IGNORED or part.startswith((".", "~$")) for part in parts)
