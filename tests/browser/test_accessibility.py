"""axe-core on every page, light and dark: WCAG 2.2, levels A and AA, nothing left out."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import settled

pytestmark = pytest.mark.browser

RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # the same elements in other colours: what axe says of colours at these levels
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


def violations(page, theme="light", context=None) -> list[str]:
    """What breaks a rule, one line for each element."""
    settled(page)
    options = {"runOnly": RULES[theme], "resultTypes": ["violations"]}
    found = Axe().run(page, context, options).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:150]} {node['failureSummary'][:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


def test_no_violation(look, name, theme):
    page = look(name, theme=theme).page
    assert page.locator("html").get_attribute("data-theme") == theme
    assert violations(page, theme) == []


def test_opened_solutions_are_accessible_too(look, chapter, theme):
    page = look(chapter, theme=theme).page
    if page.locator(".tag_exercise-solution").count():
        folds = "document.querySelectorAll('.tag_exercise-solution details').forEach(d => { d.open = OPEN })"
        page.evaluate(folds.replace("OPEN", "true"))
        assert violations(page, theme, ".tag_exercise-solution") == []
        page.evaluate(folds.replace("OPEN", "false"))


def test_the_rules_of_the_dark_theme_are_those_of_colours(look):
    """Of all rules at these levels, by axe's own list."""
    page = look("book/index.html").page
    Axe().run(page, "head", {"runOnly": RULES["dark"]})  # puts axe into the page
    tags = RULES["light"]["values"]
    rules = page.evaluate("tags => axe.getRules(tags)", tags)
    assert [r["ruleId"] for r in rules if "cat.color" in r["tags"]] == RULES["dark"]["values"]


NAMELESS = """new MutationObserver((all) => all.flatMap((one) => [...one.addedNodes]).forEach((node) => {
    for (const one of node.querySelectorAll?.('.live-figure [role=img]') ?? []) {
        if (!one.getAttribute('aria-label')) (globalThis.nameless ??= []).push(one.outerHTML.slice(0, 200));
    }
})).observe(document, { childList: true, subtree: true })"""


@pytest.mark.parametrize("of", ["book/index", "book/08_training", "book/14_own_images"])
def test_a_picture_has_a_name_before_its_data_have_come(chromium, addresses, of):
    context = chromium.new_context()
    context.add_init_script(NAMELESS)
    page = context.new_page()
    page.goto(f"{addresses['http']}/{of}.html")
    settled(page)
    assert page.locator(".live-figure [role=img]").count()
    assert page.evaluate("globalThis.nameless ?? []") == []
    context.close()
