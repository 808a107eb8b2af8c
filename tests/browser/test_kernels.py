"""The live figures with a kernel, each driven in JupyterLab and in the classic notebook with Colab's versions."""

import json
import re
import time
import zlib

import numpy as np
import pytest
from browserkit import slowness
from jupyterkit import Jupyter
from livekit import nudge, spread
from PIL import Image
from playwright.sync_api import expect

from unet_edu import figures
from unet_edu.data import cells

pytestmark = pytest.mark.kernels

VALUES = """
import json
print(json.dumps({name: value for name, value in shown[KIND].get_state().items()
                  if isinstance(value, (bool, int, float, str)) and not name.startswith("_") and name != "caption"}))
"""
ROUND_TRIP_MS = 400  # forward and transfer, base width 16 at 268 px, on two quiet cores
GROWTH_MB = 30  # of the kernel over 500 questions; one set of maps has 20
TRIP = """() => new Promise((done) => {
    const root = document.querySelector("[data-live-figure=FeatureMaps]"), bar = root.querySelector("progress");
    const start = performance.now();
    new MutationObserver((_, observer) => {
        if (!bar.hidden) return;
        observer.disconnect();
        done(performance.now() - start);
    }).observe(bar, { attributes: true, attributeFilter: ["hidden"] });
    const knob = root.querySelector("[aria-label='skip connection of level 2']");
    knob.dispatchEvent(new MouseEvent("click", { bubbles: true }));
})"""
LEAF = """async (count) => {
    const root = document.querySelector("[data-live-figure=FeatureMaps]"), grid = root.querySelector(".lf-fm-grid");
    for (let at = 0; at < count; at += 1) {
        const key = at % 14 < 7 ? "ArrowRight" : "ArrowLeft";
        grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        await new Promise((done) => setTimeout(done, 20));
    }
    return root.querySelectorAll("*").length;
}"""
TOLD_S = 30  # until Python has what the page sent, on a busy machine
RUN_MS = 300_000  # all figures made and shown, on a busy machine


@pytest.fixture(scope="module", params=["jupyterlab", "classic"])
def notebook(request, chromium, tmp_path_factory):
    """A notebook that shows every figure, run: (the server, the page, what the page complained about)."""
    server = Jupyter(request.param, tmp_path_factory.mktemp(request.param))
    try:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        page, complaints = context.new_page(), []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        cells = [f"shown[{name!r}] = figures.{name}()\nshown[{name!r}]" for name in figures.__all__]
        server.open(page, ["from unet_edu import figures\n\nshown = {}", *cells])
        expect(page.locator("[data-live-figure]")).to_have_count(len(cells), timeout=RUN_MS)
        yield server, page, complaints
        context.close()
    finally:
        server.close()


@pytest.mark.parametrize("kind", figures.__all__)
def test_a_figure_and_its_kernel_follow_each_other(notebook, kind):
    """A key press on a control reaches Python; what Python sets reaches the control."""
    server, page, complaints = notebook
    figure = page.locator(f"[data-live-figure={kind}]")

    def values():
        return json.loads(server.ask(page, VALUES.replace("KIND", repr(kind))))

    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-kernel", "live", timeout=RUN_MS)
    before = values()
    handle = figure.locator("input[type=range]:visible:enabled").first
    was = handle.input_value() if handle.count() else None
    nudge(figure)
    moved, until = set(), time.monotonic() + TOLD_S
    while not moved and time.monotonic() < until:  # a message of its own, which may come after the question
        moved = {trait for trait, value in values().items() if value != before[trait]}
    assert moved, "Python was not told"
    back = "; ".join(f"shown[{kind!r}].{trait} = {before[trait]!r}" for trait in moved)
    assert server.ask(page, back) == ""
    if was is not None:
        expect(handle).to_have_value(was)
    assert complaints == []


