"""Results as data: what a student's code returns, in a form that JSON can carry and that runs nothing when it is read.

    None, True, 3, 2.5, "text"                  as they are
    (1, 2), [1, 2], {"a": 1}, {1, 2}            {"tuple": [1, 2]}, {"list": [1, 2]}, {"dict": [["a", 1]]}, {"set": …}
    inf, nan, 2j, b"bytes", very large integers {"float": "nan"}, {"complex": …}, {"bytes": …}, {"int": "0x…"}
    NumPy arrays and scalars, torch tensors     {"array": …}, {"scalar": …}, {"tensor": …}: dtype, shape, bytes (base64)

Everything keeps its type, shape and bits, NaN included. A class made from one of these types becomes the type itself,
read by that type's own methods, so that nothing a student overrides has an effect. All else is refused with `NotData`.
Never pickle. numpy and torch are imported only when a value needs them.
"""

import base64
import binascii
import contextlib
import contextvars
import json
import math
import sys

BYTES = 64 * 2**20  # of arrays, tensors and texts together
ITEMS = 200_000  # of all containers together
DEPTH = 30  # of containers within each other
BITS = 20_000  # of an integer

NUMPY = ("bool", *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)))
NUMPY += ("float16", "float32", "float64", "complex64", "complex128")
TORCH = ("bool", "uint8", "int8", "int16", "int32", "int64", "bfloat16", *NUMPY[-5:])


class NotData(ValueError):
    """Something that is not carried: of another type, too large, too deep, or garbled. `.what` names it."""

    def __init__(self, what: str):
        super().__init__(f"{what} is no data that can be carried")
        self.what = what


class _Budget:
    """How much may still come."""

    def __init__(self, limit):
        self.bytes, self.items, self.limit = limit, ITEMS, limit

    def take(self, bytes=0, items=0):
        self.bytes -= bytes
        self.items -= items
        if self.bytes < 0:
            raise NotData(f"more than {self.limit:,} bytes")
        if self.items < 0:
            raise NotData(f"more than {ITEMS:,} values")


def encode(value, limit=BYTES):
    """Return `value` as something that json.dumps takes. Raises NotData. `limit`: bytes of arrays and texts."""
    return _encode(value, _Budget(limit), DEPTH)


def decode(data, limit=BYTES):
    """Return the value that `encode` made `data` of. Raises NotData for anything else, whoever wrote it."""
    try:
        return _decode(data, _Budget(limit), DEPTH)
    except NotData:
        raise
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, binascii.Error, RuntimeError) as error:
        raise NotData("a garbled value") from error


def copy(value):
    """Return a copy that shares nothing with `value`."""
    return decode(encode(value))


def dumps(value, limit=BYTES) -> str:
    """Return `value` as JSON, in ASCII. Raises NotData."""
    return json.dumps(encode(value, limit), allow_nan=False)


def loads(text: str | bytes, limit=BYTES):
    """Return the value in the JSON of `dumps`. Raises NotData for anything else."""
    if len(text) > 2 * limit + 100 * ITEMS:
        raise NotData(f"more than {limit:,} bytes")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotData("a garbled value") from error
    return decode(data, limit)


# ------------------------------------------------------------------------------------------------------------ to data


