"""Comparing runs: side by side, and each change with its cause, found by putting in one group of inputs after the other."""

import tempfile
from pathlib import Path

import pandas as pd

from .candidates import propose
from .candidates.approved import read_approved
from .causes import CAUSES, NO_FIGURES, State, causes_frame, changes_of, mixed_scenario, mixed_tables
from .errors import CapplanError, DataError, Fault
from .estate import read_estate
from .explain_job import read_programme
from .jobs import approved_starts
from .outlook import forecast
from .programme import optimise
from .programme.stability import steady
from .report.results import headline_backlog, read_results
from .run_records import APPROVED, INPUTS, RECORD, differing, faults_of_run, read_record, unpack_inputs
from .scenario import Scenario, read_scenario
from .tabular import write_frame, write_json

USED = (RECORD, INPUTS, "scenario.toml", "schemes.csv", "draws.csv", "solution.json")
"""Files of a run that a comparison rests on, beside its candidates."""


def side_by_side(folders):
    """The headline figures of runs beside each other.

    Parameters
    ----------
    folders : sequence of Path
        Results folders.

    Returns
    -------
    DataFrame
        ``results, scenario, price_base, first_year, last_year, value_gbp`` (present), ``gap`` [-], ``schemes, spend_gbp``
        (nominal), ``backlog_now_gbp, backlog_end_without_gbp, backlog_end_with_gbp`` (real), ``reserves_end_gbp`` (nominal).
    """
    rows = []
    for folder in folders:
        results = read_results(folder)
        told, end = results.solution, results.solution["last_year"] + 1
        reserves = results.reserves
        rows.append({
            "results": str(folder), **{key: told[key] for key in ("scenario", "price_base", "first_year", "last_year")},
            "value_gbp": told["objective"], "gap": told["gap"], "schemes": len(results.funded),
            "spend_gbp": round(float(results.draws.amount_gbp.sum()), 2),
            "backlog_now_gbp": headline_backlog(results, "without", told["first_year"]),
            **{f"backlog_end_{plan}_gbp": headline_backlog(results, plan, end) for plan in ("without", "with")},
            "reserves_end_gbp": float(reserves.closing_gbp.iloc[-1]) if len(reserves) else None})
    return pd.DataFrame(rows)


class _Run:
    """One run as its folder keeps it: the state it was in, its tables, its scenario, what it was approved beside."""

    def __init__(self, folder):
        wrong = [fault for fault in faults_of_run(folder) if fault.where in USED or fault.where.startswith("candidates/")]
        if wrong:
            raise DataError([Fault(f"{folder}/{fault.where}", fault.row, fault.column, fault.found, fault.must_be)
                             for fault in wrong])
        self.record = read_record(folder)
        with tempfile.TemporaryDirectory() as place:
            held = unpack_inputs(folder, Path(place))
            self.approved = None if held is None else read_approved(held)
            self.tables = {path.name: path.read_bytes() for path in Path(place).iterdir() if path.name != APPROVED}
        self.scenario = read_scenario(folder / "scenario.toml").model_dump()
        _, choice, told = read_programme(folder)
        self.state = State(told["objective"], choice, _by_scheme(read_results(folder).draws))
        self.settings = {"threads": self.record["workers"], "seed": self.record["seed"]}

    @property
    def as_now(self):
        """Whether it was made with what is here now, so that it need not be solved again."""
        return not differing(self.record)


def explained(first_folder, second_folder, say=lambda text: None):
    """The programmes on the way from one run to another, with the cause of each step.

    Parameters
    ----------
    first_folder, second_folder : Path
        Results folders of ``capplan run``.
    say : callable
        Told what is being done.

    Returns
    -------
    list of tuple (str, State)
        The first run; then one state for each of ``CAUSES``, the last being the second run. Where a group of inputs cannot
        be put in alone (tables that do not fit a scenario, no programme), its cause is named together with the next.

    Raises
    ------
    DataError
        Where a folder is not as its run wrote it.

    Notes
    -----
    *Code* is what the same inputs give now and did not give then: capplan, its packages, the solver's seed. Each programme
    is the best only within its gap. *Counterexample:* a change of value smaller than the gap, which may be the search's.
    """
    first, second = _Run(first_folder), _Run(second_folder)
    base = first.state if first.as_now else _solved(first, second, (), say)
    steps, waiting, swapped, given = [("", first.state)], [], [], _inputs(first, second, ())
    here = base
    for cause in CAUSES[:-1]:
        swapped.append(cause)
        inputs = _inputs(first, second, swapped)
        if inputs != given:
            waiting.append(cause)
            try:
                here = second.state if second.as_now and _inputs(first, second, CAUSES) == inputs and (
                    first.settings == second.settings) else _solved(first, second, tuple(swapped), say)
            except CapplanError:
                say(f"{cause}: cannot be put in alone; told together with what comes next.")
                continue
            given = inputs
        steps.append((" and ".join(waiting) or cause, here))
        waiting = []
    code_first = [] if first.as_now else [("code", base)]
    return [steps[0], *code_first, *steps[1:], (" and ".join([*waiting, "code"]), second.state)]


def _inputs(first, second, swapped):
    approved = second.approved if "rules" in swapped else first.approved
    mixed = mixed_scenario(first.scenario, second.scenario, swapped)
    return mixed_tables(first.tables, second.tables, swapped), {
        key: value for key, value in mixed.items() if key not in NO_FIGURES}, approved


