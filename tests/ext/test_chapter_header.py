"""The line under a chapter's title: minutes that are counted, a feedback link that leads somewhere."""

import pytest
from bookkit import FRONT_MATTER, FixtureBook
from bs4 import BeautifulSoup

OPENING = "```{opening}\nYou need [the other page](other.md) and patience.\n```\n"
EXERCISES = "\n## Exercises\n\n" + "many words " * 3000


def words(count):
    return " ".join(["word"] * count) + "\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two books: one that knows where its source lives, one that does not."""
    made = {}
    for name in ("without", "with"):
        pages = {
            "index": "# Front\n",
            "00_how_to_use": "# How to use\n\n(feedback)=\n## Feedback\n\nWrite to us.\n",
            "01_first": f"{FRONT_MATTER}\n# First\n\n{OPENING}\n{words(2000)}{EXERCISES}",
            "other": f"# Other\n\n```{{opening}}\nYou need nothing.\n```\n\n{words(20)}",
        }
        book = FixtureBook(tmp_path_factory.mktemp(name), pages)
        if name == "with":
            config = book.root / "_config.yml"
            source = "repository:\n  url: https://github.com/someone/book\n  branch: main\n"
            config.write_text(config.read_text("utf-8") + source, encoding="utf-8")
        done = book.build()
        assert done.returncode == 0, done.log[-3000:]
        made[name] = book.html() / "book"
    return made


def opening(built, book, page):
    soup = BeautifulSoup((built[book] / f"{page}.html").read_text("utf-8"), "html.parser")
    return soup.select_one("p.chapter-opening")


def test_minutes_are_counted_from_the_words_without_the_exercises(built):
    """2000 words at 200 a minute; 6000 more in the exercises do not count. A short page takes the least."""
    assert opening(built, "with", "01_first").get_text().startswith("10 minutes. You need the other page and patience.")
    assert opening(built, "with", "other").get_text().startswith("5 minutes. You need nothing.")


def test_the_feedback_link_opens_an_issue_that_names_the_page(built):
    link = opening(built, "with", "01_first").find_all("a")[-1]
    assert link["href"] == "https://github.com/someone/book/issues/new?title=01_first%3A%20"


def test_without_a_repository_the_feedback_link_leads_to_the_place_that_says_so(built):
    link = opening(built, "without", "01_first").find_all("a")[-1]
    assert link["href"] == "00_how_to_use.html#feedback"
    assert 'id="feedback"' in (built["without"] / "00_how_to_use.html").read_text("utf-8")


def test_an_empty_opening_fails_the_build(tmp_path):
    book = FixtureBook(tmp_path, {"index": "# Front\n\n```{opening}\n```\n"})
    done = book.build()
    assert done.returncode != 0
    assert "opening" in done.log
