"""Images of any size, a page at a time: read, predicted, written, and the next.

pages_of(path)                    values of each page; of a TIFF stack only one is in memory, or a map of the file
predict_files(net, images, out)   probabilities/NAME.tif   float32, a page for each page
                                  masks/NAME.tif           0 and 255; of more classes classes/NAME.tif
    instances=True                labels/NAME.tif          numbers 1…n in each page
                                  overlays/NAME.png        their borders on the image
                                  areas.csv                image, page, number, place, area, diameter of each
"""

import csv
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unet_edu.data import files
from unet_edu.files import written_whole
from unet_edu.own.segment import Area, areas, effects, instances, read, segment
from unet_edu.own.survey import stretched
from unet_edu.predict import MAX_MEMORY

LARGE = 2**26  # pixels; a larger page is written through a map of the file, not from memory


class Found(NamedTuple):
    """What was found on a page. name: of the page; count: of its objects, None without `instances`; text: a line."""

    name: str
    count: int | None
    text: str


def pages_of(path):
    """Yield each page of an image file as `unet_edu.data.files.Page`; of a TIFF stack one after the other.

    An uncompressed TIFF of one page is a memory map. Raises OSError or ValueError, with the file's name, as
    `unet_edu.data.files.pages` does.
    """
    path = Path(path)
    if path.suffix.lower() in files.TIFF:
        import tifffile

        try:
            with tifffile.TiffFile(path) as file:
                (series,) = file.series if len(file.series) == 1 else (None,)
                if (
                    series is not None
                    and series.axes[-2:] == "YX"
                    and len(series.pages) == series.size // (series.shape[-1] * series.shape[-2])
                ):
                    several = len(series.pages) > 1
                    for number, page in enumerate(series.pages):
                        values = (
                            tifffile.memmap(path, mode="r") if page.is_memmappable and not several else page.asarray()
                        )
                        yield files.Page(values, f"{path}, page {number}" if several else str(path))
                    return
        except (tifffile.TiffFileError, IndexError) as error:
            raise ValueError(f"{path}: cannot be read as TIFF ({error})") from None
    yield from files.pages(path)


def for_net(page, trained):
    """Return the values of a page with as many channels as the network takes, (C, H, W); raise ValueError otherwise."""
    wanted = trained.net.in_channels
    values = page.values
    if values.ndim == 2:
        return np.broadcast_to(values, (wanted, *values.shape))
    (array,), _ = files.as_channels([page])
    if len(array) == 1:
        return np.broadcast_to(array, (wanted, *array.shape[1:]))
    if len(array) != wanted:
        raise ValueError(
            f"{page.name}: {len(array)} channels, but the network learned images of {wanted}: "
            + ("make it grey, as those were" if wanted == 1 else f"give it images of {wanted}")
        )
    return array


def warn_of_white(name, image, scale):
    """Give a warning where an image reaches far beyond the grey value that was white in training."""
    if scale is not None and (highest := float(image.max())) > 1.05 * scale[1]:
        warnings.warn(
            f"{name}: grey values reach {highest:g}, and {scale[1]:g} was white in training: all above is cut off. "
            "Export these images with as many bits as those",
            stacklevel=3,
        )


def predict_files(net_file, images, out, *, numbered=False, max_memory=MAX_MEMORY, device=None, progress=None):
    """Write what a network finds in images to a folder, a page at a time; yield a ``Found`` for each page.

    net_file: as of `segment`. images: a folder, a file or a list of paths. numbered: also numbered objects, overlays
    and a table of areas. The rest as of `segment`. Raises what `segment` and `unet_edu.data.files.pages` raise.
    """
    trained, out = read(net_file), Path(out)
    paths = files.listed(images)
    if not paths:
        raise FileNotFoundError(f"there is no image in {images}; files may end in {', '.join(files.ENDINGS)}")
    if numbered and trained.threshold is None:
        raise ValueError(f"the network has {trained.classes} classes, and objects are numbered where there are two")
    names = [path.stem for path in paths]
    names = [path.name.replace(".", "_") if names.count(path.stem) > 1 else path.stem for path in paths]
    lines = []
    for path, name in zip(paths, names, strict=True):
        with Stack(out, name, trained, numbered) as stack:
            for page in pages_of(path):
                found, rows = stack.add(page, max_memory, device, progress)
                lines += [
                    (path.name, found.name.rpartition(", page ")[2] if ", page " in found.name else 0, *row)
                    for row in rows
                ]
                yield found
    if numbered:
        write_table(out / "areas.csv", lines)


class Stack:
    """The files of results of one image file, written page by page; whole when the block ends, or not there."""

    def __init__(self, out, name, trained, numbered):
        self.out, self.name, self.trained, self.numbered = out, name, trained, numbered
        self.files, self.writers, self.pages = ExitStack(), {}, 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return self.files.__exit__(*error)

    def add(self, page, max_memory, device, progress):
        """Write what is found on a page; return (Found, lines of the table)."""
        trained, image = self.trained, for_net(page, self.trained)
        options = {
            "scale": None if trained.greys == "own" else getattr(trained.net, "scaling", None),
            "max_memory": max_memory,
            "device": device,
            "progress": progress,
        }
        warn_of_white(page.name, image, options["scale"])
        if image[0].size > LARGE and page.name.rpartition(", page ")[1] == "":
            probability = segment(trained, image, out=self.map_of_file("probabilities", image, trained), **options)
        else:
            probability = segment(trained, image, **options)
            self.write("probabilities", probability)
        self.pages += 1
        if trained.classes > 2:
            self.write("classes", probability.argmax(axis=0).astype(np.uint8))
            return Found(page.name, None, "classes"), []
        inside = probability > trained.threshold
        self.write("masks", inside.astype(np.uint8) * 255)
        if not self.numbered:
            return Found(page.name, None, f"{inside.mean():.1%} of the pixels are inside"), []
        numbers = instances(probability, **trained.cut())
        self.write("labels", numbers.astype(np.uint16 if numbers.size < 2**16 * trained.smallest else np.uint32))
        self.overlay(image, numbers)
        rows = areas(numbers)
        return Found(page.name, len(rows), f"{len(rows)} objects; {effects(probability, **trained.cut())}"), rows

    def partial(self, kind):
        """Return the path to write a file of results to, until it is whole."""
        return self.files.enter_context(written_whole(self.out / kind / f"{self.name}.tif"))

    def write(self, kind, values):
        """Write a page."""
        import tifffile

        if kind not in self.writers:
            self.writers[kind] = self.files.enter_context(tifffile.TiffWriter(self.partial(kind), bigtiff=True))
        self.writers[kind].write(values, photometric="minisblack", contiguous=True)

    def map_of_file(self, kind, image, trained):
        """Return a memory map of a file of results, to write a large image into without holding it."""
        import tifffile

        shape = image.shape[1:] if trained.classes == 2 else (trained.classes, *image.shape[1:])
        return tifffile.memmap(
            self.partial(kind), shape=shape, dtype=np.float32, photometric="minisblack", bigtiff=True
        )

    def overlay(self, image, numbers):
        """Write the picture of a page; of a very large one there is none."""
        if image[0].size > LARGE:
            return
        shown = stretched(image)
        shown = shown if len(shown) in (1, 3) else shown[:1]
        name = self.name if self.pages == 1 else f"{self.name}_{self.pages}"
        files.save_overlay(self.out / "overlays" / f"{name}.png", shown, numbers)


def write_table(path, lines):
    """Write the areas of all objects as CSV: image, page, and the fields of ``Area``."""
    with written_whole(path) as partial, open(partial, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "page", *Area._fields))
        writer.writerows(lines)
    return path
