"""Every notebook of the site with Colab's versions: ``python tools/colab_check.py [NAME ...]`` (``make colab-check``).

    colab_constraints.txt ─ venv ─▶ install the site's wheel as the first cell does ─▶ run each notebook ─▶ record.json

In an environment of its own (``_build/colab``), from an empty folder, without a network, one process each. The first
cell may add the wheel and what it needs that Colab does not have, and must leave everything else as it was. What was
measured goes into ``_build/colab/record.json``; the page *Status* shows it from the next build on. Ends with an error
if a notebook fails, or takes more of the processor or of memory than `_ext.chapter_times` allows at the speed of this
machine. One that takes more is run once more, and the better of its two runs counts: what else a machine does slows it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book"))  # for _ext
PINS = Path(__file__).with_name("colab_constraints.txt")
SITE = ROOT / "_build" / "html"
KEPT = ROOT / "_build" / "colab"
MAY_BE_ADDED = {"unet-edu", "torchinfo"}  # torchinfo is the one thing that the package needs and Colab lacks
CELL_SECONDS = 900  # where a cell that hangs is stopped, on a busy machine, too
SPEED = """\
import torch
from unet_edu import device
best = device.best_device()
print(best.type, torch.get_num_threads(), device.flops(best))"""
ONE_THREAD, NO_GPU = {"OMP_NUM_THREADS": "1"}, {"CUDA_VISIBLE_DEVICES": ""}
VERSIONS = """\
import json, platform, IPython, ipywidgets, numpy, torch
from unet_edu import device
versions = {each.__name__: each.__version__ for each in (torch, numpy, ipywidgets, IPython)}
print(json.dumps({"python": platform.python_version(), "versions": versions, "device": device.describe()}))"""


class Failed(Exception):
    """What was found wrong, in words."""


def environment(interpreter: str) -> Path:
    """Return Python of an environment that has the versions of colab_constraints.txt and nothing of the book."""
    folder = KEPT / "env"
    stamp, wanted = folder / "made-from", f"{interpreter}\n{PINS.read_text('utf-8')}"
    python = folder / "bin" / "python"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        # as on a fresh machine: without what an earlier check installed
        subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", *MAY_BE_ADDED], check=True)
        return python
    subprocess.run([interpreter, "-m", "venv", "--clear", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", PINS], check=True)
    stamp.write_text(wanted, "utf-8")
    return python


def freeze(python) -> dict[str, str]:
    """Name and version of all that is installed."""
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True, text=True
    ).stdout
    return {re.sub(r"[-_.]+", "-", one["name"]).lower(): one["version"] for one in json.loads(listed)}


def install_as_the_first_cell(python, site: Path) -> float:
    """Install the site's wheel with the first cell's own command; return the seconds. Nothing else may change."""
    (wheel,) = (site / "wheels").glob("unet_edu-*.whl")
    before, start = freeze(python), time.monotonic()
    subprocess.run([python, "-m", "pip", "install", "-q", wheel], check=True)
    seconds, after = time.monotonic() - start, freeze(python)
    changed = {name: (version, after.get(name)) for name, version in before.items() if after.get(name) != version}
    added = set(after) - set(before)
    if changed or added - MAY_BE_ADDED:
        raise Failed(f"the first cell changes {changed} and adds {added - MAY_BE_ADDED}: it may add {MAY_BE_ADDED}")
    return seconds


def without_network() -> list[str]:
    """The start of a command whose process has no network, where the system lets us."""
    cut = ["unshare", "--user", "--map-root-user", "--net"]
    works = shutil.which("unshare") and not subprocess.run([*cut, "true"], capture_output=True).returncode
    return cut if works else []


def run(path: Path, python, cut: list[str], more: dict[str, str] | None = None) -> dict:
    """Run a notebook and return what it took: seconds, of these the processor's, GiB, and the error if there was one.

    more: environment variables of its own.
    """
    from _ext import chapter_times  # with `here` the package is installed by this check

    with tempfile.TemporaryDirectory(prefix="nb-") as folder:
        manager = KernelManager(transport="ipc", connection_file=f"{folder}/k.json")
        start_kernel = [*cut, str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        manager._kernel_spec = KernelSpec(argv=start_kernel, display_name="Colab", language="python")
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(chapter_times.LAST_CELL))
        empty = Path(folder) / "empty"
        empty.mkdir()
        private = {"HOME": str(empty), "IPYTHONDIR": f"{folder}/ipython", "MPLCONFIGDIR": f"{folder}/mpl"}
        private["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # of the debugger: a warning a kernel
        env = {name: value for name, value in os.environ.items() if name not in ("UNET_EDU_DATA", "PYTHONPATH")}
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=CELL_SECONDS,
            startup_timeout=CELL_SECONDS,
            resources={"metadata": {"path": str(empty)}},
        )
        row = {"notebook": path.stem, "error": ""}
        start = time.monotonic()
        try:
            client.execute(env=env | private | (more or {}))
            row |= json.loads(notebook.cells[-1].outputs[0].text) | {"expected": expected(notebook)}
        except Exception as error:  # a cell's error, a kernel that dies or hangs: the others are still run
            row["error"] = str(error)[-2000:]
        finally:
            manager.shutdown_kernel(now=True)
        row["seconds"] = time.monotonic() - start
    return row


def judged(path: Path, python, cut: list[str]) -> dict:
    """Run a notebook and hold it to what it may take, twice where once was too much; return the row of the last run."""
    from _ext import chapter_times  # with `here` the package is installed by this check

    records = chapter_times.read(ROOT)
    for _ in range(2):
        row = run(path, python, cut)
        too_much = "" if row["error"] else chapter_times.excess(records, path.stem, row)
        if not too_much:
            break
        print(f"{path.stem:<20} {too_much}", flush=True)
    return row | {"error": row["error"] or too_much}


def expected(notebook) -> int | None:
    """Return the seconds that the first cell of an executed notebook has foretold; None where it does not."""
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    said = re.search(r"expect about (\d+) here", "".join(output.get("text", "") for output in first.outputs))
    return int(said[1]) if said else None


def measure(found: dict[str, Path], python, cut: list[str]) -> list[dict]:
    """Run every notebook on one thread, on all, and on a GPU where there is one; return a row for each of these."""
    rows = []
    for setting in (NO_GPU | ONE_THREAD, NO_GPU, {}):
        env = os.environ | setting
        words = subprocess.run([python, "-c", SPEED], check=True, capture_output=True, text=True, cwd=KEPT, env=env)
        device, threads, flops = words.stdout.split()
        if not setting and device == "cpu":
            break
        for name, path in found.items():
            row = run(path, python, cut, setting)
            if row["error"]:
                raise Failed(f"{name}: {row['error']}")
            print(f"{name:<20} {device}, {threads} threads: {row['seconds']:.1f} s", flush=True)
            seconds = round(row["seconds"], 2)
            rows.append(
                {"notebook": name, "device": device, "threads": int(threads), "flops": float(flops), "seconds": seconds}
            )
    return rows


def main(arguments=None) -> int:
    """Run the check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks, 05_skips for example; all where none is named")
    parser.add_argument("--python", default=os.environ.get("COLAB_PYTHON", sys.executable), help="interpreter to use")
    parser.add_argument(
        "--here", action="store_true", help="use the environment that runs this: Colab's own image, say"
    )
    parser.add_argument("--site", type=Path, default=SITE, help="the built or published site")
    parser.add_argument("--record", action="store_true", help="measure how the speed of a machine tells, and record it")
    options = parser.parse_args(arguments)
    paths = sorted((options.site / "notebooks").glob("*.ipynb"))
    found = {path.stem: path for path in paths if "." not in path.stem}  # without NAME.yours.ipynb
    if not found:
        parser.error("there are no notebooks yet: type 'make book' first")
    if unknown := set(options.names) - set(found):
        parser.error(f"no notebook {', '.join(sorted(unknown))}; there are {', '.join(found)}")
    KEPT.mkdir(parents=True, exist_ok=True)
    python = sys.executable if options.here else environment(options.python)
    try:
        seconds = install_as_the_first_cell(python, options.site)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"wheel installed in {seconds:.1f} s; nothing else has changed")
    cut = without_network()
    if options.record:
        from unet_edu.device import best_device
        from unet_edu.experiments import record as records

        head = records.made(best_device())
        rows = measure(found, python, cut)
        file = records.results_dir() / f"chapters-{records.machine_kind(best_device())}.json"
        print(
            records.write_json(file, {"experiment": "chapters", "made": head, "settings": {"rounds": 1}, "rows": rows})
        )
        return 0
    known = subprocess.run([python, "-c", VERSIONS], check=True, capture_output=True, text=True, cwd=KEPT).stdout
    record = {
        "made": datetime.now().isoformat(timespec="minutes"),
        "list_of": None if options.here else re.search(r"pip-freeze\.txt of (\S+),", PINS.read_text("utf-8"))[1],
        "install_seconds": seconds,
        "network_cut": bool(cut),
        "machine": f"{platform.system()} on {platform.machine()}",
        **json.loads(known),
        "rows": [],
    }
    for name in options.names or found:
        row = judged(found[name], python, cut)
        record["rows"].append(row)
        print(
            f"{name:<20} {row['seconds']:5.1f} s (foretold: {row.get('expected') or '?'})  "
            f"{row.get('gib', 0):.2f} GiB  {row['error'] or 'passed'}",
            flush=True,
        )
    if not options.names:
        from unet_edu.files import written_whole  # with `here` installed by this check

        with written_whole(KEPT / "record.json") as part:
            part.write_text(json.dumps(record, indent=1), "utf-8")
    return int(any(row["error"] for row in record["rows"]))


if __name__ == "__main__":
    sys.exit(main())
