"""What the package itself would answer: for each exercise, every public class and function that it does not forbid.

Left out is what trains, draws or makes figures.
Each is tried as the answer: as it is; with fewer arguments; by an attribute of what it returns; as a module that is
made and called, with another map for the size; for a network that is handed over, as another network with its weights;
for a class that is asked for, as a part of each of the package's networks. None may get all points.
"""

import builtins
import contextlib
import copy
import functools
import importlib
import inspect
import io
import pkgutil
import warnings

import pytest
import torch
import torch._dynamo  # an import that runs out of time half-way breaks all that come later
from torch import nn

import unet_edu
from unet_edu.course import deadline, values
from unet_edu.course.checking import public_cases
from unet_edu.course.evaluate import decide, observe
from unet_edu.course.registry import everything

pytestmark = pytest.mark.usefixtures("one_thread")
HIDDEN = "unet_edu.course"  # the worker hides it from every answer
NO_ANSWERS = ("unet_edu.experiments", "unet_edu.figures", "unet_edu.plots", "unet_edu.book")  # they train or draw
LARGE = "unet_edu.models.fcn"  # its networks have 130 million weights; none is made, and their parts are plain layers
SECONDS = 1.0
SIZES = ((1, 2, 4), (2, 3, 4))  # of the networks whose parts are tried: none has these by chance


@functools.cache
def public() -> tuple[tuple[str, str, object], ...]:
    """(module, name, class or function) of all that is public."""
    found = []
    for each in pkgutil.walk_packages(unet_edu.__path__, "unet_edu."):
        if each.name.startswith((HIDDEN, *NO_ANSWERS)) or any(part.startswith("_") for part in each.name.split(".")):
            continue
        module = importlib.import_module(each.name)
        for name, value in vars(module).items():
            if callable(value) and not name.startswith("_") and getattr(value, "__module__", "") == each.name:
                found.append((each.name, name, value))
    return tuple(found)


def is_forbidden(module, exercise) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in exercise.forbids)


def takes(function, count) -> bool:
    """Whether a call with so many arguments is possible at all."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def answers_of(function, exercise, args):
    """(how, answer): the ways in which a class or function of the package is tried as the answer."""
    if exercise.is_class:
        yield "itself", function
        return
    is_module = inspect.isclass(function) and issubclass(function, nn.Module)
    for count in range(len(args), 0, -1):
        if takes(function, count) and not is_module:  # a module is nothing that a function could return
            yield f"{count} arguments", lambda *given, count=count: function(*given[:count])
    if is_module:
        yield from modules_of(function, args)
    x, *size = args
    if torch.is_tensor(x) and len(size) == 2 and all(type(each) is int for each in size) and takes(function, 2):
        yield (
            "another map for the size",
            lambda x, height, width: function(x, x.new_zeros(*x.shape[:-2], height, width)),
        )


def modules_of(kind, args):
    """(how, answer) of a class of modules."""
    if takes(kind.forward, len(args)):
        yield "forward without a module", lambda *given: kind.forward(*given)
    if takes(kind.forward, len(args) + 1) and takes(kind, 0):
        yield "made and called", lambda *given: kind()(*given)
    if takes(kind, 0):
        yield "made, for a map", lambda x, height, width: kind()(x, x.new_zeros(*x.shape[:-2], height, width))
    if isinstance(args[0], nn.Module) and kind.__module__ != LARGE:
        yield "a network with the same weights", lambda net, *given: transplanted(kind, net)(*given)


def transplanted(kind, net):
    """A network of the package with the weights of another."""
    weights = net.state_dict()
    first, last = (next(iter(order)) for order in (weights.values(), reversed(weights.values())))
    depth = max((int(name[1]) for name in weights if name[0] == "d" and name[1].isdigit()), default=1)
    sizes = {"in_channels": first.shape[1], "num_classes": last.shape[0], "base_width": first.shape[0], "depth": depth}
    known = inspect.signature(kind).parameters
    made = kind(**{name: size for name, size in sizes.items() if name in known})
    made.load_state_dict(weights)
    return made.eval()


def parts_of(kind, args):
    """(how, answer) for a class that is asked for: each part of a network of that kind, for the same arguments."""
    if not (inspect.isclass(kind) and issubclass(kind, nn.Module)) or kind.__module__ == LARGE:
        return
    made = [each for each in args[:-1] if type(each) is int]
    for given in {tuple(made), (*made[:1], 2, *made[1:]), (2, *made), *SIZES}:
        with contextlib.suppress(Exception):
            for name, _ in list(built(kind, given).named_modules())[1:]:
                yield f"{name} of one made with {given}", part(kind, given, tuple(made), name)


def part(kind, given, made, name):
    """An answer: the part `name` of a network, made as for `made`, with the answer's own arguments in their place."""

    def answer(*args):
        own = dict(zip(made, args, strict=False))
        return copy.deepcopy(built(kind, tuple(own.get(each, each) for each in given)).get_submodule(name))

    return answer


