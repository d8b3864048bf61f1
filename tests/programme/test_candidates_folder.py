"""Candidates folders: what is written is what is read, every fault is told at once with its row, and the odd cases."""

import re
from pathlib import Path

import pandas as pd
import pytest
from folders import folder, once, read
from instances import random_instance
from oracle import solve

import capplan
from capplan.candidates import must_start_by, needs_met, write_candidates
from capplan.errors import CandidatesError

REPO = Path(__file__).resolve().parents[2]
GOOD = {"schemes": "scheme_id\nroof\nboiler\n", "scheme_years": "scheme_id,start_year,value\nroof,2026,5\nboiler,2026,3\n",
        "spend": "scheme_id,start_year,year,cost\nroof,2026,2026,10\nboiler,2026,2026,4\n",
        "pots": "pot_id,amount,first_year,last_year\nSCA,10,2026,2026\n"}


@pytest.fixture
def put(tmp_path):
    """Write the good folder with some files changed (``None``: left out)."""
    def of(**files):
        for name, text in (GOOD | files).items():
            if text is not None:
                (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return tmp_path
    return of


@pytest.fixture
def faults(put):
    """Every fault told of a folder, as (file, row, column)."""
    def of(**files):
        with pytest.raises(CandidatesError) as caught:
            capplan.read_candidates(put(**files))
        for fault in caught.value.faults:
            assert fault.found
            assert fault.must_be
            assert fault.must_be in str(caught.value)
        return [(fault.where, fault.row, fault.column) for fault in caught.value.faults]
    return of


# --------------------------------------------------------------------------------------------------------- round trip


@pytest.fixture(scope="module")
def tiny():
    scenario = capplan.read_scenario(REPO / "scenarios" / "baseline.toml")
    return capplan.propose(capplan.forecast(capplan.read_estate(REPO / "data" / "tiny"), scenario))


def test_tiny_is_worth_the_same_after_a_round_trip(tiny, tmp_path):
    write_candidates(tiny, tmp_path)
    back = capplan.read_candidates(tmp_path)
    before, after = capplan.optimise(tiny, gap=0), capplan.optimise(back, gap=0)
    assert after.objective == pytest.approx(before.objective, rel=1e-12)
    assert after.objective > 0
    assert after.draws.amount_gbp.sum() == pytest.approx(before.draws.amount_gbp.sum(), abs=0.02)


def test_every_table_of_tiny_comes_back_cell_by_cell(tiny, tmp_path):
    write_candidates(tiny, tmp_path)
    back = capplan.read_candidates(tmp_path)
    for name in ("schemes", "scheme_years", "spend", "pots", "limits"):
        own = tiny.table(name).reset_index(drop=True)
        for column in own:
            one, two = own[column], back.table(name)[column]
            if pd.api.types.is_numeric_dtype(one):
                two = pd.to_numeric(two)
                assert (one.isna() == two.isna()).all()
                assert (one.dropna() == two.dropna()).all(), (name, column)
            else:
                assert one.fillna("").tolist() == two.fillna("").tolist(), (name, column)


@pytest.mark.parametrize("seed", [2, 8, 12, 41])
def test_a_folder_read_and_written_again_is_the_same_folder(seed, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for place in (first, second):
        place.mkdir()
    candidates = read(random_instance(seed), tmp_path / "given")
    write_candidates(candidates, first)
    write_candidates(capplan.read_candidates(first), second)
    assert {path.name: path.read_bytes() for path in first.iterdir()} == {
        path.name: path.read_bytes() for path in second.iterdir()}
    programme = capplan.optimise(capplan.read_candidates(first), gap=0)
    assert programme.objective == pytest.approx(solve(random_instance(seed))[0])


@pytest.mark.parametrize("seed", [9, 12, 21])
def test_further_needs_are_read_and_written_again(seed, tmp_path):
    frames = random_instance(seed, further_needs=True)
    assert (frames["schemes"].also_meets != "").any()
    candidates = read(frames, tmp_path / "given")
    assert candidates.schemes.also_meets.tolist() == frames["schemes"].also_meets.tolist()
    (tmp_path / "again").mkdir()
    write_candidates(candidates, tmp_path / "again")
    back = capplan.read_candidates(tmp_path / "again")
    assert needs_met(back.schemes) == needs_met(candidates.schemes)
    assert capplan.optimise(back, gap=0).objective == pytest.approx(solve(frames)[0])


def test_the_needs_of_schemes_by_hand():
    """W1 has no group, so its name is its own need; W2 has one, so as a further need its name is that of a group."""
    schemes = pd.DataFrame(
        [("W1", "", ""), ("W2", "roof", "roof"), ("whole", "block", " W1;roof; W2;; lift"), ("alone", "", "alone")],
        columns=["scheme_id", "exclusion_group", "also_meets"])
    assert needs_met(schemes) == {
        "W1": ["scheme W1"], "W2": ["group roof"], "alone": ["scheme alone"],
        "whole": ["group block", "scheme W1", "group roof", "group W2", "group lift"]}
    assert needs_met(schemes[["scheme_id"]])["whole"] == ["scheme whole"]


# ----------------------------------------------------------------------------------------------- every fault, with rows


def test_every_fault_of_a_bad_folder_at_once(faults):
    """Faults of cells, between tables and of names, each once; nothing is said of rows that are only suspected."""
    found = faults(
        schemes="scheme_id,must_do,requires\nroof,perhaps,moat\nroof,,\n,yes,\nboiler,2026.5,\n",
        scheme_years="scheme_id,start_year,value\nroof,2026.5,5\nroof,MMXXVI,x\nboiler,2026,\nboiler,2027,1\nboiler,2027,2\n"
                     "ghost,2026,4\n",
        spend="scheme_id,start_year,year,cost\nroof,2026,2026,-10\nlift,2026,2026,4\nboiler,2029,2026,4\n",
        pots="pot_id,amount,first_year,last_year\nSCA,ten,2026,2026\nSCA,10,2028,2026\nDFC,10,2028,2026\n",
        limits="limit_id,year,scope,measure,sense,amount\nL,2026,world,schemes,<,1\nL,2026,world,schemes,<=,\nM,,all,heads,<=,2\n")
    assert set(found) >= {
        ("schemes.csv", 4, "scheme_id"), ("schemes.csv", 3, "scheme_id"), ("schemes.csv", 2, "must_do"),
        ("schemes.csv", 5, "must_do"), ("schemes.csv", 2, "requires"),
        ("scheme_years.csv", 2, "start_year"), ("scheme_years.csv", 3, "start_year"), ("scheme_years.csv", 3, "value"),
        ("scheme_years.csv", 4, "value"), ("scheme_years.csv", 6, "scheme_id, start_year"),
        ("scheme_years.csv", 7, "scheme_id"), ("spend.csv", 2, "cost"), ("spend.csv", 3, "scheme_id"),
        ("pots.csv", 2, "amount"), ("pots.csv", 3, "pot_id"), ("pots.csv", 4, "last_year"),
        ("limits.csv", 2, "scope"), ("limits.csv", 2, "sense"), ("limits.csv", 3, "amount"),
        ("limits.csv", 3, "limit_id, year, scope"), ("limits.csv", 4, "measure")}
    assert len(found) == len(set(found))
    assert ("spend.csv", 4, "start_year") not in found  # boiler's own start years are in doubt


@pytest.mark.slow
@pytest.mark.parametrize(("files", "fault"), [
    ({"schemes": None}, ("schemes.csv", None, "")), ({"scheme_years": None}, ("scheme_years.csv", None, "")),
    ({"schemes": ""}, ("schemes.csv", None, "")), ({"schemes": "scheme_id\n"}, ("schemes.csv", None, "")),
    ({"scheme_years": "scheme_id,start_year\nroof,2026\nboiler,2026\n"}, ("scheme_years.csv", 1, "value")),
    ({"spend": "scheme_id,start_year,year,cost,vat\nroof,2026,2026,10,2\nboiler,2026,2026,4,0\n"}, ("spend.csv", 1, "vat")),
    ({"limits": "limit_id,scope,measure,sense,amount,bound\nL,all,cost,<=,5,6\n"}, ("limits.csv", 1, "bound")),
    ({"scheme_years": GOOD["scheme_years"] + "moat,2026,1\n"}, ("scheme_years.csv", 4, "scheme_id")),
    ({"spend": GOOD["spend"] + "roof,2027,2027,1\n"}, ("spend.csv", 4, "start_year")),
    ({"spend": GOOD["spend"].replace("boiler,2026,2026,4\n", "")}, ("spend.csv", None, "")),
    ({"spend": GOOD["spend"].replace(",4\n", ",-4\n")}, ("spend.csv", 3, "cost")),
    ({"scheme_years": GOOD["scheme_years"].replace(",3\n", ",inf\n")}, ("scheme_years.csv", 3, "value")),
    ({"schemes": "scheme_id,requires\nroof,boiler; cellar\nboiler,\n"}, ("schemes.csv", 2, "requires")),
    ({"schemes": "scheme_id,must_do\nroof,soon\nboiler,\n"}, ("schemes.csv", 2, "must_do")),
    ({"pots": GOOD["pots"] + "DFC,1,2028,2027\n"}, ("pots.csv", 3, "last_year")),
    ({"limits": "limit_id,scope,measure,sense,amount\nL,all,joy,<=,5\n"}, ("limits.csv", 2, "measure")),
    ({"limits": "limit_id,scope,measure,sense,amount\nL,county,cost,<=,5\n"}, ("limits.csv", 2, "scope")),
    ({"limits": "limit_id,scope,measure,sense,amount\nL,all,cost,=,5\n"}, ("limits.csv", 2, "sense")),
    ({"limits": "limit_id,scope,measure,sense,amount,or_none\nL,all,cost,<=,5,yes\n"}, ("limits.csv", 2, "or_none")),
    ({"limits": "limit_id,scope,measure,sense,amount,or_none\nL,all,cost,>=,5,perhaps\n"}, ("limits.csv", 2, "or_none")),
    ({"limits": "limit_id,scope,measure,sense,amount,or_none,of_total\nL,all,cost,>=,0.5,yes,yes\n"},
     ("limits.csv", 2, "or_none")),
    ({"limits": "limit_id,scope,measure,sense,amount,of_total\nL,all,cost,<=,30,yes\n"}, ("limits.csv", 2, "amount")),
    ({"limits": "limit_id,scope,measure,sense,amount,of_total\nL,all,cost,<=,-0.1,yes\n"}, ("limits.csv", 2, "amount")),
    ({"bundles": "bundle_id,schemes,saving_share\nB,roof;cellar,0.1\n"}, ("bundles.csv", 2, "schemes")),
    ({"bundles": "bundle_id,schemes,saving_share\nB,roof; ,0.1\n"}, ("bundles.csv", 2, "schemes")),
    ({"bundles": "bundle_id,schemes,saving_share\nB,roof;roof,0.1\n"}, ("bundles.csv", 2, "schemes")),
    ({"bundles": "bundle_id,schemes,saving_share\nB,roof;boiler;roof,0.1\n"}, ("bundles.csv", 2, "schemes")),
    ({"bundles": "bundle_id,schemes,saving_share\nB,roof;boiler,0\n"}, ("bundles.csv", 2, "saving_share")),
    ({"bundles": "bundle_id,schemes,saving_share\nB,roof;boiler,0.95\n"}, ("bundles.csv", 2, "saving_share")),
    ({"bundles": "bundle_id,schemes,saving_share\nB,roof;boiler,0.1\nB,roof;boiler,0.2\n"}, ("bundles.csv", 3, "bundle_id")),
    ({"bundles": "bundle_id,schemes,saving_share\nB,roof;boiler,0.5\nC,boiler;roof,0.5\n"},
     ("bundles.csv", None, "saving_share")),
    ({"bundles": "bundle_id,schemes\nB,roof;boiler\n"}, ("bundles.csv", 1, "saving_share")),
    ({"pots": "pot_id,amount,first_year,last_year,schemes\nSCA,10,2026,2026,roof; cellar\n"}, ("pots.csv", 2, "schemes")),
    ({"pots": "pot_id,amount,first_year,last_year,with_scheme\nSCA,10,2026,2026,bid\n"}, ("pots.csv", 2, "with_scheme")),
    ({"pots": "pot_id,amount,first_year,last_year,with_scheme\nSCA,10,2026,2026,roof;boiler\n"},
     ("pots.csv", 2, "with_scheme")),
    ({"pots": "pot_id,amount,first_year,last_year,most_share\nSCA,10,2026,2026,0\n"}, ("pots.csv", 2, "most_share")),
    ({"pots": "pot_id,amount,first_year,last_year,most_share\nSCA,10,2026,2026,50\n"}, ("pots.csv", 2, "most_share"))])
def test_one_fault_of_each_kind_is_told_where_it_is(faults, files, fault):
    assert fault in faults(**files)


BLOCK = "scheme_id,exclusion_group\nroof,\nboiler,heat\npumps,heat\nlamps,\n"
BLOCK_YEARS = "scheme_id,start_year,value\nroof,2026,5\nboiler,2026,3\npumps,2026,3\nlamps,2026,1\n"


@pytest.mark.parametrize(("bundles", "wrong"), [
    ([("roof;boiler", 0.6), ("roof;pumps", 0.6)], []),  # boiler or pumps, never both
    ([("roof;boiler", 0.6), ("roof;lamps", 0.4)], ["1 in all for roof"]),
    ([("roof;boiler", 0.5), ("roof;lamps", 0.4)], []), ([("roof;boiler;lamps", 0.9)], []),
    ([("roof;boiler", 0.5), ("boiler;roof", 0.45)], ["0.95 in all for roof", "0.95 in all for boiler"]),  # twice the same
    ([("roof;boiler", 0.5), ("boiler;roof", 0.45), ("roof;pumps", 0.9)], ["0.95 in all for roof", "0.95 in all for boiler"]),
    ([("roof;boiler", 0.5), ("roof;pumps", 0.4), ("roof;lamps", 0.45)], ["0.95 in all for roof"])])
def test_bundles_of_one_scheme_may_not_save_more_together_than_one_may(put, bundles, wrong):
    rows = "".join(f"B{i},{names},{share}\n" for i, (names, share) in enumerate(bundles))
    place = put(schemes=BLOCK, scheme_years=BLOCK_YEARS, spend=None, bundles="bundle_id,schemes,saving_share\n" + rows)
    if not wrong:
        assert len(capplan.read_candidates(place).bundles) == len(bundles)
        return
    with pytest.raises(CandidatesError) as caught:
        capplan.read_candidates(place)
    assert [fault.found for fault in caught.value.faults] == wrong


@pytest.mark.slow
@pytest.mark.parametrize("seed", [500, 505, 508, 518])
def test_further_terms_are_read_and_written_again(seed, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    frames = random_instance(seed, terms=True)
    candidates = read(frames, tmp_path / "given")
    for place, each in ((first, lambda: candidates), (second, lambda: capplan.read_candidates(first))):
        place.mkdir()
        write_candidates(each(), place)
    assert {path.name: path.read_bytes() for path in first.iterdir()} == {
        path.name: path.read_bytes() for path in second.iterdir()}
    back = capplan.read_candidates(first)
    assert back.bundles.saving_share.tolist() == frames["bundles"].saving_share.tolist()
    for column in ("most_share", "schemes", "with_scheme"):
        given = frames["pots"].get(column, pd.Series("", frames["pots"].index))
        assert back.pots[column].astype(object).fillna("").tolist() == given.tolist()
    for column in ("of_total", "or_none"):
        given = frames["limits"].get(column, pd.Series("", frames["limits"].index))
        assert back.limits[column].eq(True).tolist() == given.isin(["yes", "true"]).tolist()
    assert capplan.optimise(back, gap=0).objective == pytest.approx(solve(frames)[0])


def test_a_measure_that_is_not_a_number_is_told_by_its_rows(faults):
    found = faults(scheme_years="scheme_id,start_year,value,carbon_t\nroof,2026,5,much\nboiler,2026,3,\n",
                   limits="limit_id,scope,measure,sense,amount\nL,all,carbon_t,<=,5\n")
    assert found == [("scheme_years.csv", 2, "carbon_t"), ("scheme_years.csv", 3, "carbon_t")]


def test_a_folder_that_is_not_there():
    with pytest.raises(CandidatesError, match="no such folder"):
        capplan.read_candidates("nowhere/at/all")


def test_a_table_both_as_csv_and_as_parquet_is_refused(put):
    place = put()
    pytest.importorskip("pyarrow")
    pd.read_csv(place / "pots.csv").to_parquet(place / "pots.parquet")
    with pytest.raises(CandidatesError, match="one file; remove the other"):
        capplan.read_candidates(place)


# ---------------------------------------------------------------------------------------------------------- odd cases


def test_the_good_folder_is_good(put):
    assert capplan.optimise(capplan.read_candidates(put()), gap=0).choice == {"roof": 2026}


def test_further_columns_are_kept(put, tmp_path):
    candidates = capplan.read_candidates(put(
        schemes="scheme_id,surveyor,note\nroof,J Oak,\"leaks, badly\"\nboiler,,\n",
        scheme_years="scheme_id,start_year,value,carbon_t\nroof,2026,5,1.5\nboiler,2026,3,2\n"))
    assert candidates.schemes.surveyor.tolist() == ["J Oak", ""]
    out = tmp_path / "out"
    out.mkdir()
    write_candidates(candidates, out)
    back = capplan.read_candidates(out)
    assert back.schemes.note.tolist() == ["leaks, badly", ""]
    assert back.scheme_years.carbon_t.tolist() == ["1.5", "2"]
    assert capplan.optimise(back).schemes().note.tolist() == ["leaks, badly", ""]


@pytest.mark.parametrize("spend", [None, "scheme_id,start_year,year,cost\n"], ids=["no file", "a header only"])
def test_without_any_spend_everything_is_free(put, spend):
    programme = capplan.optimise(capplan.read_candidates(put(spend=spend)), gap=0)
    assert programme.choice == {"roof": 2026, "boiler": 2026}
    assert programme.objective == 8
    assert len(programme.draws) == 0


def test_without_any_pot_only_what_is_free_is_chosen(put):
    candidates = capplan.read_candidates(put(pots=None, spend=GOOD["spend"].replace(",4\n", ",0\n")))
    assert capplan.optimise(candidates, gap=0).choice == {"boiler": 2026}


def test_years_may_count_from_0(tmp_path):
    """As in published instances: start in year 0 or 1, money of years 0 and 1 apart, required works in year 0."""
    frames = folder([("a", {}, {0: (5, {0: 10}), 1: (6, {1: 10})}),
                     ("b", {"requires": "a"}, {0: (1, {0: 5}), 1: (3, {1: 5})})],
                    [{"amount": 10, "first_year": 0, "last_year": 0}, {"amount": 10, "first_year": 1, "last_year": 1}],
                    [{"year": 0, "measure": "schemes", "amount": 1}])
    programme = capplan.optimise(read(frames, tmp_path), gap=0)
    assert programme.choice == {"a": 0, "b": 1}
    assert programme.objective == solve(frames)[0] == 8
    assert programme.schemes().start_year.tolist() == [0, 1]
    assert programme.spend_by_year().to_dict() == {0: 10, 1: 5}


def test_years_before_0_are_years_too(tmp_path):
    frames = folder([("a", {}, {-1: (5, {-1: 10, 0: 3})})], [{"amount": 13, "first_year": -1, "last_year": 0}],
                    [{"year": -1, "measure": "cost", "amount": 10}])
    assert capplan.optimise(read(frames, tmp_path), gap=0).choice == {"a": -1}


def test_parquet_is_read_as_well(tmp_path):
    pytest.importorskip("pyarrow")
    frames = random_instance(8)
    given = read(frames, tmp_path / "csv")
    (tmp_path / "parquet").mkdir()
    for path in (tmp_path / "csv").iterdir():
        pd.read_csv(path).to_parquet(tmp_path / "parquet" / f"{path.stem}.parquet")
    back = capplan.read_candidates(tmp_path / "parquet")
    assert capplan.optimise(back, gap=0).objective == capplan.optimise(given, gap=0).objective == solve(frames)[0]


def test_must_do_years_written_with_a_decimal_point_are_years(put):
    """pandas writes a column of years with blanks as 2026.0."""
    candidates = capplan.read_candidates(put(schemes="scheme_id,must_do\nroof,\nboiler,2026.0\n"))
    assert capplan.optimise(candidates, gap=0).choice == {"boiler": 2026}


@pytest.mark.parametrize(("word", "latest"), [
    ("", None), ("no", None), ("0", None), ("False", None), ("0.0", None), ("yes", float("inf")), ("TRUE", float("inf")),
    ("1", float("inf")), ("1.0", float("inf")), ("2026", 2026), ("2026.0", 2026), (" 2030 ", 2030)])
def test_the_words_of_must_do(word, latest):
    assert must_start_by(word) == latest


@pytest.mark.parametrize("word", ["soon", "2026.5", "2026-27", "inf", "nan"])
def test_other_words_of_must_do_are_refused(word):
    with pytest.raises(ValueError):
        must_start_by(word)


def test_money_flows_and_lapses_by_pot(tmp_path):
    """A pot of 100 for 2026-2027 pays 30 and 20 and loses 50; reserves of 40 pay nothing and are carried on."""
    frames = folder([("a", {}, {2026: (5, {2026: 30, 2027: 20})})],
                    [{"pot_id": "SCA", "amount": 100, "last_year": 2027, "route": "SCA"},
                     {"pot_id": "OWN", "amount": 40, "last_year": 2027, "route": "reserves"}])
    flow = capplan.optimise(read(frames, tmp_path)).cashflow().set_index(["pot_id", "year"])
    names = ["opening_gbp", "in_gbp", "out_gbp", "lapsed_gbp", "closing_gbp"]
    assert flow.loc[("SCA", 2026), names].tolist() == [0, 100, 30, 0, 70]
    assert flow.loc[("SCA", 2027), names].tolist() == [70, 0, 20, 50, 0]
    assert flow.loc[("OWN", 2026), names].tolist() == [0, 40, 0, 0, 40]
    assert flow.loc[("OWN", 2027), names].tolist() == [40, 0, 0, 0, 40]


def test_money_that_lapses_first_is_spent_first_and_reserves_last(tmp_path):
    frames = folder([("a", {}, once(5, 100))], [
        {"pot_id": "OWN", "amount": 60, "route": "reserves"}, {"pot_id": "LATE", "amount": 60, "last_year": 2028},
        {"pot_id": "SOON", "amount": 30, "last_year": 2027}])
    draws = capplan.optimise(read(frames, tmp_path)).draws
    assert draws.set_index("pot_id").amount_gbp.to_dict() == {"SOON": 30, "LATE": 60, "OWN": 10}


def test_a_grant_is_left_for_the_year_only_it_can_pay(tmp_path):
    """2026's bill takes the reserves, because only the grant's window reaches 2027 for the second bill."""
    frames = folder([("a", {}, {2026: (5, {2026: 10, 2027: 10})})], [
        {"pot_id": "GRANT", "amount": 10, "last_year": 2027}, {"pot_id": "OWN", "amount": 10, "route": "reserves"}])
    draws = capplan.optimise(read(frames, tmp_path)).draws.set_index(["pot_id", "year"]).amount_gbp
    assert draws.to_dict() == {("OWN", 2026): 10, ("GRANT", 2027): 10}


@pytest.mark.parametrize(("amount", "cost"), [(10.004, 100.04), (10.004, 100), (3.3333, 33.333), (1 / 3, 10 / 3)])
def test_a_bill_from_ten_pots_with_parts_of_pennies_is_paid_in_full(amount, cost, tmp_path):
    frames = folder([("a", {}, once(5, cost))], [{"amount": amount} for _ in range(10)])
    programme = capplan.optimise(read(frames, tmp_path))
    assert programme.choice == {"a": 2026}
    assert programme.draws.amount_gbp.sum() == pytest.approx(cost, abs=0.001)
    assert programme.draws.groupby("pot_id").amount_gbp.sum().max() <= amount + 0.0001


def test_each_start_year_of_a_scheme_needs_its_own_price(put):
    place = put(scheme_years="scheme_id,start_year,value\nroof,2026,5\nroof,2027,5\nboiler,2026,3\nboiler,2028,3\n")
    with pytest.raises(CandidatesError) as caught:
        capplan.read_candidates(place)
    assert re.findall(r"no row for (\w+) started in (\d+)", str(caught.value)) == [("roof", "2027"), ("boiler", "2028")]


def test_a_folder_of_a_spreadsheet_with_a_byte_order_mark_and_blank_lines(put):
    place = put()
    text = "\ufeff" + GOOD["schemes"] + "\n\n"
    (place / "schemes.csv").write_text(text, encoding="utf-8")
    assert capplan.read_candidates(place).schemes.scheme_id.tolist() == ["roof", "boiler"]


def test_the_writer_leaves_out_tables_without_rows(tmp_path):
    given = read(folder([("a", {}, {2026: (1, {})})]), tmp_path / "given")
    (tmp_path / "out").mkdir()
    write_candidates(given, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"schemes.csv", "scheme_years.csv", "spend.csv"}
    assert len(capplan.read_candidates(tmp_path / "out").pots) == 0


def test_frames_handed_out_are_copies(put):
    candidates = capplan.read_candidates(put())
    handed_out = candidates.schemes
    handed_out["scheme_id"] = "changed"
    assert candidates.schemes.scheme_id.tolist() == ["roof", "boiler"]


def test_one_limit_in_several_years_long_lists_and_an_empty_limits_file_are_read(tmp_path):
    names = [f"scheme-{i:04d}" for i in range(100)]
    (tmp_path / "schemes.csv").write_text("scheme_id,requires\n" + "".join(f"{name},\n" for name in names)
                                          + "last," + ";".join(names) + "\n", encoding="utf-8")
    (tmp_path / "scheme_years.csv").write_text("scheme_id,start_year,value\n" + "".join(
        f"{name},{year},1\n" for name in [*names, "last"] for year in (0, 1)), encoding="utf-8")
    (tmp_path / "limits.csv").write_text("limit_id,year,scope,measure,sense,amount\nmost,0,all,schemes,<=,60\n"
                                         "most,1,all,schemes,<=,41\n", encoding="utf-8")
    assert capplan.optimise(capplan.read_candidates(tmp_path), gap=0).objective == 101
    (tmp_path / "limits.csv").write_bytes(b"")
    assert capplan.optimise(capplan.read_candidates(tmp_path), gap=0).objective == 101


def test_a_further_need_that_nobody_else_meets_is_a_slip_and_said(tmp_path):
    """A slip of the pen would otherwise switch an exclusion off without a word; a need that two schemes name is one."""
    schemes = "scheme_id,exclusion_group,also_meets\nhall,,roof;rooof\nroof one,roof,\nlab,,stairs\nwing,,stairs\n"
    tables = {"schemes": schemes,
              "scheme_years": "scheme_id,start_year,value\nhall,0,5\nroof one,0,3\nlab,0,1\nwing,0,1\n",
              "pots": "pot_id,amount,first_year,last_year\np,10,0,0\n"}
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(CandidatesError) as told:
        capplan.read_candidates(tmp_path)
    assert [(fault.row, fault.column, fault.found) for fault in told.value.faults] == [(2, "also_meets", "'rooof'")]
