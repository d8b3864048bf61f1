"""The whole job about bids, as the command line runs it: from an estate folder to a folder of what each is worth."""

import json

import numpy as np
import pandas as pd

from .bid_checks import bid_sentences
from .candidates import propose, with_bids
from .errors import CapplanError, DataError, Fault
from .estate import read_estate
from .outlook import forecast
from .programme.lottery import BEST, LOST, WON, lottery
from .programme.outcomes import Bid
from .report.bids import bids_text
from .report.words import year_label
from .runs import write_choice
from .scenario import read_scenario
from .tabular import write_frame, write_json

NO_BIDS = Fault("bids.csv", None, "", "no such file or no rows", "a row for each bid the trust may make (see the "
                "data dictionary)")


def bids_folder(estate_folder, scenario_file, overlays, folder, replicates=200, tail_weight=0.0, gap=None, time_limit_s=None,
                seed=0, workers=1, say=lambda text: None):
    """Weigh the bids of an estate and write what was found.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``bids.csv``, ``outcomes.csv``, ``plans.csv``, ``first_stage.csv``, ``checks.csv``,
        ``lottery.json``, ``bids.txt``, and the programmes ``all_lost`` and ``most_likely`` as ``capplan optimise`` writes
        them.
    replicates : int
        Outcomes to draw where there are more than six bids.
    tail_weight : float
        Part of the judgement that looks at the worst tenth of outcomes only. [-]
    gap, time_limit_s : float or None
        For each programme; left out: the scenario's. [-], [s]
    seed, workers : int
        Seed of the draws and the solver, and threads of the solver.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict)
        What was found, for a screen, and the figures behind it, ready for JSON.

    Raises
    ------
    DataError
        If the estate has no bids, or they break the rules of their route.
    CapplanError
        If none of them can help this plan.
    """
    scenario, estate = read_scenario(scenario_file, *overlays), read_estate(estate_folder)
    if not len(estate.bids):
        raise DataError([NO_BIDS])
    say(f"{estate}\nForecasting {scenario.plan.years} years ...")
    candidates, frame, notes = with_bids(propose(forecast(estate, scenario)))
    if not len(frame):
        raise CapplanError(" ".join(["No bid can help this plan.", *notes]))
    bids = [Bid(row.bid_id, row.scheme_id, row.bid_id, row.odds) for row in frame.itertuples()]
    settings = {"gap": gap, "time_limit_s": time_limit_s, "threads": workers}
    found = lottery(candidates, bids, replicates, seed, tail_weight, say=say,
                    **{name: value for name, value in settings.items() if value is not None})
    checks = pd.DataFrame([[bid, sentence] for _, bid, sentence in bid_sentences(estate.bids, estate.schools)],
                          columns=["bid_id", "sentence"])
    tables = {"bids": bids_frame(frame, found), "outcomes": outcomes_frame(found), "plans": found.frame().round(2),
              "first_stage": _first_stage(candidates, found), "checks": checks}
    for name, table in tables.items():
        write_frame(table, folder / f"{name}.csv")
    facts = _facts(estate, scenario, found, tables, notes, seed)
    write_json(facts, folder / "lottery.json")
    for name, programme in (("all_lost", found.all_lost), ("most_likely", found.most_likely)):
        if programme is not None:
            (folder / name).mkdir()
            write_choice(programme, folder / name, seed)
    text = bids_text(facts, tables)
    (folder / "bids.txt").write_text(text + "\n", encoding="utf-8")
    return text, facts


def bids_frame(frame, found):
    """The bids with what was found of each.

    Parameters
    ----------
    frame : DataFrame
        As ``candidates.with_bids`` gives it.
    found : Lottery

    Returns
    -------
    DataFrame
        Its columns, ``schemes`` as their number, and ``make`` (yes or no), ``worth_gbp`` (mean value with it less without,
        present), ``flips_at`` (odds from which on it is made; blank: never). [GBP], [-]
    """
    worth = {each.bid.bid_id: each for each in found.worths}
    rows = [worth[name] for name in frame.bid_id]
    return frame.drop(columns="scheme_id").assign(
        odds=frame.odds.round(6), score_points=frame.score_points.round(2),
        score_with_match_most_points=frame.score_with_match_most_points.round(2),
        schemes=frame.schemes.str.count(";") + 1, make=["yes" if each.make else "no" for each in rows],
        worth_gbp=[_sum(each.worth_gbp) for each in rows], flips_at=[round(each.flips_at, 4) for each in rows])


def outcomes_frame(found):
    """Every outcome, how likely it is and what each plan is worth under it.

    Parameters
    ----------
    found : Lottery

    Returns
    -------
    DataFrame
        ``won`` (bids that would be won, were they made, separated by ``;``), ``probability`` [-], ``value_gbp`` of the best
        first stage, ``as_if_won_gbp``, ``as_if_lost_gbp`` and ``known_beforehand_gbp`` (present). Blank: no programme keeps
        the rules.
    """
    names, sums = [bid.bid_id for bid in found.bids], {"value_gbp": BEST, "as_if_won_gbp": WON, "as_if_lost_gbp": LOST}
    frame = pd.DataFrame({
        "won": [";".join(name for name, is_won in zip(names, won, strict=True) if is_won) for won in found.outcomes.won],
        "probability": found.outcomes.weight.round(6),
        **{column: found.values[found.plans[plan]] for column, plan in sums.items()},
        "known_beforehand_gbp": found.perfect})
    frame = frame.replace(-np.inf, np.nan)
    return frame.round({column: 2 for column in frame if column.endswith("_gbp")})


def _first_stage(candidates, found):
    """Works that the best first stage starts before outcomes are known."""
    starts = dict(found.best.starts)
    schemes = candidates.schemes[candidates.schemes.scheme_id.isin(starts)]
    return schemes[["scheme_id", "school_id", "description"]].assign(
        start_year=schemes.scheme_id.map(starts).astype("Int64")).sort_values(["start_year", "scheme_id"])


def _facts(estate, scenario, found, tables, notes, seed):
    """The figures behind the screen."""
    weight, worth = found.outcomes.weight, found.values[found.best]
    spread = np.sqrt(max(0.0, float(weight @ (worth - worth @ weight) ** 2)))
    drawn = found.outcomes.drawn
    rounds = sorted(set(tables["bids"].first_year))
    if len(rounds) > 1:
        notes = [*notes, "Bids of several rounds: every outcome is taken as known from "
                 f"{year_label(found.known_from)} on, which makes the later ones look a little better than they are."]
    return {"trust": estate.trust["name"], "scenario": scenario.name, "price_base": scenario.plan.price_base, "seed": seed,
            "known_from": found.known_from, "outcomes": len(weight), "drawn": drawn, "tail_weight": found.tail_weight,
            "every_first_stage": found.every_first_stage, "make": sorted(found.best.bids),
            "mean_gbp": found.mean_gbp, "standard_error_gbp": spread / np.sqrt(drawn) if drawn else 0.0,
            "within_gbp": found.within_gbp, "perfect_information_gbp": found.perfect_information_gbp,
            "perfect_information_most_gbp": float(found.perfect_bound @ weight) - found.mean_gbp,
            "stochastic_gbp": _sum(found.stochastic_gbp), "notes": list(notes),
            "bids": json.loads(tables["bids"].to_json(orient="records")),
            "plans": json.loads(tables["plans"].to_json(orient="records"))}


def _sum(value):
    """A sum to the penny, or None where it is not finite."""
    return round(float(value), 2) if np.isfinite(value) else None
