"""Results as data: everything comes back as it was, and nothing a hostile writer sends does more than be refused."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from unet_edu.course import values

DTYPES = [np.dtype(name) for name in values.NUMPY]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.complex_numbers() | st.binary()
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
CARRIED_BY_TORCH = {np.dtype(name) for name in values.NUMPY if not name.startswith("uint") or name == "uint8"}
tensors = arrays.filter(lambda array: array.dtype in CARRIED_BY_TORCH).map(lambda array: torch.from_numpy(array.copy()))
keys = st.text() | st.integers() | st.tuples(st.integers(), st.integers())
data = st.recursive(
    scalars | arrays | tensors,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def same(one, other) -> bool:
    """Same types all the way down, same shapes, same bits; NaN is NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and same(bits(one), bits(other))
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, float):
        return one.hex() == other.hex()
    if isinstance(one, complex):
        return same([one.real, one.imag], [other.real, other.imag])
    return one == other


def bits(tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


@given(data)
def test_what_is_carried_comes_back(value):
    assert same(values.loads(values.dumps(value)), value)
    assert same(values.copy(value), value)


@given(data)
def test_the_text_is_strict_json_in_ascii(value):
    text = values.dumps(value)
    assert text.isascii()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*values._READERS, "other"]), inner),
    max_leaves=10,
)


@given(JSON)
def test_garbled_data_is_refused_and_does_nothing_else(garbled):
    try:
        value = values.decode(garbled)
    except values.NotData:
        return
    values.encode(value)


@pytest.mark.parametrize(
    "garbled",
    [
        {"tensor": ["float32", [10**9], ""]},
        {"array": ["float64", [2, 2], "AAAA"]},
        {"array": ["object", [1], "AAAAAAAAAAA="]},
        {"array": ["float64", [-1], "AAAAAAAAAAA="]},
        {"array": ["float64", [True], "AAAAAAAAAAA="]},
        {"array": ["float64", [1], "not base64!"]},
        {"array": "float64"},
        {"scalar": ["float64", [2], "AAAAAAAAAAAAAAAAAAAAAA=="]},
        {"set": [{"list": []}]},
        {"dict": [[1, 2, 3]]},
        {"float": "1e3"},
        {"float": ["nan"]},
        {"int": "0x" + "f" * 100_000},
        {"int": "__import__"},
        {"pickle": "gASVAAA="},
        {"list": [], "tuple": []},
        [1, 2],
    ],
    ids=lambda garbled: str(garbled)[:40],
)
def test_a_forged_value_is_refused(garbled):
    with pytest.raises(values.NotData):
        values.decode(garbled)


def test_a_text_that_is_nested_without_end_is_refused():
    with pytest.raises(values.NotData):
        values.loads('{"list": [' * 100_000)
    with pytest.raises(values.NotData):
        values.loads('{"list": [' * 40 + "]}" * 40)


def test_bfloat16_comes_back():
    tensor = torch.randn(2, 3).bfloat16()
    assert same(values.copy(tensor), tensor)


def test_views_and_gradients_come_back_as_plain_copies():
    base = torch.arange(12.0).reshape(3, 4).requires_grad_()
    for view in (base.T, base[:, 1::2], base[..., None].expand(3, 4, 2), base[0, 0], torch.nn.Parameter(base)):
        back = values.copy(view)
        assert torch.equal(back, view)
        assert type(back) is torch.Tensor
        assert not back.requires_grad
        back += 1
    assert torch.equal(base.detach().flatten(), torch.arange(12.0))
    flipped = np.arange(6).reshape(2, 3)[::-1, ::-1]
    assert same(values.copy(flipped), flipped)
    assert values.copy(flipped).flags.writeable


# --- what an answer may return to deceive ---------------------------------------------------------------------------


class AlwaysEqual:
    def __eq__(self, other):
        return True

    __hash__ = None


class Chameleon(int):
    def __eq__(self, other):
        return True

    def __repr__(self):
        raise RuntimeError

    __hash__ = int.__hash__

    def __int__(self):
        return 88

    __index__ = __int__


class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True


class Many(list):
    def __iter__(self):
        return iter(range(10**9))

    def __len__(self):
        return 3


class Disguised:
    @property
    def __class__(self):
        return int


def test_a_class_of_its_own_is_no_data():
    for odd in (AlwaysEqual(), Disguised(), (1, [AlwaysEqual()]), {"a": AlwaysEqual()}):
        with pytest.raises(values.NotData, match="an object of class"):
            values.encode(odd)


def test_what_a_class_overrides_has_no_say():
    assert same(values.copy(Chameleon(3)), 3)
    assert same(values.copy(Many([1, 2])), [1, 2])
    liar = torch.arange(4.0).as_subclass(Liar)
    assert same(values.copy(liar), torch.arange(4.0))
    masked = np.ma.masked_array([1.0, 2.0], mask=[True, False])
    assert same(values.copy(masked), np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        ((number for number in ()), "a generator"),
        (range(3), "a range"),
        (len, "a function"),
        (lambda: 0, "a function"),
        (int, "a class"),
        (..., "an ellipsis"),
        (np.array([object()]), "a NumPy array of object"),
        (torch.zeros(2).to_sparse(), "a tensor without plain values"),
        (torch.zeros(2, device="meta"), "a tensor without plain values"),
        (torch.nn.ReLU(), "an object of class ReLU"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_what_is_refused_is_named(odd, what):
    with pytest.raises(values.NotData) as caught:
        values.encode(odd)
    assert caught.value.what.startswith(what)


def test_what_is_too_large_is_refused():
    for huge in (
        torch.zeros(1).expand(2**40),
        np.broadcast_to(np.zeros(1), (2**40,)),
        "x" * (values.BYTES + 1),
        [0] * (values.ITEMS + 1),
        1 << (values.BITS + 1),
    ):
        with pytest.raises(values.NotData):
            values.encode(huge)
    values.encode(torch.zeros(100), limit=400)
    with pytest.raises(values.NotData, match="more than 399 bytes"):
        values.encode(torch.zeros(100), limit=399)
    with pytest.raises(values.NotData):
        values.decode(values.encode(torch.zeros(100)), limit=399)


def test_a_list_in_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(values.NotData, match="deep"):
        values.encode(endless)


# --- in few words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.zeros(1, 3, 7, 9), "tensor of 1×3×7×9"),
        (np.zeros((2, 2)), "array of 2×2"),
        (torch.tensor(3), "3"),
        (np.float64(0.5), "0.5"),
        ((1, 2.0), "(1, 2.0)"),
        ((1,), "(1,)"),
        ([torch.zeros(2), "a"], "[tensor of 2, 'a']"),
        ({"a": 1}, "{'a': 1}"),
        (1 / 3, "0.333333"),
        (math.nan, "nan"),
        (10**5000, "a very large integer"),
        (list(range(30)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, …"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_brief(value, text):
    assert values.brief(value) == text


@given(data)
def test_brief_takes_whatever_is_carried(value):
    assert len(values.brief(value)) <= 60


def test_it_imports_neither_numpy_nor_torch():
    code = (
        "import sys, unet_edu.course; from unet_edu.course import values; values.loads(values.dumps([1, {2: 3.0}]));"
        "print([name for name in ('torch', 'numpy', 'matplotlib', 'IPython') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
