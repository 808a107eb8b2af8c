"""Answers to the exercise own.split: right ones, and the known wrong ones."""

from answerkit import right, wrong


@right()
def by_slices(pages, gap, held):
    every = list(range(pages))
    training = every[: max(pages - held - gap, 0)]
    if not training:
        raise ValueError("no page is left to learn from")
    return training, every[pages - held :]


@right()
def by_ranges(pages, gap, held):
    if pages <= gap + held:
        raise ValueError(f"{pages} pages are too few")
    return [list(range(pages - held - gap)), list(range(pages - held, pages))]


@wrong("there is no gap")
def no_gap(pages, gap, held):
    by_ranges(pages, gap, held)
    return list(range(pages - held)), list(range(pages - held, pages))


@wrong("one page too narrow")
def too_narrow(pages, gap, held):
    by_ranges(pages, gap, held)
    return list(range(pages - held - gap + 1)), list(range(pages - held, pages))


@wrong("taken from the pages that validate")
def from_the_others(pages, gap, held):
    by_ranges(pages, gap, held)
    return list(range(pages - held)), list(range(pages - held + gap, pages))


@wrong("the last ones are wanted")
def first_pages(pages, gap, held):
    by_ranges(pages, gap, held)
    return list(range(held + gap, pages)), list(range(held))


@wrong("this is a case for a ValueError")
def never_refuses(pages, gap, held):
    return list(range(pages - held - gap)), list(range(pages - held, pages))
