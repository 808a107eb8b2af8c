"""What a fresh resolution would change in the lock: ``make deps``. Changes nothing.

    requirements.txt without its pins ─ pip resolves ─▶ compared with requirements.txt and constraints.txt

jupyter-book stays below 2, which is another program; torch stays where it is, since its default build is several GB.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HELD = {"jupyter-book": "jupyter-book<2", "torch": None}  # None: as it is pinned
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s#]+)", re.M)


def pins(name: str) -> dict[str, str]:
    """The pins of a file at the root, by normal name."""
    return {normal(each): version for each, version in PIN.findall((ROOT / name).read_text("utf-8"))}


def normal(name: str) -> str:
    """A package's name as the index has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def resolved(direct: dict[str, str]) -> dict[str, str]:
    """Name and version of all that pip would install for the direct requirements, at their newest."""
    wanted = [HELD.get(name, name) or f"{name}=={version}" for name, version in direct.items()]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        subprocess.run([*command, "--report", report, *wanted], check=True)
        found = json.loads(report.read_text("utf-8"))["install"]
    return {normal(each["metadata"]["name"]): each["metadata"]["version"] for each in found}


def main() -> None:
    """Print the differences."""
    direct, rest = pins("requirements.txt"), pins("constraints.txt")
    new, old = resolved(direct), {**rest, **direct}
    for title, names in (
        ("requirements.txt", direct),
        ("constraints.txt", dict.fromkeys({*rest, *new} - {*direct}, 0)),
    ):
        print(title)
        changes = [
            f"  {name:<32} {old.get(name, '-'):>14} -> {new.get(name, '-')}"
            for name in sorted(names)
            if old.get(name, "-") != re.sub(r"\+.*", "", new.get(name, "-"))
        ]
        print("\n".join(changes) or "  nothing")


if __name__ == "__main__":
    main()
