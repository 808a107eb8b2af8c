"""No image validates that resembles one that trains."""

import numpy as np
import pytest
from ownkit import discs

from unet_edu.data import Sample
from unet_edu.own.split import follow_each_other, split


def noise(seed, name="", size=48):
    image = np.random.default_rng(seed).random((size, size), np.float32)
    return Sample(image, (image > 0.5).astype(np.uint8), None, name or f"{seed}.png")


def names(samples):
    return [sample.name for sample in samples]


@pytest.mark.parametrize("count", range(2, 26))
def test_of_single_images_every_fifth_validates_and_none_twice(count):
    samples = [noise(seed) for seed in range(count)]
    found = split(samples)
    assert sorted(names(found.train + found.validation)) == sorted(names(samples))
    assert len(found.validation) == max(round(count / 5), 1)
    assert found.left_out == []


def test_of_a_stack_the_last_pages_validate_behind_a_gap():
    samples = [noise(seed, f"a.tif, page {seed}") for seed in range(20)]
    found = split(samples)
    assert names(found.train) == [f"a.tif, page {n}" for n in range(14)]
    assert found.left_out == ["a.tif, page 14", "a.tif, page 15"]
    assert names(found.validation) == [f"a.tif, page {n}" for n in range(16, 20)]
    assert "the last 4 of 20 pages validate, the 2 before them are left out" in found.why


@pytest.mark.parametrize("count", range(2, 30))
def test_a_short_stack_keeps_something_to_train_on(count):
    found = split([noise(seed, f"a.tif, page {seed}") for seed in range(count)])
    assert len(found.train) >= 1
    assert len(found.validation) >= 1
    assert len(found.train) + len(found.validation) + len(found.left_out) == count


def test_of_several_stacks_whole_ones_validate():
    samples = [noise(10 * stack + page, f"{stack}.tif, page {page}") for stack in range(5) for page in range(4)]
    found = split(samples)
    stacks = [{name.partition(",")[0] for name in names(part)} for part in (found.train, found.validation)]
    assert stacks[0] & stacks[1] == set()
    assert len(stacks[1]) == 1
    assert len(found.validation) == 4


def test_files_whose_neighbours_are_alike_are_a_stack():
    rng, image, samples = np.random.default_rng(0), np.zeros((64, 64)), []
    for page in range(10):  # each page keeps much of the one before
        image = 0.7 * image + rng.random((64, 64)).repeat(1, 0)
        smooth = (image - image.min()) / np.ptp(image)
        samples.append(Sample(smooth.astype(np.float32), (smooth > 0.5).astype(np.uint8), None, f"{page}.png"))
    assert follow_each_other(samples)
    assert "taken for one stack" in split(samples).why
    assert not follow_each_other([noise(seed) for seed in range(10)])


def test_a_single_image_is_cut_along_its_longer_side():
    one = discs(120)
    found = split([one._replace(image=one.image[:60], label=one.label[:60], instances=one.instances[:60])])
    assert found.train[0].label.shape == (60, 80)
    assert found.validation[0].label.shape == (60, 30)
    assert (found.validation[0].image == one.image[:60, 90:]).all()
    with pytest.raises(ValueError, match="give more images"):
        split([noise(0, size=8)])
    with pytest.raises(ValueError, match="at least one"):
        split([])
