"""Every figure has a source, every source is used, what is assumed is called an assumption, and DfE's figures are DfE's."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capplan import reference
from capplan.errors import MissingFigureError
from capplan.scenario import read_scenario, sections
from capplan.tables import BASES, BLOCK_USES, ELEMENTS, EXPOSURES, QUALITIES, REGIONS, ROUTES

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
FURTHER_ELEMENTS = {"ICT", "Temporary buildings"}     # not DfE's: capplan's own types
WITHOUT_STATUS = {"component_types", "local_authorities", "location_factors"}   # every row is its source's own figure


@pytest.fixture(scope="module")
def sources():
    return pd.read_csv(FOLDER / "sources.csv", dtype=str, keep_default_na=False)


def table(name):
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


def scenario_figures():
    """Every value of a scenario that carries a source: (section.key, source, status)."""
    return [(f"{section}.{key}", inner.json_schema_extra["source"], inner.json_schema_extra["status"])
            for section, kind in sections().items()
            for key, inner in kind.model_fields.items() if inner.json_schema_extra]


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
        assert name in WITHOUT_STATUS
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


def test_there_are_139_types_of_dfe_each_once_and_all_are_published():
    types = reference.dfe_component_types()
    assert len(types) == 139
    assert types.type_id.is_unique and types.pds_element_id.is_unique and types.pds_element_id.notna().all()
    assert set(types.element) == set(ELEMENTS) - FURTHER_ELEMENTS
    assert set(types.price_base) == {2016} and set(types.source) == {"dfe-deterioration-2016"}


def test_further_types_are_marked_as_assumed_and_follow_dfes():
    types, further = reference.component_types(), reference.load("further_types")
    assert list(types.type_id) == [*reference.dfe_component_types().type_id, *further.type_id]
    assert list(types.index) == list(types.type_id)
    assert set(further.element) == FURTHER_ELEMENTS and set(further.status) == {ASSUMPTION}
    assert further.pds_element_id.isna().all()
    assert types.pds_element_id.isna().sum() == len(further) == 11
    assert list(types.columns) == list(reference.load("component_types").columns)
    assert set(further.price_base) <= set(reference.load("price_index").year)


def test_types_that_are_handed_out_may_be_changed_without_harm():
    spoiled = reference.component_types()
    spoiled["p_ab"] = 1.0
    assert (reference.component_types().p_ab < 1).any()


def pattern():
    """How the years from A to E spread over the four steps: mean over DfE's types of each step's share of its life."""
    years = [[1 / row[name] for name in CHANCES] for _, row in reference.dfe_component_types().iterrows()]
    return [sum(steps[step] / sum(steps) for steps in years) / len(years) for step in range(4)]


def spread(life):
    """A life over the four steps by the pattern, steps that would be under a year taking one: by hand, last step first."""
    shares, steps = pattern(), [0.0] * 4
    ones = 0
    while shares[:4 - ones] and (life - ones) * shares[3 - ones] / sum(shares[:4 - ones]) < 1:
        ones += 1
    for step in range(4):
        steps[step] = 1.0 if step >= 4 - ones else (life - ones) * shares[step] / sum(shares[:4 - ones])
    return steps


def test_the_pattern_of_the_published_types_is_what_the_notes_say():
    assert [round(share, 3) for share in pattern()] == [0.431, 0.298, 0.176, 0.095]
    assert all("(0.431, 0.298, 0.176, 0.095)" in note for note in reference.load("further_types").note)


@pytest.mark.parametrize("row", reference.load("further_types").to_dict("records"), ids=lambda row: row["type_id"])
def test_chances_of_a_further_type_give_the_life_its_note_states(row):
    life = float(re.search(r"expected life from A to E of (\d+) years", row["note"]).group(1))
    assert sum(1 / row[name] for name in CHANCES) == pytest.approx(life, rel=1e-4)
    assert [1 / row[name] for name in CHANCES] == pytest.approx(spread(life), rel=1e-4)


@pytest.mark.parametrize("row", reference.load("further_types").to_dict("records"), ids=lambda row: row["type_id"])
def test_costs_of_a_further_type_by_grade_are_the_median_shares_its_note_states(row):
    published = reference.dfe_component_types()
    renewed = published[published.cost_d_gbp_per_unit > 0]
    for grade in "bce":
        share = (renewed[f"cost_{grade}_gbp_per_unit"] / renewed.cost_d_gbp_per_unit).median()
        assert row[f"cost_{grade}_gbp_per_unit"] == pytest.approx(share * row["cost_d_gbp_per_unit"], rel=1e-4)


def test_types_belong_to_known_elements_units_and_bases():
    types = reference.component_types()
    assert set(types.element) == set(ELEMENTS)
    assert set(types.quantity_basis) <= set(BASES)
    assert set(types.unit) <= {"m2", "m", "nr"}
    assert types.type_id.is_unique and not types.duplicated(["element", "sub_element", "construction_type"]).any()


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
    own = reference.dfe_component_types().set_index("pds_element_id")
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


def codes():
    """Codes of elements (ROOF) and of types (ROOF.03), each with the types it stands for."""
    types = reference.component_types().type_id
    return {**{code: {code} for code in types},
            **{code: set(group) for code, group in types.groupby(types.str.split(".").str[0])}}


def test_every_duty_has_a_legal_basis_with_its_year_and_a_date_in_force():
    duties = reference.load("compliance_duties")
    assert duties.duty_id.is_unique and duties.duty_id.str.fullmatch(r"[A-Z][A-Z-]+").all()
    assert duties.legal_basis.str.contains(r"\b(?:19|20)\d\d\b").all()
    assert duties.legal_basis.str.contains("Act|Regulation|Order").all()
    in_force = pd.to_datetime(duties.in_force_from)
    newest_law = duties.legal_basis.str.findall(r"\b((?:19|20)\d\d)\b").map(lambda years: max(map(int, years)))
    assert (in_force.dt.year >= newest_law).all() and in_force.notna().all()
    assert set(duties.cycle_basis) <= {"law", "approved code", "standard", "practice"}
    assert set(duties.life_safety) <= {"yes", "no"} and duties.note.str.len().gt(20).all()


def test_duties_point_at_elements_and_types_that_exist():
    duties, known = reference.load("compliance_duties"), codes()
    assert set(duties.applies) <= {"every site", "by component", "where there is one"}
    assert {name for cell in duties.elements for name in cell.split(";") if name} <= set(ELEMENTS)
    assert {name for cell in duties.type_ids for name in cell.split(";") if name} <= set(known)
    types = reference.component_types().element
    for duty in duties.itertuples():
        named = set().union(*[known[code] for code in duty.type_ids.split(";") if code])
        assert {types[code] for code in named} <= set(duty.elements.split(";")), duty.duty_id
        assert duty.type_ids or duty.applies != "by component", f"{duty.duty_id} cannot be told from a survey"


def test_a_duty_without_a_cycle_says_so_and_a_cycle_is_whole_months():
    duties = reference.load("compliance_duties")
    cycles = duties.cycle_months.dropna()
    assert (cycles > 0).all() and (cycles == cycles.round()).all() and cycles.max() <= 120
    assert duties.note[duties.cycle_months.isna()].str.contains("give (?:the|each) item its due date").all()


def test_cycles_the_law_sets_are_the_laws():
    # Read on legislation.gov.uk and gov.uk: LOLER regulation 9(3), EPB regulations 14(4) and 18(1), F gas leak checks.
    cycle = reference.load("compliance_duties").set_index("duty_id").cycle_months
    law = {"LIFT-LOLER": 6, "HOIST": 6, "DEC": 12, "AIR-CON-INSPECTION": 60, "F-GAS": 12, "LEV": 14}
    assert {name: cycle[name] for name in law} == law


def test_every_element_has_a_consequence_of_failure_and_uses_only_override():
    rows = reference.load("criticality")
    assert not rows.duplicated(["element", "block_use"]).any()
    assert set(rows.element[rows.block_use == "any"]) == set(ELEMENTS) == set(rows.element)
    assert set(rows.block_use) <= {"any", *BLOCK_USES}
    assert rows.closure_share.between(0, 1).all() and rows.closure_days.between(0, 190).all()
    assert ((rows.closure_share == 0) == (rows.closure_days == 0)).all()
    assert set(rows.life_safety) <= {"yes", "no"}


def test_the_consequence_of_a_use_is_its_own_row_or_that_of_any():
    rows = reference.load("criticality")
    for element in ELEMENTS:
        for use in ("", *BLOCK_USES):
            own = rows[(rows.element == element) & (rows.block_use == use)]
            row = own if len(own) else rows[(rows.element == element) & (rows.block_use == "any")]
            assert reference.consequence(element, use).closure_days == row.closure_days.item()
    with pytest.raises(MissingFigureError, match="Chimneys"):
        reference.consequence("Chimneys")


def test_life_factors_have_every_level_and_leave_the_reference_alone():
    rows = reference.load("life_factors").set_index(["factor", "level"])
    levels = {"exposure": EXPOSURES, "build_quality": QUALITIES, "maintenance": QUALITIES}
    assert set(rows.index) == {(factor, level) for factor in levels for level in levels[factor]} and rows.index.is_unique
    for factor, (worst, middle, best) in levels.items():
        assert rows.life_multiple[factor, worst if factor != "exposure" else best] < 1 == rows.life_multiple[factor, middle]
        assert rows.life_multiple[factor, best if factor != "exposure" else worst] > 1
        cells = set(rows.elements[factor])
        assert len(cells) == 1 and (cells == {"all"} or set(cells.pop().split(";")) <= set(ELEMENTS))
    assert rows.life_multiple.between(0.5, 1.5).all()


def test_life_multiples_by_hand():
    # A poorly maintained, badly built roof on an exposed site: 0.8 x 0.9 x 0.8; its ceilings are out of the weather.
    worst = {"exposure": "severe", "build_quality": "poor", "maintenance": "poor"}
    assert reference.life_multiples("Roofs", **worst) == pytest.approx(0.576)
    assert reference.life_multiples("Ceilings", **worst) == pytest.approx(0.72)
    assert reference.life_multiples("ICT", **worst) == pytest.approx(0.8)
    assert [reference.life_multiples(element) for element in ELEMENTS] == [1.0] * len(ELEMENTS)
    with pytest.raises(MissingFigureError, match="coastal"):
        reference.life_multiples("Roofs", exposure="coastal")


def test_each_part_is_knocked_on_by_one_other_and_none_by_itself():
    rows, known = reference.load("knock_on"), codes()
    children = [name for cell in rows.child for code in cell.split(";") for name in sorted(known[code])]
    assert len(children) == len(set(children))
    for row in rows.itertuples():
        parents = set().union(*[known[code] for code in row.parent.split(";")])
        assert parents and not parents & set().union(*[known[code] for code in row.child.split(";")])
        assert row.rate_multiple > 1 and "Counterexample:" in row.note


def test_knock_on_does_not_run_in_a_circle():
    rows, known = reference.load("knock_on"), codes()
    cause = {child: set().union(*[known[code] for code in row.parent.split(";")])
             for row in rows.itertuples() for code in row.child.split(";") for child in known[code]}
    for start in cause:
        reached, ahead = set(), set(cause[start])
        while ahead:
            reached |= ahead
            ahead = set().union(*[cause.get(code, set()) for code in ahead]) - reached
        assert start not in reached


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
    bare = [f"{section}.{key}" for section, kind in sections().items()
            for key, inner in kind.model_fields.items() if not inner.description]
    assert not bare
