"""What an experiment writes beside its scores, so that a number in the book can be traced to its run.

    data = {"experiment": "network_times", "made": made(device, seed=0), "rows": [...]}
    write_json(results_dir() / f"network_times-{machine_kind(device)}.json", data)

A record names the hardware, the versions and the git commit; it holds no host name, user name or path.
"""

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import torch

from unet_edu.files import written_whole

PROJECT = Path(__file__).resolve().parents[2]  # the checkout, unless the package is installed from a wheel
PACKAGES = ("torch", "numpy", "scipy", "scikit-image", "unet-edu")


def machine_kind(device):
    """Return a short name of the hardware for a file name: "cpu", "mps", or the GPU's name as in "nvidia-h200"."""
    device = torch.device(device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def machine(device):
    """Return the hardware of a run: names of device and processor, cores, threads, memory in bytes, load.

    What the system does not report is None. The load is that of the last minute: how many processes wanted a core.
    """
    device = torch.device(device)
    cuda = device.type == "cuda"
    return {
        "kind": machine_kind(device),
        "device": torch.cuda.get_device_name(device) if cuda else device.type,
        "device_memory_bytes": torch.cuda.get_device_properties(device).total_memory if cuda else None,
        "processor": processor(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": memory_bytes(),
        "load_1min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def versions():
    """Return the versions of Python, of the packages that results depend on, of CUDA and cuDNN; None where missing."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    cudnn = torch.backends.cudnn.version() if torch.cuda.is_available() else None
    return found | {"cuda": torch.version.cuda, "cudnn": str(cudnn) if cudnn else None}


def git_commit(root=None):
    """Return {"commit": hash, "changed": whether tracked files differ from it} of the checkout at `root`.

    Records do not count: one that grows run by run differs from the commit by its own runs. root: None means the
    checkout that the package is imported from. Both are None where that is none.
    """
    root = Path(root or PROJECT)

    def git(*words):
        if not (root / ".git").exists():  # git itself would look further up, and find another project's
            return None
        try:
            run = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True, timeout=30, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        return run.stdout.strip()

    commit = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)unet_edu/records")
    return {"commit": commit, "changed": None if changed is None else bool(changed)}


def made(device, seed=None):
    """Return when, where and from what a run is made, the head of every record. The date is UTC, to the second."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "machine": machine(device),
        "versions": versions(),
        "git": git_commit(),
    }


def results_dir(start=None):
    """Return the folder unet_edu/records of the book's checkout that `start` lies in.

    start: None means the working directory. Outside any checkout, the one that the package is imported from counts.
    Raises FileNotFoundError where there is none either: the package was installed from a wheel, say.
    """
    start = Path(start or Path.cwd()).resolve()
    for folder in (start, *start.parents, PROJECT):
        if (folder / "book").is_dir() and (folder / "unet_edu" / "experiments").is_dir():
            return folder / "unet_edu" / "records"
    raise FileNotFoundError(
        f"{start} is not inside a checkout of the book (a folder with book/ and unet_edu/), and the package is not "
        "imported from one: records are kept there. Run the command in a clone of the project"
    )


def write_json(path, data):
    """Write `data` to `path` as readable JSON, whole or not at all, and return the path. Its folder is made if missing.

    Raises ValueError where `data` holds NaN or infinity, TypeError where it holds anything else that JSON has not; an
    older file then stays as it was.
    """
    text = json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    path = Path(path)
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return path


def shortened(data, digits=7):
    """Return plain JSON data with so many digits of every float; thresholds stay whole, since pixels are cut there.

    More than seven say nothing of a run, and the wheel holds all records.
    """
    if isinstance(data, dict):
        return {key: value if key == "threshold" else shortened(value, digits) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [shortened(value, digits) for value in data]
    return float(f"{data:.{digits}g}") if isinstance(data, float) else data


def processor():
    """Return the processor's name as the system reports it."""
    try:
        names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), flags=re.MULTILINE)
    except OSError:
        names = []
    return names[0] if names else platform.processor() or None


def memory_bytes():
    """Return how large the main memory is."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
