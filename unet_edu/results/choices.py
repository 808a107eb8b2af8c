"""What the record of `experiments.choices` says: tables and sentences, for any number of runs.

    PLACES                        names of what is compared: a row of the record, or a part of a row's scores
    by_seed(record, name, score)  {seed: score}
    judge(record, names, score)   each name less the first, seed by seed, p corrected for all (`differences.judge`)
    ├─▶ table                     every name with its scores, and what the difference in one of them is worth
    ├─▶ text                      a sentence: which are lower, which higher, which not decided
    └─▶ change                    a difference with its interval, as text

A name that has no run is left out, and a pair of which a run failed by F1, too.
"""

from typing import NamedTuple

from unet_edu import comparisons
from unet_edu.experiments.choices import CLASSES, FIRST, LOSSES, NOISE
from unet_edu.experiments.runs import rows
from unet_edu.results import differences
from unet_edu.results.differences import difference, scattered, stacked


class Score(NamedTuple):
    """A score's words for the head of a table, and how many digits are worth printing."""

    words: str
    digits: int


SCORES = {
    "f1": Score("F1", 3),
    "iou": Score("IoU of the mask", 3),
    "merged": Score("merged", 1),
    "log_loss": Score("log loss", 4),
    "calibration": Score("calibration error", 4),
    "sure": Score("confidence less accuracy", 4),
    "contact": Score("IoU of contact", 3),
    "precision": Score("precision", 3),
    "recall": Score("recall", 3),
    "probability": Score("change by tiles", 4),
}
TILES = "probability"  # the score that networks have of a cut image alone
PARTS = {  # other scores of the first row's networks
    "running statistics": "mean",
    "those of each image": "own",
    "those of many tiles": "again",
    "one network, eight views": "views",
}
PLACES = {name: (FIRST, part) for name, part in PARTS.items()} | {"one network": (FIRST, "mean")}
NORMS = [FIRST, *(f"{kind} normalisation" for kind in ("instance", "group")), "no normalisation"]
STATISTICS = ["running statistics", "those of each image", "those of many tiles"]
OF_LOSS = [FIRST, *(name for name in LOSSES if name != "cross-entropy")]
OF_CLASSES = [
    CLASSES,
    *(f"{CLASSES}, {what}" for what in ("weights", "roots of weights", "Dice", "focal", "cross-entropy + Dice")),
]
OF_HEADS = [FIRST, "deep supervision"]
OF_NOISE = [FIRST, *(f"labels {name}" for name in NOISE), "labels dropped, left out"]
OF_MEMBERS = ["one network", "one network, eight views", "ensemble"]
TABLES = {  # of the page of results: names, their scores, the judged one first
    tuple(NORMS): ("f1", "iou", "merged", "log_loss"),
    tuple(OF_LOSS): ("f1", "iou", "merged", "log_loss"),
    tuple(OF_CLASSES): ("contact", "f1", "merged"),
    tuple(OF_HEADS): ("f1", "iou", "merged", "log_loss"),
    tuple(OF_NOISE): ("iou", "f1", "merged", "log_loss"),
    tuple(OF_MEMBERS): ("log_loss", "calibration", "f1"),
}
WORDS = {FIRST: {tuple(OF_LOSS): "cross-entropy", tuple(OF_HEADS): "one loss", tuple(OF_NOISE): "labels as they are"}}


def by_seed(record, name, score):
    """Return {seed: score} of a name: a row of the record, or a key of PLACES; empty where it has no such score."""
    row, part = PLACES.get(name, (name, "mean"))
    part = "tiles" if score == TILES else part
    found = rows(record).get(row, [])
    return {one["seed"]: one["scores"][part][score] for one in found if score in one["scores"].get(part, {})}


def present(record, names):
    """Return those of some names that have runs."""
    return [name for name in names if by_seed(record, name, "f1")]


def judge(record, names, score="f1"):
    """Return {name: its `Judgement`} of all names but the first, each less the first, seed by seed."""
    first, *others = present(record, names) or [None]
    broken = {name: set(comparisons.failed(by_seed(record, name, "f1"))) for name in (first, *others) if name}
    pairs = {name: (by_seed(record, name, score), by_seed(record, first, score)) for name in others}
    return differences.judge(pairs, {name: broken[name] | broken[first] for name in others})


def table(record, names, scores, judged=None):
    """Return (head, lines) of texts for `unet_edu.book.table`: a name a line, the difference in a score, mean ± sd.

    scores: keys of SCORES. judged: the score of the first column, with the verdict; None: the first of `scores`.
    """
    judged = judged or scores[0]
    verdicts = judge(record, names, judged)
    lines = []
    for name in present(record, names):
        cells = [scattered(list(by_seed(record, name, key).values()), SCORES[key].digits) for key in scores]
        one = verdicts.get(name)
        verdict = "–" if name == names[0] else "too few pairs"
        if one is not None:
            verdict = stacked(one, SCORES[judged].digits)
        cells = [cell.replace("-", "−") for cell in cells]
        lines.append([WORDS.get(name, {}).get(tuple(names), name), verdict, *cells])
    return ["", f"{SCORES[judged].words}: verdict, difference", *(SCORES[key].words for key in scores)], lines


def change(record, name, first, score="f1"):
    """Return a difference with its 95 % interval as text, "+0.012 (+0.004 to +0.020)", or "not measured"."""
    one = judge(record, [first, name], score).get(name)
    return "not measured" if one is None else difference(one, SCORES[score].digits)


def text(record, names, score="f1"):
    """Return a sentence on the names but the first: which have a lower score, which a higher, which is not decided."""
    return differences.sorted_out(judge(record, names, score))


def mean(record, name, score):
    """Return the mean of a score over the seeds of a name; NaN where it has none."""
    found = by_seed(record, name, score)
    return sum(found.values()) / len(found) if found else float("nan")
