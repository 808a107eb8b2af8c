"""How long the same tiles of an image take by other means of computing them on a CPU.

A part of `network_times`.

predict           `unet_edu.predict.predict`: PyTorch, numbers with channels last
channels first    PyTorch, numbers in the order that a tensor has where nothing is asked for
onnxruntime       the graph that `unet_edu.export.onnx` writes; needs the extra `export`

All compute on one thread, and seconds are those of the processor: neither waiting threads nor other work count.

onnxruntime gets the whole graph before it computes: it joins each convolution with its ReLU, puts the weights in order
once, and keeps the maps in blocks of channels from one end to the other. PyTorch computes layer by layer, so that any
network can be trained, looked into and changed.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from unet_edu import export
from unet_edu.experiments.costs import aligned, in_turns, short, spread, summary
from unet_edu.experiments.prediction_times import SEED, TOLERANCE, Case
from unet_edu.experiments.record import made
from unet_edu.models.unet import UNet
from unet_edu.predict import TileCover, predict
from unet_edu.threads import one_thread

CPU = torch.device("cpu")


def cases(quick):
    """Return the tables."""
    return [Case(64, 4)] if quick else [Case(512, 16), Case(512, 64)]


def in_onnxruntime(net):
    """Return a function from a tile (1, C, H, W) to probabilities: the network's graph in onnxruntime."""
    with tempfile.TemporaryDirectory() as folder:
        return export.load(export.onnx(net, Path(folder) / "net.onnx"))


def with_channels_first(net):
    """Return a function from a tile (1, C, H, W) to probabilities: the network on the tile as it is."""

    def compute(tile):
        with torch.inference_mode():
            return net(torch.from_numpy(tile)).softmax(dim=1).numpy()

    return compute


def by_tiles(cover, compute, image):
    """Return the probabilities (num_classes, H, W) of an image (H, W); compute: of a tile (1, C, H, W)."""
    result = None
    for piece in cover.pieces:
        found = compute(cover.cut(image[None], piece)[None])[0]
        result = np.empty((len(found), *image.shape), np.float32) if result is None else result
        result[:, *piece.target] = found[:, *piece.kept]
    return result


def measure(quick=False, rounds=9, progress=False):
    """Run this part of the benchmark and return its results, for "runtimes" in the record of `network_times`.

    quick: a small network and image.  rounds: how often each row is timed, after once to warm up.  progress: show bars.
    Raises ModuleNotFoundError without the extra `export`.
    """
    with one_thread():
        return measured(quick, rounds, progress)


def measured(quick, rounds, progress):
    """Return the results, measured with as many threads as PyTorch has."""
    head = made(CPU, SEED)
    settings = {"quick": quick, "rounds": rounds, "warm_up_runs": 1, "dtype": "float32", "weights": "random"}
    settings |= {"clock": "process", "tolerance": TOLERANCE}
    tables = [table(case, rounds, progress) for case in cases(quick)]
    return {"made": head, "settings": settings, "memory": None, "tables": tables}


def table(case, rounds, progress=False):
    """Return the results of one table: {"image": [height, width], "base_width", "tiles", "rows"}."""
    torch.manual_seed(SEED)
    net = UNet(base_width=case.base_width).eval()
    image = np.random.default_rng(SEED).random((case.side, case.side), np.float32)
    cover = TileCover(net, (1, *image.shape), case.max_memory, CPU)
    others = {"channels first": with_channels_first(net), "onnxruntime": in_onnxruntime(net)}
    works = {"predict": lambda: predict(net, image, max_memory=case.max_memory, progress=False)}
    works |= {name: lambda compute=compute: by_tiles(cover, compute, image) for name, compute in others.items()}
    results = [work() for work in works.values()]  # this warms up, too
    rows = []
    for name, result, seconds in zip(
        works, results, in_turns(works.values(), rounds, CPU, progress, time.process_time), strict=True
    ):
        difference = float(np.abs(result - results[0]).max())
        row = {"name": name, "seconds": summary(seconds), "difference": difference, "agrees": difference <= TOLERANCE}
        row["ratio"] = row["seconds"]["median"] / (rows[0] if rows else row)["seconds"]["median"]
        rows.append(row)
    return {"image": list(image.shape), "base_width": case.base_width, "tiles": len(cover.pieces), "rows": rows}


def as_text(results):
    """Return the results as tables of text, a row a line."""
    texts = []
    for part in results["tables"]:
        height, width = part["image"]
        tiles = f"{part['tiles']} tile{'s' * (part['tiles'] > 1)}"
        lines = [
            (
                f"{height} × {width} pixels, base width {part['base_width']}, {tiles}",
                "seconds [min – max]",
                "ratio",
                "difference",
            )
        ]
        for row in part["rows"]:
            lines.append((row["name"], spread(row["seconds"]), short(row["ratio"]), f"{row['difference']:.1e}"))
        texts.append(aligned(lines, left=1))
    return "\n\n".join(texts)
