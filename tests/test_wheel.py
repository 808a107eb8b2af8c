"""The wheel that the set-up cell of every notebook installs."""

import zipfile

import pytest
from bookkit import ROOT

from _ext.exercise_cells import exercises
from _ext.notebooks import build_wheel

MEGABYTES = 10


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The package's wheel, built twice."""
    made = []
    for name in ("first", "second"):
        folder = tmp_path_factory.mktemp(name)
        build_wheel(ROOT, folder)
        made += folder.iterdir()
    return made


def test_the_same_package_gives_the_same_file(wheels):
    first, second = wheels
    assert first.read_bytes() == second.read_bytes()


def test_it_is_small(wheels):
    assert wheels[0].stat().st_size <= MEGABYTES * 1e6


def test_it_holds_what_the_package_needs_and_nothing_of_the_book(wheels):
    with zipfile.ZipFile(wheels[0]) as archive:
        names = archive.namelist()
        text = "\n".join(archive.read(name).decode("utf-8") for name in names if name.endswith((".py", ".js", ".json")))
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "unet_edu").rglob("*") if path.is_file()}
    package = {name for name in package if "__pycache__" not in name}
    records = {f"unet_edu/records/{path.name}" for path in (ROOT / "unet_edu" / "records").glob("*.json")}
    assert {name for name in names if ".dist-info/" not in name} == package | records
    for suffix in (".safetensors", ".js", ".css", ".csv", ".json"):
        assert any(name.endswith(suffix) for name in names), suffix
    for chapter in sorted((ROOT / "book").glob("[0-9][0-9]_*.md")):
        for cell in exercises(chapter.read_text("utf-8"), chapter.name).values():
            body = cell.solution.partition('"""')[2].partition('"""')[2].strip("\n")  # what stands below the docstring
            assert len(body.splitlines()) < 2 or body not in text, f"{cell.grade_id}: the wheel holds its solution"
