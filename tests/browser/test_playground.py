"""Playground in headless Chromium, on a page of its own without a kernel and a network."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import slowness
from playwright.sync_api import expect

from _ext.preset_links import address
from unet_edu.figures import Playground
from unet_edu.figures.playground import recorded
from unet_edu.figures.playground_presets import PRESETS

pytestmark = pytest.mark.browser
LONG = 120_000  # milliseconds, on a machine that does other things, too


@pytest.fixture
def shown(small_page):
    """Function that shows a Playground and returns (page, the figure on it, complaints)."""

    def show(figure, **how):
        page, complaints = small_page([figure], **how)
        root = page.locator("[data-live-figure=Playground]").first
        expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
        return page, root, complaints

    return show


def picture(root):
    return root.locator(".lf-pg-picture canvas").nth(1).evaluate("canvas => canvas.toDataURL()")


@pytest.mark.parametrize("width", [320, 1280])
def test_it_learns_in_the_page(shown, theme, width):
    _, root, complaints = shown(Playground(width=4, steps=25), theme=theme, width=width)
    before = picture(root)
    root.get_by_role("button", name="▶ play").click()
    expect(root).to_have_attribute("data-state", "done", timeout=LONG)
    assert root.get_attribute("data-step") == "25"
    assert 0 < float(root.get_attribute("data-loss")) < 1
    assert 0.5 < float(root.get_attribute("data-v-rand")) <= 1
    assert picture(root) != before
    assert "step 25 of 25, on this page" in root.inner_text()
    assert root.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_step_reset_and_seed(shown):
    _, root, _ = shown(Playground(width=2))
    first = picture(root)
    for step in (1, 2):
        root.get_by_role("button", name="step", exact=True).press("Enter")
        expect(root).to_have_attribute("data-step", str(step), timeout=LONG)
    loss = root.get_attribute("data-loss")
    root.get_by_role("button", name="reset").press("Enter")
    expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
    assert picture(root) == first
    for step in (1, 2):
        root.get_by_role("button", name="step", exact=True).press("Enter")
        expect(root).to_have_attribute("data-step", str(step), timeout=LONG)
    assert root.get_attribute("data-loss") == loss, "the same seed is the same run"
    root.get_by_label("seed").fill("2")
    root.get_by_label("seed").press("Enter")
    expect(root).to_have_attribute("data-step", "0", timeout=LONG)


def test_a_run_that_ends_in_nan_says_so(shown):
    _, root, complaints = shown(Playground(width=4))
    root.get_by_label("show me").select_option("NaN")
    expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
    assert "rate of 10" in root.locator(".lf-pg-look").inner_text()
    root.get_by_role("button", name="▶ play").click()
    expect(root).to_have_attribute("data-state", "nan", timeout=LONG)
    assert root.get_attribute("data-loss") == "NaN"
    expect(root.get_by_role("status")).to_contain_text("no number", timeout=LONG)
    assert complaints == []


def test_two_runs_wait_for_a_bet(shown):
    _, root, complaints = shown(Playground(width=2, steps=6))
    root.get_by_label("beside it").select_option("without skips")
    expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
    root.get_by_role("button", name="▶ play").click()
    expect(root.locator(".lf-pg-bet")).to_contain_text("Bet first")
    assert root.get_attribute("data-step") == "0"
    root.get_by_role("button", name="without skips").click()
    root.get_by_role("button", name="▶ play").click()
    expect(root.locator(".lf-pg-bet")).to_contain_text("It came out", timeout=LONG)
    assert root.locator(".lf-pg-picture canvas:visible").count() == 3
    assert complaints == []


def test_switches_make_another_run_and_maps_another_stage(shown):
    _, root, _ = shown(Playground(width=2))
    root.locator("label", has_text=re.compile("^depth")).locator("select").select_option("1")
    expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
    expect(root.get_by_label("skip 1")).to_be_hidden()
    expect(root.get_by_label("skip 0")).to_be_visible()
    root.get_by_label("feature maps of").select_option("d1.relu1")
    expect(root.locator(".lf-pg-maps")).to_contain_text("d1.relu1: 4 maps of", timeout=LONG)
    before = picture(root)
    root.get_by_role("button", name="drawn tissue").click()
    expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
    root.page.wait_for_timeout(300)
    assert picture(root) != before


def test_it_is_accessible(shown, theme):
    page, _, _ = shown(Playground(width=2), theme=theme)
    found = Axe().run(page, ".live-figure")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


LONGEST_MS = 50  # a task below it is not felt; browsers report longer ones


def test_the_page_stays_fluid_while_two_runs_learn(shown):
    """No long task of the page's own thread: what learns does so in workers."""
    page, root, _ = shown(Playground(rival="without skips", bet="first", steps=40))
    slow = slowness(page)
    page.evaluate(
        """() => {
            globalThis.long = [];
            new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration)))
                .observe({ type: "longtask" });
        }"""
    )
    root.get_by_role("button", name="▶ play").click()
    expect(root).to_have_attribute("data-state", "done", timeout=LONG)
    assert root.get_attribute("data-step") == "40"
    long = page.evaluate("long")
    assert sum(task > LONGEST_MS * slow for task in long) <= (0 if slow < 2 else 3), (slow, long)


