"""What growth is simulated from: the trust as it is, who may join, the posts; and what is drawn for each future."""

from dataclasses import dataclass, field

import numpy as np

from .streams import uniforms

SAFETY_DRAWS, POST_DRAWS = 64, 40   # at least; more where the rate asks for it
FINDINGS = ("finance", "performance", "governance", "backlog", "raac", "asbestos", "land")


@dataclass(frozen=True)
class Prospect:
    """A school that may join. Money in the prices of the plan; times in months from the start of the plan."""

    prospect_id: str
    name: str
    phase: str
    sponsored: bool
    intensive: bool
    approach: tuple
    pupils: float
    weight: float
    special_multiple: float
    gifa_m2: float
    backlog_gbp: float
    income_gbp: float
    surplus_gbp: float
    reserves_gbp: float
    grants_gbp: float
    pfi: bool
    raac: bool | None = None
    land_issue: bool | None = None
    electricity_kwh: float = 0.0
    gas_kwh: float = 0.0


@dataclass(frozen=True)
class PostPlan:
    """A post: hours by phase [FTE], and the part of them that is for the estate."""

    post_id: str
    hours: tuple
    estates_share: float


@dataclass(frozen=True)
class GrowthCase:
    """The trust at the start of the plan, and what may come to it. ``kg_per_kwh``: footprint of a kWh of electricity and of
    gas by planning year [kgCO2e/kWh]."""

    growth: object = field(repr=False)
    prospects: tuple = field(repr=False)
    posts: tuple = field(repr=False)
    phases: tuple
    first_year: int
    years: int
    schools: int
    backlog_gbp: float
    reserves_gbp: float
    income_gbp: tuple = field(repr=False)
    surplus_gbp: tuple = field(repr=False)
    floor_share: float = 0.05
    floor_gbp: float = 0.0
    works_gbp: tuple | None = field(default=None, repr=False)
    school_ids: tuple = ()
    pupils: tuple = field(default=(), repr=False)
    weights: tuple = field(default=(), repr=False)
    multiples: tuple = field(default=(), repr=False)
    pupils_walk: float = 0.0
    notes: tuple = ()
    kg_per_kwh: tuple = field(default=(), repr=False)

    @property
    def months(self):
        """Months of the plan."""
        return 12 * self.years


@dataclass
class Coming:
    """One school's way to the trust in one future: what it will meet, whatever the policy. [months], [GBP]"""

    owner: str
    prospect: Prospect
    approach: float
    patience: float
    assessment: float
    bar: str
    liability_gbp: float
    raac: bool
    land: bool
    order: float
    legal: float
    safety_gaps: tuple
    safety_works: tuple
    ready: float = field(default=float("inf"))


@dataclass(frozen=True)
class Future:
    """Everything drawn for one future: schools that come, posts, safety works of the schools there are. [months]"""

    coming: tuple
    leaves: tuple
    hires: tuple
    safety: tuple


def triangular(draws, least, usual, most):
    """Times from least to most, the usual one likeliest.

    Parameters
    ----------
    draws : array
        Uniform draws. [-]
    least, usual, most : float
        [months]

    Returns
    -------
    array
        [months]

    Examples
    --------
    >>> triangular(np.array([0.0, 1 / 3, 1.0]), 1, 2, 4).round(6).tolist()
    [1.0, 2.0, 4.0]
    """
    if most == least:
        return np.full_like(draws, least)
    split = (usual - least) / (most - least)
    low = least + np.sqrt(draws * (most - least) * (usual - least))
    return np.where(draws < split, low, most - np.sqrt((1 - draws) * (most - least) * (most - usual)))


def lognormal(draws, median, spread):
    """Values around a median.

    Parameters
    ----------
    draws : array
        Uniform draws. [-]
    median : float
    spread : float
        Standard deviation of the logarithm. [-]

    Returns
    -------
    array

    Examples
    --------
    >>> lognormal(np.array([0.5, 0.8413447460685429]), 12.0, np.log(2)).round(6).tolist()
    [12.0, 24.0]
    """
    from scipy.special import ndtri
    return median * np.exp(spread * ndtri(np.clip(draws, 1e-16, 1 - 1e-16)))


