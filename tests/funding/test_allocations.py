"""SCA and DFC: by hand, against a slow loop, properties, rates and their marks, bad files, the command."""

import json
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.cli.funding import funding
from capplan.errors import DataError, MissingFigureError
from capplan.funding import allocation_tables as tables
from capplan.funding import allocations as formulae

PLAIN = {"urn": 100000, "la_number": 352, "trust": "Tarn", "weighted_pupils": 210.0, "voluntary_aided": False,
         "condition_band": "CDC2-F", "location_factor": 1.0, "pfi": False}
HEADER = "urn,la_number,trust,weighted_pupils,voluntary_aided,condition_band"


def schools(*rows):
    """Schools that differ from a plain one of 210 pupils as told."""
    return pd.DataFrame([{**PLAIN, "urn": 100000 + place, **row} for place, row in enumerate(rows)])


def sca(**different):
    return formulae.school_allocations(schools(different), 2025).sca_gbp.item()


def dfc(**different):
    return formulae.school_allocations(schools(different), 2025).dfc_gbp.item()


# --- by hand --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("different", "expected"), [
    ({}, 33_442.5),                                                     # 210 x 159.25
    ({"condition_band": "CDC2-K", "location_factor": 1.26}, 84_275.1),  # x 2.0 x 1.26
    ({"condition_band": "CDC1-Y"}, 167_212.5),                          # x 5
    ({"condition_band": "none"}, 33_442.5),
    ({"voluntary_aided": True}, 36_117.9),                              # x 1.08
    ({"weighted_pupils": 420.0, "pfi": True}, 33_442.5),                # 420 at one half
    ({"weighted_pupils": 420.0, "pfi": True, "la_number": 861}, 47_376.875),    # 420 at 17/24
    ({"weighted_pupils": 1e-9}, 25_000.0), ({"weighted_pupils": 0.0}, 0.0),
    ({"weighted_pupils": 100.0, "voluntary_aided": True}, 25_000.0),    # the floor is flat
])
def test_sca_of_one_school_by_hand(different, expected):
    assert sca(**different) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("different", "expected"), [
    ({}, 6_362.5), ({"weighted_pupils": 0.0}, 4_000.0), ({"voluntary_aided": True}, 6_871.5),
    ({"pfi": True, "condition_band": "CDC1-Y", "location_factor": 1.26}, 6_362.5),   # none of these count
    ({"weighted_pupils": 206.5}, 6_323.13),                             # 6,323.125: half a penny goes up
])
def test_dfc_of_one_school_by_hand(different, expected):
    assert dfc(**different) == expected


def test_the_floor_stops_binding_at_157_weighted_pupils():
    """25,000 / 159.25 = 156.99."""
    found = formulae.school_allocations(schools({"weighted_pupils": 156.0}, {"weighted_pupils": 157.0}), 2025)
    assert found.floor_applies.to_list() == [True, False]


def test_weighted_pupils_by_hand():
    phases = pd.DataFrame({"early_years_part_time": [50, 0], "primary": [180, 0], "secondary": [0, 900],
                           "post_16": [0, 100], "special": [2, 0]})
    assert formulae.weighted_pupils(phases).to_list() == [30 + 180 + 9, 1350 + 200]


@pytest.mark.parametrize("phases", [{"juniors": [1.0]}, {"primary": [-1.0]}, {"primary": [np.nan]}])
def test_weighted_pupils_refuses_what_it_cannot_weigh(phases):
    with pytest.raises(ValueError, match="weight|negative"):
        formulae.weighted_pupils(pd.DataFrame(phases))


def test_the_pence_left_over_go_to_the_largest_remainders():
    """Three schools of 1.002, 1.004 and 1.009 make 3.015, so 3.02: two pennies, to the last and the one before."""
    found = formulae.pence_that_add_up(pd.Series([1.002, 1.004, 1.009, 5.0]), pd.Series(["A", "A", "A", "B"]))
    assert found.to_list() == [1.0, 1.01, 1.01, 5.0]


