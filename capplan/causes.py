"""Why one programme is not the other: what went in, in groups, and the changes each group made when it was put in."""

from dataclasses import dataclass, field

import pandas as pd

CAUSES = ("data", "prices", "funding", "weights", "rules", "code")
"""In the order in which the second run's inputs take the place of the first's."""
FUNDING_TABLES = ("grants", "reserves", "budget", "loans", "loan_offers", "bids", "pupil_funding")
"""Tables of an estate that say what money there is; all others are data."""
BY_SECTION = {
    **dict.fromkeys(("condition", "surveys", "pupils", "energy", "delivery"), "data"),
    **dict.fromkeys(("costs", "profile", "plan.price_base", "shocks.tender_step_share", "shocks.energy_price_share"),
                    "prices"),
    **dict.fromkeys(("allocations", "reserves", "pooling", "stand_in", "shocks.grants_cut_share", "shocks.bids_lost",
                     "shocks.reserves_loss_gbp"), "funding"),
    **dict.fromkeys(("loss", "plan.discount_rate", "carbon.in_objective", "carbon.value_level", "measures.bills_in_value"),
                    "weights"),
    "shocks": "data"}
"""Cause a figure of the scenario belongs to, by section or by section and key, the key first; all others are rules."""
NO_FIGURES = ("name", "description", "applied_overlays")


@dataclass(frozen=True)
class State:
    """A programme on the way from one run to the other: ``starts`` and ``costs_gbp`` by scheme, and its value. [GBP]"""

    value_gbp: float
    starts: dict = field(repr=False)
    costs_gbp: dict = field(repr=False)

    @property
    def spend_gbp(self):
        """What it costs in all, to the penny. [GBP nominal]"""
        return round(sum(round(cost, 2) for cost in self.costs_gbp.values()), 2)


def cause_of(section, key=""):
    """The cause that a figure of the scenario belongs to.

    Parameters
    ----------
    section, key : str

    Returns
    -------
    str
        One of ``CAUSES``.

    Examples
    --------
    >>> cause_of("plan", "discount_rate"), cause_of("costs", "fees_share"), cause_of("plan", "years")
    ('weights', 'prices', 'rules')
    """
    return BY_SECTION.get(f"{section}.{key}", BY_SECTION.get(section, "rules"))


def mixed_scenario(first, second, swapped):
    """The first scenario with the figures of some causes as the second has them.

    Parameters
    ----------
    first, second : dict
        Sections, each with its keys.
    swapped : collection of str
        Causes whose figures are the second's.

    Returns
    -------
    dict
    """
    mixed = {}
    for section in first:
        if section in NO_FIGURES:
            mixed[section] = second[section]
        elif first[section] is None or second[section] is None:
            mixed[section] = (second if cause_of(section) in swapped else first)[section]
        else:
            mixed[section] = {key: (second if cause_of(section, key) in swapped else first)[section][key]
                              for key in first[section]}
    return mixed


def mixed_tables(first, second, swapped):
    """The first estate with the tables of some causes as the second has them.

    Parameters
    ----------
    first, second : dict of str to bytes
        Tables by file name.
    swapped : collection of str

    Returns
    -------
    dict of str to bytes
    """
    def own(tables, wanted):
        """Those tables whose cause is swapped, or those whose is not."""
        return {name: content for name, content in tables.items()
                if (("funding" if name.split(".")[0] in FUNDING_TABLES else "data") in swapped) is wanted}
    return {**own(first, False), **own(second, True)}


def causes_frame(states):
    """What each cause changed.

    Parameters
    ----------
    states : list of tuple (str, State)
        The programme of the first run, with any cause; then that after each cause, the last being the second run's.

    Returns
    -------
    DataFrame
        ``cause, value_before_gbp, value_after_gbp, value_change_gbp, spend_change_gbp, schemes_changed``. The changes add up
        to the difference between the two runs, to the penny: each begins where the one before ends.

    Notes
    -----
    What a cause is said to have changed depends on the order. *Counterexample:* dearer works and less money, each of which
    alone would drop the same scheme: the one that comes first has dropped it.
    """
    rows = []
    for (_, before), (cause, after) in zip(states, states[1:], strict=False):
        changed = [scheme for scheme in {**before.starts, **after.starts}
                   if before.starts.get(scheme) != after.starts.get(scheme)]
        was, now = round(before.value_gbp, 2), round(after.value_gbp, 2)
        rows.append([cause, was, now, round(now - was, 2), round(after.spend_gbp - before.spend_gbp, 2), len(changed)])
    return pd.DataFrame(rows, columns=["cause", "value_before_gbp", "value_after_gbp", "value_change_gbp",
                                       "spend_change_gbp", "schemes_changed"])


def changes_of(states):
    """Each scheme whose start or cost is not what it was, with its cause.

    Parameters
    ----------
    states : list of tuple (str, State)
        As for ``causes_frame``.

    Returns
    -------
    DataFrame
        ``scheme_id, change`` (moved, dropped, added, kept at another cost), ``first_year, second_year, first_cost_gbp,
        second_cost_gbp``, ``cause``: what last gave it the start year it ended with; where that is what it was, what last
        changed its cost.
    """
    first, last, rows = states[0][1], states[-1][1], []
    for scheme in {**first.starts, **last.starts}:
        was, now = first.starts.get(scheme), last.starts.get(scheme)
        cost = [round(state.costs_gbp.get(scheme, 0.0), 2) for _, state in states]
        if was == now and cost[0] == cost[-1]:
            continue
        seen = [state.starts.get(scheme) for _, state in states] if was != now else cost
        cause = [states[place][0] for place in range(1, len(states)) if seen[place] != seen[place - 1]][-1]
        change = "added" if was is None else "dropped" if now is None else "moved" if was != now else "kept at another cost"
        rows.append([scheme, change, was, now, cost[0], cost[-1], cause])
    frame = pd.DataFrame(rows, columns=["scheme_id", "change", "first_year", "second_year", "first_cost_gbp",
                                        "second_cost_gbp", "cause"])
    return frame.astype({"first_year": "Int64", "second_year": "Int64"})
