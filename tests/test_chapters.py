"""The real chapters' notebooks, as a reader, a student and an instructor run them: alone, from an empty folder."""

import nbformat
import pytest
from bookkit import CHAPTERS, ROOT
from nbclient import NotebookClient

FOLDERS = {
    "reader": ROOT / "_build" / "html" / "notebooks",
    "student": ROOT / "_build" / "notebooks" / "student",
    "instructor": ROOT / "_build" / "notebooks" / "instructor",
}
CELL_SECONDS = 120  # where a cell that hangs is stopped


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("edition", FOLDERS)
def test_notebook_runs_from_an_empty_folder(tmp_path, monkeypatch, edition, chapter):
    """Student notebooks run with their stubs unfilled: no later cell relies on what a reader writes."""
    path = FOLDERS[edition] / f"{chapter.stem}.ipynb"
    assert path.exists(), "type 'make book' first: it writes the notebooks"
    monkeypatch.delenv("UNET_EDU_DATA", raising=False)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": str(tmp_path)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert "GFLOP/s" in code[0].outputs[0].text or "TFLOP/s" in code[0].outputs[0].text, "set-up names the device"
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
