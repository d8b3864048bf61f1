"""What other pupils than budgeted bring and cost, in plain arithmetic: what the audit holds the books to."""

from math import ceil

from ..reference import load

INFANTS = (0, 1, 2)


def pupils_paid(estate, scenario, demand):
    """Income and costs that pupils add to the budget, school by school and year by year (nominal). [GBP]

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
    demand : Demand
        Pupils who need a place.

    Yields
    ------
    tuple of (str, int, float, float)
        School, year, further income and further costs.
    """
    listed = dict(zip(estate.schools.school_id, estate.schools.pupils, strict=True))
    budget = {(row.school_id, row.year): row.pupils for row in estate.budget.itertuples()}
    for rates in estate.pupil_funding.itertuples():
        place = demand.schools.index(rates.school_id)
        later = [float(demand.chosen[place, :, at].sum()) for at in range(len(demand.years))]
        heads = [float(demand.now[place].sum()), *later]
        each = 0.0 if rates.pupil_cost_gbp != rates.pupil_cost_gbp else rates.pupil_cost_gbp
        for at, year in enumerate(demand.years):
            growth = (1 + scenario.places.rate_growth) ** at
            given = budget.get((rates.school_id, year))
            budgeted = listed[rates.school_id] if given is None or given != given else given
            paid = heads[at + 1] if rates.paid_on == "estimates" else heads[at]
            costs = (heads[at + 1] - budgeted) * each
            if demand.by_group is not None:
                more = _classes(rates, demand.groups, demand.by_group[place, :, at]) - _classes(
                    rates, demand.groups, demand.now_by_group[place])
                costs += more * rates.class_gbp
            if rates.paid_on != "places":
                yield rates.school_id, year, (_grant(rates, paid) - _grant(rates, budgeted)) * growth, costs * growth


def _grant(rates, heads):
    return max(rates.lump_sum_gbp + heads * rates.per_pupil_gbp, heads * rates.minimum_per_pupil_gbp)


def _classes(rates, groups, pupils):
    """Classes of a school, counted year group by year group, or of infants and the others where ages are mixed."""
    most = float(load("place_rules").set_index("rule").value["infant_class_most"])
    infants = [heads for group, heads in zip(groups, pupils, strict=True) if group in INFANTS]
    others = [heads for group, heads in zip(groups, pupils, strict=True) if group not in INFANTS]
    if rates.mixed_ages:
        infants, others = [sum(infants)], [sum(others)]
    return sum(ceil(round(heads, 6) / most) for heads in infants) + sum(
        ceil(round(heads, 6) / rates.class_size) for heads in others)
