"""Runs what students wrote in sandboxes on many machines: those of a Dask cluster that is there already.

    with Cluster("tls://scheduler:8786", timeout=5) as cluster:
        answer = cluster.run(cells=…, exercise_id=…, args=…)      as `Sandbox.run`, of which it has the interface

To a worker travel, of each answer, the notebook's code cells, the hidden inputs, how the exercise is tried, and the
limits; where an exercise has no oracle, its reference solution, too. Back come the frames of the sandbox, which are
read here. The cohort's secret, what is wanted, names of students and their points never leave this machine. Hidden
inputs are for no stranger's eyes: a cluster whose connections are not encrypted (TLS) is refused, unless all of it is
on this machine.
"""

import asyncio
import ipaddress
import threading
from urllib.parse import urlsplit

from unet_edu import __version__
from unet_edu.course.outcome import line_of
from unet_edu.course.sandbox.messages import Request
from unet_edu.course.sandbox.sandbox import Sandbox, SandboxUnavailable

SANDBOX = "_unet_edu_sandbox"  # the attribute of a worker that holds its sandbox
CONNECT = 30  # seconds that a scheduler may take to answer

INSTALL = (
    'To grade on a Dask cluster, install its client here and on the workers: pip install "unet_edu[grade-cluster]"'
)
CLEAR = """\
{address} is not encrypted: hidden inputs would travel in clear. Start the scheduler and its workers with TLS
(https://distributed.dask.org/en/stable/tls.html), and give the address that begins with tls://."""


class ClusterUnavailable(SandboxUnavailable):
    """The cluster cannot be reached, or may not be used; the message names what to change."""


class Cluster(Sandbox):
    """The interface of `Sandbox` for a Dask cluster; each worker process starts a sandbox with its own threads' number.

    Args:
        address: of the scheduler, "tls://host:port"; "tcp://127.0.0.1:port" for one on this machine.
        timeout, memory: as for `Sandbox`.

    Raises:
        ClusterUnavailable: on entering, where the scheduler does not answer, has no workers, is not encrypted, or has
            workers with another version of this package.
        SandboxUnavailable: on entering, where a worker cannot isolate; the message is the worker's.
    """

    def __init__(self, address: str, timeout: float = 5, memory: int = 2**31):
        super().__init__(timeout, memory)
        self.address, self.workers, self._client = address, {}, None

    def __enter__(self):
        try:
            from distributed import Client
        except ImportError as error:
            raise ClusterUnavailable(f"{INSTALL} ({error})") from None
        _refuse_clear(self.address)
        try:
            self._client = Client(self.address, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            raise ClusterUnavailable(f"no Dask scheduler answers at {self.address}: {line_of(error)}") from None
        try:
            self.workers = workers = self._client.scheduler_info(n_workers=-1)["workers"]  # by address
            if not workers:
                raise ClusterUnavailable(f"the scheduler at {self.address} has no workers: start some, then grade")
            for address in workers:
                _refuse_clear(address)
            self.jobs = sum(worker["nthreads"] for worker in workers.values())
            self._start_sandboxes()
        except BaseException:
            self.close()
            raise
        return self

    def _start_sandboxes(self):
        for address, version in self._client.run(_version, on_error="return").items():
            if version != __version__:
                found = (
                    f"has unet_edu {version}" if isinstance(version, str) else f"cannot import it: {line_of(version)}"
                )
                raise ClusterUnavailable(f"worker {address} {found}: install unet_edu {__version__} there, as here")
        failed = [why for why in self._client.run(_start, *self._limits, on_error="return").values() if why is not None]
        if failed:
            raise failed[0] if isinstance(failed[0], SandboxUnavailable) else ClusterUnavailable(line_of(failed[0]))
        found = list(self._client.run(_kinds).values())
        self._isolation = min((kind for kind, _ in found), key=("plain", "alone", "namespaces").index)
        self._filtered = all(filtered for _, filtered in found)

    @property
    def isolation(self) -> str:
        """How answers are kept apart on the worker that can do least."""
        return self._isolation

    @property
    def filtered(self) -> bool:
        """Whether all workers refuse the system calls that no answer needs."""
        return self._filtered

    def exchange(self, request: Request, public: bool = False) -> tuple[list[bytes | None], str]:
        """Run a request on a worker of the cluster, on another one where it is lost."""
        return self._client.submit(_exchange, request, public, self._limits, pure=False).result()

    @property
    def _limits(self):
        return self.limits["seconds"], self.limits["memory"]

    def close(self):
        """End the sandboxes on all workers, and leave the cluster as it was."""
        if self._client is not None:
            try:
                self._client.run(_stop, on_error="ignore")
            finally:
                self._client.close()
                self._client = None


def _refuse_clear(address):
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme in ("tls", "wss", "inproc"):
        return
    try:
        is_here = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise ClusterUnavailable(CLEAR.format(address=address))


# ---------------------------------------------------------------------------------------------------------- on a worker

_STARTING = threading.Lock()


def _version() -> str:
    return __version__


async def _start(timeout, memory, dask_worker):
    """Start the worker's sandbox, beside its event loop; one that an earlier client left is ended."""
    await asyncio.to_thread(_stop, dask_worker)
    await asyncio.to_thread(_started, dask_worker, timeout, memory)


def _started(worker, timeout, memory) -> Sandbox:
    """Return the sandbox of a worker, started where there is none yet."""
    with _STARTING:
        if not hasattr(worker, SANDBOX):
            setattr(worker, SANDBOX, Sandbox(timeout, memory, worker.state.nthreads).__enter__())
        return getattr(worker, SANDBOX)


def _kinds(dask_worker) -> tuple[str, bool]:
    sandbox = getattr(dask_worker, SANDBOX)
    return sandbox.isolation, sandbox.filtered


def _exchange(request, public, limits):
    """Run a request in the sandbox of this worker; one that joined the cluster late starts its own first."""
    from distributed import get_worker

    return _started(get_worker(), *limits).exchange(request, public)


def _stop(dask_worker):
    sandbox = vars(dask_worker).pop(SANDBOX, None)
    if sandbox is not None:
        sandbox.close()
