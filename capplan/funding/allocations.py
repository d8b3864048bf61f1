"""School condition allocations (SCA) and devolved formula capital (DFC): by school, by trust, and in later grant years.

DfE's formulae, as they reproduce its published allocations: a school's SCA is a rate for each weighted pupil times the
modifier of its condition band, its location factor and, where they apply, the factors for voluntary aid and PFI, and no
less than a flat floor; its DFC is a lump sum and a rate for each weighted pupil. DfE rounds DFC by school and SCA by trust.
"""

import numpy as np
import pandas as pd

from ..errors import MissingFigureError
from ..reference import load
from .allocation_tables import rates_for, spell

MONTHS = 12
ALIKE_GBP = 5.0             # published and computed SCA of a trust this near count as the same
EXPLAINED_GBP = 1.0         # a reason counts as found when it leaves less than this
GUARD_PENCE = 1e-6          # what binary fractions may put a half penny wrong by
WORKING = ["urn", "trust", "weighted_pupils", "condition_modifier", "location_factor", "va_factor", "pfi_factor",
           "formula_gbp", "floor_applies", "sca_gbp", "dfc_gbp"]


def to_pence(amounts_gbp):
    """Pounds rounded to the penny, half a penny upwards, as DfE's published DFC is.

    Parameters
    ----------
    amounts_gbp : array
        Amounts, not negative. [GBP]

    Returns
    -------
    array
        Of the same shape. [GBP]

    Notes
    -----
    Rounding half up meets 4,797 of 4,824 published school DFC of 2025-26; half to even 4,369. The other 27 are a penny
    away: their exact amount ends in half a penny (or nearly), which the published weighted pupils cannot place, being
    themselves rounded. *Counterexample:* 1,578.5 weighted pupils give 21,758.125 pounds and 21,758.12 is published, while
    206.5 give 6,323.125 and 6,323.13 is.

    Examples
    --------
    >>> to_pence(np.array([6323.125, 1.005, 2.0]))
    array([6.32313e+03, 1.01000e+00, 2.00000e+00])
    """
    return np.floor(np.asarray(amounts_gbp, float) * 100 + 0.5 + GUARD_PENCE) / 100


def weighted_pupils(pupils_by_phase):
    """Weighted pupils of schools: what both formulae count.

    Parameters
    ----------
    pupils_by_phase : DataFrame
        A row per school; columns among ``early_years_part_time, primary, secondary, post_16, special`` (special schools,
        alternative provision, boarders). [pupils]

    Returns
    -------
    Series
        [weighted pupils]

    Raises
    ------
    ValueError
        If a column is not such a phase, or a number is missing or negative.

    Notes
    -----
    A pupil registered at two schools is half a pupil at each before it comes here. *Counterexample:* counting heads at a
    school with many dual registrations overstates it.

    Examples
    --------
    >>> weighted_pupils(pd.DataFrame({"secondary": [1000.0], "post_16": [200.0]})).item()
    1900.0

    References
    ----------
    .. [1] Department for Education, School capital funding allocations for 2025 to 2026 (workbook, May 2025), guidance.
    """
    table = load("pupil_weights").set_index("phase").pupil_weight
    unknown = [name for name in pupils_by_phase if name not in table.index]
    if unknown:
        raise ValueError(f"No pupil weight for {', '.join(map(str, unknown))}; known: {', '.join(table.index)}.")
    counts = pupils_by_phase.astype(float)
    if not (counts >= 0).all(axis=None):
        raise ValueError("Pupils by phase must be given and not negative.")
    return counts.mul(table[list(counts)], axis=1).sum(axis=1)


def pfi_factors(pfi, la_number, rates):
    """What PFI leaves of a school's SCA: the factor, or nearer 1 where credits count for part of the year only. [-]

    Parameters
    ----------
    pfi : Series of bool
    la_number : Series of int
        Local authority numbers; one without its own months has all twelve.
    rates : Rates

    Returns
    -------
    Series
        [-]

    Examples
    --------
    Stoke-on-Trent (861): seven months at one half, five in full.

    >>> pfi_factors(pd.Series([True, True, False]), pd.Series([861, 373, 861]), rates_for(2025)).round(4).to_list()
    [0.7083, 0.5, 1.0]
    """
    part = la_number.map(rates.pfi_months).astype(float).fillna(MONTHS) / MONTHS
    return 1.0 - pfi * part * (1.0 - rates.figures["SCA", "pfi_factor"])


