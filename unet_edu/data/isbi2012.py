"""The data of the U-Net paper: ISBI 2012, nervous tissue in the electron microscope.

    train/image/0.png … 29.png    512 × 512 pixels, 8 bit; 4 × 4 × 50 nm per voxel; 30 consecutive sections
    train/label/0.png … 29.png    255 = inside a cell, 0 = membrane
    challenge/image/0.png … 29.png   the challenge's own test set, the "challenge stack": no labels were published

    slices   0 ──────────────── 17 │ 18 ───── 23 │ 24 ───── 29
    split    train                 │ validation  │ held-out

Ventral nerve cord of a first-instar Drosophila larva, serial-section transmission electron microscopy: Cardona et al.
(2010), PLoS Biology 8(10):e1000502. The challenge: Arganda-Carreras et al. (2015), Frontiers in Neuroanatomy 9:142. The
organisers ask that the source be cited. The images are not part of this package; ``isbi2012.csv`` lists them with their
checksums, and every file is checked as it is read.

They are looked for in ``$UNET_EDU_DATA/isbi2012`` where that variable is set, in the user's cache folder otherwise, and
downloaded only by ``load(..., download=True)``.
"""

import csv
import hashlib
import io
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unet_edu.data import _folders
from unet_edu.data._folders import TIMEOUT, VARIABLE
from unet_edu.data.sample import Sample

SPLITS = {
    "train": range(18),
    "validation": range(18, 24),
    "held-out": range(24, 30),
    "challenge": range(30),
}
# A copy of the organisers' stacks as single slices, at a fixed commit.
UPSTREAM = "https://raw.githubusercontent.com/zhixuhao/unet/b45af4d458437d8281cc218a07fd4380818ece4a/"


class File(NamedTuple):
    """A line of the manifest."""

    path: str  # below the data folder
    split: str
    upstream_path: str  # below UPSTREAM
    bytes: int
    sha256: str

    @property
    def slice(self):
        """The number of the slice."""
        return int(Path(self.path).stem)


