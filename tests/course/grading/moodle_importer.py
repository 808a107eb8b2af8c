"""What Moodle would do with a grading worksheet that is uploaded: its importer's rules, in our own words.

Read, in moodle/moodle: ``mod/assign/feedback/offline/importgradeslib.php`` (commit 452e36f: which columns, how the
identifier is cut), ``mod/assign/feedback/offline/locallib.php`` (commit 0497556: what is taken over),
``mod/assign/gradingtable.php`` (commit 003699d: which columns a worksheet has). Left out:
scales, locked grades, groups.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime


class Refused(Exception):
    """Moodle refuses the whole file."""


@dataclass(frozen=True)
class Pack:
    """Words of a language pack of Moodle: projectestac/moodle-langpacks, commit 6340d35."""

    recordid: str
    hiddenuser: str
    fullname: str
    idnumber: str
    email: str
    status: str
    submitted: str
    nothing: str
    grade: str
    maxgrade: str
    gradecanbechanged: str
    yes: str
    lastmodifiedsubmission: str
    lastmodifiedgrade: str
    comments: str
    decimal: str  # the mark before the decimals

    @property
    def headers(self) -> list[str]:
        """The columns of a worksheet, in Moodle's order."""
        who = [self.recordid, self.fullname, self.idnumber, self.email, self.status]
        what = [self.grade, self.maxgrade, self.gradecanbechanged]
        return [*who, *what, self.lastmodifiedsubmission, self.lastmodifiedgrade, self.comments]


@dataclass
class Assignment:
    """An assignment in Moodle."""

    pack: Pack
    participants: set[int]
    grades: dict[int, float] = field(default_factory=dict)
    modified: dict[int, float] = field(default_factory=dict)  # seconds; when each grade was
    comments: dict[int, str] = field(default_factory=dict)
    most: float = 100.0

    def take(self, data: bytes, *, ignore_modified: bool = False) -> tuple[int, int]:
        """Upload a file; return how many grades and how many comments were changed."""
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        headers, *rows = csv.reader(io.StringIO(text, newline=""))
        headers = [header.strip() for header in headers]
        needed = (self.pack.recordid, self.pack.grade, self.pack.lastmodifiedgrade)
        if not set(needed) <= set(headers):
            raise Refused(f"{headers} lacks {set(needed) - set(headers)}")
        if any(len(row) != len(headers) for row in rows):
            raise Refused("rows of several lengths")
        where = [headers.index(each) for each in needed]
        said = headers.index(self.pack.comments) if self.pack.comments in headers else 0
        counts = [0, 0]
        for row in rows:
            identifier, grade, when = (row[place].strip() for place in where)
            participant = identifier.encode()[len(self.pack.hiddenuser.encode()) :].strip()
            if not participant.isdigit() or int(participant) not in self.participants:
                continue
            self._row(int(participant), self._unformatted(grade), _seconds(when), ignore_modified, counts)
            is_stale = self.modified.get(int(participant), 0) > _seconds(when) + 60
            if said and (ignore_modified or not is_stale) and row[said] != self.comments.get(int(participant), ""):
                self.comments[int(participant)] = row[said]
                counts[1] += 1
        return tuple(counts)

    def _row(self, participant, grade, when, ignore_modified, counts):
        is_stale = self.modified.get(participant, 0) > when + 60
        if grade is None or grade == self.grades.get(participant) or not 0 <= grade <= self.most:
            return
        if is_stale and not ignore_modified:
            return
        self.grades[participant] = grade
        counts[0] += 1

    def _unformatted(self, text) -> float | None:
        text = text.replace(" ", "").replace(self.pack.decimal, ".")
        return float(text) if text else None


def _seconds(text) -> float:
    """Return a time as PHP reads it, which knows English alone; 0 for what it cannot read."""
    try:
        return datetime.strptime(text, "%A, %d %B %Y, %I:%M %p").timestamp()
    except ValueError:
        return 0.0


PACKS = {
    "English": Pack(
        *("Identifier", "Participant", "Full name", "ID number", "Email address"),
        *("Status", "Submitted for grading", "No submission"),
        *("Grade", "Maximum grade", "Grade can be changed", "Yes"),
        *("Last modified (submission)", "Last modified (grade)", "Feedback comments", "."),
    ),
    "German": Pack(
        *("ID", "Teilnehmer/in", "Vollständiger Name", "ID-Nummer", "E-Mail-Adresse"),
        *("Status", "Zur Bewertung abgegeben", "Keine Abgabe"),
        *("Bewertung", "Bestwertung", "Bewertung kann geändert werden", "Ja"),
        *("Zuletzt geändert (Abgabe)", "Zuletzt geändert (Bewertung)", "Feedback als Kommentar", ","),
    ),
    "French": Pack(
        *("Identifiant", "Participant", "Nom complet", "Numéro d’identification", "Adresse de courriel"),
        *("Statut", "Remis pour évaluation", "Pas de travail remis"),
        *("Note", "Note maximale", "La note peut être modifiée", "Oui"),
        *("Dernière modification (travail remis)", "Dernière modification (note)", "Feedback par commentaires", ","),
    ),
    "Spanish": Pack(
        *("Identificador", "Participante", "Nombre completo", "Número de ID", "Dirección de correo"),
        *("Estado", "Enviado para calificar", "Sin entrega"),
        *("Calificación", "Calificación máxima", "La calificación puede ser cambiada", "Sí"),
        *("Última modificación (entrega)", "Última modificación (calificación)"),
        *("Comentarios de retroalimentación", ","),
    ),
    "Chinese": Pack(
        *("标识符", "参与人", "全名", "学号", "电子邮件地址"),
        *("状态", "已提交请评分", "没有作业"),
        *("成绩", "最高分", "允许更改成绩", "是的"),
        *("上次修改（作业）", "上次修改（评分）", "反馈意见", "."),
    ),
}
