"""The commands about condition as an estates manager types them, with what is wrong in what is typed and read."""

import json
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from capplan import forecast, read_estate, read_scenario
from capplan.findings import risk_frame

from .plain import rows
from .test_outlook import add, edit, enrich, write

ROOT = Path(__file__).resolve().parents[1]
TINY = ROOT / "data" / "tiny"
COLUMNS = {
    "outlook": "year backlog_b_gbp backlog_c_gbp backlog_d_gbp backlog_e_gbp backlog_gbp expected_loss_gbp "
               "expected_failures expected_pupil_days facility_condition_index",
    "bands": "school_id year measure p10 p50 p90 mean standard_error",
    "risk": "component_id school_id block_id element type_id grade failure_probability failed_by_end years_to_failure "
            "loss_at_failure_gbp pupil_days_at_failure expected_pupil_days loss_if_delayed_gbp sole life_safety modelled",
    "blocks": "block_id school_id gifa_m2 repair_gbp rebuild_gbp repair_share rebuild_or_repair modelled_share last_survey "
              "survey_age_years elements_missing survey temporary",
    "grounds": "site_id block_id last_survey age_years elements_missing elements_too_old next_due surveyor verdict",
    "survey_next": "block_id rank worth_gbp cost_gbp net_gbp age_years backlog_gbp reason school_id most_gbp",
    "service_levels": "school_id condition_index_now share_at_d_now condition_index_end share_at_d_end missed",
    "suitability": "school_id block_id criterion worst mean words oldest age_years assessed not_assessed sufficiency",
    "duties": "item_id site_id block_id duty_id due why planning_year in_plan days_overdue remedial_cost_gbp must_do_year "
              "duty applies cycle_months legal_basis cycle_basis life_safety",
    "inspections": "item_id site_id block_id duty_id number due planning_year",
    "no_record": "site_id block_id duty_id duty verdict because legal_basis life_safety",
}
FORECAST = {*(f"{name}.csv" for name in COLUMNS), "risk_matrix.csv", "scenario.toml", "forecast.json", "findings.txt",
            ".capplan"}


def strictly(text):
    """JSON as the standard has it: no NaN, no Infinity."""
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")
    return json.loads(text, parse_constant=refuse)


def table(folder, name):
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values={})


def bytes_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def seen(folder, day):
    """Date every survey of an estate folder."""
    write(folder / "components.csv", [row | {"surveyed": row["surveyed"] if row["surveyed"] == "modelled" else day}
                                      for row in rows(folder / "components.csv")])
    return folder


@pytest.fixture
def old(tiny):
    """A copy of data/tiny as it might have been seen in 2016."""
    return seen(tiny, "2016-09-01")


@pytest.fixture
def later(tmp_path):
    """The folder of a survey of two components of it five years later."""
    folder = seen(Path(shutil.copytree(TINY, tmp_path / "later")), "2021-09-01")
    write(folder / "components.csv", [row for row in rows(folder / "components.csv") if row["component_id"] in (
        "ELL-01", "MAR-01")])
    edit(folder, "components", "ELL-01", grade="D")
    return folder


@pytest.fixture
def works(tmp_path):
    """Writes a list of completed works."""
    def listed(*lines, header="component_id,completed,grade_after,note"):
        path = tmp_path / "works.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path
    return listed


@pytest.fixture(scope="module")
def forecast_made(capplan, tmp_path_factory):
    """What the forecast of a richer estate writes and says."""
    folder = tmp_path_factory.mktemp("forecast")
    enrich(shutil.copytree(TINY, folder / "estate"))
    done = capplan("forecast", folder / "estate", "baseline.toml", "--overlay", "high_inflation", "--replicates", 20,
                   "--seed", 3, "--out", folder / "found")
    assert done.exit_code == 0, done.stderr
    return folder / "estate", folder / "found", done


def refused(done, *words):
    """Exit 2 with a message that has these words, and nothing else."""
    assert done.exit_code == 2 and done.stdout == "" and "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    return True


# --- forecast --------------------------------------------------------------------------------------------------------


def test_forecast_writes_every_table_with_the_columns_promised(forecast_made):
    _, out, _ = forecast_made
    assert {path.name for path in out.iterdir()} == FORECAST
    for name, columns in COLUMNS.items():
        assert list(table(out, name)) == columns.split(), name
    assert table(out, "risk_matrix").shape == (5, 6)
    assert all(len(table(out, name)) for name in COLUMNS)  # this estate has some of everything


