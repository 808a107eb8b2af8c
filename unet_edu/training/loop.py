"""Train a network: one loop, read from top to bottom.

    for each step:                             all its random numbers follow from (seed, step)
        some samples ─▶ augment ─▶ tiles (N, C, 572, 572), labels     ─▶ (tiles - mean) / std ─▶ network
        logits (N, classes, 388, 388), centre of the labels           ─▶ Σ weight · cross entropy / Σ weight, or `loss`
        gradient, clipped                                             ─▶ optimiser, at the learning rate of the step
    now and then: validation loss, score, checkpoint, picture

No state of a random generator is carried from one step to the next. So a run that was killed and resumes at step k goes
on as if nothing had happened, and several processes, each with its share of the batch, do what one does alone:

    torchrun --nproc-per-node 4 -m unet_edu.experiments.train --data isbi2012
"""

import math
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import partial

import numpy as np
import torch
from torch import distributed
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from unet_edu.data import augment as augmentation
from unet_edu.device import best_device, synchronize
from unet_edu.predict import unwrapped
from unet_edu.training.checks import (
    as_samples,
    check_image,
    check_label,
    check_rate,
    check_set,
    check_weights,
    output_window,
)
from unet_edu.training.preview import in_notebook, notebook_preview
from unet_edu.training.recipe import RECIPES, learning_rate, make_optimizer
from unet_edu.training.state import load_state, save_state

STEPS_BETWEEN_SYNCS = {"cuda": 20}  # steps that a device is given before their losses are read; others: 1
ORDER, TILES, DROPOUT = range(3)  # what random numbers are for; each has a stream of its own


@dataclass
class History:
    """What happened. Three lists with an entry for each step, two with pairs [steps done, value] now and then.

    loss: of the batch, before the step.  learning_rate: of the step.  seconds: of training since the start, without
    validation, score, checkpoint and picture; on a GPU, when the step had been handed over, exact every `every` steps.
    """

    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    validation_loss: list[list] = field(default_factory=list)
    score: list[list] = field(default_factory=list)


