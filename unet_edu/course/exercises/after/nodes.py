"""List the nodes that U-Net++ adds to a U-Net."""

import itertools

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Depths from one pooling on."""
    large = sorted(rng.choice(range(5, 12), 2, replace=False).tolist())
    return [
        Case((4,), "the depth of the paper", 2),
        Case((2,), "the smallest depth that has one"),
        Case((1,), "one pooling: it is a U-Net"),
        Case((3,), "depth 3"),
        Case((large[0],), "a deeper network"),
        Case((large[1],), "deeper still", 2),
    ]


def oracle(args, params):
    """Draw the arrows of the network, take away what U-Net has, count what reaches each."""
    (depth,) = args
    nodes = [(level, column) for column in range(depth + 1) for level in range(depth + 1) if level + column <= depth]
    arrows = [
        (start, end)
        for start, end in itertools.product(nodes, nodes)
        if (start[0] == end[0] and start[1] < end[1]) or (end[1] > 0 and start == (end[0] + 1, end[1] - 1))
    ]
    unet = {(level, 0) for level in range(depth + 1)} | {(level, depth - level) for level in range(depth + 1)}
    return [(*node, sum(end == node for _, end in arrows)) for node in sorted(set(nodes) - unet)]


def mistakes(args, params):
    """A map forgotten or counted twice, nodes of U-Net, another order."""
    (depth,) = args
    wanted = oracle(args, params)
    if not wanted:
        yield [(0, 1, 2)], "with one pooling there is no room inside: it is a U-Net"
    left = [(level, 0, 1) for level in range(depth + 1)]
    right = [(level, depth - level, depth - level + 1) for level in range(depth)]
    yield sorted(wanted + right), "the last node of each level is in U-Net, too"
    yield sorted(wanted + left), "the first node of each level is in U-Net, too"
    yield sorted(wanted + left[:-1]), "the first node of each level is in U-Net, too"
    yield sorted(wanted + left + right), "these are all nodes; wanted are those that U-Net does not have"
    yield [(level, column, column) for level, column, _ in wanted], "the map that comes up from below is missing"
    yield (
        [(level, column, 2) for level, column, _ in wanted],
        "a node gets the maps of all nodes to its left, not of the nearest alone",
    )
    yield [(level, column, column + 2) for level, column, _ in wanted], "one map too many is counted for each node"
    yield [(level, column) for level, column, _ in wanted], "how many maps each node gets is missing"
    yield len(wanted), "it is how many nodes there are; wanted is the list of them"
    yield sorted((column, level, maps) for level, column, maps in wanted), "level and column are swapped"
    yield [(column, level, maps) for level, column, maps in wanted], "level and column are swapped"
    across = sorted(wanted, key=lambda node: (node[1], node[0]))
    yield across, "the right nodes, but column by column: sorted, they go level by level"
    yield wanted[::-1], "the right nodes, but not sorted"
    yield oracle((depth + 1,), params), "it is right for one pooling more: depth counts poolings, not levels"
    if depth > 1:
        yield oracle((depth - 1,), params), "it is right for one pooling less: depth counts poolings"
    yield [(level + 1, column, maps) for level, column, maps in wanted], "levels are counted from 0"
    square = [(level, column, column + 1) for level in range(depth) for column in range(1, depth)]
    yield square, "these nodes fill a square; deeper levels have fewer"


EXERCISE = Exercise(
    id="after.nodes",
    chapter="13_after",
    name="new_nodes",
    points=3,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    forbids=("unet_edu.models.unetpp",),
)