def test_forecast_keeps_figures_and_progress_apart(forecast_made):
    _, out, done = forecast_made
    assert "Reading" in done.stderr and "Sampling 20 futures" in done.stderr and "Reading" not in done.stdout
    text = (out / "findings.txt").read_text(encoding="utf-8")
    assert done.stdout == f"{text}\nWritten to {out}.\n"


def test_overlay_seed_and_scenario_reach_the_forecast(forecast_made):
    _, out, _ = forecast_made
    assert read_scenario(out / "scenario.toml").costs.tender_inflation == 0.05
    told = strictly((out / "forecast.json").read_text(encoding="utf-8"))
    assert (told["seed"], told["replicates"], told["first_year"], told["years"]) == (3, 20, 2026, 10)


def test_the_tables_of_a_forecast_add_up(forecast_made):
    estate, out, _ = forecast_made
    outlook, bands, risk, blocks = (table(out, name) for name in ("outlook", "bands", "risk", "blocks"))
    letters = outlook[["backlog_c_gbp", "backlog_d_gbp", "backlog_e_gbp"]].sum(axis=1)
    assert outlook.backlog_gbp.to_numpy() == pytest.approx(letters.to_numpy(), rel=1e-9)
    grounds = forecast(read_estate(estate), read_scenario("baseline.toml"))
    outside = (grounds.parts.block_id == "").to_numpy()
    elsewhere = (grounds.shares(0) * grounds.costs_gbp)[outside, 2:].sum()
    assert blocks.repair_gbp.sum() + elsewhere == pytest.approx(outlook.backlog_gbp[0], abs=0.1)
    assert risk.failure_probability.sum() == pytest.approx(outlook.expected_failures[0], abs=1e-4)
    assert risk.expected_pupil_days.sum() == pytest.approx(outlook.expected_pupil_days[0], abs=0.2)
    matrix = table(out, "risk_matrix").drop(columns="chance in a year")
    assert matrix.to_numpy().sum() == len(risk) == len(grounds.parts)
    assert set(table(out, "survey_next").block_id) == set(blocks.block_id)
    told = strictly((out / "forecast.json").read_text(encoding="utf-8"))
    trust = bands[bands.school_id == ""].drop(columns="school_id")
    assert pd.DataFrame(told["bands"]).drop(columns="school_id").to_numpy().tolist() == trust.to_numpy().tolist()
    delayed = risk_frame(grounds).loss_if_delayed_gbp
    assert risk.loss_if_delayed_gbp.tolist() == pytest.approx(delayed.tolist())


def test_forecast_json_is_the_file_and_nothing_else(tiny, tmp_path, capplan):
    done = capplan("forecast", tiny, "five_years.toml", "--replicates", 4, "--out", tmp_path / "found", "--json")
    assert done.exit_code == 0 and done.stdout == (tmp_path / "found" / "forecast.json").read_text(encoding="utf-8")
    told = strictly(done.stdout)
    assert told["trust"].startswith("Ellermarl") and told["years"] == 5 and told["modelled_share_of_backlog"] == 0
    assert {row["measure"] for row in told["bands"]} == {"backlog_gbp", "failures", "pupil_days", "failure_loss_gbp"}
    first = next(row for row in told["bands"] if row["measure"] == "backlog_gbp")
    assert first["p10"] == first["p90"] == first["mean"] == 587_500  # seen the day the plan starts: 500,000 and 17.5%


def test_the_same_line_writes_the_same_bytes(forecast_made, tmp_path, capplan):
    estate, out, _ = forecast_made
    done = capplan("forecast", estate, "baseline.toml", "--overlay", "high_inflation", "--replicates", 20, "--seed", 3,
                   "--out", tmp_path / "again")
    assert done.exit_code == 0 and bytes_of(tmp_path / "again") == bytes_of(out)


def test_no_cell_that_is_written_is_a_formula(forecast_made):
    _, out, _ = forecast_made
    for path in out.glob("*.csv"):
        cells = pd.read_csv(path, dtype=str, keep_default_na=False, header=None).to_numpy().ravel()
        assert not [cell for cell in cells if re.match(r"[=+@\t]|-(?![\d.])", cell)], path.name


