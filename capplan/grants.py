"""The grants a plan counts on: the trust's own rows, formula allocations beside them, and what the regime leaves of both."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .errors import DataError, Fault
from .formula_grants import FormulaGrants, band_faults, covered_years, fallen, formula_allocations, named, span
from .funding.allocation_tables import spell
from .funding.regime import CIF, SCA
from .pupil_forecast import led_by_forecast

DFC = "DFC"
BIDS = (CIF, "CIF loan")
AWARDED, EXPECTED = "awarded", "expected"
COLUMNS = ["grant_id", "route", "grant_year", "amount_gbp", "eligible", "school_id", "spend_by", "status"]


@dataclass(frozen=True)
class PlanGrants:
    """Grants as ``grants.csv`` has them, with what is worked out; what the reader must be told; what shocks did, or could
    not do."""

    rows: pd.DataFrame = field(repr=False)
    notes: tuple = ()
    shock_notes: tuple = ()


def plan_grants(estate, scenario):
    """The grants of an estate under a scenario.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
        Where ``allocations.from_rolls`` is set, SCA and DFC of grant years that ``grants.csv`` does not give are worked out.

    Returns
    -------
    PlanGrants
        Nominal. [GBP]

    Raises
    ------
    DataError
        If the rolls lack a census that is needed, a school its condition band, or the same formula grant is given twice.

    Notes
    -----
    A row of ``grants.csv`` always stands in place of what would be worked out for its route, grant year and school; a row of
    SCA without a school stands for all of them. Money that is only expected and that the regime does not allow (SCA below
    the lines, CIF above them) is left out and told; awarded money stays. Pupils lost in a shock lessen expected SCA and DFC
    rows in the proportion in which the formula falls. *Counterexample:* a trust that DfE lets keep its allocation.
    """
    share, (estate, led) = scenario.shocks.rolls_fall_share, led_by_forecast(estate, scenario)
    rows, notes = _planned(estate, scenario, estate.grants, estate.rolls)
    notes = [*led, *notes]
    if not share:
        return PlanGrants(rows, tuple(notes), tuple(_bids_told(rows, scenario.shocks)))
    told = f"{share:.0%} of pupils lost from the spring of {scenario.plan.first_year + 1} on:"
    if reason := _nothing_to_act_on(estate, scenario):
        idle = f"{told} nothing to act on, since {reason}; grants stay as they are."
        return PlanGrants(rows, tuple(notes), (idle, *_bids_told(rows, scenario.shocks)))
    given, heard = _after_fall(estate, scenario)
    after, notes = _planned(estate, scenario, given, _fallen(estate, scenario))
    notes = [*led, *notes]
    lost = sum(sign * frame.amount_gbp[frame.route.isin([SCA, DFC])].sum() for sign, frame in ((1, rows), (-1, after)))
    heard = "; ".join([f"{told} £{lost:,.0f} less of SCA and DFC over {span(grant_years(scenario))}", *heard])
    return PlanGrants(after, tuple(notes), (f"{heard}.", *_bids_told(after, scenario.shocks)))


def _bids_told(rows, shocks):
    """What losing every bid takes, or that there is none to lose."""
    if not shocks.bids_lost:
        return
    bids = rows[(rows.route == CIF) & (rows.status != AWARDED)]
    yield (f"Bids lost: {len(bids)} of {span(bids.grant_year)}, £{bids.amount_gbp.sum():,.0f}." if len(bids) else
           "Bids lost: nothing to act on, since no CIF award is expected.")


def grant_years(scenario):
    """Grant years whose money can pay for works of the plan, the one that begins in its last summer too.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    list of int
    """
    return list(range(scenario.years[0], scenario.years[-1] + 2))


def forecast_grants(estate, scenario):
    """Formula allocations of every grant year of a plan that the rolls cover, beside what ``grants.csv`` gives.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
        Whose years, rates and shock to the rolls are used, whether or not its ``from_rolls`` is set.

    Returns
    -------
    tuple of (FormulaGrants, list of str)
        ``years`` has ``given_sca_gbp`` and ``given_dfc_gbp`` too, missing where nothing is given [GBP]; and notes to print.

    Raises
    ------
    DataError
        As ``formula_allocations`` raises it; if the rolls cover no grant year of the plan, with the censuses that lack.
    """
    share, wanted, (estate, led) = scenario.shocks.rolls_fall_share, grant_years(scenario), led_by_forecast(estate, scenario)
    rolls = _fallen(estate, scenario) if share and len(estate.rolls) else estate.rolls
    years = sorted(set(covered_years(estate, rolls)) & set(wanted))
    found = formula_allocations(estate, scenario.allocations, years or wanted, rolls)
    grants = estate.grants
    given = {route: grants[grants.route == route].groupby("grant_year").amount_gbp.sum() for route in (SCA, DFC)}
    frame = found.years.assign(**{f"given_{route.lower()}_gbp": found.years.grant_year.map(sums).astype(float)
                                  for route, sums in given.items()})
    notes = [*led, *_regime_told(found.years), *_counts_told(rolls, years), *found.notes]
    if share:
        notes.append(f"{share:.0%} of pupils are lost from the spring of {scenario.plan.first_year + 1} on (a shock).")
    if lost := sorted(set(wanted) - set(years)):
        notes.append(f"{span(lost)} left out: rolls.csv lacks a school's census of the spring before.")
    return FormulaGrants(frame, found.schools[found.schools.in_trust].reset_index(drop=True), found.notes), notes


def _planned(estate, scenario, given, rolls):
    """Given rows that stand, what is worked out for the rest, and the notes."""
    if not scenario.allocations.from_rolls:
        return given, []
    years, notes = grant_years(scenario), []
    if scenario.allocations.replace_expected:
        given, notes = _set_aside(given, years)
    if faults := _given_twice(given, years):
        raise DataError(faults)
    covered, unfinished = set(covered_years(estate, rolls)), [year for year in years if _unfinished(estate, given, year)]
    known = sorted(covered.intersection(years).union(unfinished))
    if not known:
        return given, [*notes, "grants.csv gives every SCA and DFC of the plan, and rolls.csv covers none of its grant "
                               "years: nothing is worked out."]
    found = formula_allocations(estate, scenario.allocations, known, rolls)
    given, told = _allowed(given, found)
    made = _worked_out(given, found, unfinished)
    if taken := sorted(set(given.grant_id) & set(made.grant_id)):
        raise DataError([Fault("grants.csv", None, "grant_id", named(taken), "another name: that is what the grant worked "
                               "out from rolls.csv is called")])
    return _together(given, made), [*notes, *_regime_told(found.years), *told, *_made_told(made, found, rolls)]


def _together(given, made):
    """Both in one frame; a column that only the given rows have is blank in the others."""
    if not len(made):
        return given
    both = pd.concat([given, made], ignore_index=True) if len(given) else made.reindex(columns=given.columns)
    text = [name for name in both if name not in ("grant_year", "amount_gbp", "spend_by") and both[name].isna().any()
            and pd.api.types.is_string_dtype(given[name])]
    return both.fillna(dict.fromkeys(text, ""))


def _set_aside(given, years):
    """Rows without the SCA and DFC that are only expected in the plan, which are to be worked out."""
    aside = given.route.isin([SCA, DFC]) & (given.status != AWARDED) & given.grant_year.isin(years)
    if not aside.any():
        return given, []
    return given[~aside], [f"{aside.sum()} expected SCA and DFC rows of grants.csv, £{given.amount_gbp[aside].sum():,.0f}, "
                           "stand aside for what rolls.csv makes of them (allocations.replace_expected)."]


def _given_twice(given, years):
    """Faults of formula grants given twice, so that nobody could say what is left to work out."""
    own = given[given.route.isin([SCA, DFC]) & given.grant_year.isin(years)]
    again = own[own.duplicated(["route", "grant_year", "school_id"], keep="first")]
    faults = [Fault("grants.csv", int(row.Index), "grant_id", f"{row.grant_id}: {row.route} of {spell(row.grant_year)} again"
                    + (f" for {row.school_id}" if row.school_id else ""), "one row for each route, grant year and school "
                    "where allocations are worked out from rolls.csv; add the rows up") for row in again.itertuples()]
    whole = set(own.grant_year[(own.route == SCA) & (own.school_id == "")])
    part = own[(own.route == SCA) & (own.school_id != "") & own.grant_year.isin(whole)]
    return faults + [Fault("grants.csv", int(row.Index), "school_id", f"{row.school_id} in {row.grant_id}, beside SCA of "
                           f"the whole trust for {spell(row.grant_year)}", "SCA of the trust or of its schools, not both")
                     for row in part.itertuples()]


def _unfinished(estate, given, year):
    """Whether something of SCA or DFC of a grant year is left to work out."""
    own = given[given.grant_year == year]
    sca = own[own.route == SCA]
    everywhere = set(estate.schools.school_id)
    whole_sca = (sca.school_id == "").any() or set(sca.school_id) >= everywhere
    return not (whole_sca and set(own.school_id[own.route == DFC]) >= everywhere)


def _allowed(given, found):
    """Given rows that the regime of their grant year allows, or that are awarded; and a note on the rest."""
    trust = dict(zip(found.years.grant_year, found.years.regime, strict=True))
    schools = {(row.grant_year, row.school_id): row.regime for row in found.schools.itertuples()}
    regime = pd.Series([schools.get((row.grant_year, row.school_id)) or trust.get(row.grant_year, "")
                        for row in given.itertuples()], given.index, dtype=object)
    hoped = given.status != AWARDED
    no_sca, no_bid = hoped & (given.route == SCA) & (regime == CIF), hoped & given.route.isin(BIDS) & (regime == SCA)
    notes = []
    if no_sca.any():
        notes.append(f"{named(list(given.grant_id[no_sca]))} (£{given.amount_gbp[no_sca].sum():,.0f}) left out: expected "
                     f"SCA of {span(given.grant_year[no_sca])}, when by rolls.csv the schools bid to CIF instead.")
    if no_bid.any():
        notes.append(f"{named(list(given.grant_id[no_bid]))} (£{given.amount_gbp[no_bid].sum():,.0f}) left out: expected "
                     f"bids of {span(given.grant_year[no_bid])}, when by rolls.csv the schools have SCA and cannot bid.")
    return given[~(no_sca | no_bid)], notes


def _worked_out(given, found, unfinished):
    """Formula allocations of what no given row stands for, as rows of grants."""
    taken = set(zip(given.route, given.grant_year, given.school_id, strict=True))
    rows = []
    for row in found.years[found.years.grant_year.isin(unfinished)].itertuples():
        year, own = row.grant_year, found.schools[found.schools.grant_year == row.grant_year]
        if (SCA, year, "") not in taken:
            instead = own.sca_gbp[[(SCA, year, school) in taken for school in own.school_id]].sum()
            rows.append([f"{SCA}-{year}.formula", SCA, year, round(row.sca_gbp - instead, 2), ""])
        rows += [[f"{DFC}-{year}-{school}.formula", DFC, year, amount, school]
                 for school, amount in zip(own.school_id, own.dfc_gbp, strict=True) if (DFC, year, school) not in taken]
    frame = pd.DataFrame(rows, columns=["grant_id", "route", "grant_year", "amount_gbp", "school_id"])
    frame = frame[frame.amount_gbp > 0].assign(eligible="any", status=EXPECTED)
    frame["spend_by"] = pd.Series(pd.NaT, frame.index, dtype="datetime64[s]")
    return frame[COLUMNS]


def _regime_told(years):
    """What the rolls say of SCA or CIF over the plan."""
    least = years.loc[years.pupils_margin.idxmin()]
    side = "above" if least.pupils_margin >= 0 else "below"
    yield (f"By rolls.csv the trust has {', then '.join(_stretches(years))}; the fewest pupils counted are "
           f"{least.pupils_counted:,.10g}, {abs(least.pupils_margin):,.10g} {side} the line, for {spell(least.grant_year)}.")
    for row in years[years.changed != ""].itertuples():
        yield f"{spell(row.grant_year)}, {row.changed}: {row.reason}"


def _stretches(years):
    stretch = (years.regime != years.regime.shift()).cumsum()
    return [f"{own.regime.iloc[0]} for {span(own.grant_year)}" for _, own in years.groupby(stretch)]


def _made_told(made, found, rolls):
    if not len(made):
        return
    years = sorted(set(made.grant_year))
    yield (f"£{made.amount_gbp.sum():,.0f} of SCA and DFC of {span(years)} are formula allocations worked out from "
           "rolls.csv, each from the spring census of the year before: expected, not awarded.")
    yield from _counts_told(rolls, years)
    yield from found.notes


def _counts_told(rolls, years):
    """Which of the censuses behind some grant years have not been taken."""
    hoped = sorted({year for year in rolls.census_year[rolls.status != "counted"] if year + 1 in years})
    if hoped:
        several = f"The pupils of {len(hoped)} of these censuses, {hoped[0]} to {hoped[-1]}, are"
        yield f"{several if len(hoped) > 1 else f'The pupils of {hoped[0]} are'} a forecast, not a count."


def _nothing_to_act_on(estate, scenario):
    """Why a fall of the rolls cannot be followed into the grants; blank where it can."""
    if not len(estate.rolls):
        return "there is no rolls.csv"
    if not scenario.allocations.from_rolls:
        if not len(estate.grants):
            return "there is no grants.csv and what stands in goes by floor area"
        if faults := band_faults(estate):
            return f"the formula lacks the condition band of {len(faults)} schools"
        if not set(covered_years(estate, estate.rolls)) & set(grant_years(scenario)):
            return "rolls.csv covers no grant year of the plan"
    return ""


def _fallen(estate, scenario):
    return fallen(estate.rolls, scenario.shocks.rolls_fall_share, scenario.plan.first_year + 1)


def _after_fall(estate, scenario):
    """Given rows after pupils are lost, expected SCA and DFC lessened as the formula is; and what else it does."""
    given, covered = estate.grants, set(covered_years(estate, estate.rolls))
    hoped = given.route.isin([SCA, DFC]) & (given.status != AWARDED) & (given.grant_year > scenario.plan.first_year + 1)
    years = sorted(covered & {*given.grant_year[hoped], *grant_years(scenario)})
    before, after = (formula_allocations(estate, scenario.allocations, years, rolls)
                     for rolls in (estate.rolls, _fallen(estate, scenario)))
    left = [_left(row, before, after) if change else 1.0 for row, change in zip(given.itertuples(), hoped, strict=True)]
    notes = list(_line_told(before.years, after.years))
    beyond = sorted(set(given.grant_year[hoped]) - covered)
    if beyond:
        notes.append(f"not followed into the grants of {span(beyond)}, whose census rolls.csv lacks")
    return given.assign(amount_gbp=given.amount_gbp * left)[np.array(left) > 0], notes


def _left(row, before, after):
    """How much of a given row is left when the formula falls. [-]"""
    column, sums = "sca_gbp" if row.route == SCA else "dfc_gbp", []
    for found in (before, after):
        frame = found.schools[found.schools.school_id == row.school_id] if row.school_id else found.years
        sums.append(float(frame[column][frame.grant_year == row.grant_year].sum()))
    return sums[1] / sums[0] if sums[0] > 0 else 1.0


def _line_told(before, after):
    """Whether the trust falls below the lines, and how near it comes."""
    lost = after.grant_year[(before.regime == SCA) & (after.regime == CIF)]
    if len(lost):
        yield f"the trust falls below the lines and has no SCA in {span(lost)}, when its schools may bid to CIF"
    elif (after.regime == SCA).any():
        margin = after.pupils_margin[after.regime == SCA].min()
        yield f"the trust keeps SCA, with {margin:,.0f} pupils above the line at the least"
