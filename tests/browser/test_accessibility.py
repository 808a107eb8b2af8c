"""axe-core on every page, light and dark: WCAG 2.2, levels A and AA, nothing left out."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import settled

pytestmark = pytest.mark.browser

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page, context=None) -> list[str]:
    """What breaks a rule, one line for each element."""
    settled(page)
    found = Axe().run(page, context, {"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:150]} {node['failureSummary'][:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


def test_no_violation(visit, name, theme):
    assert violations(visit(name, theme=theme).page) == []


def test_opened_solutions_are_accessible_too(visit, chapter, theme):
    page = visit(chapter, theme=theme).page
    if page.locator(".tag_exercise-solution").count():
        page.evaluate("document.querySelectorAll('.tag_exercise-solution details').forEach(d => { d.open = true })")
        assert violations(page, ".tag_exercise-solution") == []
