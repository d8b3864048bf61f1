import re

import pandas as pd
import pytest

from capplan.report import charts, words
from capplan.report.needs import by_grade, by_priority, deferred_needs, deferred_urgent
from capplan.report.page_tables import grades_table, urgent_table
from capplan.report.results import cash_by_pot, read_results
from capplan.report.summary import answer, proof, provenance, status_words, summary_html, summary_text, urgent_words

GRADES = {"G0002": "DX", "G0005": "CX", "G0006": "D", "G0009": ""}


@pytest.fixture
def graded(results_folder, change_table):
    """Deferred needs at DX, CX, D and without grade; the only other ones at C or B, priority 3 or 4 but for one."""
    def edit(frame):
        grade = frame.exclusion_group.map(GRADES).fillna("B")
        priority = frame.exclusion_group.map({"G0002": "4", "G0012": "2"}).fillna("3")
        return frame.assign(worst_grade=grade, priority=priority)
    return read_results(change_table(results_folder, "schemes", edit))


def test_split_by_grade_and_priority_adds_up_to_all_needs(graded):
    for table in (by_grade(graded), by_priority(graded)):
        assert table.funded.sum() == len(graded.funded)
        assert table.funded_gbp.sum() == pytest.approx(graded.funded.cost_gbp.sum())
        assert table.deferred.sum() == len(deferred_needs(graded))
        assert table.deferred_gbp.sum() == pytest.approx(deferred_needs(graded).cost_gbp.sum())


def test_worst_grade_comes_first_and_no_grade_last(graded):
    assert list(by_grade(graded).index) == ["DX", "D", "CX", "B", "not graded"]
    assert by_grade(graded).deferred["DX"] == 1
    assert list(by_priority(graded).index) == ["2", "3", "4"]
    assert by_priority(graded).deferred["2"] == 1


def test_blank_priority_is_none_and_last(results_folder, change_table):
    change_table(results_folder, "schemes", lambda frame: frame.assign(priority=frame.priority.replace("2", "")))
    assert list(by_priority(read_results(results_folder)).index) == ["1", "3", "4", "none"]


def test_bad_or_urgent_deferred_needs_are_listed_worst_first(graded):
    assert list(deferred_urgent(graded).exclusion_group) == ["G0002", "G0006", "G0005", "G0012"]
    table = urgent_table(graded)
    assert [row[3:5] for row in table["groups"][0][1]] == [("DX", "4"), ("D", "3"), ("CX", "3"), ("B", "2")]
    assert table["more"] == ""


def test_screen_counts_bad_and_urgent_needs(graded):
    cost_gbp = deferred_needs(graded).set_index("exclusion_group").cost_gbp[["G0002", "G0005", "G0006"]].sum()
    line = f"Deferred: 3 needs surveyed at D or X ({words.money(cost_gbp)}) and 1 at priority 2."
    assert urgent_words(graded) == [line]
    assert line in summary_text(graded)


def test_forty_urgent_needs_are_listed_and_the_rest_counted(make_results):
    results = read_results(make_results("large", schools=20, schemes=600))
    needs, table = deferred_urgent(results), urgent_table(results)
    assert len(needs) > 40 and len(table["groups"][0][1]) == 40
    rest_gbp = needs.cost_gbp.iloc[40:].sum()
    assert table["more"] == f"and {len(needs) - 40} more, {words.pounds(rest_gbp)}, in schemes.csv"


def test_page_has_the_three_tables_after_the_charts(graded):
    text = re.sub(r"base64,[^\"]*", "", summary_html(graded))
    places = [text.index(f">{heading}<") for heading in (
        "The programme in charts", "Funded and deferred by surveyed grade",
        "Funded and deferred by surveyor's priority", "Deferred although surveyed bad or urgent", "The programme")]
    assert places == sorted(places)
    assert words.IF_DEFERRED in grades_table(graded)["caption"]


def test_deferred_cost_is_of_the_first_year_not_of_the_best(results_folder, change_table):
    before = deferred_needs(read_results(results_folder)).cost_gbp.sum()
    change_table(results_folder, "schemes", lambda frame: frame.assign(
        cost_gbp=[cost if start else str(3 * float(cost)) for cost, start in
                  zip(frame.cost_gbp, frame.start_year, strict=True)]))
    assert deferred_needs(read_results(results_folder)).cost_gbp.sum() == pytest.approx(before)


