"""The records of the experiments, and the sentences and tables that the page *Results* makes of them.

    read("ablation")            the record to show: a GPU's where there is one, otherwise the CPU's; None: not run yet
      │
      ├─▶ origin                how many runs, on which machine, on which day, at which commit: a sentence
      └─▶ verdicts, …           which differences are larger than those between seeds: sentences

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
from scipy.stats import t as student

import unet_edu
from unet_edu import checkpoints
from unet_edu.data import isbi2012
from unet_edu.experiments.runs import rows, spread, values
from unet_edu.experiments.time_to_score import reached
from unet_edu.experiments.trial import cell_probability, fitting, slices
from unet_edu.metrics import SCORER, instances, regions, thin, v_rand
from unet_edu.models.fcn import num_parameters

RECORDS = Path(unet_edu.__file__).parent / "records"
MANY = 2  # pooled standard deviations over seeds by which two means must differ
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
    words = {True: "predictions averaged over 8 views", False: "each slice predicted once"}
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

    ± is the standard deviation over seeds; "over slices" is the one of a run's six slices, its mean over the runs.
    Of the measures of a stack it has those that all runs have: the earlier scorer knew other ones.
    """
    lines = [["runs"], ["parameters"], ["seconds of training"], ["V_Rand"], ["V_Rand, sd over slices"]]
    held = [key for key in STACK if all(key in entry["scores"]["stack"] for entry in record["runs"])]
    lines += [[STACK[key]] for key in held]
    for entries in rows(record).values():
        column = [str(len(entries))]
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


def pooled(*groups):
    """Return the standard deviation within groups of numbers, n - 1 for each; None where no group has two."""
    free = sum(len(group) - 1 for group in groups if group)
    return (sum(np.var(group) * len(group) for group in groups if group) / free) ** 0.5 if free else None


def differ(these, others):
    """Return whether two rows differ by more than their seeds do; None where either has fewer than two runs.

    these, others: one score for each run.  The rule: the means lie further apart than twice the pooled standard
    deviation over seeds. `chance` returns how often that happens by itself.
    """
    if min(len(these), len(others)) < 2:
        return None
    return bool(abs(np.mean(these) - np.mean(others)) > MANY * pooled(these, others))


def chance(runs):
    """Return how often `differ` finds a difference where there is none, between rows of so many runs each: 0 to 1.

    It is Student's t-test: MANY pooled standard deviations are MANY · √(runs / 2) standard errors of the difference.
    Several comparisons with one reference share its luck, and the more of them, the likelier that one is wrong.
    """
    return float(2 * student.sf(MANY * (runs / 2) ** 0.5, 2 * (runs - 1)))


def sorted_out(pairs):
    """Return sentences that sort names by `differ`. pairs: {name: (its scores, those that it is compared with)}."""
    groups = {"Lower": [], "Higher": [], False: [], None: []}
    for name, (these, others) in pairs.items():
        verdict = differ(these, others)
        if verdict is None:
            groups[None].append(name)
            continue
        change = np.mean(these) - np.mean(others)
        group = ("Higher" if change > 0 else "Lower") if verdict else False
        groups[group].append(f"{name} ({f'{change:+.4f}'.replace('-', '−')})")
    words = {"Lower": "Lower than the seeds explain", "Higher": "Higher than the seeds explain"}
    words |= {False: "No difference that these runs can show", None: "Too few runs to judge"}
    return " ".join(f"{words[group]}: {listed(names)}." for group, names in groups.items() if names)


def verdicts(record):
    """Return sentences: which rows differ from the first by more than their seeds do (`differ`), and by how much."""
    (first, reference), *others = rows(record).items()
    reference = values(reference)
    pairs = {row: (values(entries), reference) for row, entries in others}
    return f"{first}: V_Rand {spread(reference)}. {sorted_out(pairs)}"


def slices_and_seeds(record):
    """Return a sentence: how far slices scatter within a run, and how far seeds scatter within a row."""
    over_slices = np.mean(values(record["runs"], "sd"))
    over_seeds = pooled(*(values(entries) for entries in rows(record).values()))
    text = f"In the record “{record['experiment']}”, the slices of a run scatter by {over_slices:.4f}"
    seeds = f", and runs that differ in the seed alone by {over_seeds:.4f}" if over_seeds else ""
    return f"{text}{seeds} (standard deviations)."


# -------------------------------------------------------------------------------------------- scores while training


def time_to_score_text(record, target):
    """Return sentences: how many runs came to the target, the seconds of each, and their median."""
    taken, middle = reached(record, target)
    came = sum(seconds is not None for seconds in taken)
    each = [
        f"seed {entry['seed']} {'never' if seconds is None else f'after {seconds:,.0f} s'}"
        for entry, seconds in zip(record["runs"], taken, strict=True)
    ]
    text = f"{came} of {len(taken)} runs came to V_Rand {target:.3f}: {listed(each)}."
    return text + (f" The median is {middle:,.0f} s." if middle is not None else " There is no median to give.")


# ------------------------------------------------------------------------------------------ number of slices, times


def scaling_values(record, elastic):
    """Return {number of training slices: one score a run}, of the rows with (or without) elastic deformation."""
    settings = record["trials"]
    found = {settings[row]["samples"]: values(entries) for row, entries in rows(record).items()
             if entries and bool(settings[row]["elastic"]) == elastic}  # fmt: skip
    return dict(sorted(found.items()))


def scaling_table(record):
    """Return (head, rows) of texts for `unet_edu.book.table`: V_Rand by number of slices. ± is over seeds."""
    bent, plain = scaling_values(record, True), scaling_values(record, False)
    lines = [[str(count), spread(bent.get(count)), spread(plain.get(count))] for count in sorted({*bent, *plain})]
    return ["training slices", "with elastic deformation", "without"], lines


def scaling_text(record):
    """Return sentences: for which numbers of slices elastic deformation makes a difference, and what it replaces."""
    bent, plain = scaling_values(record, True), scaling_values(record, False)
    shared = sorted({*bent} & {*plain})
    text = f"With elastic deformation, by number of slices. {sorted_out({f'{n}': (bent[n], plain[n]) for n in shared})}"
    if not plain:
        return text
    most, enough = max(plain), [count for count in bent if np.mean(bent[count]) >= np.mean(plain[max(plain)])]
    if enough:
        return f"{text} The mean of {most} slices without it is reached by {min(enough)} with it."
    return f"{text} The mean of {most} slices without it is not reached with it."


def speed_text(record):
    """Return a sentence: how long the first row of a network_times record takes, and the slowest in multiples of it."""
    first, slowest = record["rows"][0], max(record["rows"], key=lambda row: row["ratio"])
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
        """What it was trained on: "isbi2012" or "cells"."""
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
    """Return (head, rows) of texts for `unet_edu.book.table`. ± is the standard deviation over the six slices."""
    head = ["network", "parameters", "kB", "seconds", "V_Rand", "V_Rand, stack", "V_Info, stack"]
    lines = []
    for one in networks:
        scores = one.metadata["scores"]
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
