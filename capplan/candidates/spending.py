"""When schemes are finished, what they pay when, who else pays, and what is too small to be capital."""

import numpy as np
import pandas as pd

from ..funding.profiles import contributed, payment_shares, payments

REVENUE = "revenue"
"""Tag of schemes too small to be capital, and end of their names where a need has both."""
OWN_SHARES = ["paid_before_share", "paid_after_share"]


def second_summers(cost_real_gbp, scenario):
    """Years from the start of works to the year they are to be finished in.

    Parameters
    ----------
    cost_real_gbp : array
        Cost of each scheme started in each year, real. [GBP]
    scenario : Scenario

    Returns
    -------
    array of int
        1 for large works over two summers, else 0. [years]
    """
    profile = scenario.profile
    large = (np.asarray(cost_real_gbp) >= profile.two_summers_from_gbp) & (profile.second_summer_share > 0)
    return large.astype(int)


def finished_later(by_year_gbp, delays, after_plan=0.0):
    """What stands in the year works are finished in, for every year they may start in.

    Parameters
    ----------
    by_year_gbp : array, shape (n, years)
        Value, or cost, of works done in each year. [GBP]
    delays : array of int, shape (n, years), or int
        Years from the start to the finish. [years]
    after_plan : float
        Where they are finished after the plan: this times what stands in its last year. [-]

    Returns
    -------
    array, shape (n, years)
        [GBP]

    Notes
    -----
    Works act on the condition they find when they are finished. *Counterexample:* a contract whose extent was fixed on the
    day it was let.

    Examples
    --------
    >>> finished_later(np.array([[5.0, 4.0, 3.0]]), 1), finished_later(np.array([[5.0, 4.0, 3.0]]), 1, 1.0)
    (array([[4., 3., 0.]]), array([[4., 3., 3.]]))
    """
    years = by_year_gbp.shape[1]
    when = np.broadcast_to(np.arange(years)[None, :] + delays, by_year_gbp.shape)
    rows = np.arange(len(by_year_gbp))[:, None]
    return by_year_gbp[rows, np.minimum(when, years - 1)] * np.where(when < years, 1.0, after_plan)


def by_scheme(by_part_gbp, applies, codes, delays, after_plan=0.0):
    """As ``finished_later``, for schemes made of components, each counted where works can be started on it.

    Parameters
    ----------
    by_part_gbp : array, shape (parts, years)
        Value, or cost, of works done to each component in each year. [GBP]
    applies : array of bool, shape (parts, years)
        Whether they can be started on it in a year.
    codes : array of int, shape (parts,)
        Scheme of each component.
    delays : array of int, shape (n, years)
        Years from the start to the finish. [years]
    after_plan : float
        As for ``finished_later``. [-]

    Returns
    -------
    array, shape (n, years)
        [GBP]
    """
    total = np.zeros(delays.shape)
    for delay in np.unique(delays):
        late = np.zeros(delays.shape)
        np.add.at(late, codes, finished_later(by_part_gbp, int(delay), after_plan) * applies)
        total = np.where(delays == delay, late, total)
    return total


def with_finish(cells, scenario, later=None):
    """The starts of schemes with their ``finish_year``, and value and cost as they are when they are finished then.

    Parameters
    ----------
    cells : DataFrame
        One row per scheme and start year, every year of the plan in order: ``start_year``, and ``cost`` (nominal),
        ``cost_real_gbp`` and ``value`` of works finished in the year they start.
    scenario : Scenario
    later : callable, optional
        Given delays (n, years), the value and the real cost in pounds of works finished so much later, each (n, years); left
        out: those of works done in the later year.

    Returns
    -------
    DataFrame
        With ``finish_year`` and ``value_on_time`` too.

    Notes
    -----
    Works over two summers cost what is found when they are to be finished. Works that overrun cost what they were let for,
    and are worth what that sum buys of works done when they are finished. *Counterexample:* a contractor who claims for
    the delay.
    """
    years = scenario.plan.years
    value, cost = (cells[name].to_numpy(float).reshape(-1, years) for name in ("value", "cost_real_gbp"))
    planned, late = second_summers(cost, scenario), scenario.shocks.overrun_years
    cells = cells.assign(finish_year=cells.start_year.to_numpy() + planned.ravel() + late, value_on_time=cells.value)
    if not late and not planned.any():
        return cells
    later = later or (lambda delays: (finished_later(value, delays), finished_later(cost, delays, 1.0)))
    let = later(planned)[1]
    let = np.where(let > 0, let, cost)  # nothing is found in a block that was left meanwhile
    worth, found = later(planned + late)
    bought = np.minimum(1.0, np.divide(let, found, out=np.ones_like(let), where=found > 0)) if late else 1.0
    return cells.assign(value=(worth * bought).ravel().round(2), cost_real_gbp=let.ravel().round(2),
                        cost=np.rint(let * scenario.nominal_factors()).ravel())


