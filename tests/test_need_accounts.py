"""needs.csv of a run, by independent loops over the estate's own rows."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from capplan.candidates import propose
from capplan.condition.course import course
from capplan.estate import read_estate
from capplan.need_accounts import needs_frame
from capplan.outlook import forecast
from capplan.report.results import read_results
from capplan.results import _told_of_controls
from capplan.scenario import read_scenario
from capplan.tabular import write_frame

ROOT = Path(__file__).resolve().parents[1]
CONTROLS = """need,owner,control,look_again_by
MAR-1-A.ROOF,The estates manager,Net below the north gutter,2026-12-01
MAR-1-A.DECO,The caretaker,,
OLD-9-Z.ROOF,Nobody here now,,
"""


@pytest.fixture(scope="module")
def candidates(tmp_path_factory):
    """The tiny trust with controls of its own, two of them for needs that it does not have."""
    place = tmp_path_factory.mktemp("needs")
    shutil.copytree(ROOT / "data" / "tiny", place / "estate")
    (place / "estate" / "controls.csv").write_text(CONTROLS, encoding="utf-8")
    return propose(forecast(read_estate(place / "estate"), read_scenario(ROOT / "scenarios" / "baseline.toml")))


@pytest.fixture(scope="module")
def needs(candidates, tmp_path_factory):
    """The table as it is written, all text."""
    file = tmp_path_factory.mktemp("table") / "needs.csv"
    write_frame(needs_frame(SimpleNamespace(candidates=candidates)), file)
    return pd.read_csv(file, dtype=str, keep_default_na=False).set_index("need")


def test_every_scheme_that_is_no_whole_block_has_its_need(candidates, needs):
    schemes = candidates.schemes
    own = schemes[schemes.also_meets == ""]
    assert set(needs.index) == {row.exclusion_group or row.scheme_id for row in own.itertuples()} and needs.index.is_unique


def test_figures_by_loops_over_the_components(needs, candidates):
    outlook = candidates.outlook
    along = course(outlook.wear, 3)
    for need, row in needs.iterrows():
        rows = sorted({int(member) for scheme in candidates.schemes.itertuples()
                       if (scheme.exclusion_group or scheme.scheme_id) == need and not scheme.also_meets
                       for member in candidates.members.get(scheme.scheme_id, ())})
        if not rows:
            assert row.components == "" and row.grade_now == ""
            continue
        extent = [outlook.costs_gbp[member, 3] for member in rows]
        parts = outlook.parts.iloc[rows]
        worst = max(grade[0] for grade in parts.grade)
        for name, year in (("now", 0), ("in_three_years", 3)):
            poor = sum(weight * along.shares[year][member][2:].sum() for member, weight in zip(rows, extent, strict=True))
            assert float(row[f"poor_{name}_share"]) == pytest.approx(poor / sum(extent), abs=1e-4)
            of_worst = np.zeros(5)
            for member, weight, grade in zip(rows, extent, parts.grade, strict=True):
                of_worst += along.shares[year][member] * weight * (grade[0] == worst)
            middle = next("ABCDE"[i] for i in range(5) if of_worst[:i + 1].sum() >= 0.5 * of_worst.sum() - 1e-6)
            assert row[f"grade_{name}"] == middle >= worst
        failures = sum(along.failures[year][member] for member in rows for year in range(3))
        assert float(row.failures_in_three_years) == pytest.approx(failures, abs=1e-4)
        days = sum(along.failures[year][member] * outlook.pupil_days[member] for member in rows for year in range(3))
        assert float(row.pupil_days_in_three_years) == pytest.approx(days, abs=0.06)
        assert row.statutory == ("yes" if parts.statutory.any() else "no") and int(row.components) == len(rows)
        seen = parts.surveyed.dropna()
        assert row.surveyed_from == (str(seen.min().date()) if len(seen) else "")


def test_the_roof_of_the_tiny_trust_on_paper(needs):
    # One roof at DX, seen two months before the plan starts: a D now, failed within three years more likely than not.
    roof = needs.loc["MAR-1-A.ROOF"]
    assert (roof.worst_grade, roof.grade_now, roof.grade_in_three_years, roof.statutory) == ("DX", "D", "E", "no")
    assert float(roof.pupils) == 200 and float(roof.poor_now_share) == 1 and float(roof.modelled_share) == 0


def test_the_trusts_controls_come_through_and_what_names_no_need_is_told(candidates, needs):
    roof = needs.loc["MAR-1-A.ROOF"]
    assert (roof.owner, roof.look_again_by) == ("The estates manager", "2026-12-01")
    assert roof.control == "Net below the north gutter"
    assert needs.loc["ELL-1-A.ROOF", "owner"] == ""
    told = list(_told_of_controls(SimpleNamespace(candidates=candidates)))
    assert told == ["controls.csv names needs that this plan does not have: MAR-1-A.DECO, OLD-9-Z.ROOF."]


def test_a_run_writes_the_table_and_without_controls_nothing_is_said(tiny_results, needs):
    own = pd.read_csv(tiny_results / "needs.csv", dtype=str, keep_default_na=False).set_index("need")
    apart = ["owner", "control", "look_again_by"]
    pd.testing.assert_frame_equal(own.drop(columns=apart), needs.drop(columns=apart))
    assert (own[apart] == "").all().all()
    assert not [note for note in read_results(tiny_results).solution["notes"] if "controls.csv" in note]


def test_a_plan_of_one_year_looks_three_years_ahead_all_the_same(candidates, tmp_path):
    whole = needs_frame(SimpleNamespace(candidates=candidates)).set_index("need")
    text = (ROOT / "scenarios" / "baseline.toml").read_text(encoding="utf-8").replace("years = 10", "years = 1", 1)
    (tmp_path / "short.toml").write_text(text, encoding="utf-8")
    short = propose(forecast(read_estate(ROOT / "data" / "tiny"), read_scenario(tmp_path / "short.toml")))
    assert short.outlook.horizon == 1
    ahead = needs_frame(SimpleNamespace(candidates=short)).set_index("need")
    both = [need for need in ahead.index if need in whole.index]
    assert len(both) > 5
    pd.testing.assert_series_equal(ahead.poor_in_three_years_share[both], whole.poor_in_three_years_share[both])
