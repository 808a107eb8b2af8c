"""Answers to the exercises of the chapter on training: two right ones or more each, and the known wrong ones."""

import copy
import math

import numpy as np
import torch
from answerkit import right, wrong
from torch.nn.functional import cross_entropy, log_softmax, one_hot

# --------------------------------------------------------------------------------------------------- training.memory


def check_shares(momentum, share):
    if not 0 <= momentum < 1:
        raise ValueError("momentum lies in [0, 1)")
    if not 0 < share < 1:
        raise ValueError("share lies in (0, 1)")


@right("training.memory")
def by_logarithms(momentum, share=0.5):
    check_shares(momentum, share)
    if momentum == 0:
        return 1
    return math.ceil(math.log(1 - share) / math.log(momentum) - 1e-9)


@right("training.memory")
def by_running_sum(momentum, share=0.5):
    check_shares(momentum, share)
    weights = momentum ** np.arange(10_000)
    return int(np.argmax(weights.cumsum() * (1 - momentum) >= share - 1e-9)) + 1


@right("training.memory")
def by_adding_up(momentum, share=0.5):
    check_shares(momentum, share)
    carried, weight, count = 0.0, 1 - momentum, 0
    while carried < share - 1e-12:
        carried, weight, count = carried + weight, weight * momentum, count + 1
    return count


@wrong("training.memory", "is there a logarithm of 0?")
def logarithm_of_nothing(momentum, share=0.5):
    check_shares(momentum, share)
    return math.ceil(math.log(1 - share) / math.log(momentum) - 1e-9)


@wrong("training.memory", "the share makes no difference here")
def always_half(momentum, share=0.5):
    check_shares(momentum, share)
    return by_logarithms(momentum)


@wrong("training.memory", "a single gradient weighs as little as the share")
def until_one_is_small(momentum, share=0.5):
    check_shares(momentum, share)
    count = 0
    while momentum**count > share + 1e-12:
        count += 1
    return max(count, 1)


@wrong("training.memory", "do not add up to one")
def not_divided(momentum, share=0.5):
    check_shares(momentum, share)
    carried, count = 0.0, 0
    while carried < share:
        carried, count = carried + momentum**count, count + 1
    return count


@wrong("training.memory", "one gradient too few")
def rounded_down(momentum, share=0.5):
    check_shares(momentum, share)
    return math.floor(math.log(1 - share) / math.log(momentum) + 1e-9) if momentum else 1


@wrong("training.memory", "exactly the share is enough")
def more_than_the_share(momentum, share=0.5):
    check_shares(momentum, share)
    count = 0
    while 1 - momentum**count <= share:
        count += 1
    return count


@wrong("training.memory", "one gradient too many")
def one_more(momentum, share=0.5):
    return by_logarithms(momentum, share) + 1


@wrong("training.memory", "so many gradients there are not")
def not_rounded(momentum, share=0.5):
    check_shares(momentum, share)
    return math.log(1 - share) / math.log(momentum) if momentum else 1


@wrong("training.memory", "that is what all gradients weigh")
def all_of_them(momentum, share=0.5):
    check_shares(momentum, share)
    return round(1 / (1 - momentum))


@wrong("training.memory", "as if they weighed as much as the newest")
def share_of_all_of_them(momentum, share=0.5):
    check_shares(momentum, share)
    return math.ceil(share / (1 - momentum) - 1e-9)


@wrong("training.memory", "no gradient is ever forgotten")
def nothing_refused(momentum, share=0.5):
    if momentum >= 1 or not 0 < share < 1:
        return 0
    return by_logarithms(abs(momentum), share)


@wrong("training.memory", "infinitely many carry")
def any_share(momentum, share=0.5):
    if not 0 <= momentum < 1:
        raise ValueError("momentum lies in [0, 1)")
    return by_logarithms(momentum, share) if 0 < share < 1 else 0


@wrong("training.memory", "the right number, but a float")
def as_a_float(momentum, share=0.5):
    return float(by_logarithms(momentum, share))


# -------------------------------------------------------------------------------------------- training.weighted_loss


def check_weights(weights):
    if (weights < 0).any():
        raise ValueError("a weight below 0")
    if not weights.any():
        raise ValueError("nothing counts")


