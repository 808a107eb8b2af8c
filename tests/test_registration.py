"""Where evidence is centred: the article's variant is far off, the paper's network is not."""

import numpy as np
import pytest
import torch
from torch import nn

from unet_edu import arithmetic
from unet_edu.activations import capture
from unet_edu.models import ArticleUNet, OneLevelUNet, UNet
from unet_edu.registration import averaging, by_path, evidence, registration


def seen(weights):
    """First and last column + 1 of what is seen."""
    columns = np.flatnonzero(weights)
    return int(columns[0]), int(columns[-1]) + 1


def middle(weights, place):
    """How far the middle of the receptive field lies from the output pixel."""
    start, stop = seen(weights)
    return (start + stop - 1) / 2 - place


@pytest.mark.parametrize(
    ("path", "left", "right"),
    [("deep", 122, -110), ("skip4", 98, -86), ("skip3", 49, -45), ("skip2", 22, -22), ("skip1", 8, -8)],
)
def test_the_articles_network_looks_past_its_own_pixels(path, left, right):
    """Reference values at 572: pixel 0 gets its deep evidence from column 122, pixel 571 from 461."""
    offsets = registration(ArticleUNet(2, base_width=1), 572, [0, 571], path)
    assert offsets == pytest.approx([left, right], abs=0.5)


def test_the_articles_network_is_nearly_right_in_the_middle_and_worse_towards_the_border():
    offsets = registration(ArticleUNet(2, base_width=1), 572)
    assert offsets.shape == (572,)
    assert abs(offsets[285]) < 8
    assert (np.diff(offsets[::50]) < 0).all()


@pytest.mark.parametrize("path", ["deep", "skip3", "skip2", "skip1", "skip0"])
def test_the_papers_network_is_in_register(path):
    """Its evidence is centred within a tenth of a pixel, on every path, at every position."""
    offsets = registration(UNet(base_width=1), (188, 572), path=path)
    assert offsets.shape == (388,)
    assert np.abs(offsets).max() < (1e-9 if path == "skip0" else 0.1)


@pytest.mark.parametrize(
    ("path", "furthest"), [("d4.conv1", 5.5), ("skip3", 1.5), ("skip2", 1.5), ("skip1", 0.5), ("skip0", 0)]
)
def test_the_middle_of_the_papers_receptive_fields(path, furthest):
    """Reference values, of the fields' middles; their weights are lopsided the other way, hence the smaller offsets."""
    fields = [arithmetic.receptive_field(position, through=path) for position in range(388)]
    offsets = [(field.start + field.stop - 1) / 2 - (position + 92) for position, field in enumerate(fields)]
    assert (min(offsets), max(offsets)) == (-furthest, furthest)


@pytest.mark.parametrize("path", ["deep", "skip1", "skip0"])
def test_what_is_seen_is_the_receptive_field_of_the_arithmetic(path):
    through = {"deep": "d2.conv1"}.get(path, path)
    for position in range(8):
        weights = evidence(UNet(base_width=1, depth=2), 48, position, path)
        assert seen(weights) == tuple(arithmetic.receptive_field(position, depth=2, through=through))
        assert weights.sum() == pytest.approx(1)
        assert weights.min() >= 0


def test_fields_of_both_networks_by_the_same_measure():
    assert middle(evidence(UNet(base_width=1), (188, 204), 4), 96) == 5.5
    article = ArticleUNet(2, base_width=1)
    assert middle(evidence(article, 572, 0), 0) == pytest.approx(122, abs=2)
    assert middle(evidence(article, 572, 571), 571) == pytest.approx(-117.5, abs=2)


@pytest.mark.parametrize(
    ("model", "size", "path"),
    [
        (UNet(base_width=2, depth=2), (44, 56), "deep"),
        (UNet(base_width=2, depth=2), (44, 56), "skip0"),
        (ArticleUNet(2, base_width=1), (233, 250), "deep"),
        (ArticleUNet(2, base_width=1), (233, 250), "skip3"),
    ],
)
def test_the_ramp_and_the_gradient_tell_the_same(model, size, path):
    offsets = registration(model, size, path=path)
    for position in (0, 5, len(offsets) - 1):
        weights = evidence(model, size, position, path)
        place = position + (size[1] - len(offsets)) / 2
        assert offsets[position] == pytest.approx(weights @ np.arange(size[1]) - place, abs=1e-9)


def test_by_path_gives_parts_that_add_up_to_the_whole():
    model = UNet(base_width=2, depth=2)
    images = torch.rand(2, 1, 44, 56)
    parts = by_path(model, images)
    assert list(parts) == ["deep", "skip1", "skip0"]
    torch.testing.assert_close(sum(parts.values()), averaging(model)(images.double()))
    assert all((part > 0).all() for part in parts.values())
    some = by_path(model, images, ["skip0", "deep"])
    assert list(some) == ["skip0", "deep"]
    assert torch.equal(some["skip0"], parts["skip0"])


