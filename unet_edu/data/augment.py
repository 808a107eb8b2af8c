"""Augmentation on the training device: thirty labelled slices become as many as training needs.

    draw            flip, angle, place, 3 × 3 displacements, greys, focus: random numbers, for each tile, from the CPU
      │
    coordinates     tile pixel ─► turned, flipped ─► moved ─► bent ─► folded at the mirrors ─► place in the image
      │
    warp            one look-up: images and weights interpolated, labels taken from the nearest pixel; then focus, greys

    ┌ · tile · · · · · · ┐   a tile may reach beyond the image: there the image is mirrored, without repeating
    · ╔═image═══════════╗·   the edge pixel, as numpy's "reflect" does. What is left of the tile when the network
    · ║  ┌ window ┐     ║·   has lost `margin` pixels a side, the window, lies on the image.
    · ║  └────────┘     ║·
    └ · · · · · · · · · ·┘

Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015, section 3.1:
shifts, rotations, grey value variations, and above all "smooth deformations using random displacement vectors on a
coarse 3 by 3 grid", Gaussian with a standard deviation of 10 pixels, bicubic in between. Flips are ours: tissue under
the microscope has no left and right. Where the paper is silent otherwise, a comment says so.
"""

from math import isfinite
from numbers import Real
from typing import NamedTuple

import torch
import torch.nn.functional as F

from unet_edu.data.cells import check_size

GRID = 3  # nodes a side, the paper's "coarse 3 by 3 grid"


class Draw(NamedTuple):
    """What happens to each of N tiles; tensors on the CPU.

    origin: float32 ``(N, 2)``, row and column in the image of the tile's first pixel before it is turned, pixels.
    angle: float64 ``(N,)``, degrees by which the picture turns anticlockwise, about the middle of the tile.
    flip: bool ``(N, 2)``: upside down, left to right; before it turns.
    nodes: float32 ``(N, 2, 3, 3)``, displacements in rows and in columns, pixels: how much further down and right in
    the image the tile's corners, middles of edges and centre look.
    greys: float32 ``(N, 3)``, gamma, contrast, brightness; None = as they are.
    focus: float32 ``(N,)``, how much of its fine detail a tile gets more (below 0: less); None = as it is.
    """

    origin: torch.Tensor
    angle: torch.Tensor
    flip: torch.Tensor
    nodes: torch.Tensor
    greys: torch.Tensor | None
    focus: torch.Tensor | None = None


def augment(
    images,
    labels,
    *,
    generator,
    size=None,
    margin=0,
    weights=None,
    sigma=10.0,
    rotation=180.0,
    flip=True,
    shift=16,
    grey=0.2,
    focus=0.0,
):
    """Return one new tile of each image, with the label (and the weight map) moved along.

    images: float32 ``(N, C, H, W)`` in [0, 1]; the range is not looked at. labels: whole numbers or bool ``(N, H, W)``.
    weights: float32 ``(N, H, W)``, for example weight maps, or None. All on one device; N is 1 or more.
    generator: a ``torch.Generator`` on the CPU; its state decides everything, on every device.
    size: the tile, pixels, one whole number or (height, width); default: the images' own; it may exceed them.
    margin: pixels that the network loses on each side: 92 for the paper's (572 ─► 388). The tile is placed so that the
    window without them lies on the image (or the image on the window, where that is larger).
    sigma: standard deviation of the nodes' displacements, pixels; the nodes lie on the tile, so the same sigma bends a
    smaller tile more. rotation: the angle is uniform in ± this, degrees.
    flip: each axis with probability 1/2. shift: pixels by which the window may leave the image, before it is turned.
    grey: 0 to 1: gamma and contrast are within a factor 1 + grey of 1, brightness within ± grey / 2.
    focus: 0 to 1: fine detail, which is a tile less its mean over some 5 × 5 pixels, is strengthened or weakened by at
    most this share of it. Sections of one stack differ in sharpness; the paper does not vary it, and neither does the
    default.

    Returns tiles float32 ``(N, C, h, w)``, within [0, 1] unless grey is 0, and labels ``(N, h, w)`` of the same type
    with the same values; with `weights` also those, ``(N, h, w)``. The caller crops labels and weights by `margin`.
    Setting one of the last six to 0 (flip to False) leaves the random numbers of the others as they are.
    Raises TypeError or ValueError for anything else.
    """
    _check_tensors(images, labels, weights)
    image_size = tuple(images.shape[2:])
    size = image_size if size is None else check_size(size)
    drawn = draw(
        len(images),
        image_size,
        size,
        generator=generator,
        margin=margin,
        sigma=sigma,
        rotation=rotation,
        flip=flip,
        shift=shift,
        grey=grey,
        focus=focus,
    )
    return warp(images, labels, drawn, size, weights)


