"""capplan grow as its user meets it: what it writes and says, the same twice over, and what it refuses."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from capplan import forecast, propose, read_estate, read_scenario
from capplan.candidates.joined import after_joining
from capplan.energy.priors import expected_use
from capplan.energy_outlook import energy_outlook
from capplan.funding.regime import regime_by_year
from capplan.growth_job import works_of
from capplan.simulation.growth_findings import by_year, first_sca, spread_of
from capplan.simulation.growth_inputs import growth_case
from capplan.simulation.growth_runs import simulate_growth

WRITTEN = {"years.csv", "phases.csv", "threshold.csv", "pauses.csv", "schools.csv", "join_dates.csv", "timeline.csv",
           "policies.csv", "assumptions.csv", "scenario.toml", "growth.json", "growth.txt", "growth.html"}


@pytest.fixture(scope="module")
def trust(root):
    return root / "data" / "trusts" / "growth"


@pytest.fixture(scope="module")
def runs(trust):
    return simulate_growth(growth_case(read_estate(trust), read_scenario("growth")), 3, 40)


@pytest.fixture(scope="module")
def grown(trust, tmp_path_factory):
    from click.testing import CliRunner

    from capplan.cli import main
    out = tmp_path_factory.mktemp("grown") / "growth"
    done = CliRunner().invoke(main, ["grow", str(trust), "growth", "--replicates", "30", "--seed", "3", "--against", "slow",
                                     "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out, done


def test_it_writes_what_it_says_and_tells_it_on_one_screen(grown):
    out, done = grown
    assert {path.name for path in out.iterdir()} >= WRITTEN
    lines = done.stdout.splitlines()
    assert len(lines) <= 60 and max(map(len, lines)) <= 120
    for words in ("P10", "Phases begin", "SCA in place of bidding", "Growth is paused", "Backlog found",
                  "slow against growth", "30 futures"):
        assert words in done.stdout, words
    assert "futures ..." in done.stderr


def test_tables_agree_with_one_another(grown):
    out, _ = grown
    dates, line = pd.read_csv(out / "join_dates.csv"), pd.read_csv(out / "timeline.csv")
    joins = line[line.event == "joined"]
    assert len(dates) == len(joins) and set(zip(dates.future, dates.prospect_id, dates.joined, strict=True)) == set(
        zip(joins.future, joins.school, joins.month, strict=True))
    years = pd.read_csv(out / "years.csv")
    last = years[(years.measure == "schools") & (years.year == years.year.max())].iloc[0]
    counts = 4 + dates.groupby("future").size().reindex(range(1, 31), fill_value=0)
    assert last["mean"] == pytest.approx(counts.mean()) and last.p50 == counts.quantile(0.5, interpolation="lower")
    schools = pd.read_csv(out / "schools.csv")
    assert schools.joined_share.sum() * 30 == pytest.approx(len(dates))
    shares = schools[["joined_share", "declined_share", "withdrew_share", "open_share"]].sum(axis=1)
    assert shares.tolist() == pytest.approx([1.0] * len(schools))


def test_the_page_stands_alone_and_tells_the_joining_in_words(grown):
    page = (grown[0] / "growth.html").read_text(encoding="utf-8")
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")
    assert page.count("<figure>") == 5 and "nan" not in page.lower().replace("finan", "").replace("maintenan", "").replace(
        "governan", "")


def test_the_same_seed_gives_the_same_bytes_and_json_the_same_figures(grown, trust, tmp_path, capplan):
    done = capplan("grow", trust, "growth", "--replicates", "30", "--seed", "3", "--against", "slow", "--json",
                   "--out", tmp_path / "b")
    assert done.exit_code == 0
    for name in WRITTEN:
        assert (tmp_path / "b" / name).read_bytes() == (grown[0] / name).read_bytes(), name
    assert json.loads(done.stdout) == json.loads((tmp_path / "b" / "growth.json").read_text(encoding="utf-8"))


def test_sca_of_every_future_is_what_the_rules_of_the_regime_say(trust, runs):
    # The same schools, dates and counts, given to the function that knows the rules and nothing of simulation.
    estate, case = read_estate(trust), runs.case
    start = estate.schools[["school_id"]].assign(joined=pd.Timestamp(2018, 9, 1), special=False, regime_before="CIF")
    seen = set()
    for row in range(0, 40, 3):
        run, walks = runs.runs[row], runs.counted["walks"]
        came = [(coming.prospect, pd.Timestamp(2026, 9, 1) + pd.DateOffset(months=int(run.joined[coming.owner])))
                for coming in run.coming if coming.owner in run.joined]
        schools = pd.concat([start, pd.DataFrame([
            {"school_id": one.prospect_id, "joined": day, "special": one.phase == "special", "regime_before": "CIF"}
            for one, day in came])], ignore_index=True)
        from capplan.simulation.growth_runs import pupil_walks
        own = {name: pupils * pupil_walks(case, 3, name, 40)[row] for name, pupils in zip(
            case.school_ids, map(pd.Series, case.pupils), strict=True)}
        counts = [{"school_id": name, "census_year": 2026 + year, "pupils": values[year]}
                  for name, values in own.items() for year in range(case.years)]
        counts += [{"school_id": one.prospect_id, "census_year": 2026 + year,
                    "pupils": one.pupils * walks[one.prospect_id][row, year]}
                   for one, _ in came for year in range(case.years)]
        told, _ = regime_by_year(schools, pd.DataFrame(counts), range(2027, 2037))
        assert (told.regime == "SCA").tolist() == runs.counted["sca"][row].tolist()
        assert told.pupils_counted.tolist() == pytest.approx(runs.counted["pupils_counted"][row].tolist())
        seen |= set(told.regime)
    assert seen == {"SCA", "CIF"}


def test_quantiles_are_values_that_a_future_has(runs):
    when = first_sca(runs)
    assert set(spread_of(when)) <= set(when)


def copied(trust, tmp_path, **changes):
    """The estate with some tables changed, or taken away by None."""
    folder = tmp_path / "estate"
    shutil.copytree(trust, folder)
    for name, change in changes.items():
        path = folder / f"{name}.csv"
        if change is None:
            path.unlink()
        else:
            change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    return folder


def test_all_faults_are_told_at_once(trust, tmp_path, capplan):
    def spoil(frame):
        frame.loc[0, "region"] = "Narnia"
        frame.loc[1, "approach_by"] = "2020-01-01"
        frame.loc[2, "prospect_id"] = "ALD"
        return frame
    def cut(frame):
        frame.loc[1, "phase_4_fte"] = "0.5"
        return frame
    folder = copied(trust, tmp_path, prospects=spoil, posts=cut)
    for words in (("check", folder), ("grow", folder, "growth", "--replicates", "5", "--out", tmp_path / "out")):
        done = capplan(*words)
        assert done.exit_code == 2 and not (tmp_path / "out").exists()
        for told in ("Narnia", "row 3", "approach_by", "ALD", "phase_4_fte", "posts are never cut"):
            assert told in done.stderr, told


def test_what_growth_lacks_is_told_at_once(trust, tmp_path, capplan):
    def bare(frame):
        return frame.assign(pupils=["", *frame.pupils[1:]], phase=["", *frame.phase[1:]])
    folder = copied(trust, tmp_path, schools=bare, reserves=None)
    done = capplan("grow", folder, "growth", "--replicates", "5", "--out", tmp_path / "out")
    assert done.exit_code == 2 and not (tmp_path / "out").exists()
    for words in ("reserves.csv", "a blank of ALD", "pupils", "phase"):
        assert words in done.stderr, words


def test_joining_schools_bring_the_energy_of_their_kind(trust, runs):
    # Kept by hand: the published kWh a pupil and a m2 by phase, and footprint factors of the year, future by future.
    from capplan.energy.factors import calendar_years, footprint_factors
    prospects = read_estate(trust).prospects.set_index("prospect_id")
    rates = {("primary", "e"): 260.23, ("primary", "g"): 69.75, ("secondary", "e"): 428.05, ("secondary", "g"): 66.53,
             ("special", "e"): 1141.53, ("special", "g"): 96.21, ("all-through", "e"): 506.45, ("all-through", "g"): 83.2,
             ("alternative provision", "e"): 506.45, ("alternative provision", "g"): 83.2}
    rules = read_scenario("growth").energy
    kg = footprint_factors(calendar_years(np.arange(2026, 2036)), rules.losses, rules.supply, rules.consistent_factors)
    kwh, tonnes = np.zeros((40, 10)), np.zeros((40, 10))
    for future, run in enumerate(runs.runs):
        for coming in run.coming:
            if coming.owner in run.joined:
                row = prospects.loc[coming.prospect.prospect_id]
                power, gas = rates[row.phase, "e"] * row.pupils, rates[row.phase, "g"] * row.gifa_m2
                for year in range(int(run.joined[coming.owner]) // 12, 10):
                    each = kg.kg_per_kwh[:, :2, year].sum(axis=0)
                    kwh[future, year] += power + gas
                    tonnes[future, year] += (power * each[0] + gas * each[1]) / 1e3
    told = by_year(runs).set_index(["measure", "year"])
    for name, values in (("energy_joined_kwh", kwh), ("footprint_joined_tco2e", tonnes)):
        for place, year in enumerate(range(2026, 2036)):
            assert told.loc[(name, year), "mean"] == pytest.approx(values[:, place].mean(), rel=1e-9, abs=1e-9)
    assert tonnes[:, -1].max() > 50


@pytest.mark.parametrize(("words", "told"), [
    (("baseline",), "has no [growth]"), (("growth", "--against", "nonesuch"), "no overlay 'nonesuch'"),
    (("growth", "--against", "slow", "--against", "slow"), "each policy once")])
def test_what_cannot_be_simulated_is_refused(trust, tmp_path, capplan, words, told):
    done = capplan("grow", trust, *words, "--replicates", "5", "--out", tmp_path / "out")
    assert done.exit_code == 2 and told in done.stderr and not (tmp_path / "out").exists()


def test_a_section_of_growth_out_of_order_is_refused(tmp_path, trust, capplan):
    (tmp_path / "mine.toml").write_text('extends = "growth"\nname = "mine"\n[growth]\nassessment_least_months = 9\n',
                                        encoding="utf-8")
    done = capplan("grow", trust, tmp_path / "mine.toml", "--out", tmp_path / "out")
    assert done.exit_code == 2 and "assessment_least_months <= assessment_usual_months" in done.stderr


def test_a_trust_nobody_asks_to_join_and_one_without_staff(trust, tmp_path, capplan):
    folder = copied(trust, tmp_path, prospects=None, posts=lambda frame: frame.assign(
        **{f"phase_{phase}_fte": "0" for phase in range(1, 6)}))
    done = capplan("grow", folder, "growth", "--replicates", "5", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "no staff" in done.stdout and "No school is listed" in done.stdout and "120 months" in done.stdout


def test_a_sampled_future_is_an_estate_whose_works_wait_for_the_join(trust, tmp_path, capplan):
    done = capplan("grow", trust, "growth", "--replicates", "3", "--seed", "3", "--futures", "1", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    future = read_estate(tmp_path / "out" / "futures" / "future_001")
    dates = pd.read_csv(tmp_path / "out" / "join_dates.csv").query("future == 1").set_index("prospect_id").joined
    schools = future.schools.set_index("school_id")
    assert set(schools.index[4:]) == set(dates.index)
    assert all(schools.joined[name] == pd.Timestamp(day) for name, day in dates.items())
    candidates = propose(forecast(future, read_scenario("baseline.toml")))
    starts = candidates.scheme_years.merge(candidates.schemes[["scheme_id", "school_id"]], on="scheme_id")
    first = starts.groupby("school_id").start_year.min()
    energy = energy_outlook(future, read_scenario("baseline.toml"))
    gifa = future.blocks.merge(future.sites, on="site_id").groupby("school_id").gifa_m2.sum()
    for name, day in dates.items():
        joins = pd.Timestamp(day).year - (pd.Timestamp(day).month < 9)
        assert schools.pfi[name] or first[name] == joins, name
        at = list(energy.schools).index(name)
        use, row = energy.kwh[at].sum(axis=(0, 1)), schools.loc[name]
        kind = sum(expected_use(row.phase, fuel, float(gifa[name]), float(row.pupils)) for fuel in ("electricity", "gas"))
        assert not use[energy.years < joins].any() and use[energy.years == joins] == pytest.approx(kind, rel=0.05)
        assert not energy.emissions_t()[at].sum(axis=0)[energy.years < joins].any()
    assert (first[["ALD", "DAL"]] == 2026).all()


def test_what_must_be_done_is_due_when_the_school_joins_and_a_joined_school_is_left_as_it_is():
    cells = pd.DataFrame({"school_id": list("AAB"), "start_year": [2026, 2029, 2026], "must_do": ["2027", "2027", ""]})
    schools = pd.DataFrame({"school_id": ["A", "B"], "joined": pd.to_datetime(["2028-09-01", "2018-09-01"])})
    assert after_joining(cells, schools).values.tolist() == [["A", 2029, "2028"], ["B", 2026, ""]]
    early = schools.assign(joined=pd.to_datetime(["2018-09-01", None]))
    assert after_joining(cells, early) is cells


def test_the_works_of_a_programme_load_the_estates_team(tiny_results, trust):
    scenario = read_scenario("growth.toml")
    works_gbp = works_of(tiny_results, scenario)
    draws = pd.read_csv(tiny_results / "draws.csv")
    inflation = 1.032 ** (draws.year - 2026)
    assert sum(works_gbp) == pytest.approx((draws.amount_gbp / inflation).sum(), rel=1e-6) and max(works_gbp) > 0
    estate = read_estate(trust)
    light, heavy = (growth_case(estate, scenario, [yearly] * 10) for yearly in (0.0, 600_000.0))
    calm, busy = (simulate_growth(case, 3, 5).months["estates_use"][:, 0] for case in (light, heavy))
    # Half an FTE of the 0.3 that half of the finance and operations post is: 600,000 of 1.2m a year.
    assert busy - calm == pytest.approx([0.5 / 0.3] * 5)