def test_transitional_protection_by_hand():
    """Formula 33,442.50. Last year 50,000: 45,000 is owed, 42,750 with pupils down by a twentieth, nothing above 30,000."""
    found = formulae.school_allocations(schools({}), 2025)

    def total(**before):
        row = formulae.trust_allocations(found, pd.DataFrame([{"trust": "Tarn", **before}]), tables.rates_for(2025)).iloc[0]
        return row.sca_gbp, row.transitional_protection_gbp
    assert total(sca_gbp=50_000.0) == (45_000.0, 11_557.5)
    assert total(sca_gbp=50_000.0, weighted_pupils=210 / 0.95) == (42_750.0, 9_307.5)
    assert total(sca_gbp=50_000.0, weighted_pupils=100.0) == (45_000.0, 11_557.5)
    assert total(sca_gbp=30_000.0) == (33_442.5, 0.0)
    assert pd.isna(formulae.trust_allocations(found).transitional_protection_gbp.item())


def test_protection_of_a_year_that_has_none_is_refused():
    found, before = formulae.school_allocations(schools({}), 2025), pd.DataFrame({"trust": ["Tarn"], "sca_gbp": [1.0]})
    with pytest.raises(MissingFigureError):
        formulae.trust_allocations(found, before, tables.rates_for(2026, rate_from=2025))


# --- a slow loop ----------------------------------------------------------------------------------------------------

MODIFIERS = {"CDC1-A": "0.4", "CDC1-G": "1", "CDC1-W": "3.5", "CDC2-A": "0.5", "CDC2-G": "1.2", "CDC2-O": "2.8", "none": "1"}
ONE_SCHOOL = st.fixed_dictionaries({
    "weighted_pupils": st.integers(0, 500_000).map(lambda hundredths: hundredths / 100),
    "trust": st.sampled_from(["Tarn", "Fell"]), "voluntary_aided": st.booleans(), "pfi": st.booleans(),
    "condition_band": st.sampled_from(sorted(MODIFIERS)), "location_factor": st.sampled_from([0.93, 1.0, 1.26]),
    "la_number": st.sampled_from([352, 309, 861])})
SOME = st.lists(ONE_SCHOOL, min_size=1, max_size=12)


def plain_sca(row):
    """SCA of one school in exact decimals, from the figures as published."""
    pupils = Decimal(str(row["weighted_pupils"]))
    amount = Decimal("159.25") * pupils * Decimal(MODIFIERS[row["condition_band"]]) * Decimal(str(row["location_factor"]))
    if row["voluntary_aided"]:
        amount *= Decimal("1.08")
    if row["pfi"]:
        amount *= {352: Decimal("0.5"), 309: Decimal("0.75"), 861: Decimal(17) / 24}[row["la_number"]]
    return max(amount, Decimal(25_000)) if pupils else Decimal(0)


@settings(max_examples=40, deadline=None)
@given(SOME)
def test_schools_and_trusts_against_exact_decimals(rows):
    found = formulae.school_allocations(schools(*rows), 2025)
    for row, ours in zip(rows, found.itertuples(), strict=True):
        exact = 4000 + Decimal("11.25") * Decimal(str(row["weighted_pupils"]))
        exact *= Decimal("1.08") if row["voluntary_aided"] else 1
        assert ours.dfc_gbp == float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
        assert ours.sca_gbp == pytest.approx(float(plain_sca(row)), abs=1e-6)
    for total in formulae.trust_allocations(found).itertuples():
        own = [row for row in rows if row["trust"] == total.trust]
        assert total.schools == len(own)
        assert total.sca_gbp == pytest.approx(float(sum(map(plain_sca, own))), abs=0.00501)


# --- properties -----------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(SOME)
def test_schools_to_the_penny_add_up_to_their_trust(rows):
    found = formulae.school_allocations(schools(*rows), 2025)
    pence = formulae.pence_that_add_up(found.sca_gbp, found.trust)
    assert (pence - found.sca_gbp).abs().max() < 0.01 + 1e-9
    assert np.allclose(pence * 100, (pence * 100).round(), atol=1e-6)
    totals = formulae.trust_allocations(found).set_index("trust").sca_gbp
    assert pence.groupby(found.trust).sum().sub(totals).abs().max() < 0.001


@settings(max_examples=40, deadline=None)
@given(SOME, st.floats(0, 500))
def test_more_pupils_never_bring_less(rows, more):
    few = schools(*rows)
    many = few.assign(weighted_pupils=few.weighted_pupils + more)
    before, after = (formulae.school_allocations(one, 2025) for one in (few, many))
    assert (after.sca_gbp >= before.sca_gbp - 1e-9).all() and (after.dfc_gbp >= before.dfc_gbp).all()


