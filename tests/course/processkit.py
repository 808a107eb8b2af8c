"""Processes that a test has started."""

from pathlib import Path


def descendants(pid):
    """The ids of all processes that `pid` started, and of those that these started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *descendants(child)]
    return found
