"""Whether the survey of each block is what DfE's guidance asks for: recent, and of every element.

The guidance of February 2026 [1]_ asks for a visual, non-intrusive survey inside and outside by an independent, qualified
professional, comprehensive at least every five years. An estate does not hold who surveyed, so that is never confirmed.

References
----------
.. [1] Department for Education, "Condition surveys for school and college buildings: guidance for responsible bodies",
   25 February 2026, gov.uk.
"""

import pandas as pd

from ..tables import ELEMENTS

NOT_OF_A_BLOCK = ("External areas", "Playing fields", "ICT", "Temporary buildings")
"""Elements a survey of a building is not asked for: the grounds are a place of their own, the others are not DfE's."""
BLOCK_ELEMENTS = tuple(element for element in ELEMENTS if element not in NOT_OF_A_BLOCK)
GROUNDS_ELEMENTS = ("External areas", "Playing fields")
WHOLE = "Temporary buildings"
NEVER, SURVEYOR = "never surveyed", "not known: the estate does not hold who surveyed"
GOOD = "in date and every element covered"


def survey_checks(components, blocks, on, longest_years, elements=BLOCK_ELEMENTS):
    """Age and scope of the survey of each block, against DfE's guidance.

    Parameters
    ----------
    components : DataFrame
        ``block_id, element, surveyed``; a missing date is modelled, not surveyed.
    blocks : DataFrame
        ``block_id`` of every block, or of every place such as the grounds of a site.
    on : Timestamp
        Day by which the survey must not be too old: 1 September of the first year of the plan.
    longest_years : int
        Longest time between comprehensive surveys. [years]
    elements : sequence of str
        Elements that must have been surveyed: those of a block unless ``GROUNDS_ELEMENTS`` are given for grounds.

    Returns
    -------
    DataFrame
        One row per block in their order: ``last_survey`` (the latest date), ``age_years`` (whole years, missing where
        never surveyed), ``elements_missing`` and ``elements_too_old`` (separated by ;), ``next_due`` (the day the
        oldest element runs out; missing where one was never surveyed), ``surveyor``, ``verdict`` in words.

    Raises
    ------
    ValueError
        If the longest time is not positive, or an element is not capplan's.

    Notes
    -----
    A survey is comprehensive when every element of the scope has been seen within the longest time, in one visit or
    several. *Counterexample:* a roof survey each year that gives the roof a date the walls have not. A date after the day
    of the check counts as new. *Counterexample:* a survey that was ordered and not made. A temporary building listed as
    one item has all its elements. *Counterexample:* one whose boiler was never looked at.

    Examples
    --------
    >>> day = pd.Timestamp
    >>> components = pd.DataFrame({"block_id": ["B1", "B1"], "element": ["Roofs", "Ceilings"],
    ...                            "surveyed": [day("2021-08-31"), pd.NaT]})
    >>> blocks = pd.DataFrame({"block_id": ["B1"]})
    >>> survey_checks(components, blocks, day("2026-09-01"), 5, ("Roofs", "Ceilings")).verdict.item()
    'last surveyed more than 5 years ago; not surveyed: Ceilings'
    """
    if longest_years <= 0:
        raise ValueError("The longest time between surveys must be above nought years.")
    strange = sorted((set(elements) | set(components.element)) - set(ELEMENTS))
    if strange:
        raise ValueError(f"Not elements of capplan: {', '.join(strange)}.")
    dates = pd.to_datetime(components.surveyed)
    latest = dates.groupby([components.block_id, components.element]).max()
    rows = [_block(_seen(latest, block, elements), on, longest_years, elements) for block in blocks.block_id]
    frame = pd.DataFrame(rows, columns=["last_survey", "age_years", "elements_missing", "elements_too_old", "next_due",
                                        "verdict"], index=blocks.index)
    frame = frame.astype({"age_years": "Int64", "last_survey": "datetime64[ns]", "next_due": "datetime64[ns]"})
    frame.insert(0, "block_id", blocks.block_id)
    frame.insert(len(frame.columns) - 1, "surveyor", SURVEYOR)
    return frame


def _seen(latest, block, elements):
    """Latest survey date of each element of the scope that has one."""
    if block not in latest.index.get_level_values(0):
        return {}
    found = {element: date for element, date in latest.loc[block].items() if pd.notna(date)}
    if WHOLE in found:
        found = {element: max(found[WHOLE], found.get(element, found[WHOLE])) for element in elements}
    return {element: date for element, date in found.items() if element in elements}


def _block(seen, on, longest_years, elements):
    missing = [element for element in elements if element not in seen]
    if not seen:
        return pd.NaT, pd.NA, ";".join(missing), "", pd.NaT, NEVER
    runs_out = {element: date + pd.DateOffset(years=longest_years) for element, date in seen.items()}
    old = [element for element in elements if element in seen and runs_out[element] < on]
    last = max(seen.values())
    age = max(on.year - last.year - ((last.month, last.day) > (on.month, on.day)), 0)
    words = []
    if len(old) == len(seen):
        words.append(f"last surveyed more than {longest_years} years ago")
    elif old:
        words.append(f"surveyed more than {longest_years} years ago: {', '.join(old)}")
    if missing:
        words.append(f"not surveyed: {', '.join(missing)}")
    return (last, age, ";".join(missing), ";".join(old), pd.NaT if missing else min(runs_out.values()),
            "; ".join(words) or GOOD)
