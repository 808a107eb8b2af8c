"""FeatureMaps on its page: the network runs there, and what is seen is what PyTorch computes."""

import json
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browserkit import FRAME_MS, slowness
from PIL import Image
from playwright.sync_api import expect

from unet_edu.data import cells
from unet_edu.figures import FeatureMaps
from unet_edu.figures.feature_maps import SAMPLE, SEED, SIDE, sample_image

pytestmark = pytest.mark.browser

PAGE = "book/04_blocks.html"
COMPUTED = re.compile(r"computed in this page, \d+ ms")
EVERY_WAY = [("file", "light", 320), ("http", "dark", 1280)]


@pytest.fixture
def shown(visit):
    """Function that opens the chapter and waits until the network has run: (what was seen, the figure on it)."""

    def open_chapter(origin="http", theme="light", width=1280):
        seen = visit(PAGE, origin, theme=theme, width=width)
        figure = seen.page.locator("[data-live-figure=FeatureMaps]")
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".lf-fm-where")).to_have_text(COMPUTED, timeout=120_000)
        expect(figure.locator("progress")).to_be_hidden()
        return seen, figure

    return open_chapter


def loss_of(**values):
    """What Python computes: share of labels changed, wrong before, wrong now, in percent as the figure writes them."""
    whole, now = FeatureMaps(), FeatureMaps(**values)
    now.off, off = [], now.off
    truth = cells.tissue(SIDE, seed=SEED).label[now.y + 92 :, now.x + 92 :][:84, :84]
    whole.x, whole.y = now.x, now.y
    labels = []
    for figure, parts in ((whole, ()), (now, off)):
        figure.staged.run(figure.seen, parts)
        labels.append(figure.staged.map("output", 1) >= 0.5)
    return [float(np.mean(one)) for one in (labels[0] != labels[1], labels[0] != truth, labels[1] != truth)]


def shares(figure):
    return [float(text.split()[0]) / 100 for text in figure.locator(".lf-fm-pixels strong").all_inner_texts()]


@pytest.mark.parametrize(("where", "colours", "width"), EVERY_WAY)
def test_a_skip_is_cut_by_mouse_and_the_loss_is_that_of_pytorch(shown, where, colours, width):
    seen, figure = shown(where, colours, width)
    assert shares(figure) == pytest.approx([loss_of()[1]], abs=0.0051)
    for off in (["skip2"], ["skip2", "skip0"]):
        figure.get_by_role("button", name=f"skip connection of level {off[-1][-1]}").click()
        expect(figure.locator(".lf-fm-off")).to_contain_text(off[-1])
        expect(figure.locator("progress")).to_be_hidden()
        assert shares(figure) == pytest.approx(loss_of(off=off), abs=0.0051)
    figure.get_by_role("button", name="all on again").click()
    expect(figure.locator(".lf-fm-verdict")).to_contain_text("Switch a part off")
    assert seen.complaints == []
    assert seen.outside == []
    assert figure.evaluate("node => node.scrollWidth <= node.clientWidth + 1")


def test_stages_and_channels_by_keyboard(shown):
    seen, figure = shown("file")
    figure.locator(".lf-fm-box[tabindex='0']").focus()
    seen.page.keyboard.press("ArrowRight")
    expect(figure.locator(".lf-fm-channels .lf-fm-title")).to_contain_text("pool2: 16 channels of 64 × 64")
    for _ in range(10):
        seen.page.keyboard.press("ArrowRight")
    expect(figure.locator(".lf-fm-channels .lf-fm-title")).to_contain_text("skip3.after: 64 channels of 18 × 18")
    expect(figure.locator(".lf-fm-before")).to_be_visible()
    expect(figure.locator(".lf-fm-before figcaption")).to_contain_text("26 px; the frame is what stays, 18 px")
    figure.locator(".lf-fm-grid").focus()
    seen.page.keyboard.press("ArrowRight")
    seen.page.keyboard.press("ArrowDown")
    title = figure.locator(".lf-fm-channel .lf-fm-title")
    expect(title).to_have_text(re.compile(r"channel ([2-9]|\d\d) of skip3.after"))
    figure.get_by_role("button", name=re.compile("switch channel")).focus()
    seen.page.keyboard.press("Enter")
    expect(figure.locator(".lf-fm-off")).to_contain_text("Off: skip3:")
    assert seen.complaints == []