@pytest.mark.parametrize(("name", "row"), [
    ("compliance", {"item_id": "C", "site_id": "MAR-1", "duty_id": "FIRE-RISK", "finding": "=HYPERLINK(1)"}),
    ("suitability", {"school_id": "MAR", "block_id": "", "criterion": "access", "score": "3", "assessed": "2024-01-01",
                     "note": "@SUM(A1)"}),
    ("history", {"component_id": "ELL-01", "seen": "2016-01-01", "grade": "B", "cause": "survey", "note": "+1"}),
    ("rates", {"type_id": "MECH.02", "p_ab": "0.1", "p_bc": "0.1", "p_cd": "0.1", "p_de": "0.1", "evidence": "=1"})])
def test_a_formula_in_what_is_read_is_refused_with_its_row(name, row, tiny, tmp_path, capplan):
    add(tiny, name, **row)
    done = capplan("forecast", tiny, "baseline.toml", "--out", tmp_path / "found")
    assert refused(done, f"{name}.csv", "row 2", "not a formula") and not (tmp_path / "found").exists()


def no_such_overlay(folder):
    return "forecast", folder, "baseline.toml", "--overlay", "high_inflaton"


def no_such_scenario(folder):
    return "forecast", folder, "basline.toml"


def missing_column(folder):
    write(folder / "components.csv", [{name: cell for name, cell in row.items() if name != "grade"}
                                      for row in rows(folder / "components.csv")])
    return "forecast", folder, "baseline.toml"


def inspection_due_before_the_last(folder):
    add(folder, "compliance", item_id="C", site_id="MAR-1", duty_id="FIRE-RISK", last_done="2026-01-01", due="2025-01-01")
    return "forecast", folder, "baseline.toml"


def unknown_duty(folder):
    add(folder, "compliance", item_id="C", site_id="MAR-1", duty_id="FIRE-DRAGON")
    return "forecast", folder, "baseline.toml"


def score_of_another_school(folder):
    add(folder, "suitability", school_id="ELL", block_id="MAR-1-A", criterion="access", score="3", assessed="2024-03-01")
    return "forecast", folder, "baseline.toml"


def price_base_outside_the_index(folder):
    edit(folder, "components", "ELL-01", cost_price_base="1990")
    return "forecast", folder, "baseline.toml"


def certain_of_its_rates(folder):
    path = folder.parent / "sure.toml"
    path.write_text('extends = "baseline"\nname = "sure"\ndescription = "Sure of its rates."\n'
                    "[condition]\nrate_spread = 0\n", encoding="utf-8")
    return "learn", folder, "--scenario", path


def two_grades_in_one_day(folder):
    add(folder, "history", component_id="ELL-01", seen="2016-09-01", grade="A", cause="survey")
    return "learn", folder


@pytest.mark.parametrize(("spoil", "words"), [
    (no_such_overlay, ("high_inflaton",)), (no_such_scenario, ("basline.toml", "baseline.toml")),
    (missing_column, ("components.csv", "grade", "no such column")),
    (inspection_due_before_the_last, ("compliance.csv", "due")), (unknown_duty, ("FIRE-DRAGON",)),
    (score_of_another_school, ("suitability.csv", "row 2", "ELL")), (price_base_outside_the_index, ("1990",)),
    (certain_of_its_rates, ("rate_spread",)), (two_grades_in_one_day, ("two surveys of ELL-01",))])
def test_a_fault_in_what_is_read_is_told_and_nothing_is_written(spoil, words, old, tmp_path, capplan):
    line = spoil(old)
    before = bytes_of(tmp_path)
    done = capplan(*line, "--out", tmp_path / "found")
    assert done.exit_code == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert bytes_of(tmp_path) == before


def test_a_folder_with_the_estate_in_it_is_never_replaced(tiny, later, works, tmp_path, capplan):
    (tiny / ".capplan").write_text("capplan", encoding="utf-8")
    before = bytes_of(tmp_path)
    listed = works("ELL-01,2026-10-01,A,")
    before["works.csv"] = listed.read_bytes()
    for line in (("forecast", tiny, "baseline.toml"), ("learn", tiny), ("resurvey", tiny, later, "--by", "me"),
                 ("complete", tiny, listed, "--by", "me"), ("fill", tiny)):
        assert refused(capplan(*line, "--out", tiny, "--force"), "which this command reads")
    assert bytes_of(tmp_path) == before


