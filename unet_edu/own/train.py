"""Train a network on your own images, within some minutes: `train(samples, path, minutes=10)`.

    samples ──► survey ──► plan ──► split ──► pieces as the network sees them, weights of pixels
            ──► short tries: from scratch or from shipped weights, and at which rate       a fifth of the time
            ──► the run; now and then the loss of validation; the best weights are kept    most of it
            ──► threshold and watershed, chosen on validation images; Otsu's beside it     a little

All that was found and decided is said in lines, and stored in the file. What is done is in `path` with the ending
".run", a folder: after an interruption the same call goes on from there. Under torchrun each process makes the same
call, and they share the work (`unet_edu.training.fit`).
"""

import hashlib
import json
import shutil
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import distributed

from unet_edu import checkpoints
from unet_edu.data.augment import augment
from unet_edu.data.files import save_overlay
from unet_edu.files import written_whole
from unet_edu.metrics import iou
from unet_edu.models.batch_norm import fold_batch_norm
from unet_edu.own import start as starting
from unet_edu.own import threshold as thresholds
from unet_edu.own.plan import plan as make_plan
from unet_edu.own.prepare import pieces, prepared, weights_of
from unet_edu.own.segment import OWN, SMOOTHING, Trained, read, segment
from unet_edu.own.split import split as make_split
from unet_edu.own.survey import survey as make_survey
from unet_edu.predict import MAX_MEMORY, predict
from unet_edu.training import fit
from unet_edu.training.loop import default_device

TRIES = 0.2  # of the time
LAST = 0.08  # of the time, for what comes after the run
LOOKS = 12  # how often the loss of validation is measured
PATIENCE = 5  # looks without a better one, after which the run ends
FEWEST = 12  # steps of a try, and of the run
ELASTIC = 5.0  # pixels; the paper's 10 are for tiles of 572


@dataclass(frozen=True)
class Data:
    """What a run learns from, as the network sees it: pieces of one size, their weights, and parts to validate on."""

    train: list
    weights: list
    views: list
    smallest: int


