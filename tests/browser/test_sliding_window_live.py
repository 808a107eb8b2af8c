"""SlidingWindow in headless Chromium, on a page of its own without a kernel and a network."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import FRAME_MS, slowness
from playwright.sync_api import expect

from unet_edu.figures import SlidingWindow
from unet_edu.figures.sliding_window import layers, visits, work

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(small_page):
    """Function that shows a SlidingWindow and returns (page, the figure on it, complaints)."""

    def show(*figures, **how):
        page, complaints = small_page(list(figures) or [SlidingWindow()], **how)
        figure = page.locator("[data-live-figure=SlidingWindow]").first
        expect(figure.locator(".lf-result strong")).to_be_visible()
        return page, figure, complaints

    return show


def says(figure, side, windows):
    """The headline, as Python computes it."""
    patchwise, dense = work(side, windows)
    expect(figure.locator(".lf-result strong")).to_have_text(f"{windows:,} of {side**2:,}")
    expect(figure.locator(".lf-sw-ratio")).to_have_text(f"{patchwise / dense:.1f} times")


@pytest.mark.parametrize("width", [320, 1280])
def test_layers_by_mouse(shown, theme, width):
    _, figure, complaints = shown(theme=theme, width=width)
    says(figure, 64, 420)
    pictures = set()
    for name, size, *_ in layers():
        figure.get_by_role("button", name=name).click()
        counted = visits(64, 420, name)
        legend = figure.locator(".lf-sw-legend")
        expect(legend).to_contain_text(
            f"{name}: {(counted > 0).sum():,} different values, computed {420 * size**2:,} times"
        )
        expect(legend).to_contain_text(f"the brightest {counted.max():,} times")
        pictures.add(figure.locator("canvas").evaluate("canvas => canvas.toDataURL()"))
    assert len(pictures) == 4
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_windows_one_by_one_and_by_keyboard(shown):
    page, figure, complaints = shown(SlidingWindow(side=20, done=19))
    figure.get_by_role("button", name="one window more").click()
    says(figure, 20, 20)
    figure.get_by_label("windows computed").focus()
    page.keyboard.press("ArrowRight")
    says(figure, 20, 21)
    page.keyboard.press("End")
    says(figure, 20, 400)
    assert complaints == []


def test_it_slides_by_itself_and_stops(shown):
    _, figure, complaints = shown(SlidingWindow(side=16, done=0))
    figure.get_by_role("button", name="slide").click()
    expect(figure.locator(".lf-result strong")).to_have_text("256 of 256", timeout=120_000)
    expect(figure.get_by_role("button", name="slide")).to_be_visible()
    says(figure, 16, 256)
    assert complaints == []


def test_two_views_move_together(shown):
    one = SlidingWindow()
    page, figure, _ = shown(one, one)
    figure.get_by_role("button", name="conv3").click()
    other = page.locator("[data-live-figure=SlidingWindow]").nth(1)
    expect(other.get_by_role("button", name="conv3")).to_have_attribute("aria-pressed", "true")


def test_it_has_no_accessibility_violation(shown, theme):
    page, figure, _ = shown(theme=theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    found = Axe().run(page, context="[data-live-figure]").response["violations"]
    assert json.dumps([(one["id"], [node["html"][:90] for node in one["nodes"]]) for one in found]) == "[]"


def test_it_is_quick_and_does_not_grow(shown):
    """One window more is drawn within a frame (median), and 500 changes leave no more elements than one."""
    page, _, _ = shown()
    slow = slowness(page)
    median, before, after = page.evaluate(
        """async () => {
            const root = document.querySelector("[data-live-figure]");
            const more = [...root.querySelectorAll("button")].find((one) => one.textContent === "one window more");
            const times = [];
            const press = async () => {
                const start = performance.now();
                more.click();
                await null;
                root.getBoundingClientRect();
                times.push(performance.now() - start);
                await new Promise((done) => setTimeout(done));
            };
            await press();
            const before = root.querySelectorAll("*").length;
            for (let at = 0; at < 500; at += 1) await press();
            return [times.sort((a, b) => a - b)[250], before, root.querySelectorAll("*").length];
        }"""
    )
    assert median <= FRAME_MS * max(slow, slowness(page))
    assert after <= before + 2
