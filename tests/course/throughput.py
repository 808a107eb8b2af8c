"""How fast a class is graded: not a test, a measurement. Needs bwrap.

    python tests/course/throughput.py --students 1000 --jobs 2

Makes a class (one student in a hundred hands in a loop that never ends, one in twenty a crash), grades it in a process
of its own, holds every row against what it must be, and prints seconds, answers a second and the memory of the grader.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from classkit import a_bundle, a_class, rows_of, scores  # noqa: E402


def resident(pid="self") -> int:
    """MiB of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def graded(top, jobs, timeout) -> dict:
    """Grade, in this process; its memory when 100 students were done and at the end."""
    from unet_edu.course.grading.grade import grade

    bundle, memory, over = a_bundle(), {}, threading.Event()

    def watch():
        while not over.wait(0.1):
            done = len(os.listdir(top / "out" / "results")) if (top / "out" / "results").is_dir() else 0
            memory["peak"] = max(memory.get("peak", 0), resident())
            if done >= 100:
                memory.setdefault("at 100", resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.monotonic()
    made = grade(
        bundle, top / "submissions", top / "out", roster=top / "roster.csv", jobs=jobs, timeout=timeout, progress=True
    )
    seconds = time.monotonic() - start
    over.set()
    watcher.join()
    memory["at the end"] = resident()
    return {"seconds": round(seconds, 1), "ran": made.ran, "memory": memory, "states": dict(made.states)}


def head() -> str:
    """Machine, versions and commit, in one line."""
    from unet_edu.experiments import record

    machine, versions, commit = record.machine("cpu"), record.versions(), record.git_commit()
    changed = " with changes" if commit["changed"] else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load_1min']} before; "
        f"Python {versions['python']}, torch {versions['torch']}; commit {(commit['commit'] or '?')[:7]}{changed}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=5)
    parser.add_argument("--grade", type=Path, help=argparse.SUPPRESS)  # the process that is measured
    args = parser.parse_args()
    if args.grade:
        print(json.dumps(graded(args.grade, args.jobs, args.timeout)))
        return
    print(head())
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        students = a_class(a_bundle(), top, args.students)
        kinds = [student.kind for student in students]
        print(f"{len(students)} students, {kinds.count('hang')} hanging, {kinds.count('crash')} crashing")
        command = [
            sys.executable,
            __file__,
            "--grade",
            folder,
            "--jobs",
            str(args.jobs),
            "--timeout",
            str(args.timeout),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        wrong = _differences(students, top / "out")
        print(f"{found['seconds']} s with {args.jobs} jobs: {found['ran'] / found['seconds']:.1f} answers a second, ")
        print(
            f"{len(students) / found['seconds']:.1f} students a second; the grader's memory in MiB: {found['memory']}"
        )
        print(f"states: {found['states']}; rows that are not as they must be: {len(wrong)} {wrong[:3]}")


def _differences(students, out) -> list:
    found = scores(rows_of(out))
    return [
        (s.id, s.kind, id, found[s.id, id], (s.points[id], s.states[id]))
        for s in students
        for id in s.points
        if found[s.id, id] != (s.points[id], s.states[id])
    ]


if __name__ == "__main__":
    main()
