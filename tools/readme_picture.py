"""The README's picture, an animated forward pass: ``python tools/readme_picture.py [FILE]`` (``make picture``).

The trained network ``unet8-cells`` looks at drawn tissue of the paper's size. What is seen are its own feature maps;
sizes, crops and frames are those of ``arithmetic.plan``. On dark pages the colours change, and whoever asked for less
motion sees the finished picture. The SVG has no script and needs no other file.
"""

from __future__ import annotations

import argparse
import base64
import io
from pathlib import Path

import numpy as np
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from unet_edu import arithmetic, checkpoints
from unet_edu.activations import capture
from unet_edu.data import cells
from unet_edu.files import written_whole
from unet_edu.plots import style
from unet_edu.predict import normalisation

FILE = Path(__file__).resolve().parents[1] / ".github" / "u-net.svg"
NETWORK, SIZE, SEED = "unet8-cells", 572, 5
PLAN = arithmetic.plan(SIZE)
*LEVELS, BOTTOM = PLAN.levels

# The drawing, in units that are pixels where a README is 830 wide. One entry a level, from the top.
WIDTH, HEIGHT, MIDDLE = 830, 596, 415
ROWS = 114, 260, 378, 476, 546  # the middle of each level
SIDES = 130, 94, 70, 54, 42  # of the last map going down; at true scale each would be half the one above
SPREAD = 168, 162, 152, 138, 0  # from the middle to either path
CHANNELS, FAN = 3, 5  # tiles in a stack, and how far each looks out behind the one before it
SHADES, SHARPNESS = 40, 1.6  # colours of an embedded picture; its pixels for one unit
ROOM, LABEL = 2 * FAN + 7, 20  # from the edge of the tile in front to what comes next, and to its label

# The film, in seconds: when each stack appears going down, and coming up.
LOOP, DEVELOP, SLIDE, FADE = 10, 0.8, 0.7, 0.5
GOING_DOWN = [0.5 + 0.45 * level.index for level in PLAN.levels]
COMING_UP = [GOING_DOWN[-1] + 0.35 + 0.8 * (PLAN.depth - level.index) for level in LEVELS]
RESULT = COMING_UP[0] + 0.8

STROKES = {".down": "DOWN", ".up": "UP", ".skip": "SKIP", ".ghost": "GRID"}
FILLS = {"text": "MUTED", ".crop": "SKIP", ".cell": "UP_AREA", ".membrane": "UP"}
HEADS = {"right": "l-4-4 4 4-4 4", "down": "l-4-4 4 4 4-4", "up": "l-4 4 4-4 4 4"}


