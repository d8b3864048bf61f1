"""How much there is of each component: the surveyor's figure in capplan's unit, or worked out from the block."""

import pandas as pd

from .. import reference
from ..tables import COMPONENTS, Column, Kind
from .survey_values import SHARE_UNITS, UNITS, numbers, translate

GEOMETRY, AS_TYPE = "geometry", "as type"
# Shares of one component are rounded to whole percents by surveyors: three thirds may come to 99 or 101 percent.
ROUNDING_SHARE = 0.01
SITE_BASES = ("site", "field", "boundary")
NEEDS = {"gifa": "gifa_m2", "ground_gifa": "ground_gifa_m2", "wall": "perimeter_m, height_m and windows_doors_percent",
         "windows_doors": "perimeter_m, height_m and windows_doors_percent", "lifts": "lifts",
         "site": "site_area_m2, and ground_gifa_m2 of every block",
         "field": "field_area_m2", "boundary": "boundary_m", "pool": "a count of pools, which only the survey can give"}


def find_quantities(text, types, places, survey_map, notes):
    """Quantities in the unit of each component's type, and what each stands on.

    Parameters
    ----------
    text : DataFrame of str
        One column per field of the map, indexed by spreadsheet row.
    types : Series of str
        ``type_id`` of each row; blank where at fault.
    places : Places
    survey_map : SurveyMap
    notes : Notes

    Returns
    -------
    tuple of (Series of float, Series of str)
        Quantity [m2, m or nr], and ``measured`` where the survey gives it, else the geometry it was worked out from.
    """
    known = reference.component_types()
    blank = pd.Series("", text.index, dtype=str)
    given = text.get("quantity", blank)
    units = _units(text, given, types.map(known.unit), survey_map, notes)
    measured = (given != "") & (units != GEOMETRY)
    figures = _measured(given.where(measured, ""), units, notes)
    shares = _shares(text.get("share", blank), measured, survey_map, notes)
    worked = ~measured & (types != "") & (places.rows.site_id != "")
    basis = types.map(known.quantity_basis)
    whole = geometry(places, basis)
    lost = worked & whole.isna()
    _note_lost(text, lost, basis, notes)
    _note_twice(worked & ~lost, shares, types, basis, places, notes)
    for name, rows in basis[worked & ~lost].groupby(basis).groups.items():
        notes.count("quantity worked out", "quantity", "no quantity", f"from {name}", len(rows))
    quantity = figures.where(measured, whole * shares)
    return quantity, basis.where(~measured, "measured").fillna("").astype(str)


def geometry(places, basis):
    """Quantity of a whole component by the rule of its type.

    Parameters
    ----------
    places : Places
        With the blocks' and sites' figures. [m2, m, %, nr]
    basis : Series of str
        ``quantity_basis`` of each row's type.

    Returns
    -------
    Series of float
        Not a number where a figure that the rule needs is not known. [m2, m or nr]

    Notes
    -----
    windows and doors = perimeter x height x their percentage / 100; wall = the rest of perimeter x height; site = site
    area - ground floor areas of its blocks; a block's rule for a component of the grounds counts all blocks of the
    site. Windows and doors and walls are checked against the remedial costs of the survey of [1]_ (its published unit
    quantities take the percentage for an area), the others against its unit quantities: each whole component there is
    the quantity divided by its share at the grade. Assumes that a component fills its block. *Counterexample:* air
    conditioning in two rooms; its quantity must be given.

    References
    ----------
    .. [1] Department for Education, property data survey programme 2012-14 (sample in the ``blockbuster`` package).
    """
    of_block, of_all, of_site = _wholes(places)
    whole = pd.Series(float("nan"), basis.index, dtype=float)
    block_id, site_id = places.rows.block_id, places.rows.site_id
    for name in of_site:
        whole = whole.mask(basis == name, site_id.map(of_site[name]).astype(float))
    for name in of_block:
        by_block, by_site = block_id.map(of_block[name]).astype(float), site_id.map(of_all[name]).astype(float)
        whole = whole.mask(basis == name, by_block.where(block_id != "", by_site))
    return whole


