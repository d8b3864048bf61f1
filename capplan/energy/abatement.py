"""What saving a tonne costs: the Green Book's form, that of grant schemes, payback, the curve, and the price of waiting."""

import numpy as np

from .measures import GENERAL, figure

CHANGES_AFTER = 30             # years after which the Green Book's rate falls


def social_factors(years):
    """Present value of a pound in each year by the Green Book's falling rate.

    Parameters
    ----------
    years : int
        How many.

    Returns
    -------
    array, shape (years,)
        3.5% a year for years 0 to 30 and 3.0% after. [-]

    Examples
    --------
    >>> round(float(social_factors(20).sum()), 5), round(float(social_factors(21)[1:].sum()), 5)
    (14.70984, 14.2124)

    References
    ----------
    .. [1] HM Treasury, The Green Book (2022), annex 6, table 8.
    """
    first, later = figure(GENERAL, "discount rate").value, figure(GENERAL, "discount rate later").value
    steps = np.where(np.arange(1, years) <= CHANGES_AFTER, 1.0 + first, 1.0 + later)
    return 1.0 / np.concatenate([[1.0], np.cumprod(steps)])[:years]


def cost_per_tonne(costs_gbp, saved_t, discount=None):
    """Cost of a tonne in the form of the Green Book: present costs, carbon left out, over the tonnes saved.

    Parameters
    ----------
    costs_gbp : array, shape (years,)
        Capital, upkeep and fuel, less fuel saved. [GBP]
    saved_t : array, shape (years,)
        Carbon saved, at the long-run marginal factors. [tCO2e]
    discount : array, optional
        Left out: the Green Book's.

    Returns
    -------
    float
        NaN where nothing is saved; below nought where it pays for itself. [GBP/t]

    Notes
    -----
    Tonnes are not discounted. *Counterexample:* two projects that save as much, one of them in forty years' time.

    Examples
    --------
    >>> cost_per_tonne(np.array([100.0, 0.0]), np.array([1.0, 1.0]))
    50.0
    """
    factors = social_factors(len(costs_gbp)) if discount is None else discount
    tonnes = float(np.sum(saved_t))
    return float(np.dot(factors, costs_gbp) / tonnes) if tonnes > 0 else float("nan")


def comparator_gbp_per_t(carbon_value_gbp_per_t, saved_t, discount=None):
    """The most a tonne may cost by the Green Book: carbon values of the years it is saved in, discounted, per tonne.

    Parameters
    ----------
    carbon_value_gbp_per_t : array, shape (years,)
        [GBP/t]
    saved_t : array, shape (years,)
        [tCO2e]
    discount : array, optional
        Left out: the Green Book's.

    Returns
    -------
    float
        NaN where nothing is saved. [GBP/t]

    Examples
    --------
    >>> comparator_gbp_per_t(np.array([200.0, 207.0]), np.array([1.0, 1.0]))
    200.0
    """
    return cost_per_tonne(np.asarray(carbon_value_gbp_per_t) * saved_t, saved_t, discount)


def direct_cost_per_tonne(grant_gbp, direct_t_per_year, persistence_years):
    """Cost of a tonne as grant schemes ask for it: what is asked over the carbon of fuel burnt on site.

    Parameters
    ----------
    grant_gbp : float
        What is asked: the uplift over like for like. [GBP]
    direct_t_per_year : float
        Direct emissions saved in a year. [tCO2e]
    persistence_years : float
        Years that are counted. [years]

    Returns
    -------
    float
        NaN where nothing is saved. [GBP/t]

    Examples
    --------
    >>> direct_cost_per_tonne(390_000.0, 100.0, 20.0)
    195.0

    References
    ----------
    .. [1] Salix Finance, Public Sector Decarbonisation Scheme phase 3c, criteria: carbon cost threshold.
    """
    tonnes = direct_t_per_year * persistence_years
    return float(grant_gbp / tonnes) if tonnes > 0 else float("nan")


def payback_years(cost_gbp, saved_gbp):
    """Years until yearly savings have paid for what they cost.

    Parameters
    ----------
    cost_gbp : float
        [GBP]
    saved_gbp : array, shape (years,)
        Saved in each year after. [GBP]

    Returns
    -------
    float
        Infinite where they never do. [years]

    Examples
    --------
    >>> payback_years(25.0, np.array([10.0, 10.0, 10.0])), payback_years(50.0, np.array([10.0, 10.0]))
    (2.5, inf)
    """
    if cost_gbp <= 0:
        return 0.0
    total = np.cumsum(saved_gbp)
    enough = np.flatnonzero(total >= cost_gbp)
    if not len(enough):
        return float("inf")
    at = int(enough[0])
    return float(at + (cost_gbp - (total[at] - saved_gbp[at])) / saved_gbp[at])


def abatement_curve(gbp_per_t, saved_t):
    """Measures in the order of what a tonne costs, with the tonnes saved by then: to be looked at, not to be followed.

    Parameters
    ----------
    gbp_per_t : array, shape (n,)
        [GBP/t]
    saved_t : array, shape (n,)
        [tCO2e]

    Returns
    -------
    tuple of array
        Places in order, and tonnes saved before each; those that save nothing are left out.

    Notes
    -----
    Savings of measures of one school do not add: the curve is drawn from packages each worked out as a whole.
    *Counterexample:* a curve that counts insulation and a heat pump each as if alone.

    Examples
    --------
    >>> abatement_curve(np.array([50.0, -10.0, 5.0]), np.array([4.0, 1.0, 0.0]))
    (array([1, 0]), array([0., 1.]))
    """
    gbp_per_t, saved_t = np.asarray(gbp_per_t, float), np.asarray(saved_t, float)
    places = np.flatnonzero((saved_t > 0) & np.isfinite(gbp_per_t))
    places = places[np.argsort(gbp_per_t[places], kind="stable")]
    return places, np.concatenate([[0.0], np.cumsum(saved_t[places])])[:len(places)]


def locked_in(yearly_t, carbon_value_gbp_per_t, at, life_years, discount):
    """What replacing like for like locks in until the next replacement.

    Parameters
    ----------
    yearly_t : array, shape (years,)
        Carbon the low-carbon alternative would save in each year. [tCO2e]
    carbon_value_gbp_per_t : array, shape (years,)
        [GBP/t]
    at : int
        Place of the first year after the replacement.
    life_years : int
        Until it is replaced again. [years]
    discount : array, shape (years,)
        [-]

    Returns
    -------
    tuple of float
        Tonnes, and their value today. [tCO2e], [GBP]

    Examples
    --------
    >>> locked_in(np.full(5, 2.0), np.full(5, 100.0), 1, 2, np.ones(5))
    (4.0, 400.0)
    """
    rows = slice(at, at + int(life_years))
    saved = np.asarray(yearly_t, float)[rows]
    return float(saved.sum()), float((saved * np.asarray(carbon_value_gbp_per_t)[rows] * np.asarray(discount)[rows]).sum())
