"""Write a module that lets a skip map through, or silences it."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import coded, judge_value, recognising
from unet_edu.course.outcome import Case, Raised, Verdict


def cases(rng, params):
    """Draw maps for "off" and "on", not square, with nothing to cut, and a level that is not legal."""
    height, width = int(rng.integers(4, 7)), int(rng.integers(8, 11))
    down, right = 2 * int(rng.integers(1, 3)), 2 * int(rng.integers(3, 5))

    def maps(batch, channels, more):
        skip = coded(batch, channels, height + more[0], width + more[1])
        return skip, -coded(batch, channels, height, width) - 1  # what the module is called with

    return [
        Case(("off", maps(1, 2, (4, 4))), "off"),
        Case(("off", maps(2, 3, (down, right))), "off, two images, not square"),
        Case(("on", maps(1, 2, (4, 4))), "on: two pixels from every side"),
        Case(("on", maps(2, 3, (down, right))), "on, more columns cut than rows", 2),
        Case(("on", maps(1, 1, (0, 0))), "on, with nothing to cut"),
        Case(("loud", maps(1, 1, (2, 2))), "a level that there is not"),
    ]


def oracle(args, params):
    """Take rows and columns off both ends until the skip map fits."""
    level, (skip, up) = args
    if level not in ("on", "off"):
        return Raised("ValueError")
    while skip.shape[-2] > up.shape[-2]:
        skip = skip[..., 1:-1, :]
    while skip.shape[-1] > up.shape[-1]:
        skip = skip[..., 1:-1]
    return {"output": 0 * skip if level == "off" else skip, "module": True}


def mistakes(args, params):
    """Yield the other level, the other map, no cut, and a cut from the corner."""
    level, (skip, up) = args
    if level not in ("on", "off"):
        return
    height, width = up.shape[-2:]
    cut = oracle(("on", (skip, up)), params)["output"]

    def made(output):
        return {"output": output, "module": True}

    yield Raised("ValueError"), 'it raises ValueError for a level that there is: "on" and "off" are both legal'
    yield made(up), "it returns the map that comes up; wanted is what stands in for the skip map"
    if level == "off":
        yield made(cut), "off lets the skip map through: are the two levels the wrong way round?"
        yield made(0 * skip), "the zeros are as large as the skip map; they must fit the map that comes up"
        yield made(0 * cut + 1), "off returns ones; nothing is zero"
        return
    yield made(0 * cut), "on is silent: are the two levels the wrong way round?"
    yield made(skip), "the skip map comes back as it was: it must be cut to the size of the map that comes up"
    yield made(skip[..., :height, :width]), "it is cut from the top left corner, not from the centre"
    top, left = ((a - b) // 2 for a, b in zip(skip.shape[-2:], up.shape[-2:], strict=True))
    yield made(skip[..., left : left + height, top : top + width]), "rows and columns are mixed up"
    if top:
        yield (
            made(skip[..., top:-top, top:-top]),
            "it cuts as many columns as rows: the two differences need not be the same",
        )
    else:
        yield made(skip[..., top:-top, left:-left]), "a slice that ends at -0 is empty: nothing to cut, nothing left"


def output_then_kind(args, got, wanted, params):
    """Compare the output, then look whether it comes from an nn.Module."""
    if isinstance(wanted, Raised) and not isinstance(got, Raised):
        return Verdict(False, 'a level other than "on" and "off" is taken as if it were one', "value")
    if isinstance(wanted, Raised) or not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    verdict = judge_value(args, got.get("output"), wanted["output"], params)
    if verdict.passed and got.get("module") is not True:
        words = "what comes out is right, but it is no nn.Module: a network will not have it as a part"
        return Verdict(False, words, "type")
    return verdict


def probe(answer, args, params):
    """Return the output of the module, and whether it is an nn.Module."""
    import torch
    from torch import nn

    level, (skip, up) = args
    module = answer(level)
    with torch.no_grad():
        return {"output": module(skip, up), "module": isinstance(module, nn.Module)}


EXERCISE = Exercise(
    id="ablate.silence",
    chapter="11_ablation",
    name="Silent",
    points=4,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes, output_then_kind),
    probe=probe,
    forbids=("unet_edu.models",),
    needs=("import torch", "from torch import nn"),
)