def minus_log_share(logits, labels):
    above = logits - logits.amax(1, keepdim=True)
    logs = above - above.exp().sum(1, keepdim=True).log()
    return -logs.gather(1, labels.unsqueeze(1)).squeeze(1)


@right("training.weighted_loss")
def by_the_largest_logit(logits, labels, weights):
    check_weights(weights)
    return (minus_log_share(logits, labels) * weights).sum() / weights.sum()


@right("training.weighted_loss")
def by_one_hot(logits, labels, weights):
    check_weights(weights)
    truth = one_hot(labels, logits.shape[1]).movedim(-1, 1)
    losses = logits.logsumexp(1) - (truth * logits).sum(1)
    return torch.sum(losses * (weights / weights.sum()))


@right("training.weighted_loss")
def pixel_after_pixel(logits, labels, weights):
    if min(weights.flatten()) < 0 or sum(weights.flatten()) == 0:
        raise ValueError("weights")
    total = 0
    for pixel, label, weight in zip(
        logits.movedim(1, -1).reshape(-1, logits.shape[1]), labels.flatten(), weights.flatten(), strict=True
    ):
        others = pixel - pixel[label]
        total = total + weight * torch.logsumexp(others, 0)
    return total / weights.sum()


@wrong("training.weighted_loss", "divided by the number of pixels")
def mean_over_pixels(logits, labels, weights):
    check_weights(weights)
    return (minus_log_share(logits, labels) * weights).mean()


@wrong("training.weighted_loss", "it is the sum over all pixels")
def as_in_the_paper(logits, labels, weights):
    check_weights(weights)
    return (minus_log_share(logits, labels) * weights).sum()


@wrong("training.weighted_loss", "the weights make no difference here")
def without_weights(logits, labels, weights):
    check_weights(weights)
    return minus_log_share(logits, labels).mean()


@wrong("training.weighted_loss", "each image is divided by its own weights")
def image_by_image(logits, labels, weights):
    check_weights(weights)
    return ((minus_log_share(logits, labels) * weights).sum((1, 2)) / weights.sum((1, 2))).mean()


@wrong("training.weighted_loss", "at logits of ±1000 it is NaN")
def exponentials(logits, labels, weights):
    check_weights(weights)
    shares = logits.exp() / logits.exp().sum(1, keepdim=True)
    return -(weights * shares.gather(1, labels[:, None])[:, 0].log()).sum() / weights.sum()


@wrong("training.weighted_loss", "a share that is rounded to 0 has no logarithm")
def logarithm_of_softmax(logits, labels, weights):
    check_weights(weights)
    losses = -logits.softmax(1).gather(1, labels[:, None])[:, 0].log()
    return (weights * losses).sum() / weights.sum()


@wrong("training.weighted_loss", "it is cut off")
def a_small_number_added(logits, labels, weights):
    check_weights(weights)
    losses = -(logits.softmax(1).gather(1, labels[:, None])[:, 0] + 1e-12).log()
    return (weights * losses).sum() / weights.sum()


@wrong("training.weighted_loss", "the shares are made along another axis")
def along_the_rows(logits, labels, weights):
    check_weights(weights)
    logs = logits - logits.logsumexp(2, keepdim=True)
    return -(weights * logs.gather(1, labels[:, None])[:, 0]).sum() / weights.sum()


@wrong("training.weighted_loss", "the logarithm is missing")
def share_of_the_truth(logits, labels, weights):
    check_weights(weights)
    return -(weights * logits.softmax(1).gather(1, labels[:, None])[:, 0]).sum() / weights.sum()


@wrong("training.weighted_loss", "there are two softmaxes")
def softmax_twice(logits, labels, weights):
    return by_the_largest_logit(logits.softmax(1), labels, weights)


@wrong("training.weighted_loss", "is there a softmax?")
def logits_alone(logits, labels, weights):
    check_weights(weights)
    return -(weights * logits.gather(1, labels[:, None])[:, 0]).sum() / weights.sum()


@wrong("training.weighted_loss", "it adds up the losses of all classes")
def all_classes(logits, labels, weights):
    check_weights(weights)
    return (weights[:, None] * (logits.logsumexp(1, keepdim=True) - logits)).sum() / weights.sum()


