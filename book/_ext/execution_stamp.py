"""Throw the execution cache away when what the chapters run has changed.

The cache's own key is the code of a page's cells. The outputs also depend on the package, the pinned versions, the
results files and the data found; this extension keeps a hash of those beside the cache. When it differs from the last
complete build, the cache is deleted and every executed page is read again.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from sphinx.application import ENV_PICKLE_FILENAME
from sphinx.errors import ConfigError
from sphinx.util import logging

from _ext.build_lock import cache_folder
from unet_edu.data import isbi2012

logger = logging.getLogger(__name__)

WATCHED = (
    "unet_edu/**/*",
    "requirements.txt",
    "constraints.txt",
    "pyproject.toml",
    "book/_ext/*.py",
)


def fingerprint(root: Path) -> str:
    """A hash over everything that outputs depend on, apart from the pages' own cells."""
    digest = hashlib.sha256(sys.version.encode())
    files = {path for pattern in WATCHED for path in root.glob(pattern) if path.is_file()}
    for path in sorted(files):
        if "__pycache__" not in path.parts:
            _add(digest, str(path.relative_to(root)), path)
    for path in _data_files():
        _add(digest, "/".join(path.parts[-3:]), path)  # train/image/0.png
    return digest.hexdigest()


def _add(digest, name: str, path: Path) -> None:
    digest.update(f"{name}\0{path.stat().st_size}\0".encode())
    digest.update(path.read_bytes())


def _data_files() -> list[Path]:
    """The real slices that the chapters would use; none when there are none (or the folder named is wrong)."""
    folder = isbi2012.find()
    return sorted(folder.rglob("*.png")) if folder else []


def on_builder_inited(app):
    root, cache = Path(app.srcdir), cache_folder(app)
    try:
        logger.info("images of the chapters: %s", isbi2012.describe())
    except (ValueError, OSError) as error:  # a relative path; a folder that may not be read
        raise ConfigError(str(error)) from error
    app.unet_stamp_file = cache.parent / ".unet_execution_stamp"
    app.unet_stamp = fingerprint(root)
    known = app.unet_stamp_file.read_text() if app.unet_stamp_file.exists() else ""
    app.unet_stale = known != app.unet_stamp
    if app.unet_stale and cache.exists():
        logger.info("package, pins, results or data changed: executing every chapter again")
        shutil.rmtree(cache)


def on_env_get_outdated(app, env, added, changed, removed):
    """Pages are read again too, or their old outputs would stay in Sphinx's own store."""
    return sorted(env.found_docs) if app.unet_stale else []


def on_build_finished(app, exception):
    """Only a complete build is remembered; an interrupted one, or one during which a file changed, executes again."""
    if app._warncount:
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)
    if exception is None and app.builder.name == "html" and app.unet_stamp == fingerprint(Path(app.srcdir)):
        app.unet_stamp_file.write_text(app.unet_stamp)


def setup(app):
    app.setup_extension("_ext.build_lock")
    app.connect("builder-inited", on_builder_inited)
    app.connect("env-get-outdated", on_env_get_outdated)
    app.connect("build-finished", on_build_finished, priority=900)  # after every extension that may still warn
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
