"""The exercises of the chapter on scores.

A cohort's walls may take more clicks to draw than the book's (`score.clicks`).
"""

ORDER = (
    "dice",
    "rand",
    "mergers",
    "threshold",
    "clicks",
)  # as in the chapter
