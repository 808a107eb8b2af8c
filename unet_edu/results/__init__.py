"""The records of the experiments, and the sentences and tables that the page *Results* makes of them.

    read("ablation")            the record to show: a GPU's where there is one, otherwise the CPU's; None: not run yet
      │
      ├─▶ origin                how many runs, on which machine, on which day, at which commit: a sentence
      └─▶ verdicts, …           which rows differ by the paired test (`comparisons`), and how sure that is: sentences

    shipped()                   the trained networks of the package, each with the scores of exactly its weights
    mistakes(label, found, …)   cells that were merged and cells that were split, as lines to draw on the image
    nuclei, choices             modules of their own: the runs on nuclei, which are scored by their cells

Every number comes from a record or is computed here; `unet_edu.plots.results` draws. The wheel holds the records, so
that a notebook finds them, too.
"""

from unet_edu.results import choices, nuclei
from unet_edu.results.differences import (
    Judgement,
    answer,
    comparison_table,
    counterpart,
    failed_runs,
    failed_text,
    judge,
    judge_rows,
    p_text,
    score_table,
    short_table,
    signed,
    slices_and_seeds,
    verdicts,
    worth,
)
from unet_edu.results.mergers import busiest_window, mistakes
from unet_edu.results.race import averaging_text, lab_table, late_gain_text, precision_text, time_to_score_text
from unet_edu.results.records import (
    RECORDS,
    days,
    hardware,
    listed,
    made,
    names,
    origin,
    origin_of,
    peers,
    read,
    scored_before,
    scorers_apart,
    scorers_text,
    views,
)
from unet_edu.results.scaling import (
    judge_scaling,
    judge_spreading,
    scaling_comparison,
    scaling_entries,
    scaling_table,
    scaling_text,
)
from unet_edu.results.shipped_networks import (
    Shipped,
    error_table,
    recompute,
    shipped,
    shipped_origin,
    shipped_table,
    usable,
    validation,
)
from unet_edu.results.times import (
    grading_rate,
    passes,
    plan_table,
    plan_text,
    runtime_table,
    runtime_text,
    speed_text,
    whole_image,
)

__all__ = [
    "Judgement",
    "RECORDS",
    "Shipped",
    "answer",
    "averaging_text",
    "busiest_window",
    "choices",
    "comparison_table",
    "counterpart",
    "days",
    "error_table",
    "failed_runs",
    "failed_text",
    "grading_rate",
    "hardware",
    "judge",
    "judge_rows",
    "judge_scaling",
    "judge_spreading",
    "lab_table",
    "late_gain_text",
    "listed",
    "made",
    "mistakes",
    "names",
    "nuclei",
    "origin",
    "origin_of",
    "p_text",
    "passes",
    "peers",
    "plan_table",
    "plan_text",
    "precision_text",
    "read",
    "recompute",
    "runtime_table",
    "runtime_text",
    "scaling_comparison",
    "scaling_entries",
    "scaling_table",
    "scaling_text",
    "score_table",
    "scored_before",
    "scorers_apart",
    "scorers_text",
    "shipped",
    "shipped_origin",
    "shipped_table",
    "short_table",
    "signed",
    "slices_and_seeds",
    "speed_text",
    "time_to_score_text",
    "usable",
    "validation",
    "verdicts",
    "views",
    "whole_image",
    "worth",
]