def test_a_link_opens_a_preset_and_its_rival(shown):
    page, root, complaints = shown(Playground())
    start = page.url
    for preset, rival in (("by heart", ""), ("works", "without skips"), ("nan", "")):
        state = address(preset, rival).partition(":")[2]
        page.goto("about:blank")
        page.goto(f"{start}#Playground:{state}")
        expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
        chosen = root.locator("select").evaluate_all("all => all.map((one) => one.selectedOptions[0].textContent)")
        assert PRESETS[preset]["title"] in chosen
        assert not rival or any(rival in words for words in chosen)
    assert complaints == []


RECORDED = 10  # steps


@pytest.fixture
def with_record(monkeypatch):
    """Function that makes a Playground that holds a recorded run, as each has that a page shows."""
    for name, value in {"STEPS": RECORDED, "POSTER_STEPS": (0, 5, RECORDED)}.items():
        monkeypatch.setattr(f"unet_edu.figures.playground.{name}", value)
    recorded.cache_clear()

    def make(**switches):
        figure = Playground(width=2, **switches)
        figure.poster()
        return figure

    yield make
    recorded.cache_clear()


def without(name):
    """Return what takes something away from a page before its scripts run."""
    return lambda text: text.replace("<head>", f"<head><script>delete globalThis.{name}</script>")


def test_without_workers_a_recorded_run_is_played_and_called_one(shown, with_record, theme):
    figure = with_record()
    page, root, complaints = shown(figure, mend=without("Worker"), theme=theme)
    expect(root.locator(".lf-pg-recording")).to_contain_text(f"A recording of {RECORDED} steps, with these switches")
    expect(root.locator(".lf-pg-recording")).to_contain_text("this browser cannot run the network")
    expect(root.get_by_label("feature maps of")).to_be_hidden()
    before = picture(root)
    root.get_by_role("button", name="▶ play").click()
    expect(root).to_have_attribute("data-state", "done", timeout=LONG)
    assert root.get_attribute("data-step") == str(RECORDED)
    assert float(root.get_attribute("data-loss")) == figure.record["losses"][-1]
    assert float(root.get_attribute("data-v-rand")) == figure.record["looks"][-1]["vRand"]
    assert picture(root) != before
    assert f"step {RECORDED} of {RECORDED}, on a recording" in root.inner_text()
    assert root.locator("select:visible:enabled, input:visible:enabled").count() == 0, "nothing else can be computed"
    root.get_by_role("button", name="reset").click()
    expect(root).to_have_attribute("data-step", "0")
    root.get_by_role("button", name="step", exact=True).click()
    expect(root).to_have_attribute("data-step", "1")
    assert complaints == []
    found = Axe().run(page, ".live-figure")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


def test_a_worker_that_fails_and_other_switches_lead_to_the_recorded_run(shown, with_record):
    post = "postMessage() { setTimeout(() => this.onerror({ message: 'none' })) }"
    broken = f"globalThis.Worker = class {{ {post} terminate() {{}} }}"
    figure = with_record(depth=1)
    figure.depth, figure.rival = 2, "SGD"
    _, root, _ = shown(figure, mend=lambda text: text.replace("<head>", f"<head><script>{broken}</script>"))
    expect(root.locator(".lf-pg-recording")).to_contain_text("this browser cannot run the network (none)")
    depth = root.locator("label", has_text=re.compile("^depth")).locator("select")
    assert depth.evaluate("node => node.value") == "1"
    root.get_by_role("button", name="▶ play").click()
    expect(root).to_have_attribute("data-state", "done", timeout=LONG)


def test_where_it_is_slow_the_reader_chooses(shown, with_record):
    _, root, complaints = shown(with_record(), mend=lambda text: text.replace("const SLOW = 400;", "const SLOW = 0;"))
    expect(root.locator(".lf-pg-recording")).to_contain_text("learn very slowly")
    expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
    root.get_by_role("button", name="compute it here all the same").click()
    expect(root.locator(".lf-pg-recording")).to_be_hidden()
    expect(root).to_have_attribute("data-state", "ready", timeout=LONG)
    root.get_by_role("button", name="step", exact=True).click()
    expect(root).to_have_attribute("data-step", "1", timeout=LONG)
    assert "on this page" in root.inner_text()
    assert root.get_by_label("seed").is_enabled()
    assert complaints == []


def test_without_webassembly_plain_javascript_learns(shown):
    _, root, complaints = shown(Playground(width=2), mend=without("WebAssembly"))
    root.get_by_role("button", name="step", exact=True).click()
    expect(root).to_have_attribute("data-step", "1", timeout=LONG)
    assert "on this page" in root.inner_text()
    assert complaints == []
