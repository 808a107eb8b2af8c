"""The exercises of the chapter on reading somebody else's U-Net: counting, sizes, finding mistakes, mending them.

A cohort's networks may have another base width than the paper's (`reading.added`) and another number of convolutions a
level (`reading.way_down`). The mistakes of `reading.find_bug` and of `reading.five` are of the same five kinds.
"""

import functools
import itertools
import math
from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import (
    as_array,
    coded,
    is_map,
    judge_value,
    layers_of,
    noise,
    recognising,
    set_weights_by_shape,
    without_gradients,
)
from unet_edu.course.outcome import Case, Raised, Verdict

CHAPTER = "06_reading"
SEED = 6


# ------------------------------------------------------------------------------------------------------ reading.added


def added_cases(rng, params):
    """Colour and many classes, either alone, none of both, fewer."""
    channels, classes = int(rng.integers(4, 13)), int(rng.integers(5, 40))
    return [
        Case((3, 21), "a colour image and 21 classes"),
        Case((channels, 2), "more channels, as many classes"),
        Case((1, classes), "as many channels, more classes"),
        Case((channels + 1, classes + 1), "more of both", 2),
        Case((1, 2), "the paper's own network"),
        Case((1, 1), "a class less"),
        Case((channels, 1), "more channels, a class less"),
    ]


def added(args, params):
    """Make small networks with and without, and count: the layers in between are the same at any depth."""
    return _weights_of_one_level(*args, params["width"]) - _weights_of_one_level(1, 2, params["width"])


@functools.lru_cache(maxsize=512)
def _weights_of_one_level(channels, classes, width) -> int:
    import torch

    from unet_edu.models.one_level import OneLevelUNet

    with torch.device("meta"):
        return sum(each.numel() for each in OneLevelUNet(channels, classes, width).parameters())


@functools.lru_cache(maxsize=512)
def _weights_of_four_levels(channels, classes, width) -> int:
    import torch

    from unet_edu.models.unet import UNet

    with torch.device("meta"):
        return sum(each.numel() for each in UNet(channels, classes, width).parameters())


def added_mistakes(args, params):
    """Biases, kernels, what was there already, the wrong layer."""
    channels, classes = args
    width = params["width"]
    first, last = 9 * width * (channels - 1), (width + 1) * (classes - 2)
    if width != 64:
        yield 9 * 64 * (channels - 1) + 65 * (classes - 2), "it is right for another base width"
    yield _weights_of_four_levels(channels, classes, width), "that is all parameters; how many more are there?"
    yield first + width * (classes - 2), "a further class brings a bias, too"
    yield (
        (9 * width + 1) * (channels - 1) + last,
        "a further channel of the image brings no bias: biases belong to the channels that come out",
    )
    yield (
        9 * width * channels + (width + 1) * classes,
        "that is all weights of the first and of the last layer; one channel and two classes are there already",
    )
    yield 9 * width * channels + last, "one channel of the image is there already"
    yield first + (width + 1) * classes, "two classes are there already"
    yield first + (width + 1) * (classes - 1), "two classes are there already, not one"
    yield first + (9 * width + 1) * (classes - 2), "the last convolution is 1×1"
    yield first + 9 * width * (classes - 2), "the last convolution is 1×1"
    yield 3 * width * (channels - 1) + last, "a kernel of the first convolution has height and width"
    yield (
        width * (channels - 1) + last,
        "the first convolution is 3×3: a further channel brings nine weights a kernel",
    )
    yield first + (2 * width + 1) * (classes - 2), "the last convolution reads the channels of the top level, once"
    yield first, "the classes make no difference here"
    yield last, "the channels of the image make no difference here"
    yield -(first + last), "the sign is wrong: more than before is positive"
    if first + last < 0:
        yield 0, "less than nothing is possible: fewer classes need fewer weights"
        yield -first - last, "the sign is lost: with fewer weights than before it is negative"
    yield (
        9 * width * (classes - 2) + (width + 1) * (channels - 1),
        "channels and classes are swapped: which are read first, and which come out last?",
    )


# --------------------------------------------------------------------------------------------------- reading.way_down


