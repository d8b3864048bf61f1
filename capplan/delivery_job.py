"""The whole job of ``capplan simulate``: a programme's delivery in many futures, and other policies in the same ones."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from .candidates import CONTRIBUTIONS, Candidates, read_candidates
from .errors import DataError, Fault
from .programme.instance import Instance, instance
from .programme.payments import draws as pay
from .programme.rules_of_thumb import by_rule
from .reference import load
from .report.results import Results, read_results
from .scenario import Scenario, read_scenario
from .simulation import delivery_figures as figures
from .simulation.delivery_futures import Failures, Odds, emergencies_in, failures_of, futures_of, odds_of, works_that_end
from .simulation.delivery_plan import Policy, delivery_plan
from .simulation.delivery_runs import run_futures
from .tabular import read_cells, write_frame, write_json

TABLES = ("futures", "years", "schemes", "pots", "policies", "assumptions")
BATCH, ENOUGH_SHARE = 100, 100.0
AS_PLANNED, WORST_FIRST, ENOUGH = "as planned", "worst first", "no end of contingency"
COMPONENT_COLUMNS = ("site_id", "block_id", "element", "fails_in_first_year", "cost_to_a_gbp")


@dataclass(frozen=True)
class Delivery:
    """A results folder as its delivery is simulated from it."""

    results: Results = field(repr=False)
    candidates: Candidates = field(repr=False)
    inst: Instance = field(repr=False)
    scenario: Scenario = field(repr=False)
    odds: Odds = field(repr=False)
    failures: Failures = field(repr=False)

    def run(self, policy, replicates, seed, executor=None, say=lambda text: None, skip=0):
        """A policy in futures ``skip`` to ``replicates``: its plan and their outturns."""
        plan = delivery_plan(self.candidates, self.inst, self.scenario, policy)
        met = emergencies_in(self.failures, plan.calendar, plan.tender_factors, replicates, seed)
        ends = works_that_end(self.failures, plan, self.candidates.schemes)
        futures = futures_of(plan, self.odds, self.scenario, replicates, seed, met, ends)[skip:]
        return plan, run_futures(plan, futures, executor, lambda done: say(
            f"{policy.name}: {skip + done:,} of {replicates:,} futures"))

    def value_of(self, name, year):
        """What works are worth that start in a year; as in the last year before it that was looked at, if it was not."""
        first = self.scenario.plan.first_year
        for start in range(first + year, first - 1, -1):
            if (name, start) in self.inst.starts:
                return self.inst.starts[name, start].value
        return 0.0


def read_delivery(folder):
    """Everything the simulation needs of a results folder.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Delivery

    Raises
    ------
    DataError
        With all that is missing or unreadable.
    """
    folder = Path(folder)
    results, faults = read_results(folder), []
    components, own = _components(folder / "components.csv")
    faults += own
    if not (folder / "scenario.toml").is_file():
        faults.append(Fault("scenario.toml", None, "", "no such file", "there; capplan run writes it"))
    candidates = None
    try:
        candidates = read_candidates(folder / "candidates")
    except DataError as error:
        faults += error.faults
    if faults:
        raise DataError(faults)
    scenario = read_scenario(folder / "scenario.toml")
    known = set(candidates.schemes.scheme_id)
    faults = [Fault("schemes.csv", int(row) + 2, "scheme_id", repr(name), "a scheme of candidates/schemes.csv")
              for row, name in results.funded.scheme_id.items() if name not in known]
    if faults:
        raise DataError(faults)
    return Delivery(results, candidates, instance(candidates), scenario, odds_of(candidates, scenario),
                    failures_of(components, results.outlook, scenario))


def _components(path):
    if not path.is_file():
        return None, [Fault(path.name, None, "", "no such file", "there; capplan run writes it")]
    cells, faults = read_cells(path)
    if cells is None:
        return None, faults
    faults = [*faults, *(Fault(path.name, 1, name, "no such column", "there; capplan run writes it")
                         for name in COMPONENT_COLUMNS if name not in cells)]
    frame = cells[[name for name in COMPONENT_COLUMNS if name in cells]].copy()
    for name in frame.columns.intersection(COMPONENT_COLUMNS[3:]):
        numbers = pd.to_numeric(cells[name], errors="coerce")
        faults += [Fault(path.name, int(row), name, repr(cells[name][row]), "a number of at least 0")
                   for row in cells.index[~(np.isfinite(numbers) & (numbers >= 0))]]
        frame[name] = numbers
    return frame, faults


def simulate_folder(results_folder, folder, replicates=None, seed=0, executor=None, say=lambda text: None):
    """Simulate the delivery of a programme and of other policies, and write what was found.

    Parameters
    ----------
    results_folder : str or Path
        As ``capplan run`` writes it.
    folder : Path
        An existing folder: ``futures.csv``, ``years.csv``, ``schemes.csv``, ``pots.csv``, ``policies.csv``,
        ``assumptions.csv``, ``simulation.json``, ``simulation.txt`` and ``simulation.html``.
    replicates : int, optional
        Futures; left out: as many as the scenario's precision asks for.
    seed : int
    executor : executor, optional
        Where futures are sent; left out: nowhere.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict)
        What was found, for a screen, and what stands in ``simulation.json``.
    """
    from .report.delivery import delivery_html, delivery_text
    say(f"Reading {results_folder} ...")
    own = read_delivery(results_folder)
    base = _as_planned(own)
    plan, outturns = _enough_futures(own, base, replicates, seed, executor, say)
    met = figures.futures_frame(plan, outturns, own.value_of, own.results.reserves)
    policies, sure_gbp = _policies(own, base, met, seed, executor, say)
    tables = {"futures": met, "years": figures.years_frame(plan, outturns, own.results.reserves),
              "schemes": figures.schemes_frame(plan, outturns), "pots": figures.pots_frame(plan, outturns),
              "policies": policies, "assumptions": assumptions(own.scenario)}
    facts = _facts(own, plan, tables, sure_gbp, seed)
    for name, frame in tables.items():
        write_frame(frame.round(4 if name == "assumptions" else 3), Path(folder) / f"{name}.csv")
    write_json(facts, Path(folder) / "simulation.json")
    text = delivery_text(tables, facts)
    (Path(folder) / "simulation.txt").write_text(text + "\n", encoding="utf-8")
    (Path(folder) / "simulation.html").write_text(delivery_html(tables, facts), encoding="utf-8")
    return text, facts


def simulated_tables(folder):
    """The tables of a folder that ``simulate_folder`` wrote.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    dict of DataFrame
        ``futures``, ``years``, ``schemes``, ``pots``, ``policies`` and ``assumptions``.
    """
    return {name: pd.read_csv(Path(folder) / f"{name}.csv").fillna({"waits_for": "", "school_id": ""}) for name in TABLES}


def _as_planned(own):
    """The programme of the folder under the scenario's own rules."""
    funded, rules = own.results.funded, own.scenario.delivery
    return Policy(AS_PLANNED, dict(zip(funded.scheme_id, funded.start_year.astype(int), strict=True)), own.results.draws,
                  rules.contingency_share, rules.package_trades)


