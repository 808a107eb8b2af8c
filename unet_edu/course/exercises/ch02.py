"""The exercises of the chapter on fully convolutional networks.

A cohort's fc6 may have another window than the book's seven values (`fcn.side`), and the first convolution another
kernel than 3×3 (`fcn.crop`).
"""

from fractions import Fraction

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, noise, recognising, set_weights_by_shape, weights
from unet_edu.course.outcome import Case, Raised, Verdict

CHAPTER = "02_fcn"


# ---------------------------------------------------------------------------------------------------------- fcn.side


def side_cases(rng, params):
    """The size of the prompt, another padding, poolings that round down, one score, none."""
    window = params["kernel"]

    def between(low, high):
        return int(rng.integers(low, high))

    def size(scores, rest, padding):
        """The size whose first map has `rest` pixels more than just enough for so many scores."""
        return 32 * (scores + window - 1) + rest + 2 - 2 * padding

    many, padding = between(10, 30), between(60, 95)
    return [
        Case((1000,), "the size of the prompt"),
        Case((size(many, 0, 100),), "poolings that divide without a rest"),
        Case((size(many, between(3, 14), 100),), "poolings with a small rest, rounded up"),
        Case((size(many, 31, 100),), "poolings with a rest of nearly all"),
        Case((size(many, 31, padding), padding, False), "another padding, rounded down", 2),
        Case((size(many, 0, padding), padding, False), "rounded down, and nothing to round"),
        Case((size(many, between(18, 30), 0), 0), "no padding at all"),
        Case((size(0, 1, 50), 50), "a size from which one score is left"),
        Case((size(0, 0, 50), 50), "a size from which just none is left", 0.5),
        Case((size(1, -1, 50), 50, False), "a size from which rounding down leaves none", 0.5),
        Case((between(20, 60), 1), "an image that is far too small", 0.5),
    ]


def _side_args(args) -> tuple:
    return (*args, 100, True)[:3] if len(args) == 1 else (*args, True)[:3]


