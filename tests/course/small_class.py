"""A small class for the container of the Dockerfile: made, graded there, and looked at.

    python tests/course/small_class.py write FOLDER      bundle.zip and submissions.zip, of the exercise in book/own
    unet-edu course grade bundle.zip submissions.zip -o grades        in FOLDER
    python tests/course/small_class.py check FOLDER     the grades are what they should be, or it says what is wrong

`write` needs nbformat and PyYAML besides the package, as every release does; `check` needs nothing.
"""

import csv
import json
import sys
import tempfile
import zipfile
from pathlib import Path

OWN = Path(__file__).resolve().parents[2] / "book" / "own"
ANSWERS = {  # by student: the answer, the points it deserves, the state
    "ada": ("REFERENCE", 3, ""),
    "bo": ("def count_legal(low, high):\n    return 1", 0.43, ""),
    "cy": ("def count_legal(low, high):\n    while True:\n        pass", 0, "TIMEOUT"),
    "dee": ("import os\ndef count_legal(low, high):\n    os._exit(0)", 0, "STOPPED"),
    "eli": (
        "import socket\ndef count_legal(low, high):\n    socket.create_connection(('1.1.1.1', 53), 1)\n    return 1",
        0,
        "",
    ),
    "fay": (
        "from pathlib import Path\ndef count_legal(low, high):\n"
        "    for folder in ('/course', '/tmp', '/root'):\n"
        "        for path in Path(folder).rglob('*'):\n            if path.name in ('bundle.zip', 'submissions.zip'):\n"
        "                return 1\n    raise ValueError('nothing to be found')",
        0,
        "",
    ),
    "gil": ("# YOUR CODE HERE\n", 0, "ABSENT CELL"),
}


def write(folder: Path) -> None:
    """Release the exercise of book/own into `folder`, and write what a class handed in."""
    from unet_edu.course.assignment.release import release

    with tempfile.TemporaryDirectory() as out:
        released = release([], out, cohort="small", private=[OWN / "legal.py", OWN / "legal.md"])
        (student,) = released.student
        notebook = json.loads(student.read_text("utf-8"))
        released.bundle.write(folder / "bundle.zip")
    (task,) = released.bundle.exercises
    with zipfile.ZipFile(folder / "submissions.zip", "w") as zipped:
        for name, (answer, _, _) in ANSWERS.items():
            for cell in notebook["cells"]:
                if cell["metadata"].get("nbgrader", {}).get("solution"):
                    cell["source"] = task.reference if answer == "REFERENCE" else answer
            zipped.writestr(f"{name}/legal.ipynb", json.dumps(notebook))


def check(folder: Path) -> None:
    """Exit with what is wrong with the grades in `folder`/grades."""
    with (folder / "grades" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    wrong = [
        f"{name}: {rows.get(name)}, not {points} points and state {state!r}"
        for name, (_, points, state) in ANSWERS.items()
        if name not in rows or (float(rows[name]["points"]), rows[name]["state"]) != (points, state)
    ]
    if wrong or len(rows) != len(ANSWERS):
        sys.exit("\n".join(wrong) or f"{len(rows)} rows")
    print(f"{len(rows)} students graded as they deserve")


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](Path(sys.argv[2]))
