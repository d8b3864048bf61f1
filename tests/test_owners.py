"""The register of assumptions: owner, date and review of each figure, and overdue ones named on the page of the run."""

import json
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from capplan.results import _told_of_owners

TODAY = date.today()
OWNERS = f"""figure,owner,dated,review_by
costs.fees_share,A Surveyor,2020-02-29,2021-03-01
plan.discount_rate,B Finance,{TODAY - timedelta(400)},{TODAY - timedelta(1)}
loss.pupil_day_gbp,B Finance,2026-01-05,{TODAY}
costs.contingency_share,A Surveyor,,{TODAY + timedelta(1)}
reserves.floor_share,C Chair,,
no.such_figure,C Chair,,2020-01-01
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory, capplan, root, without_charts):
    place = tmp_path_factory.mktemp("owners")
    estate = place / "estate"
    estate.mkdir()
    for file in (root / "data" / "tiny").glob("*.csv"):
        (estate / file.name).write_bytes(file.read_bytes())
    (estate / "owners.csv").write_text(OWNERS, encoding="utf-8")
    with without_charts():
        done = capplan("run", estate, "baseline.toml", "--out", place / "out")
    assert done.exit_code == 0, done.stderr
    return place / "out"


def test_the_register_has_owner_date_and_review_beside_value_source_and_status(results):
    frame = pd.read_csv(results / "assumptions.csv", dtype=str, keep_default_na=False).set_index("figure")
    assert frame.loc["costs.fees_share", ["value", "owner", "dated", "review_by"]].tolist() == [
        "0.1", "A Surveyor", "2020-02-29", "2021-03-01"]
    assert frame.loc["reserves.floor_share", ["owner", "dated", "review_by"]].tolist() == ["C Chair", "", ""]
    assert (frame.owner != "").sum() == 5 and frame.index.is_unique


def test_what_is_overdue_is_named_on_the_page_oldest_first_and_what_is_due_today_is_not(results):
    notes = json.loads((results / "solution.json").read_text(encoding="utf-8"))["notes"]
    (told,) = [note for note in notes if note.startswith("Overdue for review")]
    assert told.index("costs.fees_share (A Surveyor, by 01 March 2021)") < told.index("plan.discount_rate (B Finance")
    assert "loss.pupil_day_gbp" not in told and "contingency" not in told and "no.such_figure" not in told
    page = (results / "summary.html").read_text(encoding="utf-8")
    assert "costs.fees_share (A Surveyor" in page and "this run does not use: no.such_figure" in page


def test_many_that_are_overdue_are_named_and_counted():
    figures = pd.DataFrame({"figure": [f"f{number}" for number in range(10)], "owner": "A",
                            "review_by": pd.to_datetime([f"2020-01-{number + 1:02}" for number in range(10)])})
    (told,) = _told_of_owners(figures, figures, date(2020, 2, 1))
    assert "f0 (A, by 01 January 2020)" in told and "f7" in told and "f8" not in told and "and 2 more" in told
    assert list(_told_of_owners(figures, figures, date(2020, 1, 1))) == []


def test_without_owners_nothing_is_said_and_the_columns_are_blank(tiny_results):
    frame = pd.read_csv(tiny_results / "assumptions.csv", dtype=str, keep_default_na=False)
    assert (frame[["owner", "dated", "review_by"]] == "").all().all()
    assert "Overdue" not in Path(tiny_results / "solution.json").read_text(encoding="utf-8")
