"""The exercises of the chapter on convolution arithmetic.

A cohort's blocks may have another number of convolutions than the book's two (`arithmetic.block_out`).
"""

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case

CHAPTER = "03_arithmetic"


# ----------------------------------------------------------------------------------------------- arithmetic.block_out


def block_cases(rng, params):
    """The numbers of the prompt; sizes that come out odd; a kernel of one, and an even one."""

    def size():
        return int(rng.integers(60, 400))

    eaten = 2 * params["convs"]
    even, odd = (2 * size() + number + eaten for number in (0, 1))
    return [
        Case((572,), "the paper's size, kernel not given"),
        Case((572, 5), "a larger kernel"),
        Case((even, 3), "an even size before the pooling"),
        Case((odd, 3), "an odd size before the pooling"),
        Case((size(), 1), "a kernel of one pixel"),
        Case((2 * size() + 1, int(rng.choice([7, 9, 11]))), "an odd size, a much larger kernel"),
        Case((2 * size() + 1, 4), "a kernel with an even number of pixels", 0.5),
    ]


def block_out(args, params):
    """Layer by layer, with the size rules of the package."""
    size, kernel = args if len(args) == 2 else (*args, 3)
    for _ in range(params["convs"]):
        size = arithmetic.conv_out(size, kernel)
    return arithmetic.pool_out(size)


