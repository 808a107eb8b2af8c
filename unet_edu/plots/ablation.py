"""Pictures and numbers of the chapter *What each part buys*; `unet_edu.plots.results.dot_plot` draws its runs."""

import numpy as np

from unet_edu import results
from unet_edu.experiments.runs import by_seed, kept, rows, values
from unet_edu.plots.style import DOWN, GRID, SKIP

SMALL = 0.01  # of V_Rand
OF = {  # what a text calls a row, and its name
    "none": "without skips",
    "pooled": "skips after the pool",
    "dilated": "dilation 2 on the way down",
    "padded": "padded, no crop",
    "fcn8": "FCN-8s",
    "article": "the article's variant",
    "unmapped": "no weight map",
    "undropped": "without dropout",
    "unbent": "no elastic deformation",
    "norm": "no batch normalisation",
}


def readings(record):
    """Return what the chapter's prose says of the record of the ablation: facts.

    facts: V_Rand, means of rows: whole, none, resized, fcn8, rival (what fcn8 is compared with); ranges: whole_low,
    whole_high, unmapped_low, unmapped_high; differences in words as of `assessed`: NAME_said, for each of `OF`, and
    resized_none and padded_pixels (in points), which are tested alone; wrong pixels, in percent: error_whole,
    error_rival, error_fcn8, error_padded; how many rows change one thing, changes, and how many are other networks,
    others; steps of training; lists of rows: lower, those that are shown to be so; of those that are not decided small,
    where the whole interval lies within ± SMALL, and open, the others. Means and tests leave failed runs out.
    """
    entries_of = {row: kept(entries) for row, entries in rows(record).items()}
    runs = {row: values(entries) for row, entries in entries_of.items()}
    mean = {row: float(np.mean(scores)) for row, scores in runs.items()}
    by_row = {row: by_seed(entries) for row, entries in entries_of.items()}
    wrong = {row: by_seed(entries, "stack", "share_of_wrong_pixels") for row, entries in entries_of.items()}
    errors = {row: float(np.mean(list(found.values()))) for row, found in wrong.items()}
    judged = results.judge_rows(record)
    whole, resized, none = "U-Net", "skips resized, not cropped", OF["none"]
    resized_none = results.judge({resized: (by_row[resized], by_row[none])})[resized]
    pixels = results.judge({"": tuple({seed: 100 * share for seed, share in wrong[row].items()}
                                      for row in (OF["padded"], whole))}, {"": ()})[""]  # fmt: skip
    undecided = {row: one.found for row, one in judged.items() if one and one.word == "not decided"}
    small = [row for row, one in undecided.items() if max(-one.low, one.high) < SMALL]
    rival = results.counterpart(record, "FCN-8s")
    others = sum(bool(record["trials"][row].get("differs")) for row in judged)
    return {
        "whole": mean[whole],
        "none": mean[none],
        "resized": mean[resized],
        "fcn8": mean["FCN-8s"],
        "rival": mean[rival],
        "whole_low": min(runs[whole]),
        "whole_high": max(runs[whole]),
        "unmapped_low": min(runs["no weight map"]),
        "unmapped_high": max(runs["no weight map"]),
        **{f"{key}_said": assessed(judged[row]) for key, row in OF.items()},
        "resized_none": assessed(resized_none),
        "padded_pixels": assessed(pixels, 2),
        "error_padded": 100 * errors[OF["padded"]],
        "error_whole": 100 * errors[whole],
        "error_rival": 100 * errors[rival],
        "error_fcn8": 100 * errors["FCN-8s"],
        "changes": len(judged) - others,
        "others": others,
        "steps": record["trials"][whole]["recipe"]["steps"],
        "lower": results.listed(row for row, one in judged.items() if one and one.word == "lower") or "nothing",
        "small": results.listed(small) or "nothing",
        "open": results.listed(row for row in undecided if row not in small) or "nothing",
    }


def assessed(judgement, digits=3):
    """Return a `results.Judgement` in words: "−0.054, lower (95 % interval −0.069 to −0.038, p < 0.001)"."""
    if judgement is None:
        return "not known (too few paired runs)"
    change, low, high = (results.signed(number, digits) for number in judgement.found[:3])
    return f"{change}, {judgement.word} (95 % interval {low} to {high}, {results.p_text(judgement.p)})"


def before_and_after(trained, changed):
    """Draw V_Rand of networks that were trained without a part, and of one that lost it later; return the figure.

    trained, changed: {row: V_Rand}; the rows shown are those of `changed`, in its order.
    """
    import matplotlib.pyplot as plt

    names = list(changed)
    fig, axes = plt.subplots(figsize=(5.6, 2.5))
    for place, name in enumerate(names):
        axes.plot([trained[name], changed[name]], [place, place], color=GRID, lw=2, zorder=1)
    looks = (
        (trained, "o", DOWN, "trained like that (ISBI slices)"),
        (changed, "s", SKIP, "changed afterwards (drawn tissue)"),
    )
    for scores, marker, colour, label in looks:
        axes.plot([scores[name] for name in names], range(len(names)), marker, color=colour, label=label)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="V_Rand", xlim=(0, 1.02), ylim=(len(names) - 0.5, -0.6))
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.28), ncols=1, fontsize=9)
    return fig
