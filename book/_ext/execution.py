"""Executes pages before Sphinx reads them: those alone of which something has changed, several at a time.

    cells of a page ─▶ jupyter-cache: outputs of the same cells, and what was read meanwhile (`page_inputs`)
                         │ there, and nothing of that has changed ──────────────▶ outputs
                         └ otherwise ─▶ one kernel a page, one thread a kernel ──▶ outputs, kept

Both editions share one cache, ``_build/.jupyter_cache``. What is executed is always the reader's edition. Of its
outputs the course edition gets those of the cells that it has; solutions and what they print are left out.

myst-nb finds the outputs in the cache when Sphinx reads a page, as if it had put them there itself.
"""

from __future__ import annotations

import os
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.db import NbCacheRecord
from myst_nb.core.execute.base import ExecutionError
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import ENV_PICKLE_FILENAME
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util import logging

from _ext import chapter_times
from _ext.build_lock import CACHE_LOCK, cache_folder, end_turn, wait_for_turn
from _ext.exercise_cells import SOLUTION_TAG, ExerciseError, render_for_page, split_exercises
from _ext.kernels import ONE_THREAD, Executed, Running, run
from _ext.page_inputs import Inputs, digest_of, digest_of_files
from unet_edu.data import isbi2012

logger = logging.getLogger(__name__)

# what pages are made by and of after their execution; of `unet_edu.course` the pages show points and parameters
READING = (
    "book/_ext/*.py",
    "unet_edu/course/**/*.py",
    "unet_edu/figures/playground_presets.py",  # what their links set
    "unet_edu/records/chapters-*.json",
)
WHEEL = ("unet_edu/**/*", "pyproject.toml", "README.md", "LICENSE")


@dataclass
class Page:
    """The cells of a page: of the reader's edition, which are executed, and of the edition that is built."""

    path: Path
    cells: nbformat.NotebookNode
    shown: nbformat.NotebookNode


# --- which pages ---------------------------------------------------------------------------------------


def on_config_inited(app, config):
    """Let both editions keep outputs in one place, and whatever computes in this process use one thread, too."""
    config.nb_execution_cache_path = str(cache_folder(app))
    os.environ.update(ONE_THREAD)


def on_builder_inited(app):
    """Say which images the chapters will show, and whether the wheel is still that of the package."""
    try:
        logger.info("images of the chapters: %s", isbi2012.describe())
    except (ValueError, OSError) as error:  # a relative path; a folder that may not be read
        raise ConfigError(str(error)) from error
    app.unet_wheel_file = Path(app.outdir).parent / ".unet_wheel_stamp"
    app.unet_wheel_stamp = digest_of_files(Path(app.srcdir), *WHEEL)
    known = app.unet_wheel_file.read_text() if app.unet_wheel_file.exists() else ""
    app.unet_stale = known != app.unet_wheel_stamp


def on_env_get_outdated(app, env, added, changed, removed):
    """Return the pages whose outputs are not those that Sphinx read, or all of them if an extension has changed."""
    wait_for_turn(cache_folder(app).parent, CACHE_LOCK)
    cache = get_cache(cache_folder(app))
    app.unet_inputs = Inputs(Path(app.srcdir))
    app.unet_reading = digest_of_files(Path(app.srcdir), *READING)
    app.unet_pages = {name: page for name in sorted(env.found_docs) if (page := known_page(app, env, name))}
    app.unet_seconds = known_seconds(app, cache)
    drop_stale(app, cache)
    if not hasattr(env, "unet_outputs"):
        env.unet_outputs = {}  # of each page that Sphinx has read: which outputs
    if getattr(env, "unet_reading", app.unet_reading) != app.unet_reading:
        logger.info("an extension or an exercise has changed: every page is read again")
        outdated = set(env.found_docs)
    else:
        pages = {name: outputs(cache, page) for name, page in app.unet_pages.items()}
        outdated = {name for name, now in pages.items() if not now or now != env.unet_outputs.get(name)}
    env.unet_reading = app.unet_reading
    return sorted(outdated - added)


