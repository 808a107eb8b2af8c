"""Decide whether every path of a network is in register."""

import math

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw how far off a skip, the coarse skip, the deep path is: to either side, at the ends; tolerances."""
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


def prepare(args, params):
    """Return a narrow U-Net with skips that are cut beside the centre, or a map from below that is moved."""
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
    """Return how far off each path of such a network is, column by column: by hand."""
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


def oracle(args, params, paths=None, part=slice(None), middle=True, size_of=abs, of=max, tolerance=None):
    """Compute it by hand, for each path; the options are there for the mistakes."""
    plan, size, *given = args
    tolerance = tolerance if tolerance is not None else given[0] if given else 1.0
    verdicts = []
    for path, offsets in _offsets(plan, size).items():
        quarter = len(offsets) // 4 if middle else 0
        if paths is None or path.startswith(paths):
            verdicts.append(bool(of(size_of(each) for each in offsets[quarter : len(offsets) - quarter]) <= tolerance))
    return all(verdicts[part])


def mistakes(args, params):
    """Yield what comes of other paths, signs, columns, of another tolerance."""

    def mean(offsets):
        offsets = list(offsets)
        return abs(math.fsum(offsets) / len(offsets))

    def centre(offsets):
        offsets = list(offsets)
        return abs(offsets[len(offsets) // 2])

    yield (
        oracle(args, params, "deep"),
        "it tests the deep path alone (a return within the loop?); each skip has a registration of its own",
    )
    yield oracle(args, params, "skip"), "it tests the skips alone; the deep path has a registration of its own"
    yield (
        oracle(args, params, part=slice(0, 2)),
        "it tests the first skip alone; there are others",
    )
    yield (
        oracle(args, params, part=slice(-1, None)),
        "only the last path decides: is the result of the others overwritten?",
    )
    yield (
        oracle(args, params, size_of=float),
        "off to the left counts as in register: the offset is negative there, its size is not",
    )
    yield (
        oracle(args, params, size_of=lambda offset: -float(offset)),
        "off to the right counts as in register: it is positive there",
    )
    yield oracle(args, params, middle=False), "it tests the whole row; wanted is its middle half"
    yield (
        oracle(args, params, size_of=float, of=mean),
        "it tests the mean of a row: offsets to the left and to the right cancel",
    )
    yield oracle(args, params, size_of=float, of=centre), "it tests one column; wanted is the middle half"
    yield oracle(args, params, tolerance=1.0), "the tolerance makes no difference here"
    yield not oracle(args, params), "it is the other way round: True is for what is in register"


EXERCISE = Exercise(
    id="reading.in_register",
    chapter="06_reading",
    name="in_register",
    points=4,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    prepare=prepare,
    needs=(
        "import numpy as np",
        "import torch",
        "from unet_edu.registration import registration, skip_modules",
    ),
)
