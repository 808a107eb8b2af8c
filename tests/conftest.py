"""What all tests share: one seed, and CUDA tests that skip themselves where no CUDA device works."""

import functools

import pytest
import torch


@functools.cache
def why_no_cuda():
    """Return why tests marked `gpu` cannot run here, or an empty string: a device counts if it adds one and one."""
    if not torch.cuda.is_available():
        return "no CUDA device"
    try:
        return "" if (torch.ones(1, device="cuda") + 1).item() == 2 else "the CUDA device miscalculates"
    except RuntimeError as error:
        return f"the CUDA device does not work: {error}"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("gpu") and why_no_cuda():
            item.add_marker(pytest.mark.skip(reason=why_no_cuda()))


@pytest.fixture(autouse=True)
def _same_random_numbers():
    torch.manual_seed(0)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request):
    """The CPU, and CUDA where it works."""
    return torch.device(request.param)
