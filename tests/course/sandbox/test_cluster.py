"""Answers are run on the machines of a Dask cluster: the grades are the same, and what is secret stays here."""

import json
import sys
import threading

import pytest
from classkit import a_bundle, a_class, known, notebook, rows_of, source_of

from unet_edu.course.grading.grade import grade
from unet_edu.course.grading.mark import GradeError
from unet_edu.course.sandbox import cluster as cluster_module
from unet_edu.course.sandbox.cluster import Cluster, ClusterUnavailable

RIGHT = "def block_out(size):\n    return size - 4"


@pytest.fixture(scope="module")
def local():
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as local:
        yield local


def run(cluster, cell, sizes=(572, 10)):
    args = [(size,) for size in sizes]
    return [r.get("value") for r in cluster.run(cells=[cell], exercise_id="arithmetic.block_out", args=args).outcomes]


@pytest.mark.isolation
def test_the_grades_are_those_of_two_jobs(local, tmp_path):
    bundle = a_bundle()
    a_class(bundle, tmp_path, students=30)
    given = {"roster": tmp_path / "roster.csv", "timeout": 5, "progress": False}
    here = grade(bundle, tmp_path / "submissions", tmp_path / "here", jobs=2, **given)
    there = grade(bundle, tmp_path / "submissions", tmp_path / "there", scheduler=local.scheduler_address, **given)
    assert there.ran == here.ran > 100
    assert rows_of(tmp_path / "there") == rows_of(tmp_path / "here")
    assert {"TIMEOUT", "STOPPED"} <= set(there.states)


@pytest.mark.isolation
def test_over_tls_with_the_certificates_of_dask_s_configuration():
    import dask
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, security=True, dashboard_address=":0") as local:
        made = local.security
        files = {"ca-file": made.tls_ca_file, "client.cert": made.tls_client_cert, "client.key": made.tls_client_key}
        assert local.scheduler_address.startswith("tls://")
        configured = dask.config.set({f"distributed.comm.tls.{key}": value for key, value in files.items()})
        with configured, Cluster(local.scheduler_address) as cluster:
            assert run(cluster, RIGHT) == [568, 6]
            assert all(address.startswith("tls://") for address in cluster.workers)


@pytest.mark.isolation
def test_neither_the_secret_nor_what_is_wanted_nor_a_name_travels(local, tmp_path, monkeypatch):
    bundle = a_bundle()
    (tmp_path / "in").mkdir()
    cells = [(source_of(next(a for a in known(task.id) if not a.words)), task.id) for task in bundle.exercises]
    (tmp_path / "in" / "zebediah.ipynb").write_bytes(notebook(cells))
    sent = []
    exchange = Cluster.exchange

    def noted(self, request, *public):
        sent.append(request)
        return exchange(self, request, *public)

    monkeypatch.setattr(Cluster, "exchange", noted)
    grade(bundle, tmp_path / "in", tmp_path / "out", scheduler=local.scheduler_address, progress=False)
    assert len(sent) == len(bundle.exercises)
    for request, task in zip(sent, bundle.exercises, strict=True):
        assert vars(request).keys() == {"data", "cases", "limits"}
        assert bundle.cohort.secret.encode() not in request.data
        assert b"zebediah" not in request.data
        whole = json.loads(request.data)
        assert whole.keys() == {
            *("cells", "own", "name", "needs", "blocked", "carried", "cases", "params", "limits"),
        }
        assert len(whole["cases"]) == request.cases
        assert "oracle" not in json.dumps(whole["carried"])
        assert task.exercise.name == whole["name"]


@pytest.mark.isolation
def test_a_worker_that_is_killed_loses_no_answer(tmp_path):
    from distributed import LocalCluster

    some = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with some as local, Cluster(local.scheduler_address, timeout=30) as cluster:
        slow = "import time\ndef block_out(size):\n    time.sleep(1)\n    return size - 4"
        found = []
        threads = [threading.Thread(target=lambda: found.append(run(cluster, slow))) for _ in range(4)]
        for thread in threads:
            thread.start()
        victim = next(iter(local.workers.values()))
        victim.process.process._process.kill()
        for thread in threads:
            thread.join(180)
        assert found == [[568, 6]] * 4


@pytest.mark.isolation
def test_afterwards_the_cluster_is_as_it_was(local):
    with Cluster(local.scheduler_address) as cluster:
        assert cluster.jobs == 2
        assert cluster.filtered
        assert run(cluster, RIGHT) == [568, 6]
    with local.get_client() as client:
        left = client.run(lambda dask_worker: hasattr(dask_worker, cluster_module.SANDBOX))
        assert list(left.values()) == [False, False]


@pytest.mark.isolation
def test_a_worker_that_cannot_isolate_is_named_with_what_to_install(local, monkeypatch):
    with local.get_client() as client:
        client.run(lambda: __import__("os").environ.__setitem__("PATH", "/nowhere"))
        try:
            with pytest.raises(Exception, match="apt install bubblewrap"), Cluster(local.scheduler_address):
                pass
        finally:
            client.run(
                lambda path: __import__("os").environ.__setitem__("PATH", path), __import__("os").environ["PATH"]
            )


def test_a_worker_with_another_version_is_refused(local, monkeypatch):
    monkeypatch.setattr(cluster_module, "__version__", "9.9")
    with pytest.raises(ClusterUnavailable, match=r"has unet_edu [\d.]+: install unet_edu 9\.9 there"):
        Cluster(local.scheduler_address).__enter__()


@pytest.mark.parametrize("address", ["tcp://10.0.0.5:8786", "10.0.0.5:8786", "ucx://gpu.example.org:1", "ws://a.b:1"])
def test_a_cluster_without_encryption_is_refused(address):
    with pytest.raises(ClusterUnavailable, match="hidden inputs would travel in clear") as raised:
        Cluster(address).__enter__()
    assert "begins with tls://" in str(raised.value)


@pytest.mark.parametrize("address", ["tls://10.0.0.5:8786", "tcp://127.0.0.1:8786", "localhost:8786", "tcp://[::1]:1"])
def test_encrypted_or_on_this_machine_is_not_refused(address):
    cluster_module._refuse_clear(address)


def test_where_nobody_answers(monkeypatch):
    monkeypatch.setattr(cluster_module, "CONNECT", 1)
    with pytest.raises(ClusterUnavailable, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9: "):
        Cluster("tcp://127.0.0.1:9").__enter__()


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterUnavailable, match=r'pip install "unet_edu\[grade-cluster\]"'):
        Cluster("tcp://127.0.0.1:9").__enter__()


def test_a_cluster_is_never_unsafe(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(notebook([(RIGHT, "arithmetic.block_out")]))
    with pytest.raises(GradeError, match="always isolated"):
        grade(a_bundle(), tmp_path / "in", tmp_path / "out", unsafe=True, scheduler="tcp://127.0.0.1:9", progress=False)
    assert not (tmp_path / "out" / "grades.csv").exists()
