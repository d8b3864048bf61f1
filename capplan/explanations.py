"""Why a scheme is in or out, in one sentence each, from the programme's own figures.

A first account, by bookkeeping: value per pound against what else is funded. Nothing is solved again, so it does not say
what would change the decision.
"""

import pandas as pd

from .candidates import NO_WORKS, needs_met


def scheme_figures(programme):
    """Cost, value and value per pound of every scheme, at its start year or, where not chosen, its best one
    (most value per pound).

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    DataFrame
        Indexed by ``scheme_id``: ``start_year`` (NaN where not chosen), ``shown_year``, ``cost_gbp`` (nominal),
        ``value_gbp``, ``value_per_gbp`` (value over cost, both real and discounted to the start), and what waiting a
        year would do: ``cost_a_year_later_gbp`` (rise in cost, nominal) and ``loss_a_year_later_gbp`` (loss no longer
        avoided); both NaN in the last year it may start.
    """
    candidates = programme.candidates
    cost = candidates.spend.groupby(["scheme_id", "start_year"]).cost.sum()
    years = candidates.scheme_years[["scheme_id", "start_year", "value"]]
    years = years.assign(cost_gbp=pd.MultiIndex.from_frame(years[["scheme_id", "start_year"]]).map(cost))
    years["cost_gbp"] = years.cost_gbp.astype(float).fillna(0.0)
    years = years.sort_values(["scheme_id", "start_year"], kind="stable")
    after = years.groupby("scheme_id")[["cost_gbp", "value", "start_year"]].shift(-1)
    next_year = after.start_year == years.start_year + 1
    years["cost_a_year_later_gbp"] = (after.cost_gbp - years.cost_gbp).where(next_year)
    years["loss_a_year_later_gbp"] = (years.value - after.value).where(next_year)
    chosen = years.scheme_id.map(programme.choice)
    years["present_cost_gbp"] = _present_cost(candidates, years)
    years["value_per_gbp"] = years.value / years.present_cost_gbp.where(years.present_cost_gbp > 0)
    per_gbp = years.value_per_gbp.fillna(float("inf"))
    best = years.index == per_gbp.groupby(years.scheme_id).transform("idxmax")
    shown = years[(chosen == years.start_year) | (chosen.isna() & best)].set_index("scheme_id")
    frame = shown.rename(columns={"start_year": "shown_year", "value": "value_gbp"})
    frame["start_year"] = frame.index.map(programme.choice)
    return frame.reindex(candidates.schemes.scheme_id)


def _present_cost(candidates, years):
    """Cost of each start year in the pounds of the value: real and discounted, or as it is where nothing says how."""
    if candidates.outlook is None or "cost_real_gbp" not in candidates.scheme_years:
        return years.cost_gbp
    plan = candidates.outlook.scenario.plan
    real = candidates.scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    own = pd.MultiIndex.from_frame(years[["scheme_id", "start_year"]]).map(real).astype(float)
    return own * (1.0 + plan.discount_rate) ** -(years.start_year - plan.first_year)


def reasons(programme, figures):
    """One sentence or two for every scheme.

    Parameters
    ----------
    programme : Programme
    figures : DataFrame
        As ``scheme_figures`` returns it.

    Returns
    -------
    Series
        Sentences, indexed by ``scheme_id``.
    """
    schemes = programme.candidates.schemes.set_index("scheme_id")
    must = schemes.must_do != ""
    funded = figures.start_year.notna()
    optional = figures[funded & ~must & figures.value_per_gbp.notna()]
    bars = optional.groupby("start_year").value_per_gbp.agg(["min", "median"])
    money = programme.draws.groupby("year").amount_gbp.sum().to_dict()
    needs = needs_met(programme.candidates.schemes)
    winner = {need: scheme for scheme in schemes.index[funded] for need in needs[scheme]}
    sentences = {}
    for scheme, row in figures.iterrows():
        if schemes.loc[scheme].get("kind") in NO_WORKS:
            sentences[scheme] = (f"In {_span(row.start_year)}: what it brings pays for works worth more than it costs."
                                 if funded[scheme] else "Out: what it could bring is not worth what it costs.")
        elif funded[scheme]:
            sentences[scheme] = _why_in(row, schemes.loc[scheme])
        elif met := next((winner[need] for need in needs[scheme] if need in winner), ""):
            part = "the same need" if len(needs[scheme]) == 1 else "one of its needs"
            sentences[scheme] = f"Not needed: {met} meets {part}."
        else:
            sentences[scheme] = _why_out(row, bars, money)
    return pd.Series(sentences)


def _span(year):
    return f"{int(year)}-{(int(year) + 1) % 100:02d}"


def _worth(row):
    return f"£{row.value_per_gbp:.2f} of loss avoided for each pound"


def _why_in(row, scheme):
    """What must be done and by when; else what each pound avoids, and what another year would cost."""
    said = [f"In {_span(row.start_year)}"]
    if scheme.must_do:
        listed = scheme.get("kind") == "listed"
        ground = "committed, or to be started by its date" if listed else "priority 1 or required by law"
        by = f" by {_span(float(scheme.must_do))}" if str(scheme.must_do).isdigit() else ""
        said = [f"{said[0]}: must be done{by} ({ground})"]
        if pd.notna(row.value_per_gbp):
            said.append(_worth(row))
        return "; ".join(said) + "."
    text = f"{said[0]}: {_worth(row) if pd.notna(row.value_per_gbp) else 'it costs nothing'}"
    if pd.notna(row.cost_a_year_later_gbp) and row.cost_a_year_later_gbp > 0 and row.loss_a_year_later_gbp > 0:
        text += (f"; a year later it would cost £{row.cost_a_year_later_gbp:,.0f} more and avoid "
                 f"£{row.loss_a_year_later_gbp:,.0f} less")
    return text + "."


def _why_out(row, bars, money):
    """The bar it fails in its best year, or the money it does not fit in."""
    if pd.isna(row.shown_year):
        return "Out: there is no year of the plan in which it may start."
    if pd.isna(row.value_per_gbp):
        return "Out: the money of the plan goes to works that must be done or are worth more."
    best = f"Out: in its best year, {_span(row.shown_year)}, {_worth(row)} at £{row.cost_gbp:,.0f}"
    if row.cost_gbp > max(money.values(), default=0.0):
        return f"{best}, more than is spent in any one year of the plan."
    if row.shown_year in bars.index:
        least, middle = bars.loc[row.shown_year]
        if row.value_per_gbp < least:
            return f"{best}; every optional scheme funded that year avoids at least £{least:.2f}."
        if row.value_per_gbp < middle:
            return f"{best}; half of the optional schemes funded that year avoid £{middle:.2f} or more."
    return f"{best}; the money of that year is taken by works that must be done or fit it better together."
