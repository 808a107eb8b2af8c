"""Training: what the loss is made of, that runs repeat, resume and divide among processes, and that errors teach."""

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import cross_entropy

from unet_edu.arithmetic import border
from unet_edu.data import cells
from unet_edu.data.augment import augment
from unet_edu.data.weightmap import weight_map
from unet_edu.experiments import train
from unet_edu.models import ArticleUNet, FCN8s, OneLevelUNet, SlidingWindowNet, UNet
from unet_edu.training import RECIPES, Recipe, fit, loop
from unet_edu.training.loop import centre, chosen_samples
from unet_edu.training.preview import notebook_preview
from unet_edu.training.recipe import learning_rate

SMALL = replace(RECIPES["one-cycle"], steps=6, batch=2, tile=52)  # OneLevelUNet: 52 → 36
PLAIN = Recipe(1, 2, 52, "sgd", learning_rate=0.1, schedule="constant", momentum=0.0)


@pytest.fixture(scope="module")
def tissue():
    return [cells.tissue(96, seed) for seed in range(3)]


def small_net(seed=0, network=OneLevelUNet, **options):
    torch.manual_seed(seed)
    return network(**({"base_width": 2} | options))


def run(tissue, recipe=SMALL, net=None, **options):
    """Train a small network on the CPU; return it with its history."""
    net = net or small_net()
    return net, fit(net, tissue, recipe, **{"device": "cpu"} | options)


def same(first, second):
    """Whether two networks hold the same bits."""
    first, second = first.state_dict(), second.state_dict()
    return all(torch.equal(first[name], second[name]) for name in first)


def corner(images, labels, *, generator, size, margin, weights):
    """In place of `augment`: the top left corner, as it is."""
    return images[..., :size, :size], labels[..., :size, :size], weights[..., :size, :size]


# --- what is learnt ----------------------------------------------------------------------------------


def test_the_papers_network_learns_more_than_the_share_of_the_classes():
    data = [cells.tissue(256, seed) for seed in range(3)]
    net = small_net(network=UNet, base_width=8)
    recipe = replace(RECIPES["one-cycle"], steps=30, batch=2, tile=252, learning_rate=6e-3)
    history = fit(net, data[:2], recipe, validation=data[2:], device="cpu", every=30)
    share = np.mean([sample.label.mean() for sample in data])
    knowing_only_the_share = -share * math.log(share) - (1 - share) * math.log(1 - share)
    assert np.mean(history.loss[-5:]) < 0.7 * np.mean(history.loss[:5])
    ((steps, loss),) = history.validation_loss
    assert steps == 30
    assert loss < knowing_only_the_share


def test_the_papers_recipe_learns():
    data = [cells.tissue(128, seed) for seed in range(3)]
    recipe = replace(RECIPES["paper"], steps=120, tile=84)
    history = fit(small_net(base_width=8), data, recipe, device="cpu", every=120)
    assert np.mean(history.loss[-20:]) < 0.5 * np.mean(history.loss[:20])


def test_the_recipe_called_paper_says_what_the_paper_says():
    paper = RECIPES["paper"]
    assert (paper.optimizer, paper.momentum, paper.batch, paper.tile) == ("sgd", 0.99, 1, 572)


# --- what the loss is --------------------------------------------------------------------------------


def test_the_loss_is_the_weighted_mean_over_the_valid_window(tissue):
    weights = [weight_map(sample.instances) for sample in tissue]
    net = small_net()
    cut = border(depth=1)
    images = torch.stack([torch.tensor(sample.image[None, :52, :52]) for sample in tissue])
    labels = torch.stack([torch.tensor(sample.label[cut : 52 - cut, cut : 52 - cut]).long() for sample in tissue])
    weight = torch.stack([torch.tensor(w[cut : 52 - cut, cut : 52 - cut]) for w in weights])
    grey = np.stack([sample.image for sample in tissue]).astype(float)
    with torch.no_grad():
        logits = net((images - grey.mean()) / grey.std())
    by_hand = (weight * cross_entropy(logits, labels, reduction="none")).sum() / weight.sum()

    _, history = run(tissue, replace(PLAIN, batch=3), net, weights=weights, augment=corner)
    assert history.loss == [pytest.approx(by_hand.item(), rel=1e-5)]
    assert net.normalisation == (pytest.approx(grey.mean()), pytest.approx(grey.std()))
    assert not net.training
    assert cross_entropy(logits, labels).item() != pytest.approx(by_hand.item(), rel=1e-2)


