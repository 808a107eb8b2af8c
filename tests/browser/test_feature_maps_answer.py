"""FeatureMaps: what the answer shows, what it costs in cells, the bet, and the whole picture. On a page of its own."""

import re

import numpy as np
import pytest
from livekit import with_weights
from playwright.sync_api import expect

from unet_edu import checkpoints
from unet_edu.data import cells
from unet_edu.figures import FeatureMaps
from unet_edu.figures.feature_maps import SEED, SIDE
from unet_edu.figures.stages import StagedNetwork
from unet_edu.metrics import rand_parts
from unet_edu.metrics.instances import merged_and_split
from unet_edu.predict import predict
from unet_edu.thinning import regions, thin

pytestmark = pytest.mark.browser

EDGE, OUT = 92, 84  # pixels of a window of 268 that are lost on each side, and that come out
CELL = 0.5


@pytest.fixture
def shown(small_page):
    """Function that shows the figure once its maps are drawn: (page, the figure, what it complained about)."""

    def show(figure=None, **more):
        page, complaints = small_page([figure or FeatureMaps()], mend=with_weights, **more)
        page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
        return page, page.locator("[data-live-figure=FeatureMaps]"), complaints

    return show


def window_costs(off, x=76, y=76, weights="unet8-cells"):
    """What Python computes of the window: merged, split, cells, V_Rand, share of wrong pixels."""
    sample = cells.tissue(SIDE, seed=SEED)
    truth = sample.label[y + EDGE :, x + EDGE :][:OUT, :OUT]
    network = StagedNetwork(checkpoints.load(weights), "cpu")
    grey = (np.round(255 * sample.image) / 255).astype(np.float32)
    network.run(grey[y : y + 268, x : x + 268], off)
    found = network.map("output", 1) >= CELL
    segments = thin(found)
    errors = merged_and_split(regions(truth), segments)
    score = rand_parts(regions(truth), segments).score
    return errors.merged, errors.split, regions(truth).max(), score, np.mean(found != truth)


def test_the_prediction_is_as_large_as_the_image(shown):
    for width in (800, 390):
        _, figure, _ = shown(width=width)
        image, answer = (figure.locator(f"{one} canvas").bounding_box() for one in (".lf-fm-scene", ".lf-fm-curtain"))
        assert image["width"] == pytest.approx(answer["width"], abs=1)
        assert image["height"] == pytest.approx(answer["height"], abs=1)
        if width == 800:
            assert image["y"] == pytest.approx(answer["y"], abs=1)
            assert answer["x"] > image["x"] + image["width"]
        else:
            assert answer["y"] >= image["y"] + image["height"]


def colours(figure):
    """The colours that the answer shows, (H, W, 3)."""
    width, height, data = figure.locator(".lf-fm-curtain canvas").evaluate(
        "c => [c.width, c.height, [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]]"
    )
    return np.reshape(data, (height, width, 4))[..., :3].astype(int)


def test_membranes_are_drawn_over_the_picture_and_the_curtain_lies_between_before_and_after(shown):
    page, figure, complaints = shown()
    sample = cells.tissue(SIDE, seed=SEED)
    grey = np.round(255 * sample.image).astype(int)[76 + EDGE :, 76 + EDGE :][:OUT, :OUT]
    network = StagedNetwork(checkpoints.load("unet8-cells"), "cpu")
    maps = {}
    for off in ((), ("skip2",)):
        network.run((np.round(255 * sample.image) / 255).astype(np.float32)[76:344, 76:344], off)
        maps[off] = network.map("output", 1) >= CELL
    before, after = maps.values()

    def tinted(seen):
        return np.abs(seen - grey[..., None]).max(-1) > 3

    seen = colours(figure)
    half = OUT // 2
    assert not tinted(seen)[:, :half].any(), "left of the curtain is the bare picture"
    assert np.mean(tinted(seen)[:, half:] == ~before[:, half:]) > 0.995
    figure.get_by_role("button", name="skip connection of level 2").click()
    expect(figure.locator(".lf-fm-now")).to_have_text("as it is now")
    expect(figure.locator(".lf-fm-was")).to_have_text("everything on")
    seen = colours(figure)
    changed = before != after
    assert np.mean(tinted(seen)[:, :half] == ~before[:, :half]) > 0.995
    assert np.mean(tinted(seen)[:, half:] == (~after | changed)[:, half:]) > 0.995
    curtain = figure.locator(".lf-fm-curtain")
    for _ in range(5):
        curtain.press("Shift+ArrowLeft")
    assert figure.locator(".lf-fm-line").evaluate("node => node.style.left") == "0%"
    assert np.mean(tinted(colours(figure)) == (~after | changed)) > 0.995
    box = curtain.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 60, steps=4)
    page.mouse.up()
    assert np.mean(tinted(colours(figure)) == ~before) > 0.99
    figure.get_by_role("button", name="what changed").click()
    assert np.mean(tinted(colours(figure)) == changed) > 0.995
    figure.get_by_role("button", name="probability").click()
    assert complaints == []


