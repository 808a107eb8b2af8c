"""The exercises of the chapter that looks inside a trained network.

A cohort's convolution may have another kernel than the book's 3×3 (`inside.wasted`).
"""

import itertools
from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, judge_value, recognising, sort_of
from unet_edu.course.outcome import Case, Raised, Verdict

CHAPTER = "12_inside"


# ---------------------------------------------------------------------------------------------------- inside.loudest


def loudest_cases(rng, params):
    """A row and a range of its own; weights of zero; integers; many axes; a range below zero; nothing but zeros."""
    import numpy as np

    def weights(*shape):
        return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 2, shape)

    row, square, deep = weights(5), weights(3, 3), weights(2, 3, 3)
    row[int(rng.integers(5))] = square[int(rng.integers(3)), int(rng.integers(3))] = 0
    deep[:, 1, 1] = 0
    whole = rng.permutation(np.array([-2, -1, 0, 0, 1, 3]))
    low, width = float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.3, 0.5))
    below = -float(rng.uniform(3, 5))
    return [
        Case((np.array([1, -2, 1]),), "the filter of the chapter, from 0 to 1"),
        Case((weights(3, 3), low, low + width), "3×3 weights, none of them zero, another range"),
        Case((row, -1.0, low), "a weight of zero in a row", 2),
        Case((square, low, low + width), "a weight of zero in a square", 2),
        Case((whole, low, low + width), "weights that are integers"),
        Case((deep, below, below + 2), "two channels, and a range below zero"),
        Case((np.zeros((2, 3)), low, low + width), "nothing but weights of zero"),
    ]


def loudest(args, params):
    """Try both ends of the range and its middle at every pixel, the middle first."""
    import numpy as np

    kernel, low, high = _ranged(args)
    tried = np.array([(low + high) / 2, low, high])
    best = (tried * kernel[..., None]).argmax(-1)
    patch = tried[best]
    return patch, float(sum(a * b for a, b in zip(patch.flat, kernel.flat, strict=True)))


def _ranged(args):
    kernel, low, high = (*args, 0.0, 1.0)[:3] if len(args) == 1 else args
    return as_array(kernel).astype(float), low, high


def loudest_mistakes(args, params):
    """Zeros, the range, the copy of the filter that is loudest at a fixed strength, what is returned."""
    import numpy as np

    kernel, low, high = _ranged(args)
    right, answer = loudest(args, params)
    zero, middle = kernel == 0, (low + high) / 2

    def heard(patch):
        return patch, float((patch * kernel).sum())

    for filled in (low, high, 0.0, high / 2, (high - low) / 2):
        words = "where a weight is zero the pixel is not in the middle of the range"
        yield heard(np.where(zero, filled, right)), words
    yield right, "this is the patch alone; the answer of the filter is wanted besides"
    yield (answer, right), "patch and answer are in the wrong order"
    yield answer, "this is the answer alone; the patch is wanted besides"
    yield loudest((kernel,), params), "low and high make no difference here"
    yield loudest((-kernel, low, high), params)[0], "this is the patch at which the filter answers lowest"
    yield heard(loudest((-kernel, low, high), params)[0]), "this is the patch at which the filter answers lowest"
    strength = np.linalg.norm(kernel)
    copies = [kernel, kernel / (strength or 1), np.clip(kernel, low, high)]
    if np.ptp(kernel):
        copies.append(low + (high - low) * (kernel - kernel.min()) / np.ptp(kernel))
    for copy in copies:
        yield heard(copy), "this is the filter itself; where each pixel may be chosen freely, another patch is louder"
    yield heard(np.full_like(kernel, high)), "it is bright everywhere: what does a weight below zero do to the answer?"
    yield heard(np.full_like(kernel, middle)), "the patch is the same everywhere, whatever the weights"
    flat = right.ravel()
    if flat.shape != right.shape:
        yield (flat, answer), "the patch does not have the shape of the filter"
    truncated = right.astype(int).astype(float)
    yield heard(truncated), "the patch was made as integers, which cuts its values off"
    yield heard(truncated.astype(int)), "the patch was made as integers, which cuts its values off"
    yield (right, answer / kernel.size), "the patch is right, the answer is a sum, not a mean"
    yield (right, float(np.abs(kernel).sum())), "the patch is right, but its answer is not the sum of the weights alone"
    yield (
        (right, float((right * np.abs(kernel)).sum())),
        "the patch is right, but in its answer weights below zero count as positive",
    )


