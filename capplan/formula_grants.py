"""Formula allocations (SCA and DFC) and the regime of an estate, grant year by grant year, from the pupils of its rolls."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from .errors import DataError, Fault, MissingFigureError, ScenarioError
from .funding.allocation_tables import rates_for, spell
from .funding.allocations import forecast_allocations, pence_that_add_up, trust_allocations, weighted_pupils
from .funding.regime import SCA, in_trust, regime_by_year, regime_rules
from .reference import load, location_factor

PHASE_OF = {"pupils_early_years_part_time": "early_years_part_time", "pupils_primary": "primary",
            "pupils_secondary": "secondary", "pupils_post16": "post_16", "pupils_special": "special"}
SPECIAL_PHASES = ("special", "alternative provision")
FILE_OF = {"schools": "schools.csv", "pupils": "rolls.csv"}
WORKING = ["weighted_pupils", "condition_modifier", "location_factor", "va_factor", "pfi_factor", "formula_gbp",
           "floor_applies"]
NAMED = 10
"""How many schools a message names before it counts the rest."""


@dataclass(frozen=True)
class FormulaGrants:
    """What the formulae allocate. ``years``: one row per grant year; ``schools``: one per grant year and school, with the
    working; ``notes``: what the reader must be told of the rates. Nominal. [GBP]"""

    years: pd.DataFrame = field(repr=False)
    schools: pd.DataFrame = field(repr=False)
    notes: tuple = ()


def counted_rolls(rolls):
    """Pupils of each school and census as the regime and the formulae count them.

    Parameters
    ----------
    rolls : DataFrame
        The estate's rolls.

    Returns
    -------
    DataFrame
        ``school_id, census_year``; ``pupils``, part-time early years pupils as full-time ones [pupils];
        ``weighted_pupils``.

    Examples
    --------
    >>> counted_rolls(pd.DataFrame({"school_id": ["A"], "census_year": [2026], "pupils_primary": [200.0],
    ...     "pupils_secondary": [100.0], "pupils_post16": [10.0], "pupils_special": [0.0],
    ...     "pupils_early_years_part_time": [20.0]}))[["pupils", "weighted_pupils"]].values.tolist()
    [[322.0, 382.0]]
    """
    heads = rolls[list(PHASE_OF)].fillna({"pupils_early_years_part_time": 0.0}).rename(columns=PHASE_OF).astype(float)
    full_time = load("pupil_weights").set_index("phase").pupil_weight["early_years_part_time"]
    pupils = heads.drop(columns="early_years_part_time").sum(axis=1) + full_time * heads.early_years_part_time
    return rolls[["school_id", "census_year"]].assign(pupils=pupils, weighted_pupils=weighted_pupils(heads))


def fallen(rolls, share, from_census):
    """Rolls with a share of the pupils of every phase gone from one census on.

    Parameters
    ----------
    rolls : DataFrame
    share : float
        Share of the pupils lost. [-]
    from_census : int
        First census year that shows it.

    Returns
    -------
    DataFrame
    """
    keep = np.where(rolls.census_year >= from_census, 1.0 - share, 1.0)
    return rolls.assign(**{name: rolls[name] * keep for name in PHASE_OF})


def uncounted(estate, rolls, grant_year):
    """Schools that the regime or the formulae of a grant year count and whose census is not in the rolls.

    Parameters
    ----------
    estate : Estate
    rolls : DataFrame
    grant_year : int

    Returns
    -------
    list of str
        School ids; a school opened after the census had no pupils in it and is not missed.
    """
    rules, schools = regime_rules(), estate.schools
    wanted = in_trust(schools, rules.counted_on(grant_year)) | in_trust(schools, rules.snapshot(grant_year))
    wanted &= ~(schools.opened > pd.Timestamp(rules.census_day(grant_year - 1))).to_numpy()
    known = set(rolls.school_id[rolls.census_year == grant_year - 1])
    return [school for school in schools.school_id[wanted] if school not in known]


def covered_years(estate, rolls):
    """Grant years for which the rolls hold the census of every school that counts, in order.

    Parameters
    ----------
    estate : Estate
    rolls : DataFrame

    Returns
    -------
    list of int
    """
    return [year for year in sorted({int(year) + 1 for year in rolls.census_year}) if not uncounted(estate, rolls, year)]


def regime_of(estate, grant_years, rolls=None):
    """SCA or CIF by grant year for an estate, with how far it is from the lines.

    Parameters
    ----------
    estate : Estate
    grant_years : sequence of int
    rolls : DataFrame, optional
        In place of the estate's own.

    Returns
    -------
    tuple of (DataFrame, DataFrame)
        As ``funding.regime.regime_by_year`` returns them; the first with ``schools_margin`` [schools] and
        ``pupils_margin`` [pupils] too: what is counted less what is needed, negative below the line.

    Raises
    ------
    DataError
        With every census that is missing, and every school that joins too late to be counted and does not say what it had.

    Notes
    -----
    Pupils of schools whose phase is special or alternative provision are multiplied in the test of pupils; boarders of
    other schools are not. *Counterexample:* a secondary school with a special unit registered apart.
    """
    rolls = estate.rolls if rolls is None else rolls
    missing = _missing(estate, rolls, grant_years)
    if missing:
        raise DataError(missing)
    schools = estate.schools
    schools = schools[["school_id", "opened", "closed", "joined", "left", "regime_before"]].assign(
        special=schools.phase.isin(SPECIAL_PHASES), invited_to_cif=schools.cif_round_year)
    rules = regime_rules()
    try:
        trust, by_school = regime_by_year(schools, counted_rolls(rolls), grant_years, rules)
    except DataError as error:
        raise DataError([replace(fault, where=FILE_OF.get(fault.where, fault.where)) for fault in error.faults]) from None
    return trust.assign(schools_margin=trust.schools_counted - rules.least_schools,
                        pupils_margin=(trust.pupils_counted - rules.least_pupils).round(6)), by_school


def _missing(estate, rolls, grant_years):
    """A fault for each census that is needed and not whole."""
    if not len(rolls):
        return [Fault("rolls.csv", None, "", "no such file or no rows", "pupils by school and spring census (see the data "
                      "dictionary): what formula allocations and the regime are worked out from")]
    faults = []
    for year in grant_years:
        lost = uncounted(estate, rolls, year)
        if lost:
            faults.append(Fault("rolls.csv", None, "census_year", f"no row of {named(lost)} for the spring of {year - 1}",
                                f"a row for each school in the trust: it leads the allocations of {spell(year)}"))
    return faults


def named(names):
    """Some names, and how many more there are.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    str

    Examples
    --------
    >>> named(["A", "B"]), named(list("abcdefghijkl"))
    ('A, B', 'a, b, c, d, e, f, g, h, i, j and 2 more')
    """
    more = len(names) - NAMED
    return ", ".join(map(str, names[:NAMED])) + (f" and {more} more" if more > 0 else "")


def formula_allocations(estate, rule, grant_years, rolls=None):
    """SCA and DFC of an estate in each grant year, by trust and by school.

    Parameters
    ----------
    estate : Estate
    rule : Allocations
        The section of a scenario: whose rates stand for years without any, and how the SCA rate grows.
    grant_years : sequence of int
    rolls : DataFrame, optional
        In place of the estate's own.

    Returns
    -------
    FormulaGrants
        ``years``: the columns of ``regime_of`` with ``weighted_pupils, sca_gbp`` (0 where the trust bids to CIF),
        ``transitional_protection_gbp`` (part of it), ``dfc_gbp, rates_of``. ``schools``: ``grant_year, school_id, regime,
        paid_to_trust, sca_gbp`` (paid to this trust, to the penny, without protection), ``dfc_gbp, attracts_gbp`` (what the
        formula makes whoever is paid), ``census_year``, the working, ``rates_of, reason``. [GBP]

    Raises
    ------
    DataError
        As ``regime_of`` raises it, and for a school without a condition band.
    ScenarioError
        If a grant year has no rates and the scenario names none.

    Notes
    -----
    DFC comes for every school that is open and in the trust on 1 April. PFI schools are taken as those DfE pays credits
    for. *Counterexample:* a PFI contract without credits has its SCA in full. A school opened since the census counts no
    pupils; DfE may estimate them.
    """
    rolls = estate.rolls if rolls is None else rolls
    if faults := [*_missing(estate, rolls, grant_years), *band_faults(estate)]:
        raise DataError(faults)
    trust, by_school = regime_of(estate, grant_years, rolls)
    pupils, years, schools, marks = counted_rolls(rolls), [], [], []
    for row in trust.to_dict("records"):
        year = row["grant_year"]
        rates = _rates(year, rule)
        marks += [note for note in (rates.notes[1:] if rates.rates_of != year else rates.notes) if note not in marks]
        found = _attracted(estate, pupils, year, rule).merge(
            by_school[by_school.grant_year == year][["school_id", "regime", "in_trust", "paid_to_trust", "reason"]],
            on="school_id", how="right")
        found[["formula_gbp", "sca_gbp", "dfc_gbp"]] = found[["formula_gbp", "sca_gbp", "dfc_gbp"]].fillna(0.0)
        paid = found[found.paid_to_trust.astype(bool)]
        sca, protection = _total(estate, pupils, paid, year, rule, rates)
        if np.isnan(protection):
            marks.append(f"Transitional protection of {spell(year)} is left out: the SCA of the year before is not known.")
        years.append(row | {"weighted_pupils": found.weighted_pupils.sum(), "sca_gbp": sca,
                            "transitional_protection_gbp": protection, "dfc_gbp": round(float(found.dfc_gbp.sum()), 2),
                            "rates_of": rates.rates_of})
        schools.append(_by_school(found, year, rates))
    frame = pd.concat(schools, ignore_index=True)
    return FormulaGrants(pd.DataFrame(years), frame, (*_rates_told(years, rule), *marks))


def band_faults(estate):
    """A fault for each school without a condition band, which the SCA formula needs.

    Parameters
    ----------
    estate : Estate

    Returns
    -------
    list of Fault
    """
    schools = estate.schools
    return [Fault("schools.csv", int(row), "condition_band", f"a blank of {school}", "DfE's band of the school, or none for "
                  "a school it has not surveyed") for row, school in schools.school_id[schools.condition_band == ""].items()]


def _rates(year, rule):
    try:
        return rates_for(year, None, rule.rate_from)
    except MissingFigureError:
        known = " or ".join(spell(int(each)) for each in sorted(load("allocation_rates").grant_year.unique()))
        given = "is not given" if rule.rate_from is None else f"is {rule.rate_from}"
        raise ScenarioError(f"allocations.rate_from {given}: no SCA and DFC rates are known for grant year {spell(year)}. "
                            f"Give the first year of a grant year that has rates, {known}; every output will say so."
                            ) from None


def _attracted(estate, pupils, year, rule):
    """What the schools in the trust on the first day of a grant year attract, by school."""
    rules, schools = regime_rules(), estate.schools
    here = schools[in_trust(schools, rules.snapshot(year))]
    listed = pd.DataFrame({
        "urn": here.school_id, "la_number": here.la_number, "trust": "", "voluntary_aided": here.voluntary_aided,
        "condition_band": here.condition_band, "pfi": here.pfi,
        "location_factor": here.region.map({region: location_factor(region) for region in here.region.unique()})})
    own = pupils[(pupils.census_year == year - 1) & pupils.school_id.isin(here.school_id)]
    new = pd.DataFrame({"school_id": here.school_id[~here.school_id.isin(own.school_id)], "census_year": year - 1,
                        "weighted_pupils": 0.0})
    counts = pd.concat([own, new] if len(new) else [own]).rename(columns={"school_id": "urn"})
    found, _ = forecast_allocations(listed, counts, [year], rate_from=rule.rate_from, sca_rate_growth=rule.sca_rate_growth)
    return found.rename(columns={"urn": "school_id"})


def _total(estate, pupils, paid, year, rule, rates):
    """SCA paid to the trust and the transitional protection in it. [GBP]"""
    if not len(paid):
        return 0.0, 0.0
    own, applies = paid[["trust", "weighted_pupils", "sca_gbp", "dfc_gbp"]], ("SCA", "transitional_share") in rates.figures
    before = _year_before(estate, pupils, set(paid.school_id), year - 1, rule) if applies else None
    row = trust_allocations(own, before, rates).iloc[0]
    return float(row.sca_gbp), float(row.transitional_protection_gbp) if applies else 0.0


def _year_before(estate, pupils, schools, year, rule):
    """SCA of the grant year before, as grants.csv has it or as worked out, for transitional protection."""
    grants = estate.grants
    given = grants[(grants.route == SCA) & (grants.grant_year == year)]
    counted = pupils[(pupils.census_year == year - 1) & pupils.school_id.isin(schools)]
    whole = set(counted.school_id) == schools
    if len(given):
        amount = given.amount_gbp.sum()
    elif whole and year in set(load("allocation_rates").grant_year):
        found = _attracted(estate, pupils[pupils.school_id.isin(schools)], year, rule)
        amount = found.sca_gbp[found.school_id.isin(schools)].sum()
    else:
        return None
    return pd.DataFrame({"trust": [""], "sca_gbp": [amount],
                         "weighted_pupils": [counted.weighted_pupils.sum() if whole else np.nan]})


def _by_school(found, year, rates):
    """The rows of one grant year, amounts to the penny, the reason with the floor and PFI in it."""
    paid = found.sca_gbp.where(found.paid_to_trust.astype(bool), 0.0)
    floor = found.floor_applies.eq(True)
    words = [reason + (f" The floor of £{rates.figures['SCA', 'school_floor']:,.0f} applies." if low else "")
             + (f" PFI leaves {factor:.0%}." if factor < 1 else "")
             for reason, low, factor in zip(found.reason, floor, found.pfi_factor.fillna(1.0), strict=True)]
    return pd.DataFrame({
        "grant_year": year, "school_id": found.school_id, "regime": found.regime, "in_trust": found.in_trust.astype(bool),
        "paid_to_trust": found.paid_to_trust.astype(bool),
        "sca_gbp": pence_that_add_up(paid, pd.Series("", found.index)), "dfc_gbp": found.dfc_gbp.round(2),
        "attracts_gbp": found.sca_gbp.round(2), "census_year": year - 1, **{name: found[name] for name in WORKING},
        "rates_of": rates.rates_of, "reason": words}).assign(floor_applies=floor, formula_gbp=found.formula_gbp.round(2))


def _rates_told(years, rule):
    """Whose rates stand for which grant years, in one sentence, and how the rate grows."""
    lent = [row["grant_year"] for row in years if row["rates_of"] != row["grant_year"]]
    if not lent:
        return
    growth = (f", the SCA rate {rule.sca_rate_growth:+.1%} a year" if rule.sca_rate_growth else "")
    yield (f"No rates are published for {span(lent)}: those of {spell(rule.rate_from)} stand for them{growth}, an "
           "assumption (allocations.rate_from).")


def span(years):
    """Grant years in words, runs of them together.

    Parameters
    ----------
    years : sequence of int

    Returns
    -------
    str

    Examples
    --------
    >>> span([2026, 2027, 2028, 2030])
    '2026-27 to 2028-29, 2030-31'
    """
    years, runs = sorted(set(years)), []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(spell(run[0]) + (f" to {spell(run[-1])}" if len(run) > 1 else "") for run in runs)
