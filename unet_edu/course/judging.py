"""What the exercises share: judges that recognise a mistake, and inputs by which values can be traced.

    judge_value          compares an outcome with what was wanted, and describes how they differ
    recognising(mistakes) the same, but first compares the outcome with those of known mistakes
    then(judge, …)       the same as `judge`, with a remark on some right answers
    unless(judge, …)     the same as `judge`, but some right values do not pass
    part(key, judge)     the same as `judge`, of one entry of the dictionary that a probe returns
    explaining(judge, …) the same as `judge`, with words for errors whose message is known
    telling(exercise, …) the same exercise, whose cases are drawn anew where a mistake is right by coincidence
    coded                a map whose values encode their own place
    set_weights_by_shape weights for any module, the same for modules that differ in names and order only
    run_by_shape         a module of the student's with such weights: what comes out, and the shapes of its weights
    layers_of            a network that has to be run layer by layer
    unet_layers          those of a U-Net, made without the package's own networks
    without_gradients    a probe that calls the answer
    noise                an image without symmetries

Outcomes are plain data (see `values`), `Raised` among them, so that comparing them runs nobody's code. Messages are
parts of a sentence. They may show what came, never what was wanted.
"""

import hashlib
import itertools
import math
from dataclasses import replace

import numpy as np

from unet_edu.course import values
from unet_edu.course.outcome import Raised, Verdict

RTOL, ATOL = 1e-4, 1e-5  # float32 sums in another order differ by less; ATOL relative to the largest value wanted
RIGHT = Verdict(True)
DRAWS = 1000  # at most, until no case agrees with a mistake by coincidence
USUAL_ERRORS = (  # that a mistake leads to; of these a student may read the name, whatever the case
    *("ArithmeticError", "AssertionError", "AttributeError", "EOFError", "FileNotFoundError", "FloatingPointError"),
    *("ImportError", "IndexError", "KeyError", "KeyboardInterrupt", "LookupError", "MemoryError"),
    *("ModuleNotFoundError", "NameError", "NotImplementedError", "OSError", "OverflowError", "RecursionError"),
    *("RuntimeError", "StopIteration", "SyntaxError", "IndentationError", "TabError", "SystemExit", "TypeError"),
    *("UnboundLocalError", "UnicodeError", "ValueError", "ZeroDivisionError"),
)


def judge_value(args, got, wanted, params, rtol=RTOL, atol=ATOL) -> Verdict:
    """Judge `got` against `wanted`: numbers, texts, None, Raised, arrays, tensors, and tuples, lists, dicts of them.

    Tuples and lists count as the same; so do Python's numbers and those of NumPy; an array is no tensor.
    """
    fault = difference(got, wanted, rtol, atol)
    return RIGHT if fault is None else Verdict(False, fault[1], fault[0])


def recognising(mistakes, judge=judge_value):
    """Return a judge that recognises mistakes.

    mistakes: a generator function (args, params) of pairs (what comes of the mistake, the words for it); words may come
    more than once. The first one that makes a difference to the case and is equal to the outcome is named; what all of
    them say of it goes into the verdict's clues, so that `evaluate.agree` can choose among several.
    """

    def judged(args, got, wanted, params) -> Verdict:
        verdict = judge(args, got, wanted, params)
        clues: dict[str, bool] = {}
        for what_comes, words in mistakes(args, params):
            fits = equal(got, what_comes)
            clues[words] = clues.get(words, False) or fits
        named = next((words for words, fits in clues.items() if fits), None)
        if not verdict.passed and named:
            kind = verdict.kind if verdict.kind in ("error", "shape") else "value"
            verdict = replace(verdict, message=named, kind=kind)
        return replace(verdict, clues=tuple(clues.items()))

    return judged


def then(judge, *remarks):
    """Return a judge that adds a remark to a right answer.

    remarks: pairs (condition, words). The words of the first condition (args, got, wanted, params) that holds become
    the verdict's message, where `judge` has none.
    """

    def judged(args, got, wanted, params) -> Verdict:
        verdict = judge(args, got, wanted, params)
        if not verdict.passed or verdict.message:
            return verdict
        words = (words for condition, words in remarks if condition(args, got, wanted, params))
        return replace(verdict, message=next(words, ""))

    return judged


