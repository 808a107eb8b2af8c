"""Records: which one is read, and where its runs come from, in words."""

import json
from datetime import date
from pathlib import Path

import unet_edu
from unet_edu.experiments.runs import rows
from unet_edu.metrics import SCORER, instances

RECORDS = Path(unet_edu.__file__).parent / "records"


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


def scorers_text(records):
    """Return sentences on the earlier scorer: how runs by it are marked, and how far it is off; "" where none is by it.

    records: as `read` returns them, None among them.
    """
    if not any(scored_before(record) for record in records if record):
        return ""
    apart = scorers_apart()
    told = "" if apart is None else f" On the shipped networks' slices its V_Rand is at most {apart:.4f} away."
    return f"Runs that were scored by an earlier version of this package are marked so.{told}"


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
            return f"{sum(len(record[part]) for part in ('race', 'stability', 'shipped'))} ideas, a run each"
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
    """Return "a", "a and b", "a, b and c"; where a name has a comma of its own, "a; b, too; and c"."""
    words = list(map(str, words))
    if len(words) > 2 and any("," in word for word in words):
        return "; ".join([*words[:-1], f"and {words[-1]}"])
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
