"""Adding places: the trust's own options and, where it names none, what demand lacks; with money that may pay for places."""

import numpy as np
import pandas as pd

from .. import reference
from ..errors import DataError, Fault
from ..finance import discount_factors
from ..pupils.place_costs import cost_of_places
from ..pupils.places import rule
from ..tables import USES
from .model import EXPAND
from .spending import with_finish

PLACES = "places"
"""Tag of schemes that add places."""
ADDED_PLACES = "Places added"
SPECIAL_PHASES = ("special", "alternative provision")
COST_PHASES = {"nursery": "nursery", "primary": "primary", "secondary": "secondary", "sixth form": "secondary",
               "special unit": "primary"}
OFFERED_KINDS = ("temporary", "permanent")


def shortage(places, quantile):
    """Pupils of each group without a place, if nothing is built, shape (years, groups). [pupils]

    Parameters
    ----------
    places : SchoolPlaces
    quantile : float
        Quantile of the forecast. [-]

    Returns
    -------
    array
    """
    return np.maximum(places.pupils_of_groups(quantile) - places.places_of_groups(), 0.0)


def expansion_options(outlook):
    """Ways of adding places: those of expansions.csv, and for groups of pupils without one there, what demand lacks.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    DataFrame
        ``expansion_id, school_id, site_id, kind, use, places, cost_real_gbp, lead_years, life_years, one_of, group`` (number
        of the group of pupils it serves, -1: only those commissioned); empty where places are not weighed.

    Raises
    ------
    DataError
        If nobody is known to need the places of an option.

    Notes
    -----
    What is offered without being asked for is temporary or permanent places for the greatest shortage of the plan, in whole
    classes. *Counterexample:* a school whose site has no room.
    """
    places, rules = outlook.places, outlook.scenario.places
    if places is None or not rules.expand:
        return pd.DataFrame(columns=["expansion_id", "group"])
    own = outlook.estate.expansions.reset_index(drop=True)
    keys = zip(places.groups.name, places.groups.use, strict=True)
    number = {key: place for place, key in enumerate(keys)}
    home = places.rows.drop_duplicates(["school_id", "use"]).set_index(["school_id", "use"]).group_name
    own["group"] = [_group_of(row, number, home) for row in own.itertuples()]
    lost = own[(own.group < 0) & ~(own.commissioned > 0)]
    if len(lost):
        raise DataError([Fault("expansions.csv", int(row) + 2, "use", f"{lost.use[row]} at {lost.school_id[row]}",
                               "a use that places.csv has for that school, or places that are commissioned")
                         for row in lost.index])
    lacking = shortage(places, rules.build_quantile).max(axis=0)
    offered = [_offer(places.groups.iloc[place], place, lacking[place], kind) for place in np.flatnonzero(lacking > 0)
               if place not in set(own.group) for kind in OFFERED_KINDS]
    options = pd.concat([own, pd.DataFrame(offered)], ignore_index=True) if offered else own
    return _priced(options, outlook) if len(options) else options


def _group_of(row, number, home):
    """Number of the group of pupils an option serves: those of its use, else all of its school; -1: nobody's."""
    for use in (row.use, "all"):
        if (row.school_id, use) in home.index:
            return number[home[row.school_id, use], use]
    return -1


def _offer(group, place, lacking, kind):
    """An option for the greatest shortage of a group, in whole classes."""
    size = rule("form_of_entry")
    use = group.use.replace(" ", "-")
    return {"expansion_id": f"{group['name']}.{use}.{kind}", "school_id": group.schools[0], "site_id": "", "kind": kind,
            "use": group.use, "places": float(np.ceil(lacking / size) * size), "cost_gbp": np.nan, "cost_price_base": np.nan,
            "lead_years": np.nan, "life_years": np.nan, "commissioned": np.nan, "one_of": "", "group": place}


