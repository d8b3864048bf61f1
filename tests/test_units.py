"""Units are in the names: of declared columns, of scenario values, of reference figures, of arguments and of results."""

import ast
import csv
import dataclasses
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel

import capplan as package
from capplan import reference
from capplan.candidate_tables import CANDIDATE_TABLES
from capplan.report.results import FILES as RESULT_FILES
from capplan.scenario import sections
from capplan.tables import ESTATE_TABLES, Kind

REFERENCE = Path(reference.__file__).parent
SUFFIX = {"GBP": "_gbp", "m2": "_m2", "m": "_m", "years": "_years", "nr": "_nr", "kWh": "_kwh", "s": "_s", "weeks": "_weeks",
          "%": "_percent", "degrees C": "_c", "kVA": "_kva", "FTE": "_fte", "months": "_months"}
# Columns whose name does not end in their unit, and why.
BY_CONTRACT = "the layout of candidates folders is fixed, and its values are in pounds or points"
EXCEPTIONS = {
    ("spend", "cost"): BY_CONTRACT, ("pots", "amount"): BY_CONTRACT, ("limits", "amount"): BY_CONTRACT,
    ("scheme_years", "value"): BY_CONTRACT,
    ("works", "paid_before_share"): "a fraction", ("works", "paid_after_share"): "a fraction",
    ("components", "quantity"): "its unit is that of the component's type: m2, m or nr",
    ("works", "loss_avoided_gbp_per_year"): "pounds a year",
    **{("rolls", f"pupils_{phase}"): "the name begins with the unit"
       for phase in ("primary", "secondary", "post16", "special", "early_years_part_time")},
    ("schools", "capacity"): "places for pupils",
    ("loans", "years"): "the name is the unit", ("loan_offers", "years"): "the name is the unit",
    ("schools", "pupils"): "the name is the unit", ("blocks", "pupils"): "the name is the unit",
    ("places", "places"): "the name is the unit", ("expansions", "places"): "the name is the unit",
    ("expansions", "commissioned"): "places",
    ("budget", "pupils"): "the name is the unit", ("pupil_funding", "class_size"): "pupils",
    **{(table, "pupils"): "the name is the unit" for table in ("census", "admissions", "feeders", "area_forecasts",
                                                                      "prospects", "pupil_changes")},
    ("evidence", "bytes"): "the name is the unit",
    ("blocks", "lifts"): "the name is the unit", ("components", "installed"): "a year of the calendar",
}
PLAIN_NUMBERS = {  # numbers that have no unit: labels, scores, shares, years of a folder made elsewhere, yearly chances
    "urn", "la_number", "storeys", "priority", "score", "value", "amount", "start_year", "year", "first_year", "last_year",
    "failure_probability", "rate", "p_ab", "p_bc", "p_cd", "p_de", "most_share", "saving_share", "least_share",
    "odds", "fees_share", "need_points", "cost_points", "planning_points", "served_share", "estates_share",
    "year_group", "births", "dwellings", "school_share", "in_trend_share", "years_since", "pupils_per_dwelling"}
# Of a scenario: counts, and years of the calendar, which need no suffix.
CALENDAR = ("first_year", "price_base", "rebuild_price_base", "rate_from", "renewable_school_by", "fossil_free_by")
DIMENSIONLESS = ("_share", "_scale", "_growth", "_rate", "_inflation", "_multiple", "_odds", "_spread")
SCENARIO_EXCEPTIONS = {"base_t": "tonnes", "most_in_plan_t": "tonnes", "packages_per_stage": "a count",
                       "replicates": "the name is the unit", "seed": "a label",
                       "keep_quantile": "a quantile", "build_quantile": "a quantile",
                       "grades_too_kind": "the name is the unit",
                       "gap": "a fraction of the objective", "years": "the name is the unit",
                       "scale_least": "a multiple", "scale_most": "a multiple",
                       "vat_rate_voluntary_aided": "a fraction", "schemes_per_site_per_year": "the name is the unit",
                       "weibull_shape": "a shape has no unit", "rate_spread": "a standard deviation of a logarithm",
                       "wear_after": "a multiple of the hazard before", "most_share_at_d": "a fraction",
                       "most_single_points_at_d": "a fraction",
                       "pupil_elasticity": "a ratio of fractions",
                       "most_condition_index": "a fraction of the cost of rebuilding",
                       **dict.fromkeys(("most_changes", "most_moved", "most_dropped", "most_added"), "a number of works"),
                       "one_grade_off": "a chance",
                       **dict.fromkeys(("procurements_at_once", "crews_per_trade", "package_least_schools", "most_futures"),
                                       "a count"), "lead_spread": "a standard deviation of a logarithm",
                       **dict.fromkeys(("unnamed_per_year", "assessed_at_once", "most_joins", "most_joins_if_sponsored",
                                        "most_joins_ever", "most_intensive_of_more", "half_width_schools"),
                                       "a number of schools"),
                       "safety_jobs_per_school_year": "a number of works", "most_safety_jobs": "a number of works",
                       "bids_per_school_year": "a number of bids", "most_replicates": "the name is the unit",
                       "sca_rate_from": "a year"}
