"""FeatureMaps: one pixel of any map, written out; where its window and its receptive field lie."""

import re

import numpy as np
import pytest
from livekit import with_weights
from playwright.sync_api import expect

from unet_edu.arithmetic import receptive_field
from unet_edu.figures import FeatureMaps

pytestmark = pytest.mark.browser

HOVERED = ["input", "d0.relu1", "d1.relu2", "pool2", "d4.relu1", "up3", "skip1.after", "u1.relu1", "score", "output"]


@pytest.fixture
def shown(small_page):
    """Function that shows the figure once its maps are drawn: (page, the figure, what it complained about)."""

    def show(**more):
        page, complaints = small_page([FeatureMaps()], mend=with_weights, **more)
        page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
        page.wait_for_timeout(500)
        return page, page.locator("[data-live-figure=FeatureMaps]"), complaints

    return show


def told(figure, name):
    """Return (channel, column, row) that is written out, once it is one of this stage."""
    title = figure.locator(".lf-fm-pixel .lf-fm-title")
    expect(title).to_contain_text(f"written out: {name.replace('.after', '')}, channel")
    figure.page.wait_for_timeout(300)
    return tuple(int(text) for text in re.findall(r"(?:channel|column|row) (\d+)", title.inner_text()))


def number(text):
    return float(text.replace("−", "-"))


def field(figure):
    """The frame of the receptive field: x, y, width, height in the image."""
    frame = figure.locator(".lf-fm-field")
    return [int(frame.get_attribute(key)) for key in ("x", "y", "width", "height")]


def test_a_pixel_of_any_map_is_written_out_under_the_mouse(shown):
    """The value, each sum, the products: PyTorch's; the frame in the image: the arithmetic's receptive field."""
    page, figure, complaints = shown()
    python = FeatureMaps()
    python.staged.run(python.seen)
    for name in HOVERED:
        box = figure.locator(f"[title^='{name} ']")
        box.scroll_into_view_if_needed()
        place = box.bounding_box()
        page.mouse.move(place["x"] + 0.4 * place["width"], place["y"] + 0.6 * place["height"])
        channel, x, y = told(figure, name)
        values = python.staged.map(name, channel)
        assert x == pytest.approx(0.4 * values.shape[1], abs=0.06 * values.shape[1] + 1)
        assert y == pytest.approx(0.6 * values.shape[0], abs=0.06 * values.shape[0] + 1)
        shown_value = float(figure.locator(".lf-fm-pixel").get_attribute("data-value"))
        assert shown_value == pytest.approx(values[y, x], abs=2e-3)
        words = figure.locator(".lf-fm-sum").inner_text()
        assert f"{values[y, x]:.2f}".replace("-", "−") in words or abs(values[y, x]) < 0.006
        stage = name.replace(".after", "")
        if name == "input":
            spans = [(at, at + 1) for at in (x, y)]
        else:
            spans = [(f.start, f.stop) for f in (receptive_field(at, 4, stage) for at in (x, y))]
        assert field(figure) == [76 + spans[0][0], 76 + spans[1][0], *(stop - start for start, stop in spans)]
        assert f"It sees {spans[0][1] - spans[0][0]} × {spans[1][1] - spans[1][0]} pixels of the image" in words
        layer = python.staged.filters(name, channel, 10_000)
        if layer is None:
            continue
        grids = [
            [number(text) for text in grid.locator("span").all_inner_texts()]
            for grid in figure.locator(".lf-fm-products figure").all()
        ]
        values_before, weights, products = (np.array(grid) for grid in grids)
        np.testing.assert_allclose(values_before * weights, products, atol=0.05)
        _, _, bias, _, _ = layer
        numbers = [number(text) for text in re.findall(r"−?\d+\.\d+", words.split("=")[0])]
        total = number(re.search(r"= (−?\d+\.\d+)", words).group(1))
        assert sum(numbers) == pytest.approx(total, abs=0.04)
        assert numbers[-1] == pytest.approx(bias, abs=0.006)
        if "relu" in name:
            assert values[y, x] == pytest.approx(max(total, 0), abs=0.01)
    page.mouse.move(5, 5)
    told(figure, "d1.relu2")  # back to what was chosen
    assert complaints == []


def test_the_window_is_framed_in_the_maps_before(shown):
    page, figure, _ = shown()
    for name, before, side in [("u1.relu1", ["skip1.after", "up1"], 3), ("pool2", ["d1.relu2"], 2)]:
        box = figure.locator(f"[title^='{name} ']")
        box.scroll_into_view_if_needed()
        box.hover(position={"x": 20, "y": 20})
        told(figure, name)
        framed = figure.locator(".lf-fm-box:has(.lf-fm-at-before)")
        titles = [title.split(" · ")[0] for title in framed.evaluate_all("all => all.map(one => one.title)")]
        assert sorted(titles) == sorted(before)
        size = int(re.search(r"× (\d+)²", framed.first.get_attribute("title")).group(1))
        frame = figure.locator(".lf-fm-at-before").first
        assert frame.evaluate("one => parseFloat(one.style.width)") == pytest.approx(100 * side / size, abs=0.01)


def test_a_pixel_is_chosen_by_click_by_keys_and_by_hovering_the_large_map(shown):
    page, figure, _ = shown()
    large = figure.locator(".lf-fm-large")
    assert told(figure, "d1.relu2") == (0, 64, 64)
    large.press("ArrowRight")
    large.press("Shift+ArrowDown")
    assert told(figure, "d1.relu2") == (0, 65, 74)
    large.scroll_into_view_if_needed()
    box = large.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75)
    channel, x, y = told(figure, "d1.relu2")
    assert (x, y) == pytest.approx((32, 96), abs=1)
    page.mouse.move(5, 5)
    assert told(figure, "d1.relu2") == (0, 65, 74)
    figure.locator("[title^='pool3 ']").click(position={"x": 10, "y": 30})
    channel, x, y = told(figure, "pool3")
    assert x < 15 < y
    figure.locator(".lf-fm-box[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")  # by keyboard, too: another stage, its pixel written out
    page.mouse.move(5, 5)
    told(figure, "d3.relu1")


def test_a_tap_on_a_box_writes_a_pixel_out(chromium, small_page):
    page, complaints = small_page([FeatureMaps()], mend=with_weights, width=390)
    page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
    figure = page.locator("[data-live-figure=FeatureMaps]")
    box = figure.locator("[title^='d2.relu2 ']")
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    at = {"clientX": place["x"] + place["width"] / 4, "clientY": place["y"] + 3 * place["height"] / 4}
    box.dispatch_event("click", {"detail": 1, **at})
    channel, x, y = told(figure, "d2.relu2")
    assert x < 30 < y
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    assert complaints == []


def test_what_is_off_is_zero(shown):
    _, figure, _ = shown()
    figure.get_by_role("button", name="switch channel 0 off").click()
    expect(figure.locator(".lf-fm-sum")).to_contain_text("It is switched off: 0.")
    assert float(figure.locator(".lf-fm-pixel").get_attribute("data-value")) == 0
