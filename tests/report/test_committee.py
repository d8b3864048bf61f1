"""The committee's paper, read back: every figure against the folder it is made from."""

import base64
import io
import re

import docx
import numpy as np
import pandas as pd
import pypdf
import pytest

from capplan.errors import DataError
from capplan.report.committee import committee_paper
from capplan.report.committee_changes import Changes, changes_in_words, read_changes
from capplan.report.committee_charts import money_curve
from capplan.report.committee_programme import data_rating, deliverability, priority_programme
from capplan.report.committee_read import read_committee
from capplan.report.committee_update import committee_update
from capplan.report.document import Box, Figure, Grid, Heading
from capplan.report.papers import written
from capplan.report.results import read_results
from capplan.report.words import counted, money, pounds

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")


@pytest.fixture(scope="module")
def read(results):
    return read_committee(results)


@pytest.fixture(scope="module")
def tiny_read(tiny_results):
    return read_committee(read_results(tiny_results))


@pytest.fixture(scope="module")
def tiny_paper(tiny_read):
    return committee_paper(tiny_read)


@pytest.fixture(scope="module")
def paper(read):
    return quick(read)


def quick(read):
    """The paper with drawings of nothing, where the charts are not what is tested."""
    empty = b'<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="520"></svg>'
    return committee_paper(read, [Figure("A chart", "A chart of nothing", empty, PIXEL)] * 5)


def grids(document):
    """The tables of a document by the heading they stand under."""
    found, heading = {}, ""
    for block in document.blocks:
        if isinstance(block, Heading):
            heading = block.text
        elif isinstance(block, Grid):
            found.setdefault(heading, []).append(block.table)
    return found


def box(document, heading):
    return next(block for block in document.blocks if isinstance(block, Box) and block.heading == heading)


def rows_of(table):
    return [row for _, rows in table["groups"] for row in rows]


def test_the_decision_is_on_page_one_with_its_sum(results, paper):
    assert isinstance(paper.blocks[0], Box) and paper.blocks[0].heading == "Decision asked for"
    now = results.funded[results.funded.start_year == 2026]
    told = " ".join(paper.blocks[0].items)
    assert f"Approve {counted(len(now), 'scheme')}" in told and pounds(now.cost_gbp.sum()) in told
    later = results.funded[results.funded.start_year > 2026]
    assert f"Note {counted(len(later), 'scheme')} for {money(later.cost_gbp.sum())}" in told


def test_a_backlog_that_grows_all_the_same_is_told_on_page_one(results, paper):
    outlook = results.outlook[results.outlook.plan == "with"].set_index("year")
    counted_now, at_end = (outlook.loc[year, ["backlog_c_gbp", "backlog_d_gbp", "backlog_e_gbp"]].sum()
                           for year in (outlook.index.min(), outlook.index.max()))
    told = [item for item in paper.blocks[0].items if "does not hold the backlog" in item]
    assert len(told) == (at_end > counted_now)
    assert all(f"from {money(counted_now)} to {money(at_end)}" in item for item in told)


def test_every_funded_scheme_is_in_an_appendix_once_with_its_cost(results, paper):
    found = grids(paper)
    now, later = (rows_of(tables[0]) for heading, tables in found.items() if heading[:10] in ("Appendix B", "Appendix C"))
    funded = results.funded
    assert len(now) == (funded.start_year == 2026).sum() and len(now) + len(later) == len(funded)
    assert sorted(int(row[0]) for row in now + later) == list(range(1, len(funded) + 1))
    risk = results.cost_risk[results.cost_risk.scope == "scheme"]
    place = next(tables for heading, tables in found.items() if heading.startswith("Appendix B"))[0]["columns"].index(
        "Cost: half of cases, and four in five")
    assert sorted(row[place] for row in now + later) == sorted(
        f"{pounds(row.p50_gbp)}, {pounds(row.p80_gbp)}" for row in risk.itertuples())


