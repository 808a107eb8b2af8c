"""Exercises of the chapter on training.

A cohort's cycle may rise for another share of the steps and begin and end at other rates (`one_cycle`), and its curves
may be read with other thresholds (`curve`).
"""

ORDER = ("memory", "weighted_loss", "one_cycle", "softmax", "curve", "accumulate")  # as in the chapter
