"""Draw pixels of a label map at random, half of them membrane, half of them cell."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, is_map, judge_value, shown, sizes, stops_with
from unet_edu.course.outcome import Case, Raised, Verdict
from unet_edu.course.values import chosen

DRAWS = 80  # so many that in a right answer every pixel of the small maps turns up


def cases(rng, params):
    """Draw maps with either class rare, with all pixels of one needed, with too few of either; and an odd number."""

    def case(height, width, membrane, count, says, points=1, why=""):
        label = rng.permutation((rng.permutation(height * width) >= membrane).astype("uint8")).reshape(height, width)
        return Case((label, count, int(rng.integers(1, 1 << 30))), says, points, why)

    height, width = int(rng.integers(5, 7)), int(rng.integers(8, 11))
    pixels = height * width
    few = int(rng.integers(7, 11))
    half = pixels // 2
    odd, short = "an odd number cannot be halved", "a class has too few pixels"
    return [
        case(height, width, pixels // 3, 2 * (pixels // 4), "more cell than membrane", 2),
        case(width, height, pixels - pixels // 3, 2 * (pixels // 4), "more membrane than cell", 2),
        case(height, width, few, 2 * few, "every pixel of the membrane is needed"),
        case(height, width, half, 2 * int(rng.integers(2, 5)), "few places of many"),
        case(height, width, half, 2 * int(rng.integers(2, 5)) + 1, "an odd number", 0.5, odd),
        case(height, width, few, 2 * few + 2, "one pixel of membrane too few", 0.5, short),
        case(width, height, pixels - few, 2 * few + 2, "one pixel of cell too few", 0.5, short),
        case(height, width, 0, 4, "no membrane at all", 0.5, short),
    ]


def prepare(args, params):
    """Return the label map, the number, and a generator made of the seed."""
    import numpy as np

    label, count, seed = args
    return label, count, np.random.default_rng(seed)


def probe(answer, args, params):
    """Draw once, again with a generator in the same state, then many times with others."""
    import numpy as np

    label, count, rng = args
    state = rng.bit_generator.state
    first = answer(label, count, rng)
    rng.bit_generator.state = state
    again = answer(label, count, rng)
    others = [answer(label, count, np.random.default_rng(number)) for number in range(DRAWS)]
    return {"places": first, "again": again, "others": others}


def oracle(args, params):
    """Return None, for many draws are right and the judge looks at their properties; or the error that is due."""
    label, count, _ = args
    enough = all(int((label == kind).sum()) >= count // 2 for kind in (0, 1))
    return None if enough and count % 2 == 0 else Raised("ValueError")


def judge_draws(args, got, wanted, params) -> Verdict:
    """Judge a single draw first; then whether it depends on the generator, and reaches every pixel."""
    label, count, _ = args
    if isinstance(wanted, Raised):
        return judge_value(args, got, wanted, params)
    if isinstance(got, Raised):
        return _judge_raised(args, got)
    fault = _fault_of_draw(label, count, got["places"])
    if fault:
        return Verdict(False, *fault)
    draws = [got["places"], got["again"], *got["others"]]
    for draw in draws:
        if fault := _fault_of_draw(label, count, draw):
            return Verdict(False, f"it is not right in every draw: {fault[0]}", fault[1])
    fault = _fault_of_chance(label, count, [frozenset(map(tuple, _numbers(draw).tolist())) for draw in draws])
    return Verdict(False, fault, "value") if fault else Verdict(True)


def _judge_raised(args, got) -> Verdict:
    label, count, _ = args
    verdict = judge_value(args, got, None, {})
    if got.is_a("ValueError") and count // 2 in [int((label == kind).sum()) for kind in (0, 1)]:
        words = "it raises ValueError where a class has exactly as many pixels as needed: is the test too strict?"
        return Verdict(False, words, "error")
    return Verdict(False, stops_with(got), verdict.kind or "error")


def _numbers(places):
    """Return places as an array; whatever cannot be one as an array of no axes."""
    import numpy as np

    if not is_map(places):
        try:
            places = [[as_array(part).item() if is_map(part) else part for part in one] for one in _rows(places)]
        except (TypeError, ValueError):
            return np.array(None)
    try:
        return np.asarray(as_array(places))
    except ValueError:
        return np.array(None)


def _rows(places) -> list:
    if not isinstance(places, list | tuple | set | frozenset):
        raise TypeError
    return [as_array(one).tolist() if is_map(one) else one for one in places]


def _fault_of_draw(label, count, places) -> tuple[str, str] | None:
    """Return what is wrong with one draw, and the kind of it."""
    if places is None:
        return "it returns None: does every way through it end in a return?", "type"
    came = _numbers(places)
    if came.ndim == 0:
        return f"it returns {shown(places)}, where places are wanted, a row and a column for each", "type"
    if came.ndim == 1 and came.shape[0] in (count, label.size):
        if came.dtype.kind in "iu" and came.max(initial=0) > 1:
            return "these are numbers of pixels counted through the map; wanted are row and column of each", "shape"
        return f"the shape is not right: {sizes(came.shape)}, which is no row and column for each place", "shape"
    if came.shape == (2, count) and count != 2:
        return f"the shape is not right: {sizes(came.shape)}: a row of the array is wanted for each place", "shape"
    if came.ndim != 2 or came.shape[1] != 2:
        return f"the shape is not right: {sizes(came.shape)}", "shape"
    if len(came) != count:
        if len(came) == 2 * count:
            return "it draws `count` places of each class; half of `count` is wanted", "shape"
        if 2 * len(came) == count:
            return "it draws half as many places as are wanted: is one of the classes lost?", "shape"
        return f"it returns {len(came)} places, which is too {'few' if len(came) < count else 'many'}", "shape"
    if came.dtype.kind not in "iu":
        return f"rows and columns are whole numbers; these are {chosen(str(came.dtype))}", "type"
    return _fault_of_places(label, count, came)


def _fault_of_places(label, count, came) -> tuple[str, str] | None:
    def membrane(rows, columns):
        inside = (rows >= 0).all() and (columns >= 0).all()
        inside &= (rows < label.shape[0]).all() and (columns < label.shape[1]).all()
        return int((label[rows, columns] == 0).sum()) if inside else None

    there = membrane(came[:, 0], came[:, 1])
    turned = membrane(came[:, 1], came[:, 0])
    double = len({*map(tuple, came.tolist())}) < count
    if turned is not None and 2 * turned == count and (there is None or 2 * there != count):
        return "rows and columns are mixed up: the row comes first", "value"
    if there is None:
        return "some of the places lie outside the map", "value"
    if 2 * there != count:
        if double:
            return "a pixel comes twice, and the classes are not half and half", "value"
        return f"{there} of its {count} places are membrane, which is not half of them", "value"
    if double:
        return "a pixel comes twice: all must be different", "value"
    return None


def _fault_of_chance(label, count, draws) -> str | None:
    """Return in which way draws are not what `rng` makes of all pixels. `draws`: the first two of equal generators."""
    first, again, *others = draws
    kinds = [kind for kind in (0, 1) if int((label == kind).sum()) > count // 2]  # those that leave a choice
    if not kinds:
        return None
    if first != again:
        return "with the generator in the same state it draws other pixels: do all random numbers come from rng?"
    if len({*draws}) == 1:
        return "it draws the same pixels each time, whatever the generator: does it use rng?"
    for kind in kinds:
        pixels = [tuple(place) for place in zip(*(label == kind).nonzero(), strict=True)]
        often = [sum(pixel in draw for draw in others) for pixel in pixels]
        share = count / 2 / len(pixels)
        spread = (DRAWS * share * (1 - share)) ** 0.5
        if DRAWS * share < 20:  # too few to tell
            continue
        if min(often) == 0:
            return "some pixels are never drawn: every pixel of the map must be possible"
        if max(often) - DRAWS * share > 6.5 * spread or DRAWS in often:
            return "some pixels are drawn far more often than others of their class: each should have the same chance"
    return None


def picture(args, got):
    """Draw the label map and rings around the places."""
    from matplotlib.figure import Figure

    from unet_edu.plots.style import SKIP

    label, places = args[0], _numbers(got["places"])
    figure = Figure(figsize=(3, 0.4 + 3 * label.shape[0] / label.shape[1]), layout="constrained")
    axes = figure.subplots()
    axes.imshow(label, cmap="gray", vmin=-0.5, vmax=1.2)
    axes.plot(places[:, 1], places[:, 0], "o", ms=9, mfc="none", mec=SKIP, mew=2)
    axes.set(xticks=[], yticks=[])
    axes.set_title("membrane dark, your places ringed", fontsize=10)
    return figure


EXERCISE = Exercise(
    id="window.balanced",
    chapter="01_sliding_window",
    name="balanced_places",
    points=4,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=judge_draws,
    prepare=prepare,
    probe=probe,
    needs=("import numpy as np", "import torch"),
    picture=picture,
)