def train(
    samples,
    path,
    minutes=10,
    *,
    scaling=None,
    max_memory=MAX_MEMORY,
    device=None,
    seed=0,
    starts=None,
    say=print,
    preview=None,
    progress=None,
    clock=time.perf_counter,
) -> Trained:
    """Train a network within some minutes, write it to `path`, return it with all that belongs to it (``Trained``).

    samples: a list of `unet_edu.data.Sample` with labels, of any sizes (`unet_edu.data.files.load(…).samples`).
    path: of the network's file, ends in ".safetensors"; it is not there yet.
    minutes: about how long it takes, with everything; more than 0. A plan that learns no more ends earlier.
    scaling: (low, high), the grey values that became 0 and 1 (`load(…).scaling`); kept for prediction.
    max_memory: bytes that a step and a prediction may take. device: None: the best one.
    starts: names of what to start from, of "scratch", "unet8-nuclei", "unet8-cells", "unet8-isbi"; what does best in a
        short try is taken. None: scratch, and the shipped network that is nearest.
    say: called with each line on what was found and decided. preview: a file (.png), where at each look the borders
    found in a validation image are drawn. progress: show a bar, in notebooks a picture
    too; None: in terminals and notebooks.
    clock: returns seconds; time.process_time counts those of the processor, for a machine that does other things, too.

    Raises ValueError or TypeError, with what to do, for data that cannot be trained on, minutes that are no such
    number, and a folder of another run; FileExistsError where the file is there.
    """
    path, began = Path(path), clock()
    check(path, minutes, starts)
    first = not distributed.is_initialized() or distributed.get_rank() == 0
    device = default_device() if device is None else torch.device(device)
    lines = []

    def told(text):
        for line in text if isinstance(text, list) else [text]:
            lines.append(line)
            if first:
                say(line)

    samples = list(samples)
    survey = make_survey(samples)
    told(survey.lines())
    parts = make_split(samples)
    told(f"split: {parts.why}")
    sizes = dict(Counter(sample.label.shape for sample in parts.train))  # a single image was cut
    plan = make_plan(replace(survey, sizes=sizes), max_memory, device.type)
    told(plan.lines())
    data = ready(parts, plan, survey)
    folder = path.with_suffix(".run")
    key = fingerprint(samples, minutes, seed, plan)
    choice = agreed(kept_choice(folder, key))
    if choice is None:
        told(f"short tries of learning rates begin: about {TRIES:.0%} of the time, at least {FEWEST} steps each")
        choice = choose(data, plan, survey, starts, 60 * minutes, began, clock, seed, device)
        choice["key"] = key
        if first:
            keep_choice(folder, choice)
    else:
        told(f"goes on from {folder}")
    told(choice["lines"])

    net = starting.network(choice["start"], survey.channels, survey.classes, plan.width.value, plan.depth.value, seed)
    recipe = starting.recipe_for(net, plan.recipe.value, choice["rate"], choice["steps"], data.smallest)
    best = folder / "best.safetensors"
    history = learn(
        net,
        data,
        recipe,
        seed,
        device,
        every=max(recipe.steps // LOOKS, 1),
        score=partial(look, data=data, best=best, preview=preview),
        stop=patience_ended,
        preview=None if progress is not False else lambda *_: None,
        checkpoint=folder / "state.safetensors",
        progress=progress,
    )
    if distributed.is_initialized():
        distributed.barrier()
    if first:
        net.load_state_dict(load_file(best))
        net = checkpoints.rounded(fold_batch_norm(net).cpu())
        net.scaling = None if scaling is None else tuple(scaling)[:2]
        told(how_it_went(recipe, history))
        finish(net, parts, plan, survey, lines, told, path, choice, seed, len(samples))
        shutil.rmtree(folder)
    if distributed.is_initialized():
        distributed.barrier()
    return read(path)


def check(path, minutes, starts):
    """Raise ValueError, TypeError or FileExistsError for arguments of `train` that cannot be meant."""
    if path.suffix != checkpoints.ENDING:
        ending = checkpoints.ENDING
        raise ValueError(f"the network's file ends in {ending}, not {path.name!r}: take {path.with_suffix(ending)}")
    if path.exists():
        raise FileExistsError(f"{path} is there already: move it away, or give another name")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float):
        raise TypeError(f"minutes is a number, such as 10, not {minutes!r}")
    if not 0 < minutes < float("inf"):
        raise ValueError(f"minutes is more than 0, not {minutes}; the nearest useful number is 1")
    known = (starting.SCRATCH, *starting.SHIPPED)
    for name in starts or ():
        if name not in known:
            raise ValueError(f"training starts from {', '.join(known)}, not {name!r}")


def ready(parts, plan, survey):
    """Return the ``Data`` of a split: images prepared and cut, weights of pixels, views of validation images."""
    make = partial(
        prepared, greys=plan.greys.value, pixel=plan.pixel.value, part=plan.border.value and survey.adjoining > 0
    )
    train, validation = ([make(sample) for sample in part] for part in (parts.train, parts.validation))
    train = [one for one in pieces(train) if one.image.min() < one.image.max()]
    if not train:
        raise ValueError("all images are one grey value all over: there is nothing to learn from")
    weights = weights_of(train, plan.border.value and survey.classes == 2)
    return Data(train, weights, starting.views(validation), min(train[0].label.shape))


# ------------------------------------------------------------------------------------------------------------ choosing


