"""Approved against actual, by hand on five schemes and four pots; planned again from where it stands, by brute force."""

import itertools
import json
import shutil
from datetime import date

import numpy as np
import pandas as pd
import pytest

from capplan.actuals import Approved, fitted, outcomes_of, read_actuals, year_of
from capplan.candidates import read_candidates
from capplan.change_log import LOG, read_log
from capplan.errors import DataError
from capplan.monitoring import pots_compared, schemes_compared, years_compared
from capplan.programme.stability import steady
from capplan.replanning import as_it_stands
from capplan.run_store import entries, start_store
from capplan.scenario_parts import Stability

SCHEMES = "scheme_id,school_id,kind,tag,exclusion_group,also_meets,requires,must_do,description\n" + "".join(
    f"{name},S,{kind},condition,,,{needs},{must},Works {name}\n" for name, kind, needs, must in (
        ("roof", "patch", "", ""), ("boiler", "renew", "", "2027"), ("lights", "renew", "", ""), ("hall", "renew", "", ""),
        ("paint", "renew", "hall", "")))
COSTS = {"roof": 100, "boiler": 200, "lights": 80, "hall": 300, "paint": 40}
VALUES = {"roof": 500, "boiler": 100, "lights": 300, "hall": 450, "paint": 90}
YEARS = (2026, 2027, 2028)
POTS = ("pot_id,amount,first_year,last_year,tags,school_id,route\nSCA-26,150,2026,2027,condition,,SCA\n"
        "DFC-26,20,2026,2026,,,DFC\nRES-26,200,2026,2028,,,reserves\nRES-27,350,2027,2028,,,reserves\n")
HEAD = "scheme_id,status,started,finished,expected_finish,forecast_cost_gbp,school_id,description,use,reported_by,note\n"


@pytest.fixture
def approved(tmp_path):
    """Roof and boiler in 2026, lights and hall in 2027, paint in 2028."""
    place = tmp_path / "candidates"
    place.mkdir()
    years = "".join(f"{name},{year},{value - 10 * (year - 2026)},{year}\n" for name, value in VALUES.items()
                    for year in YEARS)
    spend = "".join(f"{name},{year},{year},{cost}\n" for name, cost in COSTS.items() for year in YEARS)
    for name, text in (("schemes", SCHEMES), ("scheme_years", "scheme_id,start_year,value,finish_year\n" + years),
                       ("spend", "scheme_id,start_year,year,cost\n" + spend), ("pots", POTS)):
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    rows = [("roof", "SCA-26", 2026, 100.0), ("boiler", "RES-26", 2026, 200.0), ("lights", "SCA-26", 2027, 50.0),
            ("lights", "RES-27", 2027, 30.0), ("hall", "RES-27", 2027, 300.0), ("paint", "RES-27", 2028, 20.0)]
    draws = pd.DataFrame(rows, columns=["scheme_id", "pot_id", "year", "amount_gbp"])
    components = pd.DataFrame({"component_id": ["c1", "c2"], "grade": ["D", "CX"]})
    choice = {"roof": 2026, "boiler": 2026, "lights": 2027, "hall": 2027, "paint": 2028}
    return Approved(read_candidates(place), choice, draws, components, {"patch": np.array([0, 1, 1, 2, 3])}, 2026, 2028)


def reported(tmp_path, approved, works, spending="", conditions="", thresholds="", on=date(2027, 10, 15)):
    """What was reported, read from files and fitted to the approved programme."""
    place = tmp_path / "actuals"
    place.mkdir(exist_ok=True)
    for name, head, text in (("actuals", HEAD, works), ("spending", "scheme_id,pot_id,year,amount_gbp\n", spending),
                             ("conditions", "scheme_id,component_id,seen,grade\n", conditions),
                             ("thresholds", "measure,amber_above,red_above\n", thresholds)):
        (place / f"{name}.csv").unlink(missing_ok=True)
        if text or name == "actuals":
            (place / f"{name}.csv").write_text(head + text, encoding="utf-8")
    return fitted(read_actuals(place, on), approved)


def test_planning_years_begin_on_1_september():
    assert [year_of(date(2028, 2, 29)), year_of(date(2028, 8, 31)), year_of(date(2028, 9, 1))] == [2027, 2027, 2028]


