"""Pictures of the chapter *Scoring like the challenge*: what each score makes of small cases and of real runs."""

from itertools import combinations

import numpy as np
from scipy import ndimage
from scipy.stats import kendalltau

from unet_edu import metrics
from unet_edu.experiments.runs import rows, values
from unet_edu.metrics import instances
from unet_edu.plots.style import (
    DOWN,
    DOWN_AREA,
    GRID,
    MUTED,
    PAPER,
    SKIP,
    SKIP_AREA,
    UP,
    UP_AREA,
    WRONG,
    WRONG_AREA,
)
from unet_edu.results import counterpart, listed

# ------------------------------------------------------------------------------------- sixteen cells, five predictions

CELL, LINES = 49, (49, 99, 149)  # pixels of a cell; where the lines between them lie
HOLE = CELL // 2, LINES[1]  # the pixel that is missing in prediction B
HINTS = {
    "A": "borders of five pixels",
    "B": "one pixel is missing",
    "C": "moved by one pixel",
    "D": "one wall too many",
    "E": "specks inside the cells",
}


def sixteen(width=1, moved=0):
    """Return 4 × 4 cells as a label (199, 199), 1 in a cell; its lines are `width` pixels broad, moved down right."""
    picture = np.ones((199, 199), np.uint8)
    for line in LINES:
        start = line - width // 2 + moved
        picture[start : start + width] = picture[:, start : start + width] = 0
    return picture


