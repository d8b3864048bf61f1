"""Whole jobs that answer a question about a plan: what would change it, what a target takes, what more money is worth."""

import pandas as pd

from .candidates import propose
from .errors import CapplanError
from .estate import read_estate
from .further_money import Further, sources, worth_of_sources
from .goal import Seeker, seek, target_of
from .outlook import forecast
from .programme import optimise
from .ranges import read_ranges
from .report.questions import goal_text, worth_text
from .report.tornado import tornado_html, tornado_text
from .scenario import read_scenario
from .sensitivity import Sensitivity, in_use, outcome, switching, tornado
from .tabular import write_frame, write_json

KEPT, AGAIN = "kept as it is", "planned again each time"


def sensitivity_folder(estate_folder, scenario_file, overlays, folder, replan, ranges_file, gap, time_limit_s, seed=0,
                       workers=1, say=lambda text: None, executor=None):
    """Move each assumed figure alone and write what becomes of the programme.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``tornado.csv``, ``switching.csv``, ``sensitivity.html``, ``sensitivity.json`` and
        ``sensitivity.txt``.
    replan : bool
        Plan again under each changed figure; else the programme is kept as it is, and its switching values are found.
    ranges_file : str, Path or None
        The user's table of ranges.
    gap, time_limit_s : float or None
        For each programme; left out: the scenario's.
    seed, workers : int
        Seed and threads of the solver.
    say : callable
        Told what is being done.
    executor : executor, optional
        Where figures are sent, as ``machines.spread`` takes it; left out: nowhere.

    Returns
    -------
    tuple of (str, dict)
        What was found, for a screen; and what stands in ``sensitivity.json``.
    """
    scenario = read_scenario(scenario_file, *overlays)
    ranges = read_ranges(scenario, ranges_file)
    settings = {"gap": gap, "time_limit_s": time_limit_s, "threads": workers, "seed": seed}
    say("The programme as planned ...")
    candidates = propose(forecast(read_estate(estate_folder), scenario))
    programme = optimise(candidates, **settings)
    asked, ranges = Sensitivity(programme, replan, settings), in_use(candidates, ranges)
    if executor is not None:
        say(f"{len(ranges)} figures, each low and high, on several machines ...")
        asked.prepare([(each.figure, value) for each in ranges for value in (each.low, each.high) if value != each.own],
                      executor)
    frame = tornado(asked, ranges, say)
    switches = switching(asked, ranges, say=say) if not replan else pd.DataFrame(
        columns=["figure", "question", "own_value", "end_value", "holds_at", "switches_at", "verdict"])
    base = outcome(programme)
    facts = {"trust": candidates.outlook.estate.trust["name"], "scenario": scenario.name, "plan": AGAIN if replan else KEPT,
             "price_base": scenario.plan.price_base, "gap": programme.gap, "figures": len(ranges),
             "base": {name: value for name, value in vars(base).items() if value == value}, "notes": _notes(frame)}
    write_frame(frame.round(6), folder / "tornado.csv")
    write_frame(switches, folder / "switching.csv")
    write_json(facts, folder / "sensitivity.json")
    (folder / "sensitivity.html").write_text(tornado_html(frame, switches, facts), encoding="utf-8")
    text = tornado_text(frame, switches, facts)
    (folder / "sensitivity.txt").write_text(text + "\n", encoding="utf-8")
    return text, facts


def _notes(frame):
    """What must be read with the bars: programmes not found, works left out, gaps as wide as the bars."""
    once, notes = frame.drop_duplicates("figure"), []
    for end in ("low", "high"):
        lost = once.figure[once[f"reason_{end}"] != ""]
        notes += [f"No programme obeys every rule at the {end} value of {', '.join(lost)}."] if len(lost) else []
    return [*notes, *_left_out(once), *_gaps(once)]


def _left_out(once):
    out = once[(once.left_out_low > 0) | (once.left_out_high > 0)]
    return [f"Works of the programme that are not on offer at all at one end of {', '.join(out.figure)} are left out of "
            "its cost and value there."] if len(out) else []


def _gaps(once):
    widest = once[["gap_low", "gap_high"]].max().max()
    return [f"Programmes planned again are proved to {widest:.2%} of the best possible at worst: a bar shorter than that "
            "may be the search, not the figure."] if widest == widest else []


