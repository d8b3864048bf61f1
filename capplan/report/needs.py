"""What is funded and what is deferred by what the surveyor saw: grade and priority."""

import pandas as pd

from .results import deferred_needs

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
