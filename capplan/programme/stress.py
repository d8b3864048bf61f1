"""Stress: what becomes of a programme when something goes wrong, and what would be done instead."""

from dataclasses import dataclass, field

import pandas as pd

from ..errors import InfeasibleError
from .instance import instance
from .optimise import Programme, optimise
from .payments import unpaid

PENNY_GBP = 0.5


@dataclass(frozen=True)
class Stressed:
    """A programme under a shock. ``unpaid_gbp``: by year, what the pots can no longer pay of the works as they are planned
    (nominal). ``left_out``: schemes that are no longer on offer as planned. ``replanned``: the best that can be done
    instead, ``None`` where nothing obeys the rules, with the ``reason``. ``value_kept_gbp``: loss the programme as planned
    would still avoid under the shock, were it paid for (present value)."""

    name: str
    unpaid_gbp: pd.Series = field(repr=False)
    left_out: tuple
    value_kept_gbp: float
    replanned: Programme | None = field(repr=False)
    reason: str = ""

    @property
    def breaks_in(self):
        """First year in which works cannot be paid for as planned; ``None`` where all can."""
        short = self.unpaid_gbp[self.unpaid_gbp > PENNY_GBP]
        return int(short.index[0]) if len(short) else None


def stress(programme, name, shocked, gap=None, time_limit_s=None, threads=1, seed=0):
    """Put a programme under a shock.

    Parameters
    ----------
    programme : Programme
        As it is planned.
    name : str
        What the shock is called.
    shocked : Candidates
        What could be done, and the money there is, under the shock.
    gap, time_limit_s, threads, seed
        As for ``optimise``, for what would be done instead.

    Returns
    -------
    Stressed

    Notes
    -----
    What cannot be paid is worked out with the pots used as well as can be, the earlier years first. Assumes the works go on
    as planned until the money is gone. *Counterexample:* a trust that stops to think.
    """
    inst = instance(shocked)
    kept = {scheme: year for scheme, year in programme.choice.items() if (scheme, year) in inst.starts}
    left_out = tuple(sorted(set(programme.choice) - set(kept)))
    value = sum(inst.starts[pair].value for pair in kept.items())
    years = sorted({year for pair in kept.items() for year in inst.starts[pair].spend})
    short = pd.Series(unpaid(inst, kept), index=years, dtype=float) if years else pd.Series(dtype=float)
    try:
        instead = optimise(shocked, gap, time_limit_s, threads=threads, seed=seed, known=kept)
    except InfeasibleError as error:
        return Stressed(name, short, left_out, float(value), None, str(error))
    return Stressed(name, short, left_out, float(value), instead)
