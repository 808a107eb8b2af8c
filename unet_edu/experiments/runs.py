"""Run after run into one record, so that a stopped experiment goes on where it was.

    complete(path, experiment, trials, seeds)    each trial with each seed; what the record holds is not run again
    main(experiment, description, trials)        the command line that all experiments share
    rows, values, by_seed, kept, spread          what is read out of a record

A record is one JSON file: {"experiment", "trials": what each row is, "runs": [one entry each]}. It is written anew,
whole, after each run. Every run records its own machine, versions, commit and date: they may differ between runs.
"""

import argparse
import json
import math
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from unet_edu import comparisons
from unet_edu.device import best_device
from unet_edu.experiments.costs import aligned
from unet_edu.experiments.record import machine_kind, results_dir, write_json
from unet_edu.experiments.trial import run


def entry_of(trial, seed, device, bf16, path):
    """Return the record's entry of one run; what an experiment may have instead keeps more than that."""
    return run(trial, seed, device, bf16)[1]


def complete(
    path, experiment, trials, seeds, *, device, bf16=None, jobs=1, minutes=math.inf, progress=False, work=entry_of
):
    """Run what the record at `path` lacks of each trial with each seed; return the record. None of it is run twice.

    path: JSON, made if missing; None: nothing is kept.  seeds: 0 … seeds - 1, one after the other for all trials, so
    that a record that was stopped early has every row; a trial with `seeds` of its own has no more than those.
    jobs: runs at the same time, each with its share of the cores.  minutes: start no run after so many.  work: does a
    run, as `entry_of` does.

    Raises ValueError where the record is of another experiment, or has a row of that name with other values.
    """
    settings = {trial.row: trial.settings() for trial in trials}
    record = {"experiment": experiment, "trials": {}, "runs": []}
    if path is not None and Path(path).exists():
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    other = [row for row, facts in settings.items() if record["trials"].get(row, facts) != facts]
    if record["experiment"] != experiment or other:
        what = f"row {other[0]!r} with other values" if other else f"the experiment {record['experiment']!r}"
        raise ValueError(f"{path} holds {what}: move it away to start anew, or give another --output")
    record["trials"] |= settings
    there = {(entry["row"], entry["seed"]) for entry in record["runs"]}
    wanted = [(trial, seed) for seed in range(seeds) for trial in trials if seed < getattr(trial, "seeds", seeds)]
    todo = [(trial, seed) for trial, seed in wanted if (trial.row, seed) not in there]
    order = list(record["trials"])

    start, waiting = time.monotonic(), set()
    with Pool(jobs) as submit, tqdm(total=len(todo), unit="run", disable=not progress) as bar:
        while todo or waiting:
            while todo and len(waiting) < jobs and time.monotonic() - start < 60 * minutes:
                waiting.add(submit(work, *todo.pop(0), device, bf16, path))
            if not waiting:
                break
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                record["runs"].append(future.result())
                record["runs"].sort(key=lambda entry: (order.index(entry["row"]), entry["seed"]))
                if path is not None:
                    write_json(path, record)
                bar.update()
    return record


