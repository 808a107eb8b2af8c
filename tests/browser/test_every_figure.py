"""Every live figure on the built page where it stands: what holds for all of them, whatever they show."""

import gzip
import json
import re

import pytest
from bookkit import ROOT
from browserkit import slowness
from livekit import nudge
from playwright.sync_api import expect

from unet_edu import figures

pytestmark = pytest.mark.browser

EACH_KB, PAGE_KB = 400, 1500  # compressed state of one figure, and of all figures of a page
FIRST_FRAME_MS = 200
STATE = re.compile(r'<script type="application/vnd\.jupyter\.widget-state\+json">(.*?)</script>', re.DOTALL)
WATCH = """new MutationObserver((_, observer) => {
    if (!document.querySelector("[data-live-figure=KIND] :is(svg, canvas)")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (window.firstFrame = performance.now())));
}).observe(document, { childList: true, subtree: true })"""
SQUEEZED = """node => [...node.querySelectorAll(".lf-control label")].filter((one) => one.checkVisibility()
    && one.getBoundingClientRect().height > 3.5 * parseFloat(getComputedStyle(one).fontSize))
    .map((one) => one.textContent)"""
EVERY_WAY = [("file", "light", 320), ("http", "dark", 320), ("http", "light", 1280), ("zip", "dark", 1280)]


def states(page):
    """Return {name of the figure's class: its state, as text} of a built page."""
    found = STATE.search((ROOT / "_build" / "html" / page).read_text("utf-8"))
    models = json.loads(found[1])["state"].values() if found else []
    return {
        re.search(r'liveFigure\("(\w+)"', model["state"]["_esm"])[1]: json.dumps(model)
        for model in models
        if "liveFigure" in model["state"].get("_esm", "")
    }


@pytest.fixture(scope="module")
def home(site):
    """Function: the first page on which a figure stands."""
    pages = sorted(path.relative_to(site).as_posix() for path in site.glob("book/*.html"))
    return lambda kind: next((page for page in pages if kind in states(page)), None)


def changed(figure, before):
    """Return what a figure shows once it is another picture than `before`, however long that takes a busy machine."""
    for _ in range(60):
        figure.page.wait_for_timeout(400)
        now = figure.screenshot()
        if now != before:
            break
    return now


@pytest.mark.parametrize("kind", figures.__all__)
@pytest.mark.parametrize(("where", "colours", "width"), EVERY_WAY)
def test_it_is_alive_on_its_page(visit, home, kind, where, colours, width):
    """By keyboard and by mouse, with the network cut: the picture changes, nothing complains, nothing sticks out."""
    page_name = home(kind)
    assert page_name, f"{kind} stands on no page of the book"
    seen = visit(page_name, where, theme=colours, width=width)
    figure = seen.page.locator(f"[data-live-figure={kind}]").first
    figure.scroll_into_view_if_needed()
    expect(figure.locator("svg:visible, canvas:visible").first).to_be_visible()
    assert (
        figure.locator("xpath=ancestor::figure//img").evaluate_all("all => all.some(i => i.checkVisibility())") is False
    )
    before = figure.screenshot()
    nudge(figure)
    moved = changed(figure, before)
    assert moved != before, "a key press changes nothing"
    figure.locator("button[aria-pressed=false]:visible:enabled, button:visible:enabled").first.click()
    assert changed(figure, moved) != moved, "a click changes nothing"
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert figure.evaluate(SQUEEZED) == [], "the name of a control takes more than two lines"
    assert seen.complaints == []
    assert seen.outside == []


@pytest.mark.parametrize("kind", figures.__all__)
def test_its_first_frame_is_there_soon_after_load(chromium, addresses, home, kind):
    """Of three loads the quickest, on a slow or busy machine later."""
    times = []
    for _ in range(3):
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.add_init_script(WATCH.replace("KIND", kind))
        page.goto(f"{addresses['http']}/{home(kind)}")
        page.wait_for_function("window.firstFrame")
        taken = page.evaluate("firstFrame - performance.getEntriesByType('navigation')[0].loadEventEnd")
        times.append(taken / slowness(page))
        context.close()
    assert min(times) <= FIRST_FRAME_MS, times


def test_the_figures_of_a_page_are_light(site):
    heavy = []
    for path in site.glob("book/*.html"):
        page = path.relative_to(site).as_posix()
        sizes = {kind: len(gzip.compress(text.encode())) / 1000 for kind, text in states(page).items()}
        heavy += [f"{kind} on {page}: {size:.0f} kB" for kind, size in sizes.items() if size > EACH_KB]
        if sum(sizes.values()) > PAGE_KB:
            heavy.append(f"{page}: {sum(sizes.values()):.0f} kB")
    assert heavy == []
