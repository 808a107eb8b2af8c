"""Class probabilities of every pixel of an image of any size: the overlap-tile strategy, exact, in bounded memory.

    image, mirrored beyond its border          one tile after the other          probabilities

    ┌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┐                ┌╌╌╌╌╌╌╌┐   444 pixels
    ╎ ┌───────────┐ ╎   cut out      ╎ ┌───┐ ╎   the network      ┌───┬───────┐
    ╎ │           │ ╎  ──────────▶   ╎ │260│ ╎  ──────────▶       │256│       │
    ╎ │    512    │ ╎                ╎ └───┘ ╎   260 pixels       ├───┘       │
    ╎ └───────────┘ ╎                └╌╌╌╌╌╌╌┘                    └───────────┘
    └╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┘

Ronneberger et al. (2015), section 2 and figure 2, lay the outputs edge to edge. Here they stand a multiple of 2^depth
pixels apart, a little closer: then all poolings lie on one grid, and the tiles give what one large pass would give.
The mirrored image never exists as a whole: each tile is cut out by a list of row numbers and one of column numbers.
"""

import math
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby, product

import numpy as np
import torch
from torch.func import functional_call
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

from unet_edu.arithmetic import Piece, border, grid_step, nearest_valid, plan, tile_plan, unet_macs
from unet_edu.greys import bit_depth, check_scale, filled, scaled_by
from unet_edu.models.padded import PaddedUNet
from unet_edu.models.sliding_window import SlidingWindowNet, mirrored
from unet_edu.pace import channels_last, pace

MAX_MEMORY = 2**31  # bytes: enough for the paper's network to take a slice of 512 × 512 in one pass
SLACK = 2.25  # memory that allocators hold beside what is in use: glibc's was seen to hold 2.0 times as much
BLOCK = 16  # CPU convolutions copy maps into blocks of that many channels
WINDOW_BYTES = 2**23  # what one window of the sliding-window network takes
TILED = ("depth", "base_width", "in_channels", "num_classes")  # what a network has that is to be given tiles
NARROWER = 8  # times less contrast than in training, and an image was probably scaled in another way
VIEWS = tuple((turns, flipped) for flipped in (False, True) for turns in range(4))  # the first is the image as it is


