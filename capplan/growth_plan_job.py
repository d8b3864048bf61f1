"""The job that plans for sampled futures of growth: one beginning for all, the later years planned again in each."""

from pathlib import Path

import numpy as np
import pandas as pd

from .candidates import propose
from .errors import CapplanError, InfeasibleError
from .estate import read_estate
from .outlook import forecast
from .programme import optimise
from .programme.common_start import beginning, common_start, shared_starts
from .report.growth_plan import plan_document, plan_text
from .report.papers import PAGE, written
from .scenario import read_scenario
from .tabular import write_frame, write_json

NOBODY = "nobody joins"
QUANTILES = (0.1, 0.5, 0.9)


def growth_plan_folder(estate_folder, scenario_file, grown, folder, overlays=(), decided_years=1, rounds=2, gap=None,
                       time_limit_s=None, seed=0, workers=1, dated="", say=lambda text: None):
    """Choose works to begin now that do well across sampled futures of growth, and write what is found.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    grown : str or Path
        Folder of ``capplan grow`` with sampled futures (``--futures``).
    folder : Path
        An existing folder: ``begin.csv``, ``works.csv``, ``futures.csv``, ``beginnings.csv``, ``assumptions.csv``,
        ``scenario.toml``, ``growth_plan.json``, ``growth_plan.txt`` and ``growth_plan.html`` go into it.
    overlays : sequence of str
    decided_years : int
        First years of the plan that are decided before anything is known.
    rounds : int
        How often futures are planned again to bring the bound down.
    gap, time_limit_s : float or None
        For each programme; left out: the scenario's. [-], [s]
    seed, workers : int
    dated : str
        ISO day on the page.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict)
        What was found, for a screen, and what stands in ``growth_plan.json``.

    Raises
    ------
    CapplanError
        If the folder has no futures, or the years decided are not fewer than those of the plan.
    InfeasibleError
        If some future cannot be planned for, or none of the beginnings that were looked at suits all.
    """
    scenario, settings = read_scenario(scenario_file, *overlays), {
        "gap": gap, "time_limit_s": time_limit_s, "seed": seed, "threads": workers}
    folders = sorted((Path(grown) / "futures").glob("future_*"))
    if not folders:
        raise CapplanError(f"{grown} has no sampled futures: capplan grow ... --futures 8 writes them.")
    if decided_years >= scenario.plan.years:
        raise CapplanError(f"--decided-years: fewer than the {scenario.plan.years} years of the plan, not {decided_years}.")
    say(f"Reading {estate_folder} and {len(folders)} futures ...")
    estate = read_estate(estate_folder)
    alone = propose(forecast(estate, scenario))
    futures = [propose(forecast(read_estate(path), scenario)) for path in folders]
    shared = shared_starts([alone, *futures], scenario.plan.first_year + decided_years - 1)
    guess = beginning(optimise(alone, **settings).choice, shared)
    try:
        found = common_start(futures, shared, {NOBODY: guess}, rounds, say, **settings)
    except InfeasibleError as error:
        raise InfeasibleError(f"The futures of {grown} cannot all be planned for: {error}") from None
    frames = {"begin": begin_frame(found, futures), "works": works_frame(found, futures),
              "futures": futures_frame(found, futures, [path.name for path in folders], estate),
              "beginnings": pd.DataFrame({"beginning": list(found.tried), "mean_value_gbp": list(found.tried.values())}),
              "assumptions": pd.DataFrame(scenario.register())}
    facts = _facts(found, futures, frames, estate, scenario, {"decided_years": decided_years, "seed": seed})
    for name, frame in frames.items():
        write_frame(frame, folder / f"{name}.csv")
    (folder / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
    write_json(facts, folder / "growth_plan.json")
    text = plan_text(facts)
    (folder / "growth_plan.txt").write_text(text + "\n", encoding="utf-8")
    (folder / "growth_plan.html").write_bytes(written(plan_document(facts, dated), PAGE))
    return text, facts


def begin_frame(found, futures):
    """The works that begin in all futures alike.

    Parameters
    ----------
    found : CommonStart
    futures : list of Candidates

    Returns
    -------
    DataFrame
        ``scheme_id, school_id, description, start_year, cost_gbp`` (nominal), ``wanted_share`` (of the futures whose own
        best programme has it then); dearest first. ``capplan run --approved`` reads it.
    """
    schemes = futures[0].schemes.set_index("scheme_id")
    cost = futures[0].spend.groupby(["scheme_id", "start_year"]).cost.sum()
    rows = [[scheme, schemes.school_id[scheme], schemes.description[scheme], year, round(float(cost[scheme, year]), 2),
             round(float(found.wanted[scheme, year]), 4)] for scheme, year in found.starts.items()]
    frame = pd.DataFrame(rows, columns=["scheme_id", "school_id", "description", "start_year", "cost_gbp", "wanted_share"])
    return frame.sort_values(["cost_gbp", "scheme_id"], ascending=[False, True], ignore_index=True)


def works_frame(found, futures):
    """Every work that some future does, and when.

    Parameters
    ----------
    found : CommonStart
    futures : list of Candidates

    Returns
    -------
    DataFrame
        ``scheme_id, school_id, description, begins_now`` (yes or no), ``offered_share`` (of the futures it is offered in: a
        school that joins is not there in all), ``done_share`` (of those in which it is done), ``p10_start_year,
        p50_start_year, p90_start_year``; done most first.
    """
    pieces = [one.schemes.assign(start_year=one.schemes.scheme_id.map(choice).astype(float))[
        ["scheme_id", "school_id", "description", "start_year"]] for one, choice in zip(futures, found.choices, strict=True)]
    rows = []
    for scheme, own in pd.concat(pieces).groupby("scheme_id", sort=False):
        years = own.start_year.dropna().to_numpy()
        if len(years):
            rows.append([scheme, own.school_id.iloc[0], own.description.iloc[0], "yes" if scheme in found.starts else "no",
                         len(own) / len(futures), len(years) / len(own),
                         *np.quantile(years, QUANTILES, method="inverted_cdf").astype(int)])
    frame = pd.DataFrame(rows, columns=["scheme_id", "school_id", "description", "begins_now", "offered_share", "done_share",
                                        "p10_start_year", "p50_start_year", "p90_start_year"])
    return frame.sort_values(["begins_now", "done_share", "p50_start_year", "scheme_id"],
                             ascending=[False, False, True, True], ignore_index=True).round(4)


def futures_frame(found, futures, names, estate):
    """What each future comes to.

    Parameters
    ----------
    found : CommonStart
    futures : list of Candidates
    names : list of str
    estate : Estate
        The trust as it is.

    Returns
    -------
    DataFrame
        ``future, schools_joined, first_joined`` (day; blank: nobody), ``money_gbp`` (nominal), ``schemes, value_gbp`` with
        the common beginning, ``own_best_gbp`` and ``own_bound_gbp`` if that future were known, ``given_up_gbp`` (own best
        less value).
    """
    rows, here = [], set(estate.schools.school_id)
    for number, (name, one, choice) in enumerate(zip(names, futures, found.choices, strict=True)):
        schools = one.outlook.estate.schools
        came = schools[~schools.school_id.isin(here)]
        rows.append([name, len(came), f"{came.joined.min():%Y-%m-%d}" if len(came) else "", one.pots.amount.sum(),
                     len(choice), found.values[number], found.apart[number], found.apart_bound[number],
                     found.apart[number] - found.values[number]])
    return pd.DataFrame(rows, columns=["future", "schools_joined", "first_joined", "money_gbp", "schemes", "value_gbp",
                                       "own_best_gbp", "own_bound_gbp", "given_up_gbp"]).round(2)


def _facts(found, futures, frames, estate, scenario, asked):
    """The figures behind the screen."""
    names = pd.concat([one.outlook.estate.schools for one in futures]).drop_duplicates("school_id").set_index("school_id")
    nobody = found.tried.get(NOBODY, found.tried.get(found.found_by))
    return {"trust": estate.trust["name"], "scenario": scenario.name, "first_year": scenario.plan.first_year, **asked,
            "price_base": scenario.plan.price_base, "futures": len(futures), "value_gbp": found.score,
            "most_gbp": found.bound, "gap": found.gap, "found_by": found.found_by,
            "known_gbp": float(found.apart.mean()), "known_most_gbp": float(found.apart_bound.mean()),
            "nobody_gbp": nobody, "begin_gbp": float(frames["begin"].cost_gbp.sum()),
            "schools": names["name"].to_dict(), "begin": frames["begin"].to_dict("records"),
            "works": frames["works"].to_dict("records"), "each": frames["futures"].to_dict("records"),
            "beginnings": frames["beginnings"].astype(object).where(frames["beginnings"].notna(), None).to_dict("records")}