@wrong("training.weighted_loss", "the two classes are swapped")
def other_class(logits, labels, weights):
    return by_the_largest_logit(logits, (logits.shape[1] - 1) - labels, weights)


@wrong("training.weighted_loss", "it has the wrong sign")
def plus(logits, labels, weights):
    return -by_the_largest_logit(logits, labels, weights)


@wrong("training.weighted_loss", "PyTorch's own function found it")
def with_log_softmax(logits, labels, weights):
    check_weights(weights)
    return -(weights * log_softmax(logits, 1).gather(1, labels[:, None])[:, 0]).sum() / weights.sum()


@wrong("training.weighted_loss", "PyTorch's own function found it")
def with_cross_entropy(logits, labels, weights):
    check_weights(weights)
    return (weights * cross_entropy(logits, labels, reduction="none")).sum() / weights.sum()


@wrong("training.weighted_loss", "no gradient comes through")
def a_number(logits, labels, weights):
    return by_the_largest_logit(logits, labels, weights).item()


@wrong("training.weighted_loss", "is a part of it detached?")
def partly_detached(logits, labels, weights):
    check_weights(weights)
    losses = logits.logsumexp(1).detach() - logits.gather(1, labels[:, None])[:, 0]
    return (weights * losses).sum() / weights.sum()


@wrong("training.weighted_loss", "a weight below 0 pays for mistakes")
def any_weights(logits, labels, weights):
    return (minus_log_share(logits, labels) * weights).sum() / weights.sum()


@wrong("training.weighted_loss", "with weights of 0 alone nothing counts")
def nothing_weighs_nothing(logits, labels, weights):
    if (weights < 0).any():
        raise ValueError("a weight below 0")
    return (minus_log_share(logits, labels) * weights).sum() / weights.sum().clamp_min(1e-6)


# ------------------------------------------------------------------------------------------------ training.one_cycle


def cycle(steps, highest, percent=30, start=25, end=10_000):
    rates = []
    for step in range(steps):
        part = 100 * step / (percent * steps)
        low = highest / start
        if part > 1:
            part = (100 * step - percent * steps) / ((100 - percent) * steps)
            part, low = 1 - part, highest / end
        rates.append(low + (highest - low) * 0.5 * (1 + math.cos(math.pi * (1 - part))))
    return rates


@right("training.one_cycle")
def step_by_step(steps, highest):
    return cycle(steps, highest)


@right("training.one_cycle")
def in_one_go(steps, highest):
    step = np.arange(steps)
    top = 3 * steps / 10
    up = highest / 25 + (highest - highest / 25) * np.sin(np.pi / 2 * step / top) ** 2
    down = 1e-4 * highest + (1 - 1e-4) * highest * np.cos(np.pi / 2 * (step - top) / (steps - top)) ** 2
    return np.where(step < top, up, down).tolist()


@right("training.one_cycle")
def as_a_tuple(steps, highest):
    return tuple(torch.tensor(each, dtype=torch.float64) for each in cycle(steps, highest))


@right("training.one_cycle", percent=40, start=10, end=1000)
def of_another_cohort(steps, highest):
    return cycle(steps, highest, 40, 10, 1000)


@wrong("training.one_cycle", "that of the book", percent=40, start=10, end=1000)
def of_the_book(steps, highest):
    return cycle(steps, highest)


@wrong("training.one_cycle", "it rises for what is right in the book", percent=20, start=20, end=2000)
def rises_as_in_the_book(steps, highest):
    return cycle(steps, highest, 30, 20, 2000)


def waves(steps, highest, rise, fall, low=None, end=None, top=None, last=0, early=0):
    low = highest / 25 if low is None else low
    end = highest / 10_000 if end is None else end
    top = 0.3 * steps if top is None else top
    return [
        low + (highest - low) * rise(step / top)
        if step < top
        else highest + (end - highest) * fall((step - top) / (steps - last - top))
        for step in range(early, steps + early)
    ]


def half(part):
    return (1 - math.cos(math.pi * part)) / 2


@wrong("training.one_cycle", "in straight lines")
def straight(steps, highest):
    return waves(steps, highest, lambda part: part, lambda part: part)


