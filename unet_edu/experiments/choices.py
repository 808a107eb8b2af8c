"""Choices that every training has to make, each tried on the same nuclei: normalisation, loss, weights, heads, labels.

    python -m unet_edu.experiments.choices             every row with four seeds: 40 minutes of one core
    python -m unet_edu.experiments.choices --quick     small networks on small crops, to see that it works
    python -m unet_edu.experiments.choices --record    keep the results in unet_edu/records/, go on where they end

One small U-Net, the fluorescence nuclei of `unet_edu.experiments.nuclei`, one tile a step, no weight map. A row changes
one thing. With one seed, rows begin with the same weights and draw the same tiles: they are compared in pairs. Nothing
is tuned: a pixel is a nucleus where its probability is above 1/2, and cells are connected pieces.

    "batch normalisation"    what the other rows of two classes are compared with; scored with the running statistics,
                             with those of each image ("own"), with those of many tiles ("again"), and over 8 views
    "three classes"          background, nucleus, contact: pixels with two nuclei within CONTACT, rare ones
    "… left out"             nuclei without annotation get weight 0: nobody labelled them
    "ensemble"               of a seed: the mean of MEMBERS networks, that of the first row and others
"""

from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial

import numpy as np
import torch
from scipy import ndimage

from unet_edu.data import label_noise
from unet_edu.data.augment import augment
from unet_edu.data.weightmap import class_weights_of
from unet_edu.experiments.costs import aligned
from unet_edu.experiments.nuclei import STRETCHED, TOUCHING, images
from unet_edu.experiments.record import made
from unet_edu.experiments.runs import main, rows, spread
from unet_edu.metrics import instances, iou
from unet_edu.metrics.calibration import calibration_error
from unet_edu.models import UNet
from unet_edu.models.fcn import num_parameters
from unet_edu.models.normalisation import insert_normalisation, measure_again, own_statistics
from unet_edu.models.variants import without_dropout
from unet_edu.predict import predict
from unet_edu.separation import components
from unet_edu.training import RECIPES, fit, losses
from unet_edu.training.deep_supervision import deeply_supervised

DATA = "fluorescence nuclei"
FIRST, CLASSES = "batch normalisation", "three classes"  # what rows of two and of three classes are compared with
SEEDS = 4
MEMBERS = 4
APART = 100  # between the seeds of an ensemble's networks
CONTACT = 2  # pixels
NOISE = {"flipped": 0.2, "shifted": 4.0, "dropped": 0.3}  # shares, pixels
AGAIN = 96  # tiles that running statistics are measured again on
SMALL_PASS = 2**25  # bytes: `predict` then cuts an image into some ten tiles
DIGITS = 4  # that are kept
LOSSES = {
    "cross-entropy": losses.cross_entropy,
    "Dice": losses.dice,
    "focal": losses.focal,
    "cross-entropy + Dice": losses.total(losses.cross_entropy, losses.dice),
    "focal + Dice": losses.total(losses.focal, losses.dice),
}


@dataclass(frozen=True)
class Choice:
    """A row: what it is trained with. Fields that most rows share have defaults."""

    row: str
    data: str = DATA
    width: int = 8
    depth: int = 3
    recipe: object = field(default=replace(RECIPES["one-cycle"], steps=300, batch=1, tile=188, learning_rate=5e-3))
    normalisation: str = "batch"
    loss: str = "cross-entropy"
    classes: int = 2
    power: float = 0.0  # of `class_weights_of`; 0: all pixels count alike
    heads: tuple = ()  # levels of deep supervision
    noise: str = ""  # a key of NOISE, "left out" behind it where missing nuclei count nothing
    members: int = 1  # networks that are averaged

    def settings(self):
        """Return what the row is as plain JSON."""
        facts = asdict(self) | {"heads": list(self.heads)}
        return {key: value for key, value in facts.items() if key != "row"}


def trials(quick=False, device_type="cpu"):
    """Return the rows, those that others are compared with before them."""
    one = Choice(FIRST)
    if quick:
        recipe = replace(one.recipe, steps=2)
        one = replace(one, data=f"small {DATA}", width=4, recipe=recipe)

    def row(name, **values):
        return replace(one, row=name, **values)

    three = partial(row, classes=3)
    return [
        one,
        *(row(f"{kind} normalisation", normalisation=kind) for kind in ("instance", "group")),
        row("no normalisation", normalisation="none"),
        *(row(name, loss=name) for name in LOSSES if name != one.loss),
        row("deep supervision", heads=(1, 2)),
        *(row(f"labels {name}", noise=name) for name in NOISE),
        row("labels dropped, left out", noise="dropped, left out"),
        three(CLASSES),
        three(f"{CLASSES}, weights", power=1.0),
        three(f"{CLASSES}, roots of weights", power=0.5),
        three(f"{CLASSES}, Dice", loss="Dice"),
        three(f"{CLASSES}, focal", loss="focal"),
        three(f"{CLASSES}, cross-entropy + Dice", loss="cross-entropy + Dice"),
        row("ensemble", members=MEMBERS),
    ]


