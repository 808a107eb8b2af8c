"""Draw the weights of the last layers anew."""

import itertools

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, judge_value, sort_of
from unet_edu.course.outcome import Case, Raised, Verdict

LAYERS = 13  # with weights, of a U-Net of depth 2: five pairs of convolutions, two up-convolutions, the scores


def cases(rng, params):
    """Some layers, across an up-convolution, none, all."""

    def case(count, says, points=1):
        return Case((count, int(rng.integers(1 << 30))), says, points)

    return [
        case(1, "the last layer"),
        case(int(rng.integers(4, 7)), "layers on both sides of an up-convolution", 2),
        case(int(rng.integers(8, 12)), "the way up and the bottleneck", 2),
        case(0, "no layer at all", 2),
        case(LAYERS, "every layer"),
    ]


def prepare(args, params):
    """A small U-Net of depth 2 whose layers have biases and very different weights; the count; a generator."""
    import torch

    from unet_edu.models import UNet

    count, seed = args
    generator = torch.Generator().manual_seed(seed)
    net = UNet(num_classes=5, base_width=8, depth=2).eval()
    with torch.no_grad():
        for layer in _with_weights(net):
            scale = 0.05 * 6 ** torch.randint(3, (), generator=generator)  # 0.05, 0.3, 1.8
            drawn = torch.rand(layer.weight.shape, generator=generator) - 0.5
            layer.weight.copy_(scale * (drawn - drawn.mean()) / drawn.std())
            layer.bias.copy_(torch.rand(layer.bias.shape, generator=generator) + 0.5)
    return net, count, generator.manual_seed(seed + 1)


def _with_weights(net) -> list:
    return [layer for layer in net.modules() if hasattr(layer, "weight")]


def probe(answer, args, params):
    """Forget twice with equal generators and once with another; return weights and biases of all, the original's too.

    Where something else than a network comes, return that.
    """
    import torch

    net, count, generator = args
    start = generator.get_state()
    found = {}
    for name in ("first", "again", "other"):
        generator = torch.Generator()
        generator.set_state(start)
        if name == "other":
            generator.manual_seed(12345)
        made = answer(net, count, generator)
        if not isinstance(made, torch.nn.Module):
            return made
        found[name] = _state(made)
        found["itself"] = made is net
        if name == "first":
            found["original"] = _state(net)
    return found


def _state(net) -> list:
    return [(layer.weight.detach(), layer.bias.detach()) for layer in _with_weights(net)]


def oracle(args, params):
    """Which layers are to be drawn anew. What is drawn is judged by what it must look like."""
    count, _ = args
    return [number >= LAYERS - count for number in range(LAYERS)]


def judge_forget(args, got, wanted, params):
    """Look at the original, at which layers differ from it, and at what the new weights are like."""
    if isinstance(got, Raised):
        return judge_value(args, got, wanted, params)
    if not isinstance(got, dict):
        return Verdict(False, f"it returns {sort_of(got)} where a network is wanted", "type")
    net, count, _ = prepare(args, params)
    before = [(as_array(weight), as_array(bias)) for weight, bias in _state(net)]
    runs = {key: [(as_array(w), as_array(b)) for w, b in got[key]] for key in ("original", "first", "again", "other")}
    words = _of_the_original(before, runs["original"], got["itself"])
    words = words or _of_which(before, runs["first"], count, _kinds(net))
    words = words or _of_the_draws(before, runs, wanted)
    return Verdict(not words, words, "value" if words else "")


def _kinds(net) -> list[str]:
    return [type(layer).__name__ for layer in _with_weights(net)]


def _same(one, other) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def _of_the_original(before, original, itself) -> str:
    if len(original) != len(before) or not all(
        _same(a, b) for old, new in zip(before, original, strict=True) for a, b in zip(old, new, strict=True)
    ):
        return "the network that was handed in is not what it was: a copy is wanted that shares nothing with it"
    return "it returns the network that was handed in; a copy is wanted" if itself else ""