@functools.lru_cache(maxsize=16)
def built(kind, given):
    """A network, for all of its parts."""
    return kind(*given)


def attributes(exercise, value, case, wanted, params):
    """Names of attributes, of an object of the package's own, that are what is wanted in a case."""
    if not type(value).__module__.startswith("unet_edu") or isinstance(value, nn.Module):
        return
    for name in dir(value):
        with contextlib.suppress(Exception):
            reply = {"value": values.encode(getattr(value, name)), "changed": []}
            if not name.startswith("_") and decide(exercise, case, reply, wanted, params).passed:
                yield name


def gets_all(exercise, answer, cases, wanted, params) -> bool:
    """Whether the answer passes all cases; it is tried up to the first that it does not."""
    for case, right in zip(cases, wanted, strict=True):
        torch.manual_seed(0)
        try:
            reply = deadline.call(SECONDS, observe, exercise, answer, case.args, params)
        except deadline.OutOfTime:
            return False
        if not decide(exercise, case, reply, right, params).passed:
            return False
    return True


def tried(function, exercise, cases, wanted, params):
    """All ways of `answers_of` and `parts_of`, and the attributes of what comes of them that fit the first case."""
    args = exercise.prepare(values.copy(cases[0].args), params)
    if exercise.is_class:
        yield from parts_of(function, args)
    for how, answer in answers_of(function, exercise, args):
        yield how, answer
        with contextlib.suppress(Exception, deadline.OutOfTime):
            came = deadline.call(SECONDS, answer, *exercise.prepare(values.copy(cases[0].args), params))
            for name in attributes(exercise, came, cases[0], wanted[0], params):
                yield f"{how}, .{name}", lambda *given, answer=answer, name=name: getattr(answer(*given), name)


def solved_by(exercise, forbids=True):
    """What gets all points, by name."""
    params = exercise.settings()
    cases = public_cases(exercise, params)
    wanted = [exercise.oracle(values.copy(case.args), params) for case in cases]
    for module, name, function in public():
        if forbids and is_forbidden(module, exercise):
            continue
        for how, answer in tried(function, exercise, cases, wanted, params):
            if gets_all(exercise, answer, cases, wanted, params):
                yield f"{module}.{name} ({how})"


def only_by_name(file, *args, **options):
    """Open a file by its name; a whole number would be an open file of this process, which then is closed."""
    if isinstance(file, int):
        raise TypeError(f"{file} is no name of a file")
    return open(file, *args, **options)


QUICK = ("crop.centre", "blocks.assemble", "blocks.double_conv", "reading.five", "score.dice")  # others: weekly


@pytest.mark.slow  # minutes for all of them together
@pytest.mark.parametrize(
    "exercise",
    [pytest.param(each, marks=() if each.id in QUICK else pytest.mark.weekly, id=each.id) for each in everything()],
)
def test_nothing_that_the_package_has_is_an_answer(exercise, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # what is called may write
    monkeypatch.setattr(builtins, "open", only_by_name)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        assert not list(solved_by(exercise))


@pytest.mark.parametrize("id", ["crop.centre", "blocks.assemble", "reading.five"])
def test_what_is_forbidden_would_be_an_answer(id):
    """So the test above would find it."""
    exercise = next(each for each in everything() if each.id == id)
    assert next(solved_by(exercise, forbids=False))
