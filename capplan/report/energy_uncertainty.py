"""How sure energy measures are, for a reader: one screen, the ranges of what a tonne costs, and what decides it."""

import textwrap

import pandas as pd

from .words import listed, plain, pounds, shortened

SCREEN_COLUMNS, LEAST_PART, MOST_SAID = 100, 0.05, 3
CASH, TONNE = "cash_gbp", "gbp_per_tonne"
NOW, METER_IT = ("fuel the school uses now", "electricity the school uses now"), 0.2
OUTCOMES = {TONNE: "what a tonne costs", CASH: "what is gained or lost in cash"}


def uncertainty_text(measures, decides, facts):
    """How sure the measures are and what decides it, on one screen.

    Parameters
    ----------
    measures : DataFrame
        As ``energy_uncertainty.uncertainty`` returns it.
    decides : DataFrame
        As ``energy_uncertainty.decided_by_kind`` returns it.
    facts : dict
        What stands in ``uncertainty.json``.

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: how sure energy measures are, scenario {plain(facts['scenario'])}",
             *_wrapped(basis(facts)), ""]
    if not len(measures):
        return "\n".join([*lines, "No measure is offered."])
    lines += [f"{'A tonne costs, the middle of each kind':<40}{'Offered':>8}{'P10':>10}{'P50':>10}{'P90':>10}"
              f"{'is worth':>10}{'Pays':>7}"]
    for kind, own in measures.groupby("kind"):
        cells = "".join(f"{_middle(own[name]):>10}" for name in (
            "p10_gbp_per_tonne", "p50_gbp_per_tonne", "p90_gbp_per_tonne", "comparator_gbp_per_tonne"))
        lines.append(f"{kind:<40}{len(own):>8,}{cells}{own.pays_share.median():>7.0%}")
    lines += ["(Pays: in so many futures bills saved come to more than the cost.)", ""]
    for sentence in deciding_words(decides):
        lines += _wrapped(sentence)
    lines += ["", f"{'The surest to be worth their cost, the best of each kind at a school':<68}{'P10':>10}{'P50':>10}"
              f"{'P90':>10}"]
    for row in surest(measures).head(8).itertuples():
        lines.append(f"{shortened(f'{row.name_of_it}: {row.measures}', 66):<68}{_gbp(row.p10_gbp_per_tonne):>10}"
                     f"{_gbp(row.p50_gbp_per_tonne):>10}{_gbp(row.p90_gbp_per_tonne):>10}")
    return "\n".join(lines)


def basis(facts):
    """What the figures rest on, in a sentence or two."""
    said = (f"{4 * facts['draws']:,} futures of what nobody knows: tenders, the part of savings that is realised, how heat "
            "pumps and panels perform, prices, weather, the grid, and what each school uses now. Eight futures in ten lie "
            f"between P10 and P90. Pounds are at {facts['price_base']} prices, present values at the Green Book's rate.")
    if facts["level_of_scenario"] != "central":
        said += f" The scenario's {facts['level_of_scenario']} savings are put aside: ranges lie about the central ones."
    return said


def deciding_words(decides):
    """What decides each outcome of each kind of measure, a sentence for each kind; none where nothing is uncertain.

    Parameters
    ----------
    decides : DataFrame
        As ``energy_uncertainty.decided_by_kind`` returns it.

    Returns
    -------
    list of str
    """
    said = []
    for outcome, words in OUTCOMES.items():
        each = []
        for kind, own in decides[decides.outcome == outcome].groupby("kind"):
            top = own[own.total >= LEAST_PART].head(MOST_SAID)
            if len(top):
                named = [f"{row.factor} ({row.total:.0%})" for row in top.itertuples()]
                each.append(f"{kind}: {listed(named)}")
        if each:
            said.append(f"What decides {words} (part of the variance, with all its interplay): {'; '.join(each)}.")
    if (decides[decides.total >= METER_IT].factor.isin(NOW)).any():
        said.append("Where it is what a school uses now that decides, a year of meter readings makes it surer.")
    return said


def surest(measures):
    """The package of each kind at each school that is worth its cost in most futures; the surest first.

    Parameters
    ----------
    measures : DataFrame
        As ``energy_uncertainty.uncertainty`` returns it.

    Returns
    -------
    DataFrame
        The rows, with the school's name as ``name_of_it``; packages that save no carbon in the middle future are left out.
    """
    rows = measures[measures.p50_gbp_per_tonne.notna()].rename(columns={"name": "name_of_it"})
    rows = rows.sort_values(["worth_share", "p50_carbon_tco2e"], ascending=False, kind="stable")
    return rows.drop_duplicates(["school_id", "kind"], ignore_index=True)


def _wrapped(text):
    return textwrap.wrap(text, SCREEN_COLUMNS, subsequent_indent="  ")


def _gbp(amount):
    return "no tonnes" if pd.isna(amount) else pounds(amount)


def _middle(amounts):
    known = amounts.dropna()
    return _gbp(known.median()) if len(known) >= len(amounts) / 2 and len(known) else "no tonnes"
