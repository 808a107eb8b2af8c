"""Answers to the exercises of the chapter on looking inside: two right ones each, and the known wrong ones."""

import copy

import numpy as np
import torch
from answerkit import right, wrong
from torch import nn

# ---------------------------------------------------------------------------------------------------- inside.loudest


def answered(kernel, patch):
    return patch, float((patch * kernel).sum())


@right("inside.loudest")
def by_signs(kernel, low=0.0, high=1.0):
    kernel = np.asarray(kernel)
    patch = (low + high) / 2 + np.sign(kernel) * (high - low) / 2
    return [patch, np.vdot(patch, kernel)]


@right("inside.loudest")
def pixel_by_pixel(kernel, low=0.0, high=1.0):
    patch, answer = np.empty(kernel.shape), 0
    for place, weight in np.ndenumerate(kernel):
        patch[place] = high if weight > 0 else low if weight < 0 else 0.5 * (low + high)
        answer += weight * patch[place]
    return patch, answer


@wrong("inside.loudest", "not in the middle of the range")
def zeros_low(kernel, low=0.0, high=1.0):
    return answered(kernel, np.where(kernel > 0, high, low))


@wrong("inside.loudest", "not in the middle of the range")
def zeros_stay(kernel, low=0.0, high=1.0):
    return answered(kernel, np.where(kernel > 0, high, np.where(kernel < 0, low, 0.0)))


@wrong("inside.loudest", "not in the middle of the range")
def half_the_width(kernel, low=0.0, high=1.0):
    return answered(kernel, np.select([kernel > 0, kernel < 0], [high, low], (high - low) / 2))


@wrong("inside.loudest", "low and high make no difference here")
def always_from_0_to_1(kernel, low=0.0, high=1.0):
    return by_signs(kernel)


@wrong("inside.loudest", "this is the patch alone")
def patch_alone(kernel, low=0.0, high=1.0):
    return by_signs(kernel, low, high)[0]


@wrong("inside.loudest", "this is the answer alone")
def answer_alone(kernel, low=0.0, high=1.0):
    return by_signs(kernel, low, high)[1]


@wrong("inside.loudest", "in the wrong order")
def answer_first(kernel, low=0.0, high=1.0):
    return tuple(reversed(by_signs(kernel, low, high)))


@wrong("inside.loudest", "answers lowest")
def quietest(kernel, low=0.0, high=1.0):
    return answered(kernel, by_signs(-kernel, low, high)[0])


@wrong("inside.loudest", "this is the filter itself")
def copy_of_the_filter(kernel, low=0.0, high=1.0):
    return answered(kernel, kernel / np.linalg.norm(kernel) if kernel.any() else kernel.astype(float))


@wrong("inside.loudest", "this is the filter itself")
def stretched(kernel, low=0.0, high=1.0):
    spread = np.ptp(kernel) or 1
    return answered(kernel, low + (high - low) * (kernel - kernel.min()) / spread)


@wrong("inside.loudest", "what does a weight below zero do")
def all_bright(kernel, low=0.0, high=1.0):
    return answered(kernel, np.full(kernel.shape, float(high)))


@wrong("inside.loudest", "made as integers")
def of_its_type(kernel, low=0.0, high=1.0):
    patch = np.empty_like(kernel)
    patch[...] = by_signs(kernel, low, high)[0]
    return answered(kernel, patch)


@wrong("inside.loudest", "not have the shape of the filter")
def in_a_row(kernel, low=0.0, high=1.0):
    patch, answer = by_signs(kernel, low, high)
    return patch.ravel(), answer


@wrong("inside.loudest", "not a mean")
def mean_answer(kernel, low=0.0, high=1.0):
    patch, _ = by_signs(kernel, low, high)
    return patch, float((patch * kernel).mean())


@wrong("inside.loudest", "weights below zero count as positive")
def absolute_answer(kernel, low=0.0, high=1.0):
    patch, _ = by_signs(kernel, low, high)
    return patch, float((patch * abs(kernel)).sum())


# ----------------------------------------------------------------------------------------------------- inside.wasted


@right("inside.wasted")
def in_a_loop(reads, readers):
    count = 3 * 3 * reads + 1
    for pixels, made in readers:
        count += pixels * made
    return count


@right("inside.wasted")
def of_tensors(reads, readers):
    gone = [torch.empty(reads, 3, 3), torch.empty(1), *(torch.empty(made, pixels) for pixels, made in readers)]
    return sum(each.numel() for each in gone)


@right("inside.wasted", side=5)
def of_a_cohort(reads, readers):
    return 25 * reads + 1 + sum(pixels * made for pixels, made in readers)


