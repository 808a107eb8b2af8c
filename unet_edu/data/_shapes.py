"""Where the cells of ``cells`` lie: whole numbers from the random stream to the label.

    throw                darts ──► ellipses, big cells first; a dart that lands on a cell is lost
    bend                 smooth noise bends the coordinates, which makes the ellipses irregular
    grow                 each pixel goes to the ellipse with the lowest price for it ──► owner
    borders, distance2   owner ──► how far it is to the next cell ──► membranes (touching: ──► gaps)
    number               what is left inside ──► cells 1…n

Nothing here is a float, so that a seed gives the same labels on every machine. Positions and radii are in 1/16 pixel,
directions in 1/256. ``numpy.random.RandomState`` supplies the random numbers: its stream is frozen for good (NEP 19).
"""

from math import isqrt
from typing import NamedTuple

import numpy as np
from scipy import ndimage

SUB = 16  # a pixel, in the unit of positions and radii
COARSE = 4  # pixels: a square of the board on which darts are thrown
MARGIN = 96  # pixels around the image where darts land too, so that the edge of the image cuts through cells
FAR = 12  # pixels: distances to a border are not followed further
RHO2 = 2**14  # the rim of an ellipse, ρ² = 1, in the unit of squared distances below
REACH = 8 * RHO2  # no cell grows further than √8 radii from its centre


def stream(seed, purpose):
    """Return a random stream for a purpose of its own: a change in painting leaves the labels alone."""
    words = []
    while seed:
        words.append(seed & 0xFFFFFFFF)
        seed >>= 32
    return np.random.RandomState([*words, len(words), purpose])


def uniform(rng, shape):
    """Return whole numbers int32, uniform in [-2**15, 2**15)."""
    return rng.randint(-(2**15), 2**15, shape, dtype=np.int16).astype(np.int32)


