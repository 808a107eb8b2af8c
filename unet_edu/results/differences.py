"""Rows of a record side by side: their scores, and which differ by the paired test (`comparisons`)."""

import itertools
import statistics
from typing import NamedTuple

import numpy as np

from unet_edu import comparisons
from unet_edu.comparisons import Comparison
from unet_edu.experiments.runs import by_seed, kept, rows, spread, values
from unet_edu.results.records import listed


def score_table(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: a column for every row of the record, with its scores.

    ± is the standard deviation over seeds; "over slices" is the one of a run's six slices, its mean over the runs. Runs
    that failed are counted, not averaged. Of the measures of a stack it has those that all runs have: the earlier
    scorer knew other ones.
    """
    lines = [["runs"], ["parameters"], ["seconds of training"], ["V_Rand"], ["V_Rand, sd over slices"]]
    held = [key for key in STACK if all(key in entry["scores"]["stack"] for entry in record["runs"])]
    lines += [[STACK[key]] for key in held]
    for entries in rows(record).values():
        runs, entries = len(entries), kept(entries)
        column = [str(runs) if len(entries) == runs else f"{runs}, {runs - len(entries)} failed"]
        if entries:
            seconds = [entry["training"]["seconds"] for entry in entries]
            column += [f"{entries[0]['parameters']:,}", spread(seconds, 0), spread(values(entries))]
            column += [f"{np.mean(values(entries, 'sd')):.4f}"]
            column += [spread(values(entries, "stack", key)) for key in held]
        for line, cell in itertools.zip_longest(lines, column, fillvalue="–"):
            line.append(cell)
    return ["quantity", *record["trials"]], lines


STACK = {
    "v_rand": "V_Rand, stack",
    "pooled_v_rand": "V_Rand, stack, pairs pooled",
    "v_info": "V_Info, stack",
    "pixel_error": "pixel error, stack",
    "rand_error": "Rand error, stack",
    "warping_error": "warping error, stack",
    "share_of_wrong_pixels": "wrong pixels, stack",
}


class Judgement(NamedTuple):
    """A comparison among several, and what it is worth."""

    found: Comparison
    p: float  # corrected by Holm over all comparisons that were made together
    least: float  # the true difference that so many pairs find in 80 % of the cases, at the strictest of Holm's levels
    word: str  # "lower", "higher" or "not decided"


def failed_runs(record):
    """Return [(row, seed, V_Rand)] of the runs that failed, in the record's order."""
    return [
        (row, seed, score)
        for row, entries in rows(record).items()
        for seed, score in comparisons.failed(by_seed(entries)).items()
    ]


def failed_text(record):
    """Return a sentence: which runs failed, by name; or that none did."""
    found = failed_runs(record)
    if not found:
        return "No run failed, which would be to end below half of its row's median."
    told = listed([f"{row}, seed {seed} (V_Rand {score:.3f})" for row, seed, score in found])
    head = "One run failed" if len(found) == 1 else f"{len(found)} runs failed"
    return f"{head}, ending below half of the row's median, and left out of every mean and test: {told}."


def judge(pairs, broken=None):
    """Return {name: its `Judgement`, None where fewer than two pairs are left}, with Holm's correction over all names.

    pairs: {name: (scores of its row, of the row that it is compared with)}, each {seed: score}.
    broken: {name: seeds of failed runs}, where the scores are not V_Rand.
    """
    found = {name: comparisons.compare(*two, broken and broken[name]) for name, two in pairs.items()}
    made_ = {name: one for name, one in found.items() if one is not None}
    corrected = dict(zip(made_, comparisons.holm([one.p for one in made_.values()]), strict=True))
    judged = {}
    for name, one in found.items():
        if one is None:
            judged[name] = None
            continue
        least = comparisons.detectable(one.sd, one.pairs, comparisons.LEVEL / len(made_)) if one.sd else 0.0
        word = "not decided" if corrected[name] >= comparisons.LEVEL else "higher" if one.change > 0 else "lower"
        judged[name] = Judgement(one, corrected[name], least, word)
    return judged


def signed(number, digits=4):
    """Return a number with its sign as text; the minus is as long as the plus."""
    return f"{number:+.{digits}f}".replace("-", "−")


def difference(judgement, digits=4, factor=1):
    """Return a difference, times a factor, with its 95 % interval as text: "−0.021 (−0.030 to −0.012)"."""
    change, low, high = (signed(factor * number, digits) for number in judgement.found[:3])
    return f"{change} ({low} to {high})"


def stacked(judgement, digits=4, word=None, factor=1):
    """Return the verdict, the difference and its 95 % interval as three lines of a narrow cell of a table.

    word: another one for the verdict. factor: of the numbers.
    """
    change, ends = difference(judgement, digits, factor).split(" ", 1)
    return "\n".join([word or judgement.word, change, ends])


def scattered(numbers, digits):
    """Return mean and standard deviation as two lines of a narrow cell of a table."""
    return spread(numbers, digits).replace(" ± ", "\n± ")


def worth(judgement, digits=4):
    """Return in words what a judgement rests on: difference, interval, corrected p, pairs, and what they would find."""
    one = judgement.found
    ends = f"{signed(one.low, digits)} to {signed(one.high, digits)}"
    text = f"{signed(one.change, digits)}, 95 % interval {ends}, {p_text(judgement.p)}, {one.pairs} pairs"
    return f"{text}, would find {judgement.least:.{max(2, digits - 1)}f}"


def p_text(p):
    """Return a p-value as text: "p = 0.031", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def sorted_out(judged):
    """Return sentences that sort names by their judgement. judged: as of `judge`."""
    groups = {"lower": [], "higher": [], "not decided": [], None: []}
    for name, one in judged.items():
        groups[one and one.word].append(name)
    words = {"lower": "Lower", "higher": "Higher", "not decided": "Not decided by these runs"}
    words[None] = "Too few paired runs to compare"
    mark = "; " if any("," in name for name in judged) else ", "
    return " ".join(f"{words[group]}: {mark.join(names)}." for group, names in groups.items() if names)


def counterpart(record, row):
    """Return the row that a row is compared with: the first of the record that differs in nothing more than it.

    What a row does not share with the others is in words in its `Trial.differs`. Most differ in nothing, and are
    compared with the record's first; those that have more words in common with the first row of their kind, with that.
    """
    told = {name: facts.get("differs", "") for name, facts in record["trials"].items()}
    kind = [name for name, words in told.items() if words and told[row].startswith(words)]
    return kind[0] if kind and kind[0] != row else next(iter(told))


def judge_rows(record):
    """Return {row: its `Judgement`} of all rows but the first, each compared with its `counterpart`."""
    scores = {row: by_seed(entries) for row, entries in rows(record).items()}
    _, *others = scores
    return judge({row: (scores[row], scores[counterpart(record, row)]) for row in others})


def labelled(record, row):
    """Return the name of a row; where it is not compared with the first, with that of its `counterpart`."""
    other = counterpart(record, row)
    return row if other == next(iter(record["trials"])) else f"{row} (beside {other})"


def rivals_text(record, names):
    """Return a sentence on which of some rows are not compared with the first one, but with another; "" for none."""
    first, beside = next(iter(record["trials"])), {}
    for name in names:
        beside.setdefault(counterpart(record, name), []).append(name)
    beside.pop(first, None)
    return " ".join(
        f"{listed(those)} {'are' if len(those) > 1 else 'is'} compared with “{row}”." for row, those in beside.items()
    )


def verdicts(record):
    """Return sentences: which rows differ from their `counterpart`, by the paired test, and which runs failed."""
    first, reference = next(iter(rows(record).items()))
    judged = judge_rows(record)
    told = [sorted_out(judged), rivals_text(record, judged), failed_text(record)]
    return " ".join([f"{first}: V_Rand {spread(values(kept(reference)))}.", *filter(None, told)])


def comparison_table(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: each row less its `counterpart`, verdicts first."""
    each = rows(record)
    lines = []
    for row, one in judge_rows(record).items():
        counts = f"{len(each[row])}, {len(each[row]) - len(kept(each[row]))}"
        row = labelled(record, row)
        if one is None:
            lines.append([row, "too few paired runs", "–", "–", counts, "0 or 1"])
            continue
        cells = [stacked(one), p_text(one.p), f"{one.least:.3f}", counts, str(one.found.pairs)]
        lines.append([row, *cells])
    head = ["row", "verdict, difference, interval", "p (Holm)", "would find", "runs, of them failed", "pairs"]
    return head, lines


# rows of the ablation, its first first, and the one that others of these are compared with
IN_SHORT = ("U-Net", "without skips", "U-Net, all five levels", "FCN-8s", "sliding window", "FCN-32s")


def short_table(record, names=IN_SHORT):
    """Return (head, rows) of texts for `unet_edu.book.table`: V_Rand of some rows, and verdicts.

    names: rows of the record, its first one among them; those that have no run are left out.
    """
    judged, each = judge_rows(record), rows(record)
    lines = []
    for name in names:
        if each.get(name):
            one = judged.get(name)
            verdict = one.word if one else "too few pairs" if name in judged else "–"
            lines.append([labelled(record, name), scattered(values(kept(each[name])), 3), verdict])
    return ["network", "V_Rand", "verdict"], lines


def answer(record, networks, names=IN_SHORT):
    """Return sentences that say whether U-Net works: its V_Rand, which of the other rows are lower, the best network.

    record: that of the ablation. networks: `Shipped`; those that learned the slices are looked at.
    """
    (first, *_), each = names, rows(record)
    runs = kept(each[first])
    told = {word: [] for word in ("lower", "higher", "not decided")}
    for name, one in judge_rows(record).items():
        if name in names and one:
            told[one.word].append(name)
    score = statistics.fmean(values(runs))
    said = [
        f"After {runs[0]['training']['steps'][-1]:,} steps of training {first} reaches a V_Rand of {score:.2f}; "
        "1 would mean that every cell is whole and apart from its neighbours."
    ]
    words = {"lower": "Lower in", "higher": "Higher in", "not decided": "Not decided by"}
    quoted = {word: [f"“{name}”" if "," in name else name for name in those] for word, those in told.items()}
    said += [f"{head} these runs: {', '.join(quoted[word])}." for word, head in words.items() if told[word]]
    said += filter(None, [rivals_text(record, sum(told.values(), []))])
    best = max((one.metadata["scores"]["mean"]["v_rand"] for one in networks if one.data == "isbi2012"), default=None)
    if best is not None:
        said.append(f"Trained longer, the best network of the package reaches {best:.2f}.")
    return " ".join(said)


def slices_and_seeds(record):
    """Return a sentence: how far slices scatter within a run, and how far seeds scatter, row by row."""
    over_slices = np.mean(values(record["runs"], "sd"))
    text = f"In the record “{record['experiment']}”, the slices of a run scatter by {over_slices:.4f}"
    found = [statistics.stdev(values(kept(entries))) for entries in rows(record).values() if len(kept(entries)) > 1]
    if not found:
        return f"{text} (standard deviation)."
    middle = f", {statistics.median(found):.4f} in the middle one" if len(found) > 2 else ""
    return (
        f"{text}, and runs that differ in the seed alone by {min(found):.4f} to {max(found):.4f}, "
        f"depending on the row{middle} (standard deviations)."
    )