def school_allocations(schools, grant_year, rates=None):
    """SCA and DFC that each school attracts in one grant year, with the working.

    Parameters
    ----------
    schools : DataFrame
        As ``read_schools`` returns it: ``urn, la_number, trust, weighted_pupils, voluntary_aided, condition_band,
        location_factor, pfi``; weighted pupils of the spring census a year before the grant year.
    grant_year : int
        Year the grant year begins in, on 1 April.
    rates : Rates, optional
        As ``rates_for`` returns them; left out: those of the grant year that come with capplan.

    Returns
    -------
    DataFrame
        ``urn, trust``; the factors [-]; ``formula_gbp``, what they make before the floor; ``floor_applies``; ``sca_gbp``,
        not rounded, since DfE rounds a trust's total only; ``dfc_gbp``, to the penny. [GBP]

    Raises
    ------
    ValueError
        If weighted pupils or a location factor are missing or negative.
    MissingFigureError
        If the grant year has no rates, or a condition band no modifier.

    Notes
    -----
    A school without pupils has no SCA and the lump sum of DFC. The bands are taken as given: works change them only when
    the school is surveyed again. *Counterexample:* a school handed over by the rebuilding programme is re-banded at once.

    Examples
    --------
    >>> one = pd.DataFrame({"urn": [150632], "la_number": [333], "trust": ["A"], "weighted_pupils": [624.12],
    ...     "voluntary_aided": [False], "condition_band": ["CDC2-E"], "location_factor": [0.95], "pfi": [False]})
    >>> school_allocations(one, 2025)[["formula_gbp", "floor_applies", "dfc_gbp"]].round(2).values.tolist()
    [[84979.4, False, 11021.35]]

    References
    ----------
    .. [1] Department for Education, School capital funding allocations for 2025 to 2026 (workbook, May 2025).
    """
    rates = rates_for(grant_year) if rates is None else rates
    if rates.grant_year != grant_year:
        raise ValueError(f"Rates of grant year {rates.grant_year} were given for {grant_year}.")
    pupils, location = schools.weighted_pupils.astype(float), schools.location_factor.astype(float)
    if not ((pupils >= 0) & (location > 0)).all():
        raise ValueError("Weighted pupils must be given and not negative, and location factors above 0.")
    modifiers = load("condition_modifiers").set_index("condition_band").condition_modifier
    if len(lost := set(schools.condition_band) - set(modifiers.index)):
        raise MissingFigureError(f"No condition modifier for the band {', '.join(map(repr, sorted(lost)))}.")
    aided = schools.voluntary_aided.astype(bool)
    figure = rates.figures
    result = schools[["urn", "trust"]].assign(
        weighted_pupils=pupils, condition_modifier=schools.condition_band.map(modifiers).astype(float),
        location_factor=location, va_factor=np.where(aided, figure["SCA", "va_factor"], 1.0),
        pfi_factor=pfi_factors(schools.pfi.astype(bool), schools.la_number, rates))
    full = figure["SCA", "per_weighted_pupil"] * pupils * result.condition_modifier * location * result.va_factor
    result["formula_gbp"] = full * result.pfi_factor
    result["floor_applies"] = (pupils > 0) & (result.formula_gbp < figure["SCA", "school_floor"])
    result["sca_gbp"] = result.formula_gbp.where(~result.floor_applies, figure["SCA", "school_floor"])
    dfc = figure["DFC", "lump_sum"] + figure["DFC", "per_weighted_pupil"] * pupils
    result["dfc_gbp"] = to_pence(dfc * np.where(aided, figure["DFC", "va_factor"], 1.0))
    return result


