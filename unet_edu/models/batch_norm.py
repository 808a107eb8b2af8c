"""Batch normalisation for training only: put in before, folded away after, and what is left is the plain network again.

    training   … ▶ conv ▶ (x − mean of the batch) / std · γ + β ▶ ReLU ▶ …       `insert_batch_norm(net)`
    afterwards … ▶ conv with weights · γ/std, bias (b − mean) · γ/std + β ▶ ReLU ▶ …    `fold_batch_norm(net)`

In eval mode the mean and standard deviation are fixed numbers, so that a convolution and what follows it are one linear
map: a convolution with other weights. The U-Net paper came out before batch normalisation was common and has none; a
network trained like this has exactly its layers, in the end.

Ioffe and Szegedy: Batch Normalization, ICML 2015 (arXiv 1502.03167).
"""

from collections import OrderedDict

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def insert_batch_norm(net):
    """Put a batch normalisation between each convolution of `net` and the ReLU that follows it; return `net`.

    net: any network whose blocks are `nn.Sequential`s (N, C, H, W); it is changed in place. Its outputs change in
    train mode (statistics of the batch); in eval mode not before it has been trained, but for rounding.
    Raises ValueError where there is no such pair, or normalisations are there already.
    """
    if any(isinstance(module, nn.BatchNorm2d) for module in net.modules()):
        raise ValueError(f"{type(net).__name__} has batch normalisations already: fold_batch_norm takes them out")
    found = 0
    for block in [module for module in net.modules() if isinstance(module, nn.Sequential)]:
        names = list(block._modules)
        for name, follower in zip(names, names[1:], strict=False):
            conv = block._modules[name]
            if isinstance(conv, nn.Conv2d) and isinstance(block._modules[follower], nn.ReLU):
                like = {"device": conv.weight.device, "dtype": conv.weight.dtype}
                pair = OrderedDict(conv=conv, norm=nn.BatchNorm2d(conv.out_channels, eps=1e-5, **like))
                block._modules[name] = nn.Sequential(pair).train(block.training)
                found += 1
    if not found:
        raise ValueError(f"{type(net).__name__} has no nn.Sequential with a Conv2d before a ReLU: nothing to normalise")
    return net


def fold_batch_norm(net):
    """Merge each normalisation that `insert_batch_norm` put in with its convolution; return `net`, in eval mode.

    net is changed in place: it has the modules and the state dict of a network that never had any, and gives what it
    gave in eval mode, but for rounding. A network without normalisations comes back as it is.
    """
    net.eval()
    for block in [module for module in net.modules() if isinstance(module, nn.Sequential)]:
        for name, part in list(block._modules.items()):
            if isinstance(part, nn.Sequential) and list(part._modules) == ["conv", "norm"]:
                block._modules[name] = fuse_conv_bn_eval(part.conv, part.norm)
    return net
