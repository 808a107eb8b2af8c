"""How fast a class is graded: not a test, a measurement. Needs bwrap.

    python tests/course/throughput.py --students 1000 --jobs 2
    python tests/course/throughput.py --beside CHECKOUT     with the package of another checkout, too, in turns
    python tests/course/throughput.py --record              into unet_edu/records, for the teaching page

Makes a class (one student in a hundred hands in a loop that never ends, one in twenty a crash), grades it in a process
of its own, holds every row against what it must be, and prints seconds, answers a second and the memory of the grader.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]


def graded(top, out, jobs, timeout) -> dict:
    """Grade, in this process; seconds, and the most memory that it held, in MiB."""
    from unet_edu.course.grading.grade import grade

    start, own = time.monotonic(), time.process_time()
    made = grade(
        top / "bundle.zip",
        top / "submissions",
        out,
        roster=top / "roster.csv",
        jobs=jobs,
        timeout=timeout,
        progress=False,
    )
    seconds, own = time.monotonic() - start, time.process_time() - own
    peak = int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
    found = {"seconds": round(seconds, 1), "own_seconds": round(own, 1), "peak_mib": peak}  # own: of this process alone
    return {**found, "answers": made.ran, "states": dict(made.states)}


def head() -> str:
    """Machine, versions and commit, in one line."""
    from unet_edu.experiments import record

    machine, versions, commit = record.machine("cpu"), record.versions(), record.git_commit()
    changed = " with changes" if commit["changed"] else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load_1min']} before; "
        f"Python {versions['python']}, torch {versions['torch']}; commit {(commit['commit'] or '?')[:7]}{changed}"
    )


def in_a_process(top, out, args, checkout=None) -> dict:
    """What `graded` returns, of a process of its own, with the package of another checkout where one is given."""
    command = [sys.executable, __file__, "--grade", str(top), str(out)]
    command += ["--jobs", str(args.jobs), "--timeout", str(args.timeout)]
    env = {**os.environ, **({"PYTHONPATH": str(checkout)} if checkout else {})}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=env)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="grade with this one's package, too")
    parser.add_argument("--record", action="store_true", help="write unet_edu/records/grading-cpu.json")
    parser.add_argument("--grade", type=Path, nargs=2, help=argparse.SUPPRESS)  # the process that is measured
    args = parser.parse_args()
    if args.grade:
        print(json.dumps(graded(*args.grade, args.jobs, args.timeout)))
        return
    from classkit import a_bundle, a_class, rows_of, scores

    from unet_edu.experiments import record

    made = record.made("cpu", seed=1)
    print(head())
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        students = a_class(a_bundle(), top, args.students)
        a_bundle().write(top / "bundle.zip")
        kinds = [student.kind for student in students]
        print(f"{len(students)} students, {kinds.count('hang')} hanging, {kinds.count('crash')} crashing")
        found, before = [], []
        for turn in range(args.rounds):
            found.append(in_a_process(top, top / f"out{turn}", args))
            if args.beside:
                before.append(in_a_process(top, top / f"before{turn}", args, args.beside.resolve()))
        graded_as = scores(rows_of(top / "out0"))
        wrong = [
            (each.id, each.kind, id, graded_as[each.id, id], (each.points[id], each.states[id]))
            for each in students
            for id in each.points
            if graded_as[each.id, id] != (each.points[id], each.states[id])
        ]
        seconds, first = statistics.median(one["seconds"] for one in found), found[0]
        print(f"{seconds} s with {args.jobs} jobs: {first['answers'] / seconds:.1f} answers a second, ")
        print(f"{len(students) / seconds:.1f} students a second; the grader's peak {first['peak_mib']} MiB")
        print(f"states: {first['states']}; rows that are not as they must be: {len(wrong)} {wrong[:3]}")
        if before:
            then = statistics.median(one["seconds"] for one in before)
            same = scores(rows_of(top / "before0")) == graded_as
            print(f"beside {args.beside}: {then} s, peak {before[0]['peak_mib']} MiB, same grades: {same}")
            print(f"ratio {seconds / then:.2f}")
        if args.record:
            settings = {"rounds": args.rounds, "timeout": args.timeout, "exercises": len(a_bundle().exercises)}
            rows = [{"students": len(students), "jobs": args.jobs, "wrong": len(wrong), **one} for one in found]
            data = {"experiment": "grading", "made": made, "settings": settings, "rows": rows}
            print(record.write_json(record.results_dir() / "grading-cpu.json", data))


if __name__ == "__main__":
    main()