def unless(judge, *conditions):
    """Return a judge that does not pass a right value where a condition holds.

    conditions: pairs (condition, words). The words of the first condition (args, got, wanted, params) that holds become
    the verdict's message.
    """

    def judged(args, got, wanted, params) -> Verdict:
        verdict = judge(args, got, wanted, params)
        if not verdict.passed:
            return verdict
        found = next((words for condition, words in conditions if condition(args, got, wanted, params)), None)
        return verdict if found is None else replace(verdict, passed=False, message=found, kind="value")

    return judged


def part(key, judge):
    """Return a judge that compares one entry of what the probe returns; an error of the answer is judged as it is.

    Where an error is wanted and the answer raises none, the usual words name the whole of what came, so that the
    reason of the case (`Case.why`) takes their place.
    """

    def judged(args, got, wanted, params) -> Verdict:
        one, other = (each[key] if isinstance(each, dict) else each for each in (got, wanted))
        verdict = judge(args, one, other, params)
        if isinstance(wanted, Raised) and isinstance(got, dict) and verdict.message == difference(one, wanted)[1]:
            return replace(verdict, message=difference(got, wanted)[1])
        return verdict

    return judged


def explaining(judge, *errors):
    """Return a judge that has words for some errors of an answer that should raise none.

    errors: pairs (text, words). The words of the first text that the error's message contains become the verdict's.
    """

    def judged(args, got, wanted, params) -> Verdict:
        if isinstance(got, Raised) and not isinstance(wanted, Raised):
            found = next((words for text, words in errors if text in got.said), None)
            if found is not None:
                return Verdict(False, found, "error")
        return judge(args, got, wanted, params)

    return judged


def telling(exercise, places):
    """Return the exercise with cases that tell: drawn anew while a known mistake is right there by coincidence.

    places: from the number of a case, from 0, to the beginnings of the words of mistakes that must be wrong there. The
    first draw without a coincidence is taken, so most seeds have the cases that they had without this. Where a cohort's
    parameters leave no such draw, the last one is.
    """

    def coincides(cases, params) -> bool:
        for number, words in places.items():
            wanted = exercise.oracle(values.copy(cases[number].args), params)
            clues = exercise.judge(values.copy(cases[number].args), wanted, wanted, params).clues
            if any(agrees and said.startswith(words) for said, agrees in clues):
                return True
        return False

    def drawn(rng, params):
        for _ in range(DRAWS):
            cases = exercise.cases(rng, params)
            if not coincides(cases, params):
                break
        return cases

    return replace(exercise, cases=drawn)


def silent(args, got, wanted, params) -> bool:
    """Return whether the answer raises an error without a message: a condition for `then`."""
    return isinstance(got, Raised) and not got.said.strip()


# --------------------------------------------------------------------------------------------- how two things differ


def difference(got, wanted, rtol=RTOL, atol=ATOL) -> tuple[str, str] | None:
    """Return (kind, words) for how `got` differs from `wanted`, None where it does not."""
    if isinstance(wanted, Raised) or isinstance(got, Raised):
        return _raising(got, wanted)
    if wanted is None:
        return None if got is None else ("value", f"it returns {shown(got)} where there is nothing to return")
    if got is None:
        return "type", "it returns None: does every way through it end in a return?"
    if isinstance(wanted, str):
        return _text(got, wanted)
    if is_map(wanted):
        return _map(got, wanted, rtol, atol)
    if isinstance(wanted, dict):
        return _dict(got, wanted, rtol, atol)
    if isinstance(wanted, tuple | list):
        return _row(got, wanted, rtol, atol)
    if isinstance(wanted, bool | np.bool_):
        return _truth(got, wanted)
    if isinstance(wanted, int | float | complex | np.number):
        return _number(got, wanted, rtol, atol)
    return None if values.encode(got) == values.encode(wanted) else ("value", "it returns something else")


