"""A whole chapter without a mouse: every stop of the Tab key, from the first link to the way into the next chapter."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CHAPTER = "book/03_arithmetic.html"  # three live figures, exercises, tables, wide formulas
MOVED_BY_ARROWS = "input[type=range], [role=application]"
# what can be stopped at, as the reader would say: shown, and not of a radio group whose other member is the stop
STOPS = """() => {
    const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter(node => node.tabIndex >= 0 && !node.disabled && node.checkVisibility({ visibilityProperty: true })
            && node.getBoundingClientRect().width > 0 && !(node.type === "radio" && !node.checked));
    stops.forEach((node, number) => { node.dataset.stop = number });
    return stops.map(node => node.outerHTML.slice(0, 160));
}"""
HERE = """() => {
    const node = document.activeElement;
    if (!node || node === document.body) return null;
    document.getAnimations().filter(each => each instanceof CSSTransition).forEach(each => each.finish());
    const within = (value, most) => Math.min(Math.max(value, 0), most - 1);
    const onTop = ({ left, right, top, bottom }) => {
        const [x0, x1] = [within(left, innerWidth), within(right, innerWidth)];
        const [y0, y1] = [within(top, innerHeight), within(bottom, innerHeight)];
        const found = document.elementFromPoint((x0 + x1) / 2, (y0 + y1) / 2);
        return found && (node.contains(found) || found.contains(node));
    };
    const ringed = each => {
        const style = getComputedStyle(each);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
    };
    const { top, bottom, left, right } = node.getBoundingClientRect();
    return {
        stop: node.dataset.stop ?? null,
        html: node.outerHTML.slice(0, 160),
        inView: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
        seen: [...node.getClientRects()].some(onTop),
        ring: ringed(node) || ringed(node.parentElement),
        figure: node.closest("[data-live-figure]")?.dataset.liveFigure ?? null,
    };
}"""


@pytest.fixture
def page(visit):
    return visit(CHAPTER).page


def press(page, key):
    """Press a key; return what the stop says of itself, or None where the focus has left the page."""
    page.keyboard.press(key)
    return page.evaluate(HERE)


def walk(page, most=1200):
    """Press Tab until the focus has left the page; return what each stop says of itself."""
    steps = []
    while len(steps) < most:
        here = press(page, "Tab")
        if here is None:
            return steps
        steps.append(here)
    raise AssertionError(f"{most} stops and no end: {[step['html'] for step in steps[-4:]]}")


def test_tab_stops_at_everything_once_in_the_order_of_the_page(page):
    stops = page.evaluate(STOPS)
    assert len(stops) > 100
    steps = walk(page)
    unknown = [step["html"] for step in steps if step["stop"] is None and "tabindex" in step["html"]]
    assert unknown == []
    order = [int(step["stop"]) for step in steps if step["stop"] is not None]
    missed = [stops[number] for number in sorted(set(range(len(stops))) - set(order))]
    assert missed == [], "no key leads there"
    assert order == sorted(order), "the focus jumps"
    assert [step["html"] for step in steps if not step["inView"]] == [], "the focus is outside the window"
    assert [step["html"] for step in steps if not step["seen"]] == [], "something covers the focus"
    assert [step["html"] for step in steps if not step["ring"]] == [], "nothing shows where the focus is"
    back = [press(page, "Shift+Tab")["html"] for _ in steps]
    assert back == [step["html"] for step in reversed(steps)], "the way back is another"


def test_the_first_stop_skips_the_navigation(page):
    page.keyboard.press("Tab")
    assert "Skip to main content" in page.evaluate(HERE)["html"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#main-content') !== null")


def test_a_chapter_is_worked_through_with_the_keyboard_alone(page):
    """Every figure answers, every folded part opens and closes, and the last stops lead on to the next chapter."""
    figures = set(page.locator("[data-live-figure]").evaluate_all("all => all.map(each => each.dataset.liveFigure)"))
    folded = page.locator(".bd-article summary").count()
    assert len(figures) >= 3
    assert folded >= 4
    answered, opened = set(), 0
    while (here := press(page, "Tab")) is not None:
        at = page.locator(":focus")
        if here["figure"] not in answered | {None} and at.evaluate(f"n => n.matches('{MOVED_BY_ARROWS}')"):
            picture = page.locator(f"[data-live-figure={here['figure']}]").first
            before = picture.screenshot()
            for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):  # a slider may stand at its end
                page.keyboard.press(key)
                for _ in range(5):  # on a busy machine it takes its time
                    page.wait_for_timeout(300)
                    if changed := picture.screenshot() != before:
                        break
                if changed:
                    break
            assert changed, here["html"]
            answered.add(here["figure"])
        elif at.evaluate("n => n.matches('.bd-article summary')"):
            for key, is_open in [("Enter", True), ("Space", False)]:
                page.keyboard.press(key)
                assert at.evaluate("n => n.parentElement.open") is is_open, here["html"]
            opened += 1
        elif at.evaluate("n => n.matches('a.right-next')"):
            page.keyboard.press("Enter")
            page.wait_for_url("**/book/04_blocks.html")
            break
    assert (answered, opened) == (figures, folded)
    expect(page.locator(".bd-article h1")).to_contain_text("block by block")
