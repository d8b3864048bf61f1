"""The forecast of an estate's pupils: from its tables by hand, in whole numbers that add, led into grants, and written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capplan.energy_outlook import energy_outlook
from capplan.errors import DataError
from capplan.estate import Estate, read_estate
from capplan.formula_grants import counted_rolls
from capplan.grants import forecast_grants, plan_grants
from capplan.pupil_forecast import forecast_if_asked, forecast_pupils, led_by_forecast
from capplan.pupil_inputs import GROUPS, authority_growth, census_counts, flows_of, pupils_of_housing
from capplan.pupils.flows import expected
from capplan.pupils.housing import pupils_of_homes
from capplan.pupils.integers import largest_remainder, share_out
from capplan.pupils.priors import drawn_together, without_bias
from capplan.report.pupils import card_words, line_words, pupils_html, pupils_text
from capplan.roll_tables import ROLL_TABLES
from capplan.scenario import read_scenario
from capplan.tabular import typed

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "data" / "example"
TABLES = {table.name: table for table in ROLL_TABLES}


@pytest.fixture(scope="module")
def scenario():
    read = read_scenario("baseline.toml", "pupils")
    return read.model_copy(update={"pupils": read.pupils.model_copy(update={"replicates": 300})})


@pytest.fixture(scope="module")
def example():
    return read_estate(EXAMPLE)


@pytest.fixture(scope="module")
def found(example, scenario):
    return forecast_pupils(example, scenario)


def with_tables(estate, **frames):
    """The estate with some tables replaced, each from rows of text cells."""
    tables = estate.tables()
    for name, rows in frames.items():
        cells = pd.DataFrame(rows, dtype=str) if rows else pd.DataFrame(columns=TABLES[name].column_names, dtype=str)
        tables[name] = typed(TABLES[name], cells.fillna(""), name)[0]
    return Estate(tables)


def census_rows(school, counts, first=2020):
    """Census rows of a school: ``{year group: pupils}`` held from ``first`` to 2026, or a list of them by year."""
    return [{"school_id": school, "census_year": str(year), "year_group": str(group), "pupils": str(pupils)}
            for year in range(first, 2027) for group, pupils in (counts if isinstance(counts, dict) else
                                                                 counts[year - first]).items()]


@pytest.fixture
def small(example):
    """Two primary schools and a secondary of the example trust, steady, without births or admission numbers."""
    tables = example.tables()
    keep = ["OXM", "BRI", "ASH"]
    tables["schools"] = tables["schools"][tables["schools"].school_id.isin(keep)].reset_index(drop=True)
    rows = [*census_rows("OXM", dict.fromkeys(range(7), 30)), *census_rows("BRI", dict.fromkeys(range(7), 60)),
            *census_rows("ASH", dict.fromkeys(range(7, 12), 150))]
    return with_tables(Estate(tables), census=rows, births=[], admissions=[])


# --- whole numbers that add -----------------------------------------------------------------------------------------


def test_totals_add_from_year_groups_to_schools_to_the_trust(found):
    totals = found.totals()
    for level, column in (("central", "pupils"), ("low", "low"), ("high", "high")):
        parts = getattr(found, level)
        assert parts.dtype.kind == "i" and (parts >= 0).all()
        ahead = totals[totals.status == "forecast"]
        trust = ahead[ahead.school_id == ""].set_index("census_year")[column]
        schools = ahead[ahead.school_id != ""].groupby("census_year")[column].sum()
        assert (trust == schools).all()
        assert (parts.sum(axis=(0, 1)) == trust.to_numpy()).all()
    by_group = found.by_group().groupby("census_year")[["pupils", "low", "high"]].sum()
    assert (by_group.pupils.to_numpy() == found.central.sum(axis=(0, 1))).all()


def test_low_central_and_high_are_quantiles_of_the_trusts_own_draws(found):
    trust = found.draws.sum(axis=(0, 1))
    for level, quantile in (("low", 0.1), ("central", 0.5), ("high", 0.9)):
        assert np.abs(getattr(found, level).sum(axis=(0, 1)) - np.quantile(trust, quantile, axis=-1)).max() <= 0.5001
    # Not every school at its own low: the trust is surer than its schools together.
    totals = found.totals()
    last = totals[totals.census_year == totals.census_year.max()].set_index("school_id")
    schools = last.drop("")
    assert (schools.pupils - schools.p10).sum() > 1.2 * (last.pupils[""] - last.p10[""])
    assert (schools.low >= schools.p10 - 1).all() and (schools.high <= schools.p90 + 1).all()


@pytest.mark.parametrize(("values", "total", "shares"), [
    ([1, 1, 1], 10, [4, 3, 3]), ([0.2, 0.3, 0.5], 1, [0, 0, 1]), ([5, 0, 5], 4, [2, 0, 2]), ([0, 0], 0, [0, 0])])
def test_largest_remainder_by_hand(values, total, shares):
    assert largest_remainder(np.array(values, float), total).tolist() == shares


def test_a_total_of_nothing_and_wrong_values_are_refused():
    for values, total in (([0.0, 0.0], 3), ([-1.0, 4.0], 3), ([np.nan, 1.0], 1), ([1.0], -1)):
        with pytest.raises(ValueError):
            largest_remainder(np.array(values), total)


def test_sharing_out_stays_within_one_of_every_part_and_adds():
    random = np.random.default_rng(4)
    for _ in range(50):
        values = random.gamma(1.0, 20.0, (5, 7)) * (random.random((5, 7)) < 0.8)
        total = round(values.sum())
        whole = share_out(values, total)
        assert whole.sum() == total and (whole[values == 0] == 0).all()
        exact = values * total / values.sum()
        assert np.abs(whole.sum(axis=1) - exact.sum(axis=1)).max() <= 1.0 and np.abs(whole - exact).max() < 2.0


# --- what the tables say --------------------------------------------------------------------------------------------


def test_a_steady_trust_stays_as_it_is(small, scenario):
    flows, methods = flows_of(small, scenario, census_counts(small, scenario.pupils), 10)
    assert np.allclose(expected(flows).sum(axis=1), [[210] * 10, [420] * 10, [750] * 10], rtol=1e-3)
    assert set(methods.method) == {"recent years"} and len(methods) == 3


def test_births_lead_the_intakes_by_hand(small, scenario):
    # A third of the area's births start at the two schools; births halve in 2025.
    births = [{"planning_area": "", "year": str(year), "births": "270" if year < 2025 else "135"}
              for year in range(2012, 2031)]
    led = with_tables(small, births=births)
    flows, methods = flows_of(led, scenario, census_counts(led, scenario.pupils), 10)
    intake = expected(flows)[:2, GROUPS.index(0)].sum(axis=0)
    # Census 2030 is the autumn of 2029: born September 2024 to August 2025, a third of 2024 and two thirds of 2025.
    assert intake.round(3).tolist() == [90, 90, 90, 60, 45, 45, 45, 45, 45, 45]
    assert set(methods.method[methods.year_group == 0]) == {"births"}
    assert "0.333" in methods.basis.iloc[0]


def test_births_that_end_are_held_and_said(small, scenario):
    births = [{"planning_area": "", "year": str(year), "births": "270"} for year in range(2012, 2025)]
    flows, methods = flows_of(with_tables(small, births=births), scenario, census_counts(small, scenario.pupils), 10)
    assert np.allclose(expected(flows)[:2, GROUPS.index(0)].sum(axis=0), 90, rtol=1e-3)
    assert "then as in 2029" in methods.basis.iloc[0]


def test_feeder_schools_lead_year_seven(small, scenario):
    # Of 90 leavers 27 and 24 go on to the secondary school; 99 of its 150 come from elsewhere.
    feeders = [{"from_school_id": school, "school_id": "ASH", "census_year": str(year), "pupils": pupils}
               for year in (2024, 2025, 2026) for school, pupils in (("OXM", "24"), ("BRI", "27"))]
    fed = with_tables(small, feeders=feeders)
    flows, methods = flows_of(fed, scenario, census_counts(fed, scenario.pupils), 3)
    seven = expected(flows)[2, GROUPS.index(7)]
    assert np.allclose(seven, 150, rtol=1e-3)
    assert flows.intake[2, GROUPS.index(7), 0] == pytest.approx(99, rel=1e-3)
    assert flows.fed[2].round(6).tolist() == [0.8, 0.45, 0.0]
    assert methods.method.tolist() == ["recent years", "recent years", "feeder schools"]
    # A larger year 6 in a primary school shows in year 7 the year after.
    more = [*census_rows("OXM", [*[dict.fromkeys(range(7), 30)] * 6, {**dict.fromkeys(range(6), 30), 6: 45}]),
            *census_rows("BRI", dict.fromkeys(range(7), 60)), *census_rows("ASH", dict.fromkeys(range(7, 12), 150))]
    fuller = with_tables(fed, census=more)
    flows, _ = flows_of(fuller, scenario, census_counts(fuller, scenario.pupils), 3)
    assert expected(flows)[2, GROUPS.index(7), 0] == pytest.approx(150 + 0.8 * 15, rel=2e-2)


def test_admission_numbers_cap_and_sister_schools_take_a_part(small, scenario):
    numbers = [{"school_id": school, "year_group": "0", "census_year": "2026", "pupils": pupils}
               for school, pupils in (("OXM", "20"), ("BRI", "90"))]
    capped = with_tables(small, admissions=numbers)
    flows, methods = flows_of(capped, scenario, census_counts(capped, scenario.pupils), 3)
    entry = expected(flows)[:2, GROUPS.index(0), 0]
    assert entry.tolist() == pytest.approx([20, 60 + scenario.pupils.spill_share * 10], rel=1e-3)
    assert "at most 20 admitted" in methods.basis[0]
    found = forecast_pupils(capped, scenario)
    assert found.draws[0, GROUPS.index(0)].max() <= 20


def test_pupils_join_later_up_to_a_twentieth_above_the_admission_number(small, scenario):
    # Thirty start, and each year a tenth more join: 33 in year 1, but no more than 31.5 with a number of 30.
    rows = [*census_rows("OXM", {group: round(30 * 1.1 ** group) for group in range(7)}),
            *census_rows("BRI", {group: round(60 * 1.1 ** group) for group in range(7)}),
            *census_rows("ASH", dict.fromkeys(range(7, 12), 150))]
    numbers = [{"school_id": "OXM", "year_group": "0", "census_year": "2026", "pupils": "30"}]
    full = with_tables(small, census=rows, admissions=numbers)
    flows, _ = flows_of(full, scenario, census_counts(full, scenario.pupils), 2)
    found = expected(flows)[0]
    assert found[GROUPS.index(1), 1] == pytest.approx(30 * 1.05, rel=1e-3)
    # Those who are in year 1 already, 33 of them, stay, though none joins them.
    assert found[GROUPS.index(2), 0] == pytest.approx(33, rel=1e-3)


def test_a_planning_year_is_seen_in_the_spring_census_of_the_next_calendar_year(found):
    assert found.at([2026, 2035]) == [found.index(2027), found.index(2036)] == [0, 9]
    with pytest.raises(ValueError):
        found.at([2036])


def test_a_special_school_has_as_many_pupils_as_places(example, found, scenario):
    place = found.schools.index("OSI")
    assert (found.central[place].sum(axis=0) == 140).all() and np.allclose(found.draws[place].sum(axis=0), 140, atol=0.1)
    without = with_tables(example, admissions=[])
    assert (forecast_pupils(without, scenario).central[place].sum(axis=0) == 138).all()


def test_homes_bring_pupils_by_years_since_completion(small, scenario):
    # 200 homes, half of them only the usual building; 0.2 then 0.3 primary pupils a home; 80% come to the school.
    yields = [{"dwelling_kind": "", "phase": "primary", "years_since": str(year), "pupils_per_dwelling": share}
              for year, share in ((0, "0.2"), (1, "0.3"))]
    homes = [{"development_id": "D1", "school_id": "OXM", "census_year": "2028", "dwellings": "200", "dwelling_kind": "",
              "school_share": "0.8", "in_trend_share": "0.5"}]
    built = with_tables(small, housing=homes, pupil_yields=yields)
    more = pupils_of_housing(built, census_counts(built, scenario.pupils), 4)
    assert more[0].sum(axis=0).round(6).tolist() == [0, 16, 24, 24] and more[1:].sum() == 0
    assert np.allclose(more[0, 1:8, 1], 16 / 7)
    gain = forecast_pupils(built, scenario).draws.mean(axis=-1) - forecast_pupils(small, scenario).draws.mean(axis=-1)
    assert np.allclose(gain[0].sum(axis=0)[:4], [0, 16, 24, 24], atol=0.01)


def test_homes_lived_in_by_the_census_count_only_for_what_they_have_more_or_fewer_later():
    # 100 homes of two years ago: 30 children in the census, 20 a year on, then as many for good.
    more = pupils_of_homes(np.array([100.0]), np.array([2024]), np.array([0.1, 0.2, 0.3, 0.2]), 2026, 3)
    assert more.tolist() == [-10, -10, -10]


def test_a_special_school_takes_no_part_in_the_intakes_of_its_area(example, found):
    basis = found.methods[(found.methods.year_group == 0) & (found.methods.method == "births")].basis
    assert len(basis) == 8 and basis.str.contains("intakes of the 8 schools of the area").all()


def test_the_authority_is_counted_less_its_usual_error(small, scenario):
    # It expects a tenth more primary pupils in three years. Known error three years ahead: +0.35%, spread 2.97%.
    rows = [{"planning_area": "", "phase": "primary", "census_year": str(year), "pupils": str(pupils)}
            for year, pupils in ((2026, 10000), (2029, 11000))]
    told = with_tables(small, area_forecasts=rows)
    growth, spread = authority_growth(told, "", "primary", 2026, 3)
    assert np.isnan(growth[:2]).all() and growth[2] == pytest.approx(1.1 / 1.0035) and spread[2] == pytest.approx(
        1.1 / 1.0035 * 0.0297)
    alone, moved = (forecast_pupils(estate, scenario) for estate in (small, told))
    primary = [each.draws[:2, :, 2].sum(axis=(0, 1)) for each in (alone, moved)]
    mean = 630 * 1.1 / 1.0035
    assert primary[0].mean() < primary[1].mean() < mean and primary[1].std() < primary[0].std()
    assert np.array_equal(alone.draws[2], moved.draws[2]) and "authority's primary forecast" in " ".join(moved.notes)
    off = scenario.model_copy(update={"pupils": scenario.pupils.model_copy(update={"authority_counts": False})})
    assert np.array_equal(forecast_pupils(told, off).draws, alone.draws)


def test_what_the_trust_knows_is_added_and_goes_on_with_its_year_group(small, scenario):
    changes = [{"school_id": "OXM", "census_year": "2028", "year_group": "0", "pupils": "15", "reason": "bulge class",
                "recorded_by": "A Head"},
               {"school_id": "ASH", "census_year": "2027", "year_group": "11", "pupils": "-150", "reason": "a works year"}]
    known = with_tables(small, pupil_changes=changes)
    flows, _ = flows_of(known, scenario, census_counts(known, scenario.pupils), 5)
    plain, _ = flows_of(small, scenario, census_counts(small, scenario.pupils), 5)
    more = (expected(flows) - expected(plain)).round(1)
    assert [more[0, GROUPS.index(at), at + 1] for at in range(4)] == [15] * 4 and more[0].sum() == 60
    assert more[2, GROUPS.index(11)].tolist() == [-150, 0, 0, 0, 0]
    notes = " ".join(forecast_pupils(known, scenario).notes)
    assert "+15 pupils put in by hand (bulge class, says A Head)" in notes and "-150 pupils" in notes
    lost = with_tables(small, pupil_changes=[{**changes[0], "year_group": "8"}])
    with pytest.raises(DataError, match="a year group the school has"):
        forecast_pupils(lost, scenario)


def test_two_opinions_by_hand():
    corrected, spread = without_bias(np.array([1.05]), np.array([0.05]), np.array([0.02]))
    assert (corrected.item(), spread.item()) == pytest.approx((1.0, 0.02))
    draws = np.random.default_rng(2).normal(1.0, 0.03, (1, 200_000))
    moved = draws * drawn_together(draws, np.array([1.1]), np.array([0.04]))
    weight = 0.03 ** 2 / (0.03 ** 2 + 0.04 ** 2)
    assert moved.mean() == pytest.approx(1.0 + weight * 0.1, abs=1e-3)
    assert moved.std() == pytest.approx((1 / (1 / 0.03 ** 2 + 1 / 0.04 ** 2)) ** 0.5, rel=0.02)
    assert np.allclose(drawn_together(draws, np.array([np.nan]), np.array([np.nan])), 1.0)


def test_a_school_that_fills_up_goes_on_to_year_six_and_no_further(small, scenario):
    growing = [dict.fromkeys(range(min(year + 1, 5)), 30) for year in range(3)]
    rows = [*census_rows("OXM", growing, first=2024), *census_rows("BRI", dict.fromkeys(range(7), 60)),
            *census_rows("ASH", dict.fromkeys(range(7, 12), 150))]
    filling = with_tables(small, census=rows)
    flows, _ = flows_of(filling, scenario, census_counts(filling, scenario.pupils), 6)
    found = expected(flows)[0]
    assert (found[1:8] > 0).sum(axis=0).tolist() == [4, 5, 6, 7, 7, 7] and (found[8:] == 0).all()


def test_a_school_that_closes_has_no_pupils_and_one_that_leaves_counts_no_more(example, scenario, found):
    tables = example.tables()
    schools = tables["schools"]
    tables["schools"] = schools.assign(
        closed=schools.closed.mask(schools.school_id == "HAL", pd.Timestamp(2028, 8, 31)),
        left=schools.left.mask(schools.school_id == "TAR", pd.Timestamp(2030, 1, 1)))
    changed = forecast_pupils(Estate(tables), scenario)
    closed, left = (changed.schools.index(school) for school in ("HAL", "TAR"))
    assert (changed.central[closed, :, changed.index(2029):] == 0).all() and changed.central[closed, :, 0].sum() > 0
    assert np.array_equal(changed.draws[left], found.draws[left])
    totals = changed.totals().set_index(["school_id", "census_year"]).pupils
    assert totals["", 2030] == sum(totals[school, 2030] for school in changed.schools if school != "TAR")
    assert changed.around_the_line().schools_counted.tolist()[:4] == [12, 11, 11, 10]


def test_another_school_in_another_area_changes_nothing_of_the_others(example, scenario):
    tables = example.tables()
    moved = tables["schools"].assign(planning_area=np.where(tables["schools"].school_id == "ASH", "ELSEWHERE", ""))
    apart = Estate({**tables, "schools": moved})
    gone = Estate({**tables, "schools": moved[moved.school_id != "ASH"].reset_index(drop=True)})
    with_it, without = (flows_of(each, scenario, census_counts(each, scenario.pupils), 5)[0] for each in (apart, gone))
    # Its intake shapes no other's; what all schools' cohorts have in common is learned from one school fewer.
    others = [i for i, school in enumerate(with_it.schools) if school != "ASH"]
    assert np.allclose(with_it.intake[others], without.intake, equal_nan=True)


def test_the_band_around_the_line_counts_special_schools_several_times(found):
    line = found.around_the_line()
    totals = found.draws.sum(axis=1)
    special = found.schools.index("OSI")
    counted = totals.sum(axis=0) + 3.5 * totals[special]
    assert np.allclose(line.p50, np.quantile(counted, 0.5, axis=-1).round(1), atol=0.11)
    assert (line.grant_year == line.census_year + 1).all() and (line.line == 3000).all()
    assert "above it in every draw" in line_words(line)
    near = line.assign(chance_below=[0.0] * 5 + [0.2] * (len(line) - 5))
    assert "20%" in line_words(near) and str(int(near.grant_year.iloc[5])) in line_words(near)


# --- led into the rolls ---------------------------------------------------------------------------------------------


def test_rolls_keep_what_was_counted_and_follow_the_forecast_after(example, found):
    rolls = found.rolls(example.rolls)
    before = example.rolls[example.rolls.census_year <= 2026]
    both = before.merge(rolls, on=["school_id", "census_year"], suffixes=("", "_made"))
    assert len(both) == len(before) and (both.pupils_primary == both.pupils_primary_made).all()
    made = counted_rolls(rolls[rolls.census_year > 2026]).groupby("census_year").pupils.sum()
    assert (made.to_numpy() == found.central.sum(axis=(0, 1))).all()
    wendrel = rolls[(rolls.school_id == "WEN") & (rolls.census_year == 2030)].iloc[0]
    groups, place = np.array(GROUPS), found.schools.index("WEN")
    own = found.central[place, :, found.index(2030)]
    assert (wendrel.pupils_primary, wendrel.pupils_secondary, wendrel.pupils_post16) == (
        own[groups <= 6].sum(), own[(groups > 6) & (groups < 12)].sum(), own[groups >= 12].sum())
    special = rolls[(rolls.school_id == "OSI") & (rolls.census_year == 2030)].iloc[0]
    assert (special.pupils_special, special.pupils_primary, special.status) == (140, 0, "forecast")


def test_rolls_are_made_of_the_census_alone_where_there_is_no_table(example, scenario):
    bare = Estate({**example.tables(), "rolls": example.rolls.iloc[:0]})
    rolls = forecast_pupils(bare, scenario).rolls(bare.rolls)
    assert set(rolls.census_year) == set(range(2017, 2038 - 1)) and set(rolls.status) == {"counted", "forecast"}
    assert rolls[(rolls.school_id == "BRI") & (rolls.census_year == 2026)].pupils_primary.item() == 412


def test_grants_follow_the_forecast_only_when_asked(example, scenario):
    led = read_scenario("baseline.toml", "pupils_led")
    assert led_by_forecast(example, scenario) == (example, ())
    assert forecast_if_asked(example, read_scenario("baseline.toml")) is None
    asked = forecast_if_asked(example, scenario)
    assert asked.scenario is scenario and forecast_if_asked(example, led).draws is not None
    by_forecast, notes = forecast_grants(example, led)
    weighted = counted_rolls(forecast_pupils(example, led).rolls(example.rolls)).groupby("census_year").weighted_pupils.sum()
    years = by_forecast.years.set_index("grant_year")
    assert years.weighted_pupils[2030] == pytest.approx(weighted[2029])
    assert any("central forecast made from census.csv" in note for note in notes)


def test_energy_follows_the_forecast_when_it_leads(example):
    led = read_scenario("baseline.toml", "energy", "pupils_led")
    pupils = energy_outlook(example, led).drivers["pupils"]
    assert pupils[:, :10].tolist() == forecast_pupils(example, led).central.sum(axis=1).tolist()


def test_fewer_pupils_bring_less(example):
    short = {"plan": {"years": 3}}
    sums = []
    for overlays in (["pupils_led", "few_pupils"], ["pupils_led", "many_pupils"]):
        led = read_scenario("baseline.toml", *overlays)
        led = led.model_copy(update={"plan": led.plan.model_copy(update=short["plan"])})
        rows = plan_grants(example, led).rows
        sums.append(rows.amount_gbp[rows.route == "SCA"].sum())
    assert sums[0] < sums[1]


# --- faults, the command, the page ----------------------------------------------------------------------------------


def test_no_census_and_a_school_without_one_are_faults(example, scenario):
    with pytest.raises(DataError, match="no such file or no rows"):
        forecast_pupils(with_tables(example, census=[]), scenario)
    tables = example.tables()
    census = tables["census"]
    lost = census[~((census.census_year == 2026) & census.school_id.isin(["OXM", "TAR"]))]
    with pytest.raises(DataError) as error:
        forecast_pupils(Estate({**tables, "census": lost}), scenario)
    assert [fault.found for fault in error.value.faults] == [
        "no pupils of OXM in the spring of 2026", "no pupils of TAR in the spring of 2026"]
    bad = scenario.model_copy(update={"pupils": scenario.pupils.model_copy(update={"bad_years": (2026,)})})
    with pytest.raises(DataError, match="as a bad one"):
        forecast_pupils(example, bad)


@pytest.mark.slow
@pytest.mark.parametrize(("table", "lines", "said"), [
    ("census", ["school_id,census_year,year_group,pupils", "ELL,2090,0,30"], "still to come"),
    ("census", ["school_id,census_year,year_group,pupils", "ELL,2024,0,30", "ELL,2026,0,30"], "no row of ELL for 2025"),
    ("census", ["school_id,census_year,year_group,pupils", "ELL,2026,15,30"], "at most 14"),
    ("census", ["school_id,census_year,year_group,pupils", "ELL,2026,0,30.5"], "whole number"),
    ("admissions", ["school_id,year_group,census_year,pupils", "MAR,,2026,30"], "only special schools"),
    ("admissions", ["school_id,year_group,census_year,pupils", "ELL,0,2026,30"], "commissioned for the whole"),
    ("feeders", ["from_school_id,school_id,census_year,pupils", "ELL,ELL,2026,30"], "another school"),
    ("feeders", ["from_school_id,school_id,census_year,pupils", "MAR,ELL,2026,31"], "no more than the 30"),
    ("housing", ["development_id,school_id,census_year,dwellings,dwelling_kind,school_share", "D,ELL,2028,50,flat,1"],
     "not guessed"),
    ("area_forecasts", ["planning_area,phase,census_year,pupils", "N,nursery,2028,50"], "one of primary, secondary")])
def test_tables_at_fault_are_told_when_the_folder_is_read(table, lines, said, tiny):
    schools = pd.read_csv(tiny / "schools.csv", dtype=str, keep_default_na=False)
    schools.assign(phase=["special", "primary"]).to_csv(tiny / "schools.csv", index=False)
    (tiny / "census.csv").write_text("school_id,census_year,year_group,pupils\nMAR,2025,6,30\n", encoding="utf-8")
    (tiny / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_estate(tiny)


@pytest.fixture(scope="module")
def written(tmp_path_factory, capplan):
    out = tmp_path_factory.mktemp("pupils") / "out"
    done = capplan("pupils", "forecast", EXAMPLE, "baseline.toml", "--replicates", 200, "--out", out)
    assert done.exit_code == 0, done.stderr
    return out, done.stdout


def test_the_command_writes_what_it_says(written, example, capplan):
    out, said = written
    assert {path.name for path in out.iterdir()} >= {
        "pupils.csv", "totals.csv", "methods.csv", "around_the_line.csv", "back_test.csv", "rolls.csv", "scenario.toml",
        "pupils.json", "pupils.txt", "pupils.html"}
    told = json.loads((out / "pupils.json").read_text(encoding="utf-8"))
    totals = pd.read_csv(out / "totals.csv", keep_default_na=False)
    assert told["replicates"] == 200 and told["origin"] == 2026 and len(told["card"]) == 3
    last = totals[(totals.school_id == "") & (totals.census_year == 2036)].iloc[0]
    assert told["trust_totals"][-1]["pupils"] == last.pupils and f"{last.pupils:,} pupils expected in 2036" in said
    assert pd.read_csv(out / "pupils.csv").groupby("census_year").pupils.sum()[2036] == last.pupils
    assert max(map(len, said.splitlines())) <= 125 and len(said.splitlines()) <= 45
    assert "Back-test" in said and read_scenario(out / "scenario.toml").pupils.replicates == 200


def test_the_rolls_it_writes_are_a_table_of_the_estate(written, tmp_path, example):
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "estate"))
    shutil.copy(written[0] / "rolls.csv", folder / "rolls.csv")
    assert len(read_estate(folder).rolls) > len(example.rolls)


def test_the_command_refuses_a_folder_that_is_taken_and_a_bad_estate(written, tiny, tmp_path, capplan):
    done = capplan("pupils", "forecast", EXAMPLE, "baseline.toml", "--out", written[0])
    assert done.exit_code == 2 and "--force" in done.stderr
    done = capplan("pupils", "forecast", tiny, "baseline.toml", "--out", tmp_path / "new")
    assert done.exit_code == 2 and "census.csv" in done.stderr and not (tmp_path / "new").exists()


def test_the_page_says_each_intake_and_the_card(written, found):
    page = (written[0] / "pupils.html").read_text(encoding="utf-8")
    for words in ("as many pupils as places commissioned", "Oxmere Primary School", "school totals by", "chance of being"):
        assert words in page
    assert page.count("data:image/svg+xml") == 2
    assert all("better than three-year ratios" in line for line in card_words(found.card))


def test_the_page_stands_alone_whatever_schools_are_called(small, scenario):
    schools = small.schools.assign(name="<script>x</script> & Co")
    told = forecast_pupils(Estate({**small.tables(), "schools": schools}), scenario)
    page = pupils_html(told)
    assert page.startswith("<!DOCTYPE html>") and "http" not in page.replace("http://www.w3.org", "")
    assert "<script>" not in page and "&lt;script&gt;" in page and "The trust" in pupils_text(told)
