"""How long a notebook takes on a faster or a slower machine, from the records ``unet_edu/records/chapters-KIND.json``.

    seconds = rest + work / FLOP/s          fitted to runs on one thread and on all

`convolving` is the share of a notebook's time that goes with the speed of convolutions; `gain` is what a GPU was seen
to change. ``tools/colab_check.py --record`` makes the records.

What a notebook may take is told in seconds of the processor: more where the probes of Python and of convolutions find a
machine slower than QUIET. A neighbour on the same core slows either, so that the probe of Python is a median: its best
of several would find a pause of the neighbour.
"""

from __future__ import annotations

import json
import math
import timeit
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from unet_edu.files import written_whole

SPEEDS = ".unet_speeds.json"  # beside the cache of outputs
SECONDS, GIB = 45, 2  # what a notebook may take: of the processor on the machine of QUIET, and of memory
PROBE = "sorted(range(20_000), key=str)"  # a bit of Python
# in the kernel, after a notebook's own cells: its processor time, its largest memories in GiB, the two speeds
LAST_CELL = f"""\
import json, os, timeit
from statistics import median
import torch
from unet_edu import device
took = sum(os.times()[:4])
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 2**20
gpu_gib = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0
python = median(timeit.repeat({PROBE!r}, number=1, repeat=99))
flops = device.flops(device.best_device())
print(json.dumps(dict(processor=took, gib=peak, gpu_gib=gpu_gib, python=python, flops=flops)))"""
WORTH_SAYING = 1.25  # a GPU that gains less is not mentioned


class Speeds(NamedTuple):
    """Seconds that PROBE takes, and the FLOP/s of convolutions."""

    python: float
    flops: float


QUIET = Speeds(0.002, 1e11)  # two cores of a server of 2024 (AMD EPYC) that do nothing else


class Gain(NamedTuple):
    """How many times as fast a notebook ran on a GPU as on the processor beside it, and the GPU's name."""

    times: float
    gpu: str


def read(root: Path) -> list[dict]:
    """Return the records of the book in `root`; none where there are none."""
    return [
        json.loads(path.read_text("utf-8")) for path in sorted((root / "unet_edu" / "records").glob("chapters-*.json"))
    ]


def convolving(records: list[dict], name: str) -> float | None:
    """Return the share of a notebook's time, 0 … 1, that goes with the speed of convolutions: on one CPU, all threads.

    Of a notebook that the records do not know, the mean of the others; None where they know none.
    """
    shares = {}
    for record in records:
        runs = [row for row in record["rows"] if row["device"] == "cpu"]
        for notebook in {row["notebook"] for row in runs}:
            mine = sorted((row for row in runs if row["notebook"] == notebook), key=lambda row: row["flops"])
            slow, fast = mine[0], mine[-1]
            if slow["flops"] < fast["flops"]:
                work = (slow["seconds"] - fast["seconds"]) / (1 / slow["flops"] - 1 / fast["flops"])
                share = min(max(work / fast["flops"] / fast["seconds"], 0.0), 1.0)
                shares.setdefault(notebook, []).append(share)
    if name in shares:
        return mean(shares[name])
    return mean(map(mean, shares.values())) if shares else None


def allowed(records: list[dict], name: str, speeds: Speeds) -> float:
    """Return the processor seconds that a notebook may take on a machine of these speeds; nowhere less than SECONDS."""
    share = convolving(records, name) or 0.0
    slower = (1 - share) * speeds.python / QUIET.python + share * QUIET.flops / speeds.flops
    return SECONDS * max(1.0, slower)


def excess(records: list[dict], name: str, measured: dict) -> str:
    """Return in words what a notebook took more of than it may; "" for none. measured: what LAST_CELL prints."""
    seconds = allowed(records, name, Speeds(measured["python"], measured["flops"]))
    if measured["processor"] > seconds:
        return f"took {measured['processor']:.0f} s of the processor, and may take {seconds:.0f}"
    if measured["gib"] > GIB:
        return f"took {measured['gib']:.2f} GiB, and may take {GIB}"
    return ""


def gain(records: list[dict], name: str) -> Gain | None:
    """Return what a GPU was seen to gain, the largest of the records; None where that is not worth a word."""
    found = []
    for record in records:
        mine = [row for row in record["rows"] if row["notebook"] == name]
        on_gpu = [row["seconds"] for row in mine if row["device"] != "cpu"]
        on_cpu = [row["seconds"] for row in mine if row["device"] == "cpu"]
        if on_gpu and on_cpu:
            found.append(Gain(min(on_cpu) / min(on_gpu), record["made"]["machine"]["device"]))
    best = max(found, default=None)
    return best if best and best.times >= WORTH_SAYING else None


def speeds(file: Path, probe: str) -> tuple[float, float]:
    """Return the seconds of a bit of Python, and the FLOP/s of the best device, as pages have them that are executed.

    They are measured where `file` is missing, and kept there; `execution` removes it when it executes the book. They
    are rounded to ten steps a decade, so that notebooks do not change with each build.
    """
    if not file.exists():
        from unet_edu import device  # takes seconds to import

        measured = min(timeit.repeat(probe, number=1, repeat=9)), device.flops(device.best_device())
        with written_whole(file) as part:
            part.write_text(json.dumps([10 ** (round(10 * math.log10(number)) / 10) for number in measured]))
    return tuple(json.loads(file.read_text()))
