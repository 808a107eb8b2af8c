"""One thread while it lasts, and as many as before, whatever happens."""

import subprocess
import sys

import pytest
import torch

from unet_edu.threads import one_thread


def test_there_is_one_thread_inside_and_the_old_number_after_an_error_too():
    before, inside = torch.get_num_threads(), []

    def fail():
        with one_thread():
            inside.append(torch.get_num_threads())
            raise OSError("an answer may raise anything")

    with pytest.raises(OSError, match="may raise anything"):
        fail()
    assert inside == [1]
    assert torch.get_num_threads() == before


def test_torch_is_loaded_by_its_use_alone():
    code = "import sys, unet_edu.threads; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
