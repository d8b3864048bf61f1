"""Packs for bids on complete and incomplete cases: gaps planted are those listed, money that adds up, dates by hand."""

import csv
import io
import shutil
import zipfile
from datetime import date

import pandas as pd
import pytest

from capplan.errors import DataError
from capplan.funding.bid_scoring import round_named
from capplan.report.bid_facts import bid_facts, programme_days
from capplan.report.bid_files import bid_folder, told_of_bid
from capplan.report.bid_money import cost_rows, options_rows
from capplan.report.bid_pack import bid_pack
from capplan.report.bid_score import bid_score, size_words
from capplan.report.document import Box, Grid, Points
from capplan.report.results import read_results
from capplan.report.schools_read import read_schools

SCHEME, ROUND, TODAY = "MAR-1-A.ROOF.renew", "CIF 2027-28", date(2026, 11, 22)
FULL_CASE = "ELL-1-A.ROOF.renew"
FILES = (("photo", 3), ("quote", 3), ("report", 1), ("drawing", 1), ("certificate", 1), ("correspondence", 1))
NASTY = "<b>#&$ |' /C calc'!A0 @x"


def evidence_rows(counts, size=1_000_000, named=FULL_CASE):
    """Rows of evidence.csv: so many files of each kind for the scheme."""
    rows = []
    for kind, count in counts:
        for number in range(count):
            rows.append({"evidence_id": f"E-{kind}-{number}", "school_id": "ELL", "block_id": "", "scheme_id": named,
                         "component_id": "", "kind": kind, "path": f"{kind}s/{number} {NASTY}.pdf", "sha256": "ab" * 32,
                         "bytes": size, "dated": "2026-10-01", "note": NASTY})
    return rows


