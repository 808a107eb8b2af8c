"""Compute a network's scores of all windows of a row at once, by layers of the whole row."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import noise, part, recognising, set_weights_by_shape, telling, unless
from unet_edu.course.outcome import Case

SEED = 1
AGAIN = "the scores are right, but the convolution computes the same values again for each window: once is enough"


def cases(rng, params):
    """Draw kernels odd and even, one channel and several, one window, one class."""
    more = params["more"]

    def case(kernel, channels, classes, places, says, points=1):
        row = noise((kernel + more + places - 1,), int(rng.integers(1 << 30)))
        return Case((row, (kernel, channels, classes)), says, points)

    channels, classes = int(rng.integers(3, 6)), int(rng.integers(2, 5))
    return [
        case(3, 1, 2, int(rng.integers(9, 14)), "one channel, two classes"),
        case(int(rng.choice([4, 5])), channels, classes, int(rng.integers(14, 20)), "several channels", 2),
        case(1, channels, classes, int(rng.integers(15, 20)), "a kernel of one pixel, an odd or even row", 2),
        case(2, channels, 1, int(rng.integers(8, 12)), "one class"),
        case(3, 2, classes, 1, "a row of a single window"),
        case(3, 2, classes, 2, "a row of two windows"),
    ]


def prepare(args, params):
    """Return the row, and the two layers that a case describes: kernel, channels, classes."""
    from torch import nn

    row, (kernel, channels, classes) = args
    conv, decide = nn.Conv1d(1, channels, kernel), nn.Linear(2 * channels, classes)
    return row, set_weights_by_shape(conv, SEED), set_weights_by_shape(decide, SEED)


def probe(answer, args, params):
    """Return the scores, and how many values the convolution has computed for them."""
    import torch

    row, conv, decide = args
    computed = []
    conv.register_forward_hook(lambda layer, given, values: computed.append(values.numel()))
    with torch.no_grad():
        return {"scores": answer(row, conv, decide), "computed": sum(computed)}


def oracle(args, params):
    """Run the network as it is, on each window cut out by itself."""
    import torch

    row, conv, decide = prepare(args, params)
    width = args[1][0] + params["more"]
    with torch.no_grad():
        windows = row.unfold(0, width, 1)[:, None]
        pooled = torch.nn.functional.max_pool1d(conv(windows).relu(), params["pool"])
        return {"scores": decide(pooled.flatten(1)).T, "computed": conv(row[None, None]).numel()}


def mistakes(args, params):
    """Yield what comes of steps and feet of the wrong length, of weights in another order, of parts left out."""
    import torch
    from torch.nn.functional import conv1d, max_pool1d

    row, conv, decide = prepare(args, params)
    pool = params["pool"]
    with torch.no_grad():
        right = oracle(args, params)["scores"]
        weight = decide.weight.unflatten(1, (-1, 2))
        turned = decide.weight.unflatten(1, (2, -1)).transpose(1, 2)
        maps = conv(row[None, None])

        def scores(pooled, weight=weight, bias=decide.bias, feet=pool):
            room = pooled.shape[-1] > feet * (weight.shape[-1] - 1)
            return conv1d(pooled, weight, bias, dilation=feet)[0] if room else None

        every = max_pool1d(maps.relu(), pool, stride=1)
        if pool != 2:
            two = max_pool1d(maps.relu(), 2, stride=1)
            yield scores(two, feet=2), "it pools two values; here a pooling takes more"
            yield scores(two), "it pools two values; here a pooling takes more"
            yield (
                scores(every, feet=2),
                "the two weights stand two places apart; here the pooled values have another distance",
            )
        yield scores(every, feet=1), "with a pooling in steps of one, the two values of a window are not neighbours"
        if maps.shape[-1] >= pool:
            apart = max_pool1d(maps.relu(), pool)
            yield scores(apart, feet=1), "the pooling takes its own steps here, so most windows are left out"
            yield scores(apart), "the pooling takes its own steps here, so most windows are left out"
        yield scores(max_pool1d(maps, pool, stride=1)), "the ReLU is missing"
        yield scores(maps.relu()), "the pooling is missing"
        yield scores(every, bias=None), "the bias of `decide` is missing"
        yield scores(every, turned), "the weights of `decide` belong to other values: it takes them channel by channel"
        yield scores(every, weight.flip(-1)), "the two weights of each channel are swapped: a convolution flips nothing"
        yield right.T, "the axes are swapped: classes first, then windows"
        yield right[None], "there is an axis too many, of one: take the row out of its batch"
        yield right.relu(), "there is no ReLU after `decide`"
        if right.shape[1] > 1:
            yield right[:, :-1], "the last window is missing"
        yield right.softmax(0), "scores are wanted, without a softmax"


def one_by_one(args, got, wanted, params) -> bool:
    """Return whether the convolution was computed for each window."""
    return got["computed"] > params["pool"] * wanted["computed"]


def _feasible(args, params):
    return ((came, words) for came, words in mistakes(args, params) if came is not None)


def other_pooling(rng) -> dict:
    """Draw a pooling of more than the book's two values; return with it by how much the window is then wider."""
    pool = int(rng.choice([3, 4]))
    return {"pool": pool, "more": 2 * pool - 1}


EXERCISE = telling(
    Exercise(
        id="window.dense",
        chapter="01_sliding_window",
        name="row_scores",
        points=5,
        minutes=25,
        cases=cases,
        oracle=oracle,
        judge=unless(part("scores", recognising(_feasible)), (one_by_one, AGAIN)),
        prepare=prepare,
        probe=probe,
        params=other_pooling,
        book={"pool": 2, "more": 3},
        forbids=("unet_edu.models",),
        needs=("import torch",),
    ),
    {
        1: ("the ReLU", "there is no ReLU"),
        2: ("the ReLU", "there is no ReLU"),
        3: ("the ReLU",),
        4: ("the ReLU", "the two weights", "the weights of", "there is no ReLU"),
        5: ("the ReLU", "the weights of", "there is no ReLU"),
    },
)