def _wholes(places):
    """Whole quantities by rule: of each block, of all blocks of each site, and of each site's grounds."""
    blocks = places.blocks.set_index("block_id")
    sites = places.sites.set_index("site_id")
    outside_m2, windows_share = blocks.perimeter_m * blocks.height_m, blocks.windows_doors_percent / 100
    of_block = pd.DataFrame({
        "gifa": blocks.gifa_m2, "ground_gifa": blocks.ground_gifa_m2, "windows_doors": outside_m2 * windows_share,
        "wall": outside_m2 * (1 - windows_share), "lifts": blocks.lifts})
    of_all = of_block.groupby(blocks.site_id).agg(lambda column: column.sum(skipna=False)).reindex(sites.index)
    ground = of_all.ground_gifa.where(sites.index.isin(blocks.site_id), 0.0)
    of_site = pd.DataFrame({
        "site": (sites.site_area_m2 - ground).where(lambda area: area >= 0),
        "field": sites.field_area_m2, "boundary": sites.boundary_m})
    return of_block, of_all, of_site


def _units(text, given, type_units, survey_map, notes):
    """capplan's word for the unit of each row; blank where there is no quantity, or its unit is at fault."""
    if survey_map.constants.unit == AS_TYPE:
        return type_units.fillna("").astype(str).where(given != "", "")
    if survey_map.constants.unit:
        units = pd.Series(survey_map.constants.unit, given.index, dtype=str).where(given != "", "")
    elif "unit" in text:
        there = text.unit[(given != "") | (text.unit != "")]
        units = translate(there, survey_map.units.quantities, "unit", "a unit of [units.quantities] in the map", notes)
        units = units.reindex(given.index).fillna("").astype(str)
    else:
        return pd.Series("", given.index, dtype=str)
    into = units.map({unit: goal for unit, (goal, _) in UNITS.items()})
    wrong = into.notna() & type_units.notna() & (into != type_units) & (given != "")
    for row in given.index[wrong]:
        found = repr(text.unit[row]) if "unit" in text else repr(units[row])
        notes.fault([row], "unit", found, f"a unit that can be turned into {type_units[row]}, the unit of the type; or "
                                          "geometry in [units.quantities], to work the quantity out from the block")
    return units.where(~wrong, "")


def _measured(given, units, notes):
    result = pd.Series(float("nan"), given.index, dtype=float)
    column = COMPONENTS.column("quantity")
    for unit, rows in given[given != ""].groupby(units).groups.items():
        goal, scale = UNITS.get(unit, ("", 1.0))
        result[rows] = numbers(given[rows], "quantity", column, notes, scale)
        if scale != 1:
            notes.count("converted", "quantity", unit, f"{goal} (x {scale:g})", len(rows))
    notes.count("oddity", "quantity", "a quantity of zero", "kept", (result == 0).sum())
    return result


def _shares(text, measured, survey_map, notes):
    """Share of the whole component that each row is; 1 where the survey gives none. [-]"""
    unit = survey_map.units.shares
    if unit is None:
        return pd.Series(1.0, text.index)
    most = 1 / SHARE_UNITS[unit]
    figures = numbers(text, "share", Column("share", Kind.NUMBER, "", unit, least=0, most=most), notes,
                      strip="%" if unit == "percent" else "")
    if unit == "percent" and figures.max() <= 1 and (figures > 0).any():
        notes.fault(figures.index[figures.notna()][:1], "share", "no share above 1 in the whole column",
                    "percent; or set units.shares of the map to fraction")
    notes.count("oddity", "share", "a share beside a quantity", "not used", (measured & (text != "")).sum())
    return (figures * SHARE_UNITS[unit]).where(text != "", 1.0)


def _note_lost(text, lost, basis, notes):
    for row in basis.index[lost]:
        field = "quantity" if "quantity" in text else "type"
        notes.fault([row], field, "no quantity, and no geometry to work it out from",
                    f"a quantity, or {NEEDS[basis[row]]} in the survey or the map")


def _note_twice(worked, shares, types, basis, places, notes):
    """Rows that would count a component twice: worked-out shares above the whole, or a whole beside a measured part."""
    place = places.rows.block_id.where((places.rows.block_id != "") & ~basis.isin(SITE_BASES), places.rows.site_id)
    group = place + "\n" + types
    total = shares.where(worked, 0.0).groupby(group).transform("sum")
    beside = (~worked & (types != "")).groupby(group).transform("any")
    for row in types.index[worked & ((total > 1 + ROUNDING_SHARE) | beside)]:
        found = f"{total[row]:.0%} of the whole" + (", beside measured quantities" if beside[row] else "")
        notes.fault([row], "share" if "share" in notes.headings else "quantity", f"no quantity: {found}",
                    f"quantities in all rows of {types[row]} in one place, or in none and at most 100% in all")
