"""docs/forecast.md against the folders: every file has its section, every column is in it, and none that is absent."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from capplan.bid_job import bids_folder
from capplan.condition_job import forecast_folder, learn_folder
from capplan.money_job import envelopes_folder, stress_folder
from capplan.question_job import goal_folder, sensitivity_folder, worth_folder

ROOT = Path(__file__).resolve().parents[1]
SAME_AS_ELSEWHERE = {"outlook.csv", "rates.csv"}
TOLD_IN_WORDS = {"risk_matrix.csv", "back_test_elements.csv", "back_test_checks.csv", "back_test_calibration.csv",
                 "unpaid.csv"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place, scenario = tmp_path_factory.mktemp("folders"), ROOT / "scenarios" / "baseline.toml"
    made = [place / name for name in ("forecast", "learned", "envelopes", "stress", "sensitivity", "goal", "worth", "bids")]
    for folder in made:
        folder.mkdir()
    forecast_folder(ROOT / "data" / "example", scenario, (), made[0], 5, 1)
    learn_folder(ROOT / "data" / "example", scenario, made[1])
    envelopes_folder(ROOT / "data" / "tiny", scenario, (), made[2], 3, 2.0, 0.05, 2.0)
    stress_folder(ROOT / "data" / "tiny", scenario, (), made[3], 0.05, 2.0)
    (place / "ranges.csv").write_text("figure,low,high,as\nreserves.floor_share,0.05,0.06,absolute\n", encoding="utf-8")
    tiny = ROOT / "data" / "tiny", scenario, ()
    sensitivity_folder(*tiny, made[4], False, place / "ranges.csv", 0.05, 2.0)
    asked = {"hold": False, "backlog_below_gbp": 1.5e6, "index_below": None, "by_year": None}
    goal_folder(*tiny, made[5], asked, (), 0.2, 0.05, 2.0)
    worth_folder(*tiny, made[6], 1e5, ("SCA-2026",), 0.05, 2.0)
    estate = shutil.copytree(ROOT / "data" / "tiny", place / "bidding")
    grants = pd.read_csv(estate / "grants.csv")
    grants[grants.route != "SCA"].to_csv(estate / "grants.csv", index=False)
    (estate / "bids.csv").write_text("bid_id,route,round_year,school_id,ask_gbp,match_gbp,odds,bid_cost_gbp\n"
                                     "B1,CIF,2027,MAR,90000,0,0.5,3000\n", encoding="utf-8")
    bids_folder(estate, scenario, (), made[7], gap=0.05, time_limit_s=2.0)
    return made


def sections():
    page = (ROOT / "docs" / "forecast.md").read_text(encoding="utf-8")
    return {part.splitlines()[0]: part for part in page.split("\n## ")[1:]}


@pytest.mark.slow
def test_every_table_written_has_its_section_and_no_section_is_about_nothing(folders):
    written = {path.name for folder in folders for path in folder.glob("*.csv")}
    assert written == set(sections())


@pytest.mark.slow
def test_every_column_is_documented_and_none_that_is_absent(folders):
    parts = sections()
    for folder in folders:
        for path in folder.glob("*.csv"):
            if path.name in SAME_AS_ELSEWHERE | TOLD_IN_WORDS:
                continue
            told = re.findall(r"^\| `([^`]+)` \|.*\|.+\|$", parts[path.name], re.MULTILINE)
            assert told == list(pd.read_csv(path, nrows=0).columns), path.name


@pytest.mark.slow
def test_money_and_times_have_their_unit(folders):
    for name, part in sections().items():
        for column, unit in re.findall(r"^\| `([^`]+)` \|([^|]*)\|", part, re.MULTILINE):
            if column.endswith("_gbp"):
                assert unit.strip().startswith("GBP"), (name, column)
            if column.endswith("_years") and column != "component_years":
                assert unit.strip() == "years", (name, column)


@pytest.mark.slow
def test_other_files_of_the_folders_are_named_on_the_page(folders):
    page = (ROOT / "docs" / "forecast.md").read_text(encoding="utf-8")
    for folder in folders:
        for path in folder.iterdir():
            assert path.suffix == ".csv" or f"`{path.name}`" in page, path.name
