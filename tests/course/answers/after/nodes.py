"""Answers to the exercise after.nodes: right ones, and the known wrong ones."""

from answerkit import right, wrong


@right()
def by_loops(depth):
    found = []
    for level in range(depth):
        for column in range(1, depth - level):
            found.append((level, column, column + 1))
    return found


@right()
def by_subtraction(depth):
    nodes = {(level, column) for level in range(depth + 1) for column in range(depth + 1 - level)}
    for level in range(depth + 1):
        nodes.discard((level, 0))
        nodes.discard((level, depth - level))
    return tuple([level, column, 1 + column] for level, column in sorted(nodes))


@wrong("the last node of each level is in U-Net")
def right_edge_too(depth):
    return [(level, column, column + 1) for level in range(depth) for column in range(1, depth - level + 1)]


@wrong("the first node of each level is in U-Net")
def left_edge_too(depth):
    found = [(level, column, column + 1) for level in range(depth) for column in range(depth - level)]
    return [*found, (depth, 0, 1)]


@wrong("these are all nodes")
def everything(depth):
    return [(level, column, column + 1) for level in range(depth + 1) for column in range(depth - level + 1)]


@wrong("comes up from below is missing")
def without_below(depth):
    return [(level, column, column) for level, column, _ in by_loops(depth)]


@wrong("not of the nearest alone")
def always_two(depth):
    return [(level, column, 2) for level, column, _ in by_loops(depth)]


@wrong("how many maps each node gets is missing")
def pairs(depth):
    return [(level, column) for level, column, _ in by_loops(depth)]


@wrong("level and column are swapped")
def column_first(depth):
    return sorted((column, level, maps) for level, column, maps in by_loops(depth))


@wrong("sorted, they go level by level")
def by_columns(depth):
    return [(level, column, column + 1) for column in range(1, depth) for level in range(depth - column)]


@wrong("wanted is the list of them")
def number(depth):
    return depth * (depth - 1) // 2


@wrong("right for one pooling less")
def levels_counted(depth):
    return by_loops(depth - 1)


@wrong("these nodes fill a square")
def square(depth):
    return [(level, column, column + 1) for level in range(depth) for column in range(1, depth)]
