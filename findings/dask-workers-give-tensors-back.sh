#!/bin/sh
# distributed 2026.8.0 starts its workers with MALLOC_TRIM_THRESHOLD_=65536, so that they give memory back. With glibc a set
# threshold also keeps the other one, MALLOC_MMAP_THRESHOLD_, at 128 kB instead of letting it grow: every feature map of
# PyTorch 2.13.0 is then mapped anew, page by page, and given back at once. Documented for memory, not for this.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  dask==2026.8.0 distributed==2026.8.0 torch==2.13.0 numpy==2.4.6
cd "$folder"
cat > look.py <<'END'
import os
import resource
import time

import dask
import distributed
import torch
from distributed import Client, LocalCluster


def passes(count=30):
    """Convolve; return page faults and seconds of the processor, and what the worker was started with."""
    torch.set_num_threads(1)
    layer, image = torch.nn.Conv2d(8, 8, 3), torch.zeros(1, 8, 512, 512)  # maps of 8 MB
    with torch.inference_mode():
        layer(image)
        before = resource.getrusage(resource.RUSAGE_SELF)
        for _ in range(count):
            layer(image).relu()
        after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return after.ru_minflt - before.ru_minflt, spent, os.environ.get("MALLOC_TRIM_THRESHOLD_")


def measured():
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        return client.submit(passes).result()


if __name__ == "__main__":
    print(f"dask {dask.__version__}, distributed {distributed.__version__}, torch {torch.__version__}")
    faults, seconds, threshold = measured()
    print(f"as workers are started, MALLOC_TRIM_THRESHOLD_={threshold}: {faults:,} page faults, {seconds:.2f} s")
    for name, value in (("MALLOC_TRIM_THRESHOLD_", 2**28), ("MALLOC_MMAP_THRESHOLD_", 2**25)):
        dask.config.set({f"distributed.nanny.pre-spawn-environ.{name}": value})
    fewer, less, _ = measured()
    print(f"with both thresholds set high: {fewer:,} page faults, {less:.2f} s")
    assert threshold == "65536"
    assert faults > 1.5 * fewer
END
"$folder/env/bin/python" look.py