def test_a_channel_is_the_one_of_pytorch_and_its_filters_lead_back(shown):
    seen, figure = shown()
    figure.get_by_role("button", name="u1.relu1, 16 channels").click()
    python = FeatureMaps()
    python.staged.run(python.seen)
    values = python.staged.map("u1.relu1", 0)
    low, high = values.min(), values.max()
    expect(figure.locator(".lf-fm-channel .lf-fm-title")).to_have_text("channel 0 of u1.relu1")
    expect(figure.locator(".lf-fm-large canvas")).to_have_attribute(
        "aria-label", f"Channel 0 of u1.relu1, from {low:.2f} to {high:.2f}."
    )
    pixels = figure.locator(".lf-fm-large canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, at) => at % 4 === 0)"
    )
    wanted = np.round((values - low) / (high - low) * 255)
    assert np.abs(np.array(pixels).reshape(values.shape) - wanted).max() <= 1
    inputs, _, _, order, _ = python.staged.filters("u1.relu1", 0, 12)
    expect(figure.locator(".lf-fm-channel")).to_contain_text(f"fed by {inputs} filters of 3 × 3; the 12 strongest")
    first = f"skip1:{order[0]}" if order[0] < 16 else f"up1:{order[0] - 16}"
    strongest = figure.locator(".lf-fm-filter").first
    expect(strongest).to_contain_text(first)
    strongest.click()
    expect(figure.locator(".lf-fm-channel .lf-fm-title")).to_contain_text(
        f"channel {first.split(':')[1]} of {first.split(':')[0]}"
    )
    assert seen.complaints == []


def test_the_window_and_the_cover_are_dragged(shown):
    seen, figure = shown()
    mouse = seen.page.mouse

    def drag(start, end):
        scene = figure.locator(".lf-fm-scene")
        scene.scroll_into_view_if_needed()  # a screenshot may have moved the page
        box = scene.bounding_box()
        points = [(box["x"] + x / SIDE * box["width"], box["y"] + y / SIDE * box["height"]) for x, y in (start, end)]
        mouse.move(*points[0])
        mouse.down()
        mouse.move(*points[1], steps=5)
        mouse.up()

    before = figure.locator(".lf-fm-curtain").screenshot()
    drag((210, 210), (134, 134))  # as far as the corner allows
    expect(figure.locator(".lf-fm-window")).to_have_attribute("x", "0")
    expect(figure.locator("progress")).to_be_hidden()
    assert shares(figure) == pytest.approx([loss_of(x=0, y=0)[1]], abs=0.0051)
    assert figure.locator(".lf-fm-curtain").screenshot() != before
    figure.get_by_role("button", name="a cover").click()
    drag((134, 134), (140, 150))
    expect(figure.locator(".lf-fm-cover")).to_have_count(1)
    expect(figure.locator("progress")).to_be_hidden()
    cover = [int(float(figure.locator(".lf-fm-cover").get_attribute(key))) for key in ("x", "y", "width")]
    assert shares(figure) == pytest.approx(loss_of(x=0, y=0, cover=cover), abs=0.0051)
    figure.get_by_role("button", name="uncover").click()
    expect(figure.locator(".lf-fm-cover")).to_have_count(0)


def test_a_picture_of_the_readers_own(shown, tmp_path):
    """It is taken, scaled where it is large, and never leaves; what is no picture is refused in words."""
    seen, figure = shown("file")
    chooser = figure.locator("input[type=file]").first
    alarm = figure.locator("[role=alert]")
    rng = np.random.default_rng(0)
    files = {}
    for name, (width, height) in {"small": (15, 400), "large": (4400, 300), "good": (300, 280)}.items():
        files[name] = tmp_path / f"{name}.png"
        Image.fromarray(rng.integers(0, 255, (height, width, 3), np.uint8)).save(files[name])
    files["text"], files["broken"] = tmp_path / "words.txt", tmp_path / "broken.png"
    files["text"].write_text("no picture")
    files["broken"].write_bytes(files["good"].read_bytes()[:80])
    for name, words in [
        ("small", "15 × 400 pixels; the network needs at least 16"),
        ("text", "is no picture"),
        ("broken", "cannot be read"),
    ]:
        chooser.set_input_files(files[name])
        expect(alarm).to_contain_text(words)
    chooser.set_input_files(files["large"])
    expect(figure.locator(".lf-fm-note")).to_contain_text("4400 × 300 pixels and is shown at 4096 × 279")
    expect(alarm).to_be_empty()
    expect(figure.locator(".lf-fm-verdict strong")).to_have_count(0)  # nobody knows the truth of this picture
    chooser.set_input_files(files["good"])
    expect(figure.locator(".lf-fm-note")).to_contain_text("Your picture stays in this browser")
    expect(figure.locator(".lf-fm-scene canvas")).to_have_js_property("width", 300)
    expect(figure.locator(".lf-fm-scene canvas")).to_have_js_property("height", 280)
    assert seen.outside == []


