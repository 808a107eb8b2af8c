"""Answers to the exercise predict.row: four right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def step_of(tile, margin, step):
    apart = (tile - 2 * margin) // step * step
    if apart == 0:
        raise ValueError("a tile answers too little")
    return apart


def tiled(respond, row, longer, tile, apart):
    parts = [respond(longer[at : at + tile])[:apart] for at in range(0, len(row), apart)]
    return np.concatenate(parts)[: len(row)]


@right()
def by_places(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    last = len(row) - 1
    found = np.zeros(len(row))
    for first in range(0, len(row), apart):
        places = np.arange(first - margin, first - margin + tile)
        places = last - abs(last - places % (2 * last)) if last else 0 * places
        part = respond(row[places])
        found[first : first + len(part)] = part[: len(row) - first]
    return found


@right()
def as_a_list(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    values = list(row)
    there_and_back = values + values[-2:0:-1]
    found = []
    while len(found) < len(row):
        here = [there_and_back[(len(found) - margin + at) % len(there_and_back)] for at in range(tile)]
        found += list(respond(np.array(here))[:apart])
    return found[: len(row)]


@right()
def one_step_at_a_time(respond, row, tile, margin, step):
    step_of(tile, margin, step)
    longer = np.pad(row, (margin, tile + margin), mode="reflect")
    return tiled(respond, row, longer, tile, step)


@right()
def zeros_where_nobody_looks(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    return tiled(respond, row, np.pad(np.pad(row, margin, mode="reflect"), (0, tile)), tile, apart)


@wrong("the tiles stand edge to edge")
def edge_to_edge_in_a_row(respond, row, tile, margin, step):
    step_of(tile, margin, step)
    return tiled(respond, row, np.pad(row, (margin, margin + tile), mode="reflect"), tile, tile - 2 * margin)


def with_padding(respond, row, tile, margin, step, mode):
    apart = step_of(tile, margin, step)
    return tiled(respond, row, np.pad(row, (margin, margin + tile), mode=mode), tile, apart)


@wrong("beyond the ends there are zeros")
def with_zeros(respond, row, tile, margin, step):
    return with_padding(respond, row, tile, margin, step, "constant")


@wrong("the values at the ends are repeated")
def with_ends_repeated(respond, row, tile, margin, step):
    return with_padding(respond, row, tile, margin, step, "symmetric")


@wrong("go on and on")
def with_last_value(respond, row, tile, margin, step):
    return with_padding(respond, row, tile, margin, step, "edge")


@wrong("the last tile is moved back")
def last_moved_back(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    longer = np.pad(row, (margin, margin + tile), mode="reflect")
    found, answers = np.zeros(len(row)), tile - 2 * margin
    for first in range(0, len(row), apart):
        first = max(min(first, len(row) - answers), 0)
        part = respond(longer[first : first + tile])
        found[first : first + answers] = part[: len(row) - first]
    return found


@wrong("mirror the row, once")
def each_its_own_mirror(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    parts = []
    for first in range(0, len(row), apart):
        piece = np.pad(row[first : first + apart], margin, mode="reflect")
        piece = np.pad(piece, (0, max(tile - len(piece), 0)), mode="reflect")[:tile]
        parts.append(respond(piece)[:apart])
    return np.concatenate(parts)[: len(row)]


@wrong("begins a value beside where it should")
def one_beside(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    return tiled(respond, row, np.pad(row, (margin + 1, margin + tile), mode="reflect"), tile, apart)


@wrong("cut off what hangs over")
def hanging_over(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    longer = np.pad(row, (margin, margin + tile), mode="reflect")
    return np.concatenate([respond(longer[at : at + tile])[:apart] for at in range(0, len(row), apart)])


@wrong("some pixels have two")
def all_answers_kept(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    longer = np.pad(row, (margin, margin + tile), mode="reflect")
    return np.concatenate([respond(longer[at : at + tile]) for at in range(0, len(row), apart)])[: len(row)]


@wrong("it gives respond a tile that is none: respond takes rows of")
def mirrored_too_little(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    return tiled(respond, row, np.pad(row, margin, mode="reflect"), tile, apart)


@wrong("where this one has no more answers")
def too_little_is_enough(respond, row, tile, margin, step):
    apart = max((tile - 2 * margin) // step * step, 1)
    return tiled(respond, row, np.pad(row, (margin, margin + tile), mode="reflect"), tile, apart)
