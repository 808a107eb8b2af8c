"""The exercises of the chapter on the sliding window.

A cohort's window may take larger steps than the book's (`window.readings`), and the small network for rows may pool
more than two values (`window.dense`).
"""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import (
    as_array,
    is_map,
    judge_value,
    noise,
    recognising,
    set_weights_by_shape,
    shown,
    sizes,
)
from unet_edu.course.outcome import Case, Raised, Verdict

CHAPTER = "01_sliding_window"


# --------------------------------------------------------------------------------------------------- window.readings


def readings_cases(rng, params):
    """A long row, windows of more than half of a row and of all of it, one pixel, windows that do not fit."""
    step = params["step"]
    width = int(rng.integers(3, 6))
    long = width + step * int(rng.integers(9, 15))
    wide = int(rng.integers(7, 10))
    size = int(rng.integers(5, 9))
    return [
        Case((long, width), "a small window on a long row", 2),
        Case((wide + step * int(rng.integers(2, 4)), wide), "a window of more than half of the row", 2),
        Case((2 * width + int(rng.integers(1, 3)), width), "a row a little longer than two windows"),
        Case((size, 1), "a window of one pixel"),
        Case((size, size), "a window as long as the row"),
        Case((size, size + 1), "a window that is one pixel too long", 0.5),
        Case((size, 3 * size), "a window that is far too long", 0.5),
    ]


def readings(args, params):
    """Mark where windows begin, and convolve the marks with a window of ones."""
    import numpy as np

    size, width = args
    if width > size:
        return Raised("ValueError")
    begins = np.zeros(size - width + 1, dtype=np.int64)
    begins[:: params["step"]] = 1
    return np.convolve(begins, np.ones(width, dtype=np.int64)).tolist()


