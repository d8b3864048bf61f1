"""What money there is: the trust's own tables, or a scenario's rates standing in, by hand; and what the reader is told."""

import pytest

from capplan import read_estate, read_scenario
from capplan.errors import DataError
from capplan.money import money

from .plain import rows
from .test_outlook import changed


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


def purse_of(folder, scenario):
    return money(read_estate(folder), scenario)


def pots_by_id(purse):
    return purse.pots.set_index("pot_id")


def replace(folder, table, *lines):
    """Write a table anew from lines of text."""
    (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_tiny_pots_on_paper(root, baseline):
    """SCA 2026 serves 2025 and 2026, DFC 2026 from 2025 to 2027; reserves above 120,000 as their headroom grows for good."""
    pots = pots_by_id(purse_of(root / "data" / "tiny", baseline))
    windows = {name: (row.first_year, row.last_year) for name, row in pots.iterrows() if row.route != "reserves"}
    assert windows == {"SCA-2026": (2026, 2026), "SCA-2027": (2026, 2027), "SCA-2028": (2027, 2028),
                       "DFC-2026-ELL": (2026, 2027), "DFC-2026-MAR": (2026, 2027), "DFC-2027-ELL": (2026, 2028),
                       "DFC-2027-MAR": (2026, 2028)}
    reserves = pots[pots.route == "reserves"].amount
    assert reserves.tolist() == [190_000, 10_000, 0, 0, 0, 10_000, 10_000, 10_000, 10_000, 10_000]
    assert pots.amount.sum() == 425_450


def test_tiny_reserves_on_paper(root, baseline):
    """300,000, then 10,000 more each year but for the 20,000 less of 2030; the floor is 5% of 2,400,000."""
    purse = purse_of(root / "data" / "tiny", baseline)
    assert purse.reserves.year.tolist() == list(range(2026, 2036))
    assert purse.reserves.opening_gbp.tolist() == [
        300_000, 310_000, 320_000, 330_000, 340_000, 320_000, 330_000, 340_000, 350_000, 360_000]
    assert set(purse.reserves.floor_gbp) == {120_000}
    assert not purse.stand_in
    assert purse.notes == ("£175,450 of £175,450 of grants is expected, not yet awarded.",)


def test_stand_in_grants_by_hand(tiny, baseline):
    """No grants table: 2,860 m2 x GBP 34 = 97,240 for each grant year from 2026 to 2036; that of 2036 serves 2035."""
    (tiny / "grants.csv").unlink()
    purse = purse_of(tiny, baseline)
    grants = purse.pots[purse.pots.route == "SCA"]
    assert set(grants.amount) == {97_240}
    assert list(zip(grants.first_year, grants.last_year, strict=True)) == [(2026, 2026)] + [
        (f - 1, f) for f in range(2027, 2037)]
    assert set(grants.tags) == set(grants.school_id) == {""}
    assert purse.stand_in
    note = purse.notes[0]
    assert all(words in note for words in ("grants", "34", "2,860", "stand-in"))
    assert "reserves" not in note


def test_stand_in_reserves_by_hand(tiny, baseline):
    """No reserves table: 2,860 m2 x GBP 875 = 2,502,500 of income, 2% more each year; opening 8% = 200,200; surplus 0.5% =
    12,512.50; floor 5% = 125,125. After the first year 212,712.50, 87,587.50 above the floor: 87,587 whole pounds."""
    (tiny / "reserves.csv").unlink()
    purse = purse_of(tiny, baseline)
    first, second = purse.reserves.iloc[0], purse.reserves.iloc[1]
    assert (first.income_gbp, first.opening_gbp, first.surplus_gbp) == pytest.approx((2_502_500, 200_200, 12_512.5))
    assert first.floor_gbp == pytest.approx(125_125)
    assert second.income_gbp == pytest.approx(2_552_550)
    assert second.opening_gbp == pytest.approx(212_712.5)
    assert pots_by_id(purse).amount["RESERVE-2026"] == 87_587
    assert purse.stand_in
    assert all(words in purse.notes[1] for words in ("reserves", "875", "8%", "stand-in"))


def test_no_money_tables_at_all_is_one_note(tiny, baseline):
    for name in ("grants", "reserves"):
        (tiny / f"{name}.csv").unlink()
    purse = purse_of(tiny, baseline)
    assert len([note for note in purse.notes if "stand-in" in note]) == 1
    assert "no grants and no reserves" in purse.notes[0]


def test_lapsed_closed_and_late_grants_are_told(tiny, baseline):
    replace(tiny, "grants", "grant_id,route,grant_year,amount_gbp,eligible,school_id,spend_by",
            "OLD,SCA,2025,41000,condition,,", "LATE,SCA,2037,42000,condition,,", "SHUT,CIF,2030,43000,condition,,",
            "GOOD,SCA,2027,44000,condition,,")
    purse = purse_of(tiny, baseline)
    assert pots_by_id(purse).route["GOOD"] == "SCA"
    assert not {"OLD", "LATE", "SHUT"} & set(purse.pots.pot_id)
    told = " ".join(purse.notes)
    assert all(words in told for words in ("OLD", "41,000", "LATE", "42,000", "SHUT", "43,000"))
    assert "GOOD" not in told


def test_only_grants_that_cannot_help_leaves_the_reserves(tiny, baseline):
    replace(tiny, "grants", "grant_id,route,grant_year,amount_gbp,eligible,school_id,spend_by", "OLD,SCA,2020,9,condition,,")
    purse = purse_of(tiny, baseline)
    assert set(purse.pots.route) == {"reserves"}
    assert not purse.stand_in, "a lapsed grant is no reason to invent others"


def test_reserves_that_do_not_cover_the_plan_are_at_fault(tiny, baseline):
    """Ten years from 2027 need a row for 2036, eleven from 2027 two."""
    with pytest.raises(DataError) as caught:
        purse_of(tiny, changed(baseline, plan={"first_year": 2027, "years": 11}))
    (fault,) = caught.value.faults
    assert fault.where == "reserves.csv"
    assert "2036" in fault.found
    assert "2037" in fault.found
    assert "2027 to 2037" in fault.must_be


def test_reserves_that_start_after_the_plan_are_at_fault(tiny, baseline):
    with pytest.raises(DataError, match="2025"):
        purse_of(tiny, changed(baseline, plan={"first_year": 2025}))


def test_opening_is_rolled_forward_to_a_later_first_year(tiny, baseline):
    """300,000 + 10,000 for 2026 and for 2027 = 320,000 at the start of 2028."""
    purse = purse_of(tiny, changed(baseline, plan={"first_year": 2028, "years": 5}))
    assert purse.reserves.year.tolist() == [2028, 2029, 2030, 2031, 2032]
    assert purse.reserves.opening_gbp.tolist() == [320_000, 330_000, 340_000, 320_000, 330_000]
    reserves = purse.pots[purse.pots.route == "reserves"]
    assert reserves.amount.tolist() == [200_000, 0, 0, 10_000, 10_000]
    assert set(reserves.last_year) == {2032}


def test_the_greater_floor_counts(root, baseline):
    """A floor of 150,000 lies above 5% of income: 160,000 of headroom in the first year."""
    purse = purse_of(root / "data" / "tiny", changed(baseline, reserves={"floor_gbp": 150_000.0}))
    assert set(purse.reserves.floor_gbp) == {150_000}
    assert pots_by_id(purse).amount["RESERVE-2026"] == 160_000


def test_a_floor_that_breaks_without_works_is_told_by_year(root, baseline):
    """A floor of 335,000: below it at the end of 2026-27 to 2028-29 (310,000 to 330,000), of 2030-31 (320,000) and of
    2031-32 (330,000); only the reserves after the last of these may be drawn on."""
    purse = purse_of(root / "data" / "tiny", changed(baseline, reserves={"floor_gbp": 335_000.0}))
    told = " ".join(purse.notes)
    years = ("2026-27", "2027-28", "2028-29", "2029-30", "2030-31", "2031-32", "2032-33")
    assert [year for year in years if year in told] == ["2026-27", "2027-28", "2028-29", "2030-31", "2031-32"]
    reserves = purse.pots[purse.pots.route == "reserves"].amount.tolist()
    assert reserves == [0, 0, 0, 0, 0, 0, 5_000, 10_000, 10_000, 10_000]


def test_grant_pots_of_the_example_hold_every_pound_awarded(root, baseline):
    """Each grant is a pot of its own amount or is told; none is cut or counted twice."""
    folder = root / "data" / "example"
    purse = purse_of(folder, baseline)
    told, pots = " ".join(purse.notes), pots_by_id(purse)
    for row in rows(folder / "grants.csv"):
        if row["grant_id"] in pots.index:
            assert pots.amount[row["grant_id"]] == float(row["amount_gbp"])
        else:
            assert row["grant_id"] in told
