"""The exercises of the chapter on blocks: counting weights, two convolutions, a whole U of one level.

Networks are tried with weights that depend on the shapes of their parameters, so that any way to write them will do.
"""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import (
    judge_value,
    layers_of,
    noise,
    recognising,
    run_by_shape,
    set_weights_by_shape,
    weights,
    without_gradients,
)
from unet_edu.course.outcome import Case, Raised

CHAPTER = "04_blocks"


# ------------------------------------------------------------------------------------------------ blocks.conv_params


def params_cases(rng, params):
    """The first layer of the paper, a layer in the middle, a 1×1, more going in than coming out."""
    few, many = int(rng.integers(2, 9)), int(rng.integers(10, 40))
    return [
        Case((1, 64, 3), "the paper's first convolution"),
        Case((few, many, 3), "more channels come out than go in"),
        Case((many, few, 3), "fewer channels come out than go in"),
        Case((few, many, 1), "a kernel of one pixel"),
        Case((many, few + 1, int(rng.choice([5, 7]))), "a larger kernel"),
    ]


def conv_params(args, params):
    """Make the layer and count what is in it."""
    from torch import nn

    return sum(parameter.numel() for parameter in nn.Conv2d(*args).parameters())


def params_mistakes(args, params):
    """Biases forgotten or too many, a kernel in one direction."""
    inward, outward, kernel = args
    yield outward * inward * kernel**2, "the biases are missing"
    yield outward * inward * kernel**2 + inward, "there is a bias for each channel that comes out, not that goes in"
    yield outward * inward * kernel**2 + 1, "there is a bias for each channel that comes out, not one for all"
    yield (
        outward * inward * (kernel**2 + 1),
        "there is a bias for each channel that comes out, not for each pair of channels",
    )
    yield outward * (inward * kernel + 1), "a kernel has height and width"
    yield outward * (kernel**2 + 1), "each channel that comes out looks at all that go in"
    yield inward * kernel**2 + 1, "that is one of the channels that come out"
    yield kernel**2 * inward + outward, "each channel that comes out has weights of its own"


# ------------------------------------------------------------------------------------------------ blocks.double_conv

SEED = 4


def double_cases(rng, params):
    """Not square, a batch, one channel going in; fewer coming out than going in."""

    def case(inward, outward, batch, height, width, says, points=1):
        return Case((inward, outward, noise((batch, inward, height, width), int(rng.integers(1 << 30)))), says, points)

    height, width = int(rng.integers(8, 12)), int(rng.integers(13, 18))
    return [
        case(1, 4, 1, 9, 9, "one channel in, four out"),
        case(3, 5, 1, height, width, "an input that is not square", 2),
        case(6, 2, 2, width, height, "fewer channels out than in, two images", 2),
        case(2, 3, 1, 5, 7, "the smallest height that there can be"),
    ]


def double_probe(answer, args, params):
    """Make the module, set its weights by their shapes, run it; with its output come the shapes of all weights."""
    return run_by_shape(answer, args, SEED)


def double_conv(args, params):
    """The same with functions alone, weights from their shapes."""
    inward, outward, x = args
    shapes = [(outward, inward, 3, 3), (outward,), (outward, outward, 3, 3), (outward,)]
    return {"output": _double(x, shapes), "weights": sorted(shapes)}


def _double(x, shapes, relus=(True, True), padding=0, bias=True):
    from torch.nn import functional

    for (kernel, offset), relu in zip((shapes[:2], shapes[2:]), relus, strict=True):
        x = functional.conv2d(x, weights(kernel, SEED), weights(offset, SEED) if bias else None, padding=padding)
        x = x.relu() if relu else x
    return x


def double_mistakes(args, params):
    """ReLUs, padding, biases, channels."""
    from torch.nn import functional

    inward, outward, x = args
    shapes = [(outward, inward, 3, 3), (outward,), (outward, outward, 3, 3), (outward,)]
    yield _double(x, shapes, (True, False)), "the ReLU after the second convolution is missing"
    yield _double(x, shapes, (False, True)), "the ReLU between the two convolutions is missing"
    yield _double(x, shapes, (False, False)), "there is no ReLU: two convolutions without one are a single one"
    yield _double(x, shapes, padding=1), "it pads: valid convolutions take a pixel from every side"
    yield _double(x, shapes, bias=False), "the biases are missing: a convolution has them unless told otherwise"
    yield (
        _double(x, [(inward, inward, 3, 3), (inward,), (outward, inward, 3, 3), (outward,)]),
        ("the second convolution changes the number of channels here; the first one does"),
    )
    once = functional.conv2d(x, weights(shapes[0], SEED), weights(shapes[1], SEED))
    yield once.relu(), "there is one convolution; a block has two"
    yield once, "there is one convolution and no ReLU; a block has two of each"
    if min(x.shape[2:]) > 5:
        yield functional.max_pool2d(_double(x, shapes), 2), "the pooling is not part of the block"


