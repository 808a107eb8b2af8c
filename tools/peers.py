"""What the book says of other packages, tried on these packages themselves: ``make peers``.

    tools/peers.txt ─ venv ─▶ _build/peers/env ─▶ tools/peer_checks.py, part by part ─▶ unet_edu/records/peers-cpu.json

The parts run the code blocks of the section *Moving house* and measure what the chapters print of MONAI, smp, nnU-Net,
counters of multiply-adds and packages that deform images. A part that finds another behaviour than the text describes
fails, and then nothing is recorded. ``python tools/peers.py PART ...`` runs some and keeps the record of the rest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = Path(__file__).with_name("peers.txt")
KEPT = ROOT / "_build" / "peers"
# `thop` and `ultralytics-thop` both install the module `thop`: one of them lies in a folder of its own.
THOP = "thop==0.1.1.post2209072238"
PARTS = ("blocks", "sizes", "window", "counts", "sigma", "rand", "halves", "nnunet")


def environment(interpreter: str) -> Path:
    """Return Python of an environment that has the versions of peers.txt; made anew when these change."""
    folder = KEPT / "env"
    stamp, wanted = folder / "made-from", f"{interpreter}\n{THOP}\n{PINS.read_text('utf-8')}"
    python = folder / "bin" / "python"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return python
    subprocess.run([interpreter, "-m", "venv", "--clear", folder], check=True)
    pip = [python, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "-r", PINS], check=True)
    subprocess.run([*pip, "--no-deps", "--target", folder / "thop", THOP], check=True)
    stamp.write_text(wanted, "utf-8")
    return python


def run(python: Path, parts) -> int:
    """Run parts one after the other, each in a process of its own; return the exit status."""
    found = KEPT / "found.json"
    found.unlink(missing_ok=True)
    for part in parts:
        print(f"== {part}", flush=True)
        status = subprocess.run([python, "-m", "tools.peer_checks", part, found], cwd=ROOT).returncode
        if status:
            print(f"{part}: the text and the packages differ", file=sys.stderr)
            return status
    return subprocess.run([python, "-m", "tools.peer_checks", "record", found], cwd=ROOT).returncode


def main(arguments=None) -> None:
    """Make the environment, run the parts, write the record."""
    parser = argparse.ArgumentParser(prog="python tools/peers.py", description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--python", default=sys.executable, help="makes the environment")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    KEPT.mkdir(parents=True, exist_ok=True)
    sys.exit(run(environment(options.python), options.parts or PARTS))


if __name__ == "__main__":
    main()
