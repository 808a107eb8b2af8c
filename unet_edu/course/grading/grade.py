"""`grade`: what a class handed in, to points with a reason for each, and to files for students and platforms.

    submissions ─collect─▶ attempts ─rule─▶ one a chapter ─marking─▶ results/STUDENT.json ─report─▶ grades.csv, …

What is in results/ is not run again: a grading that was interrupted, killed even, goes on where it was. An answer is
run again when its notebook, the bundle, the version of unet_edu or a limit has changed. Lateness and overrides are
looked up each time, and cost no run. The submissions are read, one student at a time, and never written to.
"""

import hashlib
import itertools
import json
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from unet_edu import __version__
from unet_edu.course.assignment.bundle import Bundle, Task
from unet_edu.course.grading import report
from unet_edu.course.grading.gradebooks import canvas_column, moodle_note
from unet_edu.course.grading.mark import NOT_GRADED, GradeError, Mark, Question, mark, places
from unet_edu.course.grading.sheet import LATE, MISSING, UNREADABLE, Entry, Sheet
from unet_edu.course.sandbox.sandbox import Sandbox
from unet_edu.course.submissions.attempt import Attempt
from unet_edu.course.submissions.collect import Collected, collect
from unet_edu.course.submissions.late_policy import Rule, order_words
from unet_edu.course.submissions.notebook import Cell, Unreadable, cells_of
from unet_edu.course.submissions.overrides import Overrides
from unet_edu.course.submissions.roster import InputError, Student
from unet_edu.files import Locked, lock, written_whole
from unet_edu.threads import one_thread

FORMAT = 1  # of results/STUDENT.json
LOCK = ".lock"  # in OUT/results
FILES = 50  # of one student that are looked at, the latest

__all__ = ["GradeError", "Graded", "InputError", "grade"]


def counted(number: int, what: str) -> str:
    """Return "1 student" or "3 students"."""
    return f"{number} {what}{'s' * (number != 1)}"


@dataclass
class Graded:
    """The result of grading; printed, it lists where everything is."""

    out: Path
    title: str
    students: int = 0
    answers: int = 0  # students times exercises
    ran: int = 0  # answers that were run this time
    states: Counter = field(default_factory=Counter)  # of the answers; "" for graded
    nobody: list[tuple[str, str]] = field(default_factory=list)  # (path, why) of files that belong to nobody
    skipped: list[tuple[str, str]] = field(default_factory=list)  # (path, why) of links and the like
    remarks: list[str] = field(default_factory=list)  # on the overrides
    rule: str = ""
    seconds: float = 0
    canvas: str = ""  # the assignment in Canvas
    timeless: str = ""  # that the export does not say when files were handed in
    notes: dict[str, str] = field(default_factory=dict)  # on the files for platforms, by file

    def __str__(self):
        kept = self.answers - self.ran
        lines = [
            f"{self.title}: {counted(self.students, 'student')}, {counted(self.answers, 'answer')}; "
            f"{self.ran} run in {self.seconds:.0f} s" + (f", {kept} needed no run" if kept else ""),
            f"rule: {self.rule}",
            "states: " + ", ".join(f"{count} {state or 'graded'}" for state, count in sorted(self.states.items())),
        ]
        if self.timeless:
            lines.append(f"times: {self.timeless}; nobody is late by that. --times FILE (id,time) gives them")
        kinds = (
            (self.nobody, "belongs", "belong", " to nobody in the roster"),
            (self.skipped, "was", "were", " left out"),
        )
        for found, one, many, words in kinds:
            if found:
                count = f"1 file {one}" if len(found) == 1 else f"{len(found)} files {many}"
                lines.append(f"{count}{words} (see unmatched.csv): {found[0][0]}: {found[0][1]}")
        lines += [f"overrides: {remark}" for remark in self.remarks]
        lines += [
            f"{self.out}/grades.csv      a row for each answer; totals.csv, one for each student",
            f"{self.out}/feedback/       a page for each student",
            f"{self.out}/canvas.csv      Canvas: Gradebook > Import, into {self.canvas!r}",
            *self._note("canvas.csv"),
            f"{self.out}/moodle.csv      Moodle: the assignment's Upload grading worksheet",
            *self._note("moodle.csv"),
            f"{self.out}/gradescope/     results.json of an autograder; Gradescope has no page to import it",
            "    (canvas.csv, moodle.csv: tried against the rules in both importers' source, on no running platform)",
            f"{self.out}/results/        what was seen, for you alone: it may hold hidden inputs",
        ]
        return "\n".join(lines)

    def _note(self, file) -> list[str]:
        """Return the line on one of the files, if there is one."""
        return [f"    {self.notes[file]}"] if self.notes.get(file) else []


