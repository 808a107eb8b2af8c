"""Exercises of the chapter on convolution arithmetic.

A cohort's blocks may have another number of convolutions than the book's two (`block_out`).
"""

ORDER = ("block_out", "is_legal", "paint", "field")  # as in the chapter
