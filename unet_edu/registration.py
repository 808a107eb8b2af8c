"""Where does an output pixel's evidence come from? In register, it is centred on the pixel itself.

A ramp image holds at each pixel the pixel's own x. Made linear and positive, a network returns weighted means of what
it sees, so the ramp that comes out gives for every output pixel at once where its evidence is centred:

    0 1 2 3 4 5 6 7 8 9  ▶  network  ▶  2.1 3.0 3.9 …      offset = what came out - where the output pixel lies

`registration` does that for whole rows; `evidence` shows the weights of one output pixel, whose mean it is; `by_path`
shows an image as each path hands it on.
"""

import copy

import numpy as np
import torch
from torch import nn


def registration(model, size, positions=None, path="deep"):
    """Return how far off the evidence of output pixels is centred along x, in input pixels: float64 (len(positions),).

    model: a network whose poolings, dropouts and skip connections (`is_skip = True`) are modules, such as `UNet` and
    `ArticleUNet`. It is not changed, and its weights play no part: every convolution becomes a plain mean and
    max-pooling average pooling. So the answer is about geometry alone, the same for every `base_width` (1 is quickest).
    size: height and width of the input, an int or a pair of ints that the model takes.
    positions: output columns, from 0 to the output's width - 1; None means all of them.
    path: "deep", the path through no skip connection, or the name of one ("skip3"): what arrives through it alone.

    0 is perfect; +5 means that the evidence is centred 5 pixels to the right of the output pixel; NaN, that nothing but
    zeros comes to it by this path. Output column i is taken to lie at input column
    i + (input width - output width) / 2. Raises ValueError for an unknown path, IndexError for a column outside the
    output, and the model's own error for a size that it does not take.
    """
    net = averaging(model)
    skips = skip_modules(net, path)
    ramp = torch.arange(pair(size)[1], dtype=torch.float64)
    images = torch.stack([ramp, torch.ones_like(ramp)])[:, None, None].expand(2, channels(net), *pair(size))

    silence = {name: skip.register_forward_hook(zeros_instead) for name, skip in skips.items()}
    with torch.no_grad():
        response = net(images)
        if path != "deep":  # linear: what one skip adds is the answer with it less the answer without it
            silence[path].remove()
            response = net(images) - response
    ramp, ones = response[:, 0, response.shape[2] // 2].numpy()  # the middle row of each, (output width,)
    with np.errstate(invalid="ignore"):  # 0 / 0 where a network has glued zeros to a map
        offsets = ramp / ones - home(pair(size)[1], len(ramp))
    return offsets if positions is None else offsets[np.asarray(positions, dtype=int)]


def evidence(model, size, position, path="deep"):
    """Return how much each input column weighs for one output column: float64 (input width,), sum 1, 0 = not seen.

    The columns that are not 0 are the receptive field through `path`; the mean of the columns, so weighted, less the
    output pixel's own place is `registration` at `position`. It is the gradient of one output pixel in the middle row,
    summed over rows. Arguments and errors as in `registration`, `position` a single column.
    """
    net = averaging(model)
    skips = skip_modules(net, path)
    image = torch.ones(1, channels(net), *pair(size), dtype=torch.float64, requires_grad=True)
    passed = {}
    for name, skip in skips.items():
        if path == "deep":
            skip.register_forward_hook(zeros_instead)
        else:
            skip.register_forward_hook(lambda module, inputs, output, name=name: passed.update({name: output}))
    out = net(image)
    pixel = out[0, 0, out.shape[2] // 2, position]
    if path == "deep":
        (gradient,) = torch.autograd.grad(pixel, image)
    else:  # first from the output back to the skip connection, then from there to the image
        (leaving,) = torch.autograd.grad(pixel, passed[path], retain_graph=True)
        (gradient,) = torch.autograd.grad(passed[path], image, leaving)
    weights = gradient.sum(dim=(0, 1, 2))
    return (weights / weights.sum()).numpy()


def by_path(model, images, paths=None):
    """Return what comes out of the averaging network through each path alone: {path: float64 (N, classes, h, w)}.

    model: as in `registration`. images: what the model takes, (N, C, H, W). paths: a list of them, as in
    `registration`; None means "deep" and every skip connection. The answers of all paths add up to the network's.
    Raises ValueError for an unknown path.
    """
    net = averaging(model)
    skips = skip_modules(net, "deep")
    paths = ["deep", *skips] if paths is None else list(paths)
    for path in paths:
        skip_modules(net, path)  # which raises where there is no such path
    images = images.detach().to("cpu", torch.float64)
    silence = {name: skip.register_forward_hook(zeros_instead) for name, skip in skips.items()}
    found = {}
    with torch.no_grad():
        deep = net(images)
        for path in paths:
            if path == "deep":
                found[path] = deep
            else:
                silence[path].remove()
                found[path] = net(images) - deep
                silence[path] = skips[path].register_forward_hook(zeros_instead)
    return found


def home(input_width, output_width):
    """Return at which input column each output column lies, float64 (output_width,): the output in the middle."""
    return np.arange(output_width) + (input_width - output_width) / 2


def averaging(model):
    """Return a copy of the model that only takes means, float64 on the CPU: its maps are blurred copies of the image.

    Equal weights, no biases, average pooling, no dropout. ReLUs stay: they meet positive numbers alone.
    """
    net = copy.deepcopy(model).to("cpu", torch.float64).eval()
    for module in list(net.modules()):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                mean = nn.AvgPool2d(
                    child.kernel_size, child.stride, child.padding, child.ceil_mode, count_include_pad=False
                )
                setattr(module, name, mean)
    return net


def skip_modules(net, path):
    """Return the skip connections of a network by name; ValueError unless `path` is "deep" or one of them."""
    skips = {name: module for name, module in net.named_modules() if getattr(module, "is_skip", False)}
    if path != "deep" and path not in skips:
        raise ValueError(f"path must be 'deep' or a skip connection of the model ({', '.join(skips)}), not {path!r}")
    return skips


def zeros_instead(module, inputs, output):
    """Return zeros in the place of the output: a forward hook that closes a path."""
    return torch.zeros_like(output)


def channels(net):
    """Return how many channels the first convolution takes."""
    return next(module for module in net.modules() if isinstance(module, nn.Conv2d)).in_channels


def pair(size):
    """Return (height, width) of an int or a pair."""
    return (size, size) if isinstance(size, int) else tuple(size)