def grade(
    bundle,
    submissions,
    out,
    *,
    roster=None,
    jobs: int = 1,
    timeout: float = 5.0,
    memory: int = 2**31,
    only: Sequence[str] = (),
    due=None,
    late="accept",
    attempts: str = "last",
    overrides=None,
    assignment: str | None = None,
    unsafe: bool = False,
    scheduler: str | None = None,
    groups=None,
    times=None,
    progress: bool = True,
) -> Graded:
    """Grade an assignment.

    Args:
        bundle: a `Bundle`, or the path of one.
        submissions: a folder or zip, see `submissions`. Nothing is written into it.
        out: the folder to write into; results that are there already are kept.
        roster: the path of a CSV file with all students, see `roster`.
        jobs: answers that are run at a time. The grades do not depend on it.
        timeout, memory: for one call in seconds, for one answer in bytes.
        only: ids of exercises to grade anew, even where there are results; the others stay as they are.
        due, late, attempts: which attempt counts, see `submissions.Rule.of`.
        overrides: the path of a CSV file of points given by hand; without it OUT/overrides.csv, if there is one.
        assignment: in Canvas, as its export has it, "Week 3 homework (4711)"; see `gradebooks.canvas_column`.
        unsafe: run without isolation.
        scheduler: the address of a Dask cluster on whose workers the answers are run, see `sandbox.cluster`; as many
            at a time as they have threads. The grades do not depend on it.
        groups, times: paths of CSV files with the groups of students ("none": there are none), and when they handed in;
            see `submissions.collect`.
        progress: show a bar on stderr.

    Raises:
        InputError: for something wrong in what is given (GradeError, RosterError, SubmissionsError, …).
        UnknownExercise: for an id in `only` that the assignment does not have.
        ClusterUnavailable: where the cluster does not answer, or may not be used.
        SandboxUnavailable: where answers cannot be run isolated.
        KeyboardInterrupt: after Ctrl-C, when what is done has been saved.
    """
    bundle = bundle if isinstance(bundle, Bundle) else Bundle.read(bundle)
    only = {bundle.task(id).id for id in only}
    out, submissions = Path(out), Path(submissions)
    if out.resolve().is_relative_to(submissions.resolve()):
        raise GradeError(f"{out} lies within the submissions: nothing is written there; choose another folder")
    start = time.monotonic()
    with (
        ExitStack() as alone,
        collect(submissions, roster, due=due, late=late, attempts=attempts, groups=groups, times=times) as handed,
    ):
        given = Overrides.read(overrides or out / "overrides.csv", handed.roster, bundle, must=overrides is not None)
        column = canvas_column(handed.roster, bundle, assignment)
        alone.enter_context(_alone(out))
        grading = _Grading(bundle, handed, out, only, (float(timeout), int(memory)))
        grading.run(lambda: _sandbox(timeout, memory, jobs, unsafe, scheduler), progress)
        graded = Graded(out, bundle.title, len(handed.students), ran=grading.ran, rule=str(handed.rule))
        graded.answers = len(handed.students) * len(bundle.exercises)
        graded.nobody = [(attempt.path, attempt.matched) for attempt in handed.nobody]
        graded.timeless = handed.timeless
        graded.skipped, graded.remarks = handed.skipped, given.remarks
        sheets = (grading.sheet(student, given) for student in handed.students)
        graded.canvas = column.header
        graded.notes = {"canvas.csv": column.note, "moodle.csv": moodle_note(handed.roster, bundle)}
        graded.states = report.write(out, bundle, handed, sheets, column)
        graded.seconds = time.monotonic() - start
    return graded


def _sandbox(timeout, memory, jobs, unsafe, scheduler) -> Sandbox:
    if scheduler is None:
        return Sandbox(float(timeout), int(memory), jobs, unsafe)
    if unsafe:
        raise GradeError("answers on a cluster are always isolated: leave out unsafe, or the scheduler")
    from unet_edu.course.sandbox.cluster import Cluster

    return Cluster(scheduler, float(timeout), int(memory))


@contextmanager
def _alone(out: Path):
    """Let no other grading write into the folder meanwhile. Raises GradeError where one does."""
    results = out / "results"
    results.mkdir(parents=True, exist_ok=True)
    try:
        held = lock(results / LOCK)
    except Locked as other:
        raise GradeError(
            f"another grading (process {other.holder}) is writing into {out}: wait until it has ended and run this "
            "again, or choose another folder"
        ) from None
    except OSError as error:  # some network drives cannot
        why = f"{out} cannot be locked ({error.strerror}): let no other grading write there meanwhile"
        warnings.warn(why, stacklevel=2)
        held = nullcontext()
    with held:
        yield


# ------------------------------------------------------------------------------------- the notebooks of one student


