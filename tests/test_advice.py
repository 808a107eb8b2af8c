"""Advice in messages is followed: each line of code between backticks is run, and gives what would have been right.

`FOLLOWED` lists all advice of the package, by file, with the test that follows it.
"""

import ast
import dataclasses
import io
import re
import warnings
from dataclasses import replace

import numpy
import numpy as np
import pytest
import skimage.measure
import torch
from bookkit import ROOT
from PIL import Image
from torch import nn

import unet_edu.data.cells
import unet_edu.models.batch_norm
from unet_edu import big, checkpoints, metrics
from unet_edu.data import Sample, cells, files
from unet_edu.data.augment import augment
from unet_edu.data.weightmap import weight_map
from unet_edu.models import OneLevelUNet, PaddedUNet, SlidingWindowNet, UNet
from unet_edu.predict import predict
from unet_edu.thinning import thin
from unet_edu.training import RECIPES, fit

pytestmark = pytest.mark.usefixtures("one_thread")
KNOWN = {"numpy": numpy, "torch": torch, "skimage": skimage, "predict": predict, "Sample": Sample}
KNOWN |= {"dataclasses": dataclasses, "unet_edu": unet_edu}
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


def test_a_picture_in_colour_is_made_grey():
    image, network = drawn(3, 30, 26), net()
    for picture in (image, np.concatenate([image, np.ones((1, 30, 26))])):  # with an opacity, too
        mean, _ = advised(ValueError, predict, network, picture)
        found = predict(network, follow(mean, image=picture))
        np.testing.assert_allclose(found, predict(network, image.mean(axis=0)), atol=1e-6)


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
    slower, held = re.findall("`([^`]+)`", str(caught[0].message))
    slower = follow(slower, recipe=run)
    assert 1e-4 < slower.learning_rate < 1e-3
    held = follow(held, model=wide)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(held, [SAMPLE], run, device="cpu")


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


# ------------------------------------------------------------------------------------------ arguments


def with_advised(error, call, **broken):
    """What a call gives when the arguments in its error's message, `name=value`, take the place of its own."""
    return [call(**(broken | follow(f"dict({code})"))) for code in advised(error, call, **broken)]


def test_arguments_of_what_is_drawn():
    assert [one.image.shape for one in with_advised(TypeError, cells.tissue, size="large", seed=0)] == [
        (512, 512),
        (480, 500),
    ]
    (found,) = with_advised(TypeError, cells.tissue, size=64, seed=0.5)
    assert np.array_equal(found.image, cells.tissue(64, 0).image)


def test_constants_of_the_weight_map():
    for broken in ({"w0": "ten"}, {"sigma": -1}):
        (found,) = with_advised((TypeError, ValueError), lambda **options: weight_map(MASK, **options), **broken)
        assert np.array_equal(found, weight_map(MASK))


@pytest.mark.parametrize("broken", [{"device": "nowhere"}, {"max_memory": 10}])
def test_where_and_in_how_much_memory_it_is_predicted(broken):
    network, image = net(network=PaddedUNet, depth=1), drawn(30, 26)
    (found,) = with_advised(ValueError, lambda **options: predict(network, image, **options), **broken)
    assert np.array_equal(found, predict(network, image))


def test_a_network_for_these_classes_and_channels():
    def train(sample, **options):
        return fit(net(**options), [sample], recipe(), device="cpu").loss

    (found,) = with_advised(ValueError, lambda **options: train(SAMPLE, **options), num_classes=1)
    assert found == train(SAMPLE)
    coloured = SAMPLE._replace(image=np.stack([SAMPLE.image] * 3))
    (found,) = with_advised(ValueError, lambda **options: train(coloured, **options), in_channels=1)
    assert found == train(coloured, in_channels=3)


def test_a_batch_for_several_processes_and_a_set_that_is_not_empty(monkeypatch):
    loop = "unet_edu.training.loop.distributed."
    with monkeypatch.context() as several:
        for name, value in (("is_initialized", True), ("get_rank", 0), ("get_world_size", 3)):
            several.setattr(loop + name, lambda value=value: value)
        (code,) = advised(ValueError, fit, net(), [], replace(recipe(), batch=4))
        (other,) = advised(ValueError, fit, net(), [], replace(recipe(), **follow(f"dict({code})")))
    assert code == "batch=6"
    sample = follow(other)
    assert len(fit(net(), [sample], recipe(), device="cpu").loss) == 2


