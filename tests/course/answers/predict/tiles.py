"""Answers to the exercise predict.tiles: two right ones, and the known wrong ones."""

import math

from answerkit import right, wrong


def geometry(tile, depth=4):
    grid = 2**depth
    lost = 12 * grid - 8
    if tile <= lost or (tile - lost - 4) % grid:
        raise ValueError("no legal tile")
    return grid, tile - lost


@right()
def by_counting(side, tile, depth=4):
    grid, answers = geometry(tile, depth)
    count = 1
    step = answers - answers % grid
    while (count - 1) * step + answers < side:
        if step == 0:
            raise ValueError("too short to go on with")
        count += 1
    return count


@right()
def by_rounding_up(side, tile):
    size, poolings = tile, 0
    while poolings < 4:
        size, poolings = size - 4, poolings + 1
        if size % 2 or size <= 0:
            raise ValueError("odd")
        size //= 2
    if size <= 4:
        raise ValueError("too small")
    answers = tile - 184
    if answers >= side:
        return 1
    if answers < 16:
        raise ValueError("too short")
    return 1 + math.ceil((side - answers) / (16 * (answers // 16)))


@right(depth=3, grid=8)
def with_three_poolings(side, tile):
    return by_counting(side, tile, depth=3)


@wrong("the paper's four poolings", depth=5, grid=32)
def as_in_the_paper(side, tile):
    return by_counting(side, tile)


def counted(side, tile, count):
    """What most wrong ones are: right where one tile is enough or not allowed."""
    grid, answers = geometry(tile)
    if side <= answers:
        return 1
    if answers < grid:
        raise ValueError("too short")
    return count(side, answers, answers // grid * grid)


def up(number, by):
    return -(-number // by)


@wrong("the tiles stand edge to edge")
def edge_to_edge(side, tile):
    return counted(side, tile, lambda side, answers, apart: up(side, answers))


@wrong("a tile reads more than it answers")
def by_inputs(side, tile):
    counted(side, tile, lambda side, answers, apart: 1)
    return up(side, tile)


@wrong("the last tile answers more than one step")
def step_by_step(side, tile):
    return counted(side, tile, lambda side, answers, apart: up(side, apart))


@wrong("it is rounded down")
def rounded_down(side, tile):
    return counted(side, tile, lambda side, answers, apart: 1 + (side - answers) // apart)


@wrong("where tiles fit exactly one more is counted")
def one_for_the_rest(side, tile):
    return counted(side, tile, lambda side, answers, apart: 2 + (side - answers) // apart)


@wrong("the first tile is not counted")
def first_not_counted(side, tile):
    return counted(side, tile, lambda side, answers, apart: up(side - answers, apart))


@wrong("that is the number for a square")
def of_a_square(side, tile):
    return by_counting(side, tile) ** 2


@wrong("a tile loses the border on both sides")
def one_border(side, tile):
    geometry(tile)
    answers = tile - 92
    return 1 if side <= answers else 1 + up(side - answers, answers // 16 * 16)


@wrong("some pooling would meet an odd size")
def any_tile(side, tile):
    answers = tile - 184
    if answers <= 0:
        raise ValueError("too small")
    if side <= answers:
        return 1
    if answers < 16:
        raise ValueError("too short")
    return 1 + up(side - answers, answers // 16 * 16)


@wrong("nothing is left to answer")
def remainder_alone(side, tile):
    if tile % 16 != 12:
        raise ValueError("not on the grid")
    answers = tile - 184
    if 0 < answers < 16 and side > answers:
        raise ValueError("too short")
    return 1 if side <= answers or answers < 16 else 1 + up(side - answers, answers // 16 * 16)


@wrong("the step is 0 here")
def step_of_nothing(side, tile):
    grid, answers = geometry(tile)
    return 1 if side <= answers else 1 + up(side - answers, answers // grid * grid)


@wrong("where a single tile is enough")
def smallest_refused(side, tile):
    grid, answers = geometry(tile)
    if answers < grid:
        raise ValueError("too short")
    return by_counting(side, tile)


@wrong("the right number, but a float")
def as_a_float(side, tile):
    return float(by_counting(side, tile))
