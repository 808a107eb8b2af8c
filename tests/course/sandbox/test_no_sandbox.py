"""Where there can be no sandbox, `make test-isolation` fails and says what to do, and `make test` is as ever."""

import importlib.util
import os
import subprocess
import sys

import pytest
from bookkit import ROOT

from unet_edu.course.sandbox.sandbox import Sandbox, SandboxUnavailable

FORBIDDEN = "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n"


def collected(folder, *words):
    """Run pytest on the tests of the sandbox, with the programs of a folder alone."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/course/sandbox/test_sandbox.py",
        *words,
    ]
    environment = {**os.environ, "PATH": str(folder)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


linux = pytest.mark.skipif(sys.platform != "linux", reason="there is bwrap on Linux alone")


@pytest.mark.parametrize(
    ("bwrap", "words"),
    [
        pytest.param("", "apt install bubblewrap", id="missing"),
        pytest.param(FORBIDDEN, "sudo sysctl kernel.", id="forbidden", marks=linux),
    ],
)
def test_tests_of_isolation_fail_without_it(tmp_path, bwrap, words):
    if bwrap:
        (tmp_path / "bwrap").write_text(bwrap)
        (tmp_path / "bwrap").chmod(0o755)
    done = collected(tmp_path, "-m", "isolation")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    assert "ERROR: tests marked `isolation` are no check without a sandbox" in done.stderr
    assert words in done.stderr
    assert "skipped" not in done.stdout


def test_other_tests_need_no_isolation(tmp_path):
    done = collected(tmp_path)
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout + done.stderr
    assert "deselected" in done.stdout


@pytest.mark.parametrize("unsafe", [False, True])
def test_without_ipython_nothing_is_started_and_the_message_says_what_to_install(monkeypatch, recwarn, unsafe):
    find = importlib.util.find_spec
    without = {"IPython": None}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: without.get(name, name) and find(name, *more))
    sandbox = Sandbox(unsafe=unsafe)
    with pytest.raises(SandboxUnavailable, match="IPython is not installed here") as raised, sandbox:
        pytest.fail("it was started")
    assert 'pip install "unet-edu[grade]"' in str(raised.value)
    assert not sandbox._zygotes
    assert not recwarn.list


SCRIPT = """
import os, sys
sys.modules["resource"] = None  # as on Windows
from unet_edu.course import cli
from unet_edu.course.sandbox import sandbox
os.name, here = "nt", os.name
try:
    sandbox.Sandbox().__enter__()
except sandbox.SandboxUnavailable as error:
    print(error)
os.name = here  # paths ask, too
sys.exit(cli.main(["predict", "no-such-file.safetensors", "images", "-o", "found"]))
"""


def test_on_windows_commands_that_run_no_answer_work_and_others_name_wsl(tmp_path):
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True)
    assert "Do this in WSL" in done.stdout
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("unet-edu: ")
    assert "Traceback" not in done.stderr
