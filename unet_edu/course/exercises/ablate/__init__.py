"""Exercises of the chapter on the ablation.

A cohort may require another distance than two pooled standard deviations (`verdict`).
"""

ORDER = ("verdict", "paired", "luckiest", "silence")  # as in the chapter
