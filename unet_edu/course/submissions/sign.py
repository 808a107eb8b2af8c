"""What a platform says of one entry of its export, in a name that it makes or in a file that it writes."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Sign:
    """What a platform writes about whose a file is, and when it was handed in."""

    platform: str
    name: str = ""
    number: str = ""  # of the user in Canvas, of the participant in Moodle
    file: str = ""  # the student's own name of it
    attachment: int = 0
    late: bool | None = None
    id: str = ""
    email: str = ""
    time: datetime | None = None
    typed: str = ""  # what the platform made it of, where it is no file of the student's; in words
    is_team: bool = False  # the name is a team's


def clock(*numbers) -> datetime | None:
    """Return the time of year, month, day, hour, minute and second, as texts; None where there is none such."""
    try:
        return datetime(*map(int, numbers))
    except ValueError:
        return None
