"""What all tests share: one seed, Node for scripts; CUDA tests skip themselves where no CUDA device works.

Tests of isolation do not.
"""

import functools
import json
import shutil
import subprocess
from pathlib import Path

import bookkit  # noqa: F401  puts the book's extensions on the path
import playwright
import pytest
import torch

from unet_edu import threads
from unet_edu.course.sandbox.sandbox import why_unavailable


@functools.cache
def why_no_cuda():
    """Return why tests marked `gpu` cannot run here, or an empty string: a device counts if it adds one and one."""
    if not torch.cuda.is_available():
        return "no CUDA device"
    try:
        return "" if (torch.ones(1, device="cuda") + 1).item() == 2 else "the CUDA device miscalculates"
    except RuntimeError as error:
        return f"the CUDA device does not work: {error}"


@pytest.fixture
def one_thread():
    """Small networks gain nothing from more, and where others compute too, threads wait for each other."""
    with threads.one_thread():
        yield


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("gpu") and why_no_cuda():
            item.add_marker(pytest.mark.skip(reason=why_no_cuda()))


def pytest_collection_finish(session):
    """Tests of isolation do not skip themselves: where there can be no sandbox they fail, and say what to do."""
    if session.config.option.collectonly or not any(item.get_closest_marker("isolation") for item in session.items):
        return
    why = why_unavailable()
    if why:
        raise pytest.UsageError(
            f"tests marked `isolation` are no check without a sandbox, and there can be none.\n{why}"
        )


@pytest.fixture(autouse=True)
def _same_random_numbers():
    torch.manual_seed(0)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request):
    """The CPU, and CUDA where it works."""
    return torch.device(request.param)


@pytest.fixture
def node(tmp_path):
    """Function that runs a script in Node beside the module of a figure; returns what it prints as JSON."""
    program = shutil.which("node") or Path(playwright.__file__).parent / "driver" / "node"  # Playwright brings its own

    def run(figure, script, text=""):
        (tmp_path / "figure.mjs").write_text(figure._esm, encoding="utf-8")
        (tmp_path / "run.mjs").write_text(f'import * as figure from "./figure.mjs";\n{script}', encoding="utf-8")
        done = subprocess.run(
            [program, "run.mjs"], cwd=tmp_path, input=text, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