def side(args, params):
    """Rounding five times by two is rounding once by thirty-two."""
    size, padding, ceil = _side_args(args)
    first = size + 2 * padding - 2
    scores = (-(-first // 32) if ceil else first // 32) - params["kernel"] + 1
    return scores if scores > 0 else Raised("ValueError")


def side_mistakes(args, params):
    """Padding, rounding and the window of fc6."""
    size, padding, ceil = _side_args(args)
    window = params["kernel"]
    right = side(args, params)
    first = size + 2 * padding - 2

    def scores(first, pools=5, window=window, ceil=ceil):
        step = 2**pools
        left = (-(-first // step) if ceil else first // step) - window + 1
        return left if left > 0 else Raised("ValueError")

    if isinstance(right, Raised):
        left = scores(first, window=1) - window + 1 if first >= 32 else None
        if left is not None:
            yield left, "where no score is left it returns a number: this is a case for a ValueError"
        yield 0, "where no score is left it returns a number: this is a case for a ValueError"
    if window != 7:
        yield scores(first, window=7), "it is right for a window of seven values in fc6"
    yield scores(first, window=1), "fc6 has a window: it gives fewer values than it takes"
    yield scores(first, window=window + 1), "the window of fc6 has one place more: how often does it fit?"
    yield scores(first, window=window - 1), "the window of fc6 has one place less: how often does it fit?"
    yield scores(first - padding), "the padding is on both sides"
    if padding:
        yield scores(size - 2), "the padding makes no difference here"
    if padding != 100:
        yield scores(size + 198), "the padding is always the same here; it is an argument"
    yield scores(first + 2), "the first convolution takes pixels away, too"
    yield scores(first + 1), "the first convolution takes a pixel from both ends"
    yield scores(first, ceil=not ceil), "it rounds the wrong way round: what does `ceil` say?"
    yield scores(first, ceil=True), "it rounds up, whatever `ceil` says"
    yield scores(first, ceil=False), "it rounds down, whatever `ceil` says"
    yield scores(first, pools=4), "there are five poolings; a pooling is missing"
    yield scores(first, pools=6), "there are five poolings; this is one too many"
    exact = Fraction(first, 32) - window + 1
    yield float(exact), "it is not rounded: there is no half a value"
    near = round(exact) if round(exact) > 0 else Raised("ValueError")
    yield near, "it is rounded to the nearest number; poolings round all in one direction"
    if right == 1:
        yield Raised("ValueError"), "it raises ValueError where a score is left: is the test too strict?"


def other_window(rng) -> dict:
    """Another window of fc6 than VGG16's seven values."""
    return {"kernel": int(rng.choice([3, 5, 9]))}


# --------------------------------------------------------------------------------------------------------- fcn.paint


def paint_cases(rng, params):
    """The row of the text, odd and large strides, negative scores, one, none."""

    def scores(count):
        return [int(number) / 4 for number in rng.permutation(range(-20, 60))[:count]]

    return [
        Case(([4.0, 4.0, 8.0], 2), "the row of the text"),
        Case((scores(int(rng.integers(4, 7))), 2), "more scores, some negative", 2),
        Case((scores(int(rng.integers(3, 5))), 3), "an odd stride", 2),
        Case((scores(3), int(rng.choice([4, 5, 8]))), "a larger stride"),
        Case((scores(4), 1), "a stride of one"),
        Case((scores(1), int(rng.integers(3, 6))), "a single score"),
        Case(([], 3), "no score", 0.5),
    ]


def paint_tents(args, params):
    """Straight lines between the scores, each in the middle of its brush, and a score of zero before and behind."""
    import numpy as np

    scores, stride = args
    middles = stride * np.arange(len(scores) + 2) - 0.5
    return np.interp(np.arange(stride * (len(scores) + 1)), middles, [0, *scores, 0]).tolist()


def paint_mistakes(args, params):
    """Brushes of another form or place, paint that does not add up."""
    scores, stride = args
    right = paint_tents(args, params)
    taps = range(2 * stride)
    tent = [1 - abs(tap - stride + 0.5) / stride for tap in taps]

    whole = len(right)

    def paint(brush, start=0, length=whole):
        row = [0.0] * length
        for number, score in enumerate(scores):
            for tap, weight in enumerate(brush):
                if 0 <= number * stride + start + tap < length:
                    row[number * stride + start + tap] += weight * score
        return row

    over = [0.0] * len(right)
    for number, score in enumerate(scores):
        over[number * stride : (number + 2) * stride] = [weight * score for weight in tent]
    yield over, "a later score paints over what was there; where brushes overlap the paint adds up"
    once = [0.0] * len(right)
    for number, score in enumerate(scores):
        for tap in taps:
            once[number * stride + tap] = max(once[number * stride + tap], tent[tap] * score, key=abs)
    yield once, "the stronger paint wins here; where brushes overlap it adds up"
    yield (
        paint([1 - abs(tap - stride) / stride for tap in taps]),
        ("the brush is not symmetric: its middle lies between two of its pixels"),
    )
    yield (
        paint([1 - abs(tap - stride + 1) / stride for tap in taps]),
        ("the brush is not symmetric: its middle lies between two of its pixels"),
    )
    yield (
        paint([weight / max(tent) for weight in tent]),
        ("the brush is too strong: between equal scores all should be as they are"),
    )
    yield paint([weight / stride for weight in tent]), "the brush is too weak: between equal scores all stays as it is"
    yield paint([weight / 2 for weight in tent]), "the brush is too weak: between equal scores all stays as it is"
    yield paint([weight * stride for weight in tent]), "the brush is too strong: its middle is to be about one"
    yield paint([1.0] * (2 * stride)), "the brush is equally strong everywhere; it falls off from its middle"
    yield paint([0.5] * (2 * stride)), "the brush is equally strong everywhere; it falls off from its middle"
    yield paint([1.0] * stride), "each score paints its own stretch alone: a brush is twice as wide as the stride"
    yield (
        paint([1 - abs(tap - stride + 0.5) / (2 * stride) for tap in taps]),
        ("the brush falls off too slowly: at its rim little is left"),
    )
    yield (
        paint([(tap + 0.5) / stride for tap in taps]),
        "the brush grows from left to right; behind its middle it falls off",
    )
    yield (
        paint([1 - (tap + 0.5) / (2 * stride) for tap in taps]),
        "the brush falls off from its left end, not its middle",
    )
    yield paint([1 - tap / stride for tap in range(stride)]), "this is half a brush: it falls off to both sides"
    yield paint(tent, -stride // 2), "the whole row is shifted: the first brush begins at the first pixel"
    yield paint(tent, -stride), "the whole row is shifted: the first brush begins at the first pixel"
    yield paint(tent, 0, stride * len(scores)), "the row is too short: the last brush reaches a stride further"
    yield paint(tent, 0, stride * (len(scores) + 1) + stride), "the row is too long: the last brush ends it"
    yield [0.0] * len(right), "nothing is painted: are the weights rounded to whole numbers?"


def judge_paint(args, got, wanted, params) -> Verdict:
    """An array for a list is a matter of the prompt; whole numbers for floats are not."""
    if isinstance(got, list | tuple):
        got = type(got)(float(value) if isinstance(value, int) else value for value in got)
    return judge_value(args, got, wanted, params)


def paint_picture(args, got):
    """The scores in their places, and what was painted."""
    from matplotlib.figure import Figure

    from unet_edu import plots

    scores, stride = args
    figure = Figure(figsize=(5, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.bar(range(len(got)), got, width=0.9, color=plots.UP_AREA, label="what yours paints")
    axes.plot(
        [stride * (number + 1) - 0.5 for number in range(len(scores))], scores, "o", color=plots.UP, label="scores"
    )
    axes.axhline(0, color=plots.MUTED, lw=0.8)
    axes.set(xlabel="pixel", xlim=(-1, stride * (len(scores) + 1)))
    axes.legend(fontsize=8)
    return figure


# ---------------------------------------------------------------------------------------------------------- fcn.crop


def crop_cases(rng, params):
    """FCN-32s, other bodies, a crop of nothing, paint that comes too late."""
    poolings, kernel = int(rng.choice([3, 4, 6])), int(rng.choice([5, 9]))
    few, narrow = int(rng.integers(1, 4)), int(rng.choice([3, 5]))
    least = _least(5, 7, params)
    return [
        Case((100,), "FCN-32s"),
        Case((int(rng.integers(150, 300)),), "another padding"),
        Case((_least(poolings, kernel, params) + int(rng.integers(5, 40)), poolings, kernel), "another body", 2),
        Case((_least(few, narrow, params) + int(rng.integers(1, 9)), few, narrow), "a shallow body", 2),
        Case((int(rng.integers(8, 30)), few, 1), "a first fully connected layer of one value"),
        Case((least,), "the paint begins at the image's first pixel"),
        Case((least - 1,), "the paint begins one pixel too late", 0.5),
        Case((_least(4, 9, params) - int(rng.integers(2, 30)), 4, 9), "the paint begins far too late", 0.5),
    ]


def _least(poolings, kernel, params) -> int:
    """The least padding that lets the paint reach the image."""
    return (kernel - 2) * 2 ** (poolings - 1) + (params["first"] - 1) // 2


def _crop_args(args) -> tuple:
    return (*args, 5, 7) if len(args) == 1 else args


def last_crop(args, params):
    """Follow the place of each map's first value, exactly."""
    padding, poolings, kernel = _crop_args(args)
    grid = arithmetic.Grid().conv(params["first"], padding=padding)
    for _ in range(poolings):
        grid = grid.pool()
    painted = grid.conv(kernel).up(2 ** (poolings + 1), 2**poolings)
    return Raised("ValueError") if painted.offset > 0 else int(-painted.offset)


def crop_mistakes(args, params):
    """A step forgotten, in steps of another length, or taken twice."""
    padding, poolings, kernel = _crop_args(args)
    first, stride = params["first"], 2**poolings
    half = Fraction(1, 2)
    begins = (first - 1) * half - padding
    pooled, fc6, brush = (stride - 1) * half, (kernel - 1) * stride * half, (2 * stride - 1) * half

    def crop(*moves):
        place = -sum(moves)
        if place < 0:
            return Raised("ValueError")
        return int(place) if place == int(place) else float(place)

    late = begins + pooled + fc6 - brush
    if late > 0:
        yield -int(late), "where the paint comes too late it returns a number below zero: a case for a ValueError"
        yield 0, "where the paint comes too late it returns a number: a case for a ValueError"
        yield int(late), "where the paint comes too late it returns a number: a case for a ValueError"
    if first != 3:
        yield crop(1 - padding, pooled, fc6, -brush), "it is right for a first convolution of three pixels"
    if len(args) > 1:
        yield last_crop((padding,), params), "the body makes no difference here"
        if poolings != 5:
            yield last_crop((padding, 5, kernel), params), "the number of poolings makes no difference here"
        if kernel != 7:
            yield (
                last_crop((padding, poolings, 7), params),
                "the window of the fully connected layer makes no difference here",
            )
    yield (
        crop(-padding, pooled, fc6, -brush),
        ("the first convolution's window must not be forgotten: its middle is not its first pixel"),
    )
    yield (
        crop((first - 1) - padding, pooled, fc6, -brush),
        ("the first value sits in the middle of its window, not at its end"),
    )
    yield crop(begins, fc6, -brush), "the poolings move the first value, too: to the middle of its pair"
    yield crop(begins, 2 * pooled, fc6, -brush), "a pooling moves the first value by half a step, not by a whole one"
    yield crop(begins, poolings * half, fc6, -brush), "the steps grow: a later pooling moves by more pixels"
    yield crop(begins, pooled, -brush), "the window of the fully connected layer moves the first value to its middle"
    yield crop(begins, pooled, 2 * fc6, -brush), "a value sits in the middle of its window, not at its end"
    yield (
        crop(begins, pooled, kernel * stride * half, -brush),
        "it is half a stride too little: is the brush twice as wide as the stride, and the middle of an odd window a "
        "whole number of steps from its first value?",
    )
    yield (
        crop(begins, pooled, (kernel - 1) * half, -brush),
        ("at the fully connected layer a step is as long as the stride, not a pixel"),
    )
    yield crop(begins, pooled, fc6), "the brush reaches to the left of its score"
    yield crop(begins, pooled, fc6, brush), "the brush reaches to the left of its score, not to the right"
    yield crop(begins, pooled, fc6, -2 * brush), "a score sits in the middle of its brush, not at the right end"
    yield crop(begins, pooled, fc6, -stride), "it is rounded on the way: the brush's middle lies between two pixels"
    right = crop(begins, pooled, fc6, -brush)
    if right and not isinstance(right, Raised):
        yield -right, "it is where the paint begins, not how much is cut: mind the sign"
    if late == 0:
        yield (
            Raised("ValueError"),
            "it raises ValueError where the paint just reaches the first pixel: is the test too strict?",
        )


def other_first(rng) -> dict:
    """Another kernel of the first convolution than 3×3."""
    return {"first": int(rng.choice([5, 7, 9]))}


# -------------------------------------------------------------------------------------------------------- fcn.stitch


def stitch_cases(rng, params):
    """Windows that come out even and not, a stride of one, several rows and classes, one window for each shift."""

    def case(rows, window, stride, windows, classes, says, points=1):
        row = noise((rows, 1, window + windows - 1), int(rng.integers(1 << 30)))
        return Case(((window, stride, classes), row, stride), says, points)

    stride, classes = int(rng.choice([3, 4])), int(rng.integers(2, 5))
    times = int(rng.integers(2, 5))
    return [
        case(1, 4, 2, 2 * times, 1, "stride two, as many even windows as odd ones"),
        case(1, 4, 2, 2 * times + 1, 2, "stride two, one even window more"),
        case(2, int(rng.integers(5, 9)), stride, stride * times + 2, classes, "two rows, several classes", 2),
        case(3, 3, 5, 5 * times, classes, "a stride that is longer than the window", 2),
        case(1, 3, 1, int(rng.integers(5, 9)), 2, "a stride of one"),
        case(1, int(rng.integers(4, 7)), stride, stride, 2, "one window for each shift"),
    ]


def with_coarse(args, params):
    """A coarse scorer that a case describes (window, stride, classes), the row, the stride."""
    (window, step, classes), row, stride = args
    return Coarse(window, step, classes), row, stride


class Coarse:
    """Scores (N, C, w) of windows of rows (N, 1, W) that lie some pixels apart; counts how often it is called."""

    def __init__(self, window, stride, classes):
        self._weight, self._bias = weights((classes, 1, window), 2), weights((classes,), 2)
        self._stride, self._calls = stride, 0

    def __call__(self, row):
        import torch

        self._calls += 1
        if row.ndim != 3:
            raise ValueError("coarse takes rows (N, 1, W)")
        with torch.no_grad():
            return torch.nn.functional.conv1d(row, self._weight, self._bias, stride=self._stride).sin()


def stitch_probe(answer, args, params):
    """The scores, and how often `coarse` was called."""
    coarse, row, stride = args
    scores = answer(coarse, row, stride)
    return {"scores": scores, "calls": coarse._calls}


def stitch_row(args, params):
    """Ask one window after the other."""
    import torch

    (window, _, classes), row, stride = args
    coarse = Coarse(window, 1, classes)
    scores = [coarse(row[..., first : first + window]) for first in range(row.shape[-1] - window + 1)]
    return {"scores": torch.cat(scores, dim=-1), "calls": stride}


def stitch_mistakes(args, params):
    """Answers in another order, from other pixels, too few of them."""
    import torch

    (window, step, classes), row, stride = args
    coarse = Coarse(window, step, classes)
    right = stitch_row(args, params)["scores"]
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    count = right.shape[-1]
    if stride > 1:
        yield (
            torch.cat(parts, dim=-1),
            ("the answers stand one after the other, shift by shift; neighbouring windows belong beside each other"),
        )
        yield parts[0], "these are the scores of one pass: the windows between are missing"
        yield (
            parts[0].repeat_interleave(stride, -1)[..., :count],
            ("scores of one pass are repeated; are the pixels taken off at the left?"),
        )
        yield (
            parts[0].repeat_interleave(stride, -1),
            ("scores of one pass are repeated; are the pixels taken off at the left?"),
        )
        yield (
            torch.nn.functional.interpolate(parts[0], count, mode="linear"),
            ("scores of one pass are interpolated; the windows between have scores of their own"),
        )
        yield _woven(parts[::-1], count), "the shifts come in the wrong order"
        yield _woven(parts[1:] + parts[:1], count), "the shifts begin with the first: with no pixel taken off"
        fewest = min(part.shape[-1] for part in parts)
        yield (
            _woven([part[..., :fewest] for part in parts], fewest * stride),
            ("windows at the end are missing: some shifts have one more than others"),
        )
        most = max(part.shape[-1] for part in parts)
        padded = [torch.nn.functional.pad(part, (0, most - part.shape[-1])) for part in parts]
        yield _woven(padded, most * stride), "there are too many at the end: some shifts have fewer windows than others"
        yield _woven(parts[:-1], None), "a shift is missing: how many pixels can be taken off before it repeats itself?"
        turned = [coarse(row.roll(-shift, -1)) for shift in range(stride)]
        yield _woven(turned, None), "the row is rolled: what leaves at the left must not come back at the right"
        yield _woven(turned, count), "the row is rolled: what leaves at the left must not come back at the right"
        zeros = [coarse(torch.nn.functional.pad(row[..., shift:], (0, shift))) for shift in range(stride)]
        yield _woven(zeros, None), "the row is filled up with zeros: windows that reach them are none of the row's"
    if stride == 1:
        yield _woven([coarse(row), coarse(row[..., 1:])], None), "one shift too many: it repeats the first"
    else:
        more = [*parts, coarse(row[..., stride:])] if row.shape[-1] >= window + stride else parts
        yield _woven(more, None), "one shift too many: after as many pixels as the stride it repeats the first"
    yield right.squeeze(0), "an axis is missing: rows, classes, windows"
    if right.shape[1] > 1:
        yield right.transpose(1, 2), "the axes are swapped: classes, then windows"


def _woven(parts, count):
    """One of each part in turn, as long as they last; cut to `count`."""
    import torch

    columns = [
        part[..., place]
        for place in range(max(part.shape[-1] for part in parts))
        for part in parts
        if place < part.shape[-1]
    ]
    return torch.stack(columns[:count], dim=-1)


def judge_stitch(args, got, wanted, params) -> Verdict:
    """Known mistakes; a remark for many more calls than needed."""
    if isinstance(got, Raised):
        return _judge_stitched(args, got, wanted["scores"], params)
    verdict = _judge_stitched(args, got["scores"], wanted["scores"], params)
    if verdict.passed and got["calls"] > wanted["calls"] + 1:
        words = "right, but it asks `coarse` more often than there are shifts; each call answers many windows"
        return Verdict(True, words, clues=verdict.clues)
    return verdict


_judge_stitched = recognising(stitch_mistakes)


# ---------------------------------------------------------------------------------------------------------- fcn.join

SEED = 2


def join_cases(rng, params):
    """Two classes, one, many; maps that are not square, several images."""

    def case(channels, images, height, width, says, points=1):
        maps = (noise((images, channels, height, width), int(rng.integers(1 << 30))) for _ in range(2))
        return Case((channels, tuple(maps)), says, points)

    height, width = int(rng.integers(3, 6)), int(rng.integers(6, 9))
    return [
        case(2, 1, 5, 5, "two classes"),
        case(int(rng.integers(3, 6)), 2, height, width, "more classes, two images, not square", 2),
        case(1, 1, width, height, "one class"),
        case(21, 1, 2, 3, "the classes of the paper"),
    ]


def join_probe(answer, args, params):
    """What a new module says, what it says when its weights are set by their shapes, and what weights it has."""
    import torch

    channels, (up, skip) = args
    module = answer(channels)
    with torch.no_grad():
        begins = module(up, skip)
        begins = begins.clone() if isinstance(begins, torch.Tensor) else begins
        shapes = sorted(tuple(each.shape) for each in module.parameters())
        learnt = all(each.requires_grad for each in module.parameters())
        set_weights_by_shape(module, SEED)
        return {"begins": begins, "weights": shapes, "learnt": learnt, "later": module(up, skip)}


def joined(args, params):
    """The sum; with other weights a matrix product at every pixel."""
    channels, (up, skip) = args
    return {"begins": up + skip, "weights": _shapes(channels), "learnt": True, "later": _mixed(args)}


def _shapes(channels) -> list[tuple]:
    return sorted([(channels, 2 * channels, 1, 1), (channels,)])


def _mixed(args, swapped=False, bias=True):
    """What one 1×1 convolution says of both maps, its weights from their shapes."""
    import torch

    channels, maps = args
    both = torch.cat(maps[::-1] if swapped else maps, dim=1)
    mixed = torch.einsum("oi,nihw->nohw", weights((channels, 2 * channels, 1, 1), SEED)[..., 0, 0], both)
    return mixed + weights((channels,), SEED)[:, None, None] if bias else mixed


def join_mistakes(args, params):
    """How a new one may begin otherwise than as a sum."""
    import torch

    channels, (up, skip) = args
    right = up + skip
    yield up, "a new one says what the first map says; the other has no weight"
    yield skip, "a new one says what the second map says; the other has no weight"
    yield right / 2, "a new one says the mean, half of the sum"
    yield right.relu(), "there is a ReLU behind it; a sum has none"
    yield up - skip, "a new one says the difference"
    yield torch.zeros_like(up), "a new one says nothing: all its weights are zero"
    if channels > 1:
        everything = right.sum(1, keepdim=True).expand_as(right)
        yield everything, "all classes are added up: each class has its own sum"
        yield everything / (2 * channels), "all classes are averaged: each class has its own sum"
        pairs = torch.cat([up, skip], 1).unflatten(1, (channels, 2)).sum(2)
        yield pairs, "neighbouring channels are added: how far apart do the two of a class lie in the pile?"
        pairs = torch.cat([skip, up], 1).unflatten(1, (channels, 2)).sum(2)
        yield pairs, "neighbouring channels are added: how far apart do the two of a class lie in the pile?"
    yield torch.cat([up, skip], 1), "the maps lie on each other, and nothing is mixed: as many channels as one map"


_judge_beginning = recognising(join_mistakes)


def judge_joined(args, got, wanted, params) -> Verdict:
    """How it begins; whether it can learn; what it says with other weights."""
    channels, maps = args
    if isinstance(got, Raised):
        return _judge_raised(args, got, wanted, params)
    verdict = _judge_beginning(args, got["begins"], wanted["begins"], params)
    if not verdict.passed:
        if verdict.kind == "value" and not any(fits for _, fits in verdict.clues):
            return Verdict(False, _otherwise(maps, got["begins"]), "value", verdict.clues)
        return verdict
    shapes, bare = wanted["weights"], [wanted["weights"][-1]]
    if not got["weights"]:
        return Verdict(False, "a new one is right, but nothing can be learnt: it has no weights", "value")
    if got["weights"] not in (shapes, bare):
        return Verdict(False, _other_weights(channels, got["weights"]), "value")
    if not got["learnt"]:
        return Verdict(False, "a new one is right, but its weights are kept from learning", "value")
    variants = [_mixed(args, swapped, bias=got["weights"] == shapes) for swapped in (False, True)]
    later = [judge_value(args, got["later"], variant, params) for variant in variants]
    if any(each.passed for each in later):
        return Verdict(True, clues=verdict.clues)
    return Verdict(False, _not_later(maps, got["later"], variants), later[0].kind, verdict.clues)


def _judge_raised(args, got, wanted, params) -> Verdict:
    if "Sizes of tensors must match" in got.said or "to have" in got.said and "channels" in got.said:
        words = (
            "the maps are laid on each other along the channels, and the convolution takes both: do its channels fit?"
        )
        return Verdict(False, words, "error")
    return judge_value(args, got, wanted["begins"], params)


def _otherwise(maps, begins) -> str:
    """What a new one that begins otherwise than as a sum may lack."""
    gap = begins - sum(maps)
    if bool((gap.std(dim=(0, 2, 3), correction=0) < 1e-4).all()):
        return "a new one says the sum and something on top of it, the same at each pixel: what of its bias?"
    return "a new one does not say what the sum says: what are its weights before training?"


def _other_weights(channels, shapes) -> str:
    kernels = [shape for shape in shapes if len(shape) == 4]
    if any(shape[2:] != (1, 1) for shape in kernels):
        return "a new one is right, but its convolution is larger than 1 × 1"
    if len(kernels) > 1:
        return "a new one is right, but it has more than one convolution; one takes both maps"
    if len(kernels) == 1 and kernels[0][0] == channels and kernels[0][1] < 2 * channels:
        return "a new one is right, but not every class sees all channels of both maps"
    return "a new one is right, but it has other weights than one 1 × 1 convolution of both maps"


def _not_later(maps, later, variants) -> str:
    import torch

    if isinstance(later, torch.Tensor) and later.shape == maps[0].shape:
        if torch.allclose(later, sum(maps), atol=1e-4):
            return "with other weights it still says the sum: training cannot change it"
        if any(torch.allclose(later, variant + sum(maps), atol=1e-4) for variant in variants):
            return "with other weights the sum is still in it: the convolution stands in for the sum"
        if any(torch.allclose(later, variant.relu(), atol=1e-4) for variant in variants):
            return "with other weights it says nothing negative: a ReLU has no place behind scores"
    return "a new one is right, but with other weights it does not say what a 1 × 1 convolution of both maps says"


EXERCISES = (
    Exercise(
        id="fcn.side",
        chapter=CHAPTER,
        name="scores_per_side",
        points=3,
        minutes=10,
        cases=side_cases,
        oracle=side,
        judge=recognising(side_mistakes),
        params=other_window,
        book={"kernel": 7},
        forbids=("unet_edu.arithmetic", "unet_edu.models"),
    ),
    Exercise(
        id="fcn.paint",
        chapter=CHAPTER,
        name="paint_tents",
        points=3,
        minutes=15,
        cases=paint_cases,
        oracle=paint_tents,
        judge=recognising(paint_mistakes, judge_paint),
        picture=paint_picture,
    ),
    Exercise(
        id="fcn.crop",
        chapter=CHAPTER,
        name="last_crop",
        points=5,
        minutes=25,
        cases=crop_cases,
        oracle=last_crop,
        judge=recognising(crop_mistakes),
        params=other_first,
        book={"first": 3},
        forbids=("unet_edu.arithmetic", "unet_edu.registration", "unet_edu.models"),
    ),
    Exercise(
        id="fcn.stitch",
        chapter=CHAPTER,
        name="stitch_row",
        points=4,
        minutes=20,
        cases=stitch_cases,
        oracle=stitch_row,
        judge=judge_stitch,
        prepare=with_coarse,
        probe=stitch_probe,
        needs=("import torch",),
    ),
    Exercise(
        id="fcn.join",
        chapter=CHAPTER,
        name="Joined",
        points=4,
        minutes=20,
        cases=join_cases,
        oracle=joined,
        judge=judge_joined,
        probe=join_probe,
        needs=("import torch", "from torch import nn"),
    ),
)
