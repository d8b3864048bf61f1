"""The outlook against a plain loop per component: grade shares, backlog, loss and failures, with and without works."""

import csv

import numpy as np
import pytest

from capplan import forecast, read_estate, read_scenario
from capplan.errors import MissingFigureError

from .plain import loss, parts_of, path, price_ratio, rows

NEAR = {"rel": 1e-9, "abs": 1e-9}
POUNDS = {"rel": 1e-9, "abs": 1e-4}


def edit(folder, table, key, **changes):
    """Change cells of the row of that key in a CSV table; a column that is not there is added."""
    file = folder / f"{table}.csv"
    found = rows(file)
    for row in found:
        if next(iter(row.values())) == key:
            row.update(changes)
    names = list(dict.fromkeys(name for row in found for name in row))
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names, restval="")
        writer.writeheader()
        writer.writerows(found)


def changed(scenario, **sections):
    """The scenario with some values of some sections changed."""
    return scenario.model_copy(update={
        name: getattr(scenario, name).model_copy(update=values) for name, values in sections.items()})


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


@pytest.fixture(scope="module")
def pairs(root, baseline):
    """The outlook and the plain parts of both shipped estates and of two other scenarios."""
    other = changed(baseline, plan={"first_year": 2028, "years": 6, "price_base": 2024, "discount_rate": 0.06},
                    condition={"oldest_survey_years": 3, "scale_least": 0.8, "scale_most": 1.1},
                    costs={"fees_share": 0.2, "contingency_share": 0.0, "vat_rate_voluntary_aided": 0.1},
                    loss={"failure_scale": 2.0, "reactive_scale": 0.5, "handed_on_share": 0.3})
    made = {}
    for name, folder, scenario in (("tiny", "tiny", baseline), ("example", "example", baseline),
                                   ("other", "example", other)):
        place = root / "data" / folder
        made[name] = forecast(read_estate(place), scenario), parts_of(place, scenario)
    return made


@pytest.fixture(params=["tiny", "example", "other"])
def pair(request, pairs):
    return pairs[request.param]


def test_the_same_components_in_the_same_order(pair):
    outlook, plain = pair
    assert outlook.parts.component_id.tolist() == [part.component_id for part in plain]


def test_costs_and_yearly_loss_against_the_loop(pair):
    outlook, plain = pair
    assert outlook.costs_gbp == pytest.approx(np.array([part.costs for part in plain]), **POUNDS)
    assert outlook.yearly_gbp == pytest.approx(np.array([part.yearly for part in plain]), **POUNDS)


def test_shares_against_the_loop(pair):
    outlook, plain = pair
    along = np.array([path(part, outlook.horizon) for part in plain])
    for year in range(outlook.horizon + 1):
        here = np.array([part.stays if year == outlook.horizon else part.years_in_use > year for part in plain])
        assert outlook.shares(year) == pytest.approx(along[:, year] * here[:, None], **NEAR)


def test_shares_with_works_against_the_loop(pair):
    """Every component is given works in some year, or none, from C or from B on, by chance."""
    outlook, plain = pair
    chance = np.random.default_rng(7)
    treated_in = chance.integers(-1, outlook.horizon, len(plain))
    lowest = chance.integers(1, 3, len(plain))
    scope = np.arange(5) >= lowest[:, None]
    along = np.array([path(part, outlook.horizon, int(year) if year >= 0 else None, int(low))
                      for part, year, low in zip(plain, treated_in, lowest, strict=True)])
    for year in range(outlook.horizon + 1):
        here = np.array([part.stays if year == outlook.horizon else part.years_in_use > year for part in plain])
        assert outlook.shares_with(year, treated_in, scope) == pytest.approx(along[:, year] * here[:, None], **NEAR)


def test_by_year_against_the_loop(pair):
    outlook, plain = pair
    frame = outlook.by_year().set_index("year")
    assert frame.index.tolist() == [*outlook.scenario.years, outlook.scenario.years[-1] + 1]
    along = [path(part, outlook.horizon) for part in plain]
    for year in range(outlook.horizon + 1):
        here = [(part, shares[year]) for part, shares in zip(plain, along, strict=True)
                if (part.stays if year == outlook.horizon else part.years_in_use > year)]
        row = frame.loc[outlook.scenario.plan.first_year + year]
        for grade, letter in enumerate("abcde"):
            if grade:
                backlog = sum(s[grade] * p.costs[grade] for p, s in here)
                assert row[f"backlog_{letter}_gbp"] == pytest.approx(backlog, **POUNDS)
        assert row.backlog_gbp == pytest.approx(sum(s[g] * p.costs[g] for p, s in here for g in (2, 3, 4)), **POUNDS)
        year_loss = sum(s[g] * p.yearly[g] for p, s in here for g in range(5))
        assert row.expected_loss_gbp == pytest.approx(year_loss, **POUNDS)
        assert row.expected_failures == pytest.approx(sum(s[3] * p.drops[3] for p, s in here), **NEAR)


