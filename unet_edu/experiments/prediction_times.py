"""How long the prediction of a whole image takes: the package's own way beside the usual ones.

A part of `network_times`.

predict               `unet_edu.predict.predict`, whole: mirror, cut out, compute, assemble
one pass, mirrored    the same answer without tiles: memory grows with the image
one pass, padded      `PaddedUNet`, what most code does: another network, with zeros at the border
4 tiles of 572        the paper's figure 2: outputs of 388 pixels edge to edge, so not all on one pooling grid
patches of 188        the smallest legal tile, which answers 4 × 4 pixels (timed in part, then extrapolated)
sliding window        a pass of the 2012 network for each pixel (likewise)

On a CPU all U-Nets compute with channels last, as `predict` does, so that they differ by their tiles alone.

image, mirrored beyond its border; outputs edge to edge, the last ones cut where the image ends

┌───────┬───────┐      ┌───────────┐
│  388  │  388  │      │       │   │
├───────┼───────┤  ▶   │    512    │
│  388  │  388  │      ├───────┼───┤
└───────┴───────┘      └───────────┘
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import nn

from unet_edu.arithmetic import border, nearest_valid, valid_sizes
from unet_edu.experiments.costs import (
    MEMORY,
    aligned,
    counted,
    in_turns,
    mebibytes,
    peak_memory,
    short,
    spread,
    summary,
    windows_at_once,
)
from unet_edu.experiments.record import made
from unet_edu.models.padded import PaddedUNet
from unet_edu.models.sliding_window import WINDOW, SlidingWindowNet
from unet_edu.models.unet import UNet
from unet_edu.pace import channels_last
from unet_edu.predict import MAX_MEMORY, TileCover, dry_run_bytes, input_size, predict

SEED = 0
TILE = 572  # the paper's
TILES_AT_ONCE = {"cpu": 1}  # a CPU is busy with one tile
MANY_TILES = 16
CORNER = {"cpu": 16}  # height and width of the part of the image that stands for it where it takes too long
LARGE_CORNER = 64
MEMORY_SHARE = 7 / 8  # of the device's memory that one pass may take, by estimate
UNKNOWN_MEMORY = 2**33  # bytes that are taken to be there where the system does not report it
TOLERANCE = 1e-5  # probabilities that differ by no more are the same


@dataclass(frozen=True)
class Case:
    """One table: an image of side × side pixels, and how wide the U-Nets are."""

    side: int
    base_width: int
    tile: int = TILE
    corner: int | None = None  # None: what the device needs to be busy
    max_memory: int = MAX_MEMORY  # what `predict` may take


@dataclass(frozen=True)
class Plan:
    """One row of a table: a network, and how it predicts an image. All of it can be pickled."""

    name: str
    build: Callable[[], nn.Module]
    work: Callable[[nn.Module, np.ndarray], np.ndarray]  # probabilities (num_classes, H, W) of an image (H, W)
    inputs: Counter  # {(height, width): how many passes over inputs of that size the whole image takes}
    side: int  # of the whole image
    part: int  # of the square that is timed: all of it, or a corner

    @property
    def times(self):
        """How often what is timed is needed for the whole image."""
        return (self.side / self.part) ** 2

    def ready(self, device):
        """Build network and image on the device; return the work, a function without arguments."""
        torch.manual_seed(SEED)
        net = self.build().to(device).eval()
        return partial(self.work, net, np.random.default_rng(SEED).random((self.part, self.part), np.float32))

    def once(self, device):
        """Run the work once."""
        self.ready(device)()

    def counted(self):
        """Return {"parameters": …, "macs": multiply-adds for the whole image}."""
        each = {size: counted(self.build, (1, 1, *size)) for size in self.inputs}
        macs = sum(count * each[size]["macs"] for size, count in self.inputs.items())
        return {"parameters": next(iter(each.values()))["parameters"], "macs": macs}

    def one_pass_bytes(self):
        """Return an estimate of the memory that the largest pass takes."""
        with torch.device("meta"):
            return dry_run_bytes(self.build(), (1, 1, *max(self.inputs)))


def cases(quick, device_type):
    """Return the tables. The paper's width comes with 4096² pixels only where a GPU is."""
    if quick:
        return [Case(64, 4, tile=252, corner=8), Case(208, 4, tile=252, corner=8, max_memory=2**25)]
    found = [Case(512, 16), Case(512, 64), Case(4096, 16)]
    return found if device_type == "cpu" else [*found, Case(4096, 64)]


