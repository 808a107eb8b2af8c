"""The exercises of the chapter that looks inside a trained network.

A cohort's convolution may have another kernel than the book's 3×3 (`inside.wasted`).
"""

ORDER = (
    "loudest",
    "wasted",
    "never",
    "probe",
    "forget",
)  # as in the chapter
