"""How much of each component a property data survey found: as the survey costed it, or else as its file says."""

import numpy as np
import pandas as pd

from ..tables import COMPONENTS

CORRECTED = {"windows_doors": "windows and doors given as a percentage, not an area",
             "wall": "wall area less a percentage", "lifts": "lifts counted twice",
             "pool": "swimming pool counted as 2"}
"""Bases whose published quantity is not what the survey costed, and the oddity of a row that is corrected."""


def measured(rows):
    """What each row's composition is a share of, by the quantity basis of its construction type.

    Parameters
    ----------
    rows : DataFrame
        Source rows with their measurements and ``basis``. [m2, m, % or nr]

    Returns
    -------
    Series of float
        ``nan`` where a measurement it needs is missing. The ground floor area, and the windows and doors of a wall,
        which are taken away from something larger, count as 0 where missing. [m2, m or nr]

    Notes
    -----
    Windows and doors = perimeter x height x windows_doors / 100, and wall the rest of it: windows_doors is a percentage
    of the wall. A lift and a pool are 1, as compositions count them. Of the costed components of the survey's ten per
    cent sample, remedial cost over unit cost, over its authority's median of the same for components measured by floor
    area, is within 2% of that for 99.8% of windows and doors, 95% of walls, 99% of lifts and all pools; the published
    ``unit_area`` is for 1.4%, 4.8%, 89% and none. (The walls that are not are curtain walling costed at 0.45 of the
    published unit cost.) The other bases reproduce ``unit_area``. Assumes walls of one height all round.
    *Counterexample:* a hall among classrooms.

    References
    ----------
    .. [1] Department for Education, property data survey programme 2012-14, ten per cent sample published with the
       Blockbuster deterioration model: cost, composition, block_perimeter, height, windows_doors, unit_area.
    """
    wall_m2, windows_share = rows.block_perimeter * rows.height, rows.windows_doors / 100
    amounts = {
        "gifa": rows.gifa, "ground_gifa": rows.ground_gifa,
        "wall": wall_m2 * (1 - windows_share.fillna(0)), "windows_doors": wall_m2 * windows_share,
        "site": rows.site_area_exc_field - rows.ground_gifa.fillna(0),
        "boundary": rows.boundary_length, "field": rows.field_area, "lifts": pd.Series(1.0, rows.index),
        "pool": (rows.swimming_pool != "no").astype(float),
    }
    return _of_basis(rows.basis, amounts)


def published(rows):
    """What the survey's file gives as the quantity of windows and doors, walls, lifts and pools.

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``composition``, measurements and ``basis``.

    Returns
    -------
    Series of float
        ``nan`` on the other bases. A percentage counted as m2, lifts multiplied by their own number, and 2 for a pool.
    """
    wall_m2 = rows.block_perimeter * rows.height
    return rows.composition * _of_basis(rows.basis, {
        "windows_doors": rows.windows_doors, "wall": wall_m2 - rows.windows_doors, "lifts": rows.number_lifts,
        "pool": pd.Series(2.0, rows.index)})


def _of_basis(basis, amounts):
    amount = pd.Series(np.nan, basis.index)
    for name, values in amounts.items():
        own = basis == name
        amount[own] = values[own]
    return amount


