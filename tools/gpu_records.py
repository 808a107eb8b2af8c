"""All that wants a GPU, in pieces of ten minutes: ``make gpu-records``, again until it has nothing left to do.

    tests that need CUDA ─▶ each experiment goes on where its record ends ─▶ unet_edu/records/NAME-<the GPU>.json

A piece starts no run after its minutes are over, so it may take one run longer. Records are whole after each run, so a
piece may be broken off. ``python -m tools.gpu_records --quick`` does the same with tiny networks on any device, and
keeps what comes of it in _build/gpu-records instead.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
QUICK = ROOT / "_build" / "gpu-records"
IN_PIECES = ("time_to_score", "ablation", "data_scaling", "sharpness", "nuclei", "isbi")  # the shortest runs first
AT_ONCE = ("network_times",)  # has no single runs: some minutes


def commands(quick: bool) -> list[tuple[str, list[str]]]:
    """Return (name, command) of each part, in order; one that can stop and go on takes ``--minutes``."""
    python = [sys.executable, "-m"]
    parts = [] if quick else [("the tests that need a GPU", [*python, "pytest", "-q", "-m", "gpu"])]
    for name in (*IN_PIECES, *AT_ONCE):
        command = [*python, f"unet_edu.experiments.{name}"]
        if not quick:
            command += ["--record", "--device", "cuda"]
        elif name in IN_PIECES:
            command += ["--quick", "--seeds", "1", "--output", str(QUICK / f"{name}.json")]
        else:
            command += ["--quick"]
        parts.append((name, command))
    return parts


def piece(parts, minutes: float, run, clock=time.monotonic) -> list[str]:
    """Run parts until the minutes are over; return the names of those that may not be complete.

    run: called with a command, returns its exit status.  Raises RuntimeError where a part fails.
    """
    start = clock()
    for at, (name, command) in enumerate(parts):
        left = minutes - (clock() - start) / 60
        if left <= 0:
            return [name for name, _ in parts[at:]]
        print(f"== {name}", flush=True)
        if run(command + ["--minutes", f"{left:.2f}"] * (name in IN_PIECES)):
            raise RuntimeError(f"{name} failed: {' '.join(command)}")
        if name in IN_PIECES and clock() - start >= 60 * minutes:  # it may have stopped in the middle
            return [name for name, _ in parts[at:]]
    return []


def main(arguments=None) -> None:
    """Run one piece."""
    parser = argparse.ArgumentParser(prog="python -m tools.gpu_records", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="start no run after so many (default: 10)")
    parser.add_argument("--quick", action="store_true", help="tiny networks on any device: does it work?")
    options = parser.parse_args(arguments)
    if not options.quick and not torch.cuda.is_available():
        parser.error("there is no CUDA device here; --quick shows on any machine that it works")
    try:
        left = piece(commands(options.quick), options.minutes, lambda words: subprocess.run(words, cwd=ROOT).returncode)
    except RuntimeError as error:
        sys.exit(str(error))
    print(f"Go on with the same command: {', '.join(left)}" if left else "All records are complete: commit them.")


if __name__ == "__main__":
    main()
