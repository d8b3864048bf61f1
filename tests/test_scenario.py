"""Scenarios: strict, frozen, documented, a difference from another; every fault at once, with its key."""

import csv
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from capplan import read_scenario
from capplan.errors import ScenarioError
from capplan.scenario import Scenario, sections

from .plain import FIGURES

SHIPPED = ["baseline.toml", "cautious.toml", "five_years.toml", "growth.toml", "redteam_bids.toml", "redteam_energy.toml",
           "redteam_failures.toml", "redteam_grants.toml", "redteam_overrun.toml", "redteam_rolls.toml",
           "redteam_survey.toml", "redteam_tenders.toml", "trust_growth.toml", "trust_priority.toml", "trust_reserves.toml",
           "trust_shared_services.toml", "trust_site_strategy.toml"]
SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
OWN = 'extends = "baseline"\nname = "own"\ndescription = "A test."\n'


@pytest.fixture
def write(tmp_path):
    """Write a scenario file and give its path."""
    def make(text, name="own.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path
    return make


def message(path, *overlays):
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path, *overlays)
    return str(caught.value)


def all_fields(model=Scenario, prefix=""):
    """Every field of every section: its dotted name and declaration."""
    for name, info in model.model_fields.items():
        if name in sections(model):
            yield from all_fields(sections(model)[name], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", info


def test_the_list_of_shipped_scenarios_is_whole(root):
    assert sorted(path.name for path in (root / "scenarios").glob("*.toml")) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenario_loads_by_name_and_by_path(root, name):
    assert read_scenario(name) == read_scenario(root / "scenarios" / name)


@pytest.mark.parametrize("overlay", ["high_inflation", "low_inflation", "cautious_reserves", "no_stand_in_grants",
                                     "knock_on", "ageing", "exposure", "repair_and_renew_only", "rolls_led", "profile",
                                     "optimism_bias", "capital_threshold"])
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_overlay_changes_something(name, overlay):
    if (name, overlay) not in {("cautious.toml", "high_inflation"), ("cautious.toml", "cautious_reserves")}:
        assert read_scenario(name, overlay) != read_scenario(name)


def test_cautious_differs_in_what_it_says_it_does():
    """Tender prices rise 5% a year and the floor is 8%; nothing else but name and description."""
    plain, cautious = read_scenario("baseline.toml").model_dump(), read_scenario("cautious.toml").model_dump()
    differs = {(section, key) for section, values in plain.items() if isinstance(values, dict)
               for key in values if values[key] != cautious[section][key]}
    assert differs == {("costs", "tender_inflation"), ("reserves", "floor_share")}
    assert cautious["costs"]["tender_inflation"] == 0.05
    assert cautious["reserves"]["floor_share"] == 0.08


def test_five_years_is_the_baseline_over_five_years():
    assert read_scenario("five_years.toml").years == [2026, 2027, 2028, 2029, 2030]


def test_on_cost_factor_by_hand():
    """10% fees and 7.5% contingency."""
    assert read_scenario("baseline.toml").on_cost_factor == pytest.approx(1.175)


# --- strict ---------------------------------------------------------------------------------------------------------


def test_every_fault_is_told_at_once_with_its_key(write):
    text = message(write(OWN + """
[plan]
yeers = 10
years = "ten"
discount_rate = 0.5
[costs]
fees_share = -0.1
rebuild_gbp_per_m2 = 0
[lottery]
win = 1
[solver]
name = "oracle"
"""))
    assert text.startswith("7 problems in own.toml")
    for key in ("plan.yeers", "plan.years", "plan.discount_rate", "costs.fees_share", "costs.rebuild_gbp_per_m2", "lottery",
                "solver.name"):
        assert f"\n  {key}  " in text, key
    assert "discount_rate" in next(line for line in text.splitlines() if "yeers" in line), "what the section does have"
    assert "'ten'" in text
    assert "stand_in" in next(line for line in text.splitlines() if line.startswith("  lottery"))


def test_one_fault_is_one_problem(write):
    assert message(write(OWN + "[plan]\nyears = 0\n")).startswith("1 problem in own.toml")


@pytest.mark.parametrize("line", [
    'first_year = "2026"', "first_year = 2026.5", "first_year = true", 'discount_rate = "0.035"', "discount_rate = false",
    "discount_rate = nan", "discount_rate = inf", "years = []", "years = 2026-09-01"])
def test_a_value_of_the_wrong_type_is_not_turned_into_a_right_one(write, line):
    assert f"plan.{line.split(' ')[0]}" in message(write(OWN + f"[plan]\n{line}\n"))


def test_whole_numbers_will_do_for_fractions(write):
    assert read_scenario(write(OWN + "[plan]\ndiscount_rate = 0\n")).plan.discount_rate == 0.0


def test_missing_values_are_told(write):
    text = message(write('name = "bare"\ndescription = "Nothing."\n[plan]\nfirst_year = 2026\n'))
    assert "plan.years  missing" in text
    assert "costs  missing" in text
    assert "plan.first_year" not in text


def test_a_section_given_as_a_value_is_told(write):
    assert "plan" in message(write(OWN + "plan = 3\n"))


@pytest.mark.parametrize(("name", "description"), [("", "x"), ("../x", "x"), ("ok", ""), ("a" * 81, "x")])
def test_a_name_that_cannot_go_on_every_page_is_refused(write, name, description):
    assert "problem" in message(write(f'extends = "baseline"\nname = "{name}"\ndescription = "{description}"\n'))


def test_frozen():
    scenario = read_scenario("baseline.toml")
    with pytest.raises(ValidationError):
        scenario.name = "other"
    with pytest.raises(ValidationError):
        scenario.plan.years = 3


def test_not_toml(write):
    assert "not TOML" in message(write("name = \n"))


def test_not_text(tmp_path):
    path = tmp_path / "own.toml"
    path.write_bytes(b"name = '\xff'\n")
    assert "not TOML" in message(path)


def test_no_such_file_names_the_shipped_ones():
    text = message("basline.toml")
    assert all(name in text for name in SHIPPED)


# --- a difference from another --------------------------------------------------------------------------------------


def test_extends_takes_the_file_beside_it_first(write):
    write('extends = "baseline"\nname = "mid"\ndescription = "x"\n[plan]\nyears = 7\n', "mid.toml")
    top = write('extends = "mid"\nname = "top"\ndescription = "x"\n[plan]\ndiscount_rate = 0.01\n', "top.toml")
    scenario = read_scenario(top)
    assert (scenario.plan.years, scenario.plan.discount_rate, scenario.plan.first_year) == (7, 0.01, 2026)
    assert scenario.name == "top"


def test_extends_in_a_circle_is_refused(write):
    write('extends = "b"\nname = "a"\ndescription = "x"\n', "a.toml")
    write('extends = "c"\nname = "b"\ndescription = "x"\n', "b.toml")
    write('extends = "a"\nname = "c"\ndescription = "x"\n', "c.toml")
    assert "circle" in message(write('extends = "a"\nname = "d"\ndescription = "x"\n', "d.toml"))


def test_extends_itself_is_refused(write):
    assert "circle" in message(write('extends = "own"\nname = "a"\ndescription = "x"\n'))


def test_extends_what_is_not_there_is_refused(write):
    assert "nowhere" in message(write('extends = "nowhere"\nname = "a"\ndescription = "x"\n'))


def test_overlays_are_laid_on_top_and_may_agree(write):
    path = write(OWN + "[overlays.a.plan]\nyears = 4\n[overlays.b.plan]\nyears = 4\nprice_base = 2025\n")
    scenario = read_scenario(path, "a", "b")
    assert (scenario.plan.years, scenario.plan.price_base) == (4, 2025)
    assert read_scenario(path, "a").plan.price_base == 2026
    assert read_scenario(path).plan.years == 10


def test_overlays_that_disagree_are_refused_whatever_their_order(write):
    path = write(OWN + "[overlays.a.plan]\nyears = 4\n[overlays.b.plan]\nyears = 5\n")
    for order in (("a", "b"), ("b", "a")):
        text = message(path, *order)
        assert "disagree" in text
        assert "plan.years" in text
        assert "4" in text
        assert "5" in text


def test_an_unknown_overlay_names_those_there_are(write):
    text = message(write(OWN + "[overlays.a.plan]\nyears = 4\n"), "z")
    assert "'z'" in text
    with (SCENARIOS / "baseline.toml").open("rb") as file:
        assert ", ".join(sorted(["a", *tomllib.load(file)["overlays"]])) in text


def test_a_fault_in_an_overlay_is_told(write):
    assert "plan.yers" in message(write(OWN + "[overlays.a.plan]\nyers = 4\n"), "a")


def test_overlays_must_be_tables(write):
    assert "overlays" in message(write(OWN + "[overlays]\na = 3\n"))


# --- written out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_to_toml_reads_back_equal(write, name):
    scenario = read_scenario(name)
    assert read_scenario(write(scenario.to_toml())) == scenario


LEFT_OUT = {"schemes.schemes_per_site_per_year", "targets.most_share_at_d", "targets.most_condition_index",
            "targets.most_single_points_at_d",
            *(f"stability.{name}" for name in ("most_changes", "most_moved", "most_dropped", "most_added", "moved_gbp",
                                               "dropped_gbp", "added_gbp", "fixed_years")),
            "carbon.base_t", "carbon.cuts", "carbon.most_t", "carbon.most_in_plan_t", "carbon.renewable_school_by",
            "carbon.fossil_free_by"}


def test_to_toml_writes_every_value_that_is_set(write):
    scenario = read_scenario("growth.toml")   # the baseline with the section it may lack
    text = scenario.to_toml()
    assert {name for name, _ in all_fields() if value_of(scenario, name) is None} == LEFT_OUT
    for name, _ in all_fields():
        assert (f"\n{name.split('.')[-1]} = " in "\n" + text) == (name not in LEFT_OUT), name


def value_of(scenario, name):
    """A value by its dotted name."""
    for key in name.split("."):
        scenario = getattr(scenario, key)
    return scenario


def test_a_target_is_written_read_and_registered(write):
    scenario = read_scenario(write(OWN + "[targets]\nmost_share_at_d = 0.25\n"))
    assert "[targets]\nmost_share_at_d = 0.25\n" in scenario.to_toml()
    rows = {row["figure"]: row["value"] for row in scenario.register()}
    assert rows["targets.most_share_at_d"] == 0.25
    assert "targets.most_condition_index" not in rows


def test_knock_on_damage_and_ageing_exclude_each_other():
    """Each overlay alone reads; together they say which has to go."""
    for one in ("knock_on", "ageing"):
        assert read_scenario("baseline.toml", one) != read_scenario("baseline.toml")
    assert "markov" in message("baseline.toml", "knock_on", "ageing")


def test_the_elements_of_works_are_read_from_a_list(write):
    scenario = read_scenario(write(OWN + '[patch]\nelements = ["Roofs", "ICT"]\n'))
    assert scenario.patch.elements == ("Roofs", "ICT")
    assert read_scenario(write(scenario.to_toml(), "again.toml")) == scenario


@pytest.mark.parametrize(("section", "key", "value"), [
    ("patch", "grades", '"AF"'), ("patch", "grades", '""'), ("patch", "brings_to", '"B"'), ("patch", "wear_after", "0"),
    ("renew", "from_age_years", "-1"), ("refurbish", "saving_share", "1.0"), ("condition", "model", '"gamma"'),
    ("targets", "most_share_at_d", "1.2"), ("surveys", "one_grade_off", "0.6"), ("loss", "pupil_day_gbp", "-1")])
def test_a_value_no_works_can_have_is_refused(write, section, key, value):
    assert f"{section}.{key}" in message(write(OWN + f"[{section}]\n{key} = {value}\n"))


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), st.floats(0, 0.2), st.integers(1, 40),
       st.one_of(st.none(), st.integers(1, 9)), st.floats(0, 1e9))
