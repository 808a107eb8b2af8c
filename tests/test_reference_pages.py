"""The pages to look things up in: FAQ, glossary, notation."""

import contextlib
import inspect
import io
import re
from typing import NamedTuple

import pytest
import torch
from bookkit import ROOT
from prose import paragraphs

from unet_edu import arithmetic
from unet_edu.plots import style

BOOK = ROOT / "book"
PAGES = sorted(BOOK.glob("*.md"))
FAQ, GLOSSARY, NOTATION = ((BOOK / f"{name}.md").read_text("utf-8") for name in ("faq", "glossary", "notation"))
CELL = re.compile(r"^```\{code-cell\} ipython3\n(.*?)^```$", re.M | re.S)


def links(text: str) -> list[str]:
    """The pages of the book that a text links to."""
    return re.findall(r"\]\(([\w-]+)\.md(?:#[\w-]+)?\)", text)


@pytest.mark.parametrize("text", [FAQ, GLOSSARY, NOTATION], ids=["faq", "glossary", "notation"])
def test_links_lead_to_pages_that_there_are(text):
    missing = sorted({name for name in links(text) if not (BOOK / f"{name}.md").is_file()})
    assert missing == []


# --- FAQ ---------------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """One question with its label, and all that stands below it."""

    label: str
    question: str
    text: str


def entries() -> list[Entry]:
    pieces = re.split(r"(?:^\((faq-[\w-]+)\)=\n)?^### (.+)\n", FAQ, flags=re.M)
    found = zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True)
    return [Entry(label, question, re.split(r"^## ", text, flags=re.M)[0]) for label, question, text in found]


ENTRIES = entries()


def test_the_faq_has_questions_with_labels_of_their_own():
    labels, questions = [entry.label for entry in ENTRIES], [entry.question for entry in ENTRIES]
    assert len(ENTRIES) >= 20
    assert None not in labels, f"no label before {[e.question for e in ENTRIES if e.label is None]}"
    assert len(set(labels)) == len(labels)
    assert len(set(questions)) == len(questions)
    groups = re.findall(r"^## (.+)$", FAQ, re.M)
    assert 4 <= len(groups) <= 6


def test_links_within_the_faq_lead_to_its_labels():
    assert set(re.findall(r"\]\(#([\w-]+)\)", FAQ)) <= {entry.label for entry in ENTRIES}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.label)
def test_an_answer_is_a_paragraph_a_cell_and_where_to_read_on(entry):
    answer, *rest = paragraphs(entry.text)
    assert 60 <= len(answer.split()) <= 140
    assert len(CELL.findall(entry.text)) == 1
    assert len(rest) == 1
    assert rest[0].startswith("Read on: ")
    after = entry.text[CELL.search(entry.text).end() :]
    assert [name for name in links(after) if re.match(r"\d\d_", name)], "a chapter that explains it"
    assert re.search(r"\]\(https://github\.com/[\w.-]+/[\w.-]+/issues/\d+\)", after), "a thread in which it was asked"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.label)
def test_an_answer_s_cell_is_short_runs_alone_and_prints(entry):
    """In a fresh name space, as the page promises; twice the same, since nobody wants an answer that varies."""
    (code,) = CELL.findall(entry.text)
    assert len(code.splitlines()) <= 12
    assert max(map(len, code.splitlines())) <= 80
    printed = []
    for _ in range(2):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, entry.label, "exec"), {"__name__": "cell"})
        printed.append(out.getvalue())
    assert printed[0].strip()
    assert printed[0] == printed[1]


def test_the_faq_s_bytes_of_checkpointing_are_those_of_its_own_cell():
    """Without it as many as the cell of the answer counts; with it less than half of them wait."""
    (hidden,) = re.findall(r"^# What gradient checkpointing keeps\n(.*?)^```$", FAQ, re.M | re.S)
    glued = {}
    exec(hidden, {"torch": torch, "glue": glued.__setitem__})
    (answer,) = (entry for entry in ENTRIES if entry.label == "faq-memory")
    shown = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(CELL.findall(answer.text)[0], shown)
    assert glued["not_checkpointed"] == shown["kept"](188, 8)
    assert 0 < glued["checkpointed"] < glued["not_checkpointed"] / 2
    assert shown["kept"](188, 8, 1, True) < 0.6 * shown["kept"](188, 8)


