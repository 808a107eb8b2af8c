"""Pictures of the page *Results*: scores of the recorded runs, times, and what a network gets wrong on a slice.

curves, dot_plot, scaling, ratios          draw a record, as `unet_edu.results.read` returns it
slice_with_mistakes, crop_of_all           draw a slice and predictions of it
"""

import itertools

import numpy as np
from scipy import ndimage

from unet_edu.experiments.runs import by_seed, kept, mean_sd, rows, spread, values
from unet_edu.metrics import v_rand
from unet_edu.plots.shared import by_slices, image_row, towards_one
from unet_edu.plots.style import DOWN, DOWN_AREA, EXTRA, GRID, INK, MUTED, SKIP, UP, WRONG
from unet_edu.results import busiest_window, mistakes, passes, scaling_entries

# -------------------------------------------------------------------------------------------- scores while training

COLOURS = (DOWN, SKIP, UP, EXTRA, WRONG)
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def curves(record, loss=True, target=None, one_pace=False):
    """Draw V_Rand, and the loss above it, against seconds of training: a thin line a run, a thick one for their mean.

    The mean is that of runs at the same step. target: a value of V_Rand to mark. one_pace: draw all runs of a row at
    the pace of its quickest, for the same steps are the same work, and a run that shared its machine waited for it.
    Returns the figure.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator

    fig, panels = plt.subplots(1 + loss, 1, figsize=(7.2, 2.6 * (1 + loss) + 0.5), sharex=True, squeeze=False)
    for colour, style, (row, entries) in zip(
        itertools.cycle(COLOURS), itertools.cycle(STYLES), rows(record).items(), strict=False
    ):
        if not entries:
            continue
        training = [entry["training"] for entry in entries]
        quickest = min(one["seconds"] for one in training)
        paces = [quickest / one["seconds"] if one_pace else 1.0 for one in training]
        label = f"{row} ({len(entries)} {'run' if len(entries) == 1 else 'runs'})"
        if loss:
            lines = [
                (np.multiply(one["seconds_at"], pace), one["loss"]) for one, pace in zip(training, paces, strict=True)
            ]
            _with_mean(panels[0, 0], lines, colour, style, label)
        lines = []
        for one, pace in zip(training, paces, strict=True):
            if one["score"]:
                _, seconds, scores = zip(*one["score"], strict=True)
                lines.append((np.multiply(seconds, pace), scores))
        _with_mean(panels[-1, 0], lines, colour, style, label, marker="o")
    if loss:
        panels[0, 0].set(ylabel="loss", yscale="log")
        panels[0, 0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panels[0, 0].yaxis.set_major_formatter("{x:g}")
        panels[0, 0].yaxis.set_minor_formatter("")
    if target is not None:
        panels[-1, 0].axhline(target, color=MUTED, lw=1.2, ls=(0, (1, 2)))
        place = {"transform": panels[-1, 0].get_yaxis_transform(), "va": "bottom", "ha": "left", "fontsize": 9}
        panels[-1, 0].text(0.01, target, f"target {target:.3f}", color=MUTED, **place)
    panels[-1, 0].set(xlabel="seconds of training", ylabel="V_Rand on validation")
    shown = [value for entry in record["runs"] for *_, value in entry["training"]["score"]]
    towards_one(panels[-1, 0], "y", shown + ([] if target is None else [target]))
    panels[-1, 0].legend(loc="lower right", fontsize=9, handlelength=3)
    fig.tight_layout()
    return fig


def _with_mean(axes, lines, colour, style, label, marker=None):
    for seconds, found in lines:
        axes.plot(seconds, found, color=colour, lw=0.8, alpha=0.5)
    if lines:
        axes.plot(*np.mean(lines, axis=0), color=colour, ls=style, lw=2.4, marker=marker, ms=4.5, label=label)


# ---------------------------------------------------------------------------------------------------- dots and bars


def dot_plot(record, narrow=False):
    """Draw the V_Rand of every run as a dot, a row a line, best mean on top; returns the figure.

    The bar is mean ± standard deviation over the seeds that did not fail; a run that failed is a cross. The band is
    that of the record's first row. narrow: for a phone, with name and numbers above each line instead of beside it.
    """
    import matplotlib.pyplot as plt

    broken = {
        row: values([one for one in entries if one not in kept(entries)]) for row, entries in rows(record).items()
    }
    found = {row: values(kept(entries)) for row, entries in rows(record).items() if entries}
    order = sorted(found, key=lambda row: np.mean(found[row]), reverse=True)
    first = next(iter(rows(record)))
    fig, axes = plt.subplots(figsize=(3.9, 0.5 * len(order) + 0.8) if narrow else (5.2, 0.34 * len(order) + 0.9))
    if len(found.get(first, ())) > 1:
        mean, sd = mean_sd(found[first])
        axes.axvspan(mean - sd, mean + sd, color=DOWN_AREA, lw=0)
        axes.axvline(mean, color=DOWN, lw=1)
    for place, row in enumerate(order):
        mean, sd = mean_sd(found[row])
        colour = DOWN if row == first else INK
        if sd is not None:
            axes.plot([mean - sd, mean + sd], [place, place], color=colour, lw=1.6)
        axes.plot([mean], [place], marker="|", ms=13, mew=2.2, color=colour)
        axes.plot(found[row], [place] * len(found[row]), "o", ms=5.5, mfc="none", mec=colour, mew=1.1)
        axes.plot(broken[row], [place] * len(broken[row]), "x", ms=6, color=WRONG, mew=1.6)
        where = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 9}
        if narrow:
            axes.text(0, place - 0.38, row, **where)
            axes.text(1, place - 0.38, spread(found[row]), ha="right", **where)
        else:
            axes.text(1.01, place, spread(found[row]), **where)
    axes.set(ylim=(len(order) - 0.4, -0.8), xlabel="V_Rand on validation (the axis widens towards 1)")
    axes.set_yticks(*((), ()) if narrow else (range(len(order)), order))
    axes.tick_params(axis="y", length=0)
    towards_one(axes, "x", values(record["runs"]))
    return fig


def scaling(record):
    """Draw V_Rand against the number of training slices, with and without elastic deformation; returns the figure.

    A panel for the rows that take the first slices, one for those whose slices are spread over the stack. Lines join
    the means of the runs that did not fail; those that did are crosses.
    """
    import matplotlib.pyplot as plt

    panels = {
        title: kinds
        for title, apart in (("the first slices", False), ("spread over the stack", True))
        if any(kinds := [scaling_entries(record, bent, apart) for bent in (True, False)])
    }
    fig, (row,) = plt.subplots(1, len(panels), figsize=(4.4 * len(panels), 3.8), sharey=True, squeeze=False)
    for axes, (title, kinds) in zip(row, panels.items(), strict=True):
        scores = [{count: by_seed(entries) for count, entries in kind.items()} for kind in kinds]
        by_slices(axes, scores, ("with elastic deformation", "without"))
        axes.set_title(title, fontsize=10.5, loc="left")
    row[0].set_ylabel("V_Rand on validation")
    towards_one(row[0], "y", values(record["runs"]))
    fig.tight_layout(w_pad=1.6)
    return fig


def ratios(record):
    """Draw time and multiply-adds of a speed record's passes as multiples of the first row's; returns the figure."""
    import matplotlib.pyplot as plt

    lines = sorted(passes(record), key=lambda row: row["ratio"])
    fig, axes = plt.subplots(figsize=(4.6, 0.34 * len(lines) + 1.2))
    axes.axvline(1, color=GRID, lw=1.2, zorder=0)
    for place, row in enumerate(lines):
        work = row.get("macs_ratio")
        if work:
            axes.plot([work, row["ratio"]], [place, place], color=GRID, lw=1.6, zorder=1)
            axes.plot([work], [place], "D", ms=6, mfc="none", mec=SKIP, mew=1.4)
        axes.plot([row["ratio"]], [place], "o", ms=7, color=DOWN)
        axes.text(1.01, place, f"× {row['ratio']:.3g}", transform=axes.get_yaxis_transform(), va="center", fontsize=9)
    axes.plot([], [], "o", color=DOWN, label="time")
    axes.plot([], [], "D", mfc="none", mec=SKIP, mew=1.4, ls="none", label="multiply-adds")
    axes.set(xscale="log", ylim=(len(lines) - 0.4, -0.6), xlabel=f"multiple of: {record['rows'][0]['name']}")
    axes.set_yticks(range(len(lines)), [row["name"] for row in lines])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.legend(loc="upper right", fontsize=9)
    return fig


# --------------------------------------------------------------------------------------------------------- mistakes

MERGED, SPLIT = "#ffb000", "#4aa3ff"  # on a micrograph; told apart by lightness and by line and dots, too


def draw_mistakes(axes, image, found):
    """Draw an image, on it merged borders as lines and invented ones as rows of dots, each with a dark rim."""
    from matplotlib.colors import to_rgba

    axes.imshow(image, cmap="gray", vmin=0, vmax=1)
    line = np.zeros((*image.shape, 4))
    line[ndimage.binary_dilation(found.merged, iterations=4), 3] = 1
    line[ndimage.binary_dilation(found.merged, iterations=2)] = to_rgba(MERGED)
    axes.imshow(line)
    row, column = np.transpose(spaced(found.split, 8))
    axes.scatter(column, row, s=12, color=SPLIT, edgecolors="#101010", lw=0.6)
    axes.axis("off")


def spaced(mask, step):
    """Return pixels of a mask, (N, 2), no two of them closer than `step` both in rows and in columns."""
    free, chosen = mask.copy(), []
    for row, column in np.argwhere(mask):
        if free[row, column]:
            chosen.append((row, column))
            free[row : row + step, max(column - step + 1, 0) : column + step] = False
    return np.array(chosen, int).reshape(-1, 2)


def slice_with_mistakes(sample, probability, threshold=None):
    """Draw a slice in four panels: image, truth, probability, mistakes; return (figure, facts).

    sample: with image and label, (H, W). probability: of being inside a cell, (H, W).
    threshold: where to cut it; None is the best one by V_Rand.
    facts: score (V_Rand at its best threshold), threshold, and counts, which cells are merged or split, in words.
    """
    import matplotlib.pyplot as plt

    curve = v_rand(sample.label, probability)
    threshold = curve.threshold if threshold is None else threshold
    found = mistakes(sample.label, probability, threshold)
    fig, panels = plt.subplots(2, 2, figsize=(7.2, 7.6))
    for axes, picture, title in (
        (panels[0, 0], sample.image, "image"),
        (panels[0, 1], sample.label, "truth"),
        (panels[1, 0], probability, "probability of cell"),
    ):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axes.set_title(title, fontweight="normal")
        axes.axis("off")
    draw_mistakes(panels[1, 1], sample.image, found)
    panels[1, 1].set_title(f"mistakes at threshold {threshold:.1f}", fontweight="normal")
    panels[1, 1].plot([], [], color=MERGED, lw=3, label="merged: a border is missing")
    panels[1, 1].plot([], [], "o", color=SPLIT, ms=5, label="split: a border was invented")
    fig.legend(loc="lower center", ncols=2, fontsize=9)
    fig.subplots_adjust(left=0, right=1, top=0.97, bottom=0.04, wspace=0.02, hspace=0.1)
    counts = (
        f"{found.merged_cells} of {found.cells} true cells share a segment with another, {found.split_cells} are split"
    )
    return fig, {"score": curve.score, "threshold": threshold, "counts": counts}


def crop_of_all(sample, probabilities, side=160):
    """Draw one crop as several networks see it: where the first of them errs most; return (figure, facts).

    sample: with image and label, (H, W). probabilities: pairs (name of a network, probability of being inside a cell,
    (H, W)). side: of the crop, in pixels.
    facts: networks (how many) and scores, the V_Rand of each on the whole slice, a text.
    """
    scored = [v_rand(sample.label, probability) for _, probability in probabilities]
    found = mistakes(sample.label, probabilities[0][1], scored[0].threshold)
    top, left = busiest_window(found.merged | found.split, side)
    crop = slice(top, top + side), slice(left, left + side)
    pictures = [sample.image[crop], sample.label[crop], *(probability[crop] for _, probability in probabilities)]
    names = [f"{name}: {curve.score:.3f}" for (name, _), curve in zip(probabilities, scored, strict=True)]
    fig = image_row(
        pictures, ["image", "truth", *names], limits=(0, 1), figsize=(7.2, 2.1 * -(-len(pictures) // 4)), columns=4
    )
    return fig, {"networks": len(names), "scores": "; ".join(names)}
