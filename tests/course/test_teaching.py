"""The page *Teaching with this book*: its commands are typed, in order, by a lecturer with a class that does what
classes do; what it says of the container is what the Dockerfile and the workflow say.
"""

import copy
import csv
import json
import re
import shlex
import subprocess
import sys
import zipfile

import nbformat
import pytest
import yaml
from bookkit import ROOT
from pagekit import PAGE, Shell, agrees, blocks, consoles, files
from prose import paragraphs, section

from unet_edu.course import cli
from unet_edu.course.assignment.bundle import Bundle
from unet_edu.course.registry import everything, find
from unet_edu.course.sandbox.sandbox import INSTALL
from unet_edu.course.submissions.layouts import PLATFORMS

CLASS = "cy,Cy Næss\ndee,Dee Okoro\neli,Elī Żak\nfay,Fay Absent\n"  # besides those of the page
LOOP = "def crops(depth, kernel=3):\n    while True:\n        pass"


# --- the class ---------------------------------------------------------------------------------------


def hand_in(folder):
    """Write submissions.zip as Canvas exports it: right, in part, late, cut off, nothing."""
    bundle = Bundle.read(folder / "week3" / "bundle.zip")
    right = {task.id: task.reference for task in bundle.exercises}
    assert list(right) == ["crop.centre", "crop.ladder", "crop.shift", "crop.blame"]
    notebook = nbformat.read(folder / "week3" / "student" / "05_skips.ipynb", 4)

    def filled(answers, lost=False):
        made = copy.deepcopy(notebook)
        for cell in made.cells:
            mark = cell.metadata.get("nbgrader", {}).get("grade_id", "").replace("-", ".")
            cell.source = answers.get(mark, cell.source)
            if lost:
                cell.metadata.pop("nbgrader", None)
        return nbformat.writes(made)

    with zipfile.ZipFile(folder / "submissions.zip", "w") as export:
        export.writestr("lovelaceada_101_9001_Copy of 05_skips.ipynb", filled(right))
        export.writestr("ekbo_102_9002_05_skips.ipynb", filled({**right, "crop.shift": "def shift(*_):\n    return 1"}))
        export.writestr("næsscy_LATE_103_9003_05_skips-1.ipynb", filled({**right, "crop.ladder": LOOP}, lost=True))
        export.writestr("okorodee_104_9004_05_skips.ipynb", filled(right)[:9000])
        export.writestr("żakelī_105_9005_Untitled0.ipynb", filled({**right, "crop.blame": "def blame(size:\n  return"}))


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The folder after all commands of the page; and each command with what it printed."""
    assert (ROOT / "_build" / "notebooks" / "source" / "05_skips.ipynb").is_file(), "type 'make book' first"
    folder, said, texts = tmp_path_factory.mktemp("a course"), [], files()
    with Shell(folder) as shell:
        for block in blocks():
            if "caption" in block.options:
                name = block.options["caption"]
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(texts[name] + CLASS * (name == "class.csv"), encoding="utf-8")
            if block.what != "console" or block.kind:
                continue
            for command, expected in block.commands:
                if "submissions.zip" in command and not (folder / "submissions.zip").exists():
                    hand_in(folder)
                status, printed = shell.type(command)
                assert status == 0, f"{command}\n{printed}"
                assert not expected or agrees(printed, expected), (
                    f"{command}\n{printed}\n--- the page says ---\n{expected}"
                )
                said.append((command, printed))
    return folder, said


def rows_of(folder):
    with (folder / "week3" / "grades" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}


@pytest.mark.isolation
def test_the_page_s_commands_work_one_after_the_other(walked):
    _, said = walked
    typed = [command for command, _ in said]
    assert typed == [command for block in consoles() for command, _ in block.commands]
    assert {"exercises", "release", "grade"} <= {word for command in typed for word in command.split()}


@pytest.mark.isolation
def test_the_files_that_the_page_names_are_there(walked):
    folder, _ = walked
    text = PAGE.read_text("utf-8")
    named = set(re.findall(r"`((?:week3|own)/[^`\s]*)`", text)) - {"week3/hub"}
    assert "week3/student/" in named
    assert sorted(name for name in named if not (folder / name).exists()) == []
    listed = set(re.findall(r"`(\w+\.csv|results/|feedback/|gradescope/)`", text))
    assert {"grades.csv", "totals.csv", "canvas.csv", "feedback/"} <= listed
    assert sorted(name for name in listed if not (folder / "week3" / "grades" / name).exists()) == []
    assert [path.name for path in sorted((folder / "week4" / "student").iterdir())] == ["05_skips.ipynb", "legal.ipynb"]


@pytest.mark.isolation
def test_every_row_says_why_it_is_what_it_is(walked):
    """In the words of the page's table."""
    rows = rows_of(walked[0])
    assert len(rows) == 6 * 4
    states = {student: [rows[student, id]["state"] for _, id in list(rows)[:4]] for student in ("ada", "bo", "cy")}
    assert states == {"ada": ["", "", "", ""], "bo": ["", "", "", ""], "cy": ["", "TIMEOUT", "", ""]}
    assert sum(float(rows["ada", id]["points"]) for _, id in list(rows)[:4]) == 14
    assert "matched by name" in rows["cy", "crop.centre"]["why"]
    assert "late" in rows["cy", "crop.centre"]["attempt"]
    assert rows["dee", "crop.centre"]["state"] == "UNREADABLE"
    assert rows["eli", "crop.blame"]["state"] == "SYNTAX ERROR"
    assert rows["eli", "crop.centre"]["points"] == "3"
    assert rows["fay", "crop.centre"]["state"] == "MISSING"
    on_page = set(re.findall(r"`([A-Z]{4,}(?: [A-Z]+)?)`", PAGE.read_text("utf-8")))
    assert {row["state"] for row in rows.values()} - {""} <= on_page


