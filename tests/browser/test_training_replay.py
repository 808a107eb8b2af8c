"""TrainingReplay in headless Chromium, on a page of its own without a kernel and a network."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import FRAME_MS, slowness
from playwright.sync_api import expect

from unet_edu.experiments.replay import watched
from unet_edu.figures import TrainingReplay
from unet_edu.figures.training_replay import after, fates, shipped
from unet_edu.metrics import regions

LAST = len(shipped().facts["today's recipe"]["steps"]) - 1
pytestmark = pytest.mark.browser


@pytest.fixture
def shown(small_page):
    """Function that shows a TrainingReplay and returns (page, the figure on it, complaints)."""

    def show(*figures, **how):
        page, complaints = small_page(list(figures) or [TrainingReplay(frame=LAST)], **how)
        figure = page.locator("[data-live-figure=TrainingReplay]").first
        expect(figure.locator(".lf-result strong")).to_be_visible()
        return page, figure, complaints

    return show


def says(figure, run, frame):
    """The headline, the fates of the cells and the moment, as Python has them."""
    facts = shipped().facts[run]
    expect(figure.locator(".lf-result strong")).to_have_text(f"V_Rand {facts['v_rand'][frame]:.4f}")
    expect(figure.locator(".lf-tr-moment")).to_have_text(after(facts["steps"][frame]))
    found = regions(shipped().pictures[run][frame] > facts["best"][frame])
    counts = figure.locator(".lf-tr-fate b").all_text_contents()
    assert [int(count) for count in counts] == list(fates(regions(watched().label), found))


@pytest.mark.parametrize("width", [320, 1280])
def test_every_run_by_mouse(shown, theme, width):
    _, figure, complaints = shown(theme=theme, width=width)
    pictures = set()
    for run in shipped().facts:
        figure.get_by_role("button", name=run, exact=True).click()
        says(figure, run, LAST)
        for show in ("cells found", "mistakes", "probability"):
            figure.get_by_role("button", name=show, exact=True).click()
            pictures.add(figure.locator(".lf-tr-left canvas").evaluate("canvas => canvas.toDataURL()"))
    assert len(pictures) == 9
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_scrubbing_by_mouse_and_by_keys(shown):
    page, figure, complaints = shown(width=1280)
    first = next(iter(shipped().facts))
    box = figure.locator(".lf-tr-scrub svg").bounding_box()
    at = lambda frame: box["x"] + 44 + (box["width"] - 54) * frame / LAST  # noqa: E731
    page.mouse.move(at(20), box["y"] + 60)
    page.mouse.down()
    says(figure, first, 20)
    page.mouse.move(at(5), box["y"] + 60, steps=4)
    says(figure, first, 5)
    page.mouse.up()
    page.keyboard.press("Shift+ArrowRight")
    says(figure, first, 15)
    page.keyboard.press("ArrowLeft")
    says(figure, first, 14)
    bar = figure.get_by_role("slider", name="moment of the training")
    bar.focus()
    page.keyboard.press("Home")
    says(figure, first, 0)
    expect(bar).to_have_attribute("aria-valuetext", "before the first step")
    assert complaints == []


def test_it_plays_and_pauses(shown):
    page, figure, _ = shown(TrainingReplay(frame=3))
    button = figure.get_by_role("button", name="play")
    button.click()
    expect(figure.locator(".lf-tr-moment")).to_have_text(after(shipped().facts["today's recipe"]["steps"][6]))
    figure.get_by_role("button", name="pause").click()
    where = figure.locator(".lf-tr-moment").text_content()
    page.wait_for_timeout(800)
    expect(figure.locator(".lf-tr-moment")).to_have_text(where)
    expect(button).to_be_visible()


def test_with_less_motion_it_jumps_to_the_end(shown):
    page, figure, _ = shown(TrainingReplay(frame=3))
    page.emulate_media(reduced_motion="reduce")
    figure.get_by_role("button", name="play").click()
    says(figure, "today's recipe", LAST)


def test_with_less_motion_play_goes_there_and_back(shown):
    page, figure, _ = shown(TrainingReplay(frame=LAST))
    page.emulate_media(reduced_motion="reduce")
    for frame in (0, LAST, 0):
        figure.get_by_role("button", name="play").click()
        says(figure, "today's recipe", frame)


def test_it_opens_before_the_first_step_and_plays_once_when_seen(shown):
    page, figure, complaints = shown(
        TrainingReplay(), mend=lambda text: text.replace("<main", "<div style='height: 1500px'></div><main")
    )
    says(figure, "today's recipe", 0)
    page.wait_for_timeout(1200)
    says(figure, "today's recipe", 0)  # nobody sees it yet
    figure.locator(".lf-tr-left canvas").scroll_into_view_if_needed()
    expect(figure.get_by_role("button", name="pause")).to_be_visible()
    expect(figure.get_by_role("button", name="play")).to_be_visible()  # it came to its end
    says(figure, "today's recipe", LAST)
    page.mouse.wheel(0, -3000)
    page.wait_for_timeout(300)
    figure.locator(".lf-tr-left canvas").scroll_into_view_if_needed()
    page.wait_for_timeout(1200)
    says(figure, "today's recipe", LAST)
    assert complaints == []


def test_who_begins_or_wants_no_motion_is_left_alone(shown):
    gap = "<div style='height: 1500px'></div><main"
    page, figure, _ = shown(TrainingReplay(), mend=lambda text: text.replace("<main", gap))
    figure.get_by_role("slider").press("ArrowRight")
    figure.locator(".lf-tr-left canvas").scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    says(figure, "today's recipe", 1)
    page, figure, _ = shown(TrainingReplay(), mend=lambda text: text.replace("<main", gap))
    page.emulate_media(reduced_motion="reduce")
    figure.locator(".lf-tr-left canvas").scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    says(figure, "today's recipe", 0)


def test_two_views_move_together(shown):
    one = TrainingReplay(frame=LAST)
    page, figure, _ = shown(one, one)
    figure.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    says(page.locator("[data-live-figure=TrainingReplay]").nth(1), "today's recipe", LAST - 1)


def test_it_has_no_accessibility_violation(shown, theme):
    page, figure, _ = shown(theme=theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    found = Axe().run(page, context="[data-live-figure]").response["violations"]
    assert json.dumps([(one["id"], [node["html"][:90] for node in one["nodes"]]) for one in found]) == "[]"


def test_it_is_quick_and_does_not_grow(shown):
    """A frame is drawn within a frame of the screen (median), and 500 of them leave no more elements than one."""
    page, _, _ = shown()
    slow = slowness(page)
    median, before, after_all = page.evaluate(
        """async () => {
            const root = document.querySelector("[data-live-figure]"), scrub = root.querySelector(".lf-tr-scrub");
            [...root.querySelectorAll("button")].find((button) => button.textContent === "cells found").click();
            const times = [];
            const press = async (key) => {
                const start = performance.now();
                scrub.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                await null;
                root.getBoundingClientRect();
                times.push(performance.now() - start);
                await new Promise((done) => setTimeout(done));
            };
            await press("ArrowLeft");
            const before = root.querySelectorAll("*").length;
            for (let at = 0; at < 500; at += 1) await press(at % 40 < 20 ? "ArrowLeft" : "ArrowRight");
            return [times.sort((a, b) => a - b)[250], before, root.querySelectorAll("*").length];
        }"""
    )
    assert median <= FRAME_MS * max(slow, slowness(page))
    assert after_all <= before + 2