def known_page(app, env, docname: str) -> Page | None:
    """Return the cells of a page: those that were read before, if its text is the same."""
    path = Path(env.doc2path(docname))
    text = path.read_text("utf-8")
    if not hasattr(env, "unet_read"):
        env.unet_read = {}
    if app.config.unet_course_edition:  # Sphinx would keep the solutions beside the site
        return read_page(app, docname, path, text)
    key = digest_of(str(path), text, app.unet_reading, *sorted(env.myst_config.enable_extensions))
    if env.unet_read.get(docname, ("",))[0] != key:
        env.unet_read[docname] = key, read_page(app, docname, path, text)
    return env.unet_read[docname][1]


def read_page(app, docname: str, path: Path, text: str) -> Page | None:
    """Return the cells of a page; None for a page without any. Raises ExtensionError for a broken exercise."""
    if not is_myst_markdown_notebook(text):
        return None
    where = app.env.doc2path(docname, base=False)

    def cells(with_solution):
        try:
            shown = split_exercises(text, where, lambda cell, fence: render_for_page(cell, fence, with_solution))
        except ExerciseError as error:
            raise ExtensionError(str(error)) from error
        return read_myst_markdown_notebook(shown, app.env.myst_config, path=path)

    executed = cells(with_solution=True)
    return Page(path, executed, cells(with_solution=False) if app.config.unet_course_edition else executed)


def drop_stale(app, cache) -> None:
    """Take outputs out of the cache that are of other inputs, and say of which page and why."""
    for name, page in app.unet_pages.items():
        record = found(cache, page.cells)
        why = record and app.unet_inputs.changed(record.data.get("inputs"))
        if why:
            logger.info("%s is executed again: %s", name, why)
            drop(cache, record)
        elif record and page.shown is not page.cells:
            keep_shown(cache, page, record)


def found(cache, cells) -> NbCacheRecord | None:
    """Return the cache's record of these cells."""
    with suppress(KeyError):
        return cache.match_cache_notebook(cells)
    return None


def drop(cache, record) -> None:
    try:
        cache.remove_cache(record.pk)
    except KeyError:  # its file is gone already
        NbCacheRecord.remove_records([record.pk], cache.db)


def outputs(cache, page) -> dict | None:
    """Return what names the outputs of a page, and when and how long it was executed; None if it was not."""
    record, shown = found(cache, page.cells), found(cache, page.shown)
    return {**record.data, "cells": shown.hashkey} if record and shown else None


def known_seconds(app, cache) -> dict[str, float]:
    """Return how long pages took when they were last executed, here or where the records of the book were made."""
    seconds = {
        row["notebook"]: row["seconds"]
        for record in chapter_times.read(Path(app.srcdir))
        for row in record["rows"]
        if row["device"] == "cpu"
    }
    for record in sorted(cache.list_cache_records(), key=lambda record: record.created):
        seconds[Path(record.uri).stem] = record.data["execution_seconds"]
    return seconds


# --- executing -----------------------------------------------------------------------------------------


def on_env_before_read_docs(app, env, docnames):
    """Execute those of the pages to be read that the cache has no outputs of."""
    cache = get_cache(cache_folder(app))
    wanted = {}
    for name in docnames:
        page = app.unet_pages.get(name)
        if page and not found(cache, page.cells):
            wanted.setdefault(cache.create_hashed_notebook(page.cells)[1], name)
    if wanted:
        execute(app, cache, list(wanted.values()))
    for name in docnames:
        env.unet_outputs[name] = outputs(cache, app.unet_pages[name]) if name in app.unet_pages else None


