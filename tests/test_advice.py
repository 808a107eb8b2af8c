"""Advice in messages is followed: each line of code between backticks is run, and gives what would have been right."""

import io
import re
from dataclasses import replace

import numpy
import numpy as np
import pytest
import skimage.measure
import torch
from PIL import Image
from torch import nn

from unet_edu import checkpoints, metrics
from unet_edu.data import Sample, cells
from unet_edu.data.weightmap import weight_map
from unet_edu.models import OneLevelUNet, SlidingWindowNet, UNet
from unet_edu.predict import predict
from unet_edu.thinning import thin
from unet_edu.training import RECIPES, fit

pytestmark = pytest.mark.usefixtures("one_thread")
KNOWN = {"numpy": numpy, "torch": torch, "skimage": skimage, "predict": predict, "Sample": Sample}
KNOWN |= {"weight_map": weight_map, "rand_parts": metrics.rand_parts, "thin": thin, "read": checkpoints.read}


def advised(error, call, *args, **options):
    """The lines of code in the message of the error that a call raises."""
    with pytest.raises(error) as raised:
        call(*args, **options)
    return re.findall("`([^`]+)`", str(raised.value))


def follow(code, **names):
    """What a line of code gives, or the names that it changed."""
    return eval(code, KNOWN | names)


def net(seed=0, network=OneLevelUNet, **options):
    torch.manual_seed(seed)
    return network(**({"base_width": 2} | options)).eval()


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).random(shape)


# ------------------------------------------------------------------------------------------ grey values

STORED = {
    "8 bit": (255, np.uint8),
    "8 bit in 16": (255, np.uint16),
    "12 bit in 16": (4095, np.uint16),
    "16 bit": (65535, np.uint16),
    "8 bit as int32": (255, np.int32),
    "12 bit as int32": (4095, np.int32),
    "16 bit as int64": (65535, np.int64),
    "8 bit as float": (255, np.float32),
    "12 bit as float": (4095, np.float64),
    "16 bit as float": (65535, np.float32),
}


@pytest.mark.parametrize("kind", STORED)
def test_stored_greys_predict_as_those_that_were_seen(kind):
    top, dtype = STORED[kind]
    seen = drawn(30, 26)
    seen[0, 0] = 1
    stored = np.rint(seen * top).astype(dtype)
    network = net()
    wanted = predict(network, stored / top)
    codes = advised((TypeError, ValueError), predict, network, stored)
    for code in codes:
        found = follow(code, image=stored, net=network)
        found = found if code.startswith("predict") else predict(network, found)
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert len(codes) == 1 + (stored.dtype.kind in "iu")


@pytest.mark.parametrize("kind", STORED)
def test_stored_greys_train_as_those_that_were_seen(kind):
    top, dtype = STORED[kind]
    sample = cells.tissue(96, 0)
    stored = np.rint(sample.image * top).astype(dtype)
    stored[0, 0] = top
    (code,) = advised((TypeError, ValueError), fit, net(), [sample._replace(image=stored)], device="cpu")
    image = follow(code, image=stored)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, stored / top, atol=1e-7)
    trained(image, sample.label)


def trained(*pair, weights=None, network=None):
    """The losses of a short run on one image and its label."""
    recipe = replace(RECIPES["one-cycle"], steps=2, batch=1, tile=52)
    return fit(network or net(), [pair], recipe, weights=weights, device="cpu").loss


def test_greys_about_zero_are_moved():
    seen = drawn(30, 26)
    seen.flat[:2] = 0, 1
    for image in (2 * seen - 1, np.rint(seen * 4000 - 1000).astype(np.int16)):
        (code,) = advised((TypeError, ValueError), predict, net(), image)
        np.testing.assert_allclose(follow(code, image=image), seen, atol=3e-4)


def test_what_an_interpolation_added_is_cut_off():
    image = drawn(30, 26) * 1.04 - 0.02
    (code,) = advised(ValueError, predict, net(), image)
    assert np.array_equal(follow(code, image=image), image.clip(0, 1))


@pytest.mark.parametrize("top", [1, 255, 4095, 65535])
def test_tensors_of_whole_numbers(top):
    seen = torch.from_numpy(drawn(1, 1, 36, 36)).float()
    seen[0, 0, 0, 0] = 1
    stored = (seen * top).round().int()
    (code,) = advised(TypeError, net(), stored)
    assert torch.equal(follow(code, images=stored), stored / top)
    (code,) = advised(TypeError, SlidingWindowNet().predict, stored[0, 0])
    assert torch.equal(follow(code, image=stored), stored / top)


