"""Are neighbouring sections two examples? How alike slices of a stack are, by how many sections they lie apart.

    python -m unet_edu.experiments.sections             seconds
    python -m unet_edu.experiments.sections --quick     drawn tissue, which has no neighbours
    python -m unet_edu.experiments.sections --record    keep the results in unet_edu/records/

    slices 0 … 23, pixel by pixel ──► correlation of labels, of images, and wrong pixels where one label is copied
                                      from a section 1, 2, … sections away; the mean of all pairs of that distance

`effective` turns correlations into a number: as how many independent sections n consecutive ones count.
"""

import argparse

import numpy as np

from unet_edu.data import cells, isbi2012
from unet_edu.experiments.record import made, results_dir, write_json

FARTHEST = 12  # sections
DIGITS = 4


def likeness(samples, farthest=FARTHEST):
    """Return a dict for each distance 1 … farthest: "apart", "labels" and "images" (correlations), "wrong", "pairs".

    samples: consecutive slices of one size. wrong: share of pixels at which the labels of two slices differ.
    """
    found = []
    for apart in range(1, min(farthest, len(samples) - 1) + 1):
        pairs = list(zip(samples, samples[apart:], strict=False))
        labels = [(one.label > 0, other.label > 0) for one, other in pairs]
        found.append(
            {
                "apart": apart,
                "labels": float(np.mean([correlation(*pair) for pair in labels])),
                "images": float(np.mean([correlation(one.image, other.image) for one, other in pairs])),
                "wrong": float(np.mean([np.mean(one != other) for one, other in labels])),
                "pairs": len(pairs),
            }
        )
    return [{key: round(value, DIGITS) for key, value in one.items()} for one in found]


def correlation(one, other):
    """Return Pearson's correlation of two arrays of one shape, pixel by pixel."""
    return float(np.corrcoef(np.ravel(one).astype(float), np.ravel(other).astype(float))[0, 1])


def effective(count, correlations):
    """Return as how many independent examples `count` consecutive ones count, for the variance of their mean.

    correlations: of examples 1, 2, … apart; what is missing is 0. The variance of a mean of n is that of one, divided
    by n / (1 + 2 Σ (1 − k/n) ρ_k): independent ones count n, equal ones 1. Raises ValueError for a count below 1.

    Source: G. V. Bayley and J. M. Hammersley, The "effective" number of independent observations in an autocorrelated
    time series, Suppl. J. Royal Statistical Society 8, 1946.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    shared = sum((1 - apart / count) * rho for apart, rho in enumerate(correlations[: count - 1], start=1))
    return count / (1 + 2 * shared)


def main(arguments=None):
    """Run the command line; return the record."""
    parser = argparse.ArgumentParser(prog="python -m unet_edu.experiments.sections", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="drawn tissue: does it work?")
    parser.add_argument("--record", action="store_true", help="keep the results in unet_edu/records/")
    parser.add_argument("--output", help="keep them in this file instead")
    options = parser.parse_args(arguments)
    if options.record and (options.quick or options.output):
        parser.error("--record keeps the full experiment in unet_edu/records/: leave --quick and --output out")
    if options.quick:
        samples = [cells.tissue(128, seed) for seed in range(4)]
    else:
        samples = isbi2012.load("train") + isbi2012.load("validation")
    record = {"experiment": "sections", "made": made("cpu"), "slices": len(samples), "apart": likeness(samples)}
    for one in record["apart"]:
        print("  ".join(f"{key} {value:g}" for key, value in one.items()))
    path = options.output or (results_dir() / "sections-cpu.json" if options.record else None)
    if path:
        write_json(path, record)
        print(f"Kept in {path}")
    return record


if __name__ == "__main__":
    main()
