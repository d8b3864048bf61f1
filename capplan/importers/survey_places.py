"""Schools, sites and blocks of a survey: which place each row is in, and what is known of it."""

import re
from dataclasses import dataclass

import pandas as pd

from ..tables import BLOCKS, SCHOOLS, SITES
from .survey_map_checks import AREA_COLUMNS, LENGTH_COLUMNS, key_of
from .survey_values import UNITS, numbers, translate

BLOCK_FIGURES = {"block_gifa": "gifa_m2", "block_ground_gifa": "ground_gifa_m2", "block_storeys": "storeys",
                 "block_perimeter": "perimeter_m", "block_height": "height_m",
                 "block_windows_doors_percent": "windows_doors_percent", "block_lifts": "lifts"}
BLOCK_WORDS = {"block_age_band": "age_band", "block_permanence": "permanence"}
SITE_FIGURES = {"site_area": "site_area_m2", "field_area": "field_area_m2", "boundary": "boundary_m"}


@dataclass(frozen=True)
class Places:
    """Where each row is, and the tables of places.

    Parameters
    ----------
    rows : DataFrame
        ``school_id``, ``site_id`` and ``block_id`` of each row of the survey; blank where at fault. The grounds of a
        site have a blank block.
    schools, sites, blocks : DataFrame
        Tables of the estate, indexed by the first row of the survey that names the place (0: only the map does).
    """

    rows: pd.DataFrame
    schools: pd.DataFrame
    sites: pd.DataFrame
    blocks: pd.DataFrame


def find_places(text, survey_map, notes):
    """Find the school, site and block of every row.

    Parameters
    ----------
    text : DataFrame of str
        One column per field of the map, indexed by spreadsheet row.
    survey_map : SurveyMap
    notes : Notes
        Gets every unknown place and every figure that differs within one.

    Returns
    -------
    Places
    """
    words = {word: school.school_id for school in survey_map.schools for word in school.found_as}
    school = translate(text.school, words, "school", "a school of [[schools]] in the map", notes).fillna("").astype(str)
    if "trust" in text:
        words = dict.fromkeys(survey_map.trust.found_as, survey_map.trust.trust_id)
        translate(text.trust, words, "trust", "the trust of the map (trust.found_as)", notes)
    sites, site = _sites(text, school, survey_map, notes)
    blocks, block = _blocks(text, school, site, survey_map, notes)
    blocks = _with_blocks_not_surveyed(blocks, sites, survey_map, notes)
    rows = pd.DataFrame({"school_id": school, "site_id": site, "block_id": block})
    return Places(rows, _schools(school, survey_map, notes), sites, blocks)


def _schools(school, survey_map, notes):
    first = school.drop_duplicates()
    rows = {school_id: row for row, school_id in first.items()}
    entries = [entry for entry in survey_map.schools if entry.school_id in rows]
    for entry in survey_map.schools:
        if entry.school_id not in rows:
            notes.count("school of the map not in the survey", "school", entry.name, "left out", 1)
    records = [{**entry.model_dump(exclude={"found_as"}), "joined": pd.Timestamp(entry.joined)} for entry in entries]
    frame = pd.DataFrame(records, index=[rows[entry.school_id] for entry in entries], columns=SCHOOLS.column_names)
    return _typed_blanks(frame, SCHOOLS)


def _typed_blanks(frame, table):
    for column in table.columns:
        kind = column.kind.name
        if kind in ("NUMBER", "INTEGER"):
            frame[column.name] = frame[column.name].astype(float)
        elif kind == "DATE":
            frame[column.name] = pd.to_datetime(frame[column.name])
        elif kind != "FLAG":
            frame[column.name] = frame[column.name].astype(object).where(frame[column.name].notna(), "").astype(str)
    return frame