def _encode(value, budget, depth):
    if depth == 0:
        raise NotData(f"a container in a container, {DEPTH} deep")
    budget.take(items=1)
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    # type(), not isinstance(): an object may lie about its class, and np.float64 is a float
    if torch is not None and issubclass(kind, torch.Tensor):
        return {"tensor": _tensor(value, torch, budget)}
    if numpy is not None and issubclass(kind, numpy.ndarray):
        return {"array": _array(numpy.ndarray.view(value, numpy.ndarray), numpy, budget)}
    if numpy is not None and issubclass(kind, numpy.generic) and not issubclass(kind, str | bytes):
        return {"scalar": _array(numpy.asarray(value), numpy, budget)}
    if issubclass(kind, str):
        text = str.__getitem__(value, slice(None))
        budget.take(bytes=len(text))
        return text
    if issubclass(kind, int):
        number = int.__add__(value, 0)
        if number.bit_length() > BITS:
            raise NotData(f"an integer of more than {BITS:,} bits")
        return number if number.bit_length() < 64 else {"int": hex(number)}
    if issubclass(kind, float):
        number = float.__float__(value)
        return number if math.isfinite(number) else {"float": repr(number)}
    if issubclass(kind, complex):
        number = complex.__complex__(value)
        return {"complex": [number.real.hex(), number.imag.hex()]}
    if issubclass(kind, bytes):
        raw = bytes.__getitem__(value, slice(None))
        budget.take(bytes=len(raw))
        return {"bytes": base64.b64encode(raw).decode()}
    for sort, name in ((tuple, "tuple"), (list, "list"), (set, "set"), (frozenset, "frozenset")):
        if issubclass(kind, sort):
            return {name: [_encode(item, budget, depth - 1) for item in sort.__iter__(value)]}
    if issubclass(kind, dict):
        pairs = [(key, dict.__getitem__(value, key)) for key in dict.__iter__(value)]
        return {"dict": [[_encode(key, budget, depth - 1), _encode(item, budget, depth - 1)] for key, item in pairs]}
    raise NotData(described(value))


def _array(array, numpy, budget):
    if array.dtype.name not in NUMPY:
        raise NotData(f"a NumPy array of {array.dtype.name}"[:80])
    budget.take(bytes=array.nbytes)
    raw = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    return [array.dtype.name, list(array.shape), base64.b64encode(raw).decode()]


def _tensor(tensor, torch, budget):
    with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():  # no word to a subclass of the student's
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type == "meta":
            raise NotData("a tensor without plain values")
        name = str(tensor.dtype).removeprefix("torch.")
        if name not in TORCH:
            raise NotData(f"a tensor of {name}")
        shape = list(tensor.shape)
        budget.take(bytes=tensor.numel() * tensor.element_size())  # before expanded ones are written out
        flat = tensor.detach().cpu().resolve_conj().resolve_neg().reshape(-1).contiguous()
        raw = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
    return [name, shape, base64.b64encode(raw).decode()]


def described(value) -> str:
    """Return a name for what cannot be carried: "a function", "an object of class Foo"."""
    kind = type(value)
    common = {"function": "a function", "generator": "a generator", "module": "a module", "range": "a range"}
    common |= {"map": "a map object", "zip": "a zip object", "type": "a class", "slice": "a slice"}
    common |= {"ellipsis": "an ellipsis (...)", "method": "a method", "builtin_function_or_method": "a function"}
    if kind.__module__ == "builtins" or kind.__name__ in ("function", "generator"):
        return common.get(kind.__name__, f"an object of class {kind.__name__}")[:80]
    return f"an object of class {kind.__name__}"[:80]


# ---------------------------------------------------------------------------------------------------------- from data


def _decode(data, budget, depth):
    if depth == 0:
        raise NotData(f"a container in a container, {DEPTH} deep")
    budget.take(items=1)
    if data is None or type(data) is bool:
        return data
    if type(data) is str:
        budget.take(bytes=len(data))
        return data
    if type(data) is int:
        if data.bit_length() > BITS:
            raise NotData(f"an integer of more than {BITS:,} bits")
        return data
    if type(data) is float:
        return data
    if type(data) is not dict or len(data) != 1:
        raise NotData("a garbled value")
    ((tag, body),) = data.items()
    return _READERS[tag](body, budget, depth - 1)


def _read_items(sort):
    def read(body, budget, depth):
        if type(body) is not list:
            raise NotData("a garbled value")
        return sort(_decode(item, budget, depth) for item in body)

    return read


def _read_dict(body, budget, depth):
    if type(body) is not list:
        raise NotData("a garbled value")
    return {_decode(key, budget, depth): _decode(item, budget, depth) for key, item in body}


