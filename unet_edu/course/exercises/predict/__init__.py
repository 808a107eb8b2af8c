"""Exercises of the chapter on prediction.

A cohort's network may have another number of poolings than the paper's, and so another grid (`tiles`).
"""

ORDER = ("mirror", "tiles", "row", "views", "mirror_padding")  # as in the chapter