def _enough_futures(own, policy, replicates, seed, executor, say):
    """The programme in as many futures as are asked for, or as the precision asks for."""
    rules = own.scenario.delivery
    if replicates is not None:
        return own.run(policy, replicates, seed, executor, say)
    outturns = []
    while True:
        count = min(len(outturns) + BATCH, rules.most_futures)
        plan, more = own.run(policy, count, seed, executor, say, len(outturns))
        outturns += more
        cost = [sum(found.cost_gbp) + sum(sum_gbp for _, sum_gbp in found.emergencies) for found in outturns]
        if count >= rules.most_futures or figures.half_width(cost) <= rules.precision_share * abs(np.mean(cost)):
            return plan, outturns


def _policies(own, base, met, seed, executor, say):
    """Every policy on the same futures, and the contingency that is enough in four of five. [GBP]"""
    count, rules = len(met), own.scenario.delivery

    def frame_of(policy):
        """The futures of a policy."""
        plan, outturns = own.run(policy, count, seed, executor, say)
        return plan, figures.futures_frame(plan, outturns, own.value_of, own.results.reserves)

    def changed(name, share=base.contingency_share, packaged=base.package_trades):
        """The programme under another policy."""
        return Policy(name, base.choice, base.draws, share, packaged)

    rows = [figures.policy_row(AS_PLANNED, met)]
    plan, most = frame_of(changed(ENOUGH, ENOUGH_SHARE))
    sure_gbp = float(np.quantile(most.contingency_gbp, figures.SURE, method="higher"))
    total = sum(works.cost_gbp for works in plan.works)
    other = "procured one by one" if base.package_trades else "packaged by trade"
    tried = [changed(other, packaged=not base.package_trades)]
    tried += [changed(f"contingency of {share:.0%}", share) for share in sorted(rules.contingency_levels)]
    if total > 0:
        tried.append(changed(f"contingency of {sure_gbp / total:.0%}, for {figures.SURE:.0%}", sure_gbp / total))
    rule = by_rule(own.candidates, own.inst, WORST_FIRST)
    tried.append(Policy(WORST_FIRST, rule.choice, pay(own.inst, rule.choice), base.contingency_share, base.package_trades))
    rows += [figures.policy_row(policy.name, frame_of(policy)[1], met) for policy in tried]
    return pd.DataFrame([*rows, figures.policy_row(ENOUGH, most, met)]), sure_gbp


