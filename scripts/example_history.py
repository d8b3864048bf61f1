"""What the example trust's earlier surveys found, and the works done since.

The present grades are given, so the past is drawn backwards: of each type as many components as the present grades can
account for, at the true rates, have an earlier grade that leads to the present one; the others could not be matched with
the earlier survey, or were worked on since. What is matched then follows the true rates, and rates can be learned from it.
"""

import numpy as np
import pandas as pd

from capplan import reference
from capplan.condition.chains import hasten
from capplan.condition.deterioration import grade_shares, transition_matrices

DROPS = ["p_ab", "p_bc", "p_cd", "p_de"]
LETTERS = "ABCD"

# What is true in this trust and not in the published figures: how many times the published hazard an element has.
TRUE_HAZARD = {"Mechanical services": 1.5}
UNRECORDED = ("FEN", "LAR")  # nobody looked; under PFI the contractor keeps the records
GAP_YEARS, LONGEST_GAP_YEARS = (4.2, 5.0), 7
EARLIER_MIX = (0.9, 0.1)  # at A and B, of the components that are matched and were left alone
SMOOTHING = 60  # components that the grades of all elements count for beside an element's own
NOT_GRADED = ("Redecorations",)  # by the earlier surveys: done in a cycle
WRONG_GRADE_SHARE, WORKED_SHARE = 0.02, {"A": 0.16, "B": 0.07}  # the latter of components that are not matched
WORKED_YEARS_AGO = (0.1, 1.3)
BEFORE_WORKS = {"B": 0.1, "C": 0.62, "D": 0.28}
GOLDEN = (5 ** 0.5 - 1) / 2  # its multiples spread evenly between whole numbers
NEVER_RENEWED = "Structure", "No "  # parts with these words in their sub-element or at the head of their type
SURVEYOR, ESTATES = "surveyors of the earlier survey", "estates office"


def make_history(components, rng):
    """Earlier surveys of the components that are matched, and works between them and the present survey.

    Parameters
    ----------
    components : DataFrame
        As drawn, with ``school_id``, present grade and survey date.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of (DataFrame, dict of str to int)
        The table; what it says of each component: the year it was renewed since, else minus the year of the earlier
        survey.
    """
    parts = _with_gaps(components, rng)
    chances = past_chances(parts, true_shares(sorted(set(parts.type_id)))).cumsum(axis=1)
    order = np.argsort(parts.letter + parts.element, kind="stable").to_numpy()
    even = np.empty(len(parts))
    even[order] = (rng.random() + GOLDEN * np.arange(len(parts))) % 1
    past = (even[:, None] > chances).sum(axis=1)
    rows, dates = [], {}
    for part, was in zip(parts.itertuples(), past, strict=True):
        draws = rng.random(3)
        if was < len(EARLIER_MIX):
            rows.append(_survey(part, LETTERS[_beside(was, draws[1]) if draws[0] < WRONG_GRADE_SHARE else was]))
            dates[part.component_id] = -part.before.year
        elif part.renewable and draws[0] < WORKED_SHARE.get(part.letter, 0.0):
            rows += _works(part, draws[1])
            dates[part.component_id] = part.worked.year if part.letter == "A" else -part.before.year
    return pd.DataFrame(rows), dates


def _with_gaps(components, rng):
    """Components that were surveyed before, with the dates of that survey and of works, had there been any."""
    element = components.type_id.map(reference.component_types().element)
    parts = components.assign(element=element, letter=components.grade.str[0], renewable=renewable(components.type_id))
    parts = parts[~parts.school_id.isin(UNRECORDED) & ~parts.element.isin(NOT_GRADED) & (parts.surveyed != "modelled")]
    least, most = GAP_YEARS
    gaps = {name: least + (most - least) * rng.random() for name in dict.fromkeys(parts.school_id)}
    seen = pd.to_datetime(parts.surveyed)
    before = workday(seen - pd.to_timedelta((parts.school_id.map(gaps) * 365.25).round(), unit="D"))
    latest, earliest = WORKED_YEARS_AGO
    worked = seen - pd.to_timedelta(((latest + (earliest - latest) * rng.random(len(parts))) * 365.25).round(), unit="D")
    return parts.assign(before=before, worked=workday(worked), years=(seen - before).dt.days / 365.25)


