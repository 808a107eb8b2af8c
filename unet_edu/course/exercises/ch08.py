"""The exercises of the chapter on training.

A cohort's cycle may rise for another share of the steps and begin and end at other rates (`training.one_cycle`), and
its curves may be read with other thresholds (`training.curve`).
"""

import math
from dataclasses import replace

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, difference, is_map, judge_value, noise, recognising, set_weights_by_shape
from unet_edu.course.outcome import Case, Raised

CHAPTER = "08_training"
SEED = 8


# --------------------------------------------------------------------------------------------------- training.memory


def memory_cases(rng, params):
    """Half and other shares, no memory, a share that is met exactly, what is not allowed."""
    while True:  # a share that no rounding can push to the other side of a whole number
        momentum, share = round(float(rng.uniform(0.6, 0.97)), 3), round(float(rng.uniform(0.7, 0.97)), 3)
        if abs(momentum ** np.arange(200) - (1 - share)).min() > 1e-6:
            break
    count = int(rng.integers(2, 6))
    wrong = float(rng.choice([-0.5, -0.1, 1.5]))
    return [
        Case((0.9,), "half of the weight, momentum 0.9"),
        Case((float(rng.choice([0.99, 0.995, 0.98])),), "half of the weight, a longer memory"),
        Case((momentum, share), "more than half of the weight", 2),
        Case((momentum, round(float(rng.uniform(0.05, 0.2)), 2) + 1e-4), "a small share of the weight"),
        Case((0.5, 1 - 0.5**count), "a share that is met exactly"),
        Case((0.0, 0.9), "no momentum"),
        Case((1.0,), "a momentum of 1"),
        Case((wrong, 0.5), "a momentum that is no momentum"),
        Case((0.9, float(rng.choice([0.0, 1.0]))), "a share that is none or all"),
    ]


def memory_length(args, params):
    """Look for it between a number that is too small and one that is enough."""
    momentum, share = args if len(args) == 2 else (*args, 0.5)
    if momentum < 0 or momentum >= 1 or share <= 0 or share >= 1:
        return Raised("ValueError")
    few, enough = 0, 1
    while momentum**enough > 1 - share:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (middle, enough) if momentum**middle > 1 - share else (few, middle)
    return enough


def memory_mistakes(args, params):
    """A sum that is not one, the weight of one taken for that of many, off by one, a share that is not looked at."""
    right = memory_length(args, params)
    if isinstance(right, Raised):
        return
    momentum, share = args if len(args) == 2 else (*args, 0.5)
    if momentum == 0:
        yield (
            Raised("ValueError"),
            "it raises ValueError without momentum, which is allowed: is there a logarithm of 0?",
        )
        yield Raised("ZeroDivisionError"), "it divides by zero without momentum, which is allowed"
    if share != 0.5:
        yield memory_length((momentum,), params), "the share makes no difference here"
        yield (
            memory_length((momentum, 1 - share), params),
            "it stops where a single gradient weighs as little as the share; asked is what the newest weigh together",
        )
    if right > 1:
        yield 1, "the weights do not add up to one: a share of all that they add up to is asked for"
        yield right - 1, "that is one gradient too few: do these carry the share already?"
    met = momentum > 0 and math.isclose(momentum**right, 1 - share, rel_tol=1e-9)
    yield right + 1, "exactly the share is enough" if met else "that is one gradient too many: fewer carry the share"
    if momentum > 0:
        yield (
            math.log(1 - share) / math.log(momentum),
            "so many gradients there are not: round to a whole number, in the direction that carries enough",
        )
    of_all = 1 / (1 - momentum)
    for each in (of_all, round(of_all), int(of_all)):
        yield each, "that is what all gradients weigh, if the newest counts once; asked is how many carry a share of it"
    for each in (share * of_all, math.ceil(share * of_all - 1e-9), int(share * of_all)):
        yield each, "older gradients are counted as if they weighed as much as the newest"


def judge_memory(args, got, wanted, params):
    """Why a value is not allowed."""
    verdict = _judge_memory(args, got, wanted, params)
    if not isinstance(wanted, Raised) or isinstance(got, Raised):
        return verdict
    if args[0] >= 1:
        why = "with a momentum of 1 or more no gradient is ever forgotten, and the weights add up to infinity"
    elif args[0] < 0:
        why = "a momentum below 0 is none"
    else:
        why = "a share lies between none and all, which infinitely many carry"
    return replace(verdict, message=f"{why}: this is a case for a ValueError")


_judge_memory = recognising(memory_mistakes)


# -------------------------------------------------------------------------------------------- training.weighted_loss


