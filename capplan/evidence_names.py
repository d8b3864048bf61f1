"""What a file of evidence is of and what it is, by the names of its folders and its own: stated rules, no guesses."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

TRUST_FOLDER = "trust"
"""Folder for what is of no one school."""
RULE = ("in a folder named by a school_id (or trust), or named by a block, component, scheme, need or listed work; a "
        "name may go on after a blank, an underscore, a comma or a bracket")
SEPARATORS = " _,("
PICTURES = frozenset(("jpg", "jpeg", "png", "heic", "heif", "tif", "tiff", "webp", "gif", "bmp"))
DRAWINGS = frozenset(("dwg", "dxf", "dgn", "rvt", "ifc", "skp"))
MESSAGES = frozenset(("eml", "msg"))
DOCUMENTS = frozenset(("pdf", "doc", "docx", "odt", "rtf", "txt"))
WORDS = {"quote": ("quote", "quotes", "quotation", "quotations", "tender", "tenders", "estimate", "estimates"),
         "certificate": ("certificate", "certificates", "cert", "certs"),
         "drawing": ("drawing", "drawings", "plan", "plans", "elevation", "elevations", "layout"),
         "correspondence": ("letter", "letters", "email", "emails", "correspondence"),
         "report": ("report", "reports", "survey", "surveys", "assessment", "inspection")}
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d\d)([-_.])(\d\d)\2((?:19|20)\d\d)(?!\d)")


@dataclass(frozen=True)
class Places:
    """What names of files may begin with, and the school of each.

    Parameters
    ----------
    owners : dict
        School of each name, by the column it goes to: ``owners["block_id"]["ELL-1-A"]``; of ``school_id`` the school itself.
        Columns stand in the order in which a name is looked up.
    """

    owners: dict = field(repr=False)

    def __post_init__(self):
        for extra, change in (("_written", str), ("_folded", str.casefold)):
            object.__setattr__(self, extra, {column: {change(each.replace("/", "_")): each for each in known}
                                             for column, known in self.owners.items()})

    def named(self, name, columns):
        """What a name begins with, as ``(column, id)``: the longest of the first column that knows it; else ``None``."""
        ends = [place for place, sign in enumerate(name) if sign in SEPARATORS]
        for column in columns:
            whole = self._folded[column].get(name.casefold())
            if whole:
                return column, whole
            for end in reversed(ends):
                if name[:end] in self._written[column]:
                    return column, self._written[column][name[:end]]
        return None


def relation(path, places):
    """What a file is of, by its folders and its name, the widest first.

    Parameters
    ----------
    path : str
        Below the folder of evidence, with / between folders.
    places : Places

    Returns
    -------
    dict of str
        ``school_id, block_id, scheme_id, component_id``, blank where not known; ``None`` where it is of no school and not in
        the folder of the trust.

    Notes
    -----
    A capital more or less in a whole name does not matter; where a name goes on it must be as the estate has it.
    *Counterexample:* a file ``ELL-01x.jpg`` is of no component ``ELL-01``: after a name comes a blank, an underscore, a
    comma, a bracket or nothing.

    Examples
    --------
    >>> places = Places({"component_id": {"ELL-01": "ELL"}, "scheme_id": {}, "block_id": {"ELL-1-A": "ELL"},
    ...                  "school_id": {"ELL": "ELL"}})
    >>> relation("ELL/roof/ELL-01 crack.jpg", places)
    {'school_id': 'ELL', 'block_id': '', 'scheme_id': '', 'component_id': 'ELL-01'}
    >>> relation("holiday.jpg", places) is None
    True
    """
    *folders, last = path.split("/")
    found, order = dict.fromkeys(("school_id", "block_id", "scheme_id", "component_id"), ""), tuple(places.owners)
    trusts = bool(folders) and folders[0].casefold() == TRUST_FOLDER
    for place, name in enumerate([*folders, last.rpartition(".")[0] or last]):
        widest_first = place == 0 and folders
        hit = places.named(name, ("school_id", *order) if widest_first else order)
        if hit and not (trusts and place == 0):
            found[hit[0]] = hit[1]
    for column in order:
        if found[column] and not found["school_id"]:
            found["school_id"] = places.owners[column][found[column]]
    return found if found["school_id"] or trusts else None


def kind_of(path):
    """What a file is: by its ending where that says it, else by the words of its path.

    Examples
    --------
    >>> kind_of("ELL/roof.JPG"), kind_of("ELL/Roof quotation.pdf"), kind_of("ELL/quotes/b.xlsx"), kind_of("ELL/roof.pdf")
    ('photo', 'quote', 'quote', 'report')
    >>> kind_of("ELL/film.mp4")
    'other'
    """
    ending = path.rpartition(".")[2].casefold()
    for kind, endings in (("photo", PICTURES), ("drawing", DRAWINGS), ("correspondence", MESSAGES)):
        if ending in endings:
            return kind
    words = re.split(r"[^a-z]+", path.rpartition(".")[0].casefold())
    for kind, known in WORDS.items():
        if any(word in known for word in words):
            return kind
    return "report" if ending in DOCUMENTS else "other"


def date_in(name):
    """Last day written in a name, year first or (with -, _ or . between) day first; ``None`` where there is none.

    Examples
    --------
    >>> date_in("ELL-01 2026-05-14.jpg"), date_in("IMG_20260514_101500.jpg"), date_in("quote 14.05.2026.pdf")
    (datetime.date(2026, 5, 14), datetime.date(2026, 5, 14), datetime.date(2026, 5, 14))
    >>> date_in("12345678.jpg") is None
    True
    """
    found = [(match.start(), match[1], match[3], match[4]) for match in _YEAR_FIRST.finditer(name)]
    found += [(match.start(), match[4], match[3], match[1]) for match in _DAY_FIRST.finditer(name)]
    for _, year, month, day in sorted(found, reverse=True):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def plain(path):
    """A path as it is compared: letters with their accents in one piece, without a leading ``./``.

    Examples
    --------
    >>> plain("./=photo.jpg")
    '=photo.jpg'
    """
    return unicodedata.normalize("NFC", path).removeprefix("./")
