"""What goes back into Canvas and Moodle, tried on both importers' rules (`canvas_importer`, `moodle_importer`)."""

import csv
import io

import pytest
from canvas_importer import Course, InvalidHeaderRow
from classkit import Here, notebook
from moodle_importer import PACKS, Assignment, Refused
from test_grade import BOTH, RIGHT, Room

from unet_edu.course.grading import grade as grade_module
from unet_edu.course.grading.gradebooks import canvas_column
from unet_edu.course.submissions.roster import InputError, read_roster

pytestmark = pytest.mark.usefixtures("one_thread")
WRONG = [("def first(x):\n    return 0", "test.first"), RIGHT[1]]  # 4 of 6 points


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(grade_module, "Sandbox", Here)
    return Room(tmp_path)


# --- Canvas -------------------------------------------------------------------------------------------------

EXPORT = """Student,ID,SIS User ID,SIS Login ID,Section,Quiz (9),Week 3 homework (4711),Final Score
    Points Possible,,,,,10,6,(read only)
"Müller, Zoë",7001,s101,zoe@example.org,A and B,3,,
"Doe, Jane",7002,s102,jane@example.org,A,,5,
"Ek, Bo",7003,s103,bo@example.org,A,,EX,
"Ito, Ai",7004,s104,ai@example.org,B,,EX,
"""
NAMES = {7001: ("Müller", "Zoë", "zoe"), 7002: ("Doe", "Jane", "jane"), 7003: ("Ek", "Bo", "bo")}
NAMES[7004] = ("Ito", "Ai", "ai")
APART = EXPORT.replace("Student,ID", "LastName,FirstName,ID").replace("    Points Possible,", "    Points Possible,,")
for last, first, _ in NAMES.values():
    APART = APART.replace(f'"{last}, {first}"', f"{last},{first}")


def course(**settings):
    students = {
        number: (f"{first} {last}", f"{last}, {first}", f"s{number - 6900}", f"{login}@example.org")
        for number, (last, first, login) in NAMES.items()
    }
    scores = {(7001, 9): "3", (7002, 4711): "5", (7003, 4711): "EX", (7004, 4711): "EX"}
    return Course(students, {9: ["Quiz", "10"], 4711: ["Week 3 homework", "6"]}, scores, **settings)


def hand_in(room, **cells):
    """Hand in as Canvas exports it: zoe=RIGHT."""
    numbers = {login: (number, f"{last}{first}".lower()) for number, (last, first, login) in NAMES.items()}
    for place, (login, given) in enumerate(cells.items()):
        number, name = numbers[login]
        (room.top / "in" / f"{name}_{number}_{123450 + place}_crop.ipynb").write_bytes(notebook(given))


def made(room, file="canvas.csv"):
    return (room.top / "out" / file).read_text("utf-8")


def exported(room, text=EXPORT):
    (room.top / "roster.csv").write_text(text, encoding="utf-8-sig")


@pytest.mark.parametrize("export", [EXPORT, APART], ids=["one name", "first and last names"])
def test_canvas_takes_points_and_keeps_the_scores_of_those_who_handed_in_nothing(room, export):
    exported(room, export)
    hand_in(room, zoe=WRONG)
    graded = room.grade()
    canvas = course(first_last_names=True)
    assert canvas.take(made(room)) == {(7001, 4711): "4"}  # Jane's 5 and Bo's EX are as they were, and so is the quiz
    assert canvas.new_assignments == canvas.new_students == []
    assert canvas.assignments == course().assignments
    assert "into 'Week 3 homework (4711)'" in str(graded)
    assert "no running platform" in str(graded)
    assert "autograder" in str(graded)


def test_a_blank_cell_would_have_cleared_them():
    """The rule for which rows are left out."""
    canvas = course()
    assert canvas.take(EXPORT.replace(",,5,", ",,,").replace(",,EX,", ",,,"))[7002, 4711] == ""
    assert (7003, 4711) not in canvas.scores


def test_an_export_that_comes_back_as_it_is_changes_nothing():
    assert course().take(EXPORT) == {}
    assert course(first_last_names=True).take(APART) == {}
    with pytest.raises(InvalidHeaderRow):
        course().take(APART)
    with pytest.raises(InvalidHeaderRow):
        course().take(EXPORT.replace("Section", "Group"))