def loudest_picture(args, got):
    """The filter, and the patch that the answer takes for the loudest."""
    import numpy as np
    from matplotlib.figure import Figure

    kernel, low, high = _ranged(args)
    figure = Figure(figsize=(4, 2), layout="constrained")
    pairs = zip(figure.subplots(1, 2), (kernel, as_array(got[0])), ("filter", "your patch"), strict=True)
    for axes, values, title in pairs:
        image = values.reshape(-1, *values.shape[-2:])[0] if values.ndim > 1 else values[None]
        reach = np.abs(kernel).max() or 1
        limits = (-reach, reach) if title == "filter" else (low, high)
        axes.imshow(image, cmap="gray", vmin=limits[0], vmax=limits[1])
        axes.set(xticks=[], yticks=[], title=title)
    return figure


# ----------------------------------------------------------------------------------------------------- inside.wasted


def wasted_cases(rng, params):
    """Readers of every kind: one, two, none, an up-convolution, a 1×1."""

    def count(low=10, high=90):
        return int(rng.integers(low, high))

    return [
        Case((512, [(9, 1024)]), "the reader of a channel of d4.relu1"),
        Case((128, [(9, 256), (9, 128)]), "the readers of a channel of d1.relu2, which goes down and across", 2),
        Case((count(), [(9, count())]), "one reader"),
        Case((count(), [(9, count()), (9, count())]), "two readers", 2),
        Case((count(), [(4, count()), (1, count(2, 9)), (25, count())]), "three readers with different kernels", 2),
        Case((1, [(9, count())]), "a channel made of the image"),
        Case((count(), []), "no reader at all"),
    ]


def wasted(args, params):
    """Build the layers with two channels between them and with one, and count both."""
    reads, readers = args
    return _between(2, reads, readers, params["side"]) - _between(1, reads, readers, params["side"])


def _between(channels, reads, readers, side) -> int:
    import torch
    from torch import nn

    with torch.device("meta"):
        layers = [nn.Conv2d(reads, channels, side)]
        layers += [nn.Conv2d(channels, made, (pixels, 1)) for pixels, made in readers]
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


def wasted_mistakes(args, params):
    """A bias forgotten, or too many of them; one side forgotten; a kernel in one direction."""
    reads, readers = args
    side = params["side"]
    make, read = side**2 * reads + 1, sum(pixels * made for pixels, made in readers)
    if side != 3:
        yield 9 * reads + 1 + read, "it is right for a convolution of 3×3 pixels"
    yield make - 1 + read, "the bias of the silent channel is missing"
    yield make, "the weights that read the channel are missing"
    yield read, "the weights that make the channel are missing"
    yield make - 1, "the weights that read the channel are missing, and its bias"
    yield (
        make + sum((pixels + 1) * made for pixels, made in readers),
        "biases of the readers go with their own channels",
    )
    yield make + read + len(readers), "biases of the readers go with their own channels"
    yield side**2 * (reads + 1) + read, "a channel has one bias, not one for each pixel of the kernel"
    yield side * reads + 1 + read, "a kernel has height and width"
    yield make + sum(pixels**2 * made for pixels, made in readers), "the readers' kernels are given in pixels already"
    yield make + sum(made for _, made in readers), "the readers' kernels make no difference here"
    yield make + 9 * sum(made for _, made in readers), "a reader's kernel need not have nine pixels"
    yield make + sum(pixels for pixels, _ in readers), "a reader has a kernel for each channel that it makes"
    yield make + side**2 * sum(made for _, made in readers), "each reader has a kernel of its own, given in the pair"
    if len(readers) > 1:
        yield make + readers[0][0] * readers[0][1], "only the first of the readers is counted"
        yield make + readers[-1][0] * readers[-1][1], "only the last of the readers is counted"
    yield reads * (make - 1) + 1 + read, "one channel of the convolution is silent, not all of them"
    yield reads + 1 + read, "the kernel of the convolution that makes the channel is missing"


def other_side(rng) -> dict:
    """Another kernel than the book's 3×3."""
    return {"side": int(rng.choice([5, 7]))}


# ------------------------------------------------------------------------------------------------------ inside.never


