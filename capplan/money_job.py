"""Whole jobs about money, as the command line runs them: from an estate folder to a folder of envelopes and prices."""

import numpy as np
import pandas as pd

from . import shipped
from .candidates import propose
from .estate import read_estate
from .machines import spread
from .outlook import forecast
from .programme import optimise
from .programme.envelopes import TODAY, envelopes, price_list
from .programme.stress import stress
from .report.envelopes import draw_envelopes, envelopes_text, save
from .report.explorer import Explored, explorer_html
from .report.stress import stress_text
from .results import treatments
from .scenario import read_scenario
from .tabular import write_frame, write_json


def envelopes_folder(estate_folder, scenario_file, overlays, folder, points, most, gap, time_limit_s, seed=0, workers=1,
                     say=lambda text: None, executor=None):
    """Find what more and less money would do, and what each rule costs, and write it.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``envelopes.csv``, ``envelope_schemes.csv``, ``rules.csv``, ``envelopes.png``,
        ``envelopes.json``, ``envelopes.txt`` and ``explorer.html``.
    points : int
        How many envelopes.
    most : float
        Largest share of today's money. [-]
    gap, time_limit_s : float or None
        For each programme; left out: the scenario's gap, and a time such that all envelopes take three times the
        scenario's limit at most. [-], [s]
    seed, workers : int
        Seed and threads of the solver.
    say : callable
        Told what is being done.
    executor : executor, optional
        Where programmes are sent to be found, as ``machines.spread`` takes it; left out: nowhere.

    Returns
    -------
    str
        What was found, for a screen.
    """
    scenario = read_scenario(scenario_file, *overlays)
    say(f"Reading {estate_folder} ...")
    candidates = propose(forecast(read_estate(estate_folder), scenario))
    limit = time_limit_s or scenario.solver.time_for_each_s(points)
    settings = {"gap": gap, "time_limit_s": limit, "threads": workers, "seed": seed}
    found = envelopes(candidates, points, most, **settings, say=say, executor=executor)
    frame = envelopes_frame(candidates, found)
    today = next(each.programme for each in found if each.share == TODAY)
    if today is None:
        today = optimise(candidates, **settings)
    prices = price_list(candidates, today, **settings, say=say, executor=executor)
    rules = pd.DataFrame([[each.rule, each.programme.objective, each.least_gbp, each.most_gbp] for each in prices],
                         columns=["rule", "value_without_gbp", "price_least_gbp", "price_most_gbp"])
    plan = scenario.plan
    facts = {"trust": candidates.outlook.estate.trust["name"], "scenario": scenario.name,
             "first_year": plan.first_year, "last_year": plan.first_year + plan.years - 1,
             "price_base": plan.price_base, "backlog_now_gbp": float(candidates.outlook.by_year().backlog_gbp.iloc[0]),
             "notes": list(candidates.notes)}
    chosen = schemes_of_envelopes(candidates, found)
    frame, rules = frame.round(6), rules.round(2)
    write_frame(frame, folder / "envelopes.csv")
    write_frame(chosen, folder / "envelope_schemes.csv")
    write_frame(rules, folder / "rules.csv")
    write_json(facts, folder / "envelopes.json")
    save(draw_envelopes(frame, facts), folder / "envelopes.png")
    text = envelopes_text(frame, rules, facts)
    (folder / "envelopes.txt").write_text(text + "\n", encoding="utf-8")
    (folder / "explorer.html").write_text(explorer_html(Explored(frame, rules, chosen, facts)), encoding="utf-8")
    return text


def schemes_of_envelopes(candidates, found):
    """The schemes of every envelope's programme.

    Parameters
    ----------
    candidates : Candidates
    found : list of Envelope

    Returns
    -------
    DataFrame
        One row per envelope and scheme it starts: ``share_of_today`` [-], ``scheme_id, need, school_id, school_name,
        block_id, element, kind, description, start_year`` and ``cost_gbp``, what its pots pay for it over the plan
        (nominal). The costs of an envelope add up to what it spends.
    """
    names = candidates.outlook.estate.schools.set_index("school_id")["name"]
    schemes = candidates.schemes.set_index("scheme_id")
    columns = ["school_id", "block_id", "element", "kind", "description"]
    frames = [pd.DataFrame(columns=["share_of_today", "scheme_id", "need", "school_id", "school_name", *columns[1:],
                                    "start_year", "cost_gbp"])]
    for each in found:
        if each.programme is None:
            continue
        own = schemes.loc[sorted(each.programme.choice), [*columns, "exclusion_group"]].reset_index()
        own["need"] = own.exclusion_group.where(own.exclusion_group != "", own.scheme_id)
        own["school_name"] = own.school_id.map(names).fillna("the trust")
        own["start_year"] = own.scheme_id.map(each.programme.choice)
        paid = each.programme.draws.groupby("scheme_id").amount_gbp.sum()
        own["cost_gbp"] = own.scheme_id.map(paid).fillna(0.0).round(2)
        frames.append(own.assign(share_of_today=round(each.share, 6))[list(frames[0])])
    return pd.concat(frames[1:] or frames, ignore_index=True)


