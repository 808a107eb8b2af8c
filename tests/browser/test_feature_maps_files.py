"""FeatureMaps takes a reader's own picture: of which kinds, how it is spread and mirrored, and what is saved of it."""

import io
import json
import math
import re

import numpy as np
import pytest
from browserkit import slowness
from livekit import spread, with_weights
from PIL import Image
from playwright.sync_api import expect

from unet_edu import checkpoints
from unet_edu.data import cells
from unet_edu.figures import FeatureMaps
from unet_edu.predict import predict
from unet_edu.thinning import regions

pytestmark = pytest.mark.browser

CELL = 0.5
DRAWING = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><rect width="9" height="9"/></svg>"""


WAITING = "<script>unetEduWeights.load = () => new Promise(() => {})</script></head>"  # the weights never come


@pytest.fixture
def shown(small_page):
    """Function that shows the figure: (page, the figure, what it complained about); quick: without the weights."""

    def show(quick=True, **more):
        page, complaints = small_page([FeatureMaps()], mend=without_weights if quick else with_weights, **more)
        figure = page.locator("[data-live-figure=FeatureMaps]")
        figure.locator(".lf-fm-scene").wait_for(state="visible")
        return page, figure, complaints

    return show


def without_weights(text):
    return text.replace("</head>", WAITING)


def drawn(figure):
    """The greys of the image as it is drawn."""
    width, height, data = figure.locator(".lf-fm-scene canvas").evaluate(
        "c => [c.width, c.height, [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]]"
    )
    return np.reshape(data, (height, width, 4))[..., 0].astype(int)


def put(page, figure, path):
    """Put a file in and wait until it is drawn, or refused."""
    page.evaluate("document.querySelector('.lf-fm-note span').textContent = ''")
    page.evaluate("document.querySelector('[role=alert]').textContent = ''")
    alarm = figure.locator("[role=alert]")
    figure.locator("input[type=file]").first.set_input_files(path)
    page.wait_for_function(
        """document.querySelector('.lf-fm-note').textContent.startsWith('Your')
            || document.querySelector('[role=alert]').textContent"""
    )
    page.wait_for_timeout(400)
    return alarm.inner_text()


def images():
    """The same tissue in every kind of file: (name, values, how it is written)."""
    grey = cells.tissue((280, 300), seed=2).image
    eight, twelve = np.round(grey * 255).astype(np.uint8), np.round(grey * 4095).astype(np.uint16)
    return {
        "eight.png": (eight, {}),
        "twelve in sixteen.png": (twelve, {}),
        "eight.tif": (eight, {"compression": "tiff_lzw"}),
        "twelve.tif": (twelve, {"compression": "tiff_adobe_deflate"}),
        "plain.tiff": (twelve, {"compression": "raw"}),
        "packed.tif": (eight, {"compression": "packbits"}),
    }


@pytest.mark.parametrize("file", images())
def test_each_kind_of_file_is_spread_by_percentiles(shown, tmp_path, file):
    page, figure, complaints = shown()
    values, how = images()[file]
    Image.fromarray(values).save(tmp_path / file, **how)
    assert put(page, figure, tmp_path / file) == ""
    found = drawn(figure)
    assert found.shape == (280, 300)
    assert np.abs(found - spread(values)).max() <= 1
    assert found.std() > 30, "it is not nearly black"
    figure.get_by_label("auto-contrast").uncheck()
    page.wait_for_timeout(400)
    assert np.abs(drawn(figure) - values / (255 if values.dtype == np.uint8 else 65535) * 255).max() <= 1
    figure.get_by_label("invert").check()
    page.wait_for_timeout(400)
    assert np.abs(255 - drawn(figure) - values / (255 if values.dtype == np.uint8 else 65535) * 255).max() <= 1
    assert complaints == []


def test_the_page_itself_unpacks_nothing_of_a_picture(shown, tmp_path):
    """4096² pixels took the page a fifth of a second; the worker that reads the file has them as they are."""
    page, figure, complaints = shown()
    page.evaluate(
        """() => {
            const Stream = globalThis.DecompressionStream;
            globalThis.unpacked = 0;
            globalThis.DecompressionStream = function (...kind) { unpacked += 1; return new Stream(...kind); };
        }"""
    )
    values = np.round(cells.tissue((281, 301), seed=2).image * 255).astype(np.uint8)  # pixels that no four can share
    Image.fromarray(values).save(tmp_path / "odd.png")
    assert put(page, figure, tmp_path / "odd.png") == ""
    assert np.abs(drawn(figure) - spread(values)).max() <= 1
    figure.get_by_label("invert").check()
    page.wait_for_timeout(400)
    assert np.abs(255 - drawn(figure) - spread(values)).max() <= 1
    assert page.evaluate("unpacked") == 0
    figure.locator("[data-sample=first]").click()
    page.wait_for_timeout(400)
    assert page.evaluate("unpacked") > 0, "of the samples it does"
    assert complaints == []


def test_big_endian_and_white_is_zero(shown, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    page, figure, _ = shown()
    values = np.round(cells.tissue((280, 300), seed=2).image * 4095).astype(np.uint16)
    tifffile.imwrite(tmp_path / "big.tif", values, byteorder=">")
    assert put(page, figure, tmp_path / "big.tif") == ""
    assert np.abs(drawn(figure) - spread(values)).max() <= 1
    tifffile.imwrite(tmp_path / "white.tif", values, photometric="miniswhite")
    assert put(page, figure, tmp_path / "white.tif") == ""
    assert np.abs(drawn(figure) - spread(65535 - values.astype(int))).max() <= 1
    tifffile.imwrite(tmp_path / "float.tif", values.astype(np.float32))
    assert "32 bits a value, no whole numbers; 8 and 16 bits are read" in put(page, figure, tmp_path / "float.tif")


def test_the_page_of_a_tiff_is_chosen_and_the_library_comes_with_the_first(shown, tmp_path):
    page, figure, _ = shown()
    asked = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    pages = [np.round(cells.tissue((280, 300), seed=seed).image * 255).astype(np.uint8) for seed in (1, 2, 3)]
    Image.fromarray(pages[0]).save(tmp_path / "one.png")
    put(page, figure, tmp_path / "one.png")
    expect(figure.locator("select")).to_be_hidden()
    assert "UTIF.js" not in asked
    first, *rest = [Image.fromarray(one) for one in pages]
    first.save(tmp_path / "stack.tif", save_all=True, append_images=rest, compression="tiff_lzw")
    put(page, figure, tmp_path / "stack.tif")
    assert "UTIF.js" in asked
    assert figure.locator("select option").all_inner_texts() == [f"page {at} of 3" for at in (1, 2, 3)]
    for at in (2, 0, 1):
        page.evaluate("document.querySelector('.lf-fm-note span').textContent = ''")
        figure.locator("select").select_option(str(at))
        expect(figure.locator(".lf-fm-note")).to_contain_text("Your picture")
        page.wait_for_timeout(300)
        assert np.abs(drawn(figure) - spread(pages[at])).max() <= 1
    assert asked.count("UTIF.js") == 1


def test_on_a_server_a_tiff_is_read_in_a_worker(visit, tmp_path):
    """From disk a worker may load no library; there the page itself reads, as the tests above see."""
    page = visit("book/04_blocks.html", "http").page
    figure = page.locator("[data-live-figure=FeatureMaps]")
    figure.scroll_into_view_if_needed()
    figure.locator(".lf-fm-scene").wait_for(state="visible")
    values = np.round(cells.tissue((280, 300), seed=2).image * 4095).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "twelve.tif", compression="tiff_lzw")
    assert put(page, figure, tmp_path / "twelve.tif") == ""
    assert np.abs(drawn(figure) - spread(values)).max() <= 1
    assert page.evaluate("typeof UTIF") == "undefined"


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("drawing.svg", DRAWING.encode(), "is SVG: a drawing of lines and areas, without pixels"),
        ("drawing.png", DRAWING.encode(), "is SVG"),
        ("words.txt", b"no picture", "is no picture (text/plain)"),
        ("broken.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "cannot be read as a picture"),
        ("broken.tif", b"II*\0" + bytes(4), "is a TIFF that cannot be read here"),
        ("cut.tif", None, "is a TIFF that cannot be read here"),
        ("tiny.png", None, "15 × 40 pixels; the network needs at least 16"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_true_words(shown, tmp_path, file, content, words):
    page, figure, complaints = shown()
    path = tmp_path / file
    if content is None:
        made = io.BytesIO()
        Image.new("L", (15, 40), 9).save(made, "PNG")
        content = made.getvalue() if file == "tiny.png" else cut_tiff()
    path.write_bytes(content)
    before = drawn(figure)
    figure.locator("input[type=file]").first.set_input_files(path)
    expect(figure.locator("[role=alert]")).to_contain_text(words)
    assert np.array_equal(drawn(figure), before)
    assert complaints == []


def cut_tiff():
    """A TIFF that says of itself that it has ten times as many lines as there are."""
    made = io.BytesIO()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(made, "TIFF", compression="raw")
    whole = bytearray(made.getvalue())
    at = whole.index(b"\x01\x01") if whole[whole.index(b"\x01\x01") + 2] in (3, 4) else whole.index(b"\x01\x01", 9)
    whole[at + 8 : at + 10] = (640).to_bytes(2, "little")
    return bytes(whole)


def test_a_small_picture_is_mirrored_and_segmented_whole(shown, tmp_path):
    """256 × 256, smaller than the window: what is seen, computed and saved is that of predict."""
    page, figure, complaints = shown(quick=False)
    page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
    values = np.round(cells.tissue((256, 256), seed=2).image * 4095).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "small.png")
    assert put(page, figure, tmp_path / "small.png") == ""
    note = figure.locator(".lf-fm-note")
    expect(note).to_contain_text("256 × 256 pixels; the window needs 268: around it it is mirrored")
    expect(figure.locator(".lf-fm-note")).to_contain_text("Your picture stays in this browser")
    grey = spread(values)
    assert np.abs(drawn(figure) - np.pad(grey, 6, mode="reflect")).max() <= 1
    page.wait_for_selector("[data-whole=done]", timeout=240_000)
    found = predict(checkpoints.load("unet8-cells"), (grey / 255).astype(np.float32))[1] >= CELL
    expect(figure.locator(".lf-fm-whole-line")).to_contain_text("cells found")
    saved = {}
    for words in ("save this picture", "save the label image"):
        with page.expect_download() as download:
            figure.get_by_role("button", name=words).click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
        saved[words] = np.array(Image.open(tmp_path / download.value.suggested_filename)).astype(int)
    labels = saved["save the label image"]
    assert labels.shape == (256, 256)
    assert np.mean((labels > 0) == found) > 0.999
    assert labels.max() == len(np.unique(labels)) - 1
    expect(figure.locator(".lf-fm-whole-line")).to_contain_text(f"{labels.max()} cells found")
    assert abs(labels.max() - regions(found).max()) <= 1  # a pixel at the cut may part a cell, or not
    overlay = saved["save this picture"]
    assert overlay.shape == (256, 256, 3)
    assert np.mean((np.abs(overlay - grey[..., None]).max(-1) > 3) == (labels == 0)) > 0.995
    assert np.abs(overlay - grey[..., None])[labels > 0].max() <= 1
    assert complaints == []


def test_a_large_picture_is_segmented_tile_by_tile(shown, tmp_path):
    page, figure, complaints = shown(quick=False)
    page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
    values = np.round(cells.tissue((500, 1100), seed=4).image * 255).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "large.png")
    page.evaluate(
        """() => {
            globalThis.lines = [];
            const line = document.querySelector(".lf-fm-whole-line");
            new MutationObserver(() => lines.push(line.textContent)).observe(line, { childList: true });
        }"""
    )
    assert put(page, figure, tmp_path / "large.png") == ""
    page.wait_for_selector("[data-whole=done]", timeout=300_000)
    found = predict(checkpoints.load("unet8-cells"), (spread(values) / 255).astype(np.float32))[1] >= CELL
    expect(figure.locator(".lf-fm-whole-line")).to_contain_text(f"{regions(found).max()} cells found")
    tiles = [line for line in page.evaluate("lines") if line.startswith("Tile ")]
    count = int(tiles[0].split()[3].strip(","))
    assert count > 1
    assert list(dict.fromkeys(int(line.split()[1]) for line in tiles)) == list(range(1, count + 1))
    assert complaints == []


LARGEST = 4096
FRAME = 16  # milliseconds of the processor
ANSWER = "document.querySelector('.lf-fm-curtain canvas').toDataURL()"


def test_the_largest_picture_comes_tile_by_tile_and_never_blocks_the_page(shown, chromium, tmp_path):
    """4096 × 4096 pixels, the first tiles of a hundred: more is seen after each, and no task is longer than a frame."""
    page, figure, complaints = shown(quick=False)
    page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
    tissue = np.round(cells.tissue(256, seed=4).image * 255).astype(np.uint8)
    Image.fromarray(np.tile(tissue, (16, 16))).save(tmp_path / "largest.png")
    figure.locator("input[type=file]").first.set_input_files(tmp_path / "largest.png")
    line = figure.locator(".lf-fm-whole-line")
    stride = (604 - 184) // 16 * 16
    expect(line).to_contain_text(f"of {math.ceil(LARGEST / stride) ** 2}, 604 pixels each", timeout=240_000)
    expect(line).to_contain_text(re.compile("^Tile [3-9] "), timeout=240_000)
    slow = slowness(page)
    chromium.start_tracing(page=page, categories=["toplevel", "blink.user_timing"])
    page.evaluate("performance.mark('watched')")
    seen = [page.evaluate(ANSWER)]
    at = int(line.inner_text().split()[1])
    for further in (3, 6):
        page.wait_for_function(
            "tile => Number(document.querySelector('.lf-fm-whole-line').textContent.split(' ')[1]) >= tile",
            arg=at + further, timeout=240_000,
        )  # fmt: skip
        seen.append(page.evaluate(ANSWER))
    assert len(set(seen)) == 3, "more of it is there each time"
    trace = json.loads(chromium.stop_tracing())["traceEvents"]
    mark = next(event for event in trace if event["name"] == "watched")
    mine = [
        event["tdur"] / 1000
        for event in trace
        if event["name"].endswith("RunTask") and "tdur" in event
        if (event["pid"], event["tid"]) == (mark["pid"], mark["tid"]) and event["ts"] > mark["ts"]
    ]
    assert sorted(mine)[-6] <= FRAME * slow, "five are the test's own: it reads canvases"
    assert figure.locator(".lf-fm-alarm").inner_text() == ""
    assert figure.get_by_role("button", name="save this picture").is_disabled()
    assert complaints == []


def test_a_picture_beyond_4096_pixels_is_scaled_down(shown, tmp_path):
    page, figure, _ = shown()
    Image.fromarray(np.tile(np.arange(250, dtype=np.uint8), (300, 20))).save(tmp_path / "long.png")
    assert put(page, figure, tmp_path / "long.png") == ""
    expect(figure.locator(".lf-fm-note")).to_contain_text("5000 × 300 pixels and is shown at 4096 × 246")


def data_transfer(page, path):
    """A handle of what a reader drops or pastes: the file at `path`."""
    return page.evaluate_handle(
        """([name, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(bytes)], name, { type: "image/png" }));
            return data;
        }""",
        [path.name, list(path.read_bytes())],
    )


def test_paste_anywhere_while_the_figure_is_in_view_and_drop_with_a_highlight(shown, tmp_path):
    page, figure, _ = shown()
    values = np.round(cells.tissue((280, 300), seed=2).image * 255).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "pasted.png")
    paste = (
        """(node, data) => node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }))"""
    )
    note = figure.locator(".lf-fm-note")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<div style=height:4000px></div><textarea></textarea>')"
    )
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    page.locator("body").evaluate(paste, data_transfer(page, tmp_path / "pasted.png"))
    page.wait_for_timeout(500)
    expect(note).not_to_contain_text("Your picture")  # the figure is out of sight
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)
    page.locator("textarea").evaluate(paste, data_transfer(page, tmp_path / "pasted.png"))
    page.wait_for_timeout(500)
    expect(note).not_to_contain_text("Your picture")  # who writes pastes there
    page.locator("body").evaluate(paste, data_transfer(page, tmp_path / "pasted.png"))
    expect(note).to_contain_text("Your picture stays in this browser")
    assert np.abs(drawn(figure) - spread(values)).max() <= 1

    def drag(kind, selector=".lf-fm-scene"):
        figure.locator(selector).first.dispatch_event(
            kind, {"dataTransfer": data_transfer(page, tmp_path / "pasted.png")}
        )

    marked = lambda: figure.evaluate("node => node.classList.contains('lf-fm-dropping')")  # noqa: E731
    drag("dragenter")
    assert marked()
    drag("dragenter", ".lf-fm-curtain")
    drag("dragleave")
    assert marked()
    drag("dragleave", ".lf-fm-curtain")
    assert not marked()
    drag("dragenter")
    figure.locator("[data-sample=nuclei]").click()
    page.wait_for_timeout(300)
    drag("drop")
    expect(note).to_contain_text("Your picture stays in this browser")
    assert not marked()


def test_three_pictures_to_click_are_shown_on_their_buttons(shown):
    _, figure, _ = shown()
    buttons = figure.locator(".lf-fm-samples button")
    assert buttons.all_inner_texts() == ["first image", "nuclei", "stained nuclei"]
    figure.page.wait_for_timeout(500)
    for at in range(3):
        width, spread_of = (
            buttons.nth(at)
            .locator("canvas")
            .evaluate(
                """c => {
                const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
                const greys = data.filter((_, at) => at % 4 === 0);
                return [c.width, Math.max(...greys) - Math.min(...greys)];
            }"""
            )
        )
        assert width > 30
        assert spread_of > 60
    assert json.loads(buttons.nth(0).get_attribute("aria-pressed"))
