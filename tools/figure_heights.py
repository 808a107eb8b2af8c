"""How high each live figure stands, by its width: ``python -m tools.figure_heights`` (``make figure-heights``).

    each figure in headless Chromium ─ as wide as this, as that … ─ opened, then pulled ─▶ unet_edu/figures/heights.json

A page keeps that much room for it from the start: what stands below it stays where it is when the figure is drawn and
while a reader pulls at it. To be run again when a figure has changed; a browser test holds the file against them.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from pathlib import Path

from ipywidgets.embed import dependency_state
from playwright.sync_api import sync_playwright

from tools.book_pdf import find_chromium
from unet_edu import checkpoints, figures
from unet_edu.figures.base import HERE

ROOT = Path(__file__).resolve().parents[1]
WIDTHS = sorted(
    {*range(270, 420, 15), *range(420, 600, 30), *range(600, 961, 60), 288, 358, 688, 736, 790}
)  # of a figure, in pixels
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Heights</title>
<link rel="stylesheet" href="{static}/live-figures.css"><script src="{static}/live-figures.js"></script>
<script>unetEduWeights.load = async () =>
  Uint8Array.from(atob("{weights}"), (letter) => letter.charCodeAt(0)).buffer</script>
<script type="application/vnd.jupyter.widget-state+json">{state}</script></head>
<body><div id="width"><figure class="live-figure-frame">
<script type="application/vnd.jupyter.widget-view+json">{view}</script></figure></div></body></html>"""

READY = {"FeatureMaps": "[data-answer=drawn]", "Playground": "[data-state=ready]"}  # once all is drawn
STAGES = "[title^='d4.relu2'], [title^='skip1.after'], [title^='d1.relu2']"  # that `FeatureMaps` opens with in the book

# The greatest height at a width: as the figure opens, and with each of its sliders at both ends and at the quarters.
HIGHEST = """async (width) => {
    const box = document.querySelector("#width");
    box.style.width = `${width}px`;
    const root = document.querySelector("[data-live-figure]");
    const calm = () => new Promise((done) => setTimeout(() => requestAnimationFrame(() => setTimeout(done)), 60));
    await calm();
    let most = root.getBoundingClientRect().height;
    for (const stage of root.querySelectorAll(STAGES)) {
        stage.click();
        await calm();
        most = Math.max(most, root.getBoundingClientRect().height);
    }
    for (const range of root.querySelectorAll("input[type=range]")) {
        const before = range.value;
        const [least, greatest] = [Number(range.min), Number(range.max)];
        for (const part of [0, 0.25, 0.5, 0.75, 1, null]) {
            range.value = part === null ? before : least + (greatest - least) * part;
            range.dispatchEvent(new Event("input", { bubbles: true }));
            await calm();
            most = Math.max(most, root.getBoundingClientRect().height);
        }
    }
    return Math.ceil(most);
}"""


def measure(page, kind: str, folder: Path) -> list[list[int]]:
    """Return [width, height] of a figure as it comes, for each of `WIDTHS`."""
    figure = getattr(figures, kind)()
    state = json.dumps({"state": dependency_state([figure], drop_defaults=False)}).replace("</", "<\\/")
    weights = base64.b64encode((checkpoints.FOLDER / "unet8-cells.safetensors").read_bytes()).decode()
    static = (ROOT / "book" / "_static").as_uri()
    view = json.dumps({"model_id": figure.model_id})
    path = folder / "page.html"
    path.write_text(PAGE.format(static=static, state=state, view=view, weights=weights), "utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector(READY.get(kind, "[data-live-figure]"), timeout=120_000)
    page.wait_for_timeout(1000)
    return [[width, page.evaluate(HIGHEST.replace("STAGES", json.dumps(STAGES)), width)] for width in WIDTHS]


def main() -> None:
    """Measure the figures that are named, or all of them, and write the file."""
    path = HERE / "heights.json"
    heights = json.loads(path.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 2000}, reduced_motion="reduce")
        for kind in sys.argv[1:] or figures.__all__:
            heights[kind] = measure(page, kind, Path(folder))
            print(kind, *(f"{width}:{height}" for width, height in heights[kind]))
        browser.close()
    lines = [f"  {json.dumps(kind)}: {json.dumps(points)}" for kind, points in sorted(heights.items())]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
