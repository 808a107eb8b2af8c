"""What a notebook may take: the processor's seconds and memory, held against the speed of the machine that runs it."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from _ext import chapter_times
from _ext.chapter_times import GIB, QUIET, SECONDS, Speeds, allowed, excess
from tools import colab_check


def rows(share):
    """A record of one notebook of which this share goes with the speed of convolutions."""
    one = {"notebook": "05_skips", "device": "cpu"}
    slow, fast = {"flops": 1e11, "seconds": 10 * (1 + share)}, {"flops": 2e11, "seconds": 10.0}
    return [{"rows": [one | slow, one | fast]}]


@pytest.mark.parametrize(
    ("share", "python", "flops", "times"),
    [
        (0.5, 1, 1, 1),
        (0.0, 3, 1, 3),
        (0.0, 1, 0.1, 1),
        (0.5, 1, 0.5, 1.5),
        (1.0, 3, 0.25, 4),
        (0.5, 0.1, 10, 1),  # a faster machine is given no less
    ],
)
def test_a_slower_machine_is_given_more_of_its_processor(share, python, flops, times):
    speeds = Speeds(python * QUIET.python, flops * QUIET.flops)
    assert allowed(rows(share), "05_skips", speeds) == pytest.approx(times * SECONDS)


def test_without_a_record_python_s_speed_alone_counts():
    assert allowed([], "05_skips", Speeds(2 * QUIET.python, QUIET.flops / 9)) == 2 * SECONDS


def test_what_is_too_much_is_told():
    quiet = {"python": QUIET.python, "flops": QUIET.flops, "processor": SECONDS - 1, "gib": GIB - 0.1}
    assert excess([], "05_skips", quiet) == ""
    assert excess([], "05_skips", quiet | {"seconds": 999}) == "", "who waits for others does not take too much"
    slow = quiet | {"processor": 2 * SECONDS}
    assert excess([], "05_skips", slow) == f"took {2 * SECONDS} s of the processor, and may take {SECONDS}"
    half = slow | {"python": 1.5 * QUIET.python}
    assert excess([], "05_skips", half).endswith(f"may take {1.5 * SECONDS:.0f}")
    assert excess([], "05_skips", slow | {"python": 3 * QUIET.python}) == ""
    assert excess([], "05_skips", quiet | {"gib": 2.25}) == f"took 2.25 GiB, and may take {GIB}"


@pytest.mark.parametrize(
    ("seconds", "error", "found"),
    [
        ([1], "", ""),
        ([9 * SECONDS, 1], "", ""),  # a neighbour was busy
        ([9 * SECONDS, 8 * SECONDS], "", f"took {8 * SECONDS} s of the processor, and may take {SECONDS}"),
        ([1], "a cell failed", "a cell failed"),
    ],
)
def test_what_takes_too_much_is_run_once_more_and_what_fails_is_not(seconds, error, found, monkeypatch):
    quiet = {"python": QUIET.python, "flops": QUIET.flops, "gib": 1.0, "error": error}
    runs = iter(seconds)
    monkeypatch.setattr(chapter_times, "read", lambda root: [])
    monkeypatch.setattr(colab_check, "run", lambda path, python, cut: quiet | {"processor": next(runs)})
    row = colab_check.judged(Path("05_skips.ipynb"), "python", cut=[])
    assert (row["error"], row["processor"]) == (found, seconds[-1])
    assert next(runs, None) is None


def test_the_kernel_measures_itself():
    works = "import time\nend = time.process_time() + 1\nwhile time.process_time() < end:\n    pass"
    cells = [nbformat.v4.new_code_cell(text) for text in (works, chapter_times.LAST_CELL)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", timeout=900, startup_timeout=900).execute()
    measured = json.loads(notebook.cells[-1].outputs[0].text)
    assert set(measured) == {"processor", "gib", "gpu_gib", "python", "flops"}
    assert measured["processor"] >= 1
    assert measured["gib"] > 0.05
    assert measured["python"] > 0
    assert measured["flops"] > 0