def _priced(options, outlook):
    """Options with their cost at the prices of the plan, lead and life; the scenario's where their row is silent."""
    rules, base = outlook.scenario.places, outlook.scenario.plan.price_base
    schools = outlook.estate.schools.set_index("school_id")
    sites = outlook.estate.sites.drop_duplicates("school_id").set_index("school_id").site_id
    facts = schools.loc[options.school_id]
    cost = [row.cost_gbp * reference.price_ratio(int(row.cost_price_base), base) if row.cost_gbp == row.cost_gbp else
            cost_of_places(row.places, *_as_published(row, phase), base, region)
            for row, phase, region in zip(options.itertuples(), facts.phase, facts.region, strict=True)]
    lead, life = (options.kind.map(given) for given in (rules.lead_years, rules.life_years))
    return options.assign(
        group=options.group.astype(int), cost_real_gbp=np.round(np.array(cost, float), 2),
        lead_years=options.lead_years.astype(float).fillna(lead).astype(int),
        commissioned=options.commissioned.astype(float),
        life_years=options.life_years.astype(float).fillna(life).astype(int),
        site_id=options.site_id.where(options.site_id != "", options.school_id.map(sites)),
        one_of=options.one_of.where(options.one_of != "", options.school_id + "." + options.use))


def _as_published(row, phase):
    """Phase and kind under which a cost of a place is published."""
    if row.kind == "special unit" or (phase in SPECIAL_PHASES):
        return "primary", "special unit"
    if row.use != "all":
        return COST_PHASES[row.use], row.kind
    return ("primary" if phase in ("primary", "nursery") else "secondary"), row.kind


def places_by_start(option, years):
    """Places an option gives in each year, by year of its start, shape (starts, years). [places]

    Parameters
    ----------
    option : tuple
        With ``places, lead_years, life_years``.
    years : int
        Years looked at, from the first start on.

    Returns
    -------
    array
    """
    start, year = np.arange(years)[:, None], np.arange(years)[None, :]
    first = start + option.lead_years
    return option.places * ((year >= first) & (year < first + option.life_years))


def expanding_works(outlook, options):
    """Schemes that add places.

    Parameters
    ----------
    outlook : Outlook
    options : DataFrame
        As ``expansion_options`` gives them.

    Returns
    -------
    list of DataFrame
        One row per scheme and start year.

    Notes
    -----
    Worth what pupils without a place would lose the trust, as far as the places are filled. Each option is looked at by
    itself. *Counterexample:* two options for one shortage, unless they exclude each other.
    """
    pieces, scenario = [], outlook.scenario
    if not len(options):
        return []
    rules, plan = scenario.places, scenario.plan
    lacking = shortage(outlook.places, rules.build_quantile)
    discount, nominal = discount_factors(plan.discount_rate, plan.years), scenario.nominal_factors()
    for option in options.itertuples():
        given = places_by_start(option, plan.years)
        wanted = lacking[:, option.group] if option.group >= 0 else np.zeros(plan.years)
        wanted = np.maximum(wanted, 0.0 if np.isnan(option.commissioned) else option.commissioned)
        filled = np.minimum(given, wanted[None, :]) * rules.place_year_gbp * discount[None, :]
        finish = np.array(scenario.years) + max(option.lead_years - 1, 0)
        piece = with_finish(pd.DataFrame({
            "scheme_id": f"places.{option.expansion_id}", "school_id": option.school_id, "kind": EXPAND, "tag": PLACES,
            "exclusion_group": f"{option.one_of}.places", "also_meets": "", "requires": "", "must_do": "",
            "site_id": option.site_id, "trade": "", "block_id": "", "element": ADDED_PLACES,
            "description": f"{option.places:g} {option.kind} places ({option.use})", "priority": np.nan, "worst_grade": "",
            "surveyed_share": 1.0, "stage": scenario.costs.survey_stage, "start_year": scenario.years,
            "cost": np.rint(option.cost_real_gbp * nominal), "cost_real_gbp": option.cost_real_gbp,
            "value": filled.sum(axis=1).round(2)}), scenario)
        pieces.append(piece.assign(finish_year=finish + scenario.shocks.overrun_years))
    return pieces


def pots_for_places(pots):
    """Money that may pay for works of any kind pays for places only where its route does.

    Parameters
    ----------
    pots : DataFrame
        As ``money`` makes them.

    Returns
    -------
    DataFrame
    """
    uses = reference.load("routes").set_index("route").uses.str.split(";")
    allowed = pots.route.map(lambda route: route == "reserves" or PLACES in uses.get(route, [PLACES]))
    return pots.assign(tags=pots.tags.where((pots.tags != "") | allowed, ";".join(sorted(USES))))
