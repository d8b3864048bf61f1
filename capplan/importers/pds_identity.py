"""Which authority, site, building, construction type and grade each row of a property data survey is of."""

import re

import pandas as pd

from .. import reference
from ..cells import ID_PATTERN
from ..errors import DataError, Fault
from .pds_columns import NAMES, name_key, words

LABEL_LENGTH = 60
GROUNDS = ("External areas", "Playing fields")
GRADES = {"A": "A", "B": "B", "C": "C", "D": "D", "E": "D", "N": "A"}


def translated(values, table):
    """Words looked up in a table.

    Parameters
    ----------
    values : Series of str
        What to look up.
    table : dict or Series of str
        Answer by word.

    Returns
    -------
    Series of str
        Blank where the word is not in the table.
    """
    codes, unique = pd.factorize(values)
    return pd.Series(pd.array([table.get(value, "") for value in unique], dtype="str").take(codes), values.index)


def places(source, columns):
    """Site, building and local authority of every row, blanks filled where all other rows of the file agree.

    Parameters
    ----------
    source : DataFrame
        Rows as they came.
    columns : dict of str
        Heading by column.

    Returns
    -------
    DataFrame
        Columns site, building, la, and whether the site and the la were filled.
    """
    site, building, la = (words(source[columns[name]]) for name in ("site_id", "building_id", "la_number"))
    known_site = site.where(site != "", _shared_value(building, site))
    known_la = la.where(la != "", _shared_value(known_site, la))
    return pd.DataFrame({"site": known_site, "building": building, "la": known_la,
                         "site_filled": site != known_site, "la_filled": la != known_la})


def _shared_value(key, values):
    """The value that all rows of the same key share, where any row has none; blank where they do not agree."""
    if not (values == "").any():
        return values
    pairs = pd.DataFrame({"key": key, "value": values})
    pairs = pairs[(key != "") & (values != "")].drop_duplicates()
    pairs = pairs[~pairs.key.duplicated(keep=False)]
    return translated(key, dict(zip(pairs.key, pairs.value, strict=True)))


def wanted_rows(la, las, where):
    """Rows of the local authorities asked for, and those of no known authority.

    Parameters
    ----------
    la : Series of str
        Local authority of each row.
    las : iterable of int or str
        Numbers asked for; all if empty.
    where : str
        Name of the file, for the faults.

    Returns
    -------
    Series of bool

    Raises
    ------
    DataError
        For each number that no row of the file has.
    """
    las = {str(number).strip() for number in las}
    if not las:
        return pd.Series(True, la.index)
    there = sorted(set(la.unique()) - {""})
    lost = sorted(las - set(there))
    if lost:
        raise DataError([Fault(where, None, "la_number", f"no row of local authority {number}",
                               f"one of those in the file: {', '.join(there)}") for number in lost])
    return la.isin(las) | (la == "")


def identified(rows, log):
    """Rows with the construction type, the grade and the identifiers the estate will know them by.

    Parameters
    ----------
    rows : DataFrame
        Source rows as words and numbers, with their places.
    log : OddityLog
        Takes what is odd.

    Returns
    -------
    DataFrame
        The same rows with ``type_id``, ``basis``, ``group`` (element and sub-element), ``in_building``,
        ``survey_grade``, ``site`` (its identifier), ``part_of`` (building, or the grounds of a site) and ``label`` (the
        building, blank for none).
    """
    types = reference.dfe_component_types()
    by_id = dict(zip(types.pds_element_id.astype(int).astype(str), types.type_id, strict=True))
    by_name = dict(zip(name_key(*(types[name] for name in NAMES)), types.type_id, strict=True))
    coded, named = translated(rows.element_id, by_id), translated(name_key(*(rows[name] for name in NAMES)), by_name)
    log.note("element id unknown, names known", (coded == "") & (named != "") & (rows.element_id != ""),
             rows.element_id)
    log.note("element id and names disagree", (coded != "") & (named != "") & (coded != named), named)
    for grade in ("E", "N"):
        log.note(f"grade {grade}", rows.grade == grade, grade)
    odd = rows.priority.notna() & ~rows.priority.isin([1, 2, 3, 4])
    log.note("priority not 1 to 4", odd, rows.priority)
    type_id = coded.where(coded != "", named)
    rows = rows.assign(
        type_id=type_id, basis=translated(type_id, types.quantity_basis),
        group=translated(type_id, types.element + "|" + types.sub_element),
        in_building=~translated(type_id, types.element).isin([*GROUNDS, ""]),
        survey_grade=translated(rows.grade, GRADES), priority=rows.priority.mask(odd))
    return _labelled(rows, log)


def _labelled(rows, log):
    """Identifiers of sites and buildings: as found where an estate can hold them, and different where they differ."""
    site, building = rows.site, rows.building
    log.note("site known only from the building's other rows", rows.site_filled, site)
    log.note("local authority known only from the site's other rows", rows.la_filled, rows.la)
    first_la = rows.la.mask(rows.la == "").groupby(site, sort=False).transform("first")
    log.note("site in more than one local authority", (site != "") & (rows.la != "") & (rows.la != first_la), rows.la)
    pairs = rows.loc[site != "", ["site", "building"]].drop_duplicates()
    shared = set(pairs.building[pairs.building.duplicated()]) - {""}
    labels = pd.Series(_distinct([_building_name(*pair, shared) for pair in pairs.itertuples(index=False)]),
                       pd.MultiIndex.from_frame(pairs), dtype="str")
    part_of = labels.reindex(pd.MultiIndex.from_frame(rows[["site", "building"]]), fill_value="").to_numpy()
    unique = site.unique()
    rows = rows.assign(part_of=part_of, label=pd.Series(part_of, rows.index).where(building != "", ""),
                       site=translated(site, dict(zip(unique, _distinct(unique), strict=True))))
    on_more = building.isin(shared)
    log.note("building number used on more than one site", on_more & (site != ""), building)
    altered = (rows.site != site) | (site != "") & (rows.label != building) & ~on_more
    log.note("identifier capplan cannot keep", altered, lambda odd: site[odd] + ", " + building[odd])
    return rows


def _building_name(site, building, shared):
    if building == "":
        return f"{site}/grounds"
    return f"{site}/{building}" if building in shared else building


def _distinct(names):
    """Identifiers an estate can hold for names, all different: plain characters, and not too long."""
    taken, labels = {""}, []
    for name in names:
        label = re.sub(r"[^A-Za-z0-9._/\- ]", "-", name)[:LABEL_LENGTH].strip()
        if label and not re.fullmatch(ID_PATTERN, label):
            label = f"x{label}"
        candidate, number = label, 1
        while candidate in taken and name != "":
            number += 1
            candidate = f"{label or 'x'}.{number}"
        taken.add(candidate)
        labels.append(candidate)
    return labels