# ------------------------------------------------------------------------------------------ other arrays


def test_an_array_of_unknown_size_is_measured():
    import dask.array

    image = drawn(40, 44)
    array = dask.array.from_array(image, chunks=20)
    array = array[dask.array.from_array(np.ones(40, bool), chunks=20)]
    network = net(network=UNet, depth=1)
    (code,) = advised(ValueError, big.predict, network, array)
    found = big.predict(network, follow(f"array.{code}", array=array))
    np.testing.assert_allclose(found.compute(scheduler="sync"), predict(network, image), atol=1e-5)


def test_images_of_other_kinds():
    image = drawn(30, 26)
    (code,) = advised(TypeError, predict, net(), image > 0.5)
    assert np.array_equal(follow(code, image=image > 0.5), (image > 0.5) * 1.0)
    for hole, options in ((np.nan, {}), (-np.inf, {"scale": 1.0})):
        holed = image.copy()
        holed[3, 4] = hole
        (code,) = advised(ValueError, predict, net(), holed, **options)
        mended = follow(code, image=holed)
        assert np.isfinite(mended).all()
        assert np.array_equal(np.delete(mended, 3, axis=0), np.delete(image, 3, axis=0))
    (code,) = advised(TypeError, fit, net(), [(torch.from_numpy(SAMPLE.image), MASK)])
    assert np.array_equal(follow(code, image=torch.from_numpy(SAMPLE.image)), SAMPLE.image)
    holed = SAMPLE.image.copy()
    holed[3, 4] = np.nan
    (code,) = advised(ValueError, fit, net(), [(holed, MASK)])
    trained(follow(code, image=holed), MASK)


def test_a_label_that_is_a_list():
    (code,) = advised(TypeError, fit, net(), [(SAMPLE.image, MASK.tolist())], recipe(), device="cpu")
    assert np.array_equal(follow(code, label=MASK.tolist()), MASK)


def test_tensors_to_augment():
    images, labels = torch.rand(1, 1, 40, 40), torch.ones(1, 40, 40, dtype=torch.long)
    draws = {"size": (20, 20), "sigma": 1.0}

    def seeded():
        return torch.Generator().manual_seed(0)

    wanted = augment(images, labels, **draws, generator=seeded())
    (code,) = advised(TypeError, augment, images, labels, **draws, generator=0)
    found = augment(images, labels, **draws, generator=follow(code))
    assert torch.equal(found[0], wanted[0])
    (code,) = advised(TypeError, augment, images, labels.double(), **draws, generator=seeded())
    assert torch.equal(follow(code, labels=labels.double()), labels)
    (code,) = advised(TypeError, augment, images.double(), labels, **draws, generator=seeded())
    assert torch.equal(follow(code, images=images.double()), images)


def test_scores_of_one_class_of_several_probabilities():
    both = np.stack([1 - MASK, MASK])
    (code,) = advised(ValueError, metrics.dice, MASK, both)
    assert metrics.dice(MASK, follow(code, proposal=both)) == 1


def label_of(mask, kind="auto", colours=None):
    return files.as_label(files.Page(mask, "mask"), kind, colours)


def test_masks_from_files():
    fractions, soft = MASK * 0.6 + 0.1 * drawn(160, 160), jpeg(MASK * 255)
    for mask in (fractions, soft):
        (code,) = advised(ValueError, label_of, mask, "mask")
        assert np.mean(follow(code, mask=mask) != MASK) < 0.01
    numbers = SAMPLE.instances.astype(np.uint16) + 300 * (SAMPLE.instances > 0)
    (code,) = advised(ValueError, label_of, numbers, "classes")
    assert np.array_equal(label_of(numbers, **follow(f"dict({code})")), numbers)
    coloured = np.where(MASK[..., None], np.array([255, 0, 0]), 0).astype(np.uint8)
    (code,) = advised(ValueError, label_of, coloured, "classes")
    assert np.array_equal(label_of(coloured, "classes", **follow(f"dict({code})")), MASK)


