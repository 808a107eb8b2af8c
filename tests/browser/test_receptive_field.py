"""ReceptiveField in headless Chromium, on a page of its own without a kernel and a network."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import FRAME_MS, slowness
from playwright.sync_api import expect

from unet_edu import arithmetic
from unet_edu.figures import ReceptiveField
from unet_edu.figures.receptive_field import gradients, square_of

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(small_page):
    """Function that shows a ReceptiveField and returns (page, the figure on it, complaints)."""

    def show(*figures, **how):
        page, complaints = small_page(list(figures) or [ReceptiveField()], **how)
        figure = page.locator("[data-live-figure=ReceptiveField]").first
        expect(figure.locator("svg").first).to_be_visible()
        return page, figure, complaints

    return show


def strong(figure):
    return figure.locator(".lf-result strong")


@pytest.mark.parametrize("width", [320, 1280])
def test_values_by_mouse(shown, theme, width):
    page, figure, complaints = shown(theme=theme, width=width)
    expect(strong(figure)).to_have_text("204 pixels")
    box = figure.locator("svg").first.bounding_box()
    page.mouse.click(box["x"] + 62 + (box["width"] - 104) / 2, box["y"] + 5.5 * 27)
    expect(figure.locator(".lf-result")).to_contain_text("of d4 sees")
    expect(strong(figure)).to_have_text(f"{arithmetic.receptive_field(14, stage='d4.relu2').width} pixels")
    figure.get_by_role("button", name="drop one pixel in").click()
    pixel = 286 + 8  # value 14 of the 28 of d4 stands for 16 pixels on the right of the middle
    reached = arithmetic.spread(pixel, 572).get("output")
    expect(figure.locator(".lf-result")).to_contain_text(f"Input pixel {pixel} reaches")
    expect(strong(figure)).to_have_text(f"{reached.width} of 388" if reached else "no output pixel")
    page.mouse.click(box["x"] + 62 + (box["width"] - 104) / 2, figure.locator("svg").first.bounding_box()["y"] + 13)
    expect(strong(figure)).to_contain_text("of 388")
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_every_output_pixel_of_a_period_by_keyboard(shown):
    page, figure, complaints = shown()
    figure.locator("svg").first.focus()
    for position in range(197, 214):
        page.keyboard.press("ArrowRight")
        start, stop = arithmetic.receptive_field(position)
        expect(figure.locator(".lf-result")).to_contain_text(f"Value {position} of output sees {stop - start} pixels")
        expect(figure.locator(".lf-result")).to_contain_text(f"{start} to {stop - 1}")
    page.keyboard.press("ArrowUp")
    expect(figure.locator(".lf-result")).to_contain_text("of u0 sees")
    figure.locator("details").evaluate("d => { d.open = true }")
    rows = [row.split() for row in figure.locator("tbody tr").all_inner_texts()]
    position = int(figure.locator(".lf-result").inner_text().split()[1])
    wanted = arithmetic.footprints(position, stage="u0.relu2")
    assert {row[0]: (int(row[1]), int(row[2]) + 1) for row in rows} == {k: tuple(v) for k, v in wanted.items()}
    assert complaints == []


@pytest.mark.parametrize(("stage", "position"), [("output", 196), ("output", 3), ("d4.relu2", 5), ("u1.relu2", 40)])
def test_the_place_is_kept_from_one_question_to_the_other(shown, stage, position):
    """Not the number of the value: the middle of what it sees is where the pixel is dropped in, and back."""
    page, figure, complaints = shown(ReceptiveField(stage=stage, position=position))
    sees = arithmetic.footprints(position, stage=stage)["input"]
    figure.get_by_role("button", name="drop one pixel in").click()
    words = figure.locator(".lf-result").inner_text()
    pixel = int(words.split()[2])
    assert abs(pixel - (sees.start + sees.stop - 1) / 2) <= 8  # half a value of the coarsest map
    reached = arithmetic.spread(pixel, 572)["output"]
    expect(figure.locator(".lf-result")).to_contain_text(f"{reached.width} of 388 output pixels, {reached.start} to")
    figure.get_by_role("button", name="what it sees").click()
    expect(figure.locator(".lf-result")).to_contain_text(f"Value {position} of {stage.removesuffix('.relu2')} sees")
    assert complaints == []


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_the_gradient_follows_depth_and_point(shown, depth):
    size = arithmetic.nearest_valid(572, depth)[1]
    page, figure, complaints = shown(ReceptiveField(size=size, depth=depth, position=2 * 2**depth, weights="random"))
    words = figure.locator(".lf-rf-words")
    seen = set()
    for position in (2 * 2**depth, 2 * 2**depth + 1, 2 * 2**depth + 2**depth // 2):
        while int(figure.locator(".lf-result").inner_text().split()[1]) < position:
            figure.locator("svg").first.press("ArrowRight")
        start, stop = arithmetic.receptive_field(position, depth)
        expect(words).to_contain_text(f"Output pixel {position} of")
        expect(words).to_contain_text(f"{stop - start} × {stop - start} pixels, {start} to {stop - 1}")
        seen.add((stop - start, figure.locator(".lf-rf-heat canvas").evaluate("canvas => canvas.toDataURL()")))
    assert len({picture for _, picture in seen}) == len({width for width, _ in seen}) == (2 if depth > 2 else 1)
    strength = gradients(depth, 5 * 2**depth // 2)[-1]
    if depth < 5:  # which is kept at half of its resolution
        middle = (
            5 * 2**depth // 2 + arithmetic.border(depth) - arithmetic.receptive_field(5 * 2**depth // 2, depth).start
        )
        assert figure.locator(".lf-rf-number").inner_text() == "{0} × {0}".format(side_of(strength, middle, 95))
    assert complaints == []


def side_of(strength, middle, share):
    """The side of the smallest square around a pixel that holds a share of the gradient's power."""
    power = strength.astype(float) ** 4
    for reach in range(len(power)):
        rows = slice(max(middle - reach, 0), middle + reach + 1)
        if power[rows, rows].sum() >= share / 100 * power.sum():
            return 2 * reach + 1
    return len(power)