def test_the_network_runs_on_the_kernel_and_the_page_shows_it(notebook):
    """FeatureMaps: where there is a kernel it computes, and what the page shows is what it computed."""
    server, page, _ = notebook
    figure = page.locator("[data-live-figure=FeatureMaps]")
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".lf-fm-where")).to_have_text(
        re.compile(r"computed in the kernel, .+, \d+ ms"), timeout=RUN_MS
    )
    figure.get_by_role("button", name="u0.relu2, 8 channels").click()
    expect(figure.locator(".lf-fm-channel .lf-fm-title")).to_have_text("channel 0 of u0.relu2")
    asked = "m = shown['FeatureMaps'].staged.map('u0.relu2', 0); print(f'{m.min():.2f} to {m.max():.2f}')"
    words = f"Channel 0 of u0.relu2, from {server.ask(page, asked).strip()}."
    expect(figure.locator(".lf-fm-large canvas")).to_have_attribute("aria-label", words)
    figure.get_by_role("button", name="skip connection of level 2").click()
    expect(figure.locator(".lf-fm-verdict")).to_contain_text("of the labels changed")
    assert server.ask(page, "print(shown['FeatureMaps'].off)").strip() == "['skip2']"


def test_a_picture_of_the_reader_s_own_reaches_the_kernel(notebook, tmp_path):
    """Of 16 bits, spread as in a page; a TIFF is read in the book's pages alone, and the figure says what to do."""
    server, page, complaints = notebook
    values = np.round(cells.tissue((280, 300), seed=2).image * 4095).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "twelve in sixteen.png")
    Image.fromarray(values).save(tmp_path / "twelve.tif")
    figure = page.locator("[data-live-figure=FeatureMaps]")
    figure.scroll_into_view_if_needed()
    figure.locator("input[type=file]").first.set_input_files(tmp_path / "twelve in sixteen.png")
    expect(figure.locator(".lf-fm-note")).to_contain_text("on this machine and its kernel", timeout=RUN_MS)
    asked = """
import zlib
one = shown["FeatureMaps"]
print(one.width, one.height, zlib.crc32(zlib.decompress(one.image)))
"""
    until, told = time.monotonic() + TOLD_S, f"300 280 {zlib.crc32(spread(values).astype(np.uint8).tobytes())}"
    while (found := server.ask(page, asked).strip()) != told and time.monotonic() < until:
        page.wait_for_timeout(200)
    assert found == told
    expect(figure.locator(".lf-fm-where")).to_have_text(re.compile("computed in the kernel"), timeout=RUN_MS)
    figure.locator("input[type=file]").first.set_input_files(tmp_path / "twelve.tif")
    expect(figure.locator("[role=alert]")).to_contain_text("hand an array over: FeatureMaps(image=…)")
    assert complaints == []


def test_a_wide_network_answers_quickly_and_keeps_nothing(chromium, tmp_path):
    """Base width 16 on the kernel: a pass with its transfer; then 500 questions, and neither side has grown."""
    server = Jupyter("jupyterlab", tmp_path)
    try:
        page = chromium.new_context(viewport={"width": 1280, "height": 1400}).new_page()
        made = "wide = figures.FeatureMaps(checkpoints.load('unet16-isbi'))"
        server.open(page, [f"from unet_edu import checkpoints, figures\n\n{made}\nwide"])
        figure = page.locator("[data-live-figure=FeatureMaps]")
        figure.scroll_into_view_if_needed(timeout=RUN_MS)
        expect(figure.locator(".lf-fm-where")).to_have_text(re.compile("computed in the kernel"), timeout=RUN_MS)
        figure.get_by_role("button", name="d1.relu2, 32 channels").click()
        times = []
        for _ in range(10):
            times.append(page.evaluate(TRIP) / slowness(page))
            page.wait_for_timeout(300)
        assert min(times) <= ROUND_TRIP_MS, times
        memory = "import psutil; print(psutil.Process().memory_info().rss)"
        elements, before = page.evaluate(LEAF, 60), int(server.ask(page, memory))
        assert page.evaluate(LEAF, 500) <= elements + 2
        assert server.ask(page, "print(wide.channel)").strip() != "0"
        assert int(server.ask(page, memory)) - before <= GROWTH_MB * 1e6
        page.context.close()
    finally:
        server.close()