def test_a_network_that_keeps_the_size_is_scored_on_the_whole_tile(tissue):
    net = nn.Conv2d(1, 2, 1)
    image, label = torch.tensor(tissue[0].image[None, None, :50, :50]), torch.tensor(tissue[0].label[None, :50, :50])
    mean, std = float(tissue[0].image.mean(dtype=float)), float(tissue[0].image.std(dtype=float))
    by_hand = cross_entropy(net((image - mean) / std), label.long()).item()
    _, history = run(tissue[:1], replace(PLAIN, batch=1, tile=50), net, augment=corner)
    assert history.loss == [pytest.approx(by_hand, rel=1e-5)]


def test_the_window_of_the_papers_network_is_its_border_away_from_the_tile():
    maps = torch.arange(572 * 572).reshape(572, 572)
    assert centre(maps, 388)[0, 0] == maps[border(), border()]
    assert centre(maps, 388).shape == (388, 388)


def test_a_weight_of_zero_takes_a_pixel_out(tissue):
    """Labels that count for nothing may be anything."""
    weights, wrong = [], []
    for sample in tissue:
        weight = np.ones((96, 96), np.float32)
        weight[:, 24:] = 0
        weights.append(weight)
        wrong.append(sample._replace(label=np.where(weight > 0, sample.label, 1 - sample.label).astype(np.uint8)))
    left = partial(run, weights=weights, augment=corner)
    assert same(left(tissue)[0], left(wrong)[0])
    assert not same(run(tissue, augment=corner)[0], run(wrong, augment=corner)[0])


@pytest.mark.parametrize(
    ("build", "tile", "channels"),
    [
        (lambda: UNet(base_width=2), 188, 1),
        (lambda: SlidingWindowNet(), 95, 1),
        (lambda: FCN8s(num_classes=2, in_channels=1, width=2), 64, 1),
        (lambda: ArticleUNet(2, base_width=2), 256, 3),
    ],
    ids=["U-Net", "sliding window", "FCN-8s", "article"],
)
def test_every_network_of_the_book_can_be_trained(build, tile, channels):
    sample = cells.tissue(256, 0)
    image = np.repeat(sample.image[None], channels, axis=0) if channels > 1 else sample.image
    net = build()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    _, history = run([sample._replace(image=image)], replace(PLAIN, batch=1, tile=tile, steps=2, clip=1.0), net)
    assert len(history.loss) == 2
    assert any(not torch.equal(value, before[name]) for name, value in net.state_dict().items())


# --- what a run is made of ---------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits_and_another_one_others(tissue):
    (first, history), (second, again), (other, _) = (run(tissue, seed=seed) for seed in (3, 3, 4))
    assert same(first, second)
    assert (history.loss, history.learning_rate) == (again.loss, again.learning_rate)
    assert not same(first, other)


def test_the_callers_random_numbers_stay_as_they_were(tissue):
    net = small_net()
    before = torch.get_rng_state()
    run(tissue, net=net)
    assert torch.equal(torch.get_rng_state(), before)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.integers(1, 20), st.integers(1, 9), st.integers(0, 30), st.integers(0, 5))
def test_each_sample_has_its_turn(count, batch, step, seed):
    chosen = [index for n in range(step + 1) for index in chosen_samples(seed, n, batch, count)]
    times = np.bincount(chosen, minlength=count)
    assert times.max() - times.min() <= 1
    one_by_one = [chosen_samples(seed, n, 1, count)[0] for n in range(len(chosen))]
    assert chosen == one_by_one