def _solved(first, second, swapped, say):
    """The programme of the first run's inputs with those of some causes from the second's."""
    say(f"Solving with the second run's {', '.join(swapped)} ..." if swapped else "Solving the first run again ...")
    tables, _, approved = _inputs(first, second, swapped)
    content = mixed_scenario(first.scenario, second.scenario, swapped)
    try:
        scenario = Scenario.model_validate(content)
    except ValueError as error:
        raise CapplanError(f"The scenarios do not fit together: {error}") from None
    with tempfile.TemporaryDirectory() as place:
        for name, held in tables.items():
            (Path(place) / name).write_bytes(held)
        candidates = propose(forecast(read_estate(place), scenario))
    if approved is None:
        approved_starts(approved, scenario.stability)
        programme = optimise(candidates, **first.settings)
    else:
        programme = steady(candidates, approved, scenario.stability, **first.settings).programme
    return State(programme.objective, dict(programme.choice), _by_scheme(programme.draws))


def _by_scheme(draws):
    return draws.groupby("scheme_id").amount_gbp.sum().to_dict()


def compare(folders, say=lambda text: None):
    """Compare runs: all side by side, and the first with each of the others, with causes.

    Parameters
    ----------
    folders : sequence of Path
        Two results folders or more; the first is the approved one.
    say : callable

    Returns
    -------
    dict of str to DataFrame
        ``compare`` (as ``side_by_side``), ``causes`` and ``changes`` (as ``causes_frame`` and ``changes_of``, with
        ``against``: the folder that is compared with the first).

    Raises
    ------
    DataError
        With every folder that is no run.
    """
    missing = [Fault(str(folder), None, "", "no run.json", "a results folder of capplan run") for folder in folders
               if not (folder / RECORD).is_file()]
    if missing:
        raise DataError(missing)
    table, causes, changes = side_by_side(folders), [], []
    for folder in folders[1:]:
        states = explained(folders[0], folder, say)
        facts = pd.concat([read_programme(each)[0].schemes.set_index("scheme_id") for each in (folder, folders[0])])
        facts = facts[~facts.index.duplicated()]
        own = changes_of(states)
        for place, name in enumerate(("school_id", "description"), 1):
            own.insert(place, name, own.scheme_id.map(facts[name]))
        causes.append(causes_frame(states).assign(against=str(folder)))
        changes.append(own.assign(against=str(folder)))
    return {"compare": table, "causes": pd.concat(causes, ignore_index=True),
            "changes": pd.concat(changes, ignore_index=True)}


def compare_text(found):
    """What a comparison found, for a screen.

    Parameters
    ----------
    found : dict of str to DataFrame
        As ``compare`` gives it.

    Returns
    -------
    str
    """
    table = found["compare"]
    shown = table.drop(columns="results").T
    shown.columns = [Path(name).name for name in table.results]
    shown = shown.map(lambda value: "" if value is None else f"{value:,.4f}" if isinstance(value, float) and abs(value) < 1
                      else f"{value:,.0f}" if isinstance(value, float) else str(value))
    lines = [shown.to_string()]
    for folder in table.results[1:]:
        causes, changes = (frame[frame.against == folder] for frame in (found["causes"], found["changes"]))
        lines += ["", f"From {Path(table.results[0]).name} to {Path(folder).name}:"]
        lines += [f"  {row.cause:10} value {row.value_change_gbp:+16,.2f}   spend {row.spend_change_gbp:+16,.2f}   "
                  f"{row.schemes_changed} scheme{'s' if row.schemes_changed != 1 else ''} changed"
                  for row in causes.itertuples()]
        lines.append(f"  {'in all':10} value {causes.value_change_gbp.sum():+16,.2f}   "
                     f"spend {causes.spend_change_gbp.sum():+16,.2f}   {len(changes)} schemes differ in the end")
        for row in changes.head(30).itertuples():
            years = f"{'out' if pd.isna(row.first_year) else row.first_year} -> " + (
                "out" if pd.isna(row.second_year) else str(row.second_year))
            lines.append(f"    {row.scheme_id}: {row.change}, {years}, because of {row.cause}")
        lines += [f"    and {len(changes) - 30} more (changes.csv has them all)"] if len(changes) > 30 else []
    if table[["price_base", "first_year", "last_year"]].drop_duplicates().shape[0] > 1:
        lines += ["", "The plans have different years or prices: their values are not in the same pounds."]
    return "\n".join(lines)


def write_comparison(found, folder):
    """Write ``compare.csv, causes.csv, changes.csv, compare.json`` and ``compare.txt``.

    Parameters
    ----------
    found : dict of str to DataFrame
    folder : Path
        An existing folder.
    """
    for name, frame in found.items():
        write_frame(frame, folder / f"{name}.csv")
    write_json(comparison_facts(found), folder / "compare.json")
    (folder / "compare.txt").write_text(compare_text(found) + "\n", encoding="utf-8")


def comparison_facts(found):
    """What a comparison found, as plain values.

    Parameters
    ----------
    found : dict of str to DataFrame

    Returns
    -------
    dict
    """
    return {name: frame.astype(object).where(frame.notna(), None).to_dict("records") for name, frame in found.items()}
