"""Interleave the scores of shifted passes: one score for each window of a row."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import noise, part, recognising, then, weights
from unet_edu.course.outcome import Case

MANY_CALLS = "right, but it calls `coarse` more often than there are shifts; each call scores many windows"


def cases(rng, params):
    """Draw windows that come out even and not, a stride of one, several rows and classes, one window a shift."""

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


def prepare(args, params):
    """Return the coarse scorer that a case describes (window, stride, classes), the row, the stride."""
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


def probe(answer, args, params):
    """Return the scores, and how often `coarse` was called."""
    coarse, row, stride = args
    scores = answer(coarse, row, stride)
    return {"scores": scores, "calls": coarse._calls}


def oracle(args, params):
    """Score one window after the other."""
    import torch

    (window, _, classes), row, stride = args
    coarse = Coarse(window, 1, classes)
    scores = [coarse(row[..., first : first + window]) for first in range(row.shape[-1] - window + 1)]
    return {"scores": torch.cat(scores, dim=-1), "calls": stride}


def mistakes(args, params):
    """Yield scores in another order, from other pixels, too few of them."""
    import torch

    (window, step, classes), row, stride = args
    coarse = Coarse(window, step, classes)
    right = oracle(args, params)["scores"]
    parts = [coarse(row[..., shift:]) for shift in range(stride)]
    count = right.shape[-1]
    if stride > 1:
        yield (
            torch.cat(parts, dim=-1),
            "the scores are in order of the shifts; wanted is the order of the windows",
        )
        yield parts[0], "these are the scores of one pass: the windows between are missing"
        yield (
            parts[0].repeat_interleave(stride, -1)[..., :count],
            "scores of one pass are repeated; are the pixels taken off at the left?",
        )
        yield (
            parts[0].repeat_interleave(stride, -1),
            "scores of one pass are repeated; are the pixels taken off at the left?",
        )
        yield (
            torch.nn.functional.interpolate(parts[0], count, mode="linear"),
            "scores of one pass are interpolated; the windows between have scores of their own",
        )
        yield _woven(parts[::-1], count), "the shifts come in the wrong order"
        yield _woven(parts[1:] + parts[:1], count), "the shifts begin with the first: with no pixel taken off"
        fewest = min(part.shape[-1] for part in parts)
        yield (
            _woven([part[..., :fewest] for part in parts], fewest * stride),
            "windows at the end are missing: some shifts have one more than others",
        )
        most = max(part.shape[-1] for part in parts)
        padded = [torch.nn.functional.pad(part, (0, most - part.shape[-1])) for part in parts]
        yield _woven(padded, most * stride), "there are too many at the end: some shifts have fewer windows than others"
        yield _woven(parts[:-1], None), "a shift is missing: how many pixels can be taken off before it repeats itself?"
        turned = [coarse(row.roll(-shift, -1)) for shift in range(stride)]
        yield _woven(turned, None), "the row is rolled: pixels taken off at the left must not return at the right"
        yield _woven(turned, count), "the row is rolled: pixels taken off at the left must not return at the right"
        zeros = [coarse(torch.nn.functional.pad(row[..., shift:], (0, shift))) for shift in range(stride)]
        yield _woven(zeros, None), "the row is filled up with zeros: windows that reach them are not in the row"
    if stride == 1:
        yield _woven([coarse(row), coarse(row[..., 1:])], None), "one shift too many: it repeats the first"
    else:
        more = [*parts, coarse(row[..., stride:])] if row.shape[-1] >= window + stride else parts
        yield _woven(more, None), "one shift too many: after as many pixels as the stride it repeats the first"
    yield right.squeeze(0), "an axis is missing: rows, classes, windows"
    if right.shape[1] > 1:
        yield right.transpose(1, 2), "the axes are swapped: classes, then windows"


def _woven(parts, count):
    """Return one column of each part in turn, as long as they last; cut to `count`."""
    import torch

    columns = [
        part[..., place]
        for place in range(max(part.shape[-1] for part in parts))
        for part in parts
        if place < part.shape[-1]
    ]
    return torch.stack(columns[:count], dim=-1)


def many_calls(args, got, wanted, params) -> bool:
    """Return whether `coarse` was called more often than there are shifts and once more."""
    return got["calls"] > wanted["calls"] + 1


EXERCISE = Exercise(
    id="fcn.stitch",
    chapter="02_fcn",
    name="stitch_row",
    points=4,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=then(part("scores", recognising(mistakes)), (many_calls, MANY_CALLS)),
    prepare=prepare,
    probe=probe,
    needs=("import torch",),
)