class Drawing:
    """What the SVG is made of: pictures, what is there all the time, what moves, and how."""

    def __init__(self):
        self.pictures, self.still, self.moving, self.film = [], [], [], []

    def picture(self, name, values, side, colours):
        """Keep a map of values 0 … 1, to be seen `side` units wide, as the picture `name`; its units are its pixels."""
        size, most = values.shape[0], round(side * SHARPNESS)
        small = Image.fromarray(np.clip(values, 0, 1).astype(np.float32))
        if size > most:
            small = small.resize((most, most), Image.Resampling.BOX)
        ramp, at = np.array([to_rgb(colour) for colour in colours]).T, np.linspace(0, len(colours) - 1, SHADES)
        palette = np.stack([np.interp(at, range(len(colours)), channel) for channel in ramp], axis=1)
        shades = Image.fromarray((np.asarray(small) * (SHADES - 1)).round().astype(np.uint8))
        shades.putpalette((palette * 255).round().astype(np.uint8).tobytes())
        file = io.BytesIO()
        shades.save(file, "PNG", optimize=True)
        grain = ' class="grain"' if size < 1.3 * side else ""
        data = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
        self.pictures.append(f'<image id="{name}"{grain} width="{size}" height="{size}" href="{data}"/>')

    def stack(self, name, maps, x, y, side, path, arrival):
        """Fan out the channels that vary most, the first one in front, around (x, y)."""
        colour = getattr(style, path.upper())
        ramp = style.INK, colour, style.DARK[colour], style.PAPER
        tiles = ""
        for place, channel in enumerate(maps.flatten(1).std(1).argsort(descending=True)[:CHANNELS]):
            values = maps[channel].numpy()
            seen = side if place == 0 else side / 2  # of those behind only an edge is to be seen
            self.picture(f"{name}-{place}", values / np.quantile(values, 0.995), seen, ramp)
            tiles = tile(f"{name}-{place}", x + FAN * place, y - FAN * place, side, path, maps.shape[-1]) + tiles
        self.still.append(frame(x, y, side, "ghost"))
        self.moving.append(f"<g {self.motion(arrival, DEVELOP)}>{tiles}</g>")

    def arrow(self, line, head, path, arrival, length=0.4):
        """Draw an arrow that grows along a line and is there at `arrival`."""
        shape = f'pathLength="1" d="{line}{HEADS[head]}"'
        grow = self.motion(arrival - length, length, "opacity:0;stroke-dashoffset:1")
        run = self.motion(arrival - length, 1.4 * length, "stroke-dashoffset:.5", "stroke-dashoffset:-1.1")
        self.still.append(f'<path class="ghost" {shape}/>')
        self.moving.append(f'<path class="{path} line" {shape} {grow}/><path class="{path} pulse" {shape} {run}/>')

    def motion(self, start, length, before="opacity:0", after="opacity:1;transform:none;stroke-dashoffset:0"):
        """Return the attribute that changes `before` into `after` in `length` seconds from `start` on."""
        first, last = (f"{100 * time / LOOP:.4g}%" for time in (start, start + length))
        self.film.append(f"@keyframes k{len(self.film)}{{0%,{first}{{{before}}}{last},to{{{after}}}}}")
        return f'style="animation-name:k{len(self.film) - 1}"'

    def text(self, words, x, y, anchor="middle", kind="size"):
        """Write a label around, before or after x, on the base line y."""
        self.still.append(f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{words}</text>')


def square(x, y, side):
    """Return the attributes of a square around (x, y)."""
    return f'x="{x - side / 2:g}" y="{y - side / 2:g}" width="{side:g}" height="{side:g}"'


def frame(x, y, side, kind):
    """Return the outline of a square around (x, y)."""
    return f'<rect class="{kind}" {square(x, y, side)} rx="1.5"/>'


def tile(name, x, y, side, kind, count, first=0):
    """Return the pixels first … first + count - 1 of a picture, on both axes, as a framed square around (x, y)."""
    view = f'viewBox="{first} {first} {count} {count}"'
    return f'<svg {square(x, y, side)} {view}><use href="#{name}"/></svg>' + frame(x, y, side, kind)


def go_down(drawing, maps):
    """Draw the image and the contracting path."""
    y, left, side = ROWS[0], MIDDLE - SPREAD[0] - SIDES[0] / 2, SIZE * SIDES[0] / LEVELS[0].skip
    x = left - 30 - side / 2
    drawing.picture("image", maps["image"], side, ("#000000", "#ffffff"))
    drawing.still.append(tile("image", x, y, side, "ghost", SIZE))
    drawing.text(f"image {SIZE}", x, y - side / 2 - LABEL)
    drawing.arrow(f"M{left - 24:g} {y}H{left - 6:g}", "right", "down", GOING_DOWN[0])

    from_x = from_y = 0  # where the arrow from the level above begins
    for level, side, spread, y, time in zip(PLAN.levels, SIDES, SPREAD, ROWS, GOING_DOWN, strict=True):
        x, sizes = MIDDLE - spread, f"{level.down[0]} → {level.down[2]}"
        if level is LEVELS[0]:
            drawing.text(sizes, x, y - side / 2 - LABEL)
        elif level is BOTTOM:
            drawing.text(sizes, x, y + side / 2 + LABEL)
            turn = f"M{from_x} {from_y}Q{from_x} {y} {from_x + 40} {y}H{x - side / 2 - 6}"
            drawing.arrow(turn, "right", "down", time)
        else:
            drawing.text(sizes, x - side / 2 - 10, y + 4, "end")
            drawing.arrow(f"M{x} {from_y}V{y - side / 2 - ROOM + 2}", "down", "down", time)
        drawing.stack(f"d{level.index}", maps[f"d{level.index}.relu2"][0], x, y, side, "down", time)
        from_x, from_y = x, y + side / 2 + 6


def go_up(drawing, maps):
    """Draw the skip connections, the expansive path and the label map."""
    from_x, from_y = MIDDLE + SIDES[-1] / 2 + ROOM, ROWS[-1]  # where the arrow from the level below begins
    for level, side, spread, y, time in reversed(list(zip(LEVELS, SIDES, SPREAD, ROWS, COMING_UP, strict=False))):
        unit, sizes = side / level.skip, f"{level.up[0]} → {level.up[2]}"
        cut, made = unit * level.cropped, unit * level.up[2]
        x, skip_x, up_x = MIDDLE - spread, MIDDLE + spread - cut / 2 - 4, MIDDLE + spread + made / 2 + 4
        start, end = x + side / 2 + ROOM, skip_x - cut / 2 - 6
        appear = drawing.motion(time - SLIDE - 0.4, 0.4)
        slide = drawing.motion(time - SLIDE, SLIDE, f"transform:translateX({x - skip_x:g}px)")
        cropped = tile(f"d{level.index}-0", skip_x, y, cut, "skip", level.cropped, level.crop)
        drawing.arrow(f"M{start:g} {y}H{end:g}", "right", "skip", time, SLIDE)
        drawing.text(f"crop {level.crop}", (start + end) / 2, y - 9, kind="crop")
        drawing.still.append(frame(skip_x, y, cut, "ghost"))
        drawing.moving.append(f"<g {appear}>{frame(x, y, cut, 'cut')}<g {slide}>{cropped}</g></g>")

        if level is LEVELS[-1]:
            line = f"M{from_x} {from_y}H{up_x - 40:g}Q{up_x:g} {from_y} {up_x:g} {y + made / 2 + 6:g}"
        else:
            line = f"M{from_x:g} {from_y:g}V{y + made / 2 + 6:g}"
        drawing.arrow(line, "up", "up", time)
        if level is LEVELS[0]:
            drawing.text(sizes, up_x, y - made / 2 - LABEL)
        else:
            drawing.text(sizes, up_x + made / 2 + ROOM + 3, y + 4, "start")
        drawing.stack(f"u{level.index}", maps[f"u{level.index}.relu2"][0], up_x, y, made, "up", time)
        from_x, from_y = up_x, y - made / 2 - ROOM + 2

    right = up_x + made / 2 + ROOM
    x = right + 24 + made / 2
    drawing.arrow(f"M{right:g} {y}H{right + 18:g}", "right", "up", RESULT)
    drawing.text(f"label map {PLAN.output_size}", x, y - made / 2 - LABEL)
    drawing.picture("label", maps["output"][0].argmax(0).numpy() == 0, made, ("#000000", "#ffffff"))
    drawing.pictures.append(f'<mask id="membranes">{tile("label", x, y, made, "none", PLAN.output_size)}</mask>')
    drawing.still.append(frame(x, y, made, "ghost"))
    drawing.moving.append(
        f'<g {drawing.motion(RESULT, DEVELOP)}><rect class="cell" {square(x, y, made)}/>'
        f'<rect class="membrane" mask="url(#membranes)" {square(x, y, made)}/>{frame(x, y, made, "up")}</g>'
    )


def colours(dark):
    """Return the style rules for the colours of a page."""
    rules = ""
    for names, what in ((STROKES, "stroke"), (FILLS, "fill")):
        for selector, name in names.items():
            colour = getattr(style, name)
            rules += f"{selector}{{{what}:{style.DARK[colour] if dark else colour}}}"
    return rules


def draw() -> str:
    """Return the picture, the text of an SVG file."""
    net, tissue = checkpoints.load(NETWORK), cells.tissue(SIZE, SEED)
    mean, std = normalisation(net)
    maps = capture(net, (torch.from_numpy(tissue.image)[None, None] - mean) / std)
    drawing = Drawing()
    go_down(drawing, {**maps, "image": tissue.image})
    go_up(drawing, maps)
    pictures, still, moving, film = map("\n".join, (drawing.pictures, drawing.still, drawing.moving, drawing.film))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">
<title>A forward pass through a U-Net</title>
<desc>An image of {SIZE} pixels a side goes down the contracting path, whose maps shrink to {BOTTOM.down[2]} pixels, and
up the expansive path to a label map of {PLAN.output_size}. At each level a skip connection cuts the middle out of a map
on the left and sets it beside the maps on the right.</desc>
<style>
rect,path{{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}}
.grain{{image-rendering:pixelated}}
.cut{{stroke:{style.DARK[style.SKIP]};stroke-width:2}}
.line{{stroke-width:2;stroke-dasharray:1 2}}
.pulse{{stroke-width:7;stroke-opacity:.35;stroke-dasharray:.4 2;stroke-dashoffset:.5}}
text{{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}}
{colours(dark=False)}
@media (prefers-color-scheme:dark){{{colours(dark=True)}}}
@media (max-width:500px){{text{{font-size:18px}}}}
[style]{{animation:{LOOP}s ease-in-out infinite}}
.film{{animation:fade {LOOP}s ease-in-out infinite}}
@keyframes fade{{0%,{100 - 100 * FADE / LOOP:g}%{{opacity:1}}to{{opacity:0}}}}
{film}
@media (prefers-reduced-motion:reduce){{[style],.film{{animation:none!important}}}}
</style>
<defs>
{pictures}
</defs>
{still}
<g class="film">
{moving}
</g>
</svg>
"""


def write(file: Path) -> None:
    """Draw the picture into `file`; an old one stays until the new one is whole."""
    with written_whole(file) as part:
        part.write_text(draw(), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=FILE)
    given = parser.parse_args()
    write(given.file)
    print(f"{given.file}: {given.file.stat().st_size / 1e3:.0f} kB")
