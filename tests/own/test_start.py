"""Networks to start from, their recipes, and the loss that decides between them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from own.ownkit import discs
from unet_edu import checkpoints
from unet_edu.arithmetic import border, is_valid
from unet_edu.data import nuclei
from unet_edu.models import UNet
from unet_edu.models.batch_norm import fold_batch_norm
from unet_edu.own.start import SCRATCH, SHIPPED, loss_on, nearest_shipped, network, recipe_for, views
from unet_edu.training import RECIPES


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_for_colours_sees_their_mean_at_first(name):
    image = torch.rand(1, 3, 188, 188, generator=torch.Generator().manual_seed(0))
    grey, colour = checkpoints.load(name).eval(), network(name, 3, 2, 0, 0).eval()
    with torch.no_grad():
        assert torch.allclose(colour(image), grey(image.mean(1, keepdim=True)), atol=1e-4)


def test_scratch_is_drawn_from_the_seed_and_leaves_other_random_numbers_alone():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    one, same, other = (network(SCRATCH, 3, 4, 4, 2, seed) for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    weights = [next(net.parameters()) for net in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert isinstance(fold_batch_norm(one), UNet)
    assert (one.in_channels, one.num_classes, one.base_width, one.depth) == (3, 4, 4, 2)


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize(("tile", "smallest"), [(300, 512), (172, 84), (60, 24), (300, 8)])
def test_a_recipe_s_tile_is_legal_for_the_network_s_depth(depth, tile, smallest):
    net = UNet(base_width=1, depth=depth)
    recipe = recipe_for(net, replace(RECIPES["one-cycle"], tile=tile), 1e-3, 7, smallest)
    assert is_valid(recipe.tile, depth)
    assert 0 < recipe.tile - 2 * border(depth) <= smallest
    assert (recipe.learning_rate, recipe.steps) == (1e-3, 7)


class Answer(torch.nn.Module):
    """A network of 1 × 1: the logit of class 1 is a multiple of the grey value above 0.45."""

    def __init__(self, times):
        super().__init__()
        self.times, self.in_channels = times, 1

    def forward(self, images):
        logit = self.times * (images - 0.45)
        return torch.cat([-logit / 2, logit / 2], dim=1)


def test_the_loss_counts_both_classes_the_same():
    one = discs(64)
    for times in (0.0, 5.0):
        logit = times * (one.image.astype(float) - 0.45)
        right = np.where(one.label > 0, logit, -logit)
        each = np.log1p(np.exp(-right))
        expected = (each[one.label > 0].mean() + each[one.label == 0].mean()) / 2
        assert loss_on(Answer(times), [one]) == pytest.approx(expected, rel=1e-4)
    assert loss_on(Answer(0.0), [one]) == pytest.approx(np.log(2))


def test_losses_are_measured_on_a_few_central_parts():
    samples = [discs(300, name=str(number)) for number in range(9)]
    found = views(samples)
    assert [one.name for one in found] == ["0", "1", "3", "4", "6", "8"]
    assert found[0].image.shape == found[0].label.shape == (256, 256)
    assert (found[0].image == samples[0].image[22:278, 22:278]).all()


def test_nuclei_are_nearest_to_the_network_that_learned_nuclei():
    (one,) = nuclei.load("fluorescence", "validation", whole=False, numbers=[5])
    one = one._replace(image=nuclei.stretched(one.image)[:200, :200], label=one.label[:200, :200])
    normalisation = float(one.image.mean()), float(one.image.std())
    name, loss = nearest_shipped(1, [one], normalisation)
    assert name == "unet8-nuclei"
    net = checkpoints.load(name)
    net.normalisation = normalisation
    assert loss == pytest.approx(loss_on(net, [one]))