@dataclass(frozen=True)
class Notebook:
    """A file of a student's that can be read."""

    attempt: Attempt
    digest: str  # SHA-256 of its bytes
    cells: list[Cell]


@dataclass(frozen=True)
class Chosen:
    """The notebook of a chapter that counts, or why there is none."""

    notebook: Notebook | None
    share: float = 1.0  # of the points, after what is taken off for lateness
    why: str = ""  # which attempt it is
    state: str = ""  # where there is none: MISSING, UNREADABLE, LATE


def read_all(attempts: Sequence[Attempt]) -> tuple[list[Notebook], list[tuple[Attempt, str]]]:
    """Return the notebooks among a student's files, and the others with a reason each; both the earliest first."""
    found, others = [], []
    for attempt in attempts[-FILES:]:
        if not attempt.is_notebook:
            others.append((attempt, attempt.typed or "it is no notebook (.ipynb)"))
            continue
        try:
            data = attempt.read()
            found.append(Notebook(attempt, hashlib.sha256(data).hexdigest(), cells_of(data)))
        except Unreadable as error:
            others.append((attempt, str(error)))
        except Exception as error:  # whatever is in one student's file, the others are graded
            others.append((attempt, f"it cannot be read ({type(error).__name__})"))
    return found, others


def choose(bundle: Bundle, student: Student, rule: Rule, found, others) -> dict[str, Chosen]:
    """Return for each chapter of the assignment which of a student's notebooks counts."""
    chapters = list(dict.fromkeys(task.chapter for task in bundle.exercises))
    if not found:
        state, why = MISSING, "nothing was handed in"
        if others:
            meant = [(attempt, why) for attempt, why in others if attempt.is_notebook]  # rather than a PDF beside it
            attempt, reason = (meant or others)[-1]
            state, why = UNREADABLE, f"{attempt.path}: {reason}"
        return {chapter: Chosen(None, 1.0, why, state) for chapter in chapters}
    held = {id(notebook): _chapters_of(bundle, notebook.cells) for notebook in found}
    return {chapter: _of_chapter(chapter, chapters, student, rule, found, others, held) for chapter in chapters}


def _of_chapter(chapter, chapters, student, rule, found, others, held) -> Chosen:
    fitting = [each for each in found if chapter in held[id(each)]]
    if not fitting:  # a notebook that holds nothing of any chapter may have been meant
        fitting = [each for each in found if not held[id(each)]]
    if not fitting:
        return Chosen(None, 1.0, f"no notebook of {chapter} was handed in", MISSING)
    choice = rule.choose([each.attempt for each in fitting], student)
    order = order_words([each.attempt for each in fitting])
    if choice.attempt is None:
        return Chosen(None, 0.0, choice.why, LATE)
    notebook = next(each for each in fitting if each.attempt is choice.attempt)
    later = [(a, why) for a, why in others if a.order > choice.attempt.order and a.is_notebook]
    also = f"; {order}" if order else ""
    also += f"; {later[-1][0].name}, handed in later, cannot be read: {later[-1][1]}" if later else ""
    return Chosen(notebook, choice.share, choice.why + also)


def _chapters_of(bundle, cells) -> set[str]:
    """Return the chapters that a notebook holds answers to, by the ids of its cells; where these are lost, by names."""
    ids = {cell.grade_id for cell in cells}
    by_id = {task.chapter for task in bundle.exercises if task.id in ids}
    return by_id or {task.chapter for task in bundle.exercises if places(task, cells)}


# ---------------------------------------------------------------------------------------------------------- grading


