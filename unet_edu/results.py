"""The records of the experiments, and the sentences and tables that the page *Results* makes of them.

    read("ablation")            the record to show: a GPU's where there is one, otherwise the CPU's; None: not run yet
      │
      ├─▶ origin                how many runs, on which machine, on which day, at which commit: a sentence
      └─▶ verdicts, …           which rows differ by the paired test (`comparisons`), and how sure that is: sentences

    shipped()                   the trained networks of the package, each with the scores of exactly its weights
    mistakes(label, found, …)   cells that were merged and cells that were split, as lines to draw on the image

Every number comes from a record or is computed here; `unet_edu.plots.results` draws. The wheel holds the records, so
that a notebook finds them, too.
"""

import itertools
import json
import statistics
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

import unet_edu
from unet_edu import checkpoints, comparisons
from unet_edu.comparisons import Comparison
from unet_edu.data import isbi2012
from unet_edu.experiments.runs import by_seed, kept, rows, spread, values
from unet_edu.experiments.time_to_score import reached
from unet_edu.experiments.trial import cell_probability, fitting, slices
from unet_edu.metrics import SCORER, instances, regions, thin, v_rand
from unet_edu.models.fcn import num_parameters

RECORDS = Path(unet_edu.__file__).parent / "records"
SHARE = (
    0.25  # of the smaller of the two: what a cell and a segment must have in common for one to hold part of the other
)

# -------------------------------------------------------------------------------------------------------------- records


def read(experiment):
    """Return the record of an experiment that the page shows, as it is in its file; None where there is none.

    A record made on a GPU goes before one made on a CPU; of several, the one with the newest run. Those that hold no
    run yet do not count.
    """
    paths = sorted(RECORDS.glob(f"{experiment}-*.json"))
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    found = [(made(record), record) for record in records]
    found = [(heads, record) for heads, record in found if heads]
    newest = max(
        found,
        key=lambda one: (one[0][0]["machine"]["kind"] != "cpu", max(head["date"] for head in one[0])),
        default=(None, None),
    )
    return newest[1]


def peers(part):
    """Return what ``make peers`` measured in one part: a dict, for example of "counts".

    Raises ValueError for a part that the record does not hold.
    """
    parts = read("peers")["parts"]
    if part not in parts:
        raise ValueError(f"the record of make peers has no part {part!r}; it has {listed(sorted(parts))}")
    return parts[part]


def names():
    """Return the names of the experiments that have a record, in alphabetical order."""
    return sorted({path.stem.rpartition("-")[0] for path in RECORDS.glob("*-*.json")})


def made(record):
    """Return of each run when, where and from what it was made: a list of dicts (`experiments.record.made`)."""
    return [record["made"]] if "made" in record else [entry["made"] for entry in record["runs"]]


def origin(experiment):
    """Return a sentence: where the numbers of an experiment come from, or which command makes them."""
    record = read(experiment)
    if record is None:
        return f"This has not been run yet: python -m unet_edu.experiments.{experiment} --record does it."
    return origin_of(record)


def origin_of(record):
    """Return a sentence: how many runs a record (or part of one) holds, on which machine, day and commit."""
    heads = made(record)
    commits = sorted({head["git"]["commit"][:7] for head in heads if head["git"]["commit"]})
    parts = [counted(record), views(record), listed(sorted({hardware(head["machine"]) for head in heads}))]
    parts.append(days(heads))
    if commits:
        changed = any(head["git"]["changed"] for head in heads)
        parts.append(f"commit {listed(commits)}" + (", with changes not committed" if changed else ""))
    parts.append(scored_before(record))
    return f"{'; '.join(filter(None, parts))}."


def scored_before(record):
    """Return in words that a record's runs were scored by the package's earlier scorer; nothing where none was.

    Of a run with frames the frames count: their scores are what pages show.
    How far it is from the challenge's is read off the shipped networks, which have scores by both.
    """
    shown = [entry.get("frames", entry["scores"]) for entry in record.get("runs", [])]
    if all(scores.get("scorer") in (SCORER, instances.SCORER) for scores in shown):
        return ""
    moved = scorers_apart()
    told = "" if moved is None else f", within {moved:.4f} of the challenge's in V_Rand on the shipped networks' slices"
    return f"scored by an earlier version of unet_edu.metrics{told}"