@wrong("training.one_cycle", "it goes up in a straight line")
def warm_up(steps, highest):
    return waves(steps, highest, lambda part: part, half)


@wrong("training.one_cycle", "a quarter of a wave")
def quarter(steps, highest):
    return waves(
        steps, highest, lambda part: math.sin(math.pi * part / 2), lambda part: 1 - math.cos(math.pi * part / 2)
    )


@wrong("training.one_cycle", "halve it")
def not_halved(steps, highest):
    return waves(steps, highest, lambda part: 1 - math.cos(math.pi * part), lambda part: 1 - math.cos(math.pi * part))


@wrong("training.one_cycle", "it begins at a rate of 0")
def from_nothing(steps, highest):
    return waves(steps, highest, half, half, low=0)


@wrong("training.one_cycle", "it comes down to a rate of 0")
def to_nothing(steps, highest):
    return waves(steps, highest, half, half, end=0)


@wrong("training.one_cycle", "a part of the highest is asked for")
def part_of_the_first(steps, highest):
    return waves(steps, highest, half, half, end=highest / 25 / 10_000)


@wrong("training.one_cycle", "are swapped")
def ends_swapped(steps, highest):
    return waves(steps, highest, half, half, low=highest / 10_000, end=highest / 25)


@wrong("training.one_cycle", "the last step has the rate of the end already")
def to_the_last(steps, highest):
    return waves(steps, highest, half, half, last=1) if steps > 1 else [highest / 25]


@wrong("training.one_cycle", "the steps are counted from one")
def from_one(steps, highest):
    return waves(steps, highest, half, half, early=1)


@wrong("training.one_cycle", "the top is rounded to a whole step")
def whole_top(steps, highest):
    return waves(steps, highest, half, half, top=int(0.3 * steps))


@wrong("training.one_cycle", "which is too many")
def one_step_more(steps, highest):
    return [*cycle(steps, highest), highest / 10_000]


@wrong("training.one_cycle", "an array")
def an_array(steps, highest):
    return np.array(cycle(steps, highest))


# -------------------------------------------------------------------------------------------------- training.softmax


def are_shares(said):
    return bool((said >= 0).all()) and bool(((said.sum(dim=1) - 1).abs() < 1e-4).all())


def ask(network, tiles):
    training = network.training
    network.eval()
    with torch.no_grad():
        said = network(tiles)
    network.train(training)
    return said


@right("training.softmax")
def asked_quietly(network, tiles):
    return are_shares(ask(network, tiles))


@right("training.softmax")
def a_copy_is_asked(network, tiles):
    said = copy.deepcopy(network).eval()(tiles).detach().numpy()
    return said.min() >= 0 and np.allclose(said.sum(axis=1), 1, rtol=0, atol=1e-4)


@right("training.softmax")
def with_a_tensor(network, tiles):
    said = ask(network, tiles)
    return torch.all(said >= 0) & torch.isclose(said.sum(1), torch.tensor(1.0), atol=1e-4, rtol=0).all()


@wrong("training.softmax", "as it stands")
def in_any_mode(network, tiles):
    with torch.no_grad():
        return are_shares(network(tiles))


@wrong("training.softmax", "if some are negative")
def sums_alone(network, tiles):
    return bool((ask(network, tiles).sum(1) - 1).abs().max() < 1e-4)


@wrong("training.softmax", "not negative are no shares")
def signs_alone(network, tiles):
    return bool(ask(network, tiles).min() >= 0)


@wrong("training.softmax", "numbers between 0 and 1 are no shares")
def range_alone(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and said.max() <= 1)


@wrong("training.softmax", "floats add up to it but for rounding")
def exactly_one(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and (said.sum(1) == 1).all())


@wrong("training.softmax", "the classes are axis 1")
def along_the_height(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and (said.sum(2) - 1).abs().max() < 1e-4)


@wrong("training.softmax", "the mean of the sums")
def mean_of_sums(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and abs(said.sum(1).mean() - 1) < 1e-4)


@wrong("training.softmax", "is an absolute value missing?")
def without_abs(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and (said.sum(1) - 1).max() < 1e-4)


