"""The job about growth, as the command line runs it: from an estate folder to tables, a page and sampled futures."""

import pandas as pd

from .errors import CapplanError
from .estate import read_estate, write_estate
from .report.growth import growth_html, growth_text, precision_words, sca_words, stories
from .report.results import read_results
from .scenario import read_scenario
from .simulation import growth_findings as findings
from .simulation.growth_futures import future_estate
from .simulation.growth_inputs import growth_case
from .simulation.growth_runs import simulate_growth
from .tabular import write_frame, write_json


def grow_folder(estate_folder, scenario_file, overlays, against, folder, replicates=None, seed=0, futures=0,
                programme=None, say=lambda text: None):
    """Simulate the growth of a trust and write what is found.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
        Overlays of the scenario.
    against : sequence of str
        Further overlays, each a policy that is compared with the scenario on the same futures.
    folder : Path
        An existing folder: ``years.csv``, ``phases.csv``, ``threshold.csv``, ``pauses.csv``, ``schools.csv``,
        ``join_dates.csv``, ``timeline.csv``, ``policies.csv``, ``assumptions.csv``, ``scenario.toml``, ``growth.json``,
        ``growth.txt`` and ``growth.html`` go into it.
    replicates : int, optional
        Futures; left out: as many as the scenario's precision asks for.
    seed : int
    futures : int
        How many of the first futures to write as estates under ``futures``.
    programme : str or Path, optional
        A results folder: what its programme spends in each year loads the estates team, in place of a share of the backlog.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict)
        What was found, for a screen; and what stands in ``growth.json``.
    """
    scenario = read_scenario(scenario_file, *overlays)
    if len(set(against)) < len(against) or set(against) & set(overlays):
        raise CapplanError(f"--against: each policy once, and none that --overlay has; got {', '.join(against)}.")
    others = {name: read_scenario(scenario_file, *overlays, name) for name in against}
    say(f"Reading {estate_folder} ...")
    estate = read_estate(estate_folder)
    works_gbp = works_of(programme, scenario) if programme else None
    case = growth_case(estate, scenario, works_gbp)
    runs = simulate_growth(case, seed, replicates, _progress(say, scenario.name))
    policies = {scenario.name: runs}
    for name, other in others.items():
        policies[name] = simulate_growth(growth_case(estate, other, works_gbp), seed, len(runs.runs), _progress(say, name))
    frames = {"years": findings.by_year(runs), "phases": findings.phases(runs), "threshold": findings.threshold(runs),
              "pauses": findings.pauses(runs),
              "schools": findings.schools_that_came(runs, scenario.plan.discount_rate),
              "join_dates": findings.join_dates(runs), "timeline": findings.timeline(runs),
              "policies": findings.compare(policies), "assumptions": pd.DataFrame(scenario.register())}
    facts = _facts(estate, scenario, runs, frames)
    for name, frame in frames.items():
        write_frame(frame.round(6), folder / f"{name}.csv")
    (folder / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
    write_json(facts, folder / "growth.json")
    text = growth_text(facts)
    (folder / "growth.txt").write_text(text + "\n", encoding="utf-8")
    for row in range(min(futures, len(runs.runs))):
        own = folder / "futures" / f"future_{row + 1:03d}"
        own.mkdir(parents=True)
        write_estate(future_estate(estate, scenario, runs, row), own)
    names = {prospect.prospect_id: prospect.name for prospect in case.prospects}
    (folder / "growth.html").write_text(growth_html(facts, stories(runs, names)), encoding="utf-8")
    return text, facts


def works_of(programme, scenario):
    """Works of a programme in each planning year of a scenario.

    Parameters
    ----------
    programme : str or Path
        A results folder of ``capplan run``.
    scenario : Scenario

    Returns
    -------
    list of float
        In the prices of the scenario's plan. [GBP]

    Raises
    ------
    CapplanError
        If the programme does not cover the years of the scenario.
    """
    results = read_results(programme)
    first, last = results.solution["first_year"], results.solution["last_year"]
    if first > scenario.years[0] or last < scenario.years[-1]:
        raise CapplanError(f"The programme in {programme} covers {first} to {last}, the scenario {scenario.years[0]} to "
                           f"{scenario.years[-1]}; plan for the same years.")
    spent_gbp = results.draws.groupby("year").amount_gbp.sum().reindex(scenario.years, fill_value=0.0)
    return (spent_gbp / scenario.nominal_factors()).tolist()


def _progress(say, policy):
    """What is told of the futures of a policy as they are done."""
    def tell(done, asked):
        """So many of so many, every five hundred and at the end."""
        if done % 500 == 0 or done == asked:
            say(f"{policy}: {done:,} of {asked:,} futures ...")
    return tell


def _facts(estate, scenario, runs, frames):
    """Everything the screen and the page tell, as plain values."""
    years = frames["years"]
    by_year = [{"year": int(year), **{row.measure: [row.p10, row.p50, row.p90] for row in rows.itertuples()}}
               for year, rows in years.groupby("year")]
    policies = [{"policy": policy, "measures": rows.drop(columns="policy").to_dict("records")}
                for policy, rows in frames["policies"].groupby("policy", sort=False)]
    return {"trust": estate.trust["name"], "scenario": scenario.name, "seed": runs.seed, "replicates": len(runs.runs),
            "first_year": scenario.plan.first_year, "last_year": scenario.plan.first_year + scenario.plan.years - 1,
            "backlog_gbp": runs.case.backlog_gbp, "years": by_year, "phases": frames["phases"].to_dict("records"),
            "sca": sca_words(runs), "threshold": frames["threshold"].to_dict("records"),
            "pauses": frames["pauses"].to_dict("records"), "prospects": frames["schools"].to_dict("records"),
            "policies": policies, "precision": precision_words(runs),
            "notes": [*runs.case.notes, "Figures marked ASSUMPTION in assumptions.csv have no source: put your own in."]}