def test_total_loss_by_year_is_the_loss_of_the_loop(pair):
    """The years of ``by_year`` discounted, and the backlog of the end handed on, are each component's own loss to come."""
    outlook, plain = pair
    rate, share = outlook.scenario.plan.discount_rate, outlook.scenario.loss.handed_on_share
    frame, total = outlook.by_year(), 0.0
    for year in range(outlook.horizon):
        total += frame.expected_loss_gbp[year] / (1 + rate) ** year
    end = frame.iloc[-1]
    total += share * sum(end[f"backlog_{letter}_gbp"] for letter in "bcde") / (1 + rate) ** outlook.horizon
    assert total == pytest.approx(sum(loss(part, path(part, outlook.horizon), rate) for part in plain), **POUNDS)


@pytest.mark.parametrize("key", ["school_id", "block_id", "element"])
def test_backlog_by_place_against_the_loop(pair, key):
    outlook, plain = pair
    plain_sums = {}
    for part in plain:
        if part.years_in_use > 3:
            shares = path(part, outlook.horizon)[3]
            place = getattr(part, key)
            plain_sums[place] = plain_sums.get(place, 0.0) + sum(shares[g] * part.costs[g] for g in (2, 3, 4))
    found = outlook.backlog_by(outlook.parts[key], 3).to_dict()
    assert {place: gbp for place, gbp in found.items() if gbp} == pytest.approx(
        {place: gbp for place, gbp in plain_sums.items() if gbp}, **POUNDS)


def test_backlog_now_is_the_surveyors_sum_where_nothing_has_aged(root, baseline):
    """Tiny is surveyed for the first year: C and D cost 500,000 by the surveyor; x 1.175 of fees and contingency."""
    outlook = forecast(read_estate(root / "data" / "tiny"), baseline)
    assert outlook.by_year().backlog_gbp[0] == pytest.approx(500_000 * 1.175)


def test_older_prices_are_brought_to_the_price_base(tiny, baseline):
    """Every surveyor's figure said to be in 2019 prices: all of C and D rises by 138.5279 / 110.3147."""
    for row in rows(tiny / "components.csv"):
        if row["cost_price_base"]:
            edit(tiny, "components", row["component_id"], cost_price_base="2019")
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.by_year().backlog_gbp[0] == pytest.approx(500_000 * 1.175 * 138.5279 / 110.3147)


def test_voluntary_aided_schools_pay_vat(tiny, baseline):
    """Ellerwick's 84,000 at 20% more, Marlstow's 416,000 as before."""
    edit(tiny, "schools", "ELL", voluntary_aided="yes")
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.by_year().backlog_gbp[0] == pytest.approx((84_000 * 1.2 + 416_000) * 1.175)


def test_a_price_base_without_an_index_is_refused(root, baseline):
    with pytest.raises(MissingFigureError, match="2050"):
        forecast(read_estate(root / "data" / "tiny"), changed(baseline, plan={"price_base": 2050}))


@pytest.mark.parametrize(("surveyed", "age"), [
    ("2026-09-01", 0), ("2025-09-02", 0), ("2025-09-01", 1), ("2025-08-31", 1), ("2022-09-01", 4), ("2021-09-01", 5),
    ("2015-03-01", 5), ("modelled", 0)])
def test_a_survey_is_aged_by_whole_years_and_no_more_than_the_cap(tiny, baseline, surveyed, age):
    """To 1 September 2026, whole years only, at most five."""
    edit(tiny, "components", "MAR-05", surveyed=surveyed)
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.parts.set_index("component_id").age_years["MAR-05"] == age


