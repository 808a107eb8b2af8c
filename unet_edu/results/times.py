"""How long things take, as multiples: whole images, ways to cut them into tiles, the grader."""

import statistics
from typing import NamedTuple

from unet_edu.results.records import listed


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


def runtime_table(table):
    """Return (head, rows) of texts: the same tiles by other means, from the record network_times, "runtimes"."""
    lines = []
    for row in table["rows"]:
        off = row["difference"]
        lines.append([row["name"], f"{row['ratio']:.2f}", f"{1 / row['ratio']:.2f}", "–" if off == 0 else f"{off:.0e}"])
    return ["by", "time", "times as fast", "off by"], lines


def runtime_text(table):
    """Return a sentence: what `predict` takes for an image on this record's machine, and in how many tiles."""
    height, width = table["image"]
    tiles = "one tile" if table["tiles"] == 1 else f"{table['tiles']} tiles"
    seconds = table["rows"][0]["seconds"]["median"]
    what = f"{height} × {width} pixels in {tiles}, base width {table['base_width']}"
    return f"{what}; predict takes {seconds:.3g} s of one core."


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
