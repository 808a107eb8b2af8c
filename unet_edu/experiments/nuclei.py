"""Does the weight map part touching cells? What the parts of U-Net buy on real nuclei, grey and stained.

    python -m unet_edu.experiments.nuclei             every row with eight seeds: hours on a CPU
    python -m unet_edu.experiments.nuclei --quick     small networks on small crops, to see that it works
    python -m unet_edu.experiments.nuclei --record    keep the results in unet_edu/records/, go on where they end

Each row is trained on a group of `unet_edu.data.nuclei` and scored on its validation images. Two nuclei that touch have
no background between them, so the labels are `parted` for training, in all rows but one; they are scored as they are.
All thresholds are fixed on images that the row was trained on, four at most. With one seed, rows begin with the same
weights and draw the same tiles: they are compared in pairs.

On one thread of a processor with bf16 units: OMP_NUM_THREADS=1 python -m unet_edu.experiments.nuclei --record --bf16

    probability ──► IoU of the mask, at the threshold that is best for it
                ──► "components"   connected pieces                         F1 at IoU 0.5, average precision, cells
                ──► "watershed"    pieces cut at their waists               merged and split, of each

The baseline needs no training: Otsu's threshold and the same watershed, both of scikit-image, their settings chosen on
the training images.
"""

import math
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from time import perf_counter

import numpy as np

from unet_edu.data import Sample, nuclei
from unet_edu.data.weightmap import parted
from unet_edu.experiments.costs import aligned
from unet_edu.experiments.record import made
from unet_edu.experiments.runs import main, rows, spread, values
from unet_edu.experiments.trial import Trial, cell_probability, changed, chosen, run
from unet_edu.greys import grey_of
from unet_edu.metrics import instances, iou
from unet_edu.models import variants
from unet_edu.separation import by_distance, components, otsu
from unet_edu.training import RECIPES

BASE_WIDTH = 16
SEEDS = 8
STEPS = {"fluorescence": 130, "stained": 220}  # of one tile each: half a minute of one core; stains differ more
LONGER = 8  # times as many steps
GROUPS = tuple(nuclei.SPLITS)
THRESHOLDS = tuple(round(1 / (1 + math.exp(-score)), 3) for score in range(-2, 6))  # close where networks are sure
FIXED_ON = 4  # training images that thresholds are fixed on, at most
METHODS = {"components": components, "watershed": partial(by_distance, smoothing=1.0, apart=7)}
CHOICES = {"blur": (1.0, 2.0), "smoothing": (1.0, 2.0), "apart": (3, 5, 7, 10)}  # of the baseline, pixels
QUICK = 128  # pixels a side
DIGITS = 4  # that are kept of the scores of a single image, and of losses
PIECE = 256, 320  # pixels: what grey images of both groups are cut into
TURNS = {"fluorescence": 1, "stained": 6}  # how often each is there: half of all pieces are stained
STRETCHED = ", stretched"  # behind a data set's name: greys as of `unet_edu.data.nuclei.stretched`
TOUCHING = ", touching"  # behind that: labels are not parted


@dataclass(frozen=True)
class Baseline:
    """A row that is not trained. A seed makes no difference to it."""

    row: str
    data: str
    seeds = 1

    def settings(self):
        """Return the row as plain JSON."""
        choices = {name: list(values) for name, values in CHOICES.items()}
        return {"data": self.data, "method": "Otsu, distance transform, watershed", "choices": choices}


def trials(quick=False, device_type="cpu"):
    """Return the rows of both groups, the U-Net that the others of its group are compared with before them."""
    return [row for group in GROUPS for row in _rows(group, quick)]


def _rows(group, quick):
    width, steps, tile = (2, 2, 188) if quick else (BASE_WIDTH, STEPS[group], 300)
    recipe = replace(RECIPES["one-cycle"], steps=steps, batch=1, tile=tile, learning_rate=5e-3)
    data = f"{'small ' if quick else ''}{group} nuclei"
    channels = 1 if group == "fluorescence" else 3
    build = partial(changed, base_width=width, in_channels=channels)
    one = Trial(
        f"{group}: U-Net",
        build,
        recipe,
        data=data + STRETCHED,
        samples=len(nuclei.SPLITS[group]["train"]),
        elastic=5.0,  # the paper's 10 pixels are for tiles of 572
        weight_map=True,
        batch_norm=True,
        average8=False,
    )

    def row(name, **values):
        return replace(one, row=f"{group}: {name}", **values)

    return [
        one,
        row("no weight map", weight_map=False),
        row("no elastic deformation", elastic=0.0),
        row("without skips", build=partial(changed, variants.without_skips, base_width=width, in_channels=channels)),
        row("four images", samples=4),
        row("one image", samples=1),
        row("no gap where nuclei touch", data=one.data + TOUCHING),
        row("trained longer", recipe=replace(recipe, steps=LONGER * steps)),
        Baseline(f"{group}: Otsu and watershed", data),
    ]