def test_each_scheme_beside_what_was_approved(tmp_path, approved):
    actuals = reported(tmp_path, approved,
                       "roof,finished,2026-10-01,2027-09-10,,,,,,Ann,Scaffold late\n"
                       "boiler,begun,2027-10-01,,2027-12-29,,,,,,\nlights,dropped,,,,,,,,,\n"
                       "hall,begun,2027-09-02,,,315,,,,,\n",
                       "roof,SCA-26,2026,90\nroof,SCA-26,2027,14\nboiler,reserves,2027,60\n",
                       "roof,c1,2027-09-20,D\nhall,c2,2027-10-01,A\n")
    frame = schemes_compared(actuals, approved).set_index("scheme_id")
    # 31 August to 10 September; start 1 October is 31 days late and finish 29 December 120; dropped and not due: none
    assert frame.days_late.to_dict() == {"roof": 10, "boiler": 120, "lights": 0, "hall": 0, "paint": 0}
    assert frame.spent_gbp.to_dict() == {"roof": 104, "boiler": 60, "lights": 0, "hall": 0, "paint": 0}
    assert frame.forecast_cost_gbp.to_dict() == {"roof": 104, "boiler": 200, "lights": 0, "hall": 315, "paint": 40}
    assert frame.over_share["roof"] == pytest.approx(0.04) and frame.over_share["hall"] == pytest.approx(0.05)
    assert frame.grades_short.tolist() == [1, 0, 0, 0, 0]  # a patch was to bring the roof from D to C, and D was found
    assert frame.rating.to_dict() == {"roof": "amber", "boiler": "red", "lights": "red", "hall": "green", "paint": "green"}
    assert frame.status["paint"] == "nothing reported" and frame.reported_by["roof"] == "Ann"
    assert "120 days late" in frame.why["boiler"] and "approved, and dropped" in frame.why["lights"]


@pytest.mark.parametrize(("on", "late"), [(date(2027, 8, 31), 0), (date(2027, 9, 1), 1), (date(2027, 10, 1), 31)])
def test_what_nobody_reported_is_late_from_the_day_after_its_year(tmp_path, approved, on, late):
    frame = schemes_compared(reported(tmp_path, approved, "hall,not started,,,,,,,,,\n", on=on), approved)
    assert frame.set_index("scheme_id").days_late[["roof", "boiler"]].tolist() == [late, late]


def test_a_trust_s_own_thresholds_take_the_place_of_capplan_s(tmp_path, approved):
    works, spent = "roof,finished,2026-10-01,2027-02-10,,,,,,,\n", "roof,SCA-26,2026,104\n"
    rated = [schemes_compared(reported(tmp_path, approved, works, spent, thresholds=held), approved).rating[0]
             for held in ("", "cost,0.03,0.2\ndays,0,0\ngrades,0,0\n", "cost,0.01,0.039\ndays,0,0\ngrades,0,0\n")]
    assert rated == ["green", "amber", "red"]


def test_pots_and_years_beside_what_was_approved(tmp_path, approved):
    actuals = reported(tmp_path, approved, "roof,finished,2026-10-01,2027-02-10,,,,,,,\n",
                       "roof,SCA-26,2026,90\nroof,SCA-26,2027,30\nroof,SCA-26,2027,-5\nroof,reserves,2027,250\n")
    pots = pots_compared(actuals, approved).set_index("pot_id")
    # reserves: all 200 of RES-26 first, then 50 of RES-27
    assert pots.spent_gbp.to_dict() == {"SCA-26": 115, "DFC-26": 0, "RES-26": 200, "RES-27": 50}
    assert pots.left_gbp.to_dict() == {"SCA-26": 35, "DFC-26": 20, "RES-26": 0, "RES-27": 300}
    assert pots.approved_by_year_end_gbp.to_dict() == {"SCA-26": 150, "DFC-26": 0, "RES-26": 200, "RES-27": 330}
    assert pots.lapses_gbp.to_dict() == {"SCA-26": 35, "DFC-26": 20, "RES-26": 0, "RES-27": 0}
    assert pots.rating.to_dict() == {"SCA-26": "amber", "DFC-26": "amber", "RES-26": "green", "RES-27": "green"}
    years = years_compared(actuals, approved)
    assert years.approved_gbp.tolist() == [300, 380, 20] and years.spent_gbp.tolist()[:2] == [90, 275]
    assert np.isnan(years.spent_gbp[2])


