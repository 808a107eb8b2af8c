"""Answers to the exercise crop.blame: two right ones, and the known wrong ones."""

from answerkit import right, wrong


@right()
def by_remainder(size):
    for pool, wanted in ((1, 0), (2, 0), (3, 0), (4, 0)):
        size -= 4
        if size % 2 != wanted:
            return pool
        size = size // 2
    return None


@right()
def by_bits(size):
    rest = size - 60  # what the four blocks take, in pixels of the image
    return next((number for number in range(1, 5) if rest % 2**number), None)


@right(kernel=5)
def by_bits_of_five(size):
    return next((number for number in range(1, 5) if (size - 120) % 2**number), None)


def first_odd(sizes):
    return next((number for number, size in enumerate(sizes, 1) if size % 2), None)


def met(size, eaten=4):
    found = []
    for _ in range(4):
        found.append(size - eaten)
        size = (size - eaten) // 2
    return found


@wrong("counts the poolings from zero")
def from_zero(size):
    found = first_odd(met(size))
    return None if found is None else found - 1


@wrong("the size that is met, not the number")
def the_size(size):
    found = first_odd(met(size))
    return None if found is None else met(size)[found - 1]


@wrong("not which")
def whether(size):
    return True if first_odd(met(size)) else None


@wrong("a legal size, for which None is wanted")
def nought(size):
    return first_odd(met(size)) or 0


@wrong("there are four")
def a_fifth(size):
    return first_odd(met(size)) or 5


@wrong("the convolutions before each pooling take pixels, too")
def poolings_alone(size):
    return first_odd(met(size, 0))


@wrong("there are two convolutions before each pooling")
def one_before_each(size):
    return first_odd(met(size, 2))


@wrong("the last pooling that drops a pixel")
def last_one(size):
    odd = [number for number, size in enumerate(met(size), 1) if size % 2]
    return odd[-1] if odd else None


@wrong("the maps below must be even, too")
def the_image_alone(size):
    return first_odd([size])


@wrong("it returns None, but a pooling drops a pixel")
def innocent(size):
    return None


@wrong("right for a kernel of three pixels", kernel=5)
def last_years_blame(size):
    return by_bits(size)