@cache
def images(data, split):
    """Return the samples of a split as a row is trained on them: a tuple. Whole images, of "small" data cut crops.

    data: as in a `Trial`: "fluorescence nuclei", "small stained nuclei, stretched, touching", … Raises
    FileNotFoundError where the whole images are not there.
    """
    name = data.removesuffix(TOUCHING).removesuffix(STRETCHED)
    group, small = name.removeprefix("small ").removesuffix(" nuclei"), name.startswith("small ")
    found = nuclei.load(group, split, whole=not small)
    if small:
        found = [_cut(sample, (QUICK, QUICK)) for sample in found]
    if STRETCHED in data:
        found = [sample._replace(image=nuclei.stretched(sample.image)) for sample in found]
    return tuple(found if data.endswith(TOUCHING) else map(_parted, found))


@cache
def grey_pieces(data, split):
    """Return both groups in grey, for one network: a tuple of pieces of one size, greys stretched, parted.

    data: "grey nuclei" or "small grey nuclei". Stained nuclei stay dark on light ground. In training each stained
    piece is there six times, so that both groups are seen alike often.
    """
    small = "small " if data.startswith("small ") else ""
    found = []
    for group, turns in TURNS.items():
        pieces = [
            _cut(sample, PIECE if not small else (QUICK, QUICK), row, column)
            for sample in map(_grey, images(f"{small}{group} nuclei", split))
            for row in range(sample.label.shape[0] // PIECE[0] or 1)
            for column in range(sample.label.shape[1] // PIECE[1] or 1)
        ]
        found += pieces * (turns if split == "train" else 1)
    return tuple(found)


def _grey(sample):
    """A sample with the mean of its colours, greys stretched."""
    grey = grey_of(sample.image)
    return sample._replace(image=nuclei.stretched(grey))


def _cut(sample, size, row=0, column=0):
    """A piece of a sample, by its place in the grid of such pieces, with the numbers that it has."""
    top, left = row * size[0], column * size[1]
    image, label, numbers = (part[..., top : top + size[0], left : left + size[1]] for part in sample[:3])
    return Sample(np.ascontiguousarray(image), label, numbers, sample.name)


def _parted(sample):
    numbers = parted(sample.instances)
    return sample._replace(label=(numbers > 0).astype(np.uint8), instances=numbers)


def entry_of(trial, seed, device, bf16=None, path=None):
    """Return the record's entry of one run, trained or not."""
    if isinstance(trial, Trial):
        entry = run(trial, seed, device, bf16, samples=images, scored=scores)[1]
        return entry | {"training": _printed(entry["training"])}
    head = made(device, seed) | {"bf16": bf16}
    found, seconds = baseline(trial.data)
    return {
        "row": trial.row,
        "seed": seed,
        "made": head,
        "parameters": 0,
        "training": {"seconds": seconds},
        "scores": found,
    }


# ------------------------------------------------------------------------------------------ scores


def scores(net, trial):
    """Return the scores of a network on the validation images, plain JSON; thresholds are fixed on those for training.

    "thresholds": for "mask", "components" and "watershed". "images": the scores of each image, to four
    digits. "mean": the mean of the images' IoU of the mask, F1 at IoU 0.5 and average precision. "all": of all nuclei
    together F1, and how many were merged and split.
    """
    truth = trial.data.removesuffix(TOUCHING) + TOUCHING  # as it is, not parted
    found = _scores(net, images(truth, "train")[: trial.samples], images(truth, "validation"), trial.average8)
    return {"scorer": instances.SCORER, "average8": trial.average8} | found


def grey_scores(net, trial):
    """Return the scores of a network for grey images on both groups: {group: as of `scores`}, whole images."""
    small, found = "small " if trial.data.startswith("small ") else "", {}
    for group in GROUPS:
        train, validation = (
            tuple(map(_grey, images(f"{small}{group} nuclei{TOUCHING}", split))) for split in ("train", "validation")
        )
        found[group] = _scores(net, train, validation, trial.average8)
    return {"scorer": instances.SCORER, "average8": trial.average8, "groups": found}


def _scores(net, train, validation, average8):
    train = chosen(train, min(FIXED_ON, len(train)), spread=True)
    found = [cell_probability(net, sample.image, average8) for sample in train]
    thresholds = {"mask": _best(lambda t: [iou(s.label, _above(p, t)) for s, p in zip(train, found, strict=True)])}
    for name, method in METHODS.items():
        numbered = partial(_numbered, method, train, found)
        thresholds[name] = _best(lambda t, numbered=numbered: [instances.match(*pair).f1 for pair in numbered(t)])
    found = [cell_probability(net, sample.image, average8) for sample in validation]
    masks = [_above(probability, thresholds["mask"]) for probability in found]
    cells = {
        name: [pair[1] for pair in _numbered(method, validation, found, thresholds[name])]
        for name, method in METHODS.items()
    }
    return {"thresholds": thresholds} | _summary(validation, masks, cells)


@cache
def baseline(data):
    """Return (scores, seconds) of Otsu's threshold and the watershed; settings are chosen on the training images."""
    start, dark = perf_counter(), "stained" in data
    truth = data.removesuffix(TOUCHING) + TOUCHING

    def numbered(sample, settings):
        blur, smoothing, apart = settings
        return by_distance(otsu(sample.image, dark, blur), smoothing, apart)

    train, validation = images(truth, "train"), images(truth, "validation")
    by_f1 = {
        settings: np.mean([instances.match(one.instances, numbered(one, settings)).f1 for one in train])
        for settings in product(*CHOICES.values())
    }
    best = max(by_f1, key=by_f1.get)
    masks = [otsu(sample.image, dark, best[0]).astype(np.uint8) for sample in validation]
    cells = {
        "components": [components(mask) for mask in masks],
        "watershed": [numbered(sample, best) for sample in validation],
    }
    found = {"scorer": instances.SCORER, "average8": False, "settings": dict(zip(CHOICES, best, strict=True))}
    return found | _summary(validation, masks, cells), perf_counter() - start


def _above(probability, threshold):
    return (probability > threshold).astype(np.uint8)


def _numbered(method, samples, probabilities, threshold):
    """(truth, proposal) of each sample, as numbered cells."""
    return [(s.instances, method(_above(p, threshold))) for s, p in zip(samples, probabilities, strict=True)]


def _best(values_at):
    """The threshold whose values have the largest mean; the middle one of several."""
    means = [np.mean(values_at(threshold)) for threshold in THRESHOLDS]
    best = np.flatnonzero(np.isclose(means, max(means)))
    return THRESHOLDS[best[len(best) // 2]]


def _summary(samples, masks, cells):
    """The scores of masks and of numbered cells: each image's, their means, and of all nuclei together."""
    each = []
    for place, sample in enumerate(samples):
        entry = {
            "name": sample.name,
            "nuclei": len(np.unique(sample.instances)) - 1,
            "iou": iou(sample.label, masks[place]),
        }
        for name, proposals in cells.items():
            matching = instances.match(sample.instances, proposals[place])
            errors = instances.merged_and_split(sample.instances, proposals[place])
            entry[name] = {
                "tp": matching.tp,
                "fp": matching.fp,
                "fn": matching.fn,
                "f1": matching.f1,
                "ap": instances.average_precision(sample.instances, proposals[place]),
                **errors._asdict(),
            }
        each.append(entry)
    mean = {"iou": float(np.mean([entry["iou"] for entry in each]))}
    together = {}
    for name in cells:
        parts = [entry[name] for entry in each]
        mean |= {f"{name}_{key}": float(np.mean([part[key] for part in parts])) for key in ("f1", "ap")}
        counts = {key: sum(part[key] for part in parts) for key in ("tp", "fp", "fn", "merged", "split")}
        pooled = instances.Matching(counts["tp"], counts["fp"], counts["fn"])
        together |= {f"{name}_f1": pooled.f1, f"{name}_merged": counts["merged"], f"{name}_split": counts["split"]}
    return {"images": [_printed(entry) for entry in each], "mean": mean, "all": together}


def _printed(facts):
    """The scores of an image, or the course of a run, as kept: to four digits, so that the wheel stays small."""
    if isinstance(facts, dict):
        return {key: _printed(value) for key, value in facts.items()}
    if isinstance(facts, list):
        return [_printed(value) for value in facts]
    return round(facts, DIGITS) if isinstance(facts, float) else facts


COLUMNS = (
    ("IoU of mask", "mean", "iou", 3),
    ("F1", "all", "components_f1", 3),
    ("AP", "mean", "components_ap", 3),
    ("merged", "all", "components_merged", 1),
    ("split", "all", "components_split", 1),
    ("F1, watershed", "all", "watershed_f1", 3),
    ("AP, watershed", "mean", "watershed_ap", 3),
    ("merged, watershed", "all", "watershed_merged", 1),
    ("split, watershed", "all", "watershed_split", 1),
)


def as_text(record):
    """Return a record as a table of text, a row a line: runs, seconds, scores with their spread over the runs."""
    lines = [("row", "runs", "seconds", *(title for title, *_ in COLUMNS))]
    for row, runs in rows(record).items():
        seconds = f"{np.mean([entry['training']['seconds'] for entry in runs]):.0f}" if runs else "–"
        cells = [spread(values(runs, part, key), digits) for _, part, key, digits in COLUMNS]
        lines.append((row, str(len(runs)), seconds, *cells))
    return aligned(lines, left=1)


if __name__ == "__main__":
    main("nuclei", __doc__.split("\n")[0], trials, seeds=SEEDS, work=entry_of, text=as_text)