def test_every_fault_is_told_at_once(tmp_path, approved):
    with pytest.raises(DataError) as told:
        reported(tmp_path, approved,
                 "roof,begun,,,,,,,,,\nboiler,not started,2026-10-01,,,,,,,,\n"
                 "hall,finished,2027-09-02,,,,,,,,\nlights,finished,2027-05-02,2027-05-01,,,,,,,\n",
                 "roof,SCA-26,2028,1\n", "roof,c1,2027-10-16,A\n",
                 "cost,0.2,0.1\n")
    assert {(fault.where, fault.row, fault.column) for fault in told.value.faults} == {
        ("actuals.csv", 2, "started"), ("actuals.csv", 3, "started"), ("actuals.csv", 4, "finished"),
        ("actuals.csv", 5, "finished"), ("spending.csv", 2, "year"), ("conditions.csv", 2, "seen"),
        ("thresholds.csv", 2, "red_above"), ("thresholds.csv", None, "measure")}
    with pytest.raises(DataError) as told:
        reported(tmp_path, approved, "storm,begun,2027-01-01,,,,,,,,\nroof,begun,2025-10-01,,,,,,,,\n",
                 "nobody,SCA-26,2026,1\nroof,NONE,2026,1\nroof,SCA-26,2026,-2\n", "roof,c9,2027-01-01,A\n")
    assert {(fault.where, fault.row, fault.column) for fault in told.value.faults} == {
        ("actuals.csv", 2, "school_id"), ("actuals.csv", 2, "description"), ("actuals.csv", 2, "use"),
        ("actuals.csv", 3, "started"), ("spending.csv", 2, "scheme_id"), ("spending.csv", 3, "pot_id"),
        ("spending.csv", None, "amount_gbp"), ("conditions.csv", 2, "component_id")}
    with pytest.raises(DataError, match="do not hold it"):
        reported(tmp_path, approved, "roof,begun,2026-10-01,,,,,,,,\n", "roof,reserves,2026,201\n")


def brute_force(candidates):
    """The best value of any choice that pays its way from pots anybody may use, by trying them all."""
    years = candidates.scheme_years
    value = {(row.scheme_id, row.start_year): row.value for row in years.itertuples()}
    spend = {key: list(zip(rows.year, rows.cost, strict=True))
             for key, rows in candidates.spend.groupby(["scheme_id", "start_year"])}
    schemes = candidates.schemes
    must = set(schemes.scheme_id[schemes.must_do != ""])
    options = [[year for name, year in value if name == scheme] + ([] if scheme in must else [None])
               for scheme in schemes.scheme_id]
    pots, best = candidates.pots, -np.inf
    needs = dict(zip(schemes.scheme_id, schemes.requires, strict=True))
    span = sorted({int(year) for rows in spend.values() for year, _ in rows})
    for starts in itertools.product(*options):
        chosen = {name: year for name, year in zip(schemes.scheme_id, starts, strict=True) if year is not None}
        if any(needs[name] and not (needs[name] in chosen and chosen[needs[name]] <= year) for name, year in chosen.items()):
            continue
        due = dict.fromkeys(span, 0.0)
        for key in chosen.items():
            for year, cost in spend[key]:
                due[int(year)] += cost
        # Hall's condition for intervals: what falls due within any years must be held by pots that are open in them
        fits = all(sum(due[year] for year in some) <= sum(
            pot.amount for pot in pots.itertuples() if any(pot.first_year <= year <= pot.last_year for year in some)) + 1e-9
            for size in range(1, len(span) + 1) for some in itertools.combinations(span, size))
        if fits:
            best = max(best, sum(value[key] for key in chosen.items()))
    return best


