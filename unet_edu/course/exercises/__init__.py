"""What is known of the exercises of each chapter: one module ``chNN`` a chapter, each with a tuple ``EXERCISES``."""