def _sites(text, school, survey_map, notes):
    names = text["site"] if "site" in text else pd.Series("", text.index, dtype=str)
    found = pd.Series("", text.index, dtype=str)
    records, used = {}, set()
    groups = _groups([school, names.map(key_of)], school != "")
    for (school_id, key), rows in groups:
        if "site" in text and not key:
            notes.fault(rows, "site", "a blank", "the name of the site")
            continue
        entry = next((one for one in survey_map.sites if one.school_id == school_id and key_of(one.found_as) == key),
                     None)
        used.add(id(entry))
        site_id = _id_of(entry, school_id, names[rows[0]] or "site", rows, "site", records, notes)
        if not site_id:
            continue
        _note_name(names[rows], "site", site_id, notes)
        found[rows] = site_id
        known = entry.model_dump(include=set(SITE_FIGURES.values())) if entry else {}
        records[site_id] = {"row": rows[0], "school_id": school_id, "site_key": key, **known}
    for entry in survey_map.sites:
        if id(entry) not in used:
            notes.count("site of the map not in the survey", "site", entry.found_as or entry.school_id, "left out", 1)
    figures = _figures(text, SITE_FIGURES, SITES, found, survey_map, notes)
    frame = _table(records, figures, SITES, "site_id", notes)
    return frame.assign(site_key=[records[site]["site_key"] for site in frame.site_id]), found


def _blocks(text, school, site, survey_map, notes):
    names = text["block"] if "block" in text else pd.Series("", text.index, dtype=str)
    keys = names.map(key_of)
    keys = keys.where(~keys.isin([key_of(word) for word in survey_map.grounds]), "")
    notes.count("grounds", "block", "a blank, or a word of the map's grounds", "the grounds of the site",
                ((keys == "") & (site != "")).sum())
    site_keys = text["site"].map(key_of) if "site" in text else pd.Series("", text.index, dtype=str)
    found = pd.Series("", text.index, dtype=str)
    records = {}
    for (school_id, site_id, key), rows in _groups([school, site, keys], (site != "") & (keys != "")):
        entry = next((one for one in survey_map.blocks if one.school_id == school_id and key_of(one.found_as) == key
                      and key_of(one.site) in ("", site_keys[rows[0]])), None)
        block_id = _id_of(entry, site_id, names[rows[0]], rows, "block", records, notes)
        if not block_id:
            continue
        _note_name(names[rows], "block", block_id, notes)
        found[rows] = block_id
        known = entry.model_dump(exclude={"school_id", "found_as", "site", "block_id"}) if entry else {}
        records[block_id] = {"row": rows[0], "site_id": site_id, "entry": entry, **known}
    figures = _figures(text, BLOCK_FIGURES, BLOCKS, found, survey_map, notes).join(
        _words(text, found, survey_map, notes), how="outer")
    frame = _table(records, figures, BLOCKS, "block_id", notes)
    frame["entry"] = pd.Series([records[block]["entry"] for block in frame.block_id], frame.index, dtype=object)
    frame["permanence"] = frame.permanence.where(frame.permanence != "", survey_map.constants.permanence or "")
    _note_lacking(frame, found, names, notes)
    return frame, found


def _note_lacking(blocks, found, names, notes):
    """Blocks whose floor area or permanence nobody gives; a figure that is there but wrong is a fault already."""
    already = {(found.get(fault.row), fault.column) for fault in notes.faults}
    for name, field, where in (("gifa_m2", "block_gifa", "[[blocks]]"),
                               ("permanence", "block_permanence", "[[blocks]] or constants.permanence")):
        lacking = blocks[blocks[name].isna() | (blocks[name].astype(str) == "")]
        for row, block in lacking.iterrows():
            if (block.block_id, notes.heading(field)) not in already:
                notes.fault([row], field, f"no {name} of the block {names[row]!r}",
                            f"in that column of the survey or in {where} of the map")


def _groups(keys, mask):
    frame = pd.concat(keys, axis=1, keys=range(len(keys)))[mask]
    return frame.groupby(list(frame.columns), sort=False).groups.items()


def _made_id(parent, name):
    return f"{parent}-" + re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-._")


def _id_of(entry, parent, name, rows, field, taken, notes):
    """The map's short name of a place, or one made from the survey's name; blank, with a fault, where there is none."""
    given = getattr(entry, f"{field}_id", None)
    found = given or _made_id(parent, name)
    if re.match(r"[=+@\t]", name):
        notes.fault(rows, field, repr(name[:60]), "plain text, not a formula")
    elif not given and (found == f"{parent}-" or len(found) > 80):
        notes.fault(rows, field, repr(name[:60]), "a name with letters or digits, not too long; or in "
                                                  f"[[{field}s]] of the map with a {field}_id")
    elif found in taken:
        notes.fault(rows, field, repr(name[:60]), f"told apart from the other {field} that is called {found}: give it "
                                                  f"a {field}_id of its own in [[{field}s]] of the map")
    else:
        return found
    return ""


