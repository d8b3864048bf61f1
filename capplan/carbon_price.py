"""What a carbon target costs: the programme with it beside the best on the same money without it."""

from dataclasses import replace

from .carbon_results import carbon_frame, condition_part_gbp
from .programme import optimise

CARBON_LIMITS = ("carbon ", "renewable by ", "fossil-free by ")


def without_targets(candidates):
    """The same candidates without limits on carbon.

    Parameters
    ----------
    candidates : Candidates

    Returns
    -------
    Candidates
    """
    limits = candidates.limits
    kept = limits[~limits.limit_id.str.startswith(CARBON_LIMITS)].reset_index(drop=True)
    return replace(candidates, _frames={**candidates._frames, "limits": kept})


def has_targets(candidates):
    """Whether some limit of the candidates is one on carbon."""
    return bool(len(candidates.limits)) and bool(candidates.limits.limit_id.str.startswith(CARBON_LIMITS).any())


def carbon_price(programme, **settings):
    """What the carbon targets of a programme cost in risk, by a second plan without them.

    Parameters
    ----------
    programme : Programme
        With carbon targets among its limits.
    **settings
        Of the second optimisation, as ``optimise`` takes them.

    Returns
    -------
    dict
        ``value_with_gbp, value_without_gbp`` (present value, all that counts), ``price_gbp`` with the least and the most it
        can be by the proved bounds (``price_least_gbp, price_most_gbp``), ``risk_with_gbp, risk_without_gbp``: loss of
        condition avoided, ``footprint``: by year asked about, the footprint without works, with the target, without it and
        the most allowed.

    Notes
    -----
    The price counts bills and, where it is in the objective, carbon at its value: what is left is what the target costs
    beyond them. *Counterexample:* a target that the best programme meets anyway costs nothing.
    """
    free = optimise(without_targets(programme.candidates), known=programme.choice, **settings)
    both = {"with": carbon_frame(programme).set_index("year"), "without": carbon_frame(free).set_index("year")}
    asked = both["with"].most_tco2e.dropna()
    return {
        "value_with_gbp": programme.objective, "value_without_gbp": free.objective,
        "price_gbp": max(0.0, free.objective - programme.objective),
        "price_least_gbp": float(max(0.0, free.objective - programme.bound)),
        "price_most_gbp": float(max(0.0, free.bound - programme.objective)),
        "risk_with_gbp": condition_part_gbp(programme), "risk_without_gbp": condition_part_gbp(free),
        "footprint": [{"year": int(year), "most_tco2e": float(most),
                       "without_works_tco2e": float(both["with"].footprint_without_tco2e[year]),
                       "with_target_tco2e": float(both["with"].footprint_with_tco2e[year]),
                       "without_target_tco2e": float(both["without"].footprint_with_tco2e[year])}
                      for year, most in asked.items()]}
