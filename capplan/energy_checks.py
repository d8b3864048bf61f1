"""What must hold between the cells of the tables about energy: rows that are each right and together wrong."""

from datetime import date

import pandas as pd

from .energy_tables import STATED
from .errors import rows_at_fault as _rows

LONGEST_PERIOD_DAYS = 400
WHOLE, NEAR = 1.0, 1e-6
SAME_FOR_ALL = ("fuel", "heats", "shared_by", "unit_rate_gbp", "standing_charge_gbp", "price_year", "agreed_capacity_kva")


def meter_faults(frames, where):
    """Meters whose rows disagree, shares that do not add up, prices without their year, blocks of another school.

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
    meters = frames["meters"]
    group = meters.groupby("meter_id")
    faults = []
    for name in SAME_FOR_ALL:
        differ = group[name].transform(lambda cells: cells.nunique(dropna=False)) > 1
        faults += _rows(meters, differ, where, name, lambda row, name=name: f"{row[name]!s} of {row.meter_id}",
                        "the same in all rows of a meter")
    several = group.school_id.transform("size") > 1
    faults += _rows(meters, several & (meters.shared_by == ""), where, "shared_by", lambda row: "a blank",
                    "how the use of a meter of several schools is shared")
    stated = meters.shared_by == STATED
    faults += _rows(meters, stated & meters.served_share.isna(), where, "served_share", lambda row: "a blank",
                    "the school's part of the meter's use")
    faults += _rows(meters, ~stated & meters.served_share.notna(), where, "served_share",
                    lambda row: f"{row.served_share:g}", f"blank unless shared_by is {STATED}")
    total = group.served_share.transform("sum")
    faults += _rows(meters, stated & meters.served_share.notna() & ((total - WHOLE).abs() > NEAR), where, "served_share",
                    lambda row: f"{row.served_share:g}", "such that the shares of a meter add up to 1")
    priced = meters.unit_rate_gbp.notna()
    faults += _rows(meters, priced & meters.price_year.isna(), where, "price_year", lambda row: "a blank beside a price",
                    "the calendar year of the prices")
    faults += _rows(meters, ~priced & meters.standing_charge_gbp.notna(), where, "unit_rate_gbp",
                    lambda row: "a blank beside a standing charge", "the price of a kWh")
    return faults + _blocks_elsewhere(frames, meters, where)


def _blocks_elsewhere(frames, meters, where):
    """Meters of a block that is not at the school."""
    homes = frames["blocks"].merge(frames["sites"], on="site_id", how="left").drop_duplicates("block_id")
    home = meters.block_id.map(homes.set_index("block_id").school_id)
    return _rows(meters, home.notna() & (home != meters.school_id), where, "block_id", lambda row: repr(row.block_id),
                 "a block of the school")


def reading_faults(frames, where):
    """Periods that end before they begin, overlap, are too long, or end in the future.

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
    rows = frames["readings"]
    length = (rows.last_day - rows.first_day).dt.days + 1
    faults = _rows(rows, length < 1, where, "last_day", lambda row: f"{row.last_day:%Y-%m-%d}", "not before first_day")
    faults += _rows(rows, length > LONGEST_PERIOD_DAYS, where, "last_day", lambda row: f"{row.last_day:%Y-%m-%d}",
                    f"at most {LONGEST_PERIOD_DAYS} days after first_day: a longer period says nothing of the seasons")
    faults += _rows(rows, rows.last_day > pd.Timestamp(date.today()), where, "last_day",
                    lambda row: f"{row.last_day:%Y-%m-%d}", "not in the future")
    ordered = rows.sort_values(["meter_id", "first_day"], kind="stable")
    before = ordered.groupby("meter_id").last_day.shift()
    overlap = (ordered.first_day <= before) & (ordered.first_day != ordered.groupby("meter_id").first_day.shift())
    return faults + _rows(rows, overlap.reindex(rows.index), where, "first_day", lambda row: f"{row.first_day:%Y-%m-%d}",
                          "after the last day of the period before, of the same meter")


def weather_faults(frames, where):
    """Regions no school is in, and days that are missing between the first and the last of a region.

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
    rows = frames["weather"]
    known = set(frames["schools"].region)
    strange = ~rows.region.isin(known) & ~rows.region.duplicated()
    faults = _rows(rows, strange, where, "region", lambda row: repr(row.region), "a region of a school of the trust")
    ordered = rows.dropna(subset="day").sort_values(["region", "day"], kind="stable")
    step = ordered.groupby("region").day.diff().dt.days
    gaps = (step > 1).reindex(rows.index, fill_value=False)
    return faults + _rows(rows, gaps, where, "day", lambda row: f"{row.day:%Y-%m-%d} after a gap",
                          "every day of a region from its first to its last")


def holiday_faults(frames, where):
    """Holidays that end before they begin.

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
    rows = frames["holidays"]
    return _rows(rows, rows.last_day < rows.first_day, where, "last_day", lambda row: f"{row.last_day:%Y-%m-%d}",
                 "not before first_day")
