import shutil

import pytest

from capplan.errors import DataError
from capplan.report.needs import deferred_needs, must_do_needs, needs_by_element
from capplan.report.results import FILES, cash_by_pot, gains, read_results, spend_by_pot, spend_by_school


@pytest.mark.parametrize("name", [*(f"{table}.csv" for table in FILES), "solution.json"])
def test_missing_file_is_named(results_folder, name):
    (results_folder / name).unlink()
    with pytest.raises(DataError, match=rf"(?s){name}.*no such file"):
        read_results(results_folder)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        read_results(tmp_path / "nowhere")


def test_all_faults_are_told_at_once(results_folder, change_table, change_solution):
    change_table(results_folder, "draws", lambda frame: frame.assign(amount_gbp=["lots", *frame.amount_gbp[1:]]))
    change_table(results_folder, "schools", lambda frame: frame.drop(columns="backlog_now_gbp"))
    change_solution(results_folder, bound="high")
    with pytest.raises(DataError) as caught:
        read_results(results_folder)
    faults = {(fault.where, fault.row, fault.column) for fault in caught.value.faults}
    assert faults == {("draws.csv", 2, "amount_gbp"), ("schools.csv", 1, "backlog_now_gbp"),
                      ("solution.json", None, "bound")}


def test_solution_that_is_not_json_is_refused(results_folder):
    (results_folder / "solution.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="not JSON"):
        read_results(results_folder)


def test_draw_on_an_unknown_pot_is_refused(results_folder, change_table):
    change_table(results_folder, "draws", lambda frame: frame.assign(pot_id=["LOTTERY", *frame.pot_id[1:]]))
    with pytest.raises(DataError, match="LOTTERY.*must be a pot_id of cashflow.csv"):
        read_results(results_folder)


def test_two_chosen_alternatives_of_one_need_are_refused(results_folder, change_table):
    change_table(results_folder, "schemes", lambda frame: frame.assign(start_year=["2026", *frame.start_year[1:]]))
    with pytest.raises(DataError, match="two schemes chosen of 'G0000'"):
        read_results(results_folder)


def test_outlook_that_stops_early_is_refused(results_folder, change_table):
    change_table(results_folder, "outlook", lambda frame: frame[(frame.plan != "with") | (frame.year != "2036")])
    with pytest.raises(DataError, match="10 rows of the plan 'with'.*one for each year from 2026 to 2036"):
        read_results(results_folder)


def test_a_reader_cannot_change_the_results(results):
    schemes = results.schemes
    schemes["cost_gbp"] = 0.0
    assert results.schemes.cost_gbp.sum() > 0


def test_spend_adds_up_the_same_by_pot_school_and_scheme(results):
    total_gbp = results.funded.cost_gbp.sum()
    assert total_gbp > 0
    assert spend_by_pot(results).to_numpy().sum() == pytest.approx(total_gbp)
    assert spend_by_school(results).to_numpy().sum() == pytest.approx(total_gbp)
    assert cash_by_pot(results).spent_gbp.sum() == pytest.approx(total_gbp)


def test_more_than_six_pots_are_grouped_by_route_with_reserves_last(results, make_results):
    assert list(spend_by_pot(results).columns) == ["SCA", "DFC", "CIF", "Reserves"]
    few = read_results(make_results("few", schools=2, schemes=8, years=3))
    assert list(spend_by_pot(few).columns) == ["SCA-2026", "DFC-2027", "Reserves"]


def test_pots_balance(results):
    pots = cash_by_pot(results)
    assert (pots.available_gbp - pots.spent_gbp - pots.lapsed_gbp - pots.left_gbp).abs().max() < 0.01


def test_each_deferred_need_counts_once_at_its_cheapest_remedy(results):
    schemes = results.schemes
    expected = {}
    for group, rows in schemes.groupby("exclusion_group"):
        if rows.start_year.isna().all():
            expected[group] = rows.cost_gbp.min()
    deferred = deferred_needs(results)
    assert len(expected) == 8
    assert dict(zip(deferred.exclusion_group, deferred.cost_gbp, strict=True)) == pytest.approx(expected)
    assert deferred.value_gbp.is_monotonic_decreasing


def test_schemes_without_a_group_are_needs_of_their_own(results_folder, change_table):
    change_table(results_folder, "schemes", lambda frame: frame.assign(exclusion_group=""))
    results = read_results(results_folder)
    assert len(deferred_needs(results)) == len(results.schemes) - len(results.funded)


def test_needs_by_element_add_up(results):
    table = needs_by_element(results)
    assert table.funded_gbp.sum() == pytest.approx(results.funded.cost_gbp.sum())
    assert table.deferred_gbp.sum() == pytest.approx(deferred_needs(results).cost_gbp.sum())


def test_gain_by_hand(results):
    table = gains(results).set_index("rule")
    objective = results.solution["objective"]
    assert table.gain_gbp["worst first"] == pytest.approx(0.2 * objective)
    assert table.gain_fraction["worst first"] == pytest.approx(0.25)
    assert not table.feasible["priority order"]
    assert table.gain_gbp["value per pound"] == 0


def test_must_do_needs_are_counted_by_need(results):
    assert must_do_needs(results) == (2, 2)


def test_folder_reads_without_its_scenario_and_survives_a_move(results_folder, tmp_path):
    shutil.move(results_folder, tmp_path / "elsewhere")
    assert read_results(tmp_path / "elsewhere").solution["trust"] == "Larkrise Learning Trust"