def envelopes_frame(candidates, found):
    """The envelopes as a table.

    Parameters
    ----------
    candidates : Candidates
    found : list of Envelope

    Returns
    -------
    DataFrame
        ``share_of_today`` [-], ``money_gbp`` and ``spent_gbp`` (nominal), ``schemes``, ``value_gbp`` and ``bound_gbp``
        (present value), ``gap`` [-], ``backlog_end_gbp`` (real), ``failures`` and ``pupil_days`` of the plan's years,
        ``value_per_further_gbp`` (value added for each pound more than the envelope before) and ``reason`` where no
        programme can be made.
    """
    outlook, rows = candidates.outlook, []
    for each in found:
        row = {"share_of_today": each.share, "money_gbp": each.money_gbp, "reason": each.reason}
        if each.programme is not None:
            years = outlook.by_year(outlook.course(treatments(each.programme)))
            plan = years.iloc[:-1]
            row |= {"spent_gbp": float(each.programme.draws.amount_gbp.sum()), "schemes": len(each.programme.choice),
                    "value_gbp": each.programme.objective, "bound_gbp": each.programme.bound, "gap": each.programme.gap,
                    "backlog_end_gbp": years.backlog_gbp.iloc[-1], "failures": plan.expected_failures.sum(),
                    "pupil_days": plan.expected_pupil_days.sum()}
        rows.append(row)
    columns = ["share_of_today", "money_gbp", "spent_gbp", "schemes", "value_gbp", "bound_gbp", "gap", "backlog_end_gbp",
               "failures", "pupil_days", "value_per_further_gbp", "reason"]
    frame = pd.DataFrame(rows).reindex(columns=columns)
    more = frame.money_gbp.diff()
    return frame.assign(value_per_further_gbp=np.where(more > 0, frame.value_gbp.diff() / more, np.nan))


def stress_folder(estate_folder, scenario_file, overlays, folder, gap, time_limit_s, seed=0, workers=1,
                  say=lambda text: None, executor=None):
    """Put the programme of an estate under each red-team shock and write what breaks first.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``stress.csv``, ``unpaid.csv`` and ``stress.txt``.
    gap, time_limit_s : float or None
        For each programme; left out: the scenario's.
    seed, workers : int
        Seed and threads of the solver.
    say : callable
        Told what is being done.
    executor : executor, optional
        Where programmes are sent to be found, as ``machines.spread`` takes it; left out: nowhere.

    Returns
    -------
    str
        What was found, for a screen.
    """
    scenario, estate = read_scenario(scenario_file, *overlays), read_estate(estate_folder)
    settings = {"gap": gap, "time_limit_s": time_limit_s, "threads": workers, "seed": seed}
    say("The programme as planned ...")
    planned = optimise(propose(forecast(estate, scenario)), **settings)
    teams = [read_scenario(path) for path in sorted(shipped.folder("scenarios").glob("redteam_*.toml"))]
    say(f"{len(teams)} shocks: {', '.join(team.name for team in teams)} ...")
    found = spread(_under_shock, [(planned, team.name, team.shocks, settings) for team in teams], executor,
                   lambda done: say(f"{teams[done - 1].description} ({done} of {len(teams)})"))
    short = {each.name: each.unpaid_gbp for each, _ in found}
    frame = pd.DataFrame([_stress_row(planned, each, team.description, notes)
                          for team, (each, notes) in zip(teams, found, strict=True)])
    write_frame(frame.round(2), folder / "stress.csv")
    write_frame(pd.DataFrame(short).fillna(0.0).round(2).rename_axis("year").reset_index(), folder / "unpaid.csv")
    text = stress_text(estate.trust["name"], scenario.name, planned, frame)
    (folder / "stress.txt").write_text(text + "\n", encoding="utf-8")
    return text


def _under_shock(planned, name, shocks, settings):
    """A programme under one shock, and what has to be said of the money."""
    outlook = planned.candidates.outlook
    shocked = propose(forecast(outlook.estate, outlook.scenario.model_copy(update={"shocks": shocks})))
    return stress(planned, name, shocked, **settings), shocked.money.shock_notes


def _stress_row(planned, found, description, notes):
    again = found.replanned.choice if found.replanned else {}
    moved = sum(again.get(scheme) != year for scheme, year in planned.choice.items()) if again else None
    return {"shock": found.name, "description": description, "breaks_in": found.breaks_in,
            "unpaid_gbp": float(found.unpaid_gbp.sum()), "schemes_left_out": len(found.left_out),
            "value_planned_gbp": planned.objective, "value_kept_gbp": found.value_kept_gbp,
            "value_replanned_gbp": found.replanned.objective if found.replanned else None,
            "gap_replanned": found.replanned.gap if found.replanned else None, "schemes_moved": moved,
            "reason": found.reason, "note": " ".join(notes)}
