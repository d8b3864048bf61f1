"""Explaining a results folder: its candidates and its programme read back, everything else solved again."""

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from .candidates import read_candidates
from .errors import DataError, Fault
from .programme.alternatives import in_share, near_optimal
from .programme.core_index import core_index
from .programme.explain import base_programme, explain_scheme
from .programme.rule_prices import rule_prices
from .programme.shadow import check_worth, worth_of_more
from .programme.what_if import Desk
from .report.explain import change_sentence, explanation_text, loss_sentence, swap_sentence, verdict
from .report.overview import overview_text
from .tabular import read_cells, write_frame, write_json

STEP_GBP = 100_000.0
OVERVIEW_GAP = 1e-4
A_FOLDER = "a results folder, as capplan run or capplan optimise writes it"


def read_programme(folder):
    """The candidates and the programme of a results folder.

    Parameters
    ----------
    folder : str or Path
        As ``capplan run`` or ``capplan optimise`` writes it.

    Returns
    -------
    tuple of (Candidates, dict, dict)
        The candidates, scheme to start year, and what stands in ``solution.json``.

    Raises
    ------
    DataError
        With everything that is missing or does not fit.
    """
    folder = Path(folder)
    wanted = {"candidates": folder / "candidates", "schemes.csv": folder / "schemes.csv",
              "solution.json": folder / "solution.json"}
    missing = [Fault(name, None, "", "no such file or folder", f"there: {A_FOLDER}") for name, path in wanted.items()
               if not path.exists()] if folder.is_dir() else [Fault(str(folder), None, "", "no such folder", A_FOLDER)]
    if missing:
        raise DataError(missing)
    candidates = read_candidates(wanted["candidates"])
    choice = _choice(wanted["schemes.csv"], candidates)
    try:
        solution = json.loads(wanted["solution.json"].read_text(encoding="utf-8"))
    except ValueError:
        raise DataError([Fault("solution.json", None, "", "no JSON", A_FOLDER)]) from None
    return candidates, choice, solution if isinstance(solution, dict) else {}


def _choice(path, candidates):
    cells, faults = read_cells(path)
    if cells is not None and not {"scheme_id", "start_year"} <= set(cells):
        faults = [*faults, Fault(path.name, None, "", "no scheme_id or no start_year", A_FOLDER)]
    if faults:
        raise DataError(faults)
    listed = set(zip(candidates.scheme_years.scheme_id, candidates.scheme_years.start_year, strict=True))
    choice = {}
    for row, scheme, text in zip(cells.index, cells.scheme_id, cells.start_year, strict=True):
        if not str(text).strip():
            continue
        year = int(float(text)) if str(text).strip().removesuffix(".0").lstrip("-").isdigit() else None
        if (scheme, year) not in listed:
            faults.append(Fault(path.name, int(row), "start_year", f"{scheme} in {text}",
                                "a start year of that scheme in candidates/scheme_years.csv"))
        choice[scheme] = year
    if faults:
        raise DataError(faults)
    return choice


def explain_one(results, scheme, time_limit_s=None, workers=1, seed=0, say=lambda text: None):
    """Explain one scheme of a results folder.

    Parameters
    ----------
    results : str or Path
        The results folder.
    scheme : str
        The scheme.
    time_limit_s : float, optional
        Time for each solve; left out: by the size of the model. [s]
    workers, seed : int
        Threads and seed of the solver.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict, DataFrame)
        For a screen, for JSON, and for ``explain.csv``: one row for each statement.
    """
    candidates, choice, solution = read_programme(results)
    say(f"{candidates}")
    told = explain_scheme(candidates, choice, scheme, solution.get("bound"), solution.get("gap"), time_limit_s, workers,
                          seed, say)
    in_pounds = "price_base" in solution
    schemes = candidates.schemes.set_index("scheme_id")
    description = str(schemes.description[scheme]) if "description" in schemes else ""
    text = explanation_text(told, description, in_pounds)
    return text, explanation_facts(told), statements_frame(told, in_pounds)


def explanation_facts(told):
    """An explanation as plain values for JSON; what is not finite is left blank.

    Parameters
    ----------
    told : Explanation

    Returns
    -------
    dict
    """
    facts = {name: getattr(told, name) for name in ("scheme", "start_year", "binding", "lost", "least", "most", "near_least",
                                                    "near_most", "better", "otherwise", "free", "whole", "solved")}
    facts |= {"decision": "in" if told.start_year is not None else "out", "because": list(told.because),
              "paid": told.paid.to_dict("records"),
              "elsewhere": {str(year): price for year, price in told.elsewhere.items()},
              "changes": [asdict(change) for change in told.changes],
              "difference": None if told.difference is None else asdict(told.difference)}
    return _finite(facts)