def test_a_scale_below_the_values_names_the_right_one():
    image = (drawn(30, 26) * 4095).astype(np.uint16)
    (code,) = advised(ValueError, predict, net(), image, scale=255)
    assert np.array_equal(follow(code, net=net(), image=image), predict(net(), image, scale=4095))


# ------------------------------------------------------------------------------------------ axes


def test_colours_that_come_last():
    image = drawn(3, 30, 26)
    last = image.transpose(1, 2, 0)
    (code,) = advised(ValueError, predict, net(in_channels=3), last)
    assert np.array_equal(follow(code, image=last), image)
    (code,) = advised(ValueError, predict, net(in_channels=3), np.dstack([last, np.ones((30, 26))]))
    assert np.array_equal(follow(code, image=last), image)
    (code,) = advised(ValueError, predict, net(), last)
    np.testing.assert_allclose(follow(code, image=last), image.mean(axis=0))
    label = cells.tissue(96, 0).label
    last = drawn(96, 96, 3).astype(np.float32)
    (code,) = advised(ValueError, fit, net(in_channels=3), [Sample(last, label)], device="cpu")
    assert np.array_equal(follow(code, image=last), last.transpose(2, 0, 1))


def test_a_grey_image_for_a_network_of_three_channels_is_repeated():
    image = drawn(96, 96).astype(np.float32)
    (code,) = advised(ValueError, predict, net(in_channels=3), image)
    assert np.array_equal(follow(code, image=image), [image] * 3)
    sample = Sample(image, cells.tissue(96, 0).label)
    (code,) = advised(ValueError, fit, net(in_channels=3), [sample], replace(RECIPES["one-cycle"], tile=52))
    assert np.array_equal(follow(code, image=image), [image] * 3)


@pytest.mark.parametrize("slices", [2, 3, 4, 7])
def test_a_stack_is_predicted_slice_by_slice(slices):
    stack, network = drawn(slices, 30, 26), net()
    wanted = np.stack([predict(network, one) for one in stack])
    *_, code = advised(ValueError, predict, network, stack)
    assert np.array_equal(follow(code, image=stack, net=network), wanted)
    (code,) = advised(ValueError, predict, network, stack[:, None])
    assert np.array_equal(follow(code, image=stack[:, None], net=network), wanted)


# ------------------------------------------------------------------------------------------ labels

SAMPLE = cells.tissue(160, 1)
MASK = SAMPLE.label


def jpeg(mask, quality=75):
    content = io.BytesIO()
    Image.fromarray(mask).save(content, "JPEG", quality=quality)
    return np.array(Image.open(content))


MASKS = {
    "0 and 255": MASK * 255,
    "0 and 65535": MASK.astype(np.uint16) * 65535,
    "0 and 7": MASK * 7,
    "JPEG": jpeg(MASK * 255),
    "instances": SAMPLE.instances,
    "floats 0 and 1": MASK * 1.0,
    "floats 0 and 255": MASK * 255.0,
    "floats 0 and 1/255": MASK / 255,
    "truth values": MASK.astype(bool),
}


@pytest.mark.parametrize("kind", MASKS)
def test_any_mask_trains_as_0_and_1(kind):
    label = MASKS[kind]
    for _ in range(2):  # floats become whole numbers, and these a mask
        codes = advised((TypeError, ValueError), fit, net(), [(SAMPLE.image, label)], recipe(), device="cpu")
        label = follow(codes[0], label=label)
        if label.dtype.kind in "iu" and label.max() == 1:
            break
    assert np.mean(label != MASK) < 0.01 if kind == "JPEG" else np.array_equal(label, MASK)
    if kind == "instances":
        assert np.array_equal(follow(codes[1], label=SAMPLE.instances), weight_map(SAMPLE.instances))
    trained(SAMPLE.image, label)


def recipe():
    return replace(RECIPES["one-cycle"], steps=2, batch=1, tile=52)


@pytest.mark.parametrize("unknown", [255, -1])
def test_pixels_that_nobody_labelled_count_for_nothing(unknown):
    label = MASK.astype(np.int16)
    label[:, :80] = unknown
    codes = advised(ValueError, fit, net(), [(SAMPLE.image, label)], recipe(), device="cpu")
    known, weight = (follow(code, label=label) for code in codes)
    assert set(np.unique(known)) == {0, 1}
    assert np.array_equal(known[:, 80:], MASK[:, 80:])
    other = np.where(label == unknown, 1, known)  # another guess at what nobody labelled changes nothing
    assert trained(SAMPLE.image, known, weights=[weight]) == trained(SAMPLE.image, other, weights=[weight])


