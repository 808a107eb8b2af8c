"""FcnFusion in headless Chromium, on a page of its own without a kernel and a network."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import FRAME_MS, slowness
from playwright.sync_api import expect

from unet_edu.figures import FcnFusion
from unet_edu.figures.fcn_fusion import NETWORKS, measured, words

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(small_page):
    """Function that shows an FcnFusion and returns (page, the figure on it, complaints)."""

    def show(*figures, **how):
        page, complaints = small_page(list(figures) or [FcnFusion()], **how)
        figure = page.locator("[data-live-figure=FcnFusion]").first
        expect(figure.locator(".lf-result strong")).to_be_visible()
        return page, figure, complaints

    return show


def says(figure, step, cut=None):
    """The headline, as Python counts it; cut: of all networks, None for each network's own best."""
    _, truth, *probabilities = measured().maps
    at = list(NETWORKS).index(step)
    cuts = [cut or measured().facts[name]["cut"] for name in NETWORKS]
    now = probabilities[at] >= 2.55 * cuts[at]
    expect(figure.locator(".lf-result")).to_contain_text(f"cut at {cuts[at]} %")
    expect(figure.locator(".lf-result strong")).to_have_text(f"{100 * (now != truth).mean():.1f} %")
    expect(figure.locator(".lf-result")).to_contain_text(f"V_Rand {measured().facts[step]['v_rand']:.3f}")
    if at:
        moved = now != (probabilities[at - 1] >= 2.55 * cuts[at - 1])
        expect(figure.locator(".lf-ff-right-now")).to_have_text(f"{100 * (moved & (now == truth)).mean():.1f} %")
        expect(figure.locator(".lf-ff-wrong-now")).to_have_text(f"{100 * (moved & (now != truth)).mean():.1f} %")


@pytest.mark.parametrize("width", [320, 1280])
def test_every_step_by_mouse(shown, theme, width):
    _, figure, complaints = shown(theme=theme, width=width)
    pictures = set()
    for step, sums in zip(NETWORKS, (0, 1, 2, 0), strict=True):
        figure.get_by_role("button", name=words(step), exact=True).click()
        says(figure, step)
        expect(figure.locator(".lf-ff-sum")).to_have_count(sums)
        for show in ("labels on the image", "what changed", "probability"):
            figure.get_by_role("button", name=show, exact=True).click()
            pictures.add(figure.locator(".lf-ff-scene canvas").evaluate("canvas => canvas.toDataURL()"))
    assert len(pictures) == 12
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_the_curtain_and_the_cut(shown):
    page, figure, complaints = shown()
    box = figure.locator(".lf-ff-scene").bounding_box()
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 20)
    expect(figure.locator(".lf-ff-line")).to_have_attribute("style", "left: 20%;")
    page.keyboard.press("Shift+ArrowRight")
    expect(figure.locator(".lf-ff-line")).to_have_attribute("style", "left: 30%;")
    figure.get_by_label("called cell from, %").focus()
    for cut in (49, 48, 47):
        page.keyboard.press("ArrowLeft")
        says(figure, "16s", cut)
    expect(figure.get_by_label("each network at its own best cut")).not_to_be_checked()
    figure.get_by_label("each network at its own best cut").check()
    says(figure, "16s")
    assert complaints == []


def test_it_opens_with_each_network_at_its_own_best_cut(shown):
    """No two networks are wrong alike, and each later one is less wrong than the one before."""
    _, figure, _ = shown()
    wrong = []
    for step in NETWORKS:
        figure.get_by_role("button", name=words(step), exact=True).click()
        says(figure, step)
        wrong.append(float(figure.locator(".lf-result strong").inner_text().split()[0]))
    assert wrong == sorted(wrong, reverse=True)
    assert len(set(wrong)) == len(NETWORKS)


def test_two_views_move_together(shown):
    one = FcnFusion()
    page, figure, _ = shown(one, one)
    figure.get_by_role("button", name="U-Net").click()
    other = page.locator("[data-live-figure=FcnFusion]").nth(1)
    expect(other.get_by_role("button", name="U-Net")).to_have_attribute("aria-pressed", "true")


def test_it_has_no_accessibility_violation(shown, theme):
    page, figure, _ = shown(theme=theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    found = Axe().run(page, context="[data-live-figure]").response["violations"]
    assert json.dumps([(one["id"], [node["html"][:90] for node in one["nodes"]]) for one in found]) == "[]"


def test_it_is_quick_and_does_not_grow(shown):
    """The curtain moves within a frame (median), and 500 changes leave no more elements than one."""
    page, _, _ = shown()
    slow = slowness(page)
    median, before, after = page.evaluate(
        """async () => {
            const root = document.querySelector("[data-live-figure]"), scene = root.querySelector(".lf-ff-scene");
            const times = [];
            const press = async (key) => {
                const start = performance.now();
                scene.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                await null;
                root.getBoundingClientRect();
                times.push(performance.now() - start);
                await new Promise((done) => setTimeout(done));
            };
            await press("ArrowRight");
            const before = root.querySelectorAll("*").length;
            for (let at = 0; at < 500; at += 1) await press(at % 2 ? "ArrowRight" : "ArrowLeft");
            return [times.sort((a, b) => a - b)[250], before, root.querySelectorAll("*").length];
        }"""
    )
    assert median <= FRAME_MS * max(slow, slowness(page))
    assert after <= before + 2
