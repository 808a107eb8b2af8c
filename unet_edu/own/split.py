"""Which images train, and which validate: `split(samples)`.

    several stacks       whole stacks validate, every fifth one
    one stack            its last pages validate; the pages before them, a gap, do neither
    single images        every fifth one validates
    one image            its last third validates, behind a gap

Pages that follow each other show the same cells again. If one of two neighbours trains and the other validates, the
score is that of cells that were seen. Files are taken for pages of one stack where neighbours resemble each other far
more than images do that lie apart.
"""

import re
from typing import NamedTuple

import numpy as np

from unet_edu.data import Sample
from unet_edu.greys import grey_of
from unet_edu.own.prepare import shrunk

SHARE = 0.2  # of the images that validate, at least one
GAP = 2  # pages of a stack that neither train nor validate, fewer in a short one
ALIKE = 0.15  # by how much the correlation of neighbours exceeds that of images that lie apart, in a stack
COARSE = 32  # pixels a side of the small copies that are compared
FEWEST = 4  # images; fewer are not compared


class Split(NamedTuple):
    """Two lists of samples, and how they were chosen, in a line. left_out: names of samples in neither."""

    train: list
    validation: list
    left_out: list
    why: str


def split(samples, gap=GAP) -> Split:
    """Return the samples for training and those for validation (``Split``).

    samples: in the order of their files; names that end in ", page 3", as `unet_edu.data.files.load` gives them, are of
    one stack. gap: pages left out between training and validation in a stack.
    Raises ValueError where there is none.
    """
    samples = list(samples)
    if not samples:
        raise ValueError("there is no sample to split: give at least one")
    if len(samples) == 1:
        return halves(samples[0])
    groups = {}
    for sample in samples:
        groups.setdefault(stack_of(sample.name), []).append(sample)
    stacks = [group for group in groups.values() if len(group) > 1]
    if len(groups) == 1 or not stacks and follow_each_other(samples):
        return by_page(samples, gap, "one stack" if stacks else "neighbours resemble each other: taken for one stack")
    units = list(groups.values())
    places = set(spread(len(units)))
    train = [sample for place, unit in enumerate(units) if place not in places for sample in unit]
    validation = [sample for place, unit in enumerate(units) if place in places for sample in unit]
    what = f"{len(units)} stacks" if stacks else f"{len(units)} images"
    return Split(train, validation, [], f"{what}: {len(places)} of them validate, {len(units) - len(places)} train")


def stack_of(name):
    """Return the name of the stack that a sample's name belongs to; a sample that is no page is its own."""
    return re.sub(r", page \d+$", "", name)


def spread(count):
    """Return the places that validate, of so many: every fifth, at least one, not the first of several."""
    return np.linspace(0, count, max(round(SHARE * count), 1), endpoint=False).astype(int) + (count - 1) // (
        2 * max(round(SHARE * count), 1)
    )


def by_page(samples, gap, why):
    """Return a stack, split by pages: its last ones validate, behind a gap."""
    count = max(round(SHARE * len(samples)), 1)
    gap = min(gap, max(len(samples) - count - 1, 0), len(samples) // 5)
    first = len(samples) - count
    left_out = [sample.name for sample in samples[first - gap : first]]
    why = f"{why}: the last {count} of {len(samples)} pages validate, the {gap} before them are left out"
    return Split(samples[: first - gap], samples[first:], left_out, why)


def halves(sample):
    """Return a single image, split along its longer side: the first two thirds train, the last quarter validates."""
    axis = int(np.argmax(sample.label.shape))
    side = sample.label.shape[axis]
    cuts = slice(0, 2 * side // 3), slice(3 * side // 4, side)
    if side < 12:
        raise ValueError(f"{sample.name}: one image of {side} pixels cannot be split: give more images")
    train, validation = (part(sample, axis, one) for one in cuts)
    return Split([train], [validation], [], "one image: two thirds of it train, the last quarter validates")


def part(sample, axis, cut):
    """Return a part of a sample along an axis of its label, 0 or 1."""
    where = (..., cut, slice(None)) if axis == 0 else (..., cut)
    image, label, numbers = (None if one is None else np.ascontiguousarray(one[where]) for one in sample[:3])
    rows = "rows" if axis == 0 else "columns"
    return Sample(image, label, numbers, f"{sample.name}, {rows} {cut.start} to {cut.stop - 1}")


def follow_each_other(samples):
    """Return whether images look like the pages of one stack: neighbours are far more alike than others."""
    if len(samples) < FEWEST or len({sample.label.shape for sample in samples}) > 1:
        return False
    small = []
    for sample in samples:
        grey = grey_of(sample.image)
        grey = shrunk(grey, max(min(grey.shape) // COARSE, 1)).ravel()
        small.append((grey - grey.mean()) / max(grey.std(), 1e-6))
    alike = np.corrcoef(small)
    far = len(samples) // 2
    return np.diagonal(alike, 1).mean() - np.diagonal(alike, far).mean() > ALIKE