def readings_mistakes(args, params):
    """A window more or less, one that hangs over, a rule that holds for long rows alone."""
    size, width = args
    step = params["step"]
    if width > size:
        return
    places = range(size)
    if width == size:
        yield Raised("ValueError"), "it raises ValueError for a window that just fits: is the test too strict?"
    if step != 1:
        yield readings(args, {"step": 1}), "the window moves on by one pixel here; look at its steps"
    yield [width] * size, "it is the same for every pixel; windows that stay inside reach the ends less often"
    yield _read(size, width, range(0, size - width, step)), "the last window is missing: how many places does it have?"
    yield _read(size, width + 1, range(0, size - width + 1, step)), "each window is one pixel too wide"
    yield _read(size, width - 1, range(0, size - width + 1, step)), "each window is one pixel too narrow"
    yield _read(size, width, range(0, size, step)), "windows hang over the end of the row; they stay inside"
    yield (
        _read(size, width, range(-(width // 2), size - width // 2, step)),
        "windows hang over both ends of the row; they stay inside",
    )
    yield (
        [min(i + 1, size - i) for i in places],
        "towards the middle it grows without end; no pixel is in more windows than a window has pixels",
    )
    yield (
        [min(i + 1, width, size - i) for i in places],
        "it is not right where the window is wider than half of the row: there are fewer windows than it has pixels",
    )
    yield (
        [int(i % step == 0 and i <= size - width) for i in places],
        "it counts the windows that begin at each pixel, not those that contain it",
    )


def _read(size, width, begins) -> list[int]:
    """How often each pixel is in one of the windows that begin at `begins`, whether they hang over or not."""
    return [sum(first <= pixel < first + width for first in begins) for pixel in range(size)]


def other_step(rng) -> dict:
    """Larger steps than the book's single pixel."""
    return {"step": int(rng.choice([2, 3]))}


# ------------------------------------------------------------------------------------------------------- window.cost


def cost_cases(rng, params):
    """N4, one convolution, none, sizes that are odd before a pooling, kernels of one pixel."""

    def between(low, high):
        return int(rng.integers(low, high))

    odd = 4 * between(5, 9) + 2 + 3 + 3  # odd before the second pooling
    return [
        Case((95, (4, 5, 4, 4), 48, 200, 2), "N4"),
        Case((2 * between(6, 10) + 2, (3,), between(3, 6), between(7, 12), 2), "one convolution"),
        Case((odd, (4, 5), between(3, 6), between(7, 12), 3), "an odd size before a pooling", 2),
        Case((between(40, 60), (5, 3, 2), between(3, 9), between(10, 20), between(4, 7)), "kernels of three sizes", 2),
        Case((between(20, 30), (1, 3), between(3, 6), between(7, 12), 1), "a kernel of one pixel, one class"),
        Case((between(8, 12), (), 9, between(7, 12), 2), "no convolution: two layers on the pixels"),
    ]


def window_cost(args, params):
    """Lay out all windows that each layer reads; each of their values is multiplied once for each map."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    size, kernels, maps, hidden, classes = args
    image, total = np.zeros((1, size, size), dtype=bool), 0
    for kernel in kernels:
        windows = sliding_window_view(image, (kernel, kernel), axis=(1, 2))  # (channels, H, W, kernel, kernel)
        total += windows.size * maps
        pairs = sliding_window_view(np.zeros(windows.shape[1:3], dtype=bool), (2, 2))[::2, ::2]
        image = np.broadcast_to(False, (maps, *pairs.shape[:2]))
    return total + image.size * hidden + hidden * classes


def cost_mistakes(args, params):
    """Channels, sizes, layers that are left out, biases."""
    size, kernels, maps, hidden, classes = args
    right = window_cost(args, params)
    last, _ = _met(size, kernels)
    yield _cost(*args, inward=lambda channels: 1), "from the second convolution on there is more than one channel"
    yield _cost(*args, inward=lambda channels: maps), "the first convolution sees a single channel, the grey values"
    yield _cost(*args, pool=lambda side: side), "the poolings are missing"
    yield _cost(*args, pool=lambda side: -(-side // 2)), "an odd size is rounded up; this pooling rounds down"
    yield _cost(*args, pool=lambda side: side / 2), "a pooling gives no half values: an odd size is rounded down"
    yield _cost(*args, valid=lambda side, kernel: side), "the convolutions are valid: each makes its map smaller"
    yield _cost(*args, valid=lambda side, kernel: side - kernel), "a valid convolution loses less than its kernel"
    yield (
        _cost(*args, valid=lambda side, kernel: side - kernel + 1, counted="before"),
        "a convolution computes as many values as come out of it, not as go in",
    )
    yield _cost(*args, counted="pooled"), "a convolution computes its values before the pooling takes some away"
    yield _cost(*args, area=lambda side: side), "a map has height and width"
    yield _cost(*args, weights=lambda kernel: kernel), "a kernel has height and width"
    yield right - hidden * classes, "the last layer is missing, the one with the classes"
    yield right - hidden * classes + classes, "the last layer takes all the hidden values for each class"
    channels = maps if kernels else 1
    yield (
        right - last**2 * channels * hidden + channels * hidden,
        "the layer behind the last pooling takes all places of every map, not one value a map",
    )
    yield (
        right - last**2 * channels * hidden + last**2 * hidden,
        "the layer behind the last pooling takes the values of every map",
    )
    yield right - last**2 * channels * hidden, "the layer with the hidden outputs is missing"
    yield right - last**2 * channels * hidden - hidden * classes, "the two layers at the end are missing"
    biases = sum(side**2 for side in _met(size, kernels)[1]) * maps
    yield right + biases + hidden + classes, "it counts the biases, too; they multiply nothing"
    yield 2 * right, "a multiplication and its addition count as one"


def _met(size, kernels) -> tuple[int, list[int]]:
    """The side of the last map, and that of each convolution's."""
    found = []
    for kernel in kernels:
        found.append(size - kernel + 1)
        size = found[-1] // 2
    return size, found


def _cost(
    size,
    kernels,
    maps,
    hidden,
    classes,
    inward=lambda channels: channels,
    pool=lambda side: side // 2,
    valid=lambda side, kernel: side - kernel + 1,
    area=lambda side: side**2,
    weights=lambda kernel: kernel**2,
    counted="after",
):
    """The multiply-adds with one step done otherwise."""
    channels, total = 1, 0
    for kernel in kernels:
        before, size = size, valid(size, kernel)
        side = {"after": size, "before": before, "pooled": pool(size)}[counted]
        total += area(side) * maps * inward(channels) * weights(kernel)
        size, channels = pool(size), maps
    return total + area(size) * channels * hidden + hidden * classes


# --------------------------------------------------------------------------------------------------- window.balanced

DRAWS = 80  # so many that in a right answer every pixel of the small maps turns up


def balanced_cases(rng, params):
    """Either class rare, all pixels of one needed, an odd number, too few of either class."""

    def case(height, width, membrane, count, says, points=1):
        label = rng.permutation((rng.permutation(height * width) >= membrane).astype("uint8")).reshape(height, width)
        return Case((label, count, int(rng.integers(1, 1 << 30))), says, points)

    height, width = int(rng.integers(5, 7)), int(rng.integers(8, 11))
    pixels = height * width
    few = int(rng.integers(7, 11))
    half = pixels // 2
    return [
        case(height, width, pixels // 3, 2 * (pixels // 4), "more cell than membrane", 2),
        case(width, height, pixels - pixels // 3, 2 * (pixels // 4), "more membrane than cell", 2),
        case(height, width, few, 2 * few, "every pixel of the membrane is needed"),
        case(height, width, half, 2 * int(rng.integers(2, 5)), "few places of many"),
        case(height, width, half, 2 * int(rng.integers(2, 5)) + 1, "an odd number", 0.5),
        case(height, width, few, 2 * few + 2, "one pixel of membrane too few", 0.5),
        case(width, height, pixels - few, 2 * few + 2, "one pixel of cell too few", 0.5),
        case(height, width, 0, 4, "no membrane at all", 0.5),
    ]


def with_generator(args, params):
    """The label map, the number, and a generator made of the seed."""
    import numpy as np

    label, count, seed = args
    return label, count, np.random.default_rng(seed)


def balanced_probe(answer, args, params):
    """Draw once, again with a generator in the same state, then many times with others."""
    import numpy as np

    label, count, rng = args
    state = rng.bit_generator.state
    first = answer(label, count, rng)
    rng.bit_generator.state = state
    again = answer(label, count, rng)
    others = [answer(label, count, np.random.default_rng(number)) for number in range(DRAWS)]
    return {"places": first, "again": again, "others": others}


def balanced(args, params):
    """Nothing that could be written down: whether a draw is right is seen by its properties."""
    label, count, _ = args
    enough = all(int((label == kind).sum()) >= count // 2 for kind in (0, 1))
    return None if enough and count % 2 == 0 else Raised("ValueError")


def judge_balanced(args, got, wanted, params) -> Verdict:
    """A single draw first; then whether it depends on the generator, and reaches every pixel."""
    label, count, _ = args
    if isinstance(wanted, Raised):
        if not isinstance(got, Raised):
            why = "an odd number cannot be halved" if count % 2 else "a class has too few pixels"
            return Verdict(False, f"{why}: this is a case for a ValueError", "value")
        return judge_value(args, got, wanted, params)
    if isinstance(got, Raised):
        return _judge_raised(args, got)
    fault = _fault_of_draw(label, count, got["places"])
    if fault:
        return Verdict(False, *fault)
    draws = [got["places"], got["again"], *got["others"]]
    for draw in draws:
        if fault := _fault_of_draw(label, count, draw):
            return Verdict(False, f"drawn again and again, it is not always right: {fault[0]}", fault[1])
    fault = _fault_of_chance(label, count, [frozenset(map(tuple, _numbers(draw).tolist())) for draw in draws])
    return Verdict(False, fault, "value") if fault else Verdict(True)


def _judge_raised(args, got) -> Verdict:
    label, count, _ = args
    verdict = judge_value(args, got, None, {})
    if got.is_a("ValueError") and count // 2 in [int((label == kind).sum()) for kind in (0, 1)]:
        words = "it raises ValueError where a class has just as many pixels as are needed: is the test too strict?"
        return Verdict(False, words, "error")
    message = f"it stops with {got.name}: {got.said[:160]}" if got.said else f"it stops with {got.name}"
    return Verdict(False, message + (f" ({got.where})" if got.where else ""), verdict.kind or "error")


def _numbers(places):
    """Places as an array; whatever cannot be one as an array of no axes."""
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
    """What is wrong with one draw, and the kind of it."""
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
            return "it draws as many of each class as are wanted in all: half of them", "shape"
        if 2 * len(came) == count:
            return "it draws half as many places as are wanted: is one of the classes lost?", "shape"
        return f"it returns {len(came)} places, which is too {'few' if len(came) < count else 'many'}", "shape"
    if came.dtype.kind not in "iu":
        return f"rows and columns are whole numbers; these are {came.dtype}", "type"
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
    """Whether draws are what `rng` makes of all pixels. `draws`: the first two of equal generators."""
    first, again, *others = draws
    kinds = [kind for kind in (0, 1) if int((label == kind).sum()) > count // 2]  # those that leave a choice
    if not kinds:
        return None
    if first != again:
        return "with the generator in the same state it draws other pixels: does all chance come from rng?"
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
            return "some pixels never come, however often it draws: the whole map may be drawn from"
        if max(often) - DRAWS * share > 6.5 * spread or DRAWS in often:
            return "some pixels come far more often than others of their class: each should have the same chance"
    return None


def balanced_picture(args, got):
    """The label map, and the places that were drawn on it."""
    from matplotlib.figure import Figure

    from unet_edu import plots

    label, places = args[0], _numbers(got["places"])
    figure = Figure(figsize=(3, 0.4 + 3 * label.shape[0] / label.shape[1]), layout="constrained")
    axes = figure.subplots()
    axes.imshow(label, cmap="gray", vmin=-0.5, vmax=1.2)
    axes.plot(places[:, 1], places[:, 0], "o", ms=9, mfc="none", mec=plots.SKIP, mew=2)
    axes.set(xticks=[], yticks=[])
    axes.set_title("membrane dark, your places ringed", fontsize=10)
    return figure


# ------------------------------------------------------------------------------------------------------ window.dense

SEED = 1


def dense_cases(rng, params):
    """Kernels odd and even, one channel and several, one window, one class."""
    more = params["more"]

    def case(kernel, channels, classes, places, says, points=1):
        row = noise((kernel + more + places - 1,), int(rng.integers(1 << 30)))
        return Case((row, (kernel, channels, classes)), says, points)

    channels, classes = int(rng.integers(3, 6)), int(rng.integers(2, 5))
    return [
        case(3, 1, 2, int(rng.integers(9, 14)), "one channel, two classes"),
        case(int(rng.choice([4, 5])), channels, classes, int(rng.integers(14, 20)), "several channels", 2),
        case(1, channels, classes, int(rng.integers(15, 20)), "a kernel of one pixel, an odd or even row", 2),
        case(2, channels, 1, int(rng.integers(8, 12)), "one class"),
        case(3, 2, classes, 1, "a row of a single window"),
        case(3, 2, classes, 2, "a row of two windows"),
    ]


def as_layers(args, params):
    """The row, and the two layers that a case describes: kernel, channels, classes."""
    from torch import nn

    row, (kernel, channels, classes) = args
    conv, decide = nn.Conv1d(1, channels, kernel), nn.Linear(2 * channels, classes)
    return row, set_weights_by_shape(conv, SEED), set_weights_by_shape(decide, SEED)


def dense_probe(answer, args, params):
    """The scores, and how many values the convolution has computed for them."""
    import torch

    row, conv, decide = args
    computed = []
    conv.register_forward_hook(lambda layer, given, values: computed.append(values.numel()))
    with torch.no_grad():
        return {"scores": answer(row, conv, decide), "computed": sum(computed)}


def row_scores(args, params):
    """Window by window: the network as it is, on each cut out by itself."""
    import torch

    row, conv, decide = as_layers(args, params)
    width = args[1][0] + params["more"]
    with torch.no_grad():
        windows = row.unfold(0, width, 1)[:, None]
        pooled = torch.nn.functional.max_pool1d(conv(windows).relu(), params["pool"])
        return {"scores": decide(pooled.flatten(1)).T, "computed": conv(row[None, None]).numel()}


def dense_mistakes(args, params):
    """Steps and feet of the wrong length, weights in another order, parts left out."""
    import torch
    from torch.nn.functional import conv1d, max_pool1d

    row, conv, decide = as_layers(args, params)
    pool = params["pool"]
    with torch.no_grad():
        right = row_scores(args, params)["scores"]
        weight = decide.weight.unflatten(1, (-1, 2))
        turned = decide.weight.unflatten(1, (2, -1)).transpose(1, 2)
        maps = conv(row[None, None])

        def scores(pooled, weight=weight, bias=decide.bias, feet=pool):
            room = pooled.shape[-1] > feet * (weight.shape[-1] - 1)
            return conv1d(pooled, weight, bias, dilation=feet)[0] if room else None

        every = max_pool1d(maps.relu(), pool, stride=1)
        if pool != 2:
            two = max_pool1d(maps.relu(), 2, stride=1)
            yield scores(two, feet=2), "it pools two values; look how many they are here"
            yield scores(two), "it pools two values; look how many they are here"
            yield (
                scores(every, feet=2),
                "the feet stand two places apart; look how far the pooled values lie apart here",
            )
        yield scores(every, feet=1), "the two values of a window are no neighbours once the pooling takes steps of one"
        if maps.shape[-1] >= pool:
            apart = max_pool1d(maps.relu(), pool)
            yield scores(apart, feet=1), "the pooling takes its own steps here, so most windows are left out"
            yield scores(apart), "the pooling takes its own steps here, so most windows are left out"
        yield scores(max_pool1d(maps, pool, stride=1)), "the ReLU is missing"
        yield scores(maps.relu()), "the pooling is missing"
        yield scores(every, bias=None), "the bias of `decide` is missing"
        yield scores(every, turned), "the weights of `decide` belong to other values: it takes them channel by channel"
        yield scores(every, weight.flip(-1)), "the two weights of each channel are swapped: a convolution flips nothing"
        yield right.T, "the axes are swapped: classes first, then windows"
        yield right[None], "there is an axis too many, of one: take the row out of its batch"
        yield right.relu(), "there is no ReLU after `decide`"
        if right.shape[1] > 1:
            yield right[:, :-1], "the last window is missing"
        yield right.softmax(0), "scores are wanted, without a softmax"


def judge_dense(args, got, wanted, params) -> Verdict:
    """Known mistakes in the scores; then whether windows were computed one by one."""
    if isinstance(got, Raised):
        return _judge_scores(args, got, wanted["scores"], params)
    verdict = _judge_scores(args, got["scores"], wanted["scores"], params)
    if verdict.passed and got["computed"] > params["pool"] * wanted["computed"]:
        words = (
            "the scores are right, but the convolution computes the same values again for each window: once is enough"
        )
        return Verdict(False, words, "value", verdict.clues)
    return verdict


def _feasible(args, params):
    return ((came, words) for came, words in dense_mistakes(args, params) if came is not None)


_judge_scores = recognising(_feasible)


def other_pooling(rng) -> dict:
    """A pooling of more than the book's two values, and by how much the window is then wider than the kernel."""
    pool = int(rng.choice([3, 4]))
    return {"pool": pool, "more": 2 * pool - 1}


EXERCISES = (
    Exercise(
        id="window.readings",
        chapter=CHAPTER,
        name="readings",
        points=2,
        minutes=10,
        cases=readings_cases,
        oracle=readings,
        judge=recognising(readings_mistakes),
        params=other_step,
        book={"step": 1},
    ),
    Exercise(
        id="window.cost",
        chapter=CHAPTER,
        name="window_cost",
        points=3,
        minutes=15,
        cases=cost_cases,
        oracle=window_cost,
        judge=recognising(cost_mistakes),
        forbids=("unet_edu.models", "unet_edu.figures"),
    ),
    Exercise(
        id="window.balanced",
        chapter=CHAPTER,
        name="balanced_places",
        points=4,
        minutes=15,
        cases=balanced_cases,
        oracle=balanced,
        judge=judge_balanced,
        prepare=with_generator,
        probe=balanced_probe,
        needs=("import numpy as np", "import torch"),
        picture=balanced_picture,
    ),
    Exercise(
        id="window.dense",
        chapter=CHAPTER,
        name="row_scores",
        points=5,
        minutes=25,
        cases=dense_cases,
        oracle=row_scores,
        judge=judge_dense,
        prepare=as_layers,
        probe=dense_probe,
        params=other_pooling,
        book={"pool": 2, "more": 3},
        forbids=("unet_edu.models",),
        needs=("import torch",),
    ),
)