def quantities(rows, log, there, given_in_file):
    """Quantity of each component, in the sense that the survey's own costs have.

    Windows and doors, walls, lifts and pools are worked out afresh as composition x measurement wherever that is known;
    of the other bases, and where it is not, the file's quantity stands if there is one.

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``unit_area``, ``composition``, measurements and ``basis``.
    log : OddityLog
        Takes what is odd, and every row that is corrected.
    there : Series of bool
        Rows not set aside: only these are counted as corrected.
    given_in_file : bool
        Whether the file has quantities at all.

    Returns
    -------
    Series of float
        In the unit of the type, from 0 to the most an estate can hold; ``nan`` where it cannot be worked out.
        [m2, m or nr]
    """
    most = COMPONENTS.column("quantity").most
    given, worked = rows.unit_area, rows.composition * measured(rows)
    corrected, unknown = rows.basis.isin(list(CORRECTED)), (rows.basis == "wall") & rows.windows_doors.isna()
    fresh = corrected & worked.between(0, most) & ~unknown
    usable = given.between(0, most) & ~fresh
    negative = (given < 0) | (~usable & (worked < 0))
    quantity = given.where(rows.basis != "pool", given / 2).where(usable, worked).clip(lower=0) + 0.0
    quantity = quantity.mask(quantity.isna() & (given < 0), 0.0)
    quantity = quantity.where(quantity <= most)
    as_found = given.where(given.notna(), worked)
    _note_compositions(rows, log)
    _note_corrections(rows, log, given, quantity, fresh & there)
    no_pool = (rows.basis == "pool") & (rows.swimming_pool == "no")
    lacking = (rows.basis == "site") & rows.ground_gifa.isna() | unknown
    log.note("negative quantity", negative, as_found)
    log.note("zero quantity", (quantity == 0) & ~negative & ~no_pool, as_found)
    log.note("quantity missing or unreadable", given.isna() & given_in_file, "no quantity")
    log.note("quantity above the most an estate can hold", as_found > most, as_found)
    log.note("quantity is not composition x measurement", usable & ~corrected & ((given - worked).abs() > _slack(worked)),
             lambda odd: given[odd].astype(str) + ", composition x measurement " + worked[odd].astype(str))
    log.note("swimming pool works where there is no pool", no_pool, "swimming pool no")
    log.note("windows, wall, lifts or pool lacking measurements", usable & corrected & there, given)
    log.note("ground floor area or windows and doors missing", lacking & ~usable & quantity.notna(), "a blank")
    return quantity


def _slack(amount):
    """How far two quantities may differ and still be taken as the same."""
    return 0.01 + 0.001 * amount.abs()


def _note_corrections(rows, log, given, quantity, fresh):
    """Rows whose quantity is worked out afresh and is not the file's, by what the file's is instead."""
    by_rule = published(rows)
    odd = fresh & ((given - quantity).abs() > _slack(quantity)) & ~((rows.basis == "pool") & (quantity == 0))
    explained = (given - by_rule).abs() <= _slack(by_rule)

    def found(odd):
        """The quantity given and the one worked out, of the odd rows."""
        return given[odd].astype(str) + ", worked out " + quantity[odd].astype(str)

    for basis, oddity in CORRECTED.items():
        log.note(oddity, odd & explained & (rows.basis == basis), found)
    log.note("windows, wall, lifts or pool not of the survey's rules", odd & ~explained & (given >= 0), found)


def _note_compositions(rows, log):
    part = rows.composition
    log.note("composition above 1", part > 1, part)
    log.note("composition zero", part == 0, part)
    log.note("composition negative", part < 0, part)
    log.note("composition missing or unreadable", part.isna(), "no composition")


def note_composition_sums(rows, log, counted):
    """Note sub-elements of a building whose compositions do not sum to 1 (within 0.01).

    Parameters
    ----------
    rows : DataFrame
        Source rows with ``label`` (the building), ``group`` (the element and sub-element), ``basis`` and
        ``composition``. The composition of lifts is their number and is left out.
    log : OddityLog
        Takes what is odd.
    counted : Series of bool
        Rows that count towards the sums: those kept.
    """
    summed = counted & rows.composition.notna() & (rows.basis != "lifts")
    parts = rows.loc[summed, ["label", "group", "composition"]]
    total = parts.groupby(["label", "group"], sort=False).composition.transform("sum").reindex(rows.index)
    odd = (total - 1).abs() > 0.01 + 1e-9
    groups = len(parts[odd.reindex(parts.index)].drop_duplicates(["label", "group"]))
    log.note("compositions of a sub-element do not sum to 1", odd, lambda odd: "sum " + total[odd].round(5).astype(str),
             f"{groups:,} sub-elements")
