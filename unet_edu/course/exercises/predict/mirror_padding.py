"""Copy a network so that its convolutions pad with mirrors instead of zeros."""

from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, noise, recognising, set_weights_by_shape
from unet_edu.course.outcome import Case, Raised, Verdict

SEED = 9


def cases(rng, params):
    """Draw paddings other than 1, strides, dilations, layers within layers, and convolutions that do not pad."""

    def case(layers, says, points=1, batch=1):
        height, width = 2 * int(rng.integers(5, 8)), 2 * int(rng.integers(8, 11))
        return Case((layers, noise((batch, 1, height, width), int(rng.integers(1 << 30)))), says, points)

    wide = int(rng.integers(3, 6))
    return [
        case((("conv", 1, 2, 3, {"padding": 1}),), "a single padded convolution"),
        case((("conv", 1, wide, 3, {"padding": 1}), ("relu",), ("conv", wide, 2, 1, {})), "a 1×1 convolution after it"),
        case((("conv", 1, 3, 5, {"padding": 2}), ("relu",), ("conv", 3, 2, 7, {"padding": 3})), "larger kernels", 2),
        case(
            (("conv", 1, 3, (3, 5), {"padding": (1, 2)}), ("conv", 3, 2, (3, 1), {"padding": (1, 0)})),
            "kernels that are not square",
            2,
        ),
        case(
            (("box", ("box", ("conv", 1, 3, 3, {"padding": "same"}), ("relu",)), ("conv", 3, 2, 3, {"padding": 1})),),
            'layers within layers, one with the word "same"',
            2,
        ),
        case(
            (("conv", 1, 4, 3, {"padding": 2, "dilation": 2}), ("conv", 4, 2, 3, {"padding": 1, "stride": 2})),
            "a dilation and a stride, two images",
            batch=2,
        ),
        case((("conv", 1, 3, 3, {}), ("relu",), ("conv", 3, 2, 3, {"padding": 1})), "a convolution that does not pad"),
        case(("PaddedUNet", 2, 1), "a small padded U-Net, up-convolution and all", 2),
    ]


def oracle(args, params):
    """Mirror what comes before each convolution, and let none of them pad."""
    layers, image = args
    return {"output": _output(layers, image, "reflect"), "same": False, "kept": True, "apart": True}


def mistakes(args, params):
    """Yield other modes, and mirrors in some convolutions only."""
    layers, image = args

    def output(*more, **options):
        return _output(layers, image, *more, **options)

    yield output("constant"), "nothing has changed: there are zeros still"
    yield output("replicate"), "the last pixel is repeated; a mirror shows those before it"
    yield output("circular"), "the maps begin anew at their ends; they are to be mirrored"
    if layers[0] != "PaddedUNet":
        top = {str(number) for number in range(len(layers))}
        yield (
            output("reflect", lambda name, layer: name in top),
            "only the layers on top are changed; some convolutions sit deeper",
        )
        first = [name for name, layer in _built(layers).named_modules() if type(layer).__name__ == "Conv2d"][0]
        yield output("reflect", lambda name, layer: name == first), "only the first convolution mirrors"
        yield output("reflect", lambda name, layer: layer.padding != "same"), 'the word "same" is a padding, too'
        yield (
            output("reflect", lambda name, layer: layer.padding == (1, 1)),
            "paddings other than 1 are left as they are",
        )
        yield (
            output("reflect", lambda name, layer: layer.padding != "same" and layer.padding[0] == layer.padding[1]),
            "paddings that are not alike in both directions are left as they are",
        )
        yield output("reflect", amount=1), "every convolution mirrors by one pixel; some padded by more"
    else:
        yield output("reflect", lambda name, layer: "d0" in name or "u0" in name), "only the top level mirrors"


def network_then_copy(args, got, wanted, params):
    """Look at the network itself, then compare the output of the copy."""
    if not isinstance(got, dict):
        verdict = judge_value(args, got, wanted, params)
        if isinstance(got, Raised) and "ConvTranspose" in got.said:
            words = "it stops at an up-convolution, which has no mirrors: it is none of the padded convolutions"
            return replace(verdict, message=words)
        if got is None:
            return replace(verdict, message="it returns None: the copy is wanted")
        return verdict
    if got["same"]:
        return Verdict(False, "it returns the network itself, changed; a copy is wanted", "value")
    if not got["kept"]:
        return Verdict(False, "the network itself has other outputs now: a copy shares nothing", "value")
    verdict = recognising(mistakes)(args, got["output"], wanted["output"], params)
    if verdict.passed and not got["apart"]:
        return Verdict(
            False, "the copy's output is right, but it has the network's own weights, which it would train", "value"
        )
    return verdict


def probe(answer, args, params):
    """Return the output of the copy, whether the network itself is as before, and whether the two share weights."""
    import torch

    network, image = args
    with torch.no_grad():
        before = network(image)
        changed = answer(network)
        if not isinstance(changed, torch.nn.Module):
            return changed
        after = network(image)
        output = changed(image)
        apart = {each.data_ptr() for each in network.parameters()}.isdisjoint(
            each.data_ptr() for each in changed.parameters()
        )
    return {"output": output, "same": changed is network, "kept": torch.equal(before, after), "apart": apart}


def prepare(args, params):
    """Return the network that a case describes, with weights by shape, and an image (N, 1, H, W)."""
    return _built(args[0]), args[1]


def _built(layers):
    """Return the package's padded U-Net, or a row of layers, some of them in boxes of their own."""
    from torch import nn

    if layers[0] == "PaddedUNet":
        from unet_edu.models import PaddedUNet

        return set_weights_by_shape(PaddedUNet(base_width=layers[1], depth=layers[2]), SEED).eval()

    def made(kind, *rest):
        if kind == "conv":
            *sizes, options = rest
            return nn.Conv2d(*sizes, **options)
        return nn.ReLU() if kind == "relu" else nn.Sequential(*(made(*each) for each in rest))

    return set_weights_by_shape(made("box", *layers), SEED).eval()


def _output(layers, image, mode, chosen=lambda name, layer: True, amount=None):
    """Return the output of a network whose chosen convolutions pad by `mode`, as wide as before or by `amount`."""
    import torch
    from torch.nn import functional

    network = _built(layers)

    def widths(layer):
        if layer.padding == "same":
            return [gap * (side - 1) // 2 for gap, side in zip(layer.dilation, layer.kernel_size, strict=True)]
        return list(layer.padding)

    def before(pads):
        return lambda layer, inputs: functional.pad(inputs[0], pads, mode=mode)

    for name, layer in network.named_modules():
        if isinstance(layer, torch.nn.Conv2d) and chosen(name, layer) and any(widths(layer)):
            down, across = [amount] * 2 if amount else widths(layer)
            layer.padding = (0, 0)
            layer.register_forward_pre_hook(before([across, across, down, down]))
    with torch.no_grad():
        return network(image)


EXERCISE = Exercise(
    id="predict.mirror_padding",
    chapter="09_prediction",
    name="with_mirrors",
    points=4,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=network_then_copy,
    prepare=prepare,
    probe=probe,
    needs=("import torch",),
)