# ------------------------------------------------------------------------------------------ all of it

FOLLOWED = {  # file: {advice, {} where a value or a name stands: the test that follows it}
    "big.py": {"compute_chunk_sizes()": "test_an_array_of_unknown_size_is_measured"},
    "checkpoints.py": {
        "read({})[0]": "test_the_path_of_a_file_is_read",
        "safetensors.torch.save_file(net.state_dict(), path)": "test_a_network_of_one_s_own_is_kept_by_its_weights",
        "state = safetensors.torch.load_file(path); {}net.load_state_dict(state)": (
            "test_weights_of_another_program_are_loaded"
        ),
    },
    "data/augment.py": {
        "torch.Generator().manual_seed(0)": "test_tensors_to_augment",
        "{}.float()": "test_tensors_to_augment",
        "labels.long()": "test_tensors_to_augment",
    },
    "data/cells.py": {
        "size=512": "test_arguments_of_what_is_drawn",
        "size=(480, 500)": "test_arguments_of_what_is_drawn",
        "{}=0": "test_arguments_of_what_is_drawn",
    },
    "data/files.py": {
        "(mask > {}).astype('uint8')": "test_masks_from_files",
        "kind='numbers'": "test_masks_from_files",
        "colours={{}}": "test_masks_from_files",
    },
    "data/isbi2012.py": {
        "isbi2012.load({}, download=True)": "data/test_isbi2012.py::test_a_damaged_file_is_reported_and_left_alone",
    },
    "data/weightmap.py": {
        "{}": "test_weight_maps_of_masks_of_floats",
        "w0=10, sigma=5": "test_constants_of_the_weight_map",
    },
    "labels.py": {
        "numpy.where({}, 0, label)": "test_pixels_that_nobody_labelled_count_for_nothing",
        "({}).astype('float32')": "test_pixels_that_nobody_labelled_count_for_nothing",
        "(label > {}).astype(numpy.uint8)": "test_any_mask_trains_as_0_and_1",
        "(label > 0).astype(numpy.uint8)": "test_any_mask_trains_as_0_and_1",
        "weight_map(label)": "test_any_mask_trains_as_0_and_1",
        "num_classes={}": "test_classes_beyond_the_network_s_name_how_many_it_needs",
        "({} > {}).astype('uint8')": "test_weight_maps_of_blurred_masks_and_of_classes",
        "skimage.measure.label({}, connectivity=1)": "test_weight_maps_of_blurred_masks_and_of_classes",
    },
    "metrics/__init__.py": {
        "{}": "test_a_probability_map_is_cut",
        "({} > 0).astype('uint8')": "test_masks_for_the_challenge_s_scores",
        "{} // {}": "test_masks_for_the_challenge_s_scores",
        "({} > {}).astype('uint8')": "test_masks_for_the_challenge_s_scores",
        "rand_parts({}, thin(probability > 0.5))": "test_numbered_cells_are_scored_as_such",
        "({} == 1).astype('uint8')": "test_numbered_cells_are_scored_as_such",
        "cls={}": "test_pairs_that_do_not_belong_together",
        "(label > 0).astype('uint8')": "test_pairs_that_do_not_belong_together",
        "(proposal > 0).astype('uint8')": "test_pairs_that_do_not_belong_together",
        "{}[1]": "test_scores_of_one_class_of_several_probabilities",
        "probability / {}": "test_probabilities_that_were_stored",
    },
    "models/checks.py": {
        "{}.float()": "test_tensors_of_whole_numbers",
        "{} / {}": "test_tensors_of_whole_numbers",
    },
    "predict.py": {
        "device=None": "test_where_and_in_how_much_memory_it_is_predicted",
        "max_memory={}": "test_where_and_in_how_much_memory_it_is_predicted",
        "image.astype('float32')": "test_images_of_other_kinds",
        "numpy.nan_to_num(image)": "test_images_of_other_kinds",
        "{}": "test_stored_greys_predict_as_those_that_were_seen",
        "predict(net, image, scale={})": "test_a_scale_below_the_values_names_the_right_one",
        "image.transpose(2, 0, 1)": "test_colours_that_come_last",
        "image[..., :3].transpose(2, 0, 1)": "test_colours_that_come_last",
        "image[..., :3].mean(axis=2)": "test_colours_that_come_last",
        "image[:3].mean(axis=0)": "test_a_picture_in_colour_is_made_grey",
        "numpy.stack([image] * {})": "test_a_grey_image_for_a_network_of_three_channels_is_repeated",
        "numpy.stack([predict(net, one) for one in image])": "test_a_stack_is_predicted_slice_by_slice",
    },
    "training/checks.py": {
        "[Sample(image, label) for image, label in zip(images, labels)]": (
            "test_a_stack_or_one_sample_is_put_into_a_list"
        ),
        "[{}]": "test_a_stack_or_one_sample_is_put_into_a_list",
        "image.numpy()": "test_images_of_other_kinds",
        "numpy.nan_to_num(image)": "test_images_of_other_kinds",
        "{}": "test_stored_greys_train_as_those_that_were_seen",
        "({}).astype('float32')": "test_stored_greys_train_as_those_that_were_seen",
        "numpy.repeat(image.reshape(1, *image.shape[-2:]), {}, axis=0)": (
            "test_a_grey_image_for_a_network_of_three_channels_is_repeated"
        ),
        "in_channels={}": "test_a_network_for_these_classes_and_channels",
        "num_classes=2": "test_a_network_for_these_classes_and_channels",
        "[weight_map(sample.label) for sample in data]": "test_weights_are_maps",
        "dataclasses.replace(recipe, learning_rate={})": "test_a_rate_too_high_for_a_wide_network",
        "unet_edu.models.batch_norm.insert_batch_norm(model)": "test_a_rate_too_high_for_a_wide_network",
    },
    "training/loop.py": {
        "batch={}": "test_a_batch_for_several_processes_and_a_set_that_is_not_empty",
        "unet_edu.data.cells.tissue(512, 0)": "test_a_batch_for_several_processes_and_a_set_that_is_not_empty",
    },
}
NO_ADVICE = {"scale={}", "in_channels={}", "whole=False", "{}(**{})"}  # what was given, in its own words
PAGES = ("course", "figures", "plots")  # folders whose strings are pages and exercises, not messages
CODE = re.compile("`([^`]*[][()={}/][^`]*)`")
BARE = re.compile(r"(?:[\w.]|\{\})+(?:\([^ .)]*\)(?:\.\w+\(\w*\))?|=(?:\([^)]*\)|[\w'{}]+))")


