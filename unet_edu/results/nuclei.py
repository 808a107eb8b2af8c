"""What the record of the runs on nuclei says: tables and sentences, for any number of runs.

    rows_of(record, group)        the rows of a group: U-Net first, what needs no training last
    judge(record, group, score)   each row less U-Net, seed by seed (`unet_edu.comparisons`)
    ├─▶ score_table, comparison_table
    ├─▶ weight_map                does the border weight part touching cells?
    ├─▶ longer_text               what more steps add
    └─▶ both_data                 which parts matter on membranes and on nuclei

A score is one of SCORES. With fewer than two pairs of runs, that is what is said.
"""

from typing import NamedTuple

from unet_edu import comparisons
from unet_edu.experiments.runs import by_seed, rows, values
from unet_edu.results import differences
from unet_edu.results.differences import difference, p_text, scattered, signed, stacked
from unet_edu.results.records import listed

FIRST = "U-Net"
BASELINE = "Otsu and watershed"
ALONE, BOTH_CUT = "Otsu's threshold alone", "Otsu's threshold, both with a watershed"  # beside U-Net


class Score(NamedTuple):
    """Where an entry of the record has a score, how many digits are worth printing, and a word for more of it."""

    part: str
    key: str
    digits: int
    more: str = "higher"
    less: str = "lower"


SCORES = {
    "F1": Score("all", "components_f1", 3),
    "AP": Score("mean", "components_ap", 3),
    "IoU of the mask": Score("mean", "iou", 3),
    "merged": Score("all", "components_merged", 1, "more", "fewer"),
    "split": Score("all", "components_split", 1, "more", "fewer"),
    "F1, watershed": Score("all", "watershed_f1", 3),
    "AP, watershed": Score("mean", "watershed_ap", 3),
}


def groups(record):
    """Return the groups of images that have runs: "fluorescence", "stained", or both, in the record's order."""
    return list(dict.fromkeys(entry["row"].partition(": ")[0] for entry in record["runs"]))


def rows_of(record, group):
    """Return {row: its entries} of a group, names without it; U-Net first, what needs no training last, none empty."""
    found = {
        row.removeprefix(f"{group}: "): entries
        for row, entries in rows(record).items()
        if row.startswith(f"{group}: ") and entries
    }
    order = sorted(found, key=lambda row: (row != FIRST, row == BASELINE))  # stable
    return {row: found[row] for row in order}


def count(record, group):
    """Return how many nuclei the validation images of a group hold."""
    entries = next(iter(rows_of(record, group).values()))
    return sum(image["nuclei"] for image in entries[0]["scores"]["images"])


def scores_of(entries, score):
    """Return {seed: score} of the runs of a row; score: a name in SCORES."""
    return by_seed(entries, SCORES[score].part, SCORES[score].key)


def judge(record, group, score="F1", names=None):
    """Return {row: its `Judgement`} of the trained rows of a group, each less U-Net, seed by seed.

    score: a name in SCORES. Pairs of which a run failed by F1 are left out. names: only these rows; p is corrected for
    as many. None stands for a row that shares fewer than two sound seeds with U-Net.
    """
    reference, *others = rows_of(record, group).items()
    if reference[0] != FIRST:
        return {}
    chosen = [one for one in others if one[0] != BASELINE and (names is None or one[0] in names)]
    pairs = {row: (scores_of(entries, score), scores_of(reference[1], score)) for row, entries in chosen}
    broken = {row: _broken(entries) | _broken(reference[1]) for row, entries in chosen}
    return differences.judge(pairs, broken)


def _broken(entries):
    return set(comparisons.failed(scores_of(entries, "F1")))


def word(judgement, score="F1"):
    """Return a verdict in a word: "higher", "lower" (of counts "more", "fewer"), "not decided", "too few pairs"."""
    if judgement is None:
        return "too few pairs"
    return {"higher": SCORES[score].more, "lower": SCORES[score].less}.get(judgement.word, judgement.word)


def score_table(record, group):
    """Return (head, rows) of texts for `unet_edu.book.table`: every row of a group; ± is over all seeds."""
    lines = [
        [
            row,
            str(len(entries)),
            *(scattered(values(entries, one.part, one.key), one.digits) for one in SCORES.values()),
        ]
        for row, entries in rows_of(record, group).items()
    ]
    return ["row", "runs", *SCORES], lines