def way_down_cases(rng, params):
    """The paper, the article's dilation, odd maps, the smallest size that runs and the size below it, none at all."""
    convs = params["convs"]
    size, other = int(rng.integers(300, 500)), 2 * int(rng.integers(250, 400)) + 1
    dilation = int(rng.integers(2, 5))
    least = _smallest_way(convs, dilation)
    return [
        Case((572,), "the paper's size, no dilation given"),
        Case((572, 2), "the article's dilation"),
        Case((size, 1), "another size"),
        Case((other, 3), "an odd size, a larger dilation", 2),
        Case((least, dilation), "the smallest size that runs"),
        Case((least - 1, dilation), "a size that is too small, which shows late", 2),
        Case((2 * dilation, dilation), "a size that is too small for the first kernel"),
    ]


def way_down(args, params):
    """Send a row of zeros through layers of PyTorch and note how long it is."""
    import torch
    from torch.nn import functional

    size, dilation = args if len(args) == 2 else (*args, 1)
    row, kernel, found = torch.zeros(1, 1, size), torch.ones(1, 1, 3), []
    try:
        for _ in range(4):
            for _ in range(params["convs"]):
                row = functional.conv1d(row, kernel, dilation=dilation)
            row = functional.max_pool1d(row, 2, ceil_mode=True)
            found.append(row.shape[-1])
    except RuntimeError:
        return Raised("ValueError")
    return found


def _smallest_way(convs, dilation) -> int:
    size = 1
    while isinstance(way_down((size, dilation), {"convs": convs}), Raised):
        size += 1
    return size


def _walked(size, eaten, ceil=True, levels=4) -> list[int]:
    """Sizes after the poolings where each level takes `eaten` pixels, whatever becomes of it."""
    found = []
    for _ in range(levels):
        size = (size - eaten + ceil) // 2
        found.append(size)
    return found


