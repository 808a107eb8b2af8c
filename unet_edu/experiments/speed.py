"""How long each network of the book takes, how much memory, how many multiply-adds: one table of ratios in one run.

    python -m unet_edu.experiments.speed            the table, a few minutes on a CPU
    python -m unet_edu.experiments.speed --quick    small networks on small images, to see that it works
    python -m unet_edu.experiments.speed --record   keep the results in book/results/

    network                    work     parameters  GMAC   seconds [min – max]  ratio   GMAC ratio   peak memory
    U-Net, base width 64   572 → 388         …        …            …             1.00         1.00           …
    …

Times depend on the machine and on what else it does; ratios less so, when rows are timed in turns: each round runs
every row once, so that a disturbance meets all of them, and the median over the rounds counts. Multiply-adds do not
depend on the machine at all. Weights are random: the time does not depend on them.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from unet_edu.arithmetic import tile_plan
from unet_edu.device import best_device
from unet_edu.experiments.record import machine_kind, made, results_dir, write_json
from unet_edu.models.article import ArticleUNet
from unet_edu.models.fcn import FCN8s, FCN32s, num_parameters
from unet_edu.models.one_level import OneLevelUNet
from unet_edu.models.sliding_window import WINDOW, SlidingWindowNet
from unet_edu.models.unet import UNet

SEED = 0
IMAGE = 512  # height and width of a slice of the ISBI 2012 challenge
WINDOWS_TIMED = 8  # batches of windows that stand for all windows of an image
WINDOWS_AT_ONCE = {"cpu": 16}  # a CPU is quicker with few windows in its cache, a GPU with many
MANY_WINDOWS = 1024


@dataclass(frozen=True)
class Job:
    """One row of the table: a network, and the work that is timed."""

    name: str
    build: Callable[[], nn.Module]
    batch: tuple[int, int, int, int]  # (N, C, H, W) of one pass
    passes: int = 1  # that are timed together
    times: float = 1  # how often what is timed is needed for the work that the row speaks of


def jobs(quick, device_type):
    """Return the rows as `Job`s, the one that the others are compared with first."""
    windows = WINDOWS_AT_ONCE.get(device_type, MANY_WINDOWS)
    if quick:
        side, sliding, tiles = 24, 4, tile_plan(24, tile_sizes=[204])[0]
        return [
            Job("U-Net, base width 8", lambda: UNet(base_width=8), (1, 1, 188, 188)),
            Job("U-Net, base width 4", lambda: UNet(base_width=4), (1, 1, 188, 188)),
            Job("U-Net, base width 8, in tiles", lambda: UNet(base_width=8), (1, 1, 204, 204), tiles.tiles),
            Job("FCN-8s, width 4", lambda: FCN8s(width=4), (1, 3, 64, 64)),
            Job("sliding window", SlidingWindowNet, (sliding, 1, WINDOW, WINDOW), 2, side**2 / (2 * sliding)),
        ]
    plans = tile_plan(IMAGE)
    whole = next(plan for plan in plans if plan.tiles == 1)
    tiled = next(plan for plan in plans if plan.tiles > 1)
    return [
        Job("U-Net, base width 64", UNet, (1, 1, 572, 572)),
        Job("U-Net, base width 32", lambda: UNet(base_width=32), (1, 1, 572, 572)),
        Job("U-Net, base width 16", lambda: UNet(base_width=16), (1, 1, 572, 572)),
        Job(f"U-Net, base width 64, {IMAGE} in one pass", UNet, (1, 1, whole.tile, whole.tile)),
        Job(f"U-Net, base width 64, {IMAGE} in tiles", UNet, (1, 1, tiled.tile, tiled.tile), tiled.tiles),
        Job("one-level U-Net, base width 8", OneLevelUNet, (1, 1, 572, 572)),
        Job("the article's variant", lambda: ArticleUNet(2), (1, 3, 572, 572)),
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
    memory = [measured_memory(index, quick, device) for index in tqdm(range(len(rows)), "memory", disable=not progress)]
    seconds = timed_in_turns(rows, rounds, device, progress)

    finished = []
    for job, taken, peak in zip(rows, seconds, memory, strict=True):
        taken = [each * job.times for each in taken]
        row = {"name": job.name, "batch": list(job.batch), "passes": job.passes, "times": job.times, **counted(job)}
        row["seconds"] = {"median": statistics.median(taken), "min": min(taken), "max": max(taken), "rounds": taken}
        row["peak_memory_bytes"] = peak
        first = finished[0] if finished else row
        row["ratio"] = row["seconds"]["median"] / first["seconds"]["median"]
        row["macs_ratio"] = row["macs"] / first["macs"]
        finished.append(row)
    return {
        "experiment": "speed",
        "made": head,
        "settings": {"quick": quick, "rounds": rounds, "warm_up_passes": 1, "dtype": "float32"},
        "memory": MEMORY.get(device.type),
        "rows": finished,
    }


# -------------------------------------------------------------------------------------------------------------- time


def timed_in_turns(rows, rounds, device, progress=False):
    """Return for each row the seconds of each round: [[first round, …], …]. All networks are held in memory."""
    ready = []
    for job in rows:
        torch.manual_seed(SEED)
        ready.append((job.build().to(device).eval(), torch.rand(job.batch, device=device), job.passes))
    seconds = [[] for _ in rows]
    with torch.inference_mode():
        for net, images, _ in ready:
            timed(net, images, 1, device)  # to warm up: allocations, choice of algorithms
        for _ in tqdm(range(rounds), "rounds", disable=not progress):
            for taken, (net, images, passes) in zip(seconds, ready, strict=True):
                taken.append(timed(net, images, passes, device))
    return seconds


def timed(net, images, passes, device):
    """Return the seconds that so many passes take, one after the other."""
    synchronise(device)
    start = time.perf_counter()
    for _ in range(passes):
        net(images)
    synchronise(device)
    return time.perf_counter() - start


def synchronise(device):
    """Wait until the device has done what it was given: a GPU answers before it is ready."""
    if device.type != "cpu":
        getattr(torch, device.type).synchronize()


# ------------------------------------------------------------------------------------------------------------ counts


def counted(job):
    """Return what does not depend on the machine: {"output": shape of one pass, "parameters": …, "macs": …}."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        net = job.build().eval()
        output = net(torch.empty(job.batch))
    macs = counter.get_total_flops() * job.passes * job.times / 2  # torch counts a multiply-add as two operations
    return {"output": list(output.shape), "parameters": num_parameters(net), "macs": round(macs)}