@pytest.mark.slow
def test_a_screen_without_a_pound_sign_is_no_error(old, later, tmp_path, capplan_process):
    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = capplan_process("forecast", old, "five_years.toml", "--replicates", 2, "--out", "found", cwd=tmp_path, env=plain)
    assert done.returncode == 0 and "Backlog of Ellermarl" in done.stdout, done.stderr[-500:]
    assert not any(word in done.stderr for word in ("Warning", "Traceback"))
    assert {path.name for path in (tmp_path / "found").iterdir()} == FORECAST


# --- learn -----------------------------------------------------------------------------------------------------------


def test_learn_writes_rates_that_a_forecast_then_uses(old, tmp_path, capplan):
    for year, grade in ((2006, "A"), (2011, "B")):
        for name in ("ELL-01", "MAR-06"):
            add(old, "history", component_id=name, seen=f"{year}-09-01", grade=grade, cause="survey")
    done = capplan("learn", old, "--out", tmp_path / "learned")
    assert done.exit_code == 0 and done.stderr == "" and "2 of 150 construction types" in done.stdout
    assert f"copy {tmp_path / 'learned' / 'rates.csv'}" in done.stdout
    files = {path.name for path in (tmp_path / "learned").iterdir()}
    assert files >= {"rates.csv", "learned.csv", "pairs.csv", "back_test.txt"}
    assert (tmp_path / "learned" / "back_test.txt").read_text(encoding="utf-8") in done.stdout
    pairs, learned = table(tmp_path / "learned", "pairs"), table(tmp_path / "learned", "learned")
    assert len(pairs) == learned.pairs.sum() == 4 and set(learned.type_id[learned.pairs > 0]) == {"ROOF.03", "FLOOR.18"}
    shutil.copy(tmp_path / "learned" / "rates.csv", old / "rates.csv")
    outlook = forecast(read_estate(old), read_scenario("five_years.toml"))
    assert any("Rates of wear learned" in note for note in outlook.notes)


def test_learn_without_repeat_surveys_says_so_and_gives_no_rates_to_copy(old, tmp_path, capplan):
    done = capplan("learn", old, "--out", tmp_path / "learned")
    assert done.exit_code == 0 and "Nothing learned" in done.stdout and "copy" not in done.stdout
    assert not (tmp_path / "learned" / "rates.csv").exists() and len(table(tmp_path / "learned", "pairs")) == 0


# --- resurvey and complete -------------------------------------------------------------------------------------------


def test_resurvey_writes_a_new_estate_and_leaves_the_old_one_alone(old, later, tmp_path, capplan):
    before = bytes_of(old), bytes_of(later)
    done = capplan("resurvey", old, later, "--by", "A Clerk", "--on", "2021-10-01", "--out", tmp_path / "after")
    assert done.exit_code == 0 and done.stderr == ""
    assert "2 components surveyed again, 0 seen for the first time" in done.stdout and "Next: capplan check" in done.stdout
    assert (bytes_of(old), bytes_of(later)) == before
    assert capplan("check", tmp_path / "after").exit_code == 0
    history = table(tmp_path / "after", "history")
    assert history.drop(columns="note").to_numpy().tolist() == [
        ["ELL-01", "2016-09-01", "C", "survey", "A Clerk", "2021-10-01"],
        ["MAR-01", "2016-09-01", "DX", "survey", "A Clerk", "2021-10-01"]]
    again = capplan("resurvey", tmp_path / "after", later, "--by", "A Clerk", "--out", tmp_path / "twice")
    assert refused(again, "ELL-01", "MAR-01", "after its survey of 2021-09-01") and not (tmp_path / "twice").exists()


def test_complete_writes_a_new_estate_and_refuses_the_works_again(old, works, tmp_path, capplan):
    before, listed = bytes_of(old), works("ELL-01,2018-08-01,A,New felt", "MAR-01,2019-08-01,B,")
    done = capplan("complete", old, listed, "--by", "A Clerk", "--on", "2020-01-02", "--out", tmp_path / "after")
    assert done.exit_code == 0 and done.stderr == "" and "2 completed works recorded by A Clerk" in done.stdout
    assert bytes_of(old) == before and capplan("check", tmp_path / "after").exit_code == 0
    parts = table(tmp_path / "after", "components").set_index("component_id")
    assert parts.loc[["ELL-01", "MAR-01"], ["grade", "surveyed"]].to_numpy().tolist() == [
        ["A", "2018-08-01"], ["B", "2019-08-01"]]
    assert table(tmp_path / "after", "history").cause.value_counts().to_dict() == {"survey": 2, "works": 2}
    again = capplan("complete", tmp_path / "after", listed, "--by", "A Clerk", "--out", tmp_path / "twice")
    assert refused(again, "already recorded") and not (tmp_path / "twice").exists()