def lognormal_of(draws, mean, sd):
    """Values with a mean and a standard deviation, lognormal.

    Parameters
    ----------
    draws : array
        Uniform draws. [-]
    mean, sd : float

    Returns
    -------
    array

    Examples
    --------
    >>> many = lognormal_of((np.arange(100_000) + 0.5) / 100_000, 2.0, 2.0)
    >>> [round(float(value), 1) for value in (many.mean(), many.std())]
    [2.0, 2.0]
    """
    if mean == 0:
        return np.zeros_like(draws)
    spread = np.sqrt(np.log(1 + (sd / mean) ** 2))
    return lognormal(draws, mean / np.sqrt(1 + (sd / mean) ** 2), spread)


def waits(draws, per_month):
    """Times until something that comes at a rate. Never where the rate is 0.

    Parameters
    ----------
    draws : array
        Uniform draws. [-]
    per_month : float

    Returns
    -------
    array
        [months]

    Examples
    --------
    >>> waits(np.array([0.0, 1 - np.exp(-1)]), 0.5).round(6).tolist(), waits(np.array([0.3]), 0.0).tolist()
    ([0.0, 2.0], [inf])
    """
    return np.full_like(draws, np.inf) if per_month <= 0 else -np.log1p(-draws) / per_month


def hazard_per_month(yearly_odds):
    """Rate that gives a chance in a year. [1/months]

    Parameters
    ----------
    yearly_odds : float
        [-]

    Returns
    -------
    float

    Examples
    --------
    >>> round(1 - float(np.exp(-12 * hazard_per_month(0.12))), 6), hazard_per_month(1.0)
    (0.12, inf)
    """
    return float("inf") if yearly_odds >= 1 else -np.log1p(-yearly_odds) / 12.0


def futures_of(case, seed, replicates, first=0):
    """Futures of a trust, the same for every policy.

    Parameters
    ----------
    case : GrowthCase
    seed : int
    replicates : int
        Number of the last future plus one.
    first : int
        Number of the first one wanted.

    Returns
    -------
    list of Future

    Notes
    -----
    What befalls a school is drawn for that school by its name, so another prospect in the table changes nobody else's
    draws. Policies change what is done with the draws, never the draws.
    """
    named = [_ways(case, seed, prospect.prospect_id, prospect, replicates) for prospect in case.prospects]
    unnamed = _unnamed(case, seed, replicates)
    posts = [_post_draws(case, seed, post.post_id, replicates) for post in case.posts]
    safety = [_safety(case, seed, school, replicates) for school in case.school_ids]
    return [Future(tuple(way(row) for way in named) + unnamed(row), tuple(post[0][row] for post in posts),
                   tuple(post[1][row] for post in posts), tuple(own(row) for own in safety))
            for row in range(first, replicates)]


def _enough(least, expected):
    """How many draws are enough for a count with an expectation, six standard deviations above it."""
    return max(least, int(expected + 6 * expected ** 0.5 + 10))


def _post_draws(case, seed, post, replicates):
    growth = case.growth
    rate = hazard_per_month(growth.leaving_yearly_odds)
    draws = _enough(POST_DRAWS, rate * case.months)
    leaves = waits(uniforms(seed, "leaving", post, replicates, draws), rate)
    hires = uniforms(seed, "hiring", post, replicates, draws)
    span = growth.hire_most_months - growth.hire_least_months
    return leaves.tolist(), (growth.hire_least_months + span * hires).tolist()


def _safety(case, seed, owner, replicates):
    growth = case.growth
    rate = growth.safety_jobs_per_school_year / 12.0
    draws = _enough(SAFETY_DRAWS, rate * case.months)
    gaps = waits(uniforms(seed, "safety works", owner, replicates, draws), rate)
    each = uniforms(seed, "safety work", owner, replicates, draws)
    lengths = waits(each, 1.0 / growth.safety_job_months) if growth.safety_job_months else np.zeros_like(each)
    gaps, lengths = gaps.tolist(), lengths.tolist()
    return lambda row: (gaps[row], lengths[row])


