"""Pictures and numbers of the chapter *What each part buys*; `unet_edu.plots.results.dot_plot` draws its runs."""

import numpy as np

from unet_edu import results
from unet_edu.experiments.runs import rows, values
from unet_edu.plots.style import DOWN, GRID, SKIP


def readings(record):
    """Return what the chapter's prose says of the record of the ablation: facts.

    facts: V_Rand, means of rows: whole, none, resized, fcn8; ranges: whole_low, whole_high, unmapped_low,
    unmapped_high; lost against the complete network: lost_none, lost_article, lost_norm; changes as texts with a sign:
    undropped, unbent, padded; whether two rows differ, in words: resized_none, padded_said, fcn8_said; wrong pixels in
    percent: error_whole, error_fcn8; steps of training.
    """
    runs = {row: values(entries) for row, entries in rows(record).items()}
    mean = {row: float(np.mean(scores)) for row, scores in runs.items()}
    errors = {
        row: float(np.mean(values(entries, "stack", "share_of_wrong_pixels"))) for row, entries in rows(record).items()
    }
    whole, resized, none = "U-Net", "skips resized, not cropped", "without skips"

    def lost(row):
        """Return by how much the mean of a row lies below that of the complete network."""
        return mean[whole] - mean[row]

    def changed(row):
        """Return the change as a text, with a minus sign that is as long as a plus."""
        return f"{-lost(row):+.3f}".replace("-", "−")

    def apart(one, other):
        """Return in words whether two rows differ."""
        if results.differ(runs[one], runs[other]):
            return "and the difference is larger than the seeds explain"
        return "and these runs cannot tell the two apart"

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
        "resized_none": apart(resized, none),
        "padded_said": apart("padded, no crop", whole),
        "fcn8_said": apart("FCN-8s", whole),
        "error_whole": 100 * errors[whole],
        "error_fcn8": 100 * errors["FCN-8s"],
        "steps": record["trials"][whole]["recipe"]["steps"],
    }


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