def choose(data, plan, survey, starts, budget, began, clock, seed, device):
    """Return what short tries decide, plain JSON: the start, its rate, the steps of the run, and lines on why."""
    names, tries, lines = list(starts or [starting.SCRATCH]), [], []
    grey = np.stack([sample.image for sample in data.train])
    normalisation = float(grey.mean(dtype=float)), float(grey.std(dtype=float))
    if starts is None and survey.classes == 2:
        nearest, loss = starting.nearest_shipped(survey.channels, data.views, normalisation, device)
        names.append(nearest)
        lines.append(f"shipped weights: {nearest} is nearest, with a loss of {loss:.3f} before any training")
    plans = [(name, rate) for name in names for rate in starting.RATES.get(name, starting.FINE)]
    pace = {}
    for name, rate in plans:
        if name not in pace:
            pace[name] = agreed(tried(data, plan, survey, name, rate, FEWEST // 3, clock, seed, device))[1]
        steps = max(int(TRIES * budget / len(plans) / pace[name]), FEWEST)
        loss, pace[name] = agreed(tried(data, plan, survey, name, rate, steps, clock, seed, device))
        tries.append(starting.Try(name, rate, loss))
    best = min(tries, key=lambda one: one.loss)
    if best.loss == float("inf"):
        raise FloatingPointError("every short try broke off: the loss is not finite. Look for images with odd values")
    took = agreed(clock() - began)
    net = starting.network(best.start, survey.channels, survey.classes, plan.width.value, plan.depth.value)
    net.normalisation = normalisation
    looking = agreed(timed(lambda: starting.loss_on(net, data.views, device), clock))
    left = (1 - LAST) * budget - took - LOOKS * looking
    steps = max(int(left / pace[best.start]), FEWEST)
    for name in names:
        mine = ", ".join(f"{one.loss:.3f} at {one.rate:g}" for one in tries if one.start == name)
        lines.append(f"short tries from {name}: loss of validation {mine}")
    lines.append(
        f"start: {best.start}, learning rate {best.rate:g}; the lowest loss of all tries. {steps:,} steps, "
        f"{pace[best.start]:.2f} s each"
    )
    return {
        "start": best.start,
        "rate": best.rate,
        "steps": steps,
        "lines": lines,
        "tries": [list(one) for one in tries],
    }


def tried(data, plan, survey, name, rate, steps, clock, seed, device):
    """Return (loss, seconds of a step) of a short run; a rate that breaks it has an infinite loss."""
    net = starting.network(name, survey.channels, survey.classes, plan.width.value, plan.depth.value, seed)
    recipe = starting.recipe_for(net, plan.recipe.value, rate, steps, data.smallest)
    start = clock()
    try:
        learn(net, data, recipe, seed, device, every=steps, preview=lambda *_: None, progress=False)
    except FloatingPointError:
        return float("inf"), (clock() - start) / steps
    seconds = (clock() - start) / steps
    return starting.loss_on(net, data.views, device), seconds


def learn(net, data, recipe, seed, device, **more):
    """Return the `History` of a run on prepared data, a try or the whole; more: as of `unet_edu.training.fit`."""
    return fit(
        net,
        data.train,
        recipe,
        weights=data.weights,
        augment=partial(augment, sigma=ELASTIC),
        seed=seed,
        device=device,
        **more,
    )


def timed(work, clock):
    """Return the seconds that a call takes."""
    start = clock()
    work()
    return clock() - start


def agreed(value):
    """Return what the first process has, in all of them: of times and losses each would have its own."""
    if not distributed.is_initialized():
        return value
    box = [value]
    distributed.broadcast_object_list(box)
    return box[0]


# ------------------------------------------------------------------------------------------------------------- the run


def look(net, data, best, preview):
    """Return the loss of validation; keep the weights where it is the lowest so far, and draw the preview."""
    loss = starting.loss_on(net, data.views)
    if loss < lowest(best):
        state = {name: tensor.detach().cpu().contiguous() for name, tensor in net.state_dict().items()}
        with written_whole(best) as partial_file:
            save_file(state, partial_file, metadata={"loss": repr(loss)})
    if preview is not None:
        view = data.views[0]
        found = predict(net, view.image, progress=False)
        save_overlay(preview, view.image, found.argmax(axis=0))
    return loss


def lowest(best):
    """Return the loss of the weights that are kept; infinity where there are none."""
    if not best.exists():
        return float("inf")
    from safetensors import safe_open

    with safe_open(best, "pt") as file:
        return float(file.metadata()["loss"])


def patience_ended(history):
    """Return whether several looks in a row brought nothing better."""
    losses = [value for _, value in history.score]
    return len(losses) - 1 - int(np.argmin(losses)) >= PATIENCE


def how_it_went(recipe, history):
    """Return a line on the run: which weights were kept, and whether it ended early."""
    losses = [value for _, value in history.score]
    step = history.score[int(np.argmin(losses))][0]
    early = (
        f", stopped after {len(history.loss):,}: validation became no better"
        if len(history.loss) < recipe.steps
        else ""
    )
    kept = f"loss of validation {min(losses):.3f} at step {step:,} of {recipe.steps:,}{early}"
    return f"training: {kept}; these weights are kept"


# ------------------------------------------------------------------------------------------------------- the last step


def finish(net, parts, plan, survey, lines, told, path, choice, seed, count):
    """Choose threshold and watershed on validation images, write the file."""
    samples = thresholds.chosen(parts.validation)
    kept = {
        "greys": plan.greys.value,
        "pixel": plan.pixel.value,
        "classes": survey.classes,
        "threshold": None,
        "apart": None,
        "smoothing": SMOOTHING,
        "smallest": thresholds.speck(survey),
    }
    trained = Trained(net=net, lines=[], scores={}, **kept)
    found = [segment(trained, sample.image, progress=False) for sample in samples]
    if survey.classes == 2:
        cut = thresholds.fix(samples, found, survey)
        plain = thresholds.otsu_f1(samples, survey)
        kept |= cut._asdict()
        f1 = kept.pop("f1")
        scores = {"f1": f1, "otsu": plain}
        how = "no watershed" if cut.apart is None else f"watershed, seeds more than {cut.apart} pixels apart"
        told(f"threshold: {cut.threshold:g}, {how}; the best of several on {len(samples)} validation images")
        told(f"validation: F1 {f1:.3f} at IoU 0.5; Otsu and watershed there: {plain:.3f}")
        if f1 <= plain:
            told("the network is no better than Otsu and watershed: give it more minutes, or more labels")
    else:
        each = [
            iou(sample.label, one.argmax(axis=0), number)
            for sample, one in zip(samples, found, strict=True)
            for number in range(1, survey.classes)
            if (sample.label == number).any()
        ]
        scores = {"iou": float(np.mean(each)) if each else None}
        told(f"validation: mean IoU of the classes {scores['iou']:.3f}" if each else "validation: no object there")
    metadata = {
        "data": f"{count} images: {survey.names[0]} and others",
        "seed": seed,
        "recipe": {name: choice[name] for name in ("start", "rate", "steps", "tries")},
        "commit": None,
        "scores": scores,
        OWN: kept | {"lines": list(lines)},
    }
    checkpoints.save(path, net, metadata)


# ------------------------------------------------------------------------------------------------------------- resuming


def fingerprint(samples, minutes, seed, plan):
    """Return what tells one run from another: its images, labels, minutes, seed and plan, as a sha256."""
    content = hashlib.sha256(repr((float(minutes), seed, plan.lines())).encode())
    for sample in samples:
        for part in (sample.image, sample.label):
            content.update(np.ascontiguousarray(part))
    return content.hexdigest()


def kept_choice(folder, key):
    """Return what was decided in an interrupted run, None where there is none; raise ValueError for another run's."""
    file = folder / "choice.json"
    if not file.exists():
        return None
    choice = json.loads(file.read_text("utf-8"))
    if choice["key"] != key:
        raise ValueError(
            f"{folder} holds an interrupted run with other images, minutes or seed: give the same again to go on, "
            "or remove that folder to start anew"
        )
    return choice


def keep_choice(folder, choice):
    """Write what was decided."""
    with written_whole(folder / "choice.json") as partial_file:
        partial_file.write_text(json.dumps(choice), "utf-8")