def equal(got, wanted) -> bool:
    """Return whether there is no difference; quicker than `difference` where there is one between maps."""
    if is_map(got) and is_map(wanted):
        if is_tensor(got) != is_tensor(wanted) or tuple(got.shape) != tuple(wanted.shape) or _kind_fault(got, wanted):
            return False
        return _close(_wide(as_array(got)), _wide(as_array(wanted)))
    if isinstance(got, dict) and isinstance(wanted, dict):
        return got.keys() == wanted.keys() and all(equal(got[key], wanted[key]) for key in wanted)
    if isinstance(got, tuple | list) and isinstance(wanted, tuple | list):
        return len(got) == len(wanted) and all(map(equal, got, wanted))
    return difference(got, wanted) is None


def shown(value) -> str:
    """Return what came, in few words."""
    return values.brief(value)


def sort_of(value) -> str:
    """Return what kind of thing a value is, with its article."""
    if is_tensor(value):
        return "a tensor"
    names = {"bool": "a truth value", "int": "an integer", "float": "a float", "str": "a text", "ndarray": "an array"}
    names |= {"NoneType": "None", "dict": "a dictionary", "list": "a list", "tuple": "a tuple", "set": "a set"}
    kind = type(value).__name__
    if isinstance(value, np.generic):
        return "a number of NumPy"
    return names.get(kind, f"a {kind}")


def is_tensor(value) -> bool:
    """Return whether it is a tensor, without importing torch."""
    return type(value).__module__.partition(".")[0] == "torch"


def is_map(value) -> bool:
    """Return whether it is an array or a tensor."""
    return is_tensor(value) or isinstance(value, np.ndarray)


