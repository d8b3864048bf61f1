"""Candidates folders: written by a run, or made elsewhere and read with every fault of every table."""

from pathlib import Path

import numpy as np
import pandas as pd

from ..candidate_tables import BUNDLES, CANDIDATE_TABLES
from ..errors import CandidatesError, Fault
from ..tabular import as_cells, find_table, read_cells, typed, write_frame
from .model import CONTRIBUTIONS, Candidates, met_by_nobody_else, must_start_by, needs_met, split_list
from .parted import part_faults, with_parts


def write_candidates(candidates, folder):
    """Write the candidates folder that ``read_candidates`` reads: a CSV file for each table.

    Parameters
    ----------
    candidates : Candidates
    folder : Path
        An existing folder.
    """
    for table in CANDIDATE_TABLES:
        frame = candidates.table(table.name)
        if len(frame) or table.needed:
            cells = as_cells(table, frame.assign(**{name: "" for name in table.column_names if name not in frame}))
            extra = [name for name in frame if name not in table.column_names]
            write_frame(pd.concat([cells, frame[extra]], axis=1), Path(folder) / f"{table.name}.csv")


def read_candidates(folder):
    """Read a candidates folder made elsewhere.

    Parameters
    ----------
    folder : str or Path
        Folder of ``schemes.csv, scheme_years.csv, spend.csv, pots.csv`` and optionally ``limits.csv`` and ``bundles.csv``.

    Returns
    -------
    Candidates
        Works that may be done in part come as a first part and further ones (``parted.with_parts``).

    Raises
    ------
    CandidatesError
        With every fault of every table.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CandidatesError([Fault(str(folder), None, "", "no such folder", "a candidates folder")])
    frames, faults = {}, []
    for table in CANDIDATE_TABLES:
        path, own = find_table(folder, table.name)
        if path is None and table.needed and not own:
            own = [Fault(f"{table.name}.csv", None, "", "no such file", f"there: {table.meaning}")]
        faults += own
        cells = None
        if path is not None and (table.needed or path.stat().st_size):
            cells, own = read_cells(path)
            faults += own
        if cells is None:
            cells = pd.DataFrame({name: pd.Series([], dtype=str) for name in table.column_names})
            frames[table.name] = typed(table, cells, f"{table.name}.csv")[0]
            continue
        frames[table.name], own = typed(table, cells, path.name)
        faults += own
    if all(fault.row is not None and fault.row > 1 for fault in faults):
        faults += _candidate_faults(_sound(frames, faults), set(frames["schemes"].scheme_id))
    if faults:
        raise CandidatesError(faults)
    return Candidates(with_parts({name: frame.reset_index(drop=True) for name, frame in frames.items()}))


def _sound(frames, faults):
    """The rows without a fault of their own; of starts and spending, only of schemes whose every row is sound."""
    at_fault = {name: frame.index.isin([fault.row for fault in faults if Path(fault.where).stem == name])
                for name, frame in frames.items()}
    sound = {name: frame[~at_fault[name]] for name, frame in frames.items()}
    unsure = {scheme for name in ("scheme_years", "spend") for scheme in frames[name].scheme_id[at_fault[name]]}
    return sound | {name: sound[name][~sound[name].scheme_id.isin(unsure)] for name in ("scheme_years", "spend")}


def _candidate_faults(frames, known):
    """Faults between the tables of a candidates folder. ``known``: every scheme of schemes.csv."""
    schemes, years, spend, faults = frames["schemes"], frames["scheme_years"], frames["spend"], []

    def unknown(where, column, values, what):
        """A fault for every scheme named that is not in schemes.csv."""
        for row, value in values[~values.isin(known)].items():
            faults.append(Fault(where, int(row), column, repr(value), what))

    unknown("scheme_years.csv", "scheme_id", years.scheme_id, "a scheme of schemes.csv")
    unknown("spend.csv", "scheme_id", spend.scheme_id, "a scheme of schemes.csv")
    unknown("schemes.csv", "requires", _named(schemes.requires), "schemes of schemes.csv, separated by ;")
    faults += [Fault("schemes.csv", int(row), "also_meets", repr(value),
                     "an exclusion group, a scheme without one, or a need that another scheme meets too")
               for row, value in met_by_nobody_else(schemes).items()]
    for row, text in schemes.must_do.items():
        try:
            must_start_by(text)
        except ValueError:
            faults.append(Fault("schemes.csv", int(row), "must_do", repr(text), "blank, yes, no or a year"))
    listed = set(zip(years.scheme_id, years.start_year, strict=True))
    for row in spend[[pair not in listed for pair in zip(spend.scheme_id, spend.start_year, strict=True)]].itertuples():
        faults.append(Fault("spend.csv", int(row.Index), "start_year", f"{row.scheme_id} in {row.start_year}",
                            "a start year of that scheme in scheme_years.csv"))
    faults += [Fault("spend.csv", int(row), "contributed_gbp", f"{spend.contributed_gbp[row]:g}", "no more than the cost")
               for row in spend.index[spend.contributed_gbp > spend.cost]]
    unknown("bundles.csv", "schemes", _named(frames["bundles"].schemes), "schemes of schemes.csv, separated by ;")
    unknown("pots.csv", "schemes", _named(frames["pots"].schemes), "schemes of schemes.csv, separated by ;")
    comes_with = frames["pots"].with_scheme
    unknown("pots.csv", "with_scheme", comes_with[comes_with.str.strip() != ""], "one scheme of schemes.csv, or blank")
    return (faults + part_faults(schemes) + _missing_costs(years, spend) + _pot_faults(frames["pots"])
            + _limit_faults(frames) + _bundle_faults(frames["bundles"], schemes))


def _named(cells):
    """The names in the cells of a column that lists them, one a row."""
    names = cells.str.split(";").explode().str.strip()
    return names[names != ""]


def _bundle_faults(bundles, schemes):
    """Bundles of fewer than two schemes, and schemes whose bundles could together save more than one may."""
    faults, most = [], next(column.most for column in BUNDLES.columns if column.name == "saving_share")
    needs, saved = needs_met(schemes), {}
    for row in bundles.itertuples():
        names = split_list(row.schemes)
        if len(set(names)) < 2 or len(set(names)) < len(names):
            faults.append(Fault("bundles.csv", int(row.Index), "schemes", repr(row.schemes), "two or more, each once"))
        for name in names:
            others = frozenset(need for other in names if other != name for need in needs.get(other, ()))
            own = saved.setdefault(name, {}).setdefault(others, {})
            own[frozenset(names)] = own.get(frozenset(names), 0.0) + row.saving_share
    together = {name: sum(max(alike.values()) for alike in own.values()) for name, own in saved.items()}
    return faults + [Fault("bundles.csv", None, "saving_share", f"{share:g} in all for {name}",
                           f"at most {most:g} in all the bundles of a scheme that can stand together")
                     for name, share in together.items() if share > most + 1e-9]


def _missing_costs(years, spend):
    if not len(spend):
        return []
    priced = set(zip(spend.scheme_id, spend.start_year, strict=True))
    return [Fault("spend.csv", None, "", f"no row for {row.scheme_id} started in {row.start_year}",
                  "a cost for every start year (0 if it spends nothing): nothing is built for free by mistake")
            for row in years.itertuples() if (row.scheme_id, row.start_year) not in priced]


def _pot_faults(pots):
    return [Fault("pots.csv", int(row.Index), "last_year", str(row.last_year), "not before first_year")
            for row in pots[pots.last_year < pots.first_year].itertuples()] + [
        Fault("pots.csv", int(row), "pot_id", repr(CONTRIBUTIONS), "another name: this one stands for what others pay")
        for row in pots.index[pots.pot_id == CONTRIBUTIONS]]


def _limit_faults(frames):
    faults, years = [], frames["scheme_years"]
    for row in frames["limits"].itertuples():
        if row.or_none and row.sense != ">=":
            faults.append(Fault("limits.csv", int(row.Index), "or_none", "yes with <=", "yes for lower limits (>=) only"))
        if row.or_none and row.of_total:
            faults.append(Fault("limits.csv", int(row.Index), "or_none", "yes with of_total", "only one of the two"))
        if row.of_total and not 0 <= row.amount <= 1:
            faults.append(Fault("limits.csv", int(row.Index), "amount", f"{row.amount:g} of the total",
                                "a share between 0 and 1 where of_total is yes"))
        if row.measure in ("schemes", "cost"):
            continue
        if row.measure not in years:
            faults.append(Fault("limits.csv", int(row.Index), "measure", repr(row.measure),
                                "schemes, cost or a column of scheme_years.csv"))
            continue
        numbers = pd.to_numeric(years[row.measure], errors="coerce")
        faults += [Fault("scheme_years.csv", int(line), row.measure, repr(years[row.measure][line]),
                         f"a number: the limit {row.limit_id} counts it") for line in years.index[~np.isfinite(numbers)]]
    return faults
