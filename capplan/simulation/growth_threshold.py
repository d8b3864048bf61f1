"""The threshold between bidding and allocation: what each brings, and the dowry at which taking a school in breaks even."""

import numpy as np

from ..reference import load


def sca_gbp_per_weighted_pupil(rate_from):
    """Published SCA rate of a grant year. [GBP]

    Parameters
    ----------
    rate_from : int
        Grant year.

    Returns
    -------
    float

    Raises
    ------
    MissingFigureError
        If there is none of that year.

    Examples
    --------
    >>> sca_gbp_per_weighted_pupil(2025)
    159.25
    """
    from ..errors import MissingFigureError
    rates = load("allocation_rates")
    own = rates[(rates.route == "SCA") & (rates.figure == "per_weighted_pupil")].set_index("grant_year").value
    if rate_from not in own.index:
        raise MissingFigureError(f"No SCA rate of grant year {rate_from}; known: {', '.join(map(str, own.index))}. "
                                 "Set growth.sca_rate_from to one of these.")
    return float(own[rate_from])


def money_by_regime(schools, weighted_pupils, growth):
    """What bidding and allocation would each bring a trust in a grant year, whatever it has.

    Parameters
    ----------
    schools : array
        Schools that may bid. [schools]
    weighted_pupils : array
        Of the same schools, with their location factors. [weighted pupils]
    growth : Growth
        Section of the scenario: bids, odds, award, cost of a bid, and the year of the SCA rate.

    Returns
    -------
    tuple of array
        Expected from bids, less what they cost; and from the formula. [GBP]

    Notes
    -----
    The floor by school, PFI and voluntary-aided factors, condition and transitional protection are left out, which
    ``capplan funding allocations`` has. *Counterexample:* a primary of 100 pupils, whose floor is above its formula.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> rules = SimpleNamespace(bids_per_school_year=0.5, bid_win_odds=0.25, bid_award_gbp=520000, bid_cost_gbp=5000,
    ...     sca_rate_from=2025)
    >>> bids, formula = money_by_regime(np.array([4.0]), np.array([2000.0]), rules)
    >>> bids.tolist(), formula.tolist()
    ([250000.0], [318500.0])
    """
    bid_gbp = growth.bids_per_school_year * (growth.bid_win_odds * growth.bid_award_gbp - growth.bid_cost_gbp)
    return schools * bid_gbp, weighted_pupils * sca_gbp_per_weighted_pupil(growth.sca_rate_from)


def break_even_dowry(liability_gbp, brought_gbp, joining_cost_gbp, yearly_gbp, years, discount_rate):
    """Dowry at which taking a school in leaves the trust no worse off; negative where it is better off without one.

    Parameters
    ----------
    liability_gbp : array
        What its buildings need, as found. [GBP]
    brought_gbp : array
        Reserves (or deficit) and grants in flight it brings. [GBP]
    joining_cost_gbp : float
        Cost of joining less any grant for it. [GBP]
    yearly_gbp : array
        Surplus it adds in a year, services saved among it. [GBP]
    years : int
        Years of it that count.
    discount_rate : float
        [-]

    Returns
    -------
    array
        [GBP]

    Notes
    -----
    Counts no capital grant, for none is certain, and no post: one is filled for a phase and not for a school.
    *Counterexample:* the school whose joining fills the posts of a phase and makes the trust one that is allocated money.

    Examples
    --------
    >>> break_even_dowry(np.array([500_000.0]), np.array([100_000.0]), 40_000.0, np.array([20_000.0]), 5, 0.0).tolist()
    [340000.0]
    """
    annuity = years if discount_rate == 0 else (1 - (1 + discount_rate) ** -years) / discount_rate
    return liability_gbp + joining_cost_gbp - brought_gbp - annuity * np.asarray(yearly_gbp)