def test_whom_the_lecturer_has_excused_stays_excused_unless_points_are_given_by_hand(room):
    exported(room)
    hand_in(room, bo=RIGHT, ai=RIGHT)
    (room.top / "by_hand.csv").write_text("student,exercise,points,comment\ns104,test.first,2,\n")
    room.grade(overrides=room.top / "by_hand.csv")
    assert course().take(made(room)) == {(7004, 4711): "5"}


@pytest.mark.parametrize("named", ["Quiz (9)", "Quiz", "quiz", "9"])
def test_an_assignment_may_be_named(room, named):
    exported(room)
    hand_in(room, zoe=RIGHT)
    graded = room.grade(assignment=named)
    canvas = course()
    assert canvas.take(made(room)) == {(7001, 9): "6"}
    assert canvas.assignments[9] == ["Quiz", "10"]  # Canvas would set what an assignment is worth from the file
    assert "worth 10 points in Canvas, and 6 here" in str(graded)


def test_an_assignment_that_the_export_does_not_have_is_refused_before_anything_is_run(room):
    exported(room)
    hand_in(room, zoe=RIGHT)
    with pytest.raises(InputError, match="no assignment 'Week 4 homework'; the nearest are 'Week 3 homework"):
        room.grade(assignment="Week 4 homework")
    assert not (room.top / "out" / "results").exists()


def test_an_assignment_that_is_read_only_or_named_twice_is_refused(room):
    exported(room, EXPORT.replace(",10,6,", ",(read only),6,"))
    roster = read_roster(room.top / "roster.csv")
    with pytest.raises(InputError, match="read only"):
        canvas_column(roster, BOTH, "Quiz")
    assert canvas_column(roster, BOTH).header == "Week 3 homework (4711)"
    exported(room, EXPORT.replace("Quiz (9)", "Week 3 homework (9)"))
    with pytest.raises(
        InputError, match=r"more than once: write 'Week 3 homework \(9\)' or 'Week 3 homework \(4711\)'"
    ):
        canvas_column(read_roster(room.top / "roster.csv"), BOTH, "Week 3 homework")


def test_where_several_assignments_fit_the_lecturer_is_told_what_to_write(room):
    exported(room, EXPORT.replace(",10,6,", ",6.0,6,"))
    column = canvas_column(read_roster(room.top / "roster.csv"), BOTH)
    assert column.header == BOTH.title
    assert column.note == (
        "in the export several assignments have 6 points: it would become a new assignment; "
        'give --assignment "Quiz (9)"'
    )
    exported(room, EXPORT.replace(",10,6,", ",10,7,"))
    assert "no assignments have 6 points" in canvas_column(read_roster(room.top / "roster.csv"), BOTH).note


@pytest.mark.parametrize(("points", "fits"), [("6.00", True), ("6,0", True), ("1.006,0", False), ("", False)])
def test_points_are_read_as_canvas_reads_them(room, points, fits):
    exported(room, EXPORT.replace(",10,6,", f',10,"{points}",'))
    header = canvas_column(read_roster(room.top / "roster.csv"), BOTH).header
    assert header == ("Week 3 homework (4711)" if fits else BOTH.title)


def test_the_assignment_with_the_title_of_ours_is_taken_before_one_with_as_many_points(room):
    exported(room, EXPORT.replace("Quiz (9)", f"{BOTH.title.upper()} (9)"))
    column = canvas_column(read_roster(room.top / "roster.csv"), BOTH)
    assert column.header == f"{BOTH.title.upper()} (9)"
    assert "worth 10 points in Canvas, and 6 here" in column.note


def test_without_an_export_canvas_finds_students_by_number_and_the_assignment_by_name(room):
    hand_in(room, zoe=RIGHT, jane=WRONG)
    graded = room.grade(assignment="Week 3 homework (4711)")
    canvas = course()
    assert canvas.take(made(room)) == {(7001, 4711): "6", (7002, 4711): "4"}
    assert canvas.new_students == []
    assert "--assignment" not in str(graded)


# --- Moodle -------------------------------------------------------------------------------------------------


def worksheet(pack):
    """A worksheet of three: Zoë and Jane have handed in, Bo has a grade of old and a comment."""

    def row(number, name, id, state, grade, when, comment):
        who = [f"{pack.hiddenuser}{number}", name, id, f"{id}@example.org", state]
        return [*who, grade, f"6{pack.decimal}00", pack.yes, "-", when, comment]

    file = io.StringIO(newline="")
    csv.writer(file).writerows(
        [
            pack.headers,
            row(
                303, "Ek, Bo", "s103", pack.nothing, f"2{pack.decimal}50", "Sunday, 31 January 2027, 9:00 AM", "by hand"
            ),
            row(301, "Zoë Müller", "s101", pack.submitted, "", "-", ""),
            row(302, "=Jane Doe", "s102", pack.submitted, "", "-", ""),
        ]
    )
    return file.getvalue()