def plans(case, device_type):
    """Return the rows of a table, the package's own way first."""
    side, corner = case.side, case.corner or CORNER.get(device_type, LARGE_CORNER)
    unet = partial(UNet, base_width=case.base_width)
    with torch.device("meta"):
        net = unet()
    whole, patch = nearest_valid(side + 2 * border(net.depth), net.depth)[1], valid_sizes(net.depth)[0]
    cover = TileCover(net, (1, side, side), case.max_memory, torch.device(device_type))

    def tiles(tile, part=side, name=None):
        count = counts(side, tile, net.depth) ** 2
        name = name or f"{count:,} tile{'s' * (count > 1)} of {tile}"
        work = partial(edge_to_edge, tile=tile, at_once=TILES_AT_ONCE.get(device_type, MANY_TILES))
        return Plan(name, unet, work, Counter({(tile, tile): count}), side, part)

    own = partial(predict, max_memory=case.max_memory, progress=False)
    padded = partial(PaddedUNet, base_width=case.base_width)
    windows = partial(all_windows, at_once=windows_at_once(device_type))
    return [
        Plan("predict", unet, own, Counter(map(input_size, cover.pieces)), side, side),
        tiles(whole, name="one pass, mirrored"),
        Plan("one pass, padded", padded, one_pass, Counter({(side, side): 1}), side, side),
        tiles(case.tile),
        tiles(patch, corner, f"patches of {patch}"),
        Plan("sliding window", SlidingWindowNet, windows, Counter({(WINDOW, WINDOW): side**2}), side, corner),
    ]


# -------------------------------------------------------------------------------------------------- the usual plans


def edge_to_edge(net, image, tile, at_once):
    """Return the probabilities (num_classes, H, W) of an image (H, W) by tiles whose outputs stand edge to edge.

    tile: height and width of an input tile, a legal size; one that covers the image makes it one pass.
    at_once: tiles in a pass.
    """
    edge = border(net.depth)
    output = tile - 2 * edge
    pad = [(edge, counts(side, tile, net.depth) * output - side + edge) for side in image.shape]
    cuts = np.lib.stride_tricks.sliding_window_view(np.pad(image, pad, mode="reflect"), (tile, tile))
    cuts = cuts[::output, ::output]  # (rows of tiles, columns of tiles, tile, tile), a view
    places = list(np.ndindex(cuts.shape[:2]))
    result = np.empty((net.num_classes, *image.shape), np.float32)
    home = next(net.parameters()).device
    with torch.inference_mode():
        for first in range(0, len(places), at_once):
            some = places[first : first + at_once]
            tiles = channels_last(torch.from_numpy(np.stack([cuts[place] for place in some])[:, None]).to(home))
            for (row, column), found in zip(some, net(tiles).softmax(dim=1).cpu().numpy(), strict=True):
                target = result[:, row * output :, column * output :][:, :output, :output]
                target[:] = found[:, : target.shape[1], : target.shape[2]]
    return result


def counts(side, tile, depth):
    """Return how many outputs of a tile cover so many pixels, edge to edge."""
    return math.ceil(side / (tile - 2 * border(depth)))


def one_pass(net, image):
    """Return the probabilities (num_classes, H, W) of an image (H, W) by a network whose result is as large."""
    with torch.inference_mode():
        images = channels_last(torch.from_numpy(image)[None, None].to(next(net.parameters()).device))
        return net(images).softmax(dim=1)[0].cpu().numpy()


def all_windows(net, image, at_once):
    """Return the probabilities (num_classes, H, W) of an image (H, W) by a window for each pixel."""
    return net.predict(image, batch_size=at_once).probabilities.numpy()


# ----------------------------------------------------------------------------------------------------------- measure


