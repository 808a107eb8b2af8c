"""Instances in headless Chromium, on a page of its own without a kernel and a network."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from unet_edu.figures import Instances
from unet_edu.figures.instances import SCENES, measured
from unet_edu.metrics import instances

pytestmark = pytest.mark.browser
NAMES = {"nuclei": "bright nuclei", "crowd": "a crowd", "stained": "stained nuclei"}


@pytest.fixture
def shown(small_page):
    """Function that shows an Instances and returns (page, the figure on it, complaints)."""

    def show(*figures, **how):
        page, complaints = small_page(list(figures) or [Instances()], **how)
        figure = page.locator("[data-live-figure=Instances]").first
        expect(figure.locator(".lf-in-words").first).to_contain_text("segment")
        return page, figure, complaints

    return show


def check(figure, wanted):
    """Compare the table and the words under the pictures with what Python counts for the same state."""
    truth, rows = measured(wanted.scene).truth, {}
    for name, found in wanted.segments.items():
        matching, errors = instances.match(truth, found), instances.merged_and_split(truth, found)
        rows[name] = [str(one) for one in (found.max(), matching.tp, matching.fn, matching.fp, *errors)]
    figure.locator("details").evaluate("d => { d.open = true }")
    lines = figure.locator("tbody tr")
    expect(lines.nth(1)).to_have_text(re.compile(rf"segments\s*{rows['pieces'][0]}\s*{rows['watershed'][0]}$"))
    cells = [line.locator("td").all_inner_texts() for line in lines.all()]
    assert list(map(list, zip(*cells[1:7], strict=True))) == list(rows.values())
    for words, found in zip(figure.locator(".lf-in-words").all_inner_texts(), rows.values(), strict=True):
        assert f"{found[4]} merged, {found[5]} split" in words


@pytest.mark.parametrize("width", [320, 1280])
def test_every_scene_by_mouse(shown, theme, width):
    _, figure, complaints = shown(theme=theme, width=width)
    pictures = set()
    for scene in SCENES:
        figure.get_by_role("button", name=NAMES[scene]).click()
        check(figure, Instances(scene))
        pictures.add(figure.locator("canvas").first.evaluate("canvas => canvas.toDataURL()"))
    figure.get_by_role("button", name="one for each").click()
    expect(figure.locator(".lf-in-legend")).to_contain_text("Each segment has a colour")
    pictures.add(figure.locator("canvas").first.evaluate("canvas => canvas.toDataURL()"))
    assert len(pictures) == len(SCENES) + 1
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_both_settings_by_keyboard(shown):
    page, figure, complaints = shown(Instances("stained"))
    figure.get_by_label("inside from, %").focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    check(figure, Instances("stained", threshold=59))
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    check(figure, Instances("stained", threshold=59, apart=1))
    expect(figure.get_by_role("status")).to_contain_text("With the watershed")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    check(figure, Instances("stained"))
    assert complaints == []


def test_seeds_that_may_lie_closer_are_more(shown):
    """Each of them is a dot on the right picture, and none on the left."""
    page, figure, _ = shown(Instances("crowd"))
    counts = []
    for key in ("Home", "End"):
        figure.get_by_label("seeds apart, px").focus()
        page.keyboard.press(key)
        page.wait_for_timeout(200)
        counts.append(figure.locator(".lf-in-seed").count())
    assert counts[0] > counts[1] >= 5
    assert figure.locator(".lf-in-map").first.locator("circle").count() == 0


def test_it_has_no_accessibility_violation(shown, theme):
    page, figure, _ = shown(theme=theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    found = Axe().run(page, "[data-live-figure=Instances]", {"resultTypes": ["violations"]}).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found] == []