def as_array(value):
    """Return any array or tensor as an array, half precision as float32."""
    if not is_tensor(value):
        return value
    return (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()


def _raising(got, wanted):
    if not isinstance(wanted, Raised):
        return "error", stops_with(got)
    if not isinstance(got, Raised):
        return "value", f"it returns {shown(got)}; this is a case for a {wanted.name}"
    if not got.is_a(wanted.name):
        return "error", f"{stops_with(got, brackets=True)}; this is a case for a {wanted.name}"
    return None


def stops_with(got: Raised, brackets=False) -> str:
    """Return "it stops with NameError: its text (line 2 of first)", or the text in brackets and no place.

    Of a hidden case (`values.hiding`) the kind of the error alone, if it is one of Python's usual ones.
    """
    name = values.chosen(got.name, fixed=USUAL_ERRORS)
    name = "an error" if name == values.HIDDEN else name
    said = values.chosen(" ".join(got.said.split()), fixed=("",))
    said = "" if said == values.HIDDEN else said
    place = "" if values.chosen(got.where) == values.HIDDEN or not got.where else f" ({got.where})"
    if brackets:
        return f"it stops with {name} ({said[:100]})" if said else f"it stops with {name}"
    if name in ("SystemExit", "KeyboardInterrupt"):
        return f"it leaves Python ({name}){place}"
    return f"it stops with {name}: {said[:160]}{place}" if said else f"it stops with {name}{place}"


def _text(got, wanted):
    if not isinstance(got, str):
        return "type", f"it returns {sort_of(got)}, {shown(got)}, where a text is wanted"
    if got == wanted:
        return None
    if got.split() == wanted.split():
        return "value", "the right text but for spaces or line breaks"
    if got.casefold() == wanted.casefold():
        return "value", "the right text but for small and capital letters"
    return "value", f"it returns {shown(got)}"


def _truth(got, wanted):
    if isinstance(got, bool | np.bool_):
        return None if bool(got) == bool(wanted) else ("value", f"it says {bool(got)}")
    if is_map(got) and as_array(got).dtype == bool and as_array(got).shape == ():
        return _truth(bool(as_array(got)), wanted)
    return "type", f"it returns {sort_of(got)}, {shown(got)}, where True or False is wanted"


def _number(got, wanted, rtol, atol):
    if is_map(got) and as_array(got).shape == ():
        got = as_array(got)[()]  # a tensor or array of one number and no axes will do
    if isinstance(got, bool | np.bool_) or not isinstance(got, int | float | complex | np.number):
        return "type", f"it returns {sort_of(got)}, {shown(got)}, where a number is wanted"
    got = got.item() if isinstance(got, np.generic) else got  # whose arithmetic wraps around
    wanted = wanted.item() if isinstance(wanted, np.generic) else wanted
    if got != got:
        return None if wanted != wanted else ("value", "it returns NaN (not a number): a division of zero by zero?")
    if isinstance(wanted, int):
        if got == wanted:
            if isinstance(got, int):
                return None
            return "type", "the right number, but a float: a count is an integer (divide with //)"
    elif abs(got - wanted) <= max(rtol * abs(wanted), atol * 1e-3):
        return None
    return "value", f"it returns {shown(got)}" + _numeric_hint(got, wanted)


def _numeric_hint(got, wanted) -> str:
    if isinstance(got, int) and got.bit_length() > 1000:
        return ""
    if math.isinf(abs(got)):
        return ": a division by zero?"
    if wanted and got == -wanted:
        return ", which has the wrong sign"
    if isinstance(wanted, int):
        if abs(got - wanted) == 1:
            return ", which is off by one"
        if isinstance(got, float) and abs(got - wanted) < 1:
            return ", which is no integer: where is it rounded?"
    if wanted and math.isclose(abs(got / wanted), 2, rel_tol=1e-6):
        return ", twice as much as it is"
    if wanted and math.isclose(abs(got / wanted), 0.5, rel_tol=1e-6):
        return ", half of what it is"
    return ""


def _dict(got, wanted, rtol, atol):
    if not isinstance(got, dict):
        return "type", f"it returns {sort_of(got)} where a dictionary is wanted"
    missing = [key for key in wanted if key not in got]
    if missing:
        return "value", f"the dictionary lacks {shown(missing[0])}"
    extra = [key for key in got if key not in wanted]
    if extra:
        return "value", f"the dictionary has {shown(extra[0])} besides"
    for key in wanted:
        fault = difference(got[key], wanted[key], rtol, atol)
        if fault:
            return fault[0], f"at {shown(key)}: {fault[1]}"
    return None


def _row(got, wanted, rtol, atol):
    if not isinstance(got, tuple | list):
        return "type", f"it returns {sort_of(got)}, {shown(got)}, where a list or a tuple is wanted"
    if len(got) != len(wanted):
        count = f"{values.chosen(str(len(got)))} value{'' if len(got) == 1 else 's'}"
        return "shape", f"it returns {count}, which is too {'few' if len(got) < len(wanted) else 'many'}"
    faults = [difference(one, other, rtol, atol) for one, other in zip(got, wanted, strict=True)]
    wrong = [place for place, fault in enumerate(faults) if fault]
    if not wrong:
        return None
    first = faults[wrong[0]]
    if first[0] == "type" or any(is_map(one) or isinstance(one, tuple | list | dict) for one in wanted):
        return first[0], f"at position {values.chosen(str(wrong[0]))} (counted from 0): {first[1]}"
    return "value", _row_hint(got, wanted, wrong)


def _row_hint(got, wanted, wrong) -> str:
    def same(one, other):
        return all(difference(a, b) is None for a, b in zip(one, other, strict=True))

    came = f"it returns {shown(got)}: "
    if same(got, wanted[::-1]):
        return came + "the right values in reverse order"
    numbers = all(isinstance(one, int | float) for one in itertools.chain(got, wanted))
    if numbers and same(sorted(got), sorted(wanted)):
        return came + "the right values in another order"
    if numbers and len(got) > 1:
        steps = {round(a - b, 9) for a, b in zip(got, wanted, strict=True)}
        if len(steps) == 1:
            return came + "every value is off by the same amount"
        if all(wanted) and len({round(a / b, 9) for a, b in zip(got, wanted, strict=True)}) == 1:
            return came + "every value is off by the same factor"
        if len(got) > 2 and same(got[1:], wanted[:-1]):
            return came + "the values are one place too late"
        if len(got) > 2 and same(got[:-1], wanted[1:]):
            return came + "the values are one place too early"
    if len(wrong) < len(got):
        places = ", ".join(map(str, wrong[:5])) + (", …" if len(wrong) > 5 else "")
        return came + f"wrong at position {values.chosen(places)} (counted from 0)"
    return came + "no value is right"


# ------------------------------------------------------------------------------------------------- arrays and tensors


def _map(got, wanted, rtol, atol):
    sort = "a tensor" if is_tensor(wanted) else "an array"
    if not is_map(got):
        return "type", f"it returns {sort_of(got)} where {sort} is wanted"
    if is_tensor(got) != is_tensor(wanted):
        return "type", f"it returns {sort_of(got)} where {sort} is wanted"
    kind = _kind_fault(got, wanted)
    one, other = as_array(got), as_array(wanted)
    if one.shape != other.shape:
        return "shape", _shape_hint(one, other, rtol, atol)
    if kind and kind[0] == "kind":
        return "type", kind[1]
    one, other = _wide(one), _wide(other)
    if np.isnan(one).any() and not np.isnan(other).any():
        share = "" if np.isnan(one).all() else f" in {values.chosen(f'{np.isnan(one).mean():.0%}')} of its values"
        return "value", f"the shape is right, but it holds NaN (not a number){share}: a division of zero by zero?"
    if _close(one, other, rtol, atol):
        return ("type", kind[1]) if kind else None
    if kind and _close(one, other, 1e-2, 1e-2):
        return "type", kind[1]
    return "value", "the shape is right, " + _map_hint(one, other, rtol, atol)


def _kind_fault(got, wanted):
    """Return whether numbers are of another kind: integers for floats, or half precision for single."""
    one, other = (str(value.dtype).removeprefix("torch.") for value in (got, wanted))
    if one == other:
        return None
    letters = {"b": "truth values", "i": "integers", "f": "floats", "c": "complex numbers"}

    def letter(name):
        return "i" if name.startswith("uint") else "f" if name.startswith("bf") else name[0]

    kind = "" if values.chosen(one) == values.HIDDEN else f" ({one})"
    if letter(one) != letter(other):
        return "kind", f"it returns {letters[letter(one)]}{kind} where {letters[letter(other)]} are wanted"
    if one in ("float16", "bfloat16") and other not in ("float16", "bfloat16"):
        return "half", f"it returns half precision{kind}, which is too coarse: three digits"
    return None


def _wide(array):
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _close(one, other, rtol=RTOL, atol=ATOL) -> bool:
    finite = np.abs(other[np.isfinite(other)])
    scale = max(float(finite.max()) if finite.size else 0.0, 1e-30)
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=rtol, atol=atol * scale, equal_nan=True))


