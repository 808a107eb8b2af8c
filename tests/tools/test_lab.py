"""What a reader writes in `work/` stays there, whatever is built; a newer edition comes beside it."""

import nbformat
import pytest

from tools import lab
from unet_edu.course.assignment import editions

MINE = "answer = 42  # mine"


@pytest.fixture
def folders(tmp_path):
    """(the built notebooks, the folder of the copies) of a book of two chapters, as the build wrote them."""
    built, work = tmp_path / "html" / "notebooks", tmp_path / "work"
    built.mkdir(parents=True)
    for name in ("01_one", "02_two"):
        publish(built / f"{name}.ipynb", "first edition")
    return built, work


def publish(path, text, set_up="TOOK = 20"):
    cells = [editions.code_cell(set_up, f"{path.stem}-setup"), editions.text_cell(text, f"{path.stem}-text-1")]
    nbformat.write(editions.new_notebook([*cells, editions.code_cell("...", f"{path.stem}-code-2")], path.stem), path)


def answer(path, text=MINE):
    """Write into a notebook as a reader does, and save it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source = text
    nbformat.write(notebook, path)
    return path.read_bytes()


def names(folder):
    return sorted(path.name for path in folder.glob("*.ipynb"))


def test_the_first_time_every_notebook_is_copied(folders):
    built, work = folders
    copied, newer = lab.copy_notebooks(built, work)
    assert copied == [work / "01_one.ipynb", work / "02_two.ipynb"]
    assert newer == {}
    assert {name: (work / name).read_bytes() for name in names(work)} == {
        name: (built / name).read_bytes() for name in names(built)
    }
    assert lab.copy_notebooks(built, work) == ([], {})


def test_what_a_reader_wrote_stays_and_a_newer_edition_comes_beside_it(folders):
    built, work = folders
    lab.copy_notebooks(built, work)
    mine = answer(work / "02_two.ipynb")
    assert lab.copy_notebooks(built, work) == ([], {}), "there is no newer edition"
    publish(built / "02_two.ipynb", "second edition")
    assert lab.copy_notebooks(built, work) == ([], {work / "02_two.ipynb": work / "02_two.new.ipynb"})
    assert (work / "02_two.ipynb").read_bytes() == mine
    assert (work / "02_two.new.ipynb").read_bytes() == (built / "02_two.ipynb").read_bytes()
    assert lab.copy_notebooks(built, work) == ([], {}), "it is said once"
    (work / "02_two.new.ipynb").unlink()
    assert lab.copy_notebooks(built, work) == ([], {}), "and it may be thrown away"


def test_a_newer_edition_that_was_worked_in_stays_too(folders):
    built, work = folders
    lab.copy_notebooks(built, work)
    answer(work / "02_two.ipynb")
    publish(built / "02_two.ipynb", "second edition")
    lab.copy_notebooks(built, work)
    publish(built / "02_two.ipynb", "third edition")
    assert lab.copy_notebooks(built, work)[1] == {work / "02_two.ipynb": work / "02_two.new.ipynb"}, "nobody used it"
    second = answer(work / "02_two.new.ipynb")
    publish(built / "02_two.ipynb", "fourth edition")
    assert lab.copy_notebooks(built, work)[1] == {work / "02_two.ipynb": work / "02_two.new-2.ipynb"}
    assert (work / "02_two.new.ipynb").read_bytes() == second
    assert "fourth edition" in (work / "02_two.new-2.ipynb").read_text("utf-8")
    assert names(work) == ["01_one.ipynb", "02_two.ipynb", "02_two.new-2.ipynb", "02_two.new.ipynb"]


def test_a_copy_that_nobody_changed_is_replaced_by_the_newer_edition(folders):
    """Opened and saved is not changed: Jupyter writes the kernel's version into it."""
    built, work = folders
    lab.copy_notebooks(built, work)
    saved = nbformat.read(work / "01_one.ipynb", as_version=4)
    saved.metadata.language_info.version = "3.13.1"
    nbformat.write(saved, work / "01_one.ipynb")
    publish(built / "01_one.ipynb", "second edition")
    assert lab.copy_notebooks(built, work) == ([work / "01_one.ipynb"], {})
    assert "second edition" in (work / "01_one.ipynb").read_text("utf-8")