def fit(
    model,
    data,
    recipe="one-cycle",
    *,
    validation=(),
    weights=None,
    augment=augmentation.augment,
    loss=None,
    seed=0,
    device=None,
    bf16=None,
    every=100,
    score=None,
    stop=None,
    preview=None,
    checkpoint=None,
    progress=None,
):
    """Train `model` in place on `data`, set `model.normalisation`; return the `History`.

    model: any network (N, C, H, W) → logits (N, classes, h, w) that belong to the centre of its input, such as UNet.
        Afterwards it is in eval mode, on the device.
    data: `unet_edu.data.Sample`s, or pairs (image, label), all of one size; some may have no cell.
    recipe: a `Recipe` or the name of one in `RECIPES`.
    validation: Samples of that size; every `every` steps, the mean loss of their central tiles is noted, with no
        augmentation, weights or dropout.
    weights: for each sample of data, an array (H, W) ≥ 0, what each pixel's loss counts (`unet_edu.data.weightmap`).
    augment: called as augment(images, labels, generator=…, size=tile, margin=…, weights=…), gives N tiles, labels and
        weights, as `unet_edu.data.augment.augment` does, the default; functools.partial(augment, sigma=0) is one
        without elastic deformation. None: tiles from random places, as they are.
    loss: called as loss(logits (N, classes, h, w), labels (N, h, w), weights (N, h, w)), returns a number for each
        tile, (N,), as those of `unet_edu.training.losses` do; their mean is made small. None: the weighted
        cross-entropy, over the weights of the whole batch.
    seed: int ≥ 0. The same seed gives the same run on one device; the initial weights are the caller's business.
    device: None: the best one; under torchrun, the process's own GPU.  bf16: None: on GPUs that have it.
    score: called as score(model) every `every` steps, in eval mode; the number goes to the history.
    stop: called as stop(history) after that; where it returns true the run ends there, before its last step.
    preview: called as preview(step, image (C, h, w), label (h, w), probabilities (classes, h, w)), numpy arrays, of the
        first validation or training sample's central tile, every `every` steps; None: a small picture in notebooks.
    checkpoint: a file, written every `every` steps. If it exists the run goes on from there.
    progress: show a bar; None: in terminals and notebooks.

    Under torchrun, after `init_process_group`, each process calls it alike; the processes share the batch, and the
    first alone validates, scores, shows and writes. Gradients are as of one process, except that each draws dropout
    for itself.

    Raises ValueError or TypeError, with the sample's name and what to do, for data that cannot be trained on, and for
    a checkpoint of another run; FloatingPointError as soon as a loss or gradient is not finite (on a GPU, some steps
    later; the last checkpoint is from before).
    """
    if isinstance(recipe, str) and recipe not in RECIPES:
        raise ValueError(f"no recipe is called {recipe!r}: take one of {', '.join(RECIPES)}, or a Recipe of your own")
    recipe = RECIPES[recipe] if isinstance(recipe, str) else recipe
    rank, processes = (distributed.get_rank(), distributed.get_world_size()) if distributed.is_initialized() else (0, 1)
    if every < 1:
        raise ValueError(f"every must be at least 1 step, not {every}")
    if recipe.batch % processes:
        fix = recipe.batch + -recipe.batch % processes
        raise ValueError(f"a batch of {recipe.batch} does not divide by {processes} processes: take `batch={fix}`")
    share = recipe.batch // processes
    mine = slice(rank * share, (rank + 1) * share)
    device = default_device() if device is None else torch.device(device)
    cuda = device.type == "cuda"
    bf16 = cuda and torch.cuda.get_device_capability(device) >= (8, 0) if bf16 is None else bf16

    model = unwrapped(model)
    data, validation = as_samples(data), as_samples(validation, "validation")
    if not data:
        raise ValueError(
            "the training set is empty: give at least one Sample, such as `unet_edu.data.cells.tissue(512, 0)`"
        )
    for sample in [*data, *validation]:
        check_image(sample, data[0])
    model.to(device, memory_format=torch.channels_last)
    window, classes = output_window(model, data[0], recipe.tile, device)
    for sample in [*data, *validation]:
        check_label(sample, classes, window, recipe.tile)
    check_set(data)
    check_rate(recipe, model)
    images = torch.stack([channels_first(sample.image) for sample in data]).to(device)  # (samples, C, H, W)
    labels = torch.stack([torch.tensor(sample.label).long() for sample in data]).to(device)  # (samples, H, W)
    weights = check_weights(weights, data).to(device)  # (samples, H, W)
    grey = np.stack([sample.image for sample in data])
    mean, std = float(grey.mean(dtype=float)), float(grey.std(dtype=float))
    model.normalisation = (mean, std)
    augment = augment or partial(augmentation.augment, sigma=0, rotation=0, flip=False, shift=0, grey=0)
    cut = {"size": recipe.tile, "margin": (recipe.tile - window) // 2}  # 572 and 92

    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = make_optimizer(recipe, parameters)
    run = {"recipe": asdict(recipe), "seed": seed, "normalisation": [mean, std], "samples": [s.name for s in data]}
    done, history = load_state(checkpoint, model, optimizer, run)
    history = History(**history)
    network = model if processes == 1 else DistributedDataParallel(model)

    def logits_of(tiles, network):
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = network(((tiles - mean) / std).contiguous(memory_format=torch.channels_last))
        return logits.float().reshape(*logits.shape[:2], window, window)  # (N, classes, h, w)

    def settle():
        """Read what the steps left on the device: a GPU works on as long as nothing is read."""
        for step, sums, norm in pending:
            *losses, weight = sums.tolist()
            if not math.isfinite(sum(losses)) or not math.isfinite(norm.item()):
                names = [data[index].name for index in chosen_samples(seed, step, recipe.batch, len(data))]
                raise FloatingPointError(why_not_finite(step, losses, names, recipe, checkpoint, done))
            history.loss.append(sum(losses) / max(weight, 1e-6))
        pending.clear()

    def look(sample):
        """Return the central tile of a sample, its labels, the logits and the mean loss."""
        middle = [torch.arange(recipe.tile) + (n - recipe.tile) // 2 for n in sample.label.shape]
        rows, columns = (augmentation.mirror(line, n) for line, n in zip(middle, sample.label.shape, strict=True))
        tile = channels_first(sample.image)[:, rows[:, None], columns]
        label = centre(torch.tensor(sample.label).long()[rows[:, None], columns], window)
        with torch.no_grad():
            logits = logits_of(tile[None].to(device), model.eval()).cpu()
        return centre(tile, window), label, logits[0], cross_entropy(logits, label[None]).item()

    pending = []
    seconds = history.seconds[-1] if done else 0.0
    preview = preview or notebook_preview()
    progress = sys.stderr.isatty() or in_notebook() if progress is None else progress
    bar = tqdm(total=recipe.steps, initial=done, unit="step", disable=not progress or rank > 0)
    forked = torch.random.fork_rng([device] if cuda else [])  # the caller's random numbers stay as they were
    exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
    with forked, exact, bar:
        for step in range(done, recipe.steps):
            start = time.perf_counter()
            model.train()
            torch.manual_seed(number(seed, DROPOUT, step, rank))
            chosen = chosen_samples(seed, step, recipe.batch, len(data))
            generator = torch.Generator().manual_seed(number(seed, TILES, step))
            # Every process cuts the whole batch and keeps its share: cheap, and their number changes no tile.
            batch = images[chosen], labels[chosen]
            batch = augment(*batch, generator=generator, weights=weights[chosen], **cut)
            tiles, label, weight = (part[mine] for part in batch)  # (N, C, 572, 572), (N, 572, 572) twice
            label, weight = centre(label, window), centre(weight, window)  # (N, 388, 388)

            logits = logits_of(tiles, network)  # (N, classes, 388, 388)
            if loss is None:
                losses = (weight * cross_entropy(logits, label, reduction="none")).sum((1, 2))  # (N,)
                whole = weight.sum()
            else:
                losses, whole = loss(logits, label, weight), share  # (N,)
            sums = torch.zeros(recipe.batch + 1, device=device)  # each tile's loss, and the weight of all
            sums[mine], sums[-1] = losses.detach(), whole
            if processes > 1:
                distributed.all_reduce(sums)
            optimizer.zero_grad()
            share_of_loss = losses.sum() / sums[-1].clamp_min(1e-6)  # of this process's tiles, by all tiles' weight
            (share_of_loss * processes).backward()  # DistributedDataParallel takes the processes' mean
            norm = torch.nn.utils.clip_grad_norm_(parameters, recipe.clip)
            pending.append((step, sums, norm))
            if len(pending) == STEPS_BETWEEN_SYNCS.get(device.type, 1):
                settle()  # before the step, so that on a CPU nothing but numbers ever reaches the weights
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, step)
            optimizer.step()
            due = (step + 1) % every == 0 or step + 1 == recipe.steps
            if due:
                settle()
                synchronize(device)
            seconds += time.perf_counter() - start
            history.learning_rate.append(learning_rate(recipe, step))
            history.seconds.append(seconds)
            bar.update()
            bar.set_postfix(loss=f"{history.loss[-1]:.4f}" if history.loss else "", refresh=False)

            if not due:
                continue
            done = step + 1
            if rank > 0:
                if ended(stop, history, device):
                    break
                continue
            if validation:
                history.validation_loss.append([done, float(np.mean([look(sample)[-1] for sample in validation]))])
            if score:
                history.score.append([done, float(score(model.eval()))])
            if checkpoint:
                save_state(checkpoint, model, optimizer, {"run": run, "done": done, "history": asdict(history)})
            if preview:
                image, label, logits, _ = look([*validation, *data][0])
                preview(done, image.numpy(), label.numpy(), logits.softmax(0).numpy())
            if ended(stop, history, device):
                break
    model.eval().to(memory_format=torch.contiguous_format)  # as it came, for whoever flattens its weights
    return history


def ended(stop, history, device):
    """Return whether a run ends here: what stop(history) returns, of several processes in the first one."""
    if stop is None:
        return False
    if not distributed.is_initialized():
        return bool(stop(history))
    verdict = torch.tensor(float(bool(stop(history))) if distributed.get_rank() == 0 else 0.0, device=device)
    distributed.all_reduce(verdict)
    return bool(verdict.item())


def number(*path):
    """Return a seed that depends on all the whole numbers given: two steps, or two uses in one, share no stream."""
    return int(np.random.SeedSequence(path).generate_state(1)[0])


def chosen_samples(seed, step, batch, count):
    """Return the indices of the step's samples: all `count` in random order, again and again, `batch` at a time."""
    places = range(step * batch, (step + 1) * batch)
    orders = {n: np.random.default_rng(number(seed, ORDER, n)).permutation(count) for n in {p // count for p in places}}
    return [int(orders[place // count][place % count]) for place in places]


def centre(maps, size):
    """Return the central size × size of maps (…, H, W): for the paper's network 388 of 572, without a border of 92."""
    top, left = ((n - size) // 2 for n in maps.shape[-2:])
    return maps[..., top : top + size, left : left + size]


def channels_first(image):
    """Return an image (H, W) or (C, H, W) as a tensor (C, H, W)."""
    image = torch.tensor(image)
    return image[None] if image.ndim == 2 else image


def why_not_finite(step, losses, names, recipe, checkpoint, done):
    """Return the message on a loss or gradient that is not finite."""
    bad = [name for loss, name in zip(losses, names, strict=True) if not math.isfinite(loss)]
    kept = f"{checkpoint} holds the state after {done} steps" if checkpoint and done else "there is no checkpoint yet"
    return (
        f"step {step}, on {', '.join(bad or names)}: the {'loss' if bad else 'gradient'} is not finite. "
        f"Likely causes: too high a learning rate ({learning_rate(recipe, step):.3g} here; try a third), no clipping "
        f"(clip={recipe.clip}; try 1), an augmentation or weight map that yields NaN or huge values. {kept}"
    )


def default_device():
    """Return the best device; in a process of torchrun, its own GPU if there are any."""
    if "LOCAL_RANK" in os.environ and torch.cuda.is_available():
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return best_device()
