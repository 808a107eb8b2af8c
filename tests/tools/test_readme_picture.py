"""The README's picture is what network, arithmetic and palette say today, and needs nothing but itself."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from bookkit import ROOT
from PIL import Image

from tools import readme_picture
from unet_edu import arithmetic
from unet_edu.plots import style

COMMITTED = ROOT / ".github" / "u-net.svg"
EMBEDDED = re.compile(r'"data:image/png;base64,([^"]+)"')
SVG = "{http://www.w3.org/2000/svg}"
PLAN = arithmetic.plan(readme_picture.SIZE)
STALE = "the README's picture is out of date: type 'make picture'"


@pytest.fixture(scope="module")
def committed():
    return COMMITTED.read_text("utf-8")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    file = tmp_path_factory.mktemp("picture") / "new" / "u-net.svg"
    readme_picture.write(file)
    return file.read_text("utf-8")


def pictures(text):
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in EMBEDDED.findall(text)]


def like(one, other):
    """Whether two embedded pictures are the same but for rounding: shades one apart, and now and then a pixel."""
    if one.size != other.size or one.mode != "P" or one.getpalette() != other.getpalette():
        return False
    difference = np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int))
    return np.mean(difference > 1) <= 0.01


def test_it_is_what_would_be_drawn_today(committed, drawn):
    assert EMBEDDED.sub('"…"', committed) == EMBEDDED.sub('"…"', drawn), STALE
    assert all(like(*pair) for pair in zip(pictures(committed), pictures(drawn), strict=True)), STALE


def test_another_tissue_would_be_noticed(monkeypatch, committed):
    monkeypatch.setattr(readme_picture, "SEED", readme_picture.SEED + 1)
    pairs = zip(pictures(committed), pictures(readme_picture.draw()), strict=True)
    assert not any(like(*pair) for pair in pairs)


def test_it_holds_no_script_and_no_address(committed):
    root = ET.fromstring(committed)
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds == {"svg", "title", "desc", "style", "defs", "image", "mask", "use", "g", "rect", "path", "text"}
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on")}
    without = EMBEDDED.sub('""', committed).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"://|@import|@font-face|javascript|href=\"[^#\"]|url\((?!#)", without) == []


def test_it_is_small():
    assert COMMITTED.stat().st_size <= 350_000


def test_it_stands_still_and_complete_for_whoever_asks(committed):
    (rule,) = re.findall(r"@media \(prefers-reduced-motion:reduce\)\{(.+)\}\n", committed)
    assert rule == "[style],.film{animation:none!important}"  # all that moves: inline names, and the film itself
    style = ET.fromstring(committed).find(f"{SVG}style").text
    outside = re.sub(r"@keyframes \w+\{(?:[^{}]*\{[^{}]*\})*\}", "", style)
    assert "opacity:0;" not in outside  # without keyframes nothing is hidden
    assert re.findall(r"([^{}\n]+)\{animation:", outside.replace(rule, "")) == ["[style]", ".film"]
    assert set(re.findall(r'style="([a-z-]+):', committed)) == {"animation-name"}


def test_its_labels_are_the_sizes_of_the_plan(committed):
    expected = {f"image {PLAN.size}", f"label map {PLAN.output_size}"}
    for level in PLAN.levels:
        expected.add(f"{level.down[0]} → {level.down[2]}")
        if level.up is not None:
            expected |= {f"{level.up[0]} → {level.up[2]}", f"crop {level.crop}"}
    labels = [element.text for element in ET.fromstring(committed).iter(f"{SVG}text")]
    assert sorted(labels) == sorted(expected)


def test_each_frame_is_the_crop(committed):
    """Its place within the tile below it, in pixels of the map, is what the crop of that level cuts out."""
    rects = [element.attrib for element in ET.fromstring(committed).iter(f"{SVG}rect")]
    boxes = {
        kind: [[float(rect[key]) for key in ("x", "y", "width")] for rect in rects if rect["class"] == kind]
        for kind in ("cut", "down")
    }
    for level, (left, top, side) in zip(reversed(PLAN.levels[:-1]), boxes["cut"], strict=True):
        x, y, whole = boxes["down"][readme_picture.CHANNELS * (level.index + 1) - 1]  # the one in front
        found = [(left - x) * level.skip / whole, (top - y) * level.skip / whole, side * level.skip / whole]
        assert found == pytest.approx([level.crop, level.crop, level.cropped], abs=0.01)
        assert f'viewBox="{level.crop} {level.crop} {level.cropped} {level.cropped}"' in committed


def test_both_pages_have_their_colours(committed):
    light, dark = committed.split("@media (prefers-color-scheme:dark)")
    for name in ("DOWN", "UP", "SKIP", "MUTED"):
        colour = getattr(style, name)
        assert f":{colour}}}" in light
        assert f":{style.DARK[colour]}}}" in dark.split("\n")[0]


def test_the_readme_shows_it_in_words_too():
    readme = (ROOT / "README.md").read_text("utf-8")
    (alt,) = re.findall(r"!\[([^\]]+)\]\(\.github/u-net\.svg\)", readme)
    sizes = {PLAN.size, PLAN.output_size, *(level.down[2] for level in PLAN.levels), *PLAN.crops}
    assert sizes <= {int(number) for number in re.findall(r"\d+", alt)}