@settings(max_examples=40, deadline=None)
@given(SOME)
def test_the_floor_binds_where_the_formula_is_below_it_and_nowhere_else(rows):
    found = formulae.school_allocations(schools(*rows), 2025)
    with_pupils = found.weighted_pupils > 0
    assert (found.sca_gbp[with_pupils] >= 25_000).all() and (found.sca_gbp[~with_pupils] == 0).all()
    assert (found.floor_applies == (with_pupils & (found.formula_gbp < 25_000))).all()
    assert (found.sca_gbp[~found.floor_applies] == found.formula_gbp[~found.floor_applies]).all()


@settings(max_examples=40, deadline=None)
@given(SOME, st.randoms(use_true_random=False))
def test_order_of_schools_does_not_matter(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    frame = schools(*rows)
    one, other = (formulae.school_allocations(part, 2025).sort_values("urn", ignore_index=True)
                  for part in (frame, frame.iloc[order]))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("data", ["CDC1-ABCDEFGHIJKLMNOPQRSTUVWXY", "CDC2-ABCDEFGHIJKLMNO"])
def test_a_worse_band_always_brings_more(data):
    name, letters = data.split("-")
    found = formulae.school_allocations(
        schools(*({"condition_band": f"{name}-{letter}", "weighted_pupils": 2000.0} for letter in letters)), 2025)
    assert (found.sca_gbp.diff().dropna() > 0).all()


@pytest.mark.parametrize("different", [{"weighted_pupils": -1.0}, {"weighted_pupils": np.nan}, {"location_factor": 0.0}])
def test_a_leaf_refuses_impossible_figures(different):
    with pytest.raises(ValueError, match="Weighted pupils"):
        sca(**different)


def test_a_band_without_a_modifier_is_refused_and_so_are_rates_of_another_year():
    with pytest.raises(MissingFigureError, match="CDC2-P"):
        sca(condition_band="CDC2-P")
    with pytest.raises(ValueError, match="2025"):
        formulae.school_allocations(schools({}), 2026, tables.rates_for(2025))


# --- rates ----------------------------------------------------------------------------------------------------------


def rate_file(folder, *lines, header="grant_year,route,figure,value"):
    path = folder / "rates.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_year_without_a_rate_is_an_error_that_says_what_to_do():
    with pytest.raises(MissingFigureError) as caught:
        tables.rates_for(2026)
    for words in ("2026-27", "per_weighted_pupil", "--rates FILE", "--rate-from 2025"):
        assert words in str(caught.value)
    with pytest.raises(MissingFigureError, match="2031-32"):
        tables.rates_for(2026, rate_from=2031)


def test_lent_rates_say_so_and_what_is_of_one_year_is_not_lent():
    rates = tables.rates_for(2027, rate_from=2025)
    assert (rates.grant_year, rates.rates_of) == (2027, 2025)
    assert rates.notes[0].startswith("Rates of 2025-26 are used for 2027-28")
    assert rates.pfi_months == {} and ("SCA", "transitional_share") not in rates.figures
    kept = {key: value for key, value in tables.rates_for(2025).figures.items() if key != ("SCA", "transitional_share")}
    assert rates.figures == kept


def test_what_is_unconfirmed_is_told():
    notes = " ".join(tables.rates_for(2024).notes)
    assert "SCA per_weighted_pupil 148.5 of 2024-25 (secondary): UNCONFIRMED" in notes
    assert "DFC per_weighted_pupil 11.25 of 2024-25 (ASSUMPTION): UNCONFIRMED" in notes
    assert tables.rates_for(2025).notes == ()
    assert "148.5" in " ".join(tables.rates_for(2026, rate_from=2024).notes)


def test_a_trust_s_own_rates_come_over_the_shipped_ones_and_the_rest_may_be_lent(tmp_path):
    path = rate_file(tmp_path, "2026,SCA,per_weighted_pupil,171.5", "2025,DFC,lump_sum,4100")
    table = tables.rate_table(path)
    assert tables.rates_for(2025, table).figures["DFC", "lump_sum"] == 4100
    rates = tables.rates_for(2026, table, 2025)
    assert rates.figures["SCA", "per_weighted_pupil"] == 171.5 and rates.figures["SCA", "school_floor"] == 25_000
    assert rates.rates_of == 2026, "the rate is the year's own"
    assert "per_weighted_pupil" not in rates.notes[0].split("DFC")[0] and "school_floor" in rates.notes[0]


def test_months_of_pfi_may_be_given_by_authority(tmp_path):
    path = rate_file(tmp_path, "2025,SCA,pfi_months,352,3", header="grant_year,route,figure,la_number,value")
    rates = tables.rates_for(2025, tables.rate_table(path))
    assert rates.pfi_months == {309: 6, 861: 7, 352: 3}
    assert formulae.pfi_factors(pd.Series([True]), pd.Series([352]), rates).item() == 0.875


def test_every_fault_of_a_rates_file_is_told_at_once(tmp_path):
    path = rate_file(tmp_path, "2026,SCA,per_weighted_pupil,-1,GBP", "2026,GAG,per_weighted_pupil,1,GBP",
                     "2026,SCA,per_pupil,1,GBP", "2026,SCA,school_floor,25000,share", "2026,SCA,pfi_months,5,months",
                     "2026,DFC,lump_sum,4000,", "2026,DFC,lump_sum,4000,", header="grant_year,route,figure,value,unit")
    with pytest.raises(DataError) as caught:
        tables.rate_table(path)
    assert sorted((fault.row, fault.column.split(",")[0]) for fault in caught.value.faults) == [
        (2, "value"), (3, "route"), (4, "figure"), (5, "unit"), (6, "la_number"), (8, "grant_year")]


# --- later years ----------------------------------------------------------------------------------------------------


def census(*rows):
    return pd.DataFrame(rows, columns=["urn", "census_year", "weighted_pupils"])


def test_a_grant_year_counts_the_census_of_the_year_before():
    pupils = census((100000, 2024, 420.0), (100000, 2025, 400.0), (100000, 2026, 100.0))
    found, notes = formulae.forecast_allocations(schools({}), pupils, [2025, 2026, 2027], rate_from=2025)
    assert found.sca_gbp.to_list() == pytest.approx([66_885.0, 63_700.0, 25_000.0])
    assert found.dfc_gbp.to_list() == [8_725.0, 8_500.0, 5_125.0]
    assert found.census_year.to_list() == [2024, 2025, 2026] and found.rates_of.to_list() == [2025] * 3
    assert len(notes) == 2 and all("2025-26 are used" in note for note in notes)


def test_a_rate_may_grow_and_the_floor_does_not():
    pupils = census((100000, 2026, 420.0), (100001, 2026, 100.0))
    found, notes = formulae.forecast_allocations(schools({}, {}), pupils, [2027], None, 2025, 0.1)
    assert found.sca_gbp.to_list() == pytest.approx([420 * 159.25 * 1.21, 25_000.0])
    assert any("+10.0% a year" in note and "£192.69" in note for note in notes)


@pytest.mark.parametrize(("pupils", "words"), [
    (census((100000, 2024, 1.0)), "census of 2025.*100000"),
    (census((100000, 2025, 1.0), (100000, 2025, 2.0)), "Two numbers")])
def test_pupils_that_are_missing_or_told_twice_are_refused(pupils, words):
    with pytest.raises(ValueError, match=words):
        formulae.forecast_allocations(schools({}), pupils, [2026], rate_from=2025)


def test_a_later_year_without_rates_is_refused():
    with pytest.raises(MissingFigureError):
        formulae.forecast_allocations(schools({}), census((100000, 2025, 1.0)), [2026])


# --- reasons --------------------------------------------------------------------------------------------------------


def reason(*rows, published_gbp, protection_gbp=0.0, trust="Tarn"):
    frame, rates = schools(*rows), tables.rates_for(2025)
    told = pd.DataFrame({"trust": [trust], "dfc_gbp": [0.0], "sca_gbp": [published_gbp],
                         "transitional_protection_gbp": [protection_gbp]}).set_index("trust")
    found = formulae.compare_published(frame, formulae.school_allocations(frame, 2025), told, rates)
    return found.set_index("trust").reason["Tarn"]


def test_reasons_of_misses_by_hand():
    """420 pupils under PFI: 33,442.50 at one half, 50,163.75 at three quarters; two small schools on the floor."""
    pfi = {"weighted_pupils": 420.0, "pfi": True}
    small = {"weighted_pupils": 10.0}
    assert reason({}, published_gbp=33_447.5) == ""
    assert "PFI schools of Manchester" in reason(pfi, published_gbp=50_163.75)
    assert "6 of 12 months" in reason(pfi, {}, published_gbp=50_163.75 + 33_442.5)
    assert reason(small, small, published_gbp=25_000.0).startswith("1 of its schools on the floor")
    assert reason({}, published_gbp=8_442.5) == "no reason found", "no school is on the floor"
    assert "transitional protection" in reason({}, published_gbp=40_000.0)
    assert reason({}, published_gbp=40_000.0, protection_gbp=6_557.5) == ""
    assert reason({}, published_gbp=1.0, trust="Fell") == "not among the published totals"


# --- files and the command ------------------------------------------------------------------------------------------


def invoke(*words):
    return CliRunner().invoke(funding, ["allocations", *map(str, words)], catch_exceptions=False)


def school_file(folder, *lines, header=HEADER):
    path = folder / "schools.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def two(tmp_path):
    """Two schools of Stoke-on-Trent and Camden, with the fewest columns there may be."""
    return school_file(tmp_path, "100001,861,Tarn,210,N,F (CDC2)", "100002,202,Fell,1000,yes,CDC2-K")


def test_the_fewest_columns_are_enough(two):
    found = tables.read_schools(two)
    assert found.condition_band.to_list() == ["CDC2-F", "CDC2-K"] and found.location_factor.to_list() == [0.95, 1.26]
    assert found.pfi.to_list() == [False, False] and found.dfc_gbp.isna().all()


def test_every_fault_of_a_school_file_is_told_at_once(tmp_path):
    path = school_file(tmp_path, "1,861,A,210,N,F (CDC2),N", "100002,999,,-5,maybe,Q (CDC2),", "100002,861,A,x,N,,Y",
                       header=HEADER + ",pfi")
    with pytest.raises(DataError) as caught:
        tables.read_schools(path)
    assert sorted({(fault.row, fault.column) for fault in caught.value.faults}) == [
        (2, "urn"), (3, "condition_band"), (3, "la_number"), (3, "pfi"), (3, "trust"), (3, "voluntary_aided"),
        (3, "weighted_pupils"), (4, "condition_band"), (4, "urn"), (4, "weighted_pupils")]


def test_the_command_writes_schools_and_trusts_that_add_up(two, tmp_path):
    """Camden: 1,000 x 159.25 x 2.0 x 1.26 x 1.08 = 433,414.80; DFC (4,000 + 11,250) x 1.08 = 16,470."""
    out = tmp_path / "new" / "paid.csv"
    done = invoke(two, "--grant-year", 2025, "--out", out)
    assert done.exit_code == 0 and "Grant year 2025-26" in done.stdout
    written, trusts = pd.read_csv(out), pd.read_csv(out.with_name("paid_trusts.csv"))
    assert list(written)[:3] == ["urn", "sca_gbp", "dfc_gbp"]
    assert list(trusts)[:4] == ["trust", "schools", "sca_gbp", "dfc_gbp"]
    assert written.sca_gbp.to_list() == [31_770.38, 433_414.8] and written.dfc_gbp.to_list() == [6_362.5, 16_470.0]
    assert trusts.iloc[:, :4].values.tolist() == [["Fell", 1, 433_414.8, 16_470.0], ["Tarn", 1, 31_770.38, 6_362.5]]
    assert sorted(path.name for path in out.parent.iterdir()) == ["paid.csv", "paid_trusts.csv"]


def test_rates_of_another_year_are_named_in_every_output(two, tmp_path):
    out = tmp_path / "later.csv"
    assert invoke(two, "--grant-year", 2027, "--out", out).exit_code == 2 and not out.exists()
    done = invoke(two, "--grant-year", 2027, "--out", out, "--rate-from", 2025)
    assert done.exit_code == 0 and "rates of 2025-26" in done.stdout and "Rates of 2025-26 are used for" in done.stderr
    for path in (out, tmp_path / "later_trusts.csv"):
        assert set(pd.read_csv(path).rates_of) == {2025} and set(pd.read_csv(path).grant_year) == {2027}
    done = invoke(two, "--grant-year", 2027, "--out", out, "--rate-from", 2025, "--force", "--json")
    told = json.loads(done.stdout)
    assert told["rates_of"] == 2025 and "Rates of 2025-26 are used for" in told["notes"][0]


def test_published_figures_are_compared_and_misses_listed(tmp_path):
    path = school_file(tmp_path, "100001,352,Tarn,210,N,F (CDC2),1,N,N,6362.5",
                       "100002,352,Fell,10,N,F (CDC2),1,N,Y,4112.49",
                       header=HEADER + ",location_factor,pfi,floor_applies,dfc_gbp")
    totals = tmp_path / "totals.csv"
    totals.write_text("trust,dfc_gbp,sca_gbp\nTarn,6362.5,33442.5\nFell,4112.5,0\nGill,1,2\n", encoding="utf-8")
    done = invoke(path, "--grant-year", 2025, "--out", tmp_path / "out.csv", "--published", totals, "--json")
    told = json.loads(done.stdout)
    assert told["dfc_given"] == {"schools": 2, "to_the_penny": 1, "a_penny_away": 1, "further_away": 0}
    assert told["published"]["agree_within_5_gbp"] == 1
    misses = {miss["trust"]: miss for miss in told["published"]["misses"]}
    assert set(misses) == {"Fell", "Gill"} and misses["Fell"]["sca_difference_gbp"] == -25_000
    assert misses["Gill"]["reason"] == "no school of this trust in the list of schools"
    words = invoke(path, "--grant-year", 2025, "--out", tmp_path / "again.csv", "--published", totals).stdout
    assert "Fell: published is -25,000.00; 1 of its schools on the floor" in words


@pytest.mark.parametrize("lines", [["100001,861,Tarn,many,N,F (CDC2)"], []])
def test_a_bad_file_writes_nothing(lines, tmp_path):
    path = school_file(tmp_path, *lines)
    done = invoke(path, "--grant-year", 2025, "--out", tmp_path / "new" / "out.csv")
    assert done.exit_code == 2 and "schools.csv" in done.stderr and "Traceback" not in done.stderr
    assert [item.name for item in tmp_path.iterdir()] == ["schools.csv"]


@pytest.mark.parametrize("option", ["--rates", "--published"])
def test_a_file_that_is_not_there_is_named(option, two, tmp_path):
    done = invoke(two, "--grant-year", 2025, "--out", tmp_path / "out.csv", option, tmp_path / "nowhere.csv")
    assert done.exit_code == 2 and "nowhere.csv" in done.stderr and not (tmp_path / "out.csv").exists()


def test_nothing_is_overwritten_without_force(two, tmp_path):
    out, beside = tmp_path / "out.csv", tmp_path / "out_trusts.csv"
    beside.write_text("mine", encoding="utf-8")
    done = invoke(two, "--grant-year", 2025, "--out", out)
    assert done.exit_code == 2 and "--force" in done.stderr and beside.read_text(encoding="utf-8") == "mine"
    assert not out.exists()
    assert invoke(two, "--grant-year", 2025, "--out", out, "--force").exit_code == 0
    assert beside.read_text(encoding="utf-8").startswith("trust,schools")


def test_what_is_read_is_never_written_over_and_a_folder_is_no_file(two, tmp_path):
    before = two.read_bytes()
    done = invoke(two, "--grant-year", 2025, "--out", two, "--force")
    assert done.exit_code == 2 and two.read_bytes() == before
    done = invoke(two, "--grant-year", 2025, "--out", tmp_path, "--force")
    assert done.exit_code == 2 and "folder" in done.stderr


def test_a_disc_that_fills_half_way_leaves_nothing_and_keeps_what_was_there(two, tmp_path, monkeypatch):
    whole, written = pd.DataFrame.to_csv, []

    def fails_the_second_time(frame, *arguments, **options):
        written.append(arguments)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        return whole(frame, *arguments, **options)

    monkeypatch.setattr(pd.DataFrame, "to_csv", fails_the_second_time)
    done = invoke(two, "--grant-year", 2025, "--out", tmp_path / "new" / "out.csv")
    assert done.exit_code == 2 and "No space left" in done.stderr
    assert [item.name for item in tmp_path.iterdir()] == ["schools.csv"]