def draw(
    n, image_size, size, *, generator, margin=0, sigma=10.0, rotation=180.0, flip=True, shift=16, grey=0.2, focus=0.0
):
    """Return the random numbers for n tiles of `size` (h, w) from images of `image_size` (H, W): a ``Draw``.

    Arguments and errors as for ``augment``. Always in the same order, drawn on the CPU; those of `focus` come last, and
    only where it is varied.
    """
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator is a torch.Generator, not {generator!r}: `torch.Generator().manual_seed(0)`")
    if generator.device.type != "cpu":
        raise ValueError(
            f"generator is one on the CPU, so that a seed means the same on every device, not on {generator.device}"
        )
    _check_pixels(margin, "margin", (min(size) - 1) // 2)
    _check_pixels(shift, "shift", 4096)
    for value, name, most in (
        (sigma, "sigma", 1000),
        (rotation, "rotation", 180),
        (grey, "grey", 1),
        (focus, "focus", 1),
    ):
        _check_number(value, name, most)

    place, turn, flips = (torch.rand(n, k, generator=generator, dtype=torch.float64) for k in (2, 1, 2))
    nodes = torch.randn(n, 2, GRID, GRID, generator=generator) * sigma
    greys = torch.rand(n, 3, generator=generator) * 2 - 1
    detail = (torch.rand(n, generator=generator) * 2 - 1) * focus if focus else None

    window = torch.tensor(size) - 2 * margin
    room = torch.tensor(image_size) - window
    # Without the overhang a corner of the image would be seen in one place of thousands.
    low, high = room.clamp(max=0) - shift, room.clamp(min=0) + shift
    origin = low + (place * (high - low + 1)).floor() - margin

    # Paper: "rotation", no range. Under the microscope, tissue has no upside: all angles are alike.
    angle = (turn[:, 0] * 2 - 1) * rotation
    # Paper: "gray value variations", no more. Gamma and contrast are factors, so they are uniform in the logarithm.
    greys = torch.cat([(1 + grey) ** greys[:, :2], greys[:, 2:] * grey / 2], 1) if grey else None
    return Draw(origin.float(), angle, (flips < 0.5) & bool(flip), nodes, greys, detail)


def displacements(nodes, size):
    """Interpolate, bicubically, the nodes' displacements to the pixels of a tile.

    nodes: ``(N, 2, 3, 3)``, pixels; they lie on the tile's corners, middles of edges and centre. size: (h, w), pixels.
    Returns ``(N, 2, h, w)``, pixels, which passes through the nodes.
    """
    # Paper: "bicubic", not which, nor how far the grid reaches. This is PyTorch's cubic convolution (Keys 1981, with
    # a = −0.75), which repeats the outer nodes beyond the edge.
    return F.interpolate(nodes, size=tuple(size), mode="bicubic", align_corners=True)


def coordinates(drawn, size, device=None):
    """Return where in the image the pixels of each tile come from, before anything is mirrored.

    drawn: a ``Draw`` for N tiles. size: (h, w), pixels.
    Returns rows and columns, two tensors float32 ``(N, h, w)`` on `device`, pixels, whole numbers at pixel centres.
    """
    h, w = size
    y = torch.arange(h, device=device)[:, None] - (h - 1) / 2  # (h, 1), from the middle of the tile
    x = torch.arange(w, device=device)[None, :] - (w - 1) / 2  # (1, w)

    def each(numbers):  # (N,) ─► (N, 1, 1)
        return numbers.to(device, torch.float32)[:, None, None]

    # In float64 the cosine of 90° is zero for all purposes: a quarter turn hits pixel centres exactly.
    angle = torch.deg2rad(drawn.angle.double())
    cos, sin, sign = angle.cos(), angle.sin(), 1 - 2 * drawn.flip.double()
    bend = displacements(drawn.nodes.to(device), size)
    rows = each(sign[:, 0] * cos) * y + each(sign[:, 0] * sin) * x
    columns = each(sign[:, 1] * cos) * x - each(sign[:, 1] * sin) * y
    rows = rows + each(drawn.origin[:, 0]) + (h - 1) / 2 + bend[:, 0]
    columns = columns + each(drawn.origin[:, 1]) + (w - 1) / 2 + bend[:, 1]
    return rows, columns


def mirror(position, n):
    """Fold positions into [0, n − 1] by mirrors on the first and the last pixel's centre: −1 ─► 1, n ─► n − 2."""
    # Paper: "mirroring", not whether the edge pixel is repeated. Not repeating it is numpy's "reflect".
    return (n - 1) - (torch.remainder(position, 2 * (n - 1)) - (n - 1)).abs()


def warp(images, labels, drawn, size, weights=None):
    """Return tiles of `size` (h, w), made with the numbers `drawn`; arguments, result and errors as for ``augment``.

    Images and weights are interpolated linearly (paper: silent), in one pass; a label is that of the nearest pixel
    (paper: silent), so that no label appears that was not there. Where every coordinate is whole, as in a flip, a
    quarter turn or a shift, values come through bit for bit.
    """
    _check_tensors(images, labels, weights)
    n, channels, height, width = images.shape
    if len(drawn.origin) != n:
        raise ValueError(f"drawn is for {len(drawn.origin)} tiles, the images are {n}")
    rows, columns = coordinates(drawn, size, images.device)
    rows, columns = mirror(rows, height), mirror(columns, width)  # (N, h, w)

    nearest = rows.round().long() * width + columns.round().long()
    moved_labels = labels.flatten(1).gather(1, nearest.flatten(1)).view(n, *size)

    # grid_sample wants positions as fractions of the image. Rounding shifts them by some 1e-5 pixels, but not where the
    # number of pixels is a power of two: pixel centres are exact binary fractions then. What fills up is never read.
    sources = images if weights is None else torch.cat([images, weights[:, None]], 1)
    full_h, full_w = (1 << (side - 1).bit_length() for side in (height, width))
    sources = F.pad(sources, (0, full_w - width, 0, full_h - height))
    where = torch.stack([(2 * columns + 1) / full_w - 1, (2 * rows + 1) / full_h - 1], -1)  # (N, h, w, 2)
    moved = F.grid_sample(sources, where, mode="bilinear", align_corners=False)  # (N, C, h, w)

    tiles = moved[:, :channels]
    if drawn.focus is not None:
        tiles = _focused(tiles, drawn.focus.to(images.device))
    if drawn.greys is not None:
        tiles = _vary(tiles, drawn.greys.to(images.device))
    return (tiles, moved_labels) if weights is None else (tiles, moved_labels, moved[:, channels])


def _focused(images, focus):
    """Strengthen fine detail, the image less its mean; over 3 × 3 pixels twice, which is smoother than 5 × 5 once."""
    mean = images
    for _ in range(2):
        mean = F.avg_pool2d(F.pad(mean, (1, 1, 1, 1), mode="reflect"), 3, stride=1)
    return images + focus[:, None, None, None] * (images - mean)


def _vary(images, greys):
    """Gamma, then contrast about the middle grey, then brightness; back into [0, 1]."""
    gamma, contrast, brightness = greys.T[:, :, None, None, None]  # each (N, 1, 1, 1)
    return ((images.clamp(0, 1) ** gamma - 0.5) * contrast + 0.5 + brightness).clamp(0, 1)


def _check_tensors(images, labels, weights):
    for value, name, axes in (
        (images, "images", "N, C, H, W"),
        (labels, "labels", "N, H, W"),
        (weights, "weights", "N, H, W"),
    ):
        if name == "weights" and value is None:
            continue
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{name} are a torch tensor ({axes}), not {type(value).__name__}; see torch.as_tensor")
        if value.ndim != len(axes.split(", ")):
            raise ValueError(f"{name} are a tensor ({axes}), not of shape {tuple(value.shape)}")
        if name != "labels" and value.dtype != torch.float32:
            raise TypeError(f"{name} are float32, not {value.dtype}; convert with `{name}.float()`")
        if value.device != images.device:
            raise ValueError(f"{name} are on {value.device}, the images on {images.device}; move one of them")
        expected = (images.shape[0], *images.shape[2:])
        if name != "images" and tuple(value.shape) != expected:
            raise ValueError(f"{name} of these images are of shape {expected}, not {tuple(value.shape)}")
    if labels.dtype.is_floating_point or labels.dtype.is_complex:
        raise TypeError(f"labels are whole numbers or bool, not {labels.dtype}; convert with `labels.long()`")
    n, _, height, width = images.shape
    if n == 0 or min(height, width) < 2:
        raise ValueError(
            f"images are at least one, of 2 × 2 pixels or more (a mirror needs a neighbour), not {tuple(images.shape)}"
        )


def _check_pixels(value, name, most):
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is a whole number of pixels, not {value!r}")
    if not 0 <= value <= most:
        raise ValueError(
            f"{name} is 0 to {most} pixels, not {value}; the nearest legal value is {min(max(value, 0), most)}"
        )


def _check_number(value, name, most):
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} is a number, not {value!r}")
    if not (isfinite(value) and 0 <= value <= most):
        nearest = most if value > most else 0
        raise ValueError(f"{name} is 0 to {most}, not {value}; the nearest legal value is {nearest}")
