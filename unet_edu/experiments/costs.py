"""What a piece of work costs: seconds, in turns with other work; memory, in a fresh process; multiply-adds.

    in_turns([one, other], rounds=5, device=device)    [[seconds of each round of one], [… of other]]
    peak_memory(one, device)                           bytes
    counted(UNet, (1, 1, 572, 572))                    {"output": …, "parameters": 31030658, "macs": 150428424448}

Times depend on the machine and on what else it does; their ratios less so, when work is timed in turns: each round does
every piece once, so that a disturbance meets all of them. Multiply-adds do not depend on the machine at all.
"""

import multiprocessing
import re
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from unet_edu.device import synchronize
from unet_edu.models.fcn import num_parameters

WINDOWS_AT_ONCE = {"cpu": 16}  # a CPU is quicker with few windows in its cache, a GPU with many
MANY_WINDOWS = 1024


def windows_at_once(device_type):
    """Return how many windows of the sliding-window network go through it together on such a device."""
    return WINDOWS_AT_ONCE.get(device_type, MANY_WINDOWS)


# -------------------------------------------------------------------------------------------------------------- time


def in_turns(works, rounds, device, progress=False, clock=time.perf_counter):
    """Return for each work, a function without arguments, the seconds of each round: [[first round, …], …].

    clock: `time.process_time` counts the seconds of the processor, so that other work beside does not count.
    """
    seconds = [[] for _ in works]
    for _ in tqdm(range(rounds), "rounds", disable=not progress):
        for taken, work in zip(seconds, works, strict=True):
            synchronize(device)
            start = clock()
            work()
            synchronize(device)
            taken.append(clock() - start)
    return seconds


def summary(seconds, times=1):
    """Return {"median", "min", "max", "rounds"} of the seconds of each round, each multiplied by `times`."""
    seconds = [each * times for each in seconds]
    return {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds), "rounds": seconds}


def short(number):
    """Return a number in three digits, or all digits before the point: 0.0123, 1.81, 1,602."""
    return f"{number:,.0f}" if number >= 100 else f"{number:#.3g}"


def spread(seconds):
    """Return a `summary` as text: "1.46 [1.40 – 1.52]"."""
    return f"{short(seconds['median'])} [{short(seconds['min'])} – {short(seconds['max'])}]"


# ------------------------------------------------------------------------------------------------------------ counts


def counted(build, batch):
    """Return what one pass needs on any machine: {"output": shape, "parameters": …, "macs": …}. It computes nothing.

    build: makes the network.  batch: (N, C, H, W).
    """
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        net = build().eval()
        output = net(torch.empty(batch))
    macs = counter.get_total_flops() / 2  # torch counts a multiply-add as two operations
    return {"output": list(output.shape), "parameters": num_parameters(net), "macs": round(macs)}


# ------------------------------------------------------------------------------------------------------------ memory

MEMORY = {
    "cpu": "peak resident memory of a fresh process that builds the network and does the work once, "
    "less what it held before; weights included",
    "cuda": "torch.cuda.max_memory_allocated of a fresh process that builds the network and does the work once; "
    "weights included, CUDA's own context not",
}
PRELOADED = ["unet_edu.experiments.prediction_times"]  # imported once, by the process that fresh ones are forked from


def peak_memory(work, device):
    """Return how many bytes work(device) holds at most, measured in a process of its own; None where it cannot be.

    A process that has run another network keeps some of its memory, so that differences taken within it are not true.
    work: can be pickled.  Raises what the work raises.
    """
    if device.type not in MEMORY:
        return None
    forked = "forkserver" in multiprocessing.get_all_start_methods()  # not on Windows
    fresh = multiprocessing.get_context("forkserver" if forked else "spawn")
    if forked:
        fresh.set_forkserver_preload(PRELOADED)
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(peak_memory_here, work, device, torch.get_num_threads()).result()


def peak_memory_here(work, device, threads):
    """Return how many bytes this process holds more than now, at most, while it does work(device).

    None where the system does not report it.
    """
    torch.set_num_threads(threads)
    nn.Conv2d(1, 1, 3)(torch.zeros(1, 1, 8, 8))  # what the first convolution loads is no network's
    before = peak_resident_memory()
    work(device)
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return None if before is None else peak_resident_memory() - before


def peak_resident_memory():
    """Return the most memory in bytes that this process has held so far; None where the system does not report it."""
    try:
        # Linux. `getrusage` would return the parent's peak where that was higher: it outlives the start of a program.
        return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1])
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def mebibytes(peak):
    """Return bytes as text, in MiB; "–" for None."""
    return "–" if peak is None else f"{peak / 2**20:,.0f}"


# ------------------------------------------------------------------------------------------------------------- table


def aligned(lines, left):
    """Return lines of cells as a table of text, the first `left` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    cells = [
        [cell.ljust(width) if column < left else cell.rjust(width) for column, (cell, width) in enumerate(pairs)]
        for pairs in (list(zip(line, widths, strict=True)) for line in lines)
    ]
    return "\n".join("  ".join(line).rstrip() for line in cells)