def test_classes_beyond_the_network_s_name_how_many_it_needs():
    label = np.kron(np.arange(16).reshape(4, 4) % 3, np.ones((40, 40), int))
    with pytest.raises(ValueError, match="num_classes=3") as raised:
        fit(net(), [(SAMPLE.image, label)], recipe(), device="cpu")
    classes = int(re.findall(r"num_classes=(\d+)", str(raised.value))[-1])
    trained(SAMPLE.image, label, network=net(num_classes=classes))


@pytest.mark.parametrize("kind", ["floats 0 and 1", "floats 0 and 255", "floats 0 and 1/255"])
def test_weight_maps_of_masks_of_floats(kind):
    (code,) = advised(TypeError, weight_map, MASKS[kind])
    assert np.array_equal(weight_map(follow(code, labels=MASKS[kind])), weight_map(MASK))


def test_numbers_that_matplotlib_read_as_floats():
    numbers = SAMPLE.instances / np.float32(255)
    assert SAMPLE.instances.max() < 255
    (code,) = advised(TypeError, weight_map, numbers)
    assert np.array_equal(follow(code, labels=numbers), SAMPLE.instances)


def test_a_probability_map_is_cut():
    probability = np.where(MASK, 0.7, 0.2) + 0.1 * drawn(160, 160)
    for call in (lambda: weight_map(probability), lambda: metrics.dice(MASK, probability)):
        (code,) = advised(TypeError, call)
        assert np.array_equal(follow(code, labels=probability, proposal=probability), MASK)


def test_weight_maps_of_blurred_masks_and_of_classes():
    (code,) = advised(ValueError, weight_map, jpeg(MASK * 255))
    assert np.mean(follow(code, labels=jpeg(MASK * 255)) != MASK) < 0.01
    classes = np.where(SAMPLE.instances > 0, 1 + SAMPLE.instances % 3, 0)
    with pytest.warns(UserWarning, match="3 numbers in .* separate pieces") as caught:
        weight_map(classes)
    (code,) = re.findall("`([^`]+)`", str(caught[0].message))
    numbered = follow(code, labels=classes)
    assert weight_map(numbered) == pytest.approx(weight_map(SAMPLE.instances), abs=1e-6)


# ------------------------------------------------------------------------------------------ scores


def test_numbered_cells_are_scored_as_such():
    """A merger of cells that touch: as a mask both are one region, and the merger is perfect."""
    label = np.zeros((40, 40), int)
    label[5:35, 5:20], label[5:35, 20:35] = 1, 2
    probability = (label > 0) * 1.0
    merged, single = advised(ValueError, metrics.v_rand, label, probability)
    assert follow(merged, label=label, probability=probability).merge < 0.6
    apart = np.where(np.arange(40) == 20, 0, probability)
    assert follow(merged, label=label, probability=apart).score > 0.95
    assert np.array_equal(follow(single, label=label), label == 1)


@pytest.mark.parametrize(
    "kind", ["0 and 255", "0 and 65535", "0 and 7", "JPEG", "floats 0 and 1", "floats 0 and 1/255"]
)
def test_masks_for_the_challenge_s_scores(kind):
    (code,) = advised((TypeError, ValueError), metrics.v_rand, MASKS[kind], MASK)
    label = follow(code, label=MASKS[kind])
    if label.max() > 1:
        (code,) = advised(ValueError, metrics.v_rand, label, MASK)
        label = follow(code, label=label)
    assert metrics.v_rand(label, MASK).score > (0.99 if kind == "JPEG" else 1 - 1e-12)


@pytest.mark.parametrize("top", [255, 4095, 65535])
def test_probabilities_that_were_stored(top):
    stored = np.rint(np.where(MASK, 0.9, 0.1) * top).astype(np.uint16)
    stored[0, 0] = top
    (code,) = advised(ValueError, metrics.v_rand, MASK, stored)
    assert np.array_equal(follow(code, probability=stored), stored / top)


