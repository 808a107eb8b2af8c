"""Answers to the exercise fcn.stitch: three right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch.nn import functional


@right()
def by_stacking(coarse, row, stride):
    """All parts filled up to one length, laid beside each other, and read across."""
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    count = sum(part.shape[-1] for part in parts)
    longest = parts[0].shape[-1]
    parts = [functional.pad(part, (0, longest - part.shape[-1])) for part in parts]
    return torch.stack(parts, dim=-1).flatten(-2)[..., :count]


@right()
def by_a_list(coarse, row, stride):
    places = {}
    for shift in range(stride):
        for number, column in enumerate(coarse(row[:, :, shift:]).unbind(2)):
            places[shift + number * stride] = column
    return torch.stack([places[place] for place in range(len(places))], dim=2)


@right()
def pixel_after_pixel(coarse, row, stride):
    found = []
    for first in range(row.shape[-1]):
        try:
            found.append(coarse(row[..., first:])[..., :1])
        except RuntimeError:
            break
    return torch.cat(found, dim=-1)


def weave(parts):
    count = max(part.shape[-1] for part in parts)
    columns = [part[..., i] for i in range(count) for part in parts if i < part.shape[-1]]
    return torch.stack(columns, dim=-1)


@wrong("in order of the shifts")
def concatenated(coarse, row, stride):
    return torch.cat([coarse(row[..., shift:]) for shift in range(stride)], dim=-1)


@wrong("the scores of one pass")
def one_pass(coarse, row, stride):
    return coarse(row)


@wrong("scores of one pass are repeated")
def repeated(coarse, row, stride):
    count = sum(coarse(row[..., shift:]).shape[-1] for shift in range(stride))
    return coarse(row).repeat_interleave(stride, dim=-1)[..., :count]


@wrong("the shifts come in the wrong order")
def backwards(coarse, row, stride):
    return weave([coarse(row[..., shift:]) for shift in reversed(range(stride))])


@wrong("with no pixel taken off")
def from_one(coarse, row, stride):
    return weave([coarse(row[..., shift % stride :]) for shift in range(1, stride + 1)])


@wrong("windows at the end are missing")
def cut_to_the_shortest(coarse, row, stride):
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    shortest = min(part.shape[-1] for part in parts)
    return torch.stack([part[..., :shortest] for part in parts], dim=-1).flatten(-2)


@wrong("too many at the end")
def filled_up(coarse, row, stride):
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    whole = parts[0].new_zeros(*parts[0].shape[:-1], stride * parts[0].shape[-1])
    for shift, part in enumerate(parts):
        whole[..., shift::stride][..., : part.shape[-1]] = part
    return whole


@wrong("a shift is missing")
def one_shift_short(coarse, row, stride):
    return weave([coarse(row[..., shift:]) for shift in range(max(stride - 1, 1))])


@wrong("the row is rolled")
def rolled(coarse, row, stride):
    return weave([coarse(row.roll(-shift, -1)) for shift in range(stride)])


@wrong("filled up with zeros")
def zeros_behind(coarse, row, stride):
    return weave([coarse(functional.pad(row[..., shift:], (0, shift))) for shift in range(stride)])


@wrong("taken off at the left?")
def other_end(coarse, row, stride):
    return weave([coarse(row[..., : row.shape[-1] - shift]) for shift in range(stride)])


@wrong("one shift too many")
def one_shift_more(coarse, row, stride):
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    try:
        return weave([*parts, coarse(row[..., stride:])])
    except RuntimeError:  # nothing is left of the row
        return weave(parts)


@wrong("the axes are swapped")
def classes_last(coarse, row, stride):
    return by_a_list(coarse, row, stride).transpose(1, 2)
