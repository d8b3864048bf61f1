"""Schools that join the trust inside the plan: nothing is planned at them before they do."""

import pandas as pd

from ..condition.compliance import planning_year


def after_joining(cells, schools):
    """Start years of schemes without those before their school has joined; what must be done is due then at the earliest.

    Parameters
    ----------
    cells : DataFrame
        One row per scheme and start year: ``school_id, start_year, must_do`` (a year as text, or blank).
    schools : DataFrame
        ``school_id, joined``.

    Returns
    -------
    DataFrame

    Notes
    -----
    A school may have works from the planning year in which it joins, since most are done in the summer at its end.
    *Counterexample:* works of the autumn half-term at a school that joins in February.

    Examples
    --------
    >>> cells = pd.DataFrame({"school_id": ["A"] * 3, "start_year": [2026, 2027, 2028], "must_do": ["2026"] * 3})
    >>> after_joining(cells, pd.DataFrame({"school_id": ["A"], "joined": pd.to_datetime(["2028-02-01"])})).values.tolist()
    [['A', 2027, '2027'], ['A', 2028, '2027']]
    """
    joined = schools.assign(year=planning_year(pd.to_datetime(schools.joined))).set_index("school_id").year
    first = pd.to_numeric(cells.school_id.map(joined.astype(float))).fillna(0)
    if not (first > cells.start_year).any():
        return cells
    kept = cells[cells.start_year >= first].copy()
    first = first[kept.index]
    late = pd.to_numeric(kept.must_do.replace("", None)) < first
    kept.loc[late, "must_do"] = first[late].astype(int).astype(str)
    return kept