def truth_and_predictions():
    """Return (truth, {letter: prediction}), labels (199, 199): sixteen cells, and five ways to get them a bit wrong."""
    truth = sixteen()
    hole, wall, specks = truth.copy(), truth.copy(), truth.copy()
    hole[HOLE] = 1
    wall[LINES[1] + 1 : LINES[2], LINES[0] + 1 + CELL // 2] = 0
    for first in (0, 50, 100, 150):
        for other in (0, 50, 100, 150):
            specks[first + 5 : first + CELL - 3 : 10, other + 5 : other + CELL - 3 : 10] = 0
    return truth, {"A": sixteen(width=5), "B": hole, "C": sixteen(moved=1), "D": wall, "E": specks}


def magnified(picture):
    """Return a label with 5 × 5 pixels for one, so that all lines come out equally broad on the page."""
    return np.kron(picture, np.ones((5, 5)))


def bets(truth, predictions):
    """Draw the truth and the five predictions with their letters; return (figure, facts: specks, how many E has)."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Circle

    fig, panels = plt.subplots(2, 3, figsize=(8.6, 6.9), layout="constrained")
    fig.get_layout_engine().set(h_pad=0.1, w_pad=0.08)
    for axes, (name, picture) in zip(panels.flat, {"the truth": truth, **predictions}.items(), strict=True):
        axes.imshow(magnified(picture), extent=(0, 199, 199, 0), vmin=0, vmax=1, interpolation="hanning")
        axes.set_title(name, fontsize=13 if name in HINTS else 11)
        axes.set(xticks=[], yticks=[], xlabel=HINTS.get(name, "borders of one pixel"))
        axes.spines[:].set_visible(True)
    panels[0, 2].add_patch(Circle((HOLE[1] + 0.5, HOLE[0] + 0.5), 9, fill=False, ec=WRONG, lw=2))
    return fig, {"specks": int((predictions["E"] != truth).sum())}


def verdict(truth, predictions):
    """Draw a table of six scores of each prediction, best and worst of each score marked; return (figure, facts).

    truth, predictions: as `truth_and_predictions` returns them.
    facts: verdict, sentences that name each prediction's best and worst scores; both_ways, the letters of those that
    are the best by one score and the worst by another, a text.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    names = ("pixel\nerror", "Rand\nerror", "warping\nerror", "classic\nwarping", "V_Rand", "V_Info")
    higher = (False, False, False, False, True, True)
    board = {name: all_scores(truth, found) for name, found in predictions.items()}
    best, worst = {}, {}
    looks = {"best": (UP_AREA, UP), "worst": (WRONG_AREA, WRONG), "": ("none", GRID)}
    fig, axes = plt.subplots(figsize=(8.8, 5.6))
    centred = {"ha": "center", "va": "center"}
    for column, (title, up) in enumerate(zip(names, higher, strict=True)):
        scores = [row[column] for row in board.values()]
        top, bottom = (max(scores), min(scores)) if up else (min(scores), max(scores))
        axes.text(column + 0.5, -0.12, title, ha="center", va="bottom", fontsize=10, fontweight="bold")
        for place, (name, value) in enumerate(zip(board, scores, strict=True)):
            kind = "best" if np.isclose(value, top, atol=1e-12) else "worst" if value == bottom else ""
            if kind:
                {"best": best, "worst": worst}[kind].setdefault(name, []).append(title.replace("\n", " "))
            fill, edge = looks[kind]
            axes.add_patch(Rectangle((column + 0.04, place + 0.04), 0.92, 0.92, facecolor=fill, edgecolor=edge, lw=1.2))
            close = 0 < value < 1e-4 or 1 - 1e-4 < value < 1
            text = f"{value:.6f}" if close else f"{value:.4f}"
            axes.text(column + 0.5, place + (0.4 if kind else 0.5), text, fontsize=10.5, **centred)
            if kind:
                axes.text(column + 0.5, place + 0.72, kind, fontsize=9.5, color=edge, fontweight="bold", **centred)
    for place, (name, found) in enumerate(predictions.items()):
        small, extent = magnified(ndimage.minimum_filter(found, 2)), (-1.0, -0.12, place + 0.94, place + 0.06)
        axes.imshow(small, extent=extent, vmin=0, vmax=1, aspect="auto", interpolation="hanning")
        axes.add_patch(Rectangle((-1.0, place + 0.06), 0.88, 0.88, fill=False, edgecolor=MUTED, lw=0.8))
        axes.text(-1.15, place + 0.5, name, ha="right", va="center", fontsize=14, fontweight="bold")
    axes.set(xlim=(-1.45, 6), ylim=(5.02, -0.75))
    axes.axis("off")
    fig.tight_layout()
    words = [
        f"{name} is best by {listed(best.get(name, ['none']))} and worst by {listed(worst.get(name, ['none']))}."
        for name in board
    ]
    return fig, {"verdict": " ".join(words), "both_ways": listed(sorted(set(best) & set(worst)))}


def all_scores(truth, found):
    """Return six scores of one prediction: pixel, Rand, warping and classic warping error, V_Rand, V_Info."""
    errors = (metrics.pixel_error, metrics.rand_error, metrics.warping_error, metrics.classic_warping_error)
    both = metrics.challenge_scores(truth, found)
    return *(error(truth, found) for error in errors), both.v_rand.score, both.v_info.score


# ------------------------------------------------------------------------------------------------------ pairs of pixels


def pairs(cells, found):
    """Draw two divisions of a few pixels, and what each says of every pair of them; return (figure, facts).

    cells, found: for each pixel the number of its true cell and of its segment, 1 or 2.
    facts: wrong_pairs; sums of squared counts, table_both (of what is together in both) and table_side (in the truth);
    bits_truth, bits_segments (entropies) and bits_shared (mutual information).
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    count = len(cells)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.5), width_ratios=(1, 1.15))
    areas = {1: DOWN_AREA, 2: SKIP_AREA}
    for y, name, owners, letters in ((1.6, "truth", cells, "ab"), (0.2, "prediction", found, "xy")):
        left.text(-0.2, y + 0.5, name, ha="right", va="center")
        for place, owner in enumerate(owners):
            left.add_patch(Rectangle((place, y), 1, 1, facecolor=areas[owner], edgecolor=MUTED, lw=0.9))
            left.text(place + 0.5, y + 0.5, letters[owner - 1], ha="center", va="center")
    for place in range(count):
        left.text(place + 0.5, 2.85, str(place + 1), ha="center", color=MUTED, fontsize=9.5)
    left.set(xlim=(-2.6, count + 0.1), ylim=(0, 3.3), aspect="equal")
    left.axis("off")
    wrong = 0
    for i, j in combinations(range(count), 2):
        together, so_found = cells[i] == cells[j], found[i] == found[j]
        agree = together == so_found
        wrong += not agree
        fill, edge = (UP_AREA, UP) if agree else (WRONG_AREA, WRONG)
        right.add_patch(Rectangle((j, -i), 0.94, 0.94, facecolor=fill, edgecolor=edge, lw=1.2))
        word = ("together" if together else "apart") if agree else ("split" if together else "merged")
        right.text(j + 0.47, -i + 0.47, word, ha="center", va="center", fontsize=9)
    for place in range(count):
        if place:
            right.text(place + 0.47, 1.12, str(place + 1), ha="center", color=MUTED, fontsize=9.5)
        if place < count - 1:
            right.text(place + 0.8, -place + 0.47, str(place + 1), ha="right", va="center", color=MUTED, fontsize=9.5)
    right.set(xlim=(0.4, count + 0.1), ylim=(1.9 - count, 1.5), aspect="equal")
    right.axis("off")
    fig.tight_layout()
    return fig, {"wrong_pairs": int(wrong), **table_facts(cells, found)}


def table_facts(cells, found):
    """Return the facts of `pairs` that come from the table of how many pixels each segment has of each true cell."""
    inner = [sum(c == a and f == b for c, f in zip(cells, found, strict=True)) for a in (1, 2) for b in (1, 2)]
    sides = [[each.count(a) for a in (1, 2)] for each in (cells, found)]

    def bits(counts):
        """Return the entropy of a division of the pixels."""
        return float(-sum(n / len(cells) * np.log2(n / len(cells)) for n in counts if n))

    truth, segments = map(bits, sides)
    return {
        "table_both": sum(n**2 for n in inner),
        "table_side": sum(n**2 for n in sides[0]),
        "bits_truth": truth,
        "bits_segments": segments,
        "bits_shared": truth + segments - bits(inner),
    }


# ------------------------------------------------------------------------------- from a probability to a score, holes


def steps(sample, probability, threshold=0.5, seed=3):
    """Draw the way from a probability to the segments that are counted, and what the threshold does to the scores.

    sample: with image and label, (H, W). probability: of being inside a cell, (H, W). threshold: of the pictures.
    seed: of the segments' colours.
    Return (figure, facts). facts: best_pixels (threshold with the fewest wrong pixels), best_threshold (of V_Rand);
    worst_inner and best_score (V_Rand); least_pixels and worst_pixels (percent wrong); at thresholds 0.1 and 0.9,
    rand_low and rand_high (V_Rand), right_low and right_high (pixels that are right, 0 to 1). 0.0 and 1.0 call
    everything cell or membrane and are left out of the worst.
    """
    import matplotlib.pyplot as plt

    above = probability > threshold
    segments, true_cells = metrics.thin(above), metrics.regions(sample.label)
    shades = np.r_[0, np.random.default_rng(seed).permutation(np.linspace(0.25, 1, segments.max()))]
    tints = plt.get_cmap("viridis")(shades[segments])
    tints[segments == 0] = (0, 0, 0, 1)
    counted = tints.copy()
    counted[true_cells == 0] = (1, 1, 1, 1)
    curve = metrics.v_rand(sample.label, probability)
    pixels = metrics.lowest_error(metrics.share_of_wrong_pixels, sample.label, probability, metrics.THRESHOLDS)
    right = 1 - np.array(pixels.errors)
    fig, panels = plt.subplots(2, 3, figsize=(8.8, 6.0), gridspec_kw={"wspace": 0.06, "hspace": 0.16})
    pictures = {
        "image": sample.image,
        "probability of cell": probability,
        f"1. above {threshold}": above,
        "2. thinned: segments": tints,
        "3. and 4. inside true cells": counted,
    }
    *shown, axes = panels.flat
    for panel, (title, picture) in zip(shown, pictures.items(), strict=True):
        panel.imshow(picture, vmin=0, vmax=1)
        panel.set_title(title, fontsize=10.5, fontweight="normal")
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(True)
    inner, style = slice(1, -1), {"textcoords": "offset points", "ha": "right"}
    axes.plot(curve.thresholds[inner], curve.scores[inner], "o-", color=DOWN, lw=2, ms=4)
    axes.plot(curve.thresholds[inner], right[inner], "s--", color=SKIP, lw=2, ms=4)
    axes.annotate("V_Rand", (0.9, max(curve.scores[6:10])), (0, 6), color=DOWN, **style)
    axes.annotate("pixels that are right", (0.9, right[9]), (0, -16), color=SKIP, **style)
    axes.set(xlabel="threshold", ylim=(min(right[9], curve.scores[9]) - 0.1, curve.score + 0.06), box_aspect=1)
    axes.yaxis.tick_right()
    axes.spines["left"].set_visible(False)
    axes.spines["right"].set_visible(True)
    axes.set_title("what the threshold does", fontsize=10.5, fontweight="normal")
    return fig, {
        "best_pixels": pixels.threshold,
        "best_threshold": curve.threshold,
        "worst_inner": min(curve.scores[inner]),
        "best_score": curve.score,
        "least_pixels": 100 * pixels.error,
        "worst_pixels": 100 * max(pixels.errors[inner]),
        "rand_low": curve.scores[1],
        "rand_high": curve.scores[9],
        "right_low": float(right[1]),
        "right_high": float(right[9]),
    }


def prices(sample, left_over, course):
    """Draw what a hole in each border pixel costs, and V_Rand while they are erased; return (figure, facts).

    sample: with image and label, (H, W). left_over: V_Rand with a hole there, (H, W), NaN off the borders
    (`metrics.v_rand_with_hole`). course: V_Rand after each of 100 erased pixels.
    facts: dearest and median (price of a hole), ratio_price (the one by the other), after_10, after_50, after_100
    (V_Rand), error_100 (the share of wrong pixels after all, a text).
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm

    cost = 1 - left_over[np.isfinite(left_over)]
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 4.3), width_ratios=(1.25, 1), layout="constrained")
    left.imshow(sample.image, vmin=-0.6, vmax=1.6)
    bold = ndimage.maximum_filter(np.where(np.isfinite(left_over), 1 - left_over, 0), 3)
    shown = left.imshow(np.ma.masked_less(bold, 1e-4), cmap="inferno", norm=LogNorm(1e-4, 0.2))
    left.axis("off")
    bar = fig.colorbar(shown, ax=left, fraction=0.045, pad=0.02)
    bar.set_ticks([1e-4, 1e-3, 1e-2, 1e-1], labels=["0.0001", "0.001", "0.01", "0.1"])
    left.set_title("V_Rand lost by a hole there", fontsize=10.5, fontweight="normal")
    right.plot(range(len(course) + 1), [1, *course], color=DOWN, lw=2.2)
    right.axhline(1, color=SKIP, lw=2, ls="--")
    right.annotate(
        "pixels that are right", (len(course), 1), (0, -14), textcoords="offset points", ha="right", color=SKIP
    )
    middle = int(np.argmin(abs(np.array(course) - 0.6)))
    right.annotate("V_Rand", (middle, course[middle]), (8, 4), textcoords="offset points", color=DOWN)
    right.set(xlabel="membrane pixels erased", ylim=(0, 1.05), xlim=(0, len(course)))
    right.set_title("one after the other, at random", fontsize=10.5, fontweight="normal")
    return fig, {
        "dearest": float(cost.max()),
        "median": float(np.median(cost)),
        "ratio_price": float(cost.max() / np.median(cost)),
        **{f"after_{count}": course[count - 1] for count in (10, 50, 100)},
        "error_100": f"{100 / sample.label.size:.4f}",
    }


