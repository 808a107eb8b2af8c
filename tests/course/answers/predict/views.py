"""Answers to the exercise predict.views: two right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong


@right()
def flip_then_turn(labeller, image):
    total = 0
    for flip in (1, -1):
        for turns in range(4):
            total = total + np.rot90(labeller(np.rot90(image[:, ::flip], turns)), 4 - turns)[:, ::flip]
    return total / 8


@right()
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


@wrong("that is one view")
def as_it_is(labeller, image):
    return labeller(image)


@wrong("none is flipped")
def turns_alone(labeller, image):
    return np.mean(eight(labeller, image, flips=(1,)), axis=0)


@wrong("the quarter turns are missing")
def half_turns(labeller, image):
    return np.mean(eight(labeller, image, turns=(0, 2)), axis=0)


@wrong("four turns and one flip")
def five_views(labeller, image):
    return np.mean(eight(labeller, image)[:5], axis=0)


@wrong("where are the turns?")
def three_views(labeller, image):
    return np.mean([labeller(image), labeller(image[:, ::-1])[:, ::-1], labeller(image[::-1])[::-1]], axis=0)


@wrong("the image as it is counts")
def seven_views(labeller, image):
    return np.mean(eight(labeller, image)[1:], axis=0)


@wrong("it is the sum")
def a_sum(labeller, image):
    return np.sum(eight(labeller, image), axis=0)


@wrong("it is the median")
def a_median(labeller, image):
    return np.median(eight(labeller, image), axis=0)


@wrong("not brought back to where the pixels came from")
def not_brought_back(labeller, image):
    return np.mean(eight(labeller, image, back=lambda found, turn, flip: found), axis=0)


@wrong("turned on in the same direction")
def turned_on(labeller, image):
    return np.mean(eight(labeller, image, back=lambda found, turn, flip: np.rot90(found[:, ::flip], turn)), axis=0)


@wrong("not flipped back")
def not_flipped_back(labeller, image):
    return np.mean(eight(labeller, image, back=lambda found, turn, flip: np.rot90(found, -turn)), axis=0)


@wrong("what was done last is undone first")
def undone_in_order(labeller, image):
    return np.mean(eight(labeller, image, back=lambda found, turn, flip: np.rot90(found, -turn)[:, ::flip]), axis=0)


@wrong("do not fit onto each other")
def for_squares(labeller, image):
    found = np.zeros(image.shape)
    for view in eight(labeller, image, back=lambda found, turn, flip: found):
        found += view / 8
    return found


@wrong("where an array is wanted")
def one_number(labeller, image):
    return float(np.mean(eight(labeller, image)))
