"""Split the pages of a stack, with a gap between those that train and those that validate."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Gaps of several widths, none, one page to learn from, none left."""
    pages, gap, held = int(rng.integers(20, 40)), int(rng.integers(2, 5)), int(rng.integers(5, 9))
    return [
        Case((pages, gap, held), "a stack of some length", 2),
        Case((2 * pages, 1, held), "a gap of one page", 2),
        Case((pages, 0, held), "no gap"),
        Case((gap + held + 1, gap, held), "one page is left to learn from"),
        Case((gap + held, gap, held), "no page is left to learn from"),
        Case((held, gap, held), "no page is left but those that validate"),
    ]


def oracle(args, params):
    """Ask each page how many lie between it and the first that validates."""
    pages, gap, held = args
    validation = [page for page in range(pages) if pages - page <= held]
    training = [page for page in range(pages) if validation[0] - page - 1 >= gap and page < validation[0]]
    return (training, validation) if training else Raised("ValueError")


def mistakes(args, params):
    """No gap, a gap too narrow or too wide, the wrong end, the wrong order, the gap among those that validate."""
    pages, gap, held = args
    first = pages - held
    validation = list(range(first, pages))
    if isinstance(oracle(args, params), Raised):
        yield ([], validation), "no page is left to learn from: this is a case for a ValueError"
        return
    training = list(range(first - gap))
    yield Raised("ValueError"), "it raises ValueError where a page is left to learn from"
    yield (validation, training), "the two lists are in the other order: training comes first"
    yield (
        (list(range(first)), validation),
        "there is no gap: the last page that trains is the neighbour of one that validates",
    )
    yield (list(range(first - gap + 1)), validation), "the gap is one page too narrow: count the pages in between"
    yield (list(range(first - gap - 1)), validation), "the gap is one page too wide: count the pages in between"
    yield (
        (list(range(first)), validation[gap:]),
        "the gap is taken from the pages that validate; take it from the others",
    )
    yield (list(range(held + gap, pages)), list(range(held))), "the first pages validate; the last ones are wanted"
    yield (
        (
            [page for page in range(pages) if page % (gap + 1)],
            [page for page in range(pages) if page % (gap + 1) == 0],
        ),
        "pages that validate lie among those that train",
    )


EXERCISE = Exercise(
    id="own.split",
    chapter="14_own_images",
    name="split_pages",
    points=3,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
)