def spend_rows(cells, scenario):
    """What every start pays when, and what others pay of it.

    Parameters
    ----------
    cells : DataFrame
        One row per scheme and start year: ``scheme_id, start_year, finish_year, stage, cost`` (nominal), and where they have
        it ``contribution_gbp, paid_before_share, paid_after_share``.
    scenario : Scenario

    Returns
    -------
    DataFrame
        ``scheme_id, start_year, year, cost, contributed_gbp`` (nominal); a start that costs nothing has one row.
    """
    plan, shares = scenario.plan, _shares(cells, scenario)
    cost, start = cells.cost.to_numpy(float), cells.start_year.to_numpy(int) - plan.first_year
    paid = payments(cost, shares, start, plan.years)
    given, others = _column(cells, "contribution_gbp", 0.0), np.zeros(paid.shape)
    some = given != 0
    others[some] = contributed(paid[some], given[some], start[some])
    shown = paid > 0
    shown[np.arange(len(cells)), start] |= cost == 0
    row, year = np.nonzero(shown)
    return pd.DataFrame({
        "scheme_id": cells.scheme_id.to_numpy()[row], "start_year": cells.start_year.to_numpy()[row],
        "year": plan.first_year + year, "cost": paid[row, year], "contributed_gbp": others[row, year]})


def _shares(cells, scenario):
    """Shares of the cost by year of payment from the year before the start on, one row for each start. [-]"""
    profile, shocks = scenario.profile, scenario.shocks
    fees = cells.stage.map({stage: scenario.on_costs(stage).fees_part for stage in cells.stage.unique()}).to_numpy(float)
    two = (cells.finish_year - cells.start_year).to_numpy() > shocks.overrun_years
    usual = payment_shares(fees, np.full(len(cells), profile.fees_before_share), two * profile.second_summer_share,
                           profile.retention_share, shocks.overrun_share, shocks.overrun_years)
    before, after = (_column(cells, name, np.nan) for name in OWN_SHARES)
    own = ~(np.isnan(before) & np.isnan(after))
    before, after = np.nan_to_num(before), np.nan_to_num(after)
    works = np.maximum(1.0 - before, 1e-12)  # a work paid for wholly beforehand has nothing to slip
    later = np.minimum(after / works, 1.0)
    given = payment_shares(before, np.ones(len(cells)), later, 0.0, shocks.overrun_share, shocks.overrun_years)
    return np.where(own[:, None], given, usual)


def _column(cells, name, blank):
    return cells[name].fillna(blank).to_numpy(float) if name in cells else np.full(len(cells), blank)


def apart_by_size(cells, scenario):
    """Starts too small to be capital, tagged as revenue and, where a need has larger ones too, as a scheme of their own.

    Parameters
    ----------
    cells : DataFrame
        One row per scheme and start year: ``scheme_id, tag, exclusion_group, cost_real_gbp`` and further columns.
    scenario : Scenario

    Returns
    -------
    tuple of (DataFrame, dict)
        The starts, and the scheme each new name stands for.
    """
    small = cells.cost_real_gbp < scenario.costs.capital_from_gbp
    if not small.any():
        return cells, {}
    renamed = small & (cells.exclusion_group != "")
    names = cells.scheme_id.where(~renamed, cells.scheme_id + "." + REVENUE)
    called = dict(zip(names[renamed], cells.scheme_id[renamed], strict=True))
    found = cells.assign(scheme_id=names, tag=cells.tag.where(~small, REVENUE))
    return found.sort_values("scheme_id", kind="stable", key=lambda ids: ids.map(
        {name: place for place, name in enumerate(dict.fromkeys(names))}), ignore_index=True), called


def only_reserves_pay_revenue(pots, tags):
    """Pots that pay for any works pay for capital works only, but for the reserves.

    Parameters
    ----------
    pots : DataFrame
        As ``money`` makes them.
    tags : iterable of str
        Tags of schemes that are capital.

    Returns
    -------
    DataFrame
    """
    open_to_all = (pots.tags == "") & (pots.route != "reserves")
    return pots.assign(tags=pots.tags.where(~open_to_all, ";".join(sorted(tags))))
