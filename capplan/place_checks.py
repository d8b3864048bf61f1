"""What must hold between the cells of the tables about places: rows that are each right and together wrong."""

from .errors import Fault
from .errors import rows_at_fault as _rows


def place_faults(frames, where):
    """Places that open after they close, a use told twice over, and shared places of one school alone.

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
    places = frames["places"]
    faults = _rows(places, places.available_until < places.available_from, where, "available_until",
                   lambda row: f"{row.available_until:%Y-%m-%d}", "not before available_from")
    schools = places[places.shared_by != ""].groupby("shared_by").school_id.nunique()
    alone = places.shared_by.isin(schools.index[schools < 2])
    faults += _rows(places, alone, where, "shared_by", lambda row: f"{row.shared_by!r} at {row.school_id} alone",
                    "a group of two schools or more, each with rows of its own")
    several = places.groupby(["school_id", "use"]).shared_by.transform("nunique") > 1
    return faults + _rows(places, several, where, "shared_by", lambda row: repr(row.shared_by),
                          "the same for all places of a school and use")


def expansion_faults(frames, where):
    """Costs without their year, and sites of another school.

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
    rows = frames["expansions"]
    faults = _rows(rows, rows.cost_gbp.notna() & rows.cost_price_base.isna(), where, "cost_price_base",
                   lambda row: "a blank beside a cost", "the year whose prices the cost is in")
    home = rows.site_id.map(frames["sites"].drop_duplicates("site_id").set_index("site_id").school_id)
    faults += _rows(rows, home.isin(frames["schools"].school_id) & (home != rows.school_id), where, "site_id",
                    lambda row: repr(row.site_id), "a site of the school")
    bare = (rows.kind == "special unit") & ~(rows.commissioned > 0)
    faults += _rows(rows, bare, where, "commissioned", lambda row: "none in a special unit",
                    "the places that are commissioned, since no forecast knows who needs a unit")
    faults += _rows(rows, rows.commissioned > rows.places, where, "commissioned", lambda row: f"{row.commissioned:g}",
                    "no more than the places it adds")
    unit = (rows.kind == "special unit") != (rows.use == "special unit")
    return faults + _rows(rows, unit, where, "use", lambda row: f"{row.use} in a {row.kind}",
                          "special unit for a special unit, and for nothing else")


def funding_faults(frames, where):
    """Schools with a budget and without rates, where any have some.

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
    known, budgeted = set(frames["pupil_funding"].school_id), set(frames["budget"].school_id) - {""}
    return [Fault(where, None, "school_id", f"no row for {school}", "a row for every school of budget.csv")
            for school in sorted(budgeted - known)]