@pytest.mark.parametrize("level", [0, 2])
def test_an_intervention_is_told_in_cells_first_and_in_pixels_second(shown, level):
    _, figure, _ = shown()
    merged, split, count, score, wrong = window_costs(())
    expect(figure.locator(".lf-fm-cells")).to_have_text(
        f"{count} cells: {merged} merged, {split} split. V_Rand {score:.2f}."
    )
    figure.get_by_role("button", name=f"skip connection of level {level}").click()
    now = window_costs((f"skip{level}",))
    line = figure.locator(".lf-fm-cells")
    expect(line).to_contain_text(f"{now[0]} merged, {now[1]} split of {count} cells in the window; before")
    expect(line).to_contain_text(f"before {merged} and {split}. V_Rand {now[3]:.2f}, before {score:.2f}.")
    pixels = figure.locator(".lf-fm-pixels")
    shares = [float(text.split()[0]) / 100 for text in pixels.locator("strong").all_inner_texts()]
    assert shares[1:] == pytest.approx([wrong, now[4]], abs=0.0051)
    hurts = now[0] + now[1] > merged + split
    assert ("Not one cell is lost" in line.inner_text()) is not hurts
    assert ("counted in pixels, cutting it would be no loss" in pixels.inner_text()) is bool(now[4] < wrong)
    assert figure.get_by_role("button", name="where does it hurt?").count() == (0 if hurts else 1)
    assert line.bounding_box()["y"] < pixels.bounding_box()["y"]


def test_where_a_skip_does_not_hurt_the_figure_shows_where_it_does(shown):
    _, figure, complaints = shown()
    figure.get_by_role("button", name="skip connection of level 0").click()
    figure.get_by_role("button", name="where does it hurt?").click()
    window = figure.locator(".lf-fm-window")
    expect(window).not_to_have_attribute("x", "76", timeout=120_000)
    x, y = (int(float(window.get_attribute(key))) for key in ("x", "y"))
    before, now = window_costs((), x, y), window_costs(("skip0",), x, y)
    assert now[0] + now[1] > before[0] + before[1]
    expect(figure.locator(".lf-fm-cells")).to_contain_text(f"{now[0]} merged, {now[1]} split")
    expect(figure.locator(".lf-fm-cells")).not_to_contain_text("Not one cell")
    assert complaints == []


@pytest.mark.parametrize("weights", ["unet8-cells", "unet8-isbi"])
def test_the_bet_is_kept_beside_the_result(shown, weights):
    _, figure, complaints = shown()
    if weights == "unet8-isbi":
        figure.get_by_role("button", name="trained on the slices").click()
        expect(figure.locator(".lf-fm-where")).to_contain_text("slices of ISBI 2012", timeout=120_000)
    bet = figure.locator(".lf-fm-bet")
    expect(bet).to_contain_text("Before you click: which skip hurts most?")
    bet.get_by_role("button", name="skip1", exact=True).click()
    rows = bet.locator(".lf-fm-tried")
    expect(rows).to_have_count(4, timeout=120_000)
    whole = window_costs((), weights=weights)
    lost = {}
    for level, text in enumerate(rows.all_inner_texts()):
        now = window_costs((f"skip{level}",), weights=weights)
        assert f"{now[0]} merged, {now[1]} split" in text
        assert ("your bet" in text) is (level == 1)
        lost[f"skip{level}"] = (now[0] + now[1] - whole[0] - whole[1], now[4] - whole[4])
    worst = max(lost, key=lost.get)
    expect(bet.locator("strong")).to_have_text(f"You bet on skip1. Here {worst} hurts most.")
    expect(bet.locator(".lf-fm-worst")).to_contain_text(worst)
    bet.get_by_role("button", name=worst, exact=True).click()
    expect(bet.locator("strong")).to_have_text(f"You bet on {worst}. Right: it hurts most here.")
    expect(figure.locator(".lf-fm-off")).to_contain_text("Click a box", timeout=60_000)  # nothing stays off
    assert complaints == []


@pytest.mark.parametrize("kind", ["nuclei", "stained"])
def test_real_nuclei_bring_the_network_that_knows_them_and_leave_with_it(shown, kind):
    page, figure, complaints = shown()
    figure.locator(f"[data-sample={kind}]").click()
    expect(figure.locator(".lf-fm-where")).to_contain_text("trained on real nuclei", timeout=120_000)
    expect(figure.locator(".lf-fm-note")).to_contain_text("know only nuclei")
    page.wait_for_selector("[data-answer=drawn]", timeout=120_000)
    python = FeatureMaps(image=kind, weights="unet8-nuclei")
    python.staged.run(python.seen)
    half, wanted = OUT // 2, python.staged.map("output", 1)
    figure.get_by_role("button", name="probability", exact=True).click()
    seen = colours(figure)[:, half:, 0] / 255  # right of the curtain
    assert np.abs(seen - wanted[:, half:]).mean() < 0.01
    figure.locator("[data-sample=first]").click()
    expect(figure.locator(".lf-fm-where")).to_contain_text("trained on drawn tissue", timeout=120_000)
    assert complaints == []


