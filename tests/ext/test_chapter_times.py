"""How long a notebook takes elsewhere: from runs on one thread and on all, and on a GPU."""

import json
import math

import pytest
from bookkit import FRONT_MATTER, FixtureBook
from hypothesis import given
from hypothesis import strategies as st

from _ext import chapter_times
from unet_edu import device


def record(seconds_of, gpu=None):
    """A record of notebooks that take what `seconds_of` says at 50 and at 100 GFLOP/s, and what `gpu` says on a GPU."""
    rows = [
        {"notebook": name, "device": "cpu", "threads": threads, "flops": flops, "seconds": seconds(flops)}
        for threads, flops in ((1, 50e9), (2, 100e9))
        for name, seconds in seconds_of.items()
    ]
    for name, seconds in (gpu or {}).items():
        rows.append({"notebook": name, "device": "cuda", "threads": 2, "flops": 40e12, "seconds": seconds})
    return {"made": {"machine": {"device": "A Fine GPU" if gpu else "cpu"}}, "rows": rows}


@given(fixed=st.floats(0, 50), work=st.floats(0, 50))
def test_the_share_that_goes_with_the_speed_is_found(fixed, work):
    """`work` seconds at 100 GFLOP/s, twice as long at half of that, beside what takes its time anywhere."""
    if fixed + work < 0.1:
        return
    made = record({"a": lambda flops: fixed + work * 100e9 / flops})
    assert chapter_times.convolving([made], "a") == pytest.approx(work / (fixed + work), abs=1e-6)


def test_a_share_stays_between_none_and_all():
    made = record({"slower": lambda flops: flops / 1e9, "faster": lambda flops: 1e33 / flops**3})
    assert chapter_times.convolving([made], "slower") == 0
    assert chapter_times.convolving([made], "faster") == 1


def test_a_new_notebook_counts_as_the_others_do():
    made = record({"a": lambda flops: 10, "b": lambda flops: 1e12 / flops})
    assert chapter_times.convolving([made], "new") == pytest.approx(0.5)
    assert chapter_times.convolving([], "new") is None


def test_a_gain_is_told_where_it_is_worth_a_word():
    made = record({"a": lambda flops: 1e12 / flops, "b": lambda flops: 5}, gpu={"a": 2.5, "b": 4.5})
    assert chapter_times.gain([made], "a") == (4, "A Fine GPU")
    assert chapter_times.gain([made], "b") is None
    assert chapter_times.gain([made], "new") is None
    assert chapter_times.gain([record({"a": lambda flops: 5})], "a") is None


def test_speeds_are_measured_where_they_are_not_known(tmp_path, monkeypatch):
    measured = []
    monkeypatch.setattr(device, "flops", lambda best: measured.append(best) or 1.234e11)
    for _ in range(2):
        python, flops = chapter_times.speeds(tmp_path / "speeds.json", "1 + 1")
        assert flops == pytest.approx(10**11.1)
        assert 10 * math.log10(python) == pytest.approx(round(10 * math.log10(python)))
    assert len(measured) == 1


def test_a_page_and_its_notebook_say_it(tmp_path):
    page = FRONT_MATTER + "# One\n\n```{opening}\nYou need nothing.\n```\n\n```{code-cell} ipython3\n1 + 1\n```\n"
    book = FixtureBook(tmp_path / "b", {"index": "# Front\n", "01_one": page, "02_two": page.replace("One", "Two")})
    made = record({"01_one": lambda flops: 1e12 / flops, "02_two": lambda flops: 5}, gpu={"01_one": 2.5})
    (book.root / "unet_edu" / "records").mkdir(parents=True)
    (book.root / "unet_edu" / "records" / "chapters-a-fine-gpu.json").write_text(json.dumps(made))
    done = book.build()
    assert done.returncode == 0, done.log[-3000:]
    said = "On a GPU (A Fine GPU) its notebook ran 4.0 times as fast as without."
    for name, expected, share in [("01_one", True, "1.00"), ("02_two", False, "0.00")]:
        assert (said in (book.html() / "book" / f"{name}.html").read_text("utf-8")) == expected
        cell = json.loads((book.html() / "notebooks" / f"{name}.ipynb").read_text("utf-8"))["cells"][0]
        assert f", {share}\n" in "".join(cell["source"])