def loss_cases(rng, params):
    """The two pixels of the chapter, more classes and images, weights of 0, logits of ±1000; weights that are none."""

    def case(images, classes, height, width, says, points=1, zeros=0):
        logits = 2 * noise((images, classes, height, width), int(rng.integers(1 << 30)))
        labels = _labels(rng, images, classes, height, width)
        return Case((logits, labels, _weights(rng, images, height, width, zeros)), says, points)

    two = np.array([[1.0, 1.0], [3.0, 3.0]], "float32").reshape(1, 2, 1, 2)
    side, other = int(rng.integers(3, 6)), int(rng.integers(6, 9))
    many = int(rng.integers(3, 6))
    huge = case(1, 3, 3, 4, "logits of ±1000, some of them for the wrong class", 2)
    signs = np.sign(rng.normal(size=(1, 3, 3, 4))).astype("float32")
    fine = case(2, 2, side, side, "")
    below, nothing = fine.args[2].clone(), 0 * fine.args[2]
    below[-1, -1, 0] = -0.5
    return [
        Case((_tensor(two), _tensor(np.array([[[0, 1]]])), _tensor(np.array([[[9.0, 1.0]]], "float32"))),
             "the chapter's two pixels, weights 9 and 1"),
        case(1, 2, side, other, "two classes, a map that is not square"),
        case(3, many, other, side, "three images, more classes, weights that differ from image to image", 2),
        case(2, 3, side, other, "some weights are 0", zeros=7),
        Case((_tensor(1000 * signs), *huge.args[1:]), huge.says, huge.points),
        Case((*fine.args[:2], below), "a weight below 0"),
        Case((*fine.args[:2], nothing), "weights that are all 0"),
    ]  # fmt: skip


def _tensor(array):
    import torch

    return torch.tensor(array)


def _labels(rng, images, classes, height, width):
    labels = rng.integers(0, classes, (images, height, width))
    labels.flat[:classes] = np.arange(classes)  # each class occurs
    return _tensor(labels)


def _weights(rng, images, height, width, zeros=0):
    weights = rng.uniform(0.2, 5, (images, height, width)) * np.arange(1, images + 1).reshape(-1, 1, 1)
    weights.flat[rng.permutation(weights.size)[:zeros]] = 0
    return _tensor(weights.astype("float32"))


