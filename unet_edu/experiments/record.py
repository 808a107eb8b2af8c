"""What an experiment writes beside its scores, so that a number in the book can be traced to its run.

    data = {"experiment": "speed", "made": made(device, seed=0), "rows": [...]}
    write_json(results_dir() / f"speed-{machine_kind(device)}.json", data)

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

PACKAGES = ("torch", "numpy", "scipy", "scikit-image", "unet-edu")


def machine_kind(device: torch.device | str) -> str:
    """Short name of the hardware for a file name: "cpu", "mps", or the GPU's name as in "nvidia-h200"."""
    device = torch.device(device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def machine(device: torch.device | str) -> dict:
    """The hardware of a run: kind, device and processor names, cores, threads, memory (bytes), load of the last minute.

    What the operating system does not tell is None.
    """
    device = torch.device(device)
    cuda = device.type == "cuda"
    return {
        "kind": machine_kind(device),
        "device": torch.cuda.get_device_name(device) if cuda else device.type,
        "device_memory_bytes": torch.cuda.get_device_properties(device).total_memory if cuda else None,
        "processor": _processor(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": _memory_bytes(),
        "load_1min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str | None]:
    """Versions of Python, the packages that results depend on, CUDA and cuDNN; None where not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    cudnn = torch.backends.cudnn.version() if torch.cuda.is_available() else None
    return found | {"cuda": torch.version.cuda, "cudnn": str(cudnn) if cudnn else None}


def git_commit(root: Path | None = None) -> dict:
    """{"commit": hash or None, "changed": whether tracked files differ from it} of the checkout at `root`."""
    root = root or Path(__file__).resolve().parents[2]

    def git(*words: str) -> str | None:
        try:
            run = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True, timeout=30, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        return run.stdout.strip()

    commit = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "changed": None if changed is None else bool(changed)}


def made(device: torch.device | str, seed: int | None = None) -> dict:
    """Where, when and from what a run was made: the head of every record. The date is UTC, to the second."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "machine": machine(device),
        "versions": versions(),
        "git": git_commit(),
    }


def results_dir(start: Path | str | None = None) -> Path:
    """The folder book/results of the book's checkout that `start` (default: the working directory) lies in.

    Where `start` is outside one, the checkout that the package itself is imported from counts.

    Raises:
        FileNotFoundError: neither is in a checkout of the book (the package was installed from a wheel, say).
    """
    start = Path(start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2]):
        if (folder / "book").is_dir() and (folder / "unet_edu" / "experiments").is_dir():
            return folder / "book" / "results"
    raise FileNotFoundError(
        f"{start} is not inside a checkout of the book (a folder with book/ and unet_edu/), and the package is not "
        "imported from one: records are kept there. Run the command in a clone of the project"
    )


def write_json(path: Path | str, data: dict) -> Path:
    """Write `data` to `path` as readable JSON, whole or not at all; returns the path. The folder is made if missing.

    Raises:
        ValueError: `data` holds NaN or infinity, which JSON has not. An existing file stays as it was.
        TypeError: `data` holds something that JSON has not.
    """
    text = json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _processor() -> str | None:
    """The processor's name as the system prints it."""
    try:
        names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), flags=re.MULTILINE)
    except OSError:
        names = []
    return names[0] if names else platform.processor() or None


def _memory_bytes() -> int | None:
    """The machine's main memory."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
