"""The small figures of the chapters' first screens in headless Chromium, by mouse, keyboard and touch."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from unet_edu import figures
from unet_edu.figures.openers.bet_and_see import runs
from unet_edu.figures.openers.curtain import TOPICS
from unet_edu.figures.openers.one_pixel import SIDE

pytestmark = pytest.mark.browser
OPENERS = ("BetAndSee", "CubeOut", "Curtain", "OnePixel", "RowOfTen", "SeamComb", "TwoWindows", "WhoLooks")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def shown(small_page):
    """Function that shows an opener and returns (page, the figure on it, complaints)."""

    def show(kind, *args, theme="light", width=800, **traits):
        page, complaints = small_page([getattr(figures, kind)(*args, **traits)], theme=theme, width=width)
        figure = page.locator(f"[data-live-figure={kind}]")
        expect(figure.locator(".lf-op-words")).not_to_be_empty()
        return page, figure, complaints

    return show


@pytest.fixture
def touched(shown, chromium):
    """Function that shows an opener on a phone and returns (page, the figure on it)."""
    contexts = []

    def show(kind, **traits):
        first, _, _ = shown(kind, **traits)
        contexts.append(chromium.new_context(**PHONE))
        page = contexts[-1].new_page()
        page.goto(first.url)
        figure = page.locator(f"[data-live-figure={kind}]")
        expect(figure.locator(".lf-op-words")).not_to_be_empty()
        return page, figure

    yield show
    for context in contexts:
        context.close()


def words(figure):
    return figure.locator(".lf-op-words")


def slide(figure, label, keys):
    slider = figure.get_by_label(label, exact=False).first
    slider.focus()
    for key in keys:
        slider.press(key)


@pytest.mark.parametrize("kind", OPENERS)
@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_and_nobody_is_left_out(shown, kind, theme, width):
    page, figure, complaints = shown(kind, theme=theme, width=width)
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []
    found = Axe().run(page, ".live-figure")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


@pytest.mark.parametrize(("kind", "height"), [(kind, 760) for kind in OPENERS])
def test_it_is_small(shown, kind, height):
    _, figure, _ = shown(kind, width=1280)
    assert figure.bounding_box()["height"] <= height


def test_two_windows_by_mouse_and_keyboard(shown):
    made = figures.TwoWindows()
    right = made.places[0][3]
    _, figure, _ = shown("TwoWindows")
    figure.get_by_role("button", name=f"the {right} one").click()
    expect(words(figure)).to_contain_text("Right")
    assert figure.get_attribute("data-right") == "true"
    figure.get_by_role("button", name="another pair").press("Enter")
    expect(words(figure)).to_contain_text("Which is which?")
    slide(figure, "pixels to each side", ["Home"])
    expect(words(figure)).to_contain_text("2 of their 3 columns")
    assert figure.locator("canvas").first.evaluate("canvas => canvas.width") == 3


def test_a_window_slides_over_the_row_and_the_guess_is_told(shown):
    _, figure, _ = shown("RowOfTen")
    assert figure.get_attribute("data-out") == "8"
    slide(figure, "the window begins at", ["ArrowRight"] * 7)
    expect(words(figure)).to_contain_text("8 of 10")
    figure.get_by_role("button", name="ten").click()
    expect(words(figure)).to_contain_text("No.")
    slide(figure, "pixels wide", ["Home"])
    expect(words(figure)).to_contain_text("Right. 10 of 10")


def test_the_place_is_moved_and_one_network_looks_beside_it(shown):
    _, figure, _ = shown("WhoLooks")
    card = figure.get_by_role("application")
    card.focus()
    card.press("Shift+ArrowLeft")
    card.press("Shift+ArrowLeft")
    card.press("Shift+ArrowLeft")
    expect(card).to_have_attribute("aria-label", re.compile("column 92"))
    a, b = map(float, figure.get_attribute("data-apart").split())
    assert a > 40
    assert b <= 12
    box = card.bounding_box()
    card.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(card).to_have_attribute("aria-label", re.compile(r"column 28\d, row 28\d"))
    figure.get_by_role("button", name="B", exact=False).click()
    expect(words(figure)).to_contain_text("Right")


def test_the_comb_grows_and_has_a_tooth_less_at_sixteen(shown):
    changed = figures.SeamComb().changed
    _, figure, _ = shown("SeamComb")
    slide(figure, "tile moved by", ["ArrowRight"])
    expect(words(figure)).to_contain_text(f"{changed[1]:.1f} %")
    assert figure.locator("svg rect.lf-down, svg rect.lf-kept").count() == 2
    slide(figure, "tile moved by", ["ArrowRight"] * 15)
    expect(words(figure)).to_contain_text("changes nothing")
    assert figure.get_attribute("data-share") == "0"
    figure.get_by_role("button", name="every sixteenth").click()
    expect(words(figure)).to_contain_text("Right: nothing changes at 0, 16, 32")


def scores(figure):
    return [float(one) for one in figure.get_attribute("data-scores").split()]


def test_one_pixel_is_painted_by_mouse_and_by_keyboard(shown):
    page, figure, _ = shown("OnePixel")
    cells = figure.get_by_role("application")
    assert scores(figure) == [0, 1, 1, 1, 0]
    box = cells.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 12.5 / SIDE, box["y"] + box["height"] * 20.5 / SIDE)
    wrong, iou, _, rand, mend = scores(figure)
    assert wrong == pytest.approx(1 / SIDE**2, abs=1e-5)
    assert iou > 0.999 > rand
    assert mend == 1
    figure.get_by_role("button", name="undo").click()
    assert scores(figure)[3] == 1
    cells.focus()
    cells.press("ArrowDown")
    cells.press("Space")
    assert scores(figure)[4] == 1
    cells.press("Enter")
    assert scores(figure)[4] == 0


def test_a_bet_is_placed_and_the_dots_fall(shown):
    names = list(runs())
    _, figure, _ = shown("BetAndSee")
    figure.locator("select").select_option(label="without skips")
    expect(words(figure)).to_contain_text("Your bet: without skips")
    assert figure.locator("svg circle").count() == 0
    figure.get_by_role("button", name="let the dots fall").press("Enter")
    expect(words(figure)).to_contain_text("without skips: mean")
    expect(figure.locator("svg circle")).to_have_count(sum(map(len, runs().values())))
    figure.get_by_role("button", name="by their mean").click()
    first = figure.locator("svg text").first
    best = max(runs(), key=lambda name: sum(runs()[name]) / len(runs()[name]))
    expect(first).to_have_text(best)
    assert len(names) > 10


def test_a_cube_loses_more_than_a_row(shown):
    _, figure, _ = shown("CubeOut")
    assert float(figure.get_attribute("data-share")) == pytest.approx(1 / 3, abs=1e-4)
    figure.get_by_role("button", name="cube", exact=True).click()
    expect(words(figure)).to_contain_text("3.7 %")
    figure.get_by_role("button", name="a tenth").click()
    expect(words(figure)).to_contain_text("No: of a cube of 132 it is one part in 27")
    slide(figure, "pixels a side", ["End"])
    assert float(figure.get_attribute("data-share")) > 0.5


@pytest.mark.parametrize("topic", TOPICS)
def test_a_curtain_is_drawn_and_the_question_answered(shown, topic):
    page, figure, complaints = shown("Curtain", topic)
    scene = figure.get_by_role("application")
    seen = {figure.locator("canvas").evaluate("canvas => canvas.toDataURL()")}
    box = scene.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 20, steps=4)
    page.mouse.up()
    seen.add(figure.locator("canvas").evaluate("canvas => canvas.toDataURL()"))
    scene.press("Shift+ArrowLeft")
    seen.add(figure.locator("canvas").evaluate("canvas => canvas.toDataURL()"))
    assert len(seen) == 3
    figure.get_by_role("button", name=TOPICS[topic].answers[TOPICS[topic].right], exact=True).click()
    expect(words(figure)).to_contain_text("Right.")
    assert complaints == []


def test_touch_paints_a_pixel_and_moves_a_place(touched):
    for kind, attribute in (("OnePixel", "data-scores"), ("WhoLooks", "data-apart")):
        page, figure = touched(kind)
        before = figure.get_attribute(attribute)
        scene = figure.get_by_role("application")
        scene.scroll_into_view_if_needed()
        box = scene.bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] * 0.77, box["y"] + box["height"] * 0.7)
        expect(figure).not_to_have_attribute(attribute, before)


@pytest.mark.parametrize("kind", OPENERS)
def test_a_finger_finds_every_button(touched, kind):
    page, figure = touched(kind)
    button = figure.locator("button[aria-pressed=false]:visible").first.element_handle()
    button.tap()
    page.wait_for_function("button => button.getAttribute('aria-pressed') === 'true'", arg=button)
    assert all(
        height >= 24
        for height in figure.locator("button:visible:not(.lf-link)").evaluate_all("all => all.map(b => b.offsetHeight)")
    )
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
