"""Live figures under a finger: a swipe scrolls the page, a tap points, a two-dimensional drag starts on a handle."""

import base64

import pytest
from livekit import write_page

from unet_edu import checkpoints, figures

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
WEIGHTS = """<script>unetEduWeights.load = async () =>
    Uint8Array.from(atob("{text}"), (letter) => letter.charCodeAt(0)).buffer</script></head>"""
POINTED = {  # figures with a drawing that one points at
    "Curtain", "FcnFusion", "FeatureMaps", "ForwardPass", "OnePixel", "OverlapTile", "ReceptiveField", "TrainingReplay",
    "Upsampling", "WeightMap", "WhoLooks",
}  # fmt: skip
WORDS = "node => [node.getAttribute('aria-label'), node.closest('[data-live-figure]').innerText].join('|')"


def weights():
    return base64.b64encode((checkpoints.FOLDER / "unet8-cells.safetensors").read_bytes()).decode()


@pytest.fixture
def phone(chromium, tmp_path):
    """Function that shows a figure on a phone, far down a long page: (page, the figure)."""
    contexts = []

    def show(figure):
        path = tmp_path / "page.html"
        write_page(path, [figure])
        text = path.read_text("utf-8").replace("</head>", WEIGHTS.replace("{text}", weights()))
        gap = "<div style='height: 1500px'></div>"
        path.write_text(text.replace("<main", f"{gap}<main").replace("</body>", f"{gap}</body>"), "utf-8")
        contexts.append(chromium.new_context(**PHONE, reduced_motion="reduce"))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        shown = page.locator("[data-live-figure]")
        shown.scroll_into_view_if_needed()
        if type(figure).__name__ == "FeatureMaps":
            page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
        page.wait_for_timeout(800)
        return page, shown

    yield show
    for context in contexts:
        context.close()


