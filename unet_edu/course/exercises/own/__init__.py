"""The exercises of the chapter on one's own images."""

ORDER = (
    "bits",
    "split",
    "areas",
    "flat",
)  # as in the chapter
