"""Count the tiles along a side."""

from dataclasses import replace

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, recognising, telling
from unet_edu.course.outcome import Case, Raised

BOOK = {"depth": 4, "grid": 16}


def cases(rng, params):
    """Draw tiles that fit and that hang over, one pixel more than a tile answers, the smallest tile, illegal tiles."""
    depth = params["depth"]
    grid, lost = arithmetic.grid_step(depth), 2 * arithmetic.border(depth)
    legal = arithmetic.valid_sizes(depth, high=lost + 45 * grid)
    smallest, usual = legal[0], legal[int(rng.integers(15, 25))]
    other = legal[int(rng.integers(2, 6))]  # so many small ones that edge to edge fewer would do
    apart = (other - lost) // grid * grid
    many = int(rng.integers(25, 40))
    few, step = int(rng.integers(2, 5)), (usual - lost) // grid * grid
    wrong = usual + int(rng.integers(1, grid))
    small = int(rng.choice(range(grid - 4, lost + 1, grid)))  # has the right remainder
    exactly = other - lost + (many - 1) * apart
    odd = "some pooling would meet an odd size in such a tile"
    empty = "of such a tile nothing is left to answer"
    close = "one such tile is not enough, and the next may begin no earlier than where the grid allows"
    return [
        Case((512, legal[25]), "512 pixels, a large tile"),
        Case((few * step + usual - lost - 1, usual), "a side that is answered with one pixel to spare", 2),
        Case((exactly, other), "a long side that is answered without a pixel to spare", 3),
        Case((exactly + 1, other), "one pixel more than that", 2),
        Case((usual - lost, usual), "as many pixels as one tile answers"),
        Case((usual - lost + 1, usual), "one pixel more than one tile answers"),
        Case((2, smallest), "the smallest tile, a very short side"),
        Case((usual, wrong), "a tile that is no legal size", why=odd),
        Case((3, small), "a tile that is too small", why=empty),
        Case((smallest - lost + 9, smallest), "the smallest tile, a longer side", 2, why=close),
    ]


def oracle(args, params):
    """Lay tile after tile until the side is covered."""
    side, tile = args
    depth = params["depth"]
    if not arithmetic.is_valid(tile, depth):
        return Raised("ValueError")
    answered = arithmetic.output_size(tile, depth)
    step = next((apart for apart in range(answered, 0, -1) if apart % arithmetic.grid_step(depth) == 0), None)
    first, count = 0, 1
    while first + answered < side:
        if step is None:
            return Raised("ValueError")
        first, count = first + step, count + 1
    return count


def mistakes(args, params):
    """Yield tiles edge to edge, input for output, the last tile forgotten, another depth."""
    side, tile = args
    right = oracle(args, params)
    depth = params["depth"]
    grid, lost = arithmetic.grid_step(depth), 2 * arithmetic.border(depth)
    answered = tile - lost
    if depth != BOOK["depth"]:
        yield oracle(args, BOOK), "it is right for the paper's four poolings"
    if isinstance(right, Raised):
        return
    if side <= answered:
        yield Raised("ValueError"), "it raises ValueError where a single tile is enough"
        yield Raised("ZeroDivisionError"), "it divides by zero where a single tile is enough"
    apart = answered // grid * grid

    def up(number, by):
        return -(-number // by)

    yield up(side, answered), "the tiles stand edge to edge: is that on the grid?"
    yield up(side, tile), "a tile reads more than it answers; the answers have to cover the side"
    if tile > side:
        yield 1, "a tile reads more than it answers; the answers have to cover the side"
    if apart:
        yield up(side, apart), "the last tile answers more than one step"
        yield 1 + up(side, apart), "the first tile answers more than nothing: what is left for the others?"
        yield side // apart, "it is rounded down: the rest of the side needs a tile, too"
        yield side // answered, "the tiles stand edge to edge, and the rest of the side has none"
        if side > answered:
            yield 1 + (side - answered) // apart, "it is rounded down: the rest of the side needs a tile, too"
            yield (side - answered) // apart, "it is rounded down, and the first tile is not counted"
            yield up(side - answered, apart), "the first tile is not counted"
            yield 2 + (side - answered) // apart, "where tiles fit exactly one more is counted"
        yield 1 + up(side - answered, apart), "a side shorter than what one tile answers needs one, too"
        half = tile - lost // 2
        near = half // grid * grid
        yield (1 if side <= half else 1 + up(side - half, near)), "a tile loses the border on both sides"
        wide = up(answered, grid) * grid
        yield (1 if side <= answered else 1 + up(side - answered, wide)), "the step is rounded up: pixels are left out"
        yield (1 if side <= answered else 1 + up(side - answered, grid)), "they stand closer than the grid makes them"
    yield right**2, "that is the number for a square; wanted is that along a side"


def step_of_0(args, got, wanted, params):
    """Compare the numbers; note a division by a step of 0, where a legal tile covers less than the grid."""
    verdict = judge_value(args, got, wanted, params)
    divided = isinstance(wanted, Raised) and isinstance(got, Raised) and got.is_a("ZeroDivisionError")
    if divided and arithmetic.is_valid(args[1], params["depth"]):
        words = "the step is 0 here, and it divides by it: this is a case for a ValueError"
        return replace(verdict, message=words)
    return verdict


def other_depth(rng) -> dict:
    """Return another number of poolings, and the grid that comes of it."""
    depth = int(rng.choice([3, 5]))
    return {"depth": depth, "grid": arithmetic.grid_step(depth)}


EXERCISE = telling(
    Exercise(
        id="predict.tiles",
        chapter="09_prediction",
        name="tiles_along",
        points=3,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, step_of_0),
        params=other_depth,
        book=BOOK,
        forbids=("unet_edu.arithmetic", "unet_edu.predict"),
    ),
    {1: ("a tile reads more",)},
)
