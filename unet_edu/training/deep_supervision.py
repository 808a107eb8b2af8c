"""Deep supervision: while a network is trained, maps of its expansive path are scored, too.

    u2 100 ─▶ 1×1 ─▶ logits, ×4, centre cut ─▶ loss · 1/4 ┐
    u1 196 ─▶ 1×1 ─▶ logits, ×2, centre cut ─▶ loss · 1/2 ├─▶ one sum
    score 388 ────────────────────────────────▶ loss · 1  ┘

The heads are there in training alone. Afterwards the network is the one that it was.

Lee et al.: Deeply-Supervised Nets, AISTATS 2015. The factors, halved from level to level, are those of nnU-Net (Isensee
et al., Nature Methods 2021), whose maps are compared with smaller labels; here they are enlarged instead.
"""

from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.functional import interpolate

from unet_edu.models.unet import init_gaussian
from unet_edu.training.loop import centre
from unet_edu.training.losses import cross_entropy


@contextmanager
def deeply_supervised(net, levels=(1, 2), loss=cross_entropy):
    """Put heads on some levels of a `UNet` while it lasts: ``with deeply_supervised(net) as loss: fit(…, loss=loss)``.

    levels: of the expansive path, u{level}; 0 is where the network's own score is. loss: as those of
    `unet_edu.training.losses`; it counts once at the network's own output and 1/2^level at a head. Raises ValueError
    for a level that has no head.
    """
    for level in levels:
        if not 1 <= level < net.depth:
            raise ValueError(f"levels are 1 to {net.depth - 1} in a network of depth {net.depth}, not {level}")
    seen = {}
    handles = [net.stage("u", level).register_forward_hook(_keeper(seen, level)) for level in levels]
    device = next(net.parameters()).device
    heads = nn.ModuleDict(
        {f"level{level}": nn.Conv2d(net.base_width * 2**level, net.num_classes, 1) for level in levels}
    )
    init_gaussian(heads)
    net.heads = heads.to(device)

    def whole(logits, labels, weights):
        found = loss(logits, labels, weights)
        for level in levels:
            coarse = net.heads[f"level{level}"](seen[level]).float()
            fine = interpolate(coarse, scale_factor=2**level, mode="bilinear", align_corners=False)
            found = found + loss(centre(fine, labels.shape[-1]), labels, weights) / 2**level
        return found

    try:
        yield whole
    finally:
        del net.heads
        for handle in handles:
            handle.remove()


def _keeper(seen, level):
    def keep(module, arguments, result):
        seen[level] = result if torch.is_grad_enabled() else None

    return keep