def sizes(shape) -> str:
    """Return a shape in words: "2×3×7"."""
    return values.chosen("×".join(map(str, shape)) if len(shape) else "a single number")


def _shape_hint(one, other, rtol, atol) -> str:
    came = f"the shape is not right: {sizes(one.shape)}"
    if one.size == 0 and other.size:
        return came + ", which is empty"
    if one.ndim != other.ndim:
        if [side for side in one.shape if side != 1] == [side for side in other.shape if side != 1]:
            return came + f", {'fewer' if one.ndim < other.ndim else 'more'} axes than it should have"
        return (
            came + f", which is {values.chosen(str(one.ndim))} axes, too {'few' if one.ndim < other.ndim else 'many'}"
        )
    if one.ndim >= 2 and one.shape[:-2] == other.shape[:-2] and one.shape[-2:] == other.shape[:-3:-1]:
        return came + ": height and width are swapped"
    if sorted(one.shape) == sorted(other.shape):
        return came + ": its axes are in another order"
    axes = [axis for axis, (a, b) in enumerate(zip(one.shape, other.shape, strict=True)) if a != b]
    names = {one.ndim - 1: "width", one.ndim - 2: "height"}
    if one.ndim >= 3:
        names[one.ndim - 3] = "channels"
    where = " and ".join(names.get(axis, f"axis {axis}") for axis in axes)
    steps = {one.shape[axis] - other.shape[axis] for axis in axes}
    if len(steps) == 1:
        step = steps.pop()
        how = "one" if abs(step) == 1 else "two" if abs(step) == 2 else "some"
        return came + f" ({where}: {how} too {'many' if step > 0 else 'few'})"
    return came + f" ({where})"


