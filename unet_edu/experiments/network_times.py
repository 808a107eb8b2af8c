"""How long each network of the book takes, how much memory, how many multiply-adds: one table of ratios in one run.

    python -m unet_edu.experiments.network_times                    all parts, some minutes each on a CPU
    python -m unet_edu.experiments.network_times --quick            small networks on small images, to see that it works
    python -m unet_edu.experiments.network_times --record           keep the results in unet_edu/records/
    python -m unet_edu.experiments.network_times --only prediction  whole images: `prediction_times`
    python -m unet_edu.experiments.network_times --only runtimes    one image on a CPU, by other means: `runtime_times`
    python -m unet_edu.experiments.network_times --only networks    this table:

    network                    work     parameters  GMAC   seconds [min – max]  ratio   GMAC ratio   peak memory
    U-Net, base width 64   572 → 388         …        …            …             1.00         1.00           …
    …

Rows are timed in turns (`costs`), and the median over the rounds counts. Weights are random: the time does not depend
on them.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from tqdm import tqdm

from unet_edu.arithmetic import tile_plan
from unet_edu.device import best_device
from unet_edu.experiments import prediction_times, runtime_times
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
from unet_edu.experiments.record import machine_kind, made, results_dir, write_json
from unet_edu.models.article import ArticleUNet
from unet_edu.models.fcn import FCN8s, FCN32s
from unet_edu.models.one_level import OneLevelUNet
from unet_edu.models.sliding_window import WINDOW, SlidingWindowNet
from unet_edu.models.unet import UNet

SEED = 0
IMAGE = 512  # height and width of a slice of the ISBI 2012 challenge
ROUNDS = {"networks": 5, "prediction": 3, "runtimes": 5}  # the parts of the benchmark, and how often they time each row
NOTES = {
    "networks": "The sliding window is timed on some of its windows.",
    "prediction": f"≈: timed on a corner of the image. Difference: the largest one to the first row's probabilities; "
    f"up to {prediction_times.TOLERANCE:g} is rounding.",
    "runtimes": "The same tiles in each row. Difference: as above.",
}
WINDOWS_TIMED = 8  # batches of windows that stand for all windows of an image


@dataclass(frozen=True)
class Job:
    """One row of the table: a network, and the work that is timed."""

    name: str
    build: Callable[[], nn.Module]
    batch: tuple[int, int, int, int]  # (N, C, H, W) of one pass
    passes: int = 1  # that are timed together
    times: float = 1  # how often what is timed is needed for the work that the row stands for

    def ready(self, device):
        """Return the network, with random weights, and images, both on the device."""
        torch.manual_seed(SEED)
        return self.build().to(device).eval(), torch.rand(self.batch, device=device)

    def all_passes(self, net, images):
        """Run the passes that are timed, one after the other."""
        for _ in range(self.passes):
            net(images)

    def once(self, device):
        """Build the network and run one pass."""
        with torch.inference_mode():
            net, images = self.ready(device)
            net(images)

    def counted(self):
        """Return what does not depend on the machine: {"output": shape of one pass, "parameters": …, "macs": …}."""
        found = counted(self.build, self.batch)
        return found | {"macs": round(found["macs"] * self.passes * self.times)}


def jobs(quick, device_type):
    """Return the rows as `Job`s, the one that the others are compared with first."""
    windows = windows_at_once(device_type)
    if quick:
        side, sliding, tiles = 24, 4, tile_plan(24, tile_sizes=[204])[0]
        return [
            Job("U-Net, base width 8", partial(UNet, base_width=8), (1, 1, 188, 188)),
            Job("U-Net, base width 4", partial(UNet, base_width=4), (1, 1, 188, 188)),
            Job("U-Net, base width 8, in tiles", partial(UNet, base_width=8), (1, 1, 204, 204), tiles.tiles),
            Job("FCN-8s, width 4", partial(FCN8s, width=4), (1, 3, 64, 64)),
            Job("sliding window", SlidingWindowNet, (sliding, 1, WINDOW, WINDOW), 2, side**2 / (2 * sliding)),
        ]
    plans = tile_plan(IMAGE)
    whole = next(plan for plan in plans if plan.tiles == 1)
    tiled = next(plan for plan in plans if plan.tiles > 1)
    return [
        Job("U-Net, base width 64", UNet, (1, 1, 572, 572)),
        Job("U-Net, base width 32", partial(UNet, base_width=32), (1, 1, 572, 572)),
        Job("U-Net, base width 16", partial(UNet, base_width=16), (1, 1, 572, 572)),
        Job(f"U-Net, base width 64, {IMAGE} in one pass", UNet, (1, 1, whole.tile, whole.tile)),
        Job(f"U-Net, base width 64, {IMAGE} in tiles", UNet, (1, 1, tiled.tile, tiled.tile), tiled.tiles),
        Job("one-level U-Net, base width 8", OneLevelUNet, (1, 1, 572, 572)),
        Job("the article's variant", partial(ArticleUNet, 2), (1, 3, 572, 572)),
        Job("FCN-8s", FCN8s, (1, 3, IMAGE, IMAGE)),
        Job("FCN-32s", FCN32s, (1, 3, IMAGE, IMAGE)),
        Job(
            f"sliding window, each pixel of {IMAGE}",
            SlidingWindowNet,
            (windows, 1, WINDOW, WINDOW),
            WINDOWS_TIMED,
            IMAGE**2 / (WINDOWS_TIMED * windows),
        ),
    ]


def measure(quick=False, rounds=5, device=None, progress=False):
    """Run the benchmark and return its results, ready for `record.write_json`.

    quick: small networks and images.  rounds: how often each row is timed, at least 1, after one pass to warm up.
    device: a torch.device or its name; None means `best_device()`.  progress: show a bar.

    Raises ValueError for fewer rounds than 1.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, not {rounds}")
    device = best_device() if device is None else torch.device(device)
    head = made(device, SEED)  # first: the load of the machine before the run is what matters
    rows = jobs(quick, device.type)
    memory = [peak_memory(job.once, device) for job in tqdm(rows, "memory", disable=not progress)]
    seconds = timed_in_turns(rows, rounds, device, progress)

    finished = []
    for job, taken, peak in zip(rows, seconds, memory, strict=True):
        row = {"name": job.name, "batch": list(job.batch), "passes": job.passes, "times": job.times, **job.counted()}
        row["seconds"] = summary(taken, job.times)
        row["peak_memory_bytes"] = peak
        first = finished[0] if finished else row
        row["ratio"] = row["seconds"]["median"] / first["seconds"]["median"]
        row["macs_ratio"] = row["macs"] / first["macs"]
        finished.append(row)
    return {
        "experiment": "network_times",
        "made": head,
        "settings": {"quick": quick, "rounds": rounds, "warm_up_passes": 1, "dtype": "float32"},
        "memory": MEMORY.get(device.type),
        "rows": finished,
    }


