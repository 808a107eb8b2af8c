"""Decide whether a U-Net of a given depth takes an image of a given size."""

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw legal sizes of several depths, and for each reason not to be legal one that has it."""
    depth = int(rng.choice([2, 3]))
    legal = arithmetic.valid_sizes(4, high=1_500)
    other = [size for size in arithmetic.valid_sizes(depth, high=1_500) if size not in legal]
    faults = {}
    for size in rng.permutation(range(300, 900)).tolist():
        fault = arithmetic.first_fault(size, 4)
        faults.setdefault(fault and fault.stage, size)
    even = [size for size in range(12, legal[0]) if all(rest % 2 == 0 for rest in _met(size, 4))]
    short = [size for size in even if _met(size, 4)[-1] > 0]  # of pixels for the bottom, or for the way up
    shorter = [size for size in even if _met(size, 4)[-1] <= 0]
    nothing = [(16, 1), (40, 2)]  # 0 pixels come out; deeper networks have no such size
    return [
        Case((572, 4), "the paper's size and depth"),
        Case((int(rng.choice(legal)), 4), "another legal size"),
        Case((int(rng.choice(other)), depth), "a legal size of another depth", 2),
        Case((legal[0], 4), "the smallest legal size"),
        Case((faults["pool1"], 4), "a size that the first pooling finds odd"),
        Case((faults["pool2"], 4), "a size that the second pooling finds odd"),
        Case((faults["pool4"], 4), "a size that the last pooling finds odd", 2),
        Case((int(rng.choice(short)), 4), "even at every pooling, but too small", 2),
        Case((int(rng.choice(shorter)), 4), "even at every pooling, and far too small"),
        Case(nothing[int(rng.integers(2))], "even at every pooling, but nothing comes out", 2),
        Case((3, 4), "smaller than the first two convolutions"),
    ]


def oracle(args, params):
    """Use the package's closed form."""
    return arithmetic.is_valid(*args)


def mistakes(args, params):
    """Yield what comes of half of the conditions, or of those of another network; one case cannot decide which."""
    size, depth = args
    met = _met(size, depth)
    even = all(rest % 2 == 0 for rest in met)
    out = size - 2 * arithmetic.border(depth)
    yield even, "it tests every pooling, but not whether any pixel is left in the end"
    yield even and out >= 0, "a size that leaves no pixel is not legal: the output is more than 0"
    yield even and met[-1] > 0, "it tests only the way down; the way up takes pixels, too"
    yield out > 0, "it tests whether any pixel is left, but not whether each pooling meets an even size"
    yield met[0] % 2 == 0 and out > 0, "it tests the first pooling, but not those below it"
    yield (
        size % 2**depth == 0,
        "without padding the convolutions count, too: repeated division by 2 is not enough",
    )
    yield arithmetic.is_valid(size, 4), "the depth makes no difference here"
    yield all(rest % 2 == 0 for rest in met[:-1]) and out > 0, "it does not test the last pooling"
    yield True, "it finds every size legal"
    yield False, "it finds no size legal"


def _met(size, depth) -> list[int]:
    """Return the sizes that the poolings meet, rounded down."""
    met = []
    for _ in range(depth):
        met.append(size - 4)
        size = (size - 4) // 2
    return met


EXERCISE = telling(
    Exercise(
        id="arithmetic.is_legal",
        chapter="03_arithmetic",
        name="is_legal",
        points=3,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        forbids=("unet_edu.arithmetic",),
    ),
    {2: ("without padding",)},
)
