"""A student's feedback page in Chromium: light and dark, at 400 pixels, for screen readers, without a network."""

import sys

import pytest
from bookkit import ROOT

sys.path.append(str(ROOT / "tests" / "course"))

from classkit import Here, a_bundle, a_class
from test_accessibility import violations

from unet_edu.course.grading import grade as grade_module

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """One page of every kind of student."""
    top = tmp_path_factory.mktemp("feedback")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade_module, "Sandbox", Here)
        bundle = a_bundle()
        students = a_class(bundle, top, students=20)
        (top / "by hand.csv").write_text(
            f"student,exercise,points,comment\n{students[0].id},crop.centre,2.5,Well seen\n"
        )
        options = {"roster": top / "roster.csv", "overrides": top / "by hand.csv", "progress": False}
        grade_module.grade(bundle, top / "submissions", top / "out", due="2050-01-01", **options)
    kinds = {student.kind: student.id for student in students}
    return [top / "out" / "feedback" / f"{id}.html" for id in dict.fromkeys([students[0].id, *kinds.values()])]


@pytest.mark.parametrize("width", [400, 1280])
def test_pages_are_accessible_and_ask_nobody(pages, chromium, theme, width):
    context = chromium.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
    page, complaints, asked = context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert complaints == []
    if width == 1280:  # axe is a script, which the page's own policy keeps out
        context = chromium.new_context(color_scheme=theme, bypass_csp=True)
        page = context.new_page()
        for path in pages:
            page.goto(path.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            assert violations(page) == [], path
        context.close()


def test_own_code_is_reached_by_keyboard(pages, chromium):
    context = chromium.new_context()
    page = context.new_page()
    answered = next(one for one in pages if "Your answer to" in one.read_text("utf-8"))  # some handed nothing in
    page.goto(answered.as_uri())
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "PRE":
            break
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Your answer to ")
    context.close()
