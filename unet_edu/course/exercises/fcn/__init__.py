"""Exercises of the chapter on fully convolutional networks.

A cohort's fc6 may have another window than the book's seven values (`side`), and the first convolution another kernel
than 3×3 (`crop`).
"""

ORDER = ("side", "paint", "crop", "stitch", "join")  # as in the chapter