def _ways(case, seed, owner, prospect, replicates, approach=None):
    """A function of the future's number that gives a school's way in it."""
    growth = case.growth
    if approach is None:
        low, high = prospect.approach
        approach = low + (high - low) * uniforms(seed, "approach", owner, replicates, 1)[:, 0]
    stages = uniforms(seed, "stages", owner, replicates, 4)
    patience = waits(stages[:, 0], hazard_per_month(growth.withdraw_yearly_odds))
    assessment = triangular(stages[:, 1], growth.assessment_least_months, growth.assessment_usual_months,
                            growth.assessment_most_months)
    order = growth.order_least_months + (growth.order_most_months - growth.order_least_months) * stages[:, 2]
    bar, liability_gbp, raac, land = _findings(growth, prospect, uniforms(seed, "findings", owner, replicates,
                                                                           len(FINDINGS)))
    legal = _legal(growth, prospect, stages[:, 3]) * np.where(land | prospect.pfi, growth.land_scale, 1.0)
    columns = [values.tolist() for values in (approach, patience, assessment, bar, liability_gbp, raac, land, order, legal)]
    safety = _safety(case, seed, owner, replicates)
    return lambda row: Coming(owner, prospect, *(values[row] for values in columns), *safety(row))


def _legal(growth, prospect, draws):
    if prospect.sponsored:
        return lognormal(draws, growth.sponsored_median_months, growth.sponsored_spread)
    return growth.legal_least_months + lognormal_of(draws, growth.legal_more_months, growth.legal_more_sd_months)


def _findings(growth, prospect, draws):
    """What due diligence finds: a bar or none, the liability [GBP], RAAC, a land issue; each of shape (replicates,)."""
    drawn = dict(zip(FINDINGS, draws.T, strict=True))
    raac = np.full(len(draws), prospect.raac) if prospect.raac is not None else drawn["raac"] < growth.raac_odds
    land = (np.full(len(draws), prospect.land_issue) if prospect.land_issue is not None
            else drawn["land"] < growth.land_odds)
    asbestos = drawn["asbestos"] < growth.asbestos_odds
    liability_gbp = prospect.backlog_gbp * lognormal(drawn["backlog"], growth.backlog_found_scale,
                                                     growth.backlog_found_spread)
    liability_gbp = liability_gbp + prospect.gifa_m2 * (raac * growth.raac_gbp_per_m2
                                                        + asbestos * growth.asbestos_gbp_per_m2)
    bar = np.full(len(draws), "", dtype=object)
    assets = liability_gbp * (1 - growth.dowry_share) > growth.most_liability_share * prospect.income_gbp
    for area, found in (("assets", assets), *((area, drawn[area] < getattr(growth, f"{area}_bar_odds"))
                                              for area in ("governance", "performance", "finance"))):
        bar[found] = area
    return bar, liability_gbp, raac, land


def _unnamed(case, seed, replicates):
    """A function of the future's number that gives the ways of the schools that are not named."""
    rate = case.growth.unnamed_per_year / 12.0
    if not rate or not case.prospects:
        return lambda row: ()
    expected = rate * case.months
    most = int(expected + 6 * expected ** 0.5 + 6)
    gaps = np.stack([waits(uniforms(seed, "unnamed", f"unnamed {number}", replicates, 1)[:, 0], rate)
                     for number in range(most)])
    like = np.stack([uniforms(seed, "like whom", f"unnamed {number}", replicates, 1)[:, 0] for number in range(most)])
    arrives = np.cumsum(gaps, axis=0)
    ways = [[_ways(case, seed, f"unnamed {number}", prospect, replicates, arrives[number]) for prospect in case.prospects]
            for number in range(most)]
    kind = (like * len(case.prospects)).astype(int)
    return lambda row: tuple(ways[number][kind[number, row]](row) for number in range(most)
                             if arrives[number, row] < case.months)