def comparison_table(record, score="F1"):
    """Return (head, rows) of texts for `unet_edu.book.table`: each row less U-Net, a column for each group."""
    judged = {group: judge(record, group, score) for group in groups(record)}
    names = list(dict.fromkeys(row for found in judged.values() for row in found))
    lines = []
    for row in names:
        cells = []
        for found in judged.values():
            one = found.get(row)
            told = one and f"{word(one, score)}, {one.found.pairs} pairs"
            cells.append(stacked(one, SCORES[score].digits, told) if one else "too few pairs")
        lines.append([row, *cells])
    for row, changes in without_training(record, score).items():
        lines.append([row, *(f"not tested\n{change}" for change in changes.values())])
    return ["row", *(f"{group}: {score}" for group in judged)], lines


def without_training(record, score="F1"):
    """Return by how much Otsu's threshold differs from the mean of the U-Nets: {row: {group: text}}, one or two rows.

    Like is compared with like: the pieces of both, and both after a watershed. A dash where one of the two has no run;
    no row where no group has them. Nothing is tested: there is nothing to pair.
    """
    one, each = SCORES[score], {group: rows_of(record, group) for group in groups(record)}
    keys = {ALONE: one.key, BOTH_CUT: one.key.replace("components", "watershed")}
    if keys[ALONE] == keys[BOTH_CUT]:  # a score of the mask, or of what was cut already
        del keys[BOTH_CUT]

    def change(entries, key):
        if FIRST not in entries or BASELINE not in entries:
            return "–"
        plain, trained = (values(entries[name], one.part, key) for name in (BASELINE, FIRST))
        return signed(sum(plain) / len(plain) - sum(trained) / len(trained), one.digits)

    found = {row: {group: change(entries, key) for group, entries in each.items()} for row, key in keys.items()}
    return {row: texts for row, texts in found.items() if set(texts.values()) - {"–"}}


# ------------------------------------------------------------------------------------------------- the weight map


class WeightMapSaid(NamedTuple):
    """Does the weight map part touching cells? answer: a word or few. text: sentences, a group each.

    watershed: a sentence on F1 where pieces are cut at their waists afterwards; "" where no group has two pairs.
    """

    answer: str
    text: str
    watershed: str


def weight_map(record):
    """Return what the runs with and without the weight map say (`WeightMapSaid`): nuclei merged, and F1, by group.

    Both rows learn from labels with a gap; each p is corrected for the two groups.
    """
    row, scores = "no weight map", ("merged", "F1", "F1, watershed")
    judged = {
        group: {score: judge(record, group, score, [row]).get(row) for score in scores} for group in groups(record)
    }
    made = [group for group, ones in judged.items() if ones["merged"] is not None]
    p = {
        score: dict(zip(made, comparisons.holm([judged[group][score].found.p for group in made]), strict=True))
        for score in scores
    }
    verdicts, told, cut = [], [], []
    for group, ones in judged.items():
        if group not in made:
            told.append(f"On {group} images there are too few paired runs to say.")
            verdicts.append(None)
            continue
        change, pairs = (getattr(ones["merged"].found, name) for name in ("change", "pairs"))
        sure = p["merged"][group] < comparisons.LEVEL
        verdicts.append(0 if not sure else 1 if change > 0 else -1)
        without, whole = (_mean(rows_of(record, group)[name], "merged") for name in (row, FIRST))
        said, f1, after = (
            f"{difference(ones[score], SCORES[score].digits)}, {p_text(p[score][group])}" for score in scores
        )
        told.append(
            f"On {group} images, of {count(record, group):,} nuclei {without:.1f} are lost in mergers without the map "
            f"and {whole:.1f} with it: a difference of {said}, {pairs} pairs. Without the map, F1 changes by {f1}."
        )
        cut.append(f"by {after}, on {group} images")
    watershed = f"Without the map, F1 then changes {listed(cut)}." if cut else ""
    return WeightMapSaid(_answer(verdicts, list(judged)), " ".join(told), watershed)


def _mean(entries, score):
    found = scores_of(entries, score)
    return sum(found.values()) / len(found)


