"""Find the first pooling that drops a pixel."""

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, recognising, telling
from unet_edu.course.outcome import Case, Verdict


def cases(rng, params):
    """A legal size, and a size for each of the poolings that may drop a pixel."""
    low = _smallest(params["kernel"])
    by_pooling = {}
    for size in rng.permutation(range(low, low + 400)).tolist():
        by_pooling.setdefault(oracle((size,), params), size)
    cases = [
        Case((low,), "the smallest legal size"),
        Case((by_pooling[None],), "a legal size", 2),
    ]
    ordinal = (
        "an odd size",
        "an even size that is not legal",
        "a size that goes far",
        "a size that goes further still",
    )
    cases += [Case((by_pooling[number],), ordinal[number - 1]) for number in (1, 2, 3, 4)]
    return cases


def oracle(args, params):
    """Ask the package for the first fault."""
    fault = arithmetic.first_fault(args[0], kernel=params["kernel"])
    return None if fault is None else int(fault.stage.removeprefix("pool"))


def mistakes(args, params):
    """What comes of poolings counted from 0, of convolutions forgotten, of a test at the wrong place."""
    size, eaten = args[0], 2 * (params["kernel"] - 1)
    if params["kernel"] != 3:
        yield _first_odd(_walk(size, 4)), "it is right for a kernel of three pixels"
    number = oracle(args, params)
    if number is not None:
        yield number - 1, "it counts the poolings from zero; the first is number one"
        yield _walk(size, eaten)[number - 1], "it returns the size that is met, not the number of the pooling"
        yield True, "it returns whether there is one, not which"
    else:
        for nothing in (0, False, -1):
            yield nothing, "it returns a number for a legal size, for which None is wanted"
        yield 5, "it names a fifth pooling; there are four"
    yield _first_odd(_walk(size, 0)), "the convolutions before each pooling take pixels, too"
    yield _first_odd(_walk(size, eaten // 2)), "there are two convolutions before each pooling"
    yield _first_odd(_walk(size, eaten), last=True), "it names the last pooling that drops a pixel, not the first"
    yield _first_odd([size]), "it tests only the size of the image; the maps below must be even, too"


def judge_number(args, got, wanted, params):
    """None, where there is something to blame, need not be a forgotten return."""
    verdict = judge_value(args, got, wanted, params)
    if got is None and not verdict.passed:
        return Verdict(False, "it returns None, but a pooling drops a pixel: follow all four", "value")
    return verdict


def _walk(size, eaten) -> list[int]:
    """The sizes that the four poolings meet."""
    met = []
    for _ in range(4):
        met.append(size - eaten)
        size = (size - eaten) // 2
    return met


def _first_odd(met, last=False) -> int | None:
    odd = [number for number, size in enumerate(met, 1) if size % 2]
    return None if not odd else odd[-1] if last else odd[0]


def _smallest(kernel) -> int:
    return arithmetic.valid_sizes(4, high=2_000, kernel=kernel)[0]


def other_kernel_and_smallest(rng) -> dict:
    """Another kernel, and the smallest size that a network with it takes."""
    kernel = int(rng.choice([2, 4, 5]))
    return {"kernel": kernel, "smallest": _smallest(kernel)}


EXERCISE = telling(
    Exercise(
        id="crop.blame",
        chapter="05_skips",
        name="blame",
        points=3,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, judge_number),
        params=other_kernel_and_smallest,
        book={"kernel": 3, "smallest": 188},
        forbids=("unet_edu.arithmetic",),
    ),
    {2: ("it names the last pooling",), 3: ("it names the last pooling",), 4: ("it names the last pooling",)},
)