def loss_probe(answer, args, params):
    """The loss, the gradient that comes back to the logits, and whether PyTorch's own log_softmax was at work."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    called = set()

    class Watching(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            called.add(str(function))
            return function(*args, **(kwargs or {}))

    logits, labels, weights = args
    logits = logits.clone().requires_grad_()
    with Watching():
        loss = answer(logits, labels, weights)
    gradient = None
    if isinstance(loss, torch.Tensor) and loss.requires_grad and loss.numel() == 1:
        (gradient,) = torch.autograd.grad(loss.sum(), logits, allow_unused=True)
    return {"loss": loss, "gradient": gradient, "log_softmax": any("_log_softmax" in name for name in called)}


def weighted_loss(args, params):
    """Pixel by pixel in double precision; the gradient is the shares less 1 at the truth, times the weight."""
    logits, labels, weights = (each.numpy().astype(float) for each in args)
    if weights.min() < 0 or not weights.any():
        return Raised("ValueError")
    loss, gradient = 0.0, np.zeros_like(logits)
    for image, row, column in np.ndindex(labels.shape):
        pixel, truth = logits[image, :, row, column], int(labels[image, row, column])
        above = np.exp(pixel - pixel.max())
        weight = weights[image, row, column] / weights.sum()
        loss += weight * (math.log(above.sum()) + pixel.max() - pixel[truth])
        gradient[image, :, row, column] = weight * (above / above.sum() - (np.arange(len(pixel)) == truth))
    return {"loss": loss, "gradient": _tensor(gradient.astype("float32")), "log_softmax": False}


def loss_mistakes(args, params):
    """Another division, weights forgotten, another axis, no logarithm, a second softmax, classes swapped."""
    logits, labels, weights = (each.double() if each.is_floating_point() else each for each in args)
    if weights.min() < 0 or not weights.any():
        return
    if logits.abs().max() > 100:
        yield math.nan, "at logits of ±1000 it is NaN: their exponentials are more than a float holds"
    truth = logits.gather(1, labels[:, None])[:, 0]
    losses = logits.logsumexp(1) - truth
    weighed = weights * losses
    yield float(-weighed.sum() / weights.sum()), "it has the wrong sign: a share is below 1, and its logarithm below 0"
    yield float(weighed.mean()), "it is divided by the number of pixels, not by the sum of the weights"
    yield float(weighed.sum()), "it is the sum over all pixels, not divided by the sum of the weights"
    yield float(losses.mean()), "the weights make no difference here"
    yield float(losses.sum()), "the weights make no difference here, and it is a sum"
    images = weights.sum((1, 2))
    if len(images) > 1 and images.min() > 0:
        own = weighed.sum((1, 2)) / images
        yield float(own.mean()), "each image is divided by its own weights; divide once, by all"
        yield float(own.sum()), "each image is divided by its own weights; divide once, by all"
        yield float(weighed.sum((1, 2)).mean()), "it is divided by the number of images, not by the sum of the weights"
    for axis in (0, 2, 3):
        across = (weights * (logits.logsumexp(axis, keepdim=True) - logits).gather(1, labels[:, None])[:, 0]).sum()
        yield float(across / weights.sum()), "the shares are made along another axis: the classes are axis 1"
    shares = logits.softmax(1)
    share = shares.gather(1, labels[:, None])[:, 0]
    yield float(-(weights * share).sum() / weights.sum()), "the logarithm is missing"
    yield float((weights * (1 - share)).sum() / weights.sum()), "the logarithm is missing"
    twice = shares.logsumexp(1) - share
    yield float((weights * twice).sum() / weights.sum()), "there are two softmaxes: it works on shares, not on logits"
    yield (
        float((-weights * truth).sum() / weights.sum()),
        "the logits stand for logarithms of shares here: is there a softmax?",
    )
    every = (weights[:, None] * (logits.logsumexp(1, keepdim=True) - logits)).sum() / weights.sum()
    yield float(every), "it adds up the losses of all classes; that of the true class counts"
    yield float(every) / logits.shape[1], "it averages the losses of all classes; that of the true class counts"
    if logits.shape[1] == 2:
        other = logits.logsumexp(1) - logits.gather(1, 1 - labels[:, None])[:, 0]
        yield float((weights * other).sum() / weights.sum()), "the two classes are swapped"


def judge_loss(args, got, wanted, params):
    """The loss, then how it was made, then its gradient."""
    logits, labels, weights = args
    if isinstance(wanted, Raised):
        verdict = judge_value(args, got, wanted, params)
        if not isinstance(got, Raised):
            why = (
                "a weight below 0 pays for mistakes" if weights.min() < 0 else "with weights of 0 alone nothing counts"
            )
            verdict = replace(verdict, message=f"{why}: this is a case for a ValueError")
        return verdict
    if not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    loss, gradient = got["loss"], got["gradient"]
    verdict = _judge_loss(args, loss, wanted["loss"], params)
    if not verdict.passed:
        number = float(as_array(loss)) if is_map(loss) and as_array(loss).shape == () else loss
        if logits.abs().max() > 100 and isinstance(number, float) and not math.isnan(number):
            if math.isinf(number):
                words = "at logits of ±1000 it is infinite: a share that is rounded to 0 has no logarithm"
                return replace(verdict, message=words)
            if 0 < number < wanted["loss"]:
                words = (
                    "at logits of ±1000 it is cut off: a limit, or a small number that is added, hides how wrong it is"
                )
                return replace(verdict, message=words)
        return verdict
    if got["log_softmax"]:
        words = (
            "the value is right, but PyTorch's own function found it: write out what cross_entropy or log_softmax does"
        )
        return replace(verdict, passed=False, kind="value", message=words)
    if gradient is None:
        words = "the value is right, but no gradient comes through: does it leave PyTorch, or detach something?"
        return replace(verdict, passed=False, kind="value", message=words)
    if difference(gradient, wanted["gradient"]):
        nan = bool(np.isnan(as_array(gradient)).any())
        words = "is NaN" if nan else "is another: is a part of it detached?"
        return replace(verdict, passed=False, kind="value", message=f"the value is right, but its gradient {words}")
    return verdict


_judge_loss = recognising(loss_mistakes)


# ------------------------------------------------------------------------------------------------ training.one_cycle


def cycle_cases(rng, params):
    """Many steps and few, a single one, a top that is no whole step."""
    odd = int(rng.integers(3, 9)) * 20 + int(rng.choice([1, 3, 7, 9]))  # whatever the share, its top is between steps
    return [
        Case((10, 1.0), "ten steps, the highest rate 1"),
        Case((100, float(rng.choice([0.01, 0.002, 0.05]))), "a hundred steps"),
        Case((odd, round(float(rng.uniform(0.001, 0.02)), 5)), "a number of steps that is not round", 2),
        Case((int(rng.integers(5, 9)), 0.1), "few steps"),
        Case((1, round(float(rng.uniform(0.1, 0.9)), 3)), "a single step"),
        Case((2, 0.01), "two steps"),
    ]


def cycle_rates(args, params):
    """The waves as squares of a sine."""
    return _cycle(args, params)


def _squared(part):
    return math.sin(math.pi * part / 2) ** 2


def _cycle(args, params, rise=_squared, fall=_squared, low=None, end=None, last=0, top=None, early=0):
    """A cycle of other waves, with other ends; the end reached `last` steps before step `steps`."""
    steps, highest = args
    low = highest / params["start"] if low is None else low
    end = highest / params["end"] if end is None else end
    top = params["percent"] * steps / 100 if top is None else top
    rates = []
    for step in range(early, steps + early):
        if step < top:
            rates.append(low + (highest - low) * rise(step / top))
        else:
            rates.append(highest + (end - highest) * fall((step - top) / max(steps - last - top, 1e-9)))
    return rates


def cycle_mistakes(args, params):
    """Other waves, other ends, steps counted from elsewhere."""
    steps, highest = args
    low, end, top = highest / params["start"], highest / params["end"], params["percent"] * steps / 100
    book = BOOK_CYCLE
    if params != book:
        yield _cycle(args, book), "these are the rates of another cycle, that of the book"
        for name, what in (("percent", "it rises for"), ("start", "it begins at"), ("end", "it ends at")):
            if params[name] != book[name]:
                yield _cycle(args, {**params, name: book[name]}), f"{what} what is right in the book, but not here"

    def straight(part):
        return part

    def quarter(part):
        return math.sin(math.pi * part / 2)

    def late(part):
        return 1 - math.cos(math.pi * part / 2)

    def whole(part):
        return (1 - math.cos(2 * math.pi * part)) / 2

    def double(part):
        return 1 - math.cos(math.pi * part)

    yield _cycle(args, params, straight, straight), "it goes up and down in straight lines, not along a cosine"
    yield _cycle(args, params, straight), "it goes up in a straight line, not along a cosine"
    yield _cycle(args, params, fall=straight), "it comes down in a straight line, not along a cosine"
    for rise, fall in ((quarter, quarter), (late, late), (quarter, late), (late, quarter)):
        yield _cycle(args, params, rise, fall), "that is a quarter of a wave: half a wave is level at both ends"
    yield _cycle(args, params, whole, whole), "that is a whole wave: it comes back to where it began"
    yield _cycle(args, params, double, double), "a cosine goes from 1 to −1, which is two: halve it"
    yield _cycle(args, params, low=0.0), "it begins at a rate of 0"
    yield _cycle(args, params, end=0.0), "it comes down to a rate of 0"
    yield (
        _cycle(args, params, end=low / params["end"]),
        "it ends at a part of the first rate; a part of the highest is asked for",
    )
    yield _cycle(args, params, low=end, end=low), "the rates of the beginning and of the end are swapped"
    yield _cycle(args, params, end=low), "it comes down to where it began; the end is lower"
    if steps > 1:
        yield (
            _cycle(args, params, last=1),
            "the last step has the rate of the end already; that of step `steps` would have it",
        )
    yield _cycle(args, params, early=1), "the steps are counted from one: the first one is step 0"
    if top != int(top):
        for rounded in {int(top), math.ceil(top), round(top)}:
            yield _cycle(args, params, top=rounded), "the top is rounded to a whole step; it may lie between two"
    yield (
        _cycle(args, params, top=steps - top),
        "the share of the steps in which it goes up is that in which it should come down",
    )
    yield _cycle(args, params)[::-1], "the rates are in reverse order"


def cycle_picture(args, got):
    """The rates of the answer, step by step."""
    from matplotlib.figure import Figure

    from unet_edu import plots

    steps, highest = args
    figure = Figure(figsize=(4.2, 2.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(np.array(got, dtype=float), "o-", ms=3, lw=1, color=plots.EXTRA)
    axes.axhline(highest, color=plots.MUTED, lw=1, ls=":")
    axes.set(title="your rates; dotted: the highest that was asked for", xlabel="step", ylim=(0, None))
    axes.title.set(fontsize=9)
    return figure


def other_cycle(rng) -> dict:
    """Another share of the steps, another beginning, another end."""
    return {
        "percent": int(rng.choice([20, 40, 45])),
        "start": int(rng.choice([10, 20, 50])),
        "end": int(rng.choice([500, 1000, 2000])),
    }


BOOK_CYCLE = {"percent": 30, "start": 25, "end": 10000}


# -------------------------------------------------------------------------------------------------- training.softmax


def softmax_cases(rng, params):
    """Networks whose last step is one thing and another, in either mode; "no" alone earns less than half."""

    def case(last, classes, training, says, points=1):
        images, height, width = int(rng.integers(1, 3)), 2 * int(rng.integers(3, 5)), 2 * int(rng.integers(5, 7))
        tiles = noise((images, 1, height + 2, width + 2), int(rng.integers(1 << 30)))
        return Case(((last, classes, training), tiles), says, points)

    many = int(rng.integers(7, 12))
    return [
        case("nothing", 2, True, "two classes, while it trains"),
        case("softmax", 2, False, "two classes, in eval mode", 2),
        case("softmax", many, True, "many classes, while it trains", 3),
        case("sigmoid", 3, True, "nothing that it says is negative"),
        case("one less the rest", 3, False, "all that it says of a pixel adds up to 1"),
        case("softmax, in eval mode only", 2, True, "a network that says something else while it trains", 3),
        case("softmax along the rows", 3, False, "something adds up to 1"),
        case("softmax, uneven", 2, True, "sums that are 1 on average"),
        case("softmax, a little more", 3, True, "sums that are almost 1"),
        case("softmax, a tenth less", 2, False, "sums that are below 1"),
    ]


def as_sayer(args, params):
    """A network of one convolution, its last step of a given kind; with old gradients. And the tiles."""
    import torch
    from torch import nn

    (last, classes, training), tiles = args

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv2d(1, classes, 3)

        def forward(self, x):
            return finish(self.layer(x), last, self.training)

    network = set_weights_by_shape(Network(), SEED)
    with torch.no_grad():
        network.layer.bias.copy_(torch.linspace(-0.5, 0.5, classes))  # all classes differ
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, 0.25)
    return network.train(training), tiles


def finish(x, last, training):
    """What a network says, of logits x (N, K, H, W), with a last step of the kind `last`."""
    import torch

    if last == "softmax" or (last == "softmax, in eval mode only" and not training):
        return x.softmax(1)
    if last == "sigmoid":
        return x.sigmoid()
    if last == "one less the rest":
        return torch.cat([x[:, 1:], 1 - x[:, 1:].sum(1, keepdim=True)], 1)
    if last == "softmax along the rows":
        return x.softmax(2)
    if last == "softmax, uneven":
        places = torch.arange(x.shape[2])[:, None] + torch.arange(x.shape[3])
        return x.softmax(1) * (1 + 0.05 * (-1.0) ** places)
    if last in ("softmax, a little more", "softmax, a tenth less"):
        return (1.002 if last == "softmax, a little more" else 0.9) * x.softmax(1)
    return x


def softmax_probe(answer, args, params):
    """What it says, and what has become of the network's mode and gradients."""
    import torch

    network, tiles = args
    training = network.training
    says = answer(network, tiles)
    enabled = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    parameters = list(network.parameters())
    return {
        "says": says,
        "mode": all(module.training == training for module in network.modules()),
        "gradients": all(each.grad is not None and bool((each.grad == 0.25).all()) for each in parameters),
        "asks": enabled and all(each.requires_grad for each in parameters),
    }