def trust_allocations(allocations, last_year=None, rates=None):
    """SCA and DFC by trust, with transitional protection where last year's SCA is given.

    Parameters
    ----------
    allocations : DataFrame
        As ``school_allocations`` returns it.
    last_year : DataFrame, optional
        ``trust, sca_gbp`` of the grant year before, and its ``weighted_pupils`` where they are known.
    rates : Rates, optional
        With ``transitional_share``; needed with ``last_year``.

    Returns
    -------
    DataFrame
        ``trust, schools, sca_gbp, dfc_gbp, transitional_protection_gbp`` by name of the trust; protection is part of
        ``sca_gbp``, missing where it was not asked for. [GBP]

    Raises
    ------
    MissingFigureError
        If the rates know no transitional protection.

    Notes
    -----
    Protection lifts the total to a share of last year's, lessened in proportion to any fall in weighted pupils. DfE says
    "up to": a trust that lost schools is protected by less. *Counterexample:* this takes last year's as that of the same
    schools.

    Examples
    --------
    >>> schools = pd.DataFrame({"trust": ["A", "A"], "weighted_pupils": [100.0, 80.0], "sca_gbp": [50_000.004] * 2,
    ...     "dfc_gbp": [5_125.0, 4_900.0]})
    >>> before = pd.DataFrame({"trust": ["A"], "sca_gbp": [200_000.0], "weighted_pupils": [200.0]})
    >>> trust_allocations(schools, before, rates_for(2025)).loc[0, ["sca_gbp", "transitional_protection_gbp"]].to_list()
    [162000.0, 61999.99]
    """
    grouped = allocations.groupby("trust", sort=True)
    total = grouped.agg(schools=("sca_gbp", "size"), exact=("sca_gbp", "sum"), dfc_gbp=("dfc_gbp", "sum"),
                        pupils=("weighted_pupils", "sum"))
    protection = pd.Series(np.nan, total.index)
    if last_year is not None:
        share = None if rates is None else rates.figures.get(("SCA", "transitional_share"))
        if share is None:
            raise MissingFigureError("No transitional protection is known for this grant year.")
        before = last_year.set_index("trust").reindex(total.index)
        ratio = (total.pupils / before.get("weighted_pupils", np.nan)).clip(upper=1.0).fillna(1.0)
        protection = (share * before.sca_gbp * ratio - total.exact).clip(lower=0.0).fillna(0.0)
    sca = to_pence(total.exact + protection.fillna(0.0))
    lifted = np.where(protection.notna(), (sca - to_pence(total.exact)).round(2), np.nan)
    return pd.DataFrame({"trust": total.index, "schools": total.schools.to_numpy(), "sca_gbp": sca,
                         "dfc_gbp": total.dfc_gbp.round(2).to_numpy(), "transitional_protection_gbp": lifted})


def pence_that_add_up(amounts_gbp, group):
    """Amounts to the penny that add up to the rounded total of their group.

    Parameters
    ----------
    amounts_gbp : Series
        Amounts, not negative. [GBP]
    group : Series
        Group of each, such as its trust.

    Returns
    -------
    Series
        Whole pence are kept, and the pence left over go to the largest remainders. [GBP]

    Examples
    --------
    >>> pence_that_add_up(pd.Series([0.004, 0.004, 1.0]), pd.Series(["A", "A", "A"])).to_list()
    [0.01, 0.0, 1.0]
    """
    exact = amounts_gbp.astype(float) * 100
    whole = np.floor(exact + GUARD_PENCE)
    total = np.floor(exact.groupby(group).transform("sum") + 0.5 + GUARD_PENCE)
    left = total - whole.groupby(group).transform("sum")
    place = (exact - whole).groupby(group).rank(method="first", ascending=False)
    return (whole + (place <= left)) / 100