def _map_hint(one, other, rtol, atol) -> str:
    """Return what turns the map that was wanted into the one that came."""

    def same(a, b):
        return a.shape == b.shape and _close(a, b, rtol, atol)

    if not one.any() and other.any():
        return "but it holds nothing but zeros"
    if other.ndim >= 2:
        if other.shape[-1] > 1 and same(one, other[..., ::-1]):
            return "but left and right are swapped"
        if other.shape[-2] > 1 and same(one, other[..., ::-1, :]):
            return "but top and bottom are swapped"
        if same(one, other[..., ::-1, ::-1]):
            return "but it is turned by half a turn"
        if same(one, np.swapaxes(other, -1, -2)):
            return "but rows and columns are swapped"
        shifted = _shift(one, other, same)
        if shifted:
            return shifted
    if other.ndim >= 3 and _channels(one, other, same):
        return "but the channels are in another order"
    if same(one, -other):
        return "but every value has the wrong sign"
    if one.dtype != complex and other.min() < 0 and same(one, np.maximum(other, 0)):
        return "but what should be negative is zero: a ReLU too many?"
    if one.dtype != complex and one.min() < 0 and other.min() >= 0 and same(np.maximum(one, 0), other):
        return "but it holds negative values: is a ReLU missing at the end?"
    if other.size > 1:
        gap = one - other
        if same(one, other + gap.flat[0]):
            return "but every value is off by the same amount"
        top = int(np.abs(other).argmax())
        if other.flat[top] and one.flat[top] and same(one, other * (one.flat[top] / other.flat[top])):
            return "but every value is off by the same factor"
    if other.ndim >= 2 and min(other.shape[-2:]) > 4 and same(one[..., 2:-2, 2:-2], other[..., 2:-2, 2:-2]):
        return "and so are the values but at the border"
    with np.errstate(invalid="ignore"):
        wrong = ~np.isclose(one, other, rtol=rtol, atol=atol * max(float(np.abs(other).max()), 1e-30), equal_nan=True)
    if wrong.mean() < 0.995:
        return f"but {values.chosen(f'{max(wrong.mean(), 0.01):.0%}')} of the values are wrong"
    return "but the values are wrong"


def _shift(one, other, same) -> str | None:
    """Describe by how many rows and columns `one` shows what lies elsewhere in `other`; None if it does not."""
    height, width = other.shape[-2:]
    most = min(3, height - 2, width - 2)
    for down, right in sorted(
        itertools.product(range(-most, most + 1), repeat=2), key=lambda step: (sum(map(abs, step)), step)
    ):
        if (down, right) == (0, 0):
            continue
        here = one[..., max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
        there = other[..., max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)]
        if same(here, there) and np.ptp(np.abs(there)) > 0:
            return f"but the values are shifted by {_steps(down, right)}"
    return None


def _steps(down, right) -> str:
    words = ("no", "one", "two", "three")
    parts = [
        f"{words[abs(count)] if abs(count) < len(words) else 'some'} {name}{'' if abs(count) == 1 else 's'}"
        for count, name in ((down, "row"), (right, "column"))
        if count
    ]
    return " and ".join(parts)


def _channels(one, other, same) -> bool:
    """Return whether the channels (third axis from the end) of one are those of the other in another order."""
    one, other = (np.moveaxis(each, -3, 0) for each in (one, other))
    if len(other) < 2 or len(other) > 64 or same(one, other):
        return False
    left = list(range(len(other)))
    for channel in one:
        match = next((number for number in left if same(channel, other[number])), None)
        if match is None:
            return False
        left.remove(match)
    return True


# --------------------------------------------------------------------------------------------------- telling inputs


def coded(*shape, dtype="float32"):
    """Return a tensor whose every value encodes its place: 100·row + column, and 10,000 for each channel before.

    shape: (..., H, W), sides up to 100; up to 1,600 maps are exact in float32.
    """
    import torch

    height, width = shape[-2:]
    maps = torch.arange(math.prod(shape[:-2])).reshape(*shape[:-2], 1, 1)
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    return (10_000 * maps + 100 * rows + columns).to(getattr(torch, dtype))


