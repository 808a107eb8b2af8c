"""Images larger than memory: tiles of a Dask graph give what `predict` gives, whether a worker is lost or not."""

import copy
import os
import signal
import time

import dask
import dask.array as da
import numpy as np
import pytest
import torch
import zarr
from distributed import Client, LocalCluster

from unet_edu import big
from unet_edu.models import PaddedUNet, UNet
from unet_edu.predict import network_bytes, predict

torch.manual_seed(0)
NET = UNet(base_width=2, depth=2).eval()
RNG = np.random.default_rng(0)
SMALL = network_bytes(NET, (124, 124))  # chunks of 80 to 84 pixels


def picture(*shape):
    return RNG.random(shape, np.float32)


@pytest.fixture(scope="module")
def client():
    before = copy.deepcopy(dask.config.config)
    big.keep_memory()
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, memory_limit="1GiB", dashboard_address=None
        ) as local,
        Client(local) as connected,
    ):
        yield connected
    dask.config.config.clear()
    dask.config.config.update(before)


def test_workers_keep_their_memory(client):
    for name, value in big.KEPT.items():
        assert client.submit(os.environ.get, name, pure=False).result() == str(value)


@pytest.mark.parametrize("shape", [(300, 211), (84, 160), (85, 7), (1, 1), (3, 90)])
def test_it_is_what_predict_gives_also_at_the_border(shape):
    image = picture(*shape)
    found = big.predict(NET, da.from_array(image, chunks=50), max_memory=SMALL)
    assert found.shape == (2, *shape)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.compute(), predict(NET, image), atol=1e-5)


def test_the_border_is_numpys_reflect_and_not_the_one_of_map_overlap():
    image = picture(60, 60)
    wide = big.extended(da, da.from_array(image[None], chunks=20), 1, depth=2)
    edge = (wide.shape[1] - 60 - 4) // 2
    np.testing.assert_array_equal(wide.compute()[0], np.pad(image, ((edge, edge + 4), (0, 0)), mode="reflect"))
    repeated = da.overlap.overlap(da.from_array(image, chunks=60), {0: edge, 1: 0}, {0: "reflect", 1: "none"}).compute()
    np.testing.assert_array_equal(repeated, np.pad(image, ((edge, edge), (0, 0)), mode="symmetric"))


def test_nothing_is_read_before_it_is_computed_and_then_only_what_a_tile_needs():
    read = []

    def block(where):
        read.append(where)
        return np.zeros((50, 50), np.float32)

    parts = [[da.from_delayed(dask.delayed(block)((r, c)), (50, 50), np.float32) for c in range(20)] for r in range(20)]
    lazy = big.predict(NET, da.block(parts), max_memory=SMALL)
    assert read == []
    lazy[:, :10, :10].compute(scheduler="sync")
    assert 0 < len(set(read)) <= 9
    assert max(max(where) for where in read) <= 2


def test_chunks_stand_on_the_grid_of_the_poolings():
    lazy = big.predict(NET, da.zeros((1000, 700), np.float32), max_memory=SMALL)
    heights = lazy.chunks[1]
    assert len(set(heights[:-1])) == 1
    assert heights[0] % 4 == 0
    assert 60 <= heights[0] <= 84
    assert big.predict(NET, da.zeros((5000, 10), np.float32), max_memory=2**34).chunks[1][0] == big.LARGEST


def test_a_zarr_array_of_whole_numbers_goes_in_and_probabilities_come_out(tmp_path):
    grey = RNG.integers(0, 4096, (170, 190), np.uint16)
    stored = zarr.create_array(str(tmp_path / "image.zarr"), shape=grey.shape, chunks=(64, 64), dtype=grey.dtype)
    stored[:] = grey
    big.predict(NET, stored, scale=4095, max_memory=SMALL).to_zarr(str(tmp_path / "out.zarr"))
    np.testing.assert_allclose(
        zarr.open_array(str(tmp_path / "out.zarr"))[:], predict(NET, grey, scale=4095), atol=1e-5
    )


def test_several_channels_a_normalisation_and_training_afterwards():
    net = UNet(in_channels=3, num_classes=1, base_width=2, depth=1)
    net.normalisation = (0.4, 0.2)
    image = picture(3, 70, 50)
    order = net.d0.conv1.weight.stride()
    lazy, wanted = big.predict(net, image), predict(net, image)
    assert net.training
    assert net.d0.conv1.weight.stride() == order
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    np.testing.assert_allclose(lazy.compute(scheduler="threads"), wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("net", "array", "error", "words"),
    [
        (PaddedUNet(base_width=2), np.zeros((64, 64), np.float32), TypeError, "would not be exact"),
        (NET, np.zeros((2, 64, 64), np.float32), ValueError, r"\(1, H, W\)"),
        (NET, np.zeros((0, 64), np.float32), ValueError, "at least one pixel"),
        (NET, np.zeros((64, 64), np.uint8), TypeError, "floats in"),
        (NET, np.zeros((64, 64), bool), TypeError, "astype"),
    ],
)
def test_what_cannot_work_is_refused_at_once(net, array, error, words):
    with pytest.raises(error, match=words):
        big.predict(net, array)


def test_the_least_memory_that_is_named_does():
    with pytest.raises(ValueError, match="smallest legal max_memory is") as told:
        big.predict(NET, picture(40, 40), max_memory=10)
    least = int(str(told.value).rsplit(" ", 1)[1])
    image = picture(40, 40)
    np.testing.assert_allclose(big.predict(NET, image, max_memory=least).compute(), predict(NET, image), atol=1e-5)


def test_values_outside_are_refused_when_they_are_read():
    lazy = big.predict(NET, da.full((64, 64), 1.5, dtype=np.float32))
    with pytest.raises(ValueError, match="must lie in"):
        lazy.compute()


def test_two_processes_give_the_same(client):
    image = picture(400, 300)
    lazy = big.predict(NET, da.from_array(image, chunks=128), max_memory=SMALL)
    np.testing.assert_allclose(client.compute(lazy).result(timeout=300), predict(NET, image), atol=1e-5)
    assert len(client.run(os.getpid)) == 2


def test_a_killed_worker_loses_nothing(client):
    """One of the two processes ends in the middle; what it held is computed again."""
    image = picture(400, 400)
    client.wait_for_workers(2, timeout=300)
    slowly = da.from_array(image, chunks=100).map_blocks(lambda block: (time.sleep(0.1), block)[1], dtype=np.float32)
    parts = client.compute(list(big.predict(NET, slowly, max_memory=SMALL).to_delayed().ravel()))
    while not any(part.done() for part in parts):
        time.sleep(0.01)
    assert not all(part.done() for part in parts)
    holder = next(iter(client.who_has([part for part in parts if part.done()]).values()))[0]
    before = client.run(os.getpid)
    os.kill(before[holder], signal.SIGKILL)
    found = [part.result(timeout=300) for part in parts]
    whole = predict(NET, image)
    rows = round(len(found) ** 0.5)
    lines = [np.concatenate(found[at * rows : (at + 1) * rows], axis=2) for at in range(rows)]
    np.testing.assert_allclose(np.concatenate(lines, axis=1), whole, atol=1e-5)
    assert before[holder] not in client.run(os.getpid).values()