def scorers_apart():
    """Return how far the earlier scorer's V_Rand of a slice is from the challenge's, at most; None: no run has both."""
    paths = sorted(RECORDS.glob("checkpoints-*.json"))
    entries = [entry for path in paths for entry in json.loads(path.read_text(encoding="utf-8"))["runs"]]
    pairs = [
        (before["v_rand"], now["v_rand"])
        for entry in entries
        if "earlier_scores" in entry
        for before, now in zip(entry["earlier_scores"]["slices"], entry["scores"]["slices"], strict=True)
    ]
    return max((abs(before - now) for before, now in pairs), default=None)


def days(heads):
    """Return the day of some runs, or the first and the last: "2 January 2026 to 9 March 2026"."""
    found = sorted(date.fromisoformat(head["date"][:10]) for head in heads)
    return " to ".join(f"{day.day} {day:%B %Y}" for day in sorted({found[0], found[-1]}))


def counted(record):
    """Return how many runs a record holds, in words."""
    if "runs" not in record:
        if "parts" in record:  # other packages, tried
            return f"{len(record['parts'])} parts"
        if "apart" in record:  # neighbouring sections
            return f"{record['slices']} sections, pair by pair"
        if "race" in record:  # the lab book
            return f"{len(record['race']) + len(record['stability'])} ideas, a run each"
        count = len(record["rows"]) if "rows" in record else sum(len(table["rows"]) for table in record["tables"])
        rounds = record["settings"]["rounds"]
        whole = "1 row, timed " if count == 1 else f"{count} rows, each timed "
        return whole + (f"{rounds} times in turns" if rounds > 1 else "once")
    each = [len(entries) for entries in rows(record).values()]
    if len(each) == 1:
        return f"{each[0]} {'run' if each[0] == 1 else 'runs'}"
    low, high = min(each), max(each)
    runs = f"{sum(each)} {'run' if sum(each) == 1 else 'runs'} of {len(each)} rows"
    return f"{runs}, {low if low == high else f'{low} to {high}'} each"


def views(record):
    """Return how the final predictions of a record's runs were made, in words; nothing for a record without runs."""
    kinds = {entry["scores"]["average8"] for entry in record.get("runs", [])}
    nuclei = all(entry["scores"].get("scorer") == instances.SCORER for entry in record.get("runs", []))
    words = {True: "predictions averaged over 8 views", False: f"each {'image' if nuclei else 'slice'} predicted once"}
    return " or ".join(words[kind] for kind in sorted(kinds, reverse=True))


def hardware(machine):
    """Return a machine in words: "AMD EPYC, 2 cores, 1 thread a run"."""
    if machine["kind"] != "cpu":
        return machine["device"]
    threads = f"{machine['threads']} {'thread' if machine['threads'] == 1 else 'threads'} a run"
    return f"{machine['processor'] or 'CPU'}, {machine['cores']} cores, {threads}"


def listed(words):
    """Return "a", "a and b", "a, b and c"."""
    words = list(map(str, words))
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


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


# ------------------------------------------------------------------------------------------------------- differences


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


def worth(judgement, digits=4):
    """Return in words what a judgement rests on: difference, interval, corrected p, pairs, and what they would find."""
    one = judgement.found
    ends = f"{signed(one.low, digits)} to {signed(one.high, digits)}"
    text = f"{signed(one.change, digits)}, 95 % interval {ends}, {p_text(judgement.p)}, {one.pairs} pairs"
    return f"{text}, would find {judgement.least:.{max(2, digits - 1)}f}"


