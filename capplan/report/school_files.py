"""The papers of one school as a file, or those of all schools and the centre as a folder with how they add up."""

import re

from ..errors import DataError, Fault
from .asset_plan import asset_plan
from .papers import PDF, WORD, written
from .school_statement import school_statement, sums_document
from .schools_read import CENTRE, SUMS

ALL, CENTRE_FILE, SUMS_FILE, TABLE_FILE = "all", "centre", "how_they_add_up", "sums.csv"
SAY_EVERY, LONGEST_STEM, MOST_NAMED = 10, 60, 12


def school_file(schools, school_id, suffix, full=False):
    """The statement of a school, or its whole asset management plan, as the bytes of a file.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str
        As ``which_school`` gives it.
    suffix : str
        ``.html``, ``.pdf`` or ``.docx``.
    full : bool
        The asset management plan, and not the statement alone.

    Returns
    -------
    bytes
    """
    return written((asset_plan if full else school_statement)(schools, school_id), suffix)


def school_files(schools, full=False, say=lambda text: None):
    """The papers of all schools and of the centre, as PDF and Word, with how they add up.

    Parameters
    ----------
    schools : SchoolsRead
    full : bool
        Asset management plans, and not the statements alone.
    say : callable
        Told how far it is.

    Returns
    -------
    dict of str to bytes
        By file name: two for each school, two of the sums, and ``sums.csv``.
    """
    stems, files = file_stems(schools.sums.index), {}
    for place, school in enumerate(schools.sums.index):
        if place % SAY_EVERY == 0:
            say(f"Writing the papers of schools {place + 1} to {min(place + SAY_EVERY, len(stems))} of {len(stems)}.")
        for suffix in (PDF, WORD):
            files[f"{stems[school]}{suffix}"] = school_file(schools, school, suffix, full)
    sums = sums_document(schools)
    files |= {f"{SUMS_FILE}{suffix}": written(sums, suffix) for suffix in (PDF, WORD)}
    table = schools.sums.reset_index()
    table.insert(0, "file", table.school_id.map(stems))
    money = [name for name in SUMS if name.endswith("_gbp")]
    files[TABLE_FILE] = table.assign(**table[money].round(2)).to_csv(index=False, lineterminator="\n").encode()
    return files


def which_school(schools, text):
    """The school that a user asks for.

    Parameters
    ----------
    schools : SchoolsRead
    text : str
        Its ``school_id``, or ``centre``.

    Returns
    -------
    str

    Raises
    ------
    DataError
        If there is none; it names those there are.
    """
    if text in schools.sums.index and text != CENTRE:
        return text
    if text == CENTRE_FILE and CENTRE in schools.sums.index:
        return CENTRE
    names = [school or CENTRE_FILE for school in schools.sums.index]
    more = f" and {len(names) - MOST_NAMED} more (schools.csv)" if len(names) > MOST_NAMED else ""
    raise DataError([Fault("--school", None, "", repr(text), f"one of {', '.join(names[:MOST_NAMED])}{more}, or {ALL}")])


def file_stems(school_ids):
    """A name of a file for each school, which any system can hold and no two share.

    Parameters
    ----------
    school_ids : sequence of str
        Blank: the centre.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> file_stems(["OXM", "A/B", "a b", ""])
    {'OXM': 'OXM', 'A/B': 'A-B', 'a b': 'a-b-2', '': 'centre'}
    """
    taken, stems = {SUMS_FILE, TABLE_FILE.removesuffix(".csv")}, {}
    for school in school_ids:
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", school)[:LONGEST_STEM].strip("-") or CENTRE_FILE
        stem, number = base, 1
        while stem.lower() in taken:
            number += 1
            stem = f"{base}-{number}"
        taken.add(stem.lower())
        stems[school] = stem
    return stems
