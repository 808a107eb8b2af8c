"""How the cells of ``cells`` look: from owners and distances to grey values.

    tissue:  cytoplasm ─► organelles ─► vesicles ─► membranes ─► synapses ─► blur ─► grain ─► dirt ─► 256 levels
    dish:    height of each cell ─► slope along the shear of the microscope ─► grain ─► 256 levels

Floats, unlike ``_shapes``: two machines may differ by one grey level. The numbers were set beside real slices: the
power spectrum of the cytoplasm, the profile across a membrane, the grey-value histogram.
"""

from math import isqrt, pi

import numpy as np
from scipy import ndimage

from unet_edu.data._shapes import RHO2, SUB, direction, smooth, uniform, window


def noise(rng, h, w, step):
    """Smooth noise float32 ``(h, w)``, standard deviation about 1, with a random number every `step` pixels."""
    return (smooth(rng, h, w, step) / np.float32(9000)).astype(np.float32)


def grain(rng, h, w, blur=0.0, sd=1.0):
    """Nearly Gaussian noise float32 ``(h, w)``, blurred by `blur` pixels, then of standard deviation `sd`."""
    white = sum(uniform(rng, (h, w)) for _ in range(3)) / np.float32(2**15)
    if blur:
        white = ndimage.gaussian_filter(white.astype(np.float32), blur)
        sd = sd * 2 * blur * pi**0.5  # what the blur has taken
    return (white * np.float32(sd)).astype(np.float32)


def bump(x, width):
    """A Gaussian bump of height 1."""
    return np.exp(-0.5 * np.square(x / width, dtype=np.float32))


