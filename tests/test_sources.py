"""Every figure has a source, every source is used, what is assumed is called an assumption, and DfE's figures are DfE's."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel

from capplan import reference
from capplan.scenario import Scenario, read_scenario
from capplan.tables import BASES, ELEMENTS, REGIONS, ROUTES

FOLDER = Path(reference.__file__).parent
TABLES = sorted(path.stem for path in FOLDER.glob("*.csv") if path.stem != "sources")
STATUSES = {"published", "secondary", "derived", "ASSUMPTION"}
ASSUMPTION = "ASSUMPTION"
OWN = "capplan-assumption"
CHOICE = "the trust's choice"
# DfE's own figures at which a worse grade costs less: none is known; a new one has to be named here with its reason.
CHEAPER_WHEN_WORSE = {}
COSTS = [f"cost_{grade}_gbp_per_unit" for grade in "bcde"]
CHANCES = ["p_ab", "p_bc", "p_cd", "p_de"]


@pytest.fixture(scope="module")
def sources():
    return pd.read_csv(FOLDER / "sources.csv", dtype=str, keep_default_na=False)


def table(name):
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


def scenario_figures():
    """Every value of a scenario that carries a source: (section.key, source, status)."""
    return [(f"{section}.{key}", inner.json_schema_extra["source"], inner.json_schema_extra["status"])
            for section, info in Scenario.model_fields.items()
            if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
            for key, inner in info.annotation.model_fields.items() if inner.json_schema_extra]


def test_the_list_of_reference_tables_is_complete():
    assert sorted(reference.TABLES) == TABLES


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source_that_exists(name, sources):
    rows = table(name)
    lost = rows[~rows.source.isin(sources.source)]
    assert len(rows) and not len(lost), lost


@pytest.mark.parametrize(("key", "source", "status"), scenario_figures(), ids=lambda item: item)
def test_every_figure_of_a_scenario_has_a_source_that_exists(key, source, status, sources):
    assert source == CHOICE or source in set(sources.source), key
    assert (status == ASSUMPTION) == (source == OWN), f"{key}: an assumption is called one, and nothing else is"


def test_every_source_is_used(sources):
    used = {source for name in TABLES for source in table(name).source} | {source for _, source, _ in scenario_figures()}
    assert sorted(set(sources.source) - used) == []


def test_sources_are_told_in_full(sources):
    assert sources.source.is_unique
    blank = [f"{row.source}: {name}" for row in sources.itertuples() for name in sources if not getattr(row, name).strip()]
    assert not blank
    assert sources.date.str.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?").all()


@pytest.mark.parametrize("name", [*TABLES, "sources"])
def test_statuses_are_known_and_assumptions_are_named(name):
    rows = table(name)
    if "status" not in rows:
        return
    assert set(rows.status) <= STATUSES
    assert ((rows.status == ASSUMPTION) == (rows.source == OWN)).all()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_with_assumptions_says_so_row_by_row(name):
    rows = table(name)
    if (rows.source == OWN).any():
        assert "status" in rows and rows[rows.source == OWN].get("note", pd.Series("x")).str.len().gt(10).all()


@pytest.mark.parametrize("name", [*TABLES, "sources"])
def test_nothing_is_left_to_be_done(name):
    text = (FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    assert not re.search(r"\b(TODO|TBC|TBD|FIXME|XXX|\?\?)\b", text, re.IGNORECASE)


@pytest.mark.parametrize("name", [*TABLES, "sources"])
def test_reference_files_are_plain_utf8_with_one_row_per_line(name):
    raw = (FOLDER / f"{name}.csv").read_bytes()
    raw.decode("utf-8")
    assert not raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\n")


def test_there_are_139_types_each_once():
    types = reference.component_types()
    assert len(types) == 139
    assert types.type_id.is_unique and types.pds_element_id.is_unique
    assert not types.duplicated(["element", "sub_element", "construction_type"]).any()


def test_types_belong_to_known_elements_units_and_bases():
    types = reference.component_types()
    assert set(types.element) == set(ELEMENTS)
    assert set(types.quantity_basis) <= set(BASES)
    assert set(types.unit) <= {"m2", "m", "nr"}
    assert set(types.price_base) == {2016}


def test_an_element_has_one_code_and_a_code_one_element():
    types = reference.component_types()
    pairs = pd.DataFrame({"code": types.type_id.str.split(".").str[0], "element": types.element}).drop_duplicates()
    assert pairs.code.is_unique and pairs.element.is_unique


def test_probabilities_are_probabilities():
    chances = reference.component_types()[CHANCES].to_numpy()
    assert np.isfinite(chances).all() and (chances >= 0).all() and (chances <= 1).all()
    assert (chances > 0).any(axis=1).all(), "a type that never ages"


def test_a_worse_grade_never_costs_less():
    types = reference.component_types()
    costs = types[COSTS].to_numpy()
    assert np.isfinite(costs).all() and (costs >= 0).all()
    falls = types.index[(np.diff(costs, axis=1) < 0).any(axis=1)]
    assert set(falls) == set(CHEAPER_WHEN_WORSE)


def test_every_figure_of_the_types_is_the_published_one(shared_data):
    # Source: DfE, deterioration probabilities (EC Harris lives) and 2016 repair costs, as published with Blockbuster.
    published = pd.read_csv(shared_data / "dfe_deterioration_and_repair_costs_2016.csv").set_index("element_id")
    own = reference.component_types().set_index("pds_element_id")
    assert set(own.index) == set(published.index)
    published = published.loc[own.index]
    pairs = dict(zip([*CHANCES, *COSTS], [*CHANCES, *(f"repair_cost_{grade}" for grade in "bcde")], strict=True))
    for mine, theirs in pairs.items():
        differ = own.index[own[mine].to_numpy() != published[theirs].to_numpy()]
        assert not len(differ), f"{mine} of elements {list(differ)}"
    assert (own.element.str.lower() == published.element.str.lower()).all()


def test_the_price_index_rises_from_100_in_2016_without_a_gap():
    index = reference.load("price_index").set_index("year").index_2016_is_100
    assert index[2016] == 100
    assert list(index.index) == list(range(index.index.min(), index.index.max() + 1))
    assert (index.diff().dropna() > 0).all()


def test_the_price_index_follows_the_published_cost_of_a_place(shared_data):
    # The note of the rows of 2019-2025 says what they are derived from: the same projects re-priced in each edition.
    index = reference.load("price_index")
    rows = index[index.source == "dfe-scorecard-2025"].set_index("year")
    costs = pd.read_csv(shared_data / "place_costs_scorecard.csv")
    place = costs[(costs.phase == "primary") & (costs.type == "permanent")].set_index("reporting_year").cost_per_place_gbp
    compared = [year for year in rows.index if year in place.index]
    assert len(compared) >= 5
    for year in compared:
        assert rows.index_2016_is_100[year] / rows.index_2016_is_100[2019] == pytest.approx(
            place[year] / place[2019], rel=1e-5), year


def test_what_is_assumed_before_and_after_the_published_index_is_what_the_note_says():
    index = reference.load("price_index").set_index("year").index_2016_is_100
    yearly = (index[2025] / index[2019]) ** (1 / 6)
    assert (index.loc[2013:2019] / index.loc[2012:2018].to_numpy()).to_numpy() == pytest.approx(yearly, rel=1e-5)
    assert index[2020] == pytest.approx(np.sqrt(index[2019] * index[2021]), rel=1e-5)
    assert (index[2030] / index[2025]) == pytest.approx(1.17, rel=1e-3)  # BCIS, January 2026: 17% over five years


def test_regions_elements_and_routes_have_their_figures():
    assert set(reference.load("location_factors").region) == set(REGIONS)
    assert set(reference.load("loss_rates").element) == set(ELEMENTS)
    assert set(reference.load("routes").route) == set(ROUTES)
    assert set(reference.load("local_authorities").region) <= set(REGIONS)


def test_location_factors_are_dfes(shared_data):
    # Source: the 2025-26 allocations, parameters transcribed from DfE's workbook.
    text = (shared_data / "sca_dfc_2025_26_parameters.json").read_text(encoding="utf-8")
    for region, factor in reference.load("location_factors").set_index("region").location_factor.items():
        assert re.search(rf'"[^"]*{re.escape(region)}[^"]*"\s*:\s*{factor:g}0?\b', text, re.IGNORECASE), (region, factor)


def scenario_files():
    return sorted((Path(__file__).resolve().parents[1] / "scenarios").glob("*.toml"))


@pytest.mark.parametrize("path", scenario_files(), ids=lambda path: path.stem)
def test_every_shipped_scenario_loads_with_each_of_its_overlays(path):
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert read_scenario(path).description
    base = content if "extends" not in content else tomllib.loads(
        (path.parent / f"{content['extends']}.toml").read_text(encoding="utf-8"))
    for overlay in {**base.get("overlays", {}), **content.get("overlays", {})}:
        assert read_scenario(path, overlay) != read_scenario(path) or path.stem != "baseline", f"{overlay} changes nothing"


@pytest.mark.parametrize("path", scenario_files(), ids=lambda path: path.stem)
def test_a_scenario_written_out_in_full_reads_back_as_itself(path, tmp_path):
    scenario = read_scenario(path)
    (tmp_path / "whole.toml").write_text(scenario.to_toml(), encoding="utf-8")
    assert read_scenario(tmp_path / "whole.toml") == scenario


def test_a_field_of_a_scenario_is_documented_where_it_is_declared():
    bare = [f"{section}.{key}" for section, info in Scenario.model_fields.items()
            if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
            for key, inner in info.annotation.model_fields.items() if not inner.description]
    assert not bare
