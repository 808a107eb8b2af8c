"""WeightMap in headless Chromium: by mouse and by keyboard, on a page of its own without a kernel and a network."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import FRAME_MS, slowness
from playwright.sync_api import expect

from unet_edu.figures import WeightMap
from unet_edu.figures.weight_map import SIDE, START

pytestmark = pytest.mark.browser

MAP = '[data-live-figure="WeightMap"]'
NAMES = {
    "discs": "two discs", "gap": "a widening gap", "three": "three cells",
    "one": "one alone", "tissue": "tissue", "dish": "round cells", "nuclei": "nuclei", "stained": "stained nuclei",
}  # fmt: skip


@pytest.fixture
def shown(small_page):
    """Function that shows a WeightMap and returns (page, the figure on it, complaints)."""

    def show(*figures, **options):
        page, complaints = small_page(list(figures) or [WeightMap()], **options)
        figure = page.locator(MAP).first
        expect(headline(figure)).to_contain_text("w =")
        return page, figure, complaints

    return show


def headline(figure):
    return figure.locator(".lf-wm-result strong")


def press(figure, name):
    figure.get_by_role("button", name=name, exact=True).click()


def middle_of(figure, x, y):
    """Where on the screen pixel (x, y) of the map is."""
    figure.locator(".lf-wm-map").scroll_into_view_if_needed()
    box = figure.locator(".lf-wm-map").bounding_box()
    return box["x"] + (x + 0.5) / SIDE * box["width"], box["y"] + (y + 0.5) / SIDE * box["height"]


def in_the_table(figure):
    figure.locator("details").evaluate("d => { d.open = true }")
    rows = figure.locator("table tr").evaluate_all("rows => rows.map(row => [...row.cells].map(c => c.textContent))")
    return dict(rows)


def check(figure, python):
    """What is shown is what Python computes for the same values."""
    weights = python.weights
    expect(headline(figure)).to_have_text(f"w = {weights[python.y, python.x]:.2f}")
    table = in_the_table(figure)
    assert table["of pixel"] == f"{python.x}, {python.y}"
    assert float(table["largest weight"]) == pytest.approx(weights.max(), abs=0.0051)
    assert float(table["weight"]) == pytest.approx(weights[python.y, python.x], abs=0.0051)


@pytest.mark.parametrize("width", [320, 1280])
def test_every_scene_by_mouse(shown, theme, width):
    page, figure, complaints = shown(theme=theme, width=width)
    pictures = set()
    for scene, name in NAMES.items():
        press(figure, name)
        place = START[scene]
        check(figure, WeightMap(scene, x=place[0], y=place[1]))
        pictures.add(figure.locator(".lf-wm-map").screenshot())
    assert len(pictures) == len(NAMES)
    press(figure, NAMES["dish"])
    for x, y in ((20, 30), (100, 99), (64, 5)):
        page.mouse.move(*middle_of(figure, x, y))
        check(figure, WeightMap("dish", x=x, y=y))
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert page.evaluate("([f]) => f.scrollWidth <= f.clientWidth + 1", [figure.element_handle()])
    assert complaints == []


def test_the_heat_map_has_the_colours_of_the_weights(shown):
    import matplotlib

    _, figure, _ = shown(WeightMap("three"))
    pixels = figure.locator(".lf-wm-map canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    table = matplotlib.colormaps["magma"](range(256), bytes=True)[:, :3].astype(int)
    index = np.floor(np.clip(WeightMap("three").weights / 12, 0, 1) * 255 + 0.5).astype(int)
    found = np.reshape(pixels, (SIDE, SIDE, 4))[..., :3]
    assert np.abs(found - table[index]).max() <= 6, "more than one step of the colour table"


def test_the_sliders_and_the_balance_by_keyboard(shown):
    page, figure, complaints = shown()
    figure.get_by_label("w₀").focus()
    page.keyboard.press("ArrowRight")
    figure.get_by_label("σ, px").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    check(figure, WeightMap(w0=11, sigma=8, balance=False))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    check(figure, WeightMap())
    assert figure.locator(".lf-wm-paper").count() == 0
    spoken = figure.get_by_role("status")
    expect(spoken).to_contain_text("to the nearest cell")
    assert complaints == []


def test_the_arrow_keys_move_the_marked_pixel(shown):
    page, figure, complaints = shown()
    figure.get_by_role("application").focus()
    x, y = START["discs"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    check(figure, WeightMap(x=x - 1, y=y + 1))
    page.keyboard.press("Shift+ArrowUp")
    check(figure, WeightMap(x=x - 1, y=y - 9))
    for _ in range(9):
        page.keyboard.press("Shift+ArrowLeft")
    check(figure, WeightMap(x=0, y=y - 9))
    assert figure.get_by_role("application").evaluate("b => getComputedStyle(b).outlineStyle") == "solid"
    assert complaints == []


def test_a_disc_is_dragged_until_the_two_are_one(shown):
    page, figure, complaints = shown()
    x, y = middle_of(figure, 100, 64)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=5)
    wide = int(figure.locator(".lf-value").first.inner_text())
    page.mouse.move(x - 60, y, steps=12)
    page.mouse.up()
    assert wide > 3
    assert figure.locator(".lf-value").first.inner_text() == "0"
    expect(figure.locator(".lf-wm-remark")).to_contain_text("to the label they are 1 cell")
    assert in_the_table(figure)["cells"] == "1"
    assert in_the_table(figure)["second nearest, d₂"] == "∞"
    assert complaints == []


def test_drawing_closes_a_gap_and_opens_a_cell(shown):
    """By mouse and with the space bar; what was drawn can be undone."""
    page, figure, complaints = shown(WeightMap("discs", gap=3, y=64))
    assert in_the_table(figure)["cells"] == "2"
    press(figure, "draws cell")
    figure.get_by_role("application").focus()
    page.keyboard.press("Space")
    assert in_the_table(figure)["cells"] == "1"
    press(figure, "undo drawing")
    assert in_the_table(figure)["cells"] == "2"
    press(figure, "draws gap")
    page.mouse.move(*middle_of(figure, 41, 30))
    page.mouse.down()
    page.mouse.move(*middle_of(figure, 41, 98), steps=40)
    page.mouse.up()
    assert in_the_table(figure)["cells"] == "3"
    assert complaints == []


def test_two_views_of_one_figure_move_together(shown):
    one, other = WeightMap("tissue"), WeightMap("one")
    page, figure, complaints = shown(one, other, one)
    third = page.locator(MAP).nth(2)
    press(third, "three cells")
    expect(headline(figure)).to_have_text(headline(third).inner_text())
    assert in_the_table(figure)["cells"] == "3"
    assert in_the_table(page.locator(MAP).nth(1))["cells"] == "1"
    identifiers = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(set(identifiers)) == len(identifiers)
    assert complaints == []


def test_it_has_no_accessibility_violation(shown, theme):
    page, figure, _ = shown(theme=theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    for name in ("two discs", "tissue"):
        press(figure, name)
        found = Axe().run(page, MAP, {"resultTypes": ["violations"]}).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found] == []


@pytest.mark.parametrize(("scene", "label"), [("discs", "gap, px"), ("tissue", "w₀"), ("dish", "σ, px")])
def test_it_is_quick_and_does_not_grow(shown, scene, label):
    """A change is redrawn within a frame (median), and 500 changes leave no more elements than one."""
    page, figure, complaints = shown(WeightMap(scene))
    slider = figure.get_by_label(re.compile(f"^{label}")).element_handle()
    slow = slowness(page)
    times, before, after = page.evaluate(
        """async ([range]) => {
        const times = [], most = Number(range.max);
        const move = async (value) => {
            range.value = value;
            const start = performance.now();
            range.dispatchEvent(new Event("input"));
            await Promise.resolve();
            document.querySelector(".live-figure svg").getBoundingClientRect();
            times.push(performance.now() - start);
        };
        await move(3);
        const before = document.querySelectorAll("*").length;
        for (let i = 0; i < 500; i += 1) await move(1 + (i % (most - 1)));
        await move(3);
        return [times, before, document.querySelectorAll("*").length];
    }""",
        [slider],
    )
    print(scene, sorted(times)[len(times) // 2])
    assert sorted(times)[len(times) // 2] <= FRAME_MS * max(slow, slowness(page))
    assert after == before
    assert complaints == []