def never_cases(rng, params):
    """A filter for each way to be wrong; whole eighths, so that a sum of exactly zero is one."""
    import numpy as np

    def spread(total, count):
        """`count` positive eighths that add up to `total` eighths."""
        cuts = np.sort(rng.choice(np.arange(1, total), count - 1, replace=False))
        return np.diff([0, *cuts, total]) / 8

    def weight(positive, negative, channels=3, side=3):
        """For each channel eighths that add up to these, at places drawn anew: (C, k, k)."""
        made = np.zeros((channels, side * side))
        for row, plus, minus in zip(made, positive, negative, strict=True):
            places = rng.permutation(side * side)
            if plus:
                row[places[:3]] = spread(plus, 3)
            if minus:
                row[places[3:6]] = -spread(minus, 3)
        return made.reshape(channels, side, side)

    def some(low=10, high=25):
        return int(rng.integers(low, high))

    a, b, c = some(), some(), some()
    tops = np.array([2.0, 0.5, 1.0])
    most = (2 * a + 0.5 * b + c) / 8  # with positive weights of a, b, c eighths and these highest values
    more = (some(60, 90), some(60, 90), some(60, 90))
    one = np.array([[[float(some()) / 8]]])
    none, mixed = (0, 0, 0), (some(), some(), some())
    least = some(1, 4) / 8
    return [
        Case((weight((a, b, c), none), -most - least, tops), "a bias that is further below zero than its inputs reach"),
        Case((weight((a, b, c), more), -most + least, tops), "many weights below zero, and one input fires"),
        Case((weight((a, b, c), (a + 1, b + 1, c + 1)), 0.0, tops), "no bias, a little more below zero than above"),
        Case((weight(none, more), some(1, 9) / 8, tops), "no weight above zero, but a bias", 0.5),
        Case((weight((a, b, c), mixed), -most, tops), "a sum of exactly zero at the most", 2),
        Case((weight((a, 900, c), more), -(2 * a + c) / 8 - 0.125, tops * [1, 0, 1]), "large weights on a silent one"),
        Case((weight((a, b, c), more), -(a + b + c) / 8 - 0.5, tops * 8), "inputs that reach far", 2),
        Case((weight((a, b, 0), more), -1.5 * (a + b) / 8 - 0.25, tops * 0 + 1.5), "inputs that all reach as far"),
        Case((weight((0, b, 0), (a, 0, c)), -0.5 * b / 8 + 0.125, tops), "only one channel that can make it fire"),
        Case((one, -float(one[0, 0, 0]) * 0.5, np.array([0.5])), "one weight, which reaches zero"),
        Case((weight((a, b, c), none), -least, tops), "a bias that is a little below zero"),
    ]


def never_fires(args, params):
    """Take each pixel of the window at that end of its range at which it brings more, one after the other."""
    weight, bias, highest = args
    most = float(bias)
    for channel, top in zip(weight, highest, strict=True):
        for value in channel.flat:
            most += max(float(value) * float(top), 0.0)
    return most <= 0


def never_mistakes(args, params):
    """Other bounds than the highest sum. One answer cannot tell which it is; several can."""
    import numpy as np

    weight, bias, highest = args
    plus = weight.clip(min=0)
    tops = highest[:, None, None]
    most = (plus * tops).sum() + bias
    yield (
        bool((weight * tops).sum() + bias <= 0),
        "it tries all inputs at their highest; where a weight is below zero, an input of zero lets it fire more",
    )
    yield (
        bool((weight.sum((1, 2)).clip(min=0) * highest).sum() + bias <= 0),
        "weights of one channel are added up first; each pixel of the window may have a value of its own",
    )
    yield bool((plus * tops).sum() <= 0), "the bias makes no difference here"
    yield bool(most < 0), "a sum of exactly zero does not fire either: at or below zero"
    yield bool(plus.sum() + bias <= 0), "the highest values make no difference here"
    yield bool((plus * highest.max()).sum() + bias <= 0), "each channel has a highest value of its own"
    yield bool((abs(weight) * tops).sum() + bias <= 0), "a weight below zero brings nothing: its input may be zero"
    yield bool(bias <= 0), "it looks at the bias alone; inputs may bring the sum above zero"
    yield (
        bool((plus.max((1, 2)) * highest).sum() + bias <= 0),
        "all pixels of a window can be high at once",
    )
    yield bool((plus.mean((1, 2)) * highest).sum() + bias <= 0), "a filter adds up; it takes no mean"
    yield (
        bool((plus * tops).sum((1, 2)).max() + bias <= 0),
        "all channels can be at their highest at once, not the strongest alone",
    )
    yield bool((weight <= 0).all()), "weights above zero need not make it fire: how far do they reach?"
    yield bool(most > 0), "it is the other way round: True means that no input makes it fire"
    inputs = np.random.default_rng(0).uniform(size=(300, *weight.shape)) * tops
    yield (
        bool(((inputs * weight).sum((1, 2, 3)) + bias).max() <= 0),
        "samples need not hold the input that lets it fire most: which one is that?",
    )
    yield True, "it says so of every filter"
    yield False, "it says so of no filter"