@pytest.mark.parametrize(("leaves", "in_use", "stays"), [
    ("2026-08-31", None, None), ("2026-09-01", None, None), ("2026-10-01", 1, False), ("2029-09-01", 3, False),
    ("2036-09-01", 10, False), ("2027-08-31", 1, False), ("2029-08-31", 3, False),
    ("2029-10-01", 4, False), ("2036-08-31", 10, False), ("2036-10-01", 10, True), ("", 10, True)])
def test_a_planned_exit_ends_a_blocks_use_in_its_academic_year(tiny, baseline, leaves, in_use, stays):
    edit(tiny, "blocks", "ELL-1-T", planned_exit=leaves)
    outlook = forecast(read_estate(tiny), baseline)
    parts = outlook.parts[outlook.parts.block_id == "ELL-1-T"]
    if in_use is None:
        assert len(parts) == 0
        return
    assert set(parts.years_in_use) == {in_use}
    assert set(parts.stays) == {stays}
    here = outlook.parts.block_id == "ELL-1-T"
    for year in range(11):
        expected = stays if year == 10 else year < in_use
        assert outlook.shares(year)[here].sum() == pytest.approx(2.0 * expected)


def test_replacement_value_and_index_by_hand(root, baseline):
    """Ellerwick 860 m2 x 0.95, Marlstow 2,000 m2 x 1.01, at GBP 2,000 of 2018 brought to 2026: 138.5279 / 106.7634."""
    outlook = forecast(read_estate(root / "data" / "tiny"), baseline)
    rate = 2000 * 138.5279 / 106.7634
    value = outlook.replacement_gbp()
    assert value["ELL"] == pytest.approx(860 * 0.95 * rate)
    assert value["MAR"] == pytest.approx(2000 * 1.01 * rate)
    assert outlook.by_year().facility_condition_index[0] == pytest.approx(587_500 / value.sum())
    assert price_ratio(2018, 2026) == 138.5279 / 106.7634


def notes_with(outlook, words):
    return [note for note in outlook.notes if words in note]


def test_tiny_tells_only_of_the_block_that_is_left(root, baseline):
    outlook = forecast(read_estate(root / "data" / "tiny"), baseline)
    assert len(outlook.notes) == 2
    assert outlook.notes[0].startswith("The backlog at the start is £587,500.")
    assert "found it would be £587,500;" in outlook.notes[0]
    assert "2 components" in outlook.notes[1]
    assert "planned exit" in outlook.notes[1]


def test_pfi_backlog_is_shown_with_its_sum(tiny, baseline):
    """Marlstow's 416,000 x 1.175 = 488,800 stays in the backlog and is said to be the contractor's."""
    edit(tiny, "schools", "MAR", pfi="yes")
    outlook = forecast(read_estate(tiny), baseline)
    assert "488,800" in notes_with(outlook, "PFI")[0]
    assert outlook.by_year().backlog_gbp[0] == pytest.approx(587_500)


def test_modelled_backlog_is_told_as_a_share(tiny, baseline):
    """The felt roof, 40,000 of 500,000, was not seen by anybody: 8%."""
    edit(tiny, "components", "ELL-01", surveyed="modelled")
    outlook = forecast(read_estate(tiny), baseline)
    assert notes_with(outlook, "modelled")[0].startswith("8% ")


def test_old_surveys_are_told_with_the_years_they_are_aged_at_most(tiny, baseline):
    """Seven of 14 components seen in 2018: 50%. With a cap of 20 years they are aged 8 years, not 20."""
    for row in rows(tiny / "components.csv"):
        if row["site_id"] == "ELL-1":
            edit(tiny, "components", row["component_id"], surveyed="2018-05-01")
    estate = read_estate(tiny)
    note = notes_with(forecast(estate, baseline), "more than 5 years")[0]
    assert note.startswith("50% ")
    assert "5 years" in note.split(";")[1]
    note = notes_with(forecast(estate, changed(baseline, condition={"oldest_survey_years": 20})), "more than 5 years")[0]
    assert "20 years" not in note or "at most" in note


def test_an_estate_without_a_component_in_use_has_an_empty_outlook(tiny, baseline):
    for row in rows(tiny / "blocks.csv"):
        edit(tiny, "blocks", row["block_id"], planned_exit="2020-08-31")
    lines = (tiny / "components.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tiny / "components.csv").write_text("".join(line for line in lines if "MAR-07" not in line), encoding="utf-8")
    outlook = forecast(read_estate(tiny), baseline)
    assert len(outlook.parts) == 0
    assert outlook.by_year().backlog_gbp.tolist() == [0.0] * 11