def test_the_boxes_of_the_u_are_named(shown):
    for width in (800, 390):
        _, figure, _ = shown(width=width)
        names = figure.locator(".lf-fm-box-name:not(.lf-muted)").all_text_contents()
        ends = ("relu1", "relu2") if width == 800 else ("1", "2")
        assert {"input", "pool4", "skip0", "up3", "score", *(f"d4.{end}" for end in ends)} <= set(names)
        assert len(names) == figure.locator(".lf-fm-box").count()
        expect(figure.locator(".lf-fm-path-down")).to_have_text("contracting path" if width == 800 else "contracting")
        small = figure.locator(".lf-fm-u svg text").evaluate_all(
            "all => Math.min(...all.map(one => parseFloat(getComputedStyle(one).fontSize)))"
        )
        assert small >= 9


def test_the_whole_picture_is_what_predict_computes_of_it(shown):
    page, figure, complaints = shown()
    figure.get_by_role("button", name="the whole picture").click()
    page.wait_for_selector("[data-whole=done]", timeout=240_000)
    sample = cells.tissue(SIDE, seed=SEED)
    grey = (np.round(255 * sample.image) / 255).astype(np.float32)
    found = predict(checkpoints.load("unet8-cells"), grey)[1] >= CELL
    errors = merged_and_split(regions(sample.label), thin(found))
    line = figure.locator(".lf-fm-whole-line")
    score = rand_parts(regions(sample.label), thin(found)).score
    expect(line).to_contain_text(f"{errors.merged} merged, {errors.split} split of {regions(sample.label).max()} cells")
    expect(line).to_contain_text(f"V_Rand {score:.3f}")
    for _ in range(5):
        figure.locator(".lf-fm-curtain").press("Shift+ArrowLeft")
    seen = colours(figure)
    tinted = np.abs(seen - np.round(255 * grey)[..., None]).max(-1) > 3
    assert tinted.shape == (SIDE, SIDE)
    assert np.mean(tinted == ~found) > 0.998
    for times, side in ((2, 210), (4, 105)):
        figure.get_by_role("button", name="larger", exact=True).click()
        assert figure.locator(".lf-fm-tools .lf-value").inner_text() == f"{times} ×"
        assert colours(figure).shape == (side, side, 3)
    middle = np.round(255 * grey)[210 - 52 : 210 - 52 + 105, 210 - 52 : 210 - 52 + 105]
    cell = found[210 - 52 :, 210 - 52 :][:105, :105]
    assert np.abs(colours(figure)[..., 0] - middle)[cell].mean() < 3, "it is enlarged around the window"
    assert complaints == []


def test_a_skip_is_cut_in_the_whole_picture_too(shown):
    page, figure, _ = shown()
    figure.get_by_role("button", name="skip connection of level 2").click()
    figure.get_by_role("button", name="the whole picture").click()
    page.wait_for_selector("[data-whole=done]", timeout=240_000)
    sample = cells.tissue(SIDE, seed=SEED)
    grey = (np.round(255 * sample.image) / 255).astype(np.float32)
    network = StagedNetwork(checkpoints.load("unet8-cells"), "cpu")
    network.run(np.pad(grey, EDGE, mode="reflect"), ("skip2",))
    found = network.map("output", 1) >= CELL
    errors = merged_and_split(regions(sample.label), thin(found))
    expect(figure.locator(".lf-fm-whole-line")).to_contain_text(
        re.compile(rf"{errors.merged} merged, {errors.split} split of \d+ cells; before \d+ and \d+")
    )


@pytest.mark.parametrize("width", [800, 390])
def test_the_height_stays_while_one_hovers_cuts_bets_and_segments(shown, width):
    page, figure, _ = shown(width=width)
    height = "node => node.getBoundingClientRect().height"
    room = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.live-figure-space')).minHeight)")
    heights = [figure.evaluate(height)]
    for name in ("input", "d0.relu1", "u1.relu1", "output"):
        figure.locator(f"[title^='{name} ']").hover()
        expect(figure.locator(".lf-fm-pixel .lf-fm-title")).to_contain_text(f"written out: {name}, channel")
        page.wait_for_timeout(300)
        heights.append(figure.evaluate(height))
    figure.get_by_role("button", name="skip connection of level 0").click()
    expect(figure.locator(".lf-fm-cells")).to_contain_text("Not one cell")
    heights.append(figure.evaluate(height))
    figure.get_by_role("button", name="skip1", exact=True).click()
    expect(figure.locator(".lf-fm-tried")).to_have_count(4, timeout=120_000)
    heights.append(figure.evaluate(height))
    figure.get_by_role("button", name="the whole picture").click()
    page.wait_for_selector("[data-whole=done]", timeout=240_000)
    heights.append(figure.evaluate(height))
    assert max(heights) - min(heights) <= 1, heights
    assert max(heights) <= room + 1
