"""One thread for PyTorch: what is small is no quicker with more, and on shared cores threads mostly wait."""

from contextlib import contextmanager


@contextmanager
def one_thread():
    """Let PyTorch compute on one thread while it lasts: ``with one_thread(): …``; then on as many as before."""
    import torch  # here: to read and sort submissions needs none

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