# ------------------------------------------------------------------------------------------------ runs of the records


def two_scores(records, ablation, band=(0.08, 0.10)):
    """Draw V_Rand against the share of wrong pixels, one mark for each run on real slices; return (figure, facts).

    records: those of experiments that train (`results.read`), None for one that has not been run. ablation: the record
    of which the row "FCN-8s" and the U-Net that it is compared with are marked. band: (low, high), shares to shade.
    facts: networks (how many); in the band, band_runs, band_low and band_high (V_Rand), and alike, in how many of a
    hundred pairs the one with fewer wrong pixels has the better V_Rand; fcn_error, unet_error (percent), fcn_rand,
    unet_rand, means of the two rows.
    """
    import matplotlib.pyplot as plt

    found = {}
    for record in filter(None, records):
        for entry in record["runs"]:
            if record["trials"][entry["row"]]["data"] == "isbi2012":
                scores = entry["scores"]
                found[scores["stack"]["share_of_wrong_pixels"], scores["mean"]["v_rand"]] = entry["row"]
    errors, scores = np.array(list(found)).T
    low, high = band
    within = (errors >= low) & (errors < high)
    entries = rows(ablation)
    fig, axes = plt.subplots(figsize=(7.6, 4.3))
    axes.axvspan(low, high, color=DOWN_AREA, lw=0)
    axes.plot(errors, scores, "o", ms=5.5, color=DOWN, mec=PAPER, mew=0.6, label="other networks")
    facts = {}
    beside = counterpart(ablation, "FCN-8s")
    for key, row, colour, marker in (("fcn", "FCN-8s", SKIP, "s"), ("unet", beside, UP, "D")):
        x = values(entries[row], "stack", "share_of_wrong_pixels")
        y = values(entries[row])
        axes.plot(x, y, marker, ms=7.5, color=colour, mec=PAPER, mew=0.6, label=row)
        facts |= {f"{key}_error": 100 * float(np.mean(x)), f"{key}_rand": float(np.mean(y))}
    axes.legend(loc="lower left")
    axes.set(xlabel="share of wrong pixels", ylabel="V_Rand", ylim=(min(scores) - 0.05, 1))
    return fig, facts | {
        "networks": len(errors),
        "band_runs": int(within.sum()),
        "band_low": float(scores[within].min()),
        "band_high": float(scores[within].max()),
        "alike": float(100 * (1 - kendalltau(errors[within], scores[within]).statistic) / 2),
    }


