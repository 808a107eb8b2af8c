"""Peak memory: what a process held at most, in a process of its own."""

import json
import subprocess
import sys
from functools import partial

import pytest
import torch

from unet_edu.experiments import costs

HOLDS_400_MIB = """
import json, torch
from torch import nn
from unet_edu.experiments import costs
from unet_edu.experiments.network_times import Job

class Holds(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(100 * 2**18))  # 100 MiB

    def forward(self, images):
        work = torch.ones(300 * 2**18)  # 300 MiB for a moment
        del work
        return images + torch.ones(50 * 2**18)[0]

job = Job("", Holds, (1, 1, 8, 8))
print(json.dumps(costs.peak_memory_here(job.once, torch.device("cpu"), threads=1)))
"""


def test_peak_memory_is_what_was_held_at_most():
    ballast = torch.ones(200 * 2**18)  # the parent's memory must not count
    run = subprocess.run([sys.executable, "-c", HOLDS_400_MIB], capture_output=True, text=True, check=True)
    peak = json.loads(run.stdout)
    if peak is None:
        pytest.skip("this system does not tell a process its peak memory")
    assert ballast.numel()
    assert peak / 2**20 == pytest.approx(400, rel=0.05)


def holds(mebibytes, device):
    assert torch.ones(mebibytes * 2**18, device=device).numel()


def test_memory_is_that_of_a_fresh_process():
    for mebibytes in (300, 100):  # what the first one held must not count for the second
        peak = costs.peak_memory(partial(holds, mebibytes), torch.device("cpu"))
        assert peak is None or peak / 2**20 == pytest.approx(mebibytes, rel=0.1)


def test_memory_that_cannot_be_measured_is_none():
    assert costs.peak_memory(pytest.fail, torch.device("mps")) is None


def fails(device):
    raise ValueError(f"no such work on {device}")


def test_a_failing_measurement_tells_why():
    with pytest.raises(ValueError, match="no such work on cpu"):
        costs.peak_memory(fails, torch.device("cpu"))