@wrong("training.softmax", "not 1 to within 1e-4")
def generous(network, tiles):
    said = ask(network, tiles)
    return bool(said.min() >= 0 and (said.sum(1) - 1).abs().max() < 0.01)


@wrong("training.softmax", "it leaves the network in eval mode")
def left_in_eval(network, tiles):
    with torch.no_grad():
        return are_shares(network.eval()(tiles))


@wrong("training.softmax", "it leaves the network in training mode")
def left_in_training(network, tiles):
    with torch.no_grad():
        said = network.eval()(tiles)
    network.train()
    return are_shares(said)


@wrong("training.softmax", "has lost its gradients")
def gradients_thrown_away(network, tiles):
    network.zero_grad()
    return are_shares(ask(network, tiles))


@wrong("training.softmax", "no gradients are computed any more")
def gradients_switched_off(network, tiles):
    torch.set_grad_enabled(False)
    return are_shares(ask(network, tiles))


@wrong("training.softmax", "no gradients are computed any more")
def frozen(network, tiles):
    return are_shares(ask(network.requires_grad_(False), tiles))


@wrong("training.softmax", "where True or False is wanted")
def each_pixel(network, tiles):
    return (ask(network, tiles).sum(1) - 1).abs() < 1e-4


# ---------------------------------------------------------------------------------------------------- training.curve


