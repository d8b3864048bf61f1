"""Everything a committee's paper is made from, read once."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..errors import DataError, Fault
from ..governance import lock_hash, overdue_figures, overrides_of, state_of
from ..run_records import RECORD, read_record
from ..tabular import read_cells
from .explorer import read_envelopes
from .register import deferred_register, waiting_register
from .results import CONTRIBUTION_ROUTE, RESERVES_ROUTE
from .schools_read import kept_estate

CORE_FILE = "core_index.csv"
CORE_COLUMNS = ("scheme_id", "planned", "in_share", "core", "need_core")
AWARDED = "awarded"
OWN_MONEY = {RESERVES_ROUTE: "the trust's own", CONTRIBUTION_ROUTE: "what others pay"}


@dataclass(frozen=True)
class CommitteeRead:
    """What the paper is made from.

    ``needs`` is needs.csv by need; ``awards`` says of each pot whether its grant is awarded; ``starts`` has the year each
    scheme is finished in, and the carbon it saves, by the year it starts in; ``governed`` holds the lock,
    the overrides, the state and the overdue figures of the run, each ``None`` where nobody can know; ``core`` is the core
    index by scheme, ``explored`` the solved envelopes, ``changes`` what moved since an earlier run: ``None`` where
    not given.
    """

    results: object
    register: pd.DataFrame = field(repr=False)
    waiting: pd.DataFrame = field(repr=False)
    needs: pd.DataFrame = field(repr=False)
    awards: dict = field(repr=False)
    starts: pd.DataFrame = field(repr=False)
    governed: dict = field(repr=False)
    core: pd.DataFrame | None = field(default=None, repr=False)
    explored: object = field(default=None, repr=False)
    changes: object = field(default=None, repr=False)
    dated: str = ""
    run_id: str = ""


def read_committee(results, explained=None, envelopes=None, changes=None):
    """Read what a committee's paper needs.

    Parameters
    ----------
    results : Results
        As ``read_results`` gives it.
    explained : str or Path, optional
        Folder that ``capplan explain RESULTS --out`` wrote, for the core index.
    envelopes : str or Path, optional
        Folder that ``capplan envelopes`` wrote.
    changes : Changes, optional
        What moved since an earlier run.

    Returns
    -------
    CommitteeRead

    Raises
    ------
    DataError
        If a folder that is given cannot be read, or is of another programme.
    """
    folder, dated, run_id, governed = Path(results.folder), f"{results.years[0]}-09-01", "", {}
    if (folder / RECORD).is_file():
        record = read_record(folder)
        dated, run_id = record["made_at"][:10], record["run_id"]
        governed = {"lock": lock_hash(folder), "overrides": overrides_of(folder), "state": state_of(folder),
                    "overdue": overdue_figures(folder)}
    return CommitteeRead(results, deferred_register(results), waiting_register(results),
                         results.table("needs").set_index("need"), _awards(results), _starts(folder), governed,
                         None if explained is None else _core(Path(explained), results),
                         None if envelopes is None else _explored(envelopes, results), changes, dated, run_id)


def _explored(folder, results):
    """Solved envelopes; they have to be of the same trust and scenario."""
    explored = read_envelopes(folder)
    faults = [Fault(str(folder), None, name, repr(explored.facts[name]), f"{results.solution[name]!r}, as in the results")
              for name in ("trust", "scenario") if explored.facts[name] != results.solution[name]]
    if faults:
        raise DataError(faults)
    return explored


def _awards(results):
    """How sure each pot is, in words: awarded, expected, the trust's own, what others pay, or forecast."""
    pots = results.cashflow.drop_duplicates("pot_id")
    estate = kept_estate(results.folder)
    told = {} if estate is None else estate.grants.set_index("grant_id").status.replace("", "expected").to_dict()
    return {row.pot_id: OWN_MONEY.get(row.route) or told.get(row.pot_id) or "forecast"
            for row in pots.itertuples(index=False)}


def _starts(folder):
    """Finish year and carbon of each scheme by the year it starts in; missing where the folder does not say."""
    index, names = ["scheme_id", "start_year"], ["finish_year", "carbon_tco2e"]
    path = folder / "candidates" / "scheme_years.csv"
    if not path.is_file():
        nothing = {"scheme_id": "str", **dict.fromkeys(["start_year", *names], "float")}
        return pd.DataFrame(columns=list(nothing)).astype(nothing).set_index(index)
    cells, faults = read_cells(path)
    if faults:
        raise DataError(faults)
    frame = cells.reindex(columns=[*index, *names])
    numbers = frame[["start_year", *names]].apply(pd.to_numeric, errors="coerce")
    return numbers.assign(scheme_id=frame.scheme_id).set_index(index)[names]


def _core(folder, results):
    """The core index by scheme; it has to be of this programme."""
    path = folder / CORE_FILE
    if not path.is_file():
        raise DataError([Fault(str(folder), None, "", f"no {CORE_FILE}", "a folder of capplan explain RESULTS --out")])
    cells, faults = read_cells(path)
    if cells is not None:
        faults = [*faults, *(Fault(path.name, 1, name, "no such column", "there; capplan explain writes it")
                             for name in CORE_COLUMNS if name not in cells)]
    if faults:
        raise DataError(faults)
    frame = cells[list(CORE_COLUMNS)].set_index("scheme_id")
    share = pd.to_numeric(frame.in_share, errors="coerce")
    faults = [Fault(path.name, None, "in_share", repr(text), "a number between 0 and 1")
              for text in frame.in_share[~share.between(0, 1)]]
    planned = set(frame.index[frame.planned == "yes"])
    if planned != set(results.funded.scheme_id):
        faults.append(Fault(path.name, None, "planned", "another programme",
                            "that of this results folder; run capplan explain on it again"))
    if faults:
        raise DataError(faults)
    return frame.assign(in_share=share)