@wrong("inside.wasted", "the bias of the silent channel is missing")
def no_bias(reads, readers):
    return in_a_loop(reads, readers) - 1


@wrong("inside.wasted", "the weights that read the channel are missing")
def makers_alone(reads, readers):
    return 9 * reads + 1


@wrong("inside.wasted", "the weights that make the channel are missing")
def readers_alone(reads, readers):
    return sum(pixels * made for pixels, made in readers)


@wrong("inside.wasted", "biases of the readers go with their own channels")
def biases_of_readers(reads, readers):
    return 9 * reads + 1 + sum(pixels * made + made for pixels, made in readers)


@wrong("inside.wasted", "not one for each pixel")
def nine_biases(reads, readers):
    return 9 * (reads + 1) + readers_alone(reads, readers)


@wrong("inside.wasted", "a kernel has height and width")
def one_direction(reads, readers):
    return 3 * reads + 1 + readers_alone(reads, readers)


@wrong("inside.wasted", "given in pixels already")
def squared(reads, readers):
    return 9 * reads + 1 + sum(pixels**2 * made for pixels, made in readers)


@wrong("inside.wasted", "a reader's kernel need not have nine pixels")
def always_nine(reads, readers):
    return 9 * reads + 1 + sum(9 * made for _, made in readers)


@wrong("inside.wasted", "only the first of the readers")
def first_reader(reads, readers):
    return 9 * reads + 1 + readers_alone(reads, readers[:1])


@wrong("inside.wasted", "one channel of the convolution is silent, not all")
def whole_layer(reads, readers):
    return 9 * reads * reads + 1 + readers_alone(reads, readers)


@wrong("inside.wasted", "it is right for a convolution of 3×3 pixels", side=7)
def of_the_book(reads, readers):
    return in_a_loop(reads, readers)


# ------------------------------------------------------------------------------------------------------ inside.never


@right("inside.never")
def by_the_worst_input(weight, bias, highest):
    worst = np.where(weight > 0, np.reshape(highest, (-1, 1, 1)), 0)
    return (worst * weight).sum() + bias <= 0


@right("inside.never")
def by_tensors(weight, bias, highest):
    weight, highest = torch.as_tensor(weight), torch.as_tensor(highest)
    return (torch.einsum("chw,c->", weight.relu(), highest) + bias).item() <= 0


@wrong("inside.never", "it tries all inputs at their highest")
def all_at_their_highest(weight, bias, highest):
    return bool((weight * highest[:, None, None]).sum() + bias <= 0)


@wrong("inside.never", "weights of one channel are added up first")
def channel_by_channel(weight, bias, highest):
    return bool((weight.sum((1, 2)).clip(min=0) * highest).sum() + bias <= 0)


@wrong("inside.never", "the bias makes no difference")
def without_bias(weight, bias, highest):
    return bool((weight.clip(min=0) * highest[:, None, None]).sum() <= 0)


@wrong("inside.never", "a sum of exactly zero does not fire")
def below_zero(weight, bias, highest):
    return bool((weight.clip(min=0) * highest[:, None, None]).sum() + bias < 0)


@wrong("inside.never", "the highest values make no difference")
def inputs_up_to_one(weight, bias, highest):
    return bool(weight.clip(min=0).sum() + bias <= 0)


@wrong("inside.never", "a highest value of its own")
def one_highest(weight, bias, highest):
    return bool(weight.clip(min=0).sum() * highest.max() + bias <= 0)


@wrong("inside.never", "a weight below zero brings nothing")
def strength(weight, bias, highest):
    return bool((abs(weight).sum((1, 2)) * highest).sum() + bias <= 0)


@wrong("inside.never", "it looks at the bias alone")
def bias_alone(weight, bias, highest):
    return bias <= 0


@wrong("inside.never", "the other way round")
def may_fire(weight, bias, highest):
    return not by_the_worst_input(weight, bias, highest)


@wrong("inside.never", "samples need not hold the input")
def by_samples(weight, bias, highest):
    inputs = np.random.default_rng(5).uniform(size=(500, *weight.shape)) * highest[:, None, None]
    return bool((np.tensordot(inputs, weight, 3) + bias <= 0).all())


@wrong("inside.never", "True or False is wanted")
def the_bound(weight, bias, highest):
    return float((weight.clip(min=0) * highest[:, None, None]).sum() + bias)


# ------------------------------------------------------------------------------------------------------ inside.probe


def with_ones(features):
    return [np.c_[np.ones(len(x)), x] for x in features]


def predictions(features, targets, fit=np.linalg.lstsq):
    for out in range(len(features)):
        rest = [number for number in range(len(features)) if number != out]
        x, y = np.concatenate([features[at] for at in rest]), np.concatenate([targets[at] for at in rest])
        yield features[out] @ fit(x, y)[0]


