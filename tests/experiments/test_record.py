"""What every experiment writes beside its scores: machine, versions, git commit; a file whole or not at all."""

import json
import os
import shutil
import subprocess

import pytest
import torch

from unet_edu.experiments import record


def test_a_record_tells_where_it_comes_from_and_nothing_private():
    head = record.made("cpu", seed=7)
    assert head["seed"] == 7
    assert head["date"].endswith("+00:00")
    assert head["versions"]["torch"] == torch.__version__
    assert head["machine"]["kind"] == "cpu"
    assert head["machine"]["threads"] == torch.get_num_threads()
    assert head["machine"]["memory_bytes"] > 2**28
    text = json.dumps(head)
    assert os.getcwd() not in text
    assert os.path.expanduser("~") not in text


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_commit_and_whether_files_changed(tmp_path):
    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    assert record.git_commit(tmp_path) == {"commit": None, "changed": None}
    git("init")
    (tmp_path / "file").write_text("one")
    git("add", ".")
    git("commit", "-m", "first")
    (tmp_path / "not added").write_text("does not count")
    found = record.git_commit(tmp_path)
    assert len(found["commit"]) == 40
    assert found["changed"] is False
    results = tmp_path / "unet_edu" / "records"
    results.mkdir(parents=True)
    (results / "ablation-cpu.json").write_text("{}")
    git("add", ".")
    git("commit", "-m", "second")
    found = record.git_commit(tmp_path)
    (results / "ablation-cpu.json").write_text('{"runs": []}')
    assert record.git_commit(tmp_path) == found, "a record that grows is no change of what makes it"
    (tmp_path / "file").write_text("two")
    assert record.git_commit(tmp_path) == {"commit": found["commit"], "changed": True}
    assert record.git_commit(tmp_path / "below") == {"commit": None, "changed": None}


def test_json_is_written_whole_or_not_at_all(tmp_path):
    path = record.write_json(tmp_path / "new" / "a.json", {"score": 0.5, "name": "Cireşan"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"score": 0.5, "name": "Cireşan"}
    for wrong, error in ((float("nan"), ValueError), (torch.ones(2), TypeError)):
        with pytest.raises(error):
            record.write_json(path, {"score": wrong})
    assert json.loads(path.read_text(encoding="utf-8"))["score"] == 0.5
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]


def test_results_lie_in_the_books_checkout(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    (tmp_path / "unet_edu" / "experiments").mkdir(parents=True)
    assert record.results_dir(tmp_path / "book") == tmp_path / "unet_edu" / "records"
    assert record.results_dir("/") == record.PROJECT / "unet_edu" / "records"  # the tests run from a checkout
    monkeypatch.setattr(record, "PROJECT", tmp_path / "site-packages")
    with pytest.raises(FileNotFoundError, match="not inside a checkout of the book"):
        record.results_dir("/")


def test_a_shortened_entry_keeps_what_is_no_float_and_every_threshold():
    entry = {"seed": 123456789, "v_rand": 0.123456789, "slices": [{"threshold": 0.30000000000000004, "v": 1 / 3}]}
    wanted = {"seed": 123456789, "v_rand": 0.1234568, "slices": [{"threshold": 0.30000000000000004, "v": 0.3333333}]}
    assert record.shortened(entry) == wanted
    assert record.shortened(wanted) == wanted
