"""What grading leaves: tables that platforms and spreadsheets take, and pages that tell a student enough, not more."""

import csv
import io
import json
import re

import numpy as np
import pytest
from classkit import Here, notebook
from test_grade import BOTH, RIGHT, SECRETS, STUB, Room

from unet_edu.course.assignment.bundle import Bundle, Task
from unet_edu.course.assignment.cohort import Cohort
from unet_edu.course.exercise import Exercise
from unet_edu.course.grading import grade as grade_module
from unet_edu.course.grading import redact
from unet_edu.course.grading.feedback_page import text
from unet_edu.course.grading.gradebooks import safe
from unet_edu.course.grading.mark import Question, mark
from unet_edu.course.grading.report import file_names
from unet_edu.course.grading.sheet import capital, closed
from unet_edu.course.outcome import Case, Verdict
from unet_edu.course.submissions.notebook import Cell

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(grade_module, "Sandbox", Here)
    return Room(tmp_path)


def table(path):
    data = path.read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(data, newline="")))


def records(path):
    headers, *rows = table(path)
    return [dict(zip(headers, row, strict=True)) for row in rows]


def test_sentences_end_once_and_files_keep_their_names():
    for said, sentence in (
        ("all 3 cases pass", "All 3 cases pass."),
        ("does a loop ever end?", "Does a loop ever end?"),
        ("is it right? yes.", "Is it right? yes."),
        ("work.ipynb: it is no notebook", "work.ipynb: it is no notebook."),
        ("week3/my work.ipynb: it is no notebook", "week3/my work.ipynb: it is no notebook."),
        ("crop.centre: 2 of 3", "crop.centre: 2 of 3."),
        ("", "."),
    ):
        assert closed(said) == sentence
        assert capital(said) == sentence.removesuffix(".") or said.endswith(".")


# --- tables -------------------------------------------------------------------------------------------------


def test_grades_have_a_row_for_each_answer_and_totals_one_for_each_student(room):
    wrong = [("def first(x):\n    return 0", "test.first"), RIGHT[1]]
    room.hand_in(s1=RIGHT, s2=wrong).roster("s1", "s2", "s3").grade()
    grades, totals = records(room.top / "out" / "grades.csv"), records(room.top / "out" / "totals.csv")
    assert [(row["student"], row["exercise"], row["points"], row["of"]) for row in grades] == [
        ("s1", "test.first", "3", "3"),
        ("s1", "test.second", "3", "3"),
        ("s2", "test.first", "1", "3"),
        ("s2", "test.second", "3", "3"),
        ("s3", "test.first", "0", "3"),
        ("s3", "test.second", "0", "3"),
    ]
    assert [(row["name"], row["points"], row["percent"], row["state"], row["why"]) for row in totals] == [
        ("Name of s1", "6", "100", "", "all 3 cases pass"),
        ("Name of s2", "4", "66.67", "", "test.first: 1 of 3 cases pass"),
        ("Name of s3", "0", "0", "MISSING", "nothing was handed in"),
    ]
    assert (room.top / "out" / totals[0]["feedback"]).is_file()


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Root Account,Section,test (4711),Other (9),Current Score
    Points Possible,,,,,,6,10,(read only)
