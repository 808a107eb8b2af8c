"""The exercises of the chapter on scores.

A cohort's walls may take more clicks to draw than the book's (`score.clicks`), and its bridges more pixels
(`score.hidden`).
"""

ORDER = (
    "dice",
    "rand",
    "mergers",
    "threshold",
    "clicks",
    "match",
    "lost",
    "hidden",
)  # as in the chapter
