"""What must hold between the cells of the tables pupil numbers are forecast from."""

from datetime import date

import pandas as pd

from .errors import Fault
from .errors import rows_at_fault as _rows

SPECIAL_PHASES = ("special", "alternative provision")


def census_faults(frames, where):
    """Censuses still to come, and years between censuses that a school lacks altogether.

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
    census = frames["census"]
    early = pd.to_datetime(census.census_year.astype(str) + "-01-01", errors="coerce") > pd.Timestamp(date.today())
    faults = _rows(census, early, where, "census_year", lambda row: f"{row.census_year}",
                   "a census that was taken: this one is still to come")
    for school, years in census.groupby("school_id", sort=False).census_year:
        missing = sorted(set(range(int(years.min()), int(years.max()) + 1)) - set(years))
        if missing and years.min() > 0:
            faults.append(Fault(where, None, "census_year", f"no row of {school} for {', '.join(map(str, missing))}",
                                "every census between its first and its last; one that went wrong with the flag bad"))
    return faults


def admission_faults(frames, where):
    """Whole-school places of a school that is not special, and the other way round.

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
    rows, phases = frames["admissions"], frames["schools"].drop_duplicates("school_id").set_index("school_id").phase
    special = rows.school_id.map(phases).isin(SPECIAL_PHASES)
    return _rows(rows, rows.year_group.isna() & ~special, where, "year_group", lambda row: f"a blank of {row.school_id}",
                 "the year group admitted to: only special schools and alternative provision have places for the whole "
                 "school") + _rows(rows, rows.year_group.notna() & special, where, "year_group",
                                   lambda row: f"{row.year_group:.0f} of {row.school_id}", "blank: places of a special "
                                   "school are commissioned for the whole of it")


def feeder_faults(frames, where):
    """Pupils who went on from a school to itself, and more than it had in its top year group the year before.

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
    rows, census = frames["feeders"], frames["census"]
    faults = _rows(rows, rows.from_school_id == rows.school_id, where, "from_school_id", lambda row: row.from_school_id,
                   "another school than the one they went to")
    leaving = census[census.year_group == 6].groupby(["school_id", "census_year"]).pupils.sum()
    went = rows.groupby(["from_school_id", "census_year"]).pupils.sum()
    before = leaving.reindex(pd.MultiIndex.from_tuples([(school, year - 1) for school, year in went.index],
                                                       names=leaving.index.names)) if len(went) else went
    return faults + [Fault(where, None, "pupils", f"{count:g} from {school} in {year}",
                           f"no more than the {most:g} of its year 6 of {year - 1} in census.csv")
                     for (school, year), count, most in zip(went.index, went, before, strict=True) if count > most]


def housing_faults(frames, where):
    """Homes of a kind without yields.

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
    rows, yields = frames["housing"], frames["pupil_yields"]
    return _rows(rows, ~rows.dwelling_kind.isin(set(yields.dwelling_kind)), where, "dwelling_kind",
                 lambda row: repr(row.dwelling_kind), "a kind of home in pupil_yields.csv: how many children homes have is "
                 "not guessed")
