"""The whole job about many futures, as the command line runs it: programmes that bear them, judged on futures never seen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from . import shipped
from .candidates import propose
from .errors import AuditError
from .estate import read_estate
from .many_futures import many_futures
from .outlook import forecast
from .programme import optimise
from .programme.audit import audit
from .programme.delivery import deliver
from .programme.instance import instance, total_value
from .programme.outcomes import TAIL_SHARE
from .programme.payments import draws as pay
from .programme.regret import regret_table
from .programme.robust import robust, score_of
from .report.results import read_results
from .report.robust import robust_html, robust_text
from .report.summary import FOR_FUTURES, summary_html
from .report.words import money
from .runs import write_results
from .scenario import read_scenario
from .tabular import write_frame, write_json

EXPECTED, AVERAGE, CAREFUL = "as expected", "best on average", "careful"
FOLDERS = {AVERAGE: "average", CAREFUL: "careful"}


def robust_folder(estate_folder, scenario_file, overlays, folder, futures=50, fresh=100, tail_weight=0.5, against=(),
                  gap=None, time_limit_s=None, seed=0, workers=1, say=lambda text: None):
    """Choose programmes over many futures, judge them and the rules of thumb on fresh ones, and write what was found.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``plans.csv``, ``futures.csv``, ``programmes.csv``, ``regret.csv``, ``robust.json``,
        ``robust.txt``, ``robust.html``, and the results folders ``average`` and ``careful``.
    futures, fresh : int
        Futures that programmes are chosen over, and others that all are judged on.
    tail_weight : float
        Part of the judgement of the careful programme that looks at the worst tenth of futures only. [-]
    against : sequence of (str or Path)
        Scenarios for the table of regrets; none: the red-team shocks on top of this scenario.
    gap, time_limit_s : float or None
        For each programme; left out: the scenario's. [-], [s]
    seed, workers : int
        Seed of the futures and the solver; threads of the solver.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict)
        What was found, for a screen, and what stands in ``robust.json``.
    """
    scenario = read_scenario(scenario_file, *overlays)
    worlds = [read_scenario(path) for path in against]
    estate = read_estate(estate_folder)
    settings = {"gap": gap, "time_limit_s": time_limit_s, "threads": workers, "seed": seed}
    candidates = propose(forecast(estate, scenario))
    say(f"{candidates}\nThe programme as expected ...")
    expected = optimise(candidates, **settings)
    say(f"Drawing {futures + fresh} futures ...")
    sample = many_futures(candidates, futures + fresh, seed)
    seen, unseen = sample.part(np.arange(futures)), sample.part(np.arange(futures, futures + fresh))
    found = {name: robust(candidates, seen, expected.choice, weight, say=say, **settings)
             for name, weight in ((AVERAGE, 0.0), (CAREFUL, tail_weight))}
    choices = {EXPECTED: expected.choice, **{name: each.choice for name, each in found.items()},
               **{rule.rule: rule.choice for rule in expected.rules}}
    judged = _judged(candidates, choices, {"chosen over": seen, "fresh": unseen}, say)
    regrets = regret_table(choices, dict(_worlds(estate, scenario, worlds)), sample.must_weight, say, **settings)
    plans = plans_frame(candidates, expected, choices, judged, regrets)
    facts = _facts(candidates, expected, found, plans, {"futures": futures, "fresh": fresh, "seed": seed,
                                                        "tail_weight": tail_weight})
    _write(folder, plans, judged, regrets, choices, candidates)
    for name, each in found.items():
        _write_programme(carried(expected, each.choice, f"{name} of {futures} futures"), Path(folder) / FOLDERS[name], seed)
    write_json(facts, folder / "robust.json")
    (folder / "robust.html").write_text(robust_html(plans, judged, regrets, facts), encoding="utf-8")
    text = robust_text(plans, regrets, facts)
    (folder / "robust.txt").write_text(text + "\n", encoding="utf-8")
    return text, facts


def _worlds(estate, scenario, against):
    """Name and candidates of each future with a name."""
    if against:
        yield from ((other.name, propose(forecast(estate, other))) for other in against)
        return
    for path in sorted(shipped.folder("scenarios").glob("redteam_*.toml")):
        team = read_scenario(path)
        yield team.name, propose(forecast(estate, scenario.model_copy(update={"shocks": team.shocks})))


def carried(programme, choice, found_by):
    """Another choice from the same candidates as a programme: paid for, its bound that of the programme.

    Parameters
    ----------
    programme : Programme
    choice : dict
        Scheme to start year; it keeps every rule of the candidates.
    found_by : str
        How it was found.

    Returns
    -------
    Programme
        Its status says that it was chosen for many futures, a note what it is worth less than the other as expected.

    Raises
    ------
    AuditError
        Where plain arithmetic disagrees with it (a defect).
    """
    candidates, inst = programme.candidates, instance(programme.candidates)
    value, draws = total_value(inst, choice), pay(inst, choice)
    wrong = audit(candidates, choice, draws, value)
    if wrong:
        raise AuditError("The audit does not accept the programme (a defect; please report it): " + "; ".join(wrong[:10]))
    note = (f"Chosen over many futures ({found_by}), not for what is expected alone: expected, it avoids "
            f"{money(max(0.0, programme.objective - value))} less than the programme chosen for that (capplan robust).")
    answer = replace(programme.answer, choice=choice, objective=value, bound=max(value, programme.bound), status=FOR_FUTURES)
    return replace(programme, candidates=replace(candidates, notes=(note, *candidates.notes)), choice=choice, draws=draws,
                   answer=answer, found_by=found_by)


def _write_programme(programme, folder, seed):
    folder.mkdir()
    write_results(programme, folder, seed)
    (folder / "summary.html").write_text(summary_html(read_results(folder)), encoding="utf-8")


def _judged(candidates, choices, samples, say):
    """Every programme in every future: ``plan, futures, future, value_gbp, put_off_gbp, undone_gbp``."""
    inst, pieces = instance(candidates), []
    for plan, choice in choices.items():
        say(f"Carrying out the programme {plan} ...")
        for name, sample in samples.items():
            done = deliver(inst, sample, choice)
            pieces.append(pd.DataFrame({"plan": plan, "futures": name, "future": range(1, sample.count + 1),
                                        "value_gbp": done.value, "put_off_gbp": done.put_off_gbp,
                                        "undone_gbp": done.undone_gbp}))
    return pd.concat(pieces, ignore_index=True)


def plans_frame(candidates, expected, choices, judged, regrets):
    """The programmes side by side, on the same money and the same futures.

    Parameters
    ----------
    candidates : Candidates
    expected : Programme
        The programme as expected, which the gains are over.
    choices : dict
        Name to a programme, scheme to start year.
    judged, regrets : DataFrame
        Every programme in every future, and in every future with a name.

    Returns
    -------
    DataFrame
        ``plan, keeps_rules`` (yes or no), ``schemes, expected_gbp``; over the futures it was chosen over ``mean_seen_gbp``
        and ``tail_seen_gbp`` (mean of the worst tenth); over fresh ones ``mean_gbp, standard_error_gbp, p10_gbp, tail_gbp,
        worst_gbp, put_off_gbp, undone_gbp, gain_gbp`` (over the programme as expected, future by future) and
        ``gain_error_gbp`` (its standard error); ``regret_most_gbp`` and ``regret_in``.
    """
    inst, broken = instance(candidates), {rule.rule for rule in expected.rules if not rule.feasible}
    values = {key: own.value_gbp.to_numpy() for key, own in judged.groupby(["plan", "futures"], sort=False)}
    means = judged[judged.futures == "fresh"].groupby("plan")[["put_off_gbp", "undone_gbp"]].mean()
    rows = []
    for plan, choice in choices.items():
        seen, fresh = values[plan, "chosen over"], values[plan, "fresh"]
        gain, own = fresh - values[EXPECTED, "fresh"], regrets[regrets.plan == plan]
        worst = own.loc[own.regret_gbp.idxmax()] if len(own) else None
        rows.append([plan, "no" if plan in broken else "yes", len(choice), total_value(inst, choice), seen.mean(),
                     score_of(seen, 1.0), fresh.mean(), _error(fresh), np.quantile(fresh, TAIL_SHARE), score_of(fresh, 1.0),
                     fresh.min(), means.put_off_gbp[plan], means.undone_gbp[plan], gain.mean(), _error(gain),
                     np.nan if worst is None else worst.regret_gbp, "" if worst is None else worst.scenario])
    return pd.DataFrame(rows, columns=[
        "plan", "keeps_rules", "schemes", "expected_gbp", "mean_seen_gbp", "tail_seen_gbp", "mean_gbp", "standard_error_gbp",
        "p10_gbp", "tail_gbp", "worst_gbp", "put_off_gbp", "undone_gbp", "gain_gbp", "gain_error_gbp", "regret_most_gbp",
        "regret_in"])


def _error(values):
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def _facts(candidates, expected, found, plans, asked):
    """The figures behind the screen."""
    scenario, own = candidates.outlook.scenario, plans.set_index("plan")
    chosen = own.mean_seen_gbp[EXPECTED]
    return {"trust": candidates.outlook.estate.trust["name"], "scenario": scenario.name, **asked,
            "price_base": scenario.plan.price_base, "money_gbp": float(candidates.pots.amount.sum()),
            "gap_expected": expected.gap, "gap_average": found[AVERAGE].gap, "gap_careful": found[CAREFUL].gap,
            "stochastic_seen_gbp": found[AVERAGE].score - chosen, "stochastic_most_gbp": found[AVERAGE].bound - chosen,
            "stochastic_gbp": float(own.gain_gbp[AVERAGE]), "stochastic_error_gbp": float(own.gain_error_gbp[AVERAGE]),
            "careful_tail_gbp": float(own.tail_gbp[CAREFUL] - own.tail_gbp[EXPECTED]),
            "changed_average": _changed(expected.choice, found[AVERAGE].choice),
            "changed_careful": _changed(expected.choice, found[CAREFUL].choice),
            "plans": plans.astype(object).where(plans.notna(), None).to_dict("records"), "notes": list(candidates.notes)}


def _changed(choice, other):
    """How many schemes start in another year, or in one of the two programmes only."""
    return sum(choice.get(scheme) != other.get(scheme) for scheme in choice.keys() | other.keys())


def _write(folder, plans, judged, regrets, choices, candidates):
    write_frame(plans.round(2), folder / "plans.csv")
    write_frame(judged.round(2), folder / "futures.csv")
    write_frame(regrets.round(2), folder / "regret.csv")
    schemes = candidates.schemes
    starts = pd.DataFrame({plan: schemes.scheme_id.map(choice).astype("Int64") for plan, choice in choices.items()})
    write_frame(pd.concat([schemes[["scheme_id", "school_id", "description"]], starts], axis=1), folder / "programmes.csv")
