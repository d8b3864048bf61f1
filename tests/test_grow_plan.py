"""capplan grow-plan: tables that agree with one another and with the futures, works that wait for the join, and refusals."""

import json
import shutil

import pandas as pd
import pytest

from capplan import read_estate
from capplan.candidates.approved import read_approved

SHORT = 'extends = "baseline"\nname = "short"\n[plan]\nyears = 3\n[solver]\ngap = 0.01\ntime_limit_s = 10\n'


def joined_estate(tiny, folder):
    """The tiny trust with a third school that joins in September 2027: a copy of the first, half as rich in reserves."""
    shutil.copytree(tiny, folder)

    def with_copy(table_name, **renamed):
        table = pd.read_csv(folder / f"{table_name}.csv", dtype=str, keep_default_na=False)
        own = table[table.apply(lambda row: "ELL" in " ".join(row), axis=1)]
        more = own.apply(lambda column: column.str.replace("ELL", "JOI", regex=False)).assign(**renamed)
        pd.concat([table, more], ignore_index=True).to_csv(folder / f"{table_name}.csv", index=False)

    with_copy("schools", name="Joinwell Primary School", joined="2027-09-01", **{
        "urn": ""} if "urn" in pd.read_csv(tiny / "schools.csv", nrows=1) else {})
    with_copy("sites")
    with_copy("blocks")
    with_copy("components")
    components = pd.read_csv(folder / "components.csv", dtype=str, keep_default_na=False)
    twice = components.component_id.duplicated()
    components.loc[twice, "component_id"] = "J" + components.component_id[twice]
    components.to_csv(folder / "components.csv", index=False)
    reserves = pd.read_csv(folder / "reserves.csv")
    reserves["opening_gbp"] *= 0.5
    reserves.to_csv(folder / "reserves.csv", index=False)


@pytest.fixture(scope="module")
def planned(root, tmp_path_factory):
    from click.testing import CliRunner

    from capplan.cli import main
    place, tiny = tmp_path_factory.mktemp("plan"), root / "data" / "tiny"
    grown = place / "grown" / "futures"
    grown.mkdir(parents=True)
    shutil.copytree(tiny, grown / "future_001")
    joined_estate(tiny, grown / "future_002")
    (place / "short.toml").write_text(SHORT, encoding="utf-8")
    done = CliRunner().invoke(main, ["grow-plan", str(tiny), str(grown.parent), str(place / "short.toml"), "--rounds", "1",
                                     "--out", str(place / "out")])
    assert done.exit_code == 0, done.output
    return place, done


@pytest.mark.slow
def test_tables_agree_and_every_future_begins_alike(planned):
    out = planned[0] / "out"
    facts = json.loads((out / "growth_plan.json").read_text(encoding="utf-8"))
    begin, works, each, tried = (pd.read_csv(out / f"{name}.csv") for name in ("begin", "works", "futures", "beginnings"))
    assert each.value_gbp.mean() == pytest.approx(facts["value_gbp"], abs=0.01)
    assert facts["value_gbp"] <= facts["most_gbp"] + 0.01 <= each.own_bound_gbp.mean() + 0.02
    assert (each.value_gbp <= each.own_bound_gbp + 0.01).all()
    assert tried.mean_value_gbp.max() == pytest.approx(facts["value_gbp"], abs=0.01)
    assert set(begin.scheme_id) == set(works.scheme_id[works.begins_now == "yes"]) and (begin.start_year == 2026).all()
    now = works[works.begins_now == "yes"]
    assert (now.done_share == 1).all() and (now.p10_start_year == 2026).all() and (now.p90_start_year == 2026).all()
    assert read_approved(out / "begin.csv") == dict(zip(begin.scheme_id, begin.start_year, strict=True))


@pytest.mark.slow
def test_nothing_is_done_at_a_school_before_it_joins(planned):
    works = pd.read_csv(planned[0] / "out" / "works.csv")
    own = works[works.school_id == "JOI"]
    assert len(own) and (own.p10_start_year >= 2027).all() and (own.offered_share == 0.5).all()
    assert (works[works.school_id != "JOI"].offered_share == 1).all()
    each = pd.read_csv(planned[0] / "out" / "futures.csv")
    assert each.schools_joined.tolist() == [0, 1] and each.first_joined.tolist()[1] == "2027-09-01"
    assert set(read_estate(planned[0] / "grown" / "futures" / "future_002").schools.school_id) == {"ELL", "MAR", "JOI"}


@pytest.mark.slow
def test_it_is_told_on_a_screen_and_a_page(planned):
    place, done = planned
    for words in ("one beginning for 2 futures", "no beginning can be worth more than", "To know beforehand"):
        assert words in " ".join(done.output.split()), words
    assert max(map(len, done.stdout.splitlines())) <= 120
    page = (place / "out" / "growth_plan.html").read_text(encoding="utf-8")
    assert "Beginnings that were looked at" in page and "Joinwell" in page and "http" not in page


@pytest.mark.slow
def test_what_cannot_be_planned_is_refused(planned, root, tmp_path, capplan):
    tiny, place = root / "data" / "tiny", planned[0]
    (tmp_path / "none").mkdir()
    done = capplan("grow-plan", tiny, tmp_path / "none", place / "short.toml", "--out", tmp_path / "out")
    assert done.exit_code == 2 and "capplan grow ... --futures 8" in done.stderr and not (tmp_path / "out").exists()
    done = capplan("grow-plan", tiny, place / "grown", place / "short.toml", "--decided-years", "3", "--out",
                   tmp_path / "out")
    assert done.exit_code == 2 and "fewer than the 3 years" in done.stderr
