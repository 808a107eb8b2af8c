"""Every built page, opened from disk and from a server, light and dark, wide and narrow, on screen and on paper."""

import re

import pytest
from browserkit import settled

from tools.book_pdf import fetch_pictures

pytestmark = pytest.mark.browser

VISIBLE_IMAGES = """() => [...document.querySelectorAll("img")].filter(i => i.checkVisibility()).map(i => ({
    src: i.getAttribute("src"), alt: i.getAttribute("alt"), width: i.naturalWidth, classes: i.className,
    shown: i.getBoundingClientRect().width }))"""


def test_a_page_loads_without_network_and_without_complaint(look, name, origin):
    seen = look(name, origin)
    assert seen.outside == [], "the page asks another host"
    assert seen.complaints == []
    assert seen.page.title().strip()


def test_formulas_are_typeset(look, chapter, origin):
    page = look(chapter, origin).page
    formulas = page.locator(".bd-article .math")
    raw = formulas.filter(has_not=page.locator("mjx-container"))
    assert raw.all_inner_texts() == []
    assert page.locator("mjx-merror").all_inner_texts() == []
    text = page.evaluate(
        """() => { const copy = document.querySelector(".bd-article").cloneNode(true);
        copy.querySelectorAll("pre, code, mjx-container, script").forEach(e => e.remove()); return copy.textContent }"""
    )
    left = r"\\[(\[a-z]{2,}|\$\$?[^$\s]+\$|\{\w+\}`|`[^`]*`|\*\*"
    assert re.findall(left, text) == [], "TeX, a role or Markdown"


def test_pictures_are_there_and_fit_the_theme(look, chapter, theme):
    page = look(chapter, theme=theme).page
    assert page.locator("html").get_attribute("data-theme") == theme
    other = {"light": "dark", "dark": "light"}[theme]
    fetch_pictures(page)
    images = page.evaluate(VISIBLE_IMAGES)
    assert [image["src"] for image in images if not image["width"] or not image["shown"]] == [], "broken"
    assert [image["src"] for image in images if not (image["alt"] or "").strip()] == [], "no alt text"
    assert [image["src"] for image in images if f"only-{other}" in image["classes"]] == []
    figures = page.locator("figure.unet-figure")
    for figure in figures.all():
        assert figure.locator("img:visible").count() == 1
        assert figure.locator("figcaption").is_visible()
        assert re.match(r"Figure (\d+(\.\d+)?|A\.\d+)\s+\S+", figure.locator("figcaption").inner_text())


def test_the_book_has_figures_formulas_and_exercises(visit, site):
    """Else the tests above would have nothing to look at."""
    text = "".join(path.read_text("utf-8") for path in (site / "book").glob("*.html"))
    for part in ('class="unet-figure', 'class="math', "exercise-stub", "tag_exercise-solution"):
        assert part in text


def test_the_theme_button_changes_the_pictures(look, chapter):
    page = look(chapter).page
    figure = page.locator("figure.unet-figure").first
    if not figure.count():
        return
    button = page.locator("button.theme-switch-button:visible").first
    seen, before = set(), page.locator("html").get_attribute("data-mode")
    for _ in range(3):
        theme = page.locator("html").get_attribute("data-theme")
        seen.add(theme)
        assert f"only-{theme}" in figure.locator("img:visible").get_attribute("class")
        button.click()
    assert seen == {"light", "dark"}
    assert page.locator("html").get_attribute("data-mode") == before


def test_solutions_are_folded_and_open_by_mouse_and_by_keyboard(look, chapter):
    page = look(chapter).page
    for cell in page.locator(".tag_exercise-solution").all():
        details = cell.locator("details").first
        summary = details.locator("summary").first
        hidden = details.locator("pre").first

        def expect(is_open, what, details=details, hidden=hidden):
            assert details.evaluate("d => d.open") == is_open, what
            assert hidden.is_visible() == is_open, what

        expect(False, "at first")
        summary.click()
        expect(True, "after a click")
        summary.click()
        expect(False, "after another click")
        summary.focus()
        page.keyboard.press("Enter")
        expect(True, "after Enter")
        page.keyboard.press("Space")
        expect(False, "after Space")


def test_search_finds_a_word_of_a_chapter(visit, site, origin):
    for name, word in [("book/03_arithmetic.html", "convolution"), ("book/05_skips.html", "crop")]:
        page = visit("search.html", origin, query=f"?q={word}").page
        page.locator("ul.search li a").first.wait_for(timeout=120_000)
        targets = page.locator("ul.search li a").evaluate_all("links => links.map(link => link.href)")
        assert any(name in target for target in targets), targets
        found = page.locator(f'ul.search li a[href*="{name}"]').first
        found.click()
        page.wait_for_load_state()
        assert name in page.url
        assert word in page.locator(".bd-article").inner_text().lower()


def test_nothing_is_wider_than_a_narrow_screen(visit, name):
    """Opened on the narrowest, then turned and made wider."""
    page = visit(name, width=320).page
    for width in (320, 400, 768):
        page.set_viewport_size({"width": width, "height": 900})
        settled(page)
        wide = page.evaluate(
            """() => [...document.querySelectorAll("body *")].filter(e => e.checkVisibility()
            && e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
        )
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width + 1, (width, wide)


def test_a_page_prints_in_light_colours_with_its_pictures(look, chapter, theme):
    """On paper there is no dark page, whatever the screen shows."""
    page = look(chapter, theme=theme).page
    assert page.pdf(format="A4")[:5] == b"%PDF-"
    page.emulate_media(media="print")
    for figure in page.locator("figure.unet-figure").all():
        shown = figure.locator("img:visible")
        assert shown.count() == 1
        assert "only-light" in shown.get_attribute("class")
        assert figure.locator("figcaption").is_visible()
    ink = page.evaluate("getComputedStyle(document.querySelector('.bd-article p')).color")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 300, f"pale text: {ink}"
    assert paper in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"), paper
    page.emulate_media(media="screen")


def test_the_first_page_leads_into_the_book(visit, origin):
    page = visit("index.html", origin, settle=False).page
    page.wait_for_url("**/book/index.html")
    links = page.locator(".bd-article a.reference.internal")
    assert links.count() >= 3
    links.filter(has_text=re.compile("arithmetic", re.I)).first.click()
    page.wait_for_url("**/book/03_arithmetic.html*")