# -------------------------------------------------------------------------------------------------------------- time


def timed_in_turns(rows, rounds, device, progress=False):
    """Return for each row the seconds of each round: [[first round, …], …]. All networks are held in memory."""
    ready = [job.ready(device) for job in rows]
    with torch.inference_mode():
        for net, images in ready:
            net(images)  # to warm up: allocations, choice of algorithms
        works = [partial(job.all_passes, *each) for job, each in zip(rows, ready, strict=True)]
        return in_turns(works, rounds, device, progress)


# ------------------------------------------------------------------------------------------------------------- table


def as_text(results):
    """Return the results as a table of text, a network a line."""
    lines = [("network", "work", "parameters", "GMAC", "seconds [min – max]", "ratio", "GMAC ratio", "peak MiB")]
    for row in results["rows"]:
        lines.append(
            (
                row["name"],
                work(row),
                f"{row['parameters']:,}",
                f"{row['macs'] / 1e9:,.2f}",
                spread(row["seconds"]),
                short(row["ratio"]),
                short(row["macs_ratio"]),
                mebibytes(row["peak_memory_bytes"]),
            )
        )
    return aligned(lines, left=2)


def work(row):
    """Return what the row's times are for: "4 × 444 → 260"."""
    count = round(row["batch"][0] * row["passes"] * row["times"])
    size = f"{row['batch'][2]} → {row['output'][2] if len(row['output']) > 2 else 1}"
    return size if count == 1 else f"{count:,} × {size}"


def run(part, quick, rounds, device, progress):
    """Return (results, text) of one part of the benchmark, a key of `ROUNDS`."""
    if part == "runtimes":
        measured = runtime_times.measure(quick, rounds, progress)
        return measured, runtime_times.as_text(measured)
    if part == "prediction":
        measured = prediction_times.measure(quick, rounds, device, progress=progress)
        return measured, prediction_times.as_text(measured)
    measured = measure(quick, rounds, device, progress=progress)
    return measured, as_text(measured)


def main(arguments=None):
    """Run the command line."""
    command = "python -m unet_edu.experiments.network_times"
    parser = argparse.ArgumentParser(prog=command, description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=ROUNDS, help="do one part; a record keeps the others as they were")
    parser.add_argument("--quick", action="store_true", help="small networks on small images: does it work?")
    default = ", ".join(f"{part} {rounds}" for part, rounds in ROUNDS.items())
    parser.add_argument("--rounds", type=int, help=f"how often each row is timed (default: {default}; quick: 2)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice; quick: 1)")
    parser.add_argument("--device", help="cpu, cuda, mps (default: the best one that works)")
    parser.add_argument("--record", action="store_true", help="keep the results in unet_edu/records/")
    options = parser.parse_args(arguments)
    if options.record and options.quick:
        parser.error("--record keeps the full benchmark: leave --quick out")
    for name in ("rounds", "threads"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, not {getattr(options, name)}")
    if options.threads or options.quick:
        torch.set_num_threads(options.threads or 1)  # small work is no quicker with more
    device = best_device() if options.device is None else torch.device(options.device)
    path, record = None, {}
    if options.record:  # now, not after minutes of work
        path = results_dir() / f"network_times-{machine_kind(device)}.json"
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if options.only in ("prediction", "runtimes") and "rows" not in record:
            parser.error(f"{path} holds no networks yet, and {options.only} go beside them: leave --only out")

    parts = [part for part in ROUNDS if part != "runtimes" or device.type == "cpu"]
    for part in [options.only] if options.only else parts:
        rounds = options.rounds or (2 if options.quick else ROUNDS[part])
        measured, text = run(part, options.quick, rounds, device, sys.stderr.isatty())
        machine = measured["made"]["machine"]
        print(f"{machine['device']}, {machine['processor']}, {machine['threads']} threads, load {machine['load_1min']}")
        print(text)
        print(f"Ratios are to the first row; median of {rounds} rounds. {NOTES[part]}")
        if measured["memory"]:
            print(f"Peak memory: {measured['memory']}.")
        record |= measured if part == "networks" else {part: measured}
        if path:
            print(f"Kept in {write_json(path, record)}")


if __name__ == "__main__":
    main()