def displaced(got, wanted, source) -> str | None:
    """Describe where the values of a part of a `coded` map come from, if it has the shape that was wanted.

    None where the values are those of the source but in disorder.
    """
    one, other = (np.rint(_wide(as_array(each))).astype(np.int64) for each in (got, wanted))
    if not np.isin(one, np.rint(_wide(as_array(source)))).all():
        return "it holds values that the map does not have: is it resized, not cut?"
    if one.size and not ((one - other) % 10_000).any():
        return "the shape is right, but these are other channels"
    if not one.size or len({*(one - other).flat}) > 1:
        return None
    down, right = (
        int(one.flat[0] // 100 % 100 - other.flat[0] // 100 % 100),
        int(one.flat[0] % 100 - other.flat[0] % 100),
    )
    return f"the shape is right, but the values are shifted by {_steps(down, right)}: is it cut from the centre?"


def set_weights_by_shape(module, seed: int = 0):
    """Give every parameter of `module` values that depend on its shape and the seed alone; return the module.

    So two designs with the same layers get the same weights, whatever they call them and in whichever order they make
    them. Layers of one shape get equal weights: choose numbers of channels that tell apart what should be told apart.
    Weights are of the size of He's rule, so that no signal dies; buffers stay as they are.
    """
    import torch

    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(weights(parameter.shape, seed))
    return module


def run_by_shape(answer, args, seed: int):
    """Make a module, `answer(channels in, channels out)`, set its weights by their shapes and run it.

    args: (channels in, channels out, x), x a tensor (N, C, H, W). Returns {"output", "weights": sorted shapes}.
    """
    import torch

    inward, outward, x = args
    module = set_weights_by_shape(answer(inward, outward), seed).eval()
    with torch.no_grad():
        return {"output": module(x), "weights": sorted(tuple(each.shape) for each in module.parameters())}


def layers_of(network, seed: int):
    """Return the layers of a network in a module that will not run them itself, weights set by shape, in eval mode."""
    from torch import nn

    class Layers(nn.Module):
        def forward(self, *args):
            raise RuntimeError("the network is to be run layer by layer")

    layers = Layers()
    for name, layer in set_weights_by_shape(network, seed).named_children():
        layers.add_module(name, layer)
    return layers.eval()


def unet_layers(channels, classes, width, depth, seed: int):
    """Return what `layers_of` returns for a U-Net, under the same names, without the modules that answers may not see.

    depth 1 is the chapter's smallest network, which has no dropout.
    """
    from torch import nn

    class Crop(nn.Module):
        def forward(self, skip, like):
            top, left = ((a - b) // 2 for a, b in zip(skip.shape[2:], like.shape[2:], strict=True))
            return skip[..., top : top + like.shape[2], left : left + like.shape[3]]

    def pair(inward, outward):
        pair = nn.Sequential()
        for number, from_ in ((1, inward), (2, outward)):
            pair.add_module(f"conv{number}", nn.Conv2d(from_, outward, 3))
            pair.add_module(f"relu{number}", nn.ReLU())
        return pair

    net = nn.Module()
    widths = [width * 2**level for level in range(depth + 1)]
    for level in range(depth + 1):
        if level:
            net.add_module(f"pool{level}", nn.MaxPool2d(2))
        net.add_module(f"d{level}", pair(widths[level - 1] if level else channels, widths[level]))
        if depth > 1 and level >= depth - 1:
            net.add_module(f"drop{level}", nn.Dropout(0.5))
    for level in reversed(range(depth)):
        net.add_module(f"up{level}", nn.ConvTranspose2d(widths[level + 1], widths[level], 2, stride=2))
        net.add_module(f"skip{level}", Crop())
        net.add_module(f"u{level}", pair(2 * widths[level], widths[level]))
    net.add_module("score", nn.Conv2d(width, classes, 1))
    return layers_of(net, seed)


def without_gradients(answer, args, params):
    """Return a probe: call the answer without gradients."""
    import torch

    with torch.no_grad():
        return answer(*args)


def weights(shape, seed: int = 0):
    """Return the weights that `set_weights_by_shape` gives a parameter of this shape: a float32 tensor."""
    import torch

    shape = tuple(shape)
    digest = hashlib.sha256(repr((seed, shape)).encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    scale = math.sqrt(2 / max(math.prod(shape[1:]), 1)) if len(shape) > 1 else 0.5
    return scale * torch.randn(shape, generator=generator)


def noise(shape, seed: int = 0):
    """Return an image of noise: a float32 tensor, mean 0, standard deviation 1."""
    import torch

    return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed))
