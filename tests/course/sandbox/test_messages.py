"""What an answer sends back takes little of the grader's own memory, whatever it is made of."""

import json
import subprocess
import sys

import pytest
import torch

from unet_edu.course.evaluate import outcome_of
from unet_edu.course.exercise import Exercise
from unet_edu.course.sandbox.messages import room_for
from unet_edu.course.sandbox.sandbox import Sandbox

CASES = [(place,) for place in range(8)]
ECHO = Exercise("test.echo", "00_test", "echo", 3, 1, cases=lambda rng, params: [])
FORGED = """
import os, struct
def echo(x):
    data = {data}
    for fd in range(3, 100):
        try:
            frame = struct.pack(">I", len(data)) + data
            while frame:
                frame = frame[os.write(fd, frame):]
        except OSError:
            pass
    return x"""
HOSTILE = {
    # ways to make much of little: in one frame, in one for each case, as long as a frame may be
    "millions of lists": FORGED.format(data="b'{\"value\": {\"list\": [' + b'[],' * 2_500_000 + b'[]]}}'"),
    "millions of keys": FORGED.format(data="b'{\"value\": [' + b'{\"a\":{}},' * 900_000 + b'1]}'"),
    "many numbers in each case": FORGED.format(data="b'{\"value\": [' + b'1e3,' * 200_000 + b'1]}'"),
    "wide letters": FORGED.format(
        data="'{\"value\": \"'.encode() + 'é'.encode() * 3_900_000 + '\U0001f9ea\"}'.encode()"
    ),
    "a long list that is returned": "def echo(x):\n    return [[] for _ in range(190_000)]",
    "many large texts": "def echo(x):\n    return 'x' * 4_000_000",
    "remarks": "\n".join("raise ValueError('x' * 10**6)" for _ in range(40)) + "\ndef echo(x):\n    return x",
}
PEAK = """
import json, re, sys
from pathlib import Path
import torch  # as the grader does
from unet_edu.course.evaluate import outcome_of
from unet_edu.course.exercise import Exercise
from unet_edu.course.sandbox.sandbox import Sandbox

ECHO = Exercise("test.echo", "00_test", "echo", 3, 1, cases=lambda rng, params: [])
with Sandbox(timeout=20) as sandbox:
    for cell in json.load(sys.stdin):
        answer = sandbox.run(cells=[cell], exercise_id=ECHO, args=[(place,) for place in range(8)])
        for reply in answer.outcomes:
            try:
                outcome_of(reply)
            except ValueError:
                pass
print(int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]))
"""


def peak(*cells) -> int:
    """The largest memory, in kB, of a process that has these answers run and reads what comes of them."""
    command = [sys.executable, "-c", PEAK]
    done = subprocess.run(command, input=json.dumps(cells), capture_output=True, text=True, timeout=300, check=True)
    return int(done.stdout)


@pytest.fixture(scope="module")
def usual():
    return peak("def echo(x):\n    return x", "def echo(x):\n    return [x, (1.5, 'a')] * 50")


@pytest.mark.isolation
@pytest.mark.parametrize("cell", HOSTILE.values(), ids=HOSTILE)
def test_no_answer_takes_the_grader_s_memory(cell, usual):
    assert peak(cell) <= 1.2 * usual


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(timeout=20) as sandbox:
        yield sandbox


@pytest.mark.isolation
@pytest.mark.parametrize(
    "name", ["millions of lists", "millions of keys", "a long list that is returned", "many large texts"]
)
def test_too_much_is_refused_and_the_next_answer_is_not_touched(sandbox, name):
    answer = sandbox.run(cells=[HOSTILE[name]], exercise_id=ECHO, args=CASES)
    assert "output" in answer.stopped
    assert len(answer.outcomes) == len(CASES)
    after = sandbox.run(cells=["def echo(x):\n    return x"], exercise_id=ECHO, args=CASES)
    assert [outcome_of(reply) for reply in after.outcomes] == [place for (place,) in CASES]


@pytest.mark.isolation
def test_a_large_result_that_is_wanted_has_room(sandbox):
    cell = "import torch\ndef echo(x):\n    return torch.full((900, 1000), float(x))"  # 4.8 MB a case in base64
    narrow = sandbox.run(cells=[cell], exercise_id=ECHO, args=CASES)
    assert "output" in narrow.stopped
    room = room_for([torch.zeros(900, 1000) for _ in CASES])
    wide = sandbox.run(cells=[cell], exercise_id=ECHO, args=CASES, room=room)
    assert [outcome_of(reply).mean().item() for reply in wide.outcomes] == [float(place) for (place,) in CASES]


def test_room_is_four_times_what_is_wanted():
    assert room_for([]) == {"reply": 0, "parts": 0}
    one = room_for([[1, 2, 3]])
    assert one == {"reply": 4 * len('{"list": [1, 2, 3]}'), "parts": 4 * (1 + 2 + 1 + 1)}
    assert room_for([[1, 2, 3]] * 5) == {key: 5 * value for key, value in one.items()}
    assert room_for([print])["reply"] == 0  # what is no data is no result that could be wanted
