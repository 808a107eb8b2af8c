"""Files that are there whole or not at all, whenever the program that writes them is stopped; and locks."""

import itertools
import os
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


class Locked(Exception):
    """Another process holds the lock. `.holder` is its number, "?" where that cannot be read."""

    def __init__(self, holder: str):
        super().__init__(f"process {holder} holds the lock")
        self.holder = holder


@contextmanager
def written_whole(path):
    """Yield a path to write to, beside `path`; when the block ends without an error, what is there becomes `path`.

    The folder is made if missing. After an error an older file stays as it was, and nothing is left beside it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def free_name(path, mark):
    """Return a path beside `path` that is not taken: ``NAME.mark.EXT``, else ``NAME.mark-2.EXT``, and so on."""
    path = Path(path)
    names = itertools.chain([mark], (f"{mark}-{number}" for number in itertools.count(2)))
    return next(free for name in names if not (free := path.with_name(f"{path.stem}.{name}{path.suffix}")).exists())


def lock(path, wait=False):
    """Lock the file `path` for this process; the lock lasts until what is returned, an `ExitStack`, is closed.

    The system gives it back when the process ends, however it ends. The file, which holds the number of the process,
    stays: a lock on a file that somebody removes keeps nobody out.

    Args:
        wait: until another process gives it back.

    Raises:
        Locked: where another process holds it.
        OSError: where the file cannot be opened or, as on some network drives, not be locked.
    """
    from filelock import FileLock, Timeout

    path = Path(path)
    file = FileLock(path, thread_local=False)
    try:
        file.acquire(timeout=-1 if wait else 0, poll_interval=0.2)
    except Timeout:
        raise Locked(_holder(path)) from None
    with suppress(OSError):  # the number is a help; a full disk raises its own errors elsewhere
        path.write_text(str(os.getpid()), encoding="utf-8")
    held = ExitStack()
    held.callback(file.release)
    return held


def _holder(path):
    """Return the number of the process that holds a lock, "?" where its file cannot be read."""
    try:
        return path.read_text(encoding="utf-8") or "?"
    except OSError:  # Windows lets nobody read a locked file
        return "?"
