"""Exercises of the chapter on augmentation and the weight map.

A cohort's border term may have another σ than the paper's (`widest_gap`).
"""

ORDER = ("widest_gap", "worth", "bend_row", "open_gap", "layer")  # as in the chapter
