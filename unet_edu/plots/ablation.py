"""Pictures and numbers of the chapter *What each part buys*; `unet_edu.plots.results.dot_plot` draws its runs."""

import numpy as np

from unet_edu import results
from unet_edu.experiments.runs import by_seed, kept, rows, values
from unet_edu.plots.style import DOWN, GRID, SKIP


def readings(record):
    """Return what the chapter's prose says of the record of the ablation: facts.

    facts: V_Rand, means of rows: whole, none, resized, fcn8; ranges: whole_low, whole_high, unmapped_low,
    unmapped_high; lost against the complete network: lost_none, lost_article, lost_norm; changes as texts with a sign:
    undropped, unbent, padded; how sure a difference is, in words: resized_none (of all pairs of rows this one alone),
    none_said, padded_said, fcn8_said, unmapped_said, undropped_said, unbent_said; of wrong pixels, in percent:
    error_whole, error_fcn8, error_padded, and padded_pixels in words; steps of training; lower, a list of the rows that
    are shown to be lower. Means and tests leave failed
    runs out.
    """
    entries_of = {row: kept(entries) for row, entries in rows(record).items()}
    runs = {row: values(entries) for row, entries in entries_of.items()}
    mean = {row: float(np.mean(scores)) for row, scores in runs.items()}
    by_row = {row: by_seed(entries) for row, entries in entries_of.items()}
    wrong = {row: by_seed(entries, "stack", "share_of_wrong_pixels") for row, entries in entries_of.items()}
    errors = {row: float(np.mean(list(found.values()))) for row, found in wrong.items()}
    judged = results.judge_rows(record)
    whole, resized, none = "U-Net", "skips resized, not cropped", "without skips"

    def lost(row):
        """Return by how much the mean of a row lies below that of the complete network."""
        return mean[whole] - mean[row]

    def changed(row):
        """Return the change as a text, with a minus sign that is as long as a plus."""
        return f"{-lost(row):+.3f}".replace("-", "−")

    def said(row):
        """Return in words how sure the difference of a row from the complete network is."""
        return assessed(judged[row])

    resized_none = results.judge({resized: (by_row[resized], by_row[none])})[resized]
    pixels = results.judge({"": tuple({seed: 100 * share for seed, share in wrong[row].items()}
                                      for row in ("padded, no crop", whole))}, {"": ()})[""]  # fmt: skip
    return {
        "whole": mean[whole],
        "none": mean[none],
        "resized": mean[resized],
        "fcn8": mean["FCN-8s"],
        "whole_low": min(runs[whole]),
        "whole_high": max(runs[whole]),
        "unmapped_low": min(runs["no weight map"]),
        "unmapped_high": max(runs["no weight map"]),
        "lost_none": lost(none),
        "lost_article": lost("the article's variant"),
        "lost_norm": lost("no batch normalisation"),
        "undropped": changed("without dropout"),
        "unbent": changed("no elastic deformation"),
        "padded": changed("padded, no crop"),
        "resized_none": assessed(resized_none),
        "none_said": said(none),
        "padded_said": said("padded, no crop"),
        "fcn8_said": said("FCN-8s"),
        "unmapped_said": said("no weight map"),
        "undropped_said": said("without dropout"),
        "unbent_said": said("no elastic deformation"),
        "padded_pixels": assessed(pixels, 2),
        "error_padded": 100 * errors["padded, no crop"],
        "error_whole": 100 * errors[whole],
        "error_fcn8": 100 * errors["FCN-8s"],
        "steps": record["trials"][whole]["recipe"]["steps"],
        "lower": results.listed(row for row, one in judged.items() if one and one.word == "lower") or "nothing",
    }


def assessed(judgement, digits=3):
    """Return in words what a `results.Judgement` says, with the interval and the corrected p."""
    if judgement is None:
        return "for which there are too few paired runs"
    one = judgement.found
    ends = f"{results.signed(one.low, digits)} to {results.signed(one.high, digits)}"
    lead = "which these runs do not decide" if judgement.word == "not decided" else f"which is {judgement.word}"
    return f"{lead} (95 % interval {ends}, {results.p_text(judgement.p)})"


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