def test_the_table_of_years_is_the_folders(results, paper):
    table, = grids(paper)["The plan year by year"]
    spent = results.draws.groupby("year").amount_gbp.sum()
    rows = rows_of(table)
    assert [row[2] for row in rows] == [money(spent.get(year, 0.0)) for year in results.years]
    assert table["total"][1:3] == (f"{len(results.funded):,}", money(spent.sum()))
    reserves = results.reserves.set_index("year")
    assert [row[6] for row in rows] == [money(reserves.closing_gbp[year]) for year in results.years]
    backlog = results.outlook.set_index(["plan", "year"]).backlog_gbp
    for place, plan in ((8, "without"), (9, "with")):
        assert [row[place] for row in rows] == [money(backlog[plan, year + 1]) for year in results.years], "at year's end"


def test_order_is_must_do_then_year_then_value_for_money(read):
    frame = priority_programme(read)
    keys = [(row.must_start_by if row.must_do else np.inf, row.start_year, -row.value_per_gbp) for row in frame.itertuples()]
    assert keys == sorted(keys) and frame["rank"].tolist() == list(range(1, len(frame) + 1))
    some = frame[frame.exclusion_group != ""].iloc[0]
    others = read.results.schemes.query("exclusion_group == @some.exclusion_group and start_year != start_year")
    assert some.rejected == " and ".join(f"{row.kind} {money(row.cost_gbp)}" for row in others.itertuples())
    for row in frame.itertuples():
        paid = sum(int(amount.replace(",", "")) for amount in re.findall(r"£([\d,]+)", row.paid))
        assert paid == pytest.approx(row.cost_gbp, abs=2)


def test_pdf_word_and_page_have_the_same_figures_and_two_pages_come_before_the_appendices(tiny_paper, tiny_read):
    files = {suffix: written(tiny_paper, suffix) for suffix in (".pdf", ".docx", ".html")}
    pages = [leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(files[".pdf"])).pages]
    assert "Decision asked for" in pages[0] and "What we do not know" in pages[1]
    assert [place for place, text in enumerate(pages) if "Appendix A" in text and "Appendix B" not in text] == [2]
    word = docx.Document(io.BytesIO(files[".docx"]))
    cells = {cell.text for table in word.tables for row in table.rows for cell in row.cells}
    told = "".join("".join(pages).split())
    html = files[".html"].decode()
    for row in tiny_read.results.cost_risk.query("scope == 'scheme'").itertuples():
        cost = f"{pounds(row.p50_gbp)}, {pounds(row.p80_gbp)}"
        assert cost in cells and cost in html and cost.replace(" ", "") in told
    assert len(word.tables) == html.count("<table") and len(word.inline_shapes) == html.count("<img") == 5
    assert b"<pdfuaid:part>1" in pypdf.PdfReader(io.BytesIO(files[".pdf"])).trailer["/Root"]["/Metadata"].get_data()


def test_what_is_not_known_is_said(tiny_read, tiny_paper, read, paper):
    told = " ".join(box(tiny_paper, "What we do not know").items)
    assert "was not sampled" in told and "Carbon and energy were not measured" in told and "assumptions of capplan" in told
    table, = (tables[0] for heading, tables in grids(tiny_paper).items() if heading.startswith("Appendix B"))
    assert "Carbon" not in table["columns"] and "Carbon was not measured in this run" in table["caption"]
    assert tiny_read.governed["lock"] is None and read.governed == {}
    risks = {row[0]: row[1:] for row in rows_of(grids(tiny_paper)["Main risks"][0])}
    assert risks["Governance"] == ("Amber", "Not locked before results were opened.")
    assert rows_of(grids(paper)["Main risks"][0])[-1][1] == "Amber"


