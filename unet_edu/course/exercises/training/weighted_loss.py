"""Write the cross entropy with a weight for every pixel, from logits."""

import math
from dataclasses import replace

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.exercises.training._shared import draw_labels, draw_weights
from unet_edu.course.judging import as_array, difference, is_map, judge_value, noise, recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw the chapter's two pixels, more classes and images, weights of 0, logits of ±1000, and illegal weights."""
    import torch

    def case(images, classes, height, width, says, points=1, zeros=0):
        logits = 2 * noise((images, classes, height, width), int(rng.integers(1 << 30)))
        labels = draw_labels(rng, images, classes, height, width)
        return Case((logits, labels, draw_weights(rng, images, height, width, zeros)), says, points)

    two = np.array([[1.0, 1.0], [3.0, 3.0]], "float32").reshape(1, 2, 1, 2)
    side, other = int(rng.integers(3, 6)), int(rng.integers(6, 9))
    many = int(rng.integers(3, 6))
    huge = case(1, 3, 3, 4, "logits of ±1000, some of them for the wrong class", 2)
    signs = np.sign(rng.normal(size=(1, 3, 3, 4))).astype("float32")
    fine = case(2, 2, side, side, "")
    pays, idle = "a weight below 0 pays for mistakes", "with weights of 0 alone nothing counts"
    below, nothing = fine.args[2].clone(), 0 * fine.args[2]
    below[-1, -1, 0] = -0.5
    return [
        Case(
            (torch.tensor(two), torch.tensor(np.array([[[0, 1]]])), torch.tensor(np.array([[[9.0, 1.0]]], "float32"))),
            "the chapter's two pixels, weights 9 and 1",
        ),
        case(1, 2, side, other, "two classes, a map that is not square"),
        case(3, many, other, side, "three images, more classes, weights that differ from image to image", 2),
        case(2, 3, side, other, "some weights are 0", zeros=7),
        Case((torch.tensor(1000 * signs), *huge.args[1:]), huge.says, huge.points),
        Case((*fine.args[:2], below), "a weight below 0", why=pays),
        Case((*fine.args[:2], nothing), "weights that are all 0", why=idle),
    ]


def oracle(args, params):
    """Add pixel by pixel in double precision; the gradient is the probability less 1 at the truth, times the weight."""
    import torch

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
    return {"loss": loss, "gradient": torch.tensor(gradient.astype("float32")), "log_softmax": False}


def mistakes(args, params):
    """Yield other divisions, no weights, another axis, no logarithm, a second softmax, swapped classes."""
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


def loss_then_gradient(args, got, wanted, params):
    """Compare the loss, then look at the functions that computed it, then compare its gradient."""
    if isinstance(wanted, Raised) or not isinstance(got, dict):
        return judge_value(args, got, wanted, params)
    verdict = recognising(mistakes)(args, got["loss"], wanted["loss"], params)
    if not verdict.passed:
        return replace(verdict, message=_of_huge_logits(args[0], got["loss"], wanted["loss"]) or verdict.message)
    gradient = got["gradient"]
    if got["log_softmax"]:
        words = "PyTorch's own function found it: write out what cross_entropy or log_softmax does"
    elif gradient is None:
        words = "no gradient comes through: does it leave PyTorch, or detach something?"
    elif difference(gradient, wanted["gradient"]):
        nan = bool(np.isnan(as_array(gradient)).any())
        words = f"its gradient {'is NaN' if nan else 'is another: is a part of it detached?'}"
    else:
        return verdict
    return replace(verdict, passed=False, kind="value", message=f"the value is right, but {words}")


def probe(answer, args, params):
    """Return the loss, its gradient (N, K, H, W), and whether PyTorch's own log_softmax was called."""
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


def _of_huge_logits(logits, loss, wanted) -> str:
    """Return what is wrong with a loss of logits of ±1000 that is a number; "" where nothing is known."""
    number = float(as_array(loss)) if is_map(loss) and as_array(loss).shape == () else loss
    if logits.abs().max() <= 100 or not isinstance(number, float) or math.isnan(number):
        return ""
    if math.isinf(number):
        return "at logits of ±1000 it is infinite: a share that is rounded to 0 has no logarithm"
    if 0 < number < wanted:
        return "at logits of ±1000 it is cut off: a limit, or a small number that is added, hides how wrong it is"
    return ""


EXERCISE = telling(
    Exercise(
        id="training.weighted_loss",
        chapter="08_training",
        name="weighted_loss",
        points=4,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=loss_then_gradient,
        probe=probe,
        needs=("import torch",),
    ),
    {2: ("each image is divided", "it averages the losses"), 4: ("the shares are made",)},
)
