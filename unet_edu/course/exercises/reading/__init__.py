"""Exercises of the chapter on reading somebody else's U-Net: counting, sizes, finding mistakes, mending them.

A cohort's networks may have another base width than the paper's (`added`) and another number of convolutions a level
(`way_down`). The mistakes of `find_bug` and of `five` are of the same five kinds.
"""

ORDER = ("added", "way_down", "find_bug", "five", "in_register", "mend")  # as in the chapter
