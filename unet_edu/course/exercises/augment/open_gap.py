"""Open a gap between cells that touch."""

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, recognising
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw straight borders that touch and nearly touch, cells and several reaches, a single cell, an illegal reach."""
    straight = np.zeros((4, 10), dtype=int)
    straight[:, :5], straight[:, 5:] = 3, 7
    apart = straight.copy()
    apart[:, 5] = 0
    alone = np.zeros((5, 7), dtype=int)
    alone[1:4, :5] = 4
    return [
        Case((straight,), "two straight borders that touch, no reach given"),
        Case((apart, 2.0), "two that are one pixel apart"),
        Case((_drawn_cells(rng), 1.5), "drawn cells, a reach between 1 and 2", 2),
        Case((_drawn_cells(rng), 2.5), "drawn cells, a larger reach", 2),
        Case((_drawn_cells(rng), 2.0), "drawn cells, a reach of whole pixels", 2),
        Case((alone, 2.0), "a cell without neighbours"),
        Case((_drawn_cells(rng), 0.0), "a reach of nothing"),
        Case((straight, -1.0), "a negative reach", why="a negative reach reaches nowhere"),
    ]


def oracle(args, params):
    """Compare every pixel of a cell with every pixel of every other cell."""
    instances, reach = args if len(args) == 2 else (*args, 1.0)
    if reach < 0:
        return Raised("ValueError")
    opened = instances.copy()
    places = np.argwhere(instances > 0)
    whose = instances[tuple(places.T)]
    for place, number in zip(places, whose, strict=True):
        others = places[whose != number]
        if len(others) and (((others - place) ** 2).sum(1) <= reach**2 + 1e-9).any():
            opened[tuple(place)] = 0
    return opened


def mistakes(args, params):
    """Yield erosions, other distances, gaps cut on one side alone, and cells with other numbers."""
    from scipy import ndimage

    instances, reach = args if len(args) == 2 else (*args, 1.0)
    if reach < 0:
        return
    numbers = np.unique(instances[instances > 0])

    def opening(near, order=1, running=False, keep=lambda number, others: others):
        opened = instances.copy()
        for number in numbers[::order]:
            read = opened if running else instances
            others = keep(number, (read > 0) & (read != number))
            if others.any():
                opened[(read == number) & near(others)] = 0
        return opened

    def straight(others):
        return ndimage.distance_transform_edt(~others) <= reach

    yield instances, "nothing is opened: the image comes back as it was"
    yield (
        opening(lambda others: ndimage.distance_transform_edt(~others) < reach),
        "a pixel at a distance of `reach` counts, too",
    )
    yield (
        opening(lambda others: ndimage.distance_transform_cdt(~others, "chessboard") <= reach),
        "a step to a corner is longer than one to the side: distances are straight lines",
    )
    yield (
        opening(lambda others: ndimage.distance_transform_cdt(~others, "taxicab") <= reach),
        "distances are straight lines, not steps along rows and columns",
    )
    one_side = "one of two cells is cut, the other stays, as where an image is changed while it is read: cut them both"
    for order in (1, -1):
        yield opening(straight, order, running=True), one_side
    yield opening(straight, keep=lambda number, others: others & (instances > number)), one_side
    yield opening(straight, keep=lambda number, others: others & (instances < number)), one_side
    for border in (0, 1):
        eroded = np.zeros_like(instances)
        for number in numbers:
            cell = instances == number
            steps = max(1, int(reach))
            kept = ndimage.binary_erosion(cell, iterations=steps, border_value=border) if reach else cell
            eroded[kept] = number
        yield eroded, "cells are cut back all around; only where another cell is near is anything cut"
        ball = np.hypot(*np.mgrid[-int(reach) : int(reach) + 1, -int(reach) : int(reach) + 1]) <= reach
        balled = np.zeros_like(instances)
        for number in numbers:
            balled[ndimage.binary_erosion(instances == number, ball, border_value=border)] = number
        yield balled, "cells are cut back all around; only where another cell is near is anything cut"
    yield (
        np.where(ndimage.distance_transform_edt(instances > 0) <= reach, 0, instances),
        "what is near the background is cut; it is the other cells that count",
    )
    opened = opening(straight)
    yield (opened > 0).astype(int), "the numbers of the cells are lost"
    yield opened > 0, "the numbers of the cells are lost"
    yield ndimage.label(opened)[0], "the cells are numbered anew; each keeps its number"
    wide = opening(lambda others: ndimage.distance_transform_edt(~others) <= 2 * reach)
    yield wide, "it is twice as far"
    half = opening(lambda others: ndimage.distance_transform_edt(~others) <= reach / 2)
    yield half, "`reach` is halved; each side is cut by all of it"
    if not ((instances > 0) & (instances != numbers[0])).any():
        yield np.zeros_like(instances), "a cell without neighbours stays whole: to what is its distance measured?"
        yield Raised("ValueError"), "a cell without neighbours is no error; it stays as it is"


def picture(args, got):
    """Draw the cells before, and those that the answer returned."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 2.1), layout="constrained")
    numbers = np.unique(args[0])
    for axes, cells, title in zip(figure.subplots(1, 2), (args[0], as_array(got)), ("the cells", "yours"), strict=True):
        axes.imshow(np.searchsorted(numbers, cells), cmap="viridis", vmin=0, vmax=len(numbers) - 1)
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=9)
    return figure


def _drawn_cells(rng):
    """Return cells (H, W) that share borders, corners and the edge of the image, their numbers far apart."""
    height, width = int(rng.integers(11, 14)), int(rng.integers(15, 19))
    rows, columns = np.mgrid[:height, :width]
    centres = [(2, 3), (height - 3, 4), (4, width // 2 + 1), (height - 2, width - 5), (2, width - 2)]
    centres = [(y + rng.uniform(-1, 1), x + rng.uniform(-1, 1)) for y, x in centres]
    far = np.array([np.hypot(rows - y, columns - x) for y, x in centres])
    numbers = rng.choice(np.arange(2, 40), len(centres), replace=False)
    return np.where(far.min(0) < 5.2, numbers[far.argmin(0)], 0)


EXERCISE = Exercise(
    id="augment.open_gap",
    chapter="07_augmentation",
    name="open_gap",
    points=4,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    needs=("import numpy as np", "from scipy import ndimage"),
    picture=picture,
)