# Numbers of the reference tables that are neither amounts nor measures.
REFERENCE_PLAIN = {"amber_above": "share, days or grades, as measure says", "red_above": "as amber_above",
                   "least_files": "the unit is in the name",
                   "before_w_per_m2k": "W/m2K", "after_w_per_m2k": "W/m2K",
                   "pds_element_id": "an identifier", "la_number": "an identifier", "p_ab": "a yearly probability",
                   "p_bc": "a yearly probability", "p_cd": "a yearly probability", "p_de": "a yearly probability",
                   "price_base": "a year", "year": "a year", "opens": "a year", "closes": "a year", "date": "a year",
                   "location_factor": "a multiple", "failure_multiple": "a multiple",
                   "index_2016_is_100": "an index, its base in the name",
                   "index_2022_is_100": "an index, its base in the name", "data_year": "a year",
                   "reactive_share_c": "a fraction", "reactive_share_d": "a fraction", "reactive_share_e": "a fraction",
                   "financial_years_to_spend": "the unit is in the middle",
                   "low": "as its column as says", "high": "as its column as says",
                   "life_multiple": "a multiple", "rate_multiple": "a multiple",
                   "edition_year": "a year", "phase": "a number in order", "least_schools": "the unit is in the name",
                   "grant_year": "a year", "value": "its unit is in the column unit", "condition_modifier": "a multiple",
                   "pupil_weight": "a multiple", "rank": "an order", "blocks": "the name is the unit",
                   **dict.fromkeys(("p10", "p25", "p50", "p75", "p90", "overall"), "in the column unit"),
                   "sample": "places of the sample",
                   "quantity_per_unit": "per unit of what measures it",
                   "low_per_unit": "as quantity_per_unit", "high_per_unit": "as quantity_per_unit"}
MONEY_WORDS = ("cost", "gbp", "budget", "surplus", "income", "backlog", "loss", "money", "price", "avoided", "yearly")
FIELD_EXCEPTIONS = {
    ("Candidates", "money"): "a Money, not an amount", ("Scenario", "costs"): "a part of the scenario",
    ("Scenario", "loss"): "a part of the scenario", ("Plan", "price_base"): "a year", ("Benchmark", "price_base"): "a year",
    ("Costs", "rebuild_price_base"): "a year", ("StandIn", "income_growth"): "a fraction",
    ("StandIn", "surplus_share"): "a fraction", ("BlockWorks", "least_backlog_share"): "a fraction",
    ("Refurbishment", "least_backlog_share"): "a fraction", ("ElementWorks", "cost_share"): "a fraction",
    ("Shocks", "energy_price_share"): "a fraction", ("Energy", "losses"): "a switch",
    ("Energy", "price_path"): "one of three", ("Energy", "published_price_level"): "a switch",
    ("Places", "income_follows_pupils"): "a choice",
    **{("Delivery", name): "no amount" for name in ("cost_spread_scale", "asbestos_cost_share", "emergency_cost_share")},
    **{("Growth", name): "a fraction or a multiple" for name in ("withdraw_yearly_odds", "backlog_found_scale",
                                                                 "backlog_found_spread", "leaving_yearly_odds",
                                                                 "works_yearly_share")},
    ("Surveys", "gbp_per_m2"): "the whole name is the unit", ("Outlook", "loss"): "a Loss, not an amount"}


def modules():
    """Every module of the package."""
    return [importlib.import_module(found.name) for found in pkgutil.walk_packages(package.__path__, "capplan.")
            if "_shipped" not in found.name]


def declared():
    """Every number declared in tables.py, as (table, column)."""
    return [(table, column) for table in (*ESTATE_TABLES, *CANDIDATE_TABLES) for column in table.columns
            if column.kind in (Kind.NUMBER, Kind.INTEGER)]


@pytest.mark.parametrize(("table", "column"), declared(), ids=lambda item: item.name)
def test_a_column_with_a_unit_carries_it_in_its_name(table, column):
    if (table.name, column.name) in EXCEPTIONS:
        return
    if column.unit == "year":
        assert "year" in column.name or column.name in ("cost_price_base", "must_start_by"), column
    elif column.unit:
        assert column.name.endswith(SUFFIX[column.unit]), f"{table.name}.{column.name} is in {column.unit}"
    else:
        assert column.name in PLAIN_NUMBERS, f"{table.name}.{column.name} is a number without a unit"