def at_least_two(features):
    if len(features) < 2:
        raise ValueError("two images are needed")


def score(guess, truth):
    return 1 - ((guess - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()


@right("inside.probe")
def by_lstsq(features, targets):
    at_least_two(features)
    return score(np.concatenate(list(predictions(with_ones(features), targets))), np.concatenate(targets))


@right("inside.probe")
def centred_and_by_pinv(features, targets):
    at_least_two(features)
    missed = 0
    for out, (x, y) in enumerate(zip(features, targets, strict=True)):
        others = np.concatenate([each for at, each in enumerate(features) if at != out])
        wanted = np.concatenate([each for at, each in enumerate(targets) if at != out])
        slope = np.linalg.pinv(others - others.mean(0)) @ (wanted - wanted.mean())
        missed += ((y - wanted.mean() - (x - others.mean(0)) @ slope) ** 2).sum()
    truth = np.concatenate(targets)
    return 1 - missed / len(truth) / truth.var()


@right("inside.probe")
def in_torch(features, targets):
    at_least_two(features)

    def fit(x, y):
        return torch.linalg.lstsq(torch.tensor(x), torch.tensor(y)[:, None], driver="gelsd").solution[:, 0].numpy(), 0

    return score(np.concatenate(list(predictions(with_ones(features), targets, fit))), np.concatenate(targets))


@wrong("inside.probe", "the fit has no constant")
def without_constant(features, targets):
    at_least_two(features)
    return score(np.concatenate(list(predictions(features, targets))), np.concatenate(targets))


@wrong("inside.probe", "each image has a part in the fit that predicts it")
def fitted_on_all(features, targets):
    at_least_two(features)
    x, y = np.concatenate(with_ones(features)), np.concatenate(targets)
    return score(x @ np.linalg.lstsq(x, y)[0], y)


@wrong("inside.probe", "predicted by a fit on itself")
def fitted_on_itself(features, targets):
    at_least_two(features)
    guesses = [x @ np.linalg.lstsq(x, y)[0] for x, y in zip(with_ones(features), targets, strict=True)]
    return score(np.concatenate(guesses), np.concatenate(targets))


@wrong("inside.probe", "the mean of one R² for each image")
def mean_of_images(features, targets):
    at_least_two(features)
    return np.mean([score(g, y) for g, y in zip(predictions(with_ones(features), targets), targets, strict=True)])


@wrong("inside.probe", "these are several R²")
def one_an_image(features, targets):
    at_least_two(features)
    return [score(g, y) for g, y in zip(predictions(with_ones(features), targets), targets, strict=True)]


@wrong("inside.probe", "the share that is not explained")
def not_explained(features, targets):
    return 1 - by_lstsq(features, targets)


@wrong("inside.probe", "the correlation squared")
def correlation_squared(features, targets):
    at_least_two(features)
    return (
        np.corrcoef(np.concatenate(list(predictions(with_ones(features), targets))), np.concatenate(targets))[0, 1] ** 2
    )


@wrong("inside.probe", "each block is left out by itself")
def block_by_block(features, targets):
    at_least_two(features)
    blocks = [row[None] for x in with_ones(features) for row in x]
    single = [value[None] for y in targets for value in y]
    return score(np.concatenate(list(predictions(blocks, single))), np.concatenate(targets))


@wrong("inside.probe", "divides by one less")
def sample_variance(features, targets):
    at_least_two(features)
    truth = np.concatenate(targets)
    guess = np.concatenate(list(predictions(with_ones(features), targets)))
    return 1 - np.mean((guess - truth) ** 2) / torch.tensor(truth).var().item()


@wrong("inside.probe", "a plain inverse")
def normal_equations(features, targets):
    at_least_two(features)

    def fit(x, y):
        return np.linalg.inv(x.T @ x) @ x.T @ y, 0

    return score(np.concatenate(list(predictions(with_ones(features), targets, fit))), np.concatenate(targets))


@wrong("inside.probe", "one image leaves none to fit")
def nought_for_one(features, targets):
    return by_lstsq(features, targets) if len(features) > 1 else 0.0


# ----------------------------------------------------------------------------------------------------- inside.forget


def layers_of(net):
    return [layer for layer in net.modules() if hasattr(layer, "weight")]


def last(layers, count):
    return layers[len(layers) - count :]


@right("inside.forget")
def from_the_first(net, count, generator):
    net = copy.deepcopy(net)
    with torch.no_grad():
        for layer in last(layers_of(net), count):
            layer.weight.normal_(0, layer.weight.std().item(), generator=generator)
            layer.bias.zero_()
    return net


@right("inside.forget")
def by_state(net, count, generator):
    twin, state = copy.deepcopy(net), {key: value.clone() for key, value in net.state_dict().items()}
    names = [name for name, part in net.named_modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)][::-1]
    for name in names[:count]:
        old = state[f"{name}.weight"]
        flat = torch.randn(old.numel(), generator=generator, dtype=torch.float64)
        state[f"{name}.weight"] = (flat * old.double().square().mean().sqrt()).float().reshape(old.shape)
        state[f"{name}.bias"] *= 0
    twin.load_state_dict(state)
    return twin


class Forgetting:
    """What the wrong ones are made of: each changes one step."""

    def layers(self, net, count):
        return last(layers_of(net), count)

    def drawn(self, weight, generator):
        return torch.randn(weight.shape, generator=generator) * weight.std()

    def bias(self, bias, generator):
        return torch.zeros_like(bias)

    def copied(self, net):
        return copy.deepcopy(net)

    def __call__(self, net, count, generator):
        net = self.copied(net)
        with torch.no_grad():
            for layer in self.layers(net, count):
                layer.weight.copy_(self.drawn(layer.weight, generator))
                layer.bias.copy_(self.bias(layer.bias, generator))
        return net


def forgetting(words, **steps):
    """Note a wrong answer whose `steps` are not as they should be."""
    (name,) = steps
    made = type("Wrong", (Forgetting,), {name: staticmethod(steps[name])})()

    def forgotten(net, count, generator):
        return made(net, count, generator)

    forgotten.__name__ = f"{name}_{words.replace(' ', '_')[:30]}"
    wrong("inside.forget", words)(forgotten)


forgetting("a copy is wanted that shares nothing", copied=lambda net: net)
forgetting("a copy is wanted that shares nothing", copied=copy.copy)
forgetting("a slice that begins at -0", layers=lambda net, count: layers_of(net)[-count:])
forgetting("begin at the last", layers=lambda net, count: layers_of(net)[:count])
forgetting("one layer too many", layers=lambda net, count: last(layers_of(net), count + 1))
forgetting("it forgets one layer alone", layers=lambda net, count: last(layers_of(net), count)[:1])
forgetting(
    "they count as layers",
    layers=lambda net, count: (
        last([each for each in net.modules() if isinstance(each, nn.Conv2d)], count) if count < 12 else layers_of(net)
    ),
)
forgetting(
    "they are to be drawn anew",
    layers=lambda net, count: [each for each in last(layers_of(net), count) if isinstance(each, nn.Conv2d)],
)
forgetting("are the weights drawn with it", drawn=lambda weight, generator: torch.randn_like(weight) * weight.std())
forgetting(
    "another generator makes no difference",
    drawn=lambda weight, generator: (
        torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)) * weight.std()
    ),
)
forgetting(
    "is the generator set back",
    drawn=lambda weight, generator: (
        torch.randn(weight.shape, generator=generator.manual_seed(generator.initial_seed())) * weight.std()
    ),
)
forgetting(
    "the old ones in another order",
    drawn=lambda weight, generator: weight.flatten()[torch.randperm(weight.numel(), generator=generator)].reshape(
        weight.shape
    ),
)
forgetting(
    "a standard deviation of one", drawn=lambda weight, generator: torch.randn(weight.shape, generator=generator)
)
forgetting(
    "scaled with the variance",
    drawn=lambda weight, generator: torch.randn(weight.shape, generator=generator) * weight.var(),
)
forgetting(
    "not as large as the layer's weights were",
    drawn=lambda weight, generator: torch.randn(weight.shape, generator=generator) * (2 / weight[0].numel()) ** 0.5,
)
forgetting(
    "noise is added to the old weights",
    drawn=lambda weight, generator: weight + torch.randn(weight.shape, generator=generator) * weight.std(),
)
forgetting(
    "not drawn from a Gaussian",
    drawn=lambda weight, generator: (torch.rand(weight.shape, generator=generator) - 0.5) * 12**0.5 * weight.std(),
)
forgetting("the biases are as before", bias=lambda bias, generator: bias)
forgetting("the biases are not zero", bias=lambda bias, generator: torch.randn(bias.shape, generator=generator))


@wrong("inside.forget", "it returns None where a network is wanted")
def nothing_returned(net, count, generator):
    from_the_first(net, count, generator)


@wrong("inside.forget", "biases change in layers that are not to be forgotten")
def all_biases(net, count, generator):
    net = from_the_first(net, count, generator)
    with torch.no_grad():
        for layer in layers_of(net):
            layer.bias.zero_()
    return net