def test_words_of_deferral_and_of_without(results):
    said = " ".join(answer(results))
    deferred = words.money(deferred_needs(results).cost_gbp.sum())
    assert f"deferred: {deferred} if done in the first year at the cheapest remedy." in said
    assert said.count("nothing is renewed or repaired for the whole plan, not even what fails") == 1
    title = charts.draw_needs(results).get_title(loc="left").replace("\n", " ")
    funded = words.money(results.funded.cost_gbp.sum())
    assert title.startswith(f"Funded: {funded} over the plan; deferred needs would cost {deferred} today")


@pytest.mark.parametrize(("changes", "status"), [
    ({"gap": 0.0}, "optimal"), ({"gap": 0.0009}, "within the target gap"),
    ({"gap": 0.00104, "status": "time limit"}, "time limit")])
def test_status_in_words(results, changes, status):
    solution = {**results.solution, **changes}
    assert status_words(solution) == status
    assert ("0.104%" in proof(solution)) == (status == "time limit")


def test_page_does_not_call_a_gap_optimal(results):
    assert "within the target gap" in provenance(results)[1]
    assert "optimal" not in provenance(results)[1]


def test_year_below_the_floor_is_marked_and_explained(results_folder, change_table):
    change_table(results_folder, "reserves", lambda frame: frame.assign(floor_gbp=["0"] * 8 + ["9e6"] * 2))
    lines = summary_text(read_results(results_folder)).splitlines()
    assert [line[:7] for line in lines if re.match(r"20\d\d-\d\d !", line)] == ["2034-35", "2035-36"]
    assert "! reserves end the year below their floor (2 years)" in lines
    assert len(lines) <= 40


def test_only_what_lapses_in_the_plan_counts(results_folder, change_table):
    before = cash_by_pot(read_results(results_folder)).lapsed_gbp.sum()

    def later(frame):
        row = frame.iloc[[0]].assign(year="2036", opening_gbp="0", in_gbp="0", out_gbp="0", lapsed_gbp="5e6")
        return pd.concat([frame, row])
    change_table(results_folder, "cashflow", later)
    results = read_results(results_folder)
    assert cash_by_pot(results).lapsed_gbp.sum() == pytest.approx(before)
    assert f"{words.money(before)} of grant lapses" in answer(results)[0]


def test_grant_still_open_at_the_end_has_not_lapsed(results_folder, change_table):
    def keep_open(frame):
        last = (frame.year == "2034") & (frame.route != "reserves")
        return frame.assign(closing_gbp=frame.lapsed_gbp.where(last, frame.closing_gbp),
                            lapsed_gbp=frame.lapsed_gbp.mask(last, "0"))
    before = cash_by_pot(read_results(results_folder)).lapsed_gbp.sum()
    change_table(results_folder, "cashflow", keep_open)
    results = read_results(results_folder)
    pots = cash_by_pot(results)
    left = pots.left_gbp[pots.route != "reserves"].sum()
    assert pots.lapsed_gbp.sum() == pytest.approx(before - left)
    assert left > 0
    assert f"{words.money(left)} is left in grants still open at the end" in answer(results)[0]


def test_works_on_a_whole_block_meet_the_needs_of_its_elements_and_are_no_need_themselves(results_folder):
    """Needs G0002 and G0005 are deferred; a funded rebuild that meets both takes them off the list, an unfunded one is not
    on it and takes nothing off."""
    before = set(deferred_needs(read_results(results_folder)).exclusion_group)
    assert {"G0002", "G0005"} <= before
    path = results_folder / "schemes.csv"
    schemes = pd.read_csv(path)
    rebuild = schemes[schemes.start_year.notna()].iloc[[0]].copy()
    free = rebuild.assign(scheme_id="S001-block", exclusion_group="B001-1.block", also_meets="G0002;G0005", start_year=None,
                          kind="rebuild", pots="")
    pd.concat([schemes, free]).to_csv(path, index=False)
    assert set(deferred_needs(read_results(results_folder)).exclusion_group) == before
    pd.concat([schemes, free.assign(start_year=2026, cost_gbp=0.0)]).to_csv(path, index=False)
    assert set(deferred_needs(read_results(results_folder)).exclusion_group) == before - {"G0002", "G0005"}


def test_needs_that_are_only_patched_are_counted_in_the_answer(results_folder):
    path = results_folder / "schemes.csv"
    schemes = pd.read_csv(path)
    assert "patched" not in " ".join(answer(read_results(results_folder)))
    first, second = schemes.index[schemes.start_year.notna()][:2]
    schemes.loc[[first, second], "kind"] = "patch"
    schemes.to_csv(path, index=False)
    assert "2 needs are patched, not put right." in " ".join(answer(read_results(results_folder)))