def test_one_cycle_rises_for_three_tenths_and_falls_to_almost_nothing():
    recipe = replace(RECIPES["one-cycle"], steps=100, learning_rate=1.0)
    rates = [learning_rate(recipe, step) for step in range(100)]
    assert rates[0] == pytest.approx(1 / 25)
    assert rates[30] == max(rates) == pytest.approx(1)
    assert rates[:31] == sorted(rates[:31])
    assert rates[30:] == sorted(rates[30:], reverse=True)
    assert rates[-1] < 1e-3
    assert learning_rate(RECIPES["paper"], 0) == learning_rate(RECIPES["paper"], 3999)


def test_augmentation_is_asked_for_tiles_whose_window_lies_on_the_image(tissue):
    asked = []

    def asks(images, labels, **options):
        asked.append((tuple(images.shape), tuple(labels.shape), options["size"], options["margin"]))
        return augment(images, labels, **options)

    net, _ = run(tissue, augment=asks)
    assert asked == [((2, 1, 96, 96), (2, 96, 96), 52, border(depth=1))] * 6
    assert same(net, run(tissue)[0])
    assert not same(net, run(tissue, augment=None)[0])


def test_each_step_has_random_numbers_of_its_own(tissue):
    """For the tile, here cut from the image as it is, and for dropout."""
    seen = []

    class Looks(nn.Conv2d):
        def forward(self, tiles):
            if self.training:
                seen.append((tiles[0, 0].numpy(), torch.rand(1).item()))
            return super().forward(tiles)

    net, _ = run(tissue[:1], replace(SMALL, batch=1, tile=50), Looks(1, 2, 1), augment=None)
    mean, std = net.normalisation
    tiles = np.lib.stride_tricks.sliding_window_view(tissue[0].image, (50, 50))
    for tile, _ in seen:
        assert np.abs(tiles - (tile * std + mean)).max(axis=(2, 3)).min() < 1e-5
    assert len({tile.tobytes() for tile, _ in seen}) == 6
    assert len({number for _, number in seen}) == 6


def test_a_long_gradient_is_shortened(tissue):
    """One step of plain SGD at rate 1 is the gradient itself."""

    def length(clip):
        net = small_net()
        before = nn.utils.parameters_to_vector(net.parameters()).detach()
        run(tissue, replace(PLAIN, learning_rate=1.0, clip=clip), net)
        return (nn.utils.parameters_to_vector(net.parameters()) - before).norm().item()

    assert length(0.125) == pytest.approx(0.125, rel=1e-3)
    assert length(math.inf) > 0.2


def test_the_history_has_an_entry_a_step_and_scores_now_and_then(tissue):
    modes = []

    def score(model):
        modes.append(model.training)
        return len(modes) / 4

    _, history = run(tissue, score=score, validation=tissue[:1], every=4)
    assert len(history.loss) == len(history.learning_rate) == len(history.seconds) == 6
    assert history.score == [[4, 0.25], [6, 0.5]]
    assert [step for step, _ in history.validation_loss] == [4, 6]
    assert modes == [False, False]
    assert history.seconds == sorted(history.seconds)


def test_a_run_ends_where_stop_wants_it_to(tissue):
    seen = []

    def stop(history):
        seen.append(len(history.score))
        return len(history.score) == 2

    net, history = run(tissue, every=2, score=lambda net: 1.0, stop=stop)
    assert (len(history.loss), seen) == (4, [1, 2])
    whole, _ = run(tissue, every=2, score=lambda net: 1.0, stop=lambda history: False)
    assert not same(net, whole)
    assert same(whole, run(tissue, every=2, score=lambda net: 1.0)[0])


def test_the_preview_is_of_the_output_window(tissue):
    seen = []
    run(tissue, preview=lambda *picture: seen.append(picture), every=3)
    assert [step for step, *_ in seen] == [3, 6]
    _, image, label, probabilities = seen[0]
    assert (image.shape, label.shape, probabilities.shape) == ((1, 36, 36), (36, 36), (2, 36, 36))
    middle = slice(30, 66)  # 96 pixels: the central 36
    np.testing.assert_array_equal(image[0], tissue[0].image[middle, middle])
    np.testing.assert_array_equal(label, tissue[0].label[middle, middle])
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, rtol=1e-5)