def measure(quick=False, rounds=3, device="cpu", progress=False):
    """Run this part of the benchmark and return its results, for "prediction" in the record of `network_times`.

    quick: small networks and images.  rounds: how often each row is timed, after once to warm up.  device: a
    torch.device or its name.  progress: show bars.
    """
    device = torch.device(device)
    head = made(device, SEED)
    there = head["machine"]["device_memory_bytes"] or head["machine"]["memory_bytes"] or UNKNOWN_MEMORY
    bound = max(int(MEMORY_SHARE * there), MAX_MEMORY)  # less would leave out what `predict` may take
    memory = MEMORY.get(device.type)
    return {
        "made": head,
        "settings": {
            "quick": quick,
            "rounds": rounds,
            "warm_up_runs": 1,
            "dtype": "float32",
            "weights": "random",
            "one_pass_bytes_allowed": bound,
            "tolerance": TOLERANCE,
        },
        "memory": memory and memory + "; of extrapolated rows, that of the part that is timed",
        "tables": [table(case, rounds, device, bound, progress) for case in cases(quick, device.type)],
    }


def table(case, rounds, device, bound, progress=False):
    """Return the results of one table: {"image": [height, width], "base_width", "max_memory", "rows"}.

    bound: bytes; what would take more in one pass is left out, and its row holds the reason.
    """
    rows = plans(case, device.type)
    reasons = [left_out(plan, bound) for plan in rows]
    runs = [plan for plan, reason in zip(rows, reasons, strict=True) if reason is None]
    memory = [peak_memory(plan.once, device) for plan in runs]
    works = [plan.ready(device) for plan in runs]
    differences, own = [], None
    for plan, work in zip(runs, works, strict=True):  # this warms up, too
        result = work()
        own = result if own is None else own
        comparable = result is not own and plan.part == plan.side
        differences.append(float(np.abs(result - own).max()) if comparable else None)
        del result
    del own
    found = zip(in_turns(works, rounds, device, progress), memory, differences, strict=True)

    finished = []
    for plan, reason in zip(rows, reasons, strict=True):
        row = {
            "name": plan.name,
            "tiles": plan.inputs.total(),
            "tile": list(max(plan.inputs)),  # the largest
            **plan.counted(),
            "left_out": reason,
            "extrapolated": plan.times > 1,
            "times": plan.times,
        }
        seconds, peak, difference = (None, None, None) if reason else next(found)
        row["seconds"] = seconds and summary(seconds, plan.times)
        row["peak_memory_bytes"] = peak
        row["difference"] = difference  # largest one to the first row's probabilities
        row["agrees"] = None if difference is None else difference <= TOLERANCE
        first = finished[0] if finished else row
        row["ratio"] = seconds and row["seconds"]["median"] / first["seconds"]["median"]
        row["macs_ratio"] = row["macs"] / first["macs"]
        finished.append(row)
    image = [case.side, case.side]
    return {"image": image, "base_width": case.base_width, "max_memory": case.max_memory, "rows": finished}


def left_out(plan, bound):
    """Return why a plan is not run, None where it is."""
    if plan.inputs.total() > 1:
        return None
    needed = plan.one_pass_bytes()
    if needed <= bound:
        return None
    return f"one pass takes about {needed:,} bytes, by an estimate on the safe side, and {bound:,} are allowed"


def as_text(results):
    """Return the results as tables of text, a plan a line."""
    return "\n\n".join(map(table_text, results["tables"]))


def table_text(results):
    """Return one table of `measure`'s as text."""
    height, width = results["image"]
    title = f"{height} × {width} pixels, base width {results['base_width']}"
    lines = [(title, "passes", "GMAC", "seconds [min – max]", "ratio", "GMAC ratio", "peak MiB", "difference")]
    for row in results["rows"]:
        about = "≈ " if row["extrapolated"] else ""
        difference = row["difference"]
        lines.append(
            (
                row["name"],
                f"{row['tiles']:,} × {row['tile'][0]}",
                f"{row['macs'] / 1e9:,.2f}",
                "–" if row["left_out"] else about + spread(row["seconds"]),
                "–" if row["left_out"] else about + short(row["ratio"]),
                short(row["macs_ratio"]),
                mebibytes(row["peak_memory_bytes"]),
                "–" if difference is None else f"{difference:.1e}",
            )
        )
    reasons = [f"{row['name']}: left out; {row['left_out']}." for row in results["rows"] if row["left_out"]]
    return "\n".join([aligned(lines, left=2), *reasons])
