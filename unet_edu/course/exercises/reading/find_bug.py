"""Name the mistake in a forward pass by running it."""

from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value
from unet_edu.course.outcome import Case, Raised, Verdict

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


def cases(rng, params):
    """Draw a right one, one of each kind, one more of those that can be made in several ways, one of another kind.

    A student sees a number of each, nothing else; its remainder is the place in `PLANS`.
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
    """Return what the mistake of a plan is called, an empty text for one of another kind."""
    source, begin, down, right, order, relu, softmax = plan
    if begin != 1 or source > 1:
        return ""
    flags = (down or right, source == 1, order, relu, softmax)
    return next((name for name, flag in zip(NAMES[1:], flags, strict=True) if flag), NAMES[0])


def _plan(name):
    return PLANS[int(name.split()[-1]) % len(PLANS)]


def prepare(args, params):
    """Return the forward pass of that number: a function of a network and an image."""
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


def oracle(args, params):
    """Read the plan."""
    return _name(_plan(args[0])) or Raised("ValueError")


def judge_found(args, got, wanted, params):
    """Judge what was found; the words do not give the name of what is there."""
    verdict = judge_value(args, got, wanted, params)
    if verdict.passed:
        return verdict
    if got is None:
        return Verdict(False, "it returns None: where no suspect fits it returns nothing", "type")
    if isinstance(got, Raised):
        words = ""
        if got.is_a("ValueError") and wanted == "none":
            words = "it raises ValueError for a right one: do both get the same network and the same image?"
        elif got.is_a("ValueError"):
            words = "it raises ValueError for one of the five: that mistake can be made in more places than it tries"
        return replace(verdict, message=words or verdict.message)
    if not isinstance(got, str) or got not in NAMES:
        return replace(verdict, message=f"{verdict.message}: none of the six names")
    if wanted == "none":
        return Verdict(False, f"it returns {got!r} for a forward pass that is right", "value")
    if isinstance(wanted, Raised):
        words = f"it returns {got!r} for a mistake of another kind: this is a case for a ValueError"
        return Verdict(False, words, "value")
    if got == "none":
        words = "it finds nothing wrong: are the values compared, not the shapes alone, and on an image with structure?"
        return Verdict(False, words, "value")
    return Verdict(False, f"it returns {got!r}, but that mistake gives another output", "value")


EXERCISE = Exercise(
    id="reading.find_bug",
    chapter="06_reading",
    name="find_bug",
    points=6,
    minutes=30,
    cases=cases,
    oracle=oracle,
    judge=judge_found,
    prepare=prepare,
    needs=(
        "import torch",
        "from torch import nn",
        "from torch.nn import functional as F",
        "from unet_edu.models import OneLevelUNet",
    ),
)
