"""What platforms export is sorted by student: under every name that a file may have, and whatever is in it."""

import csv
import io
import json
import os
import random
import unicodedata
import zipfile
from datetime import datetime, timedelta

import pytest

from unet_edu.course.submissions import archives
from unet_edu.course.submissions import attempt as attempt_module
from unet_edu.course.submissions import notebook as notebook_module
from unet_edu.course.submissions.attempt import SubmissionsError
from unet_edu.course.submissions.collect import collect
from unet_edu.course.submissions.late_policy import Rule
from unet_edu.course.submissions.notebook import Unreadable, cells_of
from unet_edu.course.submissions.roster import Roster, RosterError, Student, read_roster

NAMES = ["Jane Doe", "Zoë Müller", "María García López", "Søren Kjærgård", "Nguyễn Văn An", "Иван Петров", "李 小龙"]
CLASS = Roster(
    tuple(
        Student(
            f"s{100 + n}", name, f"{name.split()[0].lower()}@example.org", canvas=str(7000 + n), moodle=str(300 + n)
        )
        for n, name in enumerate(NAMES)
    )
)
NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def notebook(*cells, **more):
    """A notebook as bytes; a cell is its source, or (source, grade_id)."""
    made = []
    for cell in cells:
        source, grade_id = cell if isinstance(cell, tuple) else (cell, None)
        metadata = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
        made.append({"cell_type": "code", "source": source, "metadata": metadata, "outputs": []})
    return json.dumps({**NOTEBOOK, "cells": made, **more}).encode()


def lay(top, files):
    """Write files by path; a dict is a zip of them."""
    for name, data in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zipped(data) if isinstance(data, dict) else data)
    return top


def zipped(files) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, zipped(data) if isinstance(data, dict) else data)
    return made.getvalue()


def whose(collected) -> dict:
    """Paths by student id; under None those of nobody."""
    found = {student.id: [a.path for a in collected.of(student)] for student in collected.students}
    return {key: paths for key, paths in {**found, None: [a.path for a in collected.nobody]}.items() if paths}


def squashed(last_first):
    return "".join(c for c in last_first.lower() if c.isalnum() or unicodedata.combining(c))


# --- whose it is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "path",
    [
        "{canvas_name}_12345_67890_Copy of crop-1.ipynb",
        "{canvas_name}_LATE_12345_67890_crop.ipynb",
        "{name}_12345_assignsubmission_file/Copy of crop (2).ipynb",
        "{name}_12345_assignsubmission_file_/deeper/crop.ipynb",
        "{name}_12345_assignsubmission_file_crop.ipynb",
        "export 5/{name}/crop.ipynb",
        "{last}, {first}.ipynb",
        "Copy of {name}.ipynb",
        "crop - {name} (1).ipynb",
        "crop_{underscored}.ipynb.txt",
    ],
)
def test_every_platform_names_the_student_of_a_file(tmp_path, path, name, form):
    first, last = name.split()[0], " ".join(name.split()[1:])
    path = path.format(
        name=name, first=first, last=last, canvas_name=squashed(last + first), underscored=name.replace(" ", "_")
    )
    lay(tmp_path, {unicodedata.normalize(form, path): notebook()})
    with collect(tmp_path, CLASS) as found:
        (expected,) = [student.id for student in CLASS if student.name == name]
        assert whose(found) == {expected: [unicodedata.normalize("NFC", path)]}


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("zoe muller/crop.ipynb", "s101"),
        ("Zoe_Mueller.ipynb", "s101"),
        ("mullerzoe_99_88888_crop.ipynb", "s101"),
        ("Soren Kjaergard.ipynb", "s103"),
        ("s102/crop.ipynb", "s102"),
        ("crop-s102.ipynb", "s102"),
        ("jane@example.org/crop.ipynb", "s100"),
        ("crop_jane@example.org.ipynb", "s100"),
        ("Participant_304_assignsubmission_file/crop.ipynb", "s104"),
        ("s100/work of Zoë Müller.ipynb", "s100"),  # the folder is the platform's, the file the student's
    ],
)
def test_ids_numbers_emails_and_plain_letters(tmp_path, path, student):
    lay(tmp_path, {path: notebook()})
    with collect(tmp_path, CLASS) as found:
        assert whose(found) == {student: [path]}


