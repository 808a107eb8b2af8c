"""Answers to the exercise fcn.crop: four right ones, and the known wrong ones."""

from answerkit import right, wrong


def reached(crop):
    if crop < 0:
        raise ValueError("the paint does not reach the first pixel")
    return crop


@right()
def closed_form(padding, poolings=5, kernel=7):
    return reached(padding - 1 - (kernel - 2) * 2 ** (poolings - 1))


@right()
def with_floats(padding, poolings=5, kernel=7):
    place, step = 1.0 - padding, 1
    for _ in range(poolings):
        place, step = place + step / 2, 2 * step
    place += step * (kernel // 2) - (step - 0.5)
    if place > 0:
        raise ValueError("too late")
    return int(-place)


@right()
def by_indices(padding, poolings=5, kernel=7):
    """Which pixels of the padded image make the first score, and where their middle lies."""
    values = kernel
    for _ in range(poolings):
        values *= 2
    pixels = values + 2  # from the first of the padding on; the first score's middle is the middle of these
    painted_from = pixels // 2 - 2**poolings - padding  # half of the brush to the left of it
    return reached(-painted_from)


def crop(padding, poolings=5, kernel=7, first=3, pooled=1.0, window=1.0, brush=None):
    stride = 2**poolings
    place = (first - 1) / 2 - padding + pooled * (stride - 1) / 2 + window * (kernel - 1) / 2 * stride
    place -= (2 * stride - 1) / 2 if brush is None else brush(stride)
    if place > 0:
        raise ValueError("too late")
    return int(-place) if place == int(place) else -place


@right(first=5)
def after_a_larger_convolution(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, 5)


@wrong("right for a first convolution of three pixels", first=7)
def last_years_crop(padding, poolings=5, kernel=7):
    return closed_form(padding, poolings, kernel)


@wrong("the backbone makes no difference here")
def fcn32s_always(padding, poolings=5, kernel=7):
    return reached(padding - 81)


@wrong("number of poolings makes no difference")
def five_always(padding, poolings=5, kernel=7):
    return closed_form(padding, 5, kernel)


@wrong("window of the fully connected layer makes no difference")
def seven_always(padding, poolings=5, kernel=7):
    return closed_form(padding, poolings, 7)


@wrong("its middle is not its first pixel")
def first_convolution_forgotten_here(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, 1)


@wrong("not at its end")
def end_of_the_first_window(padding, poolings=5, kernel=7):
    return crop(padding - 2, poolings, kernel, 1)


@wrong("the poolings move the first value, too")
def poolings_forgotten(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, pooled=0)


@wrong("by half a step")
def whole_steps(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, pooled=2)


@wrong("the steps grow")
def half_a_pixel_each(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, pooled=poolings / (2**poolings - 1))


@wrong("window of the fully connected layer moves the first value")
def fc6_forgotten_here(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, window=0)


@wrong("as long as the stride, not a pixel")
def steps_of_one_pixel(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, window=1 / 2**poolings)


@wrong("half a stride too little")
def half_the_window(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, window=kernel / (kernel - 1) if kernel > 1 else 1)


@wrong("reaches to the left of its score")
def brush_forgotten(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, brush=lambda stride: 0)


@wrong("half a stride too little")
def narrow_brush(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, brush=lambda stride: (stride - 1) / 2)


@wrong("between two pixels")
def brush_rounded(padding, poolings=5, kernel=7):
    return crop(padding, poolings, kernel, brush=lambda stride: stride)


@wrong("mind the sign")
def place_of_the_paint(padding, poolings=5, kernel=7):
    return -crop(padding, poolings, kernel)


@wrong("a number below zero")
def never_too_late(padding, poolings=5, kernel=7):
    return padding - 1 - (kernel - 2) * 2 ** (poolings - 1)


@wrong("the right number, but a float")
def a_float(padding, poolings=5, kernel=7):
    return float(closed_form(padding, poolings, kernel))


@wrong("is the test too strict?")
def nothing_to_cut(padding, poolings=5, kernel=7):
    return reached(closed_form(padding, poolings, kernel) - 1) + 1
