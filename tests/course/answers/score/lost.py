"""Answers to the exercise score.lost: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def held(truth, segments, most=lambda both, mine, theirs: 2 * both > mine):
    """{segment: how many cells it holds}."""
    counts = {}
    for segment in np.unique(segments[segments > 0]).tolist():
        inside = segments == segment
        for cell in np.unique(truth[inside & (truth > 0)]).tolist():
            mine = truth == cell
            if most(np.sum(mine & inside), np.sum(mine), np.sum(inside)):
                counts[segment] = counts.get(segment, 0) + 1
    return counts


@right()
def segment_by_segment(truth, segments):
    return sum(count - 1 for count in held(truth, segments).values())


@right()
def cell_by_cell(truth, segments):
    owners = []
    for cell in np.unique(truth[truth > 0]):
        names, counts = np.unique(segments[truth == cell], return_counts=True)
        best = int(np.argmax(counts))
        if names[best] > 0 and counts[best] > counts.sum() / 2:
            owners.append(int(names[best]))
    return len(owners) - len(set(owners))


@wrong("a segment that holds three cells has lost two")
def segments_that_merge(truth, segments):
    return sum(count > 1 for count in held(truth, segments).values())


@wrong("one of them would have been there anyway")
def cells_that_are_merged(truth, segments):
    return sum(count for count in held(truth, segments).values() if count > 1)


@wrong("it needs more than half of its pixels")
def any_contact(truth, segments):
    return sum(count - 1 for count in held(truth, segments, lambda *_: True).values())


@wrong("exactly half of a cell is not most of it")
def half_is_enough(truth, segments):
    return sum(count - 1 for count in held(truth, segments, lambda both, mine, theirs: 2 * both >= mine).values())


@wrong("it requires half of the segment")
def half_of_the_segment(truth, segments):
    return sum(count - 1 for count in held(truth, segments, lambda both, mine, theirs: 2 * both > theirs).values())


@wrong("a cell that nobody found is missed, not merged")
def background_merges(truth, segments):
    return segment_by_segment(truth, segments + 1)


@wrong("cells less segments")
def difference(truth, segments):
    cells, others = (len(np.unique(areas[areas > 0])) for areas in (truth, segments))
    return cells - others


@wrong("these are pieces too many")
def pieces(truth, segments):
    return segment_by_segment(segments, truth)