def test_a_copy_with_outputs_alone_is_somebody_s_work(folders):
    built, work = folders
    lab.copy_notebooks(built, work)
    ran = nbformat.read(work / "01_one.ipynb", as_version=4)
    ran.cells[-1].outputs = [nbformat.v4.new_output("stream", text="said")]
    nbformat.write(ran, work / "01_one.ipynb")
    publish(built / "01_one.ipynb", "second edition")
    assert lab.copy_notebooks(built, work) == ([], {work / "01_one.ipynb": work / "01_one.new.ipynb"})


def test_another_speed_of_the_builder_is_no_newer_edition(folders):
    built, work = folders
    lab.copy_notebooks(built, work)
    answer(work / "01_one.ipynb")
    publish(built / "01_one.ipynb", "first edition", set_up="TOOK = 35")
    assert lab.copy_notebooks(built, work) == ([], {})


def test_a_copy_that_was_thrown_away_is_made_again(folders):
    built, work = folders
    lab.copy_notebooks(built, work)
    (work / "01_one.ipynb").unlink()
    assert lab.copy_notebooks(built, work) == ([work / "01_one.ipynb"], {})


def test_without_a_record_nothing_is_replaced(folders):
    built, work = folders
    lab.copy_notebooks(built, work)
    mine = answer(work / "01_one.ipynb")
    (work / lab.RECORD).unlink()
    assert lab.copy_notebooks(built, work) == ([], {work / "01_one.ipynb": work / "01_one.new.ipynb"})
    assert (work / "01_one.ipynb").read_bytes() == mine


def test_a_file_that_is_no_notebook_stays(folders):
    built, work = folders
    work.mkdir()
    (work / "01_one.ipynb").write_text("notes")
    assert lab.copy_notebooks(built, work)[1] == {work / "01_one.ipynb": work / "01_one.new.ipynb"}
    assert (work / "01_one.ipynb").read_text() == "notes"


def test_what_readers_left_in_the_build_folder_is_no_edition(folders):
    built, work = folders
    (built / "01_one.yours.ipynb").write_bytes(answer(built / "01_one.ipynb"))
    lab.copy_notebooks(built, work)
    assert names(work) == ["01_one.ipynb", "02_two.ipynb"]


def test_without_a_book_it_says_what_to_do(tmp_path):
    (tmp_path / "html").mkdir()
    with pytest.raises(FileNotFoundError, match="type 'make book' first"):
        lab.copy_notebooks(tmp_path / "html", tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_it_says_what_it_did_and_runs_jupyterlab_there(folders, monkeypatch, capsys):
    built, work = folders
    calls = []
    monkeypatch.setattr(lab, "BUILT", built)
    monkeypatch.setattr(lab, "WORK", work)
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(lab.subprocess, "call", lambda command, cwd: calls.append((command[1:], cwd)) or 0)
    assert lab.main(["--no-browser"]) == 0
    assert calls == [(["-m", "jupyterlab", "--no-browser"], work)]
    assert f"Copied into {work}: 01_one, 02_two" in capsys.readouterr().out
    answer(work / "01_one.ipynb")
    publish(built / "01_one.ipynb", "second edition")
    assert lab.main([]) == 0
    said = capsys.readouterr().out
    assert (
        "a newer edition of 01_one.ipynb. You have changed yours, which stays; the new one is 01_one.new.ipynb." in said
    )
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    assert lab.main([]) == 1
    assert f"-m pip install -r {lab.PINS}" in capsys.readouterr().err
