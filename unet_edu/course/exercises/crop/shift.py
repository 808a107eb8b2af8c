"""Compute by how many pixels of the image a crop shifts a skip map."""

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case

DEEPEST = 6


def cases(rng, params):
    """The right crop, one pixel off on several levels, the corner, another depth."""
    right = _crops(4, params)
    level = int(rng.integers(1, 3))
    off = int(rng.integers(2, 5))
    depth = int(rng.integers(5, DEEPEST + 1))
    deep = int(rng.integers(1, 4))
    return [
        Case((0, right[0]), "the right crop of the top level"),
        Case((3, right[3]), "the right crop of the deepest level"),
        Case((0, right[0] + off), "some pixels too many on the top level"),
        Case((level, right[level] - off), "some pixels too few on a deeper level", 2),
        Case((level, 0), "a crop from the corner", 2),
        Case((deep, _crops(depth, params)[deep] + 1, depth), "one pixel too many in a deeper network", 2),
    ]


def oracle(args, params):
    """Compare where a value of the skip map and the value of the deep map that it is joined to sit in the image."""
    level, left, depth = args if len(args) == 3 else (*args, 4)
    skip, deep = _grids(depth, params["kernel"])[level]
    return int(skip.crop(left).offset - deep.offset)


def mistakes(args, params):
    """What comes of a forgotten factor, a sign, a level counted from the wrong end."""
    level, left, depth = args if len(args) == 3 else (*args, 4)
    right = _crops(depth, params)[level]
    yield left - right, "it counts pixels of that level, not of the image"
    if left > right:
        yield (right - left) * 2**level, "the sign is wrong: more cut on the left shows what lies further right"
    elif left < right:
        yield (
            (right - left) * 2**level,
            "this crop is too small, so the skip shows what lies further left: mind the sign",
        )
    yield (left - right) * 2 ** (level + 1), "it is twice the right value: level 0 has the image's own pixels"
    yield (left - right) * 2**level / 2, "it is half of the right value"
    yield (
        (left - right) * 2 ** (depth - level),
        "the factor counts levels from the bottom; pixels grow from the top down",
    )
    yield left * 2**level, "it is the crop itself in pixels of the image: subtract the right crop"
    yield (left - 2 * right) * 2**level, "it takes what is cut off in all for what is cut off on the left"
    if depth != 4 and level < 4:
        yield (
            (left - _crops(4, params)[level]) * 2**level,
            "the depth makes no difference here; a deeper network crops more",
        )
    if params["kernel"] != 3:
        yield (left - _crops(depth, {"kernel": 3})[level]) * 2**level, "it is right for a kernel of three pixels"


def _crops(depth, params) -> tuple[int, ...]:
    kernel = params["kernel"]
    return arithmetic.plan(arithmetic.valid_sizes(depth, high=20_000, kernel=kernel)[0], depth, kernel).crops


def _grids(depth, kernel):
    """(skip map, deep map) of every level, as index grids."""
    grid, skips, pairs = arithmetic.Grid(), [], []
    for _ in range(depth):
        grid = grid.conv(kernel).conv(kernel)
        skips.append(grid)
        grid = grid.pool()
    for skip in reversed(skips):
        grid = grid.conv(kernel).conv(kernel).up()
        pairs.append((skip, grid))
    return pairs[::-1]


def other_kernel(rng) -> dict:
    """Another kernel than the book's three pixels."""
    return {"kernel": int(rng.choice([5, 7]))}


EXERCISE = telling(
    Exercise(
        id="crop.shift",
        chapter="05_skips",
        name="shift",
        points=4,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        params=other_kernel,
        book={"kernel": 3},
        forbids=("unet_edu.arithmetic", "unet_edu.registration"),
    ),
    {3: ("the factor counts levels",), 4: ("the factor counts levels",), 5: ("the factor counts levels",)},
)
