"""The exercises of the chapter on what came after U-Net.

A cohort's networks may have another number of convolutions a block (`after.share`), or another kernel
(`after.residual`).
"""

ORDER = (
    "share",
    "nodes",
    "blend",
    "merge",
    "residual",
)  # as in the chapter
