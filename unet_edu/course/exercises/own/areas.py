"""Measure the areas of numbered objects that lie in the image as a whole."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Objects inside and at each side, one in two parts, none at all, one that fills the image."""
    import numpy as np

    def place(*boxes, shape=(14, 17)):
        numbers = np.zeros(shape, np.int32)
        for number, (top, left, height, width) in boxes:
            numbers[top : top + height, left : left + width] = number
        return numbers

    one, two, three = (int(number) for number in rng.choice(np.arange(2, 60), 3, replace=False))
    height, width = (int(value) for value in rng.integers(2, 5, 2))
    pixel = float(rng.integers(2, 9)) / 10
    inside = (one, (3, 4, height, width))
    return [
        Case((place(inside, (two, (8, 9, 3, 5))), pixel), "two nuclei inside", 2),
        Case((place(inside, (two, (8, 12, 4, 5)), (three, (11, 2, 3, 3))), pixel), "nuclei cut by the border", 2),
        Case((place(inside, (two, (0, 9, 3, 3)), (three, (9, 0, 2, 3))), pixel), "nuclei cut above and at the left", 2),
        Case((place(inside, (one, (9, 10, 2, 3)), (two, (9, 1, 3, 3))), pixel), "a number in two places"),
        Case((place((two, (5, 5, 4, 4)), (three, (6, 6, 2, 2))), pixel), "a nucleus with another inside"),
        Case((place(), pixel), "no nucleus"),
        Case((place((two, (0, 0, 14, 17))), pixel), "a nucleus as large as the image"),
    ]


def oracle(args, params):
    """Pixel by pixel: collect where each number stands."""
    numbers, pixel = args
    rows, columns = numbers.shape
    places = {}
    for row in range(rows):
        for column in range(columns):
            if numbers[row, column]:
                places.setdefault(int(numbers[row, column]), []).append((row, column))
    whole = {
        number: found
        for number, found in places.items()
        if all(0 < row < rows - 1 and 0 < column < columns - 1 for row, column in found)
    }
    return {number: len(whole[number]) * pixel * pixel for number in sorted(whole)}


def mistakes(args, params):
    """All objects, sides for areas, background among them, only two of the four sides looked at."""
    import numpy as np

    numbers, pixel = args
    right = oracle(args, params)
    found, counts = (part.tolist() for part in np.unique(numbers, return_counts=True))
    every = dict(zip(found, counts, strict=True))
    objects = {number: count for number, count in every.items() if number}
    scaled = {number: count * pixel**2 for number, count in objects.items()}
    yield scaled, "nuclei that the border of the image cuts are counted with the part that is seen"
    yield {number: count * pixel**2 for number, count in every.items()}, "the background is no nucleus"
    yield (
        {number: objects[number] * pixel for number in right},
        "an area is the number of pixels times the pixel's side squared",
    )
    yield {number: objects[number] for number in right}, "these are pixels, not square micrometres"
    yield {number: objects[number] / pixel**2 for number in right}, "it divides by the area of a pixel"

    def without(*edges):
        cut = {int(number) for edge in edges for number in edge}
        return {number: area for number, area in scaled.items() if number not in cut}

    top, bottom, left, right_edge = numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]
    yield without(top, left), "it looks at the first row and column only: there are four sides"
    yield without(bottom, right_edge), "it looks at the last row and column only: there are four sides"
    yield without(top, bottom), "it looks at the first and last row only: there are four sides"
    yield without(left, right_edge), "it looks at the first and last column only: there are four sides"
    yield list(right.values()), "areas alone; wanted is a dictionary from number to area"


EXERCISE = Exercise(
    id="own.areas",
    chapter="14_own_images",
    name="whole_areas",
    points=4,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    forbids=("unet_edu.own",),
    needs=("import numpy as np",),
)
