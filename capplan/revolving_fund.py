"""The trust's revolving fund: what a programme's energy measures take off bills pays for further energy measures later."""

from dataclasses import replace

import numpy as np
import pandas as pd

from .candidates.energy_money import tags_with_low_carbon
from .funding.reserves import spendable
from .programme import optimise
from .programme_energy import FUND, FUND_POTS, bills_saved

COUNTED = "fills_the_fund"
LIMIT = "measures that fill the fund"


def fund_pots(saved_gbp, share, last_year):
    """What bills fall by as pots for energy measures of the years after.

    Parameters
    ----------
    saved_gbp : Series
        By year of the plan; below nought where bills rise (nominal). [GBP]
    share : float
        Part of it that goes into the fund. [-]
    last_year : int
        Last year of the plan.

    Returns
    -------
    DataFrame
        Pots ``SAVED-2028`` and so on, each with what the year before saved, in whole pounds; by no year have they paid out
        more than that share of all that was saved before it.

    Examples
    --------
    >>> fund_pots(pd.Series([100.0, 60.0], [2026, 2027]), 0.5, 2028)[["pot_id", "amount", "first_year"]].values.tolist()
    [['SAVED-2027', 50, 2027], ['SAVED-2028', 30, 2028]]
    """
    amounts = spendable(0.0, share * saved_gbp.to_numpy(), np.zeros(len(saved_gbp)))
    tags = tags_with_low_carbon("energy")
    rows = [[f"{FUND_POTS}{year + 1}", int(amount + 1e-6), int(year) + 1, last_year, tags, "", FUND]
            for year, amount in zip(saved_gbp.index, amounts, strict=True) if amount >= 1 and year < last_year]
    return pd.DataFrame(rows, columns=["pot_id", "amount", "first_year", "last_year", "tags", "school_id", "route"])


def with_fund(programme):
    """The candidates of a programme with the fund that its energy measures fill, which then have to stay in it.

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    Candidates or None
        ``None`` where the scenario has no such fund, or nothing would come into it.
    """
    candidates = programme.candidates
    outlook = candidates.outlook
    share = outlook.scenario.measures.savings_recycled_share if outlook.energy is not None else 0.0
    saved = bills_saved(programme)
    if not share or not len(saved):
        return None
    pots = fund_pots(saved.groupby(level="year").sum(), share, outlook.scenario.years[-1])
    if not len(pots):
        return None
    years, old, limits = candidates.scheme_years, candidates.pots, candidates.limits
    filling = [float(pair in candidates.energy.fitted and programme.choice.get(pair[0]) == pair[1])
               for pair in zip(years.scheme_id, years.start_year, strict=True)]
    both = pd.concat([old, pots.reindex(columns=list(old))], ignore_index=True)
    both = both.fillna(dict.fromkeys(set(both) & {"tags", "school_id", "schemes", "with_scheme"}, ""))
    kept = pd.DataFrame([[LIMIT, np.nan, "all", "", COUNTED, ">=", sum(filling)]],
                        columns=["limit_id", "year", "scope", "scope_id", "measure", "sense", "amount"])
    limits = pd.concat([limits, kept.reindex(columns=list(limits))], ignore_index=True) if len(limits) else kept
    told = (f"£{pots.amount.sum():,.0f} that the programme takes off energy bills ({share:.0%} of it) goes into a revolving "
            "fund for further energy measures, each sum from the year after it is saved; the "
            f"{sum(filling):.0f} schemes that save it are kept. What those further measures save stays in free reserves.")
    frames = {**candidates._frames, "pots": both, "limits": limits, "scheme_years": years.assign(**{COUNTED: filling})}
    return replace(candidates, _frames=frames, notes=(*candidates.notes, told))


def revolved(programme, **settings):
    """The programme planned once more with what its energy measures save, where the scenario has that recycled.

    Parameters
    ----------
    programme : Programme
    **settings
        As for ``optimise``.

    Returns
    -------
    Programme
        The same one where there is no fund, or nothing better can be done with it.

    Notes
    -----
    Schemes that save on bills stay as they were planned, so that money is there before it is spent. *Counterexample:* a
    trust that would put its measures earlier for the sake of the fund; the plan may be less than the best.
    """
    candidates = with_fund(programme)
    if candidates is None:
        return programme
    found = optimise(candidates, known=programme.choice, **settings)
    return found if found.objective > programme.objective else programme