def reading(losses, unseen, landmark, tail=10, stuck=95, rise=10):
    if not losses:
        raise ValueError("nothing to read")
    last = losses[len(losses) - max(1, len(losses) * tail // 100) :]
    late = sum(last) / len(last)
    if any(math.isnan(loss) or math.isinf(loss) for loss in losses) or late > 2 * landmark:
        return "diverged"
    if late > stuck * landmark / 100:
        return "stuck"
    return "overfit" if unseen and unseen[-1] > min(unseen) * (100 + rise) / 100 else "learning"


@right("training.curve")
def in_order(losses, unseen, landmark):
    return reading(losses, unseen, landmark)


@right("training.curve")
def by_a_table(losses, unseen, landmark):
    losses, unseen = torch.tensor(losses, dtype=torch.float64), torch.tensor(unseen, dtype=torch.float64)
    if losses.numel() == 0:
        raise ValueError
    late = losses.flip(0)[: max(len(losses) // 10, 1)].mean()
    found = {
        "diverged": not losses.isfinite().all() or late / landmark > 2,
        "stuck": late / landmark > 0.95,
        "overfit": unseen.numel() > 0 and unseen[-1] / unseen.min() > 1.1,
        "learning": True,
    }
    return next(name for name, true in found.items() if true)


@right("training.curve", tail=25, stuck=80, rise=30)
def other_thresholds(losses, unseen, landmark):
    return reading(losses, unseen, landmark, 25, 80, 30)


@wrong("training.curve", "the thresholds of the book", tail=25, stuck=80, rise=30)
def as_in_the_book(losses, unseen, landmark):
    return reading(losses, unseen, landmark)


@wrong("training.curve", "the part of the losses that is late is that of the book", tail=40, stuck=80, rise=30)
def late_as_in_the_book(losses, unseen, landmark):
    return reading(losses, unseen, landmark, 10, 80, 30)


def read(
    losses,
    unseen,
    landmark,
    late=None,
    asked=None,
    is_finite=math.isfinite,
    twice=2,
    stuck=0.95,
    rise=1.1,
    first="stuck",
):
    if len(losses) == 0:
        raise ValueError("no losses")
    late = np.mean(losses[-max(1, len(losses) // 10) :]) if late is None else late
    if not all(is_finite(loss) for loss in (losses if asked is None else asked)) or late > twice * landmark:
        return "diverged"
    is_overfit = len(unseen) > 0 and unseen[-1] > rise * min(unseen)
    if first == "overfit" and is_overfit:
        return "overfit"
    if late > stuck * landmark:
        return "stuck"
    return "overfit" if is_overfit else "learning"


@wrong("training.curve", "late is the mean of all losses")
def mean_of_all(losses, unseen, landmark):
    return read(losses, unseen, landmark, np.mean(losses) if losses else None)


@wrong("training.curve", "the last loss alone")
def last_one(losses, unseen, landmark):
    return read(losses, unseen, landmark, losses[-1] if losses else None)


@wrong("training.curve", "the mean of the first losses")
def first_ones(losses, unseen, landmark):
    return read(losses, unseen, landmark, np.mean(losses[: max(1, len(losses) // 10)]) if losses else None)


@wrong("training.curve", "the mean of fewer losses")
def a_twentieth(losses, unseen, landmark):
    return read(losses, unseen, landmark, np.mean(losses[-max(1, len(losses) // 20) :]) if losses else None)


@wrong("training.curve", "a slice from -0 takes everything")
def from_minus_nought(losses, unseen, landmark):
    return read(losses, unseen, landmark, np.mean(losses[-(len(losses) // 10) :]) if losses else None)


@wrong("training.curve", "no comparison with NaN is true")
def not_asked(losses, unseen, landmark):
    return read(losses, unseen, landmark, asked=())


@wrong("training.curve", "ask all losses")
def last_ones_asked(losses, unseen, landmark):
    return read(losses, unseen, landmark, asked=losses[-max(1, len(losses) // 10) :])


@wrong("training.curve", "and not for NaN alone")
def nan_alone(losses, unseen, landmark):
    return read(losses, unseen, landmark, is_finite=lambda loss: not math.isnan(loss))


@wrong("training.curve", "the unseen loss is asked too early")
def overfit_first(losses, unseen, landmark):
    return read(losses, unseen, landmark, first="overfit")


@wrong("training.curve", "the mark is twice as high")
def above_is_diverged(losses, unseen, landmark):
    return read(losses, unseen, landmark, twice=1)


@wrong("training.curve", "not told from one that stands at it")
def never_far(losses, unseen, landmark):
    return read(losses, unseen, landmark, twice=math.inf)


@wrong("training.curve", "has not passed it yet")
def at_the_landmark(losses, unseen, landmark):
    return read(losses, unseen, landmark, stuck=1)


@wrong("training.curve", "any rise of the unseen loss")
def any_rise(losses, unseen, landmark):
    return read(losses, unseen, landmark, rise=1)


@wrong("training.curve", "compared with its first value")
def against_the_first(losses, unseen, landmark):
    return read(losses, unseen and [unseen[0], unseen[-1]], landmark)


@wrong("training.curve", "the highest unseen loss counts here")
def highest_counts(losses, unseen, landmark):
    return read(losses, unseen and [min(unseen), max(unseen)], landmark)


@wrong("training.curve", "compared with the training's")
def against_the_training(losses, unseen, landmark):
    if not losses:
        raise ValueError("no losses")
    late = np.mean(losses[-max(1, len(losses) // 10) :])
    return read(losses, unseen and [float(late), max(unseen[-1], late)], landmark)


@wrong("training.curve", "the unseen losses make no difference")
def unseen_unseen(losses, unseen, landmark):
    return read(losses, [], landmark)


@wrong("training.curve", "nothing is said against the run")
def never_empty(losses, unseen, landmark):
    if not losses:
        raise ValueError("no losses")
    lowest = min(unseen)
    return read(losses, unseen, landmark) if lowest > 0 else "learning"


@wrong("training.curve", "without losses there is nothing to read")
def empty_is_young(losses, unseen, landmark):
    return read(losses, unseen, landmark) if losses else "learning"


@wrong("training.curve", "small letters")
def capitals(losses, unseen, landmark):
    return read(losses, unseen, landmark).capitalize()


@wrong("training.curve", "none of the four words")
def own_words(losses, unseen, landmark):
    return {"overfit": "overfitting"}.get(read(losses, unseen, landmark), "fine")


# ----------------------------------------------------------------------------------------------- training.accumulate


def pixel_losses(network, tile, label):
    return cross_entropy(network(tile.unsqueeze(0)), label.unsqueeze(0), reduction="none").squeeze(0)


@right("training.accumulate")
def tile_after_tile(network, tiles, labels, weights):
    network.zero_grad()
    shares = weights / weights.sum()
    return sum(part_of(network, *each) for each in zip(tiles, labels, shares, strict=True))


def part_of(network, tile, label, share):
    loss = (pixel_losses(network, tile, label) * share).sum()
    loss.backward()
    return loss.item()


@right("training.accumulate")
def divided_at_the_end(network, tiles, labels, weights):
    parameters = list(network.parameters())
    sums, loss = [torch.zeros_like(parameter) for parameter in parameters], 0.0
    for number in range(len(tiles)):
        part = (weights[number] * pixel_losses(network, tiles[number], labels[number])).sum()
        for total, gradient in zip(sums, torch.autograd.grad(part, parameters), strict=True):
            total += gradient
        loss += part.item()
    for parameter, total in zip(parameters, sums, strict=True):
        parameter.grad = total / weights.sum()
    return loss / weights.sum().item()


def accumulated(network, tiles, labels, weights, by, fresh=True, factor=1.0):
    """What most wrong ones are: each tile's sum divided by something."""
    if fresh:
        network.zero_grad()
    losses = []
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        loss = (weight * pixel_losses(network, tile, label)).sum() / by(weight)
        loss.backward()
        losses.append(loss.item())
    return factor * sum(losses)


@wrong("training.accumulate", "the gradients of the step before are still in it")
def never_emptied(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: weights.sum(), fresh=False)


@wrong("training.accumulate", "each tile is divided by its own weights")
def own_weights(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: weight.sum())


@wrong("training.accumulate", "each tile is divided by its own weights")
def mean_of_means(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: len(tiles) * weight.sum())


@wrong("training.accumulate", "only the gradients of the last tile are left")
def emptied_for_each(network, tiles, labels, weights):
    loss = 0.0
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        network.zero_grad()
        part = (weight * pixel_losses(network, tile, label)).sum() / weights.sum()
        part.backward()
        loss += part.item()
    return loss


@wrong("training.accumulate", "the loss is that of the last tile")
def last_loss(network, tiles, labels, weights):
    network.zero_grad()
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        part = (weight * pixel_losses(network, tile, label)).sum() / weights.sum()
        part.backward()
    return part.item()


@wrong("training.accumulate", "a part of a mean already")
def mean_of_parts(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: weights.sum(), factor=1 / len(tiles))


@wrong("training.accumulate", "and by their number besides")
def divided_twice(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: len(tiles) * weights.sum())


@wrong("training.accumulate", "it is a sum: divide by the weights")
def a_sum(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: 1)


@wrong("training.accumulate", "by the number of pixels, not by the sum of the weights")
def by_pixels(network, tiles, labels, weights):
    return accumulated(network, tiles, labels, weights, lambda weight: weights.numel())


@wrong("training.accumulate", "the weights make no difference here")
def weightless(network, tiles, labels, weights):
    return tile_after_tile(network, tiles, labels, torch.ones_like(weights))


@wrong("training.accumulate", "several tiles pass at once")
def all_at_once(network, tiles, labels, weights):
    network.zero_grad()
    loss = (weights * cross_entropy(network(tiles), labels, reduction="none")).sum() / weights.sum()
    loss.backward()
    return loss.item()


@wrong("training.accumulate", "every tile's maps are kept until the end")
def back_at_the_end(network, tiles, labels, weights):
    network.zero_grad()
    parts = [(w * pixel_losses(network, t, y)).sum() for t, y, w in zip(tiles, labels, weights, strict=True)]
    loss = torch.stack(parts).sum() / weights.sum()
    loss.backward()
    return loss.item()


@wrong("training.accumulate", "holds on to its graph")
def with_its_graph(network, tiles, labels, weights):
    network.zero_grad()
    whole = 0
    for tile, label, weight in zip(tiles, labels, weights, strict=True):
        loss = (weight * pixel_losses(network, tile, label)).sum() / weights.sum()
        loss.backward()
        whole = whole + loss
    return whole


@wrong("training.accumulate", "some parameters have no gradient")
def no_backward(network, tiles, labels, weights):
    network.zero_grad()
    with torch.no_grad():
        parts = [(w * pixel_losses(network, t, y)).sum() for t, y, w in zip(tiles, labels, weights, strict=True)]
    return (sum(parts) / weights.sum()).item()


@wrong("training.accumulate", "it changes the weights")
def and_a_step(network, tiles, labels, weights):
    loss = tile_after_tile(network, tiles, labels, weights)
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    return loss