def test_trained_weights_there_are_for_the_papers_depth_only(shown):
    _, figure, _ = shown(ReceptiveField(size=arithmetic.nearest_valid(572, 3)[1], depth=3))
    expect(figure.locator(".lf-rf-words")).to_contain_text("Trained weights there are for depth 4 only")
    _, figure, _ = shown()
    expect(figure.locator(".lf-rf-words")).not_to_contain_text("Trained weights there are")
    expect(figure.locator(".lf-scale-ends span")).to_have_text(["0", "¼", "the largest"])


def test_an_illegal_size_is_mended_by_a_click(shown):
    _, figure, complaints = shown(ReceptiveField(size=570))
    expect(strong(figure)).to_have_text("570 pixels")
    below, above = arithmetic.nearest_valid(570)
    expect(figure.get_by_role("button", name=f"make it {below}")).to_be_visible()
    figure.get_by_role("button", name=f"make it {above}").click()
    expect(strong(figure)).to_have_text("204 pixels")
    assert complaints == []


def test_the_square_follows_share_and_weights(shown):
    page, figure, complaints = shown()
    trained, random = gradients()
    number = figure.locator(".lf-rf-number")
    expect(number).to_have_text("{0} × {0}".format(square_of(trained, 95)))
    before = figure.locator(".lf-rf-heat canvas").screenshot()
    figure.get_by_role("button", name="random").click()
    expect(number).to_have_text("{0} × {0}".format(square_of(random, 95)))
    assert figure.locator(".lf-rf-heat canvas").screenshot() != before
    figure.get_by_label("share of the gradient's power, %").focus()
    page.keyboard.press("ArrowLeft")
    expect(number).to_have_text("{0} × {0}".format(square_of(random, 94)))
    assert complaints == []


def test_it_plays_level_by_level_and_two_views_move_together(shown):
    one = ReceptiveField()
    page, figure, complaints = shown(one, one)
    views = page.locator("[data-live-figure=ReceptiveField]")
    figure.get_by_role("button", name="▶ level by level").click()
    assert figure.locator(".lf-rf-hit, .lf-rf-chosen").count() < 11
    expect(figure.locator(".lf-rf-hit, .lf-rf-chosen")).to_have_count(11, timeout=120_000)
    figure.locator("svg").first.focus()
    page.keyboard.press("ArrowLeft")
    for at in (0, 1):
        expect(views.nth(at).locator(".lf-result strong")).to_have_text("188 pixels")
    assert complaints == []


def test_it_has_no_accessibility_violation(shown, theme):
    page, figure, _ = shown(theme=theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    found = Axe().run(page, context="[data-live-figure]").response["violations"]
    assert json.dumps([(one["id"], [node["html"][:90] for node in one["nodes"]]) for one in found]) == "[]"


def test_it_is_quick_and_does_not_grow(shown):
    """A change is redrawn within a frame (median), and 500 changes leave no more elements than one."""
    page, _, _ = shown()
    slow = slowness(page)
    median, before, after = page.evaluate(
        """async () => {
            const root = document.querySelector("[data-live-figure]"), drawing = root.querySelector("svg");
            const times = [];
            const press = async (key) => {
                const start = performance.now();
                drawing.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
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