# ------------------------------------------------------------------------------------------------------ counting cells


def matched(sample, proposals):
    """Draw which true cells each proposal finds, at an IoU above one half.

    sample: one of `unet_edu.data.nuclei`, grey. proposals: {title: numbered cells (H, W)}.
    Returns (figure, facts): the number of ``nuclei``, and of the first and the last proposal how many true cells were
    found and how many merged: ``first_found``, ``first_merged``, ``last_found``, ``last_merged``.
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import to_rgba

    truth = sample.instances
    fig, axes = plt.subplots(1, 1 + len(proposals), figsize=(3.3 * (1 + len(proposals)), 3.6), layout="constrained")
    axes[0].imshow(sample.image, cmap="gray", vmin=0, vmax=np.percentile(sample.image, 99.5))
    axes[0].set_title("image", fontsize=10)
    facts = {"nuclei": len(np.unique(truth)) - 1}
    ends = dict(zip((0, len(proposals) - 1), ("first", "last"), strict=True))
    for place, (title, cells) in enumerate(proposals.items()):
        found = [cell for cell, _, _ in instances.match(truth, cells).pairs]
        picture = np.zeros((*truth.shape, 4))  # the ground is transparent: pages are light or dark
        picture[truth > 0] = to_rgba(WRONG)
        picture[np.isin(truth, found)] = to_rgba(DOWN_AREA)
        axes[place + 1].imshow(picture)
        axes[place + 1].contour(cells > 0, [0.5], colors=[MUTED], linewidths=0.5)
        axes[place + 1].set_title(f"{title}: {len(found)} of {facts['nuclei']}", fontsize=10)
        if place in ends:
            merged = instances.merged_and_split(truth, cells).merged
            facts |= {f"{ends[place]}_found": len(found), f"{ends[place]}_merged": merged}
    for one in axes:
        one.set(xticks=[], yticks=[])
    return fig, facts