def goal_folder(estate_folder, scenario_file, overlays, folder, asked, extra_years, within_share, gap, time_limit_s, seed=0,
                workers=1, say=lambda text: None):
    """Find the least money that reaches a target and write it.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``goal.csv``, ``programme.csv`` (where the target is reached), ``goal.json`` and ``goal.txt``.
    asked : dict
        ``hold, backlog_below_gbp, index_below, by_year``, as ``goal.target_of`` takes them.
    extra_years : sequence of int
        Years in which further money is given; none: every pot is scaled alike.
    within_share : float
        How near the sums that suffice and do not should come. [-]
    gap, time_limit_s : float or None
        For each programme; left out: the scenario's.
    seed, workers : int
        Seed and threads of the solver.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict)
    """
    scenario = read_scenario(scenario_file, *overlays)
    strange = sorted(set(extra_years) - set(scenario.years))
    if strange:
        raise CapplanError(f"--extra-in {strange[0]}: must be a year of the plan, {scenario.years[0]} to "
                           f"{scenario.years[-1]}.")
    candidates = propose(forecast(read_estate(estate_folder), scenario))
    target = target_of(candidates.outlook, **asked)
    seeker = Seeker(candidates, target, extra_years, {"gap": gap, "time_limit_s": time_limit_s, "threads": workers,
                                                      "seed": seed})
    found = seek(seeker, within_share, say)
    trials = pd.DataFrame([[each.size, each.money_gbp, each.reached_gbp, each.bound_gbp, each.verdict, each.reason]
                           for each in found.trials],
                          columns=["size", "money_gbp", "reached_gbp", "bound_gbp", "verdict", "reason"])
    facts = _goal_facts(candidates, seeker, found)
    write_frame(trials.round(4), folder / "goal.csv")
    if found.programme is not None:
        schemes = found.programme.schemes()
        chosen = schemes[schemes.start_year.notna()]
        cost = found.programme.draws.groupby("scheme_id").amount_gbp.sum()
        write_frame(chosen.assign(start_year=chosen.start_year.astype(int), cost_gbp=chosen.scheme_id.map(cost).round(2))[
            ["scheme_id", "school_id", "block_id", "element", "kind", "description", "start_year", "cost_gbp"]],
            folder / "programme.csv")
    write_json(facts, folder / "goal.json")
    text = goal_text(facts, trials)
    (folder / "goal.txt").write_text(text + "\n", encoding="utf-8")
    return text, facts


def _goal_facts(candidates, seeker, found):
    """What was found, ready for JSON: what is not known or not there is ``None``."""
    scenario, enough, short, programme = candidates.outlook.scenario, found.enough, found.too_little, found.programme
    years = ", ".join(map(str, seeker.extra_years))
    how = (f"Further money of any purpose, £{enough.size:,.0f} in each of {years}." if seeker.extra_years
           else f"Every pot at {enough.size:.2%} of today's.") if enough else ""
    known = short is not None and short.bound_gbp == short.bound_gbp
    return {"trust": candidates.outlook.estate.trust["name"], "scenario": scenario.name,
            "price_base": scenario.plan.price_base, "target": found.target.words, "target_gbp": found.target.most_gbp,
            "by_year": found.target.by_year,
            "without_works_gbp": seeker.nothing_gbp, "money_today_gbp": float(candidates.pots.amount.sum()),
            "extra_years": list(seeker.extra_years), "enough_gbp": enough.money_gbp if enough else None,
            "enough_size": enough.size if enough else None, "too_little_gbp": short.money_gbp if short else None,
            "too_little_size": short.size if short else None, "too_little_leaves_gbp": short.bound_gbp if known else None,
            "reached_gbp": seeker.backlog_gbp(programme.choice) if programme else None,
            "value_gbp": programme.objective if programme else None, "gap": programme.gap if programme else None,
            "schemes": len(programme.choice) if programme else None, "how": how, "stops": list(found.stops)}


def worth_folder(estate_folder, scenario_file, overlays, folder, step_gbp, pots, gap, time_limit_s, seed=0, workers=1,
                 say=lambda text: None):
    """Find what a sum more and a sum less in each pot and year does, and write it.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``worth.csv``, ``worth.json`` and ``worth.txt``.
    step_gbp : float
        The sum. [GBP]
    pots : sequence of str
        Pots wanted, each on its own; none: all by route and window, and a new pot in each year.
    gap, time_limit_s : float or None
        For each programme; left out: the scenario's gap, and a time such that all take three times the scenario's limit at
        most. [-], [s]
    seed, workers : int
        Seed and threads of the solver.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict)
    """
    scenario = read_scenario(scenario_file, *overlays)
    candidates = propose(forecast(read_estate(estate_folder), scenario))
    found = sources(candidates, pots)
    say("The programme as planned ...")
    programme = optimise(candidates, gap, time_limit_s, threads=workers, seed=seed)
    solves = len(found) + sum(source.held_gbp > 0 for source in found)
    limit = time_limit_s or scenario.solver.time_for_each_s(solves)
    settings = {"gap": gap, "time_limit_s": limit, "threads": workers, "seed": seed}
    further = Further(programme, settings)
    frame = worth_of_sources(further, found, step_gbp, say)
    facts = {"trust": candidates.outlook.estate.trust["name"], "scenario": scenario.name, "step_gbp": step_gbp,
             "price_base": scenario.plan.price_base, "value_gbp": programme.objective, "bound_gbp": programme.bound,
             "gap": programme.gap, "untold_gbp": min(programme.bound, further.relaxed_gbp) - programme.objective,
             "relaxed_gbp": further.relaxed_gbp, "sources": len(found),
             "rows": frame.astype(object).where(frame.notna(), None).to_dict("records")}
    write_frame(frame.round(4), folder / "worth.csv")
    write_json(facts, folder / "worth.json")
    text = worth_text(frame, facts)
    (folder / "worth.txt").write_text(text + "\n", encoding="utf-8")
    return text, facts