# ------------------------------------------------------------------------------------------------------------ memory

MEMORY = {
    "cpu": "peak resident memory of a fresh process that builds the network and does one pass, "
    "less what it held before; weights included",
    "cuda": "torch.cuda.max_memory_allocated of a fresh process that builds the network and does one pass; "
    "weights included, CUDA's own context not",
}


def measured_memory(index, quick, device):
    """Return the peak memory in bytes of row `index`, measured in a process of its own; None where it cannot be.

    A process that has run another network keeps some of its memory, so that differences taken within it are not true.
    Raises RuntimeError with the process's own words where it fails.
    """
    if device.type not in MEMORY:
        return None
    command = [sys.executable, "-m", "unet_edu.experiments.speed", "--memory-of", str(index), "--device", str(device)]
    command += ["--threads", str(torch.get_num_threads())] + ["--quick"] * quick
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"measuring the memory of row {index} failed:\n{run.stderr}")
    return json.loads(run.stdout)


def peak_memory_here(job, device):
    """Return how many bytes this process holds more than now, at most, while it builds the network and does one pass.

    None where the system does not tell.
    """
    nn.Conv2d(1, 1, 3)(torch.zeros(1, 1, 8, 8))  # what the first convolution loads is no network's
    before = peak_resident_memory()
    with torch.inference_mode():
        net = job.build().to(device).eval()
        net(torch.zeros(job.batch, device=device))
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return None if before is None else peak_resident_memory() - before


def peak_resident_memory():
    """Return the most memory in bytes that this process has held so far; None where the system does not tell."""
    try:
        # Linux. `getrusage` would tell the parent's peak where that was higher: it outlives the start of a program.
        return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1])
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


# ------------------------------------------------------------------------------------------------------------- table


def as_text(results):
    """Return the results as a table of text, a network a line."""
    lines = [("network", "work", "parameters", "GMAC", "seconds [min – max]", "ratio", "GMAC ratio", "peak MiB")]
    for row in results["rows"]:
        seconds, peak = row["seconds"], row["peak_memory_bytes"]
        lines.append(
            (
                row["name"],
                work(row),
                f"{row['parameters']:,}",
                f"{row['macs'] / 1e9:,.2f}",
                f"{short(seconds['median'])} [{short(seconds['min'])} – {short(seconds['max'])}]",
                short(row["ratio"]),
                short(row["macs_ratio"]),
                "–" if peak is None else f"{peak / 2**20:,.0f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [
        [cell.ljust(width) if column < 2 else cell.rjust(width) for column, (cell, width) in enumerate(cells)]
        for cells in (list(zip(line, widths, strict=True)) for line in lines)
    ]
    return "\n".join("  ".join(line).rstrip() for line in aligned)


def short(number):
    """Return a number in three digits, or all digits before the point: 0.0123, 1.81, 1,602."""
    return f"{number:,.0f}" if number >= 100 else f"{number:#.3g}"


def work(row):
    """Return what the row's times are for: "4 × 444 → 260"."""
    count = round(row["batch"][0] * row["passes"] * row["times"])
    size = f"{row['batch'][2]} → {row['output'][2] if len(row['output']) > 2 else 1}"
    return size if count == 1 else f"{count:,} × {size}"


def main(arguments=None):
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m unet_edu.experiments.speed", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small networks on small images: does it work?")
    parser.add_argument("--rounds", type=int, help="how often each row is timed (default: 5, quick: 2)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    parser.add_argument("--device", help="cpu, cuda, mps (default: the best one that works)")
    parser.add_argument("--record", action="store_true", help="keep the results in book/results/")
    parser.add_argument("--memory-of", type=int, metavar="ROW", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.record and options.quick:
        parser.error("--record keeps the full benchmark: leave --quick out")
    for name in ("rounds", "threads"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, not {getattr(options, name)}")
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    if options.memory_of is not None:
        device = torch.device(options.device)
        print(json.dumps(peak_memory_here(jobs(options.quick, device.type)[options.memory_of], device)))
        return

    folder = results_dir() if options.record else None  # now, not after minutes of work
    device = best_device() if options.device is None else torch.device(options.device)
    rounds = options.rounds or (2 if options.quick else 5)
    results = measure(options.quick, rounds, device, progress=sys.stderr.isatty())
    machine = results["made"]["machine"]
    print(f"{machine['device']}, {machine['processor']}, {machine['threads']} threads, load {machine['load_1min']}")
    print(as_text(results))
    print(
        f"Ratios are to the first row; median of {rounds} rounds. The sliding window is timed on some of its windows."
    )
    if results["memory"]:
        print(f"Peak memory: {results['memory']}.")
    if folder:
        print(f"Kept in {write_json(folder / f'speed-{machine_kind(device)}.json', results)}")


if __name__ == "__main__":
    main()
