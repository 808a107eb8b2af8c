"""Compute an answer for every pixel of a row, tile by tile."""

from dataclasses import replace

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.exercises.predict import mirror
from unet_edu.course.judging import judge_value, recognising, telling
from unet_edu.course.outcome import Case, Raised
from unet_edu.course.values import chosen


def cases(rng, params):
    """Draw one tile and several, rows shorter than the margin, steps that divide a tile's answers and that do not."""

    def case(length, margin, step, answers, says, points=1):
        row = rng.normal(size=length).round(3)
        return Case(("respond", row, answers + 2 * margin, margin, step), says, points)

    step, margin = int(rng.choice([2, 4])), int(rng.integers(3, 6))
    whole = 3 * step
    more = int(rng.integers(1, step))
    return [
        case(12, 8, 2, 6, "the row of the chapter, two tiles"),
        case(whole, margin, step, whole, "one tile is enough, to the pixel"),
        case(whole * 4 + 1, margin, step, whole, "several tiles, and one pixel for another"),
        case(whole * 4 - 1, margin, step, whole + more, "answers that are no multiple of the step", 2),
        case(int(rng.integers(20, 40)), margin + 1, 1, 5, "a step of 1"),
        case(int(rng.integers(2, 4)), 7, step, whole, "a row shorter than the margin", 2),
        case(1, 3, 2, 4, "a row of a single value"),
        case(20, margin, 4, int(rng.integers(1, 4)), "a tile that answers less than a step"),
    ]


def oracle(args, params):
    """Compute pixel by pixel, without tiles."""
    _, row, tile, margin, step = args
    if tile - 2 * margin < step:
        return Raised("ValueError")
    weights = _kernels(margin, step)
    return np.array(
        [
            sum(
                row[mirror.oracle((place + offset - margin, len(row)), {})] * weights[place % step, offset]
                for offset in range(2 * margin + 1)
            )
            for place in range(len(row))
        ]
    )


def mistakes(args, params):
    """Yield other steps, other values beyond the ends, a mirror in each tile, and too many values."""
    _, row, tile, margin, step = args
    answers, length = tile - 2 * margin, len(row)
    if answers < step:
        return
    respond = prepare(args, params)[0]
    apart = answers // step * step

    def tiled(longer, apart):
        parts = [respond(longer[at : at + tile])[:apart] for at in range(0, length, apart)]
        return np.concatenate(parts)[:length]

    def padded(mode):
        return np.pad(row, (margin, margin + 2 * tile), mode=mode)

    mirrored = padded("reflect")
    yield tiled(mirrored, answers), "the tiles stand edge to edge; they have to begin a multiple of the step apart"
    yield tiled(padded("constant"), apart), "beyond the ends there are zeros; the row is to be mirrored"
    yield (
        tiled(padded("symmetric"), apart),
        "the values at the ends are repeated: the mirrors stand in them, not behind",
    )
    yield tiled(padded("edge"), apart), "the values at the ends go on and on; the row is to be mirrored"
    yield tiled(padded("wrap"), apart), "the row begins anew beyond its ends; it is to be mirrored"
    if length >= answers:
        last = tiled(mirrored, apart).copy()
        at = length - answers
        last[at:] = respond(mirrored[at : at + tile])
        yield last, "the last tile is moved back to end with the row, and no longer stands on the grid"
        if length % answers:
            last = tiled(mirrored, answers).copy()
            last[at:] = respond(mirrored[at : at + tile])
            yield last, "the last tile is moved back to end with the row, and no longer stands on the grid"
    pieces = []
    for at in range(0, length, apart):
        piece = np.pad(row[at : at + apart], (margin, margin), mode="reflect")
        piece = np.pad(piece, (0, max(tile - len(piece), 0)), mode="reflect")[:tile]
        pieces.append(respond(piece)[:apart])
    yield np.concatenate(pieces)[:length], "each tile is mirrored at its own ends; mirror the row, once"
    for off in (1, -1):
        if margin + off >= 0:
            other = np.pad(row, (margin + off, margin + 2 * tile), mode="reflect")
            yield tiled(other, apart), "the first tile begins a value beside where it should"
    right = tiled(mirrored, apart)
    count = -(-length // apart)
    whole = [respond(mirrored[at * apart : at * apart + tile]) for at in range(count)]
    if count * apart != length:
        yield np.concatenate([each[:apart] for each in whole]), "it is longer than the row: cut off what hangs over"
    if apart != answers and count > 1:
        yield np.concatenate(whole), "the answers of neighbouring tiles overlap, and some pixels have two"
        yield np.concatenate(whole)[:length], "the answers of neighbouring tiles overlap, and some pixels have two"
    if length > answers:
        yield right[: (length - answers) // apart * apart + answers], "the last pixels have no answer"
        yield right[: length // apart * apart], "the last pixels have no answer"
        yield np.where(np.arange(length) < length // apart * apart, right, 0.0), "the last pixels have no answer"
    yield right[margin : length - margin], "the pixels at the ends have no answer: mirror the row by the margin"


def calls_and_values(args, got, wanted, params):
    """Compare the rows; note a call of `respond` that failed, and tiles that answer too little."""
    verdict = judge_value(args, got, wanted, params)
    if isinstance(got, Raised) and "respond takes rows of" in got.said:
        took = "" if isinstance(wanted, Raised) else f": {chosen(got.said)}"
        return replace(verdict, message=f"it gives respond a tile that is none{took}")
    if isinstance(wanted, Raised) and not isinstance(got, Raised):
        words = "the next tile can only begin a whole step further, where this one has no more answers: a ValueError"
        return replace(verdict, message=words)
    return verdict


def probe(answer, args, params):
    """Return the answer; a list or a tuple as an array."""
    got = answer(*args)
    return np.asarray(got, dtype=float) if isinstance(got, list | tuple) else got


def prepare(args, params):
    """Return `respond`, whose values depend on their place on the grid, as after a pooling, and the other arguments."""
    _, row, tile, margin, step = args
    weights = _kernels(margin, step)

    def respond(values):
        values = np.asarray(values, dtype=float)
        if values.shape != (tile,):
            shape = "×".join(map(str, values.shape)) or "a single number"
            raise RuntimeError(f"respond takes rows of {tile} values, not {shape}")
        windows = np.lib.stride_tricks.sliding_window_view(values, 2 * margin + 1)
        return np.array([window @ weights[place % step] for place, window in enumerate(windows)])

    return respond, row, tile, margin, step


def _kernels(margin, step):
    """Return the weights (step, 2·margin + 1) around a pixel, for each place on the grid."""
    return np.cos(np.arange(step)[:, None] * 3.1 + np.arange(2 * margin + 1) * (1.3 + 0.4 * np.arange(step)[:, None]))


EXERCISE = telling(
    Exercise(
        id="predict.row",
        chapter="09_prediction",
        name="respond_in_tiles",
        points=4,
        minutes=20,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, calls_and_values),
        prepare=prepare,
        probe=probe,
        needs=("import numpy as np",),
    ),
    {4: ("the last pixels have no",), 5: ("the row begins anew",)},
)
