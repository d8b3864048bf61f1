"""What a property data survey measured of blocks and sites."""

import numpy as np
import pandas as pd

from ..tables import BLOCKS, SITES

# Column of the survey: column of the estate.
BLOCK_COLUMNS = {"gifa": "gifa_m2", "ground_gifa": "ground_gifa_m2", "storeys": "storeys",
                 "block_perimeter": "perimeter_m", "height": "height_m",
                 "windows_doors": "windows_doors_percent", "number_lifts": "lifts"}
SITE_COLUMNS = {"site_area_exc_field": "site_area_m2", "field_area": "field_area_m2", "boundary_length": "boundary_m"}


def without_bad_percentages(rows, log):
    """Rows with the windows and doors blanked where they are no share of the wall in per cent.

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``windows_doors``. [%]
    log : OddityLog
        Takes what is odd.

    Returns
    -------
    DataFrame
        The same rows.
    """
    column = BLOCKS.column("windows_doors_percent")
    bad = rows.windows_doors.notna() & ~rows.windows_doors.between(column.least, column.most)
    log.note("windows and doors not a percentage from 0 to 100", bad, rows.windows_doors)
    return rows.assign(windows_doors=rows.windows_doors.mask(bad))


def filled(rows, log):
    """Rows with the measurements they lack taken from other rows of their building or site.

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``label`` (the building), ``site`` and measurements.
    log : OddityLog
        Takes what is odd.

    Returns
    -------
    DataFrame
        The same rows.
    """
    taken, odd = {}, pd.Series(False, rows.index)
    for key, columns in (("label", BLOCK_COLUMNS), ("site", SITE_COLUMNS)):
        for name in columns:
            if not rows[name].isna().any() or rows[name].isna().all():
                continue
            first = rows[name].groupby(rows[key].mask(rows[key] == "")).transform("first")
            taken[name] = rows[name].fillna(first)
            odd |= rows[name].isna() & first.notna()
    log.note("measurement missing, known from other rows", odd, "a blank")
    return rows.assign(**taken)


def first_of(rows, key, columns):
    """The first measurement there is of each building or site, and the rows that say otherwise.

    Parameters
    ----------
    rows : DataFrame
        Source rows.
    key : str
        Column that names the building or site.
    columns : iterable of str
        Measurements.

    Returns
    -------
    tuple of (DataFrame, Series of bool)
        One row per key, blank key left out; and, by source row, whether any measurement differs from it.
    """
    columns = list(columns)
    named = rows[rows[key] != ""]
    first = named.groupby(key, sort=False)[columns].first()
    own = named[columns].to_numpy()
    expected = first.reindex(named[key]).to_numpy()
    differs = (~np.isnan(own) & (own != expected)).any(axis=1)
    return first, pd.Series(differs, named.index).reindex(rows.index, fill_value=False)


def within_bounds(rows, table, columns, log, unreadable):
    """Measurements with those the estate's table would refuse blanked, and noted.

    Parameters
    ----------
    rows : DataFrame
        Source rows.
    table : Table
        Table of the estate the measurements go to.
    columns : dict of str
        Column of the table by column of the survey.
    log : OddityLog
        Takes what is odd.
    unreadable : DataFrame of bool
        Cells that hold something that is not a number.

    Returns
    -------
    DataFrame
        The survey's columns, by source row.
    """
    bounded, refused, illegible = {}, [], []
    for name, target in columns.items():
        column, values = table.column(target), rows[name]
        good = values.isna()
        if name == "gifa":
            good = good | (values <= column.most)      # zero and negative floor areas have oddities of their own
        else:
            whole = (values == values.round()) if column.unit == "lifts" else True
            good = good | (values.between(column.least, column.most) & whole)
        bounded[name] = values.where(good)
        if name != "gifa":
            refused.append((name, ~good))
        illegible.append((name, unreadable[name]))
    what = table.name.removesuffix("s")
    _note_cells(rows, log, f"{what} measurement beyond what an estate can hold", refused)
    _note_cells(rows, log, f"{what} measurement that cannot be read", illegible)
    return pd.DataFrame(bounded, index=rows.index)


