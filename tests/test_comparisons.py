"""unet_edu.comparisons: pairs of runs, Holm's correction, the power of the paired test; each against another way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_rel

from unet_edu import comparisons

P = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def row(*scores):
    return dict(enumerate(scores))


def test_differences_are_taken_seed_by_seed():
    found = comparisons.compare({0: 0.5, 1: 0.7, 2: 0.6, 9: 0.6}, {2: 0.55, 1: 0.5, 0: 0.4, 5: 0.5})
    differences = [0.1, 0.2, 0.05]
    assert (found.pairs, found.left_out) == (3, 0)
    assert found.change == pytest.approx(np.mean(differences))
    assert found.sd == pytest.approx(np.std(differences, ddof=1))
    assert found.p == pytest.approx(ttest_1samp(differences, 0).pvalue)
    # Student's table: 4.303 for two degrees of freedom
    half = 4.302653 * found.sd / 3**0.5
    assert (found.low, found.high) == pytest.approx((found.change - half, found.change + half), abs=1e-6)


def test_a_shared_scatter_of_the_seeds_does_not_hide_a_difference():
    seeds = np.array([0.5, 0.7, 0.9, 0.6, 0.8])
    better = seeds + np.array([0.02, 0.021, 0.019, 0.02, 0.02])
    assert comparisons.compare(row(*better), row(*seeds)).p < 1e-4


@pytest.mark.parametrize(("others", "p"), [((0.4, 0.6), 0), ((0.5, 0.7), 1)])
def test_equal_differences_have_no_scatter(others, p):
    found = comparisons.compare(row(0.5, 0.7), row(*others))
    assert found.p == p
    assert found.low == found.high == found.change


@pytest.mark.parametrize("others", [{}, {0: 0.5}, {7: 0.5, 8: 0.6}])
def test_fewer_than_two_pairs_say_nothing(others):
    assert comparisons.compare(row(0.5, 0.7), others) is None


def test_a_run_below_half_the_median_has_failed_and_makes_no_pair():
    broken = row(0.9, 0.8, 0.85, 0.41)
    assert comparisons.failed(broken) == {3: 0.41}
    assert comparisons.sound(broken) == {0: 0.9, 1: 0.8, 2: 0.85}
    found = comparisons.compare(broken, row(0.8, 0.71, 0.74, 0.8))
    assert (found.pairs, found.left_out) == (3, 1)
    assert found.change == pytest.approx(0.1)
    assert comparisons.compare(row(0.8, 0.71, 0.74, 0.8), broken).change == pytest.approx(-0.1)
    assert comparisons.failed({}) == {}
    assert comparisons.failed(row(0.2, 0.3, 0.4)) == {}, "a poor row is not a failed one"


def test_holm_by_hand():
    assert comparisons.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert comparisons.holm([0.5, 0.9]) == [1, 1]
    assert comparisons.holm([]) == []


@given(P)
def test_holm_makes_nothing_smaller_and_keeps_the_order(p):
    corrected = np.array(comparisons.holm(p))
    assert (corrected >= np.array(p) - 1e-15).all()
    assert (corrected <= 1).all()
    assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()
    assert min(corrected) == pytest.approx(min(1, len(p) * min(p)))


@given(P, st.randoms())
def test_holm_does_not_depend_on_the_order_of_rows(p, random):
    places = list(range(len(p)))
    random.shuffle(places)
    assert comparisons.holm([p[place] for place in places]) == [comparisons.holm(p)[place] for place in places]


@pytest.mark.parametrize(("difference", "sd", "pairs"), [(0.03, 0.03, 8), (0.0, 1.0, 5), (-1.0, 0.8, 5), (3.0, 1.0, 3)])
def test_power_is_the_share_of_simulated_experiments_that_find_it(difference, sd, pairs):
    rng = np.random.default_rng(17)
    seeds = rng.normal(size=(20_000, pairs))
    changed = seeds + rng.normal(difference, sd, size=seeds.shape)
    found = (ttest_rel(changed, seeds, axis=1).pvalue < 0.05).mean()
    assert comparisons.power(difference, sd, pairs) == pytest.approx(found, abs=0.012)


@pytest.mark.parametrize("pairs", [2, 3, 5, 8, 40])
@pytest.mark.parametrize("level", [0.05, 0.05 / 14])
def test_the_detectable_difference_has_the_power_asked_for(pairs, level):
    size = comparisons.detectable(0.02, pairs, level)
    assert comparisons.power(size, 0.02, pairs, level) == pytest.approx(0.8, abs=1e-6)


@given(st.floats(0.2, 3))
def test_one_pair_less_would_not_do(size):
    needed = comparisons.pairs_needed(size, 1.0)
    assert comparisons.power(size, 1.0, needed) >= 0.8
    assert needed == 2 or comparisons.power(size, 1.0, needed - 1) < 0.8


def test_pairs_needed_for_one_deviation_and_errors():
    assert comparisons.pairs_needed(1.0, 1.0) == 10  # the textbooks' value for a paired test
    with pytest.raises(ValueError, match="no number of pairs"):
        comparisons.pairs_needed(0.0, 1.0)
    with pytest.raises(ValueError, match="at least 2 pairs"):
        comparisons.power(1.0, 1.0, 1)
    with pytest.raises(ValueError, match="sd above 0"):
        comparisons.power(1.0, 0.0, 5)


def test_failed_runs_can_be_named_for_a_measure_that_does_not_show_them():
    these, others = {0: 1.0, 1: 1.1, 2: 9.0}, {0: 0.9, 1: 1.05, 2: 0.1}
    found = comparisons.compare(these, others, broken={2})
    assert (found.pairs, found.left_out) == (2, 1)
    assert found.change == pytest.approx(0.075)
    assert comparisons.compare(these, others, broken=set()).pairs == 3
    assert comparisons.compare(these, others, broken={1, 2}) is None


def test_the_interval_of_independent_differences_is_that_of_the_paired_test():
    one, other = {0: 0.9, 1: 0.8, 2: 0.95, 3: 0.7}, {0: 0.85, 1: 0.78, 2: 0.86, 3: 0.71}
    found = comparisons.compare(one, other)
    assert comparisons.interval(found.change, found.sd, 4) == pytest.approx((found.low, found.high))


def test_neighbours_that_depend_on_each_other_widen_the_interval():
    low, high = comparisons.interval(0.05, 0.04, 3)
    assert (low, high) == pytest.approx((0.05 - 4.302653 * 0.04 / 3**0.5, 0.05 + 4.302653 * 0.04 / 3**0.5))
    wide, narrow = (comparisons.interval(0.05, 0.04, count) for count in (2.5, 6))
    assert wide[0] < low < narrow[0]
    with pytest.raises(ValueError, match="count must be above 1, not 1"):
        comparisons.interval(0.05, 0.04, 1)
