"""Answers to the exercises of the chapter on prediction: two right ones or more each, and the known wrong ones."""

import copy
import math

import numpy as np
import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional

# ---------------------------------------------------------------------------------------------------- predict.mirror


def check_row(size):
    if size <= 0:
        raise ValueError("no pixel")


@right("predict.mirror")
def by_a_loop(place, size):
    check_row(size)
    while size > 1 and not 0 <= place < size:
        place = -place if place < 0 else 2 * (size - 1) - place
    return place if size > 1 else 0


@right("predict.mirror")
def by_the_way_there_and_back(place, size):
    check_row(size)
    way = [*range(size), *range(size - 2, 0, -1)]
    return way[place % len(way)]


@right("predict.mirror")
def by_distance_from_the_end(place, size):
    check_row(size)
    end = size - 1
    return end - abs(end - place % (2 * end)) if end else 0


@wrong("predict.mirror", "the mirror stands in it, not behind it")
def ends_twice(place, size):
    check_row(size)
    place %= 2 * size
    return min(place, 2 * size - 1 - place)


@wrong("predict.mirror", "neither end is passed twice")
def too_long(place, size):
    check_row(size)
    place %= 2 * size - 1
    return min(place, 2 * size - 1 - place)


@wrong("predict.mirror", "it is mirrored once")
def mirrored_once(place, size):
    check_row(size)
    if size == 1:
        return 0
    place = abs(place)
    return place if place < size else 2 * (size - 1) - place


@wrong("predict.mirror", "the row begins anew at its end")
def around(place, size):
    check_row(size)
    return place % size


@wrong("predict.mirror", "the last pixel goes on and on")
def clamped(place, size):
    check_row(size)
    return min(max(place, 0), size - 1)


@wrong("predict.mirror", "does not turn round on the way")
def never_back(place, size):
    check_row(size)
    return place % (2 * (size - 1)) if size > 1 else 0


@wrong("predict.mirror", "a remainder of a negative place is negative here")
def remainder_of_c(place, size):
    check_row(size)
    if size == 1:
        return 0
    place = int(math.fmod(place, 2 * (size - 1)))
    return min(place, 2 * (size - 1) - place)


@wrong("predict.mirror", "it knows the mirror in the first pixel only")
def first_mirror(place, size):
    check_row(size)
    return abs(place)


@wrong("predict.mirror", "it divides by zero")
def single_forgotten(place, size):
    check_row(size)
    place %= 2 * (size - 1)
    return min(place, 2 * (size - 1) - place)


@wrong("predict.mirror", "it counts from the other end")
def from_the_end(place, size):
    return size - 1 - by_a_loop(place, size)


@wrong("predict.mirror", "a row of a single pixel is a row")
def single_refused(place, size):
    if size < 2:
        raise ValueError("no mirrors")
    return by_a_loop(place, size)


@wrong("predict.mirror", "in a row without pixels nothing is to be seen")
def nothing_seen(place, size):
    return by_a_loop(place, size) if size else 0


# ----------------------------------------------------------------------------------------------------- predict.tiles


def geometry(tile, depth=4):
    grid = 2**depth
    lost = 12 * grid - 8
    if tile <= lost or (tile - lost - 4) % grid:
        raise ValueError("no legal tile")
    return grid, tile - lost


@right("predict.tiles")
def by_counting(side, tile, depth=4):
    grid, answers = geometry(tile, depth)
    count = 1
    step = answers - answers % grid
    while (count - 1) * step + answers < side:
        if step == 0:
            raise ValueError("too short to go on with")
        count += 1
    return count


@right("predict.tiles")
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


@right("predict.tiles", depth=3, grid=8)
def with_three_poolings(side, tile):
    return by_counting(side, tile, depth=3)


@wrong("predict.tiles", "the paper's four poolings", depth=5, grid=32)
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


@wrong("predict.tiles", "the tiles stand edge to edge")
def edge_to_edge(side, tile):
    return counted(side, tile, lambda side, answers, apart: up(side, answers))


@wrong("predict.tiles", "a tile reads more than it answers")
def by_inputs(side, tile):
    counted(side, tile, lambda side, answers, apart: 1)
    return up(side, tile)


@wrong("predict.tiles", "the last tile answers more than one step")
def step_by_step(side, tile):
    return counted(side, tile, lambda side, answers, apart: up(side, apart))