def assumptions(scenario):
    """Every figure the simulation takes, with source and status.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    DataFrame
        ``figure, value, meaning, source, status``.
    """
    rows = [row for row in scenario.register() if row["figure"].startswith("delivery.")]
    for name, key, values in (("delivery_leads", "up_to_gbp", ["lead_weeks", "works_weeks"]),
                              ("delivery_works", "element", ["season", "opens_weeks", "intrusive"]),
                              ("duration_bias", "stage", ["duration_bias_share"]),
                              ("cost_stages", "stage", ["low_share", "high_share"])):
        rows += [{"figure": f"{name}.{value}.{getattr(row, key)}", "value": getattr(row, value), "meaning": row.note,
                  "source": row.source, "status": row.status} for row in load(name).itertuples() for value in values]
    return pd.DataFrame(rows)[["figure", "value", "meaning", "source", "status"]]


def _by_year(own, plan):
    """What is planned in each year beside the fans: paid, the floor of the reserves, schemes started by then."""
    first, draws = plan.calendar.first_year, own.results.draws
    paid = draws[draws.pot_id != CONTRIBUTIONS].groupby("year").amount_gbp.sum()
    started = np.bincount([works.year for works in plan.works if not works.no_works], minlength=plan.years).cumsum()
    return {"paid_gbp": [round(float(paid.get(first + year, 0.0)), 2) for year in range(plan.years)],
            "reserves_gbp": own.results.reserves.floor_gbp.tolist(), "started": started.tolist()}


def _facts(own, plan, tables, sure_gbp, seed):
    """The figures for ``--json``."""
    met, schemes = tables["futures"], tables["schemes"]
    planned = sum(works.cost_gbp for works in plan.works)

    def tenths(column):
        """P10, P50 and P90 over the futures."""
        return dict(zip(("p10", "p50", "p90"), np.quantile(met[column], figures.TENTHS).round(2).tolist(), strict=True))

    early = schemes[schemes.earlier_weeks > 0].sort_values("late_for_procurement_share", ascending=False, kind="stable")
    width = figures.half_width(met.outturn_gbp)
    mean = float(met.outturn_gbp.mean())
    return {"trust": own.results.solution["trust"], "scenario": own.scenario.name, "first_year": plan.calendar.first_year,
            "last_year": plan.calendar.first_year + plan.years - 1, "futures": len(met), "seed": seed,
            "schemes": len(schemes), "planned_gbp": round(planned, 2), "outturn_mean_gbp": round(mean, 2),
            "outturn_half_width_gbp": round(width, 2) if np.isfinite(width) else None,
            "precision_share": own.scenario.delivery.precision_share,
            "precise": bool(width <= own.scenario.delivery.precision_share * abs(mean)),
            "outturn_gbp": tenths("outturn_gbp"), "late": tenths("late"), "undone": tenths("undone"),
            "lapsed_gbp": tenths("lapsed_gbp"), "emergencies": tenths("emergencies"),
            "emergency_gbp": tenths("emergency_gbp"), "below_floor_gbp": tenths("below_floor_gbp"),
            "below_floor_share": round(float((met.below_floor_gbp > 1.0).mean()), 4),
            "lapsed_in_plan_gbp": round(float(own.results.cashflow.lapsed_gbp.sum()), 2),
            "contingency_for_80_gbp": round(sure_gbp, 2),
            "contingency_for_80_share": round(sure_gbp / planned, 4) if planned else 0.0,
            "on_time_share": round(float(met.on_time.sum() / max(1, len(schemes) * len(met))), 4),
            "start_early": [{"scheme_id": row.scheme_id, "planned_year": int(row.planned_year), "weeks": row.earlier_weeks,
                             "begin_by": str(row.begin_by), "late_share": round(row.late_for_procurement_share, 4)}
                            for row in early.itertuples()],
            "by_year": _by_year(own, plan),
            "assumptions": int((tables["assumptions"].status == "ASSUMPTION").sum())}