def test_risks_are_rated_by_their_rules(tiny_read, tiny_paper, read, paper):
    for own, document in ((tiny_read, tiny_paper), (read, paper)):
        risks = {row[0]: row[1] for row in rows_of(grids(document)["Main risks"][0])}
        reserves = own.results.reserves
        room = (reserves.closing_gbp - reserves.floor_gbp).min()
        assert (risks["Reserves"] == "Red") == (room < -0.5)
        bad = own.register[own.register.condition == "bad"]
        assert risks["What waits"] == ("Red" if (bad.owner == "nobody named").any() else "Amber" if len(bad) else "Green")
        risk = own.results.solution.get("cost_risk")
        assert (risks["Cost"] == "Amber") == (risk is None or room >= risk["p80_gbp"] - risk["planned_gbp"])
        unsure = own.results.draws[own.results.draws.pot_id.map(own.awards).isin(("expected", "forecast"))]
        assert risks["Grants"] == ("Red" if (unsure.year == 2026).any() else "Amber" if len(unsure) else "Green")


def test_how_futures_are_told_where_they_were_sampled(tiny_results, tiny_read, tmp_path):
    schemes = tiny_read.results.schemes
    core = pd.DataFrame({"scheme_id": schemes.scheme_id, "planned": np.where(schemes.start_year.notna(), "yes", "no"),
                         "in_share": 0.96, "core": "usually", "need_core": "always"})
    core.to_csv(tmp_path / "core_index.csv", index=False)
    sampled = read_committee(read_results(tiny_results), explained=tmp_path)
    paper = quick(sampled)
    table, = (tables[0] for heading, tables in grids(paper).items() if heading.startswith("Appendix B"))
    place = table["columns"].index("Chosen in")
    assert {row[place] for row in rows_of(table)} == {"96%"}
    planned = int(schemes.start_year.notna().sum())
    told = " ".join(box(paper, "What we do not know").items)
    assert f"Of {planned} planned schemes, 0 are for a need met in fewer" in told
    core.assign(planned="no", in_share="many").to_csv(tmp_path / "core_index.csv", index=False)
    with pytest.raises(DataError, match=r"(?s)a number between 0 and 1.*another programme"):
        read_committee(read_results(tiny_results), explained=tmp_path)
    with pytest.raises(DataError, match="capplan explain"):
        read_committee(read_results(tiny_results), explained=tmp_path / "nowhere")


def test_envelopes_of_another_trust_are_refused(results, tmp_path, monkeypatch):
    from types import SimpleNamespace

    from capplan.report import committee_read
    frame = pd.DataFrame({"share_of_today": [0.5, 1.0, 2.0], "money_gbp": [5e5, 1e6, 2e6],
                          "backlog_end_gbp": [4e6, 3e6, 1e6]})
    facts = {"trust": results.solution["trust"], "scenario": results.solution["scenario"]}
    monkeypatch.setattr(committee_read, "read_envelopes", lambda folder: SimpleNamespace(frame=frame, facts=facts))
    across, up, today = money_curve(read_committee(results, envelopes=tmp_path))
    assert across.tolist() == [5e5, 1e6, 2e6] and up.tolist() == [4e6, 3e6, 1e6] and today == 1e6
    facts["trust"] = "Another"
    with pytest.raises(DataError, match="'Another'"):
        read_committee(results, envelopes=tmp_path)


def a_change(results, called="the approved programme"):
    """What compare would say if one scheme had come in, because of prices, and one had gone, because of data."""
    told = results.solution
    table = pd.DataFrame({
        "results": ["old", "new"], "price_base": told["price_base"], "first_year": 2026, "last_year": told["last_year"],
        "value_gbp": [told["objective"] - 1000, told["objective"]], "schemes": len(results.funded),
        "spend_gbp": [90_000.0, 100_000.0], "backlog_now_gbp": 1e6, "backlog_end_without_gbp": 3e6,
        "backlog_end_with_gbp": [2.1e6, 2e6], "reserves_end_gbp": [np.nan, 5e5]})
    causes = pd.DataFrame({"cause": ["data", "prices", "code"], "value_change_gbp": [1500.0, -500.0, 0.0],
                           "spend_change_gbp": [20_000.0, -10_000.0, 0.0], "schemes_changed": [1, 1, 0], "against": "new"})
    changes = pd.DataFrame({
        "scheme_id": ["A", "B"], "school_id": [results.schools.school_id[0], ""],
        "description": ["New <roof>", "Old & worn"], "change": ["added", "dropped"],
        "first_year": pd.array([None, 2027], "Int64"), "second_year": pd.array([2026, None], "Int64"),
        "first_cost_gbp": [0.0, 30_000.0], "second_cost_gbp": [40_000.0, 0.0],
        "cause": ["data", "prices"], "against": "new"})
    return Changes(table, causes, changes, called)