def test_canvas_s_own_number_wins_over_a_name_that_was_changed(tmp_path):
    names = ("somebodyelse_7003_88888_crop.ipynb", "doejane_7000_88889_crop.ipynb", "mullerzoe_7001_88890_crop.ipynb")
    lay(tmp_path, {name: notebook() for name in names})
    with collect(tmp_path, CLASS) as found:
        assert whose(found) == {"s103": [names[0]], "s100": [names[1]], "s101": [names[2]]}


def test_what_matches_nobody_or_two_is_listed_with_a_reason(tmp_path):
    roster = Roster((Student("a01", "Anna Lee"), Student("a02", "Anna Lee"), Student("a03", "Bo Ek")))
    lay(
        tmp_path,
        {
            "crop.ipynb": notebook(),
            "Anna Lee.ipynb": notebook(),
            "a01, a03.ipynb": notebook(),
        },
    )
    with collect(tmp_path, roster) as found:
        why = {attempt.path: attempt.matched for attempt in found.nobody}
        assert len(why) == 3
        assert "a01 or a02" in why["Anna Lee.ipynb"]
        assert "a01 or a03" in why["a01, a03.ipynb"]
        assert "no folder and no file" in why["crop.ipynb"]
    lay(tmp_path / "canvas", {"strangerbob_12345_67890_of Bo Ek.ipynb": notebook()})
    with collect(tmp_path / "canvas", roster) as found:
        assert "nobody" in found.nobody[0].matched


def test_gradescope_says_who_and_when(tmp_path):
    listed = """submission_11:
  :submitters:
  - :name: Jane Doe
    :sid: 's100'
    :email: other@example.org
  :created_at: 2027-01-31 22:00:00.000000000 Z
  :score: 0.0
  :history: []
submission_12:
  :submitters:
  - :name: "Zo\\xEB M\\u00fcller"
    :sid:
    :email: zoë@example.org
  - :name: Somebody O'Else
    :sid: s999
"""
    lay(
        tmp_path / "assignment_7_export",
        {
            "submission_metadata.yml": listed.replace("\\xEB", "\\u00eb").encode(),
            "submission_11/crop.ipynb": notebook(),
            "submission_12/crop.ipynb": notebook(),
        },
    )
    with collect(tmp_path, CLASS, due=datetime(2027, 2, 2)) as found:
        group = "assignment_7_export/submission_12/crop.ipynb"
        assert whose(found) == {
            "s100": ["assignment_7_export/submission_11/crop.ipynb"],
            "s101": [group],
            None: [group],
        }
        (jane,) = found.of(CLASS.students[0])
        assert jane.time == datetime.fromisoformat("2027-01-31T22:00:00+00:00").astimezone().replace(tzinfo=None)
        assert jane.timed == "Gradescope"
    with collect(tmp_path) as found:
        assert [(s.id, s.name) for s in found.students if s.name] == [
            ("s100", "Jane Doe"),
            ("s999", "Somebody O'Else"),
            ("zoë@example.org", "Zoë Müller"),
        ]


CANVAS_EXPORT = {
    "hw/doejane_12345_67890_crop.ipynb": notebook(),
    "hw/doejane_99999_67891_crop.ipynb": notebook(),  # another of the same name
    "hw/doejane_12345_67892_crop-1.ipynb": notebook(),
}
BY_HAND = {"hw/Copy of Zoë Müller (1).ipynb": notebook(), "hw/cy/a/crop.ipynb": notebook()}
MOODLE_EXPORT = {
    "hw/Bo Ek_77_assignsubmission_file/Copy of crop.ipynb": notebook(),
    "hw/Cy_78_assignsubmission_file/x.ipynb": notebook(),
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (CANVAS_EXPORT, {"doejane 12345": 2, "doejane 99999": 1}),
        (BY_HAND, {"cy": 1, "Zoë Müller": 1}),
        (MOODLE_EXPORT, {"Bo Ek": 1, "Cy": 1}),
    ],
    ids=["Canvas", "by hand", "Moodle"],
)
def test_without_a_roster_every_name_is_a_student(tmp_path, files, expected):
    lay(tmp_path, files)
    (tmp_path / "all.zip").write_bytes(zipped(files))
    for path in (tmp_path / "hw", tmp_path / "all.zip"):
        with collect(path) as found:
            assert {student.id: len(found.of(student)) for student in found.students} == expected
            assert [s.canvas for s in found.students if s.id == "doejane 99999"] in (["99999"], [])


