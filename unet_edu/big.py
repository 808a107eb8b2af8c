"""Class probabilities of an image that is larger than memory: the overlap-tile strategy as a graph of Dask.

    Dask or Zarr array ──▶ mirrored beyond its border ──▶ overlapping tiles ──▶ the network ──▶ Dask array, lazily

    big.keep_memory()                                     before a cluster of processes is started
    lazy = big.predict(net, zarr.open("slices.zarr"))     nothing is computed yet
    lazy.to_zarr("probabilities.zarr")                    tile by tile, on whichever scheduler is set

One tile is one task: a thread, a process or a machine of a cluster computes it, and computes it again where a worker is
lost. Dask's own `map_overlap` with boundary="reflect" repeats the pixel at the edge (NumPy's "symmetric"); here the
image is mirrored as by `unet_edu.predict`, NumPy's "reflect". Needs the extra `big`: dask, zarr.
"""

import copy

import numpy as np
import torch

from unet_edu.arithmetic import border, grid_step, nearest_valid
from unet_edu.models.sliding_window import mirrored
from unet_edu.predict import (
    check_image,
    check_memory,
    network_bytes,
    probabilities,
    ready,
    scaled,
    spans,
    takes_tiles,
    too_little,
    unwrapped,
)

TASK_MEMORY = 2**28  # bytes that one task's maps may take: a worker of 1 GiB has room for it beside what it keeps
LARGEST = 1024  # pixels a side of a result's chunk; larger ones save little and wait long for a lost worker
KEPT = {"MALLOC_TRIM_THRESHOLD_": TASK_MEMORY, "MALLOC_MMAP_THRESHOLD_": 2**25}  # bytes; glibc's largest for the second


def predict(net, array, *, scale=None, max_memory=TASK_MEMORY):
    """Return the class probabilities as a Dask array, float32 (num_classes, H, W), of which nothing is computed yet.

    net: a network of valid convolutions with `UNet`'s attributes. It is copied now, and computes on the device where it
        is; later training does not change the result.
    array: a Dask, Zarr, HDF5 or NumPy array (H, W) or (C, H, W), any H and W from 1 on. Its values are read when the
        result is computed, each tile's own part; they and `scale` are as for `unet_edu.predict.predict`.
    max_memory: bytes that the maps of one task may take (`unet_edu.predict.pass_bytes`). It decides how large the
        chunks of the result are, at most 1024 pixels a side. A worker holds besides the network, and its tiles.

    The result equals that of `unet_edu.predict.predict` but for rounding (1e-5), at the border, too. It can be computed
    on any of Dask's schedulers: `compute()`, `to_zarr(path)`, slices of it.

    Raises TypeError for a network whose tiles would not be exact, ValueError for an array of another shape or where
    max_memory is too small, ModuleNotFoundError without the extra `big`. What is wrong with values is raised while the
    result is computed.
    """
    dask = needed()
    da, delayed = dask.array, dask.delayed
    net = unwrapped(net)
    if not takes_tiles(net):
        raise TypeError(
            f"tiles of {type(net).__name__} would not be exact: a network of valid convolutions is needed, such as "
            "`UNet`; `unet_edu.predict.predict` gives the whole image to any other"
        )
    array = array if isinstance(array, da.Array) else da.from_array(array, chunks=getattr(array, "chunks", "auto"))
    array = checked(net, array, scale)
    side = chunk_side(net, check_memory(max_memory), max(array.shape[1:]))
    net = copy.deepcopy(net).eval()
    if next(net.parameters()).device.type == "cpu":
        net.to(memory_format=torch.channels_last)  # as the tiles will be: else each would order the weights anew
    rows, columns = (spans(length, -(-length // side), side, net.depth) for length in array.shape[1:])
    wide = extended(da, extended(da, array, 1, net.depth), 2, net.depth)
    shared, blocks, classes = delayed(net, pure=False), [], net.num_classes
    for source_rows, _, target_rows in rows:
        blocks.append([])
        for source_columns, _, target_columns in columns:
            shape = (classes, target_rows.stop - target_rows.start, target_columns.stop - target_columns.start)
            tile = wide[:, source_rows, source_columns].rechunk(-1).to_delayed().item()
            made = delayed(one_tile, pure=False)(shared, tile, shape[1:], scale)
            blocks[-1].append(da.from_delayed(made, shape, np.float32))
    return da.block(blocks)


def keep_memory():
    """Let the Dask workers that are started from now on, by this process, keep a tile's memory for the next tile.

    Dask starts workers so that they give memory back at once: each map of the network is then fetched anew, page by
    page, and a pass takes some 1.4 times as long. Workers that are started elsewhere read the same two values, `KEPT`,
    in Dask's configuration, under distributed.nanny.pre-spawn-environ. They matter to glibc, so on Linux.

    Raises ModuleNotFoundError without the extra `big`.
    """
    dask = needed()
    dask.config.set({f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in KEPT.items()})


def needed():
    """Return the package dask, its arrays imported. Raises ModuleNotFoundError without the extra `big`."""
    try:
        import dask
        import dask.array
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}: install the extra, pip install 'unet-edu[big]'") from None
    return dask


def one_tile(net, tile, size, scale):
    """Return the probabilities (num_classes, h, w) of the upper left `size` pixels that a tile (C, H, W) yields."""
    tile, scale = check_image(tile, net.in_channels, scale, getattr(net, "scaling", None))
    tile = np.ascontiguousarray(scaled(tile, scale), np.float32)
    with ready(net, None) as home:
        return probabilities(net, tile[None], TASK_MEMORY, home)[0, :, : size[0], : size[1]]


def checked(net, array, scale):
    """Return an array as (C, H, W); raise TypeError or ValueError where its shape or kind of numbers is wrong."""
    shape = array.shape
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or len(array) != net.in_channels or 0 in shape:
        raise ValueError(
            f"the network takes (H, W) or ({net.in_channels}, H, W), at least one pixel, not {shape}: give one image "
            "at a time, channels first"
        )
    if not np.isfinite(array.shape).all():
        raise ValueError(f"the array's size must be known, not {shape}: call its `compute_chunk_sizes()`")
    check_image(np.zeros((len(array), 1, 1), array.dtype), net.in_channels, scale, getattr(net, "scaling", None))
    return array


def chunk_side(net, max_memory, longest):
    """Return how many pixels a side the chunks of the result have: a multiple of 2^depth, so that poolings agree.

    longest: pixels of the image's longer side. Raises ValueError where even the smallest tile takes more than
    max_memory.
    """
    step = grid_step(net.depth)

    def takes(side):
        needed = nearest_valid(side + 2 * border(net.depth), net.depth)[1]
        return network_bytes(net, (needed, needed))

    if takes(step) > max_memory:
        raise too_little(max_memory, takes(step))
    largest = min(LARGEST, -(-longest // step) * step)
    return next(side for side in range(largest, 0, -step) if side == step or takes(side) <= max_memory)


def extended(da, array, axis, depth):
    """Return an array (C, H, W), mirrored beyond both ends of an axis by what the network loses there.

    Behind the end stand up to 2^depth - 1 pixels more, which the last tile may need to be of a legal size.
    """
    length, edge, more = array.shape[axis], border(depth), border(depth) + grid_step(depth)
    index = mirrored(length, more).numpy()
    before, behind = index[more - edge : more], index[more + length :]
    return da.concatenate([da.take(array, before, axis), array, da.take(array, behind, axis)], axis)