def test_notebooks_get_a_picture_and_nobody_else(tissue, monkeypatch):
    assert notebook_preview() is None
    updates = []

    class Handle:
        def update(self, figure):
            updates.append([axes.get_title() for axes in figure.axes])

    monkeypatch.setattr("IPython.display.display", lambda **options: Handle())
    monkeypatch.setattr("unet_edu.training.preview.in_notebook", lambda: True)
    run(tissue, every=6, progress=False)
    assert updates == [["image", "label", "class 1 after 6 steps"]]


def test_the_bar_tells_the_loss(tissue, capsys):
    run(tissue, progress=True)
    assert "6/6" in (shown := capsys.readouterr().err)
    assert "loss=" in shown
    run(tissue)
    assert capsys.readouterr().err == ""


def test_half_precision_computes_nearly_the_same(tissue):
    full, half = run(tissue, PLAIN)[1].loss, run(tissue, PLAIN, bf16=True)[1].loss
    assert half == pytest.approx(full, rel=0.05)
    assert half != full


@pytest.mark.gpu
def test_a_gpu_repeats_itself(tissue):
    first, second = (
        run(tissue, net=small_net(network=UNet), recipe=replace(SMALL, tile=188, steps=25), device="cuda")
        for _ in range(2)
    )
    assert first[1].loss == second[1].loss
    assert same(first[0], second[0])
    on_cpu = run(tissue, PLAIN, bf16=False)[1].loss
    assert run(tissue, PLAIN, device="cuda", bf16=False)[1].loss == pytest.approx(on_cpu, rel=1e-2)


# --- to stop and to go on ----------------------------------------------------------------------------


class Stop(Exception):
    pass


def stop_at(wanted):
    def preview(step, *_):
        if step == wanted:
            raise Stop

    return preview


@pytest.mark.parametrize("recipe", ["one-cycle", "paper"])
def test_a_run_that_stopped_resumes_to_the_same_bits(recipe, tissue, tmp_path):
    """With dropout, which is random, and with a picture and a score that draw random numbers of their own."""
    recipe = replace(RECIPES[recipe], steps=7, batch=2, tile=188)
    build = partial(small_net, network=UNet)
    whole, history = run(tissue, recipe, build(), every=7)
    assert any(isinstance(layer, nn.Dropout) for layer in whole.modules())

    path = tmp_path / "kept" / "run.safetensors"
    options = {"checkpoint": path, "every": 2, "score": lambda model: torch.rand(1).item()}
    with pytest.raises(Stop):
        run(tissue, recipe, build(), preview=stop_at(4), **options)
    resumed, later = run(tissue, recipe, build(seed=99), **options)
    assert same(resumed, whole)
    assert later.loss == history.loss
    assert [step for step, _ in later.score] == [2, 4, 6, 7]
    finished, again = run(tissue, recipe, build(seed=5), **options)
    assert same(finished, whole)
    assert asdict(again) == asdict(later)


def test_a_run_that_is_killed_resumes_to_the_same_bits(tissue, tmp_path):
    code = """
import os, signal, sys, torch
from dataclasses import replace
from unet_edu.data import cells
from unet_edu.models import OneLevelUNet
from unet_edu.training import RECIPES, fit
torch.manual_seed(0)
def kill(step, *_):
    if step == 4:
        os.kill(os.getpid(), signal.SIGKILL)
fit(OneLevelUNet(base_width=2), [cells.tissue(96, seed) for seed in range(3)],
    replace(RECIPES["one-cycle"], steps=6, batch=2, tile=52),
    checkpoint=sys.argv[1], device="cpu", every=2, preview=kill)
"""
    path = tmp_path / "run.safetensors"
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}  # sums are taken in an order that depends on them
    done = subprocess.run([sys.executable, "-c", code, path], env=os.environ | threads, timeout=600)
    assert done.returncode == -signal.SIGKILL
    assert facts(path)["done"] == 4
    resumed, history = run(tissue, net=small_net(seed=9), checkpoint=path, every=2)
    whole, at_once = run(tissue)
    assert same(resumed, whole)
    assert history.loss == at_once.loss


