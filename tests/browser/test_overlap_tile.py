"""OverlapTile in headless Chromium, on a page of its own without a kernel and a network."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import FRAME_MS, slowness
from playwright.sync_api import expect

from unet_edu.figures import OverlapTile
from unet_edu.figures.overlap_tile import difference, tiling

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(small_page):
    """Function that shows an OverlapTile and returns (page, the figure on it, complaints)."""

    def show(*figures, **how):
        page, complaints = small_page(list(figures) or [OverlapTile()], **how)
        figure = page.locator("[data-live-figure=OverlapTile]").first
        expect(figure.locator(".lf-result strong")).to_be_visible()
        return page, figure, complaints

    return show


def says(figure, tile, stride):
    """The headline, as Python computes it."""
    plan = tiling(tile, stride)
    largest, changed, _ = difference(plan)
    result = figure.locator(".lf-result")
    expect(result.locator("strong")).to_have_text(f"{plan.tiles} × {tile} → {plan.output}")
    expect(result).to_contain_text(f"every {plan.stride} pixels: {plan.macs / 1e9:,.1f} GMAC")
    words = f"up to {largest:.2f}; {100 * changed:.2f} % of the labels" if largest else "what it predicts in one pass"
    expect(result).to_contain_text(words)


@pytest.mark.parametrize("width", [320, 1280])
def test_tiles_and_strides_by_mouse(shown, theme, width):
    _, figure, complaints = shown(theme=theme, width=width)
    says(figure, 572, "edge")
    picture = figure.locator(".lf-ot-scene canvas")
    seamed = picture.evaluate("canvas => canvas.toDataURL()")
    figure.get_by_role("checkbox", name="grid of 16").check()
    says(figure, 572, "grid")
    assert picture.evaluate("canvas => canvas.toDataURL()") != seamed
    for tile in (380, 444, 700):
        figure.get_by_role("button", name=str(tile), exact=True).click()
        says(figure, tile, "grid")
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_it_opens_on_the_seam_and_one_switch_takes_it_away(shown):
    """The seam is seen at once: two predictions that differ, and where; on the grid of 16 they are one."""
    _, figure, complaints = shown()
    pictures = figure.locator(".lf-ot-seams canvas")
    read = "nodes => nodes.map(node => node.toDataURL())"
    one, tiled, _ = pictures.evaluate_all(read)
    assert one != tiled
    brightest = """nodes => nodes.map((node) => {
        const { data } = node.getContext("2d").getImageData(0, 0, node.width, node.height);
        return Math.max(...data.filter((_, at) => at % 4 === 0));
    })"""
    assert pictures.evaluate_all(brightest)[2] > 60
    assert figure.locator(".lf-ot-scene").bounding_box()["y"] > pictures.first.bounding_box()["y"]
    dark = figure.locator(".lf-ot-scene canvas").evaluate(
        """node => {
            const { data } = node.getContext("2d").getImageData(46, 46, 256, 256);
            return data.filter((value, at) => at % 4 === 0 && value < 20).length / (256 * 256);
        }"""
    )
    assert dark < 0.2, "a black square"
    peak = OverlapTile().peak
    expect(figure.locator(".lf-scale-ends span")).to_have_text(["0", f"{peak / 4:.2f}", f"{peak:.2f}"])
    switch = figure.get_by_role("checkbox", name="grid of 16")
    expect(switch).not_to_be_checked()
    switch.check()
    says(figure, 572, "grid")
    one, tiled, _ = pictures.evaluate_all(read)
    assert one == tiled
    assert pictures.evaluate_all(brightest)[2] == 0
    switch.uncheck()
    says(figure, 572, "edge")
    assert complaints == []


def test_strides_and_tiles_by_keyboard(shown):
    page, figure, complaints = shown()
    figure.get_by_label("stride, px").focus()
    for stride in (384, 380, 376):
        page.keyboard.press("ArrowLeft")
        says(figure, 572, stride)
    figure.locator(".lf-ot-scene").focus()
    page.keyboard.press("ArrowDown")
    expect(figure.locator(".lf-ot-words").first).to_contain_text("column 2, row 2")
    expect(figure.locator(".lf-ot-words").first).to_contain_text(f"{376 % 16} pixels beside the grid")
    assert complaints == []


def test_an_illegal_tile_is_mended_by_a_click(shown):
    page, figure, complaints = shown()
    box = figure.get_by_label("tile, px, typed")
    box.fill("570")
    expect(figure.locator(".lf-result strong")).to_have_text("570 pixels")
    expect(figure.get_by_role("button", name="make it 556")).to_be_visible()
    figure.get_by_role("button", name="make it 572").click()
    says(figure, 572, "edge")
    assert complaints == []


def test_a_click_chooses_a_tile_and_two_views_move_together(shown):
    one = OverlapTile(column=0)
    page, figure, _ = shown(one, one)
    box = figure.locator(".lf-ot-scene").bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])
    for at in (0, 1):
        view = page.locator("[data-live-figure=OverlapTile]").nth(at)
        expect(view.locator(".lf-ot-words").first).to_contain_text("column 2, row 2")


def test_it_has_no_accessibility_violation(shown, theme):
    page, figure, _ = shown(theme=theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    found = Axe().run(page, context="[data-live-figure]").response["violations"]
    assert json.dumps([(one["id"], [node["html"][:90] for node in one["nodes"]]) for one in found]) == "[]"


def test_it_is_quick_and_does_not_grow(shown):
    """Another stride is drawn within a frame (median), and 500 changes leave no more elements than one."""
    page, _, _ = shown()
    slow = slowness(page)
    median, before, after = page.evaluate(
        """async () => {
            const root = document.querySelector("[data-live-figure]");
            const stride = root.querySelector("[aria-label='stride, px']");
            const times = [];
            const move = async (value) => {
                stride.value = value;
                const start = performance.now();
                stride.dispatchEvent(new Event("input"));
                await null;
                root.getBoundingClientRect();
                times.push(performance.now() - start);
                await new Promise((done) => setTimeout(done));
            };
            for (const value of [384, 388]) await move(value);
            const before = root.querySelectorAll("*").length;
            for (let at = 0; at < 500; at += 1) await move(at % 2 ? 388 : 384);
            return [times.sort((a, b) => a - b)[250], before, root.querySelectorAll("*").length];
        }"""
    )
    assert median <= FRAME_MS * max(slow, slowness(page))
    assert after <= before + 2
