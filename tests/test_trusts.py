"""The five example trusts: in the shape that was published, reproducible, clean, run by name, each rule of theirs held."""

import csv
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from capplan import forecast, optimise, propose, shipped, write_results
from capplan.cli import main
from capplan.errors import CapplanError
from capplan.estate import read_estate
from capplan.findings import service_levels
from capplan.report.results import read_results
from capplan.results import treatments
from capplan.scenario import read_scenario

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "data" / "trusts"
SHARED = ROOT.parent / "shared" / "data"


def run_by_name(name, out):
    """A run of a trust by its name, as read back from its folder."""
    done = CliRunner().invoke(main, ["run", "--trust", name, "--out", str(out)])
    assert done.exit_code == 0, done.output
    return read_results(out)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Results by trust, each run once when it is first asked for."""
    kept = {}

    def results(name):
        """The results of a trust."""
        if name not in kept:
            kept[name] = run_by_name(name, tmp_path_factory.mktemp("trusts") / name)
        return kept[name]
    return results


@pytest.fixture(scope="module")
def estates():
    """Every trust; reading one checks every cell of it."""
    return {name: read_estate(HOME / name) for name in shipped.TRUSTS}


# --- what is shipped ------------------------------------------------------------------------------------------------


def test_every_trust_has_a_folder_and_a_scenario_and_there_are_no_others():
    assert tuple(sorted(path.name for path in HOME.iterdir())) == shipped.TRUSTS
    scenarios = sorted(path.stem for path in (ROOT / "scenarios").glob("trust_*.toml"))
    assert scenarios == [f"trust_{name}" for name in shipped.TRUSTS]
    for name in shipped.TRUSTS:
        estate, scenario = shipped.trust(name)
        assert estate == HOME / name and read_scenario(scenario).name == f"trust {name.replace('_', ' ')}"


@pytest.mark.slow
def test_the_trusts_are_what_their_script_makes_byte_for_byte(tmp_path):
    subprocess.run([sys.executable, str(ROOT / "scripts" / "make_trusts.py"), "--out", str(tmp_path)], check=True)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.csv")}
    assert made == {path.relative_to(HOME): path.read_bytes() for path in HOME.rglob("*.csv")}


def test_nothing_in_them_is_real(estates):
    numbers = [urn for estate in estates.values() for urn in estate.schools.urn]
    assert len(set(numbers)) == len(numbers) and all(910000 < number < 920000 for number in numbers)
    names = [name for estate in estates.values() for name in estate.schools["name"]]
    assert len(set(names)) == len(names)
    trusts = [estate.trust["name"] for estate in estates.values()]
    assert all(name.endswith("(fictional)") for name in trusts)
    if (SHARED / "sca_2025_26_trusts.csv").is_file():
        known = " ".join(pd.read_csv(SHARED / "sca_2025_26_trusts.csv", usecols=["trust"]).trust.str.lower())
        assert [name for name in trusts if name.lower().split()[0] in known] == []


def test_priority_has_the_published_shape(estates):
    estate = estates["priority"]
    assert len(estate.schools) == 17 and set(estate.schools.phase) == {"special"}
    assert estate.schools.planning_area.nunique() == estate.schools.region.nunique() == 4
    assert set(estate.components.site_id[estate.components.type_id.str.startswith("ICT")]) == set(estate.sites.site_id)
    temporary = estate.blocks[estate.blocks.permanence == "temporary"]
    assert len(temporary) == 6 and (temporary.planning_expires >= temporary.planned_exit).all()
    assert estate.components.sole.fillna(False).sum() > len(estate.schools)
    assert set(estate.compliance.site_id) == set(estate.sites.site_id)


def test_site_strategy_has_the_published_shape(estates):
    estate = estates["site_strategy"]
    secondary = estate.schools.school_id[estate.schools.phase == "secondary"]
    assert (estate.sites.groupby("school_id").size()[secondary] == 2).all()
    sixth = estate.places[estate.places.use == "sixth form"]
    assert set(sixth.school_id) == set(secondary) and sixth.shared_by.nunique() == 1
    assert set(sixth.block_id.str[:5]) == {f"{school}-2" for school in secondary}


def test_reserves_has_the_published_shape(estates):
    estate = estates["reserves"]
    assert 5000 < estate.schools.pupils.sum() < 5200 and estate.schools.pfi.sum() * 2 > len(estate.schools)
    joined = estate.schools.pupils.sum() + estate.prospects.pupils.sum()
    assert 9000 < joined <= 10000 < estate.schools.capacity.sum() + estate.prospects.pupils.sum() + 200 * len(estate.schools)
    lines = estate.budget.assign(surplus_gbp=estate.budget.eval("income_gbp - staff_gbp - energy_gbp - other_costs_gbp"))
    totals, reserves = lines.groupby("year")[["income_gbp", "surplus_gbp"]].sum(), estate.reserves.set_index("year")
    assert (totals == reserves[["income_gbp", "surplus_gbp"]]).all().all() and len(totals) == 5
    assert (reserves.surplus_gbp < 0).any(), "one year in deficit, so that the floor has to look ahead"


def test_growth_has_the_published_shape(estates):
    estate = estates["growth"]
    assert (len(estate.schools), len(estate.sites), estate.schools.pupils.sum()) == (4, 6, 1650)
    assert estate.reserves.income_gbp.iloc[0] == 7_500_000 and "SCA" not in set(estate.grants.route)
    assert {"CIF", "DFC"} < set(estate.grants.route) and set(estate.bids.route) == {"CIF"}
    posts = estate.posts.set_index("post_id")[[f"phase_{phase}_fte" for phase in range(1, 6)]]
    assert posts.loc["chief-executive"].tolist() == [0.6, 0.8, 1, 1, 1] and len(estate.prospects) == 8


def test_shared_services_has_alike_schools_and_one_tender_for_a_trade(estates):
    assert len(estates["shared_services"].schools) == 8 and estates["shared_services"].schools.region.nunique() == 1
    delivery = read_scenario("trust_shared_services").delivery
    assert delivery.package_trades and delivery.package_saving_share == 0.05


# --- by name, on the command line -----------------------------------------------------------------------------------


def test_an_unknown_trust_is_refused_and_the_known_ones_are_named(tmp_path):
    done = CliRunner().invoke(main, ["run", "--trust", "nonesuch", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and all(name in done.output for name in shipped.TRUSTS) and not (tmp_path / "out").exists()
    assert all(name in CliRunner().invoke(main, ["run", "--help"]).output for name in shipped.TRUSTS)
    with pytest.raises(CapplanError, match="site_strategy"):
        shipped.trust("nonesuch")


@pytest.mark.parametrize(("given", "told"), [
    ((), "or one of the example trusts"), (("somewhere",), "or one of the example"),
    (("somewhere", "baseline", "--trust", "growth"), "either the trust or the two")])
def test_a_run_is_of_an_estate_and_a_scenario_or_of_a_trust(tmp_path, given, told):
    done = CliRunner().invoke(main, ["run", *given, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and told in done.output and not (tmp_path / "out").exists()


def test_a_new_folder_may_start_from_a_trust(tmp_path):
    done = CliRunner().invoke(main, ["new", str(tmp_path / "mine"), "--trust", "growth"])
    assert done.exit_code == 0 and "trust_growth.toml" in done.output
    copied = {path.name: path.read_bytes() for path in (tmp_path / "mine" / "estate").iterdir()}
    assert copied == {path.name: path.read_bytes() for path in (HOME / "growth").iterdir()}


# --- what each asks for, in its results -----------------------------------------------------------------------------


def test_reserves_stay_above_their_floor_and_no_pfi_school_is_worked_on(ran):
    results = ran("reserves")
    path = results.reserves
    assert (path.closing_gbp >= path.floor_gbp - 0.5).all() and path.floor_gbp.tolist() == [
        pytest.approx(0.05 * income) for income in path.income_gbp]
    assert (path.closing_gbp - path.floor_gbp).min() < 0.01 * path.income_gbp.max(), "the floor binds"
    with open(HOME / "reserves" / "schools.csv", encoding="utf-8") as file:
        pfi = {row["school_id"] for row in csv.DictReader(file) if row["pfi"] == "yes"}
    funded = results.schemes[results.schemes.start_year.notna()]
    assert len(pfi) == 5 and not pfi & set(funded.school_id) and len(funded) > 20
    assert results.solution["gap"] <= 0.005


@pytest.mark.slow
def test_priority_meets_every_duty_and_leaves_no_school_in_bad_condition(tmp_path):
    estate, scenario = shipped.trust("priority")
    candidates = propose(forecast(read_estate(estate), read_scenario(scenario)))
    programme = optimise(candidates)
    levels = service_levels(candidates.outlook, candidates.outlook.course(treatments(programme))).set_index("school_id")
    without = service_levels(candidates.outlook).set_index("school_id")
    assert (levels.missed.drop("NET") == "").all() and without.missed.str.contains("single points").sum() > 10
    assert programme.gap <= 0.005
    write_results(programme, tmp_path)
    results = read_results(tmp_path)
    schemes = results.schemes
    must = schemes[schemes.must_start_by.notna()].groupby("exclusion_group")
    assert len(must) > 30 and all((group.start_year <= group.must_start_by).any() for _, group in must)
    estate = candidates.outlook.estate
    leaving = set(estate.blocks.block_id[estate.blocks.planned_exit.notna()])
    assert leaving and set(schemes.block_id[schemes.start_year.notna()].dropna()) & leaving <= set(
        schemes.block_id[schemes.must_start_by.notna()])
    unsupported = estate.components[estate.components.support_ends.notna()]
    assert (unsupported.support_ends.dt.year < 2034).any()
    assert len(leaving) == (estate.blocks.permanence == "temporary").sum(), "each has a plan: the day it is left"


@pytest.mark.slow
def test_growth_makes_its_own_electricity_by_the_year_it_says(ran):
    results = ran("growth")
    schemes = results.schemes[results.schemes.start_year.notna()]
    solar = schemes[schemes.scheme_id.str.endswith(".solar")]
    assert len(solar) and solar.start_year.min() < 2029 and results.solution["gap"] <= 0.005
    assert not {"SCA"} & set(results.draws.pot_id.str[:3])


@pytest.mark.slow
def test_site_strategy_gives_a_site_up_and_still_has_a_place_for_every_pupil(ran):
    results = ran("site_strategy")
    schemes = results.schemes[results.schemes.start_year.notna()]
    assert (schemes.kind == "close site").sum() == 1
    places = pd.read_csv(Path(results.folder) / "places.csv")
    assert (places.short_with == 0).all() and (places.places_with < places.places).any()
    assert (places.gifa_m2 > places.guideline_m2).all()
    assert results.solution["gap"] <= 0.005


@pytest.mark.slow
def test_shared_services_does_more_by_letting_a_trade_together(ran, tmp_path):
    results = ran("shared_services")
    assert results.solution["gap"] <= 0.005
    done = CliRunner().invoke(main, ["simulate", str(results.folder), "--replicates", "40", "--seed", "1", "--out",
                                     str(tmp_path / "delivery")])
    assert done.exit_code == 0, done.output
    policies = pd.read_csv(tmp_path / "delivery" / "policies.csv").set_index("policy")
    assert policies.gain_gbp["procured one by one"] < -policies.gain_half_width_gbp["procured one by one"] < 0