def predict(net, image, *, scale=None, max_memory=MAX_MEMORY, average8=False, progress=None, device=None):
    """Return the class probabilities, float32 (num_classes, H, W), of an image (H, W) or (C, H, W) in [0, 1].

    image: floats, a numpy array (also a memory map) or a tensor; any H and W from 1 on.
    scale: the value that becomes 1, such as 255, or the two that become 0 and 1; then the image may hold whole numbers
        too, and what lies beyond the two is cut off. It is scaled tile by tile: a memory map is never copied as a
        whole. None: the `scaling` that the network carries, for whole numbers.
    max_memory: bytes that the network's maps may take (`pass_bytes`); the image, the result, 4·num_classes·H·W bytes,
        and the weights come on top.
    average8: average over the 8 ways to turn and flip the image by whole pixels; the paper averages over 7 rotated
        versions and does not say which. Takes 8 times as long and no more memory.
    progress: show a bar; None means once the work takes longer than 3 seconds.
    device: where to compute; None means where the network is. `unet_edu.device.best_device()` finds the fastest.

    A network with `UNet`'s attributes depth, base_width, in_channels and num_classes is taken for one of valid
    convolutions: its input sizes and the border that it loses follow from its depth (`unet_edu.arithmetic`). It gets
    the cheapest tiles that fit into max_memory, and the result is that of one pass over the whole mirrored image, but
    for rounding (1e-5). The image is mirrored without repeating its border pixel, a small one again and again; the
    paper does not say which kind of mirroring it means.
    A `SlidingWindowNet` gets a window for each pixel. Every other network, `PaddedUNet` too, gets the whole image in
    one pass, and its logits must be of the image's own size: tiles would not be exact. A pass that would take more than
    max_memory is refused before it begins, unless the network looks at the values that it computes: then its memory is
    not known beforehand.

    A network may carry `normalisation = (mean, std)`: then it gets (image - mean) / std. It computes in eval mode;
    afterwards its modes and its device are as they were. `DataParallel` and the like are taken off first.

    The probabilities are the softmax of the logits. Of a network with one channel, for which a softmax is 1 everywhere,
    they are the sigmoid, (1, H, W). Where the network ends in a softmax or sigmoid itself, its output is taken as it
    is, with a warning. Another warns of an image that fills far less of [0, 1] than those that the network learned.

    Raises TypeError or ValueError for an image that is not as above, holds NaN or leaves [0, 1]; ValueError where
    max_memory is too small (the message gives the least that does), the device is not there, or the network's output is
    of another size or not finite.
    """
    net = unwrapped(net)
    image, scale = check_image(image, getattr(net, "in_channels", None), scale, getattr(net, "scaling", None))
    warn_of_narrow(net, image, scale)
    max_memory = check_memory(max_memory)
    views = VIEWS if average8 else VIEWS[:1]
    result = None
    with ready(net, device) as home:
        covers = [TileCover(net, dihedral(image, view).shape, max_memory, home) for view in views]
        with bar(progress, total=sum(len(cover.pieces) for cover in covers)) as shown:
            for view, cover in zip(views, covers, strict=True):
                seen = dihedral(image, view)
                for pieces in cover.batches():
                    tiles = np.stack([scaled(cover.cut(seen, piece), scale) for piece in pieces])
                    found = probabilities(net, tiles, max_memory, home)
                    if result is None:
                        result = np.zeros((found.shape[1], *image.shape[1:]), np.float32)
                    there = dihedral(result, view)  # a view in numpy's sense too: what is added to it is in the result
                    for each, piece in zip(found, pieces, strict=True):
                        there[:, *piece.target] += each[:, *piece.kept] / len(views)
                    shown.update(len(pieces))
    return result


def dihedral(image, view):
    """Return (C, H, W) rotated by quarter turns, then perhaps flipped left to right (one of `VIEWS`), without a copy.

    The eight of them are the dihedral group of the square.
    """
    turns, flipped = view
    image = np.rot90(image, turns, axes=(1, 2))
    return image[:, :, ::-1] if flipped else image