@wrong("predict.tiles", "it is rounded down")
def rounded_down(side, tile):
    return counted(side, tile, lambda side, answers, apart: 1 + (side - answers) // apart)


@wrong("predict.tiles", "where tiles fit exactly one more is counted")
def one_for_the_rest(side, tile):
    return counted(side, tile, lambda side, answers, apart: 2 + (side - answers) // apart)


@wrong("predict.tiles", "the first tile is not counted")
def first_not_counted(side, tile):
    return counted(side, tile, lambda side, answers, apart: up(side - answers, apart))


@wrong("predict.tiles", "that is the number for a square")
def of_a_square(side, tile):
    return by_counting(side, tile) ** 2


@wrong("predict.tiles", "a tile loses the border on both sides")
def one_border(side, tile):
    geometry(tile)
    answers = tile - 92
    return 1 if side <= answers else 1 + up(side - answers, answers // 16 * 16)


@wrong("predict.tiles", "some pooling would meet an odd size")
def any_tile(side, tile):
    answers = tile - 184
    if answers <= 0:
        raise ValueError("too small")
    if side <= answers:
        return 1
    if answers < 16:
        raise ValueError("too short")
    return 1 + up(side - answers, answers // 16 * 16)


@wrong("predict.tiles", "nothing is left to answer")
def remainder_alone(side, tile):
    if tile % 16 != 12:
        raise ValueError("not on the grid")
    answers = tile - 184
    if 0 < answers < 16 and side > answers:
        raise ValueError("too short")
    return 1 if side <= answers or answers < 16 else 1 + up(side - answers, answers // 16 * 16)


@wrong("predict.tiles", "the step is 0 here")
def step_of_nothing(side, tile):
    grid, answers = geometry(tile)
    return 1 if side <= answers else 1 + up(side - answers, answers // grid * grid)


@wrong("predict.tiles", "where a single tile is enough")
def smallest_refused(side, tile):
    grid, answers = geometry(tile)
    if answers < grid:
        raise ValueError("too short")
    return by_counting(side, tile)


@wrong("predict.tiles", "the right number, but a float")
def as_a_float(side, tile):
    return float(by_counting(side, tile))


# ------------------------------------------------------------------------------------------------------- predict.row


def step_of(tile, margin, step):
    apart = (tile - 2 * margin) // step * step
    if apart == 0:
        raise ValueError("a tile answers too little")
    return apart


def tiled(respond, row, longer, tile, apart):
    parts = [respond(longer[at : at + tile])[:apart] for at in range(0, len(row), apart)]
    return np.concatenate(parts)[: len(row)]


@right("predict.row")
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


@right("predict.row")
def as_a_list(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    values = list(row)
    there_and_back = values + values[-2:0:-1]
    found = []
    while len(found) < len(row):
        here = [there_and_back[(len(found) - margin + at) % len(there_and_back)] for at in range(tile)]
        found += list(respond(np.array(here))[:apart])
    return found[: len(row)]


@right("predict.row")
def one_step_at_a_time(respond, row, tile, margin, step):
    step_of(tile, margin, step)
    longer = np.pad(row, (margin, tile + margin), mode="reflect")
    return tiled(respond, row, longer, tile, step)


@right("predict.row")
def zeros_where_nobody_looks(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    return tiled(respond, row, np.pad(np.pad(row, margin, mode="reflect"), (0, tile)), tile, apart)


@wrong("predict.row", "the tiles stand edge to edge")
def edge_to_edge_in_a_row(respond, row, tile, margin, step):
    step_of(tile, margin, step)
    return tiled(respond, row, np.pad(row, (margin, margin + tile), mode="reflect"), tile, tile - 2 * margin)


def with_padding(respond, row, tile, margin, step, mode):
    apart = step_of(tile, margin, step)
    return tiled(respond, row, np.pad(row, (margin, margin + tile), mode=mode), tile, apart)


@wrong("predict.row", "beyond the ends there are zeros")
def with_zeros(respond, row, tile, margin, step):
    return with_padding(respond, row, tile, margin, step, "constant")


@wrong("predict.row", "the values at the ends are repeated")
def with_ends_repeated(respond, row, tile, margin, step):
    return with_padding(respond, row, tile, margin, step, "symmetric")


@wrong("predict.row", "go on and on")
def with_last_value(respond, row, tile, margin, step):
    return with_padding(respond, row, tile, margin, step, "edge")


@wrong("predict.row", "the last tile is moved back")
def last_moved_back(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    longer = np.pad(row, (margin, margin + tile), mode="reflect")
    found, answers = np.zeros(len(row)), tile - 2 * margin
    for first in range(0, len(row), apart):
        first = max(min(first, len(row) - answers), 0)
        part = respond(longer[first : first + tile])
        found[first : first + answers] = part[: len(row) - first]
    return found


@wrong("predict.row", "mirror the row, once")
def each_its_own_mirror(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    parts = []
    for first in range(0, len(row), apart):
        piece = np.pad(row[first : first + apart], margin, mode="reflect")
        piece = np.pad(piece, (0, max(tile - len(piece), 0)), mode="reflect")[:tile]
        parts.append(respond(piece)[:apart])
    return np.concatenate(parts)[: len(row)]


@wrong("predict.row", "begins a value beside where it should")
def one_beside(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    return tiled(respond, row, np.pad(row, (margin + 1, margin + tile), mode="reflect"), tile, apart)


@wrong("predict.row", "cut off what hangs over")
def hanging_over(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    longer = np.pad(row, (margin, margin + tile), mode="reflect")
    return np.concatenate([respond(longer[at : at + tile])[:apart] for at in range(0, len(row), apart)])


@wrong("predict.row", "some pixels have two")
def all_answers_kept(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    longer = np.pad(row, (margin, margin + tile), mode="reflect")
    return np.concatenate([respond(longer[at : at + tile]) for at in range(0, len(row), apart)])[: len(row)]


@wrong("predict.row", "it gives respond a tile that is none: respond takes rows of")
def mirrored_too_little(respond, row, tile, margin, step):
    apart = step_of(tile, margin, step)
    return tiled(respond, row, np.pad(row, margin, mode="reflect"), tile, apart)


@wrong("predict.row", "where this one has no more answers")
def too_little_is_enough(respond, row, tile, margin, step):
    apart = max((tile - 2 * margin) // step * step, 1)
    return tiled(respond, row, np.pad(row, (margin, margin + tile), mode="reflect"), tile, apart)


# ----------------------------------------------------------------------------------------------------- predict.views


@right("predict.views")
def flip_then_turn(labeller, image):
    total = 0
    for flip in (1, -1):
        for turns in range(4):
            total = total + np.rot90(labeller(np.rot90(image[:, ::flip], turns)), 4 - turns)[:, ::flip]
    return total / 8


@right("predict.views")
def with_tensors(labeller, image):
    found = []
    for turns in range(4):
        for flip in (False, True):
            view = torch.rot90(torch.from_numpy(image.copy()), turns)
            view = view.flip(0) if flip else view
            answer = torch.from_numpy(labeller(view.numpy()).copy())
            found.append(torch.rot90(answer.flip(0) if flip else answer, -turns))
    return torch.stack(found).mean(0).numpy()


def eight(
    labeller, image, turns=range(4), flips=(1, -1), back=lambda found, turn, flip: np.rot90(found[:, ::flip], -turn)
):
    """What most wrong ones are made of: turned, then flipped."""
    return [back(labeller(np.rot90(image, turn)[:, ::flip]), turn, flip) for flip in flips for turn in turns]


@wrong("predict.views", "that is one view")
def as_it_is(labeller, image):
    return labeller(image)


@wrong("predict.views", "none is flipped")
def turns_alone(labeller, image):
    return np.mean(eight(labeller, image, flips=(1,)), axis=0)


@wrong("predict.views", "the quarter turns are missing")
def half_turns(labeller, image):
    return np.mean(eight(labeller, image, turns=(0, 2)), axis=0)


@wrong("predict.views", "four turns and one flip")
def five_views(labeller, image):
    return np.mean(eight(labeller, image)[:5], axis=0)


@wrong("predict.views", "where are the turns?")
def three_views(labeller, image):
    return np.mean([labeller(image), labeller(image[:, ::-1])[:, ::-1], labeller(image[::-1])[::-1]], axis=0)


@wrong("predict.views", "the image as it is counts")
def seven_views(labeller, image):
    return np.mean(eight(labeller, image)[1:], axis=0)


@wrong("predict.views", "it is the sum")
def a_sum(labeller, image):
    return np.sum(eight(labeller, image), axis=0)


@wrong("predict.views", "it is the median")
def a_median(labeller, image):
    return np.median(eight(labeller, image), axis=0)


@wrong("predict.views", "not brought back to where the pixels came from")
def not_brought_back(labeller, image):
    return np.mean(eight(labeller, image, back=lambda found, turn, flip: found), axis=0)


@wrong("predict.views", "turned on in the same direction")
def turned_on(labeller, image):
    return np.mean(eight(labeller, image, back=lambda found, turn, flip: np.rot90(found[:, ::flip], turn)), axis=0)


@wrong("predict.views", "not flipped back")
def not_flipped_back(labeller, image):
    return np.mean(eight(labeller, image, back=lambda found, turn, flip: np.rot90(found, -turn)), axis=0)


@wrong("predict.views", "what was done last is undone first")
def undone_in_order(labeller, image):
    return np.mean(eight(labeller, image, back=lambda found, turn, flip: np.rot90(found, -turn)[:, ::flip]), axis=0)


@wrong("predict.views", "do not fit onto each other")
def for_squares(labeller, image):
    found = np.zeros(image.shape)
    for view in eight(labeller, image, back=lambda found, turn, flip: found):
        found += view / 8
    return found


@wrong("predict.views", "where an array is wanted")
def one_number(labeller, image):
    return float(np.mean(eight(labeller, image)))


# -------------------------------------------------------------------------------------------- predict.mirror_padding


@right("predict.mirror_padding")
def by_another_mode(network):
    found = copy.deepcopy(network)
    for layer in found.modules():
        if type(layer) is nn.Conv2d:
            layer.padding_mode = "reflect"
    return found


class Mirrored(nn.Module):
    """A convolution that does not pad, behind a layer that mirrors."""

    def __init__(self, layer, mode="reflect"):
        super().__init__()
        down, across = layer.padding if layer.padding != "same" else [side // 2 for side in layer.kernel_size]
        self.pads, self.mode, self.layer = (across, across, down, down), mode, layer
        layer.padding = (0, 0)

    def forward(self, x):
        return self.layer(functional.pad(x, self.pads, mode=self.mode))


def replaced(network, mode="reflect"):
    for name, layer in network.named_children():
        if isinstance(layer, nn.Conv2d):
            setattr(network, name, Mirrored(layer, mode))
        else:
            replaced(layer, mode)
    return network


@right("predict.mirror_padding")
def by_other_layers(network):
    return replaced(copy.deepcopy(network))


def changed(network, choose=lambda name, layer: True, mode="reflect"):
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d) and choose(name, layer):
            layer.padding_mode = mode
    return network


@wrong("predict.mirror_padding", "there are zeros still")
def nothing_changed(network):
    return copy.deepcopy(network)


@wrong("predict.mirror_padding", "the last pixel is repeated")
def replicated(network):
    return changed(copy.deepcopy(network), mode="replicate")


@wrong("predict.mirror_padding", "begin anew at their ends")
def circular(network):
    return changed(copy.deepcopy(network), mode="circular")


@wrong("predict.mirror_padding", "some convolutions sit deeper")
def children_alone(network):
    return changed(copy.deepcopy(network), lambda name, layer: "." not in name and name[0] not in "du")


@wrong("predict.mirror_padding", "paddings other than 1")
def those_of_one(network):
    return changed(copy.deepcopy(network), lambda name, layer: layer.padding == (1, 1))


@wrong("predict.mirror_padding", "is a padding, too")
def words_overlooked(network):
    return changed(copy.deepcopy(network), lambda name, layer: layer.padding != "same")


@wrong("predict.mirror_padding", "every convolution mirrors by one pixel")
def always_by_one(network):
    network = copy.deepcopy(network)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and any(layer.padding):
            layer.register_forward_pre_hook(lambda layer, x: functional.pad(x[0], (1, 1, 1, 1), mode="reflect"))
            layer.padding = (0, 0)
    return network


@wrong("predict.mirror_padding", "it returns the network itself")
def in_place(network):
    return changed(network)


@wrong("predict.mirror_padding", "a copy shares nothing")
def shallow(network):
    return changed(copy.copy(network))


@wrong("predict.mirror_padding", "has the network's own weights")
def shared_weights(network):
    found = copy.deepcopy(network)
    for parent, mine in zip(network.modules(), found.modules(), strict=True):
        for name, parameter in parent.named_parameters(recurse=False):
            setattr(mine, name, parameter)
    return changed(found)


@wrong("predict.mirror_padding", "an up-convolution, which knows no mirrors")
def everything_that_pads(network):
    network = copy.deepcopy(network)
    for layer in network.modules():
        if hasattr(layer, "padding_mode"):
            layer.padding_mode = "reflect"
    return network


@wrong("predict.mirror_padding", "the copy is asked for")
def return_forgotten(network):
    changed(copy.deepcopy(network))