# ------------------------------------------------------------------------------------------------------ inside.probe


def probe_cases(rng, params):
    """Something to be read off, a constant, images that differ, too few of them."""
    import numpy as np

    def images(counts, channels, noise, constant=0.0, differ=0.0):
        """Features and targets of images: a weighted sum of the channels and noise."""
        weights = rng.normal(size=channels)
        features = [np.maximum(rng.normal(size=(count, channels)), 0) for count in counts]
        targets = [
            x @ weights + constant + noise * rng.normal(size=len(x)) + differ * number
            for number, x in enumerate(features)
        ]
        return features, targets

    def blocks():
        return int(rng.integers(14, 30))

    silent, far = images([blocks() for _ in range(3)], 4, 0.5)
    silent = [np.c_[x, np.zeros(len(x))] for x in silent]
    one, only = images([blocks()], 3, 0.5)
    return [
        Case(images([blocks()] * 3, 3, 0.3), "three images of equally many blocks"),
        Case(images([blocks(), 2 * blocks(), blocks() + 30], 4, 0.5), "images of different sizes", 2),
        Case(images([blocks(), blocks()], 2, 0.4), "two images"),
        Case(images([blocks() for _ in range(4)], 3, 0.4, constant=9.0), "targets far from zero"),
        Case(images([blocks() for _ in range(3)], 3, 0.3, differ=4.0), "one image that is unlike the others", 2),
        Case((silent, far), "a channel that is silent in all images"),
        Case((one, only), "one image alone"),
    ]


def probe_r2(args, params):
    """From one fit of all images: what each leaves, corrected for how much it pulled the fit towards itself."""
    import numpy as np

    features, targets = args
    if len(features) < 2:
        return Raised("ValueError")
    full = np.concatenate([np.c_[np.ones(len(x)), x] for x in features])
    truth = np.concatenate(targets)
    pull = full @ np.linalg.pinv(full)
    left = truth - pull @ truth
    ends = np.cumsum([0, *(len(x) for x in features)])
    errors = []
    for start, stop in itertools.pairwise(ends):
        own = np.s_[start:stop]
        errors.append(np.linalg.solve(np.eye(stop - start) - pull[own, own], left[own]))
    return float(1 - (np.concatenate(errors) ** 2).mean() / truth.var())


def probe_mistakes(args, params):
    """What is fitted on what, and what the score is made of."""
    import numpy as np

    features, targets = args
    if len(features) < 2:
        return
    truth, parts = np.concatenate(targets), range(len(features))

    def guesses(fitted, constant=True):
        """For each image the guess of a fit on the images that `fitted` names."""
        full = [np.c_[x, np.ones(len(x))] if constant else x for x in features]
        for out in parts:
            fit, wanted = (np.concatenate([each[at] for at in fitted(out)]) for each in (full, targets))
            yield full[out] @ np.linalg.lstsq(fit, wanted, rcond=None)[0]

    def others(out):
        return [at for at in parts if at != out]

    def r2(guess, truth=truth):
        return float(1 - np.mean((guess - truth) ** 2) / truth.var())

    each = list(guesses(others))
    honest = np.concatenate(each)
    yield r2(np.concatenate(list(guesses(others, constant=False)))), "the fit has no constant"
    yield r2(np.concatenate(list(guesses(lambda out: parts)))), "each image has a part in the fit that predicts it"
    yield r2(np.concatenate(list(guesses(lambda out: [out])))), "each image is predicted by a fit on itself"
    single = [r2(guess, target) for guess, target in zip(each, targets, strict=True)]
    yield float(np.mean(single)), "it is the mean of one R² for each image; one for all predictions together is wanted"
    yield float(np.median(single)), "it is the median of one R² for each image; one for all is wanted"
    yield single[-1], "it is the R² of the last image alone"
    yield single[0], "it is the R² of the first image alone"
    yield single, "these are several R², one for each image; one for all predictions together is wanted"
    yield 1 - r2(honest), "it is the share that is not explained: R² is one less that"
    yield float(np.mean((honest - truth) ** 2)), "it is the mean squared error; R² sets it against the variance"
    yield 1 - float(np.mean((honest - truth) ** 2)), "the error is not set against the variance of the targets"
    correlation = float(np.corrcoef(honest, truth)[0, 1])
    yield correlation**2, "it is the correlation squared, which forgives a constant error and a wrong scale"
    yield correlation, "it is the correlation; it forgives a constant error and a wrong scale"
    yield float(honest.var() / truth.var()), "it is how much the predictions vary; how far are they off?"
    yield (
        float(1 - np.mean((honest - truth) ** 2) / truth.var(ddof=1)),
        "the variance divides by one less than the number of blocks, the error by their number",
    )
    yield (
        float(1 - np.mean((honest - truth) ** 2) / np.mean(truth**2)),
        "the variance is about zero, not the mean",
    )
    yield float(1 - np.mean(np.abs(honest - truth)) / truth.std()), "errors are squared, not taken without their sign"
    yield float(1 - np.mean((honest - truth) ** 2) / truth.std()), "the error is set against the standard deviation"
    within = np.concatenate([target - target.mean() for target in targets])
    yield (
        float(1 - np.mean((honest - truth) ** 2) / within.var()),
        "the variance is that within the images; one for all blocks together is wanted",
    )
    alone = np.concatenate([np.c_[x, np.ones(len(x))] for x in features])
    pull = alone @ np.linalg.pinv(alone)
    block = truth - (truth - pull @ truth) / (1 - np.diag(pull))
    yield r2(block), "each block is left out by itself; its neighbours in the image still help"


