"""Runs the cells of a page in a kernel of its own, on one thread, and has `record_reads` note what they read.

Outputs depend on this file, so that a change of it executes every page again (`page_inputs`).
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
STARTUP_SECONDS = 600  # a kernel on a busy machine may need more than nbclient's 60
RECORDER = Path(__file__).with_name("record_reads.py")


@dataclass
class Executed:
    """A page after its execution: its cells with outputs, how long that took, and what went wrong, if anything."""

    notebook: nbformat.NotebookNode
    started: float
    seconds: float
    log: bytes
    error: Exception | None = None
    trace: str = ""


class Running:
    """The kernels that are running, so that all of them can be ended."""

    def __init__(self):
        self.clients, self.stopped = [], False

    def started(self, client) -> None:
        """Note a client whose kernel has started. Raises InterruptedError if it should not run any more."""
        self.clients.append(client)
        if self.stopped:
            raise InterruptedError("the build was ended")

    def stop(self) -> None:
        """End all kernels, at once; their pages end with an error."""
        self.stopped = True
        for client in self.clients:
            if client.km and client.km.has_kernel and (pid := getattr(client.km.provisioner, "pid", None)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)


def run(cells: nbformat.NotebookNode, folder: Path, timeout: int, running: Running) -> Executed:
    """Execute the cells of a page in a kernel of its own, in the folder of the page. timeout: seconds a cell."""
    notebook = nbformat.from_dict(cells)
    with tempfile.TemporaryDirectory() as temporary:
        log = Path(temporary) / "reads"
        log.touch()
        client = NotebookClient(
            notebook,
            timeout=timeout,
            startup_timeout=STARTUP_SECONDS,
            record_timing=False,  # it would become part of the cells
            resources={"metadata": {"path": str(folder)}},
            extra_arguments=[f"--IPKernelApp.exec_files={RECORDER}"],
            on_notebook_start=lambda **_: running.started(client),
        )
        started, clock, error, trace = time.time(), time.perf_counter(), None, ""
        try:
            client.execute(env={**os.environ, **ONE_THREAD, "UNET_READS": str(log)})
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as raised:
            error, trace = raised, traceback.format_exc()
        return Executed(notebook, started, time.perf_counter() - clock, log.read_bytes(), error, trace)