"Müller, Zoë",7001,s101,zoe@example.org,uni.example,A and B,,3,
"Doe, Jane",7002,s102,jane@example.org,uni.example,A,,,
"""


def test_canvas_takes_its_own_columns_back(room):
    (room.top / "roster.csv").write_text(CANVAS, encoding="utf-8-sig")
    (room.top / "in" / "müllerzoë_7001_12345_crop.ipynb").write_bytes(notebook(RIGHT))
    room.grade()
    assert table(room.top / "out" / "canvas.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Root Account", "Section", "test (4711)"],
        ["    Points Possible", *[""] * 5, "6"],
        ["Müller, Zoë", "7001", "s101", "zoe@example.org", "uni.example", "A and B", "6"],
    ]  # who handed in nothing has no row: a blank would clear a score


def test_canvas_finds_students_of_another_roster_by_the_number_in_their_files(room):
    room.roster("s101", "s102")
    (room.top / "in" / "ofs101name_7001_12345_crop.ipynb").write_bytes(notebook(RIGHT))
    room.grade()
    headers, _, zoe = table(room.top / "out" / "canvas.csv")
    assert headers == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "test"]
    assert zoe == ["Name of s101", "7001", "s101", "", "", "6"]


def test_moodle_takes_its_own_worksheet_back(room):
    headers = "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Last modified (grade)"
    when = '"Sunday, 31 January 2027, 9:00 AM"'
    rows = (
        f"Participant 301,Zoë Müller,s101,zoe@example.org,Submitted,,6.00,{when}\nParticipant 302,Bo Ek,,b@x.org,,,6,-"
    )
    (room.top / "roster.csv").write_text(f"{headers}\n{rows}\n")
    folder = room.top / "in" / "Zoë Müller_301_assignsubmission_file"
    folder.mkdir()
    cells = [RIGHT[0], (STUB.format(name="second"), "test.second")]
    (folder / "crop.ipynb").write_bytes(notebook(cells))
    room.grade()
    zoe, bo = records(room.top / "out" / "moodle.csv")
    needed = {"Identifier", "Email address", "Grade", "Last modified (grade)", "Feedback comments"}
    assert needed <= zoe.keys()  # Moodle refuses a worksheet that lacks one
    assert (zoe["Identifier"], zoe["Grade"], zoe["Last modified (grade)"]) == ("Participant 301", "3", when.strip('"'))
    assert zoe["Feedback comments"] == (
        "test.first: 3 of 3. All 3 cases pass. test.second: 0 of 3. Not written; the cell is as it was handed out."
    )
    assert (bo["Identifier"], bo["Grade"], bo["Email address"]) == ("Participant 302", "", "b@x.org")


def test_gradescope_gets_its_results_json(room):
    cells = [("def first(x):\n    return 0", "test.first"), RIGHT[1]]
    room.hand_in(s1=cells).grade()
    data = json.loads((room.top / "out" / "gradescope" / "s1.json").read_text())
    assert data["score"] == 4
    assert data["stdout_visibility"] == "hidden"
    first, second = data["tests"]
    assert (first["score"], first["max_score"], first["status"], first["visibility"]) == (1, 3, "failed", "visible")
    assert (second["score"], second["max_score"], second["status"]) == (3, 3, "passed")
    assert "✗ number 0" in first["output"]
    known = {"score", "execution_time", "output", "visibility", "stdout_visibility", "extra_data", "tests"}
    assert data.keys() <= known
    known = {"score", "max_score", "status", "name", "number", "output", "tags", "visibility", "extra_data"}
    assert all(test.keys() <= known for test in data["tests"])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝"])
def test_no_cell_is_a_formula(room, start):
    name = f'{start}HYPERLINK("http://example.org","x")'
    with open(room.top / "roster.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "name", "email"), ("s1", name, name), (name + "2", "B", "")])
    room.hand_in(s1=[(f"{RIGHT[0][0]}", "test.first")], ghost=RIGHT)
    (room.top / "in" / "=2+3.ipynb").write_bytes(notebook(RIGHT))
    room.grade()
    for path in (room.top / "out").glob("*.csv"):
        for row in table(path):
            assert not [cell for cell in row if re.match(r"\s*[=+@＝]|\s*-\D", cell) and cell != "-"], path


def test_numbers_stay_numbers_and_lines_stay_lines():
    assert [safe(value) for value in (3, "-2.5", "-", "+49 30", "a\n=b", "x\0y")] == [
        "3",
        "-2.5",
        "-",
        "'+49 30",
        "a =b",
        "xy",
    ]


def test_the_names_of_a_students_files():
    ids = ["s1", "S1", "jane.doe@example.org", "jane-doe-example-org", "Zoë", "李", "王", "../../x", "con", "a" * 300]
    names = file_names(ids)
    assert names["s1"] == "s1" or names["s1"].startswith("s1-")
    assert len({name.casefold() for name in names.values()}) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]{1,80}", name) for name in names.values())
    assert names["con"] != "con"
    assert file_names(["s2", "s1"])["s2"] == "s2"  # whoever else there is
    assert file_names(ids[2:5]) == {id: names[id] for id in ids[2:5]}


# --- what a student reads -----------------------------------------------------------------------------------

LEAKS = {
    "returns it": "return x",
    "returns it in a text": "return str(x)",
    "returns it in a list": "return [[x], {'a': x}]",
    "returns it in bytes": "return str(x).encode()",
    "returns it as a name": "return type('Input' + str(x), (), {})()",
    "returns it as a class": "return type('Input' + str(x), (), {})",
    "raises it": "raise ValueError(f'the input is {x}')",
    "raises it as a name": "raise type('Input' + str(x), (Exception,), {})()",
    "raises it as a sentence of Python's": "raise NameError(f\"name 'input{x}' is not defined\")",
    "raises it as a place": (
        "space = {}\n    exec(compile(f'def input{x}(): 1 / 0', f.__code__.co_filename, 'exec'), space)\n"
        "    space['input' + str(x)]()"
    ),
    "prints it": "print(x)\n    return 0",
    "warns of it": "import warnings\n    warnings.warn(str(x))\n    return 0",
    "returns it spelt": "words = dict(zip('123456789', 'one two three four five six seven eight nine'.split()))\n"
    "    return ' '.join(words[digit] for digit in str(x) if digit != '0')",
    "raises it spelt": "raise KeyError('-'.join('abcdefghij'[int(d)] for d in str(x)))",
}
SPELT = ("nine one eight", "j-b-i-c-h-d", "918273645", "564738291")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("leak", LEAKS)
def test_hidden_inputs_are_in_nothing_that_a_student_reads(room, leak):
    assert str(SECRETS[0]) in SPELT
    source = f"def first(x):\n    {LEAKS[leak]}\nf = first"
    room.hand_in(s1=[(source, "test.first")]).grade(bundle := BOTH)
    shown = [path for path in (room.top / "out").rglob("*") if path.is_file() and path.parent.name != "results"]
    assert len(shown) == 7
    for path in shown:
        data = path.read_text("utf-8")
        for secret in (*SPELT, *(str(2 * s) for s in SECRETS), bundle.cohort.secret):
            assert secret not in data.replace(source, ""), path


def test_what_is_left_out_is_still_worth_reading(room):
    said = {
        "return x + 1": "it returns …",
        "return None": "it returns None: does every way through it end in a return?",
        "return helper(x)": "it stops with NameError: name 'helper' is not defined",
        "return x.size": "it stops with AttributeError: 'int' object has no attribute 'size'",
        "return x / 0": "it stops with ZeroDivisionError: division by zero (line 2 of first)",
        "return [][x]": "it stops with IndexError: list index out of range",
        "raise KeyError(x)": "it stops with KeyError (line 2 of first)",
        "return (n for n in 'ab')": "it returns a generator, which is no number",
        "return first(1, 2)": "it stops with TypeError: first() takes 1 positional argument but 2 were given",
        "import torchvision\n    return 1": "it stops with ModuleNotFoundError: No module named 'torchvision'",
        "return Mine()\nclass Mine: pass": "it returns an object of class Mine",
    }
    for number, body in enumerate(said):
        room.hand_in(**{f"n{number:03}": [(f"def first(x):\n    {body}", "test.first")]})
    room.grade()
    rows = records(room.top / "out" / "grades.csv")
    whys = [row["why"] for row in rows if row["exercise"] == "test.first"]
    for why, words in zip(whys, said.values(), strict=True):
        assert words in why


def test_the_words_for_a_known_mistake_stay_as_they_are():
    words = "a slice that ends at -0 is empty"
    assert redact.message(Verdict(False, words, clues=((words, True),))) == words
    assert redact.message(Verdict(False, "it returns (40, -3.5e3): every value")) == "it returns (…, …): every value"
    assert redact.masked('wrong at position 0, 2 (counted from 0): it says "it\'s 7" (line 3 of f)') == (
        "wrong at position 0, … (counted from 0): it says … (line 3 of f)"
    )
    assert redact.masked("the image's own pixels, not the skip's: 2×3×7") == (
        "the image's own pixels, not the skip's: …×…×…"
    )
    assert redact.masked("it returns 'cut off at sixty letters…") == "it returns …"


# x: a hidden number; each hands on a digit of it by something that the code can choose
CHOICES = {
    "a name of its own": "return [alpha, beta, gamma, delta, eps, zeta, eta, theta, iota, kappa][x % 10]",
    "an attribute": "return getattr(x, 'abcdefghij'[x % 10])",
    "a class of its own": "raise (A, B)[x % 2]",
    "a class of its own, returned": "return (A, B)[x % 2]()",
    "a class of Python's that is no usual error": "raise (ResourceWarning, BytesWarning)[x % 2]",
    "a line": "\n".join(f"if x % 10 == {digit}: return 1 / 0" for digit in range(10)),
    "a sentence of Python's": "return [lambda: 1 + '', lambda: [][1], lambda: {}.a, int][x % 2]()",
    "a function of its own": "return (f, g)[x % 2](x)",
    "an argument that is missing": "return (f, g)[x % 2]()",
    "truth values": "return [bool(x >> bit & 1) for bit in range(8)]",
    "how many": "return list(range(x % 7 + 2))",
    "how deep": "import functools\nreturn functools.reduce(lambda a, _: [a], range(x % 9), 0)",
    "a text": "return 'abcdefghij'[x % 10] * 3",
    "the kind of a container's parts": "return [None, True, 'a', 1, (), {}, [], 2.5, b'', set()][x % 10:]",
    "axes": "import numpy as np\nreturn np.zeros((2,) * (x % 4 + 2))",
    "sides": "import numpy as np\nreturn np.zeros((x % 7 + 2, 3))",
    "a kind of integers": "import numpy as np\nreturn np.zeros(1, ['int8', 'int16', 'int32', 'uint8'][x % 4])",
    "a kind that is no data": "return (iter, len)[x % 2]",
    "a place": "return [0 if n == x % 3 else 2 * x for n in range(3)]",
    "a printed word": "print(x)\nreturn 0",
}
CLASSES = "class A(Exception): pass\nclass B(Exception): pass\n"
FUNCTIONS = "def f(a, b): return a + b.c\ndef g(c, d): return c + d.e\n"


def of_secret(secret, wants):
    def cases(rng, params):
        return [Case((int(rng.integers(10**6, 10**9)),), f"number {place}") for place in range(6)]

    def oracle(args, params):
        return {"a number": 2 * args[0], "a row": [2 * args[0]] * 3, "an array": np.ones((2, 3))}[wants]

    exercise = Exercise("test.first", "00_test", "first", 3, 1, cases=cases, oracle=oracle)
    task = Task(exercise, {}, 3, "00_test", STUB.format(name="first"), RIGHT[0][0])
    return Bundle(Cohort("tests", secret * 8), "test", (task,))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("wants", ["a number", "a row", "an array"])
@pytest.mark.parametrize("choice", CHOICES)
def test_nothing_that_an_answer_chooses_by_a_hidden_input_reaches_its_feedback(choice, wants):
    """What students read of six hidden inputs is what they read of six others."""
    body = "\n    ".join(CHOICES[choice].split("\n"))
    source = f"{CLASSES}{FUNCTIONS}def first(x):\n    {body}"
    read = set()
    for secret in ("01234567", "89abcdef", "deadbeef", "c0ffee00"):
        bundle, sandbox = of_secret(secret, wants), Here()
        marked = mark(Question.of(bundle, bundle.exercises[0], sandbox), [Cell(0, source, "test.first")], sandbox)
        assert marked.points == 0
        says = {case.message for case in marked.cases}
        read.add((marked.state, marked.why, marked.matched, marked.notes, *sorted(says)))
        digits = re.findall(r"\d+", " ".join(says).replace("counted from 0", ""))
        lines = [int(line) for line in re.findall(r"line (\d+)", " ".join(says))]
        assert [int(digit) for digit in digits if int(digit) > 100] == []
        assert len(set(lines)) <= 1, "the line is that of the first public case that ends so"
    if choice not in INHERENT.get(wants, ()):
        assert len(read) == 1, read


# the sentence itself, of the exercise's or of Python's usual errors, is chosen by what came: too few, too many, a list
INHERENT = {
    "a number": {"the kind of a container's parts", "how deep", "a sentence of Python's"},
    "a row": {"the kind of a container's parts", "how many", "how deep", "a place", "a sentence of Python's"},
    "an array": {"sides", "axes", "how deep", "a sentence of Python's"},
}


def page_of(room, student="s1"):
    return (room.top / "out" / "feedback" / f"{student}.html").read_text("utf-8")


NASTY = '</code><script>alert(1)</script>&amp;<img src="http://example.org/x.png">\u202e\x07'


def test_a_page_holds_own_code_as_text_and_asks_nobody(room):
    comment = "<b>fine</b> & so on"
    room.hand_in(s1=[(f"def first(x):\n    # {NASTY}\n    return 0", "test.first")])
    (room.top / "out").mkdir()
    (room.top / "out" / "overrides.csv").write_text(f"student,exercise,points,comment\ns1,test.second,2,{comment}\n")
    room.grade(roster=None, due="2050-01-01")
    page = page_of(room)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;" in page
    assert "\\u202e\\u0007" in page
    assert "&lt;b&gt;fine&lt;/b&gt; &amp; so on" in page
    assert re.findall(r"(?:https?:)?//[\w.]+", page.replace("http://example.org/x.png", "")) == []
    assert "default-src 'none'" in page
    assert "The only attempt, on time" in page
    assert "Due 2050-01-01" in page
    assert page.count('<span class="icon bad"') == 2  # of first
    assert "a case" not in page


def test_every_student_has_a_page_that_says_why(room):
    late = [("def first(x):\n    return x", "test.first")]
    room.hand_in(s1=late, s2=b"{").roster("s1", "s2", "s3").grade()
    assert "<strong>1</strong> <span>of 6 points</span>" in page_of(room)
    assert "No cell with the id test.second, and none that defines second." in page_of(room)
    assert "cut off" in page_of(room, "s2")
    assert "Nothing was handed in." in page_of(room, "s3")
    assert text("a\tb\nc") == "a\tb\nc"