class _Grading:
    """Grades student by student, and keeps the results in OUT/results."""

    def __init__(self, bundle: Bundle, handed: Collected, out: Path, only, limits):
        self.bundle, self.handed, self.only, self.limits = bundle, handed, only, limits
        self.results = out / "results"
        self.files = report.file_names([student.id for student in handed.students])
        self.questions: dict[str, Question] = {}
        self.digest, self.ran, self.sandbox = bundle.digest, 0, None
        self.stop, self.lock = threading.Event(), threading.Lock()

    def run(self, a_sandbox, progress):
        """Run all answers whose results are not there, in what `a_sandbox` makes."""
        from tqdm import tqdm

        todo = [student for student in self.handed.students if self._work(student, run=False)]
        if not todo:
            return
        bar = tqdm(total=len(todo), desc="grading", unit="student", disable=not progress, smoothing=0.05)
        with bar, one_thread(), a_sandbox() as self.sandbox:
            for task in self.bundle.exercises:
                self.questions[task.id] = Question.of(self.bundle, task, self.sandbox)
            jobs = self.sandbox.jobs
            pool = ThreadPoolExecutor(jobs, thread_name_prefix="grade")
            try:
                running, left = set(), iter(todo)
                while True:
                    more = itertools.islice(left, 2 * jobs - len(running))
                    running |= {pool.submit(self._work, student, True) for student in more}
                    if not running:
                        break
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
                        bar.update()
            except KeyboardInterrupt:
                bar.write("stopping: the answers that run now are waited for, and saved", file=sys.stderr)
                raise
            finally:
                self.stop.set()
                pool.shutdown(cancel_futures=True)

    def _work(self, student, run) -> bool:
        """Go through a student's answers, and run those that are due if `run`; return whether some are left."""
        attempts = self.handed.of(student)
        found, others = read_all(attempts)
        chosen = choose(self.bundle, student, self.handed.rule, found, others)
        before = self._saved(student)
        after, left = {}, False
        for task in self.bundle.exercises:
            choice, saved = chosen[task.chapter], before.get(task.id)
            key = self._key(task, choice)
            is_kept = saved is not None and saved["key"] == key and task.id not in self.only
            if choice.notebook is None:
                after[task.id] = {"key": key, **_attempt(choice), "mark": _without(task, choice).data()}
            elif is_kept:
                after[task.id] = {**saved, **_attempt(choice)}
            elif self.only and task.id not in self.only:
                after[task.id] = saved or {"key": "", **_attempt(choice), "mark": _not_yet(task).data()}
            elif run and not self.stop.is_set():
                marked = self._marked(task, choice.notebook.cells)
                after[task.id] = {"key": key if marked.lasting else "", **_attempt(choice), "mark": marked.data()}
                with self.lock:
                    self.ran += 1
            else:
                left = True
                if saved is not None:
                    after[task.id] = saved
        if after != before:
            self._save(student, after)
        return left

    def _marked(self, task, cells) -> Mark:
        try:
            return mark(self.questions[task.id], cells, self.sandbox, self.limits[0])
        except Exception as error:  # a fault of the grader's or of a private exercise's costs no other answer
            why = f"grading it failed: {type(error).__name__}: {error}"[:300]
            return Mark(NOT_GRADED, 0, task.points, why, lasting=False)

    def _key(self, task: Task, choice: Chosen) -> str:
        """Return what a result depends on."""
        notebook = choice.notebook.digest if choice.notebook else ""
        parts = [notebook, self.digest, __version__, *map(str, self.limits), task.id]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    # ------------------------------------------------------------------------------------------------ the files

    def _path(self, student) -> Path:
        return self.results / f"{self.files[student.id]}.json"

    def _saved(self, student) -> dict[str, dict]:
        """Return what is kept of a student by exercise; nothing without a file, or with one of another program."""
        try:
            data = json.loads(self._path(student).read_text("utf-8"))
            if data["format"] != FORMAT or data["student"]["id"] != student.id:
                return {}
            for entry in data["exercises"].values():
                _entry(student, entry)
            return data["exercises"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _save(self, student, exercises):
        whose = {"id": student.id, "name": student.name, "email": student.email}
        head = {"format": FORMAT, "student": whose, "assignment": self.bundle.title}
        lines = ",\n".join(f"{_json(id)}: {_json(entry)}" for id, entry in exercises.items())  # a line an exercise
        with written_whole(self._path(student)) as partial:
            partial.write_text(f'{_json(head)[:-1]}, "exercises": {{\n{lines}\n}}}}\n', encoding="utf-8")

    def sheet(self, student: Student, overrides: Overrides) -> Sheet:
        """Return all that is to be reported of a student."""
        saved = self._saved(student)
        entries = []
        for task in self.bundle.exercises:
            entry = saved.get(task.id) or {"key": "", **NO_ATTEMPT, "mark": _not_yet(task).data()}
            entries.append(_entry(student, entry, task, overrides))
        return Sheet(student, self.files[student.id], tuple(entries))


def _json(data) -> str:
    return json.dumps(data, ensure_ascii=False)


NO_ATTEMPT = {"file": "", "share": 1.0, "attempt": ""}


def _attempt(choice: Chosen) -> dict:
    path = choice.notebook.attempt.path if choice.notebook else ""
    return {"file": path, "share": choice.share, "attempt": choice.why if choice.notebook else ""}


def _entry(student, saved: Mapping, task: Task | None = None, overrides: Overrides | None = None) -> Entry:
    marked = Mark.of_data(saved["mark"])
    given = overrides.of(student, task) if overrides is not None else None
    return Entry(task, marked, str(saved["file"]), float(saved["share"]), str(saved["attempt"]), given)


def _without(task: Task, choice: Chosen) -> Mark:
    return Mark(choice.state, 0, task.points, choice.why)


def _not_yet(task: Task) -> Mark:
    return Mark(NOT_GRADED, 0, task.points, "it has not been run yet", lasting=False)