def probabilities(net, tiles, max_memory, device):
    """Return the probabilities (N, num_classes, h, w) of tiles (N, C, H, W), both numpy arrays."""
    like = next(net.parameters(), torch.empty(0))  # without weights: float32
    mean, std = normalisation(net)
    tiles = (torch.from_numpy(tiles).to(device, like.dtype) - mean) / std
    if is_unet(net):  # the steps of another network may depend on the order
        tiles = channels_last(tiles)
    with torch.inference_mode():
        if isinstance(net, SlidingWindowNet):
            at_once = min(max(max_memory // WINDOW_BYTES, 1), 64)
            found = net.predict(tiles[0], batch_size=at_once).probabilities[None]
        else:
            logits = net(tiles)
            check_logits(net, logits, tiles.shape)
            found = as_probabilities(net, tiles, logits.float())
    if not torch.isfinite(found).all():
        raise ValueError("the network's output is not finite: look for NaN or infinity in its weights")
    return found.cpu().numpy()


def as_probabilities(net, tiles, logits):
    """Return the softmax of logits (N, classes, h, w), the sigmoid of a single channel; what is one already, as it is.

    A network's last step is looked at only where its output could be probabilities.
    """
    one = logits.shape[1] == 1
    if logits.min() >= 0 and logits.max() <= 1 and (last := last_step(net, tiles)):
        warnings.warn(
            f"{type(net).__name__} ends in a {last}: its output is taken for probabilities as it is, since another "
            f"{'sigmoid' if one else 'softmax'} would press them together. For training let it end in logits, one step "
            "earlier: the loss applies the softmax itself",
            stacklevel=4,
        )
        return logits
    return logits.sigmoid() if one else logits.softmax(dim=1)


class LastSteps(TorchDispatchMode):
    """Remember what softmax and sigmoid made, while operations run: {storage: "softmax" or "sigmoid"}."""

    NAMES = {"aten::_softmax": "softmax", "aten::softmax": "softmax", "aten::sigmoid": "sigmoid"}

    def __init__(self):
        super().__init__()
        self.made = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            storage, schema = StorageWeakRef(made.untyped_storage()), function._schema
            if storage not in self.made or schema.is_mutable:  # else a view: it holds what its base holds
                self.made[storage] = self.NAMES.get(schema.name.removesuffix("_"))
        return made


def last_step(net, tiles):
    """Return "softmax" or "sigmoid" where one of them makes a network's output, None where something else does."""
    with LastSteps() as steps:
        logits = net(tiles)
    return steps.made.get(StorageWeakRef(logits.untyped_storage()))


def unwrapped(net):
    """Return the network inside `DataParallel`, `DistributedDataParallel` or what `torch.compile` returns."""
    while isinstance(net, torch.nn.DataParallel | torch.nn.parallel.DistributedDataParallel):
        net = net.module
    return net


@contextmanager
def ready(net, device):
    """Put the network into eval mode and on the device, which is handed out; afterwards put it back."""
    home = next(net.parameters(), next(net.buffers(), torch.empty(0))).device
    try:
        wanted = home if device is None else torch.device(device)
        torch.empty(0, device=wanted)
    except (RuntimeError, AssertionError, TypeError) as error:  # AssertionError: PyTorch was built without it
        raise ValueError(
            f"there is no device {device!r} here ({str(error).splitlines()[0]}); `device=None` computes where "
            f"the network is: on {home}"
        ) from None
    modes = [(module, module.training) for module in net.modules()]
    try:
        if wanted != home:
            net.to(wanted)
        net.eval()
        yield wanted
    finally:
        for module, training in modes:
            module.training = training
        if wanted != home:
            net.to(home)


def bar(progress, total):
    """Return a progress bar over tiles; without `progress` it appears after 3 seconds."""
    from tqdm.auto import tqdm

    return tqdm(total=total, desc="predict", unit="tile", disable=progress is False, delay=3 if progress is None else 0)


# ------------------------------------------------------------------------------------------------------------- tiles


class TileCover:
    """Which pieces of an image the network gets, one after the other.

    pieces: list of `unet_edu.arithmetic.Piece`, largest first; their targets cover the image and do not overlap, so
    that averages count each pixel once.
    """

    def __init__(self, net, shape, max_memory, device):
        _, height, width = shape
        if takes_tiles(net):
            edge, step = border(net.depth), grid_step(net.depth)  # the step: what the last tile may need beyond
            self.pieces, size = cheapest(net, (height, width), max_memory)
            # A CPU is busy with one tile, a GPU with as many as there is memory for.
            self.at_once = 1 if device.type == "cpu" else max_memory // network_bytes(net, size)
        else:
            check_fits(net, shape, max_memory)
            edge, step, self.at_once = 0, 0, 1
            whole = (slice(0, height), slice(0, width))
            self.pieces = [Piece(whole, whole, whole)]
        # Row number r of the mirrored image is row number rows[r] of the image; likewise columns.
        self.rows, self.columns = (mirrored(side, edge + step)[step:].numpy() for side in (height, width))

    def cut(self, image, piece):
        """Return the pixels (C, h, w) that a piece needs of image (C, H, W), mirrored where they lie outside."""
        rows, columns = piece.source
        return np.ascontiguousarray(image[:, self.rows[rows, None], self.columns[columns]], np.float32)

    def batches(self) -> Iterator[list[Piece]]:
        """Yield lists of pieces of one size that go through the network together."""
        for _, same in groupby(self.pieces, key=input_size):
            same = list(same)
            for first in range(0, len(same), self.at_once):
                yield same[first : first + self.at_once]


def takes_tiles(net):
    """Return whether a network is one of valid convolutions, by its attributes; `PaddedUNet` has them and is not."""
    return is_unet(net) and not isinstance(net, PaddedUNet)


def is_unet(net):
    """Return whether a network has the attributes of `UNet`."""
    return all(hasattr(net, name) for name in TILED)


def input_size(piece):
    """Return the height and width of a piece's input."""
    return tuple(side.stop - side.start for side in piece.source)


def cheapest(net, size, max_memory):
    """Return the cheapest pieces whose pass fits into max_memory, and the (height, width) of the largest.

    They are those of the plans of `tile_plan`, but a tile is no longer than the image needs: a single tile for an image
    of 512 × 100 is 700 × 284. The cheapest is the plan of fewest multiply-adds, for a large image on a CPU the quickest
    by the seconds of a few tiles (`unet_edu.pace`). Raises ValueError where even the smallest does not fit.
    """
    channels = {"base_width": net.base_width, "in_channels": net.in_channels, "num_classes": net.num_classes}
    timed = None
    if next(net.parameters()).device.type == "cpu":
        timed = pace(net, math.prod(size), lambda tile: network_bytes(net, tile) <= max_memory)
    best, least = None, None
    for square in tile_plan(size, net.depth, **channels):
        axes = [spans(side, count, square.stride, net.depth) for side, count in zip(size, square.counts, strict=True)]
        heights, widths = (Counter(source.stop - source.start for source, _, _ in axis) for axis in axes)
        largest = (max(heights), max(widths))
        memory = network_bytes(net, largest)
        least = memory if least is None else min(least, memory)
        if memory > max_memory or (timed and max(largest) > timed.sizes[-1]):
            continue
        cost = 0
        for (height, rows), (width, columns) in product(heights.items(), widths.items()):
            macs = unet_macs((height, width), depth=net.depth, **channels)
            cost += rows * columns * (timed.seconds(height, width, macs) if timed else macs)
        if best is None or (cost, memory) < best[0]:
            best = (cost, memory), axes, largest
    if best is None:
        raise too_little(max_memory, least)
    _, (rows, columns), largest = best
    pieces = [Piece(*zip(row, column, strict=True)) for row in rows for column in columns]
    return sorted(pieces, key=input_size, reverse=True), largest


def too_little(max_memory, least, what="one pass over the smallest tile"):
    """Return the ValueError for a max_memory that is less than `what` takes, `least` bytes."""
    return ValueError(
        f"max_memory is {max_memory:,} bytes, and {what} takes about {least:,}; the smallest legal "
        f"max_memory is {least}"
    )


def spans(side, count, stride, depth):
    """Return for each of `count` tiles along an axis the slices (source, kept, target), as in `Piece`."""
    found = []
    for number in range(count):
        first = number * stride
        stop = side if number == count - 1 else first + stride
        needed = nearest_valid(stop - first + 2 * border(depth), depth)[1]
        found.append((slice(first, first + needed), slice(0, stop - first), slice(first, stop)))
    return found


# ------------------------------------------------------------------------------------------------------------ memory


def network_bytes(net, size):
    """Return `pass_bytes` of a network with the attributes of `UNet`, in its own precision."""
    itemsize = next(net.parameters()).element_size()
    return pass_bytes(size, net.base_width, net.in_channels, net.num_classes, net.depth, itemsize)


def pass_bytes(size, base_width=64, in_channels=1, num_classes=2, depth=4, itemsize=4) -> int:
    """Return an estimate of the bytes that one U-Net pass over a tile of `size`, (height, width), takes at its worst.

    Channels × height × width × itemsize of all maps that are alive at once, at the worst moment: that is at the top of
    the expansive path, where the skip map of level 0, the map below, the up-convolved and the joined map are all still
    there while the two convolutions work. A convolution counts twice what it reads and what it writes, since it may
    copy both into another layout, of whole blocks of 16 channels. All that times 2.25, for what allocators waste.
    Runs measured on CPUs took 0.3 to 0.9 of it; the weights are not in it. Raises SizeError for an illegal size.
    """
    rows, columns = (plan(side, depth).levels for side in size)

    def pixels(level, path, number):  # of the map after layer `number` of one side of a level
        return getattr(rows[level], path)[number] * getattr(columns[level], path)[number]

    def convolutions(reads, area, path, level, others):  # the most that is alive in two convolutions and their ReLUs
        width = base_width * 2**level
        first, second = (pixels(level, path, number) for number in (1, 2))
        x = reads * area
        return max(
            others + x + width * first + blocks(reads) * area + blocks(width) * first,
            others + x + width * (first + second) + blocks(width) * (first + second),
        )

    kept, peak = 0, 0  # kept: skip maps; all counts are numbers, not yet bytes
    coming = in_channels
    for level in range(depth + 1):
        width = base_width * 2**level
        peak = max(peak, convolutions(coming, pixels(level, "down", 0), "down", level, kept))
        if level < depth:
            kept += width * pixels(level, "down", 2)
        coming = width
    below = coming * pixels(depth, "down", 2)
    for level in reversed(range(depth)):
        width = base_width * 2**level
        area = pixels(level, "up", 0)
        up = width * area
        peak = max(peak, convolutions(2 * width, area, "up", level, kept + below + up))
        kept -= width * pixels(level, "down", 2)
        below = width * pixels(level, "up", 2)
    result = pixels(0, "up", 2) if depth > 0 else pixels(0, "down", 2)
    peak = max(peak, below + 3 * num_classes * result)  # logits, probabilities, and a copy
    return int(SLACK * peak * itemsize)


def blocks(channels):
    """Return the number of channels in whole blocks."""
    return -(-channels // BLOCK) * BLOCK


def check_fits(net, shape, max_memory):
    """Raise ValueError where one pass of a network over a whole image (C, H, W) takes more than max_memory."""
    if isinstance(net, SlidingWindowNet):
        return  # it bounds itself
    needed = dry_run_bytes(net, (1, *shape))
    if needed is not None and needed > max_memory:
        raise ValueError(
            f"one pass of {type(net).__name__} over {shape[1]} × {shape[2]} pixels takes about {needed:,} bytes, more "
            f"than max_memory = {max_memory:,}, and tiles would not be exact for a network of this kind: allow "
            f"`max_memory={needed}`, or give it smaller images"
        )


def dry_run_bytes(net, shape):
    """Return what `pass_bytes` estimates, for any network: found by a run without values, which computes nothing.

    shape: (N, C, H, W). Returns None where the network cannot run without values, and its memory is not known.
    """
    like = next(net.parameters(), torch.empty(0))
    state = {name: value.to("meta") for name, value in (*net.named_parameters(), *net.named_buffers())}
    images = torch.empty(shape, dtype=like.dtype, device="meta")
    with torch.no_grad(), LiveMaps(images) as live:
        try:
            functional_call(net, state, images)
        except RuntimeError:  # it looks at values, or does not take this size, which the real run will report
            return None
    return int(SLACK * live.peak)


class LiveMaps(TorchDispatchMode):
    """Follow how many bytes of tensors are alive while operations run; `peak` is the most that there were."""

    def __init__(self, *tensors):
        super().__init__()
        self.alive = {}  # storage: its bytes
        self.peak = 0
        self.meet(tensors, 0)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        copies = 0
        if function is torch.ops.aten.convolution.default:
            copies = sum(blocks(x.shape[1]) * x[:, 0].numel() * x.element_size() for x in (args[0], made))
        self.meet(made if isinstance(made, tuple | list) else (made,), copies)
        return made

    def meet(self, tensors, copies):
        """Count new tensors in and dead ones out; `copies` bytes are needed for this moment only."""
        for tensor in tensors:
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self.alive[StorageWeakRef(storage)] = storage.nbytes()
        self.alive = {storage: size for storage, size in self.alive.items() if not storage.expired()}
        self.peak = max(self.peak, sum(self.alive.values()) + copies)


# ------------------------------------------------------------------------------------------------ checking arguments


def scaled(tile, scale):
    """Return a tile with scale[0] as 0 and scale[1] as 1, cut off beyond; as it is for None."""
    return tile if scale is None else np.clip((tile - scale[0]) / np.float32(scale[1] - scale[0]), 0, 1)


def warn_of_narrow(net, image, scale):
    """Give a warning where an image fills far less of [0, 1] than the images that the network learned did."""
    if getattr(net, "normalisation", None) is None:
        return
    _, std = normalisation(net)
    rows, columns = (max(side // 512, 1) for side in image.shape[1:])  # a sample will do
    seen = scaled(image[:, ::rows, ::columns].astype(np.float32), scale)
    if 0 < seen.std() < std / NARROWER:
        low, high = filled([seen])
        warnings.warn(
            f"the image fills {low:.3f} … {high:.3f} of [0, 1], with a standard deviation of {seen.std():.3g}; those "
            f"that the network learned had {std:.3g}. Scale it as they were scaled: 12 bits in a file of 16 are "
            "divided by 4095, not by 65535",
            stacklevel=3,
        )


def check_image(image, channels, scale=None, scaling=None):
    """Return (image, scale): a numpy array (C, H, W) in [0, 1] after scaling; else raise TypeError or ValueError.

    channels: how many the network takes; None where it has no such attribute. scale: as for `predict`. scaling: what
    the network carries. The scale that is returned is (low, high), or None where there is nothing to scale.
    """
    if isinstance(image, torch.Tensor):
        image = image.detach().cpu()
        image = (image.float() if image.dtype == torch.bfloat16 else image).numpy()
    image = np.asarray(image)
    whole = image.dtype.kind in "iu"
    if scale is None and whole and scaling is not None:
        scale = scaling
    one_number = np.isscalar(scale)
    scale = None if scale is None else check_scale(scale)
    if image.dtype.kind not in "iuf":
        raise TypeError(
            f"the image must hold floats in [0, 1], not {image.dtype}: convert it with `image.astype('float32')`"
        )
    wanted = f"(H, W) or ({'C' if channels is None else channels}, H, W)"
    shape = image.shape
    if image.ndim not in (2, 3):
        hint = ": give one image at a time, `numpy.stack([predict(net, one) for one in image])`"
        hint = hint if image.ndim == 4 else ""
        raise ValueError(f"the image must be {wanted}, not {shape}{hint}")
    if 0 in shape:
        raise ValueError(f"the image must have at least one pixel, not {shape}")
    image = image[None] if image.ndim == 2 else image
    if channels is not None and image.shape[0] != channels:
        hint = axes_hint(image, shape, channels)
        raise ValueError(f"the network takes images with {channels} channels, {wanted}, not {shape}{hint}")
    low, high = image.min(), image.max()  # of NaN both are NaN; no copy of the image is made
    if np.isnan(low):
        raise ValueError("the image holds NaN: replace it, for example with `numpy.nan_to_num(image)`")
    if scale is None and (whole or low < 0 or high > 1):
        held, code = scaled_by(image)
        if whole:
            top = code.removeprefix("image / ")
            by = f"divide grey values of 0 … {top} by {top}" if top.isdigit() else f"of {held}"
            raise TypeError(
                f"the image must hold floats in [0, 1], not {image.dtype}: {by}, `{code}`, all images of a set alike"
                + (f"; or let predict do it tile by tile, `predict(net, image, scale={top})`" if top.isdigit() else "")
            )
        by = f"divide it by {code.removeprefix('image / ')}, " if code.startswith("image / ") else "scale it, "
        raise ValueError(
            f"the image must lie in [0, 1], not reach from {low} to {high}: {by}`{code}`, all images of a set alike"
        )
    if scale is not None and not np.isfinite(float(high) - float(low)):
        raise ValueError("the image holds infinity: replace it, for example with `numpy.nan_to_num(image)`")
    if one_number and high > scale[1]:
        raise ValueError(
            f"the image reaches {high}, above scale={scale[1]:g}, and all of that would be white: give the value of "
            f"white, `predict(net, image, scale={2 ** bit_depth(high) - 1})`, or (black, white) to cut it off"
        )
    return image, scale


def axes_hint(image, shape, channels):
    """Return what helps where an image (C, H, W), given in `shape`, has another number of channels than the network."""
    if len(shape) == 3 and shape[2] == channels:
        return ": channels come first, `image.transpose(2, 0, 1)`"
    if image.shape[0] == 1 and len(shape) == 2:
        return f": repeat a grey image with `numpy.stack([image] * {channels})`"
    if len(shape) == 3 and shape[2] in (3, 4) and shape[0] > 4 and channels in (1, 3):
        if channels == 3:
            return ": it has an opacity, and channels come first, `image[..., :3].transpose(2, 0, 1)`"
        return ": it is in colour, and the network takes grey, `image[..., :3].mean(axis=2)`"
    if channels == 1 and len(shape) == 3 and shape[0] in (3, 4):
        return (
            ": of a picture in colour take the mean, `image[:3].mean(axis=0)`; of a stack one slice at a time, "
            "`numpy.stack([predict(net, one) for one in image])`"
        )
    if channels == 1 and len(shape) == 3:
        return ": of a stack give one slice at a time, `numpy.stack([predict(net, one) for one in image])`"
    return ""


def check_memory(max_memory):
    """Return max_memory as an int; raise TypeError or ValueError where it is no number of bytes."""
    if isinstance(max_memory, bool) or not isinstance(max_memory, int | float | np.integer | np.floating):
        raise TypeError(f"max_memory is a number of bytes, such as 2**30, not {max_memory!r}")
    if not 1 <= max_memory < 2**63:
        raise ValueError(f"max_memory is a number of bytes, at least 1, not {max_memory}")
    return int(max_memory)


def normalisation(net):
    """Return (mean, std) of a network, (0, 1) for one that has none; raise ValueError where they are something else."""
    pair = getattr(net, "normalisation", None)
    if pair is None:
        return 0.0, 1.0
    try:
        mean, std = (float(value) for value in pair)
    except (TypeError, ValueError):
        raise ValueError(f"a network's normalisation is two numbers (mean, std), not {pair!r}") from None
    if not (np.isfinite(mean) and np.isfinite(std) and std > 0):
        raise ValueError(f"a network's normalisation is (mean, std), both finite and std above 0, not {pair!r}")
    return mean, std


def check_logits(net, logits, shape):
    """Raise ValueError unless logits are (N, any, h, w), as the network's kind promises for tiles (N, C, H, W)."""
    tiled = takes_tiles(net)
    lost = 2 * border(net.depth) if tiled else 0
    wanted = (shape[0], shape[2] - lost, shape[3] - lost)
    found = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
    if isinstance(found, str) or len(found) != 4 or (found[0], *found[2:]) != wanted:
        why = f"depth {net.depth} and valid convolutions" if tiled else "one pass, so as large as its input"
        raise ValueError(
            f"{type(net).__name__} should make logits ({wanted[0]}, classes, {wanted[1]}, {wanted[2]}) of images "
            f"{tuple(shape)} ({why}), not {found}"
        )