def renewable(type_ids):
    """Whether a component can be renewed on its own: not a structure, and not the lack of a thing."""
    types = reference.component_types()
    structure, none = NEVER_RENEWED
    whole = types.sub_element.str.contains(structure) | types.construction_type.str.startswith(none)
    return ~type_ids.map(whole)


def workday(dates):
    """Dates with those at a weekend moved to the Monday after."""
    return dates + pd.to_timedelta((7 - dates.dt.day_of_week).where(dates.dt.day_of_week > 4, 0), unit="D")


def true_shares(type_ids):
    """Where a component may be after some years at this trust's true rates, by type: dict of array (5, years, 5). [-]"""
    types = reference.component_types().loc[type_ids]
    faster = types.element.map(TRUE_HAZARD).fillna(1.0).to_numpy(float)
    shares = grade_shares(transition_matrices(hasten(types[DROPS].to_numpy(float), faster[:, None])), LONGEST_GAP_YEARS)
    return dict(zip(type_ids, shares, strict=True))


def past_chances(parts, reached):
    """Chance that each component is matched with the earlier survey and was then at A or B.

    Parameters
    ----------
    parts : DataFrame
        With ``type_id, element, letter, years``.
    reached : dict of array
        As ``true_shares`` returns it. [-]

    Returns
    -------
    array, shape (n, 2)
        By grade then; what is left of one is the chance of not being matched. [-]

    Notes
    -----
    If shares f of an element are now at each grade h, and a share s of a type was at grades w before, then
    s w T(g, h) / f(h) of those at h came from g. s is the largest for which no h has to supply more than there are. C
    and D are taken together, and E with them: what had reached it has been seen to.
    """
    now = (parts.letter.where(parts.letter < "C", "C").to_numpy()[:, None] == np.array(list("ABC"))).astype(float)
    found = pd.DataFrame(now).groupby(parts.element.to_numpy())
    many = found[0].transform("size").to_numpy()[:, None]
    shares = (found.transform("sum").to_numpy() + SMOOTHING * now.mean(axis=0)) / (many + SMOOTHING)
    then = np.array([_between(reached[part.type_id], part.years) for part in parts.itertuples()])[:, :len(EARLIER_MIX)]
    leads = np.dstack([then[:, :, :2], then[:, :, 2:].sum(axis=2)]) * np.array(EARLIER_MIX)[:, None]
    most = pd.Series((shares / leads.sum(axis=1)).min(axis=1)).groupby(parts.type_id.to_numpy()).transform("min").to_numpy()
    return (leads * (most[:, None] / shares * now)[:, None, :]).sum(axis=2)


def _between(shares, years):
    """A gap that is not of whole years counts as the whole years on either side of it, in proportion."""
    whole = int(years)
    return (whole + 1 - years) * shares[:, whole] + (years - whole) * shares[:, whole + 1]


def _survey(part, grade):
    return {"component_id": part.component_id, "seen": f"{part.before:%Y-%m-%d}", "grade": grade, "cause": "survey",
            "recorded_by": SURVEYOR, "recorded_on": _later(part.before, 28), "note": ""}


def _works(part, draw):
    """The earlier survey, and works that left the component as it is now: renewed, or repaired in part."""
    worse = [grade for grade in BEFORE_WORKS if grade > part.letter]
    chances = np.cumsum([BEFORE_WORKS[grade] for grade in worse])
    before = worse[int((draw * chances[-1] > chances[:-1]).sum())]
    return [_survey(part, before),
            {"component_id": part.component_id, "seen": f"{part.worked:%Y-%m-%d}", "grade": part.letter, "cause": "works",
             "recorded_by": ESTATES, "recorded_on": _later(part.worked, 14),
             "note": "Renewed" if part.letter == "A" else "Repaired in part"}]


def _beside(grade, draw):
    """The grade next to it, better or worse, that a surveyor may have taken it for."""
    return grade + (1 if grade == 0 or draw < 0.5 else -1)


def _later(date, days):
    return f"{date + pd.Timedelta(days=days):%Y-%m-%d}"