def test_the_page_stays_free_while_the_network_runs(shown):
    """The weights come once, on demand; no task of the page's own thread takes long while the worker computes."""
    seen, figure = shown()
    scripts = seen.page.evaluate(
        "performance.getEntriesByType('resource').map(r => r.name).filter(n => n.includes('/weights/'))"
    )
    assert len(scripts) == 1
    beats = """async () => {
            const gaps = [];
            let last = performance.now(), on = true;
            const beat = new MessageChannel();
            beat.port1.onmessage = () => {
                const now = performance.now();
                gaps.push(now - last);
                last = now;
                if (on) beat.port2.postMessage(0);
            };
            beat.port2.postMessage(0);
            document.querySelector(".lf-fm-plug").click();
            await new Promise((done) => setTimeout(done, 150));
            on = false;
            return Math.max(...gaps);
        }"""
    longest = [seen.page.evaluate(beats) / slowness(seen.page) for _ in range(3)]
    assert min(longest) < 100, longest


def test_it_has_no_accessibility_violation(shown, theme):
    seen, figure = shown("file", theme)
    figure.locator("details").evaluate("d => { d.open = true }")
    found = Axe().run(seen.page, context="[data-live-figure=FeatureMaps]").response["violations"]
    assert json.dumps([(one["id"], [node["html"][:90] for node in one["nodes"]]) for one in found]) == "[]"


def test_it_is_quick_and_does_not_grow(shown):
    """Another channel is drawn within a frame (median), and 500 changes leave no more elements than one."""
    seen, figure = shown()
    slow = slowness(seen.page)
    median, before, after = seen.page.evaluate(
        """async () => {
            const root = document.querySelector("[data-live-figure=FeatureMaps]");
            const grid = root.querySelector(".lf-fm-grid"), title = root.querySelector(".lf-fm-channel .lf-fm-title");
            const press = async (key) => {
                const start = performance.now(), was = title.textContent;
                grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                for (let turn = 0; turn < 1000 && title.textContent === was; turn += 1) await null;
                root.getBoundingClientRect();
                const taken = performance.now() - start;
                await new Promise((done) => setTimeout(done));
                return taken;
            };
            const settled = () => new Promise((done) => setTimeout(done, 500)); // one pixel is written out later
            const times = [await press("ArrowRight")];
            await settled();
            const before = root.querySelectorAll("*").length;
            for (let at = 0; at < 500; at += 1) times.push(await press(at % 2 ? "ArrowRight" : "ArrowLeft"));
            await settled();
            return [times.sort((a, b) => a - b)[250], before, root.querySelectorAll("*").length];
        }"""
    )
    assert median <= FRAME_MS * max(slow, slowness(seen.page))
    assert after <= before + 2


@pytest.mark.parametrize("kind", ["nuclei", "stained"])
def test_real_nuclei_are_put_in_and_the_first_image_comes_back(small_page, kind):
    """On a page without the network's weights: what it computes of an image, other tests show."""
    page, _ = small_page([FeatureMaps()])
    figure = page.locator("[data-live-figure=FeatureMaps]").first
    canvas = figure.locator(".lf-fm-scene canvas")

    def shown(side):
        """The greys that are drawn, once the canvas has that size."""
        page.wait_for_function("([c, side]) => c.width === side", arg=[canvas.element_handle(), side])
        pixels = canvas.evaluate("c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]")
        return np.reshape(pixels, (side, side, 4))[..., 0]

    first = shown(SIDE)
    figure.locator(f"[data-sample={kind}]").click()
    assert np.abs(shown(SAMPLE) - np.round(255 * sample_image(kind))).max() <= 1
    figure.get_by_role("button", name="first image", exact=True).click()
    assert np.array_equal(shown(SIDE), first)