def statements_frame(told, in_pounds):
    """An explanation as a table, one row for each statement.

    Parameters
    ----------
    told : Explanation
    in_pounds : bool
        Whether value is pounds of loss avoided.

    Returns
    -------
    DataFrame
        ``scheme_id, decision, start_year, statement`` (``why``, ``lost``, ``instead`` or the kind of change), ``pot_id``,
        ``amount`` (share for ``spend``, pounds for ``money``, value for ``value`` and ``lost``, a year for ``start``),
        ``not_enough``, ``least`` and ``most`` (proved bounds), ``checked`` (by solving again) and ``text``.
    """
    rows = [["why", "", None, None, None, None, "yes", verdict(told, in_pounds)],
            ["lost", "", told.lost, None, told.least, told.most, "yes", loss_sentence(told, in_pounds)],
            ["instead", "", None, None, None, None, "yes", swap_sentence(told)]]
    rows += [[change.kind, change.pot_id, change.amount, change.short, None, None, "yes" if change.found else "not found",
              change_sentence(told, change, in_pounds)] for change in told.changes]
    frame = pd.DataFrame(rows, columns=["statement", "pot_id", "amount", "not_enough", "least", "most", "checked", "text"])
    for place, (name, value) in enumerate((("scheme_id", told.scheme),
                                           ("decision", "in" if told.start_year is not None else "out"),
                                           ("start_year", told.start_year))):
        frame.insert(place, name, value)
    return frame.replace([float("inf")], None)


def write_explanation(folder, text, facts, **frames):
    """Write an explanation: ``explain.txt``, ``explain.json`` and the tables by name.

    Parameters
    ----------
    folder : Path
        An existing folder.
    text : str
        For a reader.
    facts : dict
        For JSON.
    frames : DataFrame
        Tables by the name of their file.
    """
    (folder / "explain.txt").write_text(text + "\n", encoding="utf-8")
    write_json(facts, folder / "explain.json")
    for name, frame in frames.items():
        write_frame(frame, folder / f"{name}.csv")


def explain_all(results, samples=None, time_limit_s=None, workers=1, seed=0, say=lambda text: None,
                executor=None):
    """Explain the whole programme of a results folder: rules, money, alternatives, core index.

    Parameters
    ----------
    results : str or Path
        The results folder.
    samples : int, optional
        Futures for the core index; left out: by the size of the model.
    time_limit_s : float, optional
        Time for each solve; left out: by the size of the model. [s]
    workers, seed : int
        Threads of the solver; seed of the solver and of the futures.
    say : callable
        Told what is being done.
    executor : executor, optional
        Where futures of the core index are sent, as ``machines.spread`` takes it; left out: nowhere.

    Returns
    -------
    tuple of (str, dict, dict of str to DataFrame)
        For a screen, for JSON, and the tables ``explain`` (rules and money), ``alternatives`` and ``core_index``.
    """
    candidates, choice, solution = read_programme(results)
    say(f"{candidates}")
    desk = Desk(candidates, choice, time_limit_s=time_limit_s, threads=workers, seed=seed)
    desk.gap = OVERVIEW_GAP
    base = base_programme(desk, choice, solution.get("bound"))
    rules = rule_prices(desk, base, say)
    say("What more money is worth ...")
    shadow = worth_of_more(candidates, STEP_GBP)
    checked = check_worth(desk, base, shadow, STEP_GBP)
    plans = near_optimal(candidates, choice, time_limit_s=time_limit_s, threads=workers, seed=seed, say=say)
    core = core_index(candidates, choice, samples, workers, seed, say, executor)
    shares = in_share(candidates, [choice, *(plan.choice for plan in plans)])
    in_pounds = "price_base" in solution
    text = overview_text(base, rules, checked, plans, shares, core, in_pounds)
    frames = {"explain": _rules_and_money(rules, checked),
              "alternatives": _alternatives_frame(candidates, choice, plans, shares), "core_index": core.schemes}
    facts = {"value": base.value, "ceiling": base.ceiling, "rules": [asdict(price) for price in rules],
             "money": _records(checked),
             "alternatives": [{"value": plan.value, "changed_share": plan.changed_share, "schemes": len(plan.choice)}
                              for plan in plans],
             "samples": core.samples, "without_plan": core.without_plan, "largest_gap": core.gap,
             "core": core.schemes.core.value_counts().to_dict(), "core_index": _records(core.schemes)}
    return text, _finite(facts), frames


def _rules_and_money(rules, shadow):
    """Prices of rules, then of money, as one table."""
    rows = [["rule", price.rule, None, None, price.gain, price.least, price.most] for price in rules]
    rows += [["money", row.pot_id or "any works", row.first_year, row.last_year, row.worth_found, row.worth_least,
              row.worth if row.worth == row.worth else row.worth_at_most] for row in shadow.itertuples()]
    frame = pd.DataFrame(rows, columns=["statement", "name", "first_year", "last_year", "worth", "least", "most"])
    return frame.astype({"first_year": "Int64", "last_year": "Int64"}).replace([float("inf")], None)


def _alternatives_frame(candidates, choice, plans, shares):
    """Each scheme with its share of the plans and its start year in each of them."""
    frame = pd.DataFrame({"scheme_id": candidates.schemes.scheme_id, "in_share": shares.to_numpy(),
                          "programme": candidates.schemes.scheme_id.map(choice)})
    for number, plan in enumerate(plans, 1):
        frame[f"plan_{number}"] = frame.scheme_id.map(plan.choice)
    return frame.astype({name: "Int64" for name in frame if name == "programme" or name.startswith("plan_")})


def _records(frame):
    return json.loads(frame.replace([float("inf"), float("-inf")], None).to_json(orient="records"))


def _finite(value):
    """The same with what is not finite left blank, however deep."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not abs(value) < float("inf") else value