def test_a_suffix_is_never_on_a_column_of_another_unit():
    wrong = [f"{table.name}.{column.name}" for table, column in declared() for unit, suffix in SUFFIX.items()
             if column.name.endswith(suffix) and column.unit != unit]
    assert not wrong


def test_every_exception_is_still_needed():
    names = {(table.name, column.name) for table, column in declared()}
    assert set(EXCEPTIONS) <= names


def test_numbers_of_results_carry_their_unit():
    wrong = [f"{name}.{column.name} [{column.unit}]" for name, columns in RESULT_FILES.items() for column in columns
             if column.unit in SUFFIX and not column.name.endswith(SUFFIX[column.unit])]
    assert not wrong


def test_money_in_a_results_folder_ends_in_gbp(tiny_results):
    money = re.compile(r"(cost|value|backlog|loss|spend|spent|opening|closing|income|surplus|floor|amount|replacement)")
    wrong = []
    for path in tiny_results.glob("*.csv"):
        frame = pd.read_csv(path)
        wrong += [f"{path.name}: {name}" for name in frame.select_dtypes("number")
                  if money.search(name) and not re.search(r"_gbp(_per_\w+)?$|_per_gbp$", name)
                  and (path.name, name) != ("assumptions.csv", "value")]  # its figures carry their unit in their name
    assert not wrong


def scenario_numbers():
    """Every number a scenario holds, as (section, key)."""
    for section, kind in sections().items():
        for key, inner in kind.model_fields.items():
            if inner.annotation in (int, float, int | None, float | None):
                yield section, key


@pytest.mark.parametrize(("section", "key"), list(scenario_numbers()), ids=lambda item: item)
def test_values_of_a_scenario_carry_their_unit(section, key):
    suffixes = (*SUFFIX.values(), "_per_m2", *DIMENSIONLESS)
    assert key.endswith(suffixes) or key in CALENDAR or key in SCENARIO_EXCEPTIONS, f"{section}.{key}"


def test_reference_figures_carry_their_unit():
    wrong = []
    for path in sorted(REFERENCE.glob("*.csv")):
        for name in pd.read_csv(path).select_dtypes("number"):
            unit = r"_(gbp|m2|years|months|weeks|days|kwh|m|fte)(_per_\w+)?$|_share$"
            if name not in REFERENCE_PLAIN and not re.search(unit, name):
                wrong.append(f"{path.name}: {name}")
    assert not wrong


def test_repair_costs_of_component_types_name_the_unit_they_are_per():
    with open(REFERENCE / "component_types.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["unit"] for row in rows} <= {"m2", "m", "nr"}
    assert [name for name in rows[0] if name.startswith("cost_")] == [
        f"cost_{grade}_gbp_per_unit" for grade in "bcde"]


def test_fields_that_hold_money_end_in_gbp():
    wrong = []
    for module in modules():
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ != module.__name__:
                continue
            fields = [item.name for item in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else (
                list(kind.model_fields) if issubclass(kind, BaseModel) else [])
            wrong += [f"{kind.__name__}.{name}" for name in fields
                      if any(word in name for word in MONEY_WORDS) and (kind.__name__, name) not in FIELD_EXCEPTIONS
                      and "importers" not in kind.__module__
                      and not re.search(r"_gbp(_per_\w+)?$|_per_gbp$", name)]
    assert not wrong


PARAMETER = re.compile(r"^(\w[\w, ]*) : (.*\n(?:(?:    .*)?\n?)*)", re.MULTILINE)


def described():
    """Arguments of every function as its docstring describes them: (place, names, text, whether it is a plain amount)."""
    for module in modules():
        tree = ast.parse(inspect.getsource(module))
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef):
                continue
            text = inspect.cleandoc(ast.get_docstring(node) or "")
            section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w+\n-+\n|\Z)", text, re.MULTILINE | re.DOTALL)
            for names, words in PARAMETER.findall(section.group(1) if section else ""):
                yield f"{module.__name__}.{node.name}", [name.strip() for name in names.split(",")], words


def test_arguments_described_in_pounds_or_m2_say_so_in_their_name():
    tables = re.compile(r"^(DataFrame|dict|str or Path|Series of str|Column)")
    wrong, seen = [], 0
    for place, names, words in described():
        units = set(re.findall(r"\[(GBP|m2|GBP/m2|kWh)\]", words))
        if len(units) != 1 or tables.match(words) or "[-]" in words:
            continue
        seen += 1
        unit = units.pop()
        suffix = {"GBP": "_gbp", "m2": "_m2", "GBP/m2": "_gbp_per_m2", "kWh": "_kwh"}[unit]
        wrong += [f"{place}({name}) [{unit}]" for name in names if not name.endswith(suffix)]
    assert seen >= 10, "the reader of docstrings finds no units any more"
    assert not wrong
