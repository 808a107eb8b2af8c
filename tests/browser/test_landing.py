"""The first page as a new reader meets it: a figure that plays, three doors, and the chapters as little pictures."""

import json

import pytest
from browserkit import settled
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from unet_edu.plots.how_to_use import PAGES

pytestmark = pytest.mark.browser
FIRST = "book/index.html"
BUDGET_KB = 600  # compressed, scrolled to its end


def test_the_first_page_is_light(chromium, addresses, theme):
    context = chromium.new_context(color_scheme=theme, viewport={"width": 412, "height": 900})
    page, names, sizes = context.new_page(), {}, {}
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.on("Network.requestWillBeSent", lambda sent: names.update({sent["requestId"]: sent["request"]["url"]}))
    tools.on(
        "Network.loadingFinished",
        lambda done: sizes.update({names.get(done["requestId"], "?"): done["encodedDataLength"]}),
    )
    page.goto(f"{addresses['http']}/{FIRST}", wait_until="load", timeout=120_000)
    settled(page)
    for _ in range(page.evaluate("Math.ceil(document.scrollingElement.scrollHeight / innerHeight)")):
        page.mouse.wheel(0, 900)
        page.wait_for_timeout(50)
    page.wait_for_load_state("networkidle")
    context.close()
    heaviest = sorted(((size / 1e3, url) for url, size in sizes.items()), reverse=True)[:6]
    assert sum(sizes.values()) / 1e3 <= BUDGET_KB, heaviest
    assert not any("mathjax" in url.lower() for url in sizes)


@pytest.mark.parametrize("width", [390, 1280])
def test_in_the_first_screen_a_network_is_at_work(visit, width):
    page = visit(FIRST, width=width).page
    figure = page.locator("[data-live-figure=ForwardPass]")
    page.wait_for_function("document.querySelector('[data-live-figure=ForwardPass]')?.dataset.share")
    assert figure.bounding_box()["y"] < 450
    place = figure.get_by_role("application").get_attribute("aria-label")
    expect(figure.get_by_role("application")).not_to_have_attribute("aria-label", place)
    assert page.evaluate("scrollY") == 0


def test_three_doors_and_three_things_to_try(visit):
    page = visit(FIRST).page
    doors = page.locator(".doors a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert doors == ["08_training.html#fig-playground", "01_sliding_window.html", "teaching.html"]
    to_try = page.locator(".try a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert to_try == ["04_blocks.html#fig-feature-maps"] * 2 + ["08_training.html#fig-playground"]
    page.locator(".doors .sd-card").first.click()
    page.wait_for_url("**/08_training.html#fig-playground")


@pytest.mark.parametrize("home", [FIRST, "book/00_how_to_use.html"])
def test_the_little_pictures_lead_to_their_chapters(visit, home):
    page = visit(home).page
    links = page.locator(".picture-with-links:visible a")
    assert links.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [f"{one}.html" for one in PAGES]
    assert all(links.evaluate_all("all => all.map(a => a.getAttribute('aria-label').length > 3)"))
    boxes = links.evaluate_all(
        "all => all.map(a => { const b = a.getBoundingClientRect(); return [b.left, b.top, b.width] })"
    )
    assert all(width >= 24 for *_, width in boxes)
    down, bottom, up = boxes[:7], boxes[7], boxes[8:]
    assert [top for _, top, _ in down] == sorted(top for _, top, _ in down), "down the left side"
    assert [top for _, top, _ in up] == sorted((top for _, top, _ in up), reverse=True), "up the right side"
    assert max(left for left, *_ in down) < bottom[0] < min(left for left, *_ in up)
    links.nth(3).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/03_arithmetic.html")


def test_every_page_has_one_head(site):
    for path in site.rglob("*.html"):
        if "_static" in path.parts or "partial" in path.name:
            continue
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        assert len(page.select("meta[name=viewport]")) == 1, path
        assert len(page.select("title")) == 1, path
        assert page.select_one("link[rel=icon]"), path
        assert page.select_one("meta[property='og:image']"), path
    described = {}
    for path in (site / "book").glob("*.html"):
        tag = BeautifulSoup(path.read_text("utf-8"), "html.parser").select_one("meta[name=description]")
        described[path.name] = tag["content"] if tag else ""
    assert [name for name, words in described.items() if len(words) < 40] == []
    assert len(set(described.values())) == len(described), json.dumps(described, indent=1)


# --- a live figure in the first screen of every chapter ------------------------------------------------


def test_a_chapter_opens_with_a_live_figure(visit, chapter):
    if not chapter.split("/")[-1][:2].isdigit() or chapter.startswith("book/00"):
        return
    page = visit(chapter).page
    figure = page.locator("[data-live-figure]").first
    figure.wait_for(state="visible")
    top = figure.evaluate("node => node.getBoundingClientRect().top + scrollY")
    assert top < 900 - 150, "it is seen without scrolling"
    control = figure.locator("button[aria-pressed], select, input[type=range]").first
    assert control.evaluate("node => node.getBoundingClientRect().top + scrollY") < 1000
