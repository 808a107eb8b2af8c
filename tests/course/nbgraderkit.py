"""nbgrader in an environment of its own, and a course in which commands are typed and students hand in."""

import json
import shutil
import subprocess
from pathlib import Path

import nbformat
from bookkit import ROOT
from environments import environment
from pagekit import Shell

from unet_edu.course.assignment.bundle import Bundle
from unet_edu.course.assignment.source import exercise_id

POINTS = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    submissions = book.assignment_submissions("week3")
    print(json.dumps({s.student.id: {g.name: g.score for n in s.notebooks for g in n.grades} for s in submissions}))
"""


class Course:
    """A folder with an assignment of this book, and a course of nbgrader's beside it; commands are typed there."""

    def __init__(self, folder: Path):
        self.folder, self.students = folder, []
        self.programs = environment(ROOT / "tests" / "course" / "nbgrader.txt", ROOT / "_build" / "nbgrader") / "bin"
        shutil.copytree(ROOT / "book" / "own", folder / "own")
        settings = folder / "settings"
        settings.mkdir()
        exchange = folder / "exchange"
        exchange.mkdir(mode=0o777)
        (settings / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\nc.Exchange.cache = {str(folder / 'cache')!r}\n"
        )
        self.exchange = exchange
        private = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("DATA", "RUNTIME")}
        self.shell = Shell(folder, self.programs, JUPYTER_CONFIG_DIR=str(settings), HOME=str(folder), **private)

    def type(self, command):
        status, printed = self.shell.type(command)
        assert status == 0, f"{command}\n{printed[-6000:]}"
        return printed

    def type_all(self, block):
        return "\n".join(self.type(command) for command, _ in block.commands)

    @property
    def bundle(self) -> Bundle:
        """The assignment's."""
        return Bundle.read(self.folder / "week3" / "bundle.zip")

    @property
    def points(self) -> dict[str, dict[str, float]]:
        """What nbgrader has given, {student: {exercise: points}}."""
        shown = subprocess.run(
            [self.programs / "python", "-c", POINTS],
            cwd=self.folder / "unet",
            capture_output=True,
            text=True,
            check=True,
        )
        return {
            student: {exercise_id(name).removesuffix(".check"): score for name, score in scores.items()}
            for student, scores in json.loads(shown.stdout).items()
        }

    @property
    def notebooks(self):
        return sorted(path.name for path in (self.folder / "week3" / "student").glob("*.ipynb"))

    def hand_in(self, student, answers):
        """Fetch as a student does, write answers (id → source, or "reference", "stub"), submit; under another name."""
        self.type("cd .. && rm -rf home && mkdir home && cd home")
        self.type("nbgrader fetch_assignment week3 --course unet")
        for name in self.notebooks:
            path = self.folder / "home" / "week3" / name
            nbformat.write(filled(nbformat.read(path, 4), self.bundle, answers), path)
        self.type("nbgrader submit week3 --course unet && cd ../unet")
        inbound = self.exchange / "unet" / "inbound"
        (submitted,) = [path for path in inbound.iterdir() if path.name.split("+")[0] not in self.students]
        submitted.rename(inbound / "+".join([student, *submitted.name.split("+")[1:]]))
        self.students.append(student)


def grade_id(cell):
    return exercise_id((cell.metadata.get("nbgrader") or {}).get("grade_id", ""))


def filled(notebook, bundle, answers):
    """The notebook with answers in the cells of the exercises."""
    for cell in notebook.cells:
        id = grade_id(cell)
        if id in answers and answers[id] != "stub":
            cell.source = bundle.task(id).reference if answers[id] == "reference" else answers[id]
    return notebook