def judge_probe(args, got, wanted, params):
    """Say why a plain inverse fails, and for what an error is wanted."""
    verdict = judge_value(args, got, wanted, params)
    if isinstance(wanted, Raised) and not isinstance(got, Raised):
        return replace(verdict, message="one image leaves none to fit: this is a case for a ValueError")
    if isinstance(got, Raised) and got.is_a("LinAlgError"):
        words = "a channel that is silent leaves a plain inverse without an answer; least squares has one"
        return replace(verdict, message=words)
    return verdict


# ----------------------------------------------------------------------------------------------------- inside.forget

LAYERS = 13  # with weights, of a U-Net of depth 2: five pairs of convolutions, two up-convolutions, the scores


def forget_cases(rng, params):
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


def as_unet(args, params):
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


def forget_probe(answer, args, params):
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


def forget(args, params):
    """Which layers are to be drawn anew. What is drawn is judged by what it must look like."""
    count, _ = args
    return [number >= LAYERS - count for number in range(LAYERS)]


def judge_forget(args, got, wanted, params):
    """Look at the original, at which layers differ from it, and at what the new weights are like."""
    if isinstance(got, Raised):
        return judge_value(args, got, wanted, params)
    if not isinstance(got, dict):
        return Verdict(False, f"it returns {sort_of(got)} where a network is wanted", "type")
    net, count, _ = as_unet(args, params)
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
    return "the new weights are not as large as the layer's weights were: look at the standard deviation of each layer"


EXERCISES = (
    Exercise(
        id="inside.loudest",
        chapter=CHAPTER,
        name="loudest_patch",
        points=3,
        minutes=10,
        cases=loudest_cases,
        oracle=loudest,
        judge=recognising(loudest_mistakes),
        needs=("import numpy as np",),
        picture=loudest_picture,
    ),
    Exercise(
        id="inside.wasted",
        chapter=CHAPTER,
        name="wasted",
        points=2,
        minutes=10,
        cases=wasted_cases,
        oracle=wasted,
        judge=recognising(wasted_mistakes),
        params=other_side,
        book={"side": 3},
        forbids=("unet_edu.interpret",),
    ),
    Exercise(
        id="inside.never",
        chapter=CHAPTER,
        name="never_fires",
        points=4,
        minutes=15,
        cases=never_cases,
        oracle=never_fires,
        judge=recognising(never_mistakes),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="inside.probe",
        chapter=CHAPTER,
        name="left_out_r2",
        points=5,
        minutes=25,
        cases=probe_cases,
        oracle=probe_r2,
        judge=recognising(probe_mistakes, judge_probe),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="inside.forget",
        chapter=CHAPTER,
        name="forgotten",
        points=5,
        minutes=25,
        cases=forget_cases,
        oracle=forget,
        judge=judge_forget,
        prepare=as_unet,
        probe=forget_probe,
        needs=("import torch",),
    ),
)