def block_mistakes(args, params):
    """One layer more or less, a kernel that is overlooked, a size that is rounded otherwise."""
    size, kernel = args if len(args) == 2 else (*args, 3)
    convs = params["convs"]
    left = size - convs * (kernel - 1)
    if convs != 2:
        yield (size - 2 * (kernel - 1)) // 2, "it is right for a block of two convolutions"
    yield (size - (kernel - 1)) // 2, "it counts one convolution alone"
    yield left, "the pooling is missing"
    yield size // 2, "the convolutions make no difference here: without padding each takes some pixels"
    yield -(-left // 2), "an odd size is rounded up; this pooling drops the last pixel"
    yield size // 2 - convs * (kernel - 1), "the pooling comes first here; it is the last of the block"
    yield left / 2, "it is not rounded: there is no half pixel"
    yield (
        (size - convs * kernel) // 2,
        "each convolution takes one pixel too many: how often does a window of three fit?",
    )
    yield (size - convs * (kernel // 2)) // 2, "it takes what a convolution loses on one side; there are two"
    yield (size - 2 * convs * (kernel // 2)) // 2, "a kernel with an even number of pixels takes an odd number away"
    if kernel != 3:
        yield (size - 2 * convs) // 2, "the kernel makes no difference here"


def other_number(rng) -> dict:
    """Another number of convolutions a block than the book's two."""
    return {"convs": int(rng.choice([1, 3, 4]))}


# ----------------------------------------------------------------------------------------------- arithmetic.is_legal


def legal_cases(rng, params):
    """Legal sizes of several depths, and for each reason not to be legal one that has it."""
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


def is_legal(args, params):
    """By the package's closed form."""
    return arithmetic.is_valid(*args)


def legal_mistakes(args, params):
    """Half of the conditions, or those of another network. One answer cannot tell which it is; several can."""
    size, depth = args
    met = _met(size, depth)
    even = all(rest % 2 == 0 for rest in met)
    out = size - 2 * arithmetic.border(depth)
    yield even, "every pooling is watched, but not whether anything comes out in the end"
    yield even and out >= 0, "a size from which no pixel comes out is not legal: more than 0"
    yield even and met[-1] > 0, "only the way down is watched; the way up takes pixels, too"
    yield out > 0, "whether anything comes out is watched, but not whether each pooling meets an even size"
    yield met[0] % 2 == 0 and out > 0, "the first pooling is watched, but not those below it"
    yield (
        size % 2**depth == 0,
        "without padding the convolutions count, too: divisible by 2, again and again, is not all",
    )
    yield arithmetic.is_valid(size, 4), "the depth makes no difference here"
    yield all(rest % 2 == 0 for rest in met[:-1]) and out > 0, "the last pooling is not watched"
    yield True, "it finds every size legal"
    yield False, "it finds no size legal"


def _met(size, depth) -> list[int]:
    """The sizes that the poolings meet, rounded down."""
    met = []
    for _ in range(depth):
        met.append(size - 4)
        size = (size - 4) // 2
    return met


# ------------------------------------------------------------------------------------------------- arithmetic.paint


def paint_cases(rng, params):
    """The up-convolution of the paper, overlaps, gaps, no stride, one pixel."""
    size = int(rng.integers(5, 9))
    return [
        Case((4, 2, 2), "the paper's up-convolution: kernel and stride of two"),
        Case((size, 3, 2), "a kernel that is larger than the stride: it overlaps", 2),
        Case((size, 4, 2), "a kernel of twice the stride"),
        Case((int(rng.integers(3, 6)), 2, 3), "a kernel that is smaller than the stride: it leaves gaps", 2),
        Case((size, int(rng.choice([3, 5])), 1), "a stride of one"),
        Case((1, int(rng.integers(3, 6)), 2), "one pixel alone"),
        Case((int(rng.integers(3, 6)), int(rng.choice([5, 7])), 3), "a larger kernel and a larger stride"),
    ]


def paint(args, params):
    """Convolve the places of the input pixels with a kernel of ones."""
    import numpy as np

    size, kernel, stride = args
    places = np.zeros(stride * (size - 1) + 1, dtype=np.int64)
    places[::stride] = 1
    return np.convolve(places, np.ones(kernel, dtype=np.int64)).tolist()


def paint_mistakes(args, params):
    """Two arguments mixed up, a row that is too long, the ends forgotten."""
    size, kernel, stride = args
    right = paint(args, params)
    if stride != kernel:
        yield paint((size, stride, kernel), params), "kernel and stride are mixed up"
    if stride != 1:
        yield paint((size, kernel, 1), params), "the stride makes no difference here"
    yield [min(count, 1) for count in right], "where pixels overlap they add up: count them all"
    yield right + [0] * (stride - 1), "it is too long: after the last input pixel there is one kernel more, no stride"
    yield (right + [0] * stride)[: stride * size], "it is stride times as long as the input; the kernel hangs over, too"
    yield [max(count, 1) for count in right], "between strides that are longer than the kernel there are gaps: no pixel"
    yield [kernel] * len(right), "it counts the pixels of a kernel; only those that reach this place are wanted"
    yield [-(-kernel // stride)] * len(right), "it is the same everywhere here; towards the ends fewer reach"
    spread = [sum(0 <= place - stride * pixel <= kernel for pixel in range(size)) for place in range(len(right))]
    yield spread, "each input pixel reaches one place too far"


# ------------------------------------------------------------------------------------------------- arithmetic.field


def field_cases(rng, params):
    """One convolution, two, a pooling between, the paper's way down, strides in any order, nothing."""
    path = [*[(3, 1), (3, 1), (2, 2)] * 4, (3, 1), (3, 1)]
    mixed = [(int(rng.integers(2, 6)), int(rng.integers(1, 4))) for _ in range(4)]
    kernel = int(rng.choice([5, 7, 9]))
    return [
        Case(([(kernel, 1)],), "one convolution"),
        Case(([(3, 1), (kernel, 1)],), "two convolutions"),
        Case(([(3, 1), (2, 2), (kernel, 1)],), "a pooling between two convolutions"),
        Case((path,), "U-Net from the image to the bottleneck", 2),
        Case(([*mixed, (3, 1)],), "strides of all sizes", 2),
        Case(([(1, 2), (kernel, 1), (3, 3), (4, 1)],), "a kernel of one pixel with a stride"),
        Case(([],), "no layer at all: the image itself"),
    ]


def field(args, params):
    """Go backwards from one output pixel: how many values does a layer need for so many of its own?"""
    width = 1
    for kernel, stride in reversed(args[0]):
        width = stride * (width - 1) + kernel
    return width


def field_mistakes(args, params):
    """Strides forgotten, or in the wrong order."""
    layers = args[0]
    yield (
        1 + sum(kernel - 1 for kernel, _ in layers),
        "the strides make no difference here: after one, pixels lie further apart",
    )
    yield sum(kernel for kernel, _ in layers), "it adds the kernels up; neighbouring windows overlap"
    yield field(args, params) - 1, "it is one too small: without any layer one pixel sees itself"
    jump, early, product = 1, 1, 1
    for kernel, stride in layers:
        jump *= stride
        early += (kernel - 1) * jump
        product *= kernel
    yield early, "a layer's own stride counts for the layers after it, not for itself"
    yield field((layers[::-1],), params), "the layers are taken from the wrong end: the first is next to the image"
    yield product, "it multiplies the kernels; windows that overlap do not add so much"
    own = 1 + sum((kernel - 1) * stride for kernel, stride in layers)
    yield own, "only the layer's own stride counts here; those of all layers before it multiply"
    before, width = 1, 1
    for kernel, stride in layers:
        width += (kernel - 1) * before
        before = stride
    yield width, "only the stride of the layer before counts here; those of all layers before multiply"
    total, width = 0, 1
    for kernel, stride in layers:
        width += (kernel - 1) * (total or 1)
        total += stride if stride > 1 else 0
    yield width, "strides are added here; one after the other they multiply"


EXERCISES = (
    Exercise(
        id="arithmetic.block_out",
        chapter=CHAPTER,
        name="block_out",
        points=2,
        minutes=5,
        cases=block_cases,
        oracle=block_out,
        judge=recognising(block_mistakes),
        params=other_number,
        book={"convs": 2},
        forbids=("unet_edu.arithmetic",),
    ),
    Exercise(
        id="arithmetic.is_legal",
        chapter=CHAPTER,
        name="is_legal",
        points=3,
        minutes=10,
        cases=legal_cases,
        oracle=is_legal,
        judge=recognising(legal_mistakes),
        forbids=("unet_edu.arithmetic",),
    ),
    Exercise(
        id="arithmetic.paint",
        chapter=CHAPTER,
        name="paint",
        points=3,
        minutes=15,
        cases=paint_cases,
        oracle=paint,
        judge=recognising(paint_mistakes),
        forbids=("unet_edu.arithmetic",),
    ),
    Exercise(
        id="arithmetic.field",
        chapter=CHAPTER,
        name="field",
        points=4,
        minutes=15,
        cases=field_cases,
        oracle=field,
        judge=recognising(field_mistakes),
        forbids=("unet_edu.arithmetic",),
    ),
)
