"""Pages keep room for their figures: nothing below one moves when it is drawn or pulled at, and links land."""

import base64
import re

import pytest
from bookkit import ROOT
from browserkit import settled

from unet_edu import checkpoints, figures

pytestmark = pytest.mark.browser

WIDTHS = [288, 358, 688, 736, 790]  # of a figure on screens of 320, 390, 1280, 768 and 1440 pixels
NEAR = 8  # pixels
SPARE = 200  # pixels that may stay free below a figure as it opens
TYPESET = "() => [...document.querySelectorAll('article .math')].every(e => e.querySelector('mjx-container'))"
WEIGHTS = """<script>unetEduWeights.load = async () =>
    Uint8Array.from(atob("{text}"), (letter) => letter.charCodeAt(0)).buffer</script>
<style>body {{ max-width: none !important; }} main {{ width: {width}px; }}</style></head>"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", figures.__all__)
def test_a_figure_stands_in_the_room_that_is_kept_for_it(small_page, kind, width):
    weights = base64.b64encode((checkpoints.FOLDER / "unet8-cells.safetensors").read_bytes()).decode()
    end = WEIGHTS.format(text=weights, width=width)
    page, _ = small_page([getattr(figures, kind)()], width=width + 40, mend=lambda text: text.replace("</head>", end))
    root = page.locator("[data-live-figure]")
    root.wait_for(state="visible")
    if kind == "FeatureMaps":
        page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
    page.wait_for_timeout(500)
    room = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.live-figure-space')).minHeight)")
    taken = root.evaluate("node => node.getBoundingClientRect().height")
    assert room - SPARE <= taken <= room + 1, "run `make figure-heights`"
    heights = page.evaluate(
        """async () => {
            const frame = document.querySelector(".live-figure-frame"), found = [frame.getBoundingClientRect().height];
            for (const range of frame.querySelectorAll("input[type=range]")) {
                for (let part = 0; part <= 4; part += 1) {
                    range.value = Number(range.min) + ((range.max - range.min) * part) / 4;
                    range.dispatchEvent(new Event("input", { bubbles: true }));
                    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)));
                    found.push(frame.getBoundingClientRect().height);
                }
            }
            return found;
        }"""
    )
    assert max(heights) - min(heights) <= 1, "it grows or shrinks under who pulls at it"


def labelled_figures():
    """(page, id of a live figure) for each of the book."""
    found = []
    for path in sorted((ROOT / "book").glob("*.md")):
        for cell in re.findall(r"from unet_edu\.figures import .*?```", path.read_text("utf-8"), re.DOTALL):
            found += [(f"book/{path.stem}.html", name) for name in re.findall(r'name="(fig-[\w-]+)"', cell)]
    return found


OFF = """id => {
    const target = document.getElementById(id), now = target.getBoundingClientRect().top;
    target.scrollIntoView({ behavior: "instant" });
    return Math.abs(target.getBoundingClientRect().top - now);
}"""


STEADY = """async () => {
    const room = () => document.documentElement.scrollHeight;
    for (let before = room(), since = performance.now(); performance.now() < since + 600; ) {
        await new Promise((done) => setTimeout(done, 50));
        if (room() !== before) [before, since] = [room(), performance.now()];
    }
}"""


def drawn(page):
    """Wait until every live figure of a page is drawn, formulas are set, and nothing moves."""
    page.wait_for_function(
        """document.querySelectorAll('[data-live-figure]').length
            === document.querySelectorAll('.live-figure-space').length"""
    )
    settled(page)
    page.evaluate(STEADY)


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize(("home", "figure"), labelled_figures())
def test_a_link_to_a_figure_lands_on_it(opener, home, figure, width):
    seen = opener(home, width=width, query=f"#{figure}", settle=False)
    drawn(seen.page)
    off = seen.page.evaluate(OFF, figure)
    seen.page.context.close()
    assert off <= NEAR


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("home", sorted({name for name, _ in labelled_figures()}))
def test_back_leads_to_where_the_reader_was(opener, home, width):
    seen = opener(home, width=width)
    page = seen.page
    drawn(page)
    page.wait_for_function(TYPESET)
    page.evaluate("() => [...document.querySelectorAll('article h2')].at(-1).scrollIntoView({ behavior: 'instant' })")
    page.wait_for_timeout(300)
    place = "() => [...document.querySelectorAll('article h2')].at(-1).getBoundingClientRect().top"
    before = page.evaluate(place)
    page.goto(re.sub(r"book/\w+\.html.*", "genindex.html", page.url))
    page.go_back()
    drawn(page)
    page.wait_for_function(TYPESET)
    after = page.evaluate(place)
    page.context.close()
    assert abs(after - before) <= NEAR


@pytest.mark.parametrize("home", sorted({name for name, _ in labelled_figures()}))
def test_the_import_before_a_figure_is_folded(look, home):
    seen = look(home)
    cells = seen.page.locator("div.cell", has=seen.page.locator(".live-figure-frame"))
    assert cells.count() >= 1
    for at in range(cells.count()):
        code = cells.nth(at).locator(".cell_input pre").first
        assert not code.is_visible()
        cells.nth(at).locator("summary").first.click()
        assert code.is_visible()
        assert "from unet_edu.figures import" in code.inner_text()
