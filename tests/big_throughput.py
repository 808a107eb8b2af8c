"""How fast `unet_edu.big.predict` is on a cluster of processes, beside `predict` in one: not a test, a measurement.

    python tests/big_throughput.py                      4096 × 4096 pixels, two processes of 1 GiB each
    python tests/big_throughput.py --side 8192 --kill   a worker is killed in the middle: nothing is lost

The network has base width 8 and random weights; each process computes on one thread. Both ways take turns, and their
probabilities are held against each other. Prints seconds, the ratio, and the most memory that a worker held.
"""

import argparse
import os
import re
import signal
import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch
import zarr
from distributed import Client, LocalCluster

from unet_edu import big
from unet_edu.experiments import record
from unet_edu.models import UNet
from unet_edu.predict import predict

TOLERANCE = 1e-5


def peak_mib():
    """Return the most memory that this process held so far, in MiB (Linux)."""
    return int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024


def killed_in_the_middle(client, out):
    """Kill one worker as soon as the first results are written; return the thread that does."""
    pid = next(iter(client.run(os.getpid).values()))

    def kill():
        while not any(path.name != "zarr.json" for path in out.rglob("*") if path.is_file()):
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kill", action="store_true", help="kill one worker in the first round")
    parser.add_argument("--as-dask-starts-them", action="store_true", help="without big.keep_memory()")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = UNet(base_width=8).eval()
    image = np.random.default_rng(0).random((args.side, args.side), np.float32)
    machine = record.machine("cpu")
    print(f"{machine['processor']}, {machine['cores']} cores, load {machine['load_1min']} before")
    alone, together, apart, lost = [], [], 0.0, 0
    if not args.as_dask_starts_them:
        big.keep_memory()
    options = {"n_workers": 2, "threads_per_worker": 1, "memory_limit": "1GiB", "dashboard_address": None}
    with tempfile.TemporaryDirectory() as folder, LocalCluster(**options) as cluster, Client(cluster) as client:
        top = Path(folder)
        stored = zarr.create_array(str(top / "image.zarr"), shape=image.shape, chunks=(1024, 1024), dtype=image.dtype)
        stored[:] = image
        client.run(torch.set_num_threads, 1)
        for turn in range(args.rounds):
            start = time.monotonic()
            wanted = predict(net, image, progress=False)
            alone.append(time.monotonic() - start)
            out = top / f"out{turn}.zarr"
            thread = killed_in_the_middle(client, out) if args.kill and turn == 0 else None
            start = time.monotonic()
            big.predict(net, stored).to_zarr(str(out))
            together.append(time.monotonic() - start)
            if thread:
                thread.join()
                lost += 1
            found = zarr.open_array(str(out))
            for rows in range(0, args.side, 512):
                part = np.s_[:, rows : rows + 512]
                apart = max(apart, float(np.abs(found[part] - wanted[part]).max()))
            print(f"one process {alone[-1]:.1f} s, two {together[-1]:.1f} s", flush=True)
        peaks = client.run(peak_mib).values()
    one, two = statistics.median(alone), statistics.median(together)
    print(f"{args.side} × {args.side}: medians {one:.1f} and {two:.1f} s, {one / two:.2f} times as fast with two")
    print(f"largest difference {apart:.1e}; a worker's peak {max(peaks)} MiB; workers killed: {lost}")
    raise SystemExit(apart > TOLERANCE)


if __name__ == "__main__":
    main()
