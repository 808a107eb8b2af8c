"""One build at a time, and each of them whole, so that the next may trust what it finds.

Sphinx takes a page or picture for done when it is there. After a build that was killed, or that met a full disk, it may
be there by half. So a mark lies in the build folder until a build is done; one that finds a mark writes every page
anew. The outputs of cells are kept, unless some of them cannot be read.

Two builds in the same folder would write the same files: the second waits until the first is done. Builds of both
editions use one cache of outputs, one after the other.
"""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from pathlib import Path

from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util import logging
from sphinx.util.build_phase import BuildPhase

from unet_edu.files import Locked, lock

logger = logging.getLogger(__name__)

LOCK, MARK = ".unet_build_lock", ".unet_build_unfinished"
CACHE_LOCK = ".unet_cache_lock"  # while a build looks up, executes and reads pages
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
LITTLE = 1_000_000  # bytes; with less left, whatever went wrong went wrong for that

_locks: dict[Path, object] = {}  # held until the process ends, however it ends


class NoRoom(SphinxError):
    """The disk is full."""

    category = "No space left"


def cache_folder(app: Sphinx) -> Path:
    """Return where the outputs of executed pages are kept: one place, whatever edition is built and wherever."""
    return Path(app.srcdir) / "_build" / ".jupyter_cache"


def on_config_inited(app, config):
    """Before anything is read: wait for another build, and clear away what the last one left unfinished."""
    folder = Path(app.outdir).parent
    wait_for_turn(folder)
    if (folder / MARK).exists():
        logger.info("the last build did not finish: every page is written anew")
        start_over(app)


def wait_for_turn(folder: Path, file: str = LOCK) -> None:
    """Return once no other process holds the lock of a folder, and keep others waiting until `end_turn`.

    Without that, until this process ends. file: the lock's name in the folder.
    """
    path = folder / file
    if path in _locks:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _locks[path] = lock(path)
        except Locked as other:
            doing = "is building" if file == LOCK else "is executing pages"
            words = "process %s %s in %s: waiting until it is done (Ctrl-C gives up)"
            logger.info(words, other.holder, doing, folder)
            _locks[path] = lock(path, wait=True)
    except OSError as error:  # some network drives cannot
        logger.info("%s cannot be locked (%s): let no other build run there meanwhile", folder, error.strerror)


def end_turn(folder: Path, file: str = LOCK) -> None:
    """Let another process have the lock of a folder."""
    held = _locks.pop(folder / file, None)
    if held:
        held.close()


def start_over(app: Sphinx) -> None:
    """Remove pages, pictures and what Sphinx knows of them; the cache of outputs only if something in it is broken.

    The notebooks stay: somebody may have worked in them. The build that follows replaces those that nobody changed.
    """
    outdir = Path(app.outdir)
    pages = [path for path in outdir.iterdir() if path.name != "notebooks"] if outdir.exists() else []
    for made in (*pages, Path(app.doctreedir), outdir.parent / "jupyter_execute"):
        if made.is_dir():
            shutil.rmtree(made, ignore_errors=True)
        else:
            with suppress(OSError):
                made.unlink()
        if made.exists():
            raise SphinxError(f"{made} is left from a build that did not finish and cannot be removed: do it by hand")
    outdir.mkdir(exist_ok=True)
    Path(app.doctreedir).mkdir()
    cache = cache_folder(app)
    wait_for_turn(cache.parent, CACHE_LOCK)
    if not readable(cache):
        shutil.rmtree(cache)
    end_turn(cache.parent, CACHE_LOCK)


def readable(folder: Path) -> bool:
    """Whether every page that the cache of outputs lists can be read from it."""
    if not folder.exists():
        return True
    try:
        cache = get_cache(folder)
        for record in cache.list_cache_records():
            cache.get_cache_bundle(record.pk)
    except Exception:  # of its database, of a file that is missing, of one that ends too soon
        return False
    return True


def on_builder_inited(app):
    if app.builder.format == "html":
        Path(app.outdir).parent.joinpath(MARK).touch()


def say_if_full(app, exception):
    """Sphinx calls a full disk a fault of the program, or warns of it once for every file: say it in one sentence."""
    if isinstance(exception, NoRoom):
        return
    left = shutil.disk_usage(app.outdir).free
    if is_no_room(exception) or ((exception or app._warncount) and left < LITTLE):
        raise NoRoom(
            f"{app.outdir} could not be written to the end: {left / 1e6:.1f} MB are free there, or the limit on what "
            "you may write is reached. Pages are missing or incomplete. Make room and build again; the next build "
            "writes every page anew."
        ) from exception


def is_no_room(error: BaseException | None) -> bool:
    """Whether an error, or one that it came of, says that nothing more can be written."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return True
        error = error.__cause__ or error.__context__
    return False


def on_build_finished(app, exception):
    """Take the mark away if nothing is half done; an error while pages are read leaves the old ones as they were."""
    if exception is None or (app.phase == BuildPhase.READING and not isinstance(exception, NoRoom)):
        Path(app.outdir).parent.joinpath(MARK).unlink(missing_ok=True)


def setup(app):
    app.connect("config-inited", on_config_inited, priority=0)
    app.connect("builder-inited", on_builder_inited, priority=900)  # after those that refuse to build
    app.connect("build-finished", say_if_full, priority=0)
    app.connect("build-finished", on_build_finished, priority=1000)  # after every extension that still writes
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
