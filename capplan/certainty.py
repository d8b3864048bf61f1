"""How sure the costs of a programme are: scheme by scheme, year by year, pot by pot and in all."""

import numpy as np
import pandas as pd

from .candidates import CONTRIBUTIONS, NO_WORKS
from .candidates.spending import REVENUE
from .explanations import scheme_figures
from .funding.cost_risk import log_spread, quantile, sample_outturns
from .reference import load

SAMPLES = 4000
MIDDLE, SURE = 0.5, 0.8
RISK_COLUMNS = ["scope", "name", "stage", "planned_gbp", "p50_gbp", "p80_gbp", "schemes_p80_gbp", "for_80_gbp"]


def _spreads(schemes):
    """Spread of the logarithm of the outturn of each scheme, by its stage; what a loan or a bid costs is known. [-]"""
    table = load("cost_stages").set_index("stage")
    found = pd.Series(log_spread(table.low_share.to_numpy(), table.high_share.to_numpy()), table.index)
    return found.loc[schemes.stage].to_numpy() * ~schemes.kind.isin(NO_WORKS).to_numpy()


def scheme_certainty(programme):
    """Stage, P50 and P80 of every candidate's cost, what others pay of it, and whether it is capital.

    Parameters
    ----------
    programme : Programme
        Proposed from an estate.

    Returns
    -------
    DataFrame
        Indexed by ``scheme_id``: ``stage``, ``cost_p50_gbp``, ``cost_p80_gbp`` (nominal, in the year that
        ``scheme_figures`` shows), ``contributed_gbp`` (nominal), ``accounted_as``.

    Notes
    -----
    Assumes what others pay is a fixed sum, so that an overrun is the trust's. *Counterexample:* a partner who pays half of
    whatever it comes to.
    """
    candidates, figures = programme.candidates, scheme_figures(programme)
    schemes = candidates.schemes.set_index("scheme_id")
    others = candidates.spend.groupby(["scheme_id", "start_year"]).contributed_gbp.sum()
    pairs = pd.MultiIndex.from_arrays([figures.index, figures.shown_year])
    cost, spread = figures.cost_gbp.to_numpy(), _spreads(schemes)
    return pd.DataFrame({
        "stage": schemes.stage, "cost_p50_gbp": quantile(cost, spread, MIDDLE).round(2),
        "cost_p80_gbp": quantile(cost, spread, SURE).round(2),
        "contributed_gbp": others.reindex(pairs).fillna(0.0).round(2).to_numpy(),
        "accounted_as": np.where(schemes.tag == REVENUE, REVENUE, "capital")}, index=schemes.index)


def cost_risk_frame(programme, seed=0):
    """How sure the cost of the programme is, in all, by year, by pot and by scheme.

    Parameters
    ----------
    programme : Programme
        Proposed from an estate.
    seed : int
        The same seed gives a scheme the same luck in every programme.

    Returns
    -------
    DataFrame
        ``scope`` (programme, year, pot, scheme), ``name``, ``stage`` (of a scheme), ``planned_gbp``, ``p50_gbp``,
        ``p80_gbp``, ``schemes_p80_gbp`` (the P80s of its schemes added up) and ``for_80_gbp`` (P80 less what is planned);
        nominal. One row if nothing is funded.

    Notes
    -----
    Assumes each year and pot bears the overrun of a scheme in proportion to what it pays. *Counterexample:* a grant that is
    fixed, so that the reserves bear all of it: look at the row of the programme against them.
    """
    candidates, draws = programme.candidates, programme.draws
    schemes = candidates.schemes.set_index("scheme_id")
    stage, chosen = schemes.stage, sorted(programme.choice)
    spread = pd.Series(_spreads(schemes.loc[chosen]), chosen, dtype=float)
    shared = candidates.outlook.scenario.costs.shared_variance_share
    outturns = sample_outturns(chosen, spread.to_numpy(), shared, SAMPLES, seed)
    groups = [("programme", "all", draws), *(("year", f"{year}", rows) for year, rows in draws.groupby("year")),
              *(("pot", pot, rows) for pot, rows in draws.groupby("pot_id", sort=False) if pot != CONTRIBUTIONS),
              *(("scheme", scheme, rows) for scheme, rows in draws.groupby("scheme_id"))]
    frame = pd.DataFrame([_risk_row(*group, outturns, spread) for group in groups], columns=RISK_COLUMNS)
    return frame.assign(stage=frame.name.map(stage).where(frame.scope == "scheme").fillna(""))


def _risk_row(scope, name, rows, outturns, spread):
    totals, planned = outturns.totals(rows.scheme_id, rows.amount_gbp), float(rows.amount_gbp.sum())
    middle, sure = (float(np.quantile(totals, chance)) for chance in (MIDDLE, SURE))
    added = float(quantile(rows.amount_gbp.to_numpy(), spread.loc[rows.scheme_id].to_numpy(), SURE).sum())
    if rows.scheme_id.nunique() == 1:  # one scheme alone is known without sampling
        middle = float(quantile([planned], spread.loc[rows.scheme_id.iloc[:1]], MIDDLE)[0])
        sure = added
    return [scope, name, "", *(round(value, 2) for value in (planned, middle, sure, added, sure - planned))]


def programme_certainty(programme, seed=0):
    """The row of the whole programme, and what others pay of it, ready for JSON; parameters as for ``cost_risk_frame``.

    Returns
    -------
    dict
        ``planned_gbp, p50_gbp, p80_gbp, schemes_p80_gbp, contributed_gbp`` (nominal).
    """
    whole = cost_risk_frame(programme, seed).iloc[0]
    draws = programme.draws
    others = float(draws.amount_gbp[draws.pot_id == CONTRIBUTIONS].sum())
    names = ("planned_gbp", "p50_gbp", "p80_gbp", "schemes_p80_gbp")
    return {**{name: float(whole[name]) for name in names}, "contributed_gbp": round(others, 2)}
