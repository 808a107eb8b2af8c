"""The device is found by computing on it; what is present and broken is passed over aloud."""

import re
import time

import pytest
import torch

from unet_edu import device as module
from unet_edu.device import best_device, describe

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """Forget what was measured, before and after; measure briefly."""
    monkeypatch.setattr(module, "SECONDS", 0.02)
    caches = (best_device, module.flops)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def no_accelerator(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def cuda_seems_present(monkeypatch, no_accelerator):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


def test_the_cpu_where_there_is_nothing_else(no_accelerator, recwarn):
    assert best_device() == CPU
    assert not recwarn.list


def test_kept_for_the_process(no_accelerator, monkeypatch):
    found = best_device()
    monkeypatch.setattr(module, "flops", lambda device: pytest.fail("measured again"))
    assert best_device() is found


@pytest.mark.usefixtures("cuda_seems_present")
@pytest.mark.skipif(torch.version.cuda is not None, reason="needs a PyTorch without CUDA, whose CUDA must fail")
def test_a_gpu_that_does_not_work_is_passed_over_with_a_warning():
    with pytest.warns(RuntimeWarning, match="cuda is present but does not work"):
        assert best_device() == CPU


@pytest.mark.usefixtures("cuda_seems_present")
@pytest.mark.parametrize(
    "failure", [RuntimeError("CUDA error: no kernel image is available"), torch.OutOfMemoryError("CUDA out of memory")]
)
def test_errors_of_a_broken_gpu_are_passed_on_in_the_warning(monkeypatch, failure):
    def flops(device):
        if device.type == "cuda":
            raise failure
        return 1e9

    monkeypatch.setattr(module, "flops", flops)
    with pytest.warns(RuntimeWarning, match=str(failure)):
        assert best_device() == CPU


@pytest.mark.usefixtures("cuda_seems_present")
@pytest.mark.parametrize(("speed", "chosen"), [(2e12, "cuda"), (5e8, "cpu")])
def test_a_gpu_must_be_faster_than_the_cpu(monkeypatch, speed, chosen):
    monkeypatch.setattr(module, "flops", lambda device: speed if device.type == "cuda" else 1e9)
    if chosen == "cpu":
        with pytest.warns(RuntimeWarning, match="slower than the CPU"):
            assert best_device().type == "cpu"
    else:
        assert best_device().type == "cuda"


def test_cuda_comes_before_mps(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(module, "flops", lambda device: {"cuda": 2e12, "mps": 3e12, "cpu": 1e9}[device.type])
    assert best_device().type == "cuda"


@pytest.mark.parametrize("spoil", [lambda y: y * 1.05, lambda y: y * torch.nan, torch.zeros_like])
def test_a_device_that_miscalculates_does_not_work(monkeypatch, spoil):
    calls = []

    def wrong_the_second_time(*arguments):
        calls.append(1)
        result = torch.conv2d(*arguments)
        return spoil(result) if len(calls) == 2 else result

    monkeypatch.setattr(module, "conv2d", wrong_the_second_time)
    with pytest.raises(RuntimeError, match="off the CPU's"):
        module.flops(CPU)


def test_rounding_as_coarse_as_tf32_is_no_mistake(monkeypatch):
    def rounded(x, weight):
        return torch.conv2d(x.bfloat16().float(), weight)  # coarser than TF32

    monkeypatch.setattr(module, "conv2d", rounded)
    assert module.flops(CPU) > 0


def test_the_speed_is_measured_on_real_work(monkeypatch):
    """A convolution that takes 200 ms longer must come out slower."""
    quick = module.flops(CPU)
    module.flops.cache_clear()
    operations = 2 * 64 * 64 * 9 * 126**2

    def slow(x, weight):
        time.sleep(0.2)
        return torch.conv2d(x, weight)

    monkeypatch.setattr(module, "conv2d", slow)
    slowed = module.flops(CPU)
    assert slowed < operations / 0.2
    assert slowed < quick


def test_the_line_about_the_cpu():
    line = describe("cpu")
    pattern = r"CPU, \d+ threads?, \d+(\.\d)? GiB, \d+(\.\d)? [GT]FLOP/s measured \(3×3 convolution, float32\)"
    assert re.fullmatch(pattern, line), line
    assert f"{torch.get_num_threads()} thread" in line


def test_a_measurement_ends_when_its_time_is_over(monkeypatch):
    """On a clock by which a call takes 30 ms: the rounds of SECONDS, and those that warm up and look at the result."""
    clock, calls = [0.0], []

    def convolve(x, weight):
        clock[0] += 0.03
        calls.append(clock[0])
        return torch.conv2d(x, weight)

    monkeypatch.setattr(module, "conv2d", convolve)
    monkeypatch.setattr(module.time, "perf_counter", lambda: clock[0])
    module.flops.cache_clear()
    assert module.flops(CPU) == pytest.approx(2 * 64 * 64 * 9 * 126**2 / 0.03)
    module.flops.cache_clear()
    assert module.SECONDS / 0.03 <= len(calls) <= module.SECONDS / 0.03 + 4


def test_the_line_follows_the_best_device(no_accelerator):
    assert describe() == describe("cpu") == describe(CPU)


def test_the_caller_keeps_random_numbers_and_defaults():
    state = torch.get_rng_state()
    torch.set_default_dtype(torch.float64)
    try:
        describe("cpu")
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("limit", "expected"), [("max", None), ("2147483648", 2**31), ("9223372036854771712", None), ("rubbish", None)]
)
def test_memory_is_what_the_container_grants(monkeypatch, tmp_path, limit, expected):
    monkeypatch.setattr(module, "CONTAINER_LIMITS", ())
    whole = module.cpu_memory()
    file = tmp_path / "memory.max"
    file.write_text(f"{limit}\n")
    monkeypatch.setattr(module, "CONTAINER_LIMITS", (str(tmp_path / "absent"), str(file)))
    assert module.cpu_memory() == (expected or whole)


def test_memory_is_left_out_where_the_system_does_not_tell(monkeypatch):
    monkeypatch.delattr(module.os, "sysconf")
    assert re.match(r"CPU, \d+ threads?, \d+(\.\d)? [GT]FLOP/s", describe("cpu"))


@pytest.mark.parametrize(("number", "text"), [(139.8, "140"), (999.7, "1000"), (10, "10"), (7.52, "7.5"), (0.4, "0.4")])
def test_numbers_keep_about_two_digits(number, text):
    assert module.short(number) == text


@pytest.mark.skipif(torch.version.cuda is not None, reason="needs a PyTorch without CUDA")
def test_a_device_that_is_not_there_raises():
    with pytest.raises(RuntimeError, match="no cuda here"):
        describe("cuda")


@pytest.mark.gpu
def test_a_working_gpu_is_chosen_and_named():
    assert best_device().type == "cuda"
    assert describe().startswith(torch.cuda.get_device_name())
