"""Bend a row of pixels by three nodes."""

import math

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw the chapter's row, an even shift, places beyond the ends and far beyond, integers, and nodes of 0."""

    def row(n):
        return np.round(rng.random(n), 3)

    def some(low, high):
        return float(np.round(rng.uniform(low, high), 2))

    n = 2 * int(rng.integers(5, 9)) + 1
    whole = rng.integers(0, 256, n)
    return [
        Case((row(9), [0.0, 2.0, 0.0]), "the nodes of the chapter"),
        Case((row(n), [0.0, some(1, 2), some(-2, -1)]), "read to the right, then to the left", 2),
        Case((row(n), [some(-3.5, -2.5), 0.0, some(2.5, 3.5)]), "places beyond both ends", 2),
        Case((row(n), [-3.0, -3.0, -3.0]), "read three pixels to the left everywhere"),
        Case((row(n), [some(-2.8, -2.2) * n, 0.0, some(2.2, 2.8) * n]), "places far beyond the ends"),
        Case((row(3), [some(0.2, 0.8), some(-0.8, -0.2), some(0.2, 0.8)]), "three pixels, as many nodes"),
        Case((whole, [some(0.5, 1.5), some(-0.8, -0.2), 0.0]), "greys that are whole numbers"),
        Case((row(n), [0.0, 0.0, 0.0]), "no displacement at all"),
    ]


def oracle(args, params):
    """Bend pixel by pixel; a place beyond an end is mirrored until it lies in the row."""
    row, nodes = args
    last = len(row) - 1
    bent = []
    for x in range(last + 1):
        left, right = (nodes[0], nodes[1]) if x <= last / 2 else (nodes[1], nodes[2])
        along = (x % (last / 2)) / (last / 2) if x < last else 1.0
        place = x + (1 - along) * left + along * right
        if x == last // 2:
            place = x + nodes[1]
        while not 0 <= place <= last:
            place = -place if place < 0 else 2 * last - place
        below = min(math.floor(place), last - 1)
        part = place - below
        bent.append((1 - part) * float(row[below]) + part * float(row[below + 1]))
    return np.array(bent)


def mistakes(args, params):
    """Yield another sign, other ends, other interpolations, and other nodes."""
    row, nodes = np.asarray(args[0], dtype=float), np.asarray(args[1], dtype=float)
    last = len(row) - 1
    x = np.arange(last + 1)
    along = np.interp(x, [0, last / 2, last], nodes)

    def mirrored(place, last=last, low=0):
        span = last - low
        place = np.abs(place - low) % (2 * span)
        return low + np.where(place > span, 2 * span - place, place)

    def read(place):
        return np.interp(place, x, row)

    place = x + along
    yield read(mirrored(x - along)), "the displacements have the wrong sign: a positive one reads further right"
    yield read(place), "beyond the ends the last grey is repeated; places there are mirrored"
    yield read(place % (last + 1)), "beyond one end it goes on at the other; places there are mirrored"
    yield read(place % last), "beyond one end it goes on at the other; places there are mirrored"
    yield (
        np.interp(mirrored(place, last + 0.5, -0.5), x, row),
        "the mirror stands behind the last pixel, which is seen twice; it stands on its centre",
    )
    once = np.abs(place)
    yield (
        read(np.where(once > last, 2 * last - once, once)),
        "a place far beyond is mirrored once; it may take more often",
    )
    yield read(np.clip(np.abs(place), 0, last)), "the mirror at the right end is missing"
    yield read(np.where(place > last, 2 * last - place, place)), "the mirror at the left end is missing"
    near = mirrored(place)
    yield row[near.round().astype(int)], "it takes the nearest grey; greys are read in between"
    yield row[near.astype(int)], "it takes the grey of the pixel to the left; greys are read in between"
    rounded = np.trunc(read(near))
    if np.array_equal(row, np.trunc(row)):
        for kind in ("int64", "float64"):
            yield rounded.astype(kind), "greys in between are cut off: the bent row holds floats"
    yield (
        read(mirrored(x + _cubic(nodes, last + 1))),
        "displacements are interpolated by a cubic, as in the chapter; here linearly",
    )
    yield (
        read(mirrored(x + np.interp(x, [0, (last + 1) / 2, last + 1], nodes))),
        "the nodes lie on the first, the middle and the last pixel, which are not 0, n/2 and n",
    )
    yield (
        read(mirrored(x + np.interp(x, [0, 1, 2], nodes))),
        "the nodes lie on the first, the middle and the last pixel",
    )
    yield read(mirrored(x + np.interp(x, [0, last / 2, last], nodes[::-1]))), "the nodes are taken from right to left"
    yield read(mirrored(x + nodes[1])), "all pixels move as the middle one does"
    order = np.argsort(place, kind="stable")
    yield (
        np.interp(x, place[order], row[order]),
        "it moves each pixel by its displacement; a displacement is where a new pixel reads its value",
    )
    yield along, "these are the displacements, not the greys"
    yield place, "these are the places, not the greys there"


def picture(args, got):
    """Draw the row, and the bent row that the answer returned."""
    from matplotlib.figure import Figure

    row, came = as_array(args[0]), as_array(got)
    figure = Figure(figsize=(4.6, 1.9), layout="constrained")
    for axes, greys, title in zip(figure.subplots(2, 1), (row, came), ("the row", "yours, bent"), strict=True):
        axes.imshow(greys[None], cmap="gray", vmin=row.min(), vmax=row.max(), aspect="auto")
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=9, loc="left")
    return figure


def _cubic(nodes, n):
    """Return the displacements (n,) that the package interpolates from the nodes, in pixels."""
    import torch

    from unet_edu.data.augment import displacements

    rows = torch.tensor(nodes, dtype=torch.float32).expand(1, 2, 3, 3)
    return displacements(rows, (3, n))[0, 1, 0].double().numpy()


EXERCISE = telling(
    Exercise(
        id="augment.bend_row",
        chapter="07_augmentation",
        name="bend_row",
        points=4,
        minutes=20,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        needs=("import numpy as np",),
        picture=picture,
    ),
    {5: ("the nodes are taken from right", "beyond one end", "the displacements have the wrong sign")},
)