# ------------------------------------------------------------------------------------------------ training


def contact(numbers):
    """Return a bool mask ``(H, W)`` of the pixels that have two cells or more within CONTACT pixels a side."""
    size = 2 * CONTACT + 1
    highest = ndimage.maximum_filter(numbers, size)
    lowest = ndimage.minimum_filter(np.where(numbers > 0, numbers, np.iinfo(numbers.dtype).max), size)
    return (highest > 0) & (lowest < highest)


def labelled(choice, split, seed=0):
    """Return (samples, weights) of a split as a row learns from it; weights: maps, or None.

    Labels are parted for training, and have noise that follows from the seed; those of validation are as they are.
    """
    whole = images(choice.data + STRETCHED + TOUCHING, split)
    kept = images(choice.data + STRETCHED, split) if split == "train" else whole
    if choice.classes == 3:
        kept = [
            sample._replace(label=np.where(contact(other.instances), 2, other.label).astype(np.uint8))
            for sample, other in zip(kept, whole, strict=True)
        ]
        if split == "train" and choice.power:
            weights = class_weights_of([sample.label for sample in kept], 3, power=choice.power)
            return kept, [weights[sample.label].astype(np.float32) for sample in kept]
    if choice.noise and split == "train":
        return _noisy(kept, choice.noise, seed)
    return list(kept), None


def _noisy(samples, noise, seed):
    name, _, left_out = noise.partition(", ")
    found, weights = [], []
    for place, sample in enumerate(samples):
        rng = np.random.default_rng((seed, place))
        source = sample.label if name == "flipped" else sample.instances
        wrong = getattr(label_noise, name)(source, NOISE[name], rng)
        found.append(sample._replace(label=(wrong > 0).astype(np.uint8), instances=None))
        missing = label_noise.swallowed(sample.instances, wrong) if left_out else np.zeros(wrong.shape, bool)
        weights.append(1 - missing.astype(np.float32))
    return found, weights


@cache
def trained(choice, seed, device="cpu", bf16=None):
    """Return (network in eval mode, seconds) of one run."""
    torch.manual_seed(seed)
    net = without_dropout(UNet(num_classes=choice.classes, base_width=choice.width, depth=choice.depth))
    insert_normalisation(net, choice.normalisation)
    samples, weights = labelled(choice, "train", seed)
    keep = {"weights": weights, "augment": partial(augment, sigma=5.0), "seed": seed, "device": device, "bf16": bf16}
    run = partial(fit, net, samples, choice.recipe, every=choice.recipe.steps, preview=_nothing, progress=False, **keep)
    if choice.heads:
        with deeply_supervised(net, choice.heads, LOSSES[choice.loss]) as loss:
            history = run(loss=loss)
    else:
        history = run(loss=LOSSES[choice.loss])
    return net, history.seconds[-1]


def _nothing(*_):
    """Show no picture."""


def entry_of(choice, seed, device, bf16=None, path=None):
    """Return the record's entry of one run."""
    head = made(device, seed) | {"bf16": bf16}
    nets, seconds = zip(
        *(
            trained(replace(choice, row=FIRST, members=1), seed + APART * place, str(device), bf16)
            if choice.members > 1
            else trained(choice, seed, str(device), bf16)
            for place in range(choice.members)
        ),
        strict=True,
    )
    return {
        "row": choice.row,
        "seed": seed,
        "made": head,
        "parameters": len(nets) * num_parameters(nets[0]),
        "training": {"seconds": round(sum(seconds), 1)},
        "scores": {"scorer": instances.SCORER, "average8": False} | scores(nets, choice),
    }


# ------------------------------------------------------------------------------------------------ scores