def test_the_rest_is_planned_as_well_as_can_be_with_works_begun_committed_and_money_spent_gone(tmp_path, approved):
    actuals = reported(tmp_path, approved,
                       "roof,finished,2026-10-01,2027-02-10,,,,,,,\nboiler,begun,2027-01-01,,,260,,,,,\n"
                       "storm,begun,2027-09-05,,,50,S,Chimney,condition,,\n",
                       "roof,SCA-26,2026,110\nboiler,RES-26,2026,150\nstorm,RES-26,2027,20\nlights,RES-26,2026,10\n")
    candidates, starts = as_it_stands(schemes_compared(actuals, approved), actuals, approved)
    assert candidates.pots.set_index("pot_id").amount.to_dict() == {"SCA-26": 40, "RES-26": 20, "RES-27": 350}
    assert candidates.pots.first_year.min() == 2027
    spend = candidates.spend.set_index(["scheme_id", "start_year"]).cost
    assert spend["roof", 2026] == 0 and spend["boiler", 2026] == 110 and spend["storm", 2027] == 30
    assert spend["lights", 2027] == 70 and spend["lights", 2028] == 70  # ten of the eighty are spent
    assert starts == {"roof": 2026, "boiler": 2026, "lights": 2027, "hall": 2027, "paint": 2028, "storm": 2027}
    found = steady(candidates, starts, Stability(), gap=0.0)
    assert found.programme.objective == pytest.approx(brute_force(candidates))
    assert {"roof": 2026, "boiler": 2026, "storm": 2027}.items() <= found.programme.choice.items()
    assert "hall" not in found.programme.choice or found.programme.draws.amount_gbp.sum() <= 410


def test_what_slipped_counts_as_kept_where_it_starts_now_and_changes_are_limited(tmp_path, approved):
    actuals = reported(tmp_path, approved, "roof,not started,,,,,,,,,\nboiler,begun,2026-10-01,,,,,,,,\n"
                       "hall,dropped,,,,,,,,,\n", "boiler,RES-26,2026,200\n")
    candidates, starts = as_it_stands(schemes_compared(actuals, approved), actuals, approved)
    assert starts == {"roof": 2027, "boiler": 2026, "lights": 2027, "paint": 2028}
    assert set(candidates.schemes.scheme_id) == {"roof", "boiler", "lights"}  # paint needs the hall, which is dropped
    found = steady(candidates, starts, Stability(most_changes=0), gap=0.0).programme
    assert found.choice == {"roof": 2027, "boiler": 2026, "lights": 2027}


def test_what_cannot_be_planned_on_is_refused(tmp_path, approved):
    actuals = reported(tmp_path, approved, "roof,begun,2026-10-01,,,,,,,,\n", "roof,DFC-26,2026,21\n")
    with pytest.raises(DataError, match="DFC-26"):
        as_it_stands(schemes_compared(actuals, approved), actuals, approved)
    late = reported(tmp_path, approved, "roof,begun,2026-10-01,,,,,,,,\n", on=date(2029, 10, 1))
    with pytest.raises(DataError, match="boiler not started"):
        as_it_stands(schemes_compared(late, approved), late, approved)


@pytest.fixture(scope="module")
def project(tmp_path_factory, tiny_results):
    """A project with a plan of the tiny trust, and a report of two of its works."""
    place = tmp_path_factory.mktemp("monitor") / "project"
    start_store(place)
    plan = shutil.copytree(tiny_results, place / "plan")
    schemes = pd.read_csv(plan / "schemes.csv").dropna(subset="start_year").sort_values(["start_year", "cost_gbp"])
    first, second = schemes.scheme_id.iloc[:2]
    (place / "actuals").mkdir()
    (place / "actuals" / "actuals.csv").write_text(
        f"{HEAD}{first},finished,2026-10-01,2027-01-10,,,,,,Ann,Well\n"
        f"{second},begun,2027-02-01,,,,,,,Bob,<b>Slow</b>\n", encoding="utf-8")
    (place / "actuals" / "spending.csv").write_text(
        f"scheme_id,pot_id,year,amount_gbp\n{first},reserves,2026,{schemes.cost_gbp.iloc[0]}\n", encoding="utf-8")
    return place, first, second