def p_text(p):
    """Return a p-value as text: "p = 0.031", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def sorted_out(judged, numbers=True):
    """Return sentences that sort names by their judgement. judged: as of `judge`; numbers: what each is worth, too."""
    groups = {"lower": [], "higher": [], "not decided": [], None: []}
    for name, one in judged.items():
        groups[one and one.word].append(f"{name} ({worth(one)})" if one and numbers else name)
    words = {"lower": "Lower", "higher": "Higher", "not decided": "Not decided by these runs"}
    words[None] = "Too few paired runs to compare"
    mark = "; " if numbers else ", "
    return " ".join(f"{words[group]}: {mark.join(names)}." for group, names in groups.items() if names)


def judge_rows(record):
    """Return {row: its `Judgement`} of all rows but the first, each compared with the first."""
    (_, reference), *others = rows(record).items()
    return judge({row: (by_seed(entries), by_seed(reference)) for row, entries in others})


def verdicts(record, numbers=True):
    """Return sentences: which rows differ from the first by the paired test, how surely, and which runs failed."""
    first, reference = next(iter(rows(record).items()))
    told = sorted_out(judge_rows(record), numbers)
    return f"{first}: V_Rand {spread(values(kept(reference)))}. {told} {failed_text(record)}"


def comparison_table(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: each row less the first, seed by seed."""
    each = rows(record)
    lines = []
    for row, one in judge_rows(record).items():
        counts = f"{len(each[row])}, {len(each[row]) - len(kept(each[row]))}"
        if one is None:
            lines.append([row, counts, "0 or 1", "–", "–", "–", "–", "too few paired runs"])
            continue
        ends = f"{signed(one.found.low)} to {signed(one.found.high)}"
        cells = [signed(one.found.change), ends, p_text(one.p), f"{one.least:.3f}", one.word]
        lines.append([row, counts, str(one.found.pairs), *cells])
    head = ["row", "runs, of them failed", "pairs", "difference", "95 % interval", "p (Holm)", "would find", "verdict"]
    return head, lines


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


# -------------------------------------------------------------------------------------------- scores while training


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
        views = "" if one["average8"] else ", one view"
        lines.append(
            [
                one["idea"],
                one["against"],
                f"{one['steps']:,}",
                f"{one['seconds']:.0f}",
                f"{one['v_rand']:.3f}{views}",
                f"{one['verdict']}: {one['why']}",
            ]
        )
    return ["tried", "beside", "steps", "seconds", "V_Rand", "what became of it"], lines


def averaging_text(ideas):
    """Return a sentence: what the moving average of the weights scored beside the weights themselves, at the end."""
    gains = [one["v_rand_averaged_weights"] - one["v_rand"] for one in ideas if "v_rand_averaged_weights" in one]
    return (
        f"In {len(gains)} of these runs a moving average of the weights was scored, too: at the end it lay between "
        f"{signed(min(gains))} and {signed(max(gains))} beside the weights themselves, {signed(np.mean(gains))} in the "
        "mean, and was dropped."
    )


# ------------------------------------------------------------------------------------------ number of slices, times


def scaling_entries(record, elastic, spread=False):
    """Return {number of training slices: its runs}, of the rows with (or without) elastic deformation.

    spread: of the rows whose slices lie evenly over the stack, instead of being the first.
    """
    found = {}
    for row, entries in rows(record).items():
        told = record["trials"][row]
        if entries and bool(told["elastic"]) == elastic and told.get("spread", False) == spread:
            found[told["samples"]] = entries
    return dict(sorted(found.items()))


def scaling_values(record, elastic):
    """Return {number of training slices: one score a run, failed ones too}, with or without elastic deformation."""
    return {count: values(entries) for count, entries in scaling_entries(record, elastic).items()}


