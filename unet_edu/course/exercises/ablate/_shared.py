"""The spread of two lists of scores."""

import math
import statistics


def pooled_deviation(these, others) -> float:
    """Return the pooled standard deviation of two lists of two scores or more."""
    one, other = (len(each) - 1 for each in (these, others))
    variances = statistics.variance(map(float, these)), statistics.variance(map(float, others))
    return math.sqrt((one * variances[0] + other * variances[1]) / (one + other))