def test_pairs_that_do_not_belong_together():
    classes = np.where(MASK, 1 + (SAMPLE.instances % 2), 0)
    for measure in (metrics.dice, metrics.iou, metrics.share_of_wrong_pixels):
        (code,) = advised(ValueError, measure, MASK * 255, classes)
        right = measure(MASK * 255, follow(code, proposal=classes))
        assert right == (0 if measure is metrics.share_of_wrong_pixels else 1)
    _, label, proposal = advised(ValueError, metrics.dice, MASK * 2, MASK)
    assert metrics.dice(follow(label, label=MASK * 2), follow(proposal, proposal=MASK)) == 1
    assert metrics.dice(MASK * 2, MASK, cls=2) == 0


# ------------------------------------------------------------------------------------------ training


def test_a_stack_or_one_sample_is_put_into_a_list():
    images, labels = np.stack([SAMPLE.image] * 2), np.stack([MASK] * 2)
    wanted = fit(net(), [Sample(SAMPLE.image, MASK)] * 2, recipe(), device="cpu").loss
    (code,) = advised(TypeError, fit, net(), images, recipe())
    assert fit(net(), follow(code, images=images, labels=labels), recipe(), device="cpu").loss == wanted
    assert fit(net(), list(zip(images, labels, strict=True)), recipe(), device="cpu").loss == wanted
    _, code = advised(TypeError, fit, net(), SAMPLE, recipe())
    assert follow(code, data=SAMPLE) == [SAMPLE]
    (code,) = advised(TypeError, fit, net(), list(images), recipe())
    assert len(follow(code, images=images, labels=labels)) == 2


def test_weights_are_maps():
    (code,) = advised(TypeError, fit, net(), [SAMPLE], recipe(), weights=True)
    fit(net(), [SAMPLE], recipe(), weights=follow(code, data=[SAMPLE]), device="cpu")


def test_images_that_fill_little_of_the_range_are_spread():
    stored = np.rint(SAMPLE.image * 4095)
    dim = (stored / 65535).astype(np.float32)
    with pytest.warns(UserWarning, match=r"fill only 0\.0.* 12 bits divided by 65535") as caught:
        trained(dim, MASK)
    (code,) = re.findall("`([^`]+)`", str(caught[0].message))
    np.testing.assert_allclose(follow(code, image=dim), stored / 4095, atol=1e-6)
    dim = (0.4 + 0.1 * SAMPLE.image).astype(np.float32)
    with pytest.warns(UserWarning, match="fill only 0.4.* of") as caught:
        trained(dim, MASK)
    (code,) = re.findall("`([^`]+)`", str(caught[0].message))
    spread = follow(code, image=dim)
    assert (spread.min(), spread.max(), spread.dtype) == (0, 1, np.float32)


def test_a_rate_too_high_for_a_wide_network():
    wide = net(network=UNet, base_width=64)
    run = replace(RECIPES["one-cycle"], steps=1, batch=1, tile=188)
    with pytest.warns(UserWarning, match="learning rate of 0.01 is large") as caught:
        fit(wide, [SAMPLE], run, device="cpu")
    slower, _ = re.findall("`([^`]+)`", str(caught[0].message))
    import dataclasses

    slower = eval(slower, {"dataclasses": dataclasses, "recipe": run})
    assert 1e-4 < slower.learning_rate < 1e-3


# ------------------------------------------------------------------------------------------ files of weights


def test_the_path_of_a_file_is_read(tmp_path):
    path = checkpoints.save(tmp_path / "mine.safetensors", net())
    for wrong in (str(path), path):
        (code,) = advised((TypeError, ValueError), checkpoints.load, wrong)
        assert torch.equal(follow(code).score.weight, net().score.weight.half().float())


@pytest.mark.parametrize("wrap", [nn.Identity, nn.DataParallel])
def test_weights_of_another_program_are_loaded(wrap, tmp_path):
    import safetensors.torch

    state = net().state_dict() if wrap is nn.Identity else wrap(net()).state_dict()
    path = tmp_path / "theirs.safetensors"
    safetensors.torch.save_file(state, path)
    (code,) = advised(ValueError, checkpoints.read, path)
    fresh = net(seed=1)
    exec(code, {"safetensors": safetensors, "torch": torch, "path": path, "net": fresh})
    assert torch.equal(fresh.score.weight, net().score.weight)


def test_a_network_of_one_s_own_is_kept_by_its_weights(tmp_path):
    import safetensors.torch

    own = nn.Conv2d(1, 2, 3)
    (code,) = advised(TypeError, checkpoints.save, tmp_path / "net.safetensors", own)
    exec(code, {"safetensors": safetensors, "net": own, "path": tmp_path / "own.safetensors"})
    assert torch.equal(safetensors.torch.load_file(tmp_path / "own.safetensors")["weight"], own.weight)
