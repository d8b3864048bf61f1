"""What a place costs by phase, kind and year, and in which region."""

from .. import reference
from ..errors import MissingFigureError
from .places import rule

KINDS = ("temporary", "permanent", "new", "special unit")
PHASES = ("primary", "secondary")


def cost_per_place(phase, kind, price_base):
    """National average cost of a place in the prices of a year. [GBP]

    Parameters
    ----------
    phase : str
        ``primary`` or ``secondary``; nursery places cost as primary ones.
    kind : str
        One of ``KINDS``.
    price_base : int
        Year of the prices.

    Returns
    -------
    float

    Raises
    ------
    MissingFigureError
        If no edition of the scorecards gives it, or the price index does not reach the year.

    Notes
    -----
    The latest edition up to the year is taken and re-priced by the price index; the editions are one set of projects
    re-priced each year. A place of a special unit is taken as a multiple of a permanent primary place. *Counterexample:* a
    unit made of two spare classrooms.

    Examples
    --------
    >>> cost_per_place("primary", "permanent", 2025), cost_per_place("secondary", "temporary", 2024)
    (21014.0, 10854.0)
    >>> cost_per_place("secondary", "special unit", 2023)
    79956.0

    References
    ----------
    .. [1] Department for Education, local authority school places scorecards, editions of 2019 to 2025.
    """
    if kind == "special unit":
        return rule("special_unit_multiple") * cost_per_place("primary", "permanent", price_base)
    if phase == "nursery":
        return rule("early_years_multiple") * cost_per_place("primary", kind, price_base)
    table = reference.load("place_costs")
    rows = table[(table.phase == phase) & (table.kind == kind) & (table.edition_year <= price_base)]
    if not len(rows):
        raise MissingFigureError(f"No published cost of a {kind} {phase} place for {price_base} or before.")
    latest = rows.loc[rows.edition_year.idxmax()]
    return float(latest.cost_gbp_per_place) * reference.price_ratio(int(latest.edition_year), int(price_base))


def cost_of_places(places, phase, kind, price_base, region):
    """Cost of a number of places in a region. [GBP]

    Parameters
    ----------
    places : float
        How many. [places]
    phase, kind : str
        As for ``cost_per_place``.
    price_base : int
        Year of the prices.
    region : str
        One of ``tables.REGIONS``.

    Returns
    -------
    float

    Notes
    -----
    The factors are those of the scorecards themselves, not those of allocations. The published averages hold fees and all
    else that the authority paid. *Counterexample:* a site that needs a new road.

    Raises
    ------
    MissingFigureError
        If the region has no factor.

    Examples
    --------
    A primary place in Yorkshire and the Humber at 0.91 of the national average.

    >>> round(cost_of_places(1, "primary", "permanent", 2023, "Yorkshire and the Humber"), 2)
    18189.99
    """
    factors = reference.load("place_location_factors").set_index("region").location_factor
    if region not in factors.index:
        raise MissingFigureError(f"No cost of places for the region {region!r}; known: {', '.join(factors.index)}.")
    return places * cost_per_place(phase, kind, price_base) * float(factors[region])
