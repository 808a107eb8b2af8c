"""Records on a GPU in pieces: what is left is named, nothing is started after the minutes, a failure stops it."""

import runpy
import subprocess
import sys

import pytest
from bookkit import ROOT

from tools import gpu_records


class Machine:
    """Runs commands by adding minutes to a clock."""

    def __init__(self, *minutes, status=0):
        self.now, self.minutes, self.status, self.ran = 0.0, list(minutes), status, []

    def run(self, command):
        self.ran.append(command)
        self.now += 60 * self.minutes.pop(0)
        return self.status

    def clock(self):
        return self.now


PARTS = [("tests", ["pytest"]), ("ablation", ["a"]), ("isbi", ["b"]), ("network_times", ["c"])]


def test_a_piece_ends_with_its_minutes_and_names_what_is_left():
    machine = Machine(1, 3, 7)
    assert gpu_records.piece(PARTS, 10, machine.run, machine.clock) == ["isbi", "network_times"]
    assert machine.ran == [["pytest"], ["a", "--minutes", "9.00"], ["b", "--minutes", "6.00"]]


def test_a_piece_that_comes_to_the_end_leaves_nothing():
    machine = Machine(1, 1, 1, 1)
    assert gpu_records.piece(PARTS, 10, machine.run, machine.clock) == []
    assert machine.ran[-1] == ["c"]  # it has no single runs


def test_a_failure_stops_it():
    machine = Machine(1, status=1)
    with pytest.raises(RuntimeError, match="tests failed: pytest"):
        gpu_records.piece(PARTS, 10, machine.run, machine.clock)
    assert len(machine.ran) == 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of runpy: the module was imported before
def test_every_experiment_with_a_record_of_runs_is_in_it(monkeypatch, capsys):
    """Each command line exists, and takes what it is given."""
    for quick in (True, False):
        for name, command in gpu_records.commands(quick):
            if name.startswith("the tests"):
                assert command[-2:] == ["-m", "gpu"]
                continue
            more = ["--minutes", "1"] if name in gpu_records.IN_PIECES else []
            assert command[:2] == [sys.executable, "-m"]
            monkeypatch.setattr(sys, "argv", [*command[2:], *more, "--help"])
            with pytest.raises(SystemExit) as ended:
                runpy.run_module(command[2], run_name="__main__")
            told = capsys.readouterr().out
            assert ended.value.code == 0
            for option in [word for word in [*command[3:], *more] if word.startswith("--")]:
                assert option in told


def test_without_a_gpu_it_says_what_works():
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    command = [sys.executable, "-m", "tools.gpu_records"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert told.returncode == 2
    assert "--quick" in told.stderr
