"""Needs: which are met and which deferred, by element, grade and priority."""

import pandas as pd

from ..candidates import NO_WORKS, OUT_OF_USE
from ..tables import ELEMENTS

NO_GRADE, NO_PRIORITY = "not graded", "none"
URGENT_PRIORITIES = (1, 2)


def by_grade(results):
    """Needs by the worst grade of their components.

    Parameters
    ----------
    results : Results

    Returns
    -------
    DataFrame
        Index: grade, worst first (DX, D, CX, C ...), ``not graded`` last. Columns: funded, deferred (number of needs),
        funded_gbp (nominal, in the year of the start), deferred_gbp (nominal, as if done in the first year at the
        cheapest remedy).
    """
    return _split(results, lambda frame: frame.worst_grade.replace("", NO_GRADE), _worst_first)


def by_priority(results):
    """Needs by the surveyor's priority; parameters and columns as for ``by_grade``. Index: 1 to 4, then ``none``."""
    return _split(results, lambda frame: frame.priority.map(lambda number: f"{number:.0f}", na_action="ignore")
                  .astype(object).fillna(NO_PRIORITY), lambda label: (label == NO_PRIORITY, label))


def deferred_urgent(results):
    """Deferred needs surveyed at grade D or X or given priority 1 or 2, worst grade first, then priority and cost.

    Parameters
    ----------
    results : Results

    Returns
    -------
    DataFrame
        Rows and columns of ``deferred_needs``.
    """
    needs = deferred_needs(results)
    needs = needs[is_bad(needs) | is_urgent(needs)]
    order = needs.worst_grade.map(lambda grade: _worst_first(grade or NO_GRADE))
    return needs.assign(order=order).sort_values(["order", "priority", "cost_gbp", "scheme_id"],
                                                 ascending=[True, True, False, True]).drop(columns="order")


def is_bad(needs):
    """Whether each need has a component at grade D (or E), or one to be replaced (X)."""
    return needs.worst_grade.str.startswith(("D", "E")) | needs.worst_grade.str.endswith("X")


def is_urgent(needs):
    """Whether the surveyor gave each need priority 1 or 2."""
    return needs.priority.isin(URGENT_PRIORITIES)


def _worst_first(grade):
    """Sorting key of a grade: letters from E to A, X before plain, no grade last."""
    return (grade == NO_GRADE, -ord(grade[0]), not grade.endswith("X"))


def _split(results, label, order):
    funded, deferred = results.funded, deferred_needs(results)
    table = pd.DataFrame({
        "funded": funded.groupby(label(funded)).size(), "funded_gbp": funded.groupby(label(funded)).cost_gbp.sum(),
        "deferred": deferred.groupby(label(deferred)).size(),
        "deferred_gbp": deferred.groupby(label(deferred)).cost_gbp.sum()}).fillna(0.0)
    table = table.loc[sorted(table.index, key=order)]
    return table.astype({"funded": int, "deferred": int})


def deferred_needs(results):
    """The needs no scheme was chosen for: one row per exclusion group, its cheapest alternative.

    A scheme without a group is a need of its own; works on a whole block are no need of their own, and meet those of its
    elements. Sorted by value, largest first.

    Returns
    -------
    DataFrame
        Rows and columns of ``schemes``; ``cost_gbp`` as if started in the first year it may start, which but for
        works too small or worth nothing at first is the first year of the plan (nominal); ``value_gbp`` in its best
        year (real).
    """
    return results.once("deferred needs", lambda: _deferred(results))


def _deferred(results):
    schemes = results.schemes
    schemes["cost_gbp"] = _first_cost(results, schemes)
    schemes["need"] = _need(schemes)
    left = schemes[~schemes.need.isin(_met(schemes)) & (schemes.also_meets == "")
                   & ~schemes.kind.isin((*NO_WORKS, *OUT_OF_USE))]
    cheapest = left.sort_values(["cost_gbp", "value_gbp", "scheme_id"], ascending=[True, False, True])
    cheapest = cheapest.drop_duplicates("need").drop(columns="need")
    return cheapest.sort_values(["value_gbp", "scheme_id"], ascending=[False, True]).reset_index(drop=True)


def _first_cost(results, schemes):
    """Cost of each scheme in the first year it may start, not the best year that schemes.csv shows [GBP nominal]."""
    spend = results.table("candidates/spend")
    first = spend[spend.start_year == spend.groupby("scheme_id").start_year.transform("min")]
    return schemes.scheme_id.map(first.groupby("scheme_id").cost.sum()).astype(float).fillna(schemes.cost_gbp)


def needs_by_element(results):
    """What is funded and what is deferred, by element, largest need first.

    Returns
    -------
    DataFrame
        Index: element. Columns: funded_gbp (nominal, in the year of the start), deferred_gbp (nominal, as if started in
        the first year, the cheapest alternative once per need), backlog_now_gbp (real). Elements with no need
        are left out.
    """
    table = pd.DataFrame({"funded_gbp": results.funded.groupby("element").cost_gbp.sum(),
                          "deferred_gbp": deferred_needs(results).groupby("element").cost_gbp.sum(),
                          "backlog_now_gbp": results.elements.groupby("element").backlog_now_gbp.sum()}).fillna(0.0)
    table = table[(table != 0).any(axis=1)]
    listed = [element for element in ELEMENTS if element in table.index]
    table = table.loc[listed + sorted(set(table.index) - set(listed))]
    need_gbp = (table.funded_gbp + table.deferred_gbp).sort_values(ascending=False, kind="stable")
    return table.loc[need_gbp.index].rename_axis("element")


def must_do_needs(results):
    """How many must-do needs there are, and how many of them the programme meets: tuple of (int, int)."""
    schemes = results.schemes
    must = set(_need(schemes)[schemes.must_do])
    return len(must), len(must & _met(schemes))


def need_of(schemes):
    """The need of each scheme as needs.csv names it: its group, or itself where it has none.

    Parameters
    ----------
    schemes : DataFrame
        ``exclusion_group, scheme_id``.

    Returns
    -------
    Series of str
    """
    return schemes.exclusion_group.where(schemes.exclusion_group != "", schemes.scheme_id)


def _need(schemes):
    """The need each scheme meets, told apart from groups by a space where it is itself."""
    return schemes.exclusion_group.where(schemes.exclusion_group != "", " " + schemes.scheme_id)


def _met(schemes):
    """The needs that funded schemes meet, those of a block's elements too where the whole block is dealt with."""
    funded = schemes[schemes.start_year.notna()]
    alone = set(schemes.scheme_id[schemes.exclusion_group == ""])
    further = {name for text in funded.also_meets for name in text.split(";") if name}
    return set(_need(funded)) | {f" {name}" if name in alone else name for name in further}