@pytest.mark.parametrize(("lines", "words"), [
    (["NONE,2018-08-01,A,"], ("NONE", "component_id")), (["ELL-01,01/08/2018,A,"], ("row 2", "completed", "01/08/2018")),
    (["ELL-01,2018-08-01,E,"], ("grade_after", "A, B, C, D")), (["ELL-01,2018-08-01,A,=1+1"], ("note", "not a formula")),
    (["ELL-01,2031-08-01,A,"], ("2031-08-01", "2020-01-02")), (["ELL-01,2010-08-01,A,"], ("last surveyed",)),
    (["ELL-01,2018-08-01,A,", "ELL-01,2018-08-01,B,"], ("again",)), ([], ("no rows",))])
def test_a_list_of_works_at_fault_is_refused(lines, words, old, works, tmp_path, capplan):
    done = capplan("complete", old, works(*lines), "--by", "me", "--on", "2020-01-02", "--out", tmp_path / "after")
    assert refused(done, *words) and not (tmp_path / "after").exists()


def test_a_list_of_works_without_a_column_is_refused(old, works, tmp_path, capplan):
    listed = works("ELL-01,2018-08-01", header="component_id,completed")
    done = capplan("complete", old, listed, "--by", "me", "--out", tmp_path / "after")
    assert refused(done, "grade_after", "no such column")


@pytest.mark.parametrize("day", ["2021-13-01", "tomorrow", "01/02/2021", "20211-01-01"])
@pytest.mark.parametrize("command", ["resurvey", "complete"])
def test_a_day_that_is_none_is_refused(command, day, old, later, works, tmp_path, capplan):
    what = later if command == "resurvey" else works("ELL-01,2018-08-01,A,")
    done = capplan(command, old, what, "--by", "me", "--on", day, "--out", tmp_path / "after")
    assert refused(done, "--on", day, "YYYY-MM-DD") and not (tmp_path / "after").exists()


@pytest.mark.parametrize(("command", "by"), [("resurvey", "=HYPERLINK(1)"), ("resurvey", " "), ("complete", "@me")])
def test_who_records_is_no_formula_and_not_blank(command, by, old, later, works, tmp_path, capplan):
    what = later if command == "resurvey" else works("ELL-01,2018-08-01,A,")
    done = capplan(command, old, what, "--by", by, "--on", "2022-01-01", "--out", tmp_path / "after")
    assert refused(done, "recorded_by") and not (tmp_path / "after").exists()


# --- fill ------------------------------------------------------------------------------------------------------------


def test_fill_gives_every_block_components_that_the_forecast_calls_modelled(old, tmp_path, capplan):
    write(old / "components.csv", [row for row in rows(old / "components.csv") if row["block_id"] != "MAR-1-A"])
    before = bytes_of(old)
    done = capplan("fill", old, "--out", tmp_path / "filled")
    assert done.exit_code == 0 and done.stderr == "" and "1 of 3 blocks (2,000 m2, 70% of the floor area)" in done.stdout
    assert bytes_of(old) == before and capplan("check", tmp_path / "filled").exit_code == 0
    parts = table(tmp_path / "filled", "components")
    added = parts[parts.block_id == "MAR-1-A"]
    assert len(added) > 10 and (added.surveyed == "modelled").all()
    line = ("forecast", tmp_path / "filled", "baseline.toml", "--replicates", 3, "--out", tmp_path / "found", "--json")
    share = strictly(capplan(*line).stdout)["modelled_share_of_backlog"]
    assert 0 < share < 1
    told = (tmp_path / "found" / "findings.txt").read_text(encoding="utf-8")
    assert f"{share:.0%} of the backlog at the start is estimated, not surveyed." in told
    blocks = table(tmp_path / "found", "blocks").set_index("block_id")
    assert blocks.modelled_share["MAR-1-A"] == 1 and blocks.survey["MAR-1-A"] == "never surveyed"


def test_fill_of_an_estate_that_is_whole_changes_nothing_but_says_so(old, tmp_path, capplan):
    done = capplan("fill", old, "--out", tmp_path / "filled")
    assert done.exit_code == 0 and "none was modelled" in done.stdout
    assert read_estate(tmp_path / "filled").components.equals(read_estate(old).components)