class Pool:
    """``with Pool(jobs) as submit``: processes that share the cores; for one job, this process itself."""

    def __init__(self, jobs):
        self.processes = None
        if jobs > 1:
            threads = max(1, torch.get_num_threads() // jobs)
            self.processes = ProcessPoolExecutor(
                jobs, get_context("spawn"), initializer=torch.set_num_threads, initargs=(threads,)
            )

    def __enter__(self):
        return self.processes.submit if self.processes else self.at_once

    def __exit__(self, *error):
        if self.processes:
            self.processes.shutdown(cancel_futures=True)

    @staticmethod
    def at_once(function, *arguments):
        """Run a function here and return its result as a `Future`."""
        future = Future()
        future.set_result(function(*arguments))
        return future


def mean_sd(values):
    """Return mean and standard deviation (n - 1 in the denominator; None for a single value)."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def rows(record):
    """Return {row: its entries}, in the record's order; a row that has not been run yet has none."""
    return {row: [entry for entry in record["runs"] if entry["row"] == row] for row in record["trials"]}


def values(entries, part="mean", key="v_rand"):
    """Return one score of each entry. part: "mean" of the slices, each at its own best threshold, or "stack"."""
    return [entry["scores"][part][key] for entry in entries]


def kept(entries):
    """Return the runs of a row that did not fail (`comparisons.failed`, by V_Rand)."""
    broken = comparisons.failed(by_seed(entries))
    return [entry for entry in entries if entry["seed"] not in broken]


def by_seed(entries, part="mean", key="v_rand"):
    """Return {seed: score} of the runs of a row; part and key as in `values`."""
    return {entry["seed"]: score for entry, score in zip(entries, values(entries, part, key), strict=True)}


def spread(numbers, digits=4):
    """Return numbers as text: "mean ± standard deviation", the number where it is alone, a dash where there is none."""
    if not numbers:
        return "–"
    mean, sd = mean_sd(numbers)
    return f"{mean:,.{digits}f}" + ("" if sd is None else f" ± {sd:,.{digits}f}")


def as_text(record):
    """Return a record as a table of text, a row a line: runs, seconds, scores with their spread over the runs.

    Runs that failed are counted, and in no mean.
    """
    lines = [("row", "runs", "parameters", "seconds", "V_Rand", "V_Rand stack", "V_Info", "wrong pixels", "Rand error")]
    for row, runs in rows(record).items():
        if not runs:
            lines.append((row, "0") + ("–",) * 7)
            continue
        count, runs = len(runs), kept(runs)
        told = str(count) if len(runs) == count else f"{count}, {count - len(runs)} failed"
        cells = [row, told, f"{runs[0]['parameters']:,}"]
        cells.append(f"{np.mean([entry['training']['seconds'] for entry in runs]):.0f}")
        for part, key in (
            ("mean", "v_rand"),
            ("stack", "v_rand"),
            ("mean", "v_info"),
            ("stack", "share_of_wrong_pixels"),
            ("stack", "rand_error"),
        ):
            held = all(key in entry["scores"][part] for entry in runs)  # an earlier scorer had other measures
            cells.append(spread(values(runs, part, key)) if held else "–")
        lines.append(tuple(cells))
    return aligned(lines, left=1)


def main(experiment, description, trials, *, seeds=5, work=entry_of, text=as_text, arguments=None):
    """Run the command line of an experiment; return the record.

    trials: called as trials(quick, device type), gives the rows.  work: does a run, as `entry_of` does.
    text: called with the record, gives what is printed.
    """
    parser = argparse.ArgumentParser(prog=f"python -m unet_edu.experiments.{experiment}", description=description)
    parser.add_argument("--quick", action="store_true", help="small networks, drawn tissue, seconds: does it work?")
    parser.add_argument("--seeds", type=int, default=seeds, help=f"runs of each row (default: {seeds})")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="only these rows")
    parser.add_argument("--device", help="cpu, cuda, mps (default: the best one that works)")
    parser.add_argument("--bf16", action=argparse.BooleanOptionalAction, help="default: on GPUs that have it")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time, sharing the cores (default: 1)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="start no run after so many")
    parser.add_argument("--record", action="store_true", help="keep the results in unet_edu/records/, go on from there")
    parser.add_argument("--output", help="keep them in this file instead")
    options = parser.parse_args(arguments)
    if options.record and (options.quick or options.output):
        parser.error("--record keeps the full experiment in unet_edu/records/: leave --quick and --output out")
    for name in ("seeds", "jobs"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, not {getattr(options, name)}")
    device = best_device() if options.device is None else torch.device(options.device)
    path = options.output
    if options.record:
        path = results_dir() / f"{experiment}-{machine_kind(device)}.json"
    chosen = trials(options.quick, device.type)
    if options.rows:
        unknown = sorted(set(options.rows) - {trial.row for trial in chosen})
        if unknown:
            parser.error(f"there is no row {unknown[0]!r}: take of {', '.join(repr(trial.row) for trial in chosen)}")
        chosen = [trial for trial in chosen if trial.row in options.rows]
    keep = {"device": str(device), "bf16": options.bf16, "jobs": options.jobs, "minutes": options.minutes}
    record = complete(path, experiment, chosen, options.seeds, progress=sys.stderr.isatty(), work=work, **keep)
    print(text(record))
    if path:
        print(f"Kept in {path}")
    return record
