"""The workflows cannot run here; what can be known of them without running is held."""

import re
import subprocess

import pytest
import yaml
from bookkit import BIN, ROOT

from tools import deps

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M))


def named(path):
    return path.name


def steps(path):
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def scripts(path):
    return [step["run"] for step in steps(path) if "run" in step]


def test_there_are_workflows_to_test_publish_and_watch():
    assert {"test.yml", "publish.yml", "weekly.yml"} <= {path.name for path in WORKFLOWS}


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_a_workflow_says_what_a_workflow_may_say(path):
    done = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_its_scripts_are_sound(path):
    for script in scripts(path):
        plain = re.sub(r"\$\{\{.*?\}\}", "value", script)
        done = subprocess.run(["bash", "-n"], input=plain, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_what_it_calls_is_there(path):
    for script in scripts(path):
        wanted = set(re.findall(r"\bmake ([a-z-]+)", script))
        assert wanted <= TARGETS
        for name in re.findall(r"(?<![\w/.$-])((?:tests|tools|book|\.ci)/[\w./-]+)", script):
            assert (ROOT / name).exists(), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_what_is_written_into_a_script_comes_from_us(path):
    """An issue's title, a branch's name: whoever writes these would write the script."""
    for script in scripts(path):
        assert not re.findall(r"\$\{\{\s*github\.(?:event|head_ref|ref_name)", script)


def test_deps_reads_the_pins_of_both_files():
    assert len(deps.pins("requirements.txt")) > 15
    assert len(deps.pins("constraints.txt")) > 50
