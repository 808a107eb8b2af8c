"""The command ``unet-edu``. Of a lecturer: ``unet-edu course exercises``, ``release`` and ``grade``.

    unet-edu course exercises 5                                        what there is, with points and minutes
    unet-edu course release 5 -o week3 --cohort "autumn 2027"          notebooks to hand out, and a bundle to keep
    unet-edu course grade week3/bundle.zip submissions.zip -o grades   points, feedback, files for the LMS

``unet-edu train``, ``predict`` and ``score``, for your own images, are added by `unet_edu.own.cli`.
``python -m unet_edu.course.cli course …`` is the same. The page *Teaching with this book* shows every step.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

from unet_edu.course.registry import UnknownExercise, everything
from unet_edu.own.cli import add_commands

WRONG, INTERRUPTED = 2, 130  # exit statuses; 2 is argparse's own
JOBS = 8  # at most, unless --jobs has more: each holds a copy of torch
GIB = 2**30

DESCRIPTION = "U-Net, inside out: the commands of the book's package."
COURSE = "Assign exercises of the book: list them, make the notebooks of an assignment, grade what comes back."
EXERCISES = "List the exercises of the book, or of some chapters: id, name, points, minutes, and what a cohort changes."
RELEASE = """\
Make the files of an assignment out of chapters of the book.

    OUT/student/      notebooks to hand out: stubs, no solutions
    OUT/instructor/   the same with solutions; what nbgrader takes as its source
    OUT/bundle.zip    what `grade` needs. It holds the cohort's secret: never publish it

The cohort's secret sets the values that some exercises take from it (a kernel, a depth) and the cases on which answers
are tried. Releasing again into OUT for the same cohort keeps the secret, so that a mistake can be mended."""
GRADE = """\
Grade an assignment.

    OUT/grades.csv    a row for each student and exercise, with the reason for every point that is missing
    OUT/feedback/     a page for each student: own answers, what failed and why, no hidden inputs
    OUT/canvas.csv, OUT/moodle.csv, OUT/gradescope/    the same for three learning management systems

What students wrote runs isolated (bubblewrap, on Linux), without network, files or secrets. SUBMISSIONS is never
written to. Points given by hand stand in OUT/overrides.csv (student,exercise,points,comment). Interrupt it at any time:
the same command goes on where it was."""


# ------------------------------------------------------------------------------------------------------- the commands


def exercises(args) -> None:
    """Print the exercises of some chapters, or of all."""
    chosen = chapters_named(args.chapters) if args.chapters else chapters()
    shown = [each for chapter in chosen for each in everything() if each.chapter == chapter]
    widths = [max(len(getattr(each, part)) for each in shown) for part in ("id", "name")]
    for chapter in chosen:
        print(chapter)
        for each in (each for each in shown if each.chapter == chapter):
            line = f"  {each.id:{widths[0]}}  {each.name:{widths[1]}}  {each.points} points  {each.minutes:2} minutes"
            print(line + (f"  changes: {', '.join(each.book)}" if each.book else ""))
    points, minutes = (sum(getattr(each, part) for each in shown) for part in ("points", "minutes"))
    print(f"{len(shown)} exercises, {points} points, {minutes / 60:.1f} hours")


def release(args) -> None:
    """Make notebooks and bundle, and print which of them may be published."""
    from unet_edu.course.assignment.release import release

    made = release(
        chapters_named(args.chapters),
        args.out,
        cohort=args.cohort,
        exercises=tuple(args.exercise),
        private=tuple(args.private),
        book=args.book,
        again=args.again,
    )
    print(made)


def grade(args) -> None:
    """Grade, and print where the results are."""
    from unet_edu.course.assignment.bundle import Bundle
    from unet_edu.course.grading.grade import grade

    graded = grade(
        Bundle.read(args.bundle),
        args.submissions,
        args.out,
        roster=args.roster,
        jobs=args.jobs,
        timeout=args.timeout,
        memory=int(args.memory * GIB),
        only=tuple(args.only),
        due=args.due,
        late=args.late,
        attempts=args.attempts,
        overrides=args.overrides,
        assignment=args.assignment,
        unsafe=args.unsafe,
        scheduler=args.scheduler,
        groups=args.groups,
        times=args.times,
        progress=sys.stderr.isatty() if args.progress is None else args.progress,
    )
    print(graded)


# ------------------------------------------------------------------------------------------------------ what is typed


def chapters() -> list[str]:
    """Return the chapters that have exercises, in the order of the book, then an instructor's own."""
    return list(dict.fromkeys(each.chapter for each in everything()))


def chapters_named(texts) -> list[str]:
    """Return chapters as their files are called, of what is typed: "05_skips", "5", "skips", "book/05_skips.md".

    Raises UnknownExercise for one that there is not, or that has no exercises.
    """
    known, found = chapters(), []
    for text in texts:
        name = Path(text).name.removesuffix(".md").removesuffix(".ipynb")
        fits = [each for each in known if name in (each, each.partition("_")[2])]
        if name.isdigit():
            fits = [each for each in known if each.startswith(f"{int(name):02}_")]
        if not fits:
            raise UnknownExercise(f"there are no exercises of chapter {text!r}; there are some of {', '.join(known)}")
        found += [each for each in fits if each not in found]
    return found


