"""ForwardPass in headless Chromium: it plays by itself, skips are cut, its window is moved; calm where asked."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from unet_edu.figures import ForwardPass

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(small_page):
    """Function that shows a ForwardPass and returns (page, the figure on it, complaints), once it has an answer."""

    def show(**how):
        page, complaints = small_page([ForwardPass()], **how)
        figure = page.locator("[data-live-figure=ForwardPass]")
        page.wait_for_function("document.querySelector('[data-live-figure=ForwardPass]')?.dataset.share")
        return page, figure, complaints

    return show


def answer(figure):
    return figure.locator(".lf-fp-output canvas").evaluate("canvas => canvas.toDataURL()")


def test_it_plays_until_the_reader_acts(shown):
    page, figure, complaints = shown()
    scene = figure.get_by_role("application")
    first = scene.get_attribute("aria-label")
    expect(scene).not_to_have_attribute("aria-label", first)
    assert page.evaluate("location.hash") == "", "what plays by itself is in no address"
    figure.get_by_role("button", name="❚❚ pause").click()
    page.wait_for_timeout(2000)
    stands = scene.get_attribute("aria-label")
    page.wait_for_timeout(2000)
    assert scene.get_attribute("aria-label") == stands
    assert complaints == []


@pytest.mark.parametrize("width", [320, 1280])
def test_skips_are_cut_and_joined(shown, theme, width):
    page, figure, complaints = shown(theme=theme, width=width)
    figure.get_by_role("button", name="❚❚ pause").click()
    page.wait_for_timeout(1500)
    whole = answer(figure)
    figure.get_by_role("button", name="cut the skips").click()
    expect(figure.locator(".lf-fp-result")).to_contain_text("Both skips are cut")
    assert answer(figure) != whole
    for name in ("cut the upper skip", "cut the lower skip"):
        figure.get_by_role("button", name=name).press("Enter")
    expect(figure.locator(".lf-fp-result")).to_contain_text("All is joined")
    assert answer(figure) == whole
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []
    found = Axe().run(page, ".live-figure")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


def test_the_window_is_moved_by_keyboard_and_by_mouse(shown):
    page, figure, _ = shown()
    scene = figure.get_by_role("application")
    scene.focus()
    scene.press("ArrowLeft")
    expect(figure.get_by_role("button", name="▶ play")).to_be_visible()
    place = scene.get_attribute("aria-label")
    scene.press("Shift+ArrowDown")
    expect(scene).not_to_have_attribute("aria-label", place)
    box = scene.bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    assert "column 0, row 0" in scene.get_attribute("aria-label")


@pytest.mark.parametrize("kind", ["motion", "data"])
def test_it_stands_still_for_who_asks_for_less(shown, kind):
    page, _, _ = shown()
    if kind == "motion":
        page.emulate_media(reduced_motion="reduce")
    else:
        page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    page.reload()
    page.wait_for_function("document.querySelector('[data-live-figure=ForwardPass]')?.dataset.share")
    figure = page.locator("[data-live-figure=ForwardPass]")
    expect(figure.get_by_role("button", name="▶ play")).to_be_visible()
    place = figure.get_by_role("application").get_attribute("aria-label")
    page.wait_for_timeout(3000)
    assert figure.get_by_role("application").get_attribute("aria-label") == place
