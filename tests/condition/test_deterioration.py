"""Markov deterioration: by hand, what always holds, and a step-by-step loop."""

import csv
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition.deterioration import grade_shares, transition_matrices

chance = st.floats(0, 1, allow_subnormal=False)
types = st.lists(st.tuples(chance, chance, chance, chance), min_size=1, max_size=4)


def step(shares, drops):
    """One year later: each of A to D loses its chance of dropping to the next grade."""
    after = list(shares)
    for grade in range(4):
        moved = shares[grade] * drops[grade]
        after[grade] -= moved
        after[grade + 1] += moved
    return after


def test_two_years_by_hand():
    """From A at 0.5, 0.2: after a year A 0.5, B 0.5; after two A 0.25, B 0.25 + 0.5 x 0.8 = 0.65, C 0.5 x 0.2 = 0.1."""
    shares = grade_shares(transition_matrices(np.array([[0.5, 0.2, 0.0, 0.0]])), 2)
    assert shares[0, 0, 1] == pytest.approx([0.5, 0.5, 0, 0, 0])
    assert shares[0, 0, 2] == pytest.approx([0.25, 0.65, 0.1, 0, 0])


def test_asphalt_roof_at_d_against_paper():
    """DfE's asphalt roof drops from D to E with 0.38647 a year: after two years D is 0.61353 squared = 0.376419."""
    with resources.files("capplan.reference").joinpath("component_types.csv").open(encoding="utf-8") as file:
        roof = next(row for row in csv.DictReader(file) if row["type_id"] == "ROOF.04")
    drops = [float(roof[name]) for name in ("p_ab", "p_bc", "p_cd", "p_de")]
    shares = grade_shares(transition_matrices(np.array([drops])), 2)
    assert shares[0, 3, 2, 3] == pytest.approx(0.376419, abs=1e-6)
    assert shares[0, 3, 2, 4] == pytest.approx(1 - 0.376419, abs=1e-6)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_probability_outside_nought_to_one_is_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        transition_matrices(np.array([[0.1, wrong, 0.1, 0.1]]))


def test_failed_stays_failed():
    shares = grade_shares(transition_matrices(np.array([[0.3, 0.3, 0.3, 0.3]])), 5)
    assert (shares[0, 4, :, 4] == 1).all()


@settings(deadline=None, max_examples=60)
@given(types, st.integers(0, 15))
def test_shares_against_a_loop(drops, years):
    shares = grade_shares(transition_matrices(np.array(drops)), years)
    assert shares.shape == (len(drops), 5, years + 1, 5)
    for kind, drop in enumerate(drops):
        for start in range(5):
            now = [1.0 if grade == start else 0.0 for grade in range(5)]
            for year in range(years + 1):
                assert shares[kind, start, year] == pytest.approx(now, rel=1e-9, abs=1e-12)
                now = step(now, drop)


@settings(deadline=None, max_examples=60)
@given(types, st.integers(0, 15))
def test_shares_are_matrix_powers(drops, years):
    matrices = transition_matrices(np.array(drops))
    shares = grade_shares(matrices, years)
    for kind in range(len(drops)):
        for year in range(years + 1):
            assert shares[kind, :, year] == pytest.approx(np.linalg.matrix_power(matrices[kind], year), abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(types, st.integers(1, 15))
def test_rows_sum_to_one_and_nothing_gets_better(drops, years):
    matrices = transition_matrices(np.array(drops))
    assert matrices.sum(axis=2) == pytest.approx(1.0, abs=1e-12)
    shares = grade_shares(matrices, years)
    assert (shares >= 0).all()
    assert shares.sum(axis=3) == pytest.approx(1.0, abs=1e-9)
    at_worst = np.cumsum(shares, axis=3)  # chance of being no worse than each grade
    assert (np.diff(at_worst, axis=2) <= 1e-12).all()
    assert (np.diff(at_worst, axis=1) <= 1e-9).all(), "a better start is never worse later"
