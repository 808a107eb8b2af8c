"""Each decision follows from the survey; the estimate of memory is held against what a process takes."""

import json
import subprocess
import sys
from dataclasses import fields, replace

import pytest
from ownkit import discs

from unet_edu.arithmetic import border, is_valid, receptive_field
from unet_edu.own.plan import Decision, pixel_size, plan, training_bytes
from unet_edu.own.survey import survey

SURVEY = survey([discs(512)])


def of(**changes):
    return plan(replace(SURVEY, **changes))


def test_every_decision_has_a_value_and_a_reason_in_one_line():
    made = plan(SURVEY)
    for field, line in zip(fields(made), made.lines(), strict=True):
        decision = getattr(made, field.name)
        assert isinstance(decision, Decision)
        assert decision.value is not None
        assert len(decision.why) > 20
        assert "\n" not in decision.why
        assert line.startswith(f"{field.name}: ")
        assert decision.why in line


@pytest.mark.parametrize(("diameter", "pixel"), [(7, 0.5), (8, 1), (60, 1), (61, 2), (200, 5)])
def test_objects_are_rescaled_to_a_size_that_the_network_sees(diameter, pixel):
    assert pixel_size(diameter).value == pixel
    assert of(diameters=(diameter, diameter, diameter)).pixel.value == pixel


@pytest.mark.parametrize("diameter", [10, 20, 30, 40, 60])
def test_the_depth_is_the_least_that_sees_three_diameters(diameter):
    depth = of(diameters=(diameter, diameter, diameter)).depth.value
    enough = [d for d in (2, 3, 4) if receptive_field(0, d).width >= 3 * diameter]
    assert depth == min(enough, default=4)


def test_the_tile_is_legal_labels_no_more_than_an_image_and_fits_into_memory():
    for side, memory in ((512, 2**31), (100, 2**31), (512, 10**8), (512, 5 * 10**7)):
        made = plan(replace(SURVEY, sizes={(side, side): 1}), memory)
        tile, depth = made.tile.value, made.depth.value
        assert is_valid(tile, depth)
        assert tile - 2 * border(depth) <= side
        assert training_bytes(tile, made.batch.value, made.width.value, depth) <= memory
        assert made.recipe.value.tile == tile
    small, large = (plan(SURVEY, memory).tile for memory in (5 * 10**7, 10**8))
    assert small.value < large.value
    assert "by memory" in small.why


def test_a_gpu_gets_several_tiles_a_step():
    assert (plan(SURVEY, device="cpu").batch.value, plan(SURVEY, device="cuda").batch.value) == (1, 8)
    assert plan(SURVEY, 10**8, device="cuda").batch.value < 8


def test_too_little_memory_names_the_least_that_does():
    with pytest.raises(ValueError, match="smallest legal max_memory is ") as raised:
        plan(SURVEY, 10**6)
    least = int(str(raised.value).rpartition(" ")[2])
    assert plan(SURVEY, least).tile.value > 0
    with pytest.raises(ValueError, match="smallest legal"):
        plan(SURVEY, least - 1)


def test_the_border_term_is_on_where_objects_touch():
    assert of(touching=0.05).border.value is True
    assert of(touching=0.04).border.value is False


def test_each_image_is_scaled_by_its_own_greys_where_contrast_differs():
    assert of(greys=((0.0, 0.9), (0.0, 0.4))).greys.value == "own"
    assert of(greys=((0.0, 0.9), (0.0, 0.5))).greys.value == "set"


def test_nothing_to_learn_and_images_too_small_are_named():
    with pytest.raises(ValueError, match="no object in any label"):
        of(diameters=None)
    with pytest.raises(ValueError, match="too small for depth 2: the smallest has 4"):
        of(sizes={(3, 200): 1})


MEASURE = """
import json, sys
from dataclasses import replace
from functools import partial
import numpy as np, torch
torch.set_num_threads(1)
from unet_edu.data import Sample
from unet_edu.data.augment import augment
from unet_edu.models import UNet
from unet_edu.models.batch_norm import insert_batch_norm
from unet_edu.training import RECIPES, fit

def train(tile, batch, width, depth, steps):
    rng = np.random.default_rng(0)
    data = [Sample(rng.random((300, 300), np.float32), (rng.random((300, 300)) > 0.5).astype(np.uint8))]
    recipe = replace(RECIPES["one-cycle"], steps=steps, batch=batch, tile=tile)
    net = insert_batch_norm(UNet(1, 2, width, depth))
    fit(net, data, recipe, augment=partial(augment, sigma=5.0), every=10**6, progress=False, device="cpu")

def memory(name):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(name))

train(92, 1, 2, 3, 2)  # what is loaded once is not counted
before = memory("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the peak starts anew
train(*map(int, sys.argv[1:]), 5)
print(json.dumps(memory("VmHWM") - before))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from /proc")
@pytest.mark.parametrize(("tile", "batch", "width", "depth"), [(300, 1, 16, 3), (300, 1, 16, 4), (196, 3, 8, 3)])
def test_the_estimate_of_memory_is_within_a_quarter_of_the_measured_peak(tile, batch, width, depth):
    words = [str(one) for one in (tile, batch, width, depth)]
    done = subprocess.run([sys.executable, "-c", MEASURE, *words], check=True, capture_output=True, text=True)
    assert training_bytes(tile, batch, width, depth) == pytest.approx(json.loads(done.stdout), rel=0.25)
