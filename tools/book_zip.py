"""The built site as one file to read without a network: ``python tools/book_zip.py [SITE] [FILE]`` (``make zip``).

Unpacked anywhere, ``index.html`` opens the book: live figures run from files, too. The same site gives the same file.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

from unet_edu.files import written_whole

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = {".buildinfo", ".nojekyll"}
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def _left_out(path: Path) -> bool:
    """Whether a file is no part of the site: the web server's own, or what a reader wrote into a notebook."""
    return path.name in LEFT_OUT or ".ipynb_checkpoints" in path.parts or fnmatch(path.name, "*.yours*.ipynb")


def make(site: Path, file: Path) -> int:
    """Write all files below `site` into `file`, below a folder of its name; return how many.

    Raises FileNotFoundError where there is no site; an old `file` stays until all is written.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site / 'index.html'} is not there: type 'make book' first")
    paths = sorted(path for path in site.rglob("*") if path.is_file() and not _left_out(path) and path != file)
    with written_whole(file) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(f"{file.stem}/{path.relative_to(site)}", LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return len(paths)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "_build" / "unet-inside-out.zip")
    given = parser.parse_args()
    try:
        count = make(given.site, given.file)
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"{given.file}: {count} files, {given.file.stat().st_size / 1e6:.1f} MB. Unpack it and open index.html.")