def change_estate(folder, **tables):
    """Put tables (lists of rows, or functions from the rows there to new ones) into the estate that a folder keeps."""
    with zipfile.ZipFile(folder / "inputs.zip") as archive:
        held = {info.filename: archive.read(info) for info in archive.infolist()}
    for name, change in tables.items():
        rows = change(list(csv.DictReader(io.StringIO(held[f"{name}.csv"].decode())))) if callable(change) else change
        held[f"{name}.csv"] = pd.DataFrame(rows).to_csv(index=False).encode()
    with zipfile.ZipFile(folder / "inputs.zip", "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)


def edit(folder, name, change):
    path = folder / f"{name}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False, lineterminator="\n")


def set_where(frame, scheme, **cells):
    for name, value in cells.items():
        frame.loc[frame.scheme_id == scheme, name] = value
    return frame


@pytest.fixture(scope="module")
def complete(tiny_results, tmp_path_factory):
    """A folder in which the roof of Ellerwick Primary School has everything a bid may be asked for."""
    folder = shutil.copytree(tiny_results, tmp_path_factory.mktemp("bids") / "complete")
    edit(folder, "schemes", lambda frame: set_where(frame, FULL_CASE, stage="tender", contributed_gbp="90000"))
    edit(folder, "candidates/schemes", lambda frame: set_where(frame, FULL_CASE, tag="low carbon"))
    change_estate(folder, evidence=evidence_rows(FILES), compliance=[
        {"item_id": "F1", "site_id": "ELL-1", "block_id": "", "duty_id": "FIRE-RISK", "last_done": "2026-09-01", "due": "",
         "finding": "", "remedial_cost_gbp": "", "cost_price_base": ""}])
    return folder


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def score_of(folder, scheme=FULL_CASE, round_name=ROUND, on=TODAY):
    _, facts, score = pack_of(folder, scheme, round_name, on)
    return facts, score


def pack_of(folder, scheme=SCHEME, round_name=ROUND, on=TODAY):
    facts = bid_facts(read_schools(read_results(folder)), scheme, round_named(round_name), on)
    score = bid_score(facts)
    return bid_pack(facts, score), facts, score


def texts(document):
    for block in document.blocks:
        if isinstance(block, Grid):
            yield block.table["caption"]
            yield from (cell for _, rows in block.table["groups"] for row in rows for cell in row)
            yield from block.table["total"] or ()
        elif isinstance(block, Points | Box):
            yield from block.items
        elif hasattr(block, "text"):
            yield block.text


def test_a_complete_case_misses_nothing(complete):
    document, _, score = pack_of(complete, FULL_CASE)
    assert list(score.missing["item"]) == []
    assert score.items.set_index("item").scored["contribution"] == 6
    assert "Nothing that the round asks for is missing." in texts(document)


def plant(folder, gap):
    """Take one thing away from a complete case."""
    def less(kind):
        """The index of evidence with one file of a kind less."""
        change_estate(folder, evidence=lambda rows: [row for row in rows if row["evidence_id"] != f"E-{kind}-0"])

    files = {"photos": "photo", "specialist": "report", "drawings": "drawing", "consents": "certificate",
             "log": "correspondence", "quotes": "quote"}
    if gap in files:
        less(files[gap])
    elif gap == "stage":
        edit(folder, "schemes", lambda frame: set_where(frame, FULL_CASE, stage="concept"))
    elif gap == "contribution":
        edit(folder, "schemes", lambda frame: set_where(frame, FULL_CASE, contributed_gbp="0"))
    elif gap == "survey":
        edit(folder, "components", lambda frame: frame.assign(surveyed=frame.surveyed.where(
            frame.component_id != "ELL-01", "2019-07-01")))
    elif gap == "register":
        edit(folder, "components", lambda frame: frame.assign(surveyed=frame.surveyed.where(
            frame.component_id != "ELL-07", "modelled")))
    elif gap == "inspections":
        change_estate(folder, compliance=lambda rows: [row | {"last_done": "2024-01-01"} for row in rows])
    elif gap == "pupils":
        change_estate(folder, schools=lambda rows: [row | {"pupils": ""} for row in rows])
    elif gap == "low carbon":
        edit(folder, "candidates/schemes", lambda frame: set_where(frame, FULL_CASE, tag="condition"))
    elif gap == "options":
        for name in ("schemes", "candidates/schemes"):
            edit(folder, name, lambda frame: set_where(frame, FULL_CASE, exclusion_group=""))


GAPS = ("photos", "specialist", "drawings", "consents", "log", "quotes", "stage", "contribution", "survey", "register",
        "inspections", "pupils", "low carbon", "options")


@pytest.mark.parametrize("gaps", [
    ("photos",), ("specialist", "stage", "survey"), ("drawings", "consents", "contribution", "register"),
    ("log", "quotes", "inspections", "low carbon"), ("options", "pupils"), GAPS])
def test_planted_gaps_are_listed_exactly_and_ranked_by_points(complete, tmp_path, gaps):
    folder = copied(complete, tmp_path)
    for gap in gaps:
        plant(folder, gap)
    _, score = score_of(folder)
    assert set(score.missing["item"]) == set(gaps)
    assert score.missing.lost.is_monotonic_decreasing and (score.missing.lost > 0).all()
    assert score.items.scored.sum() + score.items.lost.sum() == pytest.approx(100)


def test_the_tiny_trust_s_own_case_by_hand(tiny_results):
    document, facts, score = pack_of(tiny_results, SCHEME)
    # CIF 2027-28: roof 0.8 and priority 2 0.75 of 15 each; 1 of 1 component surveyed after 1 October 2023.
    scored = score.items.set_index("item").scored
    assert scored["type"] == pytest.approx(12) and scored["priority"] == pytest.approx(11.25)
    assert scored["photos"] == scored["quote"] == scored["contribution"] == 0
    assert facts.start == 2027 and facts.ready == date(2027, 5, 31) + pd.Timedelta(weeks=24).to_pytimedelta()
    assert facts.begins == date(2028, 7, 23) and facts.round.finish_by == date(2029, 3, 31)
    told = pd.read_csv(tiny_results / "schemes.csv").set_index("scheme_id").loc[SCHEME]
    spent = pd.read_csv(tiny_results / "candidates" / "spend.csv").query("scheme_id == @SCHEME and start_year == 2027").cost
    assert facts.cost_gbp == spent.sum() and facts.p80_gbp / facts.cost_gbp == pytest.approx(
        told.cost_p80_gbp / told.cost_gbp, rel=1e-6)
    said = list(texts(document))
    assert any(text.startswith("Breaks who may bid: grants.csv has SCA for 2027") for text in said)


def test_the_parts_of_the_cost_add_up_to_the_whole(tiny_results):
    for scheme in ("MAR-1-A.ROOF.renew", "work.W1"):
        facts, _ = score_of(tiny_results, scheme)
        *parts, whole = [int(row[2].replace("£", "").replace(",", "")) for row in cost_rows(facts)]
        assert sum(parts) == whole == round(facts.cost_gbp)


def test_the_build_up_of_the_roof_by_hand(tiny_results):
    facts, _ = score_of(tiny_results, SCHEME)
    rows = {name: amount for name, _, amount in cost_rows(facts)}
    works = facts.real_gbp / 1.175     # fees of a tenth and a contingency of 7.5% on works
    assert rows["Fees"] == f"£{works * 0.1:,.0f}" and rows["Contingency, or optimism bias"] == f"£{works * 0.075:,.0f}"


def test_options_are_the_needs_own_with_net_present_values_by_hand(tiny_results):
    facts, _ = score_of(tiny_results, SCHEME)
    rows, said = options_rows(facts)
    owned = pd.read_csv(tiny_results / "ownership_options.csv")
    owned = owned[owned.need == "MAR-1-A.ROOF"].set_index("option")
    assert rows[0][0] == "Do nothing" and len(rows) == len(owned)
    mine = next(row for row in rows if row[0] == "Replace like for like (this bid)")
    net = owned.total_present_gbp["nothing"] - owned.total_present_gbp["renew"]
    works = owned.capital_present_gbp["renew"]
    signed = [f"{'-' if amount < 0 else ''}£{abs(amount):,.0f}" for amount in (works, net, net - 0.24 * works)]
    assert [mine[2], mine[4], mine[5]] == signed
    assert any(text.startswith("Low carbon: no low-carbon way") for text in said)


def test_a_low_carbon_way_stands_beside_like_for_like(tiny_results, tmp_path):
    folder = copied(tiny_results, tmp_path)
    for name in ("schemes", "candidates/schemes", "candidates/scheme_years", "candidates/spend"):
        edit(folder, name, lambda frame: pd.concat([frame, set_where(frame[frame.scheme_id == SCHEME].copy(), SCHEME, **(
            {"kind": "low carbon", "start_year": "", "value_gbp": "300000", "value_per_gbp": "1.5"}
            if "kind" in frame and "value_gbp" in frame else {})).assign(scheme_id="ROOF.low")]))
    facts, score = score_of(folder, SCHEME)
    rows, _ = options_rows(facts)
    low = next(row for row in rows if row[0] == "Low-carbon replacement: low")
    assert low[2] == "£200,000" and low[3] == "not known" and low[4] == "£100,000"
    assert score.items.set_index("item").scored["low carbon"] == 2


def test_an_expired_round_is_told(tiny_results):
    document, facts, _ = pack_of(tiny_results, round_name="CIF 2025-26")
    assert facts.round.state_on(TODAY) == "closed"
    assert any("CIF 2025-26 closed on 17 December 2024" in text for text in texts(document))


def test_works_the_plan_starts_too_soon_are_told(tiny_results):
    schemes = read_results(tiny_results).funded
    early = schemes[(schemes.start_year < 2027) & (schemes.site_id != "")].scheme_id.iloc[0]
    document, facts, _ = pack_of(tiny_results, early)
    assert facts.start >= 2026
    assert any(text.startswith("The programme starts these works in 2026-27 from other money") for text in texts(document))


def test_more_evidence_than_may_be_sent_is_told_with_the_largest_files(complete, tmp_path):
    folder = copied(complete, tmp_path)
    change_estate(folder, evidence=evidence_rows(FILES, size=6_000_000))
    facts, _ = score_of(folder)
    first, largest = size_words(facts)
    assert first.startswith("Evidence in all: 60.0 MB of the 50 MB to plan for, 10.0 MB too much.")
    assert largest.count("(6.0 MB)") == 3


def test_evidence_is_indexed_and_never_copied(complete):
    files, facts, score = bid_folder(read_schools(read_results(complete)), FULL_CASE, ROUND, TODAY)
    index = pd.read_csv(io.BytesIO(files["evidence/evidence_index.csv"]))
    assert len(index) == 10 and set(index.sha256) == {"ab" * 32}
    assert set(files) == {"bid.docx", "bid.pdf", *(f"evidence/{name}.csv" for name in (
        "evidence_index", "survey_extract", "self_score", "missing_evidence", "options", "cost"))}
    assert told_of_bid(facts, score).endswith("0 pieces of evidence missing.")
    import docx
    word = docx.Document(io.BytesIO(files["bid.docx"]))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    assert f"photos/0 {NASTY}.pdf" in cells and NASTY in cells
    total = next(row for table in word.tables for row in [[cell.text for cell in row.cells] for row in table.rows]
                 if row[0] == "All" and row[2:3] == ["100"])
    assert float(total[3]) == pytest.approx(score.items.scored.sum(), abs=0.05)


@pytest.mark.parametrize("scheme", ["NOPE", "", "MAR-1-A.ROOF"])
def test_a_scheme_that_is_not_there_is_told_with_those_near(tiny_results, scheme):
    with pytest.raises(DataError, match="a scheme_id of schemes"):
        bid_folder(read_schools(read_results(tiny_results)), scheme, ROUND, TODAY)


def test_a_folder_without_its_estate_is_refused(results):
    with pytest.raises(DataError) as told:
        bid_folder(read_schools(results), results.schemes.scheme_id[0], ROUND, TODAY)
    assert any(fault.where == "inputs.zip" for fault in told.value.faults)


def test_the_command_writes_a_folder_and_says_what_is_missing(complete, tmp_path, capplan):
    out = tmp_path / "bid.v1"
    done = capplan("report", complete, "--for", "bid", "--scheme", FULL_CASE, "--round", "cif 2027-28", "--out", out)
    assert done.exit_code == 0 and "self-score" in done.stdout and (out / "evidence" / "options.csv").is_file()
    for words, said in ((("--round", "CIF 2031-32"), "No round 'CIF 2031-32'"), ((), "--round needed")):
        bad = capplan("report", complete, "--for", "bid", "--scheme", FULL_CASE, *words, "--out", tmp_path / "x")
        assert bad.exit_code == 2 and said in bad.stderr and not (tmp_path / "x").exists()


def test_works_that_cannot_wait_for_the_round_are_told(tiny_results, tmp_path):
    folder = copied(tiny_results, tmp_path)
    for name in ("candidates/scheme_years", "candidates/spend"):
        edit(folder, name, lambda frame: frame[(frame.scheme_id != SCHEME) | (frame.start_year == "2026")])
    document, facts, _ = pack_of(folder, SCHEME)
    assert facts.start == 2026
    assert any(text.startswith("These works may start no later than 2026-27") for text in texts(document))


@pytest.mark.parametrize(("start", "cost_gbp", "ready", "begins"), [
    (2026, 9_000, date(2027, 7, 12), date(2027, 7, 23)), (2026, 180_000, date(2027, 11, 15), date(2028, 7, 23)),
    (2029, 9_000, date(2027, 7, 12), date(2030, 7, 23))])
def test_works_begin_in_the_first_summer_after_outcome_and_procurement(start, cost_gbp, ready, begins):
    # outcome by 31 May 2027; up to 10,000 pounds six weeks of procurement, up to 250,000 twenty-four
    found = programme_days(round_named(ROUND), start, cost_gbp)
    assert found[0] == ready and abs((found[1] - begins).days) <= 2 and found[2] > found[1]
