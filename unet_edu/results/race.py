"""Scores while training: what the end of a run adds; the race to a score, and the ideas that were tried for it."""

import statistics

import numpy as np

from unet_edu.experiments.runs import rows
from unet_edu.experiments.time_to_score import reached
from unet_edu.results.differences import signed
from unet_edu.results.records import listed


def time_to_score_text(record, target):
    """Return sentences, row by row: how many runs came to the target, the seconds of each, and their median.

    Two rows are compared: what share of the second's median the first one takes. A run that never arrived counts with
    all its seconds, so that the share is at most that.
    """
    found, several = rows(record), len(record["trials"]) > 1
    sentences, medians = [], []
    for row, entries in found.items():
        taken, middle = reached({"runs": entries}, target)
        came = sum(seconds is not None for seconds in taken)
        each = [
            f"seed {entry['seed']} {'never' if seconds is None else f'after {seconds:,.0f} s'}"
            for entry, seconds in zip(entries, taken, strict=True)
        ]
        text = f"{came} of {len(taken)} runs came to V_Rand {target:.3f}: {listed(each)}."
        text += f" The median is {middle:,.0f} s." if middle is not None else " There is no median to give."
        sentences.append(f"{row}: {text}" if several else text)
        least = [
            entry["training"]["seconds"] if seconds is None else seconds
            for entry, seconds in zip(entries, taken, strict=True)
        ]
        medians.append((middle, statistics.median_high(least) if least else None))
    if len(medians) == 2 and None not in (medians[0][0], medians[1][1]):
        (first, _), (other, least) = medians
        than = "of the second's" if other is not None else "of what the second took without arriving"
        sentences.append(f"The first takes {first / least:.2f} {than}.")
    return " ".join(sentences)


def late_gain_text(record):
    """Return a sentence, row by row: what became of V_Rand in the last quarter of the steps, mean and range over runs.

    A run counts that has scores of the end of its third quarter and of its end; "" where none has.
    """
    sentences = []
    for row, entries in rows(record).items():
        changes = []
        for entry in entries:
            last = entry["training"]["steps"][-1]
            scores = {4 * step / last: score for step, _, score in entry["training"]["score"]}
            if {3, 4} <= set(scores):
                changes.append(scores[4] - scores[3])
        if changes:
            mean, least, most = (signed(one, 3) for one in (statistics.fmean(changes), min(changes), max(changes)))
            each = f" in the mean, {least} to {most} in single runs" if changes[1:] else ""
            sentences.append(f"of “{row}” by {mean}{each}")
    return f"In the last quarter of the steps V_Rand changed, {'; '.join(sentences)}." if sentences else ""


def precision_text(record):
    """Return a sentence on the rows whose precision was chosen by timing a step: which one, and the seconds of both."""
    timed = [entry["made"] for entry in record["runs"] if "seconds_of_a_step" in entry["made"]]
    if not timed:
        return ""
    middle = {
        name: statistics.median(head["seconds_of_a_step"][name] for head in timed) for name in ("float32", "bfloat16")
    }
    chosen = sorted({"bfloat16" if head["bf16"] else "float32" for head in timed})
    return (
        f"The precision is chosen by timing a step: {middle['float32']:.3f} s in float32 and "
        f"{middle['bfloat16']:.3f} s in bfloat16 here, so {listed(chosen)} was taken."
    )


def lab_table(ideas):
    """Return (head, rows) of texts: the ideas of one part of the lab book, in the order in which they were tried."""
    lines = []
    for one in ideas:
        views = "" if one["average8"] else "\none view"
        beside = "" if one["against"] == "–" else f"\nbeside {one['against']}"
        lines.append(
            [
                one["idea"] + beside,
                f"{one['steps']:,}",
                f"{one['seconds']:.0f}",
                f"{one['v_rand']:.3f}{views}",
                f"{one['verdict']}: {one['why']}",
            ]
        )
    return ["tried", "steps", "seconds", "V_Rand", "what became of it"], lines


def averaging_text(ideas):
    """Return a sentence: what the moving average of the weights scored beside the weights themselves, at the end."""
    gains = [one["v_rand_averaged_weights"] - one["v_rand"] for one in ideas if "v_rand_averaged_weights" in one]
    return (
        f"In {len(gains)} of these runs a moving average of the weights was scored, too: at the end it lay between "
        f"{signed(min(gains))} and {signed(max(gains))} beside the weights themselves, {signed(np.mean(gains))} in the "
        "mean, and was dropped."
    )