def test_the_command_writes_report_log_and_plan_and_enters_it_in_the_store(project, capplan):
    place, first, second = project
    done = capplan("monitor", place / "plan", place / "actuals", "--on", "2027-03-01", "--out", place / "one", "--replan",
                   "--json")
    assert done.exit_code == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["statuses"]["finished"] == 1 and facts["replan"]["value_gbp"] > 0
    changes = pd.read_csv(place / "one" / "replan" / "changes.csv").set_index("scheme_id").change
    assert changes[first] == changes[second] == "kept"
    assert capplan("optimise", place / "one" / "replan" / "as_it_stands", "--out", place / "again").exit_code == 0
    entry = entries(place, "report")[-1]
    assert entry["folder"] == "one" and entry["log_sha256"] == read_log(place / "one")[0].chain_sha256.iloc[-1]
    assert "report in one" in capplan("lock", "log", place).stdout
    page = (place / "one" / "monitor.html").read_text(encoding="utf-8")
    assert "Where the programme stands" in page and "planned again" in page.lower() and "<b>Slow" not in page
    assert first in (place / "one" / "monitor.csv").read_text(encoding="utf-8")
    screen = capplan("monitor", place / "plan", place / "actuals", "--on", "2027-03-01", "--out", place / "screen").stdout
    assert "Forecast outturn" in screen and "Amber: more than 5.0%" in screen and not (place / "screen" / "replan").exists()


def test_the_change_log_goes_on_and_a_row_that_is_changed_or_taken_out_is_found(project, capplan, tmp_path):
    place, first, second = project
    actuals = shutil.copytree(place / "actuals", tmp_path / "actuals")
    text = (actuals / "actuals.csv").read_text(encoding="utf-8")
    assert capplan("monitor", place / "plan", actuals, "--on", "2027-03-01", "--out", tmp_path / "one").exit_code == 0
    later = text.replace(f"{second},begun,2027-02-01,,", f"{second},finished,2027-02-01,2027-04-05,")
    (actuals / "actuals.csv").write_text(later, encoding="utf-8")
    assert capplan("monitor", place / "plan", actuals, "--on", "2027-05-01", "--since", tmp_path / "one",
                   "--out", tmp_path / "two").exit_code == 0
    one, two = (pd.read_csv(tmp_path / name / LOG, dtype=str, keep_default_na=False) for name in ("one", "two"))
    assert two.iloc[:len(one)].equals(one)
    new = two.iloc[len(one):]
    assert set(new.scheme_id) == {second}
    assert ("status", "begun", "finished") in set(zip(new.what, new.before, new.now, strict=True))
    for spoilt in (two.drop(index=1), two.assign(now=two.now.where(two.index != 2, "other"))):
        spoilt.to_csv(tmp_path / "two" / LOG, index=False)
        done = capplan("monitor", place / "plan", actuals, "--on", "2027-06-01", "--since", tmp_path / "two",
                       "--out", tmp_path / "three")
        assert done.exit_code == 2 and "changed or taken out" in done.stderr and not (tmp_path / "three").exists()


def test_a_scenario_of_an_older_capplan_still_says_what_works_were_to_bring():
    older = {"patch": {"grades": "CD", "brings_to": "one better"}, "repair": {"offered": True}, "gone_since": {"x": 1}}
    found = outcomes_of(older, ("patch", "repair", "renew"))
    assert list(found) == ["patch"] and found["patch"].tolist() == [0, 1, 1, 2, 4]


def test_wrong_use_is_refused_with_a_message(project, capplan, tmp_path):
    place, *_ = project
    for words, said in ((["--most-changes", "2"], "--replan"), (["--on", "yesterday"], "YYYY-MM-DD"),
                        (["--on", "2026-12-01"], "a day to come"), (["--since", tmp_path], "no such file")):
        done = capplan("monitor", place / "plan", place / "actuals", "--on", "2027-03-01", "--out", tmp_path / "out", *words)
        assert done.exit_code == 2 and said in done.stderr and not (tmp_path / "out").exists(), done.stderr
    changed = shutil.copytree(place / "plan", tmp_path / "plan")
    (changed / "draws.csv").write_text((changed / "draws.csv").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    done = capplan("monitor", changed, place / "actuals", "--on", "2027-03-01", "--out", tmp_path / "out")
    assert done.exit_code == 2 and "draws.csv" in done.stderr
