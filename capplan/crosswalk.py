"""What DfE's elements are called in other systems of codes, and which construction types a code stands for."""

import difflib
from functools import cache

import pandas as pd

from . import reference
from .tables import ELEMENTS

DFE, NRM1, NRM3, UNICLASS = "DfE", "NRM1", "NRM3", "Uniclass EF"
PREFIXES = {"dfe": DFE, "nrm1": NRM1, "nrm3": NRM3, "uniclass": UNICLASS}
"""How a survey map may write the system before a code: ``NRM1:5.5``."""
NAME_SEPARATOR = " > "


@cache
def _rows():
    codes = reference.load("element_crosswalk").astype({"code": str}).fillna("")
    codes["code"] = codes.code.replace("nan", "")
    nrm3 = codes[codes.system == NRM1].assign(system=NRM3)
    parts = ["element", "sub_element"]
    types = reference.component_types().reset_index(drop=True)[["type_id", *parts, "construction_type", "pds_element_id"]]
    types = types.sort_values("element", key=lambda names: names.map(ELEMENTS.index), kind="stable")
    own = types.assign(system=DFE, title=types.construction_type, match="same", note="",
                       code=types.pds_element_id.map(lambda number: "" if pd.isna(number) else f"{number:.0f}"))
    both = types.merge(pd.concat([codes, nrm3]), on=parts)
    columns = ["element", "sub_element", "type_id", "construction_type", "system", "code", "title", "match", "note"]
    return pd.concat([own[own.code != ""], both])[columns].reset_index(drop=True)


def crosswalk(word="", system=""):
    """Codes of construction types in each system.

    Parameters
    ----------
    word : str
        An element, a part of one or a ``type_id``, in whole or its beginning, or a whole code; blank: all.
    system : str
        One of ``PREFIXES``, capitals or not; blank: all.

    Returns
    -------
    DataFrame
        ``element, sub_element, type_id, construction_type, system, code, title, match, note``; a system without a code for a
        type has a blank one, and the note says why.

    Notes
    -----
    ``match`` is capplan's own judgement: ``same``, ``wider`` (the code holds more), ``nearest`` or ``none``. NRM3 has the
    codes of NRM1. *Counterexample:* below the element, where NRM3 goes down to single assets and this does not.

    Examples
    --------
    >>> crosswalk("MECH.01")[["system", "code", "match"]].to_numpy().tolist()
    [['DfE', '1883', 'same'], ['NRM1', '5.5', 'same'], ['Uniclass EF', 'EF_60_40', 'wider'], ['NRM3', '5.5', 'same']]
    """
    rows, folded = _rows(), " ".join(word.split()).casefold()
    if folded:
        hit = rows.code.str.casefold() == folded
        for name in ("type_id", "element", "sub_element"):
            hit |= rows[name].str.casefold().str.startswith(folded)
        rows = rows[rows.type_id.isin(rows.type_id[hit])]
    if system:
        rows = rows[rows.system == PREFIXES[system.casefold()]]
    return rows.copy()


def types_of_code(text):
    """The construction types that a code stands for.

    Parameters
    ----------
    text : str
        System and code: ``NRM1:5.5``, ``NRM3:5.5``, ``Uniclass:EF_80_50``, ``DfE:1706``.

    Returns
    -------
    list of str
        Each ``type_id``; none where the system or the code is not known.

    Examples
    --------
    >>> types_of_code("NRM1:5.5"), types_of_code("uniclass:EF_80_50"), types_of_code("DfE:1706"), types_of_code("NRM9:1")
    (['MECH.01'], ['ELEC.06'], ['ROOF.03'], [])
    """
    system, _, code = text.partition(":")
    rows = _rows()
    known = PREFIXES.get(system.strip().casefold())
    return list(dict.fromkeys(rows.type_id[(rows.system == known) & (rows.code != "") & (rows.code == code.strip())]))


def type_named(text):
    """The construction type that a ``type_id`` or a code names, or what is wrong with it.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of (str, str)
        ``type_id``, blank where it is not one; and then what it must be.

    Examples
    --------
    >>> type_named("ROOF.03"), type_named("NRM1:5.5")
    (('ROOF.03', ''), ('MECH.01', ''))
    >>> type_named("NRM1:2.4")[1]
    'one type: this code stands for FLOOR.06, FLOOR.07, FLOOR.08, FLOOR.09, FLOOR.10, FLOOR.11, FLOOR.12, FLOOR.13, FLOOR.14'
    """
    known = list(reference.component_types().index)
    if text in known:
        return text, ""
    if ":" in text:
        found = types_of_code(text)
        if len(found) == 1:
            return found[0], ""
        return "", (f"one type: this code stands for {', '.join(found)}" if found else
                    "a code of capplan crosswalk, such as NRM1:5.5, Uniclass:EF_80_50 or DfE:1706")
    close = difflib.get_close_matches(text, known, 1, 0.6)
    return "", "a type_id of component_types.csv" + (f"; did you mean {close[0]}?" if close else "")


def dfe_names(parts):
    """The names of DfE's list, as a survey with these columns writes them, and the type of each that names one alone.

    Parameters
    ----------
    parts : sequence of str
        Of ``element, sub_element, type``, in this order.

    Returns
    -------
    dict of str
        Names joined by `` > `` to ``type_id``.

    Examples
    --------
    >>> dfe_names(["element", "sub_element"])["Mechanical services > Heat source and equipment"]
    'MECH.01'
    """
    columns = {"element": "element", "sub_element": "sub_element", "type": "construction_type"}
    types = reference.component_types()
    names = types[columns[parts[0]]]
    for part in parts[1:]:
        names = names + NAME_SEPARATOR + types[columns[part]]
    alone = ~names.str.casefold().duplicated(keep=False)
    return dict(zip(names[alone], types.index[alone], strict=True))