def _read_int(body, budget, depth):
    if type(body) is not str or len(body) > BITS // 4 + 8:
        raise NotData("a garbled value")
    return int(body, 16)


def _read_float(body, budget, depth):
    return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[body]


def _read_complex(body, budget, depth):
    real, imag = body
    return complex(float.fromhex(real), float.fromhex(imag))


def _read_bytes(body, budget, depth):
    raw = base64.b64decode(body, validate=True)
    budget.take(bytes=len(raw))
    return raw


def _shaped(body, names, budget):
    """Take [dtype, shape, base64] apart; the bytes are there before anything is made of the shape."""
    name, shape, text = body
    if name not in names or type(shape) is not list or len(shape) > 32:
        raise NotData("a garbled value")
    if not all(type(side) is int and 0 <= side < 2**48 for side in shape):
        raise NotData("a garbled value")
    return name, tuple(shape), _read_bytes(text, budget, 0)


def _read_array(body, budget, depth):
    import numpy

    name, shape, raw = _shaped(body, NUMPY, budget)
    dtype = numpy.dtype(name)
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise NotData("a garbled array")
    return numpy.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype).reshape(shape)  # a copy: writable


def _read_scalar(body, budget, depth):
    array = _read_array(body, budget, depth)
    if array.shape != ():
        raise NotData("a garbled value")
    return array[()]


def _read_tensor(body, budget, depth):
    import torch

    name, shape, raw = _shaped(body, TORCH, budget)
    dtype = getattr(torch, name)
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise NotData("a garbled tensor")
    if not raw:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)


_READERS = {
    "tuple": _read_items(tuple),
    "list": _read_items(list),
    "set": _read_items(set),
    "frozenset": _read_items(frozenset),
    "dict": _read_dict,
    "int": _read_int,
    "float": _read_float,
    "complex": _read_complex,
    "bytes": _read_bytes,
    "array": _read_array,
    "scalar": _read_scalar,
    "tensor": _read_tensor,
}


# -------------------------------------------------------------------------------------------------------- in few words


_HIDING = contextvars.ContextVar("hiding", default=False)
HIDDEN = "…"


@contextlib.contextmanager
def hiding():
    """Let `brief` and `chosen` return "…": what a student's code made of a hidden case may be the case itself."""
    token = _HIDING.set(True)
    try:
        yield
    finally:
        _HIDING.reset(token)


def chosen(text: str, fixed=()) -> str:
    """Return a text that the student's code could choose; "…" within `hiding`, unless it is one of a `fixed` few."""
    return HIDDEN if _HIDING.get() and text not in fixed else text


def brief(value, width=60) -> str:
    """Return a value in few words: ``(2, 3)``, ``tensor of 1×3×7×9``, the start of a long text; as `chosen`."""
    return chosen(_brief(value, width))


def _brief(value, width=60) -> str:
    kind = type(value)
    shape = getattr(value, "shape", None)
    if kind.__module__.partition(".")[0] in ("torch", "numpy") and shape is not None and tuple(shape) != ():
        sort = "tensor" if kind.__module__.startswith("torch") else "array"
        return f"{sort} of {'×'.join(map(str, shape))}"
    if kind.__module__ == "numpy" or (kind.__module__ == "torch" and shape is not None):
        return _brief(value.item(), width)
    if kind in (tuple, list):
        inner = ", ".join(_brief(item, width) for item in value[:20]) + (", …" if len(value) > 20 else "")
        text = f"[{inner}]" if kind is list else f"({inner}{',' * (len(value) == 1)})"
    elif kind is dict:
        text = "{" + ", ".join(f"{_brief(key)}: {_brief(item)}" for key, item in list(value.items())[:8]) + "}"
    elif kind is float:
        text = repr(value) if len(repr(value)) <= 8 else f"{value:.6g}"
    elif kind is int and value.bit_length() > 400:
        text = "a very large integer"
    else:
        text = repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"