def test_noise_is_not_handed_in(tmp_path):
    noise = ["__MACOSX/s100/._crop.ipynb", "s100/.DS_Store", "s100/.ipynb_checkpoints/crop-checkpoint.ipynb"]
    lay(tmp_path, {name: notebook() for name in [*noise, "s100/crop.ipynb"]})
    (tmp_path / "all.zip").write_bytes(zipped({name: notebook() for name in [*noise, "s101/crop.ipynb"]}))
    with collect(tmp_path, CLASS) as found:
        assert whose(found) == {"s100": ["s100/crop.ipynb"], "s101": ["all.zip/s101/crop.ipynb"]}


# --- zips ---------------------------------------------------------------------------------------------------


def test_zips_within_zips_are_read_in_place(tmp_path):
    inner = {"doejane_12345_67890_work.zip": {"week 3/crop.ipynb": notebook("print('jane')")}}
    (tmp_path / "export.zip").write_bytes(zipped(inner))
    before = sorted(tmp_path.rglob("*"))
    with collect(tmp_path / "export.zip", CLASS) as found:
        (attempt,) = found.of(CLASS.students[0])
        assert attempt.path == "doejane_12345_67890_work.zip/week 3/crop.ipynb"
        assert cells_of(attempt.read())[0].source == "print('jane')"
    assert sorted(tmp_path.rglob("*")) == before


