"""Batch normalisation for training only: put in before, folded away after, and what is left is the plain network again.

    training   … ▶ conv ▶ (x − mean of the batch) / std · γ + β ▶ ReLU ▶ …               `insert_batch_norm(net)`
    afterwards … ▶ conv with weights · γ/std, bias (b − mean) · γ/std + β ▶ ReLU ▶ …     `fold_batch_norm(net)`

In eval mode the mean and the standard deviation are fixed numbers, so that a convolution and what follows it are one
linear map: a convolution with other weights. The networks of this book came before batch normalisation was common and
have none; one trained like this has exactly the layers of its paper in the end.

Ioffe and Szegedy: Batch Normalization, ICML 2015 (arXiv 1502.03167).
"""

from collections import OrderedDict
from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights


def insert_batch_norm(net):
    """Put a batch normalisation between each `nn.Conv2d` of `net` and the ReLU right after it; return `net`.

    net: any network of maps (N, C, H, W) whose modules stand in the order of computation, as all of this package do. It
    is changed in place: each such convolution becomes a Sequential(conv, norm) of the same name. In train mode the
    normalisations use the batch's mean and variance; in eval mode they do next to nothing until it was trained.
    Raises ValueError where no ReLU follows a convolution, or normalisations are there already.
    """
    if any(isinstance(module, nn.BatchNorm2d) for module in net.modules()):
        raise ValueError(f"{type(net).__name__} has batch normalisations already: fold_batch_norm takes them out")
    pairs = [
        (block, name, conv)
        for block in net.modules()
        for (name, conv), (_, follower) in pairwise(block.named_children())
        if isinstance(conv, nn.Conv2d) and isinstance(follower, nn.ReLU)
    ]
    if not pairs:
        raise ValueError(f"{type(net).__name__} has no Conv2d with a ReLU right after it: nothing to normalise")
    for block, name, conv in pairs:
        norm = nn.BatchNorm2d(conv.out_channels, device=conv.weight.device, dtype=conv.weight.dtype)
        setattr(block, name, nn.Sequential(OrderedDict(conv=conv, norm=norm)).train(block.training))
    return net


def fold_batch_norm(net):
    """Merge each normalisation that `insert_batch_norm` put in with its convolution; return `net`, in eval mode.

    net is changed in place: it has the modules and the state dict of a network that never had any, and gives what it
    gave in eval mode, but for rounding. Without normalisations only its mode changes. Raises ValueError where one is
    there that measures each map anew, as of `unet_edu.models.normalisation`.
    """
    for block in list(net.modules()):
        for name, pair in block.named_children():
            if isinstance(pair, nn.Sequential) and [part for part, _ in pair.named_children()] == ["conv", "norm"]:
                conv, norm = pair
                if not isinstance(norm, nn.BatchNorm2d):
                    raise ValueError(
                        f"{type(norm).__name__} measures every map anew, so that it cannot be folded into a "
                        "convolution: leave it where it is"
                    )
                conv.weight, conv.bias = fuse_conv_bn_weights(
                    conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
                )
                setattr(block, name, conv)
    return net.eval()
