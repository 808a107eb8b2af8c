"""Find out whether a network returns probabilities instead of logits."""

from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, noise, recognising, set_weights_by_shape
from unet_edu.course.outcome import Case

SEED = 8


def cases(rng, params):
    """Draw networks with several last steps, in training and in eval mode; False alone earns less than half."""

    def case(last, classes, training, says, points=1):
        images, height, width = int(rng.integers(1, 3)), 2 * int(rng.integers(3, 5)), 2 * int(rng.integers(5, 7))
        tiles = noise((images, 1, height + 2, width + 2), int(rng.integers(1 << 30)))
        return Case(((last, classes, training), tiles), says, points)

    many = int(rng.integers(7, 12))
    return [
        case("nothing", 2, True, "two classes, while it trains"),
        case("softmax", 2, False, "two classes, in eval mode", 2),
        case("softmax", many, True, "many classes, while it trains", 3),
        case("sigmoid", 3, True, "no output is negative"),
        case("one less the rest", 3, False, "the outputs of each pixel add up to 1"),
        case("softmax, in eval mode only", 2, True, "a network whose output differs while it trains", 3),
        case("softmax along the rows", 3, False, "something adds up to 1"),
        case("softmax, uneven", 2, True, "sums that are 1 on average"),
        case("softmax, a little more", 3, True, "sums that are almost 1"),
        case("softmax, a tenth less", 2, False, "sums that are below 1"),
    ]


def oracle(args, params):
    """Read it from the kind of the last step."""
    (last, _, _), _ = args
    return {
        "answer": last in ("softmax", "softmax, in eval mode only"),
        "mode": True,
        "gradients": True,
        "enabled": True,
    }


def mistakes(args, params):
    """Yield what is found if only a part of the output is looked at."""
    import torch

    (_, _, training), _ = args
    network, tiles = prepare(args, params)
    with torch.no_grad():
        as_it_stands = network(tiles)
        output = network.eval()(tiles)

    not_negative = bool(output.min() >= 0)
    off = output.sum(1) - 1
    if training:
        all_right = as_it_stands.min() >= 0 and (as_it_stands.sum(1) - 1).abs().max() < 1e-4
        yield bool(all_right), "it computes in the mode that the network is in; in eval mode the output may differ"
    yield bool(off.abs().max() < 1e-4), "numbers that add up to 1 are no shares if some are negative"
    yield not_negative, "numbers that are not negative are no shares unless they add up to 1"
    in_range = not_negative and bool(output.max() <= 1)
    yield in_range, "numbers between 0 and 1 are no shares unless they add up to 1"
    exactly = not_negative and bool((output.sum(1) == 1).all())
    yield exactly, "it requires sums of exactly 1: floats add up to it but for rounding"
    for axis in (0, 2, 3):
        along = not_negative and bool((output.sum(axis) - 1).abs().max() < 1e-4)
        yield along, "it adds up along another axis: the classes are axis 1"
    on_average = not_negative and bool(abs(output.sum(1).mean() - 1) < 1e-4)
    yield on_average, "it tests the mean of the sums; each must be 1"
    not_above = not_negative and bool(off.max() < 1e-4)
    yield not_above, "a sum may be too small as well: is an absolute value missing?"
    generous = not_negative and bool(off.abs().max() < 1e-2)
    yield generous, "it lets sums pass that are not 1 to within 1e-4"
    one_pixel = not_negative and bool(off.abs().min() < 1e-4)
    yield one_pixel, "it tests one pixel; test all"


def answer_then_state(args, got, wanted, params):
    """Compare the answer, then look at the state of the network."""
    if not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    verdict = recognising(mistakes)(args, got["answer"], wanted["answer"], params)
    if not verdict.passed:
        return verdict
    if not got["mode"]:
        left = "eval mode" if args[0][2] else "training mode"
        words = f"the result is right, but it leaves the network in {left}"
    elif not got["gradients"]:
        words = "the result is right, but the network has lost its gradients"
    elif not got["enabled"]:
        after = "afterwards no gradients are computed any more: switch them off for a while only"
        words = f"the result is right, but {after}"
    else:
        return verdict
    return replace(verdict, passed=False, kind="value", message=words)


def probe(answer, args, params):
    """Return the answer, and whether the network's mode and gradients are as before."""
    import torch

    network, tiles = args
    training = network.training
    found = answer(network, tiles)
    enabled = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    parameters = list(network.parameters())
    return {
        "answer": found,
        "mode": all(module.training == training for module in network.modules()),
        "gradients": all(each.grad is not None and bool((each.grad == 0.25).all()) for each in parameters),
        "enabled": enabled and all(each.requires_grad for each in parameters),
    }


def prepare(args, params):
    """Return a network of one convolution with a given last step and with gradients, and the tiles (N, 1, H, W)."""
    import torch
    from torch import nn

    (last, classes, training), tiles = args

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv2d(1, classes, 3)

        def forward(self, x):
            return _last_step(self.layer(x), last, self.training)

    network = set_weights_by_shape(Network(), SEED)
    with torch.no_grad():
        network.layer.bias.copy_(torch.linspace(-0.5, 0.5, classes))  # all classes differ
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, 0.25)
    return network.train(training), tiles


def _last_step(x, last, training):
    """Return the output of a network from its logits x (N, K, H, W), with a last step of the kind `last`."""
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


EXERCISE = Exercise(
    id="training.softmax",
    chapter="08_training",
    name="gives_shares",
    points=4,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=answer_then_state,
    prepare=prepare,
    probe=probe,
    needs=("import torch",),
)