def test_two_entries_of_the_same_name_are_two(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("s100/crop.ipynb", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("s100/crop.ipynb", b"2")
    (tmp_path / "all.zip").write_bytes(made.getvalue())
    with collect(tmp_path / "all.zip", CLASS) as found:
        assert sorted(attempt.read() for attempt in found.of(CLASS.students[0])) == [b"1", b"2"]


def test_names_in_a_zip_are_labels(tmp_path):
    target = tmp_path / "outside.ipynb"
    (tmp_path / "in").mkdir()
    names = ["../outside.ipynb", "/s100/a.ipynb", "C:\\s100\\b.ipynb", "s100/../../../c.ipynb", "s101/\x1b[2J\n.ipynb"]
    (tmp_path / "in" / "all.zip").write_bytes(zipped({name: notebook() for name in names}))
    with collect(tmp_path / "in" / "all.zip", CLASS) as found:
        assert whose(found)["s100"] == ["s100/a.ipynb", "s100/b.ipynb", "s100/c.ipynb"]
        assert found.of(CLASS.students[1])[0].path.isprintable()
        for attempt in [*found.nobody, *found.of(CLASS.students[0])]:
            attempt.read()
    assert not target.exists()


def test_links_are_not_followed(tmp_path):
    secret = lay(tmp_path, {"secret.ipynb": b"secret"}) / "secret.ipynb"
    top = lay(tmp_path / "in", {"s100/crop.ipynb": notebook()})
    (top / "s101").mkdir()
    (top / "s101" / "crop.ipynb").symlink_to(secret)
    (top / "s102").symlink_to(tmp_path)
    os.mkfifo(top / "s103.ipynb")
    info = zipfile.ZipInfo("s104/crop.ipynb")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(top / "links.zip", "w") as archive:
        archive.writestr(info, str(secret))
    with collect(top, CLASS) as found:
        assert whose(found) == {"s100": ["s100/crop.ipynb"]}
        skipped = {path for path, _ in found.skipped}
        assert skipped == {"s101/crop.ipynb", "s102", "s103.ipynb", "links.zip/s104/crop.ipynb"}


def test_a_file_that_becomes_a_link_is_not_followed(tmp_path):
    secret = lay(tmp_path, {"secret.ipynb": b"secret"}) / "secret.ipynb"
    top = lay(tmp_path / "in", {"s100.ipynb": notebook()})
    with collect(top, CLASS) as found:
        (top / "s100.ipynb").unlink()
        (top / "s100.ipynb").symlink_to(secret)
        with pytest.raises(Unreadable):
            found.of(CLASS.students[0])[0].read()


def test_bombs_are_read_up_to_a_size(tmp_path, monkeypatch):
    monkeypatch.setattr(attempt_module, "LARGEST", 2**20)
    monkeypatch.setattr(archives, "ENTRIES", 50)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("s100/bomb.ipynb", b"\0" * 2**26)
        archive.writestr("s101/crop.ipynb", notebook())
    nested = {"s103.ipynb": b"deep"}
    for depth in range(6):
        nested = {f"{depth}.zip": nested}
    lay(
        tmp_path,
        {
            "bomb.zip": made.getvalue(),
            "s102.zip": {f"{n}.ipynb": b"" for n in range(200)},
            "s103/deep.zip": nested,
            "s104/crop.zip": {"crop.ipynb": notebook()},
        },
    )
    with collect(tmp_path, CLASS) as found:
        with pytest.raises(Unreadable, match="larger than 1 MB"):
            found.of(CLASS.students[0])[0].read()
        assert found.of(CLASS.students[1])[0].read() == notebook()
        assert found.of(CLASS.students[4])[0].read() == notebook()
        assert len(found.of(CLASS.students[2])) == 50
        why = " ".join(why for _, why in found.skipped)
        assert "more than 50 files" in why
        assert "3 deep" in why


def test_a_lying_size_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(attempt_module, "LARGEST", 1000)
    data = bytearray(zipped({"s100.ipynb": b"x" * 5000}))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")  # the size that the directory gives
    (tmp_path / "all.zip").write_bytes(data)
    with collect(tmp_path / "all.zip", CLASS) as found, pytest.raises(Unreadable):
        found.of(CLASS.students[0])[0].read()


def test_damaged_zips_belong_to_somebody_and_say_so(tmp_path):
    whole = zipped({"crop.ipynb": notebook("x" * 500)})
    spoilt = bytearray(whole)
    spoilt[80] ^= 0xFF
    lay(
        tmp_path,
        {
            "s100/cut.zip": whole[:-40],
            "s101/empty.zip": b"",
            "s102/spoilt.zip": bytes(spoilt),
            "s103/noise.zip": random.Random(0).randbytes(3000),
            "s104/ok.zip": whole,
        },
    )
    with collect(tmp_path, CLASS) as found:
        for student in CLASS.students[:4]:
            (attempt,) = found.of(student)
            with pytest.raises(Unreadable):
                cells_of(attempt.read())
        assert cells_of(found.of(CLASS.students[4])[0].read())


def test_a_path_that_is_nothing(tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(SubmissionsError):
            collect(path)


# --- which attempt counts -----------------------------------------------------------------------------------

DUE = datetime(2027, 1, 31, 23, 59)


def at(path, when):
    os.utime(path, (when.timestamp(), when.timestamp()))


def test_the_rule_for_late_and_repeated_attempts(tmp_path):
    early, late = DUE - timedelta(hours=5), DUE + timedelta(hours=30)
    lay(tmp_path, {"s100/crop.ipynb": b"1", "s100/crop (1).ipynb": b"2", "s101/crop.ipynb": b"3"})
    at(tmp_path / "s100/crop.ipynb", early)
    at(tmp_path / "s100/crop (1).ipynb", late)
    at(tmp_path / "s101/crop.ipynb", late)
    seen = {}
    for rule in ("accept", "refuse", "10", "10%-a-day", 60):
        with collect(tmp_path, CLASS, due=DUE, late=rule) as found:
            choices = [found.rule.choose(found.of(student), student) for student in CLASS.students[:3]]
            seen[rule] = [(c.attempt and c.attempt.read(), round(c.share, 3)) for c in choices]
            words = [choice.why for choice in choices]
    assert seen["accept"] == [(b"2", 1), (b"3", 1), (None, 1)]
    assert seen["refuse"] == [(b"1", 1), (None, 0), (None, 1)]
    assert seen["10"] == seen["10%-a-day"] == [(b"1", 1), (b"3", 0.8), (None, 1)]
    assert seen[60] == [(b"1", 1), (b"3", 0), (None, 1)]
    assert words[0] == "the last of 2 attempts that is on time, on time"
    assert words[1].startswith(
        "the only attempt, 1 day and 6 hours late (handed in 2027-02-02 05:59 by the file's date)"
    )
    with collect(tmp_path, CLASS, due=DUE, attempts="first") as found:
        assert found.rule.choose(found.of(CLASS.students[0])).attempt.read() == b"1"


def test_an_extension_of_ones_own(tmp_path):
    lay(tmp_path, {"s1.ipynb": b"", "s2.ipynb": b"", "roster.csv": b"id,name,due\ns1,A B,2027-02-03\ns2,C D,\n"})
    for hours, name in enumerate(("s1", "s2"), 47):
        at(tmp_path / f"{name}.ipynb", DUE + timedelta(hours=hours))
    with collect(tmp_path, tmp_path / "roster.csv", due="2027-01-31 23:59", late="refuse") as found:
        chosen = [found.rule.choose(found.of(student), student) for student in found.students]
        assert [bool(choice.attempt) for choice in chosen] == [True, False]
        assert chosen[1].why.startswith("2 days late")


def test_canvas_says_itself_what_is_late(tmp_path):
    """The date of the file is that of the export, always after the due time."""
    lay(
        tmp_path,
        {
            "doejane_7000_50001_crop.ipynb": b"first",
            "doejane_7000_50010_crop.ipynb": b"last",
            "doejane_7000_50002_crop.ipynb": b"middle",
            "müllerzoë_LATE_7001_50003_crop.ipynb": b"late",
        },
    )
    with collect(tmp_path, CLASS, due=datetime(2020, 1, 1), late="10") as found:
        jane, zoe = (found.rule.choose(found.of(student), student) for student in CLASS.students[:2])
        assert (jane.attempt.read(), jane.share, jane.why) == (b"last", 1, "the last of 3 attempts, on time")
        assert (zoe.attempt.read(), zoe.share) == (b"late", 0.9)
        assert "marked late by Canvas" in zoe.why


def test_copies_are_counted_as_numbers(tmp_path):
    names = ["s100/crop.ipynb", "s100/crop (2).ipynb", "s100/Copy of crop (10).ipynb", "s100/crop (9).ipynb"]
    lay(tmp_path, dict.fromkeys(names, b""))
    for name in names:
        at(tmp_path / name, DUE)
    with collect(tmp_path, CLASS) as found:
        assert found.of(CLASS.students[0])[-1].path == "s100/Copy of crop (10).ipynb"


@pytest.mark.parametrize("wrong", [{"late": "maybe"}, {"late": "150"}, {"due": "tomorrow"}, {"attempts": "best"}])
def test_a_rule_that_cannot_be_understood(wrong):
    with pytest.raises(SubmissionsError, match=next(iter(wrong))):
        Rule.of(**wrong)


def test_the_rule_in_words():
    assert str(Rule.of("2027-01-31", "10")) == (
        "due 2027-01-31 23:59; the last attempt counts; "
        "late ones count if there is none on time, with 10 % off for each day"
    )
    assert str(Rule.of(late="refuse")) == "the last attempt counts; late ones do not count"


# --- rosters ------------------------------------------------------------------------------------------------

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Crop (4711),Final Score
    Points Possible,,,,,13,(read only)
"Müller, Zoë",7001,s101,zoe@example.org,A and B,,
"Student, Test",7999,,2f1c,A,,
"""
MOODLE = """\
Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Last modified (grade),Feedback comments
Participant 301,Zoë Müller,s101,zoe@example.org,Submitted,,13.00,-,
Participant 302,Bo Ek,,bo@example.org,Nothing,,13.00,-,
"""


def rostered(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,name,email\ns101,Zoë Müller,zoe@example.org\n", ("s101", "Zoë Müller", "zoe@example.org", "", "")),
        ("Email Address,Surname,First name\nzoe@x.org,Müller,Zoë", ("zoe@x.org", "Zoë Müller", "zoe@x.org", "", "")),
        ("First Name,Last Name,SID,Email\nZoë,Müller,s101,z@x.org", ("s101", "Zoë Müller", "z@x.org", "", "")),
        ("NAME\r\n\r\nZoë Müller\r\n", ("Zoë Müller", "Zoë Müller", "", "", "")),
        (CANVAS, ("s101", "Müller, Zoë", "", "7001", "")),
        (MOODLE, ("s101", "Zoë Müller", "zoe@example.org", "", "301")),
    ],
)
def test_rosters_of_every_platform(tmp_path, text, expected, delimiter, encoding):
    lines = list(csv.reader(io.StringIO(text)))
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter).writerows(lines)
    student = rostered(tmp_path, made.getvalue(), encoding).students[0]
    assert (student.id, student.name, student.email, student.canvas, student.moodle) == expected


def test_the_lines_of_canvas_that_are_nobody_are_left_out(tmp_path):
    assert [student.id for student in rostered(tmp_path, CANVAS)] == ["s101", "7999"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,name\ns1,A\nS1,B\n", "A.*B|B.*A"),
        ("colour,size\nred,3\n", "colour, size"),
        ("", "nothing"),
        ("id,name\n", "no students"),
        ("id,due\ns1,soon\n", "line 2.*soon"),
    ],
)
def test_rosters_that_cannot_be_used_say_why(tmp_path, text, words):
    with pytest.raises(RosterError, match=words):
        rostered(tmp_path, text)
    with pytest.raises(RosterError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")


# --- the cells of a notebook --------------------------------------------------------------------------------

SOURCE = "def crop(x):\n    return 'é'\n"


def test_the_formats_of_notebooks():
    lines = notebook([*SOURCE.splitlines(keepends=True)])
    old = {"cell_type": "code", "input": SOURCE.split("\n"), "language": "python", "outputs": []}
    old["input"] = SOURCE.splitlines(keepends=True)
    third = json.dumps({"nbformat": 3, "worksheets": [{"cells": [old]}], "metadata": {}}).encode()
    windows = notebook(SOURCE.replace("\n", "\r\n"))
    for data in (
        notebook(SOURCE),
        lines,
        third,
        windows,
        b"\xef\xbb\xbf" + notebook(SOURCE),
        notebook(SOURCE).decode().encode("utf-16"),
        json.dumps(json.loads(notebook(SOURCE)), ensure_ascii=False, indent=1).encode(),
    ):
        assert [cell.source for cell in cells_of(data)] == [SOURCE]


def test_metadata_is_read_where_it_is_and_nothing_else_is_expected():
    odd = [
        {"cell_type": "code"},
        {"cell_type": "code", "source": 7, "metadata": []},
        {"cell_type": "code", "source": ["a", 1, "b"], "metadata": {"nbgrader": "lost"}},
        {"cell_type": "code", "source": "\ud800", "metadata": {"nbgrader": {"grade_id": 5}}},
        {"cell_type": "code", "source": "c", "metadata": {"nbgrader": {"grade_id": "crop.centre"}}},
        {"cell_type": "markdown", "source": "d"},
        "e",
    ]
    cells = cells_of(json.dumps({"cells": odd}).encode())
    assert [(cell.place, cell.source, cell.grade_id) for cell in cells] == [
        (0, "", ""),
        (1, "", ""),
        (2, "ab", ""),
        (3, "?", ""),
        (4, "c", "crop.centre"),
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n\0\0", "empty"),
        (notebook(SOURCE)[:-30], "cut off"),
        (notebook(SOURCE)[:-1], "cut off"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04", "a zip"),
        (b"def crop(x): return x", "a text"),
        (b'{"cells": [],\n<<<<<<< HEAD\n"a": 1}', "merge"),
        (b'{"cells": [],\n "a": }', "line 2"),
        (b"[1, 2]", "no notebook"),
        (b'{"cells": {}}', "no cells"),
        (b'{"metadata": {}}', "no cells"),
        (b'{"cells": ' + b"[" * 100_000, "nested too deeply|cut off"),
        (b'{"cells": [' + b"[]," * 500_000 + b"[]]}", "too large"),
        (b'{"cells": [' + b"1" * 5000 + b"]}", "number too long"),
        (notebook("x" * 2_000_000), "longer than"),
    ],
)
def test_what_is_no_notebook_says_why(data, why):
    with pytest.raises(Unreadable, match=why):
        cells_of(data)


def test_nothing_that_was_handed_in_is_compiled(monkeypatch):
    import ast
    import builtins

    for module, name in ((ast, "parse"), (builtins, "compile"), (builtins, "eval"), (builtins, "exec")):
        monkeypatch.setattr(module, name, lambda *a, **k: pytest.fail("compiled"))
    assert notebook_module.cells_of(notebook("-" * 9_000))