# --- glossary ----------------------------------------------------------------------------------------


def glossary() -> dict[str, str]:
    """Every term with its definition; terms of one entry share it."""
    (body,) = re.findall(r"^```\{glossary\}\n(.*?)^```$", GLOSSARY, re.M | re.S)
    found = {}
    for entry in re.split(r"\n\n+", body.strip()):
        lines = entry.split("\n")
        terms = [line for line in lines if not line.startswith(" ")]
        assert lines[: len(terms)] == terms, f"{terms}: terms first, then their definition, indented"
        for term in terms:
            assert term not in found, f"{term!r} is explained twice"
            found[term] = " ".join(line.strip() for line in lines[len(terms) :])
    return found


TERMS = glossary()
LINKED = {
    (path.name, re.sub(r"^.*<(.*)>$", r"\1", " ".join(term.split())))
    for path in PAGES
    for term in re.findall(r"\{term\}`([^`]+)`", path.read_text("utf-8"))
}


def test_the_glossary_is_in_order():
    first = [entry.split("\n")[0] for entry in re.split(r"\n\n+", GLOSSARY.split("```{glossary}\n")[1])]
    assert first == sorted(first, key=str.casefold)


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_explained_in_a_sentence_or_two(term):
    said = re.sub(r"<[^>]+>", "", TERMS[term])
    assert 8 <= len(said.split()) <= 60
    assert said.rstrip(")").endswith((".", "*")), "a whole sentence"
    assert links(TERMS[term]) or re.search(r"\*[\w ]+\*", TERMS[term]), "where it is at work, or what else it is called"


def test_all_terms_that_pages_link_to_are_explained():
    """Sphinx would find one in another case, too, and say so."""
    assert {(page, term) for page, term in LINKED if term not in TERMS} == set()


def test_the_chinese_terms_are_marked_as_chinese():
    """So that a screen reader does not spell them out in English."""
    plain = re.sub(r'<span lang="zh-Hans">[^<]*</span>', "", GLOSSARY)
    assert re.findall(r"[\u4e00-\u9fff]+", plain) == []
    assert len(re.findall(r'<span lang="zh-Hans">[^<]*[\u4e00-\u9fff]+[^<]*</span>', GLOSSARY)) >= 40


# --- notation ----------------------------------------------------------------------------------------


def test_the_notation_shows_the_whole_palette():
    assert "style.palette()" in NOTATION
    assert "style.MEANING" in NOTATION, "the alternative text names all colours"
    named = {name for name, value in vars(style).items() if name.isupper() and isinstance(value, str)}
    assert {name.removesuffix("_AREA") for name in named} == set(style.MEANING)


def test_the_notation_names_all_stages():
    told = re.findall(r"^\| (`.+?) \|", NOTATION, re.M)
    names = {"input"}
    for cell in told:
        first, *last = re.findall(r"`([\w.]+)`", cell)
        if "…" in cell:
            kind, start, stop = first.rstrip("0123456789"), int(first[-1]), int(last[-1][-1])
            names |= {f"{kind}{number}" for number in range(min(start, stop), max(start, stop) + 1)}
        else:
            names |= {first, *last}
    assert {stage.split(".")[0] for stage in arithmetic.stages()} | {"input"} == names
    assert {"conv1", "relu1", "conv2", "relu2"} <= set(re.findall(r"`d0\.(\w+)`", NOTATION))


def test_the_notation_s_symbols_are_explained_and_placed():
    rows = re.findall(r"^\| (\$.+?|±) \| (.+?) \| (.+?) \|$", NOTATION, re.M)
    assert len(rows) >= 25
    for symbol, meaning, place in rows:
        assert len(meaning) > 5, symbol
        assert links(place), f"{symbol}: where it comes up first"


def test_the_notation_s_numbers_are_the_package_s():
    from unet_edu.data.weightmap import border_term

    taken = inspect.signature(border_term).parameters
    assert (taken["w0"].default, taken["sigma"].default) == (10, 5)
    assert "the paper's is 10 " in NOTATION
    assert "the paper's is about 5 pixels" in NOTATION
