"""How long matching takes: not a test, a measurement.

    python tests/metrics/matching_time.py

500 true cells against 500 of a proposal, on images of 520 × 696 and 1024 × 1024 pixels; milliseconds, the median of 51,
and how many times longer the contingency table of scikit-image alone takes.
"""

import statistics
import time

import numpy as np
from skimage.metrics import contingency_table
from skimage.segmentation import expand_labels

from unet_edu.metrics import instances

CELLS = 500


def cells(shape):
    """Return that many round cells, at random places."""
    seeds = np.zeros(shape, np.int32)
    seeds.ravel()[np.random.default_rng(0).permutation(seeds.size)[:CELLS]] = np.arange(1, CELLS + 1)
    return expand_labels(seeds, 11)


def milliseconds(function, *arguments):
    """Return the median of 51 calls."""
    taken = []
    for _ in range(51):
        start = time.perf_counter()
        function(*arguments)
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


if __name__ == "__main__":
    for shape in ((520, 696), (1024, 1024)):
        truth = cells(shape)
        proposal = np.roll(truth, (2, 1), (0, 1))
        table = milliseconds(contingency_table, truth, proposal)
        for function in (instances.match, instances.average_precision, instances.merged_and_split):
            own = milliseconds(function, truth, proposal)
            beside = f"scikit-image's table {table / own:.1f}×"
            print(f"{shape[0]} × {shape[1]}  {function.__name__:18} {own:6.1f} ms   {beside}")
