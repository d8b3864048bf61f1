"""What a survey map must be as a whole: no setting missing, none that nothing uses, no word that means two things."""

from datetime import datetime

from ..crosswalk import type_named

AREA_COLUMNS = ("block_gifa", "block_ground_gifa", "site_area", "field_area")
LENGTH_COLUMNS = ("block_perimeter", "block_height", "boundary")


def key_of(text):
    """Text as it is compared: runs of white space count as one space, and capitals do not matter."""
    return " ".join(text.split()).casefold()


def key_path(*parts):
    """Place of a key in a TOML file: ``schools[1].region``, ``grades."1 - Good"``; entries are counted from 1."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part + 1}]"
        else:
            path += ("." if path else "") + (part if part.replace("_", "").isalnum() else f'"{part}"')
    return path


def sense_faults(survey_map):
    """Keys of a survey map that are each right and together wrong.

    Parameters
    ----------
    survey_map : SurveyMap

    Returns
    -------
    list of tuple (str, str, str)
        Key path, what is there, what it must be.
    """
    return [*_column_faults(survey_map), *_setting_faults(survey_map), *_word_faults(survey_map),
            *_place_faults(survey_map)]


def _column_faults(survey_map):
    columns, constants = survey_map.columns, survey_map.constants
    for name in ("school", "site", "block", "unit", "survey_date"):
        if getattr(columns, name) is not None and getattr(constants, name) is not None:
            yield f"constants.{name}", "a constant beside a column", f"given once; leave out this or columns.{name}"
    for name in ("school", "survey_date"):
        if getattr(columns, name) is None and getattr(constants, name) is None:
            yield f"columns.{name}", "nothing", f"there, or constants.{name}: {_meaning(columns, name)}"
    if columns.grade is None:
        yield "columns.grade", "nothing", f"there: {_meaning(columns, 'grade')}"
    if not (columns.element or columns.sub_element or columns.type):
        yield "columns.type", "nothing", "there, or columns.element or columns.sub_element: what the component is"


def _meaning(columns, name):
    return type(columns).model_fields[name].description


def _setting_faults(survey_map):
    """A setting that is needed and missing, or given and used by nothing."""
    columns, units, constants = survey_map.columns, survey_map.units, survey_map.constants
    areas = any(getattr(columns, name) for name in AREA_COLUMNS)
    lengths = any(getattr(columns, name) for name in LENGTH_COLUMNS)
    for key, given, user, used in (
        ("units.quantities", units.quantities, "columns.unit", columns.unit),
        ("columns.unit or constants.unit", columns.unit or constants.unit, "columns.quantity", columns.quantity),
        ("units.areas", units.areas, "a column of areas", areas),
        ("units.lengths", units.lengths, "a column of lengths", lengths),
        ("units.costs", units.costs, "columns.remedial_cost", columns.remedial_cost),
        ("cost_price_base", survey_map.cost_price_base, "columns.remedial_cost", columns.remedial_cost),
        ("units.shares", units.shares, "columns.share", columns.share),
        ("priorities", survey_map.priorities, "columns.priority", columns.priority),
        ("flags", survey_map.flags, "columns.statutory", columns.statutory),
        ("permanence", survey_map.permanence, "columns.block_permanence", columns.block_permanence),
        ("age_bands", survey_map.age_bands, "columns.block_age_band", columns.block_age_band),
        ("trust.found_as", survey_map.trust.found_as, "columns.trust", columns.trust),
        ("grounds", survey_map.grounds, "columns.block", columns.block),
    ):
        if used and not given and key != "grounds":
            yield key, "nothing", f"there: {user} needs it"
        if given and not used:
            yield key, "a setting that nothing uses", f"left out, or used by {user}"
    skip = survey_map.skip_where
    if skip and not skip.values and not skip.begins_with:
        yield "skip_where", "no words", "values, begins_with, or both"
    if not _is_date_format(survey_map.date_format):
        yield "date_format", repr(survey_map.date_format), "a form of date with the year, such as %d/%m/%Y"


def _is_date_format(text):
    sample = datetime(2024, 11, 1)
    try:
        return datetime.strptime(sample.strftime(text), text).date() == sample.date()
    except ValueError:
        return False


def _word_faults(survey_map):
    flags = {} if survey_map.flags is None else {"yes": survey_map.flags.yes, "no": survey_map.flags.no}
    tables = {"units.quantities": survey_map.units.quantities, "grades": survey_map.grades,
              "priorities": survey_map.priorities, "types": survey_map.types, "permanence": survey_map.permanence,
              "age_bands": survey_map.age_bands, "flags": [word for words in flags.values() for word in words],
              "schools.found_as": [word for school in survey_map.schools for word in school.found_as]}
    for table, words in tables.items():
        seen = {}
        for word in words:
            first = seen.setdefault(key_of(word), word)
            if first is not word:
                yield key_path(*table.split("."), word), "the same word again", f"given once (first as {first!r})"
    if not (survey_map.types or survey_map.dfe_names or survey_map.codes):
        yield "types", "nothing", "there, or dfe_names or codes: what the surveyor's names of types mean"
    for word, name in survey_map.types.items():
        wrong = type_named(name)[1]
        if wrong:
            yield key_path("types", word), repr(name), wrong


def _place_faults(survey_map):
    schools = [school.school_id for school in survey_map.schools]
    for number, school_id in enumerate(schools):
        if school_id in schools[:number]:
            yield key_path("schools", number, "school_id"), repr(school_id), "different for every school"
    for table in ("sites", "blocks"):
        seen = set()
        for number, entry in enumerate(getattr(survey_map, table)):
            if entry.school_id not in schools:
                yield key_path(table, number, "school_id"), repr(entry.school_id), "a school_id of [[schools]]"
            place = (entry.school_id, key_of(getattr(entry, "site", "")), key_of(entry.found_as))
            if place in seen:
                yield key_path(table, number, "found_as"), repr(entry.found_as), "given once"
            seen.add(place)
    for number, entry in enumerate(survey_map.blocks):
        if entry.gifa_m2 is None and not survey_map.columns.block_gifa:
            yield key_path("blocks", number, "gifa_m2"), "nothing", "there, or columns.block_gifa"
