"""The waist of the hour-glass: candidate schemes as plain tables, the only thing the optimiser sees."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..candidate_tables import CANDIDATE_TABLES
from ..money import Money
from ..outlook import Outlook
from .energy_desk import EnergyOffers

TABLES = {table.name: table for table in CANDIDATE_TABLES}
MUST_DO_WORDS = {"": None, "no": None, "0": None, "false": None, "n": None, "yes": np.inf, "true": np.inf, "y": np.inf,
                 "1": np.inf}

LOAN, BID = "loan", "bid"
NO_WORKS = (LOAN, BID)
"""Kinds of schemes that are choices about money and no works."""
MOTHBALL, LET, CLOSE_SITE, EXPAND = "mothball", "let", "close site", "expand"
OUT_OF_USE = (MOTHBALL, LET, CLOSE_SITE)
"""Kinds of schemes that take a block or a site out of use and leave it as it is: no need of their own."""
CONTRIBUTIONS = "contributions"
"""Name under which what others pay of a scheme stands beside the pots in draws and cash flow."""


@dataclass(frozen=True)
class Candidates:
    """Schemes, the years each may start in, what they spend, the pots, and limits.

    ``outlook`` and ``money`` are the parents; both are ``None`` where the tables were read from a folder. ``members``
    gives for each proposed scheme the rows of ``outlook.parts`` it treats, and ``works`` the name of the treatment;
    ``energy`` says what the energy schemes are made of.
    """

    _frames: dict = field(repr=False)
    outlook: Outlook | None = field(default=None, repr=False)
    money: Money | None = field(default=None, repr=False)
    members: dict = field(default_factory=dict, repr=False)
    works: dict = field(default_factory=dict, repr=False)
    notes: tuple = ()
    energy: EnergyOffers | None = field(default=None, repr=False)

    def table(self, name):
        """A copy of one of the tables schemes, scheme_years, spend, pots, limits, bundles."""
        if name not in self._frames:
            return pd.DataFrame({column: pd.Series([], dtype=object) for column in TABLES[name].column_names})
        return self._frames[name].copy(deep=False)

    @property
    def schemes(self):
        """One row per scheme."""
        return self.table("schemes")

    @property
    def scheme_years(self):
        """One row per scheme and year it may start in, with its value."""
        return self.table("scheme_years")

    @property
    def spend(self):
        """One row per scheme, start year and year of spending (nominal GBP)."""
        return self.table("spend")

    @property
    def pots(self):
        """One row per pot (nominal GBP)."""
        return self.table("pots")

    @property
    def limits(self):
        """One row per limit."""
        return self.table("limits")

    @property
    def bundles(self):
        """One row per bundle of schemes that save money together."""
        return self.table("bundles")

    def __str__(self):
        return (f"{len(self.schemes):,} schemes ({len(self.scheme_years):,} scheme years), "
                f"£{self.pots.amount.sum():,.0f} in {len(self.pots)} pots")


def must_start_by(text):
    """Latest start year of a must-do scheme: a year, infinity for any year, ``None`` where it is a choice.

    Raises
    ------
    ValueError
        If the text is neither yes, no nor a year.
    """
    text = str(text).strip().lower().removesuffix(".0")
    return MUST_DO_WORDS[text] if text in MUST_DO_WORDS else int(text)


def split_list(text):
    """The names of a cell that lists them separated by ``;``."""
    return [name.strip() for name in text.split(";") if name.strip()]


def needs_met(schemes):
    """The needs each scheme meets: its group (or itself where it has none), then what it also meets.

    Parameters
    ----------
    schemes : DataFrame
        ``scheme_id`` and, where there are any, ``exclusion_group`` and ``also_meets``.

    Returns
    -------
    dict of list of str
        By scheme: ``group NAME`` and ``scheme NAME``.
    """
    names = schemes.scheme_id.tolist()
    own = schemes.exclusion_group.tolist() if "exclusion_group" in schemes else [""] * len(names)
    further = schemes.also_meets.tolist() if "also_meets" in schemes else [""] * len(names)
    single = {name for name, group in zip(names, own, strict=True) if not group}
    return {name: list(dict.fromkeys([f"group {group}" if group else f"scheme {name}",
                                      *(f"scheme {other}" if other in single else f"group {other}"
                                        for other in (split_list(more) if more else ()))]))
            for name, group, more in zip(names, own, further, strict=True)}


def met_by_nobody_else(schemes):
    """Further needs that no other scheme meets, so that naming them does nothing: by row, one for each name.

    Parameters
    ----------
    schemes : DataFrame
        As for ``needs_met``.

    Returns
    -------
    Series of str
    """
    if "also_meets" not in schemes:
        return pd.Series([], dtype=str)
    own = set(schemes.exclusion_group) | set(schemes.scheme_id[schemes.exclusion_group == ""])
    further = schemes.also_meets[schemes.also_meets != ""].map(lambda text: sorted(set(split_list(text)))).explode().dropna()
    return further[~further.isin(own) & ~further.duplicated(keep=False)]
