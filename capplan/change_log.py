"""A log of what changed between one report and the next: rows are only added, each with the hash of those before."""

from pathlib import Path

import pandas as pd

from .errors import DataError, Fault
from .run_records import sha256
from .tabular import read_cells

LOG = "change_log.csv"
LOG_COLUMNS = ["reported_on", "scheme_id", "what", "before", "now", "by", "why", "chain_sha256"]
FOLLOWED = ("status", "started", "finished", "expected_finish", "forecast_cost_gbp", "spent_gbp", "rating")
NOTHING, UNTOLD = "nothing reported", ("", "0.0", "green")
"""What a first report says of works nobody has reported on, and what need not be logged of the others."""
A_REPORT = "a folder that capplan monitor wrote"


def read_log(folder):
    """The log of an earlier report, and what it said of each scheme.

    Parameters
    ----------
    folder : str or Path
        As ``capplan monitor`` writes it.

    Returns
    -------
    tuple of (DataFrame of str, DataFrame of str)
        The log, and what is followed of each scheme by ``scheme_id``.

    Raises
    ------
    DataError
        If a file is missing, or a row of the log was changed, taken out or put in between.
    """
    found = []
    for name in (LOG, "monitor.csv"):
        path = Path(folder) / name
        cells, faults = read_cells(path) if path.is_file() else (None, [Fault(name, None, "", "no such file",
                                                                              f"there: {A_REPORT}")])
        wanted = LOG_COLUMNS if name == LOG else ["scheme_id", *FOLLOWED]
        if cells is not None and not set(wanted) <= set(cells):
            faults = [*faults, Fault(name, 1, "", "not its columns", A_REPORT)]
        if faults:
            raise DataError(faults)
        found.append(cells[wanted])
    before = ""
    for row in found[0].itertuples():
        chain = sha256([before, *row[1:-1]])
        if chain != row.chain_sha256:
            raise DataError([Fault(LOG, int(row.Index), "chain_sha256", row.chain_sha256[:16],
                                   f"{chain[:16]}: this row, or one before it, was changed or taken out")])
        before = chain
    return found[0].reset_index(drop=True), found[1].set_index("scheme_id")


def continued(log, before, compared, on):
    """A log with what changed since the report before.

    Parameters
    ----------
    log : DataFrame of str
        As ``read_log`` gives it; without rows for a first report.
    before : DataFrame of str
        What that report said of each scheme, by ``scheme_id``; without rows for a first report.
    compared : DataFrame of str
        What this one says, with ``scheme_id``, what is followed, ``reported_by`` and ``note``.
    on : date
        Day of this report.

    Returns
    -------
    DataFrame of str
        The rows of the log as they were, and one for each scheme and fact that is not as it was.

    Raises
    ------
    DataError
        If the report before is of a later day.
    """
    if len(log) and log.reported_on.max() > on.isoformat():
        raise DataError([Fault(LOG, None, "reported_on", log.reported_on.max(), f"not after {on}, the day of this report")])
    rows, chain = log[LOG_COLUMNS].to_numpy().tolist(), log.chain_sha256.iloc[-1] if len(log) else ""
    for row in compared.itertuples():
        for what in FOLLOWED:
            was, now = before[what].get(row.scheme_id, "") if len(before) else "", getattr(row, what)
            if was != now and (len(before) or row.status != NOTHING and now not in UNTOLD):
                own = [on.isoformat(), row.scheme_id, what, was, now, row.reported_by, row.note]
                chain = sha256([chain, *own])
                rows.append([*own, chain])
    gone = before.index.difference(compared.scheme_id) if len(before) else ()
    for scheme in gone:
        own = [on.isoformat(), scheme, "status", before.status[scheme], "no longer reported", "", ""]
        chain = sha256([chain, *own])
        rows.append([*own, chain])
    return pd.DataFrame(rows, columns=LOG_COLUMNS)
