"""Exercises of the chapter on the sliding window.

A cohort's window may take larger steps than the book's (`readings`), and the small network for rows may pool more than
two values (`dense`).
"""

ORDER = ("readings", "cost", "balanced", "dense")  # as in the chapter
