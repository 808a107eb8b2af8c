"""Upsampling in headless Chromium, on a page of its own without a kernel and a network."""

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import FRAME_MS, slowness
from playwright.sync_api import expect

from unet_edu.figures import Upsampling
from unet_edu.figures.upsampling import METHODS, SIDE, trained

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(small_page):
    """Function that shows an Upsampling and returns (page, the figure on it, complaints)."""

    def show(*figures, **how):
        page, complaints = small_page(list(figures) or [Upsampling()], **how)
        figure = page.locator("[data-live-figure=Upsampling]").first
        expect(figure.locator("canvas").first).to_be_visible()
        return page, figure, complaints

    return show


def values(figure):
    """The fine map as its table tells it."""
    figure.locator("details").evaluate("d => { d.open = true }")
    rows = [row.replace("−", "-").split() for row in figure.locator("tbody tr").all_inner_texts()]
    return np.array([[float(value) for value in row[1:]] for row in rows])


@pytest.mark.parametrize("width", [320, 1280])
def test_all_four_ways_by_mouse(shown, theme, width):
    _, figure, complaints = shown(theme=theme, width=width)
    pictures = set()
    for method, words in zip(METHODS, ["nearest", "bilinear", "2×2, stride 2", "3×3, stride 2"], strict=True):
        figure.get_by_role("button", name=words).click()
        np.testing.assert_allclose(values(figure), Upsampling(method).fine, atol=0.0051)
        pictures.add(figure.locator(".lf-up-wide canvas").evaluate("canvas => canvas.toDataURL()"))
    assert len(pictures) == 3, "equal 2×2 weights are nearest, the others are not"
    figure.get_by_role("button", name="how often painted").click()
    assert set(values(figure).ravel()) == {1, 2, 4}
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_painting_by_mouse_and_by_keyboard(shown):
    page, figure, complaints = shown(Upsampling("nearest"))
    box = figure.locator(".lf-up-map").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5 / SIDE, box["y"] + box["height"] * 0.5 / SIDE)
    assert values(figure)[0, 0] == 0.5
    page.keyboard.press("Space")
    assert values(figure)[0, 0] == 1
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert values(figure)[0].tolist()[:4] == [1, 1, 0.5, 0.5]
    assert complaints == []


def test_weights_are_edited_and_point_out_what_they_paint(shown):
    page, figure, complaints = shown(Upsampling("two"))
    corner = figure.get_by_label("weight in row 1, column 1")
    corner.fill("-0.5")
    np.testing.assert_allclose(values(figure), Upsampling("two", two=[-50, 100, 100, 100]).fine, atol=0.0051)
    figure.get_by_role("button", name="trained", exact=True).click()
    np.testing.assert_allclose(values(figure), Upsampling("two", two=trained()).fine, atol=0.0051)
    expect(corner).to_have_value(f"{trained()[0] / 100:.2f}")
    corner.fill("9")  # more than is allowed: kept out
    corner.blur()
    expect(corner).to_have_value(f"{trained()[0] / 100:.2f}")
    figure.get_by_role("button", name="3×3, stride 2").click()
    figure.get_by_role("button", name="linear", exact=True).click()
    expect(figure.locator(".lf-up-remark")).to_contain_text("align_corners=True")
    assert complaints == []


def test_the_sum_of_a_pixel_by_keyboard(shown):
    page, figure, complaints = shown()
    fine = Upsampling().fine
    figure.locator(".lf-up-map").last.focus()
    for x, count in ((5, 2), (6, 4), (7, 2)):
        page.keyboard.press("ArrowRight")
        expect(figure.locator(".lf-up-formula strong")).to_have_text(f"{fine[4, x]:.2f}")
        expect(figure.locator(".lf-up-source")).to_have_count(count)
        assert figure.locator(".lf-up-formula").inner_text().count("·") == count
    assert complaints == []


def test_two_views_move_together(shown):
    one = Upsampling()
    page, figure, _ = shown(one, one)
    figure.get_by_role("button", name="bilinear").click()
    other = page.locator("[data-live-figure=Upsampling]").nth(1)
    expect(other.get_by_role("button", name="bilinear")).to_have_attribute("aria-pressed", "true")


def test_it_has_no_accessibility_violation(shown, theme):
    page, figure, _ = shown(theme=theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    found = Axe().run(page, context="[data-live-figure]").response["violations"]
    assert json.dumps([(one["id"], [node["html"][:90] for node in one["nodes"]]) for one in found]) == "[]"


def test_it_is_quick_and_does_not_grow(shown):
    """A change is redrawn within a frame (median), and 500 changes leave no more elements than one."""
    page, _, _ = shown()
    slow = slowness(page)
    median, before, after = page.evaluate(
        """async () => {
            const root = document.querySelector("[data-live-figure]");
            const fine = root.querySelector(".lf-up-wide .lf-up-map");
            const round = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"];
            const times = [];
            const press = async (key) => {
                const start = performance.now();
                fine.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                await null;
                root.getBoundingClientRect();
                times.push(performance.now() - start);
                await new Promise((done) => setTimeout(done));
            };
            for (const key of ["ArrowRight", "ArrowLeft"]) await press(key);
            const before = root.querySelectorAll("*").length;
            for (let at = 0; at < 500; at += 1) await press(round[at % 4]);
            return [times.sort((a, b) => a - b)[250], before, root.querySelectorAll("*").length];
        }"""
    )
    assert median <= FRAME_MS * max(slow, slowness(page))
    assert after <= before + 6  # as many frames as windows reach the pixel
