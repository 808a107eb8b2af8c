"""Write a module that bends images and labels while it trains."""

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import is_map, judge_value, recognising
from unet_edu.course.outcome import Case, Raised, Verdict

CLEAR = 2e-5  # of a pixel: several times what rounding in float32 moves a place on so small an image


def cases(rng, params):
    """Draw one image; several in colour, not square; a strong bend; none; an illegal sigma.

    A seed is drawn anew where a place lies between two pixels: which of the two is nearest depends on rounding.
    """
    import torch

    def case(sigma, shape, says, points=1, why=""):
        n, channels, height, width = shape
        generator = torch.Generator().manual_seed(int(rng.integers(1 << 30)))
        images = torch.rand(shape, generator=generator)
        labels = torch.randint(0, 5, (n, height, width), generator=generator)
        seed = int(rng.integers(1000))
        while sigma > 0 and _least_distance_to_a_tie(sigma, seed, n, (height, width)) < CLEAR:
            seed = int(rng.integers(1000))
        return Case((sigma, seed, (images, labels)), says, points, why)

    height, width = int(rng.integers(18, 22)), int(rng.integers(25, 32))
    return [
        case(2.0, (1, 1, 24, 24), "one square image"),
        case(1.5, (3, 2, height, width), "three images that are not square, two channels", 2),
        case(float(rng.integers(5, 9)), (2, 1, width, height), "a strong bend, far beyond the edges", 2),
        case(0.0, (2, 1, 20, 22), "a standard deviation of nothing"),
        case(-1.0, (1, 1, 20, 20), "a negative sigma", why="there is no negative standard deviation"),
    ]


def oracle(args, params):
    """Take the package's displacements, and let SciPy look the pixels up."""
    import torch
    from scipy import ndimage

    sigma, seed, (images, labels) = args
    if sigma < 0:
        return Raised("ValueError")
    calls = []
    for places in _places(sigma, seed, len(images), tuple(images.shape[2:])):
        tiles, moved = np.empty(images.shape, np.float32), np.empty(labels.shape, np.int64)
        for number, place in enumerate(places):
            for picture, out in zip(images[number].double().numpy(), tiles[number], strict=True):
                out[:] = ndimage.map_coordinates(picture, place, order=1)
            moved[number] = labels[number].numpy()[tuple(np.rint(place).astype(int))]
        calls.append((torch.tensor(tiles), torch.tensor(moved)))
    return {"train": calls, "eval": (images, labels)}


def mistakes(args, params):
    """Yield bends at the wrong time, of other random numbers, and of image and label apart."""
    import torch

    sigma, seed, (images, labels) = args
    if sigma < 0:
        return
    still, n = (images, labels), len(images)

    def calls(found, at_last=still):
        return {"train": list(found), "eval": at_last}

    def bent(some):
        return [_bent(images, labels, nodes) for nodes in some]

    first, second, third, fourth = _nodes(sigma, seed, n, 4)
    right = bent((first, second))
    yield calls(right, *bent([third])), "it bends in eval(), too: test `self.training`"
    yield calls([still, still], right[0]), "it is the other way round: it bends while it trains"
    yield calls([still, still]), "it never bends"
    again = "each call bends alike: the generator is seeded once, when it is made"
    yield calls([right[0]] * 2), again
    yield calls([right[0]] * 2, right[0]), again
    pairs = ((first, second), (third, fourth))
    apart = [_bent(images, labels, *pair) for pair in pairs]
    yield calls(apart), "image and label are bent by different nodes, and no longer fit"
    yield calls((tiles, labels) for tiles, _ in right), "the label stays where it was"
    yield calls((images, moved) for _, moved in right), "the image stays where it was"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(987)
        common = [sigma * torch.randn(n, 2, 3, 3) for _ in range(2)]
    yield calls(bent(common)), "the nodes come from random numbers that all share, not from a generator of its own"
    alike = (nodes.expand(n, -1, -1, -1) for nodes in _nodes(sigma, seed, 1))
    yield calls(bent(alike)), "all images of a call are bent alike; each has nodes of its own"
    for factor, words in (
        (1, "`sigma` makes no difference here"),
        (sigma**2, "`sigma` is the standard deviation, not its root"),
        (sigma**0.5, "`sigma` is the standard deviation, not the variance"),
    ):
        yield calls(bent(_nodes(factor, seed, n))), words
    yield calls(bent((first.flip(1), second.flip(1)))), "rows and columns of the displacements are swapped"
    yield calls(bent((-first, -second))), "the displacements have the wrong sign"
    yield (
        calls(bent(_nodes_of_draw(sigma, seed, images))),
        "other random numbers are drawn first: the nodes are the only ones of a call",
    )
    yield (
        calls(_bent_in_between(images, labels, nodes) for nodes in (first, second)),
        "labels are read in between pixels, which makes classes that are not there",
    )


