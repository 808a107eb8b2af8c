"""Losses: right values on pixels computed by hand; pixels of weight 0 count nowhere; `fit` trains with them."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_edu.data import cells
from unet_edu.models import OneLevelUNet
from unet_edu.training import RECIPES, fit, losses

ALL = {
    "cross-entropy": losses.cross_entropy,
    "focal": losses.focal,
    "Dice": losses.dice,
    "sum": losses.total(losses.cross_entropy, (0.5, losses.dice)),
}


def logits_of(*shares):
    """Return logits (1, 2, 1, n) of which the softmax gives class 1 these probabilities."""
    p = torch.tensor(shares, dtype=torch.double)
    return torch.stack([(1 - p).log(), p.log()])[None, :, None]


def test_right_values_of_three_pixels():
    logits, labels = logits_of(0.8, 0.3, 0.1), torch.tensor([[[1, 1, 0]]])
    weights = torch.tensor([[[1.0, 2.0, 1.0]]], dtype=torch.double)
    truth = (0.8, 0.3, 0.9)
    entropy = [-math.log(p) for p in truth]
    whole = (entropy[0] + 2 * entropy[1] + entropy[2]) / 4
    assert losses.cross_entropy(logits, labels, weights).item() == pytest.approx(whole)
    focused = [(1 - p) ** 2 * loss for p, loss in zip(truth, entropy, strict=True)]
    assert losses.focal(logits, labels, weights).item() == pytest.approx((focused[0] + 2 * focused[1] + focused[2]) / 4)
    assert losses.focal(logits, labels, weights, gamma=0).item() == pytest.approx(whole)
    inside = 2 * (0.8 + 2 * 0.3) / ((0.8 + 1) + 2 * (0.3 + 1) + 0.1)
    outside = 2 * 0.9 / (0.2 + 2 * 0.7 + (0.9 + 1))
    assert losses.dice(logits, labels, weights).item() == pytest.approx(1 - (inside + outside) / 2)
    both = losses.total(losses.cross_entropy, (0.5, losses.dice))(logits, labels, weights).item()
    assert both == pytest.approx(whole + 0.5 * losses.dice(logits, labels, weights).item())


def test_a_class_that_is_not_there_is_no_part_of_dice():
    labels = torch.zeros(1, 1, 2, dtype=torch.long)
    found = losses.dice(logits_of(0.1, 0.3), labels, torch.ones(1, 1, 2, dtype=torch.double)).item()
    assert found == pytest.approx(1 - 2 * 1.6 / 3.6)


@pytest.mark.parametrize("name", ALL)
@settings(derandomize=True, deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_pixels_without_weight_count_nowhere(name, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 3, 4, 5, generator=generator)
    labels = torch.randint(3, (2, 4, 5), generator=generator)
    weights = torch.rand(2, 4, 5, generator=generator)
    weights[:, :, 3:] = 0
    other, moved = labels.clone(), logits.clone()
    other[:, :, 3:] = (other[:, :, 3:] + 1) % 3
    moved[:, :, :, 3:] *= -5
    found = ALL[name](logits, labels, weights)
    assert found.shape == (2,)
    torch.testing.assert_close(found, ALL[name](moved, other, weights))
    alone = torch.cat([ALL[name](logits[[k]], labels[[k]], weights[[k]]) for k in range(2)])
    torch.testing.assert_close(found, alone)  # each tile by itself


@pytest.mark.parametrize("name", ALL)
def test_all_are_finite_with_a_gradient_where_the_network_is_sure_and_wrong(name):
    logits = torch.tensor([[[[40.0, -40.0]], [[-40.0, 40.0]]]], requires_grad=True)
    loss = ALL[name](logits, torch.tensor([[[1, 1]]]), torch.ones(1, 1, 2)).sum()
    loss.backward()
    assert math.isfinite(loss.item())
    assert torch.isfinite(logits.grad).all()


def test_wrong_arguments():
    with pytest.raises(ValueError, match="gamma must be 0 or more, not -1"):
        losses.focal(logits_of(0.5), torch.tensor([[[1]]]), torch.ones(1, 1, 1), gamma=-1)
    with pytest.raises(ValueError, match="at least one"):
        losses.total()


SMALL = replace(RECIPES["one-cycle"], steps=5, batch=2, tile=52)


def trained(loss, recipe=SMALL, **options):
    torch.manual_seed(0)
    net = OneLevelUNet(base_width=2)
    return net, fit(net, [cells.tissue(96, seed) for seed in range(3)], recipe, loss=loss, device="cpu", **options)


def test_fit_with_cross_entropy_a_tile_is_fit_without_a_loss_where_weights_are_equal():
    plain, given_ = trained(None), trained(losses.cross_entropy)
    assert given_[1].loss == pytest.approx(plain[1].loss, rel=1e-4)
    for one, other in zip(plain[0].parameters(), given_[0].parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_fit_makes_the_given_loss_small_and_notes_it():
    recipe = replace(SMALL, steps=60)
    first = {name: trained(ALL[name], recipe)[1].loss for name in ("Dice", "focal")}
    for name, values in first.items():
        assert sum(values[-10:]) < 0.9 * sum(values[:10]), name
    assert all(0 <= value <= 1 for value in first["Dice"])
    scaled = trained(partial(losses._total, ((0.0, losses.dice),)))[1].loss
    assert scaled == [0.0] * 5
