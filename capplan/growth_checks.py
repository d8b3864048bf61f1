"""What must hold between the cells of the tables growth is simulated from: prospects, and posts of the central team."""

from . import reference
from .errors import rows_at_fault as _rows

PHASES = range(1, 6)


def prospect_faults(frames, where):
    """Regions nobody knows, schools that would ask before they may, and names that schools of the trust have.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables by name, indexed by spreadsheet row.
    where : str
        File name of the table.

    Returns
    -------
    list of Fault
    """
    rows, regions = frames["prospects"], reference.load("location_factors").region
    return _rows(
        rows, ~rows.region.isin(regions) & (rows.region != ""), where, "region", lambda row: repr(row.region),
        f"one of {', '.join(sorted(regions))}",
    ) + _rows(
        rows, rows.approach_by < rows.approach_from, where, "approach_by", lambda row: f"{row.approach_by:%Y-%m-%d}",
        "not before approach_from",
    ) + _rows(
        rows, rows.prospect_id.isin(frames["schools"].school_id), where, "prospect_id", lambda row: row.prospect_id,
        "not the name of a school of the trust",
    )


def post_faults(frames, where):
    """Posts of fewer hours in a later phase than in the one before.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables by name, indexed by spreadsheet row.
    where : str
        File name of the table.

    Returns
    -------
    list of Fault
    """
    rows, faults = frames["posts"], []
    for phase in PHASES[1:]:
        now, before = f"phase_{phase}_fte", f"phase_{phase - 1}_fte"
        faults += _rows(rows, rows[now] < rows[before], where, now, lambda row, now=now: f"{row[now]:g}",
                        f"no less than in the phase before ({before}): posts are never cut")
    return faults