def test_to_toml_reads_back_equal_whatever_the_values(tmp_path_factory, words, rate, years, per_site, floor):
    base = read_scenario("baseline.toml").model_dump()
    base["description"] = words
    base["plan"] |= {"discount_rate": rate, "years": years}
    base["schemes"]["schemes_per_site_per_year"] = per_site
    base["reserves"]["floor_gbp"] = floor
    scenario = Scenario.model_validate(base)
    path = tmp_path_factory.mktemp("scenario") / "own.toml"
    path.write_text(scenario.to_toml(), encoding="utf-8", newline="")
    assert read_scenario(path) == scenario


# --- documented and sourced -----------------------------------------------------------------------------------------


def test_every_field_says_what_it_is():
    undocumented = [name for name, info in all_fields() if not info.description]
    assert undocumented == []
    assert all(model.__doc__ for model in (Scenario, *sections().values()))


def test_every_assumed_or_published_value_has_a_source_that_is_listed():
    with (FIGURES / "sources.csv").open(encoding="utf-8") as file:
        known = {next(iter(row.values())) for row in csv.DictReader(file)}
    sourced = 0
    for name, info in all_fields():
        extra = info.json_schema_extra or {}
        plain = ("name", "description", "solver", "applied_overlays")
        if name.split(".")[0] in plain or name == "schemes.schemes_per_site_per_year":
            assert "status" not in extra
            continue
        sourced += 1
        if extra["status"] == "published":
            assert extra["source"] in known, name
        elif extra["status"] == "ASSUMPTION":
            assert extra["source"] == "capplan-assumption", name
        else:
            assert extra["status"] == "choice", name
            assert extra["source"] == "the trust's choice" or extra["source"] in known, name
    assert sourced > 20


def test_the_register_lists_every_sourced_figure_with_its_value_and_meaning():
    rows = {row["figure"]: row for row in read_scenario("growth.toml", "no_stand_in_grants").register()}
    sourced = {name for name, info in all_fields() if (info.json_schema_extra or {}).get("source")}
    assert set(rows) == sourced - LEFT_OUT
    assert rows["stand_in.sca_gbp_per_m2"]["value"] == 0
    assert rows["costs.fees_share"]["value"] == 0.1
    assert rows["costs.fees_share"]["status"] == "ASSUMPTION"
    assert rows["plan.discount_rate"]["source"] == "green-book"
    assert all(row["meaning"] for row in rows.values())


def test_overlays_are_told_by_name_and_kept_in_the_saved_scenario(tmp_path):
    scenario = read_scenario("baseline.toml", "high_inflation", "cautious_reserves")
    assert scenario.name == "baseline + high_inflation + cautious_reserves"
    (tmp_path / "saved.toml").write_text(scenario.to_toml(), encoding="utf-8")
    again = read_scenario(tmp_path / "saved.toml")
    assert again == scenario and again.applied_overlays == ("high_inflation", "cautious_reserves")