def positive(text) -> float:
    """Return a number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def count(text) -> int:
    """Return a whole number above 0."""
    return int(positive(str(int(text))))


def cores() -> int:
    """Return how many processes may compute here at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    whole = argparse.ArgumentParser("unet-edu", description=DESCRIPTION, allow_abbrev=False)
    topics = whole.add_subparsers(metavar="{train,predict,score,course}", required=True)
    add_commands(topics)
    course = topics.add_parser("course", help=COURSE, description=COURSE, allow_abbrev=False)
    commands = course.add_subparsers(metavar="{exercises,release,grade}", required=True)

    def command(name, run, description):
        first = " ".join(description.split("\n\n")[0].split())
        added = commands.add_parser(
            name,
            help=first,
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    add = command("exercises", exercises, EXERCISES).add_argument
    add("chapters", nargs="*", metavar="CHAPTER", help="05_skips, or short 5 or skips; without any: all")

    add = command("release", release, RELEASE).add_argument
    add("chapters", nargs="*", metavar="CHAPTER", help="a chapter whose notebook is handed out: 05_skips, 5 or skips")
    add("-o", "--out", required=True, type=Path, metavar="OUT", help="the folder to write into")
    add("--cohort", required=True, metavar="NAME", help='your class, in words: "autumn 2027"')
    add(
        "--exercise",
        nargs="+",
        action="extend",
        default=[],
        metavar="ID",
        help="grade these alone, crop.centre say; the others stay in the notebooks as practice",
    )
    add(
        "--private",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help="your own exercises: .py files with an EXERCISE, and .md or .ipynb files with their prompts and cells",
    )
    add(
        "--book",
        type=Path,
        metavar="FOLDER",
        help="the book's folder, where `make book` was run, if it is not found",
    )

    add("--again", type=Path, metavar="BUNDLE", help="bundle.zip of an earlier release elsewhere, whose secret is kept")

    add = command("grade", grade, GRADE).add_argument
    add("bundle", type=Path, metavar="BUNDLE", help="bundle.zip of the release")
    add("submissions", type=Path, metavar="SUBMISSIONS", help="a folder or zip of notebooks, as an LMS exports them")
    add("-o", "--out", required=True, type=Path, metavar="OUT", help="the folder to write into")
    add(
        "--roster",
        type=Path,
        metavar="FILE",
        help="CSV with all students: those who handed in nothing get a row",
    )
    add("--times", type=Path, metavar="FILE", help="CSV (id,time): when students handed in, if the export does not say")
    add(
        "--groups",
        type=Path,
        metavar="FILE",
        help="CSV with the group of each student, as Canvas exports it; none: nobody worked in a group",
    )
    add(
        "--jobs",
        type=count,
        default=min(cores(), JOBS),
        metavar="N",
        help="answers that are run at a time (%(default)s here); the grades do not depend on it",
    )
    add("--timeout", type=positive, default=5.0, metavar="S", help="seconds for one call of an answer (%(default)g)")
    add("--memory", type=positive, default=2.0, metavar="GB", help="memory for one answer, in GiB (%(default)g)")
    add(
        "--only",
        nargs="+",
        action="extend",
        default=[],
        metavar="ID",
        help="grade these exercises anew, even where there are results, and keep the others",
    )
    add("--due", metavar="TIME", help='when it was to be handed in, your local time: "2027-03-01 18:00"')
    add(
        "--late",
        default="accept",
        metavar="RULE",
        help="what comes later: accept (%(default)s), refuse, or 10%%-a-day: so much less for each day begun",
    )
    add("--attempts", choices=("last", "first"), default="last", help="which of several counts (%(default)s)")
    add("--overrides", type=Path, metavar="FILE", help="points given by hand, if they are not in OUT/overrides.csv")
    add(
        "--assignment",
        metavar="NAME",
        help='the assignment in Canvas that canvas.csv is for, as its export has it: "Week 3 homework (4711)"',
    )
    add("--unsafe", action="store_true", help="without isolation: student code runs as you do, and can do what you can")
    add(
        "--scheduler",
        metavar="ADDRESS",
        help="run the answers on a Dask cluster: tls://HOST:PORT of its scheduler; --jobs then counts for nothing",
    )
    add("--progress", action=argparse.BooleanOptionalAction, help="a bar (usually: on a terminal)")
    return whole


# --------------------------------------------------------------------------------------------------------------- main


def mistakes() -> tuple[type[BaseException], ...]:
    """Return what is raised for a mistake of the user's, with a message on what to do."""
    from unet_edu.course.assignment.bundle import BundleError
    from unet_edu.course.assignment.release import ReleaseError
    from unet_edu.course.sandbox.sandbox import SandboxUnavailable
    from unet_edu.course.submissions.roster import InputError

    return UnknownExercise, ReleaseError, BundleError, InputError, SandboxUnavailable, OSError


def said(error: BaseException) -> str:
    """Return the message of an error, with the file that the system complains about."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit status: 0, 2 for a mistake (a line on stderr names it), 130 after Ctrl-C."""
    args = parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
            args.run(args)
    except KeyboardInterrupt:
        print("\ninterrupted; what is done is kept, and the same command goes on from there", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (*mistakes(), *getattr(args, "mistakes", ())) as error:
        print(f"unet-edu: {said(error)}", file=sys.stderr)
        return WRONG
    return 0


if __name__ == "__main__":
    sys.exit(main())