def test_by_path_and_registration_tell_the_same():
    ramp = torch.arange(56.0).expand(1, 1, 44, 56)
    model = UNet(base_width=1, depth=2)
    for path in ("deep", "skip0"):
        came, ones = (by_path(model, image, [path])[path][0, 0, 0] for image in (ramp, torch.ones_like(ramp)))
        offsets = registration(model, (44, 56), path=path)
        assert (came / ones).numpy() - np.arange(len(came)) - (56 - len(came)) / 2 == pytest.approx(offsets, abs=1e-9)


def test_where_zeros_were_glued_on_there_is_no_evidence(recwarn):
    class Glued(OneLevelUNet):
        """Its deep map gets 8 columns of zeros on the right instead of a cropped skip."""

        def forward(self, images):
            fine = self.d0(images)
            up = torch.nn.functional.pad(self.up0(self.d1(self.pool1(fine))), (0, 8, 0, 8))
            return self.score(self.u0(torch.cat([self.skip0(fine, up), up], dim=1)))

    offsets = registration(Glued(base_width=1), 36)
    assert offsets.shape == (28,)
    assert np.isnan(offsets[-4:]).all()
    assert offsets[:20] == pytest.approx(4, abs=0.2)
    assert not recwarn.list


def test_width_and_weights_play_no_part():
    one, two = OneLevelUNet(base_width=1), OneLevelUNet(in_channels=3, base_width=5)
    for path in ("deep", "skip0"):
        assert registration(one, 30, path=path) == pytest.approx(registration(two, 30, path=path), abs=1e-12)


def test_the_model_stays_as_it_was():
    model = UNet(base_width=2, depth=1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    image = torch.randn(1, 1, 20, 20)
    expected = capture(model.eval(), image)["output"]
    model.train()
    registration(model, 20, path="skip0")
    evidence(model, 20, 0)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    assert torch.equal(model.eval()(image), expected)


def test_errors():
    model = UNet(base_width=1, depth=2)
    for function in (lambda path: registration(model, 44, path=path), lambda path: evidence(model, 44, 0, path)):
        with pytest.raises(ValueError, match=r"'deep' or a skip connection of the model \(skip1, skip0\), not 'skip2'"):
            function("skip2")
    with pytest.raises(arithmetic.SizeError):
        registration(model, 45)
    with pytest.raises(ValueError, match="not 'skip7'"):
        by_path(model, torch.zeros(1, 1, 44, 44), ["skip7"])
    with pytest.raises(IndexError):
        registration(model, 44, [4])
    with pytest.raises(IndexError):
        evidence(model, 44, 4)


class Level(nn.Module):
    """A padded U-Net, one channel wide; `begins` places the cut of its skip, from what is too much."""

    def __init__(self, inside, begins):
        super().__init__()
        self.pool, self.inside, self.skip = nn.MaxPool2d(2), inside, Begins(begins)
        self.up, self.out = nn.ConvTranspose2d(1, 1, 2, stride=2), nn.Conv2d(2, 1, 3, padding=1)

    def forward(self, x):
        up = self.up(self.inside(self.pool(x)))
        return self.out(torch.cat([self.skip(x, up), up], dim=1))


class Begins(nn.Module):
    """A skip that is cut from a place on."""

    is_skip = True

    def __init__(self, begins):
        super().__init__()
        self.begins = begins

    def forward(self, skip, like):
        top, left = (self.begins(a - b) for a, b in zip(skip.shape[-2:], like.shape[-2:], strict=True))
        return skip[..., top : top + like.shape[-2], left : left + like.shape[-1]]


@pytest.mark.parametrize(
    ("begins", "size", "wanted"),
    [
        (lambda more: 0, 572, [0, 0, 0, 0]),  # at the right and at the bottom, where poolings dropped pixels
        (lambda more: int(round(more / 2)), 572, [6, 6, 8, 0]),  # from the centre, as torchvision's center_crop
        (lambda more: int(round(more / 2)), 560, [0, 0, 0, 0]),  # a multiple of 16: nothing to cut
    ],
)
def test_where_a_padded_network_must_cut_its_skips(begins, size, wanted):
    """Image pixels between deep map and skips of levels 0, 1, 2, 3: a cut from the centre is out of register."""
    net = nn.Conv2d(1, 1, 3, padding=1)
    for _ in range(4):
        net = Level(net, begins)
    paths = ("deep", "skip", "inside.skip", "inside.inside.skip", "inside.inside.inside.skip")
    deep, *skips = (registration(net, (64, size), positions=range(270, 286), path=path) for path in paths)
    assert [round((skip - deep).mean()) for skip in skips] == wanted


def test_registration_looks_along_x_alone():
    """A skip that is cut four rows too low passes, as the chapter on reading says."""

    class Low(nn.Module):
        is_skip = True

        def forward(self, skip, like):
            height, width = like.shape[-2:]
            return skip[..., 8 : 8 + height, 4 : 4 + width]  # 4 and 4 would be right

    net = OneLevelUNet(base_width=1)
    net.skip0 = Low()
    np.testing.assert_allclose(registration(net, 124, path="skip0"), 0, atol=1e-9)
