"""Train the networks that the package ships, and keep the scores of exactly the weights in the files.

    python -m unet_edu.experiments.checkpoints --record                  all that the record lacks
    python -m unet_edu.experiments.checkpoints --record --rows unet8-isbi
    python -m unet_edu.experiments.checkpoints --quick                   tiny ones on drawn tissue, to see that it works

Weights are rounded first, to float16 or, where the file would be large, to eight bits (`EIGHT_BITS`), then scored, then
written: to unet_edu/weights/ with --record, beside the file with --output. Every name has one run, that of seed 0: no
seed is chosen by its score.

The U-Nets for the real slices have a second phase, in which membrane counts more. After the first their best thresholds
lay at 0.9 and above, where the challenge's eleven are too far apart; the second brings them to the middle.

The network of the race (`time_to_score`), trained more than three times as long here, does without that phase. Its
tiles vary in sharpness (`sharpness`): fifteen of the eighteen training slices are less sharp than those for validation.
The lab book has what either did to which network.

The U-Net for nuclei takes grey images of both groups, bright nuclei on dark ground and stained, dark ones on light. It
is scored by its cells (`unet_edu.metrics.instances`), each group for itself. A step's one tile holds nuclei of one
group, while the means that batch normalisation keeps are of both, and fit neither: folded in, they cost all that was
learned of the bright ones. A second phase without it mends that.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

from unet_edu.checkpoints import ENDING, FOLDER, rounded, save
from unet_edu.experiments import nuclei
from unet_edu.experiments.costs import aligned
from unet_edu.experiments.record import results_dir
from unet_edu.experiments.runs import as_text, main
from unet_edu.experiments.trial import Trial, Tuning, run
from unet_edu.models import ArticleUNet, FCN8s, FCN16s, FCN32s, SubpixelUNet, UNet
from unet_edu.models.variants import without_dropout
from unet_edu.training import RECIPES

EIGHT_BITS = ("unet16-isbi", "subpixel-isbi")  # as many megabytes as they have million weights
SMALL_FCN = {"num_classes": 2, "in_channels": 1, "width": 6, "hidden": 32}  # at most 0.25 M parameters
SMALL_ARTICLE = {"num_classes": 2, "base_width": 5}  # likewise


def unet(base_width):
    """Return a fresh U-Net that drops nothing while it is trained: see the ablation."""
    return without_dropout(UNet(base_width=base_width))


def trials(quick=False, device_type="cpu"):
    """Return the rows; each is the name of a file."""
    recipe = RECIPES["one-cycle"]
    tuning = Tuning(replace(recipe, steps=300, batch=1, tile=572, learning_rate=1e-3), membrane=6.0)
    isbi = Trial("", partial(unet, 8), recipe, elastic=6.0, weight_map=True, batch_norm=True)
    rows = [
        replace(isbi, row="unet8-isbi", recipe=replace(recipe, steps=3000), tuning=tuning),
        replace(isbi, row="unet8-cells", data="cells"),
        replace(
            isbi,
            row="unet16-isbi",
            build=partial(unet, 16),
            recipe=replace(recipe, steps=5000, batch=2, tile=572),
            tuning=tuning,
        ),
        replace(
            isbi,
            row="subpixel-isbi",
            build=partial(SubpixelUNet, factor=4, base_width=32, depth=3),
            recipe=replace(recipe, steps=2400, tile=256),
            focus=1.0,
        ),
        replace(isbi, row="fcn8s-isbi", build=partial(FCN8s, **SMALL_FCN)),
        replace(isbi, row="fcn16s-isbi", build=partial(FCN16s, **SMALL_FCN)),
        replace(isbi, row="fcn32s-isbi", build=partial(FCN32s, **SMALL_FCN)),
        replace(isbi, row="article-isbi", build=partial(ArticleUNet, **SMALL_ARTICLE)),
        replace(
            isbi,
            row="unet8-nuclei",
            recipe=replace(recipe, steps=4000, batch=1, learning_rate=5e-3),
            data="grey nuclei",
            samples=192,  # 96 pieces of 24 fluorescence images, and 16 stained ones six times
            elastic=5.0,
            tuning=Tuning(replace(recipe, steps=2500, batch=1, learning_rate=2e-3), elastic=5.0),
        ),
    ]
    if not quick:
        return rows
    tiny = replace(recipe, steps=2, batch=1, tile=188)
    small = {"recipe": tiny, "data": "small cells", "average8": False}
    phases = {"build": partial(unet, 2), "tuning": Tuning(tiny)}
    changes = {
        "unet8-isbi": phases,
        "subpixel-isbi": {
            "build": partial(SubpixelUNet, factor=4, base_width=2, depth=2),
            "recipe": replace(tiny, tile=64),
        },
        "fcn8s-isbi": {},
        "unet8-nuclei": phases | {"data": "small grey nuclei"},
    }
    return [replace(row, **small | changes[row.row]) for row in rows if row.row in changes]


def entry_and_file(trial, seed, device, bf16, path):
    """Train, round, score, write the file; return the record's entry, with the file's name and size in bytes."""
    special = {"samples": nuclei.grey_pieces, "scored": nuclei.grey_scores} if "nuclei" in trial.data else {}
    precision = "int8" if trial.row in EIGHT_BITS else "float16"
    finish = partial(rounded, precision=precision)
    if path is None:
        return run(trial, seed, device, bf16, finish=finish, **special)[1]
    between = Path(path).parent / f"{trial.row}-first-phase{ENDING}" if trial.tuning else None
    net, entry = run(trial, seed, device, bf16, finish=finish, between=between, **special)
    folder = FOLDER if Path(path).parent == results_dir() else Path(path).parent
    what = "pieces" if special else "slices"
    metadata = {
        "data": f"{trial.data}, training {what} 0 to {trial.samples - 1}",
        "seed": seed,
        "recipe": trial.settings(),
        "commit": entry["made"]["git"]["commit"],
        "scores": entry["scores"],
    }
    file = save(folder / f"{trial.row}{ENDING}", net, metadata, precision)
    if between:
        between.unlink()
    return entry | {"file": file.name, "bytes": file.stat().st_size}


def text(record):
    """Return a record as tables of text: rows scored by V_Rand, then rows scored by cells, a line for each group."""
    cells = [entry for entry in record["runs"] if "groups" in entry["scores"]]
    names = {entry["row"] for entry in cells}
    others = record | {
        "trials": {row: facts for row, facts in record["trials"].items() if row not in names},
        "runs": [entry for entry in record["runs"] if entry["row"] not in names],
    }
    lines = [("row", *(title for title, *_ in nuclei.COLUMNS))]
    for entry in cells:
        for group, scores in entry["scores"]["groups"].items():
            numbers = [f"{scores[part][key]:.{digits}f}" for _, part, key, digits in nuclei.COLUMNS]
            lines.append((f"{entry['row']}, {group}", *numbers))
    return "\n".join([as_text(others), *([aligned(lines, left=1)] if cells else [])])


if __name__ == "__main__":
    main("checkpoints", __doc__.split("\n")[0], trials, seeds=1, work=entry_and_file, text=text)
