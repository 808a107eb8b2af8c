"""A file is there whole or not at all."""

import os
import subprocess
import sys

import pytest

from unet_edu import files
from unet_edu.files import Locked, lock, written_whole

HOLDS = """
import sys, time
from unet_edu.files import lock
held = lock(sys.argv[1])
print("locked", flush=True)
time.sleep(60)
"""


def test_what_is_written_arrives_when_the_block_ends(tmp_path):
    path = tmp_path / "a" / "b" / "record.json"
    with written_whole(path) as partial:
        partial.write_text("new")
        assert not path.exists(), "nobody may see a file that is still being written"
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "record.json"
    path.write_text("old")

    def stopped_half_way():
        with written_whole(path) as partial:
            partial.write_text("half of the ne")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        stopped_half_way()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# --- locks ------------------------------------------------------------------------------------------


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of a path."""
    process = subprocess.Popen([sys.executable, "-c", HOLDS, tmp_path / "lock"], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"locked\n"
    yield process
    process.kill()
    process.communicate()


def test_a_lock_is_one_process_s_and_names_it(tmp_path, holder):
    with pytest.raises(Locked) as told:
        lock(tmp_path / "lock")
    assert told.value.holder == str(holder.pid)


def test_a_killed_process_leaves_no_lock(tmp_path, holder):
    holder.kill()  # kill -9
    holder.wait()
    lock(tmp_path / "lock").close()


def test_whoever_waits_gets_the_lock_when_it_is_given_back(tmp_path, holder):
    command = [sys.executable, "-c", HOLDS.replace("argv[1])", "argv[1], wait=True)"), tmp_path / "lock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as second:
        holder.kill()
        assert second.stdout.readline() == b"locked\n"
        second.kill()


def test_a_closed_lock_is_free_and_its_file_stays(tmp_path):
    for _ in range(2):
        lock(tmp_path / "lock").close()
    assert (tmp_path / "lock").exists()


def test_a_lock_lasts_as_long_as_the_block(tmp_path):
    command = [sys.executable, "-c", HOLDS.replace("time.sleep(60)", ""), tmp_path / "lock"]
    with lock(tmp_path / "lock"):
        other = subprocess.run(command, capture_output=True, text=True)
        assert f"process {os.getpid()} holds the lock" in other.stderr
    assert subprocess.run(command, capture_output=True, text=True).stdout == "locked\n"


def test_where_nothing_can_be_locked_an_error_says_so(tmp_path):
    """What callers take for a folder without locks."""
    with pytest.raises(OSError, match="directory"):
        lock(tmp_path)


def test_a_name_beside_a_file_that_is_not_taken(tmp_path):
    path = tmp_path / "05_skips.ipynb"
    names = []
    for _ in range(3):
        names.append(files.free_name(path, "yours").name)
        (tmp_path / names[-1]).touch()
    assert names == ["05_skips.yours.ipynb", "05_skips.yours-2.ipynb", "05_skips.yours-3.ipynb"]