@pytest.mark.isolation
def test_points_by_hand_are_there_and_are_told(walked):
    folder, _ = walked
    row = rows_of(folder)["bo", "crop.shift"]
    (given,) = csv.DictReader((folder / "week3" / "grades" / "overrides.csv").open(encoding="utf-8", newline=""))
    assert (row["points"], row["comment"]) == (given["points"], given["comment"])
    assert given["comment"] in (folder / "week3" / "grades" / "feedback" / "bo.html").read_text("utf-8")


@pytest.mark.isolation
def test_grading_again_runs_nothing_anew_but_what_is_asked_for(walked):
    _, said = walked
    ran = [re.search(r"(\d+) run in", printed)[1] for command, printed in said if " grade " in command]
    with_an_answer = 4  # ada, bo, cy, eli; the others have no notebook
    assert list(map(int, ran)) == [4 * with_an_answer, 0, with_an_answer]


GRADE = """
import sys
sys.modules.update(nbformat=None, yaml=None)  # a release needs them, and the container does not have them
from unet_edu.course.cli import main
sys.exit(main(["course", "grade", "bundle.zip", "submissions.zip", "-o", "grades"]))
"""


@pytest.mark.isolation
def test_the_workflow_s_small_class_is_graded_as_it_deserves(tmp_path):
    """By what the container has."""
    script = [sys.executable, ROOT / "tests" / "course" / "small_class.py"]
    for command in ([*script, "write", tmp_path], [sys.executable, "-c", GRADE], [*script, "check", tmp_path]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "graded as they deserve" in done.stdout


# --- what is said, without a run ------------------------------------------------------------------------


def test_every_command_of_the_page_is_one():
    """Parsed, not run: all of unet-edu's, those in the container and on the hub as well."""
    for kind in ("", "hub", "docker"):
        for command, _ in (each for block in consoles(kind) for each in block.commands):
            words = shlex.split(command.replace("\\\n", ""))
            if "course" in words:
                cli.parser().parse_args(words[words.index("course") :])


def test_what_is_done_once_is_what_the_makefile_and_the_sandbox_say():
    typed = [command for block in consoles("once") for command, _ in block.commands]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert {command.split()[1] for command in typed if command.startswith("make ")} <= {*targets}
    (installing,) = [command.removeprefix("sudo ") for command in typed if "apt" in command]
    assert installing in INSTALL


def test_the_page_says_every_option_of_grade_that_changes_points():
    text = PAGE.read_text("utf-8")
    for option in ("--roster", "--due", "--late", "--only", "--timeout", "--unsafe", "--exercise", "--private"):
        assert option in text
    assert {"--times", "--groups", "--groups none"} <= {*re.findall(r"`(--[^`]+)`", text)}


def test_the_page_says_for_each_platform_what_is_read_from_where():
    """A row for each that the grader tells apart, and one for all else."""
    lines = PAGE.read_text("utf-8").partition("| export of |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[0] for row in rows] == [*PLATFORMS, "a hub, or by hand"]
    assert all(len(row) == 4 and all(row) for row in rows)
    timeless = [name for name, _, time, _ in rows if time.startswith("not known")]
    assert [row[3] for row in rows if row[0] in timeless] == ["Canvas's numbers of uploads", *["the files' names"] * 2]
    assert timeless == ["Canvas", "Moodle", "ILIAS"]


def test_the_timetables_name_exercises_of_the_chapters_that_are_read():
    weeks = re.findall(r'^ +\("([\d ]+)", "([a-z_. ]+)"\),$', PAGE.read_text("utf-8"), re.M)
    assert len(weeks) == 1 + 2 + 4 + 12
    assert len({number for read, _ in weeks[-12:] for number in read.split()}) == 14, "the semester has the whole book"
    for read, homework in weeks:
        assert [id for id in homework.split() if find(id).chapter[:2] not in read.split()] == []


def test_every_chapter_has_learning_goals_and_every_exercise_checks_one():
    """Two or three a chapter, in the order of the book; each names exercises of its own chapter."""
    goals = section(PAGE.read_text("utf-8"), "Learning goals")
    head = r"^\*\*\[[^]]+\]\((\w+)\.md\)\.\*\* After this chapter a student can\n\n"
    found = re.findall(head + r"((?:- .+\n)+)", goals, re.M)
    known = everything()
    assert [chapter for chapter, _ in found] == list(dict.fromkeys(exercise.chapter for exercise in known))
    checked = []
    for chapter, items in found:
        assert 2 <= len(items.splitlines()) <= 3, chapter
        for item in items.splitlines():
            what, ids = re.fullmatch(r"- (\w.+?): ((?:`[\w.]+`(?:, )?)+)[;.]", item).groups()
            named = re.findall(r"`([\w.]+)`", ids)
            assert {id: find(id).chapter for id in named} == dict.fromkeys(named, chapter), what
            checked += named
    assert sorted(checked) == sorted(exercise.id for exercise in known), "each exercise, once"


def test_the_page_has_no_number_that_may_change():
    """The exercises are counted on the page; only what the reader chooses is typed."""
    said = " ".join(paragraphs(PAGE.read_text("utf-8")))
    assert set(re.findall(r"\b\d[\d,.]*\d\b", said)) <= {"2027"}
    for word in ("exercises", "chapters", "points"):
        assert f"GLUED {word}" in said


# --- the container --------------------------------------------------------------------------------------

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "grading-image.yml").read_text("utf-8")


def docker(verb, text):
    """The words of the `docker VERB …` commands in a text, in which a backslash goes on."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [shlex.split(line) for line in re.findall(rf"docker {verb} .*", joined)]


def options(words):
    """{option: its values} of a `docker run`, up to the name of the image."""
    found = {}
    for word, value in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("--") and word not in found:
            found[word] = []
        if word.startswith("--"):
            found[word].append(value)
        if word == "unet-edu":
            break
    return found


def test_the_container_is_built_and_run_as_the_page_says():
    said = "\n".join(block.body for block in consoles("docker"))
    (built,) = docker("build", said)
    assert built[built.index("--tag") + 1] == "unet-edu"
    (run,) = docker("run", said)
    given = options(run)
    assert given["--network"] == ["none"]
    assert {"--rm", "--read-only", "--memory", "--pids-limit"} <= set(given)
    assert given["--security-opt"] == ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"]
    mounted = given["--volume"][0].rpartition(":")[2]
    assert f"WORKDIR {mounted}\n" in DOCKERFILE
    assert f"HOME={given['--tmpfs'][0]} " in DOCKERFILE, "the one place that can be written to"
    (entry,) = re.findall(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.M)
    assert json.loads(entry) == ["unet-edu"]


def test_the_workflow_runs_the_container_as_the_page_does():
    (page,) = docker("run", "\n".join(block.body for block in consoles("docker")))
    (run,) = [words for words in docker("run", WORKFLOW) if "--network" in words]
    walls = ("--network", "--read-only", "--tmpfs", "--memory", "--pids-limit", "--security-opt")
    assert {name: options(run)[name] for name in walls} == {name: options(page)[name] for name in walls}
    assert yaml.safe_load(WORKFLOW)["jobs"]


def test_the_image_has_what_grading_needs_and_no_more():
    (torch,) = re.findall(r"torch==\S+", DOCKERFILE)
    assert torch in (ROOT / "requirements.txt").read_text("utf-8").split()
    assert "bubblewrap" in DOCKERFILE
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.M)
    assert not re.search(r"https?://", DOCKERFILE), "where packages come from is the business of whoever builds it"
    taken = {word for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.M) for word in line.split()}
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == taken
    assert all((ROOT / name).exists() for name in taken)