def literals(tree):
    """The texts in some code, {} where a value goes in; f-strings whole, no docstrings."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    skipped |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) not in skipped and isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif id(node) not in skipped and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def messages(tree):
    """The texts of errors and warnings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "warn"):
            yield from literals(node)


def sources():
    """{file: its syntax tree} of the modules whose messages a user meets."""
    package = ROOT / "unet_edu"
    paths = [path.relative_to(package) for path in sorted(package.rglob("*.py"))]
    return {
        path.as_posix(): ast.parse((package / path).read_text("utf-8")) for path in paths if path.parts[0] not in PAGES
    }


def test_all_advice_is_followed_by_a_test():
    found = {name: {code for text in literals(tree) for code in CODE.findall(text)} for name, tree in sources().items()}
    assert {name: codes for name, codes in found.items() if codes} == {n: set(codes) for n, codes in FOLLOWED.items()}
    tests = {test for codes in FOLLOWED.values() for test in codes.values()}
    for test in tests:
        place, _, name = test.rpartition("::")
        text = (ROOT / "tests" / (place or "test_advice.py")).read_text("utf-8")
        assert f"def {name}(" in text


def test_code_in_messages_stands_between_backticks():
    """Or it could be followed by no test."""
    bare = {
        f"{name}: {code}"
        for name, tree in sources().items()
        for text in messages(tree)
        for code in BARE.findall(re.sub("`[^`]*`", "", text))
        if code not in NO_ADVICE and "..." not in code
    }
    assert bare == set()


@pytest.mark.parametrize("text", ["take batch={}", "use {}.float()", "size=(480, 500)", "torch.Generator().seed(0)"])
def test_bare_code_is_recognised(text):
    assert BARE.search(text)