def facts(path):
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["training"])


def test_a_checkpoint_is_written_whole_or_not_at_all(tissue, tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    with pytest.raises(Stop):
        run(tissue, checkpoint=path, every=2, preview=stop_at(2))

    def half(tensors, target, metadata):
        target.write_bytes(b"half a file")
        raise OSError("No space left on device")

    monkeypatch.setattr("unet_edu.training.state.save_file", half)
    with pytest.raises(OSError, match="No space left"):
        run(tissue, checkpoint=path, every=2)
    assert facts(path)["done"] == 2
    assert [file.name for file in tmp_path.iterdir()] == ["run.safetensors"]


def test_a_checkpoint_of_another_run_or_a_damaged_one_is_refused(tissue, tmp_path):
    path = tmp_path / "run.safetensors"
    run(tissue, checkpoint=path)
    kept = path.read_bytes()
    for message, options in {
        "another recipe": {"recipe": replace(SMALL, batch=1)},
        "another seed": {"seed": 1},
        "another samples": {"tissue": [*tissue[:2], tissue[2]._replace(name="renamed")]},
        "another network": {"net": small_net(base_width=3)},
    }.items():
        with pytest.raises(ValueError, match=f"run.safetensors is of .*{message}.*: give another path"):
            run(**{"tissue": tissue, "checkpoint": path} | options)
    assert path.read_bytes() == kept
    path.write_bytes(kept[: len(kept) // 2])
    with pytest.raises(ValueError, match="not a checkpoint of training, or damaged"):
        run(tissue, checkpoint=path)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_a_pickle_is_never_opened(tissue, tmp_path):
    torch.save({"model": Trap()}, tmp_path / "run.safetensors")
    with pytest.raises(ValueError, match="not a checkpoint of training"):
        run(tissue, checkpoint=tmp_path / "run.safetensors")


# --- when the loss is no number ----------------------------------------------------------------------


def test_nan_stops_with_step_sample_and_causes_and_the_checkpoint_stays(tissue, tmp_path):
    calls = []

    def breaks(images, labels, **options):
        tiles, labels, weights = augment(images, labels, **options)
        calls.append(0)
        if len(calls) == 4:
            tiles[1, 0, 20, 20] = math.nan
        return tiles, labels, weights

    path = tmp_path / "run.safetensors"
    net = small_net()
    with pytest.raises(FloatingPointError) as caught:
        run(tissue, net=net, augment=breaks, checkpoint=path, every=2)
    name = tissue[chosen_samples(0, 3, 2, 3)[1]].name
    assert f"step 3, on {name}: the loss is not finite" in (told := str(caught.value))
    for part in ("learning rate", "try a third", "clip", "augmentation", f"{path} holds the state after 2 steps"):
        assert part in told
    assert facts(path)["done"] == 2
    assert all(torch.isfinite(value).all() for value in net.parameters())


def test_a_device_that_runs_ahead_is_asked_before_anything_is_kept(tissue, tmp_path, monkeypatch):
    """On a GPU losses are read twenty steps at a time: the same history, and no checkpoint holds NaN."""
    _, at_once = run(tissue)
    monkeypatch.setitem(loop.STEPS_BETWEEN_SYNCS, "cpu", 20)
    net, later = run(tissue)
    assert later.loss == at_once.loss
    assert same(net, run(tissue, every=1)[0])

    def breaks(images, labels, **options):
        tiles, labels, weights = augment(images, labels, **options)
        calls.append(0)
        return tiles * (math.nan if len(calls) == 3 else 1), labels, weights

    calls = []
    path = tmp_path / "run.safetensors"
    with pytest.raises(FloatingPointError, match="step 2, on .* holds the state after 2 steps"):
        run(tissue, augment=breaks, checkpoint=path, every=2)
    assert facts(path)["done"] == 2
    assert all(torch.isfinite(tensor).all() for tensor in load_file(path).values())


def test_a_learning_rate_out_of_all_reason_is_told(tissue):
    recipe = replace(PLAIN, steps=9, learning_rate=1e30)
    with pytest.raises(FloatingPointError, match=r"step \d, on .*not finite.*learning rate \(1e\+30.*no checkpoint"):
        run(tissue, recipe)


# --- one process and several -------------------------------------------------------------------------


def test_two_processes_have_the_gradients_of_one(tmp_path, capsys):
    """SGD keeps its gradients as momentum; after the first step that is the gradient itself, if it was not clipped."""
    words = "--samples 3 --size 128 --network one-level --base-width 4 --weight-map --recipe paper --batch 4 --tile 84"
    words = [*words.split(), "--steps", "1", "--clip", "inf", "--device", "cpu", "--checkpoint"]
    history = train.main([*words, str(tmp_path / "one")])
    assert "1 steps in" in capsys.readouterr().out
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*torchrun, "-m", "unet_edu.experiments.train", *words, tmp_path / "two"],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("1 steps in") == 1

    one, two = load_file(tmp_path / "one"), load_file(tmp_path / "two")
    gradients = [name for name in one if name.endswith("momentum_buffer")]
    assert len(gradients) == len(list(OneLevelUNet().parameters()))
    assert max(one[name].abs().max() for name in gradients) > 0.1
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-5, atol=1e-5)
    assert facts(tmp_path / "two")["history"]["loss"] == pytest.approx(history.loss, rel=1e-5)


def test_a_batch_that_cannot_be_shared_is_refused(tissue, monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 4)
    with pytest.raises(ValueError, match="a batch of 2 does not divide by 4 processes: take `batch=4`"):
        run(tissue)


# --- errors that teach -------------------------------------------------------------------------------


def image(change):
    return lambda sample: sample._replace(image=change(sample.image))


def label(change):
    return lambda sample: sample._replace(label=change(sample.label))


def with_nan(image):
    image = image.copy()
    image[0, 0] = math.nan
    return image


BAD = {
    "grey values to 255": (image(lambda x: x * 255), ValueError, r"\[0, 1\].*divide it by 255"),
    "negative grey": (image(lambda x: x - 1), ValueError, r"in \[0, 1\], not -"),
    "bytes": (image(lambda x: (x * 255).astype(np.uint8)), TypeError, "float32, not uint8.*255"),
    "a tensor": (image(torch.tensor), TypeError, "numpy array"),
    "NaN": (image(with_nan), ValueError, "NaN.*nan_to_num"),
    "one grey": (image(np.zeros_like), ValueError, "one grey value all over"),
    "four axes": (image(lambda x: x[None, None]), ValueError, r"\(H, W\) or \(C, H, W\)"),
    "another size": (image(lambda x: x[:90]), ValueError, r"\(90, 96\) is not the shape.*seed 0.*cut all"),
    "no label": (label(lambda y: None), ValueError, "no label.*leave it out"),
    "label of floats": (label(lambda y: y.astype(float)), TypeError, r"whole numbers, not float64.*astype"),
    "label of another size": (label(lambda y: y[:, :90]), ValueError, r"label is \(96, 90\), but the image \(96, 96\)"),
    "label of 255": (label(lambda y: y * 255), ValueError, r"0 … 1, but it holds 0, 255: `\(label > 127\)"),
    "class 2": (label(lambda y: y * 2), ValueError, r"0 … 1, but it holds 0, 2: .*num_classes"),
    "below 0": (label(lambda y: y.astype(int) - 1), ValueError, "holds -1, 0"),
}


@pytest.mark.parametrize("where", ["data", "validation"])
@pytest.mark.parametrize("bad", BAD)
def test_bad_samples_are_named_before_anything_is_trained(bad, where, tissue):
    change, error, message = BAD[bad]
    net = small_net()
    spoilt = [tissue[0], change(tissue[1])]
    data = {"data": spoilt, "validation": ()} if where == "data" else {"data": tissue[:1], "validation": spoilt}
    with pytest.raises(error, match=f"drawn tissue, seed 1: .*{message}"):
        fit(net, recipe=SMALL, device="cpu", **data)
    assert same(net, small_net())


def test_an_image_without_a_cell_is_a_valid_example(tissue):
    empty = tissue[1]._replace(label=np.zeros_like(tissue[1].label))
    wanted = run([tissue[0], empty], validation=[empty], every=6)[1]
    assert wanted.loss != run([tissue[0], tissue[0]])[1].loss
    assert len(wanted.validation_loss) == 1
    for nothing in ([empty], [empty, empty]):
        with pytest.raises(ValueError, match=f"all {len(nothing)} labels are class 0 all over, nothing to learn"):
            run(nothing)


def test_networks_that_cannot_learn_by_this_loss_are_refused(tissue):
    with pytest.raises(ValueError, match="OneLevelUNet has one class.*take `num_classes=2`"):
        run(tissue, net=OneLevelUNet(num_classes=1))
    ends = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Softmax(dim=1))
    with pytest.raises(ValueError, match="ends in a softmax, and the loss applies a softmax itself"):
        run(tissue, net=ends)