@cache
def manifest():
    """Return all 90 files, a tuple of ``File``."""
    with (files(__package__) / "isbi2012.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(File(**{**line, "bytes": int(line["bytes"])}) for line in csv.DictReader(lines))


def folder():
    """Return where the data belongs, whether it is there or not: ``$UNET_EDU_DATA/isbi2012`` or the cache folder.

    Raises ValueError when UNET_EDU_DATA is a relative path: notebooks run in a folder of their own.
    """
    return _folders.folder("isbi2012")


def find():
    """Return the folder that holds slices (``train/image/0.png`` and so on), or None when there is none.

    Raises ValueError when UNET_EDU_DATA is a relative path.
    """
    where = folder()
    return where if any((where / file.path).is_file() for file in manifest()) else None


def describe():
    """Return what ``example()`` shows here and why, in one line for a log.

    Raises ValueError when UNET_EDU_DATA is a relative path.
    """
    root = folder()
    found = sum((root / file.path).is_file() for file in manifest())
    if found:
        return f"ISBI 2012, {found} of its {len(manifest())} files in {root}"
    hint = _why_not_there(root)
    return f"real nuclei; no slice of ISBI 2012 in {root}" + (f": {hint}" if hint else "")


def load(split="train", download=False, root=None, slices=None):
    """Return the slices of one split, in order: a list of ``Sample``.

    split: "train" (slices 0–17), "validation" (18–23), "held-out" (24–29) or "challenge" (0–29 of another stack).
    download: fetch what is missing, about 4 MB for "train". Without it nothing is ever fetched.
    root: the folder that holds ``train/`` and ``challenge/``; default: ``folder()``.
    slices: the numbers of the slices wanted; default: all of the split.
    Each sample: image float32 ``(512, 512)`` in [0, 1]; label uint8, 1 = inside a cell, 0 = membrane, None for the
    challenge stack; instances None.

    Raises FileNotFoundError when slices are missing; ValueError when a file, read or downloaded, is not the one that
    the manifest lists, or for an unknown split or slice; ConnectionError when the download fails. All name the remedy.
    """
    wanted = _select(split, slices)
    root = folder() if root is None else Path(root)
    missing = [file for file in wanted if not (root / file.path).is_file()]
    if missing and download:
        _download(missing, root)
    elif missing:
        raise FileNotFoundError(_how_to_get(missing, wanted, root))
    by_slice = {}
    for file in wanted:
        by_slice.setdefault(file.slice, {})["label" if "/label/" in file.path else "image"] = _read(file, root)
    what = "training" if split == "train" else split
    return [
        Sample(
            image=parts["image"],
            label=(parts["label"] > 0.5).astype(np.uint8) if "label" in parts else None,
            instances=None,
            name=f"ISBI 2012, {what} slice {number}",
        )
        for number, parts in sorted(by_slice.items())
    ]


def _select(split, slices):
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; the splits are " + ", ".join(map(repr, SPLITS)))
    wanted = [file for file in manifest() if file.split == split]
    if slices is not None:
        known = {file.slice for file in wanted}
        for number in slices:
            if number not in known:
                raise ValueError(f"split {split!r} has the slices {min(known)} to {max(known)}, not {number!r}")
        wanted = [file for file in wanted if file.slice in set(slices)]
    return wanted


def _read(file, root):
    """One image, float32 ``(H, W)`` in [0, 1], after its checksum."""
    from matplotlib.image import imread

    path = root / file.path
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise ValueError(
            f"{path} is damaged or another file: {len(content)} bytes with sha256 {found}, where the manifest lists "
            f"{file.bytes} bytes with {file.sha256}. It was left as it is. Move it away and fetch it again by "
            f"`isbi2012.load({file.split!r}, download=True)`, or from {UPSTREAM}{file.upstream_path}"
        )
    return imread(io.BytesIO(content), format="png")


def _how_to_get(missing, wanted, root):
    """What is missing, where it was looked for, and what to do."""
    names = ", ".join(file.path for file in missing[:4]) + (", …" if len(missing) > 4 else "")
    lines = [f"{len(missing)} of {len(wanted)} files of the ISBI 2012 data are not in {root}: {names}."]
    if hint := _why_not_there(root):
        lines.append(f"{hint}.")
    lines.append(f"To fetch them: isbi2012.load({missing[0].split!r}, download=True).")
    return "\n".join([*lines, _by_hand(missing[0], root)])


def _why_not_there(root):
    return _folders.why_not_there(root, Path("train", "image"))


def _by_hand(file, root):
    return (
        f"By hand: put {UPSTREAM}{file.upstream_path} at {root / file.path}, and so on as isbi2012.csv lists them, "
        f"or set {VARIABLE} to the absolute path of a folder that holds them in a folder isbi2012.\n"
        "Without them, unet_edu.data.cells.tissue() draws similar images."
    )


# ---------------------------------------------------------------------------------------------- download


def _download(missing, root):
    """Fetch files one after the other. Each appears complete and checked under its name, or not at all."""
    from requests.exceptions import RequestException
    from tqdm.auto import tqdm

    with tqdm(total=sum(file.bytes for file in missing), unit="B", unit_scale=True, desc="ISBI 2012") as progress:
        for file in missing:
            try:
                _fetch(file, root)
            except RequestException as err:
                raise ConnectionError(
                    f"could not download {UPSTREAM}{file.upstream_path}: {err}\n"
                    "Files that came before are kept; call again to go on.\n" + _by_hand(file, root)
                ) from err
            progress.update(file.bytes)


def _fetch(file, root):
    import pooch

    target = root / file.path
    try:
        with _folders.made_for(target), _folders.quiet(pooch.get_logger()):
            pooch.retrieve(
                UPSTREAM + file.upstream_path,
                known_hash=f"sha256:{file.sha256}",
                fname=target.name,
                path=target.parent,
                downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
            )
        target.chmod(0o644)  # it was made as a private temporary file; a course shares the folder
    except PermissionError as err:
        raise PermissionError(
            f"cannot write to {target.parent}; set {VARIABLE} to the absolute path of a folder that you may write to"
        ) from err
    except ValueError as err:  # how pooch reports another checksum
        raise ValueError(
            f"what came from {UPSTREAM}{file.upstream_path} is not the file that the manifest lists (sha256 "
            f"{file.sha256}); nothing of it was kept. A login page or a proxy may have answered instead: look at that "
            f"address in a browser.\n" + _by_hand(file, root)
        ) from err