def call_by_call(args, got, wanted, params):
    """Compare call by call, images and labels apart."""
    verdict = judge_value(args, got, wanted, params)
    if verdict.passed or isinstance(wanted, Raised) or not isinstance(got, dict):
        return verdict
    calls = zip((*got["train"], got["eval"]), (*wanted["train"], wanted["eval"]), strict=True)
    for name, (came, right) in zip(("the first call", "the second call", "the call in eval()"), calls, strict=True):
        if not isinstance(came, tuple) or len(came) != 2 or not all(map(is_map, came)):
            return Verdict(False, f"{name} does not return two tensors, images and labels", "type")
        for what, one, other in zip(("images", "labels"), came, right, strict=True):
            said = judge_value(args, one, other, params)
            if not said.passed:
                return Verdict(False, f"{name}, {what}: {said.message}", said.kind)
    return verdict


def probe(answer, args, params):
    """Call the module twice in training mode and once in `eval()`, with another global seed."""
    import torch

    sigma, seed, (images, labels) = args
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        module = answer(sigma, seed)
        torch.manual_seed(987)
        module.train()
        trained = [tuple(module(images, labels)) for _ in range(2)]
        module.eval()
        return {"train": trained, "eval": tuple(module(images, labels))}


def _nodes(sigma, seed, n, calls=2):
    """Return the nodes (N, 2, 3, 3) of each call, in pixels."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    return [sigma * torch.randn(n, 2, 3, 3, generator=generator) for _ in range(calls)]


def _places(sigma, seed, n, size):
    """Return for each of two calls where each pixel of each image comes from, float64 (N, 2, H, W), in pixels."""
    from unet_edu.data.augment import displacements

    here, last = np.mgrid[: size[0], : size[1]], np.array(size)[:, None, None] - 1
    bends = [displacements(nodes, size).double().numpy() for nodes in _nodes(sigma, seed, n)]
    return [last - np.abs(np.mod(here + bend, 2 * last) - last) for bend in bends]  # there and back again


def _least_distance_to_a_tie(sigma, seed, n, size):
    """Return how near any of these places comes to the middle between two pixels."""
    places = np.stack(_places(sigma, seed, n, size))
    return np.abs(places - np.floor(places) - 0.5).min()


def _bent(images, labels, nodes, label_nodes=None):
    """Return images and labels bent by the package; the labels by `label_nodes` where they are given."""
    import torch

    from unet_edu.data.augment import Draw, warp

    n, size = len(images), tuple(images.shape[2:])
    still = torch.zeros(n, 2), torch.zeros(n).double(), torch.zeros(n, 2).bool()
    found = warp(images, labels, Draw(*still, nodes, None), size)
    if label_nodes is not None:
        return found[0], warp(images, labels, Draw(*still, label_nodes, None), size)[1]
    return found


def _bent_in_between(images, labels, nodes):
    """Return images and labels bent by the package, the labels interpolated."""
    tiles, _ = _bent(images, labels, nodes)
    between, _ = _bent(labels[:, None].float(), labels, nodes)
    return tiles, between[:, 0].to(labels.dtype)


def _nodes_of_draw(sigma, seed, images):
    """Return the nodes of two calls of the package's `draw`, which draws other numbers before."""
    import torch

    from unet_edu.data.augment import draw

    generator, size = torch.Generator().manual_seed(seed), tuple(images.shape[2:])
    return [draw(len(images), size, size, generator=generator, sigma=sigma).nodes for _ in range(2)]


EXERCISE = Exercise(
    id="augment.layer",
    chapter="07_augmentation",
    name="Bend",
    points=5,
    minutes=25,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes, call_by_call),
    probe=probe,
    needs=("import torch", "from torch import nn", "from unet_edu.data.augment import Draw, draw, warp"),
)
