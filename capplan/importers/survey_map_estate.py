"""What a column map leaves out, from an estate that is there: the trust, its schools, sites and blocks."""

import pandas as pd

BLOCK_FIGURES = ("gifa_m2", "ground_gifa_m2", "storeys", "perimeter_m", "height_m", "windows_doors_percent", "lifts",
                 "age_band", "permanence", "planned_exit")
SCHOOL_FACTS = ("name", "region", "pfi", "voluntary_aided", "urn", "phase", "tenure", "joined", "condition_band", "pupils")
SITE_FIGURES = ("site_area_m2", "field_area_m2", "boundary_m")
WHOLE = ("urn", "pupils", "lifts")


def with_estate(data, estate):
    """A map as read from its file, with what it does not say itself taken from an estate.

    Parameters
    ----------
    data : dict
        Contents of the file.
    estate : Estate

    Returns
    -------
    dict
        What the map says stands. Schools are found by their ``school_id``, name or URN, sites by ``site_id``, blocks by
        ``block_id``; a block the map gives other words and a ``block_id`` gets the estate's figures.
    """
    data, columns = dict(data), data.get("columns", {})
    if not isinstance(columns, dict):
        return data
    trust = {"trust_id": estate.trust.trust_id, "name": estate.trust["name"]}
    if columns.get("trust"):
        trust["found_as"] = sorted({trust["trust_id"], trust["name"]})
    data.setdefault("trust", trust)
    if "schools" not in data:
        data["schools"] = [{"school_id": row.school_id, "found_as": _words(row), **_facts(row, SCHOOL_FACTS)}
                           for row in estate.schools.itertuples()]
    known = {entry.get("school_id") for entry in data["schools"] if isinstance(entry, dict)}
    sites = estate.sites[estate.sites.school_id.isin(known)]
    several = bool(columns.get("site"))
    if "sites" not in data:
        alone = ~sites.school_id.duplicated(keep=False)
        data["sites"] = [{"school_id": row.school_id, "site_id": row.site_id, **_facts(row, SITE_FIGURES),
                          **({"found_as": row.site_id} if several else {})}
                         for row in (sites if several else sites[alone]).itertuples()]
    data["blocks"] = _blocks(data.get("blocks", []), estate, sites, several)
    return data


def _words(school):
    urn = [] if pd.isna(school.urn) else [f"{school.urn:.0f}"]
    words = [school.school_id, school.name, *urn]
    return [word for place, word in enumerate(words) if word.casefold() not in [each.casefold() for each in words[:place]]]


def _facts(row, names):
    """What is known of a place, as a map writes it."""
    found = {}
    for name in names:
        value = getattr(row, name)
        if isinstance(value, pd.Timestamp):
            found[name] = f"{value:%Y-%m-%d}"
        elif isinstance(value, str) and value:
            found[name] = value
        elif not isinstance(value, str) and not pd.isna(value):
            found[name] = int(value) if name in WHOLE else value.item() if hasattr(value, "item") else value
    return found


def _blocks(entries, estate, sites, several):
    """The map's own blocks with the estate's figures where it has none, and the estate's other blocks by their names."""
    homes = sites.set_index("site_id").school_id
    blocks = estate.blocks[estate.blocks.site_id.isin(homes.index)]
    if not several:  # a school with several sites that the survey does not tell apart: nobody knows where its blocks stand
        single = homes[~homes.duplicated(keep=False)].index
        blocks = blocks[blocks.site_id.isin(single)]
    rows = {row.block_id: row for row in blocks.itertuples()}
    named = [entry.get("block_id") for entry in entries if isinstance(entry, dict)]
    own = [{**_facts(rows[entry["block_id"]], BLOCK_FIGURES), **entry}
           if isinstance(entry, dict) and entry.get("block_id") in rows else entry for entry in entries]
    return own + [{"school_id": homes[row.site_id], "found_as": name, "block_id": name,
                   **({"site": row.site_id} if several else {}), **_facts(row, BLOCK_FIGURES)}
                  for name, row in rows.items() if name not in named]