def test_changes_are_told_with_causes_that_add_up(results, read):
    from dataclasses import replace
    found = a_change(results)
    told = changes_in_words(found)
    assert told[0].startswith("Since the approved programme: 1 added and 1 dropped.")
    assert told[1:] == ["Data: loss avoided +£1,500, spending +£20,000, 1 scheme changed.",
                        "Prices: loss avoided -£500, spending -£10,000, 1 scheme changed."]
    paper = quick(replace(read, changes=found))
    sides, causes, works = grids(paper)["Appendix E. What changed"]
    assert causes["total"] == ("In all", "+£1,000", "+£10,000", "2 differ in the end")
    assert rows_of(works)[0][2:] == ("New <roof>", "out", "2026-27", "£0", "£40,000", "data")
    assert rows_of(sides)[-1] == ("Reserves at the end, pounds of the day", "not known", "£500,000", "not known")


def test_the_update_says_what_moved_and_is_two_pages(results, read):
    from dataclasses import replace
    paper = committee_update(replace(read, changes=a_change(results)))
    told = " ".join(box(paper, "For noting").items)
    assert "1 scheme of £30k is no longer in the plan." in told and "1 scheme of £40k is new in the plan." in told
    assert "not known" in told, "a folder without a record cannot say what is overdue"
    pages = [leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(written(paper, ".pdf"))).pages]
    assert [place for place, text in enumerate(pages) if "Appendix A. Register" in text] == [2]
    with pytest.raises(ValueError, match="earlier run"):
        committee_update(read)
    few = a_change(results)
    many = Changes(few.table, pd.concat([few.causes] * 2), pd.concat([few.changes] * 15, ignore_index=True))
    paper = committee_update(replace(read, changes=many))
    pages = [leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(written(paper, ".pdf"))).pages]
    assert [place for place, text in enumerate(pages) if "Appendix A. Register" in text] == [2]
    assert len(rows_of(grids(paper)["Appendix B. Schemes that changed"][0])) == 30


def test_a_folder_of_compare_is_read_and_one_of_other_runs_refused(results, tmp_path):
    found = a_change(results)
    for name, frame in (("compare", found.table), ("causes", found.causes), ("changes", found.changes)):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    again = read_changes(tmp_path, results)
    assert again.called == "old" and changes_in_words(again)[1:] == changes_in_words(found)[1:]
    found.table.assign(value_gbp=1.0).to_csv(tmp_path / "compare.csv", index=False)
    with pytest.raises(DataError, match="another run's value"):
        read_changes(tmp_path, results)
    with pytest.raises(DataError, match="capplan compare"):
        read_changes(tmp_path / "nowhere", results)


def test_the_curve_of_money_ends_where_everything_is_done(read):
    across, up, today = money_curve(read)
    assert across[0] == up[0] == 0 and (np.diff(across) >= 0).all()
    assert today == pytest.approx(read.results.funded.cost_gbp.sum())
    assert across[-1] == pytest.approx(today + read.register.cost_gbp.sum())
    assert up[-1] == pytest.approx(read.results.funded.value_gbp.sum() + read.register.value_gbp.sum())


@pytest.mark.parametrize(("cost", "stage", "rating"), [
    (9_999, "concept", "Green: 7 weeks"), (50_000, "", "Green: 16 weeks"), (50_001, "concept", "Amber: 28 weeks"),
    (2e6, "concept", "Red: 50 weeks"), (2e6, "tender", "Amber: 50 weeks, let")])
def test_delivery_is_rated_by_size_and_stage(cost, stage, rating):
    assert deliverability(cost, stage) == rating


