"""Where real images lie: ``$UNET_EDU_DATA/NAME`` where that variable is set, the user's cache folder otherwise."""

import logging
import os
from contextlib import contextmanager, suppress
from pathlib import Path

VARIABLE = "UNET_EDU_DATA"
TIMEOUT = (5, 20)  # seconds to connect, seconds without a byte: offline has to fail soon


def folder(name):
    """Return where the data set `name` belongs, whether it is there or not.

    Raises ValueError when UNET_EDU_DATA is a relative path: notebooks run in a folder of their own.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        import pooch

        return Path(pooch.os_cache("unet_edu")) / name
    path = Path(named).expanduser()
    if not path.is_absolute():
        raise ValueError(
            f"{VARIABLE} is {named!r}, a relative path, but notebooks run in a folder of their own; "
            f"use the absolute path, seen from here {str(path.resolve())!r}"
        )
    return path / name


def why_not_there(root, inside):
    """Return what is wrong with UNET_EDU_DATA, where that is why there is no folder `root`; "" otherwise.

    inside: a folder of the data set, by which it is recognised.
    """
    named = os.environ.get(VARIABLE)
    if not named or root != Path(named).expanduser() / root.name or root.is_dir():
        return ""
    hint = f"{VARIABLE} is {named!r}, and that folder holds no folder {root.name}"
    if not root.parent.is_dir():
        hint += ", for there is no such folder"
    elif (root.parent / inside).is_dir():
        hint += f"; it is itself the data, so set {VARIABLE} to the folder above, named {root.name} in it"
    return hint


@contextmanager
def made_for(target):
    """Make the folder of a file, and take back what was made when the file does not come."""
    made = [above for above in target.parents if not above.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for above in made:  # innermost first; with a file in it, it stays
            with suppress(OSError):
                above.rmdir()


@contextmanager
def quiet(logger):
    """Silence a logger: there is a progress bar, so no line per file."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