def test_a_wrapped_network_is_trained_as_it_is(tissue):
    plain, wrapped = small_net(), nn.DataParallel(small_net())
    assert run(tissue, net=plain)[1].loss == run(tissue, net=wrapped)[1].loss
    assert wrapped.module.normalisation == plain.normalisation


def test_ordinary_sets_and_networks_bring_no_warning(tissue, recwarn):
    run(tissue, replace(SMALL, steps=1))
    run(tissue, replace(SMALL, steps=1, tile=188), net=small_net(network=UNet, base_width=8))
    assert not recwarn.list


def test_an_empty_set_is_refused():
    with pytest.raises(ValueError, match="training set is empty: give at least one Sample"):
        run([])


def test_images_smaller_than_the_output_window_are_refused():
    sample = cells.tissue(96, 0)
    with pytest.raises(
        ValueError, match=r"seed 0: \(96, 96\) pixels, but a tile of 300 is scored on 284.*smaller tile"
    ):
        run([sample], replace(SMALL, tile=300))
    run([sample], replace(SMALL, tile=112, steps=1))  # 112 → 96: all of the image, with a mirrored border


def test_an_illegal_tile_is_refused_with_the_nearest_legal_ones(tissue):
    with pytest.raises(ValueError, match=r"tile of 200 pixels does not suit.*188 and 204"):
        run(tissue, replace(SMALL, tile=200), UNet(base_width=1))