def _answer(verdicts, names):
    """The question's answer. verdicts: of each group 1, fewer mergers with the map; −1, more; 0, not decided; None."""
    if not verdicts or None in verdicts:
        return "These runs are too few to say"
    by = {value: [name for name, one in zip(names, verdicts, strict=True) if one == value] for value in (1, 0, -1)}
    if not by[0] and not by[-1]:
        return "Yes, in these runs" + (", on both kinds of image" if len(names) > 1 else "")
    if not by[0] and not by[1]:
        return "No, in these runs: more cells run together with it"
    if not by[1] and not by[-1]:
        return "These runs do not decide it"
    words = {1: "yes", 0: "not decided", -1: "no, there are more mergers"}
    return "; ".join(f"on {listed(by[value])} images {words[value]}" for value in (1, -1, 0) if by[value]).capitalize()


def longer_text(record):
    """Return sentences: what F1 gains where U-Net is trained longer, by group; "" where no group has two pairs.

    p is that of the table: corrected for all rows of a group.
    """
    row, told = "trained longer", []
    for group in groups(record):
        if one := judge(record, group).get(row):
            few, many = (record["trials"][f"{group}: {name}"]["recipe"]["steps"] for name in (FIRST, row))
            reached = _mean(rows_of(record, group)[row], "F1")
            change = f"{difference(one, SCORES['F1'].digits)}, {p_text(one.p)}, to {reached:.3f}"
            told.append(f"On {group} images {many:,} steps instead of {few:,} change F1 by {change}.")
    return " ".join(told)


# ------------------------------------------------------------------------------------------------ two sets of data


def both_data(record, ablation):
    """Return (head, rows) of texts for `unet_edu.book.table`: rows that nuclei and membranes share.

    record: that of `experiments.nuclei`. ablation: that of `experiments.ablation`, whose score is V_Rand.
    Verdicts are those of `judge` and `differences.judge_rows`, each corrected for all rows of its own table. The last
    rows are those of `without_training`.
    """
    membranes = differences.judge_rows(ablation)
    nuclei = {group: judge(record, group) for group in groups(record)}
    lines = []
    for row in shared_rows(record, ablation):
        one = membranes[row]
        cells = ["too few pairs" if one is None else f"{signed(one.found.change, 3)}, {one.word}"]
        for found in nuclei.values():
            other = found[row]
            cells.append("too few pairs" if other is None else f"{signed(other.found.change, 3)}, {word(other)}")
        lines.append([row, *cells])
    for row, changes in without_training(record).items() if lines else ():
        lines.append([row, "–", *(f"{change}, not tested" for change in changes.values())])
    return ["row", "membranes, V_Rand", *(f"{group} nuclei, F1" for group in nuclei)], lines


def shared_rows(record, ablation):
    """Return the changes that both records have runs of, in the ablation's order."""
    nuclei = [judge(record, group) for group in groups(record)]
    return [row for row in differences.judge_rows(ablation) if nuclei and all(row in found for found in nuclei)]


def lower_on(record, ablation):
    """Return {change: the names of the data on which it is shown to lower the score} of all that both records have."""
    judged = {"membranes": differences.judge_rows(ablation)}
    judged |= {f"{group} nuclei": judge(record, group) for group in groups(record)}
    return {
        row: [name for name, found in judged.items() if found[row] is not None and found[row].word == "lower"]
        for row in shared_rows(record, ablation)
    }


def both_text(record, ablation):
    """Return sentences: which changes lower the score on all data, on some, and on none that was decided."""
    everywhere, somewhere, nowhere = [], [], []
    for row, names in lower_on(record, ablation).items():
        if len(names) == 1 + len(groups(record)):
            everywhere.append(row)
        elif names:
            somewhere.append(f"{row} (on {listed(names)})")
        else:
            nowhere.append(row)
    parts = [
        ("Lower wherever it was tried", everywhere),
        ("Lower on a part of the data alone", somewhere),
        ("Lower nowhere that these runs decide", nowhere),
    ]
    return " ".join(f"{head}: {', '.join(names)}." for head, names in parts if names)


# ------------------------------------------------------------------------------------------------ shipped networks


def shipped_table(networks):
    """Return (head, rows) of texts for `unet_edu.book.table`: shipped networks that are scored by their cells.

    networks: `Shipped`; those that are scored by V_Rand are left out. A line for each group.
    """
    lines = []
    for one in networks:
        for group, scores in one.metadata["scores"].get("groups", {}).items():
            numbers = [f"{scores[score.part][score.key]:.{score.digits}f}" for score in SCORES.values()]
            lines.append([one.name, group, f"{one.parameters:,}", f"{one.bytes / 1000:,.0f}", *numbers])
    return ["network", "images", "parameters", "kB", *SCORES], lines