def gives_shares(args, params):
    """Know it from the kind of network."""
    (last, _, _), _ = args
    return {"says": last in ("softmax", "softmax, in eval mode only"), "mode": True, "gradients": True, "asks": True}


def softmax_mistakes(args, params):
    """What one says who looks at a part of it only."""
    import torch

    (_, _, training), _ = args
    network, tiles = as_sayer(args, params)
    with torch.no_grad():
        as_it_stands = network(tiles)
        said = network.eval()(tiles)

    def shares(said):
        return bool(said.min() >= 0 and (said.sum(1) - 1).abs().max() < 1e-4)

    if training:
        yield shares(as_it_stands), "it asks the network as it stands: in eval mode it may say something else"
    yield bool((said.sum(1) - 1).abs().max() < 1e-4), "numbers that add up to 1 are no shares if some are negative"
    yield bool(said.min() >= 0), "numbers that are not negative are no shares unless they add up to 1"
    yield bool(said.min() >= 0 and said.max() <= 1), "numbers between 0 and 1 are no shares unless they add up to 1"
    yield (
        bool(said.min() >= 0 and (said.sum(1) == 1).all()),
        "it asks for sums of exactly 1: floats add up to it but for rounding",
    )
    for axis in (0, 2, 3):
        along = bool(said.min() >= 0 and (said.sum(axis) - 1).abs().max() < 1e-4)
        yield along, "it adds up along another axis: the classes are axis 1"
    yield (
        bool(said.min() >= 0 and abs(said.sum(1).mean() - 1) < 1e-4),
        "it looks at the mean of the sums; each must be 1",
    )
    yield (
        bool(said.min() >= 0 and (said.sum(1) - 1).max() < 1e-4),
        "a sum may be too small as well: is an absolute value missing?",
    )
    yield (
        bool(said.min() >= 0 and (said.sum(1) - 1).abs().max() < 1e-2),
        "it lets sums pass that are not 1 to within 1e-4",
    )
    yield bool(said.min() >= 0 and (said.sum(1) - 1).abs().min() < 1e-4), "it is content with one pixel; look at all"