def execute(app, cache, names: list[str]) -> None:
    """Execute pages, the longest first, as many at a time as there are cores, and keep their outputs.

    Raises ExecutionError for a page with a cell that raises, when the pages that were running then are done.
    """
    names = sorted(names, key=lambda name: -app.unet_seconds.get(Path(name).name, float("inf")))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = min(int(os.environ.get("UNET_BOOK_JOBS", cores)), len(names))
    logger.info("executing %d pages, %d at a time", len(names), workers)
    if 2 * len(names) > len(app.unet_pages):  # so that the speeds are those of the machine that executed the book
        cache_folder(app).with_name(chapter_times.SPEEDS).unlink(missing_ok=True)
    failed, running = None, Running()
    with ThreadPoolExecutor(workers) as pool:
        seconds = app.env.mystnb_config.execution_timeout
        jobs = {}
        for name in names:
            page = app.unet_pages[name]
            jobs[pool.submit(run, page.cells, page.path.parent, seconds, running)] = name
        waiting = set(jobs)
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for job in done:
                    name, executed = jobs[job], job.result()
                    path = app.unet_pages[name].path
                    if executed.error:
                        words = f"Executing notebook failed: {type(executed.error).__name__}\n{executed.trace}"
                        logger.warning(f"{words} [mystnb.exec]", location=name, type="mystnb", subtype="exec")
                        failed = failed or (path, executed.error)
                        waiting = {other for other in waiting if not other.cancel()}
                        continue
                    keep(app, cache, app.unet_pages[name], executed)
                    logger.info("%s: Executed notebook in %.2f seconds [mystnb]", path, executed.seconds)
        except BaseException:  # Ctrl-C above all
            pool.shutdown(wait=False, cancel_futures=True)
            running.stop()
            raise
    if failed:
        raise ExecutionError(str(failed[0])) from failed[1]


# --- keeping -------------------------------------------------------------------------------------------


def keep(app, cache, page: Page, executed: Executed) -> None:
    """Put the outputs of a page into the cache, with what was read."""
    data = {
        "execution_seconds": executed.seconds,
        "finished": executed.started + executed.seconds,
        "inputs": app.unet_inputs.of(executed.log, executed.started),
    }
    bundle = CacheBundleIn(executed.notebook, str(page.path), data=data)
    record = cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    if page.shown is not page.cells:
        keep_shown(cache, page, record)


def keep_shown(cache, page: Page, record) -> None:
    """Put the outputs of the cells that the course edition shows into the cache. record: of the reader's edition."""
    old = found(cache, page.shown)
    if old and (old.pk == record.pk or old.data == record.data):
        return
    executed = without_solutions(cache.get_cache_bundle(record.pk).nb)
    bundle = CacheBundleIn(executed, str(page.path), data=record.data)
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def without_solutions(executed: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return an executed page without its solutions, their outputs, and the state of figures that they alone show."""
    executed = nbformat.from_dict(executed)
    executed.cells = [cell for cell in executed.cells if SOLUTION_TAG not in cell.metadata.get("tags", [])]
    for kind in executed.metadata.get("widgets", {}).values():
        state = kind["state"]
        shown, text = set(), nbformat.writes(nbformat.v4.new_notebook(cells=executed.cells))
        while new := {name for name in state.keys() - shown if name in text}:  # names are long and random
            shown |= new
            text = "\n".join(str(state[name]) for name in new)
        kind["state"] = {name: each for name, each in state.items() if name in shown}
    return executed


# --- before and after ----------------------------------------------------------------------------------


def on_doctree_read(app, doctree):
    """Give the page *Status* the time at which a page was executed, in place of that at which it was kept."""
    executed = NbMetadataCollector.get_exec_data(app.env, app.env.docname)
    known = app.env.unet_outputs.get(app.env.docname)
    if executed and known:
        executed["mtime"] = known["finished"]


def on_env_updated(app, env):
    """Let another build use the cache, now that all pages are read."""
    end_turn(cache_folder(app).parent, CACHE_LOCK)


def on_build_finished(app, exception):
    """Have a build after one with warnings repeat them; remember which package the wheel was made of."""
    if app._warncount:
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)
    if exception is None and app.builder.name == "html":
        app.unet_wheel_file.write_text(app.unet_wheel_stamp)


def setup(app):
    app.setup_extension("_ext.build_lock")
    app.connect("config-inited", on_config_inited, priority=0)
    app.connect("builder-inited", on_builder_inited)
    app.connect("env-get-outdated", on_env_get_outdated)
    app.connect("env-before-read-docs", on_env_before_read_docs, priority=900)
    app.connect("doctree-read", on_doctree_read)
    app.connect("env-updated", on_env_updated)
    app.connect("build-finished", on_build_finished, priority=900)  # after every extension that may still warn
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
