"""Exercises of the chapter on skip connections and their crop.

A cohort's networks may have another kernel than the book's 3×3 (`shift`, `blame`) and another number of convolutions a
block (`ladder`).
"""

ORDER = ("centre", "ladder", "shift", "blame")  # as in the chapter
