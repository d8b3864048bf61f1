"""What a property data survey measured: blocks, sites, and the quantities that follow from them."""

import numpy as np
import pandas as pd

from ..tables import BLOCKS, COMPONENTS, SITES

# Column of the survey: column of the estate.
BLOCK_COLUMNS = {"gifa": "gifa_m2", "ground_gifa": "ground_gifa_m2", "storeys": "storeys",
                 "block_perimeter": "perimeter_m", "height": "height_m", "windows_doors": "windows_doors_nr",
                 "number_lifts": "lifts"}
SITE_COLUMNS = {"site_area_exc_field": "site_area_m2", "field_area": "field_area_m2", "boundary_length": "boundary_m"}
GROUNDS = ("External areas", "Playing fields")


def measured(rows):
    """What each row's composition is a share of, by the quantity basis of its construction type.

    Parameters
    ----------
    rows : DataFrame
        Source rows with their measurements and ``basis``. [m2, m or nr]

    Returns
    -------
    Series of float
        ``nan`` where a measurement it needs is missing. Windows and doors and the ground floor area, which are taken
        away from something larger, count as 0 where missing.

    Notes
    -----
    Each rule reproduces the published quantities of the survey's ten per cent sample. Assumes windows and doors take
    1 m2 of wall each. *Counterexample:* a hall glazed to its full height.

    References
    ----------
    .. [1] Department for Education, Blockbuster deterioration model: quantities of the property data survey.
    """
    amounts = {
        "gifa": rows.gifa, "ground_gifa": rows.ground_gifa,
        "wall": rows.block_perimeter * rows.height - rows.windows_doors.fillna(0),
        "windows_doors": rows.windows_doors,
        "site": rows.site_area_exc_field - rows.ground_gifa.fillna(0),
        "boundary": rows.boundary_length, "field": rows.field_area, "lifts": rows.number_lifts,
        "pool": (rows.swimming_pool != "no").astype(float),
    }
    amount = pd.Series(np.nan, rows.index)
    for basis, values in amounts.items():
        of_basis = rows.basis == basis
        amount[of_basis] = values[of_basis]
    return amount


def quantities(rows, log, given_in_file):
    """Quantity of each component: the file's own where there is one, else composition x measurement.

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``unit_area``, ``composition``, measurements and ``basis``.
    log : OddityLog
        Takes what is odd.
    given_in_file : bool
        Whether the file has quantities at all.

    Returns
    -------
    Series of float
        In the unit of the type, from 0 to the most an estate can hold; ``nan`` where it cannot be worked out.
        [m2, m or nr]
    """
    most = COMPONENTS.column("quantity").most
    given, pool = rows.unit_area, rows.basis == "pool"
    worked = rows.composition * measured(rows)
    usable = given.between(0, most) & ~pool
    negative = (given < 0) | (~usable & (worked < 0))
    quantity = given.where(usable, worked).clip(lower=0) + 0.0
    quantity = quantity.mask(quantity.isna() & (given < 0), 0.0)
    quantity = quantity.where(quantity <= most)
    _note_quantities(rows, log, given.where(given.notna(), worked), negative, quantity)
    if given_in_file:
        log.note("quantity missing or unreadable", given.isna(), "no quantity")
    log.note("quantity above the most an estate can hold", given.where(given.notna(), worked) > most,
             given.where(given.notna(), worked))
    log.note("quantity is not composition x measurement", usable & _differ(given, worked),
             lambda odd: given[odd].astype(str) + ", composition x measurement " + worked[odd].astype(str))
    no_pool = pool & (rows.swimming_pool == "no")
    log.note("swimming pool counted as 2", pool & ~no_pool & given.notna() & (given != quantity), given)
    log.note("swimming pool works where there is no pool", no_pool, "swimming pool no")
    lacking = (rows.basis == "site") & rows.ground_gifa.isna() | (rows.basis == "wall") & rows.windows_doors.isna()
    log.note("ground floor area or windows and doors missing", lacking & ~usable & quantity.notna(), "a blank")
    return quantity


def _differ(given, worked):
    return (given - worked).abs() > 0.01 + 0.001 * worked.abs()


def _note_quantities(rows, log, as_found, negative, quantity):
    part = rows.composition
    log.note("composition above 1", part > 1, part)
    log.note("composition above 1: number of lifts", (part > 1) & (rows.basis == "lifts"), part)
    log.note("composition zero", part == 0, part)
    log.note("composition negative", part < 0, part)
    log.note("composition missing or unreadable", part.isna(), "no composition")
    log.note("negative quantity", negative, as_found)
    no_pool = (rows.basis == "pool") & (rows.swimming_pool == "no")
    log.note("zero quantity", (quantity == 0) & ~negative & ~no_pool, as_found)


def note_composition_sums(rows, log, counted):
    """Note sub-elements of a building whose compositions do not sum to 1 (within 0.01).

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``label`` (the building), ``group`` (the element and sub-element) and ``composition``.
    log : OddityLog
        Takes what is odd.
    counted : Series of bool
        Rows that count towards the sums: those kept.
    """
    parts = rows.loc[counted & rows.composition.notna(), ["label", "group", "composition"]]
    total = parts.groupby(["label", "group"], sort=False).composition.transform("sum").reindex(rows.index)
    odd = (total - 1).abs() > 0.01 + 1e-9
    groups = len(parts[odd.reindex(parts.index)].drop_duplicates(["label", "group"]))
    log.note("compositions of a sub-element do not sum to 1", odd, lambda odd: "sum " + total[odd].round(5).astype(str),
             f"{groups:,} sub-elements")


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
        One row per building with a floor area, by label, in the columns of the estate. [m2, m, nr]
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
