"""Which device to compute on, found out by computing on it: CUDA, then Apple's MPS, then the CPU.

    best_device()   a torch.device that has just done a convolution and got it right
    describe()      "CPU, 2 threads, 24 GiB, 95 GFLOP/s measured (3×3 convolution, float32)"

Every number is measured in this process, on this machine; none is looked up.
"""

import functools
import os
import time
import warnings
from pathlib import Path

import torch
from torch.nn.functional import conv2d

CHANNELS, PIXELS = 64, 128  # the trial: a 3×3 convolution from 64 to 64 channels, as in level 0 of U-Net
GPU_BATCH = 16  # images at once, to keep a large GPU busy; the CPU takes one
SECONDS = 0.2  # how long a device is timed
TOLERANCE = 1e-2  # of the largest value; TF32, which GPUs may use for float32, keeps about three digits
# What a container may use, where it may not use all; version 2 and version 1 of Linux's control groups.
CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@functools.cache
def best_device():
    """Return the first of CUDA, MPS and CPU that computes a convolution correctly, and faster than the CPU does.

    A device that is present but fails, computes something else, or is slower than the CPU is passed over with a
    RuntimeWarning. The answer is kept for the rest of the process; finding it takes about a second, with a GPU a few.
    """
    cpu = torch.device("cpu")
    for name, present in (("cuda", torch.cuda.is_available), ("mps", torch.backends.mps.is_available)):
        if not present():
            continue
        device = torch.device(name)
        try:
            speed = flops(device)
        except RuntimeError as error:
            warnings.warn(f"{name} is present but does not work, looking on: {error}", RuntimeWarning, stacklevel=2)
            continue
        if speed > flops(cpu):
            return device
        warnings.warn(f"{name} works but is slower than the CPU here, looking on", RuntimeWarning, stacklevel=2)
    return cpu


def describe(device=None):
    """Return one line: name, memory in GiB, and the speed of a convolution measured in this process.

    device: a torch.device or its name; None means `best_device()`. Raises RuntimeError where it does not work.
    """
    device = best_device() if device is None else torch.device(device)
    speed = flops(device)
    rate = f"{short(speed / 1e12)} TFLOP/s" if speed >= 1e12 else f"{short(speed / 1e9)} GFLOP/s"
    return ", ".join([*name_and_memory(device), f"{rate} measured (3×3 convolution, {precision(device)})"])


@functools.cache
def flops(device):
    """Return the floating-point operations per second (a multiplication and an addition are two) of the trial.

    Raises RuntimeError where the device fails, or where its result is not the CPU's.
    """
    draw = torch.Generator().manual_seed(0)  # its own, so that the caller's random numbers stay as they were
    plain = {"generator": draw, "device": "cpu", "dtype": torch.float32}  # whatever PyTorch's defaults are set to
    image = torch.randn(1, CHANNELS, PIXELS, PIXELS, **plain)
    weight = torch.randn(CHANNELS, CHANNELS, 3, 3, **plain)
    with torch.inference_mode():
        truth = conv2d(image, weight)
        try:
            image, weight = image.to(device), weight.to(device)
        except AssertionError as error:  # PyTorch was built without this device
            raise RuntimeError(f"no {device} here: {error}") from error
        error = (conv2d(image, weight).cpu() - truth).abs().max() / truth.abs().max()
        if not error <= TOLERANCE:  # so written that NaN fails
            raise RuntimeError(f"a convolution on {device} is off the CPU's by {error:.1%} of the largest value")
        images = image.repeat(1 if device.type == "cpu" else GPU_BATCH, 1, 1, 1)
        operations = 2 * weight.numel() * len(images) * (PIXELS - 2) ** 2
        return operations / seconds_per_call(lambda: conv2d(images, weight), device)


def seconds_per_call(compute, device):
    """Return how long one call of `compute` takes on the device, the fastest of all rounds within SECONDS."""
    calls = 1 if device.type == "cpu" else 10  # a GPU takes orders faster than it reports back
    compute()
    synchronize(device)
    fastest = float("inf")
    deadline = time.perf_counter() + SECONDS
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            compute()
        synchronize(device)
        now = time.perf_counter()
        fastest = min(fastest, (now - start) / calls)
        if now > deadline:
            return fastest


def synchronize(device):
    """Wait until the device has finished its work; the CPU has when the call returns."""
    if device.type != "cpu":
        getattr(torch, device.type).synchronize()


def name_and_memory(device):
    """Return the device's name, for the CPU its threads, and its memory, as far as the system reports them."""
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return [properties.name, gibibytes(properties.total_memory)]
    if device.type == "mps":
        return ["Apple GPU (MPS)", f"{gibibytes(torch.mps.recommended_max_memory())} for the GPU"]
    threads = torch.get_num_threads()
    memory = cpu_memory()
    return ["CPU", f"{threads} thread{'s' * (threads > 1)}", *([gibibytes(memory)] if memory else [])]


def cpu_memory():
    """Return the bytes of memory that this process may use at most, or None where the system does not report it."""
    try:
        limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None
    for path in CONTAINER_LIMITS:
        try:
            limits.append(int(Path(path).read_text()))
        except (OSError, ValueError):  # no container; or "max", no limit
            continue
    return min(limits)


def gibibytes(memory):
    """Return a number of bytes as text."""
    return f"{short(memory / 2**30)} GiB"


def short(number):
    """Return a positive number as text, to about two digits: "95", "7.5"."""
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"


def precision(device):
    """Return how the device computes float32 convolutions: recent GPUs may round to TF32, PyTorch's own default."""
    if device.type == "cuda" and torch.backends.cudnn.allow_tf32 and torch.cuda.get_device_capability(device) >= (8, 0):
        return "float32 as TF32"
    return "float32"
