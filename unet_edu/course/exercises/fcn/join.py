"""Write a module that begins as the sum of two score maps and can learn more than a sum."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, noise, recognising, set_weights_by_shape, weights
from unet_edu.course.outcome import Case, Raised, Verdict

SEED = 2


def cases(rng, params):
    """Draw maps of two classes, of one, of many; maps that are not square, several images."""

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


def probe(answer, args, params):
    """Return what a new module computes, what it computes with weights set by their shapes, and what weights it has."""
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


def oracle(args, params):
    """Return the sum; with other weights a matrix product at every pixel."""
    channels, (up, skip) = args
    return {"begins": up + skip, "weights": _shapes(channels), "learnt": True, "later": _mixed(args)}


def _shapes(channels) -> list[tuple]:
    return sorted([(channels, 2 * channels, 1, 1), (channels,)])


def _mixed(args, swapped=False, bias=True):
    """Return what one 1×1 convolution of both maps computes, its weights from their shapes."""
    import torch

    channels, maps = args
    both = torch.cat(maps[::-1] if swapped else maps, dim=1)
    mixed = torch.einsum("oi,nihw->nohw", weights((channels, 2 * channels, 1, 1), SEED)[..., 0, 0], both)
    return mixed + weights((channels,), SEED)[:, None, None] if bias else mixed


def mistakes(args, params):
    """Yield how a new one may begin otherwise than as a sum."""
    import torch

    channels, (up, skip) = args
    right = up + skip
    yield up, "before training it returns the first map; the other has no weight"
    yield skip, "before training it returns the second map; the other has no weight"
    yield right / 2, "before training it returns the mean, half of the sum"
    yield right.relu(), "there is a ReLU behind it; a sum has none"
    yield up - skip, "before training it returns the difference"
    yield torch.zeros_like(up), "before training it returns zeros: all its weights are zero"
    if channels > 1:
        everything = right.sum(1, keepdim=True).expand_as(right)
        yield everything, "all classes are added up: each class has its own sum"
        yield everything / (2 * channels), "all classes are averaged: each class has its own sum"
        pairs = torch.cat([up, skip], 1).unflatten(1, (channels, 2)).sum(2)
        yield pairs, "neighbouring channels are added: how far apart are the two of a class in the joined map?"
        pairs = torch.cat([skip, up], 1).unflatten(1, (channels, 2)).sum(2)
        yield pairs, "neighbouring channels are added: how far apart are the two of a class in the joined map?"
    yield torch.cat([up, skip], 1), "the maps are concatenated, and nothing is mixed: as many channels as one map"


_judge_beginning = recognising(mistakes)


def judge_joined(args, got, wanted, params) -> Verdict:
    """Judge how it begins; whether it can learn; what it computes with other weights."""
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
        return Verdict(False, "it is right before training, but nothing can be learnt: it has no weights", "value")
    if got["weights"] not in (shapes, bare):
        return Verdict(False, _other_weights(channels, got["weights"]), "value")
    if not got["learnt"]:
        return Verdict(False, "it is right before training, but its weights cannot learn", "value")
    variants = [_mixed(args, swapped, bias=got["weights"] == shapes) for swapped in (False, True)]
    later = [judge_value(args, got["later"], variant, params) for variant in variants]
    if any(each.passed for each in later):
        return Verdict(True, clues=verdict.clues)
    return Verdict(False, _not_later(maps, got["later"], variants), later[0].kind, verdict.clues)


def _judge_raised(args, got, wanted, params) -> Verdict:
    if "Sizes of tensors must match" in got.said or "to have" in got.said and "channels" in got.said:
        words = "the maps are concatenated along the channels, and the convolution takes both: do its channels fit?"
        return Verdict(False, words, "error")
    return judge_value(args, got, wanted["begins"], params)


def _otherwise(maps, begins) -> str:
    """Return what a new one that begins otherwise than as a sum may lack."""
    gap = begins - sum(maps)
    if bool((gap.std(dim=(0, 2, 3), correction=0) < 1e-4).all()):
        return "before training it returns the sum and a constant, the same at each pixel: what is its bias?"
    return "before training it does not return the sum: what are its initial weights?"


def _other_weights(channels, shapes) -> str:
    kernels = [shape for shape in shapes if len(shape) == 4]
    if any(shape[2:] != (1, 1) for shape in kernels):
        return "it is right before training, but its convolution is larger than 1 × 1"
    if len(kernels) > 1:
        return "it is right before training, but it has more than one convolution; one takes both maps"
    if len(kernels) == 1 and kernels[0][0] == channels and kernels[0][1] < 2 * channels:
        return "it is right before training, but not every class sees all channels of both maps"
    return "it is right before training, but it has other weights than one 1 × 1 convolution of both maps"


def _not_later(maps, later, variants) -> str:
    import torch

    if isinstance(later, torch.Tensor) and later.shape == maps[0].shape:
        if torch.allclose(later, sum(maps), atol=1e-4):
            return "with other weights it still returns the sum: training cannot change it"
        if any(torch.allclose(later, variant + sum(maps), atol=1e-4) for variant in variants):
            return "with other weights the sum is still in it: the convolution replaces the sum"
        if any(torch.allclose(later, variant.relu(), atol=1e-4) for variant in variants):
            return "with other weights it returns nothing negative: scores have no ReLU behind them"
    return "it is right before training, but with other weights it is no 1 × 1 convolution of both maps"


EXERCISE = Exercise(
    id="fcn.join",
    chapter="02_fcn",
    name="Joined",
    points=4,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=judge_joined,
    probe=probe,
    needs=("import torch", "from torch import nn"),
)