def scores(nets, choice):
    """Return the scores of a network, or the mean of several, on the validation images, plain JSON to four digits.

    "mean": as of `two_classes` or `three_classes`. Of the first row also "own", "again" and "views", the scores with
    other statistics or averaged over eight views; of rows that are normalised in other ways, "tiles": by how much
    the first image's probabilities change, in the mean, where it is cut into tiles.
    """
    samples = labelled(choice, "validation")[0]

    def found(**options):
        return [
            np.mean([predict(net, sample.image, progress=False, **options) for net in nets], axis=0)
            for sample in samples
        ]

    score = two_classes if choice.classes == 2 else three_classes
    whole = found()
    parts = {"mean": score(samples, whole)}
    plain = choice.classes == 2 and choice.loss == "cross-entropy" and not (choice.noise or choice.heads)
    if plain and choice.members == 1:
        cut = predict(nets[0], samples[0].image, max_memory=SMALL_PASS, progress=False)
        parts["tiles"] = {"probability": float(np.abs(cut - whole[0])[1].mean())}
    if choice.row == FIRST:
        parts["views"] = score(samples, found(average8=True))
        with own_statistics(nets[0]):
            parts["own"] = score(samples, found())
        kept = {name: value.clone() for name, value in nets[0].state_dict().items()}
        measure_again(nets[0], _tiles(choice, nets[0]))
        parts["again"] = score(samples, found())
        nets[0].load_state_dict(kept)
    return {part: {key: round(value, DIGITS) for key, value in values.items()} for part, values in parts.items()}


def _tiles(choice, net):
    """Tiles of the training images, drawn as in training and scaled as the network's input is."""
    samples, (mean, std) = labelled(choice, "train")[0], net.normalisation
    generator = torch.Generator().manual_seed(0)
    for place in range(AGAIN):
        sample = samples[place % len(samples)]
        image, label = torch.tensor(sample.image)[None, None], torch.tensor(sample.label).long()[None]
        tile, _ = augment(image, label, generator=generator, size=choice.recipe.tile, sigma=5.0, margin=44)
        yield (tile - mean) / std


def two_classes(samples, probabilities):
    """Return the scores of probabilities (2, H, W), one array an image.

    iou: of the mask, mean of the images. f1: of all nuclei together, at IoU 0.5. merged: nuclei lost in larger pieces.
    log_loss: mean of −ln p of the true class, of all pixels. calibration: expected calibration error. sure: mean
    probability of the predicted class, less the share of right pixels: above 0 where a network is overconfident.
    """
    masks = [(one[1] > 0.5).astype(np.uint8) for one in probabilities]
    labels = np.stack([sample.label for sample in samples])
    inside = np.stack([one[1] for one in probabilities])
    right = (inside > 0.5) == (labels > 0)
    sure = np.maximum(inside, 1 - inside)
    truth = np.where(labels > 0, inside, 1 - inside)
    return {
        "iou": float(np.mean([iou(sample.label, mask) for sample, mask in zip(samples, masks, strict=True)])),
        **_cells(samples, masks),
        "log_loss": float(-np.log(np.clip(truth, 1e-7, 1)).mean()),
        "calibration": calibration_error(sure, right),
        "sure": float(sure.mean() - right.mean()),
    }


def three_classes(samples, probabilities):
    """Return the scores of probabilities (3, H, W), one array an image.

    f1, merged: as of `two_classes`, of pieces of the class nucleus. contact: IoU of the class contact over all images
    together, precision and recall of its pixels; found: its share among all predicted pixels, there: among the true.
    """
    classes = np.stack([one.argmax(0) for one in probabilities])
    truth = np.stack([sample.label for sample in samples])
    there, found = truth == 2, classes == 2
    both = float((there & found).sum())
    return {
        **_cells(samples, [(one == 1).astype(np.uint8) for one in classes]),
        "contact": both / max(float((there | found).sum()), 1),
        "precision": both / max(float(found.sum()), 1),
        "recall": both / max(float(there.sum()), 1),
        "found": float(found.mean()),
        "there": float(there.mean()),
    }


def _cells(samples, masks):
    pairs = [(sample.instances, components(mask)) for sample, mask in zip(samples, masks, strict=True)]
    matched = sum((instances.match(*pair) for pair in pairs), instances.Matching())
    return {"f1": matched.f1, "merged": sum(instances.merged_and_split(*pair).merged for pair in pairs)}


COLUMNS = (("F1", "f1", 3), ("IoU of mask", "iou", 3), ("merged", "merged", 1), ("log loss", "log_loss", 3),
           ("calibration error", "calibration", 3), ("contact IoU", "contact", 3))  # fmt: skip


def as_text(record):
    """Return a record as a table of text, a row a line: runs, seconds, scores with their spread over the runs."""
    lines = [("row", "runs", "seconds", *(title for title, *_ in COLUMNS))]
    for row, runs in rows(record).items():
        seconds = f"{np.mean([entry['training']['seconds'] for entry in runs]):.0f}" if runs else "–"
        found = [entry["scores"]["mean"] for entry in runs]
        cells = [spread([one[key] for one in found if key in one], digits) for _, key, digits in COLUMNS]
        lines.append((row, str(len(runs)), seconds, *cells))
    return aligned(lines, left=1)


if __name__ == "__main__":
    main("choices", __doc__.split("\n")[0], trials, seeds=SEEDS, work=entry_of, text=as_text)
