"""What is handed out: exercise cells, editions of notebooks, a cohort and its bundle."""