def test_a_network_for_colours_says_how_to_make_them(tissue):
    with pytest.raises(
        ValueError, match=r"seed 0: the image has 1 channel, but the network takes 3: use `numpy.repeat"
    ):
        run(tissue, net=OneLevelUNet(in_channels=3))


@pytest.mark.parametrize("spoil", [lambda w: w[:90], lambda w: w - 9, lambda w: w * math.inf, lambda w: w * 0])
def test_bad_weight_maps_are_named(spoil, tissue):
    weights = [np.ones((96, 96), np.float32)] * 2 + [spoil(np.ones((96, 96), np.float32))]
    with pytest.raises(ValueError, match="seed 2: its weight map.*finite, nowhere below 0"):
        run(tissue, weights=weights)
    with pytest.raises(ValueError, match="1 weight maps for 3 training samples"):
        run(tissue, weights=weights[:1])


@pytest.mark.parametrize(
    "change",
    [{"steps": 0}, {"batch": 1.5}, {"tile": -1}, {"optimizer": "adam"}, {"schedule": "cosine"}]
    + [{"learning_rate": 0}, {"learning_rate": math.nan}, {"momentum": 1.0}, {"weight_decay": -1}, {"clip": 0}],
    ids=str,
)
def test_a_recipe_that_cannot_be_is_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(SMALL, **change)


def test_an_unknown_recipe_is_refused_with_the_known_ones(tissue):
    with pytest.raises(ValueError, match="'papre'.*paper.*one-cycle"):
        run(tissue, "papre")
    with pytest.raises(ValueError, match="every must be at least 1"):
        run(tissue, every=0)