def way_down_mistakes(args, params):
    """Rounding, the dilation, the number of convolutions, what is returned, a test too strict or too late."""
    size, dilation = args if len(args) == 2 else (*args, 1)
    convs = params["convs"]
    right = way_down(args, params)
    eaten = 2 * convs * dilation
    if isinstance(right, Raised):
        yield _walked(size, eaten), "a kernel that is larger than its map fits nowhere: this is a case for a ValueError"
        yield Raised("RuntimeError"), "PyTorch's own error is a RuntimeError; here a ValueError is asked for"
        met = _met(size, convs, dilation)
        yield met, "where a map is too small it stops early and says nothing: this is a case for a ValueError"
        return
    yield Raised("ValueError"), "it raises ValueError for a size that runs: a map of one pixel is still a map"
    if convs != 2:
        yield (
            _walked(size, 4 * dilation),
            "it is right for another number of convolutions a level",
        )
    yield _walked(size, eaten, ceil=False), "the poolings round down here; these round up"
    if dilation != 1:
        yield _walked(size, 2 * convs), "the dilation makes no difference here"
        yield (
            _walked(size, convs * (dilation + 1)),
            "a kernel of three spans two steps, each as wide as the dilation",
        )
    if convs == 2:  # half of the convolutions, or of what each eats
        words = "too little is eaten: each of the two convolutions takes a pixel from either side, times the dilation"
    else:
        words = "a kernel of three takes a pixel from either side, times the dilation"
    yield _walked(size, convs * dilation), words
    yield _walked(size, convs * (2 * dilation + 1)), "a convolution does not eat as much as its kernel spans"
    if convs > 1:
        yield _walked(size, 2 * dilation), "there are more convolutions a level than one"
    yield _walked(size, 0), "the convolutions eat pixels, too"
    yield _walked(size, eaten, levels=5), "one level too many: there are four poolings"
    yield _walked(size, eaten, levels=3), "one level is missing: there are four poolings"
    yield [size, *right[:-1]], "the first number is that of the image; wanted are those after the poolings"
    yield [each - eaten for each in (size, *right[:-1])], "these are the sizes before the poolings"
    yield right[::-1], "the right values from the bottom up; wanted is top to bottom"
    yield [-(-each // 2) - eaten for each in (size, *right[:-1])], "the pooling comes after the convolutions"


def _met(size, convs, dilation) -> list[int]:
    """The sizes after the poolings up to where a kernel does not fit."""
    found = []
    for _ in range(4):
        size -= 2 * convs * dilation
        if size < 1:
            break
        size = (size + 1) // 2
        found.append(size)
    return found


def other_convs(rng) -> dict:
    """Another number of convolutions a level; with 1 and with 4 some dilation gives the article's sizes, too."""
    return {"convs": int(rng.choice([1, 4]))}


# --------------------------------------------------------------------------------------------------- reading.find_bug

# What a forward pass does, in numbers: nothing in there has a name that would give it away.
#   source of the skip: 0 the map before the pooling, 1 after it, 2 the former resized, 3 the other map, 4 zeros
#   where the cut begins: 0 in the corner, 1 so that it is the centre, 2 at the far end; then rows and columns besides
#   order of the halves: 0 the skip first, 1 last;  which ReLU is left out: 0 none, 1 to 6;  a softmax at the end: 1
RIGHT = (0, 1, 0, 0, 0, 0, 0)
PLANS = (
    RIGHT,
    *((0, 1, *side, 0, 0, 0) for side in ((-1, 0), (1, 0), (0, -1), (0, 1))),
    (1, 1, 0, 0, 0, 0, 0),
    (0, 1, 0, 0, 1, 0, 0),
    *((0, 1, 0, 0, 0, relu, 0) for relu in range(1, 7)),
    (0, 1, 0, 0, 0, 0, 1),
    *((0, begin, 0, 0, 0, 0, 0) for begin in (0, 2)),
    *((source, 1, 0, 0, 0, 0, 0) for source in (2, 3, 4)),
)
NAMES = ("none", "off_by_one", "late", "swapped", "no_relu", "softmax")


def find_cases(rng, params):
    """A right one, one of each kind, one more of those that can be made in several ways, one of another kind.

    All that a student sees of one is a number, whose remainder is the place in `PLANS`.
    """

    def number(*names):
        places = [place for place, plan in enumerate(PLANS) if _name(plan) in names]
        return int(rng.choice(places)) + len(PLANS) * int(rng.integers(20, 400))

    numbers = [number(NAMES[place]) for place in rng.permutation(len(NAMES))]
    numbers += [number("off_by_one", "no_relu"), number("")]
    return [
        Case((f"forward no. {each}",), f"forward pass {letter}")
        for letter, each in zip("ABCDEFGH", numbers, strict=True)
    ]


def _name(plan) -> str:
    """What the mistake of a plan is called, an empty text for one of another kind."""
    source, begin, down, right, order, relu, softmax = plan
    if begin != 1 or source > 1:
        return ""
    flags = (down or right, source == 1, order, relu, softmax)
    return next((name for name, flag in zip(NAMES[1:], flags, strict=True) if flag), NAMES[0])


def _plan(name):
    return PLANS[int(name.split()[-1]) % len(PLANS)]


def as_forward(args, params):
    """The forward pass of that number: a function of a network and an image."""
    import torch
    from torch.nn import functional

    source, begin, down, right, order, relu, last = _plan(args[0])

    def block(net, name, x):
        for number in (1, 2):
            x = getattr(getattr(net, name), f"conv{number}")(x)
            x = x if relu == {"d0": 0, "d1": 2, "u0": 4}[name] + number else x.relu()
        return x

    def forward(net, image):
        fine = block(net, "d0", image)
        coarse = functional.max_pool2d(fine, 2)
        up = net.up0(block(net, "d1", coarse))
        height, width = up.shape[2:]
        if source < 2:
            skip = functional.interpolate(coarse, scale_factor=2) if source else fine
            top = (skip.shape[2] - height) // 2 * begin + down
            left = (skip.shape[3] - width) // 2 * begin + right
            skip = skip[..., top : top + height, left : left + width]
        elif source == 2:
            skip = functional.interpolate(fine, (height, width), mode="bilinear", align_corners=True)
        else:
            skip = up if source == 3 else torch.zeros_like(up)
        scores = net.score(block(net, "u0", torch.cat((up, skip) if order else (skip, up), 1)))
        return scores.softmax(1) if last else scores

    return (forward,)


def find_bug(args, params):
    """Read the plan."""
    return _name(_plan(args[0])) or Raised("ValueError")


def judge_found(args, got, wanted, params):
    """Say how what was found misses, without the name of what is there."""
    verdict = judge_value(args, got, wanted, params)
    if verdict.passed:
        return verdict
    if got is None:
        return Verdict(False, "it returns None: where no suspect fits it ends without a word", "type")
    if isinstance(got, Raised):
        words = ""
        if got.is_a("ValueError") and wanted == "none":
            words = "it raises ValueError for a right one: do both get the same network and the same image?"
        elif got.is_a("ValueError"):
            words = "it raises ValueError for one of the five: can that mistake be made in more places than are tried?"
        return replace(verdict, message=words or verdict.message)
    if not isinstance(got, str) or got not in NAMES:
        return replace(verdict, message=f"{verdict.message}: none of the six names")
    if wanted == "none":
        return Verdict(False, f"it says {got!r} of a forward pass that is right", "value")
    if isinstance(wanted, Raised):
        words = f"it says {got!r} of a mistake of another kind: this is a case for a ValueError"
        return Verdict(False, words, "value")
    if got == "none":
        words = "it finds nothing wrong: are the values compared, not the shapes alone, and on an image with structure?"
        return Verdict(False, words, "value")
    return Verdict(False, f"it says {got!r}, but with that mistake something else comes out", "value")


# -------------------------------------------------------------------------------------------------------- reading.five


def five_cases(rng, params):
    """Two levels: square, not square, two images; the smallest; wide and narrow networks."""

    def case(width, shape, says, points=1):
        image = noise((shape[0], 1, *shape[1:]), int(rng.integers(1 << 30)))
        return Case(((1, 2, width), image), says, points)

    width = int(rng.integers(3, 6))
    side = 44 + 4 * int(rng.integers(1, 5))
    return [
        case(4, (1, 60, 60), "a square image"),
        case(width, (1, side, side + 8), "an image that is not square", 2),
        case(width + 1, (2, side + 4, side), "two images", 2),
        case(3, (1, 44, 44), "the smallest image that there can be"),
    ]


def as_two_levels(args, params):
    """The layers of a U-Net of two levels, in one module that will not run them itself, and the image."""

    from unet_edu.models.unet import UNet

    channels, classes, width = args[0]
    return layers_of(UNet(channels, classes, width, depth=2), SEED), args[1]


def five(args, params):
    """The package's own network."""
    import torch

    from unet_edu.models.unet import UNet

    channels, classes, width = args[0]
    with torch.no_grad():
        return set_weights_by_shape(UNet(channels, classes, width, depth=2), SEED).eval()(args[1])


FIVE = {
    "late": "the skip of the lower join is still taken after the pooling",
    "swapped": "the two halves of the lower join are still in the other order",
    "no_relu": "a ReLU is still missing",
    "beside": "the skips are still cut beside the centre",
    "softmax": "what is returned has still been through a softmax, and the loss takes it through another",
}


def _variants(net, image):
    """All that can be left of the five mistakes: pairs of (their names, what comes out). Without any first."""
    import torch
    from torch.nn import functional

    def cut(x, like, beside):
        top, left = ((a - b) // 2 + beside for a, b in zip(x.shape[2:], like.shape[2:], strict=True))
        return x[..., top : top + like.shape[2], left : left + like.shape[3]]

    d0 = net.d0(image)
    d1 = net.d1(net.pool1(d0))
    p2 = net.pool2(d1)
    up1 = net.up1(net.d2(p2))
    for late, swapped, silent, low, high in itertools.product((False, True), repeat=5):
        skip = cut(functional.interpolate(p2, scale_factor=2) if late else d1, up1, int(low))
        x = net.u1.conv1(torch.cat([up1, skip] if swapped else [skip, up1], 1)).relu()
        x = net.u1.conv2(x) if silent else net.u1.conv2(x).relu()
        up0 = net.up0(x)
        scores = net.score(net.u0(torch.cat([cut(d0, up0, int(high)), up0], 1)))
        if low != high:
            if not (late or swapped or silent):
                yield ("lower" if low else "upper",), scores
            continue
        left = tuple(name for name, is_left in zip(FIVE, (late, swapped, silent, low), strict=False) if is_left)
        yield left, scores
        yield (*left, "softmax"), scores.softmax(1)


def five_mistakes(args, params):
    """All combinations of mistakes that are left; then what is spoilt on the way."""
    import torch

    net, image = as_two_levels(args, params)
    with torch.no_grad():
        found = dict(_variants(net, image))
    right = found.pop(())
    yield found.pop(tuple(FIVE)), "nothing is mended yet: all five mistakes are in there"
    for left, output in found.items():
        if left[0] in ("lower", "upper"):
            yield output, f"the skip of the {left[0]} join is still cut beside the centre"
        else:
            yield output, FIVE[left[0]] if len(left) == 1 else f"{_count(len(left))} of the five mistakes are left"
    yield right.argmax(1), "scores are wanted, not the classes that they speak for"
    yield right.relu(), "there is no ReLU after the scores"
    yield right.log_softmax(1), "the loss takes the logarithm of the softmax itself; scores are wanted"
    yield right.sigmoid(), "scores are wanted, without a sigmoid"


def _count(number) -> str:
    return ("none", "one", "two", "three", "four")[number]


def judge_five(args, got, wanted, params):
    """Known mistakes; and a network that is asked to run itself."""
    verdict = _judge_fives(args, got, wanted, params)
    if isinstance(got, Raised) and "layer by layer" in got.said:
        return type(verdict)(False, "it lets the network run itself; call its layers one by one", "error")
    if isinstance(got, Raised) and "Sizes of tensors must match" in got.said:
        return type(verdict)(False, "two maps that are joined are not equally large: is each skip cut?", "error")
    return verdict


_judge_fives = recognising(five_mistakes)


# ------------------------------------------------------------------------------------------------ reading.in_register


def register_cases(rng, params):
    """All right; a skip, the coarse skip, the deep path off; off to the left; off at the ends alone; tolerances."""
    size = 60 + 4 * int(rng.integers(0, 5))
    right, left = (int(rng.integers(2, 4)) for _ in range(2))
    return [
        Case(({"depth": 2}, size), "U-Net with two levels, as it is"),
        Case(({"depth": 2, "skip0": right}, size), "its finer skip cut beside the centre"),
        Case(({"depth": 2, "skip0": -left}, size), "the same on the other side"),
        Case(({"depth": 2, "skip1": 1}, size), "its coarser skip cut a column beside the centre"),
        Case(({"depth": 2, "skip1": 1}, size, 2.5), "the same, and more tolerance", 2),
        Case(({"depth": 1, "deep": 1}, size), "the map from below moved by a column of its own", 2),
        Case(({"depth": 1, "stretched": True}, 36), "a skip that is resized, not cut"),
        Case(({"depth": 1, "stretched": True}, 36, 2.5), "the same, and more tolerance", 2),
        Case(({"depth": 1, "skip0": 1}, size, 0.4), "a column beside the centre, and little tolerance"),
        Case(({"depth": 1, "skip0": 2, "deep": -1}, size), "both off, to different sides"),
    ]


def as_suspect(args, params):
    """A narrow U-Net with skips that are cut beside the centre, or a map from below that is moved."""
    import torch
    from torch import nn
    from torch.nn import functional

    from unet_edu.models.unet import UNet

    class Beside(nn.Module):
        is_skip = True

        def __init__(self, columns, stretched):
            super().__init__()
            self.columns, self.stretched = columns, stretched

        def forward(self, skip, like):
            height, width = like.shape[2:]
            if self.stretched:
                return functional.interpolate(skip, (height, width), mode="bilinear", align_corners=True)
            top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2 + self.columns
            return skip[..., top : top + height, left : left + width]

    class Moved(nn.Module):
        def __init__(self, up, columns):
            super().__init__()
            self.up, self.columns = up, columns

        def forward(self, x):
            return self.up(torch.roll(x, -self.columns, 3))

    plan, *rest = args
    net = UNet(base_width=1, depth=plan["depth"]).eval()
    for level in range(plan["depth"]):
        setattr(net, f"skip{level}", Beside(plan.get(f"skip{level}", 0), plan.get("stretched", False)))
    if plan.get("deep"):
        net.up0 = Moved(net.up0, plan["deep"])
    return (net, *rest)


def _offsets(plan, size) -> dict:
    """How far off each path of such a network is, column by column: by hand."""
    import numpy as np

    out = size - 12 * 2 ** plan["depth"] + 8
    still = np.zeros(out)
    found = {"deep": still + 2 * plan.get("deep", 0)}
    for level in reversed(range(plan["depth"])):  # the order in which the package meets them
        found[f"skip{level}"] = still + 2**level * plan.get(f"skip{level}", 0)
    if plan.get("stretched"):
        fine, joined = size - 4, out + 4  # corner on corner: the further from the middle, the further off
        found["skip0"] = (np.arange(out) - (out - 1) / 2) * ((fine - 1) / (joined - 1) - 1)
    return found


def in_register(args, params, paths=None, part=slice(None), middle=True, size_of=abs, of=max, tolerance=None):
    """By hand, for each path; the options are there for the mistakes."""
    plan, size, *given = args
    tolerance = tolerance if tolerance is not None else given[0] if given else 1.0
    verdicts = []
    for path, offsets in _offsets(plan, size).items():
        quarter = len(offsets) // 4 if middle else 0
        if paths is None or path.startswith(paths):
            verdicts.append(bool(of(size_of(each) for each in offsets[quarter : len(offsets) - quarter]) <= tolerance))
    return all(verdicts[part])


def register_mistakes(args, params):
    """Paths, signs, columns, tolerance."""

    def mean(offsets):
        offsets = list(offsets)
        return abs(math.fsum(offsets) / len(offsets))

    def centre(offsets):
        offsets = list(offsets)
        return abs(offsets[len(offsets) // 2])

    yield (
        in_register(args, params, "deep"),
        "it looks at the deep path alone (a return within the loop?); each skip has a register of its own",
    )
    yield in_register(args, params, "skip"), "it looks at the skips alone; the deep path has a register of its own"
    yield (
        in_register(args, params, part=slice(0, 2)),
        "it looks at the first skip alone; there are others",
    )
    yield (
        in_register(args, params, part=slice(-1, None)),
        "only the last path decides: is the result of the others overwritten?",
    )
    yield (
        in_register(args, params, size_of=float),
        "off to the left counts as in register: the offset is negative there, its size is not",
    )
    yield (
        in_register(args, params, size_of=lambda offset: -float(offset)),
        "off to the right counts as in register: it is positive there",
    )
    yield in_register(args, params, middle=False), "the whole row is looked at; asked is for its middle half"
    yield (
        in_register(args, params, size_of=float, of=mean),
        "the mean over a row is looked at: what is off to the left and to the right cancels",
    )
    yield in_register(args, params, size_of=float, of=centre), "one column is looked at; asked is for the middle half"
    yield in_register(args, params, tolerance=1.0), "the tolerance makes no difference here"
    yield not in_register(args, params), "it is the other way round: True is for what is in register"


# ------------------------------------------------------------------------------------------------------- reading.mend


def mend_cases(rng, params):
    """Something to cut, more of it on one axis, nothing to cut, doubles, then what cannot be cut evenly."""
    import torch

    height, width = int(rng.integers(5, 8)), int(rng.integers(9, 12))
    rows, columns = 2 * int(rng.integers(1, 3)), 2 * int(rng.integers(3, 5))
    side = int(rng.integers(4, 8))

    def case(shape, down, right, says, points=1, dtype="float32"):
        like = torch.zeros(
            shape[0], shape[1] + 1, 2 * shape[2] - down, 2 * shape[3] - right, dtype=getattr(torch, dtype)
        )
        return Case(((coded(*shape, dtype=dtype), like),), says, points)

    return [
        case((1, 2, side + 2, side + 2), 4, 4, "a square map"),
        case((2, 3, height, width), rows, columns, "not square, more columns to cut than rows", 2),
        case((1, 1, height, width), 0, 0, "a map that fits once it is enlarged"),
        case((1, 2, height, width), rows, 0, "rows to cut alone", dtype="float64"),
        case((1, 2, height, width), 3, 2, "an odd number of rows to cut"),
        case((1, 2, height, width), 2, 1, "an odd number of columns to cut"),
        case((1, 2, height, width), -2, 2, "a map that is too small"),
    ]


def mend_probe(answer, args, params):
    """Make it and call it; with what comes out comes its mark."""
    import torch

    module = answer()
    with torch.no_grad():
        return {"output": module(*args[0]), "is_skip": getattr(module, "is_skip", None) is True}


def mend(args, params):
    """Each row and each column twice, then one off each end until it fits."""
    skip, like = args[0]
    rows = [row for row in range(skip.shape[2]) for _ in range(2)]
    columns = [column for column in range(skip.shape[3]) for _ in range(2)]
    for left, wanted in ((rows, like.shape[2]), (columns, like.shape[3])):
        while len(left) > wanted:
            del left[0]
            del left[-1:]
        if len(left) != wanted:
            return Raised("ValueError")
    return {"output": skip[..., rows, :][..., columns], "is_skip": True}


def judge_register(args, got, wanted, params):
    """Right is what lies in place, however it was made finer: a mean over any 2×2 pixels tells its own place."""
    import numpy as np

    verdict = judge_value(args, got, wanted, params)
    if verdict.passed or isinstance(wanted, Raised) or not is_map(got) or verdict.kind != "value":
        return verdict
    skip = args[0][0]
    top, left = (2 * skip.shape[2] - got.shape[2]) // 2, (2 * skip.shape[3] - got.shape[3]) // 2
    rows, columns = np.arange(got.shape[2]) + top, np.arange(got.shape[3]) + left  # of the enlarged map
    first = as_array(skip)[..., :1, :1].astype(float)
    place = first + 100 * (rows[:, None] - 0.5) / 2 + (columns - 0.5) / 2
    off = as_array(got).astype(float) - place
    off = (off[..., 1:, 1:] + off[..., :-1, 1:] + off[..., 1:, :-1] + off[..., :-1, :-1]) / 4
    inner = off[..., max(0, 3 - top) : off.shape[-2] - max(0, 3 - top), max(0, 3 - left) :]
    inner = inner[..., : inner.shape[-1] - max(0, 3 - left)]  # near the ends there is nothing beyond to interpolate to
    return Verdict(True) if inner.size and np.abs(inner).max() < 0.05 else verdict


def mend_mistakes(args, params):
    """Resized as before, cut elsewhere, enlarged in another way."""
    import torch
    from torch.nn import functional

    skip, like = args[0]
    height, width = like.shape[2:]
    rows, columns = 2 * skip.shape[2] - height, 2 * skip.shape[3] - width
    resized = "it is resized to the other map's size, as before: twice as large, then cut"
    for options in ({"mode": "bilinear", "align_corners": True}, {"mode": "bilinear"}, {}):
        if (rows, columns) != (0, 0):
            yield functional.interpolate(skip, (height, width), **options), resized
    if min(rows, columns) < 0 or rows % 2 or columns % 2:
        return
    yield Raised("ValueError"), "it raises ValueError for a map that can be cut: is the test too strict?"
    fine = functional.interpolate(skip, scale_factor=2)
    top, left = rows // 2, columns // 2

    def cut(x, top=top, left=left):
        return x[..., top : top + height, left : left + width]

    yield cut(fine, 0, 0), "it is cut from the top left corner, not from the centre"
    yield cut(fine, rows, columns), "it is cut from the bottom right corner, not from the centre"
    yield fine, "it is enlarged, but not cut to fit"
    yield (
        fine[..., top:-top, left:-left],
        "where nothing is to be cut nothing is left: a slice up to -0 is empty",
    )
    yield cut(fine, left, top), "rows and columns are mixed up in where it begins"
    yield cut(skip.repeat(1, 1, 2, 2)), "the whole map is repeated; each of its pixels is to become 2×2"
    yield (
        cut(functional.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=True)),
        "it is enlarged corner pixel on corner pixel (align_corners=True), which stretches the map",
    )
    spread = torch.zeros_like(fine)
    spread[..., ::2, ::2] = skip
    yield cut(spread), "there are zeros between the pixels: each of them is to become 2×2"
    down, right = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    if min(down, right) >= 0:
        yield skip[..., down : down + height, right : right + width], "it is cut, but not made finer before"


def judge_mend(args, got, wanted, params):
    """Known mistakes in what comes out; then the mark."""
    if isinstance(wanted, Raised) or not isinstance(got, dict):
        verdict = _judge_mended(args, got.get("output") if isinstance(got, dict) else got, _output(wanted), params)
        if isinstance(wanted, Raised) and isinstance(got, dict):
            skip, like = args[0]
            small = any(2 * a < b for a, b in zip(skip.shape[2:], like.shape[2:], strict=True))
            why = "a map that is too small has nothing to cut" if small else "an odd rest cannot be cut evenly"
            fits = [words for words, fit in verdict.clues if fit]
            return replace(verdict, message=fits[0] if fits else f"{why}: this is a case for a ValueError")
        return verdict
    verdict = _judge_mended(args, got.get("output"), wanted["output"], params)
    if verdict.passed and got.get("is_skip") is not True:
        return Verdict(False, "it lacks is_skip = True, by which the package knows a skip connection", "value")
    return verdict


def _output(wanted):
    return wanted if isinstance(wanted, Raised) else wanted["output"]


_judge_mended = recognising(mend_mistakes, judge_register)


def mend_picture(args, got):
    """Which column of the skip map each column of the answer shows, and where that column belongs."""
    from matplotlib.figure import Figure

    from unet_edu import plots

    skip, came = args[0][0], as_array(got["output"])
    middle = came.reshape(-1, *came.shape[-2:])[0, came.shape[-2] // 2] % 100
    left = (2 * skip.shape[3] - came.shape[-1]) / 2
    figure = Figure(figsize=(4.2, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(came.shape[-1]), 2 * middle + 0.5 - left, "o-", ms=4, color=plots.SKIP, label="where it comes from")
    axes.plot([0, came.shape[-1] - 1], [0, came.shape[-1] - 1], color=plots.MUTED, lw=1, label="in register")
    axes.set(xlabel="column of what yours returns", ylabel="the same, in place")
    axes.legend(fontsize=8)
    return figure


ONE_LEVEL = "from unet_edu.models import OneLevelUNet"

EXERCISES = (
    Exercise(
        id="reading.added",
        chapter=CHAPTER,
        name="added",
        points=2,
        minutes=10,
        cases=added_cases,
        oracle=added,
        judge=recognising(added_mistakes),
        params=lambda rng: {"width": int(rng.choice([16, 24, 32, 48, 96]))},
        book={"width": 64},
        forbids=("unet_edu.models", "unet_edu.arithmetic"),
    ),
    Exercise(
        id="reading.way_down",
        chapter=CHAPTER,
        name="way_down",
        points=3,
        minutes=10,
        cases=way_down_cases,
        oracle=way_down,
        judge=recognising(way_down_mistakes),
        params=other_convs,
        book={"convs": 2},
        forbids=("unet_edu.arithmetic", "unet_edu.models.article"),
    ),
    Exercise(
        id="reading.find_bug",
        chapter=CHAPTER,
        name="find_bug",
        points=6,
        minutes=30,
        cases=find_cases,
        oracle=find_bug,
        judge=judge_found,
        prepare=as_forward,
        needs=("import torch", "from torch import nn", "from torch.nn import functional as F", ONE_LEVEL),
    ),
    Exercise(
        id="reading.five",
        chapter=CHAPTER,
        name="mended",
        points=5,
        minutes=20,
        cases=five_cases,
        oracle=five,
        judge=judge_five,
        prepare=as_two_levels,
        probe=without_gradients,
        needs=("import torch", "from torch import nn", "from torch.nn import functional as F"),
    ),
    Exercise(
        id="reading.in_register",
        chapter=CHAPTER,
        name="in_register",
        points=4,
        minutes=15,
        cases=register_cases,
        oracle=in_register,
        judge=recognising(register_mistakes),
        prepare=as_suspect,
        needs=(
            "import numpy as np",
            "import torch",
            "from unet_edu.registration import registration, skip_modules",
        ),
    ),
    Exercise(
        id="reading.mend",
        chapter=CHAPTER,
        name="InPlace",
        points=4,
        minutes=15,
        cases=mend_cases,
        oracle=mend,
        judge=judge_mend,
        probe=mend_probe,
        needs=("import torch", "from torch import nn", "from torch.nn import functional as F"),
        picture=mend_picture,
    ),
)