def judge_double(args, got, wanted, params):
    """Known mistakes in what comes out; then whether it has other weights than two convolutions."""
    if not isinstance(got, dict) or isinstance(wanted, Raised):
        return judge_value(args, got, wanted, params)
    verdict = _judge_output(args, got.get("output"), wanted["output"], params)
    if verdict.passed and got.get("weights") != wanted["weights"]:
        return type(verdict)(False, "what comes out is right, but it has other weights than two convolutions", "value")
    return verdict


_judge_output = recognising(double_mistakes)


# --------------------------------------------------------------------------------------------- blocks.incoming_nodes


def nodes_cases(rng, params):
    """Convolutions of several kernels, one that is not square; up-convolutions of several."""
    few, many = int(rng.integers(2, 9)), int(rng.integers(10, 40))
    return [
        Case((("Conv2d", 64, 64, 3),), "a convolution of the paper"),
        Case((("Conv2d", few, many, 3),), "more channels out than in"),
        Case((("Conv2d", many, few, 1),), "a kernel of one pixel"),
        Case((("Conv2d", few, many, (3, 5)),), "a kernel that is not square", 2),
        Case((("ConvTranspose2d", many, few, 2),), "an up-convolution of the paper", 2),
        Case((("ConvTranspose2d", few, many, 3),), "an up-convolution with a larger kernel"),
    ]


def as_layer(args, params):
    """The layer that a case describes: class, channels in and out, kernel (for up-convolutions the stride, too)."""
    from torch import nn

    ((kind, inward, outward, kernel),) = args
    if kind == "Conv2d":
        return (nn.Conv2d(inward, outward, kernel),)
    return (nn.ConvTranspose2d(inward, outward, kernel, stride=kernel),)


