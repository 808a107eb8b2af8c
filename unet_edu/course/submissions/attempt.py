"""One file that was handed in."""

from dataclasses import dataclass, field
from datetime import datetime

from unet_edu.course.submissions.archives import Place
from unet_edu.course.submissions.notebook import LARGEST
from unet_edu.course.submissions.roster import InputError, Student

NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json", ".json", ".ipynb.html", ".txt")


class SubmissionsError(InputError):
    """A folder or zip of submissions that is none, or a rule that cannot be understood."""


@dataclass(frozen=True)
class Attempt:
    """One file that was handed in."""

    path: str  # within the submissions, "/" between folders; a zip counts as a folder
    name: str  # of the file as the student named it
    time: datetime | None = None  # when it was handed in, on the clock here
    timed: str = ""  # its source: "the file's date", "Gradescope"
    latest: datetime | None = None  # where the time is unknown: when it had been handed in at the latest
    late: bool | None = None  # the platform's own mark; None where there is none
    order: tuple = ()  # the larger, the later
    student: Student | None = None
    matched: str = ""  # how the student was found, or why nobody was
    number: tuple[str, str] = ("", "")  # the platform, and the student's number there: ("Canvas", "12345")
    typed: str = ""  # what the platform made it of, in words, where nobody has uploaded it: a text, an address
    _place: Place | None = field(default=None, repr=False, compare=False)

    @property
    def is_notebook(self) -> bool:
        """Whether the name is that of a notebook, or of one that was saved as something else."""
        return not self.typed and (self.name.lower().endswith(NOTEBOOKS) or "." not in self.name)

    def read(self) -> bytes:
        """Return the bytes of the file. Raises Unreadable."""
        return self._place.read(LARGEST)
