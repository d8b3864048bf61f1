"""How sure a cost is: quantiles by hand, sampled totals against closed formulas, properties of programmes of any size."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.funding.cost_risk import log_spread, quantile, sample_outturns

Z80, Z90 = NormalDist().inv_cdf(0.8), NormalDist().inv_cdf(0.9)
shares = st.floats(0, 1)


def test_the_range_of_a_stage_holds_eight_outturns_in_ten():
    """A quarter below to 40% above: exp(+-1.2816 s) apart is 1.40 / 0.75 apart."""
    spread = log_spread(0.25, 0.40)
    assert math.exp(2 * Z90 * spread) == pytest.approx(1.40 / 0.75, rel=1e-12)
    assert spread == pytest.approx(0.2435, abs=5e-5)


def test_a_scheme_by_hand():
    """Cost 1,000, spread 0.2: P50 = 1000 exp(-0.02) = 980.20, P80 = 1000 exp(0.8416 x 0.2 - 0.02) = 1,159.9."""
    assert quantile([1000.0], [0.2], 0.5)[0] == pytest.approx(980.1987, abs=1e-3)
    assert quantile([1000.0], [0.2], 0.8)[0] == pytest.approx(1159.88, abs=0.01)
    assert quantile([1000.0], [0.0], 0.8)[0] == 1000.0


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.2), (0.1, -0.2), (1.0, 0.2)])
def test_a_range_that_is_none_is_refused(low, high):
    with pytest.raises(ValueError, match="range"):
        log_spread(low, high)


@pytest.mark.parametrize("shared", [-0.1, 1.1])
def test_a_shared_part_that_is_no_fraction_is_refused(shared):
    with pytest.raises(ValueError, match="fraction"):
        sample_outturns(["a"], [0.2], shared, 10, 1)


def test_names_without_a_spread_are_refused():
    with pytest.raises(ValueError, match="one spread"):
        sample_outturns(["a", "b"], [0.2], 0.5, 10, 1)


def test_each_scheme_has_the_quantiles_of_its_formula_and_its_mean():
    """Latin hypercube of 4,000: within 1% of the closed form for every scheme."""
    spread = np.array([0.05, 0.15, 0.25, 0.4])
    found = sample_outturns(list("abcd"), spread, 0.3, 4000, 7)
    for chance in (0.5, 0.8, 0.9):
        assert np.quantile(found.ratios, chance, axis=1) == pytest.approx(quantile(np.ones(4), spread, chance), rel=0.015)
    assert found.ratios.mean(axis=1) == pytest.approx(np.ones(4), abs=0.006)


def test_two_schemes_go_together_as_much_as_they_share():
    found = sample_outturns(["a", "b"], [0.2, 0.3], 0.4, 20000, 3)
    assert np.corrcoef(np.log(found.ratios))[0, 1] == pytest.approx(0.4, abs=0.03)


def test_what_all_share_wholly_adds_up_and_what_none_share_shrinks_with_the_root_of_their_number():
    """100 alike of spread s: all shared, the P80 of the sum is the sum of the P80s; nothing shared, the sum's standard
    deviation is a tenth of theirs, and its P80 near the mean plus 0.8416 of it."""
    names, spread = [f"s{number}" for number in range(100)], np.full(100, 0.2)
    alone = float(quantile([1.0], [0.2], 0.8)[0])
    together = sample_outturns(names, spread, 1.0, 4000, 1).totals(names, np.ones(100))
    assert np.quantile(together, 0.8) == pytest.approx(100 * alone, rel=2e-3)
    apart = sample_outturns(names, spread, 0.0, 4000, 1).totals(names, np.ones(100))
    deviation = math.sqrt(math.exp(0.2 ** 2) - 1) * 10
    assert np.quantile(apart, 0.8) == pytest.approx(100 + Z80 * deviation, rel=3e-3)


def test_a_scheme_meets_the_same_luck_in_every_programme():
    """Common random numbers: whoever else is in it, in whatever order."""
    whole = sample_outturns(["a", "b", "c"], [0.2, 0.1, 0.3], 0.3, 500, 5)
    part = sample_outturns(["c", "a"], [0.3, 0.2], 0.3, 500, 5)
    assert (part.ratios[0] == whole.ratios[2]).all() and (part.ratios[1] == whole.ratios[0]).all()
    assert not np.allclose(sample_outturns(["c"], [0.3], 0.3, 500, 6).ratios[0], whole.ratios[2])


def test_several_amounts_of_a_scheme_come_out_as_it_does():
    found = sample_outturns(["a", "b"], [0.2, 0.1], 0.3, 500, 5)
    total = found.totals(["a", "b", "a"], [10.0, 5.0, 30.0])
    assert total == pytest.approx(40 * found.ratios[0] + 5 * found.ratios[1])


@settings(deadline=None, max_examples=30)
@given(costs=st.lists(st.floats(1e3, 1e6), min_size=1, max_size=12), spread=st.floats(0.01, 0.35), shared=shares,
       seed=st.integers(0, 99))
def test_the_programme_is_surer_than_its_schemes_and_p80_is_above_p50(costs, spread, shared, seed):
    names, spreads = [f"s{number}" for number in range(len(costs))], np.full(len(costs), spread)
    totals = sample_outturns(names, spreads, shared, 2000, seed).totals(names, costs)
    middle, sure = np.quantile(totals, [0.5, 0.8])
    assert middle < sure
    assert sure <= quantile(costs, spreads, 0.8).sum() * 1.012   # 1.2%: what 2,000 samples of one scheme may be out
    assert totals.mean() == pytest.approx(sum(costs), rel=0.02)