def incoming_nodes(args, params):
    """Feed ones through weights of one: what comes out, away from the border, is how many went in."""
    import torch
    from torch import nn

    (layer,) = as_layer(args, params)
    with torch.no_grad():
        nn.init.ones_(layer.weight)
        nn.init.zeros_(layer.bias)
        out = layer(torch.ones(1, layer.in_channels, 9, 9))
    return round(out[0, 0, out.shape[2] // 2, out.shape[3] // 2].item())


def nodes_mistakes(args, params):
    """The wrong channels, a kernel forgotten, one kind of layer taken for the other."""
    (layer,) = as_layer(args, params)
    inward, outward = layer.in_channels, layer.out_channels
    height, width = layer.kernel_size
    right = incoming_nodes(args, params)
    if type(layer).__name__ == "Conv2d":
        yield inward, "the kernel makes no difference here: a value is made of a whole window"
        yield outward * height * width, "it counts the channels that come out; values come in through the others"
        yield (
            inward * outward * height * width,
            "that is all weights of the layer; one output value uses a part of them",
        )
        yield inward * height, "a window has height and width"
        yield inward * height**2, "the kernel is not square: height times width"
        yield inward * width**2, "the kernel is not square: height times width"
        yield height * width, "a window looks at every channel that goes in"
        yield right + 1, "the bias is no incoming value"
    else:
        yield (
            inward * height * width,
            "where stride and kernel are equal, each output value gets one pixel of the input",
        )
        yield (
            outward * height * width,
            "an up-convolution's weight is (in, out, …), and each output value gets one pixel",
        )
        yield outward, "it counts the channels that come out; values come in through the others"


# --------------------------------------------------------------------------------------------------- blocks.assemble


def assemble_cases(rng, params):
    """The size of the text, an image that is not square, colours and classes, two images."""
    width = 2 * int(rng.integers(2, 5))
    side = 18 + 2 * int(rng.integers(1, 6))

    def case(channels, classes, width, shape, says, points=1):
        image = noise((shape[0], channels, *shape[1:]), int(rng.integers(1 << 30)))
        return Case(((channels, classes, width), image), says, points)

    return [
        case(1, 2, 4, (1, 36, 36), "the size of the chapter"),
        case(1, 2, width, (1, side, side + 6), "an image that is not square", 2),
        case(3, 4, width, (2, side + 4, side), "three channels, four classes, two images", 2),
        case(1, 2, 4, (1, 18, 18), "the smallest image that there can be"),
    ]


def as_network(args, params):
    """The layers of a one-level network, in one module that will not run them itself, and the image."""

    from unet_edu.models.one_level import OneLevelUNet

    channels, classes, width = args[0]
    return layers_of(OneLevelUNet(channels, classes, width), SEED), args[1]


def assemble(args, params):
    """The package's own network."""
    import torch

    from unet_edu.models.one_level import OneLevelUNet

    with torch.no_grad():
        return set_weights_by_shape(OneLevelUNet(*args[0]), SEED)(args[1])


def assemble_mistakes(args, params):
    """Halves swapped, a crop elsewhere, a layer left out."""
    import torch
    from torch.nn import functional

    net, image = as_network(args, params)
    with torch.no_grad():
        fine = net.d0(image)
        up = net.up0(net.d1(net.pool1(fine)))
        height, width = up.shape[2:]
        skip = net.skip0(fine, up)

        def end(skip, up):
            return net.score(net.u0(torch.cat([skip, up], 1)))

        right = end(skip, up)
        yield end(up, skip), "the halves of the concatenation are swapped: the skip comes first"
        yield end(fine[..., :height, :width], up), "the skip is cut from the top left corner, not from the centre"
        yield end(fine[..., -height:, -width:], up), "the skip is cut from the bottom right corner, not from the centre"
        resized = functional.interpolate(fine, (height, width), mode="bilinear", align_corners=False)
        yield end(resized, up), "the skip is resized, not cut"
        yield end(functional.interpolate(fine, (height, width)), up), "the skip is resized, not cut"
        yield end(torch.zeros_like(skip), up), "nothing comes through the skip connection"
        yield end(skip, torch.zeros_like(up)), "nothing comes up from below"
        yield end(skip, skip), "the skip is joined to itself; the other half comes up from below"
        yield end(up, up), "what comes up is joined to itself; the other half comes across"
        yield net.u0(torch.cat([skip, up], 1)), "the last layer, score, is missing"
        yield right.softmax(1), "scores are wanted, without a softmax"
        yield right.relu(), "there is no ReLU after the scores"
        yield right.argmax(1), "scores are wanted, not the classes that they speak for"
        padded = functional.pad(up, _fill(fine, up))
        yield end(fine, padded), "the deep map is padded to fit the skip; the skip is cut to fit the deep map"
        larger = functional.interpolate(up, fine.shape[2:], mode="bilinear", align_corners=False)
        yield end(fine, larger), "the deep map is resized to fit the skip; the skip is cut to fit the deep map"


def _fill(fine, up) -> list[int]:
    down, right = ((a - b) // 2 for a, b in zip(fine.shape[2:], up.shape[2:], strict=True))
    return [right, right, down, down]


def judge_assemble(args, got, wanted, params):
    """Known mistakes; and a network that is asked to run itself."""
    verdict = _judge_assembled(args, got, wanted, params)
    if isinstance(got, Raised) and "layer by layer" in got.said:
        return type(verdict)(False, "it lets the network run itself; call its layers one by one", "error")
    if isinstance(got, Raised) and "Sizes of tensors must match" in got.said:
        return type(verdict)(False, "the two maps that are joined are not equally large: is the skip cut?", "error")
    return verdict


_judge_assembled = recognising(assemble_mistakes)


EXERCISES = (
    Exercise(
        id="blocks.conv_params",
        chapter=CHAPTER,
        name="conv_params",
        points=2,
        minutes=5,
        cases=params_cases,
        oracle=conv_params,
        judge=recognising(params_mistakes),
    ),
    Exercise(
        id="blocks.double_conv",
        chapter=CHAPTER,
        name="DoubleConv",
        points=4,
        minutes=15,
        cases=double_cases,
        oracle=double_conv,
        judge=judge_double,
        probe=double_probe,
        forbids=("unet_edu.models",),
        needs=("import torch", "from torch import nn"),
    ),
    Exercise(
        id="blocks.incoming_nodes",
        chapter=CHAPTER,
        name="incoming_nodes",
        points=3,
        minutes=10,
        cases=nodes_cases,
        oracle=incoming_nodes,
        judge=recognising(nodes_mistakes),
        prepare=as_layer,
        forbids=("unet_edu.models",),
        needs=("import torch", "from torch import nn"),
    ),
    Exercise(
        id="blocks.assemble",
        chapter=CHAPTER,
        name="assemble",
        points=5,
        minutes=20,
        cases=assemble_cases,
        oracle=assemble,
        judge=judge_assemble,
        prepare=as_network,
        probe=without_gradients,
        needs=("import torch", "from torch import nn"),
    ),
)
