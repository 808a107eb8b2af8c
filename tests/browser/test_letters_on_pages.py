"""Every letter of a still picture can be read: nine pixels on a phone, eleven on a desktop; what is wider scrolls."""

import re

import pytest
from playwright.sync_api import expect

from unet_edu.letters import PHONE

pytestmark = pytest.mark.browser
LEAST = {390: 9, 1280: 11}  # pixels of CSS, by the width of the screen
SHOWN = """() => [...document.querySelectorAll("figure.unet-figure img")].filter((one) => one.checkVisibility())
    .map((one) => [one.getAttribute("src"), one.getBoundingClientRect().width])"""


def smallest_letter(svg):
    """The smallest font size of an SVG of matplotlib's, as a share of its width; None where it has no text."""
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    scales = re.findall(r"<!-- .*? -->\s*<g [^>]*scale\(([\d.]+) -[\d.]+\)", svg, re.S)
    return min(100 * float(scale) for scale in scales) / width if scales else None


@pytest.mark.parametrize("width", LEAST)
def test_letters_of_drawings_are_large_enough(opener, site, chapter, width):
    seen = opener(chapter, width=width)
    shown = seen.page.evaluate(SHOWN)
    seen.page.context.close()
    small, measured = [], 0
    for source, pixels in shown:
        path = (site / chapter).parent / source
        if path.suffix != ".svg":
            continue
        share = smallest_letter(path.read_text("utf-8"))
        if share is None:
            continue
        measured += 1
        if share * pixels < LEAST[width]:
            small.append((path.name, round(share * pixels, 1)))
    assert small == []
    assert measured or not any(source.endswith(".svg") for source, _ in shown)


def test_the_network_of_the_paper_is_readable(opener, site):
    for width, least in LEAST.items():
        seen = opener("book/04_blocks.html", width=width)
        seen.page.locator("#fig-unet img:visible").scroll_into_view_if_needed()
        image = seen.page.locator("#fig-unet img:visible")
        path = (site / "book" / image.get_attribute("src")).resolve()
        assert smallest_letter(path.read_text("utf-8")) * image.bounding_box()["width"] >= least
        seen.page.context.close()


@pytest.mark.parametrize(
    ("where", "figure"), [("00_how_to_use", "fig-story"), ("index", "fig-menu"), ("teaching", "fig-way")]
)
def test_pictures_with_a_narrow_layout_fit_on_a_phone(visit, where, figure):
    """Their letters are measured in the figure (`tests/plots/test_pages.py`), for the width that they get here."""
    seen = visit(f"book/{where}.html", width=390).page
    image = seen.locator(f"#{figure} img:visible")
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    assert box["width"] >= PHONE
    assert box["x"] + box["width"] <= 390
    assert seen.locator(f"#{figure} .picture-narrow").is_visible()
    assert not seen.locator(f"#{figure} .picture-wide").is_visible()
    seen.set_viewport_size({"width": 1280, "height": 800})
    assert not seen.locator(f"#{figure} .picture-narrow").is_visible()
    assert seen.locator(f"#{figure} .picture-wide").is_visible()


def test_captions_fit_panels_that_stand_below_each_other_on_a_phone(site, chapter):
    """Left and right are beside each other on a desktop alone. A curtain has both sides everywhere."""
    for figure in re.findall(r"<figure.*?</figure>", (site / chapter).read_text("utf-8"), re.S):
        caption = figure.partition("<figcaption>")[2]
        sides = re.findall(r"\b(?:Left\b(?! of the curtain)|Right\b|Middle\b|[Oo]n the (?:left|right)\b)", caption)
        if "with-narrow" in figure:
            sizes = re.findall(r'<img[^>]* width="(\d+)" height="(\d+)"', figure)
            wide, narrow = (int(height) / int(width) for width, height in (sizes[0], sizes[-1]))
            assert not (sides and narrow > 1.5 * wide), caption
        elif "live-figure" in figure:
            assert sides == [], caption


def test_a_drawing_that_is_wider_scrolls_and_can_be_reached_by_keyboard(visit):
    page = visit("book/04_blocks.html", width=390).page
    box = page.locator("#fig-unet .picture-scrolls:visible")
    assert box.evaluate("node => node.scrollWidth > node.clientWidth + 50")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 391
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#fig-unet .picture-scrolls').scrollLeft > 0")
    assert "gradient" in box.evaluate("node => getComputedStyle(node).backgroundImage"), "it shows that it scrolls"


def test_the_number_of_a_formula_stands_below_it_on_a_phone(visit):
    page = visit("book/05_skips.html", width=390).page
    block = page.locator("div.math:has(> .eqno)").first
    number, formula = (block.locator(part).bounding_box() for part in (".eqno", "mjx-container"))
    assert number["y"] >= formula["y"] + formula["height"] - 2
    scrolls = block.locator("mjx-container")
    assert scrolls.evaluate("node => getComputedStyle(node).overflowX") == "auto"
    assert "gradient" in scrolls.evaluate("node => getComputedStyle(node).backgroundImage"), "it shows that it scrolls"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_magnifier_stands_beside_the_first_letter(visit, width):
    page = visit("search.html", width=width, query="?q=crop").page
    for form in page.locator("form.bd-search:visible").all():
        icon, field = form.locator(".fa-magnifying-glass"), form.locator("input.form-control")
        letters = field.bounding_box()["x"] + field.evaluate("node => parseFloat(getComputedStyle(node).paddingLeft)")
        assert icon.bounding_box()["x"] + icon.bounding_box()["width"] <= letters


@pytest.mark.parametrize(
    ("word", "page"), [("crop", "05_skips"), ("training", "08_training"), ("arithmetic", "03_arithmetic")]
)
def test_the_chapter_of_that_name_is_found_first(visit, word, page):
    found = visit("search.html", query=f"?q={word}").page.locator("ul.search li a").first
    found.wait_for(timeout=120_000)
    expect(found).to_have_attribute("href", re.compile(page))


def test_headings_are_in_order_of_weight(visit):
    page = visit("book/faq.html").page
    weights = page.evaluate(
        """['h1', 'h2', 'h3'].map((tag) => {
            const style = getComputedStyle(document.querySelector(`article ${tag}`));
            return [Number(style.fontWeight), parseFloat(style.fontSize)];
        })"""
    )
    assert weights == sorted(weights, reverse=True)
    assert len({weight for weight, _ in weights}) == 3
