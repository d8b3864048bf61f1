"""Why a scheme is in or out, in one sentence each, from the programme's own figures.

A first account, by bookkeeping: value per pound against what else is funded. Nothing is solved again, so it does not say
what would change the decision.
"""

import pandas as pd


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
        ``value_gbp``, ``value_per_gbp``, and what waiting a year would do: ``cost_a_year_later_gbp`` (rise in cost,
        nominal) and ``loss_a_year_later_gbp`` (loss no longer avoided); both NaN in the last year it may start.
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
    per_gbp = (years.value / years.cost_gbp.where(years.cost_gbp > 0)).fillna(float("inf"))
    best = years.index == per_gbp.groupby(years.scheme_id).transform("idxmax")
    shown = years[(chosen == years.start_year) | (chosen.isna() & best)].set_index("scheme_id")
    frame = shown.rename(columns={"start_year": "shown_year", "value": "value_gbp"})
    frame["start_year"] = frame.index.map(programme.choice)
    frame["value_per_gbp"] = (frame.value_gbp / frame.cost_gbp).where(frame.cost_gbp > 0)
    return frame.reindex(candidates.schemes.scheme_id)


def reasons(programme, figures):
    """One sentence for every scheme.

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
    optional = figures.value_per_gbp[funded & ~must]
    least = optional.min() if len(optional) else float("nan")
    groups = schemes.exclusion_group[funded & (schemes.exclusion_group != "")]
    winner = dict(zip(groups, groups.index, strict=True))
    sentences = {}
    for scheme, row in figures.iterrows():
        group = schemes.exclusion_group[scheme]
        if funded[scheme]:
            sentences[scheme] = _why_in(row, must[scheme])
        elif group in winner:
            sentences[scheme] = f"Not needed: {winner[group]} meets the same need."
        else:
            sentences[scheme] = _why_out(row, least)
    return pd.Series(sentences)


def _why_in(row, must):
    year = f"{int(row.start_year)}-{(int(row.start_year) + 1) % 100:02d}"
    worth = "" if pd.isna(row.value_per_gbp) else f" avoids £{row.value_per_gbp:.2f} of loss for each pound"
    if must:
        return f"In {year} because it must be done (priority 1, statutory or committed)" + (
            f"; it{worth}." if worth else ".")
    return f"In {year}: it{worth or ' costs nothing'}."


def _why_out(row, least):
    if pd.isna(row.shown_year):
        return "Out: in no year of the plan is it worth more than it costs to plan, or large enough to be a scheme."
    if pd.isna(row.value_per_gbp) or pd.isna(least):
        return "Out: it does not fit beside the schemes that are in within the money and the limits of the plan."
    if row.value_per_gbp < least:
        return (f"Out: it avoids £{row.value_per_gbp:.2f} of loss for each pound, less than any scheme that is in "
                f"(the least is {least:.2f}).")
    return (f"Out: it avoids £{row.value_per_gbp:.2f} of loss for each pound, but does not fit beside the schemes that "
            "are in within the money of its years.")