@pytest.mark.parametrize(("surveyed", "seen", "kind", "word"), [
    (1.0, "2024-05-01", "renew", "Green"), (0.9, "2022-01-01", "patch", "Green"), (0.89, "2024-05-01", "renew", "Amber"),
    (1.0, "2021-08-31", "renew", "Red"), (0.49, "2024-05-01", "renew", "Red"), (1.0, "", "renew", "Amber"),
    (0.0, "", "renew", "Red"), (1.0, "", "listed", "Amber")])
def test_data_are_rated_by_what_is_surveyed_and_when(surveyed, seen, kind, word):
    from types import SimpleNamespace
    row = SimpleNamespace(kind=kind, modelled_share=1 - surveyed, surveyed_share=1.0, surveyed_from=seen)
    assert data_rating(row, "2026-09-01").startswith(f"{word}: ")


@pytest.mark.parametrize("sizes", [{"schools": 1, "schemes": 6, "years": 1}, {"schools": 1, "schemes": 4, "years": 10}])
def test_one_school_and_one_year(make_results, sizes):
    paper = quick(read_committee(read_results(make_results(**sizes))))
    pages = [leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(written(paper, ".pdf"))).pages]
    assert "Appendix A" in pages[2] and "Appendix F" in pages[-1]


@pytest.mark.slow
def test_a_hundred_schools(make_results):
    read = read_committee(read_results(make_results(schools=100, schemes=4000, years=10)))
    paper = committee_paper(read)
    pages = [leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(written(paper, ".pdf"))).pages]
    assert [place for place, text in enumerate(pages) if "Appendix A" in text] == [2] and len(pages) < 60
    left = [table["more"] for tables in grids(paper).values() for table in tables if table["more"]]
    assert len(left) >= 2 and all(re.match(r"and [\d,]+ (scheme|need)s? more", more) for more in left)
    assert written(paper, ".docx") and written(paper, ".html")


@pytest.mark.slow
def test_word_opens_in_libreoffice(tiny_paper, tmp_path, word_as_pdf):
    (tmp_path / "paper.docx").write_bytes(written(tiny_paper, ".docx"))
    pages, = word_as_pdf(tmp_path / "paper.docx")
    told = "".join(leaf.extract_text() for leaf in pages)
    assert "Decision asked for" in told and "What we do not know" in told


def test_no_scheme_at_all(make_results, change_table):
    folder = make_results(schools=2, schemes=4, years=2)
    for name in ("schemes", "draws", "cashflow", "reserves", "candidates/spend"):
        change_table(folder, name, lambda frame: frame.iloc[:0])
    change_table(folder, "cost_risk", lambda frame: frame[frame.scope == "programme"])
    paper = quick(read_committee(read_results(folder)))
    assert paper.blocks[0].items[0].startswith("Note that no works are funded in 2026-27 to 2027-28")
    for suffix in (".pdf", ".docx", ".html"):
        assert written(paper, suffix)


def test_names_that_look_like_mark_up_stay_names(make_results, change_table):
    folder, name = make_results(schools=2, schemes=8, years=2), '<b>St "X"</b> & #1 $y$ =cmd|z'
    change_table(folder, "schemes", lambda frame: frame.assign(school_name=name, description=f"{name} roof"))
    change_table(folder, "schools", lambda frame: frame.assign(name=name))
    paper = quick(read_committee(read_results(folder)))
    pages = pypdf.PdfReader(io.BytesIO(written(paper, ".pdf"))).pages
    told = "".join("".join(leaf.extract_text() for leaf in pages).split())
    assert told.count(name.replace(" ", "")) >= 4
    word = docx.Document(io.BytesIO(written(paper, ".docx")))
    assert any(cell.text.startswith(name) for table in word.tables for row in table.rows for cell in row.cells)
    html = written(paper, ".html").decode()
    assert "<b>" not in html and html.count("&lt;b&gt;St &#34;X&#34;&lt;/b&gt; &amp; #1 $y$ =cmd|z") >= 4
