"""Write a pair of valid convolutions with a residual connection."""

from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, noise, recognising, run_by_shape, telling, weights
from unet_edu.course.outcome import Case, Raised

SEED = 13


def cases(rng, params):
    """Not square, more and fewer channels out than in, two images, the smallest size."""
    least = 2 * (params["kernel"] - 1) + 1

    def case(inward, outward, batch, height, width, says, points=1):
        return Case((inward, outward, noise((batch, inward, height, width), int(rng.integers(1 << 30)))), says, points)

    height, width = least + int(rng.integers(3, 6)), least + int(rng.integers(7, 11))
    return [
        case(1, 4, 1, least + 4, least + 4, "one channel in, four out"),
        case(3, 5, 1, height, width, "an input that is not square", 2),
        case(6, 2, 2, width, height, "fewer channels out than in, two images", 2),
        case(2, 3, 1, least, least + 2, "the smallest height that there can be"),
    ]


def probe(answer, args, params):
    """Make the module, set its weights by their shapes, run it; with its output come the shapes of all weights."""
    return run_by_shape(answer, args, SEED)


def oracle(args, params):
    """Put the straight way into the kernel: one pixel in the middle of a large one."""
    import torch
    from torch.nn import functional

    inward, outward, x = args
    shapes = _shapes(inward, outward, params["kernel"])
    wide = 2 * params["kernel"] - 1
    middle = torch.zeros(outward, inward, wide, wide)
    middle[:, :, wide // 2, wide // 2] = weights((outward, inward, 1, 1), SEED)[:, :, 0, 0]
    output = (_change(x, shapes) + functional.conv2d(x, middle)).relu()
    return {"output": output, "weights": sorted([*shapes, (outward, inward, 1, 1)])}


def _shapes(inward, outward, kernel) -> list[tuple]:
    return [(outward, inward, kernel, kernel), (outward,), (outward, outward, kernel, kernel), (outward,)]


def _change(x, shapes, relus=(True, False), padding=0, bias=True):
    """The two convolutions."""
    from torch.nn import functional

    for (kernel, offset), relu in zip((shapes[:2], shapes[2:]), relus, strict=True):
        x = functional.conv2d(x, weights(kernel, SEED), weights(offset, SEED) if bias else None, padding=padding)
        x = x.relu() if relu else x
    return x


def mistakes(args, params):
    """ReLUs, the crop, the straight way, what is done with the two."""
    import torch
    from torch.nn import functional

    inward, outward, x = args
    kernel = params["kernel"]
    shapes, border = _shapes(inward, outward, kernel), kernel - 1
    if kernel != 3 and min(x.shape[2:]) > 4:
        yield oracle(args, {"kernel": 3})["output"], "it is right for a kernel of three pixels"
    one = weights((outward, inward, 1, 1), SEED)
    change = _change(x, shapes)
    height, width = change.shape[2:]
    way = functional.conv2d(x, one)
    straight = way[..., border : border + height, border : border + width]
    yield change + straight, "the ReLU after the sum is missing"
    yield change.relu() + straight, "the ReLU comes after the sum, not after the second convolution"
    yield (change.relu() + straight).relu(), "there is a ReLU after the second convolution, before the sum"
    yield (_change(x, shapes, (False, False)) + straight).relu(), "the ReLU between the two convolutions is missing"
    yield _change(x, shapes, (False, False)) + straight, "there is no ReLU"
    yield change.relu(), "nothing comes through the straight way"
    yield straight.relu(), "nothing comes through the two convolutions"
    yield (change + straight.relu()).relu(), "there is a ReLU on the straight way: it is to be straight"
    yield (change * straight).relu(), "the two ways are multiplied; they are to be added"
    yield (change - straight).relu(), "the straight way is taken away; it is to be added"
    yield (
        (change + way[..., :height, :width]).relu(),
        "the straight way is cut from the top left corner, not the centre",
    )
    corner = way[..., -height:, -width:]
    yield (change + corner).relu(), "the straight way is cut from the bottom right corner, not from the centre"
    offset = weights((outward,), SEED)[:, None, None]
    yield (change + straight + offset).relu(), "the straight way has a bias; it is to have none"
    yield (_change(x, shapes, bias=False) + straight).relu(), "the two convolutions have lost their biases"
    for mode in ("bilinear", "nearest"):
        for small in (_resized(way, (height, width), mode), functional.conv2d(_resized(x, (height, width), mode), one)):
            yield (change + small).relu(), "the straight way is resized to fit; then its pixels lie elsewhere"
    yield (
        (change + functional.adaptive_avg_pool2d(way, (height, width))).relu(),
        "the straight way is resized to fit; then its pixels lie elsewhere",
    )
    padded = _change(x, shapes, padding=kernel // 2)
    yield (padded + way).relu(), "it pads the convolutions, so that nothing has to be cut; they are to be valid"
    filled = functional.pad(change, (border, border, border, border))
    yield (filled + way).relu(), "what the convolutions return is padded to fit; cut the straight way instead"
    for joined in ((change, straight), (straight, change)):
        both = torch.cat(joined, 1)
        yield both.relu(), "the two ways are joined as channels; they are to be added"
        yield both, "the two ways are joined as channels; they are to be added"


def _resized(x, size, mode):
    from torch.nn import functional

    return functional.interpolate(x, size, mode=mode)


def judge_residual(args, got, wanted, params):
    """Known mistakes in what comes out; two ways that do not fit; then whether it has other weights."""
    if isinstance(got, Raised) and "must match the size of tensor" in got.said:
        words = "the two ways are not equally large where they are added: how much does the straight one have to lose?"
        return replace(judge_value(args, got, wanted, params), message=words)
    if not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    verdict = _judge_output(args, got.get("output"), wanted["output"], params)
    if verdict.passed and got.get("weights") != wanted["weights"]:
        words = "what comes out is right, but it has other weights than two convolutions and a straight way"
        return replace(verdict, passed=False, message=words, kind="value")
    return verdict


_judge_output = recognising(mistakes)


def other_kernel(rng) -> dict:
    """Another kernel than the book's three pixels, and what two such convolutions take from a side."""
    kernel = int(rng.choice([5, 7]))
    return {"kernel": kernel, "border": 2 * (kernel - 1)}


EXERCISE = telling(
    Exercise(
        id="after.residual",
        chapter="13_after",
        name="ResidualPair",
        points=4,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=judge_residual,
        probe=probe,
        params=other_kernel,
        book={"kernel": 3, "border": 4},
        forbids=("unet_edu.models",),
        needs=("import torch", "from torch import nn"),
    ),
    {3: ("there is a ReLU",)},
)
