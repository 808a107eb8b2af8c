"""How good is a segmentation? `score(truth, predicted)`.

    numbered objects ──► matched at IoU 0.5 ──► found, missed, invented; F1, AP     merged and split     V_Rand
    masks ──► IoU, Dice

A mask stands for its connected pieces. Of several images the counts add up, and the other scores are means.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unet_edu.data import Sample, files
from unet_edu.labels import two_valued
from unet_edu.metrics import dice, instances, iou, rand_parts
from unet_edu.own.survey import objects_of


@dataclass(frozen=True)
class Scores:
    """Scores of a prediction. `print(scores)` shows them in lines.

    images: how many.  objects: in the truth.  found, missed, invented: objects, matched at an IoU above 0.5.
    f1: 2 · found / (2 · found + missed + invented), of all images together.  ap: mean over the images of the Data
    Science Bowl's score, thresholds 0.5 to 0.95.  merged, split: true objects that a user would have to part, or to
    join (`unet_edu.metrics.instances.merged_and_split`).
    iou, dice: of the masks, mean over the images.  v_rand: mean over the images, inside the true objects.
    """

    images: int
    objects: int
    found: int
    missed: int
    invented: int
    f1: float
    ap: float
    merged: int
    split: int
    iou: float
    dice: float
    v_rand: float

    def lines(self):
        """Return the scores as a list of lines."""
        return [
            f"objects: {self.objects} in the truth; {self.found} found, {self.missed} missed, {self.invented} invented",
            f"F1 {self.f1:.3f} at IoU 0.5; AP {self.ap:.3f} over IoU 0.5 to 0.95",
            f"touching: {self.merged} merged with another one, {self.split} split",
            f"masks: IoU {self.iou:.3f}, Dice {self.dice:.3f}; V_Rand {self.v_rand:.3f}",
        ]

    def __str__(self):
        return "\n".join(self.lines())


def score(truth, predicted) -> Scores:
    """Return the scores of a prediction (``Scores``).

    truth, predicted: maps ``(H, W)`` of numbered objects, 0 = background, or masks of 0 and one other number; or lists
    of such maps, image by image, both of one length.
    Raises TypeError or ValueError for anything else, and where two maps differ in size.
    """
    truths, predictions = as_list(truth), as_list(predicted)
    if len(truths) != len(predictions) or not truths:
        raise ValueError(f"{len(truths)} maps of truth for {len(predictions)} predictions: give one for each image")
    matching, each = instances.Matching(), []
    merged = split = objects = 0
    for place, (true, found) in enumerate(zip(truths, predictions, strict=True)):
        if np.shape(true) != np.shape(found):
            raise ValueError(f"image {place}: the truth is {np.shape(true)}, the prediction {np.shape(found)}")
        true, found = numbered(true), numbered(found)
        one = instances.match(true, found)
        errors = instances.merged_and_split(true, found)
        masks = [(numbers > 0).astype(np.uint8) for numbers in (true, found)]
        matching, merged, split = matching + one, merged + errors.merged, split + errors.split
        objects += one.tp + one.fn
        v_rand = rand_parts(true, found).score if true.any() else float(not found.any())
        each.append((instances.average_precision(true, found), iou(*masks), dice(*masks), v_rand))
    ap, overlap, coefficient, rand = (float(value) for value in np.mean(each, axis=0))
    counts = {"found": matching.tp, "missed": matching.fn, "invented": matching.fp}
    return Scores(
        images=len(truths),
        objects=objects,
        **counts,
        f1=matching.f1,
        ap=ap,
        merged=merged,
        split=split,
        iou=overlap,
        dice=coefficient,
        v_rand=rand,
    )


def as_list(maps):
    """Return one map, or a sequence of them, as a list of maps."""
    return [maps] if isinstance(maps, np.ndarray) and maps.ndim == 2 else list(maps)


def numbered(label):
    """Return a map with a number for each object: as it is, or the connected pieces of a mask of one number."""
    label = np.asarray(label)
    if label.dtype.kind not in "bui":
        raise TypeError(f"a map holds whole numbers, not {label.dtype}: cut a probability, (probability > 0.5)")
    if label.dtype.kind == "b" or two_valued(label) is not None:
        return objects_of(Sample(None, (label > 0).astype(np.uint8)))
    return label.astype(np.int64)


# --------------------------------------------------------------------------------------------------------------- files


def score_files(truth, predicted) -> dict:
    """Return {name: Scores} of the masks in files, image by image; "all" is the last entry, all images together.

    truth, predicted: folders, files or stacks, paired as `unet_edu.data.files.load` pairs images with masks; predicted
    may be the folder that ``unet-edu predict`` wrote: its labels are taken, or else its masks.
    Raises `unet_edu.data.files.Mismatches` with all that does not fit, ValueError where there is no pair at all.
    """
    pairs, problems = files.paired(truth, results_in(predicted))
    read = []
    for ours, theirs in pairs:
        try:
            both = [files.pages(path, indices=True) for path in (ours, theirs)]
            if len(both[0]) != len(both[1]):
                raise ValueError(f"{ours}: {len(both[0])} pages, but {theirs} has {len(both[1])}")
            read += zip(*both, strict=True)
        except (OSError, ValueError, SyntaxError) as error:
            problems.append(str(error))
    kinds = [files.kind_of(list(side), "auto") for side in zip(*read, strict=True)]
    names, truths, predictions = [], [], []
    for pages in read:
        try:
            true, found = (
                files.as_label(page, "numbers" if kind == "classes" else kind, None)
                for page, kind in zip(pages, kinds, strict=True)
            )
            if true.shape != found.shape:
                raise ValueError(f"{pages[1].name}: {size(found)} pixels, but {pages[0].name} has {size(true)}")
        except ValueError as error:
            problems.append(str(error))
            continue
        names.append(pages[0].name)
        truths.append(true)
        predictions.append(found)
    if problems:
        raise files.Mismatches(problems)
    if not names:
        raise ValueError(f"there is no pair of masks in {truth} and {predicted}")
    each = {name: score(*maps) for name, *maps in zip(names, truths, predictions, strict=True)}
    return each | {"all": score(truths, predictions)}


def results_in(place):
    """Return the folder of labels, or else of masks, where ``unet-edu predict`` wrote; any other place as it is."""
    for name in ("labels", "masks") if isinstance(place, str | Path) else ():
        if (Path(place) / name).is_dir():
            return Path(place) / name
    return place


def size(label):
    """Return the size of a map in words."""
    return " × ".join(map(str, label.shape))