def judge_softmax(args, got, wanted, params):
    """What it says, then how it leaves the network."""
    if not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    verdict = _judge_softmax(args, got["says"], wanted["says"], params)
    if not verdict.passed:
        return verdict
    if not got["mode"]:
        left = "eval mode" if args[0][2] else "training mode"
        words = f"what it says is right, but it leaves the network in {left}"
    elif not got["gradients"]:
        words = "what it says is right, but the network has lost its gradients"
    elif not got["asks"]:
        words = (
            "what it says is right, but afterwards no gradients are computed any more: switch them off for a while only"
        )
    else:
        return verdict
    return replace(verdict, passed=False, kind="value", message=words)


_judge_softmax = recognising(softmax_mistakes)


# ---------------------------------------------------------------------------------------------------- training.curve


def curve_cases(rng, params):
    """Runs of every kind, some close to a threshold; one loss that is none, few losses, no losses."""
    landmark = round(float(rng.uniform(0.3, 0.6)), 3)
    stuck, rise = params["stuck"] / 100, params["rise"] / 100
    steps = 20 * int(rng.integers(5, 9))
    last = steps * params["tail"] // 100

    def run(*levels, scatter=0.03):
        """Losses at these multiples of the landmark, from one to the next along an exponential; `last` at the last."""
        way = np.exp(np.interp(np.linspace(0, 1, steps - last), np.linspace(0, 1, len(levels)), np.log(levels)))
        way = np.concatenate([way, np.full(last, levels[-1])])
        uneven = rng.uniform(1 - scatter, 1 + scatter, steps)
        uneven[-last:] *= last / uneven[-last:].sum()
        return [round(float(each), 4) for each in landmark * way * uneven]

    def seen(*levels):
        return [round(landmark * level, 4) for level in levels]

    lowest = float(rng.uniform(0.5, 0.6))
    unlucky = run(2, 1, 0.35, 0.3)
    unlucky[-1] = round(1.2 * landmark, 4)
    turning = run(1.6, 1.6)
    turning[-(last // 2) :] = [round(landmark * 0.5, 4)] * (last // 2)
    infinite, no_number = run(2, 0.6, 0.4), run(2, 0.6, 0.4)
    infinite[int(rng.integers(5, 30))] = math.inf
    no_number[-int(rng.integers(2, 6))] = math.nan
    few = [round(landmark * level, 4) for level in rng.uniform(1.3, 1.8, int(rng.integers(4, 8)))]
    down = seen(1.1, 0.8, 0.6, 0.5)
    near, rising, early = run(2, 1, stuck + 0.02), seen(1, lowest, 1), seen(lowest, 0.9)
    off, risen = run(2, 1, stuck - 0.03), seen(1.1, lowest, lowest * (0.97 + rise))
    return [
        Case((unlucky, down, landmark), "a run that ends with an unlucky step"),
        Case((near, rising, landmark), "close to the landmark, and the unseen loss rises"),
        Case((off, risen, landmark), "a little off two thresholds", 2),
        Case((run(2, 0.5, 0.2), seen(1.2, lowest, lowest * (1.06 + rise)), landmark), "the unseen loss turns", 2),
        Case((run(2, 0.5, 0.2), early, landmark), "the unseen loss only rises"),
        Case((run(1.5, 0.6, 3), seen(0.9, 0.8), landmark), "a run that was good before"),
        Case((turning, rising, landmark), "a run that begins to fall just now; the unseen loss rises", 2),
        Case((infinite, down, landmark), "one loss is infinite"),
        Case((no_number, down, landmark), "one loss is no number"),
        Case(([*few, round(landmark * 0.5, 4)], [], landmark), "a few losses, and none of unseen images"),
        Case(([], down[:1], landmark), "no losses"),
    ]


def read_curve(args, params):
    """Sort out the losses that are late by their place, and ask one thing after the other."""
    losses, unseen, landmark = args
    if not losses:
        return Raised("ValueError")
    count = max(int(params["tail"] * len(losses) / 100 + 1e-9), 1)
    late = [loss for place, loss in enumerate(losses) if place >= len(losses) - count]
    late = sum(late) / len(late)
    if not all(math.isfinite(loss) for loss in losses) or late / landmark > 2:
        return "diverged"
    if 100 * late / landmark > params["stuck"]:
        return "stuck"
    if unseen and 100 * (unseen[-1] / sorted(unseen)[0] - 1) > params["rise"]:
        return "overfit"
    return "learning"


def curve_mistakes(args, params):
    """Another mean, another order, a threshold forgotten; what is no number slips through a comparison."""
    losses, unseen, landmark = args
    if not losses:
        return
    count = max(1, params["tail"] * len(losses) // 100)
    tail = losses[-count:]
    limit = 1 + params["rise"] / 100

    def mean(losses):
        return sum(losses) / len(losses)

    rises = bool(unseen) and unseen[-1] > limit * min(unseen)

    def read(
        late=None, asked=losses, is_finite=math.isfinite, twice=2.0, stuck=params["stuck"], turned=rises, first="stuck"
    ):
        late = mean(tail) if late is None else late
        if not all(map(is_finite, asked)) or late > twice * landmark:
            return "diverged"
        found = [name for name, true in (("stuck", late > stuck / 100 * landmark), ("overfit", turned)) if true]
        return first if first in found else (*found, "learning")[0]

    if params != BOOK_CURVE:
        yield read_curve(args, BOOK_CURVE), "it reads with the thresholds of the book; here they are others"
    for name, words in (
        ("tail", "the part of the losses that is late is that of the book; here it is another"),
        ("stuck", "the threshold of a run that is stuck is that of the book; here it is another"),
        ("rise", "the rise of the unseen loss that is too much is that of the book; here it is another"),
    ):
        if params[name] != BOOK_CURVE[name]:
            yield read_curve(args, {**params, name: BOOK_CURVE[name]}), words
    yield read(asked=()), "a loss that is not finite slips through: ask for it, since no comparison with NaN is true"
    for outcome in (read(asked=tail), read(is_finite=lambda loss: not math.isnan(loss))):
        yield outcome, "an infinite loss early in the run slips through: ask all losses, and not for NaN alone"
    yield read(is_finite=lambda loss: not math.isinf(loss)), "it asks for infinity alone; NaN is not finite either"
    if count == 1:
        yield read(mean(losses)), "the last part of a few losses is none at all, and a slice from -0 takes everything"
    yield read(mean(losses)), "late is the mean of all losses here, the first ones too"
    yield read(losses[-1]), "late is the last loss alone here, which may be a lucky or an unlucky one"
    yield read(min(losses)), "late is the lowest loss here"
    yield read(mean(losses[:count])), "late is the mean of the first losses here, not of the last"
    yield read(mean(tail[len(tail) // 2 :])), "late is the mean of fewer losses than it should be"
    yield read(mean(losses[-2 * count :])), "late is the mean of more losses than it should be"
    yield read(first="overfit"), "the unseen loss is asked too early: the first that is true, in the order given"
    yield read(twice=1.0), "it takes every run above the landmark for one that has left; the mark is twice as high"
    yield read(twice=math.inf), "a run far above the landmark is not told from one that stands at it"
    yield read(stuck=100.0), "a run that is just below the landmark has not passed it yet: mind the percentage"
    if unseen:
        last, lowest = unseen[-1], min(unseen)
        yield read(turned=last > lowest), "any rise of the unseen loss is too much here: mind the percentage"
        yield read(turned=last > limit * unseen[0]), "the unseen loss is compared with its first value, not its lowest"
        yield read(turned=max(unseen) > limit * lowest), "the highest unseen loss counts here; the last one should"
        yield (
            read(turned=last > limit * mean(tail)),
            "the unseen loss is compared with the training's, not its own lowest",
        )
        yield (
            read(turned=len(unseen) > 1 and last > limit * unseen[-2]),
            "the unseen loss is compared with the one before it, not with its lowest",
        )
        yield read(turned=False), "the unseen losses make no difference here"


def judge_curve(args, got, wanted, params):
    """Words that are not among the four; what cannot be read without unseen losses."""
    verdict = _judge_curve(args, got, wanted, params)
    if verdict.passed:
        return verdict
    losses, unseen, _ = args
    if isinstance(wanted, Raised) and not isinstance(got, Raised):
        return replace(verdict, message="without losses there is nothing to read: this is a case for a ValueError")
    if isinstance(got, Raised) and losses and not unseen:
        return replace(
            verdict, message=f"{verdict.message}: without losses of unseen images, nothing is said against the run"
        )
    if isinstance(got, str) and got not in ("diverged", "stuck", "overfit", "learning"):
        close = got.strip().lower() in ("diverged", "stuck", "overfit", "learning")
        words = "the words are written in small letters, without spaces" if close else "that is none of the four words"
        return replace(verdict, message=words)
    return verdict


def curve_picture(args, got):
    """The losses, those of unseen images, the landmark; what the answer calls it."""
    from matplotlib.figure import Figure

    from unet_edu import plots

    losses, unseen, landmark = args
    figure = Figure(figsize=(4.6, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(losses, ".", ms=3, color=plots.MUTED)
    if unseen:
        axes.plot(np.linspace(0, max(len(losses) - 1, 1), len(unseen) + 1)[1:], unseen, "s", ms=5, color=plots.SKIP)
    axes.axhline(landmark, color=plots.INK, lw=1, ls=":")
    axes.set(
        title=f"yours calls this {got}\ndots: losses, squares: unseen, dotted: the landmark",
        xlabel="step",
        ylim=(0, None),
    )
    axes.title.set(fontsize=9)
    return figure


def other_thresholds(rng) -> dict:
    """Another part of the losses, another distance to the landmark, another rise."""
    return {
        "tail": int(rng.choice([20, 25, 40])),
        "stuck": int(rng.choice([80, 85, 90])),
        "rise": int(rng.choice([20, 25, 30])),
    }


BOOK_CURVE = {"tail": 10, "stuck": 95, "rise": 10}
_judge_curve = recognising(curve_mistakes)


# ----------------------------------------------------------------------------------------------- training.accumulate


def batch_cases(rng, params):
    """Weights that add up alike and not, old gradients, a tile without weight, a single tile."""

    def case(classes, count, says, points=1, old=True, alike=False, empty=False):
        height, width = int(rng.integers(5, 8)), int(rng.integers(7, 10))
        tiles = noise((count, 1, height + 2, width + 2), int(rng.integers(1 << 30)))
        weights = _weights(rng, count, height, width)
        if alike:
            weights = weights / weights.sum((1, 2), keepdim=True)
        if empty:
            weights[count // 2] = 0
        return Case(((classes, old), tiles, _labels(rng, count, classes, height, width), weights), says, points)

    return [
        case(2, 3, "a new network, weights that add up alike", old=False, alike=True),
        case(2, 3, "gradients of the step before, weights that add up alike", alike=True),
        case(2, int(rng.integers(2, 5)), "weights that add up to more from tile to tile", 2, old=False),
        case(3, 4, "three classes, gradients of the step before", 2),
        case(2, 3, "a tile whose weights are all 0", empty=True),
        case(2, 1, "a single tile"),
    ]


def as_batch(args, params):
    """A network that notes how it is used, with gradients of an older step or without; and the batch."""
    import torch
    from torch import nn

    (classes, old), *batch = args

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(1, 4, 3), nn.Conv2d(4, classes, 1)
            self.waiting, self.notes = 0, set()

        def forward(self, x):
            if len(x) > 1:
                self.notes.add("together")
            logits = self.second(self.first(x).relu())
            if logits.requires_grad:
                if self.waiting:
                    self.notes.add("kept")
                self.waiting += 1
                logits.register_hook(self.came_back)
            return logits

        def came_back(self, gradient):
            self.waiting -= 1

    network = set_weights_by_shape(Network(), SEED)
    for parameter in network.parameters() if old else ():
        parameter.grad = torch.full_like(parameter, 0.25)
    return network, *batch


def batch_probe(answer, args, params):
    """The loss, the gradients, and how the network was used."""
    import torch

    network, *batch = args
    before = [parameter.detach().clone() for parameter in network.parameters()]
    loss = answer(network, *batch)
    same = all(torch.equal(was, now) for was, now in zip(before, network.parameters(), strict=True))
    return {
        "loss": loss,
        "gradients": [parameter.grad for parameter in network.parameters()],
        "notes": sorted(network.notes),
        "same": same,
        "graph": isinstance(loss, torch.Tensor) and loss.requires_grad,
    }


def accumulate(args, params):
    """The whole batch at once."""
    import torch
    from torch.nn.functional import cross_entropy

    network, tiles, labels, weights = as_batch(args, params)
    loss = (weights * cross_entropy(network(tiles), labels, reduction="none")).sum() / weights.sum()
    return {"loss": loss.item(), "gradients": list(torch.autograd.grad(loss, list(network.parameters())))}


def batch_mistakes(args, params):
    """Old gradients, other divisions, the last tile alone."""
    import torch
    from torch.nn.functional import cross_entropy

    (_, old), *_ = args
    network, tiles, labels, weights = as_batch(args, params)
    parameters = list(network.parameters())
    parts, plain = [], []  # of each tile: (loss, gradients), not divided; with weights and without
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        for found, factor in ((parts, weight), (plain, torch.ones_like(weight))):
            loss = (factor * cross_entropy(network(tile[None]), label[None], reduction="none")[0]).sum()
            found.append((loss.item(), torch.autograd.grad(loss, parameters)))
    total, own = weights.sum().item(), weights.sum((1, 2)).tolist()

    def together(parts, divisors):
        return {
            "loss": sum(loss / by if by else math.nan for (loss, _), by in zip(parts, divisors, strict=True)),
            "gradients": [
                sum(each / by for each, by in zip(layer, divisors, strict=True))
                for layer in zip(*(gradients for _, gradients in parts), strict=True)
            ],
        }

    count, pixels = len(parts), weights.numel()
    right = together(parts, [total] * count)
    if old:
        kept = [each + 0.25 for each in right["gradients"]]
        yield {**right, "gradients": kept}, "the gradients of the step before are still in it"
    each = "each tile is divided by its own weights; a tile with more weight should count for more"
    yield together(parts, own), f"{each}, and the tiles are added up"
    yield together(parts, [count * by for by in own]), each
    yield {**together(parts, own), "gradients": right["gradients"]}, f"{each}: the gradients are right, the loss is not"
    mean = {"loss": together(parts, [count * by for by in own])["loss"], "gradients": right["gradients"]}
    yield mean, f"{each}: the gradients are right, the loss is not"
    if count > 1:
        alone = together(parts[-1:], [total])
        yield (
            {**right, "gradients": alone["gradients"]},
            "only the gradients of the last tile are left: they are thrown away on the way",
        )
        yield {**right, "loss": alone["loss"]}, "the gradients are right, but the loss is that of the last tile"
        yield alone, "only the last tile is left of loss and gradients"
        mean = {"loss": right["loss"] / count, "gradients": right["gradients"]}
        yield mean, "the gradients are right, but the loss is a mean over the tiles of what is a part of a mean already"
        yield (
            together(parts, [total * count] * count),
            "it is divided by the weights of all tiles, and by their number besides",
        )
    yield together(parts, [1.0] * count), "it is a sum: divide by the weights"
    yield (
        {**right, "loss": right["loss"] * total},
        "the gradients are right, but the loss is not divided by the weights",
    )
    yield together(parts, [pixels] * count), "it is divided by the number of pixels, not by the sum of the weights"
    yield (
        together(parts, [pixels / count] * count),
        "each tile is divided by the number of its pixels, not by the weights of all",
    )
    yield together(plain, [pixels] * count), "the weights make no difference here"
    yield together(plain, [pixels / count] * count), "the weights make no difference here, and the tiles are added up"


def judge_batch(args, got, wanted, params):
    """Loss and gradients, then how they were made."""
    if not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    verdict = _judge_batch(args, {key: got[key] for key in wanted}, wanted, params)
    words = ""
    if any(gradient is None for gradient in got["gradients"]):
        words = "some parameters have no gradient: is backward called, and nothing thrown away after it?"
    elif not got["same"]:
        words = "it changes the weights: gradients alone are asked for, no step"
    elif verdict.passed and "together" in got["notes"]:
        words = "the result is right, but several tiles pass at once: the memory holds one"
    elif verdict.passed and "kept" in got["notes"]:
        words = "the result is right, but every tile's maps are kept until the end: go back before the next tile comes"
    elif verdict.passed and got["graph"]:
        words = "the result is right, but the loss is a tensor that holds on to its graph; a float is asked for"
    return replace(verdict, passed=False, kind=verdict.kind or "value", message=words) if words else verdict


_judge_batch = recognising(batch_mistakes)


EXERCISES = (
    Exercise(
        id="training.memory",
        chapter=CHAPTER,
        name="memory_length",
        points=3,
        minutes=10,
        cases=memory_cases,
        oracle=memory_length,
        judge=judge_memory,
    ),
    Exercise(
        id="training.weighted_loss",
        chapter=CHAPTER,
        name="weighted_loss",
        points=4,
        minutes=15,
        cases=loss_cases,
        oracle=weighted_loss,
        judge=judge_loss,
        probe=loss_probe,
        needs=("import torch",),
    ),
    Exercise(
        id="training.one_cycle",
        chapter=CHAPTER,
        name="cycle_rates",
        points=3,
        minutes=10,
        cases=cycle_cases,
        oracle=cycle_rates,
        judge=recognising(cycle_mistakes),
        params=other_cycle,
        book=BOOK_CYCLE,
        forbids=("unet_edu.training",),
        needs=("import numpy as np",),
        picture=cycle_picture,
    ),
    Exercise(
        id="training.softmax",
        chapter=CHAPTER,
        name="gives_shares",
        points=4,
        minutes=15,
        cases=softmax_cases,
        oracle=gives_shares,
        judge=judge_softmax,
        prepare=as_sayer,
        probe=softmax_probe,
        needs=("import torch",),
    ),
    Exercise(
        id="training.curve",
        chapter=CHAPTER,
        name="read_curve",
        points=4,
        minutes=20,
        cases=curve_cases,
        oracle=read_curve,
        judge=judge_curve,
        params=other_thresholds,
        book=BOOK_CURVE,
        needs=("import numpy as np",),
        picture=curve_picture,
    ),
    Exercise(
        id="training.accumulate",
        chapter=CHAPTER,
        name="accumulate",
        points=5,
        minutes=20,
        cases=batch_cases,
        oracle=accumulate,
        judge=judge_batch,
        prepare=as_batch,
        probe=batch_probe,
        needs=("import torch", "from torch.nn.functional import cross_entropy"),
    ),
)
