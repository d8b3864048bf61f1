"""Worst-first against the output of DfE's Blockbuster-2 1.1.0.1 on its own simulated estate.

1,944 components of 50 blocks, at a rebuild cost of GBP 2,000/m2. The data are published facts, not output of capplan.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capplan.condition.worst_first import read_policy_components, worst_first

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "blockbuster"
pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"published cases not found in {PUBLISHED}")

CASES = {  # years, repair GBP a year, rebuild GBP a year, inflation, grade order
    "do_nothing_10": (10, 0, 0, 0, "EDCB"),
    "repair_5m_EDCB_10": (10, 5e6, 0, 0, "EDCB"),
    "repair_5m_BCDE_10": (10, 5e6, 0, 0, "BCDE"),
    "repair_2m_rebuild_4m_infl3_15": (15, 2e6, 4e6, 0.03, "EDCB"),
}


@pytest.fixture(scope="module")
def simulated_estate():
    return read_policy_components(PUBLISHED / "simulated_estate.csv")


@pytest.fixture(scope="module", params=CASES)
def case(request, simulated_estate):
    return request.param, worst_first(simulated_estate, *CASES[request.param])


def published(name, case):
    frame = pd.read_csv(PUBLISHED / name)
    return frame[frame.case == case].reset_index(drop=True)


def close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=1e-9, atol=1e-12)


def test_area_and_backlog_of_every_year_and_grade(case):
    name, result = case
    theirs = published("cases_totals.csv", name)
    both = result.totals.merge(theirs, on=["year", "grade"], how="outer", suffixes=("_ours", ""), validate="1:1")
    assert len(both) == len(theirs) == len(result.totals) == 5 * (CASES[name][0] + 1)
    close(both.area_ours, both.area)
    close(both.backlog_gbp, both.backlog)


def test_shares_of_every_component_at_the_end(case):
    name, result = case
    theirs = published("cases_elements.csv.gz", name)
    assert result.components.building_id.tolist() == theirs.buildingid.tolist()
    assert result.components.element_id.tolist() == theirs.elementid.tolist()
    close(result.components[list("ABCDE")], theirs[list("ABCDE")])


def test_expected_failures_and_rebuilds_of_every_year(case):
    name, result = case
    theirs = published("cases_years.csv", name)
    assert result.years.year.tolist() == theirs.year.tolist()
    close(result.years.expected_failures, theirs.expected_failures)
    assert result.years.rebuilds.tolist() == theirs.rebuilds.tolist()


def test_blocks_in_need_from_year_1(case):
    name, result = case
    theirs = published("cases_years.csv", name)
    assert result.years.in_need.tolist()[1:] == theirs.in_need.tolist()[1:]
    close(result.years.cost_in_need_gbp[1:], theirs.cost_in_need[1:])


def test_year_0_in_need_is_published_with_grade_b(simulated_estate):
    """Why year 0 differs: 11 blocks are published for it, which only a ratio with grade B in it gives; ours are 2."""
    cost = sum(simulated_estate.unit_area * simulated_estate[grade] * simulated_estate[f"{grade}.repair.cost"]
               for grade in "BCDE")
    rebuild = 2000 * simulated_estate.groupby("buildingid").gifa.max()
    with_b = cost.groupby(simulated_estate.buildingid).sum() > rebuild
    theirs = published("cases_years.csv", "do_nothing_10").iloc[0]
    assert with_b.sum() == theirs.in_need
    close(rebuild[with_b].sum(), theirs.cost_in_need)
    assert worst_first(simulated_estate, 1, 0, 0, 0).years.in_need[0] == 2
