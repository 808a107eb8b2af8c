"""How long grading takes beside nbgrader: the same submissions, one after the other in one run, on one machine.

    python tests/course/beside_nbgrader.py [STUDENTS]      12 unless said otherwise; minutes, most of them nbgrader's

Not like for like, and that is the point of it: nbgrader starts a kernel for every notebook and runs all of it, as the
user, unprotected; `unet-edu course grade` runs what the exercises need, each answer in a sandbox of its own.
"""

import sys
import tempfile
import time
from pathlib import Path

import nbformat

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from bookkit import ROOT  # noqa: E402
from nbgraderkit import Course, filled  # noqa: E402
from pagekit import consoles  # noqa: E402

CASES = {
    "a chapter's notebook, 4 exercises": "skips",
    "a notebook of 1 exercise and no more": "--private own/legal.py own/legal.md",
}


def compare(released: str, students: int) -> tuple[float, float, float]:
    """Seconds of `nbgrader autograde`, of `unet-edu course grade` with 1 job and with 2, on the same submissions."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder))
        with course.shell:
            course.type(f"unet-edu course release -o week3 --cohort c {released}")
            course.type_all(consoles("hub")[0])
            bundle = course.bundle
            (name,) = course.notebooks
            for number in range(students):  # every third leaves the stubs
                answers = {} if number % 3 == 2 else {task.id: "reference" for task in bundle.exercises}
                handed = course.folder / "unet" / "submitted" / f"s{number:03}" / "week3"
                handed.mkdir(parents=True)
                notebook = nbformat.read(course.folder / "unet" / "release" / "week3" / name, 4)
                nbformat.write(filled(notebook, bundle, answers), handed / name)
            grade = "unet-edu course grade ../week3/bundle.zip submitted"
            commands = [
                "UNET_EDU_BUNDLE=$PWD/../week3/bundle.zip nbgrader autograde week3",
                f"{grade} -o ../one --jobs 1",
                f"{grade} -o ../two --jobs 2",
            ]
            taken = []
            for command in commands:
                start = time.monotonic()
                course.type(command)
                taken.append(time.monotonic() - start)
            given = sorted(sum(points.values()) for points in course.points.values())
            whole = sum(task.points for task in bundle.exercises)
            assert given == sorted(0 if number % 3 == 2 else whole for number in range(students)), given
    return tuple(taken)


def main() -> None:
    students = int(sys.argv[1]) if sys.argv[1:] else 12
    print(f"{students} submissions of …{'nbgrader':>24}{'ours, 1 job':>16}{'2 jobs':>12}{'ratio (1 job)':>17}")
    for words, released in CASES.items():
        theirs, one, two = compare(released, students)
        print(f"{words:38}{theirs:8.1f} s{one:14.1f} s{two:10.1f} s{theirs / one:15.1f}", flush=True)


if __name__ == "__main__":
    assert (ROOT / "_build" / "notebooks" / "source").is_dir(), "type 'make book' first"
    main()