def levels(image):
    """Round to the 256 levels of an 8-bit file: float32 in [0, 1]."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.float32) / np.float32(255)


def stamp(image, x, y, profile, radius):
    """Add profile(distance in pixels) around each point (x, y), in place."""
    h, w = image.shape
    k = np.arange(-radius, radius + 1)
    cols = np.floor(x).astype(np.int64)[:, None, None] + k[None, None, :]
    rows = np.floor(y).astype(np.int64)[:, None, None] + k[None, :, None]
    value = profile(np.sqrt((cols - x[:, None, None]) ** 2 + (rows - y[:, None, None]) ** 2))
    inside = (cols >= 0) & (cols < w) & (rows >= 0) & (rows < h)
    rows, cols, inside = np.broadcast_arrays(rows, cols, inside)
    np.add.at(image, (rows[inside], cols[inside]), np.broadcast_to(value, inside.shape)[inside].astype(np.float32))


def smear(image, x, y, length, width, turn, strength, mottle=None):
    """Add an oblong smear around (x, y), in place. turn: its direction, in half circles; mottle: times this image."""
    h, w = image.shape
    k = int(3 * length) + 1
    part = np.s_[max(0, int(y) - k) : min(h, int(y) + k), max(0, int(x) - k) : min(w, int(x) + k)]
    dx = np.arange(part[1].start, part[1].stop)[None, :] - x
    dy = np.arange(part[0].start, part[0].stop)[:, None] - y
    c, s = np.cos(pi * turn), np.sin(pi * turn)
    dark = strength * bump(dx * c + dy * s, length) * bump(dy * c - dx * s, width)
    image[part] += dark if mottle is None else dark * mottle[part]


# ---------------------------------------------------------------------------------------------- tissue


def tissue(rng, ellipses, X, Y, owner, border2, half, corner):
    """Paint tissue: float32 ``(h, w)``.

    border2: squared distance to the nearest border of two cells, pixels; half: half the width of the membrane's label,
    1/16 pixel; corner: where membrane fills a corner between cells.
    """
    h, w = owner.shape
    n = max((e.cell for e in ellipses), default=0) + 1
    radius = np.zeros(n)
    pieces = np.zeros(n, int)
    for e in ellipses:
        radius[e.cell] = max(radius[e.cell], e.b)
        pieces[e.cell] += 1
    distance = np.sqrt(border2.astype(np.float32)) + np.float32(0.5)  # to the middle of the membrane

    chance = rng.random_sample((6, n))
    clots = grain(rng, h, w, blur=1.9)
    clots -= 0.3 * clots * clots  # darker than bright

    def per_cell(value):
        return value.astype(np.float32)[owner]

    image = per_cell(0.613 + 0.08 * (chance[0] + chance[1] - 1) - 0.1 * (chance[2] < 0.06))
    image += (0.055 * clots + 0.035 * noise(rng, h, w, 8)) * per_cell(0.6 + 0.8 * chance[3])
    reticulum = bump(noise(rng, h, w, 13), 0.16) * np.clip(noise(rng, h, w, 50) + 0.2, 0, 1)
    image -= reticulum * per_cell(0.14 * (chance[4] < 0.6)) * (distance > 6)

    _microtubules(rng, image, [e for e in ellipses if pieces[e.cell] > 3], X, Y, owner)
    room = distance.copy()
    _mitochondria(rng, image, ellipses, X, Y, owner, room)
    _vesicles(rng, image, owner, room, np.minimum(chance[5] + 0.3 * (radius > 22 * SUB), 1))

    slant = np.clip(noise(rng, h, w, 40) - 1.1, 0, 1.2)  # cut at a slant, a membrane is broad and pale
    spread = np.clip(half / np.float32(SUB), 2, 9) * 0.92 * (1 + 1.2 * slant)
    depth = (0.37 + 0.035 * noise(rng, h, w, 20) + 0.05 * clots) * (1 - 0.4 * slant)
    line = bump(distance, spread)
    image -= depth * np.maximum(line, 0.75 * ndimage.gaussian_filter(corner.astype(np.float32), 1.0))
    _synapses(rng, image, border2)
    image -= 0.09 * np.clip(noise(rng, h, w, 40) - 1.4, 0, 1.5)  # stain lies unevenly …

    image = ndimage.gaussian_filter(np.maximum(image, 0.1), 0.7)  # no stain is quite black
    image += grain(rng, h, w, blur=0.9, sd=0.07) + grain(rng, h, w, sd=0.01)
    image += 0.03 * noise(rng, h, w, 150)  # … on every scale
    _dirt(rng, image)
    return levels(image)


def _microtubules(rng, image, ellipses, X, Y, owner):
    """Faint streaks along fibres."""
    h, w = image.shape
    wave, patchy = noise(rng, h, w, 30), np.clip(noise(rng, h, w, 20), 0, 1.5)
    for e in ellipses:
        part = window(e, X, Y)
        if part is None:
            continue
        u, v = (X[part] - e.x).astype(np.float32), (Y[part] - e.y).astype(np.float32)
        along, across = (u * e.c + v * e.s) / (256 * SUB), (v * e.c - u * e.s) / (256 * SUB)
        streaks = np.cos(2 * pi / 6 * across + 4 * wave[part]) * patchy[part]
        image[part] += 0.035 * streaks * bump(along, e.a / SUB / 2) * (owner[part] == e.cell)


def _mitochondria(rng, image, ellipses, X, Y, owner, room):
    """Dark bodies with a double membrane, folded inside; `room`, the distance to the next membrane, learns of them."""
    h, w = image.shape
    wobble, wave, patchy = noise(rng, h, w, 18), noise(rng, h, w, 26), noise(rng, h, w, 9)
    for e, chance in zip(ellipses, rng.random_sample((len(ellipses), 8)), strict=True):
        r = isqrt(e.a * e.b)
        if r < 17 * SUB or chance[0] > (0.1 if r < 30 * SUB else 0.42):
            continue
        b = min(max(int(r * (0.3 + 0.3 * chance[1])), 9 * SUB), 30 * SUB)
        a = int(b * (1 + 1.1 * chance[2] ** 2))
        slack = 0.75 * max(r - a, 0)
        body = e._replace(x=e.x + int(slack * (2 * chance[3] - 1)), y=e.y + int(slack * (2 * chance[4] - 1)), a=a, b=b)
        if e.a < 2 * e.b:  # in a thin process it lies lengthwise
            c, s = direction(int(1000 * chance[5]) - 500, int(1000 * chance[6]) - 500)
            body = body._replace(c=c, s=s)
        part = window(body, X, Y, 140)
        if part is None:
            continue
        u, v = (X[part] - body.x).astype(np.float32), (Y[part] - body.y).astype(np.float32)
        p, q = (u * body.c + v * body.s) / (256 * a), (v * body.c - u * body.s) / (256 * b)
        rho = np.sqrt(p * p + q * q) + 0.05 * wobble[part]
        edge = (rho - 1) * (isqrt(a * b) / SUB)  # pixels, negative inside
        own = np.clip((room[part] - 3) / 2, 0, 1) * (owner[part] == e.cell)
        matter = own / (1 + np.exp(np.clip(1.6 * edge, -30, 30)))
        period = 5.5 + 3 * chance[7]
        folds = np.cos(2 * pi / period * q * b / SUB + 3.5 * wave[part]) + 0.5 * patchy[part]
        inner = 0.34 + 0.08 * chance[1] + 0.04 * patchy[part] - 0.09 * np.clip(folds, -0.5, 1) * (edge < -3)
        inner += 0.05 * bump(edge + 4, 1.0) - 0.13 * bump(edge + 1.5, 1.2)
        image[part] += (inner - image[part]) * matter + 0.07 * own * bump(edge - 3, 1.8)
        room[part] = np.minimum(room[part], np.maximum(edge, -4) + 4)


def _vesicles(rng, image, owner, room, taste):
    """Small rings and dark dots in the cytoplasm: many in cells of high `taste`, few in the others."""
    h, w = image.shape
    x, y, lot, kind, size = rng.random_sample((5, h * w // 110 + 1))
    x, y = x * w, y * h
    at = y.astype(np.int64), x.astype(np.int64)
    share = np.array([0.12, 0.35, 0.9])[np.digitize(taste[owner[at]], [0.6, 0.9])]
    there = (room[at] > 7) & (lot < share)
    ring, dot = there & (kind < 0.55), there & (kind >= 0.55)

    r = (2.4 + 3.0 * size[ring] ** 2)[:, None, None]
    dark = (0.1 + 0.38 * kind[ring])[:, None, None]
    stamp(image, x[ring], y[ring], lambda rho: 0.06 * bump(rho, 1.5) - dark * bump(rho - r, 0.9), 7)
    wide = (0.9 + 0.9 * size[dot])[:, None, None]
    deep = (0.1 + 0.55 * (kind[dot] - 0.55))[:, None, None]
    stamp(image, x[dot], y[dot], lambda rho: -deep * bump(rho, wide), 6)


def _synapses(rng, image, border2):
    """Dark smears on some membranes."""
    h, w = image.shape
    chance = rng.random_sample((h * w // 900 + 1, 6))
    mottle = 1 + 0.5 * noise(rng, h, w, 4)
    for fx, fy, lot, size, turn, deep in chance:
        if lot < 0.12 and border2[int(fy * h), int(fx * w)] < 4:
            length = 4 + 12 * size**2
            smear(image, fx * w, fy * h, length, length / 2, turn, -(0.14 + 0.2 * deep), mottle)


def _dirt(rng, image):
    """What preparation leaves on a section: a faint knife mark, bright holes, dark specks."""
    h, w = image.shape
    for fx, fy, lot, size, turn, deep in rng.random_sample((h * w // 60_000 + 1, 6)):
        x, y = fx * w, fy * h
        if lot < 0.15:
            smear(image, x, y, 60 + 60 * size, 2 + 3 * deep, turn, 0.07 * (deep - 0.6))
        elif lot < 0.5:
            stamp(image, np.array([x]), np.array([y]), lambda rho, r=2 + 2 * size: 0.4 / (1 + np.exp(2 * (rho - r))), 9)
        elif lot < 0.75:
            smear(image, x, y, 1.5 + 2.5 * size, 1.5, turn, -0.3)


# ---------------------------------------------------------------------------------------------- dish


def dish(rng, ellipses, X, Y, owner, rho2, gap):
    """Paint round cells: float32 ``(h, w)``. rho2: as from ``_shapes.grow``; gap: the border of two touching cells."""
    h, w = owner.shape
    n = max((e.cell for e in ellipses), default=0) + 1
    chance = rng.random_sample((3, n))
    dome = np.sqrt(np.clip(1 - rho2 / np.float32(RHO2), 0, 1))
    granules = 0.5 * noise(rng, h, w, 4) + 0.5 * noise(rng, h, w, 7)
    cell = (owner > 0) & ~gap
    height = (8 + 7 * chance[0]).astype(np.float32)[owner] * dome
    height += (0.8 + 1.0 * chance[1]).astype(np.float32)[owner] * granules * np.minimum(dome * 2, 1) * cell
    _nuclei(rng, height, ellipses, X, Y, owner)
    height += 0.25 * noise(rng, h, w, 5)
    height[gap] -= 2
    slope = ndimage.gaussian_filter(height, 1.2, order=(0, 1)) - ndimage.gaussian_filter(height, 1.2, order=(1, 0))
    image = 0.46 + 0.26 * np.tanh(slope * 0.7) + 0.03 * noise(rng, h, w, 180)
    image -= 0.03 * cell
    image += grain(rng, h, w, blur=0.6, sd=0.012) + grain(rng, h, w, sd=0.008)
    return levels(image)


def _nuclei(rng, height, ellipses, X, Y, owner):
    """A flat disc off the centre of each cell, with one to three nucleoli on it."""
    for e, chance in zip(ellipses, rng.random_sample((len(ellipses), 10)), strict=True):
        size = 0.42 + 0.12 * chance[0]
        x, y = e.x + int(0.25 * e.b * (2 * chance[1] - 1)), e.y + int(0.25 * e.b * (2 * chance[2] - 1))
        part = window(e, X, Y)
        if part is None:
            continue
        u, v = (X[part] - x).astype(np.float32), (Y[part] - y).astype(np.float32)
        own = owner[part] == e.cell
        rho = np.sqrt(u * u + v * v) / (size * e.b)
        disc = own / (1 + np.exp(np.clip((rho - 1) * 9, -30, 30)))
        height[part] += (1.5 - 0.6 * (height[part] - height[part].mean())) * 0.5 * disc
        for k in range(1 + int(3 * chance[3])):
            du, dv = (size * e.b * (1.2 * chance[4 + 2 * k + i] - 0.6) for i in (0, 1))
            height[part] += 2.2 * own * bump(np.sqrt((u - du) ** 2 + (v - dv) ** 2), 0.12 * e.b)