def forecast_allocations(schools, pupils, grant_years, table=None, rate_from=None, sca_rate_growth=0.0):
    """Allocations of later grant years from pupil numbers by census.

    Parameters
    ----------
    schools : DataFrame
        As for ``school_allocations``; its own weighted pupils are not used.
    pupils : DataFrame
        ``urn, census_year, weighted_pupils``: spring censuses, counted or forecast.
    grant_years : sequence of int
    table : DataFrame, optional
        As ``rate_table`` returns it.
    rate_from : int, optional
        Grant year whose rates are held for those without; left out: a year without rates is an error.
    sca_rate_growth : float
        Yearly growth of the SCA rate after ``rate_from`` (nominal, a scenario). [-]

    Returns
    -------
    tuple of (DataFrame, list of str)
        The columns of ``school_allocations`` with ``grant_year, census_year, rates_of``; and notes to print beside it.

    Raises
    ------
    ValueError
        If a school has not exactly one number of pupils in a census that is needed.

    Notes
    -----
    Grant year f counts the spring census of f-1, so a fall in January shows in April of the year after. Bands, PFI and the
    floor stay as they are. *Counterexample:* a PFI contract that ends raises the SCA of its school.
    """
    twice = pupils.duplicated(["urn", "census_year"])
    if twice.any():
        raise ValueError(f"Two numbers of pupils for school {pupils.urn[twice].iloc[0]} in one census.")
    counted, years, notes = pupils.set_index(["urn", "census_year"]).weighted_pupils, [], []
    for year in grant_years:
        own = counted.reindex(pd.MultiIndex.from_arrays([schools.urn, [year - 1] * len(schools)]))
        if own.isna().any():
            raise ValueError(f"No pupils in the census of {year - 1} (grant year {spell(year)}) for the schools "
                             f"{', '.join(str(urn) for urn in schools.urn[own.isna().to_numpy()][:10])}.")
        rates = rates_for(year, table, rate_from).grown(sca_rate_growth)
        notes += [note for note in rates.notes if note not in notes]
        found = school_allocations(schools.assign(weighted_pupils=own.to_numpy()), year, rates)
        years.append(found.assign(grant_year=year, census_year=year - 1, rates_of=rates.rates_of))
    return pd.concat(years, ignore_index=True), notes


def compare_published(schools, allocations, published, rates):
    """Computed totals of trusts beside published ones, with the reason of each miss where one is found.

    Parameters
    ----------
    schools, allocations : DataFrame
        As given to and returned by ``school_allocations``.
    published : DataFrame
        As ``read_published`` returns it.
    rates : Rates

    Returns
    -------
    DataFrame
        One row per trust of either: ``trust, sca_gbp`` and ``published_sca_gbp`` without transitional protection,
        ``transitional_protection_gbp``, ``sca_difference_gbp``, ``dfc_difference_gbp`` (published less computed),
        ``agrees`` and ``reason``, blank where it agrees. [GBP]
    """
    ours = trust_allocations(allocations).set_index("trust")
    both = ours.join(published.add_suffix("_told"), how="outer")
    result = pd.DataFrame({
        "sca_gbp": both.sca_gbp, "published_sca_gbp": (both.sca_gbp_told - both.transitional_protection_gbp_told).round(2),
        "transitional_protection_gbp": both.transitional_protection_gbp_told,
        "dfc_difference_gbp": (both.dfc_gbp_told - both.dfc_gbp).round(2)})
    result.insert(2, "sca_difference_gbp", (result.published_sca_gbp - result.sca_gbp).round(2))
    result["agrees"] = result.sca_difference_gbp.abs() <= ALIKE_GBP
    result["reason"] = ["" if row.agrees else _reason(row, schools, allocations, rates) for row in result.itertuples()]
    return result.rename_axis("trust").reset_index()


def _reason(row, schools, allocations, rates):
    """Why a trust's published SCA is not the computed one, in words."""
    if np.isnan(row.sca_gbp):
        return "no school of this trust in the list of schools"
    if np.isnan(row.published_sca_gbp):
        return "not among the published totals"
    mine = schools.trust.eq(row.Index)
    floor, gap = rates.figures["SCA", "school_floor"], row.sca_difference_gbp
    names = load("local_authorities").set_index("la_number").name
    for number in schools.la_number[mine & schools.pfi].unique():
        here = mine & schools.pfi & schools.la_number.eq(number)
        own = allocations[here.to_numpy()]
        whole = own.formula_gbp / own.pfi_factor
        for months in range(MONTHS + 1):
            factor = 1.0 - months / MONTHS * (1.0 - rates.figures["SCA", "pfi_factor"])
            other = (whole * factor).clip(lower=floor).where(own.weighted_pupils > 0, 0.0)
            if abs(other.sum() - own.sca_gbp.sum() - gap) < EXPLAINED_GBP:
                return (f"PFI schools of {names.get(number, number)}: the published total is met if PFI credits count for "
                        f"{months} of 12 months")
    count = round(-gap / floor) if floor else 0
    if 0 < count <= int(allocations.floor_applies[mine.to_numpy()].sum()) and abs(gap + count * floor) < EXPLAINED_GBP:
        return (f"{count} of its schools on the floor of £{floor:,.0f} got no SCA; the list of schools does not say which "
                "or why (a school without eligible pupils has none)")
    return "no reason found" if gap < 0 else "no reason found; transitional protection would raise it, and none is published"
