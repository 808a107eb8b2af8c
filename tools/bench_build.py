"""How long builds take beside those of another commit: ``python tools/bench_build.py COMMIT`` (``make bench-build``).

    for each of three rounds:   COMMIT, cold ─ this checkout, cold ─ COMMIT, one sentence ─ this checkout, one sentence

Both are copied into a temporary folder and built by the environment that runs this, in turns, so that a machine that
gets slower or faster does so for both. Files of this checkout count as they are, committed or not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3
CHAPTER = "book/05_skips.md"
HEADING = "\n\n## "  # a sentence is put before the first one


def check_out(commit: str, folder: Path) -> None:
    """Put the files of a commit into a new folder. Raises CalledProcessError where there is no such commit."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)


def copy_checkout(folder: Path) -> None:
    """Put the files of this checkout into a new folder, without those that git ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def build(folder: Path) -> float:
    """Build the book in `folder` with the package in it, and return the seconds. Ends the program if it fails."""
    command = [Path(sys.executable).parent / "jupyter-book", "build", ".", "-W", "--keep-going"]
    env = {**os.environ, "PYTHONPATH": str(folder)}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout[-5000:]}\nthe build in {folder} failed")
    return time.perf_counter() - started


def cold(folder: Path) -> float:
    """Return the seconds of a build from nothing."""
    shutil.rmtree(folder / "_build", ignore_errors=True)
    return build(folder)


def rebuild(folder: Path) -> float:
    """Return the seconds of a build after one sentence more in a chapter."""
    path = folder / CHAPTER
    text = path.read_text("utf-8")
    path.write_text(text.replace(HEADING, f"\n\nThis is sentence {len(text)}.{HEADING}", 1), "utf-8")
    return build(folder)


def main() -> None:
    """Build both commits in turns and print the ratio of their times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", help="what to compare with")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base, here = Path(temporary) / "base", Path(temporary) / "here"
        check_out(given.commit, base)
        copy_checkout(here)
        seconds = {(what, place): [] for what in (cold, rebuild) for place in (base, here)}
        for number in range(1, ROUNDS + 1):
            for (what, place), found in seconds.items():
                found.append(what(place))
                print(f"round {number}: {what.__name__} {place.name} {found[-1]:.1f} s", flush=True)
    middle = {key: median(found) for key, found in seconds.items()}
    for what in (cold, rebuild):
        print(f"{what.__name__}: {given.commit} {middle[what, base]:.1f} s, here {middle[what, here]:.1f} s (medians)")
    print(f"cold {middle[cold, here] / middle[cold, base]:.2f} rebuild {middle[rebuild, here]:.0f} s")


if __name__ == "__main__":
    main()
