"""docs/results.md against a run: every column of every file is in it, and nothing in it is absent."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from capplan.jobs import run
from capplan.report.results import read_results

ROOT = Path(__file__).resolve().parents[1]
UNDOCUMENTED_IN_TABLES = {"scenario.toml", "summary.html", "run.log", "inputs.zip"}
POUNDS = {"nominal", "real", "present"}


def documented():
    """Rows of each table of the page, by file: name, unit, pounds, meaning."""
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    tables = {}
    for section in page.split("\n## ")[1:]:
        rows = re.findall(r"^\| `([^`]+)` \|(.*)\|(.*)\|(.*)\|$", section, re.MULTILINE)
        tables[section.splitlines()[0]] = [tuple(cell.strip() for cell in row) for row in rows]
    return tables


@pytest.fixture(scope="module")
def folder(tmp_path_factory, without_charts):
    """The results of the tiny trust, energy and all."""
    place = tmp_path_factory.mktemp("run") / "results"
    place.mkdir()
    with without_charts():
        run(ROOT / "data" / "tiny", ROOT / "scenarios" / "baseline.toml", ("energy",), place)
    return place


def names_of(path):
    """Columns of a table, or keys of solution.json with those one level down."""
    if path.suffix == ".csv":
        return list(pd.read_csv(path, nrows=0).columns)
    names = []
    for key, value in json.loads(path.read_text(encoding="utf-8")).items():
        inner = value[0] if isinstance(value, list) and value else value
        names.append(key)
        if isinstance(inner, dict) and key != "inputs":
            names += [f"{key}.{name}" for name in inner]
    return names


def test_every_file_of_a_run_is_on_the_page_and_no_other(folder):
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(documented()) == written - UNDOCUMENTED_IN_TABLES
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in UNDOCUMENTED_IN_TABLES)


@pytest.mark.parametrize("name", list(documented()))
def test_every_column_is_documented_and_none_that_is_absent(folder, name):
    told = [row[0] for row in documented()[name]]
    assert len(told) == len(set(told))
    assert set(told) == set(names_of(folder / name))


def test_every_meaning_is_given_and_pounds_say_which_pounds_they_are():
    for name, rows in documented().items():
        for column, unit, pounds, meaning in rows:
            assert meaning.endswith("."), (name, column)
            assert not unit.startswith("GBP") or pounds in POUNDS, (name, column)
            assert not column.endswith("_gbp") or unit.startswith("GBP"), (name, column)


def test_energy_of_a_run_adds_up_to_its_outlook_and_renewed_boilers_save(folder):
    frame = pd.read_csv(folder / "energy.csv")
    assert set(frame.plan) == {"without", "with"} and set(frame.year) == set(range(2026, 2036))
    sums = frame.groupby(["plan", "year"])[["use_kwh", "cost_gbp", "footprint_tco2e"]].sum()
    years = pd.read_csv(folder / "outlook.csv").set_index(["plan", "year"]).loc[sums.index]
    assert sums.cost_gbp.to_dict() == pytest.approx(years.energy_gbp.to_dict(), abs=0.1)
    assert sums.footprint_tco2e.to_dict() == pytest.approx(years.footprint_tco2e.to_dict(), abs=1e-3)
    assert (sums.use_kwh["with"] <= sums.use_kwh["without"] + 1).all()
    assert sums.use_kwh["with"][2035] < sums.use_kwh["without"][2035], "the plan renews boilers"
    assumed = pd.read_csv(folder / "assumptions.csv").figure
    assert assumed.str.startswith("plant_efficiency.").any() and (assumed == "energy.pupil_elasticity").any()


def test_the_page_tells_what_each_school_uses_and_how_that_is_known(folder, tiny_results):
    page = (folder / "summary.html").read_text(encoding="utf-8")
    found = read_results(folder).table("energy_baseline")
    section = page.split('id="energy-table"')[1]
    assert section.count("estimate from schools of its kind") == len(found) == 4
    assert f"£{found.cost_gbp.sum():,.0f}" in section and f"{found.use_kwh.sum() / 1000:,.0f}" in section
    assert "energy-table" not in (tiny_results / "summary.html").read_text(encoding="utf-8")
    assert len(read_results(tiny_results).table("energy_baseline")) == 0