def scaling_table(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: V_Rand by number of slices. ± is over seeds.

    Runs that failed are counted beside the mean of the others.
    """

    def cell(entries):
        good = kept(entries)
        broken = len(entries) - len(good)
        return spread(values(good)) + (f" ({broken} of {len(entries)} failed)" if broken else "")

    bent, plain = scaling_entries(record, True), scaling_entries(record, False)
    lines = [[str(count), cell(bent.get(count, [])), cell(plain.get(count, []))] for count in sorted({*bent, *plain})]
    return ["training slices", "with elastic deformation", "without"], lines


def judge_scaling(record, part="mean", key="v_rand"):
    """Return {number of slices, as text: `Judgement`}: runs with elastic deformation less those without."""
    bent, plain = scaling_entries(record, True), scaling_entries(record, False)
    shared = sorted({*bent} & {*plain})
    pairs = {f"{n}": (by_seed(bent[n], part, key), by_seed(plain[n], part, key)) for n in shared}
    broken = {f"{n}": {*comparisons.failed(by_seed(bent[n])), *comparisons.failed(by_seed(plain[n]))} for n in shared}
    return judge(pairs, broken)


def scaling_comparison(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: what elastic deformation changes, by number of slices.

    V_Rand and the share of wrong pixels, in percent: difference, its 95 % interval, verdict.
    """

    def cells(one, factor, digits):
        if one is None:
            return ["–", "–", "too few paired runs"]
        change, low, high = (signed(factor * number, digits) for number in one.found[:3])
        return [change, f"{low} to {high}", f"{one.word}, {p_text(one.p)}"]

    rand, pixels = judge_scaling(record), judge_scaling(record, "stack", "share_of_wrong_pixels")
    lines = [
        [count, str(one.found.pairs if one else 0), *cells(one, 1, 3), *cells(pixels[count], 100, 1)]
        for count, one in rand.items()
    ]
    names = ["V_Rand", "95 % interval", "verdict", "wrong pixels, %", "95 % interval", "verdict"]
    return ["slices", "pairs", *names], lines


def scaling_text(record, numbers=True):
    """Return sentences: for which numbers of slices elastic deformation makes a difference, and which runs failed."""
    told = sorted_out(judge_scaling(record), numbers)
    return f"With elastic deformation, by number of slices. {told} {failed_text(record)}"


def passes(record):
    """Return the rows of a network_times record that are passes, none of which was timed in part and extrapolated.

    How long a whole image takes by windows stands beside the other ways to predict it: see `whole_image`.
    """
    return [row for row in record["rows"] if row.get("times", 1) == 1]


def whole_image(record, base_width=64, side=512):
    """Return {way: row} of a network_times record: the ways to predict an image of side × side, for one width.

    This is the one place for what a chapter says about it. Raises KeyError where it was not measured.
    """
    for table in record["prediction"]["tables"]:
        if table["base_width"] == base_width and table["image"] == [side, side]:
            return {row["name"]: row for row in table["rows"]}
    raise KeyError(f"no image of {side} × {side} pixels was timed with base width {base_width}")


def speed_text(record):
    """Return a sentence: how long the first row of a network_times record takes, and the slowest in multiples of it."""
    lines = passes(record)
    first, slowest = lines[0], max(lines, key=lambda row: row["ratio"])
    text = f"{first['name']} takes {first['seconds']['median']:.3g} s"
    return f"{text}; {slowest['name']} takes {slowest['ratio']:.3g} times as long."


def plan_table(table):
    """Return (head, rows) of texts: the ways to predict one image, from the record network_times, "prediction".

    Time, multiply-adds and memory as multiples of the first row's; ≈ where a part was timed and the rest extrapolated;
    a dash where a plan was left out, or is another network whose answers are not to be compared.
    """

    def times(value, approximately=""):
        return (
            "–" if value is None else f"{approximately}{value:,.0f}" if value >= 100 else f"{approximately}{value:.2f}"
        )

    first, lines = table["rows"][0], []
    for row in table["rows"]:
        peaks = row["peak_memory_bytes"], first["peak_memory_bytes"]
        memory = None if None in peaks or row["extrapolated"] else peaks[0] / peaks[1]
        line = [row["name"], f"{row['tiles']:,}", times(row["macs_ratio"])]
        lines.append([*line, times(row["ratio"], "≈ " if row["extrapolated"] else ""), times(memory)])
    return ["plan", "passes", "multiply-adds", "time", "memory"], lines


def plan_text(table):
    """Return a sentence: what the first row takes, and whether the rows that should agree with it do."""
    first, height, width = table["rows"][0], *table["image"]
    text = f"{height} × {width} pixels, base width {table['base_width']}: {first['name']} takes {first['tiles']} "
    text += f"{'pass' if first['tiles'] == 1 else 'passes'} and {first['seconds']['median']:.3g} s"
    exact = [row for row in table["rows"][1:] if row["agrees"]]
    if exact:
        text += f"; {listed(row['name'] for row in exact)}: the same probabilities"
    left = [f"{row['name']} ({row['left_out']})" for row in table["rows"] if row["left_out"]]
    return f"{text}{f'; left out: {listed(left)}' if left else ''}."


# ------------------------------------------------------------------------------------------------- shipped networks


class Shipped(NamedTuple):
    """A trained network of the package. metadata: what its file holds (`checkpoints.read`). bytes: size of the file.

    entry: of the record of the run that made exactly this file; None where the records have none.
    """

    name: str
    parameters: int
    metadata: dict
    bytes: int
    entry: dict | None

    @property
    def data(self):
        """What it was trained on: "isbi2012", "cells" or "grey nuclei"."""
        return self.metadata["recipe"]["data"]


def shipped():
    """Return the trained networks of the package, by data and then by size, the largest first: a list of `Shipped`."""
    paths = sorted(RECORDS.glob("checkpoints-*.json"))
    entries = [entry for path in paths for entry in json.loads(path.read_text(encoding="utf-8"))["runs"]]
    found = []
    for name in checkpoints.names():
        path = checkpoints.FOLDER / f"{name}{checkpoints.ENDING}"
        net, metadata = checkpoints.read(path)
        same = [one for one in entries if one["row"] == name and one["scores"] == metadata["scores"]]
        found.append(Shipped(name, num_parameters(net), metadata, path.stat().st_size, same[0] if same else None))
    return sorted(found, key=lambda one: (one.data != "isbi2012", -one.parameters))


def shipped_table(networks):
    """Return (head, rows) of texts for `unet_edu.book.table`. ± is the standard deviation over the six slices.

    Networks for nuclei are left out: they are scored by their cells (`unet_edu.nuclei_results.shipped_table`).
    """
    head = ["network", "parameters", "kB", "seconds", "V_Rand", "V_Rand, stack", "V_Info, stack"]
    lines = []
    for one in networks:
        scores = one.metadata["scores"]
        if "groups" in scores:
            continue
        seconds = "–" if one.entry is None else f"{one.entry['training']['seconds']:,.0f}"
        line = [one.name, f"{one.parameters:,}", f"{one.bytes / 1000:,.0f}", seconds]
        line.append(f"{scores['mean']['v_rand']:.4f} ± {scores['sd']['v_rand']:.4f}")
        lines.append(line + [f"{scores['stack'][key]:.4f}" for key in ("v_rand", "v_info")])
    return head, lines


def error_table(networks):
    """Return (head, rows) of texts for `unet_edu.book.table`: the three errors of the paper's Table 1, in its order.

    Beside them stands the share of wrong pixels, which it does not have.
    """
    lines = []
    for one in networks:
        errors = one.metadata["scores"]["stack"]
        others = (f"{errors[key]:.4f}" for key in ("rand_error", "pixel_error", "share_of_wrong_pixels"))
        lines.append([one.name, f"{errors['warping_error']:.6f}", *others])
    return ["network", "warping error", "Rand error", "pixel error", "wrong pixels"], lines


def shipped_origin(networks):
    """Return a sentence: on which machines, on which days and at which commits the shipped networks were trained."""
    heads = [one.entry["made"] for one in networks if one.entry]
    if not networks:
        return "No trained network is shipped yet: python -m unet_edu.experiments.checkpoints --record trains them."
    if not heads:
        return "The runs that made these files are in no record."
    machines = listed(sorted({hardware(head["machine"]) for head in heads}))
    commits = listed(sorted({str(one.metadata["commit"])[:7] for one in networks}))
    return f"Trained on {machines}; {days(heads)}; commit {commits}; one run each, seed 0."


def validation(data):
    """Return the validation slices of a data set (`Sample`); () where these slices are not on this machine."""
    if data == "isbi2012" and isbi2012.find() is None:
        return ()
    try:
        return slices(data, "validation")
    except FileNotFoundError:
        return ()


def usable(networks):
    """Return those networks whose validation slices are on this machine, of the first data set that has any."""
    for data in ("isbi2012", "cells"):
        found = [one for one in networks if one.data == data]
        if found and validation(data):
            return found
    return []


def recompute(network, count=None):
    """Return [(slice, V_Rand in the file, V_Rand of its weights now)] of a `Shipped` network.

    count: only so many slices. A slice of 512² pixels, seen eight ways, takes a few seconds on two cores.
    """
    net = checkpoints.load(network.name)
    scores = network.metadata["scores"]
    recorded = scores["slices"][:count]
    found = []
    for one, sample in zip(recorded, validation(network.data)[:count], strict=True):
        now = v_rand(sample.label, cell_probability(net, fitting(sample, net).image, scores["average8"])).score
        found.append((one["name"], one["v_rand"], now))
    return found


# --------------------------------------------------------------------------------------------------------- mistakes


class Mistakes(NamedTuple):
    """What a segmentation got wrong, as V_Rand sees it. Maps are bool (H, W), lines one pixel wide.

    merged: true borders between cells that one segment holds. split: borders of the proposal between parts of one cell.
    cells: how many true cells there are. merged_cells: how many share a segment with another. split_cells: how many
    are held by several segments.
    """

    merged: np.ndarray
    split: np.ndarray
    cells: int
    merged_cells: int
    split_cells: int


def mistakes(label, probability, threshold):
    """Return the `Mistakes` of a probability of being inside a cell, (H, W), at a threshold; label: 0 or 1, (H, W).

    Truth and proposal are both thinned first, as the challenge does: a membrane that is too broad, or a pixel or two
    beside its place, is no mistake, and one with a hole is as good as missing. A segment holds part of a true cell
    where they have at least a quarter of the smaller of the two in common; less is a border beside its place.
    """
    label = np.asarray(label)
    cells, territories = regions(label), thin(label)  # a territory is its cell, grown up to borders of one pixel
    segments = thin(np.asarray(probability) > threshold)
    shape = cells.max() + 1, segments.max() + 1
    common = np.bincount(cells.ravel() * shape[1] + segments.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
    smaller = np.minimum(np.bincount(cells.ravel())[:, None], np.bincount(segments.ravel(), minlength=shape[1])[None])
    part = common >= np.maximum(SHARE * smaller, 1)
    part[0], part[:, 0] = False, False  # borders are nobody's
    return Mistakes(
        merged=_borders_inside(territories, segments, part.T),
        split=_borders_inside(segments, territories, part),
        cells=shape[0] - 1,
        merged_cells=int(part[:, part.sum(0) > 1].any(1).sum()),
        split_cells=int((part.sum(1) > 1).sum()),
    )


def _borders_inside(lines, areas, part):
    """Where a border between two of `lines` runs inside one of `areas` that has part in both, bool (H, W)."""
    row, column = np.nonzero((lines == 0) & (areas > 0))
    padded = np.pad(lines, 1)
    around = np.stack([padded[row + r, column + c] for r in range(3) for c in range(3)])  # (9, N)
    held = np.where(part[areas[row, column][None], around], around, 0)
    highest = held.max(0)
    lowest = np.where(held > 0, held, highest).min(0)
    found = np.zeros(lines.shape, bool)
    found[row, column] = highest != lowest
    return found


def busiest_window(mask, side):
    """Return (top, left) of the square of `side` pixels that holds most of a mask; the first if several do."""
    sums = np.pad(np.cumsum(np.cumsum(mask, 0), 1), ((1, 0), (1, 0)))
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return np.unravel_index(inside.argmax(), inside.shape)


class GradingRate(NamedTuple):
    """How fast answers are graded: what a core runs, and what the grader itself must do for each."""

    of_a_core: float  # answers a second
    judging: float  # seconds of one core for each answer, on the machine where the secret is

    @property
    def cores(self) -> float:
        """How many cores run answers as fast as one can judge them."""
        return 1 / self.judging / self.of_a_core

    def hours(self, answers: int, cores: int) -> float:
        """Return the hours that `answers` take on so many cores, the judging on one more."""
        return answers * max(1 / (cores * self.of_a_core), self.judging) / 3600


def grading_rate(record) -> GradingRate:
    """Return the rate in a record of the grader (tests/course/throughput.py --record): the median of its rows."""
    rows = record["rows"]
    of_a_core = statistics.median(row["answers"] / row["seconds"] / row["jobs"] for row in rows)
    return GradingRate(of_a_core, statistics.median(row["own_seconds"] / row["answers"] for row in rows))
