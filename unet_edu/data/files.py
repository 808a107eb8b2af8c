"""Your own images: files as people have them become samples, and results become files.

    folder, stack or CSV of images ──► pages ──► one scaling for all ──► image float32 (C, H, W) in [0, 1] ─┐
                          │ pairs by name, page or line                                                      ├─► Sample
    folder, stack or CSV of masks ───► 0/1, 0/255, classes, colours, numbers ──► label, instances ──────────┘

    data = load("images", "masks")            every file that does not fit is named, all in one list
    data.samples, data.scaling, data.notes    for `fit`; for `net.scaling`; what was found, in words
    save_label("cell.tif", numbers)           8, 16 or 32 bits, as the numbers need

Pillow and tifffile read. The scaling is one for all images of a set, it is found from their values and has its reason
with it: a 16-bit file may hold 12 bits. With the weights (`net.scaling`) it is kept for prediction.
"""

import csv
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unet_edu.data.sample import Sample
from unet_edu.files import written_whole
from unet_edu.greys import bit_depth, check_scale
from unet_edu.labels import blurred, pieces, two_valued

TIFF = (".tif", ".tiff")
ENDINGS = (*TIFF, ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
# words that name the kind of a file, not the image: cell3_mask.png belongs to cell3.png
KINDS = ("image", "images", "img", "mask", "masks", "label", "labels", "seg", "gt", "annotation")
MASK_KINDS = ("auto", "mask", "classes", "numbers")
MOST_COLOURS = 32  # more are no classes, but a picture or a JPEG file
OVERLAY = (255, 176, 0)  # of the lines of an overlay; red, green, blue


class Scaling(NamedTuple):
    """Which grey values become 0 and 1, and why: low, high, how. `net.scaling = scaling[:2]` keeps it with the net."""

    low: float
    high: float
    how: str

    def __call__(self, values):
        """Return an array scaled to float32 in [0, 1]; what lies beyond is cut off."""
        span = np.float64(self.high) - self.low
        return np.clip((values.astype(np.float64) - self.low) / span, 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Set:
    """What was read. samples: a list of Sample; scaling: the one of all; notes: what was found, a line each."""

    samples: list
    scaling: Scaling
    notes: list


class Mismatches(ValueError):
    """Files that do not fit; `problems` holds a line for each, and the message has them all."""

    def __init__(self, problems):
        self.problems = list(problems)
        head = "1 file does not fit" if len(self.problems) == 1 else f"{len(self.problems)} files do not fit"
        super().__init__("\n".join([f"{head}:", *(f"- {one}" for one in self.problems)]))


class Page(NamedTuple):
    """One image of a file. values: (H, W) or (H, W, channels), as stored; name: for messages; palette: see `pages`."""

    values: np.ndarray
    name: str
    palette: bool = False


# ------------------------------------------------------------------------------------------------------------ load


def load(images, masks=None, *, scaling=None, percentiles=None, kind="auto", colours=None) -> Set:
    """Return all images of a set with their masks (``Set``).

    images: a folder, a file, a stack of pages (TIFF), a list of paths, or a CSV file with the columns image and mask,
        whose paths start from its folder.
    masks: the same for the masks; None: there are none, or the CSV names them. Files pair by name (``cell3.png``,
        ``cell3_mask.tif``), pages of stacks by number.
    scaling: (low, high), the grey values that become 0 and 1; None: found from all images together.
    percentiles: take these two of all values instead, such as (0.5, 99.5), where single pixels are far brighter.
    kind: "mask" (0 is background), "classes", "numbers" of cells, or "auto": by the values.
    colours: {(red, green, blue): class} of masks in colour.

    Samples: image float32 (C, H, W), C = 1 also where a colour file is grey all over, opacity left out; label uint8, 0
    and 1 or classes; instances int32 where masks hold numbers.

    Raises ``Mismatches``, a ValueError that lists every file at fault at once: without a partner, of another size,
    unreadable, masks after JPEG or interpolation, colours without a class. Masks without a cell are named as well,
    but are valid: alone they give a warning. Raises FileNotFoundError where there is no such file or folder.
    """
    if kind not in MASK_KINDS:
        raise ValueError(f"kind is {' or '.join(map(repr, MASK_KINDS))}, not {kind!r}")
    pairs, problems = paired(images, masks)
    read, empty = [], []
    for image, mask in pairs:
        try:
            image_pages = pages(image)
            mask_pages = [None] * len(image_pages) if mask is None else pages(mask, indices=True)
        except (OSError, ValueError, SyntaxError) as error:  # Pillow's for broken files
            problems.append(str(error))
            continue
        if len(mask_pages) != len(image_pages):
            problems.append(f"{image}: {len(image_pages)} pages, but {mask} has {len(mask_pages)}")
            continue
        read += zip(image_pages, mask_pages, strict=True)
    kind = kind_of([mask for _, mask in read if mask is not None], kind)
    labels = []
    for image, mask in read:
        label = None
        if mask is not None:
            try:
                label = as_label(mask, kind, colours)
                if label.shape != image.values.shape[:2]:
                    sizes = [" × ".join(map(str, shape)) for shape in (label.shape, image.values.shape[:2])]
                    problems.append(f"{mask.name}: {sizes[0]} pixels, but {image.name} has {sizes[1]}")
                elif not label.any():
                    empty.append(f"{mask.name}: no cell; a valid example of background, if that is what it is")
            except ValueError as error:
                problems.append(str(error))
        labels.append(label)
    if problems:
        raise Mismatches(problems + empty)
    if not read:
        raise FileNotFoundError(f"there is no image in {images}; files may end in {', '.join(ENDINGS)}")
    if empty:
        warnings.warn("masks without a cell:\n" + "\n".join(f"- {one}" for one in empty), stacklevel=2)
    arrays, notes = as_channels([image for image, _ in read])
    if scaling is None:
        scaling = find_scaling(arrays, percentiles)
    else:
        scaling = Scaling(*check_scale(tuple(scaling)[:2]), "as given")
    samples = [
        Sample(scaling(array), *sample_label(label, kind), image.name)
        for array, label, (image, _) in zip(arrays, labels, read, strict=True)
    ]
    sizes = sorted({sample.image.shape for sample in samples})
    notes = [
        f"{len(samples)} images of {', '.join(' × '.join(map(str, size)) for size in sizes)} (channels, rows, columns)",
        *notes,
        f"grey values {scaling.low:g} … {scaling.high:g} become 0 … 1: {scaling.how}",
        *([] if kind is None else [f"masks hold {MEANING[kind]}"]),
    ]
    return Set(samples, scaling, notes)


MEANING = {"mask": "0 and cell", "classes": "classes", "numbers": "numbers of cells"}


def sample_label(label, kind):
    """Return (label, instances) of a Sample."""
    if label is None:
        return None, None
    if kind == "numbers":
        return (label > 0).astype(np.uint8), label.astype(np.int32)
    return (label > 0 if kind == "mask" else label).astype(np.uint8), None


# ------------------------------------------------------------------------------------------------------------ pairs


def paired(images, masks):
    """Return ([(image path, mask path or None)], problems): files that belong together, and those without a partner."""
    if masks is None and isinstance(images, str | Path) and Path(images).suffix.lower() == ".csv":
        return from_table(Path(images))
    ours = listed(images)
    if masks is None:
        return [(path, None) for path in ours], []
    theirs = listed(masks)
    if len(ours) == len(theirs) == 1:
        return [(ours[0], theirs[0])], []
    problems = []
    by_key = ({}, {})
    for files, table in ((ours, by_key[0]), (theirs, by_key[1])):
        for path in files:
            if key(path) in table:
                problems.append(f"{path}: the same name as {table[key(path)]}")
            table.setdefault(key(path), path)
    problems += [f"{path}: no mask in {masks}" for name, path in by_key[0].items() if name not in by_key[1]]
    problems += [f"{path}: no image in {images}" for name, path in by_key[1].items() if name not in by_key[0]]
    return [(path, by_key[1][name]) for name, path in by_key[0].items() if name in by_key[1]], problems


def key(path):
    """Return what pairs by: a file's name in lower case without its ending and without words such as "mask"."""
    words = re.split(r"[_\-. ]+", path.stem.lower())
    while len(words) > 1 and words[-1] in KINDS:
        words.pop()
    while len(words) > 1 and words[0] in KINDS:
        words.pop(0)
    return "_".join(words)


def listed(place):
    """Return the image files of a folder, by number and name; of a file itself; of a list of paths."""
    if not isinstance(place, str | Path):
        return [path for one in place for path in listed(one)]
    place = Path(place)
    if place.is_dir():
        files = [path for path in place.iterdir() if path.suffix.lower() in ENDINGS and not path.name.startswith(".")]
        return sorted(files, key=lambda path: [int(n) if n.isdigit() else n for n in re.split(r"(\d+)", path.name)])
    if not place.is_file():
        raise FileNotFoundError(f"there is no file or folder {place}")
    return [place]


def from_table(path):
    """Return pairs and problems of a CSV file with the columns image and mask."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file)
        if not {"image", "mask"} <= set(lines.fieldnames or ()):
            found = ", ".join(lines.fieldnames or ()) or "nothing"
            raise ValueError(f"{path}: the first line names the columns image and mask, not {found}")
        found = [(path.parent / line["image"], path.parent / line["mask"] if line["mask"] else None) for line in lines]
    missing = [
        f"{path}, line {number}: there is no file {one}"
        for number, pair in enumerate(found, start=2)
        for one in pair
        if one is not None and not one.is_file()
    ]
    return [pair for pair in found if all(one is None or one.is_file() for one in pair)], missing


# ------------------------------------------------------------------------------------------------------------ reading


def pages(path, indices=False) -> list[Page]:
    """Return all images of a file, a list of ``Page``: (H, W), or (H, W, channels) with channels last.

    indices: of a file with a palette return the indices, as masks want them, not the colours.
    TIFF: the first series; S and C of its axes are channels, all others but rows and columns count pages.
    Raises OSError or ValueError, with the file's name, for what cannot be read.
    """
    path = Path(path)
    palette = False
    if path.suffix.lower() in TIFF:
        stack = from_tiff(path)
    else:
        stack, palette = from_pillow(path, indices)
    for values in stack:
        if values.dtype.kind not in "buif":
            raise ValueError(f"{path}: holds {values.dtype}, not grey values")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(f"{path}: holds NaN or infinity: replace it, for example with numpy.nan_to_num")
    names = [str(path)] if len(stack) == 1 else [f"{path}, page {number}" for number in range(len(stack))]
    return [Page(values, name, palette) for values, name in zip(stack, names, strict=True)]


def from_tiff(path):
    """Return the pages of a TIFF file as arrays (H, W) or (H, W, channels)."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            series = list(file.series)
            if len({(one.shape, one.axes) for one in series}) == 1:  # also pages that stand for themselves
                return [page for one in series for page in by_axes(one.asarray(), one.axes)]
            return by_axes(series[0].asarray(), series[0].axes)
    except (tifffile.TiffFileError, IndexError) as error:
        raise ValueError(f"{path}: cannot be read as TIFF ({error})") from None


def by_axes(values, axes):
    """Return the pages of an array whose axes tifffile names: Y and X, S or C for channels, others for pages."""
    values = np.asarray(values)
    channel = next((axis for axis in "SC" if axis in axes), None)
    order = [axes.index(axis) for axis in axes if axis not in ("Y", "X", channel)]
    order += [axes.index("Y"), axes.index("X")] + ([axes.index(channel)] if channel else [])
    values = values.transpose(order)
    kept = 3 if channel else 2
    return list(values.reshape(-1, *values.shape[-kept:]))


def from_pillow(path, indices):
    """Return (pages, palette) of any file that Pillow reads; palette: whether they are indices into one."""
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(path) as file:
            found, palette = [], False
            for page in ImageSequence.Iterator(file):
                if page.mode in ("P", "PA"):
                    palette = indices
                    page = page if indices else page.convert("RGB")
                elif page.mode not in ("1", "L", "I", "F", "RGB", "RGBA", "LA") and not page.mode.startswith("I;16"):
                    page = page.convert("RGB")  # CMYK and the like
                found.append(np.array(page))
    except UnidentifiedImageError:
        raise ValueError(f"{path}: is no image, or it is damaged") from None
    except OSError as error:
        raise OSError(f"{path}: cannot be read ({error})") from None
    return found, palette


# ------------------------------------------------------------------------------------------------------------ greys


def as_channels(found):
    """Return (arrays (C, H, W), notes) of pages: without opacity, one channel where all colours are grey."""
    notes, arrays = [], []
    for page in found:
        values = page.values if page.values.ndim == 3 else page.values[..., None]
        if values.shape[-1] in (2, 4):  # grey or colour with opacity
            values = values[..., :-1]
            notes.append("opacity was left out")
        arrays.append(values.transpose(2, 0, 1))
    counts = {len(array) for array in arrays}
    if counts <= {1, 3} and all((array == array[:1]).all() for array in arrays):
        if 3 in counts:
            notes.append("colours are grey all over: one channel was kept")
        arrays = [array[:1] for array in arrays]
    elif counts == {1, 3}:
        notes.append("grey images beside ones in colour: repeated in three channels")
        arrays = [np.repeat(array, 3 // len(array), axis=0) for array in arrays]
    return arrays, list(dict.fromkeys(notes))


def find_scaling(arrays, percentiles=None) -> Scaling:
    """Return the scaling of all images of a set together (``Scaling``), by their values.

    arrays: any shapes. percentiles: two numbers in 0 … 100; None: 0 and the largest number of the bits that they fill,
    for floats in [0, 1] these, for values below 0 and other floats the smallest and the largest.
    """
    low, high = (float(value) for value in (min(a.min() for a in arrays), max(a.max() for a in arrays)))
    if percentiles is not None:
        sample = np.concatenate([array.ravel()[:: max(array.size // 100_000, 1)] for array in arrays])
        try:
            first, last = (float(value) for value in np.percentile(sample, percentiles))
        except (TypeError, ValueError):
            raise ValueError(
                f"percentiles are two numbers in 0 … 100, such as (0.5, 99.5), not {percentiles!r}"
            ) from None
        if first >= last:
            raise ValueError(f"percentiles {percentiles} are both {first:g}: take such as lie further apart")
        return Scaling(first, last, f"the percentiles {percentiles[0]:g} and {percentiles[1]:g} of all values")
    whole = all(array.dtype.kind in "bui" for array in arrays)
    if all(array.dtype.kind == "b" for array in arrays):
        return Scaling(0.0, 1.0, "black and white")
    if not whole and low >= 0 and high <= 1:
        return Scaling(0.0, 1.0, "floats in [0, 1]")
    counts = whole or all((array == np.rint(array)).all() for array in arrays)
    if counts and low >= 0 and high < 2**16:
        bits = bit_depth(high)
        return Scaling(0.0, 2.0**bits - 1, f"{bits} bits, for the largest value is {high:g}")
    if low == high:
        raise ValueError(f"all images are {low:g} all over: there is nothing to scale")
    return Scaling(low, high, "the smallest and the largest of all values")


# ------------------------------------------------------------------------------------------------------------ masks


def kind_of(masks, kind):
    """Return "mask", "classes" or "numbers" for all masks of a set by their values; None where there are none."""
    if not masks or kind != "auto":
        return kind if masks else None
    if any(mask.palette for mask in masks):
        return "mask" if all(mask.values.max() == 0 or two_valued(mask.values) for mask in masks) else "classes"
    flat = [mask.values for mask in masks if mask.values.ndim == 2 and mask.values.dtype.kind in "ui"]
    many = [values for values in flat if values.max() > 0 and two_valued(values) is None and not blurred(values)]
    if any(mask.values.ndim == 3 and not grey(mask.values) for mask in masks):
        return "classes"
    if not many:
        return "mask"
    numbers = sum(len(np.unique(values)) - 1 for values in many)
    return "numbers" if sum(pieces(values) for values in many) < 2 * numbers else "classes"


def grey(values):
    """Return whether an array (H, W, channels) has the same value in all its colours."""
    return values.shape[-1] <= 2 or bool((values[..., :3] == values[..., :1]).all())


def as_label(mask, kind, colours):
    """Return a mask as whole numbers (H, W); raise ValueError, with its name and what to do, for an unclear one."""
    values, name = mask.values, mask.name
    if values.ndim == 3 and (colours is None or values.shape[-1] < 3) and grey(values):
        values = values[..., 0]
    if values.ndim == 3:
        return by_colour(values[..., :3], name, colours)
    if values.dtype.kind == "f":
        step = next((top for top in (1, 255) if np.allclose(values * top, np.rint(values * top), atol=1e-3)), None)
        if step is None:
            raise ValueError(
                f"{name}: holds fractions, not numbers: cut it, `(mask > {float(values.max()) / 2:g}).astype('uint8')`"
            )
        values = np.rint(values * step).astype(np.int64)
    values = values.astype(np.int64)
    if values.min() < 0:
        raise ValueError(f"{name}: holds {values.min()}: 0 is background, cells and classes count from 1")
    if blurred(values):
        raise ValueError(
            f"{name}: was stored as JPEG, or resized with interpolation, and holds {len(np.unique(values))} values: "
            f"export it again as PNG or TIFF, or cut it in the middle, `(mask > {values.max() // 2}).astype('uint8')`"
        )
    if kind == "mask":
        return (values > 0).astype(np.int64)
    if kind == "classes" and values.max() > 255:
        raise ValueError(f"{name}: class {values.max()}: classes are 0 … 255; numbers of cells want `kind='numbers'`")
    return values


def by_colour(values, name, colours):
    """Return the classes (H, W) of a mask in colour; raise ValueError where a colour has none."""
    packed = (values.astype(np.int64) << np.array([32, 16, 0])).sum(axis=-1)
    found, places = np.unique(packed, return_inverse=True)
    there = [tuple(int(one >> shift & 65535) for shift in (32, 16, 0)) for one in found]
    if len(there) > MOST_COLOURS:
        raise ValueError(
            f"{name}: {len(there)} colours, so it is a picture or was stored as JPEG: export the mask as PNG or TIFF"
        )
    unknown = [colour for colour in there if colour not in (colours or {})]
    if unknown:
        table = ", ".join(f"{colour}: {number}" for number, colour in enumerate(unknown))
        raise ValueError(f"{name}: colours without a class: give them one, such as `colours={{{table}}}`")
    return np.array([colours[colour] for colour in there], np.int64)[places].reshape(values.shape[:2])


# ------------------------------------------------------------------------------------------------------------ saving


def save_label(path, label):
    """Write a map of whole numbers (H, W) or a stack (S, H, W) as it is, and return the path.

    path: ends in .tif, or for one map of numbers to 65,535 in .png. The file has 8, 16 or 32 bits, the fewest that hold
    the largest number. Raises TypeError or ValueError for anything else.
    """
    path, label = Path(path), np.asarray(label)
    if label.dtype.kind not in "bui":
        raise TypeError(f"a label holds whole numbers, not {label.dtype}")
    if label.ndim not in (2, 3) or label.size == 0 or label.min() < 0:
        raise ValueError(f"a label is (H, W) or (S, H, W) of 0 and more, not {label.shape}")
    bits = next((bits for bits in (8, 16, 32) if label.max() < 2**bits), None)
    if bits is None:
        raise ValueError(f"numbers go to {2**32 - 1}, not {label.max()}: number the cells anew")
    return write(path, label.astype(f"uint{bits}"))


def save_probabilities(path, probabilities):
    """Write probabilities in [0, 1], (H, W) or (classes, H, W), and return the path.

    path: ends in .tif, for float32; or for (H, W) in .png, for 16 bits: 65,535 is 1. Raises ValueError otherwise.
    """
    path, values = Path(path), np.asarray(probabilities)
    if values.ndim not in (2, 3) or values.size == 0 or not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(f"probabilities are (H, W) or (classes, H, W) in [0, 1], not {values.shape}")
    if path.suffix.lower() == ".png":
        return write(path, np.rint(values * 65535).astype(np.uint16))
    return write(path, values.astype(np.float32))


def save_overlay(path, image, label):
    """Write an image with the borders of its cells or classes drawn on it, 8-bit RGB, and return the path.

    path: ends in .png or .tif. image: (H, W), (1, H, W) or (3, H, W) in [0, 1]; label: whole numbers (H, W).
    Raises ValueError where the two are not of one size.
    """
    from skimage.segmentation import find_boundaries

    image, label = np.asarray(image), np.asarray(label)
    image = image[None] if image.ndim == 2 else image
    if image.ndim != 3 or len(image) not in (1, 3) or image.shape[1:] != label.shape:
        raise ValueError(
            f"an overlay takes an image (H, W) or (3, H, W) and a label (H, W), not {image.shape}, {label.shape}"
        )
    picture = np.rint(255 * np.clip(np.repeat(image, 3 // len(image), axis=0), 0, 1)).astype(np.uint8)
    picture = np.ascontiguousarray(picture.transpose(1, 2, 0))
    picture[find_boundaries(label, mode="inner")] = OVERLAY
    return write(Path(path), picture)


def write(path, values):
    """Write an array as PNG or TIFF, by the path's ending, whole or not at all; return the path."""
    ending = path.suffix.lower()
    colour = values.ndim == 3 and values.shape[-1] == 3 and values.dtype == np.uint8
    if (
        ending not in (*TIFF, ".png")
        or ending == ".png"
        and (values.dtype.itemsize > 2 or values.ndim == 3 and not colour)
    ):
        raise ValueError(f"{path}: {values.dtype} {values.shape} is written as .tif: {path.with_suffix('.tif')}")
    with written_whole(path) as partial:
        if ending == ".png":
            from PIL import Image

            Image.fromarray(values).save(partial, format="PNG")
        else:
            import tifffile

            photometric = "rgb" if colour else "minisblack"
            tifffile.imwrite(partial, values, photometric=photometric)
    return path