def _note_name(names, field, made, notes):
    spellings = names.unique()
    if names.iloc[0]:
        notes.count("named", field, names.iloc[0], made, len(names))
    for other in spellings[1:]:
        if names.iloc[0]:
            notes.count("spellings taken as one", field, other, names.iloc[0], (names == other).sum())


def _figures(text, fields, table, places, survey_map, notes):
    """Figures of each place from the columns of the survey, which must agree in all its rows."""
    columns = {}
    for field, name in fields.items():
        if field not in text:
            continue
        unit = survey_map.units.areas if field in AREA_COLUMNS else \
            survey_map.units.lengths if field in LENGTH_COLUMNS else None
        scale = UNITS[unit][1] if unit else 1.0
        share = table.column(name).unit == "%"
        values = numbers(text[field], field, table.column(name), notes, scale, strip="%" if share else "")
        if share and values.max() <= 1 and (values > 0).any():
            notes.fault(values.index[values.notna()][:1], field, "no share above 1 in the whole column",
                        "per cent of the wall, from 0 to 100")
        if scale != 1:
            notes.count("converted", field, unit, f"{UNITS[unit][0]} (x {scale:g})", values.notna().sum())
        columns[name] = _agreed(values, text[field], field, places, notes)
    return pd.DataFrame(columns)


def _agreed(values, shown, field, places, notes):
    there = values.notna() & (places != "")
    first = places[there].drop_duplicates()
    by_place = pd.Series(values[first.index].to_numpy(), first.to_numpy())
    differs = there & (values != places.map(by_place))
    rows_of = pd.Series(first.index, first.to_numpy())
    for row in values.index[differs]:
        first_row = rows_of[places[row]]
        notes.fault([row], field, repr(shown[row]), f"{shown[first_row]!r} as in row {first_row}, the same place")
    return by_place


def _words(text, places, survey_map, notes):
    columns = {}
    for field, name in BLOCK_WORDS.items():
        if field in text:
            words = survey_map.age_bands if name == "age_band" else survey_map.permanence
            must_be = f"a word of [{'age_bands' if name == 'age_band' else 'permanence'}] in the map"
            values = translate(text[field], words, field, must_be, notes, needed=False)
            columns[name] = _agreed(values, text[field], field, places, notes)
    return pd.DataFrame(columns)


def _table(records, figures, table, key, notes):
    """One row per place: the map's figure where it gives one, the survey's otherwise."""
    headings = {name: field for field, name in (BLOCK_FIGURES | BLOCK_WORDS | SITE_FIGURES).items()}
    rows = []
    for place, record in records.items():
        row = {key: place, **{name: value for name, value in record.items() if value is not None}}
        for name in figures.columns:
            value = figures[name].get(place)
            if pd.isna(value):
                continue
            if name in row and row[name] != value:
                found = f"{place}: {value}"
                notes.count("figure of the map used, not the survey's", headings[name], found, row[name], 1)
            row.setdefault(name, value)
        rows.append(row)
    index = [record["row"] for record in records.values()]
    return _typed_blanks(pd.DataFrame(rows, index=index, columns=table.column_names), table)


def _with_blocks_not_surveyed(blocks, sites, survey_map, notes):
    """Blocks that only the map knows, of schools in the survey: their floor area is part of the estate."""
    surveyed = {id(entry) for entry in blocks.entry}
    records = {}
    for entry in survey_map.blocks:
        if id(entry) in surveyed:
            continue
        homes = sites[(sites.school_id == entry.school_id)
                      & ((entry.site == "") | (sites.site_key == key_of(entry.site)))]
        block_id = entry.block_id or (_made_id(homes.site_id.iloc[0], entry.found_as) if len(homes) else "")
        permanence = entry.permanence or survey_map.constants.permanence
        if len(homes) != 1 or entry.gifa_m2 is None or not permanence or block_id in (*blocks.block_id, *records):
            notes.count("block of the map not in the survey", "block", entry.found_as, "left out", 1)
            continue
        notes.count("block of the map not in the survey", "block", entry.found_as, f"{block_id}, without components", 1)
        records[block_id] = {**entry.model_dump(exclude={"school_id", "found_as", "site"}, exclude_none=True),
                             "row": 0, "site_id": homes.site_id.iloc[0], "permanence": permanence}
    more = _table(records, pd.DataFrame(), BLOCKS, "block_id", notes)
    return pd.concat([blocks.drop(columns="entry"), more]) if len(more) else blocks.drop(columns="entry")