def in_the_middle(page, node):
    """Bring an element into the middle of the screen and return its middle."""
    node.evaluate("node => node.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(150)
    box = node.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def finger(page, points):
    """Put a finger down at the first point, move it from point to point, lift it."""
    session = page.context.new_cdp_session(page)
    for kind, (x, y) in [("touchStart", points[0]), *[("touchMove", point) for point in points[1:]]]:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(20)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


@pytest.mark.parametrize("kind", sorted(POINTED))
def test_a_swipe_over_a_drawing_scrolls_the_page_and_changes_nothing(phone, kind):
    page, figure = phone(getattr(figures, kind)())
    drawings = figure.locator(".lf-pointing")
    assert drawings.count() >= 1
    for at in range(drawings.count()):
        drawing = drawings.nth(at)
        if not drawing.is_visible():
            continue
        x, y = in_the_middle(page, drawing)
        box = drawing.bounding_box()
        x, y = x + box["width"] / 5, min(y + box["height"] / 5, 700)  # beside a handle in the middle
        before, words = page.evaluate("scrollY"), drawing.evaluate(WORDS)
        finger(page, [(x, y - far) for far in range(0, 301, 25)])
        page.wait_for_timeout(200)
        assert page.evaluate("scrollY") > before + 150, f"drawing {at} traps the finger"
        assert drawing.evaluate(WORDS) == words, f"drawing {at} took the swipe"


@pytest.mark.parametrize("kind", sorted(POINTED))
def test_no_wide_drawing_takes_every_touch(phone, kind):
    """Only handles, none of them wider than a finger needs, keep a touch from scrolling."""
    _, figure = phone(getattr(figures, kind)())
    wide = figure.evaluate(
        """node => [...node.querySelectorAll("*")].filter((one) =>
            getComputedStyle(one).touchAction === "none" && one.getBoundingClientRect().width > 48)
            .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert wide == []


@pytest.mark.parametrize(
    ("kind", "drawing"), [("OverlapTile", ".lf-ot-scene"), ("Upsampling", ".lf-up-wide .lf-up-map")]
)
def test_a_tap_points(phone, kind, drawing):
    page, figure = phone(getattr(figures, kind)())
    node = figure.locator(drawing)
    x, y = in_the_middle(page, node)
    box = node.bounding_box()
    words = node.evaluate(WORDS)
    page.touchscreen.tap(x + box["width"] / 8, y + box["height"] / 8)
    page.wait_for_timeout(300)
    assert node.evaluate(WORDS) != words


def test_the_window_of_the_network_is_dragged_by_its_handle(phone):
    page, figure = phone(figures.FeatureMaps())
    window = figure.locator(".lf-fm-window")
    x, y = in_the_middle(page, figure.locator(".lf-fm-scene .lf-grip-here"))
    width = figure.locator(".lf-fm-scene").bounding_box()["width"]
    before = [float(window.get_attribute(key)) for key in ("x", "y")]
    far, at = 30, page.evaluate("scrollY")
    finger(page, [(x - step, y - step) for step in range(0, far + 1, 5)])
    page.wait_for_timeout(300)
    after = [float(window.get_attribute(key)) for key in ("x", "y")]
    for one, other in zip(before, after, strict=True):
        assert one - other == pytest.approx(far * 420 / width, abs=2), "it stays under the finger"
    assert page.evaluate("scrollY") == at


def test_the_marked_pixel_of_the_weight_map_is_dragged_by_its_handle(phone):
    page, figure = phone(figures.WeightMap())
    x, y = in_the_middle(page, figure.locator(".lf-grip-here"))
    words = figure.locator(".lf-wm-map").evaluate(WORDS)
    at = page.evaluate("scrollY")
    finger(page, [(x + step, y + step) for step in range(0, 41, 5)])
    page.wait_for_timeout(300)
    assert figure.locator(".lf-wm-map").evaluate(WORDS) != words
    assert page.evaluate("scrollY") == at


@pytest.mark.parametrize(("kind", "drawing"), [("FcnFusion", ".lf-ff-scene"), ("TrainingReplay", ".lf-tr-scrub svg")])
def test_a_finger_along_a_line_drags(phone, kind, drawing):
    page, figure = phone(getattr(figures, kind)())
    node = figure.locator(drawing)
    x, y = in_the_middle(page, node)
    words = figure.locator(".lf-pointing").first.evaluate(WORDS)
    finger(page, [(x + step, y) for step in range(0, 81, 8)])
    page.wait_for_timeout(300)
    assert figure.locator(".lf-pointing").first.evaluate(WORDS) != words


@pytest.mark.parametrize(
    ("kind", "drawing", "cursors"),
    [
        ("FeatureMaps", ".lf-fm-scene", ("grab", "grabbing")),
        ("FeatureMaps", ".lf-fm-grid", ("pointer", "pointer")),
        ("FcnFusion", ".lf-ff-scene", ("ew-resize", "ew-resize")),
        ("TrainingReplay", ".lf-tr-scrub", ("ew-resize", "ew-resize")),
        ("ReceptiveField", "svg.lf-pointing", ("ew-resize", "ew-resize")),
        ("OverlapTile", ".lf-ot-scene", ("pointer", "pointer")),
        ("Upsampling", ".lf-up-wide .lf-up-map", ("crosshair", "crosshair")),
        ("WeightMap", ".lf-wm-map", ("crosshair", "ew-resize")),  # a disc is there, to be pulled
    ],
)
def test_the_cursor_shows_what_can_be_dragged_and_a_drag_marks_no_text(small_page, kind, drawing, cursors):
    end = WEIGHTS.replace("{text}", weights())
    page, _ = small_page([getattr(figures, kind)()], mend=lambda text: text.replace("</head>", end))
    node = page.locator(drawing).first
    node.wait_for(state="visible", timeout=120_000)
    page.wait_for_timeout(500)
    x, y = in_the_middle(page, node)
    cursor = "node => getComputedStyle(node).cursor"
    assert node.evaluate(cursor) == cursors[0]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y - 30, steps=4)
    assert node.evaluate(cursor) == cursors[1]
    page.mouse.move(3, y + 60, steps=4)
    page.mouse.up()
    assert page.evaluate("String(getSelection())") == ""