def _note_cells(rows, log, oddity, cells):
    """One note for each row with any odd cell, naming all of them."""
    odd = np.logical_or.reduce([bad.to_numpy() for _, bad in cells])
    if not odd.any():
        return
    found = pd.Series("", rows.index[odd], dtype="str")
    for name, bad in cells:
        own = rows.loc[odd, name].map(lambda value, name=name: name if pd.isna(value) else f"{name} {value:g}")
        found = found.where(~bad[odd], found + own.astype(str) + "; ")
    log.note(oddity, pd.Series(odd, rows.index), found.str.removesuffix("; ").reindex(rows.index))


def blocks(rows, log, unreadable):
    """Blocks that stand on a site, and which rows are of none.

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``label`` (the building, blank for none), ``site`` and ``in_building``.
    log : OddityLog
        Takes what is odd.
    unreadable : DataFrame of bool
        Cells that hold something that is not a number.

    Returns
    -------
    DataFrame
        One row per building with a floor area, by label, in the columns of the estate. [m2, m, %, nr]
    """
    values = within_bounds(rows, BLOCKS, BLOCK_COLUMNS, log, unreadable)
    first, differs = first_of(values.assign(label=rows.label), "label", BLOCK_COLUMNS)
    log.note("measurements differ within a building", differs, "not those of the building's first row")
    positive = values.gifa.where(values.gifa > 0).groupby(rows.label, sort=False).first()
    inferred = _gifa_from_quantities(rows).where(first.gifa.isna())
    inferred = inferred.where(inferred.between(1e-6, BLOCKS.column("gifa_m2").most))
    gifa = positive.reindex(first.index).fillna(inferred.reindex(first.index))
    log.note("floor area missing, known from quantities", rows.label.isin(inferred.dropna().index), "no floor area")
    first["gifa"] = gifa
    _note_without_block(rows, log, rows.label.map(gifa.isna()).eq(True))
    first = first[gifa.notna()]
    return _without_bad_ground(first, rows, log).rename(columns=BLOCK_COLUMNS)


def _gifa_from_quantities(rows):
    """Floor area by building, as quantity over composition of the types that are measured by it. [m2]"""
    known = (rows.basis == "gifa") & (rows.unit_area > 0) & (rows.composition > 0) & (rows.label != "")
    return (rows.unit_area[known] / rows.composition[known]).groupby(rows.label[known], sort=False).median()


def _note_without_block(rows, log, without):
    def buildings(odd):
        """How many buildings the odd rows belong to, in words."""
        return f"{rows.label[odd].nunique():,} buildings"

    zero = without & (rows.gifa == 0)
    log.note("building with zero floor area", zero, "gifa 0", buildings(zero))
    inside = zero & rows.in_building
    log.note("building with zero floor area and elements of a building", inside, rows.type_id, buildings(inside))
    wrong = (rows.gifa < 0) | (rows.gifa > BLOCKS.column("gifa_m2").most)
    log.note("floor area negative or too great", wrong, rows.gifa, buildings(wrong))
    log.note("floor area missing", without & rows.gifa.isna(), "no floor area", buildings(without & rows.gifa.isna()))


def _without_bad_ground(first, rows, log):
    """Ground floor areas the estate's own check would refuse, blanked."""
    floors = first.ground_gifa * first.storeys.fillna(1).clip(lower=1)
    larger = first.ground_gifa > first.gifa
    crowded = (first.gifa > 5 * floors) & (floors > 0) & first.storeys.notna()
    log.note("ground floor area greater than the floor area", rows.label.map(larger).eq(True), rows.ground_gifa)
    log.note("floor area more than the storeys can hold", rows.label.map(crowded).eq(True), rows.gifa)
    return first.assign(ground_gifa=first.ground_gifa.mask(larger | crowded))


def sites(rows, log, unreadable):
    """Sites and their measurements.

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``site``.
    log : OddityLog
        Takes what is odd.
    unreadable : DataFrame of bool
        Cells that hold something that is not a number.

    Returns
    -------
    DataFrame
        One row per site, by its identifier, in the columns of the estate. [m2, m]
    """
    values = within_bounds(rows, SITES, SITE_COLUMNS, log, unreadable)
    first, differs = first_of(values.assign(site=rows.site), "site", SITE_COLUMNS)
    log.note("measurements differ within a site", differs, "not those of the site's first row")
    return first.rename(columns=SITE_COLUMNS)