def _of_which(before, after, count, kinds) -> str:
    """Say by what rule the layers that differ may have been counted."""
    layers = len(before)
    if len(after) != layers or any(a[0].shape != b[0].shape for a, b in zip(before, after, strict=True)):
        return "the copy does not have the layers of the network"
    drawn = [not _same(old[0], new[0]) for old, new in zip(before, after, strict=True)]
    wanted = [number >= layers - count for number in range(layers)]
    if drawn == wanted:
        return ""
    if count == 0:
        return "with a count of 0 no layer is to be forgotten: a slice that begins at -0 holds everything"
    if not any(drawn):
        return "no layer has other weights than before"
    convolutions = [number for number, kind in enumerate(kinds) if kind == "Conv2d"]
    if drawn == [number in convolutions[-count:] for number in range(layers)]:
        return "up-convolutions have weights, too: they count as layers"
    if drawn == [number in convolutions and number >= layers - count for number in range(layers)]:
        return "up-convolutions have weights, too: they are to be drawn anew"
    if drawn == wanted[::-1]:
        return "it forgets the first layers; begin at the last"
    if drawn == [number >= layers - (count + 1) // 2 for number in range(layers)]:
        return "weights and biases are counted apart; a layer has both"
    if drawn == [number == layers - count for number in range(layers)]:
        return "it forgets one layer alone; all after it go, too"
    if sum(drawn) in (count - 1, count + 1):
        return f"it forgets one layer too {'many' if sum(drawn) > count else 'few'}"
    if sum(drawn) == count:
        return "it forgets as many layers as it should, but others: count from the last"
    return f"it forgets too {'many' if sum(drawn) > count else 'few'} layers"


def _of_the_draws(before, runs, wanted) -> str:
    """Say what new weights are not as they should be. Limits are so wide that no honest draw comes near them."""
    import numpy as np

    first = [pair for pair, forgotten in zip(runs["first"], wanted, strict=True) if forgotten]
    old = [pair for pair, forgotten in zip(before, wanted, strict=True) if forgotten]
    kept = [(new[1], was[1]) for new, was, gone in zip(runs["first"], before, wanted, strict=True) if not gone]
    if not all(_same(new, was) for new, was in kept):
        return "biases change in layers that are not to be forgotten"
    if not first:
        return ""
    if not all(_same(a[0], b[0]) for a, b in zip(runs["first"], runs["again"], strict=True)):
        return "two generators of the same seed give two different networks: are the weights drawn with it?"
    if all(_same(a[0], b[0]) for a, b in zip(runs["first"], runs["other"], strict=True)):
        return "another generator makes no difference: are the weights drawn with it?"
    if any(_same(np.sort(new[0], None), np.sort(was[0], None)) for new, was in zip(first, old, strict=True)):
        return "the weights are the old ones in another order; draw new ones"
    scaled = [new[0].ravel() / was[0].std(ddof=1) for new, was in zip(first, old, strict=True)]
    for one, other in itertools.combinations(scaled, 2):
        if np.ptp(one) and np.ptp(other) and np.corrcoef(one[:16], other[:16])[0, 1] > 0.999:
            return "two layers get the same numbers: is the generator set back for each?"
    spreads = [(float(np.sqrt((drawn**2).mean())), len(drawn)) for drawn in scaled]
    if any(not 1 / _slack(count) < spread < _slack(count) for spread, count in spreads):
        return _of_the_spread(first, old)
    if any(abs(drawn.mean()) * len(drawn) ** 0.5 > 6 for drawn in scaled):
        return "the new weights do not have a mean of zero"
    together = np.concatenate([drawn / (drawn.std() or 1) for drawn in scaled])
    if len(together) > 1500 and (together**4).mean() < 2.4:  # 3 for a Gaussian, 1.8 for equal chances
        return "the new weights are not drawn from a Gaussian: large ones are missing"
    if all(_same(new[1], was[1]) for new, was in zip(first, old, strict=True)):
        return "the biases are as before; they are to be zero"
    if any(new[1].any() for new in first):
        return "the biases are not zero"
    return ""


def _slack(count) -> float:
    """The factor by which the spread of so many draws may miss."""
    return 1 + 6 / count**0.5


def _of_the_spread(first, old) -> str:
    def fits(scales):
        return all(
            1 / _slack(new[0].size) < float((new[0] ** 2).mean()) ** 0.5 / scale < _slack(new[0].size)
            for new, scale in zip(first, scales, strict=True)
        )

    if fits([was[0].var(ddof=1) for was in old]):
        return "the new weights are scaled with the variance, not with its root"
    if fits([1.0] * len(old)):
        return "the new weights have a standard deviation of one; each layer has its own"
    if fits([(was[0].std(ddof=1) ** 2 + 1) ** 0.5 for was in old]):
        return "noise is added to the old weights; they are to be forgotten"
    if fits([2**0.5 * was[0].std(ddof=1) for was in old]):
        return "noise is added to the old weights; they are to be forgotten"
    if not any(new[0].any() for new in first):
        return "the new weights are all zero"
    return "the new weights are not as large as the layer's weights were: take the standard deviation of each layer"


EXERCISE = Exercise(
    id="inside.forget",
    chapter="12_inside",
    name="forgotten",
    points=5,
    minutes=25,
    cases=cases,
    oracle=oracle,
    judge=judge_forget,
    prepare=prepare,
    probe=probe,
    needs=("import torch",),
)
