"""Published figures as tables, each row with its source; nothing here is computed."""

from functools import cache
from importlib import resources

import pandas as pd

from ..errors import MissingFigureError

TABLES = ("bid_criteria", "bid_items", "bid_scales",
          "component_types", "further_types", "price_index", "location_factors", "routes", "loss_rates",
          "local_authorities", "compliance_duties", "criticality", "life_factors", "knock_on",
          "inventory", "allocation_rates", "condition_modifiers", "pupil_weights", "regime_rules", "watch_bands",
          "route_rules", "cost_stages", "optimism_bias", "register_layouts",
          "sensitivity_ranges", "sampling", "place_costs", "place_location_factors", "area_guidelines", "place_rules",
          "footprint_factors", "appraisal_factors", "gdp_deflator", "energy_prices", "energy_priors", "energy_response",
          "energy_figures", "energy_ranges", "end_use_shares", "plant_efficiency", "school_holidays",
          "measure_figures", "u_values", "pv_yield", "pv_self_use", "pupil_noise", "authority_bias",
          "condition_quantiles", "dfe_evidence", "dfe_return",
          "monitoring_thresholds", "element_crosswalk", "code_systems", "delivery_leads", "delivery_works",
          "duration_bias", "growth_phases", "growth_posts", "interim_controls", "paper_ratings")
EMPTY_IS_TEXT = {"compliance_duties": ("elements", "type_ids"), "dfe_return": ("unit",),
                 "bid_criteria": ("most_rule",)}


@cache
def _read(name):
    with resources.files(__package__).joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    return table.fillna(dict.fromkeys(EMPTY_IS_TEXT.get(name, ()), ""))


def load(name):
    """A reference table by name.

    Parameters
    ----------
    name : str
        One of ``TABLES``, or ``sources``.

    Returns
    -------
    DataFrame
        A copy; every row of every table but ``sources`` has a ``source`` that is a row of ``sources``.
    """
    return _read(name).copy(deep=False)


@cache
def _by(name, *columns):
    """A reference table by some of its columns, for looking up: shared, so nobody may change it."""
    return _read(name).set_index(list(columns))


@cache
def _figures(name, key, column):
    """One column of a reference table as a dict by another."""
    table = _read(name)
    return dict(zip(table[key].tolist(), table[column].tolist(), strict=True))


def component_types():
    """Every construction type by ``type_id``: element, yearly probabilities, unit costs (GBP per unit, of ``price_base``).

    DfE's 139 come first, then capplan's own further types for ICT and temporary buildings, which have no
    ``pds_element_id``; ``load("further_types")`` has their status.

    References
    ----------
    .. [1] Department for Education, property data survey programme: EC Harris lives, 2016 repair costs.
    """
    return _all_types().copy(deep=False)


@cache
def _all_types():
    published, further = _read("component_types"), _read("further_types")
    both = pd.concat([table[list(published)].astype({"pds_element_id": float}) for table in (published, further)],
                     ignore_index=True)
    return both.set_index("type_id", drop=False)


def dfe_component_types():
    """DfE's 139 construction types by ``type_id``, each with its ``pds_element_id``: what its surveys are read by.

    References
    ----------
    .. [1] Department for Education, property data survey programme: EC Harris lives, 2016 repair costs.
    """
    return load("component_types").set_index("type_id", drop=False)


def life_multiples(element, exposure="", build_quality="", maintenance=""):
    """By how much the conditions of a block lengthen or shorten the life of an element there. [-]

    Parameters
    ----------
    element : str
        One of ``tables.ELEMENTS``.
    exposure, build_quality, maintenance : str
        Levels of the block; blank: as the reference conditions.

    Returns
    -------
    float
        Product of the factors that apply to the element; 1 where none does. [-]

    Raises
    ------
    MissingFigureError
        If a level is not in the table.

    Notes
    -----
    Assumes that factors act apart from one another. *Counterexample:* good maintenance matters more where exposure is
    severe.

    Examples
    --------
    >>> life_multiples("Roofs", exposure="severe"), life_multiples("Ceilings", exposure="severe")
    (0.8, 1.0)

    References
    ----------
    .. [1] ISO 15686-8:2008, Buildings and constructed assets, service-life planning, part 8 (factor method).
    """
    table = _by("life_factors", "factor", "level")
    product = 1.0
    for factor, level in (("exposure", exposure), ("build_quality", build_quality), ("maintenance", maintenance)):
        if not level:
            continue
        if (factor, level) not in table.index:
            raise MissingFigureError(f"No life factor for {factor} {level!r}.")
        row = table.loc[(factor, level)]
        if element in row.elements.split(";") or (row.elements == "all"):
            product *= float(row.life_multiple)
    return product


def consequence(element, block_use=""):
    """What a failure of an element closes in a block of some use, and whether it may injure.

    Parameters
    ----------
    element : str
        One of ``tables.ELEMENTS``.
    block_use : str
        One of ``tables.BLOCK_USES``; blank, or a use without a row of its own: any.

    Returns
    -------
    Series
        ``closure_share`` [-] of the people in the part affected, ``closure_days`` [school days], ``life_safety`` and the
        rest of the row.

    Raises
    ------
    MissingFigureError
        If the element is not in the table.

    Examples
    --------
    >>> consequence("Redecorations").closure_days.item(), consequence("Roofs", "sports").closure_days.item()
    (0, 10)
    """
    for use in (block_use, "any"):
        row = _consequences().get((element, use))
        if row is not None:
            return row.copy()
    raise MissingFigureError(f"No consequence of failure for the element {element!r}.")


@cache
def _consequences():
    table = _by("criticality", "element", "block_use")
    return {pair: table.loc[pair] for pair in table.index}


def optimism_bias(stage):
    """By how much estimates of a stage have fallen short, as a share of works. [-]

    Raises
    ------
    MissingFigureError
        If the stage is not in the table.

    Examples
    --------
    >>> optimism_bias("concept"), optimism_bias("contract")
    (0.24, 0.02)

    References
    ----------
    .. [1] HM Treasury, Green Book supplementary guidance: optimism bias, table 2 (after Mott MacDonald, 2002).
    """
    shares = _figures("optimism_bias", "stage", "optimism_bias_share")
    if stage not in shares:
        raise MissingFigureError(f"No optimism bias for the stage {stage!r}.")
    return float(shares[stage])


def price_ratio(from_year, to_year):
    """How much a pound of building work of one year costs in another. [-]

    Raises
    ------
    MissingFigureError
        If a year is not in the price index.
    """
    index = _figures("price_index", "year", "index_2016_is_100")
    missing = [int(year) for year in (from_year, to_year) if year not in index]
    if missing:
        raise MissingFigureError(f"The price index has no figure for {', '.join(map(str, missing))}; it runs from "
                                 f"{min(index)} to {max(index)}.")
    return float(index[to_year] / index[from_year])


def location_factor(region):
    """Regional factor on national unit costs; DfE's allocation factors stand in for BCIS's. [-]

    Raises
    ------
    MissingFigureError
        If the region is not in the table.
    """
    factors = _figures("location_factors", "region", "location_factor")
    if region not in factors:
        raise MissingFigureError(f"No location factor for the region {region!r}; known: {', '.join(factors)}.")
    return float(factors[region])