def smooth(rng, h, w, step):
    """Return smooth noise int32 ``(h, w)``, mean 0, standard deviation about 9000.

    A random number every `step` pixels, cubic B-splines between them.
    """
    t = np.arange(step, dtype=np.int64)
    s = step
    spline = np.stack(
        [(s - t) ** 3, 3 * t**3 - 6 * s * t**2 + 4 * s**3, -3 * t**3 + 3 * s * t**2 + 3 * s**2 * t + s**3, t**3]
    )
    spline = (spline * 4096 // (6 * s**3)).astype(np.int32)

    def join(knots, n):
        out = np.empty((n, knots.shape[1]), np.int32)
        for start in range(0, n, 64):  # a band at a time stays in the processor's cache
            knot, phase = np.divmod(np.arange(start, min(start + 64, n)), s)
            out[start : start + 64] = sum(knots[knot + k] * spline[k][phase][:, None] for k in range(4)) >> 12
        return out

    knots = uniform(rng, (-(-w // s) + 3, -(-h // s) + 3))
    return join(np.ascontiguousarray(join(knots, w).T), h)


def direction(dx, dy):
    """Return the unit vector along (dx, dy), in 1/256."""
    length = isqrt(dx * dx + dy * dy)
    return (256 * dx // length, 256 * dy // length) if length else (256, 0)


class Ellipse(NamedTuple):
    """A piece of a cell: centre (x, y), semi-axes a and b, direction (c, s) of a, and the number of its cell."""

    x: int
    y: int
    a: int
    b: int
    c: int
    s: int
    cell: int

    def half_box(self):
        """Return half the width and half the height of the box around it."""
        wide = isqrt((self.a * self.c // 256) ** 2 + (self.b * self.s // 256) ** 2)
        high = isqrt((self.a * self.s // 256) ** 2 + (self.b * self.c // 256) ** 2)
        return wide, high


class Recipe(NamedTuple):
    """One kind of cell."""

    darts: int  # thrown per 100,000 square pixels
    radius: tuple[int, int]  # pixels
    crowd: tuple[int, int] = (-(2**15), 2**15)  # grows where smooth noise (standard deviation 9000) lies between these
    stretch: int = 0  # length over width is 1 to 1 + this / 100
    lobed: int = 0  # percent of the cells that have a second lobe
    fibre: bool = False  # a long process that follows the local direction
    room: int = 85  # percent of an ellipse that has to be free where the dart lands


# ---------------------------------------------------------------------------------------------- darts


class _Board:
    """The coarse grid under the image and its margin: what is taken, how crowded it is, and which way fibres run."""

    def __init__(self, rng, h, w):
        self.h = (h + 2 * MARGIN) // COARSE + 1
        self.w = (w + 2 * MARGIN) // COARSE + 1
        self.taken = np.zeros((self.h, self.w), bool)
        self.crowd = smooth(rng, self.h, self.w, 130 // COARSE)
        self.dx = smooth(rng, self.h, self.w, 360 // COARSE)
        self.dy = smooth(rng, self.h, self.w, 360 // COARSE)

    def square(self, x, y):
        """Row and column under a position, or None off the board."""
        row, col = y // (COARSE * SUB), x // (COARSE * SUB)
        return (row, col) if 0 <= row < self.h and 0 <= col < self.w else None

    def under(self, e, percent=100):
        """The squares under `percent` of an ellipse's area: a window of the board and a mask in it."""
        unit = COARSE * SUB
        wide, high = e.half_box()
        rows = slice(max(0, (e.y - high) // unit), max(0, (e.y + high) // unit + 1))
        cols = slice(max(0, (e.x - wide) // unit), max(0, (e.x + wide) // unit + 1))
        u = (np.arange(self.w, dtype=np.int64)[cols] * unit + unit // 2 - e.x)[None, :]
        v = (np.arange(self.h, dtype=np.int64)[rows] * unit + unit // 2 - e.y)[:, None]
        p, q = (u * e.c + v * e.s) // 256, (v * e.c - u * e.s) // 256
        return (rows, cols), (p * p * e.b**2 + q * q * e.a**2) * 100 <= e.a**2 * e.b**2 * percent

    def is_free(self, e, percent):
        window, mask = self.under(e, percent)
        return not (self.taken[window] & mask).any()

    def take(self, e):
        window, mask = self.under(e)
        self.taken[window] |= mask


def throw(rng, h, w, recipes):
    """Throw the darts of each recipe in turn on h × w pixels and a margin; return the ellipses of all cells."""
    board = _Board(rng, h, w)
    ellipses, cells = [], 0
    for recipe in recipes:
        darts = board.h * board.w * COARSE**2 * recipe.darts // 100_000 + 1
        low, high = (radius * SUB for radius in recipe.radius)
        for dart in rng.randint(0, 2**16, (darts, 8), dtype=np.uint16).tolist():
            x, y = dart[0] * board.w * COARSE * SUB >> 16, dart[1] * board.h * COARSE * SUB >> 16
            at = board.square(x, y)
            if board.taken[at] or not recipe.crowd[0] <= board.crowd[at] < recipe.crowd[1]:
                continue
            r = low + ((high - low) * dart[2] ** 2 >> 32)  # the square makes small ones commoner
            if recipe.fibre:
                parts = _fibre(board, x, y, r, cells + 1)
                if len(parts) < 4:
                    continue
            else:
                parts = _body(board, recipe, x, y, r, dart[3:], cells + 1)
                if not board.is_free(parts[0], recipe.room):
                    continue
            cells += 1
            ellipses += parts
            for part in parts:
                board.take(part)
    return [e._replace(x=e.x - MARGIN * SUB, y=e.y - MARGIN * SUB) for e in ellipses]


def _body(board, recipe, x, y, r, chance, cell):
    """One ellipse, roughly along the local direction, and perhaps a lobe on its side."""
    row, col = board.square(x, y)
    east, south, grow, lot = chance[1] - 2**15, chance[2] - 2**15, chance[3], chance[4]
    stretch = 100 + (recipe.stretch * chance[0] >> 16)
    c, s = direction(int(board.dx[row, col]) + east // 2, int(board.dy[row, col]) + south // 2)
    parts = [Ellipse(x, y, isqrt(r * r * stretch // 100), isqrt(r * r * 100 // stretch), c, s, cell)]
    if lot % 100 < recipe.lobed:
        c, s = direction(south, grow - 2**15)
        lobe = r * (40 + grow % 37) // 100
        parts.append(Ellipse(x + c * r // 205, y + s * r // 205, lobe * 3 // 2, lobe, c, s, cell))
    return parts


def _fibre(board, x0, y0, r, cell):
    """A chain of ellipses from (x0, y0) both ways along the local direction, until it meets another cell."""
    parts = []
    row, col = board.square(x0, y0)
    c0, s0 = direction(int(board.dx[row, col]), int(board.dy[row, col]))
    for c, s in ((c0, s0), (-c0, -s0)):
        x, y = x0, y0
        for _ in range(9):
            at = board.square(x, y)
            if at is None or board.taken[at]:
                break
            along = direction(int(board.dx[at]), int(board.dy[at]))
            sign = 1 if along[0] * c + along[1] * s >= 0 else -1
            c, s = direction(c + sign * along[0], s + sign * along[1])
            parts.append(Ellipse(x, y, 2 * r, r, c, s, cell))
            x, y = x + c * r * 5 // 1024, y + s * r * 5 // 1024
    return parts


# ---------------------------------------------------------------------------------------------- pixels


def bend(rng, h, w, waves):
    """Return coordinates X, Y int32 ``(h, w)``, shifted by smooth noise; `waves`: pairs (step, shift), pixels."""
    dx, dy = (sum(smooth(rng, h, w, step) * size for step, size in waves) >> 10 for _ in "xy")
    dx += np.arange(w, dtype=np.int32)[None, :] * SUB
    dy += np.arange(h, dtype=np.int32)[:, None] * SUB
    return dx, dy


def window(e, X, Y, percent=100):
    """Return the part of the image, as two slices, that holds an ellipse grown to `percent` of its size, or None."""
    h, w = X.shape
    x, y = e.x, e.y
    for _ in range(2):  # undo the bending; it is gentle enough for two steps
        row, col = min(max(y // SUB, 0), h - 1), min(max(x // SUB, 0), w - 1)
        x, y = e.x - (int(X[row, col]) - col * SUB), e.y - (int(Y[row, col]) - row * SUB)
    wide, high = (n * percent // 83 + 2 * SUB for n in e.half_box())  # 83: a fifth more, for the bending nearby
    rows = slice(max(0, (y - high) // SUB), min(h, (y + high) // SUB + 1))
    cols = slice(max(0, (x - wide) // SUB), min(w, (x + wide) // SUB + 1))
    return (rows, cols) if rows.start < rows.stop and cols.start < cols.stop else None


def grow(ellipses, X, Y, reach=REACH):
    """Return which cell owns each pixel (0: none), and its squared distance ρ² from the centre: two int32 ``(h, w)``.

    ρ is in radii of the ellipse, ρ² in 1/16384; growth ends at `reach`. The pixel goes to the ellipse with the lowest
    price (ρ² - 1)·r^2.5. With r² the borders would be straight (a power diagram); the higher power lets big cells stay
    round and small ones give way, as in tissue.
    """
    lowest = np.full(X.shape, 2**30, np.int32)
    owner = np.zeros(X.shape, np.int32)
    rho2 = np.full(X.shape, reach, np.int32)
    percent = isqrt(10_000 * reach // RHO2) + 1
    for e in ellipses:
        part = window(e, X, Y, percent)
        if part is None:
            continue
        u, v = X[part] - np.int32(e.x), Y[part] - np.int32(e.y)
        p = (u * np.int32(e.c * 4096 // e.a) + v * np.int32(e.s * 4096 // e.a)) >> 10  # radii, in 1/1024
        q = (v * np.int32(e.c * 4096 // e.b) - u * np.int32(e.s * 4096 // e.b)) >> 10
        square = np.minimum((p * p + q * q) >> 6, reach)
        r = isqrt(e.a * e.b)
        weight = min(max(r * r * isqrt(r) // 30_000, 1), 4095)
        price = (square - RHO2) * np.int32(weight)  # below 2**29
        mine = (price < lowest[part]) & (square < reach)
        np.copyto(lowest[part], price, where=mine)
        np.copyto(owner[part], np.int32(e.cell), where=mine)
        np.copyto(rho2[part], square, where=mine)
    return owner, rho2


def distance2(here):
    """Return the squared distance int16 ``(h, w)`` in pixels to the nearest True pixel of `here`, at most FAR²."""
    d = np.where(here, np.int16(0), np.int16(FAR**2))
    for _ in "yx":  # the square of a distance is the smallest sum of a square along each axis
        near = d.copy()
        for k in range(1, min(FAR, max(d.shape))):
            np.minimum(near[k:], d[:-k] + np.int16(k * k), out=near[k:])
            np.minimum(near[:-k], d[k:] + np.int16(k * k), out=near[:-k])
        d = np.ascontiguousarray(near.T)
    return d


STRAIGHT = ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1]))
DIAGONAL = ((np.s_[1:, 1:], np.s_[:-1, :-1]), (np.s_[1:, :-1], np.s_[:-1, 1:]))


def borders(owner):
    """Return True where one of the four neighbours has another owner."""
    border = np.zeros(owner.shape, bool)
    for one, other in STRAIGHT:
        differ = owner[one] != owner[other]
        border[one] |= differ
        border[other] |= differ
    return border


def touching(owner):
    """Return True where a pixel of a cell has a pixel of another cell among its eight neighbours."""
    gap = np.zeros(owner.shape, bool)
    for one, other in STRAIGHT + DIAGONAL:
        meet = (owner[one] != owner[other]) & (owner[one] > 0) & (owner[other] > 0)
        gap[one] |= meet
        gap[other] |= meet
    return gap


def number(inside, smallest):
    """Number the 4-connected pieces of `inside` 1…n in reading order: int32 ``(h, w)``.

    Pieces of fewer than `smallest` pixels are dropped, unless the edge of the image may have cut them.
    """
    pieces, n = ndimage.label(inside)
    keep = np.bincount(pieces.ravel(), minlength=n + 1) >= smallest
    for edge in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]):
        keep[edge] = True
    keep[0] = False
    first = np.zeros(n + 1, np.int64)  # where a piece is met first; scipy promises no order
    first[pieces.ravel()[::-1]] = np.arange(pieces.size)[::-1]
    kept = np.flatnonzero(keep)
    numbers = np.zeros(n + 1, np.int32)
    numbers[kept[np.argsort(first[kept])]] = np.arange(1, kept.size + 1)
    return numbers[pieces]
