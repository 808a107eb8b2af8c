"""Losses besides the weighted cross-entropy: each takes logits and labels, and returns one number a tile.

    logits (N, K, H, W) ─▶ softmax ─▶ p, of the true class p_t

    cross_entropy   Σ w · (−ln p_t) / Σ w                     the paper's, by the sum of the weights
    focal           Σ w · (1 − p_t)^γ · (−ln p_t) / Σ w       pixels that are nearly right count next to nothing
    dice            1 − mean over classes of 2 Σ w p y / Σ w (p + y)      y: 1 at pixels of the class, 0 elsewhere
    total           the sum of several, each times a factor

``fit(…, loss=dice)`` trains with one. Pixels of weight 0 count in none of them, so that 0 is the weight of a pixel that
nobody labelled.

Dice: Milletari, Navab, Ahmadi: V-Net, 3DV 2016, whose denominator has squares; this one has none, as most code today.
Focal: Lin et al.: Focal Loss for Dense Object Detection, ICCV 2017; without its factor α, which is a class weight.
"""

from functools import partial

import torch
from torch.nn import functional as F

GAMMA = 2.0  # of the focal loss, as in its paper
SMOOTH = 1e-6  # keeps 0/0 away where a tile has no pixel of weight


def cross_entropy(logits, labels, weights):
    """Return the weighted mean of the cross-entropy of each tile, ``(N,)``.

    logits: ``(N, K, H, W)``. labels: whole numbers ``(N, H, W)``, 0 … K - 1. weights: ``(N, H, W)``, 0 or more.
    """
    return _mean(F.cross_entropy(logits, labels, reduction="none"), weights)


def focal(logits, labels, weights, gamma=GAMMA):
    """Return the weighted mean of the focal loss of each tile, ``(N,)``; arguments as for ``cross_entropy``.

    gamma: γ, 0 or more; with 0 it is the cross-entropy. Raises ValueError for a γ below 0.
    """
    if not gamma >= 0:
        raise ValueError(f"gamma must be 0 or more, not {gamma!r}; the paper's is {GAMMA:g}")
    losses = F.cross_entropy(logits, labels, reduction="none")
    return _mean((1 - torch.exp(-losses)).clamp_min(0) ** gamma * losses, weights)


def dice(logits, labels, weights):
    """Return 1 less the mean soft Dice of all classes, of each tile, ``(N,)``; arguments as for ``cross_entropy``.

    A class that a tile has no pixel of is left out of its mean: otherwise its only minimum would be a probability of 0.
    """
    p, weights = logits.softmax(1), weights[:, None]
    y = F.one_hot(labels, logits.shape[1]).movedim(-1, 1).to(p.dtype)
    shared, both = (2 * weights * p * y).sum((2, 3)), (weights * (p + y)).sum((2, 3))  # (N, K) each
    there = ((weights * y).sum((2, 3)) > 0).to(p.dtype)
    return 1 - (there * shared / both.clamp_min(SMOOTH)).sum(1) / there.sum(1).clamp_min(1)


def total(*parts):
    """Return a loss that is the sum of others. parts: losses, or pairs (factor, loss). Raises ValueError for none."""
    if not parts:
        raise ValueError("a sum of no losses; give at least one, such as total(cross_entropy, dice)")
    return partial(_total, tuple(part if isinstance(part, tuple) else (1.0, part) for part in parts))


def _total(parts, logits, labels, weights):
    return sum(factor * loss(logits, labels, weights) for factor, loss in parts)


def _mean(losses, weights):
    return (weights * losses).sum((1, 2)) / weights.sum((1, 2)).clamp_min(SMOOTH)