def assignment(pack):
    return Assignment(pack, {301, 302, 303}, {303: 2.5}, {303: 0.0}, {303: "by hand"}, most=6.0)


@pytest.mark.parametrize("language", PACKS)
def test_moodle_takes_its_own_worksheet_back_in_its_language(room, language):
    pack = PACKS[language]
    text = worksheet(pack)
    (room.top / "roster.csv").write_bytes(text.encode("utf-8-sig"))
    for name, number, cells in (("Zoë Müller", 301, WRONG), ("=Jane Doe", 302, RIGHT)):
        folder = room.top / "in" / f"{name}_{number}_assignsubmission_file"
        folder.mkdir()
        (folder / "crop.ipynb").write_bytes(notebook(cells))
    graded = room.grade()
    assert not graded.nobody
    assert {student for student, _ in room.rows()} == {"s101", "s102", "s103"}
    moodle = assignment(pack)
    data = (room.top / "out" / "moodle.csv").read_bytes()
    assert moodle.take(data) == (2, 2)
    assert moodle.grades == {301: 4.0, 302: 6.0, 303: 2.5}
    assert "test.first: 1 of 3." in moodle.comments[301]
    assert moodle.comments[303] == "by hand"  # an empty one would have been taken over
    given, back = (list(csv.reader(io.StringIO(t, newline=""))) for t in (text, data.decode()))
    assert back[0] == given[0]
    filled = {pack.headers.index(pack.grade), pack.headers.index(pack.comments)}
    untouched = [place for place in range(len(pack.headers)) if place not in filled]
    assert [[row[place] for place in untouched] for row in back[1:3]] == [
        [row[place] for place in untouched] for row in given[1:3]
    ]
    assert back[1] == given[1]
    assert back[3][1] == "'=Jane Doe"  # Moodle does not read names; a spreadsheet would
    assert not graded.notes["moodle.csv"]


@pytest.mark.parametrize("language", [each for each in PACKS if each != "English"])
def test_moodle_in_another_language_refuses_english_headers(language):
    with pytest.raises(Refused):
        assignment(PACKS[language]).take(worksheet(PACKS["English"]).encode())


def test_a_worksheet_without_numbers_of_students_or_with_other_points(room):
    pack = PACKS["German"]
    text = worksheet(pack).replace("6,00", "10,00")
    rows = [[cell for place, cell in enumerate(row) if place != 2] for row in csv.reader(io.StringIO(text))]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerows(rows)  # as a spreadsheet saves it
    (room.top / "roster.csv").write_bytes(file.getvalue().encode())
    roster = read_roster(room.top / "roster.csv")
    assert [(student.id, student.moodle) for student in roster][1] == ("s101@example.org", "301")
    folder = room.top / "in" / "Zoë Müller_301_assignsubmission_file"
    folder.mkdir()
    (folder / "crop.ipynb").write_bytes(notebook(RIGHT))
    graded = room.grade()
    assert "worth 10 points in Moodle, and 6 here" in str(graded)
    assert assignment(pack).take((room.top / "out" / "moodle.csv").read_bytes()) == (1, 1)


def test_without_a_worksheet_moodle_in_english_takes_participants_from_file_names(room):
    folder = room.top / "in" / "Zoë Müller_301_assignsubmission_file"
    folder.mkdir()
    (folder / "crop.ipynb").write_bytes(notebook(RIGHT))
    graded = room.grade()
    assert "pages in English" in str(graded)
    moodle = assignment(PACKS["English"])
    moodle.take((room.top / "out" / "moodle.csv").read_bytes())
    assert moodle.grades[301] == 6.0


def test_the_double_passes_over_what_moodle_passes_over():
    moodle = assignment(PACKS["English"])
    text = worksheet(PACKS["English"])
    moodle.modified[303] = 4e9  # graded in Moodle after the worksheet was written
    assert moodle.take(text.replace("2.50", "5").replace("by hand", "?").encode()) == (0, 0)
    assert moodle.take(text.replace("2.50", "5").replace("by hand", "?").encode(), ignore_modified=True) == (1, 1)
    assert moodle.take(text.replace("2.50", "7").replace("by hand", "?").encode(), ignore_modified=True) == (0, 0)
    with pytest.raises(Refused):
        moodle.take(text.replace(",by hand", "").encode())
