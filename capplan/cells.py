"""What a cell may hold, by the kind of its column: text as it was written to the value it stands for."""

import math
import re
from functools import cache

import numpy as np
import pandas as pd

from .columns import Kind

LONGEST_TEXT = 500
NUMBER_PATTERN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?"
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._/\- ]{0,79}"
FLAGS = {"yes": True, "no": False, "true": True, "false": False, "y": True, "n": False}
_NUMBER, _ID = re.compile(NUMBER_PATTERN, re.ASCII), re.compile(ID_PATTERN)
_DATE, _FORMULA = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII), re.compile(r"[=+@\t\r]|-.*[(|!]")


def judge(column, texts):
    """What cells of a column say, and whether they say something a cell there may hold.

    Parameters
    ----------
    column : Column
        What the cells must be.
    texts : list of str
        Cells as they were written, without blanks at either end. Shape (n,).

    Returns
    -------
    tuple of (array, array of bool)
        Values, each of shape (n,): numbers, days, flags or text as the kind of the column has them; blank where a cell
        says nothing that counts. Then where a cell is good; a blank is good only as text.

    Notes
    -----
    Assumes plain text. *Counterexample:* a number with its unit behind it is no number.

    Examples
    --------
    >>> from capplan.columns import Column
    >>> judge(Column("area_m2", Kind.NUMBER, "Area.", "m2", above=0), ["12.5", "-3", "12 m2"])
    (array([12.5,  nan,  nan]), array([ True, False, False]))
    """
    return _JUDGES[column.kind](column, texts)


@cache
def blank(column):
    """What a blank cell of a column stands for, as an array of one: most optional columns of most files are not there.

    Parameters
    ----------
    column : Column

    Returns
    -------
    array, shape (1,)
        To be taken from, never changed.
    """
    return judge(column, [""])[0]


def _matches(pattern, texts):
    return np.array([pattern(text) is not None for text in texts], bool)


def _number(column, texts):
    good = _matches(_NUMBER.fullmatch, texts)
    parsed = np.array([float(text) if right else math.nan for text, right in zip(texts, good, strict=True)], float)
    good &= np.isfinite(parsed)
    if column.kind is Kind.INTEGER:
        good &= parsed == parsed.round()
    if column.above is not None:
        good &= parsed > column.above
    if column.least is not None:
        good &= parsed >= column.least
    if column.most is not None:
        good &= parsed <= column.most
    if column.kind is Kind.INTEGER and column.needed:
        return np.where(good, parsed, 0).astype("int64"), good
    return np.where(good, parsed, math.nan), good


def _date(column, texts):
    iso = _matches(_DATE.fullmatch, texts)
    days = [text if right else None for text, right in zip(texts, iso, strict=True)]
    parsed = pd.to_datetime(pd.Series(days, dtype=str), format="%Y-%m-%d", errors="coerce")
    good = parsed.notna()
    if column.least is not None:
        good &= parsed.dt.year >= column.least
    if column.most is not None:
        good &= parsed.dt.year <= column.most
    return parsed.where(good).array, good.to_numpy()


def _surveyed(column, texts):
    parsed, good = _date(column, texts)
    return parsed, good | np.array([text.lower() == "modelled" for text in texts], bool)


def _choice(column, texts):
    known = {choice.lower(): choice for choice in column.choices}
    found = [known.get(text.lower()) for text in texts]
    return _strings([choice or "" for choice in found]), np.array([choice is not None for choice in found], bool)


def _flag(column, texts):
    found = [FLAGS.get(text.lower()) for text in texts]
    return np.array([flag is True for flag in found], bool), np.array([flag is not None for flag in found], bool)


def _id(column, texts):
    return _kept(texts, _matches(_ID.fullmatch, texts))


def _text(column, texts):
    longest = column.most or LONGEST_TEXT
    return _kept(texts, ~_matches(_FORMULA.match, texts) & np.array([len(text) <= longest for text in texts], bool))


def _kept(texts, good):
    """Texts that are good, and blanks for the others."""
    return _strings([text if right else "" for text, right in zip(texts, good, strict=True)]), good


def _strings(texts):
    return pd.array(texts, dtype="str")


_JUDGES = {Kind.NUMBER: _number, Kind.INTEGER: _number, Kind.DATE: _date, Kind.SURVEYED: _surveyed,
           Kind.CHOICE: _choice, Kind.FLAG: _flag, Kind.ID: _id, Kind.TEXT: _text}
